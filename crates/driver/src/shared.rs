use crate::clock::Clock;
use crate::parts::{DomainPart, Neighbours, Registration};
use crate::pins::{self, Pins};
use crate::rekey::Move;
use crate::role::{Role, RoleCell};
use crate::self_test::{KeyTest, KeyTests};
use crate::spare::{Spare, SpareWait};
use crate::state::{DomainView, Happening, UserView};
use crate::tenant::{self, TenantHandle};
use crate::user::{self, UserHandle};
use executor::{BoundTo, Executor, Vault, keys_of};
use hsm::Keys;
use lifecycle::{Event, Identity, Snapshot, Stage, Status};
use model::{Account, Backend, DomainName, Failure, MachineBinding, ObjectId, TenantId, TokenRef, Upn};
use signin::{Facts, Memory, Method, Standing};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::record::Versioned;
use store::{Change, RecordKey, Store, StoreError};
use tokio::sync::{broadcast, watch};

/// What every task of the driver shares; no lock of it is held across an await.
pub(crate) struct Shared {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) keys: Arc<dyn Keys>,
    pub(crate) key_tests: Mutex<KeyTests>,
    pub(crate) backend: Backend,
    pub(crate) insisted: Option<Backend>,
    pub(crate) boot_bound: bool,
    pub(crate) binding: MachineBinding,
    pub(crate) domains: Vec<DomainPart>,
    pub(crate) neighbours: Neighbours,
    pub(crate) store: Arc<Mutex<Box<dyn Store>>>,
    pub(crate) memory: Mutex<Pins>,
    pub(crate) spare: Mutex<Spare>,
    pub(crate) spare_wait: SpareWait,
    pub(crate) tenants: Mutex<BTreeMap<TenantId, TenantHandle>>,
    pub(crate) moves: Mutex<BTreeMap<TenantId, Move>>,
    pub(crate) users: Mutex<BTreeMap<(TenantId, ObjectId), UserHandle>>,
    pub(crate) blocked: BTreeMap<TenantId, Failure>,
    pub(crate) happenings: broadcast::Sender<Happening>,
    pub(crate) stopped: watch::Sender<Option<Failure>>,
}

impl Shared {
    pub(crate) fn part(&self, domain: &DomainName) -> Option<&DomainPart> {
        self.domains.iter().find(|part| part.name == *domain || part.aliases.contains(domain))
    }

    /// Whether a domain is configured by its own name.
    pub(crate) fn serves(&self, domain: &DomainName) -> bool {
        self.domains.iter().any(|part| part.name == *domain)
    }

    /// The part whose cloud a tenant lives in: that of any domain which leads to it.
    pub(crate) fn part_of(&self, tenant: TenantId) -> Option<&DomainPart> {
        self.domains_of(tenant).iter().find_map(|domain| self.part(domain)).or(self.domains.first())
    }

    pub(crate) fn tenant_of(&self, domain: &DomainName) -> Option<TenantId> {
        self.pins().domains.get(domain).map(|pin| pin.tenant)
    }

    /// This machine's identity in the tenant.
    pub(crate) fn identity(&self, tenant: TenantId) -> Option<Identity> {
        let tenants = self.tenants();
        let status = tenants.get(&tenant)?.status.borrow();
        match &status.snapshot.stage {
            Stage::Registered(identity) => Some(identity.as_ref().clone()),
            _ => None,
        }
    }

    /// A person's session owns the token set from here on.
    pub(crate) fn hand_over(self: &Arc<Self>, executor: Arc<Executor>, account: Account, token: TokenRef) {
        self.vault.seat(&account, token);
        let mut users = self.users();
        let begin = || user::start(self.clone(), executor, account.clone());
        let handle = users.entry((account.tenant, account.object)).or_insert_with(begin);
        // A rename shows at the next sign-in.
        handle.account = account;
        if !handle.give(token) {
            self.vault.forget(token);
        }
    }

    /// Ends every session of a tenant that was left.
    pub(crate) fn end_users(&self, tenant: TenantId) {
        let mut users = self.users();
        users.iter().filter(|((of, _), _)| *of == tenant).for_each(|(_, handle)| handle.end());
        users.retain(|(of, _), _| *of != tenant);
    }

    /// The sessions of a tenant.
    pub(crate) fn users_of(&self, tenant: TenantId) -> Vec<UserHandle> {
        let users = self.users();
        users.iter().filter(|((of, _), _)| *of == tenant).map(|(_, handle)| handle.clone()).collect()
    }

