//! Moving an identity to keys in another place: a second machine of the tenant registers with keys made there,
//! beside the one in force; once the directory has proved to know it, it takes its place in one write, and the
//! one before it leaves like any other.
//!
//! Until that write the old identity is in force whatever fails, and after it the new one.

use crate::pins;
use crate::role::Role;
use crate::shared::Shared;
use crate::spare::is_bare;
use crate::state::{Driver, not_registered};
use crate::tenant::{self, TenantHandle};
use hsm::{HsmError, Job};
use lifecycle::{Ask, Event, Identity, LedgerLine, Snapshot, Stage, Status};
use model::{Backend, DomainName, Failure, FailureClass, TenantId, Upn, Who};
use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError};
use store::record::Versioned;
use store::{Change, RecordKey, Store, StoreError};
use tokio::sync::watch;

/// What is left to do of a move, as seen by whoever asked for it.
pub enum Rekey {
    /// The next sign-in of somebody of the tenant registers the new keys.
    SignIn(watch::Receiver<Status>),
    /// The identity of the last move is still leaving, and was asked again to.
    Unfinished(watch::Receiver<Status>),
}

/// The other identities of a tenant, if there are any.
#[derive(Debug, Clone, Default)]
pub struct RekeyView {
    /// The one that is to take the place of the one in force.
    pub successor: Option<Status>,
    /// The one whose place was taken.
    pub predecessor: Option<Status>,
}

impl RekeyView {
    /// What they know of other device objects.
    pub fn ledger(&self) -> impl Iterator<Item = &LedgerLine> {
        self.successor.iter().chain(&self.predecessor).flat_map(|status| &status.snapshot.ledger)
    }
}

/// The other tasks of a tenant.
#[derive(Default)]
pub(crate) struct Move {
    successor: Option<Successor>,
    predecessor: Option<TenantHandle>,
}

struct Successor {
    handle: TenantHandle,
    /// Where its keys are made.
    to: Backend,
    /// Who is about to sign in for the move, if somebody asked for it.
    asked: Option<Upn>,
}

impl Successor {
    /// Whether a sign-in is for it: it waits for this person, or has begun and is not closed.
    fn wants(&self, person: &Upn) -> bool {
        let begun = !matches!(self.handle.status.borrow().snapshot.stage, Stage::Unregistered { .. });
        begun || self.asked.as_ref() == Some(person)
    }
}

impl Move {
    fn handles(&self) -> impl Iterator<Item = &TenantHandle> {
        self.successor.iter().map(|successor| &successor.handle).chain(&self.predecessor)
    }

    /// Nothing of a task that has come to its end is worth remembering.
    fn tidy(&mut self) {
        self.successor.take_if(|successor| successor.asked.is_none() && is_over(&successor.handle));
        self.predecessor.take_if(|handle| is_over(handle));
    }
}

fn is_over(handle: &TenantHandle) -> bool {
    let status = handle.status.borrow();
    is_bare(&status.snapshot.stage) && status.snapshot.ledger.is_empty()
}

impl Driver {
    /// Prepares the move of the identity of a person's domain to keys in another place; `ask` is for the one of
    /// the last move, if it is still leaving.
    ///
    /// # Errors
    /// A failure when there is no identity in force, when the keys are there already, when a move to another
    /// place is under way, and when the place cannot be used.
    pub async fn rekey(&self, person: &Upn, to: Backend, ask: Ask) -> Result<Rekey, Failure> {
        let (shared, domain) = (self.shared(), person.domain());
        let tenant =
            shared.tenant_of(domain).ok_or_else(|| not_registered(domain, "Sign in to register it."))?;
        if let Some(leaving) = shared.unfinished(tenant) {
            leaving.send(Event::Asked(ask)).await;
            return Ok(Rekey::Unfinished(leaving.status));
        }
        let identity =
            shared.identity(tenant).ok_or_else(|| not_registered(domain, "Sign in to register it."))?;
        movable(&identity, to)?;
        if let Some(insisted) = shared.insisted.filter(|insisted| *insisted != to) {
            return Err(insists(insisted, to));
        }
        shared.keys.call(Job::Ready(to)).await.map_err(|error| not_ready(&error))?;
        let status = shared.clone().prepare_successor(tenant, to, person).await?;
        Ok(Rekey::SignIn(status))
    }

    /// Ends what [`Driver::rekey`] prepared, unless somebody has signed in for it.
    pub fn rekey_over(&self, domain: &DomainName) {
        let shared = self.shared();
        let Some(tenant) = shared.tenant_of(domain) else { return };
        if let Some(moving) = shared.moves().get_mut(&tenant) {
            moving.successor.iter_mut().for_each(|successor| successor.asked = None);
            moving.tidy();
        }
    }

