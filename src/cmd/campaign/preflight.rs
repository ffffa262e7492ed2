//! `campaign preflight`: what a launch would do and what it risks, for people.

use std::fmt::Write as _;

use mychatflow_data::protocol::calls::campaign::{CampaignDocument, Preflight, Risk};
use mychatflow_data::time::Timestamp;

use super::schedule::moment;
use crate::output::{clean, facts};

/// What a launch would do and what it risks.
pub fn words(shown: &CampaignDocument, preflight: &Preflight, now: Timestamp) -> String {
    let Preflight { audience, recipients, newcomers, .. } = preflight;
    let left_out: Vec<String> =
        preflight.left_out.iter().map(|left| format!("{} {}", left.people, left.reason)).collect();
    let new_people = match preflight.newcomers_today {
        Some(today) if *newcomers > 0 => {
            format!("{newcomers}, of whom {} may be written to today", today.min(*newcomers))
        }
        _ => newcomers.to_string(),
    };
    let when = |at: Timestamp| moment(at, &shown.timezone, now);
    let mut text = format!("{audience} of {recipients} people get {}\n", clean(&shown.name));
    text.push_str(&facts([
        ("left out", left_out.join("; ")),
        ("new people", new_people),
        ("today", preflight.safe_today.map(|safe| format!("{safe} messages may go out")).unwrap_or_default()),
        ("numbers", format!("{} of {audience} looked up, and there", preflight.checked)),
        ("quiet", shown.quiet.clone().map(|quiet| format!("{quiet} where the person lives")).unwrap_or_default()),
        ("begins", when(preflight.begins_at)),
        ("through", preflight.ends_at.map(when).unwrap_or_default()),
        ("risk", preflight.risk.to_string()),
    ]));
    for advice in &preflight.advice {
        let _ = writeln!(text, "- {}", clean(advice));
    }
    text
}

/// Does a person have to say so before it is launched?
pub fn asks(preflight: &Preflight) -> bool {
    preflight.risk == Risk::High
}
