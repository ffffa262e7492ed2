//! Quick replies.

use mychatflow_data::model::quick_reply::QuickReplyState;
use mychatflow_data::protocol::calls::quick_reply::{
    QuickReplyDocument, QuickReplyEdit, QuickReplyList, QuickReplyRemove,
};
use mychatflow_data::protocol::name::{Cursor, QuickReplyName};
use mychatflow_data::protocol::page::Page;

use super::{Cx, Handled, again, export, lists};
use crate::action::Action;
use crate::export::ExportKind;
use crate::key::Key;
use crate::msg::{Answer, Effect, Refusal};
use crate::state::State;
use crate::state::chats::Finding;
use crate::state::confirm::ConfirmKind;
use crate::state::form::{Field, Form, FormKind, anything, something};
use crate::state::input::{Input, Lines, Taken};
use crate::state::list::Reading;
use crate::state::overlay::{Overlay, Reader, ReaderLine};
use crate::state::quick_replies::facts;
use crate::state::toasts::Tone;
use crate::text::CleanText;

/// What can be done here. The last two are those of the filter.
pub const HINTS: &[(Action, &str)] = &[
    (Action::Open, "read"),
    (Action::Add, "new"),
    (Action::Edit, "edit"),
    (Action::PutAside, "aside"),
    (Action::Remove, "remove"),
    (Action::Copy, "copy"),
    (Action::Filter, "find"),
    (Action::TabNext, "category"),
    (Action::Submit, "keep this filter"),
    (Action::Close, "show all again"),
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
    let screen = &mut state.quick_replies;
    if lists::act(&mut screen.rows, cx.seen, action) == Handled::Yes {
        return Handled::Yes;
    }
    let selected = screen.rows.selected().cloned();
    match (action, selected) {
        (Action::Filter, _) => {
            screen.find.get_or_insert_with(|| Input::empty(Lines::One));
            screen.finding = Finding::Open;
        }
        (Action::Submit, _) => {
            screen.finding = Finding::Closed;
            screen.find = screen.find.take().filter(|find| !find.is_blank());
        }
        (Action::Close, _) => unfilter(state),
        (Action::Back, _) if screen.find.is_some() => unfilter(state),
        (Action::TabNext | Action::FocusNext, _) => turn(state, 1, cx),
        (Action::TabBack | Action::FocusBack, _) => turn(state, -1, cx),
        (Action::Add, _) => form(state, None),
        (Action::Import, _) => files(
            state,
            "Quick replies from a file",
            "A Markdown file with a heading for each label. Known labels get the words of the file, nothing is taken away.",
            "mychatflow quick-reply import FILE --dry-run",
        ),
        (Action::Export, _) => export::open(state, ExportKind::QuickReplies, cx),
        (Action::Open, Some(reply)) => show(state, &reply),
        (Action::Edit, Some(reply)) => form(state, Some(&reply)),
        (Action::PutAside, Some(reply)) => put_aside(state, &reply, cx),
        (Action::Remove, Some(reply)) => remove(state, &reply),
        (Action::Copy, Some(reply)) => cx.want(Effect::Copy(reply.text)),
        _ => return Handled::No,
    }
    Handled::Yes
}

fn unfilter(state: &mut State) {
    state.quick_replies.find = None;
    state.quick_replies.finding = Finding::Closed;
    state.quick_replies.fit();
}

fn turn(state: &mut State, by: isize, cx: &Cx<'_>) {
    let tabs = state.quick_replies.tabs();
    if tabs.len() < 2 {
        state.toasts.say(Tone::Info, "no quick reply has a category yet", cx.now);
        return;
    }
    let at = tabs.iter().position(|tab| *tab == state.quick_replies.tab).unwrap_or(0);
    let to = at.checked_add_signed(by).unwrap_or(tabs.len() - 1) % tabs.len();
    tab(state, to);
}

/// Goes to a tab by its place.
pub fn tab(state: &mut State, at: usize) {
    let screen = &mut state.quick_replies;
    if let Some(tab) = screen.tabs().into_iter().nth(at) {
        screen.tab = tab;
        screen.fit();
    }
}

/// A key was typed into the filter.
pub fn typed(state: &mut State, key: Key) {
    let screen = &mut state.quick_replies;
    if screen.finding == Finding::Open
        && let Some(find) = &mut screen.find
        && find.key(key) == Taken::Yes
    {
        screen.fit();
        screen.rows.select_at(0);
    }
}

/// Text was pasted into the filter.
pub fn pasted(state: &mut State, text: &str) {
    let screen = &mut state.quick_replies;
    if screen.finding == Finding::Open
        && let Some(find) = &mut screen.find
    {
        find.paste(text);
        screen.fit();
        screen.rows.select_at(0);
    }
}

/// What only a command does as yet.
fn files(state: &mut State, title: &str, what: &str, command: &str) {
    let lines = vec![
        ReaderLine::Words(CleanText::line(what)),
        ReaderLine::Gap,
        ReaderLine::Words(CleanText::line("On the command line:")),
        ReaderLine::Gap,
        ReaderLine::Heading(CleanText::line(command)),
    ];
    let reader = Reader { copied: Some(command.to_owned()), ..Reader::new(title, lines) };
    state.overlays.push(Overlay::Reader(reader));
}

