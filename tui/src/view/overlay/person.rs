//! A person in full.

use super::{frame, keys, reader};
use crate::action::Action;
use crate::keymap::Scope;
use crate::layout::overlay::{OverlayLayout, sheet_foot};
use crate::state::State;
use crate::state::person::Person;
use crate::view::paint::Paint;

/// Draws it.
pub fn draw(person: &Person, state: &State, laid: &OverlayLayout, paint: &mut Paint<'_>) {
    frame(laid, person.reader.title.as_str(), paint);
    reader::body(&person.reader, laid, paint);
    let merged = person.shown.as_ref().is_some_and(|shown| !shown.merges.is_empty());
    let out = person.shown.as_ref().is_some_and(|shown| shown.contact.opted_out_at.is_some());
    let mut hints = vec![
        (Action::ContactChat, "chat"),
        (Action::Edit, "edit"),
        (Action::ChatTag, "tags"),
        (Action::OptOut, if out { "write again" } else { "opt out" }),
        (Action::Merge, "merge"),
    ];
    if merged {
        hints.push((Action::Unmerge, "two again"));
    }
    hints.extend([(Action::Erase, "erase"), (Action::Close, "close")]);
    keys(state, Scope::Person, &hints, sheet_foot(laid), paint);
}
