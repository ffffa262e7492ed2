//! The two listening ports, their connections and their routes.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::{TokioIo, TokioTimer};
use mychatflow_data::model::finding::{FindingCode, HealthFinding};
use mychatflow_data::time::Timestamp;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::webhook::{Answer, Peer, SENDER_MAX, Webhook, answer};
use crate::cx::{Clients, Cx};
use crate::disk::free_bytes;
use crate::gemini::{BreakerState, State};
use crate::health::{self, HealthScope};
use crate::waha::health::Health;
use crate::waha::session_config::WEBHOOK_PATH;

/// Connections that may be open at once; more wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 2_048;
/// How long a stop waits for requests that are being answered.
const DRAIN: Duration = Duration::from_secs(5);
/// The largest head of a request.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// Answers requests of one port.
pub trait Routes: Send + Sync + 'static {
    /// Answers one request.
    fn answer(&self, request: Request<Incoming>) -> impl Future<Output = Answer> + Send;
}

/// Serves a port until told to stop, then lets requests come to an end, for a while.
pub async fn serve<R: Routes>(listener: TcpListener, routes: Arc<R>, stop: CancellationToken) {
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let tracker = TaskTracker::new();
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { break };
        let (stream, peer) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => (stream, Peer(peer.ip())),
                Err(error) => {
                    // Out of file descriptors, most likely: some will be free again soon.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let (routes, stop) = (Arc::clone(&routes), stop.clone());
        tracker.spawn(async move {
            serve_one(stream, peer, routes, stop).await;
            drop(place);
        });
    }
    drop(listener);
    tracker.close();
    if tokio::time::timeout(DRAIN, tracker.wait()).await.is_err() {
        tracing::warn!("requests were still open at the stop");
    }
}

