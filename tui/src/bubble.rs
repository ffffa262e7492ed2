//! A message as rows of words: what layout measures and view paints.

use jiff::tz::TimeZone;
use mychatflow_data::model::interaction::{Author, ContentKind, Direction, InteractionState, Media};
use mychatflow_data::model::place;
use mychatflow_data::protocol::calls::chat::{InteractionDocument, NoteDocument};
use mychatflow_data::time::Timestamp;

use crate::moment;
use crate::state::outbox::{Pending, Stage};
use crate::state::thread::Entry;
use crate::text::{self, CleanText};
use crate::theme::{Glyphs, Role};

/// At which side of the thread it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The customer's.
    Left,
    /// Ours.
    Right,
}

/// A row of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// The day it begins, across the thread.
    Day(String),
    /// Inside the bubble: who wrote it, in a group.
    Author(String),
    /// Inside: what it answers.
    Quote(String),
    /// Inside: its words.
    Words(String),
    /// Inside: what it said before it was edited or taken back.
    Was(String),
    /// Beneath the bubble.
    Meta(Vec<(String, Role)>),
    /// Air.
    Gap,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bubble {
    /// Its side.
    pub side: Side,
    /// Its ground.
    pub surface: Role,
    /// Its columns.
    pub width: u16,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// What a bubble depends on besides the message.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The time.
    pub now: Timestamp,
    /// The zone that days and times are told in.
    pub zone: &'a TimeZone,
    /// The signs.
    pub glyphs: &'a Glyphs,
    /// Columns of the thread.
    pub width: u16,
}

/// The widest a bubble gets.
const WIDEST: u16 = 72;

impl Bubble {
    /// Its height in rows.
    #[must_use]
    pub fn height(&self) -> u16 {
        u16::try_from(self.rows.len()).unwrap_or(u16::MAX)
    }
}

/// Makes a bubble; `before` is when the one above it was written.
#[must_use]
pub fn bubble(entry: Entry<'_>, before: Option<Timestamp>, around: Around<'_>) -> Bubble {
    let mut rows = Vec::new();
    let day = |at: Timestamp| at.to_jiff().to_zoned(around.zone.clone()).date();
    if before.is_none_or(|before| day(before) != day(entry.at())) {
        rows.push(Row::Day(moment::day_line(entry.at(), around.now, around.zone)));
    }
    let mut made = match entry {
        Entry::Message(item) => message(item, around),
        Entry::Note(note) => of_note(note, around),
        Entry::Pending(pending) => of_pending(pending, around),
    };
    rows.append(&mut made.rows);
    rows.push(Row::Gap);
    made.rows = rows;
    made
}

/// Columns for words in a bubble.
fn room(around: Around<'_>) -> usize {
    let most = (around.width * 4 / 5).min(WIDEST).max(around.width.min(16));
    usize::from(most.saturating_sub(2).max(2))
}

/// Puts words into rows, and says how wide they got.
fn put(rows: &mut Vec<Row>, words: &str, room: usize, make: fn(String) -> Row) -> usize {
    let mut widest = 0;
    for row in text::wrap(words, room) {
        widest = widest.max(text::width(row));
        rows.push(make(row.to_owned()));
    }
    widest
}

fn columns(widest: usize) -> u16 {
    u16::try_from(widest + 2).unwrap_or(u16::MAX)
}

fn message(item: &InteractionDocument, around: Around<'_>) -> Bubble {
    let room = room(around);
    let mut rows = Vec::new();
    let mut widest = 0;
    if let Some(name) = &item.author_name {
        widest =
            widest.max(put(&mut rows, text::cut(CleanText::line(name).as_str(), room).as_ref(), room, Row::Author));
    }
    if let Some(quoted) = &item.quoted {
        let words = format!("{} {}", around.glyphs.pipe, CleanText::line(&quoted.text));
        widest = widest.max(put(&mut rows, text::cut(&words, room).as_ref(), room, Row::Quote));
    }
    let words = shortened(words(item), item.text.chars().count());
    if item.state == InteractionState::Revoked {
        widest = widest.max(put(&mut rows, "taken back", room, Row::Was));
    }
    if !words.is_empty() {
        let make = if item.state == InteractionState::Revoked { Row::Was } else { Row::Words };
        widest = widest.max(put(&mut rows, words.as_str(), room, make));
    }
    let original = item.original.as_deref().filter(|original| *original != item.text);
    if let Some(original) = original.filter(|_| item.direction == Direction::In) {
        let was = CleanText::block(&format!("was: {original}"));
        widest = widest.max(put(&mut rows, was.as_str(), room, Row::Was));
    }
    rows.push(Row::Meta(meta(item, around)));
    // Why a message waits is longer than a line of a narrow thread.
    let sends_later = item.sends_at.is_some_and(|at| at > around.now);
    if let Some(reason) = item.reason.as_deref().filter(|_| item.state == InteractionState::Queued && !sends_later) {
        let reason = CleanText::line(reason);
        let wrapped = text::wrap(reason.as_str(), usize::from(around.width.saturating_sub(2)).max(8));
        rows.extend(wrapped.into_iter().map(|row| Row::Meta(vec![(row.to_owned(), Role::Warn)])));
    }
    let side = if item.direction == Direction::In { Side::Left } else { Side::Right };
    let surface = match (item.direction, item.state, item.author) {
        (Direction::In, ..) => Role::BubbleIn,
        (_, InteractionState::Draft | InteractionState::Held | InteractionState::Cancelled, _) => Role::BubbleDraft,
        (_, InteractionState::Queued, _) if item.sends_at.is_some() => Role::BubbleDraft,
        (_, _, Author::Assistant) => Role::BubbleAssistant,
        _ => Role::BubbleOut,
    };
    Bubble { side, surface, width: columns(widest), rows }
}

