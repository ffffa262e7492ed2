//! A Gemini on loopback: strict about requests, truthful about errors, and modest about answers.

mod answer;
mod check;
mod facts;
mod lexicon;
mod models;
mod phrases;
mod refusal;
mod samples;
mod schema;

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hyper::http::request::Parts;
use serde_json::{Value, json};

pub use answer::{PERSON_WORD, TAIL_WORD};
pub use samples::{SAMPLES, Sample};

use crate::faults::{Plan, When};
use crate::http::{self, Cut, Door, Reply};
use crate::log::{Changes, Record, Request, Requests, TimedOut};
use crate::seed::Seed;
pub(crate) use lexicon::Language;
use refusal::Refusal;

const JSON: &str = "application/json; charset=UTF-8";

/// Where answers come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Answers {
    /// From the facts in the system instruction.
    #[default]
    Facts,
    /// Always this text, without a look at the request. For benches.
    Fixed(String),
    /// Thanks for every word of the customer's last turn that begins like this: what is sent then tells which messages
    /// it answers. See [`TAIL_WORD`] and [`PERSON_WORD`].
    Marks(String),
}

/// What kind of Gemini to start.
#[derive(Clone, Debug)]
pub struct Options {
    /// The port on 127.0.0.1; any free one when `None`.
    pub port: Option<u16>,
    /// The key it takes.
    pub api_key: String,
    /// How long each answer takes.
    pub latency: Duration,
    /// Where answers come from.
    pub answers: Answers,
    /// How much is remembered.
    pub record: Record,
    /// The same seed gives the same response ids.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            port: None,
            api_key: "sandbox-gemini-key".to_owned(),
            latency: Duration::ZERO,
            answers: Answers::Facts,
            record: Record::Everything,
            seed: 1,
        }
    }
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `:generateContent`.
    GenerateContent,
    /// `:countTokens`.
    CountTokens,
    /// One model, or all of them.
    ReadModels,
    /// Anything else.
    Unknown,
}

/// What happens to a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// Answered like this, see [`Sample::named`].
    Answer(Sample),
    /// Answered like this, with a `Retry-After` of so many seconds.
    RetryAfter(Sample, u32),
    /// The model says exactly this: broken JSON, a leaked rule, an invented price.
    Says(String),
    /// Answered as asked, but later.
    Delay(Duration),
    /// Never answered.
    Hang,
    /// The connection is cut without an answer.
    Cut,
}

struct Inner {
    options: Options,
    door: Door,
    seed: Seed,
    changes: Changes,
    requests: Requests,
    faults: Plan<Operation, Fault>,
    /// The one answer of a stub.
    fixed: Option<Bytes>,
    // A plain lock: held for one look, never across an await.
    ends: Mutex<BTreeMap<String, End>>,
}

/// How a model ended.
#[derive(Clone, Debug, PartialEq)]
enum End {
    /// 404.
    Gone,
    /// Another model answers in its place, and `modelVersion` is all that shows it.
    Routed(String),
}

/// A running Gemini. Clones are handles to the same server.
#[derive(Clone)]
pub struct Server {
    inner: Arc<Inner>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("url", &self.url()).finish_non_exhaustive()
    }
}

