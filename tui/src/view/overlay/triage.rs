//! People known from before pairing.

use crate::layout::overlay::OverlayLayout;
use crate::state::State;
use crate::state::triage::Triage;
use crate::view::paint::Paint;

/// Draws it.
pub fn draw(_triage: &Triage, _state: &State, laid: &OverlayLayout, paint: &mut Paint<'_>) {
    super::frame(laid, "", paint);
}
