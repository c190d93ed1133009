//! What the configuration forbids is kept by the real programs, before a request leaves; what it gets wrong is told whole.

use crate::harness::{Cloud, Machine, code, text};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Output;

const ALEX: &str = "alex@contoso.com";
const ADELE: &str = "adele@contoso.com";
const STRANGER: u32 = 64_321;

fn as_stranger(machine: &Machine, name: &str) -> Output {
    let mut tool = machine.tool(&["auth-test", "--name", name]);
    tool.uid(STRANGER).gid(STRANGER).output().unwrap()
}

/// Nothing but what a start asks for by itself was sent.
fn asked_for_nobody(cloud: &Cloud) {
    for request in ["devicecode", "token.password", "token.device_code", "join", "realm", "metadata"] {
        assert!(cloud.requests(request).is_empty(), "{request}");
    }
    assert!(cloud.devices().is_empty());
}

#[test]
fn nobody_but_who_is_named_signs_in_and_no_request_leaves_for_anybody_else() {
    let cloud = Cloud::start();
    let machine = Machine::configured(
        &cloud,
        "contoso.com",
        "pam_allow_groups = Alex@Contoso.com\nregistration = required",
    );
    for _ in 0..2 {
        let refused = machine.sign_in(ADELE);
        assert_eq!(code(&refused), 5, "{}", text(&refused));
        assert!(text(&refused).contains("[SignInNotAllowed]"), "{}", text(&refused));
        asked_for_nobody(&cloud);
    }
    let let_in = machine.sign_in(ALEX);
    assert_eq!(code(&let_in), 0, "{}", text(&let_in));
    assert_eq!(machine.domain()["phase"], "registered");
    assert_eq!(code(&machine.sign_in(ADELE)), 5, "a registered machine keeps to it too");
}

#[test]
fn an_empty_list_is_nobody() {
    let cloud = Cloud::start();
    let machine = Machine::configured(&cloud, "contoso.com", "pam_allow_groups =");
    assert!(text(&machine.sign_in(ALEX)).contains("[SignInNotAllowed]"));
    asked_for_nobody(&cloud);
}

#[test]
fn a_tenant_in_global_keeps_every_other_tenant_out() {
    let cloud = Cloud::start();
    let extra = "tenant_id = {99999999-2222-3333-4444-555555555555}\nregistration = required";
    let machine = Machine::configured(&cloud, "contoso.com", extra);
    let refused = machine.sign_in(ALEX);
    assert_eq!(code(&refused), 5, "{}", text(&refused));
    assert!(text(&refused).contains("[TenantChanged]"), "{}", text(&refused));
    assert!(cloud.requests("devicecode").is_empty() && cloud.devices().is_empty());
}

#[test]
fn only_root_registers_where_that_is_asked_for_and_everybody_signs_in_afterwards() {
    if !rustix::process::geteuid().is_root() {
        return println!("skipped: only root can be somebody else");
    }
    let cloud = Cloud::start();
    let machine =
        Machine::configured(&cloud, "contoso.com", "who_may_register = root\nregistration = required");
    fs::set_permissions(machine.dir.path(), Permissions::from_mode(0o755)).unwrap();
    let refused = as_stranger(&machine, ALEX);
    assert_eq!(code(&refused), 5, "{}", text(&refused));
    assert!(text(&refused).contains("[RegistrationNotAllowed]"), "{}", text(&refused));
    asked_for_nobody(&cloud);
    let registered = machine.sign_in(ALEX);
    assert_eq!(code(&registered), 0, "{}", text(&registered));
    let later = as_stranger(&machine, ALEX);
    assert_eq!(code(&later), 0, "{}", text(&later));
    assert_eq!((machine.domain()["phase"].as_str(), cloud.devices().len()), (Some("registered"), 1));
}

#[test]
fn a_start_says_everything_that_is_wrong_and_a_check_says_it_without_a_start() {
    let cloud = Cloud::start();
    let mut machine =
        Machine::switched_off(&cloud, "alex@contoso.com", "join_type = hybrid\noidc_issuer_url = https://x");
    let wrong =
        ["did you mean contoso.com?", "join_type = hybrid is not allowed", "oidc_issuer_url is not served"];
    let check = machine.firmamentd().arg("--check").output().unwrap();
    assert_eq!(code(&check), 1, "{}", text(&check));
    machine.boot(&mut machine.firmamentd());
    assert!(!machine.ended().success());
    let tool = machine.run(&["config"]);
    assert_eq!(code(&tool), 2);
    for words in wrong {
        for told in [text(&check), machine.log(), text(&tool)] {
            assert!(told.contains(words), "no '{words}' in {told}");
        }
    }
    assert!(!machine.path("state").exists() && !machine.path("hsm-pin").exists());
}

