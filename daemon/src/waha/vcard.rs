//! Visiting cards, as phones of twenty years write them: folded lines, and names in quoted-printable.

/// Name, numbers and mail addresses of a card.
pub(super) fn card_words(vcard: &str, display_name: Option<String>) -> Option<String> {
    let (mut name, mut last_and_first, mut others) = (display_name, None, Vec::<String>::new());
    for line in whole_lines(vcard) {
        let Some((head, value)) = line.split_once(':') else { continue };
        let value = decoded(head, value);
        let mut heads = head.split(';');
        let property = heads.next().unwrap_or_default();
        let property = property.rsplit('.').next().unwrap_or_default().trim().to_ascii_uppercase();
        match property.as_str() {
            "FN" if !plain(&value).is_empty() => name = Some(plain(&value)),
            "N" => {
                let mut parts = fields(&value).into_iter();
                let (last, first) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
                last_and_first = Some(format!("{first} {last}").trim().to_owned());
            }
            "TEL" => {
                let digits = heads.find_map(|head| head.strip_prefix("waid=")).map(|digits| format!("+{digits}"));
                let number = plain(&value).trim_start_matches("tel:").to_owned();
                others.push(if number.is_empty() { digits.unwrap_or_default() } else { number });
            }
            "EMAIL" => others.push(plain(&value)),
            "ORG" => {
                let units = fields(&value).into_iter().filter(|unit| !unit.is_empty());
                others.push(units.collect::<Vec<_>>().join(" "));
            }
            _ => {}
        }
    }
    others.retain(|other| !other.is_empty());
    let name = name.or(last_and_first).filter(|name| !name.is_empty());
    let words: Vec<String> =
        [name, Some(others.join(", "))].into_iter().flatten().filter(|words| !words.is_empty()).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// The lines of a card, each with what was folded: the next one begins with a space, or this one ends with the `=` of a
/// soft line break.
fn whole_lines(vcard: &str) -> Vec<String> {
    let mut whole: Vec<String> = Vec::new();
    for line in vcard.replace("\r\n", "\n").replace('\r', "\n").lines() {
        let folded = line.strip_prefix([' ', '\t']);
        match whole.last_mut() {
            Some(before) if before.ends_with('=') && is_quoted_printable(before) => {
                before.pop();
                before.push_str(folded.unwrap_or(line));
            }
            Some(before) if folded.is_some() => before.push_str(folded.unwrap_or_default()),
            _ => whole.push(line.to_owned()),
        }
    }
    whole
}

fn is_quoted_printable(line: &str) -> bool {
    let head = line.split(':').next().unwrap_or_default();
    head.to_ascii_uppercase().contains("QUOTED-PRINTABLE")
}

/// A value with `=C3=BC` read, in the character set that the property names.
fn decoded(head: &str, value: &str) -> String {
    if !is_quoted_printable(head) {
        return value.to_owned();
    }
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = (*first == b'=').then(|| value_of_hex(after)).flatten();
        match hex {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    // Old phones write Latin-1 and do not say so.
    String::from_utf8(bytes).unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
}

fn value_of_hex(text: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(text.get(..2)?).ok()?;
    if digits.bytes().all(|digit| digit.is_ascii_hexdigit()) { u8::from_str_radix(digits, 16).ok() } else { None }
}

/// The parts of a value between semicolons that are not escaped.
fn fields(value: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        let Some(field) = fields.last_mut() else { break };
        match c {
            '\\' => field.extend([c].into_iter().chain(chars.next())),
            ';' => fields.push(String::new()),
            c => field.push(c),
        }
    }
    fields.iter().map(|field| plain(field)).collect()
}

/// A value without its escapes, on one line.
fn plain(value: &str) -> String {
    let value = value.replace("\\n", " ").replace("\\N", " ").replace('\\', "");
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_of_every_age_tell_name_and_numbers() {
        for (card, words) in [
            (
                "BEGIN:VCARD\nN:Example;Otto;;;\nFN:Otto Example\nTEL;waid=49151:+49 151\nEND:VCARD",
                "Otto Example +49 151",
            ),
            ("BEGIN:VCARD\r\nN:Example;Otto\r\nTEL:+49 151\r\nEND:VCARD", "Otto Example +49 151"),
            ("N;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:M=C3=BCller;J=C3=B6rg;;;\nTEL;CELL:0151", "Jörg Müller 0151"),
            ("FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D0=90=D0=\n=BD=D0=BD=D0=B0\nTEL:1", "Анна 1"),
            ("FN;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:=E3=81=82=\r\n =E3=81=84\r\nTEL:1", "あい 1"),
            ("FN;quoted-printable:J=F6rg\nTEL:1", "Jörg 1"),
            ("FN;ENCODING=QUOTED-PRINTABLE:a=3Db = c=\n\nTEL:1", "a=b = c 1"),
            ("FN:Otto Maximi\n lian Example\nTEL:1", "Otto Maximilian Example 1"),
            ("FN:Otto\n\tExample\nTEL:1", "OttoExample 1"),
            ("FN:1+1=\nTEL:1", "1+1= 1"),
            (
                "N:O\\;Neil;Ann\\, Mary\nORG:Bakery;Quay\\nStreet\nitem1.EMAIL:a@b.example",
                "Ann, Mary O;Neil Bakery Quay Street, a@b.example",
            ),
            ("TEL;waid=4915100000099:", "+4915100000099"),
        ] {
            assert_eq!(card_words(card, None).as_deref(), Some(words), "{card}");
        }
        assert_eq!(card_words("BEGIN:VCARD", None), None);
        assert_eq!(card_words("TEL:1", Some("Otto".into())).as_deref(), Some("Otto 1"));
    }
}
