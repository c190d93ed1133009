use super::*;
use crate::{CustomRule, DataType, Explanation, Operator, RuleOutcome, RuleTrouble, ScriptFinding};
use facts::{ScriptFailure, ScriptOutcome, Value};
use std::collections::BTreeMap;

const STDOUT: &str = "{\"Firewall\": \"on\", \"Kernel\": \"6.1\"}\n\n";
const ACTUAL: &str = "{\"Firewall\": \"on\", \"Kernel\": \"6.1\"}\n";

fn ran(outcome: ScriptOutcome) -> Facts {
    let scripts = BTreeMap::from([(PolicyId("policy".to_owned()), outcome)]);
    Facts { scripts, ..nothing_known() }
}

fn answered() -> Facts {
    let text = |text: &str| Value::Text(text.to_owned());
    let members = BTreeMap::from([
        ("Firewall".to_owned(), text("on")),
        ("Kernel".to_owned(), text("6.1")),
        ("Broken".to_owned(), Value::Null),
    ]);
    ran(ScriptOutcome::Answered { stdout: STDOUT.to_owned(), members })
}

fn rule(name: &str, operator: Operator, operand: &str) -> CustomRule {
    CustomRule {
        setting_name: name.to_owned(),
        operator,
        data_type: DataType::String,
        operand: Value::Text(operand.to_owned()),
    }
}

fn judged(definition: &str, rules: Rules, facts: &Facts) -> Finding {
    let policy = Policy { rules, ..policy(vec![setting(definition, "c2NyaXB0")]) };
    judge(&[policy], facts).remove(0)
}

#[test]
fn an_answer_goes_to_the_service_as_it_is() {
    for rules in [Rules::NotDelivered, Rules::Unreadable, Rules::Delivered(vec![])] {
        let finding = judged(SCRIPT, rules, &answered());
        assert_eq!(said(&finding), ("Unknown", ACTUAL, "Unknown"));
        assert_eq!(finding.expected, "Unknown");
        assert_eq!(finding.explanation, Explanation::Script(ScriptFinding::ServiceJudges));
    }
}

#[test]
fn delivered_rules_are_applied_here() {
    let holds = || rule("Firewall", Operator::IsEquals, "on");
    let broken = || rule("Kernel", Operator::NotEquals, "6.1");
    let unusable = || rule("Broken", Operator::IsEquals, "x");
    let missing = || rule("Missing", Operator::IsEquals, "x");
    for (rules, state, expected) in [
        (vec![holds()], "Compliant", "Firewall"),
        (vec![holds(), broken()], "NonCompliant", "Firewall,Kernel"),
        (vec![unusable(), broken()], "NonCompliant", "Broken,Kernel"),
        (vec![holds(), unusable()], "Error", "Firewall,Broken"),
        (vec![missing(), holds()], "Error", "Missing,Firewall"),
    ] {
        for definition in [SCRIPT, SCRIPT_RULES] {
            let finding = judged(definition, Rules::Delivered(rules.clone()), &answered());
            assert_eq!(said(&finding), (state, ACTUAL, "Unknown"), "{expected}");
            assert_eq!(finding.expected, expected);
        }
    }
    let found = judged(SCRIPT, Rules::Delivered(vec![holds(), missing()]), &answered()).explanation;
    let Explanation::Script(ScriptFinding::Judged(found)) = found else { panic!("another explanation") };
    let outcomes: Vec<RuleOutcome> = found.iter().map(|rule| rule.outcome).collect();
    assert_eq!(outcomes, [RuleOutcome::Holds, RuleOutcome::Unusable(RuleTrouble::MemberMissing)]);
}

#[test]
fn a_script_without_a_result_is_an_error_with_its_reason() {
    let silent = |stderr: &str| ScriptFailure::Silent { status: 2, stderr: stderr.to_owned() };
    for (failure, reason) in [
        (ScriptFailure::NobodySignedIn, "not run: nobody is signed in"),
        (ScriptFailure::SwitchedOff, "switched off on this machine"),
        (ScriptFailure::Unusable, "not run: the script cannot be read"),
        (ScriptFailure::NoInterpreter("/bin/pwsh".to_owned()), "not run: there is no /bin/pwsh"),
        (ScriptFailure::NotStarted("no memory".to_owned()), "not started: no memory"),
        (ScriptFailure::TimeOver(300), "ended: it ran longer than 300 s"),
        (ScriptFailure::Killed(9), "ended by signal 9"),
        (ScriptFailure::TooLarge(1_048_576), "it printed more than 1048576 bytes"),
        (ScriptFailure::NotText, "what it printed is not UTF-8"),
        (silent("a\nb\u{1b}[2J"), "it printed nothing, exit status 2: a b [2J"),
    ] {
        for rules in [Rules::NotDelivered, Rules::Delivered(vec![rule("a", Operator::IsEquals, "b")])] {
            let finding = judged(SCRIPT, rules, &ran(ScriptOutcome::Failed(failure.clone())));
            assert_eq!(said(&finding), ("Error", reason, "Unknown"));
            assert_eq!(finding.expected, "Error");
            assert_eq!(finding.explanation, Explanation::Script(ScriptFinding::Failed(failure.clone())));
        }
    }
    let long = ScriptFailure::NoObject { status: 0, stderr: "ü".repeat(2_048) };
    let finding = judged(SCRIPT, Rules::NotDelivered, &ran(ScriptOutcome::Failed(long)));
    assert_eq!(finding.actual.chars().count(), 1_000);
}

#[test]
fn a_script_that_was_not_run_or_is_another_policys_is_said_so() {
    let other = Facts { scripts: answered().scripts, ..nothing_known() };
    let elsewhere = Policy { id: PolicyId("another".to_owned()), ..policy(vec![setting(SCRIPT, "x")]) };
    for (policy, facts) in [(policy(vec![setting(SCRIPT, "x")]), nothing_known()), (elsewhere, other)] {
        let finding = judge(&[policy], &facts).remove(0);
        assert_eq!(said(&finding), ("Error", "not run: nobody is signed in", "Unknown"));
    }
}

#[test]
fn rules_as_a_setting_that_cannot_be_read_are_an_error() {
    for rules in [Rules::NotDelivered, Rules::Unreadable] {
        assert_eq!(said(&judged(SCRIPT_RULES, rules, &answered())), ("Error", "", "Unknown"));
    }
}
