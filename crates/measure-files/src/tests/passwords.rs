//! The settings of modules (compliance.md 5.3, 5.4).

use super::tree::{Tree, missing};
use facts::{Fact, Module, Number, Origin, Passwdqc, Quality, Reason};

const FILE: &str = "/etc/security/pwquality.conf";
const FOLDER: &str = "/etc/security/pwquality.conf.d";

/// A machine whose stack is one line of this module.
fn machine(line: &str, files: &[(&str, &str)]) -> Tree {
    let tree = Tree::new();
    tree.folder("/usr/lib/security").file("/etc/pam.d/passwd", format!("password requisite {line}\n"));
    for (path, text) in files {
        tree.file(path, text);
    }
    tree
}

fn module(tree: &Tree) -> Module {
    tree.facts().passwords.known().unwrap().lines[0].module.clone()
}

fn quality_of(tree: &Tree) -> Fact<Quality> {
    match module(tree) {
        Module::Pwquality(quality) => quality,
        Module::Cracklib(quality) => Fact::Known(quality),
        other => panic!("{other:?}"),
    }
}

/// minlen, the four credits, minclass, and whether it enforces.
fn numbers(line: &str, files: &[(&str, &str)]) -> ([i64; 6], bool) {
    let quality = quality_of(&machine(line, files)).known().unwrap().clone();
    let numbers = [
        &quality.minlen,
        &quality.dcredit,
        &quality.ucredit,
        &quality.lcredit,
        &quality.ocredit,
        &quality.minclass,
    ];
    (numbers.map(|number| number.value), quality.is_enforcing)
}

/// minlen alone.
fn minlen(line: &str, files: &[(&str, &str)]) -> i64 {
    numbers(line, files).0[0]
}

#[test]
fn the_later_place_wins_and_a_drop_in_never_over_the_main_file() {
    let (a, b) = (format!("{FOLDER}/10-a.conf"), format!("{FOLDER}/20-b.conf"));
    let other = format!("{FOLDER}/99-c.conf.bak");
    let (a, b, other) = (a.as_str(), b.as_str(), other.as_str());
    for (files, line, expected) in [
        (vec![], "pam_pwquality.so", 8),
        (vec![(a, "minlen=10")], "pam_pwquality.so", 10),
        (vec![(b, "minlen=11"), (a, "minlen=10")], "pam_pwquality.so", 11),
        (vec![(a, "minlen=10"), (FILE, "minlen=9")], "pam_pwquality.so", 9),
        (vec![(a, "minlen=10"), (FILE, "dcredit=-1")], "pam_pwquality.so", 10),
        (vec![(a, "minlen=10"), (FILE, "minlen=9")], "pam_pwquality.so retry=3 minlen=14", 14),
        (vec![(other, "minlen=20")], "pam_pwquality.so", 8),
        (vec![(FILE, "minlen=9\nminlen=12\n")], "pam_pwquality.so minlen=x minlem=3", 12),
    ] {
        assert_eq!(minlen(line, &files), expected, "{files:?} {line}");
    }
    let found =
        quality_of(&machine("pam_pwquality.so ucredit=-1", &[(a, "minlen=10"), (FILE, "dcredit=-1")]));
    let found = found.known().unwrap().clone();
    let number = |value, origin| Number { value, origin };
    assert_eq!(found.minlen, number(10, Origin::File(a.to_owned())));
    assert_eq!(found.dcredit, number(-1, Origin::File(FILE.to_owned())));
    assert_eq!(found.ucredit, number(-1, Origin::Argument));
    assert_eq!(found.lcredit, number(0, Origin::Default));
}

#[test]
fn a_line_of_the_file_is_read_as_the_library_reads_it() {
    for (line, expected) in [
        ("minlen = 12", 12),
        ("minlen=12", 12),
        ("minlen 12", 12),
        ("  MinLen\t=\t12  ", 12),
        ("minlen = 12 # characters", 12),
        ("# minlen = 12", 8),
        ("#minlen = 12", 8),
        ("minlen = +12", 12),
        ("\n\nminlen = 012", 12),
        ("minlen = 12\r", 12),
    ] {
        assert_eq!(minlen("pam_pwquality.so", &[(FILE, line)]), expected, "{line:?}");
    }
    let all = "minlen=14\ndcredit=-1\nucredit = -2\nlcredit -3\nocredit=-4\nminclass=4\nenforcing=0\n\
               difok=1\nmaxrepeat=3\nmaxclassrepeat=4\nmaxsequence=3\ngecoscheck=1\ndictcheck=1\nusercheck=1\n\
               usersubstr=3\nretry=3\nbadwords = one two\ndictpath = /x\nenforce_for_root\nlocal_users_only\nminlen=15\n";
    assert_eq!(numbers("pam_pwquality.so", &[(FILE, all)]), ([15, -1, -2, -3, -4, 4], false));
    assert!(numbers("pam_pwquality.so enforcing=1", &[(FILE, all)]).1);
}

