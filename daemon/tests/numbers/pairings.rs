//! People known from before the pairing: the phone hands its history over late, or never, or another phone is paired.

use std::time::Duration;

use mychatflow_daemon::instances::add;
use mychatflow_daemon::jobs::recover_history::Recovered;
use mychatflow_daemon::rounds;
use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::contact::{Review, UNREVIEWED};
use mychatflow_data::model::setting::SettingKey;
use mychatflow_data::store::settings::Owner;
use mychatflow_data::store::tx::answer::Facts;
use mychatflow_sandbox::faults::{Fault, When};
use mychatflow_sandbox::gemini::{Fault as Says, Operation as Generate};
use mychatflow_sandbox::waha::{Customer, Direction, Engine, Lid, Number, Offsets, Operation, Options, Status};

use crate::world::World;

const ENGINES: [Engine; 3] = [Engine::Noweb, Engine::Gows, Engine::Webjs];

fn fred() -> Customer {
    Customer::new("+44 7700 900001", "Fred")
}

fn nora() -> Customer {
    Customer::new("+44 7700 900002", "Nora")
}

/// Paired at this moment; the phone keeps its history back.
async fn just_paired(options: Options) -> (World, InstanceId) {
    let world = World::new(options).await;
    let number = add(&world.cx, &world.shop, "shop", None, None).await.unwrap().id;
    world.waha.hold_history("default").await.unwrap();
    pair(&world, number).await;
    (world, number)
}

async fn pair(world: &World, number: InstanceId) {
    world.waha.scan_qr("default").await.unwrap();
    world.request_reconcile(number).await;
    world.run_jobs().await;
}

/// A word of the day before, in the history of the phone.
async fn wrote_yesterday(world: &World, customer: &Customer) {
    let yesterday = world.cx.now().millis() / 1000 - 86_400;
    world.waha.add_history("default", customer, Direction::In, "see you tonight", yesterday).await.unwrap();
}

fn is_held(facts: &Facts) -> bool {
    facts.review == Review::Unreviewed
        && facts.chat.state == ChatState::NeedsYou
        && facts.chat.reason.as_deref() == Some(UNREVIEWED)
}

#[tokio::test]
async fn a_friend_whose_chat_arrives_ten_seconds_after_the_pairing_is_not_answered() {
    for engine in ENGINES {
        let (world, number) = just_paired(Options { engine, ..Options::default() }).await;
        wrote_yesterday(&world, &fred()).await;
        world.pass(10);
        world.waha.history_arrives("default", 1).await.unwrap();
        world.pass(40);
        let facts = world.hears(number, &fred(), "are you at home?").await;
        assert!(is_held(&facts), "{engine:?}: {:?} {:?}", facts.review, facts.chat.reason);
        assert_eq!((world.waha.sent_count(), world.gemini.requests().len()), (0, 0), "{engine:?}");
    }
}

#[tokio::test]
async fn a_friend_whose_chat_is_not_on_the_list_yet_is_known_by_its_history() {
    for engine in ENGINES {
        let (world, number) = just_paired(Options { engine, ..Options::default() }).await;
        wrote_yesterday(&world, &fred()).await;
        world.pass(2);
        world.waha.history_arrives("default", 1).await.unwrap();
        // The next reading comes at 5 s.
        let facts = world.hears(number, &fred(), "are you at home?").await;
        assert!(is_held(&facts), "{engine:?}: {:?}", facts.chat.reason);
        assert_eq!(world.requests("GET", "/api/default/chats/overview"), 1, "{engine:?}");
        assert_eq!(world.waha.sent_count(), 0, "{engine:?}");
    }
}

