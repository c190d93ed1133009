use crate::clock::SystemClock;
use crate::parts::{DomainPart, Parts, Registration};
use crate::pins;
use crate::rekey::RekeyView;
use crate::role::Role;
use crate::self_test::{self, KeyTest};
use crate::session::{self, SignIn};
use crate::shared::Shared;
use crate::spare::{SpareKeys, SpareWait};
use executor::BoundTo;
use lifecycle::{Ask, Event, Snapshot, Stage, Status};
use model::{Account, DomainName, Failure, FailureClass, TenantId, Timestamp, Upn, Who};
use signin::{Memory, UserStatus};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use store::StoreError;
use tokio::sync::{broadcast, watch};

/// The running house: give it people, ask it for its state.
#[derive(Clone)]
pub struct Driver {
    pub(crate) shared: Arc<Shared>,
}

/// Why the driver does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be read at all.
    #[error("the state cannot be read")]
    Store(#[from] StoreError),
}

/// A change of one tenant, for whoever watches.
#[derive(Debug, Clone)]
pub struct Happening {
    /// When.
    pub at: Timestamp,
    /// The tenant's new status.
    pub status: Status,
}

/// One domain, as `status` shows it.
#[derive(Clone)]
pub struct DomainView {
    /// The domain.
    pub domain: DomainName,
    /// Its tenant, once resolved.
    pub tenant: Option<TenantId>,
    /// The status of that tenant's machine, once there is one.
    pub status: Option<Status>,
    /// Why this tenant's state cannot be used (damaged, or written by a newer version).
    pub blocked: Option<Failure>,
    /// What is configured for it; nothing for a domain that is only remembered.
    pub part: Option<DomainPart>,
    /// Everybody's session in the tenant since the start.
    pub users: Vec<UserView>,
    /// The last test of each key of the identity, by the wrapped bytes of its handle.
    pub key_tests: BTreeMap<Vec<u8>, KeyTest>,
    /// The identities that come before and after the one in force, while there are any.
    pub rekey: RekeyView,
    /// What the keys of the identity record of their machine.
    pub bound_to: BoundTo,
}

/// One person's session.
#[derive(Debug, Clone)]
pub struct UserView {
    /// Who.
    pub account: Account,
    /// How far it is.
    pub status: UserStatus,
}

impl DomainView {
    /// Whether there is an identity.
    pub fn is_registered(&self) -> bool {
        self.status.as_ref().is_some_and(|status| matches!(status.snapshot.stage, Stage::Registered(_)))
    }
}

/// A leave that was asked for.
pub struct LeaveStarted {
    /// Every domain that leaves with it.
    pub domains: Vec<DomainName>,
    /// Follows the machine on its way out.
    pub status: watch::Receiver<Status>,
}

