//! The one place that talks to Gemini over HTTP: attempts, waits, and what is remembered between calls.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use tokio::sync::Notify;

use super::answer::{Answer, ModelChange, Usage};
use super::ask::Ask;
use super::backoff::Patience;
use super::breaker::{Breaker, BreakerState, Cause, Leave};
use super::error::{BuildError, GeminiError};
use super::extract::{Again, Reading, Said, Verdict, read};
use super::fault::{fault, named_wait};
use super::models::{self, ListedModel, ModelOverride, Price, SLOW_TIMEOUT, Thinking, valid_name};
use super::record::CallRecord;
use super::turns::{Asker, Turns};
use super::wire::{CountRequest, CountResponse, ModelsResponse, NamedRequest, Request};
use crate::server_clock::ServerClock;

/// Where and how to ask. `Debug` does not print the key.
#[derive(Clone)]
pub struct Config {
    /// Such as `https://generativelanguage.googleapis.com`; may carry a path prefix.
    pub base_url: String,
    /// Such as `v1beta`.
    pub api_version: String,
    /// The key, opaque: no form is expected of it.
    pub api_key: SecretString,
    /// The model of an [`Ask`] that names none.
    pub model: String,
    /// The most calls under way at once with this key; 0 reads as 1.
    pub max_concurrent: usize,
    /// The time one attempt may take. Slow models get at least a minute.
    pub timeout: Duration,
    /// What the configuration says about single models.
    pub models: BTreeMap<String, ModelOverride>,
    /// How long one call goes on trying.
    pub patience: Patience,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("base_url", &self.base_url)
            .field("api_version", &self.api_version)
            .field("api_key", &"[redacted]")
            .field("model", &self.model)
            .field("max_concurrent", &self.max_concurrent)
            .field("timeout", &self.timeout)
            .field("models", &self.models)
            .field("patience", &self.patience)
            .finish()
    }
}

/// How the calls have been going, for `daemon status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Whether calls go through.
    pub breaker: BreakerState,
    /// How the questions ended.
    pub record: CallRecord,
    /// The model that answers in place of the configured one, where another does.
    pub in_its_place: Option<Replacement>,
}

/// Another model than the config names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// Which.
    pub model: String,
    /// When it answered first.
    pub since: Timestamp,
}

/// A client of Gemini with one key. Clones share connections, the cap on concurrent calls and the breaker.
#[derive(Clone)]
pub struct Gemini {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    base: Url,
    config: Config,
    turns: Arc<Turns>,
    // A lock and not a channel: it is held for a few comparisons, never across an await, and every caller needs the
    // verdict before it may go on.
    // Shared with the client before, where a reload left the config of Gemini as it was.
    pulse: Arc<Mutex<Pulse>>,
    /// An outage has ended, and nobody has woken those who waited for that.
    recovered: AtomicBool,
    /// Tells whoever waits for a probe that something was found out.
    learnt: Notify,
    clock: ServerClock,
}

