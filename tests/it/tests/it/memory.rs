//! What is left in the daemon's memory a second after the end of a sign-in and of a leave: nothing but what
//! docs/threat-model.md names.

mod scan;
mod sealed;

use crate::harness::{Cloud, Machine, code, line_with, text, wait_for};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustix::process::Pid;
use scan::{Canary, Sighting, scan};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io::{BufReader, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

const ALEX: &str = "alex@contoso.com";
const PASSWORD: &str = "Correct-Horse-1";

/// A cloud that tells every secret to the test, and a machine there.
struct House {
    cloud: Cloud,
    machine: Machine,
    _dir: tempfile::TempDir,
    unmasked: PathBuf,
}

impl House {
    fn new(extra: &str) -> House {
        House::with(&["--auto-approve"], extra)
    }

    fn with(options: &[&str], extra: &str) -> House {
        let dir = tempfile::tempdir().unwrap();
        let unmasked = dir.path().join("unmasked.jsonl");
        let cloud = Cloud::with(&[options, &["--unmasked", unmasked.to_str().unwrap()]].concat());
        let machine = Machine::configured(&cloud, "contoso.com", extra);
        House { cloud, machine, _dir: dir, unmasked }
    }

    /// Every secret that went over the wire, and those that are on disk.
    fn canaries(&self) -> BTreeSet<Canary> {
        let mut found = BTreeSet::new();
        let mut sealed = Vec::new();
        for line in fs::read_to_string(&self.unmasked).unwrap().lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            sealed.push(line["answered"]["body"].as_str().unwrap().to_owned());
            for value in [&line["asked"]["body"], &line["answered"]["body"]] {
                of_text(value.as_str().unwrap(), &mut found);
            }
            if let Some((_, token)) =
                line["asked"]["headers"]["authorization"].as_str().unwrap_or_default().split_once(' ')
            {
                put("access_token", token, &mut found);
            }
            for key in line["session_keys"].as_array().unwrap() {
                let digits = key.as_str().unwrap();
                let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
                let bytes = (0..digits.len()).step_by(2).map(byte).collect();
                found.insert(Canary { what: "session_key".to_owned(), bytes });
            }
        }
        let keys: Vec<_> = found.iter().filter(|it| it.what == "session_key").cloned().collect();
        for body in &sealed {
            if let Some(text) = keys.iter().find_map(|key| sealed::open(body, &key.bytes)) {
                of_text(&text, &mut found);
            }
        }
        put("auth_value", fs::read_to_string(self.machine.path("hsm-pin")).unwrap().trim(), &mut found);
        found
    }

    /// What is in the daemon's memory now of every secret until now.
    fn found(&self, more: &[Canary]) -> Found {
        let mut canaries = self.canaries();
        canaries.extend(more.iter().cloned());
        Found::of(scan(self.machine.pid(), &canaries))
    }

    /// What is left a second after the last thing was done.
    fn left(&self, more: &[Canary]) -> Found {
        std::thread::sleep(Duration::from_secs(1));
        self.found(more)
    }
}

/// Where the copies of each secret begin, by its form.
struct Found(BTreeMap<(Canary, &'static str), Vec<u64>>);

impl Found {
    fn of(sightings: BTreeSet<Sighting>) -> Found {
        let mut copies: BTreeMap<_, Vec<u64>> = BTreeMap::new();
        let mut last = 0;
        for Sighting { canary, form, address } in sightings {
            let places = copies.entry((canary, form)).or_default();
            // Pieces of one copy are near to each other.
            if places.is_empty() || address - last > NEAR {
                places.push(address);
            }
            last = address;
        }
        Found(copies)
    }

    /// Of each kind: how many secrets of it, and how often the one that is there most often.
    fn kinds(&self) -> BTreeMap<&str, (usize, usize)> {
        let mut kinds = BTreeMap::new();
        for ((canary, form), copies) in &self.0 {
            let kind = if *form == "raw" { canary.what.as_str() } else { "encoded" };
            let (secrets, most) = kinds.entry(kind).or_insert((0, 0));
            (*secrets, *most) = (*secrets + 1, copies.len().max(*most));
        }
        kinds
    }
}

impl fmt::Debug for Found {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = self.0.iter().map(|((canary, form), copies)| (&canary.what, form, copies));
        lines.try_for_each(|line| writeln!(out, "{line:x?}"))
    }
}

/// What docs/threat-model.md names of a machine with one session: the primary refresh token and the tokens of the
/// session, its key, and the auth value with the key store that opens with it and with the one that may be opened.
fn one_session() -> BTreeMap<&'static str, (usize, usize)> {
    BTreeMap::from([
        ("auth_value", (1, 2)),
        ("access_token", (1, 1)),
        ("refresh_token", (2, 1)),
        ("session_key", (1, 1)),
    ])
}

