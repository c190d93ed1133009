//! What one machine hears, and what follows from it for the tenant.

use crate::lanes::Step;
use crate::tenancy::{Owner, Tenancy};
use lifecycle::{EventKind, Milestone, Snapshot, Status};
use machine::Machine;
use model::{Account, Failure, TenantId, TokenRef};
use std::sync::Arc;
use tenancy_model::{Change, Command, MemberId, Role};

/// What a machine made of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handled {
    /// Something follows from it.
    Taken,
    /// It changes nothing as things are.
    Ignored,
}

impl Tenancy {
    /// One machine hears something; what follows is done in the tenant's lane.
    pub(crate) fn tell(&mut self, tenant: TenantId, id: MemberId, event: lifecycle::Event) -> Handled {
        let now = self.now;
        let member = self.tenants.get_mut(&tenant).and_then(|roster| roster.member_mut(id));
        let Some(member) = member else { return Handled::Ignored };
        let batch = member.device.handle(event, now);
        member.wake_at = batch.wake_at;
        let mut handled = Handled::Taken;
        for command in batch.commands {
            if matches!(command, lifecycle::Command::Ignored(_)) {
                handled = Handled::Ignored;
            }
            self.follow(tenant, id, command);
        }
        let afterwards = std::mem::take(&mut self.afterwards);
        afterwards.into_iter().for_each(|step| self.push(Some(tenant), step));
        handled
    }

    fn follow(&mut self, tenant: TenantId, id: MemberId, command: lifecycle::Command) {
        let lane = Some(tenant);
        match command {
            lifecycle::Command::Persist { snapshot, because } => self.persist(id, snapshot, because),
            lifecycle::Command::Run(op, work) => {
                let Some(domain) = self.domain(tenant, id) else { return };
                let op = self.name_work(Owner::Member(tenant, id, op));
                self.order(lane, Command::Run { op, domain, work });
            }
            lifecycle::Command::Cancel(own) => self.cancel(tenant, id, own),
            lifecycle::Command::Forget(token) => self.order(lane, Command::Forget(token)),
            lifecycle::Command::HandOver { account, token } => self.hand_over(tenant, id, (account, token)),
            lifecycle::Command::Report(status) => self.report(tenant, id, *status),
            lifecycle::Command::Ignored(kind) => self.order(lane, Command::Ignored(lane, kind)),
        }
    }

    /// A person's session uses the identity in force, and no other.
    fn hand_over(&mut self, tenant: TenantId, id: MemberId, (account, token): (Account, TokenRef)) {
        let role = self.tenants.get(&tenant).and_then(|roster| roster.role(id));
        let domain = self.domain(tenant, id).filter(|_| role == Some(Role::Current));
        let command = match domain {
            Some(domain) => Command::HandOver { account, domain, token },
            None => Command::Forget(token),
        };
        self.order(Some(tenant), command);
    }

    fn domain(&mut self, tenant: TenantId, id: MemberId) -> Option<model::DomainName> {
        Some(self.tenants.get_mut(&tenant)?.member_mut(id)?.domain.clone())
    }

    fn cancel(&mut self, tenant: TenantId, id: MemberId, own: machine::OpId) {
        let is_it = |owner: &Owner| matches!(owner, Owner::Member(of, by, op) if (*of, *by, *op) == (tenant, id, own));
        let op = self.works.iter().find(|(_, owner)| is_it(owner)).map(|(op, _)| *op);
        if let Some(op) = op {
            self.works.remove(&op);
            self.order(Some(tenant), Command::Cancel(op));
        }
    }

    /// What hangs on a snapshot becomes durable with it, all or none.
    fn persist(&mut self, id: MemberId, snapshot: Box<Snapshot>, because: Milestone) {
        let tenant = snapshot.tenant;
        let Some(role) = self.tenants.get(&tenant).and_then(|roster| roster.role(id)) else { return };
        match (role, because) {
            (Role::Successor, Milestone::Verified) => self.succeed(id, snapshot),
            (_, Milestone::Left) => self.left(role, snapshot),
            (_, Milestone::TookPreparedKeys) => {
                let taken = snapshot.stage.intent().map(|intent| intent.id);
                self.prepared_taken(taken);
                let mut changes = vec![Change::Identity { role, snapshot }];
                changes.extend(taken.map(Change::NoPreparedKeys));
                self.push(Some(tenant), Step::Commit(changes));
            }
            (_, Milestone::Step | Milestone::Verified) => {
                // Of one that is not in force nothing else is worth a record: its machine goes.
                let over = role != Role::Current && snapshot.stage.is_bare() && snapshot.ledger.is_empty();
                let change = match over {
                    true => Change::NoIdentity { role, tenant },
                    false => Change::Identity { role, snapshot },
                };
                self.push(Some(tenant), Step::Commit(vec![change]));
            }
        }
    }

    fn report(&mut self, tenant: TenantId, id: MemberId, status: Status) {
        let Some(roster) = self.tenants.get_mut(&tenant) else { return };
        let role = roster.role(id);
        let shared = Arc::new(status.clone());
        if let Some(member) = roster.member_mut(id) {
            member.status = shared.clone();
        }
        // Whoever hears of it may ask at once and must see it.
        self.push(Some(tenant), Step::Show(id, shared));
        self.push(Some(tenant), Step::Publish(tenant));
        if role == Some(Role::Current) {
            self.order(Some(tenant), Command::Announce(Box::new(status)));
        }
    }

    /// The machine in force judges what a failure says about the device.
    pub(crate) fn suspect(&mut self, tenant: TenantId, failure: Failure) {
        let roster = self.tenants.get(&tenant).filter(|roster| roster.is_registered());
        match roster.and_then(|roster| roster.current.as_ref()).map(|member| member.id) {
            Some(id) => drop(self.tell(tenant, id, lifecycle::Event::Suspected(failure))),
            None => self.commands.push(Command::Ignored(Some(tenant), EventKind::Suspected)),
        }
    }
}
