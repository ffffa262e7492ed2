//! The owner writes from the phone under the customer's other address: nobody answers over them.

use std::time::Duration;

use mychatflow_data::credits::Credits;
use mychatflow_data::ids::ChatId;
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::interaction::{Author, InteractionState};
use mychatflow_data::model::setting::{Pace, SettingKey};
use mychatflow_sandbox::faults::{Fault, When};
use mychatflow_sandbox::gemini;
use mychatflow_sandbox::waha::{Customer, Engine, Lid, Number, Operation};

use crate::world::{DEADLINE, SESSION, World, world, world_with};

const LID: &str = "190997547974799";
const ENGINES: [Engine; 3] = [Engine::Noweb, Engine::Gows, Engine::Webjs];

fn lid() -> String {
    format!("{LID}@lid")
}

async fn knows_the_pair(world: &World) {
    world.waha.map_lid(SESSION, LID, &world.ana.phone).await.unwrap();
}

async fn thinks_for(world: &World, while_for: Duration) {
    world.gemini.faults().add(gemini::Operation::GenerateContent, When::Always, gemini::Fault::Delay(while_for));
}

async fn model_is_asked(world: &World, times: u64) {
    world.gemini.wait_for(DEADLINE, |gemini| (gemini.count() >= times).then_some(())).await.unwrap();
}

async fn marta_takes_over(world: &World) {
    world.waha.owner_types_on_phone(SESSION, &lid(), "Marta here, I take over").await.unwrap();
}

/// Waits until nothing is under way; nothing was sent, nothing is paid, both addresses are one person's, and the assistant is
/// silent for twelve hours.
async fn is_silent(world: &World, sent: usize) -> ChatId {
    let (phone, hidden) = (world.ana.number_id().parse().unwrap(), lid().parse().unwrap());
    let chat = world
        .until("one person, and silence", async || {
            let one = world.shop.find_chat(&phone).await.unwrap()?;
            let other = world.shop.find_chat(&hidden).await.unwrap()?;
            (one.id == other.id && one.paused_until.is_some() && world.jobs_done().await).then_some(one)
        })
        .await;
    assert_eq!(world.waha.sent_count(), sent, "the assistant said nothing more");
    let (credits, used) = (world.credits().await, i64::try_from(sent).unwrap());
    assert_eq!((credits.reserved, credits.used), (Credits::ZERO, Credits::new(used)));
    assert_eq!(credits.balance, Credits::new(400 - used));
    let left = chat.paused_until.unwrap().since(world.daemon.cx.now());
    let twelve_hours = Duration::from_secs(12 * 3600);
    assert!(left <= twelve_hours && left > twelve_hours - DEADLINE, "{left:?}");
    chat.id
}

async fn next_question_is_left_to_her(world: &World, chat: ChatId) {
    world.waha.customer_says(SESSION, &world.ana, "Great, when?").await.unwrap();
    world
        .until("she is needed", async || {
            let now = world.shop.chat(chat).await.unwrap().unwrap();
            (now.state == ChatState::NeedsYou && now.reason.as_deref() == Some("paused")).then_some(())
        })
        .await;
    assert!(world.jobs_done().await);
}

#[tokio::test]
async fn before_the_model_is_asked() {
    // With the settings that a new shop has.
    for engine in ENGINES {
        let world = world_with(engine, |config| config.reply = Default::default()).await;
        knows_the_pair(&world).await;
        world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
        world.chat().await;
        marta_takes_over(&world).await;
        let chat = is_silent(&world, 0).await;
        next_question_is_left_to_her(&world, chat).await;
        assert_eq!(world.waha.sent_count(), 0, "{engine:?}");
        let authors = world.shop.interactions(chat, None, 10).await.unwrap();
        let authors: Vec<Author> = authors.into_iter().map(|message| message.author).collect();
        assert_eq!(authors, [Author::Customer, Author::Phone, Author::Customer], "{engine:?}");
    }
}

