//! `contact.edit`: what the owner knows of a person.

use mychatflow_data::model::contact::Consent;
use mychatflow_data::model::limit;
use mychatflow_data::protocol::calls::contact::{ConsentSaid, ContactEdit};
use mychatflow_data::protocol::error::CallError;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::tx::edit_contact::{ContactChange, Rewrite};
use mychatflow_data::time::Timestamp;

use super::campaigns::invalid;
use super::contacts::{document, named};
use crate::cx::Cx;
use crate::flow::clean::{clean, clean_line};
use crate::flow::columns::language_code;
use crate::flow::headings::{self, Role};
use crate::flow::phone_headings::phone_kind;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

/// The longest name, language, column, source or proof.
const LINE_CHARS_MAX: usize = limit::FIELD.chars;
/// The longest note.
const NOTE_CHARS_MAX: usize = limit::PERSON_NOTE.chars;

/// `contact.edit`
///
/// # Errors
/// `not_found` or `conflict` about the person, `invalid` when nothing shall change, or to what can't be stored.
pub async fn edit(cx: &Cx, shop: &TenantStore, call: ContactEdit) -> Handled<Reply<ContactEdit>> {
    let found = named(shop, &call.contact).await?;
    let change = change(call, cx.now())?;
    Ok(Reply(document(shop.edit_contact(found.id, change).await?)))
}

fn change(call: ContactEdit, now: Timestamp) -> Handled<ContactChange> {
    let change = ContactChange {
        name: rewrite(call.name.map(|name| line("the name", &name)).transpose()?),
        language: rewrite(call.language.map(|words| language(&words)).transpose()?),
        note: rewrite(call.note.map(|note| bounded("the note", clean(&note).trim(), NOTE_CHARS_MAX)).transpose()?),
        fields: call
            .fields
            .iter()
            .map(|(name, words)| {
                let column = column(name)?;
                let words = line(&column, words)?;
                Ok((column, rewrite(Some(words))))
            })
            .collect::<Handled<_>>()?,
        consent: call.consent.map(|said| consent(said, now)).transpose()?,
    };
    if change == ContactChange::default() {
        return invalid("say what shall change: the name, the language, the note, a column, or consent");
    }
    Ok(change)
}

fn rewrite(text: Option<String>) -> Rewrite {
    match text {
        None => Rewrite::Keep,
        Some(text) if text.is_empty() => Rewrite::Forget,
        Some(text) => Rewrite::Write(text),
    }
}

fn bounded(what: &str, text: &str, chars: usize) -> Handled<String> {
    if text.chars().count() > chars {
        return invalid(format!("{what} is too long: {chars} characters at most"));
    }
    Ok(text.to_owned())
}

fn line(what: &str, text: &str) -> Handled<String> {
    bounded(what, &clean_line(text), LINE_CHARS_MAX)
}

fn language(words: &str) -> Handled<String> {
    let words = line("the language", words)?;
    if words.is_empty() {
        return Ok(words);
    }
    let text = || CallError::invalid(format!("{words:?} is no language: two letters, such as de or pt-br"));
    language_code(&words).ok_or_else(|| text().into())
}

/// The name under which lists keep such a column.
fn column(name: &str) -> Handled<String> {
    let column = headings::variable(&line("the name of a column", name)?);
    if column.is_empty() {
        return invalid(format!("{name:?} is no name of a column: letters and digits, such as city"));
    }
    if phone_kind(name).is_some() {
        return invalid(format!("{name:?} is the phone number, which stays as it is"));
    }
    match headings::roles([column.as_str()]).first() {
        None | Some((_, Role::FirstName | Role::LastName | Role::Region)) => Ok(column),
        Some((_, Role::Tags)) => invalid(format!("{name:?} is no column of your own: contact tag changes tags")),
        Some((_, role)) => invalid(format!("{name:?} is no column of your own: change {} instead", role.word())),
    }
}

fn consent(said: ConsentSaid, now: Timestamp) -> Handled<Consent> {
    let kept = |what: &str, text: Option<String>| {
        let text = text.map(|text| line(what, &text)).transpose()?;
        Ok::<_, crate::rpc::refused::Refused>(text.filter(|text| !text.is_empty()))
    };
    let source = kept("the source", said.source)?;
    Ok(Consent { state: said.state, at: now, source, proof: kept("the proof", said.proof)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_795_392_000);

    fn edit(json: serde_json::Value) -> Result<ContactChange, String> {
        let mut call = json;
        call["contact"] = "Ana".into();
        change(serde_json::from_value(call).unwrap(), NOW).map_err(|refused| refused.0.message)
    }

    #[test]
    fn what_is_absent_stays_and_what_is_empty_is_forgotten() {
        let change = edit(serde_json::json!({
            "name": " Ana \u{202e}Maria ", "note": "", "language": "Deutsch", "fields": {"Favourite Flower": "tulips", "city": ""}
        }))
        .unwrap();
        assert_eq!(change.name, Rewrite::Write("Ana Maria".into()));
        assert_eq!((change.note, change.consent), (Rewrite::Forget, None));
        assert_eq!(change.language, Rewrite::Write("de".into()));
        let fields: Vec<_> = change.fields.into_iter().collect();
        assert_eq!(
            fields,
            [("city".to_owned(), Rewrite::Forget), ("favourite_flower".to_owned(), Rewrite::Write("tulips".into()))]
        );
        let said = edit(serde_json::json!({"consent": {"state": "given", "source": "form", "proof": " "}})).unwrap();
        let consent = said.consent.unwrap();
        assert_eq!((consent.at, consent.source.as_deref(), consent.proof), (NOW, Some("form"), None));
    }

    #[test]
    fn what_can_not_be_stored_is_said() {
        for (call, why) in [
            (serde_json::json!({}), "say what shall change: the name, the language, the note, a column, or consent"),
            (
                serde_json::json!({"language": "plattdüütsch"}),
                "\"plattdüütsch\" is no language: two letters, such as de or pt-br",
            ),
            (serde_json::json!({"fields": {"Mobile": "1"}}), "\"Mobile\" is the phone number, which stays as it is"),
            (serde_json::json!({"fields": {"Notiz": "1"}}), "\"Notiz\" is no column of your own: change note instead"),
            (
                serde_json::json!({"fields": {"?": "1"}}),
                "\"?\" is no name of a column: letters and digits, such as city",
            ),
        ] {
            assert_eq!(edit(call).unwrap_err(), why);
        }
        let long = edit(serde_json::json!({"note": "x".repeat(NOTE_CHARS_MAX + 1)}));
        assert_eq!(long.unwrap_err(), "the note is too long: 4000 characters at most");
    }
}
