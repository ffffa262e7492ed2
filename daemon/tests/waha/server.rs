//! A WAHA on loopback that says what it is told to say, and remembers what it was asked.

use std::collections::VecDeque;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use mychatflow_daemon::waha::{Config, Waha};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Barrier;

/// The key that the client is given.
pub const KEY: &str = "PLAIN-KEY-OF-THE-TEST";

/// What the server says to one request.
#[derive(Clone)]
pub enum Reply {
    /// A recorded answer of a real WAHA.
    Sample(&'static str),
    /// An answer made up for the test.
    Made(u16, &'static str, Vec<u8>),
    /// A redirect.
    Redirect,
    /// Nothing, for ever.
    Silence,
    /// The connection ends instead.
    Cut,
    /// A recorded answer, once so many requests wait for it together.
    Together(Arc<Barrier>, &'static str),
}

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `GET`.
    pub method: String,
    /// Still percent-encoded.
    pub path: String,
    /// Decoded pairs, in order.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; null when there was none.
    pub body: Value,
}

#[derive(Default)]
struct Inner {
    replies: VecDeque<Reply>,
    asked: Vec<Asked>,
    under_way: usize,
    under_way_max: usize,
}

/// The server. It ends with the test's runtime.
#[derive(Clone)]
pub struct Server {
    url: String,
    inner: Arc<Mutex<Inner>>,
}

impl Server {
    /// Starts a server that gives these answers in this order.
    pub async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let inner = Inner { replies: replies.into_iter().collect(), ..Inner::default() };
        let server = Self { url, inner: Arc::new(Mutex::new(inner)) };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = serving.clone();
                tokio::spawn(async move {
                    let service = service_fn(move |request| server.clone().answer(request));
                    // A connection that the client gives up is no failure of the test.
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        server
    }

    /// A client of this server.
    pub fn client(&self) -> Waha {
        self.client_with(|_| {})
    }

    /// A client of this server with another config.
    pub fn client_with(&self, change: impl FnOnce(&mut Config)) -> Waha {
        let mut config = Config::new("main", &self.url, KEY.into());
        config.timeout = Duration::from_secs(10);
        change(&mut config);
        Waha::new(config).unwrap()
    }

    /// What has been asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.inner.lock().unwrap().asked.clone()
    }

    /// The last thing asked.
    pub fn last(&self) -> Asked {
        self.asked().pop().expect("something was asked")
    }

    /// How many requests were under way at once, at most.
    pub fn under_way_max(&self) -> usize {
        self.inner.lock().unwrap().under_way_max
    }

    async fn answer(self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, &'static str> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map_err(|_| "no body")?.to_bytes();
        let pairs = head.uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        let asked = Asked {
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            query: pairs.map(|(name, value)| (decoded(name), decoded(value))).collect(),
            headers: head.headers,
            body: if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).expect("a json body") },
        };
        let reply = {
            let mut inner = self.inner.lock().unwrap();
            inner.asked.push(asked);
            inner.under_way += 1;
            inner.under_way_max = inner.under_way_max.max(inner.under_way);
            inner.replies.pop_front().expect("an answer for every request")
        };
        // Gives every other request that could come now the chance to.
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
        let answered = match reply {
            Reply::Sample(name) => Ok(sample(name)),
            Reply::Made(status, content_type, body) => Ok(response(status, content_type, body)),
            Reply::Redirect => {
                let there = Response::builder().status(302).header("location", format!("{}/elsewhere", self.url));
                Ok(there.body(Full::default()).unwrap())
            }
            Reply::Silence => std::future::pending().await,
            Reply::Cut => Err("cut"),
            Reply::Together(barrier, name) => {
                barrier.wait().await;
                Ok(sample(name))
            }
        };
        self.inner.lock().unwrap().under_way -= 1;
        answered
    }
}

/// A file of the fixtures.
pub fn fixture(path: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(path);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A recorded answer: `_raw` is a body that was not JSON, in hex.
fn sample(name: &str) -> Response<Full<Bytes>> {
    let recorded: Value = serde_json::from_slice(&fixture(&format!("waha-http/{name}.json"))).unwrap();
    let body = match recorded["body"].get("_raw") {
        Some(raw) => hex::decode(raw.as_str().unwrap()).unwrap(),
        None => recorded["body"].to_string().into_bytes(),
    };
    let status = u16::try_from(recorded["status"].as_u64().unwrap()).unwrap();
    response(status, recorded["content_type"].as_str().unwrap_or("application/json; charset=utf-8"), body)
}

fn response(status: u16, content_type: &str, body: Vec<u8>) -> Response<Full<Bytes>> {
    let mut response = Response::builder().status(status);
    if !content_type.is_empty() {
        response = response.header("content-type", content_type);
    }
    response.body(Full::from(body)).unwrap()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'%', [high, low, after @ ..]) => {
                bytes.extend(hex::decode([*high, *low]).unwrap());
                rest = after;
            }
            (b'+', _) => bytes.push(b' '),
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).unwrap()
}
