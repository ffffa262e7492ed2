//! Makes the shop as an owner would: over the socket, command by command, and pairs its number.

use std::time::Duration;

use anyhow::{Context, bail};
use mychatflow_data::client::Client;
use mychatflow_data::model::contact::Review;
use mychatflow_data::model::instance::InstanceStatus;
use mychatflow_data::model::setting::SettingKey;
use mychatflow_data::protocol::calls::campaign::CampaignCreate;
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

/// The number's session on the made-up WAHA, and its name where nobody looks at it in the console.
pub const NUMBER: &str = "demo";
/// The campaign's name.
const CAMPAIGN: &str = "Autumn opening hours";
/// What it says.
const CAMPAIGN_TEXT: &str = "Hi {{ name }}, from Monday we bake until 17:00. See you at the harbour! Harbour Bakery";
/// How long pairing may take.
const PAIRING_DEADLINE: Duration = Duration::from_secs(30);
/// How long people from before the pairing are looked for.
const KNOWN_DEADLINE: Duration = Duration::from_secs(10);
/// How often the daemon is asked while something is awaited that it tells nobody.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// Adds the tenant, its facts and its stored answers. Returns what there is to tell of it.
pub async fn furnish(client: &Client) -> anyhow::Result<Happening> {
    let shop = customers::shop();
    let timezone = Some(shop.timezone.to_owned());
    client.call(&TenantAdd { name: shop.name.to_owned(), plan: None, timezone }).await.context("tenant add")?;
    // The opening times are told and not set: the demo works at night as well.
    let profile = format!("{}\nOpening times: {}", shop.profile, shop.hours);
    let facts = [(SettingKey::BusinessName, shop.name), (SettingKey::BusinessProfile, profile.as_str())];
    for (key, value) in facts {
        let set = SettingsSet { tenant: None, key, value: Some(value.to_owned()), instance: None, chat: None };
        client.call(&set).await.with_context(|| format!("settings set {key}"))?;
    }
    for (label, text) in shop.quick_replies {
        let add = QuickReplyAdd { label: (*label).to_owned(), text: (*text).to_owned(), ..QuickReplyAdd::default() };
        client.call(&add).await.context("quick-reply add")?;
    }
    let credits = client.call(&CreditShow::default()).await.context("credit show")?.balance;
    Ok(Happening::Furnished { shop: shop.name.to_owned(), quick_replies: shop.quick_replies.len(), credits })
}

/// Adds the number under a name. People who bought here before are in its phone already.
pub async fn add(world: &World, client: &Client, name: &str) -> anyhow::Result<()> {
    let add = InstanceAdd { tenant: None, name: name.to_owned(), waha: None, session: Some(NUMBER.to_owned()) };
    client.call(&add).await.context("instance add")?;
    for regular in customers::regulars() {
        regular.settle(&world.waha, NUMBER, Timestamp::now().millis() / 1000).await?;
    }
    Ok(())
}

/// Shows the code of the number, lets the phone scan it, and waits until it works.
pub async fn pair(world: &World, client: &Client, scribe: &mut Scribe) -> anyhow::Result<()> {
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
    scribe.tell(&match known(client).await? {
        Some(names) => Happening::Known { names },
        None => Happening::Missed { what: "the people from before the pairing".to_owned() },
    })
}

/// Waits for the people from before the pairing: the first customers must not be taken for some of them. `None` when
/// they are not found in time.
pub async fn known(client: &Client) -> anyhow::Result<Option<Vec<String>>> {
    let deadline = Instant::now() + KNOWN_DEADLINE;
    let list = ContactList { review: None, ..ContactList::default() };
    loop {
        let mut found = client.call(&list).await.context("contact list")?.items;
        if found.len() >= customers::regulars().len() {
            found.retain(|contact| contact.review == Review::Unreviewed);
            return Ok(Some(found.into_iter().filter_map(|contact| contact.name).collect()));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        sleep(ASK_AGAIN).await;
    }
}

/// A campaign that waits to be launched, to whoever has written by then.
pub async fn draft(client: &Client) -> anyhow::Result<()> {
    let create = CampaignCreate {
        name: CAMPAIGN.to_owned(),
        text: CAMPAIGN_TEXT.to_owned(),
        segment: Some("all".to_owned()),
        ..CampaignCreate::default()
    };
    client.call(&create).await.context("campaign create")?;
    Ok(())
}
