use super::*;
use crate::{CharacterCount, Explanation, PasswordProof};
use facts::{Control, Fact, Module, Origin, Passwdqc, PasswordStack, Place, Quality, StackLine, UnixOptions};

pub(super) fn line(control: Control, module: Module) -> StackLine {
    let place = Place { file: "/etc/pam.d/common-password".to_owned(), line: 0 };
    StackLine { place, level: 0, control, module, is_present: true }
}

/// A stack of one level, whose lines are counted from 1.
pub(super) fn stack(mut lines: Vec<StackLine>) -> Facts {
    for (number, line) in (1..).zip(&mut lines) {
        line.place.line = number;
    }
    Facts { passwords: Fact::Known(PasswordStack { lines }), ..nothing_known() }
}

/// pam_unix that takes the password which a line above asked for.
pub(super) fn writer(minlen: Option<u64>) -> UnixOptions {
    UnixOptions { minlen, takes_given: true }
}

pub(super) fn unix() -> Module {
    Module::Unix(writer(None))
}

/// pam_pwquality with settings that differ from its defaults.
pub(super) fn quality(change: impl FnOnce(&mut Quality)) -> Module {
    let mut quality = Quality::of_pwquality();
    change(&mut quality);
    Module::Pwquality(Fact::Known(quality))
}

fn required(module: Module) -> Facts {
    stack(vec![line(Control::requisite(), module), line(Control::required(), unix())])
}

/// The enforced numbers of length, digits, lower case, upper case and symbols; empty where they are not known.
fn enforced(facts: &Facts) -> [String; 5] {
    [LENGTH, DIGITS, LOWERCASE, UPPERCASE, SYMBOLS].map(|definition| one(definition, "99", facts).actual)
}

#[test]
fn pwquality_enforces_what_it_was_measured_to() {
    type Change = fn(&mut Quality);
    let cases: [(&str, Change, [&str; 5]); 14] = [
        ("nothing set", |_| {}, ["8", "0", "0", "0", "0"]),
        ("minlen 12", |it| it.minlen.value = 12, ["12", "0", "0", "0", "0"]),
        ("minlen below its floor", |it| it.minlen.value = 4, ["6", "0", "0", "0", "0"]),
        ("minlen below nothing", |it| it.minlen.value = -4, ["6", "0", "0", "0", "0"]),
        ("minclass 4", |it| it.minclass.value = 4, ["8", "1", "1", "1", "1"]),
        ("minclass 3", |it| it.minclass.value = 3, ["8", "0", "0", "0", "0"]),
        ("digits", |it| it.dcredit.value = -2, ["8", "2", "0", "0", "0"]),
        ("lower", |it| it.lcredit.value = -3, ["8", "0", "3", "0", "0"]),
        ("upper", |it| it.ucredit.value = -4, ["8", "0", "0", "4", "0"]),
        ("symbols", |it| it.ocredit.value = -5, ["8", "0", "0", "0", "5"]),
        (
            "more of the classes than minlen",
            |it| (it.dcredit.value, it.lcredit.value) = (-6, -5),
            ["11", "6", "5", "0", "0"],
        ),
        (
            "a class below minclass",
            |it| (it.dcredit.value, it.minclass.value) = (-2, 4),
            ["8", "2", "1", "1", "1"],
        ),
        ("one credit", |it| (it.minlen.value, it.dcredit.value) = (12, 3), ["9", "0", "0", "0", "0"]),
        ("it only warns", |it| it.is_enforcing = false, ["0", "0", "0", "0", "0"]),
    ];
    for (what, change, expected) in cases {
        assert_eq!(enforced(&required(quality(change))), expected, "{what}");
    }
    let credits = quality(|it| {
        it.minlen.value = 12;
        for credit in [&mut it.dcredit, &mut it.ucredit, &mut it.lcredit, &mut it.ocredit] {
            credit.value = 1;
        }
    });
    assert_eq!(enforced(&required(credits)), ["8", "0", "0", "0", "0"], "eight characters of four classes");
    let extreme =
        quality(|it| (it.minlen.value, it.dcredit.value, it.ocredit.value) = (i64::MAX, i64::MIN, i64::MIN));
    assert_eq!(enforced(&required(extreme))[1], i64::MIN.unsigned_abs().to_string());
}

