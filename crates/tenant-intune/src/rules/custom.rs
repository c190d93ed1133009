//! What the service makes of a script's output: the table of compliance.md 6.4 and the codes of 2.3.

use crate::records::custom_rules::CustomRule;
use serde_json::{Map, Value};
use std::cmp::Ordering;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, PrimitiveDateTime};

/// Why the service cannot evaluate something \[MS-doc\].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// 65007: the script failed.
    ScriptFailed,
    /// 65008: the output has no such member.
    Missing,
    /// 65009: the output is no JSON object.
    NoObject,
    /// 65010: the member has another type than the rule.
    Mistyped,
    /// The rule itself cannot be applied; what number that has is not known.
    BadRule,
}

impl Code {
    /// The number in the reports of the service; of a rule that cannot be applied, `rule`.
    pub(crate) fn number(self) -> &'static str {
        match self {
            Code::ScriptFailed => "65007",
            Code::Missing => "65008",
            Code::NoObject => "65009",
            Code::Mistyped => "65010",
            Code::BadRule => "rule",
        }
    }
}

/// The members of a script's output; of a name that comes twice the last one counts.
pub(crate) fn output(text: &str) -> Result<Map<String, Value>, Code> {
    serde_json::from_str(text).map_err(|_| Code::NoObject)
}

/// Whether the output satisfies a rule.
pub(crate) fn holds(rule: &CustomRule, output: &Map<String, Value>) -> Result<bool, Code> {
    let (read, accepts) = (reader(&rule.data_type)?, accepts(rule)?);
    let operand = read(&rule.operand).ok_or(Code::BadRule)?;
    let found = output.get(&rule.setting_name).ok_or(Code::Missing)?;
    let found = read(found).ok_or(Code::Mistyped)?;
    Ok(accepts(found.partial_cmp(&operand).ok_or(Code::Mistyped)?))
}

/// A value of one of the types; only values of one type are compared.
#[derive(Debug, PartialEq, PartialOrd)]
enum Typed {
    Truth(bool),
    Whole(i64),
    Real(f64),
    Text(String),
    Moment(OffsetDateTime),
    Version(Vec<u64>),
}

fn reader(data_type: &str) -> Result<fn(&Value) -> Option<Typed>, Code> {
    Ok(match data_type {
        "Boolean" => |value| Some(Typed::Truth(truth(value)?)),
        "Int64" => |value| Some(Typed::Whole(whole(value)?)),
        "Double" => |value| Some(Typed::Real(real(value)?)),
        "String" => |value| Some(Typed::Text(value.as_str()?.to_owned())),
        "DateTime" => |value| Some(Typed::Moment(moment(value.as_str()?)?)),
        "Version" => |value| Some(Typed::Version(short_version(value.as_str()?)?)),
        _ => return Err(Code::BadRule),
    })
}

fn accepts(rule: &CustomRule) -> Result<fn(Ordering) -> bool, Code> {
    let ordered = rule.data_type != "Boolean";
    Ok(match rule.operator.as_str() {
        "IsEquals" => Ordering::is_eq,
        "NotEquals" => Ordering::is_ne,
        "GreaterThan" if ordered => Ordering::is_gt,
        "GreaterEquals" if ordered => Ordering::is_ge,
        "LessThan" if ordered => Ordering::is_lt,
        "LessEquals" if ordered => Ordering::is_le,
        _ => return Err(Code::BadRule),
    })
}

fn truth(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_str()?.to_ascii_lowercase().parse().ok())
}

fn whole(value: &Value) -> Option<i64> {
    let decimal = |text: &&str| is_digits(text.strip_prefix('-').unwrap_or(text));
    value.as_i64().or_else(|| value.as_str().filter(decimal)?.parse().ok())
}

fn real(value: &Value) -> Option<f64> {
    let decimal = |text: &&str| {
        let text = text.strip_prefix('-').unwrap_or(text);
        let (before, after) = text.split_once('.').unwrap_or((text, "0"));
        is_digits(before) && is_digits(after)
    };
    let number = value.as_f64().or_else(|| value.as_str().filter(decimal)?.parse().ok())?;
    number.is_finite().then_some(number)
}

/// A moment without an offset is one of UTC (inferred).
fn moment(text: &str) -> Option<OffsetDateTime> {
    let exact = OffsetDateTime::parse(text, &Rfc3339).ok();
    exact.or_else(|| Some(PrimitiveDateTime::parse(&format!("{text}Z"), &Rfc3339).ok()?.assume_utc()))
}

/// One to eight numbers (inferred: what the service takes is not known).
fn short_version(text: &str) -> Option<Vec<u64>> {
    version(text).filter(|_| text.split('.').count() <= 8)
}

