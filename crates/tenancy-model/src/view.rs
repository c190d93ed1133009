//! What others may read of the decisions, as it was at the last durable moment.

use crate::MemberId;
use lifecycle::{Identity, LedgerLine, Snapshot, Stage, Status};
use model::{Failure, TenantId, Upn};
use std::sync::Arc;

/// What is known of one tenant and of every identity in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantView {
    /// The tenant that it is about.
    pub tenant: TenantId,
    /// The identity in force, or about to be for the first time.
    pub current: Option<MemberView>,
    /// The one that is to take its place.
    pub successor: Option<MemberView>,
    /// Who is about to sign in for the successor, if somebody asked for it.
    pub expected: Option<Upn>,
    /// The one whose place was taken, while it leaves.
    pub predecessor: Option<MemberView>,
    /// Why the tenant's state cannot be used (damaged, or written by a newer version).
    pub blocked: Option<Failure>,
}

/// One identity's machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberView {
    /// Its name in this run of the service.
    pub id: MemberId,
    /// Its last report.
    pub status: Arc<Status>,
}

/// How far the keys made ahead of time are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PreparedView {
    /// Pairs that wait for a registration.
    pub ready: usize,
    /// Pairs that are being made.
    pub being_made: usize,
    /// Sign-ins whose registration waits for them.
    pub waiting: usize,
}

impl TenantView {
    /// A tenant of which nothing is known.
    pub fn absent(tenant: TenantId) -> TenantView {
        let (current, successor, predecessor) = (None, None, None);
        TenantView { tenant, current, successor, expected: None, predecessor, blocked: None }
    }

    /// The identity in force.
    pub fn identity(&self) -> Option<&Identity> {
        match &self.current.as_ref()?.status.snapshot.stage {
            Stage::Registered(identity) => Some(identity),
            _ => None,
        }
    }

    /// The identity that a sign-in of this person can prove; none where it is to register another one.
    pub fn identity_for(&self, person: &Upn) -> Option<&Identity> {
        let to_successor = self.successor_for(person).is_some();
        self.identity().filter(|_| !to_successor)
    }

    /// The machine that a sign-in of this person is for instead of the one in force: it waits for them, or has
    /// begun and is neither closed nor given up.
    pub fn successor_for(&self, person: &Upn) -> Option<MemberId> {
        let successor = self.successor.as_ref().filter(|_| self.blocked.is_none())?;
        let stage = &successor.status.snapshot.stage;
        let begun = !matches!(stage, Stage::Unregistered { .. } | Stage::Leaving { .. });
        (begun || self.expected.as_ref() == Some(person)).then_some(successor.id)
    }

    /// Whether any machine of the tenant holds more than its ledger.
    pub fn holds_anything(&self) -> bool {
        self.blocked.is_some() || self.members().any(|member| !member.status.snapshot.stage.is_bare())
    }

    /// The snapshots of every machine.
    pub fn snapshots(&self) -> impl Iterator<Item = &Snapshot> {
        self.members().map(|member| &member.status.snapshot)
    }

    /// What the machines besides the one in force know of other device objects.
    pub fn other_ledger(&self) -> impl Iterator<Item = &LedgerLine> {
        let others = self.successor.iter().chain(&self.predecessor);
        others.flat_map(|member| &member.status.snapshot.ledger)
    }

    fn members(&self) -> impl Iterator<Item = &MemberView> {
        self.current.iter().chain(&self.successor).chain(&self.predecessor)
    }
}
