//! What an event carries. Commits are told on the writer's thread, which may not read: what changed is named there, and
//! read here once, however often it changed in the meantime.

use std::collections::HashSet;
use std::sync::Arc;

use mychatflow_data::ids::{ChatId, InstanceId, JobId, QueueItemId, TenantId};
use mychatflow_data::protocol::calls::credit::CreditSummary;
use mychatflow_data::protocol::event::Topic;
use mychatflow_data::store::error::StoreError;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::cx::Cx;
use crate::rpc::handlers::{chats, instances, queue};

/// So many changes are looked through at once for those that are of the same thing.
const BATCH_MAX: usize = 256;

/// Something that changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A chat.
    Chat(ChatId),
    /// A number.
    Instance(InstanceId),
    /// The balance.
    Credit,
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
            Self::Job(_) => Topic::JobChanged,
        }
    }
}

/// Tells what changed in the order of the changes, until it is told to stop.
pub async fn run(cx: Arc<Cx>, mut due: mpsc::UnboundedReceiver<Changed>, stop: CancellationToken) {
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            count = due.recv_many(&mut batch, BATCH_MAX) => if count == 0 { return },
        }
        for changed in coalesced(&mut batch) {
            tell(&cx, changed).await;
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
