//! Servers that are away, slow or out of order: nothing is sent twice, nothing is lost, and no credit goes for nothing.
//! While something waits, the queue says why.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use std::time::Duration;

use mychatflow_daemon::jobs::deliver::LATE;
use mychatflow_sandbox::faults::{Fault, WebhookFault, When};
use mychatflow_sandbox::gemini;
use mychatflow_sandbox::waha::{self, Ack, Acks, Engine, Operation, Status};
use serde_json::Value;

use crate::support::{DEADLINE, NUMBER, Shop, World};

/// Long enough to change the world between the model's question and its answer.
const THINKING: Duration = Duration::from_millis(800);

/// Nothing went out, and nothing was paid.
async fn nothing_for_nothing(world: &World) {
    assert_eq!((world.reached_ana().len(), world.bill().await.0), (0, 0));
    world.books_agree().await;
}

async fn retry(world: &World, entry: &Value) {
    world.done(&["queue", "retry", entry["id"].as_str().unwrap()]).await;
}

/// Ana has asked, and the model is thinking about it.
async fn model_thinks(world: &World) {
    let thinks = gemini::Fault::Delay(THINKING);
    world.gemini.faults().add(gemini::Operation::GenerateContent, When::Next(1), thinks);
    world.ana_asks().await;
    let asked = world.gemini.wait_for(DEADLINE, |_| (world.model_calls() > 0).then_some(()));
    asked.await.unwrap();
}

mod without_gemini {
    use super::*;

    #[tokio::test]
    async fn an_answer_waits_until_it_is_back() {
        let world = World::open(Shop::on(Engine::Noweb)).await;
        world.gemini.stop_listening().await;
        world.ana_asks().await;
        let waits = world.waiting("answer_chat", "gemini is busy or out of reach").await;
        assert_eq!(waits["state"], "retryable", "{waits}");
        nothing_for_nothing(&world).await;
        world.gemini.resume_listening().await.unwrap();
        world.answered_once(DEADLINE).await;
    }

    #[tokio::test]
    async fn a_used_up_quota_is_named_and_asked_for_once() {
        let mut world = World::open(Shop::on(Engine::Noweb)).await;
        assert!(world.gemini.answer_next("429_per_day"));
        world.ana_asks().await;
        let waits = world.waiting("answer_chat", "the gemini quota is used up").await;
        nothing_for_nothing(&world).await;
        // Asking again is useless, and not done.
        retry(&world, &waits).await;
        let waits = world.waiting("answer_chat", "the gemini quota is used up, tried 2 times").await;
        assert_eq!(world.model_calls(), 1);
        nothing_for_nothing(&world).await;
        // A bigger quota: a new run knows nothing of the old one.
        world.stop().await;
        world.start().await;
        retry(&world, &waits).await;
        world.answered_once(DEADLINE).await;
    }

    #[tokio::test]
    async fn a_refusal_of_content_is_no_outage() {
        let world = World::open(Shop::on(Engine::Noweb)).await;
        let gemini = async || world.done(&["daemon", "status"]).await.remove(0)["gemini"].clone();
        assert_eq!(gemini().await["health"], "unknown", "it was not asked yet");
        assert!(world.gemini.answer_next("200_safety_candidate"));
        world.ana_asks().await;
        world
            .until("the question is refused", DEADLINE, async || {
                (world.done(&["chat", "list"]).await.first()?["state"] == "needs_you").then_some(())
            })
            .await;
        let told = gemini().await;
        assert_eq!((&told["health"], &told["error"]), (&"ok".into(), &Value::Null), "{told}");
    }

    #[tokio::test]
    async fn answers_without_words_end_as_a_dead_letter() {
        let world = World::open(Shop::on(Engine::Noweb)).await;
        let empty = gemini::Fault::Answer(gemini::Sample::named("200_stop_no_parts").unwrap());
        world.gemini.faults().add(gemini::Operation::GenerateContent, When::Always, empty);
        world.ana_asks().await;
        for attempt in 1..3 {
            let waits = world
                .until("the next attempt has failed", DEADLINE, async || {
                    let waits = world.waiting("answer_chat", "gemini gave an empty answer").await;
                    (waits["attempts"] == attempt && waits["state"] == "retryable").then_some(waits)
                })
                .await;
            nothing_for_nothing(&world).await;
            retry(&world, &waits).await;
        }
        let dead = world
            .until("it has given up", DEADLINE, async || {
                let left = world.done(&["queue", "list", "--state", "discarded"]).await;
                left.into_iter().next()
            })
            .await;
        assert!(dead["reason"].as_str().unwrap().contains("gemini gave an empty answer"), "{dead}");
        let chat = world.done(&["chat", "list"]).await.remove(0);
        assert_eq!(chat["state"], "needs_you", "{chat}");
        assert_eq!(world.bill().await, (0, 0));
        nothing_for_nothing(&world).await;
        world.gemini.faults().clear();
        retry(&world, &dead).await;
        world.answered_once(DEADLINE).await;
    }
}

