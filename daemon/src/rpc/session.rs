//! One connection: hello, requests, a subscription. Answers come in any order; a slow reader slows only itself.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use mychatflow_data::protocol::calls::events::{EventsSubscribe, EventsSubscribed};
use mychatflow_data::protocol::error::{CallError, Code};
use mychatflow_data::protocol::event::{EVENT, LAGGED, Topic};
use mychatflow_data::protocol::frame::{
    ErrorData, ErrorObject, FrameId, INVALID_PARAMS, LINE_BYTES_MAX, NotificationFrame, PARSE_ERROR, RequestFrame,
    ResponseFrame,
};
use mychatflow_data::protocol::hello::{self, Hello, HelloReply, PRODUCT_VERSION};
use mychatflow_data::protocol::{AdminRequest, Answer, Request, VERSION};
use mychatflow_data::time::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, timeout_at};
use tokio_util::codec::{FramedRead, FramedWrite, LinesCodec, LinesCodecError};
use tokio_util::sync::CancellationToken;

use super::Service;
use super::peer::Caller;
use crate::bus::{Heard, Listener, Told, Wish};

/// How long a connection may stay before it has said a hello that fits.
pub const HELLO_TIMEOUT: Duration = Duration::from_secs(10);
/// How many calls of one connection run at once; the next line is not read before one of them ends.
pub const CALLS_MAX: usize = 32;
/// How many lines wait for a connection that does not read.
const LINES_WAITING_MAX: usize = 64;
/// How long calls under way may take after the daemon was told to stop.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// What the two sides know of each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Greeting {
    Awaited,
    Welcome,
    /// Only [`ANSWERED_ANYWAY`] is answered.
    OtherVersion,
}

/// So that an upgrade can always end.
const ANSWERED_ANYWAY: [&str; 2] = ["daemon.status", "daemon.stop"];

/// Serves one connection to its end. The end is the peer's last line, a broken line, or `shutdown`; calls under way
/// are answered first.
pub async fn serve<S, T>(stream: T, caller: Caller, service: Arc<S>, shutdown: CancellationToken)
where
    S: Service,
    T: AsyncRead + AsyncWrite + Send + 'static,
{
    serve_greeted(stream, caller, service, shutdown, HELLO_TIMEOUT).await;
}

async fn serve_greeted<S, T>(
    stream: T,
    caller: Caller,
    service: Arc<S>,
    shutdown: CancellationToken,
    hello_within: Duration,
) where
    S: Service,
    T: AsyncRead + AsyncWrite + Send + 'static,
{
    let (reader, writer) = tokio::io::split(stream);
    let (lines, queued) = mpsc::channel(LINES_WAITING_MAX);
    let gone = CancellationToken::new();
    let writing = tokio::spawn(write(FramedWrite::new(writer, LinesCodec::new()), queued, gone.clone()));
    let mut session = Session {
        service,
        caller: Arc::new(caller),
        lines,
        permits: Arc::new(Semaphore::new(CALLS_MAX)),
        calls: JoinSet::new(),
        subscription: None,
        greeting: Greeting::Awaited,
        hello_by: Instant::now() + hello_within,
    };
    let reader = FramedRead::new(reader, LinesCodec::new_with_max_length(LINE_BYTES_MAX));
    tokio::select! {
        () = session.read(reader) => {}
        () = shutdown.cancelled() => {}
        () = gone.cancelled() => return,
    }
    if let Some(subscription) = session.subscription.take() {
        subscription.abort();
    }
    let drained = async {
        while session.calls.join_next().await.is_some() {}
        // The last sender: the writer ends once everything is written.
        drop(session);
        // Either it wrote everything, or nobody reads any more.
        let _ = writing.await;
    };
    if tokio::time::timeout(DRAIN_TIMEOUT, drained).await.is_err() {
        tracing::debug!("a connection did not take its last answers");
    }
}

