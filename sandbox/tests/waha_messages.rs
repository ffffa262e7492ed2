//! Messages both ways, in the shape of each engine, with their webhooks.
#![allow(clippy::unwrap_used, reason = "helpers of tests: a panic is the report")]

mod support;

use std::time::Duration;

use mychatflow_sandbox::faults::{Fault, WebhookFault, When};
use mychatflow_sandbox::waha::{
    Acks, Content, Customer, Direction, Engine, Number, Operation, Options, PhoneError, Presence, Signed, Status,
};
use serde_json::{Value, json};
use support::{SOON, World};

fn ana() -> Customer {
    Customer::new("+44 7700 900001", "Ana")
}

fn hello() -> Value {
    json!({"session": "default", "chatId": "447700900001@c.us", "text": "Hello!"})
}

#[tokio::test]
async fn a_customer_is_told_twice_under_one_envelope() {
    let world = World::with(Engine::Noweb).await;
    let id = world.waha.customer_says("default", &ana(), "Open today?").await.unwrap();
    let hook = world.endpoint.events("message", 1).await.remove(0);
    let (one, twin) = (hook.json(), world.endpoint.event("message.any").await);
    assert_eq!((&one["id"], &one["payload"]), (&twin["id"], &twin["payload"]));
    assert_eq!(
        (&one["engine"], &one["session"], &one["metadata"]),
        (&json!("NOWEB"), &json!("default"), &json!({"tenant": "t1"}))
    );
    let payload = &one["payload"];
    assert_eq!(
        (&payload["id"], &payload["from"], &payload["body"]),
        (&json!(id), &json!("447700900001@c.us"), &json!("Open today?"))
    );
    assert_eq!(payload["_data"]["key"]["remoteJid"], "447700900001@s.whatsapp.net");
    assert!(payload.get("to").is_none() && payload.get("participant").is_none());

    assert_eq!(hook.header("x-webhook-hmac-algorithm"), "sha512");
    assert_eq!(hook.header("x-webhook-timestamp"), one["timestamp"].to_string());
    assert_eq!((hook.header("user-agent"), hook.header("x-shop")), ("WAHA/2026.7.1", "corner"));
    assert_eq!((hook.header("x-webhook-hmac").len(), hook.header("x-webhook-request-id").is_empty()), (128, false));
}

#[tokio::test]
async fn gows_names_no_engine_and_webjs_makes_two_envelopes() {
    let world = World::with(Engine::Gows).await;
    world.waha.customer_says("default", &ana(), "Hi").await.unwrap();
    let event = world.endpoint.event("message").await;
    assert!(event.get("engine").is_none());
    assert_eq!(
        (&event["payload"]["to"], &event["payload"]["_data"]["Info"]["PushName"]),
        (&Value::Null, &json!("Ana"))
    );
    assert_eq!(event["environment"]["engine"], "GOWS");

    let world = World::with(Engine::Webjs).await;
    world.waha.customer_says("default", &ana(), "Hi").await.unwrap();
    let (one, twin) = (world.endpoint.event("message").await, world.endpoint.event("message.any").await);
    assert_ne!(one["id"], twin["id"]);
    assert_eq!(
        (&one["payload"]["to"], &one["payload"]["_data"]["notifyName"]),
        (&json!("447700900500@c.us"), &json!("Ana"))
    );
}

#[tokio::test]
async fn a_send_is_answered_by_engine_echoed_and_acknowledged() {
    let world = World::with(Engine::Noweb).await;
    let (status, sent) = world.client.post("/api/sendText", hello()).await;
    assert_eq!((status, sent.get("id")), (201, None));
    assert!(sent["messageTimestamp"].is_string());
    let id = format!("true_447700900001@c.us_{}", sent["key"]["id"].as_str().unwrap());
    let echo = world.endpoint.event("message.any").await;
    assert_eq!(
        (&echo["payload"]["id"], &echo["payload"]["source"], &echo["payload"]["ack"]),
        (&json!(id), &json!("api"), &json!(0))
    );
    let acks = world.endpoint.events("message.ack", 3).await;
    let mut names: Vec<String> =
        acks.iter().map(|hook| hook.json()["payload"]["ackName"].as_str().unwrap().to_owned()).collect();
    names.sort();
    assert_eq!(names, ["DEVICE", "READ", "SERVER"]);

    let gows = World::with(Engine::Gows).await;
    let (_, sent) = gows.client.post("/api/sendText", hello()).await;
    assert!(sent["id"].as_str().unwrap().starts_with("true_447700900001@c.us_3EB0"));
    let webjs = World::with(Engine::Webjs).await;
    let (_, sent) = webjs.client.post("/api/sendText", hello()).await;
    assert!(sent["id"]["_serialized"].as_str().unwrap().starts_with("true_447700900001@c.us_3EB0"));
    assert_eq!(webjs.client.get("/api/default/new-message-id").await.0, 404);
}