    /// Gives a move up that has not come to its end: the new keys go, and the device object, if there is one.
    ///
    /// # Errors
    /// A failure when no move is under way.
    pub async fn cancel_rekey(&self, domain: &DomainName) -> Result<watch::Receiver<Status>, Failure> {
        let shared = self.shared();
        let tenant =
            shared.tenant_of(domain).ok_or_else(|| not_registered(domain, "Sign in to register it."))?;
        let handle = {
            let mut moves = shared.moves();
            let successor = moves.get_mut(&tenant).and_then(|moving| moving.successor.as_mut());
            let successor = successor.ok_or_else(no_move)?;
            successor.asked = None;
            successor.handle.clone()
        };
        handle.send(Event::Asked(Ask::Leave)).await;
        Ok(handle.status)
    }

    /// Follows the identity whose place was taken, while it leaves.
    pub fn predecessor(&self, domain: &DomainName) -> Option<watch::Receiver<Status>> {
        let shared = self.shared();
        let tenant = shared.tenant_of(domain)?;
        shared.moves().get(&tenant)?.predecessor.as_ref().map(|handle| handle.status.clone())
    }
}

impl Shared {
    pub(crate) fn moves(&self) -> MutexGuard<'_, BTreeMap<TenantId, Move>> {
        self.moves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn rekey_view(&self, tenant: TenantId) -> RekeyView {
        let moves = self.moves();
        let Some(moving) = moves.get(&tenant) else { return RekeyView::default() };
        let status = |handle: &TenantHandle| handle.status.borrow().clone();
        RekeyView {
            successor: moving.successor.as_ref().map(|successor| status(&successor.handle)),
            predecessor: moving.predecessor.as_ref().map(status),
        }
    }

    /// The machine that a person's sign-in is for instead of the one in force.
    pub(crate) fn successor_for(&self, tenant: TenantId, person: &Upn) -> Option<TenantHandle> {
        let moves = self.moves();
        let successor = moves.get(&tenant)?.successor.as_ref()?;
        successor.wants(person).then(|| successor.handle.clone())
    }

    fn successor(&self, tenant: TenantId) -> Option<TenantHandle> {
        let moves = self.moves();
        Some(moves.get(&tenant)?.successor.as_ref()?.handle.clone())
    }

    fn unfinished(&self, tenant: TenantId) -> Option<TenantHandle> {
        let moves = self.moves();
        let handle = moves.get(&tenant)?.predecessor.as_ref()?;
        (!is_bare(&handle.status.borrow().snapshot.stage)).then(|| handle.clone())
    }

    /// Everything else of the tenant leaves with it.
    pub(crate) fn ask_others(&self, tenant: TenantId, ask: Ask) {
        let moves = self.moves();
        for handle in moves.get(&tenant).into_iter().flat_map(Move::handles) {
            let handle = handle.clone();
            tokio::spawn(async move { handle.send(Event::Asked(ask)).await });
        }
    }

    /// What the other identities of tenants know.
    pub(crate) fn other_snapshots(&self) -> Vec<Snapshot> {
        let moves = self.moves();
        moves.values().flat_map(Move::handles).map(|handle| handle.status.borrow().snapshot.clone()).collect()
    }

    /// Takes up a move where the last run of the daemon stopped.
    pub(crate) async fn resume_move(self: Arc<Self>, role: Role, snapshot: Snapshot) {
        let tenant = snapshot.tenant;
        let to = pins::backend_of(&snapshot.stage).unwrap_or(self.backend);
        let in_force = matches!(snapshot.stage, Stage::Registered(_));
        let Some(handle) = self.start_other(role, to, snapshot) else { return };
        handle.restored().await;
        match role {
            Role::Predecessor => {
                self.moves().entry(tenant).or_default().predecessor = Some(handle.clone());
                // Its place was taken and nobody could tell it yet.
                if in_force {
                    handle.send(Event::Asked(Ask::Leave)).await;
                }
            }
            _ => {
                let successor = Successor { handle: handle.clone(), to, asked: None };
                self.moves().entry(tenant).or_default().successor = Some(successor);
                // There is no place to take where the machine was leaving.
                if self.identity(tenant).is_none() && !self.blocked.contains_key(&tenant) {
                    handle.send(Event::Asked(Ask::Leave)).await;
                }
            }
        }
    }

    fn start_other(self: &Arc<Self>, role: Role, to: Backend, snapshot: Snapshot) -> Option<TenantHandle> {
        let part = self.part_of(snapshot.tenant)?.clone();
        Some(tenant::start(self.clone(), &part, snapshot, (role, to)))
    }

