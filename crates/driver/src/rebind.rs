//! Binding the keys of an identity anew.

use crate::shared::Shared;
use crate::state::{Driver, not_registered};
use crate::tenant::Judgement;
use executor::{BoundTo, keys_of};
use lifecycle::{Event, Status};
use model::{DomainName, Failure, FailureClass, Who};
use tokio::sync::watch;

/// A rebinding that was begun.
pub struct RebindStarted {
    /// Every domain whose identity it is.
    pub domains: Vec<DomainName>,
    /// What the keys recorded until now.
    pub before: BoundTo,
    /// The machine's own components that they will record.
    pub now: Vec<String>,
    /// Follows the machine.
    pub status: watch::Receiver<Status>,
}

impl Driver {
    /// Binds the keys of a domain's identity to this machine as it was measured at the start.
    ///
    /// # Errors
    /// A failure when there is no identity, or while something else is done with it.
    pub async fn rebind(&self, domain: &DomainName) -> Result<RebindStarted, Failure> {
        let shared: &Shared = &self.shared;
        let none = || not_registered(domain, "Sign in to register it; new keys are bound to it as it is.");
        let tenant = shared.tenant_of(domain).ok_or_else(none)?;
        let identity = shared.identity(tenant).ok_or_else(none)?;
        let handle = shared.tenants().get(&tenant).cloned().ok_or_else(none)?;
        match handle.ask(Event::Rebind).await {
            Some(Judgement::Taken) => Ok(RebindStarted {
                domains: shared.domains_of(tenant),
                before: BoundTo::of(keys_of(&identity), &shared.binding),
                now: shared.binding.components.iter().map(|(name, _)| name.clone()).collect(),
                status: handle.status.clone(),
            }),
            Some(Judgement::Ignored) | None => Err(busy()),
        }
    }
}

fn busy() -> Failure {
    Failure::local(
        FailureClass::Transient,
        Who::Nobody,
        "KeysInUse",
        "something else is being done with the keys of this identity".to_owned(),
        "Nothing was changed. See aad-tool status, and run it again.",
    )
}
