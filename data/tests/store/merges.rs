//! Two people who are one, and two again after a while: what came since goes by addresses, what was asked for holds for both.

use std::time::Duration;

use mychatflow_data::credits::Credits;
use mychatflow_data::ids::{ChatId, ClientRef, InteractionId};
use mychatflow_data::model::chat::{Chat, ChatState};
use mychatflow_data::model::contact::{Consent, ConsentState, Contact, Review, SuppressionCause};
use mychatflow_data::model::delivery::DeliveryEvent;
use mychatflow_data::model::interaction::{Author, Direction, Interaction, InteractionState};
use mychatflow_data::model::job::JobKind;
use mychatflow_data::model::merge::MergeCause;
use mychatflow_data::model::recipient::RecipientState;
use mychatflow_data::phone::Address;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::queue::QueueFilter;
use mychatflow_data::store::search::Wanted;
use mychatflow_data::store::tx::answer::{NewAnswer, Part, Start};
use mychatflow_data::store::tx::edit_contact::{ContactChange, Rewrite};
use mychatflow_data::store::tx::import_known::{Acquaintance, KnownPerson};
use mychatflow_data::store::tx::outcome::After;
use mychatflow_data::store::tx::run_campaign::Turn;
use mychatflow_data::store::tx::send::Composer;
use mychatflow_data::store::tx::unmerge_contacts::Unmerged;
use mychatflow_data::time::Timestamp;
use proptest::prelude::*;

use crate::campaigns::{FREE, draft, made, next, row, sent, spring};
use crate::support::{NOON, World, chat_of, message, world};

pub const ANA: &str = "4915100000001@c.us";
pub const BEN: &str = "4915100000002@c.us";
const LID: &str = "70000000000003@lid";
const PLAN: Credits = Credits::new(40);

pub fn later(seconds: u64) -> Timestamp {
    NOON + Duration::from_secs(seconds)
}

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

async fn person(world: &World, whom: &str) -> Contact {
    world.shop.contact_named(whom.into()).await.unwrap()
}

pub async fn thread(world: &World, whom: &str) -> Chat {
    world.shop.find_chat(&address(whom)).await.unwrap().unwrap()
}

async fn texts(world: &World, chat: ChatId) -> Vec<String> {
    let mut messages = world.shop.interactions(chat, None, 100).await.unwrap();
    messages.reverse();
    messages.into_iter().map(|message| message.text).collect()
}

/// Ana and Ben wrote, one each.
pub async fn ana_and_ben() -> World {
    let world = world().await;
    world.says(ANA, "A1", "ana one", NOON).await;
    world.says(BEN, "B1", "ben one", later(1)).await;
    world
}

pub async fn merge(world: &World, at: u64) {
    let (ana, ben) = (person(world, ANA).await, person(world, BEN).await);
    world.shop.merge_contacts(ana.id, ben.id, later(at)).await.unwrap();
}

async fn unmerge(world: &World, at: u64) -> Unmerged {
    let ana = person(world, ANA).await;
    world.shop.unmerge_contacts(ana.id, None, later(at)).await.unwrap()
}

/// Answers every chat that is due; says which.
pub async fn answer(world: &World, text: &str, at: u64) -> Vec<ChatId> {
    let mut answered = Vec::new();
    for job in world.claim(JobKind::AnswerChat, later(at)).await {
        let facts = world.shop.answer_facts(job.id, chat_of(&job)).await.unwrap();
        world.shop.reserve_answer(job.id, PLAN, later(at)).await.unwrap();
        let part = Part { text: text.into(), reserved: Some(format!("OUT-{}", job.id)) };
        let answer = NewAnswer {
            parts: vec![part],
            revision: facts.chat.revision,
            model: None,
            latency_ms: 1,
            tokens: "{}".into(),
            cites: Vec::new(),
            discloses: false,
        };
        let Start::Go(sending) = world.shop.start_answer(job.id, answer, later(at)).await.unwrap() else { continue };
        world.shop.record_sent(sending.interaction.id, None, None, After::Waiting, later(at)).await.unwrap();
        answered.push(chat_of(&job));
    }
    answered
}

