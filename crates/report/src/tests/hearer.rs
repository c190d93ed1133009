//! What whoever signs in hears, in their language and in that of the daemon.

use super::samples::{NOW, failure, identity, registered};
use crate::{Hearer, Manners, ask_password, progress, prompt, waiting_for_approval};
use identity::StatusPhase;
use ipc::{FailureReport, Message};
use messages::{Language, Spoken};
use model::{Failure, FailureClass, SERVICE_SAYS, Timestamp, Trace, Upcoming, Who};
use signin::{Notice, PasswordPrompt, Prompt, Reason};
use std::time::Duration;

const LATER: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn hearer(language: Language) -> Hearer {
    Hearer { language, name: Some("alex@contoso.com".parse().unwrap()), ..Hearer::default() }
}

fn wrong_password() -> Failure {
    let message = format!("the user name or password is wrong{SERVICE_SAYS}Error validating credentials.");
    let (class, who) = (FailureClass::NeedsUser, Who::User);
    let failure =
        Failure::local(class, who, "AADSTS50126", message, "Sign in again with the right password.");
    let trace = Trace { http_status: Some(400), correlation_id: Some("c1".to_owned()), ..Trace::default() };
    Failure { trace, ..failure }
}

#[test]
fn english_is_as_it_was_and_another_language_says_the_same_with_the_same_ids() {
    let failure = wrong_password();
    let english = hearer(Language::English).failure(&failure, Upcoming::Nothing);
    assert_eq!(english, FailureReport::from(&failure));
    let german = hearer(Language::German).failure(&failure, Upcoming::Nothing);
    let says =
        "Der Benutzername oder das Kennwort ist falsch; der Dienst meldet: Error validating credentials.";
    assert_eq!(german.message, says);
    assert_eq!(german.advice, "Melden Sie sich erneut mit dem richtigen Kennwort an.");
    assert_eq!(german.who, "Sie");
    let ids =
        |it: &FailureReport| (it.code.clone(), it.class.clone(), it.correlation_id.clone(), it.http_status);
    assert_eq!(ids(&german), ids(&english));
}

#[test]
fn what_goes_on_by_itself_is_said_only_where_it_does() {
    for (class, who, next, who_says, advice) in [
        (
            FailureClass::Transient,
            Who::Nobody,
            Upcoming::UnderWay,
            "niemand; es",
            "erneut versucht; es ist nichts zu tun.",
        ),
        (
            FailureClass::Transient,
            Who::Nobody,
            Upcoming::At(LATER),
            "niemand; es",
            "Es wird um 2027-01-15T08:00:00Z erneut versucht.",
        ),
        (
            FailureClass::Denied,
            Who::TenantAdmin,
            Upcoming::At(LATER),
            "ein Administrator Ihrer",
            "Minuten erneut. Es wird um 2027-",
        ),
        (
            FailureClass::Denied,
            Who::MachineAdmin,
            Upcoming::UnderWay,
            "ein Administrator dieses",
            "in einigen Minuten erneut.",
        ),
        (
            FailureClass::Gone,
            Who::Nobody,
            Upcoming::Nothing,
            "nichts zu beheben",
            "in einigen Minuten erneut.",
        ),
        (
            FailureClass::Broken,
            Who::Developers,
            Upcoming::Nothing,
            "die Entwickler",
            "in einigen Minuten erneut.",
        ),
    ] {
        let failure = Failure::local(class, who, "ServiceBusy", "x".to_owned(), "y");
        let told = hearer(Language::German).failure(&failure, next);
        assert!(told.who.contains(who_says) && told.advice.contains(advice), "{told:?}");
    }
    let busy =
        Failure { delivery: model::Delivery::Answered, ..failure(FailureClass::Broken, "ServiceBusy") };
    let busy = Failure { who: Who::Nobody, ..busy };
    assert!(hearer(Language::German).failure(&busy, Upcoming::Nothing).who.starts_with("der Dienst;"));
}

