//! `setup`: asks for what a daemon needs, tries it at once, writes the config and starts the daemon.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use mychatflow_daemon::redact::redacted;
use mychatflow_data::client;
use mychatflow_data::protocol::calls::tenant::TenantAdd;
use mychatflow_data::user_file::{Existing, Readers, UserFileError, check_place, write_user_file};
use secrecy::{ExposeSecret, SecretString};

use super::console::{self, Extras};
use super::dialogue::{Answer, ask, ask_secret, consent, somebody_is_there};
use super::launch::launch;
use super::{Cx, doctor};
use crate::config;
use crate::output::note;
use crate::paths;

/// Every key with its usual value: what is asked for is put into it.
const EXAMPLE: &str = include_str!("../../config.example.toml");
/// Where WAHA is in the example.
const WAHA_URL: &str = "http://127.0.0.1:3000";
const NO_KEY: &str = "#api_key = \"\"";

/// What was answered.
struct Answers {
    waha_url: String,
    waha_key: SecretString,
    gemini_key: SecretString,
}

/// Asks, writes, starts.
pub async fn run(cx: &Cx) -> anyhow::Result<()> {
    if let Some(host) = &cx.globals.host {
        bail!("this sets up the machine that it runs on: ssh -t {host} mychatflow setup");
    }
    if !somebody_is_there() {
        bail!(
            "setup asks questions, so it needs a terminal; or write a config: config.example.toml explains every key"
        );
    }
    let path = place(cx)?;
    match check_place(&path, Existing::Keep) {
        Err(UserFileError::Exists { .. }) => {
            bail!("{} is there already; change it, then: mychatflow config check", path.display())
        }
        place => place?,
    }
    note("WAHA is the WhatsApp server in between; https://waha.devlike.pro says how to start one.\n");
    let Some((waha_url, waha_key)) = waha().await? else { return left() };
    let Some(gemini_key) = ask_secret("Gemini's key, from https://aistudio.google.com (Enter: later): ")? else {
        return left();
    };
    let Some(shop) = ask("What is the shop called? (Enter: later) ")? else { return left() };
    write(&path, &config_text(&Answers { waha_url, waha_key, gemini_key }))?;
    config::load(Some(&path), &cx.env)?;
    note(&format!("\n{} is written; only you can read it.", path.display()));
    if consent("Start the daemon now?")? == Answer::No {
        note("Start it with: mychatflow daemon");
        return Ok(());
    }
    let socket = launch(cx).await?;
    if !shop.is_empty() {
        let add = TenantAdd { name: shop, plan: None, timezone: None };
        client::connect(&socket).await?.call(&add).await.context("tenant add")?;
    }
    console::open(cx, console::local(socket), Extras::default()).await
}

/// Nobody answers any more.
fn left() -> anyhow::Result<()> {
    note("\nNothing was written.");
    Ok(())
}

/// Where the config goes.
fn place(cx: &Cx) -> anyhow::Result<PathBuf> {
    let named = cx.globals.config.clone();
    named.or_else(|| paths::config_places().into_iter().next()).context("there is no place for a config: set HOME")
}

/// Asks for WAHA until it answers, or somebody wants to go on without.
async fn waha() -> anyhow::Result<Option<(String, SecretString)>> {
    let mut usual = WAHA_URL.to_owned();
    loop {
        let Some(url) = ask(&format!("WAHA's address [{usual}]: "))? else { return Ok(None) };
        let url = address(if url.is_empty() { &usual } else { &url });
        let Some(key) = ask_secret("WAHA's key (its WAHA_API_KEY): ")? else { return Ok(None) };
        match doctor::try_waha(&url, key.clone()).await {
            Ok(found) => {
                note(&format!("✓ WAHA {found}\n"));
                return Ok(Some((url, key)));
            }
            Err(trouble) => note(&format!("✗ {trouble}")),
        }
        if consent("Try another address or key?")? == Answer::No {
            note("Kept as it is; `mychatflow doctor` tries it again.\n");
            return Ok(Some((url, key)));
        }
        // One with a password in it is not offered, and so not shown, again.
        if redacted(&url) == url {
            usual = url;
        }
    }
}

/// An address as people write it.
fn address(text: &str) -> String {
    let text = text.trim_end_matches('/');
    if text.contains("://") { text.to_owned() } else { format!("http://{text}") }
}

/// The example with the answers in it.
fn config_text(answers: &Answers) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let url = |address: &str| format!("url = {}", quoted(address));
    let mut text = EXAMPLE.replacen(&url(WAHA_URL), &url(&answers.waha_url), 1);
    let waha = text.find("[[waha]]").unwrap_or(0);
    text = with_key(&text, waha, &answers.waha_key);
    let gemini = text.find("\n[gemini]").unwrap_or(0);
    with_key(&text, gemini, &answers.gemini_key)
}

/// Sets the first key after a place, unless there is none to set.
fn with_key(text: &str, from: usize, key: &SecretString) -> String {
    let key = key.expose_secret();
    let (before, after) = text.split_at(from);
    if key.is_empty() {
        return text.to_owned();
    }
    let line = format!("api_key = {}", toml::Value::from(key));
    format!("{before}{}", after.replacen(NO_KEY, &line, 1))
}

/// Writes the file where there is none, for its owner alone.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).with_context(|| format!("could not make {}", dir.display()))?;
    }
    Ok(write_user_file(path, text.as_bytes(), Existing::Keep, Readers::Owner)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::Env;

    #[test]
    fn the_answers_stand_in_the_config() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep").join("config.toml");
        let answers = Answers {
            waha_url: address("waha.example:3000/"),
            waha_key: SecretString::from("k\"e\\y"),
            gemini_key: SecretString::from(""),
        };
        write(&path, &config_text(&answers)).unwrap();
        let config = config::load(Some(&path), &Env::default()).unwrap().config;
        assert_eq!(config.waha[0].url, "http://waha.example:3000");
        assert_eq!(config.waha[0].api_key.expose_secret(), "k\"e\\y");
        assert_eq!(config.gemini.api_key.expose_secret(), "");
        let gemini = Answers { gemini_key: SecretString::from("AIza"), ..answers };
        let text = config_text(&gemini);
        assert_eq!(text.matches("\napi_key = ").count(), 2, "{text}");
        assert!(write(&path, &text).is_err(), "a config is never written over");
    }
}
