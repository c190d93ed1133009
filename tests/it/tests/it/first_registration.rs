use crate::harness::{Cloud, Machine, code, line_with, rest, text};
use serde_json::Value;
use std::io::BufReader;

#[test]
fn the_first_sign_in_registers_and_the_second_registers_nothing() {
    let cloud = Cloud::with(&[]);
    let machine = Machine::start(&cloud, "contoso.com");
    assert_eq!(code(&machine.run(&["status"])), 3, "not registered yet");
    for _ in 0..2 {
        let mut tool = machine.tool(&["auth-test", "--name", "alex@contoso.com"]).spawn().unwrap();
        let mut out = BufReader::new(tool.stdout.take().unwrap());
        let user_code = line_with(&mut out, "Code: ");
        cloud.admin(&["approve", &user_code, "--user", "alex@contoso.com"]);
        let told = rest(out);
        assert!(tool.wait().unwrap().success(), "{told}{}", rest(tool.stderr.take().unwrap()));
        assert!(told.contains("Registered"), "{told}");
    }
    assert_eq!(code(&machine.run(&["status"])), 0);
    assert_eq!(cloud.devices().len(), 1);
    let joins = cloud.requests("join");
    assert_eq!(joins.len(), 1);
    assert_eq!(joins[0]["facts"]["csr_verified"], "true");
    assert!(machine.device_id("contoso.com").is_some());
}

/// Without the time when each key was tested last, which is another after every start.
fn without_tests(identity: &Value) -> Value {
    let mut identity = identity.clone();
    for key in identity["keys"].as_array_mut().unwrap() {
        key.as_object_mut().unwrap().remove("tested_at");
    }
    identity
}

#[test]
fn a_restart_keeps_the_identity_without_the_network() {
    let mut cloud = Cloud::start();
    let mut machine = Machine::start(&cloud, "contoso.com");
    assert_eq!(code(&machine.sign_in("alex@contoso.com")), 0);
    let before = machine.domain();
    assert!(before["identity"]["verified_at"].is_string(), "{before}");
    cloud.stop();
    machine.restart();
    let after = machine.domain();
    assert_eq!(without_tests(&after["identity"]), without_tests(&before["identity"]));
    assert_eq!((&after["phase"], &after["waits_for"]), (&"registered".into(), &Value::Null));
    assert_eq!(after["sessions"], serde_json::json!([]), "sessions are not on disk");
    assert_eq!(code(&machine.run(&["status"])), 0);
}

#[test]
fn another_person_s_approval_is_refused_and_registers_nothing() {
    let cloud = Cloud::with(&[]);
    let machine = Machine::start(&cloud, "contoso.com");
    let mut tool = machine.tool(&["auth-test", "--name", "alex@contoso.com"]).spawn().unwrap();
    let mut out = BufReader::new(tool.stdout.take().unwrap());
    let user_code = line_with(&mut out, "Code: ");
    cloud.admin(&["approve", &user_code, "--user", "adele@contoso.com"]);
    let problems = BufReader::new(tool.stderr.take().unwrap());
    let told = rest(out) + &rest(problems);
    assert_eq!(tool.wait().unwrap().code(), Some(4), "{told}");
    assert!(told.contains("adele@contoso.com") && told.contains("alex@contoso.com"), "{told}");
    assert!(cloud.devices().is_empty());
}

#[test]
fn two_domains_of_one_tenant_share_one_device() {
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "fabrikam.com,fabrikam.net");
    cloud.set(&serde_json::json!({ "join_allowed": false }));
    assert_eq!(code(&machine.sign_in("sam@fabrikam.com")), 5, "the first registration is refused");
    cloud.set(&serde_json::json!({ "auto_approve_as": "kim@fabrikam.net" }));
    let second = machine.sign_in("kim@fabrikam.net");
    assert_eq!(code(&second), 0, "{}", text(&second));
    cloud.set(&serde_json::json!({}));
    assert_eq!(code(&machine.sign_in("sam@fabrikam.com")), 0);
    assert_eq!(cloud.devices().len(), 1);
    let ids = ["fabrikam.com", "fabrikam.net"].map(|domain| machine.device_id(domain));
    assert!(ids[0].is_some() && ids[0] == ids[1]);
    assert_eq!(code(&machine.run(&["leave", "--domain", "fabrikam.net"])), 0);
    assert!(cloud.devices().is_empty());
    for domain in machine.status()["domains"].as_array().unwrap() {
        assert_eq!(domain["phase"], "unregistered");
    }
}
