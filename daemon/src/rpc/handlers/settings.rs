//! `settings.*`: what a tenant, a number or a chat overrides, and what is in effect.

use mychatflow_data::model::opening_hours::{self, OpeningHours};
use mychatflow_data::model::setting::{Rules, SettingKey};
use mychatflow_data::model::tenant::Tenant;
use mychatflow_data::protocol::calls::settings::{SettingLine, SettingsSet, SettingsShow, Source};
use mychatflow_data::protocol::error::CallError;
use mychatflow_data::protocol::name::{ChatName, InstanceName};
use mychatflow_data::protocol::page::Page;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::settings::{Owner, Values};

use super::instances;
use crate::cx::Cx;
use crate::flow::clean::clean;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

/// Whose values hold at a place, the strongest first.
async fn owners(
    shop: &TenantStore,
    instance: Option<&InstanceName>,
    chat: Option<&ChatName>,
) -> Handled<Vec<(Source, Owner)>> {
    let mut owners = vec![(Source::Tenant, Owner::Tenant)];
    let instance = match instance {
        Some(name) => Some(instances::named(shop, name).await?.id),
        None => None,
    };
    if let Some(chat) = chat {
        let found = shop.chat_named(chat.as_str().to_owned(), instance).await?.chat;
        owners.push((Source::Instance, Owner::Instance(found.instance)));
        owners.push((Source::Chat, Owner::Chat(found.id)));
    } else if let Some(instance) = instance {
        owners.push((Source::Instance, Owner::Instance(instance)));
    }
    owners.reverse();
    Ok(owners)
}

/// What a key is without anybody's say.
fn inherited(key: SettingKey, rules: &Rules, tenant: &Tenant) -> (Option<String>, Source) {
    let seconds = |span: std::time::Duration| span.as_secs().to_string();
    let millis = |span: std::time::Duration| span.as_millis().to_string();
    let value = match key {
        SettingKey::AssistantMode | SettingKey::ReplyMode => rules.mode.to_string(),
        SettingKey::ReplyCountdown => seconds(rules.countdown),
        SettingKey::ReplyBurstQuiet => millis(rules.burst_quiet),
        SettingKey::ReplyBurstMax => millis(rules.burst_max),
        SettingKey::ReplyPace => rules.pace.to_string(),
        SettingKey::ReplyFreshness => seconds(rules.freshness),
        SettingKey::ReplyTakeoverPause => seconds(rules.takeover_pause),
        SettingKey::ReplyExistingContacts => rules.existing_contacts.to_string(),
        SettingKey::ChatsGroups => rules.groups.to_string(),
        SettingKey::AssistantDisclosure => rules.disclosure.to_string(),
        SettingKey::BusinessName => return (Some(tenant.name.clone()), Source::Tenant),
        SettingKey::Timezone => return (Some(tenant.timezone.clone()), Source::Tenant),
        SettingKey::AssistantInstructions
        | SettingKey::BusinessProfile
        | SettingKey::BusinessHours
        | SettingKey::OptOutConfirmation => {
            return (None, Source::Config);
        }
    };
    (Some(value), Source::Config)
}

/// The place where a key is looked up: two names of one meaning are stored as one.
fn stored(key: SettingKey) -> SettingKey {
    if key == SettingKey::ReplyMode { SettingKey::AssistantMode } else { key }
}

fn line(key: SettingKey, said: &[(Source, Values)], rules: &Rules, tenant: &Tenant) -> SettingLine {
    let strongest = said.iter().find_map(|(source, values)| Some((values.get(stored(key))?.to_owned(), *source)));
    let (value, source) = match strongest {
        Some((value, source)) => (Some(value), source),
        None => inherited(key, rules, tenant),
    };
    let mut line = SettingLine { key, value, source, read_as: None, typed_hours: None, warning: None };
    let hours = line.value.as_deref().filter(|text| key == SettingKey::BusinessHours && !text.trim().is_empty());
    match hours.map(|text| (text, OpeningHours::read(text))) {
        Some((text, Ok(hours))) => {
            line.warning = opening_hours::remark(text).map(str::to_owned);
            line.typed_hours = Some(hours.typed());
            line.read_as = Some(hours.to_string());
        }
        Some((_, Err(error))) => line.warning = Some(format!("{error}. Until then they close nothing")),
        None => {}
    }
    line
}

async fn said(shop: &TenantStore, owners: Vec<(Source, Owner)>) -> Handled<Vec<(Source, Values)>> {
    let mut said = Vec::with_capacity(owners.len());
    for (source, owner) in owners {
        said.push((source, shop.own_settings(owner).await?));
    }
    Ok(said)
}

/// `settings.show`: every key with its value in effect.
///
/// # Errors
/// `not_found` or `conflict` about number or chat.
pub async fn show(cx: &Cx, shop: &TenantStore, call: SettingsShow) -> Handled<Reply<SettingsShow>> {
    let owners = owners(shop, call.instance.as_ref(), call.chat.as_ref()).await?;
    let said = said(shop, owners).await?;
    let tenant = super::tenant(cx, shop).await?;
    let rules = cx.config().reply;
    Ok(Reply(Page::whole(SettingKey::ALL.iter().map(|key| line(*key, &said, &rules, &tenant)).collect())))
}

/// `settings.set`: for the tenant, for a number or for a chat.
///
/// # Errors
/// `invalid` when the key does not take the value, or when both a number and a chat are named.
pub async fn set(cx: &Cx, shop: &TenantStore, call: SettingsSet) -> Handled<Reply<SettingsSet>> {
    let owners = owners(shop, call.instance.as_ref(), call.chat.as_ref()).await?;
    let owner = owners.first().map(|(_, owner)| *owner).ok_or_else(|| CallError::internal("a setting of nobody"))?;
    let value = call.value.map(|value| clean(value.trim()));
    shop.set_setting(owner, call.key, value, cx.now()).await?;
    let said = said(shop, owners).await?;
    let tenant = super::tenant(cx, shop).await?;
    Ok(Reply(line(call.key, &said, &cx.config().reply, &tenant)))
}
