//! The list of chats: two lines each, who needs somebody first.

use ratatui::layout::Rect;

use mychatflow_data::model::chat::{ChatKind, ChatState};
use mychatflow_data::model::contact::Review;
use mychatflow_data::model::interaction::{Author, InteractionState};
use mychatflow_data::protocol::calls::chat::ChatSummary;
use mychatflow_data::time::Timestamp;

use crate::layout::chats::{ListPane, tab_words};
use crate::layout::overlay::field_rows;
use crate::moment;
use crate::state::State;
use crate::state::chats::{Pane, Tab, name};
use crate::text::CleanText;
use crate::theme::{Glyphs, Role};
use crate::view::dashboard;
use crate::view::paint::{Keys, Paint};
use crate::view::table::{self, Empty, RowArea};

/// What is said where nothing is to be done.
const NOTHING_WAITS: &str =
    "When a customer writes, the chat appears here at once.\nAll chats, also finished ones, are in the last tab.";

/// Draws it.
pub fn draw(state: &State, pane: &ListPane, paint: &mut Paint<'_>) {
    let chats = &state.chats;
    let keys = if chats.focus == Pane::List { Keys::Here } else { Keys::Elsewhere };
    // A shop that is not ready yet is told what comes next, wherever one looks first.
    let next = state.dashboard.next_step().map(|step| {
        let hint = dashboard::hint(state, step);
        format!(
            "When a customer writes, the chat appears here at once.\n\nNext: {} ({hint})",
            CleanText::line(&step.text)
        )
    });
    let empty = match (chats.words().is_some(), chats.tab) {
        (true, _) => Empty { title: "No chat fits these words", remedy: "Search all messages instead: ctrl-f" },
        (false, Tab::Inbox) => Empty { title: "Nothing waits here", remedy: next.as_deref().unwrap_or(NOTHING_WAITS) },
        (false, _) => Empty { title: "No chat is in this state", remedy: "" },
    };
    let title = [("Chats", paint.style(Role::Title))];
    table::draw(paint, &chats.rows, &pane.table, &title, keys, &[], empty, |paint, chat, area| {
        row(state, chat, area, paint)
    });
    if let (Some(area), Some(input)) = (pane.find, &chats.find) {
        let lead = Rect { x: area.x - 7, width: 7, ..area };
        let role = if chats.filter_open() { Role::Accent } else { Role::Muted };
        paint.text(lead, "filter", paint.style(role));
        if let Some(words) = field_rows(input, area).rows.first() {
            paint.text(area, words, paint.style(Role::Text));
        }
    }
    let shown = |tab: &Tab| pane.tabs.iter().any(|(other, _)| other == tab);
    let head = pane.table.head;
    if pane.find.is_none() && !Tab::ALL.last().is_some_and(shown) {
        // There are more tabs than fit.
        let more = paint.glyphs().ellipsis;
        paint.right(Rect { width: head.width.saturating_sub(1), ..head }, &[(more, paint.style(Role::Muted))]);
    }
    for (tab, area) in &pane.tabs {
        let role = if *tab == chats.tab { Role::Title } else { Role::Muted };
        let mut style = paint.style(role);
        if *tab == chats.tab {
            style = style.underlined();
        }
        paint.text(*area, &tab_words(state, *tab), style);
    }
}

