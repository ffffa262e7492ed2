//! People: who they are, and what the owner said about them.

use mychatflow_data::model::contact::{ConsentState, Contact, Review};
use ratatui::layout::Rect;

use super::paint::{Keys, Paint, Span, below, first_row};
use super::table::{self, Empty, RowArea};
use super::{aside, filter};
use crate::action::Action;
use crate::keymap::Scope;
use crate::layout::filter::line as filter_line;
use crate::layout::{Layout, contacts};
use crate::state::contacts::{TABS, facts, merged, name, number, standing};
use crate::state::{Screen, State};
use crate::text::{self, CleanText};
use crate::theme::Role;

/// From this width on a row has room for language and tags.
const TAGS_FROM: u16 = 66;
/// From this width on it has room for what was said about consent in a word.
const CONSENT_FROM: u16 = 84;
/// What may be typed into the filter.
const QUERY: &str = "a name, or tag:vip last_in:<30d -opted_out";

/// Draws it.
pub fn draw(state: &State, layout: &Layout, paint: &mut Paint<'_>) {
    let Some(table) = layout.panes.table() else { return };
    query(state, layout, paint);
    let words = state.contacts.words();
    let key = |action| state.keymap.key_of(&[Scope::Contacts], action).unwrap_or_default();
    let mut nobody = "Whoever writes to one of your numbers is added by itself.".to_owned();
    if state.may(Screen::Contacts, Action::Add) {
        let (add, import) = (key(Action::Add), key(Action::Import));
        nobody.push_str(&format!(" Others come by hand ({add}), or from a file ({import})."));
    }
    let empty = match (&words, TABS[state.contacts.tab()]) {
        (Some(_), _) => Empty {
            title: "Nobody fits this filter",
            remedy: "Words look through names and phone numbers. tag:vip, city:Berlin, last_in:<30d and others look at \
                         one thing each; a minus before one turns it around: -opted_out.",
        },
        (None, (Some(Review::Unreviewed), _)) => Empty {
            title: "Nobody is left to be reviewed",
            remedy: "People known from before pairing stand here until you say who they are.",
        },
        (None, (Some(_), _)) => Empty { title: "Nobody here", remedy: "The tab \"all\" has everybody." },
        (None, (None, _)) => Empty { title: "Nobody here yet", remedy: &nobody },
    };
    let head = head(state, table.head.width.saturating_sub(2));
    let head: [Span<'_>; 1] = [(&head, paint.style(Role::Muted))];
    let keys = if state.contacts.filter_open() { Keys::Elsewhere } else { Keys::Here };
    table::draw(paint, &state.contacts.rows, table, &[], keys, &head, empty, |paint, contact, line| {
        row(state, contact, line, paint);
    });
    aside::tabs(paint, &contacts::tabs(state, table.pane));
    edge(state, table.pane, paint);
    if let (Some(area), Some(contact)) = (table.detail, state.contacts.rows.selected()) {
        detail(state, contact, area, paint);
    } else if let Some(area) = table.detail {
        aside::pane(paint, area, "");
    }
}

/// Columns: mark, name, phone, review, consent, language, tags. Those without room have no width.
fn widths(state: &State, width: u16) -> [u16; 7] {
    let mark = u16::from(!state.contacts.marked.is_empty());
    let consent = if width >= CONSENT_FROM { 7 } else { 2 };
    let (language, tags) = match width {
        CONSENT_FROM.. => (4, 24),
        TAGS_FROM.. => (4, 12),
        _ => (0, 0),
    };
    let fixed = [mark, 16, 10, consent, language, tags];
    let used: u16 = fixed.iter().filter(|width| **width > 0).map(|width| width + 1).sum();
    [mark, width.saturating_sub(used), 16, 10, consent, language, tags]
}

fn cells(state: &State, area: Rect) -> [Rect; 7] {
    let mut x = area.x;
    widths(state, area.width).map(|width| {
        let width = width.min(area.right().saturating_sub(x));
        let cell = Rect { x, width, ..area };
        x += if width > 0 { width + 1 } else { 0 };
        cell
    })
}

fn head(state: &State, width: u16) -> String {
    let widths = widths(state, width);
    let consent = if widths[4] > 2 { "consent" } else { "ok" };
    let names = ["", "name", "phone", "review", consent, "lang", "tags"];
    let words: Vec<String> = names
        .iter()
        .zip(widths)
        .filter(|(_, width)| *width > 0)
        .map(|(name, width)| text::pad_right(name, usize::from(width)))
        .collect();
    words.join(" ")
}

fn row(state: &State, contact: &Contact, line: &RowArea, paint: &mut Paint<'_>) {
    let [mark, who, phone, review, consent, language, tags] = cells(state, line.line(0));
    let glyphs = paint.glyphs();
    let marked = state.contacts.marked.contains_key(&contact.id);
    let (sign, role) = if marked { (glyphs.check_on, Role::Accent) } else { (glyphs.check_off, Role::Faint) };
    paint.text(mark, sign, line.style(paint, role));
    paint.text(who, name(contact).as_str(), line.style(paint, Role::Text));
    if contact.name.is_some() {
        paint.text(phone, number(contact).as_str(), line.style(paint, Role::Muted));
    }
    // That nobody may write counts more than who it is.
    let (word, role) = match (contact.opted_out_at, contact.review) {
        (Some(_), _) => ("opted out", Role::Bad),
        (None, Review::Unreviewed) => (contact.review.word(), Role::Warn),
        (None, Review::New) => (contact.review.word(), Role::Info),
        (None, Review::Customer) => (contact.review.word(), Role::Good),
        (None, Review::Personal) => (contact.review.word(), Role::Muted),
    };
    paint.text(review, word, line.style(paint, role));
    let said = contact.consent.as_ref().map(|consent| consent.state);
    let (sign, role) = match said {
        Some(ConsentState::Given) => (glyphs.sent, Role::Good),
        Some(ConsentState::Refused) => (glyphs.failed, Role::Bad),
        None => (glyphs.separator, Role::Faint),
    };
    let word = said.filter(|_| consent.width > 2).map_or(sign, ConsentState::word);
    paint.text(consent, word, line.style(paint, role));
    let muted = line.style(paint, Role::Muted);
    paint.text(language, CleanText::line(contact.language.as_deref().unwrap_or_default()).as_str(), muted);
    paint.text(tags, CleanText::line(&contact.tags.join(" ")).as_str(), muted);
}

/// What is typed, which segment it is, and what is wrong with it.
fn query(state: &State, layout: &Layout, paint: &mut Paint<'_>) {
    let Some(input) = &state.contacts.find else { return };
    filter::draw(input, layout.body, QUERY, paint);
    let (line, _) = filter_line(layout.body);
    if let Some(segment) = state.contacts.segment() {
        let people = if segment.people == 1 { "1 person".to_owned() } else { format!("{} people", segment.people) };
        let told = format!(" {}: {people}", CleanText::line(&segment.name));
        if text::width(&input.text()) + text::width(&told) + 4 < usize::from(line.width) {
            paint.right(line, &[(&told, paint.style(Role::Accent))]);
        }
    }
    if let (Some(area), Some(wrong)) = (contacts::wrong(state, layout.body), &state.contacts.wrong) {
        let style = paint.style(Role::Bad);
        let used = paint.text(first_row(area), paint.glyphs().failed, style);
        let area = super::paint::after(area, used + 1);
        paint.wrapped(area, CleanText::line(wrong).as_str(), style);
    }
}

/// On the lower border: how many are marked, or how many the daemon was told of.
fn edge(state: &State, pane: Rect, paint: &mut Paint<'_>) {
    let contacts = &state.contacts;
    let import = contacts.import.as_ref().filter(|import| import.is_running());
    let words = match (contacts.bulk.is_done(), contacts.marked.len(), import) {
        (false, ..) => {
            let (told, of) = contacts.bulk.told();
            format!(" told {told} of {of} ")
        }
        (true, 0, None) => return,
        (true, 0, Some(import)) => {
            let key = state.keymap.key_of(&[Scope::Contacts], Action::Import).unwrap_or_default();
            format!(" importing: {} rows so far; {key} shows it ", import.told.rows)
        }
        (true, marked, _) => format!(" {marked} marked "),
    };
    let edge =
        Rect { x: pane.x + 2, y: pane.bottom().saturating_sub(1), width: pane.width.saturating_sub(4), height: 1 };
    paint.text(edge, &words, paint.style(Role::Accent));
}

fn detail(state: &State, contact: &Contact, area: Rect, paint: &mut Paint<'_>) {
    let inner = aside::pane(paint, area, name(contact).as_str());
    let known = facts(contact, state.now, &state.zone);
    let told: Vec<(&str, String, Role)> =
        known.iter().map(|(name, words, role)| (name.as_str(), words.clone(), *role)).collect();
    let used = table::facts(paint, inner, &told);
    let rest = below(inner, used + 1);
    paint.text(first_row(rest), "Chats", paint.style(Role::Title));
    let rest = below(rest, 1);
    match state.contacts.selected_shown() {
        None => {}
        Some(shown) => {
            let mut used = 0;
            if shown.chats.is_empty() {
                used += paint.wrapped(rest, "none yet", paint.style(Role::Faint));
            }
            for chat in &shown.chats {
                used +=
                    paint.wrapped(below(rest, used), &standing(chat, state.now, &state.zone), paint.style(Role::Text));
                if let Some(preview) = &chat.preview {
                    let words = CleanText::line(preview);
                    paint.text(first_row(below(rest, used)), words.as_str(), paint.style(Role::Muted));
                    used += 1;
                }
            }
            if !shown.merges.is_empty() {
                paint.text(first_row(below(rest, used + 1)), "Also this person", paint.style(Role::Title));
                used += 2;
            }
            for merge in &shown.merges {
                let words = merged(merge, state.now, &state.zone);
                used += paint.wrapped(below(rest, used), &words, paint.style(Role::Text));
            }
        }
    }
}
