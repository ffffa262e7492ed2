//! What acts: the webhook, the jobs, and the clients of WAHA and Gemini.

pub mod bus;
pub mod config;
pub mod rpc;
