//! Reads phone numbers as they stand in lists. What a spreadsheet did to one is mended by rule, where the rule can't be
//! wrong; otherwise the row says why not. How a country numbers its phones is never rewritten.

use mychatflow_data::digits::with_ascii_digits;
use mychatflow_data::phone::Phone;

use super::country::{Country, Plan, Prefix};

/// How much of a cell a reason repeats.
const SHOWN_CHARS: usize = 40;

/// What was wrong with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mended {
    /// `4.915111111111E+12`, with every digit there.
    Exponent,
    /// `4915111111111.0`
    Decimals,
    /// `'0151…`, `="0151…"`, `tel:+49…`: the marks of another program.
    Marks,
    /// `mobil: 0151 …`, `0151 … (privat)`, `0151 …*`: words beside it.
    Words,
    /// `4915111111111` without its `+`.
    LostPlus,
    /// `15111111111` without its `0`.
    LostZero,
    /// `+49 (0)151 …`, with a zero that is only dialled at home.
    HomeZero,
}

/// A phone number of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// The number.
    pub phone: Phone,
    /// What was wrong with it first of all; `None` when it stood there as people write numbers.
    pub mended: Option<Mended>,
}

/// Reads a phone number of a list. Without a country code it is one of `home`.
///
/// # Errors
/// Why it is none, in words for people.
pub fn number(cell: &str, home: Option<Country>) -> Result<Number, String> {
    let cell = with_ascii_digits(cell);
    let text = cell.trim_matches(|c: char| c.is_whitespace() || is_invisible(c));
    if text.is_empty() {
        return Err("no phone number".to_owned());
    }
    let mut mended = None;
    let bare = without_marks(text);
    let mut note = |what: Mended| {
        mended.get_or_insert(what);
    };
    if bare.len() != text.len() {
        note(Mended::Marks);
    }
    if has_extension(bare) {
        return Err(format!("an extension of a switchboard has no WhatsApp: {}", shown(text)));
    }
    if is_date(bare) {
        return Err(format!("a date, and not a phone number: {}", shown(text)));
    }
    let written = match exponent(bare) {
        Some(Exponent::Whole(digits)) => {
            note(Mended::Exponent);
            digits
        }
        Some(Exponent::Cut) => {
            return Err(format!(
                "a spreadsheet has cut digits off: {}; format the column as text and export it again",
                shown(text)
            ));
        }
        None => match decimals(bare) {
            Some(digits) => {
                note(Mended::Decimals);
                digits.to_owned()
            }
            None => {
                let alone = without_words(bare);
                if alone.len() != bare.len() {
                    note(Mended::Words);
                }
                alone.to_owned()
            }
        },
    };
    if has_two(&written) {
        return Err(format!("two numbers in one cell: {}; keep one of them", shown(text)));
    }
    let Some(Written { origin, digits }) = digits_of(&written) else {
        return Err(format!("not a phone number: {}", shown(text)));
    };
    let (full, found) = match origin {
        Origin::International => without_home_zero(&digits),
        Origin::Unsaid => match (digits.strip_prefix("00"), home) {
            (Some(rest), _) => without_home_zero(rest),
            (None, Some(country)) if country.plan().prefix == Prefix::One && digits.starts_with("011") => {
                without_home_zero(&digits[3..])
            }
            (None, Some(country)) => at_home(&digits, country).ok_or_else(|| {
                let (letters, text) = (country.letters(), shown(text));
                format!("not a phone number of {letters}, and no country code: {text}")
            })?,
            (None, None) => anywhere(&digits)
                .ok_or_else(|| format!("no country code: {}; name a country, such as DE", shown(text)))?,
        },
    };
    if let Some(found) = found {
        note(found);
    }
    match Phone::parse(&full) {
        Ok(phone) => Ok(Number { phone, mended }),
        Err(_) => Err(format!("not a phone number: {}", shown(text))),
    }
}

