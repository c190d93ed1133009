//! What the service makes of a status (intune.md 4.3, 8.1 rule 10).

use crate::records::custom_rules::CustomRule;
use crate::records::knobs::{IntuneKnobs, PendingState, Verify};
use crate::records::policy::{DISCOVERY_SCRIPT, Policy, Setting};
use crate::records::record::{Claimed, Record, ReportedSetting};
use crate::rules::honesty;
use serde_json::Value;

/// `ComplianceState`, in the order in which the worse one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    Compliant,
    Unknown,
    Error,
    Noncompliant,
}

/// One line of `NoncompliantRules`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failing {
    pub(crate) setting: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) more_info: Option<String>,
    pub(crate) expected: String,
    /// `LinuxMDM` or `CustomCompliance`.
    pub(crate) source: &'static str,
}

/// What holds for a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) state: State,
    pub(crate) failing: Vec<Failing>,
    /// Whether the last status has been worked through.
    pub(crate) settled: bool,
}

impl State {
    /// The service's spelling, with a small c in `Noncompliant`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            State::Compliant => "Compliant",
            State::Unknown => "Unknown",
            State::Error => "Error",
            State::Noncompliant => "Noncompliant",
        }
    }
}

/// The verdict on a device at a time.
pub(crate) fn of(record: &Record, knobs: &IntuneKnobs, now_ms: i64) -> Verdict {
    let due = |at: i64| at.saturating_add(knobs.verdict_delay_ms) <= now_ms;
    let Some(report) = record.report.as_ref().filter(|report| due(report.at)) else {
        let state = match knobs.pending_state {
            PendingState::Noncompliant => State::Noncompliant,
            PendingState::Unknown => State::Unknown,
        };
        return Verdict { state, failing: vec![not_reported()], settled: false };
    };
    let mut verdict = Verdict { state: State::Compliant, failing: Vec::new(), settled: true };
    let mut policies = knobs.policies.iter().filter(|policy| policy.is_compliance()).peekable();
    if policies.peek().is_none() && !knobs.compliant_without_policy {
        verdict.state = State::Noncompliant;
    }
    for policy in policies {
        let (state, failing) =
            of_policy(policy, knobs, policy.reported(&report.policies).unwrap_or_default());
        verdict.state = verdict.state.max(state);
        for rule in failing {
            // A device gets each advice once, however many rules lead to it.
            if !verdict.failing.contains(&rule) {
                verdict.failing.push(rule);
            }
        }
    }
    verdict
}

fn of_policy(policy: &Policy, knobs: &IntuneKnobs, reported: &[ReportedSetting]) -> (State, Vec<Failing>) {
    let settings = policy.settings(knobs.deliver_rules);
    let doubted = match knobs.verify {
        Verify::Distrust => honesty::doubted(&settings, reported),
        Verify::Trust | Verify::Flag => Vec::new(),
    };
    let (mut worst, mut all) = (State::Compliant, Vec::new());
    for setting in &settings {
        let (state, failing) = if doubted.contains(setting) {
            (State::Noncompliant, vec![built_in(setting)])
        } else {
            judged(policy, setting, setting.reported(reported), knobs.deliver_rules)
        };
        worst = worst.max(state);
        all.extend(failing);
    }
    (worst, all)
}

/// One setting: the client's word is taken for it (intune.md 3.4 \[inferred\]), except for custom rules.
fn judged(
    policy: &Policy,
    setting: &Setting,
    reported: Option<&ReportedSetting>,
    delivered: bool,
) -> (State, Vec<Failing>) {
    let Some(reported) = reported else {
        // A guess: a rule without an answer counts as not reported.
        return (State::Noncompliant, vec![not_reported()]);
    };
    let custom = policy.custom_rules.as_ref().filter(|_| !delivered);
    match (reported.state, custom) {
        (Claimed::Error, _) => (State::Error, vec![built_in(setting)]),
        (_, Some(custom)) if setting.setting_definition_item_id == DISCOVERY_SCRIPT => {
            evaluated(&custom.rules, reported)
        }
        (Claimed::Compliant, _) => (State::Compliant, Vec::new()),
        (Claimed::NonCompliant, _) => (State::Noncompliant, vec![built_in(setting)]),
        (Claimed::Unknown, _) => (State::Unknown, Vec::new()),
    }
}

fn evaluated(rules: &[CustomRule], reported: &ReportedSetting) -> (State, Vec<Failing>) {
    let output: Value = match serde_json::from_str(&reported.value) {
        Ok(output @ Value::Object(_)) => output,
        _ => return (State::Error, Vec::new()),
    };
    let failing: Vec<Failing> = rules.iter().filter(|rule| !rule.holds(&output)).map(custom).collect();
    let state = if failing.is_empty() { State::Compliant } else { State::Noncompliant };
    (state, failing)
}

fn custom(rule: &CustomRule) -> Failing {
    let text = rule.remediation();
    Failing {
        setting: rule.setting_name.clone(),
        title: text.map_or_else(|| rule.setting_name.clone(), |text| text.title.clone()),
        description: text.map(|text| text.description.clone()).unwrap_or_default(),
        more_info: rule.more_info_url.clone(),
        expected: rule.operand.as_str().map_or_else(|| rule.operand.to_string(), str::to_owned),
        source: "CustomCompliance",
    }
}

/// The texts of intune.md 4.3 \[observed\]; descriptions in our own words.
fn built_in(setting: &Setting) -> Failing {
    let item = setting.setting_definition_item_id.as_str();
    let kind = item.strip_prefix("linux_").and_then(|rest| rest.split('_').next());
    let (title, description, more_info) = match kind {
        Some("passwordpolicy") => {
            ("Enforce a secure password", "Enforce passwords as the rule demands.", Some(PASSWORD_LINK))
        }
        Some("deviceencryption") => ("Encrypt your drives", "Storage media must be encrypted.", None),
        Some("distribution") => (
            "Upgrade to a supported Linux distribution",
            "Use a distribution and version allowed here.",
            None,
        ),
        _ => (item, "The setting is not as the rule demands.", None),
    };
    Failing {
        setting: item.to_owned(),
        title: title.to_owned(),
        description: description.to_owned(),
        more_info: more_info.map(str::to_owned),
        expected: setting.value.clone(),
        source: "LinuxMDM",
    }
}

/// The transient rule of a device whose status is awaited; its setting id is invented.
fn not_reported() -> Failing {
    Failing {
        setting: "linux_sync_required".to_owned(),
        title: "Sync your device with Intune".to_owned(),
        description: "Check the device's status.".to_owned(),
        more_info: None,
        expected: String::new(),
        source: "LinuxMDM",
    }
}

const PASSWORD_LINK: &str = "https://go.microsoft.com/fwlink/?linkid=2210011";
