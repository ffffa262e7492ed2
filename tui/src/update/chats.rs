//! Chats.

use super::Cx;
use crate::state::State;
use crate::state::overlay::Pick;

/// Something about a chat was picked.
pub fn picked(_state: &mut State, _pick: Pick, _cx: &mut Cx<'_>) {}
