//! What acts: the webhook, the jobs, and the clients of WAHA and Gemini.

pub mod bus;
pub mod chain;
pub mod clients;
pub mod clock_watch;
pub mod code_watch;
pub mod compose;
pub mod config;
pub mod cx;
pub mod data_dir;
pub mod details;
pub mod disk;
pub mod flow;
pub mod gemini;
pub mod halt;
pub mod health;
pub mod http;
pub mod http_client;
pub mod hurry;
pub mod instances;
pub mod jobs;
pub mod letter;
pub mod probes;
pub mod receivers;
pub mod redact;
pub mod reload;
pub mod renders;
pub mod rounds;
pub mod rpc;
pub mod server_clock;
pub mod server_watch;
pub mod soundness;
pub mod stored_texts;
pub mod tell;
pub mod unfinished;
pub mod waha;
pub mod webhook_trial;
pub mod webhook_watch;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mychatflow_data::ids::RunId;
use mychatflow_data::store::Store;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::opening::Opening;
use mychatflow_data::store::traces::Refused;
use mychatflow_data::time::{Clock, WallClock};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::bus::Bus;
use crate::clients::ClientsError;
use crate::clock_watch::ClockDoubt;
use crate::config::Config;
use crate::cx::Cx;
use crate::data_dir::{Beginning, DataDir};
use crate::http::budget::Budget;
use crate::http::complaints::Complaints;
use crate::http::counts::Counts;
use crate::http::intake::Intake;
use crate::http::server::{Readiness, serve};
use crate::http::webhook::Webhook;
use crate::hurry::Hurry;
use crate::instances::Numbers;
use crate::jobs::wake::Wake;
use crate::jobs::worker;
use crate::probes::Probes;
use crate::receivers::Receivers;
use crate::reload::ReadConfig;
use crate::renders::Renders;
use crate::rpc::listener::{BindError, Listener};
use crate::tell::{Chore, Teller};
use crate::unfinished::Unfinished;

/// The name of the store's file in the data directory.
pub const STORE_FILE: &str = "mychatflow.db";
/// The name of the lock that keeps a second daemon away from the same data.
pub const LOCK_FILE: &str = "mychatflow.lock";
/// Where the socket is in the data directory, where it is there: without a place of its own, and when that is gone.
pub const SOCKET_IN_DATA_DIR: &str = "run/mychatflow.sock";
/// How long a start waits for another daemon that says that it goes.
const LEAVING_PATIENCE: Duration = Duration::from_secs(30);
/// How long a start waits for another daemon that does not say so.
const HOLDER_PATIENCE: Duration = Duration::from_secs(3);
/// How often it looks.
const TAKE_AGAIN: Duration = Duration::from_millis(50);
/// How long finished jobs and delivery keys are kept.
const KEEP: Duration = Duration::from_secs(7 * 24 * 3600);
/// How often it is looked whether the files are still where they were.
const LOOK_AT_FILES: Duration = Duration::from_secs(1);
/// How often the store is tidied.
const TIDY: Duration = Duration::from_secs(3600);
/// How long after the start for the first time.
const TIDY_FIRST: Duration = Duration::from_secs(60);

