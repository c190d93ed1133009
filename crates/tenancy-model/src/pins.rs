//! What was learnt of domains and people: domain -> tenant, name -> object. Only what is durable counts as learnt.

use crate::commands::Change;
use crate::found::Unreadable;
use crate::refusals;
use model::{AccountPin, Asked, DomainName, Failure, Memory, TenantId, TenantPin, Timestamp, Upn};
use std::collections::BTreeMap;

/// What was learnt.
#[derive(Debug, Default)]
pub struct Pins {
    /// Where domains lead to.
    pub domains: BTreeMap<DomainName, TenantPin>,
    /// Whose each name is, former ones too.
    pub accounts: BTreeMap<Upn, AccountPin>,
    /// What is there of it and cannot be read.
    pub unreadable: Unreadable,
}

impl Pins {
    /// Why this person cannot sign in, if a record about them or their domain cannot be read.
    pub fn obstacle(&self, asked: &Asked) -> Option<Failure> {
        let domain = self.unreadable.domains.get(asked.domain());
        domain.or_else(|| self.unreadable.accounts.get(asked.person()?)).cloned()
    }

    /// The tenant that a domain leads to, once it is known.
    pub fn tenant_of(&self, domain: &DomainName) -> Option<TenantId> {
        self.domains.get(domain).map(|pin| pin.tenant)
    }

    /// Whose a name is: the tenant that it was learnt in, or that its domain leads to.
    pub fn tenant_of_account(&self, upn: &Upn) -> Option<TenantId> {
        self.accounts.get(upn).map(|pin| pin.tenant).or_else(|| self.tenant_of(upn.domain()))
    }

    /// The name by which the account is known now that this is a name of, now or formerly.
    pub fn canonical<'a>(&'a self, upn: &'a Upn) -> &'a Upn {
        let former = self.accounts.get(upn).filter(|pin| pin.former_since.is_some());
        let in_use = former.and_then(|former| {
            let mut names = self.accounts.values().filter(|pin| pin.former_since.is_none());
            names.find(|pin| pin.is_of(former.tenant, former.object))
        });
        in_use.map_or(upn, |pin| &pin.upn)
    }

    /// What a sign-in has to know of names: where it is one that somebody has had, those of the same object, who alone
    /// may come under it; else all.
    pub fn that_matter(&self, asked: &Asked) -> Vec<AccountPin> {
        let of = asked.person().and_then(|name| self.accounts.get(name));
        let matter = |pin: &&AccountPin| of.is_none_or(|of| pin.is_of(of.tenant, of.object));
        self.accounts.values().filter(matter).cloned().collect()
    }

    /// Whether there is a record about this name, readable or not.
    pub fn has_account(&self, upn: &Upn) -> bool {
        self.accounts.contains_key(upn) || self.unreadable.accounts.contains_key(upn)
    }

    /// Whether this person was seen here before.
    pub fn knows(&self, asked: &Asked) -> bool {
        let is_seen = |name| self.accounts.contains_key(name);
        self.domains.contains_key(asked.domain()) && asked.person().is_some_and(is_seen)
    }

    /// Every domain that leads to the tenant.
    pub fn domains_of(&self, tenant: TenantId) -> Vec<DomainName> {
        let own = self.domains.iter().filter(|(_, pin)| pin.tenant == tenant);
        own.map(|(domain, _)| domain.clone()).collect()
    }

    /// Where each domain leads to.
    pub fn leads_to(&self) -> BTreeMap<DomainName, TenantId> {
        self.domains.iter().map(|(domain, pin)| (domain.clone(), pin.tenant)).collect()
    }

    /// The tenant that something learnt is about, as far as it is known.
    pub fn subject(&self, memory: &Memory) -> Option<TenantId> {
        match memory {
            Memory::Domain { pin, .. } => Some(pin.tenant),
            Memory::Account(pin) => Some(pin.tenant),
            Memory::ForgetAccount(upn) => self.tenant_of_account(upn),
        }
    }

