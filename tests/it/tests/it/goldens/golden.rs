//! The files of one golden.

use super::LISTEN;
use crate::harness::{Cloud, Machine, sources};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

/// One directory in tests/goldens:
///
/// | File | Holds |
/// |---|---|
/// | `himmelblau.conf` | the configuration; `@DIR@` is the directory of the machine, `@CA@` the file with the authority |
/// | `machine.tar.xz` | the state directory, the auth value, and the token or the TPM |
/// | `cloud.json` | the device objects of the stand-in |
/// | `told.json` | when it was made, and what the status said after the next start |
pub(super) struct Golden {
    dir: PathBuf,
}

impl Golden {
    pub(super) fn of(stage: &str, place: &str) -> Golden {
        let all = sources().parent().unwrap().join("goldens");
        Golden { dir: all.join(format!("{stage}-{place}")) }
    }

    pub(super) fn is_there(&self) -> bool {
        self.path("told.json").exists()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn note_file(&self) -> Value {
        serde_json::from_slice(&fs::read(self.path("told.json")).unwrap()).unwrap()
    }

    /// How long ago it was made; programs that run so long ago find every certificate fresh.
    pub(super) fn age(&self) -> i64 {
        seconds_since_1970() - self.note_file()["made_at"].as_i64().unwrap()
    }

    /// What the status said.
    pub(super) fn said(&self) -> Value {
        self.note_file()["told"].clone()
    }

    /// Keeps a machine that does not run any more, and what its cloud knows.
    pub(super) fn keep(&self, cloud: &Cloud, machine: &Machine, lost: &str) {
        fs::create_dir_all(&self.dir).unwrap();
        let config = fs::read_to_string(machine.path("himmelblau.conf")).unwrap();
        let config = config.replace(machine.dir.path().to_str().unwrap(), "@DIR@");
        fs::write(self.path("himmelblau.conf"), config.replace(cloud.ca().to_str().unwrap(), "@CA@"))
            .unwrap();
        fs::write(self.path("cloud.json"), cloud.admin(&["objects", "--json"])).unwrap();
        let parts = ["state", "hsm-pin", "pin", "tokens", "tpm"];
        let mut tar = Command::new("tar");
        tar.arg(format!("--exclude={lost}")).args([
            "--sort=name",
            "--numeric-owner",
            "--owner=0",
            "--group=0",
            "--mtime=@0",
            "-cJf",
        ]);
        tar.arg(self.path("machine.tar.xz")).arg("-C").arg(machine.dir.path());
        tar.args(parts.iter().filter(|part| machine.path(part).exists()));
        assert!(tar.status().unwrap().success());
    }

    /// Notes what the status says of it.
    pub(super) fn note(&self, told: &Value) {
        let note = json!({ "made_at": seconds_since_1970(), "told": told });
        fs::write(self.path("told.json"), format!("{note:#}\n")).unwrap();
    }

    /// A copy of the machine, and the cloud as it was; this request is kept back there.
    pub(super) fn set_up(&self, held: Option<&str>) -> (Cloud, Machine) {
        let objects = self.path("cloud.json");
        let cloud = Cloud::at(LISTEN, &["--auto-approve", "--objects", objects.to_str().unwrap()]);
        if let Some(request) = held {
            let action = "hold_before";
            cloud.set(&json!({ "faults": [{ "request": request, "times": 0, "action": action }] }));
        }
        let machine = Machine::switched_off(&cloud, "", "");
        self.unpack(machine.dir.path());
        let config = fs::read_to_string(self.path("himmelblau.conf")).unwrap();
        let config = config.replace("@DIR@", machine.dir.path().to_str().unwrap());
        let config = config.replace("@CA@", cloud.ca().to_str().unwrap());
        fs::write(machine.path("himmelblau.conf"), config).unwrap();
        (cloud, machine)
    }

    /// The files of the machine.
    pub(super) fn unpack(&self, to: &Path) {
        let mut tar = Command::new("tar");
        tar.arg("--no-same-owner").arg("-xJf").arg(self.path("machine.tar.xz")).arg("-C").arg(to);
        assert!(tar.status().unwrap().success());
    }
}

fn seconds_since_1970() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_secs()).unwrap()
}
