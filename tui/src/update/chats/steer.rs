//! Steering a chat: pause and resume, snooze, done, mode, tags, notes, drafts of the assistant, why.

use std::time::Duration;

use mychatflow_data::ids::ChatId;
use mychatflow_data::model::chat::{ChatState, Mode};
use mychatflow_data::model::contact::Review;
use mychatflow_data::model::interaction::InteractionState;
use mychatflow_data::model::setting::SettingKey;
use mychatflow_data::protocol::calls::chat::{
    AfterEdit, ChatApprove, ChatCancel, ChatDone, ChatPause, ChatResume, ChatSnooze, ChatSummary,
};
use mychatflow_data::protocol::calls::contact::{ContactTag, Reviewed, Tagging};
use mychatflow_data::protocol::calls::queue::QueueRetry;
use mychatflow_data::protocol::calls::settings::SettingsSet;
use mychatflow_data::protocol::name::{ChatName, ContactName, QueueId};
use mychatflow_data::protocol::span::Span;

use super::{composer, current, name, quick, thread};
use crate::action::Action;
use crate::msg::{Answer, Effect};
use crate::state::State;
use crate::state::chats::{Pane, short_name};
use crate::state::confirm::ConfirmKind;
use crate::state::form::{Field, Form, FormKind, anything, something};
use crate::state::list::Reading;
use crate::state::outbox::Stage;
use crate::state::overlay::{Overlay, Pick, PickItem, PickerKind};
use crate::state::thread::EntryId;
use crate::state::toasts::Tone;
use crate::text::CleanText;
use crate::update::{Cx, Handled, overlays, palette};

const HOUR: Duration = Duration::from_secs(3600);

/// Tries an action on the chat that it is about.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    let tenant = state.tenant_name();
    let Some(chat) = state.chats.current().cloned() else {
        if current::is_about_chat(action) {
            current::nobody(state, cx);
            return Handled::Yes;
        }
        return Handled::No;
    };
    let who = short_name(&chat);
    let waiting = state.chats.thread.as_ref().filter(|thread| thread.chat.id == chat.id);
    let waiting = waiting.and_then(|thread| thread.waiting_answer()).map(|item| item.id);
    match action {
        Action::Compose => composer::begin(state, cx),
        Action::QuickReply => quick::open(state, &chat, cx),
        Action::ChatApprove => match waiting {
            Some(id) => cx.ask(ChatApprove { tenant, chat: name(chat.id), instance: None, id: Some(id) }),
            None => nothing_waits(state, &chat, cx),
        },
        Action::ChatCancel => match waiting {
            Some(id) => cx.ask(ChatCancel { tenant, chat: name(chat.id), instance: None, id: Some(id) }),
            None => nothing_waits(state, &chat, cx),
        },
        Action::ChatEdit => match waiting {
            Some(_) => composer::edit(state, cx),
            None => nothing_waits(state, &chat, cx),
        },
        Action::ChatPause if is_silent(&chat, cx) => {
            cx.ask(ChatResume { tenant, chat: name(chat.id), instance: None });
        }
        Action::ChatPause => cx.ask(ChatPause { tenant, chat: name(chat.id), instance: None, span: None }),
        Action::ChatPauseFor => {
            let spans = [HOUR / 2, HOUR, 4 * HOUR, 12 * HOUR, 24 * HOUR, 168 * HOUR];
            let title = format!("{who}: silence the assistant for (or type 90m)");
            palette::choose(
                state,
                PickerKind::Pause(chat.id),
                &title,
                self::spans(&spans, |span| Pick::Pause(chat.id, span)),
            );
        }
        Action::ChatSnooze if chat.state == ChatState::Snoozed => {
            cx.ask(ChatResume { tenant, chat: name(chat.id), instance: None });
        }
        Action::ChatSnooze => {
            let spans = [HOUR, 3 * HOUR, 8 * HOUR, 24 * HOUR, 72 * HOUR, 168 * HOUR];
            let title = format!("{who}: put the chat away for (or type 2h)");
            palette::choose(
                state,
                PickerKind::Snooze(chat.id),
                &title,
                self::spans(&spans, |span| Pick::Snooze(chat.id, span)),
            );
        }
        Action::ChatDone => cx.ask(ChatDone { tenant, chat: name(chat.id), instance: None }),
        Action::ChatMode => {
            let title = format!("{who}: what the assistant does in this chat");
            palette::choose(state, PickerKind::Mode, &title, modes(&chat));
        }
        Action::ChatTag => match chat.contact {
            Some(contact) => {
                let tags = chat.tags.join(", ");
                let fields =
                    vec![Field::line("tags", "Tags", "with commas between them: vip, two words", &tags, anything)];
                let form = Form::new(FormKind::Tags(contact, chat.tags), &format!("Tags of {who}"), "", fields);
                state.overlays.push(Overlay::Form(Box::new(form)));
            }
            None => state.toasts.say(Tone::Info, "a group has no tags", cx.now),
        },
        Action::ChatNote => {
            let fields = vec![Field::block(
                "text",
                "Note",
                "only your team sees it, never the customer or the assistant",
                "",
                something,
            )];
            let form = Form::new(FormKind::Note(chat.id), &format!("A note about {who}"), "", fields);
            state.overlays.push(Overlay::Form(Box::new(form)));
        }
        Action::ChatPersonal => match chat.contact {
            Some(contact) => {
                let review = match chat.review {
                    Some(Review::Personal) => Reviewed::Customer,
                    _ => Reviewed::Personal,
                };
                let contact = ContactName::from(contact.to_string());
                let (tags, remove) = (Vec::new(), Tagging::Add);
                let question = ContactTag { tenant, contact, tags, remove, review: Some(review) };
                let kind = match review {
                    Reviewed::Personal => ConfirmKind::Personal { who },
                    Reviewed::Customer => ConfirmKind::Customer { who },
                };
                state.confirm(&kind, question);
            }
            None => state.toasts.say(Tone::Info, "a group is never answered by the assistant", cx.now),
        },
        Action::Why => {
            let selected = state.chats.thread.as_ref().filter(|_| state.chats.focus == Pane::Thread);
            let id = match selected.and_then(|thread| thread.selected) {
                Some(EntryId::Message(id)) => id.to_string(),
                _ => chat.id.to_string(),
            };
            overlays::ask_why(state, &format!("Why: {who}"), id, cx);
        }
        Action::Copy => copy(state, &chat, cx),
        Action::ChatResend => resend(state, cx),
        Action::NextNeedsYou => next_needs_you(state, cx),
        _ => return Handled::No,
    }
    Handled::Yes
}

