//! A list as a file: asked where, written by whoever opened the console, told with its place.

use jiff::tz::TimeZone;
use mychatflow_data::time::Timestamp;
use mychatflow_data::user_file::Existing;

use super::{Cx, Handled};
use crate::export::{ExportError, ExportKind, ExportOrder};
use crate::moment;
use crate::msg::Effect;
use crate::state::State;
use crate::state::confirm::{ConfirmKind, Deed};
use crate::state::form::{Field, Form, FormKind, Stage, something};
use crate::state::overlay::Overlay;
use crate::state::toasts::Tone;
use crate::text::CleanText;

/// Asks where the file is to be.
pub fn open(state: &mut State, kind: ExportKind, cx: &Cx<'_>) {
    if let Some(order) = &state.export {
        let words = format!("{} is being written; one file at a time", CleanText::line(&order.path));
        state.toasts.say(Tone::Info, &words, cx.now);
        return;
    }
    let (title, intro, hint) = match &kind {
        ExportKind::People { query: None } => (
            "People as a file",
            "Everybody with everything that is known of them. Only your account can read the file.".to_owned(),
            ".csv for a spreadsheet, or .json; ~ is your home directory",
        ),
        ExportKind::People { query: Some(query) } => (
            "People as a file",
            format!(
                "The people of the filter \"{}\" with everything that is known of them. Only your account can read the file.",
                CleanText::line(query)
            ),
            ".csv for a spreadsheet, or .json; ~ is your home directory",
        ),
        ExportKind::QuickReplies => (
            "Quick replies as a file",
            "All of them in one Markdown file, which mychatflow quick-reply import reads.".to_owned(),
            "~ is your home directory",
        ),
    };
    let fields =
        vec![Field::line("path", "File on this machine", hint, &proposed(&kind, cx.now, &state.zone), something)];
    state.overlays.push(Overlay::Form(Box::new(Form::new(FormKind::Export(kind), title, &intro, fields))));
}

/// A place that is new each day, so that a file of before is seldom in the way.
fn proposed(kind: &ExportKind, now: Timestamp, zone: &TimeZone) -> String {
    let day = moment::date(now, zone);
    match kind {
        ExportKind::People { .. } => format!("~/contacts-{day}.csv"),
        ExportKind::QuickReplies => format!("~/quick-replies-{day}.md"),
    }
}

/// The form was filled in.
pub fn submitted(state: &mut State, cx: &mut Cx<'_>) -> Handled {
    let tenant = state.tenant_name();
    let Some(Overlay::Form(form)) = state.overlays.last() else { return Handled::No };
    let FormKind::Export(kind) = &form.kind else { return Handled::No };
    let path = form.text("path").trim().to_owned();
    begin(state, ExportOrder { kind: kind.clone(), tenant, path, existing: Existing::Keep }, cx);
    Handled::Yes
}

/// Lets it be written. The form stays until it is.
pub fn begin(state: &mut State, order: ExportOrder, cx: &mut Cx<'_>) {
    if let Some(form) = form_of(state, &order) {
        form.refusal = None;
        form.stage = Stage::Writing;
    }
    state.export = Some(order.clone());
    cx.want(Effect::Export(Box::new(order)));
}

/// It is written, or not.
pub fn ended(state: &mut State, order: &ExportOrder, end: Result<String, ExportError>, cx: &mut Cx<'_>) {
    state.export.take_if(|under_way| under_way == order);
    let is_asked = form_of(state, order).is_some();
    match end {
        Ok(words) => {
            state.overlays.retain(|overlay| !is_form_of(overlay, order));
            state.toasts.say(Tone::Good, &words, cx.now);
        }
        Err(ExportError::Exists { place }) if is_asked => {
            form_of(state, order).into_iter().for_each(|form| form.reopen(None));
            let again = ExportOrder { existing: Existing::Replace, ..order.clone() };
            state.confirm(&ConfirmKind::Overwrite { place }, Deed::Export(Box::new(again)));
        }
        Err(ExportError::Exists { place }) => {
            state.toasts.say(Tone::Bad, &format!("{place} is there already: nothing was written"), cx.now);
        }
        Err(ExportError::Failed(words)) => match form_of(state, order) {
            Some(form) => {
                form.reopen(Some(&words));
                // It was typed for what comes after the form, and is no part of what stands in it.
                super::ahead::drop_all(state, cx);
            }
            None => state.toasts.say(Tone::Bad, &words, cx.now),
        },
    }
}

/// The form that asked for this file.
fn form_of<'a>(state: &'a mut State, order: &ExportOrder) -> Option<&'a mut Form> {
    state.overlays.iter_mut().rev().find(|overlay| is_form_of(overlay, order)).and_then(|overlay| match overlay {
        Overlay::Form(form) => Some(form.as_mut()),
        _ => None,
    })
}

fn is_form_of(overlay: &Overlay, order: &ExportOrder) -> bool {
    matches!(overlay, Overlay::Form(form)
        if form.kind == FormKind::Export(order.kind.clone()) && form.text("path").trim() == order.path)
}
