//! The library as libpam loads it, by pamtester(1) in a mount namespace, with a daemon that follows a script.

#![expect(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

use ipc::{Ending, HEADER, Message};
use names::{Domain, HomeName, IdRange, Parameters, Snapshot, Verdict, VerdictOf, encode, encode_verdicts};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Files that lie in the places of the system's in a namespace.
struct Namespace {
    dir: TempDir,
}

impl Namespace {
    fn new() -> Namespace {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for folder in ["run", "cache", "pam.d"] {
            fs::create_dir(at(folder)).unwrap();
        }
        let domain = Domain {
            name: "contoso.com".to_owned(),
            range: Some(IdRange::DEFAULT),
            home_prefix: "/home/".to_owned(),
            home_name: HomeName::Upn,
            shell: "/bin/bash".to_owned(),
            allowed: None,
        };
        let parameters = Parameters { domains: vec![domain], short_names: false };
        let names = encode(&Snapshot { parameters, accounts: Vec::new(), groups: Vec::new() }).unwrap();
        let of = |name: &str, verdict| VerdictOf {
            names: vec![name.to_owned()],
            verdict,
            code: "AADSTS50057".to_owned(),
            told_at: 0,
        };
        let verdicts = encode_verdicts(&[
            of("alex@contoso.com", Verdict::Allowed),
            of("adele@contoso.com", Verdict::Denied),
        ]);
        fs::write(at("cache/names"), names).unwrap();
        fs::write(at("cache/verdicts"), verdicts).unwrap();
        let line = |kind: &str| {
            format!(
                "{kind} [success=done ignore=ignore default=die] {}\n{kind} required pam_deny.so\n",
                library().display()
            )
        };
        let lines: String =
            ["auth", "account", "password", "session"].iter().map(|kind| line(kind)).collect();
        fs::write(at("pam.d/firmament"), lines).unwrap();
        Namespace { dir }
    }

    fn listen(&self) -> UnixListener {
        UnixListener::bind(self.dir.path().join("run/socket")).unwrap()
    }

    fn pamtester(&self, user: &str, phase: &str, input: &str) -> Output {
        let script = format!(
            "mount -t tmpfs tmpfs /run && mkdir /run/firmament && mount --bind run /run/firmament && \
             mount -t tmpfs tmpfs /var/cache && mkdir /var/cache/firmament && \
             cp --preserve=mode cache/* /var/cache/firmament && chmod 755 /var/cache/firmament && \
             chmod 644 /var/cache/firmament/names && chmod 600 /var/cache/firmament/verdicts && \
             mount --bind pam.d /etc/pam.d && exec pamtester firmament {user} {phase}"
        );
        let mut command = Command::new("unshare");
        if !rustix::process::geteuid().is_root() {
            command.arg("--map-root-user");
        }
        command.args(["--mount", "sh", "-c", &script]).current_dir(self.dir.path());
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }
}

/// Beside the test's own program, where cargo has put it.
fn library() -> PathBuf {
    let folder = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    let places = [folder.join("libpam_firmament.so"), folder.join("../libpam_firmament.so")];
    places.into_iter().find(|place| place.exists()).unwrap()
}

