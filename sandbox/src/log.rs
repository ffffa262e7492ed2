//! What really arrived: the record that tests and benches compare with the store.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::watch;

use crate::clock;

/// How much is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Record {
    /// Everything, bodies included.
    #[default]
    Everything,
    /// Every webhook with its tries, without its bytes, besides what `Sends` keeps: for long runs that ask at their end
    /// what the client had acknowledged, and when.
    Outlines,
    /// WhatsApp messages that were sent, and numbers. For benches, where the rest would fill the memory.
    /// `redeliver` has nothing to repeat then, nor with `Outlines`.
    Sends,
}

/// A request that reached the server.
#[derive(Clone, Debug)]
pub struct Request {
    /// When it came, in milliseconds since 1970.
    pub at_ms: i64,
    /// The HTTP method.
    pub method: String,
    /// The path as sent, percent-encoding included.
    pub path: String,
    /// The query as sent.
    pub query: Option<String>,
    /// The body.
    pub body: Bytes,
    /// What was answered; `None` while unanswered, and for ever when the connection was cut.
    pub status: Option<u16>,
}

impl Request {
    /// The body as JSON; `Null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// A WhatsApp message that left through the API.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// The session it left through.
    pub session: String,
    /// The chat, as `…@c.us`, `…@lid` or `…@g.us`.
    pub chat_id: String,
    /// Its text, or the caption of a file.
    pub text: String,
    /// The part of its id that never changes.
    pub bare_id: String,
    /// How many POSTs asked for it: more than one only where the client chose the id.
    pub posts: u32,
    /// When the first POST came, in milliseconds since 1970.
    pub at_ms: i64,
}

/// A webhook on its way to one URL.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The session that speaks.
    pub session: String,
    /// The kind of event.
    pub event: String,
    /// The id of the envelope; twins share it.
    pub envelope_id: String,
    /// The full id of the message it is about, if any.
    pub message_id: Option<String>,
    /// Where it goes.
    pub url: String,
    /// The bytes that were signed.
    pub body: Bytes,
    /// The status of each try; `None` for a try that got no answer.
    pub tries: Vec<Option<u16>>,
    /// Whether the last try got a 2xx.
    pub acknowledged: bool,
    /// When it got that, in milliseconds since 1970.
    pub acknowledged_at_ms: Option<i64>,
    /// Whether nothing more will be tried.
    pub finished: bool,
}

/// Numbers over all webhooks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Totals {
    /// Requests that came to the API.
    pub requests: u64,
    /// Webhooks started, one for each event and URL.
    pub deliveries: u64,
    /// POSTs made for them.
    pub tries: u64,
    /// Webhooks that got a 2xx.
    pub acknowledged: u64,
    /// Webhooks given up.
    pub abandoned: u64,
}

/// The condition did not come true in time.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("nothing of the kind happened within {0:?}")]
pub struct TimedOut(pub Duration);

/// Tells waiters that something changed. Wake-ups may be spurious, never lost.
#[derive(Debug)]
pub(crate) struct Changes(watch::Sender<u64>);

impl Changes {
    pub(crate) fn new() -> Changes {
        Changes(watch::Sender::new(0))
    }