impl Server {
    /// Starts listening on 127.0.0.1.
    pub async fn start(options: Options) -> io::Result<Server> {
        let (door, listener) = Door::bind(options.port).await?;
        let seed = Seed::new(options.seed);
        let fixed = match &options.answers {
            Answers::Facts | Answers::Marks(_) => None,
            Answers::Fixed(text) => {
                let said = json!({"action": "reply", "reply": text, "handoff_reason": null}).to_string();
                Some(Bytes::from(response("gemini-3.5-flash-lite", "sandbox-fixed", 400, &said).to_string()))
            }
        };
        let inner = Arc::new(Inner {
            door,
            seed,
            changes: Changes::new(),
            requests: Requests::new(options.record),
            faults: Plan::default(),
            fixed,
            ends: Mutex::default(),
            options,
        });
        let server = Server { inner };
        server.inner.door.open(listener, server.service());
        Ok(server)
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end. Any prefix may follow.
    pub fn url(&self) -> String {
        format!("http://{}", self.inner.door.address())
    }

    /// The key it takes.
    pub fn api_key(&self) -> &str {
        &self.inner.options.api_key
    }

    /// From now on the `Date` of every answer is off by so many seconds: the clock of one of the two machines is wrong.
    pub fn set_date_offset(&self, seconds: i64) {
        self.inner.door.set_date_offset(seconds);
    }

    /// An outage: new connections are refused.
    pub async fn stop_listening(&self) {
        self.inner.door.close().await;
    }

    /// The end of the outage, on the same port.
    pub async fn resume_listening(&self) -> io::Result<()> {
        if let Some(listener) = self.inner.door.rebind().await? {
            self.inner.door.open(listener, self.service());
        }
        Ok(())
    }

    /// Stops for good.
    pub async fn shutdown(&self) {
        self.inner.door.close().await;
    }

    /// From now on this model is not there any more: 404, and no list has it.
    pub fn retire(&self, model: &str) {
        self.inner.ends().insert(model.to_owned(), End::Gone);
    }

    /// From now on another model answers whoever asks this one, as Google does with models whose time is over.
    pub fn route(&self, model: &str, to: &str) {
        self.inner.ends().insert(model.to_owned(), End::Routed(to.to_owned()));
    }

    /// What goes wrong.
    pub fn faults(&self) -> &Plan<Operation, Fault> {
        &self.inner.faults
    }

    /// Plans the next answer by the name of a sample; false when there is none of that name.
    pub fn answer_next(&self, sample: &str) -> bool {
        let found = Sample::named(sample);
        if let Some(sample) = found {
            self.inner.faults.add(Operation::GenerateContent, When::Next(1), Fault::Answer(sample));
        }
        found.is_some()
    }

    /// Every request that came, oldest first. Empty with `Record::Sends`.
    pub fn requests(&self) -> Vec<Request> {
        self.inner.requests.all()
    }

    /// How many requests came.
    pub fn count(&self) -> u64 {
        self.inner.requests.count()
    }

    /// Asks `look` after each request and answer until it finds something.
    pub async fn wait_for<T>(
        &self,
        deadline: Duration,
        mut look: impl FnMut(&Server) -> Option<T>,
    ) -> Result<T, TimedOut> {
        self.inner.changes.wait_for(deadline, || look(self)).await
    }

    fn service(
        &self,
    ) -> impl Fn(Parts, Bytes) -> Pin<Box<dyn Future<Output = Result<Reply, Cut>> + Send>> + Clone + Send + Sync + 'static
    {
        let inner = self.inner.clone();
        move |parts, body| Box::pin(serve(inner.clone(), parts, body))
    }
}

impl Inner {
    fn ends(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, End>> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_gone(&self, model: &str) -> bool {
        self.ends().get(model) == Some(&End::Gone)
    }

    /// The model that really answers.
    fn answers_for(&self, model: &str) -> String {
        match self.ends().get(model) {
            Some(End::Routed(to)) => to.clone(),
            _ => model.to_owned(),
        }
    }
}

/// What the path says.
struct Route {
    operation: Operation,
    version: String,
    model: String,
}

fn route(parts: &Parts) -> Route {
    let segments = http::segments(parts.uri.path());
    let unknown = Route { operation: Operation::Unknown, version: String::new(), model: String::new() };
    let Some(at) = segments.iter().position(|part| matches!(part.as_str(), "v1" | "v1beta" | "v1alpha")) else {
        return unknown;
    };
    let version = segments[at].clone();
    let rest: Vec<&str> = segments[at + 1..].iter().map(String::as_str).collect();
    let (operation, model) = match (parts.method.as_str(), rest.as_slice()) {
        ("GET", ["models"]) => (Operation::ReadModels, ""),
        ("GET", ["models", model]) => (Operation::ReadModels, *model),
        ("POST", ["models", call]) => match call.split_once(':') {
            Some((model, "generateContent")) => (Operation::GenerateContent, model),
            Some((model, "countTokens")) => (Operation::CountTokens, model),
            _ => return unknown,
        },
        _ => return unknown,
    };
    Route { operation, version, model: model.to_owned() }
}

async fn serve(inner: Arc<Inner>, parts: Parts, body: Bytes) -> Result<Reply, Cut> {
    let place = inner.requests.add(&parts, &body);
    inner.changes.tell();
    let reply = faulty(&inner, &parts, &body).await?;
    inner.requests.answered(place, reply.status);
    inner.changes.tell();
    Ok(reply)
}

async fn faulty(inner: &Inner, parts: &Parts, body: &Bytes) -> Result<Reply, Cut> {
    let route = route(parts);
    let mut pause = inner.options.latency;
    let mut says = None;
    match inner.faults.take(&route.operation) {
        None => {}
        Some(Fault::Answer(sample)) => {
            return Ok(Reply::text(sample.status, sample.content_type, sample.body));
        }
        Some(Fault::RetryAfter(sample, seconds)) => {
            let mut reply = Reply::text(sample.status, sample.content_type, sample.body);
            reply.headers.push(("retry-after", seconds.to_string()));
            return Ok(reply);
        }
        Some(Fault::Says(text)) => says = Some(text),
        Some(Fault::Delay(more)) => pause += more,
        Some(Fault::Hang) => match http::hang().await {},
        Some(Fault::Cut) => return Err(Cut),
    }
    if !pause.is_zero() {
        tokio::time::sleep(pause).await;
    }
    let reply = match &inner.fixed {
        Some(fixed) if route.operation == Operation::GenerateContent && says.is_none() => {
            let allowed = key_is_good(inner, parts);
            allowed.map(|()| Reply::text(200, JSON, fixed.clone()))
        }
        _ => perform(inner, parts, &route, body, says.as_deref()),
    };
    Ok(reply.unwrap_or_else(|refused| refused))
}

fn key_is_good(inner: &Inner, parts: &Parts) -> Result<(), Reply> {
    let header = parts.headers.get("x-goog-api-key").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let query = http::query(parts.uri.query()).into_iter().find(|(name, _)| name == "key").map(|(_, value)| value);
    let bearer = parts.headers.contains_key("authorization");
    match header.or(query) {
        Some(_) if bearer => {
            Err(Refusal::invalid("Multiple authentication credentials received. Please pass only one.").reply())
        }
        Some(key) if key == inner.options.api_key => Ok(()),
        Some(_) => Err(refusal::sample("400_bad_key")),
        None if bearer => Err(refusal::sample("401_unauthenticated")),
        None => Err(refusal::sample("403_no_key")),
    }
}

fn perform(inner: &Inner, parts: &Parts, route: &Route, body: &Bytes, says: Option<&str>) -> Result<Reply, Reply> {
    key_is_good(inner, parts)?;
    let model = || {
        let method = if route.operation == Operation::CountTokens { "countTokens" } else { "generateContent" };
        if inner.is_gone(&route.model) {
            return Err(Refusal::model_retired(&route.model).reply());
        }
        models::find(&route.model, &route.version)
            .ok_or_else(|| Refusal::model_not_found(&route.model, &route.version, method).reply())
    };
    let ok = |body: Value| Ok(Reply::text(200, JSON, body.to_string()));
    match route.operation {
        Operation::ReadModels if route.model.is_empty() => {
            let all = models::MODELS
                .iter()
                .filter(|model| models::find(model.name, &route.version).is_some() && !inner.is_gone(model.name));
            ok(json!({"models": all.map(models::shape).collect::<Vec<Value>>()}))
        }
        Operation::ReadModels => ok(models::shape(model()?)),
        Operation::CountTokens => {
            let model = model()?;
            let body = parse(body)?;
            let wrapped = check::field(&body, "generateContentRequest");
            let counted = if wrapped.is_null() {
                check::known(&body, &["contents"], "")
                    .and_then(|_| check::contents(check::field(&body, "contents"), model))
                    .map(|()| &body)
            } else {
                check::request(wrapped, model).map(|()| wrapped)
            };
            let tokens = tokens(counted.map_err(|refusal| refusal.reply())?);
            ok(json!({"totalTokens": tokens, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": tokens}]}))
        }
        Operation::GenerateContent => {
            let model = model()?;
            let body = parse(body)?;
            check::request(&body, model).map_err(|refusal| refusal.reply())?;
            let said = match (says, &inner.options.answers) {
                (Some(says), _) => says.to_owned(),
                (None, Answers::Marks(beginning)) => answer::marks(&body, beginning),
                (None, _) => answer::text(&body),
            };
            let answers = inner.answers_for(model.name);
            ok(response(&answers, &inner.seed.base64(23), tokens(&body), &said))
        }
        Operation::Unknown => Err(Reply::text(
            404,
            "text/html; charset=UTF-8",
            "<!DOCTYPE html>\n<title>Error 404 (Not Found)!!1</title>\n",
        )),
    }
}

fn parse(body: &Bytes) -> Result<Value, Reply> {
    let value = serde_json::from_slice::<Value>(body);
    value.map_err(|error| Refusal::invalid(format!("Invalid JSON payload received. {error}")).reply())
}

/// About four characters to a token, over all texts.
fn tokens(value: &Value) -> usize {
    fn characters(value: &Value) -> usize {
        match value {
            Value::String(text) => text.chars().count(),
            Value::Array(items) => items.iter().map(characters).sum(),
            Value::Object(fields) => fields.values().map(characters).sum(),
            _ => 0,
        }
    }
    characters(value) / 4 + 1
}

fn response(model: &str, id: &str, prompt_tokens: usize, text: &str) -> Value {
    let answer_tokens = text.chars().count() / 4 + 1;
    json!({
        "candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {
            "promptTokenCount": prompt_tokens, "candidatesTokenCount": answer_tokens, "totalTokenCount": prompt_tokens + answer_tokens,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt_tokens}],
            "candidatesTokensDetails": [{"modality": "TEXT", "tokenCount": answer_tokens}],
        },
        "modelVersion": model,
        "responseId": id,
    })
}
