//! The way to the daemon: its socket, or ssh and the other machine's `mychatflow relay`.

use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use mychatflow_daemon::data_dir::{Holder, holder};
use mychatflow_data::client::{self, Client, ClientError};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use super::Cx;

/// How long a daemon that runs is waited for.
const SOCKET_PATIENCE: Duration = Duration::from_secs(6);
/// How often it is tried.
const TRY_AGAIN: Duration = Duration::from_millis(100);

/// The daemon of another machine can't be reached.
#[derive(Debug, thiserror::Error)]
#[error("no connection to {host}: {reason}")]
pub struct NoConnection {
    host: String,
    reason: String,
}

/// Connects, and insists on the same protocol.
pub async fn connect(cx: &Cx) -> anyhow::Result<Client> {
    match &cx.globals.host {
        None => Ok(Client::over(open_here(cx).await?.stream).await?),
        Some(host) => {
            let (mut child, stream) = ssh(cx, host)?;
            match Client::over(stream).await {
                Ok(client) => {
                    keep(child);
                    Ok(client)
                }
                Err(error) => Err(explained(host, &mut child, error).await),
            }
        }
    }
}

/// Connects to a daemon of any version: only `daemon.status` and `daemon.stop` may be asked.
pub async fn connect_any_version(cx: &Cx) -> anyhow::Result<Client> {
    match &cx.globals.host {
        None => Ok(Client::over_any_version(open_here(cx).await?.stream).await?),
        Some(host) => {
            let (mut child, stream) = ssh(cx, host)?;
            match Client::over_any_version(stream).await {
                Ok(client) => {
                    keep(child);
                    Ok(client)
                }
                Err(error) => Err(explained(host, &mut child, error).await),
            }
        }
    }
}

/// A daemon's socket that was opened.
pub struct Opened {
    /// Where it is.
    pub socket: PathBuf,
    /// The connection, without a word yet.
    pub stream: UnixStream,
}

/// Opens the socket of the daemon of this machine. One that runs and whose socket is away is waited for: it starts, or it
/// makes its socket anew.
pub async fn open_here(cx: &Cx) -> anyhow::Result<Opened> {
    let begun = Instant::now();
    loop {
        let found = cx.whereabouts()?;
        let error = match client::open(&found.socket).await {
            Ok(stream) => return Ok(Opened { socket: found.socket, stream }),
            Err(error) => error,
        };
        let holder = found.data_dir.as_deref().and_then(holder).filter(|_| is_absent(&error));
        let Some(holder) = holder else { return Err(error.into()) };
        if begun.elapsed() >= SOCKET_PATIENCE {
            return Err(silent(found.socket, &holder).into());
        }
        sleep(TRY_AGAIN).await;
    }
}

/// Does nobody listen there?
pub fn is_absent(error: &ClientError) -> bool {
    let ClientError::NotConnected { source: Some(source), .. } = error else { return false };
    matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

/// Is it the error of a daemon that runs?
pub fn is_running(error: &ClientError) -> bool {
    matches!(error, ClientError::NotConnected { source: Some(source), .. } if source.kind() == io::ErrorKind::TimedOut)
}

/// A daemon that runs, without a socket that answers.
pub fn silent(path: PathBuf, holder: &Holder) -> ClientError {
    let pid = holder.pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default();
    let (doing, remedy) = if holder.is_leaving {
        ("finishes what it has begun, and then ends", "wait a moment")
    } else {
        ("runs, and does not listen", "wait a moment, or see in its log what keeps it")
    };
    ClientError::NotConnected {
        path,
        reason: format!("the daemon{pid} {doing}"),
        remedy: remedy.to_owned(),
        source: Some(io::ErrorKind::TimedOut.into()),
    }
}

type Pipes = tokio::io::Join<tokio::process::ChildStdout, tokio::process::ChildStdin>;

fn ssh(cx: &Cx, host: &str) -> anyhow::Result<(Child, Pipes)> {
    // ssh would take it for an option, and some of its options run programs.
    if host.starts_with('-') || host.chars().any(|c| c.is_whitespace() || c.is_control()) {
        bail!("{host:?} is no name of a machine");
    }
    let mut relay = String::from("mychatflow relay");
    if let Some(socket) = &cx.globals.socket {
        relay.push_str(&format!(" --socket {}", quoted(socket.to_str().context("--socket is not UTF-8")?)));
    }
    let mut child = Command::new("ssh")
        .args(["-T", "--", host, &relay])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("could not run ssh")?;
    match (child.stdout.take(), child.stdin.take()) {
        (Some(stdout), Some(stdin)) => Ok((child, tokio::io::join(stdout, stdin))),
        _ => bail!("ssh has no pipes"),
    }
}

/// One word for a shell.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// ssh ends when its pipes close, with the client; until then nobody may drop it.
fn keep(mut child: Child) {
    tokio::spawn(async move { child.wait().await });
}

async fn explained(host: &str, child: &mut Child, error: ClientError) -> anyhow::Error {
    if !matches!(error, ClientError::Io(_)) {
        return error.into();
    }
    // The pipe closed, so ssh has ended or is about to.
    let code = child.wait().await.ok().and_then(|status| status.code());
    let reason = match code {
        Some(255) => "ssh did not get there".to_owned(),
        Some(127) => "mychatflow is not installed there, or not in the PATH of ssh".to_owned(),
        Some(3) => "no daemon answers there".to_owned(),
        Some(code) => format!("ssh ended with {code}"),
        None => "ssh was stopped".to_owned(),
    };
    NoConnection { host: host.to_owned(), reason }.into()
}

impl NoConnection {
    /// No daemon on this machine.
    pub fn here(reason: &str) -> Self {
        Self { host: "the daemon".to_owned(), reason: reason.to_owned() }
    }
}
