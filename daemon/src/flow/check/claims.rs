//! What can be looked up in a text: amounts of money, addresses and phone numbers, however they are written.

/// A claim.
pub(super) struct Found {
    pub(super) what: What,
    pub(super) text: String,
}

/// What it is about.
pub(super) enum What {
    /// In hundredths.
    Amount(u128),
    Email(String),
    Url(String),
    Phone(String),
}

/// Which numbers count as amounts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbers {
    /// Those with a currency: what an answer claims.
    Money,
    /// All: a price list may leave the currency out.
    All,
}

/// Digits of all scripts as ASCII, odd spaces and dashes as plain ones.
pub(super) fn plain(text: &str) -> Vec<char> {
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

pub(super) fn find(text: &[char], numbers: Numbers) -> Vec<Found> {
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
pub(super) fn covers(known: &str, url: &str) -> bool {
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
pub(super) fn holds_digits(text: &[char], digits: &str) -> bool {
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
