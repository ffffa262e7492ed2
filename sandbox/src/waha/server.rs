//! The server: start and stop, who may ask, and which handler answers.

use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use hyper::http::request::Parts;
use serde_json::Value;

use super::state::{Features, Inner, Session, State};
use super::{Offsets, Operation, Options, Status, chats, contacts, files, info, qr, refusal, send, sessions, webhook};
use crate::clock;
use crate::faults::{Fault, Plan, WebhookFault};
use crate::http::{self, Cut, Door, Reply};
use crate::log::{Changes, Delivery, Log, Request, Requests, Sent, TimedOut, Totals};
use crate::seed::Seed;

/// A running WAHA. Clones are handles to the same server; `shutdown` ends it for all of them.
#[derive(Clone)]
pub struct Server {
    pub(crate) inner: Arc<Inner>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("url", &self.url()).finish_non_exhaustive()
    }
}

/// What a new life of the server does with the sessions of the one before.
#[derive(Clone, Copy, PartialEq)]
enum Sessions {
    Started,
    LeftStopped,
}

/// One request on its way through a handler.
pub(crate) struct Call {
    pub(crate) inner: Arc<Inner>,
    pub(crate) route: super::route::Route,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) parts: Parts,
    pub(crate) body: Bytes,
}

impl Call {
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON. An empty one reads as `{}`.
    pub(crate) fn json(&self) -> Result<Value, Reply> {
        if self.body.is_empty() {
            return Ok(Value::Object(serde_json::Map::new()));
        }
        serde_json::from_slice(&self.body)
            .map_err(|_| refusal::nest(400, "Expected property name or '}' in JSON at position 1"))
    }

    /// A number of the query; 400 when it is none.
    pub(crate) fn number(&self, name: &str, default: i64) -> Result<i64, Reply> {
        match self.query(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| {
                refusal::nest(400, vec![format!("{name} must be a number conforming to the specified constraints")])
            }),
        }
    }

    /// How many entries of a list to pass over first.
    pub(crate) fn offset(&self) -> Result<usize, Reply> {
        let asked = self.number("offset", 0)?;
        Ok(match self.inner.options.offsets {
            Offsets::Heeded => usize::try_from(asked).unwrap_or(0),
            Offsets::Ignored => 0,
        })
    }

    /// Waits until the session is usable, as long as WAHA does.
    pub(crate) async fn working(&self, session: &str) -> Result<(), Reply> {
        self.in_status(session, Status::Working).await
    }

    pub(crate) async fn in_status(&self, session: &str, expected: Status) -> Result<(), Reply> {
        if !self.inner.features.plus && session != "default" {
            return Err(refusal::default_only(session));
        }
        let status = || self.inner.state().sessions.get(session).map(|session| session.status);
        match status() {
            None => return Err(refusal::ghost(session)),
            Some(status) if status == expected => return Ok(()),
            Some(_) => {}
        }
        let pace = &self.inner.options.pace;
        let running = || status().is_none_or(|status| status != Status::Stopped).then_some(());
        let there = || status().is_none_or(|status| status == expected).then_some(());
        if self.inner.changes.wait_for(pace.running_wait, running).await.is_ok() {
            // Whether it came in time is read from the status itself.
            let _ = self.inner.changes.wait_for(pace.status_wait, there).await;
        }
        match status() {
            None => Err(refusal::ghost(session)),
            Some(status) if status == expected => Ok(()),
            Some(status) => Err(refusal::not_ready(session, status, expected)),
        }
    }
}

