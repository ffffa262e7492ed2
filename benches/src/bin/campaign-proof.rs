//! Proves that a campaign reaches everybody once, whatever happens: runs one on the real binary, kills and hinders it in
//! every way, and holds what WAHA really sent against what the store says. Ends with 1 when anything does not agree.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::{Parser, ValueEnum};
use mychatflow_bench::program;
use mychatflow_bench::trial::{self, Parcel, Plan};
use mychatflow_sandbox::waha;

/// Runs a campaign through everything that can happen to one, and proves who got it.
#[derive(Debug, Parser)]
struct Args {
    /// People on the list.
    #[arg(long, default_value_t = 10_000)]
    recipients: usize,
    /// How often the daemon is killed; outages, pauses and the rest go with it.
    #[arg(long, default_value_t = 20)]
    kills: usize,
    /// The same seed does the same at the same places.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The library that the made-up WAHA runs.
    #[arg(long, value_enum, default_value_t = Engine::Noweb)]
    engine: Engine,
    /// Send everybody a picture with the words below it.
    #[arg(long)]
    picture: bool,
    /// Give up after so many minutes.
    #[arg(long, value_name = "MINUTES", default_value_t = 45)]
    deadline: u64,
    /// Print one JSON document instead of a table.
    #[arg(long)]
    json: bool,
    /// Try this binary instead of the one of this build.
    #[arg(long, value_name = "PROGRAM")]
    program: Option<PathBuf>,
    /// Keep store and log here.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

/// What WAHA runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// Takes ids of our choosing.
    Noweb,
    /// Chooses the ids itself.
    Webjs,
}

fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let room = tempfile::tempdir().context("no temporary directory")?;
    let room_of_ours = room.path().to_owned();
    let place = args.keep.as_ref().unwrap_or(&room_of_ours);
    std::fs::create_dir_all(place).with_context(|| format!("no directory {}", place.display()))?;
    let plan = Plan {
        program: program::find(args.program.as_deref())?,
        engine: match args.engine {
            Engine::Noweb => waha::Engine::Noweb,
            Engine::Webjs => waha::Engine::Webjs,
        },
        parcel: if args.picture { Parcel::Picture } else { Parcel::Text },
        recipients: args.recipients,
        kills: args.kills,
        seed: args.seed,
        deadline: Duration::from_secs(args.deadline * 60),
        tell: |what| {
            // Nobody may be listening; the proof does not depend on it.
            let _ = writeln!(std::io::stderr(), "{what} …");
        },
    };
    let proof = runtime.block_on(trial::run(&plan, place))?;
    let text = if args.json { serde_json::to_string(&proof)? } else { proof.table() };
    writeln!(std::io::stdout(), "{text}").context("nobody reads the proof")?;
    Ok(if proof.wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
