//! `queue.*`: what is not finished, and a human's hand on it.

use mychatflow_data::ids::QueueItemId;
use mychatflow_data::model::job::JobState;
use mychatflow_data::protocol::calls::queue::{
    QueueDrop, QueueHold, QueueKind, QueueLine, QueueList, QueueRelease, QueueRetry, QueueShow, QueueShown, QueueState,
};
use mychatflow_data::protocol::error::CallError;
use mychatflow_data::protocol::name::{Cursor, QueueId};
use mychatflow_data::protocol::page::Page;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::queue::{Item, QueueFilter, QueueItem, QueuePlace, Unreadable};
use mychatflow_data::store::tx::queue::Retried;
use mychatflow_data::time::Timestamp;

use crate::cx::Cx;
use crate::flow::clean::{clean, clean_line};
use crate::rpc::paging;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;
use crate::waha;

/// How much of a text is shown, in characters.
const TEXT_CHARS_MAX: usize = 20_000;

/// An entry as replies show it: its untrusted texts cleaned.
#[must_use]
pub fn line(item: QueueItem, now: Timestamp) -> QueueLine {
    let (kind, state) = match item.item {
        Item::Job(kind, state) => (kind.into(), state.into()),
        Item::Unreadable(JobState::Held) => (QueueKind::UnreadableDelivery, QueueState::Held),
        Item::Unreadable(_) => (QueueKind::UnreadableDelivery, QueueState::Unreadable),
        Item::UnknownSend => (QueueKind::UnknownSend, QueueState::Unknown),
    };
    let age = now.since(item.created_at).as_secs();
    QueueLine {
        id: QueueId::from(item.id.to_string()),
        kind,
        state,
        reason: item.reason.map(|reason| clean_line(&reason)),
        age_s: i64::try_from(age).unwrap_or(i64::MAX),
        attempts: item.attempts,
        chat: item.chat,
        instance: item.instance,
        next_at: item.next_at,
    }
}

fn id(named: &QueueId) -> Handled<QueueItemId> {
    let read = named.as_str().trim().parse();
    read.map_err(|_| CallError::not_found(format!("nothing in the queue is called {:?}", named.as_str())).into())
}

async fn item(shop: &TenantStore, id: QueueItemId) -> Handled<QueueItem> {
    Ok(shop.queue_item(id).await?.ok_or(StoreError::NotFound("entry in the queue"))?)
}

/// `queue.list`: oldest first.
///
/// # Errors
/// `invalid` for a cursor that is none of ours.
pub async fn list(cx: &Cx, shop: &TenantStore, call: QueueList) -> Handled<Reply<QueueList>> {
    let filter = match call.state {
        None => QueueFilter::All,
        Some(QueueState::Unreadable) => QueueFilter::Unreadable,
        Some(QueueState::Unknown) => QueueFilter::UnknownSends,
        Some(QueueState::Scheduled) => QueueFilter::Jobs(JobState::Scheduled),
        Some(QueueState::Available) => QueueFilter::Jobs(JobState::Available),
        Some(QueueState::Running) => QueueFilter::Jobs(JobState::Running),
        Some(QueueState::Retryable) => QueueFilter::Jobs(JobState::Retryable),
        Some(QueueState::Discarded) => QueueFilter::Jobs(JobState::Discarded),
        Some(QueueState::Held) => QueueFilter::Held,
        // What is finished is not in the queue.
        Some(QueueState::Completed | QueueState::Cancelled) => return Ok(Reply(Page::whole(Vec::new()))),
    };
    let limit = paging::limit(call.limit);
    let after = call.after.as_ref().map(place).transpose()?;
    let found = shop.queue(filter, after, paging::to_read(limit)).await?;
    let now = cx.now();
    let cursor = |last: &QueueItem| format!("{}:{}", last.created_at.millis(), last.id);
    Ok(Reply(paging::page(found, limit, cursor, |item| line(item, now))))
}

