//! Going on without what was lost or cannot be read, because an operator says so.

use crate::lanes::Step;
use crate::tenancy::Tenancy;
use lifecycle::LeaveKind;
use model::{DomainName, TenantId};
use tenancy_model::Roster;
use tenancy_model::{Answer, Caller, Change, Command, Role};

impl Tenancy {
    /// Whether whoever leaves by force leaves something that cannot be read: there is no machine to tell.
    pub(crate) fn has_to_give_up(&self, domain: &DomainName, how: LeaveKind) -> bool {
        let roster = self.pins.tenant_of(domain).and_then(|tenant| self.tenants.get(&tenant));
        let blocked = roster.is_some_and(|roster| roster.blocked.is_some() && !roster.newer);
        let holds = roster.is_some_and(Roster::holds_anything);
        let pins = &self.pins.unreadable;
        let unreadable = pins.domains.contains_key(domain) && !pins.newer.contains(domain);
        how == LeaveKind::Force && (blocked || unreadable || self.missing.is_some() && !holds)
    }

    /// What cannot be read of the domain, and of its tenant, is deleted; what is missing is not waited for any more.
    pub(crate) fn give_up(&mut self, caller: Caller, domain: DomainName) {
        let tenant = self.pins.tenant_of(&domain);
        let blocked =
            tenant.filter(|tenant| self.tenants.get(tenant).is_some_and(|roster| roster.blocked.is_some()));
        let mut domains = vec![domain.clone()];
        if let Some(tenant) = blocked {
            domains = self.pins.domains_of(tenant);
            let mut changes = Vec::from(ROLES.map(|role| Change::NoIdentity { role, tenant }));
            changes.extend(self.pins.forget_tenant(tenant));
            let (forgotten, gone) = self.forget_accounts(tenant);
            changes.extend(forgotten);
            self.push(blocked, Step::Commit(changes));
            gone.into_iter().for_each(|command| self.order(blocked, command));
            self.push(blocked, Step::GivenUp(blocked));
        } else if self.pins.unreadable.domains.contains_key(&domain) {
            self.push(None, Step::Commit(vec![Change::NoDomain(domain)]));
        } else {
            self.push(None, Step::Commit(vec![Change::GiveUpMissing]));
            self.push(None, Step::GivenUp(None));
        }
        self.order(blocked, Command::Answer(caller, Ok(Answer::GivenUp(domains))));
    }

    /// It is durable.
    pub(crate) fn given_up(&mut self, tenant: Option<TenantId>) {
        match tenant {
            Some(tenant) => {
                self.tenants.remove(&tenant);
                self.push(Some(tenant), Step::Publish(tenant));
            }
            None => {
                self.missing = None;
                self.commands.push(Command::PublishMissing(None));
            }
        }
    }
}

const ROLES: [Role; 3] = [Role::Current, Role::Successor, Role::Predecessor];
