//! The text of a config with answers put into it, whether it is the example or somebody's own.

use std::ops::Range;

/// Sets a key of the first section of that name: where it stands, where it stands commented out, else as the first line.
pub fn set(text: &str, section: &str, key: &str, value: &str) -> String {
    let line = format!("{key} = {}", toml::Value::from(value));
    let mut lines: Vec<&str> = text.lines().collect();
    let Some(within) = body(&lines, section) else {
        return format!("{}\n\n{section}\n{line}\n", text.trim_end());
    };
    let is_off = |line: &str| line.trim_start().strip_prefix('#').is_some_and(|line| names(line, key));
    let stands = within.clone().find(|at| names(lines[*at], key));
    match stands.or_else(|| within.clone().find(|at| is_off(lines[*at]))) {
        Some(at) => lines[at] = &line,
        None => lines.insert(within.start, &line),
    }
    joined(&lines)
}

/// Takes a key of the first section of that name away.
pub fn unset(text: &str, section: &str, key: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let off = format!("#{key} = \"\"");
    if let Some(at) = body(&lines, section).and_then(|mut within| within.find(|at| names(lines[*at], key))) {
        lines[at] = &off;
    }
    joined(&lines)
}

/// The lines below a section's heading, up to the next one.
fn body(lines: &[&str], section: &str) -> Option<Range<usize>> {
    let start = lines.iter().position(|line| line.trim() == section)? + 1;
    let end = lines[start..].iter().position(|line| line.trim_start().starts_with('['));
    Some(start..end.map_or(lines.len(), |at| start + at))
}

fn names(line: &str, key: &str) -> bool {
    line.split_once('=').is_some_and(|(name, _)| name.trim() == key)
}

fn joined(lines: &[&str]) -> String {
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stands_where_it_belongs() {
        for (text, expected) in [
            ("[a]\nkey = \"x\"\n[b]\n#key = \"\"\n", "[a]\nkey = \"x\"\n[b]\nkey = \"v\"\n"),
            ("[b]\n#key = \"\"\nkey = \"old\"\n", "[b]\n#key = \"\"\nkey = \"v\"\n"),
            ("[b]\nkey_file = \"x\"\n\n[c]\nkey = \"x\"\n", "[b]\nkey = \"v\"\nkey_file = \"x\"\n\n[c]\nkey = \"x\"\n"),
            ("[a]\n", "[a]\n\n[b]\nkey = \"v\"\n"),
        ] {
            assert_eq!(set(text, "[b]", "key", "v"), expected, "{text}");
        }
        assert_eq!(unset("[a]\nkey = 1\n[b]\nkey = 2\n", "[b]", "key"), "[a]\nkey = 1\n[b]\n#key = \"\"\n");
    }
}
