//! Notices when the clock was set, and when it is right again. Waits of the program are counted by a clock that nobody
//! sets, stamps in the store by the one that people set: after it was set both are looked at anew.
//!
//! What a clock that was ahead has left in the store is moved back, but only where that is proven: a server said that the
//! clock was ahead, then the clock was set back, then the same server said that it is right, and no other contradicts. So
//! its clock is not ours, and a server on this machine proves nothing. Only stamps of that time are touched, and only in the
//! run of the daemon that wrote them. Wherever anything of this is missing nothing is touched, and a warning says so.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mychatflow_data::model::job::JobKind;
use mychatflow_data::protocol::event::Topic;
use mychatflow_data::store::Store;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::tx::mend_stamps::AheadSpan;
use mychatflow_data::time::Timestamp;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::KEEP;
use crate::cx::Cx;
use crate::server_clock::{DIFFERENCE_MAX, DIFFERENCE_WARN, Difference, Direction, Heard, difference, is_elsewhere};
use crate::tell::Chore;

/// How often the two clocks are compared.
const LOOK: Duration = Duration::from_secs(1);
/// A clock that moved by more than this beside the one that nobody sets was set.
const SET_MIN: Duration = Duration::from_secs(2);
/// How long a server may take to say what time it is.
const ASK_MAX: Duration = Duration::from_secs(5);
/// A clock that is ahead by more than this is wrong in other ways too: no message is looked for further back.
const AHEAD_MAX: Duration = Duration::from_secs(600);
/// How often it is asked again while nothing proves that the clock is right.
const ASK_AGAIN: Duration = Duration::from_secs(1800);

/// What is known of our clock.
#[derive(Debug, Default)]
pub struct ClockDoubt {
    wrong: AtomicBool,
    proven: AtomicBool,
    ahead_ms: AtomicU64,
}

impl ClockDoubt {
    /// Does any server say that it is wrong by minutes?
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        self.wrong.load(Ordering::Relaxed)
    }

    /// By how much it is ahead, by the word of the server that says most; nothing where nobody says so.
    #[must_use]
    pub fn ahead(&self) -> Duration {
        Duration::from_millis(self.ahead_ms.load(Ordering::Relaxed))
    }

    /// May anything be forgotten since it is old by our clock? Only when a server elsewhere says that the clock is right,
    /// or when it has run for as long as things are kept: by the word of a clock that is ahead everything is old, also what
    /// keeps a delivery from being taken in twice.
    #[must_use]
    pub fn may_forget(&self) -> bool {
        self.proven.load(Ordering::Relaxed) && !self.is_wrong()
    }
}

/// A server, and what it said last.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ServerWord {
    name: String,
    elsewhere: bool,
    heard: Option<Heard>,
}

/// What is to be done after a look at the clocks.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Finding {
    /// The clock was set: whatever waits must look again.
    WasSet {
        moved: Difference,
        /// Nobody had said that it was wrong before.
        unexplained: bool,
    },
    /// It differs from a server's.
    Differs(String, Difference),
    /// It does not differ any more.
    Agrees,
    /// For the first time in this run nobody contradicts it.
    NoDoubt,
    /// It was ahead for a time, and is right now: the stamps of that time are to be moved back.
    WasAhead(AheadSpan),
    /// The same, but it is earlier now than what was in the store at the start: nothing is proven.
    TooEarly,
}

/// What a server's latest word means.
#[derive(Debug)]
struct Standing {
    heard: Heard,
    /// Since when the clock runs without being set, as of that word.
    agrees_since: Option<Instant>,
    found: Difference,
    differs: Option<Difference>,
    elsewhere: bool,
}

/// A time in which a server said that the clock was ahead.
#[derive(Debug)]
struct Suspicion {
    server: String,
    heard: Heard,
    from: Timestamp,
    to: Timestamp,
    /// By how much the clock was set back since.
    back_ms: i64,
}

/// What is remembered between two looks.
#[derive(Debug)]
struct Looks {
    last: (Timestamp, Instant),
    /// The first stamp since the clock was last set, and when it was first seen to be set.
    began: (Timestamp, Instant),
    servers: BTreeMap<String, Standing>,
    suspicions: Vec<Suspicion>,
    told: bool,
    trusted: bool,
    /// The newest message that the run found in the store: it can't be earlier than that.
    floor: Option<Timestamp>,
}

