//! Chooses what of a chat the model gets to see: the whole last burst, and before it as much as fits.

use std::time::Duration;

use jiff::Timestamp;

use super::clean::clean;

/// Who wrote a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// The customer.
    Customer,
    /// Our assistant.
    Assistant,
    /// A person of the shop, from the console, the phone or another program, and campaigns.
    Shop,
}

/// What a message carried besides text. The model is told of it, not shown it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// A picture.
    Photo,
    /// A voice note or an audio file.
    Voice,
    /// A video.
    Video,
    /// A sticker.
    Sticker,
    /// A file.
    Document,
    /// A place.
    Location,
    /// A contact card.
    Contact,
    /// A poll.
    Poll,
    /// An order from the catalogue.
    Order,
    /// A product of the catalogue.
    Product,
    /// Something else.
    Other,
}

impl Media {
    /// What stands in the conversation in its place.
    pub fn placeholder(self) -> &'static str {
        match self {
            Media::Photo => "[photo]",
            Media::Voice => "[voice message]",
            Media::Video => "[video]",
            Media::Sticker => "[sticker]",
            Media::Document => "[document]",
            Media::Location => "[location]",
            Media::Contact => "[contact card]",
            Media::Poll => "[poll]",
            Media::Order => "[order]",
            Media::Product => "[product]",
            Media::Other => "[attachment]",
        }
    }
}

/// One message of a chat as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Who wrote it.
    pub author: Author,
    /// When.
    pub at: Timestamp,
    /// The text or the caption; may be blank.
    pub text: String,
    /// What came with it.
    pub media: Option<Media>,
    /// Does it still wait for an answer?
    pub asks: Asks,
}

/// Does a line still wait for an answer?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// The customer wrote it, and nobody has answered it.
    Open,
    /// It was answered, or asks for nothing.
    No,
}

/// Which side a turn is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The customer's.
    Customer,
    /// The shop's, assistant and people alike.
    Shop,
}

/// Everything one side said in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Whose it is.
    pub side: Side,
    /// One entry per message, oldest first, none blank.
    pub parts: Vec<String>,
}

/// How much of a chat is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Messages at most, the last burst included.
    pub messages: usize,
    /// Nothing before the last burst that is older than this.
    pub age: Duration,
    /// Tokens at most, at four characters each.
    pub tokens: usize,
}

impl Default for Limits {
    /// 20 messages, 24 hours, 3,000 tokens.
    fn default() -> Limits {
        Limits { messages: 20, age: Duration::from_secs(24 * 60 * 60), tokens: 3000 }
    }
}

const CHARS_PER_TOKEN: usize = 4;
/// One message is shown up to here; WhatsApp takes messages of 65,000 characters.
const MESSAGE_CHARS_MAX: usize = 4000;
/// The last burst is shown whole up to here, whatever the limits say.
const BURST_CHARS_MAX: usize = 24_000;

/// The turns to show, oldest first: the last one is what the customer asked and nobody answered, the first one is the
/// customer's too, and older turns are there whole or not at all. `lines` are in order of time. A question that was written
/// before something that we said, and came after it, still stands last: what we said did not answer it. Without an open
/// question there are no turns.
pub fn window(lines: &[Line], now: Timestamp, limits: &Limits) -> Vec<Turn> {
    let (open, past): (Vec<&Line>, Vec<&Line>) = lines.iter().partition(|line| line.asks == Asks::Open);
    if !open.iter().any(|line| shown(line).is_some()) {
        return Vec::new();
    }
    let Some((mut burst, _)) = turns_of(open.into_iter()).pop() else {
        return Vec::new();
    };
    let (turns, unreplied) = settled(turns_of(past.into_iter()));
    burst.parts.splice(..0, unreplied);
    let mut chars = chars_of(&burst);
    while chars > BURST_CHARS_MAX && burst.parts.len() > 1 {
        burst.parts.remove(0);
        chars = chars_of(&burst);
    }
    let mut messages = burst.parts.len();
    let mut kept = vec![burst];
    for (turn, newest_at) in turns.into_iter().rev() {
        chars += chars_of(&turn);
        messages += turn.parts.len();
        let too_old = Duration::try_from(now.duration_since(newest_at)).is_ok_and(|age| age > limits.age);
        if too_old || messages > limits.messages || chars > limits.tokens.saturating_mul(CHARS_PER_TOKEN) {
            break;
        }
        kept.push(turn);
    }
    while kept.last().is_some_and(|turn| turn.side == Side::Shop) {
        kept.pop();
    }
    kept.reverse();
    kept
}

