//! What lies over a screen.

mod confirm;
mod form;
mod import;
mod pairing;
mod person;
mod picker;
mod reader;
mod triage;
mod wizard;

use ratatui::layout::Rect;

use super::paint::{Keys, Paint, Span, after};
use crate::action::Action;
use crate::keymap::Scope;
use crate::layout::Layout;
use crate::layout::overlay::OverlayLayout;
use crate::state::State;
use crate::state::overlay::Overlay;
use crate::text;
use crate::theme::Role;

/// Draws all of them, the topmost last.
pub fn draw(state: &State, layout: &Layout, paint: &mut Paint<'_>) {
    for (overlay, laid) in state.overlays.iter().zip(&layout.overlays) {
        match overlay {
            Overlay::Reader(it) => reader::draw(it, laid, paint),
            Overlay::Picker(it) => picker::draw(it, laid, paint),
            Overlay::Form(it) => form::draw(it, state, laid, paint),
            Overlay::Confirm(it) => confirm::draw(it, state, laid, paint),
            Overlay::Pairing(it) => pairing::draw(it, state, laid, paint),
            Overlay::Triage(it) => triage::draw(it, state, laid, paint),
            Overlay::Person(it) => person::draw(it, state, laid, paint),
            Overlay::Import(it) => import::draw(it, state, laid, paint),
            Overlay::Wizard(it) => wizard::draw(it, state, laid, paint),
        }
    }
}

/// Keys with what they do, in a line. Those without a key are left out.
fn keys(state: &State, scope: Scope, hints: &[(Action, &str)], area: Rect, paint: &mut Paint<'_>) {
    let (name, word) = (paint.theme.on(Role::Overlay, Role::Key), paint.theme.on(Role::Overlay, Role::Muted));
    let mut left = area;
    // Where it is about what is on the screen, its actions are the screen's.
    let offered = |action| scope != Scope::Person || state.may(state.screen, action);
    for (action, does) in hints.iter().filter(|(action, _)| offered(*action)) {
        let Some(key) = state.keymap.key_of(&[scope], *action) else { continue };
        let wide = text::width(&key) + text::width(does) + 1;
        // Half a hint says nothing.
        if wide > usize::from(left.width) {
            break;
        }
        let used = paint.line(left, &[(&key, name), (" ", word), (does, word), ("  ", word)]);
        left = after(left, used);
    }
}

/// The ground, the border and the title of an overlay.
fn frame(laid: &OverlayLayout, title: &str, paint: &mut Paint<'_>) {
    paint.clear(laid.area, paint.style(Role::Overlay));
    let spans: [Span<'_>; 1] = [(title, paint.theme.on(Role::Overlay, Role::Title))];
    paint.pane(laid.area, &spans, Keys::Here);
}
