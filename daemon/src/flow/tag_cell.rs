//! The tags in a cell of a list.

use mychatflow_data::model::limit;

use super::clean::clean_line;
use super::columns::Origin;

/// The longest tag that can be stored.
const TAG_CHARS_MAX: usize = limit::TAG.chars;

/// The tags in a cell, as the program of the list writes several of them.
#[must_use]
pub fn tags(cell: &str, origin: Origin) -> Vec<String> {
    // A tag of ours may have every character but a comma.
    let ends: &[char] = match origin {
        Origin::Export => &[','],
        Origin::Foreign => &[',', ';', '|', '\n'],
    };
    let mut tags: Vec<String> = Vec::new();
    // Google writes `* myContacts ::: VIP`: with a star what is a group of its own making.
    let cell = if origin == Origin::Foreign { cell.replace(":::", "\n") } else { cell.to_owned() };
    for tag in cell.split(ends).map(clean_line) {
        // Mailchimp puts each of them in quotation marks.
        let own = |tag: &'_ str| tag.trim_start_matches('*').trim().trim_matches('"').trim().to_owned();
        let tag = if origin == Origin::Foreign { own(&tag) } else { tag };
        if tag.is_empty() || (origin == Origin::Foreign && tag.eq_ignore_ascii_case("mycontacts")) {
            continue;
        }
        let short: String = tag.chars().take(TAG_CHARS_MAX).collect();
        if !tags.iter().any(|known| known.eq_ignore_ascii_case(&short)) {
            tags.push(short);
        }
    }
    tags
}
