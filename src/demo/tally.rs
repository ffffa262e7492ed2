//! Compares what went over the wire with what the store says. Reads nothing: both are brought.

use std::collections::{HashMap, HashSet};

use mychatflow_data::credits::Credits;
use mychatflow_data::model::interaction::{Author, Direction, InteractionState};
use mychatflow_data::protocol::calls::chat::InteractionDocument;
use mychatflow_sandbox::customers::GROUP;
use mychatflow_sandbox::log::{Delivery, Sent};
use mychatflow_sandbox::waha::Customer;
use serde::Serialize;

use super::cast::{bare_id, chat_of};
use super::evidence::{Record, Store, Thread};

/// The last line of the demo.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// POSTs that WAHA made.
    pub deliveries: i64,
    /// Those that delivered a customer's message once more.
    pub duplicates: i64,
    /// Messages that customers wrote to the shop and WAHA got a 200 for.
    pub inbound: i64,
    /// WhatsApp messages that left, but for those of humans and campaigns.
    pub replies: i64,
    /// Credits that were spent.
    pub credits_used: i64,
    /// Of the inbound ones, those that the store does not have.
    pub lost: i64,
    /// WhatsApp messages that left, or were posted, more often than the store has them.
    pub doubled: i64,
}

/// What one customer should have got.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// Who.
    pub customer: Customer,
    /// How many answers.
    pub answers: usize,
    /// Whether a human was to be asked for.
    pub handoff: Handoff,
    /// Whether the owner wrote.
    pub owner: Owner,
}

/// Whether a human was to be asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Handoff {
    /// No.
    #[default]
    No,
    /// Yes.
    Yes,
}

/// Whether the owner wrote in a chat.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Owner {
    /// No.
    #[default]
    Silent,
    /// Yes: the assistant pauses there.
    Wrote,
}

/// What it came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The numbers.
    pub summary: Summary,
    /// WhatsApp messages that a human wrote in the console or by a command.
    pub by_hand: i64,
    /// WhatsApp messages of campaigns.
    pub by_campaign: i64,
    /// What went otherwise than it should, a sentence each.
    pub differences: Vec<String>,
}

/// Compares what must be so whatever was played, also while something is still under way.
pub fn look(record: &Record, store: &Store) -> Verdict {
    let mut differences = Vec::new();
    let arrived = arrivals(&record.deliveries);
    let stored = stored(&store.threads);
    let mut lost: Vec<&str> = arrived.keys().copied().filter(|id| !stored.contains_key(id)).collect();
    let authors = authors(&store.threads);
    let by = |author: Author| {
        let theirs = |sent: &&Sent| authors.get(sent.bare_id.as_str()) == Some(&author);
        record.sent.iter().filter(theirs).count()
    };
    let mut doubled = doubled(record, &authors);
    if store.erased > 0 {
        // The store can't tell any more what it had of somebody who was erased.
        (lost, doubled) = (Vec::new(), 0);
    }
    let (by_hand, by_campaign, by_itself) = (by(Author::Human), by(Author::Campaign), by(Author::System));
    let duplicates = arrived.values().map(|deliveries| deliveries - 1).sum();
    let summary = Summary {
        deliveries: sum(record.deliveries.iter().map(|delivery| delivery.tries.len())),
        duplicates: sum([duplicates]),
        inbound: sum([arrived.len()]),
        replies: sum([record.sent.len() - by_hand - by_campaign - by_itself]),
        credits_used: store.credits.used.count(),
        lost: sum([lost.len()]),
        doubled,
    };
    let mut differ = |wrong: bool, what: String| {
        if wrong {
            differences.push(what);
        }
    };
    differ(!lost.is_empty(), format!("lost: WAHA got a 200 for {}, and the store does not have it", lost.join(", ")));
    differ(summary.doubled > 0, format!("doubled: {} WhatsApp messages more than the store has", summary.doubled));
    for (id, rows) in stored.iter().filter(|(_, rows)| **rows > 1) {
        differ(true, format!("the store has {id} {rows} times"));
    }
    let unheard = |delivery: &&Delivery| delivery.finished && !delivery.acknowledged;
    let refused = record.deliveries.iter().filter(unheard).count();
    differ(refused > 0, format!("{refused} deliveries of WAHA never got a 200"));
    Verdict { summary, by_hand: sum([by_hand]), by_campaign: sum([by_campaign]), differences }
}

