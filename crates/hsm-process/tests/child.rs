//! The key store in real child processes: this binary again, with a backend that does what it is told.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says where it failed by panicking")]

use hsm::{Deadlines, Hsm, HsmError, HsmInfo, Obstacle, SignScheme};
use hsm_process::{KeyStore, ProcessHsm, Settings, serve};
use model::{
    Backend, BootPolicy, Guid, IntentId, KeyHandle, KeyPurpose, MachineBinding, RsaPublicKey, Secret,
};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use std::fs;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Does what a message says; its signature is the number of its process.
struct Told(Backend);

impl Hsm for Told {
    fn info(&self) -> HsmInfo {
        HsmInfo { backend: self.0, description: "a child".to_owned() }
    }
    fn create(&mut self, _: KeyPurpose, _: IntentId) -> Result<KeyHandle, HsmError> {
        Ok(key(self.0))
    }
    fn sign(&mut self, _: &KeyHandle, _: SignScheme, message: &[u8]) -> Result<Vec<u8>, HsmError> {
        match message {
            b"crash" => std::process::abort(),
            b"panic" => panic!("on purpose"),
            b"hang" => loop {
                std::thread::park();
            },
            b"absent" => Err(HsmError::Absent("the token is gone".to_owned())),
            b"refused" => Err(HsmError::AuthValue("the PIN".to_owned())),
            _ => Ok(std::process::id().to_be_bytes().to_vec()),
        }
    }
    fn unwrap_oaep_sha1(&mut self, _: &KeyHandle, text: &[u8]) -> Result<Secret<Vec<u8>>, HsmError> {
        Ok(Secret::new(text.to_vec()))
    }
    fn seal(&mut self, _: &str, plain: &Secret<Vec<u8>>) -> Result<Vec<u8>, HsmError> {
        Ok(plain.expose().clone())
    }
    fn unseal(&mut self, _: &str, sealed: &[u8]) -> Result<Secret<Vec<u8>>, HsmError> {
        Ok(Secret::new(sealed.to_vec()))
    }
    fn destroy(&mut self, _: &KeyHandle) -> Result<(), HsmError> {
        Err(HsmError::Decrypt)
    }
    fn self_test(&mut self, _: &KeyHandle) -> Result<(), HsmError> {
        Ok(())
    }
    fn rebind(&mut self, key: &KeyHandle) -> Result<KeyHandle, HsmError> {
        Ok(key.clone())
    }
}

/// The child, when this binary is started as one; as a test it does nothing.
#[test]
fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let stream = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned().unwrap());
    let ended = serve(&stream, |settings| match settings.store {
        KeyStore::Pkcs11 { pin, .. } if pin.expose() != PIN => {
            Err(HsmError::AuthValue("the token refuses the PIN".to_owned()))
        }
        store => Ok(Box::new(Told(store.backend())) as Box<dyn Hsm>),
    });
    std::process::exit(i32::from(ended.is_err()));
}

fn key(backend: Backend) -> KeyHandle {
    KeyHandle {
        backend,
        purpose: KeyPurpose::Device,
        intent: IntentId::new(Guid::from_bytes([1; 16])),
        public: RsaPublicKey { modulus: vec![1], exponent: vec![3] },
        wrapped: vec![],
    }
}

struct Place {
    dir: TempDir,
}

impl Place {
    fn new() -> Place {
        let place = Place { dir: tempfile::tempdir().unwrap() };
        let this = std::env::current_exe().unwrap();
        let script = format!(
            "#!/bin/sh\necho start >> '{}'\n{CHILD}=1 exec '{}' --exact child --nocapture\n",
            place.dir.path().join("starts").display(),
            this.display()
        );
        // Written by a process of its own: one that this process forks meanwhile must not hold it open.
        let mut write = Command::new("sh");
        write.args(["-c", "printf '%s' \"$1\" > \"$0\" && chmod 700 \"$0\""]);
        assert!(write.arg(place.program()).arg(script).status().unwrap().success());
        place
    }

    fn program(&self) -> PathBuf {
        self.dir.path().join("program")
    }

    fn starts(&self) -> usize {
        fs::read_to_string(self.dir.path().join("starts")).unwrap_or_default().lines().count()
    }

    fn open(&self, backend: Backend, pin: &'static [u8]) -> ProcessHsm {
        at(&self.program(), backend, pin)
    }
}

