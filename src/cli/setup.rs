//! `setup`: what may be typed.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use mychatflow_data::model::chat::Mode;

use super::words;

/// `setup`: what is given here is not asked for. Without a terminal nothing else is asked for either.
#[derive(Debug, Clone, Default, Args)]
pub struct SetupArgs {
    /// WAHA's address, such as http://127.0.0.1:3000
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub waha_url: Option<String>,
    /// A file with WAHA's key (its WAHA_API_KEY)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub waha_key_file: Option<PathBuf>,
    /// A file with Gemini's key, from aistudio.google.com
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub gemini_key_file: Option<PathBuf>,
    /// The model that writes the answers
    #[arg(long, value_name = "MODEL")]
    pub gemini_model: Option<String>,
    /// Write the config, and do not start the daemon
    #[arg(long)]
    pub no_start: bool,
    /// The name of the shop
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    pub shop: Option<String>,
    /// The shop's time zone, such as Europe/Berlin; the machine's unless given
    #[arg(long, value_name = "ZONE")]
    pub timezone: Option<String>,
    /// What the shop is and sells
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub profile: Option<String>,
    /// When it is open, as people write it
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub hours: Option<String>,
    /// How the assistant answers
    #[arg(long, value_parser = words(Mode::ALL, Mode::word))]
    pub mode: Option<Mode>,
    /// Take in a WhatsApp number under this name
    #[arg(long, value_name = "NAME")]
    pub number: Option<String>,
}
