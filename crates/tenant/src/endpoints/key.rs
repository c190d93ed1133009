//! Windows Hello keys are added to their user (entra.md 9.1).

use crate::request_context::RequestContext;
use crate::rules::bearer::bearer;
use crate::tenant::Tenant;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::ACCEPT;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tenant_model::devices::Device;
use tenant_model::directory::User;
use tenant_model::hello_key::HelloKey;
use tenant_wire::answer::Answer;
use tenant_wire::blob::public_parts;
use tenant_wire::clients::{REGISTRATION, canonical};
use tenant_wire::csr::member;
use tenant_wire::drs_error::iso;
use tenant_wire::jwt::BACKDATED_S;
use uuid::Uuid;

/// Status, rule and text of a refusal.
pub(crate) type Refused = (u16, &'static str, &'static str);

/// `POST /EnrollmentServer/key` (entra.md 9.1).
pub(crate) fn add_key(entra: &mut Tenant, context: &RequestContext) -> Answer {
    match judge_key(entra, context) {
        Ok((hash, key, user)) => {
            let (kid, device) = (entra.generator.guid(), key.device);
            entra.hello_keys.insert(hash, key);
            let answer = Answer::ok(json!({ "kid": kid, "upn": user.upn }));
            answer.fact("user", user.upn).fact("device", device).fact("kid", kid)
        }
        Err(refused) => key_refusal(context, refused),
    }
}

/// In the order of the specification: what is malformed first, then who asks.
fn judge_key(entra: &Tenant, context: &RequestContext) -> Result<(String, HelloKey, User), Refused> {
    let blob = key_request(context)?;
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

/// The blob of a request that is well formed (MS-KPP 3.1.5.1.1.3): version 1.0 as a query or a header, JSON
/// accepted, `kngc` in base64.
fn key_request(context: &RequestContext) -> Result<Vec<u8>, Refused> {
    let header = |name| context.headers.get(name).and_then(|value| value.to_str().ok());
    if context.query.get("api-version").or_else(|| header("api-version")) != Some("1.0") {
        return Err(BAD_VERSION);
    }
    if !header(ACCEPT.as_str()).is_some_and(|accepted| accepted.contains("application/json")) {
        return Err(BAD_ACCEPT);
    }
    let body: Value = serde_json::from_slice(&context.body).unwrap_or_default();
    let kngc = body.as_object().and_then(|body| member(body, "kngc")).and_then(Value::as_str);
    kngc.and_then(|text| STANDARD.decode(text).ok()).ok_or(NO_KEY)
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

/// The error object of MS-KPP 2.2.3.1, and beside it `error`, in which AADInternals looks for the text: which of
/// the two Entra sends is not known, so that one body serves both readers \[inferred\].
fn key_refusal(context: &RequestContext, (status, rule, message): Refused) -> Answer {
    let code = if status == 401 { "unauthorized" } else { "invalid_request" };
    let id = context.ids.correlation.as_ref().unwrap_or(&context.ids.request);
    let body = json!({
        "code": code, "message": message, "response": "ERROR_FAIL", "target": "key", "clientrequestid": id,
        "time": iso(context.now), "innererror": { "trace": "null", "context": "null" },
        "error": { "code": code, "message": message },
    });
    Answer::refusal(status, rule, body)
}

const BAD_VERSION: Refused = (400, "key_version", "The api-version must be 1.0.");
const BAD_ACCEPT: Refused = (400, "key_accept", "The request must accept application/json.");

const NO_KEY: Refused = (400, "key_blob", "There is no public RSA-2048 key in kngc.");
const BAD_TOKEN: Refused = (401, "key_token", "The access token is not valid.");

const NO_DEVICE: Refused = (401, "key_device", "The token names no device that may be used.");
const NO_USER: Refused = (401, "key_user", "The token names no user of this directory.");

const NOT_FRESH: Refused = (401, "key_mfa", "The token is not from a fresh second factor.");
const MULTIPLE_AUTHN: &str = "http://schemas.microsoft.com/claims/multipleauthn";
