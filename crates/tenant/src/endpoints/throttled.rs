//! Throttled answers (entra.md 10.3, 11.1 D13), each in the shape of its service.

use crate::request_context::RequestContext;
use crate::tenant::Tenant;
use serde_json::json;
use tenant_wire::answer::Answer;
use tenant_wire::drs_error::DrsError;

/// The refusal of a request that a knob throttles.
pub(crate) fn throttled(entra: &mut Tenant, name: &str, context: &RequestContext) -> Option<Answer> {
    let throttle = entra.rules.take_throttle(context.tenant, name)?;
    let answer = match name {
        "join" | "leave" | "discover" | "drs_nonce" | "key" => busy_registration(context),
        "credential_type" => Answer::ok(json!({ "IfExistsResult": 2, "ThrottleStatus": 1 })),
        _ => context.error(90_055, "temporarily_unavailable", "Too many requests: the tenant is throttled."),
    };
    let answer = Answer { status: throttle.status, rule: Some("throttled".to_owned()), ..answer };
    Some(match &throttle.retry_after {
        Some(wait) => answer.header("retry-after", wait),
        None => answer,
    })
}

/// The text of Windows' documentation; code and subcode are inferred.
fn busy_registration(context: &RequestContext) -> Answer {
    let text = "The server is busy: try again in 300 seconds.";
    let subcode = "error_throttled";
    context.drs_error(DrsError { status: 400, code: "directory_error", subcode, message: text })
}