fn show(state: &mut State, reply: &QuickReplyDocument) {
    let mut lines = vec![ReaderLine::Template(CleanText::block(&reply.text)), ReaderLine::Gap];
    let told = facts(reply, state.now, &state.zone);
    lines.extend(
        told.into_iter().map(|(name, words, _)| ReaderLine::Fact(CleanText::line(name), CleanText::line(&words))),
    );
    let reader = Reader { copied: Some(reply.text.clone()), ..Reader::new(&reply.label, lines) };
    state.overlays.push(Overlay::Reader(reader));
}

fn state_word(text: &str) -> Result<(), String> {
    match text.trim().parse::<QuickReplyState>() {
        Ok(_) => Ok(()),
        Err(_) => Err("active or aside".to_owned()),
    }
}

fn form(state: &mut State, reply: Option<&QuickReplyDocument>) {
    let others = state.quick_replies.all.iter().filter(|other| reply.is_none_or(|reply| reply.id != other.id));
    let taken = others.map(|other| other.label.clone()).collect();
    let (label, text) = reply.map_or(("", ""), |reply| (&reply.label, &reply.text));
    let category = reply.and_then(|reply| reply.category.as_deref()).unwrap_or_default();
    let hint = "{{ name }} stands for the person's name; alt-enter begins a new line";
    let mut fields = vec![
        Field::line("label", "Label", "what you call it: opening hours", label, something).not_among(taken),
        Field { rows: 4, ..Field::block("text", "Text", hint, text, something) },
        Field::line("category", "Category", "what it is about: orders; may be left empty", category, anything),
    ];
    if let Some(reply) = reply {
        let hint = "active, or aside: neither offered nor told to the assistant";
        fields.push(Field::line("state", "State", hint, reply.state.word(), state_word));
    }
    let intro = "You send it with a few keys; the assistant takes it for a fact.";
    let form = match reply {
        Some(reply) => {
            let title = format!("Edit quick reply: {}", CleanText::line(&reply.label));
            Form::new(FormKind::QuickReplyEdit(reply.id), &title, intro, fields)
        }
        None => Form::new(FormKind::QuickReplyAdd, "New quick reply", intro, fields),
    };
    state.overlays.push(Overlay::Form(Box::new(form)));
}

fn put_aside(state: &State, reply: &QuickReplyDocument, cx: &mut Cx<'_>) {
    let to = match reply.state {
        QuickReplyState::Active => QuickReplyState::Aside,
        QuickReplyState::Aside => QuickReplyState::Active,
    };
    cx.ask(QuickReplyEdit {
        tenant: state.tenant_name(),
        name: QuickReplyName::from(reply.id.to_string()),
        state: Some(to),
        ..QuickReplyEdit::default()
    });
}

fn remove(state: &mut State, reply: &QuickReplyDocument) {
    let question = QuickReplyRemove { tenant: state.tenant_name(), name: QuickReplyName::from(reply.id.to_string()) };
    let label = CleanText::line(&reply.label).into_string();
    state.confirm(&ConfirmKind::RemoveQuickReply { label }, question);
}

/// Takes an answer.
pub fn answered(state: &mut State, answer: Answer, cx: &mut Cx<'_>) {
    let screen = &mut state.quick_replies;
    match answer {
        Answer::QuickReplyList(asked, reply) => listed(state, &asked, reply, cx),
        Answer::QuickReplyAdd(_, Ok(reply)) => kept(state, reply, "is kept", cx),
        Answer::QuickReplyEdit(asked, Ok(reply)) => {
            let words = match (asked.state, &asked.text) {
                (Some(QuickReplyState::Aside), None) => "is put aside: neither offered nor told to the assistant",
                (Some(QuickReplyState::Active), None) => "is in use again",
                _ => "is kept",
            };
            kept(state, reply, words, cx);
        }
        Answer::QuickReplyRemove(_, Ok(reply)) => {
            screen.all.retain(|item| item.id != reply.id);
            screen.fit();
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

/// A page came; all of them are read, so that filter and categories are whole.
fn listed(
    state: &mut State,
    asked: &QuickReplyList,
    reply: Result<Page<QuickReplyDocument>, Refusal>,
    cx: &mut Cx<'_>,
) {
    let screen = &mut state.quick_replies;
    let page = match reply {
        Ok(page) => page,
        Err(refusal) => {
            screen.rows.reading = Reading::Failed(refusal.text);
            return;
        }
    };
    if asked.after.is_none() {
        screen.all.clear();
    }
    let more = page.next.filter(|_| !page.items.is_empty());
    for reply in page.items {
        if !screen.all.iter().any(|known| known.id == reply.id) {
            screen.all.push(reply);
        }
    }
    screen.rows.reading = Reading::Done(cx.now);
    screen.fit();
    if more.is_some() {
        read(state, more, cx);
    }
}

fn kept(state: &mut State, reply: QuickReplyDocument, words: &str, cx: &mut Cx<'_>) {
    let words = format!("{} {words}", CleanText::line(&reply.label));
    let id = reply.id;
    state.quick_replies.put(reply);
    state.quick_replies.rows.select(id);
    state.toasts.say(Tone::Good, &words, cx.now);
}
