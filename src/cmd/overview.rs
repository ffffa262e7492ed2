//! `overview`

use mychatflow_data::model::first_step::FirstStepDocument;
use mychatflow_data::protocol::calls::overview::{Overview, OverviewShow};

use super::{Cx, findings};
use crate::output::{age, clean, facts, local};

/// Prints how the shop is doing.
pub async fn run(cx: &Cx) -> anyhow::Result<()> {
    cx.show(&OverviewShow { tenant: cx.tenant() }, |overview| people(cx, overview)).await
}

fn seconds(seconds: Option<f64>) -> String {
    match seconds {
        None => "–".to_owned(),
        Some(seconds) if seconds < 120.0 => format!("{seconds:.1} s"),
        Some(seconds) => format!("{:.0} min", seconds / 60.0),
    }
}

fn people(cx: &Cx, overview: &Overview) -> String {
    let Overview { chats, today, first_response, forecast, .. } = overview;
    let empty = match forecast.empty_at {
        Some(at) => format!("none left {}", local(at, "%d %b %H:%M")),
        None => "they last past the end of the period".to_owned(),
    };
    let mut text = facts([
        (
            "chats",
            format!(
                "{} need you, {} with the assistant, {} waiting, {} snoozed, {} done; {} unread",
                chats.needs_you, chats.assistant, chats.waiting, chats.snoozed, chats.done, chats.unread
            ),
        ),
        (
            "today",
            format!(
                "{} received, {} sent: {} by the assistant, {} by you, {} on the phone, {} by campaigns",
                today.received, today.sent, today.by_assistant, today.by_human, today.by_phone, today.by_campaign
            ),
        ),
        (
            "first word",
            format!(
                "after {}, nine of ten within {}; {} in 24 hours",
                seconds(first_response.p50_s),
                seconds(first_response.p90_s),
                first_response.answered
            ),
        ),
        (
            "to look at",
            format!(
                "{} drafts, {} held, {} of unknown end, {} dead letters, {} people to review",
                overview.drafts, overview.held, overview.unknown, overview.dead_letters, overview.unreviewed
            ),
        ),
        ("credits", format!("{:.1} a day; {empty}", forecast.per_day)),
    ]);
    text.push_str(&findings::lines(&overview.findings, cx.now));
    text.push_str(&first_steps(&overview.first_steps));
    for error in &overview.errors {
        text.push_str(&format!("wrong      {}: {}\n", age(error.at, cx.now), clean(&error.text)));
    }
    text
}

/// What is to be done until the first customer is answered; nothing where all of it is.
pub(super) fn first_steps(steps: &[FirstStepDocument]) -> String {
    let mut text = String::new();
    for FirstStepDocument { done, text: what, next, .. } in steps {
        let mark = if *done { "[x]" } else { "[ ]" };
        text.push_str(&format!("{mark} {}\n", clean(what)));
        if !done {
            text.push_str(&format!("      next: {}\n", clean(next)));
        }
    }
    text
}