    pub(crate) fn tell(&self) {
        self.0.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Asks `look` after every change until it finds something.
    pub(crate) async fn wait_for<T>(
        &self,
        deadline: Duration,
        mut look: impl FnMut() -> Option<T>,
    ) -> Result<T, TimedOut> {
        let mut changes = self.0.subscribe();
        let found = tokio::time::timeout(deadline, async {
            loop {
                changes.mark_unchanged();
                if let Some(found) = look() {
                    return found;
                }
                if changes.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        });
        found.await.map_err(|_| TimedOut(deadline))
    }
}

/// The requests of one server.
#[derive(Debug)]
pub(crate) struct Requests {
    record: Record,
    // A plain lock: one push or one copy long.
    list: Mutex<(u64, Vec<Request>)>,
}

/// Which request to note the status of; `None` when it was not kept.
pub(crate) type Place = Option<usize>;

impl Requests {
    pub(crate) fn new(record: Record) -> Requests {
        Requests { record, list: Mutex::new((0, Vec::new())) }
    }

    pub(crate) fn add(&self, parts: &hyper::http::request::Parts, body: &Bytes) -> Place {
        let mut list = self.lock();
        list.0 += 1;
        if self.record != Record::Everything {
            return None;
        }
        list.1.push(Request {
            at_ms: clock::now_ms(),
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            body: body.clone(),
            status: None,
        });
        Some(list.1.len() - 1)
    }

    pub(crate) fn answered(&self, place: Place, status: u16) {
        let mut list = self.lock();
        if let Some(request) = place.and_then(|place| list.1.get_mut(place)) {
            request.status = Some(status);
        }
    }

    pub(crate) fn all(&self) -> Vec<Request> {
        self.lock().1.clone()
    }

    pub(crate) fn count(&self) -> u64 {
        self.lock().0
    }

    fn lock(&self) -> MutexGuard<'_, (u64, Vec<Request>)> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What left through the API and what went out as webhooks.
#[derive(Debug)]
pub(crate) struct Log {
    record: Record,
    // Plain locks: one push or one copy long.
    sends: Mutex<Sends>,
    webhooks: Mutex<Webhooks>,
}

#[derive(Debug, Default)]
struct Sends {
    list: Vec<Sent>,
    places: HashMap<(String, String), usize>,
}

#[derive(Debug, Default)]
struct Webhooks {
    totals: Totals,
    list: Vec<Delivery>,
}

impl Log {
    pub(crate) fn new(record: Record) -> Log {
        Log { record, sends: Mutex::default(), webhooks: Mutex::default() }
    }

    pub(crate) fn keeps_everything(&self) -> bool {
        self.record == Record::Everything
    }

    pub(crate) fn sent(&self, sent: Sent) {
        let mut sends = lock(&self.sends);
        let key = (sent.session.clone(), sent.bare_id.clone());
        let place = sends.list.len();
        sends.places.insert(key, place);
        sends.list.push(sent);
    }

    pub(crate) fn posted_again(&self, session: &str, bare_id: &str) {
        let mut sends = lock(&self.sends);
        let place = sends.places.get(&(session.to_owned(), bare_id.to_owned())).copied();
        if let Some(sent) = place.and_then(|place| sends.list.get_mut(place)) {
            sent.posts += 1;
        }
    }

    pub(crate) fn sends(&self) -> Vec<Sent> {
        lock(&self.sends).list.clone()
    }

    pub(crate) fn sends_count(&self) -> usize {
        lock(&self.sends).list.len()
    }

    pub(crate) fn delivery(&self, make: impl FnOnce() -> Delivery) -> Place {
        let mut webhooks = lock(&self.webhooks);
        webhooks.totals.deliveries += 1;
        if self.record == Record::Sends {
            return None;
        }
        let mut delivery = make();
        if self.record == Record::Outlines {
            delivery.body = Bytes::new();
        }
        webhooks.list.push(delivery);
        Some(webhooks.list.len() - 1)
    }

    pub(crate) fn tried(&self, place: Place, status: Option<u16>) {
        let mut webhooks = lock(&self.webhooks);
        webhooks.totals.tries += 1;
        let good = status.is_some_and(|status| (200..300).contains(&status));
        webhooks.totals.acknowledged += u64::from(good);
        if let Some(delivery) = place.and_then(|place| webhooks.list.get_mut(place)) {
            delivery.tries.push(status);
            delivery.acknowledged = good;
            delivery.acknowledged_at_ms = good.then(clock::now_ms);
            delivery.finished |= good;
        }
    }

    pub(crate) fn abandoned(&self, place: Place) {
        let mut webhooks = lock(&self.webhooks);
        webhooks.totals.abandoned += 1;
        if let Some(delivery) = place.and_then(|place| webhooks.list.get_mut(place)) {
            delivery.finished = true;
        }
    }

    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        lock(&self.webhooks).list.clone()
    }

    pub(crate) fn totals(&self) -> Totals {
        lock(&self.webhooks).totals
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_waiter_sees_a_change_and_gives_up_without_one() {
        let changes = Changes::new();
        let none: Result<(), _> = changes.wait_for(Duration::from_millis(1), || None).await;
        assert!(none.is_err());
        let mut looks = 0;
        let found = changes.wait_for(Duration::from_secs(5), || {
            looks += 1;
            if looks == 1 {
                changes.tell();
            }
            (looks == 2).then_some(looks)
        });
        assert_eq!(found.await, Ok(2));
    }

    #[test]
    fn a_second_post_of_the_same_id_is_counted_on_the_first() {
        let log = Log::new(Record::Sends);
        let sent = Sent {
            session: "s".into(),
            chat_id: "c".into(),
            text: "t".into(),
            bare_id: "A".into(),
            posts: 1,
            at_ms: 0,
        };
        log.sent(sent.clone());
        log.posted_again("s", "A");
        log.posted_again("other", "A");
        assert_eq!(log.sends(), [Sent { posts: 2, ..sent }]);
    }

    #[test]
    fn outlines_tell_when_a_webhook_was_acknowledged_and_keep_no_bytes() {
        let log = Log::new(Record::Outlines);
        let place = log.delivery(|| Delivery {
            session: "s".into(),
            event: "message".into(),
            envelope_id: "evt".into(),
            message_id: None,
            url: "http://127.0.0.1:9/".into(),
            body: Bytes::from_static(b"{}"),
            tries: Vec::new(),
            acknowledged: false,
            acknowledged_at_ms: None,
            finished: false,
        });
        log.tried(place, Some(503));
        assert_eq!(log.deliveries()[0].acknowledged_at_ms, None);
        log.tried(place, Some(200));
        let told = &log.deliveries()[0];
        assert!(told.body.is_empty() && told.acknowledged_at_ms.is_some() && told.tries == [Some(503), Some(200)]);
    }
}
