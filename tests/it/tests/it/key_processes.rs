//! Key stores in a process of their own: the suite of every backend through it, and what its faults do to others.

use crate::harness::{Cloud, Machine, binary, code, own_directory, text, wait_for};
use crate::life::signs_in;
use crate::pkcs11::{self, objects};
use conformance::machine;
use hsm::{Deadlines, Hsm, HsmError, Keys};
use hsm_process::{KeyStore, ProcessHsm, Settings};
use hsm_thread::HsmThread;
use ipc::{HEADER, Request};
use it::softhsm::{LABEL, PIN, make_token, module};
use model::{Backend, IntentId, KeyPurpose, Secret};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const ALEX: &str = "alex@contoso.com";
/// Everybody's at the stand-in.
const PASSWORD: &str = "Correct-Horse-1";

/// `firmament-keys` with the token of this directory; it notes its process there.
fn program(dir: &Path) -> PathBuf {
    let script = format!(
        "#!/bin/sh\necho $$ > '{0}/pid'\nSOFTHSM2_CONF='{0}/softhsm2.conf' exec '{1}'\n",
        dir.display(),
        binary("firmament-keys").display()
    );
    // Written by a process of its own: one that this process forks meanwhile must not hold it open.
    let mut write = Command::new("sh");
    write.args(["-c", "printf '%s' \"$1\" > \"$0\" && chmod 700 \"$0\""]);
    let path = dir.join("program");
    assert!(write.arg(&path).arg(script).status().unwrap().success());
    path
}

/// The token of this directory, on the machine of this id.
fn token(dir: &Path, id: &str) -> ProcessHsm {
    let binding = machine(id);
    let opening = move || {
        let (module, label) = (module(), LABEL.to_owned());
        let pin = Secret::new(PIN.as_bytes().to_vec());
        let store = KeyStore::Pkcs11 { module, label, serial: None, pin };
        Ok(Settings { debug: false, machine: binding.clone(), origin: "a test".to_owned(), store })
    };
    ProcessHsm::new(Backend::Pkcs11, dir.join("program"), Box::new(opening), Deadlines::default())
}

fn place() -> tempfile::TempDir {
    let dir = own_directory();
    make_token(dir.path());
    program(dir.path());
    dir
}

fn process(dir: &Path) -> Pid {
    let text = fs::read_to_string(dir.join("pid")).unwrap();
    Pid::from_raw(text.trim().parse().unwrap()).unwrap()
}

fn intent() -> IntentId {
    "00000000-0000-0000-0000-000000000001".parse().unwrap()
}

#[test]
fn a_token_in_a_process_of_its_own_passes_the_suite() {
    let dir = place();
    let mut own = token(dir.path(), "a");
    let info = own.ready(Backend::Pkcs11).unwrap();
    // Past the harness, which keeps what is printed by a test that passes.
    writeln!(std::io::stderr(), "the suite runs on {}: {}", module().display(), info.description).unwrap();
    conformance::hsm(&mut own);
    drop(own);
    conformance::rebinding(&|id| Box::new(token(dir.path(), id)));
}

#[cfg(feature = "tpm")]
#[test]
fn a_tpm_in_a_process_of_its_own_passes_the_suite() {
    let dir = own_directory();
    let tpm = it::swtpm::Tpm::start(dir.path());
    for policy in [model::BootPolicy::Nothing, model::BootPolicy::Pcr7] {
        let open = |id: &str| {
            let (tcti, binding, boot_file) = (tpm.tcti(), machine(id), dir.path().join("tpm-boot"));
            let opening = move || {
                let auth = Secret::new(b"an auth value of ours".to_vec());
                let store = KeyStore::Tpm { tcti: tcti.clone(), auth, boot_file: boot_file.clone(), policy };
                Ok(Settings { debug: false, machine: binding.clone(), origin: "a test".to_owned(), store })
            };
            let program = binary("firmament-keys");
            ProcessHsm::new(Backend::Tpm, program, Box::new(opening), Deadlines::default())
        };
        conformance::hsm(&mut open("a"));
        conformance::rebinding(&|id| Box::new(open(id)));
    }
}

#[test]
fn a_pair_whose_making_took_too_long_is_found_again() {
    let dir = place();
    let mut own = token(dir.path(), "a");
    own.ready(Backend::Pkcs11).unwrap();
    let deadlines = Deadlines { create: Duration::from_millis(300), ..Deadlines::default() };
    let keys = HsmThread::with(Box::new(own), deadlines).unwrap();
    kill_process(process(dir.path()), Signal::STOP).unwrap();
    let late = keys.create(Backend::Pkcs11, KeyPurpose::Device, intent());
    assert_eq!(late.wait(), Err(HsmError::Busy));
    let pid = process(dir.path());
    kill_process(pid, Signal::CONT).unwrap();
    let files =
        || fs::read_dir(fs::read_dir(dir.path().join("tokens")).unwrap().next().unwrap().unwrap().path());
    let objects = || files().unwrap().filter(|file| is_object(&file.as_ref().unwrap().path())).count();
    // The token's own object, the key that seals, and both halves.
    wait_for("the pair", || objects() == 4);
    let mut found = Err(HsmError::Busy);
    wait_for("an answer in time", || {
        found = keys.create(Backend::Pkcs11, KeyPurpose::Device, intent()).wait();
        found != Err(HsmError::Busy)
    });
    keys.self_test(found.unwrap()).wait().unwrap();
    assert_eq!((objects(), process(dir.path())), (4, pid), "no other pair, and no other process");
}