#[tokio::test]
async fn messages_since_go_by_their_addresses() {
    let world = ana_and_ben().await;
    let (ana, ben) = (thread(&world, ANA).await, thread(&world, BEN).await);
    merge(&world, 2).await;
    assert_eq!(texts(&world, ana.id).await, ["ana one", "ben one"]);
    world.says(BEN, "B2", "ben two", later(3)).await;
    let pause = Duration::from_secs(60);
    let said =
        world.shop.send_message(ana.id, "to ben".into(), ClientRef::new(), pause, Composer::Keep, later(4)).await;
    assert_eq!(said.unwrap().address.as_str(), BEN, "an answer goes to the address that wrote last");
    world.says(ANA, "A2", "ana two", later(5)).await;

    let undone = unmerge(&world, 6).await;
    assert_eq!((undone.merge.chats, undone.merge.messages), (1, 3));
    let (again, back) = (thread(&world, ANA).await, thread(&world, BEN).await);
    assert_eq!((again.id, back.id), (ana.id, ben.id));
    assert_eq!(texts(&world, ana.id).await, ["ana one", "ana two"]);
    assert_eq!(texts(&world, ben.id).await, ["ben one", "ben two", "to ben"]);
    assert_eq!((again.preview.as_deref(), back.preview.as_deref()), (Some("ana two"), Some("to ben")));
    assert_eq!((again.last_at, back.last_at), (Some(later(5)), Some(later(4))));
    assert_eq!((again.last_in_at, back.last_in_at), (Some(later(5)), Some(later(3))));
    assert_eq!((again.state, back.state), (ChatState::NeedsYou, ChatState::Waiting));
    assert_eq!(
        (again.paused_until, back.paused_until),
        (Some(later(64)), Some(later(64))),
        "a human spoke, to whomever"
    );
    // What a human sends goes on to the address it was written for, out of the chat that it is in now.
    let send = world.claim(JobKind::SendMessage, later(6)).await.remove(0);
    assert_eq!(chat_of(&send), ben.id);
    for (whom, chat) in [("ana", ana.id), ("ben", ben.id)] {
        let wanted = Wanted { text: whom.into(), chat: Some(chat), instance: None };
        assert!(!world.shop.search(wanted, None, 10).await.unwrap().is_empty(), "{whom} is found in their own chat");
        let wanted =
            Wanted { text: if whom == "ana" { "ben" } else { "ana" }.into(), chat: Some(chat), instance: None };
        let there = world.shop.search(wanted, None, 10).await.unwrap();
        assert!(there.iter().all(|hit| hit.interaction.address.as_str() == if whom == "ana" { ANA } else { BEN }));
    }
    // The next message of each is theirs.
    world.says(BEN, "B3", "ben three", later(7)).await;
    world.says(ANA, "A3", "ana three", later(8)).await;
    assert_eq!(texts(&world, ben.id).await.last().unwrap(), "ben three");
    assert_eq!(texts(&world, ana.id).await.last().unwrap(), "ana three");
}

#[tokio::test]
async fn a_chat_that_moved_whole_goes_back_and_leaves_what_the_other_one_wrote() {
    let world = world().await;
    world.says(BEN, "B1", "ben one", NOON).await;
    let ana = world.shop.add_contact(address(ANA).phone().unwrap(), Some("Ana".into()), vec![], NOON).await.unwrap();
    let ben = person(&world, BEN).await;
    let chat = thread(&world, BEN).await.id;
    world.shop.merge_contacts(ana.id, ben.id, later(1)).await.unwrap();
    world.says(ANA, "A1", "ana one", later(2)).await;
    assert_eq!(thread(&world, ANA).await.id, chat);
    let undone = unmerge(&world, 3).await;
    assert_eq!(undone.back.id, ben.id);
    assert_eq!(thread(&world, BEN).await.id, chat);
    assert_eq!(texts(&world, chat).await, ["ben one"]);
    let new = thread(&world, ANA).await;
    assert_ne!(new.id, chat);
    assert_eq!(texts(&world, new.id).await, ["ana one"]);
    assert_eq!((new.last_in_at, new.unread, new.state), (Some(later(2)), 1, ChatState::Assistant));
    assert_eq!(answer(&world, "hello", 60).await.len(), 2, "both asked, and nobody has answered");
    assert!(answer(&world, "hello", 120).await.is_empty());
}

