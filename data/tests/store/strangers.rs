//! Two tenants with the same customers, the same message ids and the same names never see each other's rows.

use std::time::Duration;

use mychatflow_data::credits::Credits;
use mychatflow_data::ids::{
    CampaignId, ChatId, ClientRef, ContactId, InstanceId, InteractionId, MergeId, NoteId, QueueItemId, QuickReplyId,
    RecipientId, SegmentId, UnreadableId,
};
use mychatflow_data::model::campaign::{CampaignState, Plan};
use mychatflow_data::model::contact::{Review, SuppressionCause};
use mychatflow_data::model::delivery::{DeliveryEvent, RevokedEvent};
use mychatflow_data::model::governor::Limits;
use mychatflow_data::model::instance::{InstanceStatus, Verdict};
use mychatflow_data::model::job::JobKind;
use mychatflow_data::model::member::Role;
use mychatflow_data::model::query::Query;
use mychatflow_data::model::quick_reply::QuickReplyState;
use mychatflow_data::model::setting::{Rules, SettingKey};
use mychatflow_data::phone::{Address, Phone};
use mychatflow_data::store::campaign_series::Stretch;
use mychatflow_data::store::chat_list::ChatFilter;
use mychatflow_data::store::contacts::ContactFilter;
use mychatflow_data::store::instances::Sighting;
use mychatflow_data::store::number_checks::LookedUp;
use mychatflow_data::store::queue::QueueFilter;
use mychatflow_data::store::quick_replies::{FiledQuickReply, QuickReplyChange, QuickReplyFilter};
use mychatflow_data::store::search::Wanted;
use mychatflow_data::store::settings::Owner;
use mychatflow_data::store::tx::answer::{NewAnswer, Part, Start};
use mychatflow_data::store::tx::clone_campaign::Whom;
use mychatflow_data::store::tx::draft_campaign::{NewCampaign, NewRecipient};
use mychatflow_data::store::tx::edit_contact::{ContactChange, Rewrite};
use mychatflow_data::store::tx::import_known::{Acquaintance, KnownPerson};
use mychatflow_data::store::tx::import_people::{Basis, ListedPerson, Taken};
use mychatflow_data::store::tx::outcome::Resolution;
use mychatflow_data::store::tx::run_campaign::{Claim, Recall, Turn};
use mychatflow_data::store::tx::send::Composer;
use mychatflow_data::store::{Store, TenantStore};
use mychatflow_data::time::Timestamp;
use proptest::prelude::*;

use crate::support::{NOON, chat_of, delivery, message, shop, world};

const PLAN: Credits = Credits::new(40);

/// What one tenant may do in a round.
#[derive(Debug, Clone, Copy)]
pub enum Deed {
    Hear(u8),
    Revoke(u8),
    Answer(u8),
    Send,
    Pause,
    Resume,
    Finish,
    Tag,
    Review,
    Import(u8),
    QuickReply(u8),
    Segment(u8),
    Campaign(u8),
    Steer(u8),
    Hand,
    Draft,
    Note,
    OptOut,
    Merge,
    Unmerge,
    Rename,
    Erase,
    Edit(u8),
    Setting,
    Unreadable(u8),
    Grant,
    Drop,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (0u8..4).prop_map(Deed::Hear),
        1 => (0u8..4).prop_map(Deed::Revoke),
        3 => (0u8..3).prop_map(Deed::Answer),
        1 => Just(Deed::Send),
        1 => Just(Deed::Pause),
        1 => Just(Deed::Resume),
        1 => Just(Deed::Finish),
        1 => Just(Deed::Tag),
        1 => Just(Deed::Review),
        1 => (0u8..4).prop_map(Deed::Import),
        1 => (0u8..4).prop_map(Deed::QuickReply),
        1 => (0u8..4).prop_map(Deed::Segment),
        3 => (0u8..3).prop_map(Deed::Campaign),
        2 => (0u8..5).prop_map(Deed::Steer),
        3 => Just(Deed::Hand),
        1 => Just(Deed::Draft),
        1 => Just(Deed::Note),
        1 => Just(Deed::OptOut),
        1 => Just(Deed::Merge),
        1 => Just(Deed::Unmerge),
        1 => Just(Deed::Rename),
        1 => Just(Deed::Erase),
        1 => (0u8..4).prop_map(Deed::Edit),
        1 => Just(Deed::Setting),
        1 => (0u8..4).prop_map(Deed::Unreadable),
        1 => Just(Deed::Grant),
        1 => Just(Deed::Drop),
    ]
}

