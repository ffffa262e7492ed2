//! People.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use mychatflow_data::ids::ContactId;
use mychatflow_data::model::contact::{Consent, ConsentState, Contact, Review};
use mychatflow_data::protocol::calls::chat::ChatSummary;
use mychatflow_data::protocol::calls::contact::{ContactList, ContactShown, MergeCause, MergeDocument};
use mychatflow_data::protocol::calls::segment::SegmentDocument;
use mychatflow_data::time::Timestamp;

use super::bulk::Bulk;
use super::chats::{Finding, Tab};
use super::import::Import;
use super::input::Input;
use super::list::{Reading, Rows};
use crate::moment;
use crate::text::CleanText;
use crate::theme::Role;

/// The tabs: of whom the owner said this.
pub const TABS: [(Option<Review>, &str); 5] = [
    (None, "all"),
    (Some(Review::New), "new"),
    (Some(Review::Unreviewed), "unreviewed"),
    (Some(Review::Customer), "customer"),
    (Some(Review::Personal), "personal"),
];

/// What is done with a person's chats and merges once they are here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Their chat is opened.
    Chat,
    /// A merge is taken back.
    Unmerge,
}

/// The screen.
#[derive(Debug, Clone, Default)]
pub struct Contacts {
    /// The people.
    pub rows: Rows<Contact>,
    /// Of which tab and filter the rows are.
    pub rows_of: Option<(Option<Review>, Option<String>)>,
    /// Only those of whom the owner said this.
    pub review: Option<Review>,
    /// Only those that fit a query: `tag:vip last_in:<30d -opted_out`.
    pub find: Option<Input>,
    /// Whether the query is being typed.
    pub finding: Finding,
    /// What is wrong with the query; the rows are those of the last good one.
    pub wrong: Option<String>,
    /// What was asked to bring the list up to date behind one's back; every other answer is another list.
    pub renewing: Option<ContactList>,
    /// When that is asked next, because somebody wrote.
    pub stale_at: Option<Timestamp>,
    /// The selected person with their chats.
    pub shown: Option<ContactShown>,
    /// Whose chats are being asked for.
    pub looking: Option<ContactId>,
    /// Whose chats and merges are waited for, and what for.
    pub next: Option<(ContactId, Next)>,
    /// Those with a mark.
    pub marked: BTreeMap<ContactId, Contact>,
    /// What is being done to many.
    pub bulk: Bulk,
    /// Filters that are kept.
    pub segments: Vec<SegmentDocument>,
    /// A file with people on its way.
    pub import: Option<Import>,
    /// The country that the last file was read for.
    pub country: String,
}

impl Contacts {
    /// Are the words of the filter being typed?
    #[must_use]
    pub fn filter_open(&self) -> bool {
        self.finding == Finding::Open
    }

    /// Are the rows those of another tab or filter, while the right ones are on their way?
    #[must_use]
    pub fn is_other_list(&self) -> bool {
        let on = (self.review, self.words());
        self.rows.reading == Reading::Again && self.rows_of.as_ref().is_some_and(|of| *of != on)
    }

    /// The segment that the filter is.
    #[must_use]
    pub fn segment(&self) -> Option<&SegmentDocument> {
        let words = self.words()?;
        self.segments.iter().find(|segment| segment.query.trim() == words)
    }

    /// The words of the filter.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        self.find.as_ref().map(|input| input.text().trim().to_owned()).filter(|words| !words.is_empty())
    }

    /// The people of the list as one query, tab and filter together.
    #[must_use]
    pub fn query(&self) -> Option<String> {
        let tab = self.review.map(|review| format!("review:{review}"));
        let both: Vec<String> = self.words().into_iter().chain(tab).collect();
        Some(both.join(" ")).filter(|query| !query.is_empty())
    }

    /// The place of the tab that is on.
    #[must_use]
    pub fn tab(&self) -> usize {
        TABS.iter().position(|(review, _)| *review == self.review).unwrap_or(0)
    }

    /// Forgets somebody who is no more.
    pub fn forget(&mut self, id: ContactId) {
        self.rows.change(|items| items.retain(|item| item.id != id));
        self.marked.remove(&id);
        self.shown = self.shown.take().filter(|shown| shown.contact.id != id);
    }

    /// The selected person with their chats, if those are here.
    #[must_use]
    pub fn selected_shown(&self) -> Option<&ContactShown> {
        self.shown.as_ref().filter(|shown| Some(shown.contact.id) == self.rows.selected_id())
    }
}

/// What to call a person.
#[must_use]
pub fn name(contact: &Contact) -> CleanText {
    let name = contact.name.as_deref().map(CleanText::line).filter(|name| !name.is_empty());
    name.unwrap_or_else(|| number(contact))
}

