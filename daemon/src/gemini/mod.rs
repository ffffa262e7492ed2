//! Asks Gemini for one answer in one call. Owns the wire, the error policy, the circuit breaker and the
//! price table; refuses to know what a chat, a shop or a credit is.
//!
//! Source of facts: the REST interface `generateContent` as of November 2026. A daemon without a key builds no
//! [`Gemini`] at all: callers hold an `Option<Gemini>`.

mod answer;
mod ask;
mod backoff;
mod breaker;
mod client;
mod error;
mod escapes;
mod extract;
mod fault;
mod models;
mod outage;
mod record;
mod turns;
mod wire;

pub use answer::{Action, Answer, ModelChange, Usage};
pub use ask::{Ask, Role, Turn};
pub use backoff::Patience;
pub use breaker::{BreakerState, Cause};
pub use client::{Config, Gemini, Replacement, State};
pub use error::{BuildError, GeminiError, Refusal, Retry};
pub use models::{DEFAULT_MODEL, ListedModel, ModelOverride, Price, Thinking, ThinkingLevel, price, valid_name};
pub use record::{CallRecord, LastError, UnusableAnswers};
pub use turns::{Asker, Turns};
