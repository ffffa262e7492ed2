//! What acts: the webhook, the jobs, and the clients of WAHA and Gemini.

pub mod bus;
pub mod config;
pub mod cx;
pub mod flow;
pub mod gemini;
pub mod http;
pub mod instances;
pub mod jobs;
pub mod receivers;
pub mod rounds;
pub mod rpc;
pub mod tell;
pub mod waha;
