//! An open thread: who it is, the messages, the composer.

use ratatui::layout::{Position, Rect};

use mychatflow_data::model::chat::{ChatState, Mode};
use mychatflow_data::protocol::calls::chat::ChatSummary;

use super::list::sends_at;
use crate::bubble::{Around, Bubble, Row, Side, bubble};
use crate::layout::chats::{Placed, Sight, ThreadLayout};
use crate::layout::overlay::field_rows;
use crate::moment;
use crate::state::chats::{Pane, name};
use crate::state::list::Reading;
use crate::state::thread::{Sending, Thread, Writing};
use crate::state::{Screen, State};
use crate::text::CleanText;
use crate::theme::Role;
use crate::view::paint::{Keys, Paint, Span, first_row};
use crate::widgets::skeleton;

/// So many columns a place without a value always gets in the sentence about it.
const PLACE: usize = 18;
/// So many columns of the name stand beside a sentence in any case, where there is room for both.
const NAME: usize = 16;

/// Draws it.
pub fn draw(state: &State, pane: &ThreadLayout, paint: &mut Paint<'_>) {
    let keys = if state.chats.focus == Pane::List { Keys::Elsewhere } else { Keys::Here };
    let Some(thread) = &state.chats.thread else {
        paint.pane(pane.pane, &[], Keys::Elsewhere);
        let area = Rect { y: pane.log.y + pane.log.height / 3, height: 1, ..pane.log };
        let words = if state.chats.rows.is_skeleton() { "" } else { "Pick a chat on the left" };
        paint.centre(area, words, paint.style(Role::Faint));
        return;
    };
    head(state, thread, pane, keys, paint);
    log(state, thread, pane, paint);
    composer(state, thread, pane, paint);
}

fn head(state: &State, thread: &Thread, pane: &ThreadLayout, keys: Keys, paint: &mut Paint<'_>) {
    let chat = &thread.chat;
    let who = name(chat);
    let phone = match (&chat.name, &chat.phone) {
        (Some(_), Some(phone)) => format!("  +{}", phone.digits()),
        _ => String::new(),
    };
    let title = [(who.as_str(), paint.style(Role::Title)), (phone.as_str(), paint.style(Role::Muted))];
    paint.pane(pane.pane, &title, keys);
    let area = Rect { x: pane.facts.x + 1, width: pane.facts.width.saturating_sub(2), ..pane.facts };
    let (words, role) = assistant(chat, state);
    let used = paint.right(area, &[(&words, paint.style(role))]);
    let left = Rect { width: area.width.saturating_sub(used + 2), ..area };
    let (words, role) = standing(chat, state);
    let tags: String = chat.tags.iter().map(|tag| format!(" #{}", CleanText::line(tag))).collect();
    let typing = if state.chats.typing.contains_key(&chat.id) { "typing …  " } else { "" };
    let opted = if chat.opted_out_at.is_some() { "opted out  " } else { "" };
    paint.line(
        left,
        &[
            (typing, paint.style(Role::Good)),
            (&words, paint.style(role)),
            ("  ", paint.style(Role::Muted)),
            (opted, paint.style(Role::Bad)),
            (&tags, paint.style(Role::Info)),
        ],
    );
}

/// Whose turn it is and why, in words.
fn standing(chat: &ChatSummary, state: &State) -> (String, Role) {
    let reason = chat.reason.as_deref().map(|reason| format!(": {}", CleanText::line(reason))).unwrap_or_default();
    match chat.state {
        ChatState::NeedsYou => (format!("needs you{reason}"), Role::Warn),
        ChatState::Assistant => match sends_at(state, chat) {
            Some(at) => (format!("the answer goes out in {}", moment::left(at, state.now)), Role::Warn),
            None => ("the assistant is at it".to_owned(), Role::Accent),
        },
        ChatState::Waiting => ("waiting for the customer".to_owned(), Role::Muted),
        ChatState::Snoozed => {
            let left = chat.snoozed_until.map(|until| format!(" for {}", moment::left(until, state.now)));
            (format!("put away{}", left.unwrap_or_default()), Role::Muted)
        }
        ChatState::Done => ("done".to_owned(), Role::Muted),
    }
}

