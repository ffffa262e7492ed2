//! Sessions: create, change, start, stop, and the way from STARTING to WORKING or FAILED.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Map, Value, json};
use tokio::sync::OwnedMutexGuard;

use super::server::Call;
use super::shape::Owner;
use super::state::{Inner, Session};
use super::webhook::Webhook;
use super::{Engine, Status, qr, refusal, webhook};
use crate::clock;
use crate::http::Reply;

/// What WAHA keeps of a config; anything else is dropped without a word.
const CONFIG_KEYS: &[&str] = &["metadata", "proxy", "debug", "ignore", "client", "noweb", "gows", "webjs", "webhooks"];
const WEBHOOK_KEYS: &[&str] = &["url", "events", "hmac", "retries", "customHeaders"];
const NAME_LENGTH_MAX: usize = 54;

/// Which phone scans a code.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Phone {
    /// One with a number of its own.
    Another,
    /// That of the last pairing.
    Same,
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Full,
    Item,
}

pub(crate) fn list(call: &Call) -> Reply {
    let all = call.query("all") == Some("true");
    let state = call.inner.state();
    let sessions = state.sessions.values().filter(|session| all || session.status != Status::Stopped);
    let items: Vec<Value> = sessions.map(|session| shape(&call.inner, session, Form::Item)).collect();
    Reply::json(200, &items.into())
}

pub(crate) fn read(call: &Call) -> Result<Reply, Reply> {
    let name = allowed(call)?;
    let state = call.inner.state();
    let session = state.sessions.get(name).ok_or_else(not_found)?;
    Ok(Reply::json(200, &shape(&call.inner, session, Form::Full)))
}

pub(crate) fn me(call: &Call) -> Result<Reply, Reply> {
    let name = allowed(call)?;
    let state = call.inner.state();
    let session = state.sessions.get(name).filter(|session| session.status != Status::Stopped);
    let session = session.ok_or_else(|| refusal::nest(404, format!("We didn't find a session with name '{name}'.")))?;
    Ok(match session.owner.as_ref().filter(|_| session.paired) {
        Some(owner) => Reply::json(200, &owner.me(call.inner.options.engine)),
        None => Reply::empty(200),
    })
}

/// How many new chats WhatsApp lets the account start: GOWS only.
pub(crate) async fn capping(call: &Call) -> Result<Reply, Reply> {
    limit_of(call, Engine::Gows == call.inner.options.engine, |session| session.capping.clone()).await
}

/// Until when the account may write to nobody new.
pub(crate) async fn time_lock(call: &Call) -> Result<Reply, Reply> {
    limit_of(call, true, |session| {
        let until = session.locked_until_s?;
        Some(json!({"isActive": until * 1000 > clock::now_ms(), "timeEnforcementEnds": until}))
    })
    .await
}

async fn limit_of(call: &Call, known: bool, limit: impl FnOnce(&Session) -> Option<Value>) -> Result<Reply, Reply> {
    if !call.inner.features.limits || !known {
        return Ok(super::server::unknown(call));
    }
    call.working(&call.route.session).await?;
    let state = call.inner.state();
    let session = state.sessions.get(&call.route.session).ok_or_else(not_found)?;
    Ok(limit(session).map_or_else(|| Reply::empty(200), |limit| Reply::json(200, &limit)))
}

pub(crate) async fn create(call: &Call) -> Result<Reply, Reply> {
    let body = call.json()?;
    let name = match body["name"].as_str() {
        Some(name) => name.to_owned(),
        None => format!("session_{}", call.inner.seed.ulid(clock::now_ms())),
    };
    let mut errors = Vec::new();
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        errors.push("name must match /^[a-zA-Z0-9_-]*$/ regular expression".to_owned());
    }
    if name.len() > NAME_LENGTH_MAX {
        errors.push(format!("name must be shorter than or equal to {NAME_LENGTH_MAX} characters"));
    }
    if !errors.is_empty() {
        return Err(refusal::nest(400, errors));
    }
    if !call.inner.features.plus && name != "default" {
        return Err(refusal::default_only(&name));
    }
    let config = config(&body)?;
    let hooks = hooks(call, config.as_ref())?;
    {
        let mut state = call.inner.state();
        if state.sessions.contains_key(&name) {
            return Err(refusal::nest(422, format!("Session '{name}' already exists. Use PUT to update it.")));
        }
        let session = Session { config, hooks, ..Session::new(&name) };
        state.sessions.insert(name.clone(), session);
    }
    call.inner.changes.tell();
    // A missing `start` means no, whatever the documents say.
    if body["start"] == true {
        let _lock = lock(call, &name).await?;
        call.inner.begin(&name);
    }
    shown(call, &name, 201)
}

pub(crate) async fn update(call: &Call) -> Result<Reply, Reply> {
    let name = allowed(call)?;
    let body = call.json()?;
    let config = config(&body)?;
    let hooks = hooks(call, config.as_ref())?;
    let _lock = lock(call, name).await?;
    let running = {
        let mut state = call.inner.state();
        let session = state.sessions.get_mut(name).ok_or_else(not_found)?;
        session.config = config;
        session.hooks = hooks;
        session.status != Status::Stopped
    };
    call.inner.changes.tell();
    if running {
        call.inner.end(name);
        tokio::time::sleep(call.inner.options.pace.lifecycle).await;
        call.inner.begin(name);
    }
    shown(call, name, 200)
}

