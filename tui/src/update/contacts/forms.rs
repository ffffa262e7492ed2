//! The forms about people, and what they ask of the daemon.

use std::collections::BTreeMap;

use mychatflow_data::ids::ContactId;
use mychatflow_data::model::contact::{ConsentState, Contact};
use mychatflow_data::phone::Phone;
use mychatflow_data::protocol::calls::contact::{
    ConsentSaid, ContactEdit, ContactErase, ContactTag, ImportAs, Tagging,
};
use mychatflow_data::protocol::calls::segment::SegmentAdd;
use mychatflow_data::protocol::name::{ContactName, TenantName};

use super::{bulk, import};
use crate::msg::Question;
use crate::state::State;
use crate::state::contacts::name;
use crate::state::form::{Field, Form, FormKind, anything, something};
use crate::state::import::Order;
use crate::state::overlay::Overlay;
use crate::state::people_form::PeopleForm;
use crate::text::CleanText;
use crate::update::forms::{tags, without};
use crate::update::{Cx, Handled};

/// What is typed before somebody is erased.
const ERASE: &str = "erase";

fn phone(text: &str) -> Result<(), String> {
    match Phone::parse(text) {
        Ok(_) => Ok(()),
        Err(_) => Err("a number with its country code goes here: +49 151 1111111".to_owned()),
    }
}

/// A new person.
pub fn add(state: &mut State) {
    let fields = vec![
        Field::line("phone", "Phone number", "with country code: +49 151 1111111", "", phone),
        Field::line("name", "Name", "may be left empty", "", anything),
        Field::line("tags", "Tags", "with commas between them: vip, two words", "", anything),
    ];
    let intro = "Somebody who has not written yet. Nothing is sent to them.";
    state.overlays.push(Overlay::Form(Box::new(Form::new(FormKind::ContactAdd, "New contact", intro, fields))));
}

fn language(text: &str) -> Result<(), String> {
    let word = text.trim();
    if word.is_empty() || (word.len() == 2 && word.chars().all(|char| char.is_ascii_alphabetic())) {
        return Ok(());
    }
    Err("two letters: de, en, tr".to_owned())
}

/// `key=value`, one a line.
fn columns(text: &str) -> Result<(), String> {
    let mut names: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let Some((name, _)) = line.split_once('=').filter(|(name, _)| !name.trim().is_empty()) else {
            return Err(format!("{line}: a name, = and its words: city=Berlin"));
        };
        let name = name.trim().to_lowercase();
        if names.contains(&name) {
            return Err(format!("{name} stands there twice"));
        }
        names.push(name);
    }
    Ok(())
}

fn read_columns(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter_map(|line| line.split_once('='));
    lines.map(|(name, words)| (name.trim().to_owned(), words.trim().to_owned())).collect()
}

fn consent(text: &str) -> Result<(), String> {
    if text.trim().is_empty() { Ok(()) } else { said(text) }
}

fn said(text: &str) -> Result<(), String> {
    match text.trim().to_lowercase().parse::<ConsentState>() {
        Ok(_) => Ok(()),
        Err(_) => Err("given or refused".to_owned()),
    }
}

/// What is known of a person.
pub fn edit(state: &mut State, contact: &Contact) {
    let of = |words: &Option<String>| words.clone().unwrap_or_default();
    let known = contact.consent.as_ref();
    let state_of = known.map_or("", |consent| consent.state.word());
    // What somebody said can turn into its opposite, but it was said.
    let check = if known.is_some() { said } else { consent };
    let columns_of: Vec<String> = contact.fields.iter().map(|(name, words)| format!("{name}={words}")).collect();
    let columns_hint = "city=Berlin, one a line; what you take out is forgotten";
    let note_hint = "what only your team sees; alt-enter begins a new line";
    let fields = vec![
        Field::line("name", "Name", "empty: the phone number stands in its place", &of(&contact.name), anything),
        Field::line("language", "Language", "two letters, empty: not known", &of(&contact.language), language),
        Field::line("tags", "Tags", "with commas between them", &contact.tags.join(", "), anything),
        Field { rows: 3, ..Field::block("note", "Note", note_hint, &of(&contact.note), anything) },
        Field { rows: 3, ..Field::block("columns", "Columns", columns_hint, &columns_of.join("\n"), columns) },
        Field::line("consent", "Consent to be written to", "given or refused; empty: not known", state_of, check),
        Field::line(
            "source",
            "Where it was said",
            "a form, a chat",
            &of(&known.and_then(|it| it.source.clone())),
            anything,
        ),
        Field::line(
            "proof",
            "What shows it",
            "their words, a link",
            &of(&known.and_then(|it| it.proof.clone())),
            anything,
        ),
    ];
    let kind = FormKind::People(PeopleForm::Edit(Box::new(contact.clone())));
    let form = Form::new(kind, &format!("Edit {}", name(contact)), "", fields);
    state.overlays.push(Overlay::Form(Box::new(form)));
}

