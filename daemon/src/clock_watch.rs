//! Notices when the clock was set, and when it is right again. Waits of the program are counted by a clock that nobody
//! sets, stamps in the store by the one that people set: after it was set both are looked at anew.
//!
//! What a clock that was ahead has left in the store is taken back once a server says that ours is right: one that is
//! behind would take everything for the future.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mychatflow_data::model::job::JobKind;
use mychatflow_data::protocol::event::Topic;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::time::Timestamp;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::cx::Cx;
use crate::server_clock::{DIFFERENCE_MAX, DIFFERENCE_WARN, Difference, Direction, Heard, difference};
use crate::tell::Chore;

/// How often the two clocks are compared.
const LOOK: Duration = Duration::from_secs(1);
/// A clock that moved by more than this beside the one that nobody sets was set.
const SET_MIN: Duration = Duration::from_secs(2);
/// How long WAHA may take to say what time it is.
const ASK_MAX: Duration = Duration::from_secs(5);

/// Is our clock known to be wrong?
#[derive(Debug, Default)]
pub struct ClockDoubt(AtomicBool);

impl ClockDoubt {
    /// Is it so wrong that nothing may be forgotten by its word?
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is to be done after a look at the clocks.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Finding {
    /// The clock was set: whatever waits must look again.
    WasSet(Difference),
    /// The clock is right: stamps in the future are to be taken back.
    IsRight,
    /// It differs from a server's.
    Differs(Difference),
    /// It does not differ any more.
    Agrees,
}

/// What is remembered between two looks.
#[derive(Debug)]
struct Looks {
    last: (Timestamp, Instant),
    heard: Option<Heard>,
    /// Stamps in the future may be in the store: from before the start, or since the clock was put back.
    doubtful: bool,
    told: bool,
}

impl Looks {
    fn new(wall: Timestamp, steady: Instant) -> Self {
        Self { last: (wall, steady), heard: None, doubtful: true, told: false }
    }