    /// Why this must not be learnt: the name is another object's.
    pub fn conflict(&self, memory: &Memory) -> Option<Failure> {
        let Memory::Account(pin) = memory else { return None };
        let known = self.accounts.get(&pin.upn)?;
        (!known.is_of(pin.tenant, pin.object)).then(|| refusals::name_taken(&pin.upn))
    }

    /// What makes this durable that was learnt.
    pub fn learn(memory: Memory, at: Timestamp) -> Change {
        match memory {
            Memory::Domain { domain, pin } => Change::Domain { domain, pin, at },
            Memory::Account(pin) => Change::Account(pin),
            Memory::ForgetAccount(upn) => Change::NoAccount(upn),
        }
    }

    /// What forgets all of a tenant that was left.
    pub fn forget_tenant(&self, tenant: TenantId) -> Vec<Change> {
        let names = self.accounts.values().filter(|pin| pin.tenant == tenant).map(|pin| pin.upn.clone());
        let mut changes: Vec<Change> = names.map(Change::NoAccount).collect();
        changes.extend(self.domains_of(tenant).into_iter().map(Change::NoDomain));
        changes
    }

    /// Takes in a change that is durable; whether a domain leads elsewhere from here on.
    pub fn apply(&mut self, change: Change) -> bool {
        match change {
            Change::Domain { domain, pin, .. } => drop(self.domains.insert(domain, pin)),
            Change::NoDomain(domain) => {
                self.domains.remove(&domain);
                self.unreadable.domains.remove(&domain);
            }
            Change::Account(pin) => {
                self.accounts.insert(pin.upn.clone(), pin);
                return false;
            }
            Change::NoAccount(upn) => {
                self.accounts.remove(&upn);
                self.unreadable.accounts.remove(&upn);
                return false;
            }
            Change::LocalAccount(_)
            | Change::NoLocalAccount(..)
            | Change::Reserved(_)
            | Change::NoReserved(_)
            | Change::Identity { .. }
            | Change::NoIdentity { .. }
            | Change::PreparedKeys { .. }
            | Change::NoPreparedKeys(_)
            | Change::Offline(_)
            | Change::GiveUpMissing => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Guid, Id};

    #[test]
    fn a_sign_in_hears_of_the_names_of_its_own_object_alone() {
        let mut pins = Pins::default();
        // Who each name is, the last one in another tenant; `old` is a former name.
        for (name, object, tenant) in [("old", 1, 1), ("new", 1, 1), ("other", 2, 1), ("guest", 1, 2)] {
            let upn: Upn = format!("{name}@contoso.com").parse().unwrap();
            let [tenant, object] = [tenant, object].map(|byte| Guid::from_bytes([byte; 16]));
            let former_since = (name == "old").then_some(Timestamp::from_secs(2));
            let (tenant, object, first_seen) = (Id::new(tenant), Id::new(object), Timestamp::from_secs(1));
            pins.apply(Change::Account(AccountPin { upn, tenant, object, first_seen, former_since }));
        }
        let all = ["guest", "new", "old", "other"].as_slice();
        for (asked, heard) in [
            ("old", ["new", "old"].as_slice()),
            ("new", &["new", "old"]),
            ("other", &["other"]),
            ("guest", &["guest"]),
            ("nobody", all),
        ] {
            let asked = Asked::Person(format!("{asked}@contoso.com").parse().unwrap());
            let names = pins.that_matter(&asked);
            let names: Vec<_> = names.iter().map(|pin| pin.upn.as_str().split('@').next().unwrap()).collect();
            assert_eq!(names, heard, "{asked:?}");
        }
        let anybody = Asked::AnyoneOf("contoso.com".parse().unwrap(), Vec::new());
        assert_eq!(pins.that_matter(&anybody).len(), 4);
    }
}
