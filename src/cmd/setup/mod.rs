//! `setup`: from nothing to the first answer. Each step is tried at once, each can be left, and the next `setup` goes on
//! with what is missing.

mod address;
mod config_text;
mod number;
mod people;
mod questions;
mod servers;
mod shop;
mod zone;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use mychatflow_data::client;
use mychatflow_data::model::first_step::FirstStepDocument;
use mychatflow_data::protocol::calls::daemon::DaemonReload;
use mychatflow_data::protocol::calls::overview::OverviewShow;
use mychatflow_tui::probe::Screen;
use mychatflow_tui::text::wrap;
use secrecy::SecretString;
use serde::Serialize;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;

use self::servers::{Found, Servers};
use super::dialogue::{Echo, EchoGuard, TerminalModes, ask, ask_secret, somebody_is_there};
use super::launch::launch;
use super::wire::is_absent;
use super::{Cx, console, overview};
use crate::cli::Globals;
use crate::cli::setup::SetupArgs;
use crate::output::{Format, note};
use crate::paths;

/// What a script gives instead of answers.
const WITHOUT_TERMINAL: &str = "setup asks questions, so it needs a terminal; without one give the answers:\n\n  \
    mychatflow setup --waha-url http://127.0.0.1:3000 --waha-key-file FILE --gemini-key-file FILE \\\n    \
    --shop NAME --timezone Europe/Berlin --profile TEXT --hours 'Mon-Fri 9-18' --mode draft --number main\n\n\
    mychatflow setup --help explains them, and config.example.toml every key of the config";

/// How wide a terminal is that does not say so.
const COLUMNS: usize = 80;
/// The exit status of a command that was interrupted, as shells have it.
const INTERRUPTED: i32 = 130;

/// Nobody answers any more: what is done stays done.
#[derive(Debug, thiserror::Error)]
#[error("left")]
struct Left;

/// What a script is told.
#[derive(Serialize)]
struct SetupReport {
    config: PathBuf,
    /// Was the config written or changed?
    written: bool,
    /// What WAHA and Gemini answered; `null` where they did not.
    waha: Option<String>,
    gemini: Option<String>,
    /// The daemon's socket; `null` where none was started.
    socket: Option<PathBuf>,
    tenant: Option<String>,
    instance: Option<String>,
    first_steps: Vec<FirstStepDocument>,
}

/// Asks, tries, writes, starts.
pub async fn run(cx: &Cx, args: SetupArgs) -> anyhow::Result<()> {
    if let Some(host) = &cx.globals.host {
        bail!("this sets up the machine that it runs on: ssh -t {host} mychatflow setup");
    }
    let asks = somebody_is_there() && cx.output.format() == Format::People;
    let path = place(cx)?;
    let servers = Servers::begin(cx, &args, asks, path)?;
    if !asks && servers.is_new() && args.waha_url.is_none() {
        bail!("{WITHOUT_TERMINAL}");
    }
    let quiet = if asks { Some(QuietTerminal::begin()?) } else { None };
    let done = follow_steps(cx, &args, asks, servers).await;
    drop(quiet);
    match done {
        Err(error) if error.is::<Left>() => {
            say("\nLeft. What is done stays done; mychatflow setup goes on from here.");
            Ok(())
        }
        Ok(Some(cx)) if asks => console::run(&cx).await,
        done => done.map(drop),
    }
}

/// Goes from step to step. Returns where to open the console, where there is something to see.
async fn follow_steps(cx: &Cx, args: &SetupArgs, asks: bool, mut servers: Servers<'_>) -> anyhow::Result<Option<Cx>> {
    if asks {
        say("This connects your WhatsApp in a few minutes: WAHA (the WhatsApp server), Gemini (the model), the shop, \
             the phone.\nCtrl-C leaves at any time; what is done stays done.\n");
    }
    let waha = servers.waha().await?;
    // What was found is kept even if somebody leaves at the next question.
    let mut written = if waha == Found::Later && servers.is_new() { false } else { servers.store()? };
    let gemini = servers.gemini().await?;
    written |= servers.store()?;
    let mut report = SetupReport {
        config: servers.path().to_owned(),
        written,
        waha: waha.words(),
        gemini: gemini.words(),
        socket: None,
        tenant: None,
        instance: None,
        first_steps: Vec::new(),
    };
    if args.no_start {
        say("Start the daemon with: mychatflow daemon. Then mychatflow setup goes on.");
        return finish(cx, asks, &report).map(|()| None);
    }
    let socket = started(cx, written).await?;
    report.socket = Some(socket);
    let Some(shop) = shop::choose(cx, args, asks).await? else {
        say("Without a shop there is nothing to answer for. mychatflow setup asks for it again.");
        return finish(cx, asks, &report).map(|()| None);
    };
    report.tenant = Some(shop.name.clone());
    let cx = Cx::again(Globals { tenant: Some(shop.id.to_string()), ..cx.globals.clone() }, cx.env.clone());
    shop::describe(&cx, args, asks).await?;
    shop::choose_mode(&cx, args, asks).await?;
    let connected = waha != Found::Later;
    report.instance = number::connect(&cx, args, asks, connected).await?;
    if asks && report.instance.is_some() {
        people::review(&cx).await?;
    }
    if asks && gemini != Found::Later {
        shop::try_a_question(&cx).await?;
    }
    report.first_steps = cx.call(&OverviewShow { tenant: cx.tenant() }).await?.first_steps;
    finish(&cx, asks, &report)?;
    Ok(Some(cx))
}