fn person(number: u8) -> Address {
    Address::parse(&format!("491511111111{number}@c.us")).unwrap()
}

fn words(text: String) -> QuickReplyChange {
    QuickReplyChange { text: Some(text), ..QuickReplyChange::default() }
}

/// Does a deed with what the tenant has. Refusals are part of the game.
pub async fn perform(store: &Store, shop: &TenantStore, number: InstanceId, deed: Deed, round: u64, now: Timestamp) {
    let chat = shop.chats(ChatFilter::default(), None, 1).await.unwrap().first().map(|listed| listed.chat.id);
    let contact = shop.contacts(ContactFilter::default(), None, 1).await.unwrap().first().map(|found| found.id);
    let pause = Duration::from_secs(5);
    match (deed, chat, contact) {
        (Deed::Hear(who), ..) => {
            let text = message(person(who).as_str(), &format!("M{round}"), "hello", now);
            let said = delivery(DeliveryEvent::Message(text), now);
            shop.accept_delivery(number, said, Rules::default(), now).await.unwrap();
        }
        (Deed::Revoke(which), ..) => {
            let revoked = RevokedEvent { target_bare_id: format!("M{which}"), from_me: None, at: now };
            let event = delivery(DeliveryEvent::Revoked(revoked), now);
            shop.accept_delivery(number, event, Rules::default(), now).await.unwrap();
        }
        (Deed::Answer(end), ..) => answer(store, shop, end, round, now).await,
        (Deed::Send, Some(chat), _) => {
            shop.send_message(chat, format!("own {round}").into(), ClientRef::new(), pause, Composer::Keep, now)
                .await
                .unwrap();
        }
        (Deed::Pause, Some(chat), _) => shop.pause_chat(chat, now + pause, now).await.unwrap(),
        (Deed::Resume, Some(chat), _) => drop(shop.resume_chat(chat, pause, now).await.unwrap()),
        (Deed::Finish, Some(chat), _) => shop.finish_chat(chat, now).await.unwrap(),
        (Deed::Draft, Some(chat), _) => shop.set_draft(chat, format!("draft {round}"), now).await.unwrap(),
        (Deed::Note, Some(chat), _) => {
            shop.add_note(chat, "ana".into(), format!("note {round}"), now).await.unwrap();
        }
        (Deed::OptOut, _, Some(contact)) => {
            let since = round.is_multiple_of(2).then_some(now);
            shop.opt_out_contact(contact, since, SuppressionCause::Owner, now).await.unwrap();
            // Nobody has this number, unless the other tenant has.
            shop.opt_out_number(Phone::parse("4915111111119").unwrap(), since, now).await.unwrap();
        }
        (Deed::Merge, _, Some(contact)) => {
            let others = shop.contacts(ContactFilter::default(), None, 2).await.unwrap();
            if let Some(other) = others.get(1) {
                shop.merge_contacts(contact, other.id, now).await.unwrap();
            }
        }
        (Deed::Unmerge, _, Some(contact)) => {
            // Nobody may have been merged.
            let _ = shop.unmerge_contacts(contact, None, now).await;
        }
        (Deed::Rename, _, Some(contact)) => {
            let change = ContactChange { name: Rewrite::Write(format!("Ana {round}")), ..ContactChange::default() };
            shop.edit_contact(contact, change).await.unwrap();
            shop.add_contact(Phone::parse("4915111111113").unwrap(), None, vec!["new".into()], now).await.unwrap();
        }
        (Deed::Erase, _, Some(contact)) => drop(shop.erase_contact(contact, now).await.unwrap()),
        (Deed::Edit(label), ..) => {
            // There may be none of this label.
            let _ = shop.edit_quick_reply(format!("label {label}"), words(format!("{round}")), now).await;
            let _ = shop.remove_quick_reply(format!("label {}", label + 1)).await;
        }
        (Deed::Tag, _, Some(contact)) => {
            shop.tag_contact(contact, vec!["vip".into()], vec![]).await.unwrap();
        }
        (Deed::Review, _, Some(contact)) => {
            shop.review_contact(contact, Review::Customer, pause, now).await.unwrap();
        }
        (Deed::Import(who), ..) => {
            let name = Some("Ana".to_owned());
            let acquaintance = Acquaintance::Chatted;
            let known = KnownPerson { address: person(who), alternate: None, name, acquaintance };
            shop.import_known(number, vec![known], NOON, Rules::default(), now).await.unwrap();
        }
        (Deed::QuickReply(label), ..) => {
            // The label may be taken.
            let _ = shop.add_quick_reply(format!("label {label}"), "text".into(), None, now).await;
            let reply = FiledQuickReply {
                label: format!("filed {label}"),
                text: format!("{round}"),
                category: None,
                state: QuickReplyState::Active,
            };
            shop.compare_quick_replies(vec![reply.clone()]).await.unwrap();
            shop.file_quick_replies(vec![reply], now).await.unwrap();
        }
        (Deed::Segment(which), ..) => {
            // It may lead back to itself, or be in another one.
            let inner = format!("segment:s{} name:ana", (which + 1) % 4);
            let _ = shop.save_segment(format!("s{which}"), inner, now).await;
            shop.save_segment("s0".into(), "tag:vip last_in:<30d".into(), now).await.unwrap();
            let _ = shop.remove_segment(format!("s{}", (which + 2) % 4)).await;
            let everybody = shop.contacts(ContactFilter::default(), None, 1000).await.unwrap();
            let count = i64::try_from(everybody.len()).unwrap();
            assert_eq!(shop.count_people(vec![Query::all()], now).await.unwrap(), [count]);
            assert_eq!(shop.contacts_that_fit(Query::all(), None, 1000, now).await.unwrap(), everybody);
        }
        (Deed::Campaign(which), ..) => {
            let new = NewCampaign {
                name: format!("campaign {which}"),
                instance: number,
                text: "Hi".into(),
                scheduled_at: None,
                timezone: "UTC".into(),
                audience: None,
            };
            works(shop, number, now).await;
            // The name may be taken.
            if let Ok(id) = shop.begin_campaign(new, now).await {
                let rows = (0..3).map(on_the_list).collect();
                let duplicates = shop.add_recipients(id, rows, now).await.unwrap();
                shop.add_people(id, Query::all(), None, None, now).await.unwrap();
                shop.complete_list(id, duplicates, now).await.unwrap();
                shop.plan_texts(id, Some(vec!["Hello".into()]), None).await.unwrap();
                shop.attach_piece(id, "a.png".into(), "image/png".into(), 0, vec![which]).await.unwrap();
                shop.complete_file(id, "image/png".into()).await.unwrap();
                if let Ok(copy) = shop.begin_copy(id, format!("copy {which}"), now).await {
                    shop.copy_people(id, copy, Whom::All, None, now).await.unwrap();
                    shop.complete_list(copy, 0, now).await.unwrap();
                }
                shop.launch_campaign(id, now).await.unwrap();
            }
        }
        (Deed::Steer(how), ..) => {
            if let Some(found) = shop.campaigns(None, None, 1, now).await.unwrap().first() {
                let id = found.campaign.id;
                // Most of it makes no sense in most states.
                let _ = match how {
                    0 => shop.pause_campaign(id, "x".into(), now).await.map(drop),
                    1 => shop.resume_campaign(id, now).await.map(drop),
                    2 => shop.cancel_campaign(id, now).await.map(drop),
                    3 => shop.give_up_campaign(id, "x".into(), now).await,
                    _ => shop.remove_campaign(id).await.map(drop),
                };
            }
        }
        (Deed::Hand, ..) => {
            let running = shop.campaigns(Some(CampaignState::Running), None, 1, now).await.unwrap();
            if let Some(id) = running.first().map(|found| found.campaign.id)
                && let Turn::Next { material, .. } = shop.campaign_turn(id, Limits::default(), now).await.unwrap()
            {
                let text = Ok("Hi".to_owned());
                let claim = shop.claim_recipient(id, material.recipient, text, Limits::default(), now).await.unwrap();
                if matches!(claim, Claim::LookUp(_)) {
                    let checks = shop.begin_checks(id, material.recipient, 2, now).await.unwrap();
                    let there = |(id, phone): (RecipientId, Phone)| {
                        let address = phone.address();
                        (id, phone, LookedUp::There(address))
                    };
                    shop.settle_checks(id, checks.numbers.into_iter().map(there).collect(), now).await.unwrap();
                }
            }
        }
        (Deed::Setting, ..) => {
            shop.set_setting(Owner::Tenant, SettingKey::BusinessName, Some("shop".into()), now).await.unwrap();
        }
        (Deed::Unreadable(which), ..) => {
            shop.keep_unreadable(number, vec![which], vec![which], "not JSON".into(), now).await.unwrap();
        }
        (Deed::Grant, ..) => {
            shop.grant_role(1000, "ana".into(), Role::Agent, now).await.unwrap();
        }
        (Deed::Drop, ..) => {
            if let Some(entry) = shop.queue(QueueFilter::All, None, 1).await.unwrap().first() {
                // What runs can't be dropped.
                let _ = shop.drop_entry(entry.id, now).await;
            }
        }
        _ => {}
    }
}