/// The phone number, or what stands in its place.
#[must_use]
pub fn number(contact: &Contact) -> CleanText {
    match (&contact.phone, contact.addresses.first()) {
        (Some(phone), _) => CleanText::line(&phone.to_string()),
        (None, Some(address)) => CleanText::line(address.as_str()),
        (None, None) => CleanText::line("unknown"),
    }
}

/// What a review means for the assistant.
#[must_use]
pub const fn meaning(review: Review) -> &'static str {
    match review {
        Review::New => "new since pairing: the assistant may answer",
        Review::Unreviewed => "known from before pairing, and nobody has said yet who it is",
        Review::Customer => "the assistant may answer",
        Review::Personal => "never answered by the assistant",
    }
}

/// A fact about a person: its name, its words, how it is meant.
pub type Fact = (String, String, Role);

/// A person's facts, in the order in which they are told.
#[must_use]
pub fn facts(contact: &Contact, now: Timestamp, zone: &TimeZone) -> Vec<Fact> {
    let clean = |words: &str| CleanText::line(words).into_string();
    let mut facts: Vec<Fact> = Vec::new();
    let mut tell = |name: &str, words: String, role: Role| facts.push((clean(name), words, role));
    let phone = contact.phone.as_ref().map_or_else(|| "not known yet".to_owned(), ToString::to_string);
    tell("phone", phone, Role::Text);
    if let Some(at) = contact.opted_out_at {
        let words = format!("{}: neither the assistant nor campaigns write", moment::stamp(at, now, zone));
        tell("opted out", words, Role::Bad);
    }
    tell("consent", consent(contact.consent.as_ref(), now, zone), consent_role(contact.consent.as_ref()));
    tell("review", format!("{}: {}", contact.review, meaning(contact.review)), Role::Text);
    match contact.tags.as_slice() {
        [] => tell("tags", "none".to_owned(), Role::Faint),
        tags => tell("tags", clean(&tags.join(", ")), Role::Text),
    }
    if let Some(language) = &contact.language {
        tell("language", clean(language), Role::Text);
    }
    if let Some(note) = &contact.note {
        tell("note", CleanText::block(note).into_string(), Role::Text);
    }
    for (name, words) in &contact.fields {
        tell(name, clean(words), Role::Text);
    }
    tell("known since", moment::stamp(contact.created_at, now, zone), Role::Text);
    let addresses: Vec<String> = contact.addresses.iter().map(|address| clean(address.as_str())).collect();
    if !addresses.is_empty() {
        tell("addresses", addresses.join("\n"), Role::Muted);
    }
    facts
}

/// What a person said about being written to: when, where, and what shows it.
fn consent(consent: Option<&Consent>, now: Timestamp, zone: &TimeZone) -> String {
    let Some(consent) = consent else { return "nothing is known".to_owned() };
    let mut words = format!("{} {}", consent.state, moment::stamp(consent.at, now, zone));
    if let Some(source) = &consent.source {
        words.push_str(&format!(", {}", CleanText::line(source)));
    }
    if let Some(proof) = &consent.proof {
        words.push_str(&format!("\nproof: {}", CleanText::line(proof)));
    }
    words
}

fn consent_role(consent: Option<&Consent>) -> Role {
    match consent.map(|consent| consent.state) {
        Some(ConsentState::Given) => Role::Good,
        Some(ConsentState::Refused) => Role::Bad,
        None => Role::Faint,
    }
}

/// Somebody who turned out to be this person, in a line.
#[must_use]
pub fn merged(merge: &MergeDocument, now: Timestamp, zone: &TimeZone) -> String {
    let who = match merge.cause {
        MergeCause::Owner => "by you",
        MergeCause::Lid => "by WhatsApp",
    };
    let line = format!("{} {who}, {}", other_name(merge), moment::stamp(merge.at, now, zone));
    CleanText::line(&line).into_string()
}

/// What the other one was called.
#[must_use]
pub fn other_name(merge: &MergeDocument) -> CleanText {
    let phone = merge.phone.as_ref().map(ToString::to_string);
    let address = merge.addresses.first().map(|address| address.as_str().to_owned());
    let name = match (merge.name.clone(), phone) {
        (Some(name), Some(phone)) => Some(format!("{name} ({phone})")),
        (name, phone) => name.or(phone).or(address),
    };
    CleanText::line(name.as_deref().unwrap_or("somebody without a name"))
}

/// How it stands with a chat, in a line.
#[must_use]
pub fn standing(chat: &ChatSummary, now: Timestamp, zone: &TimeZone) -> String {
    let mut words = Tab::In(chat.state).title().to_owned();
    if let Some(reason) = &chat.reason {
        words.push_str(&format!(": {reason}"));
    }
    match chat.unread {
        0 => {}
        count => words.push_str(&format!(" · {count} unread")),
    }
    if let Some(at) = chat.last_at {
        words.push_str(&format!(" · last at {}", moment::stamp(at, now, zone)));
    }
    CleanText::line(&words).into_string()
}
