//! What is around every screen: sidebar, header, status line, toasts.

use std::ops::Range;

use ratatui::layout::Rect;
use ratatui::style::Style;

use mychatflow_data::model::instance::Verdict;

use super::paint::{Keys, Paint, Span, below, first_row};
use crate::action::Action;
use crate::layout::overlay::Parts;
use crate::layout::{Layout, Panes};
use crate::moment;
use crate::state::overlay::Overlay;
use crate::state::prefs::Sidebar;
use crate::state::toasts::Tone;
use crate::state::{Connection, Entrance, Screen, State};
use crate::text::CleanText;
use crate::theme::Role;

/// The column of screens.
pub fn sidebar(state: &State, layout: &Layout, paint: &mut Paint<'_>) {
    let area = layout.sidebar;
    let title = match layout.sidebar_form {
        Sidebar::Unfolded => "MyChatFlow",
        Sidebar::Folded => "",
    };
    let style = paint.style(Role::Title);
    let spans: &[Span<'_>] = &[(title, style)];
    paint.pane(area, if title.is_empty() { &[] } else { spans }, Keys::Elsewhere);
    let glyphs = paint.glyphs();
    for (y, screen) in (area.y + 2..area.bottom().saturating_sub(1)).zip(Screen::ALL) {
        let row = Rect { x: area.x + 1, y, width: area.width.saturating_sub(2), height: 1 };
        let role = if screen == state.screen { Role::SidebarActive } else { Role::Sidebar };
        let style = paint.style(role);
        paint.fill(row, style);
        let icon = icon(screen, &glyphs.screens);
        let key = state.keymap.key_of(&[crate::keymap::Scope::Global], action(screen)).unwrap_or_default();
        let count = badge(state, screen);
        match layout.sidebar_form {
            Sidebar::Folded => {
                let mark = if count.is_some() { glyphs.unread } else { " " };
                paint.line(
                    row,
                    &[(mark, paint.style(Role::Warn).patch(Style { bg: style.bg, ..Style::new() })), (icon, style)],
                );
                paint.right(row, &[(&key, style)]);
            }
            Sidebar::Unfolded => {
                let lead = if screen == state.screen { glyphs.selected } else { " " };
                paint.line(row, &[(lead, style), (icon, style), (" ", style), (screen.title(), style)]);
                let badge = count.map(|count| crate::text::cut(&count.to_string(), 4).into_owned()).unwrap_or_default();
                paint.right(row, &[(&badge, paint.theme.on(role, Role::Warn)), (" ", style), (&key, style)]);
            }
        }
    }
}

const fn icon(screen: Screen, glyphs: &crate::theme::ScreenGlyphs) -> &'static str {
    match screen {
        Screen::Dashboard => glyphs.dashboard,
        Screen::Chats => glyphs.chats,
        Screen::Campaigns => glyphs.campaigns,
        Screen::Numbers => glyphs.numbers,
        Screen::Contacts => glyphs.contacts,
        Screen::QuickReplies => glyphs.quick_replies,
        Screen::Credits => glyphs.credits,
        Screen::Queue => glyphs.queue,
        Screen::Settings => glyphs.settings,
    }
}

/// The action that goes to a screen.
#[must_use]
pub const fn action(screen: Screen) -> Action {
    match screen {
        Screen::Dashboard => Action::Dashboard,
        Screen::Chats => Action::Chats,
        Screen::Campaigns => Action::Campaigns,
        Screen::Numbers => Action::Numbers,
        Screen::Contacts => Action::Contacts,
        Screen::QuickReplies => Action::QuickReplies,
        Screen::Credits => Action::Credits,
        Screen::Queue => Action::Queue,
        Screen::Settings => Action::Settings,
    }
}

