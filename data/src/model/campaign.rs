//! A campaign: one text to many people, each of whom gets it once.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::recipient::RecipientState;
use super::{variant, words};
use crate::ids::{CampaignId, InstanceId, RecipientId};
use crate::time::Timestamp;

words! {
    /// Where a campaign stands.
    CampaignState {
        /// Being written; nothing is sent.
        Draft => "draft",
        /// Launched, and waits for its time.
        Scheduled => "scheduled",
        /// Sends, at the pace of its number.
        Running => "running",
        /// Stopped by a person or by a rule until resumed.
        Paused => "paused",
        /// Every recipient got it or stands with a reason.
        Completed => "completed",
        /// Ended by a person; the rest of its recipients were skipped.
        Cancelled => "cancelled",
    }
}

words! {
    /// What happens to a campaign whose time has passed before it could start: the daemon was down, the number too.
    MissedSlot {
        /// It starts late, but not too late: then it asks.
        RunLateWithin => "run_late_within",
        /// It is cancelled.
        Skip => "skip",
        /// It is paused until a person says what to do.
        Ask => "ask",
    }
}

words! {
    /// Are numbers looked up before the first message to them?
    #[derive(Default)]
    NumberCheck {
        /// Yes: a message to a number without WhatsApp can get ours restricted.
        #[default]
        Before => "before",
        /// No.
        Never => "never",
    }
}

words! {
    /// How likely a campaign is to get its number into trouble.
    Risk {
        /// As people write to people they know.
        Low => "low",
        /// Something to look at first.
        Medium => "medium",
        /// Numbers are restricted for this.
        High => "high",
    }
}

macro_rules! counts {
    ($($(#[$doc:meta])* $field:ident => $state:ident,)+) => {
        /// How many recipients are in each state. Derived from the recipients, never stored.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct CampaignCounts {
            $($(#[$doc])* pub $field: i64,)+
        }

        impl CampaignCounts {
            /// Adds recipients of one state.
            pub fn add(&mut self, state: RecipientState, count: i64) {
                match state {
                    $(RecipientState::$state => self.$field += count,)+
                }
            }

            /// All recipients.
            #[must_use]
            pub const fn total(&self) -> i64 {
                0 $(+ self.$field)+
            }
        }
    };
}

counts! {
    /// Wait for their turn.
    queued => Queued,
    /// The number is being looked up.
    checking => Checking,
    /// On their way.
    sending => Sending,
    /// With WhatsApp.
    sent => Sent,
    /// On a device.
    delivered => Delivered,
    /// Seen.
    read => Read,
    /// Answered.
    replied => Replied,
    /// Left out, with a reason.
    skipped => Skipped,
    /// Refused, with a reason.
    failed => Failed,
    /// May or may not have got it, with a reason.
    unknown => Unknown,
    /// Asked not to be written to.
    opted_out => OptedOut,
}

impl CampaignCounts {
    /// Those who still wait for their turn.
    #[must_use]
    pub const fn left(&self) -> i64 {
        self.queued + self.checking
    }

    /// Those who are settled one way or the other.
    #[must_use]
    pub const fn settled(&self) -> i64 {
        self.total() - self.left() - self.sending
    }

    /// Those to whom it went out.
    #[must_use]
    pub const fn gone_out(&self) -> i64 {
        self.sent + self.delivered + self.read + self.replied
    }
}

/// When a campaign may write to whom, and what happens when its time is missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Hours in which nobody is disturbed, where the person lives: `21:00-08:00`.
    pub quiet: Option<String>,
    /// What happens when its time has passed before it could start.
    pub missed: MissedSlot,
    /// How late it may start with [`MissedSlot::RunLateWithin`].
    pub late_max: Duration,
}

impl Default for Plan {
    fn default() -> Self {
        Self { quiet: None, missed: MissedSlot::RunLateWithin, late_max: Duration::from_secs(3600) }
    }
}

/// One text to many people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// Its id.
    pub id: CampaignId,
    /// What it is called, unique in the tenant whatever its case.
    pub name: String,
    /// The number that it goes out from.
    pub instance: InstanceId,
    /// The text, with places for variables.
    pub text: String,
    /// Other texts besides it, for a part of the people each.
    pub variants: Vec<String>,
    /// The picture or document that goes with the text.
    pub media: Option<CampaignFile>,
    /// Are numbers looked up before the first message to them?
    pub check: NumberCheck,
    /// Where it stands.
    pub state: CampaignState,
    /// When it is to start.
    pub scheduled_at: Option<Timestamp>,
    /// The time zone in which people think of it.
    pub timezone: String,
    /// Rows that named a person who was in the list already.
    pub duplicates: i64,
    /// Who is on its list, in words: a query, a file's name.
    pub audience: Option<String>,
    /// Since when it is here.
    pub created_at: Timestamp,
    /// When it first began to send.
    pub started_at: Option<Timestamp>,
    /// When it came to its end.
    pub finished_at: Option<Timestamp>,
    /// Why it is slow or paused, in words for people.
    pub reason: Option<String>,
    /// When it goes on.
    pub next_at: Option<Timestamp>,
    /// When it may write to whom.
    pub plan: Plan,
}

impl Campaign {
    /// How many texts it has.
    #[must_use]
    pub fn texts(&self) -> usize {
        self.variants.len() + 1
    }

    /// One of its texts; 0 is the first.
    #[must_use]
    pub fn text_of(&self, variant: usize) -> Option<&str> {
        match variant.checked_sub(1) {
            None => Some(&self.text),
            Some(at) => self.variants.get(at).map(String::as_str),
        }
    }

    /// The text that a recipient gets.
    #[must_use]
    pub fn text_for(&self, recipient: RecipientId) -> &str {
        self.text_of(variant::draw(recipient, self.texts())).unwrap_or(&self.text)
    }
}

/// What is known of the file that goes with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignFile {
    /// What it is called.
    pub file_name: String,
    /// What it is: `image/png`.
    pub mime: String,
    /// Its size.
    pub bytes: u64,
}
