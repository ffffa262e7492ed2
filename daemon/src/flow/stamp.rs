//! Which messages of our side in a history tell a time that may be made up.
//!
//! Servers put a time of their own on messages whose time they do not know: that of the request, or that of the moment when
//! they read the phone's history. A human's message silences the assistant from the time that is on it, so a time of which one
//! can't be sure silences nobody. It may be true all the same, so what was asked before it is left to a human. Three things
//! give it away:
//!
//! - It is as young as the request, by the clock of the server that makes it up. A message so new has a webhook on its way, which
//!   counts; and a time that is true is the same when the history is read again, once it has passed.
//! - Messages of ours that we did not send are in three chats and more at the same second. A person writes in one after the other,
//!   unless they forward one message to several chats, on which WhatsApp puts one second: no later look can tell the two apart.
//! - It is later than that of a customer's message which stands after it, in a history that is in the order of its customers'
//!   times. Then it was written before that one, and it counts as written just before it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use mychatflow_data::time::Timestamp;

/// How much older than the request a time must be. WhatsApp's clock has whole seconds and is not the server's.
pub const REQUEST_SLACK: Duration = Duration::from_secs(3);
/// How long after a look that found messages as young as itself the history is looked at once more.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// For how long it is looked at again.
const LOOK_AGAIN_FOR: Duration = Duration::from_secs(30);
/// How far the server's clock may be behind WhatsApp's: for so long a time that is true lies in the server's future.
const AHEAD_MAX: Duration = Duration::from_secs(600);
/// A time that the server makes up is not later than its answer, in whole seconds.
const SECOND: Duration = Duration::from_secs(1);
/// In how many chats a person does not write within one second.
const CHATS_AT_ONCE: usize = 3;

/// How much later than the message after it one may seem. WhatsApp's clock has whole seconds, and servers sort by them.
const PLACE_SLACK: Duration = Duration::from_secs(2);

/// A message in a history, in the order in which the server gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlacedMessage {
    /// Is it of our side?
    pub from_me: bool,
    /// The time that is on it.
    pub at: Timestamp,
}

/// What is known of the times in a piece of a history.
#[derive(Debug)]
pub struct StampEvidence {
    /// When it was asked for, by the server's clock.
    pub asked_at: Timestamp,
    /// The seconds that the server must have made up.
    pub crowded: HashSet<i64>,
    /// Until when messages of ours can have been written, by their bare ids, where their times are later.
    pub latest: HashMap<String, Timestamp>,
}

/// What a time on a message of our side is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StampVerdict {
    /// It was written then.
    True,
    /// Perhaps. It is as young as the request: another look may tell.
    Young,
    /// Perhaps, and no look tells more.
    Doubtful,
    /// It was written at this instant or before.
    NotAfter(Timestamp),
}

impl StampEvidence {
    /// What the time on a message of our side is worth.
    #[must_use]
    pub fn verdict(&self, bare_id: &str, at: Timestamp) -> StampVerdict {
        if let Some(latest) = self.latest.get(bare_id) {
            StampVerdict::NotAfter(*latest)
        } else if is_of_the_request(at, self.asked_at) {
            StampVerdict::Young
        } else if self.crowded.contains(&second(at)) {
            StampVerdict::Doubtful
        } else {
            StampVerdict::True
        }
    }
}

/// Until when each message of a piece of a history, oldest first, can have been written at most, where the time on it is later.
/// Only customers' times are believed, and only where they show that the piece is in their order.
#[must_use]
pub fn latest_by_place(messages: &[PlacedMessage]) -> Vec<Option<Timestamp>> {
    let customers: Vec<Timestamp> =
        messages.iter().filter(|message| !message.from_me).map(|message| message.at).collect();
    let in_order = customers.is_sorted() && customers.first() < customers.last();
    if !in_order {
        return vec![None; messages.len()];
    }
    let mut next: Option<Timestamp> = None;
    let mut latest: Vec<Option<Timestamp>> = Vec::with_capacity(messages.len());
    for message in messages.iter().rev() {
        if !message.from_me {
            next = Some(message.at);
        }
        let bound = next.filter(|next| message.from_me && message.at > *next + PLACE_SLACK);
        latest.push(bound.map(|next| next - SECOND));
    }
    latest.reverse();
    latest
}

/// A message of our side in a history: the chat, and the time that is on it.
pub type OwnMessage<'m> = (&'m str, Timestamp);

/// Is the time on a message as young as the request that brought it?
#[must_use]
pub fn is_of_the_request(at: Timestamp, asked_at: Timestamp) -> bool {
    at + REQUEST_SLACK > asked_at
}

