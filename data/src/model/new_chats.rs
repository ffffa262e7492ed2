//! How many new chats WhatsApp lets a number start, as it says itself (WAHA 2026.8.1 and newer).

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// From so many per cent of the quota on, people are told.
pub const NEARLY_PERCENT: i64 = 80;
/// How the refusal of a message begins that would start a chat which WhatsApp does not want.
pub const NEW_CHATS_CLOSED: &str = "WhatsApp lets this number start no new chats";
/// How the question begins that is asked before the first message to somebody who never wrote.
pub const FIRST_MESSAGE: &str = "This is the first message to somebody who never wrote";

/// Does a refusal only want a person's yes, which `--yes` gives beforehand?
#[must_use]
pub fn wants_consent(refusal: &str) -> bool {
    refusal.starts_with(NEW_CHATS_CLOSED) || refusal.starts_with(FIRST_MESSAGE)
}

/// What a person is asked: the refusal without what is typed in a shell.
#[must_use]
pub fn consent_question(refusal: &str) -> &str {
    refusal.split(SEND_ALL_THE_SAME).next().unwrap_or(refusal).trim_end()
}

/// How the part of a refusal begins that says how to give the yes in a shell.
pub const SEND_ALL_THE_SAME: &str = "To send it: ";

/// Without a known end, WhatsApp is asked again after this.
const LOOK_AGAIN: Duration = Duration::from_secs(3600);

/// The new chats that WhatsApp lets a number start in its present cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewChatCapping {
    /// WAHA's word: `NONE`, `FIRST_WARNING`, `SECOND_WARNING`, `CAPPED`.
    pub state: String,
    /// How many in a cycle; `None`: no limit.
    pub quota: Option<i64>,
    /// How many of them were started.
    pub used: i64,
    /// When the cycle ends.
    pub until: Option<Timestamp>,
    /// When WAHA told it.
    pub seen_at: Timestamp,
}

impl NewChatCapping {
    /// Does it say something about now? A cycle that is over says nothing about the next one.
    #[must_use]
    pub fn is_current(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until > now)
    }

    /// How many more new chats may be started; `since` were started after WAHA told it. `None`: no limit.
    #[must_use]
    pub fn left(&self, since: i64, now: Timestamp) -> Option<i64> {
        if !self.is_current(now) {
            return None;
        }
        if self.state == "CAPPED" {
            return Some(0);
        }
        self.quota.map(|quota| quota.saturating_sub(self.used).saturating_sub(since).max(0))
    }

    /// Until when nobody new may be written to, where the quota is used up.
    #[must_use]
    pub fn spent_until(&self, since: i64, now: Timestamp) -> Option<Timestamp> {
        (self.left(since, now)? == 0).then(|| self.until.unwrap_or(now + LOOK_AGAIN))
    }

    /// Is nearly all of the quota used?
    #[must_use]
    pub fn is_nearly_spent(&self, now: Timestamp) -> bool {
        let much = |quota: i64| self.used.saturating_mul(100) >= quota.saturating_mul(NEARLY_PERCENT);
        self.is_current(now) && (self.state == "CAPPED" || self.quota.is_some_and(much))
    }
}

/// `41 of 50 new chats used until 3 Dec`
impl fmt::Display for NewChatCapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.quota {
            Some(quota) => write!(f, "{} of {quota} new chats used", self.used)?,
            None if self.state == "CAPPED" => f.write_str("no new chats")?,
            None => return write!(f, "{} new chats used, without a limit", self.used),
        }
        match self.until {
            Some(until) => write!(f, " until {}", until.to_jiff().strftime("%-d %b")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // 26 November 2026, noon.
    const NOW: Timestamp = Timestamp::from_seconds(1_795_694_400);

    fn usual() -> NewChatCapping {
        let until = Some(NOW + Duration::from_secs(7 * 86_400));
        NewChatCapping { state: "FIRST_WARNING".into(), quota: Some(50), used: 41, until, seen_at: NOW }
    }

    #[test]
    fn what_whatsapp_allows_in_numbers_and_words() {
        let over = Some(NOW);
        let capped = NewChatCapping { state: "CAPPED".into(), quota: None, ..usual() };
        let free = NewChatCapping { state: "NONE".into(), quota: None, used: 3, until: None, seen_at: NOW };
        for (capping, since, left, nearly, told) in [
            (usual(), 0, Some(9), true, "41 of 50 new chats used until 3 Dec"),
            (usual(), 9, Some(0), true, "41 of 50 new chats used until 3 Dec"),
            (usual(), 12, Some(0), true, "41 of 50 new chats used until 3 Dec"),
            (NewChatCapping { used: 39, ..usual() }, 0, Some(11), false, "39 of 50 new chats used until 3 Dec"),
            (NewChatCapping { until: over, ..usual() }, 12, None, false, "41 of 50 new chats used until 26 Nov"),
            (capped, 0, Some(0), true, "no new chats until 3 Dec"),
            (free, 400, None, false, "3 new chats used, without a limit"),
        ] {
            assert_eq!((capping.left(since, NOW), capping.is_nearly_spent(NOW)), (left, nearly), "{capping:?}");
            assert_eq!(capping.to_string(), told);
        }
        assert_eq!(usual().spent_until(9, NOW), usual().until);
        assert_eq!(usual().spent_until(8, NOW), None);
    }
}