#[tokio::test]
async fn a_chosen_id_makes_one_message_and_counts_the_posts() {
    let world = World::with(Engine::Noweb).await;
    let (_, id) = world.client.get("/api/default/new-message-id").await;
    let mut body = hello();
    body["id"] = id["id"].clone();
    for _ in 0..2 {
        let (status, sent) = world.client.post("/api/sendText", body.clone()).await;
        assert_eq!((status, &sent["key"]["id"]), (201, &id["id"]));
    }
    world.client.post("/api/sendText", hello()).await;
    world.client.post("/api/sendText", hello()).await;
    let posts: Vec<u32> = world.waha.sent_to("447700900001").iter().map(|sent| sent.posts).collect();
    assert_eq!(posts, [2, 1, 1]);
    let path = format!(
        "/api/default/chats/447700900001%40c.us/messages/true_447700900001%40c.us_{}",
        id["id"].as_str().unwrap()
    );
    assert_eq!(world.client.get(&path).await.0, 200);
    let (status, body) = world.client.get("/api/default/chats/447700900001%40c.us/messages/nothing").await;
    assert_eq!((status, &body["message"]), (404, &json!("Message not found")));
}

#[tokio::test]
async fn bad_sends_fail_as_the_real_ones() {
    let world = World::with(Engine::Noweb).await;
    let no_session = json!({"message": "Session name is required", "error": "Bad Request", "statusCode": 400});
    assert_eq!(world.client.post("/api/sendText", json!({"chatId": "1", "text": "x"})).await, (400, no_session));
    let (status, body) = world.client.post("/api/sendText", json!({"session": "default", "text": "x"})).await;
    assert_eq!(
        (status, &body["exception"]["name"], &body["request"]["body"]["text"]),
        (500, &json!("TypeError"), &json!("x"))
    );
    let bad = world.client.raw("POST", "/api/sendText").body("{nonsense").send().await.unwrap();
    assert_eq!(bad.status(), 400);
    world.client.post("/api/sessions/default/stop", Value::Null).await;
    let (status, body) = world.client.post("/api/sendText", hello()).await;
    assert_eq!((status, &body["expected"], &body["status"]), (422, &json!(["WORKING"]), &json!("STOPPED")));
    assert!(world.waha.sent().is_empty());
}

#[tokio::test]
async fn whoever_sends_while_whatsapp_slows_them_down_waits_longer() {
    let world = World::with(Engine::Noweb).await;
    world.waha.slow_down("default", Duration::from_secs(3600)).await.unwrap();
    for _ in 0..2 {
        let (status, body) = world.client.post("/api/sendText", hello()).await;
        assert_eq!((status, &body["exception"]["message"]), (500, &json!("rate-overlimit")));
    }
    assert!(world.waha.sent().is_empty());
    world.waha.slow_down("default", Duration::ZERO).await.unwrap();
    assert_eq!(world.client.post("/api/sendText", hello()).await.0, 201);
}

#[tokio::test]
async fn faults_can_send_and_still_fail() {
    let world = World::with(Engine::Noweb).await;
    let faults = world.waha.faults();
    faults.add(Operation::SendText, When::Next(1), Fault::DoThenEngineError("rate-overlimit".into()));
    faults.add(Operation::SendText, When::Next(1), Fault::DoThenCut);
    faults.add(Operation::SendText, When::Next(1), Fault::Cut);
    faults.add(Operation::SendText, When::Next(1), Fault::EngineError("rate-overlimit".into()));
    faults.add(Operation::SendText, When::Next(1), Fault::NotReady);
    let (status, body) = world.client.post("/api/sendText", hello()).await;
    assert_eq!((status, &body["exception"]["message"], world.waha.sent_count()), (500, &json!("rate-overlimit"), 1));
    for sent in [2, 2] {
        let cut = world.client.raw("POST", "/api/sendText").body(hello().to_string()).send().await;
        assert!(!cut.unwrap_err().is_connect());
        assert_eq!(world.waha.sent_count(), sent);
    }
    assert_eq!(world.client.post("/api/sendText", hello()).await.0, 500);
    assert_eq!(world.client.post("/api/sendText", hello()).await.1["status"], "STARTING");
    assert_eq!(world.client.post("/api/sendText", hello()).await.0, 201);
    assert_eq!(world.waha.sent_count(), 3);
    let statuses: Vec<Option<u16>> = world
        .waha
        .requests()
        .iter()
        .filter(|request| request.path == "/api/sendText")
        .map(|request| request.status)
        .collect();
    assert_eq!(statuses, [Some(500), None, None, Some(500), Some(422), Some(201)]);
}

