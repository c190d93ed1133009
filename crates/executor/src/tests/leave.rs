//! Leaving: which end is asked when, and which failure counts.

use super::harness::{Harness, id, identity, owner};
use super::ports::{Scripted, in_doubt, not_sent, says};
use lifecycle::{Reply, Work};
use model::{Failure, FailureClass, TokenRef};
use serde_json::json;

const DRS: &str =
    "DELETE enterpriseregistration.windows.net/EnrollmentServer/device/09090909-0909-0909-0909-090909090909";
const CERTAUTH: &str = "DELETE certauth.enterpriseregistration.windows.net/EnrollmentServer/device/09090909-0909-0909-0909-090909090909";

fn unregister(harness: &Harness, token: Option<TokenRef>) -> Result<Reply, Failure> {
    harness.perform(Work::Unregister { identity: Box::new(identity()), token, request: id(6) })
}

fn deleted() -> Scripted {
    says(200, "")
}

fn refused() -> Scripted {
    says(
        403,
        json!({ "code": "Forbidden", "subcode": "error_authorization_request_denied", "message": "no" }),
    )
}

fn busy() -> Scripted {
    says(503, json!({ "code": "Busy", "message": "later" }))
}

/// What one end says, by a word.
fn end(word: &str) -> Scripted {
    match word {
        "deleted" => deleted(),
        "gone" => says(404, json!({ "code": "DeviceNotFound" })),
        "refused" => refused(),
        "busy" => busy(),
        "page" => says(502, "<html>"),
        "not sent" => not_sent(),
        "in doubt" => in_doubt(),
        other => panic!("{other}"),
    }
}

#[test]
fn a_passing_fault_at_any_end_is_tried_again_and_a_refusal_counts_only_when_every_end_refused() {
    for (ends, class, code) in [
        (&["refused", "refused", "refused"][..], FailureClass::Denied, "error_authorization_request_denied"),
        (&["refused", "refused"], FailureClass::Denied, "error_authorization_request_denied"),
        (&["not sent", "refused", "refused"], FailureClass::Transient, "Unreachable"),
        (&["refused", "not sent", "refused"], FailureClass::Transient, "Unreachable"),
        (&["refused", "refused", "not sent"], FailureClass::Transient, "Unreachable"),
        (&["refused", "not sent"], FailureClass::Transient, "Unreachable"),
        (&["in doubt", "refused"], FailureClass::Transient, "NoAnswer"),
        (&["refused", "busy", "refused"], FailureClass::Transient, "Busy"),
        (&["refused", "page"], FailureClass::Transient, "ServiceBusy"),
        (&["not sent", "busy", "in doubt"], FailureClass::Transient, "Unreachable"),
    ] {
        let harness = Harness::new();
        let token = (ends.len() == 3).then(|| harness.tokens(true));
        harness.net.will(ends.iter().map(|word| end(word)));
        let failure = unregister(&harness, token).unwrap_err();
        assert_eq!((failure.class, failure.code.as_str()), (class, code), "{ends:?}");
        assert_eq!(harness.net.lines().len(), ends.len(), "{ends:?}");
    }
}

#[test]
fn the_first_end_that_knows_what_became_of_the_object_counts() {
    for (ends, asked) in [
        (&["deleted"][..], &[DRS][..]),
        (&["gone"], &[DRS]),
        (&["refused", "deleted"], &[DRS, CERTAUTH]),
        (&["not sent", "gone"], &[DRS, CERTAUTH]),
        (&["refused", "in doubt", "deleted"], &[DRS, CERTAUTH, DRS]),
        (&["busy", "refused", "gone"], &[DRS, CERTAUTH, DRS]),
    ] {
        let harness = Harness::new();
        let token = Some(harness.tokens(true));
        harness.net.will(ends.iter().map(|word| end(word)));
        assert_eq!(unregister(&harness, token).unwrap(), Reply::Unregistered, "{ends:?}");
        assert_eq!(harness.net.lines(), asked, "{ends:?}");
    }
}

#[test]
fn the_device_proves_itself_first_and_the_token_is_the_last_resort() {
    let harness = Harness::new();
    let token = Some(harness.tokens(true));
    harness.net.will([refused(), refused(), deleted()]);
    unregister(&harness, token).unwrap();
    let sent = harness.net.sent();
    let auth: Vec<_> = sent.iter().map(|sent| (sent.auth, sent.token.as_deref())).collect();
    assert_eq!(auth, [("certificate", None), ("certificate", None), ("credential", Some("at"))]);
    let ids: Vec<_> = sent.iter().map(|sent| sent.id.as_deref().unwrap()).collect();
    assert_eq!(ids, ["06060606-0606-0606-0606-060606060606"; 3], "the id that is on disk");
}

#[test]
fn without_a_token_of_its_own_a_leave_takes_any_session_of_the_tenant() {
    let harness = Harness::new();
    harness.vault.seat(&owner(), harness.tokens(true));
    harness.net.will([refused(), refused(), deleted()]);
    assert_eq!(unregister(&harness, None).unwrap(), Reply::Unregistered);

    let harness = Harness::new();
    let stranger = model::Account { tenant: id(77), ..owner() };
    harness.vault.seat(&stranger, harness.tokens(true));
    harness.net.will([refused(), refused()]);
    assert_eq!(unregister(&harness, None).unwrap_err().class, FailureClass::Denied, "not of another tenant");
    assert_eq!(harness.net.lines(), [DRS, CERTAUTH]);
}

#[test]
fn a_refusal_names_the_object_and_who_can_delete_it() {
    let harness = Harness::new();
    harness.net.will([refused(), refused()]);
    let failure = unregister(&harness, None).unwrap_err();
    assert_eq!(failure.who, model::Who::TenantAdmin);
    let device = "09090909-0909-0909-0909-090909090909";
    assert!(failure.message.contains(device), "{}", failure.message);
    assert!(failure.advice.contains(device), "{}", failure.advice);
    assert!(failure.advice.contains("alex@contoso.com"), "{}", failure.advice);
    assert!(failure.advice.contains("aad-tool leave --force"), "{}", failure.advice);
}
