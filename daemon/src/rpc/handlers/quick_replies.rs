//! `quick_reply.*`: stored answers, which the assistant reads as facts.

use std::collections::HashSet;

use mychatflow_data::model::chat::Chat;
use mychatflow_data::model::limit;
use mychatflow_data::model::quick_reply::{QuickReply, QuickReplyState};
use mychatflow_data::model::setting::SettingKey;
use mychatflow_data::protocol::calls::quick_reply::{
    QuickReplyAdd, QuickReplyDocument, QuickReplyEdit, QuickReplyExport, QuickReplyFile, QuickReplyImport,
    QuickReplyImported, QuickReplyList, QuickReplyRejected, QuickReplyRemove, QuickReplyRender, QuickReplyRendered,
};
use mychatflow_data::protocol::error::CallError;
use mychatflow_data::protocol::name::QuickReplyName;
use mychatflow_data::protocol::page::Page;
use mychatflow_data::protocol::piece::Rehearsal;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::quick_replies::{FiledQuickReply, Filing, QuickReplyChange, QuickReplyFilter};
use serde_json::{Map, Value};

use crate::cx::Cx;
use crate::flow::clean::{clean, clean_line};
use crate::flow::quick_reply_facts::shop_values;
use crate::flow::{quick_reply_file, template};
use crate::rpc::paging;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

/// How many quick replies a picker offers.
const QUICK_REPLIES_MAX: i64 = 10_000;

/// The documents of some, with the names of their places.
async fn documents(cx: &Cx, shop: &TenantStore, replies: Vec<QuickReply>) -> Handled<Vec<QuickReplyDocument>> {
    Ok(cx.renders.each(shop.id(), replies, document).await?)
}

async fn one(cx: &Cx, shop: &TenantStore, reply: QuickReply) -> Handled<QuickReplyDocument> {
    Ok(cx.renders.run(shop.id(), move || document(reply)).await?)
}

fn document(reply: QuickReply) -> QuickReplyDocument {
    QuickReplyDocument {
        variables: template::variables(&reply.text),
        problem: template::check_if_filled_in(&reply.text).err(),
        id: reply.id,
        label: reply.label,
        text: reply.text,
        created_at: reply.created_at,
        updated_at: Some(reply.updated_at),
        category: reply.category,
        state: reply.state,
        uses: reply.uses,
        citations: reply.citations,
        used_at: reply.used_at,
    }
}

/// `quick_reply.list`: by label.
///
/// # Errors
/// What the store says.
pub async fn list(cx: &Cx, shop: &TenantStore, call: QuickReplyList) -> Handled<Reply<QuickReplyList>> {
    let most = paging::limit(call.limit);
    let after = call.after.map(|after| after.as_str().to_owned());
    let filter = QuickReplyFilter { category: call.category, find: call.find, state: call.state };
    let found = shop.quick_replies_like(filter, after, paging::to_read(most)).await?;
    let Page { items, next } = paging::page(found, most, |last| last.label.clone(), |reply| reply);
    Ok(Reply(Page { items: documents(cx, shop, items).await?, next }))
}

/// Refuses words that nobody could be sent.
async fn readable(cx: &Cx, shop: &TenantStore, text: &str) -> Handled<()> {
    let text = text.to_owned();
    let checked = cx.renders.run(shop.id(), move || template::check_if_filled_in(&text)).await?;
    Ok(checked.map_err(CallError::invalid)?)
}

/// `quick_reply.add`
///
/// # Errors
/// `conflict` when the label is taken, `invalid` when label or text is empty or the text is no template.
pub async fn add(cx: &Cx, shop: &TenantStore, call: QuickReplyAdd) -> Handled<Reply<QuickReplyAdd>> {
    let text = clean(&call.text);
    readable(cx, shop, &text).await?;
    let category = call.category.map(|category| clean_line(&category));
    let added = shop.add_quick_reply(clean_line(&call.label), text, category, cx.now()).await?;
    Ok(Reply(one(cx, shop, added).await?))
}

/// `quick_reply.edit`
///
/// # Errors
/// `not_found` without it, `conflict` when the label is taken, `invalid` when label or text is empty, the text is no
/// template, or nothing is given.
pub async fn edit(cx: &Cx, shop: &TenantStore, call: QuickReplyEdit) -> Handled<Reply<QuickReplyEdit>> {
    let change = QuickReplyChange {
        label: call.label.map(|label| clean_line(&label)),
        text: call.text.map(|text| clean(&text)),
        category: call.category.map(|category| clean_line(&category)),
        state: call.state,
    };
    if change == QuickReplyChange::default() {
        let text = "say what shall change: the label, the text, the category or the state";
        return Err(CallError::invalid(text).into());
    }
    if let Some(text) = &change.text {
        readable(cx, shop, text).await?;
    }
    let edited = shop.edit_quick_reply(call.name.as_str().to_owned(), change, cx.now()).await;
    Ok(Reply(one(cx, shop, found(edited, &call.name)?).await?))
}

/// `quick_reply.remove`
///
/// # Errors
/// `not_found` without it.
pub async fn remove(cx: &Cx, shop: &TenantStore, call: QuickReplyRemove) -> Handled<Reply<QuickReplyRemove>> {
    let removed = shop.remove_quick_reply(call.name.as_str().to_owned()).await;
    Ok(Reply(one(cx, shop, found(removed, &call.name)?).await?))
}

fn found(reply: Result<QuickReply, StoreError>, name: &QuickReplyName) -> Handled<QuickReply> {
    match reply {
        Err(StoreError::NotFound("quick reply")) => {
            Err(CallError::not_found(format!("no quick reply has the label or the id {:?}", name.as_str())).into())
        }
        found => Ok(found?),
    }
}

