//! `contact …`: what may be typed.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};
use mychatflow_data::ids::MergeId;
use mychatflow_data::model::contact::{ConsentState, Review};
use mychatflow_data::phone::Phone;
use mychatflow_data::protocol::calls::contact::Reviewed;

use super::{Limit, words};

/// A list of people, and what is to become of them.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The list: CSV or TSV with a column of phone numbers; - reads stdin
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// The country of phone numbers without a country code, such as DE
    #[arg(long, value_name = "CC")]
    pub country: Option<String>,
    /// Only say what would happen
    #[arg(long)]
    pub dry_run: bool,
    /// Never write to these numbers, instead of making contacts of them
    #[arg(long, conflicts_with = "tags")]
    pub suppress: bool,
    /// A tag for everybody on the list; may be given several times
    #[arg(long = "tag", value_name = "TAG", allow_hyphen_values = true)]
    pub tags: Vec<String>,
    /// What a column is, where its heading does not say it, such as 'phone=Contact number'; may be given several times
    #[arg(long = "column", value_name = "ROLE=HEADING", allow_hyphen_values = true)]
    pub columns: Vec<String>,
}

/// How people are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// A table that spreadsheets and `contact import` read
    Csv,
    /// An object a line
    Json,
}

/// Who is written down, and where.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The file; - is stdout
    #[arg(value_name = "FILE", default_value = "-", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// How; without it the ending of the file tells
    #[arg(long)]
    pub format: Option<ExportFormat>,
    /// Only those who fit: 'tag:vip last_in:<30d -opted_out city:Berlin'
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true)]
    pub query: Option<String>,
    /// Write over a file that is there
    #[arg(long)]
    pub force: bool,
}

/// What shall change about a person.
#[derive(Debug, Args)]
pub struct EditArgs {
    /// Id, phone number, or a name that fits one contact
    pub contact: String,
    /// The new name; empty: none
    #[arg(long, allow_hyphen_values = true)]
    pub name: Option<String>,
    /// The language to write in, such as de; empty: none
    #[arg(long)]
    pub language: Option<String>,
    /// What to remember about the person; empty: nothing
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub note: Option<String>,
    /// A column of your own, such as city=Berlin; empty words forget it; may be given several times
    #[arg(long, value_name = "COLUMN=WORDS", value_parser = column, allow_hyphen_values = true)]
    pub set: Vec<(String, String)>,
    /// What the person said about being written to
    #[arg(long, value_parser = words(ConsentState::ALL, ConsentState::word))]
    pub consent: Option<ConsentState>,
    /// Where the person said so: a form, a chat
    #[arg(long, requires = "consent", allow_hyphen_values = true)]
    pub source: Option<String>,
    /// What shows it: the words, a link, a name
    #[arg(long, requires = "consent", allow_hyphen_values = true)]
    pub proof: Option<String>,
}

fn column(text: &str) -> Result<(String, String), String> {
    let (column, words) = text.split_once('=').ok_or("it needs a =, such as city=Berlin")?;
    Ok((column.to_owned(), words.to_owned()))
}

/// `contact …`
#[derive(Debug, Subcommand)]
pub enum ContactVerb {
    /// List the people
    List {
        /// Only those with this tag
        #[arg(long, allow_hyphen_values = true)]
        tag: Option<String>,
        /// Only those of whom this was said
        #[arg(long, value_parser = words(Review::ALL, Review::word))]
        review: Option<Review>,
        /// Only those with this in their name or phone number
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
        find: Option<String>,
        /// Only those who fit: 'tag:vip last_in:<30d -opted_out city:Berlin'
        #[arg(long, value_name = "QUERY", allow_hyphen_values = true)]
        query: Option<String>,
        #[command(flatten)]
        limit: Limit,
    },
    /// Show one, with their chats
    Show {
        /// Id, phone number, or a name that fits one contact
        contact: String,
    },
    /// Put tags on or take them off, or say who it is
    Tag {
        /// Id, phone number, or a name that fits one contact
        contact: String,
        /// The tags
        #[arg(value_name = "TAG", required_unless_present = "review")]
        tags: Vec<String>,
        /// Take them off
        #[arg(long)]
        remove: bool,
        /// A customer may be answered by the assistant, a personal contact never is
        #[arg(long, value_parser = words(Reviewed::ALL, Reviewed::word))]
        review: Option<Reviewed>,
    },
    /// Take in a person who did not write yet
    Add {
        /// The phone number, with country code
        #[arg(value_parser = Phone::parse)]
        phone: Phone,
        /// The name
        #[arg(long, allow_hyphen_values = true)]
        name: Option<String>,
        /// A tag; may be given several times
        #[arg(long = "tag", value_name = "TAG", allow_hyphen_values = true)]
        tags: Vec<String>,
    },
    /// Take in a list of people, with a report of every row
    Import(ImportArgs),
    /// Write everybody with everything to a file that import reads back
    Export(ExportArgs),
    /// Change what is known of one
    Edit(EditArgs),
    /// Write to a person no more
    Optout {
        /// Id, a name that fits one contact, or a phone number, which nobody has to know
        contact: String,
        /// Write to them again
        #[arg(long)]
        back: bool,
    },
    /// Say that two contacts are one person, who keeps the first one's name
    Merge {
        /// Who stays: id, phone number, or a name that fits one contact
        contact: String,
        /// Who becomes part of them: addresses, chats, tags and notes go over
        other: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Take the last merge of a person back: messages go by the addresses that they came from
    Unmerge {
        /// Id, phone number, or a name that fits one contact
        contact: String,
        /// Only this merge, by its id
        #[arg(long, value_name = "ID")]
        merge: Option<MergeId>,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Erase a person with everything that was said, for good
    Erase {
        /// Id, phone number, or a name that fits one contact
        contact: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// List whom nobody writes to any more
    Suppressions(Limit),
}
