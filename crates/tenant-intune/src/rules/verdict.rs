//! What the service makes of a status (intune.md 4.3, 8.1 rule 10).

use crate::records::custom_rules::CustomRule;
use crate::records::knobs::{GraceState, IntuneKnobs, PartialStatus, PendingState, UnknownCountsAs, Verify};
use crate::records::policy::{DISCOVERY_SCRIPT, Policy, Setting};
use crate::records::record::{Claimed, Record, Report, ReportedSetting};
use crate::records::verdict::{Basis, Failing, Standing, State, Verdict};
use crate::rules::custom::{self, Code};
use crate::rules::honesty;
use serde_json::Value;

/// What some rules come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judged {
    pub(crate) state: State,
    pub(crate) failing: Vec<Failing>,
    /// What could not be evaluated, by the name of its setting.
    pub(crate) errors: Vec<(Code, String)>,
}

impl Default for Judged {
    fn default() -> Judged {
        Judged { state: State::Compliant, failing: Vec::new(), errors: Vec::new() }
    }
}

impl Judged {
    fn failing(state: State, rule: Failing) -> Judged {
        Judged { state, failing: vec![rule], errors: Vec::new() }
    }

    fn error(code: Code, setting: &str) -> Judged {
        Judged { state: State::Error, failing: Vec::new(), errors: vec![(code, setting.to_owned())] }
    }

    fn add(&mut self, other: Judged) {
        self.state = self.state.max(other.state);
        for rule in other.failing {
            // A device gets each advice once, however many rules lead to it.
            if !self.failing.contains(&rule) {
                self.failing.push(rule);
            }
        }
        self.errors.extend(other.errors);
    }

    /// `65008 SecureBootEnabled; 65010 Kernel`, for the transcript.
    pub(crate) fn error_codes(&self) -> String {
        let told = |(code, setting): &(Code, String)| format!("{} {setting}", code.number());
        self.errors.iter().map(told).collect::<Vec<_>>().join("; ")
    }
}

/// The verdict on a device at a time.
pub(crate) fn of(record: &Record, knobs: &IntuneKnobs, now_ms: i64) -> Verdict {
    let Some(report) = record.report.as_ref() else { return awaited(knobs, None) };
    let due = due(report, knobs);
    if now_ms < due {
        return awaited(knobs, Some(due));
    }
    let expires = report.at.saturating_add(knobs.validity_ms);
    if now_ms >= expires {
        let (state, failing) = (State::Noncompliant, vec![not_reported()]);
        return Verdict { state, failing, basis: Basis::NotReporting, grace_until: None, changes_at: None };
    }
    let judged = evaluation(report, knobs);
    let held_until = record.errors_since.unwrap_or(report.at).saturating_add(knobs.error_hold_ms);
    let verdict = match judged.state {
        State::Error if now_ms < held_until => held(record, judged, held_until),
        State::Error => settled(State::Noncompliant, judged.failing, Basis::HeldTooLong),
        state => settled(state, judged.failing, Basis::Evaluated),
    };
    let verdict = graced(verdict, knobs, now_ms);
    let changes_at = verdict.changes_at.map_or(expires, |at| at.min(expires));
    Verdict { changes_at: Some(changes_at), ..verdict }
}

/// Keeps what errors will leave standing, and since when there are errors.
pub(crate) fn remember(record: &mut Record, knobs: &IntuneKnobs, now_ms: i64) {
    let Some(report) = record.report.as_ref().filter(|report| due(report, knobs) <= now_ms) else { return };
    if report.at.saturating_add(knobs.validity_ms) <= now_ms {
        record.standing = Some(Standing { state: State::Noncompliant, failing: Vec::new() });
        return;
    }
    let Judged { state, failing, .. } = evaluation(report, knobs);
    if state == State::Error {
        record.errors_since.get_or_insert(report.at);
    } else {
        record.errors_since = None;
        record.standing = Some(Standing { state, failing });
    }
}

/// When a status has been worked through.
fn due(report: &Report, knobs: &IntuneKnobs) -> i64 {
    report.at.saturating_add(if report.hurried { 0 } else { knobs.verdict_delay_ms })
}

fn awaited(knobs: &IntuneKnobs, due: Option<i64>) -> Verdict {
    let state = match knobs.pending_state {
        PendingState::Noncompliant => State::Noncompliant,
        PendingState::Unknown => State::Unknown,
    };
    Verdict { changes_at: due, ..settled(state, vec![not_reported()], Basis::Awaited) }
}

fn settled(state: State, failing: Vec<Failing>, basis: Basis) -> Verdict {
    Verdict { state, failing, basis, grace_until: None, changes_at: None }
}

/// The state before the errors stays for a while (compliance.md 7); a device without one is in error.
fn held(record: &Record, judged: Judged, until: i64) -> Verdict {
    let verdict = match &record.standing {
        Some(standing) if standing.state == State::Compliant || !standing.failing.is_empty() => {
            settled(standing.state, standing.failing.clone(), Basis::Held)
        }
        Some(standing) => settled(standing.state, judged.failing, Basis::Held),
        None => settled(State::Error, judged.failing, Basis::Evaluated),
    };
    Verdict { changes_at: Some(until), ..verdict }
}

