//! The WAHA client over real HTTP on loopback, against recorded answers of real servers.

use std::sync::Arc;
use std::time::Duration;

use crate::server::Reply::{Cut, Made, Redirect, Sample, Silence, Together};
use crate::server::{KEY, Reply, Server, fixture};
use mychatflow_daemon::waha::chats::{Chats, Filter, Order, Whose};
use mychatflow_daemon::waha::health::Allow;
use mychatflow_daemon::waha::send::SendText;
use mychatflow_daemon::waha::sessions::Which;
use mychatflow_daemon::waha::{Answered, Config, Doubt, Waha, WahaError, own_id};
use mychatflow_data::model::instance::InstanceStatus;
use mychatflow_data::model::interaction::ContentKind;
use mychatflow_data::phone::{Address, Phone};
use mychatflow_data::time::Timestamp;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Barrier;

const JSON: &str = "application/json";

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

fn phone(text: &str) -> Phone {
    Phone::parse(text).unwrap()
}

fn made(status: u16, body: Value) -> Reply {
    Made(status, JSON, body.to_string().into_bytes())
}

fn text(chat: &Address) -> SendText<'_> {
    SendText { session: "default", chat, text: "Hello!", id: None, reply_to: None }
}

/// Asks one thing of a server that gives one answer.
macro_rules! ask {
    ($reply:expr, |$waha:ident| $call:expr) => {{
        let server = Server::start([$reply]).await;
        let $waha = server.client();
        ($call.await, server.last())
    }};
}

#[tokio::test]
async fn every_request_names_us_and_carries_the_key() {
    let (version, asked) = ask!(Sample("version"), |waha| waha.version());
    let version = version.unwrap();
    assert_eq!((version.version.as_str(), version.engine.as_deref()), ("2026.4.1", Some("NOWEB")));
    assert_eq!(version.tier.as_deref(), Some("CORE"));
    assert_eq!(asked.headers["x-api-key"], KEY);
    assert_eq!(asked.headers["user-agent"], concat!("mychatflow/", env!("CARGO_PKG_VERSION")));

    let server = Server::start([Sample("ping")]).await;
    server.client_with(|config| config.api_key = "".into()).ping().await.unwrap();
    assert!(!server.last().headers.contains_key("x-api-key"));
}

#[tokio::test]
async fn a_server_behind_a_path() {
    let server = Server::start([Sample("ping")]).await;
    server.client_with(|config| config.url.push_str("/waha/")).ping().await.unwrap();
    assert_eq!(server.last().path, "/waha/ping");
}

#[tokio::test]
async fn the_server_itself() {
    assert!(ask!(Sample("ping"), |waha| waha.ping()).0.is_ok());
    let (pong, _) = ask!(made(200, json!({"message": "hi"})), |waha| waha.ping());
    assert!(matches!(pong, Err(WahaError::BadAnswer(_))));
    let (status, _) = ask!(Sample("server-status"), |waha| waha.server_status());
    assert_eq!(status.unwrap().started_at, Timestamp::from_millis(1_795_394_296_826));
    let (version, _) = ask!(Sample("unauthorized"), |waha| waha.version());
    assert!(matches!(version, Err(WahaError::Unauthorized { status: 401 })));
}

#[tokio::test]
async fn sessions_as_the_engines_tell_them() {
    let (sessions, asked) = ask!(Sample("sessions-list"), |waha| waha.sessions(Which::All));
    let sessions = sessions.unwrap();
    assert_eq!((sessions.len(), asked.query), (1, vec![("all".to_owned(), "true".to_owned())]));
    assert_eq!(sessions[0].status, InstanceStatus::Working);
    assert_eq!(sessions[0].me.as_ref().unwrap().lid, Some(address("90000000000001@lid")));
    assert!(!format!("{sessions:?}").contains("hmac-secret"), "{sessions:?}");
    let (_, asked) = ask!(Sample("sessions-list"), |waha| waha.sessions(Which::Running));
    assert!(asked.query.is_empty());

    for (sample, status, engine, config) in [
        ("session-scan-qr", InstanceStatus::ScanQrCode, Some("NOWEB"), true),
        ("session-stopped", InstanceStatus::Stopped, None, false),
        ("session-gows", InstanceStatus::Working, Some("GOWS"), false),
    ] {
        let (session, asked) = ask!(Sample(sample), |waha| waha.session("default"));
        let session = session.unwrap().unwrap();
        assert_eq!((session.name.as_str(), &session.status), ("default", &status));
        assert_eq!((session.engine.as_deref(), session.config.is_some()), (engine, config), "{sample}");
        assert_eq!(asked.path, "/api/sessions/default");
    }
    let (none, _) = ask!(Sample("session-not-found"), |waha| waha.session("ghost"));
    assert!(none.unwrap().is_none());
    let (core, _) = ask!(Sample("other-session-core"), |waha| waha.session("other"));
    assert!(matches!(core, Err(WahaError::Rejected { status: 422, .. })));
}

