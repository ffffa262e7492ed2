//! The whole product as it runs at a shop: the real binary as a process of its own, a WAHA and a Gemini on loopback,
//! a paired number, and a customer who asks.

#![allow(dead_code, reason = "no story needs everything")]

mod log;

use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

pub use mychatflow_bench::typed::Ran;
use mychatflow_bench::typed::{Typed, free_port};
use mychatflow_daemon::halt;
use mychatflow_sandbox::log::{Delivery, Sent};
use mychatflow_sandbox::waha::{self, Acks, Customer, Engine};
use mychatflow_sandbox::{customers, gemini};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use self::log::Log;

/// The number's name, and its session's on the made-up WAHA.
pub const NUMBER: &str = "shop";
/// What the customer wants to know.
pub const QUESTION: &str = "How much is the sourdough?";
/// What she wants to know next.
pub const MORE: &str = "And do you deliver?";
/// What the shop's facts say about it.
pub const PRICE: &str = "4,20";
/// How long anything may take that waits for nothing but this machine.
pub const DEADLINE: Duration = Duration::from_secs(30);
/// The longest pause between two looks at something that tells nobody when it changes.
const LOOK_AGAIN_MAX: Duration = Duration::from_millis(500);

/// What differs between the stories.
#[derive(Debug, Clone, Copy)]
pub struct Shop {
    /// The library that WAHA runs: it decides whether we choose the ids of messages.
    pub engine: Engine,
    /// How far acks get by themselves.
    pub acks: Acks,
    /// How long the customer must be quiet.
    pub burst_quiet: Duration,
    /// How long a server may take to answer, in seconds.
    pub timeout_s: u32,
    /// More lines of the section `[daemon]`.
    pub daemon: &'static str,
    /// More sections of the config.
    pub more: &'static str,
    /// The version that WAHA says it has: it decides what it can do.
    pub version: &'static str,
}

impl Shop {
    /// Ids of our own, no long waits.
    pub fn on(engine: Engine) -> Self {
        let burst_quiet = Duration::from_millis(100);
        Self { engine, acks: Acks::Read, burst_quiet, timeout_s: 35, daemon: "", more: "", version: "2026.7.1" }
    }
}

/// Everything that runs.
pub struct World {
    pub waha: waha::Server,
    pub gemini: gemini::Server,
    pub ana: Customer,
    daemon: Option<Child>,
    log: Log,
    variables: Vec<(&'static str, OsString)>,
    dir: TempDir,
}

impl World {
    /// A shop with a paired number, and a daemon that runs.
    pub async fn open(shop: Shop) -> Self {
        let world = Self::unpaired(shop).await;
        world.pair().await;
        world
    }

    /// A shop whose number is still to be paired, and a daemon that runs.
    pub async fn unpaired(shop: Shop) -> Self {
        let mut world = Self::unfurnished(shop).await;
        world.start().await;
        world.furnish().await;
        world
    }

    /// The shop with its facts, and a number to be paired.
    pub async fn furnish(&self) {
        self.furnish_shop().await;
        self.add_number().await;
    }

    /// A number to be paired.
    pub async fn add_number(&self) {
        self.done(&["instance", "add", NUMBER, "--waha", "main", "--session", NUMBER]).await;
    }

    /// The shop with its facts, and no number.
    pub async fn furnish_shop(&self) {
        let world = self;
        let bakery = customers::shop();
        world.done(&["tenant", "add", bakery.name, "--timezone", bakery.timezone]).await;
        world.done(&["settings", "set", "business.profile", bakery.profile]).await;
        for (label, text) in
            bakery.quick_replies.iter().filter(|(label, _)| ["Bread prices", "Delivery"].contains(label))
        {
            world.done(&["quick-reply", "add", label, text]).await;
        }
    }

    /// Every daemon that is started from now on has this variable.
    pub fn set_variable(&mut self, name: &'static str, value: impl Into<OsString>) {
        self.variables.push((name, value.into()));
    }

