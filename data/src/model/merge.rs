//! Two people who become one, and two again: what each of them is then. Decisions only; the store moves the rows.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::chat::ChatState;
use super::contact::{Consent, ConsentState, Contact, Review};
use super::interaction::Direction;
use super::words;
use crate::ids::{ChatId, ContactId, InstanceId, MergeId};
use crate::phone::{Address, Phone};
use crate::time::Timestamp;

words! {
    /// Who said that two people are one.
    MergeCause {
        /// WhatsApp: a LID belongs to a phone number.
        Lid => "lid",
        /// The owner.
        Owner => "owner",
    }
}

/// Two people who turned out to be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// Its id.
    pub id: MergeId,
    /// The person who is left.
    pub kept: ContactId,
    /// The name that the other one had.
    pub name: Option<String>,
    /// The phone number that the other one had.
    pub phone: Option<Phone>,
    /// The addresses that came from the other one.
    pub addresses: Vec<Address>,
    /// Chats that came with them.
    pub chats: i64,
    /// Messages that came with them.
    pub messages: i64,
    /// Who said so.
    pub cause: MergeCause,
    /// When.
    pub at: Timestamp,
}

/// What is known of two people once they are one: the first one's word before the other's, and of two limits the stricter.
#[must_use]
pub fn joined(kept: &Contact, gone: &Contact) -> Contact {
    let mut joined = kept.clone();
    joined.name = kept.name.clone().or_else(|| gone.name.clone());
    joined.phone = kept.phone.clone().or_else(|| gone.phone.clone());
    joined.language = kept.language.clone().or_else(|| gone.language.clone());
    joined.note = match (&kept.note, &gone.note) {
        (Some(ours), Some(theirs)) if ours != theirs => Some(format!("{ours}\n\n{theirs}")),
        (ours, theirs) => ours.clone().or_else(|| theirs.clone()),
    };
    joined.fields = gone.fields.clone();
    joined.fields.extend(kept.fields.clone());
    joined.tags.extend(gone.tags.iter().filter(|tag| !has(&kept.tags, tag)).cloned());
    joined.addresses.extend(gone.addresses.clone());
    joined.opted_out_at = kept.opted_out_at.or(gone.opted_out_at);
    joined.consent = stricter(kept.consent.as_ref(), gone.consent.as_ref()).cloned();
    joined.review = [Review::Personal, Review::Customer, Review::Unreviewed]
        .into_iter()
        .find(|review| kept.review == *review || gone.review == *review)
        .unwrap_or(Review::New);
    joined
}

/// Tags are one whatever the case of their letters.
fn has(tags: &[String], tag: &str) -> bool {
    tags.iter().any(|known| known.eq_ignore_ascii_case(tag))
}

/// A refusal of either stands; else the newer word.
fn stricter<'c>(ours: Option<&'c Consent>, theirs: Option<&'c Consent>) -> Option<&'c Consent> {
    let (Some(first), Some(second)) = (ours, theirs) else { return ours.or(theirs) };
    let refused = |consent: &Consent| consent.state == ConsentState::Refused;
    Some(match (refused(first), refused(second)) {
        (true, false) => first,
        (false, true) => second,
        _ if second.at > first.at => second,
        _ => first,
    })
}

/// What was said about silence while two people were one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Said {
    /// Somebody asked for silence.
    pub stopped: bool,
    /// The one who was kept asked to be written to again, from an address of their own.
    pub kept_back: bool,
    /// The other one did.
    pub gone_back: bool,
}

/// Two people again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parted {
    /// The one who was kept.
    pub kept: Contact,
    /// The one who is back.
    pub gone: Contact,
}

