//! Access tokens in three forms (entra.md 2.10).

use crate::request_context::RequestContext;
use crate::tenant::Tenant;
use crate::wish::Wish;
use serde_json::{Value, json};
use tenant_model::directory::User;
use tenant_model::knobs::TokenForm;
use tenant_wire::clients::canonical;
use tenant_wire::jwt::{self, BACKDATED_S, LIFE_S};
use tenant_wire::keys::TOKEN_ALPHABET;

/// An access token in the form that the knobs give its resource.
pub(crate) fn access_token(
    entra: &mut Tenant,
    context: &RequestContext,
    wish: &Wish<'_>,
    user: &User,
    scope: &str,
) -> String {
    let claims = claims(entra, context, wish, user, scope);
    match form(context, wish.resource) {
        TokenForm::Plain => jwt::sign(&entra.signer, &claims),
        TokenForm::HashedNonce => {
            jwt::sign_with_nonce(&entra.signer, &claims, &entra.generator.text(43, TOKEN_ALPHABET))
        }
        TokenForm::Opaque => {
            let token = jwt::five_parts(&entra.signer, &mut entra.generator);
            entra.opaque_tokens.keep(&token, claims, context.now_ms + LIFE_S * 1000, context.now_ms);
            token
        }
    }
}

/// entra.md 11.4, rule 7.
fn claims(entra: &mut Tenant, context: &RequestContext, wish: &Wish<'_>, user: &User, scope: &str) -> Value {
    let (grant, now) = (wish.grant, context.now.unix_timestamp());
    let uti = entra.generator.text(22, TOKEN_ALPHABET);
    let secret = entra.directories.application(&grant.client).is_some_and(|(_, it)| it.secret.is_some());
    let (appidacr, sub) = (if secret { "1" } else { "0" }, jwt::subject(grant.user, &grant.client));
    let mut claims = json!({
        "aud": wish.resource, "iss": format!("https://sts.windows.net/{}/", grant.tenant),
        "iat": now - BACKDATED_S, "nbf": now - BACKDATED_S, "exp": now + LIFE_S,
        "amr": grant.amr, "appid": grant.client, "appidacr": appidacr, "sub": sub, "oid": grant.user.to_string(), "tid": grant.tenant.to_string(),
        "upn": user.upn, "unique_name": user.upn, "name": user.upn, "scp": scope, "uti": uti, "ver": "1.0",
    });
    if let (Value::Object(claims), Some(device)) = (&mut claims, grant.device) {
        claims.insert("deviceid".into(), json!(device.to_string()));
    }
    let api = entra.directories.api(grant.tenant, wish.resource);
    if let (Value::Object(claims), Some(roles)) = (&mut claims, api.map(|api| api.roles_of(&user.upn)))
        && !roles.is_empty()
    {
        claims.insert("roles".into(), json!(roles));
    }
    claims
}

fn form(context: &RequestContext, resource: &str) -> TokenForm {
    let forms = &context.knobs.access_tokens;
    let named = forms.iter().find(|(name, _)| canonical(name).eq_ignore_ascii_case(canonical(resource)));
    let form = named.map(|(_, form)| form).or_else(|| forms.get("*"));
    form.copied().unwrap_or(TokenForm::Plain)
}
