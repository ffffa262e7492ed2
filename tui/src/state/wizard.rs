//! A campaign being made, or changed while it is a draft: step by step, with what the daemon says to it.

pub mod attachment;
pub mod check;
pub mod draft;
pub mod sheet;

use mychatflow_data::ids::CampaignId;
use mychatflow_data::model::campaign::{MissedSlot, NumberCheck};
use mychatflow_data::model::variant::{self, TEXTS_MAX};
use mychatflow_data::protocol::calls::campaign::{CampaignDocument, CampaignPreview, CampaignPreviewed, Preflight};
use mychatflow_data::protocol::calls::contact::ContactList;
use mychatflow_data::protocol::calls::segment::SegmentDocument;
use mychatflow_data::time::Timestamp;

use self::attachment::Attachment;
use self::sheet::Sheet;
use super::campaigns::Heard;
use super::form::{Field, Touched, something};
use crate::msg::Question;
use crate::text::CleanText;

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// What it is called.
    Name,
    /// Who gets it.
    People,
    /// The words.
    Text,
    /// Other words for a part of the people each.
    Variants,
    /// From which number, when, and how carefully.
    Plan,
    /// What a launch would do.
    Check,
}

impl Step {
    /// All of them, in their order.
    pub const ALL: [Self; 6] = [Self::Name, Self::People, Self::Text, Self::Variants, Self::Plan, Self::Check];

    /// The name on the screen.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::People => "People",
            Self::Text => "Text",
            Self::Variants => "Variants",
            Self::Plan => "Plan",
            Self::Check => "Check",
        }
    }

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        Self::ALL.into_iter().find(|step| *step > self)
    }

    /// The one before it.
    #[must_use]
    pub fn before(self) -> Option<Self> {
        Self::ALL.into_iter().rev().find(|step| *step < self)
    }
}

/// One of a few values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What it is called in the draft.
    pub name: &'static str,
    /// Its name for people.
    pub label: &'static str,
    /// What it means.
    pub hint: &'static str,
    /// The values with their words.
    pub options: Vec<(String, CleanText)>,
    /// Which of them is on.
    pub at: usize,
}

impl Choice {
    fn new(name: &'static str, label: &'static str, hint: &'static str, options: &[(&str, &str)], on: &str) -> Self {
        let options: Vec<_> =
            options.iter().map(|(value, words)| ((*value).to_owned(), CleanText::line(words))).collect();
        let at = options.iter().position(|(value, _)| value == on).unwrap_or(0);
        Self { name, label, hint, options, at }
    }

    /// The value that is on.
    #[must_use]
    pub fn value(&self) -> &str {
        self.options.get(self.at).map_or("", |(value, _)| value)
    }

    /// The next value, or the one before, around the end.
    pub fn turn(&mut self, by: isize) {
        let count = self.options.len().max(1) as isize;
        self.at = (self.at as isize + by).rem_euclid(count) as usize;
    }
}

/// Something to be filled in.
#[derive(Debug, Clone)]
pub enum Entry {
    /// Words.
    Field(Box<Field>),
    /// One of a few values.
    Choice(Choice),
}

impl Entry {
    /// What it is called in the draft.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Field(field) => field.name,
            Self::Choice(choice) => choice.name,
        }
    }

    /// What stands in it.
    #[must_use]
    pub fn value(&self) -> String {
        match self {
            Self::Field(field) => field.input.text(),
            Self::Choice(choice) => choice.value().to_owned(),
        }
    }

    /// What is wrong with it.
    #[must_use]
    pub fn mistake(&self) -> Option<String> {
        match self {
            Self::Field(field) => field.mistake(),
            Self::Choice(_) => None,
        }
    }
}

/// How far the draft is on its way to the daemon.
#[derive(Debug, Clone, PartialEq)]
pub enum Keeping {
    /// Nothing is under way.
    Idle,
    /// The list is read from the disk.
    Reading(String),
    /// The file that goes with the text is read from the disk.
    Opening(String),
    /// The daemon was asked; the answer is awaited.
    Asked(Box<Question>),
    /// So many bytes of the list are with the daemon; the answer to the next piece is awaited.
    Extending {
        /// The campaign as far as it is there.
        campaign: CampaignId,
        /// Bytes that are there once the answer comes.
        upto: usize,
        /// What was asked.
        question: Box<Question>,
    },
    /// So many bytes of the file that goes with the text are with the daemon; the answer to the next piece is awaited.
    Attaching {
        /// Bytes that are there once the answer comes.
        upto: usize,
        /// What was asked.
        question: Box<Question>,
    },
}

/// What is asked of the daemon while somebody types, once typing rests.
#[derive(Debug, Clone)]
pub struct Live<Q, T> {
    /// What was asked last.
    pub asked: Option<Q>,
    /// What it said to that.
    pub heard: Heard<T>,
}