/// What each of two people is again. `joined` is what they were right after the merge, `now` what they are: what differs
/// was changed since. That stays with the one who was kept, but limits hold for both, for nobody knows whom they meant.
#[must_use]
pub fn parted(
    kept: &Contact,
    gone: &Contact,
    joined: &Contact,
    now: &Contact,
    theirs: &[Address],
    said: Said,
) -> Parted {
    let (mut ours, mut back) = (now.clone(), gone.clone());
    back.addresses = theirs.to_vec();
    ours.addresses.retain(|address| !theirs.contains(address));
    fn since<T: Clone + PartialEq>(before: &T, joined: &T, now: &T) -> T {
        if now == joined { before.clone() } else { now.clone() }
    }
    ours.name = since(&kept.name, &joined.name, &now.name);
    ours.language = since(&kept.language, &joined.language, &now.language);
    ours.note = since(&kept.note, &joined.note, &now.note);
    ours.review = since(&kept.review, &joined.review, &now.review);
    ours.consent = since(&kept.consent, &joined.consent, &now.consent);
    ours.phone = match &now.phone {
        // It was learned for an address that goes.
        Some(phone) if theirs.contains(&phone.address()) => kept.phone.clone(),
        _ => since(&kept.phone, &joined.phone, &now.phone),
    };
    if back.phone.is_none() {
        back.phone = theirs.iter().find_map(Address::phone);
    }
    ours.fields.retain(|column, words| kept.fields.contains_key(column) || joined.fields.get(column) != Some(&*words));
    ours.tags.retain(|tag| has(&kept.tags, tag) || !has(&gone.tags, tag));
    if now.review != joined.review && now.review == Review::Personal {
        back.review = Review::Personal;
    }
    if now.consent != joined.consent && now.consent.as_ref().is_some_and(|word| word.state == ConsentState::Refused) {
        back.consent = now.consent.clone();
    }
    let stopped = said.stopped || (now.opted_out_at.is_some() && now.opted_out_at != joined.opted_out_at);
    (ours.opted_out_at, back.opted_out_at) = if stopped {
        (now.opted_out_at.or(kept.opted_out_at), gone.opted_out_at.or(now.opted_out_at))
    } else {
        // Whoever was silent before is again, unless they came back themselves: a stop is never lost.
        let own = |before: &Contact, came_back: bool| before.opted_out_at.filter(|_| !came_back);
        (own(kept, said.kept_back), own(gone, said.gone_back))
    };
    Parted { kept: ours, gone: back }
}

/// A chat's own row at some moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadRow {
    /// The chat.
    pub id: ChatId,
    /// The number it is on.
    pub instance: InstanceId,
    /// Where an answer goes.
    pub address: Address,
    /// Whose turn it is.
    pub state: ChatState,
    /// Why.
    pub reason: Option<String>,
    /// Until when the assistant is silent.
    pub paused_until: Option<Timestamp>,
    /// Until when the chat is put away.
    pub snoozed_until: Option<Timestamp>,
    /// Since when a human was asked for.
    pub handoff_at: Option<Timestamp>,
    /// What only a person can deal with, until one does.
    #[serde(default)]
    pub needs_human: Option<String>,
    /// The model sees nothing older.
    pub context_from: Timestamp,
    /// Messages that nobody has read.
    pub unread: i64,
    /// Grows with every word that an answer must know.
    pub revision: i64,
    /// The last message.
    pub last_at: Option<Timestamp>,
    /// The customer's last message.
    pub last_in_at: Option<Timestamp>,
    /// Our last message.
    pub last_out_at: Option<Timestamp>,
    /// The beginning of the last message.
    pub preview: Option<String>,
    /// Since when the customer waits.
    pub waiting_since: Option<Timestamp>,
    /// Since when the chat is here.
    pub created_at: Timestamp,
    /// Does an answer of the assistant live?
    pub answering: bool,
}

impl ThreadRow {
    fn standing(&self) -> (ChatState, Option<&str>, Option<Timestamp>) {
        (self.state, self.reason.as_deref(), self.snoozed_until)
    }
}

/// What the messages say that are one person's part of a chat of two.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// Did any of them come or go while the two were one?
    pub fresh: bool,
    /// Which way the last one went.
    pub last: Option<Direction>,
    /// Is the last one the customer's, and will the assistant answer it?
    pub owed: bool,
    /// Did anybody write after it while the two were one, here or there?
    pub answered: bool,
    /// The customer's, while the two were one.
    pub inbound_since: i64,
    /// The customer's among the newest of both that nobody has read.
    pub unread: i64,
    /// Of those to look at: since the merge, or all where there was no such chat before.
    pub last_at: Option<Timestamp>,
    /// The customer's last one of those.
    pub last_in_at: Option<Timestamp>,
    /// Our last one of those.
    pub last_out_at: Option<Timestamp>,
    /// The words of the last of those.
    pub preview: Option<String>,
    /// Where the customer's last one of those came from.
    pub address: Option<Address>,
}

/// Since when the customer waits, in a chat that is one person's again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// As before the merge.
    AsBefore(Option<Timestamp>),
    /// Look at the messages.
    Look,
}

