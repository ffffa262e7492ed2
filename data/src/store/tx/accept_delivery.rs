//! Takes in one delivery: duplicate check, person, chat, message, revision and job in one transaction.
//!
//! A message is known by its bare id and direction; everything else by a key of its own kind. The chat part of an id
//! is never compared, since it switches between phone number and LID.

mod changes;
mod content;
mod own;
mod signs;
mod wish;

use std::time::Duration;

use self::wish::{Heeded, Said};
use crate::ids::{ChatId, InstanceId};
use crate::model::clock_error::ClockError;
use crate::model::contact::Review;
use crate::model::delivery::{Delivery, DeliveryEvent, Handling, MessageEvent, PROBE_MARK};
use crate::model::disclosure;
use crate::model::interaction::{Author, ContentKind, Direction, Interaction, InteractionState, Media};
use crate::model::job::JobArgs;
use crate::model::setting::{Groups, Rules};
use crate::phone::{Address, AddressKind};
use crate::scoped;
use crate::store::TenantStore;
use crate::store::change::Change;
use crate::store::chats::{self, Known};
use crate::store::erasures;
use crate::store::error::StoreError;
use crate::store::instances;
use crate::store::interactions::{self, Extra, IdSource, Outbound, Question};
use crate::store::jobs;
use crate::store::recipients;
use crate::store::scope::{Scope, Scoped};
use crate::store::settings::values;
use crate::time::Timestamp;

/// The longest that an answer waits for the phone number behind a LID.
pub const LID_WAIT: Duration = Duration::from_secs(3);

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// New, and durable now.
    Stored,
    /// Known already.
    Duplicate,
    /// Of a kind or from a place that we do not keep.
    Ignored,
}

/// The beginning of a message, for lists.
pub(crate) fn preview(text: &str) -> String {
    text.chars().take(120).collect()
}

/// The beginning of a message by its author, for lists: of an answer without the sentence before it that a machine writes.
pub(crate) fn preview_by(author: Author, text: &str) -> String {
    preview(if author == Author::Assistant { disclosure::without_sentence(text) } else { text })
}

/// The beginning of a message with what sort it is, for lists.
fn preview_of(message: &Interaction) -> String {
    preview(&message.kind.with_words(&message.text))
}

/// WhatsApp's clock has whole seconds, ours has thousandths: an answer and the question after it would change places.
/// The true instant lies within the second that WhatsApp names, and not after now, whatever the message says.
fn within_its_second(at: Timestamp, now: Timestamp) -> Timestamp {
    (at + Duration::from_millis(999)).min(now)
}

/// Is it known that WhatsApp took this message of ours?
fn is_out(ours: &Outbound) -> bool {
    use InteractionState::{Delivered, Played, Read, Sent};
    matches!(ours.interaction.state, Sent | Delivered | Read | Played)
}

/// How a customer's message stands to what we have said since it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lateness {
    /// We have said nothing since.
    InTime,
    /// It came after something that we said without knowing it, so it stands after that in the conversation, at this instant.
    AfterOurWord(Timestamp),
    /// The owner had it on the phone, and wrote after it.
    AnsweredOnPhone,
}

/// May the time on a message from WAHA's history be believed?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// It is when the message was written.
    Written,
    /// It may be a time that the server made up. A message of ours with it is kept, and silences nobody until its webhook
    /// or another look tells when it was written; what was asked before it is left to a human.
    Doubtful,
}

/// How a message came to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Webhook,
    History(Stamp),
    /// By an edit of it: its own webhook was lost, or is late.
    Edit,
}

struct Intake<'s, 'c> {
    scope: &'s Scope<'c>,
    instance: InstanceId,
    defaults: Rules,
    origin: Origin,
    /// How wrong our clock is.
    clock_error: ClockError,
    /// When WAHA told of it by WAHA's clock, where it said so.
    told_at: Option<Timestamp>,
    now: Timestamp,
}

impl TenantStore {
    /// Takes in one delivery for an instance. Fails with [`StoreError::Overloaded`] rather than wait for the writer.
    ///
    /// # Errors
    /// What the store says; then nothing of the delivery is kept and WAHA must post it again.
    pub async fn accept_delivery(
        &self,
        instance: InstanceId,
        delivery: Delivery,
        defaults: Rules,
        now: Timestamp,
    ) -> Result<Accepted, StoreError> {
        let (tenant, clock_error) = (self.tenant, self.clock_error);
        self.db
            .write_now(move |writer| {
                let scope = Scope::writing(writer, tenant);
                let (origin, told_at) = (Origin::Webhook, Some(delivery.at));
                let intake = Intake { scope: &scope, instance, defaults, origin, clock_error, told_at, now };
                let accepted = intake.accept(&delivery)?;
                heard(&scope, instance, now)?;
                scope.count(match accepted {
                    Accepted::Stored => "ingest.accepted",
                    Accepted::Duplicate => "ingest.duplicate",
                    Accepted::Ignored => "ingest.ignored",
                });
                Ok(accepted)
            })
            .await
    }

