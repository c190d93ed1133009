//! Accounts that root sets aside, one by one or as they were by the incumbent.

use crate::harness::{Cloud, Machine, code, text};
use std::fs;
use std::process::Command;

const ALEX: &str = "alex@contoso.com";
const ADELE: &str = "adele@contoso.com";

#[test]
fn root_sets_an_account_aside_and_ends_it_and_a_restart_knows_it() {
    let cloud = Cloud::with(&[]);
    let mut machine = Machine::start(&cloud, "contoso.com");
    let run = |machine: &Machine, arguments: &[&str]| {
        let output = machine.run(arguments);
        (code(&output), text(&output))
    };
    let home = machine.path("no-such-home").display().to_string();
    let (ended, told) = run(&machine, &["account", "add", ALEX, "--uid", "70001", "--home", &home]);
    assert!(ended == 0 && told.contains("alex with the number 70001"), "{told}");
    machine.restart();
    let (_, listed) = run(&machine, &["account", "list"]);
    assert_eq!(listed, "     70001  alex  alex@contoso.com  reserved, not signed in yet\n");
    let (_, shown) = run(&machine, &["account", "show", ALEX]);
    assert!(shown.contains("3330635008-3330700543") && shown.contains(&home), "{shown}");
    for (arguments, refusal) in [
        (vec!["account", "add", ADELE, "--uid", "70001"], "[AccountConflict]"),
        (vec!["account", "add", ADELE, "--uid", "0"], "[AccountConflict]"),
        (vec!["account", "add", ALEX, "--uid", "70002"], "[ReservedAlready]"),
        (vec!["account", "add", "alex@nowhere.org"], "[UnknownDomain]"),
        (vec!["account", "add", "alex"], "[BadName]"),
    ] {
        let (ended, told) = run(&machine, &arguments);
        assert!(ended != 0 && told.contains(refusal), "{arguments:?}: {told}");
    }
    let (ended, told) = run(&machine, &["account", "forget", ALEX]);
    assert!(ended == 0 && told.contains("is forgotten"), "{told}");
    assert!(run(&machine, &["account", "list"]).1.contains("Nobody"));
}

#[test]
fn people_of_the_incumbent_are_shown_then_set_aside_and_once_is_enough() {
    let cloud = Cloud::with(&[]);
    let machine = Machine::start(&cloud, "contoso.com");
    let root = machine.path("root");
    let cache = root.join("var/cache/nss-himmelblau");
    fs::create_dir_all(&cache).unwrap();
    let commands = "CREATE TABLE static_users (name TEXT, uid INTEGER, gid INTEGER); \
         CREATE TABLE static_groups (name TEXT, gid INTEGER); \
         INSERT INTO static_users VALUES ('alex@contoso.com', 70001, 70001), ('adele', 70002, 100), ('root', 0, 0);";
    let made = Command::new("sqlite3").arg(cache.join("idmap.cache.db")).arg(commands).status();
    let Ok(made) = made else { return };
    assert!(made.success());
    let root = root.display().to_string();
    let import = ["account", "import", "--from", "himmelblau", "--root", &root];
    let shown = machine.run(&import);
    let told = text(&shown);
    assert_eq!(code(&shown), 1, "root does not agree: {told}");
    assert!(
        told.contains("alex@contoso.com: uid 70001, /home/alex@contoso.com (is not there): agrees"),
        "{told}"
    );
    assert!(told.contains("their group was 100") && told.contains("Nothing was changed"), "{told}");
    assert!(told.contains("0 to 999 belong to the system"), "{told}");
    assert!(text(&machine.run(&["account", "list"])).contains("Nobody"));
    let really: Vec<&str> = import.iter().copied().chain(["--really"]).collect();
    for _ in 0..2 {
        let told = text(&machine.run(&really));
        assert_eq!(told.matches("is set aside").count(), 2, "{told}");
    }
    let listed = text(&machine.run(&["account", "list"]));
    assert!(listed.contains("70001  alex ") && listed.contains("70002  adele "), "{listed}");
    assert_eq!(listed.lines().count(), 2, "{listed}");
}
