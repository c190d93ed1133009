//! Intune: with whose session, in which order, by which way to its tokens.

use super::harness::{ENTROPY, HOUR, Harness, NOW, facts, finish, id, identity, owner, primary, tokens};
use super::ports::{Scripted, in_doubt, key, not_sent, says};
use super::prt::nonce;
use crate::IntuneVersion;
use hsm::HsmError;
use lifecycle::{
    EnrolOrder, Identity, Intune, IntuneIdentity, IntuneIntent, IntuneIssued, Reply, StoredReply, Work,
};
use model::{Backend, CertificateDer, Delivery, Failure, FailureClass, KeyHandle, KeyPurpose, Timestamp};
use serde_json::json;
use vault::Tokens;

const BASE: &str = "fef.msua01.manage.microsoft.com";
const ENROLMENT: &str = "d4ebce55-015a-49b5-a083-c84d1797ae8c";
const INTUNE: &str = "0000000a-0000-0000-c000-000000000000";
const IW: &str = "b8066b99-6e67-41be-abfa-75db1a2c8809";
const LIST: &str =
    "GET graph.microsoft.com/v1.0/servicePrincipals/appId=0000000a-0000-0000-c000-000000000000/endpoints";
/// The way to the list of endpoints: a signed request for Graph, then the list.
const START: [&str; 3] = ["nonce", "signed", LIST];

fn intune_key() -> KeyHandle {
    key(Backend::Soft, KeyPurpose::Intune, id(5))
}

fn enrolled() -> Identity {
    let issued = IntuneIssued {
        device: id(8),
        certificate: CertificateDer(vec![0x30, 1]),
        thumbprint: "CD".repeat(20),
        not_before: NOW,
        not_after: NOW.after(HOUR),
        warnings: vec![],
    };
    let (owner, key) = (owner(), intune_key());
    let enrolled = IntuneIdentity { owner, key, issued, enrolled_at: NOW, inventory_at: None };
    Identity { intune: Intune::Enrolled(Box::new(enrolled)), ..identity() }
}

/// A lab in which the owner has a session with a PRT.
fn with_session() -> Harness {
    let harness = Harness::new();
    seat(&harness);
    harness
}

fn seat(harness: &Harness) {
    harness.vault.seat(&owner(), harness.keep(Tokens { primary: Some(primary()), ..tokens() }));
}

fn token(name: &str) -> Scripted {
    says(200, json!({ "access_token": name, "refresh_token": format!("{name}-rt") }))
}

fn list(services: &[(&str, &str)]) -> Scripted {
    let entry = |(name, path): &(&str, &str)| json!({ "providerName": name, "uri": format!("https://{BASE}/{path}") });
    says(200, json!({ "value": services.iter().map(entry).collect::<Vec<_>>() }))
}

fn all() -> Scripted {
    list(&[
        ("LinuxEnrollmentService", "enrol"),
        ("LinuxDeviceCheckinService", "checkin"),
        ("IWService", "iw"),
    ])
}

fn enrol_order() -> EnrolOrder {
    EnrolOrder {
        identity: Box::new(identity()),
        intent: IntuneIntent { id: id(5), owner: owner(), at: NOW, in_doubt: false },
        key: intune_key(),
        request: id(6),
        device: facts("lap-0042"),
    }
}

fn enrol(harness: &Harness, replies: Vec<Scripted>) -> Result<Reply, Failure> {
    harness.net.will(replies);
    harness.perform(Work::EnrolIntune(Box::new(enrol_order())))
}

fn check_in(harness: &Harness, replies: Vec<Scripted>) -> Result<Reply, Failure> {
    harness.net.will(replies);
    harness.perform(Work::CheckIn { identity: Box::new(enrolled()), device: facts("renamed") })
}

fn retire(harness: &Harness, replies: Vec<Scripted>) -> Result<Reply, Failure> {
    harness.net.will(replies);
    harness.perform(Work::Retire { identity: Box::new(enrolled()) })
}

fn known() -> Scripted {
    says(200, json!({ "deviceFriendlyName": "lap-0042" }))
}

#[test]
fn an_enrolment_signs_first_and_asks_the_tenant_where_and_sends_what_was_announced() {
    let harness = with_session();
    let reply =
        enrol(&harness, vec![nonce(), token("graph"), all(), token("enrol"), says(200, "[]")]).unwrap();
    let Reply::IntuneAnswered(StoredReply { status, body, at, .. }) = reply else { panic!("{reply:?}") };
    assert_eq!((status, body.as_slice(), at), (200, &b"[]"[..], NOW));
    let enroll = format!("POST {BASE}/enrol/enroll");
    assert_eq!(harness.net.asked(), [&START[..], &["refresh_token", &enroll]].concat());
    assert_eq!(harness.keys.jobs(), ["sign intune"]);
    let sent = harness.net.sent();
    assert_eq!((sent[2].token.as_deref(), sent[4].token.as_deref()), (Some("graph"), Some("enrol")));
    assert!(sent[3].text.contains("refresh_token=graph-rt") && sent[3].text.contains(ENROLMENT));
    assert_eq!(sent[4].id.as_deref(), Some("06060606-0606-0606-0606-060606060606"));
    assert!(sent[4].text.contains("lap-0042") && sent[4].text.contains("client-version=1.2609.5"));
    assert!(sent.iter().skip(1).all(|sent| sent.auth == "credential"));
}