#[test]
fn other_modules_enforce_what_their_manuals_say() {
    let cracklib = |minlen, credit| {
        let mut quality = Quality::of_cracklib();
        (quality.minlen.value, quality.dcredit.value) = (minlen, credit);
        Module::Cracklib(quality)
    };
    let passwdqc = |min, is_enforcing| {
        Module::Passwdqc(Fact::Known(Passwdqc { min, origin: Origin::Argument, is_enforcing }))
    };
    let min = [None, Some(24), Some(11), Some(8), Some(7)];
    let nothing = ["0", "0", "0", "0", "0"];
    for (what, module, expected) in [
        ("cracklib", Module::Cracklib(Quality::of_cracklib()), ["6", "0", "0", "0", "0"]),
        ("cracklib 14", cracklib(14, 1), ["10", "0", "0", "0", "0"]),
        ("cracklib with digits", cracklib(14, -2), ["11", "2", "0", "0", "0"]),
        ("passwdqc", passwdqc(min, true), ["7", "", "", "", ""]),
        ("passwdqc, one length", passwdqc([None, None, None, None, Some(16)], true), ["16", "", "", "", ""]),
        ("passwdqc takes nothing", passwdqc([None; 5], true), ["", "", "", "", ""]),
        ("passwdqc enforces nothing", passwdqc(min, false), nothing),
        ("pam_unix", Module::Unix(writer(Some(10))), ["10", "0", "0", "0", "0"]),
        ("pam_unix alone", unix(), nothing),
        ("pam_pwhistory", Module::ProvesNothing, nothing),
        ("pam_sss", Module::OwnAccounts, nothing),
        ("another", Module::Other, ["", "", "", "", ""]),
        ("pwquality, unreadable", Module::Pwquality(Fact::Unknown(Reason::NotAsked)), ["", "", "", "", ""]),
        ("passwdqc, unreadable", Module::Passwdqc(Fact::Unknown(Reason::NotAsked)), ["", "", "", "", ""]),
    ] {
        // Alone, because a line of pam_unix that writes makes what follows doubtful.
        assert_eq!(enforced(&stack(vec![line(Control::required(), module)])), expected, "{what}");
    }
}

#[test]
fn an_answer_compares_what_is_enforced_with_what_is_required() {
    let facts = required(quality(|it| it.minlen.value = 12));
    let doubtful = stack(vec![line(Control::required(), Module::Other)]);
    let both = stack(vec![
        line(Control::required(), quality(|it| it.minlen.value = 12)),
        line(Control::required(), Module::Other),
    ]);
    for (wanted, known, unknown, partly) in [
        ("12", ("Compliant", "12"), ("Unknown", ""), ("Compliant", "12")),
        ("8", ("Compliant", "12"), ("Unknown", ""), ("Compliant", "12")),
        ("008", ("Compliant", "12"), ("Unknown", ""), ("Compliant", "12")),
        ("13", ("NonCompliant", "12"), ("Unknown", ""), ("Unknown", "")),
        ("99999999999999999999999", ("NonCompliant", "12"), ("Unknown", ""), ("Unknown", "")),
        ("0", ("Compliant", "12"), ("Compliant", ""), ("Compliant", "12")),
        ("", ("Error", ""), ("Error", ""), ("Error", "")),
        ("twelve", ("Error", ""), ("Error", ""), ("Error", "")),
        ("-1", ("Error", ""), ("Error", ""), ("Error", "")),
        ("12.0", ("Error", ""), ("Error", ""), ("Error", "")),
    ] {
        for (facts, (state, actual)) in
            [(&facts, known), (&doubtful, unknown), (&nothing_known(), unknown), (&both, partly)]
        {
            assert_eq!(said(&one(LENGTH, wanted, facts)), (state, actual, "Unknown"), "{wanted}");
        }
    }
}

#[test]
fn of_several_lines_the_greatest_number_of_each_kind_counts() {
    let ten = || line(Control::requisite(), quality(|it| (it.minlen.value, it.dcredit.value) = (10, -1)));
    let nine = || line(Control::requisite(), quality(|it| (it.minlen.value, it.ocredit.value) = (9, -2)));
    let unix = |minlen| line(Control::required(), Module::Unix(writer(Some(minlen))));
    for (lines, length) in [
        (vec![ten(), nine(), unix(11)], "11"),
        (vec![ten(), nine(), unix(7)], "10"),
        (vec![nine(), ten(), unix(7)], "10"),
    ] {
        assert_eq!(enforced(&stack(lines)), [length, "1", "0", "0", "2"]);
    }
}

#[test]
fn the_person_is_told_which_line_and_which_file_decide() {
    let origin = |name: &str| Origin::File(name.to_owned());
    let set = quality(|it| {
        (it.minlen.value, it.minlen.origin) = (12, origin("/etc/security/pwquality.conf"));
        (it.dcredit.value, it.dcredit.origin) = (-3, Origin::Argument);
        (it.minclass.value, it.minclass.origin) = (4, origin("/etc/security/pwquality.conf.d/a.conf"));
    });
    let facts = required(set);
    for (definition, count, least, from) in [
        (LENGTH, CharacterCount::Length, 12, origin("/etc/security/pwquality.conf")),
        (DIGITS, CharacterCount::Digits, 3, Origin::Argument),
        (SYMBOLS, CharacterCount::Symbols, 1, origin("/etc/security/pwquality.conf.d/a.conf")),
    ] {
        let line = Place { file: "/etc/pam.d/common-password".to_owned(), line: 1 };
        let proof = PasswordProof::Enforced { count, least, line, origin: from };
        assert_eq!(one(definition, "99", &facts).explanation, Explanation::Password(proof.clone()));
        assert_eq!(one(definition, "1", &facts).explanation, Explanation::Password(proof));
    }
    let nothing = Explanation::Password(PasswordProof::NothingEnforces);
    assert_eq!(one(LENGTH, "8", &stack(vec![])).explanation, nothing);
    let by_classes = required(quality(|it| (it.dcredit.value, it.dcredit.origin) = (-9, Origin::Argument)));
    let found = one(LENGTH, "9", &by_classes).explanation;
    assert!(matches!(
        found,
        Explanation::Password(PasswordProof::Enforced { least: 9, origin: Origin::Argument, .. })
    ));
}
