//! Where overlays stand.

use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;

use super::table::{self, TableLayout};
use super::{Hit, Layout, pairing, wizard};
use crate::state::State;
use crate::state::confirm::Confirm;
use crate::state::form::Form;
use crate::state::input::Input;
use crate::state::list::RowKey;
use crate::state::overlay::{Overlay, Picker, PickerKind, Reader, ReaderLine};
use crate::state::triage::{Finding, Triage};
use crate::text;
use crate::widgets::qr::Rung;

/// Where an overlay stands.
#[derive(Debug, Clone, PartialEq)]
pub struct OverlayLayout {
    /// With its border.
    pub area: Rect,
    /// Without.
    pub inner: Rect,
    /// What is in it.
    pub parts: Parts,
}

/// What is in an overlay.
#[derive(Debug, Clone, PartialEq)]
pub enum Parts {
    /// A text of so many rows; the first visible one.
    Reader {
        /// The first visible row.
        first: usize,
        /// How many rows there are.
        total: usize,
    },
    /// A field to type in, and a list.
    Picker {
        /// The field.
        input: Rect,
        /// The list.
        list: Rect,
        /// The first visible item.
        first: usize,
        /// Lines of one item.
        tall: u16,
        /// Where the selected one stands in full; empty where that is not shown.
        preview: Rect,
    },
    /// Fields, each with its label's line above and a line below for its hint or mistake.
    Form {
        /// The sentence above them.
        intro: Rect,
        /// The fields' own areas; empty where there is no room.
        fields: Vec<Rect>,
        /// The line at the end.
        foot: Rect,
    },
    /// A question.
    Confirm,
    /// A pairing code takes the whole screen.
    Pairing {
        /// Where the code may be.
        code: Rect,
        /// Where the words are.
        words: Rect,
        /// How the code is drawn.
        rung: Rung,
    },
    /// A list with marks.
    Triage {
        /// The list.
        table: TableLayout,
        /// The line above it: what it is for, or the words of the filter.
        head: Rect,
        /// The lines below it.
        foot: Rect,
    },
    /// A campaign being made takes the whole screen.
    Wizard(wizard::WizardLayout),
}

/// Which overlay is the topmost one: its kind, its heading, and how many lie under it.
#[must_use]
pub fn topmost(state: &State) -> Option<RowKey> {
    let id;
    let (kind, title) = match state.overlays.last()? {
        Overlay::Reader(reader) => ("reader", reader.title.as_str()),
        Overlay::Picker(picker) => ("picker", picker.title.as_str()),
        Overlay::Form(form) => ("form", form.title.as_str()),
        Overlay::Confirm(confirm) => ("confirm", confirm.title().as_str()),
        Overlay::Pairing(_) => ("pairing", ""),
        Overlay::Triage(_) => ("triage", ""),
        Overlay::Person(person) => {
            id = person.id.to_string();
            ("person", id.as_str())
        }
        Overlay::Import(_) => ("import", ""),
        Overlay::Wizard(_) => ("wizard", ""),
    };
    Some(RowKey::of(&(state.overlays.len(), kind, title)))
}

/// Lays all overlays.
pub fn lay(state: &State, laid: &mut Layout) {
    let count = state.overlays.len();
    for (at, overlay) in state.overlays.iter().enumerate() {
        if at + 1 == count {
            laid.hits.clear();
            laid.cursor = None;
        }
        let one = match overlay {
            Overlay::Reader(reader) => lay_reader(reader, laid),
            Overlay::Picker(picker) => lay_picker(picker, laid),
            Overlay::Form(form) => lay_form(form, laid),
            Overlay::Confirm(confirm) => lay_confirm(confirm, laid),
            Overlay::Pairing(pairing) => pairing::lay(pairing, state, laid),
            Overlay::Triage(triage) => lay_triage(triage, laid),
            Overlay::Person(person) => lay_sheet(&person.reader, laid),
            Overlay::Import(reader) => lay_sheet(reader, laid),
            Overlay::Wizard(it) => wizard::lay(it, state, laid),
        };
        laid.overlays.push(one);
    }
}

fn lay_reader(reader: &Reader, laid: &mut Layout) -> OverlayLayout {
    let width = room(laid).width.saturating_sub(2).min(84);
    let total = reader_rows(reader, width.saturating_sub(4)).len();
    let height = u16::try_from(total + 2).unwrap_or(u16::MAX).clamp(5, room(laid).height.saturating_sub(2).max(5));
    let area = centred(room(laid), width, height);
    let inner = inside(area);
    let first = reader.scroll.min(total.saturating_sub(usize::from(inner.height)));
    laid.hits.push((area, Hit::Overlay));
    OverlayLayout { area, inner, parts: Parts::Reader { first, total } }
}

