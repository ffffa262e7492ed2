//! This machine's clock, beside those of the servers that were asked before: their answers say what time it is.

use std::time::Instant;

use mychatflow_daemon::cx::Clients;
use mychatflow_daemon::server_clock::{DIFFERENCE_MAX, DIFFERENCE_WARN, Difference, ServerClock, difference};
use mychatflow_data::time::Timestamp;

use super::{Check, Findings};

const NAME: &str = "clock";
/// How a clock is set, and kept right.
const REMEDY: &str = "timedatectl set-ntp true; then look: timedatectl status";

/// Compares it with each of them.
pub fn check(clients: &Clients, findings: &mut Findings<'_>) -> anyhow::Result<()> {
    let wahas = clients.wahas.iter().map(|(name, waha)| (format!("WAHA {name}"), waha.clock()));
    let gemini = clients.gemini.iter().map(|gemini| ("Gemini".to_owned(), gemini.clock()));
    let (now, at) = (Timestamp::now(), Instant::now());
    let compare = |(name, clock): (String, &ServerClock)| {
        let heard = clock.heard()?;
        Some((name, difference(now, heard.time_at(at))))
    };
    let compared: Vec<(String, Difference)> = wahas.chain(gemini).filter_map(compare).collect();
    match verdict(&compared) {
        Some(check) => findings.add(check),
        None => Ok(()),
    }
}

/// The verdict over all of them; `None` where nobody said what time it is.
fn verdict(compared: &[(String, Difference)]) -> Option<Check> {
    let (name, worst) = compared.iter().max_by_key(|(_, found)| found.by)?;
    Some(if worst.by > DIFFERENCE_WARN {
        let told: Vec<String> = compared.iter().map(|(name, found)| format!("{found} of {name}'s")).collect();
        let detail = format!("this machine's clock is {}", told.join(", "));
        if worst.by > DIFFERENCE_MAX {
            Check::failed(NAME, detail, REMEDY)
        } else {
            Check::warning(NAME, detail, REMEDY)
        }
    } else {
        Check::ok(NAME, format!("right: {} s from {name} at most", worst.by.as_secs()))
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mychatflow_daemon::server_clock::Direction;

    use super::super::State;
    use super::*;

    #[test]
    fn half_a_minute_is_worth_a_word_and_five_minutes_are_wrong() {
        assert!(verdict(&[]).is_none());
        for (seconds, state) in [(0, State::Ok), (30, State::Ok), (31, State::Warning), (301, State::Failed)] {
            let found = |by| Difference { by: Duration::from_secs(by), direction: Direction::Behind };
            let check = verdict(&[("WAHA main".to_owned(), found(seconds)), ("Gemini".to_owned(), found(0))]).unwrap();
            assert_eq!(check.state, state, "{seconds}: {}", check.detail);
            assert_eq!(check.remedy.is_some(), state != State::Ok);
        }
    }
}
