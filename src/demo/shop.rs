//! Makes the shop as an owner would: over the socket, command by command, and pairs its number.

use std::time::Duration;

use anyhow::{Context, bail};
use mychatflow_data::client::Client;
use mychatflow_data::model::contact::Review;
use mychatflow_data::model::instance::InstanceStatus;
use mychatflow_data::model::setting::SettingKey;
use mychatflow_data::protocol::calls::contact::ContactList;
use mychatflow_data::protocol::calls::credit::CreditShow;
use mychatflow_data::protocol::calls::instance::{InstanceAdd, InstanceQr, InstanceShow, Picture};
use mychatflow_data::protocol::calls::quick_reply::QuickReplyAdd;
use mychatflow_data::protocol::calls::settings::SettingsSet;
use mychatflow_data::protocol::calls::tenant::TenantAdd;
use mychatflow_data::protocol::name::InstanceName;
use mychatflow_data::time::Timestamp;
use mychatflow_sandbox::customers;
use tokio::time::{Instant, sleep};

use super::happening::Happening;
use super::scribe::Scribe;
use super::world::World;
use crate::cmd::qr;

/// The number's name, and its session's on the made-up WAHA.
pub const NUMBER: &str = "demo";
/// How long pairing may take.
const PAIRING_DEADLINE: Duration = Duration::from_secs(30);
/// How long people from before the pairing are looked for.
const KNOWN_DEADLINE: Duration = Duration::from_secs(10);
/// How often the daemon is asked while something is awaited that it tells nobody.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// Adds the tenant, its facts and its stored answers.
pub async fn furnish(client: &Client, scribe: &mut Scribe) -> anyhow::Result<()> {
    let shop = customers::shop();
    let timezone = Some(shop.timezone.to_owned());
    client.call(&TenantAdd { name: shop.name.to_owned(), plan: None, timezone }).await.context("tenant add")?;
    // These opening times are words, which close nothing: the demo works at night as well.
    let facts = [
        (SettingKey::BusinessName, shop.name),
        (SettingKey::BusinessProfile, shop.profile),
        (SettingKey::BusinessHours, shop.hours),
    ];
    for (key, value) in facts {
        let set = SettingsSet { tenant: None, key, value: Some(value.to_owned()), instance: None, chat: None };
        client.call(&set).await.with_context(|| format!("settings set {key}"))?;
    }
    for (label, text) in shop.quick_replies {
        let add = QuickReplyAdd { tenant: None, label: (*label).to_owned(), text: (*text).to_owned() };
        client.call(&add).await.context("quick-reply add")?;
    }
    let credits = client.call(&CreditShow::default()).await.context("credit show")?.balance;
    scribe.tell(&Happening::Furnished { shop: shop.name.to_owned(), quick_replies: shop.quick_replies.len(), credits })
}

/// Adds the number, shows its code, lets the phone scan it, and waits until it works.
pub async fn pair(world: &World, client: &Client, scribe: &mut Scribe) -> anyhow::Result<()> {
    let add = InstanceAdd { tenant: None, name: NUMBER.to_owned(), waha: None, session: Some(NUMBER.to_owned()) };
    client.call(&add).await.context("instance add")?;
    let regulars = customers::regulars();
    for regular in &regulars {
        regular.settle(&world.waha, NUMBER, Timestamp::now().millis() / 1000).await?;
    }
    let name = InstanceName::from(NUMBER);
    let ask = InstanceQr { tenant: None, name: name.clone(), png: Picture::Without };
    let code = client.call(&ask).await.context("instance qr")?;
    scribe.draw(&qr::text(&code.value)?)?;
    scribe.tell(&Happening::Code { attempt: code.attempt, attempts_max: code.attempts_max })?;
    world.waha.scan_qr(NUMBER).await.context("the phone could not scan the code")?;
    let deadline = Instant::now() + PAIRING_DEADLINE;
    let show = InstanceShow { tenant: None, name };
    let me = loop {
        let shown = client.call(&show).await.context("instance show")?.instance;
        match shown.status {
            Some(InstanceStatus::Working) => break shown.me,
            status if Instant::now() >= deadline => {
                let status = status.as_ref().map_or("unknown", InstanceStatus::word);
                bail!("the number did not get to work within {} s: it is {status}", PAIRING_DEADLINE.as_secs());
            }
            _ => sleep(ASK_AGAIN).await,
        }
    };
    scribe.tell(&Happening::Paired { phone: me.and_then(|me| me.id.phone()) })?;
    find_known(client, scribe, regulars.len()).await
}

/// Waits for the people from before the pairing: the first customers must not be taken for some of them.
async fn find_known(client: &Client, scribe: &mut Scribe, count: usize) -> anyhow::Result<()> {
    let deadline = Instant::now() + KNOWN_DEADLINE;
    let list = ContactList { review: Some(Review::Unreviewed), ..ContactList::default() };
    loop {
        let found = client.call(&list).await.context("contact list")?.items;
        if found.len() >= count {
            let names = found.into_iter().filter_map(|contact| contact.name).collect();
            return scribe.tell(&Happening::Known { names });
        }
        if Instant::now() >= deadline {
            let what = "the people from before the pairing".to_owned();
            return scribe.tell(&Happening::Missed { what });
        }
        sleep(ASK_AGAIN).await;
    }
}
