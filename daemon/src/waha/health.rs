//! How a WAHA server has answered, and a circuit that keeps jobs from calling one that is down.
//!
//! A plain state machine: time comes in as an argument. It judges the server, never a session: a session that is not
//! ready, a refused call or a failing engine are answers, and an answer means that the server is there.

use std::error::Error;
use std::io;
use std::time::Duration;

use mychatflow_data::time::Timestamp;

use super::error::WahaError;

/// So many outages in a row open the circuit.
pub const OUTAGES_MAX: u32 = 3;

/// The first pause of an open circuit; each failed try doubles it.
pub const PAUSE_MIN: Duration = Duration::from_secs(1);

/// So long all others wait for the one who tries.
const PROBE_PATIENCE: Duration = Duration::from_secs(5);

/// The longest pause of an open circuit.
pub const PAUSE_MAX: Duration = Duration::from_secs(60);

/// How a server has answered so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// When it last answered, whatever it said.
    pub succeeded_at: Option<Timestamp>,
    /// The last outage, kept after it is over.
    pub last_error: Option<Failure>,
    /// The outage that lasts.
    pub outage: Option<Outage>,
    /// The version that it last told.
    pub version: Option<String>,
    /// When it was last asked for all its sessions, and answered.
    pub looked_at: Option<Timestamp>,
    /// When it was started, where it told.
    pub started_at: Option<Timestamp>,
}

/// One call that found the server out of order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// When.
    pub at: Timestamp,
    /// What was wrong, one layer, without secrets.
    pub reason: String,
    /// What sort of outage it is: that decides what mends it.
    pub kind: OutageKind,
}

/// The sorts of an outage, by what somebody has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutageKind {
    /// It refuses our key.
    KeyRefused,
    /// There is no connection.
    NoConnection,
    /// It shows a certificate that this machine does not trust, or one of another name.
    Certificate,
    /// Something else than TLS is spoken where `https` was asked for.
    NoTls,
    /// Something in front of it answers in its place.
    Gateway,
    /// It was reached, and gave no answer.
    NoAnswer,
}

impl OutageKind {
    /// The sort that an error of a server shows.
    #[must_use]
    pub fn of(error: &WahaError) -> Self {
        match error {
            WahaError::Unauthorized { .. } => Self::KeyRefused,
            WahaError::Refused(cause) => Self::of_connection(cause.as_ref()),
            WahaError::Gateway { .. } => Self::Gateway,
            _ => Self::NoAnswer,
        }
    }

    fn of_connection(cause: &(dyn Error + 'static)) -> Self {
        // The layers of a client wrap each other; an I/O error keeps what it wraps to itself.
        let mut layer = Some(cause);
        while let Some(error) = layer {
            let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            let inner = inner.map(|inner| inner as &(dyn Error + 'static));
            match inner.unwrap_or(error).downcast_ref::<rustls::Error>() {
                Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => {
                    return Self::Certificate;
                }
                Some(rustls::Error::InvalidMessage(_)) => return Self::NoTls,
                _ => layer = inner.or_else(|| error.source()),
            }
        }
        Self::NoConnection
    }
}

/// A server that is out of order right now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// Since when.
    pub since: Timestamp,
    /// How many tries failed. Calls that fail together while the circuit is open count as one.
    pub tries: u32,
    /// When a job may try again.
    pub try_at: Timestamp,
    /// Somebody tries right now.
    pub is_probed: bool,
}

/// May a job call the server?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allow {
    /// Yes.
    Yes,
    /// Once, to see whether it is back.
    Probe,
    /// Not before then.
    NotBefore(Timestamp),
}

impl Health {
    /// Notes an answer, of whatever sort. True when it ends an outage.
    pub fn succeeded(&mut self, now: Timestamp) -> bool {
        self.succeeded_at = Some(now);
        self.outage.take().is_some()
    }

    /// Notes a look at all sessions, and when the server was started, where it told. True when it was started since the look
    /// before.
    pub fn looked(&mut self, started_at: Option<Timestamp>, now: Timestamp) -> bool {
        self.looked_at = Some(now);
        // Of several servers behind one address the latest start counts, or each turn of theirs would be a new life.
        let is_new = started_at.is_some() && self.started_at.is_some() && started_at > self.started_at;
        self.started_at = self.started_at.max(started_at);
        is_new
    }

    /// Notes a call that found the server out of order (see [`WahaError::is_outage`]).
    pub fn failed(&mut self, now: Timestamp, error: &WahaError) {
        self.last_error = Some(Failure { at: now, reason: error.to_string(), kind: OutageKind::of(error) });
        let outage = self.outage.get_or_insert(Outage { since: now, tries: 0, try_at: now, is_probed: false });
        if outage.try_at > now + PAUSE_MAX {
            outage.try_at = now;
        }
        // Calls that were under way when the circuit opened are no new tries: fifty of them must not mean an hour.
        if now >= outage.try_at || outage.is_probed {
            outage.is_probed = false;
            outage.tries = outage.tries.saturating_add(1);
            outage.try_at = now + pause(outage.tries);
        }
    }

    /// The same, where the next job may see at once whether an outage is over.
    #[must_use]
    pub fn to_be_tried(mut self) -> Self {
        if let Some(outage) = self.outage.as_mut() {
            (outage.is_probed, outage.try_at) = (false, outage.since);
        }
        self
    }

    /// May a job call the server now? Whoever may try is the only one until it is known what came of it, or until that takes too long.
    #[must_use]
    pub fn let_in(&mut self, now: Timestamp) -> Allow {
        let allow = self.allows(now);
        if let (Allow::Probe, Some(outage)) = (allow, self.outage.as_mut()) {
            (outage.is_probed, outage.try_at) = (true, now + PROBE_PATIENCE);
        }
        allow
    }

