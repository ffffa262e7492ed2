//! One WhatsApp message, before an engine gives it its shape.

use bytes::Bytes;

/// How far a message got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ack {
    /// Refused by WhatsApp.
    Error,
    /// On its way to WhatsApp.
    Pending,
    /// WhatsApp has it.
    Server,
    /// The phone has it.
    Device,
    /// Read.
    Read,
    /// Listened to.
    Played,
}

impl Ack {
    pub(crate) fn number(self) -> i8 {
        match self {
            Ack::Error => -1,
            Ack::Pending => 0,
            Ack::Server => 1,
            Ack::Device => 2,
            Ack::Read => 3,
            Ack::Played => 4,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Ack::Error => "ERROR",
            Ack::Pending => "PENDING",
            Ack::Server => "SERVER",
            Ack::Device => "DEVICE",
            Ack::Read => "READ",
            Ack::Played => "PLAYED",
        }
    }
}

/// Where a message was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    App,
    Api,
}

impl Source {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Source::App => "app",
            Source::Api => "api",
        }
    }
}

/// What a message holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Plain text.
    Text(String),
    /// A picture.
    Image {
        /// The text under it.
        caption: Option<String>,
    },
    /// A voice note.
    Voice,
    /// A file.
    Document {
        /// Its name.
        filename: String,
        /// The text under it.
        caption: Option<String>,
    },
    /// A sticker.
    Sticker,
    /// A place.
    Location {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// What the place is called.
        name: Option<String>,
        /// The street.
        address: Option<String>,
    },
    /// Text in a chat whose messages disappear. The server leaves `body` empty: the words are only inside `_data`.
    Disappearing(String),
    /// A tap on a button. `body` is empty here as well.
    ButtonAnswer(String),
    /// A tap on a button of the older sort, whose label whatsmeow prints inside a one-of.
    ButtonChoice(String),
    /// A choice in a native flow, which the phone sends as JSON in a text.
    FlowAnswer(String),
    /// A row chosen from a list, by its title. `body` is empty here as well.
    ListAnswer(String),
    /// An order from the catalogue.
    Order {
        /// What the customer wrote beside it.
        message: String,
        /// How many things.
        items: u32,
        /// The name of the shop.
        title: String,
        /// The sum in thousandths of a euro.
        total_1000: u64,
    },
    /// A visiting card.
    ContactCard {
        /// Whose.
        name: String,
        /// Their number.
        phone: String,
    },
    /// A poll.
    Poll {
        /// What is asked.
        question: String,
        /// What can be chosen.
        options: Vec<String>,
    },
    /// A vote in a poll, encrypted: what was chosen only `poll.vote` tells.
    Vote {
        /// The full id of the poll.
        poll: String,
    },
    /// Content of a sort that came into WhatsApp after any client was written, by its field in the protobuf message.
    Novelty(String),
    /// The same with words further down.
    NoveltyWithWords {
        /// Its field in the protobuf message.
        sort: String,
        /// What the customer wrote.
        words: String,
    },
    /// A message of which the server tells nothing but that there is one.
    Unreadable,
    /// A protocol leftover: no text, no file, nothing to answer.
    Nothing,
}

