//! Which methods a request demands (entra.md 2.9): `amr_values`, and `amr` in `claims`.

use crate::forms::Form;
use serde_json::Value;

/// The methods that a request asks for, any one of which is enough; only second factors are heard.
#[derive(Debug, PartialEq, Eq)]
pub struct Demand(Vec<String>);

impl Demand {
    /// What a query asks for, in either parameter.
    pub fn of(query: &Form) -> Demand {
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
    pub fn wants_fresh(&self) -> bool {
        self.0.iter().any(|method| method == "ngcmfa")
    }

    /// Whether one of the methods was used, or none is asked for.
    pub fn is_met_by(&self, used: impl Fn(&str) -> bool) -> bool {
        self.0.is_empty() || self.0.iter().any(|method| used(method))
    }
}

fn methods(amr: &Value) -> Vec<String> {
    let one = amr["value"].as_str().map(str::to_owned);
    let many = amr["values"].as_array().into_iter().flatten().filter_map(|it| Some(it.as_str()?.to_owned()));
    one.into_iter().chain(many).collect()
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
