//! `doctor`: looks for what is wrong, line by line, and says what to do. Each question has a short time-out, so that it
//! ends soon whatever is broken.

mod clock;
mod files;
mod gemini;
mod message;
mod numbers;
mod probe;
mod settings;
mod socket;
mod waha;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use mychatflow_daemon::clients;
use mychatflow_daemon::config::{Config, WAHA_NAME, WahaConfig};
use mychatflow_daemon::cx::Clients;
use mychatflow_data::model::finding::{FindingCode, FindingLevel, FindingSubject, HealthFinding};
use mychatflow_data::time::Timestamp;
use secrecy::SecretString;
use serde::Serialize;
use tokio::time::timeout;

use super::Cx;
use super::dialogue::{Answer, leave, somebody_is_there};
use crate::cli::DoctorArgs;
use crate::config;
use crate::output::{Format, clean};

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(8);
/// How wide the names are, for people.
const NAME_COLUMNS: usize = 20;

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// As it should be.
    Ok,
    /// It works, but somebody should know.
    Warning,
    /// It does not work.
    Failed,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// One line of the doctor's.
#[derive(Debug, Serialize)]
struct Check {
    name: String,
    state: State,
    detail: String,
    remedy: Option<String>,
    /// What the daemon found, where the line is one of its findings.
    #[serde(skip_serializing_if = "Option::is_none")]
    finding: Option<Box<HealthFinding>>,
}

impl Check {
    fn ok(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { name: name.into(), state: State::Ok, detail: detail.into(), remedy: None, finding: None }
    }

    fn warning(name: impl Into<String>, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        let remedy = Some(remedy.into());
        Self { name: name.into(), state: State::Warning, detail: detail.into(), remedy, finding: None }
    }

    fn failed(name: impl Into<String>, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        let remedy = Some(remedy.into());
        Self { name: name.into(), state: State::Failed, detail: detail.into(), remedy, finding: None }
    }

    /// A finding of the daemon's, in its own words.
    fn found(finding: &HealthFinding, now: Timestamp) -> Self {
        let state = match finding.level {
            FindingLevel::Warning => State::Warning,
            FindingLevel::Failed => State::Failed,
        };
        Self {
            name: finding.subject.to_string(),
            state,
            detail: format!("{}; known from: {}", finding.headline(now), finding.proof(now)),
            remedy: Some(finding.remedy.clone()),
            finding: Some(Box::new(finding.clone())),
        }
    }

    fn line(&self) -> String {
        let Self { name, state, detail, remedy, finding: _ } = self;
        let mut line = format!("{:<7}  {:<NAME_COLUMNS$}  {}", state.word(), clean(name), clean(detail));
        if let Some(remedy) = remedy {
            line.push_str(&format!("\n{:<7}  {:<NAME_COLUMNS$}  → {}", "", "", clean(remedy)));
        }
        line
    }
}

/// What is printed for programs.
#[derive(Serialize)]
struct Report {
    checks: Vec<Check>,
    ok: bool,
}

/// May the doctor mend something?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hand {
    /// It only looks.
    Looks,
    /// `--fix`
    Mends,
}

/// May the doctor send real messages?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Probing {
    /// Nobody asked for it.
    Unasked,
    /// `--probe`, and nobody said yes.
    Refused,
    /// `--probe`, with a yes.
    Allowed,
}

impl Probing {
    fn of(args: &DoctorArgs) -> anyhow::Result<Self> {
        const QUESTION: &str =
            "This sends a WhatsApp message from each number to itself, and asks Gemini one question. Send and ask?";
        Ok(match args {
            DoctorArgs { probe: false, .. } => Self::Unasked,
            DoctorArgs { yes: true, .. } => Self::Allowed,
            _ if !somebody_is_there() => Self::Refused,
            _ if leave(QUESTION)? == Answer::Yes => Self::Allowed,
            _ => Self::Refused,
        })
    }
}

/// Collects what was found; people see each line at once.
struct Findings<'c> {
    cx: &'c Cx,
    checks: Vec<Check>,
}

impl Findings<'_> {
    fn add(&mut self, check: Check) -> anyhow::Result<()> {
        if self.cx.output.format() == Format::People {
            self.cx.output.text(&check.line())?;
        }
        self.checks.push(check);
        Ok(())
    }

    /// Adds a finding of the daemon's about another server, unless our own look, which is newer, has told as much: that it is
    /// out of order, or that it answers where the daemon had not asked yet.
    fn add_seen(&mut self, finding: &HealthFinding) -> anyhow::Result<()> {
        let name = finding.subject.to_string();
        let unproven = matches!(finding.code, FindingCode::WahaUnproven | FindingCode::ModelUnproven);
        let is_told = |check: &Check| check.name == name && (unproven || check.state != State::Ok);
        if self.checks.iter().any(is_told) {
            return Ok(());
        }
        self.add(Check::found(finding, self.cx.now))
    }
}

