//! The WAHA and the Gemini that the daemon talks to: no latency of their own, and the least they can remember.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use mychatflow_bench::told::Told;
use mychatflow_data::ids::InstanceId;
use mychatflow_sandbox::log::Record;
use mychatflow_sandbox::{gemini, waha};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::delivery;
use crate::load::Connection;
use crate::shop::{HMAC_KEY, SESSION};

/// What the model says to everything.
pub const ANSWER: &str =
    "Thank you for your message! We are here for you, and somebody will have a look at it right away.";
const DEADLINE: Duration = Duration::from_secs(10);
/// Enough for every answer of a run.
const CREDITS: i64 = 10_000_000;
/// More than the eight of the config's default: a model at 0 ms must not be the limit.
const GEMINI_CONCURRENT: usize = 64;

/// Both servers.
pub struct Stubs {
    /// Receives what is sent.
    pub waha: waha::Server,
    gemini: gemini::Server,
}

impl Stubs {
    /// Starts both; the shop's session is paired.
    pub fn start(runtime: &Runtime, echo: bool) -> anyhow::Result<Self> {
        Self::with(runtime, echo, Duration::ZERO)
    }

    /// The same with a model that takes so long.
    pub fn slow(runtime: &Runtime, model: Duration) -> anyhow::Result<Self> {
        Self::with(runtime, false, model)
    }

    fn with(runtime: &Runtime, echo: bool, latency: Duration) -> anyhow::Result<Self> {
        let options = waha::Options {
            acks: waha::Acks::Off,
            echo: if echo { waha::Echo::On } else { waha::Echo::Off },
            record: Record::Sends,
            ..Default::default()
        };
        let fixed = gemini::Options {
            answers: gemini::Answers::Fixed(ANSWER.to_owned()),
            latency,
            record: Record::Sends,
            ..Default::default()
        };
        runtime.block_on(async {
            let (waha, gemini) = (waha::Server::start(options).await?, gemini::Server::start(fixed).await?);
            Ok(Self { waha, gemini })
        })
    }

    /// Makes the session and pairs it. Its webhook is only used where own messages are echoed.
    pub fn pair(&self, runtime: &Runtime, webhook: &str, instance: InstanceId) -> anyhow::Result<()> {
        let url = format!("http://{webhook}{}", delivery::path(instance));
        self.pair_session(runtime, SESSION, &url)
    }

    /// The same for a session of which nobody is told.
    pub fn pair_other(&self, runtime: &Runtime, session: &str) -> anyhow::Result<()> {
        self.pair_session(runtime, session, "http://127.0.0.1:9/")
    }

    fn pair_session(&self, runtime: &Runtime, session: &str, url: &str) -> anyhow::Result<()> {
        let hook = json!({"url": url, "events": ["message.any"], "hmac": {"key": HMAC_KEY}});
        let config = json!({"noweb": {"store": {"enabled": true, "fullSync": false}}, "webhooks": [hook]});
        let body = json!({"name": session, "start": true, "config": config}).to_string();
        let request = format!(
            "POST /api/sessions HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            self.waha.api_key(),
            body.len()
        );
        let address = format!("127.0.0.1:{}", self.waha.port()).parse()?;
        let (status, answer) = Connection::open(address)?.exchange(request.as_bytes()).map(|(s, a)| (s, a.to_vec()))?;
        if status != 201 {
            bail!("the WAHA stub answers {status} {}", String::from_utf8_lossy(&answer));
        }
        runtime.block_on(async {
            self.waha.wait_for_status(session, waha::Status::ScanQrCode, DEADLINE).await?;
            self.waha.scan_qr(session).await.context("the stub's session can't be paired")?;
            self.waha.wait_for_status(session, waha::Status::Working, DEADLINE).await?;
            Ok(())
        })
    }

    /// What a daemon is told to use them.
    pub fn told(&self, room: PathBuf, burst_quiet: Duration) -> Told {
        Told {
            room,
            waha_url: self.waha.url(),
            waha_key: self.waha.api_key().to_owned(),
            waha_timeout_s: 35,
            gemini_url: self.gemini.url(),
            gemini_key: self.gemini.api_key().to_owned(),
            burst_quiet_ms: u64::try_from(burst_quiet.as_millis()).unwrap_or(u64::MAX),
            gemini_concurrent: GEMINI_CONCURRENT,
            credits: CREDITS,
        }
    }

    /// Waits until so many messages were sent since the start, and returns the instant at which they were. `None`: they
    /// were not, within the deadline.
    pub async fn sent(&self, count: usize, deadline: Duration) -> Option<Instant> {
        let reached = |waha: &waha::Server| (waha.sent_count() >= count).then(Instant::now);
        self.waha.wait_for(deadline, reached).await.ok()
    }
}