mod without_waha {
    use super::*;

    async fn goes_out_when_it_is_back(engine: Engine) {
        let world = World::open(Shop::on(engine)).await;
        model_thinks(&world).await;
        world.waha.stop_listening().await;
        world.waiting("answer_chat", "waha").await;
        nothing_for_nothing(&world).await;
        assert_eq!(world.bill().await, (0, 1));
        world.waha.resume_listening().await.unwrap();
        world.answered_once(DEADLINE).await;
        assert_eq!(world.model_calls(), 1);
    }

    #[tokio::test]
    async fn with_ids_of_ours_the_answer_goes_out_when_it_is_back() {
        goes_out_when_it_is_back(Engine::Noweb).await;
    }

    #[tokio::test]
    async fn without_ids_the_answer_goes_out_when_it_is_back() {
        goes_out_when_it_is_back(Engine::Webjs).await;
    }

    #[tokio::test]
    async fn a_number_that_is_not_ready_is_waited_for() {
        let world = World::open(Shop::on(Engine::Noweb)).await;
        model_thinks(&world).await;
        world.waha.force_status(NUMBER, Status::Starting).await.unwrap();
        world.waiting("answer_chat", "STARTING").await;
        nothing_for_nothing(&world).await;
        world.waha.force_status(NUMBER, Status::Working).await.unwrap();
        world.answered_once(DEADLINE).await;
        assert_eq!(world.model_calls(), 1);
    }

    /// The ids are there, and the send itself is refused.
    #[tokio::test]
    async fn a_send_that_is_refused_with_422_was_not_sent() {
        let world = World::open(Shop::on(Engine::Noweb)).await;
        world.waha.faults().add(Operation::SendText, When::Next(1), Fault::NotReady);
        world.ana_asks().await;
        let waits = world.waiting("answer_chat", "waiting for the number: it is STARTING").await;
        assert_eq!((&waits["state"], &waits["attempts"]), (&"scheduled".into(), &0.into()));
        assert_eq!(world.sent().await[0]["state"], "queued");
        nothing_for_nothing(&world).await;
        retry(&world, &waits).await;
        world.answered_once(DEADLINE).await;
    }
}

mod without_webhooks {
    use super::*;

    #[tokio::test]
    async fn a_scan_is_noticed_all_the_same() {
        let world = World::unpaired(Shop::on(Engine::Noweb)).await;
        world.waha.webhook_faults().add_for_all(When::Always, WebhookFault::Drop);
        world.done(&["instance", "qr", NUMBER]).await;
        world.pair().await;
    }
}

mod refused_by_waha {
    use super::*;

    #[tokio::test]
    async fn number_message_and_queue_say_the_same() {
        let world = World::open(Shop::on(Engine::Noweb)).await;
        world.ana_asks().await;
        world.answered_once(DEADLINE).await;
        world.waha.faults().add(Operation::SendText, When::Always, Fault::EngineError("Timed Out".to_owned()));
        world.done(&["chat", "send", &world.ana.phone, "We are open again."]).await;
        let waits = world.waiting("send_message", "the engine failed: Timed Out, tried 3 times, next try ").await;
        let sent = world.sent().await.pop().unwrap();
        let (queue, bubble) = (waits["reason"].as_str().unwrap(), sent["reason"].as_str().unwrap());
        // Another try may have come between the two looks.
        assert_eq!((bubble.split(", tried").next(), &sent["state"]), (queue.split(", tried").next(), &"queued".into()));
        let suspect = world
            .until("the number is suspect", DEADLINE, async || {
                let shown = world.done(&["instance", "show", NUMBER]).await.remove(0);
                (shown["verdict"] == "suspect").then_some(shown)
            })
            .await;
        let reason = suspect["reason"].as_str().unwrap();
        assert!(reason.starts_with("what it sends fails since ") && reason.ends_with("the engine failed: Timed Out"));
        world.waha.faults().clear();
        world
            .until("it is out, and all is well", DEADLINE, async || {
                let shown = world.done(&["instance", "show", NUMBER]).await.remove(0);
                let out = ["sent", "delivered", "read"].contains(&world.sent().await.pop()?["state"].as_str()?);
                (out && shown["verdict"] == "healthy").then_some(())
            })
            .await;
        assert_eq!(world.sent().await.pop().unwrap()["reason"], Value::Null);
    }
}

mod doubtful {
    use super::*;

    async fn one_message_after(fault: Fault, engine: Engine, deadline: Duration) -> World {
        let world = World::open(Shop { timeout_s: 1, ..Shop::on(engine) }).await;
        world.waha.faults().add(Operation::SendText, When::Next(1), fault);
        world.ana_asks().await;
        world.answered_once(deadline).await;
        assert_eq!(world.model_calls(), 1);
        world
    }

