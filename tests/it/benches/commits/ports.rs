//! Twenty registered tenants, a key store in memory, and a network that nobody asks.

use accounts::{FileStamp, FilesOnDisk};
use driver::{Dependencies, Driver};
use executor::{Executor, ExecutorDependencies, IntuneVersion};
use hsm::{HsmError, Job, Keys};
use in_flight::SystemClock;
use lifecycle::{DeviceKeys, EndpointSource, Endpoints, Identity, Intent, Intune, Issued, Snapshot, Stage};
use model::{
    Account, Backend, CertificateDer, ClientVersion, Cloud, CloudProfile, DeviceFacts, DomainName, Guid, Id,
    JoinType, Kdf, KeyHandle, KeyPurpose, MachineBinding, Method, Registration, RsaPublicKey, TenantId,
    TenantPin, Timestamp,
};
use std::path::Path;
use std::sync::Arc;
use store::Store;
use store_sled::SledStore;
use tenancy::{Change, DomainConfig, Role};
use transport::{Call, ReplyFuture, Transport, TransportError};
use vault::Vault;

/// A driver whose every tenant is registered.
pub(crate) async fn driver(state: &Path) -> Driver {
    let mut store = store(state);
    let pin = |n| Change::Domain {
        domain: domain(n),
        pin: TenantPin { tenant: tenant(n), issuer: "https://issuer.example".to_owned() },
        at: Timestamp::from_secs(1),
    };
    for n in 0..TENANTS {
        store.commit(&[registered(n), snapshot::to_change(&pin(n))]).unwrap();
    }
    let (keys, vault): (Arc<dyn Keys>, _) = (Arc::new(MemoryKeys), Arc::new(Vault::default()));
    let executor = |_| {
        Arc::new(Executor::new(ExecutorDependencies {
            profile: CloudProfile::public(),
            transport: Arc::new(Nowhere),
            keys: keys.clone(),
            vault: vault.clone(),
            version: "0.0.0".to_owned(),
            device: device(),
            kdf: Kdf::default(),
            intune_version: IntuneVersion::fixed(ClientVersion::COMPILED),
        }))
    };
    let dependencies = Dependencies {
        executors: (0..TENANTS).map(|n| (domain(n), executor(n))).collect(),
        facts: tenancy::Facts {
            domains: (0..TENANTS).map(config).collect(),
            backend: Backend::Soft,
            required_backend: None,
            boot_bound: false,
            binding: MachineBinding { components: Vec::new() },
            accounts: accounts::AccountSettings::default(),
            most_prepared: 0,
        },
        store: Box::new(store),
        vault,
        keys,
        clock: Arc::new(SystemClock::start()),
        account_files: Arc::new(NoFiles),
        offline_cost: offline::Cost::USUAL,
        neighbours: Arc::new(Vec::new),
    };
    Driver::start(dependencies).await.unwrap()
}

/// Nobody reads names here.
struct NoFiles;

impl driver::AccountFiles for NoFiles {
    fn local_facts(&self, _: Option<&str>) -> accounts::LocalFacts {
        accounts::LocalFacts::default()
    }

    fn write(&self, _: &names::Snapshot, _: &[names::VerdictOf]) -> std::io::Result<FilesOnDisk> {
        let file = FileStamp { device: 0, inode: 0, size: 0, modified: (0, 0) };
        Ok(FilesOnDisk { names: file, verdicts: file })
    }

    fn on_disk(&self) -> Option<FilesOnDisk> {
        None
    }
}

pub(crate) fn store(state: &Path) -> SledStore {
    std::fs::create_dir_all(state).unwrap();
    SledStore::open(state, &model::Secret::new([7; 32])).unwrap()
}

/// What is remembered of a person.
pub(crate) fn person(n: u32) -> store::Change {
    let upn = format!("person{n}@contoso.com").parse().unwrap();
    snapshot::to_change(&Change::Account(model::AccountPin {
        upn,
        tenant: tenant(0),
        object: Id::new(Guid::from_bytes([7; 16])),
        first_seen: Timestamp::from_secs(1),
        former_since: None,
    }))
}

struct Nowhere;

impl Transport for Nowhere {
    fn send(&self, _: Call) -> ReplyFuture {
        Box::pin(async {
            Err(TransportError::NotSent {
                host: "nowhere.example".to_owned(),
                why: "there is none".to_owned(),
            })
        })
    }
}

struct MemoryKeys;

impl Keys for MemoryKeys {
    fn submit(&self, job: Job) {
        match job {
            // Another handle each time: a record that stays as it is would not be written.
            Job::Rebind(mut key, reply) => {
                if let Some(byte) = key.wrapped.last_mut() {
                    *byte = byte.wrapping_add(1);
                }
                reply.send(Ok(key));
            }
            Job::Destroy(_, reply) | Job::SelfTest(_, reply) => reply.send(Ok(())),
            other => other.refuse(HsmError::Busy),
        }
    }
}

/// The record of a verified identity.
pub(crate) fn registered(n: u32) -> store::Change {
    let key = |purpose| {
        let public = RsaPublicKey { modulus: vec![0xc1; 256], exponent: vec![1, 0, 1] };
        KeyHandle { backend: Backend::Soft, purpose, intent: id(9), public, wrapped: vec![7; 1300] }
    };
    let identity = Identity {
        intent: Intent {
            id: id(9),
            tenant: tenant(n),
            join_type: JoinType::Join,
            backend: Backend::Soft,
            binding: MachineBinding { components: Vec::new() },
            at: Timestamp::from_secs(1),
        },
        keys: DeviceKeys { device: key(KeyPurpose::Device), transport: key(KeyPurpose::Transport) },
        issued: Issued {
            device: id(3),
            certificate: CertificateDer(vec![0x30; 1000]),
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
        owner: Account {
            tenant: tenant(n),
            object: id(4),
            upn: format!("alex@{}", domain(n)).parse().unwrap(),
        },
        registered_at: Timestamp::from_secs(2),
        verified_at: Some(Timestamp::from_secs(3)),
        intune: Intune::None,
        suspended: None,
    };
    let snapshot = Snapshot { stage: Stage::Registered(Box::new(identity)), ..Snapshot::absent(tenant(n)) };
    snapshot::to_change(&Change::Identity { role: Role::Current, snapshot: Box::new(snapshot) })
}

fn config(n: u32) -> DomainConfig {
    DomainConfig {
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
    }
}

pub(crate) fn domain(n: u32) -> DomainName {
    format!("d{n}.example").parse().unwrap()
}

fn tenant(n: u32) -> TenantId {
    id(u8::try_from(n + 1).unwrap())
}

fn id<K>(n: u8) -> Id<K> {
    Id::new(Guid::from_bytes([n; 16]))
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

const TENANTS: u32 = 20;