#[derive(Default)]
struct Pulse {
    breaker: Breaker,
    record: CallRecord,
    /// What made the breaker stop all calls with this key.
    blocked_by: Option<GeminiError>,
    /// Models that are not there any more, and when that was found.
    gone: BTreeMap<String, Instant>,
    in_its_place: Option<Replacement>,
    told_faults: BTreeSet<(Asker, &'static str)>,
    told_changes: BTreeSet<(Asker, String, String)>,
}

impl std::fmt::Debug for Gemini {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gemini")
            .field("base", &self.inner.base.as_str())
            .field("model", &self.inner.config.model)
            .finish()
    }
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// No answer of ours is near this; more is not read.
const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
const MODEL_PAGES_MAX: usize = 10;
/// A model that was not there is asked for again after this: a 404 may have been a mistake.
const GONE_HOLD: Duration = Duration::from_secs(3600);
/// How often a call waits for the end of a short rate limit that others ran into.
const PAUSES_MAX: u32 = 5;

impl Gemini {
    /// Checks the configuration and sets up the connection pool. Nothing is sent.
    ///
    /// # Errors
    /// [`BuildError`] names the setting at fault.
    pub fn new(config: Config) -> Result<Gemini, BuildError> {
        let base = base_url(&config)?;
        if !valid_name(&config.model) {
            return Err(BuildError::Model);
        }
        let mut key = HeaderValue::from_str(config.api_key.expose_secret()).map_err(|_| BuildError::ApiKey)?;
        if config.api_key.expose_secret().trim().is_empty() {
            return Err(BuildError::ApiKey);
        }
        key.set_sensitive(true);
        let mut builder = crate::http_client::builder()
            .default_headers(HeaderMap::from_iter([(reqwest::header::HeaderName::from_static("x-goog-api-key"), key)]))
            .user_agent(concat!("mychatflow/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT);
        if is_loopback(&base) {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(BuildError::Http)?;
        let turns = Turns::new(config.max_concurrent);
        let pulse = Arc::default();
        let clock = ServerClock::default();
        let inner =
            Inner { http, base, config, turns, pulse, recovered: AtomicBool::new(false), learnt: Notify::new(), clock };
        Ok(Gemini { inner: Arc::new(inner) })
    }

    /// What time it is by the server.
    #[must_use]
    pub fn clock(&self) -> &ServerClock {
        &self.inner.clock
    }

    /// Where the server is.
    #[must_use]
    pub fn url(&self) -> &str {
        self.inner.base.as_str()
    }

    /// Asks for something small and free, so that the server says what time it is. Any answer will do.
    ///
    /// # Errors
    /// When none came.
    pub async fn ask_the_time(&self) -> Result<(), GeminiError> {
        let builder = self.request(Method::GET, &["models"]).query(&[("pageSize", "1")]);
        self.send("", builder).await.map(drop)
    }

    /// The configured model.
    pub fn model(&self) -> &str {
        &self.inner.config.model
    }

    /// What a model's tokens cost: the configuration's word, else the table's; `None` for a model neither knows.
    pub fn price(&self, model: &str) -> Option<Price> {
        self.inner.config.models.get(model).and_then(|over| over.price).or_else(|| models::price(model))
    }

    /// What an answer cost, in micro-dollars: by the model that answered, else by the one that was asked.
    pub fn cost_microdollars(&self, asked: Option<&str>, answer: &Answer) -> Option<i64> {
        let asked = asked.unwrap_or(self.model());
        let answered = answer.model_version.as_deref().unwrap_or(asked);
        // A version of the model costs what the model does; another model has its own price, or none that we know.
        let of_asked = || if models::is_other(asked, answered) { None } else { self.price(asked) };
        let price = self.price(answered).or_else(of_asked)?;
        Some(answer.usage.cost_microdollars(&price))
    }

    /// How the calls have been going.
    pub fn state(&self) -> State {
        let pulse = self.pulse();
        State {
            breaker: pulse.breaker.state(Instant::now()),
            record: pulse.record.clone(),
            in_its_place: pulse.in_its_place.clone(),
        }
    }

    /// Goes on with what another client knows, and will know once its questions have ended, of the same server, key and
    /// model. No question has to wait for it.
    #[must_use]
    pub fn keep_record(self, before: &Gemini) -> Gemini {
        match Arc::try_unwrap(self.inner) {
            Ok(inner) => {
                let kept = Gemini { inner: Arc::new(Inner { pulse: Arc::clone(&before.inner.pulse), ..inner }) };
                let mut pulse = kept.pulse();
                pulse.breaker = Breaker::default();
                pulse.blocked_by = None;
                pulse.gone.clear();
                drop(pulse);
                kept
            }
            // Somebody asks it already.
            Err(inner) => Gemini { inner },
        }
    }

    /// Does this asker hear of this fault for the first time since Gemini last answered? A yes is noted.
    #[must_use]
    pub fn is_new_fault(&self, asker: Asker, code: &'static str) -> bool {
        self.pulse().told_faults.insert((asker, code))
    }

    /// Does this asker hear for the first time that another model answers? A yes is noted.
    #[must_use]
    pub fn is_new_change(&self, asker: Asker, change: &ModelChange) -> bool {
        self.pulse().told_changes.insert((asker, change.asked.clone(), change.answered.clone()))
    }

    /// The model that is asked in place of one that is not there any more, by the table.
    #[must_use]
    pub fn successor(&self, model: &str) -> Option<&'static str> {
        models::successor(model)
    }

    /// Has an outage ended since this was asked last? Then whoever waited for that may go on.
    pub fn take_recovered(&self) -> bool {
        self.inner.recovered.load(Ordering::Relaxed) && self.inner.recovered.swap(false, Ordering::Relaxed)
    }

    /// Answers wait for the model since before this run of the daemon: the first question goes out alone, and all others wait for
    /// what it finds out.
    pub fn expect_outage(&self) {
        self.pulse().breaker.expect_outage(self.model(), Instant::now());
    }

    /// Asks for one answer. Short faults are sat out here ([`Patience`]); longer ones come back as
    /// [`GeminiError::Transient`] with the time to wait. Dropping the future abandons the call; Google may bill it.
    ///
    /// # Errors
    /// By what the caller does about it, see [`GeminiError::retry`].
    pub async fn generate(&self, ask: &Ask) -> Result<Answer, GeminiError> {
        let started = Instant::now();
        let asked = self.model_of(ask)?;
        let mut model = self.still_there(asked, started);
        let (result, call) = loop {
            let mut call = Call::new(ask, self.thinking(model));
            let result = self.run(model, &mut call).await;
            match (&result, models::successor(model)) {
                (Err(GeminiError::ModelUnknown { .. }), Some(next)) => {
                    self.pulse().gone.insert(model.to_owned(), Instant::now());
                    model = next;
                }
                _ => break (result, call),
            }
        };
        let answered = call.model_version.as_deref().unwrap_or(model);
        let answered = answered.strip_prefix("models/").unwrap_or(answered);
        let change = models::is_other(asked, answered).then(|| ModelChange {
            asked: asked.to_owned(),
            answered: answered.to_owned(),
            gone: asked != model,
        });
        self.remember(&result, asked, change.as_ref());
        let said = result?;
        Ok(Answer {
            change,
            action: said.action,
            reply: said.reply,
            handoff_reason: said.handoff_reason,
            usage: call.usage,
            model_version: call.model_version,
            response_id: call.response_id,
            latency_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        })
    }

    /// How many tokens a question has, as Gemini counts them. One call, one attempt.
    ///
    /// # Errors
    /// As [`Gemini::generate`].
    pub async fn count_tokens(&self, ask: &Ask) -> Result<i64, GeminiError> {
        let model = self.model_of(ask)?;
        let request =
            Request::new(ask, self.thinking(model), ask.max_output_tokens).ok_or(GeminiError::NothingToAnswer)?;
        let named = NamedRequest { model: format!("models/{model}"), request };
        let builder = self
            .request(Method::POST, &["models", &format!("{model}:countTokens")])
            .json(&CountRequest { generate_content_request: named });
        let counted: CountResponse = self.fetch(model, builder).await?;
        Ok(counted.total_tokens)
    }

    /// The models this key may use, for `doctor`: asked past the breaker, one attempt a page.
    ///
    /// # Errors
    /// As [`Gemini::generate`].
    pub async fn models(&self) -> Result<Vec<ListedModel>, GeminiError> {
        let mut listed = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..MODEL_PAGES_MAX {
            let mut builder = self.request(Method::GET, &["models"]).query(&[("pageSize", "1000")]);
            if let Some(token) = &token {
                builder = builder.query(&[("pageToken", token)]);
            }
            let page: ModelsResponse = self.fetch("", builder).await?;
            listed.extend(page.models.into_iter().map(|model| ListedModel {
                generates: model.supported_generation_methods.iter().any(|method| method == "generateContent"),
                name: model.name.strip_prefix("models/").unwrap_or(&model.name).to_owned(),
            }));
            token = page.next_page_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        Ok(listed)
    }

    /// The model to ask: this one, or the first of its successors that was not found to be gone.
    fn still_there<'a>(&self, asked: &'a str, now: Instant) -> &'a str {
        let mut pulse = self.pulse();
        pulse.gone.retain(|_, since| now.saturating_duration_since(*since) < GONE_HOLD);
        let mut model = asked;
        while let (true, Some(next)) = (pulse.gone.contains_key(model), models::successor(model)) {
            model = next;
        }
        model
    }

    fn model_of<'a>(&'a self, ask: &'a Ask) -> Result<&'a str, GeminiError> {
        let model = ask.model.as_deref().unwrap_or(&self.inner.config.model);
        if valid_name(model) {
            Ok(model)
        } else {
            Err(GeminiError::ModelUnknown { model: model.chars().take(64).collect() })
        }
    }

    fn thinking(&self, model: &str) -> Thinking {
        let over = self.inner.config.models.get(model).and_then(|over| over.thinking);
        over.or_else(|| models::row(model).map(|row| row.thinking)).unwrap_or(Thinking::Unsaid)
    }

    fn timeout(&self, model: &str) -> Duration {
        let set = self.inner.config.timeout;
        if models::row(model).is_some_and(|row| row.slow) { set.max(SLOW_TIMEOUT) } else { set }
    }

    /// Attempts until there is an answer, a fault that stays, or patience ends.
    async fn run(&self, model: &str, call: &mut Call<'_>) -> Result<Said, GeminiError> {
        let patience = self.inner.config.patience;
        let asker = call.ask.asker;
        let mut started = None;
        loop {
            let place = self.inner.turns.place(asker).await;
            let mut learnt = std::pin::pin!(self.inner.learnt.notified());
            // From here on it misses nothing.
            learnt.as_mut().enable();
            let leave = self.pulse().breaker.ask(model, asker, Instant::now());
            let wait = match leave {
                Leave::No { cause, retry_after } => {
                    let blocked_by = self.pulse().blocked_by.clone();
                    let first = blocked_by.filter(|_| cause == Cause::KeyRefused).map(Box::new);
                    return Err(GeminiError::BreakerOpen { cause, first, retry_after });
                }
                Leave::Wait(wait) if !call.sits_out(wait, &patience) => {
                    return Err(GeminiError::BreakerOpen { cause: Cause::Pause, first: None, retry_after: wait });
                }
                Leave::Wait(wait) => wait,
                Leave::Probing(longest) => {
                    drop(place);
                    // Whether it was told or not: it asks again.
                    let _ = tokio::time::timeout(longest, learnt).await;
                    continue;
                }
                Leave::Go => {
                    let started = *started.get_or_insert_with(Instant::now);
                    let reading = self.attempt(model, call).await;
                    self.learn(model, asker, &reading.verdict);
                    self.inner.learnt.notify_waiters();
                    match call.judge(reading, &patience, started.elapsed(), draw()) {
                        Next::Done(result) => return self.not_before_a_probe(model, asker, result),
                        Next::Wait(wait) => wait,
                    }
                }
            };
            // Others may use the place while this call waits.
            drop(place);
            tokio::time::sleep(wait).await;
        }
    }

    /// A call that failed for an outage is not repeated before the next probe may go out.
    fn not_before_a_probe(
        &self,
        model: &str,
        asker: Asker,
        result: Result<Said, GeminiError>,
    ) -> Result<Said, GeminiError> {
        result.map_err(|error| match error {
            GeminiError::Transient { retry_after, status } => {
                let left = self.pulse().breaker.outage_left(model, asker, Instant::now());
                GeminiError::Transient { retry_after: retry_after.max(left), status }
            }
            other => other,
        })
    }

    async fn attempt(&self, model: &str, call: &Call<'_>) -> Reading {
        let Some(request) = call.request() else {
            return Reading::failed(GeminiError::NothingToAnswer);
        };
        let builder = self.request(Method::POST, &["models", &format!("{model}:generateContent")]).json(&request);
        match self.send(model, builder).await {
            Ok(raw) => read(raw.status, raw.retry_after, &raw.body, model),
            Err(error) => Reading::failed(error),
        }
    }

    fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.inner.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push(&self.inner.config.api_version).extend(path);
        }
        self.inner.http.request(method, url)
    }

