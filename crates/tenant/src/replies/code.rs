//! The end of `authorize`: the code, or the refusal (entra.md 2.4).

use crate::replies::pages::error_page;
use crate::request_context::RequestContext;
use crate::rules::policy::{forbid, user_of};
use crate::tenant::{REMEMBERED_MS, Tenant};
use crate::wish::Wish;
use serde_json::Value;
use tenant_model::authorization_code::AuthorizationCode;
use tenant_model::directory::User;
use tenant_model::grant::Grant;
use tenant_model::knobs::AuthorizeRefusal;
use tenant_wire::answer::Answer;
use tenant_wire::clients;
use tenant_wire::delivery::delivered;
use tenant_wire::keys::TOKEN_ALPHABET;
use tenant_wire::pkce::Challenge;
use tenant_wire::session::SessionKey;

/// The code for a person who is known, or the refusal.
pub(crate) fn code_or_refusal(
    entra: &mut Tenant,
    context: &RequestContext,
    grant: Grant,
    session_key: Option<SessionKey>,
) -> Answer {
    let device = grant.device.map(|id| id.to_string()).unwrap_or_default();
    let answer = match may_have_code(entra, context, &grant) {
        Ok(user) => redirect_with_code(entra, context, grant, session_key).fact("user", user.upn),
        Err(refusal) => shown(context, refusal),
    };
    answer.fact("device", device)
}

fn may_have_code(entra: &Tenant, context: &RequestContext, grant: &Grant) -> Result<User, Answer> {
    let resource = context.query.resource();
    let resource = resource.as_deref().unwrap_or(clients::DEFAULT_RESOURCE);
    let wish = Wish { resource, means: "authorize", ..Wish::of(grant, &context.query) };
    let user = user_of(entra, context, &wish)?;
    match forbid(entra, context, &wish, &user) {
        Some(refusal) => Err(refusal),
        None => Ok(user),
    }
}

fn redirect_with_code(
    entra: &mut Tenant,
    context: &RequestContext,
    grant: Grant,
    session_key: Option<SessionKey>,
) -> Answer {
    let query = |name: &str| context.query.get(name).unwrap_or_default();
    let code = format!("0.A{}", entra.generator.text(120, TOKEN_ALPHABET));
    let redirect_uri = query("redirect_uri").to_owned();
    let fields = [("code", code.as_str()), ("state", query("state"))];
    let answer = delivered(&context.query, Answer::ok(Value::Null), &fields);
    let expires_at = context.now_ms + context.knobs.authorization_code_lives_s * 1000;
    let resource = context.query.resource();
    let challenge = Challenge::of(&context.query).unwrap_or_default();
    let entry = AuthorizationCode {
        grant,
        redirect_uri,
        resource,
        scope: context.query.get("scope").map(str::to_owned),
        challenge,
        nonce: context.query.get("nonce").map(str::to_owned),
        session_key,
        expires_at,
        used: false,
    };
    entra.authorization_codes.keep(&code, entry, expires_at + REMEMBERED_MS, context.now_ms);
    answer
}

/// A refusal where the knob wants it.
fn shown(context: &RequestContext, refusal: Answer) -> Answer {
    if context.knobs.authorize_refusal == AuthorizeRefusal::Page {
        return error_page(context, &refusal);
    }
    redirect_with(context, refusal)
}

/// A refusal that goes to the client with its redirect URI.
pub(crate) fn redirect_with(context: &RequestContext, refusal: Answer) -> Answer {
    let member = |name: &str| refusal.member(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (error, text) = (member("error"), member("error_description"));
    let state = context.query.get("state").unwrap_or_default();
    let fields = [("error", error.as_str()), ("error_description", &text), ("state", state)];
    delivered(&context.query, refusal, &fields)
}
