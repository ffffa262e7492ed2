//! A store in which every table has rows and every state has a case: what a shop has after some busy years. All of it is
//! made up.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mychatflow_data::credits::Credits;
use mychatflow_data::ids::{InstanceId, RunId};
use mychatflow_data::model::campaign::CampaignState;
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::delivery::{AckEvent, Delivery, DeliveryEvent, EditedEvent, ReactionEvent, RevokedEvent};
use mychatflow_data::model::interaction::{Ack, ContentKind};
use mychatflow_data::model::job::{JobArgs, JobKind};
use mychatflow_data::model::member::Role;
use mychatflow_data::model::setting::{Rules, SettingKey};
use mychatflow_data::phone::{Address, Phone};
use mychatflow_data::store::change::Deaf;
use mychatflow_data::store::chat_list::ChatFilter;
use mychatflow_data::store::jobs::Slots;
use mychatflow_data::store::settings::Owner;
use mychatflow_data::store::tx::answer::{Handoff, Letter, NewAnswer, Part, Start, Stop, Wait};
use mychatflow_data::store::{Store, TenantStore};
use mychatflow_data::time::Timestamp;
use rusqlite::Connection;

use crate::strangers::{Deed, claim_and_give_back, perform};
use crate::support::{NOON, chat_of, delivery, message, shop};

const PLAN: Credits = Credits::new(40);
const MINUTE: Duration = Duration::from_secs(60);
/// Where the file of a release is written to, when somebody asks for it: see `docs/architecture.md`.
const WRITE_TO: &str = "MYCHATFLOW_WRITE_STORE_TO";
/// Tables that may be empty: they belong to SQLite and to the index of words, not to us.
pub const MAY_BE_EMPTY: &[&str] = &["sqlite_sequence"];

/// What somebody does, at the end with what is left to look at.
const DEEDS: &[Deed] = &[
    Deed::Revoke(3),
    Deed::Hear(0),
    Deed::Hear(1),
    Deed::Answer(0),
    Deed::Hear(0),
    Deed::QuickReply(0),
    Deed::Answer(1),
    Deed::Merge,
    Deed::Unmerge,
    Deed::Hear(2),
    Deed::Answer(2),
    Deed::Import(3),
    Deed::Erase,
    Deed::Hear(1),
    Deed::Hear(2),
    Deed::Hear(3),
    Deed::Rename,
    Deed::Merge,
    Deed::Tag,
    Deed::Review,
    Deed::Send,
    Deed::Segment(0),
    Deed::Segment(1),
    Deed::QuickReply(1),
    Deed::Edit(0),
    Deed::Campaign(0),
    Deed::Hand,
    Deed::Steer(0),
    Deed::Campaign(1),
    Deed::Hand,
    Deed::Steer(2),
    Deed::Campaign(2),
    Deed::Hand,
    Deed::Campaign(3),
    Deed::Hand,
    Deed::Draft,
    Deed::Note,
    Deed::Setting,
    Deed::Unreadable(0),
    Deed::Grant,
    Deed::OptOut,
];

/// Fills a new store, by the ways that the daemon goes.
pub async fn fill(store: &Store) {
    let (first, number) = shop(store, "Corner Shop", "default").await;
    let (second, other) = shop(store, "Bakery", "bakery").await;
    let mut now = NOON;
    for (shop, number) in [(&first, number), (&second, other)] {
        for (round, deed) in (0u64..).zip(DEEDS) {
            now = now + Duration::from_secs(10);
            claim_and_give_back(store, now).await;
            perform(store, shop, number, *deed, round, now).await;
        }
        messages(shop, number, now).await;
        answers(store, shop, number, now).await;
        chats(shop, now).await;
        work(shop, number, now).await;
        credits(shop, now).await;
        owner(shop, number, now).await;
        assert_eq!(shop.audit().await.unwrap().drift, Credits::ZERO);
    }
    store.probe().await.unwrap();
}

fn person(number: u32) -> String {
    format!("4915111112{number:03}@c.us")
}

async fn hears(shop: &TenantStore, number: InstanceId, delivery: Delivery) {
    let at = delivery.at;
    shop.accept_delivery(number, delivery, Rules::default(), at).await.unwrap();
}

async fn says(shop: &TenantStore, number: InstanceId, who: u32, id: &str, text: &str, at: Timestamp) {
    hears(shop, number, delivery(DeliveryEvent::Message(message(&person(who), id, text, at)), at)).await;
}

