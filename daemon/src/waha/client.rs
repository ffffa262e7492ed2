//! The HTTP client of one WAHA server: connections, key, paths, and the reading of answers. What is asked for stands in
//! the files beside this one, a noun each.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mychatflow_data::time::Timestamp;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::{Notify, OwnedMutexGuard};

use super::error::{Cause, WahaError};
use super::health::{Allow, Health};
use crate::server_clock::ServerClock;

/// How long a connection may take to come up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an idle connection is kept. Node closes them after 5 s, and a POST on one that is just being closed is a POST
/// of which nobody knows whether it arrived.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// The largest answer that is read, in bytes. A page of history with thumbnails can have several megabytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A WAHA server, as the config names it.
#[derive(Debug, Clone)]
pub struct Config {
    /// Its name in the config.
    pub name: String,
    /// Where it is, `http://127.0.0.1:3000`; a path in front of `/api` is kept.
    pub url: String,
    /// The plain key, also where the server knows only its hash. Empty: none is sent.
    pub api_key: SecretString,
    /// How long an answer may take. WAHA waits up to 15 s by itself before it says that a session is not ready.
    pub timeout: Duration,
    /// Where texts are sent to, normally [`Config::SEND_TEXT_PATH`]; `{session}` stands for the session.
    pub send_text_path: String,
    /// Where chats are listed, normally [`Config::CHATS_PATH`]; `{session}` stands for the session.
    pub chats_path: String,
}

impl Config {
    /// How long an answer may take unless the config says otherwise.
    pub const TIMEOUT: Duration = Duration::from_secs(35);
    /// Where WAHA takes texts (all versions from 2024.5 to 2026.7).
    pub const SEND_TEXT_PATH: &'static str = "/api/sendText";
    /// Where WAHA lists chats (all versions from 2024.5 to 2026.7).
    pub const CHATS_PATH: &'static str = "/api/{session}/chats";

    /// A server with everything else as usual.
    #[must_use]
    pub fn new(name: &str, url: &str, api_key: SecretString) -> Self {
        Self {
            name: name.to_owned(),
            url: url.to_owned(),
            api_key,
            timeout: Self::TIMEOUT,
            send_text_path: Self::SEND_TEXT_PATH.to_owned(),
            chats_path: Self::CHATS_PATH.to_owned(),
        }
    }
}

/// Why there is no client for a server of the config.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Not an address that can be asked.
    #[error("the url of waha {name:?} {problem}")]
    Url {
        /// The server's name in the config.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A key that no HTTP header can carry.
    #[error("the api key of waha {name:?} has characters that no header can carry")]
    Key {
        /// The server's name in the config.
        name: String,
    },
    /// A path that is none.
    #[error("{key} of waha {name:?} must start with / and may have no placeholder but one {{session}}")]
    Path {
        /// The server's name in the config.
        name: String,
        /// The key in the config.
        key: &'static str,
    },
    /// The HTTP client can't be made, for example without any certificates.
    #[error("the http client of waha {name:?} can't be made")]
    Client {
        /// The server's name in the config.
        name: String,
        /// Why not.
        #[source]
        source: Cause,
    },
}

/// A WAHA server. Cheap to clone; all clones share connections, locks and health.
#[derive(Clone)]
pub struct Waha {
    shared: Arc<Shared>,
}

struct Shared {
    name: String,
    base: Url,
    timeout: Duration,
    send_text_path: String,
    chats_path: String,
    http: reqwest::Client,
    // Mutexes, not a task with a channel: the first only finds a session's lock, the second only notes an outcome, both
    // within a few instructions and never across an await.
    lifecycle: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    health: Mutex<Health>,
    clock: ServerClock,
    files: tokio::sync::Semaphore,
    /// Tells that an outage is over.
    recovered: Notify,
}

impl fmt::Debug for Waha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waha")
            .field("name", &self.shared.name)
            .field("url", &self.shared.base.as_str())
            .finish_non_exhaustive()
    }
}

/// A part of a longer list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// What we understood of it.
    pub items: Vec<T>,
    /// How many rows WAHA sent. Fewer than the limit does not mean the end, because WAHA filters after it counts: go on
    /// by the limit until there are none.
    pub rows: usize,
}

