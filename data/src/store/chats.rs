//! Chats: threads of people and groups on our numbers.

use rusqlite::Row;

use super::TenantStore;
use super::change::Change;
use super::error::StoreError;
use super::merges;
use super::scope::{Scope, Scoped};
use super::{erasures, suppressions};
use crate::ids::{ChatId, ContactId, InstanceId, InteractionId};
use crate::model::chat::{Chat, ChatKind, ChatState, Mode};
use crate::model::contact::Review;
use crate::model::merge::MergeCause;
use crate::phone::{Address, Phone};
use crate::scoped;
use crate::time::Timestamp;

/// The columns of [`read`], in its order, out of `chats AS h` and what belongs to it. `$from` may stand before it, to say
/// which chats in which order.
macro_rules! select_chats {
    ($rest:expr) => {
        $crate::store::chats::select_chats!("", $rest)
    };
    ($from:expr, $rest:expr) => {
        concat!(
            "SELECT h.id, h.instance_id, h.contact_id, h.kind, h.address, coalesce(c.name, h.title), c.phone,
                    h.state, h.reason, s.value, h.paused_until, h.snoozed_until, h.handoff_at, h.unread, h.revision,
                    h.last_at, h.last_in_at, h.preview,
                    h.waiting_since, c.review, c.opted_out_at,
                    (SELECT json_group_array(t.tag) FROM contact_tags AS t
                     WHERE t.tenant_id = h.tenant_id AND t.contact_id = h.contact_id),
                    (SELECT i.author || ' ' || i.state FROM interactions AS i
                     WHERE i.tenant_id = h.tenant_id AND i.chat_id = h.id
                       AND i.state NOT IN ('draft', 'held', 'cancelled')
                     ORDER BY i.at DESC, i.seq DESC LIMIT 1),
                    coalesce(s.value,
                             (SELECT value FROM settings WHERE tenant_id = h.tenant_id AND scope = 'instance'
                              AND scope_id = h.instance_id AND key = 'assistant.mode'),
                             (SELECT value FROM settings WHERE tenant_id = h.tenant_id AND scope = 'tenant'
                              AND scope_id = x'' AND key = 'assistant.mode')),
                    -- All live states are named, so that the index of live answers is taken.
                    (SELECT j.run_at FROM jobs AS j
                     WHERE j.tenant_id = h.tenant_id AND j.chat_id = h.id AND j.kind = 'answer_chat'
                       AND j.state IN ('scheduled', 'available', 'running', 'retryable', 'held')
                       AND j.state = 'scheduled' AND j.run_at < 1152921504606846975 -- FAR
                       AND EXISTS (SELECT 1 FROM interactions AS d
                                   WHERE d.tenant_id = j.tenant_id AND d.job_id = j.id AND d.state = 'draft'))
             FROM ",
            $from,
            " chats AS h
             LEFT JOIN contacts AS c ON c.tenant_id = h.tenant_id AND c.id = h.contact_id
             LEFT JOIN settings AS s ON s.tenant_id = h.tenant_id AND s.scope = 'chat' AND s.scope_id = h.id
                                    AND s.key = 'assistant.mode'
             WHERE h.tenant_id = :tenant ",
            $rest
        )
    };
}
pub(crate) use select_chats;

const _: () = assert!(super::jobs::FAR.millis() == 1_152_921_504_606_846_975, "the statement above names it");

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Chat> {
    let mode: Option<String> = row.get(9)?;
    let tags: String = row.get(21)?;
    let last: Option<String> = row.get(22)?;
    let (last_author, last_state) = last.as_deref().and_then(|last| last.split_once(' ')).unzip();
    Ok(Chat {
        id: row.get(0)?,
        instance: row.get(1)?,
        contact: row.get(2)?,
        kind: row.get(3)?,
        address: row.get(4)?,
        name: row.get(5)?,
        phone: row.get(6)?,
        state: row.get(7)?,
        reason: row.get(8)?,
        mode: mode.and_then(|word| word.parse().ok()),
        paused_until: row.get(10)?,
        snoozed_until: row.get(11)?,
        handoff_at: row.get(12)?,
        unread: row.get(13)?,
        revision: row.get(14)?,
        last_at: row.get(15)?,
        last_in_at: row.get(16)?,
        preview: row.get(17)?,
        last_author: last_author.and_then(|word| word.parse().ok()),
        last_state: last_state.and_then(|word| word.parse().ok()),
        waiting_since: row.get(18)?,
        tags: serde_json::from_str(&tags).unwrap_or_default(),
        review: row.get(19)?,
        opted_out_at: row.get(20)?,
    })
}