/// What is not compliant does not count until the grace period is over; its rules are listed all the same.
fn graced(verdict: Verdict, knobs: &IntuneKnobs, now_ms: i64) -> Verdict {
    let until = knobs.grace_until_ms().filter(|until| now_ms < *until);
    let Some(until) = until.filter(|_| verdict.state == State::Noncompliant) else { return verdict };
    let state = match knobs.grace_state {
        GraceState::Noncompliant => State::Noncompliant,
        GraceState::Compliant => State::Compliant,
    };
    let changes_at = verdict.changes_at.map_or(until, |at| at.min(until));
    Verdict { state, grace_until: Some(until), changes_at: Some(changes_at), ..verdict }
}

/// What a status comes to, whenever that is said.
pub(crate) fn evaluation(report: &Report, knobs: &IntuneKnobs) -> Judged {
    let mut all = Judged::default();
    let mut policies = knobs.policies.iter().filter(|policy| policy.is_compliance()).peekable();
    if policies.peek().is_none() && !knobs.compliant_without_policy {
        all.state = State::Noncompliant;
    }
    for policy in policies {
        all.add(of_policy(policy, knobs, policy.reported(&report.policies).unwrap_or_default()));
    }
    all
}

fn of_policy(policy: &Policy, knobs: &IntuneKnobs, reported: &[ReportedSetting]) -> Judged {
    let settings = policy.settings(knobs.deliver_rules);
    let doubted = match knobs.verify {
        Verify::Distrust => honesty::doubted(&settings, reported, &knobs.may_be_unknown),
        Verify::Trust | Verify::Flag => Vec::new(),
    };
    let mut all = Judged::default();
    for setting in &settings {
        all.add(if doubted.contains(setting) {
            Judged::failing(State::Noncompliant, built_in(setting))
        } else {
            judged(policy, setting, setting.reported(reported), knobs)
        });
    }
    all
}

/// One setting: the client's word is taken for it (intune.md 3.4 \[inferred\]), except for custom rules.
fn judged(
    policy: &Policy,
    setting: &Setting,
    reported: Option<&ReportedSetting>,
    knobs: &IntuneKnobs,
) -> Judged {
    let Some(reported) = reported else {
        return match knobs.partial_status {
            PartialStatus::NotReported => Judged::failing(State::Noncompliant, not_reported()),
            PartialStatus::Error => Judged::failing(State::Error, built_in(setting)),
            PartialStatus::Ignored => Judged::default(),
        };
    };
    let script = setting.setting_definition_item_id == DISCOVERY_SCRIPT;
    let custom = policy.custom_rules.as_ref().filter(|_| script && !knobs.deliver_rules);
    match (reported.state, custom) {
        (Claimed::Error, _) => {
            let errors = script.then_some((Code::ScriptFailed, setting.setting_definition_item_id.clone()));
            let judged = Judged::failing(State::Error, built_in(setting));
            Judged { errors: errors.into_iter().collect(), ..judged }
        }
        (_, Some(custom)) => evaluated(setting, &custom.rules, reported, &knobs.languages),
        (Claimed::Compliant, _) => Judged::default(),
        (Claimed::NonCompliant, _) => Judged::failing(State::Noncompliant, built_in(setting)),
        (Claimed::Unknown, _) => match knobs.unknown_counts_as {
            UnknownCountsAs::Error => Judged::failing(State::Error, built_in(setting)),
            UnknownCountsAs::Unknown => Judged { state: State::Unknown, ..Judged::default() },
            UnknownCountsAs::Noncompliant => Judged::failing(State::Noncompliant, built_in(setting)),
        },
    }
}

/// The rules on one output; what cannot be evaluated is no failure, and is not listed (guess).
fn evaluated(
    setting: &Setting,
    rules: &[CustomRule],
    reported: &ReportedSetting,
    languages: &[String],
) -> Judged {
    let output = match custom::output(&reported.value) {
        Ok(output) => output,
        Err(code) => return Judged::error(code, &setting.setting_definition_item_id),
    };
    let mut all = Judged::default();
    for rule in rules {
        match custom::holds(rule, &output) {
            Ok(true) => {}
            Ok(false) => all.add(Judged::failing(
                State::Noncompliant,
                of_rule(rule, languages, output.get(&rule.setting_name)),
            )),
            Err(code) => all.add(Judged::error(code, &rule.setting_name)),
        }
    }
    all
}

/// The rule in the administrator's words; in a title `{ActualValue}` is what was found (compliance.md 2.3).
fn of_rule(rule: &CustomRule, languages: &[String], found: Option<&Value>) -> Failing {
    let text = rule.remediation(languages);
    let found = found.map(plain).unwrap_or_default();
    Failing {
        setting: rule.setting_name.clone(),
        title: text.map_or_else(|| rule.setting_name.clone(), |it| it.title.replace(ACTUAL_VALUE, &found)),
        description: text.map(|text| text.description.clone()).unwrap_or_default(),
        more_info: rule.more_info_url.clone(),
        expected: plain(&rule.operand),
        source: "CustomCompliance",
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
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

const ACTUAL_VALUE: &str = "{ActualValue}";
const PASSWORD_LINK: &str = "https://go.microsoft.com/fwlink/?linkid=2210011";
