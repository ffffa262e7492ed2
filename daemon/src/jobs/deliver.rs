//! Exactly one send. The row says `sending` before the POST leaves; what the POST ends in decides what may follow.
//!
//! 2xx: sent. Refused, 4xx, 422: not sent. Everything else, and our own crash, is doubtful: with an id of our choosing
//! the message is looked up and, when it is certainly absent, posted again under the same id; without one it is looked
//! for in the history, and what is not found is left to a human.

use std::time::Duration;

use jiff::tz::TimeZone;
use mychatflow_data::ids::{InstanceId, InteractionId};
use mychatflow_data::model::fault::{AnswerFault, FaultCode, clock};
use mychatflow_data::model::governor::stops;
use mychatflow_data::model::instance::Instance;
use mychatflow_data::model::interaction::InteractionState;
use mychatflow_data::model::job::JobArgs;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::campaign_media::WholeFile;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::interactions::{IdSource, Outbound};
use mychatflow_data::store::jobs::{Attempt, Ended};
use mychatflow_data::store::tx::outcome::After;
use mychatflow_data::time::Timestamp;

use super::{JobError, Outcome, backoff, faults};
use crate::chain::chain;
use crate::cx::Cx;
use crate::flow::slowdown;
use crate::halt;
use crate::instances::{notice, slow_down, zone};
use crate::waha::capabilities::{Capabilities, Ids};
use crate::waha::chats::{Chats, Filter, Whose};
use crate::waha::health::Allow;
use crate::waha::send::SendText;
use crate::waha::send_file::SendFile;
use crate::waha::{Answered, Doubt, Waha, WahaError, own_id};

/// How long after the POST was written an absent message may still appear.
pub const LATE: Duration = Duration::from_secs(30);
/// How long a message without an id of our choosing is looked for.
pub const SEARCH: Duration = Duration::from_secs(60);
/// How long a look-up that fails is tried again before a human is asked.
const LOOKUP_PATIENCE: Duration = Duration::from_secs(900);
/// How much our own clock may go back by itself, when it is set a little.
const CLOCK_SLACK: Duration = Duration::from_secs(2);
/// How long a message rests that WAHA did not take because of our key.
const KEY_WAIT: Duration = Duration::from_secs(10);
/// The pause between two looks.
const LOOK_AGAIN: Duration = Duration::from_secs(3);
/// How often a message is certainly not sent before it is given up.
pub const ATTEMPTS_MAX: i64 = 12;

/// Why nothing goes out on a server that sends no files.
const NO_FILES: &str = "this WAHA can't send files: update it to 2026.6.1 or newer, or take the file away with \
                        `mychatflow campaign edit NAME --no-media`; then resume";

/// One message on its way, and what it needs to get there.
pub struct Delivery<'d> {
    /// The daemon.
    pub cx: &'d Cx,
    /// Whose.
    pub tenant: &'d TenantStore,
    /// The number it goes out from.
    pub instance: &'d Instance,
    /// The server that the number is on.
    pub waha: &'d Waha,
    /// How often the job failed before.
    pub attempts: i64,
    /// What the chat is after the last part.
    pub after: After,
    /// The file that goes with the text.
    pub file: Option<&'d WholeFile>,
    /// Of an answer: what its job met before.
    pub answers: Option<Answering>,
}

/// What an answer on its way knows of the runs before.
#[derive(Debug, Clone)]
pub struct Answering {
    /// What stood in its way.
    pub before: Option<AnswerFault>,
    /// The time zone of those who read about it.
    pub zone: TimeZone,
}

