//! A webhook endpoint that keeps what it gets, and a client that speaks to the sandbox.
#![allow(clippy::unwrap_used, reason = "helpers of tests: a panic is the report")]
#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use mychatflow_sandbox::waha::{Engine, Options, Server};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

pub const SOON: Duration = Duration::from_secs(10);
pub const KEY: &str = "test-hmac-key";

/// One POST that reached the endpoint.
#[derive(Clone, Debug)]
pub struct Hook {
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Hook {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Our end of the webhooks. Answers 200 once the planned statuses are used up.
#[derive(Clone)]
pub struct Endpoint {
    pub url: String,
    hooks: Arc<Mutex<Vec<Hook>>>,
    planned: Arc<Mutex<VecDeque<u16>>>,
    changed: Arc<watch::Sender<usize>>,
}

impl Endpoint {
    pub async fn start() -> Endpoint {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = Endpoint {
            url: format!("http://{}/hook", listener.local_addr().unwrap()),
            hooks: Arc::default(),
            planned: Arc::default(),
            changed: Arc::new(watch::Sender::new(0)),
        };
        let serving = endpoint.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                let service = service_fn(move |request| serving.clone().answer(request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        endpoint
    }

    pub fn plan(&self, statuses: &[u16]) {
        self.planned.lock().unwrap().extend(statuses);
    }

    async fn answer(self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let status = self.planned.lock().unwrap().pop_front().unwrap_or(200);
        self.hooks.lock().unwrap().push(Hook { headers: parts.headers, body });
        self.changed.send_modify(|count| *count += 1);
        Ok(Response::builder().status(status).body(Full::default()).unwrap())
    }

    /// Everything of one kind, once there is that much of it.
    pub async fn events(&self, event: &str, count: usize) -> Vec<Hook> {
        let mut changed = self.changed.subscribe();
        let wait = async {
            loop {
                changed.mark_unchanged();
                let found: Vec<Hook> = self.all().into_iter().filter(|hook| hook.json()["event"] == event).collect();
                if found.len() >= count {
                    return found;
                }
                changed.changed().await.unwrap();
            }
        };
        tokio::time::timeout(SOON, wait).await.unwrap_or_else(|_| panic!("no {count} {event} in {:?}", self.all()))
    }

    pub async fn event(&self, event: &str) -> Value {
        self.events(event, 1).await[0].json()
    }

    pub fn all(&self) -> Vec<Hook> {
        self.hooks.lock().unwrap().clone()
    }
}

/// A client with the right key.
pub struct Client {
    http: reqwest::Client,
    url: String,
    key: String,
}

impl Client {
    pub fn new(url: String, key: &str) -> Client {
        let http = mychatflow_sandbox::http_client::builder().no_proxy().build().unwrap();
        Client { http, url, key: key.to_owned() }
    }

    /// Status and body; `Null` for an empty one.
    pub async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let mut request =
            self.http.request(method.parse().unwrap(), format!("{}{path}", self.url)).header("X-Api-Key", &self.key);
        if !body.is_null() {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let typed = response.headers().contains_key("content-type");
        let bytes = response.bytes().await.unwrap();
        assert_eq!(typed, !bytes.is_empty(), "an empty body has no content type");
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.call("GET", path, Value::Null).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call("POST", path, body).await
    }

    pub fn raw(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method.parse().unwrap(), format!("{}{path}", self.url)).header("X-Api-Key", &self.key)
    }
}

/// A WAHA, a client of it and an endpoint for its webhooks.
pub struct World {
    pub waha: Server,
    pub client: Client,
    pub endpoint: Endpoint,
}

impl World {
    pub async fn start(options: Options) -> World {
        let waha = Server::start(options).await.unwrap();
        let client = Client::new(waha.url(), waha.api_key());
        World { waha, client, endpoint: Endpoint::start().await }
    }

    /// With a session `default` that works and tells everything.
    pub async fn working(options: Options) -> World {
        let world = World::start(options).await;
        let (status, _) = world.client.post("/api/sessions", world.session("default")).await;
        assert_eq!(status, 201);
        world.waha.scan_qr("default").await.unwrap();
        world
    }

    pub async fn with(engine: Engine) -> World {
        World::working(Options { engine, ..Options::default() }).await
    }

    pub fn session(&self, name: &str) -> Value {
        json!({"name": name, "start": true, "config": self.config()})
    }

    pub fn config(&self) -> Value {
        json!({
            "metadata": {"tenant": "t1"},
            "noweb": {"store": {"enabled": true}},
            "webhooks": [{
                "url": self.endpoint.url, "events": ["*"], "hmac": {"key": KEY},
                "retries": {"policy": "constant", "delaySeconds": 1, "attempts": 3},
                "customHeaders": [{"name": "X-Shop", "value": "corner"}],
            }],
        })
    }
}
