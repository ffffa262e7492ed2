//! What a launch would do and what it risks, in rows for the last page.

use mychatflow_data::protocol::calls::campaign::{Preflight, Risk};

use super::Wizard;
use crate::state::State;
use crate::state::campaigns::{Heard, both_clocks, people};
use crate::text::{self, CleanText};
use crate::theme::{Glyphs, Role};

/// A row: a name, words and how they are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRow {
    /// What it is about; empty where the row before goes on.
    pub name: &'static str,
    /// The words.
    pub words: String,
    /// How they are meant.
    pub role: Role,
}

/// Columns of the names.
pub const LEAD: u16 = 12;

/// The sign of a risk, and what it means.
#[must_use]
pub const fn risk(risk: Risk, glyphs: &Glyphs) -> (&'static str, &'static str, Role) {
    match risk {
        Risk::Low => (glyphs.sent, "low: as people write to people they know", Role::Good),
        Risk::Medium => (glyphs.held, "medium: look at the advice first", Role::Warn),
        Risk::High => (glyphs.failed, "high: numbers are restricted for this", Role::Bad),
    }
}

/// The rows in a width; none while nothing is known.
#[must_use]
pub fn rows(wizard: &Wizard, state: &State, glyphs: &Glyphs, width: u16) -> Vec<CheckRow> {
    let mut rows = Vec::new();
    let mut put = |name: &'static str, words: &str, role: Role| {
        let words = CleanText::block(words);
        let room = usize::from(width.saturating_sub(LEAD)).max(8);
        for (at, line) in text::wrap(words.as_str(), room).into_iter().enumerate() {
            rows.push(CheckRow { name: if at == 0 { name } else { "" }, words: line.to_owned(), role });
        }
    };
    match &wizard.preflight {
        Heard::Waiting => {}
        Heard::Refused(reason) => {
            put("not looked", &format!("This could not be looked over: {reason}"), Role::Bad);
            put("", "The draft is kept all the same.", Role::Muted);
        }
        Heard::Here(preflight) => facts(preflight, wizard, state, glyphs, &mut put),
    }
    rows
}

fn facts(
    preflight: &Preflight,
    wizard: &Wizard,
    state: &State,
    glyphs: &Glyphs,
    put: &mut impl FnMut(&'static str, &str, Role),
) {
    let listed = state.campaigns.rows.items().iter().find(|campaign| Some(campaign.id) == wizard.draft);
    let draft = listed.or(wizard.kept.as_ref());
    let zone = draft.map_or_else(String::new, |campaign| campaign.timezone.clone());
    if let Some(media) = draft.and_then(|campaign| campaign.media.as_ref()) {
        let words = format!("{} ({}, {} kB)", media.file_name, media.mime, media.bytes.div_ceil(1000));
        put("file", &words, Role::Text);
    }
    if let Some(texts) = draft.map(|campaign| campaign.variants.as_slice()).filter(|texts| texts.len() > 1) {
        let labels: Vec<&str> = texts.iter().map(|text| text.label.as_str()).collect();
        put("texts", &format!("{}: each person gets one of them by chance", labels.join(", ")), Role::Text);
    }
    let (sign, words, role) = risk(preflight.risk, glyphs);
    put("risk", &format!("{sign} {words}"), role);
    put("gets it", &format!("{} of {} on the list", people(preflight.audience), preflight.recipients), Role::Text);
    for (at, left) in preflight.left_out.iter().enumerate() {
        let words = format!("{} {}", left.people, CleanText::line(&left.reason));
        put(if at == 0 { "left out" } else { "" }, &words, Role::Warn);
    }
    let newcomers = match preflight.newcomers_today {
        Some(today) if preflight.newcomers > 0 => {
            format!("{}, of whom {} may be written to today", preflight.newcomers, today.min(preflight.newcomers))
        }
        _ => preflight.newcomers.to_string(),
    };
    put("new people", &newcomers, Role::Text);
    if let Some(safe) = preflight.safe_today {
        put("today", &format!("{safe} messages may go out in the next 24 hours"), Role::Text);
    }
    put("looked up", &format!("{} of {} have WhatsApp for sure", preflight.checked, preflight.audience), Role::Text);
    put("begins", &both_clocks(preflight.begins_at, &zone), Role::Text);
    if let Some(end) = preflight.ends_at {
        let span = crate::moment::left(end, preflight.begins_at);
        put("through", &format!("{}, after {span}", both_clocks(end, &zone)), Role::Text);
    }
    for (at, advice) in preflight.advice.iter().enumerate() {
        put(if at == 0 { "advice" } else { "" }, &format!("{} {}", glyphs.arrow, CleanText::line(advice)), Role::Text);
    }
}
