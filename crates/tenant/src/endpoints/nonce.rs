//! Nonces of the sign-in service (entra.md 7.1) and of the registration service.

use crate::request_context::RequestContext;
use crate::rules::proof::new_nonce;
use crate::tenant::Tenant;
use serde_json::json;
use tenant_wire::answer::{Answer, stamp};
use tenant_wire::keys::TOKEN_ALPHABET;

/// `srv_challenge`, at any tenant's endpoint.
pub(crate) fn nonce(entra: &mut Tenant, context: &RequestContext) -> Answer {
    Answer::ok(json!({ "Nonce": new_nonce(entra, context) })).header("pragma", "no-cache")
}

/// A nonce that no request of this stand-in asks back.
pub(crate) fn drs_nonce(entra: &mut Tenant, context: &RequestContext) -> Answer {
    let value = entra.generator.text(80, TOKEN_ALPHABET);
    Answer::ok(json!({
        "ReponseStatus": { "message": "Successfully created a nonce", "traceId": context.ids.request, "time": stamp(context.now) },
        "Value": value,
    }))
}
