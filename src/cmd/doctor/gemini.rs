//! Gemini: does it take the key, does it know the model, does it count?

use mychatflow_daemon::cx::Clients;
use mychatflow_daemon::gemini::{Ask, Gemini, GeminiError, Role, Turn};

use super::{Check, Findings, soon};

const NAME: &str = "gemini";
/// Where keys are made.
const KEYS: &str = "https://aistudio.google.com/apikey";

/// Looks at it.
pub async fn check(clients: &Clients, findings: &mut Findings<'_>) -> anyhow::Result<()> {
    findings.add(match &clients.gemini {
        Some(gemini) => asked(gemini, &clients.config.gemini.base_url).await,
        None => Check::warning(
            NAME,
            "there is no key: the assistant is off",
            format!("get one at {KEYS}, set gemini.api_key, then: mychatflow daemon reload"),
        ),
    })
}

async fn asked(gemini: &Gemini, base_url: &str) -> Check {
    let model = gemini.model();
    let models = match soon(gemini.models()).await {
        Ok(models) => models,
        Err(error) => return Check::failed(NAME, format!("{error:#}"), remedy(&error, base_url)),
    };
    let elsewhere = "set gemini.model to one that is listed, for example gemini-3.5-flash-lite, then: \
                     mychatflow daemon reload";
    match models.iter().find(|listed| listed.name == model) {
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
    match soon(gemini.count_tokens(&Ask::new("", vec![turn]))).await {
        Ok(_) => Check::ok(NAME, format!("the key is taken, {model} answers")),
        Err(error) => Check::failed(NAME, format!("{model}: {error:#}"), remedy(&error, base_url)),
    }
}

fn remedy(error: &anyhow::Error, base_url: &str) -> String {
    match error.downcast_ref::<GeminiError>() {
        Some(GeminiError::KeyRefused { .. }) => {
            format!("get a key at {KEYS}, set gemini.api_key, then: mychatflow daemon reload")
        }
        Some(GeminiError::QuotaDay { .. }) => {
            format!("wait for the quota, or raise it: {KEYS}; until then the chats wait for you")
        }
        Some(GeminiError::ModelUnknown { .. }) => "correct gemini.model, then: mychatflow daemon reload".to_owned(),
        Some(GeminiError::NotGemini { .. }) => format!("correct gemini.base_url; it is {base_url} now"),
        _ => format!("is the way there open? curl -sI {base_url}"),
    }
}
