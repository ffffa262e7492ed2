//! How fast the play is: the pauses of the script and the rules of answering, from the time there is.

use std::time::Duration;

use mychatflow_data::model::setting::{Pace, Rules};
use mychatflow_sandbox::customers::{Act, Beat};

/// With less time than this nobody can be watched typing.
const HUMAN_MIN: Duration = Duration::from_secs(15);
/// What the last answers take after the last line of the script, typed as by a person.
const HUMAN_END: Duration = Duration::from_secs(7);
/// The same where answers go out at once.
const INSTANT_END: Duration = Duration::from_secs(2);
/// The shortest quiet window: shorter than the pauses of a busy machine it would cut bursts in two.
const QUIET_MIN: Duration = Duration::from_millis(1_200);
/// How many pauses inside a burst the quiet window lasts.
const QUIET_GAPS: u32 = 3;

/// How fast the play is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tempo {
    /// What one second of the script takes.
    pub second: Duration,
    /// How the daemon answers.
    pub rules: Rules,
}

impl Tempo {
    /// The pauses of a script, spread over the time there is, but never slower than it was written.
    pub fn for_script(script: &[Beat], length: Duration) -> Self {
        let (pace, end) = if length < HUMAN_MIN { (Pace::Instant, INSTANT_END) } else { (Pace::Human, HUMAN_END) };
        let written: Duration = script.iter().map(|beat| beat.after).sum();
        let share = length.saturating_sub(end).as_secs_f64() / written.as_secs_f64().max(1.0);
        let second = Duration::from_secs(1).mul_f64(share.clamp(0.0, 1.0));
        let usual = Rules::default();
        let longest = longest_gap(script).mul_f64(second.as_secs_f64());
        let burst_quiet = (longest * QUIET_GAPS).clamp(QUIET_MIN, usual.burst_quiet.max(QUIET_MIN));
        Self { second, rules: Rules { pace, burst_quiet, ..usual } }
    }

    /// A pause of the script, as long as it takes here.
    pub fn pause(&self, written: Duration) -> Duration {
        written.mul_f64(self.second.as_secs_f64())
    }
}

/// The longest pause between two lines that want one answer.
fn longest_gap(script: &[Beat]) -> Duration {
    let same = |pair: &&[Beat]| match (&pair[0].act, &pair[1].act) {
        (Act::Says(one, _), Act::Says(two, _)) => one == two,
        _ => false,
    };
    script.windows(2).filter(same).map(|pair| pair[1].after).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use mychatflow_sandbox::customers::script;

    use super::*;

    #[test]
    fn the_play_fits_the_time_and_bursts_stay_whole() {
        for (length, pace) in [(1, Pace::Instant), (5, Pace::Instant), (20, Pace::Human), (3_600, Pace::Human)] {
            let script = script(1);
            let tempo = Tempo::for_script(&script, Duration::from_secs(length));
            let play: Duration = script.iter().map(|beat| tempo.pause(beat.after)).sum();
            assert!(
                play <= Duration::from_secs(length) && tempo.second <= Duration::from_secs(1),
                "{length}: {play:?}"
            );
            assert_eq!(tempo.rules.pace, pace, "{length}");
            assert!(tempo.rules.burst_quiet > tempo.pause(longest_gap(&script)), "{length}");
        }
    }
}
