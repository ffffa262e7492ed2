//! Each law holds of a good record, and each can be broken.

use super::*;
use crate::torture::people::{customer, mark, of_chat};
use crate::torture::plan::Address;
use crate::torture::record::{Books, CampaignRecord, HumanWords, StoredChat, StoredMessage};

fn question(who: usize, number: usize, said_at: i64) -> Question {
    Question {
        who,
        marks: vec![mark(QUESTION, number)],
        bare_id: format!("3F{number}"),
        said_at,
        told_at: Some(said_at + 10),
        owed: true,
        ..Question::default()
    }
}

fn sent(who: usize, id: &str, text: &str, at: i64) -> SentMessage {
    let chat_id = customer(who, Address::Number).chat_id();
    SentMessage { who: of_chat(&chat_id), chat_id, text: text.to_owned(), bare_id: id.to_owned(), at }
}

fn answer(who: usize, id: &str, numbers: &[usize], at: i64) -> SentMessage {
    let marks: Vec<String> = numbers.iter().map(|number| mark(QUESTION, *number)).collect();
    sent(who, id, &format!("{ANSWER} about {}. We are here for you.", marks.join(" and ")), at)
}

fn row(incoming: bool, id: &str, text: &str) -> StoredMessage {
    let (wa_id, state) = (format!("{}_1@c.us_{id}", !incoming), if incoming { "received" } else { "sent" });
    StoredMessage { incoming, wa_id, state: state.to_owned(), text: text.to_owned(), ..StoredMessage::default() }
}

/// Two people, each with a question and its answer; nothing is wrong.
fn well() -> Record {
    let questions = vec![question(0, 1, 1_000), question(1, 2, 2_000)];
    let sent = vec![answer(0, "A", &[1], 1_500), answer(1, "B", &[2], 2_500)];
    let stored = vec![row(true, "3F1", ""), row(true, "3F2", ""), row(false, "A", ""), row(false, "B", "")];
    let chat = StoredChat { who: Some(0), state: "waiting".to_owned(), reason: String::new() };
    let books = Books { settled: 2, ..Books::default() };
    Record { questions, sent, stored, chats: vec![chat], books, ..Record::default() }
}

#[track_caller]
fn breaks(law: Law, spoil: impl FnOnce(&mut Record)) {
    let mut record = well();
    spoil(&mut record);
    let found: Vec<Law> = check(&record).iter().map(|breach| breach.law).collect();
    assert_eq!(found, [law], "{:#?}", check(&record));
}

#[track_caller]
fn keeps(change: impl FnOnce(&mut Record)) {
    let mut record = well();
    change(&mut record);
    let found = check(&record);
    assert!(found.is_empty(), "{found:#?}");
}

/// One message more to the first person, known to the store and paid for.
fn say(record: &mut Record, message: SentMessage) {
    record.books.settled += usize::from(is_answer(&message));
    record.stored.push(row(false, &message.bare_id, &message.text));
    record.sent.push(message);
}

/// One question more of the first person, in the store.
fn ask(record: &mut Record, question: Question) {
    record.stored.push(row(true, &question.bare_id, ""));
    record.questions.push(question);
}

#[test]
fn what_was_acknowledged_is_stored_once() {
    keeps(|_| {});
    breaks(Law::StoredOnce, |record| drop(record.stored.remove(0)));
    breaks(Law::StoredOnce, |record| record.stored.push(row(true, "3F1", "")));
    // Taken back before anybody acknowledged it.
    let taken_back = |told_at| Question { deleted: true, told_at, ..question(0, 7, 3_000) };
    keeps(|record| record.questions.push(taken_back(None)));
    breaks(Law::StoredOnce, |record| record.questions.push(taken_back(Some(3_010))));
    breaks(Law::StoredOnce, |record| {
        record.questions.push(Question { told_at: None, owed: false, ..question(0, 7, 3_000) })
    });
}

#[test]
fn nothing_is_answered_twice() {
    breaks(Law::AnsweredOnce, |record| say(record, answer(0, "C", &[1], 9_000)));
    // The words that it was given later are the same message.
    breaks(Law::AnsweredOnce, |record| {
        record.questions[0].marks.push(mark(QUESTION, 9));
        say(record, answer(0, "C", &[9], 9_000));
    });
    let end = format!("That is all about {}.", mark(TAIL, 1));
    keeps(|record| say(record, sent(0, "C", &end, 1_600)));
    breaks(Law::AnsweredOnce, |record| {
        say(record, sent(0, "C", &end, 1_600));
        say(record, sent(0, "D", &end, 1_700));
    });
}

