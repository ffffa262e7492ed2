//! Erases a person: chats, messages, notes, places on lists. What must go on counting stays without words and without a
//! person: credits, the pace of a number, how far a campaign got. A digest of each address stays too, so that nobody
//! writes to them again.

use rusqlite::Row;

use crate::ids::{CampaignId, ChatId, ContactId, InstanceId, RecipientId, ReplyId};
use crate::phone::Address;
use crate::scoped;
use crate::store::TenantStore;
use crate::store::change::Change;
use crate::store::error::StoreError;
use crate::store::scope::{Scope, Scoped};
use crate::store::{campaigns, chats, contacts, erasures, ledger, suppressions};
use crate::time::Timestamp;

/// Why a place on a list gets no message, and what stands there in place of the phone number.
const ERASED: &str = "the person was erased";
const GIVEN: &str = "(erased)";

/// What was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// Chats that are gone.
    pub chats: usize,
    /// Messages that are gone.
    pub messages: usize,
    /// Rows of campaigns that keep their state without the person.
    pub recipients: usize,
}

/// What became of an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasure {
    /// Nothing of the person is left.
    Done(Erased),
    /// A message to them may be out and nobody knows yet: nothing was changed, and its end must come first.
    OnItsWay,
}

/// A person, by everything that they may be named by.
struct Person {
    id: ContactId,
    addresses: Vec<Address>,
    /// The addresses without their endings, as they stand in texts.
    users: Vec<String>,
    chats: Vec<(ChatId, InstanceId)>,
}

