//! Which methods a sign-in must have used (entra.md 2.9): `amr_values`, and `amr` in `claims`.

use crate::ask::Ask;
use crate::records::grant::Grant;
use serde_json::Value;
use tenant_wire::clients::{REGISTRATION, canonical};
use tenant_wire::forms::Form;

/// The methods that a request asks for, any one of which is enough; only second factors are heard.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Demand(Vec<String>);

impl Demand {
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

    /// Whether what led to this grant is enough.
    pub(crate) fn is_met(&self, ask: &Ask, grant: &Grant) -> bool {
        let done = |method: &String| match method.as_str() {
            "ngcmfa" => grant.is_fresh(ask),
            _ => grant.has("mfa"),
        };
        self.0.is_empty() || self.0.iter().any(done)
    }
}

/// Whether the tenant's rules demand a second factor that this grant does not have.
pub(crate) fn is_second_factor_due(ask: &Ask, resource: &str, grant: &Grant) -> bool {
    let registration = canonical(resource) == REGISTRATION;
    let needed = ask.knobs.mfa_required_sign_in || (ask.knobs.mfa_required_registration && registration);
    needed && !grant.has("mfa") && !grant.has("ngcmfa")
}

fn methods(amr: &Value) -> Vec<String> {
    let one = amr["value"].as_str().map(str::to_owned);
    let many = amr["values"].as_array().into_iter().flatten().filter_map(|it| Some(it.as_str()?.to_owned()));
    one.into_iter().chain(many).collect()
}

impl Grant {
    /// Whether its second factor is fresh; for how long it stays so is a knob.
    pub(crate) fn is_fresh(&self, ask: &Ask) -> bool {
        self.mfa_at.is_some_and(|at| ask.now_ms - at <= ask.knobs.ngcmfa_lifetime_s * 1000)
    }

    /// The grant as it is by now: `ngcmfa` ages, a second factor does not.
    pub(crate) fn aged(&self, ask: &Ask) -> Grant {
        let mut grant = self.clone();
        if !grant.is_fresh(ask) {
            grant.amr.retain(|method| method != "ngcmfa");
        }
        grant
    }

    /// The grant for a request that names a fresh second factor, which is told only then.
    pub(crate) fn told_to(mut self, ask: &Ask, demand: &Demand) -> Grant {
        if demand.wants_fresh() && self.is_fresh(ask) && !self.has("ngcmfa") {
            self.amr.push("ngcmfa".to_owned());
        }
        self
    }

    /// The grant after a second factor at this moment.
    pub(crate) fn with_second_factor(&self, ask: &Ask) -> Grant {
        let mut grant = Grant { mfa_at: Some(ask.now_ms), ..self.clone() };
        for method in ["mfa", "ngcmfa"] {
            if !grant.has(method) {
                grant.amr.push(method.to_owned());
            }
        }
        grant
    }
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