/// A chat and the mode that tenant, number or chat have set; `None` leaves it to the config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The chat.
    pub chat: Chat,
    /// The strongest mode that was set.
    pub mode: Option<Mode>,
    /// When the countdown of an answer ends that waits in it.
    pub sends_at: Option<Timestamp>,
}

pub(crate) fn read_listed(row: &Row<'_>) -> rusqlite::Result<Listed> {
    let mode: Option<String> = row.get(23)?;
    Ok(Listed { chat: read(row)?, mode: mode.and_then(|word| word.parse().ok()), sends_at: row.get(24)? })
}

/// One chat.
pub(crate) fn find(scope: &Scope<'_>, id: ChatId) -> Result<Option<Chat>, StoreError> {
    const FIND: Scoped = scoped!(select_chats!("AND h.id = :id"));
    scope.row(FIND, &[(":id", &id)], read)
}

/// Puts a chat into a state, with the reason people read. It does not wait for the customer while something is there that
/// only a person can deal with.
pub(crate) fn set_state(
    scope: &Scope<'_>,
    id: ChatId,
    state: ChatState,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    const SET: Scoped = scoped!(
        "UPDATE chats
         SET state = CASE WHEN :state = 'waiting' AND needs_human IS NOT NULL THEN 'needs_you' ELSE :state END,
             reason = CASE WHEN :state = 'waiting' AND needs_human IS NOT NULL THEN needs_human ELSE :reason END
         WHERE tenant_id = :tenant AND id = :id AND kind <> 'erased'"
    );
    scope.execute(SET, &[(":id", &id), (":state", &state), (":reason", &reason)])?;
    scope.emit(Change::ChatChanged(scope.tenant(), id));
    Ok(())
}

/// Something that does not pass by itself stands in the way of an answer: a person is told while it is still tried. A chat
/// that somebody has put away or closed stays so.
pub(crate) fn needs_person(scope: &Scope<'_>, id: ChatId, reason: &str) -> Result<(), StoreError> {
    const TELL: Scoped = scoped!(
        "UPDATE chats SET state = 'needs_you', reason = :reason
         WHERE tenant_id = :tenant AND id = :id AND kind <> 'erased' AND state IN ('assistant', 'needs_you')"
    );
    if scope.execute(TELL, &[(":id", &id), (":reason", &reason)])? > 0 {
        scope.emit(Change::ChatChanged(scope.tenant(), id));
    }
    Ok(())
}

