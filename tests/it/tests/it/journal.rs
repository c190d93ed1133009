//! The daemon's log at INFO: codes, domains and ids, and never the name of a person.

use crate::harness::{Cloud, Machine, code, text, wait_for};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

/// A machine whose daemon logs what it logs without `--debug`.
fn machine(cloud: &Cloud) -> Machine {
    let mut machine = Machine::switched_off(cloud, "contoso.com", "");
    let debug = machine.firmamentd();
    let mut daemon = Command::new(debug.get_program());
    daemon.args(debug.get_args().filter(|argument| *argument != "--debug")).stdin(Stdio::null());
    daemon.envs(debug.get_envs().filter_map(|(name, value)| Some((name, value?))));
    machine.boot(&mut daemon);
    wait_for("the socket", || UnixStream::connect(machine.path("socket")).is_ok());
    machine
}

/// The line with this code; it has these fields too.
fn check_line(log: &str, code: &str, fields: &[&str]) {
    let line = log.lines().find(|line| line.contains(&format!("code={code}")));
    let line = line.unwrap_or_else(|| panic!("no code={code} in\n{log}"));
    for field in fields {
        assert!(line.contains(field), "no {field} in {line}");
    }
}

#[test]
fn no_name_of_a_person_is_logged_and_codes_and_domains_are() {
    let cloud = Cloud::with(&[]);
    let machine = machine(&cloud);
    let (wrong, told) = machine.approved_by(&cloud, ALEX, ADELE);
    assert_eq!(wrong, Some(4), "{told}");
    assert!(told.contains(ADELE) && told.contains(ALEX), "people are told: {told}");
    let (right, told) = machine.approved_by(&cloud, ALEX, ALEX);
    assert_eq!(right, Some(0), "{told}");
    cloud.admin(&["user", ALEX, "rename", RENAMED]);
    let (renamed, told) = machine.approved_by(&cloud, ALEX, RENAMED);
    assert_eq!(renamed, Some(4), "{told}");
    assert!(told.contains(RENAMED), "people are told: {told}");
    let (right, told) = machine.approved_by(&cloud, RENAMED, RENAMED);
    assert_eq!(right, Some(0), "{told}");
    let forgotten = machine.run(&["forget-account", ALEX]);
    assert_eq!(code(&forgotten), 0, "{}", text(&forgotten));
    let left = machine.run(&["leave"]);
    assert_eq!(code(&left), 0, "{}", text(&left));

    let log = machine.log();
    assert!(!log.contains(" DEBUG "), "it is the log of every day");
    for name in [ALEX, ADELE, RENAMED] {
        let account = name.split('@').next().unwrap();
        for part in [name, account] {
            assert!(!log.to_lowercase().contains(part), "{part} is in\n{log}");
        }
    }
    check_line(&log, "WrongAccount", &["INFO", "domain=contoso.com", "class=NeedsUser"]);
    check_line(&log, "AccountRenamed", &["INFO", "domain=contoso.com", "class=NeedsUser"]);
    for state in ["joining", "idle", "unregistering", "erasing"] {
        let changed = log.lines().find(|line| line.contains(&format!("state=\"{state}\"")));
        assert!(changed.is_some_and(|line| line.contains("domain=\"contoso.com\"")), "{state}:\n{log}");
    }
}

#[test]
fn what_the_service_refuses_is_logged_with_its_ids() {
    let cloud = Cloud::start();
    cloud.set(&serde_json::json!({ "user_refusals": { ALEX: 50_057 } }));
    let machine = machine(&cloud);
    let refused = machine.sign_in(ALEX);
    assert_ne!(code(&refused), 0, "{}", text(&refused));
    let log = machine.log();
    check_line(
        &log,
        "AADSTS50057",
        &["domain=contoso.com", "http_status=400", "request_id=\"", "correlation_id=\""],
    );
    assert!(!log.to_lowercase().contains("alex"), "{log}");
}

const ALEX: &str = "alex@contoso.com";
const ADELE: &str = "adele@contoso.com";
const RENAMED: &str = "alexandra@contoso.com";
