//! What proves a device and its PRT: fresh nonces, registered keys, and the state of the object (entra.md 6.4, 7.1, 7.2).

use crate::request_context::RequestContext;
use crate::rules::tenants::is_at;
use crate::tenant::Tenant;
use tenant_model::devices::Device;
use tenant_model::prt::Prt;
use tenant_wire::answer::Answer;
use tenant_wire::certificate::thumbprint;
use tenant_wire::keys::{TOKEN_ALPHABET, public_key};
use tenant_wire::request::Signed;
use uuid::Uuid;

/// A nonce that is ours, and fresh for as long as the knob says.
pub(crate) fn new_nonce(entra: &mut Tenant, context: &RequestContext) -> String {
    let nonce = format!("AwAB{}", entra.generator.text(64, TOKEN_ALPHABET));
    let until = context.now_ms + context.knobs.nonce_lifetime_s * 1000;
    entra.nonces.keep(&nonce, context.now_ms, until, context.now_ms);
    nonce
}

/// Refuses a request without a fresh nonce of ours; using one again is tolerated (entra.md 11.3, rule 6).
pub(crate) fn fresh(entra: &Tenant, context: &RequestContext, signed: &Signed) -> Result<(), Answer> {
    let issued_at = signed.claim("request_nonce").and_then(|nonce| entra.nonces.get(nonce));
    let lifetime = context.knobs.nonce_lifetime_s * 1000;
    if issued_at.is_some_and(|at| context.now_ms - at <= lifetime) {
        return Ok(());
    }
    Err(context.deny(140_000, "Request nonce is not provided, not ours or expired."))
}

/// The device whose registered key signed, and the thumbprint of the certificate that names it.
pub(crate) fn device_that_signed(
    entra: &Tenant,
    context: &RequestContext,
    signed: &Signed,
) -> Result<(Device, String), Answer> {
    let certificate = signed.certificate();
    let certificate =
        certificate.ok_or_else(|| context.deny(NO_CERTIFICATE, "Device information is missing."))?;
    let name = thumbprint(&certificate);
    let Some(device) = entra.devices.with_thumbprint(&name) else {
        let code = if entra.devices.is_gone(&name) { context.knobs.deleted_device_code } else { 50_155 };
        return Err(context.deny(code, "Device authentication failed: the device is not known."));
    };
    let key = public_key(&device.keys.device);
    if key.is_some_and(|key| signed.is_by_device(key)) {
        return Ok((device.clone(), name));
    }
    Err(context.deny(BAD_SIGNATURE, "The assertion's signature does not verify.").fact("device", device.id))
}

/// Why a proved device is not accepted, if it is not.
pub(crate) fn refused_device(entra: &Tenant, context: &RequestContext, id: Uuid) -> Option<Answer> {
    let refuse = |code, text: &str| Some(context.deny(code, text));
    let Some(device) = entra.devices.get(id) else {
        return refuse(context.knobs.deleted_device_code, "The device object was deleted.");
    };
    if context.now_ms < device.registered_at + context.knobs.replication_lag_s * 1000 {
        return refuse(50_155, "Device authentication failed: the device is not known yet.");
    }
    if !device.enabled {
        return refuse(135_011, "Device used during the authentication is disabled.");
    }
    None
}

/// The PRT of a request that its session key signed, with a nonce that is fresh.
pub(crate) fn proved(entra: &Tenant, context: &RequestContext, signed: &Signed) -> Result<Prt, Answer> {
    let prt = signed.claim("refresh_token").and_then(|token| entra.prts.get(token));
    let prt = prt.filter(|prt| prt.expires_at > context.now_ms);
    let prt = prt.ok_or_else(|| context.deny(70_008, "The PRT is not known or has expired."))?;
    if !signed.is_by_session(&prt.session_key) {
        return Err(context.deny(140_001, "The session key is not valid."));
    }
    fresh(entra, context, signed)?;
    if is_at(entra, context, prt.grant.tenant) {
        Ok(prt.clone())
    } else {
        Err(context.deny(70_000, "The PRT was issued for another tenant."))
    }
}

/// Which numbers the real service gives here is not published: both are inferred.
const NO_CERTIFICATE: u32 = 50_187;
const BAD_SIGNATURE: u32 = 50_013;
