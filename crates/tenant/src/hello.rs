//! Windows Hello keys (entra.md 9): added to their user, and used for a PRT.

use crate::asking::Ask;
use crate::prt::{broker_only, with_device};
use crate::token::{BACKDATED_S, Grant};
use crate::world::Tenant;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::ACCEPT;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tenant_model::devices::Device;
use tenant_model::directory::User;
use tenant_wire::answer::Answer;
use tenant_wire::blob::public_parts;
use tenant_wire::clients::{REGISTRATION, canonical};
use tenant_wire::csr::member;
use tenant_wire::drs_error::iso;
use tenant_wire::keys::PublicParts;
use tenant_wire::keys::public_key;
use tenant_wire::request::{Signed, Signer};
use uuid::Uuid;

/// A key of a user, made on a device; it is theirs as long as that device exists.
#[derive(Debug, Clone)]
pub(crate) struct HelloKey {
    tenant: Uuid,
    user: Uuid,
    device: Uuid,
    public: PublicParts,
}

/// Status, rule and text of a refusal.
type Refused = (u16, &'static str, &'static str);

impl Tenant {
    /// `POST /EnrollmentServer/key` (entra.md 9.1).
    pub(crate) fn add_key(&mut self, ask: &Ask) -> Answer {
        match self.judge_key(ask) {
            Ok((hash, key, user)) => {
                let (kid, device) = (self.generator.guid(), key.device);
                self.hello_keys.insert(hash, key);
                let answer = Answer::ok(json!({ "kid": kid, "upn": user.upn }));
                answer.fact("user", user.upn).fact("device", device).fact("kid", kid)
            }
            Err(refused) => key_refusal(ask, refused),
        }
    }

    /// In the order of the specification: what is malformed first, then who asks.
    fn judge_key(&self, ask: &Ask) -> Result<(String, HelloKey, User), Refused> {
        let blob = key_request(ask)?;
        let public = public_parts(&blob).ok_or(NO_KEY)?;
        let claims = self.bearer(ask, |aud| canonical(aud) == REGISTRATION).ok_or(BAD_TOKEN)?;
        let (user, device) = self.key_owner(&claims)?;
        if !may_add(ask, &claims) {
            return Err(NOT_FRESH);
        }
        let key = HelloKey { tenant: device.tenant, user: user.oid, device: device.id, public };
        Ok((STANDARD.encode(Sha256::digest(&blob)), key, user.clone()))
    }

    /// The user and the device that a token names, which must exist and be usable.
    fn key_owner(&self, claims: &Value) -> Result<(&User, &Device), Refused> {
        let id = |name: &str| claims[name].as_str().and_then(|text| text.parse::<Uuid>().ok());
        let tenant = id("tid").and_then(|id| self.directories.get(id)).ok_or(BAD_TOKEN)?;
        let device = id("deviceid").and_then(|id| self.devices.get(id));
        let device = device.filter(|device| device.enabled && device.tenant == tenant.id).ok_or(NO_DEVICE)?;
        let user = claims["upn"].as_str().and_then(|upn| tenant.users.values().find(|it| it.upn == upn));
        Ok((user.filter(|user| user.enabled).ok_or(NO_USER)?, device))
    }

    /// The user's part of a PRT request with a Hello key (entra.md 7.3, 9.2, 11.1 D5); `username`, and `aud` of
    /// the assertion, are not looked at.
    pub(crate) fn by_hello(&self, ask: &Ask, signed: &Signed, device: &Device) -> Result<Grant, Answer> {
        let client = broker_only(ask, signed)?;
        let assertion = signed.claim("assertion").and_then(|text| Signed::read(&text.replace(' ', "+")));
        let assertion = assertion
            .filter(|it| it.header("use") == Some("ngc") && it.signer() == Some(Signer::Device))
            .ok_or_else(|| ask.error(50_027, "invalid_request", "The assertion is no JWT of a Hello key."))?;
        let key = self.hello_key(device.tenant, &assertion);
        let key = key.ok_or_else(|| ask.deny(130_004, "The NGC key was not found."))?;
        if !public_key(&key.public).is_some_and(|public| assertion.is_by_device(public)) {
            return Err(ask.deny(130_005, "The NGC key signature is not valid."));
        }
        self.usable_device_of(ask, key)?;
        self.fresh(ask, &assertion)?;
        in_time(ask, &assertion)?;
        let plain = Grant {
            tenant: key.tenant,
            user: key.user,
            client: client.to_owned(),
            amr: HELLO_AMR.map(str::to_owned).to_vec(),
            mfa_at: None,
            from_device_code: false,
            device: None,
            signed_in_at: ask.now_ms,
        };
        Ok(with_device(&plain, device.id))
    }

