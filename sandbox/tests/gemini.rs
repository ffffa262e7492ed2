//! The Gemini over HTTP: keys, models, answers, and everything that goes wrong.
#![allow(clippy::unwrap_used, reason = "helpers of tests: a panic is the report")]

mod support;

use std::time::Duration;

use mychatflow_sandbox::faults::When;
use mychatflow_sandbox::gemini::{Answers, Fault, Operation, Options, SAMPLES, Sample, Server};
use mychatflow_sandbox::log::Record;
use serde_json::{Value, json};
use support::SOON;

const PATH: &str = "/v1beta/models/gemini-3.5-flash-lite:generateContent";

fn question() -> Value {
    json!({
        "systemInstruction": {"parts": [{"text": "<business>\nOpening times:\nMon-Sat 9:00-18:00\n</business>"}]},
        "contents": [{"role": "user", "parts": [{"text": "hi"}, {"text": "when are you open?"}]}],
        "generationConfig": {
            "maxOutputTokens": 1024, "thinkingConfig": {"thinkingLevel": "MINIMAL"}, "responseMimeType": "application/json",
            "responseSchema": {
                "type": "OBJECT",
                "properties": {
                    "action": {"type": "STRING", "enum": ["reply", "handoff", "ignore"]}, "reply": {"type": "STRING"},
                    "handoff_reason": {"type": "STRING", "nullable": true},
                },
                "required": ["action", "reply"], "propertyOrdering": ["action", "reply", "handoff_reason"],
            },
        },
        "store": false,
    })
}

struct Client(reqwest::Client, Server);

impl Client {
    async fn start(options: Options) -> Client {
        let http = mychatflow_sandbox::http_client::builder().no_proxy().build().unwrap();
        Client(http, Server::start(options).await.unwrap())
    }

    fn request(&self, path: &str, body: &Value) -> reqwest::RequestBuilder {
        self.0.post(format!("{}{path}", self.1.url())).header("x-goog-api-key", self.1.api_key()).body(body.to_string())
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        read(self.request(path, body)).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        read(self.0.get(format!("{}{path}", self.1.url())).header("x-goog-api-key", self.1.api_key())).await
    }
}

async fn read(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
}

