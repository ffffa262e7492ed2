//! Segments: filters of contacts that are kept under a name, and that other filters may name.

use rusqlite::Row;

use super::TenantStore;
use super::error::StoreError;
use super::scope::{Scope, Scoped};
use crate::ids::SegmentId;
use crate::model::query::{Query, QueryError};
use crate::model::segment::{Segment, checked_name};
use crate::scoped;
use crate::time::Timestamp;

impl From<QueryError> for StoreError {
    fn from(error: QueryError) -> Self {
        Self::Invalid(error.to_string())
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Segment> {
    Ok(Segment { id: row.get(0)?, name: row.get(1)?, query: row.get(2)?, created_at: row.get(3)? })
}

/// A query with those of the segments in it in the places of their names.
pub(crate) fn resolved(scope: &Scope<'_>, query: Query) -> Result<Query, StoreError> {
    const QUERY: Scoped = scoped!("SELECT query FROM segments WHERE tenant_id = :tenant AND name = :name");
    query.resolved(&mut |name| scope.row(QUERY, &[(":name", &name.trim())], |row| row.get(0)))
}

fn named(scope: &Scope<'_>, name: &str) -> Result<Segment, StoreError> {
    const FIND: Scoped = scoped!(
        "SELECT id, name, query, created_at FROM segments
         WHERE tenant_id = :tenant AND (id = :id OR name = :name)
         ORDER BY name = :name DESC LIMIT 1"
    );
    let id = name.trim().parse::<SegmentId>().ok();
    let found = scope.row(FIND, &[(":id", &id), (":name", &name.trim())], read)?;
    found.ok_or(StoreError::NotFound("segment"))
}

fn all(scope: &Scope<'_>) -> Result<Vec<Segment>, StoreError> {
    const ALL: Scoped =
        scoped!("SELECT id, name, query, created_at FROM segments WHERE tenant_id = :tenant ORDER BY name");
    scope.rows(ALL, &[], read)
}

/// Refuses a segment that leads back to itself, or that makes one which has it in it unreadable.
fn check(scope: &Scope<'_>, saved: &Segment) -> Result<(), StoreError> {
    // By name, as whoever uses one does.
    let read = |name: &str| resolved(scope, Query::parse(&format!("segment:\"{name}\""))?).map(drop);
    read(&saved.name)?;
    all(scope)?.iter().try_for_each(|other| {
        read(&other.name).map_err(|error| match error {
            StoreError::Invalid(why) => StoreError::Conflict(format!("the segment {} has it in it: {why}", other.name)),
            error => error,
        })
    })
}

impl TenantStore {
    /// Segments by name, after a name or from the first on.
    ///
    /// # Errors
    /// What the store says.
    pub async fn segments(&self, after: Option<String>, limit: i64) -> Result<Vec<Segment>, StoreError> {
        const PAGE: Scoped = scoped!(
            "SELECT id, name, query, created_at FROM segments
             WHERE tenant_id = :tenant AND (:after IS NULL OR name > :after)
             ORDER BY name LIMIT :limit"
        );
        self.read(move |scope| scope.rows(PAGE, &[(":after", &after), (":limit", &limit)], read)).await
    }

    /// The segment that a person means, by id or name.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn segment_named(&self, name: String) -> Result<Segment, StoreError> {
        self.read(move |scope| named(scope, &name)).await
    }

    /// A query with those of the segments in it in the places of their names.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when one of them is not there.
    pub async fn resolved_query(&self, query: Query) -> Result<Query, StoreError> {
        self.read(move |scope| resolved(scope, query)).await
    }

    /// Keeps a filter under a name; a known name gets the new filter.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a text that is no name or no query, a query that names a segment which is not there or
    /// leads back to itself; [`StoreError::Conflict`] when a segment that has this one in it can't be read any more.
    pub async fn save_segment(&self, name: String, query: String, now: Timestamp) -> Result<Segment, StoreError> {
        const SAVE: Scoped = scoped!(
            "INSERT INTO segments (tenant_id, id, name, query, created_at) VALUES (:tenant, :id, :name, :query, :now)
             ON CONFLICT (tenant_id, name) DO UPDATE SET query = excluded.query
             RETURNING id, name, query, created_at"
        );
        let name = checked_name(&name).map_err(StoreError::Invalid)?;
        if query.trim().is_empty() {
            return Err(StoreError::Invalid("say who is in it: tag:vip, or all for everybody".to_owned()));
        }
        let query = Query::parse(&query)?.to_string();
        self.write(move |scope| {
            let params: &[(&str, &dyn rusqlite::ToSql)] =
                &[(":id", &SegmentId::new()), (":name", &name), (":query", &query), (":now", &now)];
            let saved = scope.row(SAVE, params, read)?.ok_or(StoreError::NotFound("segment"))?;
            check(scope, &saved)?;
            Ok(saved)
        })
        .await
    }

    /// Forgets a segment, by id or name; returns what it was.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none, [`StoreError::Conflict`] when others have it in them.
    pub async fn remove_segment(&self, name: String) -> Result<Segment, StoreError> {
        const REMOVE: Scoped = scoped!("DELETE FROM segments WHERE tenant_id = :tenant AND id = :id");
        self.write(move |scope| {
            let found = named(scope, &name)?;
            let mut users = Vec::new();
            for other in all(scope)?.into_iter().filter(|other| other.id != found.id) {
                if Query::parse(&other.query)?.has_segment(&found.name) {
                    users.push(other.name);
                }
            }
            if !users.is_empty() {
                let text = format!("{} is in the query of {}: change that first", found.name, users.join(", "));
                return Err(StoreError::Conflict(text));
            }
            scope.execute(REMOVE, &[(":id", &found.id)])?;
            Ok(found)
        })
        .await
    }
}
