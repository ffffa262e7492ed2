//! Where things stand: the numbers of the day and what went wrong lately.

use mychatflow_data::protocol::calls::credit::CreditSummary;
use mychatflow_data::protocol::calls::overview::Overview;
use mychatflow_data::time::Timestamp;

use super::list::Reading;

/// What can be opened from the dashboard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tile {
    /// Chats that need you.
    #[default]
    NeedsYou,
    /// Chats by state.
    Chats,
    /// The day's messages.
    Today,
    /// Numbers and their verdicts.
    Numbers,
    /// Credits.
    Credits,
    /// Campaigns.
    Campaigns,
    /// What went wrong lately.
    Errors,
}

/// The screen.
#[derive(Debug, Clone, Default)]
pub struct Dashboard {
    /// The numbers.
    pub overview: Option<Overview>,
    /// How far reading got.
    pub reading: Reading,
    /// The balance; the header shows it on every screen.
    pub credit: Option<CreditSummary>,
    /// Which tile has the keys.
    pub tile: Tile,
    /// When it is to be read again: events come in crowds.
    pub stale_at: Option<Timestamp>,
}
