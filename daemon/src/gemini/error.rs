//! Why there is no answer, by what the caller does about it.
//!
//! No variant carries a key or any text of a conversation: Gemini's own messages may quote the request, so only its
//! status words are kept.

use std::time::Duration;

use super::breaker::Cause;

/// Why a client could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// `gemini.base_url` is not an http or https address, or carries a query, a fragment or credentials.
    #[error("gemini.base_url is not a plain http or https address")]
    BaseUrl,
    /// `gemini.api_version` is not of the form `v1beta`.
    #[error("gemini.api_version must look like v1beta")]
    ApiVersion,
    /// The configured model's name has characters that no model name has.
    #[error("gemini.model is not a model name")]
    Model,
    /// The key is empty or can't travel in a header.
    #[error("gemini.api_key is empty or has characters a key can't have")]
    ApiKey,
    /// The HTTP client did not start.
    #[error("could not set up the connection to gemini")]
    Http(#[source] reqwest::Error),
}

/// What was refused on grounds of content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The conversation we sent.
    Prompt,
    /// The answer: filtered for safety, wording, personal data or a blocklist.
    Answer,
    /// The answer repeated a published text too closely.
    Recitation,
    /// Gemini asked for a person itself, or gave no closer reason.
    Other,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Refusal::Prompt => "the conversation",
            Refusal::Answer => "its own answer",
            Refusal::Recitation => "its own answer as a copy of a published text",
            Refusal::Other => "to answer without a closer reason",
        })
    }
}

/// Whether asking again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// No: somebody has to change something, or the answer would be the same.
    Never,
    /// Yes, not before this much time has passed.
    After(Duration),
    /// Once more may help; a second failure is final.
    Once,
}

/// Why a call gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GeminiError {
    /// Overload, a rate limit of the minute, a broken connection, a page of a proxy: passes by itself.
    #[error("gemini is busy or out of reach{}", StatusSuffix(*.status))]
    Transient {
        /// The least time to wait, where Gemini named one or a short backoff of ours.
        retry_after: Duration,
        /// The HTTP status; `None` when no answer came.
        status: Option<u16>,
    },
    /// No complete answer within the time allowed. May have been billed.
    #[error("gemini did not answer in time")]
    Timeout,
    /// The quota is used up for the day or for longer than five minutes.
    #[error("the gemini quota is used up")]
    QuotaDay {
        /// When it is worth trying again, counted from now, where Gemini said so.
        retry_after: Option<Duration>,
    },
    /// The key is wrong, expired, leaked or without rights.
    #[error("gemini refused the api key ({reason})")]
    KeyRefused {
        /// Gemini's word for it, such as `API_KEY_INVALID`.
        reason: String,
    },
    /// The key is good, but its project is not served: no billing, a service that is off, a place that is left out.
    #[error("gemini does not serve the project of the api key ({reason})")]
    NotServed {
        /// Gemini's word for it, such as `FAILED_PRECONDITION` or `SERVICE_DISABLED`.
        reason: String,
    },
    /// No such model, or not any more.
    #[error("gemini does not know the model {model:?}")]
    ModelUnknown {
        /// The model asked for.
        model: String,
    },
    /// Content filters refused. Nothing of the answer may be sent.
    #[error("gemini refused {0}")]
    Refused(Refusal),
    /// An answer without any text, twice.
    #[error("gemini gave an empty answer")]
    Empty,
    /// An answer that can't be read or was cut off, twice.
    #[error("gemini gave an answer that can't be used")]
    Garbled,
    /// Gemini found our request wrong: a fault of this program or of a setting.
    #[error("gemini rejected the request ({status} {reason})")]
    Invalid {
        /// The HTTP status.
        status: u16,
        /// Gemini's word for it and, where given, the field.
        reason: String,
    },
    /// Nothing to answer: the turns hold no text, or do not end with the customer's.
    #[error("the conversation holds nothing to answer")]
    NothingToAnswer,
    /// The address does not behave like Gemini: a redirect, or a status Gemini never gives.
    #[error("gemini.base_url does not answer like gemini (status {status})")]
    NotGemini {
        /// The HTTP status.
        status: u16,
    },
    /// Not asked: an earlier call showed that asking is useless for now.
    #[error("gemini is not asked for now: {}", FirstCause(first.as_deref(), *cause))]
    BreakerOpen {
        /// What sort of fault the earlier call found.
        cause: Cause,
        /// What that call was told, where it is remembered.
        first: Option<Box<GeminiError>>,
        /// When the next call is let through, counted from now.
        retry_after: Duration,
    },
}

impl GeminiError {
    /// Whether the caller should ask again.
    pub fn retry(&self) -> Retry {
        match self {
            GeminiError::Transient { retry_after, .. } => Retry::After(*retry_after),
            GeminiError::BreakerOpen { cause: Cause::Pause | Cause::Outage, retry_after, .. } => {
                Retry::After(*retry_after)
            }
            GeminiError::Timeout => Retry::Once,
            GeminiError::QuotaDay { .. }
            | GeminiError::KeyRefused { .. }
            | GeminiError::NotServed { .. }
            | GeminiError::ModelUnknown { .. }
            | GeminiError::Refused(_)
            | GeminiError::Empty
            | GeminiError::Garbled
            | GeminiError::Invalid { .. }
            | GeminiError::NothingToAnswer
            | GeminiError::NotGemini { .. }
            | GeminiError::BreakerOpen { .. } => Retry::Never,
        }
    }

    /// Did Gemini answer, and only said nothing that could be sent?
    #[must_use]
    pub const fn is_answer(&self) -> bool {
        matches!(self, GeminiError::Refused(_) | GeminiError::Empty | GeminiError::Garbled)
    }

    /// One word for a reason column, a metric or a log: stable, without data.
    pub fn code(&self) -> &'static str {
        match self {
            GeminiError::Transient { .. } => "transient",
            GeminiError::Timeout => "timeout",
            GeminiError::QuotaDay { .. } => "quota",
            GeminiError::KeyRefused { .. } => "key_refused",
            GeminiError::NotServed { .. } => "not_served",
            GeminiError::ModelUnknown { .. } => "model_unknown",
            GeminiError::Refused(_) => "refused",
            GeminiError::Empty => "empty",
            GeminiError::Garbled => "garbled",
            GeminiError::Invalid { .. } => "invalid",
            GeminiError::NothingToAnswer => "nothing_to_answer",
            GeminiError::NotGemini { .. } => "not_gemini",
            GeminiError::BreakerOpen { .. } => "breaker_open",
        }
    }
}

struct FirstCause<'e>(Option<&'e GeminiError>, Cause);

impl std::fmt::Display for FirstCause<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(first) => first.fmt(f),
            None => self.1.fmt(f),
        }
    }
}

struct StatusSuffix(Option<u16>);

impl std::fmt::Display for StatusSuffix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(status) => write!(f, " (status {status})"),
            None => Ok(()),
        }
    }
}
