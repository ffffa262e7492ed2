//! `campaign …`: what may be typed.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use mychatflow_data::model::campaign::{CampaignState, MissedSlot};
use mychatflow_data::model::recipient::RecipientState;
use mychatflow_data::phone::Phone;
use mychatflow_data::protocol::calls::campaign::CloneFor;
use mychatflow_data::protocol::span::Span;

use super::{Limit, words};

fn phone(text: &str) -> Result<Phone, String> {
    Phone::parse(text).map_err(|error| error.to_string())
}

/// Who gets a campaign.
#[derive(Debug, Args)]
pub struct Audience {
    /// A list as CSV or TSV: a column named phone, and one for each variable; - reads stdin
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "segment")]
    pub file: Option<PathBuf>,
    /// The country of phone numbers without a country code, such as DE
    #[arg(long, value_name = "CC")]
    pub country: Option<String>,
    /// People of the contacts: a segment's name, or a query such as 'tag:vip last_in:<30d -opted_out', or all
    #[arg(long, value_name = "SEGMENT", allow_hyphen_values = true)]
    pub segment: Option<String>,
    /// What a column of the list is, where its heading does not say it, such as 'phone=Contact number'; may be given
    /// several times
    #[arg(long = "column", value_name = "ROLE=HEADING", requires = "file", allow_hyphen_values = true)]
    pub columns: Vec<String>,
}

/// What goes out besides the first text.
#[derive(Debug, Args)]
pub struct Texts {
    /// A picture, film, sound, PDF or office document that goes with the text, 16 MiB at most
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub media: Option<PathBuf>,
    /// Another text to compare, for a part of the people: the first is B; may be given up to four times
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub variant: Vec<String>,
    /// Do not look numbers up before the first message to them
    #[arg(long)]
    pub no_check: bool,
}

/// When it may write to whom, and what happens when its time is missed.
#[derive(Debug, Args)]
pub struct Planning {
    /// Hours in which nobody is disturbed, where the person lives, such as 21:00-08:00; '' is none
    #[arg(long, value_name = "HOURS")]
    pub quiet: Option<String>,
    /// What happens when its time is missed: the daemon was down, or the number
    #[arg(long, value_name = "POLICY", value_parser = words(MissedSlot::ALL, MissedSlot::word))]
    pub missed: Option<MissedSlot>,
    /// How late it may start with run_late_within, such as 2h
    #[arg(long, value_name = "TIME")]
    pub late_within: Option<Span>,
}

/// `campaign …`
#[derive(Debug, Subcommand)]
pub enum CampaignVerb {
    /// Write one down, with its list; nothing is sent before launch
    Create {
        /// What it is called
        name: String,
        /// The text, such as 'Hi {{ name }}'; - reads it from stdin
        #[arg(long, allow_hyphen_values = true)]
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
        #[command(flatten)]
        texts: Texts,
        #[command(flatten)]
        planning: Planning,
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
        /// Go on showing how far it gets, until it ends
        #[arg(long)]
        follow: bool,
    },
    /// Show how far one gets, until it ends
    Watch {
        /// Name or id
        name: String,
    },
    /// Send one real message of it to yourself; it counts nowhere
    Test {
        /// Name or id
        name: String,
        /// To whom, with country code; without it to the number that it goes out from
        #[arg(long, value_name = "PHONE", value_parser = phone)]
        to: Option<Phone>,
        /// Which of several texts: A, B
        #[arg(long, value_name = "LABEL")]
        variant: Option<String>,
    },
    /// Make a draft of it: the same texts, plans, file and people
    Clone {
        /// Name or id
        name: String,
        /// What the copy is called
        copy: String,
        /// Whom it is for
        #[arg(long = "for", value_parser = words(CloneFor::ALL, CloneFor::word))]
        whom: Option<CloneFor>,
    },
    /// What the first people would get; without a name, of a text and a list that are not stored
    Preview {
        /// Name or id
        #[arg(required_unless_present = "text")]
        name: Option<String>,
        /// Another text; - reads it from stdin
        #[arg(long, allow_hyphen_values = true)]
        text: Option<String>,
        /// Another text besides the first, in place of the campaign's; may be given several times
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
        variant: Vec<String>,
        #[command(flatten)]
        audience: Audience,
        #[command(flatten)]
        limit: Limit,
    },
    /// What a launch would do, and what it risks
    Preflight {
        /// Name or id
        name: String,
    },
    /// Start a draft, now or at its time; says what that does, and asks when it is risky
    Launch {
        /// Name or id
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
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
    /// Change the text, the time or the plan of a draft
    Edit {
        /// Name or id
        name: String,
        /// The new text; - reads it from stdin
        #[arg(long, allow_hyphen_values = true)]
        text: Option<String>,
        /// The new time; now: at once when launched
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
        /// The new time zone
        #[arg(long, value_name = "ZONE")]
        timezone: Option<String>,
        #[command(flatten)]
        texts: Texts,
        #[command(flatten)]
        planning: Planning,
        /// Take the file away
        #[arg(long, conflicts_with = "media")]
        no_media: bool,
        /// Take the other texts away
        #[arg(long, conflicts_with = "variant")]
        no_variants: bool,
        /// Look numbers up again before the first message to them
        #[arg(long, conflicts_with = "no_check")]
        check: bool,
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
        /// Only those who got this text: A, B
        #[arg(long, value_name = "LABEL")]
        variant: Option<String>,
        #[command(flatten)]
        limit: Limit,
    },
}