#[tokio::test]
async fn whatever_is_not_2xx_is_posted_again_byte_for_byte() {
    let world = World::with(Engine::Noweb).await;
    let before = world.endpoint.all().len();
    world
        .waha
        .wait_for(SOON, |waha| waha.deliveries().iter().all(|delivery| delivery.finished).then_some(()))
        .await
        .unwrap();
    assert!(before <= world.endpoint.all().len());
    world.endpoint.plan(&[401, 503, 404]);
    world.waha.tell_event("default", "poll.vote", &json!({"vote": {}})).await.unwrap();
    let tries = world.endpoint.events("poll.vote", 4).await;
    assert!(tries.iter().all(|hook| hook.body == tries[0].body && hook.headers == tries[0].headers));
    let done = |waha: &mychatflow_sandbox::waha::Server| {
        waha.deliveries().into_iter().find(|d| d.event == "poll.vote" && d.finished)
    };
    let delivery = world.waha.wait_for(SOON, done).await.unwrap();
    assert_eq!((delivery.tries, delivery.acknowledged), (vec![Some(401), Some(503), Some(404), Some(200)], true));

    world.endpoint.plan(&[500; 4]);
    world.waha.tell_event("default", "chat.archive", &json!({})).await.unwrap();
    let given_up = world
        .waha
        .wait_for(SOON, |waha| waha.deliveries().into_iter().find(|d| d.event == "chat.archive" && d.finished));
    assert!(!given_up.await.unwrap().acknowledged);
    assert_eq!(world.waha.totals().abandoned, 1);
}

#[tokio::test]
async fn a_message_can_come_again_in_two_ways() {
    let world = World::with(Engine::Noweb).await;
    let id = world.waha.customer_says("default", &ana(), "Hi").await.unwrap();
    world.endpoint.events("message", 1).await;
    world.waha.redeliver(&id).await.unwrap();
    let same = world.endpoint.events("message", 2).await;
    assert_eq!(same[0].body, same[1].body);
    world.waha.redeliver_as_new_event("default", &id).await.unwrap();
    let again = world.endpoint.events("message", 3).await;
    assert_ne!(again[0].json()["id"], again[2].json()["id"]);
    assert_eq!(again[0].json()["payload"], again[2].json()["payload"]);
    assert_eq!(world.waha.redeliver("nothing").await, Err(PhoneError::NoMessage("nothing".into())));
}

#[tokio::test]
async fn webhooks_can_be_dropped_and_doubled() {
    let world = World::with(Engine::Noweb).await;
    world.waha.webhook_faults().add("message".into(), When::Next(1), WebhookFault::Drop);
    world.waha.webhook_faults().add("message.any".into(), When::Next(1), WebhookFault::Duplicate);
    world.waha.customer_says("default", &ana(), "Hi").await.unwrap();
    let doubled = world.endpoint.events("message.any", 2).await;
    assert_eq!(doubled[0].body, doubled[1].body);
    assert!(world.endpoint.all().iter().all(|hook| hook.json()["event"] != "message"));
}

#[tokio::test]
async fn raw_bytes_are_signed_as_asked() {
    let world = World::with(Engine::Noweb).await;
    world.endpoint.plan(&[401]);
    let raw = |signed: Signed| {
        let waha = world.waha.clone();
        async move { waha.deliver_raw("default", "{\"event\":\"raw\"}", &signed).await.unwrap() }
    };
    assert_eq!(raw(Signed::Not).await.len(), 1);
    raw(Signed::With("other".into())).await;
    raw(Signed::Verbatim("zz".into())).await;
    let hooks = world.endpoint.events("raw", 3).await;
    let signatures: Vec<usize> = hooks.iter().map(|hook| hook.header("x-webhook-hmac").len()).collect();
    assert_eq!(signatures, [0, 128, 2]);
}

