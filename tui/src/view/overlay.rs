//! What lies over a screen.

mod confirm;
mod form;
mod pairing;
mod picker;
mod reader;
mod triage;
mod wizard;

use super::paint::{Keys, Paint, Span};
use crate::layout::Layout;
use crate::layout::overlay::OverlayLayout;
use crate::state::State;
use crate::state::overlay::Overlay;
use crate::theme::Role;

/// Draws all of them, the topmost last.
pub fn draw(state: &State, layout: &Layout, paint: &mut Paint<'_>) {
    for (overlay, laid) in state.overlays.iter().zip(&layout.overlays) {
        match overlay {
            Overlay::Reader(it) => reader::draw(it, state, laid, paint),
            Overlay::Picker(it) => picker::draw(it, laid, paint),
            Overlay::Form(it) => form::draw(it, state, laid, paint),
            Overlay::Confirm(it) => confirm::draw(it, state, laid, paint),
            Overlay::Pairing(it) => pairing::draw(it, state, laid, paint),
            Overlay::Triage(it) => triage::draw(it, state, laid, paint),
            Overlay::Wizard(it) => wizard::draw(it, state, laid, paint),
        }
    }
}

/// The ground, the border and the title of an overlay.
fn frame(laid: &OverlayLayout, title: &str, paint: &mut Paint<'_>) {
    paint.clear(laid.area, paint.style(Role::Overlay));
    let spans: [Span<'_>; 1] = [(title, paint.theme.on(Role::Overlay, Role::Title))];
    paint.pane(laid.area, &spans, Keys::Here);
}