fn at(program: &Path, backend: Backend, pin: &'static [u8]) -> ProcessHsm {
    let opening = move || {
        let pin = Secret::new(pin.to_vec());
        let store = match backend {
            Backend::Pkcs11 => {
                KeyStore::Pkcs11 { module: "/m.so".into(), label: "l".to_owned(), serial: None, pin }
            }
            _ => {
                let policy = BootPolicy::Nothing;
                KeyStore::Tpm { tcti: "t".to_owned(), auth: pin, boot_file: "/b".into(), policy }
            }
        };
        let machine = MachineBinding { components: vec![] };
        Ok(Settings { debug: false, machine, origin: "a test".to_owned(), store })
    };
    let deadlines = Deadlines { usual: Duration::from_millis(200), ..Deadlines::default() };
    ProcessHsm::new(backend, program.to_owned(), Box::new(opening), deadlines)
}

fn sign(hsm: &mut ProcessHsm, message: &str) -> Result<u32, HsmError> {
    let key = key(hsm.info().backend);
    let answer = hsm.sign(&key, SignScheme::PssSha256, message.as_bytes())?;
    Ok(u32::from_be_bytes(answer.try_into().unwrap()))
}

fn signal(pid: u32, name: &str) {
    assert!(Command::new("kill").args(["-s", name, &pid.to_string()]).status().unwrap().success());
}

/// Waits until a process is in this state (proc(5)).
fn wait_until(pid: u32, state: char) {
    let status = || fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    while !status().contains(&format!("State:\t{state}")) {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until a child's end may be collected, and leaves that to its parent's code.
///
/// The state `Z` comes earlier: it is that of the first thread, and others may still be ending.
fn wait_until_ended(pid: u32) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).unwrap();
    waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).unwrap();
}

fn is_there(pid: u32) -> bool {
    Path::new("/proc").join(pid.to_string()).exists()
}

#[test]
fn every_job_is_done_by_one_child_which_ends_with_its_stream() {
    let place = Place::new();
    let mut hsm = place.open(Backend::Pkcs11, PIN);
    assert_eq!(place.starts(), 0, "nothing is started before it is needed");
    assert_eq!(hsm.ready(Backend::Tpm), Err(HsmError::OtherBackend { made_by: "tpm" }));
    assert_eq!(hsm.ready(Backend::Pkcs11).unwrap().description, "a child");
    let pid = sign(&mut hsm, "x").unwrap();
    let (key, secret) = (key(Backend::Pkcs11), Secret::new(vec![7; 65_536]));
    assert_eq!(hsm.create(key.purpose, key.intent), Ok(key.clone()));
    assert_eq!(hsm.unwrap_oaep_sha1(&key, &[1, 2]).unwrap().expose(), &[1, 2]);
    assert_eq!(hsm.seal("l", &secret).as_ref(), Ok(secret.expose()));
    assert_eq!(hsm.unseal("l", secret.expose()).unwrap().expose(), secret.expose());
    assert_eq!((hsm.destroy(&key), hsm.self_test(&key)), (Err(HsmError::Decrypt), Ok(())));
    assert_eq!(hsm.rebind(&key).as_ref(), Ok(&key));
    assert_eq!(hsm.recovery_code().unwrap_err(), HsmError::NotBootBound);
    assert_eq!(hsm.reseal(None), Err(HsmError::NotBootBound));
    assert_eq!((sign(&mut hsm, "x"), place.starts()), (Ok(pid), 1));
    let too_long = hsm.sign(&key, SignScheme::PssSha256, &[0; 300_000]);
    assert!(matches!(too_long, Err(HsmError::Backend(_))));
    assert_eq!((sign(&mut hsm, "x"), place.starts()), (Ok(pid), 1));
    drop(hsm);
    assert!(!is_there(pid));
}

#[test]
fn a_crash_is_one_failed_job_and_too_many_are_the_last() {
    for how in ["crash", "panic"] {
        let place = Place::new();
        let mut hsm = place.open(Backend::Pkcs11, PIN);
        for number in 1..=3 {
            sign(&mut hsm, "x").unwrap();
            let lost = sign(&mut hsm, how).unwrap_err();
            assert!(matches!(&lost, HsmError::Unreachable(why) if why.contains("has ended (")), "{lost}");
            assert_eq!((hsm.condition().problem(), place.starts()), (Some(lost), number));
        }
        let refused = sign(&mut hsm, "x").unwrap_err();
        assert!(refused.to_string().contains("lost 3 times within 10 minutes"), "{refused}");
        assert_eq!((hsm.condition().problem(), place.starts()), (Some(refused), 3));
    }
}

#[test]
fn a_child_that_ends_without_a_job_takes_no_job_along() {
    let place = Place::new();
    let mut hsm = place.open(Backend::Pkcs11, PIN);
    let pid = sign(&mut hsm, "x").unwrap();
    signal(pid, "KILL");
    wait_until_ended(pid);
    assert_ne!(sign(&mut hsm, "x").unwrap(), pid);
    assert_eq!(place.starts(), 2);
}

