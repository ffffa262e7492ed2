//! The recipients of a campaign: what became of each.

use mychatflow_data::ids::RecipientId;
use mychatflow_data::model::campaign::CampaignCounts;
use mychatflow_data::model::recipient::RecipientState;
use mychatflow_data::protocol::calls::campaign::{CampaignDocument, CampaignReportLine};
use mychatflow_data::protocol::name::Cursor;

use crate::state::list::{Row, Rows};
use crate::text::CleanText;
use crate::theme::{Glyphs, Role};

/// How many recipients come with one page.
pub const PAGE: u32 = 200;

impl Row for CampaignReportLine {
    type Id = RecipientId;

    fn id(&self) -> RecipientId {
        self.id
    }
}

/// The recipients of the campaign that is open.
#[derive(Debug, Clone, Default)]
pub struct People {
    /// Those that came so far, in the order of the list.
    pub rows: Rows<CampaignReportLine>,
    /// Only those in this state.
    pub only: Option<RecipientState>,
    /// Only those who got this one of several texts, or are to: `A`, `B`.
    pub variant: Option<String>,
    /// Where the pages after the first began: for the daemon, and in the rows.
    pub pages: Vec<(Cursor, usize)>,
}

impl People {
    /// How many are in each state, of those with the text that is looked at.
    #[must_use]
    pub fn counts<'c>(&self, campaign: &'c CampaignDocument) -> &'c CampaignCounts {
        let mut variants = campaign.variants.iter();
        let variant = variants.find(|variant| Some(&variant.label) == self.variant.as_ref());
        variant.map_or(&campaign.counts, |variant| &variant.counts)
    }

    /// The text after the one that is looked at; after the last one it is everybody's turn again.
    #[must_use]
    pub fn next_variant(&self, campaign: &CampaignDocument) -> Option<String> {
        let labels = || campaign.variants.iter().map(|variant| &variant.label);
        match &self.variant {
            None => labels().next().cloned(),
            Some(on) => labels().skip_while(|label| *label != on).nth(1).cloned(),
        }
    }

    /// The tabs: everybody, then each state in which somebody is, and the one that is on.
    #[must_use]
    pub fn tabs(&self, counts: &CampaignCounts) -> Vec<(Option<RecipientState>, i64)> {
        let mut tabs = vec![(None, counts.total())];
        for state in RecipientState::ALL {
            let count = count(counts, *state);
            if count > 0 || self.only == Some(*state) {
                tabs.push((Some(*state), count));
            }
        }
        tabs
    }

    /// The place of the tab that is on.
    #[must_use]
    pub fn tab(&self, counts: &CampaignCounts) -> usize {
        self.tabs(counts).iter().position(|(only, _)| *only == self.only).unwrap_or(0)
    }

    /// Where the page began with which a row came; `None`: it came with the first.
    #[must_use]
    pub fn page_of(&self, row: usize) -> Option<&Cursor> {
        self.pages.iter().rev().find(|(_, from)| *from <= row).map(|(after, _)| after)
    }
}

/// How many are in a state.
#[must_use]
pub fn count(counts: &CampaignCounts, state: RecipientState) -> i64 {
    match state {
        RecipientState::Queued => counts.queued,
        RecipientState::Checking => counts.checking,
        RecipientState::Sending => counts.sending,
        RecipientState::Sent => counts.sent,
        RecipientState::Delivered => counts.delivered,
        RecipientState::Read => counts.read,
        RecipientState::Replied => counts.replied,
        RecipientState::Skipped => counts.skipped,
        RecipientState::Failed => counts.failed,
        RecipientState::Unknown => counts.unknown,
        RecipientState::OptedOut => counts.opted_out,
    }
}

/// A state as people say it.
#[must_use]
pub const fn word(state: RecipientState) -> &'static str {
    match state {
        RecipientState::OptedOut => "opted out",
        state => state.word(),
    }
}

/// The sign of a state, and how it is meant.
#[must_use]
pub const fn sign(state: RecipientState, glyphs: &Glyphs) -> (&'static str, Role) {
    match state {
        RecipientState::Queued => (glyphs.dot_empty, Role::Muted),
        RecipientState::Checking => (glyphs.clock, Role::Muted),
        RecipientState::Sending => (glyphs.arrow, Role::Accent),
        RecipientState::Sent => (glyphs.sent, Role::Text),
        RecipientState::Delivered => (glyphs.delivered, Role::Text),
        RecipientState::Read => (glyphs.read, Role::Info),
        RecipientState::Replied => (glyphs.screens.chats, Role::Good),
        RecipientState::Skipped => (glyphs.rule, Role::Warn),
        RecipientState::Failed => (glyphs.failed, Role::Bad),
        RecipientState::Unknown => (glyphs.unknown, Role::Bad),
        RecipientState::OptedOut => (glyphs.held, Role::Warn),
    }
}

/// What to call a recipient.
#[must_use]
pub fn name(line: &CampaignReportLine) -> CleanText {
    let name = line.name.as_deref().map(CleanText::line).filter(|name| !name.is_empty());
    name.unwrap_or_else(|| CleanText::line("no name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_are_those_in_which_somebody_is() {
        let counts = CampaignCounts { queued: 2, failed: 1, ..CampaignCounts::default() };
        let mut people = People { only: Some(RecipientState::Read), ..People::default() };
        let states: Vec<_> = people.tabs(&counts).into_iter().map(|(state, _)| state).collect();
        let expected = [None, Some(RecipientState::Queued), Some(RecipientState::Read), Some(RecipientState::Failed)];
        assert_eq!(states, expected);
        assert_eq!(people.tab(&counts), 2);
        people.only = None;
        assert_eq!(people.tab(&counts), 0);
    }

    #[test]
    fn every_state_is_counted() {
        let mut counts = CampaignCounts::default();
        for (at, state) in (1..).zip(RecipientState::ALL) {
            counts.add(*state, at);
        }
        assert_eq!(RecipientState::ALL.iter().map(|state| count(&counts, *state)).sum::<i64>(), counts.total());
    }
}