impl Server {
    /// Starts listening on 127.0.0.1.
    pub async fn start(options: Options) -> io::Result<Server> {
        let (door, listener) = Door::bind(options.port).await?;
        // WAHA checks no certificates either; redirects are followed, as reqwest does by default.
        let client = crate::http_client::builder()
            .no_proxy()
            .http1_only()
            .tcp_nodelay(true)
            .user_agent(format!("WAHA/{}", options.version))
            .build()
            .map_err(io::Error::other)?;
        let features = Features::of(&options.version, options.engine);
        let global = webhook::parse(None, &options.global_webhooks)
            .map_err(|errors| io::Error::new(io::ErrorKind::InvalidInput, errors.join(", ")))?;
        let mut state = State::default();
        if !features.plus {
            // Old Core is born with its only session.
            let session = Session { hooks: global, ..Session::new("default") };
            state.sessions.insert("default".to_owned(), session);
        }
        let inner = Arc::new(Inner {
            features,
            door,
            started_ms: AtomicI64::new(clock::now_ms()),
            seed: Seed::new(options.seed),
            changes: Changes::new(),
            log: Log::new(options.record),
            requests: Requests::new(options.record),
            faults: Plan::default(),
            webhook_faults: Plan::default(),
            client,
            state: Mutex::new(state),
            posted: Mutex::default(),
            options,
        });
        let server = Server { inner };
        server.inner.door.open(listener, server.service());
        Ok(server)
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.inner.door.address())
    }

    /// The port it listens on, or will listen on again.
    pub fn port(&self) -> u16 {
        self.inner.door.address().port()
    }

    /// What `X-Api-Key` must say.
    pub fn api_key(&self) -> &str {
        &self.inner.options.api_key
    }

    /// From now on the `Date` of every answer is off by so many seconds: the clock of one of the two machines is wrong.
    pub fn set_date_offset(&self, seconds: i64) {
        self.inner.door.set_date_offset(seconds);
    }

    /// An outage: open connections end, new ones are refused. Sessions, webhooks and records live on.
    pub async fn stop_listening(&self) {
        self.inner.door.close().await;
    }

    /// The end of the outage, on the same port.
    pub async fn resume_listening(&self) -> io::Result<()> {
        if let Some(listener) = self.inner.door.rebind().await? {
            self.inner.door.open(listener, self.service());
        }
        Ok(())
    }

    /// WAHA crashes and comes back on the same port. Pending retries are lost; pairings survive. New
    /// versions start their sessions again, old Core forgets every config and leaves them stopped.
    pub async fn crash_and_restart(&self) -> io::Result<()> {
        self.live_again(Sessions::Started).await
    }

    /// The same with `WAHA_WORKER_RESTART_SESSIONS=false`: every session is left stopped, and no webhook tells.
    pub async fn crash_and_leave_sessions_stopped(&self) -> io::Result<()> {
        self.live_again(Sessions::LeftStopped).await
    }

    async fn live_again(&self, sessions: Sessions) -> io::Result<()> {
        self.inner.door.close().await;
        let names: Vec<String> = {
            let mut state = self.inner.state();
            // A life that is as short as a millisecond has a start of its own all the same.
            let before = self.inner.started_ms.load(Ordering::Acquire);
            self.inner.started_ms.store(clock::now_ms().max(before + 1), Ordering::Release);
            for session in state.sessions.values_mut() {
                session.next_life();
                if !self.inner.features.plus {
                    session.config = None;
                    session.hooks = webhook::parse(None, &self.inner.options.global_webhooks).unwrap_or_default();
                }
                if !self.inner.features.plus || sessions == Sessions::LeftStopped {
                    session.status = Status::Stopped;
                }
            }
            let running = |session: &&Session| session.status != Status::Stopped;
            let names = state.sessions.values().filter(running);
            names.map(|session| session.name.clone()).collect()
        };
        self.resume_listening().await?;
        for name in names {
            self.inner.begin(&name);
        }
        self.inner.changes.tell();
        Ok(())
    }

    /// Stops listening for good, and with it every session: pending retries die as they do in WAHA.
    pub async fn shutdown(&self) {
        self.inner.door.close().await;
        for session in self.inner.state().sessions.values_mut() {
            session.next_life();
        }
    }

    /// What goes wrong with calls to the API.
    pub fn faults(&self) -> &Plan<Operation, Fault> {
        &self.inner.faults
    }

    /// What goes wrong with webhooks, by event name such as `message.any`.
    pub fn webhook_faults(&self) -> &Plan<String, WebhookFault> {
        &self.inner.webhook_faults
    }

    /// Every request that came, oldest first.
    pub fn requests(&self) -> Vec<Request> {
        self.inner.requests.all()
    }

    /// Every WhatsApp message that left through the API, oldest first.
    pub fn sent(&self) -> Vec<Sent> {
        self.inner.log.sends()
    }

    /// How many that are, without copying them.
    pub fn sent_count(&self) -> usize {
        self.inner.log.sends_count()
    }

    /// What left through the API to one chat, oldest first. Takes `447700900001` or `447700900001@c.us`.
    pub fn sent_to(&self, chat_id: &str) -> Vec<Sent> {
        let chat_id = super::message::chat_id(chat_id);
        self.sent().into_iter().filter(|sent| sent.chat_id == chat_id).collect()
    }

    /// Every webhook so far, with what became of it.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.inner.log.deliveries()
    }

    /// The numbers, which are kept even where the rest is not.
    pub fn totals(&self) -> Totals {
        Totals { requests: self.inner.requests.count(), ..self.inner.log.totals() }
    }

    /// The status of a session; `None` when there is no such session.
    pub fn status(&self, session: &str) -> Option<Status> {
        self.inner.state().sessions.get(session).map(|session| session.status)
    }

    /// The config of a session as its last create or update left it.
    pub fn config(&self, session: &str) -> Option<Value> {
        self.inner.state().sessions.get(session).and_then(|session| session.config.clone())
    }

    /// Another program has written the session's config: it counts from the next delivery on. False where there is no such session, or its
    /// webhooks can't be read.
    pub fn write_config(&self, session: &str, config: Value) -> bool {
        let Ok(hooks) = webhook::parse(Some(&config), &self.inner.options.global_webhooks) else { return false };
        let mut state = self.inner.state();
        let Some(session) = state.sessions.get_mut(session) else { return false };
        (session.hooks, session.config) = (hooks, Some(config));
        true
    }

    /// Asks `look` after each change until it finds something.
    pub async fn wait_for<T>(
        &self,
        deadline: Duration,
        mut look: impl FnMut(&Server) -> Option<T>,
    ) -> Result<T, TimedOut> {
        self.inner.changes.wait_for(deadline, || look(self)).await
    }

    /// Waits for a status.
    pub async fn wait_for_status(&self, session: &str, status: Status, deadline: Duration) -> Result<(), TimedOut> {
        self.wait_for(deadline, |server| (server.status(session) == Some(status)).then_some(())).await
    }

    /// Waits until this many messages left through the API, and returns them all.
    pub async fn wait_for_sent(&self, count: usize, deadline: Duration) -> Result<Vec<Sent>, TimedOut> {
        self.wait_for(deadline, |server| (server.sent_count() >= count).then(|| server.sent())).await
    }

    fn service(
        &self,
    ) -> impl Fn(Parts, Bytes) -> std::pin::Pin<Box<dyn Future<Output = Result<Reply, Cut>> + Send>>
    + Clone
    + Send
    + Sync
    + 'static {
        let inner = self.inner.clone();
        move |parts, body| Box::pin(answer(inner.clone(), parts, body))
    }
}