/// Compares with what was wanted, once everything has come to rest.
pub fn compare(record: &Record, store: &Store, wanted: &[Wanted]) -> Verdict {
    let mut verdict = look(record, store);
    let summary = verdict.summary;
    let mut differ = |wrong: bool, what: String| {
        if wrong {
            verdict.differences.push(what);
        }
    };
    let open = record.deliveries.iter().filter(|delivery| !delivery.finished).count();
    differ(open > 0, format!("{open} deliveries of WAHA never got a 200"));
    let left: HashSet<&str> = record.sent.iter().map(|sent| sent.bare_id.as_str()).collect();
    for id in ours(&store.threads).filter_map(|message| Some(bare_id(message.wa_id.as_deref()?))) {
        differ(!left.contains(id), format!("the store says that {id} was sent, and it never left"));
    }
    let ingest = &store.stats.ingest;
    let seen = ingest.received;
    differ(
        seen < summary.deliveries,
        format!("WAHA made {} deliveries, the daemon counted {seen}", summary.deliveries),
    );
    differ(
        ingest.duplicate < summary.duplicates,
        format!("{} duplicates were delivered, the daemon counted {}", summary.duplicates, ingest.duplicate),
    );
    for wanted in wanted {
        differ_from(wanted, record, &store.threads, &mut differ);
    }
    let in_group = record.sent.iter().filter(|sent| sent.chat_id == GROUP).count();
    differ(in_group > 0, format!("the group got {in_group} messages, and wanted none"));
    let spent: usize = wanted.iter().map(|wanted| wanted.answers).sum();
    differ(
        summary.credits_used != sum([spent]),
        format!("{spent} answers were wanted, {} credits spent", summary.credits_used),
    );
    let (reserved, drift) = (store.credits.reserved, store.audit.drift);
    differ(reserved != Credits::ZERO, format!("{reserved} credits are still reserved"));
    differ(drift != Credits::ZERO, format!("the ledger drifts by {drift} from what really happened"));
    verdict
}

fn differ_from(wanted: &Wanted, record: &Record, threads: &[Thread], differ: &mut impl FnMut(bool, String)) {
    let Wanted { customer, answers, handoff, owner } = wanted;
    let name = &customer.name;
    let theirs = |address: &str| address == customer.chat_id() || address == customer.number_id();
    let got = record.sent.iter().filter(|sent| theirs(&sent.chat_id)).count();
    differ(got != *answers, format!("{name} got {got} answers and should have got {answers}"));
    let mine = |thread: &&Thread| {
        let mut ids = thread.messages.iter().filter_map(|message| chat_of(message.wa_id.as_deref()?));
        ids.any(theirs)
    };
    let Some(thread) = threads.iter().find(mine) else {
        return differ(true, format!("the store has no chat with {name}"));
    };
    let unread = ours(std::slice::from_ref(thread)).filter(|message| message.state != InteractionState::Read).count();
    differ(unread > 0, format!("{name} has read every answer, and the store does not know it of {unread}"));
    let handed_over = thread.chat.handoff_at.is_some();
    differ(
        handed_over != (*handoff == Handoff::Yes),
        match handoff {
            Handoff::Yes => format!("no human was asked for in the chat with {name}"),
            Handoff::No => format!("a human was asked for in the chat with {name}, for no reason"),
        },
    );
    if *owner == Owner::Wrote {
        let by_phone = thread.messages.iter().any(|message| message.author == Author::Phone);
        differ(!by_phone, format!("the store does not have what the owner wrote to {name}"));
        differ(thread.chat.paused_until.is_none(), format!("the assistant does not pause in the chat with {name}"));
    }
}

