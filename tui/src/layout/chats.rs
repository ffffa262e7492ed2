//! Chats: a list and a thread side by side where there is room, one at a time where there is not.

use mychatflow_data::ids::ChatId;
use ratatui::layout::Rect;

use super::overlay::field_rows;
use super::table::{self, TableLayout};
use super::{Hit, Layout, Panes};
use crate::bubble::{Around, bubble};
use crate::state::State;
use crate::state::chats::{Pane, Tab};
use crate::state::thread::{Anchor, End, Entry, EntryId, Thread};
use crate::text;
use crate::theme::Glyphs;

/// From this width on list and thread stand side by side.
const BOTH_FROM: u16 = 92;
/// The most rows of the composer.
const COMPOSER_MAX: u16 = 6;

/// Where the list stands.
#[derive(Debug, Clone, PartialEq)]
pub struct ListPane {
    /// The list.
    pub table: TableLayout,
    /// The tabs that fit, with their areas.
    pub tabs: Vec<(Tab, Rect)>,
    /// The field of the filter.
    pub find: Option<Rect>,
}

/// A message on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its place among the thread's entries.
    pub at: usize,
    /// Which.
    pub id: EntryId,
    /// Its first row, counted from the log's first row; it may be above it.
    pub y: i32,
    /// Its rows.
    pub height: u16,
}

/// Where the thread stands.
#[derive(Debug, Clone, PartialEq)]
pub struct ThreadLayout {
    /// Whose it is.
    pub chat: Option<ChatId>,
    /// With its border.
    pub pane: Rect,
    /// The line under the title: state and tags.
    pub facts: Rect,
    /// The messages.
    pub log: Rect,
    /// What is written.
    pub composer: Rect,
    /// The messages on the screen, top to bottom.
    pub placed: Vec<Placed>,
    /// Whether the newest message is on the screen.
    pub end: Sight,
}

/// Whether something is on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// It is.
    Seen,
    /// It is not.
    Hidden,
}

/// Where chats stand.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatsLayout {
    /// The list.
    pub list: Option<ListPane>,
    /// The thread.
    pub thread: Option<ThreadLayout>,
}

/// Do list and thread stand side by side?
#[must_use]
pub const fn is_wide(body: Rect) -> bool {
    body.width >= BOTH_FROM
}

/// Lays the screen.
#[must_use]
pub fn lay(state: &State, laid: &mut Layout) -> Panes {
    let body = laid.body;
    let chats = &state.chats;
    let (list, thread) = if is_wide(body) {
        let width = (body.width * 2 / 5).clamp(38, 60);
        let left = Rect { width, ..body };
        (Some(left), Some(Rect { x: left.right(), width: body.width - width, ..body }))
    } else if chats.focus == Pane::List || chats.thread.is_none() {
        (Some(body), None)
    } else {
        (None, Some(body))
    };
    let list = list.map(|area| lay_list(state, area, laid));
    let thread = thread.map(|area| lay_thread(state, area, laid));
    Panes::Chats(Box::new(ChatsLayout { list, thread }))
}

fn lay_list(state: &State, area: Rect, laid: &mut Layout) -> ListPane {
    let chats = &state.chats;
    laid.hits.push((area, Hit::Pane(0)));
    // The detail stands in the thread's pane, never beside the list.
    let table = table::place(&chats.rows, 2, area, u16::MAX, &mut laid.hits);
    let head = table.head;
    let find = chats.find.as_ref().map(|input| {
        let field = Rect { x: head.x + 8, width: head.width.saturating_sub(9), ..head };
        if chats.filter_open() {
            laid.cursor = field_rows(input, field).cursor.map(|(x, y)| (field.x + x, field.y + y).into());
        }
        field
    });
    let mut tabs = Vec::new();
    if find.is_none() {
        let here = Tab::ALL.iter().position(|tab| *tab == chats.tab).unwrap_or(0);
        let wide = |tab: Tab| u16::try_from(text::width(&tab_words(state, tab))).unwrap_or(0) + 2;
        // The first tabs make room until the one that is on fits.
        let mut from = 0;
        while from < here && Tab::ALL[from..=here].iter().map(|tab| wide(*tab)).sum::<u16>() + 2 > head.width {
            from += 1;
        }
        let mut x = head.x + 1;
        for (at, tab) in Tab::ALL.iter().enumerate().skip(from) {
            let width = wide(*tab) - 2;
            // The last column tells that there are more.
            if x + width + 2 > head.right() {
                break;
            }
            let area = Rect { x, width, ..head };
            laid.hits.push((area, Hit::Tab(at)));
            tabs.push((*tab, area));
            x += width + 2;
        }
    }
    ListPane { table, tabs, find }
}

/// A tab's name with how many chats are in it.
#[must_use]
pub fn tab_words(state: &State, tab: Tab) -> String {
    use mychatflow_data::model::chat::ChatState as S;
    let count = state.dashboard.overview.as_ref().map(|overview| {
        let chats = &overview.chats;
        match tab {
            Tab::Inbox => chats.needs_you + chats.assistant + chats.waiting,
            Tab::In(S::NeedsYou) => chats.needs_you,
            Tab::In(S::Assistant) => chats.assistant,
            Tab::In(S::Waiting) => chats.waiting,
            Tab::In(S::Snoozed) => chats.snoozed,
            Tab::In(S::Done) => chats.done,
            Tab::All => chats.needs_you + chats.assistant + chats.waiting + chats.snoozed + chats.done,
        }
    });
    count.map_or_else(|| tab.title().to_owned(), |count| format!("{} {count}", tab.title()))
}