#[tokio::test]
async fn hidden_people_groups_and_the_owner() {
    let world = World::with(Engine::Noweb).await;
    let cleo = Customer::hidden("447700900003", "70000000000003", Number::Shown, "Cleo");
    let secret = Customer::hidden("447700900004", "70000000000004", Number::Secret, "Sol");
    world.waha.customer_says("default", &cleo, "I am hidden").await.unwrap();
    let key = world.endpoint.event("message").await["payload"]["_data"]["key"].clone();
    assert_eq!(
        (&key["remoteJid"], &key["remoteJidAlt"]),
        (&json!("70000000000003@lid"), &json!("447700900003@s.whatsapp.net"))
    );
    world.waha.customer_says("default", &secret, "me too").await.unwrap();
    let lid = |lid: &'static str| world.client.get(lid);
    assert_eq!(lid("/api/default/lids/70000000000003%40lid").await.1["pn"], "447700900003@c.us");
    assert_eq!(lid("/api/default/lids/70000000000004").await, (200, json!({"lid": "70000000000004@lid", "pn": null})));
    world.waha.map_lid("default", "70000000000004", "447700900004").await.unwrap();
    assert_eq!(lid("/api/default/lids/pn/447700900004").await.1["lid"], "70000000000004@lid");

    let id = world.waha.group_says("default", "120363000000000001", &ana(), "hello group").await.unwrap();
    assert!(id.ends_with("_447700900001@c.us") && id.starts_with("false_120363000000000001@g.us_"));
    let id = world.waha.owner_types_on_phone("default", "447700900001", "I'll take it").await.unwrap();
    let own = world
        .waha
        .wait_for(SOON, |waha| waha.deliveries().into_iter().find(|d| d.message_id.as_deref() == Some(&id)))
        .await
        .unwrap();
    assert_eq!(own.event, "message.any");
    assert_eq!(serde_json::from_slice::<Value>(&own.body).unwrap()["payload"]["source"], "app");
}

#[tokio::test]
async fn edits_revocations_reactions_presence_and_calls_have_their_shapes() {
    for engine in [Engine::Noweb, Engine::Gows, Engine::Webjs] {
        let world = World::with(engine).await;
        let id = world.waha.customer_says("default", &ana(), "Hi").await.unwrap();
        let bare = id.split('_').nth(2).unwrap();
        world.waha.edit("default", &id, "Hi there").await.unwrap();
        let edited = world.endpoint.event("message.edited").await["payload"].clone();
        assert_eq!((&edited["body"], &edited["editedMessageId"]), (&json!("Hi there"), &json!(bare)));
        assert_ne!(edited["id"], json!(id));
        world.waha.react("default", &ana(), &id, "👍").await.unwrap();
        let reaction = world.endpoint.event("message.reaction").await["payload"].clone();
        assert_eq!(reaction["reaction"], json!({"text": "👍", "messageId": id}));
        world.waha.revoke("default", &id).await.unwrap();
        assert_eq!(world.endpoint.event("message.revoked").await["payload"]["revokedMessageId"], bare);
        world.waha.customer_types("default", &ana(), Presence::Typing).await.unwrap();
        let presence = world.endpoint.event("presence.update").await["payload"]["presences"][0].clone();
        assert_eq!(presence["lastKnownPresence"], "typing");
        world.waha.call("default", &ana()).await.unwrap();
        assert!(world.endpoint.event("call.received").await["payload"]["timestamp"].is_f64());
    }
}

#[tokio::test]
async fn files_are_served_under_a_url_with_the_wrong_host() {
    let world = World::with(Engine::Noweb).await;
    let picture = Content::Image { caption: Some("how much?".into()) };
    world.waha.customer_sends("default", &ana(), picture).await.unwrap();
    let payload = world.endpoint.event("message").await["payload"].clone();
    assert_eq!((&payload["body"], &payload["hasMedia"]), (&json!("how much?"), &json!(true)));
    let url = payload["media"]["url"].as_str().unwrap();
    let path = url.strip_prefix("http://localhost:3000").unwrap();
    let file = world.client.raw("GET", path).send().await.unwrap();
    assert_eq!((file.status().as_u16(), file.headers()["content-type"].to_str().unwrap()), (200, "image/png"));
    assert_eq!(world.client.get("/api/files/default/nothing.png").await.0, 404);

    let place = Content::Location { latitude: 52.52, longitude: 13.4, name: None, address: None };
    world.waha.customer_sends("default", &ana(), place).await.unwrap();
    let payload = world.endpoint.events("message", 2).await[1].json()["payload"].clone();
    assert_eq!((&payload["location"]["latitude"], &payload["body"]), (&json!("52.52"), &Value::Null));
}

