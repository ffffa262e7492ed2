//! Sessions against a service that exists only here.

use std::collections::HashSet;
use std::time::Duration;

use mychatflow_data::client::{Client, ClientError, Notice};
use mychatflow_data::ids::{RunId, TenantId};
use mychatflow_data::protocol::calls::credit::{CreditAudit, CreditGrant, CreditShow};
use mychatflow_data::protocol::calls::daemon::{DaemonStop, DaemonStopping};
use mychatflow_data::protocol::{Call, TenantRequest};
use mychatflow_data::time::WallClock;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream};
use tokio::sync::Notify;

use super::*;
use crate::bus::{Audience, Bus, EVENTS_MAX};
use crate::rpc::peer::Standing;

struct Dummy {
    bus: Bus,
    tenant: TenantId,
    gate: Notify,
}

impl Service for Dummy {
    async fn call(&self, caller: &Caller, request: Request) -> Result<Answer, CallError> {
        match request {
            Request::Tenant(TenantRequest::CreditAudit(_)) => {
                answer_of::<CreditAudit>(json!({"balance": 3, "derived": 3, "drift": 0}))
            }
            // Waits for somebody to open the gate.
            Request::Tenant(TenantRequest::CreditShow(_)) => {
                self.gate.notified().await;
                Err(CallError::not_found(format!("{} has no credit", caller.name)))
            }
            Request::Admin(AdminRequest::DaemonStop(_)) => {
                Answer::of::<DaemonStop>(&DaemonStopping { pid: 7, lock: None })
            }
            other => panic!("not for the dummy: {other:?}"),
        }
    }

    async fn audience(&self, _: &Caller, tenant: Option<&str>) -> Result<Audience, CallError> {
        match tenant {
            Some("mine") => Ok(Audience::Tenants(HashSet::from([self.tenant]))),
            Some(_) => Err(CallError::not_found("no such tenant")),
            None => Ok(Audience::Everybody),
        }
    }

    fn bus(&self) -> &Bus {
        &self.bus
    }
}

fn answer_of<C: Call>(document: Value) -> Result<Answer, CallError> {
    Answer::of::<C>(&serde_json::from_value(document).unwrap())
}

struct World {
    service: Arc<Dummy>,
    shutdown: CancellationToken,
}

impl World {
    fn new() -> Self {
        let bus = Bus::new(RunId::new(), Arc::new(WallClock));
        let service = Arc::new(Dummy { bus, tenant: TenantId::new(), gate: Notify::new() });
        Self { service, shutdown: CancellationToken::new() }
    }

    fn open(&self) -> DuplexStream {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let caller = Caller { uid: 1000, name: "anna".to_owned(), standing: Standing::Person };
        tokio::spawn(serve(theirs, caller, Arc::clone(&self.service), self.shutdown.clone()));
        ours
    }

    async fn client(&self) -> Client {
        Client::over(self.open()).await.unwrap()
    }

    /// Sends raw lines and reads so many lines back.
    async fn lines(&self, text: &str, count: usize) -> Vec<Value> {
        let (reader, mut writer) = tokio::io::split(self.open());
        writer.write_all(text.as_bytes()).await.unwrap();
        let mut lines = BufReader::new(reader).lines();
        let mut got = Vec::new();
        while got.len() < count {
            got.push(serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap());
        }
        got
    }
}

const HELLO: &str = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hello\",\"params\":{\"protocol\":1}}\n";

#[tokio::test]
async fn hello_tells_where_events_stand() {
    let world = World::new();
    world.service.bus.publish(None, Topic::DaemonNotice, &"up");
    let client = world.client().await;
    let daemon = client.daemon().unwrap();
    assert_eq!((daemon.seq, daemon.epoch), (1, world.service.bus.epoch()));
}

