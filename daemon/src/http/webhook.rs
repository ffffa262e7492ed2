//! `POST /webhooks/waha/{instance_id}`: read within bounds, verify, store, answer. Nothing more happens here.
//!
//! WAHA posts again until it sees a 2xx and forgets a delivery for good when it does. Hence 200 for everything that is
//! authentic and durable, and for what is authentic and of no use; 503 when it could not be made durable.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::{HeaderMap, Request, Response, StatusCode, header};
use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::delivery::{Delivery, DeliveryEvent, SELF_POSTED_KIND};
use mychatflow_data::protocol::event::Topic;
use mychatflow_data::store::admin::DAEMON;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::instances::Receiver;
use mychatflow_data::store::tx::accept_delivery::Accepted;
use serde_json::json;
use sha2::{Digest, Sha512};

use super::budget::{Budget, Share};
use super::complaints::Complaints;
use super::counts::Counts;
use super::intake::RefusalKind;
use super::signature::{self, SignatureError};
use crate::chain::chain;
use crate::cx::Cx;
use crate::flow::clean::{clean_edit, clean_message};
use crate::halt;
use crate::waha;

/// How long a sender may take for a whole request.
pub const SENDER_MAX: Duration = Duration::from_secs(10);
/// What a sender is told when we can't take it now, in seconds.
const RETRY_AFTER_S: &str = "2";

/// An answer.
pub type Answer = Response<Full<Bytes>>;

/// What the webhook works with.
pub struct Webhook {
    /// The daemon.
    pub cx: Arc<Cx>,
    /// Memory for bodies that nobody has vouched for yet.
    pub budget: Budget,
    /// Where refused deliveries are counted.
    pub counts: Arc<Counts>,
    /// Which refusals were told lately.
    pub complaints: Complaints,
}

/// Who posts, as far as the connection shows it.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

enum Unread {
    TooLarge,
    NoMemory,
    Slow,
    Broken,
}

