//! `contact …`

use mychatflow_data::model::contact::{Consent, ConsentState, Contact};
use mychatflow_data::protocol::calls::contact::{
    ConsentSaid, ContactAdd, ContactEdit, ContactList, ContactOptedOut, ContactOptout, ContactShow, ContactShown,
    ContactSuppressions, ContactTag, SuppressionDocument,
};

use super::{Cx, NothingToChange};
use crate::cli::contact::{ContactVerb, EditArgs};
use crate::output::{Format, Table, age, age_or, clean, clean_lines, facts};

/// Runs one verb.
pub async fn run(cx: &Cx, verb: ContactVerb) -> anyhow::Result<()> {
    let tenant = cx.tenant();
    match verb {
        ContactVerb::List { tag, review, find, query, limit } => {
            let params = |limit, after| ContactList {
                tenant: tenant.clone(),
                tag: tag.clone(),
                review,
                find: find.clone(),
                query: query.clone(),
                limit,
                after,
            };
            let all = tag.is_none() && review.is_none() && find.is_none() && query.is_none();
            let none = if all { "no contacts yet" } else { "nobody fits" };
            cx.list(limit, params, |contacts| table(cx, contacts, none)).await
        }
        ContactVerb::Show { contact } => {
            cx.show(&ContactShow { tenant, contact: contact.into() }, |shown| full(cx, shown)).await
        }
        ContactVerb::Tag { contact, tags, remove, review } => {
            let params = ContactTag { tenant, contact: contact.into(), tags, remove: remove.into(), review };
            cx.show(&params, |contact| {
                let tags = if contact.tags.is_empty() { "no tags".to_owned() } else { contact.tags.join(", ") };
                clean(&format!("{}: {}; {tags}", title(contact), contact.review))
            })
            .await
        }
        ContactVerb::Add { phone, name, tags } => {
            let before = known(cx, &phone.to_string()).await;
            cx.show(&ContactAdd { tenant, phone, name, tags }, |contact| added(before.as_ref(), contact)).await
        }
        ContactVerb::Import(args) => super::import::run(cx, args).await,
        ContactVerb::Export(args) => super::export::run(cx, args).await,
        ContactVerb::Edit(args) => {
            let EditArgs { contact, name, language, note, set, consent, source, proof } = args;
            let texts = [&name, &note, &source, &proof].into_iter().flatten().chain(set.iter().map(|(_, words)| words));
            texts.for_each(|text| super::remark_on_escape(text));
            if name.is_none() && language.is_none() && note.is_none() && set.is_empty() && consent.is_none() {
                return Err(NothingToChange("--name, --language, --note, --set or --consent").into());
            }
            let consent = consent.map(|state| ConsentSaid { state, source, proof });
            let fields = set.into_iter().collect();
            let params = ContactEdit { tenant, contact: contact.into(), name, language, note, fields, consent };
            cx.show(&params, line).await
        }
        ContactVerb::Merge { contact, other, yes } => super::contact_merge::merge(cx, contact, other, yes.into()).await,
        ContactVerb::Unmerge { contact, merge, yes } => {
            super::contact_merge::unmerge(cx, contact, merge, yes.into()).await
        }
        ContactVerb::Erase { contact, yes } => super::erase::run(cx, contact, yes).await,
        ContactVerb::Suppressions(limit) => {
            let params = |limit, after| ContactSuppressions { tenant: tenant.clone(), limit, after };
            cx.list(limit, params, |list| suppressed(cx, list)).await
        }
        ContactVerb::Optout { contact, back } => {
            let before = if back { known(cx, &contact).await } else { None };
            let params = ContactOptout { tenant, contact: contact.into(), back: back.into() };
            cx.show(&params, |whom| opted_out(before.as_ref(), whom)).await
        }
    }
}

/// The person as they were before a change, so that people can be told what it changed; a program gets the document alone.
/// Why somebody can't be found the change says itself.
async fn known(cx: &Cx, contact: &str) -> Option<Contact> {
    if cx.output.format() == Format::Json {
        return None;
    }
    let shown = cx.call(&ContactShow { tenant: cx.tenant(), contact: contact.into() }).await;
    shown.ok().map(|shown| shown.contact)
}

fn opted_out(before: Option<&Contact>, whom: &ContactOptedOut) -> String {
    let contact = match whom {
        ContactOptedOut::Person(contact) => contact,
        ContactOptedOut::Number(number) => {
            let now = if number.opted_out_at.is_some() { "is not written to any more" } else { "may be written to" };
            return format!("{}, whom nobody here knows, {now}", number.phone);
        }
    };
    let who = title(contact);
    let refused = contact.consent.as_ref().is_some_and(|consent| consent.state == ConsentState::Refused);
    let never = before.is_some_and(|before| before.opted_out_at.is_none());
    let told = match (contact.opted_out_at, refused) {
        (Some(_), _) => format!("{who} is not written to any more"),
        (None, true) => {
            let done = if never { "had not opted out" } else { "has not opted out any more" };
            format!(
                "{who} {done}, but consent is refused: campaigns still leave them out; once they agree: \
                 mychatflow contact edit {} --consent given",
                contact.id
            )
        }
        (None, false) if never => format!("{who} had not opted out: nothing changed, they may be written to"),
        (None, false) => format!("{who} may be written to"),
    };
    clean(&told)
}

