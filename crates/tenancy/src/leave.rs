//! Leaving a tenant, with everything that it takes along.

use crate::commands::{Answer, Change, Command};
use crate::events::Caller;
use crate::identities::Handled;
use crate::lanes::Step;
use crate::refusals;
use crate::roster::Role;
use crate::tenancy::Tenancy;
use lifecycle::{Ask, Snapshot};
use model::{DomainName, TenantId};

impl Tenancy {
    /// Somebody wants to leave: every machine of the tenant hears it, the one in force last.
    pub(crate) fn leave(&mut self, (tenant, caller): (TenantId, Caller), domain: &DomainName, how: Ask) {
        let roster = self.tenants.get(&tenant);
        let Some(current) = roster.and_then(|roster| roster.current.as_ref()).map(|member| member.id) else {
            let refused = refusals::not_registered(domain, "There is nothing to leave.");
            return self.order(Some(tenant), Command::Answer(caller, Err(refused)));
        };
        let domains = self.pins.domains_of(tenant);
        let all: Vec<_> = roster.into_iter().flat_map(|roster| roster.members().map(|it| it.id)).collect();
        // A move that waits for a sign-in would begin where there is no place to take.
        self.tenants.entry(tenant).or_default().expected = None;
        for id in all.into_iter().rev() {
            let handled = self.tell(tenant, id, lifecycle::Event::Asked(how));
            let roster = self.tenants.entry(tenant).or_default();
            roster.leaving |= id == current && handled == Handled::Taken;
        }
        let answer = Answer::Leaving { domains, member: current };
        self.order(Some(tenant), Command::Answer(caller, Ok(answer)));
    }

    /// No key or certificate of this identity is left; what the ledger knows stays. With the one in force go
    /// what was learnt of the tenant, its people's sessions, and keys ahead of time that nobody is left for.
    pub(crate) fn left(&mut self, role: Role, snapshot: Box<Snapshot>) {
        let (tenant, lane) = (snapshot.tenant, Some(snapshot.tenant));
        let mut changes = vec![match snapshot.ledger.is_empty() {
            true => Change::NoIdentity { role, tenant },
            false => Change::Identity { role, snapshot },
        }];
        if role == Role::Current {
            self.tenants.entry(tenant).or_default().leaving = false;
        } else {
            return self.push(lane, Step::Commit(changes));
        }
        let domains = self.pins.domains_of(tenant).into_iter().map(|domain| (domain, None)).collect();
        changes.extend(self.pins.forget_tenant(tenant));
        let others = self.tenants.iter().filter(|(other, _)| **other != tenant);
        let last = !others.map(|(_, roster)| roster).any(crate::roster::Roster::holds_anything);
        self.push(lane, if last { Step::DestroyPrepared(changes) } else { Step::Commit(changes) });
        self.order(lane, Command::EndSessions(tenant));
        self.push(lane, Step::Lead(domains));
    }
}
