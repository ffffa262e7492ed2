//! Interactions: messages in and out, as rows.

use rusqlite::Row;
use serde::de::DeserializeOwned;

use super::TenantStore;
use super::activity::Tally;
use super::change::Change;
use super::erasures;
use super::error::StoreError;
use super::scope::{Scope, Scoped};
use crate::ids::{ChatId, InstanceId, InteractionId, JobId, ReplyId};
use crate::model::interaction::{Ack, Author, Direction, Interaction, InteractionState, Quoted};
use crate::scoped;
use crate::time::Timestamp;

/// How far back a person's word keeps a chat, when the echo of a send of ours turns out to be none.
const TAKEOVER_REMEMBERED: std::time::Duration = std::time::Duration::from_secs(24 * 3600);

/// Where a message's WhatsApp id comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdSource {
    /// Reserved at WAHA before the send.
    Reserved,
    /// Read from WAHA's answer, an echo or the history.
    Learned,
}

impl IdSource {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Learned => "learned",
        }
    }
}

/// A message of ours on its way out, with what only its sender needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbound {
    /// The message.
    pub interaction: Interaction,
    /// The number it goes out from.
    pub instance: InstanceId,
    /// The stable part of its WhatsApp id, reserved or learned.
    pub bare_id: Option<String>,
    /// Where the id comes from.
    pub id_source: Option<IdSource>,
    /// The job that sends it.
    pub job: Option<JobId>,
    /// The reservation that pays for it.
    pub reply: Option<ReplyId>,
    /// The chat's revision that it answers.
    pub revision: Option<i64>,
    /// Its place in an answer that was split.
    pub part: Option<i64>,
    /// When the POST was allowed.
    pub sending_at: Option<Timestamp>,
    /// When the POST was answered, whatever the answer.
    pub answered_at: Option<Timestamp>,
    /// Did WAHA take it once, whatever WhatsApp said later?
    pub was_sent: bool,
}

/// What an insert needs beside the interaction itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extra<'e> {
    pub(crate) bare_id: Option<&'e str>,
    pub(crate) id_source: Option<IdSource>,
    pub(crate) media: Option<String>,
    pub(crate) job: Option<JobId>,
    pub(crate) reply: Option<ReplyId>,
    pub(crate) revision: Option<i64>,
    pub(crate) part: Option<i64>,
    pub(crate) sending_at: Option<Timestamp>,
    pub(crate) echoed_at: Option<Timestamp>,
    pub(crate) tokens: Option<String>,
    /// Does it tell that a machine writes?
    pub(crate) discloses: bool,
    pub(crate) question: Question,
    /// When it was written, where that is not its place in the conversation.
    pub(crate) written_at: Option<Timestamp>,
}

/// Does a message ask for an answer?
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Question {
    /// A customer's words: they stay open until somebody answers them.
    Open,
    /// Everything else.
    #[default]
    None,
}

/// The columns of [`read`], in its order.
macro_rules! columns {
    () => {
        "id, chat_id, direction, author, state, kind, text, at, wa_id, address, reason, client_ref, reply_to, \
         author_name, reaction, model, latency_ms, original, media, tokens, \
         (SELECT json_array(q.author, substr(q.text, 1, 280)) FROM interactions AS q \
          WHERE q.tenant_id = interactions.tenant_id AND q.instance_id = interactions.instance_id \
            AND q.bare_id = interactions.reply_to LIMIT 1), \
         open_revision IS NOT NULL"
    };
}

/// A column of JSON; what nobody understands any more is as good as none.
fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(column)?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Interaction> {
    Ok(Interaction {
        id: row.get(0)?,
        chat: row.get(1)?,
        direction: row.get(2)?,
        author: row.get(3)?,
        state: row.get(4)?,
        kind: row.get(5)?,
        text: row.get(6)?,
        at: row.get(7)?,
        wa_id: row.get(8)?,
        address: row.get(9)?,
        reason: row.get(10)?,
        client_ref: row.get(11)?,
        reply_to: row.get(12)?,
        author_name: row.get(13)?,
        reaction: row.get(14)?,
        model: row.get(15)?,
        latency_ms: row.get(16)?,
        original: row.get(17)?,
        media: json(row, 18)?,
        tokens: json(row, 19)?,
        quoted: json::<(Author, String)>(row, 20)?.map(|(author, text)| Quoted { author, text }),
        unanswered: row.get(21)?,
    })
}

