//! The join (entra.md 5): the request is judged in full before an object is made.

use crate::request_context::RequestContext;
use crate::rules::bearer::registration_token;
use crate::tenant::Tenant;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tenant_model::devices::{Device, DeviceKeys};
use tenant_model::knobs::{Recognition, Twist};
use tenant_wire::answer::Answer;
use tenant_wire::certificate::{Subject, issue};
use tenant_wire::csr::{csr_key, member, transport_key};
use tenant_wire::sid::sid;
use time::Duration;
use uuid::Uuid;

/// What a join asks for, once judged.
struct Wanted {
    keys: DeviceKeys,
    join_type: u64,
    name: String,
    os: String,
    reuse: bool,
    /// Whether the reply says who is to be a local administrator (entra.md 5.5).
    sids: bool,
    tenant: Uuid,
    user: Uuid,
    upn: String,
}

/// A device object and its certificate, for who the token names.
pub(crate) fn join(entra: &mut Tenant, context: &RequestContext) -> Answer {
    let claims = match registration_token(entra, context) {
        Ok(claims) => claims,
        Err(refusal) => return refusal,
    };
    match judge(entra, context, &claims) {
        Ok(wanted) => register(entra, context, &wanted),
        Err(refusal) => refusal,
    }
}

fn judge(entra: &Tenant, context: &RequestContext, claims: &Value) -> Result<Wanted, Answer> {
    let bad = |why: &str| context.bad_request("error_fail", why);
    let id = |name: &str| claims[name].as_str().and_then(|text| text.parse::<Uuid>().ok());
    let (Some(tenant), Some(user)) = (id("tid"), id("oid")) else {
        return Err(bad("The token names nobody."));
    };
    // A client that names no version is tolerated; the key arrays of 3.0 are not served here.
    if context.query.get("api-version").is_some_and(|version| !["1.0", "2.0"].contains(&version)) {
        return Err(bad("The api-version is not supported: use 1.0 or 2.0."));
    }
    let Ok(Value::Object(body)) = serde_json::from_slice(&context.body) else {
        return Err(bad("The body is no JSON object."));
    };
    let join_type = member(&body, "JoinType").and_then(Value::as_u64);
    let join_type = match join_type {
        Some(kind @ (0 | 4 | 8)) => kind,
        Some(6) => return Err(bad(HYBRID)),
        _ => return Err(bad("The join type is not supported.")),
    };
    let device = csr_key(&body).map_err(|why| bad(why).fact("csr_verified", false))?;
    let transport = transport_key(&body).map_err(bad)?;
    may_join(entra, context, claims, user, join_type)?;
    let text = |name: &str| member(&body, name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let attributes = member(&body, "Attributes").and_then(Value::as_object);
    // Attributes are text or booleans, in any case.
    let set = |name: &str| {
        let value = attributes.and_then(|it| member(it, name)).map(Value::to_string);
        value.is_some_and(|value| value.trim_matches('"').eq_ignore_ascii_case("true"))
    };
    Ok(Wanted {
        keys: DeviceKeys { device, transport },
        join_type,
        name: text("DeviceDisplayName"),
        os: text("OSVersion"),
        reuse: set("ReuseDevice"),
        sids: set("ReturnClientSid"),
        tenant,
        user,
        upn: claims["upn"].as_str().unwrap_or_default().to_owned(),
    })
}

/// entra.md 11.2, I4 to I6.
fn may_join(
    entra: &Tenant,
    context: &RequestContext,
    claims: &Value,
    user: Uuid,
    join_type: u64,
) -> Result<(), Answer> {
    let knobs = &context.knobs;
    let fresh =
        claims["amr"].as_array().is_some_and(|amr| amr.iter().any(|it| it == "mfa" || it == "ngcmfa"));
    if !knobs.registration_allowed {
        let text = "Device registration is switched off for this tenant.";
        return Err(context.bad_request("error_fail", text));
    }
    if !knobs.join_allowed && join_type == 0 {
        let text = "The tenant policy does not allow this user to device join.";
        return Err(context.unauthorised(403, "error_authorization_request_denied", text));
    }
    if knobs.mfa_required_join && !fresh {
        let text = "Multi-factor authentication is required to register a device.";
        return Err(context.unauthorised(403, "error_mfa_required", text));
    }
    if entra.devices.owned_by(user) >= knobs.quota {
        let text = format!(
            "User '{user}' is not eligible to enroll a device of type 'Linux'. Reason 'DeviceCapReached'."
        );
        return Err(context.bad_request("error_directory_quota_exceeded", &text));
    }
    Ok(())
}

fn register(entra: &mut Tenant, context: &RequestContext, wanted: &Wanted) -> Answer {
    let known = match context.knobs.recognition {
        Recognition::M1 => entra.devices.with_key(wanted.tenant, &wanted.keys.device.0),
        Recognition::M2 if wanted.reuse => entra.devices.with_name(wanted.user, &wanted.name),
        Recognition::M2 | Recognition::M3 => None,
    };
    let fresh = uuid::Builder::from_random_bytes(entra.generator.bytes()).into_uuid();
    let mut device = known.cloned().unwrap_or_else(|| Device {
        id: fresh,
        tenant: wanted.tenant,
        name: wanted.name.clone(),
        owner: wanted.user,
        join_type: wanted.join_type,
        os: wanted.os.clone(),
        enabled: true,
        managed: false,
        compliant: false,
        joins: 0,
        registered_at: context.now_ms,
        keys: wanted.keys.clone(),
        thumbprints: Vec::new(),
    });
    let (der, thumbprint) = certify(entra, context, wanted, device.id);
    entra.devices.remove(device.id);
    device.joins += 1;
    device.keys.clone_from(&wanted.keys);
    device.thumbprints.push(thumbprint.clone());
    let id = device.id;
    entra.devices.insert(device);
    let mut answer = Answer::ok(json!({
        "Certificate": { "Thumbprint": thumbprint, "RawBody": STANDARD.encode(der) },
        "User": { "Upn": wanted.upn },
    }));
    if wanted.sids {
        let add: Vec<String> =
            [wanted.user].into_iter().chain(administrators(wanted.tenant)).map(sid).collect();
        answer.set("MembershipChanges", json!([{ "LocalSID": "S-1-5-32-544", "AddSIDs": add }]));
    }
    answer
        .fact("csr_verified", true)
        .fact("device_id", id)
        .fact("thumbprint", thumbprint)
        .fact("join_type", wanted.join_type)
        .fact("user", &wanted.upn)
}

fn certify(entra: &mut Tenant, context: &RequestContext, wanted: &Wanted, device: Uuid) -> (Vec<u8>, String) {
    let twist = context.knobs.certificate_twist;
    let (own, _) = entra.ca.public();
    let (modulus, exponent) = &wanted.keys.device;
    let name = device.to_string();
    let subject = Subject {
        common_name: if twist == Some(Twist::NoDeviceId) { "not-a-device-id" } else { &name },
        device,
        user: wanted.user,
        tenant: if twist == Some(Twist::AnotherTenant) { wanted.user } else { wanted.tenant },
        joined: wanted.join_type != 4,
        modulus: if twist == Some(Twist::AnotherKey) { &own } else { modulus },
        exponent,
        serial: entra.generator.bytes(),
        not_before: if twist == Some(Twist::Expired) {
            context.now - Duration::days(5000)
        } else {
            context.now
        },
    };
    issue(&entra.ca, &subject)
}

/// The objects of the two built-in roles that administer devices, which every tenant has; their ids are invented.
fn administrators(tenant: Uuid) -> [Uuid; 2] {
    [1, 2].map(|role| Uuid::from_u128(tenant.as_u128() ^ role))
}

pub(crate) const HYBRID: &str = "Hybrid join is not served here: this tenant has no on-premises directory.";