/// Tells what is left to do.
fn finish(cx: &Cx, asks: bool, report: &SetupReport) -> anyhow::Result<()> {
    if !asks {
        return cx.output.document(report, |report| {
            let steps = overview::first_steps(&report.first_steps);
            format!("the config is {}\n{steps}", report.config.display())
        });
    }
    if !report.first_steps.is_empty() {
        say(&format!("\nWhat is left until the first answer:\n\n{}", overview::first_steps(&report.first_steps)));
    }
    Ok(())
}

/// The socket of a daemon that runs by this config: one that is there reads it again, else one is started.
async fn started(cx: &Cx, written: bool) -> anyhow::Result<PathBuf> {
    let socket = cx.whereabouts()?.socket;
    match client::connect(&socket).await {
        Ok(client) => {
            if written {
                client.call(&DaemonReload {}).await.context("daemon reload")?;
            }
            Ok(socket)
        }
        Err(error) if is_absent(&error) => launch(cx).await,
        Err(error) => Err(error.into()),
    }
}

/// Where the config is, or goes.
fn place(cx: &Cx) -> anyhow::Result<PathBuf> {
    let named = cx.globals.config.clone().or_else(|| cx.env.var("MYCHATFLOW_CONFIG").map(PathBuf::from));
    if let Some(path) = named {
        return Ok(path);
    }
    let places = paths::config_places();
    let found = places.iter().find(|path| Path::exists(path)).or_else(|| places.first());
    found.cloned().context("there is no place for a config: set HOME")
}

/// Tells a person something, in lines that fit the terminal. A command that is to be copied stays one line.
fn say(text: &str) {
    let columns = Screen::now().map_or(COLUMNS, |screen| screen.size.width.into());
    for line in text.split('\n') {
        let words = line.trim_start();
        let indent = &line[..line.len() - words.len()];
        if words.is_empty() || words == address::START_WAHA {
            note(line);
            continue;
        }
        wrap(words, columns.saturating_sub(indent.len()))
            .into_iter()
            .for_each(|row| note(&format!("{indent}{}", row.trim_end())));
    }
}

/// Asks for a line; whoever does not answer any more has left.
fn line(question: &str) -> anyhow::Result<String> {
    Ok(ask(question)?.ok_or(Left)?)
}

/// The same for what nobody may read over the shoulder.
fn secret(question: &str) -> anyhow::Result<SecretString> {
    Ok(ask_secret(question)?.ok_or(Left)?)
}

/// Shows nothing of what is typed between two questions: it may be a key that was pasted too early. Whoever leaves by
/// Ctrl-C gets the terminal back as it was.
struct QuietTerminal {
    watch: JoinHandle<()>,
    _echo: Option<EchoGuard>,
}

impl QuietTerminal {
    fn begin() -> anyhow::Result<Self> {
        let signals = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let echo = EchoGuard::set(Echo::Off);
        let watch = tokio::spawn(leave_on_signal(signals, echo.as_ref().map(EchoGuard::before)));
        Ok(Self { watch, _echo: echo })
    }
}

impl Drop for QuietTerminal {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

async fn leave_on_signal((mut interrupt, mut terminate): (Signal, Signal), before: Option<TerminalModes>) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    if let Some(before) = before {
        before.restore();
    }
    say("\nLeft. What is done stays done; mychatflow setup goes on from here.");
    std::process::exit(INTERRUPTED);
}
