//! What comes back: an action, the words for the customer, and what it cost.

use std::ops::AddAssign;

use super::models::Price;

/// What the model wants done with the customer's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Send the reply.
    Reply,
    /// Send the reply, if there is one, then leave the chat to a human.
    Handoff,
    /// Send nothing: the message needs no answer.
    Ignore,
}

impl Action {
    /// The word of the response schema.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Reply => "reply",
            Action::Handoff => "handoff",
            Action::Ignore => "ignore",
        }
    }
}

/// Tokens as Gemini counted them, summed over the attempts of one call that came back with a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Tokens sent, the cached ones included.
    pub prompt: i64,
    /// Of those, tokens served from Google's cache at a lower price.
    pub cached: i64,
    /// Tokens of the answer, without thoughts.
    pub output: i64,
    /// Tokens of thinking, billed as output.
    pub thoughts: i64,
}

impl Usage {
    /// What these tokens cost, in micro-dollars, rounded to the nearest.
    ///
    /// `(prompt − cached)·input + cached·cached + (output + thoughts)·output`; negative counts read as zero.
    pub fn cost_microdollars(&self, price: &Price) -> i64 {
        let tokens = |n: i64| i128::from(n.max(0));
        let fresh = tokens(self.prompt.saturating_sub(self.cached.max(0)));
        let sum = fresh * i128::from(price.input)
            + tokens(self.cached) * i128::from(price.cached)
            + (tokens(self.output) + tokens(self.thoughts)) * i128::from(price.output);
        i64::try_from((sum + 500_000) / 1_000_000).unwrap_or(i64::MAX)
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Usage) {
        self.prompt = self.prompt.saturating_add(other.prompt);
        self.cached = self.cached.saturating_add(other.cached);
        self.output = self.output.saturating_add(other.output);
        self.thoughts = self.thoughts.saturating_add(other.thoughts);
    }
}

/// Another model answers than the one that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelChange {
    /// The one that was asked for.
    pub asked: String,
    /// The one that answered.
    pub answered: String,
    /// Is the first one not there any more? Otherwise Google routed the question by itself.
    pub gone: bool,
}

impl std::fmt::Display for ModelChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { asked, answered, gone } = self;
        let what = if *gone { "is not there any more" } else { "does not answer itself" };
        write!(
            f,
            "the model {asked} {what}: {answered} answers in its place, at its own price; to choose another, set \
             gemini.model, then: mychatflow daemon reload"
        )
    }
}

/// A usable answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// What to do.
    pub action: Action,
    /// The words for the customer as the model wrote them: never JSON, never thoughts, trimmed, not yet converted to
    /// WhatsApp's format. Never blank for [`Action::Reply`]; may be blank otherwise.
    pub reply: String,
    /// Why a human is wanted, in the model's words; for people, not for programs.
    pub handoff_reason: Option<String>,
    /// What was counted, retries within the call included.
    pub usage: Usage,
    /// The model that answered, as Gemini names it: shows silent routing.
    pub model_version: Option<String>,
    /// Gemini's id of the response, the key for audits.
    pub response_id: Option<String>,
    /// From the first request to the usable answer, waiting included, in milliseconds.
    pub latency_ms: u64,
    /// Whether another model answered than was asked.
    pub change: Option<ModelChange>,
}

impl std::fmt::Debug for Answer {
    /// Prints no text of the conversation.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer")
            .field("action", &self.action)
            .field("reply_chars", &self.reply.chars().count())
            .field("usage", &self.usage)
            .field("model_version", &self.model_version)
            .field("response_id", &self.response_id)
            .field("latency_ms", &self.latency_ms)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cost_follows_the_price_list() {
        let lite = Price { input: 300_000, output: 2_500_000, cached: 30_000 };
        let rows = [
            (Usage { prompt: 2500, cached: 0, output: 120, thoughts: 0 }, 1050),
            (Usage { prompt: 5321, cached: 4096, output: 8, thoughts: 0 }, 510), // 367.5 + 122.88 + 20
            (Usage { prompt: 402, cached: 0, output: 0, thoughts: 197 }, 613),   // 120.6 + 492.5
            (Usage::default(), 0),
            (Usage { prompt: -5, cached: -1, output: -3, thoughts: 0 }, 0),
        ];
        for (usage, expected) in rows {
            assert_eq!(usage.cost_microdollars(&lite), expected, "{usage:?}");
        }
    }
}
