//! The words in a sort of message that nobody here knows: whatever stands in it under a name by which WhatsApp calls text.

use serde_json::value::RawValue;

use super::object::Object;

/// WhatsApp nests about six levels.
const DEPTH_MAX: u8 = 10;
/// So many values are looked at.
const VALUES_MAX: usize = 600;
/// So many characters are kept.
const CHARS_MAX: usize = 4_000;

/// Names of what somebody says, in small letters without underscores. Names that end in `text` count as well.
const SPEECH: &[&str] =
    &["text", "body", "conversation", "caption", "message", "content", "comment", "note", "question"];
/// Names of what something is called.
const LABELS: &[&str] = &["title", "subtitle", "description", "header", "footer", "label", "summary"];
/// Names that end in `text` and are none: bytes, and the address that a preview of a page belongs to.
const NO_TEXT: &[&str] = &["ciphertext", "matchedtext", "plaintext"];
/// What is about a message and not in it: what it answers, the page that it links to.
const ABOUT: &[&str] = &["contextinfo", "quoted", "thumbnail", "linkpreview", "externaladreply"];

/// What was found, in the order of the message.
#[derive(Debug)]
pub(super) struct NestedText {
    words: Vec<String>,
    /// Is some of it what somebody says, not only what something is called?
    pub(super) is_speech: bool,
    values_left: usize,
    chars_left: usize,
}

impl NestedText {
    /// Looks through an object.
    pub(super) fn of(part: &Object<'_>) -> Self {
        let mut found = Self::nothing();
        found.look_through(part, 0);
        found
    }

    /// Looks at a field that is no object.
    pub(super) fn of_field(name: &str, value: &RawValue) -> Self {
        let mut found = Self::nothing();
        found.look_at(name, value, 0);
        found
    }

    fn nothing() -> Self {
        Self { words: Vec::new(), is_speech: false, values_left: VALUES_MAX, chars_left: CHARS_MAX }
    }

    /// All words, with this between them.
    pub(super) fn joined(&self, between: &str) -> Option<String> {
        (!self.words.is_empty()).then(|| self.words.join(between))
    }

    fn look_through(&mut self, part: &Object<'_>, depth: u8) {
        for (name, value) in part.fields() {
            self.look_at(name, value, depth);
        }
    }

    fn look_at(&mut self, name: &str, value: &RawValue, depth: u8) {
        // Numbers may be the bytes of a picture, thousands of them.
        if !value.get().starts_with(['"', '{', '[']) {
            return;
        }
        let Some(left) = self.values_left.checked_sub(1) else { return };
        self.values_left = left;
        let small = name.replace('_', "").to_ascii_lowercase();
        if ABOUT.iter().any(|about| small.contains(about)) {
            return;
        }
        match value.get().as_bytes().first() {
            Some(b'"') => self.take(&small, value, depth),
            Some(b'{') if depth < DEPTH_MAX => {
                if let Some(inner) = Object::of(value) {
                    self.look_through(&inner, depth + 1);
                }
            }
            Some(b'[') if depth < DEPTH_MAX => {
                for item in Object::items(value) {
                    self.look_at(name, item, depth + 1);
                }
            }
            _ => {}
        }
    }

    fn take(&mut self, small: &str, value: &RawValue, depth: u8) {
        let Some(text) = Object::text(value) else { return };
        // Parameters of buttons and forms are JSON in a text.
        if small.ends_with("json") {
            if let Ok(inner) = serde_json::from_str::<&RawValue>(&text)
                && let Some(inner) = Object::of(inner)
                && depth < DEPTH_MAX
            {
                self.look_through(&inner, depth + 1);
            }
            return;
        }
        let ends_in_text = small.ends_with("text") && !NO_TEXT.contains(&small);
        let is_speech = SPEECH.contains(&small) || ends_in_text;
        // Further down, a name is that of a person, a button or a template.
        let is_label = LABELS.contains(&small) || (small == "name" && depth == 0 && !is_identifier(&text));
        if !(is_speech || is_label) || is_code(&text) || self.words.contains(&text) {
            return;
        }
        let kept: String = text.chars().take(self.chars_left).collect();
        self.chars_left -= kept.chars().count();
        if !kept.trim().is_empty() {
            self.words.push(kept);
            self.is_speech |= is_speech;
        }
    }
}

