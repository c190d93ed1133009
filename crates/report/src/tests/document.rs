//! The document of `status`: what is told of whom, and to whom.

use super::samples::{NOW, failure, id, identity, key, member, owner, registered, status, view};
use crate::intune;
use crate::{About, DocumentParts, document_head, document_pieces};
use identity::{
    Attempt, Identity, Intune, IntuneIdentity, LedgerKind, LedgerLine, Phase, Snapshot, Stage, Status,
    StatusPhase, WaitsFor,
};
use ipc::{DomainStatus, PAGE, StatusDocument, status_pages};
use lifecycle::{IntuneEnrolment, IntuneIssued};
use model::{
    CertificateDer, Cloud, DeviceFacts, FailureClass, JoinType, KeyPurpose, Method, Registration, Requester,
    Timestamp, Trace,
};
use signin::UserStatus;
use tenancy_model::{DomainConfig, PreparedView};
use views::{DomainView, KeyTest, SignInView, UserView};

fn made(views: Vec<DomainView>, for_root: bool) -> StatusDocument {
    let about = About {
        version: "0.1.0".to_owned(),
        key_store: "soft".to_owned(),
        notices: vec!["n".to_owned()],
        key_problems: Vec::new(),
    };
    let parts = DocumentParts {
        about,
        prepared: PreparedView { ready: 1, ..PreparedView::default() },
        views,
        left: vec![],
        for_root,
        by: Requester(1000),
        now: NOW,
    };
    let mut pages = status_pages(document_head(&parts), document_pieces(&parts), PAGE);
    let (mut whole, _) = pages.next().unwrap();
    pages.for_each(|(page, _)| whole.append(page));
    whole
}

fn one(view: DomainView, for_root: bool) -> DomainStatus {
    made(vec![view], for_root).domains.remove(0)
}

fn enrolled(inventory_at: Option<Timestamp>) -> Identity {
    let issued = IntuneIssued {
        device: id(8),
        certificate: CertificateDer(vec![0x30, 1]),
        thumbprint: "CD".repeat(20),
        not_before: NOW,
        not_after: NOW,
        warnings: vec![],
    };
    let (owner, key) = (owner(), key(KeyPurpose::Intune));
    let enrolled = IntuneIdentity { owner, key, issued, enrolled_at: NOW, inventory_at };
    Identity { intune: Intune::Enrolled(Box::new(enrolled)), ..identity() }
}

#[test]
fn a_domain_that_nobody_signed_in_to_waits_for_the_first() {
    let told = one(view("contoso.com", None), true);
    assert_eq!((told.phase.as_str(), told.state.as_str()), ("unregistered", "unregistered"));
    assert_eq!(told.waits_for.as_deref(), Some("first_sign_in"));
    assert_eq!(told.summary, "Not registered: waits for the first sign-in.");
    assert!(told.identity.is_none() && told.intune.is_none() && told.tenant.is_none());
}

#[test]
fn the_last_sign_in_is_told_with_the_name_for_root_and_that_person_alone() {
    let refused = failure(FailureClass::NeedsUser, "AADSTS50126");
    let trace = Trace {
        request_id: Some("r\u{1b}".to_owned()),
        correlation_id: Some("c".to_owned()),
        ..Trace::default()
    };
    for (by, for_root, user) in [(1000, false, true), (1001, false, false), (1001, true, true)] {
        for failure in [None, Some(refused.clone())] {
            let asked = "alex@contoso.com".parse().unwrap();
            let (by, trace) = (Requester(by), trace.clone());
            let last = SignInView { at: NOW, asked, by, failure: failure.clone(), trace };
            let view = DomainView { last_sign_in: Some(last), ..view("contoso.com", None) };
            let told = one(view, for_root).last_sign_in.unwrap();
            assert_eq!(told.user, user.then(|| "alex@contoso.com".to_owned()), "{by:?} {for_root}");
            assert_eq!((told.at, told.correlation_id), (NOW.to_string(), Some("c".to_owned())));
            assert_eq!(told.request_id.as_deref(), Some("r"), "nothing steers a terminal");
            assert_eq!(told.failure.map(|it| it.code), failure.map(|it| it.code));
        }
    }
    assert_eq!(one(view("contoso.com", None), true).last_sign_in, None);
}

