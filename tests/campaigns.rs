//! `kill -9` in the middle of a campaign, twice: everybody on the list gets the text, and nobody gets it again.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mychatflow_sandbox::faults::{Fault, WebhookFault, When};
use mychatflow_sandbox::waha::{Engine, Operation};

use crate::support::{DEADLINE, Shop, World};

const PEOPLE: usize = 300;
const UNLIMITED: &str = "[campaign]\ngap_s = [0, 0]\nper_hour = 0\nper_day = 0\nnew_people_per_day = 0\n";

/// Kills the daemon while 8 messages are under way, so many of which WhatsApp has, and starts another one.
async fn killed_when(world: &mut World, out: impl Fn(i64) -> bool) {
    world
        .until("8 are under way", DEADLINE, async || {
            let shown = world.done(&["campaign", "show", "spring"]).await.remove(0);
            let count = |state: &str| shown["counts"][state].as_i64().unwrap();
            let told = count("sent") + count("delivered") + count("read");
            let sent = i64::try_from(world.waha.sent_count()).unwrap();
            (count("sending") == 8 && out(sent - told)).then_some(())
        })
        .await;
    world.kill().await;
    world.waha.faults().clear();
    world.waha.webhook_faults().clear();
    world.start().await;
}

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

    // The first time: 8 are out, and no answer, echo or ack has told the daemon.
    world.waha.wait_for_sent(PEOPLE / 5, DEADLINE).await.unwrap();
    world.waha.webhook_faults().add_for_all(When::Always, WebhookFault::Drop);
    world.waha.faults().add(Operation::SendText, When::Always, Fault::DoThenHang);
    killed_when(&mut world, |out| out == 8).await;
    // The second time: 8 are claimed, and none of them is out.
    world.waha.wait_for_sent(PEOPLE / 2, DEADLINE).await.unwrap();
    world.waha.faults().add(Operation::NewMessageId, When::Always, Fault::Hang);
    killed_when(&mut world, |out| out == 0).await;
    world
        .until("the campaign is through", DEADLINE, async || {
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
