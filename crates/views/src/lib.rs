//! What others may read, as it was at the last durable moment; reading never waits for a decision.

use accounts::ReservedAccount;
use hsm::BoundTo;
use lifecycle::{Identity, IntuneEnrolment, Snapshot, Stage, Status};
use model::{
    Account, DomainName, Failure, Guid, KeyHandle, LocalAccount, MachineBinding, ObjectId, Requester,
    TenantId, Timestamp, Trace, Upn, log_failure,
};
use offline::{Person, Verifier};
use signin::UserStatus;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use tenancy_model::{DomainConfig, MemberId, MemberView, PreparedView, TenantView};
use tokio::sync::{broadcast, watch};

/// A change of one tenant's identity in force, for whoever watches.
#[derive(Debug, Clone)]
pub struct StatusChange {
    /// When it was published.
    pub at: Timestamp,
    /// The tenant's new status; the channel has places for 256 of them from its beginning.
    pub status: Arc<Status>,
}

/// One domain, as `status` shows it.
#[derive(Clone)]
pub struct DomainView {
    /// A domain that is configured or remembered.
    pub domain: DomainName,
    /// What is known of its tenant, once the domain is resolved.
    pub tenant: Option<TenantView>,
    /// What is configured for it; nothing for a domain that is only remembered.
    pub config: Option<DomainConfig>,
    /// Why its state may be lost: records are missing, and it has no identity that is known.
    pub missing: Option<Failure>,
    /// Everybody's session in the tenant since the start.
    pub users: Vec<UserView>,
    /// The last sign-in under a name of the domain, or of an alias of it, since the start.
    pub last_sign_in: Option<SignInView>,
    /// The last test of each key of the identity, by the wrapped bytes of its handle.
    pub key_tests: BTreeMap<Vec<u8>, KeyTest>,
    /// What the keys of the identity record of their machine.
    pub bound_to: BoundTo,
}

/// One sign-in that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInView {
    /// When it ended.
    pub at: Timestamp,
    /// Who was asked for.
    pub asked: Upn,
    /// Who asked.
    pub by: Requester,
    /// Why it failed; none where the person signed in.
    pub failure: Option<Failure>,
    /// Where the request that decided is found in the service's logs.
    pub trace: Trace,
}

/// One person's session.
#[derive(Debug, Clone)]
pub struct UserView {
    /// The person whose session it is.
    pub account: Account,
    /// How far it is.
    pub status: UserStatus,
}

impl DomainView {
    /// The status of the tenant's identity in force, once there is one.
    pub fn status(&self) -> Option<&Status> {
        self.tenant.as_ref()?.current.as_ref().map(|member| member.status.as_ref())
    }

    /// Why this tenant's state cannot be used (lost, damaged, or written by a newer version).
    pub fn blocked(&self) -> Option<&Failure> {
        self.tenant.as_ref().and_then(|tenant| tenant.blocked.as_ref()).or(self.missing.as_ref())
    }

    /// Whether it is configured that a registered device enrols into Intune.
    pub fn wants_intune(&self) -> bool {
        self.config.as_ref().is_some_and(|config| config.intune == IntuneEnrolment::Enabled)
    }

    /// Whether there is an identity.
    pub fn is_registered(&self) -> bool {
        self.tenant.as_ref().is_some_and(|tenant| tenant.identity().is_some())
    }
}

/// Whether a key can be used only while the machine is started as it was.
pub fn is_boot_bound(key: &KeyHandle) -> bool {
    hsm::binding::is_boot_bound(key)
}

/// How the last test of one key ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyTest {
    /// When the test ended.
    pub at: Timestamp,
    /// What the key store said, unless all was well.
    pub problem: Option<String>,
    /// The component of the machine that the key store found changed, if that was it.
    pub changed: Option<String>,
}

/// The last test of each key, by tenant and handle: the same key bound anew is to be tested anew.
pub type KeyTests = BTreeMap<(TenantId, Vec<u8>), KeyTest>;

/// One after the other.
pub type Values<'a, T> = &'a mut dyn Iterator<Item = &'a T>;

/// The published state of everything.
pub struct Views {
    known: RwLock<Known>,
    key_tests: Mutex<KeyTests>,
    /// How far the keys ahead of time are.
    pub prepared: watch::Sender<PreparedView>,
    /// Counts the changes of accounts.
    pub accounts_changed: watch::Sender<u64>,
    /// Counts the changes of what passwords are checked by without the network.
    pub offline_changed: watch::Sender<u64>,
    /// Every change of an identity in force.
    pub changes: broadcast::Sender<StatusChange>,
    /// Why the state cannot be written any more.
    pub not_writable: watch::Sender<Option<Failure>>,
    /// Why the service must end.
    pub stopped: watch::Sender<Option<Failure>>,
}