/// Why the daemon did not start.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The data directory can't be used.
    #[error("the data directory {} can't be used", path.display())]
    DataDir {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Another daemon has the data directory or the socket.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// What lies in the data directory is not touched.
    #[error("{0}")]
    Refused(Refused),
    /// The store can't be opened.
    #[error("the store can't be opened")]
    Store(#[source] StoreError),
    /// The store's files were deleted or replaced under the daemon.
    #[error("the store is lost: {0}")]
    StoreLost(String),
    /// A port is taken or not ours to take.
    #[error("{key} = {address} can't be listened on")]
    Listen {
        /// The key in the config.
        key: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A part of the daemon ended by itself.
    #[error("{0} ended by a mistake of ours: start the daemon again, nothing is lost")]
    PartEnded(&'static str),
    /// A client can't be built.
    #[error(transparent)]
    Clients(#[from] ClientsError),
}

impl From<StoreError> for RunError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(refused) => Self::Refused(refused),
            StoreError::Lost(loss) => Self::StoreLost(loss),
            other => Self::Store(other),
        }
    }
}

/// A daemon that runs.
pub struct Running {
    /// What its parts work with.
    pub cx: Arc<Cx>,
    /// Where WAHA may post to.
    pub webhook: SocketAddr,
    /// Where `/readyz` and `/metrics` are.
    pub metrics: SocketAddr,
    stop: CancellationToken,
    intake: JoinSet<()>,
    work: JoinSet<()>,
    rpc: JoinSet<()>,
    work_stop: CancellationToken,
    /// What is only there once something is wrong with the files.
    trouble: JoinSet<RunError>,
    data_dir: Arc<DataDir>,
}

/// Starts everything: lock, store, clients, jobs, socket, ports. The ports come last, so that nothing is taken in that
/// could not be worked on.
///
/// # Errors
/// Why it did not start; then nothing runs.
pub async fn start(config: Config, read_config: ReadConfig, stop: CancellationToken) -> Result<Running, RunError> {
    start_with(Beginning::AsFound, Arc::new(WallClock), config, read_config, stop).await
}

/// Starts everything, and says how what lies in the data directory is treated.
///
/// # Errors
/// Why it did not start; then nothing runs.
pub async fn start_as(
    beginning: Beginning,
    config: Config,
    read_config: ReadConfig,
    stop: CancellationToken,
) -> Result<Running, RunError> {
    start_with(beginning, Arc::new(WallClock), config, read_config, stop).await
}

/// Starts everything by another clock than the machine's.
///
/// # Errors
/// Why it did not start; then nothing runs.
pub async fn start_by(
    clock: Arc<dyn Clock>,
    config: Config,
    read_config: ReadConfig,
    stop: CancellationToken,
) -> Result<Running, RunError> {
    start_with(Beginning::AsFound, clock, config, read_config, stop).await
}

async fn start_with(
    beginning: Beginning,
    clock: Arc<dyn Clock>,
    config: Config,
    read_config: ReadConfig,
    stop: CancellationToken,
) -> Result<Running, RunError> {
    let started_at = clock.now();
    let (data_dir, opening) = take_data_dir(&config, beginning, &*clock, &stop).await?;
    let data_dir = Arc::new(data_dir);
    let run = RunId::new();
    let bus = Bus::new(run, Arc::clone(&clock));
    let wake = Arc::new(Wake::default());
    let (chores, chores_due) = mpsc::unbounded_channel();
    let (details, details_due) = mpsc::unbounded_channel();
    let teller = Teller { bus: bus.clone(), wake: Arc::clone(&wake), details, chores: chores.clone() };
    let store = Store::open_as(opening, Arc::new(teller)).await?;
    let dir = config.daemon.data_dir.clone();
    data_dir.note(store.id()).map_err(|source| RunError::DataDir { path: dir, source })?;
    let newest = clock_watch::newest_stamp(&store).await?;
    store.free_leases(run, clock.now()).await?;

    let (webhook, webhook_port) = listen("webhook.listen", config.webhook.listen).await?;
    let (metrics, metrics_port) = listen("metrics.listen", config.metrics.listen).await?;
    let mut config = config;
    // Port 0 asks the system for one: WAHA must be told which it was.
    config.webhook.listen = webhook;
    config.metrics.listen = metrics;
    let dir = config.daemon.data_dir.clone();
    let socket = Listener::bind(&config.daemon.socket, config.daemon.socket_group.as_deref())?;
    let socket = socket.with_refuge(dir.join(SOCKET_IN_DATA_DIR));
    let now_at = socket.now_at();
    data_dir.note_socket(&now_at.borrow()).map_err(|source| RunError::DataDir { path: dir, source })?;
    let operators = reload::operators(&config);

    let cx = Arc::new(Cx {
        receivers: Receivers::read(&store).await?,
        store,
        clients: watch::Sender::new(Arc::new(clients::build(config)?)),
        operators: watch::Sender::new(operators),
        read_config,
        clock: Arc::clone(&clock),
        bus,
        wake,
        numbers: Numbers::default(),
        hurry: Hurry::default(),
        renders: Renders::default(),
        imports: Unfinished::default(),
        listings: Unfinished::default(),
        clock_doubt: ClockDoubt::default(),
        intake: Intake::default(),
        soundness: watch::Sender::default(),
        probes: Probes::default(),
        addresses: watch::Sender::default(),
        socket: now_at,
        run,
        started_at,
        stop: stop.clone(),
    });
    rounds::recover_downtime(&cx).await?;
    if let Some(gemini) = cx.clients().gemini.as_ref()
        && cx.store.any_waits_for_model().await?
    {
        gemini.expect_outage();
    }
    rounds::warn_of_unread_hours(&cx).await?;
    let work_stop = CancellationToken::new();
    let mut running = Running {
        webhook,
        metrics,
        stop: stop.clone(),
        intake: JoinSet::new(),
        work: JoinSet::new(),
        rpc: JoinSet::new(),
        work_stop: work_stop.clone(),
        cx: Arc::clone(&cx),
        trouble: JoinSet::new(),
        data_dir: Arc::clone(&data_dir),
    };
    running.trouble.spawn(watch_files(Arc::clone(&cx), data_dir));
    let counts = Arc::new(Counts::default());
    running.work.spawn(worker::run(Arc::clone(&cx), work_stop.clone()));
    running.work.spawn(do_chores(Arc::clone(&cx), chores_due, work_stop.clone()));
    running.work.spawn(details::run(Arc::clone(&cx), details_due, work_stop.clone()));
    running.work.spawn(rounds::run(Arc::clone(&cx), rounds::ROUND, work_stop.clone()));
    running.work.spawn(server_watch::run(Arc::clone(&cx), server_watch::LOOK, work_stop.clone()));
    running.work.spawn(webhook_watch::run(Arc::clone(&cx), work_stop.clone()));
    running.work.spawn(code_watch::run(Arc::clone(&cx), code_watch::EVERY, work_stop.clone()));
    running.work.spawn(clock_watch::run(Arc::clone(&cx), newest, chores, work_stop.clone()));
    running.work.spawn(tidy(Arc::clone(&cx), work_stop.clone()));
    running.work.spawn(soundness::run(Arc::clone(&cx), work_stop.clone()));
    running.work.spawn(Arc::clone(&counts).run(cx.store.clone(), work_stop.clone()));
    let desk = Arc::new(rpc::service::Desk { cx: Arc::clone(&cx) });
    running.rpc.spawn(socket.serve(desk, cx.operators.subscribe(), stop.clone()));
    let health = Arc::new(Readiness { cx: Arc::clone(&cx) });
    running.intake.spawn(serve(metrics_port, health, stop.clone()));
    let complaints = Complaints::default();
    let hook = Arc::new(Webhook { cx: Arc::clone(&cx), budget: Budget::default(), counts, complaints });
    running.intake.spawn(serve(webhook_port, hook, stop.clone()));
    for finding in health::config::judge(&health::config::gather(&cx.config()), cx.now()) {
        tracing::warn!(remedy = finding.remedy, "{}", finding.summary);
    }
    tracing::info!(%webhook, %metrics, "ready");
    Ok(running)
}

impl Running {
    /// Waits until the daemon is told to stop, then stops it: first what comes in, then the work, then the store.
    ///
    /// # Errors
    /// [`RunError::StoreLost`] when the store's files were deleted or replaced; [`RunError::PartEnded`] when a part ended by itself, which only a panic makes it do. The rest is stopped then: a
    /// daemon that takes messages in and answers none is worse than one that a supervisor starts again.
    pub async fn wait(mut self) -> Result<(), RunError> {
        let whole = tokio::select! {
            // Told to stop, its parts end too.
            biased;
            () = self.stop.cancelled() => Ok(()),
            Some(_) = self.intake.join_next() => Err(RunError::PartEnded("what listens")),
            Some(_) = self.work.join_next() => Err(RunError::PartEnded("what works")),
            Some(_) = self.rpc.join_next() => Err(RunError::PartEnded("the socket")),
            trouble = self.trouble.join_next() => match trouble {
                Some(Ok(error)) => Err(error),
                _ => Err(RunError::PartEnded("what watches the files")),
            },
        };
        self.stop.cancel();
        self.trouble.abort_all();
        if let Err(error) = self.data_dir.note_leaving() {
            tracing::debug!(%error, "the lock could not be written");
        }
        tracing::info!("stopping");
        while self.intake.join_next().await.is_some() {}
        self.work_stop.cancel();
        while self.work.join_next().await.is_some() {}
        while self.rpc.join_next().await.is_some() {}
        tracing::info!("stopped");
        whole
    }
}

/// Ends once the store's files, or the lock, are not ours any more. Every commit looks after the store's files by itself;
/// this is for the time in which nothing is written.
async fn watch_files(cx: Arc<Cx>, data_dir: Arc<DataDir>) -> RunError {
    let looks = async {
        loop {
            tokio::time::sleep(LOOK_AT_FILES).await;
            let (store, dir) = (cx.store.clone(), Arc::clone(&data_dir));
            let socket = cx.socket.borrow().clone();
            let look = move || {
                if let Err(error) = dir.note_socket(&socket) {
                    tracing::warn!(%error, "the lock could not be written");
                }
                store.is_in_place().then(|| dir.mend())
            };
            let looked = tokio::task::spawn_blocking(look).await;
            match looked {
                Ok(Some(Ok(()))) => {}
                Ok(Some(Err(error))) => return RunError::Bind(error),
                // The next write finds out by itself, and saves what it can.
                Ok(None) => drop(cx.store.probe().await),
                Err(error) => tracing::error!(%error, "the files could not be looked at"),
            }
        }
    };
    tokio::select! {
        lost = cx.store.lost() => RunError::StoreLost(lost),
        error = looks => error,
    }
}

/// Takes the data directory. Another daemon that is about to go is waited for.
async fn take_data_dir(
    config: &Config,
    beginning: Beginning,
    clock: &dyn Clock,
    stop: &CancellationToken,
) -> Result<(DataDir, Opening), RunError> {
    let begun = tokio::time::Instant::now();
    let mut told = false;
    loop {
        let refused = match DataDir::take(config, beginning, clock.now()) {
            Err(RunError::Bind(refused @ BindError::Locked { .. })) => refused,
            taken => return taken,
        };
        // Whoever was killed has it until the kernel is through with it, and does not say so.
        let holder = data_dir::holder(&config.daemon.data_dir);
        let patience = if holder.is_none_or(|holder| holder.is_leaving) { LEAVING_PATIENCE } else { HOLDER_PATIENCE };
        if begun.elapsed() >= patience || stop.is_cancelled() {
            return Err(refused.into());
        }
        if !told {
            tracing::info!(%refused, "waiting for it to go");
            told = true;
        }
        tokio::time::sleep(TAKE_AGAIN).await;
    }
}

async fn listen(key: &'static str, address: SocketAddr) -> Result<(SocketAddr, TcpListener), RunError> {
    let fail = |source| RunError::Listen { key, address, source };
    let listener = TcpListener::bind(address).await.map_err(fail)?;
    Ok((listener.local_addr().map_err(fail)?, listener))
}

async fn do_chores(cx: Arc<Cx>, mut due: mpsc::UnboundedReceiver<Chore>, stop: CancellationToken) {
    let mut snoozed = wake_snoozed(&cx).await;
    loop {
        let chore = tokio::select! {
            () = stop.cancelled() => return,
            chore = due.recv() => chore,
            () = tokio::time::sleep(snoozed) => Some(Chore::LookAtSnoozed),
        };
        match chore {
            None => return,
            Some(Chore::LookAtSnoozed) => snoozed = wake_snoozed(&cx).await,
            Some(Chore::ReadReceivers) => {
                if let Err(error) = cx.receivers.refresh(&cx.store).await {
                    tracing::error!(%error, "the numbers could not be read anew");
                }
            }
        }
    }
}

/// Brings back the chats whose time away is over; returns how long to wait for the next.
async fn wake_snoozed(cx: &Cx) -> Duration {
    match cx.store.wake_snoozed(cx.now()).await {
        Ok(next) => next.map_or(TIDY, |next| next.since(cx.now()).min(TIDY)),
        Err(error) => {
            tracing::warn!(%error, "chats could not be brought back from snooze");
            TIDY
        }
    }
}

async fn tidy(cx: Arc<Cx>, stop: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => return,
        told = stored_texts::tell_unreadable(&cx) => {
            if let Err(error) = told {
                tracing::warn!(%error, "the stored texts could not be looked through");
            }
        }
    }
    // By then a server has said what time it is.
    let mut pause = TIDY_FIRST;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = TIDY;
        if !cx.clock_doubt.may_forget() {
            continue;
        }
        if let Err(error) = cx.store.prune(cx.now() - KEEP).await {
            tracing::warn!(%error, "the store could not be tidied");
        }
    }
}
