//! Which knobs are in force for which tenant.

use crate::knobs::Knobs;
use crate::throttle::Throttle;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// The general knobs, and those of single tenants in their place.
#[derive(Debug, Default)]
pub struct Rules {
    general: Arc<Knobs>,
    own: BTreeMap<Uuid, Arc<Knobs>>,
}

impl Rules {
    /// What is in force for a tenant, or for a request that names none.
    pub fn of(&self, tenant: Option<Uuid>) -> Arc<Knobs> {
        let own = tenant.and_then(|tenant| self.own.get(&tenant));
        Arc::clone(own.unwrap_or(&self.general))
    }

    /// What is in force for tenants that have no knobs of their own.
    pub fn general(&self) -> &Knobs {
        &self.general
    }

    /// Replaces what is in force for tenants that have no knobs of their own.
    pub fn set_general(&mut self, knobs: Knobs) {
        self.general = Arc::new(knobs);
    }

    /// Replaces the knobs of single tenants, by tenant id; a tenant that is not named follows the general ones.
    pub fn set_own(&mut self, own: BTreeMap<Uuid, Knobs>) {
        self.own = own.into_iter().map(|(tenant, knobs)| (tenant, Arc::new(knobs))).collect();
    }

    /// Uses up one throttled answer to a request of this name, if there is one left.
    pub fn take_throttle(&mut self, tenant: Option<Uuid>, request: &str) -> Option<Throttle> {
        let own = tenant.and_then(|tenant| self.own.get_mut(&tenant));
        let knobs = own.unwrap_or(&mut self.general);
        knobs.throttle.get(request).filter(|throttle| throttle.times > 0)?;
        Arc::make_mut(knobs).throttle.get_mut(request)?.take()
    }
}
