//! Two people who are made one, and two again at once, are as they were: every row of them, whatever had happened before.

use std::time::Duration;

use mychatflow_data::ids::{ClientRef, ContactId, InstanceId};
use mychatflow_data::model::contact::{Consent, ConsentState, Review, SuppressionCause};
use mychatflow_data::model::delivery::{DeliveryEvent, Handling};
use mychatflow_data::model::interaction::ContentKind;
use mychatflow_data::model::setting::{Rules, SettingKey};
use mychatflow_data::phone::Address;
use mychatflow_data::store::instances::HmacKey;
use mychatflow_data::store::settings::Owner;
use mychatflow_data::store::tx::draft_campaign::NewCampaign;
use mychatflow_data::store::tx::edit_contact::{ContactChange, Rewrite};
use mychatflow_data::store::tx::send::Composer;
use mychatflow_data::time::Timestamp;
use proptest::prelude::*;
use rusqlite::types::ValueRef;

use crate::campaigns::{row, sent, works};
use crate::support::{NOON, World, delivery, message, world};

/// What may have happened to one of two people before they are made one.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Says,
    Orders,
    IsAnswered,
    Hears,
    Pauses,
    IsDone,
    IsSnoozed,
    IsRead,
    IsTagged,
    IsNoted,
    HasDraft,
    HasSetting,
    IsEdited,
    Consents(bool),
    Stops,
    Starts,
    IsReviewed(bool),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        6 => Just(Deed::Says),
        2 => Just(Deed::Orders),
        1 => Just(Deed::IsAnswered),
        2 => Just(Deed::Hears),
        1 => Just(Deed::Pauses),
        1 => Just(Deed::IsDone),
        1 => Just(Deed::IsSnoozed),
        1 => Just(Deed::IsRead),
        2 => Just(Deed::IsTagged),
        2 => Just(Deed::IsNoted),
        2 => Just(Deed::HasDraft),
        2 => Just(Deed::HasSetting),
        2 => Just(Deed::IsEdited),
        2 => any::<bool>().prop_map(Deed::Consents),
        2 => Just(Deed::Stops),
        1 => Just(Deed::Starts),
        1 => any::<bool>().prop_map(Deed::IsReviewed),
    ]
}

/// A deed, to which of the two, on which of our numbers.
type Step = (usize, usize, Deed);

/// What campaigns had for the two.
#[derive(Debug, Clone, Copy)]
enum Lists {
    None,
    One(u32),
    BothWait,
    OneGot,
    BothGot,
}

fn lists() -> impl Strategy<Value = Lists> {
    prop_oneof![
        Just(Lists::None),
        (1u32..3).prop_map(Lists::One),
        Just(Lists::BothWait),
        Just(Lists::OneGot),
        Just(Lists::BothGot),
    ]
}

fn address(who: usize) -> Address {
    Address::parse(&crate::campaigns::address(u32::try_from(who).unwrap() + 1)).unwrap()
}

