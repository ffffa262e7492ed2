//! The text of a campaign: a template, and what one recipient gets of it. What may stand in it and how large it may become
//! is known before it is made (`bounds`); what it has no value for leaves the recipient out.

mod bounds;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::LazyLock;

use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value as Known, filters, tests as is};
use serde_json::{Map, Value};

use self::bounds::{BYTES_MAX, Refusal};
use super::clean::clean;

/// How many steps one text may take.
const FUEL: u64 = 20_000;
/// The longest text: WhatsApp takes more, nobody reads it.
pub const TEXT_CHARS_MAX: usize = 4096;
/// How long a value is taken to be while nobody's values are known, in bytes.
const VALUE_BYTES: u64 = 100;

/// What every text is read with: no functions, no other texts, and only filters and tests that [`bounds`] knows.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(environment);

fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    // `{% if city %}` may ask whether there is a value; writing one that is not there fails.
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(16);
    environment.add_filter("abs", filters::abs);
    environment.add_filter("bool", filters::bool);
    environment.add_filter("capitalize", filters::capitalize);
    environment.add_filter("count", filters::length);
    environment.add_filter("d", filters::default);
    environment.add_filter("default", filters::default);
    environment.add_filter("e", filters::escape);
    environment.add_filter("escape", filters::escape);
    environment.add_filter("first", filters::first);
    environment.add_filter("float", filters::float);
    environment.add_filter("int", filters::int);
    environment.add_filter("join", filters::join);
    environment.add_filter("last", filters::last);
    environment.add_filter("length", filters::length);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("replace", filters::replace);
    environment.add_filter("reverse", filters::reverse);
    environment.add_filter("round", filters::round);
    environment.add_filter("safe", filters::safe);
    environment.add_filter("split", filters::split);
    environment.add_filter("string", filters::string);
    environment.add_filter("title", filters::title);
    environment.add_filter("trim", filters::trim);
    environment.add_filter("upper", filters::upper);
    environment.add_test("defined", is::is_defined);
    environment.add_test("endingwith", is::is_endingwith);
    environment.add_test("eq", is::is_eq);
    environment.add_test("equalto", is::is_eq);
    environment.add_test("even", is::is_even);
    environment.add_test("float", is::is_float);
    environment.add_test("ge", is::is_ge);
    environment.add_test("greaterthan", is::is_gt);
    environment.add_test("gt", is::is_gt);
    environment.add_test("in", is::is_in);
    environment.add_test("int", is::is_integer);
    environment.add_test("integer", is::is_integer);
    environment.add_test("le", is::is_le);
    environment.add_test("lessthan", is::is_lt);
    environment.add_test("lower", is::is_lower);
    environment.add_test("lt", is::is_lt);
    environment.add_test("ne", is::is_ne);
    environment.add_test("none", is::is_none);
    environment.add_test("number", is::is_number);
    environment.add_test("odd", is::is_odd);
    environment.add_test("startingwith", is::is_startingwith);
    environment.add_test("string", is::is_string);
    environment.add_test("undefined", is::is_undefined);
    environment.add_test("upper", is::is_upper);
    environment
}

/// What is written of a text; it takes no more than a text may have.
#[derive(Default)]
struct Page {
    bytes: Vec<u8>,
}