fn on_the_list(number: u8) -> NewRecipient {
    NewRecipient {
        phone: Ok(person(number).phone().unwrap()),
        given: person(number).to_string(),
        name: Some("Ana".into()),
        fields: "{}".into(),
        skip: None,
    }
}

async fn works(shop: &TenantStore, number: InstanceId, now: Timestamp) {
    let sighting = Sighting {
        status: Some(InstanceStatus::Working),
        verdict: Verdict::Healthy,
        reason: None,
        me: None,
        engine: None,
        version: None,
    };
    shop.see_instance(number, sighting, now).await.unwrap();
}

/// Claiming is the daemon's own deed, over all tenants: do it where nothing is compared.
pub async fn claim_and_give_back(store: &Store, now: Timestamp) {
    let slots = vec![mychatflow_data::store::jobs::Slots { kind: JobKind::AnswerChat, free: 100 }];
    let run = mychatflow_data::ids::RunId::new();
    for job in store.claim_jobs(slots, None, run, now).await.unwrap().0 {
        store.tenant(job.tenant).await.unwrap().give_back_job(job.id, now).await.unwrap();
    }
}

/// Claims the tenants' due answers and takes one of this tenant to an end.
async fn answer(store: &Store, shop: &TenantStore, end: u8, round: u64, now: Timestamp) {
    let slots = vec![mychatflow_data::store::jobs::Slots { kind: JobKind::AnswerChat, free: 20 }];
    let run = mychatflow_data::ids::RunId::new();
    for job in store.claim_jobs(slots, None, run, now).await.unwrap().0 {
        if job.tenant != shop.id() {
            store.tenant(job.tenant).await.unwrap().give_back_job(job.id, now).await.unwrap();
            continue;
        }
        let facts = shop.answer_facts(job.id, chat_of(&job)).await.unwrap();
        shop.reserve_answer(job.id, PLAN, now).await.unwrap();
        let part = Part { text: "We open at 8.".into(), reserved: Some(format!("OUT{round}-{}", job.id)) };
        let answer = NewAnswer {
            parts: vec![part],
            revision: facts.chat.revision,
            model: None,
            latency_ms: 1,
            tokens: "{}".into(),
            cites: facts.quick_replies.iter().map(|reply| reply.id).collect(),
            discloses: false,
        };
        let Start::Go(sending) = shop.start_answer(job.id, answer, now).await.unwrap() else { continue };
        let id = sending.interaction.id;
        match end {
            0 => {
                let after = mychatflow_data::store::tx::outcome::After::Waiting;
                shop.record_sent(id, None, None, after, now).await.unwrap();
            }
            1 => shop.record_unknown(id, "nobody knows".into(), now).await.unwrap(),
            _ => {
                let ended = mychatflow_data::store::jobs::Ended::Discard { reason: "422".into() };
                shop.record_not_sent(id, ended, now).await.unwrap();
            }
        }
    }
}

