//! What was learnt of domains and people: domain -> tenant, name -> object.

use model::{AccountPin, DomainName, Failure, Memory, TenantId, TenantPin, Timestamp, Upn};
use std::collections::BTreeMap;
use tenancy_model::{Change, Unreadable};

/// What was learnt.
#[derive(Debug, Default)]
pub(crate) struct Pins {
    pub(crate) domains: BTreeMap<DomainName, TenantPin>,
    pub(crate) accounts: BTreeMap<Upn, AccountPin>,
    pub(crate) unreadable: Unreadable,
}

impl Pins {
    /// Why this person cannot sign in, if a record about them or their domain cannot be read.
    pub(crate) fn obstacle(&self, asked: &Upn) -> Option<Failure> {
        let domain = self.unreadable.domains.get(asked.domain());
        domain.or_else(|| self.unreadable.accounts.get(asked)).cloned()
    }

    pub(crate) fn tenant_of(&self, domain: &DomainName) -> Option<TenantId> {
        self.domains.get(domain).map(|pin| pin.tenant)
    }

    /// Every domain that leads to the tenant.
    pub(crate) fn domains_of(&self, tenant: TenantId) -> Vec<DomainName> {
        let own = self.domains.iter().filter(|(_, pin)| pin.tenant == tenant);
        own.map(|(domain, _)| domain.clone()).collect()
    }

    /// Where each domain leads to.
    pub(crate) fn leads_to(&self) -> BTreeMap<DomainName, TenantId> {
        self.domains.iter().map(|(domain, pin)| (domain.clone(), pin.tenant)).collect()
    }

    /// The tenant that something learnt is about, as far as it is known.
    pub(crate) fn subject(&self, memory: &Memory) -> Option<TenantId> {
        match memory {
            Memory::Domain { pin, .. } => Some(pin.tenant),
            Memory::Account(pin) => Some(pin.tenant),
            Memory::ForgetAccount(upn) => self.accounts.get(upn).map(|pin| pin.tenant),
        }
    }

    /// Takes in what was learnt; the change makes that durable.
    pub(crate) fn learn(&mut self, memory: Memory, at: Timestamp) -> Change {
        match memory {
            Memory::Domain { domain, pin } => {
                self.domains.insert(domain.clone(), pin.clone());
                Change::Domain { domain, pin, at }
            }
            Memory::Account(pin) => {
                self.accounts.insert(pin.upn.clone(), pin.clone());
                Change::Account { pin, at }
            }
            Memory::ForgetAccount(upn) => {
                self.accounts.remove(&upn);
                self.unreadable.accounts.remove(&upn);
                Change::NoAccount(upn)
            }
        }
    }

    /// Forgets all of a tenant that was left; the changes make that durable.
    pub(crate) fn forget_tenant(&mut self, tenant: TenantId) -> Vec<Change> {
        let names = self.accounts.values().filter(|pin| pin.tenant == tenant).map(|pin| pin.upn.clone());
        let mut changes: Vec<Change> = names.map(Change::NoAccount).collect();
        changes.extend(self.domains_of(tenant).into_iter().map(Change::NoDomain));
        self.accounts.retain(|_, pin| pin.tenant != tenant);
        self.domains.retain(|_, pin| pin.tenant != tenant);
        changes
    }
}
