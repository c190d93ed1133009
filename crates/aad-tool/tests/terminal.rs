//! The program on a terminal of its own: questions that end, and the echo that comes back.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says where it failed by panicking")]

mod daemon;

use daemon::{Daemon, frame, say};
use ipc::{Answer, Ending, FailureReport, Message, Request, StatusDocument, decode};
use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// A terminal with a program on it.
struct Terminal {
    person: File,
    /// Keeps its settings readable when the program has ended.
    end: OwnedFd,
    shows: Receiver<Vec<u8>>,
    shown: String,
    program: Child,
}

impl Terminal {
    /// The program has it as its controlling terminal, as one of a shell's jobs would.
    fn start(daemon: &Daemon, arguments: &[&str]) -> Terminal {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let name = ptsname(&person, Vec::new()).unwrap();
        let end = || open(name.as_c_str(), OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let mut program = Command::new("setsid");
        program.args(["--ctty", "--wait", env!("CARGO_BIN_EXE_aad-tool")]).args(arguments);
        program.arg("--socket").arg(daemon.socket());
        program.stdin(Stdio::from(end())).stdout(Stdio::from(end())).stderr(Stdio::from(end()));
        let (program, person) = (program.spawn().unwrap(), File::from(person));
        let (tell, shows) = channel();
        let mut screen = person.try_clone().unwrap();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = screen.read(&mut bytes) {
                drop(tell.send(bytes[..read].to_vec()));
            }
        });
        Terminal { person, end: end(), shows, shown: String::new(), program }
    }

    fn waits_for(&mut self, text: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.shown.contains(text) {
            let left = until.saturating_duration_since(Instant::now());
            let bytes = self.shows.recv_timeout(left).unwrap_or_else(|_| panic!("no {text}: {}", self.shown));
            self.shown.push_str(&String::from_utf8_lossy(&bytes));
        }
    }

    fn types(&mut self, text: &str) {
        self.person.write_all(text.as_bytes()).unwrap();
    }

    fn echoes(&self) -> bool {
        tcgetattr(&self.end).unwrap().local_modes.contains(LocalModes::ECHO)
    }

    /// Waits until the echo is out: what is typed from then on is the answer.
    fn is_silent(&self) {
        let until = Instant::now() + PATIENCE;
        while self.echoes() {
            assert!(Instant::now() < until, "the echo is not put out");
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn ends(mut self) -> (Option<i32>, bool, String) {
        let code = self.program.wait().unwrap().code();
        while let Ok(bytes) = self.shows.recv_timeout(Duration::from_millis(100)) {
            self.shown.push_str(&String::from_utf8_lossy(&bytes));
        }
        (code, self.echoes(), self.shown)
    }
}

fn ask() -> Message {
    Message::AskPassword { name: "alex@contoso.com".to_owned(), reason: None, only_questions: false }
}

const SIGN_IN: [&str; 3] = ["auth-test", "--name", "alex@contoso.com"];

#[test]
fn a_password_is_not_shown_and_the_echo_comes_back() {
    let daemon = Daemon::new();
    let serving = daemon.serves(1, |stream, _| {
        say(stream, &ask());
        let Answer::Password { password } = decode(&frame(stream).unwrap()).unwrap() else { return };
        assert_eq!(password.expose(), "hunter2");
        say(stream, &Message::End { ending: Ending::Done });
    });
    let mut terminal = Terminal::start(&daemon, &SIGN_IN);
    terminal.waits_for("Password: ");
    terminal.is_silent();
    terminal.types("hunter2\n");
    let (code, echoes, shown) = terminal.ends();
    serving.join().unwrap();
    assert_eq!((code, echoes), (Some(0), true), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_question_that_nobody_asks_any_more_is_over_on_the_terminal() {
    for says_why in [true, false] {
        let daemon = Daemon::new();
        let serving = daemon.serves(1, move |stream, _| {
            say(stream, &ask());
            thread::sleep(Duration::from_millis(300));
            if says_why {
                let failure = FailureReport { code: "TooLate".to_owned(), ..FailureReport::default() };
                say(stream, &Message::Failed { failure: Box::new(failure) });
                say(stream, &Message::End { ending: Ending::NeedsSignIn });
            }
        });
        let mut terminal = Terminal::start(&daemon, &SIGN_IN);
        terminal.waits_for("Password: ");
        terminal.is_silent();
        terminal.types("half");
        let (code, echoes, shown) = terminal.ends();
        serving.join().unwrap();
        assert_eq!((code, echoes), (Some(if says_why { 4 } else { 1 }), true), "{shown}");
        assert_eq!(shown.contains("[TooLate]"), says_why, "{shown}");
        assert!(!shown.contains("half"), "{shown}");
    }
}

#[test]
fn ctrl_c_ends_every_question_with_130() {
    let status = || {
        let document: StatusDocument = serde_json::from_str(include_str!("golden/full.json")).unwrap();
        Message::Status { document: Box::new(document), more: false }
    };
    let prompt = || Message::Prompt {
        user_code: "ABCD1234".to_owned(),
        url: "https://microsoft.com/devicelogin".to_owned(),
        expires_at: "2036-01-01T00:00:00Z".to_owned(),
        reason: None,
        seconds: None,
        only_questions: false,
    };
    for (arguments, said, question, silent) in [
        (&SIGN_IN[..], ask(), "Password: ", true),
        (&["tpm", "reseal", "--with-code"], Message::AskRecoveryCode {}, "Recovery code: ", true),
        (&["leave"], status(), "Leave? [y/N] ", false),
        (&SIGN_IN[..], prompt(), "Code: ABCD1234", false),
    ] {
        let daemon = Daemon::new();
        let leaves = matches!(said, Message::Status { .. });
        let serving = daemon.serves(1, move |stream, _| {
            say(stream, &said);
            if leaves {
                say(stream, &Message::End { ending: Ending::Done });
            }
            assert!(frame(stream).is_none(), "nothing is answered");
        });
        let mut terminal = Terminal::start(&daemon, arguments);
        terminal.waits_for(question);
        if silent {
            terminal.is_silent();
        }
        terminal.types("\u{3}");
        let (code, echoes, shown) = terminal.ends();
        serving.join().unwrap();
        assert_eq!((code, echoes), (Some(130), true), "{question} {shown}");
    }
}

#[test]
fn a_person_is_asked_before_a_leave() {
    for (typed, leaves) in [("y\n", true), ("Yes\n", true), ("n\n", false), ("\n", false), ("\u{4}", false)] {
        let daemon = Daemon::new();
        let serving = daemon.serves(if leaves { 2 } else { 1 }, |stream, request| {
            if let Request::Status { .. } = request {
                let document: StatusDocument =
                    serde_json::from_str(include_str!("golden/full.json")).unwrap();
                say(stream, &Message::Status { document: Box::new(document), more: false });
            }
            say(stream, &Message::End { ending: Ending::Done });
        });
        let mut terminal = Terminal::start(&daemon, &["leave"]);
        terminal.waits_for("Leave? [y/N] ");
        assert!(terminal.shown.contains("the device object 00aa11bb-2222-4333-8444-555566667777"));
        terminal.types(typed);
        let (code, _, shown) = terminal.ends();
        serving.join().unwrap();
        assert_eq!(code, Some(if leaves { 0 } else { 1 }), "{typed:?} {shown}");
    }
}

const PATIENCE: Duration = Duration::from_secs(20);