impl<Q, T> Default for Live<Q, T> {
    fn default() -> Self {
        Self { asked: None, heard: Heard::Waiting }
    }
}

/// How many people fit, and whether there are more than were counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// So many were counted.
    pub people: usize,
    /// There are more.
    pub more: bool,
}

/// A campaign being made.
#[derive(Debug, Clone)]
pub struct Wizard {
    /// The draft as the daemon has it.
    pub draft: Option<CampaignId>,
    /// What the daemon said of it when it was kept: a list that was asked for before does not have it.
    pub kept: Option<CampaignDocument>,
    /// What of the draft can't be changed any more, as it was when it was kept: then it has to be made anew.
    pub fixed: Option<Vec<String>>,
    /// Where it began; steps before are not open.
    pub first: Step,
    /// Where it is.
    pub step: Step,
    /// Everything to be filled in.
    pub entries: Vec<(Step, Entry)>,
    /// Which of the step's entries has the keys.
    pub focus: usize,
    /// Saved filters.
    pub segments: Vec<SegmentDocument>,
    /// When the daemon is asked about what was typed.
    pub due_at: Option<Timestamp>,
    /// How many fit the query.
    pub count: Live<ContactList, Counted>,
    /// What people would get.
    pub preview: Live<CampaignPreview, CampaignPreviewed>,
    /// The list from the disk.
    pub sheet: Option<Sheet>,
    /// The file that goes with the text.
    pub attachment: Option<Attachment>,
    /// How far the draft is on its way.
    pub keeping: Keeping,
    /// Why the daemon refused.
    pub refusal: Option<CleanText>,
    /// What a launch would do.
    pub preflight: Heard<Preflight>,
    /// How many rows of that are above the first visible one.
    pub scroll: usize,
    /// Whether anything was typed that the daemon does not have.
    pub touched: Touched,
}

/// What is known about the shop when a campaign is begun.
#[derive(Debug, Clone, Default)]
pub struct Beginnings {
    /// Names of campaigns that are there.
    pub taken: Vec<String>,
    /// The numbers: id and name, the one to begin with first.
    pub numbers: Vec<(String, String)>,
    /// The shop's time zone.
    pub timezone: String,
}

impl Wizard {
    /// A new campaign.
    #[must_use]
    pub fn new(known: &Beginnings) -> Self {
        let mut entries = vec![
            field(
                Step::Name,
                Field::line("name", "Name", "nobody else sees it", "", something).not_among(known.taken.clone()),
            ),
            choice(Step::People, Choice::new("source", "Who", "left and right change it", SOURCES, "all")),
            field(
                Step::People,
                Field::line("query", "Query", "such as tag:vip last_in:<30d -opted_out", "", draft::audience),
            ),
            field(
                Step::People,
                Field::line("path", "File", "CSV on this machine, with a header: phone, name, …", "", something),
            ),
            field(
                Step::People,
                Field::line("country", "Country", "of numbers without a country code, such as DE", "", draft::country),
            ),
        ];
        entries.extend(texts("", &[]));
        entries.push(attached("a picture or document with it; empty: none"));
        entries.extend(plan(known, None));
        Self::with(entries, Step::Name, None)
    }

    /// A draft that is to be changed from a step on.
    #[must_use]
    pub fn of(campaign: &CampaignDocument, known: &Beginnings, step: Step) -> Self {
        let others: Vec<String> = campaign.variants.iter().skip(1).map(|variant| variant.text.clone()).collect();
        let mut entries = texts(&campaign.text, &others);
        entries.push(attached(match campaign.media {
            Some(_) => "empty: the one it has; - takes that away",
            None => "a picture or document with it; empty: none",
        }));
        entries.extend(plan(&Beginnings { numbers: Vec::new(), ..known.clone() }, Some(campaign)));
        Self::with(entries, step, Some(campaign.id))
    }

    fn with(entries: Vec<(Step, Entry)>, first: Step, draft: Option<CampaignId>) -> Self {
        Self {
            draft,
            kept: None,
            fixed: None,
            first,
            step: first,
            entries,
            focus: 0,
            segments: Vec::new(),
            due_at: None,
            count: Live::default(),
            preview: Live::default(),
            sheet: None,
            attachment: None,
            keeping: Keeping::Idle,
            refusal: None,
            preflight: Heard::Waiting,
            scroll: 0,
            touched: Touched::No,
        }
    }

    /// The places of the entries that are shown now.
    #[must_use]
    pub fn shown(&self) -> Vec<usize> {
        (0..self.entries.len()).filter(|at| self.entries[*at].0 == self.step && self.is_asked(*at)).collect()
    }

