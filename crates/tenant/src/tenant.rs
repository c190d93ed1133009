//! The value that is the whole cloud: what it keeps, and how it begins.

use serde_json::Value;
use std::collections::BTreeMap;
use tenant_model::authorization_code::AuthorizationCode;
use tenant_model::device_code::DeviceCodes;
use tenant_model::devices::Devices;
use tenant_model::directory::Directories;
use tenant_model::grant::Grant;
use tenant_model::hello_key::HelloKey;
use tenant_model::prt::Prt;
use tenant_model::rules::Rules;
use tenant_model::setup::{Setup, SetupError};
use tenant_model::sign_in::SignIn;
use tenant_wire::cloud::Urls;
use tenant_wire::expiring::Expiring;
use tenant_wire::keys::{self, Generator, OwnKey};

/// The whole stand-in cloud: several tenants, their people, devices and codes.
pub struct Tenant {
    pub(crate) urls: Urls,
    pub(crate) generator: Generator,
    pub(crate) directories: Directories,
    pub(crate) devices: Devices,
    pub(crate) codes: DeviceCodes,
    pub(crate) grants: Expiring<Grant>,
    pub(crate) prts: Expiring<Prt>,
    pub(crate) authorization_codes: Expiring<AuthorizationCode>,
    /// Claims of access tokens that nobody can read.
    pub(crate) opaque_tokens: Expiring<Value>,
    /// By the key id that assertions carry.
    pub(crate) hello_keys: BTreeMap<String, HelloKey>,
    /// By the `ctx` of their pages.
    pub(crate) sign_ins: Expiring<SignIn>,
    /// Nonces and when they were issued, in milliseconds since 1970.
    pub(crate) nonces: Expiring<i64>,
    pub(crate) rules: Rules,
    pub(crate) ca: OwnKey,
    pub(crate) signer: OwnKey,
    pub(crate) auto_approve: bool,
    pub(crate) poll_interval: u32,
    /// The service's time at the last request.
    pub(crate) clock_ms: i64,
}

impl Tenant {
    /// A stand-in with the tenants of its seed.
    ///
    /// # Errors
    /// [`SetupError`] for a seed with an id that is no GUID or a user outside the tenant's domains.
    pub fn new(setup: Setup, now_ms: i64) -> Result<Tenant, SetupError> {
        let mut generator = Generator(setup.entropy ^ now_ms.unsigned_abs() << 20 | 1);
        let (ca, signer) = keys::own(setup.keys, setup.entropy)?;
        let directories = Directories::of(&setup.seed, &mut generator)?;
        Ok(Tenant {
            urls: setup.urls,
            generator,
            directories,
            devices: Devices::default(),
            codes: DeviceCodes::default(),
            grants: Expiring::default(),
            prts: Expiring::default(),
            authorization_codes: Expiring::default(),
            opaque_tokens: Expiring::default(),
            nonces: Expiring::default(),
            hello_keys: BTreeMap::new(),
            sign_ins: Expiring::default(),
            rules: Rules::default(),
            ca,
            signer,
            auto_approve: setup.auto_approve,
            poll_interval: setup.poll_interval,
            clock_ms: now_ms,
        })
    }
}

/// How long an expired code is told from one that never was.
pub(crate) const REMEMBERED_MS: i64 = 3_600_000;
