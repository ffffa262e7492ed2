//! Messages of our own side: the echo of what we sent, or a human's.
//!
//! A message is ours by its id; where the server chose the id and we have not learned it, by its text. Everything else a human
//! wrote, and a human beats the assistant: at the time when it was written, and under whichever address it comes.

use std::time::Duration;

use super::{Accepted, Intake, LID_WAIT, Origin, Stamp, is_out, preview_of};
use crate::ids::ContactId;
use crate::model::contact::Review;
use crate::model::delivery::{MessageEvent, Source};
use crate::model::interaction::{Author, ContentKind, Interaction};
use crate::model::job::JobArgs;
use crate::phone::AddressKind;
use crate::scoped;
use crate::store::change::Change;
use crate::store::chats::{self, Known, Thread};
use crate::store::error::StoreError;
use crate::store::interactions::{self, Extra, Outbound, Question};
use crate::store::jobs;
use crate::store::scope::Scoped;
use crate::store::tx::send::{HumanWord, Place, human_spoke};
use crate::store::tx::{outcome, takeover};
use crate::time::Timestamp;

/// How much older than the start of a send its echo may seem: WhatsApp's clock has whole seconds. Where servers say that our
/// clock is ahead, so much more.
const CLOCK_SLACK: Duration = Duration::from_secs(2);
/// How much younger than the start of a send WhatsApp may say that it is.
const SEND_MAX: Duration = Duration::from_secs(600);
/// How old a send of ours may be that a made-up time is on.
const UNDATED_MAX: Duration = Duration::from_secs(2 * 86_400);
/// How long a text of ours is at least that nobody writes once more word by word.
const RETOLD_MIN: usize = 20;
/// How far back somebody wrote from a hidden id whose number the shop may be writing to now.
const HIDDEN_RECENTLY: Duration = Duration::from_secs(86_400);
/// How many chats are looked at for that.
const HIDDEN_CHATS_MAX: i64 = 300;

/// A send of ours that a message turns out to be.
enum OwnSend {
    Row(Box<Outbound>),
    /// One of several with the same words, or a human's: their servers' answers tell which, or whose the address is.
    OneOfSeveral,
}

/// Who wrote a message of our side that is in no row yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Authorship {
    Human,
    /// A human, or we in one of several sends: that is known once it is known for whom it is.
    Unclear,
}

/// Has WAHA told of a message in a way that counts?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EchoState {
    Counted,
    Awaited,
}

/// Was a message written elsewhere than here?
fn is_of_a_human(message: &Outbound) -> bool {
    matches!(message.interaction.author, Author::Human | Author::Phone)
        && message.job.is_none()
        && message.sending_at.is_none()
}

impl Intake<'_, '_> {
    /// A message of our side: the echo of our own send, or a human's.
    pub(super) fn own_message(&self, message: &MessageEvent) -> Result<Accepted, StoreError> {
        let mut authorship = Authorship::Human;
        match self.known_by_id(&message.bare_id)? {
            Some((shown, EchoState::Awaited)) if is_of_a_human(&shown) => return self.look_anew(message, &shown),
            Some((ours, _)) => {
                if ours.interaction.kind == ContentKind::Waiting {
                    self.fill_in(message, Question::None)?;
                }
                return self.echo(message, &ours);
            }
            None => match self.by_text(message)? {
                Some(OwnSend::Row(ours)) => return self.echo(message, &ours),
                Some(OwnSend::OneOfSeveral) => authorship = Authorship::Unclear,
                None => {}
            },
        }
        if self.forgotten(message)? {
            return Ok(Accepted::Duplicate);
        }
        let name = None;
        let alternate = message.alternate.as_ref();
        let thread = chats::thread(self.scope, self.instance, &message.chat, alternate, name, Review::New, self.now)?;
        let author = if message.source == Source::Api { Author::Human } else { Author::Phone };
        let interaction = self.interaction(message, thread.chat, author);
        let shown_only = authorship == Authorship::Unclear || self.origin == Origin::History(Stamp::Doubtful);
        // A message that counts later, once it is known when it was written and by whom, is one whose echo has not come.
        let echoed_at = (!shown_only).then_some(self.now);
        let extra = Extra { echoed_at, ..self.extra(message) };
        if !interactions::insert(self.scope, self.instance, &interaction, &extra, self.now)? {
            return Ok(Accepted::Duplicate);
        }
        if shown_only {
            self.show_only(&interaction)?;
            takeover::leave_to_human(self.scope, interaction.chat, interaction.at, self.now)?;
        } else {
            self.take_over(&interaction, message.at)?;
        }
        self.ask_who_is_meant(message, &thread)?;
        if authorship == Authorship::Unclear {
            self.look_again_whose(message)?;
        }
        Ok(Accepted::Stored)
    }

