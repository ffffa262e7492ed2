//! `chat …`

use std::time::Duration;

use anyhow::{Context, bail};
use mychatflow_data::client::{CALL_TIMEOUT, ClientError};
use mychatflow_data::ids::InteractionId;
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::interaction::{Author, InteractionState};
use mychatflow_data::model::new_chats::{consent_question, wants_consent};
use mychatflow_data::protocol::calls::chat::{
    ChatApprove, ChatCancel, ChatCompose, ChatDone, ChatDraft, ChatEdit, ChatList, ChatNote, ChatPause, ChatRead,
    ChatResume, ChatSend, ChatSent, ChatShow, ChatSnooze, ChatSummary, ChatUnnote, InteractionDocument, ListOrder,
    NewChatConsent,
};
use mychatflow_data::protocol::calls::quick_reply::QuickReplyRender;
use mychatflow_data::protocol::calls::search::{ChatSearch, SearchHit};
use mychatflow_data::protocol::name::{ChatName, InstanceName, QuickReplyName};

use super::dialogue::{self, Answer};
use super::{Cx, PAGE, PAGE_MAX, text_or_stdin};
use crate::cli::Limit;
use crate::cli::chat::{ChatArg, ChatVerb};
use crate::output::{Format, Table, age, age_or, clean, clean_lines, local, note};

/// Runs one verb.
pub async fn run(cx: &Cx, verb: ChatVerb) -> anyhow::Result<()> {
    let tenant = cx.tenant();
    match verb {
        ChatVerb::List { state, instance, find, order, limit } => {
            let instance = instance.map(InstanceName::from);
            let longest = state == Some(ChatState::NeedsYou);
            let order = order.unwrap_or(if longest { ListOrder::Oldest } else { ListOrder::Newest });
            let params = |limit, after| ChatList {
                tenant: tenant.clone(),
                state,
                instance: instance.clone(),
                find: find.clone(),
                order,
                limit,
                after,
            };
            cx.list(limit, params, |chats| table(cx, chats)).await
        }
        ChatVerb::Show { chat, around, limit } => show(cx, chat, around, limit).await,
        ChatVerb::Send { chat, text, quick_reply, wait, client_ref, clear_draft, yes } => {
            let (chat, instance) = names(chat);
            let quick_reply = quick_reply.map(QuickReplyName::from);
            let text = match (text, &quick_reply) {
                (None, Some(name)) => filled(cx, &chat, instance.as_ref(), name).await?,
                (text, _) => text_or_stdin(text.unwrap_or_default())?,
            };
            let params = ChatSend {
                tenant,
                chat,
                instance,
                text,
                wait,
                client_ref,
                clear_draft: clear_draft.into(),
                quick_reply,
                yes: yes.into(),
            };
            let patience = CALL_TIMEOUT + wait.map_or(Duration::ZERO, |wait| wait.0);
            let client = cx.connect().await?;
            let sent = match client.call_within(&params, patience).await {
                Err(ClientError::Refused(refusal)) if asks_for_consent(cx, &params.chat, &refusal.message)? => {
                    client.call_within(&ChatSend { yes: NewChatConsent::Given, ..params }, patience).await?
                }
                sent => sent?,
            };
            cx.output.document(&sent, sent_line)
        }
        ChatVerb::Approve { chat, id } => {
            let (chat, instance) = names(chat);
            cx.show(&ChatApprove { tenant, chat, instance, id }, sent_line).await
        }
        ChatVerb::Edit { chat, text, id, send } => {
            let (chat, instance) = names(chat);
            let params = ChatEdit { tenant, chat, instance, text: text_or_stdin(text)?, id, send: send.into() };
            cx.show(&params, sent_line).await
        }
        ChatVerb::Cancel { chat, id } => {
            let (chat, instance) = names(chat);
            cx.show(&ChatCancel { tenant, chat, instance, id }, sent_line).await
        }
        ChatVerb::Pause { chat, span } => {
            let (chat, instance) = names(chat);
            cx.show(&ChatPause { tenant, chat, instance, span }, |chat| turn_line(cx, chat)).await
        }
        ChatVerb::Resume(chat) => {
            let (chat, instance) = names(chat);
            cx.show(&ChatResume { tenant, chat, instance }, |chat| turn_line(cx, chat)).await
        }
        ChatVerb::Done(chat) => {
            let (chat, instance) = names(chat);
            cx.show(&ChatDone { tenant, chat, instance }, |chat| turn_line(cx, chat)).await
        }
        ChatVerb::Snooze { chat, span } => {
            let (chat, instance) = names(chat);
            cx.show(&ChatSnooze { tenant, chat, instance, span }, |chat| turn_line(cx, chat)).await
        }
        ChatVerb::Read(chat) => {
            let (chat, instance) = names(chat);
            cx.show(&ChatRead { tenant, chat, instance }, |chat| turn_line(cx, chat)).await
        }
        ChatVerb::Draft { chat, text } => {
            let (chat, instance) = names(chat);
            let text = text.map(text_or_stdin).transpose()?;
            cx.show(&ChatCompose { tenant, chat, instance, text }, draft_line).await
        }
        ChatVerb::Note { chat, text } => {
            let (chat, instance) = names(chat);
            let params = ChatNote { tenant, chat, instance, text: text_or_stdin(text)? };
            cx.show(&params, |note| format!("written down   {}", note.id)).await
        }
        ChatVerb::Unnote { chat, id } => {
            let (chat, instance) = names(chat);
            cx.show(&ChatUnnote { tenant, chat, instance, id }, |note| format!("gone: {}", clean(&note.text))).await
        }
        ChatVerb::Search { text, chat, instance, limit } => {
            let (chat, instance) = (chat.map(ChatName::from), instance.map(InstanceName::from));
            let params = |limit, after| ChatSearch {
                tenant: tenant.clone(),
                text: text.clone(),
                chat: chat.clone(),
                instance: instance.clone(),
                limit,
                after,
            };
            cx.list(limit, params, |hits| hits_table(cx, hits)).await
        }
    }
}