/// A cell in a sentence.
fn shown(text: &str) -> String {
    let mut chars = text.chars();
    let begins: String = chars.by_ref().take(SHOWN_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if chars.next().is_some() { format!("\"{begins}…\"") } else { format!("\"{begins}\"") }
}

/// Marks that nobody sees: copied from chats and web pages along with the number.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}

/// Takes off what other programs put around a number.
fn without_marks(text: &str) -> &str {
    let mut text = text;
    for prefix in ["=", "'", "\"", "tel:", "Tel:", "p:", "whatsapp:"] {
        text = text.strip_prefix(prefix).unwrap_or(text).trim_start();
    }
    for suffix in ["\"", "'", "@c.us", "@s.whatsapp.net"] {
        text = text.strip_suffix(suffix).unwrap_or(text).trim_end();
    }
    text
}

/// What stands before an extension: behind it the number of a desk, which only a switchboard knows.
#[rustfmt::skip]
const EXTENSIONS: &[&str] = &[
    "ext", "extn", "extension", "x", "#", "durchwahl", "dw", "nebenstelle", "nst", "app", "poste", "int", "interno", "ramal", "anexo", "extensión", "доб", "вн", "dahili", "تحويلة", "转", "內線", "内線", "toestel",
];

/// `+49 30 555000 ext. 12`, `… x34`, `…;ext=5`, `…#7`
fn has_extension(text: &str) -> bool {
    let lower = text.trim_end_matches([')', ' ', '.']).to_lowercase();
    let before = lower.trim_end_matches(|c: char| c.is_ascii_digit());
    if !(1..=6).contains(&(lower.len() - before.len())) {
        return false;
    }
    let before = before.trim_end_matches([' ', '.', ':', '=', '-', '\u{a0}']);
    EXTENSIONS
        .iter()
        .filter_map(|mark| before.strip_suffix(mark))
        .any(|number| number.bytes().filter(u8::is_ascii_digit).count() >= 6 && !number.ends_with(char::is_alphabetic))
}

/// `30.11.2026`, `2026-11-30`
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['.', '-', '/']).collect();
    let is = |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_year = |part: &str| is(part, 4) && (part.starts_with("19") || part.starts_with("20"));
    let is_short = |part: &str| is(part, 1) || is(part, 2);
    match parts[..] {
        [one, two, three] => {
            (is_short(one) && is_short(two) && is_year(three)) || (is_year(one) && is_short(two) && is_short(three))
        }
        _ => false,
    }
}

/// Takes off what people write beside a number: `mobil: 0151 …`, `0151 … (privat)`, `0151 … privat`, `0151 …*`.
fn without_words(text: &str) -> &str {
    let begin = text.find(|c: char| c.is_ascii_digit() || matches!(c, '+' | '(' | '\u{ff0b}')).unwrap_or(0);
    let (before, number) = text.split_at(begin);
    let is_word = |c: char| c.is_alphabetic() || matches!(c, ' ' | '.' | ':' | '(' | ')' | '*' | '-' | '\u{a0}');
    let is_label = before.chars().all(is_word) && before.ends_with([' ', ':', '.', '\u{a0}']);
    let number = if is_label { number } else { text };
    let end = number.rfind(|c: char| c.is_ascii_digit()).map_or(number.len(), |place| place + 1);
    let (alone, after) = number.split_at(end);
    // Letters that are joined to the number are a part of it: 1-800-FLOWERS.
    let is_remark = after.chars().all(is_word) && (after.starts_with([' ', '(', '*', '\u{a0}']) || after == ")");
    if is_remark && after != ")" { alone } else { number }
}

enum Exponent {
    Whole(String),
    Cut,
}

/// `4.915111111111E+12`: whole when every digit of the number is there.
fn exponent(text: &str) -> Option<Exponent> {
    let (mantissa, power) = text.split_once(['e', 'E'])?;
    let power: usize = power.trim_start_matches('+').parse().ok()?;
    let (whole, rest) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 1 || !digits(whole) || !digits(rest) {
        return None;
    }
    Some(if rest.len() == power { Exponent::Whole(format!("{whole}{rest}")) } else { Exponent::Cut })
}