#[tokio::test]
async fn nothing_is_answered_before_hello_but_status_and_stop() {
    let world = World::new();
    let audit = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"credit.audit\"}\n";
    let stop = "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"daemon.stop\"}\n";
    let got = world.lines(&format!("{audit}{stop}"), 2).await;
    assert_eq!(got[0]["error"]["data"]["code"], "invalid");
    assert_eq!(got[1]["result"]["pid"], 7);
}

#[tokio::test]
async fn a_connection_that_never_says_hello_is_closed_whatever_else_it_says() {
    let world = World::new();
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let caller = Caller { uid: 1000, name: "anna".to_owned(), standing: Standing::Person };
    let (service, shutdown) = (Arc::clone(&world.service), world.shutdown.clone());
    tokio::spawn(serve_greeted(theirs, caller, service, shutdown, Duration::from_millis(200)));
    let (mut reader, mut writer) = tokio::io::split(ours);
    let chatter = async {
        while writer.write_all(b"\n").await.is_ok() {
            // On this one thread, whoever reads has its turn and its clock between two lines.
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), chatter).await.expect("closed");
    assert_eq!(reader.read(&mut [0; 16]).await.unwrap(), 0);
}

#[tokio::test]
async fn another_protocol_is_refused_by_number_and_may_still_stop_the_daemon() {
    let world = World::new();
    let hello =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hello\",\"params\":{\"protocol\":2,\"version\":\"9.0.0\"}}\n";
    let audit = "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"credit.audit\"}\n";
    let stop = "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"daemon.stop\"}\n";
    let got = world.lines(&format!("{hello}{audit}{stop}"), 3).await;
    assert_eq!(got[0]["error"]["data"], json!({"code": "version_mismatch", "protocol": 1, "version": PRODUCT_VERSION}));
    assert!(got[0]["error"]["message"].as_str().unwrap().contains("the daemon is the older one"), "{}", got[0]);
    assert_eq!(got[1]["error"]["data"]["code"], "version_mismatch");
    assert_eq!(got[2]["result"]["pid"], 7);
}

#[tokio::test]
async fn mistakes_are_told_and_the_connection_goes_on() {
    let world = World::new();
    let bad = "not json\n\n{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"credit.sho\"}\n";
    let quiet = "{\"jsonrpc\":\"2.0\",\"method\":\"credit.audit\"}\n";
    let good = "{\"jsonrpc\":\"2.0\",\"id\":\"last\",\"method\":\"credit.audit\"}\n";
    let got = world.lines(&format!("{HELLO}{bad}{quiet}{good}"), 4).await;
    assert_eq!((&got[1]["id"], &got[1]["error"]["code"]), (&Value::Null, &json!(-32700)));
    assert_eq!((&got[2]["id"], &got[2]["error"]["code"]), (&json!(4), &json!(-32601)));
    assert_eq!((&got[3]["id"], &got[3]["result"]["balance"]), (&json!("last"), &json!(3)));
}

#[tokio::test]
async fn a_line_without_end_is_cut_off() {
    let world = World::new();
    let (reader, mut writer) = tokio::io::split(world.open());
    let writing = tokio::spawn(async move {
        // Ends with an error once the daemon has had enough.
        let _ = writer.write_all(&vec![b'x'; 4 * LINE_BYTES_MAX]).await;
    });
    let mut text = String::new();
    BufReader::new(reader).read_to_string(&mut text).await.unwrap();
    assert!(text.contains("-32700") && text.contains("1 MiB"), "{text}");
    writing.await.unwrap();
}

#[tokio::test]
async fn a_slow_call_does_not_hold_up_a_quick_one() {
    let world = World::new();
    let client = world.client().await;
    let slow = tokio::spawn({
        let client = client.clone();
        async move { client.call(&CreditShow::default()).await }
    });
    assert_eq!(client.call(&CreditAudit::default()).await.unwrap().balance.count(), 3);
    world.service.gate.notify_one();
    let refused = slow.await.unwrap().unwrap_err();
    assert_eq!(refused.to_string(), "anna has no credit");
}

