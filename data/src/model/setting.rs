//! Settings: what a tenant, an instance or a chat may override.

use std::time::Duration;

use super::chat::Mode;
use super::limit::{self, Limit, TooLong};
use super::opening_hours::{self, HoursError};
use super::words;

words! {
    /// Every key that `settings set` takes.
    SettingKey {
        /// `off`, `draft`, `countdown` or `auto`; the same as `reply.mode`.
        AssistantMode => "assistant.mode",
        /// What the tenant tells the assistant, in its own words.
        AssistantInstructions => "assistant.instructions",
        /// The name customers know.
        BusinessName => "business.name",
        /// What the business is and sells.
        BusinessProfile => "business.profile",
        /// When the shop is open and the assistant answers, as people write it in their language. Empty: always.
        BusinessHours => "business.hours",
        /// An IANA time zone.
        Timezone => "timezone",
        /// The same as `assistant.mode`.
        ReplyMode => "reply.mode",
        /// Seconds before a countdown sends.
        ReplyCountdown => "reply.countdown_s",
        /// Milliseconds of quiet after a customer's last message.
        ReplyBurstQuiet => "reply.burst_quiet_ms",
        /// Milliseconds that a burst may last.
        ReplyBurstMax => "reply.burst_max_ms",
        /// `human` or `instant`.
        ReplyPace => "reply.pace",
        /// Seconds after which a message is too old to be answered by itself.
        ReplyFreshness => "reply.freshness_s",
        /// Seconds that the assistant is silent after a human wrote.
        ReplyTakeoverPause => "reply.takeover_pause_s",
        /// `ask` or `answer`: people known from before pairing.
        ReplyExistingContacts => "reply.existing_contacts",
        /// `ignore` or `store`.
        ChatsGroups => "chats.groups",
        /// What somebody who replied STOP is told, once. Empty: nothing; unset: a sentence in their language.
        OptOutConfirmation => "opt_out.confirmation",
        /// `first_answer` or `off`: whether people are told, once, that a machine writes.
        AssistantDisclosure => "assistant.disclosure",
    }
}

words! {
    /// How an answer goes out.
    Pace {
        /// Seen, typing for as long as a person would, then sent.
        Human => "human",
        /// At once.
        Instant => "instant",
    }
}

words! {
    /// What happens to people known from before pairing.
    ExistingContacts {
        /// Not answered until the owner has reviewed them.
        Ask => "ask",
        /// Answered like everybody.
        Answer => "answer",
    }
}

words! {
    /// What happens to messages in groups. They are never answered.
    Groups {
        /// Not stored.
        Ignore => "ignore",
        /// Stored.
        Store => "store",
    }
}

words! {
    /// Whether people are told that a machine writes to them.
    Disclosure {
        /// Once, before the first answer in a chat.
        FirstAnswer => "first_answer",
        /// Never by itself; whoever asks is told the truth.
        Off => "off",
    }
}

/// The rules of answering, after tenant, instance and chat have had their say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// What the assistant does with an answer.
    pub mode: Mode,
    /// How long a countdown lasts.
    pub countdown: Duration,
    /// Quiet after a customer's last message before it is answered.
    pub burst_quiet: Duration,
    /// The longest that a burst may hold an answer back.
    pub burst_max: Duration,
    /// How an answer goes out.
    pub pace: Pace,
    /// The age at which a message is not answered by itself any more.
    pub freshness: Duration,
    /// How long the assistant is silent after a human wrote.
    pub takeover_pause: Duration,
    /// What happens to people known from before pairing.
    pub existing_contacts: ExistingContacts,
    /// What happens to messages in groups.
    pub groups: Groups,
    /// Whether people are told that a machine writes to them.
    pub disclosure: Disclosure,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            mode: Mode::Auto,
            countdown: Duration::from_secs(8),
            burst_quiet: Duration::from_millis(2500),
            burst_max: Duration::from_secs(25),
            pace: Pace::Human,
            freshness: Duration::from_secs(600),
            takeover_pause: Duration::from_secs(43_200),
            existing_contacts: ExistingContacts::Ask,
            groups: Groups::Ignore,
            disclosure: Disclosure::FirstAnswer,
        }
    }
}