#[tokio::test]
async fn a_session_from_its_making_to_its_end() {
    let config = json!({"webhooks": []});
    let (made, asked) = ask!(Sample("session-start"), |waha| waha.create_session("default", &config));
    assert_eq!(made.unwrap().status, InstanceStatus::Starting);
    assert_eq!(asked.body, json!({"name": "default", "start": true, "config": {"webhooks": []}}));
    let (again, _) = ask!(Sample("session-create-duplicate"), |waha| waha.create_session("default", &config));
    assert!(matches!(again, Err(WahaError::Rejected { status: 422, message }) if message.contains("already exists")));
    let (updated, asked) = ask!(Sample("session-update"), |waha| waha.update_session("default", &config));
    assert!(updated.unwrap().config.unwrap()["webhooks"].is_array());
    assert_eq!((asked.method.as_str(), asked.body), ("PUT", json!({"config": {"webhooks": []}})));

    assert!(ask!(Sample("session-start"), |waha| waha.start_session("default")).0.is_ok());
    assert!(ask!(Sample("session-start-again"), |waha| waha.start_session("default")).0.is_ok());
    let (ghost, _) = ask!(Sample("session-not-found"), |waha| waha.start_session("ghost"));
    assert!(matches!(ghost, Err(WahaError::NotFound { .. })));
    assert!(ask!(Sample("session-stop"), |waha| waha.stop_session("default")).0.is_ok());
    assert!(ask!(Made(201, "", vec![]), |waha| waha.stop_session("ghost")).0.is_ok());
    assert!(ask!(Sample("lock-restart-1"), |waha| waha.restart_session("default")).0.is_ok());
    let (queued, _) = ask!(Sample("lock-restart-3"), |waha| waha.restart_session("default"));
    let queued = queued.unwrap_err();
    assert_eq!(
        (queued.to_string().as_str(), queued.retryable()),
        ("the engine failed: async-lock timed out in queue default", true)
    );
    assert!(ask!(Sample("session-logout"), |waha| waha.logout_session("default")).0.is_ok());
    let (gone, asked) = ask!(Sample("session-delete"), |waha| waha.delete_session("default"));
    assert!(gone.is_ok());
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("DELETE", "/api/sessions/default"));

    assert!(ask!(Sample("me-before-login"), |waha| waha.me("default")).0.unwrap().is_none());
    let (me, _) = ask!(Sample("me"), |waha| waha.me("default"));
    assert_eq!(me.unwrap().unwrap().name.as_deref(), Some("MyChatFlow Shop"));
}

#[tokio::test]
async fn lifecycle_calls_of_one_session_wait_for_each_other() {
    let server = Server::start([const { Sample("session-start") }; 6]).await;
    let waha = server.client();
    let (a, b, c, d, e, f) = tokio::join!(
        waha.restart_session("default"),
        waha.stop_session("default"),
        waha.start_session("default"),
        waha.logout_session("default"),
        waha.delete_session("default"),
        async { waha.clone().update_session("default", &json!({})).await.map(drop) },
    );
    assert!([a, b, c, d, e, f].iter().all(Result::is_ok));
    assert_eq!(server.under_way_max(), 1);
}

#[tokio::test]
async fn lifecycle_calls_of_two_sessions_do_not() {
    let both = Arc::new(Barrier::new(2));
    let server = Server::start([(); 2].map(|()| Together(Arc::clone(&both), "session-start"))).await;
    let waha = server.client();
    let (a, b) = tokio::join!(waha.restart_session("a"), waha.restart_session("b"));
    assert!(a.is_ok() && b.is_ok());
}

