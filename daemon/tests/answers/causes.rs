//! What stood in the way of an answer is told at once where a person must act, and is still known when the question is old.

use std::time::Duration;

use mychatflow_daemon::bus::{Audience, Heard, Listener, Wish};
use mychatflow_data::credits::Credits;
use mychatflow_data::ids::ChatId;
use mychatflow_data::model::chat::{Chat, ChatState};
use mychatflow_data::model::instance::{InstanceStatus, Verdict};
use mychatflow_data::model::job::JobKind;
use mychatflow_data::model::setting::SettingKey;
use mychatflow_data::protocol::calls::daemon::DaemonShown;
use mychatflow_data::protocol::calls::queue::QueueLine;
use mychatflow_data::protocol::calls::why::WhyDocument;
use mychatflow_data::protocol::event::Topic;
use mychatflow_data::protocol::page::Page;
use mychatflow_data::store::instances::Sighting;
use mychatflow_sandbox::faults::{Fault as WahaFault, When};
use mychatflow_sandbox::gemini::{Fault, Operation, Sample};
use mychatflow_sandbox::waha::{self, Customer, Engine};
use serde_json::{Value, json};

use super::why::call;
use super::world::{DEADLINE, PLAN, SESSION, World, world, world_with};

const OLD: Duration = Duration::from_secs(660);

fn notices(world: &World) -> Listener {
    let wish = Wish { audience: Audience::Everybody, topics: vec![Topic::DaemonNotice], since: None };
    world.daemon.cx.bus.listen(wish)
}

/// All that was said until now.
async fn heard(world: &World, mut notices: Listener) -> Vec<String> {
    world.daemon.cx.bus.publish(None, Topic::DaemonNotice, &json!({"text": "the end"}));
    let mut texts = Vec::new();
    loop {
        let Heard::Events(events) = notices.next().await else { panic!("lagged") };
        for event in events {
            let data: Value = serde_json::from_str(event.data.get()).unwrap();
            let text = data["text"].as_str().unwrap_or_default().to_owned();
            if text == "the end" {
                return texts;
            }
            texts.push(text);
        }
    }
}

async fn chat_of(world: &World, who: &Customer) -> Chat {
    let address = who.chat_id().parse().unwrap();
    world
        .until("a chat", async || {
            let found = world.shop.find_chat(&address).await.unwrap()?;
            world.shop.chat(found.id).await.unwrap()
        })
        .await
}

/// Waits until the chat needs somebody, with a reason that begins so.
async fn needs_you(world: &World, chat: ChatId, reason: &str) -> String {
    world
        .until(reason, async || {
            let chat = world.shop.chat(chat).await.unwrap().unwrap();
            let told = chat.reason.filter(|_| chat.state == ChatState::NeedsYou)?;
            told.starts_with(reason).then_some(told)
        })
        .await
}

async fn queued(world: &World) -> Vec<QueueLine> {
    let page: Page<QueueLine> = call(world, "queue.list", json!({})).await;
    page.items.into_iter().filter(|line| line.chat.is_some()).collect()
}

/// The machine's clock goes on by so much, and the daemon looks what is due.
fn later(world: &World, by: Duration) {
    world.clock.set_ahead(by);
    let cx = &world.daemon.cx;
    for kind in [JobKind::AnswerChat, JobKind::SendMessage, JobKind::ReconcileInstance] {
        cx.wake.tell(kind, cx.now());
    }
}

