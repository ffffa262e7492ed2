//! Stored answers as facts: which ones the model reads, in which words, and how they are counted.

use mychatflow_data::credits::Credits;
use mychatflow_data::model::quick_reply::QuickReplyState;
use mychatflow_data::model::setting::SettingKey;
use mychatflow_data::store::quick_replies::QuickReplyChange;
use mychatflow_sandbox::faults::When;
use mychatflow_sandbox::gemini::{Fault, Operation};
use mychatflow_sandbox::waha::{Engine, Operation as Send};

use super::world::{DEADLINE, SESSION, World, world};

impl World {
    async fn stores(&self, label: &str, text: &str) {
        self.shop.add_quick_reply(label.into(), text.into(), None, self.daemon.cx.now()).await.unwrap();
    }

    async fn sets_aside(&self, label: &str) {
        let aside = QuickReplyChange { state: Some(QuickReplyState::Aside), ..QuickReplyChange::default() };
        self.shop.edit_quick_reply(label.into(), aside, self.daemon.cx.now()).await.unwrap();
    }

    fn model_says(&self, reply: &str) {
        let says = serde_json::json!({"action": "reply", "reply": reply, "handoff_reason": null}).to_string();
        self.gemini.faults().add(Operation::GenerateContent, When::Next(1), Fault::Says(says));
    }

    async fn citations(&self, label: &str) -> i64 {
        self.shop.quick_reply_named(label.into()).await.unwrap().citations
    }

    async fn until_paid(&self, credits: i64) {
        self.until("settled", async || (self.credits().await.used == Credits::new(credits)).then_some(())).await;
    }

    /// What the model was told in its last question.
    fn told(&self) -> String {
        let requests = self.gemini.requests();
        let asked = requests.iter().rfind(|request| request.path.ends_with(":generateContent")).unwrap();
        let body: serde_json::Value = serde_json::from_slice(&asked.body).unwrap();
        body["systemInstruction"]["parts"][0]["text"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn the_model_reads_what_holds_for_everybody_and_nothing_that_is_put_aside() {
    let world = world(Engine::Noweb).await;
    world.set(SettingKey::BusinessName, "Corner Shop").await;
    world.stores("visiting", "{{ business }} is behind the fountain").await;
    world.stores("greeting", "Hello {{ name }}, the cellar is for you").await;
    world.stores("summer", "The garden has ice cream").await;
    world.sets_aside("summer").await;
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    world.waha.wait_for_sent(1, DEADLINE).await.unwrap();

    let told = world.told();
    assert!(told.contains("- visiting: Corner Shop is behind the fountain\n"), "{told}");
    for kept in ["{{", "greeting", "cellar", "summer", "ice cream"] {
        assert!(!told.contains(kept), "{kept}: {told}");
    }
}

#[tokio::test]
async fn an_answer_that_went_out_counts_for_what_it_leans_on_and_once() {
    let world = world(Engine::Noweb).await;
    world.stores("visiting", "You find the fountain behind the old theatre").await;
    world.stores("parking", "There is a garage across the street").await;
    // The answer to the send is lost: the echo and the look-up both tell of the same message.
    world.waha.faults().add(
        Send::SendText,
        When::Next(1),
        mychatflow_sandbox::faults::Fault::DoThenEngineError("x".into()),
    );
    world.model_says("Behind the old theatre, at the fountain.");
    let id = world.waha.customer_says(SESSION, &world.ana, "Where are you?").await.unwrap();
    world.until_paid(1).await;
    world.waha.redeliver(&id).await.unwrap();
    world.until("the job is done", async || world.jobs_done().await.then_some(())).await;
    assert_eq!((world.citations("visiting").await, world.citations("parking").await), (1, 0));

    world.model_says("There is a garage across the street, and the fountain behind the theatre.");
    world.waha.customer_says(SESSION, &world.ana, "And where do I park?").await.unwrap();
    world.until_paid(2).await;
    assert_eq!((world.citations("visiting").await, world.citations("parking").await), (2, 1));
    let used = world.shop.quick_reply_named("parking".into()).await.unwrap();
    assert_eq!((used.uses, used.used_at.is_some()), (0, true), "a person has not sent it");
}
