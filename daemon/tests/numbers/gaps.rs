//! What was written while nobody listened.

use std::sync::Arc;
use std::time::Duration;

use mychatflow_daemon::jobs::recover_history::{Recovered, recover};
use mychatflow_daemon::rounds;
use mychatflow_data::ids::ClientRef;
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::instance::{InstanceStatus, Verdict};
use mychatflow_data::model::job::{Job, JobArgs, JobKind};
use mychatflow_data::store::jobs::Ended;
use mychatflow_data::store::tx::outcome::After;
use mychatflow_data::store::tx::send::Composer;
use mychatflow_sandbox::faults::When;
use mychatflow_sandbox::gemini::{Fault, Operation};
use mychatflow_sandbox::waha::{Customer, Direction, Engine, Options, Stamps, Status};
use tokio_util::sync::CancellationToken;

use crate::world::{SOON, World};

fn ana() -> Customer {
    Customer::new("+44 7700 900001", "Ana")
}

#[tokio::test]
async fn missed_messages_are_fetched_once() {
    for engine in [Engine::Noweb, Engine::Gows, Engine::Webjs] {
        let (world, number) = World::paired(Options { engine, ..Options::default() }).await;
        let since = world.cx.now() - Duration::from_secs(60);
        for text in ["one", "two", "three"] {
            world.waha.customer_says("default", &ana(), text).await.unwrap();
        }
        world.waha.owner_types_on_phone("default", "447700900001@c.us", "four").await.unwrap();
        let mut notices = world.notices();
        let found = world.number(number).await;
        let first = recover(&world.cx, &world.shop, &found, since).await.unwrap();
        assert_eq!(first, Recovered { found: 4, duplicates: 0, ignored: 0 }, "{engine:?}");
        assert!(notices.next().await.contains("4 missed messages"));
        let second = recover(&world.cx, &world.shop, &found, since).await.unwrap();
        assert_eq!(second, Recovered { found: 0, duplicates: 4, ignored: 0 }, "{engine:?}");
    }
}

#[tokio::test]
async fn a_message_that_we_know_to_be_sent_is_no_find() {
    let (world, number) = World::paired(Options::default()).await;
    world.waha.customer_says("default", &ana(), "hi").await.unwrap();
    world.recover(number).await;
    let chat = world.chat_of("hi").await.chat.id;
    let now = world.cx.now();
    // WAHA took it; its echo never came.
    let wa_id = world.waha.api_sends("default", "447700900001@c.us", "hello").await.unwrap();
    let ours = world
        .shop
        .send_message(chat, "hello".into(), ClientRef::new(), Duration::ZERO, Composer::Keep, now)
        .await
        .unwrap();
    let bare_id = wa_id.rsplit('_').next().map(str::to_owned);
    world.shop.record_sent(ours.id, bare_id, Some(wa_id), After::Waiting, now).await.unwrap();
    assert_eq!(world.recover(number).await, Recovered { found: 0, duplicates: 2, ignored: 0 });
    assert_eq!(world.recover(number).await, Recovered { found: 0, duplicates: 2, ignored: 0 });
}

#[tokio::test]
async fn a_number_that_comes_back_asks_for_what_it_missed() {
    let (world, number) = World::paired(Options::default()).await;
    world.waha.stop_listening().await;
    world.request_reconcile(number).await;
    world.run_jobs().await;
    let seen = world.number(number).await;
    assert_eq!((seen.status, seen.verdict), (Some(InstanceStatus::Working), Verdict::Dead));
    world.waha.customer_says("default", &ana(), "is anybody there?").await.unwrap();
    world.waha.resume_listening().await.unwrap();

    let mut notices = world.notices();
    world.request_reconcile(number).await;
    let kinds: Vec<JobKind> = world.run_jobs().await.into_iter().map(|(job, _)| job.args.kind()).collect();
    assert_eq!(kinds, [JobKind::ReconcileInstance, JobKind::RecoverHistory]);
    assert!(notices.next().await.contains("1 missed messages"));
    assert_eq!(world.number(number).await.verdict, Verdict::Healthy);
}

