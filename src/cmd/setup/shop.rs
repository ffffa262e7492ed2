//! The shop: its name, what the assistant must know of it, how it answers, and a question to try it.

use anyhow::bail;
use mychatflow_data::client::{CALL_TIMEOUT, ClientError};
use mychatflow_data::model::chat::Mode;
use mychatflow_data::model::setting::SettingKey;
use mychatflow_data::protocol::Call;
use mychatflow_data::protocol::calls::ask::Ask;
use mychatflow_data::protocol::calls::quick_reply::{QuickReplyAdd, QuickReplyList};
use mychatflow_data::protocol::calls::settings::{SettingsSet, SettingsShow, Source};
use mychatflow_data::protocol::calls::tenant::{TenantAdd, TenantDocument, TenantList};
use mychatflow_data::protocol::error::Code;

use super::questions::{AnswerPlace, KnownAnswers, QUESTIONS, Question};
use super::{line, say, zone};
use crate::cli::setup::SetupArgs;
use crate::cmd::{Cx, PAGE_MAX, ask, remark_on_escape};
use crate::output::clean;

/// What ends the questions.
const ENOUGH: &str = ".";

/// The shop that is set up: the one that is named or there, else a new one. `None`: later.
pub async fn choose(cx: &Cx, args: &SetupArgs, asks: bool) -> anyhow::Result<Option<TenantDocument>> {
    let shops = cx.call(&TenantList { limit: Some(PAGE_MAX), ..TenantList::default() }).await?.items;
    let wanted = args.shop.as_deref().or(cx.globals.tenant.as_deref());
    let is_named =
        |shop: &TenantDocument, name: &str| shop.name.eq_ignore_ascii_case(name) || shop.id.to_string() == name;
    let found = match wanted {
        Some(name) => shops.iter().find(|shop| is_named(shop, name)),
        None if shops.len() > 1 => {
            let names: Vec<String> = shops.iter().map(|shop| clean(&shop.name)).collect();
            bail!("there are several shops: say which by --shop, one of {}, or a new name", names.join(", "))
        }
        None => shops.first(),
    };
    if let Some(shop) = found {
        say(&format!("✓ The shop is {}", clean(&shop.name)));
        return Ok(Some(shop.clone()));
    }
    let mut name = wanted.map(str::to_owned);
    let mut given = args.timezone.clone();
    loop {
        let shop = match name.take() {
            Some(name) => name,
            None if !asks => return Ok(None),
            None => line("What is the shop called? ")?,
        };
        if shop.is_empty() {
            return Ok(None);
        }
        let timezone = match given.take() {
            Some(zone) => Some(zone),
            None if !asks => None,
            None => Some(zone::ask()?),
        };
        match said(cx, &TenantAdd { name: shop.clone(), plan: None, timezone }).await? {
            Ok(shop) => {
                say(&format!("✓ {} is in; credits: the plan {}", clean(&shop.name), clean(&shop.plan)));
                return Ok(Some(shop));
            }
            Err(words) if !asks => bail!("{words}"),
            Err(words) => {
                say(&format!("✗ {}", clean(&words)));
                // A refused zone does not make the name wrong.
                name = words.contains("zone").then_some(shop);
            }
        }
    }
}

/// A call whose refusal somebody can mend by another answer.
async fn said<C: Call>(cx: &Cx, call: &C) -> anyhow::Result<Result<C::Reply, String>> {
    match cx.connect().await?.call(call).await {
        Ok(reply) => Ok(Ok(reply)),
        Err(ClientError::Refused(refusal)) if matches!(refusal.code, Code::Invalid | Code::Conflict) => {
            Ok(Err(refusal.message))
        }
        Err(error) => Err(error.into()),
    }
}

/// Asks what the assistant must know; what was answered before is kept and not asked again.
pub async fn describe(cx: &Cx, args: &SetupArgs, asks: bool) -> anyhow::Result<()> {
    for (key, text) in [(SettingKey::BusinessProfile, &args.profile), (SettingKey::BusinessHours, &args.hours)] {
        let Some(text) = text else { continue };
        remark_on_escape(text);
        if let Err(words) = keep(cx, AnswerPlace::Setting(key), text.clone()).await? {
            bail!("{words}");
        }
    }
    if !asks {
        return Ok(());
    }
    let open = known(cx).await?.open();
    if open.is_empty() {
        say("✓ The shop has answered all questions");
        return Ok(());
    }
    say(&format!(
        "\nThe assistant answers from what you tell it, and hands everything else to you. {} short questions; Enter skips \
         one, a dot skips the rest.\n",
        open.len()
    ));
    let mut kept = 0;
    for (number, question) in (1..).zip(&open) {
        match ask_one(cx, number, open.len(), question).await? {
            AnswerFate::Kept => kept += 1,
            AnswerFate::Skipped => {}
            AnswerFate::Enough => break,
        }
    }
    let total = QUESTIONS.len() - open.len() + kept;
    say(&format!("✓ {total} of {} answered; change them under Settings and Quick replies\n", QUESTIONS.len()));
    Ok(())
}

