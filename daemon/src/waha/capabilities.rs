//! What a server can do, by version and engine.

/// What a server can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Does it take message ids of our choosing?
    pub ids: Ids,
    /// Can WhatsApp be asked through it how many new chats a number may start?
    pub new_chats: Question,
    /// Can it be asked through it until when a number may write to nobody new?
    pub time_lock: Question,
}

/// Can a server be asked something?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Yes.
    Possible,
    /// No: what it tells by itself, and our own budget, must do.
    Impossible,
}

/// Does a server take message ids of our choosing (`new-message-id`, and `id` in `sendText`)?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ids {
    /// Yes: a doubtful send can be looked up, and repeated with the same id.
    Chosen,
    /// No: the id is known only once the send has been answered.
    Assigned,
}

/// The first version that takes ids.
const IDS_SINCE: [u32; 3] = [2026, 4, 3];
/// The first version that can be asked for the limits of an account (`capping`, `timelock`).
const LIMITS_SINCE: [u32; 3] = [2026, 8, 1];

impl Capabilities {
    /// What this version can do with this engine. Ids: WAHA 2026.4.3 and later, NOWEB and GOWS. Limits: 2026.8.1 and later, new
    /// chats with GOWS only. Nothing is assumed of a version or engine that can't be read.
    #[must_use]
    pub fn of(version: Option<&str>, engine: Option<&str>) -> Self {
        let version = version.and_then(numbers);
        let new = version.is_some_and(|version| version >= IDS_SINCE);
        let able = engine.is_some_and(|engine| matches!(engine, "NOWEB" | "GOWS"));
        let tells = version.is_some_and(|version| version >= LIMITS_SINCE);
        let question = |possible| if possible { Question::Possible } else { Question::Impossible };
        Self {
            ids: if new && able { Ids::Chosen } else { Ids::Assigned },
            new_chats: question(tells && engine == Some("GOWS")),
            time_lock: question(tells && engine.is_some()),
        }
    }
}

/// `2026.4.3`, with or without more behind it, as numbers; absent ones are 0.
fn numbers(version: &str) -> Option<[u32; 3]> {
    let mut numbers = [0; 3];
    for (number, part) in numbers.iter_mut().zip(version.trim().split(['.', '-', '+'])) {
        *number = part.parse().ok()?;
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_by_version_and_engine() {
        use Question::{Impossible, Possible};
        for (version, engine, new_chats, time_lock) in [
            (Some("2026.8.1"), Some("GOWS"), Possible, Possible),
            (Some("2026.8.1"), Some("NOWEB"), Impossible, Possible),
            (Some("2026.7.2"), Some("GOWS"), Impossible, Impossible),
            (Some("2026.8.1"), None, Impossible, Impossible),
            (None, Some("GOWS"), Impossible, Impossible),
        ] {
            let can = Capabilities::of(version, engine);
            assert_eq!((can.new_chats, can.time_lock), (new_chats, time_lock), "{version:?} {engine:?}");
        }
    }

    #[test]
    fn ids_by_version_and_engine() {
        for (version, engine, ids) in [
            (Some("2026.4.1"), Some("NOWEB"), Ids::Assigned),
            (Some("2026.4.3"), Some("NOWEB"), Ids::Chosen),
            (Some("2026.7.1"), Some("GOWS"), Ids::Chosen),
            (Some("2027.1"), Some("NOWEB"), Ids::Chosen),
            (Some("2026.10.0"), Some("NOWEB"), Ids::Chosen),
            (Some("2026.7.1"), Some("WEBJS"), Ids::Assigned),
            (Some("latest"), Some("NOWEB"), Ids::Assigned),
            (None, Some("NOWEB"), Ids::Assigned),
            (Some("2026.7.1"), None, Ids::Assigned),
        ] {
            assert_eq!(Capabilities::of(version, engine).ids, ids, "{version:?} {engine:?}");
        }
    }
}
