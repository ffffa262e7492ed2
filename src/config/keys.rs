//! Every key of the config, once: what is not in this table is a mistake in the file.

use std::fmt;

/// What a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A text that is never printed, and may stand in a file of its own (`…_file`).
    Secret,
    /// A whole number, not negative.
    Whole,
    /// Dollars and cents.
    Dollars,
    /// `true` or `false`.
    Switch,
    /// Two whole numbers.
    WholePair,
    /// Several texts.
    Texts,
}

impl Kind {
    /// For people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Text | Self::Secret => "a text in quotes",
            Self::Whole => "a whole number, 0 or more",
            Self::Dollars => "a number such as 0.30",
            Self::Switch => "true or false",
            Self::WholePair => "two whole numbers such as [30, 60]",
            Self::Texts => "a list of texts such as [\"root\"]",
        }
    }
}

/// Every key; `*` stands for a name.
pub const KEYS: &[(&str, Kind)] = &[
    ("daemon.data_dir", Kind::Text),
    ("daemon.socket", Kind::Text),
    ("daemon.socket_group", Kind::Text),
    ("daemon.log", Kind::Text),
    ("daemon.log_format", Kind::Text),
    ("webhook.listen", Kind::Text),
    ("webhook.public_url", Kind::Text),
    ("webhook.max_body_bytes", Kind::Whole),
    ("metrics.listen", Kind::Text),
    ("waha.*.name", Kind::Text),
    ("waha.*.url", Kind::Text),
    ("waha.*.api_key", Kind::Secret),
    ("waha.*.timeout_s", Kind::Whole),
    ("waha.*.send_text_path", Kind::Text),
    ("waha.*.chats_path", Kind::Text),
    ("gemini.base_url", Kind::Text),
    ("gemini.api_version", Kind::Text),
    ("gemini.api_key", Kind::Secret),
    ("gemini.model", Kind::Text),
    ("gemini.max_concurrent", Kind::Whole),
    ("gemini.timeout_s", Kind::Whole),
    ("gemini.models.*.thinking", Kind::Text),
    ("gemini.models.*.price_input", Kind::Dollars),
    ("gemini.models.*.price_output", Kind::Dollars),
    ("gemini.models.*.price_cached", Kind::Dollars),
    ("reply.mode", Kind::Text),
    ("reply.countdown_s", Kind::Whole),
    ("reply.burst_quiet_ms", Kind::Whole),
    ("reply.burst_max_ms", Kind::Whole),
    ("reply.pace", Kind::Text),
    ("reply.freshness_s", Kind::Whole),
    ("reply.takeover_pause_s", Kind::Whole),
    ("reply.existing_contacts", Kind::Text),
    ("campaign.gap_s", Kind::WholePair),
    ("campaign.per_hour", Kind::Whole),
    ("campaign.per_day", Kind::Whole),
    ("campaign.new_people_per_day", Kind::Whole),
    ("campaign.require_consent", Kind::Switch),
    ("plans.*.credits_per_month", Kind::Whole),
    ("auth.operators", Kind::Texts),
    ("auth.oidc.*.issuer", Kind::Text),
    ("auth.oidc.*.client_id", Kind::Text),
];

/// A key with its names filled in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyPath(pub Vec<String>);

impl KeyPath {
    /// The key whose parts these are.
    pub fn of(parts: &[&str]) -> Self {
        Self(parts.iter().map(|part| (*part).to_owned()).collect())
    }

    /// The key one level down.
    pub fn child(&self, part: &str) -> Self {
        let mut parts = self.0.clone();
        parts.push(part.to_owned());
        Self(parts)
    }

    /// What the key holds; `None` where there is no such key.
    pub fn kind(&self) -> Option<Kind> {
        KEYS.iter().find(|(pattern, _)| self.fits(pattern)).map(|(_, kind)| *kind)
    }

    /// The key of the secret that `…_file` points at.
    pub fn secret_of_file(&self) -> Option<Self> {
        let (last, front) = self.0.split_last()?;
        let secret = Self(front.to_vec()).child(last.strip_suffix("_file")?);
        (secret.kind() == Some(Kind::Secret)).then_some(secret)
    }

    /// Is it a section that keys stand in?
    pub fn is_section(&self) -> bool {
        KEYS.iter().any(|(pattern, _)| {
            let parts: Vec<&str> = pattern.split('.').collect();
            parts.len() > self.0.len() && matches(&parts[..self.0.len()], &self.0)
        })
    }

    /// The known key that looks most like it.
    pub fn nearest(&self) -> String {
        self.nearest_of(KEYS.iter().map(|(pattern, _)| pattern.split('.').collect()))
    }

    /// The known section that looks most like it.
    pub fn nearest_section(&self) -> String {
        let sections = |(pattern, _): &(&'static str, Kind)| {
            let parts: Vec<&str> = pattern.split('.').collect();
            (1..parts.len()).map(move |count| parts[..count].to_vec()).filter(|parts| parts.last() != Some(&"*"))
        };
        self.nearest_of(KEYS.iter().flat_map(sections))
    }

    fn nearest_of(&self, patterns: impl Iterator<Item = Vec<&'static str>>) -> String {
        let ours = self.to_string();
        let candidates = patterns.map(|parts| {
            let fill = |(at, part): (usize, &str)| match (part, self.0.get(at)) {
                ("*", Some(name)) => name.clone(),
                (part, _) => part.to_owned(),
            };
            Self(parts.into_iter().enumerate().map(fill).collect()).to_string()
        });
        candidates.min_by_key(|candidate| distance(&ours, candidate)).unwrap_or_default()
    }

    fn fits(&self, pattern: &str) -> bool {
        let parts: Vec<&str> = pattern.split('.').collect();
        parts.len() == self.0.len() && matches(&parts, &self.0)
    }
}

fn matches(pattern: &[&str], parts: &[String]) -> bool {
    pattern.iter().zip(parts).all(|(known, part)| *known == "*" || known == part)
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, part) in self.0.iter().enumerate() {
            let dot = if at == 0 { "" } else { "." };
            if part.contains('.') {
                write!(f, "{dot}\"{part}\"")?;
            } else {
                write!(f, "{dot}{part}")?;
            }
        }
        Ok(())
    }
}

/// How many letters must be added, removed or changed to turn one word into the other.
fn distance(one: &str, two: &str) -> usize {
    let two: Vec<char> = two.chars().collect();
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in two.iter().enumerate() {
            let change = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[two.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_the_one_that_was_meant() {
        for (written, meant) in [
            (&["gemini", "api_kye"][..], "gemini.api_key"),
            (&["gemini", "timeout"], "gemini.timeout_s"),
            (&["gemni", "model"], "gemini.model"),
            (&["waha", "main", "urll"], "waha.main.url"),
            (&["reply", "modes"], "reply.mode"),
            (&["gemini", "models", "gemini-3.5-flash", "think"], "gemini.models.\"gemini-3.5-flash\".thinking"),
        ] {
            assert_eq!(KeyPath::of(written).nearest(), meant);
        }
    }

    #[test]
    fn a_secret_may_stand_in_a_file() {
        assert_eq!(
            KeyPath::of(&["gemini", "api_key_file"]).secret_of_file(),
            Some(KeyPath::of(&["gemini", "api_key"]))
        );
        assert_eq!(KeyPath::of(&["gemini", "model_file"]).secret_of_file(), None);
    }
}