fn place(cursor: &Cursor) -> Handled<QueuePlace> {
    let (millis, id) = paging::parts(cursor)?;
    Ok(QueuePlace { created_at: Timestamp::from_millis(millis), id })
}

/// `queue.show`
///
/// # Errors
/// `not_found` when it is not in the queue.
pub async fn show(cx: &Cx, shop: &TenantStore, call: QueueShow) -> Handled<Reply<QueueShow>> {
    let found = shop.queue_detail(id(&call.id)?).await?.ok_or(StoreError::NotFound("entry in the queue"))?;
    let created_at = found.item.created_at;
    let text = found.text.map(|text| clean(&text).chars().take(TEXT_CHARS_MAX).collect());
    Ok(Reply(QueueShown { line: line(found.item, cx.now()), created_at, steps: found.steps, text }))
}

/// `queue.hold`
///
/// # Errors
/// `conflict` when it runs, has ended, or waits for a person anyway.
pub async fn hold(cx: &Cx, shop: &TenantStore, call: QueueHold) -> Handled<Reply<QueueHold>> {
    let now = cx.now();
    Ok(Reply(line(shop.hold(id(&call.id)?, now).await?, now)))
}

/// `queue.release`
///
/// # Errors
/// `conflict` when it was not put aside.
pub async fn release(cx: &Cx, shop: &TenantStore, call: QueueRelease) -> Handled<Reply<QueueRelease>> {
    let now = cx.now();
    Ok(Reply(line(shop.release(id(&call.id)?, now).await?, now)))
}

/// `queue.retry`: a job runs now, an unreadable delivery is read once more, an unknown send is sent again.
///
/// # Errors
/// `conflict` when it runs, waits for an approval, or was overtaken.
pub async fn retry(cx: &Cx, shop: &TenantStore, call: QueueRetry) -> Handled<Reply<QueueRetry>> {
    let now = cx.now();
    let id = id(&call.id)?;
    let mut before = line(item(shop, id).await?, now);
    match shop.retry(id, now).await? {
        Retried::ReadAgain(body) => {
            if read_again(cx, shop, body, now).await? == Read::Understood {
                before.state = QueueState::Completed;
                return Ok(Reply(before));
            }
            Ok(Reply(line(item(shop, id).await?, now)))
        }
        // A send of unknown end goes on as a job of its own.
        Retried::Runs if before.kind == QueueKind::UnknownSend => {
            before.state = QueueState::Available;
            Ok(Reply(before))
        }
        Retried::Runs => match shop.queue_item(id).await? {
            Some(item) => Ok(Reply(line(item, now))),
            // It ran already.
            None => {
                before.state = QueueState::Completed;
                Ok(Reply(before))
            }
        },
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Read {
    Understood,
    Not,
}

/// Reads an unreadable body with what we know today.
async fn read_again(cx: &Cx, shop: &TenantStore, body: Unreadable, now: Timestamp) -> Handled<Read> {
    match waha::parse(&body.body) {
        Ok(delivery) => {
            shop.accept_delivery(body.instance, delivery, cx.config().reply, now).await?;
            shop.forget_unreadable(body.id).await?;
            Ok(Read::Understood)
        }
        Err(error) => {
            shop.note_unreadable(body.id, error.to_string()).await?;
            Ok(Read::Not)
        }
    }
}

/// `queue.drop`: what it wrote is cancelled, its credit is back.
///
/// # Errors
/// `conflict` when it runs and can't be stopped.
pub async fn drop_entry(cx: &Cx, shop: &TenantStore, call: QueueDrop) -> Handled<Reply<QueueDrop>> {
    let now = cx.now();
    let mut dropped = line(shop.drop_entry(id(&call.id)?, now).await?, now);
    dropped.state = QueueState::Cancelled;
    dropped.next_at = None;
    Ok(Reply(dropped))
}
