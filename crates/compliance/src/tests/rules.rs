use crate::rules::apply;
use crate::{CustomRule, DataType, Operator, RuleOutcome, RuleTrouble};
use facts::Value;
use std::collections::BTreeMap;

fn number(text: &str) -> Value {
    Value::Number(text.to_owned())
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn outcome(member: Option<Value>, operator: Operator, data_type: DataType, operand: Value) -> RuleOutcome {
    let rule = CustomRule { setting_name: "Name".to_owned(), operator, data_type, operand };
    apply(&rule, &BTreeMap::from_iter(member.map(|member| ("Name".to_owned(), member))))
}

const ALL: [Operator; 6] = [
    Operator::IsEquals,
    Operator::NotEquals,
    Operator::GreaterThan,
    Operator::GreaterEquals,
    Operator::LessThan,
    Operator::LessEquals,
];

/// Which operators hold, as six letters.
fn holds(member: &Value, data_type: DataType, operand: &Value) -> String {
    let letter = |operator| match outcome(Some(member.clone()), operator, data_type, operand.clone()) {
        RuleOutcome::Holds => 'y',
        RuleOutcome::Broken => 'n',
        RuleOutcome::Unusable(_) => '!',
    };
    ALL.map(letter).iter().collect()
}

const EQUAL: &str = "ynnyny";
const LESS: &str = "nynnyy";
const GREATER: &str = "nyyynn";
const NONE: &str = "!!!!!!";

#[test]
fn values_are_compared_as_their_type_wants() {
    use DataType::*;
    for (data_type, member, operand, expected) in [
        (Boolean, Value::Boolean(true), Value::Boolean(true), "yn!!!!"),
        (Boolean, text("TRUE"), Value::Boolean(true), "yn!!!!"),
        (Boolean, text("false"), text("True"), "ny!!!!"),
        (Boolean, text("yes"), Value::Boolean(true), NONE),
        (Boolean, number("1"), Value::Boolean(true), NONE),
        (Int64, number("3"), number("3"), EQUAL),
        (Int64, text("3"), number("4"), LESS),
        (Int64, number("10"), text("9"), GREATER),
        (Int64, number("-1"), number("1"), LESS),
        (Int64, number("3.0"), number("3"), NONE),
        (Int64, text("3.0"), number("3"), NONE),
        (Int64, text("three"), number("3"), NONE),
        (Int64, number("1e3"), number("3"), NONE),
        (Int64, text("9223372036854775807"), number("9223372036854775806"), GREATER),
        (Int64, text("9223372036854775808"), number("3"), NONE),
        (Int64, text(" 3"), number("3"), NONE),
        (Int64, Value::Boolean(true), number("1"), NONE),
        (Double, number("3"), number("3.0"), EQUAL),
        (Double, text("2.5"), number("3"), LESS),
        (Double, number("1e3"), text("999.9"), GREATER),
        (Double, text("NaN"), number("3"), NONE),
        (Double, text("inf"), number("3"), NONE),
        (Double, number("1e999"), number("3"), NONE),
        (Double, text("2,5"), number("3"), NONE),
        (Double, text("1."), number("3"), NONE),
        (String, text("abc"), text("abc"), EQUAL),
        (String, text("Abc"), text("abc"), LESS),
        (String, text("b"), text("a"), GREATER),
        (String, number("3"), text("3"), NONE),
        (String, text("3"), number("3"), NONE),
        (DateTime, text("2026-11-24T02:03:04Z"), text("2026-11-24T03:03:04+01:00"), EQUAL),
        (DateTime, text("2026-11-24T02:03:04"), text("2026-11-24T02:03:04Z"), EQUAL),
        (DateTime, text("2026-11-24T02:03:04.45Z"), text("2026-11-24T02:03:04.5Z"), LESS),
        (DateTime, text("2026-11-25T00:00:00Z"), text("2026-11-24T23:59:59Z"), GREATER),
        (DateTime, text("yesterday"), text("2026-11-24T23:59:59Z"), NONE),
        (DateTime, number("1"), text("2026-11-24T23:59:59Z"), NONE),
        (Version, text("22.04"), text("22.4"), EQUAL),
        (Version, text("9"), text("9.0.1"), LESS),
        (Version, text("1.2.3.4.5.6.7.8"), text("1.2.3.4.5.6.7"), GREATER),
        (Version, text("1.2.3.4.5.6.7.8.9"), text("1"), NONE),
        (Version, number("22.04"), text("22.04"), NONE),
        (Version, text("22.04-rc"), text("22.04"), NONE),
        (Unknown, text("a"), text("a"), NONE),
    ] {
        assert_eq!(holds(&member, data_type, &operand), expected, "{data_type:?} {member:?} {operand:?}");
    }
    for nothing in [Value::Null, Value::Array, Value::Object] {
        for data_type in [Boolean, Int64, Double, String, DateTime, Version] {
            assert_eq!(holds(&nothing, data_type, &text("1")), NONE, "{data_type:?} {nothing:?}");
        }
    }
}

#[test]
fn what_cannot_be_compared_says_why_in_the_codes_of_the_service() {
    use RuleTrouble::*;
    let three = || Some(number("3"));
    for (member, operator, data_type, operand, trouble, code) in [
        (None, Operator::IsEquals, DataType::Int64, number("3"), MemberMissing, Some(65008)),
        (Some(Value::Null), Operator::IsEquals, DataType::Int64, number("3"), WrongType, Some(65010)),
        (three(), Operator::IsEquals, DataType::Boolean, Value::Boolean(true), WrongType, Some(65010)),
        (three(), Operator::IsEquals, DataType::Int64, Value::Null, OperandUnusable, None),
        (three(), Operator::Unknown, DataType::Int64, number("3"), OperatorUnusable, None),
        (three(), Operator::IsEquals, DataType::Unknown, number("3"), DataTypeUnknown, None),
    ] {
        assert_eq!(outcome(member, operator, data_type, operand), RuleOutcome::Unusable(trouble));
        assert_eq!(trouble.service_code(), code);
    }
    let both = [Value::Boolean(true), Value::Boolean(true)];
    let [member, operand] = both;
    let found = outcome(Some(member), Operator::LessThan, DataType::Boolean, operand);
    assert_eq!(found, RuleOutcome::Unusable(OperatorUnusable));
}

#[test]
fn a_member_is_named_with_its_case() {
    let rule = CustomRule {
        setting_name: "Firewall".to_owned(),
        operator: Operator::IsEquals,
        data_type: DataType::String,
        operand: text("on"),
    };
    let members = BTreeMap::from([("firewall".to_owned(), text("on"))]);
    assert_eq!(apply(&rule, &members), RuleOutcome::Unusable(RuleTrouble::MemberMissing));
}
