//! Placeholders of other programs in a text: `{name}`, `{{1}}`, `[Name]`, `%name%`. Here they are words like all others, and
//! people would get them as they stand.

use super::headings::variable;

/// So many are told of one text.
const TOLD_MAX: usize = 5;
/// A longer one is a remark in brackets.
const CHARS_MAX: usize = 30;
const WORDS_MAX: usize = 3;
/// What they stand between, in other programs.
#[rustfmt::skip]
const MARKS: &[(&str, &str)] = &[
    ("${", "}"), ("*|", "|*"), ("<<", ">>"), ("[[", "]]"), ("%%", "%%"), ("«", "»"), ("{", "}"), ("[", "]"), ("%", "%"), ("<", ">"), ("##", "##"),
];

/// The placeholders of other programs in a text, each once, as they stand there.
#[must_use]
pub fn foreign_placeholders(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let length = match ours(rest) {
            Some((length, is_foreign)) => {
                if is_foreign && !found.contains(&&rest[..length]) {
                    found.push(&rest[..length]);
                }
                length
            }
            None => match MARKS.iter().find_map(|marks| foreign(rest, *marks)) {
                Some(length) => {
                    if !found.contains(&&rest[..length]) {
                        found.push(&rest[..length]);
                    }
                    length
                }
                None => rest.chars().next().map_or(1, char::len_utf8),
            },
        };
        at += length;
    }
    found.truncate(TOLD_MAX);
    found
}

/// What to tell of the texts of a campaign, in words for people.
#[must_use]
pub fn placeholder_warnings<'t>(texts: impl IntoIterator<Item = &'t str>) -> Vec<String> {
    let mut warnings: Vec<String> = Vec::new();
    for found in texts.into_iter().flat_map(foreign_placeholders) {
        let word = variable(found);
        let ours = if word.is_empty() || word.bytes().all(|byte| byte.is_ascii_digit()) {
            "{{ name }}, with the heading of a column".to_owned()
        } else {
            format!("{{{{ {word} }}}}")
        };
        let warning =
            format!("{found} is a placeholder of another program and would go out as it stands: write {ours}");
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    warnings
}

/// Places and blocks of our own templates, by their length. `{{1}}` is one of another program: here it would be the number.
fn ours(rest: &str) -> Option<(usize, bool)> {
    let (begin, end) =
        [("{{", "}}"), ("{%", "%}"), ("{#", "#}")].into_iter().find(|(begin, _)| rest.starts_with(begin))?;
    let length = rest[begin.len()..].find(end)? + begin.len() + end.len();
    let inside = rest[begin.len()..length - end.len()].trim();
    let is_number = begin == "{{" && !inside.is_empty() && inside.bytes().all(|byte| byte.is_ascii_digit());
    Some((length, is_number))
}

fn foreign(rest: &str, (begin, end): (&str, &str)) -> Option<usize> {
    let inside = rest.strip_prefix(begin)?;
    let inside = &inside[..inside.find(end)?];
    let length = begin.len() + inside.len() + end.len();
    // A link is written so, too: [our shop](https://…).
    if begin == "[" && rest[length..].starts_with('(') {
        return None;
    }
    let is_number = begin == "{" && !inside.is_empty() && inside.bytes().all(|byte| byte.is_ascii_digit());
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | ' ' | '\u{900}'..='\u{97f}');
    // "50% off, 20% more" has spaces where a name has none.
    let spaces = !matches!(begin, "%" | "%%" | "<" | "##");
    let is_name = inside.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && inside.chars().all(|c| is_word(c) && (spaces || c != ' '))
        && !inside.ends_with(' ')
        && (2..=CHARS_MAX).contains(&inside.chars().count())
        && inside.split_whitespace().count() <= WORDS_MAX;
    (is_number || is_name).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_of_other_programs_are_known() {
        for (text, expected) in [
            ("Hi {name}, {{ name }}!", &["{name}"][..]),
            ("Hola {{1}}, su pedido {{2}}", &["{{1}}", "{{2}}"]),
            ("Hallo [Name], [First Name] [Name]", &["[Name]", "[First Name]"]),
            ("Hi %name%, 20% off", &["%name%"]),
            (
                "Hi *|FNAME|*, ${first_name} <<Name>> «Nom» <name> {0}",
                &["*|FNAME|*", "${first_name}", "<<Name>>", "«Nom»", "<name>"],
            ),
            ("Привет, {имя}! [Имя]", &["{имя}", "[Имя]"]),
            ("Hi {{ name }}{% if city %} in {{ city|title }}{% endif %}", &[]),
            ("50% off on Monday, 20% on Tuesday; 10%ige", &[]),
            (
                "See [our shop](https://shop.example), I <3 you, 3 < 4 > 2, [1], [x], { }, [a remark that is rather long]",
                &[],
            ),
        ] {
            assert_eq!(foreign_placeholders(text), expected, "{text}");
        }
        let warnings = placeholder_warnings(["Hi {First Name}", "{{1}}", "Hi {First Name}"]);
        assert_eq!(warnings.len(), 2);
        assert!(warnings[0].ends_with("write {{ first_name }}"), "{}", warnings[0]);
        assert!(warnings[1].ends_with("write {{ name }}, with the heading of a column"), "{}", warnings[1]);
    }
}
