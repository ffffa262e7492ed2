//! What becomes of a file with people: a bar while it is read, then what came of it.

use mychatflow_data::protocol::piece::Rehearsal;

use super::{frame, keys, reader};
use crate::action::Action;
use crate::keymap::Scope;
use crate::layout::overlay::{OverlayLayout, sheet_foot};
use crate::state::State;
use crate::state::import::{Import, Stage};
use crate::state::overlay::Reader;
use crate::view::paint::Paint;
use crate::widgets::meter::Meter;

/// Draws it.
pub fn draw(reader: &Reader, state: &State, laid: &OverlayLayout, paint: &mut Paint<'_>) {
    frame(laid, reader.title.as_str(), paint);
    reader::body(reader, laid, paint);
    let Some(import) = &state.contacts.import else { return };
    let foot = sheet_foot(laid);
    let hints: &[(Action, &str)] = match (&import.stage, import.rehearsal) {
        (Stage::Reading | Stage::Asking(_), _) => {
            let label = format!("{} of {}, {} rows", bytes(import.read), bytes(import.total), import.told.rows);
            Meter::new(part(import), &label).draw(paint.theme, foot, paint.buf);
            return;
        }
        (Stage::Done, Rehearsal::DryRun) if import.told.imported > 0 => {
            &[(Action::Submit, "import for real"), (Action::Close, "leave it")]
        }
        (Stage::Failed(_), _) => &[(Action::Submit, "try again"), (Action::Close, "leave it")],
        (Stage::Done, _) => &[(Action::Copy, "copy"), (Action::Close, "close")],
    };
    keys(state, Scope::Import, hints, foot, paint);
}

fn part(import: &Import) -> f64 {
    import.read as f64 / import.total.max(1) as f64
}

fn bytes(count: u64) -> String {
    match count {
        0..1_000 => format!("{count} B"),
        1_000..1_000_000 => format!("{} kB", count / 1_000),
        _ => format!("{}.{} MB", count / 1_000_000, count / 100_000 % 10),
    }
}