#[tokio::test]
async fn a_chat_of_both_is_divided() {
    for both in [true, false] {
        let world = world().await;
        for whom in [ANA, BEN] {
            world.shop.add_contact(address(whom).phone().unwrap(), None, vec![], NOON).await.unwrap();
        }
        merge(&world, 1).await;
        world.says(BEN, "B1", "ben one", later(2)).await;
        if both {
            world.says(ANA, "A1", "ana one", later(3)).await;
        }
        let chat = thread(&world, BEN).await.id;
        unmerge(&world, 4).await;
        let ben = thread(&world, BEN).await;
        assert_eq!(texts(&world, ben.id).await, ["ben one"]);
        assert_eq!(ben.id == chat, !both, "a chat with nobody else in it is theirs");
        if both {
            assert_eq!(texts(&world, thread(&world, ANA).await.id).await, ["ana one"]);
        }
    }
}

#[tokio::test]
async fn nobody_is_answered_twice_for_it_and_everybody_who_asked_is() {
    // Both wait: each gets an answer of their own, and no credit is lost.
    let world = ana_and_ben().await;
    merge(&world, 2).await;
    unmerge(&world, 3).await;
    assert_eq!(answer(&world, "hello", 60).await.len(), 2);
    assert!(answer(&world, "hello", 120).await.is_empty());
    assert_eq!(world.shop.audit().await.unwrap().drift, Credits::ZERO);

    // The one got an answer that knew of both: the other one's question is a human's.
    let world = ana_and_ben().await;
    merge(&world, 2).await;
    assert_eq!(answer(&world, "hello", 60).await.len(), 1);
    unmerge(&world, 61).await;
    assert!(answer(&world, "hello", 120).await.is_empty());
    let (ana, ben) = (thread(&world, ANA).await, thread(&world, BEN).await);
    assert_eq!((ana.state, ben.state), (ChatState::NeedsYou, ChatState::Waiting));
    assert_eq!(ana.reason.as_deref(), Some("was taken for somebody else, who got the answer"));
    assert_eq!(texts(&world, ben.id).await, ["ben one", "hello"]);
    world.says(ANA, "A2", "anybody?", later(121)).await;
    assert_eq!(answer(&world, "hello", 180).await, [ana.id]);
}

#[tokio::test]
async fn an_answer_that_somebody_holds_back_is_not_let_go_by_it() {
    let world = ana_and_ben().await;
    merge(&world, 2).await;
    let job = world.shop.queue(QueueFilter::All, None, 10).await.unwrap().remove(0);
    world.shop.hold(job.id, later(3)).await.unwrap();
    unmerge(&world, 4).await;
    assert!(answer(&world, "hello", 600).await.is_empty());
    for whom in [ANA, BEN] {
        let found = thread(&world, whom).await;
        assert_eq!(found.state, ChatState::NeedsYou, "{whom}");
        assert_eq!(found.reason.as_deref(), Some("the answer was for two who were taken for one"));
    }
}

#[tokio::test]
async fn an_answer_on_its_way_ends_where_it_went() {
    for undo in [false, true] {
        let world = ana_and_ben().await;
        let (ana, ben) = (thread(&world, ANA).await.id, thread(&world, BEN).await.id);
        // Ben's answer is at WAHA while the two become one.
        let jobs = world.claim(JobKind::AnswerChat, later(30)).await;
        let job = jobs.iter().find(|job| chat_of(job) == ben).unwrap();
        world.shop.reserve_answer(job.id, PLAN, later(30)).await.unwrap();
        let revision = world.shop.answer_facts(job.id, ben).await.unwrap().chat.revision;
        let part = Part { text: "hello ben".into(), reserved: Some("OUT1".into()) };
        let new = NewAnswer {
            parts: vec![part],
            revision,
            model: None,
            latency_ms: 1,
            tokens: "{}".into(),
            cites: Vec::new(),
            discloses: false,
        };
        let Start::Go(sending) = world.shop.start_answer(job.id, new, later(30)).await.unwrap() else { panic!() };
        merge(&world, 31).await;
        if undo {
            unmerge(&world, 32).await;
        }
        // The daemon was killed meanwhile: the next run finds the message by the job's chat, as it is called now.
        world.store.free_leases(mychatflow_data::ids::RunId::new(), later(33)).await.unwrap();
        let again = world.claim(JobKind::AnswerChat, later(33)).await;
        let job = again.iter().find(|found| found.id == job.id).unwrap();
        let facts = world.shop.answer_facts(job.id, chat_of(job)).await.unwrap();
        assert_eq!(facts.pending[0].interaction.id, sending.interaction.id);
        world.shop.record_sent(sending.interaction.id, None, None, After::Waiting, later(34)).await.unwrap();
        let chat = if undo { ben } else { ana };
        assert!(texts(&world, chat).await.contains(&"hello ben".to_owned()));
        for job in again.iter().filter(|found| found.id != job.id) {
            world.shop.give_back_job(job.id, later(34)).await.unwrap();
        }
        // Where somebody was at work on an answer to both, that run finds out first that it is not wanted.
        let mut answered = answer(&world, "hello ana", 120).await;
        answered.extend(answer(&world, "hello ana", 180).await);
        assert_eq!(answered, [ana], "Ben has his answer");
        assert!(answer(&world, "hello again", 240).await.is_empty());
        assert_eq!(world.shop.audit().await.unwrap().drift, Credits::ZERO);
    }
}

