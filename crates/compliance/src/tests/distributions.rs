use super::*;
use crate::{Explanation, ReleaseFinding, Version};
use facts::{Fact, Release};

fn machine(id: &str, version: &str) -> Facts {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let release = Release { id: text(id), version_id: text(version), ..Release::default() };
    Facts { release: Fact::Known(release), ..nothing_known() }
}

/// What is said of the leaves of one policy: `entry leaf value`, a `-` for no entry.
fn leaves(of: &[(&str, &str, &str)], facts: &Facts) -> Vec<(String, String, String)> {
    let leaf = |(entry, definition, value): &(&str, &str, &str)| {
        in_entry(entry.trim_matches('-'), definition, value)
    };
    let findings = judge(&[policy(of.iter().map(leaf).collect())], facts);
    findings
        .iter()
        .map(|it| {
            let (a, b, c) = said(it);
            (a.to_owned(), b.to_owned(), c.to_owned())
        })
        .collect()
}

fn expect(found: &[(String, String, String)], wanted: &[(&str, &str, &str)]) {
    let found: Vec<(&str, &str, &str)> =
        found.iter().map(|(state, actual, old)| (state.as_str(), actual.as_str(), old.as_str())).collect();
    assert_eq!(found, wanted);
}

const MET: &str = "Compliant";
const BROKEN: &str = "NonCompliant";
const UNKNOWN: &str = "Unknown";

#[test]
fn an_entry_of_the_own_distribution_is_compared() {
    let of = [("0", TYPE, "Ubuntu"), ("0", MINIMUM, "22.04"), ("0", MAXIMUM, "24.04")];
    let old = UNKNOWN;
    for (version, minimum, maximum) in
        [("24.04", MET, MET), ("22.04", MET, MET), ("20.04", BROKEN, MET), ("24.10", MET, BROKEN)]
    {
        let found = leaves(&of, &machine("ubuntu", version));
        expect(&found, &[(MET, "ubuntu", old), (minimum, version, old), (maximum, version, old)]);
    }
}

#[test]
fn an_entry_of_another_distribution_does_not_apply() {
    let of = [
        ("0", TYPE, "ubuntu"),
        ("0", MINIMUM, "99"),
        ("1", TYPE, "rhel"),
        ("1", MINIMUM, "9"),
        ("1", MAXIMUM, "8"),
    ];
    let other = (MET, "", MET);
    let found = leaves(&of, &machine("rhel", "9.4"));
    expect(&found, &[other, other, (MET, "rhel", UNKNOWN), (MET, "9.4", UNKNOWN), (BROKEN, "9.4", UNKNOWN)]);
}

#[test]
fn a_distribution_in_no_entry_breaks_each_entry_and_no_bound() {
    let of = [("0", TYPE, "ubuntu"), ("0", MINIMUM, "22.04"), ("1", TYPE, "rhel"), ("1", MAXIMUM, "")];
    for id in ["debian", "linuxmint", "almalinux", "rocky", "ol", "centos", "fedora", "arch", "ubuntu-core"] {
        let broken = (BROKEN, id, UNKNOWN);
        expect(&leaves(&of, &machine(id, "99")), &[broken, (MET, "", MET), broken, (MET, "", MET)]);
    }
}

#[test]
fn without_os_release_or_id_nothing_is_known() {
    let of = [("0", TYPE, "ubuntu"), ("0", MINIMUM, "22.04"), ("0", MAXIMUM, "")];
    let unknown = (UNKNOWN, "", UNKNOWN);
    for facts in [nothing_known(), machine("", "24.04")] {
        expect(&leaves(&of, &facts), &[unknown; 3]);
    }
}