/// Secrets in a body: a form, JSON, or the claims of a signed request in either.
fn of_text(body: &str, found: &mut BTreeSet<Canary>) {
    if let Ok(json) = serde_json::from_str::<Value>(body) {
        return of_json(&json, found);
    }
    for (name, value) in body.split('&').filter_map(|pair| pair.split_once('=')) {
        of_member(name, &unescaped(value), found);
    }
}

fn of_json(json: &Value, found: &mut BTreeSet<Canary>) {
    for (name, value) in json.as_object().into_iter().flatten() {
        match value {
            Value::String(text) => of_member(name, text, found),
            other => of_json(other, found),
        }
    }
}

fn of_member(name: &str, value: &str, found: &mut BTreeSet<Canary>) {
    put(name, value, found);
    let claims = value.split('.').nth(1).and_then(|claims| URL_SAFE_NO_PAD.decode(claims).ok());
    if let Some(claims) = claims.and_then(|claims| serde_json::from_slice(&claims).ok()) {
        of_json(&claims, found);
    }
}

fn put(name: &str, value: &str, found: &mut BTreeSet<Canary>) {
    if SECRET.contains(&name) {
        // Tokens of one kind begin alike: what is their own is what is signed with.
        let own = value.rsplit('.').next().unwrap();
        found.insert(Canary { what: name.to_owned(), bytes: own.as_bytes().to_vec() });
    }
}

fn unescaped(value: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        let mut digit = || char::from(rest.next().unwrap()).to_digit(16).unwrap();
        bytes.push(match byte {
            b'%' => u8::try_from(digit() << 4 | digit()).unwrap(),
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).unwrap()
}

const SECRET: &[&str] =
    &["access_token", "auth_value", "device_code", "password", "refresh_token", "session_key", "user_code"];

/// Pieces of one copy are nearer to each other.
const NEAR: u64 = 64;

/// Whoever forbids dumps is read by root alone.
fn may_read() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        println!("skipped: only root reads the memory of firmamentd");
    }
    root
}

#[test]
fn a_second_after_a_sign_in_only_the_session_is_left_and_after_a_leave_nothing_of_it() {
    if !may_read() {
        return;
    }
    for extra in ["", "apply_policy = true"] {
        let house = House::new(extra);
        let machine = &house.machine;
        let output = machine.sign_in(ALEX);
        assert_eq!(code(&output), 0, "{}", text(&output));
        let output = machine.sign_in_with_password(ALEX, PASSWORD);
        assert_eq!(code(&output), 0, "{}", text(&output));
        wait_for("a session", || machine.domain()["sessions"][0]["obtained_at"].is_string());
        wait_for("Intune", || extra.is_empty() || machine.domain()["state"] == "intune_enrolled");
        let kinds: BTreeSet<String> = house.canaries().into_iter().map(|canary| canary.what).collect();
        assert_eq!(kinds.iter().map(String::as_str).collect::<Vec<_>>(), SECRET, "{extra}");
        let found = house.left(&[]);
        assert_eq!(found.kinds(), one_session(), "{extra}: {found:?}");
        let output = machine.run(&["leave"]);
        assert_eq!(code(&output), 0, "{}", text(&output));
        let found = house.left(&[]);
        assert_eq!(found.kinds(), BTreeMap::from([("auth_value", (1, 2))]), "{extra}: {found:?}");
    }
}

