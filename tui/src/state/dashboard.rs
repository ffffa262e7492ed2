//! Where things stand: the numbers of the day, who waits, and what went wrong lately.

use mychatflow_data::model::first_step::FirstStepDocument;
use mychatflow_data::protocol::calls::campaign::CampaignDocument;
use mychatflow_data::protocol::calls::chat::ChatSummary;
use mychatflow_data::protocol::calls::credit::CreditSummary;
use mychatflow_data::protocol::calls::overview::Overview;
use mychatflow_data::time::Timestamp;

use super::Screen;
use super::list::{Reading, Rows};

/// What can be opened from the dashboard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tile {
    /// The daemon and what it leans on.
    Health,
    /// What is to be done until the first customer is answered; there while something is.
    FirstSteps,
    /// Chats that need you.
    #[default]
    NeedsYou,
    /// The day's messages.
    Today,
    /// Credits.
    Credits,
    /// Numbers and their verdicts.
    Numbers,
    /// Chats by state.
    Chats,
    /// Campaigns that run.
    Campaigns,
    /// Messages by hour.
    Hours,
    /// Messages by day.
    Days,
    /// What went wrong lately.
    Trouble,
}

impl Dashboard {
    /// What is to be done until the first customer is answered; nothing once all of it is.
    #[must_use]
    pub fn first_steps(&self) -> &[FirstStepDocument] {
        self.overview.as_ref().map_or(&[], |overview| &overview.first_steps)
    }

    /// The step that comes next.
    #[must_use]
    pub fn next_step(&self) -> Option<&FirstStepDocument> {
        self.first_steps().iter().find(|step| !step.done)
    }
}

impl Tile {
    /// All of them, in the order of reading.
    pub const ALL: [Self; 11] = [
        Self::Health,
        Self::FirstSteps,
        Self::NeedsYou,
        Self::Today,
        Self::Credits,
        Self::Numbers,
        Self::Chats,
        Self::Campaigns,
        Self::Hours,
        Self::Days,
        Self::Trouble,
    ];

    /// The one that has the keys at the start: a console that opens on the dashboard is there for the first steps.
    #[must_use]
    pub const fn first_on(screen: Screen) -> Self {
        match screen {
            Screen::Dashboard => Self::FirstSteps,
            _ => Self::NeedsYou,
        }
    }

    /// Its place among all, from 0.
    #[must_use]
    pub fn place(self) -> usize {
        Self::ALL.iter().position(|tile| *tile == self).unwrap_or(0)
    }
}

/// The screen.
#[derive(Debug, Clone, Default)]
pub struct Dashboard {
    /// The numbers.
    pub overview: Option<Overview>,
    /// How far reading them got.
    pub reading: Reading,
    /// The balance; the header shows it on every screen.
    pub credit: Option<CreditSummary>,
    /// Why the balance could not be read.
    pub credit_refusal: Option<String>,
    /// The chats whose customers have waited longest.
    pub waiting: Rows<ChatSummary>,
    /// The campaigns that run.
    pub campaigns: Rows<CampaignDocument>,
    /// Which tile has the keys.
    pub tile: Tile,
    /// When it is to be read again: events come in crowds.
    pub stale_at: Option<Timestamp>,
    /// When the daemon is asked next how it is. No event tells of a server that falls silent.
    pub health_due_at: Option<Timestamp>,
}