#[tokio::test]
async fn history_pages_filters_and_remembers_what_was_never_told() {
    let world = World::working(Options { acks: Acks::Off, ..Options::default() }).await;
    world.waha.add_contact("default", &ana(), "Ana from next door").await.unwrap();
    world.waha.add_history("default", &ana(), Direction::In, "old", 1_700_000_000).await.unwrap();
    world.waha.add_history("default", &ana(), Direction::Out, "older answer", 1_700_000_100).await.unwrap();
    world.client.post("/api/sendText", hello()).await;
    let texts = |path: &'static str| async {
        let (status, list) = world.client.get(path).await;
        assert_eq!(status, 200);
        list.as_array().unwrap().iter().map(|item| item["body"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(texts("/api/default/chats/all/messages").await, ["Hello!", "older answer", "old"]);
    assert_eq!(texts("/api/default/chats/447700900001%40c.us/messages?limit=1&offset=1").await, ["older answer"]);
    assert_eq!(
        texts("/api/default/chats/all/messages?filter.fromMe=false&filter.timestamp.gte=1600000000").await,
        ["old"]
    );
    assert_eq!(texts("/api/default/chats/all/messages?sortOrder=asc&filter.timestamp.lte=1700000050").await, ["old"]);
    let (status, bad) = world.client.get("/api/default/chats/all/messages?limit=many").await;
    assert_eq!(
        (status, &bad["message"]),
        (400, &json!(["limit must be a number conforming to the specified constraints"]))
    );

    assert_eq!(world.client.get("/api/default/chats").await.1[0]["id"], "447700900001@s.whatsapp.net");
    let (_, overview) = world.client.get("/api/default/chats/overview").await;
    assert_eq!(
        (&overview[0]["id"], &overview[0]["name"], &overview[0]["lastMessage"]["body"]),
        (&json!("447700900001@c.us"), &json!("Ana from next door"), &json!("Hello!"))
    );
    let none = json!({"filter": {"ids": ["1@c.us"]}, "pagination": {"limit": 5, "offset": 0}});
    assert_eq!(world.client.post("/api/default/chats/overview", none).await.1, json!([]));

    let contact = json!({"id": "447700900001@c.us", "name": "Ana from next door", "pushname": "Ana"});
    assert_eq!(world.client.get("/api/contacts?contactId=447700900001&session=default").await.1, contact);
    assert_eq!(world.client.get("/api/contacts/all?session=default").await.1, json!([contact]));
    world.waha.not_on_whatsapp("default", "+44 7700 900 999").await.unwrap();
    assert_eq!(
        world.client.get("/api/contacts/check-exists?phone=447700900999&session=default").await.1,
        json!({"numberExists": false})
    );
    let there = json!({"numberExists": true, "chatId": "447700900001@c.us"});
    assert_eq!(world.client.get("/api/contacts/check-exists?phone=%2B447700900001&session=default").await.1, there);
}

#[tokio::test]
async fn a_time_lock_refuses_messages_to_strangers() {
    let world = World::with(Engine::Gows).await;
    world.waha.customer_says("default", &ana(), "Open today?").await.unwrap();
    world.waha.lock_out("default", std::time::Duration::from_secs(3600)).await.unwrap();
    let me = world.client.get("/api/sessions/default").await.1["me"].clone();
    assert_eq!(me["reachoutTimelock"]["isActive"], true);
    assert!(me["reachoutTimelock"]["timeEnforcementEnds"].as_i64().unwrap() > 1_700_000_000, "{me}");
    assert_eq!(world.client.post("/api/sendText", hello()).await.0, 201, "Ana wrote first");
    let stranger = json!({"session": "default", "chatId": "447700900002@c.us", "text": "Hello!"});
    let (status, refused) = world.client.post("/api/sendText", stranger).await;
    assert_eq!((status, &refused["exception"]["message"]), (500, &json!("2 UNKNOWN: server returned error 463")));
    assert_eq!(world.waha.sent_count(), 1);
}

#[tokio::test]
async fn history_needs_a_store_on_noweb() {
    let world = World::start(Options::default()).await;
    world.client.post("/api/sessions", json!({"name": "bare", "start": true})).await;
    world.waha.scan_qr("bare").await.unwrap();
    let (status, body) = world.client.get("/api/bare/chats").await;
    assert_eq!(status, 400);
    assert!(body["message"].as_str().unwrap().starts_with("Enable NOWEB store"));
}

#[tokio::test]
async fn small_signs_are_answered() {
    let world = World::with(Engine::Noweb).await;
    let chat = json!({"session": "default", "chatId": "447700900001@c.us"});
    assert_eq!(world.client.post("/api/startTyping", chat.clone()).await, (201, json!({"result": true})));
    assert_eq!(world.client.post("/api/stopTyping", chat.clone()).await, (201, json!({"result": true})));
    let id = world.waha.customer_says("default", &ana(), "Hi").await.unwrap();
    assert_eq!(world.client.post("/api/sendSeen", chat.clone()).await, (201, json!({"ids": [id]})));
    let mut seen = chat;
    seen["messageIds"] = json!([id]);
    assert_eq!(world.client.post("/api/sendSeen", seen).await, (201, Value::Null));
    let reaction = json!({"session": "default", "messageId": id, "reaction": "👍"});
    assert_eq!(world.client.call("PUT", "/api/reaction", reaction).await.0, 200);
}

#[tokio::test]
async fn what_is_ignored_at_the_source_is_never_told() {
    let world = World::start(Options::default()).await;
    let mut session = world.session("default");
    session["config"]["ignore"] = json!({"status": true, "groups": true});
    world.client.post("/api/sessions", session).await;
    world.waha.scan_qr("default").await.unwrap();
    world.waha.status_broadcast("default", &ana(), "my story").await.unwrap();
    world.waha.group_says("default", "120363000000000001@g.us", &ana(), "hello").await.unwrap();
    world.waha.customer_says("default", &ana(), "Hi").await.unwrap();
    assert_eq!(world.endpoint.event("message").await["payload"]["body"], "Hi");
    assert_eq!(world.client.get("/api/default/chats").await.1.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_came_while_the_session_was_down_comes_late() {
    let world = World::with(Engine::Noweb).await;
    world.waha.force_status("default", Status::Starting).await.unwrap();
    world.waha.customer_said_at("default", &ana(), "anybody there?", 1_700_000_000).await.unwrap();
    world.client.post("/api/sessions/default/restart", Value::Null).await;
    let payload = world.endpoint.event("message").await["payload"].clone();
    assert_eq!((&payload["timestamp"], &payload["body"]), (&json!(1_700_000_000), &json!("anybody there?")));
}

#[tokio::test]
async fn what_is_no_plain_text_stands_inside_the_engines_own_object() {
    for engine in [Engine::Noweb, Engine::Gows, Engine::Webjs] {
        let world = World::with(engine).await;
        let contents = [
            (Content::ButtonAnswer("Yes, deliver".into()), "Yes, deliver"),
            (Content::Disappearing("To the quay?".into()), "To the quay?"),
            (Content::ListAnswer("Rye bread".into()), "Rye bread"),
            (Content::ButtonChoice("The second".into()), "The second"),
            (Content::FlowAnswer("Table for two".into()), "Table for two"),
            (Content::NoveltyWithWords { sort: "futureMessage".into(), words: "deep inside".into() }, "deep inside"),
            (Content::Order { message: "2 rye".into(), items: 2, title: "Bakery".into(), total_1000: 9_000 }, "2 rye"),
            (Content::ContactCard { name: "Otto".into(), phone: "+49 151".into() }, "FN:Otto"),
            (Content::Poll { question: "Which?".into(), options: vec!["Rye".into()] }, "Which?"),
            (Content::Vote { poll: "true_447700900001@c.us_3EB0".into() }, "3EB0"),
            (Content::Document { filename: "menu.pdf".into(), caption: None }, "menu.pdf"),
            (Content::Novelty("hologramMessage".into()), "Something new"),
        ];
        for (n, (content, words)) in contents.into_iter().enumerate() {
            world.waha.customer_sends("default", &ana(), content).await.unwrap();
            let payload = world.endpoint.events("message", n + 1).await[n].json()["payload"].clone();
            let body = payload["body"].as_str().unwrap_or_default();
            let data = payload["_data"].to_string();
            // WEBJS has the words of an order in the body alone.
            let beside = engine == Engine::Webjs && words == "2 rye";
            assert_eq!((body == words, data.contains(words)), (beside, !beside), "{engine:?} {words}: {payload}");
            let one_of = r#""Response":{"SelectedDisplayText":"The second"}"#;
            assert_eq!(data.contains(one_of), engine == Engine::Gows && words == "The second", "{data}");
        }
    }
}
