//! Decides whether the assistant may answer a chat. Reads nothing, sends nothing: the caller brings the facts.

use std::time::Duration;

use mychatflow_data::model::chat::Mode;
use mychatflow_data::model::contact::{Review, UNREVIEWED};
use mychatflow_data::model::instance::InstanceStatus;
use mychatflow_data::model::opening_hours::Open;
use mychatflow_data::model::setting::{ExistingContacts, Rules};
use mychatflow_data::model::tenant::TenantState;
use mychatflow_data::time::Timestamp;

/// The most answers in one chat within [`LOOP_WINDOW`].
pub const LOOP_ANSWERS_MAX: usize = 6;
/// The time in which a loop shows.
pub const LOOP_WINDOW: Duration = Duration::from_secs(600);
/// How often a customer may send the same words before it is taken for a machine.
pub const LOOP_ECHOES_MAX: usize = 3;
/// How long an answer waits for a number that is not working, unless it is woken before.
pub const NUMBER_WAIT: Duration = Duration::from_secs(30);

/// Everything that the decision hangs on.
#[derive(Debug, Clone)]
pub struct Facts<'f> {
    /// Whether the business is served.
    pub tenant: TenantState,
    /// The rules after tenant, number and chat have had their say.
    pub rules: Rules,
    /// Is there a model to ask?
    pub model: Model,
    /// What the owner said about the person.
    pub review: Review,
    /// When the person asked not to be written to.
    pub opted_out_at: Option<Timestamp>,
    /// Until when a human silenced the assistant here.
    pub paused_until: Option<Timestamp>,
    /// Since when a human is asked for.
    pub handoff_at: Option<Timestamp>,
    /// Is the shop open, by its hours?
    pub hours: Open,
    /// When the customer's last message was written.
    pub last_in_at: Option<Timestamp>,
    /// The words of the customer's last messages, newest first; empty for one without any, such as a photo.
    pub last_texts: &'f [&'f str],
    /// When the assistant's last answers went out, newest first.
    pub answers_at: &'f [Timestamp],
    /// What WAHA says of the number.
    pub status: Option<&'f InstanceStatus>,
    /// The time.
    pub now: Timestamp,
}

/// Is there a model to ask?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// Yes.
    Configured,
    /// No key: the inbox works, the assistant is off.
    Missing,
}

/// What may happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Answer, in this way.
    Answer(Mode),
    /// Nothing will answer: a human is asked.
    Stop(Reason),
    /// Look again then.
    Snooze(Timestamp),
}

/// Why nothing will answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The business is not served.
    Suspended,
    /// The assistant is switched off.
    Off,
    /// There is no key for Gemini.
    NoModel,
    /// A human asked for silence.
    Paused,
    /// A human was asked for.
    Handoff,
    /// A private person.
    Personal,
    /// Known from before pairing, and nobody said yet who it is.
    Unreviewed,
    /// Asked not to be written to.
    OptedOut,
    /// The shop is closed.
    Closed,
    /// The question is too old.
    Stale,
    /// There is nothing to answer.
    Nothing,
    /// Two machines talk to each other.
    Loop,
}

impl Reason {
    /// The reason in words for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Suspended => "suspended",
            Self::Off => "off",
            Self::NoModel => "off: no gemini key is configured",
            Self::Paused => "paused",
            Self::Handoff => "handoff",
            Self::Personal => "personal",
            Self::Unreviewed => UNREVIEWED,
            Self::OptedOut => "opted out",
            Self::Closed => "outside business hours",
            Self::Stale => "stale",
            Self::Nothing => "nothing to answer",
            Self::Loop => "loop suspected",
        }
    }
}

/// Why nothing answers a question that had become too old on its way to us, by how long that was.
#[must_use]
pub fn arrived_late(by: Duration) -> String {
    let (count, unit) = match by.as_secs() / 60 {
        minutes @ 0..120 => (minutes.max(1), "minute"),
        minutes => (minutes / 60, "hour"),
    };
    let s = if count == 1 { "" } else { "s" };
    format!("{}: arrived {count} {unit}{s} after it was written: WAHA could not reach us", Reason::Stale.words())
}

/// Decides. The order is that of weight: who may never be answered comes before what may change by itself.
#[must_use]
pub fn decide(facts: &Facts<'_>) -> Verdict {
    let stop = Verdict::Stop;
    if facts.tenant == TenantState::Suspended {
        return stop(Reason::Suspended);
    }
    if facts.rules.mode == Mode::Off {
        return stop(Reason::Off);
    }
    if facts.handoff_at.is_some() {
        return stop(Reason::Handoff);
    }
    if facts.paused_until.is_some_and(|until| until > facts.now) {
        return stop(Reason::Paused);
    }
    match facts.review {
        Review::Personal => return stop(Reason::Personal),
        Review::Unreviewed if facts.rules.existing_contacts == ExistingContacts::Ask => {
            return stop(Reason::Unreviewed);
        }
        Review::Unreviewed | Review::New | Review::Customer => {}
    }
    if facts.opted_out_at.is_some() {
        return stop(Reason::OptedOut);
    }
    if facts.model == Model::Missing {
        return stop(Reason::NoModel);
    }
    let Some(last_in_at) = facts.last_in_at else { return stop(Reason::Nothing) };
    if facts.now.since(last_in_at) > facts.rules.freshness {
        return stop(Reason::Stale);
    }
    if facts.hours == Open::No {
        return stop(Reason::Closed);
    }
    if loops(facts) {
        return stop(Reason::Loop);
    }
    if facts.status != Some(&InstanceStatus::Working) {
        return Verdict::Snooze(facts.now + NUMBER_WAIT);
    }
    Verdict::Answer(facts.rules.mode)
}