/// The tags of a person.
pub fn tags_of(state: &mut State, contact: &Contact) {
    let hint = "with commas between them; what you take out is taken off";
    let fields = vec![Field::line("tags", "Tags", hint, &contact.tags.join(", "), anything)];
    let kind = FormKind::Tags(contact.id, contact.tags.clone());
    let form = Form::new(kind, &format!("Tags of {}", name(contact)), "", fields);
    state.overlays.push(Overlay::Form(Box::new(form)));
}

fn meant(text: &str) -> Result<(), String> {
    if text.trim().eq_ignore_ascii_case(ERASE) { Ok(()) } else { Err(format!("type {ERASE}, or leave with esc")) }
}

/// Before somebody is erased.
pub fn erase(state: &mut State, contact: &Contact) {
    let phone = contact.phone.as_ref().map(|phone| format!(" ({phone})")).unwrap_or_default();
    let intro = format!(
        "{}{phone} goes with every message, note, tag and place on lists. This can't be undone. What stays: the counts \
         of campaigns, without the person, and a digest of the addresses, so that nobody writes to them again.",
        name(contact)
    );
    let fields = vec![Field::line("sure", "Type erase", "in these letters", "", meant)];
    let kind = FormKind::People(PeopleForm::Erase(contact.id));
    let form = Form::new(kind, &format!("Erase {}?", name(contact)), &intro, fields);
    state.overlays.push(Overlay::Form(Box::new(form)));
}

fn country(text: &str) -> Result<(), String> {
    let word = text.trim();
    if word.is_empty() || (word.len() == 2 && word.chars().all(|char| char.is_ascii_alphabetic())) {
        return Ok(());
    }
    Err("two letters: DE, GB, ZA".to_owned())
}

/// What is said of columns, with commas between them.
fn wishes(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|said| !said.is_empty()).map(str::to_owned).collect()
}

fn columns_said(text: &str) -> Result<(), String> {
    let is_right =
        |said: &String| said.split_once('=').is_some_and(|(role, heading)| !role.is_empty() && !heading.is_empty());
    if wishes(text).iter().all(is_right) { Ok(()) } else { Err("such as phone=Contact number".to_owned()) }
}

fn list_kind(text: &str) -> Result<(), String> {
    if as_what(text).is_some() { Ok(()) } else { Err("contacts or stop".to_owned()) }
}

fn as_what(text: &str) -> Option<ImportAs> {
    match text.trim().to_lowercase().as_str() {
        "contacts" => Some(ImportAs::Contacts),
        "stop" => Some(ImportAs::Suppressions),
        _ => None,
    }
}

/// A file with people.
pub fn file(state: &mut State) {
    let order = state.contacts.import.as_ref().map(|import| &import.order);
    let last = order.map(|order| order.path.clone()).unwrap_or_default();
    let said = order.map(|order| order.columns.join(", ")).unwrap_or_default();
    let fields = vec![
        Field::line("path", "File on this machine", "CSV or TSV with a header: ~/list.csv", &last, something),
        Field::line(
            "country",
            "Country of numbers without a country code",
            "two letters: DE; may be left empty",
            &state.contacts.country,
            country,
        ),
        Field::line("tags", "Tags for everybody in it", "with commas between them; may be left empty", "", anything),
        Field::line(
            "columns",
            "Columns that no heading explains",
            "phone=Contact number, name=Who; may be left empty",
            &said,
            columns_said,
        ),
        Field::line(
            "as",
            "What they become",
            "contacts; or stop: nobody writes to them any more",
            "contacts",
            list_kind,
        ),
    ];
    let intro = "First only told what would become of each row; nothing is stored before you say so.";
    let form = Form::new(FormKind::People(PeopleForm::Import), "People from a file", intro, fields);
    state.overlays.push(Overlay::Form(Box::new(form)));
}