/// Whether pamtester is here and a namespace can be made; if not, the reason is printed.
fn possible() -> bool {
    let namespace = Command::new("unshare").args(["--mount", "true"]).output();
    let made = namespace.is_ok_and(|output| output.status.success()) && rustix::process::geteuid().is_root();
    let there = Command::new("pamtester").output().is_ok();
    if !made || !there {
        eprintln!("skipped: it takes root, a mount namespace and pamtester (Debian package pamtester)");
    }
    made && there
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn frame(stream: &mut UnixStream) -> String {
    let mut header = [0; HEADER];
    stream.read_exact(&mut header).unwrap();
    let mut payload = vec![0; ipc::payload_length(header).unwrap()];
    stream.read_exact(&mut payload).unwrap();
    String::from_utf8(payload).unwrap()
}

fn say(stream: &mut UnixStream, message: &Message) {
    stream.write_all(&ipc::encode(message).unwrap()).unwrap();
}

#[test]
fn a_person_signs_in_and_the_daemon_hears_the_password() {
    if !possible() {
        return;
    }
    let namespace = Namespace::new();
    let listener = namespace.listen();
    let daemon = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let request = frame(&mut stream);
        say(&mut stream, &Message::ACCEPTED);
        say(&mut stream, &Message::Waiting { text: "something".to_owned(), until: None });
        say(
            &mut stream,
            &Message::AskPassword {
                name: "alex@contoso.com".to_owned(),
                reason: None,
                only_questions: false,
            },
        );
        let answer = frame(&mut stream);
        say(&mut stream, &Message::End { ending: Ending::Done });
        (request, answer)
    });
    let output = namespace.pamtester("alex@contoso.com", "authenticate", "Correct-Horse-1\n");
    assert!(output.status.success(), "{}", text(&output));
    let (request, answer) = daemon.join().unwrap();
    for words in ["pam_authenticate", "alex@contoso.com", r#""service":"firmament""#, "person"] {
        assert!(request.contains(words), "{request}");
    }
    assert!(answer.contains("Correct-Horse-1"));
    assert!(!text(&output).contains("Correct-Horse-1"));
}