    async fn send(&self, model: &str, builder: RequestBuilder) -> Result<Raw, GeminiError> {
        // The clock covers the body as well; connecting has its own, shorter one.
        match tokio::time::timeout(self.timeout(model), self.receive(builder)).await {
            Ok(Ok(raw)) => Ok(raw),
            Ok(Err(error)) if error.is_timeout() && !error.is_connect() => Err(GeminiError::Timeout),
            Ok(Err(_)) => Err(GeminiError::Transient { retry_after: Duration::ZERO, status: None }),
            Err(_) => Err(GeminiError::Timeout),
        }
    }

    /// One attempt of a call that is not a question.
    async fn fetch<T: DeserializeOwned>(&self, model: &str, builder: RequestBuilder) -> Result<T, GeminiError> {
        let raw = self.send(model, builder).await?;
        if let Some(error) = fault(raw.status, raw.retry_after, &raw.body, model) {
            return Err(error);
        }
        serde_json::from_slice(&raw.body).map_err(|_| GeminiError::Garbled)
    }

    fn learn(&self, model: &str, asker: Asker, verdict: &Verdict) {
        let now = Instant::now();
        let mut pulse = self.pulse();
        if let Verdict::Failed(error @ (GeminiError::KeyRefused { .. } | GeminiError::NotServed { .. })) = verdict {
            pulse.blocked_by = Some(error.clone());
        }
        let breaker = &mut pulse.breaker;
        match verdict {
            Verdict::Failed(GeminiError::KeyRefused { .. } | GeminiError::NotServed { .. }) => breaker.key_refused(now),
            Verdict::Failed(GeminiError::QuotaDay { retry_after }) => breaker.quota_used_up(model, *retry_after, now),
            Verdict::Failed(GeminiError::Transient { retry_after, status }) => {
                if *status == Some(429) {
                    breaker.key_works(model);
                }
                if !retry_after.is_zero() {
                    breaker.pause(model, *retry_after, now);
                }
                // A rate limit with a named end is no outage: everybody waits for that end.
                if *status == Some(429) && !retry_after.is_zero() {
                    breaker.unclear(model, asker, now);
                } else {
                    breaker.failed(model, asker, now);
                }
            }
            Verdict::Failed(GeminiError::Timeout | GeminiError::NotGemini { .. }) => breaker.failed(model, asker, now),
            Verdict::Failed(GeminiError::Invalid { .. } | GeminiError::NothingToAnswer) => {
                breaker.unclear(model, asker, now);
            }
            Verdict::Failed(_) | Verdict::Said(_) | Verdict::Again { .. } => {
                if breaker.worked(model, asker) {
                    self.inner.recovered.store(true, Ordering::Relaxed);
                }
            }
        }
    }

