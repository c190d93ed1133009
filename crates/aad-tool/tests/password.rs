//! The program is asked for a password or a recovery code by a daemon of the test's own, with standard input that is no terminal.

#![expect(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

use ipc::{Answer, Ending, HEADER, Message, Request, Wait, decode, encode};
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;

#[test]
fn each_question_takes_one_line_and_the_end_of_the_input_is_the_code() {
    let (answers, output) = asked("hunter2\n swordfish \n", 3);
    assert_eq!(answers, ["password hunter2", "password  swordfish ", "code"]);
    assert!(output.status.success(), "{output:?}");
    let shown = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert_eq!(shown.matches("Sign in as alex@contoso.com").count(), 3, "{shown}");
    assert!(!shown.contains("hunter2") && !shown.contains("swordfish"), "{shown}");
}

#[test]
fn an_empty_line_is_the_code_and_takes_no_more_than_itself() {
    assert_eq!(asked("\nhunter2\n", 2).0, ["code", "password hunter2"]);
}

#[test]
fn a_password_that_cannot_be_taken_ends_the_program_without_an_answer() {
    let (answers, output) = asked(&"x".repeat(2_000), 1);
    let says = String::from_utf8(output.stderr).unwrap();
    assert_eq!((answers.len(), output.status.code()), (0, Some(1)), "{says}");
    assert!(says.contains("could not take the password: it is longer than 1024 bytes"), "{says}");
}

#[test]
fn a_recovery_code_is_one_line_and_shown_by_nobody_but_the_daemon() {
    const CODE: &str = "0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV";
    let ask = Message::AskRecoveryCode {};
    let request = Request::TpmReseal { with_code: true };
    let (answers, output) = converse(&["tpm", "reseal", "--with-code"], "0123-4567\nmore\n", request, ask);
    assert_eq!(answers, ["recovery code 0123-4567"]);
    let shown = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && !shown.contains("0123-4567"), "{shown}");
    let told = Message::RecoveryCode { code: ipc::RecoveryCode(CODE.to_owned()) };
    assert!(!format!("{told:?}").contains(CODE));
    let (answers, output) = converse(&["tpm", "recovery-code"], "", Request::TpmRecoveryCode {}, told);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(answers.is_empty() && shown.starts_with(&format!("Recovery code: {CODE}\n")), "{shown}");
}

/// One message of the daemon to a program that was started for this request.
fn converse(arguments: &[&str], input: &str, expected: Request, said: Message) -> (Vec<String>, Output) {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let listener = UnixListener::bind(&socket).unwrap();
    let daemon = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        assert_eq!(decode::<Request>(&frame(&mut stream).unwrap()).unwrap(), expected);
        say(&mut stream, &said);
        let waits = matches!(said, Message::AskRecoveryCode {});
        let answers = waits.then(|| answer(&frame(&mut stream).unwrap())).into_iter().collect();
        say(&mut stream, &Message::End { ending: Ending::Done });
        answers
    });
    let output = program(arguments, &socket, input);
    (daemon.join().unwrap(), output)
}

fn answer(payload: &[u8]) -> String {
    match decode(payload).unwrap() {
        Answer::Password { password } => format!("password {}", password.expose()),
        Answer::UseCode {} => "code".to_owned(),
        Answer::RecoveryCode { code } => format!("recovery code {}", code.expose()),
        Answer::JoinToken { token } => format!("token {}", token.expose()),
    }
}

/// Asks the program so many times, and tells what it answered and how it ended.
fn asked(input: &str, times: usize) -> (Vec<String>, Output) {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let listener = UnixListener::bind(&socket).unwrap();
    let daemon = thread::spawn(move || ask(listener.accept().unwrap().0, times));
    let output = program(&["auth-test", "--name", "alex@contoso.com"], &socket, input);
    (daemon.join().unwrap(), output)
}

fn program(arguments: &[&str], socket: &Path, input: &str) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_aad-tool"))
        .args(arguments)
        .arg("--socket")
        .arg(socket)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    program.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    program.wait_with_output().unwrap()
}

fn ask(mut stream: UnixStream, times: usize) -> Vec<String> {
    let request: Request = decode(&frame(&mut stream).unwrap()).unwrap();
    assert_eq!(
        request,
        Request::SignIn { name: "alex@contoso.com".into(), wait: Wait::Settled, language: None }
    );
    let mut answers = Vec::new();
    for _ in 0..times {
        say(
            &mut stream,
            &Message::AskPassword { name: "alex@contoso.com".into(), reason: None, only_questions: false },
        );
        let Some(payload) = frame(&mut stream) else { return answers };
        answers.push(answer(&payload));
    }
    say(&mut stream, &Message::End { ending: Ending::Done });
    assert!(frame(&mut stream).is_none(), "the program says nothing that it was not asked");
    answers
}

fn say(stream: &mut UnixStream, message: &Message) {
    stream.write_all(&encode(message).unwrap()).unwrap();
}

/// The next frame, or none once the program is gone.
fn frame(stream: &mut UnixStream) -> Option<Vec<u8>> {
    let mut header = [0; HEADER];
    stream.read_exact(&mut header).ok()?;
    let mut payload = vec![0; ipc::payload_length(header).unwrap()];
    stream.read_exact(&mut payload).unwrap();
    Some(payload)
}
