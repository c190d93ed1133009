//! The pages of the sign-in, of which one ends it (entra.md 2.4).

use crate::request_context::RequestContext;
use crate::rules::proof::new_nonce;
use crate::tenant::Tenant;
use serde_json::Value;
use tenant_model::sign_in::Stage;
use tenant_wire::answer::{Answer, Body};
use tenant_wire::page::{self, Place};

/// The page where a sign-in stands, with what went wrong on it.
pub(crate) fn sign_in_page(
    entra: &mut Tenant,
    context: &RequestContext,
    ctx: &str,
    fault: Option<&Answer>,
) -> Answer {
    let Some(sign_in) = entra.sign_ins.get(ctx).cloned() else {
        return error_page(context, &context.error(WRONG_PAGE, "invalid_request", "The sign-in is over."));
    };
    let place = Place {
        login: &context.hosts.login,
        tenant: sign_in.path.first().map_or("common", String::as_str),
        session: &sign_in.session,
        canary: &sign_in.canary,
        flow_token: &sign_in.flow_token,
        ctx,
        fault: fault.map(code_and_text),
    };
    let (html, name) = match &sign_in.stage {
        Stage::Password => (page::sign_in(&place, &new_nonce(entra, context), &sign_in.name), "sign-in page"),
        Stage::SecondFactor(_) => {
            let interval_ms = entra.poll_interval.saturating_mul(1000);
            let html = page::second_factor(&place, &context.knobs.second_factors, interval_ms);
            (html, "second-factor page")
        }
        Stage::KeepSignedIn(_) => (page::keep_signed_in(&place), "keep-signed-in page"),
    };
    let mut answer = Answer::with(200, Body::Html(html));
    answer.rule = fault.and_then(|fault| fault.rule.clone()).or_else(|| Some(name.to_owned()));
    answer
}

/// A page that ends the sign-in; its kind is the one that clients know for the number \[inferred\].
pub(crate) fn error_page(context: &RequestContext, refusal: &Answer) -> Answer {
    let (code, text) = code_and_text(refusal);
    let kind = match code {
        50_055 | 50_056 | 50_144 => "ConvergedChangePassword",
        50_072 | 50_079 | 50_203 => "ConvergedProofUpRedirect",
        65_001 => "ConvergedConsent",
        _ => "ConvergedError",
    };
    let place = Place {
        login: &context.hosts.login,
        tenant: "common",
        session: &context.ids.request,
        canary: "canary",
        flow_token: "flow",
        ctx: "context",
        fault: Some((code, text)),
    };
    let mut answer = Answer::with(200, Body::Html(page::end(&place, kind)));
    answer.rule.clone_from(&refusal.rule);
    answer
}

/// AADSTS number and text of a refusal.
fn code_and_text(refusal: &Answer) -> (u64, &str) {
    let code = refusal.member("error_codes").and_then(|codes| codes[0].as_u64()).unwrap_or_default();
    (code, refusal.member("error_description").and_then(Value::as_str).unwrap_or_default())
}

/// \[inferred\]
pub(crate) const WRONG_PAGE: u32 = 165_900;
