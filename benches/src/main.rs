//! Measures the daemon and the console against their budgets: on the release build, beside ceilings measured in the same run.
//!
//! The daemon runs in a process of its own, so that CPU and memory are its own; load, WAHA and Gemini live here. What
//! counts is the ratio to a ceiling: absolute figures vary with the disk and with what else the machine does.

mod answers;
mod ceiling;
mod child;
mod console;
mod delivery;
mod import;
mod ingest;
mod load;
mod machine;
mod neighbours;
mod process;
mod query;
mod reading;
mod report;
mod shop;
mod starting;
mod stubs;
mod torturing;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand, ValueEnum};
use tokio::runtime::Runtime;

use crate::report::Report;

/// Measures the daemon and the console against their budgets.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Fewer messages: for a look, not for the record.
    #[arg(long)]
    quick: bool,
    /// Print one JSON document instead of a table.
    #[arg(long)]
    json: bool,
    /// Measure only this; may be given several times.
    #[arg(long, value_name = "PART")]
    only: Vec<Part>,
    /// Measure this binary (as `PROGRAM daemon --config FILE`, and as the console) instead of the daemon built into the
    /// bench and the console of this build.
    #[arg(long, value_name = "PROGRAM")]
    program: Option<PathBuf>,
    /// Make the stores here instead of in the system's temporary directory.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Let the WAHA stub tell of its own sends by webhook, as a real one does.
    #[arg(long)]
    echo: bool,
    #[arg(long, hide = true)]
    child_daemon: Option<String>,
    #[arg(long, hide = true)]
    child_echo: Option<String>,
}

/// What it does instead.
#[derive(Debug, Subcommand)]
enum Command {
    /// Let everything happen to a shop at once, and prove that nothing was lost, doubled or said against a person's will.
    Torture(torturing::TortureArgs),
}

/// A part of the bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Ceilings,
    Ingest,
    Answers,
    Start,
    Reading,
    Console,
    Import,
    Query,
    Neighbours,
}

/// What every part works with.
struct Bench {
    quick: bool,
    echo: bool,
    program: Option<PathBuf>,
    dir: tempfile::TempDir,
    runtime: Runtime,
}

impl Bench {
    /// A directory of its own for one store.
    fn room(&self, name: &str) -> anyhow::Result<PathBuf> {
        let room = self.dir.path().join(name);
        std::fs::create_dir(&room).with_context(|| format!("no directory for {name}"))?;
        Ok(room)
    }

    /// A count, or a tenth of it for a quick look.
    fn count(&self, full: usize) -> usize {
        if self.quick { full / 10 } else { full }
    }
}

fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    if let Some(Command::Torture(args)) = &args.command {
        return torturing::run(args);
    }
    if let Some(told) = &args.child_daemon {
        return child::daemon(told).map(|()| ExitCode::SUCCESS);
    }
    if let Some(key) = &args.child_echo {
        return child::echo(key).map(|()| ExitCode::SUCCESS);
    }
    let dir = match &args.dir {
        Some(dir) => tempfile::tempdir_in(dir),
        None => tempfile::tempdir(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let bench = Bench {
        quick: args.quick,
        echo: args.echo,
        program: args.program.clone(),
        dir: dir.context("no temporary directory")?,
        runtime,
    };
    let mut report = Report::new(&bench)?;
    let wanted = |part| args.only.is_empty() || args.only.contains(&part);
    // The ratios need the ceilings whatever else is left out.
    let ceilings = ceiling::measure(&bench)?;
    report.ceilings(&ceilings);
    if wanted(Part::Ingest) {
        ingest::measure(&bench, &ceilings, &mut report)?;
    }
    if wanted(Part::Answers) {
        answers::measure(&bench, &ceilings, &mut report)?;
    }
    if wanted(Part::Start) {
        starting::measure(&bench, &mut report)?;
    }
    if wanted(Part::Reading) {
        reading::measure(&bench, &mut report)?;
    }
    if wanted(Part::Console) {
        console::measure(&bench, &mut report)?;
    }
    if wanted(Part::Import) {
        import::measure(&bench, &mut report)?;
    }
    if wanted(Part::Query) {
        query::measure(&bench, &mut report)?;
    }
    if wanted(Part::Neighbours) {
        neighbours::measure(&bench, &mut report)?;
    }
    report.print(args.json).map(|()| ExitCode::SUCCESS)
}
