//! Looks over an answer before it may go out: what names money, addresses or numbers that nobody gave us is held for a
//! human. Careful on purpose: times, dates and plain counts are never looked at.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::prompt::RULES;

/// Why an answer is held. The text inside is from the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// It repeats our own rules.
    Leak,
    /// It is longer than any answer should be.
    TooLong {
        /// Its length in characters.
        chars: usize,
    },
    /// A sum of money that is neither in the facts nor in the chat.
    Amount(String),
    /// A web address of that kind.
    Url(String),
    /// A phone number, or another long number, of that kind.
    Phone(String),
    /// An e-mail address of that kind.
    Email(String),
}

impl Held {
    /// One word for a reason column: stable, without data.
    pub fn code(&self) -> &'static str {
        match self {
            Held::Leak => "leak",
            Held::TooLong { .. } => "too_long",
            Held::Amount(_) => "amount",
            Held::Url(_) => "url",
            Held::Phone(_) => "phone",
            Held::Email(_) => "email",
        }
    }
}

impl std::fmt::Display for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Held::Leak => write!(f, "it repeats the assistant's own rules"),
            Held::TooLong { chars } => write!(f, "it is {chars} characters long"),
            Held::Amount(amount) => write!(f, "price not in your facts: {amount}"),
            Held::Url(url) => write!(f, "web address not in your facts: {url}"),
            Held::Phone(phone) => write!(f, "number not in your facts: {phone}"),
            Held::Email(email) => write!(f, "e-mail address not in your facts: {email}"),
        }
    }
}

/// The longest answer that may go out unseen, in characters.
pub const REPLY_CHARS_MAX: usize = 4000;

/// Looks an answer over. `known` are all texts it may repeat: the shop's facts, and what customer and shop said.
///
/// # Errors
/// The first reason to hold it.
pub fn check(reply: &str, known: &[&str]) -> Result<(), Held> {
    let chars = reply.chars().count();
    if chars > REPLY_CHARS_MAX {
        return Err(Held::TooLong { chars });
    }
    if leaks(reply) {
        return Err(Held::Leak);
    }
    let reply: Vec<char> = plain(reply);
    let known: Vec<Vec<char>> = known.iter().map(|text| plain(text)).collect();
    let said: Vec<Found> = known.iter().flat_map(|text| find(text, Numbers::All)).collect();
    for found in find(&reply, Numbers::Money) {
        let backed = match &found.what {
            What::Amount(value) => {
                said.iter().any(|other| matches!(&other.what, What::Amount(known) if known == value))
            }
            What::Email(email) => said.iter().any(|other| matches!(&other.what, What::Email(known) if known == email)),
            What::Url(url) => said.iter().any(|other| matches!(&other.what, What::Url(known) if covers(known, url))),
            What::Phone(digits) => known.iter().any(|text| holds_digits(text, digits)),
        };
        if !backed {
            return Err(match found.what {
                What::Amount(_) => Held::Amount(found.text),
                What::Email(_) => Held::Email(found.text),
                What::Url(_) => Held::Url(found.text),
                What::Phone(_) => Held::Phone(found.text),
            });
        }
    }
    Ok(())
}

struct Found {
    what: What,
    text: String,
}

enum What {
    /// In hundredths.
    Amount(u128),
    Email(String),
    Url(String),
    Phone(String),
}

/// Which numbers count as amounts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Numbers {
    /// Those with a currency: what an answer claims.
    Money,
    /// All: a price list may leave the currency out.
    All,
}

const LEAK_WORDS: usize = 8;

/// Whether eight words in a row are those of a rule.
fn leaks(reply: &str) -> bool {
    static OURS: LazyLock<BTreeSet<String>> =
        LazyLock::new(|| RULES.iter().flat_map(|rule| runs_of_words(rule)).collect());
    runs_of_words(reply).iter().any(|run| OURS.contains(run))
}

/// Every run of so many words that a leak shows itself by, in small letters.
fn runs_of_words(text: &str) -> Vec<String> {
    let words: Vec<String> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    words.windows(LEAK_WORDS).map(|run| run.join(" ")).collect()
}

