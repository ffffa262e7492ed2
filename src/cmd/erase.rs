//! `contact erase`: asks first, and prints a receipt.

use std::io::{self, IsTerminal};

use anyhow::bail;
use mychatflow_data::ids::ContactId;
use mychatflow_data::model::contact::Contact;
use mychatflow_data::phone::Phone;
use mychatflow_data::protocol::calls::contact::{ContactErase, ContactErased, ContactShow, ContactShown};
use serde::Serialize;

use super::contact::title;
use super::contact_merge::called;
use super::{Cx, dialogue};
use crate::output::{Format, clean, counted, note};

/// What is typed where there is no phone number to type.
const WORD: &str = "erase";

/// The receipt, with whom it is about: the daemon forgets that.
#[derive(Debug, Serialize)]
struct Receipt {
    #[serde(flatten)]
    erased: ContactErased,
    name: Option<String>,
    phone: Option<Phone>,
}

/// Runs it.
pub async fn run(cx: &Cx, contact: String, yes: bool) -> anyhow::Result<()> {
    let client = cx.connect().await?;
    let shown = client.call(&ContactShow { tenant: cx.tenant(), contact: contact.clone().into() }).await?;
    if !yes {
        ask(&shown)?;
    } else if !is_exactly(&shown.contact, &contact) {
        bail!(clean(&format!(
            "{contact:?} fits {}, and is only a part of the name: without a question it takes the whole name, the number or \
             the id {}",
            called(&shown.contact),
            shown.contact.id
        )));
    }
    // By id: meanwhile somebody else may have got the name.
    let id = shown.contact.id;
    let erased = client.call(&ContactErase { tenant: cx.tenant(), contact: id.to_string().into() }).await?;
    let who = called(&shown.contact);
    let Contact { name, phone, .. } = shown.contact;
    cx.output.document(&Receipt { erased, name, phone }, |receipt| told(&who, &receipt.erased))?;
    if cx.output.format() == Format::People {
        note(
            "The phone and WAHA keep chats of their own, and backups of the store that were made before hold them still.",
        );
    }
    Ok(())
}

/// Is this the person's id, number, address or whole name, so that nobody else can have been meant?
fn is_exactly(contact: &Contact, typed: &str) -> bool {
    let typed = typed.trim();
    let number = Phone::parse(typed).ok();
    typed.parse().is_ok_and(|id: ContactId| id == contact.id)
        || contact.addresses.iter().any(|address| address.as_str() == typed)
        || number
            .is_some_and(|typed| contact.phone.as_ref() == Some(&typed) || contact.addresses.contains(&typed.address()))
        || contact.name.as_ref().is_some_and(|name| name.to_lowercase() == typed.to_lowercase())
}

/// Asks a person; a script has to say that it has thought about it.
fn ask(shown: &ContactShown) -> anyhow::Result<()> {
    if !io::stdin().is_terminal() {
        bail!("this can't be undone: say --yes where nobody can be asked");
    }
    let contact = &shown.contact;
    let (sure, what) = match &contact.phone {
        Some(phone) => (phone.to_string(), "their number"),
        None => (WORD.to_owned(), WORD),
    };
    let chats = counted(shown.chats.len() as i64, "chat", "chats");
    note(&clean(&format!(
        "This erases {} for good: {chats}, every message, note, tag and place on lists.",
        title(contact)
    )));
    let typed = dialogue::ask(&format!("Type {what} ({sure}) to go on: "))?.unwrap_or_default();
    let meant = match &contact.phone {
        Some(phone) => Phone::parse(&typed).is_ok_and(|typed| typed == *phone),
        None => typed.eq_ignore_ascii_case(WORD),
    };
    if meant { Ok(()) } else { bail!("nothing was erased") }
}

fn told(who: &str, erased: &ContactErased) -> String {
    let ContactErased { id, chats, messages, recipients, at } = erased;
    format!(
        "erased: {}, with {}, {} and {}, which keep their state alone\n\
         id: {id}, at {at}\n\
         A digest of the addresses stays, so that campaigns never write to them. Whoever writes again is a new customer.",
        clean(who),
        counted(*chats, "chat", "chats"),
        counted(*messages, "message", "messages"),
        counted(*recipients, "row of a campaign", "rows of campaigns")
    )
}
