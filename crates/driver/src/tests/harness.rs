//! A network that hangs, panics or answers nothing, keys that do as they are told, a store in memory that can be
//! held, filled or broken, and a clock that is set by hand.

use super::keys::{FakeKeys, Next, key};
use crate::{Dependencies, Driver};
use executor::{Executor, ExecutorDependencies, IntuneVersion};
use hsm::Keys;
use in_flight::Clock;
use lifecycle::{
    DeviceKeys, EndpointSource, Endpoints, Identity, Intent, Intune, Issued, Snapshot, Stage, StateName,
};
use model::{
    Account, Asker, Backend, CertificateDer, ClientVersion, Cloud, CloudProfile, DeviceFacts, DomainName,
    Failure, Guid, Id, JoinType, Kdf, KeyPurpose, MachineBinding, MayRegister, Memory, Method, Registration,
    Requester, TenantId, TenantPin, Timestamp, TokenRef,
};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use store::{Found, RecordKey, Store, StoreError};
use tenancy::{Change, DomainConfig, Event, Role};
use transport::{Call, ReplyFuture, Transport, TransportError};
use vault::Vault;

/// Who asks for the sign-ins.
pub(super) const ASKER: Asker = Asker { by: Requester(1000), may_register: MayRegister::Yes };

/// What the network does with every request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Refuses,
    Hangs,
    Panics,
}

pub(super) struct Net {
    pub(super) line: Mutex<Line>,
    pub(super) sent: AtomicUsize,
    /// Requests that hang and were not abandoned.
    pub(super) hanging: Arc<AtomicUsize>,
}

struct Hanging(Arc<AtomicUsize>);

impl Drop for Hanging {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Transport for Net {
    fn send(&self, _: Call) -> ReplyFuture {
        self.sent.fetch_add(1, Ordering::SeqCst);
        let line = *self.line.lock().unwrap();
        let hanging = self.hanging.clone();
        Box::pin(async move {
            match line {
                Line::Refuses => Err(TransportError::NotSent {
                    host: "host.example".to_owned(),
                    why: "no route".to_owned(),
                }),
                Line::Panics => panic!("on purpose"),
                Line::Hangs => {
                    hanging.fetch_add(1, Ordering::SeqCst);
                    let _abandoned = Hanging(hanging);
                    std::future::pending().await
                }
            }
        })
    }
}

/// Records in memory.
#[derive(Clone, Default)]
pub(super) struct Disk(Arc<(Mutex<DiskState>, Condvar)>);

#[derive(Default)]
pub(super) struct DiskState {
    pub(super) records: BTreeMap<RecordKey, Vec<u8>>,
    /// How many changes each commit had.
    pub(super) commits: Vec<usize>,
    /// Commits do not end while this is set.
    held: bool,
    /// Commits that wait for that.
    pub(super) waiting: usize,
    pub(super) fault: Option<Fault>,
    /// What happens to every commit after so many.
    pub(super) fault_after: Option<(usize, Fault)>,
    /// How often the records can still be listed, where that is limited.
    pub(super) lists: Option<usize>,
}

#[derive(Clone, Copy)]
pub(super) enum Fault {
    Full,
    Panics,
}

impl Disk {
    pub(super) fn state<T>(&self, look: impl FnOnce(&mut DiskState) -> T) -> T {
        look(&mut self.0.0.lock().unwrap())
    }

    pub(super) fn hold(&self) {
        self.state(|disk| disk.held = true);
    }

    pub(super) fn release(&self) {
        self.state(|disk| disk.held = false);
        self.0.1.notify_all();
    }

