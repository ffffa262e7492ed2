//! What the index of words keeps of them to find its way: the one place that knows how SQLite's full-text search stores it.

use rusqlite::Connection;

use super::error::StoreError;

/// The index finds a page by the beginning of its first word when the page was written, and keeps that when the word is
/// deleted. Puts the word there that is first now. (https://sqlite.org/fts5.html has the tables, the format of their rows is
/// told in `fts5_index.c`.)
pub(crate) fn forget_erased(connection: &Connection) -> Result<(), StoreError> {
    let mut pages = connection.prepare(
        "SELECT i.segid, i.term, d.block FROM search_idx AS i JOIN search_data AS d ON d.id = (i.segid << 37) + (i.pgno >> 1)",
    )?;
    let mut stale = Vec::new();
    let mut rows = pages.query([])?;
    while let Some(row) = rows.next()? {
        let sign = row.get_ref(1)?.as_bytes().map_err(rusqlite::Error::from)?;
        if let Some(first) = first_word(row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?)
            && !first.starts_with(sign)
        {
            stale.push((row.get::<_, i64>(0)?, sign.to_vec(), first.to_vec()));
        }
    }
    let mut put = connection.prepare("UPDATE search_idx SET term = ?3 WHERE segid = ?1 AND term = ?2")?;
    stale.into_iter().try_for_each(|sign| Ok(put.execute(sign).map(drop)?))
}

/// The first word that begins on a page of the index: the page ends in a list of where words begin.
fn first_word(page: &[u8]) -> Option<&[u8]> {
    let size = usize::from(u16::from_be_bytes([*page.get(2)?, *page.get(3)?]));
    let (at, _) = varint(page.get(size..)?)?;
    let (length, begins) = varint(page.get(at..size)?)?;
    page.get(at + begins..at + begins + length)
}

/// A number of up to 14 bits, and how many bytes it takes: no page is longer.
fn varint(bytes: &[u8]) -> Option<(usize, usize)> {
    let low = |byte: u8| usize::from(byte & 0x7f);
    match bytes {
        [one @ 0..0x80, ..] => Some((low(*one), 1)),
        [high, last @ 0..0x80, ..] => Some((low(*high) << 7 | low(*last), 2)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_of_a_page_is_read_and_nothing_beyond_it() {
        // No first row; the words end at 9; the list of words begins there, with one at 5.
        let page = [0, 0, 0, 9, 9, 3, b'0', b'a', b'b', 5];
        assert_eq!(first_word(&page), Some(&b"0ab"[..]));
        for cut in 0..page.len() {
            assert_eq!(first_word(&page[..cut]), None, "{cut}");
        }
        assert_eq!(varint(&[0x81, 0x01]), Some((129, 2)));
        assert_eq!(varint(&[0x81, 0x81, 0x01]), None);
    }
}
