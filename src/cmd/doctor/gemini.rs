//! Gemini: does it take the key, does it know the model, does it count?

use std::time::Duration;

use mychatflow_daemon::cx::Clients;
use mychatflow_daemon::gemini::{Ask, Gemini, GeminiError, Role, Turn};
use mychatflow_data::model::fault::FaultCode;
use tokio::time::{Instant, timeout};

use super::{Check, Findings, Probing, soon};

const NAME: &str = "gemini";
/// How long a real question may take.
const ANSWER_MAX: Duration = Duration::from_secs(40);
/// Where keys are made.
const KEYS: &str = "https://aistudio.google.com/apikey";

/// Looks at it.
pub async fn check(clients: &Clients, probing: Probing, findings: &mut Findings<'_>) -> anyhow::Result<()> {
    findings.add(match &clients.gemini {
        Some(gemini) => asked(gemini, probing, &clients.config.gemini.base_url).await,
        None => Check::warning(
            NAME,
            "there is no key: the assistant is off",
            format!("get one at {KEYS}, set gemini.api_key, then: mychatflow daemon reload"),
        ),
    })
}

async fn asked(gemini: &Gemini, probing: Probing, base_url: &str) -> Check {
    let model = gemini.model();
    let models = match soon(gemini.models()).await {
        Ok(models) => models,
        Err(error) => return Check::failed(NAME, format!("{error:#}"), remedy(&error, base_url)),
    };
    let elsewhere = "set gemini.model to one that is listed, for example gemini-3.5-flash-lite, then: \
                     mychatflow daemon reload";
    match models.iter().find(|listed| listed.name == model) {
        None if gemini.successor(model).is_some() => {
            let next = gemini.successor(model).unwrap_or_default();
            let detail = format!("{model} is not there any more: {next} answers in its place, at its own price");
            let remedy =
                format!("set gemini.model to {next}, or another that is listed, then: mychatflow daemon reload");
            return Check::warning(NAME, detail, remedy);
        }
        None => {
            let detail = format!("the key is taken, but {model} is none of its {} models", models.len());
            return Check::failed(NAME, detail, elsewhere);
        }
        Some(listed) if !listed.generates => {
            return Check::failed(NAME, format!("{model} is there, but writes no answers"), elsewhere);
        }
        Some(_) => {}
    }
    let turn = Turn { role: Role::Customer, parts: vec!["Are you open today?".to_owned()] };
    let ask = Ask::new("", vec![turn]);
    if probing == Probing::Allowed {
        // Only an answer proves that the quota is not used up.
        let began = Instant::now();
        return match timeout(ANSWER_MAX, gemini.generate(&ask)).await {
            Ok(Ok(_) | Err(GeminiError::Refused(_))) => {
                let seconds = began.elapsed().as_secs_f64();
                Check::ok(NAME, format!("the key is taken, {model} answered a question in {seconds:.1} s"))
            }
            Ok(Err(error)) => {
                let error = anyhow::Error::new(error);
                Check::failed(NAME, format!("{model}: {error:#}"), remedy(&error, base_url))
            }
            Err(_) => {
                let detail = format!("{model} did not answer within {} s", ANSWER_MAX.as_secs());
                Check::failed(NAME, detail, format!("is the way there open? curl -sI {base_url}"))
            }
        };
    }
    match soon(gemini.count_tokens(&ask)).await {
        Ok(_) => {
            let detail =
                format!("the key is taken, and {model} is there; that it answers only a question proves (--probe)");
            Check::ok(NAME, detail)
        }
        Err(error) => Check::failed(NAME, format!("{model}: {error:#}"), remedy(&error, base_url)),
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
