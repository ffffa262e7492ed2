//! Keys as the console knows them, whatever the terminal sent, and how they are written: `j`, `ctrl-k`, `alt-enter`.

use std::fmt;
use std::str::FromStr;

/// A key without its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyCode {
    /// A character; capitals carry their own shift.
    Char(char),
    /// Return.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift and Tab.
    BackTab,
    /// Deletes to the left.
    Backspace,
    /// Deletes to the right.
    Delete,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// To the beginning.
    Home,
    /// To the end.
    End,
    /// A page back.
    PageUp,
    /// A page on.
    PageDown,
    /// A function key.
    F(u8),
}

/// A key with its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Which.
    pub code: KeyCode,
    /// With Ctrl.
    pub ctrl: bool,
    /// With Alt.
    pub alt: bool,
    /// With Shift, where the key does not carry it itself.
    pub shift: bool,
}

const NAMES: [(KeyCode, &str); 15] = [
    (KeyCode::Enter, "enter"),
    (KeyCode::Esc, "esc"),
    (KeyCode::Tab, "tab"),
    (KeyCode::BackTab, "backtab"),
    (KeyCode::Backspace, "backspace"),
    (KeyCode::Delete, "delete"),
    (KeyCode::Up, "up"),
    (KeyCode::Down, "down"),
    (KeyCode::Left, "left"),
    (KeyCode::Right, "right"),
    (KeyCode::Home, "home"),
    (KeyCode::End, "end"),
    (KeyCode::PageUp, "pageup"),
    (KeyCode::PageDown, "pagedown"),
    (KeyCode::Char(' '), "space"),
];

impl Key {
    /// A key alone.
    #[must_use]
    pub const fn new(code: KeyCode) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }

    /// A character alone.
    #[must_use]
    pub const fn char(char: char) -> Self {
        Self::new(KeyCode::Char(char))
    }

    /// The character that this key types, if it types one.
    #[must_use]
    pub const fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(char) if !self.ctrl && !self.alt => Some(char),
            _ => None,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for (held, name) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (self.shift, "shift-")] {
            if held {
                text.push_str(name);
            }
        }
        match (NAMES.iter().find(|(code, _)| *code == self.code), self.code) {
            (Some((_, name)), _) => text.push_str(name),
            (None, KeyCode::Char(char)) => text.push(char),
            (None, KeyCode::F(number)) => text.push_str(&format!("f{number}")),
            (None, _) => {}
        }
        f.pad(&text)
    }
}

/// A text that names no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no key; keys are written like j, ctrl-k, alt-enter, f5, pagedown")]
pub struct NoKey(String);

impl FromStr for Key {
    type Err = NoKey;

    fn from_str(text: &str) -> Result<Self, NoKey> {
        let mut key = Self::char(' ');
        let mut rest = text;
        loop {
            let before = rest;
            for (held, name) in [(&mut key.ctrl, "ctrl-"), (&mut key.alt, "alt-"), (&mut key.shift, "shift-")] {
                if let Some(after) = rest.strip_prefix(name).filter(|after| !after.is_empty()) {
                    *held = true;
                    rest = after;
                }
            }
            if rest == before {
                break;
            }
        }
        let mut chars = rest.chars();
        key.code = match (chars.next(), chars.next(), NAMES.iter().find(|(_, name)| *name == rest)) {
            (_, _, Some((code, _))) => *code,
            (Some(char), None, None) => KeyCode::Char(char),
            (Some('f'), Some(_), None) => {
                let number = rest[1..].parse().ok().filter(|number| (1..=12).contains(number));
                KeyCode::F(number.ok_or_else(|| NoKey(text.to_owned()))?)
            }
            _ => return Err(NoKey(text.to_owned())),
        };
        Ok(key)
    }
}

/// Reads a run of keys: characters stand for themselves, names stand in angle brackets: `jj<enter>hi<alt-enter>`.
///
/// # Errors
/// The name that is no key.
pub fn sequence(text: &str) -> Result<Vec<Key>, NoKey> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|inside| inside.split_once('>'));
        match named {
            Some((name, after)) if !name.is_empty() && !name.contains('<') => {
                keys.push(name.parse()?);
                rest = after;
            }
            _ => {
                keys.push(Key::char(char));
                rest = &rest[char.len_utf8()..];
            }
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        for text in ["j", "K", "ctrl-k", "alt-enter", "shift-up", "f5", "pagedown", "space", "-", "ctrl--", "?", "ä"] {
            let key: Key = text.parse().unwrap();
            assert_eq!(key.to_string(), text);
        }
        for text in ["", "f13", "hyper-x", "entr"] {
            assert!(text.parse::<Key>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_sequence_mixes_characters_and_names() {
        let keys = sequence("j<enter>a<b<ctrl-k>").unwrap();
        let words: Vec<String> = keys.iter().map(ToString::to_string).collect();
        assert_eq!(words.join(" "), "j enter a < b ctrl-k");
    }
}