#[test]
fn nothing_is_left_of_a_password_that_was_refused() {
    if !may_read() {
        return;
    }
    let house = House::new("");
    assert_eq!(code(&house.machine.sign_in(ALEX)), 0);
    let wrong = "Wrong-Horse-Battery-2";
    let output = house.machine.sign_in_with_password(ALEX, wrong);
    assert_eq!(code(&output), 4, "{}", text(&output));
    let wrong = Canary { what: "password".to_owned(), bytes: wrong.as_bytes().to_vec() };
    assert!(house.canaries().contains(&wrong), "it went over the wire");
    let found = house.left(&[wrong]);
    assert_eq!(found.kinds(), one_session(), "{found:?}");
}

#[test]
fn a_device_code_is_there_while_a_sign_in_waits_and_not_when_it_was_given_up() {
    if !may_read() {
        return;
    }
    let house = House::with(&[], "");
    let mut tool = house.machine.tool(&["auth-test", "--name", ALEX]).spawn().unwrap();
    house.cloud.admin(&["wait", "token.device_code", "--processed", "1"]);
    let found = house.found(&[]);
    assert!(found.kinds().contains_key("device_code"), "{found:?}");
    tool.kill().unwrap();
    tool.wait().unwrap();
    let found = house.left(&[]);
    assert_eq!(found.kinds(), BTreeMap::from([("auth_value", (1, 2))]), "{found:?}");
}

/// What is in `/proc/PID/status` under this name.
fn status(pid: Pid, name: &str) -> String {
    let status = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).unwrap();
    status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned()
}

#[test]
fn memory_is_locked_and_belongs_to_root_whoever_runs_the_daemon() {
    if !may_read() {
        return;
    }
    const NOBODY: u32 = 65_534;
    let cloud = Cloud::start();
    let mut machine = Machine::start(&cloud, "contoso.com");
    assert_ne!(status(machine.pid(), "VmLck:"), "0 kB");
    machine.stop();
    // What root made is not the other one's.
    fs::remove_dir_all(machine.path("state")).unwrap();
    for name in ["hsm-pin", "socket"] {
        fs::remove_file(machine.path(name)).unwrap_or_default();
    }
    fs::set_permissions(cloud.dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    chown(machine.dir.path(), Some(NOBODY), Some(NOBODY)).unwrap();
    machine.boot(machine.firmamentd().uid(NOBODY).gid(NOBODY));
    wait_for("the socket", || UnixStream::connect(machine.path("socket")).is_ok());
    let memory = fs::metadata(format!("/proc/{}/mem", machine.pid().as_raw_nonzero())).unwrap();
    assert_eq!((status(machine.pid(), "Uid:").starts_with("65534"), memory.uid()), (true, 0));
    assert!(machine.log().contains("Secrets may reach the swap"), "a limit is said: {}", machine.log());
}

/// The control: without it, a search that finds nothing would say nothing.
#[test]
fn the_scanner_finds_what_was_planted() {
    let secret = Canary { what: "planted".to_owned(), bytes: b"S3cret-of-some-length-0123456789".to_vec() };
    for (form, text) in [
        ("raw", "S3cret-of-some-length-0123456789"),
        ("raw", "me-length-0123456789"),
        ("base64", "UzNjcmV0LW9mLXNvbWUtbGVuZ3RoLTAxMjM0NTY3ODk"),
        ("base64", "eFMzY3JldC1vZi1zb21lLWxlbmd0aC0wMTIzNDU2Nzg5"),
        ("base64", "eHhTM2NyZXQtb2Ytc29tZS1sZW5ndGgtMDEyMzQ1Njc4OQ"),
        ("hex", "5333637265742d6f662d736f6d652d6c656e6774682d30313233343536373839"),
        ("HEX", "5333637265742D6F662D736F6D652D6C656E6774682D30313233343536373839"),
    ] {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "read -r secret; echo read; read -r end"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = shell.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        writeln!(input, "{text}").unwrap();
        line_with(&mut BufReader::new(child.stdout.take().unwrap()), "read");
        let found = scan(Pid::from_child(&child), &BTreeSet::from([secret.clone()]));
        drop(input);
        child.wait().unwrap();
        assert!(found.iter().any(|sighting| sighting.form == form), "{text}: {found:?}");
        let other = Canary { what: "other".to_owned(), bytes: b"S3cret-of-other-length".to_vec() };
        assert!(!found.iter().any(|sighting| sighting.canary == other));
    }
}
