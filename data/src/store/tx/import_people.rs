//! Takes in people of a list, some hundred at a time so that nobody waits long for the writer. Whoever does not want to
//! be written to stays as they are.

use std::collections::BTreeMap;

use crate::ids::ContactId;
use crate::model::contact::{Consent, ConsentState, Review, SuppressionCause};
use crate::phone::{Address, Phone};
use crate::scoped;
use crate::store::TenantStore;
use crate::store::chats;
use crate::store::contacts::{self, checked_tags};
use crate::store::error::StoreError;
use crate::store::merges;
use crate::store::scope::{Scope, Scoped};
use crate::store::suppressions;
use crate::time::Timestamp;

/// A person of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPerson {
    /// The phone number.
    pub phone: Phone,
    /// The name; somebody who has one keeps it.
    pub name: Option<String>,
    /// Tags, put on beside those that are there.
    pub tags: Vec<String>,
    /// The language.
    pub language: Option<String>,
    /// What the owner wrote down; what is there stays.
    pub note: Option<String>,
    /// Columns of the owner's own; others stay.
    pub fields: BTreeMap<String, String>,
    /// What the list puts on record.
    pub consent: Option<Consent>,
    /// On whose word.
    pub basis: Basis,
    /// What the owner said about them; somebody who is here keeps it.
    pub review: Review,
    /// Since when they are not written to.
    pub opted_out_at: Option<Timestamp>,
}

/// On whose word consent goes on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The person's row says it: it takes the place of what was known.
    Row,
    /// They are on the list: it stands where nothing was known.
    List,
}

/// What became of a person of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Nobody knew them.
    Added,
    /// They were here, and have what the list says now.
    Known,
    /// They do not want to be written to: nothing about them was changed.
    Suppressed,
}

struct Known {
    contact: ContactId,
    opted_out: bool,
    nameless: bool,
    consent: Option<ConsentState>,
}

fn known(scope: &Scope<'_>, address: &Address) -> Result<Option<Known>, StoreError> {
    const FIND: Scoped = scoped!(
        "SELECT c.id, c.opted_out_at IS NOT NULL, c.name IS NULL, c.consent FROM identities AS i
         JOIN contacts AS c ON c.tenant_id = i.tenant_id AND c.id = i.contact_id
         WHERE i.tenant_id = :tenant AND i.address = :address"
    );
    let by = |address: &Address| {
        scope.row(FIND, &[(":address", address)], |row| {
            Ok(Known { contact: row.get(0)?, opted_out: row.get(1)?, nameless: row.get(2)?, consent: row.get(3)? })
        })
    };
    match (by(address)?, address.other_spelling()) {
        (None, Some(other)) => by(&other),
        (found, _) => Ok(found),
    }
}

/// What would become of a person of a list.
fn look(scope: &Scope<'_>, address: &Address) -> Result<(Taken, Option<Known>), StoreError> {
    let known = known(scope, address)?;
    let opted_out = known.as_ref().is_some_and(|known| known.opted_out);
    if opted_out || suppressions::is_suppressed(scope, address)? {
        return Ok((Taken::Suppressed, known));
    }
    Ok((if known.is_some() { Taken::Known } else { Taken::Added }, known))
}

fn fields(person: &ListedPerson) -> Result<String, StoreError> {
    serde_json::to_string(&person.fields).map_err(|error| StoreError::Invalid(format!("columns of a row: {error}")))
}

fn add(scope: &Scope<'_>, person: &ListedPerson, address: &Address, now: Timestamp) -> Result<ContactId, StoreError> {
    const INSERT: Scoped = scoped!(
        "INSERT INTO contacts (tenant_id, id, name, phone, review, created_at, language, note, fields,
                               consent, consent_at, consent_source, consent_proof)
         VALUES (:tenant, :id, :name, :phone, :review, :now, :language, :note, :fields,
                 :consent, :consent_at, :consent_source, :consent_proof)"
    );
    let id = ContactId::new();
    let consent = person.consent.as_ref();
    scope.execute(
        INSERT,
        &[
            (":id", &id),
            (":name", &person.name),
            (":phone", &person.phone),
            (":review", &person.review),
            (":now", &now),
            (":language", &person.language),
            (":note", &person.note),
            (":fields", &fields(person)?),
            (":consent", &consent.map(|consent| consent.state)),
            (":consent_at", &consent.map(|consent| consent.at)),
            (":consent_source", &consent.and_then(|consent| consent.source.as_deref())),
            (":consent_proof", &consent.and_then(|consent| consent.proof.as_deref())),
        ],
    )?;
    chats::link(scope, id, address, None)?;
    Ok(id)
}