#[tokio::test]
async fn a_call_that_panics_is_our_mistake_and_the_connection_goes_on() {
    let world = World::new();
    let client = world.client().await;
    let grant = CreditGrant { tenant: None, amount: mychatflow_data::credits::Credits::ONE, note: None };
    let error = client.call(&grant).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::Internal));
    client.call(&CreditAudit::default()).await.unwrap();
}

#[tokio::test]
async fn events_come_in_order_and_each_names_the_one_before_it() {
    let world = World::new();
    let client = world.client().await;
    let wanted = EventsSubscribe { tenant: Some("mine".into()), ..EventsSubscribe::default() };
    let mut subscription = client.subscribe(&wanted).await.unwrap();
    let bus = &world.service.bus;
    bus.publish(Some(TenantId::new()), Topic::ChatChanged, &"theirs");
    bus.publish(Some(world.service.tenant), Topic::ChatChanged, &"ours");
    bus.publish(Some(world.service.tenant), Topic::CreditChanged, &"ours again");
    let mut got = Vec::new();
    while got.len() < 2 {
        match subscription.next().await.unwrap() {
            Notice::Event(event) => got.push((event.prev, event.seq, event.data)),
            Notice::Lagged(lagged) => panic!("{lagged:?}"),
        }
    }
    assert_eq!(got, [(0, 2, json!("ours")), (2, 3, json!("ours again"))]);

    let wanted = EventsSubscribe { tenant: Some("theirs".into()), ..EventsSubscribe::default() };
    assert!(matches!(client.subscribe(&wanted).await, Err(ClientError::Refused(_))));
}

#[tokio::test]
async fn who_comes_back_after_a_restart_is_told_to_read_again() {
    let world = World::new();
    let client = world.client().await;
    let wanted = EventsSubscribe { since_seq: Some(40), epoch: Some(RunId::new()), ..EventsSubscribe::default() };
    let mut subscription = client.subscribe(&wanted).await.unwrap();
    assert!(matches!(subscription.next().await, Some(Notice::Lagged(_))));
}

#[tokio::test]
async fn a_console_that_does_not_read_lags_and_holds_up_nobody() {
    let world = World::new();
    let (reader, mut writer) = tokio::io::split(world.open());
    let subscribe = "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"events.subscribe\"}\n";
    writer.write_all(format!("{HELLO}{subscribe}").as_bytes()).await.unwrap();
    let mut lines = BufReader::new(reader).lines();
    for _ in 0..2 {
        lines.next_line().await.unwrap().unwrap();
    }
    // Far more than the pipe and the queues hold; publishing comes back at once all the same.
    let count = 3 * EVENTS_MAX as u64;
    let text = "x".repeat(100);
    for n in 0..count {
        world.service.bus.publish(None, Topic::ChatChanged, &text);
        if n % 64 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let other = world.client().await;
    other.call(&CreditAudit::default()).await.unwrap();

    let (mut last, mut lags) = (0, 0);
    while last < count {
        let line: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
        match line["method"].as_str().unwrap() {
            "lagged" => lags += 1,
            _ => assert_eq!(line["params"]["prev"], json!(last), "a gap shows as lagged only"),
        }
        last = line["params"]["seq"].as_u64().unwrap();
    }
    assert_eq!(lags, 1);
}

#[tokio::test]
async fn calls_under_way_are_answered_before_the_daemon_ends() {
    let world = World::new();
    let client = world.client().await;
    let slow = tokio::spawn({
        let client = client.clone();
        async move { client.call(&CreditShow::default()).await }
    });
    // Answered after the slow one was taken: the order of the lines.
    client.call(&CreditAudit::default()).await.unwrap();
    world.shutdown.cancel();
    world.service.gate.notify_one();
    let end = tokio::time::timeout(Duration::from_secs(30), slow).await.unwrap().unwrap().unwrap_err();
    assert_eq!(end.to_string(), "anna has no credit");
}
