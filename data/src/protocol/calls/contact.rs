//! `contact.*`: the people who wrote.

use serde::{Deserialize, Serialize};

use super::chat::ChatSummary;
use crate::model::contact::{Contact, Review};
use crate::model::words;
use crate::phone::Phone;
use crate::protocol::flag::flag;
use crate::protocol::name::{ContactName, Cursor, TenantName};

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

/// `contact edit CONTACT [--name NAME]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// `contact optout CONTACT [--back]`: the assistant and campaigns write to the person no more, or again.
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

/// A person with their chats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactShown {
    /// The person.
    #[serde(flatten)]
    pub contact: Contact,
    /// Their chats, one per number of ours.
    #[serde(default)]
    pub chats: Vec<ChatSummary>,
}