    /// Does what else was said make this entry one to be filled in?
    #[must_use]
    pub fn is_asked(&self, at: usize) -> bool {
        match self.entries[at].1.name() {
            "query" => self.value("source") == "query",
            "path" | "country" => self.value("source") == "file",
            "timezone" | "missed" => !self.value("at").trim().is_empty(),
            "late_within" => {
                !self.value("at").trim().is_empty() && self.value("missed") == MissedSlot::RunLateWithin.word()
            }
            // Behind the last text that is there, one more can be begun.
            "C" | "D" | "E" => {
                let before = ["B", "C", "D"].iter().take_while(|label| **label != self.entries[at].1.name());
                before.copied().all(|label| !self.value(label).trim().is_empty())
            }
            _ => true,
        }
    }

    /// The entry that has the keys.
    pub fn focused(&mut self) -> Option<&mut Entry> {
        let at = *self.shown().get(self.focus)?;
        self.entries.get_mut(at).map(|(_, entry)| entry)
    }

    /// What stands in an entry.
    #[must_use]
    pub fn value(&self, name: &str) -> String {
        self.entries.iter().find(|(_, entry)| entry.name() == name).map(|(_, entry)| entry.value()).unwrap_or_default()
    }

    /// The same without the white space around it; `None` when nothing is left.
    #[must_use]
    pub fn word(&self, name: &str) -> Option<String> {
        Some(self.value(name).trim().to_owned()).filter(|word| !word.is_empty())
    }

    /// Takes a key or a paste as something typed: what the daemon said is not about this any more.
    pub fn typed(&mut self) {
        self.touched = Touched::Yes;
        self.refusal = None;
    }

    /// Saved filters came: they are offered, and what was chosen stays chosen.
    pub fn offer(&mut self, segments: Vec<SegmentDocument>) {
        self.segments = segments;
        let segments = &self.segments;
        let source = self.entries.iter_mut().find_map(|(_, entry)| match entry {
            Entry::Choice(choice) if choice.name == "source" => Some(choice),
            _ => None,
        });
        let Some(source) = source else { return };
        let on = source.value().to_owned();
        let mut options: Vec<(String, CleanText)> =
            SOURCES.iter().map(|(value, words)| ((*value).to_owned(), CleanText::line(words))).collect();
        let saved = segments.iter().map(|segment| {
            let words = format!("segment {}: {}", segment.name, super::campaigns::people(segment.people));
            (format!("segment:{}", segment.id), CleanText::line(&words))
        });
        options.splice(2..2, saved);
        source.at = options.iter().position(|(value, _)| *value == on).unwrap_or(0);
        source.options = options;
    }

    /// The saved filter that was chosen.
    #[must_use]
    pub fn segment(&self) -> Option<&SegmentDocument> {
        let source = self.value("source");
        let id = source.strip_prefix("segment:")?;
        self.segments.iter().find(|segment| segment.id.to_string() == id)
    }
}

const SOURCES: &[(&str, &str)] =
    &[("all", "everybody you know"), ("query", "those who fit a query"), ("file", "a CSV file")];

fn field(step: Step, field: Field) -> (Step, Entry) {
    (step, Entry::Field(Box::new(field)))
}

fn choice(step: Step, choice: Choice) -> (Step, Entry) {
    (step, Entry::Choice(choice))
}

/// The place for a file that goes with the text.
fn attached(hint: &'static str) -> (Step, Entry) {
    field(Step::Text, Field::line("media", "File", hint, "", |_| Ok(())))
}

/// The places for the texts: the first one, and one for each further letter.
fn texts(first: &str, others: &[String]) -> Vec<(Step, Entry)> {
    const FIELDS: [(&str, &str); TEXTS_MAX - 1] = [("B", "Text B"), ("C", "Text C"), ("D", "Text D"), ("E", "Text E")];
    let hint = "{{ name }} stands for the person's name; alt-enter begins a new line";
    let mut entries = vec![field(Step::Text, Field::block("text", "Text", hint, first, draft::template))];
    for (at, (name, label)) in FIELDS.into_iter().enumerate() {
        debug_assert_eq!(variant::label(at + 1), name, "the letters are those of the daemon");
        let hint = "empty: no such text; a part of the people gets it instead of A";
        let words = others.get(at).map_or("", String::as_str);
        entries.push(field(Step::Variants, Field::block(name, label, hint, words, draft::maybe_template)));
    }
    entries
}

