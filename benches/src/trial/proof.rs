//! Two records that know nothing of each other: what WAHA really sent, and what the store says of each recipient.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use mychatflow_data::time::Timestamp;
use mychatflow_sandbox::log::Sent;
use serde::Serialize;
use serde_json::Value;

use super::people::{Person, is_letter, letter};

/// How long what had begun to leave may be on its way.
const LEAVING: Duration = Duration::from_secs(2);
/// Things that are wrong which are named one by one.
const NAMED: usize = 20;

/// How it ended.
#[derive(Debug, Serialize)]
pub struct Proof {
    /// What went out.
    pub parcel: &'static str,
    /// People on the list.
    pub recipients: usize,
    /// The library that WAHA ran.
    pub engine: &'static str,
    /// What it hung on.
    pub seed: u64,
    /// What was done, and how often.
    pub done: BTreeMap<&'static str, usize>,
    /// From launch to the end of the campaign.
    pub took_s: f64,
    /// Messages a second over all of it.
    pub sent_per_s: f64,
    /// From each start of the daemon until it answered.
    pub ready_ms: Vec<f64>,
    /// For each state in the store: how many of its people have got nothing, the text once, the text more often.
    pub received: BTreeMap<String, [usize; 3]>,
    /// What must not be; empty when all is well.
    pub wrong: Vec<String>,
}

impl Proof {
    /// As a table.
    #[must_use]
    pub fn table(&self) -> String {
        let Self { parcel, recipients, engine, seed, took_s, sent_per_s, .. } = self;
        let mut lines = vec![format!("a {parcel} to {recipients} people on {engine}, seed {seed}"), String::new()];
        for (what, times) in &self.done {
            lines.push(format!("  {what:<38}{times:>6}"));
        }
        let slowest = self.ready_ms.iter().copied().fold(0.0, f64::max);
        let mut ready = self.ready_ms.clone();
        ready.sort_by(f64::total_cmp);
        let median = ready.get(ready.len() / 2).copied().unwrap_or_default();
        lines.push(String::new());
        lines.push(format!("  {:<38}{took_s:>6.0} s, {sent_per_s:.0} messages a second", "from launch to end"));
        lines.push(format!("  {:<38}{median:>6.0} ms, at most {slowest:.0} ms", "from start to ready, median"));
        lines.push(String::new());
        lines.push(format!(
            "  {:<14}{:>8}   {:>8}{:>8}{:>12}",
            "the store says", "people", "nothing", "once", "more often"
        ));
        let mut sums = [0; 3];
        for (state, counts) in &self.received {
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum += count;
            }
            lines.push(row(state, counts));
        }
        lines.push(row("all", &sums));
        lines.push(String::new());
        lines.push(match self.wrong.len() {
            0 => "everybody got it exactly once, or stands with a reason".to_owned(),
            count => format!("{count} things are wrong:"),
        });
        lines.extend(self.wrong.iter().take(NAMED).map(|what| format!("  {what}")));
        lines.join("\n")
    }
}

fn row(state: &str, counts: &[usize; 3]) -> String {
    let mut line = format!("  {state:<14}{:>8}   ", counts.iter().sum::<usize>());
    for (count, width) in counts.iter().zip([8, 8, 12]) {
        // Writing to a String can't fail.
        let _ = write!(line, "{count:>width$}");
    }
    line
}

/// Notes what happened, and says what of the end does not go with it.
pub struct Witness {
    rows: usize,
    /// Who wrote to the shop, once each.
    pub asked: BTreeSet<Person>,
    /// Who asked for silence, and since when the store has known.
    pub silent_since: BTreeMap<Person, Timestamp>,
    /// When the campaign stood still.
    pub paused: Vec<(Timestamp, Timestamp)>,
    pub received: BTreeMap<String, [usize; 3]>,
    pub wrong: Vec<String>,
}

impl Witness {
    pub fn new(rows: usize) -> Self {
        Self {
            rows,
            asked: BTreeSet::new(),
            silent_since: BTreeMap::new(),
            paused: Vec::new(),
            received: BTreeMap::new(),
            wrong: Vec::new(),
        }
    }

