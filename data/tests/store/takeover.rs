//! A human beats the assistant under whichever address they write, and from when they wrote.

use std::time::Duration;

use mychatflow_data::credits::Credits;
use mychatflow_data::ids::ClientRef;
use mychatflow_data::model::chat::{Chat, ChatState};
use mychatflow_data::model::clock_error::ClockError;
use mychatflow_data::model::delivery::{
    CallEvent, CallKind, DeliveryEvent, MessageEvent, Presence, PresenceEvent, Source,
};
use mychatflow_data::model::job::{Job, JobArgs, JobKind};
use mychatflow_data::model::setting::Rules;
use mychatflow_data::phone::Address;
use mychatflow_data::store::jobs::Ended;
use mychatflow_data::store::tx::accept_delivery::{Accepted, LID_WAIT, Stamp};
use mychatflow_data::store::tx::answer::{NewAnswer, Part, Start};
use mychatflow_data::store::tx::outcome::After;
use mychatflow_data::store::tx::send::Composer;
use mychatflow_data::time::Timestamp;

use crate::support::{NOON, World, chat_of, message, world};

pub const ANA: &str = "4915100000009@c.us";
pub const BEN: &str = "4915100000002@c.us";
pub const LID: &str = "190997547974799@lid";
pub const PLAN: Credits = Credits::new(40);
const HOUR: Duration = Duration::from_secs(3600);

pub fn later(seconds: u64) -> Timestamp {
    NOON + Duration::from_secs(seconds)
}

pub fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

pub fn own(chat: &str, bare_id: &str, text: &str, at: Timestamp) -> MessageEvent {
    let wa_id = format!("true_{chat}_{bare_id}");
    MessageEvent { wa_id, from_me: true, push_name: None, ..message(chat, bare_id, text, at) }
}

pub async fn owner_types(world: &World, chat: &str, bare_id: &str, at: Timestamp) {
    let event = DeliveryEvent::Message(own(chat, bare_id, "Marta here, I take over", at));
    assert_eq!(world.receives(event, at).await, Accepted::Stored);
}

pub async fn recovered(world: &World, message: MessageEvent, at: Timestamp) -> Accepted {
    world.shop.recover_message(world.number, message, Rules::default(), at).await.unwrap()
}

pub async fn chat(world: &World, whom: &str) -> Chat {
    world.shop.find_chat(&address(whom)).await.unwrap().unwrap()
}

pub async fn resolve(world: &World, phone: Option<&str>, at: Timestamp) {
    let phone = phone.map(address);
    world.shop.resolve_identity(address(LID), phone, Duration::ZERO, at).await.unwrap();
}

/// The addresses that WAHA is to be asked about; the questions stay open.
pub async fn asked(world: &World, at: Timestamp) -> Vec<(Job, String)> {
    let jobs = world.claim(JobKind::ResolveIdentity, at).await;
    let address = |job: Job| match &job.args {
        JobArgs::ResolveIdentity { address, .. } => (job.clone(), address.to_string()),
        other => panic!("{other:?}"),
    };
    jobs.into_iter().map(address).collect()
}

/// Begins the only answer that is due, with its credit.
pub async fn thinking(world: &World, at: Timestamp) -> (Job, NewAnswer) {
    let job = world.claim(JobKind::AnswerChat, at).await.remove(0);
    let facts = world.shop.answer_facts(job.id, chat_of(&job)).await.unwrap();
    world.shop.reserve_answer(job.id, PLAN, at).await.unwrap();
    let answer = NewAnswer {
        parts: vec![Part { text: "From 8.".into(), reserved: Some(format!("OUT-{}", job.id)) }],
        revision: facts.chat.revision,
        model: None,
        latency_ms: 1,
        tokens: "{}".into(),
        cites: Vec::new(),
        discloses: false,
    };
    (job, answer)
}

pub async fn is_idle(world: &World, at: Timestamp) -> bool {
    let reserved = world.shop.credits(PLAN, at).await.unwrap().reserved;
    reserved == Credits::ZERO && world.claim(JobKind::AnswerChat, at + HOUR).await.is_empty()
}

pub async fn takeovers(world: &World) -> i64 {
    let counters = world.store.counters().await.unwrap();
    counters.iter().filter(|counter| counter.name == "takeovers").map(|counter| counter.value).sum()
}

