//! What the daemon is told to do: plain, typed, checked. Where it comes from (file, environment) is the binary's matter.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use mychatflow_data::credits::Credits;
use mychatflow_data::model::setting::Rules;
use secrecy::SecretString;

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
}

/// `[daemon]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaemonConfig {
    /// Where the store is.
    pub data_dir: PathBuf,
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
        }
    }
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
    fn a_key_never_prints() {
        let waha = WahaConfig::new(WAHA_NAME, WAHA_URL, SecretString::from("hunter2"));
        assert!(!format!("{waha:?}").contains("hunter2"));
    }
}
