//! How long every text may be that a person can give: one table, and one sentence for what is longer.

use std::fmt;

/// How long a text may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// What the text is, in words for people.
    pub what: &'static str,
    /// The most characters.
    pub chars: usize,
}

/// A text that is longer than its limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} has {} characters; at most {} are possible", Grouped(*chars), Grouped(*most))]
pub struct TooLong {
    /// What the text is.
    pub what: String,
    /// How many characters it has.
    pub chars: usize,
    /// The most characters.
    pub most: usize,
}

impl Limit {
    const fn new(what: &'static str, chars: usize) -> Self {
        Self { what, chars }
    }

    /// May this text be so long?
    ///
    /// # Errors
    /// How long it is, and how long it may be.
    pub fn check(self, text: &str) -> Result<(), TooLong> {
        self.check_as(self.what, text)
    }

    /// The same where the text has a name of its own, such as a column.
    ///
    /// # Errors
    /// How long it is, and how long it may be.
    pub fn check_as(self, what: &str, text: &str) -> Result<(), TooLong> {
        // No text has more characters than bytes.
        if text.len() <= self.chars {
            return Ok(());
        }
        match text.chars().count() {
            chars if chars > self.chars => Err(TooLong { what: what.to_owned(), chars, most: self.chars }),
            _ => Ok(()),
        }
    }
}

/// A number with a comma between each three digits.
struct Grouped(usize);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (at, digit) in digits.char_indices() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

/// A message to a customer: what WhatsApp takes.
pub const MESSAGE: Limit = Limit::new("the message", 65_536);
/// What stands in the composer.
pub const DRAFT: Limit = Limit::new("the draft", 65_536);
/// What a customer would write.
pub const QUESTION: Limit = Limit::new("the question", 65_536);
/// A note in a chat.
pub const CHAT_NOTE: Limit = Limit::new("the note", 4_096);
/// The note on a person.
pub const PERSON_NOTE: Limit = Limit::new("the note", 4_000);
/// Why credits were granted.
pub const CREDIT_NOTE: Limit = Limit::new("the note", 500);
/// A tag.
pub const TAG: Limit = Limit::new("the tag", 64);
/// What a person is called.
pub const PERSON_NAME: Limit = Limit::new("the name", 500);
/// A language.
pub const LANGUAGE: Limit = Limit::new("the language", 500);
/// What stands in a column of the owner's own.
pub const FIELD: Limit = Limit::new("the column's value", 500);
/// What such a column is called.
pub const COLUMN: Limit = Limit::new("the column's name", 500);
/// Where consent was given, or what proves it.
pub const CONSENT: Limit = Limit::new("what is said about consent", 500);
/// Which people are meant.
pub const QUERY: Limit = Limit::new("the query", 2_000);
/// What a segment is called.
pub const SEGMENT_NAME: Limit = Limit::new("the segment's name", 64);
/// What is looked for in messages.
pub const SEARCH: Limit = Limit::new("the search", 512);
/// What a campaign is called.
pub const CAMPAIGN_NAME: Limit = Limit::new("the campaign's name", 120);
/// The text of a campaign, with its places.
pub const CAMPAIGN_TEXT: Limit = Limit::new("the text", 10_000);
/// What a quick reply is called.
pub const QUICK_REPLY_LABEL: Limit = Limit::new("the label", 120);
/// What a quick reply is about.
pub const QUICK_REPLY_CATEGORY: Limit = Limit::new("the category", 120);
/// The words of a quick reply: more than is sent, for a list of prices that only the assistant reads.
pub const QUICK_REPLY_TEXT: Limit = Limit::new("the text", 20_000);
/// What a tenant is called.
pub const TENANT_NAME: Limit = Limit::new("the tenant's name", 120);
/// What a number is called.
pub const NUMBER_NAME: Limit = Limit::new("the number's name", 60);
/// What a number's session at WAHA is called.
pub const SESSION_NAME: Limit = Limit::new("the session's name", 54);
/// What a file is called.
pub const FILE_NAME: Limit = Limit::new("the file's name", 255);
/// What the business is and sells.
pub const PROFILE: Limit = Limit::new("the profile", 20_000);
/// When the business is open.
pub const HOURS: Limit = Limit::new("the opening hours", 2_000);
/// What the tenant tells the assistant.
pub const INSTRUCTIONS: Limit = Limit::new("the instructions", 10_000);
/// The name that customers know.
pub const BUSINESS_NAME: Limit = Limit::new("the business name", 120);
/// What is answered to somebody who wants no more messages.
pub const CONFIRMATION: Limit = Limit::new("the confirmation", 1_000);
/// A setting that is a word or a number.
pub const SETTING: Limit = Limit::new("the value", 100);
/// A time zone.
pub const TIMEZONE: Limit = Limit::new("the time zone", 64);
/// A time, or hours of the day.
pub const TIME: Limit = Limit::new("the time", 100);
/// A phone number.
pub const PHONE: Limit = Limit::new("the phone number", 100);
/// What something is called that is there already, or a part of it.
pub const KNOWN_NAME: Limit = Limit::new("the name", 1_000);
/// Where a page begins.
pub const CURSOR: Limit = Limit::new("the cursor", 4_096);
/// Every text that has no line of its own.
pub const OTHER: Limit = Limit::new("the text", 200);
/// A piece of a file: as much as one line of the socket takes.
pub const FILE_PIECE: Limit = Limit::new("the piece of the file", 1024 * 1024);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_long_is_told_with_its_length_and_the_limit() {
        let told = |text: &str| PROFILE.check(text).map_err(|why| why.to_string());
        assert_eq!(told(&"ü".repeat(20_000)), Ok(()));
        assert_eq!(
            told(&"ü".repeat(900_000)),
            Err("the profile has 900,000 characters; at most 20,000 are possible".to_owned())
        );
        for (number, written) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_048_576, "1,048,576")] {
            assert_eq!(Grouped(number).to_string(), written);
        }
    }
}