#[test]
fn a_refused_pin_is_tried_once_whatever_is_asked_for() {
    let place = Place::new();
    let mut hsm = place.open(Backend::Pkcs11, b"another");
    let refused = Err(HsmError::AuthValue("the token refuses the PIN".to_owned()));
    assert_eq!(hsm.ready(Backend::Pkcs11).map(drop), refused);
    assert_eq!(
        (sign(&mut hsm, "x").map(drop), hsm.self_test(&key(Backend::Pkcs11))),
        (refused.clone(), refused)
    );
    assert_eq!(place.starts(), 1);
    // A session may be lost and the PIN refused at the next login, in the middle of a job.
    let place = Place::new();
    let mut hsm = place.open(Backend::Pkcs11, PIN);
    assert!(sign(&mut hsm, "refused").is_err());
    assert!(matches!(hsm.condition().problem(), Some(HsmError::AuthValue(_))));
    sign(&mut hsm, "crash").unwrap_err();
    assert_eq!(sign(&mut hsm, "x"), Err(HsmError::AuthValue("the PIN".to_owned())));
    assert_eq!(place.starts(), 1);
}

#[test]
fn a_child_that_is_late_is_left_alone_and_one_that_never_answers_is_given_up() {
    let place = Place::new();
    let mut hsm = place.open(Backend::Tpm, PIN);
    let pid = sign(&mut hsm, "x").unwrap();
    signal(pid, "STOP");
    wait_until(pid, 'T');
    let goes_on = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(700));
        signal(pid, "CONT");
    });
    let begun = Instant::now();
    assert_eq!(sign(&mut hsm, "x"), Ok(pid), "long after the deadline it is not killed");
    assert!(begun.elapsed() > Duration::from_millis(600));
    goes_on.join().unwrap();
    let condition = hsm.condition();
    let never = std::thread::spawn(move || (sign(&mut hsm, "hang"), sign(&mut hsm, "x")));
    std::thread::sleep(Duration::from_secs(2));
    let told = condition.problem().unwrap().to_string();
    assert!(told.contains("nothing for") && is_there(pid), "{told}");
    let (lost, next) = never.join().unwrap();
    assert!(lost.unwrap_err().to_string().contains("did not answer and was ended"));
    assert!(next.is_ok_and(|next| next != pid) && !is_there(pid));
    assert_eq!(condition.problem(), None);
}

#[test]
fn what_is_about_the_key_store_is_told_until_it_answers() {
    let place = Place::new();
    let mut hsm = place.open(Backend::Pkcs11, PIN);
    let gone = HsmError::Absent("the token is gone".to_owned());
    assert_eq!(sign(&mut hsm, "absent"), Err(gone.clone()));
    assert_eq!(hsm.condition().problem(), Some(gone));
    hsm.destroy(&key(Backend::Pkcs11)).unwrap_err();
    assert_eq!(hsm.condition().problem(), None, "a ciphertext is none of the key store's faults");
}

#[test]
fn without_a_job_a_tpm_s_child_ends_and_a_token_s_stays() {
    for (backend, stays) in [(Backend::Tpm, false), (Backend::Pkcs11, true)] {
        let place = Place::new();
        let mut hsm = place.open(backend, PIN);
        assert!(!hsm.has_to_rest(), "there is no child yet");
        let pid = sign(&mut hsm, "x").unwrap();
        assert_eq!(hsm.has_to_rest(), !stays, "{backend}");
        hsm.rest();
        hsm.rest();
        assert!(!hsm.has_to_rest(), "{backend}");
        assert_eq!(is_there(pid), stays, "{backend}");
        assert_eq!(sign(&mut hsm, "x").unwrap() == pid, stays);
        assert_eq!(hsm.condition().problem(), None);
    }
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let mut hsm = at(Path::new("/nowhere/firmament-keys"), Backend::Tpm, PIN);
    let absent = hsm.ready(Backend::Tpm).unwrap_err();
    assert!(
        matches!(&absent, HsmError::Unusable(Obstacle::Program, why) if why.contains("/nowhere/firmament-keys")),
        "{absent}"
    );
    assert!(
        hsm.info().description.contains("tpm keys, which could not be opened: the key store cannot be used")
    );
    // A program that is there and none of ours: it ends without an answer.
    for program in ["/bin/true", "/bin/false"] {
        let mut hsm = at(Path::new(program), Backend::Tpm, PIN);
        for told in ["has ended (", "has ended (", "has ended (", "lost 3 times", "lost 3 times"] {
            let error = hsm.ready(Backend::Tpm).unwrap_err();
            assert!(matches!(&error, HsmError::Unreachable(why) if why.contains(told)), "{program}: {error}");
        }
    }
}

const CHILD: &str = "FIRMAMENT_TEST_CHILD";
const PIN: &[u8] = b"1234";