impl Driver {
    /// Reads the store, starts one task per known tenant and waits until each knows its last durable state:
    /// whoever asks before that would hear of a machine without identity.
    ///
    /// # Errors
    /// Only when the store as a whole cannot be read: one damaged record blocks its tenant alone.
    pub async fn start(parts: Parts) -> Result<Driver, StartError> {
        let Parts { domains, mut store, vault, keys, backend, insisted, boot_bound, binding, neighbours } =
            parts;
        let found = pins::read(store.as_mut())?;
        let shared = Arc::new(Shared {
            clock: Arc::new(SystemClock),
            vault,
            keys,
            key_tests: Mutex::default(),
            backend,
            insisted,
            boot_bound,
            binding,
            domains,
            neighbours,
            store: Arc::new(Mutex::new(store)),
            memory: Mutex::new(found.pins),
            spare: Mutex::new(found.spare),
            spare_wait: SpareWait::default(),
            tenants: Mutex::default(),
            moves: Mutex::default(),
            users: Mutex::default(),
            blocked: found.blocked,
            happenings: broadcast::channel(HAPPENINGS).0,
            stopped: watch::channel(None).0,
        });
        for (role, snapshot) in found.snapshots {
            match role {
                Role::Current => shared.clone().resume(snapshot).await,
                _ => shared.clone().resume_move(role, snapshot).await,
            }
        }
        let preparing = shared.clone();
        let ends_with_it = preparing.spare_wait.begin();
        tokio::spawn(async move {
            let _held = ends_with_it;
            preparing.prepare_keys().await;
        });
        tokio::spawn(self_test::run(shared.clone()));
        Ok(Driver { shared })
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Starts a person's sign-in.
    ///
    /// # Errors
    /// A failure when the domain of the name is not configured.
    pub fn sign_in(&self, asked: Upn) -> Result<SignIn, Failure> {
        let part = self.shared.part(asked.domain()).ok_or_else(|| unknown_domain(asked.domain()))?;
        if let Some(obstacle) = self.shared.pins().obstacle(&asked) {
            return Err(obstacle);
        }
        Ok(session::start(self.shared.clone(), part.clone(), asked))
    }

    /// What a sign-in under this domain does about the registration.
    pub fn registration(&self, domain: &DomainName) -> Option<Registration> {
        self.part(domain).map(|part| part.registration)
    }

    /// What is configured for this domain.
    pub fn part(&self, domain: &DomainName) -> Option<&DomainPart> {
        self.shared.part(domain)
    }

    /// Every configured domain, and every other domain that still leads to a known tenant.
    pub fn view(&self) -> Vec<DomainView> {
        let mut names: Vec<DomainName> = self.shared.domains.iter().map(|part| part.name.clone()).collect();
        let known: Vec<DomainName> = self.shared.pins().domains.keys().cloned().collect();
        names.extend(known.into_iter().filter(|name| !self.shared.serves(name)));
        names.into_iter().map(|domain| self.shared.view(domain)).collect()
    }

    /// Tenants that no domain leads to any more, where something stayed.
    pub fn left(&self) -> Vec<Snapshot> {
        let pinned: BTreeSet<TenantId> = self.shared.pins().domains.values().map(|pin| pin.tenant).collect();
        let tenants = self.shared.tenants();
        let unpinned = tenants.iter().filter(|(tenant, _)| !pinned.contains(tenant));
        let snapshots = unpinned.map(|(_, handle)| handle.status.borrow().snapshot.clone());
        let others = self.shared.other_snapshots().into_iter().filter(|it| !pinned.contains(&it.tenant));
        snapshots.chain(others).filter(|snapshot| !snapshot.ledger.is_empty()).collect()
    }

    /// Follows the machine of a domain, once the domain has a tenant.
    pub fn follow(&self, domain: &DomainName) -> Option<watch::Receiver<Status>> {
        let tenant = self.shared.tenant_of(domain)?;
        self.shared.tenants().get(&tenant).map(|handle| handle.status.clone())
    }

    /// Every change from now on.
    pub fn happenings(&self) -> broadcast::Receiver<Happening> {
        self.shared.happenings.subscribe()
    }

    /// Asks the machine of a domain to leave its tenant.
    ///
    /// # Errors
    /// A failure when the domain leads to no tenant that this machine knows.
    pub async fn leave(&self, domain: &DomainName, ask: Ask) -> Result<LeaveStarted, Failure> {
        let none = || not_registered(domain, "There is nothing to leave.");
        let tenant = self.shared.tenant_of(domain).ok_or_else(none)?;
        let handle = self.shared.tenants().get(&tenant).cloned().ok_or_else(none)?;
        let domains = self.shared.domains_of(tenant);
        self.shared.ask_others(tenant, ask);
        handle.send(Event::Asked(ask)).await;
        Ok(LeaveStarted { domains, status: handle.status.clone() })
    }

    /// Forgets which object a name was first seen with; false when it was not known.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn forget_account(&self, name: Upn) -> Result<bool, Failure> {
        let known = self.shared.pins().accounts.contains_key(&name);
        self.shared.remember(Memory::ForgetAccount(name)).await.map(|()| known)
    }

    /// Whether a registration waits for the keys that are being made ahead of time.
    pub fn waits_for_keys(&self) -> bool {
        self.shared.spare_wait.is_waited_for()
    }

    /// Waits until none does.
    pub async fn keys_awaited(&self) {
        self.shared.spare_wait.nobody_waits().await;
    }

    /// How far the keys for the next registration are.
    pub fn spare_keys(&self) -> SpareKeys {
        self.shared.spare().kind()
    }

    /// What holds the registrations of other products, one sentence each.
    pub fn neighbours(&self) -> Vec<String> {
        (self.shared.neighbours)()
    }

    /// The driver's clock.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Becomes `Some` when the daemon must end because its state cannot be written.
    pub fn stopped(&self) -> watch::Receiver<Option<Failure>> {
        self.shared.stopped.subscribe()
    }
}

fn unknown_domain(domain: &DomainName) -> Failure {
    Failure::local(
        FailureClass::Denied,
        Who::MachineAdmin,
        "UnknownDomain",
        format!("{domain} is not a domain that this machine serves"),
        "Check the name, or add the domain to the option domain in himmelblau.conf.",
    )
}

pub(crate) fn not_registered(domain: &DomainName, advice: &str) -> Failure {
    Failure::local(
        FailureClass::Gone,
        Who::Nobody,
        "NotRegistered",
        format!("this machine is not registered for {domain}"),
        advice,
    )
}

/// Changes that a slow watcher may lag behind.
const HAPPENINGS: usize = 256;
