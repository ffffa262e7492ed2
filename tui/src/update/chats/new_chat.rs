//! A first message to somebody who never wrote: the form for it, and the yes that it needs.

use mychatflow_data::ids::ClientRef;
use mychatflow_data::model::new_chats::{consent_question, wants_consent};
use mychatflow_data::phone::Phone;
use mychatflow_data::protocol::calls::chat::{ChatSend, ClearDraft, NewChatConsent};
use mychatflow_data::protocol::name::{ChatName, InstanceName, TenantName};

use super::thread;
use crate::msg::{Answer, Question, Refusal};
use crate::state::State;
use crate::state::chats::short_name;
use crate::state::confirm::ConfirmKind;
use crate::state::form::{Field, Form, FormKind, something};
use crate::state::overlay::Overlay;
use crate::state::toasts::Tone;
use crate::update::numbers::a_phone;
use crate::update::{Cx, Handled};

/// Opens the form.
pub fn open(state: &mut State, cx: &mut Cx<'_>) {
    // One id for all attempts, so that two of them are one message.
    let Some(client_ref) = cx.refs.next() else { return };
    let hint = "with country code, such as +49 151 11111111";
    let mut fields = vec![
        Field::line("phone", "Phone number", hint, "", a_phone),
        Field::block("text", "Message", "alt-enter begins a new line", "", something),
    ];
    let numbers = state.numbers.rows.items();
    if numbers.len() > 1 {
        let usual = numbers.iter().find(|number| number.me.is_some()).map_or("", |number| number.name.as_str());
        fields.insert(1, Field::line("instance", "From", "which of your numbers writes", usual, something));
    }
    let intro = "Somebody who has not written to you. You are asked once more before it is sent.";
    let form = Form::new(FormKind::NewChat(client_ref), "New chat", intro, fields);
    state.overlays.push(Overlay::Form(Box::new(form)));
}

/// What the form asks of the daemon.
pub fn question(form: &Form, client_ref: ClientRef, tenant: Option<TenantName>) -> Option<Question> {
    let phone = form.word("phone").and_then(|phone| Phone::parse(&phone).ok())?;
    let send = ChatSend {
        tenant,
        chat: ChatName::from(phone.to_string()),
        instance: form.word("instance").map(InstanceName::from),
        text: form.text("text").trim_end().to_owned(),
        wait: None,
        client_ref: Some(client_ref),
        clear_draft: ClearDraft::Keep,
        quick_reply: None,
        yes: NewChatConsent::Missing,
    };
    Some(send.into())
}

/// Asks for the yes that a refusal wants.
pub fn asks_for_yes(state: &mut State, asked: &ChatSend, refusal: &Refusal) -> Handled {
    if asked.yes == NewChatConsent::Given || !wants_consent(&refusal.text) {
        return Handled::No;
    }
    let open = state.chats.thread.as_ref().filter(|thread| super::name(thread.id()) == asked.chat);
    let who = open.map_or_else(|| asked.chat.as_str().to_owned(), |thread| short_name(&thread.chat));
    let kind = ConfirmKind::FirstMessage { who, why: consent_question(&refusal.text).to_owned() };
    state.confirm(&kind, ChatSend { yes: NewChatConsent::Given, ..asked.clone() });
    Handled::Yes
}

/// Takes the answer to a form's first message: the chat opens, or its refusal stands in the form.
pub fn answered(state: &mut State, answer: &Answer, cx: &mut Cx<'_>) -> Handled {
    let Answer::ChatSend(asked, reply) = answer else { return Handled::No };
    let is_its = |overlay: &Overlay| match overlay {
        Overlay::Form(form) => asked.client_ref.is_some_and(|id| form.kind == FormKind::NewChat(id)),
        _ => false,
    };
    let Some(at) = state.overlays.iter().rposition(is_its) else { return Handled::No };
    match reply {
        Ok(sent) => {
            state.overlays.truncate(at);
            state.toasts.say(Tone::Good, "The message is on its way", cx.now);
            thread::open_at(state, sent.chat, None, cx);
        }
        Err(refusal) => {
            let wants_yes = wants_consent(&refusal.text) && asked.yes == NewChatConsent::Missing;
            if let Overlay::Form(form) = &mut state.overlays[at] {
                form.reopen(if wants_yes { None } else { Some(&refusal.text) });
            }
            asks_for_yes(state, asked, refusal);
        }
    }
    Handled::Yes
}
