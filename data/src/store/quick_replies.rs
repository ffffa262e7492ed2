//! Quick replies: the shop's stored answers.

use rusqlite::Row;

use super::TenantStore;
use super::change::Change;
use super::error::StoreError;
use super::find::folded;
use super::scope::{Scope, Scoped};
use crate::ids::{QuickReplyId, ReplyId};
use crate::model::quick_reply::{QuickReply, QuickReplyState};
use crate::scoped;
use crate::time::Timestamp;

fn read(row: &Row<'_>) -> rusqlite::Result<QuickReply> {
    Ok(QuickReply {
        id: row.get(0)?,
        label: row.get(1)?,
        text: row.get(2)?,
        created_at: row.get(3)?,
        updated_at: row.get(4)?,
        category: row.get(5)?,
        state: row.get(6)?,
        uses: row.get(7)?,
        citations: row.get(8)?,
        used_at: row.get(9)?,
    })
}

/// Which quick replies a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuickReplyFilter {
    /// Only those of this category, letter case apart.
    pub category: Option<String>,
    /// Only those with this in their label or words, letter case apart.
    pub find: Option<String>,
    /// Only those in this state.
    pub state: Option<QuickReplyState>,
}

/// What of a quick reply becomes another; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuickReplyChange {
    /// What it is called.
    pub label: Option<String>,
    /// The words.
    pub text: Option<String>,
    /// What it is about; empty: nothing in particular.
    pub category: Option<String>,
    /// In use, or put aside.
    pub state: Option<QuickReplyState>,
}

/// A quick reply as a file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiledQuickReply {
    /// What it is called.
    pub label: String,
    /// The words.
    pub text: String,
    /// What it is about.
    pub category: Option<String>,
    /// In use, or put aside.
    pub state: QuickReplyState,
}

/// What a file of quick replies changes, by label.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filing {
    /// New ones.
    pub added: Vec<String>,
    /// Those that are other than before.
    pub changed: Vec<String>,
    /// How many are the same.
    pub unchanged: i64,
}

fn labelled(scope: &Scope<'_>, label: &str) -> Result<Option<QuickReply>, StoreError> {
    const FIND: Scoped = scoped!(
        "SELECT id, label, text, created_at, updated_at, category, state, uses, citations, used_at FROM quick_replies
         WHERE tenant_id = :tenant AND label = :label"
    );
    scope.row(FIND, &[(":label", &label)], read)
}

fn file(scope: &Scope<'_>, replies: &[FiledQuickReply]) -> Result<Filing, StoreError> {
    let mut filing = Filing::default();
    for reply in replies {
        match labelled(scope, &reply.label)? {
            None => filing.added.push(reply.label.clone()),
            Some(known)
                if (&known.text, &known.category, known.state) == (&reply.text, &reply.category, reply.state) =>
            {
                filing.unchanged += 1;
            }
            Some(_) => filing.changed.push(reply.label.clone()),
        }
    }
    Ok(filing)
}

/// A category without the space around it; an empty one is none.
fn category(given: Option<String>) -> Option<String> {
    given.map(|given| given.trim().to_owned()).filter(|given| !given.is_empty())
}

fn named(scope: &Scope<'_>, name: &str) -> Result<QuickReply, StoreError> {
    const FIND: Scoped = scoped!(
        "SELECT id, label, text, created_at, updated_at, category, state, uses, citations, used_at FROM quick_replies
         WHERE tenant_id = :tenant AND (id = :id OR label = :label)
         ORDER BY label = :label DESC LIMIT 1"
    );
    let id = name.trim().parse::<QuickReplyId>().ok();
    let found = scope.row(FIND, &[(":id", &id), (":label", &name.trim())], read)?;
    found.ok_or(StoreError::NotFound("quick reply"))
}

/// Those that the assistant is told, by label: the ones in use.
pub(crate) fn told(scope: &Scope<'_>) -> Result<Vec<QuickReply>, StoreError> {
    const TOLD: Scoped = scoped!(
        "SELECT id, label, text, created_at, updated_at, category, state, uses, citations, used_at FROM quick_replies
         WHERE tenant_id = :tenant AND state = 'active' ORDER BY label"
    );
    scope.rows(TOLD, &[], read)
}

/// Counts a quick reply that a person sent. One that is gone meanwhile holds no message up.
pub(crate) fn sent(scope: &Scope<'_>, name: &str, now: Timestamp) -> Result<(), StoreError> {
    const SENT: Scoped =
        scoped!("UPDATE quick_replies SET uses = uses + 1, used_at = :now WHERE tenant_id = :tenant AND id = :id");
    let found = match named(scope, name) {
        Err(StoreError::NotFound(_)) => return Ok(()),
        found => found?,
    };
    scope.execute(SENT, &[(":id", &found.id), (":now", &now)])?;
    scope.emit(Change::TenantChanged(scope.tenant()));
    Ok(())
}

