//! `quick_reply.*`: stored answers, which the assistant reads as facts.

use serde::{Deserialize, Serialize};

use crate::ids::QuickReplyId;
use crate::model::quick_reply::{BUSINESS, QuickReplyState};
use crate::protocol::name::{ChatName, Cursor, QuickReplyName, TenantName};
use crate::protocol::piece::Rehearsal;
use crate::time::Timestamp;

/// `quick-reply list`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuickReplyList {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Only those of this category, letter case apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Only those with this in their label or words, letter case apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub find: Option<String>,
    /// Only those in this state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<QuickReplyState>,
    /// How many at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the page begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Cursor>,
}

/// `quick-reply add LABEL TEXT`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuickReplyAdd {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// What it is called, unique in the tenant.
    pub label: String,
    /// The words, with places for variables: `Hi {{ name }}`.
    pub text: String,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
}

/// `quick-reply edit NAME [--label LABEL] [--text TEXT]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuickReplyEdit {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub name: QuickReplyName,
    /// What it is called from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The new words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What it is about; empty: nothing in particular.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// In use, or put aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<QuickReplyState>,
}

/// `quick-reply remove NAME`: the reply is what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuickReplyRemove {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which.
    pub name: QuickReplyName,
}

/// A stored answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuickReplyDocument {
    /// Its id.
    pub id: QuickReplyId,
    /// What it is called.
    pub label: String,
    /// The words.
    pub text: String,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was changed last.
    #[serde(default)]
    pub updated_at: Option<Timestamp>,
    /// What it is about.
    #[serde(default)]
    pub category: Option<String>,
    /// Is it in use?
    #[serde(default = "in_use")]
    pub state: QuickReplyState,
    /// How often people sent it.
    #[serde(default)]
    pub uses: i64,
    /// How many of the assistant's answers that went out lean on it.
    #[serde(default)]
    pub citations: i64,
    /// When it was of use last.
    #[serde(default)]
    pub used_at: Option<Timestamp>,
    /// The variables in its words.
    #[serde(default)]
    pub variables: Vec<String>,
    /// Why its words can't be read, as those that a version with other limits has stored: then nobody gets them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl QuickReplyDocument {
    /// The variables that only a person has a value for. With any of them the assistant is not told.
    #[must_use]
    pub fn personal_variables(&self) -> Vec<&str> {
        let names = self.variables.iter().map(String::as_str);
        names.filter(|name| *name != BUSINESS).collect()
    }
}

const fn in_use() -> QuickReplyState {
    QuickReplyState::Active
}

/// `quick-reply import FILE [--dry-run]`: a Markdown file with a heading for each label. Known labels get the words of the
/// file; nothing is taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuickReplyImport {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// The content of the file.
    pub file: String,
    /// `--dry-run`
    #[serde(default)]
    pub dry_run: Rehearsal,
}

/// A part of a file that is no quick reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuickReplyRejected {
    /// The line it begins in, from 1.
    pub line: u64,
    /// What is called so.
    pub label: String,
    /// Why it is none.
    pub reason: String,
}

/// What became of a file of quick replies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuickReplyImported {
    /// New labels.
    pub added: Vec<String>,
    /// Labels that got other words.
    pub changed: Vec<String>,
    /// Labels that were the same already.
    pub unchanged: i64,
    /// What could not be taken in.
    pub rejected: Vec<QuickReplyRejected>,
}

/// `quick-reply export`: all of them as a Markdown file that `quick-reply import` reads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuickReplyExport {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
}

/// A file of quick replies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuickReplyFile {
    /// The content.
    pub file: String,
    /// How many are in it.
    pub quick_replies: i64,
}

/// `quick-reply render NAME --chat CHAT`: what a person would get of it. Without a name: of each that is offered, for a
/// picker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuickReplyRender {
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Which; absent: every one that is offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<QuickReplyName>,
    /// Whom it would go to.
    pub chat: ChatName,
}

/// What a person would get of a quick reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuickReplyRendered {
    /// Its id.
    pub id: QuickReplyId,
    /// What it is called.
    pub label: String,
    /// What it is about.
    pub category: Option<String>,
    /// The words, with the person's own in their places; what has no value stays as it is written.
    pub text: String,
    /// Variables that have no value for this person.
    pub missing: Vec<String>,
    /// How often people sent it.
    pub uses: i64,
}
