//! What every part of the daemon works with, passed by reference; there are no globals.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use mychatflow_data::credits::Credits;
use mychatflow_data::ids::{CampaignId, ImportId, RunId};
use mychatflow_data::model::clock_error::ClockError;
use mychatflow_data::store::Store;
use mychatflow_data::time::{Clock, Timestamp};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::bus::Bus;
use crate::clock_watch::ClockDoubt;
use crate::config::Config;
use crate::gemini::Gemini;
use crate::http::intake::Intake;
use crate::hurry::Hurry;
use crate::instances::Numbers;
use crate::jobs::wake::Wake;
use crate::probes::Probes;
use crate::receivers::Receivers;
use crate::reload::ReadConfig;
use crate::renders::Renders;
use crate::rpc::handlers::audience::Listing;
use crate::rpc::handlers::contact_import::Import;
use crate::rpc::peer::Operators;
use crate::server_clock::{self, ServerClock};
use crate::soundness::SoundnessRecord;
use crate::unfinished::Unfinished;
use crate::waha::Waha;
use crate::webhook_watch::AddressRecords;

/// The clients of other servers, built from one reading of the config.
#[derive(Clone)]
pub struct Clients {
    /// The config that they were built from.
    pub config: Arc<Config>,
    /// WAHA servers by name.
    pub wahas: BTreeMap<String, Waha>,
    /// Gemini; `None` without a key: the inbox works, the assistant is off.
    pub gemini: Option<Gemini>,
}

/// What every part of the daemon works with.
pub struct Cx {
    /// The store.
    pub store: Store,
    /// The clients; a reload replaces them all at once.
    pub clients: watch::Sender<Arc<Clients>>,
    /// Who may do everything; a reload replaces them.
    pub operators: watch::Sender<Operators>,
    /// Reads the config again.
    pub read_config: ReadConfig,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Who is told of changes.
    pub bus: Bus,
    /// Wakes the jobs.
    pub wake: Arc<Wake>,
    /// The numbers that deliveries may come for.
    pub receivers: Receivers,
    /// What is remembered of the numbers between two looks.
    pub numbers: Numbers,
    /// Whether a customer is being answered at this moment.
    pub hurry: Hurry,
    /// Makes texts of templates.
    pub renders: Renders,
    /// Imports of people whose file is not through.
    pub imports: Unfinished<ImportId, Import>,
    /// Campaigns whose list is not through.
    pub listings: Unfinished<CampaignId, Listing>,
    /// Whether our clock is known to be wrong.
    pub clock_doubt: ClockDoubt,
    /// What became of deliveries.
    pub intake: Intake,
    /// What is known of the store's file.
    pub soundness: watch::Sender<SoundnessRecord>,
    /// Messages to ourselves that are on their way.
    pub probes: Probes,
    /// What is known of the addresses that WAHA posts to.
    pub addresses: watch::Sender<AddressRecords>,
    /// Where the socket is now. It moves where its place is taken away.
    pub socket: watch::Receiver<PathBuf>,
    /// This run of the daemon: leases belong to it.
    pub run: RunId,
    /// When it began.
    pub started_at: Timestamp,
    /// Stops the daemon.
    pub stop: CancellationToken,
}

impl Cx {
    /// The clients as they are now.
    #[must_use]
    pub fn clients(&self) -> Arc<Clients> {
        Arc::clone(&self.clients.borrow())
    }

    /// The config as it is now.
    #[must_use]
    pub fn config(&self) -> Arc<Config> {
        Arc::clone(&self.clients.borrow().config)
    }

    /// What the clock shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// How wrong the clock is by what servers said last.
    #[must_use]
    pub fn clock_error(&self) -> ClockError {
        let (clients, now, steady) = (self.clients(), self.now(), Instant::now());
        let gemini = clients.gemini.iter().map(|gemini| gemini.clock());
        let words = clients.wahas.values().map(|waha| waha.clock()).chain(gemini).filter_map(ServerClock::heard);
        ClockError { ahead: self.clock_doubt.ahead(), behind: server_clock::behind(now, steady, words) }
    }
}

impl Clients {
    /// What a plan grants each period; a plan that the config does not know grants nothing.
    #[must_use]
    pub fn plan(&self, name: &str) -> Credits {
        self.config.plans.get(name).map_or(Credits::ZERO, |plan| plan.credits_per_month)
    }
}
