//! Why an answer does not come about: the first cause, how often it was tried, and since when. It is kept with the job, so
//! that the end of the question's freshness can still say what stood in the way.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::words;
use crate::time::Timestamp;

/// How the reason begins of what waits because WhatsApp finds that the number sends too much.
pub(crate) const SLOWED: &str = "WhatsApp slows this number down (rate-overlimit)";

/// Why nothing is sent from a number that rests until then, in words for people.
#[must_use]
pub fn slowed_until(until: &str) -> String {
    format!("{SLOWED}: nothing is sent until {until}")
}

words! {
    /// What stands in the way of an answer.
    FaultCode {
        /// The number does not work at WAHA.
        NumberDown => "number_down",
        /// WhatsApp found that the number sends too much: it rests.
        NumberSlowed => "number_slowed",
        /// WAHA can't be reached.
        WahaDown => "waha_down",
        /// WAHA refuses our key.
        WahaKey => "waha_key",
        /// WAHA answers with an error.
        WahaFailed => "waha_failed",
        /// Gemini is busy, slow or out of reach.
        ModelBusy => "model_busy",
        /// The quota of the key is used up.
        ModelQuota => "model_quota",
        /// Gemini refuses the key.
        ModelKey => "model_key",
        /// Gemini does not serve the project of the key: no billing, a service that is off, a country that is left out.
        ModelForbidden => "model_forbidden",
        /// There is no such model, and none in its place.
        ModelGone => "model_gone",
        /// Gemini finds our request wrong, or something else answers in its place.
        ModelRejects => "model_rejects",
        /// What the model says can't be used.
        ModelUnusable => "model_unusable",
        /// Something of ours.
        Other => "other",
    }
}

impl FaultCode {
    /// What a person can do so that it ends; `None` for what passes by itself.
    #[must_use]
    pub const fn remedy(self) -> Option<&'static str> {
        match self {
            Self::WahaKey => {
                Some("set api_key of [[waha]] to the server's WAHA_API_KEY, then: mychatflow daemon reload")
            }
            Self::ModelQuota => Some("wait for the quota, or raise it at https://aistudio.google.com/apikey"),
            Self::ModelKey => Some(
                "get a key at https://aistudio.google.com/apikey, set gemini.api_key, then: mychatflow daemon reload",
            ),
            Self::ModelForbidden => Some(
                "the key is good: turn the Gemini API and billing on for its project at https://aistudio.google.com",
            ),
            Self::ModelGone => {
                Some("set gemini.model to one that `mychatflow doctor` lists, then: mychatflow daemon reload")
            }
            Self::ModelRejects => Some("find out what is set wrong with: mychatflow doctor"),
            Self::NumberDown
            | Self::NumberSlowed
            | Self::WahaDown
            | Self::WahaFailed
            | Self::ModelBusy
            | Self::ModelUnusable
            | Self::Other => None,
        }
    }

    /// Must a person do something before it ends?
    #[must_use]
    pub const fn needs_person(self) -> bool {
        self.remedy().is_some()
    }

    /// How far an answer gets before it meets this. What an answer got past is no cause any more.
    const fn stage(self) -> u8 {
        match self {
            Self::NumberDown | Self::NumberSlowed | Self::WahaDown | Self::WahaKey => 0,
            Self::ModelBusy
            | Self::ModelQuota
            | Self::ModelKey
            | Self::ModelForbidden
            | Self::ModelGone
            | Self::ModelRejects
            | Self::ModelUnusable
            | Self::Other => 1,
            Self::WahaFailed => 2,
        }
    }

    /// Is it about the model? An answer that is written has got past all of these.
    #[must_use]
    pub const fn is_of_model(self) -> bool {
        self.stage() == 1
    }

    /// Is it waited for rather than tried? Then it costs no attempt.
    #[must_use]
    pub const fn is_waited_for(self) -> bool {
        matches!(self, Self::NumberDown | Self::NumberSlowed | Self::WahaDown | Self::WahaKey)
    }
}

/// Why an answer does not come about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerFault {
    /// What it is.
    pub code: FaultCode,
    /// What it is in words for people, without secrets and without anything that a customer wrote; of a number its state, of
    /// one that rests the end of its rest.
    pub words: String,
    /// When it was met first.
    pub first_at: Timestamp,
    /// How often it was tried; a run that only waited is none.
    pub tries: i64,
    /// What else a person must mend, where a later run met that: who mends the first cause alone would wait in vain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub also: Option<LaterFault>,
}

/// What a later run met while the first cause stayed: something that does not end by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaterFault {
    /// What it is.
    pub code: FaultCode,
    /// What it is in words for people, as those of the first cause.
    pub words: String,
    /// When it was met first.
    pub first_at: Timestamp,
}

impl AnswerFault {
    /// One that is met now.
    #[must_use]
    pub const fn new(code: FaultCode, words: String, now: Timestamp) -> Self {
        Self { code, words, first_at: now, tries: 1, also: None }
    }

    /// It was not tried: others have found it out.
    #[must_use]
    pub fn untried(self) -> Self {
        Self { tries: 0, ..self }
    }

