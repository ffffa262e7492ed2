//! The two servers that the daemon leans on: asked for, tried, and kept in the config's text.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use mychatflow_daemon::clients;
use mychatflow_data::user_file::{Existing, Readers, write_user_file};
use secrecy::{ExposeSecret, SecretString};

use super::address::{self, FindError, START_WAHA, USUAL};
use super::{Left, config_text, line, say, secret};
use crate::cli::setup::SetupArgs;
use crate::cmd::Cx;
use crate::cmd::dialogue::{Answer, yes_or_no};
use crate::cmd::doctor::{self, KeyTrialError};
use crate::config::{self, Loaded};
use crate::output::clean;

/// Every key with its usual value: what is asked for is put into it.
const EXAMPLE: &str = include_str!("../../../config.example.toml");
/// What a person types to go on without a server.
const LATER: &str = "later";
/// How many models are named where one is wrong.
const MODELS_TOLD: usize = 8;

/// What is known of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It answered, with its key.
    Answers(String),
    /// It is left for later, or did not answer.
    Later,
}

impl Found {
    /// What it answered.
    pub fn words(&self) -> Option<String> {
        match self {
            Self::Answers(words) => Some(words.clone()),
            Self::Later => None,
        }
    }
}

/// A config on its way to the disk, and who is asked about it.
pub struct Servers<'s> {
    cx: &'s Cx,
    args: &'s SetupArgs,
    /// Is a person asked?
    asks: bool,
    path: PathBuf,
    text: String,
    /// What is on the disk.
    stored: Option<String>,
}

impl<'s> Servers<'s> {
    /// Begins with the config that is there, else with the example.
    pub fn begin(cx: &'s Cx, args: &'s SetupArgs, asks: bool, path: PathBuf) -> anyhow::Result<Self> {
        let stored = read(&path)?;
        let text = stored.clone().unwrap_or_else(|| EXAMPLE.to_owned());
        Ok(Self { cx, args, asks, path, text, stored })
    }

    /// Is there no config yet?
    pub const fn is_new(&self) -> bool {
        self.stored.is_none()
    }

