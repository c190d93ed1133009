//! A PRT by a Windows Hello key (entra.md 9.2).

use crate::request_context::RequestContext;
use crate::rules::client::broker_only;
use crate::rules::proof::fresh;
use crate::tenant::Tenant;
use tenant_model::devices::Device;
use tenant_model::grant::Grant;
use tenant_model::hello_key::HelloKey;
use tenant_wire::answer::Answer;
use tenant_wire::keys::public_key;
use tenant_wire::request::{Signed, Signer};
use uuid::Uuid;

/// The user's part of a PRT request with a Hello key (entra.md 7.3, 9.2, 11.1 D5); `username`, and `aud` of
/// the assertion, are not looked at.
pub(crate) fn by_hello(
    entra: &Tenant,
    context: &RequestContext,
    signed: &Signed,
    device: &Device,
) -> Result<Grant, Answer> {
    let client = broker_only(context, signed)?;
    let assertion = signed.claim("assertion").and_then(|text| Signed::read(&text.replace(' ', "+")));
    let assertion = assertion
        .filter(|it| it.header("use") == Some("ngc") && it.signer() == Some(Signer::Device))
        .ok_or_else(|| context.error(50_027, "invalid_request", "The assertion is no JWT of a Hello key."))?;
    let key = hello_key(entra, device.tenant, &assertion);
    let key = key.ok_or_else(|| context.deny(130_004, "The NGC key was not found."))?;
    if !public_key(&key.public).is_some_and(|public| assertion.is_by_device(public)) {
        return Err(context.deny(130_005, "The NGC key signature is not valid."));
    }
    usable_device_of(entra, context, key)?;
    fresh(entra, context, &assertion)?;
    in_time(context, &assertion)?;
    let plain = Grant::signed_in((key.tenant, key.user), client, &HELLO_AMR, context.now_ms);
    Ok(plain.with_device(device.id))
}

/// The key that an assertion names. An issuer that is the name of somebody else does not find it \[inferred\];
/// an old name of its user does.
fn hello_key<'a>(entra: &'a Tenant, tenant: Uuid, assertion: &Signed) -> Option<&'a HelloKey> {
    let key = entra.hello_keys.get(assertion.header("kid")?).filter(|key| key.tenant == tenant)?;
    let named = assertion.claim("iss").and_then(|upn| entra.directories.user_named(upn));
    let same = named.is_none_or(|(_, user)| user.oid == key.user);
    (same && entra.directories.get(tenant)?.users.contains_key(&key.user)).then_some(key)
}

fn usable_device_of(entra: &Tenant, context: &RequestContext, key: &HelloKey) -> Result<(), Answer> {
    let device = entra.devices.get(key.device);
    let device = device.ok_or_else(|| context.deny(130_008, "The device of the NGC key was not found."))?;
    if device.enabled {
        return Ok(());
    }
    Err(context.deny(130_007, "The device of the NGC key is disabled."))
}

/// Refuses an assertion outside its time, where it names one; the clocks may differ by five minutes \[inferred\].
fn in_time(context: &RequestContext, assertion: &Signed) -> Result<(), Answer> {
    let now = context.now.unix_timestamp();
    let ended = assertion.seconds("exp").is_some_and(|end| end + SKEW_S < now);
    let early = assertion.seconds("iat").is_some_and(|begin| begin - SKEW_S > now);
    if !ended && !early {
        return Ok(());
    }
    Err(context.deny(NOT_IN_TIME, "The assertion is not within its valid time range."))
}

/// A Hello key was added after a second factor and counts as one, but not as a fresh one \[inferred\].
const HELLO_AMR: [&str; 1] = ["mfa"];
const SKEW_S: i64 = 300;

/// \[inferred\]: the number that client assertions get.
const NOT_IN_TIME: u32 = 700_024;
