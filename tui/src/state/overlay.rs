//! What lies over a screen. The topmost one has the keys; `Esc` takes one away.

use std::time::Duration;

use mychatflow_data::ids::{CampaignId, ChatId, ContactId, InstanceId, InteractionId, QuickReplyId, TenantId};
use mychatflow_data::model::chat::Mode;
use mychatflow_data::model::setting::SettingKey;
use mychatflow_data::protocol::calls::campaign::CloneFor;

use super::Screen;
use super::confirm::Confirm;
use super::form::{Form, SettingPlace};
use super::input::Input;
use super::pairing::Pairing;
use super::person::Person;
use super::triage::Triage;
use super::wizard::Wizard;
use crate::action::Action;
use crate::msg::Question;
use crate::text::CleanText;

/// Something over the screen.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// Text to be read.
    Reader(Reader),
    /// One of many to be picked.
    Picker(Box<Picker>),
    /// Fields to be filled in.
    Form(Box<Form>),
    /// A question to be answered by yes or no.
    Confirm(Box<Confirm>),
    /// A number being paired.
    Pairing(Box<Pairing>),
    /// People known from before pairing.
    Triage(Box<Triage>),
    /// A person in full.
    Person(Box<Person>),
    /// What becomes of a file with people, in lines.
    Import(Box<Reader>),
    /// A campaign being made.
    Wizard(Box<Wizard>),
}

/// A line of a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReaderLine {
    /// A heading.
    Heading(CleanText),
    /// A key and what it does.
    Key(CleanText, CleanText),
    /// A name and its value.
    Fact(CleanText, CleanText),
    /// Words, wrapped.
    Words(CleanText),
    /// Words with places for variables, wrapped.
    Template(CleanText),
    /// Words of a mistake, wrapped.
    Bad(CleanText),
    /// Nothing.
    Gap,
}

/// What a reader waits for.
#[derive(Debug, Clone, PartialEq)]
pub enum Awaited {
    /// Nothing: it is all here.
    Nothing,
    /// The answer to this question.
    Answer(Box<Question>),
}

/// Text to be read.
#[derive(Debug, Clone)]
pub struct Reader {
    /// The heading.
    pub title: CleanText,
    /// The lines.
    pub lines: Vec<ReaderLine>,
    /// How many rows are above the first visible one.
    pub scroll: usize,
    /// What it waits for.
    pub awaited: Awaited,
    /// What brings its next page.
    pub more: Option<Box<Question>>,
    /// What copying takes; `None`: all of it.
    pub copied: Option<String>,
}

impl Reader {
    /// A text that is all here.
    #[must_use]
    pub fn new(title: &str, lines: Vec<ReaderLine>) -> Self {
        Self { title: CleanText::line(title), lines, scroll: 0, awaited: Awaited::Nothing, more: None, copied: None }
    }

    /// A text that is being asked for.
    #[must_use]
    pub fn waiting(title: &str, question: Question) -> Self {
        let awaited = Awaited::Answer(Box::new(question));
        Self { title: CleanText::line(title), lines: Vec::new(), scroll: 0, awaited, more: None, copied: None }
    }
}

/// What is picked.
#[derive(Debug, Clone, PartialEq)]
pub enum Pick {
    /// Something to do.
    Action(Action),
    /// Something to do on another screen.
    Elsewhere(Screen, Action),
    /// A chat to be opened.
    Chat(ChatId),
    /// A person to be shown.
    Contact(ContactId),
    /// A business to change to.
    Tenant(TenantId),
    /// A text for the composer, with the variables in it that have no value.
    QuickReply(QuickReplyId, String, Vec<String>),
    /// What the assistant does in a chat; `None` inherits.
    Mode(ChatId, Option<Mode>),
    /// The assistant is silent in a chat for so long.
    Pause(ChatId, Duration),
    /// A chat is put away for so long.
    Snooze(ChatId, Duration),
    /// A message found by its words.
    Hit(ChatId, InteractionId),
    /// A number.
    Number(InstanceId),
    /// A saved filter of people: its name, and whom it has.
    Segment(String, String),
    /// Two people who are one: who stays, and who becomes part of them.
    Merge(ContactId, ContactId),
    /// A row of the list on the screen.
    Row(FoundRow),
    /// Whom a copy of a campaign is for.
    CloneFor(CampaignId, CloneFor),
    /// A value for a setting.
    Setting(SettingKey, SettingPlace, &'static str),
}

/// A row that was looked for by its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundRow {
    /// A campaign.
    Campaign(CampaignId),
    /// A setting.
    Setting(SettingKey),
}

/// Something to pick.
#[derive(Debug, Clone, PartialEq)]
pub struct PickItem {
    /// What it is called.
    pub label: CleanText,
    /// What else there is to say.
    pub detail: CleanText,
    /// Which of its characters were looked for.
    pub marks: Vec<u32>,
    /// The key that does the same.
    pub key: Option<String>,
    /// What it is.
    pub pick: Pick,
}

/// What a picker is for.
#[derive(Debug, Clone, PartialEq)]
pub enum PickerKind {
    /// Actions, chats and people.
    Palette,
    /// Stored answers for the composer of a chat.
    QuickReply(ChatId),
    /// Businesses.
    Tenant,
    /// Chats of one person.
    Chat,
    /// Saved filters of people.
    Segment,
    /// Who else a person is.
    Merge(ContactId),
    /// A row of the list on the screen.
    Row,
    /// A value for a setting.
    Setting,
    /// What the assistant does in a chat.
    Mode,
    /// How long the assistant is to be silent.
    Pause(ChatId),
    /// How long a chat is to be put away.
    Snooze(ChatId),
    /// Messages by their words; the daemon searches.
    Search {
        /// Only in this chat.
        chat: Option<ChatId>,
    },
}

/// One of many to be picked.
#[derive(Debug, Clone)]
pub struct Picker {
    /// What for.
    pub kind: PickerKind,
    /// The heading.
    pub title: CleanText,
    /// What is looked for.
    pub input: Input,
    /// What there is.
    pub items: Vec<PickItem>,
    /// Which of them fit, best first, with the characters of the label that did.
    pub shown: Vec<(usize, Vec<u32>)>,
    /// Which of the shown is selected.
    pub selected: usize,
    /// The first visible one as of the last frame.
    pub top: usize,
    /// A question whose answer will bring more.
    pub awaited: Awaited,
    /// Why there is nothing.
    pub failure: Option<String>,
}

impl Picker {
    /// The selected item.
    #[must_use]
    pub fn current(&self) -> Option<&PickItem> {
        self.shown.get(self.selected).and_then(|(at, _)| self.items.get(*at))
    }
}
