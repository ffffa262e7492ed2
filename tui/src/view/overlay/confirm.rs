//! A question before something that can't be undone.

use ratatui::layout::Rect;

use super::frame;
use crate::action::Action;
use crate::keymap::Scope;
use crate::layout::overlay::OverlayLayout;
use crate::state::State;
use crate::state::overlay::Confirm;
use crate::theme::Role;
use crate::view::paint::Paint;

/// Draws it.
pub fn draw(confirm: &Confirm, state: &State, laid: &OverlayLayout, paint: &mut Paint<'_>) {
    frame(laid, confirm.title.as_str(), paint);
    let on = |paint: &Paint<'_>, role| paint.theme.on(Role::Overlay, role);
    paint.wrapped(laid.inner, confirm.text.as_str(), on(paint, Role::Text));
    let foot = Rect { y: laid.inner.bottom().saturating_sub(1), height: 1, ..laid.inner };
    let key = |action| state.keymap.key_of(&[Scope::Confirm], action).unwrap_or_default();
    let (yes, no) = (key(Action::Confirm), key(Action::Close));
    let (name, word) = (on(paint, Role::Key), on(paint, Role::Text));
    paint.line(
        foot,
        &[(&yes, name), (" ", word), (confirm.yes, word), ("     ", word), (&no, name), (" leave it", word)],
    );
}