#[tokio::test]
async fn a_friend_whose_chat_arrives_minutes_later_is_not_answered_from_then_on() {
    let (world, number) = just_paired(Options::default()).await;
    wrote_yesterday(&world, &fred()).await;
    for seconds in [5, 5, 10, 20, 40, 80, 40] {
        world.pass(seconds);
        world.run_jobs().await;
    }
    world.waha.history_arrives("default", 1).await.unwrap();
    world.pass(120);
    let facts = world.hears(number, &fred(), "are you at home?").await;
    assert!(is_held(&facts), "{:?}", facts.chat.reason);
    assert_eq!(world.waha.sent_count(), 0);
}

#[tokio::test]
async fn the_list_is_read_eight_times_and_then_nobody_costs_a_request() {
    let (world, number) = just_paired(Options::default()).await;
    let mut readings = Vec::new();
    for _ in 0..400 {
        readings.push(world.requests("GET", "/api/default/chats/overview"));
        world.pass(1);
        world.run_jobs().await;
    }
    // A reading is a page with the chats, if there are any, and one without.
    assert_eq!((readings[0], readings.last().copied()), (1, Some(8)));
    let before = world.waha.requests().len();
    let facts = world.hears(number, &nora(), "do you have blue mugs?").await;
    assert_eq!(facts.review, Review::New);
    assert_eq!(world.waha.sent_count(), 1);
    let asked: Vec<String> = world.waha.requests()[before..].iter().map(|request| request.path.clone()).collect();
    assert!(asked.iter().all(|path| !path.contains("/chats")), "{asked:?}");
}

#[tokio::test]
async fn a_new_customer_in_the_first_minutes_is_answered_once() {
    for engine in ENGINES {
        let (world, number) = just_paired(Options { engine, ..Options::default() }).await;
        wrote_yesterday(&world, &fred()).await;
        world.pass(3);
        let facts = world.hears(number, &nora(), "do you have blue mugs?").await;
        assert_eq!((facts.review, world.waha.sent_count()), (Review::New, 1), "{engine:?}: {:?}", facts.chat.reason);
        for _ in 0..20 {
            world.pass(20);
            world.run_jobs().await;
        }
        assert_eq!(world.waha.sent_count(), 1, "{engine:?}");
        assert_eq!(world.chat_of("do you have blue mugs?").await.review, Review::New, "{engine:?}");
    }
}

#[tokio::test]
async fn somebody_whose_history_cannot_be_read_waits_for_a_review_and_the_reason_says_so() {
    let silent = Fault::EngineError("no such chat".to_owned());
    for (fault, engine) in [(Fault::Hang, Engine::Noweb), (silent, Engine::Gows)] {
        let (world, number) = just_paired(Options { engine, ..Options::default() }).await;
        world.waha.faults().add(Operation::ListMessages, When::Always, fault);
        let facts = world.hears(number, &nora(), "do you have blue mugs?").await;
        assert_eq!((facts.review, facts.chat.state), (Review::Unreviewed, ChatState::NeedsYou));
        let reason = facts.chat.reason.unwrap();
        assert_eq!(reason, "unreviewed: the history of this chat could not be read");
        assert_eq!((world.waha.sent_count(), world.gemini.requests().len()), (0, 0));
        // Nobody knows them from before: a second question does not make it so.
        let facts = world.hears(number, &nora(), "the large ones?").await;
        assert_eq!(facts.chat.reason.as_deref(), Some("unreviewed: the history of this chat could not be read"));

        // The owner says who it is: then there is an answer after all.
        world.waha.faults().clear();
        let contact = facts.chat.contact.unwrap();
        let fresh = Duration::from_secs(600);
        world.shop.review_contact(contact, Review::Customer, fresh, world.cx.now()).await.unwrap();
        world.pass(4);
        world.run_jobs().await;
        assert_eq!(world.waha.sent_count(), 1);
    }
}

