//! What systemd sees of the daemon: notifications, a socket handed over, and an end when it is asked.

use crate::crash::registers_in_the_end;
use crate::harness::{Cloud, Machine, PATIENCE, binary, code, text, wait_for};
use ipc::{HEADER, Message, Request};
use serde_json::json;
use std::fs;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The end of `NOTIFY_SOCKET` that systemd holds.
struct Notifications(UnixDatagram);

impl Notifications {
    fn of(machine: &Machine) -> Notifications {
        let socket = UnixDatagram::bind(machine.path("notify")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Notifications(socket)
    }

    fn next(&self) -> String {
        let mut bytes = [0; 4096];
        let length = self.0.recv(&mut bytes).unwrap_or_else(|error| panic!("no notification: {error}"));
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    }

    /// Reads until a notification has this line.
    fn until(&self, line: &str) {
        while !self.next().lines().any(|said| said == line) {}
    }

    /// Leaves no room, so that whoever notifies waits; gives how many were put in.
    fn fill(&self, machine: &Machine) -> usize {
        let sender = UnixDatagram::unbound().unwrap();
        sender.connect(machine.path("notify")).unwrap();
        sender.set_nonblocking(true).unwrap();
        std::iter::repeat_with(|| sender.send(b"FULL=1")).take_while(Result::is_ok).count()
    }
}

/// The daemon, told where to notify.
fn notifying(machine: &Machine) -> Command {
    let mut daemon = machine.firmamentd();
    daemon.env("NOTIFY_SOCKET", machine.path("notify"));
    daemon
}

/// The daemon with its standard input at descriptor 3, as systemd hands a socket over (sd_listen_fds(3)).
fn activated(machine: &Machine, socket: OwnedFd) -> Command {
    let daemon = machine.firmamentd();
    let mut shell = Command::new("sh");
    shell.args(["-c", HAND_OVER, "sh"]).arg(daemon.get_program()).args(daemon.get_args());
    shell.stdin(Stdio::from(socket));
    shell
}

const HAND_OVER: &str = r#"export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@" 3<&0 0</dev/null"#;

/// Connects and asks before anybody answers.
fn ask(socket: &Path) -> UnixStream {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(&ipc::encode(&Request::Status { domain: None }).unwrap()).unwrap();
    stream
}

fn answer(stream: &mut UnixStream) -> Message {
    let mut header = [0; HEADER];
    stream.read_exact(&mut header).unwrap();
    let mut payload = vec![0; ipc::payload_length(header).unwrap()];
    stream.read_exact(&mut payload).unwrap();
    ipc::decode(&payload).unwrap()
}

#[test]
fn systemd_hears_of_the_start_of_a_registration_and_of_the_end() {
    let cloud = Cloud::start();
    let mut machine = Machine::switched_off(&cloud, "contoso.com", "");
    let notifications = Notifications::of(&machine);
    machine.boot(&mut notifying(&machine));
    assert_eq!(notifications.next(), "READY=1\nSTATUS=0 of 1 domains registered\n");
    let signed_in = machine.sign_in("alex@contoso.com");
    assert_eq!(code(&signed_in), 0, "{}", text(&signed_in));
    notifications.until("STATUS=1 of 1 domains registered");
    machine.terminate();
    notifications.until("STOPPING=1");
    assert!(machine.ended().success());
}

#[test]
fn a_daemon_that_is_asked_to_end_before_it_said_ready_ends_in_order() {
    let cloud = Cloud::start();
    let mut machine = Machine::switched_off(&cloud, "contoso.com", "");
    let notifications = Notifications::of(&machine);
    let filled = notifications.fill(&machine);
    machine.boot(&mut notifying(&machine));
    wait_for("the socket", || machine.path("socket").exists());
    answer(&mut ask(&machine.path("socket")));
    machine.terminate();
    (0..filled).for_each(|_| drop(notifications.next()));
    notifications.until("READY=1");
    notifications.until("STOPPING=1");
    assert!(machine.ended().success());
}

#[test]
fn a_watchdog_hears_of_a_loop_that_turns() {
    let cloud = Cloud::start();
    let mut machine = Machine::switched_off(&cloud, "contoso.com", "");
    let notifications = Notifications::of(&machine);
    machine.boot(notifying(&machine).env("WATCHDOG_USEC", "300000"));
    notifications.until("READY=1");
    (0..3).for_each(|_| notifications.until("WATCHDOG=1"));
    machine.terminate();
    notifications.until("STOPPING=1");
}

#[test]
fn a_daemon_that_cannot_start_says_why() {
    let cloud = Cloud::start();
    let mut machine = Machine::switched_off(&cloud, "contoso.com", "hsm_type = pkcs11");
    let notifications = Notifications::of(&machine);
    machine.boot(&mut notifying(&machine));
    let told = notifications.next();
    assert!(told.starts_with("STATUS=") && told.contains("pkcs11_module"), "{told}");
    assert_eq!(machine.ended().code(), Some(1));
}

#[test]
fn who_connected_before_the_daemon_was_up_is_answered_and_so_after_a_restart() {
    let cloud = Cloud::start();
    let mut machine = Machine::switched_off(&cloud, "contoso.com", "");
    let path = machine.path("handed-over");
    let listener = UnixListener::bind(&path).unwrap();
    for _ in 0..2 {
        let mut early = ask(&path);
        machine.boot(&mut activated(&machine, listener.try_clone().unwrap().into()));
        assert_eq!(answer(&mut early), Message::ACCEPTED);
        assert!(matches!(answer(&mut early), Message::Status { .. }));
        assert!(!machine.path("socket").exists(), "the daemon made a socket of its own");
        machine.terminate();
        assert!(machine.ended().success());
        assert!(path.exists(), "the socket is systemd's, and so is its name");
    }
}

/// As under systemd, which holds the socket: whoever comes during a restart waits in its queue, and whoever was
/// accepted and not answered asks again.
#[test]
fn none_of_a_hundred_and_fifty_callers_is_lost_in_restarts() {
    let cloud = Cloud::start();
    let mut machine = Machine::switched_off(&cloud, "contoso.com", "");
    let listener = UnixListener::bind(machine.path("socket")).unwrap();
    let hand_over = |machine: &mut Machine| {
        machine.boot(&mut activated(machine, listener.try_clone().unwrap().into()));
    };
    hand_over(&mut machine);
    let callers: Vec<_> = (0..150).map(|_| machine.tool(&["status"]).spawn().unwrap()).collect();
    for restart in 0..4 {
        std::thread::sleep(Duration::from_millis(300));
        // A crash loses nobody either who was not answered.
        if restart % 2 == 0 {
            machine.terminate()
        } else {
            machine.crash()
        }
        machine.ended();
        hand_over(&mut machine);
    }
    let ended = callers.into_iter().map(|caller| caller.wait_with_output().unwrap());
    let lost: Vec<String> = ended.filter(|output| code(output) != 3).map(|output| text(&output)).collect();
    assert!(lost.is_empty(), "{} of 150: {lost:?}", lost.len());
}

#[test]
fn what_is_handed_over_and_does_not_listen_is_refused_by_name() {
    let cloud = Cloud::start();
    let connected = UnixStream::pair().unwrap().0;
    let file = fs::File::open("/dev/null").unwrap();
    for strange in [OwnedFd::from(connected), OwnedFd::from(file)] {
        let mut machine = Machine::switched_off(&cloud, "contoso.com", "");
        machine.boot(&mut activated(&machine, strange));
        assert_eq!(machine.ended().code(), Some(1), "{}", machine.log());
        assert!(machine.log().contains("systemd handed over"), "{}", machine.log());
        assert!(!machine.path("socket").exists());
    }
}

#[test]
fn a_join_under_way_does_not_keep_the_daemon_from_ending() {
    let cloud = Cloud::start();
    // Longer than the test is patient: the end must not wait for the exchange.
    let mut machine = Machine::configured(&cloud, "contoso.com", "request_timeout = 300");
    cloud.set(&json!({ "faults": [{ "request": "join", "action": "hold" }] }));
    let mut tool = machine.tool(&["auth-test", "--name", "alex@contoso.com"]).spawn().unwrap();
    cloud.admin(&["wait", "join", "--held", "1"]);
    machine.terminate();
    assert!(machine.ended().success());
    tool.wait().unwrap();
    cloud.admin(&["release"]);
    machine.up();
    registers_in_the_end(&cloud, &machine);
}

/// What has to be here for a systemd of one's own: root, namespaces and the program.
fn can_boot() -> bool {
    let unshare =
        Command::new("unshare").args(["--pid", "--mount", "--net", "--cgroup", "--fork", "true"]).status();
    let root = rustix::process::geteuid().is_root();
    root && Path::new("/lib/systemd/systemd").exists() && unshare.is_ok_and(|status| status.success())
}

#[test]
fn under_a_real_systemd_none_of_a_hundred_and_fifty_callers_is_lost_and_the_socket_stays() {
    if !can_boot() {
        return eprintln!("systemd cannot be booted here");
    }
    let dir = tempfile::tempdir().unwrap();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut script = Command::new("bash");
    script.arg(here.join("helpers/booted.sh")).arg(dir.path());
    script.arg(here.join("../../crates/runner/systemd")).arg(binary("firmamentd").parent().unwrap());
    let output = script.output().unwrap();
    let said = text(&output);
    for line in [
        "first 3",
        // What a dynamic user left is the fixed user's, at the path that was a link.
        "state firmament 700 directory",
        "left firmament 600 regular file",
        "cache firmament 755 directory",
        "served 150",
        "socket active after 30 restarts",
        "hung 1 then 3",
        "broken 7",
        "systemctl status firmamentd",
        "socket active when it cannot start",
        "mended 3",
        "names of the changed file 1",
        "names of a drop-in 1",
        // The file that asked for it has gone.
        "join --token-file --or-code with a refresh token, heard",
    ] {
        assert!(said.lines().any(|one| one == line), "no '{line}': {said}");
    }
}
