//! One swtpm behind a proxy, and what tests do to it.

use crate::proxy::Proxy;
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PublicEncryptingKey};
use aws_lc_rs::signature::RsaPublicKeyComponents;
use hsm::HsmError;
use hsm_tpm::TpmHsm;
use model::{BootPolicy, IntentId, KeyHandle, MachineBinding, Secret};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tss_esapi::Context;
use tss_esapi::tcti_ldr::TctiNameConf;

pub(crate) const AUTH: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A TPM of its own; it ends with the value.
pub(crate) struct Harness {
    pub(crate) proxy: Proxy,
    dir: tempfile::TempDir,
    child: Arc<Mutex<Option<Child>>>,
}

impl Harness {
    pub(crate) fn new() -> Harness {
        let dir = tempfile::tempdir().unwrap();
        let child = Arc::new(Mutex::new(None));
        let (path, shared) = (dir.path().to_owned(), child.clone());
        let restart = move || {
            kill(&shared);
            *shared.lock().unwrap() = Some(swtpm(&path));
            connect(&path.join("data"))
        };
        let proxy = Proxy::start(&dir.path().join("control"), restart);
        Harness { proxy, dir, child }
    }

    /// The way to this TPM in the library's syntax.
    pub(crate) fn tcti(&self) -> String {
        format!("swtpm:host=127.0.0.1,port={}", self.proxy.port)
    }

    pub(crate) fn open(&self) -> TpmHsm {
        self.open_as(AUTH, "a").unwrap()
    }

    pub(crate) fn open_as(&self, auth: &str, machine: &str) -> Result<TpmHsm, HsmError> {
        TpmHsm::open(&self.tcti(), Secret::new(auth.as_bytes().to_vec()), machine_id(machine), "a test")
    }

    /// Opens the TPM with a boot secret; new keys are bound to it.
    pub(crate) fn open_bound(&self) -> TpmHsm {
        self.open().with_boot_secret(self.boot_file(), BootPolicy::Pcr7)
    }

    pub(crate) fn boot_file(&self) -> PathBuf {
        self.dir.path().join("tpm-boot")
    }

    /// The library itself, for what no adapter does.
    pub(crate) fn library(&self) -> Context {
        Context::new(TctiNameConf::from_str(&self.tcti()).unwrap()).unwrap()
    }

    pub(crate) fn restart(&self) {
        self.proxy.wire().restart();
    }

    /// Objects and sessions that are loaded in the TPM now.
    pub(crate) fn loaded(&self) -> usize {
        [0x8000_0000_u32, 0x0200_0000, 0x0300_0000].into_iter().map(|first| self.handles(first)).sum()
    }

    fn handles(&self, first: u32) -> usize {
        let head = [0x80, 0x01, 0, 0, 0, 0x16, 0, 0, 1, 0x7a, 0, 0, 0, 1];
        let answer = self.proxy.ask(&[&head, first.to_be_bytes().as_slice(), &[0, 0, 0, 64]].concat());
        u32::from_be_bytes(answer[15..19].try_into().unwrap()) as usize
    }

    /// TPM2_Clear with the empty auth value of the lockout hierarchy.
    pub(crate) fn clear(&self) {
        self.proxy.ask(&[&[0x80, 0x02, 0, 0, 0, 27, 0, 0, 1, 0x26, 0x40, 0, 0, 0x0a], EMPTY_AUTH].concat());
    }

    /// TPM2_HierarchyChangeAuth from the empty one, of the owner's (1) or the endorsement hierarchy (11).
    pub(crate) fn set_password(&self, hierarchy: u8) {
        let head = [0x80, 0x02, 0, 0, 0, 35, 0, 0, 1, 0x29, 0x40, 0, 0, hierarchy];
        self.proxy.ask(&[&head, EMPTY_AUTH, &[0, 6], b"secret"].concat());
    }

    /// TPM2_PCR_Extend of one register of the SHA-256 bank.
    pub(crate) fn extend(&self, register: u8, byte: u8) {
        let head = [0x80, 0x02, 0, 0, 0, 65, 0, 0, 1, 0x82, 0, 0, 0, register];
        self.proxy.ask(&[&head, EMPTY_AUTH, &[0, 0, 0, 1, 0, 0x0b], &[byte; 32]].concat());
    }

    /// The state on disk becomes that of another TPM.
    pub(crate) fn become_another(&self, other: &Harness) {
        kill(&other.child);
        kill(&self.child);
        let state = |harness: &Harness| harness.dir.path().join("tpm2-00.permall");
        std::fs::copy(state(other), state(self)).unwrap();
        self.restart();
    }
}

impl Drop for Harness {
    fn drop(&mut self) {
        kill(&self.child);
    }
}

/// One password session with an empty auth value.
const EMPTY_AUTH: &[u8] = &[0, 0, 0, 9, 0x40, 0, 0, 9, 0, 0, 0, 0, 0];

pub(crate) fn machine_id(id: &str) -> MachineBinding {
    conformance::machine(id)
}

pub(crate) fn intent() -> IntentId {
    "00000000-0000-0000-0000-000000000001".parse().unwrap()
}

fn kill(child: &Mutex<Option<Child>>) {
    if let Some(mut child) = child.lock().unwrap().take() {
        drop(child.kill());
        child.wait().unwrap();
    }
}

fn swtpm(dir: &Path) -> Child {
    let socket = |name: &str| {
        let path = dir.join(name);
        // What a killed one left behind.
        drop(std::fs::remove_file(&path));
        format!("type=unixio,path={}", path.display())
    };
    Command::new("swtpm")
        .args(["socket", "--tpm2", "--flags", "not-need-init,startup-clear", "--tpmstate"])
        .arg(format!("dir={}", dir.display()))
        .args(["--server", &socket("data"), "--ctrl", &socket("control")])
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn connect(path: &Path) -> UnixStream {
    for _ in 0..3000 {
        if let Ok(stream) = UnixStream::connect(path) {
            return stream;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    panic!("swtpm does not come up");
}

/// RSAES-OAEP with SHA-1 by the public half.
pub(crate) fn wrap(key: &KeyHandle, plain: &[u8]) -> Vec<u8> {
    let key = RsaPublicKeyComponents { n: &key.public.modulus, e: &key.public.exponent };
    let key: PublicEncryptingKey = key.try_into().unwrap();
    let mut text = vec![0; 256];
    let key = OaepPublicEncryptingKey::new(key).unwrap();
    key.encrypt(&OAEP_SHA1_MGF1SHA1, plain, &mut text, None).unwrap();
    text
}