#[tokio::test]
async fn a_refused_key_is_told_at_once_and_is_still_the_reason_when_the_question_is_old() {
    let world = world(Engine::Noweb).await;
    let told = notices(&world);
    let refused = Fault::Answer(Sample::named("400_bad_key").unwrap());
    world.gemini.faults().add(Operation::GenerateContent, When::Always, refused);
    let ben = Customer::new("447700900321", "Ben");
    let cause = "gemini refused the api key (API_KEY_INVALID), tried once";
    for who in [&world.ana, &ben] {
        world.waha.customer_says(SESSION, who, "When are you open?").await.unwrap();
        let chat = chat_of(&world, who).await;
        let reason = needs_you(&world, chat.id, cause).await;
        assert!(reason.contains("mychatflow daemon reload"), "it says what to do: {reason}");
    }
    assert_eq!(world.gemini.count(), 1, "the second question is not even asked");
    let lines = queued(&world).await;
    assert_eq!(lines.len(), 2, "both are still tried: {lines:?}");
    assert!(lines.iter().all(|line| line.reason.as_deref().unwrap().starts_with(cause)), "{lines:?}");
    let said: Vec<String> = heard(&world, told).await.into_iter().filter(|text| text.contains("key")).collect();
    assert_eq!(said.len(), 1, "said once, not for each question: {said:?}");

    later(&world, OLD);
    for who in [&world.ana, &ben] {
        let chat = chat_of(&world, who).await;
        let old = "stale: gemini refused the api key (API_KEY_INVALID), tried once until ";
        let reason = needs_you(&world, chat.id, old).await;
        let why: WhyDocument = call(&world, "why", json!({"id": chat.id})).await;
        assert_eq!(why.headline, format!("Not answered: {reason}"));
    }
    let credits = world.credits().await;
    assert_eq!((credits.balance, credits.reserved), (PLAN, Credits::ZERO));
}

#[tokio::test]
async fn a_question_is_answered_once_the_key_is_mended() {
    let world = world(Engine::Noweb).await;
    assert!(world.gemini.answer_next("503_overloaded"));
    let off = Fault::Answer(Sample::named("403_service_disabled").unwrap());
    world.gemini.faults().add(Operation::GenerateContent, When::Next(1), off);
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    let chat = world.chat().await;
    needs_you(&world, chat, "gemini does not serve the project of the api key (SERVICE_DISABLED)").await;
    let fresh = Duration::from_secs(240);
    // The breaker holds a minute by the machine's own time: a reload begins with a new client.
    call::<Value>(&world, "daemon.reload", json!({})).await;
    later(&world, fresh);
    world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
    world.until("settled", async || (world.credits().await.used == Credits::ONE).then_some(())).await;
    world
        .until("nobody is needed any more", async || {
            let chat = world.shop.chat(chat).await.unwrap().unwrap();
            (chat.state == ChatState::Waiting && chat.reason.is_none()).then_some(())
        })
        .await;
}

#[tokio::test]
async fn a_key_that_is_refused_after_the_quota_was_used_up_is_told_beside_it() {
    let world = world(Engine::Noweb).await;
    let answers = |sample| Fault::Answer(Sample::named(sample).unwrap());
    world.gemini.faults().add(Operation::GenerateContent, When::Always, answers("429_per_day"));
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    let chat = world.chat().await;
    needs_you(&world, chat, "the gemini quota is used up, tried once").await;
    // Somebody takes another key, and mistypes it.
    world.gemini.faults().clear();
    world.gemini.faults().add(Operation::GenerateContent, When::Always, answers("400_bad_key"));
    call::<Value>(&world, "daemon.reload", json!({})).await;
    later(&world, Duration::from_secs(240));
    let told = |text: &str| {
        text.starts_with("the gemini quota is used up") && text.contains("; also: gemini refused the api key")
    };
    world
        .until("both are told by the chat", async || {
            let chat = world.shop.chat(chat).await.unwrap().unwrap();
            chat.reason.filter(|reason| told(reason) && reason.contains("set gemini.api_key"))
        })
        .await;
    let lines = queued(&world).await;
    assert!(lines.iter().any(|line| line.reason.as_deref().is_some_and(told)), "{lines:?}");
    let why: WhyDocument = call(&world, "why", json!({"id": chat})).await;
    assert!(why.headline.contains("the gemini quota is used up"), "{why:#?}");
    assert!(why.headline.contains("; also: gemini refused the api key"), "{why:#?}");
    later(&world, OLD);
    let old = needs_you(&world, chat, "stale: the gemini quota is used up, tried ").await;
    assert!(old.contains("; also: gemini refused the api key (API_KEY_INVALID), since "), "{old}");
}

