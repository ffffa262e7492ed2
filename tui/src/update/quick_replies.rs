//! Quick replies.

use mychatflow_data::protocol::calls::quick_reply::{QuickReplyDocument, QuickReplyList, QuickReplyRemove};
use mychatflow_data::protocol::name::{Cursor, QuickReplyName};

use super::lists::{self, First};
use super::{Cx, Handled, again, palette};
use crate::action::Action;
use crate::msg::{Answer, Effect};
use crate::state::State;
use crate::state::form::{Field, Form, FormKind, something};
use crate::state::list::{Known, Reading};
use crate::state::overlay::{Confirm, Deed, FoundRow, Overlay, Pick, PickItem, PickerKind, Reader, ReaderLine};
use crate::state::quick_replies::measure;
use crate::state::toasts::Tone;
use crate::text::CleanText;

/// What can be done here.
pub const HINTS: &[(Action, &str)] = &[
    (Action::Open, "read"),
    (Action::Add, "new"),
    (Action::Edit, "edit"),
    (Action::Remove, "remove"),
    (Action::Copy, "copy"),
    (Action::Filter, "find"),
];

/// Reads it.
pub fn enter(state: &mut State, cx: &mut Cx<'_>) {
    again(&mut state.quick_replies.rows.reading);
    read(state, None, cx);
}

fn read(state: &State, after: Option<Cursor>, cx: &mut Cx<'_>) {
    cx.ask(QuickReplyList { tenant: state.tenant_name(), after, ..QuickReplyList::default() });
}

/// Does something.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    let rows = &mut state.quick_replies.rows;
    if lists::act(rows, cx.seen, action) == Handled::Yes {
        if let Some(after) = rows.wants_more() {
            rows.reading = Reading::Again;
            read(state, Some(after), cx);
        }
        return Handled::Yes;
    }
    let selected = state.quick_replies.rows.selected().cloned();
    match (action, selected) {
        (Action::Add, _) => form(state, None),
        (Action::Filter, _) => find(state),
        (Action::Open, Some(reply)) => show(state, &reply),
        (Action::Edit, Some(reply)) => form(state, Some(&reply)),
        (Action::Remove, Some(reply)) => remove(state, &reply),
        (Action::Copy, Some(reply)) => cx.want(Effect::Copy(reply.text)),
        _ => return Handled::No,
    }
    Handled::Yes
}

fn find(state: &mut State) {
    let item = |reply: &QuickReplyDocument| PickItem {
        label: CleanText::line(&reply.label),
        detail: CleanText::line(&reply.text),
        marks: Vec::new(),
        key: None,
        pick: Pick::Row(FoundRow::QuickReply(reply.id)),
    };
    let items = state.quick_replies.rows.items().iter().map(item).collect();
    palette::choose(state, PickerKind::Row, "Find a quick reply", items);
}

fn show(state: &mut State, reply: &QuickReplyDocument) {
    let lines = vec![
        ReaderLine::Words(CleanText::block(&reply.text)),
        ReaderLine::Gap,
        ReaderLine::Fact(CleanText::line("length"), CleanText::line(&measure(reply, state.now, &state.zone))),
    ];
    state.overlays.push(Overlay::Reader(Reader::new(&reply.label, lines)));
}

fn form(state: &mut State, reply: Option<&QuickReplyDocument>) {
    let others = state.quick_replies.rows.items().iter().filter(|other| reply.is_none_or(|reply| reply.id != other.id));
    let taken = others.map(|other| other.label.clone()).collect();
    let (label, text) = reply.map_or(("", ""), |reply| (&reply.label, &reply.text));
    let fields = vec![
        Field::line("label", "Label", "what you call it: opening hours", label, something).not_among(taken),
        Field::block("text", "Text", "as a customer would get it; alt-enter begins a new line", text, something),
    ];
    let intro = "You send it with a few keys, and the assistant takes it for a fact of your business.";
    let form = match reply {
        Some(reply) => Form::new(FormKind::QuickReplyEdit(reply.id), "Edit quick reply", intro, fields),
        None => Form::new(FormKind::QuickReplyAdd, "New quick reply", intro, fields),
    };
    state.overlays.push(Overlay::Form(Box::new(form)));
}

fn remove(state: &mut State, reply: &QuickReplyDocument) {
    let question = QuickReplyRemove { tenant: state.tenant_name(), name: QuickReplyName::from(reply.id.to_string()) };
    state.overlays.push(Overlay::Confirm(Confirm {
        title: CleanText::line("Remove this quick reply?"),
        text: CleanText::block(&format!(
            "\"{}\" is gone then, and the assistant no longer knows what it says.",
            CleanText::line(&reply.label)
        )),
        yes: "remove it",
        deed: Deed::Ask(Box::new(question.into())),
    }));
}

/// Takes an answer.
pub fn answered(state: &mut State, answer: Answer, cx: &mut Cx<'_>) {
    let rows = &mut state.quick_replies.rows;
    match answer {
        Answer::QuickReplyList(asked, reply) => {
            lists::take(rows, First::of(asked.after.as_ref()), reply, cx.now);
        }
        Answer::QuickReplyAdd(_, Ok(reply)) | Answer::QuickReplyEdit(_, Ok(reply)) => {
            let words = format!("{} is kept", CleanText::line(&reply.label));
            let id = reply.id;
            if rows.put(reply.clone()) == Known::Missing {
                rows.change(|items| items.push(reply));
            }
            rows.change(|items| items.sort_by_key(|item| item.label.to_lowercase()));
            rows.select(id);
            state.toasts.say(Tone::Good, &words, cx.now);
        }
        Answer::QuickReplyRemove(_, Ok(reply)) => {
            rows.change(|items| items.retain(|item| item.id != reply.id));
            let words = format!("{} is removed", CleanText::line(&reply.label));
            state.toasts.say(Tone::Good, &words, cx.now);
        }
        other => {
            if let Some(refusal) = other.refusal() {
                super::answers::refused(state, refusal, cx);
            }
        }
    }
}
