//! What the bench and the pictures share: the console in a pseudo-terminal, and where its binary is.

pub mod program;
pub mod pty;
