//! Merges: what two people were before they became one, so that it can be taken back; and who is kept apart since it was.
//!
//! A merge that was taken back stays as the word of the owner that the two are not one. Whoever finds by an address that they
//! are (`contact_of`: a message with both addresses, the answer about a LID, a contact list) asks
//! `are_apart` first and then goes by the address alone. Only the owner makes one of them again, by hand, which forgets it.

use serde::{Deserialize, Serialize};

use super::TenantStore;
use super::error::StoreError;
use super::scope::{Scope, Scoped};
use crate::ids::{CampaignId, ChatId, ContactId, InteractionId, MergeId, NoteId, RecipientId};
use crate::model::contact::{Contact, SuppressionCause};
use crate::model::merge::{Merge, MergeCause, ThreadRow};
use crate::model::recipient::RecipientState;
use crate::phone::Address;
use crate::scoped;
use crate::time::Timestamp;

/// Everything that takes a merge back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Before {
    /// The person who is left, as they were.
    pub kept: Contact,
    /// The other one.
    pub gone: Contact,
    /// The one that they became.
    pub joined: Contact,
    /// Addresses of both that nobody wrote to.
    pub silent: Vec<Silent>,
    /// Numbers of ours on which either had a chat.
    pub threads: Vec<Thread>,
    /// Places of the other one on lists.
    pub places: Vec<Place>,
    /// Merges into the other one.
    pub merges: Vec<MergeId>,
    /// Those of whom the other one is kept apart, by the merge that was taken back.
    pub apart: Vec<MergeId>,
    /// The last message before it.
    pub last_seq: i64,
    /// Messages that came with the other one.
    pub messages: i64,
}

/// An address that nobody wrote to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Silent {
    pub address: Address,
    pub at: Timestamp,
    pub cause: SuppressionCause,
}

/// The chats of both on one number of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Thread {
    pub kept: Option<ThreadRow>,
    pub gone: Option<ThreadRow>,
    /// The chat that was left, right after it.
    pub joined: ThreadRow,
    /// What belonged to the chat that became part of another one.
    pub folded: Option<Folded>,
}

/// What belonged to a chat that became part of another one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Folded {
    pub settings: Vec<Setting>,
    pub draft: Option<Draft>,
    /// The draft of the chat that was left.
    pub kept_draft: Option<Draft>,
    pub notes: Vec<NoteId>,
    /// Its messages under addresses that are not the person's.
    pub strays: Vec<InteractionId>,
    /// Messages of the chat that was left under addresses that are.
    pub kept_strays: Vec<InteractionId>,
    /// Questions of either that a human's word in the other one answered.
    #[serde(default)]
    pub answered: Vec<InteractionId>,
}

/// A setting of a chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Setting {
    pub key: String,
    pub value: String,
    pub updated_at: Timestamp,
}

/// The words in a composer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Draft {
    pub text: String,
    pub updated_at: Timestamp,
}

/// A place of the person who is gone on a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub campaign: CampaignId,
    pub theirs: RecipientId,
    /// That of the person who is left.
    pub ours: Option<RecipientId>,
    /// Which of the two was let go.
    pub let_go: Option<LetGo>,
}

/// A row that was let go, for another one of the same person stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LetGo {
    pub row: RecipientId,
    pub state: RecipientState,
    pub reason: Option<String>,
}

/// Writes down what a merge did.
pub(crate) fn insert(
    scope: &Scope<'_>,
    id: MergeId,
    cause: MergeCause,
    before: &Before,
    now: Timestamp,
) -> Result<(), StoreError> {
    const INSERT: Scoped = scoped!(
        "INSERT INTO merges (tenant_id, id, kept, gone, cause, before, at)
         VALUES (:tenant, :id, :kept, :gone, :cause, :before, :now)"
    );
    let json = serde_json::to_string(before).map_err(|error| StoreError::Invalid(format!("a merge: {error}")))?;
    let params: &[(&str, &dyn rusqlite::ToSql)] = &[
        (":id", &id),
        (":kept", &before.kept.id),
        (":gone", &before.gone.id),
        (":cause", &cause),
        (":before", &json),
        (":now", &now),
    ];
    scope.execute(INSERT, params).map(drop)
}

/// A merge that stands, with everything that takes it back.
pub(crate) struct Standing {
    pub merge: Merge,
    pub before: Before,
    pub stopped: bool,
}

/// The merges of a person that stand, newest first.
pub(crate) fn of(scope: &Scope<'_>, contact: ContactId) -> Result<Vec<Standing>, StoreError> {
    const OF: Scoped = scoped!(
        "SELECT id, cause, at, before, stopped_at IS NOT NULL FROM merges
         WHERE tenant_id = :tenant AND kept = :contact AND undone_at IS NULL ORDER BY at DESC, id DESC"
    );
    let rows = scope.rows(OF, &[(":contact", &contact)], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?, row.get(4)?))
    })?;
    let standing = |(id, cause, at, json, stopped): (_, _, _, String, _)| {
        let before: Before =
            serde_json::from_str(&json).map_err(|error| StoreError::Invalid(format!("a merge: {error}")))?;
        let gone = &before.gone;
        let merge = Merge {
            id,
            kept: contact,
            name: gone.name.clone(),
            phone: gone.phone.clone(),
            addresses: gone.addresses.clone(),
            chats: before.threads.iter().map(|thread| i64::from(thread.gone.is_some())).sum(),
            messages: before.messages,
            cause,
            at,
        };
        Ok(Standing { merge, before, stopped })
    };
    rows.into_iter().map(standing).collect()
}