/// What customers wrote to the shop and WAHA got a 200 for, by bare id, with the number of those 200s.
fn arrivals(deliveries: &[Delivery]) -> HashMap<&str, usize> {
    let mut arrived = HashMap::new();
    for delivery in deliveries.iter().filter(|delivery| delivery.acknowledged && delivery.event == "message.any") {
        let Some(id) = delivery.message_id.as_deref() else { continue };
        let direct = chat_of(id).is_some_and(|chat| chat.ends_with("@c.us") || chat.ends_with("@lid"));
        if direct && id.starts_with("false_") {
            *arrived.entry(bare_id(id)).or_default() += 1;
        }
    }
    arrived
}

/// What the store has of customers, by bare id, with the number of rows.
fn stored(threads: &[Thread]) -> HashMap<&str, usize> {
    let mut stored = HashMap::new();
    for message in threads.iter().flat_map(|thread| &thread.messages) {
        if message.direction == Direction::In
            && let Some(id) = &message.wa_id
        {
            *stored.entry(bare_id(id)).or_default() += 1;
        }
    }
    stored
}

/// What the store says was sent by the assistant.
fn ours(threads: &[Thread]) -> impl Iterator<Item = &InteractionDocument> {
    let went = |state| {
        use InteractionState::{Delivered, Played, Read, Sent};
        matches!(state, Sent | Delivered | Read | Played)
    };
    let messages = threads.iter().flat_map(|thread| &thread.messages);
    messages.filter(move |message| message.author == Author::Assistant && went(message.state))
}

/// Who wrote what left through us, or is about to, by bare id.
fn authors(threads: &[Thread]) -> HashMap<&str, Author> {
    let messages = threads.iter().flat_map(|thread| &thread.messages);
    let sends = messages.filter(|message| message.direction == Direction::Out && message.author != Author::Phone);
    sends.filter_map(|message| Some((bare_id(message.wa_id.as_deref()?), message.author))).collect()
}

/// Posts beyond the first of a message, and messages that nothing in the store accounts for.
fn doubled(record: &Record, authors: &HashMap<&str, Author>) -> i64 {
    let mut seen = HashSet::new();
    sum(record.sent.iter().map(|sent| {
        let again = usize::try_from(sent.posts.saturating_sub(1)).unwrap_or(usize::MAX);
        let stranger = !authors.contains_key(sent.bare_id.as_str()) || !seen.insert(&sent.bare_id);
        again + usize::from(stranger)
    }))
}

