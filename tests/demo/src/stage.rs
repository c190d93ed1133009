use crate::{Step, show, transcript};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What runs and what it left on disk; all of it goes when this goes.
#[derive(Default)]
struct Props {
    children: Vec<Child>,
    dir: PathBuf,
}

impl Props {
    fn clear(&mut self) {
        for child in &mut self.children {
            // Whatever is gone already needs no more.
            let _ = child.kill();
            let _ = child.wait();
        }
        self.children.clear();
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// The demonstration's own directory, programs and addresses.
pub struct Stage {
    /// Where the programs are.
    programs: PathBuf,
    step: &'static str,
    sabotage: Option<String>,
    props: Arc<Mutex<Props>>,
    dir: PathBuf,
    admin: String,
    host: String,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.props.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Stage {
    /// An empty stage for the programs of this directory; the step that `sabotage` names will go wrong.
    ///
    /// # Errors
    /// When it has no directory of its own, or signals cannot be caught.
    pub fn new(programs: PathBuf, sabotage: Option<String>) -> Result<Stage, String> {
        let dir = std::env::temp_dir().join(format!("firmament-demo-{}", std::process::id()));
        fs::create_dir_all(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        not_for_others(&dir)?;
        let props = Arc::new(Mutex::new(Props { children: Vec::new(), dir: dir.clone() }));
        clear_at_ctrl_c(props.clone())?;
        let (admin, host) = (String::new(), String::new());
        Ok(Stage { programs, step: "", sabotage, props, dir, admin, host })
    }

    /// Everything is running and nobody signed in.
    ///
    /// # Errors
    /// When a program does not start.
    pub fn ready(programs: PathBuf) -> Result<Stage, String> {
        let mut stage = Stage::new(programs, None)?;
        stage.start_simulator()?;
        stage.start_daemon()?;
        Ok(stage)
    }

    /// Performs a step.
    ///
    /// # Errors
    /// What did not happen as it should, with the name of the step.
    pub fn perform(&mut self, name: &'static str, step: Step) -> Result<(), String> {
        self.step = name;
        step(self).map_err(|why| format!("the step {name} failed: {why}"))
    }

    /// What the stand-in has counted so far.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn counters(&self) -> Result<serde_json::Value, String> {
        self.list("counters")
    }

    /// Memory and threads of the daemon, as the kernel counts them.
    ///
    /// # Errors
    /// When no daemon runs.
    pub fn daemon_at_rest(&self) -> Result<String, String> {
        let props = self.props.lock().unwrap_or_else(PoisonError::into_inner);
        let pid = props.children.last().map(Child::id).ok_or("no daemon")?;
        let status = fs::read_to_string(format!("/proc/{pid}/status")).map_err(|error| error.to_string())?;
        let wanted = |line: &&str| line.starts_with("VmRSS") || line.starts_with("Threads");
        let words =
            status.lines().filter(wanted).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        Ok(words.collect::<Vec<_>>().join(", "))
    }

    fn is_sabotaged(&self) -> bool {
        self.sabotage.as_deref() == Some(self.step)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn keep(&self, child: Child) {
        self.props.lock().unwrap_or_else(PoisonError::into_inner).children.push(child);
    }

    pub(crate) fn start_simulator(&mut self) -> Result<(), String> {
        let state = self.path("cloud");
        fs::create_dir_all(&state).map_err(|error| error.to_string())?;
        not_for_others(&state)?;
        let admin = if self.is_sabotaged() { "192.0.2.1:1" } else { "127.0.0.1:0" };
        let mut command = self.program("entra-simulator");
        command.args(["serve", "--listen", "127.0.0.1:0", "--admin", admin, "--poll-interval", "1"]);
        command.arg("--state").arg(&state).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| not_started(&command, &error))?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line).map_err(|error| error.to_string())?;
        }
        self.keep(child);
        println!("entra-simulator | {}", line.trim());
        let field =
            |name: &str| line.split_whitespace().find_map(|word| word.strip_prefix(name)).map(str::to_owned);
        let (Some(listen), Some(admin)) = (field("listen="), field("admin=")) else {
            return Err("the simulator did not get ready".to_owned());
        };
        self.host = listen.replace("127.0.0.1", "localhost");
        self.admin = admin;
        not_for_others(&self.path("cloud/ca.pem"))
    }

    pub(crate) fn start_daemon(&mut self) -> Result<(), String> {
        let cloud = if self.is_sabotaged() { "the-moon" } else { "custom" };
        let config = format!(
            "[global]\ndomain = contoso.com\ncloud = {cloud}\nauthority_host = {host}\ndrs_host = {host}\n\
             graph_url = https://{host}\nintune_hosts = {host}\nca_file = {ca}\nhsm_pin_path = {pin}\n\
             hsm_type = soft\napply_policy = true\n",
            host = self.host,
            ca = self.path("cloud/ca.pem").display(),
            pin = self.path("hsm-pin").display(),
        );
        fs::write(self.path("himmelblau.conf"), &config).map_err(|error| error.to_string())?;
        not_for_others(&self.path("himmelblau.conf"))?;
        config.lines().for_each(|line| println!("himmelblau.conf | {line}"));
        std::fs::create_dir(self.path("cache")).map_err(|error| error.to_string())?;
        self.up()
    }

    fn up(&self) -> Result<(), String> {
        let mut command = self.program("firmamentd");
        command.arg("--config").arg(self.path("himmelblau.conf"));
        command.arg("--state-dir").arg(self.path("state")).arg("--socket").arg(self.path("socket"));
        command.arg("--cache-dir").arg(self.path("cache"));
        let mut child =
            command.stdout(Stdio::null()).spawn().map_err(|error| not_started(&command, &error))?;
        let begun = Instant::now();
        while std::os::unix::net::UnixStream::connect(self.path("socket")).is_err() {
            if let Ok(Some(status)) = child.try_wait() {
                return Err(format!("firmamentd ended with {status}"));
            }
            if begun.elapsed() > PATIENCE {
                return Err("firmamentd does not listen".to_owned());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.keep(child);
        Ok(())
    }

    /// Somebody signs in with a code, which registers the machine.
    ///
    /// # Errors
    /// When the sign-in does not end well.
    pub fn first_sign_in(&mut self) -> Result<(), String> {
        let user = if self.is_sabotaged() { "adele@contoso.com" } else { USER };
        self.sign_in(user)
    }

    pub(crate) fn second_sign_in(&mut self) -> Result<(), String> {
        if self.is_sabotaged() {
            // The identity is lost behind the daemon's back: the sign-in then registers a second device.
            self.stop_daemon();
            fs::remove_dir_all(self.path("state")).map_err(|error| error.to_string())?;
            self.up()?;
        }
        self.sign_in_by_password()?;
        match (self.count("devices")?, self.count("intune-devices")?) {
            (1, 1) => Ok(()),
            (devices, enrolled) => {
                Err(format!("the second sign-in led to {devices} devices, {enrolled} of them in Intune"))
            }
        }
    }

    fn sign_in(&self, user: &str) -> Result<(), String> {
        self.talk(self.tool(&["auth-test", "--name", USER]), user)
    }

    /// On a registered machine the password is asked for, and the device vouches for it.
    fn sign_in_by_password(&self) -> Result<(), String> {
        println!("keyboard | {USER} types the password");
        self.talk(self.with_password()?, USER)
    }

    /// A sign-in whose password is typed ahead.
    ///
    /// # Errors
    /// When there is no place for the password.
    pub fn with_password(&self) -> Result<Command, String> {
        let typed = self.path("typed");
        fs::write(&typed, format!("{PASSWORD}\n")).map_err(|error| error.to_string())?;
        let mut command = self.tool(&["auth-test", "--name", USER]);
        command.stdin(fs::File::open(&typed).map_err(|error| error.to_string())?);
        Ok(command)
    }

    /// Shows what the tool prints; a code is approved as this user, as by a phone.
    fn talk(&self, mut command: Command, user: &str) -> Result<(), String> {
        let mut child =
            command.stdout(Stdio::piped()).spawn().map_err(|error| not_started(&command, &error))?;
        let Some(out) = child.stdout.take() else { return Err("no output".to_owned()) };
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            println!("aad-tool | {line}");
            if let Some(code) = line.strip_prefix("Code: ") {
                println!("phone | {user} enters {code} and approves");
                show("entra-simulator", self.simulator("approve").args([code, "--user", user]))?;
            }
        }
        let status = child.wait().map_err(|error| error.to_string())?;
        if status.success() { Ok(()) } else { Err(format!("aad-tool auth-test ended with {status}")) }
    }

    pub(crate) fn show_status(&mut self) -> Result<(), String> {
        let socket = if self.is_sabotaged() { "no-such-socket" } else { "socket" };
        let (code, text) = show("aad-tool", self.tool_at(socket).arg("status"))?;
        let enrolled = text.contains("Device id") && text.contains("Registered and enrolled into Intune");
        if code == 0 && enrolled { Ok(()) } else { Err(format!("aad-tool status ended with {code}")) }
    }

    /// What Intune has of the machine.
    pub(crate) fn list_intune(&mut self) -> Result<(), String> {
        if self.is_sabotaged() {
            // The device is deleted in Intune behind our back.
            let list = self.list("intune-devices")?;
            let id = list[0]["id"].as_str().unwrap_or_default().to_owned();
            show("entra-simulator", self.simulator("intune").args([&id, "delete"]))?;
        }
        show("entra-simulator", &mut self.simulator("intune-devices"))?;
        match self.count("intune-devices")? {
            1 => Ok(()),
            many => Err(format!("Intune has {many} devices instead of one")),
        }
    }

    pub(crate) fn restart_daemon(&mut self) -> Result<(), String> {
        self.stop_daemon();
        if self.is_sabotaged() {
            let slots = self.path("state/records.slots");
            fs::write(&slots, vec![0xff; 4 << 20]).map_err(|error| error.to_string())?;
            fs::remove_dir_all(self.path("state/sled")).map_err(|error| error.to_string())?;
        }
        println!("demo | firmamentd was killed and is started again");
        self.up()?;
        let (code, _) = show("aad-tool", &mut self.tool(&["status"]))?;
        if code == 0 { Ok(()) } else { Err(format!("after the restart, aad-tool status ended with {code}")) }
    }

    /// The daemon is the last child but for the simulator.
    fn stop_daemon(&self) {
        let mut props = self.props.lock().unwrap_or_else(PoisonError::into_inner);
        if props.children.len() > 1
            && let Some(mut daemon) = props.children.pop()
        {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }

    pub(crate) fn leave(&mut self) -> Result<(), String> {
        if self.is_sabotaged() {
            // A session would open another way, and a restart ends it.
            self.stop_daemon();
            self.up()?;
            fs::write(self.path("knobs.json"), r#"{"client_certificate":"never"}"#)
                .map_err(|error| error.to_string())?;
            let knobs = self.path("knobs.json");
            show("entra-simulator", self.simulator("knobs").arg("--set").arg(knobs))?;
        }
        let (code, _) = show("aad-tool", &mut self.tool(&["leave"]))?;
        if code == 0 { Ok(()) } else { Err(format!("aad-tool leave ended with {code}")) }
    }

    pub(crate) fn list_devices(&mut self) -> Result<(), String> {
        if self.is_sabotaged() {
            // Somebody signs in behind our back, which registers the machine once more.
            self.sign_in(USER)?;
        }
        show("entra-simulator", &mut self.simulator("devices"))?;
        match (self.count("devices")?, self.count("intune-devices")?) {
            (0, 0) => Ok(()),
            (left, enrolled) => {
                Err(format!("{left} devices are left in the directory and {enrolled} in Intune"))
            }
        }
    }

    fn count(&self, what: &str) -> Result<usize, String> {
        self.list(what)?.as_array().map(Vec::len).ok_or_else(|| "the simulator's list is none".to_owned())
    }

    fn list(&self, what: &str) -> Result<serde_json::Value, String> {
        let mut command = self.simulator(what);
        let output = command.arg("--json").output().map_err(|error| not_started(&command, &error))?;
        serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
    }

    pub(crate) fn check_transcript(&mut self) -> Result<(), String> {
        let text =
            fs::read_to_string(self.path("cloud/transcript.jsonl")).map_err(|error| error.to_string())?;
        let text = if self.is_sabotaged() {
            text.replace("\"csr_verified\":\"true\"", "\"csr_verified\":\"false\"")
        } else {
            text
        };
        transcript::check(&text)
    }

    /// The tool with these arguments, on its way to the daemon that runs.
    pub fn tool(&self, arguments: &[&str]) -> Command {
        let mut command = self.tool_at("socket");
        command.args(arguments);
        command
    }

    fn tool_at(&self, socket: &str) -> Command {
        let mut command = self.program("aad-tool");
        command.arg("--config").arg(self.path("himmelblau.conf")).arg("--socket").arg(self.path(socket));
        command
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        // Its words are read, and whoever runs it may speak another language.
        command.env("LC_ALL", "C").stdin(Stdio::null());
        command
    }

    /// An admin command to the stand-in that runs.
    fn simulator(&self, verb: &str) -> Command {
        let mut command = self.program("entra-simulator");
        command.args([verb, "--admin", &self.admin]);
        command
    }

    /// Commands to try in another terminal, one a line.
    pub fn how_to_play(&self) -> String {
        let tool = format!("{:?}", self.tool(&["status"])).replace('"', "");
        let simulator = self.program("entra-simulator").get_program().to_string_lossy().into_owned();
        format!(
            "  {tool}\n  {}\n  {simulator} approve --admin {} CODE --user {USER}\n  {simulator} devices --admin {}\n  http://{}/",
            tool.replace("status", "auth-test --name alex@contoso.com"),
            self.admin,
            self.admin,
            self.admin
        )
    }
}

/// Names the program, which the system's error does not.
fn not_started(command: &Command, error: &std::io::Error) -> String {
    format!("{}: {error}", command.get_program().to_string_lossy())
}

/// Nobody else may write it, whatever the umask of an ordinary user says: the daemon uses nothing else.
fn not_for_others(path: &Path) -> Result<(), String> {
    fs::set_permissions(path, Permissions::from_mode(0o755))
        .map_err(|error| format!("{}: {error}", path.display()))
}

/// Ctrl-C and SIGTERM end the programs and remove the directory before they end us.
fn clear_at_ctrl_c(props: Arc<Mutex<Props>>) -> Result<(), String> {
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(|error| error.to_string())?;
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            props.lock().unwrap_or_else(PoisonError::into_inner).clear();
            std::process::exit(130);
        }
    });
    Ok(())
}

const USER: &str = "alex@contoso.com";
/// Of the stand-in's built-in seed.
const PASSWORD: &str = "Correct-Horse-1";
const PATIENCE: Duration = Duration::from_secs(20);
