//! Builds the clients of WAHA and Gemini from the config.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::ExposeSecret;

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
