//! Frames from a hostile peer: nothing panics, nothing is waited for, nothing unknown is taken.

use ipc::{
    Answer, FailureReport, FrameError, HEADER, MAX_FRAME, Message, Request, Wait, decode, decode_message,
    decode_request, encode, payload_length,
};
use model::{Failure, FailureClass, Secret, Timestamp, Trace, Who};
use proptest::prelude::*;

fn requests() -> Vec<Request> {
    vec![
        Request::SignIn { name: "alex@contoso.com".into(), wait: Wait::Settled, language: None },
        Request::Status { domain: None },
        Request::Leave { domain: Some("contoso.com".into()), force: true },
        Request::Rebind { domain: None },
        Request::ForgetAccount { name: "alex@contoso.com".into() },
        Request::Watch {},
        Request::TpmRecoveryCode {},
        Request::TpmReseal { with_code: true },
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
        r#"{"op":"reboot"}"#,
        r#"{"op":"status","op":"leave","domain":null,"force":true}"#,
        r#"{"op":"sign_in","name":"a@b.c"}"#,
        r#"{"op":"leave","domain":null,"force":"yes"}"#,
    ] {
        assert!(matches!(decode::<Request>(payload.as_bytes()), Err(FrameError::Malformed(_))), "{payload}");
        assert!(decode_request(payload.as_bytes()).is_err(), "{payload}");
    }
}

fn password(text: &str) -> Answer {
    Answer::Password { password: Secret::new(text.to_owned()) }
}

#[test]
fn the_answers_are_as_written_down() {
    for (answer, payload) in [
        (password("p\"ä"), r#"{"answer":"password","password":"p\"ä"}"#),
        (password(""), r#"{"answer":"password","password":""}"#),
        (Answer::UseCode {}, r#"{"answer":"use_code"}"#),
    ] {
        assert_eq!(encode(&answer).unwrap()[HEADER..], *payload.as_bytes());
        assert!(decode::<Answer>(payload.as_bytes()).is_ok(), "{payload}");
    }
}

#[test]
fn what_asks_for_a_password_is_as_written_down() {
    let ask = Message::AskPassword {
        name: "alex@contoso.com".into(),
        reason: Some("wrong".into()),
        only_questions: false,
    };
    let payload = r#"{"message":"ask_password","name":"alex@contoso.com","reason":"wrong"}"#;
    assert_eq!(encode(&ask).unwrap()[HEADER..], *payload.as_bytes());
    assert_eq!(decode::<Message>(payload.as_bytes()).unwrap(), ask);
}

#[test]
fn what_is_not_exactly_one_answer_is_refused_without_the_password() {
    for payload in [
        r#"{"answer":"password"}"#,
        r#"{"answer":"password","password":null}"#,
        r#"{"answer":"password","password":4711}"#,
        r#"{"answer":"password","password":["hunter2"]}"#,
        r#"{"answer":"password","password":"hunter2"}x"#,
        r#"{"answer":"password","password":"hunter2"#,
        r#"{"answer":"password","password":"hunter2\ud800"}"#,
        r#"{"password":"hunter2"}"#,
        r#"{"answer":"spoken","password":"hunter2"}"#,
        r#"{"answer":"password","password":"hunter2","password":"hunter3"}"#,
        r#"{"op":"status","domain":null}"#,
    ] {
        let error = decode::<Answer>(payload.as_bytes()).unwrap_err();
        assert!(matches!(error, FrameError::Malformed(_)), "{payload}");
        let text = format!("{error} {error:?}");
        assert!(!text.contains("hunter2") && !text.contains("4711"), "{text}");
    }
}

#[test]
fn no_debug_shows_the_password() {
    assert_eq!(format!("{:?}", password("hunter2")), "Password { password: Secret }");
}

#[test]
fn a_request_is_no_answer_and_an_answer_no_request() {
    for request in requests() {
        assert!(decode::<Answer>(&encode(&request).unwrap()[HEADER..]).is_err());
    }
    for answer in [password("hunter2"), Answer::UseCode {}] {
        assert!(decode::<Request>(&encode(&answer).unwrap()[HEADER..]).is_err());
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
        let _ = decode_request(&payload);
        let _ = decode_message(&payload);
        let _ = decode::<Answer>(&payload);
    }

    #[test]
    fn every_password_arrives_as_typed(typed in "\\PC{0,300}|[ -~]{0,300}") {
        let frame = encode(&password(&typed)).unwrap();
        let Answer::Password { password } = decode(&frame[HEADER..]).unwrap() else { unreachable!() };
        prop_assert_eq!(password.expose(), &typed);
    }
}

#[test]
fn a_report_holds_nothing_that_steers_a_terminal() {
    let text = || "a\u{1b}[31m\u{202e}b\r\n".to_owned();
    let mut failure = Failure::local(FailureClass::Denied, Who::User, &text(), text(), &text());
    let ids = || Some(text());
    failure.trace = Trace { http_status: None, request_id: ids(), correlation_id: ids(), server_time: ids() };
    let report = FailureReport::from(&failure);
    let clean = "a [31m b";
    assert_eq!([report.code, report.message, report.advice], [clean; 3].map(str::to_owned));
    for id in [report.request_id, report.correlation_id, report.server_time] {
        assert_eq!(id.as_deref(), Some(clean));
    }
}

#[test]
fn the_time_of_a_report_is_rfc_3339_with_the_server_s_own_words_beside_it_where_they_differ() {
    let ours = Timestamp::parse("2026-11-28T21:59:59Z");
    for (said, time, server_time) in [
        (None, Some("2026-11-28T21:59:59Z"), None),
        (Some("2026-11-28T22:00:00Z"), Some("2026-11-28T22:00:00Z"), None),
        (Some("2026-11-28 22:00:00Z"), Some("2026-11-28T22:00:00Z"), Some("2026-11-28 22:00:00Z")),
        (
            Some("Sat, 28 Nov 2026 22:00:00 GMT"),
            Some("2026-11-28T22:00:00Z"),
            Some("Sat, 28 Nov 2026 22:00:00 GMT"),
        ),
        (Some("gestern"), Some("2026-11-28T21:59:59Z"), Some("gestern")),
    ] {
        let mut failure = Failure::local(FailureClass::Denied, Who::User, "x", String::new(), "");
        failure.at = ours;
        failure.trace.server_time = said.map(str::to_owned);
        let report = FailureReport::from(&failure);
        assert_eq!((report.time.as_deref(), report.server_time.as_deref()), (time, server_time), "{said:?}");
    }
}