pub(crate) async fn start(call: &Call) -> Result<Reply, Reply> {
    let name = allowed(call)?;
    let _lock = lock(call, name).await?;
    let status = call.inner.state().sessions.get(name).map(|session| session.status).ok_or_else(not_found)?;
    // A failed session counts as started: only restart or logout help.
    if status != Status::Stopped {
        return Err(refusal::nest(422, format!("Session '{name}' is already started.")));
    }
    call.inner.begin(name);
    shown(call, name, 201)
}

pub(crate) async fn stop(call: &Call) -> Result<Reply, Reply> {
    let name = allowed(call)?;
    let _lock = match lock(call, name).await {
        Err(reply) if reply.status == 404 => return Ok(Reply::empty(201)),
        locked => locked?,
    };
    if call.inner.end(name) {
        tokio::time::sleep(call.inner.options.pace.lifecycle).await;
    }
    shown(call, name, 201)
}

pub(crate) async fn restart(call: &Call) -> Result<Reply, Reply> {
    let name = allowed(call)?;
    let _lock = lock(call, name).await?;
    call.inner.end(name);
    tokio::time::sleep(call.inner.options.pace.lifecycle).await;
    call.inner.begin(name);
    shown(call, name, 201)
}

pub(crate) async fn logout(call: &Call) -> Result<Reply, Reply> {
    let name = allowed(call)?;
    let _lock = lock(call, name).await?;
    call.inner.end(name);
    if let Some(session) = call.inner.state().sessions.get_mut(name) {
        session.paired = false;
        session.owner = None;
    }
    tokio::time::sleep(call.inner.options.pace.lifecycle).await;
    call.inner.begin(name);
    shown(call, name, 201)
}

pub(crate) async fn delete(call: &Call) -> Result<Reply, Reply> {
    let name = allowed(call)?;
    if let Ok(_lock) = lock(call, name).await {
        call.inner.end(name);
        tokio::time::sleep(call.inner.options.pace.lifecycle).await;
        call.inner.state().sessions.remove(name);
        call.inner.changes.tell();
    }
    Ok(Reply::empty(200))
}

impl Inner {
    /// STARTING now, the rest in the background.
    pub(crate) fn begin(self: &Arc<Self>, name: &str) {
        let run = match self.state().sessions.get_mut(name) {
            Some(session) => session.next_run(),
            None => return,
        };
        self.enter(name, run, Status::Starting);
        let (inner, name) = (self.clone(), name.to_owned());
        tokio::spawn(async move {
            tokio::time::sleep(inner.options.pace.starting).await;
            let paired = inner.state().sessions.get(&name).is_some_and(|session| session.paired);
            if paired {
                inner.enter(&name, run, Status::Working);
                inner.release_backlog(&name);
            } else {
                qr::offer(inner, name, run).await;
            }
        });
    }

    /// STOPPED; false when it was that already.
    fn end(self: &Arc<Self>, name: &str) -> bool {
        let run = match self.state().sessions.get_mut(name) {
            Some(session) if session.status != Status::Stopped => session.next_life(),
            _ => return false,
        };
        self.enter(name, run, Status::Stopped);
        true
    }

    /// A phone accepted our code: that of the last pairing, or another one.
    pub(crate) async fn pair(self: &Arc<Self>, name: &str, phone: Phone) {
        let run = {
            let mut state = self.state();
            let last = state.sessions.get(name).and_then(|session| session.last_owner.clone());
            let owner = match last.filter(|_| phone == Phone::Same) {
                Some(owner) => owner,
                None => {
                    state.numbers_given += 1;
                    let number = self.options.phone + state.numbers_given - 1;
                    Owner {
                        session: name.to_owned(),
                        id: format!("{number}@c.us"),
                        push_name: self.options.push_name.clone(),
                        lid: format!("{}@lid", 90_000_000_000_000 + state.numbers_given),
                    }
                }
            };
            let Some(session) = state.sessions.get_mut(name) else {
                return;
            };
            session.last_owner = Some(owner.clone());
            session.owner = Some(owner);
            session.paired = true;
            session.code = None;
            session.next_run()
        };
        if self.options.engine == Engine::Noweb {
            self.enter(name, run, Status::Starting);
            tokio::time::sleep(self.options.pace.starting).await;
        }
        self.enter(name, run, Status::Working);
        self.release_backlog(name);
    }

    /// The phone threw us out.
    pub(crate) fn unpair(self: &Arc<Self>, name: &str) {
        let run = match self.state().sessions.get_mut(name) {
            Some(session) => {
                session.paired = false;
                session.next_run()
            }
            None => return,
        };
        self.enter(name, run, Status::Failed);
    }