/// `4915111111111.0`: a number that went through a column of decimals.
fn decimals(text: &str) -> Option<&str> {
    let (whole, rest) = text.split_once(['.', ','])?;
    let zeros = (1..=2).contains(&rest.len()) && rest.bytes().all(|byte| byte == b'0');
    let digits = whole.strip_prefix('+').unwrap_or(whole);
    (zeros && digits.len() >= 7 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(whole)
}

/// Do two numbers stand here? What separates them may also stand in one: then one side is short.
fn has_two(text: &str) -> bool {
    let digits = |part: &str| part.bytes().filter(u8::is_ascii_digit).count();
    let parted = |by: &[char]| text.split(by).filter(|part| digits(part) >= 7).count() > 1;
    text.matches('+').count() > 1
        || parted(&[',', ';', '|', '/', '\n', '\r', '&'])
        || text.split(" or ").flat_map(|part| part.split(" und ")).filter(|part| digits(part) >= 7).count() > 1
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// It begins with `+`.
    International,
    Unsaid,
}

struct Written {
    origin: Origin,
    digits: String,
}

/// The digits, when there is nothing else but what people put between them.
fn digits_of(text: &str) -> Option<Written> {
    let (mut origin, mut digits) = (Origin::Unsaid, String::with_capacity(text.len()));
    for c in text.chars() {
        match c {
            '0'..='9' => digits.push(c),
            // As Asian keyboards write them.
            '\u{ff10}'..='\u{ff19}' => digits.push(char::from_digit(u32::from(c) - 0xff10, 10)?),
            '+' | '\u{ff0b}' if digits.is_empty() => origin = Origin::International,
            '-' | '(' | ')' | '[' | ']' | '.' | '/' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{b7}' => {}
            c if c.is_whitespace() || is_invisible(c) => {}
            _ => return None,
        }
    }
    (!digits.is_empty()).then_some(Written { origin, digits })
}

/// A number with its country code, without a zero behind it that is only dialled at home.
fn without_home_zero(digits: &str) -> (String, Option<Mended>) {
    match Plan::of_international(digits) {
        Some((plan, rest)) if plan.prefix == Prefix::Zero && rest.starts_with('0') => {
            (format!("{}{}", plan.code, rest.trim_start_matches('0')), Some(Mended::HomeZero))
        }
        _ => (digits.to_owned(), None),
    }
}

/// A number that says no country, of a list that says one.
fn at_home(digits: &str, country: Country) -> Option<(String, Option<Mended>)> {
    let plan = country.plan();
    let at_home = |national: &str| format!("{}{national}", plan.code);
    if !country.keeps_zero()
        && let Some(national) = plan.prefix.strip(digits)
        && plan.fits(national)
    {
        return Some((at_home(national), None));
    }
    // With its country code it is longer than a number needs to be, so this comes first.
    if let Some(rest) = digits.strip_prefix(plan.code)
        && rest.len() >= 8
        && plan.fits(rest)
    {
        return Some((digits.to_owned(), Some(Mended::LostPlus)));
    }
    if plan.fits(digits) && (country.keeps_zero() || !digits.starts_with('0')) {
        return Some((at_home(digits), (plan.prefix == Prefix::Zero).then_some(Mended::LostZero)));
    }
    anywhere(digits)
}

/// A number that lost its plus: it begins with a country code, and what follows fits that country.
fn anywhere(digits: &str) -> Option<(String, Option<Mended>)> {
    let (plan, rest) = Plan::of_international(digits)?;
    let rest = if plan.prefix == Prefix::Zero { rest.strip_prefix('0').unwrap_or(rest) } else { rest };
    (plan.fits(rest) && digits.len() >= 9).then(|| (format!("{}{rest}", plan.code), Some(Mended::LostPlus)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str, home: &str) -> Result<(String, Option<Mended>), String> {
        number(text, Country::parse(home)).map(|number| (number.phone.digits().to_owned(), number.mended))
    }

    #[test]
    fn numbers_as_people_write_them() {
        for (text, home, digits) in [
            ("+49 151 11111111", "", "4915111111111"),
            ("+49-151/1111.1111", "", "4915111111111"),
            ("(+49) 151 11111111", "", "4915111111111"),
            ("\u{202a}+49\u{a0}151\u{2011}11111111\u{202c}", "", "4915111111111"),
            ("＋４９ 151 11111111", "", "4915111111111"),
            ("0049 151 11111111", "US", "4915111111111"),
            ("011 49 151 11111111", "US", "4915111111111"),
            ("0151 11111111", "de", "4915111111111"),
            ("0151/11111111", "DE", "4915111111111"),
            ("٠١٠٠١٢٣٤٥٦٧", "EG", "201001234567"),
            ("+۹۸ ۹۱۲ ۳۴۵ ۶۷۸۹", "", "989123456789"),
            ("०९८७६५४३२१०", "IN", "919876543210"),
            ("07700 900123", "GB", "447700900123"),
            ("(415) 555-0100", "US", "14155550100"),
            ("1 415 555 0100", "US", "14155550100"),
            ("06 1234 5678", "IT", "390612345678"),
            // Begins as the country code does, and is none.
            ("393 456 7890", "IT", "393934567890"),
            ("98765 43210", "IN", "919876543210"),
            ("91234 56789", "IN", "919123456789"),
            ("8 912 345-67-89", "RU", "79123456789"),
            ("06 20 123 4567", "HU", "36201234567"),
            ("612 345 678", "ES", "34612345678"),
            // The ninth digit of Brazil is neither put in nor taken out.
            ("(11) 98765-4321", "BR", "5511987654321"),
            ("(11) 8765-4321", "BR", "551187654321"),
            ("+55 11 8765-4321", "", "551187654321"),
        ] {
            let expected = Ok((digits.to_owned(), None));
            assert_eq!(read(text, home), expected, "{text} {home}");
        }
    }

    #[test]
    fn what_spreadsheets_do_to_them_is_mended() {
        for (text, home, digits, mended) in [
            ("4.915111111111E+12", "DE", "4915111111111", Mended::Exponent),
            ("4,915111111111e+12", "", "4915111111111", Mended::Exponent),
            ("1.5111111111E10", "DE", "4915111111111", Mended::Exponent),
            ("4915111111111.0", "DE", "4915111111111", Mended::Decimals),
            ("15111111111,00", "DE", "4915111111111", Mended::Decimals),
            ("'+4915111111111", "", "4915111111111", Mended::Marks),
            ("'0151 11111111", "DE", "4915111111111", Mended::Marks),
            ("=\"+4915111111111\"", "", "4915111111111", Mended::Marks),
            ("=\"0151 11111111\"", "DE", "4915111111111", Mended::Marks),
            ("tel:+49-151-11111111", "", "4915111111111", Mended::Marks),
            ("4915111111111@c.us", "", "4915111111111", Mended::Marks),
            ("4915111111111", "DE", "4915111111111", Mended::LostPlus),
            ("4915111111111", "", "4915111111111", Mended::LostPlus),
            ("447700900123", "DE", "447700900123", Mended::LostPlus),
            ("4915111111111", "US", "4915111111111", Mended::LostPlus),
            ("15111111111", "DE", "4915111111111", Mended::LostZero),
            ("7700 900123", "GB", "447700900123", Mended::LostZero),
            ("0151/11111111 (privat)", "DE", "4915111111111", Mended::Words),
            ("mobil: 0151 11111111", "DE", "4915111111111", Mended::Words),
            ("0151 11111111*", "DE", "4915111111111", Mended::Words),
            ("0151 11111111 Ana", "DE", "4915111111111", Mended::Words),
            ("Tel. +49 151 11111111", "", "4915111111111", Mended::Words),
            ("+49 (0)151 11111111", "", "4915111111111", Mended::HomeZero),
            ("+49 0151 11111111", "", "4915111111111", Mended::HomeZero),
            ("0044 (0) 7700 900123", "", "447700900123", Mended::HomeZero),
        ] {
            assert_eq!(read(text, home), Ok((digits.to_owned(), Some(mended))), "{text} {home}");
        }
    }

    #[test]
    fn what_can_not_be_mended_says_why() {
        for (text, home, why) in [
            ("", "DE", "no phone number"),
            (" \u{200b} ", "DE", "no phone number"),
            (
                "4.41E+11",
                "DE",
                "a spreadsheet has cut digits off: \"4.41E+11\"; format the column as text and export it again",
            ),
            (
                "4,91511E+12",
                "DE",
                "a spreadsheet has cut digits off: \"4,91511E+12\"; format the column as text and export it again",
            ),
            (
                "0151 11111111 / 0170 2222222",
                "DE",
                "two numbers in one cell: \"0151 11111111 / 0170 2222222\"; keep one of them",
            ),
            (
                "+4915111111111 +491702222222",
                "",
                "two numbers in one cell: \"+4915111111111 +491702222222\"; keep one of them",
            ),
            ("+49 30 555000 ext. 12", "DE", "an extension of a switchboard has no WhatsApp: \"+49 30 555000 ext. 12\""),
            ("+49 30 555001 x34", "DE", "an extension of a switchboard has no WhatsApp: \"+49 30 555001 x34\""),
            ("+49 30 555002;ext=5", "DE", "an extension of a switchboard has no WhatsApp: \"+49 30 555002;ext=5\""),
            ("+49 30 555003#7", "DE", "an extension of a switchboard has no WhatsApp: \"+49 30 555003#7\""),
            ("030 555003 (DW 7)", "DE", "an extension of a switchboard has no WhatsApp: \"030 555003 (DW 7)\""),
            ("30.11.2026", "DE", "a date, and not a phone number: \"30.11.2026\""),
            ("2026-11-30", "DE", "a date, and not a phone number: \"2026-11-30\""),
            ("1-800-FLOWERS", "US", "not a phone number: \"1-800-FLOWERS\""),
            ("٠١٥١ ١١١١١١١١", "", "no country code: \"0151 11111111\"; name a country, such as DE"),
            ("0151 11111111", "", "no country code: \"0151 11111111\"; name a country, such as DE"),
            ("555 0100", "", "no country code: \"555 0100\"; name a country, such as DE"),
            ("n/a", "DE", "not a phone number: \"n/a\""),
            ("ask Ana", "DE", "not a phone number: \"ask Ana\""),
            ("+12", "DE", "not a phone number: \"+12\""),
            ("12", "DE", "not a phone number of DE, and no country code: \"12\""),
            ("+49 151 11111111 11111111", "DE", "not a phone number: \"+49 151 11111111 11111111\""),
        ] {
            assert_eq!(read(text, home), Err(why.to_owned()), "{text} {home}");
        }
        assert!(read(&"x".repeat(900), "DE").unwrap_err().len() < 100);
    }

    proptest! {
        #[test]
        fn whatever_stands_there_is_a_number_or_has_a_reason(
            text in "[+0-9eE., ()/'\"=\u{a0}\u{ff11}a-c\n-]{0,24}",
            home in proptest::sample::select(vec!["", "DE", "US", "IT", "RU", "HU", "ES", "AQ"]),
        ) {
            match number(&text, Country::parse(home)) {
                Ok(number) => {
                    let digits = number.phone.digits();
                    prop_assert!((7..=15).contains(&digits.len()) && !digits.starts_with('0'), "{}", digits);
                    // What it came to is read as the same again.
                    let again = super::number(&number.phone.to_string(), None).unwrap();
                    prop_assert_eq!(again, Number { mended: None, ..number });
                }
                Err(why) => prop_assert!(!why.is_empty() && why.len() < 240, "{}", why),
            }
        }
    }
}