#[test]
fn a_server_that_failed_in_the_middle_of_an_enrolment_may_have_made_the_device() {
    for (reply, class, delivery) in [
        (says(500, "{}"), FailureClass::Transient, Delivery::InDoubt),
        (says(502, "<html>"), FailureClass::Transient, Delivery::InDoubt),
        (says(503, "{}"), FailureClass::Transient, Delivery::Answered),
        (says(400, "{}"), FailureClass::Denied, Delivery::Answered),
        (in_doubt(), FailureClass::Transient, Delivery::InDoubt),
        (not_sent(), FailureClass::Transient, Delivery::NotSent),
    ] {
        let harness = with_session();
        let told = format!("{reply:?}");
        let failure =
            enrol(&harness, vec![nonce(), token("graph"), all(), token("enrol"), reply]).unwrap_err();
        assert_eq!((failure.class, failure.delivery), (class, delivery), "{told}");
    }
}

#[test]
fn what_fails_before_the_enrolment_leaves_sends_none() {
    for (what, replies, job, code, asked) in [
        ("the key store", vec![], Some(HsmError::Busy), "KeyStoreBusy", 0),
        ("no list", vec![nonce(), token("g"), says(403, "{}")], None, "MissingScope", 3),
        ("no service", vec![nonce(), token("g"), list(&[])], None, "NoIntuneEndpoint", 3),
        ("no token", vec![nonce(), token("g"), all(), not_sent()], None, "Unreachable", 4),
    ] {
        let harness = with_session();
        if let Some(error) = job {
            harness.keys.will("sign intune", error);
        }
        let failure = enrol(&harness, replies).unwrap_err();
        assert_eq!(failure.code, code, "{what}");
        assert_ne!(failure.delivery, Delivery::InDoubt, "{what}");
        assert_eq!(harness.net.lines().len(), asked, "{what}");
    }
}

#[test]
fn every_call_needs_the_session_of_the_one_who_enrols() {
    let works = || {
        [
            Work::EnrolIntune(Box::new(enrol_order())),
            Work::CheckIn { identity: Box::new(enrolled()), device: facts("x") },
            Work::Retire { identity: Box::new(enrolled()) },
        ]
    };
    for work in works() {
        let harness = Harness::new();
        let stranger = model::Account { object: id(99), ..owner() };
        harness.vault.seat(&stranger, harness.keep(Tokens { primary: Some(primary()), ..tokens() }));
        let told = format!("{work:?}");
        assert_eq!(harness.perform(work).unwrap_err().code, "SignInExpired", "{told}");
        assert_eq!(harness.net.lines().len(), 0);
    }
}

#[test]
fn only_an_enrolled_machine_checks_in_or_retires() {
    for work in [
        Work::CheckIn { identity: Box::new(identity()), device: facts("x") },
        Work::Retire { identity: Box::new(identity()) },
    ] {
        let harness = with_session();
        let failure = harness.perform(work).unwrap_err();
        assert_eq!((failure.code.as_str(), failure.class), ("NotEnrolled", FailureClass::Gone));
        assert_eq!(harness.net.lines().len(), 0);
    }
}

#[test]
fn the_inventory_names_the_device_of_intune_and_what_was_measured_now() {
    let harness = with_session();
    let reply = check_in(&harness, vec![nonce(), token("graph"), all(), token("intune"), known()]).unwrap();
    assert_eq!(reply, Reply::CheckedIn);
    let details = format!("POST {BASE}/checkin/details");
    assert_eq!(harness.net.asked(), [&START[..], &["refresh_token", &details]].concat());
    let sent = harness.net.sent();
    assert!(sent[3].text.contains(INTUNE));
    assert!(
        sent[4].text.contains("08080808-0808-0808-0808-080808080808") && sent[4].text.contains("renamed")
    );
    assert_eq!(sent[4].token.as_deref(), Some("intune"));
}

