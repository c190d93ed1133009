//! Frames: in time, of the right kind, and of a caller who is still there.

use super::samples::{Caller, connected};
use crate::connection::{Connection, ReadError};
use crate::dispatch::ask_code;
use ipc::{Answer, MAX_FRAME, Message, Reader, Request};
use model::Secret;
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep, timeout};

#[tokio::test]
async fn a_request_is_one_frame() {
    let (mut connection, mut caller) = connected();
    caller.says(&Request::Watch {}).await;
    assert_eq!(connection.request().await.unwrap(), Request::Watch {});
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_a_caller_who_went_away_is_not_answered() {
    let header = |length: usize| u32::try_from(length).unwrap().to_be_bytes().to_vec();
    for (what, bytes, gone) in [
        ("too long a frame", header(MAX_FRAME + 1), false),
        ("no JSON", [header(3), b"abc".to_vec()].concat(), false),
        ("no such request", [header(13), br#"{"op":"burn"}"#.to_vec()].concat(), false),
        ("another type", [header(8), br#"{"op":7}"#.to_vec()].concat(), false),
        ("nothing", vec![], true),
        ("half a header", vec![0, 0], true),
        ("half a payload", header(9), true),
    ] {
        let (mut connection, mut caller) = connected();
        caller.sends(&bytes).await;
        drop(caller);
        let error = connection.request().await.unwrap_err();
        assert_eq!(matches!(error, ReadError::Gone(_)), gone, "{what}: {error}");
        assert_eq!(matches!(error, ReadError::Frame(_) | ReadError::Request(_)), !gone, "{what}: {error}");
    }
}

/// The frames of a request and of an answer behind it.
fn request_and_answer() -> Vec<u8> {
    let answer = Answer::Password { password: Secret::new("p".repeat(600)) };
    [ipc::encode(&Request::Watch {}).unwrap(), ipc::encode(&answer).unwrap()].concat()
}

#[tokio::test]
async fn frames_are_read_wherever_they_are_cut() {
    let bytes = request_and_answer();
    for cut in 0..=bytes.len() {
        let (mut connection, mut caller) = connected();
        let (before, after) = bytes.split_at(cut);
        caller.sends(before).await;
        let (request, ()) = tokio::join!(connection.request(), caller.sends(after));
        assert_eq!(request.unwrap(), Request::Watch {}, "{cut}");
        let Ok(Answer::Password { password }) = connection.answer().await else { panic!("{cut}") };
        assert_eq!(password.expose(), &"p".repeat(600), "{cut}");
    }
}

#[tokio::test]
async fn what_is_gathered_is_said_together_and_in_its_order() {
    let long = Message::Notice { text: "x".repeat(MAX_FRAME / 2) };
    let (mut connection, mut caller) = connected();
    connection.gather();
    assert!(connection.say(&Message::ACCEPTED).await && connection.say(&long).await);
    let look = RecvFlags::DONTWAIT | RecvFlags::PEEK;
    assert_eq!(recv(&caller.0, &mut [0; 1], look), Err(Errno::AGAIN), "nothing was said yet");
    assert!(connection.say(&long).await, "more than a frame's length is not held back");
    for expected in [&Message::ACCEPTED, &long, &long] {
        let heard = timeout(Duration::from_secs(10), caller.hears()).await;
        assert_eq!(heard.unwrap().as_ref(), Some(expected));
    }
    let end = Message::End { ending: ipc::Ending::Done };
    assert!(connection.say(&end).await && connection.say_gathered().await);
    assert_eq!(caller.hears().await, Some(end.clone()));
    drop(caller);
    assert!(connection.say(&end).await && !connection.say_gathered().await, "nobody hears it");
    assert!(!connection.say(&end).await && !connection.say_gathered().await);
}

#[tokio::test(start_paused = true)]
async fn a_request_has_half_a_minute_and_an_answer_as_long_as_the_person_wants() {
    let (mut connection, mut caller) = connected();
    let start = Instant::now();
    assert!(matches!(connection.request().await, Err(ReadError::TooSlow)));
    assert_eq!(start.elapsed().as_secs(), 30);
    let typing = tokio::spawn(async move {
        sleep(Duration::from_secs(600)).await;
        caller.says(&Answer::UseCode {}).await;
        caller
    });
    assert!(matches!(connection.answer().await, Ok(Answer::UseCode {})));
    drop(typing.await);
}

#[tokio::test]
async fn a_caller_who_is_gone_is_told_nothing_and_has_hung_up() {
    let (mut connection, caller) = connected();
    assert!(connection.say(&Message::AskRecoveryCode {}).await);
    drop(caller);
    assert!(!connection.say(&Message::AskRecoveryCode {}).await);
    connection.hung_up().await;
}

#[tokio::test]
async fn a_caller_who_goes_on_talking_has_not_hung_up() {
    let (mut connection, mut caller) = connected();
    for _ in 0..3 {
        caller.sends(&[7; 100]).await;
    }
    tokio::select! {
        biased;
        () = connection.hung_up() => panic!("the caller is there"),
        () = tokio::task::yield_now() => {}
    }
    drop(caller);
    connection.hung_up().await;
}

#[tokio::test(start_paused = true)]
async fn a_recovery_code_is_asked_for_and_taken_and_nothing_else_is() {
    let code = || Secret::new("ABCD-EFGH".to_owned());
    for (what, answer, end) in [
        ("the code", Some(Answer::RecoveryCode { code: code() }), Ok("ABCD-EFGH")),
        ("a password", Some(Answer::Password { password: code() }), Err("to another question")),
        ("no code", Some(Answer::UseCode {}), Err("to another question")),
        ("nobody", None, Err("within 15 minutes")),
    ] {
        let (mut connection, mut caller) = connected();
        let asking = tokio::spawn(async move { ask_code(&mut connection).await });
        assert_eq!(caller.hears().await, Some(Message::AskRecoveryCode {}), "{what}");
        if let Some(answer) = answer {
            caller.says(&answer).await;
        }
        match (asking.await.unwrap(), end) {
            (Ok(code), Ok(wanted)) => assert_eq!(code.expose(), wanted, "{what}"),
            (Err(failure), Err(wanted)) => assert!(failure.message.contains(wanted), "{failure:?}"),
            (found, wanted) => panic!("{what}: {found:?}, not {wanted:?}"),
        }
    }
    let (mut connection, caller) = connected();
    drop(caller);
    assert_eq!(ask_code(&mut connection).await.unwrap_err().code, "BadRequest");
}

#[tokio::test]
async fn what_is_said_is_what_the_reader_may_see() {
    let notice = Message::Notice { text: "sam@fabrikam.com and alex@contoso.com".to_owned() };
    let (mut root, mut caller) = connected();
    root.say(&notice).await;
    assert_eq!(caller.hears().await, Some(notice.clone()));
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut reader = Reader::of(ipc::Peer::of(1000, 0));
    reader.asks_for(&"alex@contoso.com".parse().unwrap());
    Connection::new(ours, reader, log_limit::LogLimit::default()).say(&notice).await;
    let shown = Message::Notice { text: "(name hidden) and alex@contoso.com".to_owned() };
    assert_eq!(Caller(theirs).hears().await, Some(shown));
}
