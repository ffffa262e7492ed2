//! Changes what is known of a person, in one step.

use std::collections::BTreeMap;

use crate::ids::ContactId;
use crate::model::contact::{Consent, Contact};
use crate::scoped;
use crate::store::TenantStore;
use crate::store::contacts;
use crate::store::error::StoreError;
use crate::store::scope::{Scope, Scoped};

/// What becomes of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Rewrite {
    /// It stays.
    #[default]
    Keep,
    /// It is forgotten.
    Forget,
    /// This takes its place.
    Write(String),
}

impl Rewrite {
    fn of(self, text: Option<String>) -> Option<String> {
        match self {
            Self::Keep => text,
            Self::Forget => None,
            Self::Write(text) => Some(text),
        }
    }
}

/// What shall change about a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactChange {
    /// The name.
    pub name: Rewrite,
    /// The language.
    pub language: Rewrite,
    /// What the owner wrote down.
    pub note: Rewrite,
    /// Columns of the owner's own, by name; those that are not named stay.
    pub fields: BTreeMap<String, Rewrite>,
    /// What the person said about being written to; it takes the place of what was known.
    pub consent: Option<Consent>,
}

impl ContactChange {
    fn applied(self, mut contact: Contact) -> Contact {
        contact.name = self.name.of(contact.name);
        contact.language = self.language.of(contact.language);
        contact.note = self.note.of(contact.note);
        for (column, rewrite) in self.fields {
            let text = rewrite.of(contact.fields.remove(&column));
            contact.fields.extend(text.map(|text| (column, text)));
        }
        contact.consent = self.consent.or(contact.consent);
        contact
    }
}

/// Stores what the owner may write down about a person.
pub(super) fn store(scope: &Scope<'_>, contact: &Contact) -> Result<(), StoreError> {
    const UPDATE: Scoped = scoped!(
        "UPDATE contacts
         SET name = :name, language = :language, note = :note, fields = :fields, consent = :consent,
             consent_at = :consent_at, consent_source = :consent_source, consent_proof = :consent_proof
         WHERE tenant_id = :tenant AND id = :id"
    );
    let fields = serde_json::to_string(&contact.fields)
        .map_err(|error| StoreError::Invalid(format!("columns of a person: {error}")))?;
    let consent = contact.consent.as_ref();
    let params: &[(&str, &dyn rusqlite::ToSql)] = &[
        (":id", &contact.id),
        (":name", &contact.name),
        (":language", &contact.language),
        (":note", &contact.note),
        (":fields", &fields),
        (":consent", &consent.map(|consent| consent.state)),
        (":consent_at", &consent.map(|consent| consent.at)),
        (":consent_source", &consent.and_then(|consent| consent.source.as_deref())),
        (":consent_proof", &consent.and_then(|consent| consent.proof.as_deref())),
    ];
    scope.execute(UPDATE, params).map(drop)
}

impl TenantStore {
    /// Changes what is known of a person.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] without the person.
    pub async fn edit_contact(&self, id: ContactId, change: ContactChange) -> Result<Contact, StoreError> {
        self.write(move |scope| {
            let contact = contacts::find(scope, id)?.ok_or(StoreError::NotFound("contact"))?;
            let contact = change.applied(contact);
            store(scope, &contact)?;
            contacts::emit_chats(scope, id)?;
            Ok(contact)
        })
        .await
    }
}
