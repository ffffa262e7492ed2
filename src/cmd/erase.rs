//! `contact erase`: asks first, and prints a receipt.

use std::io::{self, IsTerminal};

use anyhow::bail;
use mychatflow_data::phone::Phone;
use mychatflow_data::protocol::calls::contact::{ContactErase, ContactErased, ContactShow, ContactShown};

use super::contact::title;
use super::{Cx, dialogue};
use crate::output::{Format, clean, note};

/// What is typed where there is no phone number to type.
const WORD: &str = "erase";

/// Runs it.
pub async fn run(cx: &Cx, contact: String, yes: bool) -> anyhow::Result<()> {
    let client = cx.connect().await?;
    let shown = client.call(&ContactShow { tenant: cx.tenant(), contact: contact.into() }).await?;
    if !yes {
        ask(&shown)?;
    }
    // By id: meanwhile somebody else may have got the name.
    let id = shown.contact.id;
    let erased = client.call(&ContactErase { tenant: cx.tenant(), contact: id.to_string().into() }).await?;
    cx.output.document(&erased, receipt)?;
    if cx.output.format() == Format::People {
        note(
            "The phone and WAHA keep chats of their own, and backups of the store that were made before hold them still.",
        );
    }
    Ok(())
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
    let chats = shown.chats.len();
    note(&clean(&format!(
        "This erases {} for good: {chats} {}, every message, note, tag and place on lists.",
        title(contact),
        if chats == 1 { "chat" } else { "chats" }
    )));
    let typed = dialogue::ask(&format!("Type {what} ({sure}) to go on: "))?.unwrap_or_default();
    let meant = match &contact.phone {
        Some(phone) => Phone::parse(&typed).is_ok_and(|typed| typed == *phone),
        None => typed.eq_ignore_ascii_case(WORD),
    };
    if meant { Ok(()) } else { bail!("nothing was erased") }
}

fn receipt(erased: &ContactErased) -> String {
    let ContactErased { id, chats, messages, recipients, at } = erased;
    format!(
        "erased: {chats} chats, {messages} messages, {recipients} rows of campaigns, which keep their state alone\n\
         who: {id}, at {at}\n\
         A digest of the addresses stays, so that campaigns never write to them. Whoever writes again is a new customer."
    )
}