#[tokio::test]
async fn whoever_was_answered_since_the_pairing_is_answered_though_no_history_can_be_read() {
    let (world, number) = just_paired(Options::default()).await;
    let says = r#"{"action":"reply","reply":"Which ones would you like?"}"#;
    world.gemini.faults().add(Generate::GenerateContent, When::Always, Says::Says(says.to_owned()));
    let facts = world.hears(number, &nora(), "do you have blue mugs?").await;
    assert_eq!((facts.review, world.waha.sent_count()), (Review::New, 1), "{:?}", facts.chat.reason);
    world.waha.faults().add(Operation::ListMessages, When::Always, Fault::EngineError("no such chat".to_owned()));
    world.pass(30);
    let facts = world.hears(number, &nora(), "and red ones?").await;
    assert_eq!((facts.review, world.waha.sent_count()), (Review::New, 2), "{:?}", facts.chat.reason);
    // Somebody else is still looked at.
    let facts = world.hears(number, &fred(), "are you at home?").await;
    assert_eq!((facts.review, world.waha.sent_count()), (Review::Unreviewed, 2));
    // Nor does the last reading of the list hold her back.
    world.pass(300);
    world.run_jobs().await;
    let facts = world.hears(number, &nora(), "and green ones?").await;
    assert_eq!((facts.review, world.waha.sent_count()), (Review::New, 3), "{:?}", facts.chat.reason);
}

#[tokio::test]
async fn a_history_that_cannot_be_read_is_read_later_and_only_the_last_reading_holds_somebody_back() {
    for readable_again in [true, false] {
        let (world, number) = just_paired(Options::default()).await;
        world
            .shop
            .set_setting(Owner::Tenant, SettingKey::AssistantMode, Some("off".to_owned()), world.cx.now())
            .await
            .unwrap();
        let silent = Fault::EngineError("no such chat".to_owned());
        world.waha.faults().add(Operation::ListMessages, When::Always, silent);
        let facts = world.hears(number, &nora(), "do you have blue mugs?").await;
        assert_eq!(facts.review, Review::New, "{:?}", facts.chat.reason);
        for seconds in [5, 5, 10, 20, 40, 80] {
            world.pass(seconds);
            world.run_jobs().await;
            assert_eq!(world.chat_of("do you have blue mugs?").await.review, Review::New);
        }
        if readable_again {
            world.waha.faults().clear();
        }
        world.pass(160);
        world.run_jobs().await;
        let held_back = world.chat_of("do you have blue mugs?").await.review == Review::Unreviewed;
        assert_eq!(held_back, !readable_again);
    }
}

#[tokio::test]
async fn a_friend_behind_a_hidden_id_is_known_by_the_chat_under_the_number() {
    let (world, number) = just_paired(Options { engine: Engine::Gows, ..Options::default() }).await;
    let hidden = Customer { lid: Some(Lid { id: "70000000001".into(), number: Number::Shown }), ..fred() };
    world.pass(6);
    world.run_jobs().await;
    wrote_yesterday(&world, &fred()).await;
    world.waha.history_arrives("default", 1).await.unwrap();
    // One history or the other, whichever the server keeps it under.
    let facts = world.hears(number, &hidden, "are you at home?").await;
    assert_eq!(facts.review, Review::Unreviewed, "{:?}", facts.chat.reason);
    assert_eq!(world.waha.sent_count(), 0);
    let chats = ["70000000001@lid", "447700900001@c.us"];
    for chat in chats {
        assert!(world.requests("GET", &format!("/api/default/chats/{chat}/messages")) > 0, "{chat}");
    }
}

#[tokio::test]
async fn a_shop_that_answers_everybody_asks_for_nobodys_history() {
    let (world, number) = just_paired(Options::default()).await;
    let answer = Some("answer".to_owned());
    world.shop.set_setting(Owner::Tenant, SettingKey::ReplyExistingContacts, answer, world.cx.now()).await.unwrap();
    wrote_yesterday(&world, &fred()).await;
    world.waha.history_arrives("default", 1).await.unwrap();
    world.hears(number, &fred(), "are you at home?").await;
    assert_eq!(world.waha.sent_count(), 1);
    assert_eq!(world.requests("GET", "/api/default/chats/447700900001@c.us/messages"), 0);
}