#[tokio::test]
async fn pairing() {
    let (qr, asked) = ask!(Sample("qr-raw"), |waha| waha.qr_raw("default"));
    let qr = qr.unwrap();
    assert!(qr.expose_secret().starts_with("2@"));
    assert!(!format!("{qr:?}").contains("2@"));
    assert_eq!(
        (asked.path.as_str(), asked.query),
        ("/api/default/auth/qr", vec![("format".to_owned(), "raw".to_owned())])
    );
    let (png, _) = ask!(Sample("qr-png"), |waha| waha.qr_png("default"));
    assert!(png.unwrap().starts_with(b"\x89PNG"));
    let (json, _) = ask!(Sample("qr-json"), |waha| waha.qr_png("default"));
    assert!(matches!(json, Err(WahaError::BadAnswer(_))));
    for (sample, status) in [("qr-when-stopped", InstanceStatus::Stopped), ("qr-when-working", InstanceStatus::Working)]
    {
        let (refused, _) = ask!(Sample(sample), |waha| waha.qr_raw("default"));
        assert!(matches!(refused, Err(WahaError::NotReady { status: told }) if told == status));
    }
    let (code, asked) = ask!(Sample("request-code"), |waha| waha.request_code("default", &phone("+49 170 0000001")));
    assert_eq!(code.unwrap().expose_secret(), "ABCD-1234");
    assert_eq!(asked.body, json!({"phoneNumber": "491700000001"}));
}

#[tokio::test]
async fn what_the_engines_answer_to_a_text() {
    let webjs = json!({"_data": {}, "ack": 0, "id": {"fromMe": true, "remote": "4915111111111@c.us", "id": "3EB0W",
        "_serialized": "true_4915111111111@c.us_3EB0W"}});
    let group = json!({"key": {"remoteJid": "1203@g.us", "fromMe": true, "id": "3EB0G",
        "participant": "491700000001:17@s.whatsapp.net"}});
    for (reply, wa_id, bare_id) in [
        (
            Sample("sendText-noweb"),
            Some("true_4915111111111@c.us_3EB01A08AB50E93A9513C4"),
            Some("3EB01A08AB50E93A9513C4"),
        ),
        (
            Sample("sendText-noweb-reply"),
            Some("true_4915111111111@c.us_3EB0A984F075DF8557E6AD"),
            Some("3EB0A984F075DF8557E6AD"),
        ),
        (
            Sample("sendText-lid"),
            Some("true_70000000000003@lid_3EB0AEA0D592FA8F978ECD"),
            Some("3EB0AEA0D592FA8F978ECD"),
        ),
        (
            Sample("sendText-gows"),
            Some("true_4915111111111@c.us_3EB0E8DF0479D1BA272C56"),
            Some("3EB0E8DF0479D1BA272C56"),
        ),
        (made(201, webjs), Some("true_4915111111111@c.us_3EB0W"), Some("3EB0W")),
        (made(201, group), Some("true_1203@g.us_3EB0G_491700000001@c.us"), Some("3EB0G")),
        (made(201, json!({"key": {"id": "3EB0K"}})), None, Some("3EB0K")),
        (Made(201, "", vec![]), None, None),
        (Made(201, "text/html", b"<html>".to_vec()), None, None),
        (made(201, json!([])), None, None),
    ] {
        let chat = address("4915111111111@c.us");
        let sent = ask!(reply, |waha| waha.send_text(text(&chat))).0.unwrap();
        assert_eq!((sent.wa_id.as_deref(), sent.bare_id.as_deref()), (wa_id, bare_id));
    }
}

#[tokio::test]
async fn what_is_sent_with_a_text() {
    let chat = address("70000000000003@lid");
    let (_, asked) = ask!(Sample("sendText-lid"), |waha| waha.send_text(text(&chat)));
    assert_eq!(asked.body, json!({"session": "default", "chatId": "70000000000003@lid", "text": "Hello!"}));
    let send = SendText { id: Some("3EB0X"), reply_to: Some("false_70000000000003@lid_3F"), ..text(&chat) };
    let (_, asked) = ask!(Sample("sendText-lid"), |waha| waha.send_text(send));
    assert_eq!((&asked.body["id"], &asked.body["reply_to"]), (&json!("3EB0X"), &json!("false_70000000000003@lid_3F")));

    let server = Server::start([Sample("sendText-noweb"), Sample("chats")]).await;
    let waha = server.client_with(|config| {
        config.send_text_path = "/api/sessions/{session}/messages/send/text".to_owned();
        config.chats_path = "/api/sessions/{session}/chats".to_owned();
    });
    waha.send_text(text(&chat)).await.unwrap();
    assert_eq!(server.last().path, "/api/sessions/default/messages/send/text");
    waha.chats("default", 1, 0).await.unwrap();
    assert_eq!(server.last().path, "/api/sessions/default/chats");
}