/// The places for the plan, as it was or as it usually is.
fn plan(known: &Beginnings, was: Option<&CampaignDocument>) -> Vec<(Step, Entry)> {
    let step = Step::Plan;
    let mut entries = Vec::new();
    if known.numbers.len() > 1 {
        let numbers: Vec<(&str, &str)> = known.numbers.iter().map(|(id, name)| (id.as_str(), name.as_str())).collect();
        entries.push(choice(step, Choice::new("instance", "Number", "it goes out from this one", &numbers, "")));
    }
    let timezone = was.map_or(known.timezone.as_str(), |campaign| &campaign.timezone);
    let at = was.and_then(|campaign| campaign.scheduled_at.map(|at| draft::local(at, &campaign.timezone)));
    let hint = "empty: when launched; or 2026-12-01 09:00";
    entries.push(field(step, Field::line("at", "Start", hint, &at.unwrap_or_default(), draft::time)));
    entries.push(field(step, Field::line("timezone", "Time zone", "such as Europe/Berlin", timezone, draft::zone)));
    let missed = was.map_or(MissedSlot::RunLateWithin, |campaign| campaign.missed);
    let policies = [
        (MissedSlot::RunLateWithin.word(), "start late, but not too late"),
        (MissedSlot::Ask.word(), "pause and ask"),
        (MissedSlot::Skip.word(), "cancel it"),
    ];
    let hint = "when its time passed before it could start";
    entries.push(choice(step, Choice::new("missed", "If missed", hint, &policies, missed.word())));
    let late = was.map(|campaign| campaign.late_within_s).filter(|late| *late > 0).unwrap_or(3_600);
    let late = mychatflow_data::protocol::span::Span(std::time::Duration::from_secs(late)).to_string();
    entries.push(field(step, Field::line("late_within", "Late by", "at most so much, such as 1h", &late, draft::span)));
    let quiet = was.and_then(|campaign| campaign.quiet.clone()).unwrap_or_default();
    let hint = "empty: none; or 21:00-08:00, where they live";
    entries.push(field(step, Field::line("quiet", "Quiet hours", hint, &quiet, draft::quiet)));
    let check = was.map_or(NumberCheck::Before, |campaign| campaign.check);
    let checks = [
        (NumberCheck::Before.word(), "look new numbers up before sending"),
        (NumberCheck::Never.word(), "send without looking"),
    ];
    let hint = "writing to dead numbers can get yours banned";
    entries.push(choice(step, Choice::new("check", "Numbers", hint, &checks, check.word())));
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(wizard: &mut Wizard, name: &str, words: &str) {
        for (_, entry) in &mut wizard.entries {
            match entry {
                Entry::Field(field) if field.name == name => field.input.set(words),
                Entry::Choice(choice) if choice.name == name => {
                    choice.at = choice.options.iter().position(|(value, _)| value == words).unwrap();
                }
                _ => {}
            }
        }
    }

    fn names(wizard: &Wizard) -> Vec<&'static str> {
        wizard.shown().into_iter().map(|at| wizard.entries[at].1.name()).collect()
    }

    #[test]
    fn only_what_matters_is_asked() {
        let mut wizard = Wizard::new(&Beginnings::default());
        wizard.step = Step::People;
        assert_eq!(names(&wizard), ["source"]);
        set(&mut wizard, "source", "query");
        assert_eq!(names(&wizard), ["source", "query"]);
        set(&mut wizard, "source", "file");
        assert_eq!(names(&wizard), ["source", "path", "country"]);
        wizard.step = Step::Variants;
        assert_eq!(names(&wizard), ["B"]);
        set(&mut wizard, "B", "Hi");
        assert_eq!(names(&wizard), ["B", "C"]);
        wizard.step = Step::Plan;
        assert_eq!(names(&wizard), ["at", "quiet", "check"]);
        set(&mut wizard, "at", "2026-12-01 09:00");
        assert_eq!(names(&wizard), ["at", "timezone", "missed", "late_within", "quiet", "check"]);
        set(&mut wizard, "missed", "ask");
        assert!(!names(&wizard).contains(&"late_within"));
    }

    #[test]
    fn what_was_chosen_stays_when_segments_come() {
        let mut wizard = Wizard::new(&Beginnings::default());
        set(&mut wizard, "source", "file");
        let segment = SegmentDocument {
            id: mychatflow_data::ids::SegmentId::from_bytes([3; 16]),
            name: "Regulars".to_owned(),
            query: "tag:vip".to_owned(),
            people: 1,
            created_at: Timestamp::from_millis(0),
        };
        wizard.offer(vec![segment]);
        assert_eq!(wizard.value("source"), "file");
        let Some((_, Entry::Choice(source))) = wizard.entries.iter_mut().find(|(_, entry)| entry.name() == "source")
        else {
            panic!("there is a source")
        };
        source.turn(-1);
        assert_eq!(wizard.segment().map(|segment| segment.query.as_str()), Some("tag:vip"));
    }
}
