//! How a conversation ends, and the sentences on the way.

use super::samples::{NOW, failure, id, identity, owner, registered, status, view};
use crate::concern::{Concern, concerns};
use crate::{Hearer, ending, ending_of, ending_of_view, left_behind, progress, rebind_failure, still_there};
use identity::{
    Attempt, Identity, LedgerKind, LedgerLine, Phase, Snapshot, Status, StatusPhase, Suspension, WaitsFor,
};
use ipc::{Ending, Message};
use model::{Cloud, DeviceId, DeviceTrouble, Failure, FailureClass, Requester, Trace, Who};
use signin::{SessionState, UserStatus};
use std::time::Duration;
use views::{DomainView, KeyTest, SignInView, UserView};

const CLASSES: [(FailureClass, Ending); 5] = [
    (FailureClass::NeedsUser, Ending::NeedsSignIn),
    (FailureClass::Denied, Ending::Denied),
    (FailureClass::Gone, Ending::NotRegistered),
    (FailureClass::Transient, Ending::Failed),
    (FailureClass::Broken, Ending::Failed),
];

#[test]
fn a_conversation_ends_by_the_phase_then_by_the_failure() {
    let none = None;
    for (phase, class, wanted) in [
        (StatusPhase::Suspended, none, Ending::Suspended),
        (StatusPhase::Suspended, Some(FailureClass::Denied), Ending::Suspended),
        (StatusPhase::Registered, none, Ending::Done),
        (StatusPhase::Registered, Some(FailureClass::Broken), Ending::Done),
        (StatusPhase::IntuneEnrolled, Some(FailureClass::Transient), Ending::Done),
        (StatusPhase::Enrolling, none, Ending::NotRegistered),
        (StatusPhase::Leaving, none, Ending::Failed),
        (StatusPhase::Unregistered, none, Ending::NotRegistered),
    ] {
        let failure = class.map(|class| failure(class, "x"));
        assert_eq!(ending(&Status { failure, ..status(phase, "joining") }), wanted, "{phase:?} {class:?}");
    }
    for (class, wanted) in CLASSES {
        assert_eq!(ending_of(&failure(class, "x")), wanted);
        assert_eq!(ending_of(&failure(class, model::STATE_NOT_WRITABLE)), Ending::NotWritable);
        for phase in [StatusPhase::Enrolling, StatusPhase::Leaving, StatusPhase::Unregistered] {
            let status = Status { failure: Some(failure(class, "x")), ..status(phase, "joining") };
            assert_eq!(ending(&status), wanted, "{phase:?} {class:?}");
        }
    }
}

#[test]
fn what_a_machine_waits_for_comes_before_what_failed() {
    for (phase, waits_for, class, wanted) in [
        (StatusPhase::Unregistered, WaitsFor::Administrator, FailureClass::Transient, Ending::Denied),
        (StatusPhase::Enrolling, WaitsFor::SignInToFinish, FailureClass::Transient, Ending::NeedsSignIn),
        (StatusPhase::Leaving, WaitsFor::Operator, FailureClass::Broken, Ending::Denied),
        // What somebody asked for has failed, and nothing goes on.
        (StatusPhase::Unregistered, WaitsFor::FirstSignIn, FailureClass::Transient, Ending::Failed),
        (StatusPhase::Unregistered, WaitsFor::FirstSignIn, FailureClass::Denied, Ending::Denied),
        (StatusPhase::Suspended, WaitsFor::Administrator, FailureClass::Denied, Ending::Suspended),
        (StatusPhase::Registered, WaitsFor::SignInToVerify, FailureClass::Transient, Ending::Done),
    ] {
        let (failure, waits_for) = (Some(failure(class, "x")), Some(waits_for));
        let status = Status { failure, waits_for, ..status(phase, "joining") };
        assert_eq!(ending(&status), wanted, "{phase:?} {waits_for:?}");
    }
    let unregistered = Status {
        failure: Some(failure(FailureClass::Transient, "x")),
        waits_for: Some(WaitsFor::FirstSignIn),
        ..status(StatusPhase::Unregistered, "unregistered")
    };
    assert_eq!(ending_of_view(&view("contoso.com", Some(unregistered))), Ending::NotRegistered);
}