/// Would the message start a chat, and does the person who is there want that?
fn asks_for_consent(cx: &Cx, chat: &ChatName, refusal: &str) -> anyhow::Result<bool> {
    if !wants_consent(refusal) || cx.output.format() == Format::Json || !dialogue::somebody_is_there() {
        return Ok(false);
    }
    note(&clean(consent_question(refusal)));
    Ok(dialogue::leave(&format!("Send it to {}?", clean(chat.as_str())))? == Answer::Yes)
}

/// The words of a quick reply for a customer; refused when they have places without a value.
async fn filled(
    cx: &Cx,
    chat: &ChatName,
    instance: Option<&InstanceName>,
    name: &QuickReplyName,
) -> anyhow::Result<String> {
    let client = cx.connect().await?;
    let chat = match instance {
        None => chat.clone(),
        Some(_) => {
            let (chat, instance) = (chat.clone(), instance.cloned());
            let show = ChatShow {
                tenant: cx.tenant(),
                chat,
                instance,
                limit: Some(1),
                after: None,
                before: None,
                around: None,
            };
            ChatName::from(client.call(&show).await?.chat.id.to_string())
        }
    };
    let render = QuickReplyRender { tenant: cx.tenant(), name: Some(name.clone()), chat };
    let reply = client.call(&render).await?.items.into_iter().next().context("the daemon named no quick reply")?;
    if !reply.missing.is_empty() {
        let missing = reply.missing.iter().map(|name| clean(name)).collect::<Vec<_>>().join(", ");
        bail!("{} has no value for {missing} here; give the text yourself", clean(&reply.label));
    }
    Ok(reply.text)
}

fn names(arg: ChatArg) -> (ChatName, Option<InstanceName>) {
    (arg.chat.into(), arg.instance.map(InstanceName::from))
}

/// Who it is: the name, else the number.
fn title(chat: &ChatSummary) -> String {
    let phone = chat.phone.as_ref().map(ToString::to_string);
    chat.name.clone().or(phone).unwrap_or_else(|| chat.id.to_string())
}

