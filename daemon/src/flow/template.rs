//! The text of a campaign: a template, and what one recipient gets of it. A template can't run for long, and what it
//! has no value for leaves the recipient out.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value as Known};
use serde_json::{Map, Value};

use super::clean::clean;

/// How many steps one text may take.
const FUEL: u64 = 20_000;
/// The longest text: WhatsApp takes more, nobody reads it.
pub const TEXT_CHARS_MAX: usize = 4096;

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    // `{% if city %}` may ask whether there is a value; writing one that is not there fails.
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(16);
    environment
}

/// Says what is wrong with a template that can give nobody a text.
///
/// # Errors
/// What is wrong, with its line.
pub fn check(text: &str) -> Result<(), String> {
    let environment = environment();
    let template = environment.template_from_str(text).map_err(|error| broken(&error))?;
    // Filters and functions are looked up only where they are used.
    let names = template.undeclared_variables(false).into_iter().map(|name| (name.clone(), name));
    match template.render(Known::from_pairs(names)) {
        // A function that is not there is a value like every other, until it is called.
        Err(error) if error.detail().is_some_and(|told| told.contains("not callable")) => Err(broken(&error)),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::UnknownFilter
                    | ErrorKind::UnknownTest
                    | ErrorKind::UnknownFunction
                    | ErrorKind::UnknownMethod
                    | ErrorKind::TemplateNotFound
                    | ErrorKind::UnknownBlock
                    | ErrorKind::OutOfFuel
            ) =>
        {
            Err(broken(&error))
        }
        _ => Ok(()),
    }
}

/// The variables in a text, by name. A text that can't be read has none.
#[must_use]
pub fn variables(text: &str) -> Vec<String> {
    let environment = environment();
    let template = environment.template_from_str(text);
    let mut names: Vec<String> =
        template.map(|template| template.undeclared_variables(false).into_iter().collect()).unwrap_or_default();
    names.sort_unstable();
    names
}

fn broken(error: &minijinja::Error) -> String {
    let line = error.line().map(|line| format!(" in line {line}")).unwrap_or_default();
    let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    format!("the text can't be read{line}: {what}")
}

/// What somebody with these values gets. An empty value is none.
///
/// # Errors
/// Why nothing can be made of it, in words for people.
pub fn render(text: &str, values: &Map<String, Value>) -> Result<String, String> {
    let environment = environment();
    let template = environment.template_from_str(text).map_err(|error| broken(&error))?;
    let values = known(values);
    let rendered = template.render(Known::from_pairs(values.clone())).map_err(|error| match error.kind() {
        ErrorKind::UndefinedError => {
            let mut missing: Vec<String> = template.undeclared_variables(false).into_iter().collect();
            missing.retain(|name| !values.contains_key(name.as_str()));
            missing.sort_unstable();
            format!("no value for {}", missing.join(", "))
        }
        _ => broken(&error),
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
    if let Some(filled) = fill_known(text, values) {
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
    let (environment, known) = (environment(), known(values));
    let mut missing = BTreeSet::new();
    let (mut kept, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(open) = rest.find("{{") {
        let end = open + rest[open..].find("}}")? + 2;
        let (words, place) = (&rest[..open], &rest[open..end]);
        let lacking: Vec<String> =
            variables(place).into_iter().filter(|name| !known.contains_key(name.as_str())).collect();
        let alone = environment.render_str(place, Known::from_pairs(known.clone()));
        kept.push_str(words);
        if !lacking.is_empty() && alone.is_err_and(|error| error.kind() == ErrorKind::UndefinedError) {
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
                vec!["city"],
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
}