    /// The servers and a config; no daemon yet.
    pub async fn unfurnished(shop: Shop) -> Self {
        let waha = waha::Options {
            engine: shop.engine,
            acks: shop.acks,
            api_key: "the waha key of a test".to_owned(),
            version: shop.version.to_owned(),
            ..waha::Options::default()
        };
        let gemini = gemini::Options { api_key: "the gemini key of a test".to_owned(), ..gemini::Options::default() };
        let waha = waha::Server::start(waha).await.unwrap();
        let gemini = gemini::Server::start(gemini).await.unwrap();
        let dir = tempfile::Builder::new().prefix("mcf-").tempdir().unwrap();
        let ana = Customer::new("+44 7700 900123", "Ana");
        let world = Self { waha, gemini, ana, daemon: None, log: Log::default(), variables: Vec::new(), dir };
        std::fs::write(world.config(), world.config_text(&shop)).unwrap();
        world
    }

    /// The config of everything that is run here.
    pub fn config(&self) -> std::path::PathBuf {
        self.dir.path().join("config.toml")
    }

    fn config_text(&self, shop: &Shop) -> String {
        let dir = self.dir.path().display();
        let (waha, waha_key) = (self.waha.url(), self.waha.api_key());
        let (gemini, gemini_key) = (self.gemini.url(), "the gemini key of a test");
        let (webhook, metrics) = (free_port(), free_port());
        let (timeout_s, quiet_ms, daemon) = (shop.timeout_s, shop.burst_quiet.as_millis(), shop.daemon);
        let more = shop.more;
        format!(
            r#"
[daemon]
data_dir = "{dir}/data"
socket = "{dir}/run/socket"
log = "info,mychatflow_daemon=debug,mychatflow_data=debug"
{daemon}
[webhook]
listen = "127.0.0.1:{webhook}"
[metrics]
listen = "127.0.0.1:{metrics}"
[[waha]]
name = "main"
url = "{waha}"
api_key = "{waha_key}"
timeout_s = {timeout_s}
[gemini]
base_url = "{gemini}"
api_key = "{gemini_key}"
timeout_s = {timeout_s}
[reply]
pace = "instant"
burst_quiet_ms = {quiet_ms}
{more}"#
        )
    }

    /// The directory that everything is in.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The phone scans the code, and the daemon has learned of it.
    pub async fn pair(&self) {
        self.waha.scan_qr(NUMBER).await.unwrap();
        self.until("the number works", DEADLINE, async || {
            (self.done(&["instance", "show", NUMBER]).await[0]["status"] == "WORKING").then_some(())
        })
        .await;
        self.at_rest().await;
    }

    /// Starts the daemon.
    pub async fn start(&mut self) {
        self.start_with(&[]).await;
    }

    /// Starts the daemon so that it holds at a place.
    pub async fn start_halting_at(&mut self, place: &str) {
        self.start_with(&[(halt::VARIABLE, place)]).await;
    }

    /// Starts the daemon by another line.
    pub async fn start_as(&mut self, line: &[&str]) {
        self.start_by(line, &[]).await;
    }

    async fn start_with(&mut self, variables: &[(&str, &str)]) {
        self.start_by(&["daemon"], variables).await;
    }

    async fn start_by(&mut self, line: &[&str], variables: &[(&str, &str)]) {
        let mut daemon = self.command(line);
        daemon.envs(variables.iter().copied());
        self.follow(daemon).await;
    }

    async fn follow(&mut self, mut daemon: Command) {
        assert!(self.daemon.is_none(), "one runs already");
        let seen = self.log.len();
        daemon.envs(self.variables.iter().map(|(name, value)| (*name, value)));
        daemon.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut daemon = daemon.spawn().unwrap();
        self.log.follow(daemon.stderr.take().unwrap());
        self.daemon = Some(daemon);
        self.log.until(seen, "ready webhook=", DEADLINE).await;
    }

    /// Starts the daemon with a log that can't be written, as on a full disk.
    pub async fn start_unheard(&mut self) {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let daemon = self.command(&["daemon"]).stdout(Stdio::null()).stderr(full).spawn().unwrap();
        self.daemon = Some(daemon);
        self.until("the daemon answers", DEADLINE, async || {
            (self.run(&["daemon", "status"]).await.code == 0).then_some(())
        })
        .await;
    }

    /// Waits until the daemon holds at the place.
    pub async fn halted(&self, place: &str) {
        self.log.until(0, &format!("halted at {place}"), DEADLINE).await;
    }

