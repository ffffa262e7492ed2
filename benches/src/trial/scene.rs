//! The shop of a trial: a WAHA and a Gemini on loopback, and the real binary between them, which may be killed.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use mychatflow_data::client;
use mychatflow_sandbox::faults::{Fault, WebhookFault, When};
use mychatflow_sandbox::gemini;
use mychatflow_sandbox::log::Record;
use mychatflow_sandbox::waha::{self, Engine, Operation};
use serde_json::Value;
use tokio::process::Child;

use super::{Parcel, Plan};
use crate::told::Told;
use crate::typed::{Typed, free_port};

/// The number, and its session at WAHA.
pub const NUMBER: &str = "shop";
/// What the assistant says to whatever it is asked.
const ANSWER: &str = "Thank you for your message! We are here for you, and somebody will have a look at it right away.";
/// How long anything may take that waits for nothing but this machine.
pub const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// Short, so that what hangs is soon looked for.
const WAHA_TIMEOUT_S: u64 = 3;

/// Everything that runs.
pub struct Scene {
    pub waha: waha::Server,
    _gemini: gemini::Server,
    pub typed: Typed,
    socket: PathBuf,
    log: PathBuf,
    daemon: Option<Child>,
    engine: Engine,
    parcel: Parcel,
    seed: u64,
    armed: u64,
    /// From each start of the daemon until it answered.
    pub ready: Vec<Duration>,
}

impl Scene {
    /// Opens the shop and pairs its number.
    pub async fn open(plan: &Plan, room: &Path) -> anyhow::Result<Self> {
        let Plan { engine, parcel, seed, .. } = *plan;
        let waha = waha::Options { engine, record: Record::Sends, seed, ..waha::Options::default() };
        let waha = waha::Server::start(waha).await?;
        let gemini = gemini::Options {
            answers: gemini::Answers::Fixed(ANSWER.to_owned()),
            record: Record::Sends,
            ..gemini::Options::default()
        };
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
            credits: 1_000_000,
        };
        let config = room.join("config.toml");
        let here = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        std::fs::write(&config, told.file(here(free_port()), here(free_port()))).context("no config file")?;
        let typed = Typed { program: plan.program.clone(), home: room.to_owned(), config };
        let (socket, log) = (told.socket(), room.join("daemon.log"));
        let (daemon, ready) = (None, Vec::new());
        let mut scene =
            Self { waha, _gemini: gemini, typed, socket, log, daemon, engine, parcel, seed, armed: 0, ready };
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
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
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
        match &mut self.daemon {
            Some(daemon) => daemon.kill().await.context("the daemon can't be killed"),
            None => bail!("no daemon runs"),
        }
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

    /// What goes wrong all the time: answers that lie about what was done, connections cut before and after, and
    /// webhooks that come twice or out of order.
    pub fn arm(&mut self) {
        self.disarm();
        self.armed += 1;
        let mut seed = self.seed.wrapping_mul(1_000_003).wrapping_add(self.armed * 64);
        let mut chance = |fraction: f64| {
            seed += 1;
            When::Chance { fraction, seed }
        };
        // What was never sent is looked for at length, and holds up the rest; without ids a minute long.
        let rarely = if self.engine == Engine::Webjs { 0.0004 } else { 0.001 };
        let send = self.parcel.operation();
        let said = || "Timed Out".to_owned();
        for (operation, fraction, fault) in [
            (send, 0.05, Fault::DoThenEngineError(said())),
            (send, 0.01, Fault::DoThenCut),
            (send, 0.001, Fault::DoThenHang),
            (send, rarely, Fault::Cut),
            (send, rarely, Fault::EngineError(said())),
            (send, 0.001, Fault::NotReady),
            (Operation::NewMessageId, 0.002, Fault::EngineError(said())),
        ] {
            self.waha.faults().add(operation, chance(fraction), fault);
        }
        let webhooks = self.waha.webhook_faults();
        webhooks.add_for_all(chance(0.3), WebhookFault::Duplicate);
        webhooks.add_for_all(chance(0.1), WebhookFault::Shuffle(Duration::from_millis(150)));
    }

    /// Everything goes well.
    pub fn disarm(&self) {
        self.waha.faults().clear();
        self.waha.webhook_faults().clear();
    }

    /// Work that is left: all but what only a human can decide.
    pub async fn left(&self) -> anyhow::Result<Vec<Value>> {
        let mut left = self.typed.done(&["queue", "list"]).await?;
        left.retain(|entry| entry["kind"] != "unknown_send");
        Ok(left)
    }

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
