//! Stored answers: what is told of them, and what of them is refused.

use mychatflow_daemon::bus::{Audience, Heard, Wish};
use mychatflow_data::protocol::error::Code;
use mychatflow_data::protocol::event::Topic;
use serde_json::{Value, json};

use crate::world::{ANA, World, world};

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

#[tokio::test]
async fn a_customer_gets_the_words_filled_in_and_a_sent_one_counts() {
    let world = world().await;
    world.says(ANA, "A1", "when are you open?").await;
    for (label, text) in [("city", "Is {{ city }} far, {{ name }}?"), ("greeting", "{{ business }} greets {{ name }}")]
    {
        world.call("quick_reply.add", json!({"label": label, "text": text})).await;
    }
    let name = world.call("chat.list", json!({})).await["items"][0]["name"].as_str().unwrap().to_owned();
    let greeting = format!("Corner Shop greets {name}");
    let send = json!({"chat": "ana", "text": greeting, "quick_reply": "Greeting"});
    world.call("chat.send", send).await;

    let page = world.call("quick_reply.render", json!({"chat": "ana"})).await;
    let [first, second] = page["items"].as_array().unwrap().as_slice() else { panic!("{page}") };
    assert_eq!((&first["text"], &first["missing"], &first["uses"]), (&json!(greeting), &json!([]), &json!(1)));
    assert_eq!(second["text"], json!(format!("Is {{{{ city }}}} far, {name}?")));
    assert_eq!(second["missing"], json!(["city"]));
    world.call("quick_reply.edit", json!({"name": "city", "state": "aside"})).await;
    let page = world.call("quick_reply.render", json!({"chat": "ana"})).await;
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    assert_eq!(world.refused("quick_reply.render", json!({"chat": "ana", "name": "no"})).await.0, Code::NotFound);
}

#[tokio::test]
async fn a_file_goes_out_and_comes_back_as_it_was() {
    let world = world().await;
    world.call("quick_reply.add", json!({"label": "hours", "text": "8 to 18\n## sharp", "category": "Visiting"})).await;
    world.call("quick_reply.add", json!({"label": "bread", "text": "4 €"})).await;
    world.call("quick_reply.edit", json!({"name": "bread", "state": "aside"})).await;
    let exported = world.call("quick_reply.export", json!({})).await;
    assert_eq!(exported["quick_replies"], json!(2));
    let same = world.call("quick_reply.import", json!({"file": exported["file"]})).await;
    assert_eq!(same, json!({"added": [], "changed": [], "unchanged": 2, "rejected": []}));

    let file = "## Bread\nState: aside\n\n5 €\n\n## cake\n3 €\n## CAKE\ntwice\n## none\n\n## torn\n{{ name";
    for (dry_run, stored) in [(true, "4 €"), (false, "5 €")] {
        let told = world.call("quick_reply.import", json!({"file": file, "dry_run": dry_run})).await;
        assert_eq!((&told["added"], &told["changed"]), (&json!(["cake"]), &json!(["Bread"])));
        let lines: Vec<u64> =
            told["rejected"].as_array().unwrap().iter().map(|part| part["line"].as_u64().unwrap()).collect();
        assert_eq!(lines, [8, 10, 12], "{told}");
        let bread = world.call("quick_reply.list", json!({"find": "bread"})).await["items"][0].clone();
        assert_eq!((&bread["text"], &bread["state"]), (&json!(stored), &json!("aside")));
    }
    assert_eq!(labels(&world, json!({})).await, ["bread", "cake", "hours"]);
}

#[tokio::test]
async fn a_stored_text_that_cannot_be_read_any_more_is_named_with_what_to_do() {
    let world = world().await;
    world.call("quick_reply.add", json!({"label": "bread", "text": "4 € a loaf"})).await;
    // As a version without limits may have stored it.
    let endless = "8 to 18{% for day in range(100000000) %}!{% endfor %}";
    let now = world.daemon.cx.now();
    world.shop.add_quick_reply("hours".into(), endless.into(), None, now).await.unwrap();
    let page = world.call("quick_reply.list", json!({})).await;
    let problems: Vec<Option<&str>> =
        page["items"].as_array().unwrap().iter().map(|reply| reply["problem"].as_str()).collect();
    assert!(matches!(problems[..], [None, Some(why)] if why.contains("in line 1")), "{problems:?}");

    let wish = Wish { audience: Audience::Everybody, topics: vec![Topic::DaemonNotice], since: None };
    let mut notices = world.daemon.cx.bus.listen(wish);
    mychatflow_daemon::stored_texts::tell_unreadable(&world.daemon.cx).await.unwrap();
    let Heard::Events(told) = notices.next().await else { panic!("one notice") };
    let told = told[0].data.get().to_owned();
    assert!(told.contains("the quick reply hours") && told.contains("mychatflow quick-reply edit"), "{told}");
    assert!(!told.contains("bread"), "{told}");

    world.call("quick_reply.edit", json!({"name": "hours", "text": "8 to 18"})).await;
    let page = world.call("quick_reply.list", json!({"find": "18"})).await;
    assert_eq!(page["items"][0]["problem"], Value::Null);
}
