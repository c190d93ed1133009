//! Status: verdicts that the client asserts (intune.md 3.4).

use crate::intune::Intune;
use crate::records::knobs::{Casing, IntuneKnobs, Verify};
use crate::records::record::{Claimed, Id, Report, Reported, ReportedSetting};
use crate::request_context::RequestContext;
use crate::rules::gate::{CHECK_IN, admit, own_device, unknown};
use crate::rules::honesty;
use crate::rules::verdict;
use crate::wire::answer::Answer;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The body, in PascalCase and nothing else (intune.md 8.1, rule 8).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Status {
    device_id: String,
    policy_statuses: Vec<PolicyStatus>,
}

/// What one policy came to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyStatus {
    policy_id: String,
    last_status_date_time: String,
    details: Vec<Detail>,
}

/// What one rule came to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Detail {
    rule_id: String,
    setting_definition_item_id: String,
    expected_value: String,
    actual_value: String,
    /// Older clients leave the two numbers out.
    #[serde(default)]
    error_code: i64,
    #[serde(default)]
    error_type: i64,
    new_compliance_state: Claimed,
    old_compliance_state: Claimed,
}

/// A status is echoed, and its verdict comes later.
pub(crate) fn status(intune: &mut Intune, context: &RequestContext<'_>) -> Result<Answer, Answer> {
    let who = admit(context, CHECK_IN)?;
    let parsed: Result<Status, _> = serde_json::from_slice(context.body);
    let status = parsed.map_err(|why| Answer::invalid("body", "$", &why.to_string()))?;
    let dated = |it: &PolicyStatus| OffsetDateTime::parse(&it.last_status_date_time, &Rfc3339).is_ok();
    if !status.policy_statuses.iter().all(dated) {
        return Err(Answer::invalid("date", "LastStatusDateTime", "The value is not a date with an offset."));
    }
    let record = own_device(intune, context, &who, &status.device_id, unknown())?;
    if record.retired {
        // A guess (intune.md 8.3, question 5): its status is not wanted any more.
        return Err(unknown().fact("intune_device", status.device_id).fact("retired", true));
    }
    (record.last_contact, record.check_ins) = (context.now_ms, record.check_ins.saturating_add(1));
    let echo = json!({ "PolicyStatuses": status.policy_statuses });
    let details = status.policy_statuses.iter().map(|it| it.details.len()).sum::<usize>();
    let policies: Box<[Reported]> = status.policy_statuses.into_iter().map(reported).collect();
    let doubted = doubted(context.knobs, &policies);
    let odd = OddIds::of(context.knobs, &policies).facts();
    let report = Report { at: context.now_ms, hurried: false, policies };
    let errors = verdict::evaluation(&report, context.knobs).error_codes();
    record.report = Some(report);
    let id = record.id;
    intune.agenda.set(id, context.now_ms);
    // Since September 2026 the echo is in camelCase (intune.md 3.4 [observed]).
    let echo = if context.knobs.omit_policy_statuses { json!({}) } else { echo };
    let answer = Answer::ok(echo).cased(Some(Casing::Camel)).fact("details", details);
    let answer = answer.fact("intune_device", status.device_id);
    let answer = answer.fact_if_any("doubted", doubted.join(" ")).fact_if_any("errors", errors);
    Ok(odd.into_iter().fold(answer, |answer, (name, ids)| answer.fact_if_any(name, ids)))
}

/// What is kept of a status: scripts come back in full, and no verdict looks at them.
fn reported(status: PolicyStatus) -> Reported {
    let told = |detail: Detail| {
        let script = detail.setting_definition_item_id.starts_with("linux_customconfig_");
        let value = if script { Box::default() } else { detail.actual_value.into() };
        ReportedSetting { rule: Id::of(&detail.rule_id), value, state: detail.new_compliance_state }
    };
    Reported { policy: Id::of(&status.policy_id), rules: status.details.into_iter().map(told).collect() }
}

