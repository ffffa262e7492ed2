//! `contact …`

use mychatflow_data::model::contact::{Consent, Contact};
use mychatflow_data::protocol::calls::contact::{
    ConsentSaid, ContactAdd, ContactEdit, ContactList, ContactOptedOut, ContactOptout, ContactShow, ContactShown,
    ContactSuppressions, ContactTag, SuppressionDocument,
};

use super::Cx;
use crate::cli::contact::{ContactVerb, EditArgs};
use crate::output::{Table, age, age_or, clean, clean_lines, facts};

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
            cx.list(limit, params, |contacts| table(cx, contacts)).await
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
        ContactVerb::Add { phone, name, tags } => cx.show(&ContactAdd { tenant, phone, name, tags }, line).await,
        ContactVerb::Import(args) => super::import::run(cx, args).await,
        ContactVerb::Export(args) => super::export::run(cx, args).await,
        ContactVerb::Edit(args) => {
            let EditArgs { contact, name, language, note, set, consent, source, proof } = args;
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
            let params = ContactOptout { tenant, contact: contact.into(), back: back.into() };
            cx.show(&params, opted_out).await
        }
    }
}

fn opted_out(whom: &ContactOptedOut) -> String {
    let (who, since) = match whom {
        ContactOptedOut::Person(contact) => (title(contact), contact.opted_out_at),
        ContactOptedOut::Number(number) => (format!("{}, whom nobody here knows,", number.phone), number.opted_out_at),
    };
    let now = if since.is_some() { "is not written to any more" } else { "may be written to" };
    clean(&format!("{who} {now}"))
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

fn table(cx: &Cx, contacts: &[Contact]) -> Table {
    let mut table = Table::new(["NAME", "PHONE", "REVIEW", "TAGS", "SINCE", "ID"], "no contacts yet");
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