impl Looks {
    /// `first` is the first stamp of this run.
    fn new(first: Timestamp, floor: Option<Timestamp>, wall: Timestamp, steady: Instant) -> Self {
        Self {
            last: (wall, steady),
            began: (first.min(wall), steady),
            servers: BTreeMap::new(),
            suspicions: Vec::new(),
            told: false,
            trusted: false,
            floor,
        }
    }

    /// Looks at both clocks and at what the servers said last.
    fn look(&mut self, wall: Timestamp, steady: Instant, words: Vec<ServerWord>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let (last_wall, last_steady) = std::mem::replace(&mut self.last, (wall, steady));
        let passed = steady.saturating_duration_since(last_steady);
        let expected = last_wall + passed;
        let moved = difference(wall, expected);
        if moved.by > SET_MIN {
            let suspected = self.suspicions.len();
            self.suspect(expected);
            // A clock that was so little ahead has dated nothing wrong that matters.
            let matters = moved.direction == Direction::Behind && moved.is_notable(Duration::ZERO);
            let unexplained = matters && suspected == self.suspicions.len();
            let signed = expected.millis() - wall.millis();
            self.suspicions.iter_mut().for_each(|suspicion| suspicion.back_ms += signed);
            // It was set at some time since the last look.
            self.began = (wall - passed, steady);
            for standing in self.servers.values_mut() {
                standing.agrees_since = None;
                standing.found = difference(wall, standing.heard.time_at(steady));
                // A word from before may end a doubt, but raises none: the server's clock may be ours.
                if !standing.found.is_notable(Duration::ZERO) {
                    standing.differs = None;
                }
            }
            findings.push(Finding::WasSet { moved, unexplained });
        }
        let confirming = self.hear(wall, steady, words);
        let differing = self.servers.iter().filter_map(|(name, standing)| Some((name, standing.differs?)));
        let worst = differing.max_by_key(|(_, found)| found.by);
        match worst {
            Some((name, found)) if !std::mem::replace(&mut self.told, true) => {
                findings.push(Finding::Differs(name.clone(), found));
            }
            None if std::mem::replace(&mut self.told, false) => findings.push(Finding::Agrees),
            _ => {}
        }
        if worst.is_none() && !confirming.is_empty() {
            if !std::mem::replace(&mut self.trusted, true) {
                findings.push(Finding::NoDoubt);
            }
            findings.extend(self.clear_up(wall, &confirming));
        }
        findings
    }

    /// The time that ends now is suspect where a server said so.
    fn suspect(&mut self, to: Timestamp) {
        let ahead = |standing: &Standing| {
            standing.heard.asked_at >= self.began.1
                && standing.differs.is_some_and(|found| found.direction == Direction::Ahead)
        };
        for (server, standing) in self.servers.iter().filter(|(_, standing)| ahead(standing)) {
            let server = server.clone();
            self.suspicions.push(Suspicion { server, heard: standing.heard, from: self.began.0, to, back_ms: 0 });
        }
    }

    /// Takes in what is new. Returns who says that the clock is right.
    fn hear(&mut self, wall: Timestamp, steady: Instant, words: Vec<ServerWord>) -> Vec<String> {
        self.servers.retain(|name, _| words.iter().any(|word| word.name == *name));
        let mut confirming = Vec::new();
        for ServerWord { name, elsewhere, heard } in words {
            let Some(heard) = heard else { continue };
            // What was asked before the clock was set says nothing about it.
            if heard.asked_at < self.began.1 || self.servers.get(&name).is_some_and(|known| known.heard == heard) {
                continue;
            }
            let found = difference(wall, heard.time_at(steady));
            let differs = found.is_notable(heard.took()).then_some(found);
            let agrees_since = differs.is_none().then_some(self.began.1);
            if differs.is_none() {
                confirming.push(name.clone());
            }
            self.servers.insert(name, Standing { heard, agrees_since, found, differs, elsewhere });
        }
        confirming
    }

