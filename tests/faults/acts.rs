//! What goes wrong in these tests, and what mends it.

use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mychatflow_data::model::finding::FindingCode;
use mychatflow_data::time::Timestamp;
use mychatflow_sandbox::faults::{Fault as WahaFault, WebhookFault, When};
use mychatflow_sandbox::gemini::{Fault as GeminiFault, Sample};
use mychatflow_sandbox::waha::{Operation, Signed, Status};
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use serde_json::json;

use crate::DEADLINE;
use crate::places::find;
use crate::support::{self, NUMBER, World};

/// Room for a row, and not for a long message.
const ROOM: u64 = 24 * 1024;
/// The file that says how many bytes are left, while it is there.
pub const FREE_BYTES: &str = "free-bytes";
/// A copy of the store.
const BACKUP: &str = "backup.db";
const INDEX: &str = "interactions_by_bare_id";
const INDEX_SQL: &str = "CREATE UNIQUE INDEX interactions_by_bare_id";
/// One credit too many is taken.
const TAKEN: &str = "INSERT INTO ledger (tenant_id, id, at, kind, amount, reason, reply_id, purse, note)
    SELECT tenant_id, randomblob(16), at, 'reserve', -1, 'reserve:nobody', randomblob(16), 'extra', NULL
    FROM ledger WHERE kind = 'grant' LIMIT 1";

/// What happens in the world.
#[derive(Debug, Clone, Copy)]
pub enum Act {
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
    /// So many bytes are left; `None`: as many as there are.
    DiskFree(Option<u64>),
    /// A page of the store is overwritten while no daemon runs.
    PageDamaged,
    /// Credits are taken that nobody was charged for.
    LedgerMeddled,
    /// What was put aside before is put in the store's place.
    BackupRestored,
    /// The daemon is killed, and nobody has looked through the store yet.
    KilledAndUnchecked,
    KilledAndChecked,
    /// WAHA's clock is so many seconds ahead of ours.
    WahaAhead(i64),
    /// WhatsApp finds that the number sends too much.
    TooFast,
    TooFastNoMore,
    /// So many of fifty new chats are used.
    NewChats(i64),
    /// The shop gets its number.
    NumberAdded,
    /// Nothing: it is so.
    AsItIs,
    /// Ana is answered for the last credit.
    LastCreditSpent,
    CreditsGranted,
}

/// What waits for the end of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waits {
    /// Nothing does.
    Nothing,
    /// A message of a human.
    Message,
    /// A customer's question.
    Question,
}

impl Waits {
    /// The kind of its lines in the queue.
    pub const fn kind(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Message => Some("send_message"),
            Self::Question => Some("answer_chat"),
        }
    }
}

/// Why a delivery is not taken.
#[derive(Debug, Clone, Copy)]
pub enum Refused {
    WrongKey,
    Unsigned,
    TooLarge,
    OtherSession,
    OtherNumber,
}

pub fn allow_readers(world: &World, mode: u32) {
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

fn store_of(world: &World) -> PathBuf {
    world.path().join("data").join(mychatflow_daemon::STORE_FILE)
}

/// Keeps a copy of the store; no daemon runs.
fn put_aside(world: &World) {
    std::fs::copy(store_of(world), world.path().join(BACKUP)).unwrap();
}

/// Overwrites the head of a page that nobody needs for a shop to work.
fn damage_page(world: &World) {
    let file = rusqlite::Connection::open(store_of(world)).unwrap();
    let number = |sql: &str| file.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap();
    let page = number("SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = 'segments'");
    let place = (page - 1) * number("PRAGMA page_size");
    drop(file);
    let file = std::fs::File::options().write(true).open(store_of(world)).unwrap();
    file.write_all_at(&[0xff; 8], place.into()).unwrap();
}

/// Another program changes the store while no daemon runs.
async fn change_store(world: &mut World, sql: &str) {
    world.stop().await;
    rusqlite::Connection::open(store_of(world)).unwrap().execute_batch(sql).unwrap();
    world.start().await;
}

/// Nothing that the daemon writes may grow past this.
fn limit_files(world: &World, bytes: Option<u64>) {
    let pid = Pid::from_raw(world.pid().try_into().unwrap());
    let maximum = getrlimit(Resource::Fsize).maximum;
    prlimit(pid, Resource::Fsize, Rlimit { current: bytes, maximum }).unwrap();
}

/// Somebody else each time: who was handed to a human is not answered any more.
fn next_number() -> u32 {
    static NUMBER: AtomicU32 = AtomicU32::new(900_200);
    NUMBER.fetch_add(1, Ordering::Relaxed)
}

async fn ask_often(world: &World, count: usize) {
    for _ in 0..count {
        let customer = mychatflow_sandbox::waha::Customer::new(&format!("+44 7700 {:06}", next_number()), "Ben");
        world.waha.customer_says(NUMBER, &customer, support::QUESTION).await.unwrap();
    }
}

pub async fn provoke(world: &mut World, act: Act) {
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
            let log = store_of(world).with_extension("db-wal");
            limit_files(world, Some(std::fs::metadata(&log).unwrap().len() + ROOM));
            world.ana_says(&"a long question ".repeat(3_750)).await;
        }
        Act::DiskRoomy => limit_files(world, None),
        Act::DiskFree(left) => {
            let file = world.path().join(FREE_BYTES);
            match left {
                Some(left) => std::fs::write(file, left.to_string()).unwrap(),
                None => std::fs::remove_file(file).unwrap(),
            }
        }
        Act::PageDamaged => {
            world.stop().await;
            put_aside(world);
            damage_page(world);
            world.start().await;
        }
        Act::LedgerMeddled => {
            world.stop().await;
            put_aside(world);
            world.start().await;
            change_store(world, TAKEN).await;
        }
        Act::BackupRestored => {
            world.stop().await;
            std::fs::copy(world.path().join(BACKUP), store_of(world)).unwrap();
            world.start().await;
        }
        Act::KilledAndUnchecked => {
            world.kill().await;
            world.start_halting_at("store_look").await;
        }
        Act::KilledAndChecked => {
            world.kill().await;
            world.start().await;
        }
        Act::WahaAhead(seconds) => waha.set_date_offset(seconds),
        Act::TooFast => {
            waha.slow_down(NUMBER, Duration::from_secs(3_600)).await.unwrap();
            send(world, 1).await;
        }
        Act::TooFastNoMore => waha.slow_down(NUMBER, Duration::ZERO).await.unwrap(),
        Act::NewChats(used) => {
            let end = Timestamp::now() + Duration::from_secs(7 * 86_400);
            let state = if used < 50 { "NONE" } else { "CAPPED" };
            waha.cap_new_chats(NUMBER, state, (used, 50), end.millis() / 1000).await.unwrap();
        }
        Act::NumberAdded => {
            world.add_number().await;
            world.pair().await;
        }
        Act::AsItIs => {}
        Act::LastCreditSpent => {
            world.ana_asks().await;
            world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
        }
        Act::CreditsGranted => drop(world.done(&["credit", "grant", "5"]).await),
    }
}

fn answer(status: u16) -> WahaFault {
    WahaFault::Answer { status, body: json!({"statusCode": status, "message": "as the story wants it"}) }
}
