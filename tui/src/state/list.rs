//! A list on the screen: rows that came page by page, one of them selected by its id.

use std::hash::{DefaultHasher, Hash, Hasher};

use mychatflow_data::protocol::name::Cursor;
use mychatflow_data::time::Timestamp;

/// A thing with an id that stays when the thing changes.
pub trait Row {
    /// The id's type.
    type Id: Clone + PartialEq + std::fmt::Debug;
    /// The id.
    fn id(&self) -> Self::Id;
}

/// Which row it is, for a click on what stood there: whatever became of the list since, it is that row or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowKey(u64);

impl RowKey {
    /// The key of a row with this id.
    pub fn of(id: &impl std::fmt::Debug) -> Self {
        let mut hasher = DefaultHasher::new();
        format!("{id:?}").hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// How far reading got.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Reading {
    /// Nobody asked yet, or the first answer has not come: skeletons.
    #[default]
    Never,
    /// Asked again while the old rows stand.
    Again,
    /// Here.
    Done(Timestamp),
    /// Refused, with the reason.
    Failed(String),
}

/// Rows, and the one that is selected.
#[derive(Debug, Clone)]
pub struct Rows<T: Row> {
    items: Vec<T>,
    selected: Option<T::Id>,
    /// Where the selected row stood last, for when it is gone.
    place: usize,
    /// The first visible row as of the last frame.
    pub top: usize,
    /// How far reading got.
    pub reading: Reading,
    /// Where the next page begins.
    pub next: Option<Cursor>,
}

impl<T: Row> Default for Rows<T> {
    fn default() -> Self {
        Self { items: Vec::new(), selected: None, place: 0, top: 0, reading: Reading::Never, next: None }
    }
}

impl<T: Row> Rows<T> {
    /// The rows.
    #[must_use]
    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// Is this before the first answer? An event may have put a row here by then; nobody knows yet beside which others.
    #[must_use]
    pub fn is_skeleton(&self) -> bool {
        match self.reading {
            Reading::Never => true,
            Reading::Again => self.items.is_empty(),
            Reading::Done(_) | Reading::Failed(_) => false,
        }
    }