#[tokio::test]
async fn a_stop_is_never_lost() {
    // The merged person is silent for the one who was; parted, only that one is.
    let world = ana_and_ben().await;
    let ben = person(&world, BEN).await;
    world.shop.opt_out_contact(ben.id, Some(later(2)), SuppressionCause::Word, later(2)).await.unwrap();
    merge(&world, 3).await;
    assert!(world.shop.is_suppressed(address(ANA)).await.unwrap());
    let undone = unmerge(&world, 4).await;
    assert_eq!((undone.contact.opted_out_at, undone.back.opted_out_at), (None, Some(later(2))));
    assert!(!world.shop.is_suppressed(address(ANA)).await.unwrap());
    assert!(world.shop.is_suppressed(address(BEN)).await.unwrap());

    // Said by either while they were one, it holds for both, though they were silent already.
    merge(&world, 5).await;
    world.says(ANA, "A2", "STOP", later(6)).await;
    let undone = unmerge(&world, 7).await;
    assert_eq!((undone.contact.opted_out_at, undone.back.opted_out_at), (Some(later(2)), Some(later(2))));

    // Whoever comes back speaks for themselves.
    merge(&world, 8).await;
    world.says(BEN, "B2", "START", later(9)).await;
    assert_eq!(person(&world, ANA).await.opted_out_at, None);
    let undone = unmerge(&world, 10).await;
    assert_eq!((undone.contact.opted_out_at, undone.back.opted_out_at), (Some(later(2)), None));
    assert!(world.shop.is_suppressed(address(ANA)).await.unwrap());
    assert!(!world.shop.is_suppressed(address(BEN)).await.unwrap());
}

#[tokio::test]
async fn what_was_written_down_since_stays_with_the_one_who_is_kept() {
    let world = ana_and_ben().await;
    let (ana, ben) = (person(&world, ANA).await, person(&world, BEN).await);
    let write = |note: &str, city: &str, state| ContactChange {
        note: Rewrite::Write(note.into()),
        fields: [(city.to_owned(), Rewrite::Write("yes".into()))].into(),
        consent: Some(Consent { state, at: NOON, source: None, proof: None }),
        ..ContactChange::default()
    };
    world.shop.edit_contact(ana.id, write("likes tulips", "bath", ConsentState::Given)).await.unwrap();
    world.shop.edit_contact(ben.id, write("likes roses", "köln", ConsentState::Refused)).await.unwrap();
    world.shop.tag_contact(ben.id, vec!["vip".into()], vec![]).await.unwrap();
    merge(&world, 2).await;
    let one = person(&world, ANA).await;
    assert_eq!(one.note.as_deref(), Some("likes tulips\n\nlikes roses"));
    assert_eq!((one.fields.len(), one.tags.len()), (2, 1));
    assert_eq!(one.consent.unwrap().state, ConsentState::Refused, "a refusal of either stands");
    let change = ContactChange { name: Rewrite::Write("Anna".into()), ..ContactChange::default() };
    world.shop.edit_contact(ana.id, change).await.unwrap();
    world.shop.tag_contact(ana.id, vec!["new".into()], vec![]).await.unwrap();
    world.shop.review_contact(ana.id, Review::Personal, Duration::ZERO, later(3)).await.unwrap();
    let undone = unmerge(&world, 4).await;
    let Unmerged { contact, back, .. } = undone;
    assert_eq!((contact.name.as_deref(), contact.note.as_deref()), (Some("Anna"), Some("likes tulips")));
    assert_eq!((contact.tags.as_slice(), back.tags.as_slice()), (&["new".to_owned()][..], &["vip".to_owned()][..]));
    assert_eq!(
        (contact.consent.unwrap().state, back.consent.unwrap().state),
        (ConsentState::Given, ConsentState::Refused)
    );
    assert_eq!((back.name.as_deref(), back.note.as_deref()), (Some("Ana"), Some("likes roses")));
    assert_eq!((contact.review, back.review), (Review::Personal, Review::Personal), "nobody is written to by mistake");
}

