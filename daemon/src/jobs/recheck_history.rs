//! Reads the last minutes of a number's history once more. A silent number is noticed; on a busy one a single lost webhook shows
//! nowhere else. What is known already costs one request and no write.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::delivery::{Handling, MessageEvent};
use mychatflow_data::model::instance::Instance;
use mychatflow_data::model::pairing::is_another;
use mychatflow_data::model::setting::Groups;
use mychatflow_data::phone::AddressKind;
use mychatflow_data::store::TenantStore;
use mychatflow_data::time::Timestamp;

use super::JobError;
use super::recover_history::{Recovered, latest, made_up_seconds, take_in, tell_found};
use crate::cx::Cx;
use crate::flow::stamp::StampEvidence;
use crate::instances::{look, server};
use crate::waha::Waha;
use crate::waha::chats::{Chats, Filter, Order};
use crate::waha::paging::{Paging, Turn};

/// How often a number's last minutes are read.
pub const EVERY: Duration = Duration::from_secs(600);
/// A round may come a little earlier than the one before it did.
const EARLY: Duration = Duration::from_secs(60);
/// How much of what the last reading saw is read once more: WAHA tries a webhook again for minutes.
const OVERLAP: Duration = Duration::from_secs(300);
/// How far back is read at most. After longer gaps a number counts as silent, and all of it is fetched.
const BACK_MAX: Duration = Duration::from_secs(3600);
/// What is younger may still be on its way by webhook, with its file: WAHA keeps it back until the file is there.
const SETTLING: Duration = Duration::from_secs(60);
/// Messages on one page.
const PAGE: u32 = 100;
/// How many pages are read at most.
const PAGES_MAX: u32 = 20;
/// How many chats of an engine without a history of all chats are looked through at most.
const CHATS_MAX: u32 = 50;

/// Is it a number's turn? Numbers that this run has not read yet have their turns spread over the span.
#[must_use]
pub fn is_due(read_at: Option<Timestamp>, started_at: Timestamp, instance: InstanceId, now: Timestamp) -> bool {
    let due = match read_at {
        // One in the future was noted by a clock that was ahead.
        Some(read_at) => read_at.min(now) + EVERY - EARLY,
        None => {
            let bytes = instance.bytes();
            let place = u64::from(u16::from_le_bytes([bytes[14], bytes[15]]));
            started_at + Duration::from_secs(place % EVERY.as_secs())
        }
    };
    due <= now
}

/// From when on a number's messages are read.
fn window_start(read_at: Option<Timestamp>, now: Timestamp) -> Timestamp {
    let usual = now - EVERY - OVERLAP;
    read_at.map_or(usual, |read_at| (read_at - SETTLING - OVERLAP).min(usual).max(now - BACK_MAX))
}

/// Reads a number's last minutes and takes in what is missing.
///
/// # Errors
/// What WAHA or the store says.
pub async fn recheck(cx: &Cx, tenant: &TenantStore, instance: &Instance) -> Result<Recovered, JobError> {
    let now = cx.now();
    let since = window_start(cx.numbers.history_read_at(instance.id), now);
    let window = (since.max(instance.paired_at.unwrap_or(since)), now - SETTLING);
    if window.0 >= window.1 {
        return Ok(Recovered::default());
    }
    let waha = server(cx, instance)?;
    let (missing, latest) = if instance.engine.as_deref() == Some("WEBJS") {
        missing_by_chat(cx, tenant, instance, &waha, window).await?
    } else {
        missing_messages(cx, tenant, instance, &waha, (Chats::All, window)).await?
    };
    let mut recovered = Recovered::default();
    if !missing.is_empty() {
        let session = waha.session(&instance.session).await?;
        if is_another(instance.me.as_ref(), session.and_then(|session| session.me).as_ref()) {
            // That is another phone's own past.
            look(cx, tenant, instance).await?;
            return Ok(recovered);
        }
        if let Some(newest) = missing.iter().map(|message| message.at).max() {
            cx.numbers.note_missed_message(instance.id, newest);
        }
        let crowded = made_up_seconds(tenant, instance, missing.iter()).await?;
        // What is too young to be believed now is looked at again in the next round.
        let mut youngest = None;
        let evidence = StampEvidence { asked_at: now, crowded, latest };
        take_in(cx, tenant, instance, &missing, &evidence, (&mut recovered, &mut youngest)).await?;
        tracing::info!(instance.id = %instance.id, since = %window.0, found = recovered.found, "single messages were missing");
        tell_found(cx, tenant, instance, recovered);
    }
    cx.numbers.history_was_read(instance.id, now);
    Ok(recovered)
}

/// Messages of a history that are not in the store, and until when some of ours can have been written.
type Missing = (Vec<MessageEvent>, HashMap<String, Timestamp>);