    /// The key that an assertion names. An issuer that is the name of somebody else does not find it [inferred];
    /// an old name of its user does.
    fn hello_key(&self, tenant: Uuid, assertion: &Signed) -> Option<&HelloKey> {
        let key = self.hello_keys.get(assertion.header("kid")?).filter(|key| key.tenant == tenant)?;
        let named = assertion.claim("iss").and_then(|upn| self.directories.user_named(upn));
        let same = named.is_none_or(|(_, user)| user.oid == key.user);
        (same && self.directories.get(tenant)?.users.contains_key(&key.user)).then_some(key)
    }

    fn usable_device_of(&self, ask: &Ask, key: &HelloKey) -> Result<(), Answer> {
        let device = self.devices.get(key.device);
        let device = device.ok_or_else(|| ask.deny(130_008, "The device of the NGC key was not found."))?;
        if device.enabled {
            return Ok(());
        }
        Err(ask.deny(130_007, "The device of the NGC key is disabled."))
    }

    /// How many keys a user has; those of a deleted device are gone with it.
    pub(crate) fn hello_keys_of(&self, user: Uuid) -> usize {
        let lives = |key: &&HelloKey| key.user == user && self.devices.get(key.device).is_some();
        self.hello_keys.values().filter(lives).count()
    }
}

/// The blob of a request that is well formed (MS-KPP 3.1.5.1.1.3): version 1.0 as a query or a header, JSON
/// accepted, `kngc` in base64.
fn key_request(ask: &Ask) -> Result<Vec<u8>, Refused> {
    let header = |name| ask.headers.get(name).and_then(|value| value.to_str().ok());
    if ask.query.get("api-version").or_else(|| header("api-version")) != Some("1.0") {
        return Err(BAD_VERSION);
    }
    if !header(ACCEPT.as_str()).is_some_and(|accepted| accepted.contains("application/json")) {
        return Err(BAD_ACCEPT);
    }
    let body: Value = serde_json::from_slice(&ask.body).unwrap_or_default();
    let kngc = body.as_object().and_then(|body| member(body, "kngc")).and_then(Value::as_str);
    kngc.and_then(|text| STANDARD.decode(text).ok()).ok_or(NO_KEY)
}

/// Entra wants `ngcmfa`, which ages with its token (entra.md 11.2, I9); by the specification any second factor
/// does.
fn may_add(ask: &Ask, claims: &Value) -> bool {
    let has = |wanted: &str| claims["amr"].as_array().is_some_and(|amr| amr.iter().any(|it| it == wanted));
    let issued_at = claims["iat"].as_i64().unwrap_or_default() + BACKDATED_S;
    let age = ask.now.unix_timestamp() - issued_at;
    let fresh = has("ngcmfa") && age <= ask.knobs.ngcmfa_lifetime_s;
    fresh || !ask.knobs.key_needs_ngcmfa && ["ngcmfa", "mfa", MULTIPLE_AUTHN].into_iter().any(has)
}

/// Refuses an assertion outside its time, where it names one; the clocks may differ by five minutes [inferred].
fn in_time(ask: &Ask, assertion: &Signed) -> Result<(), Answer> {
    let now = ask.now.unix_timestamp();
    let ended = assertion.seconds("exp").is_some_and(|end| end + SKEW_S < now);
    let early = assertion.seconds("iat").is_some_and(|begin| begin - SKEW_S > now);
    if !ended && !early {
        return Ok(());
    }
    Err(ask.deny(NOT_IN_TIME, "The assertion is not within its valid time range."))
}

/// The error object of MS-KPP 2.2.3.1, and beside it `error`, in which AADInternals looks for the text: which of
/// the two Entra sends is not known, so that one body serves both readers [inferred].
fn key_refusal(ask: &Ask, (status, rule, message): Refused) -> Answer {
    let code = if status == 401 { "unauthorized" } else { "invalid_request" };
    let id = ask.ids.correlation.as_ref().unwrap_or(&ask.ids.request);
    let body = json!({
        "code": code, "message": message, "response": "ERROR_FAIL", "target": "key", "clientrequestid": id,
        "time": iso(ask.now), "innererror": { "trace": "null", "context": "null" },
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

/// A Hello key was added after a second factor and counts as one, but not as a fresh one [inferred].
const HELLO_AMR: [&str; 1] = ["mfa"];
const MULTIPLE_AUTHN: &str = "http://schemas.microsoft.com/claims/multipleauthn";
const SKEW_S: i64 = 300;
/// [inferred]: the number that client assertions get.
const NOT_IN_TIME: u32 = 700_024;