/// Does what a form says that asks the daemon nothing by itself.
pub fn submitted(state: &mut State, cx: &mut Cx<'_>) -> Handled {
    let Some(Overlay::Form(form)) = state.overlays.last_mut() else { return Handled::No };
    match &form.kind {
        // Where it was said and what shows it mean nothing without what was said.
        FormKind::People(PeopleForm::Edit(_))
            if form.word("consent").is_none() && (form.word("source").is_some() || form.word("proof").is_some()) =>
        {
            form.focus = form.fields.iter().position(|field| field.name == "consent").unwrap_or(0);
            form.refusal = Some(CleanText::line("say what it was: given or refused"));
        }
        FormKind::People(PeopleForm::TagMarked) => {
            let (on, off) = (tags(&form.text("on")), tags(&form.text("off")));
            state.overlays.pop();
            if !on.is_empty() || !off.is_empty() {
                bulk::tagged(state, &on, &off, cx);
            }
        }
        FormKind::People(PeopleForm::Import) => {
            let order = Order {
                path: form.text("path").trim().to_owned(),
                country: form.word("country").map(|word| word.to_uppercase()),
                tags: tags(&form.text("tags")),
                columns: wishes(&form.text("columns")),
                suppress: as_what(&form.text("as")).unwrap_or_default(),
            };
            state.overlays.pop();
            import::begin(state, order, cx);
        }
        _ => return Handled::No,
    }
    Handled::Yes
}

/// What a form asks of the daemon; the last question's answer closes it.
pub fn questions(kind: &PeopleForm, form: &Form, tenant: Option<TenantName>) -> Vec<Question> {
    match kind {
        PeopleForm::Edit(old) => edited(old, form, tenant),
        PeopleForm::Erase(id) => vec![ContactErase { tenant, contact: of(*id) }.into()],
        PeopleForm::Segment => {
            let (name, query) = (form.word("name").unwrap_or_default(), form.word("query").unwrap_or_default());
            vec![SegmentAdd { tenant, name, query }.into()]
        }
        PeopleForm::TagMarked | PeopleForm::Import => Vec::new(),
    }
}

fn of(id: ContactId) -> ContactName {
    ContactName::from(id.to_string())
}

/// Only what is other than before.
fn edited(old: &Contact, form: &Form, tenant: Option<TenantName>) -> Vec<Question> {
    let changed = |field: &str, old: Option<&str>| {
        let new = form.text(field).trim().to_owned();
        (new != old.unwrap_or_default().trim()).then_some(new)
    };
    let columns = read_columns(&form.text("columns"));
    let mut fields: BTreeMap<String, String> =
        columns.iter().filter(|(name, words)| old.fields.get(*name) != Some(*words)).map(both).collect();
    fields.extend(
        old.fields.keys().filter(|name| !columns.contains_key(*name)).map(|name| (name.clone(), String::new())),
    );
    let known = old.consent.as_ref();
    let consent = form.word("consent").and_then(|word| word.to_lowercase().parse::<ConsentState>().ok());
    let consent = consent.map(|state| ConsentSaid { state, source: form.word("source"), proof: form.word("proof") });
    let same = |said: &ConsentSaid| {
        known.is_some_and(|known| (said.state, &said.source, &said.proof) == (known.state, &known.source, &known.proof))
    };
    let asked = ContactEdit {
        tenant: tenant.clone(),
        contact: of(old.id),
        name: changed("name", old.name.as_deref()),
        language: changed("language", old.language.as_deref()).map(|word| word.to_lowercase()),
        note: changed("note", old.note.as_deref()),
        fields,
        consent: consent.filter(|said| !same(said)),
    };
    let mut questions = retagged(old.id, &old.tags, &tags(&form.text("tags")), tenant.as_ref());
    let nothing = ContactEdit { tenant, contact: of(old.id), ..ContactEdit::default() };
    if asked != nothing {
        questions.push(asked.into());
    }
    questions
}

fn both((name, words): (&String, &String)) -> (String, String) {
    (name.clone(), words.clone())
}

/// Takes tags off and puts others on.
pub fn retagged(id: ContactId, old: &[String], new: &[String], tenant: Option<&TenantName>) -> Vec<Question> {
    let tag = |(tags, remove): (Vec<String>, Tagging)| -> Question {
        ContactTag { tenant: tenant.cloned(), contact: of(id), tags, remove, review: None }.into()
    };
    [(without(old, new), Tagging::Remove), (without(new, old), Tagging::Add)]
        .into_iter()
        .filter(|(tags, _)| !tags.is_empty())
        .map(tag)
        .collect()
}
