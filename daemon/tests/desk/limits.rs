//! What one person writes never stops the daemon for others, and a text that is too long is told.

use std::time::Duration;

use futures_util::future::join_all;
use mychatflow_data::model::member::Role;
use mychatflow_data::protocol::error::Code;
use serde_json::json;

use crate::world::{person, world};

const LONG_ENOUGH: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_text_of_a_viewer_stops_nobody_else() {
    let world = world().await;
    let cx = &world.daemon.cx;
    world.shop.grant_role(2003, "user2003".into(), Role::Viewer, cx.now()).await.unwrap();
    let bakery = cx.store.add_tenant("Bakery".into(), "starter".into(), "UTC".into(), cx.now()).await.unwrap();
    let bakery = cx.store.tenant(bakery.id).await.unwrap();
    bakery.grant_role(2004, "user2004".into(), Role::Viewer, cx.now()).await.unwrap();
    let (viewer, other) = (person(2003), person(2004));

    let preview = |text: String| {
        let people: String = (0..2_000).map(|n| format!("+49151{:08},Ana\n", 20_000_000 + n)).collect();
        let params = json!({"tenant": "Corner Shop", "text": text, "file": format!("phone,name\n{people}")});
        world.call_as(&viewer, "campaign.preview", params)
    };
    for text in ["{{ [[[1]*1000]*1000]*1000 }}", "{{ 'a' * 1000000000 }}", "{{ range(10**9)|list }}"] {
        let told = tokio::time::timeout(LONG_ENOUGH, preview(text.to_owned())).await.expect("it has an end");
        assert_eq!(told.unwrap_err().code, Code::Invalid, "{text}");
    }
    let heavy = "{{ name|replace('a', 'bb')|upper|split('')|join('-')|length }}".repeat(20);
    let many = join_all((0..20).map(|_| preview(heavy.clone())));
    tokio::select! {
        biased;
        _ = many => panic!("everything else waited for the texts"),
        answered = async {
            world.call_as(&other, "stats", json!({})).await.unwrap();
            world.call_as(&other, "chat.list", json!({})).await.unwrap();
        } => answered,
    }
}

#[tokio::test]
async fn a_text_that_is_too_long_is_refused_with_its_length_and_the_limit() {
    let world = world().await;
    world.call("settings.set", json!({"key": "business.profile", "value": "A bakery."})).await;
    for (method, params, told) in [
        ("settings.set", json!({"key": "business.profile", "value": "x".repeat(900_000)}), "the profile has 900,000"),
        ("contact.list", json!({"query": "x".repeat(900_000)}), "the query has 900,000 characters; at most 2,000"),
        ("segment.add", json!({"name": "a", "query": "tag:a,".repeat(500)}), "the query has 3,000 characters"),
        ("quick_reply.add", json!({"label": "a", "text": "x".repeat(20_001)}), "the text has 20,001 characters"),
        ("contact.tag", json!({"contact": "a", "tags": ["x".repeat(65)]}), "the tag has 65 characters; at most 64"),
    ] {
        let (code, message) = world.refused(method, params).await;
        assert_eq!(code, Code::Invalid, "{method}");
        assert!(message.contains(told) && message.len() < 200, "{method}: {message}");
    }
    let shown = world.call("settings.show", json!({})).await;
    assert!(shown["items"].as_array().unwrap().iter().any(|line| line["value"] == "A bakery."));

    // In a file the others are taken in.
    let file = format!("## short\n\nwords\n\n## {}\n\nwords\n\n## long\n\n{}\n", "x".repeat(121), "x".repeat(20_001));
    let imported = world.call("quick_reply.import", json!({"file": file})).await;
    let rejected: Vec<&str> =
        imported["rejected"].as_array().unwrap().iter().filter_map(|one| one["reason"].as_str()).collect();
    assert_eq!(
        rejected,
        [
            "the label has 121 characters; at most 120 are possible",
            "the text has 20,001 characters; at most 20,000 are possible"
        ]
    );
    // A list of prices without places may be longer than what is sent.
    world.call("quick_reply.add", json!({"label": "prices", "text": "A loaf is 4 €.\n".repeat(1_000)})).await;
}
