//! Reads the people and chats that a number had before it was paired with us: names, and who is not a new customer. The
//! assistant has no part in it.
//!
//! The phone hands its history over bit by bit, so the list is read again on a schedule for five minutes
//! (`model/pairing.rs`). The job snoozes from one instant to the next; which is next follows from the store.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::instance::{Instance, InstanceStatus};
use mychatflow_data::model::job::Job;
use mychatflow_data::model::pairing::{LAST_READING, is_another, is_settled, known_before, met_since, next_reading};
use mychatflow_data::phone::Address;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::jobs::Ended;
use mychatflow_data::store::tx::import_known::{Acquaintance, Imported, KnownPerson};
use mychatflow_data::time::Timestamp;

use super::older_words::{Older, older_words};
use super::{JobError, Outcome, broken_off};
use crate::cx::Cx;
use crate::flow::clean::clean_name;
use crate::instances::{look, notice, server};
use crate::waha::chats::ChatOverview;
use crate::waha::paging::{Paging, Turn};
use crate::waha::{Waha, WahaError};

/// People on one page.
const PEOPLE: u32 = 500;
/// Chats on one page; each carries its last message.
const CHATS: u32 = 100;
/// How many pages are read at most.
const PAGES_MAX: u32 = 400;
/// How long to wait for a number that does not work.
const PAUSE: Duration = Duration::from_secs(60);
/// The same, while an answer may wait for the list.
const SHORT_PAUSE: Duration = Duration::from_secs(5);

/// Runs the job.
///
/// # Errors
/// What WAHA or the store says.
pub async fn run(cx: &Cx, tenant: &TenantStore, _job: &Job, instance: InstanceId) -> Result<Outcome, JobError> {
    let Some(found) = tenant.instance(instance).await? else {
        return Ok(Outcome::End(Ended::Cancel { reason: "the number was removed".to_owned() }));
    };
    let begun_at = cx.now();
    // A number that worked before this was kept is read once.
    let due = found.worked_at.map_or(Some(begun_at), |worked_at| next_reading(worked_at, found.list_read_at));
    match due {
        None => return Ok(Outcome::End(Ended::Done)),
        Some(due) if due > begun_at => return Ok(read_again(due)),
        Some(_) => {}
    }
    let waha = server(cx, &found)?;
    let session = match waha.session(&found.session).await {
        Ok(session) => session,
        Err(error) => return broken_off(&waha, error, cx.now()),
    };
    if session.as_ref().is_none_or(|session| session.status != InstanceStatus::Working) {
        let pause = if is_settled(&found, begun_at) { PAUSE } else { SHORT_PAUSE };
        let reason = "the number does not work yet".to_owned();
        return Ok(Outcome::End(Ended::Snooze { until: cx.now() + pause, reason }));
    }
    if is_another(found.me.as_ref(), session.and_then(|session| session.me).as_ref()) {
        // The pairing is kept first: whose people these are hangs on it.
        look(cx, tenant, &found).await?;
        return Ok(read_again(cx.now()));
    }
    let last = found.worked_at.is_none_or(|worked_at| begun_at >= worked_at + LAST_READING);
    let read = sync(cx, tenant, &found, &waha, last).await;
    if read.is_ok() || (last && matches!(read, Err(JobError::Fatal(_)))) {
        tenant.note_list_read(instance, begun_at).await?;
    }
    cx.numbers.reading_ended(instance);
    let Imported { added, held_back, named } = match read {
        Ok(imported) => imported,
        // WAHA may be able to at the next time.
        Err(JobError::Fatal(reason)) if !last => {
            tracing::warn!(instance.id = %instance, reason, "people and chats could not be read");
            let next = found.worked_at.and_then(|worked_at| next_reading(worked_at, Some(begun_at)));
            return Ok(Outcome::End(Ended::Snooze { until: next.unwrap_or(begun_at + PAUSE), reason }));
        }
        Err(error) => return Err(error),
    };
    tracing::info!(instance.id = %instance, added, held_back, named, "people and chats were read");
    if added + held_back > 0 {
        let text = format!("{} knows {} people from before: review them", found.name, added + held_back);
        notice(cx, tenant, "info", &text);
    }
    // Another phone may have been paired meanwhile: its people are due now.
    let now = tenant.instance(instance).await?;
    let next = now.and_then(|now| next_reading(now.worked_at?, now.list_read_at));
    Ok(next.map_or(Outcome::End(Ended::Done), read_again))
}

fn read_again(at: Timestamp) -> Outcome {
    let reason = "the phone may hand over more of its history".to_owned();
    Outcome::End(Ended::Snooze { until: at, reason })
}

