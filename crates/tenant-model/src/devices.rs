//! The device objects of every tenant, how they are found, and how another run begins with them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use tenant_wire::keys::PublicParts;
use uuid::Uuid;

/// One device object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Device {
    /// Entra device id: `deviceId` of the directory, `deviceid` of tokens.
    pub id: Uuid,
    /// Id of the tenant that it was joined to.
    pub tenant: Uuid,
    /// `DeviceDisplayName` of its first join.
    pub name: String,
    /// Object id of the registered owner.
    pub owner: Uuid,
    /// `JoinType` of entra.md 5.1: 0 joined, 4 registered, 8 joined as a cloud device.
    pub join_type: u64,
    /// `OSVersion` of its first join.
    pub os: String,
    /// Whether it may be used.
    pub enabled: bool,
    /// Whether Intune manages it.
    pub managed: bool,
    /// Whether Intune calls it compliant.
    pub compliant: bool,
    /// How many joins led to this object.
    pub joins: u32,
    /// Milliseconds since 1970.
    pub registered_at: i64,
    /// The keys of its last join.
    pub keys: DeviceKeys,
    /// Of the certificates issued for it (SHA-1, 40 upper-case hex digits); the last one counts in views.
    pub thumbprints: Vec<String>,
}

impl Device {
    /// `trustType` of the directory (entra.md 5.4).
    pub fn trust_type(&self) -> &'static str {
        if self.join_type == 4 { "Workplace" } else { "AzureAd" }
    }
}

/// The two keys of a join, as modulus and exponent in big-endian.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeviceKeys {
    /// The key of the certificate request.
    #[serde(serialize_with = "write_key", deserialize_with = "read_key")]
    pub device: PublicParts,
    /// The key that session keys are wrapped for.
    #[serde(serialize_with = "write_key", deserialize_with = "read_key")]
    pub transport: PublicParts,
}

/// Every device, found by id, by key and by certificate.
#[derive(Debug, Default)]
pub struct Devices {
    by_id: BTreeMap<Uuid, Device>,
    /// By tenant and SHA-256 of the modulus.
    by_key: BTreeMap<(Uuid, [u8; 32]), Uuid>,
    by_thumbprint: BTreeMap<String, Uuid>,
    by_owner: BTreeMap<Uuid, BTreeSet<Uuid>>,
    /// Certificates of devices that were deleted.
    gone: BTreeSet<String>,
}

impl Devices {
    /// The device with this id.
    pub fn get(&self, id: Uuid) -> Option<&Device> {
        self.by_id.get(&id)
    }

    /// The same, to be changed in what it is not found by: not its id, owner, keys or certificates.
    pub fn get_mut(&mut self, id: Uuid) -> Option<&mut Device> {
        self.by_id.get_mut(&id)
    }

    /// Every device, by id.
    pub fn all(&self) -> impl Iterator<Item = &Device> {
        self.by_id.values()
    }

    /// What another run begins with.
    pub fn objects(&self) -> Objects {
        Objects { devices: self.by_id.values().cloned().collect(), gone: self.gone.clone() }
    }

    /// Takes in a device under a new id, or in place of one that was removed.
    pub fn insert(&mut self, device: Device) {
        self.by_key.insert((device.tenant, digest(&device.keys.device.0)), device.id);
        self.by_owner.entry(device.owner).or_default().insert(device.id);
        for thumbprint in &device.thumbprints {
            self.by_thumbprint.insert(thumbprint.clone(), device.id);
            self.gone.remove(thumbprint);
        }
        self.by_id.insert(device.id, device);
    }

    /// Deletes a device and remembers its certificates.
    pub fn remove(&mut self, id: Uuid) -> Option<Device> {
        let device = self.by_id.remove(&id)?;
        self.by_key.remove(&(device.tenant, digest(&device.keys.device.0)));
        self.by_owner.entry(device.owner).or_default().remove(&id);
        for thumbprint in &device.thumbprints {
            self.by_thumbprint.remove(thumbprint);
            self.gone.insert(thumbprint.clone());
        }
        Some(device)
    }

    /// The device of a tenant that joined with the key of this modulus (big-endian).
    pub fn with_key(&self, tenant: Uuid, key: &[u8]) -> Option<&Device> {
        self.by_id.get(self.by_key.get(&(tenant, digest(key)))?)
    }

    /// The device that a certificate was issued for.
    pub fn with_thumbprint(&self, thumbprint: &str) -> Option<&Device> {
        self.by_id.get(self.by_thumbprint.get(thumbprint)?)
    }

    /// Whether this certificate was issued for a device that is deleted.
    pub fn is_gone(&self, thumbprint: &str) -> bool {
        self.gone.contains(thumbprint)
    }

    /// A device of this owner with this display name.
    pub fn with_name(&self, owner: Uuid, name: &str) -> Option<&Device> {
        let own = self.by_owner.get(&owner)?;
        own.iter().filter_map(|id| self.by_id.get(id)).find(|device| device.name == name)
    }

    /// How many devices a user owns.
    pub fn owned_by(&self, user: Uuid) -> usize {
        self.by_owner.get(&user).map_or(0, BTreeSet::len)
    }
}

impl From<Objects> for Devices {
    fn from(objects: Objects) -> Devices {
        let mut devices = Devices { gone: objects.gone, ..Devices::default() };
        objects.devices.into_iter().for_each(|device| devices.insert(device));
        devices
    }
}

/// The device objects of every tenant as JSON; nothing secret is among them.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objects {
    devices: Vec<Device>,
    /// Thumbprints of certificates whose devices were deleted.
    gone: BTreeSet<String>,
}

/// A public key as two texts in base64.
fn write_key<S: Serializer>(key: &PublicParts, out: S) -> Result<S::Ok, S::Error> {
    (STANDARD.encode(&key.0), STANDARD.encode(&key.1)).serialize(out)
}

/// The other way of [`write_key`].
fn read_key<'de, D: Deserializer<'de>>(input: D) -> Result<PublicParts, D::Error> {
    let (modulus, exponent) = <(String, String)>::deserialize(input)?;
    let bytes = |text: &str| STANDARD.decode(text).map_err(serde::de::Error::custom);
    Ok((bytes(&modulus)?, bytes(&exponent)?))
}

fn digest(modulus: &[u8]) -> [u8; 32] {
    Sha256::digest(modulus).into()
}
