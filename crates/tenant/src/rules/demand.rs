//! Which methods a sign-in must have used (entra.md 2.9): `amr_values`, and `amr` in `claims`.

use crate::request_context::RequestContext;
use serde_json::Value;
use tenant_model::grant::Grant;
use tenant_wire::clients::{REGISTRATION, canonical};
use tenant_wire::forms::Form;

/// The methods that a request asks for, any one of which is enough; only second factors are heard.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Demand(Vec<String>);

impl Demand {
    /// What a query asks for, in either parameter.
    pub(crate) fn of(query: &Form) -> Demand {
        let values = query.get("amr_values").unwrap_or_default();
        let listed = values.split([',', ' ']).map(str::to_owned);
        let claims: Value =
            query.get("claims").and_then(|it| serde_json::from_str(it).ok()).unwrap_or_default();
        let wanted =
            ["access_token", "id_token"].into_iter().flat_map(|token| methods(&claims[token]["amr"]));
        let heard = |method: &String| method == "mfa" || method == "ngcmfa";
        Demand(listed.chain(wanted).filter(heard).collect())
    }

    /// Whether the request names a fresh second factor.
    fn wants_fresh(&self) -> bool {
        self.0.iter().any(|method| method == "ngcmfa")
    }

    /// The grant for this request: a fresh second factor is in it only where it is named.
    pub(crate) fn with_fresh_factor(&self, context: &RequestContext, mut grant: Grant) -> Grant {
        if self.wants_fresh() && is_fresh(context, &grant) && !grant.has("ngcmfa") {
            grant.amr.push("ngcmfa".to_owned());
        }
        grant
    }

    /// Whether what led to this grant is enough.
    pub(crate) fn is_met(&self, context: &RequestContext, grant: &Grant) -> bool {
        let done = |method: &String| match method.as_str() {
            "ngcmfa" => is_fresh(context, grant),
            _ => grant.has("mfa"),
        };
        self.0.is_empty() || self.0.iter().any(done)
    }
}

/// Whether the tenant's rules demand a second factor that this grant does not have.
pub(crate) fn is_second_factor_due(context: &RequestContext, resource: &str, grant: &Grant) -> bool {
    let registration = canonical(resource) == REGISTRATION;
    let needed =
        context.knobs.mfa_required_sign_in || (context.knobs.mfa_required_registration && registration);
    needed && !grant.has("mfa") && !grant.has("ngcmfa")
}

fn methods(amr: &Value) -> Vec<String> {
    let one = amr["value"].as_str().map(str::to_owned);
    let many = amr["values"].as_array().into_iter().flatten().filter_map(|it| Some(it.as_str()?.to_owned()));
    one.into_iter().chain(many).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demand_stands_in_either_parameter() {
        for (query, wanted) in [
            ("", vec![]),
            ("amr_values=pwd", vec![]),
            ("amr_values=ngcmfa", vec!["ngcmfa"]),
            ("amr_values=pwd,mfa", vec!["mfa"]),
            (r#"claims={"access_token":{"amr":{"values":["ngcmfa","mfa"]}}}"#, vec!["ngcmfa", "mfa"]),
            (r#"claims={"id_token":{"amr":{"essential":true,"value":"mfa"}}}"#, vec!["mfa"]),
            (r#"claims={"access_token":{"xms_cc":{"values":["cp1"]}}}"#, vec![]),
            ("claims=x", vec![]),
        ] {
            let demand = Demand::of(&Form::parse(query.as_bytes()));
            assert_eq!(demand, Demand(wanted.into_iter().map(str::to_owned).collect()), "{query}");
        }
    }
}