/// Digits of all scripts as ASCII, odd spaces and dashes as plain ones.
fn plain(text: &str) -> Vec<char> {
    const ZEROS: &[char] = &['٠', '۰', '०', '০', '੦', '૦', '௦', '๐', '０'];
    let one = |c: char| {
        let zero =
            ZEROS.iter().find(|zero| (**zero..=char::from_u32(**zero as u32 + 9).unwrap_or(**zero)).contains(&c));
        match (zero, c) {
            (Some(zero), c) => char::from_digit(c as u32 - *zero as u32, 10).unwrap_or(c),
            (None, '\u{a0}' | '\u{202f}' | '\u{2009}' | '\u{2007}') => ' ',
            (None, '‐' | '‑' | '‒' | '–' | '—' | '−') => '-',
            (None, '٫') => '.',
            (None, '٬' | '’') => '\'',
            (None, c) => c,
        }
    };
    // `+49 (0)30` is `+49 30`. Marks of emphasis stand between a number and its currency at times.
    text.replace("(0)", "").chars().filter(|c| !matches!(c, '*' | '~' | '`')).map(one).collect()
}

fn find(text: &[char], numbers: Numbers) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let begins_word = at == 0 || text[at - 1].is_whitespace() || "([{<\"'„“«:,;/=|".contains(text[at - 1]);
        if begins_word && let Some((item, next)) = address(text, at) {
            found.push(item);
            at = next;
            continue;
        }
        let begins_number =
            text[at].is_ascii_digit() || (text[at] == '+' && text.get(at + 1).is_some_and(char::is_ascii_digit));
        let inside_word = at > 0 && (text[at - 1].is_alphanumeric() || text[at - 1] == '_');
        if begins_number && !(inside_word && text[at] == '+') {
            let (mut items, next) = number(text, at, numbers);
            found.append(&mut items);
            at = next;
            continue;
        }
        at += 1;
    }
    if numbers == Numbers::All {
        // Whatever a run of numbers was taken for: each of them may be a price.
        for piece in text.split(|c| !c.is_ascii_digit() && !".,'".contains(*c)) {
            let piece: String = piece.iter().collect();
            let values = value(piece.trim_matches(['.', ',', '\''])).into_iter().flatten();
            found.extend(values.map(|value| Found { what: What::Amount(value), text: String::new() }));
        }
    }
    found
}

/// An e-mail or web address that begins here.
fn address(text: &[char], at: usize) -> Option<(Found, usize)> {
    let stops = |c: &char| c.is_whitespace() || "<>\"()[]{}|„“«»,;".contains(*c);
    let length = text[at..].iter().take_while(|c| !stops(c)).count();
    let word: String = text[at..at + length].iter().collect();
    let word = word.trim_end_matches(['.', '!', '?', ':', '\'', '_', '…', '。', '、', '，']);
    let next = at + word.chars().count();
    let lower = word.to_lowercase();
    let found = |what| Some((Found { what, text: word.to_owned() }, next));
    if let Some((name, host)) = lower.split_once('@')
        && !lower.contains("://")
    {
        let name = name.trim_start_matches("mailto:").trim_start_matches(['_', '\'']);
        return if !name.is_empty() && is_host(host) { found(What::Email(format!("{name}@{host}"))) } else { None };
    }
    let bare = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    let bare = match bare {
        Some(bare) => bare,
        None if lower.starts_with("www.") => &lower,
        None if is_bare_host(&lower) => &lower,
        None => return None,
    };
    let bare = bare.strip_prefix("www.").unwrap_or(bare).trim_end_matches('/');
    if bare.is_empty() { None } else { found(What::Url(bare.to_owned())) }
}

fn is_host(text: &str) -> bool {
    let labels: Vec<&str> = text.split('.').collect();
    let fits = |label: &&str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    labels.len() >= 2
        && labels.iter().all(fits)
        && labels.last().is_some_and(|tld| tld.len() >= 2 && !tld.contains(|c: char| c.is_ascii_digit()))
}

/// Without `https://` or `www.` only endings that no sentence has behind its full stop, or a country's with a path.
fn is_bare_host(text: &str) -> bool {
    const ENDINGS: &[&str] =
        &["com", "net", "org", "io", "shop", "store", "app", "info", "biz", "link", "online", "site"];
    const COUNTRIES: &[&str] = &[
        "ly", "me", "gl", "co", "eu", "tv", "cc", "gg", "to", "de", "at", "ch", "es", "pt", "br", "fr", "it", "nl",
        "be", "uk", "ie", "us", "ca", "mx", "ar", "cl", "pe", "in", "pk", "za", "ng", "ke", "eg", "ae", "sa", "tr",
        "pl", "cz", "ro", "ru", "ua", "se", "no", "dk", "fi", "gr", "hu", "jp", "kr", "cn", "hk", "sg", "my", "id",
        "ph", "th", "vn", "au", "nz", "il",
    ];
    let (host, path) = text.split_once('/').map_or((text, ""), |(host, path)| (host, path));
    let ending = host.rsplit('.').next().unwrap_or_default();
    is_host(host) && (ENDINGS.contains(&ending) || (!path.is_empty() && COUNTRIES.contains(&ending)))
}