#[test]
fn an_inventory_that_follows_the_enrolment_asks_for_nothing_twice() {
    let whole = || vec![nonce(), token("graph"), all(), token("intune"), known()];
    let enrolment = |last| vec![nonce(), token("graph"), all(), token("enrol"), last];
    let (answered, in_doubt) = (|| says(200, "[]"), || says(500, "{}"));
    let minutes = |n: u64| std::time::Duration::from_secs(60 * n);
    let short = ["refresh_token", "details"];
    let long = ["nonce", "signed", "list", "refresh_token", "details"];
    for (what, last, later, expected) in [
        ("at once", answered(), minutes(0), &short[..]),
        ("soon", answered(), minutes(4), &short),
        ("long afterwards", answered(), minutes(5), &long),
        ("after one that failed", in_doubt(), minutes(0), &long),
    ] {
        let harness = with_session();
        drop(enrol(&harness, enrolment(last)));
        let before = harness.net.sent().len();
        harness.net.will(if expected.len() == 2 { vec![token("intune"), known()] } else { whole() });
        let work = Work::CheckIn { identity: Box::new(enrolled()), device: facts("x") };
        finish(harness.executor.perform(work, NOW.after(later), ENTROPY)).unwrap();
        assert_eq!(harness.net.sent().len() - before, expected.len(), "{what}");
        let sent = harness.net.sent();
        let redeemed = &sent[sent.len() - 2];
        assert!(redeemed.text.contains("refresh_token=graph-rt") && redeemed.text.contains(INTUNE), "{what}");
        let details = sent.last().unwrap();
        assert_eq!(
            (details.line.as_str(), details.token.as_deref()),
            (format!("POST {BASE}/checkin/details").as_str(), Some("intune")),
            "{what}"
        );
        // It is handed on once: what fails with it is asked for anew.
        let before = sent.len();
        check_in(&harness, whole()).unwrap();
        assert_eq!(harness.net.sent().len() - before, long.len(), "{what}");
    }
}

