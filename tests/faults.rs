//! One table of faults against every place that shows health: each fault is provoked under the real daemon, every place
//! tells it in the same words with its age and its remedy, none calls its subject healthy, and once it is mended none
//! tells it any more.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use mychatflow_data::model::finding::{FindingCode, FindingLevel, FindingSubject, HealthFinding};
use mychatflow_sandbox::faults::{Fault as WahaFault, WebhookFault, When};
use mychatflow_sandbox::gemini::{Fault as GeminiFault, Sample};
use mychatflow_sandbox::waha::{Engine, Operation, Signed, Status};
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::support::{NUMBER, Shop, World};

/// How long a fault may take until every place tells it: a lost delivery is waited for before anybody complains.
const DEADLINE: Duration = Duration::from_secs(45);
/// Between two looks at all places.
const LOOK_AGAIN: Duration = Duration::from_millis(300);
/// Room for a row, and not for a long message.
const ROOM: u64 = 24 * 1024;

/// Something that goes wrong, what every place calls it, and what mends it.
struct Fault {
    name: &'static str,
    provoke: Act,
    code: FindingCode,
    mend: Act,
}

const fn fault(name: &'static str, provoke: Act, code: FindingCode, mend: Act) -> Fault {
    Fault { name, provoke, code, mend }
}

