use crate::account_files::AccountFiles;
use executor::Executor;
use hsm::Keys;
use in_flight::Clock;
use model::DomainName;
use offline::Cost;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Store;
use vault::Vault;

/// Everything the driver acts upon.
pub struct Dependencies {
    /// What does not change while the service runs.
    pub facts: tenancy::Facts,
    /// What performs the works of each configured domain's cloud, by the domain's own name.
    pub executors: BTreeMap<DomainName, Arc<Executor>>,
    /// The records, which survive a restart.
    pub store: Box<dyn Store>,
    /// The secrets of sign-ins, shared with every executor.
    pub vault: Arc<Vault>,
    /// The keys of this machine.
    pub keys: Arc<dyn Keys>,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where names and verdicts go.
    pub account_files: Arc<dyn AccountFiles>,
    /// What it costs to compare a password without the network.
    pub offline_cost: Cost,
    /// Finds registrations that other products left on this machine.
    pub neighbours: Neighbours,
}

/// Names, one sentence each, the registrations that other products left on this machine.
pub type Neighbours = Arc<dyn Fn() -> Vec<String> + Send + Sync>;
