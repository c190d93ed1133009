//! Who may read which names, in every message.

use super::*;
use crate::{FailureReport, StatusDocument};
use model::{Failure, FailureClass, Trace, Who};

const SAM: &str = "User 'Sam Weber' (sam_fabrikam.com#EXT#@contoso.onmicrosoft.com) is not alex@contoso.com";

fn reader(own: Option<&str>) -> Reader {
    let mut reader = Reader::of(Peer::of(1000, 0));
    own.iter().for_each(|name| reader.asks_for(&name.parse().unwrap()));
    reader
}

fn failed(http_status: Option<u16>) -> Message {
    let failure = Failure::local(
        FailureClass::Denied,
        Who::User,
        "AADSTS50020",
        SAM.to_owned(),
        "Ask sam@fabrikam.com.",
    );
    let request_id = Some("sam@fabrikam.com".to_owned());
    let failure = Failure { trace: Trace { http_status, request_id, ..Trace::default() }, ..failure };
    Message::Failed { failure: Box::new(FailureReport::from(&failure)) }
}

fn text(message: &Message, reader: &Reader) -> String {
    serde_json::to_string(&reader.shown(message).unwrap()).unwrap()
}

/// One that lacks nothing, with this failure at every place that has one.
fn document() -> Message {
    let mut document: StatusDocument =
        serde_json::from_str(include_str!("../../../aad-tool/tests/golden/full.json")).unwrap();
    let Message::Failed { failure } = failed(Some(400)) else { panic!("it is one") };
    for domain in &mut document.domains {
        domain.failure = Some(*failure.clone());
        domain.summary = format!("Tried again at noon: {SAM}.");
        domain.attempts.iter_mut().for_each(|attempt| attempt.failure = Some(*failure.clone()));
        domain.sessions.iter_mut().for_each(|session| session.failure = Some(*failure.clone()));
        domain.others.iter_mut().for_each(|other| other.failure = Some(*failure.clone()));
        let keys = domain.identity.iter_mut().flat_map(|identity| &mut identity.keys);
        keys.for_each(|key| key.problem = Some("key of sam@fabrikam.com".to_owned()));
    }
    document.notices.push("a remark on sam@fabrikam.com".to_owned());
    Message::Status { document: Box::new(document), more: false }
}

fn progress() -> Message {
    let empty = String::new;
    Message::Progress { at: empty(), tenant: empty(), phase: empty(), state: empty(), text: SAM.to_owned() }
}

#[test]
fn nobody_but_root_reads_the_names_of_others_anywhere() {
    let notice = Message::Notice { text: format!("{SAM}, says another product") };
    // Names in quotes are in the words of a service only.
    for (message, quoted) in [
        (failed(Some(400)), true),
        (failed(None), false),
        (progress(), true),
        (notice, false),
        (document(), true),
    ] {
        assert_eq!(*Reader::of(Peer::of(0, 0)).shown(&message).unwrap(), message, "root reads it as it is");
        for own in [None, Some("alex@contoso.com"), Some("kim@contoso.com")] {
            let shown = text(&message, &reader(own));
            assert!(!shown.contains("sam") && !shown.contains("#EXT#"), "{shown}");
            assert_eq!(shown.contains("Sam Weber"), !quoted, "{shown}");
            assert_eq!(shown.contains("is not alex@contoso.com"), own == Some("alex@contoso.com"), "{shown}");
            assert!(shown.contains("is not"), "what is no name stays: {shown}");
        }
    }
}

#[test]
fn whoever_came_instead_is_told_who_they_are() {
    let mut reader = reader(Some("alex@contoso.com"));
    reader.hears_of_themselves();
    assert_eq!(*reader.shown(&failed(None)).unwrap(), failed(None));
    let mut root = Reader::of(Peer::of(0, 0));
    root.hears_of_themselves();
    assert!(matches!(root, Reader::Root));
}

#[test]
fn what_the_reader_asked_for_comes_as_it_is() {
    let text = || "alex@contoso.com".to_owned();
    for message in [
        Message::AskPassword { name: text(), reason: None, only_questions: false },
        Message::SignedIn { name: text(), tenant: "x".to_owned() },
        Message::Prompt {
            user_code: "A'B'C".to_owned(),
            url: "https://a@b.example/".to_owned(),
            expires_at: String::new(),
            reason: None,
            seconds: None,
            only_questions: false,
        },
    ] {
        assert_eq!(*reader(None).shown(&message).unwrap(), message);
    }
}