/// Notes what an answer leans on, in place of what was noted before it was written anew. What is gone meanwhile is left out.
pub(crate) fn cite(scope: &Scope<'_>, reply: ReplyId, cited: &[QuickReplyId]) -> Result<(), StoreError> {
    const CITE: Scoped = scoped!(
        "INSERT INTO citations (tenant_id, reply_id, quick_reply_id)
         SELECT tenant_id, :reply, id FROM quick_replies WHERE tenant_id = :tenant AND id = :id
         ON CONFLICT DO NOTHING"
    );
    forget_cited(scope, reply)?;
    for id in cited {
        scope.execute(CITE, &[(":reply", &reply), (":id", id)])?;
    }
    Ok(())
}

/// Counts what an answer that went out leans on. What was counted is forgotten with it, so that the echo of the same answer
/// counts nothing.
pub(crate) fn count_cited(scope: &Scope<'_>, reply: ReplyId, now: Timestamp) -> Result<(), StoreError> {
    const COUNT: Scoped = scoped!(
        "UPDATE quick_replies SET citations = citations + 1, used_at = :now
         WHERE tenant_id = :tenant
           AND id IN (SELECT quick_reply_id FROM citations WHERE tenant_id = :tenant AND reply_id = :reply)"
    );
    if scope.execute(COUNT, &[(":reply", &reply), (":now", &now)])? > 0 {
        forget_cited(scope, reply)?;
        scope.emit(Change::TenantChanged(scope.tenant()));
    }
    Ok(())
}

/// Forgets what an answer leans on that nobody got.
pub(crate) fn forget_cited(scope: &Scope<'_>, reply: ReplyId) -> Result<(), StoreError> {
    const FORGET: Scoped = scoped!("DELETE FROM citations WHERE tenant_id = :tenant AND reply_id = :reply");
    scope.execute(FORGET, &[(":reply", &reply)]).map(drop)
}

impl TenantStore {
    /// Adds a quick reply.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the label is taken; [`StoreError::Invalid`] when label or text is empty.
    pub async fn add_quick_reply(
        &self,
        label: String,
        text: String,
        about: Option<String>,
        now: Timestamp,
    ) -> Result<QuickReply, StoreError> {
        const INSERT: Scoped = scoped!(
            "INSERT INTO quick_replies (tenant_id, id, label, text, category, created_at, updated_at)
             VALUES (:tenant, :id, :label, :text, :category, :now, :now)
             ON CONFLICT (tenant_id, label) DO NOTHING
             RETURNING id, label, text, created_at, updated_at, category, state, uses, citations, used_at"
        );
        let label = label.trim().to_owned();
        let text = text.trim().to_owned();
        let about = category(about);
        if label.is_empty() || text.is_empty() {
            return Err(StoreError::Invalid("a quick reply needs a label and a text".to_owned()));
        }
        self.write(move |scope| {
            let id = QuickReplyId::new();
            let params: &[(&str, &dyn rusqlite::ToSql)] =
                &[(":id", &id), (":label", &label), (":text", &text), (":category", &about), (":now", &now)];
            let added = scope
                .row(INSERT, params, read)?
                .ok_or_else(|| StoreError::Conflict(format!("there is a quick reply named {label} already")))?;
            scope.emit(Change::TenantChanged(scope.tenant()));
            Ok(added)
        })
        .await
    }

    /// Quick replies by label, after a label or from the first on.
    ///
    /// # Errors
    /// What the store says.
    pub async fn quick_replies(&self, after: Option<String>, limit: i64) -> Result<Vec<QuickReply>, StoreError> {
        self.quick_replies_like(QuickReplyFilter::default(), after, limit).await
    }

    /// Quick replies of a filter by label, after a label or from the first on.
    ///
    /// # Errors
    /// What the store says.
    pub async fn quick_replies_like(
        &self,
        filter: QuickReplyFilter,
        after: Option<String>,
        limit: i64,
    ) -> Result<Vec<QuickReply>, StoreError> {
        const PAGE: Scoped = scoped!(
            "SELECT id, label, text, created_at, updated_at, category, state, uses, citations, used_at FROM quick_replies
             WHERE tenant_id = :tenant AND (:after IS NULL OR label > :after)
               AND (:category IS NULL OR fold(category) = :category) AND (:state IS NULL OR state = :state)
               AND (:find IS NULL OR instr(fold(label), :find) OR instr(fold(text), :find))
             ORDER BY label LIMIT :limit"
        );
        let about = category(filter.category).map(|category| folded(&category));
        let find = filter.find.map(|find| folded(find.trim())).filter(|find| !find.is_empty());
        self.read(move |scope| {
            let params: &[(&str, &dyn rusqlite::ToSql)] = &[
                (":after", &after),
                (":category", &about),
                (":state", &filter.state),
                (":find", &find),
                (":limit", &limit),
            ];
            scope.rows(PAGE, params, read)
        })
        .await
    }

