//! The shop of a trial or a torture: a WAHA and a Gemini on loopback, and the real binary between them, which may be killed.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use mychatflow_data::client;
use mychatflow_data::time::CLOCK_VARIABLE;
use mychatflow_sandbox::gemini;
use mychatflow_sandbox::log::Record;
use mychatflow_sandbox::waha::{self, Engine};
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::told::Told;
use crate::typed::{Typed, free_port};

/// The number, and its session at WAHA.
pub const NUMBER: &str = "shop";
/// How long anything may take that waits for nothing but this machine.
pub const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// Short, so that what hangs is soon looked for.
const WAHA_TIMEOUT_S: u64 = 3;

/// What differs between shops.
pub struct Shop {
    /// The binary.
    pub program: PathBuf,
    /// The library that WAHA runs.
    pub engine: Engine,
    /// How much WAHA remembers.
    pub record: Record,
    /// What the model says.
    pub answers: gemini::Answers,
    /// What the plan grants.
    pub credits: i64,
    /// The same seed gives the same ids.
    pub seed: u64,
}

/// Everything that runs.
pub struct Scene {
    pub waha: waha::Server,
    pub gemini: gemini::Server,
    pub typed: Typed,
    pub socket: PathBuf,
    pub log: PathBuf,
    data: PathBuf,
    clock: PathBuf,
    daemon: Option<Child>,
    /// From each start of the daemon until it answered.
    pub ready: Vec<Duration>,
}

impl Scene {
    /// Opens the shop and pairs its number.
    pub async fn open(shop: Shop, room: &Path) -> anyhow::Result<Self> {
        let Shop { engine, record, seed, .. } = shop;
        let waha = waha::Options { engine, record, seed, ..waha::Options::default() };
        let waha = waha::Server::start(waha).await?;
        let gemini = gemini::Options { answers: shop.answers, record: Record::Sends, ..gemini::Options::default() };
        let gemini = gemini::Server::start(gemini).await?;
        let told = Told {
            room: room.to_owned(),
            waha_url: waha.url(),
            waha_key: waha.api_key().to_owned(),
            waha_timeout_s: WAHA_TIMEOUT_S,
            gemini_url: gemini.url(),
            gemini_key: gemini::Options::default().api_key,
            burst_quiet_ms: 50,
            gemini_concurrent: 8,
            credits: shop.credits,
        };
        let config = room.join("config.toml");
        let here = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        std::fs::write(&config, told.file(here(free_port()), here(free_port()))).context("no config file")?;
        let typed = Typed { program: shop.program, home: room.to_owned(), config };
        let (socket, log) = (told.socket(), room.join("daemon.log"));
        let (data, clock) = (told.data_dir(), room.join("clock"));
        let (daemon, ready) = (None, Vec::new());
        let mut scene = Self { waha, gemini, typed, socket, log, data, clock, daemon, ready };
        scene.start().await?;
        scene.typed.done(&["tenant", "add", "Harbour Bakery", "--timezone", "UTC"]).await?;
        scene.typed.done(&["instance", "add", NUMBER, "--waha", "main", "--session", NUMBER]).await?;
        scene.waha.scan_qr(NUMBER).await?;
        scene
            .until("the number works", async |scene: &Self| {
                Ok(scene.typed.one(&["instance", "show", NUMBER]).await?["status"] == "WORKING")
            })
            .await?;
        scene.at_rest().await?;
        Ok(scene)
    }

    /// Starts the daemon and waits until it answers at its socket.
    pub async fn start(&mut self) -> anyhow::Result<()> {
        let log = File::options().create(true).append(true).open(&self.log).context("no log")?;
        let mut command = self.typed.command(&["daemon"]);
        command.env(CLOCK_VARIABLE, &self.clock).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let began = Instant::now();
        let mut daemon = command.spawn().context("the daemon does not start")?;
        while client::connect(&self.socket).await.is_err() {
            if let Some(status) = daemon.try_wait()? {
                bail!("the daemon ended with {status} before it was ready; see {}", self.log.display());
            }
            if began.elapsed() > PATIENCE {
                bail!("the daemon was not ready within {PATIENCE:?}; see {}", self.log.display());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        self.ready.push(began.elapsed());
        self.daemon = Some(daemon);
        Ok(())
    }

    /// `kill -9`: nothing is finished, nothing is told.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        match self.daemon.take() {
            Some(mut daemon) => daemon.kill().await.context("the daemon can't be killed"),
            None => bail!("no daemon runs"),
        }
    }

