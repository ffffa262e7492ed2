//! A file with people: read piece by piece, told to the daemon, and told back to whoever asked for it.

use mychatflow_data::encoding::Encoding;
use mychatflow_data::protocol::calls::contact::{ContactImport, ContactImported, ImportAs, RowRejected, RowRemark};
use mychatflow_data::protocol::piece::{Rehearsal, Rest};

use super::segments::people;
use crate::action::Action;
use crate::msg::{Effect, Refusal};
use crate::piece::{Piece, PieceRead};
use crate::state::State;
use crate::state::import::{Import, Order, REJECTED_KEPT, Stage};
use crate::state::overlay::{Overlay, Reader, ReaderLine};
use crate::state::toasts::Tone;
use crate::text::CleanText;
use crate::update::{Cx, Handled, overlays};

/// The form was filled in: at first nothing is stored.
pub fn begin(state: &mut State, order: Order, cx: &mut Cx<'_>) {
    state.contacts.country = order.country.clone().unwrap_or_default();
    start(state, Import::new(order, Rehearsal::DryRun), cx);
    state.overlays.push(Overlay::Import(Box::new(Reader::new("", Vec::new()))));
    write(state);
}

fn start(state: &mut State, import: Import, cx: &mut Cx<'_>) {
    cx.want(Effect::ReadPiece { path: import.order.path.clone(), from: 0, encoding: None });
    state.contacts.import = Some(import);
}

/// Asks for a file, or shows the one that is on its way.
pub fn open(state: &mut State) {
    if state.contacts.import.as_ref().is_some_and(Import::is_running) {
        state.overlays.push(Overlay::Import(Box::new(Reader::new("", Vec::new()))));
        write(state);
    } else {
        super::forms::file(state);
    }
}

/// Does something.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    let parts = cx.seen.overlays.last().map(|laid| (laid.parts.clone(), laid.inner.height));
    let Some(Overlay::Import(reader)) = state.overlays.last_mut() else { return Handled::No };
    if overlays::read(reader, parts, action, cx) == Handled::Yes {
        return Handled::Yes;
    }
    match action {
        Action::Submit => further(state, cx),
        Action::Close => leave(state),
        _ => return Handled::No,
    }
    Handled::Yes
}

/// The next step: for real after it was told, once more after it failed.
fn further(state: &mut State, cx: &mut Cx<'_>) {
    let Some(import) = &state.contacts.import else { return };
    let next = match (&import.stage, import.rehearsal) {
        (Stage::Done, Rehearsal::DryRun) if import.told.imported > 0 => Rehearsal::Real,
        (Stage::Failed(_), rehearsal) => rehearsal,
        (Stage::Done, _) => return leave(state),
        (Stage::Reading | Stage::Asking(_), _) => return,
    };
    let mut again = Import::new(import.order.clone(), next);
    // The same file, or none: what was told is of that one.
    again.written_at = import.written_at.filter(|_| next == Rehearsal::Real && import.stage == Stage::Done);
    start(state, again, cx);
    write(state);
}

/// A real one goes on without being looked at.
fn leave(state: &mut State) {
    state.overlays.pop();
    let Some(import) = &mut state.contacts.import else { return };
    if import.is_running() && import.rehearsal == Rehearsal::DryRun {
        import.stage = Stage::Failed("left".to_owned());
    }
}

