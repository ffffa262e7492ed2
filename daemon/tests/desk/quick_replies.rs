//! Stored answers: what is told of them, and what of them is refused.

use mychatflow_data::protocol::error::Code;
use serde_json::{Value, json};

use crate::world::{World, world};

async fn labels(world: &World, params: Value) -> Vec<String> {
    let page = world.call("quick_reply.list", params).await;
    page["items"].as_array().unwrap().iter().map(|reply| reply["label"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_quick_reply_has_a_category_a_state_and_variables() {
    let world = world().await;
    let hours = json!({"label": "hours", "text": "Hi {{ name }}, {{ city|upper }}: 8 to 18", "category": "Visiting"});
    let added = world.call("quick_reply.add", hours).await;
    assert_eq!((&added["variables"], &added["state"]), (&json!(["city", "name"]), &json!("active")));
    world.call("quick_reply.add", json!({"label": "bread", "text": "4 € a loaf"})).await;
    let aside = world.call("quick_reply.edit", json!({"name": "bread", "state": "aside", "category": "food"})).await;
    assert_eq!((&aside["state"], &aside["category"]), (&json!("aside"), &json!("food")));
    assert_eq!(labels(&world, json!({"state": "aside"})).await, ["bread"]);
    assert_eq!(labels(&world, json!({"category": "visiting"})).await, ["hours"]);
    assert_eq!(labels(&world, json!({"find": "LOAF"})).await, ["bread"]);

    let broken = json!({"label": "broken", "text": "one\n{{ name }"});
    let (code, told) = world.refused("quick_reply.add", broken).await;
    assert!(code == Code::Invalid && told.contains("in line 2"), "{told}");
    let (code, _) = world.refused("quick_reply.edit", json!({"name": "hours", "text": "{% if %}"})).await;
    assert_eq!(code, Code::Invalid);
}
