//! `why`: how a message came to be, or why none came.

use jiff::tz::TimeZone;
use mychatflow_data::credits::Credits;
use mychatflow_data::ids::{ChatId, InstanceId, InteractionId};
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::finding::{FindingLevel, FindingSubject, HealthFinding};
use mychatflow_data::model::interaction::{Author, Direction, Interaction, InteractionState};
use mychatflow_data::model::job::JobState;
use mychatflow_data::model::ledger::EntryKind;
use mychatflow_data::model::opt_out::Wish;
use mychatflow_data::model::remedy::remedy;
use mychatflow_data::model::setting::SettingKey;
use mychatflow_data::protocol::calls::why::{Why, WhyDocument, WhyLine};
use mychatflow_data::protocol::error::{CallError, Code};
use mychatflow_data::protocol::name::ChatName;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::tx::answer::{Facts, IGNORED, NO_CREDIT};
use mychatflow_data::store::why::{Story, Work};
use mychatflow_data::time::Timestamp;

use super::chats;
use crate::compose;
use crate::cx::Cx;
use crate::flow::clean::clean_line;
use crate::flow::gate::{Model, Reason, Verdict};
use crate::flow::quick_reply_facts::QuickReplyFact;
use crate::flow::sources::sources;
use crate::health::{self, HealthScope};
use crate::rpc::peer::Caller;
use crate::rpc::refused::{Handled, Refused};
use crate::rpc::service::Reply;

/// How much of a message a line shows.
const BEGINNING_CHARS: usize = 80;

/// `why`: about a message, or about the last one of a chat.
///
/// # Errors
/// `not_found` when no message and no chat has the id.
pub async fn why(cx: &Cx, shop: &TenantStore, caller: &Caller, call: Why) -> Handled<Reply<Why>> {
    let text = call.id.trim();
    let by_id = match text.parse::<InteractionId>() {
        Ok(id) => shop.story(id).await?,
        Err(_) => None,
    };
    let (chat, story) = match by_id {
        Some(story) => (story.chat.id, Some(story)),
        None => {
            let chat: ChatId = match chats::named(shop, &ChatName::from(text), None).await {
                Ok(listed) => listed.chat.id,
                Err(error) => return Err(with_deliveries(cx, shop, error).await?),
            };
            match shop.last_message(chat).await? {
                Some(last) => (chat, shop.story(last).await?),
                None => (chat, None),
            }
        }
    };
    let facts = shop.chat_facts(chat).await?;
    let now = cx.now();
    let clients = cx.clients();
    let rules = facts.values.rules(clients.config.reply);
    let model = if clients.gemini.is_some() { Model::Configured } else { Model::Missing };
    let by_assistant = story.as_ref().is_some_and(|story| story.message.interaction.author == Author::Assistant);
    let quick_replies = if by_assistant { compose::quick_replies(&cx.renders, &facts).await? } else { Vec::new() };
    let known = Known {
        quick_replies,
        zone: compose::zone(&facts.tenant.timezone),
        verdict: compose::verdict(&facts, rules, model, now),
        taken_over: taken_over(&facts, rules.takeover_pause),
        facts,
        out_of_credit: false,
        now,
    };
    let countdown = shop.countdown(chat).await?;
    let plan = clients.plan(&known.facts.tenant.plan);
    let may = matches!(known.verdict, Verdict::Answer(_));
    let out_of_credit = may && shop.credits(plan, now).await?.balance == Credits::ZERO;
    let known = Known { out_of_credit, ..known };
    let mut lines = story.as_ref().map(|story| known.happened(story)).unwrap_or_default();
    lines.sort_by_key(|line| line.at);
    lines.extend(known.is_so(story.as_ref()));
    let number = known.facts.instance.id;
    let found = health::findings_for(cx, HealthScope::Tenant(shop.id()), shop.id(), caller).await;
    lines.extend(is_broken(found, number, now));
    let headline = match &story {
        Some(story) => known.headline(story, countdown),
        None => "Nobody has written in this chat yet.".to_owned(),
    };
    Ok(Reply(WhyDocument {
        id: call.id,
        chat,
        interaction: story.map(|story| chats::message(story.message.interaction, countdown)),
        headline,
        lines,
    }))
}

/// A chat is not here. Deliveries that were turned away may hold what somebody looks for: then the error says so.
async fn with_deliveries(cx: &Cx, shop: &TenantStore, Refused(error): Refused) -> Handled<Refused> {
    if error.code != Code::NotFound {
        return Ok(error.into());
    }
    let numbers: Vec<InstanceId> = shop.instances().await?.into_iter().map(|number| number.id).collect();
    Ok(match health::webhook::turned_away(&health::webhook::gather(cx), &numbers, cx.now()) {
        Some(words) => CallError::not_found(format!("{}. {words}", error.message)).into(),
        None => error.into(),
    })
}

