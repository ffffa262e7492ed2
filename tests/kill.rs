//! `kill -9` between any two steps of an answer: it goes out once, it costs one credit, and nothing is left over.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use std::time::Duration;

use mychatflow_daemon::halt;
use mychatflow_daemon::jobs::deliver::{LATE, SEARCH};
use mychatflow_sandbox::waha::Engine;

use crate::support::{DEADLINE, Shop, World};

/// A daemon that was killed where Ana's question had brought it to, and another one in its place.
async fn killed_at(place: &str, engine: Engine) -> World {
    let mut world = halted_at(place, engine).await;
    world.kill().await;
    world.start().await;
    world
}

/// A daemon that is held where Ana's question has brought it to.
async fn halted_at(place: &str, engine: Engine) -> World {
    // Long enough that a delivery held after its storing is killed before its answer begins.
    let burst_quiet = Duration::from_millis(if place == "delivery_stored" { 3_000 } else { 100 });
    let mut world = World::open(Shop { burst_quiet, ..Shop::on(engine) }).await;
    assert!(world.stop().await.success());
    world.start_halting_at(place).await;
    world.ana_asks().await;
    world.halted(place).await;
    if place == "job_claimed" {
        // The daemon's own chores are held there too, and maybe earlier.
        world
            .until("the answer is claimed", DEADLINE, async || {
                let jobs = world.done(&["queue", "list", "--state", "running"]).await;
                jobs.iter().any(|job| job["kind"] == "answer_chat").then_some(())
            })
            .await;
    }
    world
}

async fn answers_once(place: &str, engine: Engine) {
    let world = killed_at(place, engine).await;
    world.answered_once(DEADLINE).await;
    // What the model said is kept; only what was not stored yet has to be asked for again.
    let calls = if place == "model_answered" { 2 } else { 1 };
    assert_eq!(world.model_calls(), calls);
}

macro_rules! places {
    ($engine:ident: $($place:ident)+) => {
        pub const PLACES: &[&str] = &[$(stringify!($place)),+];
        $(
            #[tokio::test]
            async fn $place() {
                super::answers_once(stringify!($place), mychatflow_sandbox::waha::Engine::$engine).await;
            }
        )+
    };
}

/// The row says `sending`, and nobody knows whether the POST was written.
mod doubtful {
    use super::*;

    pub const PLACE: &str = "sending_stored";

    /// Absent when the POST has had its time: posted again under the same id.
    #[tokio::test]
    async fn with_an_id_of_ours_it_is_looked_up_and_sent() {
        let world = killed_at(PLACE, Engine::Noweb).await;
        world.waiting("answer_chat", "looking for the message at waha").await;
        assert_eq!(world.bill().await, (0, 1));
        world.answered_once(LATE + DEADLINE).await;
        assert_eq!(world.model_calls(), 1);
    }

    /// Absent from the history: a human is asked, and nothing is sent by itself.
    #[tokio::test]
    async fn without_an_id_it_is_never_sent_by_itself() {
        let world = killed_at(PLACE, Engine::Webjs).await;
        world.waiting("answer_chat", "looking for the message in the history").await;
        world
            .until("the search is over", SEARCH + DEADLINE, async || {
                let chats = world.done(&["chat", "list"]).await;
                (chats[0]["state"] == "needs_you").then_some(())
            })
            .await;
        let queue = world.left().await;
        assert_eq!(queue.len(), 1, "{queue:#?}");
        assert_eq!((&queue[0]["kind"], &queue[0]["state"]), (&"unknown_send".into(), &"unknown".into()));
        assert_eq!(queue[0]["reason"], "waha's history does not show it");
        let chat = world.done(&["chat", "list"]).await.remove(0);
        assert_eq!(chat["reason"], "unknown: waha's history does not show it");
        assert_eq!(world.reached_ana(), []);
        assert_eq!(world.sent().await[0]["state"], "unknown");
        // It may have been sent: until a human says, the credit is neither spent nor free.
        assert_eq!(world.bill().await, (0, 1));
        world.books_agree().await;

        // A human has looked at the phone, and sends it.
        world.done(&["queue", "retry", queue[0]["id"].as_str().unwrap()]).await;
        world.answered_once(DEADLINE).await;
        assert_eq!(world.model_calls(), 1);
    }
}

/// WAHA tells of the message before the daemon that sent it is killed, and that daemon never notes the end of its POST.
mod echoed {
    use super::*;

    async fn is_no_second_answer(engine: Engine) {
        let mut world = halted_at("post_answered", engine).await;
        world.echoed().await;
        world.kill().await;
        world.start().await;
        world.answered_once(DEADLINE).await;
        assert_eq!(world.model_calls(), 1);
    }

    #[tokio::test]
    async fn with_an_id_of_ours_it_is_no_second_answer() {
        is_no_second_answer(Engine::Noweb).await;
    }

    #[tokio::test]
    async fn without_an_id_it_is_no_second_answer() {
        is_no_second_answer(Engine::Webjs).await;
    }
}

/// The customer goes on writing while nobody knows what became of the answer.
mod meanwhile {
    use super::*;

    #[tokio::test]
    async fn what_is_written_before_the_restart_gets_its_answer() {
        let mut world = halted_at("post_answered", Engine::Noweb).await;
        world.echoed().await;
        world.ana_asks_more().await;
        world.kill().await;
        world.start().await;
        world.answered_twice(DEADLINE).await;
    }

    #[tokio::test]
    async fn what_is_written_during_the_search_gets_its_answer() {
        let world = killed_at(doubtful::PLACE, Engine::Noweb).await;
        world.waiting("answer_chat", "looking for the message at waha").await;
        world.ana_asks_more().await;
        world.answered_twice(LATE + DEADLINE).await;
    }
}

mod noweb {
    places!(Noweb: delivery_stored job_claimed credit_reserved model_answered answer_stored ids_reserved post_answered sent_stored);
}

mod webjs {
    places!(Webjs: delivery_stored job_claimed credit_reserved model_answered answer_stored ids_reserved post_answered sent_stored);
}

#[test]
fn no_place_is_left_out() {
    let mut told: Vec<&str> = halt::PLACES.to_vec();
    told.retain(|place| *place != doubtful::PLACE);
    assert_eq!((noweb::PLACES, webjs::PLACES), (&told[..], &told[..]));
}