#[tokio::test]
async fn what_is_doubtful_about_a_text() {
    let (done, open) = (Doubt::Doubtful { answered: Answered::Yes }, Doubt::Doubtful { answered: Answered::No });
    for (reply, display, doubt) in [
        (Sample("send-when-not-working"), "the session is SCAN_QR_CODE", Doubt::NotSent),
        (Sample("sendText-no-session"), "waha answered 400: Session name is required", Doubt::NotSent),
        (
            Sample("sendText-bad-json"),
            "waha answered 400: Expected property name or '}' in JSON at position 1",
            Doubt::NotSent,
        ),
        (
            Sample("seed-send-path"),
            "waha has no such thing: Cannot POST /api/sessions/default/messages/send/text",
            Doubt::NotSent,
        ),
        (
            Sample("sendImage-core-2026.4"),
            "waha answered 422: The feature is available only in Plus version for 'NOWEB' engine. Check this out: https://waha.devlike.pro/",
            Doubt::NotSent,
        ),
        (Sample("unauthorized"), "waha refuses the api key (status 401)", Doubt::NotSent),
        (Sample("sendText-engine-error"), "the engine failed: rate-overlimit", done),
        // WhatsApp answered, and refused it.
        (
            Sample("sendText-engine-error-gows"),
            "the engine failed: 2 UNKNOWN: server returned error 463",
            Doubt::NotSent,
        ),
        (
            Sample("sendText-no-chatId"),
            "the engine failed: Cannot read properties of undefined (reading 'includes')",
            done,
        ),
        (Made(502, "text/html", b"<html>".to_vec()), "a gateway in front of waha answered 502", open),
        (Redirect, "not an answer of waha: a redirect", done),
        (Cut, "the connection was cut off before the answer", open),
    ] {
        let chat = address("4915111111111@c.us");
        let server = Server::start([reply]).await;
        let error = server.client().send_text(text(&chat)).await.unwrap_err();
        assert_eq!((error.to_string().as_str(), error.doubt()), (display, doubt));
        assert_eq!(server.asked().len(), 1, "nothing is sent twice, and no redirect is followed");
        let printed = format!("{error:?} {}", chain(&error));
        for secret in [KEY, "Hello!", "4915111111111"] {
            assert!(!printed.contains(secret), "{printed}");
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {}", chain(source)))
}

#[tokio::test]
async fn a_text_whose_answer_breaks_off_after_the_status_is_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"}") {
            assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0);
        }
        stream.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{\"id\":").await.unwrap();
    });
    let chat = address("4915111111111@c.us");
    let waha = Waha::new(Config::new("main", &url, KEY.into())).unwrap();
    let sent = waha.send_text(text(&chat)).await.unwrap();
    assert_eq!((sent.wa_id, sent.bare_id), (None, None));
    server.await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_silent_or_gone() {
    let chat = address("4915111111111@c.us");
    let server = Server::start([Silence]).await;
    let waha = server.client_with(|config| config.timeout = Duration::from_millis(50));
    let error = waha.send_text(text(&chat)).await.unwrap_err();
    assert!(matches!(error, WahaError::Timeout(_)), "{error:?}");
    assert_eq!(error.doubt(), Doubt::Doubtful { answered: Answered::No });
    assert_eq!(waha.health().outage.unwrap().tries, 1);

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let waha = Waha::new(Config::new("gone", &url, KEY.into())).unwrap();
    let before = Timestamp::now();
    for _ in 0..3 {
        let error = waha.send_text(text(&chat)).await.unwrap_err();
        assert!(matches!(error, WahaError::Refused(_)), "{error:?}");
        assert_eq!(error.doubt(), Doubt::NotSent);
        assert!(!chain(&error).contains(&url), "{}", chain(&error));
    }
    assert!(matches!(waha.allows(before), Allow::NotBefore(_)));
    assert_eq!(waha.health().last_error.unwrap().reason, "waha can't be reached");
}

#[tokio::test]
async fn an_answer_of_any_sort_is_a_server_that_is_there() {
    let replies = [Made(503, "", vec![]), Sample("sendText-engine-error"), Sample("unauthorized"), Sample("ping")];
    let server = Server::start(replies).await;
    let waha = server.client();
    let chat = address("4915111111111@c.us");
    for out_of_order in [true, false, true, false] {
        let _ = waha.send_text(text(&chat)).await;
        assert_eq!(waha.health().outage.is_some(), out_of_order);
    }
}

