//! `quick-reply …`: what may be typed.

use std::path::PathBuf;

use clap::{Subcommand, ValueHint};
use mychatflow_data::model::quick_reply::QuickReplyState;

use super::{Limit, words};

/// `quick-reply …`
#[derive(Debug, Subcommand)]
pub enum QuickReplyVerb {
    /// List them
    List {
        /// Only those of this category
        #[arg(long, allow_hyphen_values = true)]
        category: Option<String>,
        /// Only those with this in their label or words
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
        find: Option<String>,
        /// Only those in this state
        #[arg(long, value_parser = words(QuickReplyState::ALL, QuickReplyState::word))]
        state: Option<QuickReplyState>,
        #[command(flatten)]
        limit: Limit,
    },
    /// Store one
    Add {
        /// What it is called
        label: String,
        /// The words, with places for variables such as {{ name }}; - reads them from stdin
        #[arg(allow_hyphen_values = true)]
        text: String,
        /// What it is about
        #[arg(long, allow_hyphen_values = true)]
        category: Option<String>,
    },
    /// Change one
    Edit {
        /// Its label or id
        name: String,
        /// Another label
        #[arg(long, allow_hyphen_values = true)]
        label: Option<String>,
        /// Other words; - reads them from stdin
        #[arg(long, allow_hyphen_values = true)]
        text: Option<String>,
        /// What it is about; empty: nothing in particular
        #[arg(long, allow_hyphen_values = true)]
        category: Option<String>,
        /// Offer it to people and tell it to the assistant
        #[arg(long, conflicts_with = "aside")]
        active: bool,
        /// Keep it, and neither offer nor tell it
        #[arg(long)]
        aside: bool,
    },
    /// Show what a customer would get of one
    Render {
        /// Its label or id; without it: of each in use
        name: Option<String>,
        /// The chat: id, phone number, or a name that fits one chat
        #[arg(long)]
        chat: String,
    },
    /// Take in a Markdown file with a heading for each label; nothing is taken away
    Import {
        /// The file; - reads stdin
        #[arg(value_hint = ValueHint::FilePath)]
        file: String,
        /// Only tell what would change
        #[arg(long)]
        dry_run: bool,
    },
    /// Write all of them into a Markdown file
    Export {
        /// The file; - is stdout
        #[arg(value_hint = ValueHint::FilePath, default_value = "-")]
        file: PathBuf,
        /// Write over a file that is there
        #[arg(long)]
        force: bool,
    },
    /// Take one away
    Remove {
        /// Its label or id
        name: String,
    },
}
