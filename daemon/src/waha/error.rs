//! What can go wrong between us and WAHA, by what the caller must do about it.
//!
//! WAHA 2026.4 has four shapes of error bodies; an engine's error echoes our whole request, so of that only the engine's
//! own sentence is read. Nothing here prints a key, a message or a whole phone number.

use std::error::Error;
use std::time::Duration;

use mychatflow_data::model::instance::InstanceStatus;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::lenient::{Soft, Word};

/// The longest sentence that is kept of an answer, in characters.
const SENTENCE_CHARS_MAX: usize = 200;

/// What the engines say of WhatsApp's error 463.
const TIME_LOCK: &str = "server returned error 463";

/// WhatsApp's word for a number that asks or sends too much; both engine libraries hand it on.
const TOO_FAST: &str = "rate-overlimit";

/// WhatsApp's words for what it refuses, however often it is asked.
const NOT_ALLOWED: [&str; 3] = ["not-authorized", "item-not-found", "not-acceptable"];

/// So many digits in a row are somebody's number.
const NUMBER_DIGITS_MIN: usize = 7;

/// The error beneath ours.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Why a call of WAHA brought no result.
#[derive(Debug, thiserror::Error)]
pub enum WahaError {
    /// No connection: name, port, network or TLS. The request was not sent.
    #[error("waha can't be reached")]
    Refused(#[source] Cause),
    /// 401: the key is wrong. 403: it is a key for other sessions, or may not do this (WAHA 2026.4.3).
    #[error("waha refuses the api key (status {status})")]
    Unauthorized {
        /// 401 or 403.
        status: u16,
    },
    /// 404, or 422 about a session that WAHA does not have.
    #[error("waha has no such thing: {message}")]
    NotFound {
        /// WAHA's sentence.
        message: String,
    },
    /// 422: the session is not in the state that the call needs. WAHA waited up to 15 s before it said so.
    #[error("the session is {status}")]
    NotReady {
        /// The state it is in.
        status: InstanceStatus,
    },
    /// Any other 4xx, and 501 where the engine cannot do it: nothing was done.
    #[error("waha answered {status}: {message}")]
    Rejected {
        /// The HTTP status.
        status: u16,
        /// WAHA's sentence.
        message: String,
    },
    /// 500: the engine or WhatsApp failed (rate limits, unknown numbers, time-outs). It may have been done.
    #[error("the engine failed: {message}")]
    Engine {
        /// The engine's sentence.
        message: String,
    },
    /// 500 with WhatsApp's own error 463: the account may write to nobody new for now. WhatsApp refused the message.
    #[error("the engine failed: {message}")]
    TimeLocked {
        /// The engine's sentence.
        message: String,
    },
    /// 500 with WhatsApp's `rate-overlimit`: the number asks or sends too much. It may have been done.
    #[error("the engine failed: {message}")]
    TooFast {
        /// The engine's sentence.
        message: String,
    },
    /// 500 with a refusal of WhatsApp's that stays: `not-authorized`, `item-not-found`. It was not done.
    #[error("WhatsApp refused it: {message}")]
    NotAllowed {
        /// The engine's sentence.
        message: String,
    },
    /// Another 5xx: something in front of WAHA answered in its place. It may have been done.
    #[error("a gateway in front of waha answered {status}")]
    Gateway {
        /// The HTTP status.
        status: u16,
    },
    /// No answer in time. It may have been done.
    #[error("waha did not answer within {} s", .0.as_secs())]
    Timeout(Duration),
    /// The connection ended before the answer did. It may have been done.
    #[error("the connection was cut off before the answer")]
    Cut(#[source] Cause),
    /// An answer that is not what WAHA answers here; perhaps it is not WAHA. It may have been done.
    #[error("not an answer of waha: {0}")]
    BadAnswer(&'static str),
    /// The answer is larger than the caller wants it, in bytes.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The most it may have.
        limit: usize,
    },
    /// The call makes no sense and was not made.
    #[error("not asked: {0}")]
    Invalid(&'static str),
}

/// What an error says about whether the thing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// It was not.
    NotSent,
    /// It may have been.
    Doubtful {
        /// Had the server answered? Then it is not still at it, and a lookup is final at once.
        answered: Answered,
    },
}

/// Had the server answered?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// Yes: whatever it did, it has done.
    Yes,
    /// No: it may still be at it.
    No,
}

impl WahaError {
    /// What this error of a send says about whether the message was sent.
    #[must_use]
    pub const fn doubt(&self) -> Doubt {
        match self {
            Self::Refused(_)
            | Self::Unauthorized { .. }
            | Self::NotFound { .. }
            | Self::NotReady { .. }
            | Self::Rejected { .. }
            | Self::TimeLocked { .. }
            | Self::NotAllowed { .. }
            | Self::Invalid(_) => Doubt::NotSent,
            Self::Engine { .. } | Self::TooFast { .. } | Self::BadAnswer(_) | Self::TooLarge { .. } => {
                Doubt::Doubtful { answered: Answered::Yes }
            }
            // What answered is not WAHA: it may still be sending.
            Self::Gateway { .. } | Self::Timeout(_) | Self::Cut(_) => Doubt::Doubtful { answered: Answered::No },
        }
    }

