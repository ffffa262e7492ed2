//! Whether WAHA's deliveries of a number reach us: what we saw by asking, or did ourselves, is held against what came by webhook.
//! A plain state machine: time is an argument.

use std::time::Duration;

use mychatflow_data::model::instance::InstanceStatus;
use mychatflow_data::time::Timestamp;

/// How long the webhook of a new state may take. Some engines tell it two seconds late, and a first try may fail.
const STATUS_GRACE: Duration = Duration::from_secs(15);
/// How long the echo of a message that WAHA took may take.
const ECHO_GRACE: Duration = Duration::from_secs(60);
/// A state that was last asked for longer ago than this may have come and gone more than once since.
const SEEN_MAX: Duration = Duration::from_secs(600);

/// What WAHA must have told by webhook, and how we know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MissingEvent {
    /// The session is in this state since then: that is what WAHA answers when it is asked.
    Status(InstanceStatus, Timestamp),
    /// Somebody's message is in WAHA's history.
    Message,
    /// WAHA took a message of ours, whose echo is a delivery.
    Echo,
}

/// A delivery that did not come, and nothing has come since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingDelivery {
    /// Since when it is missing.
    pub since: Timestamp,
    /// What it would have told.
    pub event: MissingEvent,
}

impl MissingDelivery {
    const fn grace(&self) -> Duration {
        match self.event {
            MissingEvent::Status(..) => STATUS_GRACE,
            // It is looked for only once it is a minute old.
            MissingEvent::Message => Duration::ZERO,
            MissingEvent::Echo => ECHO_GRACE,
        }
    }
}

/// A state that WAHA answered, with the first and the last time that it did.
#[derive(Debug, Clone)]
struct SeenStatus {
    status: InstanceStatus,
    first_at: Timestamp,
    last_at: Timestamp,
}

/// What is known of the deliveries of one number, in this run of the daemon.
#[derive(Debug, Clone, Default)]
pub struct DeliveryEvidence {
    arrived_at: Option<Timestamp>,
    told: Option<(InstanceStatus, Timestamp)>,
    seen: Option<SeenStatus>,
    missing: Option<MissingDelivery>,
}

impl DeliveryEvidence {
    /// A delivery of WAHA came; of a session's state, which.
    pub fn note_delivery(&mut self, status: Option<&InstanceStatus>, now: Timestamp) {
        self.arrived_at = Some(now);
        if let Some(status) = status {
            self.told = Some((status.clone(), now));
        }
        self.missing = None;
    }

    /// WAHA answered that the session is in this state; it was asked then.
    pub fn note_status(&mut self, status: &InstanceStatus, asked_at: Timestamp) {
        let begins = SeenStatus { status: status.clone(), first_at: asked_at, last_at: asked_at };
        let Some(before) = self.seen.as_mut() else {
            self.seen = Some(begins);
            return;
        };
        if before.status == *status {
            before.last_at = asked_at;
            return;
        }
        let told = self.told.as_ref().is_some_and(|(told, at)| told == status && *at >= before.first_at);
        // A crash stops sessions without a word.
        let is_news = !told && *status != InstanceStatus::Stopped && asked_at.since(before.last_at) < SEEN_MAX;
        self.seen = Some(begins);
        if is_news {
            self.miss(MissingEvent::Status(status.clone(), asked_at), asked_at);
        }
    }

    /// WAHA could not be asked, or begins a new life: what it did meanwhile it may have told nobody.
    pub fn forget_status(&mut self) {
        self.seen = None;
    }

    /// A message of that time stands in WAHA's history, and was never told.
    pub fn note_missed_message(&mut self, at: Timestamp) {
        let worked_before =
            self.seen.as_ref().is_some_and(|seen| seen.status == InstanceStatus::Working && seen.first_at <= at);
        if worked_before {
            self.miss(MissingEvent::Message, at);
        }
    }

    /// WAHA took a message that we began to send then.
    pub fn note_posted(&mut self, begun_at: Timestamp) {
        self.miss(MissingEvent::Echo, begun_at);
    }

    /// The store remembers that nothing came since the number began to work.
    pub fn note_silence(&mut self, worked_at: Timestamp) {
        self.miss(MissingEvent::Status(InstanceStatus::Working, worked_at), worked_at);
    }