    /// What taking these in would change.
    ///
    /// # Errors
    /// What the store says.
    pub async fn compare_quick_replies(&self, replies: Vec<FiledQuickReply>) -> Result<Filing, StoreError> {
        self.read(move |scope| file(scope, &replies)).await
    }

    /// Takes these in, all or none: known labels get the new words, nothing is taken away. No label may stand there twice.
    ///
    /// # Errors
    /// What the store says.
    pub async fn file_quick_replies(
        &self,
        replies: Vec<FiledQuickReply>,
        now: Timestamp,
    ) -> Result<Filing, StoreError> {
        const FILE: Scoped = scoped!(
            "INSERT INTO quick_replies (tenant_id, id, label, text, category, state, created_at, updated_at)
             VALUES (:tenant, :id, :label, :text, :category, :state, :now, :now)
             ON CONFLICT (tenant_id, label) DO UPDATE
             SET text = excluded.text, category = excluded.category, state = excluded.state, updated_at = :now
             WHERE (text, state) IS NOT (excluded.text, excluded.state)
                OR category COLLATE BINARY IS NOT excluded.category"
        );
        self.write(move |scope| {
            let filing = file(scope, &replies)?;
            for reply in &replies {
                let params: &[(&str, &dyn rusqlite::ToSql)] = &[
                    (":id", &QuickReplyId::new()),
                    (":label", &reply.label),
                    (":text", &reply.text),
                    (":category", &reply.category),
                    (":state", &reply.state),
                    (":now", &now),
                ];
                scope.execute(FILE, params)?;
            }
            scope.emit(Change::TenantChanged(scope.tenant()));
            Ok(filing)
        })
        .await
    }

    /// The quick reply of this label, whatever its case.
    ///
    /// # Errors
    /// What the store says.
    pub async fn quick_reply(&self, label: String) -> Result<Option<QuickReply>, StoreError> {
        const FIND: Scoped = scoped!(
            "SELECT id, label, text, created_at, updated_at, category, state, uses, citations, used_at FROM quick_replies WHERE tenant_id = :tenant AND label = :label"
        );
        self.read(move |scope| scope.row(FIND, &[(":label", &label)], read)).await
    }

    /// The quick reply that a person means, by id or label.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn quick_reply_named(&self, name: String) -> Result<QuickReply, StoreError> {
        self.read(move |scope| named(scope, &name)).await
    }

    /// Gives a quick reply another label, other words, another category or state.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none, [`StoreError::Conflict`] when the label is taken,
    /// [`StoreError::Invalid`] when label or text is empty.
    pub async fn edit_quick_reply(
        &self,
        name: String,
        change: QuickReplyChange,
        now: Timestamp,
    ) -> Result<QuickReply, StoreError> {
        const EDIT: Scoped = scoped!(
            "UPDATE OR IGNORE quick_replies
             SET label = :label, text = :text, category = :category, state = :state, updated_at = :now
             WHERE tenant_id = :tenant AND id = :id
             RETURNING id, label, text, created_at, updated_at, category, state, uses, citations, used_at"
        );
        self.write(move |scope| {
            let found = named(scope, &name)?;
            let label = change.label.map_or(found.label, |label| label.trim().to_owned());
            let text = change.text.map_or(found.text, |text| text.trim().to_owned());
            if label.is_empty() || text.is_empty() {
                return Err(StoreError::Invalid("a quick reply needs a label and a text".to_owned()));
            }
            let about = if change.category.is_some() { category(change.category) } else { found.category };
            let params: &[(&str, &dyn rusqlite::ToSql)] = &[
                (":id", &found.id),
                (":label", &label),
                (":text", &text),
                (":category", &about),
                (":state", &change.state.unwrap_or(found.state)),
                (":now", &now),
            ];
            let edited = scope
                .row(EDIT, params, read)?
                .ok_or_else(|| StoreError::Conflict(format!("there is a quick reply named {label} already")))?;
            scope.emit(Change::TenantChanged(scope.tenant()));
            Ok(edited)
        })
        .await
    }

    /// Takes a quick reply away; returns what it was.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn remove_quick_reply(&self, name: String) -> Result<QuickReply, StoreError> {
        const REMOVE: Scoped = scoped!("DELETE FROM quick_replies WHERE tenant_id = :tenant AND id = :id");
        self.write(move |scope| {
            let found = named(scope, &name)?;
            scope.execute(REMOVE, &[(":id", &found.id)])?;
            scope.emit(Change::TenantChanged(scope.tenant()));
            Ok(found)
        })
        .await
    }
}
