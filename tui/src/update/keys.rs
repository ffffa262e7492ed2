//! Keys: what they mean where one is, and what is done then.

use ratatui::layout::Rect;

use super::{Cx, Handled, act, ahead, chats, enter, go, overlays, palette};
use crate::action::Action;
use crate::key::{Key, KeyCode};
use crate::layout::layout;
use crate::msg::{Capture, Effect, LineBreak};
use crate::permission::gate;
use crate::state::ahead::{LineBreakUse, Typed};
use crate::state::chats::short_name;
use crate::state::confirm::{ConfirmKind, Deed, some_of};
use crate::state::overlay::{Overlay, Reader, ReaderLine};
use crate::state::toasts::Tone;
use crate::state::{Connection, Entrance, Screen, State};
use crate::text::CleanText;
use crate::theme::ThemeName;

/// A key was pressed.
pub fn key(state: &mut State, key: Key, cx: &mut Cx<'_>) {
    let action = meaning(state, key);
    if ahead::hold(state, Typed::Key(key), action, cx) == Handled::No {
        press(state, key, cx);
    }
}

/// What a key means where one is.
fn meaning(state: &State, key: Key) -> Option<Action> {
    state.keymap.meaning(&state.scopes(), key)
}

/// What was typed before a list or a thread had come: as much of it as can be done now, each as if it had just been typed.
pub fn held(state: &mut State, cx: &mut Cx<'_>) {
    ahead::check(state, cx);
    while let Some(typed) = ahead::next(state, meaning, cx) {
        afresh(state, cx, |state, cx| match typed {
            Typed::Key(key) => press(state, key, cx),
            Typed::Paste(text) => put(state, &text, cx),
            Typed::LineBreak(line_break) => break_line(state, line_break, cx),
        });
    }
}

/// Does something as a message of its own: with the screen as it stands now, and with everything settled after it.
fn afresh(state: &mut State, cx: &mut Cx<'_>, what: impl FnOnce(&mut State, &mut Cx<'_>)) {
    let seen = layout(state, Rect::new(0, 0, state.size.0, state.size.1));
    let mut inner = Cx { seen: &seen, now: cx.now, refs: &mut *cx.refs, effects: std::mem::take(&mut cx.effects) };
    what(state, &mut inner);
    chats::settle(state, &mut inner);
    cx.effects = inner.effects;
}

fn press(state: &mut State, key: Key, cx: &mut Cx<'_>) {
    match meaning(state, key) {
        Some(action) => perform(state, action, cx),
        // Escape and a letter that arrive together read as Alt and the letter, over a slow line more often than not.
        None if key.alt && matches!(key.code, KeyCode::Char(_)) => {
            afresh(state, cx, |state, cx| self::key(state, Key::new(KeyCode::Esc), cx));
            afresh(state, cx, |state, cx| self::key(state, Key { alt: false, ..key }, cx));
        }
        None => type_key(state, key, cx),
    }
}

/// A key that means nothing by itself is typed, where there is something to type in.
fn type_key(state: &mut State, key: Key, cx: &mut Cx<'_>) {
    if !state.overlays.is_empty() {
        overlays::typed(state, key, cx);
    } else {
        match state.screen {
            Screen::Chats => chats::typed(state, key, cx),
            Screen::Contacts => super::contacts::typed(state, key, cx),
            Screen::QuickReplies => super::quick_replies::typed(state, key),
            _ => {}
        }
    }
}

/// Text was pasted.
pub fn paste(state: &mut State, text: &str, cx: &mut Cx<'_>) {
    if ahead::hold(state, Typed::Paste(text.to_owned()), None, cx) == Handled::No {
        put(state, text, cx);
    }
}

/// An Enter came among a text: as many terminals paste.
pub fn line_break(state: &mut State, line_break: LineBreak, cx: &mut Cx<'_>) {
    let action = if state.ends_line(line_break) { None } else { meaning(state, Key::new(KeyCode::Enter)) };
    if ahead::hold(state, Typed::LineBreak(line_break), action, cx) == Handled::No {
        break_line(state, line_break, cx);
    }
}

fn break_line(state: &mut State, line_break: LineBreak, cx: &mut Cx<'_>) {
    if state.ends_line(line_break) {
        put(state, "\n", cx);
    } else {
        // What is typed behind it is one line again: its Enter is meant.
        state.ahead.line_break = LineBreakUse::Key;
        press(state, Key::new(KeyCode::Enter), cx);
    }
}

