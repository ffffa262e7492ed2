//! A WAHA on loopback, a store in a temporary directory, and a daemon's context between them. Jobs run when the story
//! says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use mychatflow_daemon::bus::{Audience, Bus, Heard, Listener, Wish};
use mychatflow_daemon::clients;
use mychatflow_daemon::config::{Config, WahaConfig};
use mychatflow_daemon::cx::Cx;
use mychatflow_daemon::hurry::Hurry;
use mychatflow_daemon::instances::{Numbers, add};
use mychatflow_daemon::jobs::recover_history::{Recovered, recover};
use mychatflow_daemon::jobs::wake::Wake;
use mychatflow_daemon::jobs::{
    JobError, Outcome, answer_chat, reconcile_instance, recover_history, resolve_identity, sync_contacts,
};
use mychatflow_daemon::receivers::Receivers;
use mychatflow_daemon::renders::Renders;
use mychatflow_daemon::rpc::peer::Operators;
use mychatflow_daemon::unfinished::Unfinished;
use mychatflow_daemon::waha;
use mychatflow_data::ids::{ChatId, InstanceId, RunId};
use mychatflow_data::model::instance::{Instance, InstanceStatus};
use mychatflow_data::model::job::{Job, JobArgs, JobKind};
use mychatflow_data::model::setting::Pace;
use mychatflow_data::protocol::event::Topic;
use mychatflow_data::store::change::{self, Change};
use mychatflow_data::store::jobs::{Ended, Slots};
use mychatflow_data::store::tx::answer::Facts;
use mychatflow_data::store::{Store, TenantStore};
use mychatflow_data::time::{Clock, Timestamp, WallClock};
use mychatflow_sandbox::gemini;
use mychatflow_sandbox::waha::{Customer, Options, Server, Status};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How long anything may take.
pub const SOON: Duration = Duration::from_secs(10);
/// The kinds that these tests run, answers last: the others may decide about them.
const KINDS: [JobKind; 5] = [
    JobKind::ReconcileInstance,
    JobKind::SyncContacts,
    JobKind::RecoverHistory,
    JobKind::ResolveIdentity,
    JobKind::AnswerChat,
];

/// A clock that stands still but for what a test says: however slow the machine is, no time passes between two of its steps.
/// The servers tell the true time.
struct StillClock {
    began_at: Timestamp,
    ahead_s: AtomicI64,
}

impl StillClock {
    fn new() -> StillClock {
        StillClock { began_at: WallClock.now(), ahead_s: AtomicI64::new(0) }
    }
}

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.began_at.millis() + self.ahead_s.load(Ordering::SeqCst) * 1000)
    }
}

/// Remembers which message came into which chat.
#[derive(Clone, Default)]
struct Arrivals(watch::Sender<Vec<(String, ChatId)>>);

impl change::Listener for Arrivals {
    fn committed(&self, changes: Vec<Change>) {
        let added = changes.into_iter().filter_map(|change| match change {
            Change::InteractionAdded(_, interaction) => Some((interaction.text, interaction.chat)),
            _ => None,
        });
        self.0.send_modify(|known| known.extend(added));
    }
}

pub struct World {
    arrivals: Arrivals,
    pub waha: Server,
    pub cx: Cx,
    pub shop: TenantStore,
    pub gemini: gemini::Server,
    still: Arc<StillClock>,
    taken_in: AtomicUsize,
    loses_posts: AtomicBool,
    _dir: tempfile::TempDir,
}