impl Content {
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Content::Text(text) => Some(text),
            Content::Image { caption } | Content::Document { caption, .. } => caption.as_deref(),
            _ => None,
        }
    }

    /// Mime type and extension of the file, if there is one.
    pub(crate) fn file(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Content::Image { .. } => Some(("image/png", "png")),
            Content::Voice => Some(("audio/ogg; codecs=opus", "oga")),
            Content::Document { .. } => Some(("application/pdf", "pdf")),
            Content::Sticker => Some(("image/webp", "webp")),
            _ => None,
        }
    }

    /// The card as the phone writes it.
    pub(crate) fn vcard(&self) -> Option<String> {
        let Content::ContactCard { name, phone } = self else { return None };
        let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
        // Old phones write other letters than English ones in quoted-printable.
        let (version, encoding, name) = match name.is_ascii() {
            true => ("3.0", "", name.clone()),
            false => ("2.1", ";CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE", quoted_printable(name)),
        };
        Some(format!(
            "BEGIN:VCARD\nVERSION:{version}\nN{encoding}:;{name};;;\nFN{encoding}:{name}\n\
             TEL;type=CELL;waid={digits}:{phone}\nEND:VCARD"
        ))
    }

    /// The bytes behind the file's URL. Small and dull, but of the right kind.
    pub(crate) fn file_bytes(&self) -> Option<Bytes> {
        const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\0\x05\0\x01\xff\x89\x99=\x1d\0\0\0\0IEND\xaeB`\x82";
        match self {
            Content::Image { .. } => Some(Bytes::from_static(PNG)),
            Content::Voice => Some(Bytes::from_static(b"OggS\0\x02")),
            Content::Document { .. } => Some(Bytes::from_static(b"%PDF-1.4\n%%EOF\n")),
            Content::Sticker => Some(Bytes::from_static(b"RIFF\x04\0\0\0WEBP")),
            _ => None,
        }
    }
}

/// A text in quoted-printable, with a soft line break behind every twentieth byte.
fn quoted_printable(text: &str) -> String {
    let mut out = String::new();
    for (n, byte) in text.bytes().enumerate() {
        if n > 0 && n % 20 == 0 {
            out.push_str("=\n");
        }
        match byte {
            b' '..=b'~' if byte != b'=' => out.push(char::from(byte)),
            byte => out.push_str(&format!("={byte:02X}")),
        }
    }
    out
}

/// The message another one answers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Quoted {
    pub(crate) bare_id: String,
    pub(crate) participant: String,
    pub(crate) body: String,
}

/// A message as the phone knows it.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) bare_id: String,
    pub(crate) chat: String,
    /// Who wrote it, where the chat does not say: groups and stories.
    pub(crate) participant: Option<String>,
    pub(crate) from_me: bool,
    pub(crate) source: Source,
    /// Seconds since 1970.
    pub(crate) timestamp: i64,
    pub(crate) content: Content,
    pub(crate) ack: Ack,
    pub(crate) push_name: String,
    /// The number behind a lid, where WhatsApp shows it.
    pub(crate) alt: Option<String>,
    pub(crate) reply_to: Option<Quoted>,
}

impl Message {
    /// `{fromMe}_{chat}_{bare id}[_{participant}]`.
    pub(crate) fn id(&self) -> String {
        full_id(self.from_me, &self.chat, &self.bare_id, self.participant.as_deref())
    }

    pub(crate) fn is_group(&self) -> bool {
        self.chat.ends_with("@g.us")
    }
}

pub(crate) fn full_id(from_me: bool, chat: &str, bare_id: &str, participant: Option<&str>) -> String {
    match participant {
        Some(participant) => format!("{from_me}_{chat}_{bare_id}_{participant}"),
        None => format!("{from_me}_{chat}_{bare_id}"),
    }
}

/// The part of an id that never changes. A bare id is returned as it is.
pub(crate) fn bare_id(id: &str) -> &str {
    if id.starts_with("true_") || id.starts_with("false_") { id.split('_').nth(2).unwrap_or(id) } else { id }
}

/// `…@c.us` as the engines keep it inside `_data`.
pub(crate) fn jid(chat: &str) -> String {
    match chat.strip_suffix("@c.us") {
        Some(number) => format!("{number}@s.whatsapp.net"),
        None => chat.to_owned(),
    }
}

/// Digits alone, or a jid, as the chat id the API speaks. Anything else stays what it is.
pub(crate) fn chat_id(given: &str) -> String {
    if let Some(number) = given.strip_suffix("@s.whatsapp.net") {
        return format!("{number}@c.us");
    }
    if given.contains('@') { given.to_owned() } else { format!("{given}@c.us") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_apart() {
        assert_eq!(bare_id("false_447700900001@c.us_3F00"), "3F00");
        assert_eq!(bare_id("true_120363000000000001@g.us_3F01_447700900001@c.us"), "3F01");
        assert_eq!(bare_id("3F02"), "3F02");
        assert_eq!(chat_id("447700900001"), "447700900001@c.us");
        assert_eq!(chat_id("447700900001@s.whatsapp.net"), "447700900001@c.us");
        assert_eq!(jid("7000@lid"), "7000@lid");
    }
}