    /// This one after those of earlier runs: the first cause stays, unless the answer got past it, or only the later one
    /// needs a person. Where both do, both are kept.
    #[must_use]
    pub fn after(self, before: Option<&Self>) -> Self {
        let Some(before) = before else { return self };
        let passed = self.code.stage() > before.code.stage();
        let heavier = self.code.needs_person() && !before.code.needs_person();
        if passed || heavier {
            return self;
        }
        // The number's state changes on the way; the newest is the one that people see elsewhere. A question that waits
        // with others for the model knows less than one that was asked.
        let newer = self.code == before.code && (self.tries > 0 || self.code.is_waited_for());
        let also = match &before.also {
            // Whoever meets the first cause again has got past the other one.
            _ if self.code == before.code && self.tries > 0 => None,
            _ if self.code == before.code || !self.code.needs_person() => before.also.clone(),
            known => {
                let known = known.as_ref().filter(|known| known.code == self.code);
                let first_at = known.map_or(self.first_at, |known| known.first_at);
                Some(LaterFault { code: self.code, words: self.words.clone(), first_at })
            }
        };
        let words = if newer { self.words } else { before.words.clone() };
        let tries = before.tries.saturating_add(self.tries);
        Self { code: before.code, words, first_at: before.first_at, tries, also }
    }

    const fn is_waited_for(&self) -> bool {
        self.tries == 0 || self.code.is_waited_for()
    }

    /// The cause while it is still tried.
    #[must_use]
    pub fn so_far(&self, zone: &TimeZone) -> String {
        let since = clock(self.first_at, zone);
        let tried = match self.tries {
            _ if self.is_waited_for() => format!("since {since}"),
            1 => format!("tried once at {since}"),
            tries => format!("tried {tries} times since {since}"),
        };
        let words = match self.code {
            FaultCode::NumberDown => format!("waiting for the number: it is {}", self.words),
            FaultCode::WahaDown => format!("waiting for waha: {}", self.words),
            FaultCode::NumberSlowed if self.words.is_empty() => SLOWED.to_owned(),
            FaultCode::NumberSlowed => slowed_until(&self.words),
            _ => self.words.clone(),
        };
        let helps = |code: FaultCode| code.remedy().map(|remedy| format!("; {remedy}")).unwrap_or_default();
        let also = self
            .also
            .as_ref()
            .map(|also| format!("; also: {}, since {}{}", also.words, clock(also.first_at, zone), helps(also.code)));
        format!("{words}, {tried}{}{}", helps(self.code), also.unwrap_or_default())
    }

    /// The cause once nothing is tried any more.
    #[must_use]
    pub fn until(&self, end: Timestamp, zone: &TimeZone) -> String {
        let end = clock(end, zone);
        let words = match self.code {
            FaultCode::NumberDown => format!("the number was {}", self.words),
            FaultCode::NumberSlowed => SLOWED.to_owned(),
            _ => self.words.clone(),
        };
        let tried = match self.tries {
            _ if self.is_waited_for() => format!("from {} until {end}", clock(self.first_at, zone)),
            1 => format!("tried once until {end}"),
            tries => format!("tried {tries} times until {end}"),
        };
        let also =
            self.also.as_ref().map(|also| format!("; also: {}, since {}", also.words, clock(also.first_at, zone)));
        format!("{words}, {tried}{}", also.unwrap_or_default())
    }
}