    /// Where the config is, or goes.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn loaded(&self) -> anyhow::Result<Loaded> {
        Ok(config::of_text(&self.path, &self.text, &self.cx.env)?)
    }

    fn set(&mut self, section: &str, key: &str, value: &str) {
        self.text = config_text::set(&self.text, section, key, value);
    }

    /// Writes what was changed. Returns whether there was something.
    pub fn store(&mut self) -> anyhow::Result<bool> {
        if self.stored.as_ref() == Some(&self.text) {
            return Ok(false);
        }
        self.loaded()?;
        if let Some(dir) = self.path.parent() {
            fs::create_dir_all(dir).with_context(|| format!("could not make {}", dir.display()))?;
        }
        let (existing, what) = match self.is_new() {
            true => (Existing::Keep, "is written; only you can read it"),
            false => (Existing::Replace, "is changed"),
        };
        write_user_file(&self.path, self.text.as_bytes(), existing, Readers::Owner)?;
        say(&format!("✓ {} {what}", self.path.display()));
        self.stored = Some(self.text.clone());
        Ok(true)
    }

    /// Finds WAHA and the key that it takes.
    pub async fn waha(&mut self) -> anyhow::Result<Found> {
        let loaded = self.loaded()?;
        let entry = loaded.config.waha.first();
        let mut usual = entry.map_or(USUAL, |entry| entry.url.as_str()).to_owned();
        let mut key = entry.map_or_else(|| SecretString::from(""), |entry| entry.api_key.clone());
        if let Some(file) = &self.args.waha_key_file {
            key = key_in(file)?;
            self.set("[[waha]]", "api_key", key.expose_secret());
        }
        let mut typed = self.args.waha_url.clone();
        if !self.is_new() && typed.is_none() {
            match doctor::try_waha(&usual, key.clone()).await {
                Ok(found) => return Ok(answers("WAHA", found)),
                Err(error) if !self.asks => return Ok(no_answer(&error.to_string())),
                Err(KeyTrialError::KeyRefused(words)) => {
                    say(&format!("✗ {}", clean(&words)));
                    return self.waha_key(&usual).await;
                }
                Err(error) => say(&format!("✗ {}", clean(&error.to_string()))),
            }
        }
        let mut tried = false;
        let url = loop {
            let line = match typed.take() {
                Some(typed) => typed,
                None if !self.asks => bail!("WAHA's address is missing: --waha-url URL"),
                None if tried => line(&format!("WAHA's address [{usual}], or {LATER}: "))?,
                None => line(&format!("WAHA's address [{usual}]: "))?,
            };
            tried = true;
            if line.eq_ignore_ascii_case(LATER) {
                say(&format!(
                    "Once there is a WAHA, mychatflow setup goes on from here. This starts one:\n\n  {START_WAHA}\n"
                ));
                return Ok(Found::Later);
            }
            let line = if line.is_empty() { usual.clone() } else { line };
            match self.address(&line).await {
                Ok(url) => break url,
                Err(error) if !self.asks => bail!("{error}"),
                Err(error) => {
                    say(&format!("✗ {error}"));
                    // Whoever starts their WAHA now only presses Enter.
                    if let FindError::NoAnswer { url, .. } = error {
                        usual = url;
                    }
                }
            }
        };
        self.set("[[waha]]", "url", &url);
        if !key.expose_secret().is_empty() {
            match doctor::try_waha(&url, key).await {
                Ok(found) => return Ok(answers("WAHA", found)),
                Err(error) if !self.asks => bail!("{error}"),
                Err(error) => say(&format!("✗ {}", clean(&error.to_string()))),
            }
        } else if !self.asks {
            let found = doctor::try_waha(&url, key).await;
            return found.map(|found| answers("WAHA", found)).context("give WAHA's key: --waha-key-file FILE");
        }
        self.waha_key(&url).await
    }

    /// The address that answers; what was changed about it is told.
    async fn address(&self, typed: &str) -> Result<String, FindError> {
        let found = address::find_waha(address::candidates(typed)?).await?;
        found.corrections.iter().for_each(|correction| say(&clean(&correction.words())));
        say(&format!("✓ A WAHA answers at {}", clean(&found.url)));
        Ok(found.url)
    }

    /// Asks for WAHA's key until WAHA takes it.
    async fn waha_key(&mut self, url: &str) -> anyhow::Result<Found> {
        let mut question = "WAHA's key, its WAHA_API_KEY (not shown while you type): ".to_owned();
        let mut refused = false;
        loop {
            let key = secret(&question)?;
            if refused && key.expose_secret().is_empty() {
                say("WAHA's key is left for later: mychatflow setup asks for it again.");
                return Ok(Found::Later);
            }
            match doctor::try_waha(url, key.clone()).await {
                Ok(found) => {
                    if !key.expose_secret().is_empty() {
                        self.set("[[waha]]", "api_key", key.expose_secret());
                    }
                    return Ok(answers("WAHA", found));
                }
                Err(KeyTrialError::KeyRefused(_)) => say(
                    "✗ WAHA refuses this key. It is the WAHA_API_KEY that WAHA was started with; if it was started without \
                     one, it made one up: docker logs waha | grep -i key",
                ),
                Err(error) => say(&format!("✗ {}", clean(&error.to_string()))),
            }
            refused = true;
            question = "WAHA's key once more (Enter: later): ".to_owned();
        }
    }

    /// Finds a key and a model of Gemini's by a real question.
    pub async fn gemini(&mut self) -> anyhow::Result<Found> {
        if let Some(model) = &self.args.gemini_model {
            let model = model.clone();
            self.set("[gemini]", "model", &model);
        }
        if let Some(file) = &self.args.gemini_key_file {
            let key = key_in(file)?;
            self.set("[gemini]", "api_key", key.expose_secret());
        }
        let known = !self.loaded()?.config.gemini.api_key.expose_secret().is_empty();
        if !known {
            if !self.asks {
                return Ok(Found::Later);
            }
            if self.ask_gemini_key("Gemini's key, from https://aistudio.google.com (not shown; Enter: later): ")?
                == Found::Later
            {
                return Ok(Found::Later);
            }
        }
        loop {
            match self.try_gemini().await? {
                Ok(found) => return Ok(answers("Gemini:", found)),
                Err(error) if !self.asks => bail!("{error}"),
                Err(KeyTrialError::KeyRefused(words)) => {
                    say(&format!("✗ {}", clean(&words)));
                    if self.ask_gemini_key("Gemini's key once more (Enter: later): ")? == Found::Later {
                        return Ok(Found::Later);
                    }
                }
                Err(KeyTrialError::ModelUnknown { model, models }) => {
                    let models = models.iter().take(MODELS_TOLD).map(|name| clean(name)).collect::<Vec<_>>().join(", ");
                    say(&format!("✗ The key is right, but there is no model {}. There are: {models}", clean(&model)));
                    let name = line("Model (Enter: later): ")?;
                    if name.is_empty() {
                        return Ok(Found::Later);
                    }
                    self.set("[gemini]", "model", &name);
                }
                Err(KeyTrialError::Trouble(words)) => {
                    say(&format!("✗ {}", clean(&words)));
                    match yes_or_no("Keep this key of Gemini's all the same, and try it later?", Answer::Yes)?
                        .ok_or(Left)?
                    {
                        Answer::Yes => return Ok(Found::Later),
                        Answer::No => {
                            self.ask_gemini_key("Gemini's key (Enter: later): ")?;
                        }
                    }
                }
            }
        }
    }

    /// Asks for the key. An empty one leaves the config as it was before any key was typed.
    fn ask_gemini_key(&mut self, question: &str) -> anyhow::Result<Found> {
        let key = secret(question)?;
        if key.expose_secret().is_empty() {
            say(
                "Until there is a key, messages are stored and nothing is answered. mychatflow setup asks for it again.",
            );
            self.text = config_text::unset(&self.text, "[gemini]", "api_key");
            return Ok(Found::Later);
        }
        self.set("[gemini]", "api_key", key.expose_secret());
        Ok(Found::Answers(String::new()))
    }

    async fn try_gemini(&self) -> anyhow::Result<Result<String, KeyTrialError>> {
        let config = self.loaded()?.config;
        let base_url = config.gemini.base_url.clone();
        Ok(match clients::build(config) {
            Ok(built) => match &built.gemini {
                Some(gemini) => doctor::try_model(gemini, &base_url).await,
                None => Err(KeyTrialError::KeyRefused("there is no key".to_owned())),
            },
            // The key can't travel in a header, or the model's name is none.
            Err(error) => Err(KeyTrialError::KeyRefused(format!("{:#}", anyhow::Error::new(error)))),
        })
    }
}