async fn perform(world: &World, numbers: &[InstanceId], step: Step, round: u64, now: Timestamp) {
    let (who, which, deed) = step;
    let (shop, number) = (&world.shop, numbers[which]);
    let contact = shop.contact_named(address(who).to_string()).await.unwrap().id;
    let chats = shop.chats_of(contact).await.unwrap();
    let chat = chats.iter().find(|listed| listed.chat.instance == number).map(|listed| listed.chat.id);
    let says = |text: &str| {
        delivery(DeliveryEvent::Message(message(address(who).as_str(), &format!("M{round}"), text, now)), now)
    };
    let pause = Duration::from_secs(3600);
    let fields = |change: ContactChange| shop.edit_contact(contact, change);
    match (deed, chat) {
        (Deed::Says, _) => drop(shop.accept_delivery(number, says("hello"), Rules::default(), now).await.unwrap()),
        (Deed::Orders, _) => {
            let mut order = message(address(who).as_str(), &format!("M{round}"), "2 rolls", now);
            (order.kind, order.handling) = (ContentKind::Order, Handling::Human("sent an order"));
            let order = delivery(DeliveryEvent::Message(order), now);
            shop.accept_delivery(number, order, Rules::default(), now).await.unwrap();
        }
        // Of both: whoever waits for an answer gets it.
        (Deed::IsAnswered, _) => drop(crate::merges::answer(world, "we are open", 10 * round).await),
        (Deed::Stops, _) if round.is_multiple_of(2) => {
            shop.accept_delivery(number, says("STOP"), Rules::default(), now).await.unwrap();
        }
        (Deed::Stops, _) => {
            shop.opt_out_contact(contact, Some(now), SuppressionCause::Owner, now).await.unwrap();
        }
        (Deed::Starts, _) => drop(shop.accept_delivery(number, says("START"), Rules::default(), now).await.unwrap()),
        (Deed::Hears, Some(chat)) => {
            let composer = Composer::Keep;
            shop.send_message(chat, "we are open".into(), ClientRef::new(), pause, composer, now).await.unwrap();
        }
        (Deed::Pauses, Some(chat)) => shop.pause_chat(chat, now + pause, now).await.unwrap(),
        (Deed::IsDone, Some(chat)) => shop.finish_chat(chat, now).await.unwrap(),
        (Deed::IsSnoozed, Some(chat)) => shop.snooze_chat(chat, now + pause, now).await.unwrap(),
        (Deed::IsRead, Some(chat)) => shop.read_chat(chat).await.unwrap(),
        (Deed::IsTagged, _) => {
            let tag = if round.is_multiple_of(2) { "vip" } else { "VIP" };
            shop.tag_contact(contact, vec![tag.into(), format!("t{}", round % 3)], vec![]).await.unwrap();
        }
        (Deed::IsNoted, Some(chat)) => drop(shop.add_note(chat, "ana".into(), format!("n{round}"), now).await.unwrap()),
        (Deed::HasDraft, Some(chat)) => shop.set_draft(chat, format!("d{}", round % 2), now).await.unwrap(),
        (Deed::HasSetting, Some(chat)) => {
            let key =
                if round.is_multiple_of(2) { SettingKey::AssistantMode } else { SettingKey::AssistantInstructions };
            shop.set_setting(Owner::Chat(chat), key, Some("draft".into()), now).await.unwrap();
        }
        (Deed::IsEdited, _) => {
            let change = ContactChange {
                name: Rewrite::Write(format!("Ana {}", round % 2)),
                language: Rewrite::Write("de".into()),
                note: Rewrite::Write(format!("note {}", round % 2)),
                fields: [(format!("c{}", round % 2), Rewrite::Write(format!("{round}")))].into(),
                consent: None,
            };
            fields(change).await.unwrap();
        }
        (Deed::Consents(given), _) => {
            let state = if given { ConsentState::Given } else { ConsentState::Refused };
            let consent = Consent { state, at: now, source: Some("form".into()), proof: None };
            fields(ContactChange { consent: Some(consent), ..ContactChange::default() }).await.unwrap();
        }
        (Deed::IsReviewed(customer), _) => {
            let review = if customer { Review::Customer } else { Review::Personal };
            shop.review_contact(contact, review, pause, now).await.unwrap();
        }
        _ => {}
    }
}

async fn campaign(world: &World, lists: Lists, now: Timestamp) {
    let rows = match lists {
        Lists::None => return,
        Lists::One(who) => vec![row(who)],
        _ => vec![row(1), row(2)],
    };
    let new = NewCampaign {
        name: "spring".into(),
        instance: world.number,
        text: "Hi".into(),
        scheduled_at: None,
        timezone: "UTC".into(),
        audience: None,
    };
    let id = crate::campaigns::draft(world, new, rows).await;
    world.shop.launch_campaign(id, now).await.unwrap();
    match lists {
        Lists::OneGot => drop(sent(world, id, "C1", now).await),
        Lists::BothGot => {
            sent(world, id, "C1", now).await;
            sent(world, id, "C2", now).await;
        }
        _ => {}
    }
}

/// The tables with rows of a person or of a chat: what a merge moves, or makes anew.
const TABLES: &[&str] = &[
    "contacts",
    "identities",
    "contact_tags",
    "chats",
    "drafts",
    "notes",
    "settings",
    "interactions",
    "suppressions",
    "recipients",
    "jobs",
];

/// Columns of those that another one may say after a merge that was taken back, and why.
const CHANGED: &[(&str, &str)] = &[
    ("chats.revision", "it only grows: an answer that is being written looks again"),
    ("interactions.open_revision", "counts by the revision of its chat: only whether the message is open stays"),
];

/// Tables that name a person or a chat too, and why they are not looked at.
const UNTOUCHED: &[(&str, &str)] = &[("merges", "stays as the word of the owner that the two are not one")];

/// The columns of a table that are as before once a merge was taken back.
fn columns(file: &rusqlite::Connection, table: &str) -> Vec<String> {
    let mut names = file.prepare("SELECT name FROM pragma_table_xinfo(?1) WHERE name <> 'tenant_id'").unwrap();
    let names = names.query_map([table], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap);
    names.filter(|name| CHANGED.iter().all(|(changed, _)| *changed != format!("{table}.{name}"))).collect()
}

