//! HTTP: the webhook and its health on one port, metrics and readiness on another. Never a redirect.

pub mod budget;
pub mod complaints;
pub mod counts;
pub mod intake;
pub mod server;
pub mod signature;
pub mod webhook;
