//! What the benches, the pictures and the trials share: dice, the console in a pseudo-terminal, what a daemon is told,
//! commands as they would be typed, the campaign that everything is done to, and the shop to which everything happens.

pub mod dice;
pub mod program;
pub mod pty;
mod scene;
pub mod told;
pub mod torture;
pub mod trial;
pub mod typed;
