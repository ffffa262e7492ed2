//! `kill -9` in the middle of a campaign, twice: everybody on the list gets the text, and nobody gets it again.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use mychatflow_daemon::jobs::deliver::LATE;
use mychatflow_sandbox::waha::Engine;

use crate::support::{DEADLINE, Shop, World};

const PEOPLE: usize = 300;
const UNLIMITED: &str = "[campaign]\ngap_s = [0, 0]\nper_hour = 0\nper_day = 0\nnew_people_per_day = 0\n";

#[tokio::test]
async fn nobody_gets_it_twice_whatever_kills_the_daemon() {
    let mut world = World::open(Shop { daemon: UNLIMITED, ..Shop::on(Engine::Noweb) }).await;
    let mut list = "phone;name\n".to_owned();
    for number in 0..PEOPLE {
        writeln!(list, "07700 9{number:05};Person {number}").unwrap();
    }
    std::fs::write(world.path().join("people.csv"), list).unwrap();
    let create = ["campaign", "create", "spring", "--text", "Hi {{ name }}", "--file", "people.csv", "--country", "GB"];
    let made = world.done(&create).await.remove(0);
    assert_eq!((&made["state"], &made["recipients"]), (&"draft".into(), &PEOPLE.into()), "{made:#}");
    world.done(&["campaign", "launch", "spring"]).await;
    for killed_after in [PEOPLE / 5, PEOPLE / 2] {
        world.waha.wait_for_sent(killed_after, DEADLINE).await.unwrap();
        world.kill().await;
        world.start().await;
    }
    // What was cut off before its POST was written is posted again only after WAHA has had its time.
    world
        .until("the campaign is through", LATE + DEADLINE + Duration::from_secs(30), async || {
            (world.done(&["campaign", "show", "spring"]).await[0]["state"] == "completed").then_some(())
        })
        .await;
    world.at_rest().await;

    let mut received: BTreeMap<String, usize> = BTreeMap::new();
    for sent in world.waha.sent() {
        *received.entry(sent.chat_id).or_default() += 1;
    }
    let twice: Vec<_> = received.iter().filter(|(_, count)| **count > 1).collect();
    assert_eq!(twice, [], "nobody gets it twice");
    let report = world.done(&["campaign", "report", "spring"]).await;
    let missing: Vec<_> = report.iter().filter(|line| line["wa_id"].is_null()).collect();
    assert!(missing.is_empty(), "everybody gets it: {missing:#?}");
    assert_eq!((received.len(), report.len()), (PEOPLE, PEOPLE));
    println!("{PEOPLE} on the list, {} received, 0 twice, 0 missing, 2 kills", received.len());
}