    /// Looks at both clocks and at what a server said last.
    fn look(&mut self, wall: Timestamp, steady: Instant, heard: Option<Heard>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let (last_wall, last_steady) = std::mem::replace(&mut self.last, (wall, steady));
        let moved = difference(wall, last_wall + steady.saturating_duration_since(last_steady));
        if moved.by > SET_MIN {
            self.doubtful |= moved.direction == Direction::Behind;
            findings.push(Finding::WasSet(moved));
        }
        // What was said before the clock was set says nothing about it.
        let Some(fresh) = heard.filter(|heard| Some(*heard) != self.heard && heard.at >= last_steady) else {
            return findings;
        };
        self.heard = Some(fresh);
        let found = difference(wall, fresh.time_at(steady));
        if found.by > DIFFERENCE_WARN {
            if !std::mem::replace(&mut self.told, true) {
                findings.push(Finding::Differs(found));
            }
            return findings;
        }
        if std::mem::replace(&mut self.told, false) {
            findings.push(Finding::Agrees);
        }
        if std::mem::replace(&mut self.doubtful, false) {
            findings.push(Finding::IsRight);
        }
        findings
    }
}

/// Looks once a second until told to stop.
pub async fn run(cx: Arc<Cx>, chores: mpsc::UnboundedSender<Chore>, stop: CancellationToken) {
    let mut looks = Looks::new(cx.now(), Instant::now());
    loop {
        for finding in looks.look(cx.now(), Instant::now(), heard(&cx)) {
            if let Err(error) = follow(&cx, &chores, &finding).await {
                tracing::warn!(%error, "stamps of a wrong clock could not be taken back");
                looks.doubtful = true;
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// The latest word of any server.
fn heard(cx: &Cx) -> Option<Heard> {
    let clients = cx.clients();
    let wahas = clients.wahas.values().filter_map(|waha| waha.clock().heard());
    let gemini = clients.gemini.as_ref().and_then(|gemini| gemini.clock().heard());
    wahas.chain(gemini).max_by_key(|heard| heard.at)
}

async fn follow(cx: &Cx, chores: &mpsc::UnboundedSender<Chore>, finding: &Finding) -> Result<(), StoreError> {
    match finding {
        Finding::WasSet(moved) => {
            tracing::warn!("the clock was set: it is {moved} of where it was");
            wake_all(cx, chores);
            ask_the_time(cx).await;
        }
        Finding::Differs(found) => {
            cx.clock_doubt.0.store(found.by > DIFFERENCE_MAX, Ordering::Relaxed);
            let text = format!("this machine's clock is {found}; set it: timedatectl set-ntp true");
            tracing::warn!("{text}");
            cx.bus.publish(None, Topic::DaemonNotice, &json!({"level": "warning", "text": text}));
        }
        Finding::Agrees => {
            cx.clock_doubt.0.store(false, Ordering::Relaxed);
            tracing::info!("the clock is right again");
        }
        Finding::IsRight => {
            let mut mended = 0;
            for tenant in cx.store.tenants().await? {
                mended += cx.store.tenant(tenant.id).await?.mend_stamps(cx.now()).await?;
            }
            if mended > 0 {
                tracing::warn!(rows = mended, "the clock was ahead: its stamps in the future were taken back");
                wake_all(cx, chores);
            }
        }
    }
    Ok(())
}

/// Whatever waits for an instant looks at the clock again.
fn wake_all(cx: &Cx, chores: &mpsc::UnboundedSender<Chore>) {
    for kind in JobKind::ALL {
        cx.wake.tell(*kind, cx.now());
    }
    // The receiver is gone only when the daemon stops.
    let _ = chores.send(Chore::LookAtSnoozed);
}

/// Any answer will do: it says what time it is.
async fn ask_the_time(cx: &Cx) {
    for waha in cx.clients().wahas.values() {
        // One that is away is asked by somebody else later.
        let _ = tokio::time::timeout(ASK_MAX, waha.ping()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_seconds(1_795_392_000);
    const YEAR: Duration = Duration::from_secs(400 * 86_400);

    #[test]
    fn stamps_are_taken_back_once_a_server_says_that_the_clock_is_right() {
        let began = Instant::now();
        let after = |seconds: u64| (NOON + Duration::from_secs(seconds), began + Duration::from_secs(seconds));
        let heard = |seconds: u64| {
            let (time, at) = after(seconds);
            Some(Heard { time, at })
        };
        let mut looks = Looks::new(NOON, began);
        let (wall, steady) = after(1);
        assert_eq!(looks.look(wall, steady, None), [], "nobody has said what time it is");
        let (wall, steady) = after(2);
        assert_eq!(looks.look(wall, steady, heard(2)), [Finding::IsRight], "from before the start");
        let (wall, steady) = after(3);
        assert_eq!(looks.look(wall, steady, heard(2)), [], "an old word");

        let (wall, steady) = after(4);
        let ahead = Difference { by: YEAR, direction: Direction::Ahead };
        assert_eq!(looks.look(wall + YEAR, steady, heard(2)), [Finding::WasSet(ahead)]);
        let (wall, steady) = after(5);
        assert_eq!(looks.look(wall + YEAR, steady, heard(5)), [Finding::Differs(ahead)]);
        let (wall, steady) = after(6);
        assert_eq!(looks.look(wall + YEAR, steady, heard(6)), [], "told once");
        let (wall, steady) = after(7);
        let back = Difference { by: YEAR, direction: Direction::Behind };
        assert_eq!(looks.look(wall, steady, heard(6)), [Finding::WasSet(back)]);
        let (wall, steady) = after(8);
        assert_eq!(looks.look(wall, steady, heard(8)), [Finding::Agrees, Finding::IsRight]);
        let (wall, steady) = after(9);
        assert_eq!(looks.look(wall, steady, heard(9)), []);
    }

    #[test]
    fn a_clock_that_is_behind_takes_nothing_back() {
        let began = Instant::now();
        let mut looks = Looks::new(NOON - YEAR, began);
        let steady = began + LOOK;
        let found = looks.look(NOON - YEAR + LOOK, steady, Some(Heard { time: NOON + LOOK, at: steady }));
        assert_eq!(found, [Finding::Differs(Difference { by: YEAR, direction: Direction::Behind })]);
        assert!(looks.doubtful);
    }
}