    /// Does this server send no files at all? Before 2026.6.1 only WAHA Plus did.
    #[must_use]
    pub fn lacks_files(&self) -> bool {
        match self {
            Self::Rejected { status: 422, message } => message.contains("Plus version"),
            Self::Rejected { status: 501, .. } => true,
            _ => false,
        }
    }

    /// May the same call succeed later without anybody doing anything? Says nothing about whether it is safe to repeat.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        match self {
            Self::Refused(_)
            | Self::NotReady { .. }
            | Self::Engine { .. }
            | Self::TooFast { .. }
            | Self::Gateway { .. }
            | Self::Timeout(_)
            | Self::Cut(_)
            | Self::BadAnswer(_) => true,
            Self::Rejected { status, .. } => matches!(status, 408 | 425 | 429),
            Self::Unauthorized { .. }
            | Self::NotFound { .. }
            | Self::TimeLocked { .. }
            | Self::NotAllowed { .. }
            | Self::TooLarge { .. }
            | Self::Invalid(_) => false,
        }
    }

    /// Does the server not know the session (any more)? It forgets them all when it loses its own store.
    #[must_use]
    pub fn is_session_missing(&self) -> bool {
        match self {
            Self::NotFound { message } => {
                let message = message.to_ascii_lowercase();
                message.contains("session")
                    && ["does not exist", "not found", "didn't find"].iter().any(|words| message.contains(words))
            }
            _ => false,
        }
    }

    /// Did the engine, or WhatsApp behind it, fail?
    #[must_use]
    pub const fn is_the_engines(&self) -> bool {
        matches!(self, Self::Engine { .. } | Self::TimeLocked { .. } | Self::TooFast { .. } | Self::NotAllowed { .. })
    }

    /// Does it tell that the server as a whole is out of order, rather than one session or one call?
    #[must_use]
    pub const fn is_outage(&self) -> bool {
        matches!(
            self,
            Self::Refused(_)
                | Self::Timeout(_)
                | Self::Cut(_)
                | Self::Gateway { .. }
                | Self::Unauthorized { status: 401 }
        )
    }

    /// Reads an answer that is not a 2xx.
    pub(super) fn of_answer(status: u16, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let read: Body<'_> = serde_json::from_str(&text).unwrap_or_default();
        match status {
            401 | 403 => Self::Unauthorized { status },
            404 => Self::NotFound { message: read.sentence(status) },
            422 if read.status.filled().is_some() && read.session.filled().is_some() => {
                Self::NotReady { status: InstanceStatus::from(read.status.owned().unwrap_or_default()) }
            }
            422 if read.session.filled().is_some() => Self::NotFound { message: read.sentence(status) },
            400..=499 | 501 => Self::Rejected { status, message: read.sentence(status) },
            500 => {
                let message = read.sentence(status);
                let says = |word: &str| {
                    message.split(|c: char| !c.is_ascii_alphabetic() && c != '-').any(|found| found == word)
                };
                if message.contains(TIME_LOCK) {
                    Self::TimeLocked { message }
                } else if says(TOO_FAST) {
                    Self::TooFast { message }
                } else if NOT_ALLOWED.iter().any(|word| says(word)) {
                    Self::NotAllowed { message }
                } else {
                    Self::Engine { message }
                }
            }
            501..=599 => Self::Gateway { status },
            300..=399 => Self::BadAnswer("a redirect"),
            _ => Self::BadAnswer("an unknown status"),
        }
    }

    /// Reads an error of the HTTP client. Its address is left out: it can hold a phone number.
    pub(super) fn of_transport(error: reqwest::Error, timeout: Duration) -> Self {
        let error = error.without_url();
        // A connection that could not be made in time is both; nothing was sent, so that comes first.
        if error.is_connect() {
            Self::Refused(error.into())
        } else if error.is_builder() {
            Self::Invalid("the request can't be built")
        } else if error.is_timeout() {
            Self::Timeout(timeout)
        } else {
            Self::Cut(error.into())
        }
    }
}

/// All four shapes in one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body<'a> {
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    session: Word<'a>,
    #[serde(borrow)]
    status: Word<'a>,
    #[serde(borrow)]
    exception: Soft<Exception<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Exception<'a> {
    #[serde(borrow)]
    message: Word<'a>,
}