    /// Which suspicions are proven by who says now that the clock is right.
    fn clear_up(&mut self, wall: Timestamp, confirming: &[String]) -> Vec<Finding> {
        let (judged, open) = std::mem::take(&mut self.suspicions)
            .into_iter()
            .partition::<Vec<_>, _>(|suspicion| confirming.contains(&suspicion.server));
        self.suspicions = open;
        let proven = judged.into_iter().filter_map(|suspicion| {
            let now = self.servers.get(&suspicion.server)?.heard;
            // A server whose own clock was set meanwhile proves nothing.
            let steady = difference(suspicion.heard.time_at(now.at), now.time).by
                <= DIFFERENCE_WARN + now.took() + suspicion.heard.took();
            let by = Duration::from_millis(u64::try_from(suspicion.back_ms).ok()?);
            let span = AheadSpan { from: suspicion.from, to: suspicion.to, by };
            (steady && by > SET_MIN).then_some(span)
        });
        let mut spans: Vec<AheadSpan> = Vec::new();
        for span in proven {
            // Two servers may have said the same.
            if !spans.contains(&span) {
                spans.push(span);
            }
        }
        self.suspicions.retain(|open| !spans.iter().any(|span| (span.from, span.to) == (open.from, open.to)));
        let too_early = self.floor.is_some_and(|floor| wall + DIFFERENCE_MAX < floor);
        spans.into_iter().map(|span| if too_early { Finding::TooEarly } else { Finding::WasAhead(span) }).collect()
    }

    /// Is it so wrong, by anybody's word, that answers and campaigns go wrong?
    fn is_wrong(&self) -> bool {
        self.servers.values().filter_map(|standing| standing.differs).any(|found| found.by > DIFFERENCE_MAX)
    }

    /// By how much it is ahead, by the word of the server that says most.
    fn ahead(&self) -> Duration {
        let ahead =
            self.servers.values().map(|standing| standing.found).filter(|found| found.direction == Direction::Ahead);
        ahead.map(|found| found.by).max().unwrap_or_default().min(AHEAD_MAX)
    }

    /// Does a server elsewhere say that it is right, or has it run long enough to prove it?
    fn is_proven(&self, steady: Instant) -> bool {
        let told = |standing: &Standing| standing.elsewhere && standing.agrees_since == Some(self.began.1);
        self.servers.values().any(told) || steady.saturating_duration_since(self.began.1) >= KEEP
    }
}

