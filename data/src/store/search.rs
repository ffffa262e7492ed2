//! Search: messages by their words. What a person types is made into an expression here; whatever it is, it is one that
//! SQLite's full-text search understands.

use super::TenantStore;
use super::error::StoreError;
use super::interactions;
use super::scope::{Scope, Scoped};
use crate::ids::{ChatId, InstanceId, InteractionId};
use crate::model::interaction::Interaction;
use crate::phone::Phone;
use crate::scoped;

/// More words than these are not looked at: the expression would get too deep.
const WORDS_MAX: usize = 16;
/// Marks the beginning of a hit in [`Found::marked`].
pub const MARK_BEGIN: char = '\u{1}';
/// Marks the end of a hit in [`Found::marked`].
pub const MARK_END: char = '\u{2}';

/// What to look for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// What a person typed.
    pub text: String,
    /// Only in this chat.
    pub chat: Option<ChatId>,
    /// Only on this number.
    pub instance: Option<InstanceId>,
}

/// A message that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The message.
    pub interaction: Interaction,
    /// The best name we have of its chat.
    pub chat_name: Option<String>,
    /// The person's phone number, once known.
    pub phone: Option<Phone>,
    /// The part of the message around what was found, with [`MARK_BEGIN`] and [`MARK_END`] around each hit.
    pub marked: String,
}

/// One thing that was typed: a word, or several in quotation marks.
struct Term {
    text: String,
    /// Must it be absent?
    absent: bool,
    /// Was it in quotation marks, so that its last word is whole?
    whole: bool,
}

fn terms(typed: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    let mut rest = typed.trim();
    while !rest.is_empty() && terms.len() < WORDS_MAX {
        let absent = rest.strip_prefix('-').filter(|after| !after.starts_with(char::is_whitespace));
        let begin = absent.unwrap_or(rest);
        let (text, whole, after) = match begin.strip_prefix('"') {
            Some(quoted) => {
                let (text, after) = quoted.split_once('"').unwrap_or((quoted, ""));
                (text, true, after)
            }
            None => {
                let end = begin.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(begin.len());
                let (text, after) = begin.split_at(end);
                (text, false, after)
            }
        };
        // Signs alone are no words: nothing would ever match them.
        if text.chars().any(char::is_alphanumeric) {
            let text = text.chars().filter(|c| !c.is_control() && *c != '"').collect();
            terms.push(Term { text, absent: absent.is_some(), whole });
        }
        rest = after.trim_start();
    }
    terms
}

/// The expression of what was typed, for the messages of one place; `None` when it has no word to look for.
fn expression(typed: &str, place: &str) -> Option<String> {
    let terms = terms(typed);
    let last = terms.iter().rposition(|term| !term.absent)?;
    let (mut present, mut absent) = (vec![format!("place : \"{place}\"")], Vec::new());
    for (at, term) in terms.iter().enumerate() {
        let beginning = if at == last && !term.whole { " *" } else { "" };
        let written = format!("text : \"{}\"{beginning}", term.text);
        if term.absent { absent.push(written) } else { present.push(written) }
    }
    let present = present.join(" AND ");
    Some(if absent.is_empty() { present } else { format!("({present}) NOT ({})", absent.join(" OR ")) })
}

/// How a tenant or a chat is written in the index.
fn word(kind: char, bytes: &[u8; 16]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::from(kind), |mut word, byte| {
        // Writing to a string can't fail.
        let _ = write!(word, "{byte:02x}");
        word
    })
}

fn search(
    scope: &Scope<'_>,
    wanted: &Wanted,
    before: Option<InteractionId>,
    limit: i64,
) -> Result<Vec<Found>, StoreError> {
    // The index holds every tenant's messages: the expression names the tenant or one of its chats, and the join proves it.
    const FIND: Scoped = scoped!(
        "SELECT i.id, coalesce(c.name, h.title), c.phone, snippet(search, 1, char(1), char(2), '…', 24)
         FROM search AS s
         CROSS JOIN interactions AS i ON i.seq = s.rowid
         JOIN chats AS h ON h.tenant_id = i.tenant_id AND h.id = i.chat_id
         LEFT JOIN contacts AS c ON c.tenant_id = h.tenant_id AND c.id = h.contact_id
         WHERE s.search MATCH :expression AND s.rowid < :before
           AND i.tenant_id = :tenant AND i.state <> 'cancelled'
           AND (:chat IS NULL OR i.chat_id = :chat)
           AND (:instance IS NULL OR i.instance_id = :instance)
         ORDER BY s.rowid DESC LIMIT :limit"
    );
    const PLACE: Scoped = scoped!("SELECT seq FROM interactions WHERE tenant_id = :tenant AND id = :id");
    let place = match wanted.chat {
        Some(chat) => word('c', chat.bytes()),
        None => word('t', scope.tenant().bytes()),
    };
    let Some(expression) = expression(&wanted.text, &place) else { return Ok(Vec::new()) };
    let seq: i64 = match before {
        Some(id) => scope.row(PLACE, &[(":id", &id)], |row| row.get(0))?.ok_or(StoreError::NotFound("message"))?,
        None => i64::MAX,
    };
    let hits = scope.rows(
        FIND,
        &[
            (":expression", &expression),
            (":before", &seq),
            (":chat", &wanted.chat),
            (":instance", &wanted.instance),
            (":limit", &limit),
        ],
        |row| Ok((row.get::<_, InteractionId>(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )?;
    let mut found = Vec::with_capacity(hits.len());
    for (id, chat_name, phone, marked) in hits {
        if let Some(message) = interactions::find(scope, id)? {
            found.push(Found { interaction: message.interaction, chat_name, phone, marked });
        }
    }
    Ok(found)
}

impl TenantStore {
    /// Messages by their words, those that came last first, before a message or from the last on. What has no word in it
    /// finds nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the message that the page begins at is gone.
    pub async fn search(
        &self,
        wanted: Wanted,
        before: Option<InteractionId>,
        limit: i64,
    ) -> Result<Vec<Found>, StoreError> {
        self.read(move |scope| search(scope, &wanted, before, limit)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_typed_is_quoted() {
        for (typed, expected) in [
            ("cake", Some(r#"place : "t1" AND text : "cake" *"#)),
            ("two  words", Some(r#"place : "t1" AND text : "two" AND text : "words" *"#)),
            (r#""as they stand" cake"#, Some(r#"place : "t1" AND text : "as they stand" AND text : "cake" *"#)),
            (r#"cake "as they stand"#, Some(r#"place : "t1" AND text : "cake" AND text : "as they stand""#)),
            ("cake -tea", Some(r#"(place : "t1" AND text : "cake" *) NOT (text : "tea")"#)),
            (
                r#"cake -tea -"hot milk""#,
                Some(r#"(place : "t1" AND text : "cake" *) NOT (text : "tea" OR text : "hot milk")"#),
            ),
            ("AND", Some(r#"place : "t1" AND text : "AND" *"#)),
            ("a:b* (c)", Some(r#"place : "t1" AND text : "a:b*" AND text : "(c)" *"#)),
            ("well-known", Some(r#"place : "t1" AND text : "well-known" *"#)),
            ("- x", Some(r#"place : "t1" AND text : "x" *"#)),
            ("nul\0byte", Some(r#"place : "t1" AND text : "nulbyte" *"#)),
            ("-tea", None),
            ("  ", None),
            ("\"\" * ) ( - ^ 👍", None),
        ] {
            assert_eq!(expression(typed, "t1").as_deref(), expected, "{typed:?}");
        }
    }
}
