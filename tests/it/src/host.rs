//! A computer of its own, in namespaces over the files of this one, into which Firmament is installed: sshd, login, su
//! and sudo find its modules as they would on a machine. What happens there changes nothing outside.

use crate::harness::{Cloud, binary, library, text, wait_for};
use crate::terminal::Terminal;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// The computer; it ends, with all that runs on it, when it is dropped.
pub struct Host {
    _dir: TempDir,
    namespace: Child,
    /// Its first process, as the computer outside names it.
    init: u32,
    running: Vec<Child>,
    /// Where its sshd listens; one port lets people answer questions, the other one takes passwords.
    pub ssh: [u16; 2],
}

/// Which of the two ways of sshd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ssh {
    /// Whatever is asked is shown and answered.
    Questions,
    /// The method `password`: what is asked is answered with the password by itself.
    Password,
}

impl Host {
    /// Why there can be none here, if so.
    pub fn impossible() -> Option<String> {
        if !rustix::process::geteuid().is_root() {
            return Some("only root can make a computer in namespaces".to_owned());
        }
        let missing =
            ["sshd", "pamtester", "nsenter", "strace", "systemd-socket-activate"].into_iter().find(|name| {
                let places = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
                !places.iter().any(|place| Path::new(place).join(name).exists())
            });
        if let Some(name) = missing {
            return Some(format!("{name} is not installed (cargo xtask setup)"));
        }
        let tried =
            Command::new("unshare").args(["--mount", "--pid", "--fork", "sh", "-c", OVERLAY]).output();
        let works = tried.is_ok_and(|tried| tried.status.success());
        (!works).then(|| "no overlay over this machine's files can be made in a namespace".to_owned())
    }