/// A word of ours has gone out: the customer waits no longer, unless they asked something since that it is no answer to. The
/// message tells how long they waited.
pub(crate) fn answered(
    scope: &Scope<'_>,
    chat: ChatId,
    message: InteractionId,
    at: Timestamp,
) -> Result<(), StoreError> {
    // An answer closes what it was written for a moment later; a human has closed what they answered before.
    const WAITING: Scoped = scoped!(
        "SELECT h.waiting_since,
                (SELECT min(q.at) FROM interactions AS q
                 WHERE q.tenant_id = :tenant AND q.chat_id = :chat AND q.open_revision IS NOT NULL
                   AND q.open_revision > coalesce((SELECT m.revision FROM interactions AS m
                                                   WHERE m.tenant_id = :tenant AND m.id = :message), -1))
         FROM chats AS h WHERE h.tenant_id = :tenant AND h.id = :chat AND h.waiting_since <= :at"
    );
    const ANSWERED: Scoped = scoped!("UPDATE chats SET waiting_since = :next WHERE tenant_id = :tenant AND id = :chat");
    const WAITED: Scoped =
        scoped!("UPDATE interactions SET waited_ms = :waited_ms WHERE tenant_id = :tenant AND id = :message");
    let params: &[(&str, &dyn rusqlite::ToSql)] = &[(":chat", &chat), (":message", &message), (":at", &at)];
    let found = scope.row(WAITING, params, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some((since, next)): Option<(Timestamp, Option<Timestamp>)> = found else { return Ok(()) };
    if next == Some(since) {
        return Ok(());
    }
    let waited_ms = at.millis() - since.millis();
    scope.execute(ANSWERED, &[(":chat", &chat), (":next", &next)])?;
    scope.execute(WAITED, &[(":message", &message), (":waited_ms", &waited_ms)]).map(drop)
}

/// A message changed whose word is last: looks anew since when the customer waits.
pub(crate) fn look_who_waits(scope: &Scope<'_>, chat: ChatId) -> Result<(), StoreError> {
    const LOOK: Scoped = scoped!(
        "UPDATE chats SET waiting_since = coalesce((
             SELECT min(i.at) FROM interactions AS i
             WHERE i.tenant_id = :tenant AND i.chat_id = :chat AND i.direction = 'in' AND i.state <> 'revoked'
               AND i.at > max(context_from, coalesce((
                   SELECT o.at FROM interactions AS o
                   -- A campaign is no answer.
                   WHERE o.tenant_id = :tenant AND o.chat_id = :chat AND o.direction = 'out' AND o.author <> 'campaign'
                     AND (o.state IN ('sent', 'delivered', 'read', 'played')
                          OR (o.author = 'human' AND o.state IN ('queued', 'sending', 'unknown')))
                   ORDER BY o.at DESC, o.seq DESC LIMIT 1), 0))),
             -- Nobody has taken a hand-off over yet.
             CASE WHEN handoff_at IS NOT NULL AND state = 'needs_you' THEN coalesce(waiting_since, last_in_at) END)
         WHERE tenant_id = :tenant AND id = :chat AND kind = 'direct'"
    );
    scope.execute(LOOK, &[(":chat", &chat)]).map(drop)
}

/// A direct chat found or made, and whether its person's phone number is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Thread {
    pub(crate) chat: ChatId,
    pub(crate) contact: ContactId,
    pub(crate) known: Known,
    /// When we last said something in it, campaigns aside.
    pub(crate) last_out_at: Option<Timestamp>,
}

/// Do we know the person's phone number?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    ByPhone,
    ByLidOnly,
}

