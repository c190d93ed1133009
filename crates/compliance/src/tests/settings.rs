use super::*;
use crate::{Explanation, SettingKind, State, wanted};
use facts::Wanted;
use std::collections::BTreeSet;

#[test]
fn every_setting_of_the_catalogue_has_a_reader() {
    let ids: BTreeSet<&str> = SettingKind::IDS.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids.len(), 16);
    for (id, kind) in SettingKind::IDS {
        assert_eq!(SettingKind::of(id), *kind);
        assert_ne!(one(id, "1", &nothing_known()).explanation, Explanation::NoReader, "{id}");
    }
    for id in ["linux_antivirus_required", "Linux_DeviceEncryption_Required", ""] {
        assert_eq!(SettingKind::of(id), SettingKind::Unknown);
    }
}

#[test]
fn a_setting_of_an_unknown_id_is_unknown_and_never_dropped() {
    for value in ["", "True", "8"] {
        let finding = one("linux_firewall_required", value, &nothing_known());
        assert_eq!(said(&finding), ("Unknown", "", "Unknown"));
        assert_eq!((finding.expected.as_str(), &finding.explanation), (value, &Explanation::NoReader));
    }
    let finding = one("linux_customcompliance_required", "true", &nothing_known());
    assert_eq!(said(&finding), ("Unknown", "", "Unknown"));
}

#[test]
fn scripts_that_configure_are_said_not_to_run() {
    for leaf in ["executioncontext", "executionfrequency", "executionretries", "script"] {
        let finding = one(&format!("linux_customconfig_{leaf}"), "root", &nothing_known());
        assert_eq!(said(&finding), ("Error", "", "Unknown"));
        assert_eq!(finding.expected, "root");
        assert_eq!(finding.explanation, Explanation::ConfigurationScriptNotRun);
    }
}

#[test]
fn each_setting_is_answered_once_in_the_order_received_with_its_own_ids() {
    let mut lacking = setting(DIGITS, "2");
    lacking.rule = None;
    lacking.value = None;
    let settings = vec![setting(LENGTH, "8"), lacking, setting(LENGTH, "8"), setting("other", "x")];
    let policies = [policy(settings.clone()), Policy { id: PolicyId("b".to_owned()), ..policy(settings) }];
    let findings = judge(&policies, &nothing_known());
    let all = policies.iter().flat_map(|policy| policy.settings.iter().map(|it| (&policy.id, it)));
    let same = findings.iter().zip(all).filter(|(finding, (policy, setting))| {
        finding.policy == **policy
            && finding.rule == setting.rule
            && finding.setting == setting.definition
            && finding.expected == setting.value.clone().unwrap_or_default()
    });
    assert_eq!((same.count(), findings.len()), (8, 8));
    assert_eq!(judge(&[], &nothing_known()), []);
}

#[test]
fn a_setting_without_a_value_is_an_error_and_a_bound_without_one_is_none() {
    for definition in [TYPE, ENCRYPTION, LENGTH] {
        let mut lacking = setting(definition, "");
        lacking.value = None;
        let finding = judge(&[policy(vec![lacking])], &nothing_known()).remove(0);
        assert_eq!((finding.state, &finding.explanation), (State::Error, &Explanation::ValueNotUnderstood));
    }
}

#[test]
fn only_what_is_asked_for_is_measured() {
    let nothing = Wanted::default();
    for (definition, expected) in [
        (TYPE, Wanted { release: true, ..nothing }),
        (MINIMUM, Wanted { release: true, ..nothing }),
        (MAXIMUM, Wanted { release: true, ..nothing }),
        (ENCRYPTION, Wanted { storage: true, ..nothing }),
        (LENGTH, Wanted { passwords: true, ..nothing }),
        (SYMBOLS, Wanted { passwords: true, ..nothing }),
        (SCRIPT, nothing),
        ("linux_customconfig_script", nothing),
        ("other", nothing),
    ] {
        assert_eq!(wanted(&[policy(vec![setting(definition, "")])]), expected, "{definition}");
    }
    let all = wanted(&[
        policy(vec![setting(TYPE, "")]),
        policy(vec![setting(ENCRYPTION, ""), setting(DIGITS, "")]),
    ]);
    assert_eq!(all, Wanted { release: true, storage: true, passwords: true });
}

#[test]
fn the_words_of_the_service_are_these() {
    let words: Vec<&str> = State::ALL.iter().map(|state| state.as_str()).collect();
    assert_eq!(words, ["Compliant", "NonCompliant", "Unknown", "Error"]);
}