#[test]
fn who_was_asked_for_and_how_long_to_wait_stands_in_the_sentences() {
    let failure = Failure {
        retry_after: Some(Duration::from_secs(42)),
        ..failure(FailureClass::NeedsUser, "TooManyAttempts")
    };
    let told = hearer(Language::French).failure(&failure, Upcoming::Nothing);
    assert!(told.message.contains("alex@contoso.com") && told.advice.contains("42"), "{told:?}");
}

#[test]
fn a_service_is_asked_whose_name_contains_a_word_of_the_configuration() {
    let manners = |words: &[&str]| Manners {
        spoken: Spoken::new(Some("de"), None),
        asked_services: words.iter().map(|word| (*word).to_owned()).collect(),
    };
    for (words, service, asked) in [
        (&["ssh", "cockpit"][..], "sshd", true),
        (&["ssh", "cockpit"], "cockpit", true),
        (&["ssh", "cockpit"], "login", false),
        (&["relay"], "my-relay", true),
        (&[], "sshd", false),
    ] {
        let hearer = manners(words).at(service);
        assert_eq!((hearer.only_questions, hearer.language), (asked, Language::German), "{service}");
    }
    assert_eq!(
        manners(&["x"]).to_caller(Some("fr")),
        Hearer { language: Language::German, ..Hearer::default() }
    );
}

#[test]
fn a_code_comes_with_its_time_and_its_reason() {
    let shown = Prompt {
        user_code: "ABCD2345".to_owned(),
        verification_uri: "https://microsoft.com/devicelogin".to_owned(),
        expires_at: NOW.after(Duration::from_secs(900)),
        reason: Some(Reason::SecondFactor),
    };
    let asked = Hearer { only_questions: true, ..hearer(Language::Spanish) };
    let said = prompt(&shown, &asked, NOW.after(Duration::from_secs(2)));
    let Message::Prompt { seconds, only_questions, reason, .. } = said else { panic!("{said:?}") };
    assert_eq!((seconds, only_questions), (Some(898), true));
    assert!(reason.unwrap().starts_with("Su organización"));
    let english = prompt(&shown, &Hearer::default(), NOW);
    let Message::Prompt { only_questions, reason, .. } = english else { panic!("{english:?}") };
    assert_eq!((only_questions, reason.as_deref()), (false, Some(Reason::SecondFactor.text())));
    let waiting = waiting_for_approval(&shown, &hearer(Language::German));
    assert!(matches!(waiting, Message::Waiting { text, .. } if text == "Ihre Anmeldung mit dem Code"));
    let (name, reason) = ("alex@contoso.com".parse().unwrap(), Some(Reason::MoreThanPassword));
    let question = ask_password(&PasswordPrompt { name, reason }, &asked);
    let Message::AskPassword { only_questions: true, reason: Some(reason), .. } = question else {
        panic!("{question:?}")
    };
    assert!(reason.starts_with("Su organización"), "{reason}");
}

#[test]
fn notices_and_progress_are_in_the_language_too() {
    let why = Box::new(failure(FailureClass::Transient, "AADSTS90033"));
    let notice = Notice::NotAnswered { why, until: LATER };
    assert_eq!(hearer(Language::English).notice(&notice), notice.text());
    let japanese = hearer(Language::Japanese).notice(&notice);
    assert!(japanese.contains("[AADSTS90033]") && !japanese.contains("。 ["), "{japanese}");
    assert!(hearer(Language::German).notice(&Notice::AnswersAgain).ends_with("antwortet wieder."));
    let status = registered(StatusPhase::Registered, "idle", identity());
    let said = |hearer: &Hearer| match progress(&status, NOW, hearer) {
        Message::Progress { text, .. } => text,
        other => panic!("{other:?}"),
    };
    assert!(said(&Hearer::default()).starts_with("Registered"));
    assert_eq!(said(&hearer(Language::German)), "Dieser Rechner ist registriert.");
}