    fn remember(&self, result: &Result<Said, GeminiError>, asked: &str, change: Option<&ModelChange>) {
        let at = Timestamp::now();
        let mut pulse = self.pulse();
        match result {
            Ok(_) => {
                pulse.record.note_answer(at);
                pulse.told_faults.clear();
                if asked == self.model() {
                    let before = pulse.in_its_place.take();
                    pulse.in_its_place = change.map(|change| {
                        let known = before.filter(|before| before.model == change.answered);
                        known.unwrap_or_else(|| Replacement { model: change.answered.clone(), since: at })
                    });
                }
            }
            Err(error) => pulse.record.note_error(error, at),
        }
    }

    fn pulse(&self) -> MutexGuard<'_, Pulse> {
        self.inner.pulse.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One call of several attempts.
struct Call<'a> {
    ask: &'a Ask,
    thinking: Thinking,
    max_output_tokens: u32,
    attempts: u32,
    asked_again: bool,
    thinking_dropped: bool,
    deadline_missed: bool,
    /// It has sat out one of the longer waits that Gemini names.
    sat_out: bool,
    /// How often it waited for others' rate limits.
    pauses: u32,
    usage: Usage,
    model_version: Option<String>,
    response_id: Option<String>,
}

enum Next {
    Done(Result<Said, GeminiError>),
    Wait(Duration),
}

