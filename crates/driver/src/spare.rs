//! Keys ahead of time: while the machine is not registered, the next pair is made in the background, so that
//! the first sign-in finds it ready. There is one, and it goes to the first tenant that enrols.
//!
//! On disk, in this order: the intent's id, then its keys; a tenant's record that names the id ends the spare
//! in the same write.

use crate::clock::entropy;
use crate::parts::Registration;
use crate::shared::Shared;
use crate::tenant::TenantHandle;
use hsm::{Answer, HsmError, Job, binding};
use lifecycle::{DeviceKeys, Event, Snapshot, SparePair, Stage};
use model::{Failure, Guid, IntentId, KeyHandle, KeyPurpose, TenantId, TokenRef};
use std::sync::{Arc, MutexGuard, PoisonError};
use store::record::Versioned;
use store::{Change, RecordKey};
use tokio::sync::watch;

/// How far the keys for the next intent are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpareKeys {
    /// There are none, and none are being made.
    None,
    /// They are being made.
    BeingMade,
    /// They wait for the first sign-in.
    Ready,
}

/// The keys for the next intent.
#[derive(Debug, Clone, Default)]
pub(crate) enum Spare {
    #[default]
    None,
    /// The decision is on disk.
    Decided(IntentId),
    BeingMade,
    Ready(SparePair),
    /// A tenant's machine was offered them and has not taken them yet.
    Lent(SparePair),
}

/// Why there are no keys ahead of time.
#[derive(Debug, thiserror::Error)]
enum NotMade {
    /// The key store made none.
    #[error(transparent)]
    Keys(#[from] HsmError),
    /// They could not be kept.
    #[error("{}", .0.message)]
    Disk(Failure),
}

impl Spare {
    pub(crate) fn new(id: IntentId, keys: Option<DeviceKeys>) -> Spare {
        match keys {
            Some(keys) => Spare::Ready(SparePair { id, keys }),
            None => Spare::Decided(id),
        }
    }

    pub(crate) fn kind(&self) -> SpareKeys {
        match self {
            Spare::None | Spare::Decided(_) => SpareKeys::None,
            Spare::BeingMade => SpareKeys::BeingMade,
            Spare::Ready(_) | Spare::Lent(_) => SpareKeys::Ready,
        }
    }

    /// Takes the pair for a tenant's machine, which may not want it.
    fn lend(&mut self) -> Option<SparePair> {
        let Spare::Ready(pair) = self else { return None };
        let pair = pair.clone();
        *self = Spare::Lent(pair.clone());
        Some(pair)
    }

    fn give_back(&mut self) {
        if let Spare::Lent(pair) = self {
            *self = Spare::Ready(pair.clone());
        }
    }
}

/// Registrations that begin while the keys are being made, or found on disk and tested, wait for them: the key
/// store does one thing at a time, and their own keys would come later still.
#[derive(Default)]
pub(crate) struct SpareWait {
    preparing: watch::Sender<bool>,
    waiting: watch::Sender<usize>,
}

impl SpareWait {
    /// From now on registrations wait, until [`Preparing`] is dropped.
    pub(crate) fn begin(&self) -> Preparing {
        self.preparing.send_replace(true);
        Preparing(self.preparing.clone())
    }

    fn is_on(&self) -> bool {
        *self.preparing.borrow()
    }

    pub(crate) fn is_waited_for(&self) -> bool {
        *self.waiting.borrow() > 0
    }

    pub(crate) async fn nobody_waits(&self) {
        // The sender lives as long as we do.
        let _ = self.waiting.subscribe().wait_for(|waiting| *waiting == 0).await;
    }

    async fn wait(&self) {
        let _ = self.preparing.subscribe().wait_for(|preparing| !preparing).await;
    }
}

/// Ends the wait however the making ends, so that a fault of ours holds no registration up.
pub(crate) struct Preparing(watch::Sender<bool>);

impl Drop for Preparing {
    fn drop(&mut self) {
        self.0.send_replace(false);
    }
}

/// Whether nothing of a tenant is in this stage: no intent, no keys, no identity.
pub(crate) fn is_bare(stage: &Stage) -> bool {
    matches!(stage, Stage::Unregistered { kept: None })
}

/// The intent that a stage belongs to.
fn intent_of(stage: &Stage) -> Option<IntentId> {
    match stage {
        Stage::Unregistered { kept } => kept.as_ref().map(|kept| kept.0.id),
        Stage::Intent(intent)
        | Stage::KeysReady(intent, _)
        | Stage::Joining { intent, .. }
        | Stage::ReplyStored { intent, .. } => Some(intent.id),
        Stage::Registered(identity) | Stage::Leaving { identity, .. } => Some(identity.intent.id),
    }
}

impl Shared {
    pub(crate) fn spare(&self) -> MutexGuard<'_, Spare> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a sign-in may register this machine and none has: only then keys are made ahead.
    fn wants_spare(&self) -> bool {
        let registers = self.domains.iter().any(|part| part.registration != Registration::Off);
        registers && self.blocked.is_empty() && self.others_are_bare(None)
    }

