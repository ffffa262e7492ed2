//! What is to be done until the first customer is answered, with the keys that do it.

use mychatflow_data::model::first_step::{FirstStep, FirstStepDocument};
use ratatui::layout::Rect;

use super::tile;
use crate::action::Action;
use crate::keymap::Scope;
use crate::state::{Screen, State};
use crate::text::CleanText;
use crate::theme::Role;
use crate::view::chrome;
use crate::view::paint::{Keys, Paint};

/// Draws the list: a row for each step, what to do beside those that are open.
pub fn draw(state: &State, area: Rect, keys: Keys, paint: &mut Paint<'_>) {
    let steps = state.dashboard.first_steps();
    let done = steps.iter().filter(|step| step.done).count();
    let count = format!("{done} of {} done", steps.len());
    let inner = tile(area, &[("first steps", paint.style(Role::Title))], &count, keys, paint);
    let glyphs = paint.glyphs();
    for (y, step) in (inner.y..inner.bottom()).zip(steps) {
        let row = Rect { y, height: 1, ..inner };
        let (mark, role) = if step.done { (glyphs.sent, Role::Good) } else { (glyphs.dot_empty, Role::Warn) };
        let words = CleanText::line(&step.text);
        let (text, muted) = (paint.style(Role::Text), paint.style(Role::Muted));
        let hint = if step.done { String::new() } else { hint(state, step) };
        // What to do is never cut: the words give way to it.
        let used = paint.right(row, &[(&hint, muted)]);
        let left = Rect { width: row.width.saturating_sub(used + 2), ..row };
        paint.line(left, &[(mark, paint.style(role)), (" ", text), (words.as_str(), text)]);
    }
}

/// What to do about a step here; nothing for whoever may not.
#[must_use]
pub fn hint(state: &State, step: &FirstStepDocument) -> String {
    let key = |screen: Screen| state.keymap.key_of(&[Scope::Global], chrome::action(screen)).unwrap_or_default();
    let may = |screen, action| state.may(screen, action);
    match step.step {
        FirstStep::Model if may(Screen::Settings, Action::Edit) => "mychatflow setup, in a shell".to_owned(),
        FirstStep::Facts if may(Screen::QuickReplies, Action::Add) => {
            format!("mychatflow setup, or {} Quick replies", key(Screen::QuickReplies))
        }
        FirstStep::Number if may(Screen::Numbers, Action::Pair) => format!("{} Numbers", key(Screen::Numbers)),
        FirstStep::People if may(Screen::Contacts, Action::Triage) => format!("{} Contacts", key(Screen::Contacts)),
        FirstStep::Answer if state.dashboard.overview.as_ref().is_some_and(|overview| overview.drafts > 0) => {
            format!("{} Chats: an answer waits for a yes", key(Screen::Chats))
        }
        FirstStep::Answer => "write to the number from another phone".to_owned(),
        FirstStep::Model | FirstStep::Facts | FirstStep::Number | FirstStep::People => String::new(),
    }
}
