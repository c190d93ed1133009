//! A token for the code of `authorize` (entra.md 2.4).

use crate::replies::prt::sealed;
use crate::replies::token::redeem;
use crate::request_context::RequestContext;
use crate::rules::tenants::{is_at, tenant_of_path};
use crate::tenant::Tenant;
use crate::wish::Wish;
use tenant_model::knobs::SealedForm;
use tenant_wire::answer::Answer;
use tenant_wire::clients;

/// Values may have come without escapes; what was asked at `authorize` is what the token is for
/// (entra.md 2.4).
pub(crate) fn redeem_authorization_code(entra: &mut Tenant, context: &RequestContext) -> Answer {
    let form = context.form();
    if let Err(refusal) = tenant_of_path(entra, context) {
        return refusal;
    }
    let secret = form.get("code").unwrap_or_default();
    let Some(code) = entra.authorization_codes.get(secret).cloned() else {
        return context.deny(70_008, "The authorization code is not known.");
    };
    if code.used {
        return context.deny(54_005, "OAuth2 authorization code was already redeemed.");
    }
    if code.expires_at <= context.now_ms {
        return context.deny(70_008, "The authorization code has expired.");
    }
    if form.get("client_id") != Some(code.grant.client.as_str()) || !is_at(entra, context, code.grant.tenant)
    {
        return context.deny(70_000, "The authorization code was issued to another client or tenant.");
    }
    if form.get("redirect_uri") != Some(code.redirect_uri.as_str()) {
        return context.deny(OTHER_REDIRECT_URI, "The redirect URI is not that of the first step.");
    }
    let verifier = form.get("code_verifier").unwrap_or_default();
    if code.challenge.is_some_and(|challenge| !challenge.is_met_by(verifier)) {
        let text = "The code_verifier does not match the code_challenge of the authorization request.";
        return context.deny(OTHER_VERIFIER, text);
    }
    let resource = code.resource.or_else(|| form.resource());
    let resource = resource.as_deref().unwrap_or(clients::DEFAULT_RESOURCE);
    let (nonce, scope) = (code.nonce.as_deref(), form.get("scope").or(code.scope.as_deref()));
    let wish = Wish { resource, means: "authorization_code", scope, nonce, ..Wish::of(&code.grant, &form) };
    let answer = redeem(entra, context, &wish);
    if answer.status != 200 {
        return answer;
    }
    if let Some(code) = entra.authorization_codes.get_mut(secret) {
        code.used = true;
    }
    // The holder of the PRT may ask for the reply under its session key (entra.md 7.6).
    match code.session_key.filter(|_| form.get("windows_api_version").is_some()) {
        Some(key) => sealed(entra, answer, &key, SealedForm::Cbc),
        None => answer,
    }
}

/// \[inferred\]
const OTHER_REDIRECT_URI: u32 = 500_112;
/// RFC 7636 4.6; seen with a verifier that does not match, inferred for one that is missing.
const OTHER_VERIFIER: u32 = 501_481;
