//! Where the dashboard's tiles stand: in bands of one, two or three, as many as there is room for.

use ratatui::layout::Rect;

use super::health::{self, Ill, Weight};
use super::{Hit, Layout, Panes};
use crate::state::State;
use crate::state::dashboard::Tile;
use crate::text::{self, CleanText};

/// Below this width tiles stand one below the other.
const TWO_FROM: u16 = 64;
/// From this width on three stand beside each other.
const THREE_FROM: u16 = 140;

/// Tiles beside each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Band {
    /// The tiles, from left to right.
    pub tiles: Vec<Tile>,
    /// The rows below which it says too little.
    pub least: u16,
    /// The rows in which it says what matters.
    pub enough: u16,
    /// The rows beyond which there is nothing more to say.
    pub most: u16,
}

/// A row of the health strip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StripRow {
    /// How much it matters.
    pub weight: Weight,
    /// Does a sentence begin here?
    pub begins: bool,
    /// The words; longer than the row where its sentence has no more room.
    pub words: CleanText,
}

/// Where the tiles stand.
#[derive(Debug, Clone, PartialEq)]
pub struct DashboardLayout {
    /// All bands, visible or not: one walks over them.
    pub bands: Vec<Band>,
    /// The visible tiles.
    pub tiles: Vec<(Tile, Rect)>,
    /// What is wrong, as rows of the health strip.
    pub strip: Vec<StripRow>,
    /// The first visible band, and how many are; where some are not.
    pub rail: Option<(usize, usize)>,
}

impl DashboardLayout {
    /// Where a tile is in the bands.
    #[must_use]
    pub fn place(&self, tile: Tile) -> Option<(usize, usize)> {
        self.bands.iter().enumerate().find_map(|(at, band)| {
            let column = band.tiles.iter().position(|one| *one == tile)?;
            Some((at, column))
        })
    }

    /// The tile so many bands below, in about the same column.
    #[must_use]
    pub fn below(&self, tile: Tile, by: isize) -> Tile {
        let Some((band, column)) = self.place(tile) else { return Tile::default() };
        let last = self.bands.len() - 1;
        let target = &self.bands[band.saturating_add_signed(by).min(last)].tiles;
        let columns = self.bands[band].tiles.len();
        target[(((2 * column + 1) * target.len() - 1) / (2 * columns)).min(target.len() - 1)]
    }

    /// The tile so many columns to the right, within its band.
    #[must_use]
    pub fn beside(&self, tile: Tile, by: isize) -> Tile {
        let Some((band, column)) = self.place(tile) else { return Tile::default() };
        let tiles = &self.bands[band].tiles;
        tiles[column.saturating_add_signed(by).min(tiles.len() - 1)]
    }

    /// The tile so many places on in the order of reading, around the end.
    #[must_use]
    pub fn on(&self, tile: Tile, by: isize) -> Tile {
        let all: Vec<Tile> = self.bands.iter().flat_map(|band| band.tiles.iter().copied()).collect();
        let Some(at) = all.iter().position(|one| *one == tile) else { return Tile::default() };
        all[(at as isize + by).rem_euclid(all.len() as isize) as usize]
    }

    /// Is a tile on the screen?
    #[must_use]
    pub fn shows(&self, tile: Tile) -> bool {
        self.tiles.iter().any(|(one, _)| *one == tile)
    }
}

/// Lays the tiles.
#[must_use]
pub fn lay(state: &State, laid: &mut Layout) -> Panes {
    let body = laid.body;
    let strip = strip(&health::ills(state), body);
    let bands = bands(state, body, u16::try_from(strip.len()).unwrap_or(u16::MAX).max(1));
    let mut dashboard = DashboardLayout { bands, tiles: Vec::new(), strip, rail: None };
    let heights = heights(&dashboard.bands, body.height);
    let focused = dashboard.place(state.dashboard.tile).map_or(0, |(band, _)| band);
    let first = first_band(&heights, focused, body.height);
    let mut y = body.y;
    let mut visible = 0;
    for (band, height) in dashboard.bands.iter().zip(&heights).skip(first) {
        let height = (*height).min(body.bottom() - y);
        // The one that has the keys is shown even where it has not all the room that it should have.
        if height == 0 || (height < band.least && visible > 0) {
            break;
        }
        let count = u16::try_from(band.tiles.len()).unwrap_or(1).max(1);
        let mut x = body.x;
        for (at, tile) in (0_u16..).zip(&band.tiles) {
            // The first ones get the columns that are left over.
            let width = body.width / count + u16::from(at < body.width % count);
            dashboard.tiles.push((*tile, Rect { x, y, width, height }));
            x += width;
        }
        y += height;
        visible += 1;
    }
    if visible < dashboard.bands.len() {
        dashboard.rail = Some((first, visible));
    }
    for (tile, area) in &dashboard.tiles {
        laid.hits.push((*area, Hit::Tile(tile.place())));
    }
    Panes::Dashboard(dashboard)
}