async fn write<W: AsyncWrite>(
    sink: FramedWrite<W, LinesCodec>,
    mut queued: mpsc::Receiver<String>,
    gone: CancellationToken,
) {
    let mut sink = std::pin::pin!(sink);
    let mut batch = Vec::new();
    while queued.recv_many(&mut batch, LINES_WAITING_MAX).await > 0 {
        for line in batch.drain(..) {
            if sink.feed(line).await.is_err() {
                gone.cancel();
                return;
            }
        }
        if SinkExt::<String>::flush(&mut sink).await.is_err() {
            gone.cancel();
            return;
        }
    }
}

struct Session<S> {
    service: Arc<S>,
    caller: Arc<Caller>,
    lines: mpsc::Sender<String>,
    permits: Arc<Semaphore>,
    calls: JoinSet<()>,
    subscription: Option<AbortHandle>,
    greeting: Greeting,
    hello_by: Instant,
}

impl<S: Service> Session<S> {
    async fn read<R: AsyncRead>(&mut self, lines: FramedRead<R, LinesCodec>) {
        let mut lines = std::pin::pin!(lines);
        loop {
            let line = match self.greeting {
                // Whatever else it says meanwhile: who is not welcome by then keeps no place.
                Greeting::Awaited | Greeting::OtherVersion => match timeout_at(self.hello_by, lines.next()).await {
                    Ok(line) => line,
                    Err(_) => return,
                },
                Greeting::Welcome => lines.next().await,
            };
            let line = match line {
                Some(Ok(line)) => line,
                Some(Err(error)) => {
                    let text = match error {
                        LinesCodecError::MaxLineLengthExceeded => "a line has at most 1 MiB".to_owned(),
                        LinesCodecError::Io(error) => format!("the line could not be read: {error}"),
                    };
                    let error = ErrorObject::plain(PARSE_ERROR, text);
                    return respond(&self.lines, ResponseFrame::refused(None, error)).await;
                }
                None => return,
            };
            if line.trim().is_empty() {
                continue;
            }
            match RequestFrame::read(&line) {
                Ok(frame) => self.take(frame).await,
                Err(refusal) => respond(&self.lines, refusal).await,
            }
        }
    }

    async fn take(&mut self, frame: RequestFrame) {
        let RequestFrame { id, method, params, .. } = frame;
        if method == hello::METHOD {
            let outcome = self.hello(params).and_then(|reply| raw(&reply));
            return answer(&self.lines, id, outcome).await;
        }
        if self.greeting != Greeting::Welcome && !ANSWERED_ANYWAY.contains(&method.as_str()) {
            let error = match self.greeting {
                Greeting::OtherVersion => other_version(None),
                _ => CallError::invalid("say hello first: {\"method\":\"hello\",\"params\":{\"protocol\":1}}").into(),
            };
            return answer(&self.lines, id, Err(error)).await;
        }
        match Request::read(&method, params) {
            Ok(Request::Admin(AdminRequest::EventsSubscribe(wanted))) => self.subscribe(id, wanted).await,
            Ok(request) => self.call(id, request).await,
            Err(error) => answer(&self.lines, id, Err(error)).await,
        }
    }

    fn hello(&mut self, params: serde_json::Value) -> Result<HelloReply, ErrorObject> {
        let hello: Hello = serde_json::from_value(params)
            .map_err(|error| ErrorObject::plain(INVALID_PARAMS, format!("hello: {error}")))?;
        if hello.protocol != VERSION {
            self.greeting = Greeting::OtherVersion;
            return Err(other_version(Some(&hello)));
        }
        self.greeting = Greeting::Welcome;
        let bus = self.service.bus();
        Ok(HelloReply::ours(bus.seq(), bus.epoch()))
    }

    async fn call(&mut self, id: Option<FrameId>, request: Request) {
        while self.calls.try_join_next().is_some() {}
        let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await else { return };
        let (service, caller, lines) = (Arc::clone(&self.service), Arc::clone(&self.caller), self.lines.clone());
        self.calls.spawn(async move {
            let method = request.method().name;
            let outcome = match AssertUnwindSafe(service.call(&caller, request)).catch_unwind().await {
                Ok(outcome) => outcome.map(Answer::into_raw).map_err(ErrorObject::from),
                Err(_) => {
                    tracing::error!(method, "a call panicked");
                    Err(CallError::internal(format!("{method} failed by a mistake of ours; the log has the details"))
                        .into())
                }
            };
            answer(&lines, id, outcome).await;
            drop(permit);
        });
    }

