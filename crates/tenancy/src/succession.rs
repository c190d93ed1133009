//! Moving an identity to keys in another place: a second machine of the tenant registers with keys made there,
//! beside the one in force; once the directory has proved to know it, it takes its place in one commit, and the
//! one before it leaves like any other.
//!
//! Until that commit the old identity is in force whatever fails, and after it the new one.

use crate::lanes::Step;
use crate::tenancy::{Owner, Tenancy};
use lifecycle::{Identity, LeaveKind, LedgerLine, Snapshot, Stage};
use model::{Backend, DomainName, Failure, TenantId, Upn};
use tenancy_model::Member;
use tenancy_model::refusals;
use tenancy_model::{Answer, Caller, Change, Command, KeysWork, MemberId, RekeyStarted, Role};

/// The lane, and who waits there.
type Waiting = (TenantId, Caller);

impl Tenancy {
    /// Somebody wants the keys moved; `how` is for the identity of the last move, if it is still leaving.
    pub(crate) fn rekey(&mut self, (tenant, caller): Waiting, person: Upn, to: Backend, how: LeaveKind) {
        let lane = Some(tenant);
        if let Some(id) = self.unfinished(tenant) {
            self.tell(tenant, id, lifecycle::Event::LeaveRequested(how));
            let started = Answer::Rekey(RekeyStarted::Unfinished(id));
            return self.order(lane, Command::Answer(caller, Ok(started)));
        }
        match self.check_rekey(tenant, person.domain(), to) {
            Ok(()) => {
                self.run_keys(lane, Owner::Rekey { tenant, caller, person, to }, KeysWork::Ready(to));
            }
            Err(failure) => self.order(lane, Command::Answer(caller, Err(failure))),
        }
    }

    /// The machine of an earlier move that is still leaving: the predecessor, or a successor that was given up.
    fn unfinished(&self, tenant: TenantId) -> Option<MemberId> {
        let roster = self.tenants.get(&tenant)?;
        let predecessor = roster.predecessor.as_ref().filter(|member| !member.stage().is_bare());
        let given_up =
            || roster.successor.as_ref().filter(|member| matches!(member.stage(), Stage::Leaving { .. }));
        predecessor.or_else(given_up).map(|member| member.id)
    }

    fn check_rekey(&self, tenant: TenantId, domain: &DomainName, to: Backend) -> Result<(), Failure> {
        let roster = self.tenants.get(&tenant);
        let current = roster.and_then(|roster| roster.current.as_ref());
        let Some(Stage::Registered(identity)) = current.map(Member::stage) else {
            return Err(self.no_identity(tenant, domain, "Sign in to register it."));
        };
        if roster.is_some_and(|roster| roster.leaving) {
            return Err(refusals::not_in_order());
        }
        movable(identity, to)?;
        match self.facts.required_backend.filter(|required| *required != to) {
            Some(required) => Err(refusals::backend_required(required, to)),
            None => Ok(()),
        }
    }

    /// Keys can be made in the new place: the next sign-in of the person registers with them.
    pub(crate) fn begin_rekey(&mut self, (tenant, caller): Waiting, person: &Upn, to: Backend) {
        let checked = self.check_rekey(tenant, person.domain(), to);
        let started = checked.and_then(|()| match self.unfinished(tenant) {
            // Another move came first.
            Some(id) => Ok(RekeyStarted::Unfinished(id)),
            None => self.expect_successor(tenant, person, to).map(RekeyStarted::SignIn),
        });
        let answer = started.map(Answer::Rekey);
        self.push(Some(tenant), Step::Publish(tenant));
        self.order(Some(tenant), Command::Answer(caller, answer));
    }

    /// The new place cannot take the keys, and nothing has begun.
    pub(crate) fn cannot_rekey(&mut self, (tenant, caller): Waiting, failure: Failure) {
        let answer = Err(refusals::place_not_ready(failure));
        self.order(Some(tenant), Command::Answer(caller, answer));
    }