/// The rows of the health strip; none while all is well, which is one line of another form.
fn strip(ills: &[Ill], body: Rect) -> Vec<StripRow> {
    // The sign and a blank stand before the words, and a blank behind them.
    let width = usize::from(body.width.saturating_sub(4).max(2));
    let room = usize::from((body.height / 4).max(1));
    let told: Vec<Vec<&str>> = ills.iter().map(|ill| rows_of(ill, width)).collect();
    let shown = if told.len() > room { (room - 1).max(1) } else { told.len() };
    let left_out = if room > 1 { told.len() - shown } else { 0 };
    let counts = shares(&told[..shown], room - usize::from(left_out > 0));
    let mut rows = Vec::new();
    for ((ill, told), count) in ills.iter().zip(&told).zip(counts) {
        let mut rest = ill.whole.as_str();
        for (at, row) in told.iter().take(count).enumerate() {
            // What has no room stays in the last row, which is cut with a mark when it is drawn.
            let words = if at + 1 == count { rest } else { row };
            rows.push(StripRow { weight: ill.weight, begins: at == 0, words: CleanText::line(words) });
            rest = rest.get(row.len()..).unwrap_or_default().trim_start();
        }
    }
    if left_out > 0 {
        let words = CleanText::line(&format!("and {left_out} more: open this to read all, or: mychatflow doctor"));
        let worst = ills[shown..].iter().any(|ill| ill.weight == Weight::Down);
        rows.push(StripRow { weight: if worst { Weight::Down } else { Weight::Soon }, begins: true, words });
    }
    rows
}

/// The rows of a sentence: what helps is told to its end where there is room; how it is known the reader tells.
fn rows_of(ill: &Ill, width: usize) -> Vec<&str> {
    let mut rows = text::wrap(ill.whole.as_str(), width);
    rows.truncate(text::wrap(ill.words.as_str(), width).len());
    rows
}

/// How many rows each sentence gets: one, then a second one each from the worst on, and so on while there is room.
fn shares(told: &[Vec<&str>], room: usize) -> Vec<usize> {
    let mut counts = vec![1; told.len()];
    let mut left = room.saturating_sub(told.len());
    loop {
        let before = left;
        for (count, rows) in counts.iter_mut().zip(told) {
            if left > 0 && *count < rows.len() {
                *count += 1;
                left -= 1;
            }
        }
        if left == before {
            return counts;
        }
    }
}

