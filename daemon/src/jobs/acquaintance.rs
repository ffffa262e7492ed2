//! Is somebody who writes in the first minutes after a pairing new, or known from before? The phone may not have handed
//! its history over yet, so the list of people alone can't tell.

use std::time::Duration;

use futures_util::future::join_all;
use mychatflow_data::ids::ContactId;
use mychatflow_data::model::contact::{HISTORY_UNREAD, Review};
use mychatflow_data::model::instance::Instance;
use mychatflow_data::model::interaction::Author;
use mychatflow_data::model::pairing::{known_before, next_reading, stranger_since};
use mychatflow_data::phone::Address;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::tx::answer::Facts;
use mychatflow_data::time::Timestamp;
use tokio::time::{Instant, timeout, timeout_at};

use super::JobError;
use super::older_words::{Older, older_words};
use crate::cx::Cx;
use crate::waha::Waha;

/// How long an answer waits for a reading of the list that is due or under way.
const LIST_WAIT: Duration = Duration::from_secs(10);
/// How long an answer waits for the history of its chat.
const HISTORY_WAIT: Duration = Duration::from_secs(3);

/// How a number knows somebody who writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Acquaintance {
    /// Not from before the pairing.
    New,
    /// They wrote to each other before the pairing.
    Known,
    /// Nobody can tell, and why: the reason of the chat.
    Unclear(&'static str),
    /// The list, or a person, has said who it is meanwhile.
    Reviewed,
}

/// Looks for words from before the pairing: in the store, on the list, in the chat's history under all of the person's
/// addresses.
///
/// # Errors
/// What the store says.
pub(crate) async fn look_back(
    cx: &Cx,
    tenant: &TenantStore,
    waha: &Waha,
    facts: &Facts,
    contact: ContactId,
) -> Result<Acquaintance, JobError> {
    let instance = &facts.instance;
    let since = stranger_since(instance, cx.now());
    let bar = known_before(instance, cx.now());
    let Some(person) = tenant.contact(contact).await? else { return Ok(Acquaintance::Reviewed) };
    if person.created_at < since {
        return Ok(Acquaintance::New);
    }
    // What WAHA posted by itself is evidence as well.
    if facts.history.iter().any(|message| message.at < bar) {
        return Ok(Acquaintance::Known);
    }
    // Whoever was answered since was looked at then.
    if facts.history.iter().any(|message| message.author == Author::Assistant && message.at >= bar) {
        return Ok(Acquaintance::New);
    }
    if !list_is_read(cx, tenant, instance).await? {
        return Ok(Acquaintance::Unclear("unreviewed: the list of chats could not be read in time"));
    }
    match tenant.contact(contact).await? {
        Some(person) if person.review == Review::New => {
            let mut addresses = person.addresses;
            if !addresses.contains(&facts.chat.address) {
                addresses.push(facts.chat.address.clone());
            }
            Ok(ask_history(waha, &instance.session, &addresses, bar).await)
        }
        _ => Ok(Acquaintance::Reviewed),
    }
}

async fn ask_history(waha: &Waha, session: &str, addresses: &[Address], bar: Timestamp) -> Acquaintance {
    const UNREAD: Acquaintance = Acquaintance::Unclear(HISTORY_UNREAD);
    let asked = join_all(addresses.iter().map(|address| older_words(waha, session, address, bar)));
    let Ok(told) = timeout(HISTORY_WAIT, asked).await else { return UNREAD };
    // One address under which they wrote is enough; that they did not must hold for all.
    if told.iter().any(|told| matches!(told, Ok(Older::Yes))) {
        return Acquaintance::Known;
    }
    if told.iter().all(|told| matches!(told, Ok(Older::No))) { Acquaintance::New } else { UNREAD }
}

/// Waits for the reading of the list that is due now, if one is. False: it did not come in time.
async fn list_is_read(cx: &Cx, tenant: &TenantStore, instance: &Instance) -> Result<bool, JobError> {
    let (asked_at, deadline) = (cx.now(), Instant::now() + LIST_WAIT);
    let mut ended = cx.numbers.readings(instance.id);
    loop {
        ended.mark_unchanged();
        let Some(now) = tenant.instance(instance.id).await? else { return Ok(false) };
        let due = now.worked_at.and_then(|worked_at| next_reading(worked_at, now.list_read_at));
        if due.is_none_or(|due| due > asked_at) {
            return Ok(true);
        }
        match timeout_at(deadline, ended.changed()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return Ok(false),
        }
    }
}