fn row(state: &State, chat: &ChatSummary, area: &RowArea, paint: &mut Paint<'_>) {
    let glyphs = paint.glyphs();
    let style = |paint: &Paint<'_>, role| area.style(paint, role);
    let (top, bottom) = (area.line(0), area.line(1));
    // First line: who, and when.
    let when = chat.last_at.map(|at| moment::stamp(at, state.now, &state.zone)).unwrap_or_default();
    let unread = if chat.unread > 0 { format!("{}{} ", glyphs.unread, chat.unread.min(999)) } else { String::new() };
    let used = paint.right(top, &[(&unread, style(paint, Role::Accent)), (&when, style(paint, Role::Muted))]);
    let room = Rect { width: top.width.saturating_sub(used + 1), ..top };
    let (mark, mark_role) = mark(chat, &glyphs);
    let who = name(chat);
    let mut name_style = style(paint, Role::Text);
    if chat.unread > 0 || chat.state == ChatState::NeedsYou {
        name_style = name_style.bold();
    }
    let group = if chat.kind == ChatKind::Group { " (group)" } else { "" };
    let personal = if chat.review == Some(Review::Personal) { " (personal)" } else { "" };
    let muted = style(paint, Role::Muted);
    paint.line(
        room,
        &[(mark, style(paint, mark_role)), (" ", muted), (who.as_str(), name_style), (group, muted), (personal, muted)],
    );
    // Second line: what is going on.
    let indent = Rect { x: bottom.x + 2, width: bottom.width.saturating_sub(2), ..bottom };
    if state.chats.typing.contains_key(&chat.id) {
        paint.text(indent, "typing …", style(paint, Role::Good));
        return;
    }
    let right = standing(state, chat, &glyphs);
    let used = paint.right(indent, &[(&right.0, style(paint, right.1))]);
    let room = Rect { width: indent.width.saturating_sub(if used > 0 { used + 1 } else { 0 }), ..indent };
    let preview = CleanText::line(chat.preview.as_deref().unwrap_or_default());
    let lead = match chat.last_author {
        Some(Author::Assistant) => "AI: ",
        Some(Author::Human | Author::Phone) => "you: ",
        Some(Author::Campaign) => "campaign: ",
        Some(Author::System) => "automatic: ",
        Some(Author::Customer) | None => "",
    };
    let needs = chat.state == ChatState::NeedsYou;
    match (&chat.reason, needs) {
        (Some(reason), true) => {
            let reason = CleanText::line(reason);
            let separator = format!(" {} ", glyphs.separator);
            paint.line(
                room,
                &[(reason.as_str(), style(paint, Role::Warn)), (&separator, muted), (preview.as_str(), muted)],
            );
        }
        _ => {
            paint.line(room, &[(lead, style(paint, Role::Faint)), (preview.as_str(), muted)]);
        }
    }
}

/// Whose turn it is, as a sign: its shape tells it without colour.
fn mark(chat: &ChatSummary, glyphs: &Glyphs) -> (&'static str, Role) {
    match chat.state {
        ChatState::NeedsYou => (glyphs.held, Role::Warn),
        ChatState::Assistant => (glyphs.arrow, Role::Accent),
        ChatState::Waiting => (glyphs.dot_empty, Role::Muted),
        ChatState::Snoozed => (glyphs.clock, Role::Muted),
        ChatState::Done => (glyphs.check_on, Role::Faint),
    }
}

/// How far the last message of ours got, or until when the chat rests.
fn standing(state: &State, chat: &ChatSummary, glyphs: &Glyphs) -> (String, Role) {
    if let Some(until) = chat.snoozed_until.filter(|_| chat.state == ChatState::Snoozed) {
        return (format!("{} {}", glyphs.clock, moment::left(until, state.now)), Role::Muted);
    }
    if let Some(at) = sends_at(state, chat) {
        return (format!("{} sends in {}", glyphs.clock, moment::left(at, state.now)), Role::Warn);
    }
    match chat.last_state {
        Some(InteractionState::Held) => ("held".to_owned(), Role::Warn),
        Some(InteractionState::Draft) => ("draft".to_owned(), Role::Warn),
        Some(InteractionState::Failed) => (format!("{} failed", glyphs.failed), Role::Bad),
        Some(InteractionState::Unknown) => (format!("{} unknown", glyphs.unknown), Role::Bad),
        Some(InteractionState::Queued | InteractionState::Sending) => (glyphs.sending.to_owned(), Role::Muted),
        Some(InteractionState::Sent) => (glyphs.sent.to_owned(), Role::Muted),
        Some(InteractionState::Delivered) => (glyphs.delivered.to_owned(), Role::Muted),
        Some(InteractionState::Read | InteractionState::Played) => (glyphs.read.to_owned(), Role::Good),
        _ => match (chat.state, chat.waiting_since) {
            (ChatState::NeedsYou, Some(since)) => (moment::ago(since, state.now), Role::Muted),
            _ => (String::new(), Role::Muted),
        },
    }
}

/// When the answer that waits in a chat goes out by itself. The open thread may know it before the list does.
pub fn sends_at(state: &State, chat: &ChatSummary) -> Option<Timestamp> {
    let open = state.chats.thread.as_ref().filter(|thread| thread.chat.id == chat.id);
    let told = open.and_then(|thread| thread.items.iter().rev().find_map(|item| item.sends_at));
    told.or(chat.sends_at).filter(|at| *at > state.now && chat.state == ChatState::Assistant)
}