/// `last`: no reading follows this one.
async fn sync(
    cx: &Cx,
    tenant: &TenantStore,
    instance: &Instance,
    waha: &Waha,
    last: bool,
) -> Result<Imported, JobError> {
    let (bar, met_since) = (known_before(instance, cx.now()), met_since(instance, cx.now()));
    let defaults = cx.config().reply;
    let numbers = lids(waha, instance).await?;
    let mut names = names(waha, instance).await?;
    let mut imported = Imported::default();
    let mut paging = Paging::new(CHATS, PAGES_MAX);
    let mut seen = HashSet::new();
    loop {
        let page = waha.overview(&instance.session, paging.limit(), paging.offset()).await?;
        let turn = paging.turn(page.rows, page.items.iter().map(|chat| chat.address.as_str()));
        let mut people = Vec::with_capacity(page.items.len());
        for chat in page.items {
            // Chats move up while the pages are read; nobody is taken twice.
            if !chat.address.is_person() || !seen.insert(chat.address.clone()) {
                continue;
            }
            let named = names.remove(&chat.address).or_else(|| chat.name.as_deref().and_then(clean_name));
            let acquaintance = match look_back(waha, instance, &chat, bar).await? {
                // A later reading may be able to. Until then each answer looks at the history of its own chat.
                Acquaintance::Unclear if !last => Acquaintance::AddressBook,
                found => found,
            };
            let alternate = numbers.get(&chat.address).cloned();
            people.push(KnownPerson { address: chat.address, alternate, name: named, acquaintance });
        }
        if !people.is_empty() {
            add(&mut imported, tenant.import_known(instance.id, people, met_since, defaults, cx.now()).await?);
        }
        if turn != Turn::On {
            note_end(instance, "chats", turn);
            break;
        }
    }
    // Whoever is left has no chat: a name for those we know already.
    let rest = names.into_iter().map(|(address, name)| KnownPerson {
        alternate: numbers.get(&address).cloned(),
        address,
        name: Some(name),
        acquaintance: Acquaintance::AddressBook,
    });
    let rest: Vec<KnownPerson> = rest.collect();
    for people in rest.chunks(PEOPLE as usize) {
        add(&mut imported, tenant.import_known(instance.id, people.to_vec(), met_since, defaults, cx.now()).await?);
    }
    Ok(imported)
}

fn note_end(instance: &Instance, list: &str, turn: Turn) {
    if turn != Turn::End {
        tracing::warn!(instance.id = %instance.id, list, end = ?turn, "a list of WAHA's did not end by itself");
    }
}

fn add(sum: &mut Imported, more: Imported) {
    sum.added += more.added;
    sum.held_back += more.held_back;
    sum.named += more.named;
}

/// Was there a word between them before that instant? The last message tells, unless it is younger.
async fn look_back(
    waha: &Waha,
    instance: &Instance,
    chat: &ChatOverview,
    bar: Timestamp,
) -> Result<Acquaintance, JobError> {
    if chat.last.as_ref().is_some_and(|last| last.at < bar) {
        return Ok(Acquaintance::Chatted);
    }
    match older_words(waha, &instance.session, &chat.address, bar).await {
        Ok(Older::Yes) => Ok(Acquaintance::Chatted),
        Ok(Older::No) => Ok(Acquaintance::AddressBook),
        Ok(Older::Unclear) | Err(WahaError::NotFound { .. } | WahaError::Rejected { .. }) => Ok(Acquaintance::Unclear),
        Err(error) if error.is_the_engines() => Ok(Acquaintance::Unclear),
        Err(error) => Err(error.into()),
    }
}

/// The names of the address book, else those that people gave themselves.
async fn names(waha: &Waha, instance: &Instance) -> Result<HashMap<Address, String>, JobError> {
    let mut names = HashMap::new();
    let mut paging = Paging::new(PEOPLE, PAGES_MAX);
    loop {
        let page = match waha.contacts_all(&instance.session, paging.limit(), paging.offset()).await {
            Ok(page) => page,
            // Names are a courtesy; who must be reviewed is not.
            Err(WahaError::Rejected { .. }) => return Ok(names),
            Err(error) if error.is_the_engines() => return Ok(names),
            Err(error) => return Err(error.into()),
        };
        let turn = paging.turn(page.rows, page.items.iter().map(|person| person.address.as_str()));
        for person in page.items.into_iter().filter(|person| person.address.is_person()) {
            let name = person
                .name
                .as_deref()
                .and_then(clean_name)
                .or_else(|| person.push_name.as_deref().and_then(clean_name));
            names.extend(name.map(|name| (person.address, name)));
        }
        if turn != Turn::On {
            note_end(instance, "people", turn);
            return Ok(names);
        }
    }
}

/// The numbers behind hidden ids, where WAHA knows them.
async fn lids(waha: &Waha, instance: &Instance) -> Result<HashMap<Address, Address>, JobError> {
    let mut numbers = HashMap::new();
    let mut paging = Paging::new(PEOPLE, PAGES_MAX);
    loop {
        let page = match waha.lids(&instance.session, paging.limit(), paging.offset()).await {
            Ok(page) => page,
            Err(WahaError::NotFound { .. } | WahaError::Rejected { .. }) => return Ok(numbers),
            Err(error) if error.is_the_engines() => return Ok(numbers),
            Err(error) => return Err(error.into()),
        };
        let turn = paging.turn(page.rows, page.items.iter().map(|pair| pair.lid.as_str()));
        let known = page.items.into_iter().filter_map(|pair| Some((pair.lid, pair.phone?)));
        numbers.extend(known.filter(|(_, phone)| phone.is_person()));
        if turn != Turn::On {
            note_end(instance, "hidden ids", turn);
            return Ok(numbers);
        }
    }
}
