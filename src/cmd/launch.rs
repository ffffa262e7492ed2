//! Starts the daemon for somebody who is about to look at it. It goes on when they leave.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use mychatflow_daemon::data_dir::holder;
use mychatflow_data::client;
use tokio::time::{Instant, sleep};

use super::Cx;
use super::wire::open_here;
use crate::config;
use crate::output::{clean, note};

/// Where it logs when nobody reads its stderr.
const LOG: &str = "daemon.log";
/// How long it may take until it answers.
const DEADLINE: Duration = Duration::from_secs(10);
/// How often it is tried.
const TRY_AGAIN: Duration = Duration::from_millis(100);
/// How much of the log is shown when it does not come up.
const LOG_BYTES: u64 = 4_096;
const LOG_LINES: usize = 8;

/// Starts it and waits until it answers. Returns its socket.
///
/// # Errors
/// When the config is wrong or the daemon does not come up; its last words are shown.
pub async fn launch(cx: &Cx) -> anyhow::Result<PathBuf> {
    let loaded = config::load(cx.globals.config.as_deref(), &cx.env)?;
    let data_dir = &loaded.config.daemon.data_dir;
    let made = DirBuilder::new().recursive(true).mode(0o700).create(data_dir);
    made.with_context(|| format!("could not make {}", data_dir.display()))?;
    let log = data_dir.join(LOG);
    if holder(data_dir).is_some_and(|holder| !holder.is_leaving) {
        // A second one would be refused.
        return Ok(open_here(cx).await?.socket);
    }
    let mut child = spawn(cx, &log)?;
    let deadline = Instant::now() + DEADLINE;
    loop {
        let socket = cx.whereabouts()?.socket;
        if client::connect(&socket).await.is_ok() {
            note(&format!("The daemon runs (pid {}) and logs to {}.", child.id(), log.display()));
            return Ok(socket);
        }
        if let Some(status) = child.try_wait().context("could not look after the daemon")? {
            note(&last_words(&log));
            bail!("the daemon did not start ({status}); its log is {}", log.display());
        }
        if Instant::now() >= deadline {
            note(&last_words(&log));
            bail!("the daemon does not answer after {} s; its log is {}", DEADLINE.as_secs(), log.display());
        }
        sleep(TRY_AGAIN).await;
    }
}

fn spawn(cx: &Cx, log: &Path) -> anyhow::Result<Child> {
    let open = || OpenOptions::new().append(true).create(true).mode(0o600).open(log);
    let out = open().with_context(|| format!("could not open {}", log.display()))?;
    let err = out.try_clone().context("could not open the log twice")?;
    let program = std::env::current_exe().context("could not find the program itself")?;
    let mut command = Command::new(program);
    command.arg("daemon");
    if let Some(config) = &cx.globals.config {
        command.arg("--config").arg(config);
    }
    if let Some(socket) = &cx.globals.socket {
        command.arg("--socket").arg(socket);
    }
    // A group of its own: Ctrl-C at this terminal is not meant for it.
    command.process_group(0).stdin(Stdio::null()).stdout(out).stderr(err);
    command.spawn().context("could not start the daemon")
}

/// The end of the log.
fn last_words(log: &Path) -> String {
    let mut tail = Vec::new();
    let read = File::open(log).and_then(|mut file| {
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(LOG_BYTES)))?;
        file.read_to_end(&mut tail)
    });
    match read {
        Ok(_) => {
            let text = String::from_utf8_lossy(&tail);
            let lines: Vec<String> = text.lines().map(clean).collect();
            lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
        }
        Err(error) => format!("the log can't be read: {error}"),
    }
}
