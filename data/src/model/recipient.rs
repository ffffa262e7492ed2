//! A recipient: one row of a campaign.

use super::contact::{ConsentState, Review};
use super::query::Query;
use super::words;
use crate::ids::{ChatId, ContactId, InteractionId, RecipientId};
use crate::time::Timestamp;

words! {
    /// How far a campaign got with one person. From `sending` on it follows the message that was made for the person.
    RecipientState {
        /// Waits for its turn.
        Queued => "queued",
        /// The number is being looked up.
        Checking => "checking",
        /// The message is made, and goes out or may have.
        Sending => "sending",
        /// WAHA took it.
        Sent => "sent",
        /// It reached a device of the person.
        Delivered => "delivered",
        /// The person saw it.
        Read => "read",
        /// The person wrote back within a week.
        Replied => "replied",
        /// Left out, for the reason given.
        Skipped => "skipped",
        /// WhatsApp or WAHA refused it.
        Failed => "failed",
        /// It may or may not have been sent; never sent again by itself.
        Unknown => "unknown",
        /// The person asked not to be written to.
        OptedOut => "opted_out",
    }
}

/// One row of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Its id; ids are in the order of the list.
    pub id: RecipientId,
    /// The phone number, or what stood in its place.
    pub phone: String,
    /// The person's name, from the list or from the contacts.
    pub name: Option<String>,
    /// How far it got.
    pub state: RecipientState,
    /// Why it is in its state.
    pub reason: Option<String>,
    /// WAHA's full id of the message.
    pub wa_id: Option<String>,
    /// When it got there: the reply, else the message, else the row itself when it was left out.
    pub at: Option<Timestamp>,
    /// The person.
    pub contact: Option<ContactId>,
    /// The thread that the message is in.
    pub chat: Option<ChatId>,
    /// The message.
    pub interaction: Option<InteractionId>,
    /// Which of the campaign's texts it is, or was to be; 0 is the first.
    pub variant: usize,
}

/// Why a person is left out where consent must be on record, and is not.
pub const NO_CONSENT_ON_RECORD: &str = "no consent on record";
/// Why a person is left out whose refusal is on record.
pub const CONSENT_REFUSED: &str = "no consent: refused";

/// Why a person is left out of whom nobody has said who it is.
const NOT_REVIEWED: &str = "not reviewed yet: customer or personal?";

/// Why a row is left out, going by what it says itself and by what is on record of its person. A refusal stands until it
/// is taken back on the record; what is missing in a row may be on the record.
#[must_use]
pub fn left_out(said: Option<&str>, recorded: Option<ConsentState>) -> Option<&str> {
    match (said, recorded) {
        (None | Some(NO_CONSENT_ON_RECORD), Some(ConsentState::Refused)) => Some(CONSENT_REFUSED),
        (Some(NO_CONSENT_ON_RECORD), Some(ConsentState::Given)) => None,
        (said, _) => said,
    }
}

/// Why a person of whom no list says anything is left out: nobody has said who it is, unless the query that they are meant
/// by does, or consent is missing.
#[must_use]
pub fn passed_over<'r>(
    query: &Query,
    review: Review,
    said: Option<&'r str>,
    recorded: Option<ConsentState>,
) -> Option<&'r str> {
    if review == Review::Unreviewed && !query.names_reviewed() {
        return Some(NOT_REVIEWED);
    }
    left_out(said, recorded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consent_is_what_the_row_says_and_what_is_on_record() {
        let (given, refused) = (Some(ConsentState::Given), Some(ConsentState::Refused));
        for (said, recorded, expected) in [
            (None, None, None),
            (None, given, None),
            (None, refused, Some(CONSENT_REFUSED)),
            (Some(NO_CONSENT_ON_RECORD), None, Some(NO_CONSENT_ON_RECORD)),
            (Some(NO_CONSENT_ON_RECORD), given, None),
            (Some(NO_CONSENT_ON_RECORD), refused, Some(CONSENT_REFUSED)),
            (Some("no consent"), given, Some("no consent")),
            (Some("not a phone number"), refused, Some("not a phone number")),
        ] {
            assert_eq!(left_out(said, recorded), expected, "{said:?} {recorded:?}");
        }
    }
}
