//! What was measured, beside what was promised: a table for people, one document for programs.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::Context;
use serde::Serialize;

use crate::Bench;
use crate::ceiling::Ceilings;
use crate::machine::Machine;

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// The budget is the least.
    More,
    /// The budget is the most.
    Less,
}

impl Better {
    /// By what factor a value misses its budget; 1 or less is within.
    fn off(self, value: f64, budget: f64) -> f64 {
        match self {
            Self::More => budget / value,
            Self::Less => value / budget,
        }
    }
}

/// A figure with its budget.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    id: &'static str,
    name: String,
    unit: &'static str,
    value: f64,
    better: Better,
    budget: f64,
    ratio: Option<Ratio>,
    /// By what factor it is off; 1 or less is within. Where there is a ratio, the ratio counts.
    off: f64,
}

/// A figure as a share of a ceiling of the same run.
#[derive(Debug, Clone, Serialize)]
struct Ratio {
    of: &'static str,
    ceiling: f64,
    value: f64,
    budget: f64,
    off: f64,
}

impl Figure {
    /// A figure and the absolute value to expect on two quiet processors.
    pub fn new(id: &'static str, name: &str, unit: &'static str, value: f64, better: Better, budget: f64) -> Self {
        let off = better.off(value, budget);
        Self { id, name: name.to_owned(), unit, value, better, budget, ratio: None, off }
    }

    /// The same as a share of a ceiling: that is what counts then.
    pub fn of(mut self, of: &'static str, ceiling: f64, budget: f64) -> Self {
        let value = self.value / ceiling;
        let off = self.better.off(value, budget);
        self.off = off;
        self.ratio = Some(Ratio { of, ceiling, value, budget, off });
        self
    }
}

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub struct Report {
    version: &'static str,
    build: &'static str,
    quick: bool,
    machine: Machine,
    ceilings: Option<Ceilings>,
    figures: Vec<Figure>,
    details: BTreeMap<&'static str, f64>,
}

impl Report {
    /// Nothing measured yet.
    pub fn new(bench: &Bench) -> anyhow::Result<Self> {
        Ok(Self {
            version: env!("CARGO_PKG_VERSION"),
            build: if cfg!(debug_assertions) { "debug" } else { "release" },
            quick: bench.quick,
            machine: Machine::look(bench.dir.path())?,
            ceilings: None,
            figures: Vec::new(),
            details: BTreeMap::new(),
        })
    }

    /// Notes the ceilings.
    pub fn ceilings(&mut self, ceilings: &Ceilings) {
        self.ceilings = Some(*ceilings);
    }

    /// Adds a figure.
    pub fn figure(&mut self, figure: Figure) {
        self.figures.push(figure);
    }

    /// Adds a value without a budget, for whoever looks into why.
    pub fn detail(&mut self, name: &'static str, value: f64) {
        self.details.insert(name, value);
    }

    /// Prints everything to standard output.
    pub fn print(mut self, json: bool) -> anyhow::Result<()> {
        self.figures.sort_by_key(|figure| figure.id);
        let text =
            if json { serde_json::to_string(&self).context("a report that can't be written")? } else { self.table() };
        writeln!(std::io::stdout(), "{}", text.trim_end()).context("nobody reads the report")
    }

    fn table(&self) -> String {
        let Machine { cpus, cpu, disk, load_before } = &self.machine;
        let quick = if self.quick { ", quick" } else { "" };
        let mut lines = vec![format!(
            "mychatflow {} ({} build{quick}) on {cpus} x {cpu}, {disk}, load {load_before} before",
            self.version, self.build
        )];
        if let Some(ceilings) = &self.ceilings {
            let Ceilings { fdatasync_p50_ms, fdatasync_p99_ms, rows_1_per_s, rows_64_per_s, echo_per_s } = ceilings;
            lines.push(format!(
                "ceilings: fdatasync of 4 KB {fdatasync_p50_ms:.2} ms (p99 {fdatasync_p99_ms:.2}) · bare rows \
                 {rows_1_per_s:.0}/s at 1 a commit, {rows_64_per_s:.0}/s at 64 · plain echo {echo_per_s:.0}/s"
            ));
        }
        lines.push(String::new());
        lines.push(format!("{:<4} {:<38} {:>10}  {:>10}   {:<12}{}", "", "figure", "measured", "budget", "", "ratio"));
        for figure in &self.figures {
            let sign = if figure.better == Better::More { "≥" } else { "≤" };
            let ratio = figure.ratio.as_ref().map_or_else(String::new, |ratio| {
                format!("{:.2} of {} ({sign} {}): {}", ratio.value, ratio.of, ratio.budget, verdict(ratio.off))
            });
            lines.push(format!(
                "{:<4} {:<38} {:>7} {:<3} {sign} {:>7} {:<3} {:<12}{ratio}",
                figure.id,
                figure.name,
                short(figure.value),
                figure.unit,
                short(figure.budget),
                figure.unit,
                verdict(figure.better.off(figure.value, figure.budget)),
            ));
        }
        lines.push(String::new());
        lines.extend(self.details.iter().map(|(name, value)| format!("     {name:<38} {:>7}", short(*value))));
        lines.join("\n")
    }
}

fn verdict(off: f64) -> String {
    if off <= 1.0 { "ok".to_owned() } else { format!("off x{off:.2}") }
}

fn short(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// Tells people what is being done: standard output is for the report.
pub fn say(what: &str) {
    // Nobody may be listening; the report does not depend on it.
    let _ = writeln!(std::io::stderr(), "{what} …");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_counts_where_there_is_one() {
        let slow_disk = Figure::new("G1", "acks", "/s", 3_000.0, Better::More, 6_000.0);
        assert_eq!(slow_disk.off, 2.0);
        assert_eq!(slow_disk.of("rows", 6_000.0, 0.4).off, 0.8);
        assert_eq!(Figure::new("G3", "ack", "ms", 4.0, Better::Less, 2.0).off, 2.0);
        assert_eq!((verdict(0.8), verdict(1.5)), ("ok".to_owned(), "off x1.50".to_owned()));
    }
}
