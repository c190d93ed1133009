use crate::distributions::{Applies, Bound, distribution, version};
use crate::encryption::encryption;
use crate::explanation::{Explanation, ScriptFinding};
use crate::finding::{Finding, State, Verdict};
use crate::passwords::password;
use crate::policy::{Policy, Setting};
use crate::scripts::{rules, script};
use crate::setting::SettingKind;
use facts::{Facts, Wanted};

/// One finding for each setting of each policy, in the order received.
pub fn judge(policies: &[Policy], facts: &Facts) -> Vec<Finding> {
    let of_policy = |policy: &Policy| -> Vec<Finding> {
        policy.settings.iter().map(|setting| finding(policy, setting, facts)).collect()
    };
    policies.iter().flat_map(of_policy).collect()
}

/// What has to be measured before these policies can be judged.
pub fn wanted(policies: &[Policy]) -> Wanted {
    let mut wanted = Wanted::default();
    for setting in policies.iter().flat_map(|policy| &policy.settings) {
        match SettingKind::of(&setting.definition) {
            SettingKind::Distribution | SettingKind::MinimumVersion | SettingKind::MaximumVersion => {
                wanted.release = true;
            }
            SettingKind::Encryption => wanted.storage = true,
            SettingKind::Password(_) => wanted.passwords = true,
            SettingKind::DiscoveryScript
            | SettingKind::ScriptRules
            | SettingKind::ScriptRequired
            | SettingKind::ConfigurationScript
            | SettingKind::Unknown => {}
        }
    }
    wanted
}

fn finding(policy: &Policy, setting: &Setting, facts: &Facts) -> Finding {
    let value = setting.value.as_deref();
    let as_received = value.unwrap_or_default().to_owned();
    let applying = |verdict: Verdict| (verdict, Applies::Yes, as_received.clone());
    let (verdict, applies, expected) = match SettingKind::of(&setting.definition) {
        SettingKind::Distribution => {
            let (verdict, applies) = distribution(policy, setting, &facts.release);
            (verdict, applies, as_received)
        }
        SettingKind::MinimumVersion => {
            let (verdict, applies) = version(policy, setting, Bound::Minimum, &facts.release);
            (verdict, applies, as_received)
        }
        SettingKind::MaximumVersion => {
            let (verdict, applies) = version(policy, setting, Bound::Maximum, &facts.release);
            (verdict, applies, as_received)
        }
        SettingKind::Encryption => applying(encryption(value, &facts.storage)),
        SettingKind::Password(count) => applying(password(value, count, &facts.passwords)),
        SettingKind::DiscoveryScript => {
            let (verdict, expected) = script(policy, facts);
            (verdict, Applies::Yes, expected)
        }
        SettingKind::ScriptRules => {
            let (verdict, expected) = rules(policy, facts);
            (verdict, Applies::Yes, expected)
        }
        SettingKind::ScriptRequired => {
            applying(Verdict::unknown(Explanation::Script(ScriptFinding::MeaningUnknown)))
        }
        SettingKind::ConfigurationScript => {
            applying(Verdict::new(State::Error, "", Explanation::ConfigurationScriptNotRun))
        }
        SettingKind::Unknown => applying(Verdict::unknown(Explanation::NoReader)),
    };
    let old_state = if applies == Applies::No { State::Compliant } else { State::Unknown };
    Finding {
        policy: policy.id.clone(),
        rule: setting.rule.clone(),
        setting: setting.definition.clone(),
        expected,
        actual: verdict.actual,
        old_state,
        state: verdict.state,
        explanation: verdict.explanation,
    }
}