#[tokio::test]
async fn an_answer_under_way_is_taken_back_when_the_list_names_the_person() {
    let (world, number) = just_paired(Options::default()).await;
    world.waha.customer_says("default", &fred(), "are you at home?").await.unwrap();
    world.take_in(number).await;
    wrote_yesterday(&world, &fred()).await;
    world.waha.history_arrives("default", 1).await.unwrap();
    // The answer is due after the reading of 5 s.
    world.pass(5);
    world.run_jobs().await;
    assert!(is_held(&world.chat_of("are you at home?").await));
    assert_eq!(world.waha.sent_count(), 0);
}

#[tokio::test]
async fn another_phone_brings_chats_that_are_none_of_ours() {
    for engine in ENGINES {
        let (world, number) = World::paired(Options { engine, ..Options::default() }).await;
        let first = world.number(number).await;
        world.pass(450);
        world.hears(number, &nora(), "do you have blue mugs?").await;
        assert_eq!(world.waha.sent_count(), 1, "{engine:?}");
        // Whoever is met in the last minute before a pairing counts as met by it.
        world.pass(120);
        world.waha.unlink("default").await.unwrap();
        world.request_reconcile(number).await;
        world.run_jobs().await;
        mychatflow_daemon::instances::restart(&world.cx, &world.shop, number).await.unwrap();

        // On the new phone a friend wrote a minute before the scan, within what a gap is searched for.
        let at_s = world.cx.now().millis() / 1000 - 60;
        world.waha.add_history("default", &fred(), Direction::In, "dinner?", at_s).await.unwrap();
        world.waha.scan_qr("default").await.unwrap();
        // The new account shows before the session works.
        world.waha.force_status("default", Status::Starting).await.unwrap();
        world.request_reconcile(number).await;
        world.run_jobs().await;
        let starting = world.number(number).await;
        assert_ne!(starting.me, first.me, "{engine:?}");
        assert!(starting.paired_at > first.paired_at && starting.worked_at.is_none(), "{engine:?}");
        world.waha.force_status("default", Status::Working).await.unwrap();
        world.request_reconcile(number).await;
        world.run_jobs().await;
        let working = world.number(number).await;
        assert_eq!(working.paired_at, starting.paired_at, "{engine:?}");
        assert!(working.worked_at.is_some(), "{engine:?}");
        assert_eq!(world.recover(number).await, Recovered::default(), "{engine:?}");
        rounds::round(&world.cx).await.unwrap();
        for _ in 0..10 {
            world.pass(40);
            world.run_jobs().await;
        }
        assert_eq!(world.waha.sent_count(), 1, "{engine:?}: the friend's chat is left alone");

        // Whoever was known stays who they were.
        assert_eq!(world.chat_of("do you have blue mugs?").await.review, Review::New, "{engine:?}");
        let facts = world.hears(number, &fred(), "hello?").await;
        assert!(is_held(&facts), "{engine:?}: {:?}", facts.chat.reason);
    }
}

#[tokio::test]
async fn a_friend_of_another_phone_that_was_paired_while_nobody_looked_is_not_answered() {
    for engine in ENGINES {
        let (world, number) = World::paired(Options { engine, ..Options::default() }).await;
        world.pass(4000);
        world.waha.unlink("default").await.unwrap();
        world.waha.force_status("default", Status::ScanQrCode).await.unwrap();
        // On the new phone a friend wrote a moment before we hear of it.
        let at_s = world.cx.now().millis() / 1000 - 2;
        world.waha.add_history("default", &fred(), Direction::In, "dinner?", at_s).await.unwrap();
        pair(&world, number).await;
        for _ in 0..10 {
            world.pass(40);
            world.run_jobs().await;
        }
        let facts = world.hears(number, &fred(), "hello?").await;
        assert!(is_held(&facts), "{engine:?}: {:?} {:?}", facts.review, facts.chat.reason);
        assert_eq!(world.waha.sent_count(), 0, "{engine:?}");
    }
}