/// Finds the person behind an address, or makes one.
pub(crate) fn contact_of(
    scope: &Scope<'_>,
    address: &Address,
    alternate: Option<&Address>,
    name: Option<&str>,
    review: Review,
    now: Timestamp,
) -> Result<(ContactId, Known), StoreError> {
    const BY_ADDRESS: Scoped = scoped!(
        "SELECT i.contact_id, c.phone IS NOT NULL, c.name FROM identities AS i
         JOIN contacts AS c ON c.tenant_id = i.tenant_id AND c.id = i.contact_id
         WHERE i.tenant_id = :tenant AND i.address = :address"
    );
    const NAME: Scoped = scoped!("UPDATE contacts SET name = :name WHERE tenant_id = :tenant AND id = :id");
    const INSERT: Scoped = scoped!(
        "INSERT INTO contacts (tenant_id, id, name, phone, review, created_at)
         VALUES (:tenant, :id, :name, :phone, :review, :now)"
    );
    let find = |address: &Address| {
        scope.row(BY_ADDRESS, &[(":address", address)], |row| {
            Ok((row.get::<_, ContactId>(0)?, row.get::<_, bool>(1)?, row.get::<_, Option<String>>(2)?))
        })
    };
    let here = find(address)?;
    let mut alternate = alternate.filter(|alternate| alternate.is_person());
    let mut there = match alternate {
        Some(alternate) if alternate != address => find(alternate)?,
        _ => None,
    };
    // Nobody by these addresses: the same number may be known by its other spelling.
    if here.is_none() && there.is_none() {
        let spelled = [Some(address), alternate].into_iter().flatten().find_map(Address::other_spelling);
        there = spelled.as_ref().map(find).transpose()?.flatten();
    }
    // The owner took it back that the two are one person: the address alone says who is meant.
    if let (Some((one, ..)), Some((other, ..))) = (&here, &there)
        && merges::are_apart(scope, *one, *other)?
    {
        merges::note_contradicted(scope, *one, *other)?;
        (alternate, there) = (None, None);
    }
    let phone = address.phone().or_else(|| alternate.and_then(Address::phone));
    let (contact, known_name) = match (here, there) {
        (Some((contact, ..)), Some((other, ..))) if contact != other => {
            // The person by phone number is the older acquaintance; the other one joins it.
            let (keep, gone) = if address.phone().is_some() { (contact, other) } else { (other, contact) };
            super::tx::merge_contacts::merge(scope, keep, gone, MergeCause::Lid, now)?;
            (keep, None)
        }
        (Some((contact, _, known_name)), _) => (contact, known_name),
        (None, Some((contact, _, known_name))) => (contact, known_name),
        (None, None) => {
            let contact = ContactId::new();
            scope.execute(
                INSERT,
                &[(":id", &contact), (":name", &name), (":phone", &phone), (":review", &review), (":now", &now)],
            )?;
            (contact, name.map(str::to_owned))
        }
    };
    let mut linked = link(scope, contact, address, alternate)?;
    if let Some(alternate) = alternate {
        linked += link(scope, contact, alternate, Some(address))?;
    }
    if let Some(phone) = &phone {
        note_phone(scope, contact, phone)?;
    }
    if linked > 0 {
        suppressions::spread(scope, contact, now)?;
    }
    if let Some(name) = name
        && known_name.is_none()
    {
        scope.execute(NAME, &[(":id", &contact), (":name", &name)])?;
    }
    let known = if phone.is_some() || known_by_phone(scope, contact)? { Known::ByPhone } else { Known::ByLidOnly };
    Ok((contact, known))
}

/// Is there nothing to ask WhatsApp about a contact `c`: is the phone number known, or does the owner know better than
/// WhatsApp whose it is?
macro_rules! is_known {
    () => {
        "(c.phone IS NOT NULL
          OR EXISTS (SELECT 1 FROM merges AS m WHERE m.tenant_id = c.tenant_id AND m.kept = c.id
                     AND m.cause = 'lid' AND m.undone_at IS NOT NULL)
          OR EXISTS (SELECT 1 FROM merges AS m WHERE m.tenant_id = c.tenant_id AND m.gone = c.id
                     AND m.cause = 'lid' AND m.undone_at IS NOT NULL))"
    };
}

fn known_by_phone(scope: &Scope<'_>, contact: ContactId) -> Result<bool, StoreError> {
    const KNOWN: Scoped =
        scoped!(concat!("SELECT ", is_known!(), " FROM contacts AS c WHERE c.tenant_id = :tenant AND c.id = :id"));
    Ok(scope.row(KNOWN, &[(":id", &contact)], |row| row.get(0))?.unwrap_or(false))
}

/// Notes that an address belongs to a person, and through which other one that is known; returns how many addresses are new.
pub(crate) fn link(
    scope: &Scope<'_>,
    contact: ContactId,
    address: &Address,
    via: Option<&Address>,
) -> Result<usize, StoreError> {
    const LINK: Scoped = scoped!(
        "INSERT INTO identities (tenant_id, address, contact_id, via) VALUES (:tenant, :address, :contact, :via)
         ON CONFLICT (tenant_id, address) DO NOTHING"
    );
    scope.execute(LINK, &[(":address", address), (":contact", &contact), (":via", &via)])
}

