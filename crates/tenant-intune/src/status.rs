//! Status: verdicts that the client asserts (intune.md 3.4).

use crate::answer::Answer;
use crate::checkin::unknown;
use crate::gate::CHECK_IN;
use crate::knobs::Casing;
use crate::record::Report;
use crate::service::{Ask, Intune};
use serde::{Deserialize, Serialize};
use serde_json::json;
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
pub(crate) struct PolicyStatus {
    pub(crate) policy_id: String,
    last_status_date_time: String,
    pub(crate) details: Vec<Detail>,
}

/// What one rule came to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Detail {
    pub(crate) rule_id: String,
    setting_definition_item_id: String,
    expected_value: String,
    pub(crate) actual_value: String,
    /// Older clients leave the two numbers out.
    #[serde(default)]
    error_code: i64,
    #[serde(default)]
    error_type: i64,
    pub(crate) new_compliance_state: Claimed,
    old_compliance_state: Claimed,
}

/// The states in the client's spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Claimed {
    Compliant,
    NonCompliant,
    Unknown,
    Error,
}

impl Intune {
    pub(crate) fn status(&mut self, ask: &Ask<'_>) -> Result<Answer, Answer> {
        let who = self.admit(ask, CHECK_IN)?;
        let parsed: Result<Status, _> = serde_json::from_slice(ask.body);
        let status = parsed.map_err(|why| Answer::invalid("body", "$", &why.to_string()))?;
        let dated = |it: &PolicyStatus| OffsetDateTime::parse(&it.last_status_date_time, &Rfc3339).is_ok();
        if !status.policy_statuses.iter().all(dated) {
            return Err(Answer::invalid(
                "date",
                "LastStatusDateTime",
                "The value is not a date with an offset.",
            ));
        }
        let record = self.own_device(&who, &status.device_id, unknown)?;
        if record.retired {
            // A guess (intune.md 8.3, question 5): its status is not wanted any more.
            return Err(unknown().fact("intune_device", status.device_id).fact("retired", true));
        }
        (record.last_contact, record.check_ins) = (ask.now_ms, record.check_ins.saturating_add(1));
        let echo = json!({ "PolicyStatuses": status.policy_statuses });
        let details = status.policy_statuses.iter().map(|it| it.details.len()).sum::<usize>();
        record.report = Some(Report { at: ask.now_ms, statuses: status.policy_statuses });
        // Since September 2026 the echo is in camelCase (intune.md 3.4 [observed]).
        let echo = if self.knobs.omit_policy_statuses { json!({}) } else { echo };
        let answer = Answer::ok(echo).cased(Some(Casing::Camel)).fact("details", details);
        Ok(answer.fact("intune_device", status.device_id))
    }
}