/// Brings what is known up to date; true when the person's chats look different.
fn update(scope: &Scope<'_>, person: &ListedPerson, known: &Known) -> Result<bool, StoreError> {
    const UPDATE: Scoped = scoped!(
        "UPDATE contacts
         SET language = coalesce(:language, language), note = coalesce(note, :note), fields = json_patch(fields, :fields)
         WHERE tenant_id = :tenant AND id = :id"
    );
    const CONSENT: Scoped = scoped!(
        "UPDATE contacts SET consent = :consent, consent_at = :at, consent_source = :source, consent_proof = :proof
         WHERE tenant_id = :tenant AND id = :id"
    );
    if person.language.is_some() || person.note.is_some() || !person.fields.is_empty() {
        let params: &[(&str, &dyn rusqlite::ToSql)] = &[
            (":id", &known.contact),
            (":language", &person.language),
            (":note", &person.note),
            (":fields", &fields(person)?),
        ];
        scope.execute(UPDATE, params)?;
    }
    let named = known.nameless && person.name.is_some();
    if named {
        contacts::set_name(scope, known.contact, person.name.as_deref())?;
    }
    if let Some(consent) = &person.consent
        && (person.basis == Basis::Row || known.consent.is_none())
    {
        let params: &[(&str, &dyn rusqlite::ToSql)] = &[
            (":id", &known.contact),
            (":consent", &consent.state),
            (":at", &consent.at),
            (":source", &consent.source),
            (":proof", &consent.proof),
        ];
        scope.execute(CONSENT, params)?;
    }
    Ok(named)
}

fn take(scope: &Scope<'_>, person: &ListedPerson, now: Timestamp) -> Result<Taken, StoreError> {
    let address = person.phone.address();
    let (taken, known) = look(scope, &address)?;
    if taken == Taken::Suppressed {
        return Ok(taken);
    }
    let contact = match &known {
        None => add(scope, person, &address, now)?,
        Some(known) => known.contact,
    };
    let mut looks_different = false;
    for tag in &person.tags {
        looks_different |= contacts::add_tag(scope, contact, tag)?;
    }
    if let Some(since) = person.opted_out_at {
        contacts::opt_out(scope, contact, since, SuppressionCause::Import, now)?;
    }
    if let Some(known) = &known
        && (update(scope, person, known)? || looks_different)
    {
        // Not for everybody: a list that was imported again would have every console read every chat.
        contacts::emit_chats(scope, contact)?;
    }
    Ok(taken)
}

impl TenantStore {
    /// Takes in people of a list; says what became of each. All of them, or on an error none.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a text that is no tag.
    pub async fn import_people(&self, people: Vec<ListedPerson>, now: Timestamp) -> Result<Vec<Taken>, StoreError> {
        for person in &people {
            checked_tags(person.tags.clone())?;
        }
        self.write(move |scope| people.iter().map(|person| take(scope, person, now)).collect()).await
    }

    /// What would become of these people. Nothing is stored.
    ///
    /// # Errors
    /// What the store says.
    pub async fn rehearse_import(&self, phones: Vec<Phone>) -> Result<Vec<Taken>, StoreError> {
        self.read(move |scope| {
            phones.iter().map(|phone| look(scope, &phone.address()).map(|(taken, _)| taken)).collect()
        })
        .await
    }

    /// What is on record of these people's consent.
    ///
    /// # Errors
    /// What the store says.
    pub async fn recorded_consent(&self, phones: Vec<Phone>) -> Result<Vec<Option<ConsentState>>, StoreError> {
        self.read(move |scope| {
            let one = |phone: &Phone| Ok(known(scope, &phone.address())?.and_then(|known| known.consent));
            phones.iter().map(one).collect()
        })
        .await
    }

    /// Nobody writes to these numbers any more; [`Taken::Suppressed`] says that nobody did before.
    ///
    /// # Errors
    /// What the store says.
    pub async fn suppress_people(&self, phones: Vec<Phone>, now: Timestamp) -> Result<Vec<Taken>, StoreError> {
        const SILENCE: Scoped = scoped!(
            "UPDATE contacts SET opted_out_at = coalesce(opted_out_at, :now) WHERE tenant_id = :tenant AND id = :id"
        );
        self.write(move |scope| {
            let one = |phone: &Phone| {
                let address = phone.address();
                let (taken, known) = look(scope, &address)?;
                suppressions::suppress(scope, &address, SuppressionCause::Import, now)?;
                if let Some(known) = known {
                    scope.execute(SILENCE, &[(":id", &known.contact), (":now", &now)])?;
                    merges::note_stop(scope, known.contact, now)?;
                    contacts::emit_chats(scope, known.contact)?;
                }
                Ok(taken)
            };
            phones.iter().map(one).collect()
        })
        .await
    }
}