/// What the assistant does here.
fn assistant(chat: &ChatSummary, state: &State) -> (String, Role) {
    if let Some(until) = chat.paused_until.filter(|until| *until > state.now) {
        return (format!("assistant: silent for {}", moment::left(until, state.now)), Role::Warn);
    }
    if chat.handoff_at.is_some() {
        return ("assistant: handed over to you".to_owned(), Role::Warn);
    }
    let own = if chat.mode_set.is_some() { " (here)" } else { "" };
    let role = if chat.mode == Mode::Off { Role::Muted } else { Role::Good };
    (format!("assistant: {}{own}", chat.mode), role)
}

fn log(state: &State, thread: &Thread, pane: &ThreadLayout, paint: &mut Paint<'_>) {
    let entries = thread.entries(&state.outbox);
    if entries.is_empty() {
        match &thread.reading {
            Reading::Never | Reading::Again => skeleton::skeleton_entries(3, paint.theme, pane.log, paint.buf),
            Reading::Failed(words) => {
                paint.wrapped(pane.log, CleanText::block(words).as_str(), paint.style(Role::Bad));
            }
            Reading::Done(_) => {
                paint.centre(first_row(pane.log), "no message yet", paint.style(Role::Faint));
            }
        }
        return;
    }
    let glyphs = paint.glyphs();
    let around = Around { now: state.now, zone: &state.zone, glyphs: &glyphs, width: pane.log.width };
    let chosen = thread.selected.filter(|_| state.chats.focus == Pane::Thread);
    for placed in &pane.placed {
        let before = placed.at.checked_sub(1).and_then(|above| entries.get(above)).map(|entry| entry.at());
        let Some(entry) = entries.get(placed.at) else { continue };
        let made = bubble(*entry, before, around);
        message(&made, placed, chosen == Some(placed.id), pane.log, paint);
    }
    if pane.end == Sight::Hidden && pane.log.height > 2 {
        let words = format!(" {} newer below ", glyphs.arrow_down);
        let area = Rect { y: pane.log.bottom() - 1, height: 1, ..pane.log };
        paint.right(area, &[(&words, paint.style(Role::Badge))]);
    }
}

fn message(made: &Bubble, placed: &Placed, chosen: bool, log: Rect, paint: &mut Paint<'_>) {
    let width = made.width.min(log.width);
    let x = match made.side {
        Side::Left => log.x,
        Side::Right => log.right() - width,
    };
    for (at, row) in made.rows.iter().enumerate() {
        let y = placed.y + i32::try_from(at).unwrap_or(i32::MAX);
        let Some(y) = u16::try_from(y).ok().filter(|y| *y < log.height) else { continue };
        let line = Rect { y: log.y + y, height: 1, ..log };
        let inside = Rect { x, width, ..line };
        match row {
            Row::Day(words) => day(words, line, paint),
            Row::Author(words) => words_in(inside, words, made.surface, Role::Accent, paint),
            Row::Quote(words) => words_in(inside, words, made.surface, Role::Muted, paint),
            Row::Words(words) => words_in(inside, words, made.surface, made.surface, paint),
            Row::Was(words) => words_in(inside, words, made.surface, Role::Muted, paint),
            Row::Meta(parts) => meta(parts, made.side, line, paint),
            Row::Gap => {}
        }
        let beside = match made.side {
            Side::Left => inside.right(),
            Side::Right => inside.x.saturating_sub(1),
        };
        if chosen && !matches!(row, Row::Day(_) | Row::Gap | Row::Meta(_)) && beside >= log.x && beside < log.right() {
            let pointer = paint.glyphs().selected;
            let style = paint.style(Role::Accent);
            if let Some(cell) = paint.buf.cell_mut(Position::new(beside, line.y)) {
                cell.set_symbol(pointer).set_style(style);
            }
        }
    }
}

fn words_in(area: Rect, words: &str, surface: Role, role: Role, paint: &mut Paint<'_>) {
    paint.fill(area, paint.style(surface));
    let style = if role == surface { paint.style(surface) } else { paint.theme.on(surface, role) };
    paint.text(Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area }, words, style);
}