async fn answer(inner: Arc<Inner>, parts: Parts, body: Bytes) -> Result<Reply, Cut> {
    let place = inner.requests.add(&parts, &body);
    inner.changes.tell();
    let route = super::route::route(parts.method.as_str(), parts.uri.path());
    let query = http::query(parts.uri.query());
    let call = Call { inner: inner.clone(), route, query, parts, body };
    let reply = guarded(&call).await?;
    inner.requests.answered(place, reply.status);
    inner.changes.tell();
    Ok(reply)
}

async fn guarded(call: &Call) -> Result<Reply, Cut> {
    if !may_ask(call) {
        return Ok(refusal::unauthorized());
    }
    match call.inner.faults.take(&call.route.operation) {
        None => Ok(perform(call).await),
        Some(Fault::Delay(pause)) => {
            tokio::time::sleep(pause).await;
            Ok(perform(call).await)
        }
        Some(Fault::Answer { status, body }) => Ok(Reply::json(status, &body)),
        Some(Fault::EngineError(message)) => Ok(refusal::engine_error(call, "Error", &message)),
        Some(Fault::NotReady) => {
            let named = call.json().ok().and_then(|body| body["session"].as_str().map(str::to_owned));
            let session = named.unwrap_or_else(|| call.route.session.clone());
            Ok(refusal::not_ready(&session, Status::Starting, Status::Working))
        }
        Some(Fault::DoThenEngineError(message)) => {
            perform(call).await;
            Ok(refusal::engine_error(call, "Error", &message))
        }
        Some(Fault::DoThenCut) => {
            perform(call).await;
            Err(Cut)
        }
        Some(Fault::DoThenHang) => {
            perform(call).await;
            match http::hang().await {}
        }
        Some(Fault::Cut) => Err(Cut),
        Some(Fault::Hang) => match http::hang().await {},
    }
}

