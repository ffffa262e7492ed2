//! Tabs in the upper border of a pane. Where not all of them fit, those around the one that is on are there.

use ratatui::layout::Rect;

use super::Hit;
use crate::text;

/// The longest title, in columns.
const TITLE_COLUMNS: usize = 20;

/// A tab that is visible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tab {
    /// Its place among all.
    pub at: usize,
    /// Where it stands.
    pub area: Rect,
    /// What stands there, in brackets when the tab is on.
    pub words: String,
}

/// Lays tabs into the upper border of a pane. Titles are clean text.
#[must_use]
pub fn place(titles: &[String], on: usize, pane: Rect) -> Vec<Tab> {
    let room = usize::from(pane.width.saturating_sub(4));
    let words: Vec<String> = titles
        .iter()
        .enumerate()
        .map(|(at, title)| {
            let title = text::cut(title, TITLE_COLUMNS);
            if at == on { format!("[{title}]") } else { format!(" {title} ") }
        })
        .collect();
    let wide = |range: std::ops::RangeInclusive<usize>| {
        words.get(range).map_or(0, |some| some.iter().map(|words| text::width(words)).sum::<usize>())
    };
    let mut from = 0;
    while from < on && wide(from..=on) > room {
        from += 1;
    }
    let mut x = pane.x + 2;
    let mut tabs = Vec::new();
    for (at, words) in words.into_iter().enumerate().skip(from) {
        let width = u16::try_from(text::width(&words)).unwrap_or(u16::MAX);
        if x.saturating_add(width) > pane.right().saturating_sub(2) {
            break;
        }
        tabs.push(Tab { at, area: Rect { x, width, height: pane.height.min(1), ..pane }, words });
        x += width;
    }
    tabs
}

/// Makes tabs clickable.
pub fn hits(tabs: &[Tab], hits: &mut Vec<(Rect, Hit)>) {
    hits.extend(tabs.iter().map(|tab| (tab.area, Hit::Tab(tab.at))));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tab_that_is_on_is_always_there() {
        let titles: Vec<String> = ["business", "Main", "Bakery counter, second phone"].map(str::to_owned).to_vec();
        let pane = Rect::new(5, 1, 30, 9);
        let words = |on| place(&titles, on, pane).into_iter().map(|tab| tab.words).collect::<Vec<_>>();
        assert_eq!(words(0), ["[business]", " Main "]);
        assert_eq!(words(2), ["[Bakery counter, sec…]"]);
        assert_eq!(place(&titles, 1, pane)[1].area, Rect::new(17, 1, 6, 1));
    }
}