    /// A message that is shown and does not count yet: it may be a send of ours by what is known of its person since.
    fn look_anew(&self, message: &MessageEvent, shown: &Outbound) -> Result<Accepted, StoreError> {
        match self.by_text(message)? {
            Some(OwnSend::Row(ours)) => {
                interactions::forget_shown(self.scope, self.instance, &message.bare_id)?;
                self.echo(message, &ours)
            }
            Some(OwnSend::OneOfSeveral) => Ok(Accepted::Duplicate),
            None => self.echo(message, shown),
        }
    }

    /// Reads the message once more from the history, when WAHA has had the time to say for whom it is.
    fn look_again_whose(&self, message: &MessageEvent) -> Result<(), StoreError> {
        let args = JobArgs::RecoverHistory { instance: self.instance, since: message.at.min(self.now) };
        let key = format!("{}:whose", self.instance);
        jobs::insert_keyed(self.scope, &args, &key, self.now + LID_WAIT, self.now)
    }

    /// WAHA tells of a message that is in the store.
    fn echo(&self, message: &MessageEvent, ours: &Outbound) -> Result<Accepted, StoreError> {
        const ECHO: Scoped = scoped!(
            "UPDATE interactions SET echoed_at = :now, at = coalesce(:written_at, at)
             WHERE tenant_id = :tenant AND id = :id AND echoed_at IS NULL"
        );
        let by_a_human = is_of_a_human(ours);
        if by_a_human && self.origin == Origin::History(Stamp::Doubtful) {
            return Ok(Accepted::Duplicate);
        }
        // It is known now when a human wrote it, or that it was only just written.
        let written_at = by_a_human.then(|| super::within_its_second(message.at, self.now));
        let params: &[(&str, &dyn rusqlite::ToSql)] =
            &[(":id", &ours.interaction.id), (":written_at", &written_at), (":now", &self.now)];
        if self.scope.execute(ECHO, params)? == 0 {
            return Ok(Accepted::Duplicate);
        }
        // Its echo may never have come, but that it went out is no news.
        let no_news = matches!(self.origin, Origin::History(_)) && is_out(ours);
        let accepted = if no_news { Accepted::Duplicate } else { Accepted::Stored };
        if let Some(at) = written_at {
            let moved = Interaction { at, ..ours.interaction.clone() };
            if at != ours.interaction.at {
                self.stand_at_its_time(&moved, ours.interaction.at)?;
            }
            self.take_over(&moved, message.at)?;
            return Ok(accepted);
        }
        // One that was found by its words keeps the id that it has.
        let named = ours.bare_id.as_ref().is_none_or(|known| *known == message.bare_id);
        let (bare_id, wa_id) = if named { (Some(&*message.bare_id), Some(&*message.wa_id)) } else { (None, None) };
        if !outcome::is_refused(ours) {
            outcome::mark_sent(self.scope, ours, bare_id, wa_id, self.now)?;
        }
        if let Some(ack) = message.ack
            && let Some(ours) = interactions::find(self.scope, ours.interaction.id)?
        {
            outcome::apply_ack(self.scope, &ours, ack, self.now)?;
        }
        Ok(accepted)
    }

