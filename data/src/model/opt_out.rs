//! Opt-out by word: is a message one of the words by which people say that they want no more messages, or want them
//! again? Decides nothing: whether such a word counts is up to whoever stores the message.
//!
//! The words stand in `opt_out.toml`, by language.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::phone::Phone;

/// The longest message that is looked at: every word and phrase is shorter.
const CHARS_MAX: usize = 80;
/// The language of those of whom nothing is known.
const DEFAULT: &str = "en";

/// What a word asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// No more messages.
    Stop,
    /// Messages again.
    Start,
}

impl Wish {
    /// The reason that a message which was such a word, and its chat, carry from then on.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::Stop => "opted out",
            Self::Start => "opted in again",
        }
    }
}

/// A message that is such a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// What it asks for.
    pub wish: Wish,
    /// The language it is of; `None` for words that are known everywhere.
    language: Option<&'static str>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Language {
    /// Country codes whose people are told in this language.
    prefixes: Vec<String>,
    #[serde(default)]
    stop_everywhere: Vec<String>,
    #[serde(default)]
    start_everywhere: Vec<String>,
    stop: Vec<String>,
    start: Vec<String>,
    /// What somebody who stopped is told.
    stopped: String,
    /// What somebody who came back is told.
    started: String,
}

static LANGUAGES: LazyLock<BTreeMap<String, Language>> =
    LazyLock::new(|| toml::from_str(include_str!("opt_out.toml")).expect("a test reads the file"));

static WORDS: LazyLock<HashMap<String, Word>> = LazyLock::new(|| {
    let mut words = HashMap::new();
    for (code, found) in LANGUAGES.iter() {
        let language = Some(code.as_str());
        for (list, wish, language) in [
            (&found.stop, Wish::Stop, language),
            (&found.start, Wish::Start, language),
            (&found.stop_everywhere, Wish::Stop, None),
            (&found.start_everywhere, Wish::Start, None),
        ] {
            words.extend(list.iter().map(|word| (fold(word), Word { wish, language })));
        }
    }
    words
});

/// The word that a message is; `None` for every other message, a sentence that contains one too.
#[must_use]
pub fn read(text: &str) -> Option<Word> {
    // Most messages are longer: they are not even looked at.
    if text.chars().nth(CHARS_MAX).is_some() {
        return None;
    }
    let folded = fold(text);
    WORDS.get(&folded).or_else(|| WORDS.get(once(&folded)?)).copied()
}

/// The word that a text repeats, and nothing else: `stop stop stop`.
fn once(text: &str) -> Option<&str> {
    let mut words = text.split(' ');
    let first = words.next()?;
    words.all(|word| word == first).then_some(first)
}

impl Word {
    /// What its writer is told once: in the language that is known of them, else in that of the word, else in that of their
    /// country, else in English.
    #[must_use]
    pub fn confirmation(&self, spoken: Option<&str>, phone: Option<&Phone>) -> &'static str {
        let spoken = spoken.and_then(|spoken| LANGUAGES.get(&primary(spoken)));
        let of_the_word = || LANGUAGES.get(self.language?);
        let of_the_country = || {
            let digits = phone?.to_string();
            let digits = digits.trim_start_matches('+');
            LANGUAGES.values().find(|found| found.prefixes.iter().any(|prefix| digits.starts_with(prefix.as_str())))
        };
        let found = spoken.or_else(of_the_word).or_else(of_the_country).or_else(|| LANGUAGES.get(DEFAULT));
        found.map_or("", |found| match self.wish {
            Wish::Stop => &found.stopped,
            Wish::Start => &found.started,
        })
    }
}

/// The language of those whose number is of this country, where it says so.
pub(crate) fn language_of_country(phone: &Phone) -> Option<&'static str> {
    let digits = phone.digits();
    let speaks = |found: &Language| found.prefixes.iter().any(|prefix| digits.starts_with(prefix.as_str()));
    LANGUAGES.iter().find(|(_, found)| speaks(found)).map(|(code, _)| code.as_str())
}

/// The languages that it knows.
#[cfg(test)]
pub(crate) fn languages() -> impl Iterator<Item = &'static str> {
    LANGUAGES.keys().map(String::as_str)
}

/// The language without its country: `pt-br` is `pt`.
fn primary(language: &str) -> String {
    language.split(['-', '_']).next().unwrap_or("").trim().to_lowercase()
}

/// A message as it is compared: small letters without accents, one space between words, and nothing else.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(wide).flat_map(char::to_lowercase) {
        match c {
            // Accents, points and signs that stand on a letter, and marks inside a word.
            '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}' => {}
            '\'' | '’' | '‘' | '`' | '´' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => {}
            _ if c.is_alphanumeric() => match base(c) {
                Some(letters) => folded.push_str(letters),
                None => folded.push(c),
            },
            _ if folded.is_empty() || folded.ends_with(' ') => {}
            _ => folded.push(' '),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Letters as wide as Chinese ones are the usual ones.
fn wide(c: char) -> Option<char> {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0),
        _ => Some(c),
    }
}