    /// `kill -9`: nothing is finished, nothing is told.
    pub async fn kill(&mut self) {
        self.daemon.take().unwrap().kill().await.unwrap();
    }

    /// SIGTERM, and the end it leads to.
    pub async fn stop(&mut self) -> std::process::ExitStatus {
        let mut daemon = self.daemon.take().unwrap();
        let term = format!("kill -TERM {}", daemon.id().unwrap());
        assert!(Command::new("sh").args(["-c", &term]).status().await.unwrap().success());
        timeout(DEADLINE, daemon.wait()).await.expect("it ends when it is told to").unwrap()
    }

    /// The end that the daemon comes to by itself.
    pub async fn ended(&mut self) -> std::process::ExitStatus {
        timeout(DEADLINE, self.daemon.take().unwrap().wait()).await.expect("it ends by itself").unwrap()
    }

    /// A daemon that must not start: what it says about it.
    pub async fn refused(&self, line: &[&str]) -> String {
        let refused = timeout(DEADLINE, self.command(line).output()).await.expect("it does not start").unwrap();
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(1), "{said}");
        said
    }

    /// Everything that the daemons of this world have logged.
    pub fn log(&self) -> String {
        self.log.text()
    }

    /// Where the daemon listens.
    pub fn socket(&self) -> std::path::PathBuf {
        self.dir.path().join("run/socket")
    }

    /// The process id of the daemon.
    pub fn pid(&self) -> u32 {
        self.daemon.as_ref().unwrap().id().unwrap()
    }

    /// A command as it would be typed, ready to run.
    pub fn command(&self, line: &[&str]) -> Command {
        self.command_of(Path::new(env!("CARGO_BIN_EXE_mychatflow")), line)
    }

    /// The same with another copy of the program.
    pub fn command_of(&self, program: &Path, line: &[&str]) -> Command {
        let typed = Typed { program: program.to_owned(), home: self.path().to_owned(), config: self.config() };
        typed.command(line)
    }

    /// Runs a command with `--json`.
    pub async fn run(&self, line: &[&str]) -> Ran {
        Ran::of(self.command(line).arg("--json").output().await.unwrap()).unwrap()
    }

    /// Runs a command that must succeed, and returns its lines.
    pub async fn done(&self, line: &[&str]) -> Vec<Value> {
        let ran = self.run(line).await;
        assert_eq!(ran.code, 0, "{line:?}: {}", ran.stderr);
        ran.lines
    }

    /// Ana writes.
    pub async fn ana_says(&self, text: &str) {
        self.waha.customer_says(NUMBER, &self.ana, text).await.unwrap();
    }

    /// Ana asks what the shop's facts answer.
    pub async fn ana_asks(&self) {
        self.ana_says(QUESTION).await;
    }

    /// Ana asks something else, and the daemon has it.
    pub async fn ana_asks_more(&self) {
        let id = self.waha.customer_says(NUMBER, &self.ana, MORE).await.unwrap();
        self.delivered(|delivery| delivery.message_id.as_deref() == Some(&id)).await;
    }

    /// The daemon has the echo of what it sent.
    pub async fn echoed(&self) {
        let sent = self.waha.wait_for_sent(1, DEADLINE).await.unwrap().remove(0).bare_id;
        let of_it = |id: &Option<String>| id.as_ref().is_some_and(|id| id.contains(&sent));
        self.delivered(|delivery| delivery.event == "message.any" && of_it(&delivery.message_id)).await;
    }

    async fn delivered(&self, which: impl Fn(&Delivery) -> bool) {
        let told = self.waha.wait_for(DEADLINE, |waha| {
            waha.deliveries().iter().any(|delivery| delivery.acknowledged && which(delivery)).then_some(())
        });
        told.await.unwrap();
    }

    /// What has reached Ana.
    pub fn reached_ana(&self) -> Vec<Sent> {
        self.waha.sent_to(&self.ana.chat_id())
    }

    /// Ana's chat: what went out, oldest first.
    pub async fn sent(&self) -> Vec<Value> {
        let lines = self.done(&["chat", "show", &self.ana.phone]).await;
        lines.into_iter().filter(|line| line["direction"] == "out").collect()
    }