#[tokio::test]
async fn signs_of_life_and_reserved_ids() {
    let chat = address("4915111111111@c.us");
    let (seen, asked) = ask!(Sample("sendSeen"), |waha| waha.send_seen("default", &chat, &["false_1@c.us_3F"]));
    assert!(seen.is_ok());
    let body = json!({"session": "default", "chatId": "4915111111111@c.us", "messageIds": ["false_1@c.us_3F"]});
    assert_eq!(asked.body, body);
    let (_, asked) = ask!(made(201, json!({"ids": []})), |waha| waha.send_seen("default", &chat, &[]));
    assert_eq!(asked.body.get("messageIds"), None);
    let (typing, asked) = ask!(Sample("startTyping"), |waha| waha.start_typing("default", &chat));
    assert!(typing.is_ok());
    assert_eq!(asked.path, "/api/startTyping");
    let (typing, asked) = ask!(Sample("startTyping"), |waha| waha.stop_typing("default", &chat));
    assert!(typing.is_ok());
    assert_eq!(asked.path, "/api/stopTyping");
    let (id, asked) = ask!(made(200, json!({"id": "3EB0N"})), |waha| waha.new_message_id("default"));
    assert_eq!((id.unwrap().as_str(), asked.path.as_str()), ("3EB0N", "/api/default/new-message-id"));
    let none = made(404, json!({"message": "Cannot GET /api/default/new-message-id", "statusCode": 404}));
    assert!(matches!(ask!(none, |waha| waha.new_message_id("default")).0, Err(WahaError::NotFound { .. })));
}

#[tokio::test]
async fn chats_and_history() {
    let chat = address("4915111111111@c.us");
    let (chats, _) = ask!(Sample("chats"), |waha| waha.chats("default", 10, 0));
    let chats = chats.unwrap();
    assert_eq!((chats.rows, &chats.items[0].address), (1, &chat));
    assert_eq!(chats.items[0].at, Some(Timestamp::from_seconds(1_795_394_334)));
    let webjs =
        json!([{"id": {"_serialized": "4915111111111@c.us"}, "name": "Ana", "timestamp": 1}, {"id": "1@bot"}, 7]);
    let chats = ask!(made(200, webjs), |waha| waha.chats("default", 10, 0)).0.unwrap();
    assert_eq!((chats.rows, chats.items.len(), chats.items[0].name.as_deref()), (3, 1, Some("Ana")));

    let (overview, _) = ask!(Sample("chats-overview"), |waha| waha.overview("default", 20, 0));
    let overview = overview.unwrap();
    assert_eq!(overview.items[0].name.as_deref(), Some("Ana"));
    assert_eq!(overview.items[0].last.as_ref().unwrap().text.as_deref(), Some("Hi there"));

    let filter = Filter {
        since: Some(Timestamp::from_millis(1_795_394_334_999)),
        whose: Whose::Theirs,
        order: Order::OldestFirst,
        limit: 50,
        offset: 100,
        ..Filter::default()
    };
    let (messages, asked) = ask!(Sample("chat-messages"), |waha| waha.messages("default", Chats::All, &filter));
    let messages = messages.unwrap();
    assert_eq!((messages.rows, messages.items.len()), (3, 3));
    assert_eq!((messages.items[1].bare_id.as_str(), messages.items[1].from_me), ("3EB01A08AB50E93A9513C4", true));
    assert_eq!(messages.items[0].kind, ContentKind::Text);
    assert_eq!(asked.path, "/api/default/chats/all/messages");
    let query: Vec<_> = asked.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(
        query,
        [
            "limit=50",
            "offset=100",
            "downloadMedia=false",
            "sortBy=timestamp",
            "sortOrder=asc",
            "filter.timestamp.gte=1795394334",
            "filter.fromMe=false"
        ]
    );
    let filter = Filter::default();
    let (bad, _) =
        ask!(Sample("chat-messages-bad-limit"), |waha| { waha.messages("default", Chats::One(&chat), &filter) });
    assert!(matches!(bad, Err(WahaError::Rejected { status: 400, .. })));
}