#[derive(Default)]
struct Known {
    domains: BTreeMap<DomainName, TenantId>,
    missing: Option<Failure>,
    tenants: BTreeMap<TenantId, TenantView>,
    members: BTreeMap<MemberId, watch::Sender<Arc<Status>>>,
    users: BTreeMap<(TenantId, ObjectId), (Account, watch::Receiver<UserStatus>)>,
    accounts: BTreeMap<(TenantId, ObjectId), LocalAccount>,
    reserved: BTreeMap<Upn, ReservedAccount>,
    verifiers: BTreeMap<Person, Verifier>,
    /// How many of each account that has any; nothing is decided by it, so that a restart may lose it.
    sessions: BTreeMap<(TenantId, ObjectId), u32>,
    /// The last one of each domain; only sign-ins of configured domains begin, so that nobody fills it.
    sign_ins: BTreeMap<DomainName, SignInView>,
}

impl Default for Views {
    fn default() -> Views {
        Views {
            known: RwLock::default(),
            key_tests: Mutex::default(),
            prepared: watch::channel(PreparedView::default()).0,
            accounts_changed: watch::channel(0).0,
            offline_changed: watch::channel(0).0,
            changes: broadcast::channel(CHANGES).0,
            not_writable: watch::channel(None).0,
            stopped: watch::channel(None).0,
        }
    }
}