#[tokio::test]
async fn an_owner_who_writes_to_the_hidden_address_silences_the_customers_chat() {
    let world = world().await;
    world.says(ANA, "3FA1", "Hello, are you open?", NOON).await;
    owner_types(&world, LID, "3AB1", later(1)).await;
    let asked = asked(&world, later(1)).await;
    assert_eq!(asked.iter().map(|(_, address)| address.as_str()).collect::<Vec<_>>(), [LID]);
    resolve(&world, Some(ANA), later(1)).await;
    let now = chat(&world, ANA).await;
    assert_eq!(now.id, chat(&world, LID).await.id, "both chats are one person's");
    assert_eq!((now.state, now.paused_until, now.unread), (ChatState::Waiting, Some(later(1) + 12 * HOUR), 0));
    assert!(is_idle(&world, later(2)).await);
    world.says(ANA, "3FA2", "Great, when?", later(3)).await;
    let now = chat(&world, ANA).await;
    assert_eq!((now.state, now.reason.as_deref()), (ChatState::NeedsYou, Some("paused")));
    assert!(is_idle(&world, later(4)).await);
}

#[tokio::test]
async fn the_customers_next_question_is_not_answered_over_the_owner_either() {
    let world = world().await;
    world.says(ANA, "3FA1", "Hello, are you open?", NOON).await;
    owner_types(&world, LID, "3AB1", later(1)).await;
    world.says(ANA, "3FA2", "Great, when?", later(2)).await;
    let (job, answer) = thinking(&world, later(10)).await;
    resolve(&world, Some(ANA), later(11)).await;
    assert_eq!(world.shop.start_answer(job.id, answer, later(11)).await.unwrap(), Start::Cancelled);
    let now = chat(&world, ANA).await;
    assert_eq!((now.state, now.reason.as_deref()), (ChatState::NeedsYou, Some("paused")));
    assert!(is_idle(&world, later(12)).await);
}

#[tokio::test]
async fn an_answer_waits_until_it_is_known_to_whom_the_owner_wrote() {
    let world = world().await;
    world.says(ANA, "3FA1", "Hello, are you open?", NOON).await;
    let (job, answer) = thinking(&world, later(10)).await;
    owner_types(&world, LID, "3AB1", later(11)).await;
    let start = |at| world.shop.start_answer(job.id, answer.clone(), at);
    assert_eq!(start(later(12)).await.unwrap(), Start::Unresolved(later(11) + LID_WAIT));
    // WAHA does not answer: whoever asked before the owner wrote may have been answered by them.
    assert!(matches!(start(later(15)).await.unwrap(), Start::Unresolved(_)));
    // Nobody knows whose the address is: the answer goes.
    let question = asked(&world, later(15)).await.remove(0).0;
    resolve(&world, None, later(16)).await;
    world.shop.end_job(question.id, Ended::Done, later(16)).await.unwrap();
    assert!(matches!(start(later(16)).await.unwrap(), Start::Go(_)));
}

#[tokio::test]
async fn who_asks_after_the_owner_wrote_to_an_unknown_address_waits_three_seconds_at_most() {
    let world = world().await;
    owner_types(&world, LID, "3AB1", NOON).await;
    world.says(ANA, "3FA1", "Hello, are you open?", later(1)).await;
    let (job, answer) = thinking(&world, later(5)).await;
    assert!(matches!(world.shop.start_answer(job.id, answer, later(5)).await.unwrap(), Start::Go(_)));
}

#[tokio::test]
async fn whoever_is_known_by_both_addresses_never_waits_for_another() {
    let world = world().await;
    let mut both = message(BEN, "3FB1", "Hello, are you open?", NOON);
    both.alternate = Some(address("70000000000003@lid"));
    world.receives(DeliveryEvent::Message(both), NOON).await;
    let (job, answer) = thinking(&world, later(10)).await;
    owner_types(&world, LID, "3AB1", later(10)).await;
    assert!(matches!(world.shop.start_answer(job.id, answer, later(11)).await.unwrap(), Start::Go(_)));
}