#[test]
fn only_a_caller_s_own_mistake_is_a_usage_error() {
    let of = |class, who, http_status| Failure {
        who,
        trace: Trace { http_status, ..Trace::default() },
        ..failure(class, "x")
    };
    assert_eq!(ending_of(&of(FailureClass::Broken, Who::User, None)), Ending::Usage);
    assert_eq!(ending_of(&of(FailureClass::Broken, Who::User, Some(400))), Ending::Failed);
    assert_eq!(ending_of(&of(FailureClass::Broken, Who::Developers, None)), Ending::Failed);
    assert_eq!(ending_of(&of(FailureClass::NeedsUser, Who::User, None)), Ending::NeedsSignIn);
}

/// A registered domain, and somebody's session in it.
fn with_session(state: SessionState, trouble: Option<DeviceTrouble>) -> DomainView {
    let failure = Failure { trouble, ..failure(FailureClass::NeedsUser, "x") };
    let status = UserStatus {
        state,
        obtained_at: None,
        renewed_at: None,
        expires_at: None,
        next_at: None,
        failure: Some(failure),
    };
    let users = vec![UserView { account: owner(), status }];
    DomainView { users, ..view("contoso.com", Some(registered(StatusPhase::Registered, "idle", identity()))) }
}

fn summary_of(view: &DomainView) -> String {
    concerns(view).iter().map(Concern::sentence).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_somebody_has_to_look_at_is_in_the_summary_and_the_exit_code() {
    let well = with_session(SessionState::Holding, None);
    assert_eq!((concerns(&well), ending_of_view(&well)), (vec![], Ending::Done));
    let lost = with_session(SessionState::Lost, None);
    assert_eq!(ending_of_view(&lost), Ending::NeedsSignIn);
    assert!(summary_of(&lost).contains("A session is lost"), "{}", summary_of(&lost));
    let mut two = lost.clone();
    two.users.extend(lost.users.clone());
    assert!(summary_of(&two).contains("2 sessions are lost"));
    let unknown = with_session(SessionState::Lost, Some(DeviceTrouble::NotKnown));
    assert_eq!(
        (concerns(&unknown), ending_of_view(&unknown)),
        (vec![Concern::NotKnown], Ending::NeedsSignIn)
    );
    let mut broken = well.clone();
    let wrapped = identity().keys.device.wrapped.clone();
    let problem = Some("it is gone".to_owned());
    broken.key_tests.insert(wrapped, KeyTest { at: NOW, problem, changed: None });
    assert_eq!(ending_of_view(&broken), Ending::Failed);
    assert_eq!(summary_of(&broken), "A key does not work: it is gone.");
    let mut met = well.clone();
    met.last_sign_in = Some(SignInView {
        at: NOW,
        asked: owner().upn,
        by: Requester(0),
        failure: Some(Failure {
            trouble: Some(DeviceTrouble::NotKnown),
            ..failure(FailureClass::NeedsUser, "x")
        }),
        trace: Trace::default(),
    });
    assert_eq!(concerns(&met), [Concern::NotKnown]);
}

#[test]
fn what_is_suspended_or_not_registered_has_no_further_concern() {
    let suspended = Identity { suspended: Some(Suspension::Deleted), ..identity() };
    for (status, wanted) in [
        (registered(StatusPhase::Suspended, "suspended", suspended), Ending::Suspended),
        (status(StatusPhase::Unregistered, "unregistered"), Ending::NotRegistered),
    ] {
        let view = DomainView { ..with_session(SessionState::Lost, Some(DeviceTrouble::NotKnown)) };
        let own = super::samples::view("contoso.com", Some(status));
        let seen = DomainView { tenant: own.tenant, ..view };
        assert_eq!((concerns(&seen), ending_of_view(&seen)), (vec![], wanted));
    }
}

#[test]
fn what_is_stored_and_cannot_be_used_comes_before_what_the_machine_says() {
    let mut seen = view("contoso.com", Some(status(StatusPhase::Registered, "idle")));
    assert_eq!(ending_of_view(&seen), Ending::Done);
    seen.tenant.as_mut().unwrap().blocked = Some(failure(FailureClass::Broken, "Damaged"));
    assert_eq!(ending_of_view(&seen), Ending::Failed);
    assert_eq!(ending_of_view(&view("contoso.com", None)), Ending::NotRegistered);
}

fn text(status: &Status) -> String {
    match progress(status, NOW, &Hearer::default()) {
        Message::Progress { text, .. } => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_state_has_its_sentence() {
    use StatusPhase::{Enrolling, IntuneEnrolled, Leaving, Registered, Unregistered};
    for (phase, state, waits_for, says) in [
        (Unregistered, "unregistered", Some(WaitsFor::FirstSignIn), "waits for the first sign-in"),
        (Unregistered, "unregistered", Some(WaitsFor::Administrator), "was refused"),
        (Enrolling, "awaiting_sign_in", Some(WaitsFor::SignInToFinish), "needs one sign-in"),
        (Enrolling, "discovering", None, "Looking for the registration service."),
        (Enrolling, "creating_keys", None, "Making the device keys."),
        (Enrolling, "joining", None, "Asking for the registration."),
        (Enrolling, "reading_reply", None, "Reading the answer."),
        (Registered, "verifying", Some(WaitsFor::SignInToVerify), "not yet verified: needs one sign-in"),
        (Registered, "idle", Some(WaitsFor::SignInForIntune), "Intune: waiting for a sign-in"),
        (Registered, "idle", None, "Registered."),
        (Registered, "intune_preparing", None, "making the key for Intune"),
        (Registered, "intune_enrolling", None, "asking Intune for the enrolment"),
        (Registered, "intune_reading", None, "reading Intune's answer"),
        (Registered, "rebinding", None, "Binding the keys"),
        (IntuneEnrolled, "intune_enrolled", None, "Registered and enrolled into Intune."),
        (IntuneEnrolled, "checking_in", Some(WaitsFor::SignInForIntune), "the inventory waits"),
        (Leaving, "retiring", None, "retiring the device in Intune"),
        (Leaving, "unregistering", None, "deleting the device object"),
        (Leaving, "erasing", None, "destroying the keys"),
        (Leaving, "unregistering", Some(WaitsFor::Operator), "could not be deleted; the keys are kept"),
    ] {
        let status = Status { waits_for, ..registered(phase, state, identity()) };
        assert!(text(&status).contains(says), "{state}: {}", text(&status));
    }
    let new = Identity { verified_at: None, ..identity() };
    assert_eq!(text(&registered(Registered, "verifying", new)), "Registered, not yet verified.");
}

#[test]
fn a_registration_that_is_tried_again_says_when_and_why() {
    let failed = Status {
        failure: Some(failure(FailureClass::Transient, "Unreachable")),
        ..status(StatusPhase::Enrolling, "joining")
    };
    let waiting = Status { wake_at: Some(NOW.after(Duration::from_secs(60))), ..failed.clone() };
    assert_eq!(text(&waiting), "Tried again at 2027-01-15T08:01:00Z: it failed [Unreachable].");
    assert_eq!(text(&failed), "Asking for the registration.", "it is being tried");
}

#[test]
fn whatever_is_tried_again_says_when_and_why() {
    let new = Identity { verified_at: None, ..identity() };
    for (state, says) in [
        (registered(StatusPhase::Registered, "verifying", new), "Registered, not yet verified."),
        (registered(StatusPhase::Registered, "intune_preparing", identity()), "making the key for Intune"),
        (
            registered(StatusPhase::IntuneEnrolled, "checking_in", identity()),
            "Registered and enrolled into Intune",
        ),
        (registered(StatusPhase::Leaving, "unregistering", identity()), "deleting the device object"),
    ] {
        let failed = Status {
            failure: Some(failure(FailureClass::Transient, "NotJson")),
            wake_at: Some(NOW),
            ..state
        };
        let again = " Tried again at 2027-01-15T08:00:00Z: it failed [NotJson].";
        assert!(text(&failed).contains(says) && text(&failed).ends_with(again), "{}", text(&failed));
        let tried = Status { wake_at: None, ..failed };
        assert!(!text(&tried).contains("NotJson"), "it is being tried: {}", text(&tried));
    }
}

#[test]
fn why_an_identity_is_suspended_is_said() {
    for (why, says) in [
        (Suspension::Disabled, "disabled in the directory"),
        (Suspension::Deleted, "deleted from the directory"),
        (Suspension::ClonedMachine, "not the machine the keys were made on"),
        (Suspension::KeyUnavailable, "keys cannot be used"),
    ] {
        let identity = Identity { suspended: Some(why), ..identity() };
        let status = registered(StatusPhase::Suspended, "suspended", identity);
        assert!(text(&status).contains(says), "{}", text(&status));
    }
}

#[test]
fn an_old_object_that_is_still_there_has_advice_of_its_own() {
    let failed = failure(FailureClass::Denied, "Denied");
    let leaving = Status { failure: Some(failed.clone()), ..status(StatusPhase::Leaving, "unregistering") };
    let told = still_there(&leaving).unwrap();
    assert!(told.advice.contains("aad-tool rekey once more") && told.advice.contains("--force"));
    assert_eq!((told.code, told.message, told.class), (failed.code, failed.message, failed.class));
    assert_eq!(still_there(&status(StatusPhase::Leaving, "unregistering")), None);
}

#[test]
fn only_the_last_rebinding_says_whether_it_failed() {
    let attempt = |phase, code: Option<&str>| {
        let failure = code.map(|code| failure(FailureClass::Broken, code));
        Attempt { phase, at: NOW, failure }
    };
    for (attempts, code) in [
        (vec![], None),
        (vec![attempt(Phase::Join, Some("Join"))], None),
        (vec![attempt(Phase::Join, Some("Join")), attempt(Phase::Rebind, None)], None),
        (
            vec![attempt(Phase::Rebind, Some("ClonedMachine")), attempt(Phase::Verify, None)],
            Some("ClonedMachine"),
        ),
    ] {
        let snapshot = Snapshot { attempts, ..status(StatusPhase::Registered, "idle").snapshot };
        let status = Status { snapshot, ..status(StatusPhase::Registered, "idle") };
        assert_eq!(rebind_failure(&status).map(|failure| failure.code.as_str()), code);
    }
}

#[test]
fn what_a_leave_left_behind_is_told_with_its_id_and_where_to_delete_it() {
    let line = |kind, device: Option<u8>, intune: Option<u8>| LedgerLine {
        at: NOW,
        request: id(1),
        device: device.map(id),
        intune: intune.map(id),
        kind,
    };
    let before = vec![line(LedgerKind::LeftBehind, Some(7), None)];
    let kept = line(LedgerKind::IntuneLeftBehind, Some(3), Some(8));
    let object = line(LedgerKind::LeftBehind, Some(3), None);
    let after = [before.clone(), vec![kept, object, line(LedgerKind::InDoubt, None, None)]].concat();
    let told = left_behind(&before, &after, Cloud::Public);
    let (device, intune): (DeviceId, DeviceId) = (id(3), id(8));
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].contains(&intune.to_string()) && told[0].contains("https://intune.microsoft.com"),
        "{told:?}"
    );
    assert!(
        told[1].contains(&device.to_string()) && told[1].contains("https://entra.microsoft.com"),
        "{told:?}"
    );
    for (cloud, host) in [
        (Cloud::UsGov, "microsoft.us"),
        (Cloud::China, "microsoftonline.cn"),
        (Cloud::Custom, "the administration"),
    ] {
        assert!(left_behind(&before, &after, cloud).iter().all(|told| told.contains(host)), "{cloud}");
    }
    assert!(left_behind(&after, &after, Cloud::Public).is_empty());
}
