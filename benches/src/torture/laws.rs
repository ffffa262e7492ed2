//! What must hold whatever happens. Each law is a plain function over the record, so that it can be shown to fail.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::people::{CAMPAIGN, HUMAN, QUESTION, TAIL, words};
use super::record::{Question, Record, SentMessage, Silence};

/// How long what had begun to leave may be on its way: WAHA's slowest answer that is still waited for.
pub const LEAVING_MS: i64 = 3_500;
/// How every answer of the model begins.
const ANSWER: &str = "Thank you for your message";
/// What a hand-off says.
const HANDED_OVER: &str = "will get in touch";

/// A law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Law {
    /// What was acknowledged is in the store, once; so is what WAHA's history showed after a gap.
    StoredOnce,
    /// No message of a customer is answered by two messages, and no part of an answer is sent twice.
    AnsweredOnce,
    /// What asks for an answer has one, or a reason stands beside the chat.
    AnsweredOrReason,
    /// The assistant is silent where a person has spoken or asked for silence.
    HumanOverrules,
    /// Nobody gets an answer to what somebody else wrote, and no chat but that of a person gets one.
    RightPerson,
    /// What was taken back is not answered any more.
    DeletedIsGone,
    /// Answers come in the order of their questions.
    OrderKept,
    /// Credits used are answers sent, the ledger agrees with what happened, and the balance is never below zero.
    CreditsAgree,
    /// Nobody gets a campaign twice, or that is not on its list, or who asked for silence.
    CampaignOnce,
    /// What a person wrote in the console goes out once, or stands with a reason.
    HumanOnce,
    /// The store knows every message that was sent.
    SentIsKnown,
    /// Once all is well, all work comes to an end.
    ComesToRest,
}

impl Law {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::StoredOnce,
        Self::AnsweredOnce,
        Self::AnsweredOrReason,
        Self::HumanOverrules,
        Self::RightPerson,
        Self::DeletedIsGone,
        Self::OrderKept,
        Self::CreditsAgree,
        Self::CampaignOnce,
        Self::HumanOnce,
        Self::SentIsKnown,
        Self::ComesToRest,
    ];

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::StoredOnce => "what was acknowledged is stored once",
            Self::AnsweredOnce => "nothing is answered twice",
            Self::AnsweredOrReason => "everything has an answer or a reason",
            Self::HumanOverrules => "the assistant is silent after a person",
            Self::RightPerson => "everybody gets their own answer",
            Self::DeletedIsGone => "what was taken back is not answered",
            Self::OrderKept => "answers keep the order of questions",
            Self::CreditsAgree => "credits used are answers sent",
            Self::CampaignOnce => "campaigns reach whom they may, once",
            Self::HumanOnce => "a person's words go out once",
            Self::SentIsKnown => "the store knows what was sent",
            Self::ComesToRest => "all work comes to an end",
        }
    }
}

/// A law that did not hold.
#[derive(Debug, Clone, Serialize)]
pub struct Breach {
    /// Which.
    pub law: Law,
    /// In whose chat.
    pub who: Option<usize>,
    /// What is wrong.
    pub what: String,
}

/// The record, with what is looked up again and again.
struct Case<'r> {
    record: &'r Record,
    /// The question of each mark.
    questions: BTreeMap<&'r str, usize>,
    /// The messages, by their place in the record, that answer each question.
    answers: Vec<Vec<usize>>,
    /// How often each message of the store is there, by direction and id.
    stored: BTreeMap<(bool, &'r str), Vec<usize>>,
    breaches: Vec<Breach>,
}

