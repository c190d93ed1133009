use super::encryption::{branch, crypt, volume};
use super::passwords::{line, quality};
use super::*;
use crate::State;
use facts::{
    Control, Fact, Layer, Module, PasswordStack, Release, ScriptOutcome, Storage, UnixOptions, Value, Volume,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn release() -> impl Strategy<Value = Fact<Release>> {
    let id = proptest::option::of(prop_oneof!["ubuntu", "rhel", "arch"]);
    let version =
        proptest::option::of(prop_oneof!["22\\.04", "24\\.04", "9", "26\\.11pre", "[0-9]{1,3}\\.[0-9]{1,2}"]);
    let known = (id, version).prop_map(|(id, version_id)| Release { id, version_id, ..Release::default() });
    prop_oneof![1 => Just(Fact::Unknown(Reason::NotAsked)), 6 => known.prop_map(Fact::Known)]
}

fn any_volume() -> impl Strategy<Value = Volume> {
    let layer = prop_oneof![
        Just(crypt()),
        Just(Layer::Mapper),
        Just(Layer::Partition),
        Just(Layer::Disk),
        Just(Layer::Opal),
        Just(Layer::Remote)
    ];
    let way = proptest::collection::vec(layer, 0..4).prop_map(branch);
    proptest::collection::vec(way, 0..3).prop_map(volume)
}

fn storage() -> impl Strategy<Value = Storage> {
    let unseen = proptest::collection::vec(Just(Reason::MountNotSeen("/home".to_owned())), 0..2);
    let volumes = proptest::collection::vec(any_volume(), 0..4);
    (volumes, unseen).prop_map(|(volumes, unseen)| Storage { volumes, unseen, plain_swap: vec![] })
}

fn stack() -> impl Strategy<Value = PasswordStack> {
    let control = prop_oneof![
        Just(Control::required()),
        Just(Control::requisite()),
        Just(Control::sufficient()),
        Just(Control::optional())
    ];
    let module = prop_oneof![
        (0..20_i64, -3..3_i64, 0..5_i64).prop_map(|(minlen, credit, classes)| quality(|it| {
            (it.minlen.value, it.dcredit.value, it.minclass.value) = (minlen, credit, classes);
        })),
        (proptest::option::of(0..20_u64), any::<bool>())
            .prop_map(|(minlen, takes_given)| Module::Unix(UnixOptions { minlen, takes_given })),
        Just(Module::Deny),
        Just(Module::ProvesNothing),
        Just(Module::OwnAccounts),
        Just(Module::Other),
    ];
    let line = (control, module, prop::bool::weighted(0.9))
        .prop_map(|(control, module, is_present)| facts::StackLine { is_present, ..line(control, module) });
    proptest::collection::vec(line, 0..6).prop_map(|lines| PasswordStack { lines })
}

fn known() -> impl Strategy<Value = Facts> {
    let members = BTreeMap::from([("a".to_owned(), Value::Boolean(true))]);
    let answered = ScriptOutcome::Answered { stdout: "{\"a\": true}\n".to_owned(), members };
    let scripts = proptest::option::of(Just(answered)).prop_map(|outcome| {
        BTreeMap::from_iter(outcome.map(|outcome| (PolicyId("policy".to_owned()), outcome)))
    });
    (release(), storage(), stack(), scripts).prop_map(|(release, storage, passwords, scripts)| Facts {
        release,
        storage: Fact::Known(storage),
        passwords: Fact::Known(passwords),
        scripts,
    })
}

fn any_setting() -> impl Strategy<Value = Setting> {
    let leaf = |definition: &'static str, value: &'static str| {
        (prop_oneof!["", "0", "1"], value)
            .prop_map(move |(entry, value)| in_entry(&entry, definition, &value))
    };
    let bound = "|22\\.04|24\\.4|9|x";
    prop_oneof![
        2 => leaf(TYPE, "ubuntu|rhel|"),
        2 => leaf(MINIMUM, bound),
        1 => leaf(MAXIMUM, bound),
        2 => leaf(ENCRYPTION, "True|False|maybe"),
        2 => leaf(LENGTH, "[0-9]{1,2}|many"),
        1 => leaf(DIGITS, "[0-3]"),
        1 => leaf(SYMBOLS, "[0-3]"),
        1 => leaf(SCRIPT, "c2NyaXB0"),
        1 => leaf("linux_customconfig_script", "x"),
        1 => leaf("linux_other", "x"),
    ]
}

fn any_policy() -> impl Strategy<Value = Policy> {
    proptest::collection::vec(any_setting(), 0..8).prop_map(policy)
}

/// Every text that may be said to have been measured.
fn measured(facts: &Facts) -> BTreeSet<String> {
    let mut texts: BTreeSet<String> = ["", "True", "False", "{\"a\": true}", "not run: nobody is signed in"]
        .into_iter()
        .map(str::to_owned)
        .collect();
    if let Fact::Known(release) = &facts.release {
        texts.extend(release.id.clone());
        texts.extend(release.version_id.clone());
    }
    if let Fact::Known(stack) = &facts.passwords {
        // Nothing, the floor, a class of minclass, and sums of what lines say; never what a policy wants beyond them.
        texts.extend((0..=20).map(|number: u64| number.to_string()));
        assert!(stack.lines.len() < 7);
    }
    texts
}

fn states(findings: &[Finding]) -> Vec<State> {
    findings.iter().map(|finding| finding.state).collect()
}

proptest! {
    #[test]
    fn an_encrypted_volume_more_never_makes_it_less_compliant(storage in storage(), at in 0..4_usize) {
        let facts = |storage| Facts { storage: Fact::Known(storage), ..nothing_known() };
        let before = one(ENCRYPTION, "True", &facts(storage.clone())).state;
        let mut more = storage;
        more.volumes.insert(at.min(more.volumes.len()), volume(vec![branch(vec![crypt()])]));
        let after = one(ENCRYPTION, "True", &facts(more)).state;
        // The first volume of a machine without one makes it known.
        prop_assert!(after == before || (before, after) == (State::Unknown, State::Compliant));
    }

    #[test]
    fn a_fact_less_never_makes_it_compliant(facts in known(), policy in any_policy(), lost in 0..4) {
        let mut fewer = facts.clone();
        match lost {
            0 => fewer.release = Fact::Unknown(Reason::BrokeOff),
            1 => fewer.storage = Fact::Unknown(Reason::BrokeOff),
            2 => fewer.passwords = Fact::Unknown(Reason::BrokeOff),
            _ => fewer.scripts.clear(),
        }
        let (before, after) = (judge(std::slice::from_ref(&policy), &facts), judge(std::slice::from_ref(&policy), &fewer));
        for (before, after) in states(&before).into_iter().zip(states(&after)) {
            prop_assert!(after != State::Compliant || before == State::Compliant);
        }
    }

    #[test]
    fn a_volume_or_a_way_down_that_is_lost_never_makes_it_compliant(storage in storage(), at in 0..4_usize) {
        let facts = |storage| Facts { storage: Fact::Known(storage), ..nothing_known() };
        let before = one(ENCRYPTION, "True", &facts(storage.clone()));
        let mut fewer = storage;
        if let Some(volume) = fewer.volumes.get_mut(at) {
            volume.branches.clear();
            let after = one(ENCRYPTION, "True", &facts(fewer));
            prop_assert!(after.state != State::Compliant);
            prop_assert!(after.state == State::Unknown || before.state == State::NonCompliant);
        }
    }

    #[test]
    fn nothing_is_said_to_be_measured_that_was_not(facts in known(), policies in proptest::collection::vec(any_policy(), 0..3)) {
        let texts = measured(&facts);
        for finding in judge(&policies, &facts) {
            prop_assert!(texts.contains(&finding.actual), "{} of {}", finding.actual, finding.setting);
        }
        for finding in judge(&policies, &nothing_known()) {
            prop_assert!(["", "not run: nobody is signed in"].contains(&finding.actual.as_str()));
        }
    }

    #[test]
    fn the_order_of_a_policy_changes_no_finding(facts in known(), settings in proptest::collection::vec(any_setting(), 0..8).prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle()))) {
        let sorted = |settings: Vec<Setting>| {
            let mut findings: Vec<String> =
                judge(&[policy(settings)], &facts).iter().map(|it| format!("{it:?}")).collect();
            findings.sort();
            findings
        };
        let (one, other) = settings;
        prop_assert_eq!(sorted(one), sorted(other));
    }

    #[test]
    fn a_line_more_that_enforces_never_lowers_what_is_proven(stack in stack(), minlen in 6..20_i64) {
        let of = |lines| Facts { passwords: Fact::Known(PasswordStack { lines }), ..nothing_known() };
        let mut more = stack.lines.clone();
        more.insert(0, line(Control::requisite(), quality(|it| it.minlen.value = minlen)));
        for wanted in ["6", "9", "12", "15"] {
            let before = one(LENGTH, wanted, &of(stack.lines.clone())).state;
            let after = one(LENGTH, wanted, &of(more.clone())).state;
            prop_assert!(before != State::Compliant || after == State::Compliant);
        }
    }

    #[test]
    fn every_text_is_judged_without_a_panic(definition in 0..17_usize, value in ".{0,12}", path in ".{0,24}", facts in known()) {
        let (definition, _) = crate::SettingKind::IDS.get(definition).copied().unwrap_or(("other", crate::SettingKind::Unknown));
        let setting = Setting { path, ..setting(definition, &value) };
        prop_assert_eq!(judge(&[policy(vec![setting])], &facts).len(), 1);
    }
}