/// From this width on a sheet leaves room around it.
const SHEET_FROM: u16 = 90;

/// A text with a line of keys under it; where there is little room it takes all of it.
fn lay_sheet(reader: &Reader, laid: &mut Layout) -> OverlayLayout {
    let room = room(laid);
    let width = if room.width < SHEET_FROM { room.width } else { 84 };
    let total = reader_rows(reader, width.saturating_sub(4)).len();
    let height = match room.width < SHEET_FROM {
        true => room.height,
        false => u16::try_from(total + 4).unwrap_or(u16::MAX).clamp(12, room.height.saturating_sub(2).max(12)),
    };
    let area = centred(room, width, height);
    let whole = inside(area);
    let inner = Rect { height: whole.height.saturating_sub(2), ..whole };
    let first = reader.scroll.min(total.saturating_sub(usize::from(inner.height)));
    laid.hits.push((area, Hit::Overlay));
    OverlayLayout { area, inner, parts: Parts::Reader { first, total } }
}

/// The line of keys under a sheet.
#[must_use]
pub fn sheet_foot(laid: &OverlayLayout) -> Rect {
    let whole = inside(laid.area);
    Rect { y: whole.bottom().saturating_sub(1), height: whole.height.min(1), ..whole }
}

/// The most rows that a refusal takes at the end of a form.
const REFUSAL: u16 = 4;

/// Columns of the names of facts and keys in a reader: as wide as the longest, within two fifths of the width.
#[must_use]
pub fn lead(reader: &Reader, width: u16) -> u16 {
    let names = reader.lines.iter().filter_map(|line| match line {
        ReaderLine::Key(name, value) | ReaderLine::Fact(name, value) if !value.is_empty() => Some(name.width() + 2),
        _ => None,
    });
    u16::try_from(names.max().unwrap_or(0)).unwrap_or(u16::MAX).min(width * 2 / 5)
}

/// The rows of a reader: which line each belongs to, its part of the line's name, and its part of the words.
#[must_use]
pub fn reader_rows(reader: &Reader, width: u16) -> Vec<(usize, String, String)> {
    let width = width.max(10);
    let lead = lead(reader, width);
    let whole = usize::from(width);
    let room = usize::from(width - lead).max(8);
    let mut rows = Vec::new();
    for (at, line) in reader.lines.iter().enumerate() {
        match line {
            ReaderLine::Words(text)
            | ReaderLine::Template(text)
            | ReaderLine::Bad(text)
            | ReaderLine::Heading(text) => {
                rows.extend(
                    text::wrap(text.as_str(), whole).into_iter().map(|row| (at, String::new(), row.to_owned())),
                );
            }
            // A fact that is said by its name alone has the whole width.
            ReaderLine::Fact(name, value) | ReaderLine::Key(name, value) if value.is_empty() => {
                rows.extend(
                    text::wrap(name.as_str(), whole).into_iter().map(|row| (at, row.to_owned(), String::new())),
                );
            }
            ReaderLine::Fact(name, value) | ReaderLine::Key(name, value) => {
                let names = text::wrap(name.as_str(), usize::from(lead.saturating_sub(2)).max(4));
                let values = text::wrap(value.as_str(), room);
                for row in 0..names.len().max(values.len()) {
                    let part = |parts: &[&str]| parts.get(row).map(|part| (*part).to_owned()).unwrap_or_default();
                    rows.push((at, part(&names), part(&values)));
                }
            }
            ReaderLine::Gap => rows.push((at, String::new(), String::new())),
        }
    }
    rows
}

/// Rows under the list of a picker of texts: a rule, and the selected text.
const PREVIEW: u16 = 6;

fn lay_picker(picker: &Picker, laid: &mut Layout) -> OverlayLayout {
    let tall = if matches!(picker.kind, PickerKind::Search { .. }) { 2 } else { 1 };
    let wide = u16::try_from(picker.title.width()).unwrap_or(u16::MAX).saturating_add(6).max(80);
    let width = room(laid).width.saturating_sub(2).min(wide);
    let rows = u16::try_from(picker.shown.len().max(3)).unwrap_or(u16::MAX).saturating_mul(tall);
    let below = if matches!(picker.kind, PickerKind::QuickReply(_)) { PREVIEW } else { 0 };
    let height = rows.saturating_add(4 + below).clamp(8, room(laid).height.saturating_sub(2).clamp(8, 24 + below));
    let mut area = centred(room(laid), width, height);
    area.y = area.y.min(room(laid).y + 2);
    let inner = inside(area);
    let input = Rect { x: inner.x + 2, width: inner.width.saturating_sub(2), height: 1, ..inner };
    let below = if inner.height > below + 3 { below } else { 0 };
    let list = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2 + below), ..inner };
    let preview = Rect { y: list.bottom(), height: below, ..inner };
    let fits = usize::from((list.height / tall).max(1));
    let first = match picker.selected {
        at if at < picker.top => at,
        at if at >= picker.top + fits => at + 1 - fits,
        _ => picker.top,
    };
    let first = first.min(picker.shown.len().saturating_sub(fits));
    laid.hits.push((area, Hit::Overlay));
    for (place, at) in (0..fits).zip(first..picker.shown.len()) {
        let y = list.y + u16::try_from(place).unwrap_or(0) * tall;
        if let Some(item) = picker.shown.get(at).and_then(|(item, _)| picker.items.get(*item)) {
            laid.hits.push((Rect { y, height: tall, ..list }, Hit::OverlayRow(RowKey::of(&item.pick))));
        }
    }
    laid.cursor = field_rows(&picker.input, input).cursor.map(|(x, y)| (input.x + x, input.y + y).into());
    OverlayLayout { area, inner, parts: Parts::Picker { input, list, first, tall, preview } }
}

