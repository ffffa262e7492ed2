//! A place that somebody sent, as the words of a message: `Harbour Café, 3 Quay Street (53.5436, 9.9662)`. Search, model
//! and console all get it from there.

use std::fmt;

/// A place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// What is known of it in words: name, address, comment.
    pub words: Vec<String>,
    /// Degrees north and east, in decimal digits.
    pub coordinates: Option<(String, String)>,
    /// Does it move along with its sender?
    pub live: bool,
}

impl Place {
    /// Adds words, unless they are there already or say nothing.
    pub fn add_words(&mut self, words: &str) {
        let words = words.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ");
        if !words.is_empty() && !self.words.iter().any(|known| known.contains(&words)) {
            self.words.retain(|known| !words.contains(known.as_str()));
            self.words.push(words);
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words.join(", "))?;
        let Some((latitude, longitude)) = &self.coordinates else { return Ok(()) };
        let gap = if self.words.is_empty() { "" } else { " " };
        let live = if self.live { ", live" } else { "" };
        write!(f, "{gap}({latitude}, {longitude}{live})")
    }
}

/// The address of a map of the place that words like those of [`Place`] end with.
#[must_use]
pub fn map_link(words: &str) -> Option<String> {
    let (_, inside) = words.trim_end().strip_suffix(')')?.rsplit_once('(')?;
    let (latitude, longitude) = inside.strip_suffix(", live").unwrap_or(inside).split_once(", ")?;
    let within = |degrees: &str, most: f64| {
        let plain = degrees.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '.'));
        plain && degrees.parse::<f64>().is_ok_and(|degrees| degrees.abs() <= most)
    };
    (within(latitude, 90.0) && within(longitude, 180.0))
        .then(|| format!("https://maps.google.com/?q={latitude},{longitude}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_written_and_found_on_the_map() {
        let mut place = Place { coordinates: Some(("53.5436".into(), "9.9662".into())), ..Place::default() };
        assert_eq!(place.to_string(), "(53.5436, 9.9662)");
        for words in ["Harbour Café", "3 Quay Street", "", " Harbour Café "] {
            place.add_words(words);
        }
        assert_eq!(place.to_string(), "Harbour Café, 3 Quay Street (53.5436, 9.9662)");
        assert_eq!(map_link(&place.to_string()).as_deref(), Some("https://maps.google.com/?q=53.5436,9.9662"));
        place.live = true;
        assert_eq!(place.to_string(), "Harbour Café, 3 Quay Street (53.5436, 9.9662, live)");
        assert_eq!(map_link(&place.to_string()).as_deref(), Some("https://maps.google.com/?q=53.5436,9.9662"));
        let described = Place { words: vec!["Alexanderplatz".into()], ..Place::default() };
        let mut both = described.clone();
        both.add_words("Alexanderplatz\nBerlin");
        assert_eq!(both.to_string(), "Alexanderplatz, Berlin");
        for words in ["", "at home", "(a, b)", "(91, 0)", "(0, 181)", "(1)", "(1, 2) then", "(NaN, inf)", "(1, 2, 3)"] {
            assert_eq!(map_link(words), None, "{words}");
        }
    }
}
