//! What time it is by a server that we talk to: each of its answers says so. A clock of ours that is wrong is found out
//! that way, without a question of its own.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mychatflow_data::time::Timestamp;
use reqwest::header::{DATE, HeaderMap};

/// A difference above this is worth a word: stamps of ours and of WhatsApp's are compared with each other.
pub const DIFFERENCE_WARN: Duration = Duration::from_secs(30);
/// One above this makes answers and campaigns go wrong.
pub const DIFFERENCE_MAX: Duration = Duration::from_secs(300);
/// The header has whole seconds: the true time lies in the middle of one, on average.
const HALF_SECOND: Duration = Duration::from_millis(500);

/// What a server last said about the time.
#[derive(Debug, Default)]
pub struct ServerClock {
    // A Mutex: it is held for one copy, never across an await.
    heard: Mutex<Option<Heard>>,
}

/// The time by a server, and when it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// The time by the server, when it answered.
    pub time: Timestamp,
    /// When it was asked, by a clock that nobody sets: it can't have looked at its clock before.
    pub asked_at: Instant,
    /// When its answer came, by the same clock.
    pub at: Instant,
}

impl Heard {
    /// The time by the server at another instant of the clock that nobody sets.
    #[must_use]
    pub fn time_at(&self, at: Instant) -> Timestamp {
        self.time + at.saturating_duration_since(self.at)
    }

    /// How long the answer took: the time in it may be as old as that.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.at.saturating_duration_since(self.asked_at)
    }
}

impl ServerClock {
    /// Notes what an answer says. One without a date says nothing.
    pub fn note(&self, headers: &HeaderMap, asked_at: Instant, at: Instant) {
        if let Some(time) = date(headers) {
            *self.lock() = Some(Heard { time: time + HALF_SECOND, asked_at, at });
        }
    }

    /// What was last heard.
    #[must_use]
    pub fn heard(&self) -> Option<Heard> {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Heard>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(DATE)?.to_str().ok()?;
    Some(jiff::fmt::rfc2822::parse(text).ok()?.timestamp().into())
}

/// Is the server surely on another machine than ours? One on this machine tells the time by our own clock, and proves
/// nothing; so may one in the same network.
#[must_use]
pub fn is_elsewhere(url: &str) -> bool {
    match reqwest::Url::parse(url).ok().as_ref().and_then(|url| url.host_str()) {
        None => false,
        Some(host) => match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(IpAddr::V4(ip)) => {
                let near = ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified();
                !near && !matches!(ip.octets(), [100, 64..=127, _, _])
            }
            // The addresses of the internet begin with 2 or 3.
            Ok(IpAddr::V6(ip)) => ip.segments()[0] >> 13 == 1,
            Err(_) => host.contains('.') && !NEAR.iter().any(|end| host.to_ascii_lowercase().ends_with(end)),
        },
    }
}

/// Names that are found in the own network only.
const NEAR: &[&str] = &[".local", ".localhost", ".internal", ".lan", ".home", ".arpa", ".docker", ".test"];

/// How far a clock of ours is from a server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// By so much.
    pub by: Duration,
    /// In which direction.
    pub direction: Direction,
}

/// On which side of a server's clock ours is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Ours is later.
    Ahead,
    /// Ours is earlier, or the same.
    Behind,
}

impl Difference {
    /// Is it worth a word? What was said in an answer that took long may be as old as that.
    #[must_use]
    pub fn is_notable(&self, took: Duration) -> bool {
        self.by > DIFFERENCE_WARN + took
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = self.by.as_secs();
        let by = match seconds {
            0..120 => format!("{seconds} s"),
            120..7_200 => format!("{} min", seconds / 60),
            7_200..172_800 => format!("{} h", seconds / 3_600),
            _ => format!("{} days", seconds / 86_400),
        };
        match self.direction {
            Direction::Ahead => write!(f, "{by} ahead"),
            Direction::Behind => write!(f, "{by} behind"),
        }
    }
}

