//! The first WhatsApp number: taken in, paired, and its code shown anew until a phone has scanned it.

use mychatflow_data::client::ClientError;
use mychatflow_data::model::instance::InstanceStatus;
use mychatflow_data::protocol::calls::instance::{InstanceAdd, InstanceDocument, InstanceList};
use mychatflow_data::protocol::name::InstanceName;

use super::{Left, say};
use crate::cli::setup::SetupArgs;
use crate::cmd::dialogue::{Answer, yes_or_no};
use crate::cmd::instance::pair;
use crate::cmd::{Cx, NoConnection};
use crate::output::clean;

/// What the first number is called.
const NAME: &str = "main";
/// Its session at WAHA: the one that every WAHA has room for.
const SESSION: &str = "default";

/// Takes the first number in and pairs it. Returns its name; `None`: later.
pub async fn connect(cx: &Cx, args: &SetupArgs, asks: bool, connected: bool) -> anyhow::Result<Option<String>> {
    let numbers = cx.call(&InstanceList { tenant: cx.tenant(), ..InstanceList::default() }).await?.items;
    if let Some(number) = chosen(&numbers, args) {
        if number.status == Some(InstanceStatus::Working) {
            say(&format!("✓ The number {} is paired and works", clean(&number.name)));
        } else if asks && connected && wants("Pair the number now, by a QR code that the phone scans?")? {
            return follow(cx, &number.name).await;
        }
        return Ok(Some(number.name.clone()));
    }
    if !asks && args.number.is_none() {
        return Ok(None);
    }
    if !connected {
        say("A number is paired once WAHA answers.");
        return Ok(None);
    }
    if asks && !wants("Pair your WhatsApp number now, by a QR code that the phone scans?")? {
        return Ok(None);
    }
    let name = args.number.clone().unwrap_or_else(|| NAME.to_owned());
    let add = InstanceAdd { tenant: cx.tenant(), name: name.clone(), waha: None, session: Some(SESSION.to_owned()) };
    let added = match cx.connect().await?.call(&add).await {
        Ok(added) => added,
        Err(ClientError::Refused(refusal)) if asks => {
            say(&format!("✗ {}", clean(&refusal.message)));
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    if added.status == Some(InstanceStatus::Working) {
        say(&format!("✓ WAHA's session {SESSION} is paired already; the number {} works", clean(&name)));
        return Ok(Some(name));
    }
    if asks { follow(cx, &name).await } else { Ok(Some(name)) }
}

/// The number that is set up: the one that is named, else one that works, else the first.
fn chosen<'n>(numbers: &'n [InstanceDocument], args: &SetupArgs) -> Option<&'n InstanceDocument> {
    match &args.number {
        Some(name) => numbers.iter().find(|number| number.name.eq_ignore_ascii_case(name)),
        None => {
            numbers.iter().find(|number| number.status == Some(InstanceStatus::Working)).or_else(|| numbers.first())
        }
    }
}

fn wants(question: &str) -> anyhow::Result<bool> {
    Ok(yes_or_no(question, Answer::Yes)?.ok_or(Left)? == Answer::Yes)
}

/// Shows codes until one is scanned, or somebody wants none any more.
async fn follow(cx: &Cx, name: &str) -> anyhow::Result<Option<String>> {
    loop {
        say("The code comes in a moment; the next one follows by itself. Ctrl-C leaves.\n");
        match pair(cx, InstanceName::from(name), None).await {
            Ok(()) => return Ok(Some(name.to_owned())),
            // Without a daemon there is nobody to ask again.
            Err(error) if error.is::<NoConnection>() => return Err(error),
            Err(error) => say(&format!("✗ {}", clean(&format!("{error:#}")))),
        }
        if !wants("Show a new code?")? {
            say(&format!("Later: mychatflow instance pair {}", clean(name)));
            return Ok(Some(name.to_owned()));
        }
    }
}