impl<'a> Call<'a> {
    fn new(ask: &'a Ask, thinking: Thinking) -> Call<'a> {
        Call {
            ask,
            thinking,
            max_output_tokens: ask.max_output_tokens,
            attempts: 0,
            asked_again: false,
            thinking_dropped: false,
            deadline_missed: false,
            sat_out: false,
            pauses: 0,
            usage: Usage::default(),
            model_version: None,
            response_id: None,
        }
    }

    fn request(&self) -> Option<Request> {
        Request::new(self.ask, self.thinking, self.max_output_tokens)
    }

    /// May a wait that Gemini named be sat out within the call? Short ones a few times, a longer one once.
    fn sits_out(&mut self, wait: Duration, patience: &Patience) -> bool {
        if wait <= patience.longest_delay {
            self.pauses += 1;
            return self.pauses <= PAUSES_MAX;
        }
        wait <= patience.longest_named && !std::mem::replace(&mut self.sat_out, true)
    }

    /// What follows from an attempt. Decides only; `draw` is a random number in `0.0..1.0`.
    fn judge(&mut self, reading: Reading, patience: &Patience, elapsed: Duration, draw: f64) -> Next {
        self.attempts += 1;
        self.usage += reading.usage;
        self.model_version = reading.model_version.or(self.model_version.take());
        self.response_id = reading.response_id.or(self.response_id.take());
        let mut named = Duration::ZERO;
        let (error, wait) = match reading.verdict {
            Verdict::Said(said) => return Next::Done(Ok(said)),
            Verdict::Again { how, error } => {
                let allowed = match how {
                    Again::WithoutThinking => self.thinking != Thinking::Unsaid && !self.thinking_dropped,
                    Again::Same | Again::Wider => !self.asked_again,
                };
                if !allowed || elapsed >= patience.budget {
                    return Next::Done(Err(error));
                }
                match how {
                    Again::WithoutThinking => {
                        self.thinking_dropped = true;
                        self.thinking = Thinking::Unsaid;
                    }
                    Again::Wider => {
                        self.asked_again = true;
                        self.max_output_tokens = self.max_output_tokens.saturating_mul(2).min(65_536);
                    }
                    Again::Same => self.asked_again = true,
                }
                // Not one of the attempts for faults that pass by themselves.
                self.attempts -= 1;
                return Next::Wait(Duration::ZERO);
            }
            Verdict::Failed(GeminiError::Transient { retry_after, status }) => {
                named = retry_after;
                let wait = retry_after.max(patience.delay(self.attempts, draw));
                (GeminiError::Transient { retry_after: wait, status }, Some(wait))
            }
            Verdict::Failed(GeminiError::Timeout) => (GeminiError::Timeout, Some(patience.delay(self.attempts, draw))),
            Verdict::Failed(error) => (error, None),
        };
        let late = matches!(error, GeminiError::Timeout | GeminiError::Transient { status: Some(504), .. });
        let worn = self.attempts >= patience.attempts || (late && std::mem::replace(&mut self.deadline_missed, late));
        match wait {
            Some(wait)
                if !worn
                    && elapsed + wait < patience.budget
                    && (wait <= patience.longest_delay || (wait == named && self.sits_out(wait, patience))) =>
            {
                Next::Wait(wait)
            }
            _ => Next::Done(Err(error)),
        }
    }
}

struct Raw {
    status: u16,
    retry_after: Option<Duration>,
    body: Vec<u8>,
}

impl Gemini {
    async fn receive(&self, builder: RequestBuilder) -> Result<Raw, reqwest::Error> {
        let asked_at = Instant::now();
        let mut response = builder.send().await?;
        self.inner.clock.note(response.headers(), asked_at, Instant::now());
        let status = response.status().as_u16();
        let header = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = header.and_then(|value| named_wait(value, Timestamp::now()));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > BODY_BYTES_MAX {
                // Cut off, it is no JSON any more and will be read as such.
                break;
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Raw { status, retry_after, body })
    }
}

fn base_url(config: &Config) -> Result<Url, BuildError> {
    let url = Url::parse(config.base_url.trim()).map_err(|_| BuildError::BaseUrl)?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if !plain {
        return Err(BuildError::BaseUrl);
    }
    let version = config.api_version.as_bytes();
    let version_fits = version.first() == Some(&b'v')
        && version.get(1).is_some_and(u8::is_ascii_digit)
        && version.iter().all(u8::is_ascii_alphanumeric);
    if version_fits { Ok(url) } else { Err(BuildError::ApiVersion) }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A number in `0.0..1.0`, different at each call: the standard library seeds every hasher anew.
fn draw() -> f64 {
    let bits = RandomState::new().build_hasher().finish() >> 11;
    bits as f64 / (1_u64 << 53) as f64
}
