//! The two listening ports, their connections and their routes.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::webhook::{Answer, Peer, SENDER_MAX, Webhook, answer};
use crate::cx::Cx;
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
pub struct Health {
    /// The daemon.
    pub cx: Arc<Cx>,
}

impl Routes for Health {
    async fn answer(&self, request: Request<Incoming>) -> Answer {
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/readyz") => self.ready().await,
            (&Method::GET, "/metrics") => self.metrics().await,
            _ => answer(StatusCode::NOT_FOUND, r#"{"error":"no such path"}"#),
        }
    }
}

impl Health {
    /// 200 while the store takes writes. What WAHA and Gemini do is told, with its age, and never fails it.
    async fn ready(&self) -> Answer {
        let store = self.cx.store.probe().await;
        let clients = self.cx.clients();
        let wahas: Vec<_> = clients
            .wahas
            .values()
            .map(|waha| {
                let health = waha.health();
                serde_json::json!({
                    "name": waha.name(),
                    "succeeded_at": health.succeeded_at,
                    "last_error": health.last_error.map(|failure| failure.reason),
                })
            })
            .collect();
        let gemini = clients.gemini.as_ref().map(|gemini| {
            let state = gemini.state();
            serde_json::json!({
                "last_ok_at": state.last_ok_at.map(|at| at.to_string()),
                "last_error": state.last_error.map(|last| last.error.to_string()),
            })
        });
        let body = serde_json::json!({
            "ready": store.is_ok(),
            "store": {"waiting": self.cx.store.waiting(), "error": store.as_ref().err().map(ToString::to_string)},
            "waha": wahas,
            "gemini": gemini,
        });
        let mut answer = Response::new(Full::new(Bytes::from(body.to_string())));
        if store.is_err() {
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
