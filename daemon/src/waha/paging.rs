//! Goes through the pages of a list on another server, and comes to an end whatever the server does: some ignore `offset`
//! and give the first page for ever.

use std::collections::HashSet;

/// So many pages in a row without one row that we understand are the end.
const BARREN_MAX: u32 = 5;

/// What to do after a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Ask for the next page.
    On,
    /// That was the last one.
    End,
    /// The page has rows, and none that is new: the server gives what it gave before.
    Stuck,
    /// There are more pages than we read.
    TooMany,
}

/// Where a reader of pages is.
#[derive(Debug)]
pub struct Paging {
    limit: u32,
    left: u32,
    offset: u32,
    barren: u32,
    seen: HashSet<String>,
}

impl Paging {
    /// From the first page on; `limit` rows a page, so many pages at most.
    #[must_use]
    pub fn new(limit: u32, pages_max: u32) -> Self {
        Self { limit, left: pages_max, offset: 0, barren: 0, seen: HashSet::new() }
    }

    /// Rows a page.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// How many rows to pass over for the next page.
    #[must_use]
    pub const fn offset(&self) -> u32 {
        self.offset
    }

    /// Begins again with the first page, of a list that was narrowed meanwhile.
    pub fn rewind(&mut self) {
        self.offset = 0;
    }

    /// Notes a page: how many rows it had, and by what those are known that we understood.
    pub fn turn<K: Into<String>>(&mut self, rows: usize, keys: impl IntoIterator<Item = K>) -> Turn {
        if rows == 0 {
            return Turn::End;
        }
        let (mut understood, mut new) = (0_usize, 0_usize);
        for key in keys {
            understood += 1;
            new += usize::from(self.seen.insert(key.into()));
        }
        self.barren = if understood == 0 { self.barren + 1 } else { 0 };
        self.left = self.left.saturating_sub(1);
        if (understood > 0 && new == 0) || self.barren >= BARREN_MAX {
            return Turn::Stuck;
        }
        if self.left == 0 {
            return Turn::TooMany;
        }
        self.offset = self.offset.saturating_add(self.limit);
        Turn::On
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_end_with_the_list() {
        let mut paging = Paging::new(2, 100);
        assert_eq!((paging.turn(2, ["a", "b"]), paging.offset()), (Turn::On, 2));
        // Rows may be filtered away: a short page is not the last one, and chats may move onto the next page.
        assert_eq!((paging.turn(1, ["b", "c"]), paging.offset()), (Turn::On, 4));
        assert_eq!(paging.turn(0, Vec::<String>::new()), Turn::End);
    }

    #[test]
    fn the_same_page_again_is_the_end() {
        let mut paging = Paging::new(2, 100);
        assert_eq!(paging.turn(2, ["a", "b"]), Turn::On);
        assert_eq!(paging.turn(2, ["a", "b"]), Turn::Stuck);
    }

    #[test]
    fn rows_that_nobody_understands_end_too() {
        let mut paging = Paging::new(2, 100);
        let turns: Vec<Turn> = (0..5).map(|_| paging.turn(2, Vec::<String>::new())).collect();
        assert_eq!(turns, [Turn::On, Turn::On, Turn::On, Turn::On, Turn::Stuck]);
    }

    #[test]
    fn a_list_that_never_ends_is_left() {
        let mut paging = Paging::new(1, 3);
        let turns: Vec<Turn> = (0..3).map(|n| paging.turn(1, [n.to_string()])).collect();
        assert_eq!(turns, [Turn::On, Turn::On, Turn::TooMany]);
    }
}
