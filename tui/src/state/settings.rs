//! What the assistant does, for the business or for one number.

use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::chat::Mode;
use mychatflow_data::model::setting::{Disclosure, ExistingContacts, Groups, Pace, SettingKey};
use mychatflow_data::protocol::calls::settings::{SettingLine, Source};

use super::State;
use super::list::{Row, Rows};
use crate::text::CleanText;

impl Row for SettingLine {
    type Id = SettingKey;

    fn id(&self) -> SettingKey {
        self.key
    }
}

/// The screen.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Every key with its value in effect.
    pub rows: Rows<SettingLine>,
    /// As seen from this number; `None`: from the business.
    pub instance: Option<InstanceId>,
}

/// From where settings can be seen: the business, then each number.
#[must_use]
pub fn places(state: &State) -> Vec<(Option<InstanceId>, String)> {
    let numbers = state.numbers.rows.items().iter();
    let numbers = numbers.map(|number| (Some(number.id), CleanText::line(&number.name).into_string()));
    std::iter::once((None, "business".to_owned())).chain(numbers).collect()
}

/// From which of them they are seen now.
#[must_use]
pub fn place_on(state: &State) -> usize {
    places(state).iter().position(|(id, _)| *id == state.settings.instance).unwrap_or(0)
}

/// Where a value comes from, in words for people.
#[must_use]
pub const fn origin(source: Source) -> &'static str {
    match source {
        Source::Config => "config",
        Source::Tenant => "business",
        Source::Instance => "number",
        Source::Chat => "chat",
    }
}

/// What a setting does.
#[must_use]
pub const fn meaning(key: SettingKey) -> &'static str {
    match key {
        SettingKey::AssistantMode | SettingKey::ReplyMode => {
            "What the assistant does with an answer: not write any, write it and wait for you, send it after a countdown, \
             or send it. assistant.mode and reply.mode are the same thing."
        }
        SettingKey::AssistantInstructions => {
            "What you tell the assistant in your own words: its tone, what it must never promise, when it should call \
             you."
        }
        SettingKey::BusinessName => "The name that customers know. The assistant speaks for it.",
        SettingKey::BusinessProfile => {
            "What your business is and sells, where it is, how one orders. The assistant answers from this and from the \
             quick replies, and from nothing else."
        }
        SettingKey::BusinessHours => {
            "When the assistant answers, for example Mon-Fri 08:00-18:00; Sat 09:00-13:00, in your language too. Outside \
             of these hours it waits. Empty: it always answers."
        }
        SettingKey::Timezone => {
            "The clock of your business: for its hours, for campaigns, and for every time shown here."
        }
        SettingKey::ReplyCountdown => {
            "In the mode countdown: how many seconds you have to stop or edit an answer before it goes out."
        }
        SettingKey::ReplyBurstQuiet => {
            "People write in pieces. The assistant waits for this many milliseconds of quiet, then answers all of them \
             at once."
        }
        SettingKey::ReplyBurstMax => {
            "The longest that a customer who keeps writing can hold an answer back, in milliseconds."
        }
        SettingKey::ReplyPace => {
            "Whether an answer goes out as from a person, who reads and types for a while, or at once."
        }
        SettingKey::ReplyFreshness => {
            "A message older than this many seconds is not answered by itself, as after a night without network: it \
             waits for you."
        }
        SettingKey::ReplyTakeoverPause => {
            "How many seconds the assistant is silent in a chat after one of you wrote there."
        }
        SettingKey::ReplyExistingContacts => {
            "People known from before pairing, friends and family among them: ask you first who they are, or answer \
             them like everybody."
        }
        SettingKey::OptOutConfirmation => {
            "What somebody who replies STOP is told, once. Name START in it, which brings them back. Empty: nothing. Without \
             it they are told in their language."
        }
        SettingKey::AssistantDisclosure => {
            "Whether people are told, once, that a machine writes to them and that they can ask for a person: a sentence \
             in their language before the first answer in a chat."
        }
        SettingKey::ChatsGroups => "Whether messages in groups are stored to be read. They are never answered.",
    }
}