fn may_ask(call: &Call) -> bool {
    if call.route.operation == Operation::Ping {
        return true;
    }
    let key = call.inner.options.api_key.as_str();
    let header = call.parts.headers.get("x-api-key").and_then(|value| value.to_str().ok());
    // The query form came with the client-chosen ids, in 2026.4.3.
    let query = if call.inner.features.message_ids { call.query("x-api-key") } else { None };
    header == Some(key) || query == Some(key)
}

async fn perform(call: &Call) -> Reply {
    let done = match call.route.operation {
        Operation::Ping => Ok(info::ping()),
        Operation::Health => Ok(info::health(&call.inner)),
        Operation::Version => Ok(Reply::json(200, &info::version(&call.inner))),
        Operation::ServerStatus => Ok(info::status(&call.inner)),
        Operation::ListSessions => Ok(sessions::list(call)),
        Operation::CreateSession => sessions::create(call).await,
        Operation::ReadSession => sessions::read(call),
        Operation::UpdateSession => sessions::update(call).await,
        Operation::DeleteSession => sessions::delete(call).await,
        Operation::StartSession => sessions::start(call).await,
        Operation::StopSession => sessions::stop(call).await,
        Operation::RestartSession => sessions::restart(call).await,
        Operation::LogoutSession => sessions::logout(call).await,
        Operation::ReadMe => sessions::me(call),
        Operation::ReadCapping => sessions::capping(call).await,
        Operation::ReadTimeLock => sessions::time_lock(call).await,
        Operation::ReadQr => qr::read(call).await,
        Operation::RequestCode => qr::request_code(call).await,
        Operation::NewMessageId => send::new_message_id(call).await,
        Operation::SendText => send::text(call).await,
        Operation::SendMedia => send::media(call).await,
        Operation::SendSeen => send::seen(call).await,
        Operation::StartTyping | Operation::StopTyping => send::typing(call).await,
        Operation::React => send::react(call).await,
        Operation::ListChats => chats::list(call).await,
        Operation::ChatsOverview => chats::overview(call).await,
        Operation::ListMessages => chats::messages(call).await,
        Operation::ReadMessage => chats::message(call).await,
        Operation::MarkRead => chats::mark_read(call).await,
        Operation::ReadContact => contacts::read(call).await,
        Operation::ListContacts => contacts::list(call).await,
        Operation::CheckExists => contacts::check_exists(call).await,
        Operation::ListLids => contacts::lids(call).await,
        Operation::CountLids => contacts::lids_count(call).await,
        Operation::ReadLid => contacts::lid(call).await,
        Operation::FindLid => contacts::lid_of_phone(call).await,
        Operation::ReadFile => Ok(files::read(call)),
        Operation::Unknown => Ok(unknown(call)),
    };
    done.unwrap_or_else(|refused| refused)
}

pub(crate) fn unknown(call: &Call) -> Reply {
    let target = call.parts.uri.path_and_query().map_or("/", |target| target.as_str());
    refusal::nest(404, format!("Cannot {} {target}", call.parts.method))
}