fn is_identifier(text: &str) -> bool {
    text.contains('_') && !text.contains(' ')
}

/// No words are that long without a space: it is a small picture, as WEBJS puts it into the body of a place.
const THUMBNAIL_CHARS_MIN: usize = 200;
/// The shortest hash, with letters and digits mixed.
const HASH_CHARS_MIN: usize = 32;

fn is_base64(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_'))
}

/// Is it a picture in base64, where words should be?
pub(super) fn is_thumbnail(body: &str) -> bool {
    body.starts_with("/9j/") || (body.len() >= THUMBNAIL_CHARS_MIN && is_base64(body))
}

/// Is it a picture, a key or a hash, where words should be?
fn is_code(text: &str) -> bool {
    let mixed = || text.bytes().any(|b| b.is_ascii_digit()) && text.bytes().any(|b| b.is_ascii_alphabetic());
    is_thumbnail(text) || (text.len() >= HASH_CHARS_MIN && is_base64(text) && mixed())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn found(message: &Value) -> (Option<String>, bool) {
        let text = message.to_string();
        let raw: &RawValue = serde_json::from_str(&text).unwrap();
        let nested = NestedText::of(&Object::of(raw).unwrap());
        (nested.joined("|"), nested.is_speech)
    }

    #[test]
    fn the_words_of_a_message_are_found_in_their_order_wherever_they_stand() {
        for (message, words, is_speech) in [
            (json!({"nested": {"text": "do you deliver?"}}), Some("do you deliver?"), true),
            (json!({"a": {"b": [{"message_text": "one"}, {"messageText": "two"}]}}), Some("one|two"), true),
            (json!({"Body": {"Text": "in capitals"}}), Some("in capitals"), true),
            (json!({"buttons": [{"paramsJSON": "{\"display_text\":\"Yes\",\"id\":\"b1\"}"}]}), Some("Yes"), true),
            (json!({"title": "Look", "x": {"title": "there"}}), Some("Look|there"), false),
            (json!({"text": "twice", "caption": "twice"}), Some("twice"), true),
            (json!({"name": "A thing", "sender": {"name": "Ana"}}), Some("A thing"), false),
            (json!({"name": "galaxy_message", "text": "  "}), None, false),
            (
                json!({"text": "reply", "contextInfo": {"quotedMessage": {"conversation": "asked"}}}),
                Some("reply"),
                true,
            ),
            (json!({"quotedMsg": {"body": "asked"}, "id": "3EB0", "url": "https://a.example"}), None, false),
            (json!({"text": "d41d8cd98f00b204e9800998ecf8427e", "body": "/9j/4AAQ"}), None, false),
            (json!({"cipherText": "words", "jpegThumbnail": {"text": "x"}, "flag": true, "n": 3}), None, false),
            (json!({"text": 42}), None, false),
        ] {
            assert_eq!(found(&message), (words.map(str::to_owned), is_speech), "{message}");
        }
    }

    #[test]
    fn whatever_stands_there_the_search_ends() {
        let deep = "{\"x\":".repeat(100) + "{\"text\":\"deep\"}" + &"}".repeat(100);
        let raw: &RawValue = serde_json::from_str(&deep).unwrap();
        assert_eq!(NestedText::of(&Object::of(raw).unwrap()).joined("|"), None);
        let wide = json!({"items": vec![json!({"x": 1}); 5_000], "bytes": vec![255; 5_000], "text": "behind them"});
        assert_eq!(found(&wide).0, None);
        let long = json!({"parts": (0..50).map(|n| json!({"text": format!("{n} {}", "word ".repeat(100))})).collect::<Vec<_>>()});
        assert!(found(&long).0.unwrap().chars().count() < CHARS_MAX + 50);
    }
}