#[tokio::test]
async fn after_a_rest_the_daemon_reads_what_came_meanwhile() {
    let (world, number) = World::paired(Options::default()).await;
    world.waha.customer_says("default", &ana(), "early").await.unwrap();
    rounds::recover_downtime(&world.cx).await.unwrap();
    let done = world.run_jobs().await;
    let args: Vec<&JobArgs> = done.iter().map(|(job, _)| &job.args).collect();
    assert!(matches!(args.as_slice(), [JobArgs::RecoverHistory { instance, .. }] if *instance == number), "{args:?}");
}

#[tokio::test]
async fn a_round_asks_for_every_number_and_ends_when_told() {
    let (world, number) = World::paired(Options::default()).await;
    rounds::round(&world.cx).await.unwrap();
    let done = world.run_jobs().await;
    assert!(matches!(done[0].0.args, JobArgs::ReconcileInstance { instance } if instance == number));

    world.waha.unlink("default").await.unwrap();
    world.request_reconcile(number).await;
    world.run_jobs().await;
    // It failed while it worked: one restart, which brings a code to scan.
    rounds::round(&world.cx).await.unwrap();
    world.waha.wait_for_status("default", Status::ScanQrCode, SOON).await.unwrap();
    world.run_jobs().await;
    let restarts = world.requests("POST", "/api/sessions/default/restart");
    rounds::round(&world.cx).await.unwrap();
    assert_eq!(world.requests("POST", "/api/sessions/default/restart"), restarts);

    let stop = CancellationToken::new();
    let World { cx, .. } = world;
    let running = tokio::spawn(rounds::run(Arc::new(cx), Duration::from_secs(3600), stop.clone()));
    stop.cancel();
    tokio::time::timeout(SOON, running).await.unwrap().unwrap();
}

/// Whether the assistant is silent in the chat that a message came into.
async fn is_paused(world: &World, text: &str) -> bool {
    world.chat_of(text).await.chat.paused_until.is_some()
}

#[tokio::test]
async fn a_restart_silences_no_chat_for_what_we_sent_ourselves() {
    for engine in [Engine::Noweb, Engine::Gows, Engine::Webjs] {
        let (world, number) = World::paired(Options { engine, ..Options::default() }).await;
        let customers: Vec<Customer> =
            (1..=3).map(|place| Customer::new(&format!("+44 7700 90000{place}"), "Somebody")).collect();
        for customer in &customers {
            world.waha.customer_says("default", customer, &format!("hi from {}", customer.phone)).await.unwrap();
        }
        world.recover(number).await;
        for customer in &customers {
            let chat = world.chat_of(&format!("hi from {}", customer.phone)).await.chat.id;
            let now = world.cx.now();
            let said = world.shop.send_message(
                chat,
                "We open at 8".into(),
                ClientRef::new(),
                Duration::ZERO,
                Composer::Keep,
                now,
            );
            let ours = said.await.unwrap();
            // WAHA took it and did not tell its id; the daemon stopped before the echo came.
            world.waha.api_sends("default", &customer.number_id(), "We open at 8").await.unwrap();
            world.shop.start_message(ours.id, None, now).await.unwrap().unwrap();
            world.shop.record_sent(ours.id, None, None, After::Waiting, now).await.unwrap();
        }
        let since = world.cx.now() - Duration::from_secs(60);
        let found = world.number(number).await;
        for _ in 0..2 {
            let recovered = recover(&world.cx, &world.shop, &found, since).await.unwrap();
            assert_eq!(recovered, Recovered { found: 0, duplicates: 6, ignored: 0 }, "{engine:?}");
        }
        for customer in &customers {
            assert!(!is_paused(&world, &format!("hi from {}", customer.phone)).await, "{engine:?}");
        }
    }
}

