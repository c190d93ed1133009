//! Users and devices of the stand-in.

use crate::objects::{read_key, write_key};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use tenant_wire::cloud::Cloud;
use tenant_wire::keys::PublicParts;
use uuid::Uuid;

/// One tenant's directory.
#[derive(Debug)]
pub(crate) struct Directory {
    pub(crate) id: Uuid,
    pub(crate) domains: Vec<String>,
    pub(crate) cloud: Cloud,
    pub(crate) users: BTreeMap<Uuid, User>,
}

#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) upn: String,
    pub(crate) oid: Uuid,
    pub(crate) password: String,
    pub(crate) enabled: bool,
    pub(crate) intune: bool,
    pub(crate) home: Option<(String, String)>,
    pub(crate) login: Option<String>,
    /// Wrong passwords in a row.
    pub(crate) wrong_passwords: u32,
    /// Milliseconds since 1970.
    pub(crate) locked_until: i64,
    /// Milliseconds since 1970; what was granted before is revoked.
    pub(crate) signed_out_at: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Device {
    pub(crate) id: Uuid,
    pub(crate) tenant: Uuid,
    pub(crate) name: String,
    pub(crate) owner: Uuid,
    pub(crate) join_type: u64,
    pub(crate) os: String,
    pub(crate) enabled: bool,
    pub(crate) managed: bool,
    pub(crate) compliant: bool,
    pub(crate) joins: u32,
    pub(crate) registered_at: i64,
    pub(crate) keys: DeviceKeys,
    /// Certificates issued for it; the last one counts in views.
    pub(crate) thumbprints: Vec<String>,
}

impl Device {
    /// entra.md 5.4.
    pub(crate) fn trust_type(&self) -> &'static str {
        if self.join_type == 4 { "Workplace" } else { "AzureAd" }
    }
}

/// The two keys of a join, as modulus and exponent in big-endian.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DeviceKeys {
    /// The key of the certificate request.
    #[serde(serialize_with = "write_key", deserialize_with = "read_key")]
    pub(crate) device: PublicParts,
    /// The key that session keys are wrapped for.
    #[serde(serialize_with = "write_key", deserialize_with = "read_key")]
    pub(crate) transport: PublicParts,
}

/// Every device, found by id, by key and by certificate.
#[derive(Debug, Default)]
pub(crate) struct Devices {
    pub(crate) by_id: BTreeMap<Uuid, Device>,
    /// By tenant and SHA-256 of the modulus.
    by_key: BTreeMap<(Uuid, [u8; 32]), Uuid>,
    by_thumbprint: BTreeMap<String, Uuid>,
    by_owner: BTreeMap<Uuid, BTreeSet<Uuid>>,
    /// Certificates of devices that were deleted.
    pub(crate) gone: BTreeSet<String>,
}

impl Devices {
    pub(crate) fn insert(&mut self, device: Device) {
        self.by_key.insert((device.tenant, digest(&device.keys.device.0)), device.id);
        self.by_owner.entry(device.owner).or_default().insert(device.id);
        for thumbprint in &device.thumbprints {
            self.by_thumbprint.insert(thumbprint.clone(), device.id);
            self.gone.remove(thumbprint);
        }
        self.by_id.insert(device.id, device);
    }

    pub(crate) fn remove(&mut self, id: &Uuid) -> Option<Device> {
        let device = self.by_id.remove(id)?;
        self.by_key.remove(&(device.tenant, digest(&device.keys.device.0)));
        self.by_owner.entry(device.owner).or_default().remove(id);
        for thumbprint in &device.thumbprints {
            self.by_thumbprint.remove(thumbprint);
            self.gone.insert(thumbprint.clone());
        }
        Some(device)
    }

    pub(crate) fn with_key(&self, tenant: Uuid, key: &[u8]) -> Option<&Device> {
        self.by_id.get(self.by_key.get(&(tenant, digest(key)))?)
    }

    pub(crate) fn with_thumbprint(&self, thumbprint: &str) -> Option<&Device> {
        self.by_id.get(self.by_thumbprint.get(thumbprint)?)
    }

    /// Whether this certificate was issued for a device that is deleted.
    pub(crate) fn is_gone(&self, thumbprint: &str) -> bool {
        self.gone.contains(thumbprint)
    }

    pub(crate) fn with_name(&self, owner: Uuid, name: &str) -> Option<&Device> {
        let own = self.by_owner.get(&owner)?;
        own.iter().filter_map(|id| self.by_id.get(id)).find(|device| device.name == name)
    }

    pub(crate) fn owned_by(&self, user: Uuid) -> usize {
        self.by_owner.get(&user).map_or(0, BTreeSet::len)
    }
}

fn digest(modulus: &[u8]) -> [u8; 32] {
    Sha256::digest(modulus).into()
}
