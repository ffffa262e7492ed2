//! This machine's clock, beside those of the servers that were asked: their answers say what time it is.

use std::time::{Duration, Instant};

use mychatflow_data::model::finding::{FindingCode, FindingSubject, HealthFinding};
use mychatflow_data::time::Timestamp;

use crate::cx::Clients;
use crate::server_clock::{DIFFERENCE_MAX, Difference, ServerClock, difference};

/// How a clock is set, and kept right.
const REMEDY: &str = "timedatectl set-ntp true; then look: timedatectl status";

/// What one server says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockEvidence {
    /// Which server.
    pub name: String,
    /// How far this machine's clock is from its own.
    pub found: Difference,
    /// How long its answer took: the time in it may be as old as that.
    pub took: Duration,
    /// How long ago it answered.
    pub age: Duration,
}

impl ClockEvidence {
    fn words(&self) -> String {
        if self.found.is_notable(self.took) {
            format!("{} of {}'s", self.found, self.name)
        } else {
            format!("right by {}'s", self.name)
        }
    }
}

/// Gathers what each of them said last. Nobody is asked.
#[must_use]
pub fn gather(clients: &Clients, now: Timestamp) -> Vec<ClockEvidence> {
    let wahas = clients.wahas.iter().map(|(name, waha)| (format!("WAHA {name}"), waha.clock()));
    let gemini = clients.gemini.iter().map(|gemini| ("Gemini".to_owned(), gemini.clock()));
    let at = Instant::now();
    let compare = |(name, clock): (String, &ServerClock)| {
        let heard = clock.heard()?;
        let age = at.saturating_duration_since(heard.at);
        Some(ClockEvidence { name, found: difference(now, heard.time_at(at)), took: heard.took(), age })
    };
    wahas.chain(gemini).filter_map(compare).collect()
}

/// The one from which the clock is furthest; `None` where nobody said what time it is.
#[must_use]
pub fn worst(evidence: &[ClockEvidence]) -> Option<&ClockEvidence> {
    evidence.iter().max_by_key(|one| one.found.by.saturating_sub(one.took))
}

/// What is wrong with it.
#[must_use]
pub fn judge(evidence: &[ClockEvidence], now: Timestamp) -> Option<HealthFinding> {
    let ClockEvidence { found, took, age, .. } = worst(evidence).filter(|one| one.found.is_notable(one.took))?;
    let is_wrong = found.by > DIFFERENCE_MAX + *took;
    let code = if is_wrong { FindingCode::ClockWrong } else { FindingCode::ClockOff };
    let told: Vec<String> = evidence.iter().map(ClockEvidence::words).collect();
    let summary = format!("this machine's clock is {}", told.join(", "));
    let known = "each answer of a server says what time it is there";
    let finding = HealthFinding::new(code, FindingSubject::Clock, summary, known, REMEDY);
    Some(finding.seen(now - *age))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server_clock::Direction;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    #[test]
    fn half_a_minute_is_worth_a_word_and_five_minutes_are_wrong() {
        assert_eq!((worst(&[]), judge(&[], NOW)), (None, None));
        for (seconds, took, code) in [
            (0, 0, None),
            (2, 0, None),
            (30, 0, None),
            (31, 0, Some(FindingCode::ClockOff)),
            // The answer came so late that the time in it may be as old.
            (36, 7, None),
            (38, 7, Some(FindingCode::ClockOff)),
            (301, 0, Some(FindingCode::ClockWrong)),
        ] {
            let says = |name: &str, by| ClockEvidence {
                name: name.to_owned(),
                found: Difference { by: Duration::from_secs(by), direction: Direction::Ahead },
                took: Duration::from_secs(took),
                age: Duration::from_secs(9),
            };
            let found = judge(&[says("WAHA main", seconds), says("Gemini", 0)], NOW);
            assert_eq!(found.as_ref().map(|found| found.code), code, "{seconds}: {found:?}");
            if let Some(found) = found {
                assert!(found.summary.ends_with(" ahead of WAHA main's, right by Gemini's"), "{found:?}");
                assert_eq!(found.seen_at, Some(NOW - Duration::from_secs(9)));
            }
        }
    }
}
