//! `mychatflow` alone: the console, or what is missing for it.

use std::fmt::Write;

use anyhow::bail;
use mychatflow_data::client::{self, ClientError};

use super::Cx;
use super::wire::NoConnection;
use crate::config;
use crate::output::note;
use crate::paths;

/// Opens the console. Without a daemon it says how to get one.
pub async fn run(cx: &Cx) -> anyhow::Result<()> {
    if cx.globals.host.is_some() {
        let _client = cx.connect().await?;
        return open();
    }
    let found = cx.whereabouts()?;
    match (client::connect(&found.socket).await, found.file) {
        (Ok(_client), _) => open(),
        (Err(ClientError::NotConnected { source: Some(error), .. }), None) if is_absent(&error) => {
            note(&welcome());
            Err(NoConnection::here("there is no config and no daemon").into())
        }
        (Err(error @ ClientError::NotConnected { .. }), Some(file)) => {
            // A mistake in the config is the likeliest reason why no daemon runs.
            if let Err(mistakes) = config::load(Some(&file), &cx.env) {
                note(&format!("{mistakes}\n"));
            }
            note(&format!(
                "The config is {}. Start the daemon with\n\n  mychatflow daemon\n\nor as a service: systemctl --user start mychatflow\n",
                file.display()
            ));
            Err(error.into())
        }
        (Err(error), _) => Err(error.into()),
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused)
}

fn welcome() -> String {
    let mut text = String::from(
        "MyChatFlow answers a shop's WhatsApp from its own facts.\n\n\
         Look around first, with made-up customers and without any account:\n\n  mychatflow demo\n\n\
         Set it up: write a config (config.example.toml explains every key), then start the daemon:\n\n  \
         mychatflow config check\n  mychatflow daemon\n\n\
         Looked for a config here:\n",
    );
    for place in paths::config_places() {
        // Writing to a String can't fail.
        let _ = writeln!(text, "  {}", place.display());
    }
    text
}

/// Where the console comes in.
fn open() -> anyhow::Result<()> {
    bail!("this build has no console yet; every screen is a command too: mychatflow help")
}
