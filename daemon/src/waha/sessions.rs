//! Sessions: WAHA's word for the numbers that it serves.
//!
//! The calls that change one are made one at a time per session. They only ask: what a session is afterwards, the server
//! says when it is asked with [`Waha::session`].

use std::collections::BTreeMap;
use std::fmt;

use mychatflow_data::model::instance::{InstanceStatus, Me};
use mychatflow_data::model::new_chats::NewChatCapping;
use mychatflow_data::time::Timestamp;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::Waha;
use super::error::WahaError;
use super::lenient::{Soft, Word};
use super::wire::{Account, Capping, TimeLock};

/// A session, as the server tells it.
#[derive(Clone, PartialEq)]
pub struct Session {
    /// Its name.
    pub name: String,
    /// Its state.
    pub status: InstanceStatus,
    /// Its whole config as WAHA has it; `None` where it has none (old Core after a restart).
    pub config: Option<Value>,
    /// The paired account. A failed session still tells the old one.
    pub me: Option<Me>,
    /// `NOWEB`, `GOWS`, `WEBJS`; lists and stopped sessions don't tell.
    pub engine: Option<String>,
    /// Until when WhatsApp lets the account write only to people it knows, where WAHA tells it.
    pub restricted_until: Option<Timestamp>,
    /// How many new chats WhatsApp lets the account start, where WAHA tells it (2026.8.1).
    pub new_chats: Option<NewChatCapping>,
}

impl fmt::Debug for Session {
    // Without the config: the webhook's key stands in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("name", &self.name)
            .field("status", &self.status)
            .field("me", &self.me)
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}

/// Which sessions to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All but the stopped ones.
    Running,
    /// All.
    All,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SessionWire<'a> {
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    status: Word<'a>,
    config: Option<Value>,
    #[serde(borrow)]
    me: Soft<Account<'a>>,
    engine: Value,
}

impl SessionWire<'_> {
    fn session(self) -> Result<Session, WahaError> {
        Ok(Session {
            name: self.name.owned().ok_or(WahaError::BadAnswer("a session without a name"))?,
            status: self.status.owned().ok_or(WahaError::BadAnswer("a session without a status"))?.into(),
            config: self.config.filter(Value::is_object),
            me: self.me.0.as_ref().and_then(Account::me),
            restricted_until: self.me.0.as_ref().and_then(Account::restricted_until),
            new_chats: self.me.0.as_ref().and_then(Account::new_chats),
            engine: engine(&self.engine).map(str::to_owned),
        })
    }
}

/// NOWEB names itself; the others are known by what they tell.
fn engine(told: &Value) -> Option<&str> {
    if let Some(name) = told.get("engine").and_then(Value::as_str) {
        return Some(name);
    }
    if told.get("gows").is_some() || told.get("grpc").is_some() {
        return Some("GOWS");
    }
    told.get("WWebVersion").map(|_| "WEBJS")
}

impl Waha {
    /// The sessions of the server.
    ///
    /// # Errors
    /// Any [`WahaError`].
    pub async fn sessions(&self, which: Which) -> Result<Vec<Session>, WahaError> {
        let mut request = self.get("/api/sessions", &[])?;
        if which == Which::All {
            request = request.query(&[("all", "true")]);
        }
        let answer = self.ask(request).await?;
        answer.expect::<Vec<SessionWire<'_>>>()?.into_iter().map(SessionWire::session).collect()
    }

    /// In which state each session of the server is, by its name: one cheap question for all of them. What can't be read of one
    /// session does not spoil the others.
    ///
    /// # Errors
    /// Any [`WahaError`]; [`WahaError::Unauthorized`] with 403 when the key is one for single sessions.
    pub async fn session_statuses(&self) -> Result<BTreeMap<String, InstanceStatus>, WahaError> {
        let request = self.get("/api/sessions", &[])?.query(&[("all", "true")]);
        let answer = self.ask_soon(request, Self::LOOK_TIMEOUT).await?;
        let listed = answer.expect::<Vec<SessionWire<'_>>>()?.into_iter().filter_map(|wire| wire.session().ok());
        Ok(listed.map(|session| (session.name, session.status)).collect())
    }