    /// Changes the status and tells the webhooks, unless this run is over. False when it is.
    pub(crate) fn enter(self: &Arc<Self>, name: &str, run: u64, status: Status) -> bool {
        let now = clock::now_ms();
        let (audience, payload) = {
            let mut state = self.state();
            let Some(session) = state.sessions.get_mut(name).filter(|session| session.is_run(run)) else {
                return false;
            };
            session.status = status;
            session.statuses.push((status, now));
            let old = session.statuses.len().saturating_sub(3);
            session.statuses.drain(..old);
            let statuses: Vec<Value> = session
                .statuses
                .iter()
                .map(|(status, at)| json!({"status": status.as_str(), "timestamp": at}))
                .collect();
            let mut payload = json!({"name": name, "status": status.as_str(), "statuses": statuses});
            if self.features.status_data {
                payload["data"] = Value::Null;
            }
            let mut audience = session.audience(self.options.engine);
            if status == Status::Stopped {
                audience.stops = None;
            }
            (audience, payload)
        };
        self.publish(&audience, "session.status", &self.envelope_id(), None, &payload);
        self.changes.tell();
        true
    }
}

/// The session's webhooks, and the global ones that no answer ever shows.
fn hooks(call: &Call, config: Option<&Value>) -> Result<Arc<[Webhook]>, Reply> {
    webhook::parse(config, &call.inner.options.global_webhooks).map_err(|errors| refusal::nest(400, errors))
}

/// The name in the path, where this server may have a session of that name.
fn allowed(call: &Call) -> Result<&str, Reply> {
    let name = call.route.session.as_str();
    if !call.inner.features.plus && name != "default" {
        return Err(refusal::default_only(name));
    }
    Ok(name)
}

/// Waits for the lifecycle call before this one, but not for ever.
async fn lock(call: &Call, name: &str) -> Result<OwnedMutexGuard<()>, Reply> {
    let lock = call.inner.state().sessions.get(name).map(|session| session.lifecycle.clone()).ok_or_else(not_found)?;
    tokio::time::timeout(call.inner.options.pace.lock, lock.lock_owned())
        .await
        .map_err(|_| refusal::engine_error(call, "Error", &format!("async-lock timed out in queue {name}")))
}

fn not_found() -> Reply {
    refusal::nest(404, "Session not found")
}

fn shown(call: &Call, name: &str, status: u16) -> Result<Reply, Reply> {
    let state = call.inner.state();
    Ok(match state.sessions.get(name) {
        Some(session) => Reply::json(status, &shape(&call.inner, session, Form::Full)),
        None => Reply::empty(status),
    })
}

/// The config as it is kept: known keys only, with the defaults of NOWEB filled in.
fn config(body: &Value) -> Result<Option<Value>, Reply> {
    let given = match &body["config"] {
        Value::Null => return Ok(None),
        Value::Object(given) => given,
        _ => {
            return Err(refusal::nest(400, vec!["config must be an object".to_owned()]));
        }
    };
    let mut kept = pick(given, CONFIG_KEYS);
    if let Some(Value::Array(hooks)) = kept.get_mut("webhooks") {
        for hook in hooks {
            if let Value::Object(given) = hook {
                *hook = Value::Object(pick(given, WEBHOOK_KEYS));
            }
        }
    }
    if let Some(Value::Object(noweb)) = kept.get_mut("noweb") {
        noweb.entry("markOnline").or_insert(true.into());
        if let Value::Object(store) = noweb.entry("store").or_insert(json!({"enabled": false})) {
            store.entry("fullSync").or_insert(false.into());
        }
    }
    Ok(Some(Value::Object(kept)))
}

fn pick(given: &Map<String, Value>, keys: &[&str]) -> Map<String, Value> {
    given
        .iter()
        .filter(|(key, _)| keys.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn shape(inner: &Inner, session: &Session, form: Form) -> Value {
    let engine = inner.options.engine;
    let stopped = session.status == Status::Stopped;
    let mut me = session.owner.as_ref().filter(|_| !stopped && !session.hides_me).map(|owner| owner.me(engine));
    if let (Some(me), Some(until)) = (&mut me, session.locked_until_s) {
        me["reachoutTimelock"] = json!({"isActive": until * 1000 > clock::now_ms(), "timeEnforcementEnds": until});
    }
    if let (Some(me), Some(capping), true) = (&mut me, &session.capping, inner.features.limits) {
        me["messageCapping"] = capping.clone();
    }
    let working = session.status == Status::Working;
    let mut shown = json!({
        "name": session.name, "status": session.status.as_str(), "config": session.config, "me": me,
        "presence": if working { Some("online") } else { None }, "timestamps": {"activity": session.activity},
    });
    if form == Form::Full {
        shown["engine"] = match engine {
            _ if stopped => json!({}),
            Engine::Noweb => json!({"engine": "NOWEB"}),
            Engine::Gows => {
                json!({"grpc": {"client": "READY", "stream": "READY"}, "gows": {"found": true, "connected": working}})
            }
            Engine::Webjs => {
                json!({"engine": "WEBJS", "WWebVersion": "2.3000.0", "state": if working { "CONNECTED" } else { "OPENING" }})
            }
        };
    }
    shown
}

impl Session {
    /// The number of the current run.
    pub(crate) fn current_run(&self) -> u64 {
        self.run.load(Ordering::Acquire)
    }
}