async fn serve_one<R: Routes>(stream: TcpStream, peer: Peer, routes: Arc<R>, stop: CancellationToken) {
    // Without it a small answer waits for the client's delayed ack.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        let routes = Arc::clone(&routes);
        async move { Ok::<_, Infallible>(routes.answer(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(SENDER_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}

impl Routes for Webhook {
    async fn answer(&self, request: Request<Incoming>) -> Answer {
        let path = request.uri().path();
        if let Some(instance) = path.strip_prefix(WEBHOOK_PATH) {
            if request.method() != Method::POST {
                return answer(StatusCode::METHOD_NOT_ALLOWED, r#"{"error":"only POST"}"#);
            }
            let instance = instance.trim_end_matches('/').to_owned();
            return self.receive(&instance, request).await;
        }
        match (request.method(), path) {
            (&Method::GET, "/healthz") => answer(StatusCode::OK, r#"{"alive":true}"#),
            _ => answer(StatusCode::NOT_FOUND, r#"{"error":"no such path"}"#),
        }
    }
}

/// `/readyz` and `/metrics`.
pub struct Readiness {
    /// The daemon.
    pub cx: Arc<Cx>,
}

impl Routes for Readiness {
    async fn answer(&self, request: Request<Incoming>) -> Answer {
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/readyz") => self.ready().await,
            (&Method::GET, "/metrics") => self.metrics().await,
            _ => answer(StatusCode::NOT_FOUND, r#"{"error":"no such path"}"#),
        }
    }
}

impl Readiness {
    /// 200 while the store takes writes, by what became of real ones. What WAHA and Gemini do is told, with its age, and never fails it.
    async fn ready(&self) -> Answer {
        let began = Instant::now();
        let store = self.cx.store.probe().await;
        let probe_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let now = self.cx.now();
        let clients = self.cx.clients();
        let findings = health::findings(&self.cx, HealthScope::Everything).await;
        let refuses = findings.iter().find(|finding| finding.code.stops_deliveries());
        let error = store.as_ref().err().map(ToString::to_string);
        let error = error.or_else(|| refuses.map(|finding| finding.summary.clone()));
        let wahas: Vec<_> = clients.wahas.values().map(|waha| about_waha(waha.name(), &waha.health(), now)).collect();
        let gemini = clients.gemini.as_ref().map(|gemini| about_gemini(&gemini.state(), now));
        let body = json!({
            "ready": error.is_none(),
            "store": {
                "waiting": self.cx.store.waiting(),
                "probe_ms": probe_ms,
                "error": error,
            },
            "disk": {"free_bytes": free_bytes(&clients.config.daemon.data_dir)},
            "waha": wahas,
            "gemini": gemini,
            "findings": findings,
        });
        let mut answer = Response::new(Full::new(Bytes::from(body.to_string())));
        if error.is_some() {
            *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        }
        let json = header::HeaderValue::from_static("application/json");
        answer.headers_mut().insert(header::CONTENT_TYPE, json);
        answer
    }

    /// OpenMetrics text. Sums over tenants: a scrape must not tell one tenant's numbers to another.
    async fn metrics(&self) -> Answer {
        let mut text = String::new();
        let counters = self.cx.store.counters().await.unwrap_or_default();
        let mut sums = std::collections::BTreeMap::<String, i64>::new();
        for counter in counters {
            *sums.entry(counter.name.replace('.', "_")).or_default() += counter.value;
        }
        for (name, value) in sums {
            // Writing to a String can't fail.
            let _ = write!(text, "# TYPE mychatflow_{name} counter\nmychatflow_{name}_total {value}\n");
        }
        let _ = writeln!(text, "# TYPE mychatflow_jobs gauge");
        for (state, count) in self.cx.store.job_counts().await.unwrap_or_default() {
            let _ = writeln!(text, "mychatflow_jobs{{state=\"{state}\"}} {count}");
        }
        write_gauges(&mut text, &self.cx.clients());
        write_findings(&mut text, &health::findings(&self.cx, HealthScope::Everything).await);
        let _ = write!(
            text,
            "# TYPE mychatflow_store_waiting gauge\nmychatflow_store_waiting {}\n# EOF\n",
            self.cx.store.waiting()
        );
        let mut answer = Response::new(Full::new(Bytes::from(text)));
        let kind = header::HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
        answer.headers_mut().insert(header::CONTENT_TYPE, kind);
        answer
    }
}

/// Does it answer? `None`: it was not asked yet.
fn is_up(health: &Health) -> Option<bool> {
    match (&health.outage, health.succeeded_at) {
        (Some(_), _) => Some(false),
        (None, Some(_)) => Some(true),
        (None, None) => None,
    }
}

/// Does it answer questions? `None`: it was not asked yet.
fn answers(state: &State) -> Option<bool> {
    if state.breaker != BreakerState::Closed || state.record.standing_error().is_some() {
        return Some(false);
    }
    state.record.last_ok_at.map(|_| true)
}

fn about_waha(name: &str, health: &Health, now: Timestamp) -> Value {
    json!({
        "name": name,
        "up": is_up(health),
        "last_ok": health.succeeded_at.map(|at| json!({"at": at, "age_s": now.since(at).as_secs()})),
        "last_error": health.last_error.as_ref().map(|failure| {
            json!({"at": failure.at, "age_s": now.since(failure.at).as_secs(), "error": failure.reason})
        }),
    })
}

fn about_gemini(state: &State, now: Timestamp) -> Value {
    let age = |at: jiff::Timestamp| now.to_jiff().duration_since(at).as_secs().max(0);
    json!({
        "up": answers(state),
        "last_ok": state.record.last_ok_at.map(|at| json!({"at": at.to_string(), "age_s": age(at)})),
        "last_error": state.record.last_error.as_ref().map(|last| {
            json!({"at": last.at.to_string(), "age_s": age(last.at), "error": last.error.to_string()})
        }),
    })
}

/// What the servers do, as gauges. Writing to a String can't fail.
fn write_gauges(text: &mut String, clients: &Clients) {
    let _ = writeln!(text, "# TYPE mychatflow_waha_up gauge");
    for waha in clients.wahas.values() {
        // Of a server that was not asked yet nothing is told.
        if let Some(up) = is_up(&waha.health()) {
            let (name, up) = (label(waha.name()), u8::from(up));
            let _ = writeln!(text, "mychatflow_waha_up{{name=\"{name}\"}} {up}");
        }
    }
    if let Some(gemini) = &clients.gemini {
        let open = u8::from(gemini.state().breaker != BreakerState::Closed);
        let _ = write!(text, "# TYPE mychatflow_gemini_breaker_open gauge\nmychatflow_gemini_breaker_open {open}\n");
    }
}

/// How many findings there are of each code, without a word about whose. Writing to a String can't fail.
fn write_findings(text: &mut String, findings: &[HealthFinding]) {
    let _ = writeln!(text, "# TYPE mychatflow_findings gauge");
    for code in FindingCode::ALL {
        let count = findings.iter().filter(|finding| finding.code == *code).count();
        let _ = writeln!(text, "mychatflow_findings{{code=\"{code}\",level=\"{}\"}} {count}", code.level());
    }
}

/// The value of a label, as OpenMetrics wants it escaped.
fn label(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gemini::{CallRecord, GeminiError, LastError};

    #[test]
    fn what_waha_did_is_told_with_its_age() {
        let at = |seconds: i64| Timestamp::from_seconds(1_000_000 + seconds);
        let mut health = Health::default();
        let never = json!({"name": "main", "up": null, "last_ok": null, "last_error": null});
        assert_eq!(about_waha("main", &health, at(0)), never);
        health.succeeded(at(5));
        let told = about_waha("main", &health, at(12));
        assert_eq!((&told["up"], &told["last_ok"]["age_s"]), (&json!(true), &json!(7)));
    }

    #[test]
    fn what_gemini_did_is_told_with_its_age() {
        let now = Timestamp::from_seconds(1_000_000);
        let at = |seconds: i64| Some(jiff::Timestamp::from_second(1_000_000 - seconds).unwrap());
        let state = State {
            breaker: BreakerState::Trying,
            record: CallRecord { last_ok_at: at(9), ..CallRecord::default() },
            in_its_place: None,
        };
        let told = about_gemini(&state, now);
        assert_eq!((&told["up"], &told["last_ok"]["age_s"]), (&json!(false), &json!(9)));
        assert_eq!(told["last_error"], Value::Null);
    }

    #[test]
    fn a_gemini_whose_last_question_failed_is_not_up_though_the_next_one_is_let_through() {
        let at = |second| Some(jiff::Timestamp::from_second(second).unwrap());
        let state = |record| State { breaker: BreakerState::Closed, record, in_its_place: None };
        let answered = CallRecord { last_ok_at: at(5), ..CallRecord::default() };
        let error = GeminiError::Timeout;
        let failed = CallRecord { last_error: at(9).map(|at| LastError { at, error }), ..answered.clone() };
        assert_eq!(answers(&state(CallRecord::default())), None);
        assert_eq!(answers(&state(answered)), Some(true));
        assert_eq!(answers(&state(failed)), Some(false));
    }

    #[test]
    fn a_label_can_not_end_itself() {
        assert_eq!(label("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    }
}
