//! The whole product in one process, without any account: a WAHA and a Gemini on loopback, the real daemon, customers
//! who write, and commands over the real socket. What is said in the end is counted at both ends and compared.

mod cast;
mod evidence;
mod happening;
mod play;
mod scribe;
mod shop;
mod sitting;
mod tally;
mod tempo;
mod witness;
mod world;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use mychatflow_sandbox::customers;
use tokio::signal::unix::{SignalKind, signal};

use self::play::Play;
use self::scribe::Scribe;
pub use self::sitting::Sitting;
use self::tally::Verdict;
use self::tempo::Tempo;
use self::world::World;
use crate::output::{Output, note};

/// How long the play takes unless somebody says otherwise.
const PLAY: Duration = Duration::from_secs(20);
/// The customers one gets unless somebody wants others.
const SEED: u64 = 1;

/// What to play.
#[derive(Debug, Default)]
pub struct DemoArgs {
    /// How long the play may take.
    pub length: Option<Duration>,
    /// The same customers again for the same number.
    pub seed: Option<u64>,
    /// Where the store is kept; `None`: it is thrown away.
    pub data_dir: Option<PathBuf>,
}

/// Plays the demo and says what it came to.
///
/// # Errors
/// When something was lost or doubled, or went otherwise than it should, and what.
pub async fn run(output: Output, args: DemoArgs) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("could not listen to SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("could not listen to SIGINT")?;
    let seed = args.seed.unwrap_or(SEED);
    let script = customers::script(seed);
    let tempo = Tempo::for_script(&script, args.length.unwrap_or(PLAY));
    let world = World::open(&tempo, seed, args.data_dir).await?;
    let told = tokio::select! {
        told = tell(&world, output, &tempo, script) => Some(told),
        _ = terminate.recv() => None,
        _ = interrupt.recv() => None,
    };
    world.close().await?;
    match told {
        None => {
            note("stopped before the end; nothing was counted");
            Ok(())
        }
        Some(Err(error)) => Err(error),
        Some(Ok(differences)) if differences.is_empty() => Ok(()),
        Some(Ok(differences)) => bail!("the demo went otherwise than it should:\n- {}", differences.join("\n- ")),
    }
}

/// Prints what a demo came to.
///
/// # Errors
/// When nobody reads.
pub fn sum_up(output: Output, verdict: &Verdict) -> anyhow::Result<()> {
    Scribe::new(output).sum_up(verdict)
}

/// The story from the empty store to the summary. Returns what went otherwise than it should.
async fn tell(
    world: &World,
    output: Output,
    tempo: &Tempo,
    script: Vec<customers::Beat>,
) -> anyhow::Result<Vec<String>> {
    let mut scribe = Scribe::new(output);
    world.announce(&mut scribe)?;
    let client = world.connect().await?;
    scribe.tell(&shop::furnish(&client).await?)?;
    shop::add(world, &client, shop::NUMBER).await?;
    shop::pair(world, &client, &mut scribe).await?;
    let mut play = Play::begin(world, client, scribe, &script).await?;
    play.perform(script, tempo).await?;
    play.settle().await?;
    let (mut scribe, client, wanted) = play.end();
    let (record, store) = (evidence::record(&world.waha), evidence::store(&client).await?);
    let verdict = tally::compare(&record, &store, &wanted);
    scribe.sum_up(&verdict)?;
    Ok(verdict.differences)
}
