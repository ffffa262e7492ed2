//! Fields to be filled in, checked as one types.

use mychatflow_data::ids::{ChatId, ClientRef, ContactId, InstanceId, QuickReplyId};
use mychatflow_data::model::setting::SettingKey;
use mychatflow_data::protocol::calls::campaign::CloneFor;

use super::input::{Input, Lines};
use super::people_form::PeopleForm;
use crate::export::ExportKind;
use crate::msg::Question;
use crate::text::CleanText;

/// Says what is wrong with a field's text.
pub type Check = fn(&str) -> Result<(), String>;

/// A field.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name within the form.
    pub name: &'static str,
    /// Its name for people.
    pub label: &'static str,
    /// What belongs there.
    pub hint: &'static str,
    /// What stands there.
    pub input: Input,
    /// How many rows it takes.
    pub rows: u16,
    /// What is wrong with it.
    pub check: Check,
    /// Whether somebody typed there: only then is a mistake shown.
    pub touched: Touched,
    /// Words that something else is called by already, letter case apart.
    pub taken: Vec<String>,
}

/// Whether somebody typed in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touched {
    /// Somebody did.
    Yes,
    /// Nobody did.
    No,
}

impl Field {
    /// A field of one line.
    #[must_use]
    pub fn line(name: &'static str, label: &'static str, hint: &'static str, text: &str, check: Check) -> Self {
        let input = Input::new(Lines::One, text);
        Self { name, label, hint, input, rows: 1, check, touched: Touched::No, taken: Vec::new() }
    }

    /// A field of several lines.
    #[must_use]
    pub fn block(name: &'static str, label: &'static str, hint: &'static str, text: &str, check: Check) -> Self {
        let input = Input::new(Lines::Several, text);
        Self { name, label, hint, input, rows: 5, check, touched: Touched::No, taken: Vec::new() }
    }

    /// The same field, which takes none of these words.
    #[must_use]
    pub fn not_among(self, taken: Vec<String>) -> Self {
        Self { taken, ..self }
    }

    /// What is wrong with it.
    #[must_use]
    pub fn mistake(&self) -> Option<String> {
        let text = self.input.text();
        let word = text.trim().to_lowercase();
        let taken = || {
            let other = self.taken.iter().find(|other| other.trim().to_lowercase() == word)?;
            Some(format!("{} is there already", CleanText::line(other)))
        };
        (self.check)(&text).err().or_else(taken)
    }
}

/// What a form is for.
#[derive(Debug, Clone, PartialEq)]
pub enum FormKind {
    /// A first message to somebody who never wrote, under one id whatever it takes.
    NewChat(ClientRef),
    /// A new number.
    InstanceAdd,
    /// The phone that is paired by a code.
    PairByPhone(InstanceId, String),
    /// A new quick reply.
    QuickReplyAdd,
    /// Another text for a quick reply.
    QuickReplyEdit(QuickReplyId),
    /// A new person.
    ContactAdd,
    /// Something else about people.
    People(PeopleForm),
    /// The tags of a person.
    Tags(ContactId, Vec<String>),
    /// A note in a chat.
    Note(ChatId),
    /// A setting.
    Setting(SettingKey, SettingPlace),
    /// Credits granted by hand.
    Grant,
    /// A campaign that is sent to oneself.
    CampaignTest(String),
    /// A list that is written to a file.
    Export(ExportKind),
    /// A copy of a campaign, and for whom.
    CampaignClone(String, CloneFor),
}

/// Where a setting is set.
#[derive(Debug, Clone, PartialEq)]
pub enum SettingPlace {
    /// For the business.
    Tenant,
    /// For a number.
    Instance(InstanceId),
    /// For a chat.
    Chat(ChatId),
}

/// How far a form got.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// Being filled in.
    Open,
    /// Asked; the answer is awaited.
    Sent(Box<Question>),
    /// A file is being written.
    Writing,
}

/// Fields to be filled in.
#[derive(Debug, Clone)]
pub struct Form {
    /// What for.
    pub kind: FormKind,
    /// The heading.
    pub title: CleanText,
    /// A sentence above the fields.
    pub intro: CleanText,
    /// The fields.
    pub fields: Vec<Field>,
    /// Which field has the keys.
    pub focus: usize,
    /// How far it got.
    pub stage: Stage,
    /// Why the daemon refused.
    pub refusal: Option<CleanText>,
}

impl Form {
    /// A form with its first field in focus.
    #[must_use]
    pub fn new(kind: FormKind, title: &str, intro: &str, fields: Vec<Field>) -> Self {
        Self {
            kind,
            title: CleanText::line(title),
            intro: CleanText::block(intro),
            fields,
            focus: 0,
            stage: Stage::Open,
            refusal: None,
        }
    }

    /// Lets it be filled in again, with the reason of a refusal where there is one to show.
    pub fn reopen(&mut self, refusal: Option<&str>) {
        self.stage = Stage::Open;
        self.refusal = refusal.map(CleanText::block);
    }

    /// The text of a field; empty where there is no such field.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        self.fields.iter().find(|field| field.name == name).map(|field| field.input.text()).unwrap_or_default()
    }

    /// The text of a field without the white space around it; `None` when nothing is left.
    #[must_use]
    pub fn word(&self, name: &str) -> Option<String> {
        Some(self.text(name).trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// The first field with a mistake.
    #[must_use]
    pub fn first_mistake(&self) -> Option<usize> {
        self.fields.iter().position(|field| field.mistake().is_some())
    }
}

/// Any text will do.
///
/// # Errors
/// Never.
pub fn anything(_: &str) -> Result<(), String> {
    Ok(())
}

/// There must be something.
///
/// # Errors
/// When there is nothing.
pub fn something(text: &str) -> Result<(), String> {
    if text.trim().is_empty() { Err("something must stand here".to_owned()) } else { Ok(()) }
}