/// Every id that a tenant can get hold of.
#[derive(Debug, Default)]
struct Ids {
    instances: Vec<InstanceId>,
    chats: Vec<ChatId>,
    contacts: Vec<ContactId>,
    messages: Vec<InteractionId>,
    client_refs: Vec<ClientRef>,
    campaigns: Vec<CampaignId>,
    recipients: Vec<RecipientId>,
    queue: Vec<QueueItemId>,
    notes: Vec<NoteId>,
    quick_replies: Vec<QuickReplyId>,
    segments: Vec<SegmentId>,
    merges: Vec<MergeId>,
}

async fn ids(shop: &TenantStore) -> Ids {
    let mut ids = Ids::default();
    ids.instances.extend(shop.instances().await.unwrap().iter().map(|found| found.id));
    for listed in shop.chats(ChatFilter::default(), None, 1000).await.unwrap() {
        ids.chats.push(listed.chat.id);
        ids.notes.extend(shop.notes(listed.chat.id).await.unwrap().iter().map(|note| note.id));
        for message in shop.interactions(listed.chat.id, None, 1000).await.unwrap() {
            ids.messages.push(message.id);
            ids.client_refs.extend(message.client_ref);
        }
    }
    ids.contacts
        .extend(shop.contacts(ContactFilter::default(), None, 1000).await.unwrap().iter().map(|found| found.id));
    for contact in &ids.contacts {
        ids.merges.extend(shop.merges_of(*contact).await.unwrap().iter().map(|merge| merge.id));
    }
    for found in shop.campaigns(None, None, 1000, NOON).await.unwrap() {
        ids.campaigns.push(found.campaign.id);
        let rows = shop.recipients(found.campaign.id, None, None, 1000).await.unwrap();
        ids.recipients.extend(rows.iter().map(|row| row.id));
    }
    ids.quick_replies.extend(shop.quick_replies(None, 1000).await.unwrap().iter().map(|found| found.id));
    ids.segments.extend(shop.segments(None, 1000).await.unwrap().iter().map(|found| found.id));
    ids.queue.extend(shop.queue(QueueFilter::All, None, 1000).await.unwrap().iter().map(|found| found.id));
    ids
}