/// A value that its key does not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// It means nothing there.
    #[error("{key} takes {takes}, not {value:?}")]
    Value {
        /// The key.
        key: SettingKey,
        /// What it takes, in words.
        takes: &'static str,
        /// What stood there.
        value: String,
    },
    /// They are no opening hours.
    #[error(transparent)]
    Hours(#[from] HoursError),
    /// It is too long.
    #[error(transparent)]
    TooLong(#[from] TooLong),
}

impl SettingKey {
    /// How long a value may be.
    #[must_use]
    pub const fn limit(self) -> Limit {
        match self {
            Self::BusinessProfile => limit::PROFILE,
            Self::BusinessHours => limit::HOURS,
            Self::AssistantInstructions => limit::INSTRUCTIONS,
            Self::BusinessName => limit::BUSINESS_NAME,
            Self::OptOutConfirmation => limit::CONFIRMATION,
            Self::Timezone => limit::TIMEZONE,
            Self::AssistantMode
            | Self::AssistantDisclosure
            | Self::ReplyMode
            | Self::ReplyCountdown
            | Self::ReplyBurstQuiet
            | Self::ReplyBurstMax
            | Self::ReplyPace
            | Self::ReplyFreshness
            | Self::ReplyTakeoverPause
            | Self::ReplyExistingContacts
            | Self::ChatsGroups => limit::SETTING,
        }
    }

    /// Checks a value before it is stored.
    ///
    /// # Errors
    /// When the key does not take it, or it is too long.
    pub fn check(self, value: &str) -> Result<(), SettingError> {
        self.limit().check(value)?;
        let wrong = |takes| Err(SettingError::Value { key: self, takes, value: value.to_owned() });
        match self {
            Self::Timezone => match jiff::tz::TimeZone::get(value) {
                Ok(_) => Ok(()),
                Err(_) => wrong("an IANA time zone such as Europe/Berlin"),
            },
            Self::BusinessHours if value.trim().is_empty() => Ok(()),
            Self::BusinessHours => Ok(opening_hours::check(value)?),
            Self::AssistantInstructions | Self::BusinessName | Self::BusinessProfile | Self::OptOutConfirmation => {
                Ok(())
            }
            _ => Rules::default().overlay(self, value).map(drop),
        }
    }
}

impl Rules {
    /// These rules with one of them overridden. Keys that are no rule change nothing.
    ///
    /// # Errors
    /// When the key does not take the value.
    pub fn overlay(mut self, key: SettingKey, value: &str) -> Result<Self, SettingError> {
        let wrong = |takes| SettingError::Value { key, takes, value: value.to_owned() };
        let seconds = || value.parse().map(Duration::from_secs).map_err(|_| wrong("a number of seconds"));
        let millis = || value.parse().map(Duration::from_millis).map_err(|_| wrong("a number of milliseconds"));
        match key {
            SettingKey::AssistantMode | SettingKey::ReplyMode => {
                self.mode = value.parse().map_err(|_| wrong("off, draft, countdown or auto"))?;
            }
            SettingKey::ReplyCountdown => self.countdown = seconds()?,
            SettingKey::ReplyBurstQuiet => self.burst_quiet = millis()?,
            SettingKey::ReplyBurstMax => self.burst_max = millis()?,
            SettingKey::ReplyPace => self.pace = value.parse().map_err(|_| wrong("human or instant"))?,
            SettingKey::ReplyFreshness => self.freshness = seconds()?,
            SettingKey::ReplyTakeoverPause => self.takeover_pause = seconds()?,
            SettingKey::ReplyExistingContacts => {
                self.existing_contacts = value.parse().map_err(|_| wrong("ask or answer"))?;
            }
            SettingKey::ChatsGroups => self.groups = value.parse().map_err(|_| wrong("ignore or store"))?,
            SettingKey::AssistantDisclosure => {
                self.disclosure = value.parse().map_err(|_| wrong("first_answer or off"))?;
            }
            SettingKey::AssistantInstructions
            | SettingKey::BusinessName
            | SettingKey::BusinessProfile
            | SettingKey::BusinessHours
            | SettingKey::OptOutConfirmation
            | SettingKey::Timezone => {}
        }
        Ok(self)
    }
}