/// Characters of a message that stand in the thread; all of it is read by itself.
const SHOWN: usize = 3_000;

/// A message that is too long for a thread, with what is missing.
fn shortened(words: CleanText, chars: usize) -> CleanText {
    match words.as_str().char_indices().nth(SHOWN) {
        Some((end, _)) => {
            let start = &words.as_str()[..end];
            CleanText::block(&format!(
                "{start}…\n({} more characters: right shows all of it)",
                chars.saturating_sub(SHOWN)
            ))
        }
        None => words,
    }
}

/// The words of a message, or what stands for them.
fn words(item: &InteractionDocument) -> CleanText {
    let placeholder = match item.kind {
        ContentKind::Waiting => "[not readable yet; WhatsApp will deliver it again]",
        ContentKind::Other => "[something this console can't show]",
        kind => kind.placeholder(),
    };
    if placeholder.is_empty() || item.kind.is_in_words(&item.text) {
        return CleanText::block(&item.text);
    }
    let about = item.media.as_ref().map(media).unwrap_or_default();
    // The name of a file is told beside its size.
    let name = item.media.as_ref().and_then(|media| media.file_name.as_deref());
    let text = name.and_then(|name| item.text.strip_prefix(name)).map_or(item.text.as_str(), |rest| rest.trim_start());
    // Words of a file stand below it; a place, a card, an order are their words.
    let gap = if item.kind.is_file() { "\n" } else { " " };
    let map = if item.kind == ContentKind::Location { place::map_link(text) } else { None };
    let map = map.map(|link| format!("\n{link}")).unwrap_or_default();
    CleanText::block(format!("{placeholder}{about}{gap}{text}{map}").trim_end())
}

fn media(media: &Media) -> String {
    let mut words = String::new();
    if let Some(name) = &media.file_name {
        words.push_str(&format!(" {}", CleanText::line(name)));
    }
    if let Some(seconds) = media.duration_s {
        words.push_str(&format!(" {}:{:02}", seconds / 60, seconds % 60));
    }
    if let Some(bytes) = media.size_bytes {
        words.push_str(&match bytes {
            0..1024 => format!(" {bytes} B"),
            1024..1_048_576 => format!(" {} KB", bytes / 1024),
            _ => format!(" {:.1} MB", bytes as f64 / 1_048_576.0),
        });
    }
    words
}

/// Who, how far it got, and when.
fn meta(item: &InteractionDocument, around: Around<'_>) -> Vec<(String, Role)> {
    let glyphs = around.glyphs;
    let clock = moment::clock(item.at, around.zone);
    let mut parts: Vec<(String, Role)> = Vec::new();
    let reason = || item.reason.as_deref().map(|reason| format!(": {}", CleanText::line(reason))).unwrap_or_default();
    if item.direction == Direction::In {
        parts.push((clock, Role::Muted));
        match item.state {
            InteractionState::Edited => parts.push(("edited".to_owned(), Role::Muted)),
            InteractionState::Revoked => parts.push(("taken back".to_owned(), Role::Muted)),
            // What its words have done: they were an opt-out.
            _ => {
                parts.extend(item.reason.as_deref().map(|reason| (CleanText::line(reason).into_string(), Role::Muted)))
            }
        }
    } else {
        let who = match item.author {
            Author::Assistant => "assistant",
            Author::Human => "you",
            Author::Phone => "you, on the phone",
            Author::Campaign => "campaign",
            Author::System => "automatic",
            Author::Customer => "customer",
        };
        parts.push((who.to_owned(), if item.author == Author::Assistant { Role::Accent } else { Role::Muted }));
        if let Some(model) = item.model.as_deref().filter(|_| around.width >= 60) {
            parts.push((CleanText::line(model).into_string(), Role::Faint));
        }
        // What was written first is no part of what the customer gets.
        if item.original.as_deref().is_some_and(|original| original != item.text) {
            parts.push(("edited".to_owned(), Role::Muted));
        }
        if let Some(latency) = item.latency_ms {
            parts.push((format!("{:.1} s", latency as f64 / 1000.0), Role::Muted));
        }
        parts.push(match item.state {
            InteractionState::Draft => match item.sends_at {
                Some(at) if at > around.now => {
                    let left = moment::left(at, around.now);
                    (format!("{} sends in {left}", glyphs.clock), Role::Warn)
                }
                Some(_) => (format!("{} about to be sent", glyphs.clock), Role::Warn),
                None => ("draft: waits for you".to_owned(), Role::Warn),
            },
            InteractionState::Held => (format!("{} held{}", glyphs.held, reason()), Role::Warn),
            InteractionState::Queued => match item.sends_at {
                Some(at) if at > around.now => {
                    (format!("{} sends in {}", glyphs.clock, moment::left(at, around.now)), Role::Warn)
                }
                _ if item.reason.is_some() => (format!("{} waits:", glyphs.clock), Role::Warn),
                _ => (format!("{} queued", glyphs.clock), Role::Muted),
            },
            InteractionState::Sending => (format!("{} sending", glyphs.sending), Role::Muted),
            InteractionState::Sent => (format!("{} {clock}", glyphs.sent), Role::Muted),
            InteractionState::Delivered => (format!("{} {clock}", glyphs.delivered), Role::Muted),
            InteractionState::Read | InteractionState::Played => (format!("{} {clock}", glyphs.read), Role::Good),
            InteractionState::Failed => (format!("{} failed{}", glyphs.failed, reason()), Role::Bad),
            InteractionState::Unknown => {
                (format!("{} may or may not have been sent{}", glyphs.unknown, reason()), Role::Bad)
            }
            InteractionState::Cancelled => (format!("not sent{}", reason()), Role::Muted),
            InteractionState::Received => (clock, Role::Muted),
            InteractionState::Edited => (format!("edited {clock}"), Role::Muted),
            InteractionState::Revoked => (format!("taken back {clock}"), Role::Muted),
        });
    }
    if let Some(reaction) = &item.reaction {
        parts.push((format!("reacted {}", CleanText::line(reaction)), Role::Accent));
    }
    parts
}