#[test]
fn without_a_daemon_or_with_a_stopped_one_nobody_waits() {
    if !possible() {
        return;
    }
    let namespace = Namespace::new();
    let begun = Instant::now();
    let dead = namespace.pamtester("alex@contoso.com", "authenticate", "");
    assert!(!dead.status.success() && text(&dead).contains("does not answer"), "{}", text(&dead));
    assert!(begun.elapsed() < Duration::from_secs(2));
    // It listens, and never says a word.
    let _listener = namespace.listen();
    let begun = Instant::now();
    let stopped = namespace.pamtester("alex@contoso.com", "authenticate", "");
    assert!(!stopped.status.success() && text(&stopped).contains("does not answer"), "{}", text(&stopped));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[test]
fn the_account_phase_needs_no_daemon() {
    if !possible() {
        return;
    }
    let namespace = Namespace::new();
    for (user, passes, says) in [
        ("alex@contoso.com", true, ""),
        ("adele@contoso.com", false, "AADSTS50057"),
        ("kim@contoso.com", false, "yet"),
        // Not ours: the line behind us decides.
        ("root", false, ""),
        ("nosuch", false, ""),
    ] {
        let output = namespace.pamtester(user, "acct_mgmt", "");
        assert_eq!(output.status.success(), passes, "{user}: {}", text(&output));
        assert!(text(&output).contains(says), "{user}: {}", text(&output));
    }
    let password = namespace.pamtester("alex@contoso.com", "chauthtok", "");
    assert!(!password.status.success() && text(&password).contains("aka.ms/sspr"), "{}", text(&password));
}

#[test]
fn a_session_is_told_to_the_daemon_and_waits_for_nobody() {
    if !possible() {
        return;
    }
    let namespace = Namespace::new();
    let session = |user: &str| {
        let begun = Instant::now();
        let output = namespace.pamtester(user, "open_session close_session", "");
        (output.status.success(), begun.elapsed())
    };
    let (passes, took) = session("alex@contoso.com");
    assert!(passes && took < Duration::from_secs(2), "without a daemon: {took:?}");
    // It listens, and takes nobody.
    let listener = namespace.listen();
    let (passes, took) = session("alex@contoso.com");
    assert!(passes && took < Duration::from_secs(2), "with a stopped one: {took:?}");
    let heard = || frame(&mut listener.accept().unwrap().0);
    for open in ["true", "false"] {
        let request = heard();
        for words in ["pam_session", "alex@contoso.com", r#""service":"firmament""#, open] {
            assert!(request.contains(words), "{request}");
        }
    }
    // Nobody of ours: the line behind us decides, and the daemon hears nothing.
    let (passes, _) = session("root");
    listener.set_nonblocking(true).unwrap();
    assert!(!passes && listener.accept().is_err());
}

/// Lays a layer over this machine and changes two passwords in it, through the stack that stands in `stack`.
const CHANGE_PASSWORDS: &str = r#"set -e
mount -t tmpfs tmpfs /mnt && cp -r . /mnt && cd /mnt
mkdir -p up/usr/lib/security && cp "$LIBRARY" up/usr/lib/security/pam_firmament.so
sed -i "s,pam_firmament.so,/usr/lib/security/&," stack
mkdir -p up/etc/pam.d up/var up/var/cache/firmament work root
cp stack up/etc/pam.d/firmament
cp cache/names up/var/cache/firmament/ && chmod 755 up/var/cache/firmament && chmod 644 up/var/cache/firmament/names
mount -t overlay overlay -o "lowerdir=/,upperdir=$PWD/up,workdir=$PWD/work" root && mount --rbind /dev root/dev
echo 'zed:x:4242:100::/tmp:/bin/sh' >> root/etc/passwd && echo 'zed:*:19000:0:99999:7:::' >> root/etc/shadow
printf 'New-Secret-12\nNew-Secret-12\n' | chroot root pamtester firmament zed chauthtok
chroot root pamtester firmament alex@contoso.com chauthtok < /dev/null || echo "refused"
"#;

/// pam_unix behind us would take a new password only from a module that asked for one: ours never does, so the profile
/// for passwords stands behind pam_unix (login.md 1.7).
#[test]
fn local_people_change_their_passwords_with_our_profiles_in_force() {
    if !possible() {
        return;
    }
    let namespace = Namespace::new();
    // What pam-auth-update makes of our profiles and that of pam_unix: a test of pam-stack compares it.
    fs::write(namespace.dir.path().join("stack"), include_str!("common-password")).unwrap();
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c", CHANGE_PASSWORDS]);
    let output = command.env("LIBRARY", library()).current_dir(namespace.dir.path()).output().unwrap();
    let told = text(&output);
    assert!(told.contains("altered successfully"), "{told}");
    assert!(told.contains("aka.ms/sspr") && told.contains("refused\n"), "{told}");
}

#[test]
fn the_module_speaks_the_language_that_the_daemon_has_written_down() {
    if !possible() {
        return;
    }
    let namespace = Namespace::new();
    let file = namespace.dir.path().join("cache/language");
    for (line, mode, dead, denied) in [
        ("de\n", 0o644, "firmamentd antwortet nicht", "darf hier nicht benutzt werden"),
        ("fr!\n", 0o644, "firmamentd ne répond pas", "ne peut pas être utilisé ici"),
        // Whoever may write there does not put words into our mouth.
        ("de\n", 0o666, "does not answer", "may not be used here"),
        ("klingon\n", 0o644, "does not answer", "may not be used here"),
    ] {
        fs::write(&file, line).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let told = text(&namespace.pamtester("alex@contoso.com", "authenticate", ""));
        assert!(told.contains(dead), "{told}");
        let told = text(&namespace.pamtester("adele@contoso.com", "acct_mgmt", ""));
        assert!(told.contains(denied) && told.contains("[AADSTS50057]"), "{told}");
    }
    fs::write(&file, "de\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let listener = namespace.listen();
    let daemon = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        frame(&mut stream);
        say(&mut stream, &Message::ACCEPTED);
        let reason = Some("Das Kennwort ist falsch.".to_owned());
        let name = "alex@contoso.com".to_owned();
        say(&mut stream, &Message::AskPassword { name, reason, only_questions: false });
        frame(&mut stream);
        say(&mut stream, &Message::End { ending: Ending::Done });
    });
    let output = namespace.pamtester("alex@contoso.com", "authenticate", "Correct-Horse-1\n");
    daemon.join().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let told = text(&output);
    assert!(told.contains("Das Kennwort ist falsch.") && told.contains("Entra-ID-Kennwort: "), "{told}");
}