#[test]
fn what_cannot_be_read_ends_the_reading_and_what_stands_before_holds() {
    for bad in [
        "minlem = 3",
        "dcredit = x",
        "dcredit =",
        "dcredit",
        "dcredit = 1 2",
        "dcredit = 2147483647",
        "= 3",
        "dcredit = 0x1",
    ] {
        let text = format!("minlen = 10\n{bad}\nminlen = 20\n");
        assert_eq!(minlen("pam_pwquality.so", &[(FILE, &text)]), 10, "{bad}");
        // After a bad drop-in neither the next one nor the main file is read; the line still counts.
        let (a, b) = (format!("{FOLDER}/a.conf"), format!("{FOLDER}/b.conf"));
        let files = [(a.as_str(), text.as_str()), (b.as_str(), "minlen = 11"), (FILE, "minlen = 12")];
        assert_eq!(minlen("pam_pwquality.so", &files), 10, "{bad}");
        assert_eq!(minlen("pam_pwquality.so minlen=13", &files), 13, "{bad}");
        assert_eq!(numbers(&format!("pam_pwquality.so {bad} minlen=14"), &[]).0[0], 14, "{bad}");
    }
}

#[test]
fn files_that_cannot_be_read_or_stand_elsewhere_are_not_guessed() {
    let reason = |tree: &Tree| quality_of(tree).known().unwrap_err().clone();
    let tree = machine("pam_pwquality.so", &[]);
    tree.folder(FILE);
    assert_eq!(reason(&tree), Reason::Unreadable(FILE.to_owned()));
    let tree = machine("pam_pwquality.so", &[(FILE, "")]);
    let drop_in = format!("{FOLDER}/a.conf");
    tree.folder(&drop_in);
    assert_eq!(reason(&tree), Reason::Unreadable(drop_in));
    for vendor in ["/usr/etc/security", "/usr/lib/security", "/usr/share/security"] {
        let file = format!("{vendor}/pwquality.conf");
        let tree = machine("pam_pwquality.so", &[(&file, "minlen=12")]);
        assert_eq!(reason(&tree), Reason::VendorSettings(file));
        tree.file(FILE, "minlen=9");
        assert!(quality_of(&tree).known().is_ok());
    }
}

#[test]
fn cracklib_has_its_own_defaults_and_no_file() {
    let files = [(FILE, "minlen=20\nenforcing=0")];
    assert_eq!(numbers("pam_cracklib.so", &files), ([9, 1, 1, 1, 1, 0], true));
    let line = "pam_cracklib.so retry=3 minlen=14 difok=3 dcredit=-2 reject_username enforcing=0";
    assert_eq!(numbers(line, &files), ([14, -2, 1, 1, 1, 0], true));
}

#[test]
fn passwdqc_goes_by_its_file_and_then_by_its_line() {
    let defaults = [None, Some(24), Some(11), Some(8), Some(7)];
    let all = |number| [Some(number); 5];
    let conf = "# policy\n\nmin=disabled,disabled,disabled,disabled,14\nmax=72\nenforce=users\n";
    let file = || Origin::File("/etc/passwdqc.conf".to_owned());
    for (arguments, min, origin, is_enforcing) in [
        ("", defaults, Origin::Default, true),
        ("min=8,8,8,8,8 retry=3", all(8), Origin::Argument, true),
        ("enforce=none", defaults, Origin::Default, false),
        ("enforce=users", defaults, Origin::Default, true),
        ("enforce=everyone", defaults, Origin::Default, true),
        ("config=/etc/passwdqc.conf", [None, None, None, None, Some(14)], file(), true),
        ("min=8,8,8,8,8 config=/etc/passwdqc.conf", all(8), Origin::Argument, true),
        ("enforce=none config=/etc/passwdqc.conf", [None, None, None, None, Some(14)], file(), false),
    ] {
        let tree = machine(&format!("pam_passwdqc.so {arguments}"), &[("/etc/passwdqc.conf", conf)]);
        let expected = Passwdqc { min, origin, is_enforcing };
        assert_eq!(module(&tree), Module::Passwdqc(Fact::Known(expected)), "{arguments}");
    }
    let of_line = || Reason::NotUnderstood { file: "/etc/pam.d/passwd".to_owned(), line: 1 };
    for (arguments, reason) in [
        ("min=8", of_line()),
        ("min=8,8,8,8,8,8", of_line()),
        ("min=8,8,8,8,x", of_line()),
        ("min=8,8,8,8,-1", of_line()),
        ("enforce=perhaps", of_line()),
        ("config=/etc/gone", missing("/etc/gone")),
        ("config=/etc/bad", Reason::NotUnderstood { file: "/etc/bad".to_owned(), line: 2 }),
    ] {
        let tree = machine(&format!("pam_passwdqc.so {arguments}"), &[("/etc/bad", "max=40\nmin=1,2\n")]);
        assert_eq!(module(&tree), Module::Passwdqc(Fact::Unknown(reason)), "{arguments}");
    }
}

#[test]
fn every_module_of_the_table_is_known_by_the_end_of_its_path() {
    for name in [
        "sss",
        "winbind",
        "ldap",
        "krb5",
        "authd",
        "himmelblau",
        "gnome_keyring",
        "kwallet5",
        "systemd_home",
        "firmament",
    ] {
        assert_eq!(module(&machine(&format!("pam_{name}.so"), &[])), Module::OwnAccounts, "{name}");
    }
    for name in ["pwhistory", "permit", "faildelay", "echo", "warn"] {
        assert_eq!(module(&machine(&format!("pam_{name}.so"), &[])), Module::ProvesNothing, "{name}");
    }
    for name in ["pam_tally2.so", "pam_unix", "my_pam_unix.so", "pam_unix.so.0"] {
        assert_eq!(module(&machine(name, &[])), Module::Other, "{name}");
    }
    assert_eq!(module(&machine("pam_deny.so", &[])), Module::Deny);
    assert!(matches!(module(&machine("/a/b/pam_unix.so", &[])), Module::Unix(_)));
}
