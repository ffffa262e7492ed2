//! What a daemon under measurement is told: in its own process as a value, and the real binary in a config file.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use mychatflow_daemon::config::{CampaignConfig, Config, WahaConfig};
use mychatflow_data::credits::Credits;
use mychatflow_data::model::setting::Pace;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// What a daemon is told. Answers and campaigns go out at the instant pace, without caps.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Told {
    /// Where its data directory and its socket are.
    pub room: PathBuf,
    /// Where WAHA is.
    pub waha_url: String,
    /// WAHA's key.
    pub waha_key: String,
    /// How long WAHA may take to answer.
    pub waha_timeout_s: u64,
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
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.room.join("data")
    }

    /// The socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.room.join("run").join("socket")
    }

    /// As the daemon reads it. It takes any free ports.
    #[must_use]
    pub fn config(&self) -> Config {
        let mut config = Config::new(self.data_dir(), self.socket());
        config.webhook.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        config.metrics.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let waha = WahaConfig::new("main", &self.waha_url, SecretString::from(self.waha_key.clone()));
        config.waha = vec![WahaConfig { timeout: Duration::from_secs(self.waha_timeout_s), ..waha }];
        config.gemini.base_url.clone_from(&self.gemini_url);
        config.gemini.api_key = SecretString::from(self.gemini_key.clone());
        config.gemini.concurrent_max = self.gemini_concurrent;
        config.reply.pace = Pace::Instant;
        config.reply.burst_quiet = Duration::from_millis(self.burst_quiet_ms);
        config.reply.burst_max = Duration::from_millis(self.burst_quiet_ms * 2);
        let none = CampaignConfig::default();
        config.campaign = CampaignConfig { gap: None, per_hour: None, per_day: None, new_people_per_day: None, ..none };
        for plan in config.plans.values_mut() {
            plan.credits_per_month = Credits::new(self.credits);
        }
        config
    }

    /// As a config file for the real binary.
    #[must_use]
    pub fn file(&self, webhook: SocketAddr, metrics: SocketAddr) -> String {
        let mut text = String::new();
        let mut section = |head: &str, lines: &[(&str, toml::Value)]| {
            // Writing to a String can't fail.
            let _ = writeln!(text, "{head}");
            for (key, value) in lines {
                let _ = writeln!(text, "{key} = {value}");
            }
        };
        let word = |text: &str| toml::Value::from(text);
        let number = |number: u64| toml::Value::from(i64::try_from(number).unwrap_or(i64::MAX));
        let path = |path: PathBuf| toml::Value::from(path.to_string_lossy().into_owned());
        section("[daemon]", &[("data_dir", path(self.data_dir())), ("socket", path(self.socket()))]);
        section("[webhook]", &[("listen", word(&webhook.to_string()))]);
        section("[metrics]", &[("listen", word(&metrics.to_string()))]);
        let timeout = number(self.waha_timeout_s);
        let waha = [
            ("name", word("main")),
            ("url", word(&self.waha_url)),
            ("api_key", word(&self.waha_key)),
            ("timeout_s", timeout),
        ];
        section("[[waha]]", &waha);
        let concurrent = number(self.gemini_concurrent as u64);
        let gemini =
            [("base_url", word(&self.gemini_url)), ("api_key", word(&self.gemini_key)), ("max_concurrent", concurrent)];
        section("[gemini]", &gemini);
        let (quiet, most) = (number(self.burst_quiet_ms), number(self.burst_quiet_ms * 2));
        section("[reply]", &[("pace", word("instant")), ("burst_quiet_ms", quiet), ("burst_max_ms", most)]);
        let none = || number(0);
        let gap = toml::Value::from(vec![none(), none()]);
        let caps = [("gap_s", gap), ("per_hour", none()), ("per_day", none()), ("new_people_per_day", none())];
        section("[campaign]", &caps);
        section("[plans.starter]", &[("credits_per_month", toml::Value::from(self.credits))]);
        text
    }
}
