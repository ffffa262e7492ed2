//! Finds a chat or a contact by what a person calls it: an id, a phone number, an address, or a name that fits one.

use super::TenantStore;
use super::chats::{self, Listed, read_listed, select_chats};
use super::error::StoreError;
use super::scope::{Scope, Scoped};
use crate::ids::{ChatId, ContactId, InstanceId};
use crate::model::contact::{Contact, Review};
use crate::phone::{Address, Phone};
use crate::scoped;
use crate::time::Timestamp;

/// How many candidates a `conflict` names.
const NAMED_MAX: usize = 5;

/// A text in small letters, for comparing without regard to case.
pub(crate) fn folded(text: &str) -> String {
    text.to_lowercase()
}

/// What to look for in names and phone numbers: the text in small letters, and the digits where it may be a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Needle {
    pub(crate) text: Option<String>,
    pub(crate) digits: Option<String>,
}

impl Needle {
    pub(crate) fn new(text: Option<&str>) -> Self {
        let text = text.map(|text| folded(text.trim())).filter(|text| !text.is_empty());
        let digits = text.as_deref().and_then(crate::model::query::digits_in);
        Self { text, digits }
    }
}

/// Of things with names, those that a text means: the whole name before any fragment, letter case apart.
fn fitting<T>(things: Vec<(T, String)>, text: &str) -> Vec<(T, String)> {
    let wanted = text.trim().to_lowercase();
    if wanted.is_empty() {
        return Vec::new();
    }
    let (whole, rest): (Vec<_>, Vec<_>) = things.into_iter().partition(|(_, name)| name.to_lowercase() == wanted);
    if whole.is_empty() {
        rest.into_iter().filter(|(_, name)| name.to_lowercase().contains(&wanted)).collect()
    } else {
        whole
    }
}

/// The only one, or why it is none.
fn only<T>(mut found: Vec<(T, String)>, what: &'static str, text: &str) -> Result<T, StoreError> {
    match found.len() {
        0 => Err(StoreError::NotFound(what)),
        1 => Ok(found.remove(0).0),
        several => {
            let names: Vec<String> = found.into_iter().take(NAMED_MAX).map(|(_, name)| name).collect();
            let more = if several > NAMED_MAX { ", …" } else { "" };
            let names = names.join(", ");
            Err(StoreError::Conflict(format!("{text:?} fits {several} {what}s: {names}{more}; say which by its id")))
        }
    }
}

fn described(name: Option<String>, phone: Option<&Phone>, id: impl std::fmt::Display) -> String {
    match (name, phone) {
        (Some(name), Some(phone)) => format!("{name} ({phone}, {id})"),
        (Some(name), None) => format!("{name} ({id})"),
        (None, Some(phone)) => format!("{phone} ({id})"),
        (None, None) => id.to_string(),
    }
}

/// The address that a text is, as a phone number or in WhatsApp's own form.
fn address_in(text: &str) -> Option<Address> {
    Phone::parse(text).map(|phone| phone.address()).or_else(|_| Address::parse(text.trim())).ok()
}

/// The same, and then by the other spelling of its number.
fn spellings(text: &str) -> impl Iterator<Item = Address> {
    let address = address_in(text);
    let other = address.as_ref().and_then(Address::other_spelling);
    address.into_iter().chain(other)
}

fn chat_named(scope: &Scope<'_>, text: &str, instance: Option<InstanceId>) -> Result<Listed, StoreError> {
    const BY_ID: Scoped = scoped!(select_chats!("AND h.id = :id AND (:instance IS NULL OR h.instance_id = :instance)"));
    const BY_ADDRESS: Scoped = scoped!(select_chats!(
        "AND (:instance IS NULL OR h.instance_id = :instance)
         AND (h.contact_id IN (SELECT contact_id FROM identities WHERE tenant_id = :tenant AND address = :address)
              OR h.contact_id IN (SELECT id FROM contacts WHERE tenant_id = :tenant AND phone = :phone)
              OR (h.kind = 'group' AND h.address = :address))"
    ));
    const NAMES: Scoped = scoped!(
        "SELECT h.id, coalesce(c.name, h.title) FROM chats AS h
         LEFT JOIN contacts AS c ON c.tenant_id = h.tenant_id AND c.id = h.contact_id
         WHERE h.tenant_id = :tenant AND (:instance IS NULL OR h.instance_id = :instance)
           AND coalesce(c.name, h.title) IS NOT NULL
         ORDER BY h.last_at DESC"
    );
    if let Ok(id) = text.trim().parse::<ChatId>() {
        let found = scope.row(BY_ID, &[(":id", &id), (":instance", &instance)], read_listed)?;
        return found.ok_or(StoreError::NotFound("chat"));
    }
    for address in spellings(text) {
        let phone = address.phone();
        let phone = phone.as_ref().map(Phone::digits);
        let found = scope.rows(
            BY_ADDRESS,
            &[(":address", &address), (":phone", &phone), (":instance", &instance)],
            read_listed,
        )?;
        if !found.is_empty() {
            let found = found.into_iter().map(|listed| {
                let chat = &listed.chat;
                let name = described(chat.name.clone(), chat.phone.as_ref(), chat.id);
                (listed, name)
            });
            return only(found.collect(), "chat", text);
        }
    }
    let names = scope
        .rows(NAMES, &[(":instance", &instance)], |row| Ok((row.get::<_, ChatId>(0)?, row.get::<_, String>(1)?)))?;
    let fit = fitting(names, text).into_iter().map(|(id, name)| (id, described(Some(name), None, id))).collect();
    let id = only(fit, "chat", text)?;
    scope.row(BY_ID, &[(":id", &id), (":instance", &instance)], read_listed)?.ok_or(StoreError::NotFound("chat"))
}