macro_rules! outbound_columns {
    () => {
        concat!(
            $crate::store::interactions::columns!(),
            ", instance_id, bare_id, id_source, job_id, reply_id, revision, part, sending_at, answered_at, \
             sent_at IS NOT NULL"
        )
    };
}
pub(crate) use {columns, outbound_columns};

pub(crate) fn read_outbound(row: &Row<'_>) -> rusqlite::Result<Outbound> {
    let id_source: Option<String> = row.get(24)?;
    Ok(Outbound {
        interaction: read(row)?,
        instance: row.get(22)?,
        bare_id: row.get(23)?,
        id_source: id_source.map(|word| if word == "reserved" { IdSource::Reserved } else { IdSource::Learned }),
        job: row.get(25)?,
        reply: row.get(26)?,
        revision: row.get(27)?,
        part: row.get(28)?,
        sending_at: row.get(29)?,
        answered_at: row.get(30)?,
        was_sent: row.get(31)?,
    })
}

/// Inserts a message; false when one of the same WhatsApp id and direction is on this instance already.
pub(crate) fn insert(
    scope: &Scope<'_>,
    instance: InstanceId,
    interaction: &Interaction,
    extra: &Extra<'_>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    const INSERT: Scoped = scoped!(
        "INSERT INTO interactions (tenant_id, id, instance_id, chat_id, direction, author, state, kind, text, at,
                                   address, bare_id, wa_id, reason, client_ref, reply_to, author_name, media, job_id,
                                   reply_id, revision, part, id_source, sending_at, echoed_at, model, latency_ms,
                                   tokens, discloses, open_revision, written_at, created_at)
         VALUES (:tenant, :id, :instance, :chat, :direction, :author, :state, :kind, :text, :at, :address, :bare_id,
                 :wa_id, :reason, :client_ref, :reply_to, :author_name, :media, :job, :reply, :revision, :part,
                 :id_source, :sending_at, :echoed_at, :model, :latency_ms, :tokens, :discloses,
                 -- Its arrival raises the chat's revision next.
                 CASE WHEN :open THEN (SELECT revision + 1 FROM chats WHERE tenant_id = :tenant AND id = :chat) END,
                 :written_at, :now)
         ON CONFLICT (tenant_id, instance_id, bare_id, direction) WHERE bare_id IS NOT NULL DO NOTHING"
    );
    let inserted = scope.execute(
        INSERT,
        &[
            (":id", &interaction.id),
            (":instance", &instance),
            (":chat", &interaction.chat),
            (":direction", &interaction.direction),
            (":author", &interaction.author),
            (":state", &interaction.state),
            (":kind", &interaction.kind),
            (":text", &interaction.text),
            (":at", &interaction.at),
            (":address", &interaction.address),
            (":bare_id", &extra.bare_id),
            (":wa_id", &interaction.wa_id),
            (":reason", &interaction.reason),
            (":client_ref", &interaction.client_ref),
            (":reply_to", &interaction.reply_to),
            (":author_name", &interaction.author_name),
            (":media", &extra.media),
            (":job", &extra.job),
            (":reply", &extra.reply),
            (":revision", &extra.revision),
            (":part", &extra.part),
            (":id_source", &extra.id_source.map(IdSource::word)),
            (":sending_at", &extra.sending_at),
            (":echoed_at", &extra.echoed_at),
            (":model", &interaction.model),
            (":latency_ms", &interaction.latency_ms),
            (":tokens", &extra.tokens),
            (":open", &(extra.question == Question::Open)),
            (":written_at", &extra.written_at),
            (":discloses", &extra.discloses),
            (":now", &now),
        ],
    )?;
    if inserted == 0 {
        return Ok(false);
    }
    match interaction.direction {
        Direction::In => scope.tally(interaction.at, Tally::Received),
        Direction::Out if interaction.state.is_out() => scope.tally(interaction.at, Tally::Sent(interaction.author)),
        Direction::Out => {}
    }
    let mut told = interaction.clone();
    if let Some(bare_id) = &interaction.reply_to {
        told.quoted = quoted(scope, instance, bare_id)?;
    }
    scope.emit(Change::InteractionAdded(scope.tenant(), Box::new(told)));
    Ok(true)
}