fn nothing_waits(state: &mut State, chat: &ChatSummary, cx: &Cx<'_>) {
    let open = state.chats.thread.as_ref().filter(|thread| thread.chat.id == chat.id);
    let words = match open.map(|thread| &thread.reading) {
        Some(Reading::Done(_) | Reading::Again) => "no answer waits here",
        Some(_) => "the messages are not here yet; nothing was done",
        None => "open the chat first: an answer is sent or dropped where it can be read",
    };
    state.toasts.say(Tone::Info, &format!("{}: {words}", short_name(chat)), cx.now);
}

/// Is the assistant silent here, by a pause or because a human was asked for?
fn is_silent(chat: &ChatSummary, cx: &Cx<'_>) -> bool {
    chat.paused_until.is_some_and(|until| until > cx.now) || chat.handoff_at.is_some()
}

fn spans(spans: &[Duration], pick: impl Fn(Duration) -> Pick) -> Vec<PickItem> {
    let words = |span: Duration| match span.as_secs() / 60 {
        minutes @ 0..60 => format!("{minutes} minutes"),
        60 => "1 hour".to_owned(),
        minutes @ 61..1440 => format!("{} hours", minutes / 60),
        1440 => "a day".to_owned(),
        10080 => "a week".to_owned(),
        minutes => format!("{} days", minutes / 1440),
    };
    let item = |span: &Duration| PickItem {
        label: CleanText::line(&words(*span)),
        detail: CleanText::default(),
        marks: Vec::new(),
        key: None,
        pick: pick(*span),
    };
    spans.iter().map(item).collect()
}

fn modes(chat: &ChatSummary) -> Vec<PickItem> {
    let item = |mode: Option<Mode>, label: &str, detail: &str| PickItem {
        label: CleanText::line(&if chat.mode_set == mode { format!("{label} (now)") } else { label.to_owned() }),
        detail: CleanText::line(detail),
        marks: Vec::new(),
        key: None,
        pick: Pick::Mode(chat.id, mode),
    };
    vec![
        item(None, "as everywhere", "what the number or the business says"),
        item(Some(Mode::Auto), "auto", "answers by itself"),
        item(Some(Mode::Countdown), "countdown", "answers after a few seconds unless somebody objects"),
        item(Some(Mode::Draft), "draft", "writes answers that wait for you"),
        item(Some(Mode::Off), "off", "says nothing"),
    ]
}

fn copy(state: &State, chat: &ChatSummary, cx: &mut Cx<'_>) {
    let selected = state.chats.thread.as_ref().filter(|_| state.chats.focus == Pane::Thread);
    let text = match selected.and_then(|thread| thread.current()) {
        Some(item) => item.text.clone(),
        None => chat.phone.as_ref().map(ToString::to_string).or_else(|| chat.name.clone()).unwrap_or_default(),
    };
    cx.want(Effect::Copy(text));
}

