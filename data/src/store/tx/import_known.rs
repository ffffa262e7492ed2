//! Takes over the people that a number knew before it was ours: names, and who must be reviewed before the assistant
//! answers them.

use crate::ids::{ChatId, ContactId, InstanceId};
use crate::model::chat::ChatState;
use crate::model::contact::{HISTORY_UNREAD, Review, UNREVIEWED};
use crate::model::setting::{ExistingContacts, Rules};
use crate::phone::Address;
use crate::scoped;
use crate::store::TenantStore;
use crate::store::erasures;
use crate::store::error::StoreError;
use crate::store::scope::{Scope, Scoped};
use crate::store::settings::values;
use crate::store::{chats, contacts, jobs};
use crate::time::Timestamp;

/// A person that WAHA told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPerson {
    /// The address.
    pub address: Address,
    /// The other address of the same person, where WAHA told it.
    pub alternate: Option<Address>,
    /// The name, cleaned.
    pub name: Option<String>,
    /// How the number knows the person.
    pub acquaintance: Acquaintance,
}

/// How a number knows a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acquaintance {
    /// From the address book alone: only a name for somebody who is here already.
    AddressBook,
    /// They wrote to each other before the pairing.
    Chatted,
    /// They have a chat, and its history could not be read: nobody can tell. Whom the assistant has answered since was looked
    /// at then, and is left alone.
    Unclear,
}

/// What an import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// People who are new here.
    pub added: usize,
    /// People who were here and have to be reviewed now.
    pub held_back: usize,
    /// People who got a name.
    pub named: usize,
}

impl TenantStore {
    /// Takes over people whom a number knew before it was paired. Those with a history start unreviewed; somebody whom we
    /// met before `met_since` keeps what the owner said. The answer under way to somebody who must be reviewed now is taken
    /// back, unless the settings, over `defaults`, let the assistant answer such people.
    ///
    /// # Errors
    /// What the store says.
    pub async fn import_known(
        &self,
        instance: InstanceId,
        people: Vec<KnownPerson>,
        met_since: Timestamp,
        defaults: Rules,
        now: Timestamp,
    ) -> Result<Imported, StoreError> {
        self.write(move |scope| {
            if crate::store::instances::find(scope, instance)?.is_none() {
                return Err(StoreError::NotFound("instance"));
            }
            let mut imported = Imported::default();
            for person in people.iter().filter(|person| person.address.is_person()) {
                import(scope, person, met_since, defaults, now, &mut imported)?;
            }
            Ok(imported)
        })
        .await
    }

    /// Has somebody who writes for the first time reviewed before they are answered. False when the owner has said already
    /// who it is.
    ///
    /// # Errors
    /// What the store says.
    pub async fn hold_back(&self, id: ContactId) -> Result<bool, StoreError> {
        const HOLD_BACK: Scoped = scoped!(
            "UPDATE contacts SET review = 'unreviewed' WHERE tenant_id = :tenant AND id = :id AND review = 'new'"
        );
        self.write(move |scope| {
            let held = scope.execute(HOLD_BACK, &[(":id", &id)])? > 0;
            if held {
                contacts::emit_chats(scope, id)?;
            }
            Ok(held)
        })
        .await
    }
}

fn import(
    scope: &Scope<'_>,
    person: &KnownPerson,
    met_since: Timestamp,
    defaults: Rules,
    now: Timestamp,
    imported: &mut Imported,
) -> Result<(), StoreError> {
    const FIND: Scoped = scoped!(
        "SELECT i.contact_id, c.name IS NULL FROM identities AS i
         JOIN contacts AS c ON c.tenant_id = i.tenant_id AND c.id = i.contact_id
         WHERE i.tenant_id = :tenant AND i.address IN (:address, :alternate) LIMIT 1"
    );
    // Whoever wrote in the moments between the pairing and this import is no new customer.
    const HOLD_BACK: Scoped = scoped!(
        "UPDATE contacts SET review = 'unreviewed'
         WHERE tenant_id = :tenant AND id = :id AND review = 'new' AND created_at >= :met_since"
    );
    const HOLD_BACK_UNANSWERED: Scoped = scoped!(
        "UPDATE contacts SET review = 'unreviewed'
         WHERE tenant_id = :tenant AND id = :id AND review = 'new' AND created_at >= :met_since
           AND NOT EXISTS (SELECT 1 FROM chats AS h CROSS JOIN interactions AS m
                           WHERE h.tenant_id = :tenant AND h.contact_id = :id
                             AND m.tenant_id = h.tenant_id AND m.chat_id = h.id AND m.author = 'assistant')"
    );
    let known = scope.row(FIND, &[(":address", &person.address), (":alternate", &person.alternate)], |row| {
        Ok((row.get::<_, ContactId>(0)?, row.get::<_, bool>(1)?))
    })?;
    if known.is_none() && person.acquaintance == Acquaintance::AddressBook {
        return Ok(());
    }
    // The phone remembers whom we erased; who writes again is here already.
    if known.is_none() && (erasures::is_gone(scope, &person.address)? || erased_as(scope, person.alternate.as_ref())?) {
        return Ok(());
    }
    let name = person.name.as_deref();
    let (contact, _) =
        chats::contact_of(scope, &person.address, person.alternate.as_ref(), name, Review::Unreviewed, now)?;
    match known {
        None => imported.added += 1,
        Some((_, nameless)) => {
            if nameless && name.is_some() {
                imported.named += 1;
            }
            let (hold_back, reason) = match person.acquaintance {
                Acquaintance::AddressBook => return Ok(()),
                Acquaintance::Chatted => (HOLD_BACK, UNREVIEWED),
                Acquaintance::Unclear => (HOLD_BACK_UNANSWERED, HISTORY_UNREAD),
            };
            let held_back = scope.execute(hold_back, &[(":id", &contact), (":met_since", &met_since)])?;
            if held_back > 0 {
                take_back(scope, contact, reason, defaults, now)?;
                contacts::emit_chats(scope, contact)?;
            }
            imported.held_back += held_back;
        }
    }
    Ok(())
}

/// Takes the answers back that are under way to somebody whom a person must review first.
fn take_back(
    scope: &Scope<'_>,
    contact: ContactId,
    reason: &str,
    defaults: Rules,
    now: Timestamp,
) -> Result<(), StoreError> {
    const ANSWERING: Scoped = scoped!(
        "SELECT h.id, h.instance_id FROM jobs AS j
         JOIN chats AS h ON h.tenant_id = j.tenant_id AND h.id = j.chat_id
         WHERE j.tenant_id = :tenant AND j.kind = 'answer_chat' AND h.contact_id = :contact
           AND j.state IN ('scheduled', 'available', 'running', 'retryable', 'held')"
    );
    let answering: Vec<(ChatId, InstanceId)> =
        scope.rows(ANSWERING, &[(":contact", &contact)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (chat, instance) in answering {
        let rules = values(scope, Some(instance), Some(chat))?.rules(defaults);
        if rules.existing_contacts == ExistingContacts::Ask {
            jobs::cancel_answer(scope, chat, reason, now)?;
            chats::set_state(scope, chat, ChatState::NeedsYou, Some(reason))?;
        }
    }
    Ok(())
}

fn erased_as(scope: &Scope<'_>, alternate: Option<&Address>) -> Result<bool, StoreError> {
    alternate.map_or(Ok(false), |alternate| erasures::is_gone(scope, alternate))
}
