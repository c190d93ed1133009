//! When a conversation goes on, and when it ends.

use super::samples::{NOW, connected, failure, status, view};
use crate::dispatch::rebinding;
use crate::talk::{
    PATIENCE, Until, first_use, follow_by, has_left, is_about_who_came, is_settled, only_domain,
    parse_domain, parse_name, suspended_by,
};
use driver::RebindStarted;
use hsm::BoundTo;
use identity::{Status, StatusPhase, WaitsFor};
use ipc::{Ending, Message};
use model::{DeviceTrouble, Failure, FailureClass, STATE_NOT_WRITABLE, Timestamp, Trace, Who};
use signin::{SessionState, UserStatus};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_registration_is_settled_at_rest_or_while_it_waits_for_somebody_or_for_long() {
    let joining = || status(StatusPhase::Enrolling, "joining");
    let waking = |wait| Status { wake_at: Some(NOW.after(wait)), ..joining() };
    for (what, status, settled) in [
        ("a work in flight", joining(), false),
        ("tried again in a second", waking(SECOND), false),
        ("tried again just before patience ends", waking(PATIENCE), false),
        ("tried again later than that", waking(PATIENCE + SECOND), true),
        ("tried again in a day", waking(24 * 60 * PATIENCE), true),
        ("overdue", Status { wake_at: Some(Timestamp::from_secs(0)), ..joining() }, false),
        ("waits for a person", Status { waits_for: Some(WaitsFor::SignInToFinish), ..joining() }, true),
        (
            "waits for an administrator",
            Status { waits_for: Some(WaitsFor::Administrator), ..joining() },
            true,
        ),
        ("idle", status(StatusPhase::Registered, "idle"), true),
        ("enrolled", status(StatusPhase::IntuneEnrolled, "intune_enrolled"), true),
        ("verifying", status(StatusPhase::Registered, "verifying"), false),
        ("enrolling into Intune", status(StatusPhase::Registered, "intune_enrolling"), false),
        (
            "a failure that is tried again",
            Status { failure: Some(failure(FailureClass::Transient, "Unreachable")), ..waking(SECOND) },
            false,
        ),
    ] {
        assert_eq!(is_settled(&status, NOW), settled, "{what}");
    }
}

#[test]
fn a_leave_is_over_when_nothing_is_left_or_an_operator_has_to_decide() {
    let leaving = || status(StatusPhase::Leaving, "unregistering");
    for (what, status, left) in [
        ("a work in flight", leaving(), false),
        ("tried again in a day", Status { wake_at: Some(NOW.after(24 * 60 * PATIENCE)), ..leaving() }, false),
        ("stuck", Status { waits_for: Some(WaitsFor::Operator), ..leaving() }, true),
        ("waits for a sign-in", Status { waits_for: Some(WaitsFor::SignInToFinish), ..leaving() }, false),
        ("gone", status(StatusPhase::Unregistered, "unregistered"), true),
    ] {
        assert_eq!(has_left(&status, NOW), left, "{what}");
    }
}

/// Follows a machine through these statuses, each sent when the one before was told, and then lets go of it.
async fn followed(statuses: Vec<Status>) -> (Ending, Vec<String>) {
    let (mut connection, mut caller) = connected();
    let (tell, told) = watch::channel(Arc::new(statuses[0].clone()));
    let following = tokio::spawn(async move {
        let (_writable, unwritable) = watch::channel(None);
        let ending = follow_by(&mut connection, (&|| NOW, unwritable), told, Until::SETTLED).await;
        drop(connection);
        ending.unwrap()
    });
    let mut heard = Vec::new();
    let mut rest = statuses.into_iter().skip(1);
    let mut tell = Some(tell);
    while let Some(message) = caller.hears().await {
        let said = match message {
            Message::Progress { state, .. } => state,
            Message::Failed { failure } => failure.code,
            other => panic!("{other:?}"),
        };
        heard.push(said);
        match (rest.next(), &tell) {
            // The conversation may be over already.
            (Some(next), Some(tell)) => drop(tell.send(Arc::new(next))),
            _ => tell = None,
        }
    }
    (following.await.unwrap(), heard)
}

#[tokio::test]
async fn every_change_is_told_until_the_machine_is_at_rest() {
    let (ending, heard) = followed(vec![
        status(StatusPhase::Enrolling, "joining"),
        status(StatusPhase::Registered, "verifying"),
        status(StatusPhase::Registered, "idle"),
        status(StatusPhase::Leaving, "retiring"),
    ])
    .await;
    assert_eq!((ending, heard), (Ending::Done, ["joining", "verifying", "idle"].map(str::to_owned).to_vec()));
}