/// What happens in the world.
#[derive(Debug, Clone, Copy)]
enum Act {
    WahaStops,
    WahaResumes,
    /// Every call is answered with this status.
    WahaAnswers(u16),
    /// One call is answered with this status.
    WahaAnswersTo(Operation, u16),
    /// Nothing is wrong with its answers any more.
    WahaAnswersWell,
    /// It begins a new life, and its sessions can't be started.
    WahaRestartsWithoutSessions,
    /// The session gets into this state, and can't be started.
    SessionGets(Status),
    /// It can be started again, and somebody follows the remedy.
    SessionRestarted,
    /// The code is scanned.
    SessionPaired,
    SessionForgotten,
    SessionHidesMe(bool),
    DeliveriesLost,
    DeliveriesArrive,
    /// A delivery that is not taken comes.
    Posted(Refused),
    DaemonRestarts,
    SendsFail,
    SendsWork,
    /// WhatsApp lets the number write to nobody new for so many seconds.
    LockedOut(u64),
    /// Gemini answers each call like this.
    GeminiAnswers(&'static str),
    /// It says this to three questions.
    GeminiSays(&'static str),
    GeminiStops,
    /// It listens again, and a new daemon asks it.
    GeminiResumes,
    /// Another model answers than was asked.
    GeminiRoutes,
    /// Gemini is well, and a new daemon asks it.
    GeminiWell,
    /// The config has this key for Gemini.
    GeminiKey(&'static str),
    /// `webhook.public_url` leads to WAHA itself.
    AddressWrong,
    AddressRight,
    ConfigMode(u32),
    IndexDropped,
    IndexMade,
    DiskFull,
    DiskRoomy,
}

/// Why a delivery is not taken.
#[derive(Debug, Clone, Copy)]
enum Refused {
    WrongKey,
    Unsigned,
    TooLarge,
    OtherSession,
    OtherNumber,
}

const GEMINI_KEY: &str = "the gemini key of a test";
const INDEX: &str = "interactions_by_bare_id";
const INDEX_SQL: &str = "CREATE UNIQUE INDEX interactions_by_bare_id";

/// The servers and the numbers.
const OF_WAHA: &[Fault] = &[
    fault("WAHA is down", Act::WahaStops, FindingCode::WahaDown, Act::WahaResumes),
    fault("WAHA refuses the key", Act::WahaAnswers(401), FindingCode::WahaKey, Act::WahaAnswersWell),
    fault("a gateway answers", Act::WahaAnswers(502), FindingCode::WahaDown, Act::WahaAnswersWell),
    fault(
        "WAHA restarts and leaves its sessions stopped",
        Act::WahaRestartsWithoutSessions,
        FindingCode::NumberDown,
        Act::SessionRestarted,
    ),
    fault("STOPPED", Act::SessionGets(Status::Stopped), FindingCode::NumberDown, Act::SessionRestarted),
    fault("FAILED", Act::SessionGets(Status::Failed), FindingCode::NumberDown, Act::SessionRestarted),
    fault("SCAN_QR_CODE", Act::SessionGets(Status::ScanQrCode), FindingCode::NumberUnpaired, Act::SessionPaired),
    fault("the session is forgotten", Act::SessionForgotten, FindingCode::NumberDown, Act::SessionPaired),
    fault("deliveries get lost", Act::DeliveriesLost, FindingCode::DeliveriesMissing, Act::DeliveriesArrive),
    fault("the account is not told", Act::SessionHidesMe(true), FindingCode::NumberUntold, Act::SessionHidesMe(false)),
    fault(
        "the version is not told",
        Act::WahaAnswersTo(Operation::Version, 404),
        FindingCode::NumberUntold,
        Act::WahaAnswersWell,
    ),
    fault("a time lock", Act::LockedOut(3_600), FindingCode::NumberRestricted, Act::LockedOut(0)),
    fault("sends fail", Act::SendsFail, FindingCode::SendsFail, Act::SendsWork),
];

/// Deliveries that are not taken, the config, and the store.
const OF_OURS: &[Fault] = &[
    fault(
        "a delivery with another key",
        Act::Posted(Refused::WrongKey),
        FindingCode::SignatureRefused,
        Act::DaemonRestarts,
    ),
    fault("an unsigned delivery", Act::Posted(Refused::Unsigned), FindingCode::SignatureRefused, Act::DaemonRestarts),
    fault("a delivery too large", Act::Posted(Refused::TooLarge), FindingCode::DeliveryTooLarge, Act::DaemonRestarts),
    fault(
        "a delivery of another session",
        Act::Posted(Refused::OtherSession),
        FindingCode::ForeignSession,
        Act::DaemonRestarts,
    ),
    fault(
        "a delivery for another number",
        Act::Posted(Refused::OtherNumber),
        FindingCode::UnknownInstance,
        Act::DaemonRestarts,
    ),
    fault("a config that others may read", Act::ConfigMode(0o644), FindingCode::ConfigReadable, Act::ConfigMode(0o600)),
    fault("an address that leads elsewhere", Act::AddressWrong, FindingCode::AddressWrong, Act::AddressRight),
    fault("a dropped index", Act::IndexDropped, FindingCode::SchemaChanged, Act::IndexMade),
    fault("a full disk", Act::DiskFull, FindingCode::StoreRefusesWrites, Act::DiskRoomy),
];

/// Gemini.
const OF_GEMINI: &[Fault] = &[
    fault("there is no key", Act::GeminiKey(""), FindingCode::ModelOff, Act::GeminiKey(GEMINI_KEY)),
    fault("the key is refused", Act::GeminiAnswers("400_bad_key"), FindingCode::ModelDown, Act::GeminiWell),
    fault("the quota is used up", Act::GeminiAnswers("429_per_day"), FindingCode::ModelDown, Act::GeminiWell),
    fault("the model is gone", Act::GeminiAnswers("404_model"), FindingCode::ModelDown, Act::GeminiWell),
    fault("Gemini is away", Act::GeminiStops, FindingCode::ModelDown, Act::GeminiResumes),
    fault("only prose", Act::GeminiSays("We bake bread."), FindingCode::ModelUnusable, Act::GeminiWell),
    // The sandbox does not take it back: it is the last one.
    fault("another model answers", Act::GeminiRoutes, FindingCode::ModelReplaced, Act::DaemonRestarts),
];

#[tokio::test]
async fn what_is_wrong_with_waha_and_its_numbers_is_told_alike_by_every_place() {
    go_through(OF_WAHA).await;
}

#[tokio::test]
async fn what_is_wrong_with_deliveries_config_and_store_is_told_alike_by_every_place() {
    go_through(OF_OURS).await;
}

#[tokio::test]
async fn what_is_wrong_with_gemini_is_told_alike_by_every_place() {
    go_through(OF_GEMINI).await;
}

#[tokio::test]
async fn an_answer_that_is_refused_for_its_content_and_a_silent_chat_are_no_faults() {
    let world = open().await;
    world.gemini.answer_next("200_safety_candidate");
    world.ana_asks().await;
    world
        .until("the refusal is told", DEADLINE, async || {
            let chats = world.done(&["chat", "list"]).await;
            chats.first().is_some_and(|chat| chat["state"] == "needs_you").then_some(())
        })
        .await;
    let places = Places::read(&world).await;
    assert_eq!(failed_codes(&places.status["findings"]), Vec::<String>::new());
    assert_eq!((&places.status["gemini"]["health"], &places.ready["gemini"]["up"]), (&json!("ok"), &json!(true)));
    assert_eq!(places.doctor["ok"], true, "{:#}", places.doctor);

    // What somebody wanted is told by the chat alone.
    world.done(&["chat", "pause", &world.ana.phone]).await;
    world.ana_asks_more().await;
    let why = world.done(&["why", &world.ana.phone]).await.remove(0);
    assert!(why.to_string().contains("paused"), "{why:#}");
    world.ana_says("STOP").await;
    world
        .until("the opt-out is told", DEADLINE, async || {
            let why = world.done(&["why", &world.ana.phone]).await.remove(0);
            why.to_string().contains("opted out").then_some(())
        })
        .await;
    assert_eq!(failed_codes(&Places::read(&world).await.status["findings"]), Vec::<String>::new());
}

/// A shop where everything is in order and Ana has her answer.
async fn open() -> World {
    let mut world = World::unfurnished(Shop::on(Engine::Noweb)).await;
    allow_readers(&world, 0o600);
    world.start().await;
    world.furnish().await;
    world.pair().await;
    world.ana_asks().await;
    world.at_rest().await;
    world
}

async fn go_through(faults: &[Fault]) {
    let mut world = open().await;
    let before = Places::read(&world).await;
    assert_eq!(failed_codes(&before.status["findings"]), Vec::<String>::new());
    for fault in faults {
        provoke(&mut world, fault.provoke).await;
        agreed(&world, fault, "every place tells it", Places::tell).await;
        provoke(&mut world, fault.mend).await;
        agreed(&world, fault, "no place tells it", Places::are_silent).await;
    }
}

fn failed_codes(findings: &Value) -> Vec<String> {
    let findings = findings.as_array().unwrap().iter().filter(|found| found["level"] == "failed");
    findings.map(|found| found["code"].to_string()).collect()
}

/// Looks until all places agree, or fails with what the last look found.
async fn agreed(world: &World, fault: &Fault, what: &str, check: fn(&Places, FindingCode) -> Result<(), String>) {
    let deadline = Instant::now() + DEADLINE;
    loop {
        // It compares every number at once.
        world.run(&["daemon", "reload"]).await;
        let places = Places::read(world).await;
        let Err(lie) = check(&places, fault.code) else { return };
        if Instant::now() >= deadline {
            panic!("{}: not in time: {what}: {lie}\n{places:#?}\n{}", fault.name, world.log());
        }
        sleep(LOOK_AGAIN).await;
    }
}

/// What the places say, read one after the other.
#[derive(Debug)]
struct Places {
    status: Value,
    ready: Value,
    metrics: String,
    overview: Value,
    number: Value,
    why: Value,
    doctor: Value,
}

impl Places {
    async fn read(world: &World) -> Self {
        let status = world.done(&["daemon", "status"]).await.remove(0);
        let metrics = status["metrics"].as_str().unwrap().to_owned();
        let client =
            mychatflow_daemon::http_client::builder().no_proxy().timeout(Duration::from_secs(10)).build().unwrap();
        Self {
            ready: client.get(metrics.replace("/metrics", "/readyz")).send().await.unwrap().json().await.unwrap(),
            metrics: client.get(&metrics).send().await.unwrap().text().await.unwrap(),
            overview: world.done(&["overview"]).await.remove(0),
            number: world.done(&["instance", "show", NUMBER]).await.remove(0),
            why: world.done(&["why", &world.ana.phone]).await.remove(0),
            doctor: world.run(&["doctor"]).await.lines.remove(0),
            status,
        }
    }

    /// Tells every place that something of this code is wrong, and nothing else of its subject?
    fn tell(&self, code: FindingCode) -> Result<(), String> {
        let found = find(&self.status["findings"], code).ok_or("daemon status does not tell it")?;
        let aged = found.since.is_some() || found.seen_at.is_some();
        truly(aged && !found.remedy.is_empty() && !found.evidence.is_empty(), || format!("no age: {found:?}"))?;
        let is_of_number = matches!(found.subject, FindingSubject::Number { .. });
        let number = if is_of_number { &self.number["findings"] } else { &self.status["findings"] };
        let lists =
            [("/readyz", &self.ready["findings"]), ("overview", &self.overview["findings"]), ("instance show", number)];
        for (place, list) in lists {
            let other = find(list, code).ok_or_else(|| format!("{place} does not tell it"))?;
            let words = |one: &HealthFinding| (one.level, one.summary.clone(), one.remedy.clone(), one.since);
            truly(words(&other) == words(&found), || format!("{place} says it otherwise: {other:?}, not {found:?}"))?;
        }
        let gauge = format!("mychatflow_findings{{code=\"{code}\",level=\"{}\"}} ", found.level);
        let counted = self.metrics.lines().find_map(|line| line.strip_prefix(&gauge));
        truly(counted.is_some_and(|count| count != "0"), || format!("/metrics counts {counted:?}"))?;
        self.doctor_tells(&found)?;
        self.why_tells(&found)?;
        self.healths_agree(&found)
    }

    fn doctor_tells(&self, found: &HealthFinding) -> Result<(), String> {
        let name = found.subject.to_string();
        let checks = self.doctor["checks"].as_array().unwrap();
        let of_it: Vec<&Value> = checks.iter().filter(|check| check["name"] == name.as_str()).collect();
        let says = |check: &&&Value| {
            let contains = |field: &str, words: &str| check[field].as_str().is_some_and(|told| told.contains(words));
            check["state"] == found.level.to_string()
                && contains("detail", &found.summary)
                && contains("remedy", &found.remedy)
        };
        truly(of_it.iter().any(|check| says(&check)), || format!("the doctor says it otherwise: {of_it:#?}"))?;
        let calls_it_ok = of_it.iter().any(|check| check["state"] == "ok");
        truly(!calls_it_ok, || format!("the doctor calls {name} ok: {of_it:#?}"))?;
        let is_failed = found.level == FindingLevel::Failed;
        truly(!is_failed || self.doctor["ok"] == false, || "the doctor finds everything in order".to_owned())
    }

    /// A chat tells what keeps its messages from coming or its answers from going.
    fn why_tells(&self, found: &HealthFinding) -> Result<(), String> {
        if found.level != FindingLevel::Failed || found.code.is_of_state() {
            return Ok(());
        }
        let told = self.why["lines"]
            .as_array()
            .unwrap()
            .iter()
            .any(|line| line["what"].as_str().is_some_and(|what| what.contains(&found.summary)));
        truly(told, || format!("why does not tell it: {:#}", self.why))
    }

    /// No place has another word for a subject of which something has failed.
    fn healths_agree(&self, found: &HealthFinding) -> Result<(), String> {
        let (status, ready) = (&self.status, &self.ready);
        if found.level != FindingLevel::Failed {
            return Ok(());
        }
        let is_ready = !found.code.stops_deliveries();
        truly(ready["ready"] == is_ready, || format!("/readyz says ready: {}", ready["ready"]))?;
        let (health, up) = match found.subject {
            FindingSubject::Store => (&status["store"]["health"], &Value::Bool(false)),
            FindingSubject::Waha { .. } => (&status["waha"][0]["health"], &ready["waha"][0]["up"]),
            FindingSubject::Gemini => (&status["gemini"]["health"], &ready["gemini"]["up"]),
            FindingSubject::Number { .. } if found.code.is_of_state() => {
                let verdict = &self.number["verdict"];
                return truly(verdict != "healthy", || format!("the number is called {verdict}"));
            }
            _ => return Ok(()),
        };
        truly(health == "down", || format!("daemon status calls it {health}"))?;
        truly(up == false, || format!("/readyz says up: {up}"))?;
        let is_waha = matches!(found.subject, FindingSubject::Waha { .. });
        let down = self.metrics.contains("mychatflow_waha_up{name=\"main\"} 0\n");
        truly(!is_waha || down, || "/metrics says that WAHA is up".to_owned())
    }

    /// Does no place tell it?
    fn are_silent(&self, code: FindingCode) -> Result<(), String> {
        let lists = [
            ("daemon status", &self.status["findings"]),
            ("/readyz", &self.ready["findings"]),
            ("overview", &self.overview["findings"]),
            ("instance show", &self.number["findings"]),
        ];
        for (place, list) in lists {
            truly(find(list, code).is_none(), || format!("{place} still tells it: {list:#}"))?;
        }
        let gauge = format!("mychatflow_findings{{code=\"{code}\",level=\"{}\"}} 0\n", code.level());
        truly(self.metrics.contains(&gauge), || "/metrics still counts it".to_owned())?;
        let checks = self.doctor["checks"].as_array().unwrap();
        let told = checks.iter().find(|check| check["finding"]["code"] == code.word());
        truly(told.is_none(), || format!("the doctor still tells it: {told:?}"))?;
        truly(self.doctor["ok"] == true, || format!("the doctor still finds something: {:#}", self.doctor))
    }
}

fn truly(is_so: bool, complaint: impl FnOnce() -> String) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(complaint()) }
}

fn find(findings: &Value, code: FindingCode) -> Option<HealthFinding> {
    let findings: Vec<HealthFinding> = serde_json::from_value(findings.clone()).unwrap();
    findings.into_iter().find(|found| found.code == code)
}

fn allow_readers(world: &World, mode: u32) {
    std::fs::set_permissions(world.config(), std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Sessions can't be started.
fn keep_down(world: &World) {
    for operation in [Operation::StartSession, Operation::RestartSession, Operation::CreateSession] {
        world.waha.faults().add(operation, When::Always, WahaFault::EngineError("no browser".to_owned()));
    }
}

/// Waits until the session shows a code, and scans it.
async fn pair_again(world: &World) {
    world
        .until("the session shows a code", DEADLINE, async || {
            world.run(&["daemon", "reload"]).await;
            (world.waha.status(NUMBER) == Some(Status::ScanQrCode)).then_some(())
        })
        .await;
    world.waha.scan_qr_again(NUMBER).await.unwrap();
}

/// Messages of a human, each by a command of its own.
async fn send(world: &World, count: usize) {
    for n in 0..count {
        world.done(&["chat", "send", &world.ana.phone, &format!("Message {n} of the shop")]).await;
    }
}

async fn post(world: &World, refused: Refused) {
    let envelope = |session: &str| {
        let payload = json!({"name": session, "status": "WORKING"});
        json!({"id": "evt_1", "timestamp": 1, "event": "session.status", "session": session, "payload": payload})
            .to_string()
    };
    let (body, signed) = match refused {
        Refused::WrongKey => (envelope(NUMBER), Signed::With("the key of another daemon".to_owned())),
        Refused::Unsigned => (envelope(NUMBER), Signed::Not),
        Refused::TooLarge => ("x".repeat(17 << 20), Signed::Properly),
        Refused::OtherSession => (envelope("another"), Signed::Properly),
        Refused::OtherNumber => {
            let number = world.done(&["instance", "show", NUMBER]).await.remove(0);
            let url = number["webhook_url"].as_str().unwrap().replace(number["id"].as_str().unwrap(), "gone");
            let client = mychatflow_daemon::http_client::builder().no_proxy().build().unwrap();
            assert_eq!(client.post(url).body(envelope(NUMBER)).send().await.unwrap().status(), 404);
            return;
        }
    };
    world.waha.deliver_raw(NUMBER, body, &signed).await.unwrap();
}

/// Another program changes the schema while no daemon runs.
async fn change_store(world: &mut World, sql: &str) {
    world.stop().await;
    let path = world.path().join("data").join(mychatflow_daemon::STORE_FILE);
    rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
    world.start().await;
}

/// Nothing that the daemon writes may grow past this.
fn limit_files(world: &World, bytes: Option<u64>) {
    let pid = Pid::from_raw(world.pid().try_into().unwrap());
    let maximum = getrlimit(Resource::Fsize).maximum;
    prlimit(pid, Resource::Fsize, Rlimit { current: bytes, maximum }).unwrap();
}

async fn ask_often(world: &World, count: usize) {
    for n in 0..count {
        let customer = mychatflow_sandbox::waha::Customer::new(&format!("+44 7700 9002{n:02}"), "Ben");
        world.waha.customer_says(NUMBER, &customer, support::QUESTION).await.unwrap();
    }
}

async fn provoke(world: &mut World, act: Act) {
    let waha = world.waha.clone();
    let gemini = world.gemini.clone();
    match act {
        Act::WahaStops => waha.stop_listening().await,
        Act::WahaResumes => {
            // A connection of somebody else may have taken the port meanwhile.
            let listens = async || waha.resume_listening().await.ok();
            world.until("WAHA listens again", DEADLINE, listens).await;
        }
        Act::WahaAnswers(status) => waha.faults().add_for_all(When::Always, answer(status)),
        Act::WahaAnswersTo(operation, status) => waha.faults().add(operation, When::Always, answer(status)),
        Act::WahaAnswersWell => waha.faults().clear(),
        Act::WahaRestartsWithoutSessions => {
            keep_down(world);
            waha.crash_and_leave_sessions_stopped().await.unwrap();
        }
        Act::SessionGets(status) => {
            keep_down(world);
            waha.force_status(NUMBER, status).await.unwrap();
        }
        Act::SessionRestarted => {
            waha.faults().clear();
            world.done(&["instance", "restart", NUMBER]).await;
        }
        Act::SessionPaired => {
            waha.faults().clear();
            pair_again(world).await;
        }
        Act::SessionForgotten => {
            keep_down(world);
            waha.forget_session(NUMBER).await.unwrap();
        }
        Act::SessionHidesMe(hidden) => waha.hide_me(NUMBER, hidden).await.unwrap(),
        Act::DeliveriesLost => {
            waha.webhook_faults().add_for_all(When::Always, WebhookFault::Drop);
            waha.force_status(NUMBER, Status::ScanQrCode).await.unwrap();
            world
                .until("it was asked", DEADLINE, async || {
                    world.run(&["daemon", "reload"]).await;
                    let number = world.done(&["instance", "show", NUMBER]).await.remove(0);
                    (number["status"] == "SCAN_QR_CODE").then_some(())
                })
                .await;
            waha.scan_qr_again(NUMBER).await.unwrap();
        }
        Act::DeliveriesArrive => {
            waha.webhook_faults().clear();
            world.ana_says("Hello again").await;
        }
        Act::Posted(refused) => post(world, refused).await,
        Act::DaemonRestarts => {
            world.stop().await;
            world.start().await;
        }
        Act::SendsFail => {
            waha.faults().add(Operation::SendText, When::Always, answer(500));
            send(world, 3).await;
        }
        Act::SendsWork => {
            waha.faults().clear();
            send(world, 1).await;
        }
        Act::LockedOut(seconds) => waha.lock_out(NUMBER, Duration::from_secs(seconds)).await.unwrap(),
        Act::GeminiAnswers(sample) => {
            let sample = GeminiFault::Answer(Sample::named(sample).unwrap());
            gemini.faults().add_for_all(When::Always, sample);
            ask_often(world, 1).await;
        }
        Act::GeminiSays(text) => {
            gemini.faults().add_for_all(When::Always, GeminiFault::Says(text.to_owned()));
            ask_often(world, 3).await;
        }
        Act::GeminiStops => {
            gemini.stop_listening().await;
            ask_often(world, 1).await;
        }
        Act::GeminiResumes => {
            let listens = async || gemini.resume_listening().await.ok();
            world.until("Gemini listens again", DEADLINE, listens).await;
            world.stop().await;
            world.start().await;
        }
        Act::GeminiRoutes => {
            gemini.route("gemini-3.5-flash-lite", "gemini-3.5-flash");
            ask_often(world, 1).await;
        }
        Act::GeminiWell => {
            gemini.faults().clear();
            world.stop().await;
            world.start().await;
        }
        Act::GeminiKey(key) => {
            let config = std::fs::read_to_string(world.config()).unwrap();
            let (before, section) = config.split_once("[gemini]").unwrap();
            let lines: Vec<String> = section
                .lines()
                .map(|line| if line.starts_with("api_key") { format!("api_key = \"{key}\"") } else { line.to_owned() })
                .collect();
            std::fs::write(world.config(), format!("{before}[gemini]{}\n", lines.join("\n"))).unwrap();
            world.done(&["daemon", "reload"]).await;
        }
        Act::AddressWrong => {
            let public = format!("[webhook]\npublic_url = \"{}/elsewhere\"\n", waha.url());
            let config = std::fs::read_to_string(world.config()).unwrap();
            std::fs::write(world.config(), config.replacen("[webhook]\n", &public, 1)).unwrap();
        }
        Act::AddressRight => {
            let config = std::fs::read_to_string(world.config()).unwrap();
            let lines = config.lines().filter(|line| !line.starts_with("public_url"));
            std::fs::write(world.config(), lines.map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        }
        Act::ConfigMode(mode) => allow_readers(world, mode),
        Act::IndexDropped => change_store(world, &format!("DROP INDEX {INDEX}")).await,
        Act::IndexMade => {
            let found = find(&world.done(&["daemon", "status"]).await[0]["findings"], FindingCode::SchemaChanged);
            let remedy = found.unwrap().remedy;
            let (from, to) = (remedy.find(INDEX_SQL).unwrap(), remedy.rfind(';').unwrap());
            let sql = remedy[from..to].split_once(";'").map_or(&remedy[from..to], |(sql, _)| sql).to_owned();
            change_store(world, &sql).await;
        }
        Act::DiskFull => {
            let log = world.path().join("data").join(format!("{}-wal", mychatflow_daemon::STORE_FILE));
            limit_files(world, Some(std::fs::metadata(&log).unwrap().len() + ROOM));
            world.ana_says(&"a long question ".repeat(3_750)).await;
        }
        Act::DiskRoomy => limit_files(world, None),
    }
}

fn answer(status: u16) -> WahaFault {
    WahaFault::Answer { status, body: json!({"statusCode": status, "message": "as the story wants it"}) }
}