/// Reserves message ids where the server takes them. `None` for each where it does not.
///
/// # Errors
/// When the server can't be asked.
pub async fn reserve_ids(waha: &Waha, instance: &Instance, count: usize) -> Result<Vec<Option<String>>, WahaError> {
    let mut ids = Vec::with_capacity(count);
    if Capabilities::of(instance.version.as_deref(), instance.engine.as_deref()).ids == Ids::Assigned {
        return Ok(vec![None; count]);
    }
    for _ in 0..count {
        match waha.new_message_id(&instance.session).await {
            Ok(id) => ids.push(Some(id)),
            // The version says it can, the server says it can't: it chooses the ids itself.
            Err(error @ WahaError::NotFound { .. }) if error.is_session_missing() => return Err(error),
            Err(WahaError::NotFound { .. } | WahaError::Rejected { .. }) => return Ok(vec![None; count]),
            Err(error) => return Err(error),
        }
    }
    Ok(ids)
}

/// How to wait for a server that can't be asked now.
#[must_use]
pub fn not_before(waha: &Waha, now: Timestamp) -> Option<Timestamp> {
    match waha.allows(now) {
        Allow::Yes | Allow::Probe => None,
        Allow::NotBefore(at) => Some(at),
    }
}

/// Until when nothing can be sent from this number, and why.
#[must_use]
pub fn held_back(cx: &Cx, waha: &Waha, instance: InstanceId, now: Timestamp) -> Option<(Timestamp, String)> {
    let away = |until| {
        let (code, words) = faults::of_outage(waha);
        (until, faults::waiting_for_waha(code, &words))
    };
    let server = not_before(waha, now).map(away);
    let number = || cx.numbers.slowed_until(instance, now).map(|until| (until, slowdown::reason(until)));
    server.or_else(number)
}

enum Next {
    Sent { bare_id: Option<String>, wa_id: Option<String> },
    Post,
    End(Outcome),
}

