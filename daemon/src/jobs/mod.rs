//! Durable work: an engine that claims and ends jobs, and one file for each kind of them.

pub(crate) mod acquaintance;
pub mod answer_chat;
pub mod deliver;
pub(crate) mod faults;
pub mod number_check;
pub(crate) mod older_words;
pub mod recheck_hidden_ids;
pub mod recheck_history;
pub mod reconcile_instance;
pub mod recover_history;
pub mod resolve_identity;
pub mod run_campaign;
pub mod send_message;
pub mod sync_contacts;
pub mod wake;
pub mod worker;

use std::time::Duration;

use mychatflow_data::model::fault::FaultCode;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::jobs::Ended;
use mychatflow_data::time::Timestamp;

use crate::chain::chain;
use crate::flow::slowdown::REST_MIN;
use crate::gemini::GeminiError;
use crate::waha::health::Allow;
use crate::waha::{Waha, WahaError};

/// How a run came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A transaction of the run has ended the job already.
    Settled,
    /// The engine ends it so.
    End(Ended),
}

/// Why a run failed. `Retryable` runs again with backoff, `Fatal` becomes a dead letter.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// May succeed later.
    #[error("{reason}")]
    Retryable {
        /// Why, in words for people.
        reason: String,
        /// The soonest that trying again makes sense.
        after: Duration,
        /// What it is, where it came from another server, with its words.
        fault: Option<(FaultCode, String)>,
    },
    /// Will not.
    #[error("{0}")]
    Fatal(String),
}

impl From<StoreError> for JobError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(what) => Self::Fatal(format!("no such {what}")),
            error => Self::Retryable { reason: chain(&error), after: Duration::from_secs(1), fault: None },
        }
    }
}

impl From<WahaError> for JobError {
    fn from(error: WahaError) -> Self {
        let reason = chain(&error);
        let after = if matches!(error, WahaError::TooFast { .. }) { REST_MIN } else { Duration::from_secs(2) };
        // A refused key and a forgotten session were not even tried: both are mended without the job's doing.
        let waits = matches!(error, WahaError::Unauthorized { .. }) || error.is_session_missing();
        if waits || error.retryable() {
            Self::Retryable { reason, after, fault: Some(faults::of_waha(&error)) }
        } else {
            Self::Fatal(reason)
        }
    }
}

impl From<GeminiError> for JobError {
    fn from(error: GeminiError) -> Self {
        let fault = Some(faults::of_model(&error));
        Self::Retryable { reason: chain(&error), after: Duration::from_secs(2), fault }
    }
}

/// The end of a run that WAHA broke off. A server that is out of order costs no attempt: the work waits until it may be
/// asked again.
pub(crate) fn broken_off(waha: &Waha, error: WahaError, now: Timestamp) -> Result<Outcome, JobError> {
    if !error.is_outage() {
        return Err(error.into());
    }
    let until = match waha.allows(now) {
        Allow::NotBefore(at) => at,
        Allow::Yes | Allow::Probe => now + Duration::from_secs(1),
    };
    Ok(Outcome::End(Ended::Snooze { until, reason: chain(&error) }))
}

/// When to run again after this many failures: doubling from one second to two minutes, with a jitter of a quarter
/// either way that hangs on `seed` alone.
#[must_use]
pub fn backoff(now: Timestamp, attempts: i64, soonest: Duration, seed: u64) -> Timestamp {
    let doubled = 1_000u64 << attempts.clamp(0, 7);
    let plain = doubled.min(120_000);
    let wait = Duration::from_millis(plain - plain / 4 + seed % (plain / 2 + 1));
    now + wait.max(soonest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_up_to_two_minutes() {
        let start = Timestamp::from_millis(0);
        let wait = |attempts, seed| backoff(start, attempts, Duration::ZERO, seed).since(start).as_millis();
        assert!((750..=1_250).contains(&wait(0, 99)));
        assert!((6_000..=10_000).contains(&wait(3, 12_345)));
        assert!(wait(60, 7) <= 150_000);
        assert_eq!(backoff(start, 0, Duration::from_secs(90), 0).since(start), Duration::from_secs(90));
    }
}