#[tokio::test]
async fn who_was_parted_stays_so_until_the_owner_says_otherwise() {
    let world = world().await;
    world.says(ANA, "A1", "ana one", NOON).await;
    world.says(LID, "L1", "lid one", later(1)).await;
    let lid = person(&world, LID).await;
    world.shop.resolve_identity(address(LID), Some(address(ANA)), Duration::ZERO, later(2)).await.unwrap();
    let ana = person(&world, LID).await;
    let merges = world.shop.merges_of(ana.id).await.unwrap();
    assert_eq!((merges[0].cause, merges[0].addresses.as_slice()), (MergeCause::Lid, &[address(LID)][..]));
    let undone = unmerge(&world, 3).await;
    assert_eq!(undone.back.id, lid.id);
    assert!(world.shop.merges_of(ana.id).await.unwrap().is_empty());

    // However WhatsApp says it.
    world.shop.resolve_identity(address(LID), Some(address(ANA)), Duration::ZERO, later(4)).await.unwrap();
    let mut both = message(LID, "L2", "lid two", later(5));
    both.alternate = Some(address(ANA));
    world.receives(DeliveryEvent::Message(both), later(5)).await;
    let mut turned = message(ANA, "A2", "ana two", later(6));
    turned.alternate = Some(address(LID));
    world.receives(DeliveryEvent::Message(turned), later(6)).await;
    let known = KnownPerson {
        address: address(ANA),
        alternate: Some(address(LID)),
        name: None,
        acquaintance: Acquaintance::Chatted,
    };
    world
        .shop
        .import_known(world.number, vec![known], NOON, mychatflow_data::model::setting::Rules::default(), later(7))
        .await
        .unwrap();
    assert_eq!((person(&world, LID).await.id, person(&world, ANA).await.id), (lid.id, ana.id));
    assert_eq!(texts(&world, thread(&world, LID).await.id).await, ["lid one", "lid two"]);
    assert_eq!(texts(&world, thread(&world, ANA).await.id).await, ["ana one", "ana two"]);
    assert_eq!(person(&world, LID).await.phone, None);
    // And nobody asks about it again.
    for job in world.claim(JobKind::ResolveIdentity, later(8)).await {
        world.shop.end_job(job.id, mychatflow_data::store::jobs::Ended::Done, later(8)).await.unwrap();
    }
    world.says(LID, "L3", "lid three", later(9)).await;
    assert!(world.claim(JobKind::ResolveIdentity, later(20)).await.is_empty());

    // Whom a third one becomes part of is kept apart as well.
    world.says(BEN, "B1", "ben one", later(21)).await;
    let ben = person(&world, BEN).await;
    world.shop.merge_contacts(ben.id, lid.id, later(22)).await.unwrap();
    world.shop.resolve_identity(address(LID), Some(address(ANA)), Duration::ZERO, later(23)).await.unwrap();
    assert_eq!((person(&world, LID).await.id, person(&world, ANA).await.id), (ben.id, ana.id));
    world.shop.unmerge_contacts(ben.id, None, later(24)).await.unwrap();

    // By hand they are one again, and WhatsApp is believed from then on.
    world.shop.merge_contacts(ana.id, lid.id, later(25)).await.unwrap();
    assert_eq!(person(&world, LID).await.id, ana.id);
    assert_eq!(world.shop.merges_of(ana.id).await.unwrap()[0].cause, MergeCause::Owner);
}

#[tokio::test]
async fn an_address_that_was_learned_since_goes_with_the_one_it_was_learned_through() {
    for (through, owner) in [(ANA, ANA), (BEN, BEN)] {
        let world = ana_and_ben().await;
        merge(&world, 2).await;
        let mut hidden = message(LID, "L1", "hidden", later(3));
        hidden.alternate = Some(address(through));
        world.receives(DeliveryEvent::Message(hidden), later(3)).await;
        unmerge(&world, 4).await;
        assert_eq!(person(&world, LID).await.id, person(&world, owner).await.id);
        assert!(texts(&world, thread(&world, owner).await.id).await.contains(&"hidden".to_owned()));
    }
}