fn lay_form(form: &Form, laid: &mut Layout) -> OverlayLayout {
    let width = room(laid).width.saturating_sub(2).min(76);
    let intro_rows = match form.intro.as_str() {
        "" => 0,
        words => text::wrap(words, usize::from(width.saturating_sub(4))).len() + 1,
    };
    let intro_rows = u16::try_from(intro_rows).unwrap_or(0);
    let rows: u16 = form.fields.iter().map(|field| field.rows + 2).sum();
    let foot_rows = form.refusal.as_ref().map_or(1, |words| {
        let rows =
            text::wrap(&format!("x {}", words.as_str().replace('\n', " ")), usize::from(width.saturating_sub(4))).len();
        u16::try_from(rows).unwrap_or(REFUSAL).clamp(1, REFUSAL)
    });
    let area = centred(room(laid), width, intro_rows + rows + 3 + foot_rows);
    let inner = inside(area);
    let intro = Rect { height: intro_rows.min(inner.height), ..inner };
    let foot_rows = foot_rows.min(inner.height);
    let foot = Rect { y: inner.bottom() - foot_rows, height: foot_rows, ..inner };
    let room = foot.y.saturating_sub(intro.bottom());
    // Where not all fields fit, the first ones make room until the one in focus is there.
    let tall = |at: usize| form.fields[at].rows + 2;
    let mut from = 0;
    while from < form.focus && (from..=form.focus).map(tall).sum::<u16>() > room {
        from += 1;
    }
    let mut y = intro.bottom();
    let mut fields = vec![Rect::default(); form.fields.len()];
    laid.hits.push((area, Hit::Overlay));
    for at in from..form.fields.len() {
        if y + tall(at) > foot.y {
            break;
        }
        fields[at] = Rect { y: y + 1, height: form.fields[at].rows, ..inner };
        laid.hits.push((Rect { y, height: tall(at), ..inner }, Hit::Field(at)));
        y += tall(at);
    }
    if let (Some(field), Some(rect)) = (form.fields.get(form.focus), fields.get(form.focus)) {
        let rect = field_area(*rect);
        laid.cursor = field_rows(&field.input, rect).cursor.map(|(x, y)| (rect.x + x, rect.y + y).into());
    }
    OverlayLayout { area, inner, parts: Parts::Form { intro, fields, foot } }
}

/// The part of a field in which its text stands.
#[must_use]
pub const fn field_area(field: Rect) -> Rect {
    Rect { x: field.x + 1, y: field.y, width: field.width.saturating_sub(2), height: field.height }
}

fn lay_confirm(confirm: &Confirm, laid: &mut Layout) -> OverlayLayout {
    // The heading names who it is about: it gets what room there is.
    let wide = u16::try_from(confirm.title().width()).unwrap_or(u16::MAX).saturating_add(6).max(64);
    let width = room(laid).width.saturating_sub(4).min(wide);
    let rows = text::wrap(confirm.text().as_str(), usize::from(width.saturating_sub(4))).len();
    let height = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(4).min(room(laid).height);
    let area = centred(room(laid), width, height);
    laid.hits.push((area, Hit::Overlay));
    OverlayLayout { area, inner: inside(area), parts: Parts::Confirm }
}

