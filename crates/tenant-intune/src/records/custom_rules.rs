//! Custom compliance rules, evaluated by the service (intune.md 3.5).

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::cmp::Ordering;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The rules file of an admin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CustomRules {
    /// All of them have to hold.
    pub rules: Vec<CustomRule>,
}

/// One rule about one member of the script's output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CustomRule {
    /// The member, case-sensitive.
    pub setting_name: String,
    /// `IsEquals`, `NotEquals`, `GreaterThan`, `GreaterEquals`, `LessThan` or `LessEquals`.
    pub operator: String,
    /// `Boolean`, `Int64`, `Double`, `String`, `DateTime` or `Version`.
    pub data_type: String,
    /// What is compared with; text, number or truth value.
    pub operand: Value,
    /// Where the person reads more.
    #[serde(default)]
    pub more_info_url: Option<String>,
    /// What the person reads; `en_US` is shown.
    #[serde(default)]
    pub remediation_strings: Vec<Remediation>,
}

/// What a person reads about a rule that does not hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Remediation {
    /// For example `en_US`.
    pub language: String,
    /// `Title` of the rule among IWService's `NoncompliantRules`.
    pub title: String,
    /// What to do.
    pub description: String,
}

impl CustomRule {
    /// Whether the output satisfies the rule; a member that is missing or of another type does not.
    pub(crate) fn holds(&self, output: &Value) -> bool {
        let Some(order) = output
            .get(&self.setting_name)
            .and_then(|found| compared(&self.data_type, &plain(found), &plain(&self.operand)))
        else {
            return false;
        };
        match self.operator.as_str() {
            "IsEquals" => order.is_eq(),
            "NotEquals" => order.is_ne(),
            "GreaterThan" => order.is_gt(),
            "GreaterEquals" => order.is_ge(),
            "LessThan" => order.is_lt(),
            "LessEquals" => order.is_le(),
            _ => false,
        }
    }

    /// The text in the language that is mandatory.
    pub(crate) fn remediation(&self) -> Option<&Remediation> {
        self.remediation_strings.iter().find(|text| text.language == "en_US")
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn compared(data_type: &str, found: &str, operand: &str) -> Option<Ordering> {
    let both = (found, operand);
    match data_type {
        "String" => Some(found.cmp(operand)),
        "Boolean" => Some(truth(both.0)?.cmp(&truth(both.1)?)),
        "Int64" => Some(both.0.parse::<i64>().ok()?.cmp(&both.1.parse().ok()?)),
        "Double" => both.0.parse::<f64>().ok()?.partial_cmp(&both.1.parse().ok()?),
        "DateTime" => Some(moment(both.0)?.cmp(&moment(both.1)?)),
        "Version" => Some(version(both.0)?.cmp(&version(both.1)?)),
        _ => None,
    }
}

fn truth(text: &str) -> Option<bool> {
    text.to_ascii_lowercase().parse().ok()
}

fn moment(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

/// The numbers between the dots; zeros at the end do not count.
pub(crate) fn version(text: &str) -> Option<Vec<u64>> {
    let mut numbers: Vec<u64> = text.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
    while numbers.last() == Some(&0) {
        numbers.pop();
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn holds(data_type: &str, found: Value, operator: &str, operand: Value) -> bool {
        let rule =
            json!({ "SettingName": "It", "Operator": operator, "DataType": data_type, "Operand": operand });
        serde_json::from_value::<CustomRule>(rule).unwrap().holds(&json!({ "It": found }))
    }

    #[test]
    fn values_compare_by_their_type() {
        for (data_type, less, more) in [
            ("Int64", json!(9), json!("10")),
            ("Double", json!("1.5"), json!(10.25)),
            ("String", json!("a"), json!("b")),
            ("Boolean", json!("False"), json!(true)),
            ("Version", json!("22.4"), json!("22.10.0")),
            ("DateTime", json!("2026-01-01T10:00:00+02:00"), json!("2026-01-01T09:00:00Z")),
        ] {
            let is = |operator, operand: &Value| holds(data_type, less.clone(), operator, operand.clone());
            assert!(
                is("LessThan", &more) && is("LessEquals", &more) && is("NotEquals", &more),
                "{data_type}"
            );
            assert!(is("IsEquals", &less) && is("GreaterEquals", &less) && is("LessEquals", &less));
            assert!(!is("GreaterThan", &more) && !is("GreaterEquals", &more) && !is("IsEquals", &more));
        }
        assert!(holds("Version", json!("22.04"), "IsEquals", json!("22.4.0")));
    }

    #[test]
    fn what_cannot_be_compared_does_not_hold() {
        assert!(!holds("Int64", json!("nine"), "NotEquals", json!(9)));
        assert!(!holds("Colour", json!("red"), "IsEquals", json!("red")));
        assert!(!holds("String", json!("red"), "Resembles", json!("red")));
        let rule =
            json!({ "SettingName": "It", "Operator": "NotEquals", "DataType": "String", "Operand": "x" });
        assert!(!serde_json::from_value::<CustomRule>(rule).unwrap().holds(&json!({ "it": "y" })));
    }
}