#[tokio::test]
async fn a_model_that_is_gone_is_replaced_and_that_is_said_once() {
    let world = world_with(Engine::Noweb, |config| config.gemini.model = "gemini-2.5-flash-lite".to_owned()).await;
    let told = notices(&world);
    world.gemini.retire("gemini-2.5-flash-lite");
    let ben = Customer::new("447700900321", "Ben");
    for (who, sent) in [(&world.ana, 1), (&ben, 2)] {
        world.waha.customer_says(SESSION, who, "When are you open?").await.unwrap();
        world.waha.wait_for_sent(sent, DEADLINE).await.unwrap();
    }
    let said = heard(&world, told).await;
    let said: Vec<&String> = said.iter().filter(|text| text.contains("gemini-2.5-flash-lite")).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("gemini-3.5-flash-lite answers in its place"), "{said:?}");
    let status: DaemonShown = call(&world, "daemon.status", json!({})).await;
    assert_eq!(status.gemini.model, "gemini-2.5-flash-lite");
    assert_eq!(status.gemini.answered_by.as_deref(), Some("gemini-3.5-flash-lite"));
}

#[tokio::test]
async fn a_model_that_google_routes_to_another_one_is_shown_once() {
    let world = world(Engine::Noweb).await;
    let told = notices(&world);
    world.gemini.route("gemini-3.5-flash-lite", "gemini-3.8-flash");
    let ben = Customer::new("447700900321", "Ben");
    for (who, sent) in [(&world.ana, 1), (&ben, 2)] {
        world.waha.customer_says(SESSION, who, "When are you open?").await.unwrap();
        world.waha.wait_for_sent(sent, DEADLINE).await.unwrap();
    }
    let said = heard(&world, told).await;
    assert_eq!(said.iter().filter(|text| text.contains("gemini-3.8-flash answers")).count(), 1, "{said:?}");
}

#[tokio::test]
async fn a_model_that_nobody_knows_is_named_as_the_reason() {
    let world = world_with(Engine::Noweb, |config| config.gemini.model = "gemini-9-typo".to_owned()).await;
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    let chat = world.chat().await;
    let reason = needs_you(&world, chat, "gemini does not know the model \"gemini-9-typo\"").await;
    assert!(reason.contains("gemini.model"), "{reason}");
}

#[tokio::test]
async fn a_number_that_was_down_is_the_reason_of_an_old_question() {
    let world = world(Engine::Noweb).await;
    let failed = Sighting {
        status: Some(InstanceStatus::Failed),
        verdict: Verdict::Dead,
        reason: None,
        me: None,
        engine: None,
        version: None,
    };
    world.shop.see_instance(world.number, failed, world.daemon.cx.now()).await.unwrap();
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    let chat = world.chat().await;
    world
        .until("waits", async || {
            let lines = queued(&world).await;
            let waits = "waiting for the number: it is FAILED";
            lines.iter().any(|line| line.reason.as_deref().is_some_and(|why| why.starts_with(waits))).then_some(())
        })
        .await;
    later(&world, OLD);
    let reason = needs_you(&world, chat, "stale: the number was FAILED, from ").await;
    assert!(reason.contains(" until "), "{reason}");
}

#[tokio::test]
async fn a_message_that_needs_no_answer_says_who_found_so() {
    let world = world(Engine::Noweb).await;
    let says = r#"{"action":"ignore","reply":"","handoff_reason":null}"#;
    world.gemini.faults().add(Operation::GenerateContent, When::Next(1), Fault::Says(says.into()));
    world.waha.customer_says(SESSION, &world.ana, "ok thanks").await.unwrap();
    let chat = world.chat().await;
    world
        .until("waiting", async || {
            let chat = world.shop.chat(chat).await.unwrap().unwrap();
            (chat.state == ChatState::Waiting).then_some(())
        })
        .await;
    let nothing = "Not answered: the assistant read it and saw nothing to answer";
    for ahead in [Duration::ZERO, OLD] {
        later(&world, ahead);
        let why: WhyDocument = call(&world, "why", json!({"id": chat})).await;
        assert_eq!(why.headline, nothing);
    }
    later(&world, Duration::ZERO);
    // What is asked later is no answer to it, and does not ask it again.
    let thanks = world.shop.interactions(chat, None, 1).await.unwrap().remove(0).id;
    world.waha.customer_says(SESSION, &world.ana, "do you deliver?").await.unwrap();
    world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
    let why: WhyDocument = call(&world, "why", json!({"id": thanks})).await;
    assert_eq!(why.headline, nothing);
}

