//! The whole life of an identity whose keys are in a TPM (swtpm), and of a copy beside another TPM.

use crate::ahead::has_spare_keys;
use crate::harness::{Cloud, Machine, code, text, wait_for};
use crate::life::{copy_state, live, signs_in, signs_in_and_is_suspended};
use it::swtpm::Tpm;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

const ALEX: &str = "alex@contoso.com";

/// A machine that enrols, with keys of this type in this TPM.
pub(crate) fn options(tpm: &Tpm, hsm_type: &str) -> String {
    format!("apply_policy = true\n{}", tpm.options(hsm_type))
}

#[test]
fn with_keys_in_a_tpm() {
    let dir = tempfile::tempdir().unwrap();
    let (cloud, tpm) = (Cloud::start(), Tpm::start(dir.path()));
    let mut machine = Machine::configured(&cloud, "contoso.com", &options(&tpm, "tpm"));
    live(&cloud, &mut machine, "tpm", "keys made in the TPM");
}

#[test]
fn a_changed_machine_id_is_accepted_by_root() {
    let dir = tempfile::tempdir().unwrap();
    let (cloud, tpm) = (Cloud::start(), Tpm::start(dir.path()));
    let mut machine = Machine::switched_off(&cloud, "contoso.com", &tpm.options("tpm"));
    crate::rebind::is_accepted_by_rebinding(&cloud, &mut machine);
}

#[test]
fn a_tpm_is_taken_if_possible_and_a_copy_beside_another_one_is_of_no_use() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (cloud, tpm) = (Cloud::start(), Tpm::start(dir.path()));
    let original = Machine::configured(&cloud, "contoso.com", &options(&tpm, "tpm_if_possible"));
    signs_in(&original);
    assert_eq!(original.domain()["identity"]["keys"][0]["backend"], "tpm");
    let tpm = Tpm::start(other.path());
    let mut copy = Machine::switched_off(&cloud, "contoso.com", &options(&tpm, "tpm_if_possible"));
    copy_state(&original, &copy);
    copy.up();
    let proofs = cloud.requests("token.prt").len();
    signs_in_and_is_suspended(&copy);
    wait_for("the suspension", || copy.domain()["phase"] == "suspended");
    let domain = copy.domain();
    assert_eq!(domain["identity"]["suspended"], "cloned_machine", "{domain}");
    wait_for("the test of the keys", || {
        copy.domain()["identity"]["changed"] == serde_json::json!(["tpm-srk"])
    });
    let sent = [cloud.requests("join").len(), cloud.requests("token.prt").len(), cloud.devices().len()];
    assert_eq!(sent, [1, proofs, 1]);
    let left = copy.run(&["leave", "--force"]);
    assert_eq!(code(&left), 0, "{}", text(&left));
    signs_in(&original);
}

/// Starts the daemon, and gives how long it took until it said how things are.
fn starts_within(machine: &mut Machine) -> Duration {
    let begun = Instant::now();
    machine.up();
    machine.status();
    begun.elapsed()
}

#[test]
fn a_tpm_that_hangs_holds_up_no_start_and_is_used_when_it_answers() {
    let dir = tempfile::tempdir().unwrap();
    let (cloud, tpm) = (Cloud::start(), Tpm::start(dir.path()));
    // Before there are keys, whether there is a TPM decides where they are made.
    tpm.freeze();
    let mut machine = Machine::switched_off(&cloud, "contoso.com", &options(&tpm, "tpm_if_possible"));
    let took = starts_within(&mut machine);
    assert!(took < Duration::from_secs(5), "{took:?}");
    tpm.go_on();
    signs_in(&machine);
    assert_eq!(machine.domain()["identity"]["keys"][0]["backend"], "tpm", "one that hangs is there");
    machine.stop();
    tpm.freeze();
    let took = starts_within(&mut machine);
    assert!(took < Duration::from_secs(5), "{took:?}");
    wait_for("the notice", || notices(&machine).contains("does not answer: nothing for"));
    let begun = Instant::now();
    let refused = machine.sign_in_with_password(ALEX, "Correct-Horse-1");
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    assert!(text(&refused).contains("the key store is busy"), "{}", text(&refused));
    tpm.go_on();
    wait_for("a sign-in", || code(&machine.sign_in_with_password(ALEX, "Correct-Horse-1")) == 0);
    assert!(!notices(&machine).contains("does not answer"), "{}", notices(&machine));
    assert_eq!((cloud.requests("join").len(), cloud.devices().len()), (1, 1));
}

