//! `contact merge` and `contact unmerge`: says whom it is about, asks, and says what moved.

use anyhow::bail;
use mychatflow_data::ids::MergeId;
use mychatflow_data::model::contact::Contact;
use mychatflow_data::protocol::calls::contact::{
    ContactMerge, ContactMerged, ContactShow, ContactShown, ContactUnmerge, ContactUnmerged, MergeCause, MergeDocument,
};
use mychatflow_data::time::Timestamp;

use super::Cx;
use super::contact::title;
use super::dialogue::{ask, somebody_is_there};
use crate::output::{age, clean, counted, note};

/// Is somebody at a terminal asked before it happens?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Yes.
    Asked,
    /// No: it was given with the command.
    Given,
}

impl From<bool> for Consent {
    fn from(yes: bool) -> Self {
        if yes { Self::Given } else { Self::Asked }
    }
}

/// Makes one person of two.
pub async fn merge(cx: &Cx, contact: String, other: String, consent: Consent) -> anyhow::Result<()> {
    if consent == Consent::Asked {
        if !somebody_is_there() {
            bail!("this makes one person of two: say --yes where nobody can be asked");
        }
        let (stays, goes) = (shown(cx, &contact).await?, shown(cx, &other).await?);
        note(&clean(&format!("{} stays, with the name.", called(&stays.contact))));
        note(&clean(&format!(
            "{} becomes part of them: addresses, chats, tags and notes go over. Nothing is sent to anybody.",
            called(&goes.contact)
        )));
        if let Some(silent) = [&stays.contact, &goes.contact].into_iter().find(|one| one.opted_out_at.is_some()) {
            note(&clean(&format!(
                "{} asked not to be written to: then neither is written to any more.",
                called(silent)
            )));
        }
        let (goes, stays) = (called(&goes.contact), called(&stays.contact));
        must_say_yes(&clean(&format!("Merge {goes} with {stays}? Type yes to go on: ")))?;
    }
    let params = ContactMerge { tenant: cx.tenant(), contact: contact.into(), other: other.into() };
    cx.show(&params, merged).await
}

/// Takes a merge back.
pub async fn unmerge(cx: &Cx, contact: String, merge: Option<MergeId>, consent: Consent) -> anyhow::Result<()> {
    if consent == Consent::Asked && somebody_is_there() {
        let shown = shown(cx, &contact).await?;
        let wanted = shown.merges.iter().find(|known| merge.is_none_or(|id| known.id == id));
        // Where there is none the daemon says so.
        if let Some(wanted) = wanted {
            let (goes, stays) = (other(wanted), called(&shown.contact));
            note(&clean(&format!("{goes} ({}) became part of {stays}: {}.", addresses(wanted), since(wanted, cx.now))));
            note("Messages go by the addresses that they came from. WhatsApp does not make them one again by itself.");
            must_say_yes(&clean(&format!("Separate {goes} from {stays} again? Type yes to go on: ")))?;
        }
    }
    let params = ContactUnmerge { tenant: cx.tenant(), contact: contact.into(), merge };
    cx.show(&params, unmerged).await
}

async fn shown(cx: &Cx, contact: &str) -> anyhow::Result<ContactShown> {
    cx.call(&ContactShow { tenant: cx.tenant(), contact: contact.into() }).await
}

fn must_say_yes(question: &str) -> anyhow::Result<()> {
    match ask(question)?.as_deref() {
        Some("yes") => Ok(()),
        _ => bail!("nothing was changed"),
    }
}

/// The name with the phone number.
pub(super) fn called(contact: &Contact) -> String {
    match (&contact.name, &contact.phone) {
        (Some(name), Some(phone)) => format!("{name} ({phone})"),
        _ => title(contact),
    }
}

/// Who became part of somebody, when, and on whose word.
pub(super) fn told(merge: &MergeDocument, now: Timestamp) -> String {
    format!("{} ({}), {}   {}", other(merge), addresses(merge), since(merge, now), merge.id)
}

fn since(merge: &MergeDocument, now: Timestamp) -> String {
    let word = match merge.cause {
        MergeCause::Lid => "WhatsApp said so",
        MergeCause::Owner => "by hand",
    };
    format!("{}, {word}", age(merge.at, now))
}

fn other(merge: &MergeDocument) -> String {
    let phone = merge.phone.as_ref().map(ToString::to_string);
    merge.name.clone().or(phone).unwrap_or_else(|| "somebody without a name".to_owned())
}

fn addresses(merge: &MergeDocument) -> String {
    let addresses: Vec<&str> = merge.addresses.iter().map(|address| address.as_str()).collect();
    if addresses.is_empty() { "no address".to_owned() } else { addresses.join(", ") }
}

/// What went from one to the other.
fn moved(merge: &MergeDocument) -> String {
    let (chats, messages) = (counted(merge.chats, "chat", "chats"), counted(merge.messages, "message", "messages"));
    format!("{}; {chats}, {messages}", addresses(merge))
}

fn merged(done: &ContactMerged) -> String {
    let ContactMerged { contact, merge } = done;
    let first = format!("{} is one person now: {} came from {}", title(contact), moved(merge), other(merge));
    let silent = match contact.opted_out_at {
        Some(_) => "\none of them asked not to be written to: nobody writes to either any more",
        None => "",
    };
    format!("{}{silent}\nundo: mychatflow contact unmerge {}", clean(&first), contact.id)
}

fn unmerged(done: &ContactUnmerged) -> String {
    let ContactUnmerged { contact, back, merge } = done;
    clean(&format!(
        "{} and {} are two people again: {} went back to {}",
        title(contact),
        title(back),
        moved(merge),
        title(back)
    ))
}
