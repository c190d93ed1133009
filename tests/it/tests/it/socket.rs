use crate::harness::{Cloud, Machine, binary, code, text, wait_for};
use serde_json::{Value, json};
use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

#[test]
fn garbage_on_the_socket_ends_its_own_connection_and_nobody_else_s() {
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "contoso.com");
    let frames: [&[u8]; 5] =
        [b"", b"\xff\xff\xff\xff", b"\0\0\0\x02{}", b"\0\0\0\x04nope", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"];
    for frame in frames {
        let mut stream = UnixStream::connect(machine.path("socket")).unwrap();
        stream.write_all(frame).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        // The daemon may close before it read everything, which is a reset and as good as an end.
        let _ = stream.read_to_end(&mut answer);
    }
    assert_eq!(code(&machine.run(&["status"])), 3);
}

/// It was empty from 24 registered tenants on, because it was longer than a frame.
#[test]
fn the_status_of_five_hundred_domains_is_whole() {
    let cloud = Cloud::start();
    let names: Vec<String> = (0..500).map(|n| format!("d{n}.example")).collect();
    let machine = Machine::start(&cloud, &names.join(","));
    let output = machine.run(&["status", "--json"]);
    assert_eq!(code(&output), 3, "{}", text(&output));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let told: Vec<&str> =
        document["domains"].as_array().unwrap().iter().map(|it| it["domain"].as_str().unwrap()).collect();
    assert_eq!(told, names);
    let told = text(&machine.run(&["status"]));
    assert!(names.iter().all(|name| told.contains(&format!("{name}: Not registered"))), "{told}");
}

#[test]
fn without_a_daemon_the_tool_says_so() {
    let cloud = Cloud::start();
    let mut machine = Machine::start(&cloud, "contoso.com");
    machine.kill();
    assert_eq!(code(&machine.run(&["status"])), 7);
    assert_eq!(code(&machine.run(&["no-such-command"])), 2);
    assert_eq!(code(&machine.run(&["--help"])), 0);
}

/// As under systemd while the daemon cannot start: the socket is there, and nobody takes who comes.
#[test]
fn a_caller_who_hears_no_word_gives_up_and_is_told_where_to_look() {
    let cloud = Cloud::start();
    let machine = Machine::switched_off(&cloud, "contoso.com", "");
    let _listener = UnixListener::bind(machine.path("socket")).unwrap();
    std::thread::scope(|scope| {
        for arguments in
            [&["status"][..], &["auth-test", "--name", "alex@contoso.com"], &["leave"], &["watch"]]
        {
            let machine = &machine;
            scope.spawn(move || {
                let begun = Instant::now();
                let output = machine.run(arguments);
                let told = text(&output);
                assert_eq!(code(&output), 7, "{arguments:?}: {told}");
                assert!(told.contains("systemctl status firmamentd"), "{arguments:?}: {told}");
                let took = begun.elapsed().as_secs();
                assert!((9..15).contains(&took), "{arguments:?}: {took} s");
            });
        }
    });
}

/// A program in Perl as another user, who needs nothing but this file.
fn as_user(script: &str, arguments: &[&str]) -> Child {
    let mut perl = Command::new("perl");
    perl.args(["-MIO::Socket::UNIX", "-e", script]).args(arguments);
    perl.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

/// Listens as another user, and tells how much it was told.
const LISTENS: &str = r#"
    my ($path, $uid) = @ARGV; $( = $) = $uid; $< = $> = $uid;
    my $socket = IO::Socket::UNIX->new(Local => $path, Listen => 5) or die "$path: $!"; chmod 0777, $path;
    my $caller = $socket->accept; my $heard = 0;
    while (my $length = sysread $caller, my $bytes, 100) { $heard += $length } print "heard $heard\n";
"#;

#[test]
fn a_server_that_somebody_else_put_there_hears_nothing() {
    if !rustix::process::geteuid().is_root() {
        return eprintln!("only root can be somebody else");
    }
    let cloud = Cloud::start();
    let machine = Machine::switched_off(&cloud, "contoso.com", "");
    fs::set_permissions(machine.dir.path(), Permissions::from_mode(0o777)).unwrap();
    let socket = machine.path("socket");
    let foreign = as_user(LISTENS, &[socket.to_str().unwrap(), "54321"]);
    wait_for("the foreign server", || socket.exists());
    let output = machine.sign_in_with_password("alex@contoso.com", "Password1!");
    assert_eq!(code(&output), 7, "{}", text(&output));
    assert!(text(&output).contains("ForeignServer") && text(&output).contains("54321"), "{}", text(&output));
    let heard = foreign.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&heard.stdout), "heard 0\n");
}

/// Takes as many places as it gets with ten connections of each user id, and tells how many; then waits for the end
/// of its standard input.
const CROWDS: &str = r#"
    my ($path, $first, $users) = @ARGV; my @children; $| = 1;
    for my $uid ($first .. $first + $users - 1) {
        pipe(my $hears, my $says); my $child = fork // die;
        if ($child == 0) {
            $( = $) = $uid; $< = $> = $uid;
            my @all = grep { $_ } map { IO::Socket::UNIX->new(Peer => $path) } 1 .. 10; select undef, undef, undef, 0.3;
            # Who has no place is told so at once.
            my $held = grep { vec(my $set, fileno $_, 1) = 1; !select $set, undef, undef, 0 } @all;
            syswrite $says, "$held\n"; sleep 600; exit;
        }
        close $says; push @children, $child; push @held, $hears;
    }
    my $sum = 0; $sum += readline $_ for @held; print "$sum\n"; readline STDIN; kill 9, @children;
