//! Whoever is erased is nowhere any more: in no column of no table, and in no byte of the file.

use std::time::Duration;

use mychatflow_data::credits::Credits;
use mychatflow_data::ids::{CampaignId, ChatId, ClientRef, ContactId, InteractionId};
use mychatflow_data::model::contact::{Consent, ConsentState, Review, SuppressionCause};
use mychatflow_data::model::delivery::{
    AckEvent, CallEvent, CallKind, DeliveryEvent, EditedEvent, Media, MessageEvent, Source,
};
use mychatflow_data::model::interaction::{Ack, InteractionState};
use mychatflow_data::model::job::JobKind;
use mychatflow_data::model::recipient::RecipientState;
use mychatflow_data::model::setting::{Rules, SettingKey};
use mychatflow_data::phone::{Address, Phone};
use mychatflow_data::store::chat_list::ChatFilter;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::number_checks::LookedUp;
use mychatflow_data::store::search::Wanted;
use mychatflow_data::store::settings::Owner;
use mychatflow_data::store::tx::accept_delivery::Accepted;
use mychatflow_data::store::tx::answer::{NewAnswer, Part, Reserved, Start};
use mychatflow_data::store::tx::draft_campaign::NewRecipient;
use mychatflow_data::store::tx::erase_contact::{Erased, Erasure};
use mychatflow_data::store::tx::import_known::{Acquaintance, KnownPerson};
use mychatflow_data::store::tx::import_people::{Basis, ListedPerson, Taken};
use mychatflow_data::store::tx::outcome::After;
use mychatflow_data::store::tx::send::Composer;
use rusqlite::types::ValueRef;

use crate::campaigns::{counts, draft, later, made, sent, spring};
use crate::support::{World, chat_of, delivery, message, world};

const MIA: &str = "491779000001@c.us";
const LID: &str = "70000000000777@lid";
const ANA: &str = "4915111111111@c.us";
const PLAN: Credits = Credits::new(400);
/// What must be found nowhere: their number and hidden id, their name, and a word of everything said between us.
const TRACES: [&str; 4] = ["49177900000", "70000000000777", "Zarathustra", "quetzal"];

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn phone() -> Phone {
    address(MIA).phone().unwrap()
}

async fn mia(world: &World) -> ContactId {
    world.shop.contact_named(MIA.into()).await.unwrap().id
}

async fn erase(world: &World, now: u64) -> Erasure {
    world.shop.erase_contact(mia(world).await, later(now)).await.unwrap()
}

async fn nobody_is_there(world: &World) -> bool {
    matches!(world.shop.contact_named(MIA.into()).await, Err(StoreError::NotFound("contact")))
}