fn contact_named(scope: &Scope<'_>, text: &str) -> Result<Contact, StoreError> {
    const BY_ADDRESS: Scoped = scoped!(
        "SELECT contact_id FROM identities WHERE tenant_id = :tenant AND address = :address
         UNION SELECT id FROM contacts WHERE tenant_id = :tenant AND phone = :phone"
    );
    const NAMES: Scoped =
        scoped!("SELECT id, name FROM contacts WHERE tenant_id = :tenant AND name IS NOT NULL ORDER BY name");
    let find = |id| super::contacts::find(scope, id)?.ok_or(StoreError::NotFound("contact"));
    if let Ok(id) = text.trim().parse::<ContactId>() {
        return find(id);
    }
    for address in spellings(text) {
        let phone = address.phone();
        let phone = phone.as_ref().map(Phone::digits);
        let found: Vec<ContactId> =
            scope.rows(BY_ADDRESS, &[(":address", &address), (":phone", &phone)], |row| row.get(0))?;
        if !found.is_empty() {
            return find(only(found.into_iter().map(|id| (id, id.to_string())).collect(), "contact", text)?);
        }
    }
    let names = scope.rows(NAMES, &[], |row| Ok((row.get::<_, ContactId>(0)?, row.get::<_, String>(1)?)))?;
    let fit = fitting(names, text).into_iter().map(|(id, name)| (id, described(Some(name), None, id))).collect();
    find(only(fit, "contact", text)?)
}

impl TenantStore {
    /// The chat that a person means: by id, phone number, address, or a name that fits one.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when none fits, [`StoreError::Conflict`] when several do.
    pub async fn chat_named(&self, text: String, instance: Option<InstanceId>) -> Result<Listed, StoreError> {
        self.read(move |scope| chat_named(scope, &text, instance)).await
    }

    /// The contact that a person means: by id, phone number, address, or a name that fits one.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when none fits, [`StoreError::Conflict`] when several do.
    pub async fn contact_named(&self, text: String) -> Result<Contact, StoreError> {
        self.read(move |scope| contact_named(scope, &text)).await
    }

    /// The chats of a phone number on one of our numbers or on each, made where it never wrote.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such number of ours, or none at all.
    pub async fn chats_for_phone(
        &self,
        phone: Phone,
        instance: Option<InstanceId>,
        now: Timestamp,
    ) -> Result<Vec<ChatId>, StoreError> {
        const OURS: Scoped = scoped!(
            "SELECT id FROM instances
             WHERE tenant_id = :tenant AND removed_at IS NULL AND (:instance IS NULL OR id = :instance) ORDER BY id"
        );
        self.write(move |scope| {
            let ours: Vec<InstanceId> = scope.rows(OURS, &[(":instance", &instance)], |row| row.get(0))?;
            if ours.is_empty() {
                return Err(StoreError::NotFound("instance"));
            }
            let address = phone.address();
            ours.into_iter()
                .map(|instance| {
                    let thread = chats::thread(scope, instance, &address, None, None, Review::New, now)?;
                    Ok(thread.chat)
                })
                .collect()
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_name_comes_before_its_fragments() {
        let names = || vec![(1, "Ana".to_owned()), (2, "Ana Maria".to_owned()), (3, "Änne".to_owned())];
        for (text, expected) in
            [("ana", vec![1]), ("an", vec![1, 2]), ("MARIA", vec![2]), ("änne", vec![3]), ("", vec![])]
        {
            let found: Vec<i32> = fitting(names(), text).into_iter().map(|(id, _)| id).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
