//! A campaign with a time of its own: what is shown of it, and what becomes of it when no daemon is there at that time.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use std::time::Duration;

use mychatflow_data::time::Timestamp;
use mychatflow_sandbox::waha::Engine;

use crate::support::{DEADLINE, Shop, World};

const UNLIMITED: &str = "[campaign]\ngap_s = [0, 0]\nper_hour = 0\nper_day = 0\nnew_people_per_day = 0\n";
const LIST: &str = "phone,name\n+447700900201,Ben\n+447700900202,Cleo\nnobody,Eve\n";

async fn shop() -> World {
    let world = World::open(Shop { daemon: UNLIMITED, ..Shop::on(Engine::Noweb) }).await;
    std::fs::write(world.path().join("people.csv"), LIST).unwrap();
    world
}

fn create<'a>(rest: &[&'a str]) -> Vec<&'a str> {
    [&["campaign", "create", "spring", "--text", "Hi {{ name }}", "--file", "people.csv"], rest].concat()
}

async fn said(world: &World, line: &[&str]) -> (String, String) {
    let output = world.command(line).output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{line:?}: {stderr}");
    (stdout, stderr)
}

#[tokio::test]
async fn a_plan_is_shown_on_both_clocks_and_looked_at_before_the_launch() {
    let world = shop().await;
    let plan = ["--at", "2099-12-01 09:00", "--timezone", "Africa/Johannesburg", "--quiet", "21-8", "--missed", "skip"];
    let (made, _) = said(&world, &create(&plan)).await;
    assert!(made.contains("once launched it starts 2099-12-01 09:00 Africa/Johannesburg (07:00 UTC, in "), "{made}");
    let (shown, _) = said(&world, &["campaign", "show", "spring"]).await;
    for line in ["if missed  is cancelled\n", "quiet      21:00-08:00 where the person lives\n", "(07:00 UTC, in "] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    let found = world.done(&["campaign", "preflight", "spring"]).await.remove(0);
    assert_eq!((&found["audience"], &found["recipients"], &found["risk"]), (&2.into(), &3.into(), &"low".into()));
    assert_eq!(found["begins_at"], "2099-12-01T07:00:00.000Z");
    let (people, _) = said(&world, &["campaign", "preflight", "spring"]).await;
    assert!(people.starts_with("2 of 3 people get spring\n"), "{people}");
    assert!(people.contains("left out    1 not a phone number: \"nobody\"\n"), "{people}");
    let edit = ["campaign", "edit", "spring", "--late-within", "2h", "--missed", "run_late_within", "--quiet", ""];
    let (edited, _) = said(&world, &edit).await;
    assert!(edited.contains("if missed  starts up to 2h late, then asks\n") && !edited.contains("quiet"), "{edited}");
    // Beside the answer it says what it does; nobody is at a terminal to be asked.
    let (launched, beside) = said(&world, &["campaign", "launch", "spring"]).await;
    assert!(launched.starts_with("spring is scheduled, starts 2099-12-01 09:00 Africa/Johannesburg"), "{launched}");
    assert!(beside.starts_with("2 of 3 people get spring\n"), "{beside}");
}

#[tokio::test]
async fn a_campaign_whose_daemon_was_down_at_its_time_starts_late() {
    let mut world = shop().await;
    let at = Timestamp::now() + Duration::from_secs(3);
    let when = at.to_string();
    world.done(&create(&["--at", &when, "--missed", "run_late_within", "--late-within", "1h"])).await;
    let launched = world.done(&["campaign", "launch", "spring"]).await.remove(0);
    assert_eq!(launched["state"], "scheduled");
    world.kill().await;
    world.until("its time has passed", DEADLINE, async || (Timestamp::now() > at).then_some(())).await;
    assert_eq!(world.waha.sent_count(), 0);
    world.start().await;
    world
        .until("it is through", DEADLINE, async || {
            (world.done(&["campaign", "show", "spring"]).await[0]["state"] == "completed").then_some(())
        })
        .await;
    assert_eq!(world.waha.sent_count(), 2);
}