    /// A message was shown at a time that was made up, and stands at its own now.
    fn stand_at_its_time(&self, moved: &Interaction, made_up: Timestamp) -> Result<(), StoreError> {
        const LAST: Scoped = scoped!(
            "UPDATE chats SET last_at = (SELECT max(i.at) FROM interactions AS i
                                         WHERE i.tenant_id = :tenant AND i.chat_id = :chat
                                           AND i.state NOT IN ('draft', 'held', 'cancelled'))
             WHERE tenant_id = :tenant AND id = :chat AND last_at = :made_up"
        );
        self.scope.execute(LAST, &[(":chat", &moved.chat), (":made_up", &made_up)])?;
        self.scope.emit(Change::InteractionChanged(self.scope.tenant(), Box::new(moved.clone())));
        Ok(())
    }

    /// The latest time that it may be. Servers may have said that our clock is behind, and a delivery is of now or earlier.
    fn latest_now(&self) -> Timestamp {
        let now = self.clock_error.latest(self.now);
        self.told_at.map_or(now, |told_at| now.max(told_at))
    }

    /// A human's message counts from when it was written, in whole seconds as WhatsApp says it.
    pub(super) fn take_over(&self, interaction: &Interaction, written_at: Timestamp) -> Result<(), StoreError> {
        let (chat, at) = (interaction.chat, interaction.at);
        let written_at = written_at.min(self.latest_now());
        let pause = self.rules(Some(chat))?.takeover_pause;
        let text = preview_of(interaction);
        let word = HumanWord { chat, preview: &text, at, settles_until: at, paused_until: written_at + pause };
        let place = human_spoke(self.scope, &word, self.now)?;
        chats::answered(self.scope, chat, interaction.id, at)?;
        if place == Place::BeforeTheCustomers {
            chats::look_who_waits(self.scope, chat)?;
        }
        self.scope.count("takeovers");
        Ok(())
    }

    /// A message of which nobody knows when it was written is there to be read, and moves no chat in the lists.
    fn show_only(&self, interaction: &Interaction) -> Result<(), StoreError> {
        const SHOW: Scoped = scoped!(
            "UPDATE chats SET preview = coalesce(preview, :preview), last_at = coalesce(last_at, :at)
             WHERE tenant_id = :tenant AND id = :chat"
        );
        let preview = preview_of(interaction);
        self.scope
            .execute(SHOW, &[(":chat", &interaction.chat), (":preview", &preview), (":at", &interaction.at)])
            .map(drop)
    }

    /// A human's message silences the customer whom it is for, also where they are known by their other address only.
    fn ask_who_is_meant(&self, message: &MessageEvent, thread: &Thread) -> Result<(), StoreError> {
        let asks = match message.chat.kind() {
            AddressKind::Lid => thread.known == Known::ByLidOnly,
            AddressKind::Phone if message.alternate.is_none() => self.may_write_from_hidden_id(thread.contact)?,
            _ => false,
        };
        if asks { self.ask_who_is(&message.chat) } else { Ok(()) }
    }

    /// Is a person's LID unknown, while somebody whose number is unknown wrote to this number lately?
    fn may_write_from_hidden_id(&self, contact: ContactId) -> Result<bool, StoreError> {
        // In a shop with more chats than are looked at somebody may: WAHA is asked.
        const HIDDEN: Scoped = scoped!(
            "SELECT CASE
                 WHEN EXISTS (SELECT 1 FROM identities AS i
                              WHERE i.tenant_id = :tenant AND i.contact_id = :contact AND i.address LIKE '%@lid') THEN 0
                 ELSE (SELECT CASE WHEN count(*) >= :most THEN 1
                                   ELSE coalesce(max(CASE WHEN h.instance_id = :instance AND h.last_in_at IS NOT NULL
                                                           AND c.id IS NOT NULL AND c.phone IS NULL
                                                          THEN 1 ELSE 0 END), 0) END
                       FROM (SELECT contact_id, instance_id, last_in_at FROM chats
                             WHERE tenant_id = :tenant AND last_at >= :recently
                             ORDER BY last_at DESC LIMIT :most) AS h
                       LEFT JOIN contacts AS c ON c.tenant_id = :tenant AND c.id = h.contact_id) END"
        );
        let recently = self.now - HIDDEN_RECENTLY;
        let params: &[(&str, &dyn rusqlite::ToSql)] = &[
            (":instance", &self.instance),
            (":contact", &contact),
            (":recently", &recently),
            (":most", &HIDDEN_CHATS_MAX),
        ];
        Ok(self.scope.row(HIDDEN, params, |row| row.get(0))?.unwrap_or(false))
    }

    pub(super) fn by_bare_id(&self, bare_id: &str) -> Result<Option<Outbound>, StoreError> {
        Ok(self.known_by_id(bare_id)?.map(|(ours, _)| ours))
    }

    fn known_by_id(&self, bare_id: &str) -> Result<Option<(Outbound, EchoState)>, StoreError> {
        const FIND: Scoped = scoped!(concat!(
            "SELECT ",
            interactions::outbound_columns!(),
            ", echoed_at IS NULL AS unheard FROM interactions
             WHERE tenant_id = :tenant AND instance_id = :instance AND bare_id = :bare_id AND direction = 'out'"
        ));
        self.scope.row(FIND, &[(":instance", &self.instance), (":bare_id", &bare_id)], |row| {
            let echo = if row.get("unheard")? { EchoState::Awaited } else { EchoState::Counted };
            Ok((interactions::read_outbound(row)?, echo))
        })
    }

    /// A send of ours that nobody has told of since, by its words.
    fn by_text(&self, message: &MessageEvent) -> Result<Option<OwnSend>, StoreError> {
        let Some(text) = message.text.as_deref() else { return Ok(None) };
        if let Some(ours) = self.sending_without_id(message, text)? {
            return Ok(Some(OwnSend::Row(Box::new(ours))));
        }
        if let Some(ours) = self.sent_without_id(message, text)? {
            return Ok(Some(OwnSend::Row(Box::new(ours))));
        }
        match self.to_another_address(message, text)? {
            Some(found) => Ok(Some(found)),
            None if self.may_be_retold(message, text)? => Ok(Some(OwnSend::OneOfSeveral)),
            None => Ok(None),
        }
    }

    /// May a message in the history be one of ours that the server read from the phone anew: under another id, another address,
    /// another time, and as if it were typed on the phone? It has the words of a send of the last days to its person, or to one
    /// who may be. An owner who has used the same words is heeded by the webhook.
    fn may_be_retold(&self, message: &MessageEvent, text: &str) -> Result<bool, StoreError> {
        const RETOLD: Scoped = scoped!(
            "SELECT 1 FROM (
                 SELECT h.id FROM chats AS h
                 JOIN identities AS i ON i.tenant_id = h.tenant_id AND i.contact_id = h.contact_id
                 WHERE h.tenant_id = :tenant AND h.instance_id = :instance AND i.address IN (:chat, :alternate)
                 UNION
                 SELECT lately.id FROM (SELECT id, contact_id, instance_id FROM chats
                                   WHERE tenant_id = :tenant AND last_at >= :oldest ORDER BY last_at DESC LIMIT :most) AS lately
                 WHERE lately.instance_id = :instance AND :alternate IS NULL
                   AND NOT EXISTS (SELECT 1 FROM identities AS k
                                   WHERE k.tenant_id = :tenant AND k.contact_id = lately.contact_id
                                     AND (k.address LIKE '%@lid') = :lid)
                   AND NOT EXISTS (SELECT 1 FROM identities AS i
                                   JOIN identities AS o ON o.tenant_id = i.tenant_id AND o.contact_id = i.contact_id
                                   WHERE i.tenant_id = :tenant AND i.address = :chat AND (o.address LIKE '%@lid') <> :lid)
             ) AS t
             JOIN interactions AS m ON m.tenant_id = :tenant AND m.chat_id = t.id AND m.at >= :oldest
             WHERE m.direction = 'out' AND m.text = :text AND m.sending_at <= :latest
               AND m.state IN ('sending', 'unknown', 'sent', 'delivered', 'read', 'played') LIMIT 1"
        );
        if self.origin == Origin::Webhook || text.chars().nth(RETOLD_MIN - 1).is_none() {
            return Ok(false);
        }
        let lid = message.chat.kind() == AddressKind::Lid;
        let params: &[(&str, &dyn rusqlite::ToSql)] = &[
            (":instance", &self.instance),
            (":text", &text),
            (":oldest", &(message.at.min(self.now) - UNDATED_MAX)),
            (":latest", &(message.at + self.slack())),
            (":chat", &message.chat),
            (":alternate", &message.alternate),
            (":lid", &lid),
            (":most", &HIDDEN_CHATS_MAX),
        ];
        Ok(self.scope.row(RETOLD, params, |_| Ok(()))?.is_some())
    }

    /// On servers without ids: the oldest send in this chat with this text that nobody has claimed.
    fn sending_without_id(&self, message: &MessageEvent, text: &str) -> Result<Option<Outbound>, StoreError> {
        const FIND: Scoped = scoped!(concat!(
            "SELECT ",
            interactions::outbound_columns!(),
            " FROM interactions
             WHERE tenant_id = :tenant AND instance_id = :instance
               -- The first list is that of the index, the second what is meant.
               AND state IN ('draft', 'held', 'queued', 'sending', 'unknown') AND state IN ('sending', 'unknown')
               -- A start in the future was written down by a clock that was ahead.
               AND bare_id IS NULL AND text = :text AND (sending_at <= :latest OR sending_at > :ahead)
               AND chat_id IN (SELECT h.id FROM chats AS h
                               JOIN identities AS i ON i.tenant_id = h.tenant_id AND i.contact_id = h.contact_id
                               WHERE h.tenant_id = :tenant AND i.address IN (:chat, :alternate))
             ORDER BY seq LIMIT 1"
        ));
        let latest = message.at + self.slack();
        self.scope.row(
            FIND,
            &[
                (":instance", &self.instance),
                (":text", &text),
                (":latest", &latest),
                (":ahead", &(self.now + CLOCK_SLACK)),
                (":chat", &message.chat),
                (":alternate", &message.alternate),
            ],
            interactions::read_outbound,
        )
    }

    /// The same for a send that WAHA took without telling its id. In the history, where the webhook may have been lost, also
    /// one under another id than the one that we know.
    fn sent_without_id(&self, message: &MessageEvent, text: &str) -> Result<Option<Outbound>, StoreError> {
        const FIND: Scoped = scoped!(concat!(
            "SELECT ",
            interactions::outbound_columns!(),
            " FROM interactions
             WHERE tenant_id = :tenant AND instance_id = :instance AND direction = 'out'
               AND state IN ('sent', 'delivered', 'read', 'played')
               AND echoed_at IS NULL AND (bare_id IS NULL OR :history) AND text = :text
               AND sending_at BETWEEN :earliest AND :latest AND at >= :oldest
               AND chat_id IN (SELECT h.id FROM chats AS h
                               JOIN identities AS i ON i.tenant_id = h.tenant_id AND i.contact_id = h.contact_id
                               WHERE h.tenant_id = :tenant AND i.address IN (:chat, :alternate))
             ORDER BY seq LIMIT 1"
        ));
        let (earliest, latest) = self.sent_between(message);
        let history = matches!(self.origin, Origin::History(_));
        self.scope.row(
            FIND,
            &[
                (":instance", &self.instance),
                (":text", &text),
                (":history", &history),
                (":earliest", &earliest),
                (":latest", &latest),
                (":oldest", &(message.at - UNDATED_MAX)),
                (":chat", &message.chat),
                (":alternate", &message.alternate),
            ],
            interactions::read_outbound,
        )
    }

    /// The same for a send to an address that may be the same person's: its echo comes under one whose owner nobody knows.
    fn to_another_address(&self, message: &MessageEvent, text: &str) -> Result<Option<OwnSend>, StoreError> {
        const FIND: Scoped = scoped!(concat!(
            "SELECT ",
            interactions::outbound_columns!(),
            " FROM interactions
             -- All that may be meant stand in one index, `interactions_without_id`, by when they started.
             WHERE tenant_id = :tenant AND instance_id = :instance AND direction = 'out'
               AND echoed_at IS NULL AND bare_id IS NULL AND sending_at BETWEEN :earliest AND :latest
               AND state IN ('sending', 'unknown', 'sent', 'delivered', 'read', 'played') AND text = :text
               AND NOT EXISTS (SELECT 1 FROM chats AS h
                               JOIN identities AS i ON i.tenant_id = h.tenant_id AND i.contact_id = h.contact_id
                               WHERE h.tenant_id = :tenant AND h.id = interactions.chat_id
                                 AND (i.address LIKE '%@lid') = :lid)
               AND NOT EXISTS (SELECT 1 FROM identities AS i
                               JOIN identities AS o ON o.tenant_id = i.tenant_id AND o.contact_id = i.contact_id
                               WHERE i.tenant_id = :tenant AND i.address = :chat AND (o.address LIKE '%@lid') <> :lid)
             ORDER BY seq LIMIT 2"
        ));
        // What was typed on the phone is no echo of ours; in the history WAHA may have forgotten who sent what.
        if message.alternate.is_some() || (self.origin == Origin::Webhook && message.source == Source::App) {
            return Ok(None);
        }
        let (earliest, latest) = self.sent_between(message);
        let lid = message.chat.kind() == AddressKind::Lid;
        let mut found = self.scope.rows(
            FIND,
            &[
                (":instance", &self.instance),
                (":text", &text),
                (":earliest", &earliest),
                (":latest", &latest),
                (":chat", &message.chat),
                (":lid", &lid),
            ],
            interactions::read_outbound,
        )?;
        Ok(match (found.pop(), found.is_empty()) {
            (None, _) => None,
            (Some(ours), true) => Some(OwnSend::Row(Box::new(ours))),
            (Some(_), false) => Some(OwnSend::OneOfSeveral),
        })
    }

    /// When the send of a message may have started.
    fn sent_between(&self, message: &MessageEvent) -> (Timestamp, Timestamp) {
        let back = if self.origin == Origin::History(Stamp::Doubtful) { UNDATED_MAX } else { SEND_MAX };
        (message.at - back, message.at + self.slack())
    }

    fn slack(&self) -> Duration {
        CLOCK_SLACK + self.clock_error.ahead
    }
}
