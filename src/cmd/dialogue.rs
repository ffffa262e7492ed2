//! Questions to a person at a terminal, on stderr: a line, a secret, yes or no.

use std::io::{self, IsTerminal, Write};

use anyhow::Context;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use secrecy::SecretString;

/// Is somebody there to be asked?
pub fn somebody_is_there() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a line; `None` when nobody will answer any more.
pub fn ask(question: &str) -> anyhow::Result<Option<String>> {
    {
        let mut stderr = io::stderr().lock();
        write!(stderr, "{question}").and_then(|()| stderr.flush()).context("could not ask")?;
    }
    let mut line = String::new();
    let bytes =
        tokio::task::block_in_place(|| io::stdin().read_line(&mut line)).context("could not read the answer")?;
    Ok((bytes > 0).then(|| line.trim().to_owned()))
}

/// Asks for a line that nobody may read over the shoulder.
pub fn ask_secret(question: &str) -> anyhow::Result<Option<SecretString>> {
    let quiet = Quiet::enter();
    let answer = ask(question)?;
    drop(quiet);
    Ok(answer.map(SecretString::from))
}

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Yes, and what counts as yes: just Enter.
    Yes,
    /// Anything else.
    No,
}

/// Asks for consent.
pub fn consent(question: &str) -> anyhow::Result<Answer> {
    let answer = ask(&format!("{question} [Y/n] "))?;
    Ok(match answer.as_deref().map(str::to_lowercase).as_deref() {
        Some("" | "y" | "yes") => Answer::Yes,
        _ => Answer::No,
    })
}

/// Asks for leave to do something that others notice: only a yes is one.
pub fn leave(question: &str) -> anyhow::Result<Answer> {
    let answer = ask(&format!("{question} [y/N] "))?;
    Ok(match answer.as_deref().map(str::to_lowercase).as_deref() {
        Some("y" | "yes") => Answer::Yes,
        _ => Answer::No,
    })
}

/// The terminal does not show what is typed while this lives.
struct Quiet(Termios);

impl Quiet {
    /// `None` where the terminal does not do as told: a secret that is seen is better than none.
    fn enter() -> Option<Self> {
        let before = tcgetattr(io::stdin()).ok()?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        quiet.local_modes.insert(LocalModes::ECHONL);
        tcsetattr(io::stdin(), OptionalActions::Now, &quiet).ok()?;
        Some(Self(before))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // The terminal is gone when this fails.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}
