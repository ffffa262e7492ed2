//! `instance …`: what may be typed.

use std::path::PathBuf;

use clap::{Subcommand, ValueHint};
use mychatflow_data::phone::Phone;

use super::Limit;

/// `instance …`
#[derive(Debug, Subcommand)]
pub enum InstanceVerb {
    /// Take in a number: make or adopt its session on a WAHA server
    Add {
        /// Its name
        name: String,
        /// The WAHA server, by its name in the config; the only one unless given
        #[arg(long)]
        waha: Option<String>,
        /// The session on that server
        #[arg(long, default_value = "default")]
        session: String,
    },
    /// List the numbers
    List(Limit),
    /// Show one, with its history and its drift
    Show {
        /// Its name or id
        name: String,
    },
    /// Draw the pairing code
    Qr {
        /// Its name or id; may be left out where there is one number
        name: Option<String>,
        /// Write it as a PNG picture instead; - is stdout
        #[arg(long, value_name = "FILE|-", value_hint = ValueHint::FilePath)]
        png: Option<PathBuf>,
    },
    /// Pair with a phone: shows the code and follows it until it is scanned
    Pair {
        /// Its name or id
        name: String,
        /// Pair by a code typed into the phone with this number, instead of scanning
        #[arg(long, value_name = "NUMBER", value_parser = Phone::parse)]
        phone: Option<Phone>,
    },
    /// Restart its session
    Restart {
        /// Its name or id
        name: String,
    },
    /// Unpair it
    Logout {
        /// Its name or id
        name: String,
    },
    /// Let it go: our webhook is taken away, the session stays
    Remove {
        /// Its name or id
        name: String,
        /// Delete the session on the server too
        #[arg(long)]
        delete_session: bool,
    },
    /// Where WAHA posts to
    Webhook {
        /// Its name or id
        name: String,
        /// Print the key that it signs with
        #[arg(long)]
        reveal: bool,
    },
}