/// The items that are not believed, if anybody looks.
fn doubted(knobs: &IntuneKnobs, reported: &[Reported]) -> Vec<String> {
    if knobs.verify == Verify::Trust {
        return Vec::new();
    }
    let pairs = knobs.policies.iter().filter_map(|policy| Some((policy, policy.reported(reported)?)));
    pairs
        .flat_map(|(policy, rules)| {
            honesty::doubted(&policy.settings(knobs.deliver_rules), rules, &knobs.may_be_unknown)
        })
        .map(|setting| setting.setting_definition_item_id)
        .collect()
}

/// Ids in a status that the device has no cause to send. The service takes them all the same (guess).
#[derive(Debug, Default)]
struct OddIds<'a> {
    /// Of policies that the device does not have.
    unknown_policies: Vec<&'a Id>,
    /// Of rules that their policy does not have.
    unknown_rules: Vec<&'a Id>,
    /// Of policies after their first time, which alone counts.
    repeated_policies: Vec<&'a Id>,
    /// Of rules after their first time in a policy, which alone counts.
    repeated_rules: Vec<&'a Id>,
}

impl<'a> OddIds<'a> {
    fn of(knobs: &IntuneKnobs, reported: &'a [Reported]) -> OddIds<'a> {
        let mut odd = OddIds::default();
        let mut seen = BTreeSet::new();
        for Reported { policy: id, rules } in reported {
            if !seen.insert(id) {
                odd.repeated_policies.push(id);
            }
            let policy = knobs.policies.iter().find(|policy| Id::of(&policy.policy_id) == *id);
            let settings = policy.map(|policy| policy.settings(knobs.deliver_rules));
            let known = settings.as_ref().map(|settings| {
                settings.iter().filter_map(|setting| setting.rule_id.as_deref().map(Id::of)).collect()
            });
            if known.is_none() {
                odd.unknown_policies.push(id);
            }
            odd.add_rules(rules, known.as_ref());
        }
        odd
    }

    /// For the transcript.
    fn facts(&self) -> [(&'static str, String); 4] {
        [
            ("unknown_policies", listed(&self.unknown_policies)),
            ("unknown_rules", listed(&self.unknown_rules)),
            ("repeated_policies", listed(&self.repeated_policies)),
            ("repeated_rules", listed(&self.repeated_rules)),
        ]
    }

    fn add_rules(&mut self, rules: &'a [ReportedSetting], known: Option<&BTreeSet<Id>>) {
        let mut seen = BTreeSet::new();
        for ReportedSetting { rule, .. } in rules {
            if !seen.insert(rule) {
                self.repeated_rules.push(rule);
            } else if known.is_some_and(|known| !known.contains(rule)) {
                self.unknown_rules.push(rule);
            }
        }
    }
}

/// The first ids, shortened: a client may send anything as one, and as many as its body holds.
fn listed(ids: &[&Id]) -> String {
    let short = |id: &&Id| id.to_string().chars().take(LONGEST_ID).collect::<String>();
    let mut texts: Vec<String> = ids.iter().take(MOST_IDS).map(short).collect();
    if ids.len() > MOST_IDS {
        texts.push(format!("and {} more", ids.len() - MOST_IDS));
    }
    texts.join(" ")
}

const MOST_IDS: usize = 8;
/// Characters of a GUID.
const LONGEST_ID: usize = 36;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_comes_back_is_not_kept() {
        for (item, kept) in [
            ("linux_customconfig_script", ""),
            ("linux_customcompliance_discoveryscript", "IyEvYmluL3No"),
            ("linux_deviceencryption_required", "IyEvYmluL3No"),
        ] {
            let status = json!({
                "PolicyId": "p", "LastStatusDateTime": "2026-11-22T10:00:00+00:00", "Details": [{
                    "RuleId": "r", "SettingDefinitionItemId": item, "ExpectedValue": "IyEvYmluL3No",
                    "ActualValue": "IyEvYmluL3No", "NewComplianceState": "Compliant",
                    "OldComplianceState": "Unknown",
                }],
            });
            let kept_of = reported(serde_json::from_value(status).unwrap());
            assert_eq!((&kept_of.policy, &*kept_of.rules[0].value), (&Id::of("P"), kept), "{item}");
        }
    }
}