/// The page itself, or only the front page of a site of which a page is known.
fn covers(known: &str, url: &str) -> bool {
    known == url || known.split(['/', '?', '#']).next() == Some(url)
}

/// The number that begins here: a phone number, an amount, or nothing of interest.
fn number(text: &[char], at: usize, numbers: Numbers) -> (Vec<Found>, usize) {
    if let Some((phone, next)) = phone(text, at) {
        return (vec![phone], next);
    }
    let start = at + usize::from(text[at] == '+');
    let mut end = start;
    while end < text.len() {
        let c = text[end];
        let digit_follows = text.get(end + 1).is_some_and(char::is_ascii_digit);
        // A space groups thousands only: `1 234`.
        let group = c == ' ' && is_group(&text[end + 1..]) && end - start <= 3;
        let group = group || (c == ' ' && is_group(&text[end + 1..]) && text[start..end].contains(&' '));
        if c.is_ascii_digit() || (matches!(c, '.' | ',' | '\'') && digit_follows) || group {
            end += 1;
        } else {
            break;
        }
    }
    let written: String = text[start..end].iter().collect();
    let Some(values) = value(&written) else {
        return (Vec::new(), end.max(at + 1));
    };
    let money = has_currency(text, at, end);
    if numbers == Numbers::Money && !money {
        return (Vec::new(), end);
    }
    // `1.234` may be a thousand or a one: the facts stand for both readings, an answer for the likely one.
    let taken = if numbers == Numbers::All { values.len() } else { 1 };
    let shown = shown(text, at, end);
    let items = values.into_iter().take(taken).map(|value| Found { what: What::Amount(value), text: shown.clone() });
    (items.collect(), end)
}

fn is_group(text: &[char]) -> bool {
    text.len() >= 3 && text[..3].iter().all(char::is_ascii_digit) && !text.get(3).is_some_and(char::is_ascii_digit)
}

/// The likely value in hundredths first, then other readings.
fn value(written: &str) -> Option<Vec<u128>> {
    let marks: Vec<(usize, char)> = written.char_indices().filter(|(_, c)| !c.is_ascii_digit()).collect();
    let whole = || hundredths(&written.replace(|c: char| !c.is_ascii_digit(), ""), "");
    let Some((last, mark)) = marks.last().copied() else {
        return Some(vec![whole()?]);
    };
    let decimals = &written[last + 1..];
    let digits = written[..last].replace(|c: char| !c.is_ascii_digit(), "");
    let repeated = marks.iter().filter(|(_, other)| *other == mark).count() > 1;
    let decimal = || hundredths(&digits, decimals);
    if repeated || matches!(mark, ' ' | '\'') {
        Some(vec![whole()?])
    } else if decimals.len() == 3 && marks.len() == 1 {
        Some(vec![whole()?, decimal()?])
    } else {
        Some(vec![decimal()?])
    }
}

fn hundredths(digits: &str, decimals: &str) -> Option<u128> {
    let decimals: String = decimals.chars().chain("00".chars()).take(2).collect();
    format!("{digits}{decimals}").parse().ok()
}

const SYMBOLS: &str = "€$£¥₹₺₽₩₪₫₦₴₱฿₡₲₵₸₼₾﷼";
const WORDS: &[&str] = &[
    "eur", "euro", "euros", "usd", "dollar", "dollars", "dólar", "dólares", "gbp", "pound", "pounds", "chf", "franken",
    "brl", "reais", "mxn", "peso", "pesos", "clp", "soles", "inr", "rs", "rupees", "rupee", "zar", "rand", "ngn",
    "naira", "kes", "ksh", "lira", "aed", "dirham", "dirhams", "riyal", "egp", "jpy", "yen", "cny", "rmb", "yuan",
    "krw", "idr", "rp", "thb", "baht", "vnd", "myr", "sgd", "aud", "nzd", "hkd", "pln", "zł", "czk", "kč", "sek",
    "nok", "dkk", "kr", "huf", "ron", "bgn", "uah", "rub", "руб", "cent", "cents", "ct", "r$", "us$", "درهم", "ريال",
    "جنيه",
];
/// Codes that are ordinary words in small letters.
const EXACT: &[&str] = &["TRY", "PEN", "COP", "PHP", "ARS", "SAR", "CAD", "TL", "RM", "FR", "Fr", "Ft"];

