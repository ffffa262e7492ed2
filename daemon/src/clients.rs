//! Builds the clients of WAHA and Gemini from the config.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use crate::config::{Config, ModelConfig};
use crate::cx::Clients;
use crate::gemini::{self, Gemini, ModelOverride, Patience, Price, Thinking};
use crate::waha::{self, Waha};

/// Which client can't be built, and why.
#[derive(Debug, thiserror::Error)]
pub enum ClientsError {
    /// `[[waha]]`
    #[error("[[waha]] {name}")]
    Waha {
        /// The entry's name.
        name: String,
        /// Why.
        #[source]
        source: waha::BuildError,
    },
    /// `[gemini]`
    #[error("[gemini]")]
    Gemini(#[from] gemini::BuildError),
    /// `[gemini.models]`
    #[error(
        "[gemini.models.\"{model}\"] thinking takes minimal, low, medium, high, xhigh, none or a number, not {word:?}"
    )]
    Thinking {
        /// The model.
        model: String,
        /// What stood there.
        word: String,
    },
}

/// Builds them all.
///
/// # Errors
/// The first that can't be built.
pub fn build(config: Config) -> Result<Clients, ClientsError> {
    let mut wahas = BTreeMap::new();
    for entry in &config.waha {
        let client = Waha::new(waha::Config {
            name: entry.name.clone(),
            url: entry.url.clone(),
            api_key: entry.api_key.clone(),
            timeout: entry.timeout,
            send_text_path: entry.send_text_path.clone(),
            chats_path: entry.chats_path.clone(),
        });
        let client = client.map_err(|source| ClientsError::Waha { name: entry.name.clone(), source })?;
        wahas.insert(entry.name.clone(), client);
    }
    let gemini = gemini(&config)?;
    Ok(Clients { config: Arc::new(config), wahas, gemini })
}

/// Keeps what is known of the servers that a new reading of the config leaves as they were: to read it is no answer of
/// theirs, and an outage lasts. Whoever waits may ask at once all the same.
#[must_use]
pub fn keep_evidence(before: &Clients, mut now: Clients) -> Clients {
    let same_key = |one: &SecretString, other: &SecretString| one.expose_secret() == other.expose_secret();
    for entry in &now.config.waha {
        let old = before.config.waha.iter().find(|old| old.name == entry.name);
        if old.is_some_and(|old| old.url == entry.url && same_key(&old.api_key, &entry.api_key))
            && let (Some(old), Some(new)) = (before.wahas.get(&entry.name), now.wahas.get(&entry.name))
        {
            new.keep_health(old.health());
        }
    }
    let (old, new) = (&before.config.gemini, &now.config.gemini);
    let is_same = old.base_url == new.base_url && old.api_version == new.api_version && old.model == new.model;
    if is_same
        && same_key(&old.api_key, &new.api_key)
        && let Some(old) = &before.gemini
    {
        now.gemini = now.gemini.map(|new| new.keep_record(old));
    }
    now
}

fn gemini(config: &Config) -> Result<Option<Gemini>, ClientsError> {
    let section = &config.gemini;
    if section.api_key.expose_secret().is_empty() {
        return Ok(None);
    }
    let mut models = BTreeMap::new();
    for (name, model) in &section.models {
        models.insert(name.clone(), overridden(name, model)?);
    }
    let client = Gemini::new(gemini::Config {
        base_url: section.base_url.clone(),
        api_version: section.api_version.clone(),
        api_key: section.api_key.clone(),
        model: section.model.clone(),
        max_concurrent: section.concurrent_max,
        timeout: section.timeout,
        models,
        patience: Patience::default(),
    })?;
    Ok(Some(client))
}

fn overridden(name: &str, model: &ModelConfig) -> Result<ModelOverride, ClientsError> {
    let thinking = match &model.thinking {
        None => None,
        Some(word) => Some(
            Thinking::parse(word)
                .ok_or_else(|| ClientsError::Thinking { model: name.to_owned(), word: word.clone() })?,
        ),
    };
    let price = match (model.price_input, model.price_output) {
        (Some(input), Some(output)) => Some(Price { input, output, cached: model.price_cached.unwrap_or(input) }),
        _ => None,
    };
    Ok(ModelOverride { thinking, price })
}
