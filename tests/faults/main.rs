//! One table of faults against every place that shows health: each fault is provoked under the real daemon, every place
//! tells it in the same words with its age and its remedy, none calls its subject healthy, and once it is mended none
//! tells it any more.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod acts;
mod places;
#[path = "../support/mod.rs"]
mod support;

use std::time::Duration;

use mychatflow_daemon::disk::FREE_BYTES_VARIABLE;
use mychatflow_data::model::finding::FindingCode;
use mychatflow_sandbox::waha::{Engine, Operation, Status};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::acts::{Act, FREE_BYTES, Refused, Waits, allow_readers, provoke};
use crate::places::{Places, find};
use crate::support::{NUMBER, Shop, World};

/// How long a fault may take until every place tells it, or none: a number to which WhatsApp said that it sends too much rests a minute.
const DEADLINE: Duration = Duration::from_secs(100);
/// Between two looks at all places.
const LOOK_AGAIN: Duration = Duration::from_millis(300);
/// Less than a store wants to have left.
const BYTES_FEW: u64 = 60_000_000;

/// Something that goes wrong, what every place calls it, and what mends it.
struct Fault {
    name: &'static str,
    provoke: Act,
    code: FindingCode,
    mend: Act,
    /// What waits for its end, so that the queue and the chat tell it.
    waits: Waits,
}

const fn fault(name: &'static str, provoke: Act, code: FindingCode, mend: Act) -> Fault {
    Fault { name, provoke, code, mend, waits: Waits::Nothing }
}

impl Fault {
    const fn waited_for_by(self, waits: Waits) -> Self {
        Self { waits, ..self }
    }
}

const GEMINI_KEY: &str = "the gemini key of a test";

/// The servers and the numbers.
const OF_WAHA: &[Fault] = &[
    fault("WAHA is down", Act::WahaStops, FindingCode::WahaDown, Act::WahaResumes).waited_for_by(Waits::Message),
    fault("WAHA refuses the key", Act::WahaAnswers(401), FindingCode::WahaKey, Act::WahaAnswersWell)
        .waited_for_by(Waits::Message),
    fault("a gateway answers", Act::WahaAnswers(502), FindingCode::WahaDown, Act::WahaAnswersWell)
        .waited_for_by(Waits::Message),
    fault(
        "WAHA restarts and leaves its sessions stopped",
        Act::WahaRestartsWithoutSessions,
        FindingCode::NumberDown,
        Act::SessionRestarted,
    ),
    fault("STOPPED", Act::SessionGets(Status::Stopped), FindingCode::NumberDown, Act::SessionRestarted)
        .waited_for_by(Waits::Message),
    fault("FAILED", Act::SessionGets(Status::Failed), FindingCode::NumberDown, Act::SessionRestarted)
        .waited_for_by(Waits::Message),
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
    fault("new chats are used up", Act::NewChats(50), FindingCode::NewChatsLow, Act::NewChats(0)),
    fault("rate-overlimit", Act::TooFast, FindingCode::NumberRestricted, Act::TooFastNoMore),
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
    fault("a damaged page", Act::PageDamaged, FindingCode::StoreDamaged, Act::BackupRestored),
    fault("a ledger that does not add up", Act::LedgerMeddled, FindingCode::LedgerDrift, Act::BackupRestored),
    fault(
        "a store that nobody has looked through since a kill",
        Act::KilledAndUnchecked,
        FindingCode::StoreUnchecked,
        Act::KilledAndChecked,
    ),
    fault("a clock that is wrong", Act::WahaAhead(1_000), FindingCode::ClockWrong, Act::WahaAhead(0)),
    fault("a clock that is not right", Act::WahaAhead(-100), FindingCode::ClockOff, Act::WahaAhead(0)),
    fault("a disk that is nearly full", Act::DiskFree(Some(BYTES_FEW)), FindingCode::DiskLow, Act::DiskFree(None)),
    fault("a full disk", Act::DiskFull, FindingCode::StoreRefusesWrites, Act::DiskRoomy),
];

/// Gemini.
const OF_GEMINI: &[Fault] = &[
    fault("there is no key", Act::GeminiKey(""), FindingCode::ModelOff, Act::GeminiKey(GEMINI_KEY)),
    fault("the key is refused", Act::GeminiAnswers("400_bad_key"), FindingCode::ModelDown, Act::GeminiWell)
        .waited_for_by(Waits::Question),
    fault("the quota is used up", Act::GeminiAnswers("429_per_day"), FindingCode::ModelDown, Act::GeminiWell)
        .waited_for_by(Waits::Question),
    fault("the model is gone", Act::GeminiAnswers("404_model"), FindingCode::ModelDown, Act::GeminiWell)
        .waited_for_by(Waits::Question),
    fault("Gemini is away", Act::GeminiStops, FindingCode::ModelDown, Act::GeminiResumes)
        .waited_for_by(Waits::Question),
    fault("only prose", Act::GeminiSays("We bake bread."), FindingCode::ModelUnusable, Act::GeminiWell),
    // The sandbox does not take it back: it is the last one.
    fault("another model answers", Act::GeminiRoutes, FindingCode::ModelReplaced, Act::DaemonRestarts),
];

