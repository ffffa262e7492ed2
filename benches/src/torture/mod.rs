//! A shop to which everything happens at once: customers, people of the shop, campaigns, kills, power cuts, a clock that
//! jumps, a WAHA and a Gemini that fail in every way they have. All of it follows from a seed. Afterwards what WAHA
//! really sent and what it had acknowledged are held against what the store says.

mod laws;
mod look;
mod people;
mod plan;
mod play;
mod record;
mod report;
mod story;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mychatflow_sandbox::waha::Engine;

pub use self::laws::{Breach, Law, Outcome};
pub use self::plan::{Kind, Length};
pub use self::report::Report;

/// The seed of the short run: with it, everything in [`IN_CI`] comes up in [`CI_ACTIONS`].
pub const CI_SEED: u64 = 83;
/// How many actions the short run has.
pub const CI_ACTIONS: usize = 110;
/// What the short run of the gate is made of, besides customers who write. A kind is switched on by moving its line here.
pub const IN_CI: &[Kind] = &[
    Kind::Twins,
    Kind::Edits,
    Kind::Phone,
    Kind::Programs,
    Kind::Console,
    Kind::Pauses,
    Kind::Handoffs,
    Kind::OptOuts,
    Kind::Groups,
    Kind::Repeats,
    Kind::Kills,
    Kind::PowerCuts,
    Kind::Waha,
    Kind::Outages,
    Kind::LongAnswers,
    Kind::Credits,
    Kind::Campaigns,
];
/// What is left to longer runs: `mychatflow-bench torture` does it all.
pub const NOT_IN_CI: &[Kind] = &[
    // They depend on moments within a few thousandths of a second, which a short run rarely meets.
    Kind::Bursts,
    Kind::Deletions,
    Kind::LatePictures,
    Kind::PhoneByLid,
    Kind::LateWebhooks,
    Kind::Gemini,
    // Jobs wait until it is certain that the clock was wrong.
    Kind::Clock,
    Kind::Months,
    // Half a minute until it is known what became of a message; an hour until the quota is asked for again.
    Kind::Silences,
    Kind::Quota,
];

/// What a torture is like.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The binary.
    pub program: PathBuf,
    /// The library that WAHA runs.
    pub engine: Engine,
    /// The same seed plans the same. When threads run is not planned.
    pub seed: u64,
    /// How long it goes on, without the time to come to rest.
    pub length: Length,
    /// What happens besides customers who write.
    pub kinds: BTreeSet<Kind>,
    /// How long it may take to come to rest afterwards.
    pub rest: Duration,
    /// Tells people how far it is.
    pub tell: fn(&str),
}

/// Does everything to a shop and finds out what of it went wrong. Stories of chats in which a law did not hold are
/// written into the room.
///
/// # Errors
/// When it can't be run to its end; laws that did not hold are in the [`Report`].
pub async fn run(settings: &Settings, room: &Path) -> anyhow::Result<Report> {
    let due = plan::plan(settings.seed, settings.length, &settings.kinds);
    let mut play = play::Play::open(settings, room).await?;
    play.perform_all(&due).await?;
    let ended = play.end().await?;
    let breaches = laws::check(&ended.record);
    let stories = story::write(room, settings.seed, &ended, &breaches)?;
    Ok(Report::new(settings, due.len(), ended, breaches, stories))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which sorts of actions a seed's short run is without.
    fn missing(seed: u64) -> Vec<&'static str> {
        let kinds = IN_CI.iter().copied().collect();
        let planned = format!("{:?}", plan::plan(seed, Length::Actions(CI_ACTIONS), &kinds));
        let words = [
            "Lid",
            "Everything",
            "Person",
            "Edits",
            "Phone",
            "Program",
            "Console",
            "Pauses",
            "Resumes",
            "OptsOut",
            "Elsewhere",
            "Repeats",
            "Kill",
            "PowerCut",
            "Worsens",
            "SentBut",
            "WahaAway",
            "Grant",
            "Campaign",
        ];
        words.into_iter().filter(|word| !planned.contains(word)).collect()
    }

    #[test]
    fn the_short_run_has_something_of_everything() {
        let good: Vec<u64> = (1..5_000).filter(|seed| missing(*seed).is_empty()).take(5).collect();
        assert_eq!(missing(CI_SEED), Vec::<&str>::new(), "these have: {good:?}");
    }

    #[test]
    fn every_kind_is_in_the_short_run_or_waits_for_it() {
        let mut kinds: Vec<Kind> = IN_CI.iter().chain(NOT_IN_CI).copied().collect();
        kinds.sort();
        let mut all = Kind::ALL.to_vec();
        all.sort();
        assert_eq!(kinds, all);
    }
}