fn state(chat: &ChatSummary) -> String {
    match &chat.reason {
        Some(reason) => format!("{}: {reason}", chat.state),
        None => chat.state.to_string(),
    }
}

fn mode(cx: &Cx, chat: &ChatSummary) -> String {
    match chat.paused_until {
        Some(until) if until > cx.now => format!("{}, paused until {}", chat.mode, local(until, "%d %b %H:%M")),
        _ => chat.mode.to_string(),
    }
}

fn table(cx: &Cx, chats: &[ChatSummary]) -> Table {
    let mut table = Table::new(["NAME", "PHONE", "STATE", "ASSISTANT", "NEW", "LAST", "ID"], "no chats yet");
    for chat in chats {
        table.row([
            title(chat),
            chat.phone.as_ref().map(ToString::to_string).unwrap_or_default(),
            state(chat),
            mode(cx, chat),
            if chat.unread > 0 { chat.unread.to_string() } else { String::new() },
            age_or(chat.last_at, cx.now, "never"),
            chat.id.to_string(),
        ]);
        if let Some(hint) = next_step(chat) {
            table.hint(hint);
        }
    }
    table
}

fn draft_line(draft: &ChatDraft) -> String {
    if draft.text.is_empty() { "nothing was begun".to_owned() } else { clean(&draft.text) }
}

fn hits_table(cx: &Cx, hits: &[SearchHit]) -> Table {
    let mut table = Table::new(["WHEN", "CHAT", "WHO", "MESSAGE", "ID"], "no message has these words");
    for hit in hits {
        let phone = hit.phone.as_ref().map(ToString::to_string);
        table.row([
            age(hit.interaction.at, cx.now),
            hit.chat_name.clone().or(phone).unwrap_or_else(|| hit.interaction.chat.to_string()),
            hit.interaction.author.to_string(),
            marked(hit),
            hit.interaction.id.to_string(),
        ]);
    }
    table
}

/// What was found stands in brackets: a table has no other way to show it.
fn marked(hit: &SearchHit) -> String {
    let mut text = String::with_capacity(hit.snippet.len() + 2 * hit.marks.len());
    let mut done = 0;
    for [begin, end] in hit.marks.iter().map(|mark| mark.map(|at| usize::try_from(at).unwrap_or(usize::MAX))) {
        let (Some(before), Some(found)) = (hit.snippet.get(done..begin), hit.snippet.get(begin..end)) else { break };
        text.push_str(before);
        text.push_str(&format!("[{found}]"));
        done = end;
    }
    text.push_str(hit.snippet.get(done..).unwrap_or_default());
    text
}

/// What a person can do about the reason of a chat, where that is not writing an answer.
fn next_step(chat: &ChatSummary) -> Option<&'static str> {
    const STEPS: [(&str, &str); 6] = [
        ("no credit left", "no credit left: mychatflow credit grant N"),
        ("draft", "draft: look at it with mychatflow chat show NAME, then mychatflow chat approve NAME"),
        ("held", "held: look at it with mychatflow chat show NAME, then mychatflow chat approve NAME"),
        ("stale: the number was", "stale: the number was down; mychatflow instance list says what helps"),
        ("unreviewed", "unreviewed: mychatflow contact tag NAME --review customer"),
        ("unknown", "unknown: mychatflow queue list; queue retry may send it twice"),
    ];
    let reason = chat.reason.as_deref()?;
    STEPS.iter().find(|(start, _)| reason.starts_with(start)).map(|(_, step)| *step)
}

fn turn_line(cx: &Cx, chat: &ChatSummary) -> String {
    let snoozed = chat.snoozed_until.filter(|until| *until > cx.now);
    let until = snoozed.map(|until| format!(", back {}", age(until, cx.now))).unwrap_or_default();
    format!("{}: {}{until}; assistant: {}", clean(&title(chat)), clean(&state(chat)), mode(cx, chat))
}