/// The values of a key that takes only these, each with what it does; empty where anything may be typed.
#[must_use]
pub fn choices(key: SettingKey) -> Vec<(&'static str, &'static str)> {
    match key {
        SettingKey::AssistantMode | SettingKey::ReplyMode => Mode::ALL
            .iter()
            .map(|mode| {
                let words = match mode {
                    Mode::Off => "writes nothing",
                    Mode::Draft => "writes an answer and waits for you to send it",
                    Mode::Countdown => "sends its answer after a while unless you object",
                    Mode::Auto => "sends its answer",
                };
                (mode.word(), words)
            })
            .collect(),
        SettingKey::ReplyPace => Pace::ALL
            .iter()
            .map(|pace| match pace {
                Pace::Human => (pace.word(), "reads and types as long as a person would"),
                Pace::Instant => (pace.word(), "at once"),
            })
            .collect(),
        SettingKey::ReplyExistingContacts => ExistingContacts::ALL
            .iter()
            .map(|what| match what {
                ExistingContacts::Ask => (what.word(), "not answered until you have said who they are"),
                ExistingContacts::Answer => (what.word(), "answered like everybody"),
            })
            .collect(),
        SettingKey::AssistantDisclosure => Disclosure::ALL
            .iter()
            .map(|disclosure| match disclosure {
                Disclosure::FirstAnswer => (disclosure.word(), "told once, before the first answer in a chat"),
                Disclosure::Off => (disclosure.word(), "not told, unless they ask"),
            })
            .collect(),
        SettingKey::ChatsGroups => Groups::ALL
            .iter()
            .map(|groups| match groups {
                Groups::Ignore => (groups.word(), "not stored"),
                Groups::Store => (groups.word(), "stored to be read"),
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// A value as people read it: with its unit, and large spans in larger units too.
#[must_use]
pub fn told(line: &SettingLine) -> Option<String> {
    let value = line.value.as_deref().filter(|value| !value.trim().is_empty())?;
    let number = value.parse::<u64>().ok();
    Some(match (line.key, number) {
        (SettingKey::ReplyCountdown | SettingKey::ReplyFreshness | SettingKey::ReplyTakeoverPause, Some(seconds)) => {
            let whole = [(86_400, "d"), (3_600, "h"), (60, "min")]
                .into_iter()
                .find(|(unit, _)| seconds >= *unit && seconds % unit == 0);
            match whole {
                Some((unit, name)) => format!("{seconds} s ({} {name})", seconds / unit),
                None => format!("{seconds} s"),
            }
        }
        (SettingKey::ReplyBurstQuiet | SettingKey::ReplyBurstMax, Some(millis)) => match (millis / 1000, millis % 1000)
        {
            (0, _) => format!("{millis} ms"),
            (seconds, 0) => format!("{millis} ms ({seconds} s)"),
            (seconds, rest) => {
                let tenths = format!("{rest:03}");
                format!("{millis} ms ({seconds}.{} s)", tenths.trim_end_matches('0'))
            }
        },
        _ => CleanText::block(value).into_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_explained_and_every_choice_is_taken() {
        for key in SettingKey::ALL {
            let words = meaning(*key);
            assert!(words.ends_with('.') && words.len() > 40, "{key}");
            assert!(crate::text::wrap(words, 71).len() <= 3, "{key} has no room at 80 columns");
            for (value, what) in choices(*key) {
                assert_eq!(key.check(value), Ok(()), "{key}");
                assert!(!what.is_empty(), "{key} {value}");
            }
        }
    }

    #[test]
    fn spans_are_told_in_units_that_people_use() {
        let told = |key, value: &str| {
            let (value, source) = (Some(value.to_owned()), Source::Config);
            told(&SettingLine { key, value, source, read_as: None, typed_hours: None, warning: None })
                .unwrap_or_default()
        };
        assert_eq!(told(SettingKey::ReplyTakeoverPause, "43200"), "43200 s (12 h)");
        assert_eq!(told(SettingKey::ReplyCountdown, "8"), "8 s");
        assert_eq!(told(SettingKey::ReplyBurstQuiet, "2500"), "2500 ms (2.5 s)");
        assert_eq!(told(SettingKey::ReplyBurstMax, "25000"), "25000 ms (25 s)");
        assert_eq!(told(SettingKey::Timezone, "Europe/Berlin"), "Europe/Berlin");
        assert_eq!(told(SettingKey::BusinessHours, ""), "");
    }
}