#[tokio::test]
async fn an_owner_who_writes_to_the_number_silences_the_chat_of_the_hidden_address() {
    let world = world().await;
    world.says(LID, "3FA1", "Hello, are you open?", NOON).await;
    for (job, _) in asked(&world, NOON).await {
        resolve(&world, None, NOON).await;
        world.shop.end_job(job.id, Ended::Done, NOON).await.unwrap();
    }
    let (job, answer) = thinking(&world, later(10)).await;
    owner_types(&world, ANA, "3AB1", later(11)).await;
    let asked = asked(&world, later(11)).await;
    assert_eq!(asked.iter().map(|(_, address)| address.as_str()).collect::<Vec<_>>(), [ANA]);
    let start = world.shop.start_answer(job.id, answer.clone(), later(11)).await.unwrap();
    assert!(matches!(start, Start::Unresolved(_)), "{start:?}");
    resolve(&world, Some(ANA), later(12)).await;
    assert_eq!(world.shop.start_answer(job.id, answer, later(12)).await.unwrap(), Start::Cancelled);
    assert_eq!(chat(&world, LID).await.paused_until, Some(later(11) + 12 * HOUR));
    assert!(is_idle(&world, later(13)).await);
}

#[tokio::test]
async fn waha_is_not_asked_about_numbers_where_everybody_shows_theirs() {
    let world = world().await;
    world.says(ANA, "3FA1", "Hello", NOON).await;
    owner_types(&world, ANA, "3AB1", later(1)).await;
    owner_types(&world, BEN, "3AB2", later(2)).await;
    assert!(asked(&world, later(3)).await.is_empty());
}

#[tokio::test]
async fn a_call_from_the_hidden_address_is_the_same_customers() {
    let world = world().await;
    world.says(ANA, "3FA1", "Hello, are you open?", NOON).await;
    let (id, at) = ("C1".to_owned(), later(1));
    let call = CallEvent { id, from: Some(address(LID)), kind: CallKind::Voice, at };
    world.receives(DeliveryEvent::Call(call), at).await;
    assert_eq!(asked(&world, later(1)).await.len(), 1);
    resolve(&world, Some(ANA), later(1)).await;
    let now = chat(&world, ANA).await;
    assert_eq!(
        (now.id, now.state),
        (chat(&world, LID).await.id, ChatState::Assistant),
        "the question is being answered"
    );
    assert_eq!(world.claim(JobKind::AnswerChat, later(60)).await.len(), 1);
}

