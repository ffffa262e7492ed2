//! What the daemon is told to do: plain, typed, checked. Where it comes from (file, environment) is the binary's matter.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use mychatflow_data::credits::Credits;
use mychatflow_data::model::governor::Limits;
use mychatflow_data::model::setting::Rules;
use mychatflow_data::protocol::calls::daemon::{Applies, ConfigChange};
use secrecy::{ExposeSecret, SecretString};

use crate::redact::redacted;

/// Where WAHA posts to unless the config says otherwise.
pub const WEBHOOK_LISTEN: &str = "127.0.0.1:8480";
/// Where `/metrics` and `/readyz` are unless the config says otherwise.
pub const METRICS_LISTEN: &str = "127.0.0.1:9480";
/// The largest webhook body that is read.
pub const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;
/// The name of a WAHA server that has none.
pub const WAHA_NAME: &str = "main";
/// Where a WAHA server is unless the config says otherwise.
pub const WAHA_URL: &str = "http://127.0.0.1:3000";
/// How long WAHA may take to answer.
pub const WAHA_TIMEOUT: Duration = Duration::from_secs(35);
/// Where WAHA takes texts.
pub const SEND_TEXT_PATH: &str = "/api/sendText";
/// Where WAHA lists chats.
pub const CHATS_PATH: &str = "/api/{session}/chats";
/// Where Gemini is.
pub const GEMINI_URL: &str = "https://generativelanguage.googleapis.com";
/// Which version of its API.
pub const GEMINI_API_VERSION: &str = "v1beta";
/// Which model writes answers.
pub const GEMINI_MODEL: &str = "gemini-3.5-flash-lite";
/// How many answers are written at once.
pub const GEMINI_CONCURRENT_MAX: usize = 8;
/// How long one attempt at an answer may take.
pub const GEMINI_TIMEOUT: Duration = Duration::from_secs(30);
/// The plan of a tenant that names none.
pub const PLAN: &str = "starter";
/// What that plan gives a month.
pub const PLAN_CREDITS: Credits = Credits::new(400);
/// What is logged.
pub const LOG: &str = "info";

/// Everything the daemon is told.
#[derive(Debug, Clone)]
pub struct Config {
    /// `[daemon]`
    pub daemon: DaemonConfig,
    /// `[webhook]`
    pub webhook: WebhookConfig,
    /// `[metrics]`
    pub metrics: MetricsConfig,
    /// `[[waha]]`, each name once.
    pub waha: Vec<WahaConfig>,
    /// `[gemini]`
    pub gemini: GeminiConfig,
    /// `[reply]`: what a tenant, a number or a chat may override.
    pub reply: Rules,
    /// `[campaign]`
    pub campaign: CampaignConfig,
    /// `[plans.…]`; always has [`PLAN`].
    pub plans: BTreeMap<String, PlanConfig>,
    /// `[auth]`
    pub auth: AuthConfig,
    /// The files that keys were read from; no key of the file.
    pub secret_files: Vec<PathBuf>,
}

/// `[daemon]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaemonConfig {
    /// Where the store is.
    pub data_dir: PathBuf,
    /// Where it is remembered which store is in which directory, for the day when a disk is not mounted; no key of the
    /// file.
    pub state_dir: Option<PathBuf>,
    /// Where commands and consoles connect.
    pub socket: PathBuf,
    /// Whose members may open the socket beside the daemon's own account.
    pub socket_group: Option<String>,
    /// What is logged: a level, or a filter such as `info,mychatflow_daemon::waha=debug`.
    pub log: String,
    /// How it is logged.
    pub log_format: LogFormat,
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people; coloured on a terminal.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    /// The word in the config.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// `[webhook]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookConfig {
    /// Where WAHA posts to.
    pub listen: SocketAddr,
    /// The same as WAHA sees it, without a slash at the end; `None`: built from `listen`.
    pub public_url: Option<String>,
    /// The largest body that is read.
    pub max_body_bytes: usize,
}

impl WebhookConfig {
    /// The address that WAHA is told, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen))
    }
}

/// `[metrics]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricsConfig {
    /// Where `/metrics` and `/readyz` are.
    pub listen: SocketAddr,
}

/// An entry of `[[waha]]`.
#[derive(Debug, Clone)]
pub struct WahaConfig {
    /// Its name.
    pub name: String,
    /// Where it is, without a slash at the end.
    pub url: String,
    /// The key. Empty: none is sent.
    pub api_key: SecretString,
    /// How long an answer may take.
    pub timeout: Duration,
    /// Where texts are sent to; `{session}` stands for the session.
    pub send_text_path: String,
    /// Where chats are listed; `{session}` stands for the session.
    pub chats_path: String,
}