#[test]
fn a_device_is_retired_only_where_the_service_offers_it() {
    let offers = |target: &str| {
        says(
            200,
            json!({ "ComplianceState": "Unknown", "NoncompliantRules": [], "#CommonContainer.Retire": { "target": target } }),
        )
    };
    let nothing = || says(200, json!({ "ComplianceState": "Unknown", "NoncompliantRules": [] }));
    let no_iw = || list(&[("LinuxEnrollmentService", "enrol"), ("LinuxDeviceCheckinService", "checkin")]);
    let start = || vec![nonce(), token("graph"), all(), token("iw")];
    let target = format!("https://{BASE}/iw/retire");
    for (what, replies, code) in [
        ("done", [start(), vec![offers(&target), says(204, "")]].concat_all(), None),
        ("no service", vec![nonce(), token("graph"), no_iw()], Some("RetireNotOffered")),
        ("not offered", [start(), vec![nothing()]].concat_all(), Some("RetireNotOffered")),
        (
            "offered elsewhere",
            [start(), vec![offers("https://evil.example/retire")]].concat_all(),
            Some("ForeignTarget"),
        ),
        (
            "not known any more",
            [start(), vec![offers(&target), says(400, r#"{"detail":"Device validation failed"}"#)]]
                .concat_all(),
            Some("DeviceValidationFailed"),
        ),
    ] {
        let harness = with_session();
        let end = retire(&harness, replies);
        assert_eq!(end.err().map(|failure| failure.code).as_deref(), code, "{what}");
        let sent = harness.net.sent();
        assert!(
            sent.iter()
                .skip(3)
                .filter(|sent| sent.what == "refresh_token")
                .all(|sent| sent.text.contains(IW))
        );
        let retired = sent.iter().any(|sent| sent.line == format!("POST {BASE}/iw/retire"));
        assert_eq!(retired, matches!(code, None | Some("DeviceValidationFailed")), "{what}");
    }
}

/// Pieces of a script one after the other; replies cannot be cloned.
trait Concat {
    fn concat_all(self) -> Vec<Scripted>;
}

impl<const N: usize> Concat for [Vec<Scripted>; N] {
    fn concat_all(self) -> Vec<Scripted> {
        self.into_iter().flatten().collect()
    }
}

fn refused(code: u32) -> Scripted {
    says(400, json!({ "error": "invalid_grant", "error_codes": [code] }))
}

fn code_page() -> Scripted {
    let mut reply = says(302, "")?;
    let link = "companyportal://com.microsoft.CompanyPortal?code=c0de";
    reply.headers_mut().insert("location", link.parse().unwrap());
    Ok(reply)
}

#[test]
fn a_way_that_is_closed_leads_to_the_next_and_the_one_that_worked_is_taken_first_afterwards() {
    let authorize =
        "GET login.microsoftonline.com/01010101-0101-0101-0101-010101010101/oauth2/v2.0/authorize";
    let details = format!("POST {BASE}/checkin/details");
    let code = ["nonce", authorize, "authorization_code"];
    let per_resource = ["nonce", "signed"];
    let closed = || [vec![nonce(), refused(65_002)], vec![nonce(), refused(65_002)]].concat_all();
    let by_code = |name| vec![nonce(), code_page(), token(name)];

    let harness = with_session();
    let first = [closed(), by_code("graph"), vec![all()], by_code("intune"), vec![known()]].concat_all();
    check_in(&harness, first).unwrap();
    let wanted = [&per_resource[..], &per_resource, &code, &[LIST], &code, &[&details]].concat();
    assert_eq!(harness.net.asked(), wanted);
    assert_eq!(harness.keys.jobs(), ["sign device", "sign device"], "the third way shows the device");
    let second = [by_code("graph"), vec![all()], by_code("intune"), vec![known()]].concat_all();
    check_in(&harness, second).unwrap();
    assert_eq!(harness.net.asked()[wanted.len()..], [&code[..], &[LIST], &code, &[&details]].concat());
}

#[test]
fn a_resource_that_is_not_redeemed_gets_a_signed_request_of_its_own() {
    let harness = with_session();
    let replies = vec![nonce(), token("graph"), all(), refused(65_002), nonce(), token("intune"), known()];
    check_in(&harness, replies).unwrap();
    let details = format!("POST {BASE}/checkin/details");
    assert_eq!(harness.net.asked(), [&START[..], &["refresh_token", "nonce", "signed", &details]].concat());
    let ids: std::collections::BTreeSet<_> =
        harness.net.sent().into_iter().filter_map(|sent| sent.id).collect();
    assert!(ids.len() >= 5, "{ids:?}");
}

#[test]
fn what_would_stop_every_way_alike_is_not_tried_on() {
    for (reply, code) in [
        (refused(53_003), "AADSTS53003"),
        (refused(50_155), "AADSTS50155"),
        (not_sent(), "Unreachable"),
        (says(503, "{}"), "ServiceBusy"),
    ] {
        let harness = with_session();
        let failure = check_in(&harness, vec![nonce(), reply]).unwrap_err();
        assert_eq!((failure.code.as_str(), harness.net.lines().len()), (code, 2));
    }
    let harness = with_session();
    let failure = check_in(
        &harness,
        [vec![nonce(), refused(65_002)], vec![nonce(), refused(65_002)], vec![nonce(), refused(65_002)]]
            .concat_all(),
    );
    assert_eq!(failure.unwrap_err().code, "AADSTS65002", "the last way is the last");
}

#[test]
fn the_newest_version_is_looked_up_once_a_day_and_its_lack_costs_nothing() {
    let listing = || says(200, r#"<a href="intune-portal_1.9901.7-noble_amd64.deb">x</a>"#);
    let start = || vec![nonce(), token("graph"), all(), token("intune")];
    let at = |harness: &Harness, now: Timestamp, replies| {
        harness.net.will(replies);
        let work = Work::CheckIn { identity: Box::new(enrolled()), device: facts("x") };
        finish(harness.executor.perform(work, now, ENTROPY)).unwrap();
        let sent = harness.net.sent();
        let version = sent.last().unwrap().text.clone();
        (sent.len(), version.lines().next().unwrap().rsplit('=').next().unwrap().to_owned())
    };
    let harness = Harness::with(IntuneVersion::looked_up_daily());
    seat(&harness);
    let compiled = model::ClientVersion::COMPILED.to_string();
    assert_eq!(at(&harness, NOW, [start(), vec![not_sent(), known()]].concat_all()), (6, compiled.clone()));
    assert_eq!(
        at(&harness, NOW, [start(), vec![known()]].concat_all()),
        (11, compiled),
        "no second look today"
    );
    let harness = Harness::with(IntuneVersion::looked_up_daily());
    seat(&harness);
    let (calls, version) = at(&harness, NOW, [start(), vec![listing(), known()]].concat_all());
    assert_eq!(calls, 6);
    assert_eq!(harness.net.sent()[4].auth, "nothing");
    assert_eq!(at(&harness, NOW, [start(), vec![known()]].concat_all()), (11, version));
}

#[test]
fn an_enrolment_that_cannot_be_used_names_what_intune_made() {
    let made = "aaaaaaaa-1111-4222-8333-444444444444";
    for (body, named) in [(json!({ "deviceId": made, "certificate": {} }), Some(made)), (json!([]), None)] {
        let body = body.to_string().into_bytes();
        let reply = StoredReply { status: 200, body, trace: model::Trace::default(), at: NOW };
        let harness = Harness::new();
        let work = Work::ReadEnrolment { key: intune_key(), reply };
        let failure = finish(harness.executor.perform(work, NOW, ENTROPY)).unwrap_err();
        assert_eq!(failure.made.map(|object| object.to_string()).as_deref(), named, "{failure:?}");
    }
}
