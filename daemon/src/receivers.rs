//! Which number a delivery is for: read from the store at start and after every change of a number.

use std::collections::HashMap;
use std::sync::Arc;

use mychatflow_data::ids::InstanceId;
use mychatflow_data::store::Store;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::instances::Receiver;
use tokio::sync::watch;

/// The numbers that deliveries may come for. Cheap to clone.
#[derive(Clone)]
pub struct Receivers {
    known: watch::Sender<Arc<HashMap<InstanceId, Arc<Receiver>>>>,
}

impl Receivers {
    /// Reads them.
    ///
    /// # Errors
    /// What the store says.
    pub async fn read(store: &Store) -> Result<Self, StoreError> {
        let receivers = Self { known: watch::Sender::default() };
        receivers.refresh(store).await?;
        Ok(receivers)
    }

    /// Reads them anew.
    ///
    /// # Errors
    /// What the store says.
    pub async fn refresh(&self, store: &Store) -> Result<(), StoreError> {
        let known = store.receivers().await?.into_iter();
        let known = known.map(|receiver| (receiver.instance, Arc::new(receiver))).collect();
        self.known.send_replace(Arc::new(known));
        Ok(())
    }

    /// The number of this id.
    #[must_use]
    pub fn find(&self, instance: InstanceId) -> Option<Arc<Receiver>> {
        self.known.borrow().get(&instance).cloned()
    }
}