/// `[gemini]`
#[derive(Debug, Clone)]
pub struct GeminiConfig {
    /// Where it is, without a slash at the end; may carry a path prefix.
    pub base_url: String,
    /// Which version of the API.
    pub api_version: String,
    /// The key. Empty: no answers are written.
    pub api_key: SecretString,
    /// Which model.
    pub model: String,
    /// How many answers are written at once.
    pub concurrent_max: usize,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// `[gemini.models."…"]`
    pub models: BTreeMap<String, ModelConfig>,
}

/// `[gemini.models."…"]`: what the built-in table of models does not know, or knows wrongly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelConfig {
    /// `minimal`, `low`, `medium`, `high`, `xhigh`, a number of tokens, or `none`.
    pub thinking: Option<String>,
    /// Micro-dollars for a million tokens sent.
    pub price_input: Option<i64>,
    /// Micro-dollars for a million tokens of the answer and of thinking.
    pub price_output: Option<i64>,
    /// Micro-dollars for a million tokens sent that were cached.
    pub price_cached: Option<i64>,
}

/// `[campaign]`: how much one number sends by itself. `None` is no limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignConfig {
    /// The gap between two messages, at least and at most; `None` is no gap.
    pub gap: Option<(Duration, Duration)>,
    /// Messages an hour.
    pub per_hour: Option<NonZeroU32>,
    /// Messages a day.
    pub per_day: Option<NonZeroU32>,
    /// People a day who never wrote to us.
    pub new_people_per_day: Option<NonZeroU32>,
    /// Who may be written to.
    pub consent: Consent,
}

impl Default for CampaignConfig {
    fn default() -> Self {
        Self {
            gap: Some((Duration::from_secs(30), Duration::from_secs(60))),
            per_hour: NonZeroU32::new(40),
            per_day: NonZeroU32::new(200),
            new_people_per_day: NonZeroU32::new(30),
            consent: Consent::Assumed,
        }
    }
}

impl CampaignConfig {
    /// What one number may send.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        Limits {
            gap: self.gap,
            per_hour: self.per_hour,
            per_day: self.per_day,
            new_people_per_day: self.new_people_per_day,
        }
    }
}

/// Who may be written to by a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Everybody who did not opt out.
    Assumed,
    /// Only people whose consent is on record.
    Required,
}

/// `[plans.…]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanConfig {
    /// Credits granted each period.
    pub credits_per_month: Credits,
}

/// `[auth]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthConfig {
    /// Accounts of the machine, by name or uid, that may do everything. Root and the daemon's own account always may.
    pub operators: Vec<String>,
    /// `[[auth.oidc]]`
    pub oidc: Vec<OidcConfig>,
}

/// An entry of `[[auth.oidc]]`: who vouches for people that share an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcConfig {
    /// The issuer, exactly as its tokens say it.
    pub issuer: String,
    /// What the issuer calls us.
    pub client_id: String,
}

impl Config {
    /// Everything as usual: no WAHA server, no key, the store and the socket at these places.
    #[must_use]
    pub fn new(data_dir: PathBuf, socket: PathBuf) -> Self {
        Self {
            daemon: DaemonConfig {
                data_dir,
                state_dir: None,
                socket,
                socket_group: None,
                log: LOG.to_owned(),
                log_format: LogFormat::Text,
            },
            webhook: WebhookConfig {
                listen: SocketAddr::from(([127, 0, 0, 1], 8480)),
                public_url: None,
                max_body_bytes: MAX_BODY_BYTES,
            },
            metrics: MetricsConfig { listen: SocketAddr::from(([127, 0, 0, 1], 9480)) },
            waha: Vec::new(),
            gemini: GeminiConfig {
                base_url: GEMINI_URL.to_owned(),
                api_version: GEMINI_API_VERSION.to_owned(),
                api_key: SecretString::default(),
                model: GEMINI_MODEL.to_owned(),
                concurrent_max: GEMINI_CONCURRENT_MAX,
                timeout: GEMINI_TIMEOUT,
                models: BTreeMap::new(),
            },
            reply: Rules::default(),
            campaign: CampaignConfig::default(),
            plans: BTreeMap::from([(PLAN.to_owned(), PlanConfig { credits_per_month: PLAN_CREDITS })]),
            auth: AuthConfig { operators: vec!["root".to_owned()], oidc: Vec::new() },
            secret_files: Vec::new(),
        }
    }
}

/// Keys that count only after a restart of the daemon.
const RESTART: [&str; 7] = [
    "daemon.data_dir",
    "daemon.socket",
    "daemon.socket_group",
    "daemon.log",
    "daemon.log_format",
    "webhook.listen",
    "metrics.listen",
];