#[tokio::test]
async fn only_the_last_merge_is_taken_back() {
    let world = ana_and_ben().await;
    let (ana, ben) = (person(&world, ANA).await, person(&world, BEN).await);
    let cleo = world
        .shop
        .add_contact(address(LID.replace("@lid", "@c.us").as_str()).phone().unwrap(), Some("Cleo".into()), vec![], NOON)
        .await
        .unwrap();
    let conflict = |found: Result<Unmerged, StoreError>| match found {
        Err(StoreError::Conflict(text)) => text,
        other => panic!("{other:?}"),
    };
    assert!(matches!(world.shop.merge_contacts(ana.id, ana.id, later(2)).await, Err(StoreError::Conflict(_))));
    assert!(conflict(world.shop.unmerge_contacts(ana.id, None, later(2)).await).contains("nobody was merged into Ana"));
    // Cleo into Ben, Ben into Ana: Ana takes over what Ben was made of.
    let first = world.shop.merge_contacts(ben.id, cleo.id, later(3)).await.unwrap().1;
    let second = world.shop.merge_contacts(ana.id, ben.id, later(4)).await.unwrap().1;
    let listed: Vec<_> = world.shop.merges_of(ana.id).await.unwrap().iter().map(|merge| merge.id).collect();
    assert_eq!(listed, [second.id, first.id]);
    let refused = conflict(world.shop.unmerge_contacts(ana.id, Some(first.id), later(5)).await);
    assert!(refused.contains("take that back first"), "{refused}");
    world.shop.unmerge_contacts(ana.id, Some(second.id), later(6)).await.unwrap();
    let again = conflict(world.shop.unmerge_contacts(ana.id, Some(second.id), later(6)).await);
    assert!(again.contains("nobody was merged"), "{again}");
    let undone = world.shop.unmerge_contacts(ben.id, Some(first.id), later(7)).await.unwrap();
    assert_eq!((undone.back.id, undone.back.name.as_deref()), (cleo.id, Some("Cleo")));
    assert_eq!(undone.back.addresses, cleo.addresses);
}

/// What became of the two rows of a campaign, Ana's first.
async fn places(world: &World, id: mychatflow_data::ids::CampaignId) -> Vec<(RecipientState, bool, Option<String>)> {
    let rows = world.shop.recipients(id, None, None, 10).await.unwrap();
    rows.into_iter().map(|row| (row.state, row.contact.is_some(), row.reason)).collect()
}

/// Sends to whoever is left; says how many messages that were.
async fn run_to_the_end(world: &World, id: mychatflow_data::ids::CampaignId, at: u64) -> Vec<String> {
    let mut to = Vec::new();
    while let Turn::Next { .. } = world.shop.campaign_turn(id, FREE, later(at)).await.unwrap() {
        next(world, id, FREE, later(at)).await;
        let message = sent(world, id, &format!("C{at}-{}", to.len()), later(at)).await;
        to.push(address_of(world, message).await);
    }
    to
}

async fn address_of(world: &World, message: InteractionId) -> String {
    world.shop.outbound(message).await.unwrap().unwrap().interaction.address.to_string()
}

#[tokio::test]
async fn nobody_gets_a_campaign_twice_because_two_became_one_and_two_again() {
    const SECOND: &str = "the same person as another row";
    // Nobody has it yet. As one they get it once; two again before that, each gets theirs.
    let world = world().await;
    let id = draft(&world, spring(&world), vec![row(1), row(2)]).await;
    world.shop.launch_campaign(id, NOON).await.unwrap();
    merge(&world, 1).await;
    let skipped = (RecipientState::Skipped, false, Some(SECOND.to_owned()));
    assert_eq!(places(&world, id).await, [(RecipientState::Queued, true, None), skipped.clone()]);
    unmerge(&world, 2).await;
    assert_eq!(run_to_the_end(&world, id, 3).await, [ANA, BEN]);

    // One of them had it before: the other one's row comes back, and nobody gets a second one.
    let world = crate::support::world().await;
    let id = draft(&world, spring(&world), vec![row(1), row(2)]).await;
    world.shop.launch_campaign(id, NOON).await.unwrap();
    sent(&world, id, "C1", NOON).await;
    let (ana, ben) = (person(&world, ANA).await, person(&world, BEN).await);
    world.shop.merge_contacts(ben.id, ana.id, later(1)).await.unwrap();
    assert_eq!(run_to_the_end(&world, id, 2).await, Vec::<String>::new(), "they have it");
    world.shop.unmerge_contacts(ben.id, None, later(3)).await.unwrap();
    assert_eq!(run_to_the_end(&world, id, 4).await, [BEN]);

    // It was sent while they were one: that covers both.
    let world = crate::support::world().await;
    let id = draft(&world, spring(&world), vec![row(1), row(2)]).await;
    world.shop.launch_campaign(id, NOON).await.unwrap();
    merge(&world, 1).await;
    made(&world, id, later(2)).await;
    unmerge(&world, 3).await;
    let rows = places(&world, id).await;
    assert_eq!((rows[1].0, rows[1].1), (RecipientState::Skipped, true), "{rows:?}");
    assert_eq!(run_to_the_end(&world, id, 4).await, Vec::<String>::new());
}

