//! Somebody who writes to the shop, by number or from behind a hidden id.

/// Somebody who writes to the shop.
#[derive(Clone, Debug, PartialEq)]
pub struct Customer {
    /// Digits, with or without `+` and spaces.
    pub phone: String,
    /// Set where WhatsApp hides the number.
    pub lid: Option<Lid>,
    /// The name they gave themselves.
    pub name: String,
}

/// A hidden id.
#[derive(Clone, Debug, PartialEq)]
pub struct Lid {
    /// Digits, or `…@lid`.
    pub id: String,
    /// Whether the number behind it can be found.
    pub number: Number,
}

/// Whether the number behind a hidden id can be found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// In `_data` of each message and by `/lids/{lid}`.
    Shown,
    /// Nowhere, until `map_lid` tells.
    Secret,
}

/// What somebody is seen doing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Presence {
    /// In WhatsApp.
    Online,
    /// Away.
    Offline,
    /// Typing.
    Typing,
    /// Recording a voice note.
    Recording,
    /// Stopped typing.
    Paused,
}

impl Customer {
    /// Somebody whose number everybody sees.
    pub fn new(phone: &str, name: &str) -> Customer {
        Customer { phone: phone.to_owned(), lid: None, name: name.to_owned() }
    }

    /// Somebody who writes from a hidden id.
    pub fn hidden(phone: &str, lid: &str, number: Number, name: &str) -> Customer {
        Customer { lid: Some(Lid { id: lid.to_owned(), number }), ..Customer::new(phone, name) }
    }

    /// The chat their messages come from: `…@c.us`, or `…@lid` when hidden.
    pub fn chat_id(&self) -> String {
        match &self.lid {
            Some(lid) => lid.full(),
            None => self.number_id(),
        }
    }

    /// The id by number, hidden or not.
    pub fn number_id(&self) -> String {
        let digits: String = self.phone.chars().filter(char::is_ascii_digit).collect();
        format!("{digits}@c.us")
    }

    pub(crate) fn alt(&self) -> Option<String> {
        self.lid.as_ref().filter(|lid| lid.number == Number::Shown).map(|_| self.number_id())
    }
}

impl Lid {
    pub(crate) fn full(&self) -> String {
        if self.id.contains('@') { self.id.clone() } else { format!("{}@lid", self.id) }
    }
}

impl Presence {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Presence::Online => "online",
            Presence::Offline => "offline",
            Presence::Typing => "typing",
            Presence::Recording => "recording",
            Presence::Paused => "paused",
        }
    }
}