#[tokio::test]
async fn a_customer_who_types_under_the_hidden_address_is_waited_for() {
    let world = world().await;
    let types = |at| {
        world.receives(DeliveryEvent::Presence(PresenceEvent { chat: address(LID), presence: Presence::Typing }), at)
    };
    types(NOON).await;
    assert!(asked(&world, NOON).await.is_empty(), "nobody is about to be answered");
    world.says(ANA, "3FA1", "Hello, are you open?", later(1)).await;
    assert_eq!(types(later(2)).await, Accepted::Ignored);
    assert_eq!(asked(&world, later(2)).await.len(), 1);
    let quiet = Rules::default().burst_quiet;
    world.shop.resolve_identity(address(LID), Some(address(ANA)), quiet, later(2)).await.unwrap();
    assert_eq!(types(later(3)).await, Accepted::Stored);
    assert!(world.claim(JobKind::AnswerChat, later(5)).await.is_empty());
    assert_eq!(world.claim(JobKind::AnswerChat, later(30)).await.len(), 1);

    // Somebody else's typing makes no person.
    let nobody = Some(address(BEN));
    world.shop.resolve_identity(address("70000000000003@lid"), nobody, Duration::ZERO, later(31)).await.unwrap();
    assert!(world.shop.find_chat(&address(BEN)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_message_from_the_history_stops_answers_to_what_was_asked_before_it() {
    // When the owner wrote, seconds after the question; whether the question is still answered; until when it is silent.
    let pause = 12 * HOUR;
    for (hours_ago, seconds, answered, silent) in
        [(0, 5, false, true), (0, -5, false, true), (13, 5, false, false), (13, -5, true, false)]
    {
        let world = world().await;
        let asked_at = later(13 * 3600) - hours_ago * HOUR;
        world.says(ANA, "3FA1", "Hello, are you open?", asked_at).await;
        let at = Timestamp::from_millis(asked_at.millis() + seconds * 1000);
        let now = later(13 * 3600 + 60);
        assert_eq!(recovered(&world, own(ANA, "3AB1", "Marta here", at), now).await, Accepted::Stored);
        let found = chat(&world, ANA).await;
        let story = format!("{hours_ago} h ago, {seconds} s after: {found:?}");
        assert_eq!(found.paused_until, silent.then_some(at + pause), "{story}");
        assert_eq!(found.waiting_since.is_some(), seconds < 0, "{story}");
        let expected = match (answered, seconds < 0) {
            (true, _) => ChatState::Assistant,
            (false, true) => ChatState::NeedsYou,
            (false, false) => ChatState::Waiting,
        };
        assert_eq!(found.state, expected, "{story}");
        assert_eq!(world.claim(JobKind::AnswerChat, now).await.len(), usize::from(answered), "{story}");
    }
}

/// A message of ours that WAHA took without telling its id.
pub async fn sent_without_id(world: &World, whom: &str, text: &str, at: Timestamp) {
    let to = chat(world, whom).await.id;
    let reference = ClientRef::new();
    let sent = world.shop.send_message(to, text.into(), reference, Duration::ZERO, Composer::Keep, at).await.unwrap();
    world.claim(JobKind::SendMessage, at).await;
    world.shop.start_message(sent.id, None, at).await.unwrap().unwrap();
    world.shop.record_sent(sent.id, None, None, After::Waiting, at).await.unwrap();
}

#[tokio::test]
async fn what_we_sent_without_an_id_is_no_takeover() {
    for (address, source) in [(ANA, Source::App), (ANA, Source::Api), (LID, Source::Api)] {
        let world = world().await;
        world.says(ANA, "3FA1", "Hello", NOON).await;
        sent_without_id(&world, ANA, "We have cake", later(10)).await;
        let echo = MessageEvent { source, ..own(address, "3EB01", "We have cake", later(11)) };
        world.receives(DeliveryEvent::Message(echo.clone()), later(11)).await;
        assert_eq!(takeovers(&world).await, 0, "{address} {source:?}");
        assert_eq!(recovered(&world, echo, later(60)).await, Accepted::Duplicate);
        let ana = chat(&world, ANA).await;
        assert_eq!((ana.paused_until, ana.state), (None, ChatState::Waiting));
        assert_eq!(world.shop.interactions(ana.id, None, 10).await.unwrap().len(), 2);
        // The same words once more are a human's.
        let again = MessageEvent { source, ..own(ANA, "3EB02", "We have cake", later(70)) };
        world.receives(DeliveryEvent::Message(again), later(70)).await;
        assert_eq!(takeovers(&world).await, 1);
    }
}

#[tokio::test]
async fn what_we_sent_is_no_takeover_although_our_clock_is_ahead_of_whatsapps() {
    for (whom, started) in [(ANA, false), (ANA, true), (LID, true)] {
        let world = world().await;
        world.says(ANA, "3FA1", "Hello", NOON).await;
        // The send begins ten seconds after noon by our clock, which is five seconds ahead.
        let to = chat(&world, ANA).await.id;
        if started {
            sent_without_id(&world, ANA, "We have cake", later(10)).await;
        } else {
            let (text, reference) = ("We have cake".into(), ClientRef::new());
            let written = world.shop.send_message(to, text, reference, Duration::ZERO, Composer::Keep, later(10));
            let sent = written.await.unwrap();
            world.claim(JobKind::SendMessage, later(10)).await;
            world.shop.start_message(sent.id, None, later(10)).await.unwrap().unwrap();
        }
        let echo = MessageEvent { source: Source::Api, ..own(whom, "3EB01", "We have cake", later(6)) };
        let told = crate::support::delivery(DeliveryEvent::Message(echo), later(12));
        let ahead = ClockError { ahead: Duration::from_secs(5), ..ClockError::default() };
        let shop = world.shop.clone().with_clock_error(ahead);
        shop.accept_delivery(world.number, told, Rules::default(), later(12)).await.unwrap();
        assert_eq!((takeovers(&world).await, chat(&world, ANA).await.paused_until), (0, None), "{whom} {started}");
    }
}

#[tokio::test]
async fn the_same_words_to_several_people_are_no_takeover_under_a_hidden_address() {
    let world = world().await;
    for (whom, id) in [(ANA, "3FA1"), (BEN, "3FB1")] {
        world.says(whom, id, "Hello", NOON).await;
        sent_without_id(&world, whom, "We have cake", later(10)).await;
    }
    let echo = MessageEvent { source: Source::Api, ..own(LID, "3EB01", "We have cake", later(11)) };
    assert_eq!(world.receives(DeliveryEvent::Message(echo.clone()), later(11)).await, Accepted::Stored);
    assert_eq!(takeovers(&world).await, 0);
    let look = world.claim(JobKind::RecoverHistory, later(14)).await.remove(0);
    assert!(matches!(look.args, JobArgs::RecoverHistory { since, .. } if since == later(11)), "{look:?}");
    // Nobody can tell yet.
    assert_eq!(recovered(&world, echo.clone(), later(20)).await, Accepted::Duplicate);
    assert_eq!(takeovers(&world).await, 0);
    // It was the one to Ana.
    resolve(&world, Some(ANA), later(21)).await;
    assert_eq!(recovered(&world, echo, later(30)).await, Accepted::Duplicate);
    let ana = chat(&world, ANA).await;
    assert_eq!((takeovers(&world).await, ana.paused_until, ana.state), (0, None, ChatState::Waiting));
    let messages = world.shop.interactions(ana.id, None, 10).await.unwrap();
    assert_eq!(messages.iter().map(|message| message.text.as_str()).collect::<Vec<_>>(), ["We have cake", "Hello"]);
    assert!(messages[0].wa_id.is_some());
}

#[tokio::test]
async fn an_owner_who_says_the_same_as_two_sends_of_ours_is_heeded() {
    const LEA: &str = "4915100000003@c.us";
    let world = world().await;
    for (whom, id) in [(ANA, "3FA1"), (BEN, "3FB1")] {
        world.says(whom, id, "Hello", NOON).await;
        sent_without_id(&world, whom, "We have cake", later(10)).await;
    }
    world.says(LEA, "3FC1", "Have you got cake?", later(11)).await;
    let (job, answer) = thinking(&world, later(15)).await;
    let words = MessageEvent { source: Source::Api, ..own(LID, "3EB01", "We have cake", later(16)) };
    assert_eq!(world.receives(DeliveryEvent::Message(words.clone()), later(16)).await, Accepted::Stored);
    let there = chat(&world, LID).await;
    assert_eq!(world.shop.interactions(there.id, None, 10).await.unwrap().len(), 1, "it can be read");
    assert_eq!(asked(&world, later(16)).await.len(), 1);
    let start = world.shop.start_answer(job.id, answer.clone(), later(16)).await.unwrap();
    assert!(matches!(start, Start::Unresolved(_)), "{start:?}");
    resolve(&world, Some(LEA), later(17)).await;
    assert_eq!(world.shop.start_answer(job.id, answer, later(18)).await.unwrap(), Start::Cancelled);
    recovered(&world, words, later(30)).await;
    let lea = chat(&world, LEA).await;
    assert_eq!((takeovers(&world).await, lea.paused_until), (1, Some(later(16) + 12 * HOUR)));
    assert!(is_idle(&world, later(31)).await);
}

#[tokio::test]
async fn a_send_of_ours_whose_echo_came_before_its_id_is_there_once() {
    let world = world().await;
    let mut sends = Vec::new();
    for (whom, id) in [(ANA, "3FA1"), (BEN, "3FB1")] {
        world.says(whom, id, "Hello", NOON).await;
        let to = chat(&world, whom).await.id;
        let written =
            world.shop.send_message(to, "Hi".into(), ClientRef::new(), Duration::ZERO, Composer::Keep, later(10));
        let sent = written.await.unwrap();
        world.claim(JobKind::SendMessage, later(10)).await;
        sends.push(world.shop.start_message(sent.id, None, later(10)).await.unwrap().unwrap());
    }
    let echo = MessageEvent { source: Source::Api, ..own(LID, "3EB01", "Hi", later(11)) };
    world.receives(DeliveryEvent::Message(echo.clone()), later(11)).await;
    let (id, wa_id) = (sends[0].interaction.id, Some(echo.wa_id.clone()));
    world.shop.record_sent(id, Some("3EB01".into()), wa_id.clone(), After::Waiting, later(12)).await.unwrap();
    let ana = world.shop.interactions(chat(&world, ANA).await.id, None, 10).await.unwrap();
    assert_eq!(ana[0].wa_id, wa_id);
    let hidden = chat(&world, LID).await;
    assert!(world.shop.interactions(hidden.id, None, 10).await.unwrap().is_empty());
    assert_eq!(recovered(&world, echo, later(60)).await, Accepted::Duplicate);
    assert_eq!(takeovers(&world).await, 0);
}

#[tokio::test]
async fn what_we_sent_before_a_gap_is_recognised_in_the_history() {
    for stamp in [Stamp::Written, Stamp::Doubtful] {
        let world = world().await;
        world.says(ANA, "3FA1", "Hello", NOON).await;
        sent_without_id(&world, ANA, "We have cake", later(10)).await;
        let at = if stamp == Stamp::Written { later(11) } else { later(3600) };
        let found = own(ANA, "3EB01", "We have cake", at);
        let found = world.shop.recover_stamped(world.number, found, stamp, Rules::default(), later(3600)).await;
        assert_eq!(found.unwrap(), Accepted::Duplicate, "{stamp:?}");
        let ana = chat(&world, ANA).await;
        assert_eq!((ana.paused_until, takeovers(&world).await), (None, 0), "{stamp:?}");
    }
}

#[tokio::test]
async fn a_message_without_a_true_time_silences_once_its_time_is_known() {
    for by_webhook in [true, false] {
        let world = world().await;
        world.says(ANA, "3FA1", "Hello, are you open?", NOON).await;
        let before = chat(&world, ANA).await;
        let found = own(ANA, "3AB1", "Marta here", later(1));
        for _ in 0..2 {
            let doubtful =
                world.shop.recover_stamped(world.number, found.clone(), Stamp::Doubtful, Rules::default(), later(1));
            doubtful.await.unwrap();
        }
        let now = chat(&world, ANA).await;
        assert_eq!((now.state, now.paused_until), (ChatState::NeedsYou, None));
        assert_eq!(now.waiting_since, before.waiting_since);
        assert_eq!(world.shop.interactions(now.id, None, 10).await.unwrap().len(), 2, "it can be read");
        if by_webhook {
            world.receives(DeliveryEvent::Message(found), later(2)).await;
        } else {
            recovered(&world, found, later(10)).await;
        }
        let now = chat(&world, ANA).await;
        assert_eq!((now.state, now.paused_until), (ChatState::Waiting, Some(later(1) + 12 * HOUR)));
        assert!(is_idle(&world, later(11)).await);
    }
}

/// A message of our side that stands in the history with a time that may be made up.
pub async fn found_in_doubt(world: &World, message: MessageEvent, now: Timestamp) {
    let found = world.shop.recover_stamped(world.number, message, Stamp::Doubtful, Rules::default(), now).await;
    assert_eq!(found.unwrap(), Accepted::Stored);
}

pub fn left_to_human(chat: &Chat) -> (ChatState, Option<&str>, Option<Timestamp>) {
    (chat.state, chat.reason.as_deref(), chat.paused_until)
}

pub const MAY_HAVE_ANSWERED: (ChatState, Option<&str>, Option<Timestamp>) =
    (ChatState::NeedsYou, Some("somebody of the shop may have answered"), None);

#[tokio::test]
async fn nobody_is_answered_over_an_owner_of_whom_it_is_not_sure_when_they_wrote() {
    for under_way in [false, true] {
        let world = world().await;
        world.says(ANA, "3FA1", "Hello, are you open?", NOON).await;
        let begun = if under_way { Some(thinking(&world, later(10)).await) } else { None };
        found_in_doubt(&world, own(ANA, "3AB1", "Marta here", later(5)), later(11)).await;
        if let Some((job, answer)) = begun {
            assert_eq!(world.shop.start_answer(job.id, answer, later(12)).await.unwrap(), Start::Cancelled);
        }
        let now = chat(&world, ANA).await;
        assert_eq!(left_to_human(&now), MAY_HAVE_ANSWERED);
        assert_eq!((now.unread, now.waiting_since), (1, Some(NOON)), "she may still be waiting");
        assert!(is_idle(&world, later(13)).await);
        assert_eq!(takeovers(&world).await, 0);
        // It is not silent for that: what she asks next is answered.
        world.says(ANA, "3FA2", "And on Sunday?", later(20)).await;
        assert_eq!(world.claim(JobKind::AnswerChat, later(60)).await.len(), 1);
    }
}

#[tokio::test]
async fn what_was_asked_after_an_owner_whose_time_is_in_doubt_is_answered() {
    let world = world().await;
    world.says(ANA, "3FA1", "Hello, are you open?", NOON).await;
    world.says(ANA, "3FA2", "And on Sunday?", later(8)).await;
    let (job, answer) = thinking(&world, later(12)).await;
    found_in_doubt(&world, own(ANA, "3AB1", "Marta here", later(5)), later(13)).await;
    let stale = world.shop.start_answer(job.id, answer.clone(), later(14)).await.unwrap();
    assert!(matches!(stale, Start::Stale(_)), "it is written anew, with her words before it: {stale:?}");
    let facts = world.shop.answer_facts(job.id, chat_of(&job)).await.unwrap();
    let open: Vec<&str> = facts.history.iter().filter(|said| said.unanswered).map(|said| said.text.as_str()).collect();
    assert_eq!(open, ["And on Sunday?"]);
    let answer = NewAnswer { revision: facts.chat.revision, ..answer };
    assert!(matches!(world.shop.start_answer(job.id, answer, later(15)).await.unwrap(), Start::Go(_)));
}

#[tokio::test]
async fn an_owner_whose_time_is_in_doubt_is_heeded_under_the_hidden_address_too() {
    let world = world().await;
    world.says(ANA, "3FA1", "Hello, are you open?", NOON).await;
    let (job, answer) = thinking(&world, later(10)).await;
    found_in_doubt(&world, own(LID, "3AB1", "Marta here", later(5)), later(11)).await;
    assert_eq!(asked(&world, later(11)).await.len(), 1);
    let start = world.shop.start_answer(job.id, answer.clone(), later(20)).await.unwrap();
    assert!(matches!(start, Start::Unresolved(_)), "{start:?}");
    resolve(&world, Some(ANA), later(21)).await;
    assert_eq!(world.shop.start_answer(job.id, answer, later(22)).await.unwrap(), Start::Cancelled);
    assert_eq!(left_to_human(&chat(&world, ANA).await), MAY_HAVE_ANSWERED);
    assert!(is_idle(&world, later(23)).await);
}

#[tokio::test]
async fn an_owners_message_stands_where_it_was_written_once_that_is_known() {
    for by_webhook in [true, false] {
        let world = world().await;
        let made_up = own(ANA, "3AB1", "Marta here", later(3600));
        found_in_doubt(&world, made_up, later(3600)).await;
        let written = own(ANA, "3AB1", "Marta here", later(1));
        if by_webhook {
            world.receives(DeliveryEvent::Message(written), later(3601)).await;
        } else {
            recovered(&world, written, later(3601)).await;
        }
        let found = chat(&world, ANA).await;
        let messages = world.shop.interactions(found.id, None, 10).await.unwrap();
        let times: Vec<Timestamp> = messages.iter().map(|message| message.at).collect();
        assert_eq!(times, [later(1) + Duration::from_millis(999)], "by webhook: {by_webhook}");
        assert_eq!(found.last_at, Some(times[0]), "by webhook: {by_webhook}");
    }
}

#[tokio::test]
async fn an_owner_who_answers_a_question_that_came_during_a_send_is_not_answered_over() {
    let world = world().await;
    world.says(ANA, "3FA1", "Hello, are you open?", NOON).await;
    let (job, answer) = thinking(&world, later(10)).await;
    let Start::Go(first) = world.shop.start_answer(job.id, answer, later(10)).await.unwrap() else { panic!() };
    // It comes while the answer to the first one is on its way.
    world.says(ANA, "3FA2", "And on Sunday?", later(11)).await;
    world.shop.record_answered(first.interaction.id, later(12)).await.unwrap();
    world.shop.record_sent(first.interaction.id, None, None, After::Waiting, later(12)).await.unwrap();
    assert_eq!(chat(&world, ANA).await.waiting_since, Some(later(11)), "she waits for the second one");
    owner_types(&world, LID, "3AB1", later(13)).await;
    let (job, answer) = thinking(&world, later(60)).await;
    // WAHA can't tell whose the address is: she may have been answered.
    assert_eq!(world.shop.start_answer(job.id, answer, later(60)).await.unwrap(), Start::Cancelled);
    assert_eq!(left_to_human(&chat(&world, ANA).await), MAY_HAVE_ANSWERED);
}

#[tokio::test]
async fn a_send_of_ours_is_found_by_when_it_started_and_not_by_looking_through_the_chats() {
    let world = world().await;
    let sql = "EXPLAIN QUERY PLAN SELECT id FROM interactions
               WHERE tenant_id = ?1 AND instance_id = ?2 AND direction = 'out' AND echoed_at IS NULL AND bare_id IS NULL
                 AND sending_at BETWEEN ?3 AND ?4
                 AND state IN ('sending', 'unknown', 'sent', 'delivered', 'read', 'played') AND text = ?5
               ORDER BY seq LIMIT 2";
    let params = (&[0u8; 16][..], &[0u8; 16][..], 0, 1, "We have cake");
    let plan: String = world.file().query_row(sql, params, |row| row.get(3)).unwrap();
    assert!(plan.contains("interactions_without_id"), "{plan}");
    assert!(plan.contains("sending_at>? AND sending_at<?"), "{plan}");
}

#[tokio::test]
async fn waha_is_asked_rather_than_the_whole_day_looked_through() {
    for (chats, expected) in [(200, 0), (400, 1)] {
        let world = world().await;
        world.says(ANA, "3FA1", "Hello", NOON).await;
        // Groups hide nobody; there are only many of them.
        let file = world.file();
        // It calls a function that only the store's own connections have.
        file.execute_batch("DROP TRIGGER chats_find_added").unwrap();
        file.execute(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
                 INSERT INTO chats (tenant_id, id, instance_id, kind, address, state, last_at, created_at)
                 SELECT i.tenant_id, randomblob(16), i.id, 'group', n.n || '@g.us', 'waiting', ?2, ?2
                 FROM n, instances AS i",
            (chats, NOON.millis()),
        )
        .unwrap();
        owner_types(&world, ANA, "3AB1", later(1)).await;
        assert_eq!(asked(&world, later(1)).await.len(), expected, "{chats}");
    }
}

/// A pause that is counted by a clock that is behind would be over as soon as the clock is set right.
#[tokio::test]
async fn a_pause_is_counted_by_the_time_of_whatsapp_where_our_clock_is_behind() {
    let month = 30 * 24 * HOUR;
    // What WhatsApp says of the message, what WAHA says of the delivery, what servers said; until when the pause lasts.
    for (written, told, behind, until) in [
        (month, Some(month), Duration::ZERO, month),
        (month, Some(month + HOUR), Duration::ZERO, month),
        (month + HOUR, Some(month), Duration::ZERO, month),
        (month, Some(Duration::ZERO), Duration::ZERO, Duration::ZERO),
        (month, Some(Duration::ZERO), month + HOUR, month),
        (400 * month, Some(Duration::ZERO), month, month),
        (month, None, Duration::ZERO, Duration::ZERO),
        (month, None, month + HOUR, month),
    ] {
        let world = world().await;
        world.says(ANA, "3FA1", "Hello", NOON).await;
        let error = ClockError { behind, ..ClockError::default() };
        let shop = world.shop.clone().with_clock_error(error);
        let word = own(ANA, "3AB1", "Marta here, I take over", NOON + written);
        match told {
            Some(told) => {
                let told = crate::support::delivery(DeliveryEvent::Message(word), NOON + told);
                shop.accept_delivery(world.number, told, Rules::default(), NOON).await.unwrap();
            }
            None => drop(shop.recover_message(world.number, word, Rules::default(), NOON).await.unwrap()),
        }
        let paused = chat(&world, ANA).await.paused_until;
        assert_eq!(paused, Some(NOON + until + 12 * HOUR), "{written:?} {told:?} {behind:?}");
    }
}
