//! The replies of a PRT (entra.md 7.4), and those that its session key seals (entra.md 7.6).

use crate::replies::token::opaque;
use crate::request_context::RequestContext;
use crate::tenant::{REMEMBERED_MS, Tenant};
use serde_json::{Value, json};
use tenant_model::directory::User;
use tenant_model::grant::Grant;
use tenant_model::knobs::SealedForm;
use tenant_model::prt::Prt;
use tenant_wire::answer::{Answer, Body};
use tenant_wire::forms::Form;
use tenant_wire::jwt::{self, BACKDATED_S};
use tenant_wire::session::{self, SessionKey};

/// The reply of entra.md 7.4: strings and one number, in version 2 numbers alone; no access token.
pub(crate) fn prt_reply(
    entra: &mut Tenant,
    context: &RequestContext,
    form: &Form,
    prt: &Prt,
    user: &User,
) -> Answer {
    let life = context.knobs.prt_lifetime_s;
    // As in any other reply of version 2 [inferred].
    let number = |value: i64| if context.is_v2() { json!(value) } else { json!(value.to_string()) };
    let mut answer = Answer::ok(json!({
        "token_type": "Bearer",
        "expires_in": number(life),
        "ext_expires_in": number(0),
        "expires_on": number(context.now.unix_timestamp() + life),
        "refresh_token": new_prt(entra, context, prt),
        "refresh_token_expires_in": life,
        "id_token": unsigned_id_token(entra, context, &prt.grant, user),
    }));
    if form.get("client_info").is_some() {
        answer.set("client_info", json!(user.client_info(prt.grant.tenant)));
    }
    answer.fact("user", &user.upn).fact("tenant", prt.grant.tenant)
}

/// A new token for what a PRT stands for.
pub(crate) fn new_prt(entra: &mut Tenant, context: &RequestContext, prt: &Prt) -> String {
    let token = opaque(entra, "0.A");
    let expires_at = context.now_ms + context.knobs.prt_lifetime_s * 1000;
    let until = expires_at + REMEMBERED_MS;
    entra.prts.keep(&token, Prt { expires_at, ..prt.clone() }, until, context.now_ms);
    token
}

/// The id_token of entra.md 7.4, which is unsigned by design; `preferred_username` is there for entra.md
/// 11.4, rule 8.
fn unsigned_id_token(entra: &Tenant, context: &RequestContext, grant: &Grant, user: &User) -> String {
    let now = context.now.unix_timestamp();
    let tenant = grant.tenant.to_string();
    let name = entra.directories.get(grant.tenant).and_then(|it| it.domains.first());
    let mut claims = json!({
        "aud": grant.client, "iss": format!("https://sts.windows.net/{tenant}/"),
        "iat": now - BACKDATED_S, "nbf": now - BACKDATED_S, "exp": now + 3600,
        "amr": grant.amr, "ipaddr": "127.0.0.1", "name": user.upn, "oid": user.oid.to_string(),
        "pwd_url": "https://portal.microsoftonline.com/ChangePassword.aspx", "rh": "0.", "sub": jwt::subject(user.oid, &grant.client),
        "tenant_display_name": name, "tid": tenant, "unique_name": user.upn, "upn": user.upn, "ver": "1.0",
        "preferred_username": user.login.as_ref().unwrap_or(&user.upn),
    });
    if let Value::Object(claims) = &mut claims {
        claims.extend(context.knobs.id_token_twist.clone());
    }
    format!("{}.{}.", jwt::part(&json!({ "typ": "JWT", "alg": "none" })), jwt::part(&claims))
}

/// The reply as the holder of this session key reads it (entra.md 7.6).
pub(crate) fn sealed(entra: &mut Tenant, mut answer: Answer, key: &SessionKey, form: SealedForm) -> Answer {
    if let Body::Json(body) = &answer.body {
        let (ctx, plain) = (entra.generator.bytes(), body.to_string());
        let text = match form {
            SealedForm::Cbc => Some(session::seal(key, &ctx, &entra.generator.bytes(), plain.as_bytes())),
            SealedForm::Gcm => session::seal_with_gcm(key, &ctx, &entra.generator.bytes(), plain.as_bytes()),
        };
        answer.body = text.map_or(answer.body, Body::Jwe);
    }
    answer
}