/// What is printed in place of a secret.
pub const MASK: &str = "********";

/// A key of the config with its value in effect.
#[derive(Debug, Clone)]
pub struct ConfigLine {
    /// As in the file, for example `reply.mode` or `waha.main.url`.
    pub key: String,
    /// What it is.
    pub value: ConfigValue,
}

/// A value, as it would stand in the file.
#[derive(Debug, Clone)]
pub enum ConfigValue {
    /// To be seen by everybody.
    Plain(String),
    /// Never printed.
    Secret(SecretString),
}

impl ConfigValue {
    /// The value for people: a secret shows only whether it is there.
    #[must_use]
    pub fn shown(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Secret(secret) if secret.expose_secret().is_empty() => "",
            Self::Secret(_) => MASK,
        }
    }

    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Plain(one), Self::Plain(two)) => one == two,
            (Self::Secret(one), Self::Secret(two)) => one.expose_secret() == two.expose_secret(),
            _ => false,
        }
    }
}

impl Config {
    /// Every key with its value in effect, in the order of the file.
    #[must_use]
    pub fn lines(&self) -> Vec<ConfigLine> {
        let mut lines = Lines::default();
        let Self { daemon, webhook, metrics, waha, gemini, reply, campaign, plans, auth, secret_files: _ } = self;
        lines.plain("daemon.data_dir", daemon.data_dir.display());
        lines.plain("daemon.socket", daemon.socket.display());
        lines.plain("daemon.socket_group", daemon.socket_group.as_deref().unwrap_or_default());
        lines.plain("daemon.log", &daemon.log);
        lines.plain("daemon.log_format", daemon.log_format.word());
        lines.plain("webhook.listen", webhook.listen);
        lines.plain("webhook.public_url", redacted(&webhook.base_url()));
        lines.plain("webhook.max_body_bytes", webhook.max_body_bytes);
        lines.plain("metrics.listen", metrics.listen);
        for WahaConfig { name, url, api_key, timeout, send_text_path, chats_path } in waha {
            let key = |last: &str| format!("waha.{name}.{last}");
            lines.plain(key("url"), redacted(url));
            lines.secret(key("api_key"), api_key);
            lines.plain(key("timeout_s"), timeout.as_secs());
            lines.plain(key("send_text_path"), send_text_path);
            lines.plain(key("chats_path"), chats_path);
        }
        lines.plain("gemini.base_url", redacted(&gemini.base_url));
        lines.plain("gemini.api_version", &gemini.api_version);
        lines.secret("gemini.api_key", &gemini.api_key);
        lines.plain("gemini.model", &gemini.model);
        lines.plain("gemini.max_concurrent", gemini.concurrent_max);
        lines.plain("gemini.timeout_s", gemini.timeout.as_secs());
        for (name, model) in &gemini.models {
            let key = |last: &str| format!("gemini.models.\"{name}\".{last}");
            lines.some(key("thinking"), model.thinking.as_ref());
            lines.some(key("price_input"), model.price_input.map(dollars));
            lines.some(key("price_output"), model.price_output.map(dollars));
            lines.some(key("price_cached"), model.price_cached.map(dollars));
        }
        lines.plain("reply.mode", reply.mode);
        lines.plain("reply.countdown_s", reply.countdown.as_secs());
        lines.plain("reply.burst_quiet_ms", reply.burst_quiet.as_millis());
        lines.plain("reply.burst_max_ms", reply.burst_max.as_millis());
        lines.plain("reply.pace", reply.pace.word());
        lines.plain("reply.freshness_s", reply.freshness.as_secs());
        lines.plain("reply.takeover_pause_s", reply.takeover_pause.as_secs());
        lines.plain("reply.existing_contacts", reply.existing_contacts.word());
        let (least, most) = campaign.gap.unwrap_or_default();
        let cap = |cap: Option<NonZeroU32>| cap.map_or(0, NonZeroU32::get);
        lines.plain("campaign.gap_s", format!("[{}, {}]", least.as_secs(), most.as_secs()));
        lines.plain("campaign.per_hour", cap(campaign.per_hour));
        lines.plain("campaign.per_day", cap(campaign.per_day));
        lines.plain("campaign.new_people_per_day", cap(campaign.new_people_per_day));
        lines.plain("campaign.require_consent", campaign.consent == Consent::Required);
        for (name, plan) in plans {
            lines.plain(format!("plans.{name}.credits_per_month"), plan.credits_per_month);
        }
        lines.plain("auth.operators", auth.operators.join(", "));
        for (n, oidc) in auth.oidc.iter().enumerate() {
            lines.plain(format!("auth.oidc.{n}.issuer"), &oidc.issuer);
            lines.plain(format!("auth.oidc.{n}.client_id"), &oidc.client_id);
        }
        lines.0
    }

