//! What the benches, the pictures and the trials share: dice, the console in a pseudo-terminal, what a daemon is told,
//! commands as they would be typed, and the campaign that everything is done to.

pub mod dice;
pub mod program;
pub mod pty;
pub mod told;
pub mod trial;
pub mod typed;