#[test]
fn everything_has_an_answer_or_a_reason() {
    let open = || question(0, 7, 3_000);
    breaks(Law::AnsweredOrReason, |record| ask(record, open()));
    keeps(|record| {
        ask(record, open());
        record.chats[0] = StoredChat { state: "needs_you".into(), reason: "stale".into(), ..StoredChat::default() };
    });
    breaks(Law::AnsweredOrReason, |record| {
        ask(record, open());
        record.chats[0].state = "needs_you".into();
    });
    // A reason does not excuse what was passed over.
    breaks(Law::AnsweredOrReason, |record| {
        record.chats[0] = StoredChat { state: "needs_you".into(), reason: "stale".into(), ..StoredChat::default() };
        ask(record, question(0, 7, 500));
    });
    // It came late, after the answer, and waits for a person.
    let came_late = |reason: &'static str| {
        move |record: &mut Record| {
            record.chats[0] = StoredChat { state: "needs_you".into(), reason: reason.into(), ..StoredChat::default() };
            ask(record, question(0, 7, 500));
            record.stored.last_mut().unwrap().unanswered = true;
        }
    };
    keeps(came_late("loop suspected"));
    breaks(Law::AnsweredOrReason, came_late(""));
    keeps(|record| ask(record, Question { deleted: true, ..open() }));
    keeps(|record| ask(record, Question { owed: false, ..open() }));
    let silence = |until| Silence { who: 0, from: Some(3_100), until, why: "a person wrote" };
    keeps(|record| {
        ask(record, open());
        record.silences.push(silence(9_000));
    });
    breaks(Law::AnsweredOrReason, |record| {
        ask(record, open());
        record.silences.push(Silence { from: Some(2_950), ..silence(2_900) });
    });
    // It came after the question; the clock has ended its pause.
    keeps(|record| {
        ask(record, open());
        record.silences.push(silence(2_900));
    });
}

#[test]
fn the_assistant_is_silent_after_a_person() {
    let silence = || Silence { who: 0, from: Some(3_000), until: 50_000, why: "a person wrote" };
    let late = 3_000 + LEAVING_MS + 1;
    let spoken = |at: i64, change: fn(&mut Record)| {
        move |record: &mut Record| {
            record.silences.push(silence());
            ask(record, question(0, 7, 3_500));
            say(record, answer(0, "C", &[7], at));
            change(record);
        }
    };
    breaks(Law::HumanOverrules, spoken(late, |_| {}));
    keeps(spoken(late - 2, |_| {}));
    keeps(spoken(50_001, |_| {}));
    keeps(spoken(late, |record| record.resumes.push((0, 4_000))));
    breaks(Law::HumanOverrules, spoken(late, |record| record.resumes.push((1, 4_000))));
    breaks(Law::HumanOverrules, spoken(late, |record| record.resumes.push((0, 2_000))));
    keeps(spoken(late, |record| record.silences[0].from = None));
    breaks(Law::HumanOverrules, |record| {
        record.opt_outs.push((0, 3_000));
        record.resumes.push((0, 4_000));
        ask(record, question(0, 7, 3_500));
        say(record, answer(0, "C", &[7], late));
    });
    breaks(Law::HumanOverrules, |record| {
        record.sent[0].text.push_str(" Somebody from the shop will get in touch.");
        ask(record, question(0, 7, 3_500));
        say(record, answer(0, "C", &[7], 60_000));
    });
    // The second part of the reply that hands over belongs to it; that of another answer does not.
    let second_part_after_hand_off = |number: usize| {
        move |record: &mut Record| {
            record.sent[0].text.push_str(" Somebody from the shop will get in touch.");
            say(record, sent(0, "C", &format!("That is all about {}.", mark(TAIL, number)), 60_000));
        }
    };
    keeps(second_part_after_hand_off(1));
    breaks(Law::HumanOverrules, second_part_after_hand_off(7));
    // Even the second part of an answer.
    breaks(Law::HumanOverrules, |record| {
        record.silences.push(silence());
        say(record, sent(0, "C", &format!("That is all about {}.", mark(TAIL, 1)), late));
    });
}

