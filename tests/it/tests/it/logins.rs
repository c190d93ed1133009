//! Who else comes to a computer on which people log in: many at once, people who go away, guests, people of many groups.

use crate::harness::{Cloud, wait_for};
use crate::login::{ADELE, ALEX, PASSWORD, approves, by_password, installed, is_in};
use it::host::Ssh;
use it::terminal::Terminal;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const TENANT: &str = "11111111-2222-3333-4444-555555555555";

/// A cloud whose one tenant has these people and groups.
fn cloud_of(users: Vec<Value>, groups: Vec<Value>) -> Cloud {
    let seed = json!({ "tenants": [
        { "id": TENANT, "domains": ["contoso.com"], "users": users, "groups": groups }
    ] });
    let dir = tempfile::tempdir().unwrap();
    let file: PathBuf = dir.path().join("seed.json");
    fs::write(&file, seed.to_string()).unwrap();
    Cloud::with(&["--seed", file.to_str().unwrap()])
}

fn user(upn: &str) -> Value {
    json!({ "upn": upn, "password": PASSWORD })
}

#[test]
fn twenty_people_who_come_at_once_are_all_let_in() {
    let people: Vec<String> = (0..20).map(|number| format!("person{number}@contoso.com")).collect();
    let cloud = cloud_of(people.iter().map(|upn| user(upn)).collect(), vec![]);
    let Some(mut host) = installed(&cloud, "") else { return };
    host.start_daemon();
    let mut first = host.ssh(Ssh::Questions, &people[0], "id -un");
    approves(&cloud, &mut first, &people[0]);
    is_in(&host, first);
    wait_for("the registration", || host.shell("aad-tool status").status.success());
    let mut comes: Vec<Terminal> =
        people.iter().map(|upn| host.ssh(Ssh::Questions, upn, "id -u; id -un")).collect();
    for terminal in &mut comes {
        terminal.reads("password: ");
    }
    comes.iter_mut().for_each(|terminal| terminal.types(PASSWORD));
    let mut numbers = Vec::new();
    for (terminal, upn) in comes.into_iter().zip(&people) {
        let shown = is_in(&host, terminal);
        let name = upn.split('@').next().unwrap();
        assert!(shown.lines().any(|line| line == name), "{upn}: {shown}");
        numbers.extend(shown.lines().filter_map(|line| line.parse::<u32>().ok()));
    }
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), people.len(), "everybody has a number of their own");
    // The same person as often: right passwords are no attempts.
    let mut comes: Vec<Terminal> = (0..20).map(|_| host.ssh(Ssh::Questions, &people[7], "id -un")).collect();
    for terminal in &mut comes {
        terminal.reads("password: ");
    }
    comes.iter_mut().for_each(|terminal| terminal.types(PASSWORD));
    comes.into_iter().for_each(|terminal| drop(is_in(&host, terminal)));
    assert_eq!(cloud.devices().len(), 1);
}

/// How many polls of device codes there were.
fn polls(cloud: &Cloud) -> usize {
    cloud.requests("token.device_code").len()
}