/// A piece of the file was read.
pub fn piece_came(state: &mut State, piece: Piece, cx: &mut Cx<'_>) {
    let tenant = state.tenant_name();
    let Some(import) = &mut state.contacts.import else { return };
    if import.stage != Stage::Reading || piece.path != import.order.path || piece.from != import.read {
        return;
    }
    match piece.read.and_then(|read| unchanged(import, read)) {
        Ok(read) => {
            let more = Rest::from(read.next < read.total);
            (import.read, import.total, import.written_at) = (read.next, read.total, Some(read.written_at));
            import.encoding = Some(read.encoding);
            let first = import.id.is_none();
            let asked = ContactImport {
                tenant,
                file: read.text,
                more,
                import: import.id,
                name: first.then(|| import.name().to_owned()),
                country: import.order.country.clone().filter(|_| first),
                dry_run: import.rehearsal,
                suppress: if first { import.order.suppress } else { ImportAs::default() },
                tags: if first { import.order.tags.clone() } else { Vec::new() },
                column: if first { import.order.columns.clone() } else { Vec::new() },
            };
            import.stage = Stage::Asking(Box::new(asked.clone()));
            cx.ask(asked);
        }
        Err(words) => import.stage = Stage::Failed(words),
    }
    write(state);
}

/// Another file under the same name is not what somebody said yes to.
fn unchanged(import: &Import, read: PieceRead) -> Result<PieceRead, String> {
    let longer = import.read > 0 && read.total != import.total;
    match import.written_at {
        Some(at) if at != read.written_at || longer => Err(format!(
            "{} was written to in between. What went to the daemon before stays; begin again with the new content",
            import.order.path
        )),
        _ => Ok(read),
    }
}

/// The daemon took a piece, or did not.
pub fn answered(state: &mut State, asked: ContactImport, reply: Result<ContactImported, Refusal>, cx: &mut Cx<'_>) {
    let Some(import) = &mut state.contacts.import else { return };
    if !matches!(&import.stage, Stage::Asking(question) if **question == asked) {
        return;
    }
    match reply {
        Ok(told) => {
            let unread = import.take(told);
            if unread == Rest::Follows {
                let further = ContactImport { file: String::new(), import: import.id, ..plain(asked) };
                import.stage = Stage::Asking(Box::new(further.clone()));
                cx.ask(further);
            } else if asked.more == Rest::Follows {
                import.stage = Stage::Reading;
                let (path, from, encoding) = (import.order.path.clone(), import.read, import.encoding);
                cx.want(Effect::ReadPiece { path, from, encoding });
            } else {
                import.stage = Stage::Done;
                done(state, cx);
            }
        }
        Err(refusal) => {
            import.stage = Stage::Failed(refusal.text.clone());
            if !watched(state) {
                state.toasts.say(Tone::Bad, &format!("the import stopped: {}", refusal.text), cx.now);
            }
        }
    }
    write(state);
}

/// What only the first call says, left out.
fn plain(asked: ContactImport) -> ContactImport {
    ContactImport { tenant: asked.tenant, more: asked.more, dry_run: asked.dry_run, ..ContactImport::default() }
}

fn done(state: &mut State, cx: &mut Cx<'_>) {
    let Some(import) = state.contacts.import.as_ref().filter(|import| import.rehearsal == Rehearsal::Real) else {
        return;
    };
    let words = match import.order.suppress {
        ImportAs::Contacts => format!("{} imported, {} of them new", people(import.told.imported), import.told.added),
        ImportAs::Suppressions => format!("{} are not written to any more", people(import.told.imported)),
    };
    state.toasts.say(Tone::Good, &words, cx.now);
    super::enter(state, cx);
}

fn watched(state: &State) -> bool {
    state.overlays.iter().any(|overlay| matches!(overlay, Overlay::Import(_)))
}

/// Writes down how it stands, where somebody looks at it.
fn write(state: &mut State) {
    let Some(import) = &state.contacts.import else { return };
    let (title, lines) = (title(import), lines(import));
    for overlay in &mut state.overlays {
        if let Overlay::Import(reader) = overlay {
            reader.title = CleanText::line(&title);
            reader.lines.clone_from(&lines);
        }
    }
}

fn title(import: &Import) -> String {
    let what = match (&import.stage, import.rehearsal) {
        (Stage::Failed(_), _) => "stopped",
        (Stage::Done, Rehearsal::DryRun) => "what would become of it",
        (Stage::Done, Rehearsal::Real) => "imported",
        (_, Rehearsal::DryRun) => "looking",
        (_, Rehearsal::Real) => "importing",
    };
    format!("{}: {what}", import.name())
}

