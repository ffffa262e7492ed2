//! `contact.*`: the people who wrote.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::chat::ChatSummary;
use crate::ids::{ContactId, ImportId, MergeId};
use crate::model::contact::{ConsentState, Contact, Review, SuppressionCause};
use crate::model::words;
use crate::phone::{Address, Phone};
use crate::protocol::flag::flag;
use crate::protocol::name::{ContactName, Cursor, TenantName};
use crate::protocol::piece::{Rehearsal, Rest};
use crate::time::Timestamp;

/// `contact list`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactList {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Only those with this tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Only those of whom the owner said this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
    /// Only those with this in their name or phone number, letter case apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub find: Option<String>,
    /// Only those that fit a query: `tag:vip last_in:<30d -opted_out`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// How many at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the page begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Cursor>,
}

/// `contact show CONTACT`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactShow {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub contact: ContactName,
}

flag! {
    /// What to do with tags.
    Tagging {
        /// Put them on.
        Add,
        /// Take them off.
        Remove
    }
}

words! {
    /// What the owner says about a person.
    Reviewed {
        /// A customer: the assistant may answer.
        Customer => "customer",
        /// Family, friends: never answered by the assistant.
        Personal => "personal",
    }
}

impl From<Reviewed> for Review {
    fn from(reviewed: Reviewed) -> Self {
        match reviewed {
            Reviewed::Customer => Self::Customer,
            Reviewed::Personal => Self::Personal,
        }
    }
}

/// `contact tag CONTACT [TAG…] [--remove] [--review customer|personal]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactTag {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub contact: ContactName,
    /// The tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// `--remove`
    #[serde(default)]
    pub remove: Tagging,
    /// `--review`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Reviewed>,
}

/// `contact add PHONE [--name NAME] [--tag TAG]…`: a person who did not write yet. A known one gets the name and the tags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactAdd {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// The phone number, with country code.
    pub phone: Phone,
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// What is said to be a person's consent, from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentSaid {
    /// What the person said.
    pub state: ConsentState,
    /// Where: a form, a chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The words, a link, a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
}

/// `contact edit CONTACT [--name NAME] [--language L] [--note TEXT] [--set COLUMN=WORDS]… [--consent given|refused]`:
/// what is absent stays as it is, what is empty is forgotten.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactEdit {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub contact: ContactName,
    /// The new name; empty: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The language, as two letters; empty: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What is written down about the person; empty: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Columns of the owner's own; an empty one is forgotten.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
    /// What the person said about being written to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentSaid>,
}

flag! {
    /// Which way an opt-out goes.
    OptOut {
        /// The person does not want to be written to.
        Out,
        /// The person wants to again.
        Back
    }
}

/// `contact optout CONTACT [--back]`: the assistant and campaigns write to the person no more, or again. A phone number may be
/// one that nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactOptout {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub contact: ContactName,
    /// `--back`
    #[serde(default)]
    pub back: OptOut,
}

/// Whom an opt-out is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ContactOptedOut {
    /// Somebody we know.
    Person(Box<Contact>),
    /// A number that nobody knows.
    Number(NumberOptedOut),
}

/// A number that nobody knows, and whether it is written to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberOptedOut {
    /// The number.
    pub phone: Phone,
    /// Since when nobody writes to it; `null`: it may be written to.
    pub opted_out_at: Option<Timestamp>,
}

/// A person with their chats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactShown {
    /// The person.
    #[serde(flatten)]
    pub contact: Contact,
    /// Their chats, one per number of ours.
    #[serde(default)]
    pub chats: Vec<ChatSummary>,
    /// Others who turned out to be this person, newest first.
    #[serde(default)]
    pub merges: Vec<MergeDocument>,
}

pub use crate::model::merge::MergeCause;

/// Two people who turned out to be one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeDocument {
    /// Its id.
    pub id: MergeId,
    /// The person who is left.
    pub kept: ContactId,
    /// The name that the other one had.
    pub name: Option<String>,
    /// The phone number that the other one had.
    pub phone: Option<Phone>,
    /// The addresses that came from the other one.
    pub addresses: Vec<Address>,
    /// Chats that came with them.
    #[serde(default)]
    pub chats: i64,
    /// Messages that came with them.
    #[serde(default)]
    pub messages: i64,
    /// Who said so.
    pub cause: MergeCause,
    /// When.
    pub at: Timestamp,
}

/// `contact merge CONTACT OTHER`: both are one person from now on, who keeps the first one's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactMerge {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Who is left.
    pub contact: ContactName,
    /// Who becomes part of them.
    pub other: ContactName,
}

/// One person of two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactMerged {
    /// The person who is left.
    #[serde(flatten)]
    pub contact: Contact,
    /// What came from the other one.
    pub merge: MergeDocument,
}

/// `contact unmerge CONTACT`: takes the last merge of a person back; their messages go with the addresses that they came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactUnmerge {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Who is left.
    pub contact: ContactName,
    /// Another merge than the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge: Option<MergeId>,
}