fn bands(state: &State, body: Rect, strip: u16) -> Vec<Band> {
    use Tile as T;
    let Rect { width, height, .. } = body;
    let rows = |count: usize, each: usize| u16::try_from(count * each + 2).unwrap_or(u16::MAX);
    let waiting = rows(state.dashboard.waiting.items().len(), 3).max(8);
    let numbers = rows(state.numbers.rows.items().len(), 2).clamp(6, 14);
    let band = |tiles: &[Tile], least, enough, most| Band { tiles: tiles.to_vec(), least, enough, most };
    let health = band(&[T::Health], strip, strip, strip);
    let steps = rows(state.dashboard.first_steps().len(), 1);
    let charts = band(&[T::Hours, T::Days], 7, 9, 11);
    // The last one takes what nobody else needs.
    let trouble = band(&[T::Trouble], 3, 5, u16::MAX);
    let mut bands = if width < TWO_FROM {
        let one = |tile, least, enough, most| band(&[tile], least, enough, most);
        vec![
            health,
            one(T::NeedsYou, 4, 7, 12),
            one(T::Today, 6, 8, 9),
            one(T::Credits, 4, 5, 6),
            one(T::Numbers, 4, 5, 8),
            one(T::Chats, 4, 5, 6),
            one(T::Campaigns, 4, 5, 8),
            one(T::Hours, 6, 8, 10),
            one(T::Days, 6, 8, 10),
            one(T::Trouble, 4, 6, u16::MAX),
        ]
    } else if width < THREE_FROM {
        vec![
            health,
            band(&[T::NeedsYou, T::Today], 6, 7, waiting.min(12)),
            band(&[T::Credits, T::Numbers], 4, 5, numbers.min(8)),
            band(&[T::Chats, T::Campaigns], 4, 5, 5),
            charts,
            trouble,
        ]
    } else {
        vec![
            health,
            band(&[T::NeedsYou, T::Today, T::Credits], 7, 8, waiting.min(17)),
            band(&[T::Numbers, T::Chats, T::Campaigns], 5, 6, numbers),
            charts,
            trouble,
        ]
    };
    if !state.dashboard.first_steps().is_empty() {
        bands.insert(1, band(&[T::FirstSteps], steps, steps, steps));
    }
    // On a narrow screen one walks over all of them.
    if width < TWO_FROM {
        return bands;
    }
    // Charts are for those who have the room; everything else must be there.
    let least: u16 = bands.iter().map(|band| band.enough.min(band.least + 1)).sum();
    if least > height {
        bands.retain(|band| !band.tiles.contains(&T::Hours));
    }
    bands
}

/// The rows of each band: the least of all, then as much as is enough, then up to the most, from the top.
fn heights(bands: &[Band], room: u16) -> Vec<u16> {
    let mut heights: Vec<u16> = bands.iter().map(|band| band.least).collect();
    let mut left = room.saturating_sub(heights.iter().sum());
    for limit in [|band: &Band| band.enough, |band: &Band| band.most] {
        // A row for each in turn, so that none grows at the cost of the others.
        loop {
            let before = left;
            for (height, band) in heights.iter_mut().zip(bands) {
                if left > 0 && *height < limit(band) {
                    *height += 1;
                    left -= 1;
                }
            }
            if left == before {
                break;
            }
        }
    }
    heights
}

/// The first visible band, so that the focused one is on the screen in full.
fn first_band(heights: &[u16], focused: usize, room: u16) -> usize {
    let mut first = 0;
    while first < focused && heights[first..=focused].iter().sum::<u16>() > room {
        first += 1;
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(words: &[&str], height: u16) -> Vec<(bool, String)> {
        let ills: Vec<Ill> = words.iter().map(|words| Ill::new(Weight::Down, words, None)).collect();
        let laid = strip(&ills, Rect { x: 0, y: 0, width: 24, height });
        laid.into_iter().map(|row| (row.begins, row.words.into_string())).collect()
    }

    fn told(words: &[(bool, &str)]) -> Vec<(bool, String)> {
        words.iter().map(|(begins, words)| (*begins, (*words).to_owned())).collect()
    }

    #[test]
    fn a_sentence_is_told_to_its_end_where_there_is_room() {
        let long = "the disk is full: make room on it and look again";
        let whole = told(&[(true, "the disk is full:"), (false, "make room on it and"), (false, "look again")]);
        assert_eq!(rows(&[long], 12), whole);
        // The rest stays in the last row, to be cut with a mark.
        assert_eq!(rows(&[long], 8), told(&[(true, "the disk is full:"), (false, "make room on it and look again")]));
        let both = rows(&[long, "waha is away"], 16);
        assert_eq!(both, [whole, told(&[(true, "waha is away")])].concat());
    }

    #[test]
    fn what_has_no_room_is_counted() {
        let more = "and 3 more: open this to read all, or: mychatflow doctor";
        assert_eq!(rows(&["a", "b", "c", "d"], 8), told(&[(true, "a"), (true, more)]));
        assert_eq!(rows(&["a", "b"], 8), told(&[(true, "a"), (true, "b")]));
        assert_eq!(rows(&["a", "b"], 4), told(&[(true, "a")]), "one row is for the worst");
        assert_eq!(rows(&[], 8), []);
    }
}