    /// A sign-in met a failure that may say something about the device.
    pub(crate) async fn suspect(&self, domain: &DomainName, failure: &Failure) {
        let Some(tenant) = self.tenant_of(domain) else { return };
        let handle = self.tenants().get(&tenant).cloned();
        if let (Some(handle), Some(_)) = (handle, self.identity(tenant)) {
            handle.send(Event::Suspected(failure.clone())).await;
        }
    }

    pub(crate) fn domains_of(&self, tenant: TenantId) -> Vec<DomainName> {
        let pins = self.pins();
        pins.domains
            .iter()
            .filter(|(_, pin)| pin.tenant == tenant)
            .map(|(domain, _)| domain.clone())
            .collect()
    }

    pub(crate) fn view(&self, domain: DomainName) -> DomainView {
        let tenant = self.tenant_of(&domain);
        let status = tenant.and_then(|tenant| Some(self.tenants().get(&tenant)?.status.borrow().clone()));
        let blocked = tenant.and_then(|tenant| self.blocked.get(&tenant).cloned());
        let users = tenant.map(|tenant| self.users_of(tenant)).unwrap_or_default();
        let users =
            users.into_iter().map(|it| UserView { account: it.account, status: it.status.borrow().clone() });
        let part = self.part(&domain).cloned();
        let key_tests = tenant.map(|tenant| self.key_tests_of(tenant)).unwrap_or_default();
        let bound_to = status.as_ref().map(|status| self.bound_to(status, &key_tests)).unwrap_or_default();
        let (users, rekey) =
            (users.collect(), tenant.map(|tenant| self.rekey_view(tenant)).unwrap_or_default());
        DomainView { domain, tenant, status, blocked, part, users, key_tests, rekey, bound_to }
    }

    /// What can be compared here, and what the key store found when it tested its keys.
    fn bound_to(&self, status: &Status, tests: &BTreeMap<Vec<u8>, KeyTest>) -> BoundTo {
        let (Stage::Registered(identity) | Stage::Leaving { identity, .. }) = &status.snapshot.stage else {
            return BoundTo::default();
        };
        let tested = keys_of(identity).filter_map(|key| tests.get(&key.wrapped)?.changed.clone());
        BoundTo::of(keys_of(identity), &self.binding).with_changed(tested)
    }

    fn key_tests_of(&self, tenant: TenantId) -> BTreeMap<Vec<u8>, KeyTest> {
        let tests = self.key_tests.lock().unwrap_or_else(PoisonError::into_inner);
        let own = tests.iter().filter(|((of, _), _)| *of == tenant);
        own.map(|((_, wrapped), test)| (wrapped.clone(), test.clone())).collect()
    }

    pub(crate) async fn resume(self: Arc<Self>, snapshot: Snapshot) {
        let tenant = snapshot.tenant;
        let Some(part) = self.part_of(tenant).cloned() else {
            tracing::warn!(%tenant, "No configured domain leads to this registered tenant");
            return;
        };
        let handle = tenant::start(self.clone(), &part, snapshot, (Role::Current, self.backend));
        self.tenants().insert(tenant, handle.clone());
        handle.restored().await;
    }

    /// Hands a person who signed in as `asked` to the machine of their tenant, which owns the token from then on.
    pub(crate) async fn signed_in(
        self: Arc<Self>,
        part: &DomainPart,
        asked: &Upn,
        account: Account,
        token: TokenRef,
    ) {
        let tenant = account.tenant;
        let handle = match self.successor_for(tenant, asked) {
            Some(successor) => successor,
            None if part.registration == Registration::Off || self.blocked.contains_key(&tenant) => {
                return self.vault.forget(token);
            }
            None => self.clone().current(part, tenant),
        };
        for notice in (self.neighbours)() {
            tracing::warn!("{notice}");
        }
        let event = Event::SignedIn { account, domain: asked.domain().clone(), token };
        self.register_with_spare(handle, event, token).await;
    }

    /// Hands a sign-in over, after the keys made ahead of time.
    pub(crate) async fn hand_to(&self, handle: &TenantHandle, event: Event, token: TokenRef) {
        self.offer_spare(handle).await;
        if !handle.send(event).await {
            self.vault.forget(token);
        }
    }

