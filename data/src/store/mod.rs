//! The store: one SQLite file behind one writer. Public methods are async, one per unit of work, and speak the model.

pub mod activity;
pub mod admin;
pub mod campaign_media;
pub mod campaign_series;
pub mod campaign_texts;
pub mod campaigns;
pub mod change;
pub mod chat_list;
pub mod chats;
pub mod contacts;
mod db;
pub mod drafts;
pub(crate) mod erasures;
pub mod error;
pub mod find;
pub mod identity;
pub mod instances;
pub mod interactions;
pub mod jobs;
pub mod ledger;
mod log_file;
pub mod members;
pub mod merges;
mod migrate;
pub mod notes;
pub mod number_checks;
pub mod opening;
pub mod overview;
#[cfg(test)]
mod plans;
pub mod preflight;
pub mod profiles;
pub(crate) mod questions;
pub mod queue;
pub mod quick_replies;
mod readers;
pub mod recipients;
pub mod scope;
pub mod search;
pub mod segments;
pub mod settings;
mod signposts;
pub mod soundness;
mod statistics;
pub mod suppressions;
pub mod tenants;
pub mod traces;
mod traffic;
pub mod tx;
pub mod watched;
pub mod why;
pub mod write_record;

use std::path::Path;
use std::sync::Arc;

use self::change::Listener;
use self::db::Db;
use self::error::StoreError;
use self::identity::StoreId;
use self::instances::Receiver;
use self::opening::Opening;
use self::scope::Scope;
use self::write_record::WriteHealth;
use crate::ids::TenantId;
use crate::model::clock_error::ClockError;
use crate::model::job::Job;

/// The whole store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    db: Arc<Db>,
}

/// The store as one tenant sees it. Cheap to clone.
#[derive(Clone)]
pub struct TenantStore {
    db: Arc<Db>,
    tenant: TenantId,
    caller: readers::Caller,
    /// How wrong this machine's clock is.
    clock_error: ClockError,
}

impl Store {
    /// Opens or makes the file at `path`, brings it to the newest schema, and starts the writer.
    ///
    /// # Errors
    /// As [`Store::open_as`].
    pub async fn open(path: &Path, listener: Arc<dyn Listener>) -> Result<Self, StoreError> {
        Self::open_as(Opening::of(path), listener).await
    }

    /// Opens or makes a store, brings it to the newest schema, and starts the writer. This process must have no other
    /// store open there.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when what lies there may not be touched, [`StoreError::Newer`] when a newer version wrote
    /// the file; otherwise what SQLite says.
    pub async fn open_as(opening: Opening, listener: Arc<dyn Listener>) -> Result<Self, StoreError> {
        let opened = tokio::task::spawn_blocking(move || Db::open(&opening, listener)).await;
        let db = opened.map_err(|_| StoreError::Panicked)??;
        Ok(Self { db: Arc::new(db) })
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.db.path()
    }

    /// Which store it is.
    #[must_use]
    pub fn id(&self) -> StoreId {
        self.db.id()
    }

    /// Are its files still what their paths lead to? When not, the next write finds out, saves what it can, and
    /// [`Store::lost`] tells.
    #[must_use]
    pub fn is_in_place(&self) -> bool {
        self.db.is_in_place()
    }

    /// Waits until the store's files are gone from under it, and says what became of them and of what was in them.
    pub async fn lost(&self) -> String {
        self.db.lost().await
    }

    /// What became of the last writes: no question to the file.
    #[must_use]
    pub fn write_health(&self) -> WriteHealth {
        self.db.write_health()
    }

    /// Units of work that wait for the writer.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.db.waiting()
    }

    /// One tenant's view.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such tenant.
    pub async fn tenant(&self, tenant: TenantId) -> Result<TenantStore, StoreError> {
        self.find_tenant(tenant).await?.ok_or(StoreError::NotFound("tenant"))?;
        Ok(self.tenant_unchecked(tenant))
    }

    /// The view of the tenant that a job belongs to. A job can't outlive its tenant's row.
    #[must_use]
    pub fn tenant_of(&self, job: &Job) -> TenantStore {
        self.tenant_unchecked(job.tenant)
    }

    /// The view of the tenant that a number belongs to. A number can't outlive its tenant's row.
    #[must_use]
    pub fn tenant_of_receiver(&self, receiver: &Receiver) -> TenantStore {
        self.tenant_unchecked(receiver.tenant)
    }

    fn tenant_unchecked(&self, tenant: TenantId) -> TenantStore {
        TenantStore { db: Arc::clone(&self.db), tenant, caller: None, clock_error: ClockError::default() }
    }
}

impl TenantStore {
    /// Whose view it is.
    #[must_use]
    pub fn id(&self) -> TenantId {
        self.tenant
    }

    /// The same view for a call of an account of this machine: its questions have their turn among those of others.
    #[must_use]
    pub fn for_account(self, uid: u32) -> Self {
        Self { caller: Some(uid), ..self }
    }

    /// The same view where servers say that this machine's clock is wrong: WhatsApp's times on what we sent may lie before
    /// ours, and a pause that begins now must end by the right time.
    #[must_use]
    pub fn with_clock_error(self, clock_error: ClockError) -> Self {
        Self { clock_error, ..self }
    }

    pub(crate) async fn write<T, F>(&self, unit: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Scope<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let tenant = self.tenant;
        self.db.write(move |writer| unit(&Scope::writing(writer, tenant))).await
    }

    pub(crate) async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Scope<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let tenant = self.tenant;
        self.db.read_for(self.caller, move |connection| query(&Scope::reading(connection, tenant))).await
    }
}