impl World {
    pub async fn new(options: Options) -> World {
        let server = Server::start(options).await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let arrivals = Arrivals::default();
        let store = Store::open(&dir.path().join("store.db"), Arc::new(arrivals.clone())).await.unwrap();
        let still = Arc::new(StillClock::new());
        let clock: Arc<dyn Clock> = still.clone();
        let gemini = gemini::Server::start(gemini::Options::default()).await.unwrap();
        let tenant = store.add_tenant("Corner Shop".into(), "starter".into(), "UTC".into(), clock.now()).await.unwrap();
        let shop = store.tenant(tenant.id).await.unwrap();
        let mut config = Config::new(dir.path().to_owned(), dir.path().join("socket"));
        // Nobody listens there: what WAHA posts is lost, and the tests deliver what they need.
        config.webhook.public_url = Some("http://127.0.0.1:9".into());
        config.waha.push(WahaConfig::new("main", &server.url(), server.api_key().into()));
        config.gemini.base_url = gemini.url();
        config.gemini.api_key = gemini.api_key().to_owned().into();
        config.reply.pace = Pace::Instant;
        config.reply.burst_quiet = Duration::from_millis(500);
        let clients = clients::build(config).unwrap();
        let run = RunId::new();
        let cx = Cx {
            receivers: Receivers::read(&store).await.unwrap(),
            store,
            clients: watch::Sender::new(Arc::new(clients)),
            bus: Bus::new(run, Arc::clone(&clock)),
            started_at: clock.now(),
            clock,
            wake: Arc::new(Wake::default()),
            numbers: Numbers::default(),
            hurry: Hurry::default(),
            renders: Renders::default(),
            imports: Unfinished::default(),
            listings: Unfinished::default(),
            operators: watch::Sender::new(Operators::resolve(&[]).0),
            read_config: Arc::new(|| Err("a test has no config file".to_owned())),
            stop: CancellationToken::new(),
            socket: watch::Sender::new(dir.path().join("socket")).subscribe(),
            intake: mychatflow_daemon::http::intake::Intake::default(),
            soundness: watch::Sender::default(),
            probes: mychatflow_daemon::probes::Probes::default(),
            addresses: watch::Sender::default(),
            clock_doubt: mychatflow_daemon::clock_watch::ClockDoubt::default(),
            run,
        };
        World {
            arrivals,
            waha: server,
            cx,
            shop,
            gemini,
            still,
            taken_in: AtomicUsize::new(0),
            loses_posts: AtomicBool::new(false),
            _dir: dir,
        }
    }

    /// With a number that is paired, and its first jobs done.
    pub async fn paired(options: Options) -> (World, InstanceId) {
        let world = World::new(options).await;
        let number = add(&world.cx, &world.shop, "shop", None, None).await.unwrap().id;
        world.waha.scan_qr("default").await.unwrap();
        world.request_reconcile(number).await;
        world.run_jobs().await;
        assert_eq!(world.number(number).await.status, Some(InstanceStatus::Working));
        (world, number)
    }

    /// The same, paired three days ago: what was written since is no past of the phone's own.
    pub async fn paired_long_ago(options: Options) -> (World, InstanceId) {
        let world = World::new(options).await;
        world.set_clock(-3 * 86_400);
        let number = add(&world.cx, &world.shop, "shop", None, None).await.unwrap().id;
        world.waha.scan_qr("default").await.unwrap();
        world.request_reconcile(number).await;
        world.run_jobs().await;
        world.set_clock(3 * 86_400);
        assert_eq!(world.number(number).await.status, Some(InstanceStatus::Working));
        (world, number)
    }

    pub async fn number(&self, id: InstanceId) -> Instance {
        self.shop.instance(id).await.unwrap().unwrap()
    }

    /// The chat that a message came into, as it is now.
    pub async fn chat_of(&self, text: &str) -> Facts {
        let mut arrivals = self.arrivals.0.subscribe();
        let find = |known: &Vec<(String, ChatId)>| known.iter().any(|(known, _)| known == text);
        let known = tokio::time::timeout(SOON, arrivals.wait_for(find)).await.unwrap().unwrap().clone();
        let chat = known.into_iter().find(|(known, _)| known == text).unwrap().1;
        self.shop.chat_facts(chat).await.unwrap()
    }

    /// Fetches whatever came in the last two days.
    pub async fn recover(&self, number: InstanceId) -> Recovered {
        let since = self.cx.now() - Duration::from_secs(2 * 86_400);
        recover(&self.cx, &self.shop, &self.number(number).await, since).await.unwrap()
    }

    /// Puts the clock forward.
    pub fn pass(&self, seconds: u64) {
        self.set_clock(i64::try_from(seconds).unwrap());
    }

