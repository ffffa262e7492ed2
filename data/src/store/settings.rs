//! Settings: a tenant's, an instance's and a chat's own values, and the rules that come of them.

use super::TenantStore;
use super::change::Change;
use super::error::StoreError;
use super::scope::{Scope, Scoped};
use crate::ids::{ChatId, InstanceId};
use crate::model::setting::{Rules, SettingKey};
use crate::scoped;
use crate::time::Timestamp;

/// Whose value it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The tenant's: holds everywhere.
    Tenant,
    /// An instance's: stronger than the tenant's.
    Instance(InstanceId),
    /// A chat's: stronger than both.
    Chat(ChatId),
}

impl Owner {
    fn parts(self) -> (&'static str, Vec<u8>) {
        match self {
            Self::Tenant => ("tenant", Vec::new()),
            Self::Instance(id) => ("instance", id.bytes().to_vec()),
            Self::Chat(id) => ("chat", id.bytes().to_vec()),
        }
    }
}

/// Every value that holds for one chat, weakest owner first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values(Vec<(SettingKey, String)>);

impl Values {
    /// The strongest value of a key.
    #[must_use]
    pub fn get(&self, key: SettingKey) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| *known == key).map(|(_, value)| value.as_str())
    }

    /// The rules after everybody's say. A value that no longer reads is passed over.
    #[must_use]
    pub fn rules(&self, defaults: Rules) -> Rules {
        self.0.iter().fold(defaults, |rules, (key, value)| rules.overlay(*key, value).unwrap_or(rules))
    }

    /// Every value, weakest first.
    #[must_use]
    pub fn all(&self) -> &[(SettingKey, String)] {
        &self.0
    }
}

/// The values that hold for a chat on an instance; without them, those of the tenant alone.
pub(crate) fn values(
    scope: &Scope<'_>,
    instance: Option<InstanceId>,
    chat: Option<ChatId>,
) -> Result<Values, StoreError> {
    const HOLDING: Scoped = scoped!(
        "SELECT key, value FROM settings
         WHERE tenant_id = :tenant
           AND (scope = 'tenant' OR (scope = 'instance' AND scope_id = :instance) OR (scope = 'chat' AND scope_id = :chat))
         ORDER BY CASE scope WHEN 'tenant' THEN 0 WHEN 'instance' THEN 1 ELSE 2 END, updated_at"
    );
    let found = scope.rows(HOLDING, &[(":instance", &instance), (":chat", &chat)], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    // A key of a later version, after a downgrade, is nothing to this one.
    Ok(Values(found.into_iter().filter_map(|(key, value)| Some((key.parse().ok()?, value))).collect()))
}

impl TenantStore {
    /// The values that hold for a chat on an instance; without them, those of the tenant alone.
    ///
    /// # Errors
    /// What the store says.
    pub async fn settings(&self, instance: Option<InstanceId>, chat: Option<ChatId>) -> Result<Values, StoreError> {
        self.read(move |scope| values(scope, instance, chat)).await
    }

    /// The values that an owner has set itself.
    ///
    /// # Errors
    /// What the store says.
    pub async fn own_settings(&self, owner: Owner) -> Result<Values, StoreError> {
        const OWN: Scoped = scoped!(
            "SELECT key, value FROM settings
             WHERE tenant_id = :tenant AND scope = :scope AND scope_id = :scope_id ORDER BY updated_at"
        );
        self.read(move |scope| {
            let (word, id) = owner.parts();
            let found = scope.rows(OWN, &[(":scope", &word), (":scope_id", &id)], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })?;
            Ok(Values(found.into_iter().filter_map(|(key, value)| Some((key.parse().ok()?, value))).collect()))
        })
        .await
    }

    /// Stores a value, or takes it back with `None` so that the next owner's holds.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when the key does not take the value.
    pub async fn set_setting(
        &self,
        owner: Owner,
        key: SettingKey,
        value: Option<String>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const SET: Scoped = scoped!(
            "INSERT INTO settings (tenant_id, scope, scope_id, key, value, updated_at)
             VALUES (:tenant, :scope, :scope_id, :key, :value, :now)
             ON CONFLICT (tenant_id, scope, scope_id, key)
             DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at"
        );
        const UNSET: Scoped = scoped!(
            "DELETE FROM settings
             WHERE tenant_id = :tenant AND scope = :scope AND scope_id = :scope_id AND key = :key"
        );
        const ZONE: Scoped = scoped!("UPDATE tenants SET timezone = :value WHERE id = :tenant");
        // Two keys of one meaning are stored as one, so that the later word wins whichever name it used.
        let key = if key == SettingKey::ReplyMode { SettingKey::AssistantMode } else { key };
        self.write(move |scope| {
            let (word, id) = owner.parts();
            if let Some(value) = value {
                key.check(&value).map_err(|error| StoreError::Invalid(error.to_string()))?;
                if key == SettingKey::Timezone {
                    if owner != Owner::Tenant {
                        return Err(StoreError::Invalid("the time zone is the tenant's alone".to_owned()));
                    }
                    scope.execute(ZONE, &[(":value", &value)])?;
                }
                scope.execute(
                    SET,
                    &[(":scope", &word), (":scope_id", &id), (":key", &key), (":value", &value), (":now", &now)],
                )?;
            } else {
                scope.execute(UNSET, &[(":scope", &word), (":scope_id", &id), (":key", &key)])?;
            }
            match owner {
                Owner::Tenant => scope.emit(Change::TenantChanged(scope.tenant())),
                Owner::Instance(instance) => scope.emit(Change::InstanceChanged(scope.tenant(), instance)),
                Owner::Chat(chat) => scope.emit(Change::ChatChanged(scope.tenant(), chat)),
            }
            Ok(())
        })
        .await
    }
}