    /// Waits, on a thread of its own, until a commit is held.
    pub(super) async fn is_held(&self) {
        wait_for(|| self.state(|disk| disk.waiting > 0)).await;
    }
}

impl Store for Disk {
    fn get(&mut self, key: &RecordKey) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.state(|disk| disk.records.get(key).cloned()))
    }

    fn list(&mut self) -> Result<Vec<Found>, StoreError> {
        self.state(|disk| {
            if disk.lists == Some(0) {
                return Err(StoreError::ReadOnly(std::io::Error::other("gone")));
            }
            disk.lists = disk.lists.map(|left| left - 1);
            Ok(disk.records.iter().map(|(key, bytes)| (key.clone(), Ok(bytes.clone()))).collect())
        })
    }

    fn commit(&mut self, changes: &[store::Change]) -> Result<(), StoreError> {
        let mut disk = self.0.0.lock().unwrap();
        while disk.held {
            disk.waiting += 1;
            disk = self.0.1.wait(disk).unwrap();
            disk.waiting -= 1;
        }
        disk.commits.push(changes.len());
        let late = disk.fault_after.filter(|(commits, _)| disk.commits.len() > *commits);
        match disk.fault.or(late.map(|(_, fault)| fault)) {
            Some(Fault::Full) => return Err(StoreError::ReadOnly(std::io::Error::other("full"))),
            Some(Fault::Panics) => {
                drop(disk);
                panic!("on purpose");
            }
            None => {}
        }
        for change in changes {
            match change {
                store::Change::Put(key, bytes) => drop(disk.records.insert(key.clone(), bytes.clone())),
                store::Change::Delete(key) => drop(disk.records.remove(key)),
                store::Change::GiveUpMissing => {}
            }
        }
        Ok(())
    }
}

pub(super) struct HandClock(AtomicI64, AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(self.0.load(Ordering::SeqCst))
    }

    fn running(&self) -> Duration {
        Duration::from_secs(self.1.load(Ordering::SeqCst).unsigned_abs())
    }
}

impl HandClock {
    fn new() -> HandClock {
        HandClock(AtomicI64::new(1_800_000_000), AtomicI64::new(0))
    }