/// Every kind of message, what became of it, and what came before its message.
async fn messages(shop: &TenantStore, number: InstanceId, now: Timestamp) {
    for (who, kind) in (0u32..).zip(ContentKind::ALL) {
        let mut said = message(&person(who), &format!("KIND{who}"), "a caption with cake", now);
        said.kind = *kind;
        let event = match kind {
            ContentKind::Waiting => DeliveryEvent::Waiting(said),
            _ => DeliveryEvent::Message(said),
        };
        hears(shop, number, delivery(event, now)).await;
    }
    shop.set_setting(Owner::Tenant, SettingKey::ChatsGroups, Some("store".into()), now).await.unwrap();
    let mut said = message("120363000000000001@g.us", "GROUP1", "hello everybody", now);
    said.participant = Some(Address::parse(&person(1)).unwrap());
    hears(shop, number, delivery(DeliveryEvent::Message(said), now)).await;
    let mut typed = message(&person(2), "PHONE1", "typed on the phone", now);
    typed.from_me = true;
    typed.wa_id = typed.wa_id.replacen("false", "true", 1);
    typed.ack = Some(Ack::Server);
    hears(shop, number, delivery(DeliveryEvent::Message(typed), now)).await;
    for (id, ack) in [("PHONE1", Ack::Device), ("EARLY1", Ack::Read)] {
        let ack = AckEvent { bare_id: id.into(), from_me: true, participant: None, ack };
        hears(shop, number, delivery(DeliveryEvent::Ack(ack), now)).await;
    }
    let reaction = ReactionEvent {
        bare_id: "REACTION1".into(),
        from_me: false,
        target_bare_id: "PHONE1".into(),
        text: "👍".into(),
        at: now,
    };
    hears(shop, number, delivery(DeliveryEvent::Reaction(reaction), now)).await;
    let edited = |target: &str| EditedEvent {
        bare_id: format!("EDIT{target}"),
        from_me: false,
        target_bare_id: target.into(),
        text: "with other words".into(),
        at: now,
        message: None,
    };
    hears(shop, number, delivery(DeliveryEvent::Edited(edited("KIND0")), now)).await;
    hears(shop, number, delivery(DeliveryEvent::Edited(edited("NOT-YET")), now)).await;
    let revoked = RevokedEvent { target_bare_id: "KIND1".into(), from_me: None, at: now };
    hears(shop, number, delivery(DeliveryEvent::Revoked(revoked), now)).await;
}

fn answer(text: &str, id: &str, revision: i64, cites: Vec<mychatflow_data::ids::QuickReplyId>) -> NewAnswer {
    NewAnswer {
        parts: vec![Part { text: text.into(), reserved: Some(id.into()) }],
        revision,
        model: Some("a-model".into()),
        latency_ms: 900,
        tokens: r#"{"prompt":100,"cached":0,"output":20,"thoughts":0}"#.into(),
        cites,
        discloses: false,
    }
}

