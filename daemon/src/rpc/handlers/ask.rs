//! `ask`: what the assistant would answer. Sends nothing, costs no credit, leaves no trace.

use mychatflow_data::credits::Credits;
use mychatflow_data::model::quick_reply::QuickReplyState;
use mychatflow_data::model::setting::SettingKey;
use mychatflow_data::protocol::calls::ask::{Ask, AskAction, AskAnswer};
use mychatflow_data::protocol::error::{CallError, Code};
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::quick_replies::QuickReplyFilter;

use super::instances;
use crate::compose::{self, Shop};
use crate::cx::Cx;
use crate::flow::check::check;
use crate::flow::clean::{clean, clean_line};
use crate::flow::history::{Asks, Author, Line};
use crate::flow::markdown::to_whatsapp;
use crate::flow::sources::sources;
use crate::gemini::Action;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

/// How many quick replies the assistant reads.
const QUICK_REPLIES_MAX: i64 = 10_000;

/// `ask`
///
/// # Errors
/// `unavailable` without a key for Gemini, or when Gemini does not answer; `invalid` for an empty question.
pub async fn ask(cx: &Cx, shop: &TenantStore, call: Ask) -> Handled<Reply<Ask>> {
    let clients = cx.clients();
    let Some(gemini) = &clients.gemini else {
        let text = "the assistant is off: set gemini.api_key in the config and run `mychatflow daemon reload`";
        return Err(CallError::new(Code::Unavailable, text).into());
    };
    let instance = match &call.instance {
        Some(name) => Some(instances::named(shop, name).await?.id),
        None => None,
    };
    let tenant = super::tenant(cx, shop).await?;
    let values = shop.settings(instance, None).await?;
    let told = QuickReplyFilter { state: Some(QuickReplyState::Active), ..QuickReplyFilter::default() };
    let quick_replies = shop.quick_replies_like(told, None, QUICK_REPLIES_MAX).await?;
    let now = cx.now();
    let known = Shop {
        tenant: tenant.id,
        name: &tenant.name,
        zone: compose::zone(&tenant.timezone),
        values: &values,
        quick_replies: &quick_replies,
    };
    let text = clean(&call.question);
    let line = Line { author: Author::Customer, at: now.to_jiff(), text, media: None, asks: Asks::Open };
    let question = compose::ask(&cx.renders, &known, "", &[line], now)
        .await?
        .ok_or_else(|| CallError::invalid("the question is empty: write what a customer would write"))?;
    let said = gemini.generate(&question.ask).await?;

    let reply = clean(&said.reply);
    let texts: Vec<&str> = question.known.iter().map(String::as_str).collect();
    let held = check(&reply, &texts).err().map(|held| format!("it would be held: {held}"));
    let handoff = said.handoff_reason.as_deref().map(clean_line);
    let answer = (!reply.trim().is_empty()).then(|| to_whatsapp(&reply));
    let action = match said.action {
        Action::Reply => AskAction::Reply,
        Action::Handoff => AskAction::Handoff,
        Action::Ignore => AskAction::Ignore,
    };
    let mut facts: Vec<(&str, &str)> = [SettingKey::BusinessProfile, SettingKey::BusinessHours]
        .into_iter()
        .filter_map(|key| Some((key.word(), values.get(key)?)))
        .collect();
    facts.extend(question.quick_replies.iter().map(|reply| (reply.label.as_str(), reply.text.as_str())));
    let sources = sources(&reply, &facts).into_iter().map(str::to_owned).collect();
    Ok(Reply(AskAnswer {
        action,
        answer,
        reason: held.or(handoff),
        sources,
        model: said.model_version.unwrap_or_else(|| gemini.model().to_owned()),
        latency_ms: i64::try_from(said.latency_ms).unwrap_or(i64::MAX),
        credits: Credits::ZERO,
    }))
}