/// The message that another one answers, by its WhatsApp id.
fn quoted(scope: &Scope<'_>, instance: InstanceId, bare_id: &str) -> Result<Option<Quoted>, StoreError> {
    const QUOTED: Scoped = scoped!(
        "SELECT author, substr(text, 1, 280) FROM interactions
         WHERE tenant_id = :tenant AND instance_id = :instance AND bare_id = :bare_id LIMIT 1"
    );
    scope.row(QUOTED, &[(":instance", &instance), (":bare_id", &bare_id)], |row| {
        Ok(Quoted { author: row.get(0)?, text: row.get(1)? })
    })
}

/// One message.
pub(crate) fn find(scope: &Scope<'_>, id: InteractionId) -> Result<Option<Outbound>, StoreError> {
    const FIND: Scoped =
        scoped!(concat!("SELECT ", outbound_columns!(), " FROM interactions WHERE tenant_id = :tenant AND id = :id"));
    scope.row(FIND, &[(":id", &id)], read_outbound)
}

/// Puts a message into another state and tells listeners.
pub(crate) fn set_state(
    scope: &Scope<'_>,
    id: InteractionId,
    state: InteractionState,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    const SET: Scoped = scoped!(concat!(
        "UPDATE interactions SET state = :state, reason = :reason WHERE tenant_id = :tenant AND id = :id RETURNING ",
        columns!()
    ));
    if let Some(changed) = scope.row(SET, &[(":id", &id), (":state", &state), (":reason", &reason)], read)? {
        let author = changed.author;
        scope.emit(Change::InteractionChanged(scope.tenant(), Box::new(changed)));
        if author == Author::Campaign {
            super::campaigns::emit_of(scope, id)?;
        }
    }
    Ok(())
}

/// Removes what was stored as a person's message and is the echo of a send of ours, with the pause that it began. False when
/// there is no such message.
fn take_back_echo(scope: &Scope<'_>, instance: InstanceId, bare_id: &str, now: Timestamp) -> Result<bool, StoreError> {
    const REMOVE: Scoped = scoped!(
        "DELETE FROM interactions
         WHERE tenant_id = :tenant AND instance_id = :instance AND bare_id = :bare_id AND direction = 'out'
           AND author IN ('phone', 'human') AND job_id IS NULL AND sending_at IS NULL
         RETURNING chat_id"
    );
    const GO_ON: Scoped = scoped!(
        "UPDATE chats SET paused_until = NULL,
             state = CASE WHEN state = 'needs_you' AND reason = 'paused' THEN 'waiting' ELSE state END,
             reason = CASE WHEN state = 'needs_you' AND reason = 'paused' THEN NULL ELSE reason END
         WHERE tenant_id = :tenant AND id = :chat
           -- A person who really wrote lately keeps the chat.
           AND NOT EXISTS (SELECT 1 FROM interactions AS i
                           WHERE i.tenant_id = :tenant AND i.chat_id = :chat AND i.direction = 'out'
                             AND i.author IN ('phone', 'human') AND i.at > :lately)"
    );
    let params: &[(&str, &dyn rusqlite::ToSql)] = &[(":instance", &instance), (":bare_id", &bare_id)];
    let Some(chat) = scope.row(REMOVE, params, |row| row.get::<_, ChatId>(0))? else { return Ok(false) };
    let lately = now - TAKEOVER_REMEMBERED;
    scope.execute(GO_ON, &[(":chat", &chat), (":lately", &lately)])?;
    scope.emit(Change::ChatChanged(scope.tenant(), chat));
    Ok(true)
}

