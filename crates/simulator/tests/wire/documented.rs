//! The examples of docs/simulator.md and docs/test-your-client.md, as they stand.
//!
//! Those that need a namespace of their own, or a client that nobody here wrote, are run by `cargo xtask clients`.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::harness::{Simulator, program, text};

/// What an example is, and its text.
#[derive(Debug)]
struct Example {
    kind: String,
    text: String,
}

/// The fenced examples of a page.
fn examples(page: &str) -> Vec<Example> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(page);
    let page = std::fs::read_to_string(path).unwrap();
    let mut pieces = page.split("\n```");
    let mut found = Vec::new();
    pieces.next();
    while let Some(opened) = pieces.next() {
        let (kind, text) = opened.split_once('\n').unwrap();
        found.push(Example { kind: kind.to_owned(), text: text.to_owned() });
        assert!(pieces.next().is_some(), "an example has no end: {kind}");
    }
    found
}

fn of_kind(page: &str, kind: &str) -> Vec<String> {
    let found: Vec<String> =
        examples(page).into_iter().filter(|it| it.kind == kind).map(|it| it.text).collect();
    assert!(!found.is_empty(), "{page} has no example '{kind}'");
    found
}

/// What runs each kind; an example of another kind would be run by nobody.
#[test]
fn every_example_is_of_a_kind_that_is_run() {
    for (page, kinds) in [
        (
            "simulator.md",
            &["sh build", "sh start", "sh person", "sh namespace", "json seed", "json knobs"][..],
        ),
        (
            "test-your-client.md",
            &["sh start", "json seed", "sh curl", "python authlib", "js msal-node", "js openid-client"],
        ),
    ] {
        for example in examples(page) {
            assert!(kinds.contains(&example.kind.as_str()), "{page}: {example:?}");
        }
    }
}

#[test]
fn every_seed_is_taken_and_its_people_are_there() {
    for page in ["simulator.md", "test-your-client.md"] {
        for text in of_kind(page, "json seed") {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), &text).unwrap();
            let simulator = Simulator::with(&["--seed", file.path().to_str().unwrap()]);
            let seed: Value = serde_json::from_str(&text).unwrap();
            let wanted = seed["tenants"][0]["users"].as_array().unwrap();
            let users = simulator.ask(&["users"]);
            for user in wanted {
                assert!(
                    users.as_array().unwrap().iter().any(|it| it["upn"] == user["upn"]),
                    "{user} {users}"
                );
            }
        }
    }
}

#[test]
fn every_knob_file_is_taken_and_in_force() {
    let simulator = Simulator::start();
    for text in of_kind("simulator.md", "json knobs") {
        let knobs: Value = serde_json::from_str(&text).unwrap();
        let file = simulator.dir.path().join("example.json");
        std::fs::write(&file, &text).unwrap();
        let output = simulator.run(&["knobs", "--set", file.to_str().unwrap()]);
        assert!(output.status.success(), "{text}: {}", crate::harness::text(&output));
        let shown = simulator.ask(&["knobs"]);
        assert!(contains(&shown, &knobs), "{knobs} is not in {shown}");
    }
}

/// Whether all of one value is in another, which may say more; a word alone is an action without parameters.
fn contains(shown: &Value, wanted: &Value) -> bool {
    match (shown, wanted) {
        (Value::Object(shown), Value::Object(wanted)) => {
            wanted.iter().all(|(name, value)| shown.get(name).is_some_and(|it| contains(it, value)))
        }
        (Value::Array(shown), Value::Array(wanted)) => {
            shown.len() == wanted.len() && shown.iter().zip(wanted).all(|(one, other)| contains(one, other))
        }
        (Value::Object(shown), Value::String(word)) => {
            shown.get("kind") == Some(&Value::String(word.clone()))
        }
        _ => shown == wanted,
    }
}

/// A shell with the program in its path, whose ports and directories are free ones.
struct Shell {
    dir: tempfile::TempDir,
    ports: [(&'static str, String); 2],
}

impl Shell {
    fn new() -> Shell {
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(program().get_program(), bin.join("entra-simulator")).unwrap();
        let free = || TcpListener::bind("127.0.0.1:0").unwrap();
        let listeners = [free(), free()];
        let [one, other] = listeners.map(|it| it.local_addr().unwrap().port().to_string());
        Shell { dir, ports: [("8443", one), ("8444", other)] }
    }

    fn command(&self, script: &str) -> Command {
        let mut script = script.replace("/tmp/entra", &self.dir.path().join("entra").display().to_string());
        for (documented, free) in &self.ports {
            script = script.replace(documented, free);
        }
        let path = std::env::var("PATH").unwrap();
        let mut command = Command::new("sh");
        command.args(["-euc", &script]).current_dir(self.dir.path());
        command.env("PATH", format!("{}:{path}", self.dir.path().join("bin").display()));
        command
    }

    /// Runs a script that must succeed: what it said.
    fn run(&self, script: &str) -> String {
        let output = self.command(script).output().unwrap();
        assert!(output.status.success(), "{script}: {}", text(&output));
        text(&output)
    }

    /// Starts the service of a page.
    fn start(&self, page: &str) -> Service {
        let script = of_kind(page, "sh start")
            .remove(0)
            .replace("entra-simulator serve", "exec entra-simulator serve");
        let mut child = self.command(&script).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("ready "), "{script}: {line:?}");
        Service(child)
    }
}

struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_commands_of_the_page_do_what_they_say() {
    let shell = Shell::new();
    let build = of_kind("simulator.md", "sh build").remove(0);
    assert!(build.contains(concat!("cargo build -p ", env!("CARGO_PKG_NAME"), "\n")), "{build}");
    let _service = shell.start("simulator.md");
    let said = shell.run(&of_kind("simulator.md", "sh person").remove(0));
    assert!(said.contains("alexandra@contoso.com"), "{said}");
    let objects = std::fs::read_to_string(shell.dir.path().join("objects.json")).unwrap();
    assert!(serde_json::from_str::<Value>(&objects).unwrap()["entra"].is_object());
}

/// The same examples as `cargo xtask clients` runs, on ports that are free, and with a restart between.
#[test]
fn the_examples_of_curl_are_answered() {
    let curl = Command::new("curl").arg("--version").output();
    assert!(curl.is_ok_and(|it| it.status.success()), "curl is missing: sudo apt-get install curl");
    let shell = Shell::new();
    std::fs::write(shell.dir.path().join("seed.json"), of_kind("test-your-client.md", "json seed").remove(0))
        .unwrap();
    let first = shell.start("test-your-client.md");
    let ca = std::fs::read(shell.dir.path().join("entra-ca/ca.pem")).unwrap();
    let said: Vec<String> =
        of_kind("test-your-client.md", "sh curl").iter().map(|script| shell.run(script)).collect();
    assert!(said[0].contains("\"sub\":") && said[0].contains("\"refresh_token\":"), "{}", said[0]);
    assert!(said[1].contains("\"access_token\":"), "{}", said[1]);
    assert!(said[2].contains("\"device_code\":"), "{}", said[2]);
    drop(first);
    let _second = shell.start("test-your-client.md");
    assert_eq!(std::fs::read(shell.dir.path().join("entra-ca/ca.pem")).unwrap(), ca, "the authority is kept");
    let device = &of_kind("test-your-client.md", "sh curl")[0];
    assert!(shell.run(device).contains("\"sub\":"));
}
