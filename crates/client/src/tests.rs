//! A daemon that ends at every point of a conversation.

use crate::{ClientError, Conversation};
use ipc::{Ending, HEADER, Message, Request};
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What daemons say one after another, each to one caller; a daemon that has said its part is gone.
/// Gives how many were asked; nobody waits for those who are not.
fn serve(listener: UnixListener, parts: Vec<Vec<Message>>) -> Arc<AtomicUsize> {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    thread::spawn(move || {
        for part in parts {
            let (mut stream, _) = listener.accept().unwrap();
            counted.fetch_add(usize::from(request(&mut stream)), Ordering::SeqCst);
            for message in part {
                stream.write_all(&ipc::encode(&message).unwrap()).unwrap();
            }
        }
    });
    asked
}

/// Whether a whole request comes.
fn request(stream: &mut UnixStream) -> bool {
    let mut header = [0; HEADER];
    stream.read_exact(&mut header).unwrap();
    let mut payload = vec![0; ipc::payload_length(header).unwrap()];
    stream.read_exact(&mut payload).unwrap();
    ipc::decode::<Request>(&payload).is_ok()
}

/// How a conversation goes with these daemons, and how many of them were asked.
fn talk(request: &Request, parts: Vec<Vec<Message>>) -> (Result<Vec<Message>, ClientError>, usize) {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("socket");
    let asked = serve(UnixListener::bind(&socket).unwrap(), parts);
    let mut said = Vec::new();
    let mut conversation = Conversation::begin(&socket, request).unwrap();
    let ended = loop {
        match conversation.next_message() {
            Ok(Message::End { .. }) => break Ok(said),
            Ok(message) => said.push(message),
            Err(error) => break Err(error),
        }
    };
    (ended, asked.load(Ordering::SeqCst))
}

fn notice() -> Message {
    Message::Notice { text: "x".to_owned() }
}

const ACCEPTED: Message = Message::Accepted {};
const AGAIN: Message = Message::Again {};
const END: Message = Message::End { ending: Ending::Done };

#[test]
fn what_was_not_begun_is_asked_again_and_what_was_is_not() {
    let (status, leave) = (Request::Status { domain: None }, Request::Leave { domain: None, force: false });
    let whole = || vec![ACCEPTED, notice(), END];
    for (what, request, parts, heard) in [
        ("a whole conversation", &leave, vec![whole()], Some(1)),
        ("one without a first word", &leave, vec![vec![notice(), END]], Some(1)),
        ("a daemon that goes without a word", &leave, vec![vec![], whole()], Some(1)),
        ("one that says so", &leave, vec![vec![AGAIN], whole()], Some(1)),
        ("one that says so later", &leave, vec![vec![ACCEPTED, AGAIN], whole()], Some(1)),
        ("three of them", &leave, vec![vec![AGAIN], vec![], vec![ACCEPTED, AGAIN], whole()], Some(1)),
        ("one that is killed while it looks", &status, vec![vec![ACCEPTED], whole()], Some(1)),
        ("one that is killed while it leaves", &leave, vec![vec![ACCEPTED]], None),
        ("one that is killed after something was said", &status, vec![vec![ACCEPTED, notice()]], None),
    ] {
        let daemons = parts.len();
        let (ended, asked) = talk(request, parts);
        assert_eq!(asked, daemons, "{what}");
        match (ended, heard) {
            (Ok(said), Some(messages)) => assert_eq!(said.len(), messages, "{what}"),
            (Err(ClientError::Broken(_)), None) => {}
            (ended, _) => panic!("{what}: {ended:?}"),
        }
    }
}

#[test]
fn again_after_something_was_said_is_not_taken_for_a_first_word() {
    let (ended, asked) = talk(&Request::Watch {}, vec![vec![ACCEPTED, notice(), AGAIN, END]]);
    assert_eq!((ended.unwrap(), asked), (vec![notice(), AGAIN], 1), "it is handed on");
}

#[test]
fn a_daemon_that_was_never_there_is_told_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let (socket, request) = (dir.path().join("socket"), Request::Watch {});
    let asked = Conversation::begin(&socket, &request);
    assert!(matches!(asked, Err(ClientError::Unreachable { .. })));
}

#[test]
fn a_place_that_is_refused_before_the_request_was_read_is_heard() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("socket");
    let listener = UnixListener::bind(&socket).unwrap();
    let refusing = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(&ipc::encode(&END).unwrap()).unwrap();
    });
    let request = Request::Watch {};
    let mut conversation = Conversation::begin(&socket, &request).unwrap();
    refusing.join().unwrap();
    assert_eq!(conversation.next_message().unwrap(), END);
}
