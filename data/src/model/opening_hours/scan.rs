//! Takes text apart into words, numbers and marks, without accents and in small letters.

use crate::digits::decimal_digit;
use crate::letters::without_accent;

/// A piece of text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Lexeme {
    /// A word; of a script without spaces a single character.
    Word(String),
    /// Digits.
    Number(String),
    /// A mark that means something: `-`, `:`, `.`, `,`, `/`, `;`.
    Mark(char),
}

/// A piece of text and how it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) lexeme: Lexeme,
    /// Is it joined to the piece before it?
    pub(super) joined: bool,
}

/// Takes text apart.
pub(super) fn lex(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut joined = false;
    for c in text.chars().flat_map(folded) {
        let lexeme = if let Some(digit) = decimal_digit(c) {
            let digit = char::from(b'0' + digit);
            if let (true, Some(Piece { lexeme: Lexeme::Number(number), .. })) = (joined, pieces.last_mut()) {
                number.push(digit);
                continue;
            }
            Lexeme::Number(digit.to_string())
        } else if stands_alone(c) {
            Lexeme::Word(c.to_string())
        } else if is_part_of_word(c) {
            if let (true, Some(Piece { lexeme: Lexeme::Word(word), .. })) = (joined, pieces.last_mut())
                && !word.chars().all(stands_alone)
            {
                word.push(c);
                continue;
            }
            Lexeme::Word(c.to_string())
        } else {
            let behind_number = joined && matches!(pieces.last(), Some(Piece { lexeme: Lexeme::Number(_), .. }));
            match c {
                '-' | ':' | ',' | '/' | '&' | '+' | ';' => Lexeme::Mark(c),
                '.' if behind_number => Lexeme::Mark('.'),
                _ => {
                    joined = false;
                    continue;
                }
            }
        };
        pieces.push(Piece { lexeme, joined });
        joined = true;
    }
    pieces
}

/// Chinese characters, Japanese syllables and Korean ones: words there have no spaces between them.
fn stands_alone(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}

/// Letters, and the vowel signs of Indian scripts.
fn is_part_of_word(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '\u{900}'..='\u{963}' | '\u{970}'..='\u{97f}' | 'ª')
}

/// A character in small letters, without accents and as one of the marks that mean the same.
fn folded(c: char) -> impl Iterator<Item = char> {
    let small = match c {
        _ if without_accent(c).is_some() => without_accent(c).unwrap_or_default(),
        // What nobody sees.
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}' => "",
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '~' | '\u{301c}' | '\u{ff5e}' | '\u{2192}' => "-",
        '\u{ff1a}' | '\u{2236}' => ":",
        '\u{ff0c}' | '\u{3001}' | '\u{60c}' => ",",
        '\u{ff1b}' | '\u{61b}' | '\n' | '\r' | '|' | '•' | '·' | '。' => ";",
        '\u{ff0e}' => ".",
        '\u{ff0f}' => "/",
        _ => return Folded::Letters(c.to_lowercase()),
    };
    Folded::Text(small.chars())
}

enum Folded {
    Text(std::str::Chars<'static>),
    Letters(std::char::ToLowercase),
}

impl Iterator for Folded {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        match self {
            Self::Text(chars) => chars.next(),
            Self::Letters(chars) => chars.next(),
        }
    }
}