    /// Sets our clock by so many seconds; that of the server goes on.
    pub fn set_clock(&self, seconds: i64) {
        self.still.ahead_s.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Takes in whatever WAHA has posted since the last time, as the webhook would.
    pub async fn take_in(&self, number: InstanceId) {
        let posted = self.waha.deliveries();
        let before = self.taken_in.swap(posted.len(), Ordering::SeqCst);
        for delivery in posted.iter().skip(before).filter(|delivery| delivery.event == "message.any") {
            let parsed = waha::parse(&delivery.body).unwrap();
            self.shop.accept_delivery(number, parsed, self.cx.config().reply, self.cx.now()).await.unwrap();
        }
    }

    /// Whatever WAHA has posted since the last time is lost.
    pub fn lose_posts(&self) {
        self.taken_in.store(self.waha.deliveries().len(), Ordering::SeqCst);
    }

    /// Somebody writes, and whatever comes of it is done.
    pub async fn hears(&self, number: InstanceId, customer: &Customer, text: &str) -> Facts {
        self.waha.customer_says("default", customer, text).await.unwrap();
        self.take_in(number).await;
        self.run_jobs().await;
        self.pass(1);
        self.run_jobs().await;
        self.chat_of(text).await
    }

    pub async fn request(&self, args: JobArgs) {
        let now = self.cx.now();
        self.shop.request_job(args, "of a test".into(), now, now).await.unwrap();
    }

    /// From now on nothing that WAHA posts arrives, and nothing is done as if it had.
    pub fn lose_all_posts(&self) {
        self.loses_posts.store(true, Ordering::SeqCst);
    }

    /// Has a number compared, as the webhook of a state does.
    pub async fn request_reconcile(&self, id: InstanceId) {
        let now = self.cx.now();
        if !self.loses_posts.load(Ordering::SeqCst) {
            self.cx.numbers.note_delivery(id, None, now);
        }
        self.shop.request_job(JobArgs::ReconcileInstance { instance: id }, id.to_string(), now, now).await.unwrap();
    }

    /// Runs every job that is due, and those that come of them.
    pub async fn run_jobs(&self) -> Vec<(Job, Ended)> {
        let mut done = Vec::new();
        loop {
            let slots = KINDS.map(|kind| Slots { kind, free: 4 }).to_vec();
            let (jobs, _) = self.cx.store.claim_jobs(slots, None, self.cx.run, self.cx.now()).await.unwrap();
            if jobs.is_empty() {
                return done;
            }
            for job in jobs {
                let ended = match self.run(&job).await {
                    Ok(Outcome::End(ended)) => ended,
                    Ok(Outcome::Settled) => continue,
                    Err(JobError::Retryable { reason, .. }) => {
                        Ended::Retry { at: self.cx.now() + Duration::from_secs(60), reason }
                    }
                    Err(JobError::Fatal(reason)) => Ended::Discard { reason },
                };
                self.shop.end_job(job.id, ended.clone(), self.cx.now()).await.unwrap();
                done.push((job, ended));
            }
        }
    }

    async fn run(&self, job: &Job) -> Result<Outcome, JobError> {
        let (cx, shop) = (&self.cx, &self.shop);
        match &job.args {
            JobArgs::ReconcileInstance { instance } => reconcile_instance::run(cx, shop, job, *instance).await,
            JobArgs::SyncContacts { instance } => sync_contacts::run(cx, shop, job, *instance).await,
            JobArgs::RecoverHistory { instance, since } => recover_history::run(cx, shop, job, *instance, *since).await,
            JobArgs::AnswerChat { chat } => answer_chat::run(cx, shop, job, *chat).await,
            JobArgs::ResolveIdentity { instance, address } => {
                resolve_identity::run(cx, shop, job, *instance, address).await
            }
            other => panic!("not a job of these tests: {other:?}"),
        }
    }

    pub async fn status(&self, status: Status) {
        self.waha.wait_for_status("default", status, SOON).await.unwrap();
    }

    pub fn requests(&self, method: &str, path: &str) -> usize {
        self.waha.requests().iter().filter(|request| request.method == method && request.path == path).count()
    }

    pub fn notices(&self) -> Notices {
        let wish = Wish { audience: Audience::Everybody, topics: vec![Topic::DaemonNotice], since: None };
        Notices(self.cx.bus.listen(wish))
    }
}

/// What a person is told.
pub struct Notices(Listener);

impl Notices {
    pub async fn next(&mut self) -> String {
        let heard = tokio::time::timeout(SOON, self.0.next()).await.unwrap();
        match heard {
            Heard::Events(told) => told.iter().map(|told| told.data.get().to_owned()).collect::<Vec<_>>().join("\n"),
            other => panic!("{other:?}"),
        }
    }
}