/// A list with marks over the whole height, a line above it and two below.
fn lay_triage(triage: &Triage, laid: &mut Layout) -> OverlayLayout {
    let area = centred(laid.area, 96, laid.area.height);
    let head = Rect { x: area.x + 2, width: area.width.saturating_sub(4), height: area.height.min(1), ..area };
    let foot_rows = area.height.saturating_sub(1).min(2);
    let foot = Rect { y: area.bottom() - foot_rows, height: foot_rows, ..head };
    let list = Rect { y: head.bottom(), height: foot.y - head.bottom(), ..area };
    let mut hits = Vec::new();
    let table = table::place(&triage.rows, 1, list, u16::MAX, &mut hits);
    laid.hits.push((laid.area, Hit::Overlay));
    laid.hits.extend(hits);
    if triage.finding == Finding::Open {
        let field = triage_field(head);
        laid.cursor = field_rows(&triage.find, field).cursor.map(|(x, y)| (field.x + x, field.y + y).into());
    }
    OverlayLayout { area: laid.area, inner: area, parts: Parts::Triage { table, head, foot } }
}

/// The part of the line above the list in which the words of the filter stand.
#[must_use]
pub const fn triage_field(head: Rect) -> Rect {
    Rect { x: head.x + 2, y: head.y, width: head.width.saturating_sub(2), height: head.height }
}

/// Where overlays stand: beside the sidebar, so that nothing of it shows through at their edge.
fn room(laid: &Layout) -> Rect {
    // Over something that takes the whole screen, the middle is the screen's.
    if laid.overlays.iter().any(|below| below.area == laid.area) {
        return laid.area;
    }
    Rect { x: laid.sidebar.right(), width: laid.area.width - laid.sidebar.width, ..laid.area }
}

pub(super) fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

/// The area within a border and a column of air.
#[must_use]
pub const fn inside(area: Rect) -> Rect {
    Rect { x: area.x + 2, y: area.y + 1, width: area.width.saturating_sub(4), height: area.height.saturating_sub(2) }
}

/// A field's text as it stands in an area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldRows {
    /// The visible rows.
    pub rows: Vec<String>,
    /// Where the cursor is in them: column and row.
    pub cursor: Option<(u16, u16)>,
}

/// Wraps a field's text into an area, so that the cursor is visible.
#[must_use]
pub fn field_rows(input: &Input, area: Rect) -> FieldRows {
    if area.width < 2 || area.height == 0 {
        return FieldRows { rows: Vec::new(), cursor: None };
    }
    let columns = usize::from(area.width) - 1;
    let (cursor_line, cursor_char) = input.cursor();
    let mut rows: Vec<String> = Vec::new();
    let mut cursor = (0, 0);
    for (at, line) in input.lines().iter().enumerate() {
        let (mut row, mut width, mut chars) = (String::new(), 0, 0);
        if at == cursor_line && cursor_char == 0 {
            cursor = (0, rows.len());
        }
        // Where the row may end: behind its last space.
        let mut end: Option<usize> = None;
        for grapheme in line.graphemes(true) {
            // A sign that asks for the coloured form of the character before it; terminals disagree about its width.
            let drawn = grapheme.replace('\u{fe0f}', "");
            let wide = text::width(&drawn);
            if width + wide > columns {
                let rest = end.take().map(|bytes| row.split_off(bytes)).unwrap_or_default();
                if cursor.1 == rows.len() && at == cursor_line && !rest.is_empty() {
                    let kept = text::width(&row);
                    if cursor.0 > kept {
                        cursor = (cursor.0 - kept, rows.len() + 1);
                    }
                }
                rows.push(std::mem::replace(&mut row, rest));
                width = text::width(&row);
            }
            row.push_str(&drawn);
            width += wide;
            chars += grapheme.chars().count();
            if grapheme == " " && width < columns {
                end = Some(row.len());
            }
            if at == cursor_line && chars <= cursor_char {
                cursor = (width, rows.len());
            }
        }
        rows.push(row);
    }
    let height = usize::from(area.height);
    let first = (cursor.1 + 1).saturating_sub(height);
    let (x, y) = (u16::try_from(cursor.0).unwrap_or(0), u16::try_from(cursor.1 - first).unwrap_or(0));
    FieldRows { rows: rows.into_iter().skip(first).take(height).collect(), cursor: Some((x, y)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::input::Lines;

    #[test]
    fn the_cursor_stays_in_sight() {
        let area = Rect::new(0, 0, 11, 2);
        let field = field_rows(&Input::new(Lines::Several, "0123456789abcdefghij漢字XY"), area);
        assert_eq!(field.rows, ["abcdefghij", "漢字XY"]);
        assert_eq!(field.cursor, Some((6, 1)));
        let field = field_rows(&Input::new(Lines::Several, "we sell bread and rolls"), Rect::new(0, 0, 12, 3));
        assert_eq!(
            (field.rows, field.cursor),
            (vec!["we sell ".into(), "bread and ".into(), "rolls".into()], Some((5, 2)))
        );
        let field = field_rows(&Input::new(Lines::Several, "a\n"), area);
        assert_eq!((field.rows.len(), field.cursor), (2, Some((0, 1))));
    }
}
