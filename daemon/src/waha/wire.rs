//! WAHA's JSON as it comes: only what we use of it. `_data`, the engine's own object, can hold hundreds of kilobytes and
//! is skipped over.

use std::borrow::Cow;
use std::fmt;

use mychatflow_data::model::instance::Me;
use mychatflow_data::model::interaction::ContentKind;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
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
}

impl Account<'_> {
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
    #[serde(rename = "vCards")]
    pub(super) vcards: Soft<Vec<IgnoredAny>>,
    #[serde(borrow)]
    pub(super) reply_to: Soft<Quoted<'a>>,
    #[serde(borrow)]
    pub(super) reaction: Soft<Reaction<'a>>,
    #[serde(borrow)]
    pub(super) edited_message_id: Word<'a>,
    #[serde(borrow, rename = "_data")]
    pub(super) data: Soft<Data<'a>>,
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
    pub(super) description: Word<'a>,
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

/// What we use of the engine's own object: the upper half is NOWEB's, then GOWS's, then WEBJS's.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Data<'a> {
    #[serde(borrow)]
    pub(super) key: Soft<Key<'a>>,
    #[serde(borrow, rename = "pushName")]
    pub(super) push_name: Word<'a>,
    pub(super) message: Soft<Contents>,
    #[serde(borrow, rename = "Info")]
    pub(super) info: Soft<Info<'a>>,
    #[serde(rename = "Message")]
    pub(super) gows_message: Soft<Contents>,
    #[serde(borrow, rename = "notifyName")]
    pub(super) notify_name: Word<'a>,
    #[serde(borrow, rename = "type")]
    pub(super) webjs_type: Word<'a>,
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

/// Which of WhatsApp's kinds of content an engine's message object names.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Contents(pub(super) Option<ContentKind>);

impl<'de> Deserialize<'de> for Contents {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Contents;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a message object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut found = Contents(None);
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    let kind = match key.as_ref() {
                        "imageMessage" => ContentKind::Image,
                        "videoMessage" | "ptvMessage" => ContentKind::Video,
                        "audioMessage" => ContentKind::Audio,
                        "documentMessage" | "documentWithCaptionMessage" => ContentKind::Document,
                        "stickerMessage" | "lottieStickerMessage" => ContentKind::Sticker,
                        "locationMessage" | "liveLocationMessage" => ContentKind::Location,
                        "contactMessage" | "contactsArrayMessage" => ContentKind::Contact,
                        "ephemeralMessage" | "viewOnceMessage" | "viewOnceMessageV2" => {
                            let inner = map.next_value::<Soft<Wrapped>>()?.0.unwrap_or_default();
                            found = Contents(inner.message.0.unwrap_or_default().0.or(found.0));
                            continue;
                        }
                        name if name.starts_with("pollCreationMessage") => ContentKind::Poll,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    // GOWS may name every kind and leave the others null.
                    if map.next_value::<Option<IgnoredAny>>()?.is_some() {
                        found = Contents(Some(kind));
                    }
                }
                Ok(found)
            }
        }

        #[derive(Default, serde::Deserialize)]
        #[serde(default)]
        struct Wrapped {
            message: Soft<Contents>,
        }

        deserializer.deserialize_map(Read)
    }
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
