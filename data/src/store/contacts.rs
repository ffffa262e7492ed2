//! Contacts: people, their addresses and tags, and what the owner says about them.

use rusqlite::Row;

use super::TenantStore;
use super::change::Change;
use super::error::StoreError;
use super::find::Needle;
use super::merges;
use super::scope::{Scope, Scoped};
use super::suppressions;
use crate::ids::{ChatId, ContactId};
use crate::model::chat::ChatState;
use crate::model::contact::{Consent, Contact, Review, SuppressionCause};
use crate::model::limit;
use crate::phone::{Address, Phone};
use crate::scoped;
use crate::time::Timestamp;

/// The longest tag.
const TAG_CHARS_MAX: usize = limit::TAG.chars;

/// Which contacts to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactFilter {
    /// Only those of whom the owner said this.
    pub review: Option<Review>,
    /// Only those with this tag, letter case apart.
    pub tag: Option<String>,
    /// Only those whose name or phone number has this in it, letter case apart.
    pub find: Option<String>,
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

macro_rules! select_contacts {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.name, c.phone,
                    (SELECT json_group_array(address) FROM identities
                     WHERE tenant_id = c.tenant_id AND contact_id = c.id),
                    c.review, c.opted_out_at,
                    (SELECT json_group_array(tag) FROM contact_tags
                     WHERE tenant_id = c.tenant_id AND contact_id = c.id),
                    c.created_at, c.language, c.note, c.fields, c.consent, c.consent_at, c.consent_source, c.consent_proof
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
        language: row.get(8)?,
        note: row.get(9)?,
        fields: serde_json::from_str(&row.get::<_, String>(10)?).unwrap_or_default(),
        consent: consent(row)?,
    })
}

fn consent(row: &Row<'_>) -> rusqlite::Result<Option<Consent>> {
    let Some(state) = row.get(11)? else { return Ok(None) };
    let at: Option<Timestamp> = row.get(12)?;
    Ok(Some(Consent { state, at: at.unwrap_or(row.get(7)?), source: row.get(13)?, proof: row.get(14)? }))
}

const ADD_TAG: Scoped =
    scoped!("INSERT INTO contact_tags (tenant_id, contact_id, tag) VALUES (:tenant, :id, :tag) ON CONFLICT DO NOTHING");

/// Puts a tag on a person; false when it is there already.
pub(crate) fn add_tag(scope: &Scope<'_>, id: ContactId, tag: &str) -> Result<bool, StoreError> {
    Ok(scope.execute(ADD_TAG, &[(":id", &id), (":tag", &tag)])? > 0)
}

/// Gives a person another name, or none.
pub(crate) fn set_name(scope: &Scope<'_>, id: ContactId, name: Option<&str>) -> Result<(), StoreError> {
    const NAME: Scoped = scoped!("UPDATE contacts SET name = :name WHERE tenant_id = :tenant AND id = :id");
    scope.execute(NAME, &[(":id", &id), (":name", &name)]).map(drop)
}

/// One person.
pub(crate) fn find(scope: &Scope<'_>, id: ContactId) -> Result<Option<Contact>, StoreError> {
    const FIND: Scoped = scoped!(select_contacts!("AND c.id = :id"));
    scope.row(FIND, &[(":id", &id)], read)
}

/// When a person wrote last, and when they were written to last, over all numbers.
pub(crate) fn last_words(
    scope: &Scope<'_>,
    id: ContactId,
) -> Result<(Option<Timestamp>, Option<Timestamp>), StoreError> {
    const LAST: Scoped =
        scoped!("SELECT max(last_in_at), max(last_out_at) FROM chats WHERE tenant_id = :tenant AND contact_id = :id");
    Ok(scope.row(LAST, &[(":id", &id)], |row| Ok((row.get(0)?, row.get(1)?)))?.unwrap_or_default())
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

/// Whom an opt-out by number was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptedOut {
    /// Somebody we know.
    Person(Box<Contact>),
    /// A number that nobody knows, and since when nobody writes to it.
    Number(Phone, Option<Timestamp>),
}

impl From<Contact> for OptedOut {
    fn from(person: Contact) -> Self {
        Self::Person(Box::new(person))
    }
}

/// Notes since when a person does not want to be written to, under every one of their addresses. An answer under way is
/// taken back.
pub(crate) fn opt_out(
    scope: &Scope<'_>,
    id: ContactId,
    since: Timestamp,
    cause: SuppressionCause,
    now: Timestamp,
) -> Result<Contact, StoreError> {
    // Whoever opts out twice did so the first time.
    const SET: Scoped = scoped!(
        "UPDATE contacts SET opted_out_at = coalesce(opted_out_at, :since) WHERE tenant_id = :tenant AND id = :id"
    );
    const ANSWERING: Scoped = scoped!(
        "SELECT chat_id FROM jobs
         WHERE tenant_id = :tenant AND kind = 'answer_chat'
           AND state IN ('scheduled', 'available', 'running', 'retryable', 'held')
           AND chat_id IN (SELECT id FROM chats WHERE tenant_id = :tenant AND contact_id = :id)"
    );
    scope.execute(SET, &[(":id", &id), (":since", &since)])?;
    merges::note_stop(scope, id, since)?;
    let contact = find(scope, id)?.ok_or(StoreError::NotFound("contact"))?;
    for address in suppressions::addresses_of(scope, id)? {
        suppressions::suppress(scope, &address, cause, since)?;
    }
    let answering: Vec<ChatId> = scope.rows(ANSWERING, &[(":id", &id)], |row| row.get(0))?;
    for chat in answering {
        super::jobs::cancel_answer(scope, chat, "opted out", now)?;
        super::chats::set_state(scope, chat, ChatState::NeedsYou, Some("opted out"))?;
    }
    emit_chats(scope, id)?;
    Ok(contact)
}