/// What is out of order now that may keep this chat's messages from coming or its answers from going, in the words of every other
/// place. What state its number is in is said already.
fn is_broken(found: Vec<HealthFinding>, number: InstanceId, now: Timestamp) -> impl Iterator<Item = WhyLine> {
    let concerns = move |finding: &HealthFinding| match finding.subject {
        FindingSubject::Number { id, .. } => id == number && !finding.code.is_of_state(),
        _ => true,
    };
    let failed = found.into_iter().filter(|finding| finding.level == FindingLevel::Failed);
    failed.filter(concerns).map(move |finding| {
        let helps = format!("known from: {}; what helps: {}", finding.proof(now), finding.remedy);
        line(finding.since, &finding.headline(now), Some(helps))
    })
}

/// Did a human's message begin the pause that is in effect?
fn taken_over(facts: &Facts, pause: std::time::Duration) -> bool {
    let mut humans = facts.history.iter().filter(|message| matches!(message.author, Author::Human | Author::Phone));
    humans
        .next_back()
        .zip(facts.chat.paused_until)
        .is_some_and(|(message, until)| until.since(message.at).abs_diff(pause) < std::time::Duration::from_secs(2))
}

struct Known {
    facts: Facts,
    /// What the assistant was told besides, where it wrote.
    quick_replies: Vec<QuickReplyFact>,
    verdict: Verdict,
    taken_over: bool,
    zone: TimeZone,
    /// Would the next answer find no credit?
    out_of_credit: bool,
    now: Timestamp,
}

fn line(at: Option<Timestamp>, what: &str, detail: Option<String>) -> WhyLine {
    WhyLine { at, what: what.to_owned(), detail: detail.map(|detail| clean_line(&detail)) }
}

/// A length of time as people say it.
fn span(millis: i64) -> String {
    match millis {
        ..10_000 => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
        10_000..120_000 => format!("{} s", millis / 1000),
        120_000..7_200_000 => format!("{} min", millis / 60_000),
        _ => format!("{} h", millis / 3_600_000),
    }
}

fn beginning(message: &Interaction) -> Option<String> {
    let text: String = message.text.chars().take(BEGINNING_CHARS).collect();
    Some(if text.trim().is_empty() { format!("({})", message.kind) } else { text })
}

const fn who(author: Author) -> &'static str {
    match author {
        Author::Customer => "the customer",
        Author::Assistant => "the assistant",
        Author::Human => "a human",
        Author::Phone => "the owner, on the phone",
        Author::Campaign => "a campaign",
        Author::System => "MyChatFlow",
    }
}

impl Known {
    fn clock(&self, at: Timestamp) -> String {
        let local = at.to_jiff().to_zoned(self.zone.clone());
        let today = self.now.to_jiff().to_zoned(self.zone.clone()).date();
        let format = if local.date() == today { "%H:%M" } else { "%d %b %H:%M" };
        local.strftime(format).to_string()
    }

    /// The facts of the shop that an answer leans on.
    fn leans_on(&self, text: &str) -> Vec<String> {
        let values = &self.facts.values;
        let settings = [(SettingKey::BusinessProfile, "the profile"), (SettingKey::BusinessHours, "the hours")];
        let mut facts: Vec<(String, String)> = settings
            .into_iter()
            .filter_map(|(key, name)| Some((name.to_owned(), values.get(key)?.to_owned())))
            .collect();
        facts.extend(
            self.quick_replies.iter().map(|reply| (format!("quick reply {}", reply.label), reply.text.clone())),
        );
        let facts: Vec<(&str, &str)> = facts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        sources(text, &facts).into_iter().map(clean_line).collect()
    }

    fn headline(&self, story: &Story, countdown: Option<Timestamp>) -> String {
        let message = &story.message.interaction;
        let reason = message.reason.as_deref().map(clean_line);
        let told = reason.clone().map(|reason| format!(": {reason}")).unwrap_or_default();
        if message.direction == Direction::In {
            return self.about_a_question(story);
        }
        match (message.author, message.state) {
            (_, InteractionState::Held) => {
                format!("Held: {}", reason.unwrap_or_else(|| "a check stopped it".to_owned()))
            }
            (_, InteractionState::Draft) => match countdown {
                Some(at) => format!("The assistant's answer is sent at {} unless you object.", self.clock(at)),
                None => "The assistant's answer waits for your word.".to_owned(),
            },
            (author, InteractionState::Cancelled) => format!("Written by {} and taken back{told}", who(author)),
            (_, InteractionState::Failed) => format!("Not sent{told}"),
            (_, InteractionState::Unknown) => format!("It may or may not have been sent{told}"),
            (author, InteractionState::Queued) if reason.is_some() => {
                format!("Written by {}, and waits{told}", who(author))
            }
            (author, InteractionState::Queued | InteractionState::Sending) => {
                format!("Written by {}, and on its way{told}", who(author))
            }
            (Author::Assistant, _) => {
                let took = message.latency_ms.map(|millis| format!(" in {}", span(millis))).unwrap_or_default();
                let model = message.model.as_deref().map(|model| format!(" with {}", clean_line(model)));
                let leans_on = self.leans_on(&message.text);
                let from =
                    if leans_on.is_empty() { String::new() } else { format!(", from {}", leans_on.join(" and ")) };
                format!("The assistant answered{took}{}{from}.", model.unwrap_or_default())
            }
            (Author::System, state) => {
                format!("The customer's word was confirmed, once and at no cost; it is {state}.")
            }
            (author, state) => format!("Written by {}; it is {state}.", who(author)),
        }
    }