#[test]
fn who_registered_and_who_has_a_session_is_told_to_root_alone() {
    let session = UserStatus {
        state: "holding".parse().unwrap(),
        obtained_at: Some(NOW),
        renewed_at: None,
        expires_at: None,
        next_at: None,
        failure: None,
    };
    for (for_root, name) in [(true, Some("alex@contoso.com")), (false, None)] {
        let mut seen =
            view("contoso.com", Some(registered(StatusPhase::IntuneEnrolled, "idle", enrolled(None))));
        seen.users.push(UserView { account: owner(), status: session.clone() });
        let told = one(seen, for_root);
        assert_eq!(told.identity.unwrap().owner.as_deref(), name);
        assert_eq!(told.sessions[0].user.as_deref(), name);
        assert_eq!(told.intune.unwrap().owner.as_deref(), name);
        assert_eq!(told.sessions[0].state, "holding");
    }
}

#[test]
fn days_that_are_left_are_whole_ones_and_go_below_nothing() {
    for (seconds, days) in [(0, 0), (86_399, 0), (86_400, 1), (864_000, 10), (-1, -1), (-86_401, -2)] {
        let mut identity = identity();
        identity.issued.not_after = Timestamp::from_secs(NOW.as_secs() + seconds);
        let told =
            one(view("contoso.com", Some(registered(StatusPhase::Registered, "idle", identity))), true);
        assert_eq!(told.identity.unwrap().days_left, days, "{seconds}");
    }
}

#[test]
fn what_is_stored_and_cannot_be_used_is_the_failure_that_is_told() {
    let mut seen = view(
        "contoso.com",
        Some(Status {
            failure: Some(failure(FailureClass::Transient, "Unreachable")),
            ..status(StatusPhase::Enrolling, "joining")
        }),
    );
    assert_eq!(one(seen.clone(), true).failure.unwrap().code, "Unreachable");
    seen.tenant.as_mut().unwrap().blocked = Some(failure(FailureClass::Broken, "Damaged"));
    let told = one(seen, true);
    assert_eq!(told.failure.unwrap().code, "Damaged");
    assert_eq!(told.summary, "The stored state cannot be used: it failed.");
}

#[test]
fn keys_say_where_they_are_and_how_their_last_test_ended() {
    let mut seen = view("contoso.com", Some(registered(StatusPhase::IntuneEnrolled, "idle", enrolled(None))));
    let test = KeyTest { at: NOW, problem: Some("it is gone".to_owned()), changed: None };
    seen.key_tests.insert(key(KeyPurpose::Transport).wrapped, test);
    let keys = one(seen, false).identity.unwrap().keys;
    let told: Vec<_> = keys.iter().map(|key| (key.purpose.as_str(), key.problem.as_deref())).collect();
    assert_eq!(told, [("device", None), ("transport", Some("it is gone")), ("intune", None)]);
    assert!(keys.iter().all(|key| key.backend == "soft" && key.algorithm == "RSA-2048"));
    assert_eq!((keys[0].tested_at.is_some(), keys[1].tested_at.is_some()), (false, true));
}

#[test]
fn other_identities_are_told_while_they_have_something_to_say() {
    let leaving = Status {
        failure: Some(failure(FailureClass::Denied, "Denied")),
        ..registered(StatusPhase::Leaving, "unregistering", identity())
    };
    let line = LedgerLine {
        at: NOW,
        request: id(5),
        device: Some(id(6)),
        intune: None,
        kind: LedgerKind::LeftBehind,
    };
    let snapshot = Snapshot { ledger: vec![line], ..Snapshot::absent(id(1)) };
    let gone = Status { snapshot, ..status(StatusPhase::Unregistered, "unregistered") };
    let told = |successor: &Status, predecessor: &Status| {
        let mut seen = view("contoso.com", Some(gone.clone()));
        let tenant = seen.tenant.as_mut().unwrap();
        tenant.successor = Some(member(2, successor.clone()));
        tenant.predecessor = Some(member(3, predecessor.clone()));
        one(seen, true)
    };
    let both = told(&leaving, &leaving);
    let roles: Vec<_> = both.others.iter().map(|other| other.role.as_str()).collect();
    assert_eq!(roles, ["successor", "predecessor"]);
    let advice: Vec<_> =
        both.others.iter().map(|other| other.failure.as_ref().unwrap().advice.as_str()).collect();
    assert_eq!(advice[0], "Do something.");
    assert!(advice[1].contains("aad-tool rekey once more"));
    assert_eq!(both.others[0].device_id.as_deref(), Some("03030303-0303-0303-0303-030303030303"));
    let none = told(&gone, &gone);
    assert!(none.others.is_empty());
    assert_eq!(none.ledger.len(), 3, "what they know of other objects is told nevertheless");
}

