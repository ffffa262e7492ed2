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
    // The first answer of a chat says before it that a machine writes.
    sent.text.split("\n\n").any(|part| part.starts_with(ANSWER))
}

/// Words of the assistant: the first part of an answer, or the second.
fn is_assistants(sent: &SentMessage) -> bool {
    is_answer(sent) || words(&sent.text).any(|word| word.starts_with(TAIL) && word.len() > TAIL.len() + 2)
}

/// The marks that the second part of an answer bears, by its first part.
fn second_part_marks(sent: &SentMessage) -> BTreeSet<String> {
    words(&sent.text).filter(|word| word.starts_with(QUESTION)).map(|word| word.replacen(QUESTION, TAIL, 1)).collect()
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
    // A person's word that came late closes what was written until it came, also where a jump of the clock has ended the pause.
    let silences = record.silences.iter().map(|silence| (silence.who, silence.until.max(silence.from.unwrap_or(0))));
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
            // What was taken back before we acknowledged it need not be kept: WAHA may never have told of it.
            let may_be_missing = question.deleted && question.told_at.is_none();
            if count != 1 && !(count == 0 && may_be_missing) {
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
            let places = self.stored.get(&(true, question.bare_id.as_str())).cloned().unwrap_or_default();
            let stored = places.first().map(|place| &self.record.stored[*place]);
            // One that came after the answer to a younger one is not passed over while it is shown as open.
            let is_open = stored.is_some_and(|stored| stored.unanswered);
            if !is_open && last.get(&question.who).is_some_and(|at| *at > question.said_at) {
                let what = format!("{mark} has no answer, and what was written after it has one");
                self.breach(Law::AnsweredOrReason, Some(question.who), what);
                continue;
            }
            let chat = stored.map(|stored| &self.record.chats[stored.chat]);
            if chat.is_none_or(|chat| chat.state != "needs_you" || chat.reason.is_empty()) {
                let what = format!("{mark} has no answer, and nothing says why: {chat:?}");
                self.breach(Law::AnsweredOrReason, Some(question.who), what);
            }
        }
    }

    fn human_overrules(&mut self) {
        // The reply that hands over may have a second part, which is no new answer.
        let hand_offs = self.record.sent.iter().filter(|sent| sent.text.contains(HANDED_OVER)).filter_map(|sent| {
            let silence =
                Silence { who: sent.who?, from: Some(sent.at), until: i64::MAX, why: "the customer was handed over" };
            Some((silence, second_part_marks(sent)))
        });
        let opt_outs = self.record.opt_outs.iter().map(|(who, at)| Silence {
            who: *who,
            from: Some(*at),
            until: i64::MAX,
            why: "the customer was opted out",
        });
        let mut broken = Vec::new();
        let silences = self.record.silences.iter().map(|silence| (silence.clone(), BTreeSet::new()));
        for (silence, allowed) in silences.chain(hand_offs) {
            let Some(from) = silence.from else { continue };
            let resumed = self.record.resumes.iter().filter(|(who, at)| *who == silence.who && *at >= from);
            let until = resumed.map(|(_, at)| *at).min().map_or(silence.until, |at| at.min(silence.until));
            broken.extend(self.spoken(&silence, from, until, &allowed));
        }
        for silence in opt_outs {
            let from = silence.from.unwrap_or(i64::MAX);
            broken.extend(self.spoken(&silence, from, silence.until, &BTreeSet::new()));
        }
        for (who, what) in broken {
            self.breach(Law::HumanOverrules, Some(who), what);
        }
    }

    /// What the assistant said in a silence, apart from second parts with a mark that is allowed.
    fn spoken(&self, silence: &Silence, from: i64, until: i64, allowed: &BTreeSet<String>) -> Vec<(usize, String)> {
        let within = |sent: &&SentMessage| {
            sent.who == Some(silence.who)
                && is_assistants(sent)
                && (is_answer(sent) || !words(&sent.text).any(|word| allowed.contains(word)))
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
mod tests;