"#;

/// Asks for the status as this user, and tells the first word.
const ASKS: &str = r#"
    my ($path, $uid) = @ARGV; $( = $) = $uid; $< = $> = $uid;
    $SIG{PIPE} = 'IGNORE'; my $socket = IO::Socket::UNIX->new(Peer => $path) or die; my $asks = '{"op":"status","domain":null}';
    syswrite $socket, pack('N', length $asks) . $asks; sysread $socket, my $length, 4; sysread $socket, my $word, unpack 'N', $length;
    print $word;
"#;

/// How many places these users get; they keep them until the child ends.
fn crowd(socket: &str, first: &str, users: &str) -> (Child, usize) {
    let mut crowd = as_user(CROWDS, &[socket, first, users]);
    let mut held = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(crowd.stdout.take().unwrap()), &mut held)
        .unwrap();
    (crowd, held.trim().parse().unwrap())
}

fn first_word(socket: &str, uid: &str) -> String {
    String::from_utf8(as_user(ASKS, &[socket, uid]).wait_with_output().unwrap().stdout).unwrap()
}

const ACCEPTED: &str = r#"{"message":"accepted","protocol":3}"#;

#[test]
fn somebody_who_is_many_users_crowds_nobody_out() {
    if !rustix::process::geteuid().is_root() {
        return eprintln!("only root can be somebody else");
    }
    let cloud = Cloud::start();
    let mut machine = Machine::switched_off(&cloud, "contoso.com", "");
    fs::set_permissions(machine.dir.path(), Permissions::from_mode(0o755)).unwrap();
    fs::write(machine.path("subuid"), "12345:300000:65536\n").unwrap();
    let mut daemon = Command::new("unshare");
    daemon.args(["--mount", "sh", "-c", "mount --bind \"$0\" /etc/subuid && exec \"$@\""]);
    let plain = machine.firmamentd();
    daemon.arg(machine.path("subuid")).arg(plain.get_program()).args(plain.get_args());
    machine.boot(&mut daemon);
    let socket = machine.path("socket");
    let socket = socket.to_str().unwrap();
    wait_for("the socket", || UnixStream::connect(socket).is_ok());
    let (mut mapped, held) = crowd(socket, "300000", "50");
    assert_eq!(held, 10, "fifty user ids of one range are one owner's");
    assert!(first_word(socket, "12345").contains("TooManyConnections"), "whose range it is");
    assert_eq!(first_word(socket, "1001"), ACCEPTED);
    // Those of a range that no table names take the rest, and give way one by one.
    let (mut unknown, held) = crowd(socket, "200000", "95");
    assert_eq!(held, 950);
    for uid in ["1001", "1002", "1003"] {
        assert_eq!(first_word(socket, uid), ACCEPTED, "{uid}");
    }
    assert_eq!(code(&machine.run(&["status"])), 3, "root");
    for crowd in [&mut mapped, &mut unknown] {
        drop(crowd.stdin.take());
        crowd.wait().unwrap();
    }
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(first_word(socket, "300000"), ACCEPTED, "places come back");
}

/// Runs the tool as another user, who can read a copy of it.
fn run_as(machine: &Machine, uid: &str, arguments: &[&str]) -> Output {
    let copy = machine.path("aad-tool");
    if !copy.exists() {
        fs::copy(binary("aad-tool"), &copy).unwrap();
        fs::set_permissions(machine.dir.path(), Permissions::from_mode(0o755)).unwrap();
    }
    let mut tool = Command::new("setpriv");
    tool.args(["--reuid", uid, "--clear-groups"]).arg(copy).arg("--socket").arg(machine.path("socket"));
    tool.args(arguments).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn names_that_the_service_quotes_are_root_s_to_read() {
    if !rustix::process::geteuid().is_root() {
        return eprintln!("only root can be somebody else");
    }
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "contoso.com");
    let told =
        "AADSTS50020: User account 'Kim Weber' (kim_fabrikam.com#EXT#@contoso.com) is not alex@contoso.com.";
    let body =
        json!({ "error": "invalid_grant", "error_codes": [50_020], "error_description": told }).to_string();
    let reply = json!({ "kind": "reply", "status": 400, "body": body });
    cloud.set(&json!({ "faults": [{ "request": "token.device_code", "times": 0, "action": reply }] }));
    let alex = ["auth-test", "--name", "alex@contoso.com"];
    for (uid, sees) in [("0", true), ("1001", false)] {
        let said = text(&run_as(&machine, uid, &alex));
        assert!(said.contains("AADSTS50020") && said.contains("is not alex@contoso.com"), "{uid}: {said}");
        assert_eq!(said.contains("Kim Weber") && said.contains("kim_fabrikam.com"), sees, "{uid}: {said}");
        assert_eq!(said.contains("(name hidden)"), !sees, "{uid}: {said}");
    }
    // Whoever came instead of who was asked for is told who they are.
    cloud.set(&json!({ "auto_approve_as": "adele@contoso.com" }));
    let said = text(&run_as(&machine, "1001", &alex));
    assert!(said.contains("signed in as adele@contoso.com"), "{said}");
}
