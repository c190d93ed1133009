//! What proves a device: fresh nonces, registered keys, and the state of the object (entra.md 6.4, 7.1, 7.2).

use crate::asking::Ask;
use crate::codes::TOKEN_ALPHABET;
use crate::world::Tenant;
use serde_json::json;
use tenant_model::devices::Device;
use tenant_wire::answer::Answer;
use tenant_wire::certificate::thumbprint;
use tenant_wire::keys::public_key;
use tenant_wire::request::Signed;
use uuid::Uuid;

impl Tenant {
    /// `srv_challenge`, at any tenant's endpoint.
    pub(crate) fn nonce(&mut self, ask: &Ask) -> Answer {
        Answer::ok(json!({ "Nonce": self.new_nonce(ask) })).header("pragma", "no-cache")
    }

    pub(crate) fn new_nonce(&mut self, ask: &Ask) -> String {
        let nonce = format!("AwAB{}", self.generator.text(64, TOKEN_ALPHABET));
        let until = ask.now_ms + ask.knobs.nonce_lifetime_s * 1000;
        self.nonces.keep(&nonce, ask.now_ms, until, ask.now_ms);
        nonce
    }

    /// Refuses a request without a fresh nonce of ours; using one again is tolerated (entra.md 11.3, rule 6).
    pub(crate) fn fresh(&self, ask: &Ask, signed: &Signed) -> Result<(), Answer> {
        let issued_at = signed.claim("request_nonce").and_then(|nonce| self.nonces.get(nonce));
        let lifetime = ask.knobs.nonce_lifetime_s * 1000;
        if issued_at.is_some_and(|at| ask.now_ms - at <= lifetime) {
            return Ok(());
        }
        Err(ask.deny(140_000, "Request nonce is not provided, not ours or expired."))
    }

    /// The device whose registered key signed, and the thumbprint of the certificate that names it.
    pub(crate) fn device_that_signed(&self, ask: &Ask, signed: &Signed) -> Result<(Device, String), Answer> {
        let certificate = signed.certificate();
        let certificate =
            certificate.ok_or_else(|| ask.deny(NO_CERTIFICATE, "Device information is missing."))?;
        let name = thumbprint(&certificate);
        let Some(device) = self.devices.with_thumbprint(&name) else {
            let code = if self.devices.is_gone(&name) { ask.knobs.deleted_device_code } else { 50_155 };
            return Err(ask.deny(code, "Device authentication failed: the device is not known."));
        };
        let key = public_key(&device.keys.device);
        if key.is_some_and(|key| signed.is_by_device(key)) {
            return Ok((device.clone(), name));
        }
        Err(ask.deny(BAD_SIGNATURE, "The assertion's signature does not verify.").fact("device", device.id))
    }

    /// Why a proved device is not accepted, if it is not.
    pub(crate) fn refused_device(&self, ask: &Ask, id: Uuid) -> Option<Answer> {
        let refuse = |code, text: &str| Some(ask.deny(code, text));
        let Some(device) = self.devices.get(id) else {
            return refuse(ask.knobs.deleted_device_code, "The device object was deleted.");
        };
        if ask.now_ms < device.registered_at + ask.knobs.replication_lag_s * 1000 {
            return refuse(50_155, "Device authentication failed: the device is not known yet.");
        }
        if !device.enabled {
            return refuse(135_011, "Device used during the authentication is disabled.");
        }
        None
    }
}

/// Which numbers the real service gives here is not published: both are inferred.
const NO_CERTIFICATE: u32 = 50_187;
const BAD_SIGNATURE: u32 = 50_013;