/// Whether a currency stands right before or right after, and does not belong to another number.
fn has_currency(text: &[char], start: usize, end: usize) -> bool {
    // `40,- €` and `40.-`
    let dash = matches!(text.get(end), Some(',' | '.')) && text.get(end + 1) == Some(&'-');
    let end = if dash { end + 2 } else { end };
    let after: Vec<char> = text[end..].iter().skip_while(|c| **c == ' ').copied().collect();
    let word_after = currency(after.iter());
    let next = after.get(word_after).copied();
    let spaced = text.get(end) == Some(&' ');
    let follows = word_after > 0 && !(spaced && next.is_some_and(|c| c.is_ascii_digit()));

    let before: Vec<char> = text[..start].iter().rev().skip_while(|c| **c == ' ').copied().collect();
    // `Rs. 500`
    let dot = usize::from(before.first() == Some(&'.') && before.get(1) != Some(&'.'));
    let mut backwards: Vec<char> = before[dot..].iter().take_while(|c| is_currency_char(**c)).copied().collect();
    backwards.reverse();
    let word_before = currency(backwards.iter());
    let whole = word_before > 0 && word_before == backwards.len() && (dot == 0 || backwards.len() <= 3);
    let rest: Option<&char> = before[dot + backwards.len()..].iter().find(|c| **c != ' ');
    let whole = whole || (dot == 0 && backwards == ['R'] && is_rand(text, start, end, &before[1..]));
    let leads = whole && !(start > 0 && text[start - 1] == ' ' && rest.is_some_and(char::is_ascii_digit));
    follows || leads
}

/// Whether the `R` before a number stands for rand: a word of its own and no part of a type, as in `R2D2` or `205/55R16`.
fn is_rand(text: &[char], start: usize, end: usize, before: &[char]) -> bool {
    let own_word = match before {
        // `R99-R150`, but not `X-R150`
        ['-', first, ..] => first.is_ascii_digit(),
        ['-'] => true,
        [c, ..] => !c.is_alphanumeric() && !matches!(c, '_' | '&'),
        [] => true,
    };
    let type_goes_on = text.get(end).is_some_and(|c| c.is_alphabetic() || *c == '-')
        && text.get(end + 1).is_some_and(char::is_ascii_digit);
    own_word && !type_goes_on && text[start].is_ascii_digit()
}

fn is_currency_char(c: char) -> bool {
    c.is_alphabetic() || SYMBOLS.contains(c)
}

/// The length of the currency a text begins with; 0 for none.
fn currency<'a>(text: impl Iterator<Item = &'a char>) -> usize {
    let word: String = text.take_while(|c| is_currency_char(**c)).collect();
    let first_is_symbol = word.chars().next().is_some_and(|c| SYMBOLS.contains(c));
    let known = WORDS.contains(&word.to_lowercase().as_str()) || EXACT.contains(&word.as_str());
    let symbols = word.ends_with(|c| SYMBOLS.contains(c)) && word.chars().count() <= 3;
    match (known || symbols, first_is_symbol) {
        (true, _) => word.chars().count(),
        (false, true) => 1,
        (false, false) => 0,
    }
}

/// The number with what stands around it, for people.
fn shown(text: &[char], start: usize, end: usize) -> String {
    let from = text[..start].iter().rposition(|c| c.is_whitespace()).map_or(0, |at| at + 1);
    let mut to = end;
    if text.get(to) == Some(&' ') {
        let word = text[to + 1..].iter().take_while(|c| c.is_alphabetic() || SYMBOLS.contains(**c)).count();
        to += if word > 0 { word + 1 } else { 0 };
    } else {
        to += text[to..].iter().take_while(|c| c.is_alphabetic() || SYMBOLS.contains(**c)).count();
    }
    text[from.max(start.saturating_sub(5))..to].iter().collect()
}

