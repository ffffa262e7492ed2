//! What the console asks for beside the threads themselves.

use mychatflow_data::model::member::Role;
use mychatflow_data::protocol::error::Code;
use serde_json::{Value, json};

use crate::world::{ANA, ANA_PHONE, World, person, world};

async fn told() -> (World, Value) {
    let world = world().await;
    for (id, text) in [("A1", "is there chocolate cake?"), ("A2", "or bread?"), ("A3", "hello?")] {
        world.says(ANA, id, text).await;
    }
    let chat = world.call("chat.list", json!({})).await["items"][0].clone();
    (world, chat)
}

#[tokio::test]
async fn a_list_says_who_waits_and_goes_on_where_it_ended() {
    let (world, chat) = told().await;
    assert_eq!((&chat["last_author"], &chat["last_state"]), (&json!("customer"), &json!("received")));
    assert_eq!((&chat["review"], &chat["tags"], &chat["opted_out_at"]), (&json!("new"), &json!([]), &json!(null)));
    let first = world.call("chat.show", json!({"chat": "ana"})).await["items"][0].clone();
    assert_eq!(chat["waiting_since"], first["at"]);

    for number in 2..6 {
        world.says(&format!("491511111111{number}@c.us"), &format!("B{number}"), "hello").await;
    }
    for order in ["newest", "oldest"] {
        let whole = world.call("chat.list", json!({"order": order})).await;
        let mut pages = Vec::new();
        let mut after = Value::Null;
        loop {
            let mut params = json!({"order": order, "limit": 2});
            if after.is_string() {
                params["after"] = after;
            }
            let page = world.call("chat.list", params).await;
            pages.extend(page["items"].as_array().unwrap().clone());
            after = page["next"].clone();
            if after.is_null() {
                break;
            }
        }
        assert_eq!(json!(pages), whole["items"], "{order}");
    }
    let oldest = world.call("chat.list", json!({"order": "oldest", "limit": 1})).await;
    assert_eq!(oldest["items"][0]["id"], chat["id"]);
    let found = world.call("chat.list", json!({"find": "111-113"})).await;
    assert_eq!(found["items"][0]["phone"], "+4915111111113", "{found}");
}