    /// A computer with the programs, and a configuration for `contoso.com` at this cloud; nothing runs yet.
    pub fn new(cloud: &Cloud, extra: &str) -> Host {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("over")).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/host.sh");
        let mut unshare = Command::new("unshare");
        unshare.args([
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--propagation",
            "private",
            "sh",
            script,
        ]);
        let mut namespace =
            unshare.arg(dir.path()).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(namespace.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "the computer does not start");
        let children = format!("/proc/{0}/task/{0}/children", namespace.id());
        let init = fs::read_to_string(children).unwrap().trim().parse().unwrap();
        let ssh = [0; 2].map(|_: u16| free_port());
        let host = Host { _dir: dir, namespace, init, running: Vec::new(), ssh };
        host.install(cloud, extra);
        host
    }

    /// Sets it up as the installation chapter says; its daemon has never run.
    pub fn set_up(&self) {
        for command in
            ["firmamentd --write-names", "aad-tool configure-pam --really", "aad-tool configure-ssh --really"]
        {
            self.root(command);
        }
    }

    /// A file of it.
    pub fn file(&self, path: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root", self.init)).join(path.trim_start_matches('/'))
    }

    fn install(&self, cloud: &Cloud, extra: &str) {
        let libraries = self.file(&library_directory());
        for (from, to) in [
            (binary("firmamentd"), self.file("usr/sbin/firmamentd")),
            (binary("aad-tool"), self.file("usr/bin/aad-tool")),
            (library("pam_firmament"), libraries.join("security/pam_firmament.so")),
            (library("nss_firmament"), libraries.join("libnss_firmament.so.2")),
        ] {
            fs::copy(from, to).unwrap();
        }
        let profiles = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/pam/pam-configs");
        for profile in fs::read_dir(profiles).unwrap() {
            let profile = profile.unwrap();
            fs::copy(profile.path(), self.file("usr/share/pam-configs").join(profile.file_name())).unwrap();
        }
        fs::copy(cloud.ca(), self.file("etc/cloud.pem")).unwrap();
        let cloud = cloud.host();
        let config = format!(
            "[global]\ndomain = contoso.com\ncloud = custom\nauthority_host = {cloud}\ndrs_host = {cloud}\n\
             graph_url = https://{cloud}\nintune_hosts = {cloud}\nca_file = /etc/cloud.pem\nhsm_type = soft\n{extra}\n"
        );
        fs::write(self.file("etc/himmelblau/himmelblau.conf"), config).unwrap();
        // Whoever runs the tests may speak another language.
        fs::write(self.file("etc/locale.conf"), "LANG=C.UTF-8\n").unwrap();
        self.root("useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin firmament");
        self.root("install -d -o firmament -m 700 /var/lib/firmament");
        self.root("install -d -o firmament -m 755 /var/cache/firmament");
        self.root("ssh-keygen -A");
    }

    /// A command on it, as root.
    pub fn command(&self, program: &str, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut enter = Command::new("nsenter");
        enter.args(["--target", &self.init.to_string(), "--mount", "--pid", "--root", "--wdns=/"]);
        enter.arg(program).args(arguments).stdin(Stdio::null()).env("LC_ALL", "C.UTF-8").env("TERM", "xterm");
        enter
    }

    /// Runs a line of the shell as root to its end.
    pub fn shell(&self, line: &str) -> Output {
        self.command("sh", ["-c", line]).output().unwrap()
    }

    /// The same, which has to end well; what it printed.
    pub fn root(&self, line: &str) -> String {
        let output = self.shell(line);
        assert!(output.status.success(), "{line}: {}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts the daemon as systemd does: as its own user, when somebody knocks at the socket that is root's.
    pub fn start_daemon(&mut self) {
        let line = "exec systemd-socket-activate -l /run/firmament/socket \
                    setpriv --reuid firmament --regid firmament --clear-groups \
                    firmamentd --debug 2>>/var/log/firmamentd";
        let child = self.command("sh", ["-c", line]).spawn().unwrap();
        self.running.push(child);
        wait_for("the socket", || self.file("run/firmament/socket").exists());
        self.root("chmod 666 /run/firmament/socket");
        // A busy machine takes longer to start it than a person at a prompt would be left without a word.
        wait_for("the daemon", || self.shell("aad-tool status").status.code() == Some(3));
    }

    /// Starts sshd on both ports.
    pub fn start_sshd(&mut self) {
        let [questions, password] = self.ssh;
        for (port, more) in
            [(questions, "-oPasswordAuthentication=no"), (password, "-oPasswordAuthentication=yes")]
        {
            let line = format!(
                "exec /usr/sbin/sshd -D -p {port} -oListenAddress=127.0.0.1 -oMaxStartups=100 -oLogLevel=VERBOSE \
                 {more} -E /var/log/sshd.{port}"
            );
            self.serve(port, &line);
        }
    }

    /// Starts another sshd that gives people so many seconds to sign in; its port.
    pub fn start_hasty_sshd(&mut self, seconds: u32) -> u16 {
        let port = free_port();
        let line = format!(
            "exec /usr/sbin/sshd -D -p {port} -oListenAddress=127.0.0.1 -oLoginGraceTime={seconds} \
             -oLogLevel=VERBOSE -E /var/log/sshd.{port}"
        );
        self.serve(port, &line);
        port
    }

    fn serve(&mut self, port: u16, line: &str) {
        let child = self.command("sh", ["-c", line]).spawn().unwrap();
        self.running.push(child);
        wait_for("sshd", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    }

    /// Sends a signal to every process of this name.
    pub fn signal(&self, signal: &str, program: &str) {
        self.root(&format!("pkill -{signal} -x {program}"));
    }

    /// A person at a terminal of this computer, who runs a command.
    pub fn terminal(&self, program: &str, arguments: &[&str]) -> Terminal {
        let mut all = vec!["--ctty", "--wait", program];
        all.extend(arguments);
        Terminal::open(self.command("setsid", all))
    }

    /// A person who comes by ssh.
    pub fn ssh(&self, way: Ssh, name: &str, command: &str) -> Terminal {
        let (port, method) = match way {
            Ssh::Questions => (self.ssh[0], "keyboard-interactive"),
            Ssh::Password => (self.ssh[1], "password"),
        };
        self.ssh_at(port, method, name, command)
    }

    /// The same, to another port.
    pub fn ssh_at(&self, port: u16, method: &str, name: &str, command: &str) -> Terminal {
        let (port, method) = (format!("-p{port}"), format!("-oPreferredAuthentications={method}"));
        let target = format!("{name}@127.0.0.1");
        let mut arguments =
            vec!["-F/dev/null", "-oStrictHostKeyChecking=no", "-oUserKnownHostsFile=/dev/null"];
        arguments.extend(["-oLogLevel=ERROR", "-oNumberOfPasswordPrompts=1", &port, &method, &target]);
        arguments.extend(Some(command).filter(|command| !command.is_empty()));
        self.terminal("ssh", &arguments)
    }

    /// What its daemon and its sshd have logged, for whoever looks for a fault.
    pub fn logs(&self) -> String {
        text(&self.shell("tail -n 60 /var/log/firmamentd /var/log/sshd.*"))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}", self.logs());
        }
        for child in &mut self.running {
            let _ = child.kill();
        }
        let _ = self.namespace.kill();
        let _ = self.namespace.wait();
        for child in &mut self.running {
            let _ = child.wait();
        }
    }
}

/// Whether what host.sh does first can be done here.
const OVERLAY: &str = "d=$(mktemp -d) && mount -t tmpfs tmpfs $d && mkdir $d/c $d/w $d/r && \
    mount -t overlay -o lowerdir=/,upperdir=$d/c,workdir=$d/w overlay $d/r && umount $d/r && umount $d && rmdir $d";

/// A port of loopback that nobody listens at.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Where this architecture has its libraries.
fn library_directory() -> String {
    let all = fs::read_dir("/usr/lib").unwrap().filter_map(Result::ok);
    let mut places =
        all.map(|entry| entry.path()).filter(|place| place.join("security/pam_unix.so").exists());
    places.next().unwrap_or_else(|| panic!("no directory of PAM modules")).to_str().unwrap().to_owned()
}
