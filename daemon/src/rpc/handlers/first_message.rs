//! A person's first message to somebody who never wrote: from which number, whether that somebody is on WhatsApp, and a yes
//! before it goes, since each counts as a new person.

use std::time::Duration;

use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::instance::Instance;
use mychatflow_data::model::new_chats::{FIRST_MESSAGE, NEW_CHATS_CLOSED, SEND_ALL_THE_SAME};
use mychatflow_data::phone::Phone;
use mychatflow_data::protocol::calls::chat::{ChatSend, NewChatConsent};
use mychatflow_data::protocol::error::{CallError, Code};
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::chats::Listed;
use mychatflow_data::store::error::StoreError;
use tokio::time::timeout;

use super::{chats, instances};
use crate::compose;
use crate::cx::Cx;
use crate::flow::clean::clean_line;
use crate::rpc::refused::{Handled, Refused};

/// How long WAHA may take to say whether a number is on WhatsApp. Without a word in time the send itself will tell.
const LOOK_UP_MAX: Duration = Duration::from_secs(5);

/// The chat that a message goes to. One with somebody who never wrote is made once somebody has said yes to it.
///
/// # Errors
/// `not_found` or `conflict` about the chat; `conflict` where a yes is missing.
pub(super) async fn chat_to_write_in(cx: &Cx, shop: &TenantStore, call: &ChatSend) -> Handled<Listed> {
    let unknown = match chats::named(shop, &call.chat, call.instance.as_ref()).await {
        Ok(listed) => {
            if listed.chat.last_at.is_none() && call.yes == NewChatConsent::Missing {
                let number = instance(shop, listed.chat.instance).await?;
                let whom = listed.chat.name.as_deref().map(clean_line);
                let phone = || listed.chat.phone.as_ref().map(ToString::to_string);
                return Err(missing_yes(cx, shop, &number, &whom.or_else(phone).unwrap_or_default()).await?);
            }
            return Ok(listed);
        }
        Err(Refused(error)) => error,
    };
    let phone = match Phone::parse(call.chat.as_str()) {
        Ok(phone) if unknown.code == Code::NotFound => phone,
        _ => return Err(unknown.into()),
    };
    let number = sender(shop, call).await?;
    let phone = known_to_whatsapp(cx, &number, phone).await?;
    if call.yes == NewChatConsent::Missing {
        return Err(missing_yes(cx, shop, &number, &phone.to_string()).await?);
    }
    let made = shop.chats_for_phone(phone, Some(number.id), cx.now()).await?;
    let chat = made.first().copied().ok_or(StoreError::NotFound("chat"))?;
    Ok(shop.listed_chat(chat).await?.ok_or(StoreError::NotFound("chat"))?)
}

/// Which of our numbers writes: the one that is named, or the only one.
async fn sender(shop: &TenantStore, call: &ChatSend) -> Handled<Instance> {
    if let Some(name) = &call.instance {
        return instances::named(shop, name).await;
    }
    let mut numbers = shop.instances().await?;
    match numbers.len() {
        0 => {
            Err(CallError::conflict("there is no number to write from; add one with `mychatflow instance add NAME`")
                .into())
        }
        1 => Ok(numbers.remove(0)),
        _ => {
            let names: Vec<String> = numbers.iter().map(|number| clean_line(&number.name)).collect();
            let names = names.join(", ");
            Err(CallError::conflict(format!("say which number writes: --instance NAME, one of {names}")).into())
        }
    }
}

async fn instance(shop: &TenantStore, id: InstanceId) -> Handled<Instance> {
    Ok(shop.instance(id).await?.ok_or(StoreError::NotFound("instance"))?)
}

/// The number as WhatsApp spells it. Where nobody knows, as it is.
async fn known_to_whatsapp(cx: &Cx, number: &Instance, phone: Phone) -> Handled<Phone> {
    let clients = cx.clients();
    let Some(waha) = clients.wahas.get(&number.waha) else { return Ok(phone) };
    if cx.numbers.slowed_until(number.id, cx.now()).is_some() {
        return Ok(phone);
    }
    match timeout(LOOK_UP_MAX, waha.check_exists(&number.session, &phone)).await {
        Ok(Ok(Some(address))) if address.is_person() => Ok(address.phone().unwrap_or(phone)),
        Ok(Ok(_)) => Err(CallError::not_found(format!("{phone} is not on WhatsApp")).into()),
        Ok(Err(_)) | Err(_) => Ok(phone),
    }
}

/// Why a yes is needed, and how it is given.
async fn missing_yes(cx: &Cx, shop: &TenantStore, number: &Instance, whom: &str) -> Handled<Refused> {
    let now = cx.now();
    let how = format!("{SEND_ALL_THE_SAME}mychatflow chat send CHAT TEXT --yes");
    if let Some(until) = shop.new_chats_closed_until(number.id, now).await? {
        let zone = compose::zone(&super::tenant(cx, shop).await?.timezone);
        let until = until.to_jiff().to_zoned(zone).strftime("%-d %b %H:%M").to_string();
        let text = format!(
            "{NEW_CHATS_CLOSED} until {until}, and nobody has written in this chat yet: it may restrict the number. {how}"
        );
        return Ok(CallError::conflict(text).into());
    }
    let newcomers = shop.newcomers(number.id, now).await?;
    let left = match cx.config().campaign.limits().new_people_per_day {
        None => "WhatsApp restricts numbers that write to many strangers.".to_owned(),
        Some(full) => match newcomers.left_today(full, now) {
            0 => "It is one new person more than is careful today, and WhatsApp restricts numbers that write to many \
                  strangers."
                .to_owned(),
            left => format!("It counts as a new person, of whom {left} more are careful today."),
        },
    };
    let name = clean_line(&number.name);
    Ok(CallError::conflict(format!("{FIRST_MESSAGE}: {whom}, from {name}. {left} {how}")).into())
}
