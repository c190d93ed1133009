//! How a conversation ends, and the sentences on the way.

use super::samples::{NOW, failure, identity, registered, status, view};
use crate::report::{ending, ending_of, ending_of_view, progress, rebind_failure, rebinding, still_there};
use driver::RebindStarted;
use hsm::BoundTo;
use identity::{Attempt, Identity, Phase, Snapshot, Status, StatusPhase, Suspension, WaitsFor};
use ipc::{Ending, Message};
use model::FailureClass;
use std::time::Duration;
use tokio::sync::watch;

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
        (StatusPhase::Enrolling, none, Ending::NeedsSignIn),
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
fn what_is_stored_and_cannot_be_used_comes_before_what_the_machine_says() {
    let mut seen = view("contoso.com", Some(status(StatusPhase::Registered, "idle")));
    assert_eq!(ending_of_view(&seen), Ending::Done);
    seen.tenant.as_mut().unwrap().blocked = Some(failure(FailureClass::Broken, "Damaged"));
    assert_eq!(ending_of_view(&seen), Ending::Failed);
    assert_eq!(ending_of_view(&view("contoso.com", None)), Ending::NotRegistered);
}

fn text(status: &Status) -> String {
    match progress(status, NOW) {
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
fn a_rebinding_names_components_and_no_values() {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let (_, status) = watch::channel(status(StatusPhase::Registered, "rebinding"));
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