impl Webhook {
    /// Answers one POST for the instance that the path names.
    pub async fn receive(&self, instance: &str, request: Request<Incoming>) -> Answer {
        let peer = request.extensions().get().copied();
        let receiver = instance.parse().ok().and_then(|id: InstanceId| self.cx.receivers.find(id));
        let Some(receiver) = receiver else {
            // Counted by the daemon itself: nobody's number was meant.
            self.counts.add(DAEMON, "ingest.ignored");
            self.counts.add(DAEMON, "refused.unknown_instance");
            self.refuse(RefusalKind::UnknownInstance, None, peer);
            self.complain("a delivery for an instance that is not here", None, peer);
            return answer(StatusCode::NOT_FOUND, r#"{"error":"no such instance"}"#);
        };
        let (head, body) = request.into_parts();
        let mut share = Share::default();
        let body = match self.read(&head.headers, body, &mut share).await {
            Ok(body) => body,
            Err(unread) => return self.unread(&receiver, &unread, peer),
        };
        let key = receiver.hmac_key.reveal().as_bytes();
        if let Err(error) = signature::verify(key, &head.headers, &body) {
            self.counts.add(receiver.tenant, "ingest.bad_signature");
            tracing::debug!(instance.id = %receiver.instance, %error, "a delivery with a bad signature");
            let kind = match error {
                SignatureError::Missing | SignatureError::Algorithm => RefusalKind::Unsigned,
                _ => RefusalKind::Signature,
            };
            self.refuse(kind, Some(&receiver), peer);
            self.complain("a delivery with a bad signature", Some(&receiver), peer);
            return answer(StatusCode::UNAUTHORIZED, r#"{"error":"bad signature"}"#);
        }
        drop(share);
        self.take_in(&receiver, &body, peer).await
    }

    /// Tells of a refusal, in the log and to consoles, unless the same was told a moment ago.
    fn complain(&self, what: &'static str, receiver: Option<&Receiver>, peer: Option<Peer>) {
        let instance = receiver.map(|receiver| receiver.instance);
        let Some(left_out) = self.complaints.may_say(what, instance, self.cx.now()) else { return };
        let from = peer.map_or_else(|| "an unknown address".to_owned(), |peer| peer.0.to_string());
        let id = instance.map(|instance| instance.to_string());
        tracing::warn!(instance.id = id, peer = from, left_out, "{what}");
        let others = if left_out > 0 { format!(", and {left_out} more before it") } else { String::new() };
        let told = json!({"level": "warning", "text": format!("{what}, from {from}{others}")});
        // What was meant for no number of ours is the operators' business.
        let tenant = receiver.map_or(DAEMON, |receiver| receiver.tenant);
        self.cx.bus.publish(Some(tenant), Topic::DaemonNotice, &told);
    }

    async fn read(&self, headers: &HeaderMap, body: Incoming, share: &mut Share) -> Result<Bytes, Unread> {
        let limit = self.cx.config().webhook.max_body_bytes;
        let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        if announced.is_some_and(|bytes: usize| bytes > limit) {
            return Err(Unread::TooLarge);
        }
        let read = self.read_frames(limit, announced.unwrap_or(0), body, share);
        tokio::time::timeout(SENDER_MAX, read).await.unwrap_or(Err(Unread::Slow))
    }

    async fn read_frames(
        &self,
        limit: usize,
        announced: usize,
        mut body: Incoming,
        share: &mut Share,
    ) -> Result<Bytes, Unread> {
        // What was announced is not taken at once: a sender that announces much and sends nothing costs nothing.
        let mut first = None;
        let mut whole = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
            let bytes = whole.len() + first.as_ref().map_or(0, Bytes::len) + data.len();
            if bytes > limit {
                return Err(Unread::TooLarge);
            }
            if !self.budget.cover(share, bytes) {
                return Err(Unread::NoMemory);
            }
            if first.is_none() && whole.is_empty() && (body.is_end_stream() || data.len() == announced) {
                first = Some(data);
                continue;
            }
            if let Some(first) = first.take() {
                whole.extend_from_slice(&first);
            }
            whole.extend_from_slice(&data);
        }
        Ok(first.unwrap_or_else(|| whole.freeze()))
    }

    fn unread(&self, receiver: &Receiver, unread: &Unread, peer: Option<Peer>) -> Answer {
        match unread {
            Unread::TooLarge => {
                self.counts.add(receiver.tenant, "ingest.unreadable");
                self.counts.add(receiver.tenant, "refused.too_large");
                self.refuse(RefusalKind::TooLarge, Some(receiver), peer);
                self.complain("a delivery over webhook.max_body_bytes", Some(receiver), peer);
                closing(answer(StatusCode::PAYLOAD_TOO_LARGE, r#"{"error":"the body is too large"}"#))
            }
            Unread::NoMemory => {
                self.complain("too many unverified deliveries at once", None, peer);
                closing(later(r#"{"error":"too many deliveries at once"}"#))
            }
            Unread::Slow | Unread::Broken => {
                self.counts.add(receiver.tenant, "refused.cut");
                closing(answer(StatusCode::REQUEST_TIMEOUT, r#"{"error":"the body did not come in time"}"#))
            }
        }
    }

    async fn take_in(&self, receiver: &Receiver, body: &[u8], peer: Option<Peer>) -> Answer {
        let delivery = match waha::parse(body) {
            Ok(delivery) => delivery,
            Err(error) => return self.keep(receiver, body, chain(&error)).await,
        };
        if delivery.session != receiver.session {
            self.counts.add(receiver.tenant, "ingest.ignored");
            self.refuse(RefusalKind::ForeignSession, Some(receiver), peer);
            tracing::warn!(
                instance.id = %receiver.instance,
                "a delivery of another session: is WAHA's global webhook set to this number's address?"
            );
            return answer(StatusCode::OK, r#"{"ignored":true}"#);
        }
        // It has arrived, whether the store takes it or not. What tries our own address is no sign of WAHA, and nothing follows.
        match &delivery.event {
            DeliveryEvent::Unknown { kind } if kind == SELF_POSTED_KIND => {
                return answer(StatusCode::OK, r#"{"ignored":true}"#);
            }
            DeliveryEvent::SessionStatus(told) => {
                self.cx.numbers.note_delivery(receiver.instance, Some(&told.status), self.cx.now());
            }
            _ => self.cx.numbers.note_delivery(receiver.instance, None, self.cx.now()),
        }
        let tenant = self.cx.store.tenant_of_receiver(receiver).with_clock_error(self.cx.clock_error());
        let rules = self.cx.config().reply;
        if matches!(&delivery.event, DeliveryEvent::Message(message) if !message.from_me) {
            self.cx.hurry.note(self.cx.now());
        }
        self.cx.probes.note(&delivery.event);
        match tenant.accept_delivery(receiver.instance, cleaned(delivery), rules, self.cx.now()).await {
            Ok(Accepted::Stored) => {
                self.cx.intake.note_stored(self.cx.now());
                halt::at("delivery_stored").await;
                answer(StatusCode::OK, r#"{"stored":true}"#)
            }
            Ok(Accepted::Duplicate) => answer(StatusCode::OK, r#"{"duplicate":true}"#),
            Ok(Accepted::Ignored) => answer(StatusCode::OK, r#"{"ignored":true}"#),
            Err(error) => self.not_stored(&error),
        }
    }

    async fn keep(&self, receiver: &Receiver, body: &[u8], reason: String) -> Answer {
        tracing::warn!(instance.id = %receiver.instance, reason, "an authentic delivery that can't be read");
        let tenant = self.cx.store.tenant_of_receiver(receiver);
        let digest = Sha512::digest(body).to_vec();
        match tenant.keep_unreadable(receiver.instance, body.to_vec(), digest, reason, self.cx.now()).await {
            Ok(()) => {
                self.cx.intake.note_stored(self.cx.now());
                answer(StatusCode::OK, r#"{"unreadable":true}"#)
            }
            Err(error) => self.not_stored(&error),
        }
    }

    fn not_stored(&self, error: &StoreError) -> Answer {
        tracing::error!(error = chain(error), "a delivery could not be stored");
        self.cx.intake.note_not_stored(error, self.cx.now());
        later(r#"{"error":"the store can't take it now"}"#)
    }

    fn refuse(&self, kind: RefusalKind, receiver: Option<&Receiver>, peer: Option<Peer>) {
        let from = peer.map(|peer| peer.0.to_string());
        self.cx.intake.note_refused(kind, receiver.map(|receiver| receiver.instance), from, self.cx.now());
    }
}

/// Names come from strangers' phones: no control and no bidi characters get further than this,
/// and nothing that is longer than any phone sends.
fn cleaned(mut delivery: Delivery) -> Delivery {
    match &mut delivery.event {
        DeliveryEvent::Message(message) | DeliveryEvent::Waiting(message) => clean_message(message),
        DeliveryEvent::Edited(edited) => clean_edit(edited),
        _ => {}
    }
    delivery
}

/// An answer with a JSON body.
#[must_use]
pub fn answer(status: StatusCode, body: &'static str) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from_static(body.as_bytes())));
    *answer.status_mut() = status;
    let json = header::HeaderValue::from_static("application/json");
    answer.headers_mut().insert(header::CONTENT_TYPE, json);
    answer
}

fn later(body: &'static str) -> Answer {
    let mut answer = answer(StatusCode::SERVICE_UNAVAILABLE, body);
    answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static(RETRY_AFTER_S));
    answer
}

/// The rest of the body is not read: the connection can't be used again.
fn closing(mut answer: Answer) -> Answer {
    answer.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_says_what_its_body_is() {
        for answer in [answer(StatusCode::OK, "{}"), later("{}"), closing(later("{}"))] {
            assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/json");
        }
        assert_eq!(later("{}").headers()[header::RETRY_AFTER], RETRY_AFTER_S);
    }
}