    /// Whether no tenant but this one has anything here.
    fn others_are_bare(&self, but: Option<TenantId>) -> bool {
        let tenants = self.tenants();
        let mut others = tenants.iter().filter(|(tenant, _)| Some(**tenant) != but);
        others.all(|(_, handle)| is_bare(&handle.status.borrow().snapshot.stage))
    }

    /// Has keys ready for the next intent, if the machine is not registered.
    pub(crate) async fn prepare_keys(&self) {
        let found = std::mem::take(&mut *self.spare());
        let id = match self.usable(found).await {
            Some(Spare::Decided(id)) => id,
            Some(ready) => {
                *self.spare() = ready;
                return;
            }
            None => fresh_id(),
        };
        if !self.wants_spare() {
            return;
        }
        if let Err(error) = self.make_pair(id).await {
            *self.spare() = Spare::Decided(id);
            tracing::warn!("Keys were not made ahead of time: {error}");
        }
    }

    /// What of the pair on disk can be used: keys of another backend or machine cannot.
    async fn usable(&self, found: Spare) -> Option<Spare> {
        let pair = match found {
            Spare::Ready(pair) | Spare::Lent(pair) => pair,
            Spare::Decided(_) => return Some(found),
            Spare::None | Spare::BeingMade => return None,
        };
        if self.is_made_as_now(&pair.keys) && !self.is_lost(&pair.keys).await {
            return Some(Spare::Ready(pair));
        }
        tracing::info!("The keys made ahead of time cannot be used here and are made anew");
        self.destroy_pair(&pair.keys).await;
        None
    }

    /// Whether keys made now would be in the same place and bound to the same.
    fn is_made_as_now(&self, keys: &DeviceKeys) -> bool {
        keys.device.backend == self.backend && binding::is_boot_bound(&keys.device) == self.boot_bound
    }

    /// Whether a key is of no use for good. A key store that cannot be used now says nothing of its keys: they
    /// are as good as others that it would not make either.
    async fn is_lost(&self, keys: &DeviceKeys) -> bool {
        for key in [&keys.device, &keys.transport] {
            if let Err(error) = self.keys.call(Job::SelfTest(key.clone())).await {
                tracing::debug!(key = key.purpose.word(), "The key does not work: {error}");
                if is_of_the_key(&error) {
                    return true;
                }
            }
        }
        false
    }

    /// The decision, then the keys, each on disk before anything else.
    async fn make_pair(&self, id: IntentId) -> Result<(), NotMade> {
        *self.spare() = Spare::BeingMade;
        self.keep_spare(id, None).await?;
        tracing::info!(intent = %id, "Keys are made ahead of time");
        let keys = DeviceKeys {
            device: self.create_key(KeyPurpose::Device, id).await?,
            transport: self.create_key(KeyPurpose::Transport, id).await?,
        };
        self.keep_spare(id, Some(&keys)).await?;
        *self.spare() = Spare::Ready(SparePair { id, keys });
        tracing::info!(intent = %id, "Keys for the first registration are ready");
        Ok(())
    }

    async fn keep_spare(&self, id: IntentId, keys: Option<&DeviceKeys>) -> Result<(), NotMade> {
        let record = snapshot::prepared_to_record(id, keys);
        self.commit(vec![Change::Put(RecordKey::Spare, record.encode())]).await.map_err(NotMade::Disk)
    }

    async fn create_key(&self, purpose: KeyPurpose, id: IntentId) -> Result<KeyHandle, HsmError> {
        match self.keys.call(Job::Create(self.backend, purpose, id)).await? {
            Answer::Key(key) => Ok(key),
            _ => Err(HsmError::Backend("the answer is of another job".to_owned())),
        }
    }

    /// Hands a sign-in to a machine; one that would need keys gets those that are being made, and nobody who
    /// signs in waits for that.
    pub(crate) async fn register_with_spare(
        self: Arc<Self>,
        handle: TenantHandle,
        sign_in: Event,
        token: TokenRef,
    ) {
        let needs_keys = is_bare(&handle.status.borrow().snapshot.stage);
        if !needs_keys || !self.spare_wait.is_on() {
            return self.hand_to(&handle, sign_in, token).await;
        }
        self.spare_wait.waiting.send_modify(|waiting| *waiting += 1);
        tokio::spawn(async move {
            self.spare_wait.wait().await;
            self.hand_to(&handle, sign_in, token).await;
            self.spare_wait.waiting.send_modify(|waiting| *waiting -= 1);
        });
    }

    /// Offers the pair to a machine that has nothing, before its first sign-in.
    pub(crate) async fn offer_spare(&self, handle: &TenantHandle) {
        if !is_bare(&handle.status.borrow().snapshot.stage) {
            return;
        }
        let Some(pair) = self.spare().lend() else { return };
        handle.send(Event::Prepared(Box::new(pair))).await;
        self.spare().give_back();
    }