/// What does not hold.
pub fn check(record: &Record) -> Vec<Breach> {
    let mut questions = BTreeMap::new();
    for (place, question) in record.questions.iter().enumerate() {
        questions.extend(question.marks.iter().map(|mark| (mark.as_str(), place)));
    }
    let mut answers = vec![Vec::new(); record.questions.len()];
    for (place, sent) in record.sent.iter().enumerate() {
        let asked: BTreeSet<usize> = words(&sent.text).filter_map(|word| questions.get(word).copied()).collect();
        asked.into_iter().for_each(|question| answers[question].push(place));
    }
    let mut stored: BTreeMap<(bool, &str), Vec<usize>> = BTreeMap::new();
    for (place, message) in record.stored.iter().enumerate() {
        stored.entry((message.incoming, bare_id(&message.wa_id))).or_default().push(place);
    }
    let mut case = Case { record, questions, answers, stored, breaches: Vec::new() };
    case.stored_once();
    case.answered_once();
    case.answered_or_reason();
    case.human_overrules();
    case.right_person();
    case.deleted_is_gone();
    case.order_kept();
    case.credits_agree();
    case.campaign_once();
    case.human_once();
    case.sent_is_known();
    case.comes_to_rest();
    case.breaches
}

/// The part of WAHA's full id that never changes.
fn bare_id(wa_id: &str) -> &str {
    wa_id.split('_').nth(2).unwrap_or(wa_id)
}

fn is_answer(sent: &SentMessage) -> bool {
    sent.text.starts_with(ANSWER)
}

/// Words of the assistant: the first part of an answer, or the second.
fn is_assistants(sent: &SentMessage) -> bool {
    is_answer(sent) || words(&sent.text).any(|word| word.starts_with(TAIL) && word.len() > TAIL.len() + 2)
}

/// What the customers' own messages were answered by, in numbers.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Outcome {
    /// Messages of customers.
    pub questions: usize,
    /// Of those, acknowledged by webhook.
    pub acknowledged: usize,
    /// Answered.
    pub answered: usize,
    /// Answers that went out; one may be for several messages.
    pub answers: usize,
    /// Left to a person, who had spoken or was asked for.
    pub left_to_people: usize,
    /// Taken back or changed before they were answered.
    pub withdrawn: usize,
    /// Not answered, with a reason beside the chat.
    pub with_reason: usize,
}

/// Counts.
pub fn count(record: &Record) -> Outcome {
    let sent: BTreeSet<&str> = record.sent.iter().flat_map(|sent| words(&sent.text)).collect();
    let until = overruled_until(record);
    let mut outcome = Outcome { questions: record.questions.len(), ..Outcome::default() };
    for question in &record.questions {
        outcome.acknowledged += usize::from(question.told_at.is_some());
        if question.marks.iter().any(|mark| sent.contains(mark.as_str())) {
            outcome.answered += 1;
        } else if question.deleted || !question.owed {
            outcome.withdrawn += 1;
        } else if overruled(&until, question) {
            outcome.left_to_people += 1;
        } else {
            outcome.with_reason += 1;
        }
    }
    outcome.answers = record.sent.iter().filter(|sent| is_answer(sent)).count();
    outcome
}

/// Until when a person had a say in each chat; for ever where somebody was handed over or wants no messages.
fn overruled_until(record: &Record) -> BTreeMap<usize, i64> {
    let silences = record.silences.iter().map(|silence| (silence.who, silence.until));
    let opt_outs = record.opt_outs.iter().map(|(who, _)| (*who, i64::MAX));
    let hand_offs = record.sent.iter().filter(|sent| sent.text.contains(HANDED_OVER));
    let hand_offs = hand_offs.filter_map(|sent| Some((sent.who?, i64::MAX)));
    let mut until = BTreeMap::new();
    for (who, at) in silences.chain(opt_outs).chain(hand_offs) {
        let latest = until.entry(who).or_insert(at);
        *latest = at.max(*latest);
    }
    until
}

/// Has a person had a say since?
fn overruled(until: &BTreeMap<usize, i64>, question: &Question) -> bool {
    until.get(&question.who).is_some_and(|until| *until >= question.said_at)
}

