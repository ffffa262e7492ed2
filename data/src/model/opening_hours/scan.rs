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
    /// A mark: `-`, `:`, `.`, `,`, `/`, `;`, or one that nobody here knows.
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
    for c in with_minutes(text).replace("...", "-").replace("..", "-").chars().flat_map(folded) {
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
            if says_nothing(c) || (c == '.' && !behind_number) {
                joined = false;
                continue;
            }
            // A mark that is not known is not passed over: `8½`, `❌`.
            Lexeme::Mark(c)
        };
        pieces.push(Piece { lexeme, joined });
        joined = true;
    }
    pieces
}

/// `9⁰⁰` is `9:00`.
fn with_minutes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        let digit = match c {
            '\u{b2}' => '2',
            '\u{b3}' => '3',
            '\u{b9}' => '1',
            '\u{2070}' => '0',
            '\u{2074}'..='\u{2079}' => char::from_digit(u32::from(c) - 0x2070, 10).unwrap_or(c),
            c => {
                plain.push(c);
                continue;
            }
        };
        if !plain.ends_with(|last: char| decimal_digit(last).is_none()) && !ends_with_minutes(&plain) {
            plain.push(':');
        }
        plain.push(digit);
    }
    plain
}

fn ends_with_minutes(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(_, behind)| behind.chars().all(|c| decimal_digit(c).is_some()))
}

/// Spaces, quotation marks and ornaments.
fn says_nothing(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '{' | '}' | '<' | '>' | '"' | '\'' | '`' | '´' | '!' | '¡' | '*' | '_' | '=' | '#' | '@'
                | '«' | '»' | '‹' | '›' | '\u{2018}'..='\u{201f}' | '\u{5f3}' | '\u{5f4}' | '【' | '】' | '「' | '」'
                | '！' | '\u{fe0f}' | '\u{1f550}'..='\u{1f567}' | '⏰' | '⌚' | '🗓' | '📅' | '°' | '।'
        )
}

/// Chinese characters, Japanese syllables, Korean ones and Thai letters: words there have no spaces between them.
pub(super) fn stands_alone(c: char) -> bool {
    matches!(c, '\u{e01}'..='\u{e4e}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}

/// Letters, and the vowel signs of Indian scripts and of Thai.
fn is_part_of_word(c: char) -> bool {
    c.is_alphabetic()
        || matches!(c, '\u{900}'..='\u{963}' | '\u{970}'..='\u{97f}' | '\u{980}'..='\u{9e3}' | '\u{9f0}'..='\u{9f1}' | 'ª')
}

/// A character in small letters, without accents and as one of the marks that mean the same.
fn folded(c: char) -> impl Iterator<Item = char> {
    let small =
        match c {
            _ if without_accent(c).is_some() => without_accent(c).unwrap_or_default(),
            'ă' | 'Ă' | 'ā' | 'Ā' | 'æ' | 'Æ' | 'ạ' | 'ả' | 'ấ' | 'ầ' | 'ẩ' | 'ẫ' | 'ậ' | 'ắ' | 'ằ' | 'ẳ' | 'ẵ'
            | 'ặ' => "a",
            'ď' | 'Ď' | 'đ' | 'Đ' | 'ð' | 'Ð' => "d",
            'ě' | 'Ě' | 'ē' | 'Ē' | 'ė' | 'Ė' | 'ẹ' | 'ẻ' | 'ẽ' | 'ế' | 'ề' | 'ể' | 'ễ' | 'ệ' | 'ə' | 'Ə' => {
                "e"
            }
            'ģ' | 'Ģ' => "g",
            'ī' | 'Ī' | 'į' | 'Į' | 'ỉ' | 'ị' | 'ĩ' => "i",
            'ķ' | 'Ķ' => "k",
            'ľ' | 'Ľ' | 'ļ' | 'Ļ' | 'ĺ' => "l",
            'ň' | 'Ň' | 'ņ' | 'Ņ' => "n",
            'ő' | 'Ő' | 'ọ' | 'ỏ' | 'ố' | 'ồ' | 'ổ' | 'ỗ' | 'ộ' | 'ớ' | 'ờ' | 'ở' | 'ỡ' | 'ợ' | 'ơ' | 'Ơ' => {
                "o"
            }
            'ř' | 'Ř' => "r",
            'ș' | 'Ș' => "s",
            'ť' | 'Ť' | 'ț' | 'Ț' | 'ţ' | 'Ţ' => "t",
            'ů' | 'Ů' | 'ű' | 'Ű' | 'ū' | 'Ū' | 'ų' | 'Ų' | 'ụ' | 'ủ' | 'ũ' | 'ứ' | 'ừ' | 'ử' | 'ữ' | 'ự' | 'ư'
            | 'Ư' => "u",
            'ý' | 'Ý' | 'ỳ' | 'ỷ' | 'ỹ' | 'ỵ' => "y",
            'þ' | 'Þ' => "th",
            'ά' | 'Ά' => "α",
            'έ' | 'Έ' => "ε",
            'ή' | 'Ή' => "η",
            'ί' | 'Ί' | 'ϊ' => "ι",
            'ό' | 'Ό' => "ο",
            'ύ' | 'Ύ' => "υ",
            'ώ' | 'Ώ' => "ω",
            'ς' => "σ",
            'ی' => "ي",
            'ک' => "ك",
            'ہ' => "ه",
            // What nobody sees.
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}' => "",
            '…' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '~' | '\u{301c}' | '\u{ff5e}' | '\u{2192}' => "-",
            '\u{ff1a}' | '\u{2236}' => ":",
            '(' | ')' | '[' | ']' | '（' | '）' | '\u{ff0c}' | '\u{3001}' | '\u{60c}' => ",",
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