    /// The same, without being the one who tries.
    #[must_use]
    pub fn allows(&self, now: Timestamp) -> Allow {
        match &self.outage {
            // One that is further away than any pause was written down by a clock that was ahead.
            Some(outage) if outage.tries >= OUTAGES_MAX && outage.try_at > now + PAUSE_MAX => Allow::Probe,
            Some(outage) if outage.tries >= OUTAGES_MAX && now < outage.try_at => Allow::NotBefore(outage.try_at),
            Some(outage) if outage.tries >= OUTAGES_MAX => Allow::Probe,
            _ => Allow::Yes,
        }
    }
}

fn pause(tries: u32) -> Duration {
    match tries.checked_sub(OUTAGES_MAX) {
        None => Duration::ZERO,
        Some(doublings) => (PAUSE_MIN * 2_u32.pow(doublings.min(16))).min(PAUSE_MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[derive(Debug, thiserror::Error)]
    #[error("client error (Connect)")]
    struct Layer(#[source] io::Error);

    #[test]
    fn what_tls_says_is_found_under_the_layers_of_the_client() {
        let refused =
            |error: rustls::Error| OutageKind::of(&WahaError::Refused(Box::new(Layer(io::Error::other(error)))));
        let foreign = rustls::CertificateError::UnknownIssuer;
        assert_eq!(refused(rustls::Error::InvalidCertificate(foreign)), OutageKind::Certificate);
        assert_eq!(
            refused(rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType)),
            OutageKind::NoTls
        );
        assert_eq!(refused(rustls::Error::HandshakeNotComplete), OutageKind::NoConnection);
        let closed = WahaError::Refused(Box::new(Layer(io::ErrorKind::ConnectionRefused.into())));
        assert_eq!(OutageKind::of(&closed), OutageKind::NoConnection);
    }

    #[test]
    fn one_tries_and_all_others_wait_for_it() {
        let down = || WahaError::Timeout(Duration::from_secs(35));
        let mut health = Health::default();
        (0..3).for_each(|second| health.failed(at(second), &down()));
        assert_eq!(health.let_in(at(3)), Allow::Probe);
        assert_eq!(health.let_in(at(3)), Allow::NotBefore(at(8)));
        health.failed(at(4), &down());
        assert_eq!(health.let_in(at(4)), Allow::NotBefore(at(6)), "it failed: the pause is doubled");
        assert_eq!(health.let_in(at(6)), Allow::Probe);
        assert_eq!(health.let_in(at(11)), Allow::Probe, "nobody knows what became of the one before");
        health.succeeded(at(12));
        assert_eq!(health.let_in(at(12)), Allow::Yes);
    }

    #[test]
    fn three_outages_open_it_and_one_answer_closes_it() {
        let down = || WahaError::Timeout(Duration::from_secs(35));
        let mut health = Health::default();
        assert_eq!(health.allows(at(0)), Allow::Yes);
        health.failed(at(1), &down());
        health.failed(at(1), &down());
        assert_eq!(health.allows(at(1)), Allow::Yes);
        health.failed(at(2), &down());
        assert_eq!(health.allows(at(2)), Allow::NotBefore(at(3)));
        for _ in 0..50 {
            health.failed(at(2), &down());
        }
        assert_eq!(health.allows(at(3)), Allow::Probe);
        health.failed(at(3), &down());
        assert_eq!(health.allows(at(4)), Allow::NotBefore(at(5)));
        let outage = health.outage.clone().unwrap();
        assert_eq!((outage.since, outage.tries), (at(1), 4));
        assert!(health.succeeded(at(6)), "the outage is over");
        assert!(!health.succeeded(at(6)));
        assert_eq!(health.allows(at(6)), Allow::Yes);
        assert_eq!(health.last_error.unwrap().reason, "waha did not answer within 35 s");
        assert_eq!(health.succeeded_at, Some(at(6)));
    }

    #[test]
    fn a_clock_that_was_ahead_keeps_nobody_from_asking() {
        let (ahead, back) = (at(34_560_000), at(10));
        let mut health = Health::default();
        for _ in 0..OUTAGES_MAX + 2 {
            health.failed(ahead, &WahaError::Timeout(Duration::from_secs(35)));
        }
        assert_eq!(health.allows(back), Allow::Probe);
        health.failed(back, &WahaError::Timeout(Duration::from_secs(35)));
        assert!(matches!(health.allows(back), Allow::NotBefore(until) if until <= back + PAUSE_MAX));
    }

    #[test]
    fn an_outage_that_may_be_tried_at_once_is_as_old_as_it_was() {
        let mut health = Health::default();
        for _ in 0..OUTAGES_MAX + 3 {
            health.failed(at(5), &WahaError::Timeout(Duration::from_secs(35)));
        }
        assert!(matches!(health.allows(at(5)), Allow::NotBefore(_)));
        let kept = health.to_be_tried();
        assert_eq!((kept.allows(at(5)), kept.outage.map(|outage| outage.since)), (Allow::Probe, Some(at(5))));
    }

    #[test]
    fn a_later_start_is_a_new_life() {
        let mut health = Health::default();
        for (second, is_new) in [(5, false), (5, false), (0, false), (9, true), (9, false), (5, false), (9, false)] {
            let started_at = (second > 0).then(|| at(second));
            assert_eq!(health.looked(started_at, at(20)), is_new, "{started_at:?}");
        }
        assert_eq!((health.looked_at, health.started_at), (Some(at(20)), Some(at(9))));
    }

    #[test]
    fn the_pause_has_an_end() {
        assert_eq!(pause(2), Duration::ZERO);
        assert_eq!(pause(4), Duration::from_secs(2));
        assert_eq!(pause(u32::MAX), PAUSE_MAX);
    }
}
