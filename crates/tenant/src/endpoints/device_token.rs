//! A token of a device alone, without a user (entra.md 7.8).

use crate::request_context::RequestContext;
use crate::rules::client::must_be_registered;
use crate::rules::policy::refused_by_list;
use crate::rules::proof::refused_device;
use crate::tenant::Tenant;
use serde_json::json;
use tenant_model::devices::Device;
use tenant_wire::answer::Answer;
use tenant_wire::clients::{DEFAULT_RESOURCE, canonical};
use tenant_wire::jwt::{self, BACKDATED_S, LIFE_S};
use tenant_wire::request::Signed;

/// For a resource that takes such tokens; the reply is in the clear and has no other token.
pub(crate) fn device_token(
    entra: &Tenant,
    context: &RequestContext,
    signed: &Signed,
    device: &Device,
) -> Result<Answer, Answer> {
    let client = signed.claim("client_id").unwrap_or_default();
    let resource = signed.resource().unwrap_or_else(|| DEFAULT_RESOURCE.to_owned());
    let refusal = refused_by_list(context, client, &resource, "device_token");
    if let Some(refusal) = refusal.or_else(|| refused_device(entra, context, device.id)) {
        return Err(refusal);
    }
    let same = |it: &String| canonical(it).eq_ignore_ascii_case(canonical(&resource));
    if !context.knobs.device_token_resources.iter().any(same) {
        return Err(context.refuse(221_000));
    }
    must_be_registered(entra, context, signed)?;
    let now = context.now.unix_timestamp();
    // No `oid`, because no user is meant; which claims the real one has is inferred.
    let claims = json!({
        "aud": resource, "iss": format!("https://sts.windows.net/{}/", device.tenant),
        "tid": device.tenant.to_string(), "iat": now - BACKDATED_S, "nbf": now - BACKDATED_S, "exp": now + LIFE_S,
        "amr": ["rsa"], "appid": client, "deviceid": device.id.to_string(), "sub": device.id.to_string(),
        "idtyp": "device", "ver": "1.0",
    });
    let answer = Answer::ok(json!({
        "token_type": "Bearer", "expires_in": LIFE_S.to_string(), "ext_expires_in": LIFE_S.to_string(),
        "expires_on": (now + LIFE_S).to_string(), "not_before": (now - BACKDATED_S).to_string(),
        "resource": resource, "access_token": jwt::sign(&entra.signer, &claims),
    }));
    Ok(answer.fact("tenant", device.tenant).fact("resource", resource))
}
