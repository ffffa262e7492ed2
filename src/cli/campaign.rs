//! `campaign …`: what may be typed.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use mychatflow_data::model::campaign::CampaignState;
use mychatflow_data::model::recipient::RecipientState;

use super::{Limit, words};

/// Who gets a campaign.
#[derive(Debug, Args)]
pub struct Audience {
    /// A list as CSV or TSV: a column named phone, and one for each variable; - reads stdin
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "segment")]
    pub file: Option<PathBuf>,
    /// The country of phone numbers without a country code, such as DE
    #[arg(long, value_name = "CC")]
    pub country: Option<String>,
    /// People of the contacts: all, or tag:vip
    #[arg(long, value_name = "SEGMENT")]
    pub segment: Option<String>,
}

/// `campaign …`
#[derive(Debug, Subcommand)]
pub enum CampaignVerb {
    /// Write one down, with its list; nothing is sent before launch
    Create {
        /// What it is called
        name: String,
        /// The text, such as 'Hi {{ name }}'; - reads it from stdin
        #[arg(long)]
        text: String,
        #[command(flatten)]
        audience: Audience,
        /// A phone number that gets it; may be given several times
        #[arg(long, value_name = "PHONE", conflicts_with_all = ["file", "segment"])]
        to: Vec<String>,
        /// The number that it goes out from
        #[arg(long, value_name = "NAME")]
        instance: Option<String>,
        /// When it is to start once launched: '2026-12-01 09:00', or RFC 3339
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
        /// The time zone of --at, such as Europe/Berlin
        #[arg(long, value_name = "ZONE")]
        timezone: Option<String>,
    },
    /// List them, newest first
    List {
        /// Only those in this state
        #[arg(long, value_parser = words(CampaignState::ALL, CampaignState::word))]
        state: Option<CampaignState>,
        #[command(flatten)]
        limit: Limit,
    },
    /// Show one: how far it got, and why not further
    Show {
        /// Name or id
        name: String,
    },
    /// What the first people would get; without a name, of a text and a list that are not stored
    Preview {
        /// Name or id
        #[arg(required_unless_present = "text")]
        name: Option<String>,
        /// Another text; - reads it from stdin
        #[arg(long)]
        text: Option<String>,
        #[command(flatten)]
        audience: Audience,
        #[command(flatten)]
        limit: Limit,
    },
    /// Start a draft, now or at its time
    Launch {
        /// Name or id
        name: String,
    },
    /// Stop it until resumed; what has not left yet stays in
    Pause {
        /// Name or id
        name: String,
    },
    /// Go on where it was
    Resume {
        /// Name or id
        name: String,
    },
    /// End it: whoever has not got it yet never will
    Cancel {
        /// Name or id
        name: String,
    },
    /// Change the text or the time of a draft
    Edit {
        /// Name or id
        name: String,
        /// The new text; - reads it from stdin
        #[arg(long)]
        text: Option<String>,
        /// The new time; now: at once when launched
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
        /// The new time zone
        #[arg(long, value_name = "ZONE")]
        timezone: Option<String>,
    },
    /// Forget a draft, or one that has ended
    Remove {
        /// Name or id
        name: String,
    },
    /// What became of each person
    Report {
        /// Name or id
        name: String,
        /// Only those in this state
        #[arg(long, value_parser = words(RecipientState::ALL, RecipientState::word))]
        state: Option<RecipientState>,
        #[command(flatten)]
        limit: Limit,
    },
}