#[test]
fn a_relative_state_directory_is_seen_from_where_the_daemon_was_started() {
    let cloud = Cloud::start();
    let mut machine = Machine::switched_off(&cloud, "contoso.com", "");
    let mut daemon = std::process::Command::new(crate::harness::binary("firmamentd"));
    daemon.current_dir(machine.dir.path()).args(["--config", "himmelblau.conf", "--state-dir", "state"]);
    daemon.args(["--socket", "run/socket", "--debug"]);
    machine.boot(&mut daemon);
    crate::harness::wait_for("the socket", || machine.path("run/socket").exists());
    let mode = fs::metadata(machine.path("run")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o755, "every user may come to the socket");
    let mut tool = machine.tool(&["auth-test", "--name", ALEX]);
    let output = tool.arg("--socket").arg(machine.path("run/socket")).output().unwrap();
    assert_eq!(code(&output), 0, "{}", text(&output));
    assert!(machine.path("state/records.slots").exists());
    let log = machine.log();
    assert!(log.contains("Listening on") && log.contains("serving contoso.com"), "{log}");
}

#[test]
fn a_bad_entry_of_ca_file_is_named_and_the_good_one_is_trusted() {
    let cloud = Cloud::start();
    let machine = Machine::switched_off(&cloud, "contoso.com", "");
    let file = machine.path("ca.pem");
    let good = fs::read_to_string(cloud.ca()).unwrap();
    fs::write(&file, format!("-----BEGIN CERTIFICATE-----\n%%%%\n{good}")).unwrap();
    let config = fs::read_to_string(machine.path("himmelblau.conf")).unwrap();
    fs::write(machine.path("himmelblau.conf"), format!("{config}ca_file = {}\n", file.display())).unwrap();
    let mut machine = machine;
    machine.up();
    let output = machine.sign_in(ALEX);
    assert_eq!(code(&output), 0, "{}", text(&output));
    let notices = machine.status()["notices"].to_string();
    assert!(notices.contains("ca.pem:1: this entry is skipped"), "{notices}");
}

/// The groups of the built-in seed: Alex is in both, Adele in the second.
const ADMINS: &str = "aaaabbbb-0000-4000-8000-000000000001";
const USERS: &str = "aaaabbbb-0000-4000-8000-000000000002";

/// The next codes are approved by this person, whose groups are told so.
fn approved_by(cloud: &Cloud, person: &str, knobs: &[(&str, serde_json::Value)]) {
    let mut all = serde_json::json!({ "auto_approve_as": person });
    knobs.iter().for_each(|(name, value)| all[*name] = value.clone());
    cloud.set(&all);
}

#[test]
fn members_of_a_listed_group_sign_in_and_others_leave_nothing() {
    for told in ["graph", "token", "too_many"] {
        let cloud = Cloud::start();
        let told_there = [("groups_told", serde_json::json!(told))];
        approved_by(&cloud, ADELE, &told_there);
        let listed = format!("pam_allow_groups = kim@contoso.com, {ADMINS}\nregistration = required");
        let machine = Machine::configured(&cloud, "contoso.com", &listed);
        let refused = machine.sign_in(ADELE);
        assert_eq!(code(&refused), 5, "{told}: {}", text(&refused));
        assert!(text(&refused).contains("[SignInNotAllowed]"), "{told}: {}", text(&refused));
        assert!(cloud.requests("join").is_empty() && cloud.devices().is_empty(), "{told}");
        approved_by(&cloud, ALEX, &told_there);
        let let_in = machine.sign_in(ALEX);
        assert_eq!(code(&let_in), 0, "{told}: {}", text(&let_in));
        assert_eq!(machine.domain()["phase"], "registered", "{told}");
    }
}

#[test]
fn groups_that_nobody_may_read_let_nobody_in_until_an_administrator_consents() {
    let cloud = Cloud::start();
    let listed = format!("pam_allow_groups = {USERS}, {ALEX}\nregistration = off");
    let nowhere = ("groups_told", serde_json::json!("nowhere"));
    approved_by(&cloud, ADELE, std::slice::from_ref(&nowhere));
    let machine = Machine::configured(&cloud, "contoso.com", &listed);
    let refused = machine.sign_in(ADELE);
    assert_eq!(code(&refused), 5, "{}", text(&refused));
    for words in ["[GroupsNotReadable]", "consent", "GroupMember.Read.All"] {
        assert!(text(&refused).contains(words), "no '{words}' in {}", text(&refused));
    }
    assert!(cloud.devices().is_empty());
    let consent = ("extra_graph_scopes", serde_json::json!(["GroupMember.Read.All"]));
    approved_by(&cloud, ADELE, &[nowhere.clone(), consent]);
    let let_in = machine.sign_in(ADELE);
    assert_eq!(code(&let_in), 0, "{}", text(&let_in));
    approved_by(&cloud, ALEX, &[nowhere]);
    assert_eq!(code(&machine.sign_in(ALEX)), 0, "who is named needs no group");
}