/// Every column of every table that has a trace, shadow tables and the planner's too.
fn columns_with(world: &World) -> Vec<String> {
    let file = rusqlite::Connection::open(world.store.path()).unwrap();
    let tables: Vec<String> = file
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let mut found = Vec::new();
    for table in tables {
        let mut all = file.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let names: Vec<String> = all.column_names().map(str::to_owned).collect();
        let mut rows = all.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for (at, name) in names.iter().enumerate() {
                let bytes = match row.get_ref(at).unwrap() {
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.to_vec(),
                    ValueRef::Integer(number) => number.to_string().into_bytes(),
                    ValueRef::Null | ValueRef::Real(_) => continue,
                };
                found.extend(traces(&bytes).map(|trace| format!("{table}.{name}: {trace}")));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// What has a trace among the bytes of the file and of its log.
fn bytes_with(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    for ending in ["", "-wal"] {
        let path = format!("{}{ending}", world.store.path().display());
        let bytes = std::fs::read(&path).unwrap_or_default();
        found.extend(traces(&bytes).map(|trace| format!("{ending}: {trace}")));
    }
    found
}

fn traces(bytes: &[u8]) -> impl Iterator<Item = &'static str> {
    let small = bytes.to_ascii_lowercase();
    TRACES.into_iter().filter(move |trace| {
        let trace = trace.to_ascii_lowercase();
        small.windows(trace.len()).any(|window| window == trace.as_bytes())
    })
}

fn said(from: &str, bare_id: &str, text: &str, at: u64) -> MessageEvent {
    MessageEvent { push_name: Some("Zarathustra".into()), ..message(from, bare_id, text, later(at)) }
}

async fn hears(world: &World, message: MessageEvent, at: u64) -> Accepted {
    let event = delivery(DeliveryEvent::Message(message), later(at));
    world.shop.accept_delivery(world.number, event, Rules::default(), later(at)).await.unwrap()
}

fn answer(revision: i64, id: &str) -> NewAnswer {
    NewAnswer {
        parts: vec![Part { text: "the quetzal opens at 8".into(), reserved: Some(id.into()) }],
        revision,
        model: Some("a model".into()),
        latency_ms: 12,
        tokens: "{}".into(),
        cites: Vec::new(),
        discloses: false,
    }
}

/// An answer of the assistant, up to the POST.
async fn answering(world: &World, id: &str, at: u64) -> InteractionId {
    let job = world.claim(JobKind::AnswerChat, later(at)).await.remove(0);
    let facts = world.shop.answer_facts(job.id, chat_of(&job)).await.unwrap();
    let held = world.shop.reserve_answer(job.id, PLAN, later(at)).await.unwrap();
    assert!(matches!(held, Reserved::Held(_)));
    world.shop.store_step(job.id, "generate", 1, "the quetzal".into(), later(at)).await.unwrap();
    let start = world.shop.start_answer(job.id, answer(facts.chat.revision, id), later(at)).await.unwrap();
    let Start::Go(sending) = start else { panic!("{start:?}") };
    sending.interaction.id
}

/// Everything that a shop can have of somebody: returns the chat and the campaign that they are on.
async fn everything(world: &World) -> (ChatId, CampaignId) {
    let shop = &world.shop;
    let full = MessageEvent {
        alternate: Some(address(LID)),
        media: Some(Media {
            url: Some("http://127.0.0.1:3000/api/files/quetzal.jpg".into()),
            mimetype: Some("image/jpeg".into()),
            filename: Some("quetzal.jpg".into()),
            error: None,
        }),
        ..said(MIA, "M1", "do you sell quetzals?", 0)
    };
    hears(world, full, 0).await;
    let edit = EditedEvent {
        bare_id: "E1".into(),
        from_me: false,
        target_bare_id: "M1".into(),
        text: "the quetzal, I mean".into(),
        at: later(1),
        message: None,
    };
    world.receives(DeliveryEvent::Edited(edit), later(1)).await;
    let out = answering(world, "OUT1", 20).await;
    shop.record_sent(out, None, Some(format!("true_{MIA}_OUT1")), After::Waiting, later(21)).await.unwrap();
    hears(world, said(LID, "M2", "and a quetzal chick?", 30), 30).await;
    let chat = shop.chat_named(MIA.into(), None).await.unwrap().chat.id;
    shop.add_note(chat, "ana".into(), "wants a quetzal".into(), later(31)).await.unwrap();
    shop.set_draft(chat, "about your quetzal".into(), later(31)).await.unwrap();
    shop.set_setting(Owner::Chat(chat), SettingKey::AssistantInstructions, Some("speak of quetzals".into()), later(31))
        .await
        .unwrap();
    let own = shop
        .send_message(chat, "our quetzal".into(), ClientRef::new(), Duration::from_secs(5), Composer::Keep, later(32))
        .await
        .unwrap();
    assert_eq!(own.state, InteractionState::Queued);
    let person = ListedPerson {
        phone: phone(),
        name: Some("Zarathustra".into()),
        tags: vec!["quetzal".into()],
        language: Some("de".into()),
        note: Some("quetzal".into()),
        fields: [("bird".to_owned(), "quetzal".to_owned())].into(),
        consent: Some(Consent {
            state: ConsentState::Given,
            at: later(33),
            source: Some("quetzal.csv".into()),
            proof: Some("Zarathustra said so".into()),
        }),
        basis: Basis::Row,
        review: Review::New,
        opted_out_at: None,
    };
    shop.import_people(vec![person], later(33)).await.unwrap();
    let body = format!("{{\"from\":\"{MIA}\",\"quetzal\":").into_bytes();
    shop.keep_unreadable(world.number, body, vec![1], "not JSON".into(), later(34)).await.unwrap();
    let row = NewRecipient {
        phone: Ok(phone()),
        given: "+49 177 9000001, 491779000001".into(),
        name: Some("Zarathustra".into()),
        fields: r#"{"bird":"quetzal"}"#.into(),
        skip: None,
    };
    let list = draft(world, spring(world), vec![row.clone(), crate::campaigns::row(2)]).await;
    shop.launch_campaign(list, later(35)).await.unwrap();
    shop.resume_chat(chat, Duration::from_secs(1), later(35)).await.unwrap();
    shop.finish_chat(chat, later(35)).await.unwrap();
    sent(world, list, "OUT2", later(36)).await;
    let next = mychatflow_data::store::tx::draft_campaign::NewCampaign { name: "summer".into(), ..spring(world) };
    let summer = draft(world, next, vec![row]).await;
    let row = shop.recipients(summer, None, None, 1).await.unwrap()[0].id;
    shop.settle_checks(summer, vec![(row, phone(), LookedUp::There(address(MIA)))], later(37)).await.unwrap();
    (chat, list)
}

#[tokio::test]
async fn whoever_is_erased_is_in_no_column_and_in_no_byte() {
    let world = world().await;
    for (round, text) in (0u64..200).zip(["hello", "are you open?", "what does it cost?", "thanks"].iter().cycle()) {
        world.says(ANA, &format!("A{round}"), text, later(round)).await;
    }
    for job in world.claim(JobKind::AnswerChat, later(400)).await {
        world.shop.give_back_job(job.id, later(400)).await.unwrap();
    }
    world.shop.finish_chat(world.shop.chat_named(ANA.into(), None).await.unwrap().chat.id, later(401)).await.unwrap();
    let ana = world.shop.contact_named(ANA.into()).await.unwrap();
    let (chat, list) = everything(&world).await;
    assert!(columns_with(&world).len() > 10, "it is there: {:?}", columns_with(&world));

    let before = counts(&world, list).await;
    let done = erase(&world, 500).await;
    assert_eq!(done, Erasure::Done(Erased { chats: 1, messages: 5, recipients: 2 }));
    assert_eq!(columns_with(&world), Vec::<String>::new());
    assert_eq!(bytes_with(&world), Vec::<String>::new());
    assert!(nobody_is_there(&world).await && world.shop.chat(chat).await.unwrap().is_none());

    assert_eq!(counts(&world, list).await, before, "a list goes on counting");
    let rows = world.shop.recipients(list, None, None, 10).await.unwrap();
    assert_eq!((rows[0].phone.as_str(), rows[0].state), ("(erased)", RecipientState::Sent));
    assert_eq!(rows[1].state, RecipientState::Queued, "and goes on with the others");
    assert_eq!(world.shop.audit().await.unwrap().drift, Credits::ZERO, "what was answered was paid");
    assert_eq!(world.shop.credits(PLAN, later(500)).await.unwrap().used, Credits::ONE);
    assert_eq!(world.shop.contact(ana.id).await.unwrap(), Some(ana), "nobody else has changed");
    let listed = world.shop.chats(ChatFilter::default(), None, 10).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(world.shop.interactions(listed[0].chat.id, None, 500).await.unwrap().len(), 200);
    let hello = Wanted { text: "hello".into(), ..Wanted::default() };
    assert_eq!(world.shop.search(hello, None, 500).await.unwrap().len(), 50);
    let states = world.shop.counts(later(0)).await.unwrap().states;
    assert_eq!(states.iter().map(|(_, chats)| chats).sum::<i64>(), 1);
}

#[tokio::test]
async fn what_may_be_out_comes_to_its_end_first() {
    let world = world().await;
    hears(&world, said(MIA, "M1", "a quetzal?", 0), 0).await;
    let out = answering(&world, "OUT1", 20).await;
    assert_eq!(erase(&world, 21).await, Erasure::OnItsWay);
    assert!(world.shop.outbound(out).await.unwrap().is_some(), "nothing was changed");
    world.shop.record_sent(out, None, None, After::Waiting, later(22)).await.unwrap();
    assert!(matches!(erase(&world, 23).await, Erasure::Done(_)));
    let credits = world.shop.credits(PLAN, later(24)).await.unwrap();
    assert_eq!((credits.used, credits.reserved), (Credits::ONE, Credits::ZERO), "what went out was paid");
    assert_eq!(world.shop.audit().await.unwrap().drift, Credits::ZERO);
    // Its echo and its ack come late and bring nobody back.
    let echo = MessageEvent { from_me: true, source: Source::Api, ..said(MIA, "OUT1", "the quetzal opens at 8", 22) };
    hears(&world, echo, 30).await;
    assert!(nobody_is_there(&world).await);
    assert_eq!(bytes_with(&world), Vec::<String>::new());
}

#[tokio::test]
async fn an_answer_under_way_ends_in_nothing_and_costs_nothing() {
    let world = world().await;
    hears(&world, said(MIA, "M1", "a quetzal?", 0), 0).await;
    let job = world.claim(JobKind::AnswerChat, later(20)).await.remove(0);
    let facts = world.shop.answer_facts(job.id, chat_of(&job)).await.unwrap();
    world.shop.reserve_answer(job.id, PLAN, later(20)).await.unwrap();
    assert!(matches!(erase(&world, 21).await, Erasure::Done(_)));
    // The model knows nothing of it and answers.
    world.shop.store_step(job.id, "generate", 1, "the quetzal".into(), later(22)).await.unwrap();
    let start = world.shop.start_answer(job.id, answer(facts.chat.revision, "OUT1"), later(22)).await.unwrap();
    assert_eq!(start, Start::Cancelled);
    let credits = world.shop.credits(PLAN, later(23)).await.unwrap();
    assert_eq!((credits.balance, credits.reserved), (PLAN, Credits::ZERO));
    assert_eq!(columns_with(&world), Vec::<String>::new());
    assert!(nobody_is_there(&world).await);
}

#[tokio::test]
async fn what_has_not_left_never_does() {
    let world = world().await;
    hears(&world, said(MIA, "M1", "a quetzal?", 0), 0).await;
    let chat = world.shop.chat_named(MIA.into(), None).await.unwrap().chat.id;
    let pause = Duration::from_secs(5);
    let own = world.shop.send_message(chat, "quetzal".into(), ClientRef::new(), pause, Composer::Keep, later(1)).await;
    let row = NewRecipient { phone: Ok(phone()), given: "Zarathustra".into(), ..crate::campaigns::row(1) };
    let list = draft(&world, spring(&world), vec![row, crate::campaigns::row(2)]).await;
    world.shop.launch_campaign(list, later(2)).await.unwrap();
    world.shop.finish_chat(chat, later(2)).await.unwrap();
    let bulk = made(&world, list, later(3)).await;
    assert!(matches!(erase(&world, 4).await, Erasure::Done(_)));
    for message in [own.unwrap().id, bulk] {
        assert_eq!(world.shop.start_message(message, Some("OUT".into()), later(5)).await.unwrap(), None);
    }
    for kind in [JobKind::SendMessage, JobKind::SendCampaign, JobKind::AnswerChat] {
        assert!(world.claim(kind, later(60)).await.is_empty());
    }
    let rows = world.shop.recipients(list, None, None, 10).await.unwrap();
    assert_eq!((rows[0].state, rows[0].reason.as_deref()), (RecipientState::Skipped, Some("the person was erased")));
    assert_eq!(
        made(&world, list, later(61)).await,
        world.shop.recipients(list, None, None, 10).await.unwrap()[1].interaction.unwrap()
    );
}

/// Their second number has a row of its own, which the merge made nobody's.
#[tokio::test]
async fn both_numbers_of_a_merged_person_leave_the_lists() {
    const SECOND: &str = "491779000002@c.us";
    let world = world().await;
    hears(&world, said(MIA, "M1", "a quetzal?", 0), 0).await;
    hears(&world, said(SECOND, "M2", "a quetzal?", 1), 1).await;
    let row = |address: &str| NewRecipient {
        phone: Ok(self::address(address).phone().unwrap()),
        given: "Zarathustra".into(),
        name: Some("Zarathustra".into()),
        ..crate::campaigns::row(1)
    };
    let list = draft(&world, spring(&world), vec![row(MIA), row(SECOND)]).await;
    let second = world.shop.contact_named(SECOND.into()).await.unwrap().id;
    world.shop.merge_contacts(mia(&world).await, second, later(2)).await.unwrap();
    assert!(matches!(erase(&world, 3).await, Erasure::Done(Erased { recipients: 2, .. })));
    assert_eq!((columns_with(&world), bytes_with(&world)), (Vec::new(), Vec::new()));
    assert_eq!(world.shop.recipients(list, None, None, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_waha_tells_once_more_brings_nobody_back() {
    let world = world().await;
    let (_, list) = everything(&world).await;
    erase(&world, 500).await;
    for (id, from) in [("M1", MIA), ("M2", LID), ("M1", "70000000000888@lid")] {
        assert_eq!(hears(&world, said(from, id, "a quetzal?", 499), 600).await, Accepted::Duplicate);
    }
    let older = said(MIA, "M0", "a quetzal before your time", 0);
    assert_eq!(hears(&world, older.clone(), 600).await, Accepted::Duplicate, "whatever WAHA kept back so long");
    let found = world.shop.recover_message(world.number, older, Rules::default(), later(600)).await.unwrap();
    assert_eq!(found, Accepted::Duplicate);
    let own = MessageEvent { from_me: true, source: Source::App, ..said(MIA, "P1", "a quetzal from the phone", 400) };
    assert_eq!(hears(&world, own, 600).await, Accepted::Duplicate);
    let edit = EditedEvent {
        bare_id: "E9".into(),
        from_me: false,
        target_bare_id: "M2".into(),
        text: "a quetzal egg".into(),
        at: later(499),
        message: None,
    };
    world.receives(DeliveryEvent::Edited(edit), later(600)).await;
    let call = CallEvent { id: "C1".into(), from: Some(address(MIA)), kind: CallKind::Voice, at: later(300) };
    world.receives(DeliveryEvent::Call(call), later(600)).await;
    let name = Some("Zarathustra".to_owned());
    let known = KnownPerson { address: address(MIA), alternate: None, name, acquaintance: Acquaintance::Chatted };
    let imported = world
        .shop
        .import_known(
            world.number,
            vec![known],
            later(0),
            mychatflow_data::model::setting::Rules::default(),
            later(600),
        )
        .await
        .unwrap();
    assert_eq!(imported.added, 0);
    // What was sent still gets further, without anybody in it.
    let ack = AckEvent { bare_id: "OUT2".into(), from_me: true, participant: None, ack: Ack::Device };
    world.receives(DeliveryEvent::Ack(ack), later(601)).await;
    assert_eq!(counts(&world, list).await.delivered, 1);
    assert!(nobody_is_there(&world).await);
    assert_eq!(columns_with(&world), Vec::<String>::new());
}

#[tokio::test]
async fn whoever_writes_again_is_answered_and_no_campaign_finds_them() {
    let world = world().await;
    everything(&world).await;
    erase(&world, 500).await;
    let listed = world.shop.suppressions(None, 10).await.unwrap();
    assert!(listed.iter().all(|(one, _)| one.cause == SuppressionCause::Erased && one.address.is_none()));
    let person = ListedPerson {
        phone: phone(),
        name: None,
        tags: vec![],
        language: None,
        note: None,
        fields: Default::default(),
        consent: None,
        basis: Basis::List,
        review: Review::New,
        opted_out_at: None,
    };
    assert_eq!(world.shop.import_people(vec![person], later(501)).await.unwrap(), [Taken::Suppressed]);

    assert_eq!(hears(&world, said(MIA, "M5", "hello again", 510), 510).await, Accepted::Stored);
    let back = world.shop.contact_named(MIA.into()).await.unwrap();
    assert_eq!((back.opted_out_at, back.tags.len(), back.note), (None, 0, None));
    let job = world.claim(JobKind::AnswerChat, later(600)).await.remove(0);
    let facts = world.shop.answer_facts(job.id, chat_of(&job)).await.unwrap();
    assert_eq!((facts.opted_out_at, facts.history.len()), (None, 1), "like any customer");
    world.shop.end_job(job.id, mychatflow_data::store::jobs::Ended::Done, later(601)).await.unwrap();
    world.shop.finish_chat(chat_of(&job), later(601)).await.unwrap();

    let row = NewRecipient { phone: Ok(phone()), ..crate::campaigns::row(1) };
    let new = mychatflow_data::store::tx::draft_campaign::NewCampaign { name: "autumn".into(), ..spring(&world) };
    let autumn = draft(&world, new, vec![row]).await;
    world.shop.launch_campaign(autumn, later(602)).await.unwrap();
    let id = crate::campaigns::next(&world, autumn, crate::campaigns::FREE, later(603)).await;
    world.shop.claim_recipient(autumn, id, Ok("Hi".into()), crate::campaigns::FREE, later(603)).await.unwrap();
    assert_eq!(world.shop.recipients(autumn, None, None, 1).await.unwrap()[0].state, RecipientState::OptedOut);
}

#[tokio::test]
async fn a_list_with_their_number_makes_nobody_known() {
    let world = world().await;
    everything(&world).await;
    erase(&world, 500).await;
    let row = NewRecipient { phone: Ok(phone()), ..crate::campaigns::row(1) };
    let new = mychatflow_data::store::tx::draft_campaign::NewCampaign { name: "autumn".into(), ..spring(&world) };
    let autumn = draft(&world, new, vec![row]).await;
    let listed = world.shop.recipients(autumn, None, None, 1).await.unwrap().remove(0);
    assert_eq!((listed.state, listed.reason.as_deref()), (RecipientState::Skipped, Some("asked not to be written to")));
    assert!(nobody_is_there(&world).await);
    assert!(world.shop.suppressions(None, 10).await.unwrap().iter().all(|(one, _)| one.address.is_none()));
}

#[tokio::test]
async fn a_stop_outlives_its_person() {
    let world = world().await;
    hears(&world, said(MIA, "M1", "hello", 0), 0).await;
    erase(&world, 100).await;
    hears(&world, said(MIA, "M2", "hello", 200), 200).await;
    hears(&world, said(MIA, "M3", "STOP", 201), 201).await;
    assert!(matches!(erase(&world, 300).await, Erasure::Done(_)));
    hears(&world, said(MIA, "M4", "hello?", 400), 400).await;
    let back = world.shop.contact_named(MIA.into()).await.unwrap();
    assert_eq!(back.opted_out_at, Some(later(201)), "only START brings them back");
}

#[tokio::test]
async fn what_was_said_in_groups_goes_too() {
    let world = world().await;
    let groups = "1203630000000000@g.us";
    world.shop.set_setting(Owner::Tenant, SettingKey::ChatsGroups, Some("store".into()), later(0)).await.unwrap();
    hears(&world, said(MIA, "M1", "hello", 0), 0).await;
    for (id, who) in [("G1", MIA), ("G2", ANA)] {
        let words = MessageEvent {
            wa_id: format!("false_{groups}_{id}_{who}"),
            participant: Some(address(who)),
            ..said(groups, id, "quetzal", 1)
        };
        assert_eq!(hears(&world, words, 1).await, Accepted::Stored);
    }
    let chat = world.shop.chat_named(groups.into(), None).await.unwrap().chat.id;
    assert!(matches!(erase(&world, 10).await, Erasure::Done(_)));
    let left = world.shop.interactions(chat, None, 10).await.unwrap();
    assert_eq!(
        left.iter().map(|one| one.wa_id.as_deref()).collect::<Vec<_>>(),
        [Some(format!("false_{groups}_G2_{ANA}").as_str())]
    );
}

#[tokio::test]
async fn the_index_finds_its_way_without_the_words_of_the_erased() {
    let world = world().await;
    let many = |word: &str, from: u64| (from..from + 80).map(|n| format!("{word}{n}")).collect::<Vec<_>>().join(" ");
    for round in 0..60 {
        let (before, after) = (many("quest", 80 * round), many("quiche", 80 * round));
        world.says(ANA, &format!("A{round}"), &format!("{before} {after}"), later(round)).await;
        hears(&world, said(MIA, &format!("M{round}"), &many("quetzal", 80 * round), round), round).await;
    }
    assert!(columns_with(&world).contains(&"search_idx.term: quetzal".to_owned()), "the index is large enough");
    erase(&world, 500).await;
    assert_eq!(columns_with(&world), Vec::<String>::new());
    assert_eq!(bytes_with(&world), Vec::<String>::new());
    let file = rusqlite::Connection::open(world.store.path()).unwrap();
    file.execute("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)", []).unwrap();
    for word in ["quest7", "quest4799", "quiche0", "quiche2400"] {
        let wanted = Wanted { text: format!("\"{word}\""), ..Wanted::default() };
        assert_eq!(world.shop.search(wanted, None, 500).await.unwrap().len(), 1, "{word}");
    }
}

#[tokio::test]
async fn what_was_asked_about_them_before_makes_nobody_known() {
    let world = world().await;
    hears(&world, said(LID, "M1", "a quetzal?", 0), 0).await;
    let id = world.shop.contact_named(LID.into()).await.unwrap().id;
    assert!(matches!(world.shop.erase_contact(id, later(5)).await.unwrap(), Erasure::Done(_)));
    world.shop.resolve_identity(address(LID), Some(address(MIA)), Duration::ZERO, later(6)).await.unwrap();
    assert!(nobody_is_there(&world).await);

    hears(&world, said(MIA, "M2", "a quetzal?", 10), 10).await;
    let row = NewRecipient { phone: Ok(phone()), given: "Zarathustra".into(), ..crate::campaigns::row(1) };
    let list = draft(&world, spring(&world), vec![row]).await;
    let row = world.shop.recipients(list, None, None, 1).await.unwrap()[0].id;
    erase(&world, 20).await;
    world.shop.settle_checks(list, vec![(row, phone(), LookedUp::There(address(MIA)))], later(21)).await.unwrap();
    assert_eq!(columns_with(&world), Vec::<String>::new());
}