    fn miss(&mut self, event: MissingEvent, since: Timestamp) {
        if self.arrived_at.is_some_and(|at| at >= since) {
            return;
        }
        match &mut self.missing {
            None => self.missing = Some(MissingDelivery { since, event }),
            // People read of the state that it is in now.
            Some(missing) if matches!(event, MissingEvent::Status(..)) => missing.event = event,
            Some(_) => {}
        }
    }

    /// The delivery that should be here by now.
    #[must_use]
    pub fn missing(&self, now: Timestamp) -> Option<&MissingDelivery> {
        // One of the future was noted by a clock that was ahead.
        self.missing.as_ref().filter(|missing| missing.since <= now && now.since(missing.since) >= missing.grace())
    }

    /// When the last delivery came, in this run.
    #[must_use]
    pub const fn arrived_at(&self) -> Option<Timestamp> {
        self.arrived_at
    }
}

#[cfg(test)]
mod tests {
    use InstanceStatus::{Failed, ScanQrCode, Starting, Stopped, Working};

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_000_000 + seconds)
    }

    fn seen(statuses: &[(InstanceStatus, i64)]) -> DeliveryEvidence {
        let mut evidence = DeliveryEvidence::default();
        for (status, second) in statuses {
            evidence.note_status(status, at(*second));
        }
        evidence
    }

    #[test]
    fn a_state_that_was_asked_and_never_told_is_a_missing_delivery() {
        let evidence = seen(&[(ScanQrCode, 0), (ScanQrCode, 2), (Starting, 4), (Working, 6)]);
        assert_eq!(evidence.missing(at(18)), None, "it may still come");
        let missing = MissingDelivery { since: at(4), event: MissingEvent::Status(Working, at(6)) };
        assert_eq!(evidence.missing(at(19)), Some(&missing));
    }

    #[test]
    fn whatever_comes_by_webhook_ends_the_doubt() {
        let mut evidence = seen(&[(ScanQrCode, 0), (Working, 4)]);
        evidence.note_delivery(None, at(5));
        assert_eq!(evidence.missing(at(60)), None);
        // The webhook came first, and was the reason to ask.
        let mut evidence = seen(&[(Working, 0)]);
        evidence.note_delivery(Some(&Failed), at(10));
        evidence.note_status(&Failed, at(11));
        assert_eq!(evidence.missing(at(60)), None);
        // It came while an older answer was on its way.
        let mut evidence = seen(&[(ScanQrCode, 0), (Starting, 9)]);
        evidence.note_delivery(Some(&Working), at(10));
        evidence.note_status(&Working, at(11));
        assert_eq!(evidence.missing(at(60)), None);
    }

    #[test]
    fn what_nobody_needs_to_tell_is_not_missed() {
        let mut after_outage = seen(&[(Working, 0)]);
        after_outage.forget_status();
        after_outage.note_status(&Starting, at(5));
        for (evidence, why) in [
            (seen(&[(Working, 0)]), "the first answer of a run"),
            (seen(&[(Working, 0), (Stopped, 9)]), "a crash tells nobody"),
            (seen(&[(Working, 0), (Failed, 700)]), "nobody asked for minutes"),
            (after_outage, "WAHA was away"),
        ] {
            assert_eq!(evidence.missing(at(2000)), None, "{why}");
        }
    }

    #[test]
    fn echoes_and_messages_of_the_history_count_while_nothing_comes() {
        let mut evidence = seen(&[(Working, 0)]);
        evidence.note_delivery(None, at(50));
        evidence.note_posted(at(40));
        assert_eq!(evidence.missing(at(200)), None, "its echo was faster than the answer");
        evidence.note_posted(at(60));
        assert_eq!(evidence.missing(at(119)), None);
        assert_eq!(evidence.missing(at(120)).unwrap().event, MissingEvent::Echo);
        evidence.note_delivery(None, at(130));
        evidence.note_missed_message(at(-5));
        assert_eq!(evidence.missing(at(300)), None, "it did not work then, as far as we know");
        evidence.note_missed_message(at(120));
        assert_eq!(evidence.missing(at(300)), None, "one that was lost, and others came");
        evidence.note_missed_message(at(140));
        assert_eq!(evidence.missing(at(300)).unwrap().event, MissingEvent::Message);
    }
}
