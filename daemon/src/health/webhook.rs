//! Deliveries: those that were refused lately, and why most likely.

use std::time::Duration;

use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::finding::{FindingCode, FindingSubject, HealthFinding, length};
use mychatflow_data::time::Timestamp;

use super::number::NumberEvidence;
use crate::cx::Cx;
use crate::http::intake::{IntakeRecord, RefusalKind, Refusals};

/// A refusal older than this is over, unless nothing authentic came since.
pub const RECENT: Duration = Duration::from_secs(10 * 60);
/// A refusal older than this is over in any case.
pub const LONG_AGO: Duration = Duration::from_secs(24 * 3600);
/// How long one refusal counts where good deliveries have come since: whoever goes on posting bad ones is still told of.
const ONE_OF_MANY: Duration = Duration::from_secs(60);

/// What is known of deliveries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebhookEvidence {
    /// What became of them.
    pub record: IntakeRecord,
}

/// Gathers it.
#[must_use]
pub fn gather(cx: &Cx) -> WebhookEvidence {
    WebhookEvidence { record: cx.intake.record() }
}

/// The deliveries for these numbers that never came into the store since the daemon started; `None` where there are none.
#[must_use]
pub fn turned_away(evidence: &WebhookEvidence, numbers: &[InstanceId], now: Timestamp) -> Option<String> {
    let record = &evidence.record;
    let ours = |instance: Option<InstanceId>| instance.is_some_and(|id| numbers.contains(&id));
    let refused = record.refused.iter().filter(|refused| ours(refused.instance));
    let refused = refused.map(|refused| (refused.count, refused.first_at, refused.last_at));
    let not_stored = record.not_stored.iter().map(|failed| (failed.count, failed.since, failed.at));
    let (count, first_at, last_at) =
        refused.chain(not_stored).reduce(|one, other| (one.0 + other.0, one.1.min(other.1), one.2.max(other.2)))?;
    let (deliveries, were) = if count == 1 { ("delivery", "was") } else { ("deliveries", "were") };
    let (first, last) = (length(now.since(first_at)), length(now.since(last_at)));
    let when = if first == last { format!("{last} ago") } else { format!("from {first} ago to {last} ago") };
    Some(format!(
        "But {count} {deliveries} {were} turned away, {when}, and a message may be among them: \
         `mychatflow doctor` tells what stands in the way; WAHA delivers again for some time"
    ))
}

/// What is wrong with them.
#[must_use]
pub fn judge(evidence: &WebhookEvidence, numbers: &[NumberEvidence], now: Timestamp) -> Vec<HealthFinding> {
    let judged = evidence.record.refused.iter().filter_map(|refused| match refused.instance {
        Some(id) => {
            let number = numbers.iter().find(|number| number.instance.id == id)?;
            // The store remembers to the minute when it was heard.
            let heard_at = number.session.delivered_at.max(number.instance.heard_at);
            lasts(refused, heard_at, now).then(|| of_number(refused, number))
        }
        None => lasts(refused, None, now).then(|| of_nobody(refused)),
    });
    judged.collect()
}

/// Does it still go on, as far as anybody can tell?
fn lasts(refused: &Refusals, heard_at: Option<Timestamp>, now: Timestamp) -> bool {
    let age = now.since(refused.last_at);
    let heard_since = heard_at.is_some_and(|heard_at| heard_at > refused.last_at);
    if heard_since && refused.instance.is_some() {
        return age < ONE_OF_MANY;
    }
    age < RECENT || (!heard_since && refused.instance.is_some() && age < LONG_AGO)
}

fn known(refused: &Refusals) -> String {
    let from = refused.from.as_ref().map(|from| format!(", the last one from {from}")).unwrap_or_default();
    format!("refused: {}{from}", refused.count)
}

fn of_number(refused: &Refusals, number: &NumberEvidence) -> HealthFinding {
    let name = &number.instance.name;
    let (code, summary, remedy) = match refused.kind {
        RefusalKind::Signature => (
            FindingCode::SignatureRefused,
            format!(
                "deliveries for {name} are signed with another key than ours: WAHA has an old one, or a second daemon has \
                 set its own"
            ),
            format!("{} gives WAHA our key; stop a second daemon first", number.command("restart")),
        ),
        RefusalKind::Unsigned => (
            FindingCode::SignatureRefused,
            format!("deliveries for {name} come without a signature: WAHA has no key for them"),
            format!("{} gives WAHA our key", number.command("restart")),
        ),
        RefusalKind::TooLarge => (
            FindingCode::DeliveryTooLarge,
            format!("deliveries for {name} are larger than webhook.max_body_bytes"),
            "raise webhook.max_body_bytes in the config, then: mychatflow daemon reload".to_owned(),
        ),
        RefusalKind::ForeignSession | RefusalKind::UnknownInstance => (
            FindingCode::ForeignSession,
            format!("deliveries of another session than {} come to the address of {name}", number.instance.session),
            "WAHA's global webhook (WHATSAPP_HOOK_URL) leads to this number: take it away, each session has its own"
                .to_owned(),
        ),
    };
    HealthFinding::new(code, number.subject(), summary, known(refused), remedy)
        .since(refused.first_at)
        .seen(refused.last_at)
}

fn of_nobody(refused: &Refusals) -> HealthFinding {
    let summary = "deliveries come for a number that is not here: it was removed, or belongs to another daemon";
    let remedy = "take that webhook away at WAHA, or point it to its own daemon";
    HealthFinding::new(FindingCode::UnknownInstance, FindingSubject::Webhook, summary, known(refused), remedy)
        .since(refused.first_at)
        .seen(refused.last_at)
}