/// Answers that wait, that are on their way, and that got as far as an answer can.
async fn answers(store: &Store, shop: &TenantStore, number: InstanceId, now: Timestamp) {
    let ends = [
        "draft",
        "held",
        "countdown",
        "sending",
        "sent",
        "delivered",
        "read",
        "played",
        "handoff",
        "unknown",
        "cancelled",
        "running",
    ];
    for (who, _) in (100u32..).zip(ends) {
        says(shop, number, who, &format!("ASKS{who}"), "how much is the cake?", now).await;
    }
    let due = now + MINUTE;
    let slots = vec![Slots { kind: JobKind::AnswerChat, free: 100 }];
    let jobs = store.claim_jobs(slots, None, RunId::new(), due).await.unwrap().0;
    for job in jobs {
        let listed = match job.tenant == shop.id() {
            true => shop.listed_chat(chat_of(&job)).await.unwrap().unwrap(),
            false => {
                store.tenant(job.tenant).await.unwrap().give_back_job(job.id, due).await.unwrap();
                continue;
            }
        };
        let address = listed.chat.address.to_string();
        let asked = (100u32..).zip(ends).find(|(who, _)| address == person(*who));
        let Some((who, end)) = asked else {
            shop.give_back_job(job.id, due).await.unwrap();
            continue;
        };
        let facts = shop.answer_facts(job.id, listed.chat.id).await.unwrap();
        shop.reserve_answer(job.id, PLAN, due).await.unwrap();
        shop.store_step(job.id, "generate", facts.chat.revision, r#"{"text":"4,20"}"#.into(), due).await.unwrap();
        let cites = facts.quick_replies.iter().map(|reply| reply.id).collect();
        let new = answer("The cake is 4,20.", &format!("OUT{who}"), facts.chat.revision, cites);
        let wait = match end {
            "draft" | "cancelled" => Wait::ForApproval,
            "held" => Wait::Held("a price that no fact says".into()),
            "countdown" => Wait::Countdown(due + MINUTE),
            "handoff" => {
                let reason = "asked for a human".to_owned();
                let stop = Stop {
                    state: ChatState::NeedsYou,
                    reason,
                    handoff: Handoff::Yes,
                    letter: Letter::Closed,
                    nothing_asked: None,
                };
                shop.stop_answer(job.id, stop, due).await.unwrap();
                continue;
            }
            "running" => continue,
            _ => {
                let Start::Go(sending) = shop.start_answer(job.id, new, due).await.unwrap() else { panic!("stopped") };
                let id = sending.interaction.id;
                let ack = match end {
                    "sending" => continue,
                    "unknown" => {
                        shop.record_unknown(id, "nobody knows".into(), due).await.unwrap();
                        continue;
                    }
                    "delivered" => Some(Ack::Device),
                    "read" => Some(Ack::Read),
                    "played" => Some(Ack::Played),
                    _ => None,
                };
                let after = mychatflow_data::store::tx::outcome::After::Waiting;
                shop.record_sent(id, None, None, after, due).await.unwrap();
                if let Some(ack) = ack {
                    let event = AckEvent { bare_id: format!("OUT{who}"), from_me: true, participant: None, ack };
                    hears(shop, number, delivery(DeliveryEvent::Ack(event), due)).await;
                }
                continue;
            }
        };
        shop.store_draft(job.id, new, wait, due).await.unwrap();
        if end == "cancelled" {
            shop.cancel_chat_answer(listed.chat.id, due).await.unwrap();
        }
    }
}

/// Threads in every state.
async fn chats(shop: &TenantStore, now: Timestamp) {
    let listed = shop.chats(ChatFilter::default(), None, 100).await.unwrap();
    let quiet: Vec<_> = listed
        .iter()
        .filter(|listed| (3..8).any(|who| listed.chat.address.as_str() == person(who)))
        .map(|listed| listed.chat.id)
        .collect();
    shop.finish_chat(quiet[0], now).await.unwrap();
    shop.snooze_chat(quiet[1], now + MINUTE * 600, now).await.unwrap();
    shop.pause_chat(quiet[2], now + MINUTE * 600, now).await.unwrap();
    shop.set_draft(quiet[2], "half a sentence".into(), now).await.unwrap();
    shop.add_note(quiet[2], "ana".into(), "likes cake".into(), now).await.unwrap();
    shop.set_setting(Owner::Chat(quiet[3]), SettingKey::AssistantMode, Some("draft".into()), now).await.unwrap();
}

/// A job of each kind, and one in each state.
async fn work(shop: &TenantStore, instance: InstanceId, now: Timestamp) {
    let lid = Address::parse("100000000000001@lid").unwrap();
    for args in [
        JobArgs::ReconcileInstance { instance },
        JobArgs::SyncContacts { instance },
        JobArgs::RecoverHistory { instance, since: now },
        JobArgs::ResolveIdentity { instance, address: lid },
    ] {
        let key = format!("{:?}", args.kind());
        shop.request_job(args, key, now + MINUTE, now).await.unwrap();
    }
}

/// Two periods of credits, one given and one taken back by hand.
async fn credits(shop: &TenantStore, now: Timestamp) {
    shop.grant(Credits::new(50), Some("thank you".into()), PLAN, now).await.unwrap();
    shop.grant(Credits::new(-5), None, PLAN, now).await.unwrap();
    shop.credits(PLAN, now + MINUTE * 60 * 24 * 40).await.unwrap();
}

/// What the owner arranged.
async fn owner(shop: &TenantStore, number: InstanceId, now: Timestamp) {
    for (uid, role) in (1001u32..).zip(Role::ALL) {
        shop.grant_role(uid, format!("account{uid}"), *role, now).await.unwrap();
    }
    let mode = Some("countdown".into());
    shop.set_setting(Owner::Instance(number), SettingKey::AssistantMode, mode, now).await.unwrap();
    let running = shop.campaigns(Some(CampaignState::Running), None, 10, now).await.unwrap();
    shop.pause_campaign(running[0].campaign.id, "paused by ana".into(), now).await.unwrap();
    let phone = Phone::parse("4915111112999").unwrap();
    shop.add_contact(phone, Some("Zoë".into()), vec!["vip".into()], now).await.unwrap();
}

/// States that take a long story to come to, on rows that lead to nothing else.
fn add_rare_states(file: &Connection) {
    let made_up =
        "INSERT INTO jobs (tenant_id, id, kind, args, state, run_at, attempts, reason, created_at, updated_at)
                   SELECT id, randomblob(16), 'recover_history', '{}', ?1, ?2, 1, 'made up', ?2, ?2 FROM tenants";
    for state in ["retryable", "held", "completed", "cancelled", "discarded"] {
        file.execute(made_up, (state, NOON.millis())).unwrap();
    }
    let looked_up =
        "INSERT INTO number_checks (tenant_id, phone, found, address, at) SELECT id, ?1, ?2, ?3, ?4 FROM tenants";
    for (phone, found, address) in [
        ("4915111112997", "yes", Some("4915111112997@c.us")),
        ("4915111112998", "no", None),
        ("4915111112999", "unknown", None),
    ] {
        file.execute(looked_up, (phone, found, address, NOON.millis())).unwrap();
    }
    file.execute("UPDATE tenants SET state = 'suspended' WHERE name = 'Bakery'", []).unwrap();
}

/// The words that a column may say, in the rows of a file.
fn words(file: &Connection, table: &str, column: &str) -> BTreeSet<String> {
    let mut rows = file.prepare(&format!("SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL")).unwrap();
    rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Every table of the file that has no row and should.
pub fn empty_tables(file: &Connection) -> Vec<String> {
    let mut tables = file.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").unwrap();
    let names: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let empty = |name: &String| {
        let some = format!("SELECT EXISTS (SELECT 1 FROM \"{name}\")");
        !file.query_row(&some, [], |row| row.get::<_, bool>(0)).unwrap()
    };
    names.into_iter().filter(|name| !MAY_BE_EMPTY.contains(&name.as_str()) && empty(name)).collect()
}

/// The states and kinds that no row of the file has.
pub fn missing_words(file: &Connection) -> Vec<String> {
    let wanted: &[(&str, &str, &str)] = &[
        ("chats", "state", "assistant waiting needs_you snoozed done"),
        ("chats", "kind", "direct group erased"),
        (
            "interactions",
            "state",
            "draft held queued sending sent delivered read played failed unknown cancelled received edited revoked",
        ),
        ("interactions", "kind", "text image video audio document sticker location contact poll waiting other"),
        ("interactions", "author", "customer assistant human phone campaign"),
        (
            "jobs",
            "kind",
            "answer_chat send_message resolve_identity reconcile_instance sync_contacts recover_history run_campaign
             send_campaign",
        ),
        ("jobs", "state", "scheduled available running retryable held completed cancelled discarded"),
        ("ledger", "kind", "grant reserve release settle expire adjust"),
        ("campaigns", "state", "draft running paused cancelled"),
        ("members", "role", "owner agent viewer"),
        ("settings", "scope", "tenant instance chat"),
        ("tenants", "state", "active suspended"),
    ];
    let mut missing = Vec::new();
    for (table, column, expected) in wanted {
        let found = words(file, table, column);
        let absent = expected.split_whitespace().filter(|word| !found.contains(*word));
        missing.extend(absent.map(|word| format!("{table}.{column} = {word}")));
    }
    missing
}

/// A full store as this version writes it, packed together; returns the file.
pub async fn written(dir: &Path) -> PathBuf {
    let path = dir.join("mychatflow.db");
    let store = Store::open(&path, Arc::new(Deaf)).await.unwrap();
    fill(&store).await;
    drop(store);
    let file = Connection::open(&path).unwrap();
    add_rare_states(&file);
    file.execute_batch("ANALYZE").unwrap();
    let packed = dir.join("packed.db");
    file.execute("VACUUM INTO ?1", [packed.to_str().unwrap()]).unwrap();
    packed
}

#[tokio::test]
async fn a_full_store_has_a_row_in_every_table_and_a_case_of_every_state() {
    let dir = tempfile::tempdir().unwrap();
    let packed = written(dir.path()).await;
    let file = Connection::open(&packed).unwrap();
    let none = Vec::<String>::new();
    assert_eq!((empty_tables(&file), missing_words(&file)), (none.clone(), none));
    if let Ok(target) = std::env::var(WRITE_TO) {
        super::upgrade::pack(&packed, Path::new(&target));
    }
}
