//! From what was found to what the daemon is told: ranges, addresses, words.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mychatflow_daemon::config::{
    Config, Consent, LogFormat, ModelConfig, OidcConfig, PlanConfig, WAHA_URL, WahaConfig,
};
use mychatflow_daemon::redact::redacted;
use mychatflow_data::credits::Credits;
use mychatflow_data::model::chat::Mode;
use mychatflow_data::model::setting::{ExistingContacts, Pace};
use secrecy::SecretString;
use tracing_subscriber::EnvFilter;

use super::Problem;
use super::keys::KeyPath;
use super::layers::{Layers, Value};
use crate::paths::{self, Env};

/// Checks every value and puts it in its place.
pub fn build(layers: Layers, base: &Path, env: &Env) -> (Config, Vec<Problem>) {
    let mut take = Taker { problems: Vec::new(), layers };
    let path = |text: &str| Ok(paths::written(text, base, env));
    let data_dir = take.text(&["daemon", "data_dir"], path).unwrap_or_else(|| paths::data_dir(env));
    let socket = take.text(&["daemon", "socket"], |text| {
        let path = paths::written(text, base, env);
        paths::fits_a_socket(&path).map(|()| path)
    });
    let socket = socket.unwrap_or_else(|| {
        let path = paths::socket(env, &data_dir);
        if let Err(message) = paths::fits_a_socket(&path) {
            take.problems.push(Problem { at: "daemon.socket".to_owned(), message });
        }
        path
    });

    let mut config = Config::new(data_dir, socket);
    config.secret_files = take.layers.secret_files.iter().cloned().collect();
    take.daemon(&mut config);
    take.waha(&mut config);
    take.gemini(&mut config);
    take.reply(&mut config);
    take.campaign(&mut config);
    take.plans(&mut config);
    take.auth(&mut config);
    let mut problems = take.layers.problems;
    problems.append(&mut take.problems);
    (config, problems)
}

struct Taker {
    layers: Layers,
    problems: Vec<Problem>,
}

impl Taker {
    /// The value of a key, read; what is wrong with it goes to the problems.
    fn take<T>(&mut self, key: &[&str], read: impl FnOnce(&Value) -> Result<T, String>) -> Option<T> {
        let key = KeyPath::of(key);
        let found = self.layers.found.get(&key)?;
        match read(&found.value) {
            Ok(value) => Some(value),
            Err(message) => {
                self.problems.push(Problem { at: found.origin.to_string(), message: format!("{key}: {message}") });
                None
            }
        }
    }

    fn text<T>(&mut self, key: &[&str], read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        self.take(key, |value| match value {
            Value::Text(text) => read(text),
            // The layers have checked the kind of every key.
            _ => Err("should be a text".to_owned()),
        })
    }

    fn secret(&mut self, key: &[&str]) -> Option<SecretString> {
        self.text(key, |text| {
            let fits = text.chars().all(|c| !c.is_control() && c.is_ascii());
            if fits { Ok(SecretString::from(text)) } else { Err("has characters that no header can carry".to_owned()) }
        })
    }

    fn whole(&mut self, key: &[&str], least: u64, most: u64) -> Option<u64> {
        self.take(key, |value| match value {
            Value::Whole(number) if (least..=most).contains(number) => Ok(*number),
            _ => Err(format!("should be between {least} and {most}")),
        })
    }

    fn seconds(&mut self, key: &[&str], least: u64) -> Option<Duration> {
        self.whole(key, least, 31_536_000).map(Duration::from_secs)
    }

    fn cap(&mut self, key: &[&str]) -> Option<Option<NonZeroU32>> {
        let cap = self.whole(key, 0, u64::from(u32::MAX))?;
        Some(u32::try_from(cap).ok().and_then(NonZeroU32::new))
    }

    fn daemon(&mut self, config: &mut Config) {
        let daemon = &mut config.daemon;
        daemon.socket_group = self.text(&["daemon", "socket_group"], some).filter(|group| !group.is_empty());
        set(&mut daemon.log, self.text(&["daemon", "log"], filter));
        let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
        set(&mut daemon.log_format, self.text(&["daemon", "log_format"], |text| word(text, &formats)));
        set(&mut config.webhook.listen, self.text(&["webhook", "listen"], address));
        config.webhook.public_url = self.text(&["webhook", "public_url"], url).filter(|url| !url.is_empty());
        let bytes = self.whole(&["webhook", "max_body_bytes"], 1024, 1 << 30);
        set(&mut config.webhook.max_body_bytes, bytes.and_then(|bytes| usize::try_from(bytes).ok()));
        set(&mut config.metrics.listen, self.text(&["metrics", "listen"], address));
        if config.metrics.listen == config.webhook.listen && config.webhook.listen.port() != 0 {
            let message = "webhook.listen and metrics.listen are the same: the metrics need a port of their own";
            self.problems.push(Problem { at: "metrics.listen".to_owned(), message: message.to_owned() });
        }
    }

