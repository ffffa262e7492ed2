//! Makes two people of one again: the last merge of a person is taken back, in one transaction.
//!
//! What each had is theirs again. What came since goes by addresses: a message belongs to whoever's address it came from or was
//! sent to. What people said and did since about the one person stays with the one who is kept; limits hold for both.

mod half;
mod places;
mod silence;
mod threads;

use crate::ids::{ContactId, MergeId};
use crate::model::contact::Contact;
use crate::model::merge::{self, Merge, Parted, Said};
use crate::model::opt_out::Wish;
use crate::phone::Address;
use crate::scoped;
use crate::store::TenantStore;
use crate::store::contacts;
use crate::store::error::StoreError;
use crate::store::merges::{self, Before, Standing};
use crate::store::scope::{Scope, Scoped};
use crate::store::tx::merge_contacts::{json, overwrite};
use crate::time::Timestamp;

/// Two people again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmerged {
    /// The one who was kept.
    pub contact: Contact,
    /// The one who is back.
    pub back: Contact,
    /// The merge that was taken back, with the chats and messages that went back.
    pub merge: Merge,
}

/// The merge that is to be taken back. Only the newest one can be: what an older one did may be part of what a newer one did.
fn chosen(scope: &Scope<'_>, contact: &Contact, wanted: Option<MergeId>) -> Result<Standing, StoreError> {
    let who = called(contact);
    let mut standing = merges::of(scope, contact.id)?.into_iter();
    let Some(newest) = standing.next() else {
        return Err(StoreError::Conflict(format!("nobody was merged into {who}")));
    };
    match wanted {
        None => Ok(newest),
        Some(id) if newest.merge.id == id => Ok(newest),
        Some(id) if standing.any(|older| older.merge.id == id) => Err(StoreError::Conflict(format!(
            "{} was merged into {who} after that: take that back first, with `mychatflow contact unmerge {}`",
            called(&newest.before.gone),
            contact.id
        ))),
        Some(_) => Err(StoreError::Conflict(format!(
            "no such merge into {who}, or it was taken back: see `mychatflow contact show {}`",
            contact.id
        ))),
    }
}

fn called(contact: &Contact) -> String {
    let phone = contact.phone.as_ref().map(ToString::to_string);
    let address = || contact.addresses.first().map(ToString::to_string);
    contact.name.clone().or(phone).or_else(address).unwrap_or_else(|| contact.id.to_string())
}

fn unmerge(
    scope: &Scope<'_>,
    contact: ContactId,
    wanted: Option<MergeId>,
    now: Timestamp,
) -> Result<Unmerged, StoreError> {
    let current = contacts::find(scope, contact)?.ok_or(StoreError::NotFound("contact"))?;
    let Standing { mut merge, before, stopped } = chosen(scope, &current, wanted)?;
    let theirs = merge::theirs(&before.gone.addresses, &identities(scope, contact)?);
    let said = said_since(scope, &before, &theirs, stopped)?;
    let Parted { kept, gone } = merge::parted(&before.kept, &before.gone, &before.joined, &current, &theirs, said);
    bring_back(scope, &gone, contact)?;
    overwrite(scope, &kept)?;
    overwrite(scope, &gone)?;
    threads::part(scope, &before, &theirs, now)?;
    places::part(scope, &before, &theirs, now)?;
    silence::part(scope, &before, [&kept, &gone], now)?;
    merges::take_back(scope, &before)?;
    merges::undone(scope, merge.id, now)?;
    contacts::emit_chats(scope, kept.id)?;
    contacts::emit_chats(scope, gone.id)?;
    (merge.chats, merge.messages) = belongings(scope, gone.id)?;
    merge.addresses = theirs;
    let found = |id| contacts::find(scope, id)?.ok_or(StoreError::NotFound("contact"));
    Ok(Unmerged { contact: found(kept.id)?, back: found(gone.id)?, merge })
}

/// The addresses of a person, each with the one that it was learned through.
fn identities(scope: &Scope<'_>, contact: ContactId) -> Result<Vec<(Address, Option<Address>)>, StoreError> {
    const KNOWN: Scoped = scoped!(
        "SELECT address, via FROM identities WHERE tenant_id = :tenant AND contact_id = :contact ORDER BY address"
    );
    scope.rows(KNOWN, &[(":contact", &contact)], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// What was said about silence since the merge.
fn said_since(scope: &Scope<'_>, before: &Before, theirs: &[Address], stopped: bool) -> Result<Said, StoreError> {
    const BACK: Scoped = scoped!(
        "SELECT address FROM interactions
         WHERE tenant_id = :tenant AND seq > :last_seq AND direction = 'in' AND reason = :told
           AND chat_id IN (SELECT id FROM chats WHERE tenant_id = :tenant AND contact_id = :contact)"
    );
    let told = Wish::Start.told();
    let params: &[(&str, &dyn rusqlite::ToSql)] =
        &[(":contact", &before.kept.id), (":last_seq", &before.last_seq), (":told", &told)];
    let back: Vec<Address> = scope.rows(BACK, params, |row| row.get(0))?;
    Ok(Said {
        stopped,
        kept_back: back.iter().any(|address| !theirs.contains(address)),
        gone_back: back.iter().any(|address| theirs.contains(address)),
    })
}

/// The one who was gone is here again, under their old id, with their addresses.
fn bring_back(scope: &Scope<'_>, gone: &Contact, from: ContactId) -> Result<(), StoreError> {
    const INSERT: Scoped =
        scoped!("INSERT INTO contacts (tenant_id, id, review, created_at) VALUES (:tenant, :id, :review, :created_at)");
    const IDENTITIES: Scoped = scoped!(
        "UPDATE identities SET contact_id = :gone
         WHERE tenant_id = :tenant AND contact_id = :from AND address IN (SELECT value FROM json_each(:addresses))"
    );
    let params: &[(&str, &dyn rusqlite::ToSql)] =
        &[(":id", &gone.id), (":review", &gone.review), (":created_at", &gone.created_at)];
    scope.execute(INSERT, params)?;
    let addresses = json(&gone.addresses)?;
    scope.execute(IDENTITIES, &[(":gone", &gone.id), (":from", &from), (":addresses", &addresses)]).map(drop)
}

/// How many chats and messages a person has.
fn belongings(scope: &Scope<'_>, contact: ContactId) -> Result<(i64, i64), StoreError> {
    const COUNT: Scoped = scoped!(
        "SELECT count(*), coalesce(sum((SELECT count(*) FROM interactions AS i
                                        WHERE i.tenant_id = h.tenant_id AND i.chat_id = h.id)), 0)
         FROM chats AS h WHERE h.tenant_id = :tenant AND h.contact_id = :contact"
    );
    Ok(scope.row(COUNT, &[(":contact", &contact)], |row| Ok((row.get(0)?, row.get(1)?)))?.unwrap_or_default())
}

impl TenantStore {
    /// Takes the last merge of a person back. They are kept apart from then on, until the owner makes one of them again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] without the person, [`StoreError::Conflict`] when there is no merge, or not this one, to take
    /// back.
    pub async fn unmerge_contacts(
        &self,
        contact: ContactId,
        merge: Option<MergeId>,
        now: Timestamp,
    ) -> Result<Unmerged, StoreError> {
        self.write(move |scope| unmerge(scope, contact, merge, now)).await
    }
}