/// Two people again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactUnmerged {
    /// The one who was kept.
    pub contact: Contact,
    /// The one who is back.
    pub back: Contact,
    /// The merge that was taken back, with what went back with its addresses.
    pub merge: MergeDocument,
}

/// `contact erase CONTACT`: the person with every message, note, tag and place on lists. Only a digest of the addresses
/// stays, so that nobody writes to them again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactErase {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Who.
    pub contact: ContactName,
}

/// The receipt of an erasure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactErased {
    /// The id that the person had.
    pub id: ContactId,
    /// Chats that are gone.
    pub chats: i64,
    /// Messages that are gone.
    pub messages: i64,
    /// Rows of campaigns that keep their state without the person.
    pub recipients: i64,
    /// When.
    pub at: Timestamp,
}

/// `contact export [--query Q]`: everybody with everything, by name. The command writes CSV or JSON of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactExport {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Only those that fit a query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// How many at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the page begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Cursor>,
}

/// A person with everything that is known of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactExported {
    /// The person.
    #[serde(flatten)]
    pub contact: Contact,
    /// When they wrote last.
    #[serde(default)]
    pub last_in_at: Option<Timestamp>,
    /// When they were written to last.
    #[serde(default)]
    pub last_out_at: Option<Timestamp>,
}

/// `contact suppressions`: whom nobody writes to any more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactSuppressions {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// How many at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the page begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Cursor>,
}

/// An address that nobody writes to any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuppressionDocument {
    /// The address; `null` once its person was erased.
    pub address: Option<Address>,
    /// How it came to be here.
    pub cause: SuppressionCause,
    /// Since when.
    pub at: Timestamp,
}

flag! {
    /// What the people of a list are to become.
    ImportAs {
        /// Contacts.
        Contacts,
        /// Numbers that nobody writes to any more.
        Suppressions
    }
}

/// `contact import FILE --country DE [--dry-run]`: a CSV or TSV file. Files beyond a line of the socket come in pieces, which
/// may end anywhere between two characters: the first call names no `import`, the next ones the id of its reply.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactImport {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// The content of the file, or a piece of it.
    pub file: String,
    /// `true` while pieces follow.
    #[serde(default, skip_serializing_if = "Rest::is_default")]
    pub more: Rest,
    /// The import that this piece belongs to; absent: a new one, and what follows here counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<ImportId>,
    /// What the file is called; it becomes the source of consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The country of phone numbers without a country code, as two letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// `--dry-run`: nothing is stored.
    #[serde(default, skip_serializing_if = "Rehearsal::is_default")]
    pub dry_run: Rehearsal,
    /// `--suppress`: never write to these.
    #[serde(default, skip_serializing_if = "ImportAs::is_default")]
    pub suppress: ImportAs,
    /// Tags for everybody on the list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// `--column phone=HEADING`: what columns are whose headings do not say it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub column: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(count: &i64) -> bool {
    *count == 0
}

/// What somebody should know of a row that was taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowRemark {
    /// The row, from 1 for the line after the header.
    pub row: u64,
    /// What stands in the place of the phone number.
    pub value: String,
    /// The remark: that a second number stood there, that it is a landline.
    pub remark: String,
}

/// A row of a file that was not taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowRejected {
    /// The row, from 1 for the line after the header.
    pub row: u64,
    /// What stands in the place of the phone number.
    pub value: String,
    /// Why it was not taken in.
    pub reason: String,
}

/// What became of a file so far: rows = imported + duplicates + suppressed + rejected of all pieces.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactImported {
    /// Rows with anything in them.
    pub rows: i64,
    /// Rows that became contacts, or changed one.
    pub imported: i64,
    /// Of these, rows whose phone number was written so that it had to be mended.
    pub repaired: i64,
    /// Rows that name somebody of an earlier row.
    pub duplicates: i64,
    /// Rows of people who are not written to any more.
    pub suppressed: i64,
    /// Rows that were not taken in, of this piece alone.
    pub rejected: Vec<RowRejected>,
    /// The import, while pieces follow or something is unread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<ImportId>,
    /// `true` when a reply can't hold more rejected rows: ask on with an empty piece before the next one.
    #[serde(default, skip_serializing_if = "Rest::is_default")]
    pub unread: Rest,
    /// Of the imported, those who were no contacts before.
    #[serde(default)]
    pub added: i64,
    /// The columns that were understood, with what they were taken for.
    #[serde(default)]
    pub columns: Vec<ColumnRead>,
    /// What somebody should know of rows that were taken in, of this piece alone; 500 in all at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<RowRemark>,
    /// How many remarks there were.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub remarked: i64,
}

/// A column of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnRead {
    /// Its heading.
    pub heading: String,
    /// What it was taken for: `phone`, `name`, `tags`, `language`, `consent`, `note`, or the name of a column of the owner's own.
    pub taken_for: String,
}
