//! What the assistant would answer, without a customer.

use mychatflow_data::protocol::error::Code;
use mychatflow_sandbox::gemini;
use secrecy::SecretString;
use serde_json::json;

use crate::world::world_with;

#[tokio::test]
async fn a_question_is_answered_from_the_facts_and_costs_nothing() {
    let gemini = gemini::Server::start(gemini::Options::default()).await.unwrap();
    let world = world_with(|config| {
        config.gemini.base_url = gemini.url();
        config.gemini.api_key = SecretString::from(gemini.api_key().to_owned());
    })
    .await;
    world
        .call(
            "quick_reply.add",
            json!({"label": "opening hours", "text": "We are open Monday to Saturday, 8:00 to 18:00."}),
        )
        .await;
    world.call("quick_reply.add", json!({"label": "parking", "text": "The car park is behind the house."})).await;
    let said = world.call("ask", json!({"question": "What are your opening hours?"})).await;
    assert_eq!((&said["action"], &said["credits"]), (&json!("reply"), &json!(0)), "{said}");
    assert!(said["answer"].as_str().unwrap().contains("18"), "{said}");
    assert_eq!(said["sources"], json!(["opening hours"]));
    assert!(!said["model"].as_str().unwrap().is_empty());
    let credits = world.call("credit.show", json!({})).await;
    assert_eq!((&credits["balance"], &credits["reserved"]), (&json!(400), &json!(0)));
    assert_eq!(world.call("queue.list", json!({})).await["items"], json!([]));
    assert_eq!(world.refused("ask", json!({"question": "  "})).await.0, Code::Invalid);
}