impl Case<'_> {
    fn breach(&mut self, law: Law, who: Option<usize>, what: String) {
        self.breaches.push(Breach { law, who, what });
    }

    fn stored_once(&mut self) {
        for question in &self.record.questions {
            let count = self.stored.get(&(true, question.bare_id.as_str())).map_or(0, Vec::len);
            if count != 1 {
                let told = if question.told_at.is_some() { "acknowledged" } else { "in WAHA's history" };
                let what = format!("{} is {told} and {count} times in the store", question.marks[0]);
                self.breach(Law::StoredOnce, Some(question.who), what);
            }
        }
    }

    fn answered_once(&mut self) {
        let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
        for sent in &self.record.sent {
            let tails: BTreeSet<&str> = words(&sent.text).filter(|word| self.is_tail(word)).collect();
            tails.into_iter().for_each(|word| *ends.entry(word).or_default() += 1);
        }
        for (word, count) in ends {
            if count > 1 {
                let question = self.questions.get(word.replacen(TAIL, QUESTION, 1).as_str()).copied();
                let who = question.map(|question| self.record.questions[question].who);
                self.breach(
                    Law::AnsweredOnce,
                    who,
                    format!("the end of the answer with {word} was sent {count} times"),
                );
            }
        }
        for (question, answers) in self.record.questions.iter().zip(self.answers.clone()) {
            if answers.len() > 1 {
                let ids: Vec<&str> = answers.iter().map(|place| self.record.sent[*place].bare_id.as_str()).collect();
                let what = format!("{} is answered by {}", question.marks.join(" or "), ids.join(" and "));
                self.breach(Law::AnsweredOnce, Some(question.who), what);
            }
        }
    }

    fn is_tail(&self, word: &str) -> bool {
        let asked = word.strip_prefix(TAIL).map(|rest| format!("{QUESTION}{rest}"));
        asked.is_some_and(|mark| self.questions.contains_key(mark.as_str()))
    }

    fn answered_or_reason(&mut self) {
        let until = overruled_until(self.record);
        // When each person last wrote something that was answered.
        let mut last: BTreeMap<usize, i64> = BTreeMap::new();
        for (question, answers) in self.record.questions.iter().zip(&self.answers) {
            if !answers.is_empty() {
                let at = last.entry(question.who).or_insert(question.said_at);
                *at = question.said_at.max(*at);
            }
        }
        for (question, answers) in self.record.questions.iter().zip(self.answers.clone()) {
            let excused = !question.owed || question.deleted || overruled(&until, question);
            if excused || !answers.is_empty() {
                continue;
            }
            let mark = &question.marks[0];
            if last.get(&question.who).is_some_and(|at| *at > question.said_at) {
                let what = format!("{mark} has no answer, and what was written after it has one");
                self.breach(Law::AnsweredOrReason, Some(question.who), what);
                continue;
            }
            let places = self.stored.get(&(true, question.bare_id.as_str())).cloned().unwrap_or_default();
            let chat = places.first().map(|place| &self.record.chats[self.record.stored[*place].chat]);
            if chat.is_none_or(|chat| chat.state != "needs_you" || chat.reason.is_empty()) {
                let what = format!("{mark} has no answer, and nothing says why: {chat:?}");
                self.breach(Law::AnsweredOrReason, Some(question.who), what);
            }
        }
    }

    fn human_overrules(&mut self) {
        let hand_offs = self.record.sent.iter().filter(|sent| sent.text.contains(HANDED_OVER)).filter_map(|sent| {
            let (from, until) = (Some(sent.at), i64::MAX);
            Some(Silence { who: sent.who?, from, until, why: "the customer was handed over" })
        });
        let opt_outs = self.record.opt_outs.iter().map(|(who, at)| Silence {
            who: *who,
            from: Some(*at),
            until: i64::MAX,
            why: "the customer was opted out",
        });
        let mut broken = Vec::new();
        for silence in self.record.silences.iter().cloned().chain(hand_offs) {
            let Some(from) = silence.from else { continue };
            let resumed = self.record.resumes.iter().filter(|(who, at)| *who == silence.who && *at >= from);
            let until = resumed.map(|(_, at)| *at).min().map_or(silence.until, |at| at.min(silence.until));
            broken.extend(self.spoken(&silence, from, until));
        }
        for silence in opt_outs {
            broken.extend(self.spoken(&silence, silence.from.unwrap_or(i64::MAX), silence.until));
        }
        for (who, what) in broken {
            self.breach(Law::HumanOverrules, Some(who), what);
        }
    }

    /// What the assistant said in a silence.
    fn spoken(&self, silence: &Silence, from: i64, until: i64) -> Vec<(usize, String)> {
        let within = |sent: &&SentMessage| {
            sent.who == Some(silence.who)
                && is_assistants(sent)
                && sent.at > from.saturating_add(LEAVING_MS)
                && sent.at < until
        };
        let said = |sent: &SentMessage| {
            (silence.who, format!("{}, and {} went out {} ms later", silence.why, sent.bare_id, sent.at - from))
        };
        self.record.sent.iter().filter(within).map(said).collect()
    }

    fn right_person(&mut self) {
        for sent in &self.record.sent {
            let Some(who) = sent.who else {
                let what = format!("{} went to {}", sent.bare_id, sent.chat_id);
                self.breach(Law::RightPerson, None, what);
                continue;
            };
            let asked = words(&sent.text).filter_map(|word| self.questions.get(word));
            let foreign = asked.map(|place| &self.record.questions[*place]).find(|question| question.who != who);
            if let Some(question) = foreign {
                let what = format!("{} tells of {}, which somebody else wrote", sent.bare_id, question.marks[0]);
                self.breach(Law::RightPerson, Some(who), what);
            }
        }
    }

    fn deleted_is_gone(&mut self) {
        for (question, answers) in self.record.questions.iter().zip(self.answers.clone()) {
            let Some(told_at) = question.deletion_told_at else { continue };
            for place in answers {
                let sent = &self.record.sent[place];
                if sent.at > told_at + LEAVING_MS {
                    let late = sent.at - told_at;
                    let what = format!("{} was taken back and answered {late} ms later", question.marks[0]);
                    self.breach(Law::DeletedIsGone, Some(question.who), what);
                }
            }
        }
    }

    /// What was acknowledged before the next thing was written comes first.
    fn order_kept(&mut self) {
        let mut of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (place, question) in self.record.questions.iter().enumerate() {
            of.entry(question.who).or_default().push(place);
        }
        let mut broken = Vec::new();
        for (who, places) in of {
            for (nth, first) in places.iter().enumerate() {
                for second in &places[nth + 1..] {
                    let (before, after) = (&self.record.questions[*first], &self.record.questions[*second]);
                    let in_order = before.owed && before.told_at.is_some_and(|told| told < after.said_at);
                    let (one, other) = (self.answers[*first].first(), self.answers[*second].first());
                    if in_order && one.zip(other).is_some_and(|(one, other)| one > other) {
                        let what = format!("{} was answered after {}", before.marks[0], after.marks[0]);
                        broken.push((who, what));
                    }
                }
            }
        }
        let mut begun = BTreeSet::new();
        for sent in &self.record.sent {
            for word in words(&sent.text) {
                if self.is_tail(word) && !begun.contains(word.replacen(TAIL, QUESTION, 1).as_str()) {
                    let what = format!("the end with {word} came before its beginning");
                    broken.extend(sent.who.map(|who| (who, what)));
                }
            }
            begun.extend(words(&sent.text).map(str::to_owned));
        }
        for (who, what) in broken {
            self.breach(Law::OrderKept, Some(who), what);
        }
    }

    fn credits_agree(&mut self) {
        let books = self.record.books.clone();
        let answers = self.record.sent.iter().filter(|sent| is_answer(sent)).count();
        // What may have gone out keeps its credit until somebody knows.
        if answers < books.settled || answers > books.settled + books.reserved {
            let what = format!("{answers} answers, {} paid for, {} reserved", books.settled, books.reserved);
            self.breach(Law::CreditsAgree, None, what);
        }
        if books.drift != 0 || books.balance_min < 0 {
            let what = format!("the drift is {}, and the balance was {}", books.drift, books.balance_min);
            self.breach(Law::CreditsAgree, None, what);
        }
    }

    fn campaign_once(&mut self) {
        let by_mark: BTreeMap<&str, usize> =
            self.record.campaigns.iter().enumerate().map(|(place, campaign)| (campaign.mark.as_str(), place)).collect();
        let mut got: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        let mut broken = Vec::new();
        for sent in &self.record.sent {
            let found = words(&sent.text).filter(|word| word.starts_with(CAMPAIGN)).find_map(|word| by_mark.get(word));
            let Some((campaign, who)) = found.copied().zip(sent.who) else { continue };
            let times = got.entry((campaign, who)).or_default();
            *times += 1;
            let mark = &self.record.campaigns[campaign].mark;
            if *times > 1 {
                broken.push((who, format!("{mark} went out {times} times")));
            }
            if !self.record.campaigns[campaign].listed.contains(&who) {
                broken.push((who, format!("{mark} went to somebody who is not on its list")));
            }
            let silent = self.record.opt_outs.iter().find(|(opted, at)| *opted == who && sent.at > at + LEAVING_MS);
            if let Some((_, at)) = silent {
                broken.push((who, format!("{mark} went out {} ms after the opt-out", sent.at - at)));
            }
        }
        for (who, what) in broken {
            self.breach(Law::CampaignOnce, Some(who), what);
        }
    }

    fn human_once(&mut self) {
        let mut got: BTreeMap<&str, usize> = BTreeMap::new();
        for word in self.record.sent.iter().flat_map(|sent| words(&sent.text)).filter(|word| word.starts_with(HUMAN)) {
            *got.entry(word).or_default() += 1;
        }
        let mut broken = Vec::new();
        for written in &self.record.human {
            let times = got.get(written.mark.as_str()).copied().unwrap_or(0);
            let row = self.record.stored.iter().find(|stored| !stored.incoming && stored.text.contains(&written.mark));
            let explained = row.is_some_and(|row| !row.reason.is_empty());
            if times > 1 || times == 0 && !explained {
                broken.push((written.who, format!("{} was accepted and sent {times} times: {row:?}", written.mark)));
            }
        }
        for (who, what) in broken {
            self.breach(Law::HumanOnce, Some(who), what);
        }
    }

    fn sent_is_known(&mut self) {
        let mut broken = Vec::new();
        for sent in &self.record.sent {
            let rows = self.stored.get(&(false, sent.bare_id.as_str())).cloned().unwrap_or_default();
            let out = |place: &&usize| {
                let state = self.record.stored[**place].state.as_str();
                matches!(state, "sent" | "delivered" | "read" | "played" | "unknown")
            };
            if rows.iter().filter(out).count() != 1 || rows.len() != 1 {
                let rows: Vec<_> = rows.iter().map(|place| &self.record.stored[*place]).collect();
                broken.push((sent.who, format!("{} was sent, and the store has {rows:?}", sent.bare_id)));
            }
        }
        for (who, what) in broken {
            self.breach(Law::SentIsKnown, who, what);
        }
    }

    fn comes_to_rest(&mut self) {
        for left in self.record.left.clone() {
            self.breach(Law::ComesToRest, None, left);
        }
    }
}

#[cfg(test)]
mod tests {
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
        keeps(|record| ask(record, Question { deleted: true, ..open() }));
        keeps(|record| ask(record, Question { owed: false, ..open() }));
        let silence = |until| Silence { who: 0, from: Some(3_100), until, why: "a person wrote" };
        keeps(|record| {
            ask(record, open());
            record.silences.push(silence(9_000));
        });
        breaks(Law::AnsweredOrReason, |record| {
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
}
