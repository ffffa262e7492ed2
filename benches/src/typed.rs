//! The program as it would be typed at a prompt, with nothing of our environment but what it needs.

use std::path::PathBuf;
use std::process::Output;
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::{Context, bail};
use serde_json::Value;
use tokio::process::Command;

/// A binary, and what it finds around it.
#[derive(Debug, Clone)]
pub struct Typed {
    /// The binary.
    pub program: PathBuf,
    /// Where it runs, and its home.
    pub home: PathBuf,
    /// Its config.
    pub config: PathBuf,
}

impl Typed {
    /// A command, ready to run. It ends with its handle.
    #[must_use]
    pub fn command(&self, line: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(line).env_clear().env("HOME", &self.home).env("PATH", "/usr/bin:/bin").current_dir(&self.home);
        command.env("MYCHATFLOW_CONFIG", &self.config).kill_on_drop(true);
        command
    }

    /// Runs a command with `--json` to its end.
    ///
    /// # Errors
    /// When it does not start, or what it prints is no JSON.
    pub async fn run(&self, line: &[&str]) -> anyhow::Result<Ran> {
        let output = self.command(line).arg("--json").output().await;
        Ran::of(output.with_context(|| format!("{} does not start", self.program.display()))?)
    }

    /// Runs a command that must succeed, and returns its lines.
    ///
    /// # Errors
    /// With what it said when it fails.
    pub async fn done(&self, line: &[&str]) -> anyhow::Result<Vec<Value>> {
        let ran = self.run(line).await?;
        if ran.code != 0 {
            bail!("{line:?} ends with {}: {}", ran.code, ran.stderr.trim_end());
        }
        Ok(ran.lines)
    }

    /// The only line of such a command.
    ///
    /// # Errors
    /// The same, and when there is none.
    pub async fn one(&self, line: &[&str]) -> anyhow::Result<Value> {
        let lines = self.done(line).await?;
        lines.into_iter().next().with_context(|| format!("{line:?} says nothing"))
    }
}

/// What came of a command.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code; −1 when a signal ended it.
    pub code: i32,
    /// What it answered, line by line.
    pub lines: Vec<Value>,
    /// What it told people.
    pub stderr: String,
}

impl Ran {
    /// Reads what a command has left.
    ///
    /// # Errors
    /// When its answer is no JSON.
    pub fn of(output: Output) -> anyhow::Result<Self> {
        let stdout = String::from_utf8(output.stdout).context("an answer that is no text")?;
        let lines = stdout.lines().map(serde_json::from_str).collect::<Result<_, _>>();
        Ok(Self {
            code: output.status.code().unwrap_or(-1),
            lines: lines.with_context(|| format!("an answer that is no JSON: {stdout}"))?,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}

/// A port that stays ours while the daemon is away: below those that the system gives to outgoing connections.
#[must_use]
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 10_000).unwrap_or(0);
    loop {
        let port = 20_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