    /// The machine for the new keys: the one of an earlier try to the same place, else a new one that takes
    /// over what its forerunners knew of other objects.
    async fn prepare_successor(
        self: Arc<Self>,
        tenant: TenantId,
        to: Backend,
        person: &Upn,
    ) -> Result<watch::Receiver<Status>, Failure> {
        if let Some(status) = self.ask_again(tenant, to, person)? {
            return Ok(status);
        }
        let ledger = self.rekey_view(tenant).ledger().cloned().collect();
        let snapshot = Snapshot { ledger, ..Snapshot::absent(tenant) };
        if !snapshot.ledger.is_empty() {
            let bytes = snapshot::to_record(&snapshot).encode();
            let kept = Change::Put(RecordKey::Successor(tenant), bytes);
            self.commit(vec![kept, Change::Delete(RecordKey::Predecessor(tenant))]).await?;
        }
        let handle = self.start_other(Role::Successor, to, snapshot).ok_or_else(no_move)?;
        handle.restored().await;
        let status = handle.status.clone();
        let successor = Successor { handle, to, asked: Some(person.clone()) };
        let moving = Move { successor: Some(successor), predecessor: None };
        self.moves().insert(tenant, moving);
        Ok(status)
    }

    fn ask_again(
        &self,
        tenant: TenantId,
        to: Backend,
        person: &Upn,
    ) -> Result<Option<watch::Receiver<Status>>, Failure> {
        let mut moves = self.moves();
        let Some(successor) = moves.get_mut(&tenant).and_then(|moving| moving.successor.as_mut()) else {
            return Ok(None);
        };
        if successor.to == to {
            successor.asked = Some(person.clone());
            return Ok(Some(successor.handle.status.clone()));
        }
        match is_bare(&successor.handle.status.borrow().snapshot.stage) {
            true => Ok(None),
            false => Err(under_way(successor.to)),
        }
    }

    /// Puts the successor in the place of the identity in force, in one write; none when that one is leaving.
    ///
    /// # Errors
    /// When the write failed: the old identity is still in force.
    pub(crate) async fn succeed(&self, snapshot: &Snapshot) -> Result<Option<TenantHandle>, Failure> {
        let tenant = snapshot.tenant;
        let new = self.successor(tenant);
        let old = self.tenants().get(&tenant).cloned();
        let (Some(new), Some(old)) = (new, old) else { return Ok(None) };
        let bytes = snapshot::to_record(snapshot).encode();
        let (new_role, old_role) = (new.role.clone(), old.role.clone());
        let done = self.with_store(move |store| {
            let done = take_place(store, tenant, bytes)?;
            if done {
                new_role.set(Role::Current);
                old_role.set(Role::Predecessor);
            }
            Ok(done)
        });
        if !done.await? {
            return Ok(None);
        }
        tracing::info!(%tenant, "The new keys are in force; the device object of the old ones is removed");
        self.tenants().insert(tenant, new);
        self.moves().insert(tenant, Move { successor: None, predecessor: Some(old.clone()) });
        // What people hold was given to the old device.
        self.end_users(tenant);
        Ok(Some(old))
    }

    /// Forgets what has come to its end.
    pub(crate) fn tidy_moves(&self, tenant: TenantId) {
        let mut moves = self.moves();
        moves.entry(tenant).or_default().tidy();
        moves.retain(|_, moving| moving.successor.is_some() || moving.predecessor.is_some());
    }
}

/// The three changes of a succession, all or none; false when no identity is in force.
fn take_place(store: &mut dyn Store, tenant: TenantId, successor: Vec<u8>) -> Result<bool, StoreError> {
    let key = RecordKey::Device(tenant);
    let Some(current) = store.get(&key)? else { return Ok(false) };
    if !matches!(pins::device(&key, &current)?.stage, Stage::Registered(_)) {
        return Ok(false);
    }
    store.commit(&[
        Change::Put(RecordKey::Predecessor(tenant), current),
        Change::Put(key, successor),
        Change::Delete(RecordKey::Successor(tenant)),
    ])?;
    Ok(true)
}

/// Whether an identity can be moved there.
fn movable(identity: &Identity, to: Backend) -> Result<(), Failure> {
    let refuse = |message: String, advice: &str| {
        Err(Failure::local(FailureClass::Denied, Who::MachineAdmin, "NotMovable", message, advice))
    };
    if identity.suspended.is_some() || identity.verified_at.is_none() {
        let message = "the registration is not in order, and only one that is can be moved".to_owned();
        return refuse(message, "See aad-tool status.");
    }
    if identity.keys.device.backend == to {
        return refuse(
            format!("the keys of this identity are {} keys already", to.word()),
            "Nothing is to do.",
        );
    }
    Ok(())
}

