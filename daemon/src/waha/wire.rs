//! WAHA's JSON as it comes: only what we use of it. `_data`, the engine's own object, can hold hundreds of kilobytes and
//! is read no deeper than needed (`content.rs`).

use std::borrow::Cow;

use mychatflow_data::model::instance::Me;
use mychatflow_data::model::new_chats::NewChatCapping;
use mychatflow_data::time::Timestamp;
use serde::de::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::lenient::{Flag, Number, Soft, Word};

/// The envelope of every webhook.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Envelope<'a> {
    #[serde(borrow)]
    pub(super) id: Word<'a>,
    pub(super) timestamp: Number,
    #[serde(borrow)]
    pub(super) event: Word<'a>,
    #[serde(borrow)]
    pub(super) session: Word<'a>,
    #[serde(borrow)]
    pub(super) me: Soft<Account<'a>>,
    #[serde(borrow)]
    pub(super) engine: Word<'a>,
    #[serde(borrow)]
    pub(super) environment: Soft<Environment<'a>>,
    #[serde(borrow)]
    pub(super) payload: Option<&'a RawValue>,
}

/// The server that sent it; also the answer to `/api/server/version`.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Environment<'a> {
    #[serde(borrow)]
    pub(super) version: Word<'a>,
    #[serde(borrow)]
    pub(super) engine: Word<'a>,
    #[serde(borrow)]
    pub(super) tier: Word<'a>,
}

/// The paired account.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Account<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow)]
    lid: Word<'a>,
    #[serde(borrow, rename = "pushName")]
    push_name: Word<'a>,
    #[serde(rename = "reachoutTimelock")]
    time_lock: Soft<TimeLock>,
    #[serde(borrow, rename = "messageCapping")]
    message_capping: Soft<Capping<'a>>,
}

/// How many new chats WhatsApp lets the account start in a cycle (2026.8.1).
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Capping<'a> {
    #[serde(borrow)]
    capping_status: Word<'a>,
    total_quota: Number,
    used_quota: Number,
    cycle_end: Number,
}

impl Capping<'_> {
    /// As we keep it; `None` where it says nothing. A quota of -1 is none. Who asked says when that was.
    pub(super) fn told(&self) -> Option<NewChatCapping> {
        let quota = self.total_quota.whole();
        let state = self.capping_status.owned();
        if quota.is_none() && state.is_none() {
            return None;
        }
        Some(NewChatCapping {
            state: state.unwrap_or_else(|| "NONE".to_owned()),
            quota: quota.filter(|quota| *quota >= 0),
            used: self.used_quota.whole().unwrap_or(0).max(0),
            until: self.cycle_end.instant(),
            seen_at: Timestamp::from_millis(0),
        })
    }
}

/// WhatsApp's error 463: for a while the account may not write to people who never wrote to it.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct TimeLock {
    is_active: Flag,
    time_enforcement_ends: Number,
}

impl TimeLock {
    /// Until when the account may write only to people it knows.
    pub(super) fn until(&self) -> Option<Timestamp> {
        if self.is_active.or(true) { self.time_enforcement_ends.instant() } else { None }
    }
}

impl Account<'_> {
    /// Until when the account may write only to people it knows.
    pub(super) fn restricted_until(&self) -> Option<Timestamp> {
        self.time_lock.0.as_ref()?.until()
    }

    /// How many new chats it may start.
    pub(super) fn new_chats(&self) -> Option<NewChatCapping> {
        self.message_capping.0.as_ref()?.told()
    }

    pub(super) fn me(&self) -> Option<Me> {
        Some(Me { id: self.id.address()?, lid: self.lid.address(), name: self.push_name.owned() })
    }
}

/// A message, and what a reaction or an edit has beside it.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) id: Word<'a>,
    pub(super) timestamp: Number,
    #[serde(borrow)]
    pub(super) from: Word<'a>,
    #[serde(borrow)]
    pub(super) to: Word<'a>,
    #[serde(borrow)]
    pub(super) participant: Word<'a>,
    #[serde(borrow)]
    pub(super) author: Word<'a>,
    pub(super) from_me: Flag,
    #[serde(borrow)]
    pub(super) source: Word<'a>,
    #[serde(borrow)]
    pub(super) body: Word<'a>,
    pub(super) has_media: Flag,
    #[serde(borrow)]
    pub(super) media: Soft<File<'a>>,
    pub(super) ack: Number,
    #[serde(borrow)]
    pub(super) ack_name: Word<'a>,
    #[serde(borrow)]
    pub(super) location: Soft<Place<'a>>,
    #[serde(borrow, rename = "vCards")]
    pub(super) vcards: Soft<Vec<Word<'a>>>,
    #[serde(borrow)]
    pub(super) reply_to: Soft<Quoted<'a>>,
    #[serde(borrow)]
    pub(super) reaction: Soft<Reaction<'a>>,
    #[serde(borrow)]
    pub(super) edited_message_id: Word<'a>,
    #[serde(borrow, rename = "_data")]
    pub(super) data: EngineData<'a>,
}

/// A file of a message.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct File<'a> {
    #[serde(borrow)]
    pub(super) url: Word<'a>,
    #[serde(borrow)]
    pub(super) mimetype: Word<'a>,
    #[serde(borrow)]
    pub(super) filename: Word<'a>,
    #[serde(borrow)]
    pub(super) error: Soft<Cow<'a, str>>,
}

