//! Scalars of WAHA's JSON. The engines differ in types and in what they leave out, so every scalar reads what it can and
//! skips the rest, and a part that is broken is a part that is absent.

use std::borrow::Cow;
use std::fmt;

use mychatflow_data::model::interaction::Ack;
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

    /// The number without its fraction.
    pub(super) fn whole(self) -> Option<i64> {
        #[expect(clippy::cast_possible_truncation, reason = "a float cast saturates, and nobody counts so far")]
        self.0.filter(|number| number.is_finite()).map(|number| number as i64)
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