    pub fn wrong(&mut self, what: String) {
        self.wrong.push(what);
    }

    /// Holds what WAHA sent against the report.
    pub fn compare(&mut self, sent: &[Sent], report: &[Value], shown: &Value) {
        let mut letters = self.letters(sent);
        let mut counts: BTreeMap<String, i64> = BTreeMap::new();
        for line in report {
            let word = |field: &str| line[field].as_str().unwrap_or_default();
            let (phone, state, reason, wa_id) = (word("phone"), word("state"), word("reason"), word("wa_id"));
            *counts.entry(state.to_owned()).or_default() += 1;
            let person = Person::of_chat(&format!("{}@c.us", phone.trim_start_matches('+')));
            let got = person.and_then(|person| letters.remove(&person)).unwrap_or_default();
            self.received.entry(state.to_owned()).or_default()[got.len().min(2)] += 1;
            let known = || got.iter().all(|sent| wa_id.contains(&sent.bare_id));
            let well = match state {
                "sent" | "delivered" | "read" | "replied" => got.len() == 1 && known(),
                "unknown" => got.len() <= 1 && !reason.is_empty(),
                "skipped" | "failed" => got.is_empty() && !reason.is_empty(),
                // Whoever answered STOP has it, once.
                "opted_out" => got.len() <= 1 && !reason.is_empty() && (got.is_empty() == wa_id.is_empty()) && known(),
                _ => false,
            };
            if !well {
                self.wrong(format!("{phone} is {state} ({reason}, {wa_id:?}) and got {got:?}"));
            }
        }
        for (person, got) in letters {
            self.wrong(format!("{person:?} is in no row of the report and got {got:?}"));
        }
        if report.len() != self.rows || shown["recipients"] != self.rows {
            self.wrong(format!("{} rows, {} in the report, {}", self.rows, report.len(), shown["recipients"]));
        }
        let told: BTreeMap<String, i64> =
            shown["counts"].as_object().into_iter().flatten().fold(BTreeMap::new(), |mut told, (state, count)| {
                if let Some(count @ 1..) = count.as_i64() {
                    told.insert(state.clone(), count);
                }
                told
            });
        if told != counts {
            self.wrong(format!("the report counts {counts:?}, and the campaign {told:?}"));
        }
    }

    /// The campaign's messages by person, each looked at by itself.
    fn letters(&mut self, sent: &[Sent]) -> BTreeMap<Person, Vec<Sent>> {
        let mut letters: BTreeMap<Person, Vec<Sent>> = BTreeMap::new();
        for sent in sent.iter().filter(|sent| is_letter(&sent.text)) {
            let at = Timestamp::from_millis(sent.at_ms);
            let person = Person::of_chat(&sent.chat_id);
            match person {
                Some(person @ Person::Listed(place)) if sent.text == letter(place) => {
                    if self.silent_since.get(&person).is_some_and(|since| at > *since + LEAVING) {
                        self.wrong(format!("{person:?} had asked for silence: {sent:?}"));
                    }
                    letters.entry(person).or_default().push(sent.clone());
                }
                _ => self.wrong(format!("nobody is to get that: {sent:?}")),
            }
            if self.paused.iter().any(|(since, until)| (*since + LEAVING..*until).contains(&at)) {
                self.wrong(format!("the campaign was paused: {sent:?}"));
            }
        }
        letters
    }

