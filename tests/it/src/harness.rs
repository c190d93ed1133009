//! One simulator and one daemon on temporary directories, stopped when dropped.

use crate::apart::on_machine;
use crate::softhsm::copy_module;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a condition may take on a busy machine before a test gives up.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The stand-in cloud.
pub struct Cloud {
    child: Child,
    /// Its certificate authority and its transcript.
    pub dir: TempDir,
    /// Where it serves, as address and port.
    pub listen: String,
    /// Where it takes admin commands, as address and port.
    pub admin: String,
}

/// One machine: its configuration, its state, and its daemon when it runs.
pub struct Machine {
    /// Configuration, state, socket and log.
    pub dir: TempDir,
    /// Where its cloud has the certificate authority.
    cloud: PathBuf,
    daemon: Option<Child>,
    /// The file that stands in the place of /etc/machine-id, if one does.
    machine_id: Option<PathBuf>,
}

impl Cloud {
    /// Starts one that approves every code by itself.
    pub fn start() -> Cloud {
        Cloud::with(&["--auto-approve"])
    }

    /// Starts one with more options of `entra-simulator serve`.
    pub fn with(extra: &[&str]) -> Cloud {
        Cloud::at("127.0.0.1:0", extra)
    }

    /// Starts one that serves at this address.
    pub fn at(listen: &str, extra: &[&str]) -> Cloud {
        let dir = own_directory();
        let mut child = Command::new(binary("entra-simulator"))
            .args(["serve", "--listen", listen, "--admin", "127.0.0.1:0", "--poll-interval", "1", "--state"])
            .arg(dir.path())
            .args(extra)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let field = |name: &str| {
            let found = line.split_whitespace().find_map(|word| word.strip_prefix(name));
            found.unwrap_or_else(|| panic!("no {name} in {line:?}")).to_owned()
        };
        Cloud { listen: field("listen="), admin: field("admin="), child, dir }
    }

