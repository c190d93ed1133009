//! The portal's package directory, and what the portal asks for besides a check-in.

use crate::harness::{BASE, Call, ENROLLMENT, Harness, IW, IW_SERVICE, call, device, endpoints};
use http::Method;
use serde_json::{Value, json};

fn listing(release: &str) -> Call {
    let target = format!("/ubuntu/{release}/prod/pool/main/i/intune-portal/");
    Call { claims: None, headers: Vec::new(), ..call(Method::GET, target, "", Value::Null) }
}

#[test]
fn anybody_may_read_the_package_directory() {
    for (release, suffix) in
        [("22.04", "jammy"), ("24.04", "noble"), ("26.04", "resolute"), ("20.04", "noble")]
    {
        let reply = Harness::new().send(&listing(release));
        let found = (reply.status, reply.entry.request.as_str(), reply.kind.as_str());
        assert_eq!(found, (200, "intune.portal_versions", "text/html; charset=utf-8"));
        for version in ["1.2503.10", "1.2511.7", "1.2511.11", "1.2607.4", "1.2609.5"] {
            let file = format!("intune-portal_{version}-{suffix}_amd64.deb");
            assert!(
                reply.text.contains(&format!("<a href=\"{file}\">{file}</a>")),
                "{release}: {}",
                reply.text
            );
        }
    }
}

#[test]
fn the_versions_of_the_directory_are_a_knob() {
    let mut harness = Harness::with(json!({ "portal_versions": ["1.2610.1"] }));
    let text = harness.send(&listing("24.04")).text;
    assert_eq!(text.matches("<a href=\"intune-portal_").count(), 1);
    assert!(text.contains("intune-portal_1.2610.1-noble_amd64.deb"));
    assert!(
        !Harness::with(json!({ "portal_versions": [] }))
            .send(&listing("24.04"))
            .text
            .contains("intune-portal_")
    );
}

/// A call of the portal to one of the services that the endpoint list names.
fn asked(harness: &mut Harness, service: &str, rest: &str) -> Call {
    let list = harness.send(&endpoints()).body["value"].as_array().unwrap().clone();
    let entry = list.iter().find(|entry| entry["capability"] == service).unwrap();
    let target = entry["uri"].as_str().unwrap().strip_prefix(BASE).unwrap();
    call(Method::GET, format!("{target}{rest}"), IW_SERVICE, Value::Null)
}

#[test]
fn brands_and_terms_of_use_are_none() {
    for (service, rest, name) in [
        ("BrandingService", "/Brands?api-version=1.0", "intune.brands"),
        ("BrandingService", "", "intune.brands"),
        ("IWService", "/TermsOfUse?api-version=16.4", "intune.terms"),
    ] {
        let mut harness = Harness::new();
        let good = asked(&mut harness, service, rest);
        let reply = harness.send(&good);
        assert_eq!(
            (reply.status, reply.body, reply.entry.request.as_str()),
            (200, json!({ "value": [] }), name)
        );
        let mut wrong = good.clone();
        wrong.claim("aud", ENROLLMENT);
        let reply = harness.send(&wrong);
        assert_eq!((reply.status, reply.entry.rule.as_deref()), (401, Some("audience")), "{name}");
    }
}

#[test]
fn terms_of_use_can_fail_as_they_were_seen_to() {
    for status in [400, 500] {
        let mut harness = Harness::with(json!({ "terms_of_use_status": status }));
        let call = asked(&mut harness, "IWService", "/TermsOfUse");
        let reply = harness.send(&call);
        assert_eq!((reply.status, reply.entry.rule.as_deref()), (status, Some("terms of use")));
        assert_eq!(reply.body["StatusCode"], status);
    }
}

#[test]
fn actions_that_nobody_knows_are_declined_in_json() {
    for (action, status, word) in
        [("UpdateAadId", 501, "NotImplemented"), ("SetRD", 501, "NotImplemented"), ("FullWipe", 404, "")]
    {
        let mut harness = Harness::new();
        let id = harness.enrolled();
        let mut call = device(&id);
        call.method = Method::POST;
        call.change_target("')?", &format!("')/{action}?"));
        let reply = harness.send(&call);
        let found = (reply.status, reply.entry.request.as_str(), reply.entry.rule.as_deref());
        assert_eq!(found, (status, "intune.action", Some("action")), "{action}");
        let code = if status == 501 { &reply.body["ErrorCode"] } else { &reply.body["odata.error"]["code"] };
        assert_eq!(code, word);
        assert_eq!(harness.send(&device(&id)).status, 200);
    }
    let mut harness = Harness::new();
    let call = call(
        Method::POST,
        format!(
            "{IW}/Devices(guid'{}')/UpdateAadId?api-version=16.4&ssp=x&ssp-version=1.2609.5&os=Linux&mgmt-agent=mdm",
            crate::harness::UNKNOWN
        ),
        IW_SERVICE,
        Value::Null,
    );
    assert_eq!(harness.send(&call).entry.rule.as_deref(), Some("unknown device"));
}