    /// In which state a session is, asked in a hurry; `None`: the server has none of this name.
    ///
    /// # Errors
    /// Any [`WahaError`] but not found.
    pub async fn session_status(&self, session: &str) -> Result<Option<InstanceStatus>, WahaError> {
        match self.ask_soon(self.get("/api/sessions/{session}", &[session])?, Self::LOOK_TIMEOUT).await {
            Ok(answer) => Ok(Some(answer.expect::<SessionWire<'_>>()?.session()?.status)),
            Err(WahaError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// One session, or `None` when the server has none of this name.
    ///
    /// # Errors
    /// Any [`WahaError`] but not found. Old Core (before 2026.6.1) answers 422 for every name but `default`.
    pub async fn session(&self, session: &str) -> Result<Option<Session>, WahaError> {
        match self.ask(self.get("/api/sessions/{session}", &[session])?).await {
            Ok(answer) => answer.expect::<SessionWire<'_>>()?.session().map(Some),
            Err(WahaError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes a session and starts it.
    ///
    /// # Errors
    /// [`WahaError::Rejected`] with 422 when there is one of this name; in old Core that is always so for `default`.
    pub async fn create_session(&self, session: &str, config: &Value) -> Result<Session, WahaError> {
        let _turn = self.lifecycle(session).await;
        // WAHA 2026.4.1 takes a missing `start` for false, whatever its documentation says.
        let body = json!({"name": session, "start": true, "config": config});
        self.ask(self.post("/api/sessions", &[], &body)?).await?.expect::<SessionWire<'_>>()?.session()
    }

    /// Replaces the whole config of a session. A running one is stopped and started again, which takes seconds: only for a
    /// config that differs.
    ///
    /// # Errors
    /// [`WahaError::Rejected`] with 400 when WAHA does not accept the config.
    pub async fn update_session(&self, session: &str, config: &Value) -> Result<Session, WahaError> {
        let _turn = self.lifecycle(session).await;
        let body = json!({"config": config});
        let request = self.request(Method::PUT, "/api/sessions/{session}", &[session])?.json(&body);
        self.ask(request).await?.expect::<SessionWire<'_>>()?.session()
    }

    /// Starts a session. One that runs already is no error (WAHA 2026.4 answers 422 `is already started`).
    ///
    /// # Errors
    /// [`WahaError::NotFound`] when there is none of this name.
    pub async fn start_session(&self, session: &str) -> Result<(), WahaError> {
        match self.change(session, "/api/sessions/{session}/start").await {
            Err(WahaError::Rejected { status: 422, message }) if message.contains("already started") => Ok(()),
            other => other,
        }
    }

    /// Stops a session; its pairing stays. One that does not exist is no error.
    ///
    /// # Errors
    /// Any [`WahaError`].
    pub async fn stop_session(&self, session: &str) -> Result<(), WahaError> {
        self.change(session, "/api/sessions/{session}/stop").await
    }

    /// Stops and starts a session, one after the other where the server finds it started already and does nothing.
    ///
    /// # Errors
    /// [`WahaError::NotFound`] when there is none of this name.
    pub async fn restart_session(&self, session: &str) -> Result<(), WahaError> {
        match self.change(session, "/api/sessions/{session}/restart").await {
            Err(WahaError::Rejected { status: 422, message }) if message.contains("already started") => {
                self.stop_session(session).await?;
                self.start_session(session).await
            }
            other => other,
        }
    }

    /// Unpairs a session and starts it again for a new pairing; its config stays.
    ///
    /// # Errors
    /// [`WahaError::NotFound`] when there is none of this name.
    pub async fn logout_session(&self, session: &str) -> Result<(), WahaError> {
        self.change(session, "/api/sessions/{session}/logout").await
    }

    /// Stops, unpairs and removes a session. One that does not exist is no error.
    ///
    /// # Errors
    /// Any [`WahaError`].
    pub async fn delete_session(&self, session: &str) -> Result<(), WahaError> {
        let _turn = self.lifecycle(session).await;
        self.ask(self.request(Method::DELETE, "/api/sessions/{session}", &[session])?).await?;
        Ok(())
    }

    /// How many new chats WhatsApp lets a session's account start, asked of WhatsApp; `None` where the server or its engine can't
    /// tell.
    ///
    /// # Errors
    /// Any [`WahaError`] but that.
    pub async fn new_chats(&self, session: &str) -> Result<Option<NewChatCapping>, WahaError> {
        match self.ask(self.get("/api/sessions/{session}/capping", &[session])?).await {
            Ok(answer) => Ok(answer.json::<Capping<'_>>()?.and_then(|capping| capping.told())),
            Err(WahaError::NotFound { .. } | WahaError::Rejected { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Until when WhatsApp lets a session's account write only to people it knows; `None`: it is not restricted, or the server
    /// can't tell.
    ///
    /// # Errors
    /// Any [`WahaError`] but that.
    pub async fn time_lock(&self, session: &str) -> Result<Option<Timestamp>, WahaError> {
        match self.ask(self.get("/api/sessions/{session}/timelock", &[session])?).await {
            Ok(answer) => Ok(answer.json::<TimeLock>()?.and_then(|lock| lock.until())),
            Err(WahaError::NotFound { .. } | WahaError::Rejected { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The account that a session is paired with; `None` before pairing.
    ///
    /// # Errors
    /// [`WahaError::NotFound`] when the session does not run.
    pub async fn me(&self, session: &str) -> Result<Option<Me>, WahaError> {
        let answer = self.ask(self.get("/api/sessions/{session}/me", &[session])?).await?;
        Ok(answer.json::<Account<'_>>()?.as_ref().and_then(Account::me))
    }

    async fn change(&self, session: &str, path: &str) -> Result<(), WahaError> {
        let _turn = self.lifecycle(session).await;
        self.ask(self.request(Method::POST, path, &[session])?).await?;
        Ok(())
    }
}