/// Notes a person's phone number, once it is known.
pub(crate) fn note_phone(scope: &Scope<'_>, contact: ContactId, phone: &Phone) -> Result<(), StoreError> {
    const PHONE: Scoped =
        scoped!("UPDATE contacts SET phone = :phone WHERE tenant_id = :tenant AND id = :id AND phone IS NULL");
    scope.execute(PHONE, &[(":id", &contact), (":phone", &phone)])?;
    Ok(())
}

/// The direct chat of an address on a number in the usual case, in one look: the address is known, the name too, and there is
/// nothing to link.
pub(crate) fn known_thread(
    scope: &Scope<'_>,
    instance: InstanceId,
    address: &Address,
    alternate: Option<&Address>,
    name: Option<&str>,
) -> Result<Option<Thread>, StoreError> {
    const KNOWN: Scoped = scoped!(concat!(
        "SELECT h.id, i.contact_id, h.last_out_at, ",
        is_known!(),
        ",
                (:name IS NULL OR c.name IS NOT NULL)
                AND (:alternate IS NULL OR EXISTS (
                    SELECT 1 FROM identities AS a
                    WHERE a.tenant_id = :tenant AND a.address = :alternate AND a.contact_id = i.contact_id))
         FROM identities AS i
         JOIN contacts AS c ON c.tenant_id = i.tenant_id AND c.id = i.contact_id
         JOIN chats AS h ON h.tenant_id = i.tenant_id AND h.contact_id = i.contact_id AND h.instance_id = :instance
         WHERE i.tenant_id = :tenant AND i.address = :address"
    ));
    let alternate = alternate.filter(|alternate| alternate.is_person());
    let known = scope.row(
        KNOWN,
        &[(":instance", &instance), (":address", address), (":alternate", &alternate), (":name", &name)],
        |row| {
            let known = if row.get(3)? { Known::ByPhone } else { Known::ByLidOnly };
            let (chat, contact, last_out_at) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((Thread { chat, contact, known, last_out_at }, row.get::<_, bool>(4)?))
        },
    )?;
    Ok(known.and_then(|(thread, complete)| complete.then_some(thread)))
}