/// Notes that a person may be written to again, under every one of their addresses.
pub(crate) fn opt_in(scope: &Scope<'_>, id: ContactId) -> Result<Contact, StoreError> {
    const SET: Scoped = scoped!("UPDATE contacts SET opted_out_at = NULL WHERE tenant_id = :tenant AND id = :id");
    scope.execute(SET, &[(":id", &id)])?;
    merges::forget_stop(scope, id)?;
    for address in suppressions::addresses_of(scope, id)? {
        suppressions::lift(scope, &address)?;
    }
    emit_chats(scope, id)?;
    find(scope, id)?.ok_or(StoreError::NotFound("contact"))
}

/// Tags without the space around them.
///
/// # Errors
/// [`StoreError::Invalid`] with what is wrong with one.
pub fn checked_tags(tags: Vec<String>) -> Result<Vec<String>, StoreError> {
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
             AND (:find IS NULL OR instr(fold(c.name), :find) OR instr(c.phone, coalesce(:digits, :find)))
             ORDER BY c.name, c.id LIMIT :limit"
        ));
        self.read(move |scope| {
            let needle = Needle::new(filter.find.as_deref());
            let (name, id) = after.map_or((None, None), |place| (place.name, Some(place.id)));
            scope.rows(
                PAGE,
                &[
                    (":after", &id),
                    (":name", &name),
                    (":review", &filter.review),
                    (":tag", &filter.tag),
                    (":find", &needle.text),
                    (":digits", &needle.digits),
                    (":limit", &limit),
                ],
                read,
            )
        })
        .await
    }

    /// When each of several people wrote last, and when they were written to last, over all numbers; in their order.
    ///
    /// # Errors
    /// What the store says.
    pub async fn last_words_of(
        &self,
        ids: Vec<ContactId>,
    ) -> Result<Vec<(Option<Timestamp>, Option<Timestamp>)>, StoreError> {
        self.read(move |scope| ids.into_iter().map(|id| last_words(scope, id)).collect()).await
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
        const REMOVE: Scoped =
            scoped!("DELETE FROM contact_tags WHERE tenant_id = :tenant AND contact_id = :id AND tag = :tag");
        let add = checked_tags(add)?;
        self.write(move |scope| {
            find(scope, id)?.ok_or(StoreError::NotFound("contact"))?;
            for tag in &add {
                scope.execute(ADD_TAG, &[(":id", &id), (":tag", tag)])?;
            }
            for tag in &remove {
                scope.execute(REMOVE, &[(":id", &id), (":tag", &tag.trim())])?;
            }
            emit_chats(scope, id)?;
            find(scope, id)?.ok_or(StoreError::NotFound("contact"))
        })
        .await
    }

    /// Takes in a person who did not write yet; a known one gets the name and the tags.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a text that is no tag.
    pub async fn add_contact(
        &self,
        phone: Phone,
        name: Option<String>,
        tags: Vec<String>,
        now: Timestamp,
    ) -> Result<Contact, StoreError> {
        let tags = checked_tags(tags)?;
        self.write(move |scope| {
            let address = phone.address();
            let (id, _) = super::chats::contact_of(scope, &address, None, name.as_deref(), Review::New, now)?;
            if name.is_some() {
                set_name(scope, id, name.as_deref())?;
            }
            for tag in &tags {
                scope.execute(ADD_TAG, &[(":id", &id), (":tag", tag)])?;
            }
            emit_chats(scope, id)?;
            find(scope, id)?.ok_or(StoreError::NotFound("contact"))
        })
        .await
    }

    /// The same for a number, known or not: one that nobody knows is suppressed by itself, and whoever turns out to have it
    /// is silent from the beginning.
    ///
    /// # Errors
    /// What the store says.
    pub async fn opt_out_number(
        &self,
        phone: Phone,
        since: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<OptedOut, StoreError> {
        const WHOSE: Scoped =
            scoped!("SELECT contact_id FROM identities WHERE tenant_id = :tenant AND address = :address");
        self.write(move |scope| {
            let (address, cause) = (phone.address(), SuppressionCause::Owner);
            let whose = |address: &Address| scope.row(WHOSE, &[(":address", address)], |row| row.get(0));
            let person: Option<ContactId> = match (whose(&address)?, address.other_spelling()) {
                (None, Some(other)) => whose(&other)?,
                (found, _) => found,
            };
            match (person, since) {
                (Some(id), Some(since)) => opt_out(scope, id, since, cause, now).map(OptedOut::from),
                (Some(id), None) => opt_in(scope, id).map(OptedOut::from),
                (None, Some(since)) => {
                    suppressions::suppress(scope, &address, cause, since)?;
                    // Whoever was silent before stays so since then.
                    let first = suppressions::find(scope, &address)?.map(|(first, _)| first);
                    Ok(OptedOut::Number(phone, first))
                }
                (None, None) => suppressions::lift(scope, &address).map(|()| OptedOut::Number(phone, None)),
            }
        })
        .await
    }

    /// Notes that a person does not want to be written to, or that they want to again (`since`: `None`), under every one of
    /// their addresses. An answer under way to somebody who opts out is taken back.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] without the person.
    pub async fn opt_out_contact(
        &self,
        id: ContactId,
        since: Option<Timestamp>,
        cause: SuppressionCause,
        now: Timestamp,
    ) -> Result<Contact, StoreError> {
        self.write(move |scope| match since {
            Some(since) => opt_out(scope, id, since, cause, now),
            None => opt_in(scope, id),
        })
        .await
    }
}