/// The tenant's whole store as text, to compare before and after.
async fn picture(shop: &TenantStore) -> String {
    let worded = QuickReplyFilter { find: Some("l".into()), ..QuickReplyFilter::default() };
    let mut lines = vec![
        format!("{:?}", shop.instances().await.unwrap()),
        format!("{:?}", shop.members().await.unwrap()),
        format!("{:?}", shop.quick_replies(None, 1000).await.unwrap()),
        format!("{:?}", shop.segments(None, 1000).await.unwrap()),
        format!("{:?}", shop.quick_replies_like(worded, None, 1000).await.unwrap()),
        format!("{:?}", shop.contacts(ContactFilter::default(), None, 1000).await.unwrap()),
        format!("{:?}", shop.suppressions(None, 1000).await.unwrap()),
        format!("{:?}", shop.queue(QueueFilter::All, None, 1000).await.unwrap()),
        format!("{:?}", shop.ledger(None, 1000).await.unwrap()),
        format!("{:?}", shop.audit().await.unwrap()),
        format!("{:?}", shop.settings(None, None).await.unwrap()),
        format!("{:?}", shop.counters().await.unwrap()),
        format!("{:?}", shop.open_sends().await.unwrap()),
        format!("{:?}", shop.counts(Timestamp::from_millis(0)).await.unwrap()),
        format!("{:?}", shop.failures(1000).await.unwrap()),
        format!("{:?}", shop.activity(Timestamp::from_millis(0)).await.unwrap()),
        format!("{:?}", shop.search(Wanted { text: "hello".into(), ..Wanted::default() }, None, 1000).await.unwrap()),
    ];
    for contact in shop.contacts(ContactFilter::default(), None, 1000).await.unwrap() {
        lines.push(format!("{:?}", shop.merges_of(contact.id).await.unwrap()));
    }
    for found in shop.campaigns(None, None, 1000, NOON).await.unwrap() {
        lines.push(format!("{:?}", shop.recipients(found.campaign.id, None, None, 1000).await.unwrap()));
        lines.push(format!("{:?}", shop.campaign_outlook(found.campaign.id, NOON).await));
        lines.push(format!("{found:?}"));
    }
    for listed in shop.chats(ChatFilter::default(), None, 1000).await.unwrap() {
        lines.push(format!("{listed:?} {:?}", shop.draft(listed.chat.id).await.unwrap()));
        lines.push(format!("{:?}", shop.notes(listed.chat.id).await.unwrap()));
        lines.push(format!("{:?}", shop.interactions(listed.chat.id, None, 1000).await.unwrap()));
    }
    lines.join("\n")
}

