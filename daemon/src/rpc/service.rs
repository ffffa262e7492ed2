//! The desk: resolves the tenant, asks who may, and hands the call to its handler.

use std::sync::Arc;

use mychatflow_data::protocol::error::{CallError, Code};
use mychatflow_data::protocol::{Answer, Request};

use super::Service;
use super::peer::Caller;
use crate::bus::{Audience, Bus};
use crate::cx::Cx;

/// Answers the calls of the socket.
pub struct Desk {
    /// The daemon.
    pub cx: Arc<Cx>,
}

impl Service for Desk {
    async fn call(&self, _caller: &Caller, request: Request) -> Result<Answer, CallError> {
        Err(CallError::new(Code::Unavailable, format!("{} has no handler yet", request.method().name)))
    }

    async fn audience(&self, _caller: &Caller, _tenant: Option<&str>) -> Result<Audience, CallError> {
        Ok(Audience::Everybody)
    }

    fn bus(&self) -> &Bus {
        &self.cx.bus
    }
}