#[tokio::test]
async fn while_the_model_thinks() {
    for engine in ENGINES {
        let world = world(engine).await;
        knows_the_pair(&world).await;
        thinks_for(&world, Duration::from_millis(600)).await;
        world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
        model_is_asked(&world, 1).await;
        marta_takes_over(&world).await;
        let chat = is_silent(&world, 0).await;
        next_question_is_left_to_her(&world, chat).await;
    }
}

#[tokio::test]
async fn while_waha_looks_the_address_up() {
    let world = world(Engine::Noweb).await;
    knows_the_pair(&world).await;
    thinks_for(&world, Duration::from_millis(400)).await;
    world.waha.faults().add(Operation::ReadLid, When::Always, Fault::Delay(Duration::from_millis(1200)));
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    model_is_asked(&world, 1).await;
    marta_takes_over(&world).await;
    is_silent(&world, 0).await;
}

#[tokio::test]
async fn during_the_countdown() {
    let world = world(Engine::Gows).await;
    knows_the_pair(&world).await;
    world.set(SettingKey::AssistantMode, "countdown").await;
    world.set(SettingKey::ReplyCountdown, "600").await;
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    let chat = world.chat().await;
    world
        .until("the countdown runs", async || {
            let page = world.shop.interactions(chat, None, 1).await.unwrap();
            (page[0].state == InteractionState::Draft).then_some(())
        })
        .await;
    marta_takes_over(&world).await;
    is_silent(&world, 0).await;
}

#[tokio::test]
async fn while_the_assistant_types() {
    let world = world_with(Engine::Noweb, |config| config.reply.pace = Pace::Human).await;
    knows_the_pair(&world).await;
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    let typing = |waha: &mychatflow_sandbox::waha::Server| {
        waha.requests().iter().any(|request| request.path == "/api/startTyping").then_some(())
    };
    world.waha.wait_for(DEADLINE, typing).await.unwrap();
    marta_takes_over(&world).await;
    is_silent(&world, 0).await;
}

#[tokio::test]
async fn the_owner_writes_to_the_number_of_somebody_with_a_hidden_address() {
    for engine in ENGINES {
        let world = world(engine).await;
        let hidden = Customer { lid: Some(Lid { id: LID.into(), number: Number::Secret }), ..world.ana.clone() };
        world.waha.customer_says(SESSION, &hidden, "When are you open?").await.unwrap();
        world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
        world.until("at rest", async || world.jobs_done().await.then_some(())).await;
        // WAHA learns of the pair later, and tells it to those who ask.
        knows_the_pair(&world).await;
        world.waha.owner_types_on_phone(SESSION, &world.ana.number_id(), "Marta here, I take over").await.unwrap();
        is_silent(&world, 1).await;
        world.waha.customer_says(SESSION, &hidden, "Great, when?").await.unwrap();
        world
            .until("she is needed", async || {
                let chat = world.shop.find_chat(&lid().parse().unwrap()).await.unwrap()?;
                (chat.reason.as_deref() == Some("paused") && world.jobs_done().await).then_some(())
            })
            .await;
        assert_eq!(world.waha.sent_count(), 1, "{engine:?}");
    }
}

#[tokio::test]
async fn whoever_asked_before_is_not_answered_while_waha_cannot_say_to_whom_the_owner_wrote() {
    let world = world(Engine::Noweb).await;
    thinks_for(&world, Duration::from_millis(400)).await;
    world.waha.faults().add(Operation::ReadLid, When::Always, Fault::EngineError("no lids today".into()));
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    model_is_asked(&world, 1).await;
    marta_takes_over(&world).await;
    // Somebody else asks after that, and waits for a moment only.
    let ben = Customer::new("447700900456", "Ben");
    let asks = async || {
        let known = world.shop.find_chat(&lid().parse().unwrap()).await.unwrap();
        known.map(drop)
    };
    world.until("her message is there", asks).await;
    world.waha.customer_says(SESSION, &ben, "Do you deliver?").await.unwrap();
    world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
    assert_eq!(world.waha.sent_to(&world.ana.number_id()).len(), 0);
    // Once WAHA can tell, it is known whom she meant.
    world.waha.faults().clear();
    knows_the_pair(&world).await;
    let phone = world.ana.number_id().parse().unwrap();
    world
        .until("silence", async || {
            let chat = world.shop.find_chat(&phone).await.unwrap()?;
            (chat.paused_until.is_some() && world.jobs_done().await).then_some(())
        })
        .await;
    assert_eq!(world.waha.sent_count(), 1);
}

