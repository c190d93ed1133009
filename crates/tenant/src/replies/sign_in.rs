//! A sign-in from page to page (entra.md 2.4): begun, found again, gone on with, ended.

use crate::replies::code::code_or_refusal;
use crate::replies::pages::{WRONG_PAGE, error_page, sign_in_page};
use crate::request_context::RequestContext;
use crate::rules::demand::{is_met, is_second_factor_due};
use crate::tenant::Tenant;
use bytes::Bytes;
use tenant_model::grant::Grant;
use tenant_model::sign_in::{SecondFactor, SignIn, Stage};
use tenant_wire::answer::Answer;
use tenant_wire::demand::Demand;
use tenant_wire::forms::Form;
use tenant_wire::keys::TOKEN_ALPHABET;
use tenant_wire::session::SessionKey;
use uuid::Uuid;

/// Begins a sign-in and shows its first page.
pub(crate) fn begin_sign_in(
    entra: &mut Tenant,
    context: &RequestContext,
    device: Option<Uuid>,
    session_key: Option<SessionKey>,
    stage: Stage,
) -> Answer {
    let mut text = |length| entra.generator.text(length, TOKEN_ALPHABET);
    let (ctx, flow_token, canary) = (text(80), text(120), text(40));
    let expires_at = context.now_ms + context.knobs.sign_in_lives_s * 1000;
    let sign_in = SignIn {
        path: context.path.clone(),
        query: context.query.clone(),
        flow_token,
        canary,
        session: context.ids.request.clone(),
        device,
        session_key,
        name: context.query.get("login_hint").unwrap_or_default().to_owned(),
        stage,
        expires_at,
    };
    entra.sign_ins.keep(&ctx, sign_in, expires_at, context.now_ms);
    sign_in_page(entra, context, &ctx, None)
}

/// The sign-in that a form belongs to; its `ctx` has another name on some pages.
pub(crate) fn posted<'a>(
    entra: &Tenant,
    context: &RequestContext,
    form: &'a Form,
    ctx: &str,
) -> Result<(&'a str, SignIn), Answer> {
    let ctx = form.get(ctx).unwrap_or_default();
    let sign_in = sign_in_at(entra, context, ctx, form.get("flowToken"));
    let sign_in = sign_in.filter(|it| form.get("canary") == Some(it.canary.as_str()));
    let text = "The request is not valid: its page is not known, or is too old.";
    let wrong = || error_page(context, &context.error(WRONG_PAGE, "invalid_request", text));
    Ok((ctx, sign_in.cloned().ok_or_else(wrong)?))
}

/// The sign-in of these two, unless it is over.
pub(crate) fn sign_in_at<'a>(
    entra: &'a Tenant,
    context: &RequestContext,
    ctx: &str,
    flow_token: Option<&str>,
) -> Option<&'a SignIn> {
    let sign_in = entra.sign_ins.get(ctx).filter(|it| it.expires_at > context.now_ms);
    sign_in.filter(|it| flow_token == Some(it.flow_token.as_str()))
}

/// The first request once more, as it would be judged now, about the tenant of its path or of a user's name.
pub(crate) fn resumed(
    entra: &Tenant,
    context: &RequestContext,
    sign_in: &SignIn,
    name: &str,
) -> RequestContext {
    let mut asked = context.clone();
    asked.path.clone_from(&sign_in.path);
    asked.query = sign_in.query.clone();
    asked.body = Bytes::new();
    let known = match &sign_in.stage {
        Stage::SecondFactor(factor) => Some(factor.grant.tenant),
        Stage::KeepSignedIn(grant) => Some(grant.tenant),
        Stage::Password => None,
    };
    let named = || entra.directories.named(asked.path.first()?).map(|directory| directory.id);
    asked.tenant = named().or_else(|| entra.directories.user_named(name).map(|(tenant, _)| tenant)).or(known);
    asked.knobs = entra.rules.of(asked.tenant);
    asked
}

/// The next page of a sign-in whose person is known, or its end.
pub(crate) fn go_on(entra: &mut Tenant, asked: &RequestContext, ctx: &str, grant: Grant) -> Answer {
    let due = !is_met(&Demand::of(&asked.query), asked, &grant)
        || is_second_factor_due(asked, &asked.query.resource().unwrap_or_default(), &grant);
    let next = match due {
        true => Stage::SecondFactor(SecondFactor::of(grant)),
        false if asked.knobs.keep_signed_in_page => Stage::KeepSignedIn(grant),
        false => return end_sign_in(entra, asked, ctx, grant),
    };
    if let Some(sign_in) = entra.sign_ins.get_mut(ctx) {
        sign_in.stage = next;
    }
    sign_in_page(entra, asked, ctx, None)
}

/// Forgets the sign-in and answers with its code.
pub(crate) fn end_sign_in(entra: &mut Tenant, asked: &RequestContext, ctx: &str, grant: Grant) -> Answer {
    let session_key = entra.sign_ins.get(ctx).and_then(|sign_in| sign_in.session_key);
    entra.sign_ins.forget(ctx);
    code_or_refusal(entra, asked, grant, session_key)
}
