//! `quick-reply …`: what may be typed.

use clap::Subcommand;

use super::Limit;

/// `quick-reply …`
#[derive(Debug, Subcommand)]
pub enum QuickReplyVerb {
    /// List them
    List(Limit),
    /// Store one
    Add {
        /// What it is called
        label: String,
        /// The words; - reads them from stdin
        text: String,
    },
    /// Change one
    Edit {
        /// Its label or id
        name: String,
        /// Another label
        #[arg(long, required_unless_present = "text")]
        label: Option<String>,
        /// Other words; - reads them from stdin
        #[arg(long)]
        text: Option<String>,
    },
    /// Take one away
    Remove {
        /// Its label or id
        name: String,
    },
}
