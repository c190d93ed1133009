//! The second factor on the page (entra.md 2.4, step 4): `BeginAuth`, `EndAuth` and the form that finishes.

use crate::replies::pages::{WRONG_PAGE, sign_in_page};
use crate::replies::sign_in::{go_on, posted, resumed, sign_in_at};
use crate::request_context::RequestContext;
use crate::tenant::Tenant;
use serde_json::json;
use tenant_model::sign_in::{Begun, SecondFactor, SignIn, Stage, Verdict};
use tenant_wire::answer::{Answer, stamp};
use tenant_wire::factor_call::FactorCall;
use tenant_wire::forms::Form;

/// `POST urlBeginAuth`: begins the method that the page names, if it is offered.
pub(crate) fn begin_auth(entra: &mut Tenant, context: &RequestContext) -> Answer {
    let call = FactorCall::of(&context.body, &context.headers, &context.query);
    let number = entra.generator.word() % 90 + 10;
    let known = factor_of(entra, context, &call).is_some();
    let offered = context.knobs.second_factors.contains(&call.method);
    if known && offered && call.method != "FidoKey" {
        begin_method(entra, &call.ctx, &call.method, number);
    }
    reply(entra, context, &call)
}

fn begin_method(entra: &mut Tenant, ctx: &str, method: &str, number: u64) {
    if let Some(SignIn { stage: Stage::SecondFactor(factor), .. }) = entra.sign_ins.get_mut(ctx) {
        let number = if method.ends_with("Notification") { number } else { 0 };
        let method = method.to_owned();
        factor.begun = Some(Begun { method, number, polls: 0, verdict: Verdict::Waiting });
    }
}

/// `POST urlEndAuth` with a code, or a poll by either verb.
pub(crate) fn end_auth(entra: &mut Tenant, context: &RequestContext) -> Answer {
    let call = FactorCall::of(&context.body, &context.headers, &context.query);
    if factor_of(entra, context, &call).is_some() {
        look(entra, context, &call.ctx, &call.method, call.code.as_deref());
    }
    reply(entra, context, &call)
}

fn look(entra: &mut Tenant, context: &RequestContext, ctx: &str, method: &str, code: Option<&str>) {
    let auto = entra.auto_approve;
    if let Some(SignIn { stage: Stage::SecondFactor(factor), .. }) = entra.sign_ins.get_mut(ctx)
        && let Some(begun) = factor.begun.as_mut().filter(|it| method.is_empty() || it.method == method)
    {
        begun.look(code, &context.knobs.second_factor_code, auto);
    }
}

/// `POST urlPost` of the page: the proof must have been given, or is in the form of a person without scripts.
pub(crate) fn process_auth(entra: &mut Tenant, context: &RequestContext) -> Answer {
    let form = Form::parse(&context.body);
    let (ctx, sign_in) = match posted(entra, context, &form, "request") {
        Ok(posted) => posted,
        Err(refusal) => return refusal,
    };
    let asked = resumed(entra, context, &sign_in, "");
    if let Some(code) = form.get("otc") {
        let method = form.get("mfaAuthMethod").unwrap_or_default();
        without_script(entra, &asked, ctx, method, code);
    }
    let factor = match entra.sign_ins.get(ctx).map(|it| it.stage.clone()) {
        Some(Stage::SecondFactor(factor)) => factor,
        _ => return sign_in_page(entra, &asked, ctx, None),
    };
    match factor.verdict() {
        Some(Verdict::Approved) => go_on(entra, &asked, ctx, factor.grant.with_second_factor(asked.now_ms)),
        Some(Verdict::Waiting) if form.get("otc").is_some() => sign_in_page(entra, &asked, ctx, None),
        _ => {
            let refusal = asked.deny(NOT_PROVED, "Authentication failed during strong authentication.");
            sign_in_page(entra, &asked, ctx, Some(&refusal))
        }
    }
}

/// Begins the method where it is not at work yet, and looks once.
fn without_script(entra: &mut Tenant, asked: &RequestContext, ctx: &str, method: &str, code: &str) {
    let number = entra.generator.word() % 90 + 10;
    let offered = asked.knobs.second_factors.iter().any(|it| it == method);
    let at_work = match entra.sign_ins.get(ctx).map(|it| &it.stage) {
        Some(Stage::SecondFactor(factor)) => {
            factor.begun.as_ref().is_some_and(|begun| begun.method == method)
        }
        _ => false,
    };
    if offered && !at_work {
        begin_method(entra, ctx, method, number);
    }
    look(entra, asked, ctx, method, Some(code));
}

fn factor_of<'a>(entra: &'a Tenant, context: &RequestContext, call: &FactorCall) -> Option<&'a SecondFactor> {
    let sign_in = sign_in_at(entra, context, &call.ctx, Some(&call.flow_token))?;
    // Clients send it or not, under either name; a wrong one is refused [inferred].
    let canary = context.headers.get("canary").and_then(|value| value.to_str().ok());
    let same = canary.is_none_or(|canary| canary == sign_in.canary);
    if let (Stage::SecondFactor(factor), true) = (&sign_in.stage, same) { Some(factor) } else { None }
}

/// Where the second factor stands.
fn reply(entra: &Tenant, context: &RequestContext, call: &FactorCall) -> Answer {
    let factor = factor_of(entra, context, call);
    let begun = factor.and_then(|factor| factor.begun.as_ref());
    let begun = begun.filter(|begun| call.method.is_empty() || begun.method == call.method);
    let beginning = begun.is_some_and(|begun| begun.polls == 0);
    let (success, retry, value) = match begun.map(|begun| begun.verdict) {
        Some(_) if beginning => (true, false, "Success"),
        Some(Verdict::Approved) => (true, false, "Success"),
        Some(Verdict::Waiting) => (false, true, "AuthenticationPending"),
        Some(Verdict::WrongCode) => (false, false, "OathCodeIncorrect"),
        Some(Verdict::Denied) => (false, false, "PhoneAppDenied"),
        None => (false, false, "InvalidSession"),
    };
    let code = match (success || retry, factor) {
        (true, _) => 0,
        (false, Some(_)) => NOT_PROVED,
        (false, None) => WRONG_PAGE,
    };
    let mut answer = Answer::ok(json!({
        "Success": success, "ResultValue": value, "Message": null, "AuthMethodId": call.method,
        "ErrCode": code, "Retry": retry, "FlowToken": call.flow_token, "Ctx": call.ctx,
        "SessionId": entra.sign_ins.get(&call.ctx).map(|it| &it.session),
        "CorrelationId": context.ids.request, "Timestamp": stamp(context.now),
        "Entropy": begun.map_or(0, |begun| begun.number),
    }));
    answer.rule = (code != 0).then(|| format!("AADSTS{code}"));
    answer.fact("method", &call.method)
}

const NOT_PROVED: u32 = 500_121;
