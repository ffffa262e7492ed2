//! What is wrong, for people: the same lines in every command that shows health.

use mychatflow_data::model::finding::HealthFinding;
use mychatflow_data::time::Timestamp;

use crate::output::clean;

/// How wide the words before a finding are.
const COLUMNS: usize = 8;

/// Each finding with how it is known and what mends it; nothing where there is none.
pub fn lines(findings: &[HealthFinding], now: Timestamp) -> String {
    let mut text = String::new();
    for finding in findings {
        let headline = format!("{}: {}", finding.subject, finding.headline(now));
        text.push_str(&format!("{:<COLUMNS$} {}\n", finding.level.word(), clean(&headline)));
        text.push_str(&format!("{:<COLUMNS$} known from: {}\n", "", clean(&finding.proof(now))));
        text.push_str(&format!("{:<COLUMNS$} → {}\n", "", clean(&finding.remedy)));
    }
    text
}