/// The letter without its accent.
const fn base(c: char) -> Option<&'static str> {
    Some(match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ạ' | 'ả' => "a",
        'ç' | 'ć' | 'č' | 'ĉ' | 'ċ' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' | 'ẹ' | 'ẻ' => "e",
        'ğ' | 'ģ' | 'ĝ' => "g",
        'ì'..='ï' | 'ī' | 'į' | 'ı' | 'ị' | 'ỉ' => "i",
        'ł' | 'ľ' | 'ļ' => "l",
        'ñ' | 'ń' | 'ň' | 'ņ' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ő' | 'ọ' | 'ỏ' => "o",
        'ŕ' | 'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ť' | 'ţ' | 'ț' => "t",
        'ù'..='ü' | 'ū' | 'ů' | 'ű' | 'ų' | 'ụ' | 'ủ' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ё' => "е",
        'أ' | 'إ' | 'آ' | 'ٱ' => "ا",
        'ى' => "ي",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_word_and_nothing_else_is_one() {
        for stop in [
            "STOP",
            "stop",
            " Stop. ",
            "stop?",
            "\"STOP\"",
            "«stop»",
            "*STOP*",
            "🛑 stop 🛑🙏",
            "Stóp!!",
            "ＳＴＯＰ",
            "stop\u{200b}",
            "STOP\nSTOP",
            "Stop stop stop",
            "Stop All",
            "No more!",
            "Keine Werbung",
            "KEINE WERBUNG MEHR!",
            "Abmelden 🙄",
            "ARRÊT",
            "arret",
            "désabonner",
            "de\u{301}sabonner",
            "no más",
            "não quero mais",
            "niente pubblicità",
            "uitschrijven",
            "Wypisz mnie",
            "DURDUR",
            "СТОП",
            "Відпишіть мене",
            "إيقاف",
            "ايقاف",
            "توقّف",
            "הָסֵר",
            "बंद करो",
            "berhenti",
            "Acha",
            "退订",
            "配信停止",
            "수신거부",
            "don't contact me",
            "Don’t contact me",
        ] {
            assert_eq!(read(stop).map(|word| word.wish), Some(Wish::Stop), "{stop}");
        }
        for start in ["START", "start!", "Unstop", "Anmelden", "старт", "başlat", "订阅", "ابدأ"] {
            assert_eq!(read(start).map(|word| word.wish), Some(Wish::Start), "{start}");
        }
    }

    #[test]
    fn a_sentence_is_none_and_neither_is_an_answer() {
        for other in [
            "please stop by tomorrow",
            "we must stop this bill",
            "stop by at 8",
            "is there a bus stop?",
            "can't stop eating your bread",
            "no",
            "yes",
            "ja",
            "si",
            "cancel",
            "basta",
            "end",
            "ok",
            "1",
            "",
            "   ",
            "🛑",
            "?!",
            "stopper",
            "nonstop",
            "don't stop",
            "when do you start?",
            "non stop",
            "keine",
            "хватит",
            &"stop ".repeat(40),
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn the_file_says_nothing_twice() {
        let mut seen: HashSet<String> = HashSet::new();
        for (code, language) in LANGUAGES.iter() {
            assert!(!language.stop.is_empty() && !language.start.is_empty(), "{code}");
            for told in [&language.stopped, &language.started] {
                assert!(told.chars().count() < 160 && read(told).is_none(), "{code}: {told}");
            }
            assert!(language.stopped.contains("START") && language.started.contains("STOP"), "{code}");
            assert!(language.prefixes.iter().all(|prefix| prefix.bytes().all(|b| b.is_ascii_digit())), "{code}");
            let lists = [&language.stop, &language.start, &language.stop_everywhere, &language.start_everywhere];
            for word in lists.into_iter().flatten() {
                let folded = fold(word);
                assert!(!folded.is_empty() && folded.chars().count() <= CHARS_MAX, "{code}: {word}");
                assert!(seen.insert(folded), "{code}: {word} is in the file twice");
            }
        }
        assert_eq!(seen.len(), WORDS.len());
        for plain in ["yes", "ja", "oui", "si", "no", "nein"] {
            assert_eq!(read(plain), None, "{plain}");
        }
    }

    #[test]
    fn it_is_confirmed_in_the_language_that_is_known_best() {
        let german = Phone::parse("+4915111111111").unwrap();
        let british = Phone::parse("+447700900123").unwrap();
        for (word, spoken, phone, begins) in [
            ("stop", None, None, "You will get no more"),
            ("stop", None, Some(&british), "You will get no more"),
            ("stop", None, Some(&german), "Sie erhalten keine"),
            ("abmelden", None, Some(&british), "Sie erhalten keine"),
            ("stop", Some("pt-BR"), Some(&german), "Você não"),
            ("stop", Some("tlh"), Some(&german), "Sie erhalten keine"),
            ("start", Some("fr"), None, "Vous recevrez à nouveau"),
        ] {
            let told = read(word).unwrap().confirmation(spoken, phone);
            assert!(told.starts_with(begins), "{word} {spoken:?}: {told}");
        }
    }
}