fn lay_thread(state: &State, pane: Rect, laid: &mut Layout) -> ThreadLayout {
    laid.hits.push((pane, Hit::Pane(1)));
    let inner = Rect {
        x: pane.x + 1,
        y: pane.y + 1,
        width: pane.width.saturating_sub(2),
        height: pane.height.saturating_sub(2),
    };
    let facts = Rect { height: inner.height.min(1), ..inner };
    let Some(thread) = &state.chats.thread else {
        let log = Rect { y: facts.bottom(), height: inner.height - facts.height, ..inner };
        let composer = Rect { y: log.bottom(), height: 0, ..inner };
        return ThreadLayout { chat: None, pane, facts, log, composer, placed: Vec::new(), end: Sight::Seen };
    };
    let field = |height| Rect { x: inner.x + 2, width: inner.width.saturating_sub(3), height, ..inner };
    let wanted = field_rows(&thread.composer, field(COMPOSER_MAX)).rows.len();
    let rows = u16::try_from(wanted).unwrap_or(1).clamp(1, COMPOSER_MAX).min(inner.height / 3);
    let composer = Rect { y: inner.bottom().saturating_sub(rows), ..field(rows) };
    // A rule stands above the composer.
    let log = Rect {
        y: facts.bottom(),
        height: composer.y.saturating_sub(1).saturating_sub(facts.bottom()),
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
    };
    laid.hits.push((Rect { x: inner.x, width: inner.width, ..composer }, Hit::Pane(2)));
    if state.chats.focus == Pane::Composer {
        laid.cursor =
            field_rows(&thread.composer, composer).cursor.map(|(x, y)| (composer.x + x, composer.y + y).into());
    }
    let placed = place(state, thread, log);
    let last = thread.entries(&state.outbox).len();
    let end = match placed.last() {
        Some(placed) if placed.at + 1 < last => Sight::Hidden,
        Some(placed) if placed.y + i32::from(placed.height) > i32::from(log.height) + 1 => Sight::Hidden,
        _ if thread.newer != End::Thread => Sight::Hidden,
        _ => Sight::Seen,
    };
    for placed in &placed {
        let top = placed.y.max(0);
        let bottom = (placed.y + i32::from(placed.height)).min(i32::from(log.height));
        if let (Ok(top), Ok(height)) = (u16::try_from(top), u16::try_from(bottom - top)) {
            laid.hits.push((Rect { y: log.y + top, height, ..log }, Hit::Message(placed.id)));
        }
    }
    ThreadLayout { chat: Some(thread.id()), pane, facts, log, composer, placed, end }
}

/// Stands the messages around the anchor.
fn place(state: &State, thread: &Thread, log: Rect) -> Vec<Placed> {
    let entries = thread.entries(&state.outbox);
    if entries.is_empty() || log.height == 0 {
        return Vec::new();
    }
    let glyphs = Glyphs::unicode();
    let around = Around { now: state.now, zone: &state.zone, glyphs: &glyphs, width: log.width };
    let height = |at: usize| bubble(entries[at], at.checked_sub(1).map(|above| entries[above].at()), around).height();
    let room = i32::from(log.height);
    let of = |at: usize, y: i32, height: u16| Placed { at, id: entries[at].id(), y, height };
    let last = entries.len() - 1;
    let found = |id: EntryId| entries.iter().position(|entry: &Entry<'_>| entry.id() == id);
    let (start, bottom) = match thread.anchor {
        // The gap under the newest message may fall below the edge.
        Anchor::Bottom => (last, room + 1),
        Anchor::At(id, rows) => found(id).map_or((last, room + 1), |at| (at, room - rows)),
    };
    let mut placed = Vec::new();
    let mut y = bottom;
    let mut at = start;
    loop {
        let tall = height(at);
        y -= i32::from(tall);
        placed.push(of(at, y, tall));
        if y <= 0 || at == 0 {
            break;
        }
        at -= 1;
    }
    placed.reverse();
    let mut y = bottom;
    for at in start + 1..entries.len() {
        if y >= room {
            break;
        }
        let tall = height(at);
        placed.push(of(at, y, tall));
        y += i32::from(tall);
    }
    // No empty rows at the top while there is more below, and none at the bottom while there is more above.
    let top = placed.first().map_or(0, |placed| placed.y);
    let end = placed.last().map_or(0, |placed| placed.y + i32::from(placed.height));
    let shift = if placed.last().is_some_and(|placed| placed.at == last) && end < room + 1 && top < 0 {
        (room + 1 - end).min(-top)
    } else if placed.first().is_some_and(|placed| placed.at == 0) && top > 0 {
        -top
    } else {
        0
    };
    for placed in &mut placed {
        placed.y += shift;
    }
    placed.retain(|placed| placed.y < room && placed.y + i32::from(placed.height) > 0);
    placed
}