    /// Stores a message that was found in WAHA's history: like a delivery, but counted as recovered.
    ///
    /// # Errors
    /// What the store says.
    pub async fn recover_message(
        &self,
        instance: InstanceId,
        message: MessageEvent,
        defaults: Rules,
        now: Timestamp,
    ) -> Result<Accepted, StoreError> {
        self.recover_stamped(instance, message, Stamp::Written, defaults, now).await
    }

    /// The same for a message whose time may be made up.
    ///
    /// # Errors
    /// What the store says.
    pub async fn recover_stamped(
        &self,
        instance: InstanceId,
        message: MessageEvent,
        stamp: Stamp,
        defaults: Rules,
        now: Timestamp,
    ) -> Result<Accepted, StoreError> {
        let clock_error = self.clock_error;
        self.write(move |scope| {
            let origin = Origin::History(stamp);
            let intake = Intake { scope, instance, defaults, origin, clock_error, told_at: None, now };
            match intake.message(&message)? {
                Accepted::Stored => {
                    scope.count("recovered");
                    Ok(Accepted::Stored)
                }
                accepted => Ok(accepted),
            }
        })
        .await
    }

    /// Keeps a body that WAHA signed and nobody understood. The same body twice is kept once.
    ///
    /// # Errors
    /// What the store says.
    pub async fn keep_unreadable(
        &self,
        instance: InstanceId,
        body: Vec<u8>,
        digest: Vec<u8>,
        reason: String,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const KEEP: Scoped = scoped!(
            "INSERT INTO unreadable (tenant_id, id, instance_id, at, reason, state, body, digest)
             VALUES (:tenant, :id, :instance, :now, :reason, 'available', :body, :digest)
             ON CONFLICT (tenant_id, instance_id, digest) DO NOTHING"
        );
        let tenant = self.tenant;
        self.db
            .write_now(move |writer| {
                let scope = Scope::writing(writer, tenant);
                let id = crate::ids::UnreadableId::new();
                let (body, digest) = (&body[..], &digest[..]);
                scope.execute(
                    KEEP,
                    &[
                        (":id", &id),
                        (":instance", &instance),
                        (":now", &now),
                        (":reason", &reason),
                        (":body", &body),
                        (":digest", &digest),
                    ],
                )?;
                scope.count("ingest.unreadable");
                Ok(())
            })
            .await
    }
}

/// Notes that a number was heard from, to the minute.
fn heard(scope: &Scope<'_>, instance: InstanceId, now: Timestamp) -> Result<(), StoreError> {
    const HEARD: Scoped = scoped!(
        "UPDATE instances SET heard_at = :now
         WHERE tenant_id = :tenant AND id = :id AND (coalesce(heard_at, 0) < :now - 60000 OR heard_at > :now)"
    );
    scope.execute(HEARD, &[(":id", &instance), (":now", &now)]).map(drop)
}

impl Intake<'_, '_> {
    fn accept(&self, delivery: &Delivery) -> Result<Accepted, StoreError> {
        match &delivery.event {
            DeliveryEvent::Message(message) | DeliveryEvent::Waiting(message) => self.message(message),
            DeliveryEvent::Ack(ack) => self.ack(ack),
            DeliveryEvent::Reaction(reaction) => self.reaction(reaction),
            DeliveryEvent::Edited(edited) => self.edited(edited, &delivery.envelope_id),
            DeliveryEvent::Revoked(revoked) => self.revoked(revoked),
            DeliveryEvent::SessionStatus(_) => self.once(&format!("status:{}", delivery.envelope_id), || {
                let args = JobArgs::ReconcileInstance { instance: self.instance };
                jobs::insert_keyed(self.scope, &args, &self.instance.to_string(), self.now, self.now)?;
                Ok(Accepted::Stored)
            }),
            DeliveryEvent::Presence(presence) => {
                self.once(&format!("presence:{}", delivery.envelope_id), || self.presence(presence))
            }
            DeliveryEvent::Call(call) => self.call(call, &delivery.envelope_id),
            DeliveryEvent::PollVote(vote) => self.poll_vote(vote),
            DeliveryEvent::Unknown { .. } => Ok(Accepted::Ignored),
        }
    }

