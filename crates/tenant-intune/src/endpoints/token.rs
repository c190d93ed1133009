//! The token for IWService (intune.md 4.4).

use crate::intune::Intune;
use crate::request_context::RequestContext;
use crate::rules::gate::{IW_RESOURCE, RENEWAL, admit};
use crate::wire::answer::Answer;
use serde_json::{Value, json};

/// A token of Intune's own, good for IWService.
pub(crate) fn renew_token(intune: &mut Intune, context: &RequestContext<'_>) -> Result<Answer, Answer> {
    admit(context, RENEWAL)?;
    let token = intune.generator.hex(32) + &intune.generator.hex(32);
    let claims = context.claims.as_ref().unwrap_or(&Value::Null);
    intune.renewed.add(token.clone(), claims, IW_RESOURCE, context.now_ms);
    Ok(Answer::ok(json!({ "Result": { "Token": token } })))
}