    fn about_a_question(&self, story: &Story) -> String {
        let message = &story.message.interaction;
        if message.state == InteractionState::Revoked {
            return "The customer took this message back.".to_owned();
        }
        match message.reason.as_deref() {
            Some(told) if told == Wish::Stop.told() => {
                return "An opt-out: the customer replied with a word such as STOP. Nothing more goes to them unless they \
                        write START. Nobody needs to answer."
                    .to_owned();
            }
            Some(told) if told == Wish::Start.told() => {
                return "The customer came back with a word such as START: they get messages again.".to_owned();
            }
            Some(told) if told.starts_with(IGNORED) => return format!("Not answered: {}", clean_line(told)),
            _ => {}
        }
        if let Some(answer) = &story.other {
            let after = span(answer.at.millis() - message.at.millis());
            return format!("Answered after {after} by {}.", who(answer.author));
        }
        match story.chat.state {
            ChatState::Assistant => {
                let reason = story.job.as_ref().and_then(|job| job.reason.as_deref()).map(clean_line);
                format!("An answer is being prepared{}", reason.map(|why| format!(": {why}")).unwrap_or_default())
            }
            ChatState::Done => "Not answered: the chat was closed.".to_owned(),
            ChatState::Snoozed => match story.chat.snoozed_until {
                Some(until) => format!("Not answered: put away until {}.", self.clock(until)),
                None => "Not answered: put away.".to_owned(),
            },
            ChatState::Waiting | ChatState::NeedsYou => format!("Not answered: {}", self.silence(story)),
        }
    }

    /// Why nothing answers in this chat: what stopped the last answer, else what would stop it now.
    fn silence(&self, story: &Story) -> String {
        let chat = &story.chat;
        let paused = || match chat.paused_until.filter(|until| *until > self.now) {
            Some(until) if self.taken_over => format!("paused until {} because a human wrote", self.clock(until)),
            Some(until) => format!("paused until {}", self.clock(until)),
            None => "it was paused then".to_owned(),
        };
        match (chat.reason.as_deref(), &self.verdict) {
            (Some("paused"), _) | (None, Verdict::Stop(Reason::Paused)) => paused(),
            (Some(reason), _) => clean_line(reason),
            (None, _) if ended_by(story).is_some() => ended_by(story).unwrap_or_default(),
            (None, Verdict::Answer(_)) if self.out_of_credit => NO_CREDIT.to_owned(),
            (None, Verdict::Stop(reason)) => reason.words().to_owned(),
            (None, Verdict::Snooze(_)) => "waiting for the number".to_owned(),
            (None, Verdict::Answer(_)) => "nobody has asked the assistant".to_owned(),
        }
    }

    /// What happened to a message.
    fn happened(&self, story: &Story) -> Vec<WhyLine> {
        let message = &story.message.interaction;
        let mut lines = Vec::new();
        match (&story.other, message.direction) {
            (Some(question), Direction::Out) => {
                lines.push(line(Some(question.at), "the customer wrote", beginning(question)));
            }
            (Some(answer), Direction::In) => {
                lines.push(line(Some(answer.at), &format!("answered by {}", who(answer.author)), beginning(answer)));
            }
            (None, _) => {}
        }
        let written = match message.direction {
            Direction::In => "the customer wrote".to_owned(),
            Direction::Out => format!("written by {}", who(message.author)),
        };
        lines.push(line(Some(message.at), &written, beginning(message)));
        if let Some(original) = &message.original {
            lines.push(line(Some(message.at), "its first words", Some(original.clone())));
        }
        if let Some(job) = &story.job {
            lines.extend(work(job));
        }
        for step in &story.steps {
            lines.push(line(Some(step.at), &format!("step done: {}", step.name), said(&step.value)));
        }
        for entry in &story.entries {
            let what = match entry.kind {
                EntryKind::Reserve => "one credit was put aside",
                EntryKind::Settle => "the credit was spent",
                EntryKind::Release => "the credit is back",
                EntryKind::Adjust => "the credit was given back",
                EntryKind::Grant | EntryKind::Expire => "the credits changed",
            };
            lines.push(line(Some(entry.at), what, entry.note.clone()));
        }
        let outbound = &story.message;
        let steps = [
            (outbound.sending_at, "the send began"),
            (outbound.answered_at, "WAHA answered"),
            (story.sent_at, "it went out"),
            (story.echoed_at.filter(|_| message.direction == Direction::Out), "WAHA told of it"),
        ];
        lines.extend(steps.into_iter().filter_map(|(at, what)| at.map(|at| line(Some(at), what, None))));
        if let (Some(waited), Some(sent)) = (story.waited_ms, story.sent_at.or(Some(message.at))) {
            lines.push(line(Some(sent), "the customer had waited", Some(span(waited))));
        }
        lines
    }