impl Body<'_> {
    fn sentence(&self, status: u16) -> String {
        let exception = self.exception.0.as_ref().and_then(|exception| exception.message.owned());
        let told = exception
            .or_else(|| sentence_of(self.message?))
            .or_else(|| sentence_of(self.error?))
            .unwrap_or_else(|| format!("status {status} without a word"));
        clean(&told)
    }
}

/// One text, several texts, or an object with a `key`.
fn sentence_of(raw: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Told {
        One(String),
        Many(Vec<String>),
        Key { key: String },
    }

    Some(match serde_json::from_str(raw.get()).ok()? {
        Told::One(text) => text,
        Told::Many(texts) => texts.join("; "),
        Told::Key { key } => key,
    })
}

/// The first line, short, without control characters, and with the end of every long number left out.
fn clean(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    let mut cleaned = String::new();
    let mut digits = 0;
    for c in line.chars().take(SENTENCE_CHARS_MAX).filter(|c| !c.is_control()) {
        digits = if c.is_ascii_digit() { digits + 1 } else { 0 };
        match digits.cmp(&NUMBER_DIGITS_MIN) {
            std::cmp::Ordering::Less => cleaned.push(c),
            std::cmp::Ordering::Equal => {
                cleaned.truncate(cleaned.len() - 3);
                cleaned.push('…');
            }
            std::cmp::Ordering::Greater => {}
        }
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_by_what_to_do_about_them() {
        let not_ready = r#"{"error":"Session status is not as expected.","session":"default","status":"STARTING","expected":["WORKING"]}"#;
        let engine = r#"{"statusCode":500,"exception":{"message":"rate-overlimit","stack":"x"},"request":{"body":{"text":"SECRET"}}}"#;
        let done = Doubt::Doubtful { answered: Answered::Yes };
        let open = Doubt::Doubtful { answered: Answered::No };
        for (status, body, display, doubt, retryable) in [
            (
                401,
                r#"{"message":"Unauthorized","statusCode":401}"#,
                "waha refuses the api key (status 401)",
                Doubt::NotSent,
                false,
            ),
            (403, "", "waha refuses the api key (status 403)", Doubt::NotSent, false),
            (
                404,
                r#"{"message":"Session not found"}"#,
                "waha has no such thing: Session not found",
                Doubt::NotSent,
                false,
            ),
            (
                404,
                r#"{"error":{"code":404,"key":"FILE_NOT_FOUND"}}"#,
                "waha has no such thing: FILE_NOT_FOUND",
                Doubt::NotSent,
                false,
            ),
            (422, not_ready, "the session is STARTING", Doubt::NotSent, true),
            (
                422,
                r#"{"error":"Session \"ghost\" does not exist","session":"ghost"}"#,
                "waha has no such thing: Session \"ghost\" does not exist",
                Doubt::NotSent,
                false,
            ),
            (
                422,
                r#"{"message":"Session 'x' already exists."}"#,
                "waha answered 422: Session 'x' already exists.",
                Doubt::NotSent,
                false,
            ),
            (
                400,
                r#"{"message":["a must be","b must be"],"error":"Bad Request"}"#,
                "waha answered 400: a must be; b must be",
                Doubt::NotSent,
                false,
            ),
            (429, "<html>slow</html>", "waha answered 429: status 429 without a word", Doubt::NotSent, true),
            (501, "{}", "waha answered 501: status 501 without a word", Doubt::NotSent, false),
            (500, engine, "the engine failed: rate-overlimit", done, true),
            (
                500,
                r#"{"exception":{"message":"no 4915111111111@c.us\nsecond line"}}"#,
                "the engine failed: no 491…@c.us",
                done,
                true,
            ),
            (500, "", "the engine failed: status 500 without a word", done, true),
            (
                500,
                r#"{"exception":{"message":"2 UNKNOWN: server returned error 463"}}"#,
                "the engine failed: 2 UNKNOWN: server returned error 463",
                Doubt::NotSent,
                false,
            ),
            (
                500,
                r#"{"exception":{"message":"info query returned status 401: not-authorized"}}"#,
                "WhatsApp refused it: info query returned status 401: not-authorized",
                Doubt::NotSent,
                false,
            ),
            (502, "<html>", "a gateway in front of waha answered 502", open, true),
            (302, "", "not an answer of waha: a redirect", done, true),
        ] {
            let error = WahaError::of_answer(status, body.as_bytes());
            assert_eq!(error.to_string(), display);
            assert_eq!((error.doubt(), error.retryable()), (doubt, retryable), "{display}");
            assert!(!format!("{error:?}").contains("SECRET"));
        }
        assert_eq!(WahaError::Timeout(Duration::from_secs(35)).to_string(), "waha did not answer within 35 s");
    }
}