#[test]
fn without_a_tpm_new_keys_are_in_software_and_that_is_said() {
    let cloud = Cloud::start();
    let options = "apply_policy = true\nhsm_type = tpm_if_possible\ntpm_tcti_name = device:/nowhere";
    let mut machine = Machine::configured(&cloud, "contoso.com", options);
    let notice = machine.status()["notices"][0].clone();
    assert!(
        notice.as_str().unwrap().contains("New keys are made in software: there is no device:/nowhere."),
        "{notice}"
    );
    live(&cloud, &mut machine, "soft", "software keys");
}

const EMPTY_AUTH: &[u8] = &[0, 0, 0, 9, 0x40, 0, 0, 9, 0, 0, 0, 0, 0];

/// TPM2_PCR_Extend of the SHA-256 bank.
fn extend(tpm: &Tpm, register: u8) {
    let head = [0x80, 0x02, 0, 0, 0, 65, 0, 0, 1, 0x82, 0, 0, 0, register];
    command(tpm, &[&head, EMPTY_AUTH, &[0, 0, 0, 1, 0, 0x0b], &[1; 32]].concat());
}

/// TPM2_HierarchyChangeAuth: the owner gets a password.
fn set_owner_password(tpm: &Tpm) {
    let head = [0x80, 0x02, 0, 0, 0, 35, 0, 0, 1, 0x29, 0x40, 0, 0, 1];
    command(tpm, &[&head, EMPTY_AUTH, &[0, 6], b"secret"].concat());
}

/// TPM2_HierarchyControl: the platform switches the owner's hierarchy off, as firmware does.
fn switch_owner_off(tpm: &Tpm) {
    let head = [0x80, 0x02, 0, 0, 0, 32, 0, 0, 1, 0x21, 0x40, 0, 0, 0x0c];
    command(tpm, &[&head, EMPTY_AUTH, &[0x40, 0, 0, 1, 0]].concat());
}

/// The TPM takes one client at a time, so no daemon may run.
fn command(tpm: &Tpm, bytes: &[u8]) {
    let tcti = tpm.tcti();
    let (_, port) = tcti.rsplit_once("port=").unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port.parse().unwrap())).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = [0; 10];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer[6..], &[0; 4], "the TPM refuses");
}