impl Views {
    fn read<T>(&self, look: impl FnOnce(&Known) -> T) -> T {
        look(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, change: impl FnOnce(&mut Known)) {
        change(&mut self.known.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// A tenant is so from here on.
    pub fn publish(&self, view: TenantView) {
        self.write(|known| {
            let before = known.tenants.get(&view.tenant).cloned();
            let before = before.unwrap_or_else(|| TenantView::absent(view.tenant));
            log_succession(&before, &view);
            for member in members(&view) {
                let old = members(&before).find(|old| old.id == member.id);
                if old.is_none_or(|old| old.status != member.status) {
                    log_change(&member.status, &known.domains);
                }
                // The one copy that there is.
                let status = &member.status;
                let sender = known.members.entry(member.id);
                sender.or_insert_with(|| watch::channel(status.clone()).0).send_replace(status.clone());
            }
            for gone in members(&before).filter(|old| members(&view).all(|member| member.id != old.id)) {
                known.members.remove(&gone.id);
            }
            known.tenants.insert(view.tenant, view);
        });
    }

    /// Domains lead there from here on.
    pub fn publish_domains(&self, domains: BTreeMap<DomainName, TenantId>) {
        self.write(|known| known.domains = domains);
    }

    /// Records are missing from here on, or are not any more.
    pub fn publish_missing(&self, missing: Option<Failure>) {
        self.write(|known| known.missing = missing);
    }

    /// This is an account of this machine from here on.
    pub fn publish_account(&self, account: LocalAccount) {
        let name = (account.person.tenant, account.person.object);
        self.write(|known| drop(known.accounts.insert(name, account)));
        self.accounts_changed.send_modify(|version| *version += 1);
    }

    /// The object has no account of this machine any more.
    pub fn publish_no_account(&self, tenant: TenantId, object: ObjectId) {
        self.write(|known| {
            known.accounts.remove(&(tenant, object));
            known.sessions.remove(&(tenant, object));
        });
        self.accounts_changed.send_modify(|version| *version += 1);
    }

    /// This is set aside for whoever signs in under its name, from here on.
    pub fn publish_reserved(&self, reserved: ReservedAccount) {
        self.write(|known| drop(known.reserved.insert(reserved.upn.clone(), reserved)));
        self.accounts_changed.send_modify(|version| *version += 1);
    }

    /// Nothing is set aside for this name any more.
    pub fn publish_no_reserved(&self, name: &Upn) {
        self.write(|known| drop(known.reserved.remove(name)));
        self.accounts_changed.send_modify(|version| *version += 1);
    }

    /// What is set aside for people who have not signed in yet.
    pub fn reserved(&self) -> Vec<ReservedAccount> {
        self.read(|known| known.reserved.values().cloned().collect())
    }

    /// What is set aside for whoever signs in under this name.
    pub fn reserved_for(&self, name: &Upn) -> Option<ReservedAccount> {
        self.read(|known| known.reserved.get(name).cloned())
    }

    /// Every account of this machine.
    pub fn accounts(&self) -> Vec<LocalAccount> {
        self.read(|known| known.accounts.values().cloned().collect())
    }

    /// The account that this person has here.
    pub fn account_of(&self, person: &Upn) -> Option<LocalAccount> {
        self.read(|known| known.accounts.values().find(|it| it.person.upn == *person).cloned())
    }

    /// Looks at every account, and at what is set aside, without a copy of them.
    pub fn with_accounts<T>(
        &self,
        look: impl FnOnce(Values<'_, LocalAccount>, Values<'_, ReservedAccount>) -> T,
    ) -> T {
        self.read(|known| look(&mut known.accounts.values(), &mut known.reserved.values()))
    }

    /// A program has opened a session of this person, or has closed one; one that was opened before the start is not
    /// counted, and so its end is not either.
    pub fn count_session(&self, person: &Upn, open: bool) {
        self.write(|known| {
            let Some(account) = known.accounts.values().find(|it| it.person.upn == *person) else { return };
            let whose = (account.person.tenant, account.person.object);
            let before = known.sessions.get(&whose).copied().unwrap_or(0);
            match if open { before.saturating_add(1) } else { before.saturating_sub(1) } {
                0 => drop(known.sessions.remove(&whose)),
                now => drop(known.sessions.insert(whose, now)),
            }
        });
    }

    /// How many sessions of this account are open, as far as programs have said so since the start.
    pub fn open_sessions(&self, account: &LocalAccount) -> u32 {
        let whose = (account.person.tenant, account.person.object);
        self.read(|known| known.sessions.get(&whose).copied().unwrap_or(0))
    }

    /// What a person's password is checked by without the network, from here on.
    pub fn publish_offline(&self, person: Person, verifier: Option<Verifier>) {
        self.write(|known| match verifier {
            Some(verifier) => drop(known.verifiers.insert(person, verifier)),
            None => drop(known.verifiers.remove(&person)),
        });
        self.offline_changed.send_modify(|version| *version += 1);
    }

    /// What a person's password is checked by without the network.
    pub fn verifier(&self, person: Person) -> Option<Verifier> {
        self.read(|known| known.verifiers.get(&person).cloned())
    }

    /// What can be said of what everybody's is checked by.
    pub fn verifiers<T>(&self, say: impl FnMut(&Verifier) -> Option<T>) -> Vec<T> {
        self.read(|known| known.verifiers.values().filter_map(say).collect())
    }

    /// Whether anybody's is.
    pub fn has_verifiers(&self) -> bool {
        self.read(|known| !known.verifiers.is_empty())
    }

    /// A person has a session, or another name.
    pub fn add_user(&self, account: Account, status: watch::Receiver<UserStatus>) {
        let name = (account.tenant, account.object);
        self.write(|known| drop(known.users.insert(name, (account, status))));
    }

    /// A sign-in has ended.
    pub fn publish_sign_in(&self, sign_in: SignInView) {
        let domain = sign_in.asked.domain().clone();
        self.write(|known| drop(known.sign_ins.insert(domain, sign_in)));
    }

    /// The sessions of a tenant have ended.
    pub fn end_users(&self, tenant: TenantId) {
        self.write(|known| known.users.retain(|(of, _), _| *of != tenant));
    }

    /// Every status of a person's session from now on, while it lasts.
    pub fn session(&self, account: &Account) -> Option<watch::Receiver<UserStatus>> {
        let name = (account.tenant, account.object);
        self.read(|known| known.users.get(&name).map(|(_, status)| status.clone()))
    }

    /// The last tests of keys.
    pub fn key_tests(&self) -> MutexGuard<'_, KeyTests> {
        self.key_tests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a domain leads to.
    pub fn tenant_of(&self, domain: &DomainName) -> Option<TenantId> {
        self.read(|known| known.domains.get(domain).copied())
    }

    /// What is known of a tenant.
    pub fn tenant(&self, tenant: TenantId) -> Option<TenantView> {
        self.read(|known| known.tenants.get(&tenant).cloned())
    }

    /// Every domain that leads to a tenant.
    pub fn known_domains(&self) -> Vec<DomainName> {
        self.read(|known| known.domains.keys().cloned().collect())
    }

    /// The machine's identity in the tenant.
    pub fn identity(&self, tenant: TenantId) -> Option<Identity> {
        self.tenant(tenant)?.identity().cloned()
    }

    /// The identity that a sign-in of this person proves; a suspended one proves nothing.
    pub fn provable_identity(&self, tenant: TenantId, person: &Upn) -> Option<Identity> {
        let view = self.tenant(tenant)?;
        view.identity_for(person).filter(|identity| identity.suspended.is_none()).cloned()
    }

    /// The identities in force, each with its tenant.
    pub fn identities(&self) -> Vec<(TenantId, Identity)> {
        let views: Vec<TenantView> = self.read(|known| known.tenants.values().cloned().collect());
        views.iter().filter_map(|view| Some((view.tenant, view.identity()?.clone()))).collect()
    }

    /// Every status of one machine from now on, while it runs.
    pub fn follow(&self, member: MemberId) -> Option<watch::Receiver<Arc<Status>>> {
        self.read(|known| known.members.get(&member).map(watch::Sender::subscribe))
    }

    /// Tenants that no domain leads to any more, where something stayed.
    pub fn left(&self) -> Vec<Snapshot> {
        self.read(|known| {
            let pinned: BTreeSet<TenantId> = known.domains.values().copied().collect();
            let others = known.tenants.values().filter(|view| !pinned.contains(&view.tenant));
            let snapshots = others.flat_map(TenantView::snapshots);
            snapshots.filter(|snapshot| !snapshot.ledger.is_empty()).cloned().collect()
        })
    }

    /// One domain, with what is configured for it and what a new key would record of the machine.
    pub fn domain(
        &self,
        domain: DomainName,
        config: Option<&DomainConfig>,
        binding: &MachineBinding,
    ) -> DomainView {
        let tenant = self.tenant_of(&domain);
        let view = tenant.map(|id| self.tenant(id).unwrap_or_else(|| TenantView::absent(id)));
        let key_tests = tenant.map(|tenant| self.key_tests_of(tenant)).unwrap_or_default();
        let users = tenant.map(|tenant| self.users_of(tenant)).unwrap_or_default();
        let current = view.as_ref().and_then(|view| view.current.as_ref());
        let bound_to = current.map(|member| bound_to(&member.status, binding, &key_tests));
        let bound_to = bound_to.unwrap_or_default();
        let known = view.as_ref().is_some_and(|view| view.snapshots().next().is_some());
        let missing = self.read(|views| views.missing.clone()).filter(|_| !known);
        let last_sign_in = self.last_sign_in(&domain, config);
        let config = config.cloned();
        DomainView { domain, tenant: view, config, missing, users, last_sign_in, key_tests, bound_to }
    }

    /// The last sign-in of the domain, or of a name that is configured to be served with it.
    fn last_sign_in(&self, domain: &DomainName, config: Option<&DomainConfig>) -> Option<SignInView> {
        let served = |name: &DomainName| {
            name == domain || config.is_some_and(|it| it.name == *domain && it.serves(name))
        };
        self.read(|known| {
            let own = known.sign_ins.iter().filter(|(name, _)| served(name)).map(|(_, sign_in)| sign_in);
            own.max_by_key(|sign_in| sign_in.at).cloned()
        })
    }

    fn users_of(&self, tenant: TenantId) -> Vec<UserView> {
        self.read(|known| {
            let first = ObjectId::new(Guid::from_bytes([0; 16]));
            let own = known.users.range((tenant, first)..).take_while(|((of, _), _)| *of == tenant);
            own.map(|(_, (account, status))| UserView {
                account: account.clone(),
                status: status.borrow().clone(),
            })
            .collect()
        })
    }

    fn key_tests_of(&self, tenant: TenantId) -> BTreeMap<Vec<u8>, KeyTest> {
        let tests = self.key_tests();
        let own = tests.range((tenant, Vec::new())..).take_while(|((of, _), _)| *of == tenant);
        own.map(|((_, wrapped), test)| (wrapped.clone(), test.clone())).collect()
    }
}

fn members(view: &TenantView) -> impl Iterator<Item = &MemberView> {
    view.current.iter().chain(&view.successor).chain(&view.predecessor)
}

/// What can be compared here, and what the key store found when it tested its keys.
fn bound_to(status: &Status, binding: &MachineBinding, tests: &BTreeMap<Vec<u8>, KeyTest>) -> BoundTo {
    let (Stage::Registered(identity) | Stage::Leaving { identity, .. }) = &status.snapshot.stage else {
        return BoundTo::default();
    };
    let tested = identity.all_keys().filter_map(|key| tests.get(&key.wrapped)?.changed.clone());
    BoundTo::of(identity.all_keys(), binding).with_changed(tested)
}

/// The tenant's change, by the domains that lead there.
fn log_change(status: &Status, domains: &BTreeMap<DomainName, TenantId>) {
    let (tenant, phase, state) = (status.tenant, status.phase, status.state.as_str());
    let known = domains.iter().filter(|(_, of)| **of == tenant).map(|(domain, _)| domain.to_string());
    let domain = known.collect::<Vec<_>>().join(",");
    tracing::info!(%tenant, domain, ?phase, state, "State changed");
    if let Some(failure) = &status.failure {
        log_failure!(warn, failure, { %tenant, domain, state, }, "What is tried fails");
    }
}

fn log_succession(before: &TenantView, after: &TenantView) {
    let successor = before.successor.as_ref().map(|member| member.id);
    if successor.is_some() && after.current.as_ref().map(|member| member.id) == successor {
        tracing::info!(tenant = %after.tenant, "The new keys are in force; the device object of the old ones is removed");
    }
}

/// Changes that a slow watcher may lag behind.
const CHANGES: usize = 256;

#[cfg(test)]
mod tests;
