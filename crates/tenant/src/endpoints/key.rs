//! Windows Hello keys are added to their user (entra.md 9.1).

use crate::request_context::RequestContext;
use crate::rules::bearer::bearer;
use crate::tenant::Tenant;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tenant_model::devices::Device;
use tenant_model::directory::User;
use tenant_model::hello_key::HelloKey;
use tenant_wire::answer::Answer;
use tenant_wire::blob::public_parts;
use tenant_wire::clients::{REGISTRATION, canonical};
use tenant_wire::jwt::BACKDATED_S;
use tenant_wire::key_request::{self, NO_KEY, Refused};
use uuid::Uuid;

/// `POST /EnrollmentServer/key` (entra.md 9.1).
pub(crate) fn add_key(entra: &mut Tenant, context: &RequestContext) -> Answer {
    match judge_key(entra, context) {
        Ok((hash, key, user)) => {
            let (kid, device) = (entra.generator.guid(), key.device);
            entra.hello_keys.insert(hash, key);
            let answer = Answer::ok(json!({ "kid": kid, "upn": user.upn }));
            answer.fact("user", user.upn).fact("device", device).fact("kid", kid)
        }
        Err(refused) => key_request::refusal(refused, &context.ids, context.now),
    }
}

/// In the order of the specification: what is malformed first, then who asks.
fn judge_key(entra: &Tenant, context: &RequestContext) -> Result<(String, HelloKey, User), Refused> {
    let blob = key_request::blob(&context.query, &context.headers, &context.body)?;
    let public = public_parts(&blob).ok_or(NO_KEY)?;
    let claims = bearer(entra, context, |aud| canonical(aud) == REGISTRATION).ok_or(BAD_TOKEN)?;
    let (user, device) = key_owner(entra, &claims)?;
    if !may_add(context, &claims) {
        return Err(NOT_FRESH);
    }
    let key = HelloKey { tenant: device.tenant, user: user.oid, device: device.id, public };
    Ok((STANDARD.encode(Sha256::digest(&blob)), key, user.clone()))
}

/// The user and the device that a token names, which must exist and be usable.
fn key_owner<'a>(entra: &'a Tenant, claims: &Value) -> Result<(&'a User, &'a Device), Refused> {
    let id = |name: &str| claims[name].as_str().and_then(|text| text.parse::<Uuid>().ok());
    let tenant = id("tid").and_then(|id| entra.directories.get(id)).ok_or(BAD_TOKEN)?;
    let device = id("deviceid").and_then(|id| entra.devices.get(id));
    let device = device.filter(|device| device.enabled && device.tenant == tenant.id).ok_or(NO_DEVICE)?;
    let user = claims["upn"].as_str().and_then(|upn| tenant.users.values().find(|it| it.upn == upn));
    Ok((user.filter(|user| user.enabled).ok_or(NO_USER)?, device))
}

/// Entra wants `ngcmfa`, which ages with its token (entra.md 11.2, I9); by the specification any second factor
/// does.
fn may_add(context: &RequestContext, claims: &Value) -> bool {
    let has = |wanted: &str| claims["amr"].as_array().is_some_and(|amr| amr.iter().any(|it| it == wanted));
    let issued_at = claims["iat"].as_i64().unwrap_or_default() + BACKDATED_S;
    let age = context.now.unix_timestamp() - issued_at;
    let fresh = has("ngcmfa") && age <= context.knobs.ngcmfa_lifetime_s;
    fresh || !context.knobs.key_needs_ngcmfa && ["ngcmfa", "mfa", MULTIPLE_AUTHN].into_iter().any(has)
}

const BAD_TOKEN: Refused = (401, "key_token", "The access token is not valid.");

const NO_DEVICE: Refused = (401, "key_device", "The token names no device that may be used.");
const NO_USER: Refused = (401, "key_user", "The token names no user of this directory.");

const NOT_FRESH: Refused = (401, "key_mfa", "The token is not from a fresh second factor.");
const MULTIPLE_AUTHN: &str = "http://schemas.microsoft.com/claims/multipleauthn";