/// What became of a question.
enum AnswerFate {
    Kept,
    Skipped,
    Enough,
}

async fn ask_one(cx: &Cx, number: usize, of: usize, question: &Question) -> anyhow::Result<AnswerFate> {
    say(&format!("{number} of {of}  {}\n        for example: {}", question.text, question.example));
    loop {
        let answer = line("        > ")?;
        match answer.as_str() {
            "" => return Ok(AnswerFate::Skipped),
            ENOUGH => return Ok(AnswerFate::Enough),
            _ => {}
        }
        match keep(cx, question.place, answer).await? {
            Ok(read_as) => {
                read_as.iter().for_each(|words| say(&format!("        {}", clean(words))));
                return Ok(AnswerFate::Kept);
            }
            Err(words) => say(&format!("        ✗ {}", clean(&words))),
        }
    }
}

/// Keeps an answer. Says what it was read as, or why it can't be kept.
async fn keep(cx: &Cx, place: AnswerPlace, text: String) -> anyhow::Result<Result<Option<String>, String>> {
    let tenant = cx.tenant();
    match place {
        AnswerPlace::Setting(key) => {
            let set = SettingsSet { tenant, key, value: Some(text), instance: None, chat: None };
            let line = said(cx, &set).await?;
            Ok(line.map(|line| line.read_as.map(|read_as| format!("read as: {read_as}"))))
        }
        AnswerPlace::QuickReply(label) => {
            let add = QuickReplyAdd { tenant, label: label.to_owned(), text, category: None };
            Ok(said(cx, &add).await?.map(|_| None))
        }
    }
}

async fn known(cx: &Cx) -> anyhow::Result<KnownAnswers> {
    let settings = cx.call(&SettingsShow { tenant: cx.tenant(), ..SettingsShow::default() }).await?.items;
    let is_set = |value: Option<&str>| value.is_some_and(|value| !value.trim().is_empty());
    let settings = settings.into_iter().filter(|line| is_set(line.value.as_deref())).map(|line| line.key).collect();
    let mut labels = std::collections::BTreeSet::new();
    let mut after = None;
    loop {
        let list = QuickReplyList { tenant: cx.tenant(), limit: Some(PAGE_MAX), after, ..QuickReplyList::default() };
        let page = cx.call(&list).await?;
        labels.extend(page.items.iter().map(|reply| reply.label.to_lowercase()));
        match page.next {
            Some(next) if list.after.as_ref() != Some(&next) => after = Some(next),
            _ => return Ok(KnownAnswers { settings, labels }),
        }
    }
}

/// Asks how the assistant answers, unless that was said before.
pub async fn choose_mode(cx: &Cx, args: &SetupArgs, asks: bool) -> anyhow::Result<()> {
    let settings = cx.call(&SettingsShow { tenant: cx.tenant(), ..SettingsShow::default() }).await?.items;
    let now = settings.iter().find(|line| line.key == SettingKey::AssistantMode);
    let mode = match args.mode {
        Some(mode) => mode,
        None if !asks => return Ok(()),
        None if now.is_some_and(|line| line.source == Source::Tenant) => {
            let word = now.and_then(|line| line.value.as_deref()).unwrap_or_default();
            say(&format!("✓ The assistant's mode is {word}"));
            return Ok(());
        }
        None => ask_mode()?,
    };
    let value = Some(mode.word().to_owned());
    let key = SettingKey::AssistantMode;
    cx.call(&SettingsSet { tenant: cx.tenant(), key, value, instance: None, chat: None }).await?;
    say(&format!("✓ The assistant's mode is {mode}\n"));
    Ok(())
}

fn ask_mode() -> anyhow::Result<Mode> {
    say(
        "How should the assistant answer?\n\n  1  draft      it writes, you read and send (best for the first days)\n  2  \
         countdown  it writes, and sends after a few seconds unless you object\n  3  auto       it writes and sends\n",
    );
    loop {
        match line("Your choice [1]: ")?.to_lowercase().as_str() {
            "" | "1" | "draft" => return Ok(Mode::Draft),
            "2" | "countdown" => return Ok(Mode::Countdown),
            "3" | "auto" => return Ok(Mode::Auto),
            _ => say("1, 2 or 3"),
        }
    }
}

/// Lets a person ask the assistant what a customer would ask, as often as they like.
pub async fn try_a_question(cx: &Cx) -> anyhow::Result<()> {
    say("\nTry the assistant: type what a customer would write. Nothing is sent, and it costs no credit.");
    loop {
        let question = line("Question (Enter: go on): ")?;
        if question.is_empty() {
            return Ok(());
        }
        let call = Ask { tenant: cx.tenant(), question, instance: None };
        match cx.connect().await?.call_within(&call, CALL_TIMEOUT + ask::PATIENCE).await {
            Ok(answer) => say(&format!("\n{}\n", ask::people(&answer))),
            Err(ClientError::Refused(refusal)) => say(&format!("✗ {}", clean(&refusal.message))),
            Err(error) => return Err(error.into()),
        }
    }
}
