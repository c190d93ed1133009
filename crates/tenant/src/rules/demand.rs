//! Whether a sign-in used the methods that its request or the tenant demands (entra.md 2.9).

use crate::request_context::RequestContext;
use tenant_model::grant::Grant;
use tenant_wire::clients::{REGISTRATION, canonical};
use tenant_wire::demand::Demand;

/// The grant for a request: a fresh second factor is in it only where it is named.
pub(crate) fn with_fresh_factor(demand: &Demand, context: &RequestContext, mut grant: Grant) -> Grant {
    if demand.wants_fresh() && is_fresh(context, &grant) && !grant.has("ngcmfa") {
        grant.amr.push("ngcmfa".to_owned());
    }
    grant
}

/// Whether what led to this grant is enough.
pub(crate) fn is_met(demand: &Demand, context: &RequestContext, grant: &Grant) -> bool {
    demand.is_met_by(|method| match method {
        "ngcmfa" => is_fresh(context, grant),
        _ => grant.has("mfa"),
    })
}

/// Whether the tenant's rules demand a second factor that this grant does not have.
pub(crate) fn is_second_factor_due(context: &RequestContext, resource: &str, grant: &Grant) -> bool {
    let registration = canonical(resource) == REGISTRATION;
    let needed =
        context.knobs.mfa_required_sign_in || (context.knobs.mfa_required_registration && registration);
    needed && !grant.has("mfa") && !grant.has("ngcmfa")
}

/// The grant as it is by now: `ngcmfa` ages, a second factor does not.
pub(crate) fn aged(context: &RequestContext, grant: &Grant) -> Grant {
    let mut grant = grant.clone();
    if !is_fresh(context, &grant) {
        grant.amr.retain(|method| method != "ngcmfa");
    }
    grant
}

/// Whether its second factor is fresh; for how long it stays so is a knob.
fn is_fresh(context: &RequestContext, grant: &Grant) -> bool {
    grant.mfa_at.is_some_and(|at| context.now_ms - at <= context.knobs.ngcmfa_lifetime_s * 1000)
}
