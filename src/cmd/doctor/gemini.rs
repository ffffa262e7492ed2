//! Gemini: does it take the key, does it know the model, does it answer? Only an answer proves that: a key whose quota is used up
//! lists models all the same, and a gateway may list none. Without `--probe` the last answers to the daemon are what is known.

use std::time::Duration;

use mychatflow_daemon::cx::Clients;
use mychatflow_daemon::gemini::{Ask, Gemini, GeminiError, Role, Turn};
use mychatflow_daemon::health;
use mychatflow_daemon::redact::redacted;
use mychatflow_data::model::finding::{FindingCode, FindingSubject, HealthFinding};
use mychatflow_data::protocol::calls::daemon::{GeminiHealth, Health};
use mychatflow_data::time::Timestamp;
use tokio::time::{Instant, timeout};

use super::socket::Daemon;
use super::{Check, Findings, KeyTrialError, Probing, soon};
use crate::output::age;

const NAME: &str = "gemini";
/// How long a real question may take: some models think first.
const ANSWER_MAX: Duration = Duration::from_secs(40);
/// Enough for a word.
const ANSWER_TOKENS: u32 = 256;

/// Looks at it.
pub async fn check(
    clients: &Clients,
    daemon: Option<&Daemon>,
    probing: Probing,
    findings: &mut Findings<'_>,
) -> anyhow::Result<()> {
    let now = findings.cx.now;
    findings.add(match &clients.gemini {
        Some(gemini) => {
            let look = Look { gemini, base_url: &clients.config.gemini.base_url, daemon, probing, now };
            look.check().await
        }
        None => {
            let known = health::gemini::gather(clients);
            return health::gemini::judge(&known, now)
                .iter()
                .try_for_each(|found| findings.add(Check::found(found, now)));
        }
    })
}

/// Tries a key and a model by one real question, for a few tokens: how long the answer took.
///
/// # Errors
/// What is wrong.
pub async fn try_model(gemini: &Gemini, base_url: &str) -> Result<String, KeyTrialError> {
    let model = gemini.model();
    let began = Instant::now();
    let error = match timeout(ANSWER_MAX, gemini.generate(&short_question())).await {
        Err(_) => return Err(KeyTrialError::Trouble(format!("{model}: no answer within {} s", ANSWER_MAX.as_secs()))),
        Ok(Err(error)) if !error.is_answer() => error,
        Ok(_) => return Ok(format!("{model} answered a question in {:.1} s", began.elapsed().as_secs_f64())),
    };
    Err(match error {
        GeminiError::KeyRefused { .. } => KeyTrialError::KeyRefused(error.to_string()),
        GeminiError::ModelUnknown { model } => {
            let listed = soon(gemini.models()).await.unwrap_or_default();
            let models = listed.into_iter().filter(|listed| listed.generates).map(|listed| listed.name).collect();
            KeyTrialError::ModelUnknown { model, models }
        }
        error => {
            let remedy = health::gemini::remedy(&error, &redacted(base_url));
            KeyTrialError::Trouble(format!("{model}: {error}; {remedy}"))
        }
    })
}

/// A question that any model answers with a few tokens.
fn short_question() -> Ask {
    let turn = Turn { role: Role::Customer, parts: vec!["Are you open today?".to_owned()] };
    Ask { max_output_tokens: ANSWER_TOKENS, ..Ask::new("", vec![turn]) }
}

/// What is looked at, and how.
struct Look<'l> {
    gemini: &'l Gemini,
    base_url: &'l str,
    daemon: Option<&'l Daemon>,
    probing: Probing,
    now: Timestamp,
}

impl Look<'_> {
    async fn check(&self) -> Check {
        let model = self.gemini.model();
        let listed = match soon(self.gemini.models()).await {
            Ok(models) => models,
            // Whoever can't be reached for a list, or refuses the key, answers no question either.
            Err(error) if is_final(&error) => return self.failed(&error),
            Err(_) => return self.answers("its models are not listed").await,
        };
        let elsewhere = "set gemini.model to one that is listed, for example gemini-3.5-flash-lite, then: \
                         mychatflow daemon reload";
        match listed.iter().find(|listed| listed.name == model) {
            None if self.gemini.successor(model).is_some() => {
                if let Some(told) = self.told() {
                    return Check::found(told, self.now);
                }
                let next = self.gemini.successor(model).unwrap_or_default();
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
            Some(_) => self.answers("the key is taken").await,
        }
    }

    /// Judges by an answer: one to a question of ours where that is allowed, else the last one to the daemon.
    async fn answers(&self, found: &str) -> Check {
        if self.probing == Probing::Allowed { self.ask(found).await } else { self.known(found) }
    }

    async fn ask(&self, found: &str) -> Check {
        let model = self.gemini.model();
        let began = Instant::now();
        let seconds = || began.elapsed().as_secs_f64();
        match timeout(ANSWER_MAX, self.gemini.generate(&short_question())).await {
            Ok(Ok(_)) => Check::ok(NAME, format!("{found}, {model} answered a question in {:.1} s", seconds())),
            // It answers: there is only nothing to say about an empty shop.
            Ok(Err(error)) if error.is_answer() => {
                Check::ok(NAME, format!("{found}, {model} answered a question in {:.1} s", seconds()))
            }
            Ok(Err(error)) => self.failed(&anyhow::Error::new(error)),
            Err(_) => self.failed(&anyhow::anyhow!("no answer within {} s", ANSWER_MAX.as_secs())),
        }
    }

    fn known(&self, found: &str) -> Check {
        let model = self.gemini.model();
        match (self.told(), self.daemon.map(|daemon| &daemon.gemini)) {
            (Some(told), _) => Check::found(told, self.now),
            (None, Some(GeminiHealth { health: Health::Ok, ok_at: Some(at), model: asked, .. })) if asked == model => {
                Check::ok(NAME, format!("{found}, {model} answers: last {}", age(*at, self.now)))
            }
            _ => Check::warning(
                NAME,
                format!("{found}; nobody knows whether {model} answers: it was not asked yet"),
                "ask it one question, for a few tokens: mychatflow doctor --probe",
            ),
        }
    }

    /// What the daemon has found by its own questions, the worst first.
    fn told(&self) -> Option<&HealthFinding> {
        let of_answers = [FindingCode::ModelDown, FindingCode::ModelUnusable, FindingCode::ModelReplaced];
        let mut found = self.daemon?.findings.iter();
        found.find(|found| found.subject == FindingSubject::Gemini && of_answers.contains(&found.code))
    }

    fn failed(&self, error: &anyhow::Error) -> Check {
        let detail = format!("{}: {error:#}", self.gemini.model());
        Check::failed(NAME, detail, remedy(error, self.base_url))
    }
}

/// Says an error of the list all there is to say?
fn is_final(error: &anyhow::Error) -> bool {
    match error.downcast_ref::<GeminiError>() {
        Some(GeminiError::Transient { status: None, .. } | GeminiError::Timeout) | None => true,
        Some(error) => matches!(error, GeminiError::KeyRefused { .. } | GeminiError::NotServed { .. }),
    }
}

/// What the daemon says of the same error, so that both say the same.
fn remedy(error: &anyhow::Error, base_url: &str) -> String {
    // An error that is none of Gemini's is that nothing came in time.
    let error = error.downcast_ref::<GeminiError>().unwrap_or(&GeminiError::Timeout);
    health::gemini::remedy(error, &redacted(base_url))
}