/// A phone number, or any number as long as one: with `+`, with a leading zero, or of nine digits and more.
fn phone(text: &[char], at: usize) -> Option<(Found, usize)> {
    let mut end = at + usize::from(text[at] == '+');
    let mut last_digit = end;
    while end < text.len() {
        let c = text[end];
        if c.is_ascii_digit() {
            last_digit = end;
        } else if !" -./()".contains(c) || end - last_digit >= 3 {
            break;
        }
        end += 1;
    }
    let end = last_digit + 1;
    let written = &text[at..end];
    let digits: String = written.iter().filter(|c| c.is_ascii_digit()).collect();
    let groups: Vec<usize> =
        written.split(|c| !c.is_ascii_digit()).map(<[char]>::len).filter(|length| *length > 0).collect();
    let enough = match written[0] {
        '+' => digits.len() >= 7,
        '0' => digits.len() >= 8,
        _ => digits.len() >= 9,
    };
    let grouped = groups.iter().any(|length| *length >= 3);
    let thousands = groups.len() > 1
        && groups[0] <= 3
        && groups[1..].iter().all(|length| *length == 3)
        && written[0] != '0'
        && written[0] != '+';
    let fits =
        enough && digits.len() <= 20 && grouped && !thousands && !has_date(written) && !has_currency(text, at, end);
    fits.then(|| (Found { what: What::Phone(digits), text: written.iter().collect() }, end))
}

/// `23.11.2026`, `2026-11-23`, `1/2/26`.
fn has_date(written: &[char]) -> bool {
    let text: String = written.iter().collect();
    text.split(' ').any(|word| {
        let parts: Vec<&str> = word.split(['.', '-', '/']).filter(|part| !part.is_empty()).collect();
        let number = |part: &str| part.parse::<u32>().unwrap_or(u32::MAX);
        match parts.as_slice() {
            [a, b, c] => {
                let day_first =
                    number(a) <= 31 && number(b) <= 31 && matches!(c.len(), 2 | 4) && a.len() <= 2 && b.len() <= 2;
                let year_first = a.len() == 4 && number(b) <= 12 && number(c) <= 31;
                day_first || year_first
            }
            _ => false,
        }
    })
}

/// Whether a text has these digits in a row, separators aside; a leading zero or a country's code more or less is the
/// same number.
fn holds_digits(text: &[char], digits: &str) -> bool {
    let mut run = String::new();
    let mut gap = 0;
    let mut runs = Vec::new();
    for c in text {
        if c.is_ascii_digit() {
            run.push(*c);
            gap = 0;
        } else if " -./()+".contains(*c) && gap < 3 && !run.is_empty() {
            gap += 1;
        } else {
            runs.push(std::mem::take(&mut run));
            gap = 0;
        }
    }
    runs.push(run);
    let core = digits.trim_start_matches('0');
    let forms = (0..=COUNTRY_CODE_DIGITS_MAX).filter_map(|code| core.get(code..));
    let forms: Vec<&str> = forms.filter(|form| form.len() >= PHONE_DIGITS_MIN).collect();
    runs.iter().any(|run| run.contains(digits) || forms.iter().any(|form| run.contains(form)))
}

