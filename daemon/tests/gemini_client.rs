//! The Gemini client over real HTTP on loopback: what it sends, what it repeats, what it leaves alone.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail as the test itself does")]

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use mychatflow_daemon::gemini::{
    Action, Ask, BreakerState, BuildError, Cause, Config, Gemini, GeminiError, ModelOverride, Patience, Price, Refusal,
    Retry, Role, Thinking, Turn, Usage,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

const KEY: &str = "AQ.the-secret-key";

struct Seen {
    at: Instant,
    method: String,
    path: String,
    headers: HeaderMap,
    body: Value,
}

#[derive(Clone)]
enum Canned {
    Say(u16, Vec<(&'static str, String)>, String),
    Hang,
}

/// Gemini as far as the client can tell. Answers in the order given, the last one for ever.
struct Fake {
    url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Fake {
    async fn start(canned: Vec<Canned>) -> Fake {
        let answers = Arc::new(Mutex::new(VecDeque::from(canned)));
        Fake::serve(move || {
            let mut answers = answers.lock().unwrap();
            let next = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
            async move { next.unwrap() }
        })
        .await
    }

    async fn serve<F, A>(answer: F) -> Fake
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Canned> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (log, answer) = (seen.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (log, answer) = (log.clone(), answer.clone());
                let service = service_fn(move |request: Request<Incoming>| {
                    let (log, answer) = (log.clone(), answer.clone());
                    async move {
                        let at = Instant::now();
                        let (parts, body) = request.into_parts();
                        let body = body.collect().await.unwrap().to_bytes();
                        log.lock().unwrap().push(Seen {
                            at,
                            method: parts.method.to_string(),
                            path: parts.uri.to_string(),
                            headers: parts.headers,
                            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
                        });
                        let (status, headers, body) = match answer().await {
                            Canned::Say(status, headers, body) => (status, headers, body),
                            Canned::Hang => std::future::pending().await,
                        };
                        let mut response = Response::builder().status(status);
                        for (name, value) in headers {
                            response = response.header(name, value);
                        }
                        Ok::<_, Infallible>(response.body(Full::new(Bytes::from(body))).unwrap())
                    }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Fake { url, seen }
    }

    fn calls(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    fn body(&self, call: usize) -> Value {
        self.seen.lock().unwrap()[call].body.clone()
    }
}

fn sample(name: &str) -> Canned {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/gemini").join(name);
    Canned::Say(name[..3].parse().unwrap_or(200), vec![], std::fs::read_to_string(path).unwrap())
}

fn says(text: &str) -> Canned {
    let reply = json!({"action": "reply", "reply": text}).to_string();
    let body = json!({
        "candidates": [{"content": {"role": "model", "parts": [{"text": reply}]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 5},
        "modelVersion": "gemini-3.5-flash-lite", "responseId": "r1",
    });
    Canned::Say(200, vec![], body.to_string())
}

fn limited(delay: &str) -> Canned {
    let body = json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}]}});
    Canned::Say(429, vec![], body.to_string())
}

fn config(url: &str) -> Config {
    Config {
        base_url: url.to_owned(),
        api_version: "v1beta".to_owned(),
        api_key: KEY.to_owned().into(),
        model: "gemini-3.5-flash-lite".to_owned(),
        max_concurrent: 8,
        timeout: Duration::from_secs(30),
        models: BTreeMap::new(),
        patience: Patience { first_delay: Duration::from_millis(1), ..Patience::default() },
    }
}

fn gemini(fake: &Fake) -> Gemini {
    Gemini::new(config(&fake.url)).unwrap()
}

fn ask() -> Ask {
    let turn = |role, text: &str| Turn { role, parts: vec![text.to_owned()] };
    Ask::new(
        "You answer for Corner Shop.",
        vec![turn(Role::Customer, "hola"), turn(Role::Shop, "¡Hola!"), turn(Role::Customer, "a que hora abren?")],
    )
}

#[tokio::test]
async fn the_request_is_exactly_this() {
    let fake = Fake::start(vec![says("A las 8.")]).await;
    let gemini = Gemini::new(config(&format!("{}/gemini/", fake.url))).unwrap();
    let answer = gemini.generate(&ask()).await.unwrap();
    assert_eq!((answer.action, answer.reply.as_str()), (Action::Reply, "A las 8."));
    assert_eq!(answer.usage, Usage { prompt: 10, cached: 0, output: 5, thoughts: 0 });
    assert_eq!(answer.response_id.as_deref(), Some("r1"));
    assert_eq!(gemini.cost_microdollars(None, &answer), Some(16)); // 3 + 12.5

    let seen = fake.seen.lock().unwrap();
    let [call] = seen.as_slice() else { panic!("one call") };
    assert_eq!(
        (call.method.as_str(), call.path.as_str()),
        ("POST", "/gemini/v1beta/models/gemini-3.5-flash-lite:generateContent")
    );
    let header = |name: &str| call.headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header("x-goog-api-key"), Some(KEY));
    assert_eq!(header("content-type"), Some("application/json"));
    assert_eq!(header("user-agent"), Some(concat!("mychatflow/", env!("CARGO_PKG_VERSION"))));
    assert_eq!(header("authorization"), None);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&call.body), ["contents", "generationConfig", "store", "systemInstruction"]);
    assert_eq!(
        call.body["contents"],
        json!([
            {"role": "user", "parts": [{"text": "hola"}]},
            {"role": "model", "parts": [{"text": "¡Hola!"}]},
            {"role": "user", "parts": [{"text": "a que hora abren?"}]},
        ])
    );
    assert_eq!(call.body["systemInstruction"], json!({"parts": [{"text": "You answer for Corner Shop."}]}));
    let generation = &call.body["generationConfig"];
    assert_eq!(keys(generation), ["maxOutputTokens", "responseMimeType", "responseSchema", "thinkingConfig"]);
    assert_eq!(generation["maxOutputTokens"], 1024);
    assert_eq!(generation["thinkingConfig"], json!({"thinkingLevel": "MINIMAL"}));
    assert_eq!(call.body["store"], false);
}

#[tokio::test]
async fn models_are_asked_as_the_table_or_the_configuration_says() {
    let fake = Fake::start(vec![says("ok")]).await;
    let mut config = config(&fake.url);
    let price = Price { input: 1_000_000, output: 0, cached: 0 };
    let over = ModelOverride { thinking: Thinking::parse("high"), price: Some(price) };
    config.models.insert("mine".to_owned(), over);
    let gemini = Gemini::new(config).unwrap();
    let rows = [
        (None, json!({"thinkingLevel": "MINIMAL"})),
        (Some("gemini-3.8-flash"), json!({"thinkingLevel": "LOW"})),
        (Some("gemini-2.5-flash"), json!({"thinkingBudget": 0})),
        (Some("gemini-2.5-flash-lite"), Value::Null),
        (Some("gemini-77-future"), Value::Null),
        (Some("mine"), json!({"thinkingLevel": "HIGH"})),
    ];
    for (at, (model, expected)) in rows.into_iter().enumerate() {
        let answer = gemini.generate(&Ask { model: model.map(str::to_owned), ..ask() }).await.unwrap();
        assert_eq!(fake.body(at)["generationConfig"]["thinkingConfig"], expected, "{model:?}");
        assert!(gemini.cost_microdollars(model, &answer).is_some(), "by the model that answered");
    }
    assert_eq!(gemini.price("mine"), Some(price));
    assert_eq!(gemini.price("gemini-77-future"), None);
}

#[tokio::test]
async fn a_short_limit_is_sat_out_and_never_cut_short() {
    let fake = Fake::start(vec![limited("0.08s"), says("ok")]).await;
    let gemini = gemini(&fake);
    assert_eq!(gemini.generate(&ask()).await.unwrap().reply, "ok");
    let seen = fake.seen.lock().unwrap();
    assert_eq!(seen.len(), 2);
    assert!(seen[1].at - seen[0].at >= Duration::from_millis(80), "waited as long as Gemini said");
}

#[tokio::test]
async fn the_header_counts_as_well() {
    let busy = Canned::Say(503, vec![("retry-after", "60".to_owned())], String::new());
    let fake = Fake::start(vec![busy, says("ok")]).await;
    let error = gemini(&fake).generate(&ask()).await.unwrap_err();
    assert_eq!(error, GeminiError::Transient { retry_after: Duration::from_secs(60), status: Some(503) });
    assert_eq!(error.retry(), Retry::After(Duration::from_secs(60)));
    assert_eq!(fake.calls(), 1);
}

#[tokio::test]
async fn a_long_limit_goes_back_to_the_caller_and_stops_the_others() {
    let fake = Fake::start(vec![limited("120s"), says("ok")]).await;
    let gemini = gemini(&fake);
    let error = gemini.generate(&ask()).await.unwrap_err();
    assert_eq!(error.retry(), Retry::After(Duration::from_secs(120)));
    let Retry::After(wait) = gemini.generate(&ask()).await.unwrap_err().retry() else { panic!() };
    assert!(wait > Duration::from_secs(60) && wait <= Duration::from_secs(120));
    assert_eq!(fake.calls(), 1);
    let other = Ask { model: Some("gemini-3.1-flash-lite".to_owned()), ..ask() };
    assert_eq!(gemini.generate(&other).await.unwrap().reply, "ok");
}

#[tokio::test]
async fn a_quota_of_the_day_opens_the_breaker_for_its_model() {
    let fake = Fake::start(vec![sample("429_per_day.json"), says("ok")]).await;
    let gemini = gemini(&fake);
    let error = gemini.generate(&ask()).await.unwrap_err();
    assert_eq!(error, GeminiError::QuotaDay { retry_after: Some(Duration::from_nanos(51_820_638_305_887)) });
    assert_eq!(error.retry(), Retry::Never);
    let error = gemini.generate(&ask()).await.unwrap_err();
    assert!(matches!(error, GeminiError::BreakerOpen { cause: Cause::QuotaDay, .. }), "{error:?}");
    assert_eq!(fake.calls(), 1);
    let other = Ask { model: Some("gemini-3.1-flash-lite".to_owned()), ..ask() };
    gemini.generate(&other).await.unwrap();
}

#[tokio::test]
async fn a_refused_key_is_not_tried_again_and_never_printed() {
    for name in ["400_bad_key.json", "401_unauthenticated.json", "403_no_key.json"] {
        let fake = Fake::start(vec![sample(name)]).await;
        let gemini = gemini(&fake);
        let error = gemini.generate(&ask()).await.unwrap_err();
        assert!(matches!(error, GeminiError::KeyRefused { .. }), "{name}: {error:?}");
        let again = gemini.clone().generate(&ask()).await.unwrap_err();
        assert!(matches!(again, GeminiError::BreakerOpen { cause: Cause::KeyRefused, .. }), "{name}: {again:?}");
        assert_eq!(fake.calls(), 1, "{name}");
        let state = gemini.state();
        assert!(matches!(state.breaker, BreakerState::Open { cause: Cause::KeyRefused, model: None, .. }));
        assert_eq!(state.record.last_error.as_ref().map(|last| last.error.clone()), Some(error.clone()));
        assert!(state.record.last_ok_at.is_none());
        let printed = format!("{:?} {gemini:?} {state:?} {error:?} {error} {again}", config(&fake.url));
        assert!(!printed.contains("secret"), "{printed}");
    }
}

#[tokio::test]
async fn a_project_that_is_not_served_is_not_called_a_refused_key() {
    for (name, reason) in [
        ("400_failed_precondition_location.json", "FAILED_PRECONDITION"),
        ("403_service_disabled.json", "SERVICE_DISABLED"),
    ] {
        let fake = Fake::start(vec![sample(name)]).await;
        let gemini = gemini(&fake);
        let error = gemini.generate(&ask()).await.unwrap_err();
        assert_eq!(error, GeminiError::NotServed { reason: reason.to_owned() });
        let again = gemini.generate(&ask()).await.unwrap_err();
        assert!(matches!(again, GeminiError::BreakerOpen { .. }), "{again:?}");
        for told in [error.to_string(), again.to_string()] {
            assert!(told.contains(reason) && !told.contains("refused"), "{told}");
        }
        assert_eq!(fake.calls(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_model_that_is_gone_is_asked_for_no_more_and_its_successor_is_paid() {
    let gone = sample("404_model.json");
    let fake = Fake::start(vec![gone, says("one"), says("two")]).await;
    let config = Config { model: "gemini-2.5-flash-lite".to_owned(), ..config(&fake.url) };
    let gemini = Gemini::new(config).unwrap();
    for reply in ["one", "two"] {
        let answer = gemini.generate(&ask()).await.unwrap();
        assert_eq!(answer.reply, reply);
        assert_eq!(gemini.cost_microdollars(None, &answer), Some(16), "by what answered: 3 + 12.5");
        let change = answer.change.unwrap();
        assert_eq!((change.answered.as_str(), change.gone), ("gemini-3.5-flash-lite", true));
    }
    assert_eq!(fake.calls(), 3, "the second question goes to the successor at once");
    assert_eq!(gemini.state().in_its_place.as_ref().map(|other| other.model.as_str()), Some("gemini-3.5-flash-lite"));
    // Levels are the successor's: 2.5-flash-lite takes none.
    assert_eq!(fake.body(1)["generationConfig"]["thinkingConfig"]["thinkingLevel"], "MINIMAL");
}

#[tokio::test]
async fn overload_is_tried_three_times() {
    let fake = Fake::start(vec![sample("503_overloaded.json")]).await;
    let gemini = gemini(&fake);
    let error = gemini.generate(&ask()).await.unwrap_err();
    assert!(matches!(error, GeminiError::Transient { status: Some(503), .. }));
    assert_eq!(fake.calls(), 3);
    assert!(matches!(gemini.state().breaker, BreakerState::Open { cause: Cause::Outage, .. }));

    let fake =
        Fake::start(vec![sample("500_internal.json"), Canned::Say(200, vec![], "<html>".to_owned()), says("ok")]).await;
    assert_eq!(self::gemini(&fake).generate(&ask()).await.unwrap().reply, "ok");
}

#[tokio::test]
async fn an_outage_is_found_out_by_three_questions_and_not_by_everybody() {
    let fake = Fake::start(vec![sample("503_overloaded.json")]).await;
    let gemini = Gemini::new(Config { max_concurrent: 1, ..config(&fake.url) }).unwrap();
    let calls: Vec<_> = (0..20)
        .map(|shop| {
            let (gemini, ask) = (gemini.clone(), Ask { asker: [shop % 4; 16], ..ask() });
            tokio::spawn(async move { gemini.generate(&ask).await })
        })
        .collect();
    for call in calls {
        let Retry::After(wait) = call.await.unwrap().unwrap_err().retry() else { panic!("it passes by itself") };
        assert!(wait > Duration::from_secs(3), "not before the probe: {wait:?}");
    }
    assert_eq!(fake.calls(), 3);
    let error = gemini.generate(&ask()).await.unwrap_err();
    assert_eq!(error.to_string(), "gemini is not asked for now: gemini is busy or out of reach");
    assert!(!gemini.take_recovered());
}

#[tokio::test]
async fn a_wait_of_some_seconds_that_gemini_names_is_sat_out_once() {
    let fake = Fake::start(vec![limited("5s"), limited("5s"), says("ok")]).await;
    let gemini = gemini(&fake);
    let begun = Instant::now();
    assert_eq!(gemini.generate(&ask()).await.unwrap_err().retry(), Retry::After(Duration::from_secs(5)));
    assert!(begun.elapsed() >= Duration::from_secs(5));
    assert_eq!(fake.calls(), 2);
}

#[tokio::test]
async fn a_missed_deadline_is_tried_once_more() {
    let fake = Fake::start(vec![sample("504_deadline.json")]).await;
    gemini(&fake).generate(&ask()).await.unwrap_err();
    assert_eq!(fake.calls(), 2);

    let fake = Fake::start(vec![Canned::Hang]).await;
    let gemini = Gemini::new(Config { timeout: Duration::from_millis(750), ..config(&fake.url) }).unwrap();
    assert_eq!(gemini.generate(&ask()).await.unwrap_err(), GeminiError::Timeout);
    assert_eq!(fake.calls(), 2);
}

#[tokio::test]
async fn what_stays_wrong_is_asked_once() {
    let rows = [
        "400_contents_missing.json",
        "400_penalty.json",
        "404_model.json",
        "200_safety_candidate.json",
        "200_prompt_blocked.json",
    ];
    for name in rows {
        let fake = Fake::start(vec![sample(name)]).await;
        let gemini = gemini(&fake);
        let error = gemini.generate(&ask()).await.unwrap_err();
        assert_eq!(error.retry(), Retry::Never, "{name}");
        assert_eq!(fake.calls(), 1, "{name}");
        assert_eq!(gemini.state().breaker, BreakerState::Closed, "{name}");
    }
    let redirect = Canned::Say(302, vec![("location", "http://127.0.0.1:9/".to_owned())], String::new());
    let fake = Fake::start(vec![redirect]).await;
    assert_eq!(gemini(&fake).generate(&ask()).await.unwrap_err(), GeminiError::NotGemini { status: 302 });
    assert_eq!(fake.calls(), 1);
}

#[tokio::test]
async fn an_empty_answer_is_asked_for_once_more() {
    let fake = Fake::start(vec![sample("200_stop_no_parts.json"), says("ok")]).await;
    let answer = gemini(&fake).generate(&ask()).await.unwrap();
    assert_eq!(answer.reply, "ok");
    assert_eq!(answer.usage, Usage { prompt: 1888, cached: 0, output: 5, thoughts: 13 }, "blank answers are billed");

    let fake = Fake::start(vec![sample("200_empty_object.json")]).await;
    assert_eq!(gemini(&fake).generate(&ask()).await.unwrap_err(), GeminiError::Empty);
    assert_eq!(fake.calls(), 2);

    let fake = Fake::start(vec![sample("200_recitation.json")]).await;
    assert_eq!(gemini(&fake).generate(&ask()).await.unwrap_err(), GeminiError::Refused(Refusal::Recitation));
    assert_eq!(fake.calls(), 2);
}

#[tokio::test]
async fn a_cut_answer_gets_more_room() {
    let fake = Fake::start(vec![sample("200_max_tokens_all_thinking.json"), says("ok")]).await;
    assert_eq!(gemini(&fake).generate(&ask()).await.unwrap().reply, "ok");
    assert_eq!(fake.body(0)["generationConfig"]["maxOutputTokens"], 1024);
    assert_eq!(fake.body(1)["generationConfig"]["maxOutputTokens"], 2048);

    let cut =
        json!({"candidates": [{"content": {"parts": [{"text": "We do. And then"}]}, "finishReason": "MAX_TOKENS"}]});
    let fake =
        Fake::start(vec![Canned::Say(200, vec![], cut.to_string()), sample("200_max_tokens_no_content.json")]).await;
    let error = gemini(&fake).generate(&ask()).await.unwrap_err();
    assert!(matches!(error, GeminiError::Empty), "half an answer is none: {error}");
    assert_eq!(fake.calls(), 2);
}

#[tokio::test]
async fn prose_is_asked_for_again_once_and_is_no_answer() {
    let prose = json!({"candidates": [{"content": {"parts": [{"text": "not json"}]}, "finishReason": "STOP"}]});
    let prose = || Canned::Say(200, vec![], prose.to_string());
    let fake = Fake::start(vec![prose(), says("ok")]).await;
    assert_eq!(gemini(&fake).generate(&ask()).await.unwrap().reply, "ok");
    let fake = Fake::start(vec![prose(), prose(), says("never asked")]).await;
    let error = gemini(&fake).generate(&ask()).await.unwrap_err();
    assert!(matches!(error, GeminiError::Garbled), "{error}");
    assert_eq!(fake.calls(), 2);
}

#[tokio::test]
async fn a_level_the_model_does_not_take_is_left_out() {
    let fake = Fake::start(vec![sample("400_thinking_level.json"), says("ok")]).await;
    assert_eq!(gemini(&fake).generate(&ask()).await.unwrap().reply, "ok");
    assert!(fake.body(1)["generationConfig"].get("thinkingConfig").is_none());

    let fake = Fake::start(vec![sample("400_thinking_level.json")]).await;
    let error = gemini(&fake).generate(&ask()).await.unwrap_err();
    assert!(matches!(error, GeminiError::Invalid { status: 400, .. }));
    assert_eq!(fake.calls(), 2);
}

#[tokio::test]
async fn nothing_is_sent_for_nothing() {
    let fake = Fake::start(vec![says("ok")]).await;
    let gemini = gemini(&fake);
    assert_eq!(gemini.generate(&Ask::new("s", vec![])).await.unwrap_err(), GeminiError::NothingToAnswer);
    let evil = Ask { model: Some("x/../../files?key=".to_owned()), ..ask() };
    assert!(matches!(gemini.generate(&evil).await.unwrap_err(), GeminiError::ModelUnknown { .. }));
    assert_eq!(fake.calls(), 0);
}

#[tokio::test]
async fn nobody_listening_is_transient() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let gemini = Gemini::new(config(&url)).unwrap();
    assert!(matches!(gemini.generate(&ask()).await.unwrap_err(), GeminiError::Transient { status: None, .. }));
}

#[tokio::test]
async fn no_more_calls_at_once_than_allowed() {
    let gate = Arc::new(Semaphore::new(0));
    let (inside, most) = (Arc::new(Mutex::new(0_usize)), Arc::new(Mutex::new(0_usize)));
    let (server_gate, server_inside, server_most) = (gate.clone(), inside.clone(), most.clone());
    let fake = Fake::serve(move || {
        let (gate, inside, most) = (server_gate.clone(), server_inside.clone(), server_most.clone());
        async move {
            let now = {
                let mut inside = inside.lock().unwrap();
                *inside += 1;
                *inside
            };
            {
                let mut most = most.lock().unwrap();
                *most = now.max(*most);
            }
            gate.acquire().await.unwrap().forget();
            *inside.lock().unwrap() -= 1;
            says("ok")
        }
    })
    .await;
    let gemini = Gemini::new(Config { max_concurrent: 2, ..config(&fake.url) }).unwrap();
    let calls: Vec<_> = (0..6)
        .map(|_| {
            let gemini = gemini.clone();
            tokio::spawn(async move { gemini.generate(&ask()).await })
        })
        .collect();
    let full = async {
        while *inside.lock().unwrap() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), full).await.unwrap();
    gate.add_permits(6);
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(*most.lock().unwrap(), 2);
    assert_eq!(fake.calls(), 6);
}

#[tokio::test]
async fn a_shop_with_many_slow_questions_does_not_keep_another_waiting() {
    let fake = Fake::start(vec![Canned::Hang]).await;
    let gemini = Gemini::new(Config { max_concurrent: 8, ..config(&fake.url) }).unwrap();
    let asks = |shop: u8, times| {
        for _ in 0..times {
            let (gemini, ask) = (gemini.clone(), Ask { asker: [shop; 16], ..ask() });
            tokio::spawn(async move { gemini.generate(&ask).await });
        }
    };
    let arrived = async |count| {
        let wait = async {
            while fake.calls() < count {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), wait).await.unwrap_or_else(|_| panic!("{count} at the model"));
    };
    asks(1, 20);
    arrived(7).await;
    asks(2, 1);
    arrived(8).await;
}

#[tokio::test]
async fn tokens_are_counted_and_models_listed() {
    let fake = Fake::start(vec![sample("countTokens_200.json")]).await;
    assert_eq!(gemini(&fake).count_tokens(&ask()).await.unwrap(), 412);
    {
        let seen = fake.seen.lock().unwrap();
        assert_eq!(seen[0].path, "/v1beta/models/gemini-3.5-flash-lite:countTokens");
        let inner = &seen[0].body["generateContentRequest"];
        assert_eq!(inner["model"], "models/gemini-3.5-flash-lite");
        assert_eq!(inner["contents"].as_array().unwrap().len(), 3);
    }

    let first = json!({"models": [{"name": "models/embed", "supportedGenerationMethods": ["embedContent"]}], "nextPageToken": "p2"});
    let fake = Fake::start(vec![Canned::Say(200, vec![], first.to_string()), sample("models_list_200.json")]).await;
    let models = gemini(&fake).models().await.unwrap();
    let names: Vec<_> = models.iter().map(|model| (model.name.as_str(), model.generates)).collect();
    assert_eq!(
        names,
        [("embed", false), ("gemini-3.5-flash-lite", true), ("gemini-3.8-flash", true), ("gemini-4-hydrogen", true)]
    );
    let seen = fake.seen.lock().unwrap();
    assert_eq!(seen[0].path, "/v1beta/models?pageSize=1000");
    assert_eq!(seen[1].path, "/v1beta/models?pageSize=1000&pageToken=p2");
}

#[test]
fn wrong_settings_are_named() {
    let good = || config("https://generativelanguage.googleapis.com");
    Gemini::new(good()).unwrap();
    for url in [
        "",
        "gemini",
        "ftp://a.example",
        "https://a.example?key=x",
        "https://user:pw@a.example",
        "https://a.example/#x",
    ] {
        assert!(matches!(Gemini::new(config(url)), Err(BuildError::BaseUrl)), "{url}");
    }
    for version in ["", "v", "beta", "v1/../..", "1"] {
        let config = Config { api_version: version.to_owned(), ..good() };
        assert!(matches!(Gemini::new(config), Err(BuildError::ApiVersion)), "{version}");
    }
    for key in ["", "  ", "a\nb"] {
        let config = Config { api_key: key.to_owned().into(), ..good() };
        assert!(matches!(Gemini::new(config), Err(BuildError::ApiKey)), "{key:?}");
    }
    assert!(matches!(Gemini::new(Config { model: "a/b".to_owned(), ..good() }), Err(BuildError::Model)));
}
