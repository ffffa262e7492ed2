//! Answers a chat's burst: gates, reservation, model, check, pace, send. Each step is durable before the next begins.

use std::time::Duration;

use mychatflow_data::ids::ChatId;
use mychatflow_data::model::chat::{ChatState, Mode};
use mychatflow_data::model::contact::{Review, UNREVIEWED, UNREVIEWED_PREFIX};
use mychatflow_data::model::disclosure;
use mychatflow_data::model::fault::{AnswerFault, FaultCode};
use mychatflow_data::model::interaction::InteractionState;
use mychatflow_data::model::job::Job;
use mychatflow_data::model::pairing::is_settled;
use mychatflow_data::model::setting::{ExistingContacts, Pace, Rules};
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::interactions::Outbound;
use mychatflow_data::store::jobs::{Attempt, Ended, NEVER, WAITS_FOR_IDENTITY, WAITS_FOR_MODEL};
use mychatflow_data::store::tx::accept_delivery::LID_WAIT;
use mychatflow_data::store::tx::answer::{
    Facts, Handoff, IGNORED, Letter, NO_CREDIT, NewAnswer, Part, REDONE_MAX, Reserved, Start, Stop, Wait,
};
use mychatflow_data::store::tx::outcome::After;
use mychatflow_data::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::acquaintance::{self, Acquaintance};
use super::deliver::{Answering, Delivery, look_at_number, not_before, reserve_ids, seed};
use super::{JobError, Outcome, backoff, faults};
use crate::chain::chain;
use crate::compose::{self, Question};
use crate::cx::{Clients, Cx};
use crate::flow::gate::{self, Model, Verdict};
use crate::flow::split::{self, UNITS_MAX};
use crate::flow::{check, clean::clean, markdown, pace, quick_reply_facts};
use crate::gemini::{Action, Cause, Gemini, GeminiError, Retry};
use crate::halt;
use crate::instances::notice;
use crate::waha::Waha;

/// The stored answer of the model, for one revision of the chat.
pub const GENERATE: &str = "generate";
/// The longest pause between two attempts at an answer.
const RETRY_MAX: Duration = Duration::from_secs(300);
/// The pause between two looks whether it is known by now for whom a human's message was.
const IDENTITY_LOOK: Duration = Duration::from_millis(50);
/// How often the model may give no usable answer before a human is asked.
const USELESS_MAX: i64 = 3;

/// What the model said, as the step keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Said {
    action: String,
    reply: String,
    handoff_reason: Option<String>,
    model: Option<String>,
    latency_ms: i64,
    tokens: serde_json::Value,
}

struct Run<'r> {
    cx: &'r Cx,
    clients: &'r Clients,
    tenant: &'r TenantStore,
    job: &'r Job,
    facts: Facts,
    rules: Rules,
}

/// Runs the job.
///
/// # Errors
/// When a server or the store fails in a way that may pass.
pub async fn run(cx: &Cx, tenant: &TenantStore, job: &Job, chat: ChatId) -> Result<Outcome, JobError> {
    let clients = cx.clients();
    let facts = tenant.answer_facts(job.id, chat).await?;
    let rules = facts.values.rules(clients.config.reply);
    let run = Run { cx, clients: &clients, tenant, job, facts, rules };
    match run.run().await {
        Err(JobError::Retryable { reason, after, fault }) => {
            let (code, words) = fault.unwrap_or((FaultCode::Other, reason));
            let now = cx.now();
            if matches!(code, FaultCode::NumberDown | FaultCode::WahaKey) {
                look_at_number(tenant, run.facts.instance.id, now).await?;
            }
            let attempt = if code.is_waited_for() { Attempt::Free } else { Attempt::Counts };
            let at = backoff(now, job.attempts, after, u64::from(job.id.bytes()[15]));
            Ok(run.met(code, words, at, attempt))
        }
        ended => ended,
    }
}

/// Ends an answer that failed for good: a dead letter, the credit back, a human asked.
///
/// # Errors
/// What the store says.
pub async fn give_up(tenant: &TenantStore, job: &Job, reason: String, now: Timestamp) -> Result<(), StoreError> {
    let stop = Stop {
        state: ChatState::NeedsYou,
        reason: format!("failed: {reason}"),
        handoff: Handoff::No,
        letter: Letter::Dead,
        nothing_asked: None,
    };
    tenant.stop_answer(job.id, stop, now).await
}

