//! People.

use jiff::tz::TimeZone;
use mychatflow_data::ids::ContactId;
use mychatflow_data::model::contact::{Contact, Review};
use mychatflow_data::protocol::calls::chat::ChatSummary;
use mychatflow_data::protocol::calls::contact::ContactShown;
use mychatflow_data::time::Timestamp;

use super::chats::{Finding, Tab};
use super::input::Input;
use super::list::Rows;
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

/// The screen.
#[derive(Debug, Clone, Default)]
pub struct Contacts {
    /// The people.
    pub rows: Rows<Contact>,
    /// Only those of whom the owner said this.
    pub review: Option<Review>,
    /// Only those that fit these words.
    pub find: Option<Input>,
    /// Whether the words are being typed.
    pub finding: Finding,
    /// The selected person with their chats.
    pub shown: Option<ContactShown>,
    /// Whose chats are being asked for.
    pub looking: Option<ContactId>,
    /// Whose chat is to be opened once it is known.
    pub opening: Option<ContactId>,
}

impl Contacts {
    /// Are the words of the filter being typed?
    #[must_use]
    pub fn filter_open(&self) -> bool {
        self.finding == Finding::Open
    }

    /// The words of the filter.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        self.find.as_ref().map(|input| input.text().trim().to_owned()).filter(|words| !words.is_empty())
    }

    /// The place of the tab that is on.
    #[must_use]
    pub fn tab(&self) -> usize {
        TABS.iter().position(|(review, _)| *review == self.review).unwrap_or(0)
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
        Review::New => "wrote first after pairing: the assistant may answer",
        Review::Unreviewed => "known from before pairing, and nobody has said yet who it is",
        Review::Customer => "the assistant may answer",
        Review::Personal => "never answered by the assistant",
    }
}

/// A person's facts, one a line.
#[must_use]
pub fn facts(contact: &Contact, now: Timestamp, zone: &TimeZone) -> Vec<(&'static str, String, Role)> {
    let clean = |words: &str| CleanText::line(words).into_string();
    let phone = contact.phone.as_ref().map_or_else(|| "not known yet".to_owned(), ToString::to_string);
    let tags = if contact.tags.is_empty() { "none".to_owned() } else { clean(&contact.tags.join(", ")) };
    let mut facts = vec![
        ("phone", phone, Role::Text),
        ("review", format!("{}: {}", contact.review, meaning(contact.review)), Role::Text),
        ("tags", tags, if contact.tags.is_empty() { Role::Faint } else { Role::Text }),
    ];
    if let Some(at) = contact.opted_out_at {
        let words = format!("{}: neither the assistant nor campaigns write", moment::stamp(at, now, zone));
        facts.push(("opted out", words, Role::Bad));
    }
    facts.push(("known since", moment::stamp(contact.created_at, now, zone), Role::Text));
    let addresses: Vec<String> = contact.addresses.iter().map(|address| clean(address.as_str())).collect();
    if !addresses.is_empty() {
        facts.push(("addresses", addresses.join("\n"), Role::Muted));
    }
    facts
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
