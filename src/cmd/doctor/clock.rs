//! This machine's clock, beside those of the servers that were asked before: their answers say what time it is.

use std::time::{Duration, Instant};

use mychatflow_daemon::cx::Clients;
use mychatflow_daemon::server_clock::{DIFFERENCE_MAX, Difference, ServerClock, difference};
use mychatflow_data::time::Timestamp;

use super::{Check, Findings};

const NAME: &str = "clock";
/// How a clock is set, and kept right.
const REMEDY: &str = "timedatectl set-ntp true; then look: timedatectl status";

/// What one of them says.
struct Compared {
    name: String,
    found: Difference,
    /// How long its answer took.
    took: Duration,
}

/// Compares it with each of them.
pub fn check(clients: &Clients, findings: &mut Findings<'_>) -> anyhow::Result<()> {
    let wahas = clients.wahas.iter().map(|(name, waha)| (format!("WAHA {name}"), waha.clock()));
    let gemini = clients.gemini.iter().map(|gemini| ("Gemini".to_owned(), gemini.clock()));
    let (now, at) = (Timestamp::now(), Instant::now());
    let compare = |(name, clock): (String, &ServerClock)| {
        let heard = clock.heard()?;
        Some(Compared { name, found: difference(now, heard.time_at(at)), took: heard.took() })
    };
    let compared: Vec<Compared> = wahas.chain(gemini).filter_map(compare).collect();
    match verdict(&compared) {
        Some(check) => findings.add(check),
        None => Ok(()),
    }
}

/// The verdict over all of them; `None` where nobody said what time it is.
fn verdict(compared: &[Compared]) -> Option<Check> {
    // The time in an answer that took long may be as old as that.
    let worst = compared.iter().max_by_key(|one| one.found.by.saturating_sub(one.took))?;
    let Compared { name, found, took } = worst;
    Some(if found.is_notable(*took) {
        let told: Vec<String> = compared.iter().map(|one| format!("{} of {}'s", one.found, one.name)).collect();
        let detail = format!("this machine's clock is {}", told.join(", "));
        if found.by > DIFFERENCE_MAX + *took {
            Check::failed(NAME, detail, REMEDY)
        } else {
            Check::warning(NAME, detail, REMEDY)
        }
    } else {
        Check::ok(NAME, format!("right: {} s from {name} at most", found.by.as_secs()))
    })
}

#[cfg(test)]
mod tests {
    use mychatflow_daemon::server_clock::Direction;

    use super::super::State;
    use super::*;

    #[test]
    fn half_a_minute_is_worth_a_word_and_five_minutes_are_wrong() {
        assert!(verdict(&[]).is_none());
        for (seconds, took, state) in [
            (0, 0, State::Ok),
            (1, 0, State::Ok),
            (2, 0, State::Ok),
            (30, 0, State::Ok),
            (31, 0, State::Warning),
            // The answer came so late that the time in it may be as old.
            (36, 7, State::Ok),
            (38, 7, State::Warning),
            (301, 0, State::Failed),
        ] {
            let said = |name: &str, by| Compared {
                name: name.to_owned(),
                found: Difference { by: Duration::from_secs(by), direction: Direction::Ahead },
                took: Duration::from_secs(took),
            };
            let check = verdict(&[said("WAHA main", seconds), said("Gemini", 0)]).unwrap();
            assert_eq!(check.state, state, "{seconds}: {}", check.detail);
            assert_eq!(check.remedy.is_some(), state != State::Ok);
        }
    }
}
