//! Contacts: people, their addresses and tags, and what the owner says about them.

use rusqlite::Row;

use super::TenantStore;
use super::change::Change;
use super::error::StoreError;
use super::scope::{Scope, Scoped};
use crate::ids::{ChatId, ContactId, InstanceId};
use crate::model::contact::{Contact, Review};
use crate::phone::Address;
use crate::scoped;
use crate::time::Timestamp;

/// The longest tag.
const TAG_CHARS_MAX: usize = 64;

/// Which contacts to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactFilter {
    /// Only those of whom the owner said this.
    pub review: Option<Review>,
    /// Only those with this tag, letter case apart.
    pub tag: Option<String>,
    /// Only those whose name or phone number has this in it.
    pub text: Option<String>,
}

/// Where a page of contacts ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactPlace {
    /// The last contact's name; people without one come first.
    pub name: Option<String>,
    /// The last contact.
    pub id: ContactId,
}

impl ContactPlace {
    /// The place after a contact.
    #[must_use]
    pub fn after(contact: &Contact) -> Self {
        Self { name: contact.name.clone(), id: contact.id }
    }
}

/// Whether WhatsApp has a chat with a person from before the number was paired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// It has: the person is answered only once reviewed.
    BeforePairing,
    /// It has none.
    None,
}

macro_rules! select_contacts {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.name, c.phone,
                    (SELECT json_group_array(address) FROM identities
                     WHERE tenant_id = c.tenant_id AND contact_id = c.id),
                    c.review, c.opted_out_at,
                    (SELECT json_group_array(tag) FROM contact_tags
                     WHERE tenant_id = c.tenant_id AND contact_id = c.id),
                    c.created_at
             FROM contacts AS c WHERE c.tenant_id = :tenant ",
            $rest
        )
    };
}

fn read(row: &Row<'_>) -> rusqlite::Result<Contact> {
    let addresses: String = row.get(3)?;
    let tags: String = row.get(6)?;
    Ok(Contact {
        id: row.get(0)?,
        name: row.get(1)?,
        phone: row.get(2)?,
        addresses: serde_json::from_str(&addresses).unwrap_or_default(),
        review: row.get(4)?,
        opted_out_at: row.get(5)?,
        tags: serde_json::from_str(&tags).unwrap_or_default(),
        created_at: row.get(7)?,
    })
}

/// One person.
pub(crate) fn find(scope: &Scope<'_>, id: ContactId) -> Result<Option<Contact>, StoreError> {
    const FIND: Scoped = scoped!(select_contacts!("AND c.id = :id"));
    scope.row(FIND, &[(":id", &id)], read)
}

/// Tells listeners that a person's chats look different.
pub(crate) fn emit_chats(scope: &Scope<'_>, id: ContactId) -> Result<(), StoreError> {
    const CHATS: Scoped = scoped!("SELECT id FROM chats WHERE tenant_id = :tenant AND contact_id = :id");
    let chats: Vec<ChatId> = scope.rows(CHATS, &[(":id", &id)], |row| row.get(0))?;
    for chat in chats {
        scope.emit(Change::ChatChanged(scope.tenant(), chat));
    }
    Ok(())
}

fn checked_tags(tags: Vec<String>) -> Result<Vec<String>, StoreError> {
    let tags: Vec<String> = tags.into_iter().map(|tag| tag.trim().to_owned()).collect();
    let wrong = |tag: &String| {
        tag.is_empty() || tag.chars().count() > TAG_CHARS_MAX || tag.chars().any(|c| c.is_control() || c == ',')
    };
    match tags.iter().find(|tag| wrong(tag)) {
        Some(tag) => Err(StoreError::Invalid(format!(
            "{tag:?} is no tag: 1 to {TAG_CHARS_MAX} characters, no commas and no line breaks"
        ))),
        None => Ok(tags),
    }
}

