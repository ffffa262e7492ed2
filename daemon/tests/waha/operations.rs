//! What the client asks for exists: every call it makes is held against the names in WAHA's own OpenAPI document.

use std::collections::BTreeSet;

use crate::server::{Asked, Reply, Server, fixture};
use mychatflow_daemon::waha::chats::{Chats, Filter, Whose};
use mychatflow_daemon::waha::send::SendText;
use mychatflow_daemon::waha::send_file::SendFile;
use mychatflow_daemon::waha::sessions::Which;
use mychatflow_data::phone::{Address, Phone};
use mychatflow_data::time::Timestamp;
use serde::Deserialize;
use serde_json::json;

/// One operation of `waha-operations.json`; the `.jq` beside it says where it is from.
#[derive(Debug, Deserialize)]
struct Operation {
    method: String,
    path: String,
    query: BTreeSet<String>,
    query_required: BTreeSet<String>,
    body: BTreeSet<String>,
    body_required: BTreeSet<String>,
}

impl Operation {
    /// How many segments fit literally; `None` when it is another path.
    fn fits(&self, asked: &Asked) -> Option<usize> {
        let (template, path): (Vec<_>, Vec<_>) = (self.path.split('/').collect(), asked.path.split('/').collect());
        let same = self.method == asked.method && template.len() == path.len();
        let each = template.iter().zip(&path).all(|(template, part)| template.starts_with('{') || template == part);
        (same && each).then(|| template.iter().filter(|part| !part.starts_with('{')).count())
    }
}

#[tokio::test]
async fn every_call_is_an_operation_of_waha() {
    let operations: Vec<Operation> = serde_json::from_slice(&fixture("waha-operations.json")).unwrap();
    let mut used = BTreeSet::new();
    for asked in everything_asked().await {
        let fitting = operations.iter().enumerate().filter_map(|(at, known)| Some((known.fits(&asked)?, at)));
        let (_, at) = fitting.max().unwrap_or_else(|| panic!("no such operation: {} {}", asked.method, asked.path));
        let operation = &operations[at];
        used.insert(at);
        let query: BTreeSet<_> = asked.query.iter().map(|(name, _)| name.clone()).collect();
        let body: BTreeSet<_> = asked.body.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        assert!(query.is_subset(&operation.query), "{operation:?} asked with {query:?}");
        assert!(query.is_superset(&operation.query_required), "{operation:?} asked with {query:?}");
        assert!(body.is_subset(&operation.body), "{operation:?} asked with {body:?}");
        assert!(body.is_superset(&operation.body_required), "{operation:?} asked with {body:?}");
        assert_eq!(asked.body.is_null(), operation.body.is_empty(), "{operation:?}");
    }
    let unused: Vec<_> = operations.iter().enumerate().filter(|(at, _)| !used.contains(at)).collect();
    assert!(unused.is_empty(), "never asked: {unused:?}");
}

/// Calls everything that the client has but `download`, whose paths WAHA does not document, with every option set.
async fn everything_asked() -> Vec<Asked> {
    let server = Server::start((0..40).map(|_| Reply::Made(200, "", vec![]))).await;
    let waha = server.client();
    let session = "shop-1";
    let chat: Address = "4915111111111@c.us".parse().unwrap();
    let lid: Address = "70000000000003@lid".parse().unwrap();
    let phone = Phone::parse("4915111111111").unwrap();
    let config = json!({"webhooks": []});
    let now = Some(Timestamp::from_seconds(1));
    let filter = Filter { since: now, until: now, whose: Whose::Ours, ..Filter::default() };
    let send = SendText { session, chat: &chat, text: "x", id: Some("3EB0"), reply_to: Some("false_1@c.us_3F") };
    // The empty answers make some of them fail; only what was asked counts.
    let _ = waha.ping().await;
    let _ = waha.version().await;
    let _ = waha.server_status().await;
    let _ = waha.sessions(Which::All).await;
    let _ = waha.session(session).await;
    let _ = waha.create_session(session, &config).await;
    let _ = waha.update_session(session, &config).await;
    let _ = waha.start_session(session).await;
    let _ = waha.stop_session(session).await;
    let _ = waha.restart_session(session).await;
    let _ = waha.logout_session(session).await;
    let _ = waha.delete_session(session).await;
    let _ = waha.me(session).await;
    let _ = waha.qr_raw(session).await;
    let _ = waha.qr_png(session).await;
    let _ = waha.request_code(session, &phone).await;
    let _ = waha.send_text(send).await;
    for mime in ["image/png", "application/pdf", "video/mp4"] {
        let file = SendFile { session, chat: &chat, file_name: "x", mime, data: b"x", caption: "x" };
        let _ = waha.send_file(file).await;
    }
    let _ = waha.new_message_id(session).await;
    let _ = waha.send_seen(session, &chat, &["false_1@c.us_3F"]).await;
    let _ = waha.start_typing(session, &chat).await;
    let _ = waha.stop_typing(session, &chat).await;
    let _ = waha.chats(session, 1, 0).await;
    let _ = waha.overview(session, 1, 0).await;
    let _ = waha.messages(session, Chats::All, &filter).await;
    let _ = waha.messages(session, Chats::One(&chat), &filter).await;
    let _ = waha.message(session, &chat, "true_4915111111111@c.us_3EB0").await;
    let _ = waha.contacts_all(session, 1, 0).await;
    let _ = waha.contact(session, &chat).await;
    let _ = waha.check_exists(session, &phone).await;
    let _ = waha.lids(session, 1, 0).await;
    let _ = waha.lid_to_phone(session, &lid).await;
    let _ = waha.phone_to_lid(session, &phone).await;
    server.asked()
}