impl io::Write for Page {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        let fits = usize::try_from(BYTES_MAX).is_ok_and(|most| self.bytes.len() + more.len() <= most);
        if !fits {
            return Err(io::Error::other(format!("the text gets longer than {BYTES_MAX} bytes; make it shorter")));
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Why nothing was made of a text.
#[derive(Debug)]
enum Unmade {
    /// It may not be so.
    Refused(Refusal),
    /// It can't be read, or can't be made with these values.
    Failed(Error),
}

impl Unmade {
    fn kind(&self) -> Option<ErrorKind> {
        match self {
            Self::Refused(_) => None,
            Self::Failed(error) => Some(error.kind()),
        }
    }

    /// In words for people.
    fn told(&self) -> String {
        match self {
            Self::Refused(refusal) => format!("the text can't be read in line {}: {}", refusal.line, refusal.what),
            Self::Failed(error) => broken(error),
        }
    }
}

impl From<Error> for Unmade {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Makes a text; the one place where that happens.
fn made(text: &str, values: &BTreeMap<&str, &str>) -> Result<String, Unmade> {
    let size_of = |name: &str| values.get(name).map_or(0, |value| u64::try_from(value.len()).unwrap_or(u64::MAX));
    bounds::admit(text, size_of).map_err(Unmade::Refused)?;
    let template = ENVIRONMENT.template_from_str(text)?;
    let mut page = Page::default();
    template.render_captured_to(Known::from_pairs(values.clone()), &mut page)?;
    String::from_utf8(page.bytes).map_err(|error| Error::new(ErrorKind::WriteFailure, error.to_string()).into())
}

/// Says what is wrong with a template that can give nobody a text.
///
/// # Errors
/// What is wrong, with its line.
pub fn check(text: &str) -> Result<(), String> {
    bounds::admit(text, |_| VALUE_BYTES).map_err(|refusal| Unmade::Refused(refusal).told())?;
    let names = variables(text);
    // Filters and functions are looked up only where they are used.
    match made(text, &names.iter().map(|name| (name.as_str(), name.as_str())).collect()) {
        // With nobody's values in it, it fails for everybody.
        Err(why) if names.is_empty() => Err(why.told()),
        Err(why) => match why.kind() {
            None
            | Some(
                ErrorKind::SyntaxError
                | ErrorKind::UnknownFilter
                | ErrorKind::UnknownTest
                | ErrorKind::UnknownFunction
                | ErrorKind::UnknownMethod
                | ErrorKind::TemplateNotFound
                | ErrorKind::UnknownBlock
                | ErrorKind::WriteFailure
                | ErrorKind::OutOfFuel,
            ) => Err(why.told()),
            Some(_) => Ok(()),
        },
        Ok(_) => Ok(()),
    }
}

/// The same of words that may have no places at all: those may be longer than a text that is made, a list of prices, say.
///
/// # Errors
/// What is wrong, with its line.
pub fn check_if_filled_in(text: &str) -> Result<(), String> {
    if text.contains('{') { check(text) } else { Ok(()) }
}

/// The variables in a text, by name. A text that can't be read has none.
#[must_use]
pub fn variables(text: &str) -> Vec<String> {
    if bounds::admit(text, |_| VALUE_BYTES).is_err() {
        return Vec::new();
    }
    let template = ENVIRONMENT.template_from_str(text);
    let mut names: Vec<String> =
        template.map(|template| template.undeclared_variables(false).into_iter().collect()).unwrap_or_default();
    names.sort_unstable();
    names
}

fn broken(error: &Error) -> String {
    let line = error.line().map(|line| format!(" in line {line}")).unwrap_or_default();
    let cause = std::error::Error::source(error).map(ToString::to_string);
    let what = match error.kind() {
        ErrorKind::OutOfFuel => "it is too much work; leave some of its places out".to_owned(),
        ErrorKind::WriteFailure => cause.unwrap_or_else(|| error.kind().to_string()),
        _ => error.detail().map_or_else(|| error.kind().to_string(), str::to_owned),
    };
    // An error may name a value, and a value may be long.
    let what: String = what.chars().take(REASON_CHARS_MAX).collect();
    format!("the text can't be read{line}: {what}")
}

/// The most that is told of why a text can't be made.
const REASON_CHARS_MAX: usize = 500;

/// What somebody with these values gets. An empty value is none.
///
/// # Errors
/// Why nothing can be made of it, in words for people.
pub fn render(text: &str, values: &Map<String, Value>) -> Result<String, String> {
    let values = known(values);
    let rendered = made(text, &values).map_err(|why| match why.kind() {
        Some(ErrorKind::UndefinedError) => {
            let mut missing = variables(text);
            missing.retain(|name| !values.contains_key(name.as_str()));
            format!("no value for {}", missing.join(", "))
        }
        _ => why.told(),
    })?;
    let rendered = clean(&rendered).trim().to_owned();
    if rendered.is_empty() {
        return Err("the text is empty".to_owned());
    }
    let length = rendered.chars().count();
    if length > TEXT_CHARS_MAX {
        return Err(format!("the text has {length} characters; {TEXT_CHARS_MAX} are allowed"));
    }
    Ok(rendered)
}

/// The values that are there: lists hold words alone, and what is blank is missing.
fn known(values: &Map<String, Value>) -> BTreeMap<&str, &str> {
    let words = values.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
    words.filter(|(_, word)| !word.trim().is_empty()).collect()
}

/// What somebody with these values gets, and what it has no value for. A place without a value stays as it is written; the
/// others are filled in.
#[must_use]
pub fn fill(text: &str, values: &Map<String, Value>) -> (String, Vec<String>) {
    let reason = match render(text, values) {
        Ok(rendered) => return (rendered, Vec::new()),
        Err(reason) => reason,
    };
    // A text that is refused as a whole has no places to look at one by one.
    if bounds::admit(text, |_| VALUE_BYTES).is_ok()
        && let Some(filled) = fill_known(text, values)
    {
        return filled;
    }
    let known = known(values);
    let mut missing = variables(text);
    missing.retain(|name| !known.contains_key(name.as_str()));
    // Something is always named: a text with its places open must not look ready.
    if missing.is_empty() {
        missing.push(reason);
    }
    (text.to_owned(), missing)
}

/// Fills in the places that have a value, and names what the others lack; `None` where it is not single places that lack it.
fn fill_known(text: &str, values: &Map<String, Value>) -> Option<(String, Vec<String>)> {
    let known = known(values);
    let mut missing = BTreeSet::new();
    let (mut kept, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(open) = rest.find("{{") {
        let end = open + rest[open..].find("}}")? + 2;
        let (words, place) = (&rest[..open], &rest[open..end]);
        let lacking: Vec<String> =
            variables(place).into_iter().filter(|name| !known.contains_key(name.as_str())).collect();
        let alone = made(place, &known);
        kept.push_str(words);
        if !lacking.is_empty() && alone.is_err_and(|why| why.kind() == Some(ErrorKind::UndefinedError)) {
            kept.extend(["{% raw %}", place, "{% endraw %}"]);
            missing.extend(lacking);
        } else {
            kept.push_str(place);
        }
        rest = &rest[end..];
    }
    kept.push_str(rest);
    let filled = render(&kept, values).ok()?;
    (!missing.is_empty()).then(|| (filled, missing.into_iter().collect()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn got(text: &str, values: Value) -> Result<String, String> {
        render(text, values.as_object().unwrap())
    }

    #[test]
    fn what_has_no_value_leaves_the_recipient_out() {
        let ana = || json!({"name": "Ana", "city": " ", "points": "7"});
        for (text, expected) in [
            ("Hi {{ name }}", Ok("Hi Ana")),
            ("Hi {{ name|upper }}, {{ points|int + 1 }}", Ok("Hi ANA, 8")),
            ("{% if city %}from {{ city }}{% else %}from somewhere{% endif %}", Ok("from somewhere")),
            ("{{ city|default('here') }}", Ok("here")),
            ("5 < 6 & {{ name }}", Ok("5 < 6 & Ana")),
            ("from {{ city }}", Err("no value for city")),
            ("{{ street }} {{ city }} {{ name }}", Err("no value for city, street")),
            ("{% if city %}x{% endif %}", Err("the text is empty")),
            ("{{ 'x' * 5000 }}", Err("the text has 5000 characters; 4096 are allowed")),
        ] {
            assert_eq!(got(text, ana()).as_deref().map_err(String::as_str), expected, "{text}");
        }
    }

    #[test]
    fn what_is_missing_is_named_and_stays_as_it_is_written() {
        let values = json!({"name": "Ana", "city": " "});
        for (text, expected, missing) in [
            ("Hi {{ name }}", "Hi Ana", vec![]),
            ("{{ name }} from {{ city }}", "Ana from {{ city }}", vec!["city"]),
            (
                "Hi {{ name|upper }}, {{ points|int + 1 }} of {{ points }}{{ city|default('!') }}",
                "Hi ANA, {{ points|int + 1 }} of {{ points }}!",
                vec!["points"],
            ),
            ("{% if name %}{{ name }}: {{ city }}{% endif %}", "Ana: {{ city }}", vec!["city"]),
            (
                "{{ name }}{% for one in city %}{{ one }}{% endfor %}",
                "{{ name }}{% for one in city %}{{ one }}{% endfor %}",
                vec![
                    "the text can't be read in line 1: a text can't have {% for %}; write it with {{ name }}, {% if %} and \
                     {% set %}",
                ],
            ),
            ("8 to 18", "8 to 18", vec![]),
            (
                "{{ name",
                "{{ name",
                vec!["the text can't be read in line 1: unexpected end of input, expected end of variable block"],
            ),
        ] {
            let missing = missing.into_iter().map(str::to_owned).collect();
            assert_eq!(fill(text, values.as_object().unwrap()), (expected.to_owned(), missing));
        }
    }

    #[test]
    fn a_broken_template_is_refused_with_its_line() {
        for (text, line) in [
            ("Hi {{ name }", Some(1)),
            ("Hi\n{% if name %}\nyou", Some(2)),
            ("Hi\n\n{{ name|shout }}", Some(3)),
            ("{{ nothing() }}", Some(1)),
            ("{% include 'passwd' %}", Some(1)),
            ("{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}", Some(1)),
        ] {
            let told = check(text).expect_err(text);
            let line = line.map(|line: u32| format!(" in line {line}:")).unwrap_or_default();
            assert!(told.contains(&line), "{text}: {told}");
        }
        for fine in ["Hi {{ name }}", "no places", "{{ points|int + 1 }}", "{% if city %}{{ city }}{% endif %}!"] {
            assert_eq!(check(fine), Ok(()), "{fine}");
        }
    }

    #[test]
    fn whatever_a_text_is_it_ends_at_once_and_says_what_to_change() {
        let deep = |open: &str, close: &str, levels: usize| format!("{}1{}", open.repeat(levels), close.repeat(levels));
        for (text, told) in [
            ("{{ [[[1]*1000]*1000]*1000 }}", "a list can only stand after in"),
            ("{{ [1] }}", "a list can only stand after in"),
            ("{{ (1, 2) }}", "a list can only stand after in"),
            ("{{ {'a': 1} }}", "a list can only stand after in"),
            ("{{ 1 in [[1]] }}", "a list can only stand after in"),
            ("{{ 'a' * 1000000000 }}", "this can get longer than the 65536 bytes"),
            ("{{ 1000000000 * 'a' }}", "this can get longer than the 65536 bytes"),
            ("{{ name * points|int }}", "* takes numbers: write points|int * 2"),
            ("{{ name * (9 * 9) }}", "* takes numbers: write points|int * 2"),
            ("{{ 9**9**9 }}", "** can't be used in a text"),
            ("{{ 9.9**9999 }}", "** can't be used in a text"),
            (&"{% set x = (x or 'ab') ~ (x or 'ab') %}".repeat(40), "this can get longer than the 65536 bytes"),
            (&format!("{{% set x = 'ab' %}}{}", "{% set x = x ~ x %}".repeat(40)), "longer than the 65536 bytes"),
            (&format!("{{% set x = 'ab' %}}{}", "{% set x = x + x %}".repeat(40)), "longer than the 65536 bytes"),
            (&format!("{{{{ name{} }}}}", "|replace('', 'abcdefgh')".repeat(9)), "longer than the 65536 bytes"),
            (&format!("{{{{ name{} }}}}", "|split('')|join('abcdefgh')".repeat(9)), "longer than the 65536 bytes"),
            (&format!("{{% set x = '{}' %}}{}", "a".repeat(999), "{{ x }}".repeat(99)), "longer than 65536 bytes"),
            ("{{ range(10**9)|list }}", "nothing can be called in a text"),
            ("{{ name.upper() }}", "nothing can be called in a text"),
            ("{{ dict(a=1) }}", "nothing can be called in a text"),
            ("{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}", "can't have {% for %}"),
            ("{% for a in name recursive %}{{ loop(a) }}{% endfor %}", "can't have {% for %}"),
            ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "can't have {% macro %}"),
            ("{% set x %}{{ name }}{% endset %}", "can't have {% endset %}"),
            ("{% set a, b = name %}", "{% set %} gives one name a value"),
            ("{% with x = name %}{{ x }}{% endwith %}", "can't have {% with %}"),
            ("{% filter upper %}a{% endfilter %}", "can't have {% filter %}"),
            ("{% include 'passwd' %}", "can't have {% include %}"),
            ("{% import 'passwd' as p %}", "can't have {% import %}"),
            ("{% extends 'passwd' %}", "can't have {% extends %}"),
            ("{% block a %}{% endblock %}", "can't have {% block %}"),
            ("{% autoescape true %}{% endautoescape %}", "can't have {% autoescape %}"),
            ("{{ '%1000000000d'|format(1) }}", "no filter is called format"),
            ("{{ name|batch(1, 'x') }}", "no filter is called batch"),
            ("{{ name|list }}", "no filter is called list"),
            ("{{ name|center(1000000000) }}", "no filter is called center"),
            ("{{ name|indent(1000000000) }}", "no filter is called indent"),
            ("{{ name|tojson(1000000000) }}", "no filter is called tojson"),
            ("{{ name is sameas(1) }}", "no test is called sameas"),
            (&format!("{{{{ {} }}}}", deep("(", ")", 100_000)), "brackets go 16 deep at most"),
            (&format!("{{{{ {} }}}}", deep("[", "]", 100_000)), "brackets go 16 deep at most"),
            (&format!("{{{{ {} }}}}", deep("{1:", "}", 100_000)), "brackets go 16 deep at most"),
            (&format!("{{{{ {}1 }}}}", "-".repeat(100_000)), "at most 120 words and signs"),
            (&format!("{{{{ {}1 }}}}", "not ".repeat(100_000)), "at most 120 words and signs"),
            (&format!("{{{{ 1{} }}}}", " + 1".repeat(100_000)), "at most 120 words and signs"),
            (&format!("{{{{ a{} }}}}", ".a".repeat(100_000)), "at most 120 words and signs"),
            (&format!("{{{{ a{} }}}}", "|trim".repeat(100_000)), "at most 120 words and signs"),
            (&format!("{{{{ 1{} }}}}", " if 1 else 1".repeat(100_000)), "at most 120 words and signs"),
            (&"{% if a %}".repeat(100_000), "at most 400 places and 100 tags"),
            (
                &format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(100_000)),
                "at most 400 places and 100 tags",
            ),
            (&"{{ a }}".repeat(100_000), "at most 400 places and 100 tags"),
            (&"x".repeat(100_000), "the text can get longer than 65536 bytes"),
        ] {
            let refused = check(text).expect_err(&text.chars().take(80).collect::<String>());
            assert!(refused.contains(told) && refused.chars().count() < 700, "{refused}");
            let values = json!({"name": "Ana", "points": "7"});
            let refused = got(text, values.clone()).unwrap_err();
            assert!(refused.contains(told) && refused.chars().count() < 700, "{refused}");
            let _ = (variables(text), fill(text, values.as_object().unwrap()));
        }
    }

    #[test]
    fn what_texts_need_is_possible() {
        let values = || json!({"name": "Ana Maria", "city": "Bonn", "points": "7", "long": "x".repeat(30_000)});
        for (text, expected) in [
            ("{{ name|split|first }}", "Ana"),
            ("{{ name.split }}{{ name[:3] }}{{ name[0] }}", ""),
            ("{{ name[:3] }}", "Ana"),
            ("{% if city in ['Bonn', 'Mainz'] %}near{% endif %}", "near"),
            ("{% if city not in ('Köln', name) %}{{ 'far'|title }}{% endif %}", "Far"),
            ("{% if city is startingwith('B') and points|int >= 5 %}B{% elif x %}y{% else %}n{% endif %}", "B"),
            ("{{ 'you' if points|int > 5 else 'nobody' }}", "you"),
            ("{{ 'you' if not city }}{{ points|float * 1.5 }}", "10.5"),
            ("{% set first = name|split(' ')|first %}Hi {{ first|upper ~ '!' }}", "Hi ANA!"),
            ("{{ points|int * 2 + 1 }} {{ -3 % 2 }} {{ 7 // 2 }}", "15 1 3"),
            ("{{ '=' * 10 }}", "=========="),
            ("{{ name|replace('Ana', 'Eva')|lower|capitalize }}", "Eva maria"),
            ("{% raw %}{{ name }}{% endraw %}{# a note #}", "{{ name }}"),
            ("{{ long|length }}", "30000"),
            ("{{ (street or city)|default('x', true)|trim|reverse }}", "nnoB"),
        ] {
            if !expected.is_empty() {
                assert_eq!(check(text), Ok(()), "{text}");
                assert_eq!(got(text, values()).as_deref(), Ok(expected), "{text}");
            }
        }
        // Of a value that is too long for a text only what is used counts.
        assert!(got("{{ long }}", values()).unwrap_err().contains("30000 characters"));
    }

    #[test]
    fn nothing_is_written_beyond_the_end_of_the_page() {
        use std::io::Write;
        let mut page = Page::default();
        page.write_all(&[b'x'; 65_536]).unwrap();
        assert!(page.write_all(b"x").is_err());
        assert_eq!(page.bytes.len(), 65_536);
        // As if nobody had counted before.
        let template = ENVIRONMENT.template_from_str("{{ long }}{{ long }}{{ long }}").unwrap();
        let mut page = Page::default();
        let values = BTreeMap::from([("long", "x".repeat(30_000))]);
        let error = template.render_captured_to(Known::from_pairs(values), &mut page).unwrap_err();
        assert_eq!(broken(&error), "the text can't be read: the text gets longer than 65536 bytes; make it shorter");
        assert!(page.bytes.len() <= 65_536);
    }

    #[test]
    fn every_filter_and_test_that_may_be_used_is_there() {
        for filter in bounds::FILTERS {
            let arguments = match *filter {
                "replace" => "('a', 'b')",
                _ => "",
            };
            let value = if matches!(*filter, "abs" | "round" | "bool" | "int" | "float") { "7" } else { "'seven'" };
            assert_eq!(check(&format!("{{{{ {value}|{filter}{arguments} }}}}")), Ok(()), "{filter}");
        }
        for test in bounds::TESTS {
            let alone = [
                "defined",
                "even",
                "float",
                "int",
                "integer",
                "lower",
                "none",
                "number",
                "odd",
                "string",
                "undefined",
                "upper",
            ];
            let arguments = match *test {
                "in" => "(['a'])",
                test if alone.contains(&test) => "",
                _ => "('a')",
            };
            let told = check(&format!("{{{{ name is {test}{arguments} }}}}"));
            assert_eq!(told, Ok(()), "{test}");
        }
    }

    mod any_text {
        use proptest::prelude::*;

        use super::*;

        fn expression() -> impl Strategy<Value = String> {
            let leaf = prop_oneof![
                Just("name".to_owned()),
                Just("city".to_owned()),
                Just("x".to_owned()),
                Just("nobody".to_owned()),
                (0_u32..2_000).prop_map(|number| number.to_string()),
                "[a-zßﬃ<&\u{1f600}]{0,12}".prop_map(|words| format!("'{words}'")),
            ];
            leaf.prop_recursive(6, 40, 3, |inner| {
                let operator = prop::sample::select(vec![
                    "~", "+", "-", "*", "/", "//", "%", "**", "==", "<", "in", "not in", "and", "or",
                ]);
                let filter = prop::sample::select([bounds::FILTERS, &["list", "format", "batch"]].concat());
                prop_oneof![
                    (inner.clone(), operator, inner.clone()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
                    (inner.clone(), filter.clone()).prop_map(|(a, filter)| format!("{a}|{filter}")),
                    (inner.clone(), filter, inner.clone()).prop_map(|(a, filter, b)| format!("{a}|{filter}({b})")),
                    (inner.clone(), inner.clone(), inner.clone())
                        .prop_map(|(a, b, c)| format!("{a}|replace({b}, {c})")),
                    (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} if {b} else {a})")),
                    (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[{a}, {b}]")),
                    (inner.clone(), 0_u8..9).prop_map(|(a, at)| format!("({a})[{at}:]")),
                    (inner.clone(), inner).prop_map(|(a, b)| format!("{a}|split({b})|join({b})")),
                ]
            })
        }

        fn text() -> impl Strategy<Value = String> {
            let piece = prop_oneof![
                "[a-z \n{}%]{0,9}",
                expression().prop_map(|expression| format!("{{{{ {expression} }}}}")),
                expression().prop_map(|expression| format!("{{% set x = {expression} %}}")),
                Just("{% set x = x ~ x %}".to_owned()),
                (expression(), expression()).prop_map(|(a, b)| format!(
                    "{{% if {a} %}}{{{{ {b} }}}}{{% else %}}{{% set x = {a} %}}{{% endif %}}"
                )),
                expression().prop_map(|a| format!("{{% for a in {a} %}}{{{{ a }}}}{{% endfor %}}")),
            ];
            prop::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
        }

        proptest! {
            #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

            #[test]
            fn is_bounded_before_it_is_made(text in text(), name in "[a-zß\"]{0,300}") {
                let values = BTreeMap::from([("name", name.as_str()), ("city", "Bonn\u{0}")]);
                let size_of = |name: &str| values.get(name).map_or(0, |value| u64::try_from(value.len()).unwrap_or(u64::MAX));
                if let Ok(bound) = bounds::admit(&text, size_of) {
                    let Ok(template) = ENVIRONMENT.template_from_str(&text) else { return Ok(()) };
                    let mut written = Vec::new();
                    let captured = template.render_captured_to(Known::from_pairs(values.clone()), &mut written);
                    if let Ok(captured) = captured {
                        let (used, _) = captured.state().fuel_levels().unwrap();
                        prop_assert!(used <= FUEL);
                    }
                    prop_assert!(u64::try_from(written.len()).unwrap() <= bound, "{} > {bound}", written.len());
                    prop_assert!(bound <= BYTES_MAX);
                }
                if let Ok(made) = made(&text, &values) {
                    prop_assert!(u64::try_from(made.len()).unwrap() <= BYTES_MAX);
                }
                let _ = check(&text);
            }
        }
    }
}