impl TenantStore {
    /// People by name.
    ///
    /// # Errors
    /// What the store says.
    pub async fn contacts(
        &self,
        filter: ContactFilter,
        after: Option<ContactPlace>,
        limit: i64,
    ) -> Result<Vec<Contact>, StoreError> {
        const PAGE: Scoped = scoped!(select_contacts!(
            "AND (:after IS NULL OR c.name > :name OR (c.name IS :name AND c.id > :after)
                  OR (:name IS NULL AND c.name IS NOT NULL))
             AND (:review IS NULL OR c.review = :review)
             AND (:tag IS NULL OR EXISTS (SELECT 1 FROM contact_tags AS t
                                          WHERE t.tenant_id = :tenant AND t.contact_id = c.id AND t.tag = :tag))
             AND (:text IS NULL OR instr(lower(c.name), lower(:text)) OR instr(c.phone, :text))
             ORDER BY c.name, c.id LIMIT :limit"
        ));
        self.read(move |scope| {
            let (name, id) = after.map_or((None, None), |place| (place.name, Some(place.id)));
            scope.rows(
                PAGE,
                &[
                    (":after", &id),
                    (":name", &name),
                    (":review", &filter.review),
                    (":tag", &filter.tag),
                    (":text", &filter.text),
                    (":limit", &limit),
                ],
                read,
            )
        })
        .await
    }

    /// One person.
    ///
    /// # Errors
    /// What the store says.
    pub async fn contact(&self, id: ContactId) -> Result<Option<Contact>, StoreError> {
        self.read(move |scope| find(scope, id)).await
    }

    /// A person's chats, one per number of ours.
    ///
    /// # Errors
    /// What the store says.
    pub async fn chats_of(&self, id: ContactId) -> Result<Vec<super::chats::Listed>, StoreError> {
        const CHATS: Scoped =
            scoped!(super::chats::select_chats!("AND h.contact_id = :contact ORDER BY h.last_at DESC, h.id DESC"));
        self.read(move |scope| scope.rows(CHATS, &[(":contact", &id)], super::chats::read_listed)).await
    }

    /// Puts tags on a person and takes others off.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] without the person, [`StoreError::Invalid`] for a text that is no tag.
    pub async fn tag_contact(
        &self,
        id: ContactId,
        add: Vec<String>,
        remove: Vec<String>,
    ) -> Result<Contact, StoreError> {
        const ADD: Scoped = scoped!(
            "INSERT INTO contact_tags (tenant_id, contact_id, tag) VALUES (:tenant, :id, :tag) ON CONFLICT DO NOTHING"
        );
        const REMOVE: Scoped =
            scoped!("DELETE FROM contact_tags WHERE tenant_id = :tenant AND contact_id = :id AND tag = :tag");
        let add = checked_tags(add)?;
        self.write(move |scope| {
            find(scope, id)?.ok_or(StoreError::NotFound("contact"))?;
            for tag in &add {
                scope.execute(ADD, &[(":id", &id), (":tag", tag)])?;
            }
            for tag in &remove {
                scope.execute(REMOVE, &[(":id", &id), (":tag", &tag.trim())])?;
            }
            emit_chats(scope, id)?;
            find(scope, id)?.ok_or(StoreError::NotFound("contact"))
        })
        .await
    }

    /// Notes a person that WAHA knows. One with a history from before pairing is `unreviewed`, unless the owner has
    /// reviewed them already or they were here before the number was paired; a missing name is filled in.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for an address that is no person's.
    pub async fn import_known(
        &self,
        instance: InstanceId,
        address: Address,
        alternate: Option<Address>,
        name: Option<String>,
        history: History,
        now: Timestamp,
    ) -> Result<ContactId, StoreError> {
        // A person who wrote between the pairing and this sync was taken for a new one.
        const UNREVIEWED: Scoped = scoped!(
            "UPDATE contacts SET review = 'unreviewed'
             WHERE tenant_id = :tenant AND id = :id AND review = 'new'
               AND created_at >= (SELECT paired_at FROM instances WHERE tenant_id = :tenant AND id = :instance)"
        );
        self.write(move |scope| {
            if !address.is_person() {
                return Err(StoreError::Invalid("only a person can be a contact".to_owned()));
            }
            let review = match history {
                History::BeforePairing => Review::Unreviewed,
                History::None => Review::New,
            };
            let name = name.as_deref().map(str::trim).filter(|name| !name.is_empty());
            let (contact, _) = super::chats::contact_of(scope, &address, alternate.as_ref(), name, review, now)?;
            if history == History::BeforePairing {
                scope.execute(UNREVIEWED, &[(":id", &contact), (":instance", &instance)])?;
            }
            emit_chats(scope, contact)?;
            Ok(contact)
        })
        .await
    }
}
