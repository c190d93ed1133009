//! What is said on the socket, word by word, as docs/words.md freezes it.

#![expect(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

use ipc::{
    Answer, Ending, FailureReport, HEADER, Message, PersonAsked, RecoveryCode, Request, StatusDocument, Wait,
    encode,
};
use manual::{Words, check_words, every, join, members, words};
use model::{Failure, FailureClass, Secret, Who};
use serde::Serialize;
use serde_json::Value;

fn json(said: &impl Serialize) -> Value {
    serde_json::from_slice(&encode(said).unwrap()[HEADER..]).unwrap()
}

/// The tag of each, and its members under it.
fn tagged(tag: &str, all: &[Value]) -> Words {
    join(all.iter().flat_map(|value| {
        let name = value[tag].as_str().unwrap();
        let own = value.as_object().unwrap().keys().map(String::as_str).filter(|member| *member != tag);
        [words(tag, [name]), words(name, own)]
    }))
}

#[test]
fn requests_and_answers_are_frozen() {
    let (name, domain) = (String::new, || Some(String::new()));
    let requests = [
        Request::SignIn { name: name(), wait: Wait::Settled, language: Some(String::new()) },
        Request::PamAuthenticate {
            name: name(),
            service: String::new(),
            tty: Some(String::new()),
            rhost: Some(String::new()),
            asked: PersonAsked::Person,
        },
        Request::Join { domain: domain() },
        Request::JoinByToken { domain: domain() },
        Request::Status { domain: domain() },
        Request::Leave { domain: domain(), force: true },
        Request::Rekey { name: name(), to: String::new(), force: true },
        Request::CancelRekey { domain: domain() },
        Request::Rebind { domain: domain() },
        Request::ForgetAccount { name: name() },
        Request::Accounts {},
        Request::ChangeAccount { name: name(), new_name: Some(String::new()), uid: Some(0) },
        Request::ReserveAccount { name: name(), uid: Some(0), home: Some(String::new()) },
        Request::PamSession { name: name(), service: name(), tty: Some(String::new()), open: true },
        Request::Watch {},
        Request::TpmRecoveryCode {},
        Request::TpmReseal { with_code: true },
        Request::TpmTest {},
    ];
    match requests[0] {
        // A further one has to be listed above.
        Request::PamAuthenticate { .. } | Request::Join { .. } | Request::JoinByToken { .. } => {}
        Request::SignIn { .. } | Request::Status { .. } | Request::Leave { .. } | Request::Rekey { .. } => {}
        Request::CancelRekey { .. } | Request::Rebind { .. } | Request::ForgetAccount { .. } => {}
        Request::Accounts {} | Request::ChangeAccount { .. } | Request::ReserveAccount { .. } => {}
        Request::PamSession { .. } => {}
        Request::Watch {} | Request::TpmRecoveryCode {} | Request::TpmReseal { .. } | Request::TpmTest {} => {
        }
    }
    let said = join([tagged("op", &requests.map(|request| json(&request))), words("any", ["protocol"])]);
    check_words("requests", &said).unwrap();
    let secret = || Secret::new(String::new());
    let answers = [
        Answer::Password { password: secret() },
        Answer::UseCode {},
        Answer::RecoveryCode { code: secret() },
        Answer::JoinToken { token: secret() },
    ];
    match answers[0] {
        // A further one has to be listed above.
        Answer::Password { .. } | Answer::UseCode {} | Answer::RecoveryCode { .. } => {}
        Answer::JoinToken { .. } => {}
    }
    check_words("answers", &tagged("answer", &answers.map(|answer| json(&answer)))).unwrap();
}

#[test]
fn messages_are_frozen() {
    let text = String::new;
    let document = serde_json::from_str(DOCUMENT).unwrap();
    let messages = [
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
        Message::Status { document, more: true },
        Message::Accounts { accounts: Vec::new(), more: true },
        Message::Failed { failure: Box::new(report(FailureClass::Gone)) },
        Message::End { ending: Ending::Done },
    ];
    match messages[0] {
        // A further one has to be listed above.
        Message::Accepted { .. } | Message::Again {} | Message::Unknown => {}
        Message::Prompt { .. } | Message::AskPassword { .. } | Message::AskRecoveryCode {} => {}
        Message::AskJoinToken {} => {}
        Message::RecoveryCode { .. } | Message::SignedIn { .. } | Message::Progress { .. } => {}
        Message::Notice { .. } | Message::Waiting { .. } => {}
        Message::Accounts { .. } => {}
        Message::Status { .. } | Message::Failed { .. } | Message::End { .. } => {}
    }
    check_words("messages", &tagged("message", &messages.map(|message| json(&message)))).unwrap();
}

#[test]
fn values_on_the_socket_are_frozen() {
    let texts =
        |values: &[Value]| values.iter().map(|value| value.as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let waits = texts(&every!(Wait: SignedIn, Settled).map(|wait| json(&wait)));
    let endings = every!(Ending: Done, NotRegistered, NeedsSignIn, Denied, Suspended, NotWritable, Usage, Failed, NotServed);
    let endings = texts(&endings.map(|ending| json(&ending)));
    let classes = every!(FailureClass: Transient, NeedsUser, Denied, Gone, Broken);
    let classes = classes.map(|class| report(class).class);
    let said = join([
        words("wait", waits.iter().map(String::as_str)),
        words("ending", endings.iter().map(String::as_str)),
        words("failure.class", classes.iter().map(String::as_str)),
    ]);
    check_words("values on the socket", &said).unwrap();
}

#[test]
fn members_of_the_status_document_are_frozen() {
    let document: StatusDocument = serde_json::from_str(DOCUMENT).unwrap();
    check_words("members of the status document", &members("document", &json(&document))).unwrap();
}

fn report(class: FailureClass) -> FailureReport {
    FailureReport::from(&Failure::local(class, Who::User, "x", String::new(), ""))
}

/// One that lacks nothing.
const DOCUMENT: &str = include_str!("../../aad-tool/tests/golden/full.json");
