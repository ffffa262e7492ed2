//! What an event carries. Commits are told on the writer's thread, which may not read: what changed is named there, and
//! read here once, however often it changed in the meantime.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use mychatflow_data::ids::{CampaignId, ChatId, InstanceId, JobId, QueueItemId, TenantId};
use mychatflow_data::protocol::calls::credit::CreditSummary;
use mychatflow_data::protocol::event::Topic;
use mychatflow_data::store::error::StoreError;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::cx::Cx;
use crate::rpc::handlers::{campaigns, chats, instances, queue};

/// So many changes are looked through at once for those that are of the same thing.
const BATCH_MAX: usize = 256;
/// Two events about one campaign are at least so far apart: it changes with each of its messages, and its document is
/// counted anew each time.
const CAMPAIGN_PAUSE: Duration = Duration::from_millis(500);

/// Something that changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A chat.
    Chat(ChatId),
    /// A number.
    Instance(InstanceId),
    /// The balance.
    Credit,
    /// A campaign.
    Campaign(CampaignId),
    /// A job.
    Job(JobId),
}

/// What changed, whose it is, and what is told where it can't be read.
#[derive(Debug, Clone)]
pub struct Changed {
    /// Whose.
    pub tenant: TenantId,
    /// What.
    pub subject: Subject,
    /// Its name alone.
    pub thin: Value,
}

impl Subject {
    /// What an event about it is about.
    #[must_use]
    pub const fn topic(self) -> Topic {
        match self {
            Self::Chat(_) => Topic::ChatChanged,
            Self::Instance(_) => Topic::InstanceChanged,
            Self::Credit => Topic::CreditChanged,
            Self::Campaign(_) => Topic::CampaignChanged,
            Self::Job(_) => Topic::JobChanged,
        }
    }
}

/// Tells what changed in the order of the changes, until it is told to stop.
pub async fn run(cx: Arc<Cx>, mut due: mpsc::UnboundedReceiver<Changed>, stop: CancellationToken) {
    let mut batch = Vec::new();
    let mut campaigns = Campaigns::default();
    loop {
        let pause = campaigns.pause(Instant::now());
        tokio::select! {
            () = stop.cancelled() => return,
            count = due.recv_many(&mut batch, BATCH_MAX) => if count == 0 { return },
            () = tokio::time::sleep(pause) => {}
        }
        for changed in coalesced(&mut batch) {
            if let Some(changed) = campaigns.hold(changed, Instant::now()) {
                tell(&cx, changed).await;
            }
        }
        for changed in campaigns.due(Instant::now()) {
            tell(&cx, changed).await;
        }
    }
}

/// Campaigns that changed again too soon after they were told of.
#[derive(Default)]
struct Campaigns {
    told: HashMap<Subject, Instant>,
    held: HashMap<Subject, Changed>,
}

impl Campaigns {
    /// Holds a change back that comes too soon; gives back every other.
    fn hold(&mut self, changed: Changed, now: Instant) -> Option<Changed> {
        if !matches!(changed.subject, Subject::Campaign(_)) {
            return Some(changed);
        }
        if self.told.get(&changed.subject).is_some_and(|told| now < *told + CAMPAIGN_PAUSE) {
            self.held.insert(changed.subject, changed);
            return None;
        }
        self.held.remove(&changed.subject);
        self.told.insert(changed.subject, now);
        Some(changed)
    }

    /// What was held back long enough.
    fn due(&mut self, now: Instant) -> Vec<Changed> {
        self.told.retain(|_, told| now < *told + CAMPAIGN_PAUSE);
        let told = &self.told;
        let due: Vec<Changed> =
            self.held.extract_if(|subject, _| !told.contains_key(subject)).map(|(_, changed)| changed).collect();
        self.told.extend(due.iter().map(|changed| (changed.subject, now)));
        due
    }

    /// How long until something is due.
    fn pause(&self, now: Instant) -> Duration {
        let due = self.held.keys().filter_map(|subject| self.told.get(subject)).min();
        match (due, self.held.is_empty()) {
            (Some(told), _) => (*told + CAMPAIGN_PAUSE).duration_since(now),
            (None, false) => Duration::ZERO,
            (None, true) => Duration::from_secs(3600),
        }
    }
}

