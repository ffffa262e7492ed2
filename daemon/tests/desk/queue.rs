//! The queue over the socket.

use mychatflow_data::protocol::error::Code;
use serde_json::json;

use crate::world::{ANA, world};

#[tokio::test]
async fn an_unreadable_delivery_is_shown_read_again_and_dropped() {
    let world = world().await;
    let now = world.daemon.cx.now();
    for (digest, body) in [(1, "not\u{7} json"), (2, "[]")] {
        let body = body.as_bytes().to_vec();
        world.shop.keep_unreadable(world.number, body, vec![digest], "not JSON".into(), now).await.unwrap();
    }
    let listed = world.call("queue.list", json!({"state": "unreadable"})).await;
    let id = &listed["items"][0]["id"];
    assert_eq!(listed["items"][0]["kind"], "unreadable_delivery");
    assert_eq!(world.call("queue.show", json!({"id": id})).await["text"], "not json");
    let again = world.call("queue.retry", json!({"id": id})).await;
    assert_eq!((&again["state"], &again["attempts"]), (&json!("unreadable"), &json!(1)));
    assert_eq!(world.call("queue.hold", json!({"id": id})).await["state"], "held");
    assert_eq!(world.call("queue.list", json!({"state": "held"})).await["items"].as_array().unwrap().len(), 1);
    assert_eq!(world.call("queue.release", json!({"id": id})).await["state"], "unreadable");
    assert_eq!(world.call("queue.drop", json!({"id": id})).await["state"], "cancelled");
    assert_eq!(world.refused("queue.show", json!({"id": id})).await.0, Code::NotFound);
    assert_eq!(world.refused("queue.drop", json!({"id": "nonsense"})).await.0, Code::NotFound);
}

#[tokio::test]
async fn a_held_answer_waits_and_a_dropped_one_leaves_the_chat_to_a_human() {
    let world = world().await;
    world.says(ANA, "A1", "hello").await;
    let listed = world.call("queue.list", json!({"state": "scheduled"})).await;
    let id = &listed["items"][0]["id"];
    assert_eq!((&listed["items"][0]["kind"], &listed["items"][0]["attempts"]), (&json!("answer_chat"), &json!(0)));
    assert_eq!(world.call("queue.hold", json!({"id": id})).await["state"], "held");
    assert_eq!(world.refused("queue.hold", json!({"id": id})).await.0, Code::Conflict);
    world.call("queue.drop", json!({"id": id})).await;
    assert_eq!(world.call("queue.list", json!({})).await["items"], json!([]));
    assert_eq!(world.call("chat.show", json!({"chat": ANA})).await["chat"]["state"], "needs_you");
}