#[tokio::test]
async fn old_messages_with_times_that_the_server_made_up_silence_nobody() {
    for engine in [Engine::Noweb, Engine::Gows, Engine::Webjs] {
        for of_the_request in [true, false] {
            let (world, number) = World::paired_long_ago(Options { engine, ..Options::default() }).await;
            let now_s = world.cx.now().millis() / 1000;
            let people = if of_the_request { 1 } else { 3 };
            for place in 1..=people {
                let customer = Customer::new(&format!("+44 7700 90000{place}"), "Somebody");
                let text = format!("hi from {place}");
                world.waha.add_history("default", &customer, Direction::In, &text, now_s - 90_000).await.unwrap();
                world.waha.add_history("default", &customer, Direction::Out, "hello", now_s - 80_000).await.unwrap();
            }
            let stamps = if of_the_request { Stamps::OfTheRequest } else { Stamps::At(now_s - 600) };
            world.waha.make_up_stamps("default", stamps).await.unwrap();
            for _ in 0..2 {
                world.recover(number).await;
            }
            for place in 1..=people {
                assert!(!is_paused(&world, &format!("hi from {place}")).await, "{engine:?} {stamps:?}");
            }
        }
    }
}

#[tokio::test]
async fn the_owner_who_wrote_during_the_gap_silences_the_assistant_from_then() {
    for engine in [Engine::Noweb, Engine::Gows, Engine::Webjs] {
        let (world, number) = World::paired_long_ago(Options { engine, ..Options::default() }).await;
        let now_s = world.cx.now().millis() / 1000;
        world.waha.add_history("default", &ana(), Direction::In, "are you open?", now_s - 700).await.unwrap();
        world.waha.add_history("default", &ana(), Direction::Out, "Marta here", now_s - 600).await.unwrap();
        world.recover(number).await;
        let chat = world.chat_of("are you open?").await.chat;
        let until = (now_s - 600 + 12 * 3600) * 1000;
        assert_eq!(chat.paused_until.map(mychatflow_data::time::Timestamp::millis), Some(until), "{engine:?}");
    }
}

#[tokio::test]
async fn the_owner_who_wrote_a_moment_ago_is_believed_at_the_second_look() {
    let (world, number) = World::paired(Options::default()).await;
    world.waha.customer_says("default", &ana(), "are you open?").await.unwrap();
    world.waha.owner_types_on_phone("default", "447700900001@c.us", "Marta here").await.unwrap();
    let since = world.cx.now() - Duration::from_secs(60);
    world.request(JobArgs::RecoverHistory { instance: number, since }).await;
    let (_, ended) = world.run_jobs().await.remove(0);
    assert!(matches!(ended, Ended::Snooze { .. }), "it looks again: {ended:?}");
    assert!(!is_paused(&world, "are you open?").await);
}

#[tokio::test]
async fn a_single_lost_message_on_a_busy_number_is_found_within_ten_minutes() {
    for engine in [Engine::Noweb, Engine::Gows, Engine::Webjs] {
        let (world, number) = World::paired(Options { engine, ..Options::default() }).await;
        // Where chats have no common history, a chat whose last message is known is not read.
        let lost = if engine == Engine::Webjs { "three" } else { "two" };
        for text in ["one", "two", "three"] {
            world.waha.customer_says("default", &ana(), text).await.unwrap();
            if text == lost {
                world.lose_posts();
            } else {
                world.take_in(number).await;
            }
        }
        world.pass(601);
        let mut notices = world.notices();
        rounds::round(&world.cx).await.unwrap();
        assert!(notices.next().await.contains("1 missed messages"), "{engine:?}");
        world.chat_of(lost).await;
    }
}