/// What wants somebody on a screen.
fn badge(state: &State, screen: Screen) -> Option<i64> {
    let overview = state.dashboard.overview.as_ref();
    let count = match screen {
        Screen::Chats => overview?.chats.needs_you,
        Screen::Numbers => {
            let bad = |verdict| !matches!(verdict, Verdict::Healthy | Verdict::Quiet);
            state.numbers.rows.items().iter().filter(|number| bad(number.verdict)).count() as i64
        }
        Screen::Contacts => overview?.unreviewed,
        Screen::Queue => overview.map(|o| o.dead_letters + o.unknown)?,
        _ => 0,
    };
    Some(count).filter(|count| *count > 0)
}

/// The line at the top: where one is, how fresh it is, and what counts everywhere.
pub fn header(state: &State, layout: &Layout, paint: &mut Paint<'_>) {
    let area = layout.header;
    let muted = paint.style(Role::Muted);
    let glyphs = paint.glyphs();
    let (dot, role, words) = match &state.connection {
        Connection::Connecting => (glyphs.dot_empty, Role::Muted, "connecting".to_owned()),
        Connection::Live => (glyphs.dot, Role::Good, "live".to_owned()),
        Connection::Resyncing => (glyphs.dot_empty, Role::Warn, "reading again".to_owned()),
        Connection::Refused { .. } => (glyphs.failed, Role::Bad, "not allowed".to_owned()),
        Connection::Lost { since, .. } => {
            (glyphs.failed, Role::Bad, format!("no daemon since {}", moment::clock(*since, &state.zone)))
        }
    };
    let style = paint.style(role);
    let mut facts: Vec<(String, Style)> = Vec::new();
    if let Some(shop) = state.shop() {
        let name = CleanText::line(&shop.name);
        facts.push((crate::text::cut(name.as_str(), 24).into_owned(), paint.style(Role::Text)));
    }
    if let Some(credit) = &state.dashboard.credit {
        let spent = credit.balance.count() <= 0;
        let low = credit.granted.count() > 0 && credit.balance.count() * 5 <= credit.granted.count();
        let role = if spent {
            Role::Bad
        } else if low {
            Role::Warn
        } else {
            Role::Text
        };
        let words = if area.width < 70 { "cr" } else { "credits" };
        facts.push((format!("{}/{} {words}", credit.balance, credit.granted), paint.style(role)));
    }
    let numbers = state.numbers.rows.items();
    if !numbers.is_empty() {
        let good = numbers.iter().filter(|n| matches!(n.verdict, Verdict::Healthy | Verdict::Quiet)).count();
        let role = if good == numbers.len() { Role::Text } else { Role::Bad };
        let words = if area.width < 70 {
            "nr"
        } else if numbers.len() == 1 {
            "number"
        } else {
            "numbers"
        };
        facts.push((format!("{good}/{} {words}", numbers.len()), paint.style(role)));
    }
    facts.push((moment::clock(state.now, &state.zone), muted));
    // Where one is and how fresh it is are never cut: the facts give way, the first ones first.
    let least = crate::text::width(state.screen.title()) + crate::text::width(&words) + 8;
    let wide = |facts: &[(String, Style)]| facts.iter().map(|(words, _)| crate::text::width(words) + 3).sum::<usize>();
    while !facts.is_empty() && least + wide(&facts) > usize::from(area.width) {
        facts.remove(0);
    }
    let mut spans: Vec<Span<'_>> = Vec::new();
    for (words, style) in &facts {
        if !spans.is_empty() {
            spans.push(("   ", muted));
        }
        spans.push((words, *style));
    }
    let right = paint.right(Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area }, &spans);
    let left = Rect { x: area.x + 1, width: area.width.saturating_sub(right + 2), ..area };
    paint.line(
        left,
        &[
            (state.screen.title(), paint.style(Role::Header)),
            ("  ", muted),
            (dot, style),
            (" ", style),
            (&words, style),
        ],
    );
}

