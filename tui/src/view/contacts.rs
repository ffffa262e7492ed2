//! People: who they are, and what the owner said about them.

use ratatui::layout::Rect;

use mychatflow_data::model::contact::{Contact, Review};

use super::aside;
use super::paint::{Keys, Paint, Span, below, first_row};
use super::table::{self, Empty, RowArea};
use crate::layout::{Layout, contacts, overlay};
use crate::state::State;
use crate::state::contacts::{TABS, facts, name, number, standing};
use crate::text::CleanText;
use crate::theme::Role;

/// From this width on a row has room for the tags.
const TAGS_FROM: u16 = 66;
/// Columns of phone, review and tags.
const PHONE: u16 = 16;
const REVIEW: u16 = 10;
const TAGS: u16 = 18;

/// Draws it.
pub fn draw(state: &State, layout: &Layout, paint: &mut Paint<'_>) {
    let Some(table) = layout.panes.table() else { return };
    filter(state, layout, paint);
    let words = state.contacts.words();
    let empty = match (&words, TABS[state.contacts.tab()]) {
        (Some(_), _) => {
            Empty { title: "Nobody fits these words", remedy: "Names and phone numbers are looked through." }
        }
        (None, (Some(Review::Unreviewed), _)) => Empty {
            title: "Nobody is left to be reviewed",
            remedy: "People known from before pairing stand here until you say who they are.",
        },
        (None, (Some(_), _)) => Empty { title: "Nobody here", remedy: "The tab \"all\" has everybody." },
        (None, (None, _)) => Empty {
            title: "Nobody here yet",
            remedy: "Whoever writes to one of your numbers is added by itself. Others come by hand, or from a file:\n\n  \
                     mychatflow contact import FILE --country DE",
        },
    };
    let head = head(table.head.width.saturating_sub(2));
    let head: [Span<'_>; 1] = [(&head, paint.style(Role::Muted))];
    table::draw(paint, &state.contacts.rows, table, &[], Keys::Here, &head, empty, row);
    aside::tabs(paint, &contacts::tabs(state, table.pane));
    if let (Some(area), Some(contact)) = (table.detail, state.contacts.rows.selected()) {
        detail(state, contact, area, paint);
    } else if let Some(area) = table.detail {
        aside::pane(paint, area, "");
    }
}

fn widths(width: u16) -> [u16; 4] {
    let tags = if width >= TAGS_FROM { TAGS } else { 0 };
    // What is fixed: three columns with their gaps, and the fourth where there is room.
    let rest = width.saturating_sub(PHONE + REVIEW + tags + 2 + u16::from(tags > 0));
    [rest, PHONE, REVIEW, tags]
}

fn cells(area: Rect) -> [Rect; 4] {
    let mut x = area.x;
    widths(area.width).map(|width| {
        let cell = Rect { x, width, ..area };
        x += width + 1;
        cell
    })
}

fn head(width: u16) -> String {
    let names = ["name", "phone", "review", "tags"];
    let words: Vec<String> = names
        .iter()
        .zip(widths(width))
        .filter(|(_, width)| *width > 0)
        .map(|(name, width)| crate::text::pad_right(name, usize::from(width)))
        .collect();
    words.join(" ")
}

fn row(paint: &mut Paint<'_>, contact: &Contact, row: &RowArea) {
    let [who, phone, review, tags] = cells(row.line(0));
    paint.text(who, name(contact).as_str(), row.style(paint, Role::Text));
    if contact.name.is_some() {
        paint.text(phone, number(contact).as_str(), row.style(paint, Role::Muted));
    }
    let bad = row.style(paint, Role::Bad);
    let role = match contact.review {
        Review::Unreviewed => Role::Warn,
        Review::New => Role::Info,
        Review::Customer => Role::Good,
        Review::Personal => Role::Muted,
    };
    let words = CleanText::line(&contact.tags.join(" "));
    let muted = row.style(paint, Role::Muted);
    match (contact.opted_out_at, tags.width) {
        // Where there is one column for both, that nobody may write counts more than who it is.
        (Some(_), 0) => {
            paint.text(review, "opted out", bad);
        }
        (Some(_), _) => {
            paint.text(review, contact.review.word(), row.style(paint, role));
            paint.line(tags, &[("opted out", bad), (" ", muted), (words.as_str(), muted)]);
        }
        (None, _) => {
            paint.text(review, contact.review.word(), row.style(paint, role));
            paint.text(tags, words.as_str(), muted);
        }
    }
}

fn filter(state: &State, layout: &Layout, paint: &mut Paint<'_>) {
    let (Some((line, words)), Some(input)) = (contacts::filter(state, layout.body), &state.contacts.find) else {
        return;
    };
    paint.text(line, paint.glyphs().prompt, paint.style(Role::Accent));
    if input.is_empty() {
        paint.text(words, " a name or a phone number", paint.style(Role::Faint));
    }
    if let Some(row) = overlay::field_rows(input, words).rows.first() {
        paint.text(words, row, paint.style(Role::Text));
    }
}

fn detail(state: &State, contact: &Contact, area: Rect, paint: &mut Paint<'_>) {
    let inner = aside::pane(paint, area, name(contact).as_str());
    let told = facts(contact, state.now, &state.zone);
    let used = table::facts(paint, inner, &told);
    let rest = below(inner, used + 1);
    paint.text(first_row(rest), "Chats", paint.style(Role::Title));
    let rest = below(rest, 1);
    match state.contacts.selected_shown() {
        None => {}
        Some(shown) if shown.chats.is_empty() => {
            paint.text(first_row(rest), "none yet", paint.style(Role::Faint));
        }
        Some(shown) => {
            let mut used = 0;
            for chat in &shown.chats {
                used +=
                    paint.wrapped(below(rest, used), &standing(chat, state.now, &state.zone), paint.style(Role::Text));
                if let Some(preview) = &chat.preview {
                    let words = CleanText::line(preview);
                    paint.text(first_row(below(rest, used)), words.as_str(), paint.style(Role::Muted));
                    used += 1;
                }
            }
        }
    }
}