    /// Everybody who wrote has one answer, or their chat says why not; nobody else has any.
    pub fn questions(&mut self, sent: &[Sent], chats: &[Value]) {
        let mut answers: BTreeMap<Option<Person>, usize> = BTreeMap::new();
        for sent in sent.iter().filter(|sent| !is_letter(&sent.text)) {
            *answers.entry(Person::of_chat(&sent.chat_id)).or_default() += 1;
        }
        for person in std::mem::take(&mut self.asked) {
            let phone = person.phone();
            match answers.remove(&Some(person)) {
                Some(1) => {}
                Some(count) => self.wrong(format!("{person:?} asked once and has {count} answers")),
                None => {
                    let chat = chats.iter().find(|chat| chat["phone"] == phone.as_str());
                    let told = chat.is_some_and(|chat| chat["state"] != "assistant" && !chat["reason"].is_null());
                    if !told {
                        self.wrong(format!("{person:?} has no answer, and nothing says why: {chat:?}"));
                    }
                }
            }
        }
        for (person, count) in answers {
            self.wrong(format!("{person:?} asked nothing and has {count} answers"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sent(person: Person, text: &str, bare_id: &str, at_ms: i64) -> Sent {
        let (session, text) = ("shop".to_owned(), text.to_owned());
        Sent { session, chat_id: person.customer().chat_id(), text, bare_id: bare_id.to_owned(), posts: 1, at_ms }
    }

    fn line(place: usize, state: &str, reason: Option<&str>, wa_id: Option<&str>) -> Value {
        json!({"phone": Person::Listed(place).phone(), "state": state, "reason": reason, "wa_id": wa_id})
    }

    /// What is wrong with the end of a campaign to one person who got these texts.
    fn wrong(got: &[Sent], line: Value) -> usize {
        let mut witness = Witness::new(1);
        witness.silent_since.insert(Person::Listed(1), Timestamp::from_millis(0));
        witness.paused.push((Timestamp::from_millis(50_000), Timestamp::from_millis(60_000)));
        let shown = json!({"recipients": 1, "counts": {line["state"].as_str().unwrap(): 1, "queued": 0}});
        witness.compare(got, &[line], &shown);
        witness.wrong.len()
    }

    #[test]
    fn both_records_must_agree() {
        let once = |place: usize| sent(Person::Listed(place), &letter(place), "A", 1_000);
        let read = |place: usize| line(place, "read", None, Some("true_x_A"));
        let unknown = || line(0, "unknown", Some("nobody knows"), None);
        assert_eq!(wrong(&[once(0)], read(0)), 0);
        assert_eq!(wrong(&[], line(0, "skipped", Some("no name"), None)), 0);
        assert_eq!((wrong(&[], unknown()), wrong(&[once(0)], unknown())), (0, 0));
        for (what, got, line) in [
            ("told, never sent", vec![], read(0)),
            ("twice", vec![once(0), sent(Person::Listed(0), &letter(0), "B", 1_000)], read(0)),
            ("another message than the one told", vec![sent(Person::Listed(0), &letter(0), "B", 1_000)], read(0)),
            ("left out and sent", vec![once(0)], line(0, "skipped", Some("no name"), None)),
            ("left out, nobody knows why", vec![], line(0, "failed", None, None)),
            ("never settled", vec![], line(0, "queued", None, None)),
            ("on no list", vec![once(0), sent(Person::Stranger(1), &letter(0), "B", 1_000)], read(0)),
            ("somebody else's text", vec![sent(Person::Listed(0), &letter(7), "A", 1_000)], read(0)),
            ("while paused", vec![sent(Person::Listed(0), &letter(0), "A", 55_000)], read(0)),
            ("after silence", vec![sent(Person::Listed(1), &letter(1), "A", 3_000)], read(1)),
        ] {
            assert!(wrong(&got, line) > 0, "{what}");
        }
    }

    #[test]
    fn every_question_has_one_answer_or_a_reason() {
        let wrong = |answers: usize, chats: &[Value]| {
            let mut witness = Witness::new(0);
            witness.asked.insert(Person::Stranger(1));
            witness.questions(&vec![sent(Person::Stranger(1), "Yes!", "A", 0); answers], chats);
            witness.wrong.len()
        };
        let chat =
            |reason: Value| json!({"phone": Person::Stranger(1).phone(), "state": "needs_you", "reason": reason});
        assert_eq!((wrong(1, &[]), wrong(0, &[chat(json!("no credit"))])), (0, 0));
        assert_eq!((wrong(2, &[]), wrong(0, &[]), wrong(0, &[chat(Value::Null)])), (1, 1, 1));
    }
}