/// A line as the model sees it; `None` for one without anything to show.
fn shown(line: &Line) -> Option<String> {
    let text = clean(&line.text);
    let mut text = text.trim();
    let cut = text.char_indices().nth(MESSAGE_CHARS_MAX).map(|(at, _)| at);
    if let Some(at) = cut {
        text = &text[..at];
    }
    let tail = if cut.is_some() { " […]" } else { "" };
    match (line.media, text.is_empty()) {
        (None, true) => None,
        (None, false) => Some(format!("{text}{tail}")),
        (Some(media), true) => Some(media.placeholder().to_owned()),
        (Some(media), false) => Some(format!("{} {text}{tail}", media.placeholder())),
    }
}

/// Turns with the time of their newest message.
fn turns_of<'l>(lines: impl Iterator<Item = &'l Line>) -> Vec<(Turn, Timestamp)> {
    let mut turns: Vec<(Turn, Timestamp)> = Vec::new();
    for line in lines {
        let Some(text) = shown(line) else { continue };
        let side = match line.author {
            Author::Customer => Side::Customer,
            Author::Assistant | Author::Shop => Side::Shop,
        };
        match turns.last_mut() {
            Some((turn, at)) if turn.side == side => {
                turn.parts.push(text);
                *at = line.at;
            }
            _ => turns.push((Turn { side, parts: vec![text] }, line.at)),
        }
    }
    turns
}

/// What is settled stands before what settled it. The clock may say otherwise, or nothing was said to it: as part of the last
/// turn it would be answered once more. Where the shop has said nothing at all it belongs to the question, and comes second.
fn settled(mut turns: Vec<(Turn, Timestamp)>) -> (Vec<(Turn, Timestamp)>, Vec<String>) {
    let Some((after, _)) = turns.pop_if(|(turn, _)| turn.side == Side::Customer) else { return (turns, Vec::new()) };
    let Some(word) = turns.pop() else { return (turns, after.parts) };
    match turns.last_mut() {
        Some((before, _)) => before.parts.extend(after.parts),
        None => turns.push((after, word.1)),
    }
    turns.push(word);
    (turns, Vec::new())
}

