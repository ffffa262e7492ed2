//! A number being paired.

use crate::layout::overlay::OverlayLayout;
use crate::state::State;
use crate::state::pairing::Pairing;
use crate::view::paint::Paint;

/// Draws it.
pub fn draw(_pairing: &Pairing, _state: &State, laid: &OverlayLayout, paint: &mut Paint<'_>) {
    super::frame(laid, "", paint);
}
