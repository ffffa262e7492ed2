//! `daemon`: runs it in the foreground, or asks the one that runs.

use std::fs::{self, File};
use std::io::{ErrorKind, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use mychatflow_daemon::config::{Config, LogFormat};
use mychatflow_daemon::data_dir::{Beginning, is_locked};
use mychatflow_data::protocol::calls::daemon::{
    Applies, DaemonReload, DaemonReloaded, DaemonShown, DaemonStatus, DaemonStop, Health,
};
use mychatflow_data::protocol::span::Span;
use mychatflow_data::time::Timestamp;
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use super::{Cx, findings, wire};
use crate::cli::DaemonVerb;
use crate::config::{self, ConfigError};
use crate::output::{age, age_or, bytes, clean, facts, note};
use crate::paths::{self, Env};

/// How long `daemon stop` waits for the daemon's end.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// How long `daemon stop` waits for the end of a process that has left its lock.
const EXIT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often it is looked whether it has gone.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Runs the daemon, or asks the one that runs.
pub async fn run(cx: &Cx, new: bool, verb: Option<DaemonVerb>) -> anyhow::Result<()> {
    match verb {
        Some(_) if new => bail!("--new is for starting the daemon: mychatflow daemon --new"),
        None => serve(cx, if new { Beginning::Fresh } else { Beginning::AsFound }).await,
        Some(DaemonVerb::Status) => status(cx).await,
        Some(DaemonVerb::Stop) => stop(cx).await,
        Some(DaemonVerb::Reload) => cx.show(&DaemonReload {}, reloaded).await,
    }
}

/// What the daemon gets from the process around it.
struct Outside {
    /// Ends the daemon in order.
    shutdown: CancellationToken,
    /// One for each SIGHUP.
    reload: mpsc::Receiver<()>,
    /// Reads the config again, from where it was read at the start.
    reread: Box<dyn Fn() -> Result<Config, ConfigError> + Send + Sync>,
}

async fn serve(cx: &Cx, beginning: Beginning) -> anyhow::Result<()> {
    if cx.globals.host.is_some() {
        bail!("the daemon runs on this machine; --host is for asking another one");
    }
    let mut loaded = config::load(cx.globals.config.as_deref(), &cx.env)?;
    if let Some(socket) = &cx.globals.socket {
        loaded.config.daemon.socket.clone_from(socket);
    }
    loaded.config.daemon.state_dir = paths::state_dir();
    start_log(&loaded.config);
    match &loaded.file {
        Some(file) => tracing::info!(config = %file.display(), "config read"),
        None => tracing::warn!("no config file: everything as usual"),
    }
    let shutdown = CancellationToken::new();
    let reload = listen_to_signals(&shutdown)?;
    let reread = reread(cx.globals.config.clone(), cx.globals.socket.clone(), cx.env.clone());
    run_daemon(beginning, loaded.config, Outside { shutdown, reload, reread }).await
}

/// Where the daemon comes in.
async fn run_daemon(beginning: Beginning, config: Config, outside: Outside) -> anyhow::Result<()> {
    let Outside { shutdown, mut reload, reread } = outside;
    let read_config = move || reread().map_err(|error| format!("{:#}", anyhow::Error::new(error)));
    let daemon = mychatflow_daemon::start_as(beginning, config, Arc::new(read_config), shutdown).await?;
    let daemon_cx = Arc::clone(&daemon.cx);
    let reloads = async {
        while reload.recv().await.is_some() {
            match mychatflow_daemon::reload::reload(&daemon_cx) {
                Ok(changes) => {
                    tracing::info!(?changes, "config read again");
                    if let Err(error) = mychatflow_daemon::rounds::reconcile_all(&daemon_cx).await {
                        tracing::error!(%error, "the numbers could not be compared with it");
                    }
                }
                Err(error) => tracing::error!(error, "the config is kept as it was"),
            }
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        ended = daemon.wait() => Ok(ended?),
        () = reloads => Ok(()),
    }
}

fn reread(
    config: Option<PathBuf>,
    socket: Option<PathBuf>,
    env: Env,
) -> Box<dyn Fn() -> Result<Config, ConfigError> + Send + Sync> {
    Box::new(move || {
        let mut loaded = config::load(config.as_deref(), &env)?;
        if let Some(socket) = &socket {
            loaded.config.daemon.socket.clone_from(socket);
        }
        Ok(loaded.config)
    })
}

/// SIGTERM and SIGINT end the daemon in order, a second one at once. SIGHUP reloads.
fn listen_to_signals(shutdown: &CancellationToken) -> anyhow::Result<mpsc::Receiver<()>> {
    let mut terminate = signal(SignalKind::terminate()).context("could not listen to SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("could not listen to SIGINT")?;
    let mut hangup = signal(SignalKind::hangup()).context("could not listen to SIGHUP")?;
    let (reload, reloads) = mpsc::channel(1);
    let shutdown = shutdown.clone();
    tokio::spawn(async move {
        loop {
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
                _ = hangup.recv() => {
                    // One that waits already will read the newest file too.
                    let _ = reload.try_send(());
                    continue;
                }
            };
            if shutdown.is_cancelled() {
                tracing::warn!(signal = name, "stopping at once");
                std::process::exit(1);
            }
            tracing::info!(signal = name, "stopping");
            shutdown.cancel();
        }
    });
    Ok(reloads)
}

/// Logs go to stderr: stdout is for answers, and journald reads both.
fn start_log(config: &Config) {
    // The config was checked; `info` is only for the case that the check and this reading differ.
    let filter = EnvFilter::try_new(&config.daemon.log).unwrap_or_else(|_| EnvFilter::new("info"));
    // A log that can't be written (a full disk, a closed pipe) must not end what it tells of, and the complaint about it
    // would go to the same place.
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).log_internal_errors(false);
    let started = match config.daemon.log_format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
    if let Err(error) = started {
        note(&format!("mychatflow: no log: {error}"));
    }
}

async fn status(cx: &Cx) -> anyhow::Result<()> {
    let shown = wire::connect_any_version(cx).await?.call(&DaemonStatus {}).await?;
    cx.output.document(&shown, |shown| status_text(cx, shown))
}

fn status_text(cx: &Cx, shown: &DaemonShown) -> String {
    let DaemonShown { waha, gemini, store, .. } = shown;
    let uptime = Span(Duration::from_secs(shown.uptime_s.try_into().unwrap_or(0)));
    let free = store.free_bytes.map(|free| format!(", {} free", bytes(free))).unwrap_or_default();
    let written = age_or(store.written_at, cx.now, "not since the start");
    let looked = store.looked_through_at.map(|at| format!(", looked through {}", age(at, cx.now))).unwrap_or_default();
    let sizes = format!("{}, log {}{free}, written {written}{looked}", bytes(store.size_bytes), bytes(store.wal_bytes));
    // What the caller may not know is empty.
    let path = if store.path.is_empty() { sizes } else { format!("{}, {sizes}", store.path) };
    let mut text = facts([
        ("daemon", format!("{} ({}), pid {}, up {uptime}", shown.version, shown.build, shown.pid)),
        ("socket", shown.socket.clone()),
        ("webhook", shown.webhook.clone()),
        ("metrics", shown.metrics.clone().unwrap_or_default()),
        ("store", format!("{}  {path}{}", store.health, because(store.error.as_ref()))),
        (
            "gemini",
            format!(
                "{}  {}{}{}",
                gemini.health,
                gemini.model,
                gemini.answered_by.as_ref().map(|model| format!(", {model} answers in its place")).unwrap_or_default(),
                trouble(cx, gemini.health, gemini.ok_at, gemini.error.as_ref())
            ),
        ),
    ]);
    for waha in waha {
        let version = waha.version.as_ref().map(|version| format!(", {version}")).unwrap_or_default();
        let started = waha.started_at.map(|at| format!(", started {}", age(at, cx.now))).unwrap_or_default();
        let trouble = trouble(cx, waha.health, waha.ok_at, waha.error.as_ref());
        let place = if waha.url.is_empty() { String::new() } else { format!(" at {}", waha.url) };
        let line = format!("{}  {}{place}{version}{started}{trouble}", waha.health, waha.name);
        text.push_str(&format!("waha     {}\n", clean(&line)));
    }
    text.push_str(&findings::lines(&shown.findings, cx.now));
    text
}

fn because(error: Option<&String>) -> String {
    error.map(|error| format!(": {error}")).unwrap_or_default()
}

/// How it is known that something answers, or why it does not, and since when.
fn trouble(cx: &Cx, health: Health, ok_at: Option<Timestamp>, error: Option<&String>) -> String {
    match health {
        Health::Off => String::new(),
        Health::Ok | Health::Down => {
            format!("{}, last answered {}", because(error), age_or(ok_at, cx.now, "never"))
        }
        Health::Unknown => ", not asked yet".to_owned(),
    }
}

async fn stop(cx: &Cx) -> anyhow::Result<()> {
    let client = wire::connect_any_version(cx).await?;
    let stopping = client.call(&DaemonStop {}).await?;
    let gone = async {
        client.closed().await;
        // The socket closes first, then the store; who starts the next one needs both.
        if cx.globals.host.is_none()
            && let Some(lock) = &stopping.lock
        {
            until_gone(Path::new(lock), stopping.pid).await;
        }
    };
    if tokio::time::timeout(STOP_TIMEOUT, gone).await.is_err() {
        bail!("the daemon (pid {}) said that it stops, and still runs", stopping.pid);
    }
    cx.output.document(&stopping, |stopping| match &cx.globals.host {
        None => format!("stopped (pid {})", stopping.pid),
        // Over the connection its end can't be seen, only that of the connection.
        Some(host) => format!(
            "the daemon on {host} (pid {}) has closed its socket and ends once it has finished what it has begun; see: \
             mychatflow --host {host} daemon status",
            stopping.pid
        ),
    })
}

/// Waits until a daemon's lock is free and its process has ended.
async fn until_gone(lock: &Path, pid: u32) {
    let is_there = match File::open(lock) {
        Ok(_) => true,
        // Another account's lock can't be looked at; its process can.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => false,
        // It is on another machine, or in another container.
        Err(_) => return,
    };
    while is_there && is_locked(lock) {
        sleep(LOOK_AGAIN).await;
    }
    // Its number may be another process's here, where it runs in a container.
    let exit = async {
        while is_alive(pid) {
            sleep(LOOK_AGAIN).await;
        }
    };
    if is_there {
        let _ = tokio::time::timeout(EXIT_TIMEOUT, exit).await;
    } else {
        exit.await;
    }
}

/// Does a process run? One that ended and that nobody has asked about does not.
fn is_alive(pid: u32) -> bool {
    let Some(id) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return false };
    if test_kill_process(id) == Err(Errno::SRCH) {
        return false;
    }
    // The state stands behind the name, which may hold anything.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().and_then(|rest| rest.trim_start().chars().next());
    !matches!(state, Some('Z' | 'X'))
}

fn reloaded(reloaded: &DaemonReloaded) -> String {
    if reloaded.changed.is_empty() {
        return "nothing changed".to_owned();
    }
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
    let mut text = String::new();
    for change in &reloaded.changed {
        let when = match change.applies {
            Applies::Now => "",
            Applies::Restart => "   (after a restart: mychatflow daemon stop, then start it)",
        };
        text.push_str(&format!("{}: {} → {}{when}\n", change.key, value(&change.old), value(&change.new)));
    }
    text
}