/// Finds the direct chat of an address on a number, or makes person and chat.
pub(crate) fn thread(
    scope: &Scope<'_>,
    instance: InstanceId,
    address: &Address,
    alternate: Option<&Address>,
    name: Option<&str>,
    review: Review,
    now: Timestamp,
) -> Result<Thread, StoreError> {
    const FIND: Scoped = scoped!(
        "SELECT id, last_out_at FROM chats
             WHERE tenant_id = :tenant AND contact_id = :contact AND instance_id = :instance"
    );
    if let Some(thread) = known_thread(scope, instance, address, alternate, name)? {
        return Ok(thread);
    }
    let alternate = alternate.filter(|alternate| alternate.is_person());
    let (contact, known) = contact_of(scope, address, alternate, name, review, now)?;
    let params: &[(&str, &dyn rusqlite::ToSql)] = &[(":contact", &contact), (":instance", &instance)];
    let found = scope.row(FIND, params, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (chat, last_out_at) = match found {
        Some(found) => found,
        None => (insert(scope, instance, Some(contact), ChatKind::Direct, address, None, now)?, None),
    };
    Ok(Thread { chat, contact, known, last_out_at })
}

/// Finds the chat of a group on a number, or makes it.
pub(crate) fn group(
    scope: &Scope<'_>,
    instance: InstanceId,
    address: &Address,
    now: Timestamp,
) -> Result<ChatId, StoreError> {
    const FIND: Scoped = scoped!(
        "SELECT id FROM chats
         WHERE tenant_id = :tenant AND instance_id = :instance AND address = :address AND kind = 'group'"
    );
    match scope.row(FIND, &[(":instance", &instance), (":address", address)], |row| row.get(0))? {
        Some(chat) => Ok(chat),
        None => insert(scope, instance, None, ChatKind::Group, address, None, now),
    }
}

/// Finds the thread of a number that holds what is left of messages to people who were erased, or makes it.
pub(crate) fn of_the_erased(scope: &Scope<'_>, instance: InstanceId, now: Timestamp) -> Result<ChatId, StoreError> {
    const FIND: Scoped =
        scoped!("SELECT id FROM chats WHERE tenant_id = :tenant AND instance_id = :instance AND kind = 'erased'");
    const CLOSE: Scoped = scoped!("UPDATE chats SET state = 'done' WHERE tenant_id = :tenant AND id = :id");
    if let Some(chat) = scope.row(FIND, &[(":instance", &instance)], |row| row.get(0))? {
        return Ok(chat);
    }
    let chat = insert(scope, instance, None, ChatKind::Erased, &erasures::nobody(), None, now)?;
    scope.execute(CLOSE, &[(":id", &chat)])?;
    Ok(chat)
}

fn insert(
    scope: &Scope<'_>,
    instance: InstanceId,
    contact: Option<ContactId>,
    kind: ChatKind,
    address: &Address,
    title: Option<&str>,
    now: Timestamp,
) -> Result<ChatId, StoreError> {
    const INSERT: Scoped = scoped!(
        "INSERT INTO chats (tenant_id, id, instance_id, contact_id, kind, address, title, state, created_at)
         VALUES (:tenant, :id, :instance, :contact, :kind, :address, :title, 'waiting', :now)"
    );
    let chat = ChatId::new();
    scope.execute(
        INSERT,
        &[
            (":id", &chat),
            (":instance", &instance),
            (":contact", &contact),
            (":kind", &kind),
            (":address", address),
            (":title", &title),
            (":now", &now),
        ],
    )?;
    Ok(chat)
}

impl TenantStore {
    /// The hidden ids of people in a number's chats whose phone number WhatsApp may still tell, and when we met them; those of
    /// the youngest words first.
    ///
    /// # Errors
    /// What the store says.
    pub async fn hidden_people(
        &self,
        instance: InstanceId,
        limit: i64,
    ) -> Result<Vec<(Address, Timestamp)>, StoreError> {
        const HIDDEN: Scoped = scoped!(concat!(
            "SELECT i.address, c.created_at FROM chats AS h
             JOIN contacts AS c ON c.tenant_id = h.tenant_id AND c.id = h.contact_id
             JOIN identities AS i ON i.tenant_id = c.tenant_id AND i.contact_id = c.id
             WHERE h.tenant_id = :tenant AND h.instance_id = :instance AND i.address LIKE '%@lid' AND NOT ",
            is_known!(),
            " ORDER BY h.last_at DESC LIMIT :limit"
        ));
        self.read(move |scope| {
            scope.rows(HIDDEN, &[(":instance", &instance), (":limit", &limit)], |row| Ok((row.get(0)?, row.get(1)?)))
        })
        .await
    }

    /// One chat.
    ///
    /// # Errors
    /// What the store says.
    pub async fn chat(&self, id: ChatId) -> Result<Option<Chat>, StoreError> {
        self.read(move |scope| find(scope, id)).await
    }

    /// The chat of an address; the one that was written in last where the person has several.
    ///
    /// # Errors
    /// What the store says.
    pub async fn find_chat(&self, address: &Address) -> Result<Option<Chat>, StoreError> {
        const FIND: Scoped = scoped!(select_chats!(
            "AND (h.contact_id IN (SELECT contact_id FROM identities WHERE tenant_id = :tenant AND address = :address)
                  OR (h.kind = 'group' AND h.address = :address))
             ORDER BY h.last_at DESC LIMIT 1"
        ));
        let address = address.clone();
        self.read(move |scope| scope.row(FIND, &[(":address", &address)], read)).await
    }
}
