//! How it ended, for people and for programs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::Settings;
use super::laws::{self, Breach, Law, Outcome};
use super::play::Ended;

/// Breaches that are named one by one.
const NAMED: usize = 20;

/// How it ended.
#[derive(Debug, Serialize)]
pub struct Report {
    /// What it hung on.
    pub seed: u64,
    /// The library that WAHA ran.
    pub engine: &'static str,
    /// What happened besides customers who write.
    pub kinds: Vec<String>,
    /// Actions that were planned.
    pub planned: usize,
    /// What was done, and how often.
    pub done: BTreeMap<String, usize>,
    /// What was left out, and why.
    pub left_out: Vec<String>,
    /// How long it went on.
    pub played_s: f64,
    /// How long it took to come to rest.
    pub rest_s: f64,
    /// From start to ready: the median and the longest.
    pub ready_ms: [f64; 2],
    /// What became of the customers' messages.
    pub outcome: Outcome,
    /// How often each law did not hold.
    pub laws: BTreeMap<&'static str, usize>,
    /// What must not be; empty when all is well.
    pub breaches: Vec<Breach>,
    /// The stories of the chats that are named in them.
    pub stories: Vec<PathBuf>,
    /// The daemon's log.
    pub log: PathBuf,
}

impl Report {
    pub(super) fn new(
        settings: &Settings,
        planned: usize,
        ended: Ended,
        breaches: Vec<Breach>,
        stories: Vec<PathBuf>,
    ) -> Self {
        let mut laws: BTreeMap<&'static str, usize> = Law::ALL.iter().map(|law| (law.words(), 0)).collect();
        for breach in &breaches {
            *laws.entry(breach.law.words()).or_default() += 1;
        }
        let mut ready = ended.ready;
        ready.sort();
        let ms = |ready: Option<&Duration>| ready.map_or(0.0, |ready| ready.as_secs_f64() * 1000.0);
        Self {
            seed: settings.seed,
            engine: settings.engine.as_str(),
            kinds: settings.kinds.iter().map(|kind| format!("{kind:?}")).collect(),
            planned,
            done: ended.done,
            left_out: ended.left_out,
            played_s: ended.took.0.as_secs_f64(),
            rest_s: ended.took.1.as_secs_f64(),
            ready_ms: [ms(ready.get(ready.len() / 2)), ms(ready.last())],
            outcome: laws::count(&ended.record),
            laws,
            breaches,
            stories,
            log: ended.log,
        }
    }

    /// As a table.
    #[must_use]
    pub fn table(&self) -> String {
        let Self { seed, engine, planned, played_s, rest_s, outcome, .. } = self;
        let mut lines =
            vec![format!("{planned} actions on {engine}, seed {seed}: {}", self.kinds.join(" ")), String::new()];
        let mut row = |what: &str, count: usize| lines.push(format!("  {what:<46}{count:>7}"));
        for (what, times) in &self.done {
            row(what, *times);
        }
        row("messages of customers that were acknowledged", outcome.acknowledged);
        row("  answered", outcome.answered);
        row("  left to a person", outcome.left_to_people);
        row("  taken back, or a late picture", outcome.withdrawn);
        row("  with a reason beside the chat", outcome.with_reason);
        row("answers sent", outcome.answers);
        let [median, slowest] = self.ready_ms;
        lines.push(format!("  {:<46}{played_s:>7.0} s, then {rest_s:.0} s until all was done", "it went on for"));
        lines.push(format!("  {:<46}{median:>7.0} ms, at most {slowest:.0} ms", "from start to ready, median"));
        lines.extend(self.left_out.iter().map(|what| format!("  left out: {what}")));
        lines.push(String::new());
        for (law, count) in &self.laws {
            let holds = if *count == 0 { "holds".to_owned() } else { format!("broken {count} times") };
            lines.push(format!("  {law:<46}{holds:>7}"));
        }
        lines.push(String::new());
        if self.breaches.is_empty() {
            lines.push("every law holds".to_owned());
        }
        for breach in self.breaches.iter().take(NAMED) {
            let who = breach.who.map_or(String::new(), |who| format!(" (guest {who})"));
            lines.push(format!("  {}{who}: {}", breach.law.words(), breach.what));
        }
        if !self.breaches.is_empty() {
            lines.push(format!("{} breaches; the same again with --seed {seed}", self.breaches.len()));
            lines.extend(self.stories.iter().map(|file| format!("  {}", file.display())));
            lines.push(format!("  {}", self.log.display()));
        }
        lines.join("\n")
    }
}
