//! What acts: the webhook, the jobs, and the clients of WAHA and Gemini.

pub mod flow;
pub mod gemini;
pub mod http;
pub mod waha;