/// The numbers between the dots; zeros at the end do not count.
pub(crate) fn version(text: &str) -> Option<Vec<u64>> {
    let number = |part: &str| part.parse().ok().filter(|_| is_digits(part));
    let mut numbers: Vec<u64> = text.split('.').map(number).collect::<Option<_>>()?;
    while numbers.last() == Some(&0) {
        numbers.pop();
    }
    Some(numbers)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn judged(data_type: &str, found: Value, operator: &str, operand: Value) -> Result<bool, Code> {
        let rule =
            json!({ "SettingName": "It", "Operator": operator, "DataType": data_type, "Operand": operand });
        let rule: CustomRule = serde_json::from_value(rule).unwrap();
        holds(&rule, &output(&json!({ "It": found }).to_string()).unwrap())
    }

    #[test]
    fn values_compare_by_their_type() {
        for (data_type, less, more) in [
            ("Int64", json!(9), json!("10")),
            ("Int64", json!("-10"), json!(-9)),
            ("Double", json!("1.5"), json!(10.25)),
            ("Double", json!(-2), json!("-1")),
            ("String", json!("a"), json!("b")),
            ("String", json!("Ubuntu"), json!("ubuntu")),
            ("Version", json!("22.4"), json!("22.10.0")),
            ("Version", json!("9"), json!("9.0.0.0.0.0.0.1")),
            ("DateTime", json!("2026-01-01T10:00:00+02:00"), json!("2026-01-01T09:00:00Z")),
            ("DateTime", json!("2026-01-01T08:59:59.5"), json!("2026-01-01T09:00:00Z")),
        ] {
            for (operator, to_more, to_same) in [
                ("IsEquals", false, true),
                ("NotEquals", true, false),
                ("GreaterThan", false, false),
                ("GreaterEquals", false, true),
                ("LessThan", true, false),
                ("LessEquals", true, true),
            ] {
                let to = |operand: &Value| judged(data_type, less.clone(), operator, operand.clone());
                assert_eq!((to(&more), to(&less)), (Ok(to_more), Ok(to_same)), "{less} {operator} {more}");
            }
        }
    }

    #[test]
    fn different_spellings_of_one_value_are_equal() {
        for (data_type, one, other) in [
            ("Boolean", json!(true), json!("True")),
            ("Boolean", json!("FALSE"), json!(false)),
            ("Int64", json!("007"), json!(7)),
            ("Double", json!(3), json!("3.0")),
            ("Version", json!("22.04"), json!("22.4.0")),
            ("DateTime", json!("2026-01-01T10:00:00"), json!("2026-01-01T10:00:00Z")),
        ] {
            assert_eq!(judged(data_type, one.clone(), "IsEquals", other.clone()), Ok(true), "{one} {other}");
            assert_eq!(
                judged(data_type, other.clone(), "NotEquals", one.clone()),
                Ok(false),
                "{one} {other}"
            );
        }
    }

    #[test]
    fn a_value_of_another_type_is_an_error_under_either_operator() {
        let mistyped = [
            ("Boolean", json!([json!(1), json!("yes"), json!("")]), json!(true)),
            (
                "Int64",
                json!([3.0, "3.0", "nine", "", "-", "+3", " 3", "9223372036854775808", true]),
                json!(3),
            ),
            ("Double", json!(["NaN", "inf", "1,5", "1e5", ".5", "5.", "", "--1", true]), json!(1.5)),
            ("String", json!([3, true]), json!("3")),
            ("DateTime", json!(["2026-01-01", "yesterday", "", 0]), json!("2026-01-01T09:00:00Z")),
            (
                "Version",
                json!(["", "1.", "1..2", "+1", "22.04-beta", "1.2.3.4.5.6.7.8.9", 22.04]),
                json!("1"),
            ),
        ];
        for (data_type, values, operand) in mistyped {
            let never = [json!(null), json!([operand]), json!({ "It": operand })];
            for value in values.as_array().unwrap().iter().chain(&never) {
                for operator in ["IsEquals", "NotEquals"] {
                    let found = judged(data_type, value.clone(), operator, operand.clone());
                    assert_eq!(found, Err(Code::Mistyped), "{data_type} {value}");
                }
            }
        }
    }

    #[test]
    fn a_rule_that_cannot_be_applied_is_an_error() {
        for (data_type, operator, operand) in [
            ("Colour", "IsEquals", json!("red")),
            ("String", "Resembles", json!("red")),
            ("Boolean", "GreaterThan", json!(true)),
            ("Boolean", "LessEquals", json!(true)),
            ("Int64", "IsEquals", json!("red")),
        ] {
            for value in [json!("red"), json!(null)] {
                let found = judged(data_type, value, operator, operand.clone());
                assert_eq!(found, Err(Code::BadRule), "{data_type} {operator} {operand}");
            }
        }
    }

    #[test]
    fn a_name_counts_as_it_is_spelled_and_the_last_of_two() {
        let rule =
            json!({ "SettingName": "It", "Operator": "NotEquals", "DataType": "String", "Operand": "x" });
        let rule: CustomRule = serde_json::from_value(rule).unwrap();
        for (text, expected) in [
            (r#"{"it":"y"}"#, Err(Code::Missing)),
            (r#"{}"#, Err(Code::Missing)),
            (r#"{"It":"x","It":"y"}"#, Ok(true)),
            (r#"{"It":"y","It":"x"}"#, Ok(false)),
            (r#"{"It":"y","It":null}"#, Err(Code::Mistyped)),
            (r#"{"It","y"}"#, Err(Code::NoObject)),
            (r#"[{"It":"y"}]"#, Err(Code::NoObject)),
            (r#"{"It":"y"} more"#, Err(Code::NoObject)),
            ("null", Err(Code::NoObject)),
            ("", Err(Code::NoObject)),
        ] {
            assert_eq!(output(text).and_then(|output| holds(&rule, &output)), expected, "{text}");
        }
    }
}
