//! Where a phone number lives: the time zones of its country, or of its area in North America.

use std::collections::BTreeMap;
use std::sync::LazyLock;

const LINES: &str = include_str!("zones.txt");

static CODES: LazyLock<BTreeMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let lines = LINES.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(' ')).map(|(code, zones)| (code, zones.split(' ').collect())).collect()
});

/// The first digits of phone numbers, calling code first, with the time zones there. The longest that fits counts.
#[must_use]
pub fn codes() -> &'static BTreeMap<&'static str, Vec<&'static str>> {
    &CODES
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use mychatflow_data::model::hush::CODE_DIGITS_MAX;

    use super::*;

    #[test]
    fn every_line_names_zones_that_there_are() {
        assert!(codes().len() > 600, "{}", codes().len());
        for (code, zones) in codes() {
            assert!(code.bytes().all(|byte| byte.is_ascii_digit()) && !zones.is_empty(), "{code}");
            assert!(code.len() <= CODE_DIGITS_MAX, "{code}");
            for zone in zones {
                assert!(TimeZone::get(zone).is_ok(), "{code} {zone}");
            }
        }
        assert_eq!(codes()["1808"], ["Pacific/Honolulu"]);
        assert_eq!(codes()["49"], ["Europe/Berlin", "Europe/Busingen"]);
        assert!(codes()["7"].contains(&"Asia/Vladivostok") && !codes()["7"].contains(&"Asia/Almaty"));
        assert!(codes()["77"].contains(&"Asia/Almaty"));
    }
}
