//! Settings: what counts, where it comes from, and what it means.

use ratatui::layout::Rect;

use mychatflow_data::protocol::calls::settings::{SettingLine, Source};

use super::aside;
use super::paint::{Keys, Paint, below, first_row};
use super::table::{self, Empty};
use crate::action::Action;
use crate::keymap::Scope;
use crate::layout::{Layout, settings};
use crate::msg::Capture;
use crate::state::State;
use crate::state::prefs::Sidebar;
use crate::state::settings::{meaning, origin, told};
use crate::text::{self, CleanText};
use crate::theme::Role;

/// Columns of the key, and of where its value comes from.
const KEY: u16 = 24;
const FROM: u16 = 8;

/// Draws it.
pub fn draw(state: &State, layout: &Layout, paint: &mut Paint<'_>) {
    let Some(table) = layout.panes.table() else { return };
    let rows = &state.settings.rows;
    let empty = Empty { title: "No settings", remedy: "The daemon told none; f5 asks again." };
    let room = usize::from(table.head.width.saturating_sub(2 + KEY + FROM + 2));
    let head = format!("{} {} from", text::pad_right("setting", KEY.into()), text::pad_right("value", room));
    let head = [(head.as_str(), paint.style(Role::Muted))];
    table::draw(paint, rows, table, &[], Keys::Here, &head, empty, |paint, line, row| {
        let [key, value, from] = table::columns(row.line(0), [KEY, 0, FROM]);
        paint.text(key, line.key.word(), row.style(paint, Role::Text));
        match told(line) {
            Some(words) => paint.text(value, CleanText::line(&words).as_str(), row.style(paint, Role::Text)),
            None => paint.text(value, "not set", row.style(paint, Role::Faint)),
        };
        // What was set right here stands out from what is inherited.
        let own = matches!(
            (line.source, state.settings.instance),
            (Source::Tenant, None) | (Source::Instance, Some(_)) | (Source::Chat, _)
        );
        let role = if own { Role::Accent } else { Role::Muted };
        paint.text(from, origin(line.source), row.style(paint, role));
    });
    aside::tabs(paint, &settings::tabs(state, table.pane));
    let parts = settings::parts(layout.body);
    if let Some(line) = rows.selected() {
        paint.wrapped(parts.help, meaning(line.key), paint.style(Role::Muted));
    }
    if let Some(area) = table.detail {
        detail(rows.selected(), area, paint);
    }
    looks(state, parts.looks, paint);
}

fn detail(line: Option<&SettingLine>, area: Rect, paint: &mut Paint<'_>) {
    let inner = aside::pane(paint, area, line.map_or("", |line| line.key.word()));
    let Some(line) = line else { return };
    let mut used = paint.wrapped(inner, meaning(line.key), paint.style(Role::Text)) + 1;
    paint.text(first_row(below(inner, used)), "Value", paint.style(Role::Title));
    used += 1;
    used += match told(line) {
        Some(value) => paint.wrapped(below(inner, used), &value, paint.style(Role::Text)),
        None => {
            paint.text(first_row(below(inner, used)), "not set", paint.style(Role::Faint));
            1
        }
    };
    let from = match line.source {
        Source::Config => "from the config, or its default",
        Source::Tenant => "set for the business",
        Source::Instance => "set for this number",
        Source::Chat => "set for this chat",
    };
    paint.text(first_row(below(inner, used)), from, paint.style(Role::Muted));
}

/// How the console looks: no settings of the business, so nothing to select, but the keys that change it.
fn looks(state: &State, area: Rect, paint: &mut Paint<'_>) {
    if area.height == 0 {
        return;
    }
    let inner = paint.pane(area, &[("this console", paint.style(Role::Title))], Keys::Elsewhere);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let sidebar = match state.prefs.sidebar {
        Sidebar::Unfolded => "unfolded where there is room",
        Sidebar::Folded => "folded",
    };
    let mouse = match state.capture {
        Capture::Console => "works here; to mark text, hold shift",
        Capture::Terminal => "is the terminal's: text can be marked",
    };
    let lines = [
        ("theme", state.theme.word(), Action::Theme),
        ("sidebar", sidebar, Action::Sidebar),
        ("mouse", mouse, Action::Mouse),
    ];
    for (at, (name, value, action)) in (0_u16..).zip(lines) {
        let row = first_row(below(inner, at));
        let key = state.keymap.key_of(&[Scope::Global], action).unwrap_or_default();
        let used = paint.right(row, &[(&key, paint.style(Role::Key)), (" changes it", paint.style(Role::Muted))]);
        let [name_area, value_area] =
            table::columns(Rect { width: row.width.saturating_sub(used + 2), ..row }, [10, 0]);
        paint.text(name_area, name, paint.style(Role::Muted));
        paint.text(value_area, value, paint.style(Role::Text));
    }
    // Commands that are to reach the same daemon, as in a demo, need to know where it listens.
    if let Some(daemon) = &state.daemon {
        let row = first_row(below(inner, 3));
        let [name_area, value_area] = table::columns(row, [10, 0]);
        paint.text(name_area, "socket", paint.style(Role::Muted));
        paint.text(value_area, CleanText::line(&daemon.socket).as_str(), paint.style(Role::Text));
    }
}