    /// Runs `deed` for the first delivery of a key; the next ones are duplicates.
    fn once(&self, key: &str, deed: impl FnOnce() -> Result<Accepted, StoreError>) -> Result<Accepted, StoreError> {
        const FIRST: Scoped = scoped!(
            "INSERT INTO deliveries (tenant_id, instance_id, key, at) VALUES (:tenant, :instance, :key, :now)
             ON CONFLICT DO NOTHING"
        );
        let params: &[(&str, &dyn rusqlite::ToSql)] =
            &[(":instance", &self.instance), (":key", &key), (":now", &self.now)];
        if self.scope.execute(FIRST, params)? == 0 { Ok(Accepted::Duplicate) } else { deed() }
    }

    fn rules(&self, chat: Option<ChatId>) -> Result<Rules, StoreError> {
        Ok(values(self.scope, Some(self.instance), chat)?.rules(self.defaults))
    }

    /// A message of a number to itself that somebody looks out for: it is no conversation.
    fn is_probe(&self, message: &MessageEvent) -> Result<bool, StoreError> {
        if !message.text.as_deref().is_some_and(|text| text.starts_with(PROBE_MARK)) {
            return Ok(false);
        }
        let Some(me) = instances::find(self.scope, self.instance)?.and_then(|number| number.me) else {
            return Ok(false);
        };
        let is_ours = |address: &Address| *address == me.id || me.lid.as_ref() == Some(address);
        Ok(is_ours(&message.chat) || message.alternate.as_ref().is_some_and(is_ours))
    }

    fn message(&self, message: &MessageEvent) -> Result<Accepted, StoreError> {
        if self.is_probe(message)? {
            return Ok(Accepted::Ignored);
        }
        match message.chat.kind() {
            _ if matches!(message.handling, Handling::Leftover(_)) => Ok(Accepted::Ignored),
            AddressKind::Channel | AddressKind::Broadcast => Ok(Accepted::Ignored),
            AddressKind::Group => match self.rules(None)?.groups {
                Groups::Ignore => Ok(Accepted::Ignored),
                Groups::Store => self.group_message(message),
            },
            AddressKind::Phone | AddressKind::Lid if !message.chat.is_person() => Ok(Accepted::Ignored),
            AddressKind::Phone | AddressKind::Lid if message.from_me => self.own_message(message),
            AddressKind::Phone | AddressKind::Lid => self.customer_message(message),
        }
    }

    /// Is it of before the erasure of its person? WAHA posts some messages again, and its history has them all.
    fn forgotten(&self, message: &MessageEvent) -> Result<bool, StoreError> {
        Ok(erasures::forgot_message(self.scope, self.instance, &message.bare_id)?
            || self.before_erasure(&message.chat, message.at)?
            || match &message.alternate {
                Some(alternate) => self.before_erasure(alternate, message.at)?,
                None => false,
            })
    }

    fn before_erasure(&self, address: &Address, at: Timestamp) -> Result<bool, StoreError> {
        erasures::forgot(self.scope, address, at)
    }

    fn interaction(&self, message: &MessageEvent, chat: ChatId, author: Author) -> Interaction {
        let (direction, state) = if message.from_me {
            let sent = InteractionState::Sent;
            (Direction::Out, message.ack.and_then(|ack| sent.after_ack(ack)).unwrap_or(sent))
        } else {
            let edited = self.origin == Origin::Edit;
            (Direction::In, if edited { InteractionState::Edited } else { InteractionState::Received })
        };
        let (to, at) = (message.chat.clone(), within_its_second(message.at, self.now));
        Interaction {
            direction,
            author,
            state,
            kind: message.kind,
            wa_id: Some(message.wa_id.clone()),
            reply_to: message.reply_to.clone(),
            author_name: message.participant.as_ref().and(message.push_name.clone()),
            media: message.media.as_ref().map(|media| Media {
                mime: media.mimetype.clone(),
                file_name: media.filename.clone(),
                ..Media::default()
            }),
            ..Interaction::received(chat, to, content::words(message), at)
        }
    }