    /// Does a daemon run?
    pub const fn is_up(&self) -> bool {
        self.daemon.is_some()
    }

    /// The daemon is gone, and the disk holds what it held at one instant: neither memory nor anything written later.
    /// What a power cut loses of a file that was not synced is still there.
    pub async fn cut_power(&mut self) -> anyhow::Result<()> {
        let Some(id) = self.daemon.as_ref().and_then(Child::id) else { bail!("no daemon runs") };
        let stop = Command::new("sh").args(["-c", &format!("kill -STOP {id}")]).status().await;
        if !stop.context("no shell")?.success() {
            bail!("the daemon can't be stopped");
        }
        let copy = self.data.with_file_name("data.copy");
        copy_files(&self.data, &copy)?;
        self.kill().await?;
        std::fs::remove_dir_all(&self.data).context("the old data directory stays")?;
        std::fs::rename(&copy, &self.data).context("the copy can't take its place")
    }

    /// Moves the daemon's clock so far from the true time. Only a binary with the feature `halt` looks.
    pub fn move_clock(&self, by: i64) -> anyhow::Result<()> {
        // Whoever reads it in the middle sees the old file or the new one.
        let new = self.clock.with_extension("new");
        std::fs::write(&new, by.to_string()).context("no clock")?;
        std::fs::rename(&new, &self.clock).context("no clock")
    }

    /// Can the clock of this binary be moved?
    pub fn has_a_clock_to_move(&self) -> bool {
        std::fs::read_to_string(&self.log).is_ok_and(|log| log.contains("the clock is moved by"))
    }

    /// A second daemon on the same data directory. It must refuse, and say what is wrong.
    pub async fn start_another(&self) -> anyhow::Result<Result<(), String>> {
        let mut command = self.typed.command(&["daemon"]);
        let ended = tokio::time::timeout(PATIENCE, command.stdin(Stdio::null()).output()).await;
        let Ok(ended) = ended else { return Ok(Err("a second daemon did not end".to_owned())) };
        let ended = ended.context("a second daemon does not start")?;
        let said = String::from_utf8_lossy(&ended.stderr);
        let refused = ended.status.code() == Some(1) && said.contains("another daemon is running");
        Ok(if refused { Ok(()) } else { Err(format!("a second daemon ended with {}: {said}", ended.status)) })
    }

    /// Everything goes well.
    pub fn disarm(&self) {
        self.waha.faults().clear();
        self.waha.webhook_faults().clear();
    }

    /// Work that is left: all but what only a human can decide, and the next look at the people of a number that was just paired.
    pub async fn left(&self) -> anyhow::Result<Vec<Value>> {
        let mut left = self.typed.done(&["queue", "list"]).await?;
        left.retain(|entry| {
            entry["kind"] != "unknown_send" && (entry["kind"] != "sync_contacts" || entry["state"] != "scheduled")
        });
        Ok(left)
    }

    /// Waits until nothing is left to do.
    async fn at_rest(&self) -> anyhow::Result<()> {
        self.until("nothing is left to do", async |scene: &Self| Ok(scene.left().await?.is_empty())).await
    }

    async fn until(&self, what: &str, look: impl AsyncFn(&Self) -> anyhow::Result<bool>) -> anyhow::Result<()> {
        let began = Instant::now();
        while !look(self).await? {
            if began.elapsed() > PATIENCE {
                bail!("not within {PATIENCE:?}: {what}; see {}", self.log.display());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }
}

/// Copies files and directories, all but the memory that processes share beside a store.
fn copy_files(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir(to).with_context(|| format!("no directory {}", to.display()))?;
    for entry in std::fs::read_dir(from).context("no data directory")? {
        let entry = entry?;
        let (old, new) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy_files(&old, &new)?;
        } else if !entry.file_name().to_string_lossy().ends_with("-shm") {
            std::fs::copy(&old, &new).with_context(|| format!("{} can't be copied", old.display()))?;
        }
    }
    Ok(())
}
