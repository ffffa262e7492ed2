//! Reads the people and chats that a number had before it was paired with us: names, and who is not a new customer. The
//! assistant has no part in it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::instance::{Instance, InstanceStatus};
use mychatflow_data::model::job::Job;
use mychatflow_data::phone::Address;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::jobs::Ended;
use mychatflow_data::store::tx::import_known::{Acquaintance, Imported, KnownPerson};
use mychatflow_data::time::Timestamp;

use super::{JobError, Outcome, broken_off};
use crate::cx::Cx;
use crate::flow::clean::clean_name;
use crate::instances::{notice, server};
use crate::waha::chats::{ChatOverview, Chats, Filter};
use crate::waha::{Waha, WahaError};

/// People on one page.
const PEOPLE: u32 = 500;
/// Chats on one page; each carries its last message.
const CHATS: u32 = 100;
/// Between the pairing and our hearing of it a new customer may have written; WAHA cuts instants to the second.
const MOMENTS: Duration = Duration::from_secs(5);
/// Whoever we met so shortly before the pairing came with it.
const MET: Duration = Duration::from_secs(60);
/// How long to wait for a number that does not work.
const PAUSE: Duration = Duration::from_secs(60);

/// Runs the job.
///
/// # Errors
/// What WAHA or the store says.
pub async fn run(cx: &Cx, tenant: &TenantStore, _job: &Job, instance: InstanceId) -> Result<Outcome, JobError> {
    let Some(found) = tenant.instance(instance).await? else {
        return Ok(Outcome::End(Ended::Cancel { reason: "the number was removed".to_owned() }));
    };
    let waha = server(cx, &found)?;
    let session = match waha.session(&found.session).await {
        Ok(session) => session,
        Err(error) => return broken_off(&waha, error, cx.now()),
    };
    if session.is_none_or(|session| session.status != InstanceStatus::Working) {
        let reason = "the number does not work yet".to_owned();
        return Ok(Outcome::End(Ended::Snooze { until: cx.now() + PAUSE, reason }));
    }
    let imported = sync(cx, tenant, &found, &waha).await?;
    let Imported { added, held_back, named } = imported;
    tracing::info!(instance.id = %instance, added, held_back, named, "people and chats were read");
    if added + held_back > 0 {
        let text = format!("{} knows {} people from before: review them", found.name, added + held_back);
        notice(cx, tenant, "info", &text);
    }
    Ok(Outcome::End(Ended::Done))
}

async fn sync(cx: &Cx, tenant: &TenantStore, instance: &Instance, waha: &Waha) -> Result<Imported, JobError> {
    let paired_at = instance.paired_at.unwrap_or_else(|| cx.now());
    let numbers = lids(waha, instance).await?;
    let mut names = names(waha, instance).await?;
    let mut imported = Imported::default();
    let mut offset = 0;
    let mut seen = HashSet::new();
    loop {
        let page = waha.overview(&instance.session, CHATS, offset).await?;
        if page.rows == 0 {
            break;
        }
        offset += CHATS;
        let mut people = Vec::with_capacity(page.items.len());
        for chat in page.items {
            // Chats move up while the pages are read; nobody is taken twice.
            if !chat.address.is_person() || !seen.insert(chat.address.clone()) {
                continue;
            }
            let named = names.remove(&chat.address).or_else(|| chat.name.as_deref().and_then(clean_name));
            let acquaintance = match is_older(waha, instance, &chat, paired_at - MOMENTS).await? {
                true => Acquaintance::Chatted,
                false => Acquaintance::AddressBook,
            };
            let alternate = numbers.get(&chat.address).cloned();
            people.push(KnownPerson { address: chat.address, alternate, name: named, acquaintance });
        }
        add(&mut imported, tenant.import_known(instance.id, people, paired_at - MET, cx.now()).await?);
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
        add(&mut imported, tenant.import_known(instance.id, people.to_vec(), paired_at - MET, cx.now()).await?);
    }
    Ok(imported)
}

fn add(sum: &mut Imported, more: Imported) {
    sum.added += more.added;
    sum.held_back += more.held_back;
    sum.named += more.named;
}

/// Was there a word between them before that instant? The last message tells, unless it is younger.
async fn is_older(waha: &Waha, instance: &Instance, chat: &ChatOverview, bar: Timestamp) -> Result<bool, JobError> {
    if chat.last.as_ref().is_some_and(|last| last.at < bar) {
        return Ok(true);
    }
    let filter = Filter { until: Some(bar), limit: 1, ..Filter::default() };
    match waha.messages(&instance.session, Chats::One(&chat.address), &filter).await {
        Ok(page) => Ok(page.rows > 0),
        // Nobody can tell: a person reviews it.
        Err(WahaError::NotFound { .. } | WahaError::Rejected { .. } | WahaError::Engine { .. }) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// The names of the address book, else those that people gave themselves.
async fn names(waha: &Waha, instance: &Instance) -> Result<HashMap<Address, String>, JobError> {
    let mut names = HashMap::new();
    let mut offset = 0;
    loop {
        let page = match waha.contacts_all(&instance.session, PEOPLE, offset).await {
            Ok(page) => page,
            // Names are a courtesy; who must be reviewed is not.
            Err(WahaError::Rejected { .. } | WahaError::Engine { .. }) => return Ok(names),
            Err(error) => return Err(error.into()),
        };
        if page.rows == 0 {
            return Ok(names);
        }
        offset += PEOPLE;
        for person in page.items.into_iter().filter(|person| person.address.is_person()) {
            let name = person
                .name
                .as_deref()
                .and_then(clean_name)
                .or_else(|| person.push_name.as_deref().and_then(clean_name));
            names.extend(name.map(|name| (person.address, name)));
        }
    }
}

/// The numbers behind hidden ids, where WAHA knows them.
async fn lids(waha: &Waha, instance: &Instance) -> Result<HashMap<Address, Address>, JobError> {
    let mut numbers = HashMap::new();
    let mut offset = 0;
    loop {
        let page = match waha.lids(&instance.session, PEOPLE, offset).await {
            Ok(page) => page,
            Err(WahaError::NotFound { .. } | WahaError::Rejected { .. } | WahaError::Engine { .. }) => {
                return Ok(numbers);
            }
            Err(error) => return Err(error.into()),
        };
        if page.rows == 0 {
            return Ok(numbers);
        }
        offset += PEOPLE;
        let known = page.items.into_iter().filter_map(|pair| Some((pair.lid, pair.phone?)));
        numbers.extend(known.filter(|(_, phone)| phone.is_person()));
    }
}