const COUNTRY_CODE_DIGITS_MAX: usize = 3;
const PHONE_DIGITS_MIN: usize = 7;

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: &str = "Lamp, blue: 40 €. Desk 1.299,50 EUR. Rug 75. Bulbs $4.95. Sofa 2,000 USD. Open 8:00-18:00.\n\
        Call +49 151 2345678 or 030/1234567, write to Shop@Corner.example, see https://www.corner.example/menu_1 or wa.me/4915123.\n\
        IBAN DE02 1203 0000 0000 2020 51. Founded 1998. XL 120 130 140.";

    fn held(reply: &str) -> Option<&'static str> {
        check(reply, &[FACTS, "I have 300 euros and order 1234567890"]).err().map(|held| held.code())
    }

    #[test]
    fn what_is_backed_goes_out() {
        for reply in [
            "The blue one is 40 €.",
            "It costs €40.",
            "40,00 EUR",
            "40.00€",
            "40 euros",
            "*40* €",
            "It is 40,- €",
            "٤٠ €",
            "The desk is 1299.50 €",
            "1 299,50 €",
            "€1,299.50",
            "Rugs are 75 €",
            "$ 4.95",
            "2.000 USD",
            "US$2000",
            "With your 300 € you can have it",
            "Order 1234567890 is on its way",
            "0123 is no phone",
            "Call +49 151 2345678",
            "Call 0151 2345678",
            "Call 0049-151-2345678",
            "030 1234567",
            "(030) 1234567",
            "+49 (0)30 1234567",
            "+49 30 1234567",
            "shop@corner.example",
            "Write to SHOP@corner.example.",
            "https://corner.example/menu_1",
            "www.corner.example",
            "See https://corner.example/.",
            "wa.me/4915123",
            "IBAN DE02120300000000202051",
            "We open at 8:00 and close at 18:00, 12.5 hours",
            "On 23.11.2026 or 2026-11-24, 1/2/2026",
            "Mo-Fr 08-12 14-18 08-12 14-18",
            "Two for 3 people, 100% wool, 1,5 m, size 42",
            "Open 24/7 since 1998",
            "mañana.Es posible",
            "Sí.No hay",
            "v1.2.3 e.g. this, etc. and so",
            "try 5 of them",
            "",
            "ok 👍",
            "2026-11-23 14:00 - 2026-11-23 16:00",
            "Tel. soon",
            "10 000 people",
            "40 € 5 days",
            "Buy 2 $4.95 bulbs",
            "EUR 40 3 times",
            "6 ft tall",
            "3 real reasons",
            "XL 130",
            "For 130 €",
            "a.b/c inkl.MwSt/kg",
            "12.000.000 stars",
            "R40 for the lamp",
            "It is R 1 299.50",
            "Route R2D2",
            "R&B 12 hours a day",
            "Ask for MR 5 or the X-R500",
            "A 205/55R16 tyre",
        ] {
            assert_eq!(held(reply), None, "{reply:?}");
        }
    }

    #[test]
    fn what_nobody_said_is_held() {
        for (reply, code) in [
            ("That is 39 €.", "amount"),
            ("€41", "amount"),
            ("only 35,90 EUR", "amount"),
            ("USD 12", "amount"),
            ("R$ 20", "amount"),
            ("40 € plus 6 € delivery", "amount"),
            ("20 dollars", "amount"),
            ("Rs. 500", "amount"),
            ("₹500", "amount"),
            ("£1.5", "amount"),
            ("1,300 €", "amount"),
            ("400 €", "amount"),
            ("4 €", "amount"),
            ("99 Cent", "amount"),
            ("500 TRY", "amount"),
            ("US$ 12", "amount"),
            ("It costs R500 today", "amount"),
            ("R 500", "amount"),
            ("Only R1,500.00!", "amount"),
            ("*R99*", "amount"),
            ("R40-R150", "amount"),
            ("R500k", "amount"),
            ("CHF 12.-", "amount"),
            ("12,- €", "amount"),
            ("instagr.am is fine, t.me/evil is not", "url"),
            ("٣٩ €", "amount"),
            ("https://evil.example/pay", "url"),
            ("http://corner.example/other", "url"),
            ("www.evil.example", "url"),
            ("bit.ly/abc", "url"),
            ("go to evil.com", "url"),
            ("corner.example.evil.com", "url"),
            ("[pay](https://evil.example)", "url"),
            ("Call +49 170 9999999", "phone"),
            ("0170 9999999", "phone"),
            ("+1 (555) 010-9999", "phone"),
            ("IBAN DE99 5003 0000 1111 2222 33", "phone"),
            ("boss@corner.example", "email"),
            ("mailto:a@evil.example", "email"),
        ] {
            assert_eq!(held(reply), Some(code), "{reply:?}");
        }
    }

    #[test]
    fn our_rules_stay_with_us() {
        let leak = format!("Sure! My rules: {}", RULES[0].to_uppercase());
        assert_eq!(held(&leak), Some("leak"));
        assert_eq!(held("I can't share my rules, but I can help with lamps."), None);
        assert_eq!(held(&"long ".repeat(1000)), Some("too_long"));
    }

    #[test]
    fn the_reason_names_the_find() {
        let shown = |reply: &str| check(reply, &[]).map_err(|held| held.to_string());
        assert_eq!(shown("It is 39 € today"), Err("price not in your facts: 39 €".to_owned()));
        assert_eq!(shown("See https://a.example."), Err("web address not in your facts: https://a.example".to_owned()));
    }
}