/// Ana asks, and the assistant answers her.
async fn ana_is_answered(world: &World) {
    world.waha.customer_says(SESSION, &world.ana, "When are you open?").await.unwrap();
    world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
    world.until("at rest", async || world.jobs_done().await.then_some(())).await;
}

async fn marta_is_heard(world: &World) {
    marta_takes_over(world).await;
    let heard = async || world.shop.find_chat(&lid().parse().unwrap()).await.unwrap().map(drop);
    world.until("her message is there", heard).await;
}

#[tokio::test]
async fn a_customer_whom_the_owner_took_over_is_not_answered_while_waha_is_slow_to_say_whose_the_address_is() {
    for engine in ENGINES {
        let world = world(engine).await;
        knows_the_pair(&world).await;
        ana_is_answered(&world).await;
        thinks_for(&world, Duration::from_millis(300)).await;
        world.waha.faults().add(Operation::ReadLid, When::Always, Fault::Delay(Duration::from_millis(1500)));
        marta_is_heard(&world).await;
        world.waha.customer_says(SESSION, &world.ana, "Great, when?").await.unwrap();
        model_is_asked(&world, 2).await;
        world.clock.set_ahead(Duration::from_secs(6));
        is_silent(&world, 1).await;
    }
}

#[tokio::test]
async fn a_customer_is_left_to_a_human_when_waha_takes_too_long_and_answered_once_another_was_meant() {
    let world = world(Engine::Noweb).await;
    ana_is_answered(&world).await;
    thinks_for(&world, Duration::from_millis(300)).await;
    world.waha.faults().add(Operation::ReadLid, When::Always, Fault::EngineError("no lids today".into()));
    marta_is_heard(&world).await;
    world.waha.customer_says(SESSION, &world.ana, "Great, when?").await.unwrap();
    model_is_asked(&world, 2).await;
    world.clock.set_ahead(Duration::from_secs(30));
    let chat = world.chat().await;
    world
        .until("she is left to a human", async || {
            let now = world.shop.chat(chat).await.unwrap().unwrap();
            (now.state == ChatState::NeedsYou
                && now.reason.as_deref() == Some("somebody of the shop may have answered"))
            .then_some(())
        })
        .await;
    assert_eq!(world.waha.sent_count(), 1);
    assert_eq!(world.credits().await.reserved, Credits::ZERO);
    // The owner wrote to Ben.
    world.waha.map_lid(SESSION, LID, "447700900456").await.unwrap();
    world.waha.faults().clear();
    world.clock.set_ahead(Duration::from_secs(200));
    world.waha.wait_for_sent(2, DEADLINE).await.unwrap();
    assert_eq!(world.waha.sent_to(&world.ana.number_id()).len(), 2);
}

#[tokio::test]
async fn an_answer_that_comes_back_under_the_other_address_silences_nobody() {
    // WEBJS chooses the ids itself; the others are told them.
    for engine in ENGINES {
        let world = world(engine).await;
        world.waha.echo_as(SESSION, &world.ana.number_id(), &lid()).await.unwrap();
        for (text, sent) in [("When are you open?", 1), ("Do you deliver?", 2)] {
            world.waha.customer_says(SESSION, &world.ana, text).await.unwrap();
            world.waha.wait_for_sent(sent, DEADLINE).await.unwrap();
            let used = Credits::new(i64::try_from(sent).unwrap());
            let settled = async || (world.credits().await.used == used && world.jobs_done().await).then_some(());
            world.until("settled", settled).await;
        }
        let chat = world.shop.chat(world.chat().await).await.unwrap().unwrap();
        assert_eq!((chat.paused_until, chat.state), (None, ChatState::Waiting), "{engine:?}");
    }
}