#[tokio::test]
async fn a_refused_question_leaves_nothing_to_approve() {
    let world = world(Engine::Noweb).await;
    assert!(world.gemini.answer_next("200_prohibited_content_candidate"));
    world.waha.customer_says(SESSION, &world.ana, "something").await.unwrap();
    let chat = world.chat().await;
    needs_you(&world, chat, "no answer: gemini refused ").await;
}

#[tokio::test]
async fn an_answer_that_waha_refuses_for_its_key_waits_and_goes_out_once() {
    let world = world(Engine::Noweb).await;
    let told = notices(&world);
    let unauthorized = json!({"message": "Unauthorized", "statusCode": 401});
    let refuses = WahaFault::Answer { status: 401, body: unauthorized };
    world.waha.faults().add(waha::Operation::SendText, When::Always, refuses);
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    let chat = world.chat().await;
    let reason = needs_you(&world, chat, "waha refuses the api key (status 401)").await;
    assert!(reason.contains("WAHA_API_KEY"), "{reason}");
    let lines = queued(&world).await;
    assert!(lines.iter().all(|line| line.state.to_string() != "discarded"), "no dead letter: {lines:?}");
    world.waha.faults().clear();
    later(&world, Duration::from_secs(120));
    world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
    world.until("settled", async || (world.credits().await.used == Credits::ONE).then_some(())).await;
    let said = heard(&world, told).await;
    assert_eq!(said.iter().filter(|text| text.contains("WAHA_API_KEY")).count(), 1, "said once: {said:?}");
}

#[tokio::test]
async fn a_message_of_a_human_outlives_a_refused_key_of_waha() {
    let world = world(Engine::Noweb).await;
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
    let chat = world.chat().await;
    let told = notices(&world);
    let forbidden = json!({"message": "Forbidden", "statusCode": 403});
    let refuses = WahaFault::Answer { status: 403, body: forbidden };
    world.waha.faults().add(waha::Operation::SendText, When::Next(1), refuses);
    call::<Value>(&world, "chat.send", json!({"chat": chat, "text": "Until six"})).await;
    world
        .until("waits", async || {
            let lines = queued(&world).await;
            lines.iter().any(|line| line.reason.as_deref().is_some_and(|why| why.contains("api key"))).then_some(())
        })
        .await;
    later(&world, Duration::from_secs(60));
    world.waha.wait_for_sent(2, DEADLINE).await.unwrap();
    let said = heard(&world, told).await;
    assert_eq!(said.iter().filter(|text| text.contains("WAHA_API_KEY")).count(), 1, "{said:?}");
}

#[tokio::test]
async fn a_message_of_a_human_says_why_it_waits_whichever_call_was_refused() {
    for operation in [waha::Operation::SendText, waha::Operation::NewMessageId] {
        let world = world(Engine::Noweb).await;
        world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
        world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
        let chat = world.chat().await;
        let unauthorized = json!({"message": "Unauthorized", "statusCode": 401});
        world.waha.faults().add(operation, When::Always, WahaFault::Answer { status: 401, body: unauthorized });
        call::<Value>(&world, "chat.send", json!({"chat": chat, "text": "Until six"})).await;
        let asked = format!("{operation:?} is refused");
        let message = async || world.shop.interactions(chat, None, 1).await.unwrap().remove(0);
        world
            .until(&asked, async || {
                let lines = queued(&world).await;
                lines.iter().any(|line| line.reason.as_deref().is_some_and(|why| why.contains("api key"))).then_some(())
            })
            .await;
        let reason = message().await.reason.unwrap_or_default();
        assert!(reason.contains("waha refuses the api key") && reason.contains("WAHA_API_KEY"), "{asked}: {reason:?}");
        world.waha.faults().clear();
        later(&world, Duration::from_secs(60));
        world.waha.wait_for_sent(2, DEADLINE).await.unwrap();
        world.until("told", async || message().await.reason.is_none().then_some(())).await;
    }
}