    /// How often the model was asked.
    pub fn model_calls(&self) -> usize {
        self.gemini.requests().iter().filter(|request| request.path.ends_with(":generateContent")).count()
    }

    pub async fn credits(&self) -> Value {
        self.done(&["credit", "show"]).await.remove(0)
    }

    /// Used and reserved.
    pub async fn bill(&self) -> (i64, i64) {
        let credits = self.credits().await;
        (credits["used"].as_i64().unwrap(), credits["reserved"].as_i64().unwrap())
    }

    /// The line of the queue about an entry of this kind, once its reason says this.
    pub async fn waiting(&self, kind: &str, reason: &str) -> Value {
        let what = format!("{kind} waits: {reason}");
        self.until(&what, DEADLINE, async || {
            let lines = self.done(&["queue", "list"]).await;
            lines.into_iter().find(|line| {
                line["kind"] == kind && line["reason"].as_str().is_some_and(|found| found.contains(reason))
            })
        })
        .await
    }

    /// What is left to do, but for the next look at the people of a number that was just paired.
    pub async fn left(&self) -> Vec<Value> {
        let mut left = self.done(&["queue", "list"]).await;
        left.retain(|entry| entry["kind"] != "sync_contacts" || entry["state"] != "scheduled");
        left
    }

    /// Waits until nothing is left to do.
    pub async fn at_rest(&self) {
        self.until("nothing left to do", DEADLINE, async || self.left().await.is_empty().then_some(())).await;
    }

    /// One answer out, one credit for it, and nothing left to do.
    pub async fn answered_once(&self, deadline: Duration) {
        self.until("one credit is used", deadline, async || (self.bill().await == (1, 0)).then_some(())).await;
        self.at_rest().await;
        let reached = self.reached_ana();
        assert_eq!(reached.len(), 1, "one message: {reached:#?}");
        assert!(reached[0].text.contains(PRICE) && reached[0].posts <= 2, "{reached:#?}");
        let told = reached[0].text.matches("automated assistant").count();
        assert_eq!(told, 1, "said once that a machine writes: {reached:#?}");
        let sent = self.sent().await;
        assert_eq!(sent.len(), 1, "one interaction: {sent:#?}");
        assert_eq!(sent[0]["text"], reached[0].text.as_str());
        assert!(["sent", "delivered", "read"].contains(&sent[0]["state"].as_str().unwrap()), "{sent:#?}");
        assert!(sent[0]["wa_id"].as_str().unwrap().contains(&reached[0].bare_id), "{sent:#?}");
        assert_eq!(self.bill().await, (1, 0));
        self.books_agree().await;
        assert_eq!(self.done(&["chat", "list"]).await[0]["state"], "waiting");
    }

    /// Both questions have their answer, each its credit, and nothing is left to do.
    pub async fn answered_twice(&self, deadline: Duration) {
        self.until("two credits are used", deadline, async || (self.bill().await == (2, 0)).then_some(())).await;
        self.at_rest().await;
        let reached = self.reached_ana();
        assert_eq!(reached.len(), 2, "{reached:#?}");
        assert_eq!(self.sent().await.len(), 2);
        assert_eq!(self.bill().await, (2, 0));
        self.books_agree().await;
    }

    /// The ledger and what happened say the same.
    pub async fn books_agree(&self) {
        let audit = self.done(&["credit", "audit"]).await.remove(0);
        assert_eq!(audit["drift"], 0, "{audit}");
    }

    /// Looks until there is something to see, or fails with everything that is known.
    pub async fn until<T, F>(&self, what: &str, deadline: Duration, look: impl Fn() -> F) -> T
    where
        F: Future<Output = Option<T>>,
    {
        let deadline = Instant::now() + deadline;
        let mut pause = Duration::from_millis(20);
        loop {
            if let Some(found) = look().await {
                return found;
            }
            if Instant::now() >= deadline {
                let (queue, chats) = (self.run(&["queue", "list"]).await, self.run(&["chat", "list"]).await);
                panic!("not in time: {what}\nqueue: {:?}\nchats: {:?}\nlog:\n{}", queue.lines, chats.lines, self.log());
            }
            sleep(pause).await;
            pause = (pause * 2).min(LOOK_AGAIN_MAX);
        }
    }
}