#[tokio::test]
async fn looking_for_lost_messages_costs_a_number_one_request_in_ten_minutes() {
    let (world, number) = World::paired(Options::default()).await;
    for text in ["one", "two", "three"] {
        world.waha.customer_says("default", &ana(), text).await.unwrap();
    }
    world.take_in(number).await;
    let history = "/api/default/chats/all/messages";
    let of_pairing = world.requests("GET", history);
    let asked = || world.requests("GET", history) - of_pairing;
    world.pass(601);
    rounds::round(&world.cx).await.unwrap();
    assert_eq!(asked(), 1, "nothing was lost");
    world.pass(300);
    rounds::round(&world.cx).await.unwrap();
    assert_eq!(asked(), 1, "it was read five minutes ago");
    world.pass(300);
    rounds::round(&world.cx).await.unwrap();
    assert_eq!(asked(), 2);
    // Another search has just read all of it.
    world.recover(number).await;
    let before = asked();
    world.pass(400);
    rounds::round(&world.cx).await.unwrap();
    assert_eq!(asked(), before);
}

#[tokio::test]
async fn a_message_whose_webhook_is_still_on_its_way_is_left_to_it() {
    let (world, number) = World::paired(Options::default()).await;
    world.waha.customer_says("default", &ana(), "just now").await.unwrap();
    let found = world.number(number).await;
    let recovered = mychatflow_daemon::jobs::recheck_history::recheck(&world.cx, &world.shop, &found).await.unwrap();
    assert_eq!(recovered, Recovered::default());
}

#[tokio::test]
async fn an_owner_who_forwards_to_three_chats_in_a_gap_is_not_answered_over() {
    for engine in [Engine::Noweb, Engine::Gows, Engine::Webjs] {
        let (world, number) = World::paired_long_ago(Options { engine, ..Options::default() }).await;
        let now_s = world.cx.now().millis() / 1000;
        for place in 1..=3 {
            let customer = Customer::new(&format!("+44 7700 90000{place}"), "Somebody");
            let question = format!("are you open? {place}");
            world.waha.add_history("default", &customer, Direction::In, &question, now_s - 300).await.unwrap();
            // WhatsApp puts one second on all of them.
            world.waha.add_history("default", &customer, Direction::Out, "From 8", now_s - 200).await.unwrap();
        }
        for _ in 0..2 {
            world.recover(number).await;
        }
        for place in 1..=3 {
            let chat = world.chat_of(&format!("are you open? {place}")).await.chat;
            let found = (chat.state, chat.reason.as_deref(), chat.paused_until);
            assert_eq!(
                found,
                (ChatState::NeedsYou, Some("somebody of the shop may have answered"), None),
                "{engine:?}"
            );
        }
        world.run_jobs().await;
        assert_eq!(world.waha.sent_count(), 0, "{engine:?}");
    }
}

#[tokio::test]
async fn a_clock_of_ours_that_is_ahead_believes_no_time_of_the_request() {
    for engine in [Engine::Noweb, Engine::Gows, Engine::Webjs] {
        let (world, number) = World::paired_long_ago(Options { engine, ..Options::default() }).await;
        let now_s = world.cx.now().millis() / 1000;
        world.waha.add_history("default", &ana(), Direction::In, "hi", now_s - 90_000).await.unwrap();
        world.waha.add_history("default", &ana(), Direction::Out, "hello", now_s - 80_000).await.unwrap();
        world.waha.make_up_stamps("default", Stamps::OfTheRequest).await.unwrap();
        world.set_clock(8);
        for _ in 0..2 {
            world.recover(number).await;
        }
        assert!(!is_paused(&world, "hi").await, "{engine:?}");
    }
}

#[tokio::test]
async fn the_owner_who_wrote_in_a_gap_is_believed_although_our_clock_is_behind() {
    let (world, number) = World::paired_long_ago(Options::default()).await;
    let now_s = world.cx.now().millis() / 1000;
    world.waha.add_history("default", &ana(), Direction::In, "are you open?", now_s - 40).await.unwrap();
    world.waha.add_history("default", &ana(), Direction::Out, "Marta here", now_s - 30).await.unwrap();
    world.set_clock(-60);
    world.recover(number).await;
    assert!(is_paused(&world, "are you open?").await);
}