fn chars_of(turn: &Turn) -> usize {
    turn.parts.iter().map(|part| part.chars().count()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn line(author: Author, age_s: i64, text: &str) -> Line {
        let at = Timestamp::from_second(NOW - age_s).unwrap();
        Line { author, at, text: text.to_owned(), media: None, asks: Asks::No }
    }

    fn open(age_s: i64, text: &str) -> Line {
        Line { asks: Asks::Open, ..line(Author::Customer, age_s, text) }
    }

    /// `C:a|b` is a turn of the customer with two parts.
    fn shape(lines: &[Line], limits: Limits) -> Vec<String> {
        let turns = window(lines, Timestamp::from_second(NOW).unwrap(), &limits);
        let letter = |side| if side == Side::Customer { "C" } else { "S" };
        turns.iter().map(|turn| format!("{}:{}", letter(turn.side), turn.parts.join("|"))).collect()
    }

    use Author::{Assistant, Customer, Shop};

    #[test]
    fn a_burst_is_one_turn_and_the_owner_speaks_for_the_shop() {
        let lines = [
            line(Shop, 900, "campaign"),
            line(Customer, 800, "hi"),
            line(Assistant, 700, "hello"),
            line(Shop, 600, "I am the owner"),
            open(30, "ok"),
            open(20, "  "),
            open(10, "open today?"),
        ];
        assert_eq!(shape(&lines, Limits::default()), ["C:hi", "S:hello|I am the owner", "C:ok|open today?"]);
    }

    #[test]
    fn limits_drop_whole_turns_but_never_the_burst() {
        let lines = [
            line(Customer, 90_000, "old"),
            line(Assistant, 600, "s1"),
            line(Customer, 500, "c2"),
            line(Customer, 400, "c3"),
            line(Assistant, 300, "s4"),
            open(20, "c5"),
            open(10, "c6"),
        ];
        let all = Limits::default();
        assert_eq!(shape(&lines, all), ["C:c2|c3", "S:s4", "C:c5|c6"]);
        assert_eq!(shape(&lines, Limits { messages: 4, ..all }), ["C:c5|c6"]);
        assert_eq!(shape(&lines, Limits { messages: 1, ..all }), ["C:c5|c6"]);
        assert_eq!(shape(&lines, Limits { tokens: 0, ..all }), ["C:c5|c6"]);
        assert_eq!(shape(&lines, Limits { age: Duration::from_secs(5), ..all }), ["C:c5|c6"]);
        assert_eq!(shape(&lines, Limits { age: Duration::from_secs(200_000), ..all })[0], "C:old");
    }

    #[test]
    fn nothing_of_the_customer_is_nothing() {
        assert!(shape(&[], Limits::default()).is_empty());
        assert!(shape(&[line(Shop, 5, "hello?")], Limits::default()).is_empty());
        assert!(shape(&[open(5, "  ")], Limits::default()).is_empty());
    }

    #[test]
    fn a_question_that_was_answered_is_not_asked_again() {
        let answered = [line(Customer, 9, "a"), line(Assistant, 5, "b")];
        assert!(shape(&answered, Limits::default()).is_empty());
        // The answer is not in sight, since WhatsApp refused it: it is no reason to write another one.
        assert!(shape(&answered[..1], Limits::default()).is_empty());
    }

    #[test]
    fn what_was_settled_is_no_part_of_the_question_wherever_its_time_puts_it() {
        // The clock was set back between the answer and the next question.
        let ahead = [line(Customer, 900, "a"), line(Assistant, 800, "b"), line(Customer, 9, "c"), open(5, "d")];
        assert_eq!(shape(&ahead, Limits::default()), ["C:a|c", "S:b", "C:d"]);
        assert_eq!(shape(&ahead[1..], Limits::default()), ["C:c", "S:b", "C:d"]);
        // Nothing was said at all: it may be what the question is about.
        assert_eq!(shape(&ahead[2..], Limits::default()), ["C:c|d"]);
    }

    #[test]
    fn a_picture_that_comes_late_stands_after_the_answer_it_missed() {
        let mut photo = open(11, "");
        photo.media = Some(Media::Photo);
        let lines = [photo, line(Customer, 10, "how much is this one?"), line(Assistant, 5, "which one?")];
        assert_eq!(shape(&lines, Limits::default()), ["C:how much is this one?", "S:which one?", "C:[photo]"]);
    }

    #[test]
    fn what_the_shop_said_without_answering_stands_before_the_question() {
        let lines = [open(10, "do you deliver?"), line(Shop, 5, "our new cakes are here")];
        assert_eq!(shape(&lines, Limits::default()), ["C:do you deliver?"]);
    }

    #[test]
    fn media_is_named_and_long_text_cut() {
        let mut photo = open(9, "do you have\u{202e} this?");
        photo.media = Some(Media::Photo);
        let mut voice = open(8, "");
        voice.media = Some(Media::Voice);
        let long = open(7, &"é".repeat(70_000));
        let shape = shape(&[photo, voice, long], Limits::default());
        assert!(shape[0].starts_with("C:[photo] do you have this?|[voice message]|ééé"), "{}", &shape[0][..60]);
        assert!(shape[0].ends_with("é […]"));
        assert!(shape[0].chars().count() < 4100);
    }
}