/// Compares a clock of ours with a server's.
#[must_use]
pub fn difference(ours: Timestamp, theirs: Timestamp) -> Difference {
    if ours > theirs {
        Difference { by: ours.since(theirs), direction: Direction::Ahead }
    } else {
        Difference { by: theirs.since(ours), direction: Direction::Behind }
    }
}

/// By how much our clock is behind at least, where every server that was heard says so; nothing where one does not, or
/// where it is too little to matter. Judged at the moment it is asked: a clock that was just set is found out at once.
#[must_use]
pub fn behind(ours: Timestamp, steady: Instant, words: impl Iterator<Item = Heard>) -> Duration {
    let said = words.map(|heard| {
        let found = difference(ours, heard.time_at(steady));
        let counts = found.direction == Direction::Behind && found.is_notable(heard.took());
        if counts { found.by } else { Duration::ZERO }
    });
    said.min().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_what_time_it_is() {
        let clock = ServerClock::default();
        let began = Instant::now();
        let mut headers = HeaderMap::new();
        clock.note(&headers, began, began);
        assert_eq!(clock.heard(), None);
        headers.insert(DATE, "Mon, 23 Nov 2026 00:20:14 GMT".parse().unwrap());
        clock.note(&headers, began, began);
        let heard = clock.heard().unwrap();
        assert_eq!(heard.time_at(began).to_string(), "2026-11-23T00:20:14.500Z");
        assert_eq!(heard.time_at(began + Duration::from_secs(9)).to_string(), "2026-11-23T00:20:23.500Z");
        headers.insert(DATE, "yesterday".parse().unwrap());
        clock.note(&headers, began, began);
        assert_eq!(clock.heard(), Some(heard), "no date, no word");
    }

    #[test]
    fn only_a_server_on_the_internet_is_surely_elsewhere() {
        for (url, elsewhere) in [
            ("https://generativelanguage.googleapis.com", true),
            ("https://waha.example.com/prefix", true),
            ("http://198.51.100.7:3000", true),
            ("http://[2001:db8::7]:3000", true),
            ("http://127.0.0.1:3000", false),
            ("http://[::1]:3000", false),
            ("http://[fd00::7]:3000", false),
            ("http://192.168.1.7:3000", false),
            ("http://172.17.0.2:3000", false),
            ("http://100.100.1.1:3000", false),
            ("http://localhost:3000", false),
            ("http://waha:3000", false),
            ("http://host.docker.internal:3000", false),
            ("nothing", false),
        ] {
            assert_eq!(is_elsewhere(url), elsewhere, "{url}");
        }
    }

    #[test]
    fn our_clock_is_behind_where_every_server_says_so() {
        let (at, began) = (Timestamp::from_seconds, Instant::now());
        let heard = |seconds| Heard { time: at(seconds), asked_at: began, at: began };
        let slow = |seconds| Heard { at: began + Duration::from_secs(60), ..heard(seconds) };
        let later = began + Duration::from_secs(60);
        for (words, behind) in [
            (vec![], 0),
            (vec![heard(1_000)], 1_060),
            (vec![heard(1_000), heard(5_000)], 1_060),
            (vec![heard(5_000), heard(1_000), heard(-60)], 0),
            (vec![heard(-900), heard(1_000)], 0),
            (vec![heard(-30)], 0),
            (vec![heard(-29)], 31),
            (vec![slow(90)], 0),
            (vec![slow(91)], 91),
        ] {
            let said = super::behind(at(0), later, words.clone().into_iter());
            assert_eq!(said, Duration::from_secs(behind), "{words:?}");
        }
    }

    #[test]
    fn a_difference_in_words() {
        let at = Timestamp::from_seconds;
        for (ours, theirs, expected) in [
            (0, 0, "0 s behind"),
            (31, 0, "31 s ahead"),
            (0, 400, "6 min behind"),
            (7_200, 0, "2 h ahead"),
            (34_560_000, 0, "400 days ahead"),
        ] {
            assert_eq!(difference(at(ours), at(theirs)).to_string(), expected);
        }
    }
}