#[tokio::test]
async fn another_phone_is_noticed_by_a_search_that_began_before_anybody_looked() {
    let (world, number) = World::paired(Options::default()).await;
    world.pass(4000);
    let at_s = world.cx.now().millis() / 1000 - 60;
    world.waha.add_history("default", &fred(), Direction::In, "dinner?", at_s).await.unwrap();
    world.waha.unlink("default").await.unwrap();
    world.waha.force_status("default", Status::ScanQrCode).await.unwrap();
    world.waha.scan_qr("default").await.unwrap();
    let before = world.number(number).await;
    assert_eq!(world.recover(number).await, Recovered::default());
    assert!(world.number(number).await.paired_at > before.paired_at);
}

#[tokio::test]
async fn the_same_phone_scanned_again_loses_nothing() {
    let (world, number) = World::paired(Options::default()).await;
    let first = world.number(number).await;
    world.pass(4000);
    world.waha.unlink("default").await.unwrap();
    world.request_reconcile(number).await;
    world.run_jobs().await;
    mychatflow_daemon::instances::restart(&world.cx, &world.shop, number).await.unwrap();
    world.waha.wait_for_status("default", Status::ScanQrCode, crate::world::SOON).await.unwrap();
    world.request_reconcile(number).await;
    world.run_jobs().await;
    let at_s = world.cx.now().millis() / 1000;
    world.waha.add_history("default", &nora(), Direction::In, "is anybody there?", at_s).await.unwrap();
    world.waha.scan_qr_again("default").await.unwrap();
    world.request_reconcile(number).await;
    world.run_jobs().await;
    let again = world.number(number).await;
    assert_eq!((again.me, again.paired_at), (first.me, first.paired_at));
    assert!(again.worked_at > first.worked_at, "its list is read anew");
    world.pass(4);
    world.run_jobs().await;
    assert_eq!(world.waha.sent_count(), 1, "what was missed is answered");
}

#[tokio::test]
async fn an_account_that_shows_late_is_one_pairing() {
    let world = World::new(Options::default()).await;
    let number = add(&world.cx, &world.shop, "shop", None, None).await.unwrap().id;
    world.waha.hide_me("default", true).await.unwrap();
    pair(&world, number).await;
    let nameless = world.number(number).await;
    assert_eq!(nameless.me, None);
    assert!(nameless.paired_at.is_some() && nameless.worked_at.is_some());
    world.waha.hide_me("default", false).await.unwrap();
    world.pass(1);
    world.request_reconcile(number).await;
    world.run_jobs().await;
    let named = world.number(number).await;
    assert!(named.me.is_some());
    assert_eq!((named.paired_at, named.worked_at), (nameless.paired_at, nameless.worked_at));
}

#[tokio::test]
async fn a_server_that_ignores_offset_is_not_asked_for_ever() {
    for engine in ENGINES {
        let (world, number) = World::paired(Options { engine, offsets: Offsets::Ignored, ..Options::default() }).await;
        wrote_yesterday(&world, &nora()).await;
        let now_s = world.cx.now().millis() / 1000;
        // More than two pages, so that the later ones are out of its reach by offset.
        for n in 0..250_i64 {
            let text = format!("number {n}");
            world.waha.add_history("default", &fred(), Direction::In, &text, now_s + n / 10).await.unwrap();
        }
        let before = world.waha.requests().len();
        let recovered = world.recover(number).await;
        assert_eq!(recovered.found, 250, "{engine:?}: every message came, by going on from the newest one");
        world.pass(5);
        world.run_jobs().await;
        assert!(world.waha.requests().len() - before < 60, "{engine:?}: {}", world.waha.requests().len() - before);
    }
}