fn sum(counts: impl IntoIterator<Item = usize>) -> i64 {
    i64::try_from(counts.into_iter().sum::<usize>()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const WROTE: &str = "false_447700900101@c.us_3FA";

    fn ana() -> Customer {
        Customer::new("+44 7700 900101", "Ana")
    }

    fn delivery(id: &str, acknowledged: bool) -> Delivery {
        Delivery {
            session: "demo".into(),
            event: "message.any".into(),
            envelope_id: "e".into(),
            message_id: Some(id.to_owned()),
            url: String::new(),
            body: Default::default(),
            tries: vec![acknowledged.then_some(200)],
            acknowledged,
            acknowledged_at_ms: acknowledged.then_some(0),
            finished: true,
        }
    }

    fn sent(bare_id: &str, posts: u32) -> Sent {
        let (session, chat_id, text) = ("demo".into(), ana().chat_id(), "Yes!".into());
        Sent { session, chat_id, text, bare_id: bare_id.to_owned(), posts, at_ms: 0 }
    }

    /// A store in which `ids` came in from Ana and `answers` went out to her.
    fn store(ids: &[&str], answers: &[&str]) -> Store {
        let at = "2026-11-23T00:00:00Z";
        let uuid = |n: usize| format!("019b0000-0000-7000-8000-{n:012}");
        let message = |(n, (direction, author, state, id)): (usize, (&str, &str, &str, &str))| {
            json!({"id": uuid(n), "at": at, "direction": direction, "author": author, "state": state, "text": "",
                   "wa_id": id, "chat": uuid(99), "kind": "text"})
        };
        let rows = ids.iter().map(|id| ("in", "customer", "received", *id));
        let rows = rows.chain(answers.iter().map(|id| ("out", "assistant", "read", *id)));
        let messages: Vec<_> = rows.enumerate().map(message).collect();
        let chat = json!({"id": uuid(99), "name": "Ana", "state": "waiting", "mode": "auto", "unread": 0,
                          "instance": uuid(98), "kind": "direct"});
        let used = answers.len();
        let read = |value| serde_json::from_value(value).unwrap();
        Store {
            threads: vec![Thread {
                chat: serde_json::from_value(chat).unwrap(),
                messages: serde_json::from_value(json!(messages)).unwrap(),
            }],
            credits: read(json!({"plan": "starter", "granted": 400, "used": used, "reserved": 0,
                                 "balance": 400 - used, "period_start": at, "period_end": at})),
            audit: serde_json::from_value(json!({"balance": 0, "derived": 0, "drift": 0})).unwrap(),
            stats: serde_json::from_value(json!({
                "ingest": {"received": 9, "accepted": 8, "duplicate": 1, "bad_signature": 0, "unreadable": 0, "ignored": 0},
                "answers": {}, "sends": {},
            }))
            .unwrap(),
            erased: 0,
        }
    }

    #[test]
    fn what_was_erased_is_not_called_lost() {
        let erased = Store { erased: 1, ..store(&[], &[]) };
        let verdict = look(&Record { deliveries: vec![delivery(WROTE, true)], sent: vec![sent("3EB0", 1)] }, &erased);
        assert_eq!((verdict.summary.lost, verdict.summary.doubled, verdict.differences), (0, 0, vec![]));
    }

    #[test]
    fn what_is_lost_or_doubled_is_counted_and_said() {
        let known = "true_447700900101@c.us_3EB0";
        let wanted = [Wanted { customer: ana(), answers: 1, handoff: Handoff::No, owner: Owner::Silent }];
        let twice = vec![delivery(WROTE, true), delivery(WROTE, true)];
        let unheard = vec![delivery(WROTE, true), delivery("false_447700900101@c.us_3FB", false)];
        let one = || vec![delivery(WROTE, true)];
        for (deliveries, left, store, (duplicates, inbound, lost, doubled), differences) in [
            (one(), vec![sent("3EB0", 1)], store(&[WROTE], &[known]), (0, 1, 0, 0), 0),
            (twice, vec![sent("3EB0", 1)], store(&[WROTE], &[known]), (1, 1, 0, 0), 0),
            (one(), vec![sent("3EB0", 1)], store(&[], &[known]), (0, 1, 1, 0), 1),
            (one(), vec![sent("3EB0", 2)], store(&[WROTE], &[known]), (0, 1, 0, 1), 1),
            // Another message beside the one the store knows: Ana got two.
            (one(), vec![sent("3EB0", 1), sent("3EB1", 1)], store(&[WROTE], &[known]), (0, 1, 0, 1), 2),
            (unheard, vec![sent("3EB0", 1)], store(&[WROTE], &[known]), (0, 1, 0, 0), 1),
            (one(), vec![sent("3EB0", 1)], store(&[WROTE, WROTE], &[known]), (0, 1, 0, 0), 1),
            // The store says sent, and nothing left: Ana got none.
            (one(), vec![], store(&[WROTE], &[known]), (0, 1, 0, 0), 2),
        ] {
            let verdict = compare(&Record { deliveries, sent: left }, &store, &wanted);
            let Summary { duplicates: d, inbound: i, lost: l, doubled: t, .. } = verdict.summary;
            assert_eq!((d, i, l, t), (duplicates, inbound, lost, doubled), "{verdict:?}");
            assert_eq!(verdict.differences.len(), differences, "{verdict:?}");
        }
    }

    #[test]
    fn a_group_is_no_customer_of_the_shop() {
        let group = format!("false_{GROUP}_3FA_447700900101@c.us");
        assert_eq!(arrivals(&[delivery(&group, true)]), HashMap::new());
        assert_eq!(arrivals(&[delivery("true_447700900101@c.us_3EB0", true)]), HashMap::new());
    }
}
