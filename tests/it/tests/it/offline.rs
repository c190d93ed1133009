//! People log in to a computer that has lost its network: by sshd and su as they are (login.md 5).

use crate::harness::{Cloud, text, wait_for};
use crate::login::{ALEX, PASSWORD, approves, by_password, installed, is_in, makes_key};
use it::host::{Host, Ssh};
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, listen, socket_with};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::time::Instant;

const OFFLINE: &str = "[offline_breakglass]\nenabled = true\nttl = 1h";

/// A registered computer on which Alex has signed in with the password, and a key of theirs.
fn registered(cloud: &Cloud, extra: &str) -> Option<(Host, String)> {
    let mut host = installed(cloud, extra)?;
    host.start_daemon();
    let mut ssh = host.ssh(Ssh::Questions, ALEX, "id");
    approves(cloud, &mut ssh, ALEX);
    is_in(&host, ssh);
    wait_for("the registration", || cloud.devices().len() == 1);
    by_password(&host, ALEX, "id -un");
    let by_key = makes_key(&host);
    Some((host, by_key))
}

#[test]
fn the_password_of_the_last_sign_in_lets_in_without_the_network_where_that_is_wanted() {
    let mut cloud = Cloud::with(&[]);
    let Some((host, by_key)) = registered(&cloud, OFFLINE) else { return };
    let shown = || host.root("aad-tool account show alex@contoso.com");
    wait_for("what is kept", || shown().contains("without the network until"));
    cloud.stop();
    let begun = Instant::now();
    let mut ssh = host.ssh(Ssh::Questions, ALEX, "id -un; ls -d .");
    ssh.reads("There is no network. This machine can check your password by itself until");
    ssh.reads("password: ");
    assert!(begun.elapsed().as_secs() < 10, "it is said at once");
    ssh.types(PASSWORD);
    assert!(is_in(&host, ssh).contains("alex"));
    let mut ssh = host.ssh(Ssh::Questions, ALEX, "id");
    ssh.reads("password: ");
    ssh.types("Wrong-Horse-2");
    ssh.reads("not the password that you signed in with last");
    drop(ssh);
    assert_eq!(text(&host.shell(&by_key)), "alex\n", "a key goes on");
    let status = host.root("aad-tool status --verbose; true");
    assert!(status.contains("without the network"), "{status}");
    assert!(!host.logs().contains(PASSWORD));
}

#[test]
fn a_network_that_swallows_everything_is_told_before_a_password_is_asked() {
    let mut cloud = Cloud::with(&[]);
    let Some((host, by_key)) = registered(&cloud, "") else { return };
    let address = cloud.host();
    cloud.stop();
    let _swallows = BlackHole::at(&address);
    let begun = Instant::now();
    let mut ssh = host.ssh(Ssh::Questions, ALEX, "id");
    ssh.reads("could not be reached");
    assert!(!ssh.shown().contains("password: "), "{}", ssh.shown());
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
    drop(ssh);
    assert_eq!(text(&host.shell(&by_key)), "alex\n", "a key goes on");
}

/// Listens, and its queue is full: whoever connects hears nothing, as behind a filter that drops packets.
struct BlackHole {
    _listener: TcpListener,
    _queue: Vec<OwnedFd>,
}

impl BlackHole {
    fn at(address: &str) -> BlackHole {
        let listener = TcpListener::bind(address.replace("localhost", "127.0.0.1")).unwrap();
        listen(&listener, 0).unwrap();
        let address = listener.local_addr().unwrap();
        let connects = || {
            let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
            let socket = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None).unwrap();
            // It goes on by itself.
            let _ = connect(&socket, &address);
            socket
        };
        BlackHole { _queue: (0..8).map(|_| connects()).collect(), _listener: listener }
    }
}

#[test]
fn nobody_is_asked_for_a_password_without_the_network_where_it_is_not_wanted() {
    let mut cloud = Cloud::with(&[]);
    let Some((host, by_key)) = registered(&cloud, "") else { return };
    cloud.stop();
    let mut ssh = host.ssh(Ssh::Questions, ALEX, "id");
    ssh.reads("could not be reached");
    assert!(!ssh.shown().contains("password: "), "{}", ssh.shown());
    drop(ssh);
    assert_eq!(text(&host.shell(&by_key)), "alex\n", "a key goes on");
}
