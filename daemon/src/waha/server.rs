//! The server itself: is it there, which version is it, since when does it run?

use std::time::Duration;

use mychatflow_data::time::Timestamp;
use serde::Deserialize;

use super::capabilities::Capabilities;
use super::client::Waha;
use super::error::WahaError;
use super::lenient::{Number, Word};
use super::wire::Environment;

/// Which WAHA it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerVersion {
    /// `2026.4.1`.
    pub version: String,
    /// The engine that sessions get unless they ask for another.
    pub engine: Option<String>,
    /// `CORE` or `PLUS`. From 2026.6.1 on it says little: Core can everything.
    pub tier: Option<String>,
}

impl ServerVersion {
    /// What it can do.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        Capabilities::of(Some(&self.version), self.engine.as_deref())
    }
}

/// Since when a server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerStatus {
    /// When it was started.
    pub started_at: Timestamp,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct StatusWire {
    start_timestamp: Number,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Pong<'a> {
    #[serde(borrow)]
    message: Word<'a>,
}

impl Waha {
    /// How long the answer to a ping may take.
    pub const PING_TIMEOUT: Duration = Duration::from_secs(5);
    /// How long the answer to a regular look may take.
    pub const LOOK_TIMEOUT: Duration = Duration::from_secs(10);

    /// Is it there? Needs no key.
    ///
    /// # Errors
    /// [`WahaError::BadAnswer`] when something else than WAHA answers.
    pub async fn ping(&self) -> Result<(), WahaError> {
        let answer = self.ask_soon(self.get("/ping", &[])?, Self::PING_TIMEOUT).await?;
        let pong: Pong<'_> = answer.expect()?;
        (pong.message.filled() == Some("pong")).then_some(()).ok_or(WahaError::BadAnswer("not a pong"))
    }

    /// Which WAHA it is. Needs the key, so it tells too whether the key is right.
    ///
    /// # Errors
    /// [`WahaError::Unauthorized`] when the key is wrong.
    pub async fn version(&self) -> Result<ServerVersion, WahaError> {
        let answer = self.ask(self.get("/api/server/version", &[])?).await?;
        let told: Environment<'_> = answer.expect()?;
        let version = told.version.owned().ok_or(WahaError::BadAnswer("no version"))?;
        self.note_version(&version);
        Ok(ServerVersion { version, engine: told.engine.owned(), tier: told.tier.owned() })
    }

    /// Since when it runs. A later start than last time means that its memory is gone: configs of old Core, retries.
    ///
    /// # Errors
    /// Any [`WahaError`].
    pub async fn server_status(&self) -> Result<ServerStatus, WahaError> {
        let answer = self.ask_soon(self.get("/api/server/status", &[])?, Self::LOOK_TIMEOUT).await?;
        let told: StatusWire = answer.expect()?;
        let started_at = told.start_timestamp.instant().ok_or(WahaError::BadAnswer("no start"))?;
        Ok(ServerStatus { started_at })
    }
}