/// As one tenant, asks for and pulls at everything of another: nothing is found.
async fn pull_at(shop: &TenantStore, theirs: &Ids, now: Timestamp) {
    let span = Duration::from_secs(60);
    for id in &theirs.instances {
        assert!(shop.instance(*id).await.unwrap().is_none());
        assert!(shop.hmac_key(*id).await.is_err());
        // Nothing of theirs is changed by it, which the comparison at the end would show.
        shop.restrict_instance(*id, Some(now), None).await.unwrap();
        assert!(shop.instance_history(*id, 10).await.unwrap().is_empty());
        assert!(shop.remove_instance(*id, now).await.is_err());
        let filter = ChatFilter { instance: Some(*id), ..ChatFilter::default() };
        assert!(shop.chats(filter, None, 10).await.unwrap().is_empty());
        assert!(shop.chats_for_phone(Phone::parse("4915111111119").unwrap(), Some(*id), now).await.is_err());
        let said = delivery(DeliveryEvent::Message(message("4915111111119@c.us", "X", "hello", now)), now);
        assert!(shop.accept_delivery(*id, said, Rules::default(), now).await.is_err());
        assert!(shop.import_known(*id, vec![], now, Rules::default(), now).await.is_err());
        let on_theirs = NewCampaign {
            name: "mine".into(),
            instance: *id,
            text: "Hi".into(),
            scheduled_at: None,
            timezone: "UTC".into(),
            audience: None,
        };
        assert!(shop.begin_campaign(on_theirs, now).await.is_err());
        assert!(shop.keep_unreadable(*id, vec![9], vec![9], "not JSON".into(), now).await.is_err());
    }
    for id in &theirs.chats {
        assert!(shop.chat(*id).await.unwrap().is_none());
        assert!(shop.listed_chat(*id).await.unwrap().is_none());
        assert!(shop.chat_named(id.to_string(), None).await.is_err());
        assert!(shop.interactions(*id, None, 10).await.unwrap().is_empty());
        assert!(shop.chat_facts(*id).await.is_err());
        assert!(shop.draft(*id).await.unwrap().is_none());
        assert!(shop.unsent(*id).await.unwrap().is_empty());
        assert!(shop.countdown(*id).await.unwrap().is_none());
        assert!(shop.own_settings(Owner::Chat(*id)).await.unwrap().all().is_empty());
        assert!(shop.notes(*id).await.unwrap().is_empty());
        assert!(shop.last_message(*id).await.unwrap().is_none());
        assert!(shop.add_note(*id, "ana".into(), "x".into(), now).await.is_err());
        for note in &theirs.notes {
            assert!(shop.remove_note(*id, *note).await.is_err());
        }
        let wanted = Wanted { text: "hello".into(), chat: Some(*id), instance: None };
        assert!(shop.search(wanted, None, 10).await.unwrap().is_empty());
        assert!(shop.set_draft(*id, "x".into(), now).await.is_err());
        assert!(shop.pause_chat(*id, now + span, now).await.is_err());
        assert!(shop.resume_chat(*id, span, now).await.is_err());
        assert!(shop.finish_chat(*id, now).await.is_err());
        assert!(shop.snooze_chat(*id, now + span, now).await.is_err());
        assert!(shop.approve_answer(*id, now).await.is_err());
        assert!(shop.edit_answer(*id, "x".into(), now).await.is_err());
        for message in &theirs.messages {
            assert!(shop.interactions_after(*id, *message, 10).await.unwrap().is_empty());
        }
        assert!(shop.send_message(*id, "x".into(), ClientRef::new(), span, Composer::Keep, now).await.is_err());
        // Nothing to find is nothing to do.
        shop.read_chat(*id).await.unwrap();
        shop.cancel_chat_answer(*id, now).await.unwrap();
    }
    for id in &theirs.contacts {
        assert!(shop.contact(*id).await.unwrap().is_none());
        assert!(shop.contact_named(id.to_string()).await.is_err());
        assert!(shop.chats_of(*id).await.unwrap().is_empty());
        assert!(shop.merges_of(*id).await.unwrap().is_empty());
        for other in &theirs.contacts {
            assert!(shop.merge_contacts(*id, *other, now).await.is_err());
        }
        if let Some(mine) = shop.contacts(ContactFilter::default(), None, 1).await.unwrap().first() {
            assert!(shop.merge_contacts(mine.id, *id, now).await.is_err());
            for merge in &theirs.merges {
                assert!(shop.unmerge_contacts(mine.id, Some(*merge), now).await.is_err());
            }
        }
        assert!(shop.unmerge_contacts(*id, None, now).await.is_err());
        assert_eq!(shop.last_words_of(vec![*id]).await.unwrap(), [(None, None)]);
        assert!(shop.tag_contact(*id, vec!["mine".into()], vec![]).await.is_err());
        assert!(shop.edit_contact(*id, ContactChange::default()).await.is_err());
        assert!(shop.opt_out_contact(*id, Some(now), SuppressionCause::Owner, now).await.is_err());
        assert!(shop.review_contact(*id, Review::Personal, span, now).await.is_err());
        assert!(shop.erase_contact(*id, now).await.is_err());
    }
    for id in &theirs.messages {
        assert!(shop.outbound(*id).await.unwrap().is_none());
        assert!(shop.story(*id).await.unwrap().is_none());
        assert!(shop.start_message(*id, None, now).await.unwrap().is_none());
        assert!(shop.file_of(*id).await.unwrap().is_none());
        assert!(shop.campaign_of(*id).await.unwrap().is_none());
        assert!(shop.cancel_message(*id, now).await.is_err());
        assert!(shop.resolve_unknown(*id, Resolution::Sent, now).await.is_err());
    }
    // Whom we erased ourselves is nobody, and silent.
    let erased = shop.suppressions(None, 100).await.unwrap().iter().any(|(one, _)| one.address.is_none());
    // Whoever they know, and whoever is silent there, is nobody here; what is imported here changes nothing there.
    for number in 0..4 {
        let phone = on_the_list(number).phone.unwrap();
        let taken = shop.rehearse_import(vec![phone.clone()]).await.unwrap();
        if shop.contact_named(phone.to_string()).await.is_err() {
            assert!(taken == [Taken::Added] || erased, "{taken:?}");
            assert_eq!(shop.recorded_consent(vec![phone.clone()]).await.unwrap(), [None]);
        }
        let person = ListedPerson {
            phone: phone.clone(),
            name: Some("mine".into()),
            tags: vec!["mine".into()],
            language: Some("de".into()),
            note: Some("mine".into()),
            fields: [("city".to_owned(), "mine".to_owned())].into(),
            consent: None,
            basis: Basis::List,
            review: Review::New,
            opted_out_at: None,
        };
        shop.import_people(vec![person], now).await.unwrap();
        shop.suppress_people(vec![phone], now).await.unwrap();
    }
    for id in &theirs.campaigns {
        let rows = vec![on_the_list(9)];
        assert!(shop.campaign(*id, now).await.unwrap().is_none());
        assert!(shop.campaign_named(id.to_string()).await.is_err());
        assert!(shop.recipients(*id, None, None, 10).await.unwrap().is_empty());
        assert!(shop.recipient_materials(*id, 10).await.unwrap().is_empty());
        assert!(shop.add_recipients(*id, rows, now).await.is_err());
        assert!(shop.add_people(*id, Query::all(), None, None, now).await.is_err());
        assert!(shop.complete_list(*id, 0, now).await.is_err());
        assert!(shop.edit_campaign(*id, Some("mine".into()), None, "UTC".into()).await.is_err());
        assert!(shop.plan_texts(*id, Some(vec!["mine".into()]), None).await.is_err());
        assert!(shop.recipients_of(*id, Default::default(), None, 10).await.unwrap().is_empty());
        assert!(shop.begin_checks(*id, RecipientId::new(), 10, now).await.is_err());
        let phone = Phone::parse("+4915100000001").unwrap();
        assert!(shop.material_for(*id, phone.clone()).await.unwrap().is_none());
        assert!(shop.test_campaign(*id, phone, "mine".into(), now).await.is_err());
        assert!(shop.begin_copy(*id, "mine".into(), now).await.is_err());
        assert!(shop.copy_people(*id, *id, Whom::All, None, now).await.is_err());
        assert!(shop.attach_piece(*id, "x".into(), "image/png".into(), 0, vec![1]).await.is_err());
        assert!(shop.complete_file(*id, "image/png".into()).await.is_err());
        assert!(shop.detach_file(*id).await.is_err());
        assert!(shop.file_begins(*id).await.unwrap().is_none());
        let series = shop.campaign_series(*id, NOON, Duration::from_secs(1_000_000), 1).await.unwrap();
        assert_eq!(series, [Stretch::default()]);
        assert!(shop.plan_campaign(*id, Plan::default()).await.is_err());
        assert_eq!(shop.campaign_alone(*id).await.unwrap(), None);
        assert!(shop.launch_campaign(*id, now).await.is_err());
        assert!(shop.campaign_outlook(*id, now).await.is_err());
        assert!(shop.pause_campaign(*id, "x".into(), now).await.is_err());
        assert!(shop.resume_campaign(*id, now).await.is_err());
        assert!(shop.cancel_campaign(*id, now).await.is_err());
        assert!(shop.remove_campaign(*id).await.is_err());
        assert_eq!(shop.campaign_turn(*id, Limits::default(), now).await.unwrap(), Turn::Stopped);
        for message in &theirs.messages {
            assert_eq!(shop.recall_message(*message, now).await.unwrap(), Recall::Stays);
        }
        for recipient in &theirs.recipients {
            let text = Ok("mine".to_owned());
            let claim = shop.claim_recipient(*id, *recipient, text, Limits::default(), now).await.unwrap();
            assert_eq!(claim, Claim::Gone);
            let absent = (*recipient, Phone::parse("+4915100000001").unwrap(), LookedUp::Absent);
            shop.settle_checks(*id, vec![absent], now).await.unwrap();
        }
        shop.resume_checks(*id, now).await.unwrap();
        // Nothing to find is nothing to do.
        shop.abandon_campaign(*id).await.unwrap();
        shop.start_campaign(*id, now).await.unwrap();
        shop.note_campaign_waits(*id, now, Some("x".into())).await.unwrap();
        shop.give_up_campaign(*id, "x".into(), now).await.unwrap();
        shop.finish_campaign(*id, now).await.unwrap();
    }
    for id in &theirs.quick_replies {
        assert!(shop.quick_reply_named(id.to_string()).await.is_err());
        assert!(shop.edit_quick_reply(id.to_string(), words("x".to_owned()), now).await.is_err());
        assert!(shop.remove_quick_reply(id.to_string()).await.is_err());
    }
    for id in &theirs.segments {
        assert!(shop.segment_named(id.to_string()).await.is_err());
        assert!(shop.remove_segment(id.to_string()).await.is_err());
    }
    for name in ["s0", "s1", "s2", "s3"] {
        if shop.segment_named(name.into()).await.is_err() {
            let query = Query::parse(&format!("segment:{name}")).unwrap();
            assert!(shop.resolved_query(query.clone()).await.is_err());
            assert!(shop.contacts_that_fit(query, None, 10, now).await.is_err());
            shop.save_segment(name.into(), "all".into(), now).await.unwrap();
        }
    }
    let found = shop.contacts_that_fit(Query::all(), None, 1000, now).await.unwrap();
    assert!(found.iter().all(|found| !theirs.contacts.contains(&found.id)));
    for id in &theirs.messages {
        let wanted = Wanted { text: "hello".into(), ..Wanted::default() };
        assert!(shop.search(wanted, Some(*id), 10).await.is_err());
    }
    for id in &theirs.client_refs {
        assert!(shop.by_client_ref(*id).await.unwrap().is_none());
    }
    for id in &theirs.queue {
        assert!(shop.queue_item(*id).await.unwrap().is_none());
        assert!(shop.queue_detail(*id).await.unwrap().is_none());
        assert!(shop.unreadable(UnreadableId::from(*id)).await.unwrap().is_none());
        assert!(shop.hold(*id, now).await.is_err());
        assert!(shop.release(*id, now).await.is_err());
        assert!(shop.retry(*id, now).await.is_err());
        assert!(shop.drop_entry(*id, now).await.is_err());
        shop.forget_unreadable(UnreadableId::from(*id)).await.unwrap();
        shop.note_unreadable(UnreadableId::from(*id), "x".into()).await.unwrap();
    }
}

