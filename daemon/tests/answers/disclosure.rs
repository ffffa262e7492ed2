//! People are told, once, that a machine writes to them.

use mychatflow_data::credits::Credits;
use mychatflow_data::model::interaction::InteractionState;
use mychatflow_data::model::setting::{Disclosure, SettingKey};
use mychatflow_sandbox::waha::Engine;

use super::world::{DEADLINE, SESSION, World, world_with};

const TOLD: &str = "This is the automated assistant of Shop. If you would like to talk to a person, just say so.\n\n";

async fn usual(engine: Engine) -> World {
    world_with(engine, |config| config.reply.disclosure = Disclosure::FirstAnswer).await
}

impl World {
    /// The answer to a question, as it reached the person.
    async fn answer_to(&self, question: &str) -> String {
        let before = self.waha.sent_count();
        self.waha.customer_says(SESSION, &self.ana, question).await.unwrap();
        let sent = self.waha.wait_for_sent(before + 1, DEADLINE).await.unwrap();
        self.until("settled", async || self.jobs_done().await.then_some(())).await;
        sent[before].text.clone()
    }

    async fn draft(&self, question: &str) -> String {
        self.waha.customer_says(SESSION, &self.ana, question).await.unwrap();
        let chat = self.chat().await;
        self.until("a draft", async || {
            let page = self.shop.interactions(chat, None, 10).await.unwrap();
            page.into_iter().find(|message| message.state == InteractionState::Draft).map(|draft| draft.text)
        })
        .await
    }
}

#[tokio::test]
async fn the_first_answer_says_that_a_machine_writes_and_the_second_does_not() {
    for engine in [Engine::Noweb, Engine::Webjs] {
        let world = usual(engine).await;
        let first = world.answer_to("When are you open?").await;
        let words = first.strip_prefix(TOLD).unwrap_or_else(|| panic!("{engine:?}: {first}"));
        assert!(!words.trim().is_empty());
        let second = world.answer_to("How much is a coffee?").await;
        assert!(!second.contains("automated"), "{second}");
        assert_eq!(world.credits().await.used, Credits::new(2), "the sentence costs nothing of its own");
        // The model does not see it among its own words, so as not to say it again.
        let asked = world.gemini.requests().pop().unwrap();
        assert!(!format!("{asked:?}").contains("automated assistant of Shop"));
    }
}

#[tokio::test]
async fn people_are_told_in_their_language() {
    for (question, told) in [
        ("hola", "Le escribe el asistente automático de Shop."),
        ("Hallo", "Hier schreibt der automatische Assistent von Shop."),
    ] {
        let world = usual(Engine::Noweb).await;
        let first = world.answer_to(question).await;
        assert!(first.starts_with(told), "{first}");
    }
}

#[tokio::test]
async fn nobody_is_told_where_it_is_off() {
    let world = usual(Engine::Noweb).await;
    world.set(SettingKey::AssistantDisclosure, "off").await;
    let first = world.answer_to("When are you open?").await;
    assert!(!first.contains("automated"), "{first}");
    world.set(SettingKey::AssistantDisclosure, "first_answer").await;
    let second = world.answer_to("How much is a coffee?").await;
    assert!(second.starts_with(TOLD), "who was answered before is told with the next answer: {second}");
}

#[tokio::test]
async fn who_approves_a_draft_sees_the_sentence_and_may_take_it_away() {
    let world = usual(Engine::Noweb).await;
    world.set(SettingKey::AssistantMode, "draft").await;
    let now = || world.daemon.cx.now();
    let draft = world.draft("When are you open?").await;
    assert!(draft.starts_with(TOLD), "{draft}");
    let chat = world.chat().await;
    world.shop.edit_answer(chat, "We open at 8.".into(), now()).await.unwrap();
    world.shop.approve_answer(chat, now()).await.unwrap();
    world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
    world.until("sent", async || world.jobs_done().await.then_some(())).await;

    let draft = world.draft("How much is a coffee?").await;
    assert!(draft.starts_with(TOLD), "nobody has told it yet: {draft}");
    world.shop.edit_answer(chat, format!("{draft}\nSee you!"), now()).await.unwrap();
    world.shop.approve_answer(chat, now()).await.unwrap();
    let sent = world.waha.wait_for_sent(2, DEADLINE).await.unwrap();
    assert!(sent[1].text.starts_with(TOLD) && sent[1].text.ends_with("See you!"), "{}", sent[1].text);
    world.until("sent", async || world.jobs_done().await.then_some(())).await;

    let draft = world.draft("Do you have bread?").await;
    assert!(!draft.contains("automated"), "{draft}");
}