fn sent_line(sent: &ChatSent) -> String {
    let reason = sent.reason.as_ref().map(|reason| format!(" ({})", clean(reason))).unwrap_or_default();
    let next = match sent.state {
        InteractionState::Unknown => {
            "; it may or may not have arrived: look at the phone, then `queue retry` or `queue drop`"
        }
        InteractionState::Queued => "; it is stored and will be sent",
        _ => "",
    };
    format!("{}{reason}{next}   {}", sent.state, sent.id)
}

/// Pages come newest first; people and programs read oldest first.
async fn show(cx: &Cx, arg: ChatArg, around: Option<InteractionId>, limit: Limit) -> anyhow::Result<()> {
    let (chat, instance) = names(arg);
    let client = cx.connect().await?;
    let wanted = match (limit.limit, cx.output.format()) {
        (Some(limit), _) => limit,
        (None, Format::Json) if around.is_none() => u32::MAX,
        (None, _) => PAGE,
    };
    let mut pages: Vec<Vec<InteractionDocument>> = Vec::new();
    let (mut count, mut after) = (0, None);
    let (head, notes, draft, more) = loop {
        let page = client
            .call(&ChatShow {
                tenant: cx.tenant(),
                chat: chat.clone(),
                instance: instance.clone(),
                limit: Some(PAGE_MAX.min(wanted - count)),
                after: after.clone(),
                before: None,
                around: around.filter(|_| after.is_none()),
            })
            .await?;
        count = count.saturating_add(u32::try_from(page.items.len()).unwrap_or(u32::MAX));
        pages.push(page.items);
        if page.next.is_none() || page.next == after {
            break (page.chat, page.notes, page.draft, false);
        }
        if count >= wanted || around.is_some() {
            break (page.chat, page.notes, page.draft, around.is_none());
        }
        after = page.next;
    };
    let messages = pages.into_iter().rev().flatten();
    if cx.output.format() == Format::Json {
        for message in messages {
            cx.output.json(&message)?;
        }
        return Ok(());
    }
    let messages: Vec<InteractionDocument> = messages.collect();
    if more {
        note(&format!("… and older ones: --limit {}", count.saturating_mul(4)));
    }
    let phone = head.phone.as_ref().map(|phone| format!("  {phone}")).unwrap_or_default();
    let title = format!("{}{phone}   {}   assistant: {}\n", title(&head), state(&head), mode(cx, &head));
    let mut text = format!("{}\n{}", clean(&title), thread(&messages));
    for noted in notes {
        let at = local(noted.at, "%d %b %H:%M");
        text.push_str(&format!("\nnote   {at} {}: {}   {}\n", clean(&noted.author), clean(&noted.text), noted.id));
    }
    if let Some(draft) = draft {
        text.push_str(&format!("\nbegun  {}\n", clean(&draft)));
    }
    cx.output.text(&text)
}

fn thread(messages: &[InteractionDocument]) -> String {
    let mut text = String::new();
    let mut day = String::new();
    for message in messages {
        let its_day = local(message.at, "%a %d %b %Y");
        if its_day != day {
            text.push_str(&format!("\n── {its_day} ──\n"));
            day = its_day;
        }
        let time = local(message.at, "%H:%M");
        let author = match message.author {
            Author::Customer => message.author_name.clone().unwrap_or_else(|| "customer".to_owned()),
            author => author.to_string(),
        };
        let reason = message.reason.as_ref().map(|reason| format!(": {}", clean(reason))).unwrap_or_default();
        let mark = match message.state {
            InteractionState::Received if reason.is_empty() => String::new(),
            state => format!("  [{state}{reason}]"),
        };
        let mut lines = clean_lines(&message.kind.with_words(&message.text));
        if lines.is_empty() {
            lines.push(String::new());
        }
        text.push_str(&format!("{time}  {:<10} {}", clean(&author), lines.remove(0)));
        for line in lines {
            text.push_str(&format!("\n{:18}{line}", ""));
        }
        text.push_str(&format!("{mark}\n"));
    }
    text
}
