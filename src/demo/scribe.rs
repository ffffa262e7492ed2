//! Writes down what happens: aligned lines for people, one object a line for programs.

use mychatflow_data::model::interaction::InteractionState;
use mychatflow_data::time::Timestamp;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::happening::Happening;
use super::tally::{Summary, Verdict};
use crate::output::{Format, Output, Style, clean, local};

/// The column of names.
const NAME_COLUMNS: usize = 10;

/// Writes down what happens.
pub struct Scribe {
    output: Output,
}

/// The look of a line.
#[derive(Clone, Copy)]
enum Ink {
    Plain,
    Dim,
    Ours,
    Alarm,
}

#[derive(Serialize)]
struct Line<'h> {
    at: Timestamp,
    #[serde(flatten)]
    happening: &'h Happening,
}

#[derive(Serialize)]
struct Last<'s> {
    summary: &'s Summary,
}

impl Scribe {
    /// Writes to stdout.
    pub fn new(output: Output) -> Self {
        Self { output }
    }

    /// One thing that happened, now.
    pub fn tell(&mut self, happening: &Happening) -> anyhow::Result<()> {
        let at = Timestamp::now();
        if self.output.format() == Format::Json {
            return self.output.json(&Line { at, happening });
        }
        let (who, mark, text, ink) = words(happening);
        let who = clean(who);
        let gap = " ".repeat(NAME_COLUMNS.saturating_sub(who.width()));
        let line = format!("{}  {who}{gap} {mark} {}", local(at, "%H:%M:%S"), clean(&text));
        self.output.text(&self.inked(line.trim_end(), ink))
    }

    /// A drawing between the lines; programs have no use for it.
    pub fn draw(&mut self, drawing: &str) -> anyhow::Result<()> {
        match self.output.format() {
            Format::Json => Ok(()),
            Format::People => self.output.text(&format!("\n{drawing}")),
        }
    }

    /// The end.
    pub fn sum_up(&mut self, verdict: &Verdict) -> anyhow::Result<()> {
        let summary = &verdict.summary;
        if self.output.format() == Format::Json {
            return self.output.json(&Last { summary });
        }
        let Summary { deliveries, duplicates, inbound, replies, credits_used, lost, doubled } = *summary;
        let ink = if verdict.differences.is_empty() { Ink::Ours } else { Ink::Alarm };
        let text = format!(
            "WAHA made {}, {} of a message it had delivered before.\n\
             {} of customers came in, {} went out, {} spent.\n",
            count(deliveries, "delivery", "deliveries"),
            if duplicates == 0 { "none".to_owned() } else { duplicates.to_string() },
            count(inbound, "message", "messages"),
            count(replies, "answer", "answers"),
            count(credits_used, "credit", "credits"),
        ) + &others(verdict);
        self.output.text(&format!("\n{text}"))?;
        self.output.text(&self.inked(&format!("{lost} lost, {doubled} doubled."), ink))
    }

    fn inked(&self, line: &str, ink: Ink) -> String {
        let code = match (self.output.style(), ink) {
            (Style::Plain, _) | (_, Ink::Plain) => return line.to_owned(),
            (Style::Terminal, Ink::Dim) => "2",
            (Style::Terminal, Ink::Ours) => "32",
            (Style::Terminal, Ink::Alarm) => "1;31",
        };
        format!("\x1b[{code}m{line}\x1b[0m")
    }
}

/// What went out beside answers.
fn others(verdict: &Verdict) -> String {
    let Verdict { by_hand, by_campaign, .. } = *verdict;
    let mut text = String::new();
    if by_hand > 0 {
        text.push_str(&format!("You wrote {}.\n", count(by_hand, "message", "messages")));
    }
    if by_campaign > 0 {
        text.push_str(&format!("{} went out for a campaign.\n", count(by_campaign, "message", "messages")));
    }
    text
}

fn count(count: i64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Name, mark, text and look of a line.
fn words(happening: &Happening) -> (&str, &'static str, String, Ink) {
    let aside = |text: String| ("", "·", text, Ink::Dim);
    match happening {
        Happening::Opened { socket, data_dir } => {
            let kept = match data_dir {
                Some(dir) => format!("; the store stays in {}", dir.display()),
                None => String::new(),
            };
            aside(format!(
                "a made-up WhatsApp and Gemini, the real daemon; look in with --socket {}{kept}",
                socket.display()
            ))
        }
        Happening::Furnished { shop, quick_replies, credits } => {
            aside(format!("{shop} opens with {quick_replies} stored answers and {credits} credits"))
        }
        Happening::Code { attempt, attempts_max } => {
            aside(format!("code {attempt} of {attempts_max}; a phone scans it"))
        }
        Happening::Paired { phone } => {
            let phone = phone.as_ref().map(|phone| format!(" with {phone}")).unwrap_or_default();
            aside(format!("paired{phone}: WORKING"))
        }
        Happening::Known { names } => {
            aside(format!("from before the pairing, not answered until you say so: {}", names.join(", ")))
        }
        Happening::Typing { who } => (who, " ", "…".to_owned(), Ink::Dim),
        Happening::Wrote { who, text } => (who, " ", text.clone(), Ink::Plain),
        Happening::Answered { who, text, state, credits_left, credits_granted, .. } => {
            let text = format!("{text}  {}  credit {credits_left}/{credits_granted}", ticks(*state));
            (who, "→", text, Ink::Ours)
        }
        Happening::OwnerWrote { who, text } => (who, "→", format!("{text}  (the owner, on the phone)"), Ink::Plain),
        Happening::Paused { who, until } => {
            (who, "·", format!("the owner wrote: assistant paused until {}", local(*until, "%H:%M")), Ink::Dim)
        }
        Happening::HandedOver { who, reason } => (who, "·", format!("handed to you: {reason}"), Ink::Dim),
        Happening::Silent { who, reason } => (who, "·", format!("no answer: {reason}"), Ink::Dim),
        Happening::Reacted { who, emoji } => (who, " ", format!("reacts with {emoji}"), Ink::Plain),
        Happening::WroteInGroup { who, text } => (who, " ", format!("{text}  (in a group)"), Ink::Plain),
        Happening::GroupLeftAlone => ("", "·", "group: left alone".to_owned(), Ink::Dim),
        Happening::DeliveredAgain { who } => {
            (who, "·", "duplicate: the same delivery again, ignored".to_owned(), Ink::Dim)
        }
        Happening::Missed { what } => ("", "!", format!("not seen in time: {what}"), Ink::Alarm),
    }
}

fn ticks(state: InteractionState) -> &'static str {
    match state {
        InteractionState::Sent => "✓",
        InteractionState::Delivered => "✓✓",
        InteractionState::Read | InteractionState::Played => "✓✓ read",
        other => other.word(),
    }
}
