//! Tenants: the paying businesses.

use super::change::Change;
use super::error::StoreError;
use super::{Store, TenantStore};
use crate::ids::TenantId;
use crate::model::tenant::{Tenant, TenantState};
use crate::scoped;
use crate::store::scope::Scoped;
use crate::time::Timestamp;

const COLUMNS: &str = "SELECT id, name, plan, timezone, state, created_at FROM tenants";

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Tenant> {
    Ok(Tenant {
        id: row.get(0)?,
        name: row.get(1)?,
        plan: row.get(2)?,
        timezone: row.get(3)?,
        state: row.get(4)?,
        created_at: row.get(5)?,
    })
}

impl Store {
    /// Adds a tenant.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the name is taken; [`StoreError::Invalid`] for an empty name or unknown zone.
    pub async fn add_tenant(
        &self,
        name: String,
        plan: String,
        timezone: String,
        now: Timestamp,
    ) -> Result<Tenant, StoreError> {
        let name = name.trim().to_owned();
        if name.is_empty() {
            return Err(StoreError::Invalid("a tenant needs a name".to_owned()));
        }
        if jiff::tz::TimeZone::get(&timezone).is_err() {
            return Err(StoreError::Invalid(format!("no such time zone: {timezone}; for example Europe/Berlin")));
        }
        let tenant = Tenant { id: TenantId::new(), name, plan, timezone, state: TenantState::Active, created_at: now };
        self.db
            .write(move |writer| {
                let added = writer
                    .connection
                    .prepare_cached(
                        "INSERT INTO tenants (id, name, plan, timezone, state, created_at)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (name) DO NOTHING",
                    )?
                    .execute((
                        tenant.id,
                        &tenant.name,
                        &tenant.plan,
                        &tenant.timezone,
                        tenant.state,
                        tenant.created_at,
                    ))?;
                if added == 0 {
                    return Err(StoreError::Conflict(format!("there is a tenant named {} already", tenant.name)));
                }
                writer.emit(Change::TenantChanged(tenant.id));
                Ok(tenant)
            })
            .await
    }

    /// Every tenant, by name.
    ///
    /// # Errors
    /// What the store says.
    pub async fn tenants(&self) -> Result<Vec<Tenant>, StoreError> {
        self.db
            .read(|connection| {
                let mut statement = connection.prepare_cached(&format!("{COLUMNS} ORDER BY name"))?;
                Ok(statement.query_map([], read)?.collect::<Result<Vec<_>, _>>()?)
            })
            .await
    }

    /// One tenant.
    ///
    /// # Errors
    /// What the store says.
    pub async fn find_tenant(&self, id: TenantId) -> Result<Option<Tenant>, StoreError> {
        self.db
            .read(move |connection| {
                let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?;
                Ok(statement.query_map([id], read)?.next().transpose()?)
            })
            .await
    }

    /// Removes a tenant and everything of it, for good.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it is not there.
    pub async fn remove_tenant(&self, id: TenantId) -> Result<(), StoreError> {
        self.db
            .write(move |writer| {
                writer.connection.execute("DELETE FROM counters WHERE tenant_id = ?1", [id])?;
                if writer.connection.execute("DELETE FROM tenants WHERE id = ?1", [id])? == 0 {
                    return Err(StoreError::NotFound("tenant"));
                }
                writer.emit(Change::TenantChanged(id));
                Ok(())
            })
            .await
    }
}

impl TenantStore {
    /// Serves the tenant, or stops serving it.
    ///
    /// # Errors
    /// What the store says.
    pub async fn set_tenant_state(&self, state: TenantState) -> Result<(), StoreError> {
        const SET: Scoped = scoped!("UPDATE tenants SET state = :state WHERE id = :tenant");
        self.write(move |scope| {
            scope.execute(SET, &[(":state", &state)])?;
            scope.emit(Change::TenantChanged(scope.tenant()));
            Ok(())
        })
        .await
    }
}
