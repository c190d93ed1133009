//! Leaving a tenant, with everything that it takes along.

use crate::identities::Handled;
use crate::lanes::Step;
use crate::tenancy::Tenancy;
use lifecycle::{LeaveKind, Snapshot};
use model::{DomainName, TenantId};
use tenancy_model::Roster;
use tenancy_model::{Answer, Caller, Change, Command, MemberId, Role};

impl Tenancy {
    /// Somebody wants to leave: every machine of the tenant hears it, the one in force last.
    pub(crate) fn leave(
        &mut self,
        (tenant, caller): (TenantId, Caller),
        domain: &DomainName,
        how: LeaveKind,
    ) {
        let members = self.tenants.get(&tenant).into_iter().flat_map(Roster::members);
        let all: Vec<(MemberId, bool)> = members.map(|it| (it.id, it.stage().is_bare())).collect();
        let busy = all.iter().find(|(_, bare)| !bare);
        let Some(followed) = busy.or(all.first()).map(|(id, _)| *id) else {
            let refused = self.no_identity(tenant, domain, "There is nothing to leave.");
            return self.order(Some(tenant), Command::Answer(caller, Err(refused)));
        };
        let domains = self.pins.domains_of(tenant);
        // A move that waits for a sign-in would begin where there is no place to take.
        self.tenants.entry(tenant).or_default().expected = None;
        for (id, _) in all.into_iter().rev() {
            let handled = self.tell(tenant, id, lifecycle::Event::LeaveRequested(how));
            let roster = self.tenants.entry(tenant).or_default();
            roster.leaving |= roster.role(id) == Some(Role::Current) && handled == Handled::Taken;
        }
        let answer = Answer::Leaving { domains, member: followed };
        self.order(Some(tenant), Command::Answer(caller, Ok(answer)));
    }

    /// No key or certificate of this identity is left; what the ledger knows stays. With the one in force go its
    /// people's sessions, with the last of the tenant what was learnt of it, and with the last of this computer
    /// keys ahead of time that nobody is left for.
    pub(crate) fn left(&mut self, role: Role, snapshot: Box<Snapshot>) {
        let (tenant, lane) = (snapshot.tenant, Some(snapshot.tenant));
        let mut changes = vec![match snapshot.ledger.is_empty() {
            true => Change::NoIdentity { role, tenant },
            false => Change::Identity { role, snapshot },
        }];
        let roster = self.tenants.entry(tenant).or_default();
        roster.leaving &= role != Role::Current;
        let mut last = !roster.holds_besides(role);
        let mut gone = Vec::new();
        if last {
            changes.extend(self.pins.forget_tenant(tenant));
            let (forgotten, published) = self.forget_accounts(tenant);
            changes.extend(forgotten);
            gone = published;
            let mut others = self.tenants.iter().filter(|(other, _)| **other != tenant);
            last = !others.any(|(_, roster)| roster.holds_anything());
        }
        self.push(lane, if last { Step::DestroyPrepared(changes) } else { Step::Commit(changes) });
        gone.into_iter().for_each(|command| self.order(lane, command));
        if role == Role::Current {
            self.order(lane, Command::EndSessions(tenant));
        }
    }
}
