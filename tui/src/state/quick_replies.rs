//! Stored answers.

use jiff::tz::TimeZone;
use mychatflow_data::ids::QuickReplyId;
use mychatflow_data::model::quick_reply::QuickReplyState;
use mychatflow_data::protocol::calls::quick_reply::QuickReplyDocument;
use mychatflow_data::time::Timestamp;

use super::chats::Finding;
use super::input::Input;
use super::list::{Row, Rows};
use crate::moment;
use crate::text::CleanText;
use crate::theme::Role;

impl Row for QuickReplyDocument {
    type Id = QuickReplyId;

    fn id(&self) -> QuickReplyId {
        self.id
    }
}

/// Which stored answers are in the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Tab {
    /// All of them.
    #[default]
    All,
    /// Those of a category, letter case apart.
    Category(String),
    /// Those put aside.
    Aside,
}

/// The screen.
#[derive(Debug, Clone, Default)]
pub struct QuickReplies {
    /// Those that fit the tab and the words.
    pub rows: Rows<QuickReplyDocument>,
    /// Every one.
    pub all: Vec<QuickReplyDocument>,
    /// Which of them are shown.
    pub tab: Tab,
    /// Only those with these words in them.
    pub find: Option<Input>,
    /// Whether the words are being typed.
    pub finding: Finding,
}

impl QuickReplies {
    /// The tabs there are: a category each, and those put aside where there are any.
    #[must_use]
    pub fn tabs(&self) -> Vec<Tab> {
        let mut names: Vec<String> = Vec::new();
        for name in self.all.iter().filter_map(|reply| reply.category.as_ref()) {
            if !names.iter().any(|known| same(known, name)) {
                names.push(name.clone());
            }
        }
        names.sort_by_key(|name| name.to_lowercase());
        let mut tabs = vec![Tab::All];
        tabs.extend(names.into_iter().map(Tab::Category));
        if self.all.iter().any(|reply| reply.state == QuickReplyState::Aside) {
            tabs.push(Tab::Aside);
        }
        tabs
    }

    /// Does a stored answer belong under a tab?
    #[must_use]
    pub fn belongs(reply: &QuickReplyDocument, tab: &Tab) -> bool {
        match tab {
            Tab::All => true,
            Tab::Category(name) => reply.category.as_ref().is_some_and(|category| same(category, name)),
            Tab::Aside => reply.state == QuickReplyState::Aside,
        }
    }

    /// Are the words of the filter being typed?
    #[must_use]
    pub fn filter_open(&self) -> bool {
        self.finding == Finding::Open
    }

    /// Shows those that fit the tab and the words; a tab that is gone is the first one again.
    pub fn fit(&mut self) {
        if !self.tabs().contains(&self.tab) {
            self.tab = Tab::All;
        }
        let words = self.find.as_ref().map(|find| find.text().trim().to_lowercase()).unwrap_or_default();
        let fits = |reply: &&QuickReplyDocument| {
            let text = format!("{}\n{}\n{}", reply.label, reply.category.as_deref().unwrap_or_default(), reply.text);
            let text = text.to_lowercase();
            Self::belongs(reply, &self.tab) && words.split_whitespace().all(|word| text.contains(word))
        };
        let mut shown: Vec<QuickReplyDocument> = self.all.iter().filter(fits).cloned().collect();
        shown.sort_by_key(|reply| reply.label.to_lowercase());
        self.rows.change(|rows| *rows = shown);
    }

    /// Puts a stored answer in its place, whether it was known or not.
    pub fn put(&mut self, reply: QuickReplyDocument) {
        match self.all.iter_mut().find(|known| known.id == reply.id) {
            Some(known) => *known = reply,
            None => self.all.push(reply),
        }
        self.fit();
    }
}

fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// What a tab is called.
#[must_use]
pub fn title(tab: &Tab) -> String {
    match tab {
        Tab::All => "all".to_owned(),
        Tab::Category(name) => CleanText::line(name).into_string(),
        Tab::Aside => "put aside".to_owned(),
    }
}

/// What there is to say about a stored answer besides its words.
#[must_use]
pub fn facts(reply: &QuickReplyDocument, now: Timestamp, zone: &TimeZone) -> Vec<(&'static str, String, Role)> {
    let clean = |words: &str| CleanText::line(words).into_string();
    let category = reply.category.as_deref().map(clean);
    let (state, role) = match reply.state {
        QuickReplyState::Active if reply.problem.is_some() => {
            ("neither sent nor told: its words can't be read", Role::Warn)
        }
        QuickReplyState::Active if !reply.personal_variables().is_empty() => {
            ("in use: offered to you, not to the assistant (variables)", Role::Text)
        }
        QuickReplyState::Active => ("in use: offered to you, a fact for the assistant", Role::Text),
        QuickReplyState::Aside => ("put aside: neither offered nor told to the assistant", Role::Warn),
    };
    let mut facts = vec![
        ("state", state.to_owned(), role),
        (
            "category",
            category.clone().unwrap_or_else(|| "none".to_owned()),
            if category.is_some() { Role::Text } else { Role::Faint },
        ),
        ("sent", times(reply.uses), Role::Text),
        ("cited", format!("{} by the assistant", times(reply.citations)), Role::Text),
    ];
    if let Some(at) = reply.used_at {
        facts.push(("last used", moment::stamp(at, now, zone), Role::Text));
    }
    if !reply.variables.is_empty() {
        facts.push(("variables", clean(&reply.variables.join(", ")), Role::Text));
    }
    if let Some(problem) = &reply.problem {
        facts.push(("problem", clean(problem), Role::Warn));
    }
    facts.push(("length", measure(reply, now, zone), Role::Muted));
    facts
}

fn times(count: i64) -> String {
    match count {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}

/// How long a quick reply is, and when it was changed last.
#[must_use]
pub fn measure(reply: &QuickReplyDocument, now: Timestamp, zone: &TimeZone) -> String {
    let length = match reply.text.chars().count() {
        1 => "1 character".to_owned(),
        count => format!("{count} characters"),
    };
    match reply.updated_at.filter(|at| *at != reply.created_at) {
        Some(at) => format!("{length}, changed {}", moment::stamp(at, now, zone)),
        None => format!("{length}, here since {}", moment::stamp(reply.created_at, now, zone)),
    }
}