/// The line at the bottom: what is wrong with the connection, or the keys that matter here.
pub fn status(state: &State, layout: &Layout, paint: &mut Paint<'_>) {
    let area = Rect { x: layout.status.x + 1, width: layout.status.width.saturating_sub(2), ..layout.status };
    if let Connection::Lost { reason, next_at, .. } | Connection::Refused { reason, next_at } = &state.connection {
        let words = match next_at {
            Some(at) => format!("{reason}; again in {}", moment::left(*at, state.now)),
            None => reason.clone(),
        };
        paint.text(area, CleanText::line(&words).as_str(), paint.style(Role::Bad));
        return;
    }
    let scopes = state.scopes();
    let hints: Vec<(String, &'static str)> = hints(state)
        .iter()
        .filter_map(|(action, word)| Some((state.keymap.key_of(&scopes, *action)?, *word)))
        .collect();
    let (key, muted) = (paint.style(Role::Key), paint.style(Role::Muted));
    let mut left = area;
    // Whatever does not fit, the way to all the other keys does.
    if let Some((name, word)) = hints.iter().find(|(_, word)| *word == HELP) {
        let used = paint.right(area, &[(name, key), (" ", muted), (word, muted)]);
        left.width = left.width.saturating_sub(used + 1);
    }
    for (name, word) in hints.iter().filter(|(_, word)| *word != HELP) {
        let wide = crate::text::width(name) + crate::text::width(word) + 1;
        if usize::from(left.width) < wide {
            break;
        }
        let used = paint.line(left, &[(name, key), (" ", muted), (word, muted)]);
        left = super::paint::after(left, used + 2);
    }
}

/// The hint that is always there.
const HELP: &str = "help";

/// What can be done here, most useful first.
fn hints(state: &State) -> Vec<(Action, &'static str)> {
    use Action as A;
    let mut hints = match state.overlays.last() {
        Some(Overlay::Reader(_)) => vec![(A::Down, "down"), (A::Copy, "copy"), (A::Close, "close")],
        Some(Overlay::Picker(_)) => vec![(A::Submit, "pick"), (A::Down, "down"), (A::Close, "close")],
        Some(Overlay::Form(_)) => vec![(A::Submit, "done"), (A::FocusNext, "next field"), (A::Close, "cancel")],
        Some(Overlay::Confirm(_)) => vec![(A::Confirm, "yes"), (A::Close, "no")],
        Some(
            Overlay::Pairing(_) | Overlay::Triage(_) | Overlay::Person(_) | Overlay::Import(_) | Overlay::Wizard(_),
        ) => {
            vec![(A::Help, "keys"), (A::Close, "close")]
        }
        None => {
            let offered = |(action, _): &(Action, &str)| state.may(state.screen, *action);
            crate::update::hints(state).into_iter().filter(offered).collect()
        }
    };
    if state.overlays.is_empty() && !state.is_typing() {
        hints.extend([(A::Help, HELP), (A::Palette, "find"), (A::Quit, "quit")]);
    }
    hints
}

/// What stands in the middle when nobody may come in.
pub fn entrance(state: &State, layout: &Layout, paint: &mut Paint<'_>) {
    let area = layout.body;
    let (title, words) = match &state.entrance {
        Entrance::Stranger(words) => ("Nobody knows this account here", words.as_str()),
        Entrance::NoTenant => (
            "There is no business yet",
            "Set one up, with its number and what the assistant must know:\n\n  mychatflow setup\n\nOr make an empty one:\n\n  mychatflow tenant add \"Corner Shop\" --timezone Europe/Berlin\n\nThis screen will notice.",
        ),
        Entrance::In | Entrance::Waiting => return,
    };
    let width = area.width.min(64);
    let inner = Rect { x: area.x + (area.width - width) / 2, width, ..below(area, area.height / 4) };
    paint.text(first_row(inner), title, paint.style(Role::Title));
    paint.wrapped(below(inner, 2), CleanText::block(words).as_str(), paint.style(Role::Text));
}

/// Where notices end: over the line with the keys, and over what one writes, with the rule above it.
fn above_composer(layout: &Layout) -> u16 {
    match &layout.panes {
        Panes::Chats(chats) => {
            let composer = chats.thread.as_ref().map(|thread| thread.composer).filter(|area| area.height > 0);
            composer.map_or(layout.status.y, |area| area.y.saturating_sub(1)).min(layout.status.y)
        }
        _ => layout.status.y,
    }
}

/// The rows in which somebody writes: of a form the field with its name and its hint.
fn written_in(state: &State, layout: &Layout) -> Option<Range<u16>> {
    let cursor = layout.cursor?.y;
    let field = match (state.overlays.last(), layout.overlays.last().map(|laid| &laid.parts)) {
        (Some(Overlay::Form(form)), Some(Parts::Form { fields, .. })) => fields.get(form.focus),
        _ => None,
    };
    Some(field.map_or(cursor..cursor + 1, |field| field.y.saturating_sub(1)..field.bottom() + 1))
}

/// Short notices in the lower right corner.
pub fn toasts(state: &State, layout: &Layout, paint: &mut Paint<'_>) {
    let shown = state.toasts.shown(state.now);
    // A notice must not hide a piece of a pairing code.
    let (room, mut bottom) = match layout.overlays.last().map(|laid| &laid.parts) {
        Some(Parts::Pairing { words, .. }) => (*words, words.bottom()),
        Some(Parts::Triage { table, .. }) => (table.pane, table.pane.bottom() - 1),
        // Nor the keys of a page that has its own.
        Some(Parts::Wizard(laid)) => (Rect { y: layout.area.y + 2, ..laid.word }, laid.word.bottom()),
        // Nor what is being written, nor what an overlay says its keys do.
        Some(_) => {
            // Above it where there is room, else between its heading and its keys.
            let (top, bottom) = match layout.overlays.last().map(|laid| laid.area) {
                Some(area) if area.y > layout.body.y + 3 => (layout.body.y, area.y),
                Some(area) => (area.y + 1, area.bottom().saturating_sub(2)),
                None => (layout.body.y, layout.status.y),
            };
            (Rect { y: top, ..layout.area }, bottom.min(layout.status.y))
        }
        None => (Rect { y: layout.body.y, ..layout.area }, above_composer(layout)),
    };
    let width = room.width.saturating_sub(4).min(56);
    let written = written_in(state, layout);
    for toast in shown.iter().rev() {
        let rows = crate::text::wrap(toast.text.as_str(), usize::from(width.saturating_sub(4)));
        let height = u16::try_from(rows.len().min(3)).unwrap_or(3).min(room.height);
        // Above what is written where it would lie over it.
        if let Some(written) = &written
            && bottom > written.start
            && bottom.saturating_sub(height) < written.end
        {
            bottom = written.start;
        }
        if height == 0 || bottom < room.y + height {
            return;
        }
        let area = Rect { x: room.right().saturating_sub(width + 1), y: bottom - height, width, height };
        let (glyph, role) = match toast.tone {
            Tone::Good => (paint.glyphs().sent, Role::Good),
            Tone::Info => (paint.glyphs().dot, Role::Info),
            Tone::Bad => (paint.glyphs().failed, Role::Bad),
        };
        let ground = paint.style(Role::Toast);
        paint.clear(area, ground);
        let lead = paint.theme.on(Role::Toast, role);
        for (at, row) in rows.iter().take(usize::from(height)).enumerate() {
            let line = Rect { x: area.x + 1, y: area.y + at as u16, width: width - 2, height: 1 };
            let more = at + 1 == usize::from(height) && rows.len() > usize::from(height);
            let words = if more { format!("{row} {}", paint.glyphs().ellipsis) } else { (*row).to_owned() };
            paint.line(line, &[(if at == 0 { glyph } else { " " }, lead), (" ", ground), (&words, ground)]);
        }
        bottom = area.y.saturating_sub(1);
    }
}
