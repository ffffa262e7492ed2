//! What is wrong with the daemon and what it leans on, in sentences: how many there are decides how much room they get.

use mychatflow_data::model::finding::{FindingCode, FindingLevel, HealthFinding};
use mychatflow_data::protocol::calls::daemon::{DaemonShown, Health};
use mychatflow_data::time::Timestamp;

use crate::moment;
use crate::state::list::Reading;
use crate::state::{Connection, State};
use crate::text::CleanText;

/// Less than this left on the disk is worth a warning.
const FREE_BYTES_LOW: i64 = 1_000_000_000;
/// With less than this left the store is about to stop taking messages.
const FREE_BYTES_LEAST: i64 = 100_000_000;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It does not work.
    Down,
    /// It works, and will not for long, or what is shown is old.
    Soon,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ill {
    /// How much it matters.
    pub weight: Weight,
    /// The sentence: what is wrong, and what helps.
    pub words: CleanText,
    /// The same, with how it is known.
    pub whole: CleanText,
}

impl Ill {
    /// A sentence, and how it is known.
    #[must_use]
    pub fn new(weight: Weight, words: &str, proof: Option<&str>) -> Self {
        let whole = proof.map_or_else(|| words.to_owned(), |proof| format!("{words} (known from: {proof})"));
        Self { weight, words: CleanText::line(words), whole: CleanText::line(&whole) }
    }
}

/// What is wrong, the worst first.
#[must_use]
pub fn ills(state: &State) -> Vec<Ill> {
    let mut ills = Vec::new();
    let mut say = |weight, words: String| ills.push(Ill::new(weight, &words, None));
    let last = |at: Option<Timestamp>| match at {
        Some(at) => format!("last answered {}", moment::stamp(at, state.now, &state.zone)),
        None => "it has never answered".to_owned(),
    };
    let because = |error: &Option<String>| error.clone().unwrap_or_else(|| "no reason is known".to_owned());
    if let Connection::Lost { since, reason, .. } = &state.connection {
        let since = moment::clock(*since, &state.zone);
        say(Weight::Down, format!("No daemon since {since}; everything below is from then: {reason}"));
    }
    if let Connection::Refused { reason, .. } = &state.connection {
        say(Weight::Down, format!("The daemon refuses you: {reason}"));
    }
    let found = findings(state);
    ills.extend(found.iter().map(|finding| {
        let weight = match finding.level {
            FindingLevel::Failed => Weight::Down,
            FindingLevel::Warning => Weight::Soon,
        };
        let words = format!("{}: {}; what helps: {}", finding.subject, finding.headline(state.now), finding.remedy);
        Ill::new(weight, &words, Some(&finding.proof(state.now)))
    }));
    let mut say = |weight, words: String| ills.push(Ill::new(weight, &words, None));
    if let Some(daemon) = state.daemon.as_ref().filter(|_| found.is_empty()) {
        let store = &daemon.store;
        if store.health == Health::Down {
            say(Weight::Down, format!("The store takes no writes: {}", because(&store.error)));
        }
        for waha in daemon.waha.iter().filter(|waha| waha.health == Health::Down) {
            let (why, last) = (because(&waha.error), last(waha.ok_at));
            say(Weight::Down, format!("WAHA {} is down: {why} ({last})", waha.name));
        }
        if daemon.gemini.health == Health::Down {
            let (why, last) = (because(&daemon.gemini.error), last(daemon.gemini.ok_at));
            say(Weight::Down, format!("Gemini is down: {why} ({last})"));
        }
        match store.free_bytes {
            Some(free) if free < FREE_BYTES_LEAST => {
                say(Weight::Down, format!("The disk of the store is full: {} left", bytes(free)));
            }
            Some(free) if free < FREE_BYTES_LOW => {
                say(Weight::Soon, format!("The disk of the store is nearly full: {} left", bytes(free)));
            }
            _ => {}
        }
    }
    if let Reading::Failed(reason) = &state.dashboard.reading {
        let key = state.keymap.key_of(&state.scopes(), crate::action::Action::Refresh);
        let again = key.map(|key| format!("; {key} tries again")).unwrap_or_default();
        match &state.dashboard.overview {
            None => say(Weight::Down, format!("The day's numbers could not be read: {reason}{again}")),
            Some(old) => {
                let at = moment::stamp(old.now, state.now, &state.zone);
                say(Weight::Soon, format!("The numbers are those of {at}: {reason}{again}"));
            }
        }
    }
    ills.sort_by_key(|ill| ill.weight == Weight::Soon);
    ills
}

/// What the daemon has found that concerns the shop. What nobody has asked yet, and an assistant that is off, the line of a
/// healthy shop tells as well, and a missing number the first steps: alone they take no room of their own.
fn findings(state: &State) -> &[HealthFinding] {
    let found = state.dashboard.overview.as_ref().map(|overview| overview.findings.as_slice()).unwrap_or_default();
    let is_told = |finding: &HealthFinding| {
        use FindingCode::{ModelOff, ModelUnproven, NumberMissing, WahaUnproven};
        matches!(finding.code, WahaUnproven | ModelUnproven | ModelOff | NumberMissing)
    };
    if found.iter().all(is_told) { &[] } else { found }
}

/// A size for people: `61 GB`, `412 MB`, `1.2 MB`.
#[must_use]
pub fn bytes(count: i64) -> String {
    let units = [("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)];
    let size = count.max(0) as f64;
    match units.into_iter().find(|(_, unit)| size >= *unit) {
        Some((name, unit)) if size / unit < 10.0 => format!("{:.1} {name}", size / unit),
        Some((name, unit)) => format!("{:.0} {name}", size / unit),
        None => format!("{count} bytes"),
    }
}

/// How long the daemon runs, in two units at most.
#[must_use]
pub fn uptime(daemon: &DaemonShown) -> String {
    let zero = Timestamp::from_millis(0);
    moment::left(Timestamp::from_seconds(daemon.uptime_s), zero)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        let table = [(0, "0 bytes"), (999, "999 bytes"), (1_200_000, "1.2 MB"), (412_000_000, "412 MB")];
        for (count, expected) in table {
            assert_eq!(bytes(count), expected);
        }
    }
}