impl Delivery<'_> {
    /// Posts a message whose row says `sending` and whose POST has not been written yet.
    ///
    /// # Errors
    /// What the store says; the row stays `sending` and the next run looks for the message.
    pub async fn post(&self, first: Outbound) -> Result<Outcome, JobError> {
        self.follow(first, Next::Post).await
    }

    /// Finds out about a message whose POST an earlier run may have written.
    ///
    /// # Errors
    /// What the store says; the next run goes on.
    pub async fn resume(&self, message: Outbound) -> Result<Outcome, JobError> {
        let next = self.look_up(&message).await?;
        self.follow(message, next).await
    }

    /// Goes on after a message of which an echo or an ack has told what became of it.
    ///
    /// # Errors
    /// What the store says; the next run goes on.
    pub async fn told(&self, message: Outbound) -> Result<Outcome, JobError> {
        let next = known(&message);
        self.follow(message, next).await
    }

    async fn follow(&self, first: Outbound, start: Next) -> Result<Outcome, JobError> {
        let (mut message, mut next) = (first, start);
        loop {
            next = match next {
                Next::Post => match self.cx.numbers.slowed_until(self.instance.id, self.cx.now()) {
                    None => self.post_once(&message).await?,
                    // Another message was refused since this one was let go; nothing of it has left.
                    Some(until) => {
                        let now = self.cx.now();
                        let fault = AnswerFault::new(FaultCode::NumberSlowed, until.to_string(), now);
                        let ended = self.met(fault, until, Attempt::Free, slowdown::reason(until));
                        self.tenant.record_not_sent(message.interaction.id, ended, now).await?;
                        Next::End(Outcome::Settled)
                    }
                },
                Next::End(outcome) => return Ok(outcome),
                Next::Sent { bare_id, wa_id } => {
                    let id = message.interaction.id;
                    let after = self.after.clone();
                    let left = self.tenant.record_sent(id, bare_id, wa_id, after, self.cx.now()).await?;
                    halt::at("sent_stored").await;
                    if self.cx.numbers.note_sent(self.instance.id, self.cx.now()) {
                        // It was said that nothing gets out: that is over.
                        look_at_number(self.tenant, self.instance.id, self.cx.now()).await?;
                    }
                    match left {
                        None => return Ok(Outcome::Settled),
                        Some(part) => {
                            message = part;
                            Next::Post
                        }
                    }
                }
            };
        }
    }

    async fn post_once(&self, message: &Outbound) -> Result<Next, JobError> {
        let interaction = &message.interaction;
        let chosen = (message.id_source == Some(IdSource::Reserved)).then_some(message.bare_id.as_deref()).flatten();
        halt::at("sending_stored").await;
        let begun_at = self.cx.now();
        let (session, chat, text) = (self.instance.session.as_str(), &interaction.address, interaction.text.as_str());
        let posted = match self.file {
            None => self.waha.send_text(SendText { session, chat, text, id: chosen, reply_to: None }).await,
            Some(WholeFile { file_name, mime, data }) => {
                self.waha.send_file(SendFile { session, chat, file_name, mime, data, caption: text }).await
            }
        };
        halt::at("post_answered").await;
        match posted {
            Ok(sent) => {
                self.cx.numbers.is_over(self.instance.id, FaultCode::WahaKey.word());
                self.cx.numbers.note_posted(self.instance.id, begun_at);
                let bare_id = chosen.map(str::to_owned).or(sent.bare_id);
                let wa_id = sent.wa_id.or_else(|| chosen.map(|id| own_id(&interaction.address, id)));
                Ok(Next::Sent { bare_id, wa_id })
            }
            Err(error) => self.failed(message, &error).await,
        }
    }

    async fn failed(&self, message: &Outbound, error: &WahaError) -> Result<Next, JobError> {
        let id = message.interaction.id;
        let now = self.cx.now();
        tracing::warn!(interaction.id = %id, error = chain(error), "a send did not end well");
        if self.file.is_some() && error.lacks_files() {
            self.stop_files(id, now).await?;
            return Ok(Next::End(Outcome::Settled));
        }
        if let WahaError::TooFast { .. } = error {
            // Whatever became of this one: each further message makes it worse.
            slow_down(self.cx, self.tenant, message.instance).await?;
        }
        if tells_of_number(error) && self.cx.numbers.note_failed_send(self.instance.id, chain(error), now) {
            look_at_number(self.tenant, self.instance.id, now).await?;
        }
        match error.doubt() {
            Doubt::NotSent => {
                if needs_look(error) {
                    // WAHA may know by now until when, or has lost the session: it is asked, and the session is mended.
                    look_at_number(self.tenant, message.instance, now).await?;
                }
                let ended = self.not_sent(id, error, now, &self.zone().await?);
                self.tenant.record_not_sent(id, ended, now).await?;
                Ok(Next::End(Outcome::Settled))
            }
            Doubt::Doubtful { answered } => {
                if answered == Answered::Yes {
                    self.tenant.record_answered(id, now).await?;
                }
                // Its echo may have come before the answer to the POST: then the row knows more than we do.
                let Some(message) = self.tenant.outbound(id).await? else {
                    return Err(JobError::Fatal("the message is gone".to_owned()));
                };
                match self.look_up(&message).await? {
                    // It is not there, and WAHA has said why: to ask without a rest helps nobody.
                    Next::Post => {
                        let now = self.cx.now();
                        let ended = self.not_sent(id, error, now, &self.zone().await?);
                        self.tenant.record_not_sent(id, ended, now).await?;
                        Ok(Next::End(Outcome::Settled))
                    }
                    next => Ok(next),
                }
            }
        }
    }

    /// No id could be reserved, so nothing was sent: the message waits as after a send that WAHA refused.
    ///
    /// # Errors
    /// What WAHA said, where waiting does not help.
    pub async fn no_ids(&self, id: InteractionId, error: WahaError) -> Result<Outcome, JobError> {
        let now = self.cx.now();
        if needs_look(&error) {
            look_at_number(self.tenant, self.instance.id, now).await?;
        }
        match self.not_sent(id, &error, now, &self.zone().await?) {
            Ended::Discard { .. } => Err(error.into()),
            ended => {
                self.tenant.record_waiting(id, ended, now).await?;
                Ok(Outcome::Settled)
            }
        }
    }

    /// The server sends no files: a campaign's others would fail as well, so it stops, and this one waits with them.
    async fn stop_files(&self, id: InteractionId, now: Timestamp) -> Result<(), JobError> {
        let campaign = self.tenant.campaign_of(id).await?;
        let ended = match campaign {
            Some(_) => Ended::Snooze { until: now + LATE, reason: NO_FILES.to_owned() },
            None => Ended::Discard { reason: NO_FILES.to_owned() },
        };
        self.tenant.record_not_sent(id, ended, now).await?;
        if let Some(campaign) = campaign {
            self.tenant.give_up_campaign(campaign, NO_FILES.to_owned(), now).await?;
        }
        Ok(())
    }

    /// Why a message waits, how often it was tried, and when it is tried again.
    fn waits(&self, reason: &str, at: Timestamp, attempt: Attempt, zone: &TimeZone) -> String {
        let next = clock(at, zone);
        match (attempt, self.attempts + 1) {
            (Attempt::Free, _) => format!("{reason}, next try {next}"),
            (Attempt::Counts, 1) => format!("{reason}, tried once, next try {next}"),
            (Attempt::Counts, tries) => format!("{reason}, tried {tries} times, next try {next}"),
        }
    }

    /// Something stands in the way. Of an answer it stays with the job; of another message people read `reason`.
    fn met(&self, fault: AnswerFault, at: Timestamp, attempt: Attempt, reason: String) -> Ended {
        match (&self.answers, attempt) {
            (Some(answers), _) => {
                let fault = if attempt == Attempt::Free { fault.untried() } else { fault };
                let fault = fault.after(answers.before.as_ref());
                let reason = fault.so_far(&answers.zone);
                Ended::Fault { at, fault, reason, attempt }
            }
            (None, Attempt::Counts) => Ended::Retry { at, reason },
            (None, Attempt::Free) => Ended::Snooze { until: at, reason },
        }
    }

    /// The time zone of those who read why a message waits.
    async fn zone(&self) -> Result<TimeZone, StoreError> {
        match &self.answers {
            Some(answers) => Ok(answers.zone.clone()),
            None => zone(self.cx, self.tenant).await,
        }
    }

    fn not_sent(&self, id: InteractionId, error: &WahaError, now: Timestamp, zone: &TimeZone) -> Ended {
        let reason = chain(error);
        let seed = seed(id);
        let slowed = || self.cx.numbers.slowed_until(self.instance.id, now).unwrap_or(now + slowdown::REST_MIN);
        let (code, words) = match error {
            WahaError::TooFast { .. } => (FaultCode::NumberSlowed, slowed().to_string()),
            _ => faults::of_waha(error),
        };
        if let (Some(remedy), true) = (code.remedy(), self.cx.numbers.is_news(self.instance.id, code.word())) {
            let text = format!("{} can't send: {words}; {remedy}", self.instance.name);
            notice(self.cx, self.tenant, "warning", &text);
        }
        let met = |at: Timestamp, attempt: Attempt, reason: String| {
            let reason = if self.answers.is_some() { reason } else { self.waits(&reason, at, attempt, zone) };
            self.met(AnswerFault::new(code, words.clone(), now), at, attempt, reason)
        };
        match error {
            // The number or the server is not there: that costs no attempt, and freshness decides later.
            WahaError::NotReady { status } => met(
                now + crate::flow::gate::NUMBER_WAIT,
                Attempt::Free,
                format!("waiting for the number: it is {status}"),
            ),
            error if error.is_session_missing() => met(
                now + crate::flow::gate::NUMBER_WAIT,
                Attempt::Free,
                "waiting for the number: WAHA does not know its session, which is made anew".to_owned(),
            ),
            WahaError::Refused(_) => {
                let until = not_before(self.waha, now).unwrap_or(now + LOOK_AGAIN);
                met(until, Attempt::Free, faults::waiting_for_waha(code, &reason))
            }
            WahaError::Unauthorized { .. } => {
                let until = not_before(self.waha, now).unwrap_or(now).max(now + KEY_WAIT);
                met(until, Attempt::Free, faults::waiting_for_waha(code, &reason))
            }
            WahaError::TooFast { .. } if self.attempts < ATTEMPTS_MAX => {
                met(slowed(), Attempt::Counts, slowdown::reason(slowed()))
            }
            // Whatever WAHA says of the number: to send it again would make it worse.
            WahaError::TimeLocked { .. } => Ended::Discard { reason: stops::TIME_LOCKED.to_owned() },
            _ if error.retryable() && self.attempts < ATTEMPTS_MAX => {
                met(backoff(now, self.attempts, Duration::from_secs(2), seed), Attempt::Counts, reason)
            }
            _ => Ended::Discard { reason },
        }
    }

    /// Asks WAHA whether a doubtful message is there.
    async fn look_up(&self, message: &Outbound) -> Result<Next, JobError> {
        // An echo or an ack has told meanwhile.
        if message.interaction.state != InteractionState::Sending {
            return Ok(known(message));
        }
        let now = self.cx.now();
        // A start in the future was written down by a clock that was ahead: it counts as now from now on, else nobody would
        // ever have waited for long enough. What was sent is looked for further back.
        let begun = message.sending_at.unwrap_or(message.interaction.at);
        let started = begun.min(now);
        let oldest = if begun > now + CLOCK_SLACK { now - LOOKUP_PATIENCE } else { started };
        if let Some(until) = not_before(self.waha, now) {
            return Ok(later(until, "waiting for waha to tell whether the message was sent"));
        }
        let found = match (&message.bare_id, message.id_source) {
            (Some(bare_id), Some(IdSource::Reserved)) => {
                let looked = self.by_id(message, bare_id).await;
                if let Ok(None) = looked {
                    if begun > now + CLOCK_SLACK {
                        self.tenant.begin_search(message.interaction.id, now - CLOCK_SLACK).await?;
                    }
                    // WAHA has answered the POST, or had its time: absent means it was not sent.
                    if message.answered_at.is_some() || now.since(started) >= LATE {
                        if let Some(outcome) = self.taken_back(message, now).await? {
                            return Ok(Next::End(outcome));
                        }
                        if self.tenant.record_resend(message.interaction.id, now).await? {
                            return Ok(Next::Post);
                        }
                        return Ok(Next::End(Outcome::End(Ended::Done)));
                    }
                    return Ok(later(started + LATE, "looking for the message at waha"));
                }
                looked
            }
            // The id came with an answer or an echo: it was sent.
            (Some(_), _) => Ok(Some((message.bare_id.clone(), message.interaction.wa_id.clone()))),
            (None, _) => self.by_history(message, oldest).await,
        };
        if begun > now + CLOCK_SLACK && !matches!(found, Ok(Some(_))) {
            self.tenant.begin_search(message.interaction.id, now - CLOCK_SLACK).await?;
        }
        match found {
            Ok(Some((bare_id, wa_id))) => Ok(Next::Sent { bare_id, wa_id }),
            Ok(None) if now.since(started) < SEARCH => {
                Ok(later((now + LOOK_AGAIN).min(started + SEARCH), "looking for the message in the history"))
            }
            Ok(None) => self.unknown(message, "waha's history does not show it", now).await,
            Err(error) if now.since(started) < LOOKUP_PATIENCE => {
                let until = not_before(self.waha, now).unwrap_or(now + LOOK_AGAIN);
                Ok(later(until, &format!("looking for the message at waha: {}", chain(&error))))
            }
            Err(error) => self.unknown(message, &chain(&error), now).await,
        }
    }

    /// A human took the chat while nobody knew whether the message was out: what is not out stays in.
    async fn taken_back(&self, message: &Outbound, now: Timestamp) -> Result<Option<Outcome>, JobError> {
        let Some(job) = message.job else { return Ok(None) };
        let Some(reason) = self.tenant.told_to_stop(job).await? else { return Ok(None) };
        self.tenant.record_not_sent(message.interaction.id, Ended::Cancel { reason }, now).await?;
        Ok(Some(Outcome::Settled))
    }

    async fn unknown(&self, message: &Outbound, reason: &str, now: Timestamp) -> Result<Next, JobError> {
        self.tenant.record_unknown(message.interaction.id, reason.to_owned(), now).await?;
        Ok(Next::End(Outcome::Settled))
    }

    async fn by_id(&self, message: &Outbound, bare_id: &str) -> Result<Found, WahaError> {
        let address = &message.interaction.address;
        let wa_id = own_id(address, bare_id);
        let found = self.waha.message(&self.instance.session, address, &wa_id).await?;
        Ok(found.map(|found| (Some(bare_id.to_owned()), Some(found.wa_id))))
    }

    /// A message in the history that is ours, has our text, is not older than the start, and belongs to no other row.
    async fn by_history(&self, message: &Outbound, started: Timestamp) -> Result<Found, WahaError> {
        // WhatsApp's clock has whole seconds.
        // The start is dated by our clock, what is found by WhatsApp's.
        let started = started - self.cx.clock_error().ahead;
        let since = Timestamp::from_seconds(started.millis().div_euclid(1000));
        let filter = Filter { since: Some(since), whose: Whose::Ours, limit: 50, ..Filter::default() };
        let address = &message.interaction.address;
        let page = self.waha.messages(&self.instance.session, Chats::One(address), &filter).await?;
        let mut candidates: Vec<_> = page
            .items
            .into_iter()
            .filter(|found| found.from_me && found.at >= since)
            .filter(|found| found.text.as_deref() == Some(message.interaction.text.as_str()))
            .collect();
        candidates.sort_by_key(|found| found.at);
        let ids = candidates.iter().map(|found| found.bare_id.clone()).collect();
        let claimed = self.tenant.claimed_ids(message.instance, ids).await;
        // Without the store's word nothing may be adopted: look again.
        let Ok(claimed) = claimed else { return Ok(None) };
        let free = candidates.into_iter().find(|found| !claimed.contains(&found.bare_id));
        Ok(free.map(|found| (Some(found.bare_id), Some(found.wa_id))))
    }
}

