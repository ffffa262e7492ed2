//! Why a number could not be changed, in sentences that say what to do next.

use mychatflow_data::model::remedy::{KEY_REFUSED, UNREACHED};
use mychatflow_data::protocol::error::{CallError, Code};
use mychatflow_data::store::error::StoreError;

use crate::chain::chain;
use crate::jobs::JobError;
use crate::waha::WahaError;

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// The number is not there.
    #[error("there is no such number: see `instance list`")]
    NotFound,
    /// It is not so any more, or taken.
    #[error("{0}")]
    Conflict(String),
    /// The caller asked for something that makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// The caller may not have it.
    #[error("{0}")]
    Forbidden(String),
    /// The session is not in the state that this needs.
    #[error("{0}")]
    NotConnected(String),
    /// The machine did not play along.
    #[error("{0}")]
    Internal(String),
    /// WAHA did not do it.
    #[error("{}", sentence(.0))]
    Waha(#[source] WahaError),
    /// The store did not.
    #[error("the store could not do it")]
    Store(#[source] StoreError),
}

impl InstanceError {
    /// The code that programs read.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::NotFound => Code::NotFound,
            Self::Conflict(_) => Code::Conflict,
            Self::Invalid(_) => Code::Invalid,
            Self::Forbidden(_) => Code::Forbidden,
            Self::NotConnected(_) | Self::Waha(WahaError::NotReady { .. }) => Code::NotConnected,
            Self::Waha(WahaError::Rejected { .. } | WahaError::Invalid(_)) => Code::Invalid,
            Self::Waha(_) => Code::Unavailable,
            Self::Store(StoreError::Overloaded | StoreError::TookTooLong) => Code::Overloaded,
            Self::Store(
                StoreError::DiskFull
                | StoreError::Busy
                | StoreError::Uncommitted(_)
                | StoreError::Closed
                | StoreError::Lost(_),
            ) => Code::Unavailable,
            Self::Internal(_) | Self::Store(_) => Code::Internal,
        }
    }
}

/// What an error of WAHA means for a person, and what to do about it.
#[must_use]
pub fn sentence(error: &WahaError) -> String {
    match error {
        WahaError::Refused(cause) => {
            format!("{UNREACHED}: {}; is it running at the url of [[waha]]?", root(cause.as_ref()))
        }
        WahaError::Timeout(_) | WahaError::Cut(_) | WahaError::Gateway { .. } => {
            format!("{UNREACHED}: {error}")
        }
        WahaError::Unauthorized { .. } => format!("{KEY_REFUSED}: set api_key of [[waha]] in the config"),
        WahaError::NotReady { status } => format!("the session is {status}: try again in a moment, or restart it"),
        other => chain(other),
    }
}

fn root(error: &(dyn std::error::Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    deepest.to_string()
}

impl From<StoreError> for InstanceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(_) => Self::NotFound,
            StoreError::Conflict(reason) => Self::Conflict(reason),
            StoreError::Invalid(reason) => Self::Invalid(reason),
            other => Self::Store(other),
        }
    }
}

impl From<WahaError> for InstanceError {
    fn from(error: WahaError) -> Self {
        Self::Waha(error)
    }
}

impl From<InstanceError> for CallError {
    fn from(error: InstanceError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<InstanceError> for JobError {
    fn from(error: InstanceError) -> Self {
        match error {
            InstanceError::Waha(error) => error.into(),
            InstanceError::Store(error) => error.into(),
            other => Self::Fatal(other.to_string()),
        }
    }
}