#[test]
fn a_tpm_that_is_there_and_cannot_be_used_is_named_before_a_code_and_no_key_is_in_software() {
    let nothing: fn(&Tpm) = |_| {};
    for (spoil, instead, cause) in [
        (set_owner_password as fn(&Tpm), None, "the owner hierarchy of the TPM has a password"),
        (switch_owner_off, None, "the owner hierarchy of the TPM is switched off"),
        (nothing, Some("tpm0"), "tpm_tcti_name is not valid (tpm0 is no TCTI)"),
        (nothing, Some("device:/"), "tpm_tcti_name is not valid (/: Is a directory"),
        (nothing, Some("swtpm:host=127.0.0.1,port=1"), "the key store does not answer"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (cloud, tpm) = (Cloud::start(), Tpm::start(dir.path()));
        spoil(&tpm);
        let way = instead.map_or_else(String::new, |tcti| format!("\ntpm_tcti_name = {tcti}"));
        let machine = Machine::configured(&cloud, "contoso.com", &(tpm.options("tpm_if_possible") + &way));
        wait_for(cause, || notices(&machine).contains(cause));
        assert!(notices(&machine).contains("set hsm_type = soft"), "{}", notices(&machine));
        let warned = |line: &str| line.contains(" WARN ") && line.contains(cause);
        assert!(machine.log().lines().any(warned), "{}", machine.log());
        let said = text(&machine.sign_in(ALEX));
        let (named, code) = (said.find(cause), said.find("Code: "));
        assert!(named.is_some() && named < code, "{said}");
        assert_eq!((cloud.requests("join").len(), cloud.devices().len()), (0, 0), "{said}");
        assert_eq!(machine.domain()["identity"], serde_json::Value::Null, "{cause}");
    }
}

fn notices(machine: &Machine) -> String {
    machine.status()["notices"].to_string()
}

/// Binds the keys anew with this code, typed as one line.
fn reseals(machine: &Machine, code: &str) -> std::process::Output {
    let mut tool = machine.tool(&["tpm", "reseal", "--with-code"]).stdin(Stdio::piped()).spawn().unwrap();
    writeln!(tool.stdin.take().unwrap(), "{code}").unwrap();
    tool.wait_with_output().unwrap()
}

/// Makes the recovery code of a machine that has none yet.
fn recovery_code(machine: &Machine) -> String {
    assert!(notices(machine).contains("run aad-tool tpm recovery-code"), "{}", notices(machine));
    let shown = text(&machine.run(&["tpm", "recovery-code"]));
    assert!(!notices(machine).contains("recovery-code"), "{}", notices(machine));
    shown.lines().next().unwrap().strip_prefix("Recovery code: ").unwrap().to_owned()
}

#[test]
fn a_change_of_secure_boot_locks_the_keys_and_the_recovery_code_brings_the_same_device_back() {
    let dir = tempfile::tempdir().unwrap();
    let (cloud, tpm) = (Cloud::start(), Tpm::start(dir.path()));
    let options = format!("{}\ntpm_pcrs = 7", options(&tpm, "tpm"));
    let mut machine = Machine::configured(&cloud, "contoso.com", &options);
    signs_in(&machine);
    let device = machine.device_id("contoso.com").unwrap();
    let protection = machine.domain()["identity"]["keys"][0]["protection"].clone();
    assert!(protection.as_str().unwrap().contains("bound to the boot state (PCR 7)"), "{protection}");
    let recovery = recovery_code(&machine);

    machine.kill();
    extend(&tpm, 7);
    machine.up();
    wait_for("the test of the keys", || {
        let problem = machine.domain()["identity"]["keys"][0]["problem"].clone();
        problem.as_str().is_some_and(|problem| problem.contains("PCR 7 of the TPM is not as it was"))
    });
    assert_eq!(machine.domain()["identity"]["changed"], serde_json::json!(["tpm-pcr7"]));
    machine.sign_in("alex@contoso.com");
    wait_for("the suspension", || machine.domain()["phase"] == "suspended");
    let told = text(&machine.run(&["status"]));
    assert!(told.contains("PCR 7 of the TPM is not as it was"), "{told}");

    for (refused, exit) in [
        (machine.run(&["tpm", "reseal"]), 1),
        (machine.run(&["tpm", "recovery-code"]), 1),
        (reseals(&machine, "0123-4567"), 5),
    ] {
        assert_eq!(code(&refused), exit, "{}", text(&refused));
        assert!(text(&refused).contains("What to do: "), "{}", text(&refused));
    }
    let resealed = reseals(&machine, &recovery.to_lowercase());
    assert_eq!(code(&resealed), 0, "{}", text(&resealed));
    let problems = machine.domain()["identity"]["keys"].to_string();
    assert!(problems.contains(r#""problem":null"#) && !problems.contains("PCR 7 of"), "{problems}");
    assert!(!machine.log().contains(&recovery));
    for _ in 0..2 {
        signs_in(&machine);
        assert_eq!(machine.domain()["identity"]["suspended"], serde_json::Value::Null);
        assert_eq!(machine.device_id("contoso.com").unwrap(), device);
        machine.restart();
    }
    assert_eq!((cloud.requests("join").len(), cloud.devices().len()), (1, 1));
    let left = machine.run(&["leave"]);
    assert_eq!(code(&left), 0, "{}", text(&left));
}

#[test]
fn without_a_recovery_code_a_machine_leaves_and_registers_anew() {
    let dir = tempfile::tempdir().unwrap();
    let (cloud, tpm) = (Cloud::start(), Tpm::start(dir.path()));
    let mut machine =
        Machine::configured(&cloud, "contoso.com", &format!("{}\ntpm_pcrs = 7", options(&tpm, "tpm")));
    signs_in(&machine);
    let device = machine.device_id("contoso.com").unwrap();
    machine.kill();
    extend(&tpm, 7);
    machine.up();
    let left = machine.run(&["leave", "--force"]);
    assert_eq!(code(&left), 0, "{}", text(&left));
    machine.kill();
    std::fs::remove_file(machine.path("state").join("tpm-boot")).unwrap();
    machine.up();
    signs_in(&machine);
    assert_ne!(machine.device_id("contoso.com").unwrap(), device);
    assert!(notices(&machine).contains("run aad-tool tpm recovery-code"), "{}", notices(&machine));
}

#[test]
fn keys_made_ahead_and_keys_that_move_are_bound_as_the_option_says_now() {
    let dir = tempfile::tempdir().unwrap();
    let (cloud, tpm) = (Cloud::start(), Tpm::start(dir.path()));
    let mut machine =
        Machine::configured(&cloud, "contoso.com", &options(&tpm, "tpm_bound_soft_if_possible"));
    has_spare_keys(&machine);
    crate::pkcs11::configure(&machine, "hsm_type = tpm_if_possible");
    machine.restart();
    has_spare_keys(&machine);
    crate::pkcs11::configure(&machine, "tpm_pcrs = 7");
    machine.restart();
    has_spare_keys(&machine);
    signs_in(&machine);
    let is_bound = || machine.domain()["identity"]["bound_to"].to_string().contains("tpm-pcr7");
    assert!(is_bound() && machine.status()["spare_keys"] == "none");
    for (to, bound) in [("soft", false), ("tpm", true)] {
        let moved = machine.run(&["rekey", "--to", to, "--name", "alex@contoso.com"]);
        assert_eq!(code(&moved), 0, "{}", text(&moved));
        assert_eq!(is_bound(), bound);
    }
}

#[test]
fn a_machine_that_is_not_registered_starts_afresh_when_its_boot_state_has_changed() {
    let dir = tempfile::tempdir().unwrap();
    let (cloud, tpm) = (Cloud::start(), Tpm::start(dir.path()));
    let mut machine =
        Machine::configured(&cloud, "contoso.com", &format!("{}\ntpm_pcrs = 7", options(&tpm, "tpm")));
    has_spare_keys(&machine);
    machine.kill();
    extend(&tpm, 7);
    machine.up();
    let refused = machine.sign_in("alex@contoso.com");
    assert!(text(&refused).contains("[BootStateChanged]"), "{}", text(&refused));
    // Somebody has to act on this machine first.
    assert_eq!((code(&refused), cloud.requests("join").len()), (5, 0));
    // What the operations page says.
    let left = machine.run(&["leave"]);
    assert_eq!(code(&left), 0, "{}", text(&left));
    machine.stop();
    let image = machine.offline(&["prepare-image", "--yes"]);
    assert_eq!(code(&image), 0, "{}", text(&image));
    machine.up();
    signs_in(&machine);
    assert_eq!(cloud.devices().len(), 1);
}