    /// Ends the cloud; its files stay.
    pub fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The certificate authority that its clients must trust, as PEM.
    pub fn ca(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    /// Where it serves, as its certificate names it.
    pub fn host(&self) -> String {
        self.listen.replace("127.0.0.1", "localhost")
    }

    /// Runs an admin command of the simulator and gives its standard output.
    pub fn admin(&self, arguments: &[&str]) -> String {
        let (first, rest) = arguments.split_first().unwrap();
        let output = Command::new(binary("entra-simulator"))
            .args([first, "--admin", &self.admin])
            .args(rest)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The list that an admin command gives as JSON.
    pub fn json(&self, what: &str) -> Vec<Value> {
        match serde_json::from_str(&self.admin(&[what, "--json"])).unwrap() {
            Value::Array(list) => list,
            other => panic!("{what} is no list: {other}"),
        }
    }

    /// The device objects of the directory.
    pub fn devices(&self) -> Vec<Value> {
        self.json("devices")
    }

    /// The recorded requests of one name, the oldest first.
    pub fn requests(&self, name: &str) -> Vec<Value> {
        let known = include_str!("../../../docs/simulator.md").contains(&format!("\n| `{name}` |"));
        assert!(known, "no request is named {name}: nothing would ever be found");
        let transcript = fs::read_to_string(self.dir.path().join("transcript.jsonl")).unwrap_or_default();
        let entries = transcript.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        entries.filter(|entry| entry["request"] == name).collect()
    }

    /// Sets knobs from JSON.
    pub fn set(&self, knobs: &Value) {
        let file = self.dir.path().join("knobs.json");
        fs::write(&file, knobs.to_string()).unwrap();
        self.admin(&["knobs", "--set", file.to_str().unwrap()]);
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Machine {
    /// A machine configured for these domains at this cloud; its daemon runs.
    pub fn start(cloud: &Cloud, domains: &str) -> Machine {
        Machine::configured(cloud, domains, "")
    }

    /// The same with more lines of configuration, which count instead of those that are there.
    pub fn configured(cloud: &Cloud, domains: &str, extra: &str) -> Machine {
        let mut machine = Machine::switched_off(cloud, domains, extra);
        machine.up();
        machine
    }

    /// The same machine before its daemon runs.
    pub fn switched_off(cloud: &Cloud, domains: &str, extra: &str) -> Machine {
        let dir = own_directory();
        let (host, ca, root) = (cloud.host(), cloud.ca(), dir.path());
        let config = format!(
            "[global]\ndomain = {domains}\ncloud = custom\nauthority_host = {host}\ndrs_host = {host}\n\
             graph_url = https://{host}\nintune_hosts = {host}\nca_file = {}\nhsm_type = soft\n\
             hsm_pin_path = {}\n{extra}\n",
            ca.display(),
            root.join("hsm-pin").display(),
        );
        fs::write(root.join("himmelblau.conf"), config).unwrap();
        fs::create_dir_all(root.join("var/cache/firmament")).unwrap();
        Machine { dir, cloud: cloud.dir.path().to_owned(), daemon: None, machine_id: None }
    }

    /// A file in its directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The command line of the daemon.
    pub fn firmamentd(&self) -> Command {
        let program = binary("firmamentd");
        let mut daemon = match &self.machine_id {
            Some(file) => {
                let keep = [self.dir.path(), &self.cloud, program.parent().unwrap()];
                let mut there = on_machine(file, &keep, false);
                there.arg(program);
                there
            }
            None => Command::new(program),
        };
        daemon.arg("--config").arg(self.path("himmelblau.conf")).arg("--debug");
        daemon.arg("--state-dir").arg(self.path("state")).arg("--socket").arg(self.path("socket"));
        daemon.arg("--cache-dir").arg(self.path("var/cache/firmament"));
        daemon.env("SOFTHSM2_CONF", self.path("softhsm2.conf")).stdin(Stdio::null());
        daemon
    }

    /// Lets the daemon of the next start find this machine-id.
    pub fn set_machine_id(&mut self, id: &str) {
        let file = self.path("machine-id");
        fs::write(&file, format!("{id}\n")).unwrap();
        let conf = self.path("himmelblau.conf");
        let config = fs::read_to_string(&conf).unwrap();
        if config.contains("pkcs11_module")
            && self.machine_id.is_none()
            && !rustix::process::geteuid().is_root()
        {
            let module = copy_module(self.dir.path());
            fs::write(&conf, format!("{config}pkcs11_module = {}\n", module.display())).unwrap();
        }
        self.machine_id = Some(file);
    }

    /// Starts a command that becomes the daemon; it ends with the machine.
    pub fn boot(&mut self, command: &mut Command) {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.path("log")).unwrap();
        self.daemon = Some(command.stdout(Stdio::null()).stderr(log).spawn().unwrap());
    }

    /// The process of the daemon that runs.
    pub fn pid(&self) -> Pid {
        Pid::from_child(self.daemon.as_ref().unwrap())
    }

    /// Asks the daemon to end, as systemd does.
    pub fn terminate(&self) {
        kill_process(self.pid(), Signal::TERM).unwrap();
    }

    /// Ends the daemon as a crash does; [`Machine::ended`] waits for it.
    pub fn crash(&self) {
        kill_process(Pid::from_child(self.daemon.as_ref().unwrap()), Signal::KILL).unwrap();
    }

    /// Whether the daemon has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.daemon.as_mut().is_none_or(|daemon| daemon.try_wait().unwrap().is_some())
    }

    /// The process that holds a key store for the daemon, where there is one.
    pub fn keys_process(&self) -> Option<Pid> {
        let daemon = self.daemon.as_ref()?.id().to_string();
        let entries = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
        let mut ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        let is_ours = |id: &i32| {
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            // Name, state and parent (proc(5)); one that has ended is not meant.
            stat.split_once("(firmament-keys) ").is_some_and(|(_, rest)| {
                let mut fields = rest.split(' ');
                fields.next() != Some("Z") && fields.next() == Some(&daemon)
            })
        };
        Pid::from_raw(ids.find(is_ours)?)
    }

    /// Waits until the daemon has ended by itself.
    pub fn ended(&mut self) -> ExitStatus {
        let mut status = None;
        wait_for("the end of firmamentd", || {
            status = self.daemon.as_mut().unwrap().try_wait().unwrap();
            status.is_some()
        });
        self.daemon = None;
        status.unwrap()
    }

    /// Asks the daemon to end, and waits until it has.
    pub fn stop(&mut self) {
        self.terminate();
        assert!(self.ended().success());
    }

    /// Starts the daemon and waits until its socket answers.
    pub fn up(&mut self) {
        self.boot(&mut self.firmamentd());
        self.listens();
    }

    /// Starts the daemon in the environment of the packages' unit, and waits until its socket answers.
    pub fn up_as_installed(&mut self) {
        let unit = fs::read_to_string(sources().join("../../crates/runner/systemd/firmamentd.service"));
        let unit = unit.unwrap();
        let set = unit.lines().filter_map(|line| line.strip_prefix("Environment=")?.split_once('='));
        self.boot(self.firmamentd().envs(set));
        self.listens();
    }

    /// Waits until the socket of the daemon answers.
    fn listens(&mut self) {
        let begun = Instant::now();
        while std::os::unix::net::UnixStream::connect(self.path("socket")).is_err() {
            if let Some(status) = self.daemon.as_mut().unwrap().try_wait().unwrap() {
                panic!("firmamentd ended with {status}: {}", self.log());
            }
            assert!(begun.elapsed() < PATIENCE, "firmamentd does not listen: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Kills the daemon with SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.kill().unwrap();
            daemon.wait().unwrap();
        }
    }

    /// Kills the daemon and starts it again.
    pub fn restart(&mut self) {
        self.kill();
        self.up();
    }

    /// Empties the log, which the daemon appends to.
    pub fn forget_log(&self) {
        fs::write(self.path("log"), "").unwrap();
    }

    /// What the daemons of this machine have logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// The command line of aad-tool.
    pub fn tool(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary("aad-tool"));
        command.arg("--config").arg(self.path("himmelblau.conf")).arg("--socket").arg(self.path("socket"));
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Whoever runs the tests may speak another language.
        command.env("LC_ALL", "C");
        command
    }

    /// Runs aad-tool to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.tool(arguments).output().unwrap()
    }

    /// Runs a command of aad-tool that root runs without the daemon, on the tree of this machine.
    pub fn offline(&self, arguments: &[&str]) -> Output {
        let mut tool = self.tool(arguments);
        tool.arg("--state-dir").arg(self.path("state")).arg("--root").arg(self.dir.path());
        tool.output().unwrap()
    }

    /// Signs in by code: a question for the password finds the end of the input.
    pub fn sign_in(&self, name: &str) -> Output {
        self.run(&["auth-test", "--name", name])
    }

    /// Signs in with one line of input; a second question, if there is one, is answered by the end of it.
    pub fn sign_in_with_password(&self, name: &str, password: &str) -> Output {
        let mut tool = self.tool(&["auth-test", "--name", name]).stdin(Stdio::piped()).spawn().unwrap();
        // A tool that asks for nothing may have ended already.
        let _ = writeln!(tool.stdin.take().unwrap(), "{password}");
        tool.wait_with_output().unwrap()
    }

    /// What `aad-tool status --json` prints.
    pub fn status(&self) -> Value {
        let output = self.run(&["status", "--json"]);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)))
    }

    /// What the status says of the first domain.
    pub fn domain(&self) -> Value {
        self.status()["domains"][0].clone()
    }

    /// Signs in as one person and lets another (or the same) approve the code; the exit code and what was said.
    pub fn approved_by(&self, cloud: &Cloud, asked: &str, approves: &str) -> (Option<i32>, String) {
        let mut tool = self.tool(&["auth-test", "--name", asked]).spawn().unwrap();
        let mut out = BufReader::new(tool.stdout.take().unwrap());
        let user_code = line_with(&mut out, "Code: ");
        cloud.admin(&["approve", &user_code, "--user", approves]);
        let problems = BufReader::new(tool.stderr.take().unwrap());
        let told = rest(out) + &rest(problems);
        (tool.wait().unwrap().code(), told)
    }

    /// The device id of a domain, where it is registered.
    pub fn device_id(&self, domain: &str) -> Option<String> {
        let status = self.status();
        let found = status["domains"].as_array()?.iter().find(|entry| entry["domain"] == domain)?.clone();
        Some(found["identity"]["device_id"].as_str()?.to_owned())
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- log of firmamentd ---\n{}", self.log());
        }
        self.kill();
    }
}

