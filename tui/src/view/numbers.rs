//! Our WhatsApp numbers: how each of them is, and beside them the selected one in full.

use mychatflow_data::model::instance::{InstanceStatus, Verdict, condition, is_on_its_way};
use mychatflow_data::protocol::calls::instance::InstanceDocument;
use ratatui::layout::Rect;

use super::paint::{Keys, Paint, Span, below, first_row};
use super::table::{self, Empty, RowArea};
use crate::action::Action;
use crate::keymap::Scope;
use crate::layout::Layout;
use crate::moment;
use crate::state::numbers::remedy;
use crate::state::{Screen, State};
use crate::text::CleanText;
use crate::theme::Role;
use crate::widgets::skeleton;

/// Draws it.
pub fn draw(state: &State, layout: &Layout, paint: &mut Paint<'_>) {
    let Some(table) = layout.panes.table() else { return };
    let rows = &state.numbers.rows;
    let count = match rows.items().len() {
        0 => String::new(),
        count => format!(" {} {count}", paint.glyphs().separator),
    };
    let title = [("numbers", paint.style(Role::Title)), (count.as_str(), paint.style(Role::Muted))];
    let key = state.keymap.key_of(&[Scope::Numbers], Action::Add).unwrap_or_default();
    let remedy = match state.may(Screen::Numbers, Action::Add) {
        true => format!("Press {key} to add your WhatsApp number; then scan its code with the phone."),
        false => "An owner adds the WhatsApp number, and scans its code with the phone.".to_owned(),
    };
    let empty = Empty { title: "No number yet", remedy: &remedy };
    let head: [Span<'_>; 1] = [("name, phone, what WAHA says", paint.style(Role::Header))];
    table::draw(paint, rows, table, &title, Keys::Here, &head, empty, |paint, number, row| {
        one(number, row, state, paint);
    });
    if !rows.items().is_empty() {
        let head = Rect { x: table.head.x + 1, width: table.head.width.saturating_sub(2), ..table.head };
        paint.right(head, &[("verdict", paint.style(Role::Header))]);
    }
    if let Some(detail) = table.detail {
        full(state, detail, paint);
    }
}

/// The sign and the colour of a verdict; its word stands beside it.
fn sign(status: Option<&InstanceStatus>, verdict: Verdict, paint: &Paint<'_>) -> (&'static str, Role) {
    let glyphs = paint.glyphs();
    match verdict {
        Verdict::Dead if is_on_its_way(status) => (glyphs.dot_empty, Role::Warn),
        Verdict::Healthy => (glyphs.dot, Role::Good),
        Verdict::Quiet => (glyphs.dot_empty, Role::Muted),
        Verdict::Suspect => (glyphs.unknown, Role::Warn),
        Verdict::Dead => (glyphs.failed, Role::Bad),
        Verdict::Restricted => (glyphs.held, Role::Warn),
    }
}

fn phone(number: &InstanceDocument) -> String {
    let phone = number.me.as_ref().and_then(|me| me.id.phone());
    phone.map_or_else(|| "not paired".to_owned(), |phone| phone.to_string())
}

fn one(number: &InstanceDocument, row: &RowArea, state: &State, paint: &mut Paint<'_>) {
    let (sign, role) = sign(number.status.as_ref(), number.verdict, paint);
    let (text, muted, bad) = (row.style(paint, Role::Text), row.style(paint, Role::Muted), row.style(paint, role));
    let verdict = condition(number.status.as_ref(), number.verdict);
    let used = paint.right(row.line(0), &[(sign, bad), (" ", bad), (verdict, bad)]);
    let name = Rect { width: row.area.width.saturating_sub(used + 2), ..row.line(0) };
    paint.text(name, CleanText::line(&number.name).as_str(), text);
    let status = number.status.as_ref().map_or("not reached", InstanceStatus::word);
    let status = CleanText::line(status);
    let status_role = match number.status {
        Some(InstanceStatus::Working) => Role::Muted,
        _ => Role::Warn,
    };
    let since = format!("since {}", moment::ago(number.since, state.now).replace("now", "just now"));
    let heard = match number.heard_at {
        Some(at) => format!("heard {}", moment::long_ago(at, state.now)),
        None => "never heard".to_owned(),
    };
    let line = row.line(1);
    let used = paint.right(line, &[(&heard, muted)]);
    let line = Rect { width: line.width.saturating_sub(used + 2), ..line };
    let phone = phone(number);
    paint.line(
        line,
        &[
            (&phone, muted),
            ("  ", muted),
            (status.as_str(), row.style(paint, status_role)),
            ("  ", muted),
            (&since, muted),
        ],
    );
}

/// The selected number in full.
fn full(state: &State, area: Rect, paint: &mut Paint<'_>) {
    let Some(number) = state.numbers.rows.selected() else {
        paint.pane(area, &[], Keys::Elsewhere);
        return;
    };
    let name = CleanText::line(&number.name);
    let inner = paint.pane(area, &[(name.as_str(), paint.style(Role::Title))], Keys::Elsewhere);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let shown = state.numbers.shown_of(number.id);
    let mut left = inner;
    let (mark, role) = sign(number.status.as_ref(), number.verdict, paint);
    let word = condition(number.status.as_ref(), number.verdict);
    let words = match &number.reason {
        Some(reason) => format!("{mark} {word}: {}", CleanText::line(reason)),
        None => format!("{mark} {word}"),
    };
    left = below(left, paint.wrapped(left, &words, paint.style(role)));
    if let Some(remedy) = remedy(number) {
        let (key, words) = remedy.told(state);
        let mut room = left;
        if let Some(key) = key {
            paint.text(first_row(left), &key, paint.style(Role::Key));
            room = super::paint::after(left, 2);
        }
        left = below(left, paint.wrapped(room, &words, paint.style(Role::Text)));
    }
    left = below(left, 1);
    if let Some(shown) = shown.filter(|shown| !shown.drift.is_empty()) {
        paint.text(first_row(left), "not as it should be on WAHA", paint.style(Role::Title));
        left = below(left, 1);
        for drift in &shown.drift {
            let words = format!("{} {}", paint.glyphs().held, CleanText::line(&drift.to_string()));
            left = below(left, paint.wrapped(left, &words, paint.style(Role::Warn)));
        }
        left = below(left, 1);
    }
    let facts = facts(number, shown.map(|shown| shown.webhook_url.as_str()), state);
    left = below(left, table::facts(paint, left, &facts) + 1);
    paint.text(first_row(left), "before", paint.style(Role::Title));
    left = below(left, 1);
    let Some(shown) = shown else {
        skeleton::skeleton(paint.theme, Rect { height: left.height.min(3), ..left }, paint.buf);
        return;
    };
    for change in &shown.history {
        let (mark, role) = sign(change.status.as_ref(), change.verdict, paint);
        let at = moment::stamp(change.at, state.now, &state.zone);
        let at = crate::text::pad_left(&at, 6);
        let status = change.status.as_ref().map_or("not reached", InstanceStatus::word);
        let status = CleanText::line(status);
        let row = first_row(left);
        paint.line(
            row,
            &[
                (&at, paint.style(Role::Muted)),
                (" ", paint.style(Role::Muted)),
                (mark, paint.style(role)),
                (" ", paint.style(role)),
                (status.as_str(), paint.style(Role::Text)),
            ],
        );
        left = below(left, 1);
    }
    if shown.history.is_empty() {
        paint.text(first_row(left), "nothing else yet", paint.style(Role::Muted));
    }
}

fn facts(number: &InstanceDocument, webhook: Option<&str>, state: &State) -> Vec<(&'static str, String, Role)> {
    let stamp = |at| moment::stamp(at, state.now, &state.zone);
    let clean = |text: &str| CleanText::line(text).into_string();
    let status = number.status.as_ref().map_or("not reached", InstanceStatus::word);
    let since = format!("{}, {}", stamp(number.since), moment::long_ago(number.since, state.now));
    let heard = match number.heard_at {
        Some(at) => format!("{}, {}", stamp(at), moment::long_ago(at, state.now)),
        None => "never".to_owned(),
    };
    let account = number.me.as_ref().and_then(|me| me.name.as_deref());
    let engine = format!("{} {}", number.engine.as_deref().unwrap_or("?"), number.version.as_deref().unwrap_or("?"));
    let mut facts = vec![("phone", phone(number), Role::Text)];
    facts.extend(account.map(|account| ("account", clean(account), Role::Text)));
    facts.extend([
        ("WAHA says", clean(status), Role::Text),
        ("since", since, Role::Text),
        ("heard", heard, Role::Text),
        ("paired", number.paired_at.map_or_else(|| "never".to_owned(), stamp), Role::Text),
        ("server", format!("{}, {}", clean(&number.waha), clean(&engine)), Role::Text),
        ("session", clean(&number.session), Role::Text),
    ]);
    facts.extend(number.new_chats.as_ref().map(|told| {
        let role = if told.is_nearly_spent(state.now) { Role::Warn } else { Role::Text };
        ("new chats", clean(&told.to_string()), role)
    }));
    facts.extend(webhook.map(|webhook| ("webhook", clean(webhook), Role::Text)));
    facts
}
