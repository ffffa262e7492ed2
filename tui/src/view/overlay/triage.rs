//! People known from before pairing.

use mychatflow_data::model::contact::Contact;
use ratatui::layout::Rect;

use crate::action::Action;
use crate::keymap::Scope;
use crate::layout::overlay::{OverlayLayout, Parts, field_rows, triage_field};
use crate::moment;
use crate::state::State;
use crate::state::triage::{Finding, Triage};
use crate::text::CleanText;
use crate::theme::Role;
use crate::view::paint::{Keys, Paint, Span, below, first_row};
use crate::view::table::{self, Empty, RowArea, columns};
use crate::widgets::meter::Meter;

/// Columns: mark, name (the rest), phone, known since.
const WIDTHS: [u16; 4] = [1, 0, 17, 12];

/// Draws it.
pub fn draw(triage: &Triage, state: &State, laid: &OverlayLayout, paint: &mut Paint<'_>) {
    let Parts::Triage { table, head, foot } = &laid.parts else { return };
    paint.clear(laid.area, paint.theme.ground());
    above(triage, *head, paint);
    let title = match (triage.people.len(), triage.rows.items().len()) {
        (all, shown) if all == shown => format!("people known from before {} {all}", paint.glyphs().separator),
        (all, shown) => format!("people known from before {} {shown} of {all}", paint.glyphs().separator),
    };
    let more =
        if triage.rows.next.is_some() { format!(", reading {}", paint.glyphs().ellipsis) } else { String::new() };
    let spans: [Span<'_>; 2] = [(&title, paint.style(Role::Title)), (&more, paint.style(Role::Muted))];
    let empty = if triage.find.is_blank() {
        Empty { title: "Nobody is waiting for a word", remedy: "Everybody known from before is reviewed." }
    } else {
        Empty { title: "Nobody fits these words", remedy: "" }
    };
    let keys = if triage.finding == Finding::Open { Keys::Elsewhere } else { Keys::Here };
    table::draw(paint, &triage.rows, table, &spans, keys, &[], empty, |paint, person, row| {
        one(triage, person, row, state, paint);
    });
    let heads = [" ", "name", "phone", "known since"];
    let head_line = Rect { x: table.head.x + 1, width: table.head.width.saturating_sub(2), ..table.head };
    for (area, words) in columns(head_line, WIDTHS).into_iter().zip(heads) {
        paint.text(area, words, paint.style(Role::Header));
    }
    below_list(triage, state, *foot, paint);
}

/// What the list is for, or the words of the filter.
fn above(triage: &Triage, head: Rect, paint: &mut Paint<'_>) {
    if triage.finding == Finding::Closed && triage.find.is_blank() {
        let words = "Mark family and friends: the assistant never answers those.";
        paint.text(head, words, paint.style(Role::Muted));
        return;
    }
    paint.text(head, paint.glyphs().prompt, paint.style(Role::Accent));
    if let Some(row) = field_rows(&triage.find, triage_field(head)).rows.first() {
        paint.text(triage_field(head), row, paint.style(Role::Text));
    }
}

fn one(triage: &Triage, person: &Contact, row: &RowArea, state: &State, paint: &mut Paint<'_>) {
    let marked = triage.marked.contains(&person.id);
    let glyphs = paint.glyphs();
    let [mark, name, phone, since] = columns(row.line(0), WIDTHS);
    let (sign, role) = if marked { (glyphs.check_on, Role::Accent) } else { (glyphs.check_off, Role::Faint) };
    paint.text(mark, sign, row.style(paint, role));
    let number = person.phone.as_ref().map(ToString::to_string).unwrap_or_default();
    match &person.name {
        Some(words) => paint.text(name, CleanText::line(words).as_str(), row.style(paint, Role::Text)),
        None => paint.text(name, "no name", row.style(paint, Role::Faint)),
    };
    paint.text(phone, &number, row.style(paint, Role::Muted));
    let at = moment::stamp(person.created_at, state.now, &state.zone);
    paint.text(since, &at, row.style(paint, Role::Muted));
}

/// How many are marked, or how many the daemon was told of; and the keys.
fn below_list(triage: &Triage, state: &State, foot: Rect, paint: &mut Paint<'_>) {
    let line = first_row(foot);
    let (muted, key) = (paint.style(Role::Muted), paint.style(Role::Key));
    if state.reviews.is_done() {
        let marked = triage.people.iter().filter(|person| triage.marked.contains(&person.id)).count();
        let rest = triage.people.len() - marked;
        let words = match marked {
            0 if rest == 0 => String::new(),
            0 => "nobody is marked".to_owned(),
            marked => format!("{marked} marked, {rest} not"),
        };
        paint.text(line, &words, muted);
    } else {
        let (told, total) = (state.reviews.told(), state.reviews.total);
        let label = format!("told {told} of {total}");
        Meter::new(told as f64 / total.max(1) as f64, &label).draw(paint.theme, line, paint.buf);
    }
    let scopes = state.scopes();
    let hints: &[(Action, &str)] = match triage.finding {
        Finding::Open => &[(Action::Submit, "keep the filter"), (Action::Close, "show all")],
        Finding::Closed if triage.people.is_empty() => &[(Action::Close, "leave")],
        Finding::Closed => &[
            (Action::Mark, "mark"),
            (Action::MarkAll, "all"),
            (Action::Personal, "personal"),
            (Action::Filter, "filter"),
            (Action::Submit, "release the rest"),
            (Action::Close, "leave"),
        ],
    };
    let here: &[Scope] = if triage.finding == Finding::Open { &scopes } else { &[Scope::Triage] };
    let mut left = first_row(below(foot, 1));
    for (action, word) in hints {
        let Some(name) = state.keymap.key_of(here, *action) else { continue };
        let used = paint.line(left, &[(&name, key), (" ", muted), (word, muted), ("  ", muted)]);
        left = crate::view::paint::after(left, used);
    }
}