    fn extra<'m>(&self, message: &'m MessageEvent) -> Extra<'m> {
        let media = message.media.as_ref().map(|media| {
            serde_json::json!({
                "url": media.url, "mimetype": media.mimetype, "filename": media.filename, "error": media.error,
            })
            .to_string()
        });
        Extra {
            bare_id: Some(&message.bare_id),
            id_source: Some(IdSource::Learned),
            media,
            echoed_at: Some(self.now),
            question: self.question(message),
            ..Extra::default()
        }
    }

    /// Is it a message that the assistant can answer? What nobody can read yet, and what only a person understands, is none.
    fn question(&self, message: &MessageEvent) -> Question {
        let readable = message.kind != ContentKind::Waiting && message.handling == Handling::Answer;
        if readable && !message.from_me && message.chat.is_person() { Question::Open } else { Question::None }
    }

    fn customer_message(&self, message: &MessageEvent) -> Result<Accepted, StoreError> {
        if self.forgotten(message)? {
            return Ok(Accepted::Duplicate);
        }
        let name = message.push_name.as_deref();
        let alternate = message.alternate.as_ref();
        let thread = match chats::known_thread(self.scope, self.instance, &message.chat, alternate, name)? {
            Some(thread) => thread,
            None if self.is_known_of_another_address(message)? => return Ok(Accepted::Duplicate),
            None => chats::thread(self.scope, self.instance, &message.chat, alternate, name, Review::New, self.now)?,
        };
        let mut interaction = self.interaction(message, thread.chat, Author::Customer);
        let mut extra = self.extra(message);
        let written_at = interaction.at;
        let lateness = self.lateness(thread.chat, thread.last_out_at, written_at)?;
        match lateness {
            Lateness::InTime => {}
            Lateness::AfterOurWord(at) => {
                interaction.at = at;
                extra.written_at = Some(written_at);
            }
            Lateness::AnsweredOnPhone => extra.question = Question::None,
        }
        self.name_poll(&mut interaction)?;
        if !interactions::insert(self.scope, self.instance, &interaction, &extra, self.now)? {
            match self.fill_in(message, extra.question)? {
                Some(filled) => (interaction.id, interaction.text) = (filled.id, filled.text),
                None => {
                    self.keep_original(message)?;
                    return Ok(Accepted::Duplicate);
                }
            }
        }
        let rules = self.rules(Some(thread.chat))?;
        let early = if message.kind == ContentKind::Waiting { None } else { self.take_early(message)? };
        if matches!(early, Some(changes::Changed::Revoked)) {
            self.keep_taken_back(message, &interaction)?;
            recipients::note_reply(self.scope, thread.contact, written_at)?;
            return Ok(Accepted::Stored);
        }
        if lateness != Lateness::AnsweredOnPhone {
            let preview = preview_of(&interaction);
            self.customer_spoke(thread.chat, &message.chat, &preview, interaction.at, written_at)?;
        }
        recipients::note_reply(self.scope, thread.contact, written_at)?;
        if message.kind == ContentKind::Waiting {
            return Ok(Accepted::Stored);
        }
        let text = match early {
            Some(changes::Changed::Edited(text)) => {
                self.edit(&message.bare_id, &text, Direction::In, None)?;
                text
            }
            _ => interaction.text,
        };
        let said = Said {
            chat: thread.chat,
            message: interaction.id,
            kind: interaction.kind,
            text: &text,
            at: written_at,
            address: &message.chat,
        };
        if self.heed(&said, &rules)? == Heeded::Yes || lateness == Lateness::AnsweredOnPhone {
            return Ok(Accepted::Stored);
        }
        let mut quiet = rules.burst_quiet;
        if thread.known == Known::ByLidOnly {
            self.ask_who_is(&message.chat)?;
            quiet = quiet.max(LID_WAIT);
        }
        if let Handling::Human(reason) = message.handling {
            self.ask_human(thread.chat, reason)?;
            return Ok(Accepted::Stored);
        }
        self.answer_after(thread.chat, quiet, rules.burst_max.max(quiet))?;
        Ok(Accepted::Stored)
    }

    /// Compares when a message was written with what we have said since.
    fn lateness(
        &self,
        chat: ChatId,
        last_out_at: Option<Timestamp>,
        written_at: Timestamp,
    ) -> Result<Lateness, StoreError> {
        const ON_PHONE: Scoped = scoped!(
            "SELECT 1 FROM interactions
             WHERE tenant_id = :tenant AND chat_id = :chat AND at >= :at AND author = 'phone'
               -- One of which nobody knows when it was written has no echo yet.
               AND echoed_at IS NOT NULL LIMIT 1"
        );
        // A word of ours from the future was dated by a clock that was ahead: it says nothing.
        let Some(spoke_at) = last_out_at.filter(|spoke_at| *spoke_at > written_at && *spoke_at <= self.now) else {
            return Ok(Lateness::InTime);
        };
        let params: &[(&str, &dyn rusqlite::ToSql)] = &[(":chat", &chat), (":at", &written_at)];
        if self.scope.row(ON_PHONE, params, |_| Ok(()))?.is_some() {
            return Ok(Lateness::AnsweredOnPhone);
        }
        Ok(Lateness::AfterOurWord(spoke_at + Duration::from_millis(1)))
    }

    /// Asks WAHA for the other address of a person.
    fn ask_who_is(&self, address: &Address) -> Result<(), StoreError> {
        let args = JobArgs::ResolveIdentity { instance: self.instance, address: address.clone() };
        jobs::insert_keyed(self.scope, &args, address.as_str(), self.now, self.now)
    }

    /// The customer's word is last: count it, and let the next answer see it.
    ///
    /// `at` is its place in the conversation, `written_at` the time by which it is fresh or stale.
    fn customer_spoke(
        &self,
        chat: ChatId,
        address: &Address,
        preview: &str,
        at: Timestamp,
        written_at: Timestamp,
    ) -> Result<(), StoreError> {
        const SPOKE: Scoped = scoped!(
            "UPDATE chats
             SET revision = revision + 1, unread = unread + 1, address = :address, preview = :preview,
                 last_at = max(coalesce(last_at, 0), :at), last_in_at = max(coalesce(last_in_at, 0), :written_at),
                 snoozed_until = NULL,
                 waiting_since = CASE WHEN :at > max(coalesce(last_out_at, 0), context_from)
                                      THEN min(coalesce(waiting_since, :at), :at) ELSE waiting_since END,
                 state = CASE WHEN handoff_at IS NOT NULL OR paused_until > :now THEN 'needs_you'
                              WHEN state = 'assistant' THEN state ELSE 'needs_you' END,
                 reason = CASE WHEN handoff_at IS NOT NULL THEN coalesce(reason, 'handoff')
                               WHEN paused_until > :now THEN 'paused'
                               -- Why somebody waits for a review was found out once.
                               WHEN substr(reason, 1, 12) = 'unreviewed: ' THEN reason ELSE NULL END
             WHERE tenant_id = :tenant AND id = :chat"
        );
        self.scope.execute(
            SPOKE,
            &[
                (":chat", &chat),
                (":address", address),
                (":preview", &preview),
                (":at", &at),
                (":written_at", &written_at),
                (":now", &self.now),
            ],
        )?;
        self.scope.emit(Change::ChatChanged(self.scope.tenant(), chat));
        Ok(())
    }

    /// Moves the chat's answer, unless a human has it.
    fn answer_after(&self, chat: ChatId, quiet: Duration, cap: Duration) -> Result<(), StoreError> {
        const FREE: Scoped = scoped!(
            "UPDATE chats SET state = 'assistant',
                              reason = CASE WHEN substr(reason, 1, 12) = 'unreviewed: ' THEN reason END
             WHERE tenant_id = :tenant AND id = :chat
               AND handoff_at IS NULL AND coalesce(paused_until, 0) <= :now"
        );
        if self.scope.execute(FREE, &[(":chat", &chat), (":now", &self.now)])? > 0 {
            jobs::answer_at(self.scope, chat, self.now + quiet, cap, self.now)?;
        }
        Ok(())
    }

    fn group_message(&self, message: &MessageEvent) -> Result<Accepted, StoreError> {
        const SPOKE: Scoped = scoped!(
            "UPDATE chats SET revision = revision + 1, unread = unread + :unread, preview = :preview,
                              last_at = max(coalesce(last_at, 0), :at)
             WHERE tenant_id = :tenant AND id = :chat"
        );
        if erasures::forgot_message(self.scope, self.instance, &message.bare_id)? {
            return Ok(Accepted::Duplicate);
        }
        let chat = chats::group(self.scope, self.instance, &message.chat, self.now)?;
        let author = if message.from_me { Author::Phone } else { Author::Customer };
        let interaction = self.interaction(message, chat, author);
        if !interactions::insert(self.scope, self.instance, &interaction, &self.extra(message), self.now)? {
            return Ok(Accepted::Duplicate);
        }
        let unread = i64::from(!message.from_me);
        self.scope.execute(
            SPOKE,
            &[
                (":chat", &chat),
                (":unread", &unread),
                (":preview", &preview_of(&interaction)),
                (":at", &interaction.at),
            ],
        )?;
        self.scope.emit(Change::ChatChanged(self.scope.tenant(), chat));
        Ok(Accepted::Stored)
    }
}