#[tokio::test]
async fn of_two_messages_of_a_campaign_the_one_that_has_not_left_is_taken_back() {
    for first_is_out in [true, false] {
        let world = world().await;
        let id = draft(&world, spring(&world), vec![row(1), row(2)]).await;
        world.shop.launch_campaign(id, NOON).await.unwrap();
        let first = if first_is_out { sent(&world, id, "C1", NOON).await } else { made(&world, id, NOON).await };
        let second = made(&world, id, NOON).await;
        // Ana's is the first; whoever stays, the one that is out stands.
        let (ana, ben) = (person(&world, ANA).await, person(&world, BEN).await);
        world.shop.merge_contacts(ben.id, ana.id, later(1)).await.unwrap();
        let state = async |id| world.shop.outbound(id).await.unwrap().unwrap().interaction.state;
        let taken_back = if first_is_out { second } else { first };
        assert_eq!(state(taken_back).await, InteractionState::Cancelled);
        assert!(world.shop.start_message(taken_back, None, later(2)).await.unwrap().is_none());
        let rows = places(&world, id).await;
        assert_eq!(rows.iter().filter(|row| row.0 == RecipientState::Skipped).count(), 1, "{rows:?}");
        if !first_is_out {
            assert_eq!(world.claim(JobKind::SendCampaign, later(2)).await.len(), 1);
            world.shop.start_message(second, Some("C2".into()), later(2)).await.unwrap().unwrap();
            world.shop.record_sent(second, Some("C2".into()), None, After::Waiting, later(2)).await.unwrap();
        }
        assert_eq!(run_to_the_end(&world, id, 2).await, Vec::<String>::new());
        // Two again, whoever did not get it has another turn.
        world.shop.unmerge_contacts(ben.id, None, later(3)).await.unwrap();
        assert_eq!(run_to_the_end(&world, id, 4).await, [if first_is_out { BEN } else { ANA }]);
    }
}

#[tokio::test]
async fn a_row_goes_with_the_one_it_names() {
    // One that moved goes back; one that was made since goes to whose number it names.
    let world = world().await;
    let id = draft(&world, spring(&world), vec![row(2)]).await;
    world.shop.add_contact(address(ANA).phone().unwrap(), None, vec![], NOON).await.unwrap();
    merge(&world, 1).await;
    let since = mychatflow_data::store::tx::draft_campaign::NewCampaign { name: "summer".into(), ..spring(&world) };
    let other = draft(&world, since, vec![row(2)]).await;
    let (ana, ben) = (person(&world, ANA).await.id, unmerge(&world, 2).await.back.id);
    for id in [id, other] {
        let rows = world.shop.recipients(id, None, None, 10).await.unwrap();
        assert_eq!(rows[0].contact, Some(ben));
    }
    assert_ne!(ana, ben);
    // A list that has ended does not begin again.
    merge(&world, 3).await;
    let ended = draft(
        &world,
        mychatflow_data::store::tx::draft_campaign::NewCampaign { name: "autumn".into(), ..spring(&world) },
        vec![row(1)],
    )
    .await;
    world.shop.cancel_campaign(ended, later(4)).await.unwrap();
    unmerge(&world, 5).await;
    assert_eq!(places(&world, ended).await[0].0, RecipientState::Skipped);
}

/// What happens while two people are one.
#[derive(Debug, Clone, Copy)]
enum Since {
    Says(usize),
    Answers,
    Sends,
    Stops(usize),
    Campaign,
    Pauses,
    Finishes,
    Reads,
    Parts,
    Merges,
}

fn since() -> impl Strategy<Value = Since> {
    prop_oneof![
        5 => (0usize..2).prop_map(Since::Says),
        3 => Just(Since::Answers),
        1 => Just(Since::Sends),
        1 => (0usize..2).prop_map(Since::Stops),
        2 => Just(Since::Campaign),
        1 => Just(Since::Pauses),
        1 => Just(Since::Finishes),
        1 => Just(Since::Reads),
        3 => Just(Since::Parts),
        3 => Just(Since::Merges),
    ]
}

