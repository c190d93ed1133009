//! What is said of a script of custom compliance (compliance.md 6.3).

use crate::explanation::{Explanation, RuleFinding, RuleOutcome, ScriptFinding};
use crate::finding::{State, Verdict};
use crate::policy::{CustomRule, Policy, Rules};
use crate::rules::apply;
use facts::{Facts, ScriptFailure, ScriptOutcome, Value};
use model::printable;
use std::collections::BTreeMap;

/// What is said of the script, and what of it stands for the expected value.
pub(crate) fn script(policy: &Policy, facts: &Facts) -> (Verdict, String) {
    match facts.scripts.get(&policy.id) {
        Some(ScriptOutcome::Answered { stdout, members }) => answered(&policy.rules, stdout, members),
        Some(ScriptOutcome::Failed(failure)) => failed(failure),
        None => failed(&ScriptFailure::NobodySignedIn),
    }
}

/// What is said of the rules, where the policy has them as a setting of their own.
pub(crate) fn rules(policy: &Policy, facts: &Facts) -> (Verdict, String) {
    match &policy.rules {
        Rules::Delivered(_) => script(policy, facts),
        Rules::NotDelivered | Rules::Unreadable => {
            let explanation = Explanation::Script(ScriptFinding::RulesUnreadable);
            (Verdict::new(State::Error, "", explanation), State::Error.to_string())
        }
    }
}

fn failed(failure: &ScriptFailure) -> (Verdict, String) {
    let reason = printable(&failure.to_string(), LONGEST_REASON);
    let explanation = Explanation::Script(ScriptFinding::Failed(failure.clone()));
    (Verdict::new(State::Error, reason, explanation), State::Error.to_string())
}

fn answered(rules: &Rules, stdout: &str, members: &BTreeMap<String, Value>) -> (Verdict, String) {
    let actual = stdout.strip_suffix('\n').unwrap_or(stdout);
    let rules: &[CustomRule] = match rules {
        Rules::Delivered(rules) => rules,
        Rules::NotDelivered | Rules::Unreadable => &[],
    };
    if rules.is_empty() {
        let explanation = Explanation::Script(ScriptFinding::ServiceJudges);
        return (Verdict::new(State::Unknown, actual, explanation), State::Unknown.to_string());
    }
    let found = |rule: &CustomRule| RuleFinding {
        setting_name: rule.setting_name.clone(),
        outcome: apply(rule, members),
    };
    let found: Vec<RuleFinding> = rules.iter().map(found).collect();
    let any = |wanted: fn(&RuleOutcome) -> bool| found.iter().any(|it| wanted(&it.outcome));
    let state = if any(|outcome| matches!(outcome, RuleOutcome::Broken)) {
        State::NonCompliant
    } else if any(|outcome| matches!(outcome, RuleOutcome::Unusable(_))) {
        State::Error
    } else {
        State::Compliant
    };
    let names: Vec<&str> = found.iter().map(|rule| rule.setting_name.as_str()).collect();
    let expected = names.join(",");
    (Verdict::new(state, actual, Explanation::Script(ScriptFinding::Judged(found))), expected)
}

/// Characters of a reason that the service is told.
const LONGEST_REASON: usize = 1_000;