/// The place itself is the culprit, and nothing has begun.
fn not_ready(error: &HsmError) -> Failure {
    let advice = "Make that place usable (options, PIN, device), restart firmamentd and try again; nothing was changed.";
    Failure { advice: advice.to_owned(), ..executor::key_failure(error) }
}

fn insists(insisted: Backend, to: Backend) -> Failure {
    Failure::local(
        FailureClass::Denied,
        Who::MachineAdmin,
        "HsmTypeInsists",
        format!("hsm_type = {} in himmelblau.conf insists on that place for keys", insisted.word()),
        &format!(
            "Set hsm_type = tpm_if_possible, restart firmamentd and try again; hsm_type = {} may be set after \
             the move.",
            to.word()
        ),
    )
}

fn under_way(to: Backend) -> Failure {
    Failure::local(
        FailureClass::Denied,
        Who::MachineAdmin,
        "RekeyUnderWay",
        format!("a move to {} keys is under way", to.word()),
        &format!(
            "Finish it with aad-tool rekey --to {}, or give it up with aad-tool rekey --cancel.",
            to.word()
        ),
    )
}

fn no_move() -> Failure {
    Failure::local(
        FailureClass::Gone,
        Who::Nobody,
        "NoMove",
        "no move to other keys is under way".to_owned(),
        "There is nothing to give up.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use store::Found;

    /// Records in memory, and whether a write fails.
    #[derive(Default)]
    struct Disk {
        records: BTreeMap<RecordKey, Vec<u8>>,
        full: bool,
    }

    impl Store for Disk {
        fn get(&mut self, key: &RecordKey) -> Result<Option<Vec<u8>>, StoreError> {
            Ok(self.records.get(key).cloned())
        }
        fn list(&mut self) -> Result<Vec<Found>, StoreError> {
            Ok(self.records.iter().map(|(key, bytes)| (key.clone(), Ok(bytes.clone()))).collect())
        }
        fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
            if self.full {
                return Err(StoreError::ReadOnly(std::io::Error::other("full")));
            }
            for change in changes {
                match change {
                    Change::Put(key, bytes) => drop(self.records.insert(key.clone(), bytes.clone())),
                    Change::Delete(key) => drop(self.records.remove(key)),
                }
            }
            Ok(())
        }
    }

    fn tenant() -> TenantId {
        "11111111-2222-3333-4444-555555555555".parse().unwrap()
    }

    /// What a snapshot in this stage is on disk.
    fn record(stage: Stage) -> Vec<u8> {
        snapshot::to_record(&Snapshot { stage, ..Snapshot::absent(tenant()) }).encode()
    }

    #[test]
    fn only_an_identity_in_force_has_a_place_to_take() {
        let identity = || Box::new(crate::tests::identity(tenant()));
        let leaving = Stage::Leaving { identity: identity(), step: lifecycle::LeaveStep::Unregister };
        for (current, full, expected) in [
            (Some(Stage::Registered(identity())), false, Some(true)),
            (Some(Stage::Registered(identity())), true, None),
            (Some(leaving), false, Some(false)),
            (Some(Stage::Unregistered { kept: None }), false, Some(false)),
            (None, false, Some(false)),
        ] {
            let mut disk = Disk { full, ..Disk::default() };
            let (device, successor) = (RecordKey::Device(tenant()), RecordKey::Successor(tenant()));
            disk.records.extend(current.map(|stage| (device.clone(), record(stage))));
            disk.records.insert(successor.clone(), b"successor".to_vec());
            let before = disk.records.clone();
            assert_eq!(take_place(&mut disk, tenant(), b"successor".to_vec()).ok(), expected);
            if expected != Some(true) {
                assert_eq!(disk.records, before, "nothing changes");
                continue;
            }
            let after = [
                (device.clone(), b"successor".to_vec()),
                (RecordKey::Predecessor(tenant()), before[&device].clone()),
            ];
            assert_eq!(disk.records, BTreeMap::from(after));
        }
    }

    #[test]
    fn only_a_verified_identity_that_may_be_used_can_be_moved() {
        let mut identity = crate::tests::identity(tenant());
        assert!(movable(&identity, Backend::Tpm).is_ok());
        assert_eq!(movable(&identity, Backend::Soft).unwrap_err().code, "NotMovable");
        identity.suspended = Some(lifecycle::Suspension::Disabled);
        assert!(movable(&identity, Backend::Tpm).is_err());
        identity = Identity { verified_at: None, suspended: None, ..identity };
        assert!(movable(&identity, Backend::Tpm).is_err());
    }
}