#[test]
fn everybody_gets_their_own_answer() {
    breaks(Law::RightPerson, |record| record.sent[0].who = Some(1));
    breaks(Law::RightPerson, |record| {
        let chat_id = "120363000000000001@g.us".to_owned();
        say(record, SentMessage { who: None, chat_id, ..sent(0, "C", "Hello!", 3_000) });
    });
}

#[test]
fn what_was_taken_back_is_not_answered() {
    let deleted = |told_at| {
        move |record: &mut Record| {
            record.questions[0].deleted = true;
            record.questions[0].deletion_told_at = Some(told_at);
        }
    };
    breaks(Law::DeletedIsGone, deleted(1_500 - LEAVING_MS - 1));
    keeps(deleted(1_400));
}

#[test]
fn answers_keep_the_order_of_questions() {
    let second = |told_at| {
        move |record: &mut Record| {
            ask(record, Question { told_at: Some(told_at), ..question(0, 7, 500) });
            record.questions.sort_by_key(|question| question.said_at);
            say(record, answer(0, "C", &[7], 9_000));
        }
    };
    breaks(Law::OrderKept, second(600));
    keeps(second(1_200));
    breaks(Law::OrderKept, |record| {
        let end = sent(0, "C", &format!("That is all about {}.", mark(TAIL, 1)), 1_400);
        say(record, end);
        record.sent.rotate_right(1);
    });
}

#[test]
fn credits_used_are_answers_sent() {
    breaks(Law::CreditsAgree, |record| record.books.settled = 3);
    breaks(Law::CreditsAgree, |record| record.books.settled = 1);
    keeps(|record| (record.books.settled, record.books.reserved) = (1, 1));
    breaks(Law::CreditsAgree, |record| record.books.drift = 1);
    breaks(Law::CreditsAgree, |record| record.books.balance_min = -1);
}

#[test]
fn campaigns_reach_whom_they_may_once() {
    let letter = |id: &str, at| sent(0, id, &format!("Hi, {} is out.", mark(CAMPAIGN, 1)), at);
    let listed = |who: usize| CampaignRecord { mark: mark(CAMPAIGN, 1), listed: BTreeSet::from([who]) };
    keeps(|record| {
        record.campaigns.push(listed(0));
        say(record, letter("C", 3_000));
    });
    breaks(Law::CampaignOnce, |record| {
        record.campaigns.push(listed(0));
        say(record, letter("C", 3_000));
        say(record, letter("D", 3_000));
    });
    breaks(Law::CampaignOnce, |record| {
        record.campaigns.push(listed(5));
        say(record, letter("C", 3_000));
    });
    breaks(Law::CampaignOnce, |record| {
        record.campaigns.push(listed(0));
        record.opt_outs.push((0, 10_000 - LEAVING_MS - 1));
        say(record, letter("C", 10_000));
    });
}

#[test]
fn a_persons_words_go_out_once() {
    let words = || HumanWords { who: 0, mark: mark(HUMAN, 1) };
    let out = |id: &str| sent(0, id, &format!("I say {}.", mark(HUMAN, 1)), 3_000);
    breaks(Law::HumanOnce, |record| record.human.push(words()));
    keeps(|record| {
        record.human.push(words());
        say(record, out("C"));
    });
    breaks(Law::HumanOnce, |record| {
        record.human.push(words());
        say(record, out("C"));
        say(record, out("D"));
    });
    keeps(|record| {
        record.human.push(words());
        let refused = row(false, "", &mark(HUMAN, 1));
        record.stored.push(StoredMessage { reason: "refused".into(), state: "failed".into(), ..refused });
    });
}

#[test]
fn the_store_knows_what_was_sent() {
    breaks(Law::SentIsKnown, |record| drop(record.stored.remove(2)));
    breaks(Law::SentIsKnown, |record| record.stored.push(row(false, "A", "")));
    breaks(Law::SentIsKnown, |record| record.stored[2].state = "queued".into());
}

#[test]
fn all_work_comes_to_an_end() {
    breaks(Law::ComesToRest, |record| record.left.push("answer_chat".into()));
}

#[test]
fn every_law_has_words() {
    let words: BTreeSet<&str> = Law::ALL.iter().map(|law| law.words()).collect();
    assert_eq!(words.len(), Law::ALL.len());
}
