//! `torture`: a shop to which everything happens at once. Ends with 1 when a law did not hold.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, ValueEnum};
use mychatflow_bench::program;
use mychatflow_bench::torture::{self, Kind, Length, Settings};
use mychatflow_sandbox::waha;

/// What may be said about a torture.
#[derive(Debug, Args)]
pub struct TortureArgs {
    /// How long it goes on, in minutes, without the time to come to rest.
    #[arg(long, default_value_t = 1.0)]
    minutes: f64,
    /// So many actions instead of so many minutes.
    #[arg(long, conflicts_with = "minutes")]
    actions: Option<usize>,
    /// The same seed plans the same; when threads run is not planned.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The library that the made-up WAHA runs.
    #[arg(long, value_enum, default_value_t = Engine::Noweb)]
    engine: Engine,
    /// Only this, besides customers who write; may be given several times.
    #[arg(long, value_name = "KIND")]
    only: Vec<Kind>,
    /// All but this; may be given several times.
    #[arg(long, value_name = "KIND", conflicts_with = "only")]
    without: Vec<Kind>,
    /// How many seconds it may take to come to rest afterwards.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    rest: u64,
    /// Print one JSON document instead of a table.
    #[arg(long = "json")]
    json: bool,
    /// Try this binary instead of the one of this build.
    #[arg(long, value_name = "PROGRAM")]
    program: Option<PathBuf>,
    /// Keep store, log and stories here; without it they are kept only when a law did not hold.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

/// What WAHA runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// Takes ids of our choosing.
    Noweb,
    /// The same, of another make.
    Gows,
    /// Chooses the ids itself.
    Webjs,
}

/// Runs it and prints what came of it.
pub fn run(args: &TortureArgs) -> anyhow::Result<ExitCode> {
    let room = tempfile::Builder::new().prefix("torture-").tempdir().context("no temporary directory")?;
    let place = args.keep.clone().unwrap_or_else(|| room.path().to_owned());
    std::fs::create_dir_all(&place).with_context(|| format!("no directory {}", place.display()))?;
    let length = match args.actions {
        Some(count) => Length::Actions(count),
        None => Length::Span((args.minutes.max(0.0) * 60_000.0) as u64),
    };
    let kinds: BTreeSet<Kind> = Kind::ALL
        .iter()
        .copied()
        .filter(|kind| if args.only.is_empty() { !args.without.contains(kind) } else { args.only.contains(kind) })
        .collect();
    let settings = Settings {
        program: program::find(args.program.as_deref())?,
        engine: match args.engine {
            Engine::Noweb => waha::Engine::Noweb,
            Engine::Gows => waha::Engine::Gows,
            Engine::Webjs => waha::Engine::Webjs,
        },
        seed: args.seed,
        length,
        kinds,
        rest: Duration::from_secs(args.rest),
        tell: |what| {
            // Nobody may be listening; the laws do not depend on it.
            let _ = writeln!(std::io::stderr(), "{what} …");
        },
    };
    (settings.tell)(&format!("seed {}, {:?}, {:?}: {:?}", settings.seed, length, settings.engine, settings.kinds));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let report = runtime.block_on(torture::run(&settings, &place))?;
    let text = if args.json { serde_json::to_string(&report)? } else { report.table() };
    writeln!(std::io::stdout(), "{text}").context("nobody reads the report")?;
    if report.breaches.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    if args.keep.is_none() {
        // The stories are what it was for.
        let _ = room.keep();
    }
    Ok(ExitCode::FAILURE)
}