/// Many characters came all at once. They go into a text in one piece: one by one a long one would take a while.
pub fn burst(state: &mut State, text: &str, cx: &mut Cx<'_>) {
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        if state.is_in_text() {
            return afresh(state, cx, |state, cx| paste(state, rest, cx));
        }
        rest = &rest[char.len_utf8()..];
        afresh(state, cx, |state, cx| match char {
            '\n' => line_break(state, LineBreak::Inner, cx),
            '\t' => key(state, Key::new(KeyCode::Tab), cx),
            char => key(state, Key::char(char), cx),
        });
    }
}

fn put(state: &mut State, text: &str, cx: &mut Cx<'_>) {
    if text.contains('\n') {
        state.ahead.line_break = LineBreakUse::Text;
    }
    if !state.overlays.is_empty() {
        overlays::pasted(state, text, cx);
    } else if state.screen == Screen::Contacts {
        super::contacts::pasted(state, text, cx);
    } else if state.screen == Screen::QuickReplies {
        super::quick_replies::pasted(state, text);
    } else if state.screen == Screen::Chats {
        chats::pasted(state, text, cx);
    }
}

/// Does what somebody wants: the topmost overlay is asked first, then the screen, then everything else.
pub fn perform(state: &mut State, action: Action, cx: &mut Cx<'_>) {
    if state.overlays.iter().all(is_of_screen) && refuse(state, action, cx) == Handled::Yes {
        return;
    }
    if !state.overlays.is_empty() {
        if overlays::act(state, action, cx) == Handled::Yes {
            return;
        }
    } else if state.entrance == Entrance::In && act(state, action, cx) == Handled::Yes {
        return;
    }
    everywhere(state, action, cx);
}

/// Says why whoever sits here can't do this, where they can't.
pub fn refuse(state: &mut State, action: Action, cx: &Cx<'_>) -> Handled {
    let refused = gate(state.screen, action).filter(|_| !state.may(state.screen, action));
    let (Some(gate), Some(role)) = (refused, state.role()) else { return Handled::No };
    state.toasts.say(Tone::Info, &gate.refusal(role), cx.now);
    Handled::Yes
}

/// Is an overlay about what is on the screen, with the same actions? In others the same names mean something else.
const fn is_of_screen(overlay: &Overlay) -> bool {
    matches!(overlay, Overlay::Person(_))
}

/// Leaves the console, and nothing behind that was written.
pub fn quit(state: &mut State, cx: &mut Cx<'_>) {
    chats::keep_draft(state, cx);
    chats::give_drafts(state, cx);
    if state.chats.owes_drafts() && state.connection != Connection::Live {
        state.toasts.say(Tone::Info, "leaving; a moment, until the daemon has what you wrote", cx.now);
    }
    cx.want(Effect::Quit);
}

/// Leaves as soon as nothing is left of what was asked about: every message that stood here alone has arrived, and the
/// file is written.
pub fn leave_when_settled(state: &mut State, cx: &mut Cx<'_>) {
    if asks_to_leave(state) && state.outbox.unsettled() == 0 && state.export.is_none() {
        state.overlays.pop();
        quit(state, cx);
    }
}

/// Whom the messages are for that nobody else knows of.
fn unsent_to(state: &State) -> String {
    let mut who: Vec<String> = Vec::new();
    for chat in state.outbox.unsettled_chats() {
        let name = state.chats.known(chat).map_or_else(|| "somebody who left the list".to_owned(), short_name);
        if !who.contains(&name) {
            who.push(name);
        }
    }
    some_of(&who)
}

/// Does the question about leaving stand on top?
fn asks_to_leave(state: &State) -> bool {
    matches!(state.overlays.last(), Some(Overlay::Confirm(confirm)) if *confirm.deed() == Deed::Quit)
}

/// Leaves, but not without asking while a message stands here that nobody else knows of, or a file is half written.
fn leave(state: &mut State, cx: &mut Cx<'_>) {
    let count = state.outbox.unsettled();
    let kind = match &state.export {
        _ if count > 0 => ConfirmKind::Leave { unsent: count, to: unsent_to(state) },
        Some(order) => ConfirmKind::LeaveExport { path: order.path.clone() },
        None => return quit(state, cx),
    };
    if asks_to_leave(state) {
        return quit(state, cx);
    }
    state.confirm(&kind, Deed::Quit);
}