fn day(words: &str, line: Rect, paint: &mut Paint<'_>) {
    let style = paint.style(Role::Faint);
    paint.rule(line, style);
    paint.centre(line, &format!(" {words} "), paint.style(Role::Muted));
}

fn meta(parts: &[(String, Role)], side: Side, line: Rect, paint: &mut Paint<'_>) {
    let separator = format!(" {} ", paint.glyphs().separator);
    let mut spans: Vec<Span<'_>> = Vec::new();
    for (words, role) in parts {
        if !spans.is_empty() {
            spans.push((&separator, paint.style(Role::Faint)));
        }
        spans.push((words, paint.style(*role)));
    }
    match side {
        Side::Left => paint.line(Rect { x: line.x + 1, width: line.width.saturating_sub(1), ..line }, &spans),
        Side::Right => paint.right(line, &spans),
    };
}

fn composer(state: &State, thread: &Thread, pane: &ThreadLayout, paint: &mut Paint<'_>) {
    let area = pane.composer;
    if area.height == 0 || pane.pane.height < 6 {
        return;
    }
    let focused = state.chats.focus == Pane::Composer;
    let role = if focused { Role::BorderFocused } else { Role::Border };
    let rule = Rect { x: pane.pane.x + 1, y: area.y - 1, width: pane.pane.width - 2, height: 1 };
    paint.rule(rule, paint.style(role));
    let sign = Rect { x: rule.x + 2, width: rule.width.saturating_sub(4), ..rule };
    let who = name(&thread.chat);
    let more = if let Some(place) = thread.unfilled() {
        let (before, after) = match thread.sending {
            Sending::Untried => ("no value for ", ": fill it in "),
            Sending::Refused => ("not sent: ", " is still to be filled in "),
        };
        let taken = crate::text::width(before) + crate::text::width(after) + who.width().min(NAME) + 6;
        let room = usize::from(sign.width).saturating_sub(taken).max(PLACE);
        format!("{before}{}{after}", crate::text::cut(place.as_str(), room))
    } else if let Writing::Edit(_) = thread.writing {
        "the assistant's answer, in your words ".to_owned()
    } else {
        String::new()
    };
    // To whom it goes stands beside what is written. What is wrong with it must be there in full.
    let room = usize::from(sign.width).saturating_sub(crate::text::width(&more) + 6);
    let who = crate::text::cut(who.as_str(), room);
    let who_role = if focused { Role::Accent } else { Role::Muted };
    let colon = if more.is_empty() { " " } else { ": " };
    paint.line(
        sign,
        &[
            (" to ", paint.style(Role::Muted)),
            (&who, paint.style(who_role)),
            (colon, paint.style(Role::Muted)),
            (&more, paint.style(Role::Warn)),
        ],
    );
    let prompt = Rect { x: pane.pane.x + 1, y: area.y, width: 2, height: 1 };
    paint.text(prompt, paint.glyphs().prompt, paint.style(if focused { Role::Accent } else { Role::Faint }));
    if thread.composer.is_empty() {
        use crate::action::Action as A;
        use crate::keymap::Scope as S;
        let key = |action, scopes: &[S]| state.keymap.key_of(scopes, action).unwrap_or_default();
        let why = format!("{} why", key(A::Why, &[S::Chats]));
        let words = if !state.may(Screen::Chats, A::Compose) {
            format!("you may read here, not write   {why}")
        } else if focused {
            format!(
                "write …   {} sends, {} new line, / quick reply",
                key(A::ChatSend, &[S::Composer]),
                key(A::Newline, &[S::Composer])
            )
        } else {
            format!("{} write   / quick reply   {why}", key(A::Compose, &[S::Chats]))
        };
        paint.text(area, &words, paint.style(Role::Faint));
        return;
    }
    for (y, row) in (area.y..area.bottom()).zip(field_rows(&thread.composer, area).rows) {
        paint.text(Rect { y, height: 1, ..area }, &row, paint.style(Role::Text));
    }
}