async fn story(deeds: Vec<(bool, Deed)>) {
    let world = world().await;
    let (bakery, bakery_number) = shop(&world.store, "Bakery", "bakery").await;
    let shops = [(&world.shop, world.number), (&bakery, bakery_number)];
    for (round, (first, deed)) in (0u64..).zip(deeds) {
        let now = NOON + Duration::from_secs(10 * round);
        let (actor, number) = shops[usize::from(first)];
        let (other, _) = shops[usize::from(!first)];
        claim_and_give_back(&world.store, now).await;
        let before = picture(other).await;
        perform(&world.store, actor, number, deed, round, now).await;
        assert_eq!(picture(other).await, before, "{deed:?} changed another tenant");
        assert_eq!(actor.audit().await.unwrap().drift, Credits::ZERO, "after {deed:?}");
    }
    let now = NOON + Duration::from_secs(100_000);
    for (mine, theirs) in [(0, 1), (1, 0)] {
        let before = picture(shops[theirs].0).await;
        pull_at(shops[mine].0, &ids(shops[theirs].0).await, now).await;
        assert_eq!(picture(shops[theirs].0).await, before, "another tenant's rows changed");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tenants_never_see_each_other(deeds in proptest::collection::vec((any::<bool>(), deed()), 10..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(story(deeds));
    }
}
