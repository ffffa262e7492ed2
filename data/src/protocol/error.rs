//! What a refused call says: a closed code for programs, a sentence for people.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::frame::{ErrorData, ErrorObject};
use crate::model::words;

words! {
    /// Why a call was refused. Programs read only this.
    Code {
        /// There is no such thing, or the caller may not know of it.
        NotFound => "not_found",
        /// It is not so any more, or several things fit.
        Conflict => "conflict",
        /// The parameters make no sense.
        Invalid => "invalid",
        /// The caller is known and may not.
        Forbidden => "forbidden",
        /// The caller is nobody we know.
        Unauthenticated => "unauthenticated",
        /// No credit is left.
        InsufficientCredit => "insufficient_credit",
        /// The number is not connected to WhatsApp.
        NotConnected => "not_connected",
        /// WAHA, Gemini or the store can't be reached right now.
        Unavailable => "unavailable",
        /// Too much at once; later it will work.
        Overloaded => "overloaded",
        /// The two sides speak different versions of the protocol.
        VersionMismatch => "version_mismatch",
        /// Our own mistake.
        Internal => "internal",
    }
}

impl Code {
    /// The number that stands for the code in JSON-RPC.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::NotFound => -32001,
            Self::Conflict => -32002,
            Self::Invalid => -32003,
            Self::Forbidden => -32004,
            Self::Unauthenticated => -32005,
            Self::InsufficientCredit => -32006,
            Self::NotConnected => -32007,
            Self::Unavailable => -32008,
            Self::Overloaded => -32009,
            Self::VersionMismatch => -32010,
            Self::Internal => -32011,
        }
    }
}

/// A refused call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallError {
    /// Why, for programs.
    pub code: Code,
    /// Why, and what to do next, for people.
    pub message: String,
}

impl CallError {
    /// A refusal with this code and this sentence.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// There is no such thing.
    #[must_use]
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Code::NotFound, message)
    }

    /// It is not so any more, or several things fit.
    #[must_use]
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Code::Conflict, message)
    }

    /// The parameters make no sense.
    #[must_use]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::Invalid, message)
    }

    /// The caller may not.
    #[must_use]
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(Code::Forbidden, message)
    }

    /// Our own mistake.
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Code::Internal, message)
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CallError {}

impl From<CallError> for ErrorObject {
    fn from(error: CallError) -> Self {
        Self { code: error.code.number(), message: error.message, data: Some(ErrorData::new(error.code)) }
    }
}

impl From<ErrorObject> for CallError {
    /// An error without a code of ours came from JSON-RPC itself: the request was wrong.
    fn from(error: ErrorObject) -> Self {
        let code = error.data.map_or(Code::Invalid, |data| data.code);
        Self { code, message: error.message }
    }
}