/// A time of this day, as people read it.
#[must_use]
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_jiff().to_zoned(zone.clone()).strftime("%H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_seconds(43_200);

    fn fault(code: FaultCode, words: &str) -> AnswerFault {
        AnswerFault::new(code, words.to_owned(), NOON)
    }

    #[test]
    fn the_first_cause_stays_unless_it_was_overcome_or_the_later_one_needs_a_person() {
        let busy = fault(FaultCode::ModelBusy, "busy");
        let key = fault(FaultCode::ModelKey, "key");
        let number = fault(FaultCode::NumberDown, "down");
        let waha = fault(FaultCode::WahaFailed, "500");
        for (before, after, code, tries) in [
            (&busy, &busy, FaultCode::ModelBusy, 2),
            (&busy, &key, FaultCode::ModelKey, 1),
            (&key, &busy, FaultCode::ModelKey, 2),
            (&key, &number, FaultCode::ModelKey, 2),
            (&number, &busy, FaultCode::ModelBusy, 1),
            (&busy, &number, FaultCode::ModelBusy, 2),
            (&busy, &waha, FaultCode::WahaFailed, 1),
        ] {
            let found = after.clone().after(Some(before));
            assert_eq!((found.code, found.tries), (code, tries), "{before:?} {after:?}");
        }
    }

    #[test]
    fn what_else_a_person_must_mend_is_told_beside_the_first_cause() {
        let at = |minutes: u64| NOON + std::time::Duration::from_secs(60 * minutes);
        let met = |code, words: &str, minutes| AnswerFault::new(code, words.to_owned(), at(minutes));
        let quota = met(FaultCode::ModelQuota, "the quota is used up", 0);
        let key = met(FaultCode::ModelKey, "the key is refused", 5).after(Some(&quota));
        assert_eq!((key.code, key.tries), (FaultCode::ModelQuota, 2));
        let busy = met(FaultCode::ModelBusy, "busy", 6).after(Some(&key));
        let again = met(FaultCode::ModelKey, "the key is refused again", 7).after(Some(&busy));
        let also = again.also.clone().unwrap();
        assert_eq!(
            (also.code, also.first_at, also.words.as_str()),
            (FaultCode::ModelKey, at(5), "the key is refused again")
        );
        let utc = TimeZone::UTC;
        let told = again.so_far(&utc);
        assert!(told.starts_with("the quota is used up, tried 4 times since 12:00; wait for the quota"), "{told}");
        assert!(told.contains("; also: the key is refused again, since 12:05; get a key at"), "{told}");
        let ended = "the quota is used up, tried 4 times until 12:10; also: the key is refused again, since 12:05";
        assert_eq!(again.until(at(10), &utc), ended);
        let other = met(FaultCode::ModelForbidden, "no billing", 8).after(Some(&again));
        assert_eq!(other.also.unwrap().first_at, at(8), "the newest of them is what stands in the way now");
        let back = met(FaultCode::ModelQuota, "the quota is used up", 9).after(Some(&again));
        assert_eq!(back.also, None, "whoever counts the quota has taken the key");
        // A fault of a version that knew one cause only has no such field.
        let old = serde_json::to_value(&quota).unwrap();
        assert_eq!(old.get("also"), None);
        assert_eq!(serde_json::from_value::<AnswerFault>(old).unwrap(), quota);
    }

    #[test]
    fn the_words_are_the_newest_of_one_cause_that_was_looked_at() {
        use FaultCode::{ModelBusy, ModelKey, NumberDown};
        let tried = |code, words| fault(code, words);
        let rested = |code, words| fault(code, words).untried();
        for (before, after, words) in [
            (tried(ModelBusy, "busy"), tried(ModelBusy, "slow"), "slow"),
            // Others have asked.
            (tried(ModelBusy, "busy"), rested(ModelBusy, "rests"), "busy"),
            (rested(NumberDown, "FAILED"), rested(NumberDown, "STARTING"), "STARTING"),
            (tried(ModelKey, "key"), tried(ModelBusy, "busy"), "key"),
        ] {
            assert_eq!(after.clone().after(Some(&before)).words, words, "{before:?} {after:?}");
        }
        let later = AnswerFault { first_at: NOON + std::time::Duration::from_secs(60), ..fault(ModelBusy, "busy") };
        assert_eq!(later.after(Some(&fault(ModelBusy, "busy"))).first_at, NOON);
    }

    #[test]
    fn what_is_about_the_model_and_what_is_waited_for() {
        use FaultCode::*;
        let waited_for = [NumberDown, NumberSlowed, WahaDown, WahaKey];
        for code in FaultCode::ALL {
            assert_eq!(code.is_waited_for(), waited_for.contains(code), "{code}");
            assert_eq!(code.is_of_model(), !waited_for.contains(code) && *code != WahaFailed, "{code}");
        }
    }

    #[test]
    fn people_read_cause_tries_and_time() {
        let utc = TimeZone::UTC;
        let mut busy = fault(FaultCode::ModelBusy, "gemini is busy");
        assert_eq!(busy.so_far(&utc), "gemini is busy, tried once at 12:00");
        let soon = NOON + std::time::Duration::from_secs(60);
        assert_eq!(busy.until(soon, &utc), "gemini is busy, tried once until 12:01");
        busy.tries = 6;
        assert_eq!(busy.so_far(&utc), "gemini is busy, tried 6 times since 12:00");
        let end = NOON + std::time::Duration::from_secs(600);
        assert_eq!(busy.until(end, &utc), "gemini is busy, tried 6 times until 12:10");
        let down = AnswerFault { tries: 40, ..fault(FaultCode::NumberDown, "FAILED") };
        assert_eq!(down.so_far(&utc), "waiting for the number: it is FAILED, since 12:00");
        assert_eq!(down.until(end, &utc), "the number was FAILED, from 12:00 until 12:10");
        let slowed = fault(FaultCode::NumberSlowed, "12:01").untried();
        let words = "WhatsApp slows this number down (rate-overlimit)";
        assert_eq!(slowed.so_far(&utc), format!("{words}: nothing is sent until 12:01, since 12:00"));
        assert_eq!(slowed.until(end, &utc), format!("{words}, from 12:00 until 12:10"));
        let rests = fault(FaultCode::ModelBusy, "gemini is busy").untried();
        assert_eq!(rests.so_far(&utc), "gemini is busy, since 12:00");
        assert_eq!(rests.until(end, &utc), "gemini is busy, from 12:00 until 12:10");
        let tried = fault(FaultCode::ModelBusy, "gemini is busy").after(Some(&rests));
        assert_eq!(rests.after(Some(&tried)).tries, 1, "a rest is no try");
        let gone = fault(FaultCode::ModelGone, "no such model").so_far(&utc);
        assert!(gone.starts_with("no such model, tried once at 12:00; set gemini.model"), "{gone}");
    }
}
