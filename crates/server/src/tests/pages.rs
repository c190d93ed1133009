//! Answers that are longer than a frame: in pages to who reads pages, and never as silence.

use super::samples::{Caller, NOW, connected, status, view};
use crate::connection::Connection;
use crate::dispatch::tell_status;
use identity::StatusPhase;
use ipc::{AccountEntry, Ending, FIRST_PROTOCOL, MAX_FRAME, Message, PROTOCOL, Request, StatusDocument};
use model::{Failure, FailureClass, Requester, Who};
use report::{About, DocumentParts};
use tenancy_model::PreparedView;

/// A caller of this version has asked.
async fn asked(protocol: u32) -> (Connection, Caller) {
    let (mut connection, mut caller) = connected();
    caller.sends(&ipc::encode_request(&Request::Watch {}, protocol).unwrap()).await;
    connection.request().await.unwrap();
    (connection, caller)
}

fn parts(domains: usize) -> DocumentParts {
    let about = About {
        version: "0.1.0".to_owned(),
        key_store: "soft".to_owned(),
        notices: vec!["n".to_owned()],
        key_problems: vec![],
    };
    let registered = || Some(status(StatusPhase::Registered, "idle"));
    DocumentParts {
        about,
        prepared: PreparedView::default(),
        views: (0..domains).map(|n| view(&format!("d{n}.example"), registered())).collect(),
        left: vec![],
        for_root: true,
        by: Requester(0),
        now: NOW,
    }
}

/// What a caller of this version hears of so many domains, and why it does not.
async fn told(protocol: u32, domains: usize) -> (Vec<(StatusDocument, bool)>, Option<Failure>) {
    let (mut connection, mut caller) = asked(protocol).await;
    let telling = tokio::spawn(async move { tell_status(&mut connection, &parts(domains)).await.err() });
    let mut heard = Vec::new();
    while let Some(message) = caller.hears().await {
        let Message::Status { document, more } = message else { panic!("{message:?}") };
        heard.push((*document, more));
    }
    (heard, telling.await.unwrap())
}

#[tokio::test]
async fn the_status_of_five_hundred_domains_comes_in_pages() {
    let (heard, failure) = told(PROTOCOL, 500).await;
    assert!(heard.len() > 4 && failure.is_none(), "{} {failure:?}", heard.len());
    assert!(heard.iter().rev().skip(1).all(|(_, more)| *more) && !heard.last().unwrap().1);
    let domains = heard.iter().flat_map(|(page, _)| &page.domains).map(|it| it.domain.clone());
    assert_eq!(domains.collect::<Vec<_>>(), (0..500).map(|n| format!("d{n}.example")).collect::<Vec<_>>());
}

#[tokio::test]
async fn who_reads_no_pages_gets_one_frame_or_the_reason_why_not() {
    for protocol in [FIRST_PROTOCOL, 2] {
        let (heard, failure) = told(protocol, 20).await;
        assert_eq!((heard.len(), failure), (1, None), "version {protocol}");
        assert_eq!((heard[0].0.domains.len(), heard[0].1), (20, false));
        let (heard, failure) = told(protocol, 500).await;
        assert!(heard.is_empty(), "half an answer is none");
        assert_eq!(failure.unwrap().code, "AnswerTooLong");
    }
    let (heard, _) = told(PROTOCOL, 1).await;
    assert_eq!(heard.len(), 1);
}

/// Every kind of message that has a text of any length.
#[tokio::test]
async fn what_no_frame_holds_is_a_failure_that_ends_the_conversation() {
    let long = || "x".repeat(MAX_FRAME);
    let failure = Failure::local(FailureClass::Broken, Who::User, "x", String::new(), "");
    let failure = ipc::FailureReport { message: long(), ..ipc::FailureReport::from(&failure) };
    let document = StatusDocument { notices: vec![long()], ..StatusDocument::default() };
    let account = AccountEntry { name: long(), ..AccountEntry::default() };
    for message in [
        Message::Notice { text: long() },
        Message::Waiting { text: long(), until: None },
        Message::SignedIn { name: long(), tenant: String::new() },
        Message::AskPassword { name: long(), reason: None, only_questions: false },
        Message::Failed { failure: Box::new(failure) },
        Message::Status { document: Box::new(document), more: false },
        Message::Accounts { accounts: vec![account], more: false },
    ] {
        let (mut connection, mut caller) = asked(PROTOCOL).await;
        assert!(!connection.say(&message).await);
        assert!(!connection.say(&Message::End { ending: Ending::Done }).await, "the last word was said");
        drop(connection);
        let Some(Message::Failed { failure }) = caller.hears().await else { panic!("{message:?}") };
        assert_eq!(failure.code, "AnswerTooLong");
        assert_eq!(caller.hears().await, Some(Message::End { ending: Ending::Failed }));
        assert_eq!(caller.hears().await, None);
    }
}
