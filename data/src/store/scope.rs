//! The tenant's view of the store: it cannot express a statement about anybody else.
//!
//! A statement is a [`Scoped`] constant, whose text is checked while compiling; `Scope` binds `:tenant` itself.
//!
//! ```
//! use mychatflow_data::scoped;
//! use mychatflow_data::store::scope::Scoped;
//!
//! const PAGE: Scoped = scoped!("SELECT id FROM chats WHERE tenant_id = :tenant");
//! ```
//!
//! Without the tenant it does not compile:
//!
//! ```compile_fail
//! use mychatflow_data::scoped;
//! use mychatflow_data::store::scope::Scoped;
//!
//! const PAGE: Scoped = scoped!("SELECT id FROM chats WHERE tenant_id = :another");
//! ```

use rusqlite::{CachedStatement, Connection, Row, ToSql};

use super::activity::Tally;
use super::change::Change;
use super::db::Writer;
use super::error::StoreError;
use crate::ids::TenantId;
use crate::time::Timestamp;

/// A statement that names `:tenant`. Made by [`scoped!`](crate::scoped) only.
#[derive(Debug, Clone, Copy)]
pub struct Scoped(&'static str);

impl Scoped {
    /// Checks the text. Panics, while compiling, when `:tenant` is not in it.
    #[must_use]
    pub const fn new(sql: &'static str) -> Self {
        assert!(mentions_tenant(sql.as_bytes()), "a scoped statement must use :tenant");
        Self(sql)
    }
}

/// Makes a [`Scoped`](crate::store::scope::Scoped) statement, checked while compiling.
#[macro_export]
macro_rules! scoped {
    ($sql:expr) => {
        const { $crate::store::scope::Scoped::new($sql) }
    };
}

const fn mentions_tenant(sql: &[u8]) -> bool {
    const WORD: &[u8] = b":tenant";
    let mut at = 0;
    while at + WORD.len() <= sql.len() {
        let mut matched = 0;
        while matched < WORD.len() && sql[at + matched] == WORD[matched] {
            matched += 1;
        }
        if matched == WORD.len() {
            let end = at + matched;
            if end == sql.len() || !(sql[end].is_ascii_alphanumeric() || sql[end] == b'_') {
                return true;
            }
        }
        at += 1;
    }
    false
}

/// Named parameters of a statement, `:tenant` left out.
pub(crate) type Params<'p> = &'p [(&'static str, &'p dyn ToSql)];

/// One tenant's connection, for the length of a unit of work or of a query.
pub(crate) struct Scope<'c> {
    connection: &'c Connection,
    writer: Option<&'c Writer<'c>>,
    tenant: TenantId,
}

impl<'c> Scope<'c> {
    /// The tenant's view inside a unit of work.
    pub(crate) fn writing(writer: &'c Writer<'c>, tenant: TenantId) -> Self {
        Self { connection: writer.connection, writer: Some(writer), tenant }
    }

    /// The tenant's view of a snapshot.
    pub(crate) fn reading(connection: &'c Connection, tenant: TenantId) -> Self {
        Self { connection, writer: None, tenant }
    }

    /// Whose view it is.
    pub(crate) fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Tells listeners, if and when the unit is committed. A query has nothing to tell.
    pub(crate) fn emit(&self, change: Change) {
        if let Some(writer) = self.writer {
            writer.emit(change);
        }
    }

    /// What this unit deletes must be found in the file no more, once it is committed.
    pub(crate) fn leave_no_trace(&self) {
        if let Some(writer) = self.writer {
            writer.leave_no_trace();
        }
    }

    /// Adds to a counter of `stats`, in the same commit.
    pub(crate) fn count(&self, name: &'static str) {
        if let Some(writer) = self.writer {
            writer.count(self.tenant, name, 1);
        }
    }

    /// Adds one to the activity at an instant, in the same commit.
    pub(crate) fn tally(&self, at: Timestamp, what: Tally) {
        if let Some(writer) = self.writer {
            writer.tally(self.tenant, at, what);
        }
    }

    fn bound(&self, sql: Scoped, params: Params<'_>) -> Result<CachedStatement<'_>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql.0)?;
        if let Some(index) = statement.parameter_index(":tenant")? {
            statement.raw_bind_parameter(index, self.tenant)?;
        }
        for (name, value) in params {
            let index = statement
                .parameter_index(name)?
                .ok_or_else(|| StoreError::Invalid(format!("the statement has no parameter {name}")))?;
            statement.raw_bind_parameter(index, value)?;
        }
        Ok(statement)
    }

    /// Runs a statement; returns how many rows it touched.
    pub(crate) fn execute(&self, sql: Scoped, params: Params<'_>) -> Result<usize, StoreError> {
        Ok(self.bound(sql, params)?.raw_execute()?)
    }

    /// The first row, if there is one.
    pub(crate) fn row<T>(
        &self,
        sql: Scoped,
        params: Params<'_>,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        let mut statement = self.bound(sql, params)?;
        let mut rows = statement.raw_query();
        match rows.next()? {
            Some(row) => Ok(Some(read(row)?)),
            None => Ok(None),
        }
    }

    /// Every row.
    pub(crate) fn rows<T>(
        &self,
        sql: Scoped,
        params: Params<'_>,
        mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.bound(sql, params)?;
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
        Ok(found)
    }
}