    /// What differs in `newer`, and when it counts. Secrets are masked, but a changed one is in the list. An address that
    /// only follows from `webhook.listen` is no change of its own.
    #[must_use]
    pub fn changes(&self, newer: &Self) -> Vec<ConfigChange> {
        let (old, new) = (self.lines(), newer.lines());
        let shown = |line: &ConfigLine| line.value.shown().to_owned();
        let derived = |key: &str| {
            key == "webhook.public_url" && self.webhook.public_url.is_none() && newer.webhook.public_url.is_none()
        };
        let find = |lines: &[ConfigLine], key: &str| lines.iter().position(|line| line.key == key);
        let mut changes = Vec::new();
        for line in old.iter().filter(|line| !derived(&line.key)) {
            let then = find(&new, &line.key).map(|at| &new[at]);
            if then.is_none_or(|then| !then.value.same(&line.value)) {
                changes.push((line.key.clone(), Some(shown(line)), then.map(shown)));
            }
        }
        for line in &new {
            if find(&old, &line.key).is_none() {
                changes.push((line.key.clone(), None, Some(shown(line))));
            }
        }
        let applies = |key: &str| if RESTART.contains(&key) { Applies::Restart } else { Applies::Now };
        changes.into_iter().map(|(key, old, new)| ConfigChange { applies: applies(&key), key, old, new }).collect()
    }
}

#[derive(Default)]
struct Lines(Vec<ConfigLine>);

impl Lines {
    fn plain(&mut self, key: impl Into<String>, value: impl ToString) {
        self.0.push(ConfigLine { key: key.into(), value: ConfigValue::Plain(value.to_string()) });
    }

    fn some(&mut self, key: impl Into<String>, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.plain(key, value);
        }
    }

    fn secret(&mut self, key: impl Into<String>, value: &SecretString) {
        self.0.push(ConfigLine { key: key.into(), value: ConfigValue::Secret(value.clone()) });
    }
}

fn dollars(micros: i64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl WahaConfig {
    /// A server at this address, with everything else as usual.
    #[must_use]
    pub fn new(name: &str, url: &str, api_key: SecretString) -> Self {
        Self {
            name: name.to_owned(),
            url: url.trim_end_matches('/').to_owned(),
            api_key,
            timeout: WAHA_TIMEOUT,
            send_text_path: SEND_TEXT_PATH.to_owned(),
            chats_path: CHATS_PATH.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_addresses_are_the_documented_ones() {
        let config = Config::new("/data".into(), "/run/s".into());
        assert_eq!(config.webhook.listen.to_string(), WEBHOOK_LISTEN);
        assert_eq!(config.metrics.listen.to_string(), METRICS_LISTEN);
        assert_eq!(config.webhook.base_url(), format!("http://{WEBHOOK_LISTEN}"));
    }

    #[test]
    fn a_reload_names_what_differs_and_when_it_counts() {
        let old = Config::new("/data".into(), "/run/s".into());
        let mut new = old.clone();
        new.reply.mode = mychatflow_data::model::chat::Mode::Draft;
        new.webhook.listen = SocketAddr::from(([0, 0, 0, 0], 80));
        new.gemini.api_key = SecretString::from("hunter2");
        new.waha.push(WahaConfig::new("main", WAHA_URL, SecretString::from("hunter3")));
        let changes = old.changes(&new);
        let of = |key: &str| changes.iter().find(|change| change.key == key).unwrap();
        assert_eq!((of("reply.mode").old.as_deref(), of("reply.mode").applies), (Some("auto"), Applies::Now));
        assert_eq!(of("webhook.listen").applies, Applies::Restart);
        assert!(!changes.iter().any(|change| change.key == "webhook.public_url"), "nobody set it: {changes:?}");
        let mut named = new.clone();
        named.webhook.public_url = Some("https://shop.example".to_owned());
        assert!(new.changes(&named).iter().any(|change| change.key == "webhook.public_url"));
        assert_eq!(of("gemini.api_key").new.as_deref(), Some(MASK));
        assert_eq!((&of("waha.main.url").old, of("waha.main.url").new.as_deref()), (&None, Some(WAHA_URL)));
        assert!(!format!("{changes:?}").contains("hunter"));
        assert_eq!(old.changes(&old.clone()), []);
    }

    #[test]
    fn a_key_never_prints() {
        let waha = WahaConfig::new(WAHA_NAME, WAHA_URL, SecretString::from("hunter2"));
        assert!(!format!("{waha:?}").contains("hunter2"));
    }
}