/// Notes that a message of ours went out and the id that WhatsApp knows it by; returns the furthest ack that came before
/// the id was known.
pub(crate) fn learn_id(
    scope: &Scope<'_>,
    message: &Outbound,
    bare_id: Option<&str>,
    wa_id: Option<&str>,
    now: Timestamp,
) -> Result<Option<Ack>, StoreError> {
    const LEARN: Scoped = scoped!(
        "UPDATE OR IGNORE interactions
         SET bare_id = coalesce(bare_id, :bare_id),
             -- WhatsApp's full id names the person, who may have been erased.
             wa_id = CASE WHEN address <> :nobody THEN coalesce(:wa_id, wa_id) END,
             id_source = coalesce(id_source, 'learned'), sent_at = coalesce(sent_at, :now)
         WHERE tenant_id = :tenant AND id = :id"
    );
    const EARLY: Scoped = scoped!(
        "DELETE FROM early_acks WHERE tenant_id = :tenant AND instance_id = :instance AND bare_id = :bare_id
         RETURNING ack"
    );
    let learn = |bare_id: Option<&str>, wa_id: Option<&str>| {
        scope.execute(
            LEARN,
            &[
                (":id", &message.interaction.id),
                (":bare_id", &bare_id),
                (":wa_id", &wa_id),
                (":nobody", &erasures::nobody()),
                (":now", &now),
            ],
        )
    };
    if learn(bare_id, wa_id)? == 0
        && let Some(taken) = bare_id
    {
        // Its echo came first, under an address that nobody knew, and was taken for a person's word.
        if take_back_echo(scope, message.instance, taken, now)? {
            learn(bare_id, wa_id)?;
        } else {
            learn(None, None)?;
        }
    }
    let Some(bare_id) = bare_id.or(message.bare_id.as_deref()) else { return Ok(None) };
    let acks: Vec<Ack> =
        scope.rows(EARLY, &[(":instance", &message.instance), (":bare_id", &bare_id)], |row| row.get(0))?;
    Ok(acks.into_iter().max_by_key(|ack| ack.rank()))
}

impl TenantStore {
    /// Messages of a chat, newest first, before an instant and message, or from the newest on.
    ///
    /// # Errors
    /// What the store says.
    pub async fn interactions(
        &self,
        chat: ChatId,
        before: Option<InteractionId>,
        limit: i64,
    ) -> Result<Vec<Interaction>, StoreError> {
        const PAGE: Scoped = scoped!(concat!(
            "SELECT ",
            columns!(),
            " FROM interactions WHERE tenant_id = :tenant AND chat_id = :chat
             AND (:before IS NULL OR (at, seq) < (SELECT at, seq FROM interactions
                                                  WHERE tenant_id = :tenant AND id = :before))
             ORDER BY at DESC, seq DESC LIMIT :limit"
        ));
        self.read(move |scope| scope.rows(PAGE, &[(":chat", &chat), (":before", &before), (":limit", &limit)], read))
            .await
    }

    /// Messages of a chat, oldest first, after a message.
    ///
    /// # Errors
    /// What the store says.
    pub async fn interactions_after(
        &self,
        chat: ChatId,
        after: InteractionId,
        limit: i64,
    ) -> Result<Vec<Interaction>, StoreError> {
        const PAGE: Scoped = scoped!(concat!(
            "SELECT ",
            columns!(),
            " FROM interactions WHERE tenant_id = :tenant AND chat_id = :chat
             AND (at, seq) > (SELECT at, seq FROM interactions WHERE tenant_id = :tenant AND id = :after)
             ORDER BY at, seq LIMIT :limit"
        ));
        self.read(move |scope| scope.rows(PAGE, &[(":chat", &chat), (":after", &after), (":limit", &limit)], read))
            .await
    }

    /// Messages of ours in a chat that wait to be sent, newest first.
    ///
    /// # Errors
    /// What the store says.
    pub async fn unsent(&self, chat: ChatId) -> Result<Vec<Interaction>, StoreError> {
        const UNSENT: Scoped = scoped!(concat!(
            "SELECT ",
            columns!(),
            " FROM interactions
             WHERE tenant_id = :tenant AND chat_id = :chat AND state IN ('draft', 'held', 'queued') ORDER BY seq DESC"
        ));
        self.read(move |scope| scope.rows(UNSENT, &[(":chat", &chat)], read)).await
    }