#[tokio::test]
async fn a_session_that_waha_forgot_is_made_anew_at_once() {
    let world = world(Engine::Noweb).await;
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
    let chat = world.chat().await;
    let made = |world: &World| {
        let made = |request: &&mychatflow_sandbox::log::Request| {
            request.method == "POST" && request.path.trim_end_matches('/') == "/api/sessions"
        };
        world.waha.requests().iter().filter(made).count()
    };
    let before = made(&world);
    world.waha.forget_session(SESSION).await.unwrap();
    call::<Value>(&world, "chat.send", json!({"chat": chat, "text": "Until six"})).await;
    world.waha.wait_for(DEADLINE, |_| (made(&world) > before).then_some(())).await.unwrap();
    let lines = queued(&world).await;
    assert!(lines.iter().all(|line| line.state.to_string() != "discarded"), "it waits: {lines:?}");
}

#[tokio::test]
async fn without_credit_nobody_is_told_that_the_assistant_may_answer() {
    let world = world_with(Engine::Noweb, |config| {
        config.plans.get_mut("starter").unwrap().credits_per_month = Credits::ZERO;
    })
    .await;
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    let chat = world.chat().await;
    needs_you(&world, chat, "no credit left").await;
    let why: WhyDocument = call(&world, "why", json!({"id": chat})).await;
    let gate = why.lines.iter().find(|line| line.what == "the assistant").unwrap().detail.clone().unwrap();
    assert_eq!(gate, "may not answer: no credit left; mychatflow credit grant N");
}

#[tokio::test]
async fn a_question_that_got_old_while_the_number_or_gemini_rested_says_so() {
    let slowed = "WhatsApp slows this number down (rate-overlimit)";
    for (gemini, waits, old) in [
        (false, format!("{slowed}: nothing is sent until "), format!("stale: {slowed}, from ")),
        // What waits for Gemini begins so that it is woken when Gemini answers.
        (true, "gemini: gemini is busy or out of reach".to_owned(), "stale: gemini is busy or out of reach".to_owned()),
    ] {
        let world = world(Engine::Noweb).await;
        if gemini {
            let busy = Fault::Answer(Sample::named("503_overloaded").unwrap());
            world.gemini.faults().add(Operation::GenerateContent, When::Always, busy);
        } else {
            world.waha.slow_down(SESSION, Duration::from_secs(3600)).await.unwrap();
        }
        world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
        let chat = world.chat().await;
        let waiting = async || {
            let lines = queued(&world).await;
            lines.iter().any(|line| line.reason.as_deref().is_some_and(|why| why.starts_with(&waits))).then_some(())
        };
        world.until(&waits, waiting).await;
        later(&world, OLD);
        let reason = needs_you(&world, chat, &old).await;
        assert!(reason.contains(" until "), "{reason}");
    }
}

/// The shop wrote its hours in its own language; they hold all the same.
#[tokio::test]
async fn outside_of_the_hours_of_the_shop_nothing_is_answered() {
    let world = world(Engine::Noweb).await;
    let days = ["montags", "dienstags", "mittwochs", "donnerstags", "freitags", "samstags", "sonntags"];
    // Neither today nor around midnight.
    let today = world.daemon.cx.now().to_jiff().to_zoned(jiff::tz::TimeZone::UTC).weekday().to_monday_zero_offset();
    let day = days[(usize::try_from(today).unwrap() + 3) % 7];
    world.set(SettingKey::BusinessHours, &format!("Geöffnet {day} 8-18 Uhr")).await;
    world.waha.customer_says(SESSION, &world.ana, "Habt ihr offen?").await.unwrap();
    let chat = chat_of(&world, &world.ana).await;
    needs_you(&world, chat.id, "outside business hours").await;
    assert!(world.gemini.requests().is_empty(), "the model was not asked");
}
