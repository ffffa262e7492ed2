//! `stats`: what was counted, over every tenant that the caller may see or over one.

use std::collections::BTreeMap;

use mychatflow_data::model::interaction::InteractionState;
use mychatflow_data::model::member::Role;
use mychatflow_data::protocol::calls::stats::{AnswerStats, IngestStats, SendStats, Stats, StatsDocument};
use mychatflow_data::protocol::{Method, Needs};
use mychatflow_data::store::admin::DAEMON;

use crate::cx::Cx;
use crate::rpc::peer::{Caller, Standing};
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;
use crate::rpc::tenancy;

/// Whoever may look at a tenant may look at its numbers.
const STATS: Method = Method { name: "stats", needs: Needs::Member(Role::Viewer) };

/// `stats`
///
/// # Errors
/// What is refused about the tenant, where one is named; `unauthenticated` for whoever works nowhere.
pub async fn stats(cx: &Cx, caller: &Caller, call: Stats) -> Handled<Reply<Stats>> {
    let (seen, whole) = match &call.tenant {
        Some(name) => (vec![tenancy::resolve(&cx.store, caller, STATS, Some(name.as_str())).await?], false),
        None => (tenancy::visible_to_member(&cx.store, caller, STATS).await?, caller.standing == Standing::Operator),
    };
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    let mut sends = SendStats::default();
    let mut since = None;
    for seen in seen {
        since = Some(since.map_or(seen.tenant.created_at, |since| seen.tenant.created_at.min(since)));
        let shop = cx.store.tenant(seen.tenant.id).await?;
        for counter in shop.counters().await? {
            *counts.entry(counter.name).or_default() += counter.value;
        }
        for (state, count) in shop.open_sends().await? {
            match state {
                InteractionState::Queued => sends.queued += count,
                InteractionState::Sending => sends.sending += count,
                InteractionState::Unknown => sends.unknown += count,
                _ => {}
            }
        }
    }
    if whole {
        // Deliveries for numbers that nobody has.
        for counter in cx.store.counters().await?.into_iter().filter(|counter| counter.tenant == DAEMON) {
            *counts.entry(counter.name).or_default() += counter.value;
        }
    }
    let count = |name: &str| counts.get(name).copied().unwrap_or(0);
    let sent = ["sends.assistant", "sends.human", "sends.campaign", "sends.system"];
    sends.sent = sent.into_iter().map(count).sum();
    sends.failed = count("sends.failed");
    let mut ingest = IngestStats {
        received: 0,
        accepted: count("ingest.accepted"),
        duplicate: count("ingest.duplicate"),
        bad_signature: count("ingest.bad_signature"),
        unreadable: count("ingest.unreadable"),
        ignored: count("ingest.ignored"),
    };
    ingest.received = ingest.accepted + ingest.duplicate + ingest.bad_signature + ingest.unreadable + ingest.ignored;
    let answers = AnswerStats {
        generated: count("answers.generated"),
        sent: count("answers.sent"),
        drafts: count("answers.draft"),
        held: count("answers.held"),
        handoffs: count("answers.handoff"),
        cancelled: count("answers.cancelled"),
        skipped: count("answers.stopped"),
        failed: count("answers.failed"),
    };
    Ok(Reply(StatsDocument { ingest, answers, sends, since }))
}
