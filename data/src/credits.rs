//! Credits: what one answer of the assistant costs, counted in whole ones.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A number of credits. One credit is one answer of the assistant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Credits(i64);

impl Credits {
    /// None at all.
    pub const ZERO: Self = Self(0);
    /// What one answer costs.
    pub const ONE: Self = Self(1);

    /// This many credits.
    #[must_use]
    pub const fn new(count: i64) -> Self {
        Self(count)
    }

    /// The plain number.
    #[must_use]
    pub const fn count(self) -> i64 {
        self.0
    }

    /// The sum, or `None` when it leaves the range of an `i64`.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, or `None` when it leaves the range of an `i64`.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

impl fmt::Display for Credits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(feature = "store")]
impl rusqlite::ToSql for Credits {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(self.0.into())
    }
}

#[cfg(feature = "store")]
impl rusqlite::types::FromSql for Credits {
    fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
        value.as_i64().map(Self)
    }
}