fn person(scope: &Scope<'_>, id: ContactId) -> Result<Person, StoreError> {
    const CHATS: Scoped =
        scoped!("SELECT id, instance_id FROM chats WHERE tenant_id = :tenant AND contact_id = :contact");
    // WhatsApp may know a number under an address that nobody wrote from yet.
    const LOOKED_UP: Scoped = scoped!(
        "SELECT n.address FROM number_checks AS n
         JOIN contacts AS c ON c.tenant_id = n.tenant_id AND c.phone = n.phone
         WHERE n.tenant_id = :tenant AND c.id = :contact AND n.address IS NOT NULL"
    );
    let mut addresses = suppressions::addresses_of(scope, id)?;
    addresses.extend(scope.rows(LOOKED_UP, &[(":contact", &id)], |row| row.get::<_, Address>(0))?);
    addresses.sort_by(|one, other| one.as_str().cmp(other.as_str()));
    addresses.dedup();
    let user = |address: &Address| address.as_str().split('@').next().unwrap_or_default().to_owned();
    let mut users: Vec<String> = addresses.iter().map(user).collect();
    users.sort();
    users.dedup();
    let chats = scope.rows(CHATS, &[(":contact", &id)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Person { id, addresses, users, chats })
}

/// Is it open whether a message to them went out?
fn on_its_way(scope: &Scope<'_>, person: &Person) -> Result<bool, StoreError> {
    const SENDING: Scoped = scoped!(
        "SELECT 1 FROM interactions
         WHERE tenant_id = :tenant AND chat_id = :chat
           -- The first list is that of the index, the second what is meant.
           AND state IN ('draft', 'held', 'queued', 'sending', 'unknown') AND state = 'sending'"
    );
    for (chat, _) in &person.chats {
        if scope.row(SENDING, &[(":chat", chat)], |_| Ok(()))?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Gives back what answers to them have put aside. One whose end nobody knew is never going to be known now.
fn release(scope: &Scope<'_>, person: &Person, now: Timestamp) -> Result<(), StoreError> {
    const RESERVED: Scoped = scoped!(
        "SELECT reply_id FROM jobs WHERE tenant_id = :tenant AND chat_id = :chat AND reply_id IS NOT NULL
         UNION SELECT reply_id FROM interactions
               WHERE tenant_id = :tenant AND chat_id = :chat AND reply_id IS NOT NULL
                 AND state IN ('draft', 'held', 'queued', 'sending', 'unknown')"
    );
    for (chat, _) in &person.chats {
        let replies: Vec<ReplyId> = scope.rows(RESERVED, &[(":chat", chat)], |row| row.get(0))?;
        // What was paid stays paid: this gives back only what nothing has come of.
        replies.into_iter().try_for_each(|reply| ledger::release(scope, reply, now))?;
    }
    Ok(())
}

/// Takes them off every list; what was counted goes on being counted.
fn leave_lists(scope: &Scope<'_>, person: &Person, now: Timestamp) -> Result<Vec<CampaignId>, StoreError> {
    const TAKE_BACK: Scoped = scoped!(
        "UPDATE recipients SET state = 'skipped', reason = :erased, interaction_id = NULL, claimed_at = :now
         WHERE tenant_id = :tenant AND contact_id = :contact
           AND interaction_id IN (SELECT id FROM interactions WHERE tenant_id = :tenant AND state = 'queued'
                                  AND chat_id IN (SELECT id FROM chats
                                                  WHERE tenant_id = :tenant AND contact_id = :contact))"
    );
    const MENTIONS: Scoped = scoped!(
        "UPDATE recipients SET reason = replace(reason, :user, '…')
         WHERE tenant_id = :tenant AND contact_id = :contact AND instr(reason, :user) > 0"
    );
    const PLACES: Scoped =
        scoped!("SELECT campaign_id, id FROM recipients WHERE tenant_id = :tenant AND contact_id = :contact");
    // A merge may have let a second row go that has one of their numbers.
    const PLACES_OF_NUMBER: Scoped = scoped!(
        "SELECT r.campaign_id, r.id FROM campaigns AS p
         JOIN recipients AS r ON r.tenant_id = p.tenant_id AND r.campaign_id = p.id AND r.phone = :phone
         WHERE p.tenant_id = :tenant"
    );
    const FORGET: Scoped = scoped!(
        "UPDATE recipients
         SET contact_id = NULL, phone = NULL, given = :given, name = NULL, fields = '{}',
             reason = CASE WHEN state IN ('queued', 'checking') THEN :erased ELSE reason END,
             state = CASE WHEN state IN ('queued', 'checking') THEN 'skipped' ELSE state END
         WHERE tenant_id = :tenant AND campaign_id = :campaign AND id = :id"
    );
    scope.execute(TAKE_BACK, &[(":contact", &person.id), (":erased", &ERASED), (":now", &now)])?;
    for user in &person.users {
        scope.execute(MENTIONS, &[(":contact", &person.id), (":user", user)])?;
    }
    let place = |row: &Row<'_>| Ok((row.get::<_, CampaignId>(0)?, row.get::<_, RecipientId>(1)?));
    let mut places = scope.rows(PLACES, &[(":contact", &person.id)], place)?;
    for phone in person.addresses.iter().filter_map(Address::phone) {
        places.extend(scope.rows(PLACES_OF_NUMBER, &[(":phone", &phone)], place)?);
    }
    places.sort();
    places.dedup();
    for (campaign, id) in &places {
        let params: &[(&str, &dyn rusqlite::ToSql)] =
            &[(":campaign", campaign), (":id", id), (":erased", &ERASED), (":given", &GIVEN)];
        scope.execute(FORGET, params)?;
    }
    Ok(places.into_iter().map(|(campaign, _)| campaign).collect())
}

/// Empties or deletes every message of their chats; returns how many that were.
fn forget_messages(scope: &Scope<'_>, person: &Person, now: Timestamp) -> Result<usize, StoreError> {
    // What WAHA may post again is known by its id alone.
    const REMEMBER: Scoped = scoped!(
        "INSERT INTO deliveries (tenant_id, instance_id, key, at)
         SELECT :tenant, instance_id, 'erased:' || bare_id, :now FROM interactions
         WHERE tenant_id = :tenant AND chat_id = :chat AND bare_id IS NOT NULL
         ON CONFLICT DO NOTHING"
    );
    const EMPTY: Scoped = scoped!(
        "UPDATE interactions
         SET chat_id = :nowhere, text = '', address = :nobody, wa_id = NULL, client_ref = NULL, reply_to = NULL,
             author_name = NULL, reaction = NULL, original = NULL, media = NULL, job_id = NULL,
             reason = CASE author WHEN 'campaign' THEN reason END
         WHERE tenant_id = :tenant AND chat_id = :chat AND direction = 'out'
           AND (state IN ('sent', 'delivered', 'read', 'played', 'failed') OR sent_at IS NOT NULL
                OR EXISTS (SELECT 1 FROM recipients AS r
                           WHERE r.tenant_id = :tenant AND r.interaction_id = interactions.id))"
    );
    const DELETE: Scoped = scoped!("DELETE FROM interactions WHERE tenant_id = :tenant AND chat_id = :chat");
    let mut messages = 0;
    for (chat, instance) in &person.chats {
        let nowhere = chats::of_the_erased(scope, *instance, now)?;
        scope.execute(REMEMBER, &[(":chat", chat), (":now", &now)])?;
        let nobody = erasures::nobody();
        messages += scope.execute(EMPTY, &[(":chat", chat), (":nowhere", &nowhere), (":nobody", &nobody)])?;
        messages += scope.execute(DELETE, &[(":chat", chat)])?;
    }
    Ok(messages + forget_in_groups(scope, person, now)?)
}

/// What they said in groups: there the id that WhatsApp gave a message ends in who wrote it.
fn forget_in_groups(scope: &Scope<'_>, person: &Person, now: Timestamp) -> Result<usize, StoreError> {
    macro_rules! theirs {
        () => {
            "tenant_id = :tenant AND direction = 'in' AND instr(wa_id, '_' || :user || '@') > 0
             AND chat_id IN (SELECT id FROM chats WHERE tenant_id = :tenant AND kind = 'group')"
        };
    }
    const REMEMBER: Scoped = scoped!(concat!(
        "INSERT INTO deliveries (tenant_id, instance_id, key, at)
         SELECT :tenant, instance_id, 'erased:' || bare_id, :now FROM interactions
         WHERE bare_id IS NOT NULL AND ",
        theirs!(),
        " ON CONFLICT DO NOTHING"
    ));
    const DELETE: Scoped = scoped!(concat!("DELETE FROM interactions WHERE ", theirs!(), " RETURNING chat_id"));
    const PREVIEW: Scoped = scoped!("UPDATE chats SET preview = NULL WHERE tenant_id = :tenant AND id = :chat");
    let mut messages = 0;
    for user in &person.users {
        scope.execute(REMEMBER, &[(":user", user), (":now", &now)])?;
        let mut groups: Vec<ChatId> = scope.rows(DELETE, &[(":user", user)], |row| row.get(0))?;
        messages += groups.len();
        groups.sort();
        groups.dedup();
        for group in groups {
            scope.execute(PREVIEW, &[(":chat", &group)])?;
            scope.emit(Change::ChatChanged(scope.tenant(), group));
        }
    }
    Ok(messages)
}

/// What hangs on their chats without being part of them, and work that is still to be done there. Whoever does it finds
/// nothing left to do.
fn forget_work(scope: &Scope<'_>, person: &Person) -> Result<(), StoreError> {
    const JOBS: Scoped = scoped!("DELETE FROM jobs WHERE tenant_id = :tenant AND chat_id = :chat");
    const LOOK_UPS: Scoped =
        scoped!("DELETE FROM jobs WHERE tenant_id = :tenant AND kind = 'resolve_identity' AND key = :address");
    const SETTINGS: Scoped =
        scoped!("DELETE FROM settings WHERE tenant_id = :tenant AND scope = 'chat' AND scope_id = :chat");
    for (chat, _) in &person.chats {
        scope.execute(JOBS, &[(":chat", chat)])?;
        scope.execute(SETTINGS, &[(":chat", chat)])?;
    }
    person.addresses.iter().try_for_each(|address| scope.execute(LOOK_UPS, &[(":address", address)]).map(drop))
}

/// What names them elsewhere: look-ups, merges, bodies that nobody understood, keys of acks, reasons.
fn forget_mentions(scope: &Scope<'_>, person: &Person) -> Result<(), StoreError> {
    const NUMBERS: Scoped = scoped!(
        "DELETE FROM number_checks
         WHERE tenant_id = :tenant
           AND (address = :address OR phone = (SELECT phone FROM contacts WHERE tenant_id = :tenant AND id = :contact))"
    );
    const MERGES: Scoped = scoped!(
        "DELETE FROM merges
         WHERE tenant_id = :tenant AND (kept = :contact OR gone = :contact OR instr(before, :user) > 0)"
    );
    const UNREADABLE: Scoped =
        scoped!("DELETE FROM unreadable WHERE tenant_id = :tenant AND instr(body, CAST(:user AS BLOB)) > 0");
    // An ack that comes once more does no harm.
    const ACKS: Scoped = scoped!(
        "DELETE FROM deliveries
         WHERE tenant_id = :tenant AND instance_id IN (SELECT id FROM instances WHERE tenant_id = :tenant)
           AND key >= 'ack:' AND key < 'ack;' AND instr(key, ':' || :address || ':') > 0"
    );
    const MESSAGES: Scoped = scoped!(
        "UPDATE interactions SET reason = replace(reason, :user, '…')
         WHERE tenant_id = :tenant AND instr(reason, :user) > 0
           AND chat_id IN (SELECT id FROM chats WHERE tenant_id = :tenant AND kind = 'erased')"
    );
    const CAMPAIGNS: Scoped = scoped!(
        "UPDATE campaigns SET reason = replace(reason, :user, '…') WHERE tenant_id = :tenant AND instr(reason, :user) > 0"
    );
    const JOBS: Scoped = scoped!(
        "UPDATE jobs SET reason = replace(reason, :user, '…') WHERE tenant_id = :tenant AND instr(reason, :user) > 0"
    );
    for address in &person.addresses {
        scope.execute(NUMBERS, &[(":contact", &person.id), (":address", address)])?;
        scope.execute(ACKS, &[(":address", address)])?;
    }
    for user in &person.users {
        scope.execute(MERGES, &[(":contact", &person.id), (":user", user)])?;
        for mention in [UNREADABLE, MESSAGES, CAMPAIGNS, JOBS] {
            scope.execute(mention, &[(":user", user)])?;
        }
    }
    Ok(())
}

fn erase(scope: &Scope<'_>, id: ContactId, now: Timestamp) -> Result<Erasure, StoreError> {
    const DELETE: Scoped = scoped!("DELETE FROM contacts WHERE tenant_id = :tenant AND id = :contact");
    contacts::find(scope, id)?.ok_or(StoreError::NotFound("contact"))?;
    let person = person(scope, id)?;
    if on_its_way(scope, &person)? {
        return Ok(Erasure::OnItsWay);
    }
    release(scope, &person, now)?;
    let mut lists = leave_lists(scope, &person, now)?;
    let messages = forget_messages(scope, &person, now)?;
    forget_work(scope, &person)?;
    forget_mentions(scope, &person)?;
    for address in &person.addresses {
        suppressions::forget(scope, address, now)?;
        erasures::note(scope, address, now)?;
    }
    scope.execute(DELETE, &[(":contact", &id)])?;
    scope.leave_no_trace();
    for (chat, _) in &person.chats {
        scope.emit(Change::ChatErased(scope.tenant(), *chat));
    }
    let recipients = lists.len();
    lists.sort();
    lists.dedup();
    for campaign in lists {
        campaigns::emit(scope, campaign);
        super::run_campaign::look_again(scope, campaign, now)?;
    }
    Ok(Erasure::Done(Erased { chats: person.chats.len(), messages, recipients }))
}

impl TenantStore {
    /// Erases a person with every message, note, tag and place on lists. Campaigns never write to their addresses again;
    /// what they write from now on is a new person's.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] without the person.
    pub async fn erase_contact(&self, id: ContactId, now: Timestamp) -> Result<Erasure, StoreError> {
        self.write(move |scope| erase(scope, id, now)).await
    }
}