    /// Whether this snapshot makes the pair on offer the tenant's own.
    pub(crate) fn claims_spare(&self, snapshot: &Snapshot) -> bool {
        match &*self.spare() {
            Spare::Ready(pair) | Spare::Lent(pair) => intent_of(&snapshot.stage) == Some(pair.id),
            Spare::None | Spare::Decided(_) | Spare::BeingMade => false,
        }
    }

    /// Destroys the pair when the last tenant is left; whether there was one and it is gone.
    pub(crate) async fn wipe_spare(&self, leaving: TenantId) -> bool {
        if !self.others_are_bare(Some(leaving)) {
            return false;
        }
        let Some(pair) = self.spare().lend() else { return false };
        let gone = self.destroy_pair(&pair.keys).await;
        if !gone {
            self.spare().give_back();
        }
        gone
    }

    /// Whether both are gone; what cannot be destroyed now stays on disk for the next start.
    async fn destroy_pair(&self, keys: &DeviceKeys) -> bool {
        let mut gone = true;
        for key in [&keys.device, &keys.transport] {
            if let Err(error) = self.keys.call(Job::Destroy(key.clone())).await {
                tracing::warn!("A key made ahead of time was not destroyed: {error}");
                gone = false;
            }
        }
        gone
    }
}

/// Whether an error is about this key alone.
fn is_of_the_key(error: &HsmError) -> bool {
    matches!(
        error,
        HsmError::KeyGone(_)
            | HsmError::OtherMachine(_)
            | HsmError::Integrity(_)
            | HsmError::OtherBackend { .. }
            | HsmError::WrongUse { .. }
    )
}

fn fresh_id() -> IntentId {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(entropy()).for_each(|(to, from)| *to = from);
    IntentId::new(Guid::version_4(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::identity;

    fn pair() -> SparePair {
        let identity = identity("11111111-2222-3333-4444-555555555555".parse().unwrap());
        SparePair { id: identity.intent.id, keys: identity.keys }
    }

    #[test]
    fn a_pair_is_lent_to_one_and_comes_back_unless_it_was_taken() {
        let mut spare = Spare::new(pair().id, Some(pair().keys));
        assert_eq!((spare.kind(), spare.lend()), (SpareKeys::Ready, Some(pair())));
        assert_eq!((spare.kind(), spare.lend()), (SpareKeys::Ready, None));
        spare.give_back();
        assert_eq!(spare.lend(), Some(pair()));
        for mut other in [Spare::None, Spare::new(pair().id, None), Spare::BeingMade] {
            other.give_back();
            assert_eq!(other.lend(), None);
        }
        assert_eq!(Spare::BeingMade.kind(), SpareKeys::BeingMade);
        assert_eq!(Spare::new(pair().id, None).kind(), SpareKeys::None);
    }

    #[test]
    fn registrations_wait_until_the_making_ends_even_by_a_panic() {
        let wait = SpareWait::default();
        let preparing = wait.begin();
        assert!(wait.is_on());
        let died = std::thread::spawn(move || {
            let _ends_with_us = preparing;
            panic!("on purpose");
        });
        assert!(died.join().is_err() && !wait.is_on());
    }

    #[test]
    fn every_stage_but_the_bare_one_names_its_intent() {
        let identity = Box::new(identity("11111111-2222-3333-4444-555555555555".parse().unwrap()));
        let (intent, keys) = (identity.intent.clone(), identity.keys.clone());
        for stage in [
            Stage::Unregistered { kept: Some(Box::new((intent.clone(), keys.clone()))) },
            Stage::Intent(intent.clone()),
            Stage::KeysReady(intent.clone(), keys),
            Stage::Registered(identity.clone()),
            Stage::Leaving { identity, step: lifecycle::LeaveStep::Erase },
        ] {
            assert_eq!((intent_of(&stage), is_bare(&stage)), (Some(intent.id), false));
        }
        let bare = Stage::Unregistered { kept: None };
        assert_eq!((intent_of(&bare), is_bare(&bare)), (None, true));
    }

    #[test]
    fn only_an_error_about_the_key_itself_ends_the_pair() {
        let why = || "x".to_owned();
        for (error, ends) in [
            (HsmError::KeyGone(why()), true),
            (HsmError::OtherMachine(why()), true),
            (HsmError::Integrity("key"), true),
            (HsmError::OtherBackend { made_by: "tpm" }, true),
            (HsmError::Busy, false),
            (HsmError::Absent(why()), false),
            (HsmError::AuthValue(why()), false),
            (HsmError::Locked(why()), false),
            (HsmError::Backend(why()), false),
        ] {
            assert_eq!(is_of_the_key(&error), ends, "{error}");
        }
    }
}