/// How long after a look at the history that found messages too young to be believed it is looked at again; `None`: no more.
/// `youngest` is the latest time on them, `server_now` the time by the server after it answered.
#[must_use]
pub fn look_again(youngest: Timestamp, server_now: Timestamp, looking_for: Duration) -> Option<Duration> {
    let ahead = youngest.since(server_now);
    // The server did not make it up: it lies in its future, and will have passed.
    let (wait, most) = if ahead > SECOND && ahead <= AHEAD_MAX {
        (ahead + REQUEST_SLACK + SECOND, AHEAD_MAX)
    } else {
        (Duration::ZERO, LOOK_AGAIN_FOR)
    };
    (looking_for < most).then(|| wait.max(LOOK_AGAIN))
}

/// The seconds that are on messages in so many chats that nobody wrote them all. Messages that are known to be ours must be
/// left out before.
#[must_use]
pub fn crowded_seconds<'m>(own: impl IntoIterator<Item = OwnMessage<'m>>) -> HashSet<i64> {
    let mut chats: HashMap<i64, HashSet<&str>> = HashMap::new();
    for (chat, at) in own {
        chats.entry(second(at)).or_default().insert(chat);
    }
    chats.into_iter().filter(|(_, chats)| chats.len() >= CHATS_AT_ONCE).map(|(second, _)| second).collect()
}

/// The second that an instant is in.
#[must_use]
pub fn second(at: Timestamp) -> i64 {
    at.millis().div_euclid(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_time_as_young_as_the_request() {
        let asked_at = at(100_500);
        for (stamp, made_up) in [(97_000, false), (97_500, false), (98_000, true), (100_000, true), (105_000, true)] {
            assert_eq!(is_of_the_request(at(stamp), asked_at), made_up, "{stamp}");
        }
    }

    #[test]
    fn the_history_is_read_again_until_the_time_on_its_messages_has_passed() {
        let now = at(1_000_000);
        let seconds = Duration::from_secs;
        for (youngest, looking_for, expected) in [
            (999_000, 0, Some(10)),
            (1_001_000, 29, Some(10)),
            (1_001_000, 30, None),
            (1_060_000, 0, Some(64)),
            (1_060_000, 599, Some(64)),
            (1_060_000, 600, None),
            (9_000_000, 0, Some(10)),
            (9_000_000, 30, None),
        ] {
            assert_eq!(
                look_again(at(youngest), now, seconds(looking_for)),
                expected.map(seconds),
                "{youngest} {looking_for}"
            );
        }
    }

    #[test]
    fn the_place_of_a_message_says_until_when_it_was_written() {
        let placed = |messages: &[(char, i64)]| -> Vec<Option<i64>> {
            let message = |(side, at_s): &(char, i64)| PlacedMessage { from_me: *side == 's', at: at(at_s * 1000) };
            let messages: Vec<PlacedMessage> = messages.iter().map(message).collect();
            latest_by_place(&messages).into_iter().map(|latest| latest.map(|at| at.millis() / 1000)).collect()
        };
        assert_eq!(placed(&[('c', 10), ('s', 900), ('c', 20), ('s', 21)]), [None, Some(19), None, None]);
        assert_eq!(
            placed(&[('c', 10), ('s', 900), ('s', 19), ('s', 23), ('c', 20)]),
            [None, Some(19), None, Some(19), None]
        );
        // Two seconds may be the other server's clock.
        assert_eq!(placed(&[('c', 10), ('s', 22), ('c', 20)]), [None, None, None]);
        // The last one has nothing after it.
        assert_eq!(placed(&[('c', 10), ('c', 20), ('s', 900)]), [None, None, None]);
        // Newest first, or in no order that can be told.
        assert_eq!(placed(&[('s', 900), ('c', 20), ('c', 10)]), [None, None, None]);
        assert_eq!(placed(&[('s', 900), ('c', 20)]), [None, None]);
        assert_eq!(placed(&[('s', 900), ('c', 20), ('c', 20)]), [None, None, None]);
        assert_eq!(placed(&[]), []);
    }

    #[test]
    fn what_a_time_is_worth() {
        let evidence = StampEvidence {
            asked_at: at(100_000),
            crowded: HashSet::from([50]),
            latest: HashMap::from([("M1".to_owned(), at(7_000))]),
        };
        for (id, stamp, expected) in [
            ("M1", 99_000, StampVerdict::NotAfter(at(7_000))),
            ("M2", 99_000, StampVerdict::Young),
            ("M2", 50_999, StampVerdict::Doubtful),
            ("M2", 51_000, StampVerdict::True),
        ] {
            assert_eq!(evidence.verdict(id, at(stamp)), expected, "{id} {stamp}");
        }
    }

    #[test]
    fn nobody_writes_in_three_chats_at_once() {
        let [ana, ben, lea] = [("ana", at(5_000)), ("ben", at(5_400)), ("lea", at(5_999))];
        assert_eq!(crowded_seconds([ana, ben, lea]), HashSet::from([5]));
        assert_eq!(crowded_seconds([ana, ben]), HashSet::new());
        assert_eq!(crowded_seconds([ana, ben, ("lea", at(6_000)), ("ana", at(5_100))]), HashSet::new());
    }
}
