//! Lists a page at a time: how many, where the page begins, where the next one goes on.

use std::str::FromStr;

use mychatflow_data::protocol::error::CallError;
use mychatflow_data::protocol::name::Cursor;
use mychatflow_data::protocol::page::Page;

use super::refused::Handled;

/// How many entries a page has unless the caller says otherwise.
pub const ENTRIES: u32 = 50;
/// How many it has at most.
pub const ENTRIES_MAX: u32 = 500;

/// How many entries to show.
#[must_use]
pub fn limit(asked: Option<u32>) -> usize {
    asked.unwrap_or(ENTRIES).clamp(1, ENTRIES_MAX) as usize
}

/// How many entries to read: one more than is shown tells whether there is a next page.
#[must_use]
pub fn to_read(limit: usize) -> i64 {
    i64::try_from(limit + 1).unwrap_or(i64::MAX)
}

/// Cuts what was read to a page.
pub fn page<T, U>(
    mut read: Vec<T>,
    limit: usize,
    cursor: impl FnOnce(&T) -> String,
    document: impl FnMut(T) -> U,
) -> Page<U> {
    let more = read.len() > limit;
    read.truncate(limit);
    let next = if more { read.last().map(|last| Cursor::from(cursor(last))) } else { None };
    Page { items: read.into_iter().map(document).collect(), next }
}

/// Reads the parts of a cursor, `first:second`.
///
/// # Errors
/// `invalid` when it is none of ours.
pub fn parts<A: FromStr, B: FromStr>(cursor: &Cursor) -> Handled<(A, B)> {
    let read = || {
        let (first, second) = cursor.as_str().split_once(':')?;
        Some((first.parse().ok()?, second.parse().ok()?))
    };
    read().ok_or_else(|| wrong(cursor))
}

/// Reads a cursor of one part.
///
/// # Errors
/// `invalid` when it is none of ours.
pub fn whole<A: FromStr>(cursor: &Cursor) -> Handled<A> {
    cursor.as_str().parse().map_err(|_| wrong(cursor))
}

fn wrong(cursor: &Cursor) -> super::refused::Refused {
    CallError::invalid(format!("{:?} is not where a page of this list ends", cursor.as_str())).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_whether_there_is_more() {
        for (read, shown, next) in
            [(vec![1, 2, 3], vec![1, 2], Some("2")), (vec![1, 2], vec![1, 2], None), (vec![], vec![], None)]
        {
            let page = page(read, 2, i32::to_string, |n| n);
            assert_eq!((page.items, page.next.as_ref().map(Cursor::as_str)), (shown, next));
        }
        assert_eq!((limit(None), limit(Some(0)), limit(Some(9999))), (50, 1, 500));
        assert_eq!(parts::<i64, String>(&Cursor::from("7:a:b")).unwrap(), (7, "a:b".to_owned()));
        assert!(parts::<i64, i64>(&Cursor::from("7")).is_err());
    }
}