    /// When the countdown of a chat's answer ends; `None` when none runs.
    ///
    /// # Errors
    /// What the store says.
    pub async fn countdown(&self, chat: ChatId) -> Result<Option<Timestamp>, StoreError> {
        const ENDS: Scoped = scoped!(
            "SELECT j.run_at FROM jobs AS j
             WHERE j.tenant_id = :tenant AND j.chat_id = :chat AND j.kind = 'answer_chat' AND j.state = 'scheduled'
               AND j.run_at < :far
               AND EXISTS (SELECT 1 FROM interactions AS i
                           WHERE i.tenant_id = :tenant AND i.job_id = j.id AND i.state = 'draft')"
        );
        self.read(move |scope| scope.row(ENDS, &[(":chat", &chat), (":far", &super::jobs::FAR)], |row| row.get(0)))
            .await
    }

    /// One message of ours with what its sender needs.
    ///
    /// # Errors
    /// What the store says.
    pub async fn outbound(&self, id: InteractionId) -> Result<Option<Outbound>, StoreError> {
        self.read(move |scope| find(scope, id)).await
    }

    /// The message that a console's `client_ref` became.
    ///
    /// # Errors
    /// What the store says.
    pub async fn by_client_ref(&self, client_ref: crate::ids::ClientRef) -> Result<Option<Interaction>, StoreError> {
        const FIND: Scoped = scoped!(concat!(
            "SELECT ",
            columns!(),
            " FROM interactions WHERE tenant_id = :tenant AND client_ref = :client_ref"
        ));
        self.read(move |scope| scope.row(FIND, &[(":client_ref", &client_ref)], read)).await
    }

    /// Which of these messages, by WhatsApp's id and whether they are of our side, are in the store.
    ///
    /// # Errors
    /// What the store says.
    pub async fn known_messages(
        &self,
        instance: InstanceId,
        messages: Vec<(String, bool)>,
    ) -> Result<Vec<(String, bool)>, StoreError> {
        const KNOWN: Scoped = scoped!(
            "SELECT 1 FROM interactions
             WHERE tenant_id = :tenant AND instance_id = :instance AND bare_id = :bare_id AND direction = :direction"
        );
        self.read(move |scope| {
            let mut known = Vec::new();
            for (bare_id, ours) in messages {
                let direction = if ours { Direction::Out } else { Direction::In };
                let params: &[(&str, &dyn rusqlite::ToSql)] =
                    &[(":instance", &instance), (":bare_id", &bare_id), (":direction", &direction)];
                if scope.row(KNOWN, params, |_| Ok(()))?.is_some() {
                    known.push((bare_id, ours));
                }
            }
            Ok(known)
        })
        .await
    }

    /// Which of these WhatsApp ids belong to a message out of which we know when it was written: we sent it, or WAHA told of it
    /// by webhook.
    ///
    /// # Errors
    /// What the store says.
    pub async fn dated_ids(&self, instance: InstanceId, bare_ids: Vec<String>) -> Result<Vec<String>, StoreError> {
        const DATED: Scoped = scoped!(
            "SELECT 1 FROM interactions
             WHERE tenant_id = :tenant AND instance_id = :instance AND bare_id = :bare_id AND direction = 'out'
               AND (sending_at IS NOT NULL OR echoed_at IS NOT NULL)"
        );
        self.read(move |scope| {
            let mut dated = Vec::new();
            for bare_id in bare_ids {
                let params: &[(&str, &dyn rusqlite::ToSql)] = &[(":instance", &instance), (":bare_id", &bare_id)];
                if scope.row(DATED, params, |_| Ok(()))?.is_some() {
                    dated.push(bare_id);
                }
            }
            Ok(dated)
        })
        .await
    }

    /// Which of these WhatsApp ids belong to a message out that is in the store.
    ///
    /// # Errors
    /// What the store says.
    pub async fn claimed_ids(&self, instance: InstanceId, bare_ids: Vec<String>) -> Result<Vec<String>, StoreError> {
        const CLAIMED: Scoped = scoped!(
            "SELECT 1 FROM interactions
             WHERE tenant_id = :tenant AND instance_id = :instance AND bare_id = :bare_id AND direction = 'out'"
        );
        self.read(move |scope| {
            let mut claimed = Vec::new();
            for bare_id in bare_ids {
                let params: &[(&str, &dyn rusqlite::ToSql)] = &[(":instance", &instance), (":bare_id", &bare_id)];
                if scope.row(CLAIMED, params, |_| Ok(()))?.is_some() {
                    claimed.push(bare_id);
                }
            }
            Ok(claimed)
        })
        .await
    }
}
