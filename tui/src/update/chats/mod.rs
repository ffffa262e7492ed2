//! Chats: the list, the open thread, what is written in it.

mod composer;
mod current;
mod list;
mod live;
mod new_chat;
mod quick;
mod steer;
mod thread;

pub use self::composer::{give_drafts, keep_draft, pasted, send_again, typed};
pub use self::current::{is_about_chat, is_waiting, read_for, settle};
pub use self::list::{enter, list_clicked, pane_clicked, turn};
pub use self::live::{chat_changed, interaction_changed, woke};
pub use self::new_chat::{answered as new_chat_answered, question as new_chat_question};
pub use self::quick::insert as quick_reply_picked;
pub use self::quick::{listed as quick_replies_came, rendered as quick_replies_rendered};
pub use self::steer::picked;
pub use self::thread::{mark_read as looked, message_clicked};

use mychatflow_data::ids::ChatId;
use mychatflow_data::protocol::name::ChatName;

use super::{Cx, Handled, palette};
use crate::action::Action;
use crate::msg::Answer;
use crate::state::State;
use crate::state::chats::Pane;

/// A chat as a parameter of a call.
fn name(id: ChatId) -> ChatName {
    ChatName::from(id.to_string())
}

/// What can be done here, most useful first.
#[must_use]
pub fn hints(state: &State) -> Vec<(Action, &'static str)> {
    use Action as A;
    let waits = state.chats.thread.as_ref().is_some_and(|thread| thread.waiting_answer().is_some());
    let steer = [
        (A::ChatPause, "pause"),
        (A::ChatSnooze, "snooze"),
        (A::ChatDone, "done"),
        (A::Why, "why"),
        (A::ChatNote, "note"),
    ];
    match state.chats.focus {
        Pane::List if state.chats.filter_open() => vec![(A::Submit, "keep"), (A::Close, "all again")],
        Pane::List => {
            let mut hints = vec![
                (A::Open, "open"),
                (A::TabNext, "next tab"),
                (A::Filter, "filter"),
                (A::NextNeedsYou, "needs you"),
            ];
            hints.extend(steer);
            hints.push((A::Add, "new chat"));
            hints
        }
        Pane::Thread => {
            let mut hints = vec![(A::Compose, "write")];
            if waits {
                hints.extend([(A::ChatApprove, "send it"), (A::ChatEdit, "edit it"), (A::ChatCancel, "drop it")]);
            }
            hints.extend(steer);
            hints.push((A::QuickReply, "quick reply"));
            hints
        }
        Pane::Composer => {
            vec![(A::ChatSend, "send"), (A::Newline, "new line"), (A::QuickReply, "quick reply"), (A::Back, "back")]
        }
    }
}

/// Does something.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    match action {
        Action::Search => {
            let chat =
                (state.chats.focus == Pane::Thread).then(|| state.chats.thread.as_ref().map(|thread| thread.chat.id));
            palette::search(state, chat.flatten());
            return Handled::Yes;
        }
        Action::Add => {
            new_chat::open(state, cx);
            return Handled::Yes;
        }
        Action::FocusNext | Action::FocusBack => {
            list::focus(state, action, cx);
            return Handled::Yes;
        }
        _ => {}
    }
    if steer::act(state, action, cx) == Handled::Yes {
        return Handled::Yes;
    }
    match state.chats.focus {
        Pane::List => list::act(state, action, cx),
        Pane::Thread => thread::act(state, action, cx),
        Pane::Composer => composer::act(state, action, cx),
    }
}

/// Takes an answer.
pub fn answered(state: &mut State, answer: Answer, cx: &mut Cx<'_>) {
    match answer {
        Answer::ChatList(asked, reply) => list::answered(state, &asked, reply, cx),
        Answer::ChatShow(asked, reply) => thread::answered(state, &asked, reply, cx),
        Answer::ChatSend(asked, reply) => composer::sent(state, &asked, reply, cx),
        Answer::ChatNote(_, Ok(note)) => {
            if let Some(thread) = state.chats.thread.as_mut().filter(|thread| thread.chat.id == note.chat) {
                thread.notes.push(note);
            }
        }
        Answer::ChatCompose(asked, reply) => composer::draft_kept(state, &asked, reply, cx),
        Answer::ChatEdit(asked, Err(refusal)) => composer::not_edited(state, &asked, &refusal, cx),
        other => steer::answered(state, other, cx),
    }
}