/// A directory for a while. What is made in it from here on is nobody else's to write, whatever the umask of an
/// ordinary user says.
pub fn own_directory() -> TempDir {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    tempfile::tempdir().unwrap()
}

/// Waits until a condition holds.
pub fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What a program exited with; -1 for a signal.
pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

/// The words of everything that a program printed, wherever its lines end.
pub fn words(output: &Output) -> String {
    text(output).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Everything a program printed.
pub fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The variable of the environment that names the directory of programs that are built already.
pub const PROGRAMS: &str = "FIRMAMENT_PROGRAMS";

/// The variable of the environment that names the directory of these tests' sources, where that is another one than it
/// was when they were built.
pub const SOURCES: &str = "FIRMAMENT_SOURCES";

/// The directory of these tests' sources, `tests/it` of the workspace.
pub fn sources() -> PathBuf {
    let built = || Path::new(env!("CARGO_MANIFEST_DIR")).to_owned();
    std::env::var_os(SOURCES).map_or_else(built, PathBuf::from)
}

/// A program of the workspace, built once per run of the tests.
pub fn binary(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| std::env::var_os(PROGRAMS).map_or_else(build, PathBuf::from)).join(name)
}

/// A library of ours: where a build of all tests leaves it, or built now.
pub fn library(name: &str) -> PathBuf {
    static BUILT: OnceLock<()> = OnceLock::new();
    let file = format!("lib{name}.so");
    let beside = std::env::current_exe().unwrap().with_file_name(&file);
    if beside.exists() {
        return beside;
    }
    BUILT.get_or_init(|| {
        let mut command = Command::new(env!("CARGO"));
        command.args(["build", "-p", "pam", "-p", "nss"]).current_dir(env!("CARGO_MANIFEST_DIR"));
        if !cfg!(debug_assertions) {
            command.arg("--release");
        }
        assert!(command.status().unwrap().success(), "the modules do not build");
    });
    beside
}

fn build() -> PathBuf {
    let mut command = Command::new(env!("CARGO"));
    command.args(["build", "--bins"]);
    for package in ["runner", "firmament-keys", "aad-tool", "simulator"] {
        command.args(["-p", package]);
    }
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    if cfg!(feature = "tpm") {
        command.args(["--features", "firmament-keys/tpm"]);
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    assert!(command.current_dir(workspace).status().unwrap().success(), "the programs do not build");
    // The test itself lies in <profile>/deps.
    std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().to_owned()
}

/// Reads a child's standard output line by line until one begins with `start`.
pub fn line_with(reader: &mut impl BufRead, start: &str) -> String {
    let mut line = String::new();
    while reader.read_line(&mut line).unwrap() > 0 {
        if let Some(rest) = line.strip_prefix(start) {
            return rest.trim().to_owned();
        }
        line.clear();
    }
    panic!("no line begins with {start:?}");
}

/// Whatever is left of a stream.
pub fn rest(mut reader: impl Read) -> String {
    let mut text = String::new();
    let _ = reader.read_to_string(&mut text);
    text
}
