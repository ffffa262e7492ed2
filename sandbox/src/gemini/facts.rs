//! Finds what the shop has told in a system instruction, one fact at a time.

/// One thing the shop has told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fact {
    /// The heading or label it stands under.
    pub(crate) label: String,
    pub(crate) text: String,
}

/// Tags that hold facts. Without any of them the whole text is read.
const TAGS: &[&str] = &["business", "facts", "knowledge", "shop", "faq"];
/// Headings whose text is no answer to anything.
const NAMES: &[&str] = &["name", "business", "shop"];
/// A longer one is a sentence that happens to hold a colon.
const LABEL_WORDS_MAX: usize = 5;

pub(crate) fn read(system: &str) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut heading = String::new();
    for line in inside(system).lines() {
        let line = line.trim().trim_start_matches(['-', '*', '•']).trim();
        if line.is_empty() || line.starts_with('<') {
            continue;
        }
        if let Some(title) = line.strip_suffix(':') {
            heading = title.trim_matches(['#', '*', ' ']).to_owned();
            continue;
        }
        let (label, text) = match line.split_once(": ") {
            Some((label, text)) if label.split_whitespace().count() <= LABEL_WORDS_MAX => {
                (label.to_owned(), text.trim())
            }
            _ => (heading.clone(), line),
        };
        if NAMES.contains(&label.to_lowercase().as_str()) {
            continue;
        }
        let whole = label != heading;
        let pieces = if whole { vec![text.to_owned()] } else { sentences(text) };
        facts.extend(pieces.into_iter().map(|text| Fact { label: label.clone(), text }));
    }
    facts
}

fn inside(system: &str) -> &str {
    for tag in TAGS {
        let after = system.find(&format!("<{tag}>")).map(|at| &system[at + tag.len() + 2..]);
        if let Some(after) = after {
            return after.find(&format!("</{tag}>")).map_or(after, |end| &after[..end]);
        }
    }
    system
}

fn sentences(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.find(". ") {
        let (sentence, tail) = rest.split_at(end + 1);
        out.push(sentence.trim().to_owned());
        rest = tail.trim_start();
    }
    if !rest.is_empty() {
        out.push(rest.to_owned());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_come_from_the_block_with_their_labels() {
        let system = "Rules:\n1. Be kind.\n<business>\nName:\nHarbour Bakery\nAbout:\nWe bake bread. We bake cakes.\n\
                      Opening times:\nMon-Sat 7:00-18:00\nStored answers:\n- Delivery: Within 5 km. It costs 3 €.\n</business>\nBe brief.";
        let facts = read(system);
        let pairs: Vec<(&str, &str)> = facts.iter().map(|fact| (fact.label.as_str(), fact.text.as_str())).collect();
        let wanted = [
            ("About", "We bake bread."),
            ("About", "We bake cakes."),
            ("Opening times", "Mon-Sat 7:00-18:00"),
            ("Delivery", "Within 5 km. It costs 3 €."),
        ];
        assert_eq!(pairs, wanted);
        assert_eq!(read("Hours: 9 to 5").len(), 1);
    }
}