/// Every row of every table that a merge touches, as text, by table: all of its columns but those that change.
fn dump(world: &World) -> Vec<String> {
    let file = world.file();
    let mut lines = Vec::new();
    let mut read = |table: &str, sql: &str| {
        let mut statement = file.prepare(sql).unwrap();
        let names: Vec<String> = statement.column_names().map(ToOwned::to_owned).collect();
        let mut rows = statement.query([]).unwrap();
        let first = lines.len();
        while let Some(row) = rows.next().unwrap() {
            let value = |at: usize| match row.get_ref(at).unwrap() {
                ValueRef::Blob(blob) => blob.iter().map(|byte| format!("{byte:02x}")).collect(),
                ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                value => format!("{value:?}"),
            };
            let values: Vec<String> =
                names.iter().enumerate().map(|(at, name)| format!("{name} {}", value(at))).collect();
            lines.push(format!("{table}: {}", values.join(" | ")));
        }
        lines[first..].sort();
    };
    for table in TABLES {
        let mut columns = columns(&file, table).join(", ");
        if *table == "interactions" {
            columns += ", open_revision IS NOT NULL AS open";
        }
        let answers = if *table == "jobs" { " WHERE kind NOT IN ('answer_chat', 'run_campaign')" } else { "" };
        read(table, &format!("SELECT {columns} FROM {table}{answers}"));
    }
    // An answer is begun anew: that one lives is what counts.
    read(
        "answers",
        "SELECT chat_id, args FROM jobs WHERE kind = 'answer_chat'
         AND state IN ('scheduled', 'available', 'running', 'retryable', 'held')",
    );
    lines
}

async fn story(steps: Vec<Step>, lists: Lists, turned: bool) {
    let world = world().await;
    let key = HmacKey::new("key of a test".into());
    let second = world.shop.add_instance("second".into(), "main".into(), "other".into(), key, NOON).await.unwrap().id;
    let numbers = [world.number, second];
    works(&world, mychatflow_data::model::instance::InstanceStatus::Working, NOON).await;
    for who in 0..2 {
        world.shop.add_contact(address(who).phone().unwrap(), None, vec![], NOON).await.unwrap();
    }
    campaign(&world, lists, NOON).await;
    let mut now = NOON;
    for (round, step) in (1u64..).zip(steps) {
        now = NOON + Duration::from_secs(10 * round);
        perform(&world, &numbers, step, round, now).await;
    }
    there_and_back(&world, turned, now).await;
}

/// Makes one of the two and two again, at once: everything is as it was.
async fn there_and_back(world: &World, turned: bool, now: Timestamp) {
    let person =
        async |who: usize| -> ContactId { world.shop.contact_named(address(who).to_string()).await.unwrap().id };
    let (mut keep, mut gone) = (person(0).await, person(1).await);
    if turned {
        (keep, gone) = (gone, keep);
    }
    let before = dump(world);
    let (_, merge) = world.shop.merge_contacts(keep, gone, now + Duration::from_secs(1)).await.unwrap();
    assert!(world.shop.contact(gone).await.unwrap().is_none());
    assert_eq!(world.shop.merges_of(keep).await.unwrap(), std::slice::from_ref(&merge));
    let undone = world.shop.unmerge_contacts(keep, None, now + Duration::from_secs(2)).await.unwrap();
    assert_eq!((undone.contact.id, undone.back.id), (keep, gone));
    assert_eq!((undone.merge.chats, undone.merge.messages), (merge.chats, merge.messages));
    let after = dump(world);
    let lost: Vec<&String> = before.iter().filter(|line| !after.contains(line)).collect();
    let new: Vec<&String> = after.iter().filter(|line| !before.contains(line)).collect();
    assert!(lost.is_empty() && new.is_empty(), "was {lost:#?}\nis {new:#?}");
    world.file().execute("INSERT INTO search (search) VALUES ('integrity-check')", []).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_taken_back_at_once_leaves_no_trace(
        steps in proptest::collection::vec((0usize..2, 0usize..2, deed()), 1..24),
        lists in lists(),
        turned in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(story(steps, lists, turned));
    }
}

#[tokio::test]
async fn what_was_asked_before_a_stop_is_open_again_once_two_are_two_again() {
    use Deed::{Hears, Says, Stops};
    // The other one was answered by a human later, and the stop was confirmed before that.
    story(vec![(1, 0, Says), (1, 0, Stops), (0, 0, Says), (0, 0, Hears)], Lists::None, false).await;
}

#[tokio::test]
async fn an_order_is_of_the_one_who_sent_it_once_two_are_two_again() {
    use Deed::{Hears, Orders, Says};
    for turned in [false, true] {
        story(vec![(1, 0, Orders), (0, 0, Says)], Lists::None, turned).await;
        story(vec![(1, 0, Orders), (0, 0, Says), (0, 0, Hears)], Lists::None, turned).await;
        story(vec![(1, 0, Orders), (0, 1, Says)], Lists::None, turned).await;
    }
}