    /// The machine of the tenant, which begins with its first sign-in.
    fn current(self: Arc<Self>, part: &DomainPart, tenant: TenantId) -> TenantHandle {
        let begin =
            || tenant::start(self.clone(), part, Snapshot::absent(tenant), (Role::Current, self.backend));
        self.tenants().entry(tenant).or_insert_with(begin).clone()
    }

    /// This machine's identity for a person's sign-in; none where that is to register another one.
    pub(crate) fn identity_for(&self, tenant: TenantId, asked: &Upn) -> Option<Identity> {
        self.identity(tenant).filter(|_| self.successor_for(tenant, asked).is_none())
    }

    /// What a session must know from the start.
    pub(crate) fn sign_in_facts(&self, part: &DomainPart, asked: &Upn) -> Facts {
        let (pinned, accounts) = {
            let pins = self.pins();
            (pins.domains.get(asked.domain()).cloned(), pins.accounts.values().cloned().collect())
        };
        let claims = pinned.as_ref().and_then(|pin| {
            let tenants = self.tenants();
            let status = tenants.get(&pin.tenant)?.status.borrow().clone();
            status.failure?.claims
        });
        let identity = pinned.as_ref().and_then(|pin| self.identity_for(pin.tenant, asked));
        let standing = if identity.is_some() { Standing::Registered } else { Standing::Unregistered };
        // A suspended identity proves nothing: a code lets the person in, and the directory is asked again.
        let suspended = identity.is_some_and(|identity| identity.suspended.is_some());
        let method = if suspended { Method::DeviceCode } else { part.sign_in };
        Facts { asked: asked.clone(), wanted: part.tenant, pinned, accounts, claims, method, standing }
    }

    /// Makes a snapshot durable; when the machine has `left`, the pins of its tenant go with it, unless another
    /// identity is in force there.
    pub(crate) async fn persist(
        &self,
        role: &RoleCell,
        snapshot: &Snapshot,
        left: bool,
    ) -> Result<(), Failure> {
        let tenant = snapshot.tenant;
        let bytes = (!left || !snapshot.ledger.is_empty()).then(|| snapshot::to_record(snapshot).encode());
        let mut changes = Vec::new();
        let ends = left && role.get() == Role::Current;
        if ends {
            changes.extend(self.pins().forget_tenant(tenant));
            self.end_users(tenant);
        }
        let ends_spare = self.claims_spare(snapshot) || ends && self.wipe_spare(tenant).await;
        changes.extend(ends_spare.then_some(Change::Delete(RecordKey::Spare)));
        let role = role.clone();
        self.with_store(move |store| {
            // Only here nobody changes the role.
            let key = role.get().key(tenant);
            changes.push(match bytes {
                Some(bytes) => Change::Put(key, bytes),
                None => Change::Delete(key),
            });
            store.commit(&changes)
        })
        .await?;
        if ends_spare {
            *self.spare() = Spare::None;
        }
        Ok(())
    }

    /// Makes what a session learnt durable, then known.
    pub(crate) async fn remember(&self, memory: Memory) -> Result<(), Failure> {
        let now = self.clock.now().as_millis();
        self.commit(vec![pins::change(&memory, now)]).await?;
        self.pins().learn(memory);
        Ok(())
    }

    pub(crate) async fn commit(&self, changes: Vec<Change>) -> Result<(), Failure> {
        self.with_store(move |store| store.commit(&changes)).await
    }

    /// Does something with the store, alone.
    pub(crate) async fn with_store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Failure> {
        let store = self.store.clone();
        let written = tokio::task::spawn_blocking(move || {
            work(store.lock().unwrap_or_else(PoisonError::into_inner).as_mut())
        });
        match written.await {
            Ok(result) => result.map_err(|error| pins::failure(&error)),
            Err(_) => Err(pins::failure(&StoreError::Write {
                key: "unknown".to_owned(),
                cause: std::io::Error::other("the store crashed"),
            })),
        }
    }

    pub(crate) fn happened(&self, happening: Happening) {
        // Nobody watching is the ordinary case.
        drop(self.happenings.send(happening));
    }

    /// Tells the binary to end: more was asked for than the disk can hold.
    pub(crate) fn stop(&self, failure: Failure) {
        self.stopped.send_replace(Some(failure));
    }

    pub(crate) fn pins(&self) -> MutexGuard<'_, Pins> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn users(&self) -> MutexGuard<'_, BTreeMap<(TenantId, ObjectId), UserHandle>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn tenants(&self) -> MutexGuard<'_, BTreeMap<TenantId, TenantHandle>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