fn lines(import: &Import) -> Vec<ReaderLine> {
    let fact = |name: &str, words: String| ReaderLine::Fact(CleanText::line(name), CleanText::block(&words));
    let words = |words: &str| ReaderLine::Words(CleanText::block(words));
    let told = &import.told;
    let real = import.rehearsal == Rehearsal::Real;
    let mut lines = Vec::new();
    match (&import.stage, real) {
        (Stage::Failed(reason), real) => {
            lines.push(ReaderLine::Bad(CleanText::block(reason)));
            if reason.contains("a column named phone") {
                lines.push(words("Where no heading says it, name the column in the form: phone=its heading."));
            }
            if real && told.rows > 0 {
                lines.push(words("What was stored before stays. The same file again changes nothing about those."));
            }
        }
        (Stage::Done, false) if told.imported == 0 => lines.push(words("Nobody in it can be taken in.")),
        (Stage::Done, false) => lines.push(words("Nothing is stored yet.")),
        (Stage::Done, true) => lines.push(words("It is done.")),
        (Stage::Reading | Stage::Asking(_), false) => lines.push(words("Only looking; nothing is stored.")),
        (Stage::Reading | Stage::Asking(_), true) => {
            lines.push(words("Being taken in. You may leave this; it goes on."))
        }
    }
    if let Some(remark) = import.encoding.and_then(Encoding::remark) {
        lines.push(words(remark));
    }
    if told.rows == 0 && matches!(import.stage, Stage::Failed(_)) {
        return lines;
    }
    let taken = match (import.order.suppress, real) {
        (ImportAs::Contacts, false) => "would be contacts",
        (ImportAs::Contacts, true) => "are contacts",
        (ImportAs::Suppressions, false) => "would never be written to",
        (ImportAs::Suppressions, true) => "are never written to",
    };
    let mut mended = format!("{}, {} of them new", told.imported, told.added);
    if told.repaired > 0 {
        mended.push_str(&format!(", {} with a phone number that was mended", told.repaired));
    }
    lines.extend([
        ReaderLine::Gap,
        fact("rows", told.rows.to_string()),
        fact(taken, mended),
        fact("twice in the file", told.duplicates.to_string()),
        fact("not to be written to", told.suppressed.to_string()),
        fact("rejected", import.rejected_total.to_string()),
    ]);
    if !import.columns.is_empty() {
        lines.extend([ReaderLine::Gap, ReaderLine::Heading(CleanText::line("Columns"))]);
        lines.extend(import.columns.iter().map(|column| fact(&column.heading, column.taken_for.clone())));
    }
    if !import.remarks.is_empty() {
        lines.extend([ReaderLine::Gap, ReaderLine::Heading(CleanText::line("Remarks"))]);
        let remark = |row: &RowRemark| fact(&format!("row {}", row.row), row.remark.clone());
        lines.extend(import.remarks.iter().map(remark));
    }
    if !import.rejected.is_empty() {
        lines.extend([ReaderLine::Gap, ReaderLine::Heading(CleanText::line("Rejected rows"))]);
        lines.extend(import.rejected.iter().map(rejected));
    }
    if import.rejected_total > REJECTED_KEPT {
        let more = import.rejected_total - REJECTED_KEPT;
        lines.push(words(&format!("and {more} more: mychatflow contact import FILE --dry-run tells all of them")));
    }
    lines
}

fn rejected(row: &RowRejected) -> ReaderLine {
    let value = match row.value.trim() {
        "" => String::new(),
        value => format!("{value}: "),
    };
    ReaderLine::Fact(CleanText::line(&format!("row {}", row.row)), CleanText::line(&format!("{value}{}", row.reason)))
}
