//! The shop's time zone: by its name, or by the city that people know it by.

use jiff::tz::{TimeZone, db};

use super::{line, say};

/// How many names are told of where a word fits several.
const TOLD_MAX: usize = 5;

/// Asks until a time zone is meant.
pub fn ask() -> anyhow::Result<String> {
    let system = TimeZone::system();
    let usual = system.iana_name().unwrap_or("UTC").to_owned();
    let names: Vec<String> = db().available().map(|name| name.to_string()).collect();
    loop {
        let words = line(&format!("Its time zone, or the city that has it [{usual}]: "))?;
        let words = if words.is_empty() { usual.clone() } else { words };
        match &*meant(&words, &names) {
            [zone] => {
                if *zone != words {
                    say(&format!("✓ {zone}"));
                }
                return Ok(zone.clone());
            }
            [] => say("✗ There is no such time zone. They are called Europe/Berlin, America/New_York, UTC."),
            several => {
                let told: Vec<&str> = several.iter().take(TOLD_MAX).map(String::as_str).collect();
                say(&format!("✗ Which one? {}", told.join(", ")));
            }
        }
    }
}

/// The zones of these that somebody can mean: the one of that name, else those of that city.
fn meant(words: &str, names: &[String]) -> Vec<String> {
    let plain = |name: &str| name.trim().to_lowercase().replace([' ', '-'], "_");
    let words = plain(words);
    if let Some(name) = names.iter().find(|name| plain(name) == words) {
        return vec![name.clone()];
    }
    let city = |name: &&String| name.rsplit_once('/').is_some_and(|(_, city)| plain(city) == words);
    names.iter().filter(city).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_known_by_its_name_and_by_its_city() {
        let names: Vec<String> = db().available().map(|name| name.to_string()).collect();
        for (words, expected) in [
            ("Europe/Lisbon", "Europe/Lisbon"),
            ("europe/lisbon", "Europe/Lisbon"),
            ("Lisbon", "Europe/Lisbon"),
            (" new york ", "America/New_York"),
            ("UTC", "UTC"),
            ("port-au-prince", "America/Port-au-Prince"),
        ] {
            assert_eq!(meant(words, &names), [expected], "{words}");
        }
        // Not every city has one of its own, and a sentence is none.
        for words in ["Bielefeld", "Mo-Sa 8-19", "We deliver within 3 km", "Europe/", ""] {
            assert_eq!(meant(words, &names), Vec::<String>::new(), "{words:?}");
        }
        let two = ["America/Indiana/Knox".to_owned(), "US/Knox".to_owned()];
        assert_eq!(meant("knox", &two), two);
    }
}