#[tokio::test]
async fn looking_up_a_send() {
    let chat = address("4915111111111@c.us");
    let id = own_id(&chat, "3EB01A08AB50E93A9513C4");
    let recorded: Value = serde_json::from_slice(&fixture("waha-http/chat-messages.json")).unwrap();
    let (found, asked) = ask!(made(200, recorded["body"][1].clone()), |waha| waha.message("default", &chat, &id));
    assert_eq!(found.unwrap().unwrap().wa_id, id);
    assert_eq!(asked.path, format!("/api/default/chats/4915111111111@c.us/messages/{id}"));
    assert!(ask!(Sample("message-not-found"), |waha| waha.message("default", &chat, &id)).0.unwrap().is_none());
    assert!(ask!(Made(200, "", vec![]), |waha| waha.message("default", &chat, &id)).0.unwrap().is_none());
    // Not knowing the session is not knowing whether it was sent.
    let (ghost, _) = ask!(Sample("session-not-found"), |waha| waha.message("ghost", &chat, &id));
    assert!(matches!(ghost, Err(WahaError::NotFound { .. })));
}

#[tokio::test]
async fn people() {
    let lid = address("70000000000003@lid");
    let (all, _) = ask!(Sample("contacts-all"), |waha| waha.contacts_all("default", 100, 0));
    assert_eq!(all.unwrap().items[0].push_name.as_deref(), Some("Ana"));
    let chat = address("4915111111111@c.us");
    let (one, asked) = ask!(Sample("contact"), |waha| waha.contact("default", &chat));
    assert_eq!(one.unwrap().unwrap().address, chat);
    assert_eq!(asked.query[0], ("contactId".to_owned(), "4915111111111@c.us".to_owned()));
    assert!(ask!(Made(200, "", vec![]), |waha| waha.contact("default", &chat)).0.unwrap().is_none());
    let number = phone("4915111111111");
    assert_eq!(ask!(Sample("check-exists"), |waha| waha.check_exists("default", &number)).0.unwrap(), Some(chat));
    assert_eq!(ask!(Sample("check-not-exists"), |waha| waha.check_exists("default", &number)).0.unwrap(), None);
    let (lids, _) = ask!(Sample("lids"), |waha| waha.lids("default", 100, 0));
    assert_eq!(lids.unwrap().items[0].phone, Some(address("4915333333333@c.us")));
    let (known, asked) = ask!(Sample("lid-to-pn"), |waha| waha.lid_to_phone("default", &lid));
    assert_eq!(known.unwrap(), Some(address("4915333333333@c.us")));
    assert_eq!(asked.path, "/api/default/lids/70000000000003@lid");
    assert_eq!(ask!(Sample("lid-unknown"), |waha| waha.lid_to_phone("default", &lid)).0.unwrap(), None);
    let (pair, asked) = ask!(Sample("pn-to-lid"), |waha| waha.phone_to_lid("default", &phone("4915333333333")));
    assert_eq!((pair.unwrap(), asked.path.as_str()), (Some(lid), "/api/default/lids/pn/4915333333333"));
    let nobody = Server::start([]).await.client().lid_to_phone("default", &address("4915111111111@c.us")).await;
    assert!(matches!(nobody, Err(WahaError::Invalid(_))));
}

#[tokio::test]
async fn files() {
    let url = "http://localhost:3000/api/files/default/3F0000000000000000A8.png";
    let png = || Made(200, "image/png", b"\x89PNG-bytes".to_vec());
    let (file, asked) = ask!(png(), |waha| waha.download(url, 10));
    let file = file.unwrap();
    assert_eq!((file.bytes.as_slice(), file.mimetype.as_deref()), (&b"\x89PNG-bytes"[..], Some("image/png")));
    assert_eq!(asked.path, "/api/files/default/3F0000000000000000A8.png");
    assert_eq!(asked.headers["x-api-key"], KEY);
    assert!(!format!("{file:?}").contains("80, 78"), "no bytes of it in Debug: {file:?}");
    let (large, _) = ask!(png(), |waha| waha.download(url, 9));
    assert!(matches!(large, Err(WahaError::TooLarge { limit: 9 })));
    let (gone, _) = ask!(Sample("media-404"), |waha| waha.download(url, 10));
    assert!(matches!(gone, Err(WahaError::NotFound { .. })));
    let server = Server::start([]).await;
    let foreign = server.client().download("http://169.254.169.254/latest/meta-data", 10).await;
    assert!(matches!(foreign, Err(WahaError::Invalid(_))));
    assert!(server.asked().is_empty());
}
