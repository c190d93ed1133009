//! Frames from a hostile peer: nothing panics, nothing is waited for, nothing unknown is taken.

use ipc::{FrameError, MAX_FRAME, Message, Request, Wait, decode, encode, payload_length};
use proptest::prelude::*;

fn requests() -> Vec<Request> {
    vec![
        Request::SignIn { name: "alex@contoso.com".into(), wait: Wait::Settled },
        Request::Status { domain: None },
        Request::Leave { domain: Some("contoso.com".into()), force: true },
        Request::ForgetAccount { name: "alex@contoso.com".into() },
        Request::Watch {},
    ]
}

#[test]
fn every_request_survives_its_frame() {
    for request in requests() {
        let frame = encode(&request).unwrap();
        let header = frame[..4].try_into().unwrap();
        assert_eq!(payload_length(header).unwrap(), frame.len() - 4);
        assert_eq!(decode::<Request>(&frame[4..]).unwrap(), request);
    }
}

#[test]
fn what_is_not_exactly_one_known_message_is_refused() {
    for payload in [
        "",
        "{}",
        "[]",
        r#"{"op":"status","domain":null}x"#,
        r#"{"op":"status","domain":null,"more":1}"#,
        r#"{"op":"reboot"}"#,
        r#"{"op":"sign_in","name":"a@b.c"}"#,
        r#"{"op":"leave","domain":null,"force":"yes"}"#,
    ] {
        assert!(matches!(decode::<Request>(payload.as_bytes()), Err(FrameError::Malformed(_))), "{payload}");
    }
}

#[test]
fn a_length_above_the_cap_is_refused_before_anything_is_read() {
    assert!(payload_length((MAX_FRAME as u32).to_be_bytes()).is_ok());
    assert!(payload_length((MAX_FRAME as u32 + 1).to_be_bytes()).is_err());
    assert!(payload_length([0xff; 4]).is_err());
    let long = Message::Notice { text: "x".repeat(MAX_FRAME) };
    assert!(matches!(encode(&long), Err(FrameError::TooLong { .. })));
}

#[test]
fn deep_nesting_is_refused() {
    let payload = "[".repeat(60_000);
    assert!(decode::<Request>(payload.as_bytes()).is_err());
}

proptest! {
    #[test]
    fn garbage_never_panics(payload in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _ = decode::<Request>(&payload);
        let _ = decode::<Message>(&payload);
    }
}