    /// Why nothing could be read.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        match &self.reading {
            Reading::Failed(text) => Some(text),
            _ => None,
        }
    }

    /// Takes the first page. The selection stays on its id; where that is gone, on its place.
    pub fn replace(&mut self, items: Vec<T>, next: Option<Cursor>, now: Timestamp) {
        self.note_place();
        self.items = items;
        self.next = next;
        self.reading = Reading::Done(now);
        let kept = self.selected.as_ref().is_some_and(|id| self.items.iter().any(|item| item.id() == *id));
        if !kept {
            self.select_near();
        }
    }

    fn note_place(&mut self) {
        self.place = self.position().unwrap_or(self.place);
    }

    /// Where the selected row is not in the list (any more), the one at its place is selected.
    pub fn select_near(&mut self) {
        if self.position().is_none() {
            let last = self.items.len().saturating_sub(1);
            self.selected = self.items.get(self.place.min(last)).map(Row::id);
        }
    }

    /// Takes the first page anew. What was read behind it stays, so that the selection does.
    pub fn renew(&mut self, items: Vec<T>, next: Option<Cursor>, now: Timestamp) {
        let mut items = items;
        let is_there = |old: &T| items.iter().any(|item| item.id() == old.id());
        // Who stood before somebody of this page and is not in it is gone.
        let behind = self.items.iter().rposition(is_there).map_or(self.items.len(), |last| last + 1);
        if next.is_some() {
            items.extend(self.items.drain(behind..));
        }
        self.replace(items, next, now);
    }

    /// Takes a further page, leaving out what is there already.
    pub fn extend(&mut self, items: Vec<T>, next: Option<Cursor>, now: Timestamp) {
        for item in items {
            if !self.items.iter().any(|old| old.id() == item.id()) {
                self.items.push(item);
            }
        }
        self.next = next;
        self.reading = Reading::Done(now);
        if self.selected.is_none() {
            self.selected = self.items.first().map(Row::id);
        }
    }

    /// Changes the rows in place (sorting, putting, taking away); the selection stays on its id, or near its place.
    pub fn change(&mut self, change: impl FnOnce(&mut Vec<T>)) {
        self.note_place();
        change(&mut self.items);
        self.select_near();
    }

    /// Puts the new form of a row in the old one's place. Returns whether it was there.
    pub fn put(&mut self, item: T) -> Known {
        match self.items.iter_mut().find(|old| old.id() == item.id()) {
            Some(old) => {
                *old = item;
                Known::Here
            }
            None => Known::Missing,
        }
    }

    /// Where the selected row is.
    #[must_use]
    pub fn position(&self) -> Option<usize> {
        let id = self.selected.as_ref()?;
        self.items.iter().position(|item| item.id() == *id)
    }

    /// The selected row.
    #[must_use]
    pub fn selected(&self) -> Option<&T> {
        self.position().and_then(|at| self.items.get(at))
    }

    /// The selected row's id.
    #[must_use]
    pub fn selected_id(&self) -> Option<T::Id> {
        self.selected.clone()
    }

    /// Selects a row by its place, or the last one.
    pub fn select_at(&mut self, at: usize) {
        let last = self.items.len().saturating_sub(1);
        if let Some(item) = self.items.get(at.min(last)) {
            self.selected = Some(item.id());
        }
    }

    /// Selects a row by its id, whether it is here yet or not.
    pub fn select(&mut self, id: T::Id) {
        self.note_place();
        self.selected = Some(id);
    }

    /// Selects the row with this key, if it is still in the list.
    pub fn select_key(&mut self, key: RowKey) -> Known {
        match self.items.iter().map(Row::id).find(|id| RowKey::of(id) == key) {
            Some(id) => {
                self.selected = Some(id);
                Known::Here
            }
            None => Known::Missing,
        }
    }

    /// Moves the selection by so many rows.
    pub fn step(&mut self, by: isize) {
        let at = self.position().unwrap_or(self.place);
        self.select_at(at.saturating_add_signed(by));
    }

    /// The first row to draw in a pane of `height` rows of `tall` lines each, so that the selection is visible.
    #[must_use]
    pub fn first_visible(&self, height: u16, tall: u16) -> usize {
        let fits = usize::from((height / tall.max(1)).max(1));
        let last_top = self.items.len().saturating_sub(fits);
        let top = self.top.min(last_top);
        match self.position() {
            Some(at) if at < top => at,
            Some(at) if at >= top + fits => at + 1 - fits,
            _ => top,
        }
    }

    /// Is the selection so near the end that the next page should be asked for?
    #[must_use]
    pub fn wants_more(&self) -> Option<Cursor> {
        let near = self.position().is_none_or(|at| at + 30 >= self.items.len());
        self.next.clone().filter(|_| near && self.reading != Reading::Again)
    }
}

/// Whether a row was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It was.
    Here,
    /// It was not.
    Missing,
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Row for u32 {
        type Id = u32;
        fn id(&self) -> u32 {
            *self
        }
    }

    fn rows(items: &[u32]) -> Rows<u32> {
        let mut rows = Rows::default();
        rows.replace(items.to_vec(), None, Timestamp::from_millis(0));
        rows
    }

    #[test]
    fn the_selection_stays_on_its_id_and_near_its_place() {
        let mut rows = rows(&[1, 2, 3, 4]);
        rows.step(2);
        rows.change(|items| items.reverse());
        assert_eq!(rows.selected(), Some(&3));
        rows.change(|items| items.retain(|item| *item != 3));
        assert_eq!(rows.selected(), Some(&2));
        rows.step(-9);
        assert_eq!(rows.selected(), Some(&4));
    }

    #[test]
    fn a_page_read_anew_keeps_what_was_read_behind_it() {
        let mut rows = rows(&[1, 2, 4, 5, 6]);
        rows.step(4);
        // 3 is new, 2 is gone, 5 and 6 are on the next page.
        rows.renew(vec![1, 3, 4], Some(Cursor::from("4".to_owned())), Timestamp::from_millis(1));
        assert_eq!((rows.items(), rows.selected()), ([1, 3, 4, 5, 6].as_slice(), Some(&6)));
        rows.renew(vec![1, 3, 4], None, Timestamp::from_millis(2));
        assert_eq!((rows.items(), rows.selected()), ([1, 3, 4].as_slice(), Some(&4)));
    }

    #[test]
    fn the_selection_is_always_visible() {
        let mut rows = rows(&(0..100).collect::<Vec<_>>());
        assert_eq!(rows.first_visible(10, 2), 0);
        rows.step(7);
        assert_eq!(rows.first_visible(10, 2), 3);
        rows.top = 50;
        assert_eq!(rows.first_visible(10, 2), 7);
        rows.step(1000);
        assert_eq!(rows.first_visible(10, 2), 95);
    }
}
