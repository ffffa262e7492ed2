//! Messages that a number sends to itself, so that somebody sees whether WAHA's deliveries come. They are known by their
//! words, are kept nowhere, and nothing follows from them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::delivery::{DeliveryEvent, MessageEvent, PROBE_MARK};
use tokio::sync::oneshot;

/// Those that are on their way.
#[derive(Default)]
pub struct Probes {
    // A Mutex: held for one operation of a map.
    waiting: Mutex<HashMap<String, oneshot::Sender<Instant>>>,
    // The same.
    begun: Mutex<HashMap<InstanceId, Instant>>,
}

/// A number sends so seldom to itself: WhatsApp counts these messages too.
pub const PROBE_PAUSE: Duration = Duration::from_secs(30);

/// One that is on its way. Dropping it ends the wait.
pub struct Probe<'p> {
    probes: &'p Probes,
    /// What it says.
    pub text: String,
    /// When it came back.
    pub arrival: oneshot::Receiver<Instant>,
}

impl Probes {
    /// May a number send to itself now? If so, it does.
    #[must_use]
    pub fn may_begin(&self, instance: InstanceId, now: Instant) -> bool {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let rests = |at: &Instant| now.saturating_duration_since(*at) < PROBE_PAUSE;
        if begun.get(&instance).is_some_and(rests) {
            return false;
        }
        begun.insert(instance, now);
        true
    }

    /// Waits for a message with this token in it.
    #[must_use]
    pub fn expect(&self, token: &str) -> Probe<'_> {
        let text = format!("{PROBE_MARK} {token}. Nobody needs to answer it.");
        let (told, arrival) = oneshot::channel();
        self.waiting().insert(text.clone(), told);
        Probe { probes: self, text, arrival }
    }

    /// A delivery came: is it one that somebody waits for?
    pub fn note(&self, event: &DeliveryEvent) {
        let DeliveryEvent::Message(MessageEvent { text: Some(text), .. }) = event else { return };
        if text.starts_with(PROBE_MARK)
            && let Some(told) = self.waiting().remove(text)
        {
            // Whoever waited may be gone.
            let _ = told.send(Instant::now());
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<String, oneshot::Sender<Instant>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Probe<'_> {
    fn drop(&mut self) {
        self.probes.waiting().remove(&self.text);
    }
}
