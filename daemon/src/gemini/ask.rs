//! What is asked: the system text and the turns of one conversation.

use super::turns::Asker;

/// Who speaks in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The customer.
    Customer,
    /// The shop: the assistant or a human of the shop.
    Shop,
}

/// One turn: everything one side said in a row, one part per message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Who speaks.
    pub role: Role,
    /// The messages, oldest first. Blank ones are dropped before the request is built.
    pub parts: Vec<String>,
}

/// One question to the model. The answer is always asked for in structured form.
#[derive(Clone, PartialEq, Eq)]
pub struct Ask {
    /// Who asks: where more ask than may at once, each asker has a turn in turn.
    pub asker: Asker,
    /// The model to ask; `None` means the configured one.
    pub model: Option<String>,
    /// The system text; blank means none.
    pub system: String,
    /// The conversation, oldest first. Neighbours of one role are merged; the last turn with text must be the customer's.
    pub turns: Vec<Turn>,
    /// The most tokens the answer may take, thoughts included.
    pub max_output_tokens: u32,
}

impl Ask {
    /// The default of [`Ask::max_output_tokens`]: a guard against runaway answers, not a matter of style.
    pub const MAX_OUTPUT_TOKENS: u32 = 1024;

    /// A question to the configured model with the default cap.
    pub fn new(system: impl Into<String>, turns: Vec<Turn>) -> Ask {
        Ask {
            asker: Asker::default(),
            model: None,
            system: system.into(),
            turns,
            max_output_tokens: Ask::MAX_OUTPUT_TOKENS,
        }
    }
}

impl std::fmt::Debug for Ask {
    /// Prints sizes only: the text of customers belongs in no log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ask")
            .field("model", &self.model)
            .field("system_chars", &self.system.chars().count())
            .field("turns", &self.turns.len())
            .field("max_output_tokens", &self.max_output_tokens)
            .finish()
    }
}