    fn error() -> String {
        "Timed Out".to_owned()
    }

    #[tokio::test]
    async fn a_500_after_the_send_is_found_by_its_id() {
        let world = one_message_after(Fault::DoThenEngineError(error()), Engine::Noweb, DEADLINE).await;
        assert_eq!(world.reached_ana()[0].posts, 1);
    }

    #[tokio::test]
    async fn a_500_after_the_send_is_found_in_the_history() {
        one_message_after(Fault::DoThenEngineError(error()), Engine::Webjs, DEADLINE).await;
    }

    #[tokio::test]
    async fn a_500_before_the_send_is_posted_again_under_the_same_id() {
        one_message_after(Fault::EngineError(error()), Engine::Noweb, DEADLINE).await;
    }

    #[tokio::test]
    async fn silence_after_the_send_is_found_by_its_id() {
        let world = one_message_after(Fault::DoThenHang, Engine::Noweb, DEADLINE).await;
        assert_eq!(world.reached_ana()[0].posts, 1);
    }

    #[tokio::test]
    async fn silence_after_the_send_is_found_in_the_history() {
        one_message_after(Fault::DoThenHang, Engine::Webjs, DEADLINE).await;
    }

    /// WhatsApp's own word is the last: it is not sent, whatever WAHA's history shows, and never again by itself.
    async fn refused_by_whatsapp(engine: Engine) {
        let world = World::open(Shop { timeout_s: 1, acks: Acks::Off, ..Shop::on(engine) }).await;
        world.waha.faults().add(Operation::SendText, When::Next(1), Fault::DoThenHang);
        world.ana_asks().await;
        world.echoed().await;
        let id = world.reached_ana()[0].bare_id.clone();
        world.waha.ack(NUMBER, &id, Ack::Error).await.unwrap();
        world.at_rest().await;
        assert_eq!((world.reached_ana().len(), world.model_calls()), (1, 1));
        let sent = world.sent().await;
        assert_eq!(sent.len(), 1, "{sent:#?}");
        assert_eq!((&sent[0]["state"], &sent[0]["reason"]), (&"failed".into(), &"WhatsApp refused it".into()));
        assert_eq!(world.done(&["chat", "list"]).await[0]["state"], "needs_you");
        assert_eq!(world.bill().await.1, 0);
    }

    #[tokio::test]
    async fn a_refusal_by_whatsapp_ends_the_look_up() {
        refused_by_whatsapp(Engine::Noweb).await;
    }

    #[tokio::test]
    async fn a_refusal_by_whatsapp_ends_the_search() {
        refused_by_whatsapp(Engine::Webjs).await;
    }

    /// Whether it sends after all can't be known before it has had its time.
    #[tokio::test]
    async fn an_answer_that_comes_too_late_is_waited_for() {
        let world = World::open(Shop { timeout_s: 1, ..Shop::on(Engine::Noweb) }).await;
        world.waha.faults().add(Operation::SendText, When::Next(1), Fault::Delay(Duration::from_secs(2)));
        world.ana_asks().await;
        world.waiting("answer_chat", "looking for the message at waha").await;
        assert_eq!(world.bill().await, (0, 1));
        world.answered_once(LATE + DEADLINE).await;
        assert_eq!(world.model_calls(), 1);
    }
}

mod without_a_place_to_write {
    use super::*;

    #[tokio::test]
    async fn a_log_that_is_full_ends_nothing() {
        let mut world = World::open(Shop { timeout_s: 1, ..Shop::on(Engine::Noweb) }).await;
        world.stop().await;
        world.start_unheard().await;
        // A send that does not end well is worth a line.
        world.waha.faults().add(Operation::SendText, When::Next(1), Fault::DoThenHang);
        world.ana_asks().await;
        world.answered_once(DEADLINE).await;
    }

    /// What WAHA said is not stored in time; that the job is over is not either.
    #[tokio::test]
    async fn the_end_of_a_job_is_stored_once_the_store_can() {
        let world = World::open(Shop::on(Engine::Noweb)).await;
        world.waha.faults().add(Operation::SendText, When::Next(1), Fault::Delay(THINKING));
        world.ana_asks().await;
        let posted = |waha: &waha::Server| {
            waha.requests().iter().any(|request| request.path.ends_with("/sendText")).then_some(())
        };
        world.waha.wait_for(DEADLINE, posted).await.unwrap();
        let other = rusqlite::Connection::open(world.path().join("data").join(mychatflow_daemon::STORE_FILE)).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        world
            .until("a job's end that is not stored", DEADLINE, async || {
                world.log().contains("the end of a job could not be stored").then_some(())
            })
            .await;
        other.execute_batch("ROLLBACK").unwrap();
        world.answered_once(DEADLINE).await;
    }
}