/// A human's word since holds for both: nobody knows whom it meant.
fn word_again<T: Clone + PartialEq>(
    of: impl Fn(&ThreadRow) -> T,
    absent: T,
    before: Option<&ThreadRow>,
    joined: Option<&ThreadRow>,
    now: &ThreadRow,
) -> T {
    let then = joined.map_or_else(|| absent.clone(), &of);
    if of(now) == then { before.map_or(absent, &of) } else { of(now) }
}

/// The instant before which the model sees nothing in a chat that is one person's again.
#[must_use]
pub fn context_again(before: Option<&ThreadRow>, joined: Option<&ThreadRow>, now: &ThreadRow) -> Timestamp {
    word_again(|row| row.context_from, Timestamp::from_millis(0), before, joined, now)
}

/// The row of one person's chat once two people are two again.
///
/// `before` is the row before the merge, where there was one; `joined` that of the chat of both right after it; `now` what
/// that is now. `inbound_since` counts the messages of both customers since.
#[must_use]
pub fn thread_again(
    id: ChatId,
    before: Option<&ThreadRow>,
    joined: Option<&ThreadRow>,
    now: &ThreadRow,
    part: &Part,
    inbound_since: i64,
) -> (ThreadRow, Waiting) {
    let context_from = context_again(before, joined, now);
    // Where it came since, nobody knows of which of the two it is.
    let needs_human = word_again(|row| row.needs_human.clone(), None, before, joined, now);
    let (mut state, mut reason, snoozed_until) = standing_again(before, joined, now, part);
    if state == ChatState::Waiting && needs_human.is_some() {
        (state, reason) = (ChatState::NeedsYou, needs_human.clone());
    }
    let read_since = now.unread != joined.map_or(0, |row| row.unread) + inbound_since;
    let waiting = match before {
        Some(before)
            if !part.fresh
                && joined.is_some_and(|joined| {
                    (joined.context_from, joined.waiting_since) == (now.context_from, now.waiting_since)
                }) =>
        {
            Waiting::AsBefore(before.waiting_since)
        }
        _ => Waiting::Look,
    };
    let row = ThreadRow {
        id,
        instance: now.instance,
        address: part.address.clone().or_else(|| before.map(|row| row.address.clone())).unwrap_or(now.address.clone()),
        state,
        reason,
        paused_until: word_again(|row| row.paused_until, None, before, joined, now),
        snoozed_until,
        handoff_at: word_again(|row| row.handoff_at, None, before, joined, now),
        needs_human,
        context_from,
        unread: if read_since { part.unread } else { before.map_or(0, |row| row.unread) + part.inbound_since },
        // Whatever is being written for either must look again.
        revision: now.revision.max(before.map_or(0, |row| row.revision)) + 1,
        last_at: before.and_then(|row| row.last_at).max(part.last_at),
        last_in_at: before.and_then(|row| row.last_in_at).max(part.last_in_at),
        last_out_at: before.and_then(|row| row.last_out_at).max(part.last_out_at),
        preview: part.preview.clone().or_else(|| before.and_then(|row| row.preview.clone())),
        waiting_since: before.and_then(|row| row.waiting_since),
        created_at: before.map_or(now.created_at, |row| row.created_at),
        answering: part.owed,
    };
    (row, waiting)
}

/// Whose turn it is in a chat that is one person's again.
fn standing_again(
    before: Option<&ThreadRow>,
    joined: Option<&ThreadRow>,
    now: &ThreadRow,
    part: &Part,
) -> (ChatState, Option<String>, Option<Timestamp>) {
    if part.owed {
        return (ChatState::Assistant, None, None);
    }
    let put_away = matches!(now.state, ChatState::Done | ChatState::Snoozed);
    if put_away && joined.map(ThreadRow::standing) != Some(now.standing()) {
        return (now.state, now.reason.clone(), now.snoozed_until);
    }
    if let Some(before) = before
        && !part.fresh
        && before.state != ChatState::Assistant
    {
        return (before.state, before.reason.clone(), before.snoozed_until);
    }
    match part.last {
        Some(Direction::In) if now.state == ChatState::NeedsYou => (ChatState::NeedsYou, now.reason.clone(), None),
        Some(Direction::In) => {
            let why = if part.answered { ANSWERED_TOGETHER } else { NOT_ANSWERED };
            (ChatState::NeedsYou, Some(why.to_owned()), None)
        }
        _ => (ChatState::Waiting, None, None),
    }
}