impl Waha {
    /// Makes the client. Connects to nothing yet.
    ///
    /// # Errors
    /// When the config can't be used as it is; the text names the server and the key.
    pub fn new(config: Config) -> Result<Self, BuildError> {
        let Config { name, url, api_key, timeout, send_text_path, chats_path } = config;
        let problem = |problem| BuildError::Url { name: name.clone(), problem };
        let base = Url::parse(url.trim()).map_err(|_| problem("is not one"))?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(problem("must start with http:// or https:// and a host"));
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(problem("must not contain a user or a password"));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(problem("must end with the path"));
        }
        for (key, path) in [("send_text_path", &send_text_path), ("chats_path", &chats_path)] {
            let rest = path.replace("{session}", "");
            let twice = path.matches("{session}").count() > 1;
            if !path.starts_with('/') || twice || rest.contains(['{', '}', '?', '#']) || rest.contains("..") {
                return Err(BuildError::Path { name: name.clone(), key });
            }
        }
        let mut headers = HeaderMap::new();
        if !api_key.expose_secret().is_empty() {
            let mut key =
                HeaderValue::from_str(api_key.expose_secret()).map_err(|_| BuildError::Key { name: name.clone() })?;
            key.set_sensitive(true);
            headers.insert("x-api-key", key);
        }
        let mut builder = crate::http_client::builder()
            .default_headers(headers)
            .user_agent(concat!("mychatflow/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(timeout)
            .pool_idle_timeout(IDLE_TIMEOUT);
        if is_loopback(&base) {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| BuildError::Client { name: name.clone(), source: error.into() })?;
        let shared = Shared {
            name,
            base,
            timeout,
            send_text_path,
            chats_path,
            http,
            lifecycle: Mutex::default(),
            health: Mutex::default(),
            clock: ServerClock::default(),
            files: tokio::sync::Semaphore::new(1),
            recovered: Notify::new(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The server's name in the config.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Where the server is, as configured.
    #[must_use]
    pub fn url(&self) -> &str {
        self.shared.base.as_str()
    }

    /// How the server has answered so far.
    #[must_use]
    pub fn health(&self) -> Health {
        self.shared.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Goes on from what another client knows of the same server. An outage lasts, and may be tried at once.
    pub fn keep_health(&self, known: Health) {
        *self.shared.health.lock().unwrap_or_else(PoisonError::into_inner) = known.to_be_tried();
    }

    /// May a job call the server now? Of all that wait for its return one tries. A person who asks should be let through in any
    /// case.
    #[must_use]
    pub fn allows(&self, now: Timestamp) -> Allow {
        self.shared.health.lock().unwrap_or_else(PoisonError::into_inner).let_in(now)
    }

    pub(super) fn note_version(&self, version: &str) {
        let mut health = self.shared.health.lock().unwrap_or_else(PoisonError::into_inner);
        health.version = Some(version.to_owned());
    }

    /// Waits until an outage is over; one that ended since the last wait counts.
    pub async fn recovered(&self) {
        self.shared.recovered.notified().await;
    }

    /// Notes a look at all sessions, and when the server was started, where it told. True when it was started since the look
    /// before.
    pub fn note_look(&self, started_at: Option<Timestamp>, now: Timestamp) -> bool {
        self.shared.health.lock().unwrap_or_else(PoisonError::into_inner).looked(started_at, now)
    }

    /// What time it is by the server.
    #[must_use]
    pub fn clock(&self) -> &ServerClock {
        &self.shared.clock
    }

    pub(super) fn files(&self) -> &tokio::sync::Semaphore {
        &self.shared.files
    }

    pub(super) fn base(&self) -> &Url {
        &self.shared.base
    }

    pub(super) fn send_text_path(&self) -> &str {
        &self.shared.send_text_path
    }

    pub(super) fn chats_path(&self) -> &str {
        &self.shared.chats_path
    }

    /// Waits until no other lifecycle call is under way for this session.
    ///
    /// WAHA 2026.4 queues them for 5 s and then answers the third one with 500 `async-lock timed out`.
    pub(super) async fn lifecycle(&self, session: &str) -> OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.shared.lifecycle.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(locks.entry(session.to_owned()).or_default())
        };
        lock.lock_owned().await
    }

    /// Starts a request. The values take the places of the placeholders in the path, in order, percent-encoded.
    pub(super) fn request(&self, method: Method, path: &str, values: &[&str]) -> Result<RequestBuilder, WahaError> {
        let base = self.shared.base.as_str().trim_end_matches('/');
        Ok(self.shared.http.request(method, format!("{base}{}", fill(path, values)?)))
    }

    pub(super) fn get(&self, path: &str, values: &[&str]) -> Result<RequestBuilder, WahaError> {
        // WAHA decides on PNG or JSON by this header and wants exactly this text (2026.4).
        Ok(self.request(Method::GET, path, values)?.header(ACCEPT, "application/json"))
    }

    pub(super) fn post(&self, path: &str, values: &[&str], body: &Value) -> Result<RequestBuilder, WahaError> {
        Ok(self.request(Method::POST, path, values)?.json(body))
    }

    /// Sends a request, reads the whole answer, notes how it went.
    ///
    /// # Errors
    /// Every answer that is not a 2xx, and none.
    pub(super) async fn ask(&self, request: RequestBuilder) -> Result<Answer, WahaError> {
        self.noted(self.exchange(request, Wanted::Within(ANSWER_BYTES_MAX), self.shared.timeout).await)
    }

    /// Like [`Waha::ask`], for what is asked often: the answer must come sooner.
    pub(super) async fn ask_soon(&self, request: RequestBuilder, patience: Duration) -> Result<Answer, WahaError> {
        let patience = patience.min(self.shared.timeout);
        self.noted(self.exchange(request.timeout(patience), Wanted::Within(ANSWER_BYTES_MAX), patience).await)
    }

    /// Like [`Waha::ask`], with a limit on the bytes of the answer.
    pub(super) async fn ask_within(&self, request: RequestBuilder, limit: usize) -> Result<Answer, WahaError> {
        self.noted(self.exchange(request, Wanted::Within(limit), self.shared.timeout).await)
    }

    /// Like [`Waha::ask`], for what is done once the status says so: an answer whose body is lost is one without a body.
    pub(super) async fn ask_done(&self, request: RequestBuilder) -> Result<Answer, WahaError> {
        self.noted(self.exchange(request, Wanted::IfItComes, self.shared.timeout).await)
    }

    fn noted(&self, outcome: Result<Answer, WahaError>) -> Result<Answer, WahaError> {
        let now = Timestamp::now();
        let mut health = self.shared.health.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = match &outcome {
            Err(error) if error.is_outage() => {
                health.failed(now, error);
                false
            }
            _ => health.succeeded(now),
        };
        drop(health);
        if is_over {
            self.shared.recovered.notify_one();
        }
        outcome
    }

    async fn exchange(&self, request: RequestBuilder, wanted: Wanted, patience: Duration) -> Result<Answer, WahaError> {
        let transport = |error| WahaError::of_transport(error, patience);
        let asked_at = Instant::now();
        let mut response = request.send().await.map_err(transport)?;
        self.shared.clock.note(response.headers(), asked_at, Instant::now());
        let status = response.status();
        if !status.is_success() {
            // The status says enough where the words behind it don't come.
            let body = read(&mut response, ANSWER_BYTES_MAX, transport).await.unwrap_or_default();
            return Err(WahaError::of_answer(status.as_u16(), &body));
        }
        let content_type = response.headers().get("content-type").and_then(|value| value.to_str().ok());
        let content_type = content_type.map(str::to_owned);
        let body = match wanted {
            Wanted::Within(limit) => read(&mut response, limit, transport).await?,
            Wanted::IfItComes => read(&mut response, ANSWER_BYTES_MAX, transport).await.unwrap_or_default(),
        };
        Ok(Answer { content_type, body })
    }
}

/// Which body of a 2xx is wanted.
enum Wanted {
    /// The whole of it, if it has no more bytes than that.
    Within(usize),
    /// Whatever can be read.
    IfItComes,
}

/// A 2xx.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) content_type: Option<String>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// Reads the body. WAHA sends `null` as an empty body (2026.4): both are `None`.
    pub(super) fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<Option<T>, WahaError> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        // The reader's own error may quote what it read.
        serde_json::from_slice(&self.body).map_err(|_| WahaError::BadAnswer("not the json that belongs here"))
    }

    /// Reads a body that must be there.
    pub(super) fn expect<'a, T: Deserialize<'a>>(&'a self) -> Result<T, WahaError> {
        self.json()?.ok_or(WahaError::BadAnswer("empty"))
    }
}

async fn read(
    response: &mut Response,
    limit: usize,
    transport: impl Fn(reqwest::Error) -> WahaError,
) -> Result<Vec<u8>, WahaError> {
    let told = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    if told > limit {
        return Err(WahaError::TooLarge { limit });
    }
    let mut body = Vec::with_capacity(told);
    while let Some(chunk) = response.chunk().await.map_err(&transport)? {
        if body.len() + chunk.len() > limit {
            return Err(WahaError::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Puts the values into the placeholders, in order. Placeholders beyond the values can't be: the paths are our own.
fn fill(path: &str, values: &[&str]) -> Result<String, WahaError> {
    let mut filled = String::with_capacity(path.len() + 64);
    let mut values = values.iter();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (_, after) = after.split_once('}').ok_or(WahaError::Invalid("a broken path"))?;
        filled.push_str(before);
        segment(values.next().ok_or(WahaError::Invalid("a path with too many gaps"))?, &mut filled)?;
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// One segment of a path, percent-encoded. `@` may stay; a dot segment would change the path and is refused.
fn segment(value: &str, out: &mut String) -> Result<(), WahaError> {
    if matches!(value, "" | "." | "..") {
        return Err(WahaError::Invalid("an empty part of the path"));
    }
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'@' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_encoded_and_never_leave_their_place() {
        for (path, values, expected) in [
            ("/api/{session}/chats", &["default"][..], Some("/api/default/chats")),
            ("/api/{s}/lids/{lid}", &["a b", "7000@lid"][..], Some("/api/a%20b/lids/7000@lid")),
            ("/api/{s}/x", &["../admin?x=1"][..], Some("/api/..%2Fadmin%3Fx%3D1/x")),
            ("/api/{s}/x", &["ü"][..], Some("/api/%C3%BC/x")),
            ("/api/{s}/x", &[".."][..], None),
            ("/api/{s}/x", &[""][..], None),
            ("/api/sendText", &["default"][..], Some("/api/sendText")),
        ] {
            assert_eq!(fill(path, values).ok().as_deref(), expected, "{path} {values:?}");
        }
    }

    #[test]
    fn configs_that_are_refused() {
        let config = |url: &str| Config::new("main", url, "key".into());
        for (config, expected) in [
            (config("127.0.0.1:3000"), "the url of waha \"main\" is not one"),
            (config("ftp://x"), "the url of waha \"main\" must start with http:// or https:// and a host"),
            (config("http://u:p@x"), "the url of waha \"main\" must not contain a user or a password"),
            (config("http://x/?key=1"), "the url of waha \"main\" must end with the path"),
            (
                Config { chats_path: "/api/{chat}".to_owned(), ..config("http://x") },
                "chats_path of waha \"main\" must start with / and may have no placeholder but one {session}",
            ),
            (
                Config { send_text_path: "api".to_owned(), ..config("http://x") },
                "send_text_path of waha \"main\" must start with / and may have no placeholder but one {session}",
            ),
            (
                Config { api_key: "a\nb".into(), ..config("http://x") },
                "the api key of waha \"main\" has characters that no header can carry",
            ),
        ] {
            assert_eq!(Waha::new(config).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn no_key_in_debug() {
        let config = Config::new("main", "http://127.0.0.1:1/waha/", "TOP-SECRET".into());
        assert!(!format!("{config:?}").contains("TOP-SECRET"));
        let waha = Waha::new(config).unwrap();
        assert!(!format!("{waha:?} {:?}", waha.shared.http).contains("TOP-SECRET"));
        assert!(format!("{waha:?}").contains("main"));
    }
}
