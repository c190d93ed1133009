use crate::{Pins, Roster};
use accounts::AccountSettings;
use lifecycle::IntuneEnrolment;
use model::{
    Asked, Backend, Cloud, DeviceFacts, DomainName, GroupUse, JoinType, MachineBinding, Method, ObjectId,
    Registration, TenantId, Upn,
};
use std::collections::{BTreeMap, BTreeSet};

/// What does not change while the service runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The configured domains, in the order of the configuration.
    pub domains: Vec<DomainConfig>,
    /// Where the keys of a new identity are made.
    pub backend: Backend,
    /// The only place for keys that the configuration allows, if it names one.
    pub required_backend: Option<Backend>,
    /// Whether new keys are bound to the boot state.
    pub boot_bound: bool,
    /// What a new identity is bound to.
    pub binding: MachineBinding,
    /// What accounts of this machine are made by.
    pub accounts: AccountSettings,
    /// How many pairs of keys are made ahead of time at the most: [`most_prepared`] of its place for keys.
    pub most_prepared: usize,
}

/// How many pairs of keys are made ahead of time at the most, where keys are made in this place. A token has few places
/// for objects, and a TPM may take a minute for a pair.
pub fn most_prepared(backend: Backend) -> usize {
    match backend {
        Backend::Soft => 16,
        Backend::Tpm | Backend::Pkcs11 => 2,
    }
}

/// One configured domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainConfig {
    /// Its name in the configuration, lower case.
    pub name: DomainName,
    /// Which cloud it lives in.
    pub cloud: Cloud,
    /// Other domains whose people sign in as this one's.
    pub aliases: Vec<DomainName>,
    /// The only tenant that it and its aliases may lead to, if one is configured.
    pub tenant: Option<TenantId>,
    /// The people who may sign in; everybody where there is no list.
    pub people: Option<Vec<Upn>>,
    /// The groups whose members may too, by object id, where there is a list.
    pub groups: Vec<ObjectId>,
    /// Whether anything else is decided by the groups of whoever signs in.
    pub tells_groups: bool,
    /// What a new identity asks for.
    pub join_type: JoinType,
    /// What the device calls itself.
    pub device: DeviceFacts,
    /// Whether a sign-in registers the machine.
    pub registration: Registration,
    /// How people sign in.
    pub sign_in: Method,
    /// Whether a registered device enrols into Intune.
    pub intune: IntuneEnrolment,
}

impl DomainConfig {
    /// Whether it is for this domain, by its name or an alias.
    pub fn serves(&self, domain: &DomainName) -> bool {
        self.name == *domain || self.aliases.contains(domain)
    }

    /// What the groups of somebody are for; none where they may not sign in, whatever their groups are. Where anybody of
    /// the domain may come, whom names alone let in is judged when it is known who came: see [`DomainConfig::may_admit`].
    pub fn use_of_groups(&self, asked: &Asked) -> Option<GroupUse> {
        let is_named = |people: &Vec<Upn>| match asked.person() {
            Some(name) => people.contains(name),
            None => self.groups.is_empty(),
        };
        match (self.people.as_ref().is_none_or(is_named), self.tells_groups) {
            (true, false) => Some(GroupUse::Nothing),
            (true, true) => Some(GroupUse::Tell),
            (false, _) if self.groups.is_empty() => None,
            (false, _) => Some(GroupUse::Admit(self.groups.clone())),
        }
    }

    /// Whether somebody of this name may sign in, as far as the name alone tells.
    pub fn may_admit(&self, name: &Upn) -> bool {
        !self.groups.is_empty() || self.people.as_ref().is_none_or(|people| people.contains(name))
    }

    /// Whom a sign-in is for, with every name of the domain where anybody of it may come.
    pub fn every_name(&self, asked: Asked) -> Asked {
        match asked {
            Asked::Person(name) => Asked::Person(name),
            Asked::AnyoneOf(domain, _) => {
                let aliases = self.aliases.iter().chain([&self.name]).cloned().collect();
                Asked::AnyoneOf(domain, aliases)
            }
        }
    }
}

impl Facts {
    /// How many pairs of keys made ahead of time somebody may need: one for each tenant that a configured domain leads
    /// to and that has no keys, and for each domain of which nobody knows yet where it leads to; none for one whose
    /// pin cannot be read, because nobody registers there before it can.
    pub fn pairs_wanted(&self, pins: &Pins, tenants: &BTreeMap<TenantId, Roster>) -> usize {
        let registering = self.domains.iter().filter(|config| config.registration != Registration::Off);
        let (mut bare, mut unknown) = (BTreeSet::new(), 0);
        for config in registering {
            let names = || std::iter::once(&config.name).chain(&config.aliases);
            if names().any(|name| pins.unreadable.domains.contains_key(name)) {
                continue;
            }
            match names().find_map(|name| pins.tenant_of(name)).or(config.tenant) {
                Some(tenant) if tenants.get(&tenant).is_some_and(Roster::holds_anything) => {}
                Some(tenant) => drop(bare.insert(tenant)),
                None => unknown += 1,
            }
        }
        (bare.len() + unknown).min(self.most_prepared)
    }

    /// What is configured for a domain or an alias.
    pub fn domain(&self, domain: &DomainName) -> Option<&DomainConfig> {
        self.domains.iter().find(|config| config.serves(domain))
    }
}
