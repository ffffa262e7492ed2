//! The client against a daemon that exists only as the other end of a pipe.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf};

use mychatflow_data::client::{Client, ClientError, Notice, connect};
use mychatflow_data::credits::Credits;
use mychatflow_data::protocol::VERSION;
use mychatflow_data::protocol::calls::credit::CreditAudit;
use mychatflow_data::protocol::calls::daemon::DaemonStop;
use mychatflow_data::protocol::calls::events::EventsSubscribe;
use mychatflow_data::protocol::error::Code;
use mychatflow_data::protocol::event::Lagged;

use crate::samples::{AT, RUN};

/// The other end: reads lines, answers by hand.
struct Daemon {
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    writer: WriteHalf<DuplexStream>,
}

impl Daemon {
    fn pair() -> (DuplexStream, Self) {
        let (ours, theirs) = tokio::io::duplex(4 * 1024 * 1024);
        let (reader, writer) = tokio::io::split(theirs);
        (ours, Self { lines: BufReader::new(reader).lines(), writer })
    }

    async fn asked(&mut self) -> Value {
        serde_json::from_str(&self.lines.next_line().await.unwrap().unwrap()).unwrap()
    }

    async fn says(&mut self, line: Value) {
        self.writer.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    async fn welcomes(&mut self) {
        let hello = self.asked().await;
        assert_eq!((&hello["method"], &hello["params"]["protocol"]), (&json!("hello"), &json!(VERSION)));
        let reply = json!({"protocol": VERSION, "version": "0.1.0", "build": "b", "seq": 5, "epoch": RUN});
        self.says(json!({"jsonrpc": "2.0", "id": hello["id"], "result": reply})).await;
    }
}

async fn connected() -> (Client, Daemon) {
    let (stream, mut daemon) = Daemon::pair();
    let (client, ()) = tokio::join!(Client::over(stream), daemon.welcomes());
    (client.unwrap(), daemon)
}

#[tokio::test]
async fn answers_find_their_questions_in_any_order() {
    let (client, mut daemon) = connected().await;
    let audit = CreditAudit::default();
    let (first, second, ()) = tokio::join!(client.call(&audit), client.call(&audit), async {
        let (a, b) = (daemon.asked().await, daemon.asked().await);
        daemon.says(json!({"jsonrpc": "2.0", "id": b["id"], "result": {"balance": 2, "derived": 2, "drift": 0}})).await;
        let refusal = json!({"code": -32004, "message": "ask the owner", "data": {"code": "forbidden"}});
        daemon.says(json!({"jsonrpc": "2.0", "id": a["id"], "error": refusal})).await;
    });
    let refused = first.unwrap_err();
    assert_eq!((refused.code(), refused.to_string()), (Some(Code::Forbidden), "ask the owner".to_owned()));
    assert_eq!(second.unwrap().balance, Credits::new(2));
}

#[tokio::test]
async fn another_protocol_is_named_and_the_daemon_can_still_be_stopped() {
    let refusal = json!({
        "code": -32010, "message": "no", "data": {"code": "version_mismatch", "protocol": VERSION + 1, "version": "9.0.0"}
    });
    let (stream, mut daemon) = Daemon::pair();
    let (client, ()) = tokio::join!(Client::over(stream), async {
        let hello = daemon.asked().await;
        daemon.says(json!({"jsonrpc": "2.0", "id": hello["id"], "error": refusal})).await;
    });
    let error = client.unwrap_err();
    assert!(matches!(error, ClientError::VersionMismatch { .. }));
    assert!(error.to_string().contains("the daemon 9.0.0 speaks protocol 2; this command is the older one"), "{error}");

    let (stream, mut daemon) = Daemon::pair();
    let (client, ()) = tokio::join!(Client::over_any_version(stream), async {
        let hello = daemon.asked().await;
        daemon.says(json!({"jsonrpc": "2.0", "id": hello["id"], "error": refusal})).await;
    });
    let client = client.unwrap();
    let stop = DaemonStop::default();
    let (stopping, ()) = tokio::join!(client.call(&stop), async {
        let stop = daemon.asked().await;
        daemon.says(json!({"jsonrpc": "2.0", "id": stop["id"], "result": {"pid": 7}})).await;
    });
    assert_eq!(stopping.unwrap().pid, 7);
}

#[tokio::test]
async fn a_subscription_hears_events_and_lags() {
    let (client, mut daemon) = connected().await;
    let wanted = EventsSubscribe::default();
    let (subscription, ()) = tokio::join!(client.subscribe(&wanted), async {
        let asked = daemon.asked().await;
        daemon.says(json!({"jsonrpc": "2.0", "id": asked["id"], "result": {"seq": 5, "epoch": RUN}})).await;
        daemon.says(event(6, 5)).await;
        daemon.says(json!({"jsonrpc": "2.0", "method": "lagged", "params": {"seq": 9, "missed": 3}})).await;
    });
    let mut subscription = subscription.unwrap();
    // The connection outlives the client as long as somebody listens.
    drop(client);
    let Some(Notice::Event(first)) = subscription.next().await else { panic!("an event") };
    assert_eq!((first.seq, first.prev), (6, 5));
    assert_eq!(subscription.next().await, Some(Notice::Lagged(Lagged { seq: 9, missed: 3 })));
    drop(daemon);
    assert_eq!(subscription.next().await, None);
}

#[tokio::test]
async fn a_listener_that_does_not_read_is_told_what_it_lost_and_calls_go_on() {
    let (client, mut daemon) = connected().await;
    let wanted = EventsSubscribe::default();
    let (subscription, ()) = tokio::join!(client.subscribe(&wanted), async {
        let asked = daemon.asked().await;
        daemon.says(json!({"jsonrpc": "2.0", "id": asked["id"], "result": {"seq": 0, "epoch": RUN}})).await;
        for seq in 1..=3000 {
            daemon.says(event(seq, seq - 1)).await;
        }
    });
    let audit = CreditAudit::default();
    let (audited, ()) = tokio::join!(client.call(&audit), async {
        let asked = daemon.asked().await;
        daemon
            .says(json!({"jsonrpc": "2.0", "id": asked["id"], "result": {"balance": 1, "derived": 1, "drift": 0}}))
            .await;
    });
    assert_eq!(audited.unwrap().balance, Credits::ONE);
    let mut heard = 0;
    let mut subscription = subscription.unwrap();
    let lagged = loop {
        match subscription.next().await.unwrap() {
            Notice::Event(event) => heard = event.seq,
            Notice::Lagged(lagged) => break lagged,
        }
    };
    assert_eq!(lagged, Lagged { seq: 3000, missed: 3000 - heard });
}

#[tokio::test]
async fn a_daemon_that_goes_away_or_never_answers_leaves_nobody_waiting() {
    let (client, mut daemon) = connected().await;
    let audit = CreditAudit::default();
    let waited = client.call_within(&audit, Duration::from_millis(1)).await;
    assert!(matches!(waited, Err(ClientError::TimedOut { .. })));
    let (answer, ()) = tokio::join!(client.call(&audit), async {
        daemon.asked().await;
        drop(daemon);
    });
    assert!(matches!(answer, Err(ClientError::Io(_))));
}

#[tokio::test]
async fn nobody_at_the_socket_says_how_to_start_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mychatflow.sock");
    let error = connect(&path).await.unwrap_err();
    assert_eq!(error.to_string(), format!("no daemon listens at {}; start it: mychatflow daemon", path.display()));
    // A socket whose daemon was killed.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let error = connect(&path).await.unwrap_err();
    assert!(error.to_string().starts_with("the daemon has gone away at"), "{error}");
}

fn event(seq: u64, prev: u64) -> Value {
    json!({"jsonrpc": "2.0", "method": "event", "params": {
        "seq": seq, "prev": prev, "tenant": null, "topic": "daemon.notice", "at": AT, "data": {}
    }})
}
