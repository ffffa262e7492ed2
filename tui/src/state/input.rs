//! A field that takes text: one line or several. Editing is the text area's; drawing is the view's.

use ratatui_textarea::{CursorMove, Input as Stroke, Key as StrokeKey, TextArea};

use crate::key::{Key, KeyCode};

/// How many lines a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// One: line breaks become spaces.
    One,
    /// As many as one likes.
    Several,
}

/// Text under a cursor.
#[derive(Debug, Clone)]
pub struct Input {
    area: TextArea<'static>,
    lines: Lines,
}

/// The longest text that is taken by a paste: WhatsApp's own limit for a message.
pub const TEXT_MAX: usize = 65_536;

impl Input {
    /// A field with a text in it, the cursor behind it.
    #[must_use]
    pub fn new(lines: Lines, text: &str) -> Self {
        let mut input = Self { area: TextArea::default(), lines };
        input.paste(text);
        input
    }

    /// An empty field.
    #[must_use]
    pub fn empty(lines: Lines) -> Self {
        Self::new(lines, "")
    }

    /// What stands in it.
    #[must_use]
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Is there nothing but white space in it?
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.area.lines().iter().all(|line| line.trim().is_empty())
    }

    /// Is there nothing in it?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// Its lines.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        self.area.lines()
    }

    /// The cursor: line and character in it, from 0.
    #[must_use]
    pub fn cursor(&self) -> (usize, usize) {
        let cursor = self.area.cursor();
        (cursor.0, cursor.1)
    }

    /// Puts another text in its place.
    pub fn set(&mut self, text: &str) {
        *self = Self::new(self.lines, text);
    }

    /// Takes pasted text, without what is no text.
    pub fn paste(&mut self, text: &str) {
        let text: String = text.replace("\r\n", "\n").replace('\r', "\n").chars().take(TEXT_MAX).collect();
        let text = match self.lines {
            Lines::One => text.replace('\n', " "),
            Lines::Several => text,
        };
        let text: String = text.chars().filter(|char| !char.is_control() || matches!(char, '\n' | '\t')).collect();
        self.area.insert_str(text.replace('\t', "    "));
    }

    /// A line break at the cursor.
    pub fn newline(&mut self) {
        if self.lines == Lines::Several {
            self.area.insert_newline();
        }
    }

    /// Takes a key. Returns whether the text or the cursor changed.
    pub fn key(&mut self, key: Key) -> Taken {
        let before = (self.area.cursor(), self.area.lines().len());
        let code = match key.code {
            KeyCode::Char(char) if char.is_control() => return Taken::No,
            KeyCode::Char('a') if key.ctrl => {
                self.area.move_cursor(CursorMove::Head);
                return Taken::Yes;
            }
            KeyCode::Char('u') if key.ctrl => {
                self.area.delete_line_by_head();
                return Taken::Yes;
            }
            // As shells have it: Ctrl-_, which terminals send as Ctrl-7, and Ctrl-/ as well.
            KeyCode::Char('7' | '_' | '/') if key.ctrl => {
                self.area.undo();
                return Taken::Yes;
            }
            KeyCode::Char('y') if key.ctrl => {
                self.area.redo();
                return Taken::Yes;
            }
            // The text area's other Ctrl letters do what nobody expects here (paste from its own clipboard, search).
            KeyCode::Char(char) if key.ctrl && !"ewkhdbfnp".contains(char) => return Taken::No,
            KeyCode::Char(char) => StrokeKey::Char(char),
            KeyCode::Backspace => StrokeKey::Backspace,
            KeyCode::Delete => StrokeKey::Delete,
            KeyCode::Up => StrokeKey::Up,
            KeyCode::Down => StrokeKey::Down,
            KeyCode::Left => StrokeKey::Left,
            KeyCode::Right => StrokeKey::Right,
            KeyCode::Home => StrokeKey::Home,
            KeyCode::End => StrokeKey::End,
            _ => return Taken::No,
        };
        let changed = self.area.input(Stroke { key: code, ctrl: key.ctrl, alt: key.alt, shift: key.shift });
        if changed || before != (self.area.cursor(), self.area.lines().len()) { Taken::Yes } else { Taken::No }
    }
}

/// Whether a key did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It did.
    Yes,
    /// It means nothing here.
    No,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_brings_text_and_nothing_else() {
        let mut one = Input::empty(Lines::One);
        one.paste("a\r\nb\x1b[31m\tc");
        assert_eq!(one.text(), "a b[31m    c");
        let several = Input::new(Lines::Several, "a\r\nb");
        assert_eq!(several.lines(), ["a", "b"]);
        assert_eq!(several.cursor(), (1, 1));
    }
}