    pub(super) fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
        self.1.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Somebody sets it.
    pub(super) fn set_by(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

pub(super) struct Rig {
    pub(super) driver: Driver,
    pub(super) net: Arc<Net>,
    pub(super) keys: Arc<FakeKeys>,
    pub(super) disk: Disk,
    pub(super) clock: Arc<HandClock>,
    pub(super) vault: Arc<Vault>,
    pub(super) account_files: Arc<FakeAccountFiles>,
}

impl Rig {
    /// A computer with so many domains, each of a tenant of its own; nobody registers by a mere start.
    pub(super) async fn new(domains: u8) -> Rig {
        Rig::on(Disk::default(), domains, 0).await
    }

    pub(super) async fn on(disk: Disk, domains: u8, most_prepared: usize) -> Rig {
        Rig::with(disk, (domains, most_prepared), Vec::new()).await
    }

    /// The same, with what the key store does first.
    pub(super) async fn with(
        disk: Disk,
        (domains, most_prepared): (u8, usize),
        script: impl IntoIterator<Item = Next>,
    ) -> Rig {
        Rig::by(disk, facts(domains, most_prepared), script).await
    }

    /// One domain, and passwords are checked here for so long after a sign-in with the network.
    pub(super) async fn alone(disk: Disk, ttl: Option<Duration>) -> Rig {
        let mut facts = facts(1, 0);
        facts.accounts.offline = ttl;
        Rig::by(disk, facts, Vec::new()).await
    }

    async fn by(disk: Disk, facts: tenancy::Facts, script: impl IntoIterator<Item = Next>) -> Rig {
        let line = Mutex::new(Line::Refuses);
        let net = Arc::new(Net { line, sent: AtomicUsize::new(0), hanging: Arc::default() });
        let keys = Arc::new(FakeKeys::default());
        let account_files = Arc::new(FakeAccountFiles::default());
        keys.will(script);
        let clock = Arc::new(HandClock::new());
        let dependencies = dependencies(facts, &disk, (net.clone(), keys.clone()));
        let vault = dependencies.vault.clone();
        let driver = Driver::start(Dependencies {
            clock: clock.clone(),
            account_files: account_files.clone(),
            ..dependencies
        });
        Rig { driver: driver.await.unwrap(), net, keys, disk, clock, vault, account_files }
    }

    /// The domain is known, and its person signed in.
    pub(super) async fn signs_in(&self, n: u8) -> Result<(), Failure> {
        self.knows(n).await?;
        let (asked, account, token) = (person(n), account(n), TokenRef(u64::from(n) + 1));
        let taken = self.driver.inbox.ask(move |caller| Event::SignedIn {
            caller,
            asked,
            asker: ASKER,
            account,
            token,
        });
        taken.await.map(drop)
    }

    pub(super) async fn knows(&self, n: u8) -> Result<(), Failure> {
        let pin = TenantPin { tenant: tenant(n), issuer: "https://issuer.example".to_owned() };
        let memory = Memory::Domain { domain: domain(n), pin };
        self.driver.inbox.ask(move |caller| Event::Learnt { caller, memory }).await.map(drop)
    }

    /// Waits until the machine of a domain is in this state.
    pub(super) async fn is(&self, n: u8, state: StateName) {
        wait_for(|| self.driver.follow(&domain(n)).is_some_and(|status| status.borrow().state == state))
            .await;
    }
}

/// What a driver acts upon, with this network and these keys.
pub(super) fn dependencies(
    facts: tenancy::Facts,
    disk: &Disk,
    (transport, keys): (Arc<dyn Transport>, Arc<dyn Keys>),
) -> Dependencies {
    let vault = Arc::new(Vault::default());
    let executor = || {
        Arc::new(Executor::new(ExecutorDependencies {
            profile: CloudProfile::public(),
            transport: transport.clone(),
            keys: keys.clone(),
            vault: vault.clone(),
            version: "0.0.0".to_owned(),
            device: device(),
            kdf: Kdf::default(),
            intune_version: IntuneVersion::fixed(ClientVersion::COMPILED),
        }))
    };
    Dependencies {
        executors: facts.domains.iter().map(|it| (it.name.clone(), executor())).collect(),
        facts,
        store: Box::new(disk.clone()),
        vault: vault.clone(),
        keys: keys.clone(),
        clock: Arc::new(HandClock::new()),
        account_files: Arc::new(FakeAccountFiles::default()),
        offline_cost: offline::Cost { memory: 64, passes: 1 },
        neighbours: Arc::new(Vec::new),
    }
}

/// Waits for a condition, and not for ever.
pub(super) async fn wait_for(mut condition: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !condition() {
        assert!(begun.elapsed().as_secs() < 20, "it did not come to that");
        tokio::task::yield_now().await;
        std::thread::yield_now();
    }
}

pub(super) fn facts(domains: u8, most_prepared: usize) -> tenancy::Facts {
    let config = |n| DomainConfig {
        name: domain(n),
        cloud: Cloud::Public,
        aliases: Vec::new(),
        tenant: None,
        people: None,
        groups: Vec::new(),
        tells_groups: false,
        join_type: JoinType::Join,
        device: device(),
        registration: Registration::Background,
        sign_in: Method::Auto,
        intune: lifecycle::IntuneEnrolment::Disabled,
    };
    tenancy::Facts {
        domains: (0..domains).map(config).collect(),
        backend: Backend::Soft,
        required_backend: None,
        boot_bound: false,
        binding: MachineBinding { components: Vec::new() },
        accounts: accounts::AccountSettings {
            domains: (0..domains).map(account_domain).collect(),
            ..accounts::AccountSettings::default()
        },
        most_prepared,
    }
}

fn account_domain(n: u8) -> accounts::AccountDomain {
    accounts::AccountDomain {
        name: domain(n),
        range: names::IdRange::DEFAULT,
        home_prefix: "/home/".to_owned(),
        home_name: names::HomeName::Upn,
        shell: "/bin/sh".to_owned(),
        admitted: None,
        admitted_groups: Vec::new(),
        sudo_people: Vec::new(),
        sudo_groups: Vec::new(),
    }
}

/// What was written of accounts, and whether it can be.
#[derive(Default)]
pub(super) struct FakeAccountFiles {
    pub(super) written: Mutex<Vec<(names::Snapshot, Vec<names::VerdictOf>)>>,
    pub(super) refuses: std::sync::atomic::AtomicBool,
    pub(super) facts: Mutex<accounts::LocalFacts>,
    /// What is on the disk; a further write makes other files.
    pub(super) on_disk: Mutex<Option<accounts::FilesOnDisk>>,
    /// The home that was asked about last.
    pub(super) looked_at: Mutex<Option<String>>,
    /// For so long nothing is said of a home.
    pub(super) silent_for: Mutex<std::time::Duration>,
}

impl crate::AccountFiles for FakeAccountFiles {
    fn local_facts(&self, home: Option<&str>) -> accounts::LocalFacts {
        *self.looked_at.lock().unwrap() = home.map(str::to_owned);
        std::thread::sleep(*self.silent_for.lock().unwrap());
        self.facts.lock().unwrap().clone()
    }

    fn write(
        &self,
        names: &names::Snapshot,
        verdicts: &[names::VerdictOf],
    ) -> std::io::Result<accounts::FilesOnDisk> {
        if self.refuses.load(Ordering::SeqCst) {
            return Err(std::io::Error::other("the disk is full"));
        }
        let mut written = self.written.lock().unwrap();
        written.push((names.clone(), verdicts.to_vec()));
        let file = accounts::FileStamp { device: 1, inode: written.len() as u64, size: 1, modified: (1, 1) };
        let files = accounts::FilesOnDisk { names: file, verdicts: file };
        *self.on_disk.lock().unwrap() = Some(files);
        Ok(files)
    }

    fn on_disk(&self) -> Option<accounts::FilesOnDisk> {
        *self.on_disk.lock().unwrap()
    }
}

pub(super) fn domain(n: u8) -> DomainName {
    format!("d{n}.example").parse().unwrap()
}

pub(super) fn person(n: u8) -> model::Upn {
    format!("alex@d{n}.example").parse().unwrap()
}

pub(super) fn tenant(n: u8) -> TenantId {
    Id::new(Guid::from_bytes([n + 1; 16]))
}

pub(super) fn account(n: u8) -> Account {
    Account { tenant: tenant(n), object: Id::new(Guid::from_bytes([n + 101; 16])), upn: person(n) }
}

fn device() -> DeviceFacts {
    let unknown = || "Unknown".to_owned();
    DeviceFacts {
        display_name: "lap".to_owned(),
        os_version: unknown(),
        os_id: unknown(),
        os_version_id: unknown(),
        arch: unknown(),
        manufacturer: unknown(),
    }
}

/// The record of a verified identity in a tenant, with keys in software.
pub(super) fn registered(n: u8) -> (RecordKey, Vec<u8>) {
    let intent = Id::new(Guid::from_bytes([n + 9; 16]));
    let key = |purpose| key(Backend::Soft, purpose, intent);
    let (device, transport) = (key(KeyPurpose::Device), key(KeyPurpose::Transport));
    let identity = Identity {
        intent: Intent {
            id: intent,
            tenant: tenant(n),
            join_type: JoinType::Join,
            backend: Backend::Soft,
            binding: MachineBinding { components: Vec::new() },
            at: Timestamp::from_secs(1),
        },
        keys: DeviceKeys { device, transport },
        issued: Issued {
            device: Id::new(Guid::from_bytes([3; 16])),
            certificate: CertificateDer(vec![0x30, 0]),
            thumbprint: "AB".repeat(20),
            not_before: Timestamp::from_secs(0),
            not_after: Timestamp::from_secs(4_000_000_000),
            warnings: Vec::new(),
        },
        endpoints: Endpoints {
            join: "https://drs.example/device/".to_owned(),
            join_version: "2.0".to_owned(),
            source: EndpointSource::Documented,
        },
        owner: account(n),
        registered_at: Timestamp::from_secs(2),
        verified_at: Some(Timestamp::from_secs(3)),
        intune: Intune::None,
        suspended: None,
    };
    let snapshot = Snapshot { stage: Stage::Registered(Box::new(identity)), ..Snapshot::absent(tenant(n)) };
    let change = Change::Identity { role: Role::Current, snapshot: Box::new(snapshot) };
    match snapshot::to_change(&change) {
        store::Change::Put(key, bytes) => (key, bytes),
        store::Change::Delete(_) | store::Change::GiveUpMissing => panic!("it is written"),
    }
}