fn answers(who: &str, found: String) -> Found {
    say(&format!("✓ {who} {}", clean(&found)));
    Found::Answers(found)
}

fn no_answer(words: &str) -> Found {
    say(&format!("✗ {}", clean(words)));
    Found::Later
}

fn read(path: &Path) -> anyhow::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("could not read {}", path.display())),
    }
}

fn key_in(file: &Path) -> anyhow::Result<SecretString> {
    let text = fs::read_to_string(file).with_context(|| format!("could not read {}", file.display()))?;
    Ok(SecretString::from(text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::Env;

    #[test]
    fn the_answers_stand_in_the_config() {
        let path = Path::new("/etc/mychatflow/config.toml");
        let text = config_text::set(EXAMPLE, "[[waha]]", "url", "http://waha.example:3000");
        let text = config_text::set(&text, "[[waha]]", "api_key", "k\"e\\y");
        let config = config::of_text(path, &text, &Env::default()).unwrap().config;
        assert_eq!(config.waha[0].url, "http://waha.example:3000");
        assert_eq!(config.waha[0].api_key.expose_secret(), "k\"e\\y");
        assert_eq!(config.gemini.api_key.expose_secret(), "");
        let text = config_text::set(&text, "[gemini]", "api_key", "AIza");
        assert_eq!(text.matches("\napi_key = ").count(), 2, "{text}");
        let config = config::of_text(path, &text, &Env::default()).unwrap().config;
        assert_eq!(config.gemini.api_key.expose_secret(), "AIza");
        let text = config_text::unset(&text, "[gemini]", "api_key");
        let config = config::of_text(path, &text, &Env::default()).unwrap().config;
        assert_eq!(config.gemini.api_key.expose_secret(), "");
        assert_eq!(config.waha[0].api_key.expose_secret(), "k\"e\\y");
    }
}
