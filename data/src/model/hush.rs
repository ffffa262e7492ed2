//! Whom nobody disturbs at this moment, by where they live. Made once for a moment from hours and time zones; then a
//! long list is asked person by person, without a look at any calendar.

use std::collections::BTreeMap;

use crate::time::Timestamp;

/// `None`: may be disturbed. Else until when not.
pub type Until = Option<Timestamp>;

/// The digits of the longest code: those of North America have their area with them.
pub const CODE_DIGITS_MAX: usize = 4;

/// Whom nobody disturbs at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hush {
    /// By the first digits of a phone number, at most [`CODE_DIGITS_MAX`]: the longest that fits counts.
    pub codes: BTreeMap<String, Until>,
    /// By the name of a time zone, in small letters.
    pub zones: BTreeMap<String, Until>,
    /// Where neither says anything.
    pub elsewhere: Until,
}

impl Hush {
    /// Until when a person is not to be disturbed. The time zone that is known of them counts more than their number.
    #[must_use]
    pub fn until(&self, phone: Option<&str>, zone: Option<&str>) -> Until {
        if let Some(until) = zone.and_then(|zone| self.zones.get(&zone.trim().to_ascii_lowercase())) {
            return *until;
        }
        let digits = phone.unwrap_or("").trim_start_matches('+');
        (1..=CODE_DIGITS_MAX.min(digits.len()))
            .rev()
            .find_map(|length| self.codes.get(digits.get(..length)?))
            .map_or(self.elsewhere, |until| *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_then_the_longest_code_then_the_rest() {
        let at = |seconds| Some(Timestamp::from_seconds(seconds));
        let hush = Hush {
            codes: [("1", at(1)), ("1808", at(2)), ("49", None)].map(|(code, at)| (code.to_owned(), at)).into(),
            zones: [("asia/tokyo", at(3)), ("europe/paris", None)].map(|(zone, at)| (zone.to_owned(), at)).into(),
            elsewhere: at(4),
        };
        for (phone, zone, expected) in [
            (Some("14155550100"), None, at(1)),
            (Some("+18085550100"), None, at(2)),
            (Some("4915112345678"), None, None),
            (Some("4915112345678"), Some(" Asia/Tokyo "), at(3)),
            (Some("14155550100"), Some("Europe/Paris"), None),
            (Some("14155550100"), Some("Mars/Olympus"), at(1)),
            (Some("33612345678"), None, at(4)),
            (Some(""), None, at(4)),
            (None, None, at(4)),
        ] {
            assert_eq!(hush.until(phone, zone), expected, "{phone:?} {zone:?}");
        }
    }
}
