//! The device authorization grant (entra.md 2.3).

use crate::replies::token::redeem;
use crate::request_context::RequestContext;
use crate::rules::client::unknown_client;
use crate::rules::policy::refused_by_list;
use crate::rules::tenants::{is_at, tenant_of_path};
use crate::tenant::{REMEMBERED_MS, Tenant};
use crate::wish::{DEVICE_CODE, Wish};
use serde_json::json;
use tenant_model::device_code::{CodeState, DeviceCode};
use tenant_model::grant::Grant;
use tenant_model::knobs::DeviceCodeBlock;
use tenant_wire::answer::Answer;
use tenant_wire::clients::DEFAULT_RESOURCE;
use tenant_wire::forms::Form;
use tenant_wire::keys::TOKEN_ALPHABET;
use uuid::Uuid;

/// Codes for a person on another device.
pub(crate) fn device_code(entra: &mut Tenant, context: &RequestContext) -> Answer {
    let form = Form::parse(&context.body);
    let tenant = match tenant_of_path(entra, context) {
        Ok(tenant) => tenant,
        Err(answer) => return answer,
    };
    // Scopes of OpenID Connect alone are for Graph, as those of no resource are.
    let some = form.get("scope").map(|_| DEFAULT_RESOURCE.to_owned());
    let (Some(client), Some(resource)) = (form.get("client_id"), form.resource().or(some)) else {
        let text = "The request body must contain 'client_id' and a scope.";
        return context.error(900_144, "invalid_request", text);
    };
    if let Some(refusal) = unknown_client(entra, context, client, tenant) {
        return refusal;
    }
    if let Some(refusal) = refused_by_list(context, client, &resource, "code_request") {
        return refusal;
    }
    let lives_s = context.knobs.device_code_lives_s;
    let device_code = entra.generator.text(120, TOKEN_ALPHABET);
    let user_code = entra.generator.text(9, CODE_ALPHABET);
    let code = DeviceCode {
        user_code: user_code.clone(),
        tenant,
        client: client.to_owned(),
        resource: resource.clone(),
        scope: form.get("scope").map(str::to_owned),
        claims: form.get("claims").is_some_and(|claims| claims.contains("mfa"))
            || form.get("amr_values").is_some(),
        expires_at: context.now_ms + lives_s * 1000,
        polls: 0,
        state: CodeState::Waiting,
    };
    let until = code.expires_at + REMEMBERED_MS;
    entra.codes.by_device_code.keep(&device_code, code, until, context.now_ms);
    let second = context.path.iter().any(|part| part == "v2.0");
    let uri = if second { "verification_uri" } else { "verification_url" };
    let page = match context.knobs.device_login_page {
        true => format!("https://{}/devicelogin", context.hosts.login),
        false => "https://microsoft.com/devicelogin".to_owned(),
    };
    let message = format!(
        "To sign in, use a web browser to open the page {page} and enter the code {user_code} to authenticate."
    );
    let number = |value: i64| if second { json!(value) } else { json!(value.to_string()) };
    Answer::ok(json!({
        "user_code": user_code, "device_code": device_code, uri: page, "message": message,
        "expires_in": number(lives_s), "interval": number(entra.poll_interval.into()),
    }))
    .fact("tenant", tenant)
    .fact("resource", resource)
    .fact("claims", form.get("claims").is_some())
}

/// The tokens once the person has approved; until then, that they have not.
pub(crate) fn redeem_code(entra: &mut Tenant, context: &RequestContext) -> Answer {
    let form = context.form();
    let secret = form.get("device_code").or(form.get("code")).unwrap_or_default();
    let refuse = |code, error: &str, text: &str| context.error(code, error, text);
    if let Err(refusal) = tenant_of_path(entra, context) {
        return refusal;
    }
    let elsewhere = entra.codes.tenant_of(secret).is_some_and(|tenant| !is_at(entra, context, tenant));
    let auto = auto_approver(entra, secret);
    let Some(code) = entra.codes.by_device_code.get_mut(secret) else {
        return refuse(70_018, "bad_verification_code", "The verification code is not known.");
    };
    code.polls += 1;
    if code.expires_at <= context.now_ms {
        let error = if context.is_v2() { "expired_token" } else { "code_expired" };
        return refuse(70_019, error, "The verification code has expired.");
    }
    if elsewhere || form.get("client_id") != Some(code.client.as_str()) {
        return refuse(70_018, "bad_verification_code", "The code was issued to another client or tenant.");
    }
    if let (Some(user), CodeState::Waiting, 2..) = (auto, code.state, code.polls) {
        code.state = CodeState::Approved(user);
    }
    match code.state {
        CodeState::Waiting => refuse(
            70_016,
            "authorization_pending",
            "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
        ),
        CodeState::Declined => {
            refuse(70_020, "authorization_declined", "The end user denied the authorization request.")
        }
        CodeState::Used => refuse(54_005, "invalid_grant", "OAuth2 code was already redeemed."),
        CodeState::Approved(user) => {
            let code = code.clone();
            let answer = grant_code(entra, context, &form, &code, user);
            if answer.status == 200
                && let Some(code) = entra.codes.by_device_code.get_mut(secret)
            {
                code.state = CodeState::Used;
            }
            answer
        }
    }
}

/// Who approves a code by itself on its second poll: the user of the knob, else the tenant's first.
fn auto_approver(entra: &Tenant, secret: &str) -> Option<Uuid> {
    let code = entra.codes.by_device_code.get(secret)?;
    let knobs = entra.rules.of(Some(code.tenant));
    if !entra.auto_approve || knobs.device_code_blocked == DeviceCodeBlock::BrowserOnly {
        return None;
    }
    let users = &entra.directories.get(code.tenant)?.users;
    let chosen = |name: &String| users.values().find(|user| user.upn == *name);
    let user = knobs.auto_approve_as.as_ref().map_or_else(|| users.values().next(), chosen)?;
    Some(user.oid)
}

fn grant_code(
    entra: &mut Tenant,
    context: &RequestContext,
    form: &Form,
    code: &DeviceCode,
    user: Uuid,
) -> Answer {
    let unasked = context.knobs.second_factor_unasked;
    let amr: &[&str] = match (code.claims, unasked) {
        (true, _) => &["pwd", "mfa", "ngcmfa"],
        (false, true) => &["pwd", "mfa"],
        (false, false) => &["pwd"],
    };
    let plain = Grant::signed_in((code.tenant, user), &code.client, amr, context.now_ms);
    let mfa_at = (code.claims || unasked).then_some(context.now_ms);
    let grant = Grant { mfa_at, from_device_code: true, ..plain };
    let scope = form.get("scope").or(code.scope.as_deref());
    let wish = Wish { resource: &code.resource, means: DEVICE_CODE, scope, ..Wish::of(&grant, form) };
    redeem(entra, context, &wish)
}

const CODE_ALPHABET: &[u8] = b"BCDFGHJKLMNPQRSTVWXYZ23456789";