/// Asks for the number to be looked at, and for its session to be mended, now.
///
/// # Errors
/// What the store says.
pub async fn look_at_number(tenant: &TenantStore, instance: InstanceId, now: Timestamp) -> Result<(), StoreError> {
    tenant.request_job(JobArgs::ReconcileInstance { instance }, instance.to_string(), now, now).await
}

/// Is an error of a send about the number or its server, rather than about one message, and told nowhere else?
const fn tells_of_number(error: &WahaError) -> bool {
    !matches!(
        error,
        WahaError::NotAllowed { .. }
            | WahaError::TimeLocked { .. }
            | WahaError::TooFast { .. }
            | WahaError::NotReady { .. }
            | WahaError::Refused(_)
            | WahaError::Unauthorized { .. }
            | WahaError::Invalid(_)
    )
}

/// Does an error tell that the number is not as we knew it?
fn needs_look(error: &WahaError) -> bool {
    let down =
        matches!(error, WahaError::TimeLocked { .. } | WahaError::Unauthorized { .. } | WahaError::NotReady { .. });
    down || error.is_session_missing()
}

type Found = Option<(Option<String>, Option<String>)>;

fn known(message: &Outbound) -> Next {
    Next::Sent { bare_id: message.bare_id.clone(), wa_id: message.interaction.wa_id.clone() }
}

fn later(until: Timestamp, reason: &str) -> Next {
    Next::End(Outcome::End(Ended::Snooze { until, reason: reason.to_owned() }))
}

/// A number that looks random and is the same for the same message.
#[must_use]
pub fn seed(id: InteractionId) -> u64 {
    let bytes = id.bytes();
    u64::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]]) >> 8
}