/// Whether there is no poll for as long as several of them take.
fn stands_still(cloud: &Cloud) -> bool {
    let (begun, before) = (Instant::now(), polls(cloud));
    while polls(cloud) == before {
        if begun.elapsed() > Duration::from_secs(4) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

#[test]
fn whoever_hangs_up_or_takes_too_long_is_polled_for_no_longer() {
    let cloud = Cloud::with(&[]);
    let Some(mut host) = installed(&cloud, "") else { return };
    host.start_daemon();
    let port = host.start_hasty_sshd(3);
    for gives_up in ["hangs up", "takes too long"] {
        let mut ssh = match gives_up {
            "hangs up" => host.ssh(Ssh::Questions, ALEX, "id"),
            _ => host.ssh_at(port, "keyboard-interactive", ALEX, "id"),
        };
        ssh.reads("Press Enter");
        let begun = polls(&cloud);
        wait_for("a poll", || polls(&cloud) > begun);
        // ssh itself notices at the next key only that nobody listens any more.
        let too_late = match gives_up {
            "hangs up" => {
                ssh.hangs_up();
                None
            }
            _ => Some(ssh),
        };
        wait_for("the end of the polls", || stands_still(&cloud));
        if let Some(mut ssh) = too_late {
            ssh.types("");
            assert!(!ssh.ends().success(), "{}", ssh.shown());
        }
    }
    let mut ssh = host.ssh(Ssh::Questions, ALEX, "id -un");
    approves(&cloud, &mut ssh, ALEX);
    assert!(is_in(&host, ssh).contains("alex"));
}

#[test]
fn guests_and_whoever_the_directory_refuses_read_why_in_ssh() {
    let home = ["99990000-aaaa-4bbb-8ccc-ddddeeee0001", "99990000-aaaa-4bbb-8ccc-ddddeeee0002"];
    let guest = json!({ "upn": "kim@contoso.com", "password": PASSWORD, "home": home });
    let cloud = cloud_of(vec![user(ALEX), user(ADELE), guest], vec![]);
    let Some(mut host) = installed(&cloud, "sign_in = device_code") else { return };
    host.start_daemon();
    let long = |length: usize| format!("{}@contoso.com", "x".repeat(length - "@contoso.com".len()));
    for (asked, approved, words) in [
        ("kim@contoso.com", "kim@contoso.com", "guest"),
        (ADELE, ALEX, "signed in as"),
        (long(113).as_str(), ALEX, "signed in as"),
    ] {
        let mut ssh = host.ssh(Ssh::Questions, asked, "id");
        approves(&cloud, &mut ssh, approved);
        let shown = ssh.reads("Press Enter");
        assert!(shown.contains(words), "{asked}: {shown}");
        ssh.types("");
        assert!(!ssh.ends().success(), "{}", ssh.shown());
    }
    let codes = cloud.requests("devicecode").len();
    for asked in [long(256), long(257), long(2_000)] {
        let mut ssh = host.ssh(Ssh::Password, &asked, "id");
        ssh.reads("password: ");
        ssh.types(PASSWORD);
        assert!(!ssh.ends().success(), "{}", ssh.shown());
    }
    for (knob, words) in [
        (json!({ "device_code_blocked": "token_endpoint" }), "blocks"),
        (json!({ "user_refusals": { ALEX: 50057 } }), "disabled"),
    ] {
        cloud.set(&knob);
        let mut ssh = host.ssh(Ssh::Questions, ALEX, "id");
        approves(&cloud, &mut ssh, ALEX);
        let shown = ssh.reads("Press Enter");
        assert!(shown.contains(words), "{knob}: {shown}");
    }
    // The first one could be somebody's, and each refusal had a code.
    assert_eq!(cloud.requests("devicecode").len(), codes + 3, "no name that cannot be somebody's is sent");
    assert!(cloud.devices().is_empty());
}

#[test]
fn a_person_of_five_hundred_groups_has_the_rights_of_the_one_that_counts() {
    let groups = (0..500).map(|number| {
        let id = format!("99990000-0000-4000-8000-{number:012}");
        json!({ "id": id, "name": format!("group {number}"), "members": [ALEX] })
    });
    let cloud = cloud_of(vec![user(ALEX), user(ADELE)], groups.collect());
    let config = "sudo_groups = 99990000-0000-4000-8000-000000000499\n\
                  who_may_register = group:99990000-0000-4000-8000-000000000250";
    let Some(mut host) = installed(&cloud, config) else { return };
    host.start_daemon();
    let mut ssh = host.ssh(Ssh::Questions, ADELE, "id");
    approves(&cloud, &mut ssh, ADELE);
    let shown = ssh.reads("Press Enter");
    assert!(shown.contains("not in the group that may"), "{shown}");
    drop(ssh);
    assert!(cloud.devices().is_empty());
    let mut ssh = host.ssh(Ssh::Questions, ALEX, "id -Gn");
    approves(&cloud, &mut ssh, ALEX);
    let shown = is_in(&host, ssh);
    assert!(shown.lines().any(|line| line.starts_with("alex sudo")), "{shown}");
    wait_for("the registration", || cloud.devices().len() == 1);
    assert!(host.root("id -Gn alex").split_whitespace().any(|group| group == "sudo"));
    assert!(by_password(&host, ALEX, "id -Gn").contains("alex sudo"));
}