/// One, two, one, two again, whatever happens in between: every message is in the chat of whoever's address it has, rows of
/// chats tell what their messages tell, nobody gets a campaign or an answer twice, and no stop is lost.
async fn story(deeds: Vec<Since>) {
    let world = ana_and_ben().await;
    let id = draft(&world, spring(&world), vec![row(1), row(2)]).await;
    world.shop.launch_campaign(id, NOON).await.unwrap();
    let mut stopped = std::collections::BTreeSet::new();
    let mut one = false;
    for (round, deed) in (1u64..).zip(deeds.into_iter().chain([Since::Parts])) {
        let now = 100 * round;
        let chat = thread(&world, ANA).await.id;
        match deed {
            Since::Says(who) => {
                world.says([ANA, BEN][who], &format!("M{round}"), &format!("text {round}"), later(now)).await;
            }
            Since::Answers => drop(answer(&world, &format!("answer {round}"), now).await),
            Since::Sends => {
                let text = format!("own {round}");
                let pause = Duration::from_secs(1);
                world
                    .shop
                    .send_message(chat, text.into(), ClientRef::new(), pause, Composer::Keep, later(now))
                    .await
                    .unwrap();
            }
            Since::Stops(who) => {
                world.says([ANA, BEN][who], &format!("M{round}"), "STOP", later(now)).await;
                stopped.extend(if one { vec![ANA, BEN] } else { vec![[ANA, BEN][who]] });
            }
            Since::Campaign => {
                if let Turn::Next { .. } = world.shop.campaign_turn(id, FREE, later(now)).await.unwrap() {
                    let recipient = next(&world, id, FREE, later(now)).await;
                    world.shop.claim_recipient(id, recipient, Ok("spring".into()), FREE, later(now)).await.unwrap();
                }
            }
            Since::Pauses => world.shop.pause_chat(chat, later(now + 50), later(now)).await.unwrap(),
            Since::Finishes => world.shop.finish_chat(chat, later(now)).await.unwrap(),
            Since::Reads => world.shop.read_chat(chat).await.unwrap(),
            Since::Parts if one => {
                unmerge(&world, now).await;
                one = false;
            }
            Since::Merges if !one => {
                merge(&world, now).await;
                one = true;
            }
            Since::Parts | Since::Merges => {}
        }
    }
    answer(&world, "at last", 1_000_000).await;
    answer(&world, "at last", 1_000_100).await;
    assert_eq!(world.shop.audit().await.unwrap().drift, Credits::ZERO);
    let mut spring = 0;
    for whom in [ANA, BEN] {
        let found = thread(&world, whom).await;
        let person = person(&world, whom).await;
        assert_eq!(found.contact, Some(person.id));
        let mut messages = world.shop.interactions(found.id, None, 1000).await.unwrap();
        messages.reverse();
        assert!(messages.iter().all(|message| message.address.as_str() == whom), "{messages:#?}");
        let last_in =
            messages.iter().filter(|message| message.direction == Direction::In).map(|message| message.at).max();
        assert_eq!(found.last_in_at, last_in);
        assert!(found.last_at >= last_in);
        let inbound = messages.iter().filter(|message| message.direction == Direction::In).count();
        assert!((0..=i64::try_from(inbound).unwrap()).contains(&found.unread), "{} of {inbound}", found.unread);
        let lives = |message: &&Interaction| message.state != InteractionState::Cancelled;
        let got = messages.iter().filter(lives).filter(|message| message.text == "spring").count();
        spring += got;
        assert!(got <= 1, "the campaign went out to {whom} {got} times");
        if stopped.contains(whom) {
            assert!(person.opted_out_at.is_some() && world.shop.is_suppressed(address(whom)).await.unwrap(), "{whom}");
        }
        // Never two answers without a question in between.
        let words = messages.iter().filter(|message| message.state.is_out() || message.direction == Direction::In);
        let authors: Vec<Author> = words.map(|message| message.author).collect();
        assert!(!authors.windows(2).any(|pair| pair == [Author::Assistant; 2]), "{messages:#?}");
    }
    assert!(spring <= 2);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_and_two_again_and_again(deeds in proptest::collection::vec(since(), 4..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(story(deeds));
    }
}