/// Each thing once, where it changed last: what is told after it may lean on it.
fn coalesced(batch: &mut Vec<Changed>) -> Vec<Changed> {
    let mut seen = HashSet::new();
    let mut last: Vec<Changed> =
        batch.drain(..).rev().filter(|changed| seen.insert((changed.tenant, changed.subject))).collect();
    last.reverse();
    last
}

async fn tell(cx: &Cx, changed: Changed) {
    let Changed { tenant, subject, thin } = changed;
    // Whoever listened may have gone.
    let document = if cx.bus.is_heard() { read(cx, tenant, subject).await } else { Ok(None) };
    let data = match document {
        Ok(document) => document.unwrap_or(thin),
        Err(error) => {
            tracing::warn!(tenant.id = %tenant, topic = %subject.topic(), %error, "an event is told without its document");
            thin
        }
    };
    cx.bus.publish(Some(tenant), subject.topic(), &data);
}

/// The document; `None` where the thing is gone.
async fn read(cx: &Cx, tenant: TenantId, subject: Subject) -> Result<Option<Value>, StoreError> {
    let Some(found) = cx.store.find_tenant(tenant).await? else { return Ok(None) };
    let shop = cx.store.tenant(tenant).await?;
    Ok(match subject {
        Subject::Chat(chat) => {
            let mode = cx.config().reply.mode;
            shop.listed_chat(chat).await?.map(|listed| written(&chats::document(listed, mode)))
        }
        Subject::Instance(instance) => {
            shop.instance(instance).await?.map(|instance| written(&instances::document(instance)))
        }
        Subject::Credit => {
            let summary = shop.credits(cx.clients().plan(&found.plan), cx.now()).await?;
            Some(written(&CreditSummary::from(summary)))
        }
        Subject::Campaign(campaign) => {
            let now = cx.now();
            let limits = cx.config().campaign.limits();
            shop.campaign(campaign, now).await?.map(|found| written(&campaigns::document(found, &limits, now)))
        }
        Subject::Job(job) => {
            let item = shop.queue_item(QueueItemId::from(job)).await?;
            item.map(|item| written(&queue::line(item, cx.now())))
        }
    })
}

fn written(document: &impl Serialize) -> Value {
    serde_json::to_value(document).unwrap_or_else(|error| {
        tracing::error!(%error, "a document could not be written");
        json!({})
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_is_told_of_twice_a_second_at_most_and_its_last_change_is_never_lost() {
        let (tenant, campaign) = (TenantId::new(), Subject::Campaign(CampaignId::new()));
        let changed = |n: u64| Changed { tenant, subject: campaign, thin: json!(n) };
        let mut campaigns = Campaigns::default();
        let start = Instant::now();
        let mut told = Vec::new();
        for n in 0..100 {
            let now = start + Duration::from_millis(20 * n);
            told.extend(campaigns.hold(changed(n), now));
            told.extend(campaigns.due(now));
        }
        assert_eq!(told.len(), 4, "{told:?}");
        let end = start + Duration::from_millis(20 * 99);
        assert!(campaigns.pause(end) <= CAMPAIGN_PAUSE);
        let last = campaigns.due(end + CAMPAIGN_PAUSE);
        assert_eq!(last.iter().map(|changed| &changed.thin).collect::<Vec<_>>(), [&json!(99)]);
        assert_eq!(campaigns.pause(end), Duration::from_secs(3600));
        let credit = Changed { tenant, subject: Subject::Credit, thin: json!({}) };
        assert!(campaigns.hold(credit, end).is_some());
    }

    #[test]
    fn each_thing_is_told_once_where_it_changed_last() {
        let (tenant, other) = (TenantId::new(), TenantId::new());
        let (one, two) = (Subject::Chat(ChatId::new()), Subject::Chat(ChatId::new()));
        let changed = |tenant, subject| Changed { tenant, subject, thin: json!({}) };
        let mut batch = vec![
            changed(tenant, one),
            changed(tenant, Subject::Credit),
            changed(tenant, two),
            changed(other, Subject::Credit),
            changed(tenant, one),
        ];
        let left: Vec<_> = coalesced(&mut batch).into_iter().map(|changed| (changed.tenant, changed.subject)).collect();
        assert_eq!(left, [(tenant, Subject::Credit), (tenant, two), (other, Subject::Credit), (tenant, one)]);
        assert!(batch.is_empty());
    }
}
