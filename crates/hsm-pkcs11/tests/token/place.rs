//! A token directory for one test, and processes that use it.
//!
//! A module reads its environment once per process, so every part of a test that touches a token runs in a
//! process of its own: this binary again, with the name of the test and of the part.

use conformance::machine;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::object::{Attribute, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use hsm::HsmError;
use hsm_pkcs11::{Pkcs11Hsm, Settings};
use model::{IntentId, Secret};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The directory of a test: configuration, tokens and the module with faults.
pub(crate) struct Place {
    dir: PathBuf,
}

/// A part of a test that runs in a process of its own.
pub(crate) type Part = (&'static str, fn(&Place));

/// Runs the parts one after the other, each in its own process; inside such a process, runs the one part.
pub(crate) fn parts(test: &str, parts: &[Part]) {
    if let Some((dir, wanted)) = std::env::var_os(DIR).zip(std::env::var_os(PART)) {
        let (_, part) = parts.iter().find(|(name, _)| wanted == **name).unwrap();
        let place = Place { dir: dir.into() };
        part(&place);
        return fs::write(place.at("ran"), wanted.as_encoded_bytes()).unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    let place = Place::new(dir.path());
    place.add_token(LABEL);
    for (name, _) in parts {
        let output = place.process(test, name);
        let expected = if name.ends_with("(dies)") { Some(DEATH) } else { Some(0) };
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), expected, "{test}: {name}: {said}");
        // A name that no test has makes a process that succeeds at nothing.
        let ran = fs::read_to_string(place.at("ran")).unwrap_or_default();
        assert!(ran == *name || expected == Some(DEATH), "{test}: {name} has not run");
    }
}

impl Place {
    fn new(dir: &Path) -> Place {
        let place = Place { dir: dir.to_owned() };
        fs::create_dir(place.at("tokens")).unwrap();
        let tokens = place.at("tokens");
        let text = format!("directories.tokendir = {}\nobjectstore.backend = file\n", tokens.display());
        fs::write(place.at("softhsm2.conf"), text).unwrap();
        place.build_faults();
        place
    }

    fn build_faults(&self) {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/token/faults.c");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-w", "-o"]).arg(self.faults()).arg(source).arg("-ldl");
        assert!(compiler.status().unwrap().success());
    }

    fn process(&self, test: &str, part: &str) -> Output {
        let mut process = Command::new(std::env::current_exe().unwrap());
        process.args(["--exact", test, "--nocapture", "--test-threads=1"]);
        process.env(DIR, &self.dir).env(PART, part).env("SOFTHSM2_CONF", self.at("softhsm2.conf"));
        process.env("FAULTS_DIR", &self.dir).env("FAULTS_MODULE", softhsm());
        process.output().unwrap()
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    pub(crate) fn faults(&self) -> PathBuf {
        self.at("faults.so")
    }

    /// Makes a token with the PINs of this page.
    pub(crate) fn add_token(&self, label: &str) {
        self.util(&["--init-token", "--free", "--label", label, "--so-pin", SO_PIN, "--pin", PIN]);
    }

    pub(crate) fn util(&self, arguments: &[&str]) {
        let mut util = Command::new("softhsm2-util");
        util.args(arguments).env("SOFTHSM2_CONF", self.at("softhsm2.conf"));
        let output = util.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }

    /// The module fails like this from now on; see faults.c.
    pub(crate) fn fault(&self, function: &str, value: u64, times: u32) {
        fs::write(self.at("fault"), format!("{function} {value} {times}\n")).unwrap();
    }

    /// How often the function was called through the module with faults.
    pub(crate) fn calls(&self, function: &str) -> usize {
        let calls = fs::read_to_string(self.at("calls")).unwrap_or_default();
        calls.lines().filter(|line| *line == function).count()
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings { module: self.faults(), label: LABEL.to_owned(), serial: None }
    }

    /// The backend behind the module with faults.
    pub(crate) fn open(&self) -> Pkcs11Hsm {
        self.try_open(self.settings(), PIN).unwrap()
    }

    /// The same on the machine of this id.
    pub(crate) fn open_on(&self, id: &str) -> Pkcs11Hsm {
        let pin = Secret::new(PIN.as_bytes().to_vec());
        Pkcs11Hsm::open(self.settings(), pin, machine(id), "a test").unwrap()
    }

    pub(crate) fn try_open(&self, settings: Settings, pin: &str) -> Result<Pkcs11Hsm, HsmError> {
        Pkcs11Hsm::open(settings, Secret::new(pin.as_bytes().to_vec()), machine("a"), "a test")
    }

    /// A session of our own with the first token of this label, beside the backend's.
    pub(crate) fn session(&self, label: &str) -> Session {
        let context = Pkcs11::new(self.faults()).unwrap();
        // An error says that the backend was first.
        let _ = context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
        let slots = context.get_slots_with_token().unwrap();
        let ours = |slot: &&_| context.get_token_info(**slot).unwrap().label() == label;
        let session = context.open_rw_session(*slots.iter().find(ours).unwrap()).unwrap();
        let _ = session.login(UserType::User, Some(&AuthPin::new(PIN.into())));
        session
    }

    pub(crate) fn serial(&self) -> String {
        let context = Pkcs11::new(self.faults()).unwrap();
        let _ = context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
        let infos = context.get_slots_with_token().unwrap().into_iter();
        let mut infos = infos.map(|slot| context.get_token_info(slot).unwrap());
        infos.find(|info| info.label() == LABEL).unwrap().serial_number().to_owned()
    }
}

/// The objects of a class, whatever they are.
pub(crate) fn objects(session: &Session, class: ObjectClass) -> Vec<ObjectHandle> {
    session.find_objects(&[Attribute::Class(class)]).unwrap()
}

/// SoftHSM, where distributions put it.
pub(crate) fn softhsm() -> PathBuf {
    let places = ["/usr/lib/softhsm", "/usr/lib64/pkcs11", "/usr/lib/pkcs11", "/usr/lib64/softhsm"];
    let mut paths = places.iter().map(|place| Path::new(place).join("libsofthsm2.so"));
    paths.find(|path| path.exists()).unwrap()
}

/// The version of SoftHSM, in its own words.
pub(crate) fn softhsm_version() -> String {
    let output = Command::new("softhsm2-util").arg("--version").output().unwrap();
    format!("SoftHSM {}", String::from_utf8_lossy(&output.stdout).trim())
}

pub(crate) fn intent(n: u8) -> IntentId {
    format!("00000000-0000-0000-0000-0000000000{n:02x}").parse().unwrap()
}

pub(crate) const LABEL: &str = "firmament";
pub(crate) const PIN: &str = "a PIN of ours";
pub(crate) const SO_PIN: &str = "an SO PIN";
const DIR: &str = "FIRMAMENT_TEST_DIR";
const PART: &str = "FIRMAMENT_TEST_PART";
/// What faults.c exits with.
const DEATH: i32 = 70;