/// Why nobody answers somebody whose question was open when another one, who was taken for the same person, got an answer.
pub const ANSWERED_TOGETHER: &str = "was taken for somebody else, who got the answer";

/// Why nobody answers a question whose answer somebody holds back, and which was for two.
pub const NOT_ANSWERED: &str = "the answer was for two who were taken for one";

/// The addresses of two people who are one that go back with the second: those they had, and those that were learned since
/// through one of them. `known` names each address of both with the one that it was learned through.
#[must_use]
pub fn theirs(gone: &[Address], known: &[(Address, Option<Address>)]) -> Vec<Address> {
    let mut theirs: BTreeSet<&Address> = gone.iter().collect();
    loop {
        let through = |via: &Option<Address>| via.as_ref().is_some_and(|via| theirs.contains(via));
        let found = known.iter().find(|(address, via)| !theirs.contains(address) && through(via));
        match found {
            Some((address, _)) => theirs.insert(address),
            None => break,
        };
    }
    known.iter().map(|(address, _)| address).filter(|address| theirs.contains(address)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str) -> Contact {
        Contact {
            id: ContactId::new(),
            name: Some(name.to_owned()),
            phone: None,
            addresses: Vec::new(),
            review: Review::New,
            opted_out_at: None,
            tags: Vec::new(),
            created_at: Timestamp::from_millis(1),
            language: None,
            note: None,
            fields: std::collections::BTreeMap::new(),
            consent: None,
        }
    }

    fn said(state: ConsentState, at: i64) -> Option<Consent> {
        Some(Consent { state, at: Timestamp::from_millis(at), source: None, proof: None })
    }

    #[test]
    fn of_two_words_about_consent_a_refusal_stands_else_the_newer() {
        use ConsentState::{Given, Refused};
        for (kept, gone, stands) in [
            (None, None, None),
            (said(Given, 1), None, said(Given, 1)),
            (None, said(Refused, 1), said(Refused, 1)),
            (said(Given, 9), said(Refused, 1), said(Refused, 1)),
            (said(Refused, 1), said(Given, 9), said(Refused, 1)),
            (said(Given, 1), said(Given, 2), said(Given, 2)),
            (said(Refused, 2), said(Refused, 1), said(Refused, 2)),
        ] {
            let one = Contact { consent: kept.clone(), ..person("Ana") };
            let other = Contact { consent: gone.clone(), ..person("Ben") };
            assert_eq!(joined(&one, &other).consent, stands, "{kept:?} {gone:?}");
        }
    }

    #[test]
    fn what_was_theirs_before_is_theirs_again_and_what_came_since_is_not_lost() {
        let at = |millis: i64| Some(Timestamp::from_millis(millis));
        // Silent before (kept, gone), now; what was said since; silent after (kept, gone).
        for (kept, gone, now, word, after) in [
            (None, None, None, Said::default(), (None, None)),
            (None, at(5), at(5), Said::default(), (None, at(5))),
            (at(5), None, at(5), Said::default(), (at(5), None)),
            (None, None, at(7), Said::default(), (at(7), at(7))),
            (None, at(5), at(5), Said { stopped: true, ..Said::default() }, (at(5), at(5))),
            (None, at(5), None, Said { gone_back: true, ..Said::default() }, (None, None)),
            (None, at(5), None, Said { kept_back: true, ..Said::default() }, (None, at(5))),
            (at(4), at(5), None, Said::default(), (at(4), at(5))),
        ] {
            let one = Contact { opted_out_at: kept, ..person("Ana") };
            let other = Contact { opted_out_at: gone, ..person("Ben") };
            let both = joined(&one, &other);
            let is = Contact { opted_out_at: now, ..both.clone() };
            let found = parted(&one, &other, &both, &is, &[], word);
            assert_eq!((found.kept.opted_out_at, found.gone.opted_out_at), after, "{kept:?} {gone:?} {now:?} {word:?}");
        }
    }

    #[test]
    fn addresses_go_with_those_they_were_learned_through() {
        let address = |digit: char| Address::parse(&format!("{}@lid", digit.to_string().repeat(8))).unwrap();
        let [a, b, c, d] = ['1', '2', '3', '4'].map(address);
        let known = [(a.clone(), None), (b.clone(), None), (c.clone(), Some(b.clone())), (d.clone(), Some(c.clone()))];
        assert_eq!(theirs(std::slice::from_ref(&b), &known), [b.clone(), c, d]);
        assert_eq!(theirs(std::slice::from_ref(&a), &known), [a]);
    }
}