#[tokio::test]
async fn a_question_is_answered_as_the_schema_wants_it() {
    let client = Client::start(Options::default()).await;
    let (status, body) = client.post(PATH, &question()).await;
    assert_eq!((status, &body["modelVersion"]), (200, &json!("gemini-3.5-flash-lite")));
    let said: Value =
        serde_json::from_str(body["candidates"][0]["content"]["parts"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(said, json!({"action": "reply", "reply": "Hello! Mon-Sat 9:00-18:00.", "handoff_reason": null}));
    let usage = &body["usageMetadata"];
    assert_eq!(
        usage["totalTokenCount"],
        json!(usage["promptTokenCount"].as_u64().unwrap() + usage["candidatesTokenCount"].as_u64().unwrap())
    );
    assert_eq!((client.1.count(), client.1.requests()[0].json()), (1, question()));
    assert_eq!(client.1.requests()[0].status, Some(200));
}

#[tokio::test]
async fn prefixes_versions_models_and_tokens() {
    let client = Client::start(Options::default()).await;
    assert_eq!(client.post(&format!("/gemini{PATH}"), &question()).await.0, 200);
    assert_eq!(
        client.post("/v1/models/gemini-3.8-flash:generateContent", &question()).await.1["error"]["message"],
        "Thinking level MINIMAL is not supported for this model. Please retry with other thinking level."
    );
    let (status, body) = client.post("/v1beta/models/gemini-2.0-flash:generateContent", &question()).await;
    assert_eq!((status, &body["error"]["status"]), (404, &json!("NOT_FOUND")));
    assert_eq!(client.post("/v1/models/gemini-flash-latest:generateContent", &question()).await.0, 404);
    let (_, all) = client.get("/v1beta/models").await;
    assert!(all["models"].as_array().unwrap().iter().any(|model| model["name"] == "models/gemini-3.5-flash-lite"));
    assert_eq!(client.get("/v1beta/models/gemini-4-neon").await.0, 200);
    let short = json!({"contents": question()["contents"]});
    let (_, counted) = client.post("/v1beta/models/gemini-3.5-flash-lite:countTokens", &short).await;
    assert!(counted["totalTokens"].as_u64().unwrap() > 1);
    assert_eq!(client.post("/nothing", &short).await.0, 404);
}

#[tokio::test]
async fn keys_are_told_apart() {
    let client = Client::start(Options::default()).await;
    let url = format!("{}{PATH}", client.1.url());
    let post = || client.0.post(&url).body(question().to_string());
    let (status, body) = read(post()).await;
    assert_eq!((status, &body["error"]["status"]), (403, &json!("PERMISSION_DENIED")));
    let (status, body) = read(post().header("x-goog-api-key", "wrong")).await;
    assert_eq!((status, &body["error"]["details"][0]["reason"]), (400, &json!("API_KEY_INVALID")));
    let (status, _) = read(client.request(PATH, &question()).header("authorization", "Bearer nonsense")).await;
    assert_eq!(status, 400);
    assert_eq!(read(post().header("authorization", "Bearer nonsense")).await.0, 401);
    let query = client.0.post(format!("{url}?key={}", client.1.api_key())).body(question().to_string());
    assert_eq!(read(query).await.0, 200);
    let (status, body) = read(client.request(PATH, &Value::Null).body("{")).await;
    assert_eq!((status, &body["error"]["status"]), (400, &json!("INVALID_ARGUMENT")));
}

#[tokio::test]
async fn every_sample_can_be_asked_for() {
    let client = Client::start(Options::default()).await;
    for sample in SAMPLES {
        assert!(client.1.answer_next(sample.name));
        let response = client.request(PATH, &question()).send().await.unwrap();
        assert_eq!(response.status().as_u16(), sample.status, "{}", sample.name);
        assert_eq!(response.text().await.unwrap(), sample.body);
    }
    assert!(!client.1.answer_next("418_teapot"));
    assert_eq!(client.post(PATH, &question()).await.0, 200);
}

#[tokio::test]
async fn faults_speak_delay_and_cut() {
    let client = Client::start(Options::default()).await;
    let next = |fault| client.1.faults().add(Operation::GenerateContent, When::Next(1), fault);
    next(Fault::Says("{\"action\": \"rep".into()));
    next(Fault::RetryAfter(Sample::named("429_per_minute_retryinfo").unwrap(), 7));
    next(Fault::Cut);
    next(Fault::Delay(Duration::from_millis(1)));
    let (_, body) = client.post(PATH, &question()).await;
    assert_eq!(body["candidates"][0]["content"]["parts"][0]["text"], "{\"action\": \"rep");
    let limited = client.request(PATH, &question()).send().await.unwrap();
    assert_eq!((limited.status().as_u16(), &limited.headers()["retry-after"]), (429, &"7".parse().unwrap()));
    assert!(client.request(PATH, &question()).send().await.is_err());
    assert_eq!(client.post(PATH, &question()).await.0, 200);
    let hung = client.1.faults();
    hung.add(Operation::GenerateContent, When::Always, Fault::Hang);
    let waiting = client.request(PATH, &question()).timeout(Duration::from_millis(50)).send().await;
    assert!(waiting.unwrap_err().is_timeout());
    client.1.wait_for(SOON, |server| (server.count() == 5).then_some(())).await.unwrap();
}

#[tokio::test]
async fn a_stub_answers_the_same_without_looking() {
    let options = Options { answers: Answers::Fixed("Yes.".into()), record: Record::Sends, ..Options::default() };
    let client = Client::start(options).await;
    let (status, body) = client.post(PATH, &json!({"nonsense": 1})).await;
    let said: Value =
        serde_json::from_str(body["candidates"][0]["content"]["parts"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!((status, &said["reply"]), (200, &json!("Yes.")));
    assert_eq!((client.1.count(), client.1.requests().len()), (1, 0));
}

#[tokio::test]
async fn an_outage_refuses_connections() {
    let client = Client::start(Options::default()).await;
    client.1.stop_listening().await;
    assert!(client.request(PATH, &question()).send().await.unwrap_err().is_connect());
    client.1.resume_listening().await.unwrap();
    assert_eq!(client.post(PATH, &question()).await.0, 200);
}