/// Looks at everything.
pub async fn run(cx: &Cx, args: DoctorArgs) -> anyhow::Result<()> {
    if let Some(host) = &cx.globals.host {
        bail!("the doctor looks at the machine that it runs on: ssh {host} mychatflow doctor");
    }
    let hand = if args.fix { Hand::Mends } else { Hand::Looks };
    let probing = Probing::of(&args)?;
    let mut findings = Findings { cx, checks: Vec::new() };

    let loaded = config::load(cx.globals.config.as_deref(), &cx.env);
    findings.add(files::config(loaded.as_ref(), hand))?;
    let config = loaded.as_ref().ok().map(|loaded| loaded.config.clone());
    let daemon = socket::check(cx, config, &mut findings).await?;

    // What the config says of other servers counts only if all of it can be read.
    let clients = match loaded.ok().map(|loaded| clients::build(loaded.config)) {
        Some(Ok(clients)) => Some(clients),
        Some(Err(error)) => {
            let detail = format!("{:#}", anyhow::Error::new(error));
            findings.add(Check::failed("clients", detail, "correct the config, then: mychatflow config check"))?;
            None
        }
        None => None,
    };
    // A caller without a config of their own can say nothing of what the daemon has.
    let has_own = |clients: &Clients| !clients.wahas.is_empty() || clients.gemini.is_some();
    if let Some(clients) = clients.as_ref().filter(|clients| daemon.is_none() || has_own(clients)) {
        waha::check(clients, &mut findings).await?;
        gemini::check(clients, daemon.as_ref(), probing, &mut findings).await?;
        clock::check(clients, &mut findings)?;
    }
    if let Some(daemon) = &daemon {
        for finding in &daemon.findings {
            if matches!(finding.subject, FindingSubject::Waha { .. } | FindingSubject::Gemini | FindingSubject::Clock) {
                findings.add_seen(finding)?;
            }
        }
        numbers::check(cx, daemon, clients.as_ref(), hand, probing, &mut findings).await?;
        settings::check(daemon, &mut findings).await?;
    }
    if probing == Probing::Refused {
        let detail = "nothing was sent: nobody said yes";
        findings.add(Check::warning("probe", detail, "mychatflow doctor --probe --yes"))?;
    }
    conclude(cx, findings.checks)
}

fn conclude(cx: &Cx, checks: Vec<Check>) -> anyhow::Result<()> {
    let count = |state: State| checks.iter().filter(|check| check.state == state).count();
    let (all, failed, warned) = (checks.len(), count(State::Failed), count(State::Warning));
    match cx.output.format() {
        Format::Json => cx.output.json(&Report { ok: failed == 0, checks })?,
        Format::People if failed == 0 && warned == 0 => cx.output.text("everything is in order")?,
        Format::People if failed == 0 => cx.output.text(&format!("it works; warnings: {warned}"))?,
        Format::People => {}
    }
    if failed > 0 {
        bail!("{failed} of {all} checks failed");
    }
    Ok(())
}

/// Tries a WAHA and its key: what was found there.
///
/// # Errors
/// What is wrong.
pub async fn try_waha(url: &str, key: SecretString) -> Result<String, KeyTrialError> {
    let trouble = |error: clients::ClientsError| KeyTrialError::Trouble(format!("{:#}", anyhow::Error::new(error)));
    let mut config = Config::new(PathBuf::new(), PathBuf::new());
    config.waha = vec![WahaConfig::new(WAHA_NAME, url, key)];
    let built = clients::build(config).map_err(trouble)?;
    let Some((name, waha)) = built.wahas.iter().next() else {
        return Err(KeyTrialError::Trouble("no server".to_owned()));
    };
    waha::try_key(name, waha).await
}

/// Why a server and its key were not found to be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyTrialError {
    /// The key is wrong.
    #[error("{0}")]
    KeyRefused(String),
    /// There is no such model; these there are.
    #[error("there is no model {model}")]
    ModelUnknown {
        /// The model that was asked.
        model: String,
        /// Those that write answers.
        models: Vec<String>,
    },
    /// Anything else.
    #[error("{0}")]
    Trouble(String),
}

pub use self::gemini::try_model;

/// Waits for an answer, but not for long.
async fn soon<T, E>(asked: impl Future<Output = Result<T, E>>) -> anyhow::Result<T>
where
    anyhow::Error: From<E>,
{
    match timeout(PATIENCE, asked).await {
        Ok(answer) => Ok(answer?),
        Err(_) => bail!("no answer within {} s", PATIENCE.as_secs()),
    }
}
