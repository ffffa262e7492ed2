//! How long a number needs for so many messages at the pace allowed. A rough word for people, never a promise.

use std::num::NonZeroU32;
use std::time::Duration;

use super::{DAY, HOUR, Limits, packages, slow_start};
use crate::time::Timestamp;

/// How many new chats WhatsApp lets a number start until its cycle ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewChatsLeft {
    /// How many more.
    pub count: i64,
    /// When the next cycle begins.
    pub until: Timestamp,
}

/// What a number has written to new people, for campaigns or by a person's hand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Newcomers {
    /// When it first did.
    pub first: Option<Timestamp>,
    /// How many in the last day.
    pub lately: i64,
    /// What WhatsApp's own cap leaves, where WAHA tells it and it has an end.
    pub whatsapp: Option<NewChatsLeft>,
}

impl Newcomers {
    /// How many more it may write to today.
    #[must_use]
    pub fn left_today(self, full: NonZeroU32, now: Timestamp) -> u32 {
        let lately = u32::try_from(self.lately).unwrap_or(0);
        slow_start::allowed(full, self.first, now).get().saturating_sub(lately)
    }

    /// In how many days so many more are all written to; 0 is today.
    #[must_use]
    pub fn spread(self, people: i64, full: NonZeroU32, now: Timestamp) -> u64 {
        slow_start::spread(whole(people), full, self.left_today(full, now), self.first, now)
    }
}

/// What is to be sent, and what was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Messages.
    pub messages: i64,
    /// How many of them to new people.
    pub newcomers: i64,
    /// New people that the number wrote to before.
    pub before: Newcomers,
    /// Messages of campaigns that it sent in the last hour.
    pub sent_hour: i64,
    /// The same in the last day.
    pub sent_day: i64,
}

/// How long it takes. Both run side by side: the longer one decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Estimate {
    /// At work: gaps, pauses, caps an hour. Hours of quiet come on top; `None` where nothing limits it.
    pub at_work: Option<Duration>,
    /// In whole days: caps a day.
    pub days: Option<Duration>,
}

impl Estimate {
    /// The longer of the two.
    #[must_use]
    pub fn longest(self) -> Option<Duration> {
        self.at_work.max(self.days)
    }
}

fn whole(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

/// How long so many messages take.
#[must_use]
pub fn estimate(limits: &Limits, load: Load, now: Timestamp) -> Estimate {
    let messages = whole(load.messages);
    // Of a cap the first share goes out at once, the last one begins when all before it have had their span.
    // What was sent in the span that runs is of the first share.
    let capped = |span: Duration, cap: Option<NonZeroU32>, sent: i64| {
        let all = if messages == 0 { 0 } else { whole(sent) + messages };
        let spans = all.saturating_sub(1) / u64::from(cap?.get());
        Some(Duration::from_secs(span.as_secs().saturating_mul(spans)))
    };
    let gaps = limits.gap.map(|(least, most)| {
        let millis = |span: Duration, times: u64| {
            Duration::from_millis(u64::try_from(span.as_millis()).unwrap_or(u64::MAX).saturating_mul(times))
        };
        let packages = messages.saturating_sub(1) / packages::SIZE_MEAN;
        millis((least + most) / 2, messages) + millis(packages::pause_mean((least, most)), packages)
    });
    let spread = limits.new_people_per_day.map(|full| {
        let days = load.before.spread(load.newcomers, full, now);
        Duration::from_secs(DAY.as_secs().saturating_mul(days))
    });
    // Whoever is more than WhatsApp's cap lets through waits for the next cycle, whose quota nobody knows.
    let whatsapp = load.before.whatsapp.filter(|left| load.newcomers > left.count).map(|left| left.until.since(now));
    Estimate {
        at_work: gaps.max(capped(HOUR, limits.per_hour, load.sent_hour)),
        days: capped(DAY, limits.per_day, load.sent_day).max(spread).max(whatsapp),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn cap(count: u32) -> Option<NonZeroU32> {
        NonZeroU32::new(count)
    }

    #[test]
    fn the_slowest_limit_tells_how_long_it_takes() {
        let usual = Limits {
            gap: Some((Duration::from_secs(30), Duration::from_secs(60))),
            per_hour: cap(40),
            per_day: cap(200),
            new_people_per_day: cap(30),
        };
        let minutes = |minutes: u64| Some(Duration::from_secs(minutes * 60));
        let long_ago = Some(NOW - 10 * DAY);
        for (limits, messages, newcomers, first, expected) in [
            (Limits::default(), 500, 500, None, None),
            (Limits { per_hour: cap(40), ..Limits::default() }, 40, 0, None, minutes(0)),
            (Limits { per_hour: cap(40), ..Limits::default() }, 100, 0, None, minutes(120)),
            (usual, 400, 0, None, minutes(24 * 60)),
            (usual, 100, 100, long_ago, minutes(72 * 60)),
            // The first days of a number take longer.
            (usual, 100, 100, None, minutes(96 * 60)),
            (Limits { gap: usual.gap, ..Limits::default() }, 20, 0, None, minutes(15)),
            // Two pauses of seven and a half minutes.
            (Limits { gap: usual.gap, ..Limits::default() }, 80, 0, None, minutes(75)),
        ] {
            let load =
                Load { messages, newcomers, before: Newcomers { first, ..Newcomers::default() }, ..Load::default() };
            assert_eq!(estimate(&limits, load, NOW).longest(), expected, "{messages} {newcomers}");
        }
        let load = Load {
            messages: 41,
            newcomers: 41,
            before: Newcomers { first: long_ago, lately: 30, whatsapp: None },
            ..Load::default()
        };
        assert_eq!(estimate(&usual, load, NOW).days, minutes(48 * 60));

        // WhatsApp lets ten more through before its next cycle, in five days.
        let capped = |newcomers| {
            let left = NewChatsLeft { count: 10, until: NOW + 5 * DAY };
            let before = Newcomers { first: long_ago, lately: 0, whatsapp: Some(left) };
            estimate(&usual, Load { messages: newcomers, newcomers, before, ..Load::default() }, NOW).days
        };
        assert_eq!([capped(10), capped(11)], [minutes(0), minutes(5 * 24 * 60)]);

        let hourly = Limits { per_hour: cap(40), per_day: cap(200), ..Limits::default() };
        for (messages, sent_hour, sent_day, expected) in
            [(25, 15, 15, 0), (25, 33, 33, 60), (0, 40, 200, 0), (25, 0, 180, 24 * 60)]
        {
            let load = Load { messages, sent_hour, sent_day, ..Load::default() };
            assert_eq!(estimate(&hourly, load, NOW).longest(), minutes(expected), "{messages} {sent_hour} {sent_day}");
        }
    }
}
