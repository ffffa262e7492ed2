//! What the demo runs on: a WAHA and a Gemini on loopback, and the real daemon between them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use mychatflow_daemon::config::{Config, WAHA_NAME, WahaConfig};
use mychatflow_daemon::{Running, STORE_FILE, start};
use mychatflow_data::client::{self, Client};
use mychatflow_sandbox::{gemini, waha};
use secrecy::SecretString;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::happening::Happening;
use super::scribe::Scribe;
use super::tempo::Tempo;

/// Between two ticks of a message: long enough to be seen, short enough to wait for.
const ACK: Duration = Duration::from_millis(120);
/// How long the made-up model thinks.
const LATENCY: Duration = Duration::from_millis(250);
/// Between two messages of a campaign, at least and at most.
const CAMPAIGN_GAP: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3));
const LOOPBACK: std::net::SocketAddr =
    std::net::SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// Everything that runs.
pub struct World {
    /// The made-up WAHA, and the phones behind it.
    pub waha: waha::Server,
    gemini: gemini::Server,
    daemon: Running,
    stop: CancellationToken,
    /// Where the daemon listens.
    pub socket: PathBuf,
    /// Where the store stays; `None`: it goes with the world.
    pub kept: Option<PathBuf>,
    // Goes last: the store and the socket are in there.
    _scratch: TempDir,
}

impl World {
    /// Starts everything on free ports of this machine.
    pub async fn open(tempo: &Tempo, seed: u64, data_dir: Option<PathBuf>) -> anyhow::Result<Self> {
        let scratch = tempfile::Builder::new().prefix("mychatflow-demo-").tempdir();
        let scratch = scratch.context("could not make a directory for the demo")?;
        let kept = data_dir.map(unused).transpose()?;
        // The socket's path must be short: it never goes where the store is kept.
        let socket = scratch.path().join("run").join("socket");
        let pace = waha::Pace { ack: ACK, ..waha::Pace::quick() };
        let waha = waha::Server::start(waha::Options { pace, seed, ..waha::Options::default() }).await;
        let waha = waha.context("the demo's WAHA did not start")?;
        let gemini = gemini::Options { latency: LATENCY, seed, ..gemini::Options::default() };
        let gemini = gemini::Server::start(gemini).await.context("the demo's Gemini did not start")?;

        let data = kept.clone().unwrap_or_else(|| scratch.path().join("data"));
        let mut config = Config::new(data, socket.clone());
        config.webhook.listen = LOOPBACK;
        config.metrics.listen = LOOPBACK;
        config.waha = vec![WahaConfig::new(WAHA_NAME, &waha.url(), SecretString::from(waha.api_key()))];
        config.gemini.base_url = gemini.url();
        config.gemini.api_key = SecretString::from(gemini.api_key());
        config.reply = tempo.rules;
        // Nobody watches a campaign that takes half an hour.
        config.campaign.gap = Some(CAMPAIGN_GAP);
        let again = config.clone();
        let stop = CancellationToken::new();
        let daemon = start(config, Arc::new(move || Ok(again.clone())), stop.clone()).await?;
        Ok(Self { waha, gemini, daemon, stop, socket, kept, _scratch: scratch })
    }

    /// Connects to the daemon as every command does.
    pub async fn connect(&self) -> anyhow::Result<Client> {
        Ok(client::connect(&self.socket).await?)
    }

    /// Says what this is, and where to look in.
    pub fn announce(&self, scribe: &mut Scribe) -> anyhow::Result<()> {
        scribe.tell(&Happening::Opened { socket: self.socket.clone(), data_dir: self.kept.clone() })
    }

    /// Ends everything: the daemon in its order, then the two servers.
    ///
    /// # Errors
    /// When a part of the daemon had ended by itself.
    pub async fn close(self) -> anyhow::Result<()> {
        self.stop.cancel();
        let ended = self.daemon.wait().await;
        self.waha.shutdown().await;
        self.gemini.shutdown().await;
        Ok(ended?)
    }
}

/// A directory without a store: what other customers wrote would spoil the count.
fn unused(dir: PathBuf) -> anyhow::Result<PathBuf> {
    if Path::exists(&dir.join(STORE_FILE)) {
        bail!("{} holds a store already: name an empty or a new directory", dir.display());
    }
    std::path::absolute(&dir).with_context(|| format!("{} can't be used", dir.display()))
}
