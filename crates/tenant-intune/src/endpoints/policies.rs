//! The policies that a device gets (intune.md 3.2).

use crate::intune::Intune;
use crate::records::policy::Policy;
use crate::request_context::RequestContext;
use crate::rules::gate::{CHECK_IN, admit, own_device, unknown};
use crate::wire::answer::Answer;
use serde_json::{Value, json};

/// Every policy of the tenant, complete.
pub(crate) fn policies(intune: &mut Intune, context: &RequestContext<'_>) -> Result<Answer, Answer> {
    let who = admit(context, CHECK_IN)?;
    let id = context.path.last().cloned().unwrap_or_default();
    let record = own_device(intune, context, &who, &id, unknown())?;
    record.last_contact = context.now_ms;
    // What a retired device gets is a guess: it has no policies any more (intune.md 8.3, question 5).
    let retired = record.retired;
    let wire = |policy: &Policy| policy.wire(&who.tenant.to_string(), context.knobs.deliver_rules);
    let emptied = context.knobs.policies_empty_after.is_some_and(|times| record.policies_served >= times);
    record.policies_served = record.policies_served.saturating_add(1);
    let list: Vec<Value> = context.knobs.policies.iter().filter(|_| !retired && !emptied).map(wire).collect();
    let count = list.len();
    Ok(Answer::ok(json!({ "policies": list })).fact("intune_device", id).fact("policies", count))
}