impl Run<'_> {
    async fn run(&self) -> Result<Outcome, JobError> {
        let now = self.cx.now();
        // Whatever the rules say now: a message that may be out must be accounted for first.
        let on_its_way =
            self.facts.pending.iter().find(|message| message.interaction.state == InteractionState::Sending);
        if let Some(message) = on_its_way {
            let after = self.after(message.revision).await?;
            return self.delivery(self.waha()?, after).resume(message.clone()).await;
        }
        // An echo or an ack came before the run that sent it could note it: this answer is not owed any more.
        if let Some(message) = &self.facts.told {
            let after = self.after(message.revision).await?;
            return self.delivery(self.waha()?, after).told(message.clone()).await;
        }
        if self.facts.cancel.is_some() {
            return self.stop(ChatState::NeedsYou, "cancelled", Handoff::No).await;
        }
        let mode = match self.gate(now) {
            Verdict::Answer(mode) => mode,
            Verdict::Stop(gate::Reason::Stale) => return self.stop_stale().await,
            Verdict::Stop(reason) => {
                let state = match reason {
                    gate::Reason::Nothing => ChatState::Waiting,
                    _ => ChatState::NeedsYou,
                };
                return self.stop(state, &self.ended_by(reason, now), Handoff::No).await;
            }
            Verdict::Snooze(until) => {
                let status = self.facts.instance.status.as_ref().map_or("not reached yet", |status| status.word());
                return Ok(self.met(FaultCode::NumberDown, status.to_owned(), until, Attempt::Free));
            }
        };
        let waha = self.waha()?;
        // While nothing can be sent nothing is written: what would be sent later must know what was said until then.
        if let Some(outcome) = self.rests(waha, self.before()) {
            return Ok(outcome);
        }
        if let Some(outcome) = self.stored(waha, mode).await? {
            return Ok(outcome);
        }
        self.answer(waha, mode).await
    }

    /// The server is away, or the number must rest: what was to be sent waits.
    fn rests(&self, waha: &Waha, before: Option<&AnswerFault>) -> Option<Outcome> {
        let now = self.cx.now();
        let (code, words, until) = if let Some(until) = not_before(waha, now) {
            let (code, words) = faults::of_outage(waha);
            (code, words, until)
        } else {
            let until = self.cx.numbers.slowed_until(self.facts.instance.id, now)?;
            (FaultCode::NumberSlowed, until.to_string(), until)
        };
        Some(self.met_after(before, AnswerFault::new(code, words, now), until, Attempt::Free))
    }

    fn gate(&self, now: Timestamp) -> Verdict {
        let model = if self.clients.gemini.is_some() { Model::Configured } else { Model::Missing };
        compose::verdict(&self.facts, self.rules, model, now)
    }

    /// What earlier runs met; an answer that is written has got past the model.
    fn before(&self) -> Option<&AnswerFault> {
        self.job.fault.as_ref().filter(|fault| self.facts.pending.is_empty() || !fault.code.is_of_model())
    }

    /// Something stands in the way: it goes with the job, and with what earlier runs met.
    fn met(&self, code: FaultCode, words: String, at: Timestamp, attempt: Attempt) -> Outcome {
        self.met_after(self.before(), AnswerFault::new(code, words, self.cx.now()), at, attempt)
    }

    fn met_after(&self, before: Option<&AnswerFault>, fault: AnswerFault, at: Timestamp, attempt: Attempt) -> Outcome {
        let fault = if attempt == Attempt::Free { fault.untried() } else { fault }.after(before);
        let reason = fault.so_far(&compose::zone(&self.facts.tenant.timezone));
        Outcome::End(Ended::Fault { at, fault, reason, attempt })
    }

    /// Why a gate ends it. A question that got old did so for a reason.
    fn ended_by(&self, reason: gate::Reason, now: Timestamp) -> String {
        match (reason, self.before()) {
            (gate::Reason::Stale, Some(fault)) => {
                let zone = compose::zone(&self.facts.tenant.timezone);
                format!("{}: {}", reason.words(), fault.until(now, &zone))
            }
            // Why somebody waits for a review was found out at their first question.
            (gate::Reason::Unreviewed, _) => {
                let known = self.facts.chat.reason.as_deref().filter(|known| known.starts_with(UNREVIEWED_PREFIX));
                known.unwrap_or(reason.words()).to_owned()
            }
            (reason, _) => reason.words().to_owned(),
        }
    }

    fn waha(&self) -> Result<&Waha, JobError> {
        let name = &self.facts.instance.waha;
        let missing = || JobError::Fatal(format!("no [[waha]] named {name} is configured"));
        self.clients.wahas.get(name).ok_or_else(missing)
    }

    fn delivery<'d>(&'d self, waha: &'d Waha, after: After) -> Delivery<'d> {
        Delivery {
            cx: self.cx,
            tenant: self.tenant,
            instance: &self.facts.instance,
            waha,
            attempts: self.job.attempts,
            after,
            file: None,
            answers: Some(Answering {
                // What is sent has got past the model.
                before: self.job.fault.clone().filter(|fault| !fault.code.is_of_model()),
                zone: compose::zone(&self.facts.tenant.timezone),
            }),
        }
    }

    async fn stop(&self, state: ChatState, reason: &str, handoff: Handoff) -> Result<Outcome, JobError> {
        self.end_unsent(Stop { state, reason: reason.to_owned(), handoff, letter: Letter::Closed, nothing_asked: None })
            .await
    }

    async fn end_unsent(&self, stop: Stop) -> Result<Outcome, JobError> {
        self.tenant.stop_answer(self.job.id, stop, self.cx.now()).await?;
        Ok(Outcome::Settled)
    }

    /// The question is too old. Where it was so when it came, that is told: nobody was silent for no reason.
    async fn stop_stale(&self) -> Result<Outcome, JobError> {
        let written_at = self.facts.chat.last_in_at.unwrap_or(self.facts.burst_began_at);
        let late_by = self.facts.burst_began_at.since(written_at);
        if late_by <= self.rules.freshness {
            let reason = self.ended_by(gate::Reason::Stale, self.cx.now());
            return self.stop(ChatState::NeedsYou, &reason, Handoff::No).await;
        }
        let reason = gate::arrived_late(late_by);
        let stopped = self.stop(ChatState::NeedsYou, &reason, Handoff::No).await?;
        let number = &self.facts.instance;
        if self.cx.numbers.may_tell_late(number.id, self.cx.now()) {
            let text = format!("{}: a question is {reason}; what came late is in the chats that need you", number.name);
            notice(self.cx, self.tenant, "warning", &text);
        }
        Ok(stopped)
    }

    /// Goes on with an answer that an earlier run has stored. `None`: there is none, or it is out of date.
    async fn stored(&self, waha: &Waha, mode: Mode) -> Result<Option<Outcome>, JobError> {
        let Some(first) = self.facts.pending.first() else { return Ok(None) };
        let seen = first.revision.unwrap_or(0);
        if seen != self.facts.chat.revision && self.facts.redone < REDONE_MAX {
            return Ok(None);
        }
        let held = self.facts.pending.iter().any(|part| part.interaction.state == InteractionState::Held);
        let draft = self.facts.pending.iter().any(|part| part.interaction.state == InteractionState::Draft);
        if held || (draft && mode == Mode::Draft) {
            return Ok(Some(snooze(NEVER, "waiting for approval".to_owned())));
        }
        let bare: Vec<&Outbound> = self.facts.pending.iter().filter(|part| part.bare_id.is_none()).collect();
        let ids = reserve_ids(waha, &self.facts.instance, bare.len()).await?;
        let reserved: Vec<_> = bare.iter().zip(ids).filter_map(|(part, id)| Some((part.interaction.id, id?))).collect();
        let start = loop {
            let start = self.tenant.start_stored(self.job.id, seen, reserved.clone(), self.cx.now()).await?;
            if !self.waits_for_identity(&start).await {
                break start;
            }
        };
        let after = self.after(Some(seen)).await?;
        self.go(waha, start, after).await.map(Some)
    }

    async fn answer(&self, waha: &Waha, mode: Mode) -> Result<Outcome, JobError> {
        let now = self.cx.now();
        let Some(question) = compose::question(&self.cx.renders, &self.facts, now).await? else {
            return self.stop(ChatState::Waiting, gate::Reason::Nothing.words(), Handoff::No).await;
        };
        let Some(gemini) = &self.clients.gemini else {
            return self.stop(ChatState::NeedsYou, gate::Reason::NoModel.words(), Handoff::No).await;
        };
        if let Some(outcome) = self.get_acquainted(waha).await? {
            return Ok(outcome);
        }
        let plan = self.clients.plan(&self.facts.tenant.plan);
        match self.tenant.reserve_answer(self.job.id, plan, now).await? {
            Reserved::Held(_) => {}
            Reserved::Cancelled => return Ok(Outcome::Settled),
            Reserved::NoCredit => return self.stop(ChatState::NeedsYou, NO_CREDIT, Handoff::No).await,
        }
        halt::at("credit_reserved").await;
        // At once means at once: the id is fetched while the model thinks. One too many is one that nobody uses; a model that has
        // failed before may fail again.
        let is_first = self.job.fault.is_none();
        let early = usize::from(is_first && mode == Mode::Auto && self.rules.pace == Pace::Instant);
        let (said, early) =
            tokio::join!(self.generate(gemini, &question), reserve_ids(waha, &self.facts.instance, early));
        let said = match said? {
            Ok(said) => said,
            Err(outcome) => return Ok(outcome),
        };
        let reply = clean(&said.reply);
        let why = said.handoff_reason.as_deref().unwrap_or("a human is needed");
        match (said.action.as_str(), reply.trim().is_empty()) {
            ("ignore", _) => {
                let why = said.handoff_reason.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
                let (state, reason) = (ChatState::Waiting, format!("{IGNORED}{why}"));
                let (handoff, letter, nothing_asked) = (Handoff::No, Letter::Closed, Some(self.facts.chat.revision));
                return self.end_unsent(Stop { state, reason, handoff, letter, nothing_asked }).await;
            }
            ("handoff", true) => {
                return self.stop(ChatState::NeedsYou, &format!("handoff: {why}"), Handoff::Yes).await;
            }
            (_, true) => return self.stop(ChatState::NeedsYou, "the model gave no words", Handoff::No).await,
            (_, false) => {}
        }
        let known: Vec<&str> = question.known.iter().map(String::as_str).collect();
        let verdict = check::check(&reply, &known);
        let written = markdown::to_whatsapp(&reply);
        let told = compose::disclosure(&self.facts, &self.rules, &reply);
        let text = told.as_deref().map_or_else(|| written.clone(), |told| disclosure::with_sentence(told, &written));
        let texts: Vec<String> = split::split(&text, UNITS_MAX).into_iter().map(str::to_owned).collect();
        let wait = match (verdict, mode) {
            (Err(held), _) => Some(Wait::Held(held.to_string())),
            (Ok(()), Mode::Draft) => Some(Wait::ForApproval),
            (Ok(()), Mode::Countdown) => Some(Wait::Countdown(self.cx.now() + self.rules.countdown)),
            (Ok(()), Mode::Auto | Mode::Off) => None,
        };
        let answer = |texts: Vec<String>, ids: Vec<Option<String>>| NewAnswer {
            parts: texts.into_iter().zip(ids).map(|(text, reserved)| Part { text, reserved }).collect(),
            revision: self.facts.chat.revision,
            model: said.model.clone(),
            latency_ms: said.latency_ms,
            tokens: said.tokens.to_string(),
            cites: quick_reply_facts::cited(&reply, &question.quick_replies),
            discloses: told.is_some(),
        };
        if let Some(wait) = wait {
            let none = vec![None; texts.len()];
            let objection = self.tenant.store_draft(self.job.id, answer(texts, none), wait, self.cx.now()).await?;
            return match objection {
                None => Ok(Outcome::Settled),
                Some(start) => self.go(waha, start, After::Waiting).await,
            };
        }
        let ids = self.pace(waha, &text, texts.len(), early?).await?;
        halt::at("ids_reserved").await;
        // What the model said is kept; another message of the number may have been refused meanwhile.
        let before = self.before().filter(|fault| !fault.code.is_of_model());
        if let Some(outcome) = self.rests(waha, before) {
            return Ok(outcome);
        }
        let answer = answer(texts, ids);
        let start = loop {
            let start = self.tenant.start_answer(self.job.id, answer.clone(), self.cx.now()).await?;
            if !self.waits_for_identity(&start).await {
                break start;
            }
        };
        let after = after(&said);
        self.go(waha, start, after).await
    }

    /// In the first minutes after a pairing: is somebody unknown really new? `None`: they may be answered.
    async fn get_acquainted(&self, waha: &Waha) -> Result<Option<Outcome>, JobError> {
        let asks = self.rules.existing_contacts == ExistingContacts::Ask && self.facts.review == Review::New;
        if !asks || is_settled(&self.facts.instance, self.cx.now()) {
            return Ok(None);
        }
        let Some(contact) = self.facts.chat.contact else { return Ok(None) };
        let reason = match acquaintance::look_back(self.cx, self.tenant, waha, &self.facts, contact).await? {
            Acquaintance::New => return Ok(None),
            Acquaintance::Known => UNREVIEWED,
            Acquaintance::Unclear(reason) => reason,
            // The gate reads what was said meanwhile.
            Acquaintance::Reviewed => return Ok(Some(snooze(self.cx.now(), "reviewed meanwhile".to_owned()))),
        };
        if !self.tenant.hold_back(contact).await? {
            return Ok(Some(snooze(self.cx.now(), "reviewed meanwhile".to_owned())));
        }
        self.stop(ChatState::NeedsYou, reason, Handoff::No).await.map(Some)
    }

    /// Asks the model, or takes what it said to this revision before.
    async fn generate(&self, gemini: &Gemini, question: &Question) -> Result<Result<Said, Outcome>, JobError> {
        let revision = self.facts.chat.revision;
        if let Some(said) = self.said(revision).await? {
            return Ok(Ok(said));
        }
        let answer = match gemini.generate(&question.ask).await {
            Ok(answer) => answer,
            Err(error) => return Ok(Err(self.no_answer(gemini, question, &error).await?)),
        };
        self.cx.hurry.note(self.cx.now());
        if gemini.take_recovered() {
            // Without it they come by themselves, when the next probe would be due.
            if let Err(error) = self.cx.store.wake_answers_for_model(self.cx.now()).await {
                tracing::warn!(error = chain(&error), "the answers that wait for gemini could not be woken");
            }
        }
        halt::at("model_answered").await;
        if let Some(change) = &answer.change
            && gemini.is_new_change(question.ask.asker, change)
        {
            tracing::warn!(asked = change.asked, answered = change.answered, "another model answers");
            notice(self.cx, self.tenant, "warning", &change.to_string());
        }
        let said = Said {
            action: match answer.action {
                Action::Reply => "reply",
                Action::Handoff => "handoff",
                Action::Ignore => "ignore",
            }
            .to_owned(),
            reply: answer.reply,
            handoff_reason: answer.handoff_reason.as_deref().map(clean),
            model: answer.model_version,
            latency_ms: i64::try_from(answer.latency_ms).unwrap_or(i64::MAX),
            tokens: serde_json::json!({
                "prompt": answer.usage.prompt,
                "cached": answer.usage.cached,
                "output": answer.usage.output,
                "thoughts": answer.usage.thoughts,
            }),
        };
        let json = serde_json::to_string(&said).map_err(|error| JobError::Fatal(error.to_string()))?;
        self.tenant.store_step(self.job.id, GENERATE, revision, json, self.cx.now()).await?;
        halt::at("answer_stored").await;
        Ok(Ok(said))
    }

    async fn said(&self, revision: i64) -> Result<Option<Said>, JobError> {
        let step = self.tenant.step(self.job.id, GENERATE, revision).await?;
        // A step of a version that wrote it differently is asked for again.
        Ok(step.and_then(|json| serde_json::from_str(&json).ok()))
    }

    async fn after(&self, revision: Option<i64>) -> Result<After, JobError> {
        let Some(revision) = revision else { return Ok(After::Waiting) };
        Ok(self.said(revision).await?.as_ref().map_or(After::Waiting, after))
    }

    /// The model gave nothing: try again while the question is fresh, or ask a human.
    async fn no_answer(&self, gemini: &Gemini, question: &Question, error: &GeminiError) -> Result<Outcome, JobError> {
        let now = self.cx.now();
        let (code, words) = faults::of_model(error);
        tracing::warn!(job.id = %self.job.id, code = error.code(), "no answer from gemini");
        let useless = matches!(error, GeminiError::Empty | GeminiError::Garbled | GeminiError::Invalid { .. });
        if matches!(error, GeminiError::Refused(_)) {
            // Not `held`: nothing is there that a person could approve.
            return self.stop(ChatState::NeedsYou, &format!("no answer: {words}"), Handoff::No).await;
        }
        if useless && self.job.attempts + 1 >= USELESS_MAX {
            let fault = AnswerFault::new(code, words, now).after(self.before());
            let reason = fault.until(now, &compose::zone(&self.facts.tenant.timezone));
            give_up(self.tenant, self.job, reason, now).await?;
            return Ok(Outcome::Settled);
        }
        if let Some(remedy) = code.remedy()
            && gemini.is_new_fault(question.ask.asker, code.word())
        {
            notice(self.cx, self.tenant, "warning", &format!("the assistant can't answer: {words}; {remedy}"));
        }
        if let GeminiError::BreakerOpen { cause: Cause::Outage | Cause::Pause, retry_after, .. } = error {
            // Others have found it out: this one was not tried.
            return Ok(self.without_model(code, words, now + (*retry_after).min(RETRY_MAX), Attempt::Free));
        }
        let soonest = match error.retry() {
            Retry::After(wait) => wait.min(RETRY_MAX),
            Retry::Once => Duration::from_secs(1),
            Retry::Never => Duration::from_secs(30),
        };
        let stored = self.facts.pending.first().map_or(0, |message| seed(message.interaction.id));
        let at = backoff(now, self.job.attempts, soonest, stored);
        Ok(self.without_model(code, words, at, Attempt::Counts))
    }

    /// The model did not answer. A job that waits until it does says so at the beginning of its reason: it is woken then.
    fn without_model(&self, code: FaultCode, words: String, at: Timestamp, attempt: Attempt) -> Outcome {
        match self.met(code, words, at, attempt) {
            Outcome::End(Ended::Fault { at, fault, reason, attempt }) if code == FaultCode::ModelBusy => {
                let reason = format!("{WAITS_FOR_MODEL}{reason}");
                Outcome::End(Ended::Fault { at, fault, reason, attempt })
            }
            other => other,
        }
    }

    /// Seen, then typing for as long as a person would. Reserves the ids meanwhile, beside those that are there.
    async fn pace(
        &self,
        waha: &Waha,
        text: &str,
        parts: usize,
        mut ids: Vec<Option<String>>,
    ) -> Result<Vec<Option<String>>, JobError> {
        let missing = parts.saturating_sub(ids.len());
        if self.rules.pace == Pace::Instant {
            ids.extend(reserve_ids(waha, &self.facts.instance, missing).await?);
            return Ok(ids);
        }
        let (session, address) = (&self.facts.instance.session, &self.facts.chat.address);
        let typed = pace::typing(text, u64::from(self.job.id.bytes()[15]) * 2_654_435_761);
        // These are courtesies: an answer without them is better than none.
        let _ = waha.send_seen(session, address, &[]).await;
        let _ = waha.start_typing(session, address).await;
        let (more, ()) = tokio::join!(reserve_ids(waha, &self.facts.instance, missing), tokio::time::sleep(typed));
        let _ = waha.stop_typing(session, address).await;
        ids.extend(more?);
        Ok(ids)
    }

    /// A human wrote to somebody whose address WAHA is being asked about: it takes a moment, and the answer with its typing
    /// need not begin anew for it. False where there is nothing to wait for, or for too long.
    async fn waits_for_identity(&self, start: &Start) -> bool {
        let Start::Unresolved(until) = start else { return false };
        let left = until.since(self.cx.now());
        if left > LID_WAIT {
            return false;
        }
        tokio::time::sleep(left.min(IDENTITY_LOOK)).await;
        true
    }

    async fn go(&self, waha: &Waha, start: Start, after: After) -> Result<Outcome, JobError> {
        match start {
            Start::Go(first) => self.delivery(waha, after).post(*first).await,
            Start::Stale(at) => Ok(snooze(at.max(self.cx.now()), "the customer wrote again".to_owned())),
            Start::Cancelled => Ok(Outcome::Settled),
            Start::Unresolved(until) => Ok(snooze(until, WAITS_FOR_IDENTITY.to_owned())),
        }
    }
}

fn after(said: &Said) -> After {
    if said.action == "handoff" {
        After::Handoff(said.handoff_reason.clone().unwrap_or_else(|| "a human is needed".to_owned()))
    } else {
        After::Waiting
    }
}

fn snooze(until: Timestamp, reason: String) -> Outcome {
    Outcome::End(Ended::Snooze { until, reason })
}
