//! `ask`

use std::time::Duration;

use mychatflow_data::client::CALL_TIMEOUT;
use mychatflow_data::protocol::calls::ask::{Ask, AskAction, AskAnswer};
use mychatflow_data::protocol::name::InstanceName;

use super::{Cx, text_or_stdin};
use crate::cli::AskArgs;
use crate::output::{clean, clean_lines};

/// A slow model on its second attempt.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

/// Asks the assistant.
pub async fn run(cx: &Cx, args: AskArgs) -> anyhow::Result<()> {
    let AskArgs { question, instance } = args;
    let params =
        Ask { tenant: cx.tenant(), question: text_or_stdin(question)?, instance: instance.map(InstanceName::from) };
    let answer = cx.connect().await?.call_within(&params, CALL_TIMEOUT + PATIENCE).await?;
    cx.output.document(&answer, people)
}

/// The answer in words for people.
pub(super) fn people(answer: &AskAnswer) -> String {
    let AskAnswer { action, answer, reason, sources, model, latency_ms, credits } = answer;
    let words = answer.as_ref().map(|answer| clean_lines(answer).join("\n")).unwrap_or_default();
    let head = match action {
        AskAction::Reply => words,
        AskAction::Handoff => format!("(gives way to a human) {words}"),
        AskAction::Ignore => "(says nothing)".to_owned(),
    };
    let reason = reason.as_ref().map(|reason| format!("{}; ", clean(reason))).unwrap_or_default();
    let sources = if sources.is_empty() { "no source".to_owned() } else { clean(&sources.join(", ")) };
    format!("{head}\n\n{reason}{sources}; {}, {latency_ms} ms, {credits} credits", clean(model))
}