#[test]
fn intune_is_off_under_way_waiting_or_enrolled() {
    let told = |status: Status| one(view("contoso.com", Some(status)), true).intune.unwrap();
    let enrolled_and = |inventory| told(registered(StatusPhase::IntuneEnrolled, "idle", enrolled(inventory)));
    assert_eq!(enrolled_and(None).state, "enrolled");
    assert_eq!(enrolled_and(None).summary, "Enrolled, inventory not sent yet.");
    assert!(enrolled_and(Some(NOW)).summary.contains("compliance not reported"));
    assert_eq!(enrolled_and(Some(NOW)).inventory_sent_at.as_deref(), Some("2027-01-15T08:00:00Z"));
    let waits = Status {
        waits_for: Some(WaitsFor::SignInForIntune),
        ..registered(StatusPhase::Registered, "idle", identity())
    };
    // No configuration says that it is wanted.
    assert_eq!(told(waits).state, "off");
}

fn facts() -> DeviceFacts {
    let text = String::new;
    DeviceFacts {
        display_name: text(),
        os_version: text(),
        os_id: text(),
        os_version_id: text(),
        arch: text(),
        manufacturer: text(),
    }
}

#[test]
fn an_enrolment_is_wanted_where_the_configuration_says_so() {
    let waits = Status {
        waits_for: Some(WaitsFor::SignInForIntune),
        ..registered(StatusPhase::Registered, "idle", identity())
    };
    for (policy, state) in
        [(IntuneEnrolment::Disabled, "off"), (IntuneEnrolment::Enabled, "waiting_for_sign_in")]
    {
        let config = Some(DomainConfig {
            name: "contoso.com".parse().unwrap(),
            cloud: Cloud::Public,
            aliases: vec![],
            tenant: None,
            people: None,
            groups: Vec::new(),
            tells_groups: false,
            join_type: JoinType::Join,
            device: facts(),
            registration: Registration::Background,
            sign_in: Method::Auto,
            intune: policy,
        });
        let told = one(DomainView { config, ..view("contoso.com", Some(waits.clone())) }, true);
        assert_eq!(told.intune.unwrap().state, state);
    }
}

#[test]
fn an_enrolment_is_told_by_what_is_wanted_and_what_it_waits_for() {
    let new = || Identity { verified_at: None, ..identity() };
    let waits = |waits_for| Status { waits_for, ..registered(StatusPhase::Registered, "idle", identity()) };
    for (what, status, wanted, state) in [
        ("not wanted", waits(None), false, "off"),
        ("waits", waits(Some(WaitsFor::SignInForIntune)), true, "waiting_for_sign_in"),
        ("under way", waits(None), true, "under_way"),
        (
            "not verified",
            registered(StatusPhase::Registered, "verifying", new()),
            true,
            "waiting_for_sign_in",
        ),
        (
            "enrolled and no longer wanted",
            registered(StatusPhase::IntuneEnrolled, "idle", enrolled(None)),
            false,
            "enrolled",
        ),
    ] {
        assert_eq!(intune::report(&status, wanted, true).unwrap().state, state, "{what}");
    }
    assert!(intune::report(&status(StatusPhase::Enrolling, "joining"), true, true).is_none());
}

#[test]
fn attempts_and_the_ledger_are_told_in_their_order() {
    let line =
        |kind, device| LedgerLine { at: NOW, request: id(5), device, intune: device.map(|_| id(7)), kind };
    let snapshot = Snapshot {
        stage: Stage::Registered(Box::new(identity())),
        ledger: vec![line(LedgerKind::InDoubt, None), line(LedgerKind::UnusableReply, Some(id(6)))],
        attempts: vec![
            Attempt { phase: Phase::Discover, at: NOW, failure: None },
            Attempt { phase: Phase::Join, at: NOW, failure: Some(failure(FailureClass::Denied, "x")) },
        ],
        ..Snapshot::absent(id(1))
    };
    let told =
        one(view("contoso.com", Some(Status { snapshot, ..status(StatusPhase::Registered, "idle") })), true);
    let lines: Vec<_> = told
        .ledger
        .iter()
        .map(|line| (line.kind.as_str(), line.device_id.is_some() && line.intune_device_id.is_some()))
        .collect();
    assert_eq!(lines, [("in_doubt", false), ("unusable_reply", true)]);
    let attempts: Vec<_> = told.attempts.iter().map(|it| (it.phase.as_str(), it.failure.is_some())).collect();
    assert_eq!(attempts, [("discover", false), ("join", true)]);
}
