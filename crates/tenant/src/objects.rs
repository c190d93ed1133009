//! Device objects as JSON, so that another run can begin with those of this one.

use crate::directory::{Device, Devices};
use crate::world::Tenant;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeSet;
use tenant_wire::keys::PublicParts;

/// The device objects of every tenant, as [`Tenant::objects`] gives them; nothing secret is among them.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objects {
    devices: Vec<Device>,
    /// Thumbprints of certificates whose devices were deleted.
    gone: BTreeSet<String>,
}

impl Tenant {
    /// The device objects, without the tokens and sessions that were obtained with them.
    pub fn objects(&self) -> Objects {
        Objects { devices: self.devices.by_id.values().cloned().collect(), gone: self.devices.gone.clone() }
    }

    /// Replaces every device object.
    pub fn set_objects(&mut self, objects: Objects) {
        self.devices = Devices::default();
        self.devices.gone = objects.gone;
        objects.devices.into_iter().for_each(|device| self.devices.insert(device));
    }
}

/// A public key as two texts in base64.
pub(crate) fn write_key<S: Serializer>(key: &PublicParts, out: S) -> Result<S::Ok, S::Error> {
    (STANDARD.encode(&key.0), STANDARD.encode(&key.1)).serialize(out)
}

/// The other way of [`write_key`].
pub(crate) fn read_key<'de, D: Deserializer<'de>>(input: D) -> Result<PublicParts, D::Error> {
    let (modulus, exponent) = <(String, String)>::deserialize(input)?;
    let bytes = |text: &str| STANDARD.decode(text).map_err(serde::de::Error::custom);
    Ok((bytes(&modulus)?, bytes(&exponent)?))
}
