//! What a resource reads in an access token.

use crate::request_context::RequestContext;
use crate::tenant::Tenant;
use serde_json::Value;
use tenant_wire::answer::Answer;
use tenant_wire::clients::{REGISTRATION, canonical};
use tenant_wire::jwt;
use uuid::Uuid;

/// The tenant that an access token names, valid or not.
pub(crate) fn tenant_of_token(entra: &Tenant, token: &str) -> Option<Uuid> {
    let claims = entra.opaque_tokens.get(token).cloned().or_else(|| jwt::unproved(token));
    claims?["tid"].as_str()?.parse().ok()
}

/// The claims of the bearer token of a request, if it is for this resource.
pub(crate) fn bearer(
    entra: &Tenant,
    context: &RequestContext,
    resource_ok: impl Fn(&str) -> bool,
) -> Option<Value> {
    let claims = verified(entra, context.bearer.as_deref()?, context.now.unix_timestamp())?;
    claims["aud"].as_str().is_some_and(resource_ok).then_some(claims)
}

/// The claims of a token for registration (entra.md 11.2, I1).
pub(crate) fn registration_token(entra: &Tenant, context: &RequestContext) -> Result<Value, Answer> {
    let claims = bearer(entra, context, |aud| canonical(aud) == REGISTRATION);
    let text = "The access token is not valid.";
    claims.ok_or_else(|| context.unauthorised(401, "error_invalid_token", text))
}

/// The claims of a token that is ours and in time; `now` is in seconds since 1970.
pub(crate) fn verified(entra: &Tenant, token: &str, now: i64) -> Option<Value> {
    let opaque = entra.opaque_tokens.get(token).cloned();
    let claims = opaque.or_else(|| jwt::verify(&entra.signer, token))?;
    let in_time = claims["exp"].as_i64()? > now && claims["nbf"].as_i64()? <= now;
    let issuer = format!("https://sts.windows.net/{}/", claims["tid"].as_str()?);
    (in_time && claims["iss"] == issuer).then_some(claims)
}