    /// How things are now.
    fn is_so(&self, story: Option<&Story>) -> Vec<WhyLine> {
        let mut lines = Vec::new();
        if let Some(story) = story {
            let message = &story.message.interaction;
            let reason = message.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
            lines.push(line(None, "the message is", Some(format!("{}{reason}", message.state))));
            let leans_on = match message.author {
                Author::Assistant => self.leans_on(&message.text),
                _ => Vec::new(),
            };
            if !leans_on.is_empty() {
                lines.push(line(None, "it leans on", Some(leans_on.join(", "))));
            }
        }
        let chat = &self.facts.chat;
        let reason = chat.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        lines.push(line(None, "the chat is", Some(format!("{}{reason}", chat.state))));
        let gate = match &self.verdict {
            // An answer that is under way holds its credit already.
            Verdict::Answer(_) if self.out_of_credit && chat.state != ChatState::Assistant => {
                format!("may not answer: {NO_CREDIT}; mychatflow credit grant N")
            }
            Verdict::Answer(mode) => format!("may answer, mode {mode}"),
            Verdict::Stop(reason) => format!("may not answer: {}", reason.words()),
            Verdict::Snooze(until) => {
                let number = &self.facts.instance;
                let found = remedy(number.status.as_ref(), number.verdict, number.reason.as_deref());
                let helps = found.map(|remedy| format!("; {}", remedy.told_of(&number.name))).unwrap_or_default();
                format!("looks again at {}: the number is not working{helps}", self.clock(*until))
            }
        };
        lines.push(line(None, "the assistant", Some(gate)));
        lines
    }
}

/// Why the work that was to answer came to its end.
fn ended_by(story: &Story) -> Option<String> {
    let job = story.job.as_ref().filter(|job| matches!(job.state, JobState::Cancelled | JobState::Discarded));
    job.and_then(|job| job.reason.as_deref()).map(clean_line)
}

fn work(job: &Work) -> Vec<WhyLine> {
    let kind = job.kind.word().replace('_', " ");
    let mut lines = vec![line(Some(job.created_at), &format!("work began: {kind}"), None)];
    let reason = job.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let tries = if job.attempts > 1 { format!(", {} attempts", job.attempts) } else { String::new() };
    let redone = if job.redone > 0 { format!(", written anew {} times", job.redone) } else { String::new() };
    let detail = format!("{}{reason}{tries}{redone}", job.state);
    lines.push(line(Some(job.updated_at), &format!("work: {kind}"), Some(detail)));
    lines
}

/// What the model said, in short.
fn said(value: &str) -> Option<String> {
    let said: serde_json::Value = serde_json::from_str(value).ok()?;
    let mut parts = Vec::new();
    parts.extend(said["action"].as_str().map(str::to_owned));
    parts.extend(said["model"].as_str().map(str::to_owned));
    parts.extend(said["latency_ms"].as_i64().map(span));
    let tokens = |name: &str, what: &str| said["tokens"][name].as_i64().map(|count| format!("{count} tokens {what}"));
    parts.extend(tokens("prompt", "read"));
    parts.extend(tokens("output", "written"));
    parts.extend(said["handoff_reason"].as_str().map(|reason| format!("hand-off: {reason}")));
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_as_people_say_it() {
        for (millis, expected) in
            [(1234, "1.2 s"), (30_000, "30 s"), (150_000, "2 min"), (7_300_000, "2 h"), (0, "0.0 s")]
        {
            assert_eq!(span(millis), expected);
        }
    }

    #[test]
    fn what_the_model_said_in_short() {
        let value =
            r#"{"action":"reply","reply":"no","model":"m-1","latency_ms":900,"tokens":{"prompt":5,"output":2}}"#;
        assert_eq!(said(value).as_deref(), Some("reply, m-1, 0.9 s, 5 tokens read, 2 tokens written"));
        assert_eq!(said("[]"), None);
    }
}