/// A place.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Place<'a> {
    #[serde(borrow)]
    pub(super) latitude: Word<'a>,
    #[serde(borrow)]
    pub(super) longitude: Word<'a>,
    #[serde(borrow)]
    pub(super) name: Word<'a>,
    #[serde(borrow)]
    pub(super) address: Word<'a>,
    #[serde(borrow)]
    pub(super) description: Word<'a>,
    pub(super) live: Flag,
}

/// The message that is answered.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Quoted<'a> {
    #[serde(borrow)]
    pub(super) id: Word<'a>,
}

/// A reaction.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Reaction<'a> {
    #[serde(borrow)]
    pub(super) text: Word<'a>,
    #[serde(borrow)]
    pub(super) message_id: Word<'a>,
}

/// The engine's own object: what we always use of it, and all of it for what is seldom asked.
#[derive(Debug, Default)]
pub(super) struct EngineData<'a> {
    pub(super) facts: Data<'a>,
    pub(super) raw: Option<&'a RawValue>,
}

impl<'de: 'a, 'a> Deserialize<'de> for EngineData<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&'de RawValue>::deserialize(deserializer)?;
        // Facts of an unexpected shape are absent, as everywhere.
        Ok(Self { facts: serde_json::from_str(raw.get()).unwrap_or_default(), raw: Some(raw) })
    }
}

/// What we use of the engine's own object: the upper half is NOWEB's, then GOWS's, then WEBJS's.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Data<'a> {
    #[serde(borrow)]
    pub(super) key: Soft<Key<'a>>,
    #[serde(borrow, rename = "pushName")]
    pub(super) push_name: Word<'a>,
    #[serde(borrow)]
    pub(super) message: Option<&'a RawValue>,
    #[serde(borrow, rename = "messageStubType")]
    pub(super) stub: Word<'a>,
    #[serde(borrow, rename = "Info")]
    pub(super) info: Soft<Info<'a>>,
    #[serde(borrow, rename = "Message")]
    pub(super) gows_message: Option<&'a RawValue>,
    #[serde(borrow, rename = "RawMessage")]
    pub(super) gows_raw_message: Option<&'a RawValue>,
    #[serde(borrow, rename = "notifyName")]
    pub(super) notify_name: Word<'a>,
    #[serde(borrow, rename = "type")]
    pub(super) webjs_type: Word<'a>,
    #[serde(borrow, rename = "quotedStanzaID")]
    pub(super) quoted_id: Word<'a>,
}

/// NOWEB's key of a message.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Key<'a> {
    #[serde(borrow)]
    pub(super) remote_jid: Word<'a>,
    pub(super) from_me: Flag,
    #[serde(borrow)]
    pub(super) id: Word<'a>,
    #[serde(borrow)]
    pub(super) participant: Word<'a>,
    #[serde(borrow)]
    pub(super) remote_jid_alt: Word<'a>,
    #[serde(borrow)]
    pub(super) participant_alt: Word<'a>,
}

/// GOWS's facts about a message.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Info<'a> {
    #[serde(borrow)]
    pub(super) sender_alt: Word<'a>,
    #[serde(borrow)]
    pub(super) recipient_alt: Word<'a>,
    #[serde(borrow)]
    pub(super) push_name: Word<'a>,
}

/// A message that was taken back.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Revoked<'a> {
    #[serde(borrow)]
    pub(super) revoked_message_id: Word<'a>,
    #[serde(borrow)]
    pub(super) after: Soft<Stub<'a>>,
    #[serde(borrow)]
    pub(super) before: Soft<Stub<'a>>,
}

/// The first facts of any payload.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Stub<'a> {
    #[serde(borrow)]
    pub(super) id: Word<'a>,
    pub(super) timestamp: Number,
}

/// A session's state.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Status<'a> {
    #[serde(borrow)]
    pub(super) status: Word<'a>,
    #[serde(borrow)]
    pub(super) data: Option<&'a RawValue>,
}

/// Who types where.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Presences<'a> {
    #[serde(borrow)]
    pub(super) id: Word<'a>,
    #[serde(borrow)]
    pub(super) presences: Soft<Vec<Presence<'a>>>,
}

/// What one person does.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Presence<'a> {
    #[serde(borrow)]
    pub(super) last_known_presence: Word<'a>,
}

/// A call.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Call<'a> {
    #[serde(borrow)]
    pub(super) id: Word<'a>,
    #[serde(borrow)]
    pub(super) from: Word<'a>,
    pub(super) timestamp: Number,
    pub(super) is_video: Flag,
}

/// A vote in a poll.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct PollVote<'a> {
    #[serde(borrow)]
    pub(super) vote: Soft<Vote<'a>>,
    #[serde(borrow)]
    pub(super) poll: Soft<Stub<'a>>,
}

/// What was voted.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Vote<'a> {
    #[serde(borrow)]
    pub(super) id: Word<'a>,
    #[serde(borrow)]
    pub(super) from: Word<'a>,
    #[serde(borrow)]
    pub(super) to: Word<'a>,
    pub(super) from_me: Flag,
    #[serde(borrow)]
    pub(super) selected_options: Soft<Vec<Word<'a>>>,
    pub(super) timestamp: Number,
}
