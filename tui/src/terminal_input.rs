//! What comes in from the terminal: bytes become keys, pastes, clicks and changes of the focus. The console reads the
//! terminal by itself, so that a long paste comes whole and a terminal that has gone is noticed at once.

mod bursts;
mod keyboard;
mod parser;

pub use self::bursts::Bursts;
pub use self::keyboard::{Input, Keyboard};
pub use self::parser::InputParser;