fn loops(facts: &Facts<'_>) -> bool {
    let since = facts.now - LOOP_WINDOW;
    let recent = facts.answers_at.iter().filter(|at| **at >= since).count();
    if recent >= LOOP_ANSWERS_MAX {
        return true;
    }
    // The same words again and again, each of them answered: an auto-responder at the other end.
    recent >= LOOP_ECHOES_MAX
        && facts.last_texts.len() > LOOP_ECHOES_MAX
        && facts.last_texts.windows(2).take(LOOP_ECHOES_MAX).all(|pair| are_same_words(pair[0], pair[1]))
}

/// Messages without words, such as photos without a caption, are not the same message.
fn are_same_words(one: &str, other: &str) -> bool {
    !one.trim().is_empty() && one.trim() == other.trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_arrival_is_told_in_minutes_or_hours() {
        for (seconds, expected) in
            [(30, "1 minute"), (1_500, "25 minutes"), (7_199, "119 minutes"), (10_900, "3 hours")]
        {
            let told = arrived_late(Duration::from_secs(seconds));
            assert_eq!(told, format!("stale: arrived {expected} after it was written: WAHA could not reach us"));
        }
    }

    const NOW: Timestamp = Timestamp::from_seconds(1_795_392_000);

    fn usual() -> Facts<'static> {
        Facts {
            tenant: TenantState::Active,
            rules: Rules::default(),
            model: Model::Configured,
            review: Review::New,
            opted_out_at: None,
            paused_until: None,
            handoff_at: None,
            hours: Open::Yes,
            last_in_at: Some(NOW),
            last_texts: &["open today?"],
            answers_at: &[],
            status: Some(&InstanceStatus::Working),
            now: NOW,
        }
    }

    #[test]
    fn each_gate_stops_by_itself() {
        let ago = |seconds| NOW - Duration::from_secs(seconds);
        let off = Rules { mode: Mode::Off, ..Rules::default() };
        let answer_all = Rules { existing_contacts: ExistingContacts::Answer, ..Rules::default() };
        let busy = [ago(1), ago(60), ago(120), ago(180), ago(240), ago(300)];
        let echo = ["I am away", "I am away", "I am away", "I am away "];
        for (facts, expected) in [
            (usual(), Verdict::Answer(Mode::Auto)),
            (Facts { tenant: TenantState::Suspended, ..usual() }, Verdict::Stop(Reason::Suspended)),
            (Facts { rules: off, ..usual() }, Verdict::Stop(Reason::Off)),
            (Facts { model: Model::Missing, ..usual() }, Verdict::Stop(Reason::NoModel)),
            (Facts { paused_until: Some(NOW + Duration::from_secs(1)), ..usual() }, Verdict::Stop(Reason::Paused)),
            (Facts { paused_until: Some(NOW), ..usual() }, Verdict::Answer(Mode::Auto)),
            (Facts { handoff_at: Some(ago(9)), ..usual() }, Verdict::Stop(Reason::Handoff)),
            (Facts { review: Review::Personal, ..usual() }, Verdict::Stop(Reason::Personal)),
            (Facts { review: Review::Unreviewed, ..usual() }, Verdict::Stop(Reason::Unreviewed)),
            (Facts { review: Review::Unreviewed, rules: answer_all, ..usual() }, Verdict::Answer(Mode::Auto)),
            (Facts { opted_out_at: Some(ago(9)), ..usual() }, Verdict::Stop(Reason::OptedOut)),
            (Facts { last_in_at: Some(ago(601)), ..usual() }, Verdict::Stop(Reason::Stale)),
            (Facts { last_in_at: None, ..usual() }, Verdict::Stop(Reason::Nothing)),
            (Facts { hours: Open::No, ..usual() }, Verdict::Stop(Reason::Closed)),
            (Facts { answers_at: &busy, ..usual() }, Verdict::Stop(Reason::Loop)),
            (Facts { last_texts: &echo, answers_at: &busy[..3], ..usual() }, Verdict::Stop(Reason::Loop)),
            (Facts { last_texts: &echo, ..usual() }, Verdict::Answer(Mode::Auto)),
            // Four photos without a caption are four photos.
            (Facts { last_texts: &["", "", " ", ""], answers_at: &busy[..3], ..usual() }, Verdict::Answer(Mode::Auto)),
            // Stamps of a clock that was ahead count as made just now.
            (Facts { last_in_at: Some(NOW + Duration::from_secs(34_560_000)), ..usual() }, Verdict::Answer(Mode::Auto)),
            (Facts { answers_at: &[NOW + Duration::from_secs(34_560_000); 6], ..usual() }, Verdict::Stop(Reason::Loop)),
            (Facts { status: Some(&InstanceStatus::Starting), ..usual() }, Verdict::Snooze(NOW + NUMBER_WAIT)),
            (Facts { status: None, ..usual() }, Verdict::Snooze(NOW + NUMBER_WAIT)),
        ] {
            assert_eq!(decide(&facts), expected, "{facts:?}");
        }
    }
}
