use executor::{Executor, Vault};
use hsm::Keys;
use model::{Backend, Cloud, DeviceFacts, DomainName, JoinType, MachineBinding, TenantId};
use std::sync::Arc;
use store::Store;

/// Everything the driver is made of.
pub struct Parts {
    /// The configured domains, each with the executor of its cloud.
    pub domains: Vec<DomainPart>,
    /// What survives.
    pub store: Box<dyn Store>,
    /// The secrets of sign-ins, shared with every executor.
    pub vault: Arc<Vault>,
    /// The keys of this machine, to be tested once a day.
    pub keys: Arc<dyn Keys>,
    /// Which backend makes the keys of a new identity.
    pub backend: Backend,
    /// The only backend that the configuration allows, if it insists on one.
    pub insisted: Option<Backend>,
    /// Whether new keys are bound to the boot state.
    pub boot_bound: bool,
    /// What a new identity is bound to.
    pub binding: MachineBinding,
    /// Finds registrations that other products left on this machine.
    pub neighbours: Neighbours,
}

/// Names, one sentence each, the registrations that other products left on this machine.
pub type Neighbours = Arc<dyn Fn() -> Vec<String> + Send + Sync>;

/// One configured domain.
#[derive(Clone)]
pub struct DomainPart {
    /// Its name.
    pub name: DomainName,
    /// Other domains whose people sign in as this one's.
    pub aliases: Vec<DomainName>,
    /// The only tenant that it and its aliases may lead to, if one is configured.
    pub tenant: Option<TenantId>,
    /// Talks to its cloud.
    pub executor: Arc<Executor>,
    /// What a new identity asks for.
    pub join_type: JoinType,
    /// What the device calls itself.
    pub device: DeviceFacts,
    /// Whether a sign-in registers the machine.
    pub registration: Registration,
    /// How people sign in.
    pub sign_in: signin::Method,
    /// Whether a registered device enrols into Intune.
    pub intune: lifecycle::IntunePolicy,
    /// Which cloud it lives in.
    pub cloud: Cloud,
}

/// The option `registration`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// A sign-in is answered when the account is checked; registration goes on behind it.
    Background,
    /// A sign-in is answered when the machine is registered.
    Required,
    /// A sign-in never registers.
    Off,
}