/// Messages of a history that are not in the store.
async fn missing_messages(
    cx: &Cx,
    tenant: &TenantStore,
    instance: &Instance,
    waha: &Waha,
    (chats, (since, until)): (Chats<'_>, (Timestamp, Timestamp)),
) -> Result<Missing, JobError> {
    let (mut missing, mut bounds) = (Vec::new(), HashMap::new());
    let mut paging = Paging::new(PAGE, PAGES_MAX);
    loop {
        let (order, limit, offset) = (Order::OldestFirst, paging.limit(), paging.offset());
        let filter = Filter { since: Some(since), until: Some(until), order, limit, offset, ..Filter::default() };
        let page = waha.messages(&instance.session, chats, &filter).await?;
        let turn = paging.turn(page.rows, page.items.iter().map(|message| message.wa_id.as_str()));
        let is_last = page.rows < limit as usize;
        bounds.extend(latest(&page.items));
        missing.extend(unknown(cx, tenant, instance, page.items, (since, until)).await?);
        if is_last || turn != Turn::On {
            return Ok((missing, bounds));
        }
    }
}

/// The same where each chat has a history of its own: those whose last message is missing are read.
async fn missing_by_chat(
    cx: &Cx,
    tenant: &TenantStore,
    instance: &Instance,
    waha: &Waha,
    window: (Timestamp, Timestamp),
) -> Result<Missing, JobError> {
    let page = waha.overview(&instance.session, CHATS_MAX, 0).await?;
    let last = page.items.into_iter().filter_map(|chat| chat.last).collect();
    let (mut missing, mut bounds) = (Vec::new(), HashMap::new());
    let mut seen = HashSet::new();
    for message in unknown(cx, tenant, instance, last, window).await? {
        if seen.insert(message.chat.clone()) {
            let of_chat = (Chats::One(&message.chat), window);
            let (found, latest) = missing_messages(cx, tenant, instance, waha, of_chat).await?;
            missing.extend(found);
            bounds.extend(latest);
        }
    }
    Ok((missing, bounds))
}

/// Which of these messages would be kept and are not there?
async fn unknown(
    cx: &Cx,
    tenant: &TenantStore,
    instance: &Instance,
    mut messages: Vec<MessageEvent>,
    (since, until): (Timestamp, Timestamp),
) -> Result<Vec<MessageEvent>, JobError> {
    // A server may ignore the bounds; it knows whole seconds only.
    let second = Timestamp::from_seconds(since.millis().div_euclid(1000));
    messages
        .retain(|message| (second..=until).contains(&message.at) && !matches!(message.handling, Handling::Leftover(_)));
    let mut groups = None;
    if messages.iter().any(|message| message.chat.kind() == AddressKind::Group) {
        groups = Some(tenant.settings(Some(instance.id), None).await?.rules(cx.config().reply).groups);
    }
    messages.retain(|message| match message.chat.kind() {
        AddressKind::Group => groups == Some(Groups::Store),
        _ => message.chat.is_person(),
    });
    let ids = messages.iter().map(|message| (message.bare_id.clone(), message.from_me)).collect();
    let known: HashSet<(String, bool)> = tenant.known_messages(instance.id, ids).await?.into_iter().collect();
    messages.retain(|message| !known.contains(&(message.bare_id.clone(), message.from_me)));
    Ok(messages)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_795_392_000);

    fn after(seconds: u64) -> Timestamp {
        NOW + Duration::from_secs(seconds)
    }

    #[test]
    fn a_number_has_its_turn_every_ten_minutes() {
        let id = InstanceId::new();
        for (read_at, now, due) in [
            (after(0), after(300), false),
            (after(0), after(600), true),
            (after(0), after(599), true),
            // The clock was ahead.
            (after(86_400), after(0), false),
        ] {
            assert_eq!(is_due(Some(read_at), NOW, id, now), due, "{read_at} {now}");
        }
    }

    #[test]
    fn numbers_are_not_read_all_at_once_after_a_start() {
        let due = |now| (0..64).filter(|_| is_due(None, NOW, InstanceId::new(), now)).count();
        assert!(due(NOW) < 16, "not at the start");
        assert_eq!(due(NOW + EVERY), 64, "all within the span");
    }

    #[test]
    fn what_the_last_reading_left_out_is_read_by_the_next_one() {
        for (read_at, start) in [
            (None, after(3600) - EVERY - OVERLAP),
            (Some(after(3000)), after(3600) - EVERY - OVERLAP - SETTLING),
            (Some(after(2400)), after(2400) - OVERLAP - SETTLING),
            (Some(after(0)), after(0)),
        ] {
            assert_eq!(window_start(read_at, after(3600)), start, "{read_at:?}");
        }
    }
}
