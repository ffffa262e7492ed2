//! Gemini: does it take the key, does it know the model, does it answer? Only an answer proves that: a key whose quota is used up
//! lists models all the same, and a gateway may list none.

use std::time::Duration;

use mychatflow_daemon::cx::Clients;
use mychatflow_daemon::gemini::{Ask, Gemini, GeminiError, Role, Turn};
use mychatflow_data::model::fault::FaultCode;
use mychatflow_data::protocol::calls::daemon::{DaemonStatus, GeminiHealth, Health};
use mychatflow_data::time::Timestamp;
use tokio::time::timeout;

use super::socket::Daemon;
use super::{Check, Findings, soon};
use crate::output::age;

const NAME: &str = "gemini";
/// Where keys are made.
const KEYS: &str = "https://aistudio.google.com/apikey";
/// An answer of the daemon's that is younger than this needs no other one.
const RECENT: Duration = Duration::from_secs(600);
/// How long an answer may take: some models think first.
const ANSWER_PATIENCE: Duration = Duration::from_secs(20);
/// Enough for a word.
const ANSWER_TOKENS: u32 = 256;

/// Looks at it.
pub async fn check(clients: &Clients, daemon: Option<&Daemon>, findings: &mut Findings<'_>) -> anyhow::Result<()> {
    let known = match daemon {
        Some(daemon) => soon(daemon.client.call(&DaemonStatus {})).await.ok().map(|shown| shown.gemini),
        None => None,
    };
    let now = findings.cx.now;
    findings.add(match &clients.gemini {
        Some(gemini) => asked(gemini, &clients.config.gemini.base_url, known.as_ref(), now).await,
        None => Check::warning(
            NAME,
            "there is no key: the assistant is off",
            format!("get one at {KEYS}, set gemini.api_key, then: mychatflow daemon reload"),
        ),
    })
}

async fn asked(gemini: &Gemini, base_url: &str, known: Option<&GeminiHealth>, now: Timestamp) -> Check {
    let model = gemini.model();
    let listed = match soon(gemini.models()).await {
        Ok(models) => models,
        // Whoever can't be reached for a list answers no question either.
        Err(error) if is_away(&error) => return Check::failed(NAME, format!("{error:#}"), remedy(&error, base_url)),
        Err(_) => return answered(gemini, base_url, known, now, "its models are not listed").await,
    };
    let elsewhere = "set gemini.model to one that is listed, for example gemini-3.5-flash-lite, then: \
                     mychatflow daemon reload";
    match listed.iter().find(|listed| listed.name == model) {
        None if gemini.successor(model).is_some() => {
            let next = gemini.successor(model).unwrap_or_default();
            let detail = format!("{model} is not there any more: {next} answers in its place, at its own price");
            let remedy =
                format!("set gemini.model to {next}, or another that is listed, then: mychatflow daemon reload");
            Check::warning(NAME, detail, remedy)
        }
        None => {
            let detail = format!("the key is taken, but {model} is none of its {} models", listed.len());
            Check::failed(NAME, detail, elsewhere)
        }
        Some(listed) if !listed.generates => {
            Check::failed(NAME, format!("{model} is there, but writes no answers"), elsewhere)
        }
        Some(_) => answered(gemini, base_url, known, now, "the key is taken").await,
    }
}

/// Judges by the last real answer, and by a short question where there is none.
async fn answered(gemini: &Gemini, base_url: &str, known: Option<&GeminiHealth>, now: Timestamp, found: &str) -> Check {
    let model = gemini.model();
    if let Some(GeminiHealth { health: Health::Ok, ok_at: Some(at), model: asked, .. }) = known
        && asked == model
        && now.since(*at) < RECENT
    {
        return Check::ok(NAME, format!("{found}, {model} answers: last {}", age(*at, now)));
    }
    let turn = Turn { role: Role::Customer, parts: vec!["Are you open today?".to_owned()] };
    let ask = Ask { max_output_tokens: ANSWER_TOKENS, ..Ask::new("", vec![turn]) };
    let error = match timeout(ANSWER_PATIENCE, gemini.generate(&ask)).await {
        Ok(Ok(_)) => return Check::ok(NAME, format!("{found}, {model} answers: asked just now")),
        // It answers: it only says nothing about an empty shop.
        Ok(Err(error)) if error.is_answer() => {
            return Check::ok(NAME, format!("{found}, {model} answers: asked just now"));
        }
        Ok(Err(error)) => anyhow::Error::new(error),
        Err(_) => anyhow::anyhow!("no answer within {} s", ANSWER_PATIENCE.as_secs()),
    };
    Check::failed(NAME, format!("{model}: {error:#}"), remedy(&error, base_url))
}

fn is_away(error: &anyhow::Error) -> bool {
    match error.downcast_ref::<GeminiError>() {
        Some(GeminiError::Transient { status: None, .. } | GeminiError::Timeout) | None => true,
        // Nobody else needs to say the same.
        Some(error) => matches!(error, GeminiError::KeyRefused { .. } | GeminiError::NotServed { .. }),
    }
}

fn remedy(error: &anyhow::Error, base_url: &str) -> String {
    match error.downcast_ref::<GeminiError>() {
        // What the daemon says in chats and notices is what doctor says.
        Some(GeminiError::KeyRefused { .. }) => told(FaultCode::ModelKey),
        Some(GeminiError::NotServed { .. }) => told(FaultCode::ModelForbidden),
        Some(GeminiError::QuotaDay { .. }) => {
            format!("{}; until then the chats wait for you", told(FaultCode::ModelQuota))
        }
        Some(GeminiError::ModelUnknown { .. }) => "correct gemini.model, then: mychatflow daemon reload".to_owned(),
        Some(GeminiError::NotGemini { .. }) => format!("correct gemini.base_url; it is {base_url} now"),
        _ => format!("is the way there open? curl -sI {base_url}"),
    }
}

fn told(code: FaultCode) -> String {
    code.remedy().unwrap_or_default().to_owned()
}
