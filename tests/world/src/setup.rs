//! What a world is made of: two tenants with three people each, and a computer that serves both.

use crate::keys::PoolKeys;
use crate::network::{Cloud, Wire};
use executor::{Executor, ExecutorDependencies, IntuneVersion};
use lifecycle::IntuneEnrolment;
use model::{
    Backend, ClientVersion, CloudProfile, DeviceFacts, JoinType, Kdf, MachineBinding, Method, Registration,
    TenantId, Timestamp,
};
use std::sync::{Arc, Mutex};
use tenancy::{DomainConfig, Facts};
use tenant::Tenant;
use tenant_intune::Intune;
use tenant_model::seed::{Seed, SeedUser};
use tenant_model::setup::Setup;
use tenant_wire::cloud::Urls;
use tenant_wire::keys::KeySource;
use vault::Vault;

/// What differs from world to world.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Feeds every generator.
    pub seed: u64,
    /// What the machine is to do about Intune.
    pub intune: IntuneEnrolment,
    /// How many pairs of keys are made ahead of time at the most.
    pub most_prepared: usize,
}

impl Options {
    /// A world without Intune and without keys ahead of time.
    pub fn plain(seed: u64) -> Options {
        Options { seed, intune: IntuneEnrolment::Disabled, most_prepared: 0 }
    }
}

/// How a person signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// UPN that they sign in with.
    pub name: &'static str,
    /// What they type when asked for a password; without it they take a code.
    pub password: Option<&'static str>,
}

impl Person {
    const fn by_code(name: &'static str) -> Person {
        Person { name, password: None }
    }

    /// The same person, who types their password where they are asked for one.
    pub const fn by_password(self) -> Person {
        Person { password: Some(PASSWORD), ..self }
    }
}

/// The first user of the built-in seed, with a code.
pub const ALEX: Person = Person::by_code("alex@contoso.com");
/// The people of contoso; the third has a name in its other domain.
pub const CONTOSO_PEOPLE: [Person; 3] =
    [ALEX, Person::by_code("adele@contoso.com"), Person::by_code("lee@contoso.net")];
/// The people of fabrikam; the second has a name in its other domain.
pub const FABRIKAM_PEOPLE: [Person; 3] = [
    Person::by_code("sam@fabrikam.com"),
    Person::by_code("kim@fabrikam.net"),
    Person::by_code("robin@fabrikam.com"),
];
/// The domains of the two tenants, as they are configured; the others are their aliases.
pub const DOMAINS: [&str; 2] = ["contoso.com", "fabrikam.com"];

pub(crate) const CONTOSO: &str = "11111111-2222-3333-4444-555555555555";
const FABRIKAM: &str = "66666666-7777-8888-9999-aaaaaaaaaaaa";
/// What all of them have as their password.
pub(crate) const PASSWORD: &str = "Correct-Horse-1";

pub(crate) fn contoso() -> TenantId {
    CONTOSO.parse().unwrap()
}

pub(crate) fn fabrikam() -> TenantId {
    FABRIKAM.parse().unwrap()
}

/// When every world begins.
pub(crate) fn beginning() -> Timestamp {
    Timestamp::from_secs(1_800_000_000)
}

pub(crate) fn cloud(seed: u64) -> Arc<Mutex<Cloud>> {
    let setup = Setup {
        seed: people(),
        urls: Urls::Public,
        entropy: seed,
        keys: KeySource::Pool,
        auto_approve: false,
        poll_interval: 1,
    };
    let tenant = Tenant::new(setup, beginning().as_millis()).unwrap();
    let base = "https://fef.msua08.manage.microsoft.com".to_owned();
    let graph = "https://graph.microsoft.com".to_owned();
    let keys = tenant_wire::keys::KeySource::Pool;
    let intune = Intune::new(tenant_intune::Setup { base, graph, entropy: seed, keys }).unwrap();
    Arc::new(Mutex::new(Cloud { tenant, intune }))
}

/// The built-in seed, and a third person in each tenant.
fn people() -> Seed {
    let mut seed = Seed::default();
    seed.tenants[0].domains.push("contoso.net".to_owned());
    for (tenant, person, object) in [
        (0, CONTOSO_PEOPLE[2], "aaaabbbb-cccc-dddd-eeee-ffff00003333"),
        (1, FABRIKAM_PEOPLE[2], "bbbbcccc-dddd-eeee-ffff-000011114444"),
    ] {
        let (upn, oid) = (person.name.to_owned(), Some(object.to_owned()));
        let user = seed.tenants[tenant].users[0].clone();
        seed.tenants[tenant].users.push(SeedUser { upn, oid, ..user });
    }
    seed
}

/// What the tenancy must know of this computer, whose number is that of the machine that the disk is in.
pub(crate) fn facts(options: Options, machine: u8) -> Facts {
    Facts {
        domains: [("contoso.com", "contoso.net"), ("fabrikam.com", "fabrikam.net")]
            .map(|(name, alias)| domain(options, name, alias))
            .to_vec(),
        backend: Backend::Soft,
        required_backend: None,
        boot_bound: false,
        binding: MachineBinding { components: vec![("machine-id".to_owned(), machine.to_string())] },
        // Nobody has an account of this computer.
        accounts: Default::default(),
        most_prepared: options.most_prepared,
    }
}

fn domain(options: Options, name: &str, alias: &str) -> DomainConfig {
    DomainConfig {
        name: name.parse().unwrap(),
        cloud: model::Cloud::Public,
        aliases: vec![alias.parse().unwrap()],
        tenant: None,
        people: None,
        groups: Vec::new(),
        tells_groups: false,
        join_type: JoinType::Join,
        device: device_facts(),
        registration: Registration::Background,
        sign_in: Method::Auto,
        intune: options.intune,
    }
}

pub(crate) fn executor(keys: &Arc<PoolKeys>, wire: &Arc<Wire>, vault: &Arc<Vault>) -> Executor {
    Executor::new(ExecutorDependencies {
        profile: CloudProfile::public(),
        transport: wire.clone(),
        keys: keys.clone(),
        vault: vault.clone(),
        version: "0.0.0".to_owned(),
        device: device_facts(),
        kdf: Kdf::default(),
        intune_version: IntuneVersion::fixed(ClientVersion::COMPILED),
    })
}

fn device_facts() -> DeviceFacts {
    DeviceFacts {
        display_name: "lap-0042".to_owned(),
        os_version: "Unknown".to_owned(),
        os_id: "Unknown".to_owned(),
        os_version_id: "Unknown".to_owned(),
        arch: "x86_64".to_owned(),
        manufacturer: "Unknown".to_owned(),
    }
}