fn everywhere(state: &mut State, action: Action, cx: &mut Cx<'_>) {
    match action {
        Action::Quit => leave(state, cx),
        Action::Redraw => cx.want(Effect::Redraw),
        Action::Suspend => {
            chats::keep_draft(state, cx);
            cx.want(Effect::Suspend);
        }
        Action::Help => help(state),
        Action::Palette => palette::open(state, cx),
        Action::Search => palette::search(state, None),
        Action::Tenant => palette::tenants(state),
        Action::Sidebar => {
            state.prefs.sidebar = state.prefs.sidebar.toggled();
            cx.want(Effect::Remember(state.prefs.clone()));
        }
        Action::Theme => {
            let at = ThemeName::ALL.iter().position(|name| *name == state.theme).unwrap_or(0);
            state.theme = ThemeName::ALL[(at + 1) % ThemeName::ALL.len()];
            state.prefs.theme = Some(state.theme.word().to_owned());
            state.toasts.say(Tone::Info, &format!("theme: {}", state.theme), cx.now);
            cx.want(Effect::Remember(state.prefs.clone()));
        }
        Action::Mouse => {
            state.capture = match state.capture {
                Capture::Console => Capture::Terminal,
                Capture::Terminal => Capture::Console,
            };
            let words = match state.capture {
                Capture::Console => "the mouse works here again",
                Capture::Terminal => "the mouse is the terminal's: text can be marked",
            };
            state.toasts.say(Tone::Info, words, cx.now);
            cx.want(Effect::MouseCapture(state.capture));
        }
        Action::Notices => notices(state),
        Action::Refresh => {
            if matches!(state.connection, Connection::Lost { .. } | Connection::Refused { .. }) {
                cx.want(Effect::Reconnect);
            }
            super::entrance::refresh(state, cx);
            enter(state, state.screen, cx);
        }
        Action::ScreenNext => go(state, state.screen.beside(1), cx),
        Action::ScreenBack => go(state, state.screen.beside(-1), cx),
        Action::Back => {
            if !state.toasts.shown(cx.now).is_empty() {
                state.toasts.dismiss(cx.now);
            } else if state.guide.is_speaking() {
                super::guide::dismiss(state);
            } else if let Some(screen) = state.came_from.take() {
                go(state, screen, cx);
            }
        }
        _ => {
            if let Some(screen) = Screen::ALL.into_iter().find(|screen| crate::view::action(*screen) == action) {
                go(state, screen, cx);
            } else if !matches!(
                action,
                Action::Up | Action::Down | Action::PageUp | Action::PageDown | Action::First | Action::Last
            ) {
                // No key is dead: where it can do nothing, that is said.
                let words = format!("there is nothing here for this: {}", action.what().to_lowercase());
                state.toasts.say(Tone::Info, &words, cx.now);
            }
        }
    }
}

fn help(state: &mut State) {
    let scopes = state.scopes();
    let mut lines = Vec::new();
    // Where a bare command would ask another daemon, or none.
    let command = (state.command != "mychatflow").then(|| format!("{} chat list", state.command));
    if let Some(command) = &command {
        lines.push(ReaderLine::Words(CleanText::line(
            "Every screen is a command too. From another terminal this daemon is reached so:",
        )));
        lines.push(ReaderLine::Words(CleanText::line(command)));
    }
    for (scope, bound) in state.keymap.help(&scopes) {
        if !lines.is_empty() {
            lines.push(ReaderLine::Gap);
        }
        lines.push(ReaderLine::Heading(CleanText::line(scope.title())));
        for (keys, action) in bound.into_iter().filter(|(_, action)| state.may(state.screen, *action)) {
            lines.push(ReaderLine::Key(CleanText::line(&keys), CleanText::line(action.what())));
        }
    }
    let title = format!("Keys: {}", state.screen.title());
    state.overlays.push(Overlay::Reader(Reader { copied: command, ..Reader::new(&title, lines) }));
}

fn notices(state: &mut State) {
    let mut lines: Vec<ReaderLine> = Vec::new();
    // The line at the bottom may be too short for it.
    if let Connection::Lost { since, reason, .. } = &state.connection {
        let at = CleanText::line(&crate::moment::clock(*since, &state.zone));
        lines.push(ReaderLine::Fact(at, CleanText::line(reason)));
    }
    if let Connection::Refused { reason, .. } = &state.connection {
        lines.push(ReaderLine::Words(CleanText::line(reason)));
    }
    for toast in state.toasts.log() {
        let at = CleanText::line(&crate::moment::clock(toast.at, &state.zone));
        lines.push(ReaderLine::Fact(at, toast.text.clone()));
    }
    if lines.is_empty() {
        lines.push(ReaderLine::Words(CleanText::line("Nothing was said yet.")));
    }
    state.overlays.push(Overlay::Reader(Reader::new("What was said lately", lines)));
}