#[test]
fn a_bound_without_a_distribution_or_with_several_is_unknown() {
    let unknown = (UNKNOWN, "", UNKNOWN);
    let ubuntu = machine("ubuntu", "24.04");
    expect(
        &leaves(&[("0", MINIMUM, "22.04"), ("1", TYPE, "ubuntu")], &ubuntu),
        &[unknown, (MET, "ubuntu", UNKNOWN)],
    );
    // Without a path all stand in one entry, and nobody says which bound is whose.
    let together = [("-", TYPE, "ubuntu"), ("-", TYPE, "rhel"), ("-", MINIMUM, "22.04")];
    expect(&leaves(&together, &ubuntu), &[(MET, "ubuntu", UNKNOWN), (MET, "", MET), unknown]);
    let alone = [("-", MINIMUM, "22.04"), ("-", TYPE, "ubuntu")];
    expect(&leaves(&alone, &ubuntu), &[(MET, "24.04", UNKNOWN), (MET, "ubuntu", UNKNOWN)]);
}

#[test]
fn each_of_two_entries_of_the_own_distribution_is_compared_on_its_own() {
    let of = [("0", TYPE, "ubuntu"), ("0", MINIMUM, "22.04"), ("1", TYPE, "ubuntu"), ("1", MINIMUM, "26.04")];
    let same = (MET, "ubuntu", UNKNOWN);
    let found = leaves(&of, &machine("ubuntu", "24.04"));
    expect(&found, &[same, (MET, "24.04", UNKNOWN), same, (BROKEN, "24.04", UNKNOWN)]);
}

#[test]
fn a_path_names_an_entry_only_between_two_slashes() {
    let mut own = in_entry("", MINIMUM, "22.04");
    own.path = "x/Distribution/AllowedDistros/MinimumVersion".to_owned();
    let findings = judge(&[policy(vec![own, setting(TYPE, "ubuntu")])], &machine("ubuntu", "24.04"));
    assert_eq!(said(&findings[0]), (MET, "24.04", UNKNOWN));
}

#[test]
fn a_bound_is_compared_only_with_a_version() {
    for (bound, version, state) in [
        ("", "24.04", MET),
        ("  ", "24.04", MET),
        ("", "", MET),
        ("22.04", "", UNKNOWN),
        ("22.04", "26.11pre123", UNKNOWN),
        ("22.04", "sid", UNKNOWN),
        ("22.x", "24.04", "Error"),
        ("22.", "24.04", "Error"),
        (" 22", "24.04", "Error"),
        // A date is a huge version.
        ("15.6", "20260914", MET),
    ] {
        let found = leaves(&[("0", TYPE, "ubuntu"), ("0", MINIMUM, bound)], &machine("ubuntu", version));
        assert_eq!(found[1].0, state, "{bound:?} {version:?}");
        let actual = if [UNKNOWN, "Error"].contains(&state) { "" } else { version };
        assert_eq!(found[1].1, actual, "{bound:?} {version:?}");
    }
}

#[test]
fn versions_are_compared_number_by_number() {
    let version = |text: &str| text.parse::<Version>();
    for (left, order, right) in [
        ("22.04", "=", "22.4"),
        ("22.4", "=", "22.4.0.0"),
        ("22.10", ">", "22.4"),
        ("9", "<", "9.0.1"),
        ("0", "=", "000.0"),
        ("10", ">", "9"),
        ("1.2.3.4.5.6", ">", "1.2.3.4.5"),
        ("99999999999999999999999", ">", "99999999999999999999998"),
        ("100000000000000000000000", ">", "99999999999999999999999"),
    ] {
        let (one, other) = (version(left).unwrap(), version(right).unwrap());
        let symbol = if one < other {
            "<"
        } else if one > other {
            ">"
        } else {
            "="
        };
        assert_eq!(symbol, order, "{left} {right}");
        assert_eq!(one == other, order == "=", "{left} {right}");
    }
    for text in ["", ".", "1.", ".1", "1..2", "1.a", "v1", "1-2", "-1", "+1", "1 ", "١"] {
        assert!(version(text).is_err(), "{text:?}");
    }
}

#[test]
fn the_person_is_told_what_was_compared() {
    let findings = judge(
        &[policy(vec![in_entry("0", TYPE, "rhel"), in_entry("0", MINIMUM, "9")])],
        &machine("ubuntu", "24.04"),
    );
    let no_entry = |finding: &Finding| matches!(&finding.explanation, Explanation::Release(ReleaseFinding::NoEntry(it)) if it.id.as_deref() == Some("ubuntu"));
    assert!(findings.iter().all(no_entry));
}
