//! A question to be answered by yes or no. What Enter means is written with the answer that it gives.

use ratatui::layout::Rect;

use super::frame;
use crate::action::Action;
use crate::layout::overlay::OverlayLayout;
use crate::state::State;
use crate::state::confirm::Confirm;
use crate::theme::Role;
use crate::view::paint::Paint;

/// Draws it.
pub fn draw(confirm: &Confirm, state: &State, laid: &OverlayLayout, paint: &mut Paint<'_>) {
    frame(laid, confirm.title().as_str(), paint);
    let on = |paint: &Paint<'_>, role| paint.theme.on(Role::Overlay, role);
    paint.wrapped(laid.inner, confirm.text().as_str(), on(paint, Role::Text));
    let foot = Rect { y: laid.inner.bottom().saturating_sub(1), height: 1, ..laid.inner };
    let key = |action| state.keymap.key_of(&[confirm.scope()], action).unwrap_or_default();
    let (yes, no) = (key(Action::Confirm), key(Action::Close));
    let (name, word) = (on(paint, Role::Key), on(paint, Role::Text));
    let gap = ("     ", word);
    paint.line(
        foot,
        &[(&yes, name), (" ", word), (confirm.yes(), word), gap, (&no, name), (" ", word), (confirm.no(), word)],
    );
}
