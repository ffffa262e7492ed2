//! Forms: checked as one types, sent when all fields are right, closed when the daemon has agreed.

use std::collections::BTreeSet;

use mychatflow_data::credits::Credits;
use mychatflow_data::phone::Phone;
use mychatflow_data::protocol::calls::campaign::{CampaignClone, CampaignTest};
use mychatflow_data::protocol::calls::chat::ChatNote;
use mychatflow_data::protocol::calls::contact::ContactAdd;
use mychatflow_data::protocol::calls::credit::CreditGrant;
use mychatflow_data::protocol::calls::instance::{InstanceAdd, InstancePair};
use mychatflow_data::protocol::calls::quick_reply::{QuickReplyAdd, QuickReplyEdit};
use mychatflow_data::protocol::calls::settings::SettingsSet;
use mychatflow_data::protocol::name::{CampaignName, ChatName, InstanceName, QuickReplyName, TenantName};

use super::{Cx, Handled, ahead, chats, contacts, export};
use crate::msg::{Answer, Question};
use crate::state::State;
use crate::state::form::{Form, FormKind, SettingPlace, Stage, Touched};
use crate::state::overlay::Overlay;

/// Sends the topmost form, or goes to its first mistake.
pub fn submit(state: &mut State, cx: &mut Cx<'_>) {
    let tenant = state.tenant_name();
    let Some(Overlay::Form(form)) = state.overlays.last_mut() else { return };
    if form.stage != Stage::Open {
        return;
    }
    for field in &mut form.fields {
        field.touched = Touched::Yes;
    }
    if let Some(at) = form.first_mistake() {
        form.focus = at;
        return;
    }
    if contacts::submitted(state, cx) == Handled::Yes || export::submitted(state, cx) == Handled::Yes {
        return;
    }
    let Some(Overlay::Form(form)) = state.overlays.last_mut() else { return };
    let mut questions = questions(form, tenant);
    let Some(last) = questions.pop() else {
        // Nothing was changed.
        state.overlays.pop();
        return;
    };
    form.refusal = None;
    form.stage = Stage::Sent(Box::new(last.clone()));
    for question in questions {
        cx.ask(question);
    }
    cx.ask(last);
}

/// What a form asks of the daemon; the last question's answer closes it.
fn questions(form: &Form, tenant: Option<TenantName>) -> Vec<Question> {
    let one = |question: Question| vec![question];
    match &form.kind {
        FormKind::NewChat(client_ref) => chats::new_chat_question(form, *client_ref, tenant).into_iter().collect(),
        FormKind::InstanceAdd => one(InstanceAdd {
            tenant,
            name: form.word("name").unwrap_or_default(),
            waha: form.word("waha"),
            session: form.word("session"),
        }
        .into()),
        FormKind::PairByPhone(id, _) => one(InstancePair {
            tenant,
            name: InstanceName::from(id.to_string()),
            phone: form.word("phone").and_then(|phone| Phone::parse(&phone).ok()),
        }
        .into()),
        FormKind::QuickReplyAdd => {
            let label = form.word("label").unwrap_or_default();
            one(QuickReplyAdd { tenant, label, text: form.text("text"), category: form.word("category") }.into())
        }
        FormKind::QuickReplyEdit(id) => one(QuickReplyEdit {
            tenant,
            name: QuickReplyName::from(id.to_string()),
            label: form.word("label"),
            text: Some(form.text("text")),
            category: Some(form.text("category").trim().to_owned()),
            state: form.word("state").and_then(|state| state.parse().ok()),
        }
        .into()),
        FormKind::ContactAdd => {
            let Some(phone) = form.word("phone").and_then(|phone| Phone::parse(&phone).ok()) else {
                return Vec::new();
            };
            one(ContactAdd { tenant, phone, name: form.word("name"), tags: tags(&form.text("tags")) }.into())
        }
        FormKind::People(kind) => contacts::questions(kind, form, tenant),
        FormKind::Tags(id, old) => contacts::retagged(*id, old, &tags(&form.text("tags")), tenant.as_ref()),
        FormKind::Note(chat) => one(ChatNote {
            tenant,
            chat: ChatName::from(chat.to_string()),
            instance: None,
            text: form.text("text").trim().to_owned(),
        }
        .into()),
        FormKind::Setting(key, place) => one(SettingsSet {
            tenant,
            key: *key,
            value: Some(form.text("value").trim().to_owned()),
            instance: match place {
                SettingPlace::Instance(id) => Some(InstanceName::from(id.to_string())),
                SettingPlace::Tenant | SettingPlace::Chat(_) => None,
            },
            chat: match place {
                SettingPlace::Chat(id) => Some(ChatName::from(id.to_string())),
                SettingPlace::Tenant | SettingPlace::Instance(_) => None,
            },
        }
        .into()),
        FormKind::Grant => {
            let Some(count) = form.word("amount").and_then(|amount| amount.parse().ok()) else { return Vec::new() };
            one(CreditGrant { tenant, amount: Credits::new(count), note: form.word("note") }.into())
        }
        // It asks nothing of the daemon by itself.
        FormKind::Export(_) => Vec::new(),
        FormKind::CampaignTest(name) => one(CampaignTest {
            tenant,
            name: CampaignName::from(name.as_str()),
            to: form.word("to").and_then(|phone| Phone::parse(&phone).ok()),
            variant: form.word("variant"),
        }
        .into()),
        FormKind::CampaignClone(name, whom) => one(CampaignClone {
            tenant,
            name: CampaignName::from(name.as_str()),
            copy: form.word("name").unwrap_or_default(),
            whom: Some(*whom),
        }
        .into()),
    }
}

/// What stands between commas, each once. A tag may have spaces in it.
pub fn tags(words: &str) -> Vec<String> {
    let set: BTreeSet<String> = words
        .split([',', '\n'])
        .map(|word| word.trim().trim_start_matches('#').to_owned())
        .filter(|word| !word.is_empty())
        .collect();
    set.into_iter().collect()
}

/// Which of these are not among those, letter case apart.
pub fn without(these: &[String], those: &[String]) -> Vec<String> {
    these.iter().filter(|tag| !those.iter().any(|other| other.eq_ignore_ascii_case(tag))).cloned().collect()
}

/// Closes the form that waits for this answer, or says in it why the daemon refused.
pub fn answered(state: &mut State, answer: &Answer, cx: &mut Cx<'_>) -> Handled {
    if chats::new_chat_answered(state, answer, cx) == Handled::Yes {
        return Handled::Yes;
    }
    let waits = |overlay: &Overlay| match overlay {
        Overlay::Form(form) => matches!(&form.stage, Stage::Sent(question) if answer.is_to(question)),
        _ => false,
    };
    let Some(at) = state.overlays.iter().rposition(waits) else { return Handled::No };
    match (answer.refusal(), &mut state.overlays[at]) {
        (Some(refusal), Overlay::Form(form)) => {
            form.reopen(Some(&refusal.text));
            // It was typed for what comes after the form, and is no part of what stands in it.
            ahead::drop_all(state, cx);
        }
        _ => {
            state.overlays.remove(at);
        }
    }
    Handled::Yes
}
