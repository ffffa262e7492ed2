//! Quick replies as one Markdown file: a heading for each label, what it is about, and the words.

use mychatflow_data::model::quick_reply::QuickReplyState;

/// A part of a file, as it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The line of its heading, from 1.
    pub line: u64,
    /// What it is called.
    pub label: String,
    /// What it is about.
    pub category: Option<String>,
    /// In use, or put aside.
    pub state: QuickReplyState,
    /// The words, without the empty lines around them.
    pub text: String,
}

const HEADING: &str = "## ";
const CATEGORY: &str = "Category: ";
const ASIDE: &str = "State: aside";
/// What opens and closes code, in which a heading is none.
const FENCE: &str = "```";

/// Reads the parts of a file. What stands before the first heading is nobody's.
#[must_use]
pub fn read(file: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut head = false;
    let mut code = false;
    for (number, line) in (1u64..).zip(file.trim_start_matches('\u{feff}').lines()) {
        if !code && let Some(label) = line.strip_prefix(HEADING) {
            let label = label.trim().to_owned();
            parts.push(Part {
                line: number,
                label,
                category: None,
                state: QuickReplyState::Active,
                text: String::new(),
            });
            head = true;
            continue;
        }
        let Some(part) = parts.last_mut() else { continue };
        if head {
            if let Some(category) = line.strip_prefix(CATEGORY) {
                part.category = Some(category.trim().to_owned()).filter(|category| !category.is_empty());
                continue;
            }
            if line.trim_end() == ASIDE {
                part.state = QuickReplyState::Aside;
                continue;
            }
            head = false;
        }
        code ^= line.starts_with(FENCE);
        part.text.push_str(plain(line));
        part.text.push('\n');
    }
    for part in &mut parts {
        part.text = part.text.trim().to_owned();
    }
    parts
}

/// Writes a file that [`read`] reads as the same parts.
pub fn write<'p>(parts: impl IntoIterator<Item = (&'p str, Option<&'p str>, QuickReplyState, &'p str)>) -> String {
    let mut file = String::new();
    for (label, category, state, text) in parts {
        if !file.is_empty() {
            file.push('\n');
        }
        file.push_str(&format!("{HEADING}{label}\n"));
        if let Some(category) = category {
            file.push_str(&format!("{CATEGORY}{category}\n"));
        }
        if state == QuickReplyState::Aside {
            file.push_str(&format!("{ASIDE}\n"));
        }
        file.push('\n');
        // Code that the words leave open would swallow the next heading.
        let torn = text.lines().filter(|line| line.starts_with(FENCE)).count() % 2 == 1;
        for line in text.lines() {
            let bare = line.trim_start_matches('\\');
            let stroke = bare.starts_with(HEADING) || (bare.starts_with(FENCE) && (torn || line.starts_with('\\')));
            file.push_str(if stroke { "\\" } else { "" });
            file.push_str(line);
            file.push('\n');
        }
    }
    file
}

/// A line of words that would be taken for a heading or for code has a stroke before it.
fn plain(line: &str) -> &str {
    let bare = line.trim_start_matches('\\');
    let stroke = bare.starts_with(HEADING) || bare.starts_with(FENCE);
    line.strip_prefix('\\').filter(|_| stroke).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_reads_as_what_was_written() {
        let texts = [
            "8 to 18",
            "one\n\n## two\n\\## three\n### four",
            "Category: mine\nState: aside",
            "```\n## in code\n```\nafter",
            "open\n```\nend",
            "\\```\n```",
        ];
        let parts = || texts.iter().zip(["a", "b", "c", "d", "e", "f"]);
        for (category, state) in [(Some("visiting"), QuickReplyState::Active), (None, QuickReplyState::Aside)] {
            let file = write(parts().map(|(text, label)| (label, category, state, *text)));
            let read = read(&file);
            let seen: Vec<_> = read.iter().map(|part| (part.text.as_str(), part.label.as_str())).collect();
            assert_eq!(seen, parts().map(|(text, label)| (*text, label)).collect::<Vec<_>>(), "{file}");
            assert!(read.iter().all(|part| part.category.as_deref() == category && part.state == state), "{file}");
        }
    }

    #[test]
    fn a_file_of_a_person_is_read_with_its_lines() {
        let file =
            "Our answers\n\n## Hours\nCategory:  Visiting \n8 to 18\n\n## Code\n```\n## no heading\n```\n## Empty\n";
        let read = read(file);
        let seen: Vec<_> = read.iter().map(|part| (part.line, part.label.as_str(), part.text.as_str())).collect();
        assert_eq!(seen, [(3, "Hours", "8 to 18"), (7, "Code", "```\n## no heading\n```"), (11, "Empty", "")]);
        assert_eq!(read[0].category.as_deref(), Some("Visiting"));
    }
}