#[tokio::test]
async fn a_conversation_ends_when_the_machine_waits_for_long_and_says_why() {
    let waiting = Status {
        wake_at: Some(NOW.after(PATIENCE + SECOND)),
        failure: Some(failure(FailureClass::Transient, "Unreachable")),
        ..status(StatusPhase::Enrolling, "joining")
    };
    // More would come; nobody waits for it.
    let (ending, heard) = followed(vec![
        status(StatusPhase::Enrolling, "discovering"),
        waiting,
        status(StatusPhase::Registered, "verifying"),
    ])
    .await;
    assert_eq!(
        (ending, heard),
        (Ending::Failed, ["discovering", "joining", "Unreachable"].map(str::to_owned).to_vec())
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_tried_again_and_again_is_watched_for_a_minute() {
    let begun = tokio::time::Instant::now();
    for (until, limited) in [(Until::SETTLED, true), (Until::BOUND, true), (Until::LEFT, false)] {
        let (mut connection, mut caller) = connected();
        let trying = Status {
            failure: Some(failure(FailureClass::Transient, "NotJson")),
            wake_at: Some(NOW.after(SECOND)),
            ..status(StatusPhase::Registered, "verifying")
        };
        let (tell, told) = watch::channel(Arc::new(trying.clone()));
        let (_writable, unwritable) = watch::channel(None);
        let following =
            tokio::spawn(async move { follow_by(&mut connection, (&|| NOW, unwritable), told, until).await });
        let trying = tokio::spawn(async move {
            loop {
                tokio::time::sleep(7 * SECOND).await;
                // It is tried, and fails once more.
                tell.send_replace(Arc::new(Status { wake_at: None, ..trying.clone() }));
                tell.send_replace(Arc::new(trying.clone()));
            }
        });
        let hearing = tokio::spawn(async move { while caller.hears().await.is_some() {} });
        let ended = tokio::time::timeout(10 * PATIENCE, following).await;
        assert_eq!(ended.is_ok(), limited);
        assert!(!limited || ended.unwrap().unwrap() == Ok(Ending::Done));
        trying.abort();
        hearing.abort();
    }
    assert_eq!(begun.elapsed(), 2 * PATIENCE + 10 * PATIENCE);
}

#[tokio::test]
async fn a_machine_that_goes_away_ends_the_conversation() {
    let (ending, heard) = followed(vec![status(StatusPhase::Enrolling, "joining")]).await;
    assert_eq!((ending, heard), (Ending::Failed, vec!["joining".to_owned()]));
}

#[tokio::test]
async fn a_caller_that_hangs_up_is_followed_no_longer() {
    let (mut connection, caller) = connected();
    let (_tell, told) = watch::channel(Arc::new(status(StatusPhase::Enrolling, "joining")));
    drop(caller);
    let (_writable, unwritable) = watch::channel(None);
    let ending = follow_by(&mut connection, (&|| NOW, unwritable), told, Until::SETTLED).await.unwrap();
    assert_eq!(ending, Ending::Failed);
}

fn disk_full() -> Failure {
    failure(FailureClass::Broken, STATE_NOT_WRITABLE)
}

/// What becomes of a conversation whose machine is in this state and goes nowhere, when a write fails meanwhile.
async fn unwritable(now: Status, until: Until) -> Result<Ending, Failure> {
    let (mut connection, mut caller) = connected();
    let (_tell, told) = watch::channel(Arc::new(now));
    let (fails, unwritable) = watch::channel(None);
    let following =
        tokio::spawn(async move { follow_by(&mut connection, (&|| NOW, unwritable), told, until).await });
    assert!(matches!(caller.hears().await, Some(Message::Progress { .. })));
    fails.send(Some(disk_full())).unwrap();
    let ended = tokio::time::timeout(10 * SECOND, following).await;
    ended.expect("it goes on for ever").unwrap()
}

#[tokio::test]
async fn a_write_that_fails_ends_every_conversation_that_follows_a_machine() {
    for (state, until) in [
        (status(StatusPhase::Enrolling, "creating_keys"), Until::SETTLED),
        (status(StatusPhase::Enrolling, "joining"), Until::SETTLED),
        (status(StatusPhase::Registered, "verifying"), Until::SETTLED),
        (status(StatusPhase::Registered, "intune_enrolling"), Until::SETTLED),
        (status(StatusPhase::Registered, "rebinding"), Until::BOUND),
        (status(StatusPhase::Leaving, "retiring"), Until::LEFT),
        (status(StatusPhase::Leaving, "erasing"), Until::LEFT),
    ] {
        let what = state.state;
        assert_eq!(unwritable(state, until).await, Err(disk_full()), "{what}");
    }
}

/// What becomes of one that begins when nothing can be written any more.
async fn begun_unwritable(now: Status, until: Until) -> Result<Ending, Failure> {
    let (mut connection, _caller) = connected();
    let (_tell, told) = watch::channel(Arc::new(now));
    let (_fails, unwritable) = watch::channel(Some(disk_full()));
    follow_by(&mut connection, (&|| NOW, unwritable), told, until).await
}

#[tokio::test]
async fn what_is_on_disk_already_is_done_whatever_cannot_be_written_afterwards() {
    let (idle, gone) =
        (status(StatusPhase::Registered, "idle"), status(StatusPhase::Unregistered, "unregistered"));
    for (what, state, until, ending) in [
        ("a registered machine", idle.clone(), Until::SETTLED, Some(Ending::Done)),
        ("keys that should have been bound", idle, Until::BOUND, None),
        ("a machine that has left", gone.clone(), Until::LEFT, Some(Ending::NotRegistered)),
        ("a machine that should have registered", gone, Until::SETTLED, None),
    ] {
        let wanted = ending.ok_or_else(disk_full);
        assert_eq!(begun_unwritable(state, until).await, wanted, "{what}");
    }
}

#[tokio::test]
async fn a_machine_that_goes_away_because_of_the_disk_says_so() {
    let (mut connection, mut caller) = connected();
    let (tell, told) = watch::channel(Arc::new(status(StatusPhase::Enrolling, "joining")));
    let (fails, unwritable) = watch::channel(None);
    let following =
        tokio::spawn(
            async move { follow_by(&mut connection, (&|| NOW, unwritable), told, Until::SETTLED).await },
        );
    assert!(matches!(caller.hears().await, Some(Message::Progress { .. })));
    // As the loop does it: why comes first, then the machines are what they are on disk.
    fails.send(Some(disk_full())).unwrap();
    drop(tell);
    assert_eq!(following.await.unwrap(), Err(disk_full()));
}

#[test]
fn a_domain_that_is_not_named_is_the_only_one_that_leads_to_a_tenant() {
    let of = |domain| view(domain, Some(status(StatusPhase::Registered, "idle")));
    let unresolved = || view("fabrikam.com", None);
    for (what, views, end) in [
        ("none", vec![], Err(("NotRegistered", FailureClass::Gone))),
        ("none resolved", vec![unresolved()], Err(("NotRegistered", FailureClass::Gone))),
        ("one", vec![of("contoso.com")], Ok("contoso.com")),
        ("one resolved", vec![unresolved(), of("contoso.com")], Ok("contoso.com")),
        ("two", vec![of("contoso.com"), of("adatum.com")], Err(("BadName", FailureClass::Broken))),
    ] {
        let found = only_domain(views, "There is nothing to leave.");
        if let Err(failure) = &found {
            let nothing = failure.advice == "There is nothing to leave.";
            assert_eq!(nothing, failure.code == "NotRegistered", "{what}");
        }
        let found = found.map(|domain| domain.to_string()).map_err(|it| (it.code, it.class));
        assert_eq!(found, end.map(str::to_owned).map_err(|(code, class)| (code.to_owned(), class)), "{what}");
    }
}

#[test]
fn only_our_own_words_to_whoever_came_are_about_them() {
    let failed = |who, http_status| Failure {
        who,
        trace: Trace { http_status, ..Trace::default() },
        ..failure(FailureClass::NeedsUser, "x")
    };
    for (who, http_status, about) in [
        (Who::User, None, true),
        // The words of the service may be about anybody, and so may a record that cannot be written.
        (Who::User, Some(400), false),
        (Who::MachineAdmin, None, false),
        (Who::TenantAdmin, Some(400), false),
    ] {
        assert_eq!(is_about_who_came(&failed(who, http_status)), about, "{who} {http_status:?}");
    }
}

#[test]
fn names_that_are_none_are_the_caller_s_to_mend() {
    for text in ["", "alex", "alex@", "@contoso.com", "alex@contoso..com", "a b@contoso.com"] {
        let failure = parse_name(text).unwrap_err();
        assert_eq!((failure.code.as_str(), failure.who), ("BadName", model::Who::User), "{text}");
    }
    for text in ["", "no domain", "contoso..com", "-.com"] {
        assert_eq!(parse_domain(text).unwrap_err().code, "BadName", "{text}");
    }
    assert_eq!(parse_name("Alex@Contoso.com").unwrap().as_str(), "alex@contoso.com");
}

#[tokio::test(start_paused = true)]
async fn a_first_use_of_keys_that_suspends_is_told_and_nothing_else_is() {
    let trouble = |trouble| Failure { trouble, ..failure(FailureClass::Broken, "ClonedMachine") };
    let session = |state, failure| UserStatus {
        state,
        obtained_at: None,
        renewed_at: None,
        expires_at: None,
        next_at: None,
        failure,
    };
    let cloned = || trouble(Some(DeviceTrouble::Cloned));
    let (idle, gone) = (status(StatusPhase::Registered, "idle"), status(StatusPhase::Suspended, "suspended"));
    for (what, tried, suspends, told) in [
        ("a session that is held", Some(session(SessionState::Holding, None)), false, false),
        ("a fault that passes", Some(session(SessionState::Obtaining, Some(trouble(None)))), false, false),
        ("a trouble that does not suspend", Some(session(SessionState::Lost, Some(cloned()))), false, false),
        ("a trouble that suspends", Some(session(SessionState::Lost, Some(cloned()))), true, true),
        ("a session that is ended with the identity", None, true, true),
        ("a service that does not answer", Some(session(SessionState::Obtaining, None)), false, false),
    ] {
        let (tell_session, in_session) = watch::channel(session(SessionState::Empty, None));
        let (tell, told_status) = watch::channel(Arc::new(idle.clone()));
        let waiting = tokio::spawn(first_use(told_status, in_session));
        tokio::task::yield_now().await;
        let keeps = tried.map(|tried| {
            tell_session.send_replace(tried);
            tell_session
        });
        tokio::time::sleep(Duration::from_millis(500)).await;
        if suspends {
            tell.send_replace(Arc::new(gone.clone()));
        }
        assert_eq!(waiting.await.unwrap().is_some(), told, "{what}");
        drop(keeps);
    }
}

#[tokio::test(start_paused = true)]
async fn only_what_says_something_of_the_device_is_waited_for() {
    let cloned = Failure { trouble: Some(DeviceTrouble::Cloned), ..failure(FailureClass::Broken, "x") };
    let wrong = failure(FailureClass::NeedsUser, "x");
    let trace = Trace { http_status: Some(400), ..Trace::default() };
    let disabled = Failure { trace, ..cloned.clone() };
    let (suspended, idle) =
        (status(StatusPhase::Suspended, "suspended"), status(StatusPhase::Registered, "idle"));
    for (failure, now, wanted) in [
        (&cloned, &suspended, true),
        (&cloned, &idle, false),
        (&wrong, &suspended, false),
        (&disabled, &suspended, false),
    ] {
        let (_tell, told) = watch::channel(Arc::new(now.clone()));
        assert_eq!(suspended_by(failure, told).await, wanted, "{now:?}");
    }
}

#[test]
fn a_rebinding_names_components_and_no_values() {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let (_, status) = watch::channel(Arc::new(status(StatusPhase::Registered, "rebinding")));
    let before =
        BoundTo { components: names(&["machine-id", "product-uuid"]), changed: names(&["machine-id"]) };
    let domains = vec!["contoso.com".parse().unwrap(), "adatum.com".parse().unwrap()];
    let mut started = RebindStarted { domains, before, now: names(&["machine-id"]), status };
    assert_eq!(
        rebinding(&started),
        [
            "Until now the keys of contoso.com, adatum.com record: machine-id, product-uuid.",
            "Changed since: machine-id.",
            "From now on they record of this machine: machine-id.",
        ]
    );
    started.before.changed.clear();
    assert_eq!(rebinding(&started)[1], "Changed since: nothing.");
}

#[tokio::test]
async fn a_registration_is_told_in_the_language_of_whoever_signs_in() {
    let (mut connection, mut caller) = connected();
    connection.hearer.language = messages::Language::German;
    let failed = Status {
        failure: Some(failure(FailureClass::Denied, "error_directory_quota_exceeded")),
        waits_for: Some(WaitsFor::Administrator),
        ..status(StatusPhase::Unregistered, "idle")
    };
    let (tell, told) = watch::channel(Arc::new(failed));
    let (_writable, unwritable) = watch::channel(None);
    let following = async { follow_by(&mut connection, (&|| NOW, unwritable), told, Until::SETTLED).await };
    assert_eq!(following.await.unwrap(), Ending::Denied);
    drop((connection, tell));
    let Some(Message::Progress { text, .. }) = caller.hears().await else { panic!("progress") };
    assert_eq!(text, "Dieser Rechner ist nicht registriert.");
    let Some(Message::Failed { failure }) = caller.hears().await else { panic!("a failure") };
    assert!(failure.message.starts_with("Die Höchstzahl der Geräte"), "{failure:?}");
    assert_eq!(failure.code, "error_directory_quota_exceeded");
}
