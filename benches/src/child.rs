//! What runs in processes of its own: the daemon that is measured, and the plain echo beside it. Both end with their
//! standard input, so that nothing is left when the bench dies.

use std::convert::Infallible;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use mychatflow_daemon::config::{Config, WahaConfig};
use mychatflow_daemon::http::signature;
use mychatflow_data::credits::Credits;
use mychatflow_data::model::setting::Pace;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What a daemon is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Told {
    /// Where its data directory and its socket are.
    pub room: PathBuf,
    /// Where WAHA is.
    pub waha_url: String,
    /// WAHA's key.
    pub waha_key: String,
    /// Where Gemini is.
    pub gemini_url: String,
    /// Gemini's key.
    pub gemini_key: String,
    /// How long a burst must be quiet before it is answered.
    pub burst_quiet_ms: u64,
    /// Answers the model may write at once.
    pub gemini_concurrent: usize,
    /// What the plan grants.
    pub credits: i64,
}

impl Told {
    /// The data directory.
    pub fn data_dir(&self) -> PathBuf {
        self.room.join("data")
    }

    /// The socket.
    pub fn socket(&self) -> PathBuf {
        self.room.join("run").join("socket")
    }

    fn config(&self) -> Config {
        let mut config = Config::new(self.data_dir(), self.socket());
        config.webhook.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        config.metrics.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        config.waha = vec![WahaConfig::new("main", &self.waha_url, SecretString::from(self.waha_key.clone()))];
        config.gemini.base_url.clone_from(&self.gemini_url);
        config.gemini.api_key = SecretString::from(self.gemini_key.clone());
        config.gemini.concurrent_max = self.gemini_concurrent;
        config.reply.pace = Pace::Instant;
        config.reply.burst_quiet = Duration::from_millis(self.burst_quiet_ms);
        config.reply.burst_max = Duration::from_millis(self.burst_quiet_ms * 2);
        for plan in config.plans.values_mut() {
            plan.credits_per_month = Credits::new(self.credits);
        }
        config
    }
}

/// Runs the daemon, tells its port on standard output, and stops it when standard input ends.
pub fn daemon(told: &str) -> anyhow::Result<()> {
    let told: Told = serde_json::from_str(told).context("unreadable orders")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    runtime.block_on(async {
        let config = told.config();
        let again = config.clone();
        let stop = CancellationToken::new();
        let running = mychatflow_daemon::start(config, Arc::new(move || Ok(again.clone())), stop.clone()).await?;
        tell(running.webhook)?;
        std::thread::spawn(move || {
            wait_for_end_of_input();
            stop.cancel();
        });
        running.wait().await;
        Ok(())
    })
}

/// Answers every delivery whose signature is right, and does nothing else: what HTTP and HMAC alone allow.
pub fn echo(key: &str) -> anyhow::Result<()> {
    let key: Arc<[u8]> = Arc::from(key.as_bytes());
    std::thread::spawn(|| {
        wait_for_end_of_input();
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("no port")?;
        tell(listener.local_addr()?)?;
        loop {
            let (stream, _) = listener.accept().await.context("no more connections")?;
            stream.set_nodelay(true)?;
            let key = Arc::clone(&key);
            let service = service_fn(move |request: Request<Incoming>| answer(Arc::clone(&key), request));
            // A connection that ends is the bench closing it.
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    })
}

async fn answer(key: Arc<[u8]>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let good = match body.collect().await {
        Ok(body) => signature::verify(&key, &head.headers, &body.to_bytes()).is_ok(),
        Err(_) => false,
    };
    let (status, body) = if good { (StatusCode::OK, r#"{"stored":true}"#) } else { (StatusCode::UNAUTHORIZED, "{}") };
    let mut answer = Response::new(Full::new(Bytes::from_static(body.as_bytes())));
    *answer.status_mut() = status;
    Ok(answer)
}

fn tell(address: SocketAddr) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{address}").and_then(|()| out.flush()).context("nobody listens")
}

fn wait_for_end_of_input() {
    // An error is an end too.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