/// Columns into which not every word may be put: what they say decides, or they are no part of a person or a chat.
const MEANINGFUL: &[&str] = &[
    "chats.id",
    "chats.instance_id",
    "chats.contact_id",
    "chats.kind",
    "chats.address",
    "chats.title", // of groups alone
    "chats.state",
    "chats.find", // made by a trigger
    "contacts.id",
    "contacts.name", // a trigger reads it, by a function that only the store's own connections have
    "contacts.phone",
    "contacts.review",
    "contacts.opted_out_at", // goes with the list of those whom nobody writes to
    "contacts.fields",
    "contacts.consent",
    "contacts.consent_at",
    "contacts.consent_source",
    "contacts.consent_proof",
    "contact_tags.contact_id",
    "contact_tags.tag",
    "drafts.chat_id",
    "settings.scope",
    "settings.scope_id",
    "settings.key",
];

/// The tables whose rows a merge deletes and its end makes anew, and by what these belong to a person or a chat.
const MADE_ANEW: &[(&str, &str)] = &[
    ("contacts", "id"),
    ("contact_tags", "contact_id"),
    ("chats", "id"),
    ("drafts", "chat_id"),
    ("settings", "scope_id"),
];

/// Puts something else into every column of the rows of each of the two; with `empty`, nothing into those of one of them.
fn fill(file: &rusqlite::Connection, (table, key): (&str, &str), empty: Option<usize>) {
    let mut columns = file.prepare("SELECT name, type, \"notnull\" FROM pragma_table_info(?1)").unwrap();
    let of = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let columns: Vec<(String, String, bool)> = columns.query_map([table], of).unwrap().map(Result::unwrap).collect();
    let mut owners = file.prepare(&format!("SELECT DISTINCT {key} FROM {table} ORDER BY 1")).unwrap();
    let owners: Vec<Vec<u8>> = owners.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(owners.len(), 2, "{table}");
    for (place, (column, kind, full)) in (1i64..).zip(columns) {
        if column == "tenant_id" || MEANINGFUL.contains(&format!("{table}.{column}").as_str()) {
            continue;
        }
        for (which, owner) in owners.iter().enumerate() {
            let value = match kind.as_str() {
                _ if empty == Some(which) && !full => rusqlite::types::Value::Null,
                "INTEGER" => (10 * place + i64::try_from(which).unwrap()).into(),
                "TEXT" => format!("{column} {which}").into(),
                _ => panic!("{table}.{column}: say here what may be in it"),
            };
            file.execute(&format!("UPDATE {table} SET {column} = ?1 WHERE {key} = ?2"), (value, owner)).unwrap();
        }
    }
}

#[tokio::test]
async fn whatever_was_known_of_each_of_two_people_is_known_again() {
    use Deed::{HasDraft, HasSetting, IsDone, IsTagged, Says};
    for (empty, turned) in [(None, false), (Some(0), false), (Some(1), false), (Some(0), true), (Some(1), true)] {
        let world = world().await;
        for who in 0..2 {
            world.shop.add_contact(address(who).phone().unwrap(), None, vec![], NOON).await.unwrap();
        }
        for (round, deed) in (0u64..).zip([Says, Says, IsDone, IsDone, HasDraft, HasDraft, IsTagged, IsTagged]) {
            perform(&world, &[world.number], (usize::from(round % 2 == 1), 0, deed), round, NOON).await;
        }
        for who in 0..2 {
            perform(&world, &[world.number], (who, 0, HasSetting), 1, NOON).await;
        }
        let file = world.file();
        MADE_ANEW.iter().for_each(|table| fill(&file, *table, empty));
        there_and_back(&world, turned, NOON).await;
    }
}

#[tokio::test]
async fn every_table_of_a_person_or_a_chat_is_looked_at() {
    let world = world().await;
    let file = world.file();
    let mut tables = file
        .prepare(
            "SELECT DISTINCT t.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
             WHERE t.type = 'table'
               AND (c.name IN ('contact_id', 'chat_id', 'kept', 'gone')
                    OR t.name IN (SELECT s.name FROM sqlite_schema AS s, pragma_foreign_key_list(s.name) AS f
                                  WHERE f.\"table\" IN ('contacts', 'chats')))",
        )
        .unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(tables.len() > 7, "{tables:?}");
    for table in &tables {
        let looked_at = TABLES.contains(&table.as_str());
        let untouched = UNTOUCHED.iter().any(|(name, _)| name == table);
        assert!(
            looked_at != untouched,
            "{table}: merge_contacts.rs and unmerge_contacts.rs move it, or say here why not"
        );
    }
    let known = |column: &str| {
        let (table, name) = column.split_once('.').unwrap();
        let sql = "SELECT count(*) FROM pragma_table_xinfo(?1) WHERE name = ?2";
        file.query_row(sql, [table, name], |row| row.get::<_, i64>(0)).unwrap() == 1
    };
    for column in CHANGED.iter().map(|(column, _)| column).chain(MEANINGFUL) {
        assert!(known(column), "{column} is gone");
    }
}
