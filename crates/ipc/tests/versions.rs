//! A peer of yesterday, by the bytes that it says and understands, and one of tomorrow.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says where it failed by panicking")]

use ipc::{
    Answer, Ending, FIRST_PROTOCOL, FailureReport, HEADER, Heard, Message, PROTOCOL, RecoveryCode, Request,
    RequestError, StatusDocument, decode, decode_message, decode_request, encode, encode_request,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What was said before versions were exchanged; never changed.
const REQUESTS: &str = include_str!("golden/protocol-1-requests.jsonl");
const ANSWERS: &str = include_str!("golden/protocol-1-answers.jsonl");
const MESSAGES: &str = include_str!("golden/protocol-1-messages.jsonl");

#[test]
fn a_client_of_yesterday_is_understood() {
    for payload in REQUESTS.lines() {
        let asked = decode_request(payload.as_bytes()).unwrap();
        assert_eq!(asked.protocol, FIRST_PROTOCOL, "{payload}");
        // And it is what a daemon of yesterday is asked, byte for byte.
        let frame = encode_request(&asked.request, FIRST_PROTOCOL).unwrap();
        assert_eq!(std::str::from_utf8(&frame[HEADER..]).unwrap(), payload);
    }
    for payload in ANSWERS.lines() {
        let answer: Answer = decode(payload.as_bytes()).unwrap();
        assert_eq!(std::str::from_utf8(&encode(&answer).unwrap()[HEADER..]).unwrap(), payload);
    }
}

#[test]
fn a_daemon_of_yesterday_is_understood() {
    for payload in MESSAGES.lines() {
        let Heard::Known(message) = decode_message(payload.as_bytes()).unwrap() else { panic!("{payload}") };
        if let Message::Accepted { protocol } = message {
            assert_eq!(protocol, FIRST_PROTOCOL);
        }
    }
}

#[test]
fn a_request_names_the_version_of_the_client() {
    let frame = encode_request(&Request::Watch {}, PROTOCOL).unwrap();
    assert_eq!(&frame[HEADER..], format!(r#"{{"op":"watch","protocol":{PROTOCOL}}}"#).as_bytes());
    assert_eq!(decode_request(&frame[HEADER..]).unwrap().protocol, PROTOCOL);
    let Value::Object(said) = serde_json::to_value(Message::ACCEPTED).unwrap() else { panic!("an object") };
    assert_eq!(said["protocol"], PROTOCOL);
}

/// Its rules: every member that it reads is there, and no word stands where it knows a list of them.
#[test]
fn a_client_of_yesterday_hears_nothing_but_its_own_words() {
    let yesterday: Vec<Value> = MESSAGES.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let members: BTreeMap<&str, &Value> =
        yesterday.iter().map(|message| (message["message"].as_str().unwrap(), message)).collect();
    let endings: Vec<&Value> = yesterday.iter().filter_map(|message| message.get("ending")).collect();
    for message in messages() {
        let Some(said) = message.for_protocol(FIRST_PROTOCOL) else { continue };
        let said = serde_json::to_value(&said).unwrap();
        let known = members.get(said["message"].as_str().unwrap());
        let known = known.unwrap_or_else(|| panic!("{message:?} is not known to it"));
        assert_holds(&said, known);
        assert!(said.get("ending").is_none_or(|ending| endings.contains(&ending)), "{said}");
    }
    assert_eq!(Message::Waiting { text: String::new(), until: None }.for_protocol(FIRST_PROTOCOL), None);
    let usage = Message::End { ending: Ending::Usage };
    let to_yesterday = usage.for_protocol(FIRST_PROTOCOL);
    assert_eq!(to_yesterday.as_deref(), Some(&Message::End { ending: Ending::Failed }));
    assert_eq!(usage.for_protocol(PROTOCOL + 1).as_deref(), Some(&usage), "a later one knows it");
}

/// Every member of `known` is in `said`, of the same JSON type.
fn assert_holds(said: &Value, known: &Value) {
    match (said, known) {
        (Value::Object(said), Value::Object(known)) => {
            for (name, value) in known {
                let own = said.get(name).unwrap_or_else(|| panic!("{name} is not said"));
                if !own.is_null() && !value.is_null() {
                    assert_holds(own, value);
                }
            }
        }
        (Value::Array(said), Value::Array(known)) => {
            said.iter().zip(known).for_each(|(said, known)| assert_holds(said, known));
        }
        _ => assert_eq!(std::mem::discriminant(said), std::mem::discriminant(known), "{said} {known}"),
    }
}

#[test]
fn a_client_of_tomorrow_may_say_more_and_its_new_request_is_told_from_nonsense() {
    for payload in REQUESTS.lines() {
        let mut said: Value = serde_json::from_str(payload).unwrap();
        said["protocol"] = json!(PROTOCOL + 7);
        said["dry_run"] = json!({"deep": [1, 2]});
        let asked = decode_request(said.to_string().as_bytes()).unwrap();
        assert_eq!(asked.protocol, PROTOCOL + 7);
        assert_eq!(asked.request, decode_request(payload.as_bytes()).unwrap().request, "{payload}");
    }
    for payload in ANSWERS.lines() {
        let mut said: Value = serde_json::from_str(payload).unwrap();
        said["typed_in"] = json!(3);
        assert!(decode::<Answer>(said.to_string().as_bytes()).is_ok(), "{said}");
    }
    let unknown = decode_request(br#"{"op":"compliance_check\u001b[31m","protocol":9,"domain":null}"#);
    let Err(RequestError::Unknown { op, protocol: 9 }) = unknown else { panic!("{unknown:?}") };
    assert_eq!(op, "compliance_check [31m");
    let long = format!(r#"{{"op":"{}"}}"#, "x".repeat(5000));
    let said = decode_request(long.as_bytes()).unwrap_err().to_string();
    assert!(said.len() < 200 && said.contains(&format!("version {PROTOCOL}")), "{said}");
    for nonsense in
        ["{}", r#"{"op":7}"#, r#"{"op":"watch","protocol":"2"}"#, r#"{"op":"watch","protocol":-1}"#]
    {
        assert!(matches!(decode_request(nonsense.as_bytes()), Err(RequestError::Frame(_))), "{nonsense}");
    }
}

#[test]
fn a_daemon_of_tomorrow_may_say_more() {
    for payload in MESSAGES.lines() {
        let mut said: Value = serde_json::from_str(payload).unwrap();
        said["colour"] = json!(["red"]);
        let heard = decode_message(said.to_string().as_bytes()).unwrap();
        assert_eq!(heard, decode_message(payload.as_bytes()).unwrap());
    }
    for (payload, word, text, wants) in [
        (r#"{"message":"weather","text":"It\u001b rains."}"#, "weather", Some("It  rains."), false),
        (r#"{"message":"weather","text":{"en":"It rains."}}"#, "weather", None, false),
        (r#"{"message":"ask_otp","name":"alex@contoso.com"}"#, "ask_otp", None, true),
    ] {
        let heard = decode_message(payload.as_bytes()).unwrap();
        let text = text.map(str::to_owned);
        assert_eq!(heard, Heard::Unknown { word: word.to_owned(), text }, "{payload}");
        assert_eq!(heard.wants_an_answer(), wants, "{payload}");
    }
    let ended = decode_message(br#"{"message":"end","ending":"half_done"}"#).unwrap();
    assert_eq!(ended, Heard::Known(Message::End { ending: Ending::Failed }));
    for nonsense in
        ["{}", "[]", r#"{"message":7}"#, r#"{"message":"end"}"#, r#"{"message":"notice","text":7}"#]
    {
        assert!(decode_message(nonsense.as_bytes()).is_err(), "{nonsense}");
    }
}

/// A member that is not said any more is empty.
#[test]
fn a_document_that_lacks_members_is_read() {
    let payload =
        r#"{"message":"status","document":{"schema":3,"domains":[{"domain":"contoso.com","identity":{}}]}}"#;
    let Heard::Known(Message::Status { document, more: false }) = decode_message(payload.as_bytes()).unwrap()
    else {
        panic!("it is a status")
    };
    assert_eq!((document.schema, document.domains[0].domain.as_str()), (3, "contoso.com"));
}

#[test]
fn only_what_begins_with_ask_wants_an_answer() {
    for message in messages() {
        let word = serde_json::to_value(&message).unwrap()["message"].as_str().unwrap().to_owned();
        assert_eq!(Heard::Known(message).wants_an_answer(), word.starts_with("ask_"), "{word}");
    }
}

/// One of every kind, and every ending.
fn messages() -> Vec<Message> {
    let text = || "x".to_owned();
    let document: StatusDocument =
        serde_json::from_str(include_str!("../../aad-tool/tests/golden/full.json")).unwrap();
    let mut all = vec![
        Message::ACCEPTED,
        Message::Again {},
        Message::Prompt {
            user_code: text(),
            url: text(),
            expires_at: text(),
            reason: None,
            seconds: Some(0),
            only_questions: true,
        },
        Message::AskPassword { name: text(), reason: None, only_questions: true },
        Message::AskRecoveryCode {},
        Message::AskJoinToken {},
        Message::RecoveryCode { code: RecoveryCode(text()) },
        Message::SignedIn { name: text(), tenant: text() },
        Message::Progress { at: text(), tenant: text(), phase: text(), state: text(), text: text() },
        Message::Notice { text: text() },
        Message::Waiting { text: text(), until: None },
        Message::Status { document: Box::new(document), more: false },
        Message::Failed { failure: Box::new(FailureReport::default()) },
    ];
    all.extend(
        [
            Ending::Done,
            Ending::NotRegistered,
            Ending::NeedsSignIn,
            Ending::Denied,
            Ending::Suspended,
            Ending::NotWritable,
            Ending::Usage,
            Ending::Failed,
        ]
        .map(|ending| Message::End { ending }),
    );
    all
}
