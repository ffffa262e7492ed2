//! Members: which account of the machine may do what for a tenant.

use rusqlite::Row;

use super::change::Change;
use super::error::StoreError;
use super::scope::Scoped;
use super::{Store, TenantStore};
use crate::ids::TenantId;
use crate::model::member::{Member, Role};
use crate::scoped;
use crate::time::Timestamp;

fn read(row: &Row<'_>) -> rusqlite::Result<Member> {
    Ok(Member { uid: row.get(0)?, name: row.get(1)?, role: row.get(2)?, granted_at: row.get(3)? })
}

impl Store {
    /// The tenants that an account works for, and as what.
    ///
    /// # Errors
    /// What the store says.
    pub async fn roles_of(&self, uid: u32) -> Result<Vec<(TenantId, Role)>, StoreError> {
        self.db
            .read(move |connection| {
                let mut statement = connection
                    .prepare_cached("SELECT tenant_id, role FROM members WHERE uid = ?1 ORDER BY tenant_id")?;
                let rows = statement.query_map([uid], |row| Ok((row.get(0)?, row.get(1)?)))?;
                Ok(rows.collect::<Result<Vec<_>, _>>()?)
            })
            .await
    }
}

impl TenantStore {
    /// Every member, by name.
    ///
    /// # Errors
    /// What the store says.
    pub async fn members(&self) -> Result<Vec<Member>, StoreError> {
        const ALL: Scoped =
            scoped!("SELECT uid, name, role, granted_at FROM members WHERE tenant_id = :tenant ORDER BY name, uid");
        self.read(|scope| scope.rows(ALL, &[], read)).await
    }

    /// What an account may do here; `None` when it is no member.
    ///
    /// # Errors
    /// What the store says.
    pub async fn role_of(&self, uid: u32) -> Result<Option<Role>, StoreError> {
        const ROLE: Scoped = scoped!("SELECT role FROM members WHERE tenant_id = :tenant AND uid = :uid");
        self.read(move |scope| scope.row(ROLE, &[(":uid", &uid)], |row| row.get(0))).await
    }

    /// Makes an account a member, or gives a member another role.
    ///
    /// # Errors
    /// What the store says.
    pub async fn grant_role(&self, uid: u32, name: String, role: Role, now: Timestamp) -> Result<Member, StoreError> {
        const GRANT: Scoped = scoped!(
            "INSERT INTO members (tenant_id, uid, name, role, granted_at) VALUES (:tenant, :uid, :name, :role, :now)
             ON CONFLICT (tenant_id, uid)
             DO UPDATE SET name = excluded.name, role = excluded.role, granted_at = excluded.granted_at
             RETURNING uid, name, role, granted_at"
        );
        self.write(move |scope| {
            let params: &[(&str, &dyn rusqlite::ToSql)] =
                &[(":uid", &uid), (":name", &name), (":role", &role), (":now", &now)];
            let member = scope.row(GRANT, params, read)?.ok_or(StoreError::NotFound("member"))?;
            scope.emit(Change::TenantChanged(scope.tenant()));
            Ok(member)
        })
        .await
    }

    /// Takes an account's role away.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it had none.
    pub async fn drop_member(&self, uid: u32) -> Result<(), StoreError> {
        const DROP: Scoped = scoped!("DELETE FROM members WHERE tenant_id = :tenant AND uid = :uid");
        self.write(move |scope| {
            if scope.execute(DROP, &[(":uid", &uid)])? == 0 {
                return Err(StoreError::NotFound("member"));
            }
            scope.emit(Change::TenantChanged(scope.tenant()));
            Ok(())
        })
        .await
    }
}
