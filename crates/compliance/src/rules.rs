//! One rule and the output of a script (compliance.md 6.4).

use crate::dates::Instant;
use crate::explanation::{RuleOutcome, RuleTrouble};
use crate::policy::{CustomRule, DataType, Operator};
use crate::version::Version;
use facts::Value;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Whether a rule holds for what a script printed.
pub(crate) fn apply(rule: &CustomRule, members: &BTreeMap<String, Value>) -> RuleOutcome {
    match compare(rule, members) {
        Ok(true) => RuleOutcome::Holds,
        Ok(false) => RuleOutcome::Broken,
        Err(trouble) => RuleOutcome::Unusable(trouble),
    }
}

fn compare(rule: &CustomRule, members: &BTreeMap<String, Value>) -> Result<bool, RuleTrouble> {
    let member = members.get(&rule.setting_name).ok_or(RuleTrouble::MemberMissing)?;
    let (left, right) = (member, &rule.operand);
    let order = match rule.data_type {
        DataType::Boolean => ordering(left, right, boolean)?,
        DataType::Int64 => ordering(left, right, integer)?,
        DataType::Double => ordering(left, right, number)?,
        DataType::String => ordering(left, right, text)?,
        DataType::DateTime => ordering(left, right, |value| Instant::parse(text(value)?))?,
        DataType::Version => ordering(left, right, version)?,
        DataType::Unknown => return Err(RuleTrouble::DataTypeUnknown),
    };
    let has_order = rule.data_type != DataType::Boolean;
    match rule.operator {
        Operator::IsEquals => Ok(order.is_eq()),
        Operator::NotEquals => Ok(order.is_ne()),
        Operator::GreaterThan if has_order => Ok(order.is_gt()),
        Operator::GreaterEquals if has_order => Ok(order.is_ge()),
        Operator::LessThan if has_order => Ok(order.is_lt()),
        Operator::LessEquals if has_order => Ok(order.is_le()),
        _ => Err(RuleTrouble::OperatorUnusable),
    }
}

/// How two values stand to each other, once both are read as one type.
fn ordering<'v, T: PartialOrd>(
    left: &'v Value,
    right: &'v Value,
    read: impl Fn(&'v Value) -> Option<T>,
) -> Result<Ordering, RuleTrouble> {
    let left = read(left).ok_or(RuleTrouble::WrongType)?;
    let right = read(right).ok_or(RuleTrouble::OperandUnusable)?;
    left.partial_cmp(&right).ok_or(RuleTrouble::WrongType)
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Boolean(value) => Some(*value),
        Value::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.parse().ok(),
        Value::Text(text) => is_decimal(text, false).then(|| text.parse().ok())?,
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    let number: Option<f64> = match value {
        Value::Number(number) => number.parse().ok(),
        Value::Text(text) => is_decimal(text, true).then(|| text.parse().ok())?,
        _ => None,
    };
    number.filter(|number| number.is_finite())
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn version(value: &Value) -> Option<Version> {
    text(value)?.parse().ok().filter(|version: &Version| version.parts() <= MOST_PARTS)
}

/// Digits, with a sign before them and perhaps one point between them.
fn is_decimal(text: &str, may_have_point: bool) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) if may_have_point => (whole, fraction),
        Some(_) => return false,
        None => (digits, "0"),
    };
    [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Numbers of a version.
const MOST_PARTS: usize = 8;
