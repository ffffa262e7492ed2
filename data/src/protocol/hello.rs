//! The first call of every connection: who speaks which protocol.

use serde::{Deserialize, Serialize};

use super::VERSION;
use crate::ids::RunId;

/// The name of the call. It is no part of the table: it comes before the table is agreed on.
pub const METHOD: &str = "hello";

/// The version of this build of the product.
pub const PRODUCT_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The revision that this build was made of.
pub const BUILD: &str = match option_env!("MYCHATFLOW_BUILD") {
    Some(build) => build,
    None => "dev",
};

/// What the client says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The protocol that the client speaks.
    pub protocol: u32,
    /// The client's version.
    #[serde(default)]
    pub version: String,
    /// The revision that the client was made of.
    #[serde(default)]
    pub build: String,
}

impl Hello {
    /// What this build says.
    #[must_use]
    pub fn ours() -> Self {
        Self { protocol: VERSION, version: PRODUCT_VERSION.to_owned(), build: BUILD.to_owned() }
    }
}

/// What the daemon answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloReply {
    /// The protocol that the daemon speaks.
    pub protocol: u32,
    /// The daemon's version.
    pub version: String,
    /// The revision that the daemon was made of.
    pub build: String,
    /// The last event's number.
    pub seq: u64,
    /// The run of the daemon that counts the events.
    pub epoch: RunId,
}

impl HelloReply {
    /// What this build answers.
    #[must_use]
    pub fn ours(seq: u64, epoch: RunId) -> Self {
        let Hello { protocol, version, build } = Hello::ours();
        Self { protocol, version, build, seq, epoch }
    }
}

/// Why two sides do not talk, naming the older one and the remedy.
#[must_use]
pub fn mismatch_text(client: (u32, &str), daemon: (u32, &str)) -> String {
    let remedy = if client.0 < daemon.0 {
        "this command is the older one: update it"
    } else {
        "the daemon is the older one: stop it (mychatflow daemon stop) and start the new version"
    };
    format!(
        "this command {} speaks protocol {}, the daemon {} speaks protocol {}; {remedy}",
        client.1, client.0, daemon.1, daemon.0
    )
}