    fn waha(&mut self, config: &mut Config) {
        for name in self.layers.waha.clone() {
            let key = |last| ["waha", name.as_str(), last];
            let mut waha = WahaConfig::new(&name, WAHA_URL, SecretString::default());
            set(&mut waha.url, self.text(&key("url"), url));
            set(&mut waha.api_key, self.secret(&key("api_key")));
            set(&mut waha.timeout, self.seconds(&key("timeout_s"), 1));
            set(&mut waha.send_text_path, self.text(&key("send_text_path"), url_path));
            set(&mut waha.chats_path, self.text(&key("chats_path"), url_path));
            config.waha.push(waha);
        }
    }

    fn gemini(&mut self, config: &mut Config) {
        let gemini = &mut config.gemini;
        set(&mut gemini.base_url, self.text(&["gemini", "base_url"], url));
        set(&mut gemini.api_version, self.text(&["gemini", "api_version"], model_name));
        set(&mut gemini.api_key, self.secret(&["gemini", "api_key"]));
        set(&mut gemini.model, self.text(&["gemini", "model"], model_name));
        let most = self.whole(&["gemini", "max_concurrent"], 1, 10_000);
        set(&mut gemini.concurrent_max, most.and_then(|most| usize::try_from(most).ok()));
        set(&mut gemini.timeout, self.seconds(&["gemini", "timeout_s"], 1));
        let mut models: BTreeMap<String, ModelConfig> = BTreeMap::new();
        for name in self.names(&["gemini", "models"]) {
            let key = |last| ["gemini", "models", name.as_str(), last];
            let price = |value: &Value| match value {
                Value::Micros(micros) => Ok(*micros),
                _ => Err("should be dollars".to_owned()),
            };
            let model = ModelConfig {
                thinking: self.text(&key("thinking"), thinking),
                price_input: self.take(&key("price_input"), price),
                price_output: self.take(&key("price_output"), price),
                price_cached: self.take(&key("price_cached"), price),
            };
            models.insert(name.clone(), model);
        }
        gemini.models = models;
    }

    fn reply(&mut self, config: &mut Config) {
        let reply = &mut config.reply;
        let modes = Mode::ALL.iter().map(|mode| (mode.word(), *mode)).collect::<Vec<_>>();
        set(&mut reply.mode, self.text(&["reply", "mode"], |text| word(text, &modes)));
        set(&mut reply.countdown, self.seconds(&["reply", "countdown_s"], 0));
        let millis = |number: Option<u64>| number.map(Duration::from_millis);
        set(&mut reply.burst_quiet, millis(self.whole(&["reply", "burst_quiet_ms"], 0, 600_000)));
        set(&mut reply.burst_max, millis(self.whole(&["reply", "burst_max_ms"], 0, 3_600_000)));
        let paces = [Pace::Human, Pace::Instant].map(|pace| (pace.word(), pace));
        set(&mut reply.pace, self.text(&["reply", "pace"], |text| word(text, &paces)));
        set(&mut reply.freshness, self.seconds(&["reply", "freshness_s"], 1));
        set(&mut reply.takeover_pause, self.seconds(&["reply", "takeover_pause_s"], 0));
        let existing = [ExistingContacts::Ask, ExistingContacts::Answer].map(|known| (known.word(), known));
        set(&mut reply.existing_contacts, self.text(&["reply", "existing_contacts"], |text| word(text, &existing)));
        if reply.burst_max < reply.burst_quiet {
            let message =
                "reply.burst_max_ms is shorter than reply.burst_quiet_ms: a burst would end before it is quiet";
            self.problems.push(Problem { at: "reply.burst_max_ms".to_owned(), message: message.to_owned() });
        }
    }

    fn campaign(&mut self, config: &mut Config) {
        let campaign = &mut config.campaign;
        let gap = self.take(&["campaign", "gap_s"], |value| match value {
            Value::WholePair(0, 0) => Ok(None),
            Value::WholePair(least, most) if least <= most && *most <= 86_400 => {
                Ok(Some((Duration::from_secs(*least), Duration::from_secs(*most))))
            }
            _ => Err("should be the shortest and the longest gap, at most a day".to_owned()),
        });
        set(&mut campaign.gap, gap);
        set(&mut campaign.per_hour, self.cap(&["campaign", "per_hour"]));
        set(&mut campaign.per_day, self.cap(&["campaign", "per_day"]));
        set(&mut campaign.new_people_per_day, self.cap(&["campaign", "new_people_per_day"]));
        let consent = self.take(&["campaign", "require_consent"], |value| match value {
            Value::Switch(true) => Ok(Consent::Required),
            Value::Switch(false) => Ok(Consent::Assumed),
            _ => Err("should be true or false".to_owned()),
        });
        set(&mut campaign.consent, consent);
    }