/// `quick_reply.import`: what can be taken in is, and the rest is told with its line.
///
/// # Errors
/// `invalid` for a file without any; what the store says.
pub async fn import(cx: &Cx, shop: &TenantStore, call: QuickReplyImport) -> Handled<Reply<QuickReplyImport>> {
    let mut labels = HashSet::new();
    let (mut replies, mut rejected) = (Vec::new(), Vec::new());
    let parts = quick_reply_file::read(&call.file);
    if parts.is_empty() {
        let text = "no quick reply is in the file: each begins with a line such as \"## Opening hours\", and its words stand \
                    in the lines below";
        return Err(CallError::invalid(text).into());
    }
    let parts = cx.renders.each(shop.id(), parts, |part| {
        let text = clean(&part.text).trim().to_owned();
        let checked = limit::QUICK_REPLY_TEXT
            .check(&text)
            .map_err(|why| why.to_string())
            .and_then(|()| template::check_if_filled_in(&text));
        (part, text, checked)
    });
    for (part, text, checked) in parts.await? {
        let label = clean_line(&part.label).trim().to_owned();
        let too_long = limit::QUICK_REPLY_LABEL
            .check(&label)
            .and_then(|()| part.category.as_deref().map_or(Ok(()), |words| limit::QUICK_REPLY_CATEGORY.check(words)));
        let wrong = if label.is_empty() {
            Err("it has no label".to_owned())
        } else if text.is_empty() {
            Err("it has no text".to_owned())
        } else if !labels.insert(label.to_ascii_lowercase()) {
            Err("the label stands in the file already".to_owned())
        } else {
            too_long.map_err(|why| why.to_string()).and(checked)
        };
        match wrong {
            Err(reason) => {
                let label = label.chars().take(limit::QUICK_REPLY_LABEL.chars).collect();
                rejected.push(QuickReplyRejected { line: part.line, label, reason });
            }
            Ok(()) => {
                let category = part.category.map(|category| clean_line(&category));
                replies.push(FiledQuickReply { label, text, category, state: part.state });
            }
        }
    }
    let Filing { added, changed, unchanged } = match call.dry_run {
        Rehearsal::DryRun => shop.compare_quick_replies(replies).await?,
        Rehearsal::Real => shop.file_quick_replies(replies, cx.now()).await?,
    };
    Ok(Reply(QuickReplyImported { added, changed, unchanged, rejected }))
}

/// `quick_reply.export`
///
/// # Errors
/// What the store says.
pub async fn export(_: &Cx, shop: &TenantStore, _: QuickReplyExport) -> Handled<Reply<QuickReplyExport>> {
    let replies = shop.quick_replies(None, QUICK_REPLIES_MAX).await?;
    let parts = replies.iter().map(|reply| {
        let QuickReply { label, category, state, text, .. } = reply;
        (label.as_str(), category.as_deref(), *state, text.as_str())
    });
    let file = quick_reply_file::write(parts);
    Ok(Reply(QuickReplyFile { file, quick_replies: i64::try_from(replies.len()).unwrap_or(i64::MAX) }))
}

/// What a person's quick replies are filled with: the columns of their own, and who they and the shop are.
async fn values(cx: &Cx, shop: &TenantStore, chat: &Chat) -> Handled<Map<String, Value>> {
    let person = match chat.contact {
        Some(contact) => shop.contact(contact).await?,
        None => None,
    };
    let settings = shop.settings(Some(chat.instance), Some(chat.id)).await?;
    let business = match settings.get(SettingKey::BusinessName) {
        Some(name) => name.to_owned(),
        None => super::tenant(cx, shop).await?.name,
    };
    let fields = person.map(|person| person.fields).unwrap_or_default();
    let mut values: Map<String, Value> =
        fields.into_iter().map(|(name, value)| (name, Value::String(clean_line(&value)))).collect();
    if let Some(name) = chat.name.as_deref().map(clean_line) {
        let first = name.split_whitespace().next().unwrap_or_default().to_owned();
        // A column of the owner's own knows better than the first word of a name.
        values.entry("first_name").or_insert(Value::String(first));
        values.insert("name".to_owned(), Value::String(name));
    }
    if let Some(phone) = &chat.phone {
        values.insert("phone".to_owned(), Value::String(phone.to_string()));
    }
    values.extend(shop_values(&business));
    Ok(values)
}

/// `quick_reply.render`: what the person of a chat would get; without a name of every one in use, the most used first.
///
/// # Errors
/// `not_found` without the chat or the quick reply.
pub async fn render(cx: &Cx, shop: &TenantStore, call: QuickReplyRender) -> Handled<Reply<QuickReplyRender>> {
    let chat = super::chats::named(shop, &call.chat, None).await?.chat;
    let mut replies = match &call.name {
        Some(name) => vec![found(shop.quick_reply_named(name.as_str().to_owned()).await, name)?],
        None => {
            let offered = QuickReplyFilter { state: Some(QuickReplyState::Active), ..QuickReplyFilter::default() };
            shop.quick_replies_like(offered, None, QUICK_REPLIES_MAX).await?
        }
    };
    // By label they are already.
    replies.sort_by_key(|reply| std::cmp::Reverse(reply.uses));
    let values = values(cx, shop, &chat).await?;
    let rendered = move |reply: QuickReply| {
        let (text, missing) = template::fill(&reply.text, &values);
        let QuickReply { id, label, category, uses, .. } = reply;
        QuickReplyRendered { id, label, category, text, missing, uses }
    };
    Ok(Reply(Page::whole(cx.renders.each(shop.id(), replies, rendered).await?)))
}