#[tokio::test]
async fn a_thread_goes_on_in_both_directions_from_its_middle() {
    let (world, _) = told().await;
    let whole = world.call("chat.show", json!({"chat": "ana"})).await;
    let ids =
        |shown: &Value| shown["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect::<Vec<_>>();
    let all = ids(&whole);
    assert_eq!((&whole["next"], &whole["newer"]), (&json!(null), &json!(null)));
    let middle = world.call("chat.show", json!({"chat": "ana", "around": all[1], "limit": 1})).await;
    assert_eq!(ids(&middle), [all[1].clone()]);
    let older = world.call("chat.show", json!({"chat": "ana", "after": middle["next"]})).await;
    assert_eq!((ids(&older), &older["next"]), (vec![all[0].clone()], &json!(null)));
    let newer = world.call("chat.show", json!({"chat": "ana", "before": middle["newer"]})).await;
    assert_eq!((ids(&newer), &newer["newer"]), (vec![all[2].clone()], &json!(null)));
    let back = world.call("chat.show", json!({"chat": "ana", "after": newer["next"]})).await;
    assert_eq!(ids(&back), all[..2]);
    let three = world.call("chat.show", json!({"chat": "ana", "around": all[1], "limit": 3})).await;
    assert_eq!((ids(&three), &three["next"], &three["newer"]), (all.clone(), &json!(null), &json!(null)));

    let two = json!({"chat": "ana", "around": all[1], "after": all[1]});
    assert_eq!(world.refused("chat.show", two).await.0, Code::Invalid);
    world.says("4915111111119@c.us", "B1", "elsewhere").await;
    let elsewhere = json!({"chat": "4915111111119", "around": all[1]});
    assert_eq!(world.refused("chat.show", elsewhere).await.0, Code::NotFound);
}

#[tokio::test]
async fn a_chat_is_read_and_its_draft_and_notes_are_kept() {
    let (world, chat) = told().await;
    assert_eq!(chat["unread"], 3);
    assert_eq!(world.call("chat.read", json!({"chat": "ana"})).await["unread"], 0);

    let draft = world.call("chat.draft", json!({"chat": "ana", "text": "dear\u{7} Ana"})).await;
    assert_eq!((&draft["chat"], &draft["text"]), (&chat["id"], &json!("dear Ana")));
    assert_eq!(world.call("chat.draft", json!({"chat": "ana"})).await, draft);
    world.call("chat.send", json!({"chat": "ana", "text": "dear Ana"})).await;
    assert_eq!(world.call("chat.show", json!({"chat": "ana"})).await["draft"], "dear Ana");
    world.call("chat.send", json!({"chat": "ana", "text": "dear Ana", "clear_draft": true})).await;
    let empty = json!({"chat": chat["id"], "text": "", "updated_at": null});
    assert_eq!(world.call("chat.draft", json!({"chat": "ana"})).await, empty);
    world.call("chat.draft", json!({"chat": "ana", "text": "x"})).await;
    assert_eq!(world.call("chat.draft", json!({"chat": "ana", "text": " "})).await, empty);

    let note = world.call("chat.note", json!({"chat": "ana", "text": "pays on Fridays"})).await;
    assert_eq!((&note["author"], &note["text"]), (&json!("root"), &json!("pays on Fridays")));
    assert_eq!(world.call("chat.show", json!({"chat": "ana"})).await["notes"], json!([note]));
    assert_eq!(world.refused("chat.note", json!({"chat": "ana", "text": " "})).await.0, Code::Invalid);
    assert_eq!(world.call("chat.unnote", json!({"chat": "ana", "id": note["id"]})).await, note);
    assert_eq!(world.refused("chat.unnote", json!({"chat": "ana", "id": note["id"]})).await.0, Code::NotFound);
}

#[tokio::test]
async fn messages_are_found_and_marked() {
    let (world, _) = told().await;
    let found = world.call("chat.search", json!({"text": "choc"})).await;
    let hit = &found["items"][0];
    assert_eq!((&hit["chat_name"], &hit["phone"]), (&json!("Ana"), &json!("+4915111111111")));
    assert_eq!((&hit["snippet"], &hit["marks"]), (&json!("is there chocolate cake?"), &json!([[9, 18]])));
    assert_eq!(hit["interaction"]["text"], "is there chocolate cake?");
    for text in ["\"", "-", "NEAR(", ""] {
        assert_eq!(world.call("chat.search", json!({"text": text})).await["items"], json!([]), "{text:?}");
    }
    let page = world.call("chat.search", json!({"text": "bread", "chat": "ana", "limit": 1})).await;
    assert_eq!((page["items"].as_array().unwrap().len(), &page["next"]), (1, &json!(null)));
}

#[tokio::test]
async fn people_and_quick_replies_are_edited() {
    let world = world().await;
    let added = world.call("contact.add", json!({"phone": ANA_PHONE, "name": "Ana\u{7}", "tags": ["vip"]})).await;
    assert_eq!((&added["name"], &added["tags"]), (&json!("Ana"), &json!(["vip"])));
    let found = world.call("contact.list", json!({"find": "AN"})).await;
    assert_eq!(found["items"], json!([added]));
    assert_eq!(world.call("contact.list", json!({"find": "bob"})).await["items"], json!([]));
    let edited = world.call("contact.edit", json!({"contact": "ana", "name": "Ana Maria"})).await;
    assert_eq!((&edited["id"], &edited["name"]), (&added["id"], &json!("Ana Maria")));
    assert_eq!(world.refused("contact.edit", json!({"contact": "ana"})).await.0, Code::Invalid);
    assert!(world.call("contact.optout", json!({"contact": "ana"})).await["opted_out_at"].is_string());
    let back = world.call("contact.optout", json!({"contact": "ana", "back": true})).await;
    assert_eq!(back["opted_out_at"], json!(null));

    let told = world.call("contact.optout", json!({"contact": "+49 151 99999999"})).await;
    assert!(
        told["phone"] == "+4915199999999" && told["opted_out_at"].is_string() && told.get("id").is_none(),
        "{told}"
    );
    let listed = world.call("contact.suppressions", json!({})).await;
    assert_eq!((&listed["items"][0]["cause"], &listed["items"][0]["at"]), (&json!("owner"), &told["opted_out_at"]));
    let back = world.call("contact.optout", json!({"contact": "+4915199999999", "back": true})).await;
    assert_eq!(back, json!({"phone": "+4915199999999", "opted_out_at": null}));
    assert_eq!(world.call("contact.suppressions", json!({})).await["items"], json!([]));
    assert_eq!(world.refused("contact.optout", json!({"contact": "bob"})).await.0, Code::NotFound);

    world.call("quick_reply.add", json!({"label": "hours", "text": "8 to 18"})).await;
    let edited = world.call("quick_reply.edit", json!({"name": "hours", "label": "opening", "text": "9 to 18"})).await;
    assert_eq!((&edited["label"], &edited["text"]), (&json!("opening"), &json!("9 to 18")));
    assert!(edited["updated_at"].is_string());
    assert_eq!(world.refused("quick_reply.edit", json!({"name": "opening"})).await.0, Code::Invalid);
    assert_eq!(world.call("quick_reply.remove", json!({"name": edited["id"]})).await, edited);
    assert_eq!(world.refused("quick_reply.remove", json!({"name": "opening"})).await.0, Code::NotFound);
}

#[tokio::test]
async fn an_overview_counts_what_is_there() {
    let (world, _) = told().await;
    let overview = world.call("overview", json!({})).await;
    assert_eq!(overview["chats"]["unread"], 1);
    assert_eq!((&overview["today"]["received"], &overview["today"]["sent"]), (&json!(3), &json!(0)));
    assert_eq!(overview["first_response"], json!({"p50_s": null, "p90_s": null, "answered": 0}));
    assert_eq!(overview["hours"].as_array().unwrap().len(), 24);
    let days = overview["days"].as_array().unwrap();
    assert_eq!((days.len(), &days[29]["received"]), (30, &json!(3)));
    assert_eq!((&overview["timezone"], &overview["errors"]), (&json!("UTC"), &json!([])));
    assert_eq!(overview["forecast"], json!({"per_day": 0.0, "empty_at": null}));

    let sent = world.call("chat.send", json!({"chat": "ana", "text": "yes"})).await;
    let id = serde_json::from_value(sent["id"].clone()).unwrap();
    let after = mychatflow_data::store::tx::outcome::After::Waiting;
    world.shop.start_message(id, None, world.daemon.cx.now()).await.unwrap();
    world.shop.record_sent(id, None, None, after, world.daemon.cx.now()).await.unwrap();
    let overview = world.call("overview", json!({})).await;
    assert_eq!((&overview["today"]["by_human"], &overview["chats"]["unread"]), (&json!(1), &json!(0)));
    assert_eq!(overview["first_response"]["answered"], 1);
}

#[tokio::test]
async fn why_tells_what_stops_the_assistant() {
    let (world, chat) = told().await;
    let why = world.call("why", json!({"id": chat["id"]})).await;
    assert_eq!((&why["id"], &why["chat"]), (&chat["id"], &chat["id"]));
    assert_eq!(why["interaction"]["text"], "hello?");
    assert!(why["headline"].as_str().unwrap().len() > 10, "{why}");
    let pause = json!({"chat": "ana", "for": "2h"});
    world.call("chat.pause", pause).await;
    let why = world.call("why", json!({"id": why["interaction"]["id"]})).await;
    let headline = why["headline"].as_str().unwrap();
    assert!(headline.starts_with("Not answered: paused until "), "{headline}");
    let gate = why["lines"].as_array().unwrap().iter().find(|line| line["what"] == "the assistant").unwrap();
    assert!(gate["detail"].as_str().unwrap().starts_with("may not answer"), "{gate}");

    let sent = world.call("chat.send", json!({"chat": "ana", "text": "yes"})).await;
    let why = world.call("why", json!({"id": sent["id"]})).await;
    assert!(why["headline"].as_str().unwrap().starts_with("Written by a human"), "{why}");
    assert_eq!(world.refused("why", json!({"id": "0191f4a0-0000-7000-8000-000000000000"})).await.0, Code::NotFound);
}

#[tokio::test]
async fn a_viewer_looks_and_does_not_touch() {
    let (world, chat) = told().await;
    world.shop.grant_role(4242, "vera".into(), Role::Viewer, world.daemon.cx.now()).await.unwrap();
    let vera = person(4242);
    for (method, params) in [
        ("chat.search", json!({"text": "cake"})),
        ("overview", json!({})),
        ("why", json!({"id": chat["id"]})),
        ("chat.list", json!({"find": "ana"})),
    ] {
        world.call_as(&vera, method, params).await.unwrap();
    }
    for (method, params) in [
        ("chat.read", json!({"chat": "ana"})),
        ("chat.draft", json!({"chat": "ana"})),
        ("chat.note", json!({"chat": "ana", "text": "x"})),
        ("contact.add", json!({"phone": ANA_PHONE})),
        ("contact.optout", json!({"contact": "ana"})),
        ("quick_reply.remove", json!({"name": "hours"})),
    ] {
        assert_eq!(world.call_as(&vera, method, params).await.unwrap_err().code, Code::Forbidden, "{method}");
    }
}