    fn plans(&mut self, config: &mut Config) {
        for name in self.names(&["plans"]) {
            let credits = self.whole(&["plans", &name, "credits_per_month"], 0, 1_000_000_000);
            if let Some(credits) = credits.and_then(|credits| i64::try_from(credits).ok()) {
                config.plans.insert(name, PlanConfig { credits_per_month: Credits::new(credits) });
            }
        }
    }

    fn auth(&mut self, config: &mut Config) {
        let operators = self.take(&["auth", "operators"], |value| match value {
            Value::Texts(names) => Ok(names.clone()),
            _ => Err("should be a list".to_owned()),
        });
        set(&mut config.auth.operators, operators);
        for place in self.names(&["auth", "oidc"]) {
            let issuer = self.text(&["auth", "oidc", &place, "issuer"], |text| url(text).map(|_| text.to_owned()));
            let client_id = self.text(&["auth", "oidc", &place, "client_id"], some);
            match (issuer, client_id) {
                (Some(issuer), Some(client_id)) => config.auth.oidc.push(OidcConfig { issuer, client_id }),
                _ => self.problems.push(Problem {
                    at: "auth.oidc".to_owned(),
                    message: "an entry needs issuer and client_id".to_owned(),
                }),
            }
        }
    }

    /// The names that were given below a section.
    fn names(&self, section: &[&str]) -> Vec<String> {
        let below = self.layers.found.keys().filter(|key| key.0.iter().zip(section).all(|(one, two)| one == two));
        let names = below.filter(|key| key.0.len() > section.len() + 1).map(|key| key.0[section.len()].clone());
        names.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn some(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}

fn word<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, String> {
    words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        format!("{text:?} is none of {}", words.join(", "))
    })
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("{text:?} is no address with a port, such as 127.0.0.1:8480"))
}

/// An address to ask, without a slash at the end.
fn url(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    let shown = redacted(text);
    let url = reqwest::Url::parse(text)
        .map_err(|error| format!("{shown:?} is no address such as http://127.0.0.1:3000: {error}"))?;
    let problem = match url.scheme() {
        "http" | "https" if url.query().is_some() || url.fragment().is_some() => "may have no ? and no #",
        "http" | "https" if !url.username().is_empty() || url.password().is_some() => "may have no password in it",
        "http" | "https" => return Ok(text.trim_end_matches('/').to_owned()),
        _ => "should begin with http:// or https://",
    };
    Err(format!("{shown:?} {problem}"))
}

fn url_path(text: &str) -> Result<String, String> {
    let rest = text.replace("{session}", "");
    if rest.starts_with('/') && !rest.contains(['{', '}', '?', '#']) && !rest.contains(char::is_whitespace) {
        Ok(text.to_owned())
    } else {
        Err(format!("{text:?} should begin with / and have no placeholder but {{session}}"))
    }
}

fn model_name(text: &str) -> Result<String, String> {
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    let rest = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if first && rest && text.len() <= 64 { Ok(text.to_owned()) } else { Err(format!("{text:?} is no such name")) }
}

fn thinking(text: &str) -> Result<String, String> {
    const WORDS: [&str; 6] = ["none", "minimal", "low", "medium", "high", "xhigh"];
    if WORDS.contains(&text) || text.parse::<i32>().is_ok_and(|tokens| tokens >= -1) {
        Ok(text.to_owned())
    } else {
        Err(format!("{text:?} is none of {}, and no number of tokens", WORDS.join(", ")))
    }
}

fn filter(text: &str) -> Result<String, String> {
    match EnvFilter::builder().parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!("{text:?} is no level or filter such as \"info\": {error}")),
    }
}

/// For callers that only want to know where the daemon is: never fails.
pub fn peek(layers: &Layers, base: &Path, env: &Env) -> (Option<PathBuf>, Option<PathBuf>) {
    let path = |last| match layers.found.get(&KeyPath::of(&["daemon", last])).map(|found| &found.value) {
        Some(Value::Text(text)) => Some(paths::written(text, base, env)),
        _ => None,
    };
    (path("socket"), path("data_dir"))
}