/// Once more: what this console sent under the same id, what the daemon lost sight of by a decision of its own.
fn resend(state: &mut State, cx: &mut Cx<'_>) {
    let tenant = state.tenant_name();
    let Some(thread) = &state.chats.thread else {
        state.toasts.say(Tone::Info, "open the chat first, and choose the message", cx.now);
        return;
    };
    let chat = thread.chat.id;
    let who = short_name(&thread.chat);
    let ours = match thread.selected {
        Some(EntryId::Pending(client_ref)) => Some(client_ref),
        _ => state
            .outbox
            .of(chat)
            .filter(|p| !matches!(p.stage, Stage::Sending | Stage::Taken))
            .map(|p| p.client_ref)
            .last(),
    };
    if let Some(client_ref) = ours {
        if let Some(pending) = state.outbox.again(client_ref, cx.now).cloned() {
            composer::post(state, &pending, cx);
        }
        return;
    }
    let Some(item) = thread.current() else { return };
    match item.state {
        InteractionState::Unknown => {
            let question = QueueRetry { tenant, id: QueueId::from(item.id.to_string()) };
            state.confirm(&ConfirmKind::SendAgain { to: who }, question);
        }
        InteractionState::Failed => {
            // A failed one was not sent: its words go back to the composer, where they can be mended.
            let text = item.text.clone();
            composer::insert(state, &text, cx);
        }
        _ => state.toasts.say(Tone::Info, "this message did not fail", cx.now),
    }
}

/// Goes to the next chat that needs somebody.
fn next_needs_you(state: &mut State, cx: &mut Cx<'_>) {
    let rows = state.chats.rows.items();
    let here = state.chats.rows.position().map_or(0, |at| at + 1);
    let needs = |at: &usize| rows[*at].state == ChatState::NeedsYou;
    let next = (here..rows.len()).chain(0..here.min(rows.len())).find(needs);
    let Some(chat) = next.map(|at| rows[at].clone()) else {
        state.toasts.say(Tone::Good, "nobody needs you", cx.now);
        return;
    };
    state.chats.rows.select(chat.id);
    if current::turn_to(state, chat.id, cx) == Handled::No {
        return;
    }
    if state.chats.focus != Pane::List {
        thread::mark_read(state, cx);
    }
}

/// Something about a chat was picked.
pub fn picked(state: &mut State, pick: Pick, cx: &mut Cx<'_>) {
    let tenant = state.tenant_name();
    match pick {
        Pick::Chat(id) => thread::open_at(state, id, None, cx),
        Pick::Hit(chat, id) => thread::open_at(state, chat, Some(id), cx),
        Pick::Mode(id, mode) => cx.ask(SettingsSet {
            tenant,
            key: SettingKey::AssistantMode,
            value: mode.map(|mode| mode.word().to_owned()),
            instance: None,
            chat: Some(name(id)),
        }),
        Pick::Pause(id, span) => cx.ask(ChatPause { tenant, chat: name(id), instance: None, span: Some(Span(span)) }),
        Pick::Snooze(id, span) => cx.ask(ChatSnooze { tenant, chat: name(id), instance: None, span: Span(span) }),
        _ => {}
    }
}

/// Takes an answer: what a chat is now, or why it is not.
pub fn answered(state: &mut State, answer: Answer, cx: &mut Cx<'_>) {
    if let Some(refusal) = answer.refusal() {
        crate::update::answers::refused(state, refusal, cx);
        return;
    }
    let (chat, said) = match answer {
        Answer::ChatPause(_, Ok(chat)) => (chat, "the assistant is silent here"),
        Answer::ChatResume(_, Ok(chat)) => (chat, "the assistant may answer here again"),
        Answer::ChatSnooze(_, Ok(chat)) => (chat, "put away"),
        Answer::ChatDone(_, Ok(chat)) => (chat, "done until the next message"),
        Answer::ChatRead(_, Ok(chat)) => (chat, ""),
        Answer::ChatApprove(asked, Ok(_)) => return tell(state, &asked.chat, "it goes out", cx),
        Answer::ChatEdit(asked, Ok(_)) => {
            if asked.send == AfterEdit::Send {
                tell(state, &asked.chat, "your words go out", cx);
            }
            return;
        }
        Answer::ChatCancel(asked, Ok(_)) => return tell(state, &asked.chat, "thrown away; nothing was sent", cx),
        _ => return,
    };
    if !said.is_empty() {
        state.toasts.say(Tone::Good, &format!("{}: {said}", short_name(&chat)), cx.now);
    }
    take(state, &chat);
}

/// Says what was done in a chat, with whose it is.
fn tell(state: &mut State, chat: &ChatName, words: &str, cx: &Cx<'_>) {
    let who = chat.as_str().parse().ok().and_then(|id| state.chats.known(id)).map(short_name);
    let words = who.map_or_else(|| words.to_owned(), |who| format!("{who}: {words}"));
    state.toasts.say(Tone::Good, &words, cx.now);
}

/// Puts a chat's new form wherever it is shown.
pub fn take(state: &mut State, chat: &ChatSummary) {
    state.chats.take(chat);
    if let Some(thread) = state.chats.thread.as_mut().filter(|thread| thread.chat.id == chat.id) {
        thread.chat = chat.clone();
    }
}

/// Which chat an id in an event is of.
pub fn chat_id(data: &serde_json::Value) -> Option<ChatId> {
    data.get("id").and_then(|id| id.as_str()).and_then(|id| id.parse().ok())
}
