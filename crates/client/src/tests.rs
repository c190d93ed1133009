//! A daemon that ends at every point of a conversation.

use crate::{ClientError, Conversation, Patience};
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
    ipc::decode_request(&payload).is_ok()
}

/// Daemons of other versions, each by the frames that it says to one caller, and what each of them was asked.
fn serve_frames(listener: UnixListener, parts: Vec<Vec<String>>) -> thread::JoinHandle<Vec<String>> {
    thread::spawn(move || {
        let serve = |frames: Vec<String>| {
            let (mut stream, _) = listener.accept().unwrap();
            let asked = payload(&mut stream);
            for frame in frames {
                let length = u32::try_from(frame.len()).unwrap().to_be_bytes();
                stream.write_all(&[&length, frame.as_bytes()].concat()).unwrap();
            }
            asked
        };
        parts.into_iter().map(serve).collect()
    })
}

fn payload(stream: &mut UnixStream) -> String {
    let mut header = [0; HEADER];
    stream.read_exact(&mut header).unwrap();
    let mut payload = vec![0; ipc::payload_length(header).unwrap()];
    stream.read_exact(&mut payload).unwrap();
    String::from_utf8(payload).unwrap()
}

/// How a conversation goes with daemons of other versions, and what each of them was asked.
fn talk_in_frames(parts: &[&[&str]]) -> (Vec<Message>, Option<ClientError>, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("socket");
    let parts = parts.iter().map(|frames| frames.iter().map(|frame| (*frame).to_owned()).collect()).collect();
    let serving = serve_frames(UnixListener::bind(&socket).unwrap(), parts);
    let request = Request::Status { domain: None };
    let mut conversation = Conversation::begin(&socket, &request, Patience::COMMAND).unwrap();
    let mut said = Vec::new();
    let error = loop {
        match conversation.next_message() {
            Ok(end @ Message::End { .. }) => {
                said.push(end);
                break None;
            }
            Ok(message) => said.push(message),
            Err(error) => break Some(error),
        }
    };
    // A daemon that nobody asked would be waited for.
    drop(UnixStream::connect(&socket));
    (said, error, serving.join().unwrap())
}

#[test]
fn a_daemon_of_yesterday_is_asked_again_in_its_own_words() {
    let refused = r#"{"message":"failed","failure":{"class":"broken","code":"BadRequest","message":"the frame is not a known message: unknown field `protocol`, expected `domain`","who":"you","advice":"Use the aad-tool of the same version as firmamentd.","http_status":null,"request_id":null,"correlation_id":null,"time":null}}"#;
    let (accepted, end) = (r#"{"message":"accepted"}"#, r#"{"message":"end","ending":"done"}"#);
    let failed = r#"{"message":"end","ending":"failed"}"#;
    let (said, error, asked) = talk_in_frames(&[&[refused, failed], &[accepted, end]]);
    assert!(error.is_none() && said == [END], "{said:?} {error:?}");
    let plain = r#"{"op":"status","domain":null}"#;
    assert_eq!(asked, [&format!(r#"{},"protocol":{}}}"#, &plain[..plain.len() - 1], ipc::PROTOCOL), plain]);
    // What is wrong in its own words, too, is said.
    let (said, _, _) = talk_in_frames(&[&[refused, failed], &[refused, failed]]);
    assert!(matches!(&said[0], Message::Failed { failure } if failure.code == "BadRequest"), "{said:?}");
}

#[test]
fn what_a_daemon_of_tomorrow_says_beyond_our_words_is_told_or_skipped() {
    let accepted = r#"{"message":"accepted","protocol":99,"hostname":"x"}"#;
    let (weather, tune) =
        (r#"{"message":"weather","text":"It rains."}"#, r#"{"message":"tune","notes":[1]}"#);
    let end = r#"{"message":"end","ending":"half_done","share":0.5}"#;
    let (said, error, asked) = talk_in_frames(&[&[accepted, tune, weather, end]]);
    let rains = Message::Notice { text: "It rains.".to_owned() };
    assert!(error.is_none(), "{error:?}");
    assert_eq!(said, [rains, Message::End { ending: Ending::Failed }]);
    assert_eq!(asked.len(), 1);
    let (_, error, _) = talk_in_frames(&[&[accepted, r#"{"message":"ask_otp","name":"x"}"#]]);
    assert!(matches!(error, Some(ClientError::Newer(word)) if word == "ask_otp"));
}

#[test]
fn a_daemon_that_says_what_it_waits_for_has_begun_nothing() {
    let waiting = || Message::Waiting { text: "x".to_owned(), until: None };
    let leave = Request::Leave { domain: None, force: false };
    let (ended, asked) = talk(&leave, vec![vec![ACCEPTED, waiting(), AGAIN], vec![ACCEPTED, END]]);
    assert_eq!((ended.unwrap(), asked), (vec![waiting()], 2));
    let (ended, _) = talk(&leave, vec![vec![ACCEPTED, waiting()]]);
    assert!(matches!(ended, Err(ClientError::Broken(_))), "{ended:?}");
}

/// How a conversation goes with these daemons, and how many of them were asked.
fn talk(request: &Request, parts: Vec<Vec<Message>>) -> (Result<Vec<Message>, ClientError>, usize) {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("socket");
    let asked = serve(UnixListener::bind(&socket).unwrap(), parts);
    let mut said = Vec::new();
    let mut conversation = Conversation::begin(&socket, request, Patience::COMMAND).unwrap();
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

const ACCEPTED: Message = Message::ACCEPTED;
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
        ("one that says its first word again", &status, vec![vec![ACCEPTED, notice(), ACCEPTED]], None),
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
    let asked = Conversation::begin(&socket, &request, Patience::COMMAND);
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
    let mut conversation = Conversation::begin(&socket, &request, Patience::COMMAND).unwrap();
    refusing.join().unwrap();
    assert_eq!(conversation.next_message().unwrap(), END);
}
