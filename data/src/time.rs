//! Instants: milliseconds since 1970 in the store, RFC 3339 on the way out.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant, to the millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant so many milliseconds after 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// The instant so many seconds after 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// What the wall clock says.
    #[must_use]
    pub fn now() -> Self {
        let wall = jiff::Timestamp::now().as_millisecond();
        #[cfg(feature = "moved-clock")]
        let wall = wall.saturating_add(moved::by_ms());
        Self(wall)
    }

    /// How long after `earlier` this is; zero when it is not after.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// The same instant for calendar questions. An instant outside the years -9999 to 9999 becomes 1970.
    #[must_use]
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(at: jiff::Timestamp) -> Self {
        Self(at.as_millisecond())
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, by: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.to_jiff())
    }
}

impl FromStr for Timestamp {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, jiff::Error> {
        text.parse::<jiff::Timestamp>().map(Self::from)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "store")]
impl rusqlite::ToSql for Timestamp {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(self.0.into())
    }
}

#[cfg(feature = "store")]
impl rusqlite::types::FromSql for Timestamp {
    fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
        value.as_i64().map(Self)
    }
}

/// The variable that names a file with so many milliseconds by which a test moves the clock. Without the feature
/// `moved-clock` nobody reads it.
pub const CLOCK_VARIABLE: &str = "MYCHATFLOW_CLOCK_MOVED_BY";

/// A clock that a test moves while the program runs, as a wrong battery or a careless hand does.
#[cfg(feature = "moved-clock")]
mod moved {
    use std::path::PathBuf;
    use std::sync::{Mutex, OnceLock, PoisonError};
    use std::time::{Duration, Instant};

    /// How often the file is read at most.
    const READ_EVERY: Duration = Duration::from_millis(5);

    struct Hand {
        file: PathBuf,
        // A plain lock: held for one short file at most.
        last: Mutex<Option<(Instant, i64)>>,
    }

    static HAND: OnceLock<Option<Hand>> = OnceLock::new();

    /// By how much the clock is moved; 0 without a file, or with one that holds no number.
    pub(super) fn by_ms() -> i64 {
        let hand = HAND.get_or_init(|| {
            let file = PathBuf::from(std::env::var_os(super::CLOCK_VARIABLE)?);
            eprintln!("the clock is moved by {}", file.display());
            Some(Hand { file, last: Mutex::new(None) })
        });
        let Some(hand) = hand else { return 0 };
        let mut last = hand.last.lock().unwrap_or_else(PoisonError::into_inner);
        match *last {
            Some((read, by)) if read.elapsed() < READ_EVERY => by,
            _ => {
                let text = std::fs::read_to_string(&hand.file).unwrap_or_default();
                let by = text.trim().parse().unwrap_or(0);
                *last = Some((Instant::now(), by));
                by
            }
        }
    }
}

/// Where the time comes from: the wall clock, or a test's hand.
pub trait Clock: Send + Sync + 'static {
    /// The instant that this clock shows.
    fn now(&self) -> Timestamp;
}

/// The wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_rfc_3339_on_the_way_out_and_back() {
        let at = Timestamp::from_millis(1_795_393_214_568);
        assert_eq!(at.to_string(), "2026-11-23T00:20:14.568Z");
        assert_eq!(at.to_string().parse::<Timestamp>().unwrap(), at);
    }
}
