//! `contact …` and `segment …`: what may be typed.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use mychatflow_data::model::contact::Review;
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
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
}

/// `contact …`
#[derive(Debug, Subcommand)]
pub enum ContactVerb {
    /// List the people
    List {
        /// Only those with this tag
        #[arg(long)]
        tag: Option<String>,
        /// Only those of whom this was said
        #[arg(long, value_parser = words(Review::ALL, Review::word))]
        review: Option<Review>,
        /// Only those with this in their name or phone number
        #[arg(long, value_name = "TEXT")]
        find: Option<String>,
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
        #[arg(long)]
        name: Option<String>,
        /// A tag; may be given several times
        #[arg(long = "tag", value_name = "TAG")]
        tags: Vec<String>,
    },
    /// Take in a list of people, with a report of every row
    Import(ImportArgs),
    /// Change what is known of one
    Edit {
        /// Id, phone number, or a name that fits one contact
        contact: String,
        /// The new name; empty: none
        #[arg(long)]
        name: Option<String>,
    },
    /// Write to a person no more
    Optout {
        /// Id, phone number, or a name that fits one contact
        contact: String,
        /// Write to them again
        #[arg(long)]
        back: bool,
    },
}