/// A shop that is just being made.
const OF_BEGINNINGS: &[Fault] = &[
    fault("there is no number", Act::AsItIs, FindingCode::NumberMissing, Act::NumberAdded),
    fault("no credit is left", Act::LastCreditSpent, FindingCode::CreditsSpent, Act::CreditsGranted),
];

#[test]
fn there_are_thirty_faults_and_more() {
    let all = [OF_WAHA, OF_OURS, OF_GEMINI, OF_BEGINNINGS];
    assert!(all.iter().map(|faults| faults.len()).sum::<usize>() >= 30);
}

#[tokio::test]
async fn what_is_wrong_with_waha_and_its_numbers_is_told_alike_by_every_place() {
    go_through(&mut open().await, OF_WAHA).await;
}

#[tokio::test]
async fn what_is_wrong_with_deliveries_config_and_store_is_told_alike_by_every_place() {
    go_through(&mut open().await, OF_OURS).await;
}

#[tokio::test]
async fn what_is_wrong_with_gemini_is_told_alike_by_every_place() {
    go_through(&mut open().await, OF_GEMINI).await;
}

#[tokio::test]
async fn what_a_shop_lacks_at_its_beginning_is_told_alike_by_every_place() {
    let mut world = World::unfurnished(Shop { more: "[plans.starter]\ncredits_per_month = 1\n", ..shop() }).await;
    allow_readers(&world, 0o600);
    world.start().await;
    world.furnish_shop().await;
    go_through(&mut world, OF_BEGINNINGS).await;
}

/// WAHA signs with a key of somebody else's: what is told to help does help.
#[tokio::test]
async fn the_remedy_of_refused_deliveries_mends_them() {
    let world = open().await;
    let mut config = world.waha.config(NUMBER).unwrap();
    config["webhooks"][0]["hmac"]["key"] = json!("the key of another daemon");
    assert!(world.waha.write_config(NUMBER, config));
    world.ana_says("Are you there?").await;
    let status = async || world.done(&["daemon", "status"]).await.remove(0)["findings"].clone();
    let refused = async || find(&status().await, FindingCode::SignatureRefused);
    let found = world.until("the refusal is told", DEADLINE, refused).await;
    let command = found.remedy.split(" gives ").next().unwrap().to_owned();
    let words: Vec<&str> = command.split(' ').collect();
    assert_eq!(words[..3], ["mychatflow", "instance", "restart"], "{found:?}");
    world.done(&words[1..]).await;
    // WAHA posts the same message again and again.
    world
        .until("what was refused has come", DEADLINE, async || {
            let lines = world.done(&["chat", "show", &world.ana.phone]).await;
            lines.iter().any(|line| line["text"] == "Are you there?").then_some(())
        })
        .await;
    world.until("nobody tells it any more", DEADLINE, async || refused().await.is_none().then_some(())).await;
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

/// A WAHA that tells what WhatsApp allows.
fn shop() -> Shop {
    Shop { version: "2026.8.1", ..Shop::on(Engine::Noweb) }
}

/// A shop where everything is in order and Ana has her answer.
async fn open() -> World {
    let mut world = World::unfurnished(shop()).await;
    allow_readers(&world, 0o600);
    world.set_variable(FREE_BYTES_VARIABLE, world.path().join(FREE_BYTES));
    world.start().await;
    world.furnish().await;
    world.pair().await;
    world.ana_asks().await;
    world.at_rest().await;
    world
}

async fn go_through(world: &mut World, faults: &[Fault]) {
    let before = Places::read(world).await;
    assert_eq!(failed_codes(&before.status["findings"]), Vec::<String>::new());
    for fault in faults {
        provoke(world, fault.provoke).await;
        if fault.waits == Waits::Message {
            world.done(&["chat", "send", &world.ana.phone, "A word of the shop"]).await;
        }
        agreed(world, fault, "every place tells it", Places::tell).await;
        provoke(world, fault.mend).await;
        agreed(world, fault, "no place tells it", Places::are_silent).await;
    }
}

fn failed_codes(findings: &Value) -> Vec<String> {
    let findings = findings.as_array().unwrap().iter().filter(|found| found["level"] == "failed");
    findings.map(|found| found["code"].to_string()).collect()
}

/// Looks until all places agree, or fails with what the last look found.
async fn agreed(world: &World, fault: &Fault, what: &str, check: fn(&Places, &Fault) -> Result<(), String>) {
    let deadline = Instant::now() + DEADLINE;
    loop {
        // It compares every number at once.
        world.run(&["daemon", "reload"]).await;
        let places = Places::read(world).await;
        let Err(lie) = check(&places, fault) else { return };
        if Instant::now() >= deadline {
            panic!("{}: not in time: {what}: {lie}\n{places:#?}\n{}", fault.name, world.log());
        }
        sleep(LOOK_AGAIN).await;
    }
}
