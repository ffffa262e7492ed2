//! WAHA's JSON as it comes. The engines differ in types and in what they leave out, so every scalar reads what it can and
//! skips the rest, and a part that is broken is a part that is absent.
//!
//! Only what we use is read; `_data`, the engine's own object, can hold hundreds of kilobytes and is skipped over.

use std::borrow::Cow;
use std::fmt;

use mychatflow_data::model::instance::Me;
use mychatflow_data::model::interaction::{Ack, ContentKind};
use mychatflow_data::phone::Address;
use mychatflow_data::time::Timestamp;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// From here on a number of seconds would be after the year 5138: it is milliseconds.
const MILLIS_FROM: f64 = 1e11;

/// A text. Numbers are read as their digits, WEBJS's id objects as their `_serialized`, anything else as absent.
#[derive(Debug, Default)]
pub(super) struct Word<'a>(Option<Cow<'a, str>>);

impl Word<'_> {
    /// The text, unless it is empty.
    pub(super) fn filled(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }

    /// The address that it spells.
    pub(super) fn address(&self) -> Option<Address> {
        Address::parse(self.filled()?).ok()
    }

    /// A copy of the text, unless it is empty.
    pub(super) fn owned(&self) -> Option<String> {
        self.filled().map(str::to_owned)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Word<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Word<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Word(Some(Cow::Borrowed(text))))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Word(Some(Cow::Owned(text.to_owned()))))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Word(Some(Cow::Owned(number.to_string()))))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Word(Some(Cow::Owned(number.to_string()))))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
                Ok(Word(Some(Cow::Owned(number.to_string()))))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(Word(None))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Word(None))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Word(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut found = Word(None);
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    if key == "_serialized" {
                        found = map.next_value()?;
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(found)
            }
        }

        deserializer.deserialize_any(Read)
    }
}

/// A number. Texts of digits are read, protobuf's `{low, high}` as its low half, anything else as absent.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Number(Option<f64>);

impl Number {
    /// The number as an instant: seconds or milliseconds since 1970, whichever it can only be.
    pub(super) fn instant(self) -> Option<Timestamp> {
        let number = self.0.filter(|number| number.is_finite() && *number > 0.0)?;
        let millis = if number >= MILLIS_FROM { number } else { number * 1000.0 };
        #[expect(clippy::cast_possible_truncation, reason = "a float cast saturates, and nobody writes so far ahead")]
        Some(Timestamp::from_millis(millis.round() as i64))
    }

    /// The number as one of WhatsApp's acks, -1 to 4.
    fn ack(self) -> Option<Ack> {
        Some(match self.0? {
            -1.0 => Ack::Error,
            0.0 => Ack::Pending,
            1.0 => Ack::Server,
            2.0 => Ack::Device,
            3.0 => Ack::Read,
            4.0 => Ack::Played,
            _ => return None,
        })
    }
}

/// The ack that a number or, failing that, its name means.
pub(super) fn ack(number: Number, name: &Word<'_>) -> Option<Ack> {
    number.ack().or_else(|| name.filled()?.parse().ok())
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Number(text.trim().parse().ok()))
            }

            #[expect(clippy::cast_precision_loss, reason = "instants and acks are far below 2^53")]
            fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Number(Some(number as f64)))
            }

            #[expect(clippy::cast_precision_loss, reason = "instants and acks are far below 2^53")]
            fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Number(Some(number as f64)))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
                Ok(Number(Some(number)))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(Number(None))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Number(None))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Number(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut found = Number(None);
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    if key == "low" {
                        found = map.next_value()?;
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(found)
            }
        }

        deserializer.deserialize_any(Read)
    }
}

/// A yes or no that may be absent, a number or a text.
#[derive(Debug, Default, Clone, Copy)]
pub(super) enum Flag {
    Yes,
    No,
    #[default]
    Absent,
}

impl Flag {
    pub(super) fn or(self, other: bool) -> bool {
        match self {
            Self::Yes => true,
            Self::No => false,
            Self::Absent => other,
        }
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&'de RawValue>::deserialize(deserializer)?;
        Ok(match raw.get() {
            "true" | "1" | "\"true\"" | "\"1\"" => Self::Yes,
            "false" | "0" | "\"false\"" | "\"0\"" => Self::No,
            _ => Self::Absent,
        })
    }
}

/// A part that is absent when it is not of the expected shape.
#[derive(Debug)]
pub(super) struct Soft<T>(pub(super) Option<T>);

impl<T> Default for Soft<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Soft<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&'de RawValue>::deserialize(deserializer)?;
        Ok(Self(serde_json::from_str(raw.get()).ok()))
    }
}

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
