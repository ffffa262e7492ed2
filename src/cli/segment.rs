//! `segment …`: what may be typed.

use clap::Subcommand;

use super::Limit;

/// `segment …`
#[derive(Debug, Subcommand)]
pub enum SegmentVerb {
    /// List the filters that are kept, with how many people are in each now
    List(Limit),
    /// Keep a filter of people under a name; a known name gets the new one
    Add {
        /// What it is called, in plain words
        name: String,
        /// Who is in it, as in contact list --query: 'tag:vip last_in:<30d -opted_out'
        #[arg(value_name = "QUERY", allow_hyphen_values = true)]
        query: String,
    },
    /// Forget one; the people stay
    Remove {
        /// Name or id
        name: String,
    },
}
