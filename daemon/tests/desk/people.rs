//! People: shown, tagged, reviewed.

use mychatflow_data::protocol::error::Code;
use serde_json::json;

use crate::world::{ANA, ANA_PHONE, world};

#[tokio::test]
async fn a_person_is_shown_tagged_and_reviewed() {
    let world = world().await;
    world.says(ANA, "A1", "hello").await;
    world.says("4915122222222@c.us", "B1", "hello").await;
    let first = world.call("contact.list", json!({"limit": 1})).await;
    let rest = world.call("contact.list", json!({"limit": 5, "after": first["next"]})).await;
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (1, &json!(null)));
    assert_eq!(world.refused("contact.show", json!({"contact": "ana"})).await.0, Code::Conflict);

    let shown = world.call("contact.show", json!({"contact": ANA_PHONE})).await;
    assert_eq!((&shown["name"], &shown["review"]), (&json!("Ana"), &json!("new")));
    assert_eq!(shown["addresses"], json!([ANA]));
    assert_eq!(shown["chats"][0]["state"], "assistant");

    let tagged =
        world.call("contact.tag", json!({"contact": ANA_PHONE, "tags": ["VIP", "berlin"], "review": "personal"})).await;
    assert_eq!((&tagged["tags"], &tagged["review"]), (&json!(["berlin", "VIP"]), &json!("personal")));
    let fewer = world.call("contact.tag", json!({"contact": ANA, "tags": ["berlin"], "remove": true})).await;
    assert_eq!(fewer["tags"], json!(["VIP"]));
    assert_eq!(world.call("contact.list", json!({"tag": "vip"})).await["items"].as_array().unwrap().len(), 1);
    assert_eq!(world.call("contact.show", json!({"contact": ANA})).await["chats"][0]["state"], "needs_you");
}

#[tokio::test]
async fn what_is_known_of_a_person_is_changed_piece_by_piece() {
    let world = world().await;
    world.says(ANA, "A1", "hello").await;
    let all = json!({
        "contact": ANA_PHONE, "name": "Anna", "language": "German", "note": "likes\ntulips",
        "fields": {"City": "Köln", "table": "7"}, "consent": {"state": "given", "source": "form", "proof": "page 3"}
    });
    let edited = world.call("contact.edit", all).await;
    assert_eq!((&edited["name"], &edited["language"]), (&json!("Anna"), &json!("de")));
    assert_eq!(edited["fields"], json!({"city": "Köln", "table": "7"}));

    let less = json!({"contact": "Anna", "language": "", "fields": {"table": ""}});
    world.call("contact.edit", less).await;
    let shown = world.call("contact.show", json!({"contact": "Anna"})).await;
    assert_eq!((shown.get("language"), &shown["fields"]), (None, &json!({"city": "Köln"})));
    assert_eq!((&shown["note"], &shown["consent"]["proof"]), (&json!("likes\ntulips"), &json!("page 3")));
    assert_eq!(world.refused("contact.edit", json!({"contact": "Anna"})).await.0, Code::Invalid);
}

#[tokio::test]
async fn whom_nobody_writes_to_is_listed_page_by_page() {
    let world = world().await;
    for (phone, name) in [(ANA_PHONE, "Ana"), ("+49 151 22222222", "Ben"), ("+49 151 33333333", "Cleo")] {
        world.call("contact.add", json!({"phone": phone, "name": name})).await;
        world.call("contact.optout", json!({"contact": name})).await;
    }
    let (mut addresses, mut after) = (Vec::new(), json!(null));
    loop {
        let page = world.call("contact.suppressions", json!({"limit": 1, "after": after})).await;
        assert_eq!(page["items"][0]["cause"], "owner");
        addresses.push(page["items"][0]["address"].as_str().unwrap().to_owned());
        after = page["next"].clone();
        if after.is_null() {
            break;
        }
    }
    addresses.sort();
    assert_eq!(addresses, [ANA, "4915122222222@c.us", "4915133333333@c.us"]);
    for wrong in ["x", "1:zz", "1:é€"] {
        assert_eq!(world.refused("contact.suppressions", json!({"after": wrong})).await.0, Code::Invalid, "{wrong}");
    }
}

#[tokio::test]
async fn a_query_finds_the_people_it_means_page_by_page() {
    let world = world().await;
    for (phone, name, tags, city) in [
        (ANA_PHONE, "Ana", json!(["vip"]), "Berlin"),
        ("+49 151 22222222", "Ben", json!(["vip"]), "Köln"),
        ("+49 151 33333333", "Cleo", json!([]), "Berlin"),
    ] {
        world.call("contact.add", json!({"phone": phone, "name": name, "tags": tags})).await;
        world.call("contact.edit", json!({"contact": name, "fields": {"city": city}})).await;
    }
    world.call("contact.optout", json!({"contact": "Ben"})).await;
    for (query, expected) in [
        ("tag:vip", vec!["Ana", "Ben"]),
        ("tag:vip -opted_out", vec!["Ana"]),
        ("city:berlin", vec!["Ana", "Cleo"]),
        ("-tag:vip", vec!["Cleo"]),
        ("cle", vec!["Cleo"]),
        ("last_in:<30d", vec![]),
    ] {
        let (mut found, mut after) = (Vec::new(), json!(null));
        loop {
            let page = world.call("contact.list", json!({"query": query, "limit": 1, "after": after})).await;
            let names = page["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned());
            found.extend(names);
            after = page["next"].clone();
            if after.is_null() {
                break;
            }
        }
        assert_eq!(found, expected, "{query}");
    }
    assert_eq!(world.refused("contact.list", json!({"query": "last_in:soon"})).await.0, Code::Invalid);
}