fn of_note(note: &NoteDocument, around: Around<'_>) -> Bubble {
    let mut rows = Vec::new();
    let widest = put(&mut rows, CleanText::block(&note.text).as_str(), room(around), Row::Words);
    let who = format!("note by {}", CleanText::line(&note.author));
    rows.push(Row::Meta(vec![
        (who, Role::Info),
        ("only your team sees it".to_owned(), Role::Faint),
        (moment::clock(note.at, around.zone), Role::Muted),
    ]));
    Bubble { side: Side::Right, surface: Role::Toast, width: columns(widest), rows }
}

fn of_pending(pending: &Pending, around: Around<'_>) -> Bubble {
    let mut rows = Vec::new();
    let widest = put(&mut rows, CleanText::block(&pending.text).as_str(), room(around), Row::Words);
    let glyphs = around.glyphs;
    let state = match &pending.stage {
        Stage::Sending | Stage::Taken => (format!("{} sending", glyphs.sending), Role::Muted),
        Stage::Failed(reason) => (format!("{} not sent: {}", glyphs.failed, CleanText::line(reason)), Role::Bad),
        Stage::Unknown => (format!("{} no answer from the daemon", glyphs.unknown), Role::Bad),
    };
    rows.push(Row::Meta(vec![("you".to_owned(), Role::Muted), state]));
    Bubble { side: Side::Right, surface: Role::BubbleDraft, width: columns(widest), rows }
}

#[cfg(test)]
mod tests {
    use mychatflow_data::ids::ChatId;
    use mychatflow_data::model::interaction::Interaction;

    use super::*;

    #[test]
    fn kind_and_words_are_shown_once() {
        let file = |name: &str| Media { file_name: Some(name.to_owned()), size_bytes: Some(2048), ..Media::default() };
        for (kind, text, media, shown) in [
            (ContentKind::Text, "hi", None, "hi"),
            (ContentKind::Image, "", None, "[photo]"),
            (ContentKind::Image, "[sic] how much?", None, "[photo]\n[sic] how much?"),
            (ContentKind::Document, "menu.pdf", Some(file("menu.pdf")), "[document] menu.pdf 2 KB"),
            (ContentKind::Document, "menu.pdf\nour menu", Some(file("menu.pdf")), "[document] menu.pdf 2 KB\nour menu"),
            (ContentKind::Document, "our menu", Some(file("menu.pdf")), "[document] menu.pdf 2 KB\nour menu"),
            (
                ContentKind::Location,
                "Harbour Café (53.5436, 9.9662)",
                None,
                "[location] Harbour Café (53.5436, 9.9662)\nhttps://maps.google.com/?q=53.5436,9.9662",
            ),
            (ContentKind::Contact, "Otto +49 151", None, "[contact card] Otto +49 151"),
            (ContentKind::Order, "2 rye", None, "[order] 2 rye"),
            (ContentKind::Poll, "Which?: a · b", None, "[poll] Which?: a · b"),
            (ContentKind::Poll, "[vote: a] Which?", None, "[vote: a] Which?"),
            (ContentKind::Other, "[voice call]", None, "[voice call]"),
            (ContentKind::Other, "", None, "[something this console can't show]"),
        ] {
            let address = "491511@c.us".parse().unwrap();
            let message = Interaction::received(ChatId::new(), address, text.to_owned(), Timestamp::from_millis(0));
            let item = InteractionDocument::from(Interaction { kind, media, ..message });
            assert_eq!(words(&item).as_str(), shown, "{kind} {text}");
        }
    }
}