/// A merge is taken back: what people were is forgotten, that they are two is not.
pub(crate) fn undone(scope: &Scope<'_>, id: MergeId, now: Timestamp) -> Result<(), StoreError> {
    const UNDONE: Scoped =
        scoped!("UPDATE merges SET undone_at = :now, before = '{}' WHERE tenant_id = :tenant AND id = :id");
    scope.execute(UNDONE, &[(":id", &id), (":now", &now)]).map(drop)
}

/// Did the owner say that these are two people?
pub(crate) fn are_apart(scope: &Scope<'_>, one: ContactId, other: ContactId) -> Result<bool, StoreError> {
    const APART: Scoped = scoped!(
        "SELECT 1 FROM merges
         WHERE tenant_id = :tenant AND undone_at IS NOT NULL
           AND (kept = :one AND gone = :other OR kept = :other AND gone = :one) LIMIT 1"
    );
    Ok(scope.row(APART, &[(":one", &one), (":other", &other)], |_| Ok(()))?.is_some())
}

/// WhatsApp says that two are one whom the owner keeps apart: there is no use in asking it again.
pub(crate) fn note_contradicted(scope: &Scope<'_>, one: ContactId, other: ContactId) -> Result<(), StoreError> {
    const LID: Scoped = scoped!(
        "UPDATE merges SET cause = 'lid'
         WHERE tenant_id = :tenant AND undone_at IS NOT NULL AND cause <> 'lid'
           AND (kept = :one AND gone = :other OR kept = :other AND gone = :one)"
    );
    scope.execute(LID, &[(":one", &one), (":other", &other)]).map(drop)
}

/// Somebody becomes part of another one, who takes over their merges and whom they are kept apart from. What kept just these
/// two apart is over. Returns the merges, and the words that keep apart, whose other side is somebody else now.
pub(crate) fn hand_over(
    scope: &Scope<'_>,
    keep: ContactId,
    gone: ContactId,
) -> Result<(Vec<MergeId>, Vec<MergeId>), StoreError> {
    const ONE: Scoped = scoped!(
        "DELETE FROM merges
         WHERE tenant_id = :tenant AND undone_at IS NOT NULL
           AND (kept = :keep AND gone = :gone OR kept = :gone AND gone = :keep)"
    );
    const KEPT: Scoped =
        scoped!("UPDATE merges SET kept = :keep WHERE tenant_id = :tenant AND kept = :gone RETURNING id");
    const APART: Scoped = scoped!(
        "UPDATE merges SET gone = :keep WHERE tenant_id = :tenant AND gone = :gone AND undone_at IS NOT NULL RETURNING id"
    );
    let both: &[(&str, &dyn rusqlite::ToSql)] = &[(":keep", &keep), (":gone", &gone)];
    scope.execute(ONE, both)?;
    Ok((scope.rows(KEPT, both, |row| row.get(0))?, scope.rows(APART, both, |row| row.get(0))?))
}

/// The one who is back takes back what `hand_over` gave away.
pub(crate) fn take_back(scope: &Scope<'_>, before: &Before) -> Result<(), StoreError> {
    const KEPT: Scoped = scoped!("UPDATE merges SET kept = :gone WHERE tenant_id = :tenant AND id = :id");
    const APART: Scoped = scoped!("UPDATE merges SET gone = :gone WHERE tenant_id = :tenant AND id = :id");
    for (sql, ids) in [(KEPT, &before.merges), (APART, &before.apart)] {
        for id in ids {
            scope.execute(sql, &[(":id", id), (":gone", &before.gone.id)])?;
        }
    }
    Ok(())
}

/// Somebody asked for silence: once a merge of them is taken back, it holds for both.
pub(crate) fn note_stop(scope: &Scope<'_>, contact: ContactId, at: Timestamp) -> Result<(), StoreError> {
    const STOPPED: Scoped = scoped!(
        "UPDATE merges SET stopped_at = :at WHERE tenant_id = :tenant AND kept = :contact AND undone_at IS NULL"
    );
    scope.execute(STOPPED, &[(":contact", &contact), (":at", &at)]).map(drop)
}

/// They want to be written to again.
pub(crate) fn forget_stop(scope: &Scope<'_>, contact: ContactId) -> Result<(), StoreError> {
    const FREED: Scoped = scoped!("UPDATE merges SET stopped_at = NULL WHERE tenant_id = :tenant AND kept = :contact");
    scope.execute(FREED, &[(":contact", &contact)]).map(drop)
}

/// The chats of a person.
pub(crate) fn chats_of(scope: &Scope<'_>, contact: ContactId) -> Result<Vec<ChatId>, StoreError> {
    const CHATS: Scoped =
        scoped!("SELECT id FROM chats WHERE tenant_id = :tenant AND contact_id = :contact ORDER BY id");
    scope.rows(CHATS, &[(":contact", &contact)], |row| row.get(0))
}

impl TenantStore {
    /// Others who turned out to be this person, newest first.
    ///
    /// # Errors
    /// What the store says.
    pub async fn merges_of(&self, contact: ContactId) -> Result<Vec<Merge>, StoreError> {
        self.read(move |scope| Ok(of(scope, contact)?.into_iter().map(|standing| standing.merge).collect())).await
    }
}
