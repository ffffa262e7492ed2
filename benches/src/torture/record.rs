//! What is known in the end, as plain data: what was done, what WAHA received, what the store says. Times are true ones,
//! in milliseconds since 1970, whatever the daemon's clock shows.

use std::collections::BTreeSet;

/// A message of a customer.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// Who wrote it.
    pub who: usize,
    /// Its mark, and those of the words that it was given later.
    pub marks: Vec<String>,
    /// The id that never changes.
    pub bare_id: String,
    /// When it was sent to WhatsApp.
    pub said_at: i64,
    /// When the daemon first acknowledged it; `None`: no webhook of it was.
    pub told_at: Option<i64>,
    /// Must it be answered? A picture that comes late, or words that were changed, may be.
    pub owed: bool,
    /// Was it taken back?
    pub deleted: bool,
    /// When the daemon acknowledged that.
    pub deletion_told_at: Option<i64>,
}

/// A time in which the assistant must not write to somebody.
#[derive(Debug, Clone)]
pub struct Silence {
    /// To whom.
    pub who: usize,
    /// Since the daemon knows; `None`: it was never told.
    pub from: Option<i64>,
    /// Until it may again.
    pub until: i64,
    /// Why.
    pub why: &'static str,
}

/// What a person of the shop wrote in the console.
#[derive(Debug, Clone)]
pub struct HumanWords {
    /// To whom.
    pub who: usize,
    /// The mark.
    pub mark: String,
}

/// A campaign.
#[derive(Debug, Clone)]
pub struct CampaignRecord {
    /// The mark of its text.
    pub mark: String,
    /// Who is on its list.
    pub listed: BTreeSet<usize>,
}

/// A message that WAHA sent for the daemon.
#[derive(Debug, Clone, Default)]
pub struct SentMessage {
    /// The chat, as WAHA was told.
    pub chat_id: String,
    /// Whom that is; `None`: nobody who writes.
    pub who: Option<usize>,
    /// The words.
    pub text: String,
    /// The id that never changes.
    pub bare_id: String,
    /// When.
    pub at: i64,
}

/// A message in the store.
#[derive(Debug, Clone, Default)]
pub struct StoredMessage {
    /// Its chat, by its place in [`Record::chats`].
    pub chat: usize,
    /// From the customer?
    pub incoming: bool,
    /// WAHA's full id.
    pub wa_id: String,
    /// How far it got.
    pub state: String,
    /// Why not further.
    pub reason: String,
    /// The words.
    pub text: String,
    /// Does the store still show it as a question that nobody has answered?
    pub unanswered: bool,
}

/// A chat as the store leaves it.
#[derive(Debug, Clone, Default)]
pub struct StoredChat {
    /// With whom; `None`: with nobody who writes.
    pub who: Option<usize>,
    /// Whose turn it is.
    pub state: String,
    /// Why.
    pub reason: String,
}

/// What the ledger says.
#[derive(Debug, Clone, Default)]
pub struct Books {
    /// What differs between the ledger and what happened.
    pub drift: i64,
    /// The smallest balance that was ever seen.
    pub balance_min: i64,
    /// Answers that were paid for.
    pub settled: usize,
    /// Answers that may have gone out, and nobody knows.
    pub reserved: usize,
}

/// Everything.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// What customers wrote.
    pub questions: Vec<Question>,
    /// When the assistant had to be silent.
    pub silences: Vec<Silence>,
    /// When a person let the assistant speak again, or said anew how long it is to be silent.
    pub resumes: Vec<(usize, i64)>,
    /// Since when somebody wants no messages.
    pub opt_outs: Vec<(usize, i64)>,
    /// What was written in the console and accepted.
    pub human: Vec<HumanWords>,
    /// Campaigns.
    pub campaigns: Vec<CampaignRecord>,
    /// What WAHA sent, in its order.
    pub sent: Vec<SentMessage>,
    /// What the store holds.
    pub stored: Vec<StoredMessage>,
    /// The chats.
    pub chats: Vec<StoredChat>,
    /// The ledger.
    pub books: Books,
    /// Work that is left although everything was well for long.
    pub left: Vec<String>,
}