/// Looks once a second until told to stop. `newest` is the newest message that the start found in the store.
pub async fn run(
    cx: Arc<Cx>,
    newest: Option<Timestamp>,
    chores: mpsc::UnboundedSender<Chore>,
    stop: CancellationToken,
) {
    let mut looks = Looks::new(cx.started_at, newest, cx.now(), Instant::now());
    warn_of_future(&cx, newest);
    let mut ask_at = Instant::now();
    loop {
        let now = Instant::now();
        for finding in looks.look(cx.now(), now, words(&cx)) {
            if let Err(error) = follow(&cx, &chores, &finding).await {
                tracing::warn!(%error, "stamps of a clock that was ahead could not be moved back: they stay as they are");
            }
            if matches!(finding, Finding::WasSet { .. }) {
                ask_at = now;
            }
        }
        let proven = looks.is_proven(now);
        cx.clock_doubt.wrong.store(looks.is_wrong(), Ordering::Relaxed);
        cx.clock_doubt.proven.store(proven, Ordering::Relaxed);
        let ahead_ms = u64::try_from(looks.ahead().as_millis()).unwrap_or(u64::MAX);
        cx.clock_doubt.ahead_ms.store(ahead_ms, Ordering::Relaxed);
        if !proven && now >= ask_at {
            ask_at = now + ASK_AGAIN;
            tokio::select! {
                () = stop.cancelled() => return,
                () = ask_the_time(&cx) => {}
            }
            // What they say is of use at once: the clock may be set back in a moment.
            continue;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// The latest word of each server.
fn words(cx: &Cx) -> Vec<ServerWord> {
    let clients = cx.clients();
    let wahas = clients.wahas.iter().map(|(name, waha)| ServerWord {
        name: format!("WAHA {name}"),
        elsewhere: is_elsewhere(waha.url()),
        heard: waha.clock().heard(),
    });
    let gemini = clients.gemini.iter().map(|gemini| ServerWord {
        name: "Gemini".to_owned(),
        elsewhere: is_elsewhere(gemini.url()),
        heard: gemini.clock().heard(),
    });
    wahas.chain(gemini).collect()
}

async fn follow(cx: &Cx, chores: &mpsc::UnboundedSender<Chore>, finding: &Finding) -> Result<(), StoreError> {
    match finding {
        Finding::WasSet { moved, unexplained } => {
            // Time servers correct it by a few seconds now and then.
            if moved.is_notable(Duration::ZERO) {
                tracing::warn!("the clock was set: it is {moved} of where it was");
            } else {
                tracing::info!("the clock was set: it is {moved} of where it was");
            }
            if *unexplained {
                tracing::warn!("no server had said that it was ahead: what was stamped meanwhile stays as it is");
            }
            wake_all(cx, chores);
        }
        Finding::Differs(server, found) => {
            let remedy = "set the one that is wrong: timedatectl set-ntp true";
            warn(cx, &format!("this machine's clock is {found} of {server}'s; {remedy}"));
        }
        Finding::TooEarly => {
            let why = "the clock was set back to a time before the newest message of the run before";
            warn(cx, &format!("{why}: look whether it is right now; nothing in the store is changed"));
        }
        Finding::Agrees => tracing::info!("the clock is right again"),
        Finding::NoDoubt => {
            let mut woken = 0;
            for tenant in cx.store.tenants().await? {
                woken += cx.store.tenant(tenant.id).await?.wake_sleepers(cx.now()).await?;
            }
            if woken > 0 {
                tracing::warn!(jobs = woken, "jobs that a wrong clock had put to sleep for days were woken");
            }
        }
        Finding::WasAhead(span) => {
            let (mut rows, mut silent) = (0, 0);
            for tenant in cx.store.tenants().await? {
                let mended = cx.store.tenant(tenant.id).await?.mend_stamps(*span, cx.now()).await?;
                rows += mended.rows;
                silent += mended.silent.len();
                for (chat, until) in mended.silent {
                    tracing::warn!(%chat, %until, "paused or put away since the clock was ahead: look whether it should be");
                }
            }
            if rows > 0 {
                tracing::warn!(rows, "the clock was ahead: its stamps in the future were moved back");
            }
            if silent > 0 {
                warn(
                    cx,
                    &format!(
                        "{silent} chats are paused or put away until a time that the wrong clock may have chosen: the                          log names them; resume those that should not be: mychatflow chat resume"
                    ),
                );
            }
            wake_all(cx, chores);
        }
    }
    Ok(())
}

fn warn(cx: &Cx, text: &str) {
    tracing::warn!("{text}");
    cx.bus.publish(None, Topic::DaemonNotice, &json!({"level": "warning", "text": text}));
}

/// The newest message in the store, by its stamp.
///
/// # Errors
/// What the store says.
pub async fn newest_stamp(store: &Store) -> Result<Option<Timestamp>, StoreError> {
    let mut newest = None;
    for tenant in store.tenants().await? {
        newest = newest.max(store.tenant(tenant.id).await?.newest_stamp().await?);
    }
    Ok(newest)
}

/// A message of tomorrow: either the clock is behind, or it was ahead in a run before. Nobody can tell which.
fn warn_of_future(cx: &Cx, newest: Option<Timestamp>) {
    let now = cx.now();
    let Some(newest) = newest.filter(|newest| *newest > now + DIFFERENCE_MAX) else { return };
    let found = difference(newest, now);
    warn(
        cx,
        &format!(
            "the newest message in the store is {found} of this machine's clock: either the clock is wrong (set it: \
             timedatectl set-ntp true), or it was ahead before; nothing in the store is changed"
        ),
    );
}

/// Whatever waits for an instant looks at the clock again.
fn wake_all(cx: &Cx, chores: &mpsc::UnboundedSender<Chore>) {
    for kind in JobKind::ALL {
        cx.wake.tell(*kind, cx.now());
    }
    // The receiver is gone only when the daemon stops.
    let _ = chores.send(Chore::LookAtSnoozed);
}

/// Any answer will do: it says what time it is. One that is away is asked by somebody else later.
async fn ask_the_time(cx: &Cx) {
    let clients = cx.clients();
    if let Some(gemini) = clients.gemini.as_ref().filter(|gemini| is_elsewhere(gemini.url())) {
        let _ = tokio::time::timeout(ASK_MAX, gemini.ask_the_time()).await;
    }
    for waha in clients.wahas.values() {
        let _ = tokio::time::timeout(ASK_MAX, waha.ping()).await;
    }
}

#[cfg(test)]
mod tests;