    async fn subscribe(&mut self, id: Option<FrameId>, wanted: EventsSubscribe) {
        let EventsSubscribe { tenant, topics, since_seq, epoch } = wanted;
        let tenant = tenant.as_ref().map(|tenant| tenant.as_str());
        let audience = match self.service.audience(&self.caller, tenant).await {
            Ok(audience) => audience,
            Err(error) => return answer(&self.lines, id, Err(error.into())).await,
        };
        if let Some(former) = self.subscription.take() {
            former.abort();
        }
        let bus = self.service.bus();
        let listener = bus.listen(Wish { audience, topics, since: since_seq.map(|seq| (seq, epoch)) });
        let reply = EventsSubscribed { seq: listener.start(), epoch: bus.epoch() };
        answer(&self.lines, id, raw(&reply)).await;
        self.subscription = Some(tokio::spawn(tell(listener, self.lines.clone())).abort_handle());
    }
}

/// Tells what happens for as long as somebody reads.
async fn tell(mut listener: Listener, lines: mpsc::Sender<String>) {
    #[derive(Serialize)]
    struct Params<'a> {
        seq: u64,
        prev: u64,
        tenant: Option<mychatflow_data::ids::TenantId>,
        topic: Topic,
        at: Timestamp,
        data: &'a RawValue,
    }
    let mut prev = listener.start();
    loop {
        match listener.next().await {
            Heard::Events(events) => {
                for event in events {
                    let Told { seq, tenant, topic, at, data } = &*event;
                    let params = Params { seq: *seq, prev, tenant: *tenant, topic: *topic, at: *at, data };
                    prev = *seq;
                    if !send(&lines, &NotificationFrame::new(EVENT, params)).await {
                        return;
                    }
                }
            }
            Heard::Lagged(lagged) => {
                prev = lagged.seq;
                if !send(&lines, &NotificationFrame::new(LAGGED, lagged)).await {
                    return;
                }
            }
        }
    }
}

fn other_version(hello: Option<&Hello>) -> ErrorObject {
    let message = match hello {
        Some(hello) => hello::mismatch_text((hello.protocol, &hello.version), (VERSION, PRODUCT_VERSION)),
        None => {
            format!("the daemon speaks protocol {VERSION}; only daemon.status and daemon.stop are answered to others")
        }
    };
    let data =
        ErrorData { code: Code::VersionMismatch, protocol: Some(VERSION), version: Some(PRODUCT_VERSION.to_owned()) };
    ErrorObject { code: Code::VersionMismatch.number(), message, data: Some(data) }
}

fn raw(reply: &impl Serialize) -> Result<Box<RawValue>, ErrorObject> {
    serde_json::value::to_raw_value(reply).map_err(|error| CallError::internal(error.to_string()).into())
}

async fn answer(lines: &mpsc::Sender<String>, id: Option<FrameId>, outcome: Result<Box<RawValue>, ErrorObject>) {
    // A request without an id wants no answer.
    let Some(id) = id else { return };
    let frame = match outcome {
        Ok(reply) if reply.get().len() > LINE_BYTES_MAX - 1024 => {
            let text = "the answer would be longer than 1 MiB; ask for fewer with limit";
            ResponseFrame::refused(Some(id), CallError::invalid(text).into())
        }
        Ok(reply) => ResponseFrame::done(Some(id), reply),
        Err(error) => ResponseFrame::refused(Some(id), error),
    };
    respond(lines, frame).await;
}

async fn respond(lines: &mpsc::Sender<String>, frame: ResponseFrame) {
    // When nobody reads any more, the session ends by itself.
    let _ = send(lines, &frame).await;
}

async fn send(lines: &mpsc::Sender<String>, frame: &impl Serialize) -> bool {
    match serde_json::to_string(frame) {
        Ok(line) => lines.send(line).await.is_ok(),
        Err(error) => {
            tracing::error!(%error, "a line could not be written");
            true
        }
    }
}

#[cfg(test)]
mod tests;
