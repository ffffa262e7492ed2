//! `stats`

use mychatflow_data::protocol::calls::stats::{Stats, StatsDocument};

use super::Cx;
use crate::output::facts;

/// Prints what was counted.
pub async fn run(cx: &Cx) -> anyhow::Result<()> {
    cx.show(&Stats { tenant: cx.tenant() }, people).await
}

fn people(stats: &StatsDocument) -> String {
    let StatsDocument { ingest, answers, sends, .. } = stats;
    facts([
        (
            "webhooks",
            format!(
                "{} received: {} stored, {} twice, {} ignored, {} unreadable, {} with a bad signature",
                ingest.received,
                ingest.accepted,
                ingest.duplicate,
                ingest.ignored,
                ingest.unreadable,
                ingest.bad_signature
            ),
        ),
        (
            "answers",
            format!(
                "{} written: {} sent, {} drafts, {} held, {} handed over, {} cancelled, {} failed; {} not asked for",
                answers.generated,
                answers.sent,
                answers.drafts,
                answers.held,
                answers.handoffs,
                answers.cancelled,
                answers.failed,
                answers.skipped
            ),
        ),
        (
            "messages",
            format!(
                "{} sent, {} queued, {} on their way, {} failed, {} unknown",
                sends.sent, sends.queued, sends.sending, sends.failed, sends.unknown
            ),
        ),
    ])
}