/// Who is there now, and where they were known before what changed.
fn added(before: Option<&Contact>, contact: &Contact) -> String {
    let mut text = line(contact);
    if let Some(before) = before {
        let mut changes = Vec::new();
        if before.name != contact.name {
            changes.push(match &before.name {
                Some(name) => format!("the name was {name}"),
                None => "there was no name".to_owned(),
            });
        }
        let new: Vec<&str> = contact.tags.iter().filter(|tag| !before.tags.contains(tag)).map(String::as_str).collect();
        if !new.is_empty() {
            changes.push(format!("new tags: {}", new.join(", ")));
        }
        let changes = if changes.is_empty() { "nothing changed".to_owned() } else { changes.join("; ") };
        text.push_str(&format!("\nthis person was known already: {}", clean(&changes)));
    }
    if contact.opted_out_at.is_some() {
        text.push_str("\nthey asked not to be written to, and are left out of campaigns");
    }
    text
}

fn line(contact: &Contact) -> String {
    let tags = if contact.tags.is_empty() { "no tags".to_owned() } else { contact.tags.join(", ") };
    clean(&format!("{}: {}; {tags}   {}", title(contact), contact.review, contact.id))
}

/// What a person is called.
pub(super) fn title(contact: &Contact) -> String {
    let phone = contact.phone.as_ref().map(ToString::to_string);
    contact.name.clone().or(phone).unwrap_or_else(|| contact.id.to_string())
}

fn table(cx: &Cx, contacts: &[Contact], none: &'static str) -> Table {
    let mut table = Table::new(["NAME", "PHONE", "REVIEW", "TAGS", "SINCE", "ID"], none);
    for contact in contacts {
        let review = if contact.opted_out_at.is_some() { "opted out".to_owned() } else { contact.review.to_string() };
        table.row([
            title(contact),
            contact.phone.as_ref().map(ToString::to_string).unwrap_or_default(),
            review,
            contact.tags.join(", "),
            age(contact.created_at, cx.now),
            contact.id.to_string(),
        ]);
    }
    table
}

fn suppressed(cx: &Cx, list: &[SuppressionDocument]) -> Table {
    let mut table = Table::new(["ADDRESS", "CAUSE", "SINCE"], "everybody may be written to");
    for SuppressionDocument { address, cause, at } in list {
        let address = address.as_ref().map_or("(erased)", |address| address.as_str());
        table.row([address.to_owned(), cause.to_string(), age(*at, cx.now)]);
    }
    table
}

fn full(cx: &Cx, shown: &ContactShown) -> String {
    let ContactShown { contact, chats, merges } = shown;
    let addresses: Vec<&str> = contact.addresses.iter().map(|address| address.as_str()).collect();
    let mut text = facts([
        ("name", contact.name.clone().unwrap_or_default()),
        ("id", contact.id.to_string()),
        ("phone", contact.phone.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("addresses", addresses.join(", ")),
        ("review", contact.review.to_string()),
        ("opted out", contact.opted_out_at.map(|at| age(at, cx.now)).unwrap_or_default()),
        ("tags", contact.tags.join(", ")),
        ("language", contact.language.clone().unwrap_or_default()),
        ("consent", contact.consent.as_ref().map(|consent| consented(cx, consent)).unwrap_or_default()),
        ("since", age(contact.created_at, cx.now)),
    ]);
    for (column, words) in &contact.fields {
        text.push_str(&clean(&format!("{column}: {words}")));
        text.push('\n');
    }
    for line in contact.note.iter().flat_map(|note| clean_lines(note)) {
        text.push_str(&format!("note       {line}\n"));
    }
    for chat in chats {
        let last = age_or(chat.last_at, cx.now, "never");
        text.push_str(&format!("chat       {}, last {last}   {}\n", chat.state, chat.id));
    }
    for (at, merge) in merges.iter().enumerate() {
        text.push_str(&clean(&format!("merged     {}", super::contact_merge::told(merge, cx.now))));
        text.push('\n');
        // An older one can only be taken back after it.
        if at == 0 {
            text.push_str(&format!("           undo: mychatflow contact unmerge {}\n", contact.id));
        }
    }
    text
}

fn consented(cx: &Cx, consent: &Consent) -> String {
    let mut text = format!("{}, {}", consent.state, age(consent.at, cx.now));
    for (word, told) in [("source", &consent.source), ("proof", &consent.proof)] {
        if let Some(told) = told {
            text.push_str(&format!(", {word}: {told}"));
        }
    }
    text
}