fn is_object(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "object")
}

#[test]
fn a_process_of_keys_ends_at_the_end_of_its_stream_and_for_no_signal() {
    let cloud = Cloud::start();
    let mut machine = registered(&cloud);
    let keys = machine.keys_process().unwrap();
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        kill_process(keys, signal).unwrap();
    }
    signs_in(&machine);
    assert_eq!(machine.keys_process(), Some(keys));
    machine.kill();
    wait_for("its end", || rustix::process::test_kill_process(keys).is_err());
    let by_hand = Command::new(binary("firmament-keys")).stdin(std::process::Stdio::null()).output().unwrap();
    assert_eq!(code(&by_hand), 1);
    assert!(text(&by_hand).contains("firmamentd starts this program"), "{}", text(&by_hand));
}

fn registered(cloud: &Cloud) -> Machine {
    let mut machine = pkcs11::machine(cloud);
    machine.up();
    signs_in(&machine);
    machine
}

#[test]
fn a_module_that_crashes_costs_one_job_and_the_next_one_has_another_process() {
    let cloud = Cloud::start();
    let machine = registered(&cloud);
    let before = (machine.device_id("contoso.com"), objects(&machine));
    let crashed = machine.keys_process().unwrap();
    kill_process(crashed, Signal::ABORT).unwrap();
    wait_for("its end", || machine.keys_process() != Some(crashed));
    let signed_in = machine.sign_in_with_password(ALEX, PASSWORD);
    assert_eq!(code(&signed_in), 0, "{}", text(&signed_in));
    assert!(machine.keys_process().is_some());
    assert_eq!((machine.device_id("contoso.com"), objects(&machine)), before);
    assert_eq!((cloud.requests("join").len(), cloud.devices().len()), (1, 1));
}

/// How long the daemon takes to say how things are.
fn status_takes(machine: &Machine) -> Duration {
    let begun = Instant::now();
    let mut stream = UnixStream::connect(machine.path("socket")).unwrap();
    stream.write_all(&ipc::encode(&Request::Status { domain: None }).unwrap()).unwrap();
    let mut header = [0; HEADER];
    stream.read_exact(&mut header).unwrap();
    begun.elapsed()
}

#[test]
fn a_stopped_token_holds_up_nobody_who_does_not_need_it_and_nobody_for_ever() {
    let cloud = Cloud::start();
    let machine = registered(&cloud);
    let keys = machine.keys_process().unwrap();
    kill_process(keys, Signal::STOP).unwrap();
    let begun = Instant::now();
    let mut asking: Vec<_> =
        (0..8).map(|_| machine.tool(&["auth-test", "--name", ALEX]).spawn().unwrap()).collect();
    let mut took: Vec<_> = (0..20).map(|_| status_takes(&machine)).collect();
    took.sort();
    // The median: this machine has other things to do, too.
    assert!(took[10] < Duration::from_millis(100), "{took:?}");
    let with_password = machine.sign_in_with_password(ALEX, PASSWORD);
    assert!(begun.elapsed() < Duration::from_secs(30), "{}", text(&with_password));
    wait_for("the notice", || machine.status()["notices"].to_string().contains("does not answer"));
    for tool in &mut asking {
        tool.wait().unwrap();
    }
    assert!(begun.elapsed() < Duration::from_secs(60), "nobody waits for ever");
    kill_process(keys, Signal::CONT).unwrap();
    wait_for("the session", || machine.domain()["sessions"][0]["state"] == "holding");
    wait_for("the notice's end", || !machine.status()["notices"].to_string().contains("does not answer"));
    assert_eq!(machine.keys_process(), Some(keys), "it was late, and nobody killed it");
}

#[test]
fn a_token_that_never_answers_holds_up_no_start_and_no_sign_in_by_code() {
    let cloud = Cloud::start();
    let mut machine = registered(&cloud);
    machine.kill();
    let silent = machine.path("silent");
    let mut write = Command::new("sh");
    write.args(["-c", "printf '#!/bin/sh\\nexec cat > /dev/null\\n' > \"$0\" && chmod 700 \"$0\""]);
    assert!(write.arg(&silent).status().unwrap().success());
    let mut daemon = machine.firmamentd();
    machine.boot(daemon.arg("--keys-program").arg(silent));
    let begun = Instant::now();
    wait_for("the socket", || UnixStream::connect(machine.path("socket")).is_ok());
    status_takes(&machine);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(machine.status()["key_store"].to_string().contains("not opened yet"), "{}", machine.status());
    signs_in(&machine);
    wait_for("the notice", || {
        machine.status()["notices"].to_string().contains("does not answer: nothing for")
    });
    assert_eq!(machine.domain()["identity"]["suspended"], serde_json::Value::Null);
}

#[test]
fn a_process_that_is_lost_again_and_again_is_not_started_again_for_a_while() {
    let cloud = Cloud::start();
    let machine = registered(&cloud);
    for _ in 0..3 {
        let lost = machine.keys_process().unwrap();
        kill_process(lost, Signal::KILL).unwrap();
        wait_for("its end", || machine.keys_process() != Some(lost));
        machine.sign_in_with_password(ALEX, PASSWORD);
    }
    let notices = machine.status()["notices"].to_string();
    assert!(notices.contains("its process was lost 3 times within 10 minutes"), "{notices}");
    assert_eq!(machine.keys_process(), None);
    assert_eq!(machine.domain()["identity"]["suspended"], serde_json::Value::Null, "it is a passing fault");
}
