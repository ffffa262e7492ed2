//! An object of an engine, read no deeper than it is asked: `_data` can hold hundreds of kilobytes of pictures and keys.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::lenient::{Flag, Word};

/// The fields of an object, each as it came.
#[derive(Debug, Default)]
pub(super) struct Object<'a>(Vec<(Word<'a>, &'a RawValue)>);

impl<'a> Object<'a> {
    /// The object that stands there, if it is one.
    pub(super) fn of(raw: &'a RawValue) -> Option<Self> {
        serde_json::from_str(raw.get()).ok()
    }

    /// The text or number that stands there, unless it says nothing.
    pub(super) fn text(raw: &'a RawValue) -> Option<String> {
        let word: Word<'_> = serde_json::from_str(raw.get()).ok()?;
        word.filled().filter(|text| !text.trim().is_empty()).map(str::to_owned)
    }

    /// The fields that are not null, with their names.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        let filled = self.0.iter().filter(|(_, value)| value.get() != "null");
        filled.filter_map(|(name, value)| Some((name.filled()?, *value)))
    }

    /// A field as it came. The engines write the same name with other capitals.
    pub(super) fn raw(&self, name: &str) -> Option<&'a RawValue> {
        self.fields().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// A field as it came, also where whatsmeow prints it inside a one-of: `Response: {SelectedDisplayText: "Yes"}` holds
    /// what Baileys prints as `selectedDisplayText: "Yes"`.
    fn find(&self, name: &str) -> Option<&'a RawValue> {
        self.raw(name).or_else(|| self.fields().find_map(|(outer, value)| one_of(outer, value)?.raw(name)))
    }

    /// A field that is an object.
    pub(super) fn object(&self, name: &str) -> Option<Object<'a>> {
        Self::of(self.find(name)?)
    }

    /// The objects of a field that is a list.
    pub(super) fn list(&self, name: &str) -> Vec<Object<'a>> {
        self.find(name).map(Self::items).unwrap_or_default().into_iter().filter_map(Self::of).collect()
    }

    /// What stands in a list, if it is one.
    pub(super) fn items(raw: &'a RawValue) -> Vec<&'a RawValue> {
        serde_json::from_str(raw.get()).unwrap_or_default()
    }

    /// The text or number of a field, unless it says nothing.
    pub(super) fn words(&self, name: &str) -> Option<String> {
        Self::text(self.find(name)?)
    }

    /// The number of a field, be it a text of digits or protobuf's `{low, high}`.
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        self.words(name).or_else(|| self.object(name)?.words("low"))?.trim().parse().ok()
    }

    /// Does a field say yes?
    pub(super) fn flag(&self, name: &str) -> bool {
        self.find(name).is_some_and(|raw| serde_json::from_str::<Flag>(raw.get()).is_ok_and(|flag| flag.or(false)))
    }
}

/// The level that Go's encoder writes around the one field of a one-of: one field alone, and a name of Go's, which begins
/// with a capital, inside or outside.
fn one_of<'a>(outer: &str, value: &'a RawValue) -> Option<Object<'a>> {
    let inner = value.get().strip_prefix('{')?.trim_start().strip_prefix('"')?;
    if !outer.starts_with(|c: char| c.is_ascii_uppercase()) && !inner.starts_with(|c: char| c.is_ascii_uppercase()) {
        return None;
    }
    let level = Object::of(value)?;
    (level.fields().count() == 1).then_some(level)
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Object(fields))
            }
        }

        deserializer.deserialize_map(Read)
    }
}
