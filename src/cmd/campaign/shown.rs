//! `campaign show`: one campaign with everything that is known of it.

use std::fmt::Write as _;

use mychatflow_data::model::campaign::{CampaignCounts, NumberCheck};
use mychatflow_data::protocol::calls::campaign::{CampaignDocument, CampaignMedia};
use mychatflow_data::protocol::calls::instance::InstanceShow;

use super::super::Cx;
use super::comparison::comparison;
use super::schedule::{missed, moment};
use crate::output::{Format, clean_lines, counted, facts};

/// Columns of the progress bar.
const BAR: i64 = 40;

/// Prints one with everything that is known of it.
pub async fn show(cx: &Cx, shown: &CampaignDocument) -> anyhow::Result<()> {
    if cx.output.format() == Format::Json {
        return cx.output.json(shown);
    }
    let wanted = InstanceShow { tenant: cx.tenant(), name: shown.instance.to_string().into() };
    // A number that was removed has no name any more.
    let number = cx.call(&wanted).await.map_or_else(|_| shown.instance.to_string(), |number| number.instance.name);
    cx.output.text(&full(cx, shown, number))
}

fn full(cx: &Cx, shown: &CampaignDocument, number: String) -> String {
    let when = |at: Option<mychatflow_data::time::Timestamp>| {
        at.map(|at| moment(at, &shown.timezone, cx.now)).unwrap_or_default()
    };
    let counts = &shown.counts;
    let per_hour = if shown.per_hour > 0.0 { format!("{:.0} an hour", shown.per_hour) } else { String::new() };
    let duplicates = if shown.duplicates > 0 { counted(shown.duplicates, "row", "rows") } else { String::new() };
    let mut text = format!("{} {} of {}\n", bar(counts), counts.settled(), shown.recipients);
    text.push_str(&facts([
        ("name", shown.name.clone()),
        ("id", shown.id.to_string()),
        ("state", shown.state.to_string()),
        ("reason", shown.reason.clone().unwrap_or_default()),
        ("people", states(counts)),
        ("twice", duplicates),
        ("rate", per_hour),
        ("next", when(shown.next_at)),
        ("through", when(shown.eta)),
        ("to start", when(shown.scheduled_at)),
        ("if missed", missed(shown)),
        ("quiet", shown.quiet.as_ref().map(|quiet| format!("{quiet} where the person lives")).unwrap_or_default()),
        ("time zone", shown.timezone.clone()),
        ("made", when(Some(shown.created_at))),
        ("started", when(shown.started_at)),
        ("finished", when(shown.finished_at)),
        ("number", number),
        ("audience", shown.audience.clone().unwrap_or_default()),
        ("file", shown.media.as_ref().map(file).unwrap_or_default()),
        (
            "look-up",
            if shown.check == NumberCheck::Never { "off: numbers are not looked up".into() } else { String::new() },
        ),
    ]));
    if shown.variants.is_empty() {
        let _ = write!(text, "\n{}\n", clean_lines(&shown.text).join("\n"));
    } else {
        text.push_str(&comparison(&shown.variants));
    }
    text
}

fn file(media: &CampaignMedia) -> String {
    format!("{} ({}, {} kB)", media.file_name, media.mime, media.bytes.div_ceil(1000))
}

/// How far it got, as a bar: `#` went out, `x` did not, `.` is still to come.
pub fn bar(counts: &CampaignCounts) -> String {
    let total = counts.total().max(1);
    let columns = |count: i64| usize::try_from(BAR * count / total).unwrap_or(0);
    let out = columns(counts.gone_out());
    let settled = columns(counts.settled());
    let rest = usize::try_from(BAR).unwrap_or(0) - settled;
    format!("[{}{}{}]", "#".repeat(out), "x".repeat(settled - out), ".".repeat(rest))
}

/// The states that anybody is in, in words.
fn states(counts: &CampaignCounts) -> String {
    let all = [
        ("queued", counts.queued),
        ("checking", counts.checking),
        ("sending", counts.sending),
        ("sent", counts.sent),
        ("delivered", counts.delivered),
        ("read", counts.read),
        ("replied", counts.replied),
        ("skipped", counts.skipped),
        ("failed", counts.failed),
        ("unknown", counts.unknown),
        ("opted out", counts.opted_out),
    ];
    let some: Vec<String> =
        all.iter().filter(|(_, count)| *count > 0).map(|(word, count)| format!("{count} {word}")).collect();
    some.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_full_at_the_end_and_never_longer() {
        let none = CampaignCounts::default();
        for (counts, hashes, crosses) in [
            (none, 0, 0),
            (CampaignCounts { queued: 10, ..none }, 0, 0),
            (CampaignCounts { queued: 5, sent: 5, ..none }, 20, 0),
            (CampaignCounts { queued: 1, sent: 1, skipped: 1, ..none }, 13, 13),
            (CampaignCounts { replied: 9, read: 1, ..none }, 40, 0),
            (CampaignCounts { failed: 3, ..none }, 0, 40),
        ] {
            let bar = bar(&counts);
            let count = |of: char| bar.chars().filter(|c| *c == of).count();
            assert_eq!((bar.len(), count('#'), count('x')), (42, hashes, crosses), "{bar}");
        }
    }
}
