//! Keys are made before anybody signs in, serve the first registration of each tenant, and are gone with the last.

use crate::crash::registers_in_the_end;
use crate::harness::{Cloud, Machine, code, text, wait_for};
use crate::life::signs_in;
use crate::pkcs11::{self, configure, objects};
use it::softhsm::PIN;

pub(crate) fn has_spare_keys(machine: &Machine) {
    wait_for("the keys made ahead of time", || machine.status()["spare_keys"] == "ready");
}

/// The steps that a domain has gone through.
fn phases(machine: &Machine, domain: usize) -> Vec<String> {
    let attempts = machine.status()["domains"][domain]["attempts"].as_array().unwrap().clone();
    attempts.iter().map(|attempt| attempt["phase"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_first_sign_in_of_every_tenant_finds_its_keys_made() {
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "contoso.com,fabrikam.com");
    has_spare_keys(&machine);
    signs_in(&machine);
    assert_eq!(phases(&machine, 0), ["discover", "join", "read_reply", "verify"]);
    has_spare_keys(&machine);
    let second = machine.sign_in("sam@fabrikam.com");
    assert_eq!(code(&second), 0, "{}", text(&second));
    assert_eq!(phases(&machine, 1), ["discover", "join", "read_reply", "verify"]);
    assert_eq!(machine.status()["spare_keys"], "none", "nobody is left who may need any");
}

#[test]
fn a_restart_keeps_the_pair_and_a_kill_in_the_middle_makes_no_second_one() {
    let cloud = Cloud::start();
    let mut machine = Machine::switched_off(&cloud, "contoso.com", "");
    machine.boot(&mut machine.firmamentd());
    wait_for("the decision", || machine.log().contains("Keys are made ahead of time"));
    machine.kill();
    let decided = said(&machine, "Keys are made ahead of time");
    machine.up();
    has_spare_keys(&machine);
    assert_eq!(said(&machine, "Keys for the first registration are ready"), decided[..1]);
    machine.restart();
    has_spare_keys(&machine);
    assert_eq!(said(&machine, "Keys for the first registration are ready"), decided[..1], "made once");
    registers_in_the_end(&cloud, &machine);
}

/// The intents that lines of the log with these words name.
fn said(machine: &Machine, words: &str) -> Vec<String> {
    let log = machine.log();
    let lines = log.lines().filter(|line| line.contains(words));
    lines.map(|line| line.split("intent=").nth(1).unwrap().to_owned()).collect()
}

#[test]
fn after_a_leave_the_next_pair_comes_with_the_next_start() {
    let cloud = Cloud::start();
    let mut machine = Machine::start(&cloud, "contoso.com,fabrikam.com");
    has_spare_keys(&machine);
    signs_in(&machine);
    let left = machine.run(&["leave", "--domain", "contoso.com"]);
    assert_eq!(code(&left), 0, "{}", text(&left));
    assert_eq!(machine.status()["spare_keys"], "none", "the next pair comes with the next start");
    machine.restart();
    has_spare_keys(&machine);
    let nothing = machine.run(&["leave", "--domain", "contoso.com"]);
    assert_eq!(code(&nothing), 3, "{}", text(&nothing));
    assert_eq!(machine.status()["spare_keys"], "ready", "nothing was left");
}

#[test]
fn a_token_holds_one_pair_and_none_when_another_place_is_chosen() {
    let cloud = Cloud::start();
    let mut machine = pkcs11::machine(&cloud);
    for _ in 0..2 {
        machine.up();
        has_spare_keys(&machine);
        assert_eq!(objects(&machine), 2 + 4, "a pair, and the token with its key that seals");
        machine.kill();
    }
    std::fs::write(machine.path("pin"), "another PIN").unwrap();
    machine.up();
    wait_for("the test of the pair", || machine.log().contains("A work with keys made ahead of time failed"));
    assert_eq!(machine.status()["spare_keys"], "none", "it is not known whether they work");
    assert_eq!(objects(&machine), 2 + 4, "a wrong PIN says nothing of the pair");
    machine.kill();
    std::fs::write(machine.path("pin"), PIN).unwrap();
    machine.up();
    has_spare_keys(&machine);
    assert_eq!(objects(&machine), 2 + 4, "the same pair");
    machine.kill();
    configure(&machine, "hsm_type = soft");
    machine.up();
    has_spare_keys(&machine);
    assert_eq!(objects(&machine), 2);
    signs_in(&machine);
    assert_eq!(machine.domain()["identity"]["keys"][0]["backend"], "soft");
}

#[test]
fn a_sign_in_that_comes_while_the_pair_is_made_waits_for_it_and_makes_no_other() {
    let cloud = Cloud::start();
    for _ in 0..3 {
        let mut machine = pkcs11::machine(&cloud);
        // Nothing is polled for, so the sign-in is faster than the keys.
        configure(&machine, "sign_in = password");
        machine.up();
        let signed_in = machine.sign_in_with_password("alex@contoso.com", "Correct-Horse-1");
        assert_eq!(code(&signed_in), 0, "{}", text(&signed_in));
        assert!(!phases(&machine, 0).contains(&"create_keys".to_owned()));
        assert_eq!(objects(&machine), 2 + 6, "the pair and Intune's key");
    }
}

#[test]
fn where_nobody_registers_nothing_is_made() {
    let cloud = Cloud::start();
    let machine = Machine::configured(&cloud, "contoso.com", "registration = off");
    signs_in_only(&machine);
    assert_eq!(machine.status()["spare_keys"], "none");
    assert!(!machine.log().contains("Keys are made ahead of time"));
}

fn signs_in_only(machine: &Machine) {
    let output = machine.run(&["auth-test", "--name", "alex@contoso.com", "--no-wait"]);
    assert_eq!(code(&output), 0, "{}", text(&output));
}
