//! The machines of one tenant, by the role that each has.

use crate::{MemberId, Role};
use lifecycle::{Device, Stage, Status};
use model::{Backend, DomainName, Failure, Timestamp, Upn};
use std::sync::Arc;

/// The machine of one identity.
pub struct Member {
    /// Its name for this run.
    pub id: MemberId,
    /// What decides for it.
    pub device: Box<Device>,
    /// The configured domain whose cloud its works are for.
    pub domain: DomainName,
    /// Where its keys are made.
    pub backend: Backend,
    /// When it wants to be woken.
    pub wake_at: Option<Timestamp>,
    /// Its last report; what it says may not be durable yet.
    pub status: Arc<Status>,
    /// Its last report that is durable.
    pub shown: Arc<Status>,
}

impl Member {
    /// How far it is, as it said last.
    pub fn stage(&self) -> &Stage {
        &self.status.snapshot.stage
    }

    /// Whether nothing of it is worth remembering.
    fn is_over(&self) -> bool {
        let is_over = |status: &Status| status.snapshot.stage.is_bare() && status.snapshot.ledger.is_empty();
        is_over(&self.status) && is_over(&self.shown)
    }
}

/// The machines of one tenant.
#[derive(Default)]
pub struct Roster {
    /// The one in force.
    pub current: Option<Member>,
    /// The one that is to take its place.
    pub successor: Option<Member>,
    /// Who is about to sign in for the successor, if somebody asked for it.
    pub expected: Option<Upn>,
    /// The one whose place was taken.
    pub predecessor: Option<Member>,
    /// Whether somebody asked the one in force to leave; it may have something to end before that.
    pub leaving: bool,
    /// Why the tenant's state cannot be used.
    pub blocked: Option<Failure>,
    /// Whether a newer version can use it.
    pub newer: bool,
}

impl Roster {
    /// All of them.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.current.iter().chain(&self.successor).chain(&self.predecessor)
    }

    /// All of them, to be changed.
    pub fn members_mut(&mut self) -> impl Iterator<Item = &mut Member> {
        self.current.iter_mut().chain(&mut self.successor).chain(&mut self.predecessor)
    }

    /// The one of this name.
    pub fn member_mut(&mut self, id: MemberId) -> Option<&mut Member> {
        self.members_mut().find(|member| member.id == id)
    }

    /// Which of them one is.
    pub fn role(&self, id: MemberId) -> Option<Role> {
        let is = |member: &Option<Member>| member.as_ref().is_some_and(|member| member.id == id);
        match () {
            () if is(&self.current) => Some(Role::Current),
            () if is(&self.successor) => Some(Role::Successor),
            () if is(&self.predecessor) => Some(Role::Predecessor),
            () => None,
        }
    }

    /// Whether any machine of the tenant holds more than its ledger, or may.
    pub fn holds_anything(&self) -> bool {
        self.blocked.is_some() || self.members().any(|member| !member.stage().is_bare())
    }

    /// Whether any machine but the one of this role holds more than its ledger, or may.
    pub fn holds_besides(&self, role: Role) -> bool {
        let mut others = self.members().filter(|member| self.role(member.id) != Some(role));
        self.blocked.is_some() || others.any(|member| !member.stage().is_bare())
    }

    /// Whether an identity is in force that the directory has recognised.
    pub fn is_proved(&self) -> bool {
        self.current.as_ref().is_some_and(|member| match member.stage() {
            Stage::Registered(identity) => identity.verified_at.is_some(),
            _ => false,
        })
    }

    /// Whether an identity is in force.
    pub fn is_registered(&self) -> bool {
        self.current.as_ref().is_some_and(|member| matches!(member.stage(), Stage::Registered(_)))
    }

    /// Drops the machines besides the one in force that have come to their end; whether there were any.
    pub fn drop_finished(&mut self) -> bool {
        let waits = self.expected.is_some();
        let successor = self.successor.take_if(|member| !waits && member.is_over());
        let predecessor = self.predecessor.take_if(|member| member.is_over());
        successor.is_some() || predecessor.is_some()
    }

    /// Whether there are any to drop.
    pub fn has_finished(&self) -> bool {
        let successor = self.successor.iter().filter(|_| self.expected.is_none());
        successor.chain(&self.predecessor).any(Member::is_over)
    }
}
