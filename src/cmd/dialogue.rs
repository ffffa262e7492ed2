//! Questions to a person at a terminal, on stderr: a line, a secret, yes or no.

use std::io::{self, IsTerminal, Write};

use anyhow::Context;
use rustix::termios::{LocalModes, OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcsetattr};
use secrecy::SecretString;

use crate::output::note;

/// Is somebody there to be asked?
pub fn somebody_is_there() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a line; `None` when nobody will answer any more.
pub fn ask(question: &str) -> anyhow::Result<Option<String>> {
    let _echo = EchoGuard::set(Echo::On);
    let answer = read_answer(question)?;
    Ok(answer.map(|line| line.trim().to_owned()))
}

/// Asks for a line that nobody may read over the shoulder.
pub fn ask_secret(question: &str) -> anyhow::Result<Option<SecretString>> {
    let _echo = EchoGuard::set(Echo::Off);
    let answer = read_answer(question)?;
    note("");
    Ok(answer.map(|line| SecretString::from(line.trim())))
}

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Yes,
    /// No, or nobody will answer any more.
    No,
}

/// Asks for consent: just Enter is a yes.
pub fn consent(question: &str) -> anyhow::Result<Answer> {
    Ok(yes_or_no(question, Answer::Yes)?.unwrap_or(Answer::No))
}

/// Asks for leave to do something that others notice: just Enter is a no.
pub fn leave(question: &str) -> anyhow::Result<Answer> {
    Ok(yes_or_no(question, Answer::No)?.unwrap_or(Answer::No))
}

/// Asks until the answer is yes, no or just Enter; `None` when nobody will answer any more.
///
/// Whatever else comes, such as a pasted key, is neither an answer nor shown: it may be a secret that was meant for the
/// question before.
pub fn yes_or_no(question: &str, on_enter: Answer) -> anyhow::Result<Option<Answer>> {
    let keys = match on_enter {
        Answer::Yes => "[Y/n]",
        Answer::No => "[y/N]",
    };
    let _echo = EchoGuard::set(Echo::Off);
    loop {
        let Some(line) = read_answer(&format!("{question} {keys} "))? else { return Ok(None) };
        match understood(&line, on_enter) {
            Some(answer) => {
                note(if answer == Answer::Yes { "yes" } else { "no" });
                return Ok(Some(answer));
            }
            None => {
                // The rest of what was pasted is no answer either. A terminal that can't drop it is asked again for each line.
                let _ = tcflush(io::stdin(), QueueSelector::IFlush);
                note("\nThat is neither yes nor no, and was not used. Type y or n, then Enter.");
            }
        }
    }
}

/// What a line says to a question with yes or no.
fn understood(line: &str, on_enter: Answer) -> Option<Answer> {
    match line.trim().to_lowercase().as_str() {
        "" => Some(on_enter),
        "y" | "yes" => Some(Answer::Yes),
        "n" | "no" => Some(Answer::No),
        _ => None,
    }
}

fn read_answer(question: &str) -> anyhow::Result<Option<String>> {
    {
        let mut stderr = io::stderr().lock();
        write!(stderr, "{question}").and_then(|()| stderr.flush()).context("could not ask")?;
    }
    let mut line = String::new();
    let bytes =
        tokio::task::block_in_place(|| io::stdin().read_line(&mut line)).context("could not read the answer")?;
    Ok((bytes > 0).then_some(line))
}

/// Does the terminal show what is typed?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Echo {
    /// Yes.
    On,
    /// No.
    Off,
}

/// How a terminal was set.
pub struct TerminalModes(Termios);

impl TerminalModes {
    /// Sets it so again.
    pub fn restore(&self) {
        // The terminal is gone when this fails.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

/// Sets whether the terminal shows what is typed, until this is dropped.
pub struct EchoGuard(TerminalModes);

impl EchoGuard {
    /// `None` where the terminal does not do as told: a secret that is seen is better than none.
    pub fn set(echo: Echo) -> Option<Self> {
        let before = tcgetattr(io::stdin()).ok()?;
        let mut modes = before.clone();
        modes.local_modes.set(LocalModes::ECHO, echo == Echo::On);
        tcsetattr(io::stdin(), OptionalActions::Now, &modes).ok()?;
        Some(Self(TerminalModes(before)))
    }

    /// How the terminal was set before, for a process that ends without dropping the guard.
    pub fn before(&self) -> TerminalModes {
        TerminalModes(self.0.0.clone())
    }
}

impl Drop for EchoGuard {
    fn drop(&mut self) {
        self.0.restore();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_or_a_no_is_an_answer() {
        for (line, on_enter, expected) in [
            ("\n", Answer::Yes, Some(Answer::Yes)),
            ("\n", Answer::No, Some(Answer::No)),
            (" Y \n", Answer::No, Some(Answer::Yes)),
            ("yes\n", Answer::No, Some(Answer::Yes)),
            ("No\n", Answer::Yes, Some(Answer::No)),
            ("yAIzaSyA-1234567890\n", Answer::Yes, None),
            ("nothing\n", Answer::Yes, None),
            ("0\n", Answer::No, None),
        ] {
            assert_eq!(understood(line, on_enter), expected, "{line:?}");
        }
    }
}