    /// The machine for the new keys: the one of an earlier try to the same place, else a new one that takes
    /// over what its forerunners knew of other objects.
    fn expect_successor(&mut self, tenant: TenantId, person: &Upn, to: Backend) -> Result<MemberId, Failure> {
        let config = self.config_of(tenant).ok_or_else(refusals::no_move)?;
        let roster = self.tenants.entry(tenant).or_default();
        if let Some(successor) = &roster.successor {
            if successor.backend == to {
                roster.expected = Some(person.clone());
                return Ok(successor.id);
            }
            if !successor.stage().is_bare() {
                return Err(refusals::move_under_way(successor.backend));
            }
        }
        let forerunners = [roster.successor.take(), roster.predecessor.take()];
        let known = forerunners.iter().flatten().flat_map(|member| &member.status.snapshot.ledger);
        let ledger: Vec<LedgerLine> = known.cloned().collect();
        roster.expected = Some(person.clone());
        let snapshot = Snapshot { ledger, ..Snapshot::absent(tenant) };
        if !snapshot.ledger.is_empty() {
            let changes = vec![
                Change::Identity { role: Role::Successor, snapshot: Box::new(snapshot.clone()) },
                Change::NoIdentity { role: Role::Predecessor, tenant },
            ];
            self.push(Some(tenant), Step::Commit(changes));
        }
        Ok(self.begin(&config, (Role::Successor, to), snapshot))
    }

    /// Nobody waits any more for the sign-in that a move needs.
    pub(crate) fn rekey_ended(&mut self, (tenant, caller): Waiting) {
        if let Some(roster) = self.tenants.get_mut(&tenant) {
            roster.expected = None;
        }
        self.push(Some(tenant), Step::Publish(tenant));
        self.order(Some(tenant), Command::Answer(caller, Ok(Answer::Done)));
    }

    /// A move is given up: the new keys go, and the device object, if there is one.
    pub(crate) fn cancel_rekey(&mut self, (tenant, caller): Waiting) {
        let roster = self.tenants.get_mut(&tenant);
        let successor = roster.and_then(|roster| {
            roster.expected = None;
            roster.successor.as_ref().map(|member| member.id)
        });
        let answer = match successor {
            Some(id) => {
                self.tell(tenant, id, lifecycle::Event::LeaveRequested(LeaveKind::Unregister));
                Ok(Answer::Cancelling(id))
            }
            None => Err(refusals::no_move()),
        };
        self.order(Some(tenant), Command::Answer(caller, answer));
    }

    /// The directory knows the successor: it takes the place of the identity in force. Where that one is on its
    /// way out there is no place to take, and everything else of the tenant leaves too.
    pub(crate) fn succeed(&mut self, id: MemberId, snapshot: Box<Snapshot>) {
        let tenant = snapshot.tenant;
        let lane = Some(tenant);
        let Some(roster) = self.tenants.get_mut(&tenant) else { return };
        if !roster.is_registered() {
            let leaves = roster.blocked.is_none();
            let others = roster.successor.iter().chain(&roster.predecessor).map(|member| member.id);
            let told = others
                .filter(|_| leaves)
                .map(|id| Step::Tell(id, lifecycle::Event::LeaveRequested(LeaveKind::Unregister)));
            self.afterwards.extend(told);
            let change = Change::Identity { role: Role::Successor, snapshot };
            return self.push(lane, Step::Commit(vec![change]));
        }
        let successor = roster.successor.take_if(|member| member.id == id);
        let old = std::mem::replace(&mut roster.current, successor);
        roster.expected = None;
        let Some(old) = old else { return };
        let changes = vec![
            Change::Identity { role: Role::Predecessor, snapshot: Box::new(old.status.snapshot.clone()) },
            Change::Identity { role: Role::Current, snapshot },
            Change::NoIdentity { role: Role::Successor, tenant },
        ];
        // The old identity leaves once the people of the new one have their sessions, which it may need for that.
        self.afterwards.push(Step::Tell(old.id, lifecycle::Event::LeaveRequested(LeaveKind::Unregister)));
        roster.predecessor = Some(old);
        self.push(lane, Step::Commit(changes));
        // What people hold was given to the old device.
        self.order(lane, Command::EndSessions(tenant));
    }
}

/// Whether an identity can be moved there.
fn movable(identity: &Identity, to: Backend) -> Result<(), Failure> {
    if identity.suspended.is_some() || identity.verified_at.is_none() {
        return Err(refusals::not_in_order());
    }
    if identity.keys.device.backend == to { Err(refusals::there_already(to)) } else { Ok(()) }
}
