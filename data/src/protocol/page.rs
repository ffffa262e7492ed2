//! Lists: a page at a time, by cursor.

use serde::{Deserialize, Serialize};

use super::name::Cursor;

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Where the next page begins (the parameter `after`); `null` at the end.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// A list that fits one page.
    #[must_use]
    pub const fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}