#[tokio::test]
async fn a_history_from_the_future_of_the_server_is_read_again_when_its_time_has_come() {
    let (world, number) = World::paired_long_ago(Options::default()).await;
    let now_s = world.cx.now().millis() / 1000;
    world.waha.add_history("default", &ana(), Direction::In, "are you open?", now_s - 5).await.unwrap();
    world.waha.add_history("default", &ana(), Direction::Out, "Marta here", now_s).await.unwrap();
    // WhatsApp's clock is a minute ahead of the server's.
    world.waha.set_date_offset(-60);
    let since = world.cx.now() - Duration::from_secs(60);
    world.request(JobArgs::RecoverHistory { instance: number, since }).await;
    let is_search = |(job, _): &(Job, Ended)| job.args.kind() == JobKind::RecoverHistory;
    let (_, ended) = world.run_jobs().await.into_iter().find(is_search).unwrap();
    let Ended::Snooze { until, .. } = ended else { panic!("it looks again: {ended:?}") };
    let wait = until.since(world.cx.now());
    assert!(wait > Duration::from_secs(50) && wait < Duration::from_secs(70), "{wait:?}");
    world.pass(65);
    world.waha.set_date_offset(5);
    world.run_jobs().await;
    assert!(is_paused(&world, "are you open?").await);
}

#[tokio::test]
async fn an_old_message_between_older_ones_silences_nobody_whatever_time_is_on_it() {
    for engine in [Engine::Noweb, Engine::Gows, Engine::Webjs] {
        let (world, number) = World::paired_long_ago(Options { engine, ..Options::default() }).await;
        let now_s = world.cx.now().millis() / 1000;
        for (direction, text, age_s) in [
            (Direction::In, "do you deliver?", 90_000),
            (Direction::Out, "we do, by bike", 80_000),
            (Direction::In, "thanks", 70_000),
            (Direction::In, "do you have blue mugs?", 60),
        ] {
            world.waha.add_history("default", &ana(), direction, text, now_s - age_s).await.unwrap();
        }
        // When the server read the phone: no request of ours is as young as that.
        world.waha.make_up_stamps("default", Stamps::OnOurs(now_s - 30)).await.unwrap();
        for _ in 0..2 {
            world.recover(number).await;
        }
        assert!(!is_paused(&world, "do you have blue mugs?").await, "{engine:?}");
        world.pass(4);
        world.run_jobs().await;
        let reason = world.chat_of("do you have blue mugs?").await.chat.reason;
        assert_eq!(world.waha.sent_count(), 1, "{engine:?}: what was asked after it is answered: {reason:?}");
    }
}

#[tokio::test]
async fn an_answer_of_ours_that_the_server_reads_from_the_phone_anew_silences_nobody() {
    for engine in [Engine::Noweb, Engine::Gows, Engine::Webjs] {
        let (world, number) = World::paired_long_ago(Options { engine, ..Options::default() }).await;
        let says = r#"{"action":"reply","reply":"We have mugs of every colour, come and see","handoff_reason":null}"#;
        world.gemini.faults().add(Operation::GenerateContent, When::Always, Fault::Says(says.into()));
        let facts = world.hears(number, &ana(), "do you have blue mugs?").await;
        assert_eq!(world.waha.sent_count(), 1, "{engine:?}: {:?}", facts.chat.reason);
        world.take_in(number).await;
        world.waha.map_lid("default", "190997547974799", &ana().phone).await.unwrap();
        world.waha.reread_sent("default", &ana().number_id(), "190997547974799@lid").await.unwrap();
        let now_s = world.cx.now().millis() / 1000;
        world.waha.make_up_stamps("default", Stamps::OnOurs(now_s + 5)).await.unwrap();
        // A minute later; no request is as young as that.
        world.waha.set_date_offset(60);
        world.pass(60);
        for _ in 0..3 {
            world.recover(number).await;
            world.run_jobs().await;
            world.pass(30);
        }
        assert!(!is_paused(&world, "do you have blue mugs?").await, "{engine:?}");
        world.hears(number, &ana(), "do you have red mugs?").await;
        assert_eq!(world.waha.sent_count(), 2, "{engine:?}");
    }
}
