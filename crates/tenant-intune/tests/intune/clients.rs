//! Requests of clients that nobody here wrote, with their own queries, tokens and spellings.

use crate::harness::{
    BASE, Call, DEVICE, Harness, IW, IW_SERVICE, MDM, VERSIONS, call, details, device, encryption, endpoints,
    enroll, enroll_with, policies, renewal, status,
};
use http::Method;
use serde_json::{Value, json};

/// Company Portal, the client id of an independent client (intune.md 0.3, 1.2).
const COMPANY_PORTAL: &str = "9ba1a5c7-f17a-4de9-a1f1-6178c8d51223";
/// Its query to IWService (intune.md 4.1), with a version that is not too old.
const SSP: &str = "api-version=16.4&ssp=LinuxSSP&ssp-version=1.2609.5&os=Linux&os-version=22.04&os-sub=None&arch=ARM&mgmt-agent=Mdm";

/// The call as that client sends it: its own id, no header but the token.
fn theirs(mut call: Call) -> Call {
    call.claim("appid", COMPANY_PORTAL);
    call.headers.clear();
    call
}

/// The call with a token of Intune's own, which the sign-in service does not know.
fn bearing(mut call: Call, token: &str) -> Call {
    call.claims = None;
    call.headers = vec![("authorization", format!("Bearer {token}"))];
    call
}

fn renewed(harness: &mut Harness) -> String {
    let reply = harness.send(&theirs(renewal()));
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body["Result"]["Token"].as_str().unwrap().to_owned()
}

#[test]
fn without_client_version_the_older_refusal_comes() {
    let mut harness = Harness::new();
    let id = harness.enrolled();
    for call in [enroll(), details(&id), policies(&id), status(&id, &[])] {
        let mut call = theirs(call);
        call.change_target("&client-version=1.2609.5", "");
        let reply = harness.send(&call);
        assert_eq!((reply.status, reply.entry.rule.as_deref()), (400, Some("client-version")));
        assert_eq!(
            reply.body,
            json!({
                "ErrorCode": "BadRequest", "StatusCode": 400, "Message": "An error has occurred.",
                "MessageLanguage": "en-us", "IsMessageCustomerSafe": false, "RetryAfter": null,
            })
        );
    }
}

#[test]
fn a_service_without_a_floor_takes_it_through_check_in() {
    let mut knobs = encryption();
    knobs["version_floor"] = json!("");
    knobs["client_version_needed"] = json!(false);
    let mut harness = Harness::with(knobs);
    let bare = |call: Call| {
        let mut call = theirs(call);
        call.change_target("&client-version=1.2609.5", "");
        call
    };
    let id = harness.send(&bare(enroll())).body["deviceId"].as_str().unwrap().to_owned();
    assert_eq!(harness.send(&bare(details(&id))).body["deviceFriendlyName"], "lx-adele");
    let list = harness.send(&bare(policies(&id))).body["policies"].clone();
    // Whatever is expected is what it finds; numbers are left out, and the date is local time.
    let setting = &list[0]["policySettings"][0];
    let mut report = bare(status(&id, &[]));
    report.body["PolicyStatuses"] = json!([{
        "PolicyId": list[0]["policyId"], "LastStatusDateTime": "2026-11-22T02:00:00-08:00", "Details": [{
            "RuleId": setting["ruleId"], "SettingDefinitionItemId": setting["settingDefinitionItemId"],
            "ExpectedValue": setting["value"], "ActualValue": setting["value"],
            "NewComplianceState": "Compliant", "OldComplianceState": "Unknown",
        }],
    }]);
    assert_eq!(harness.send(&report).status, 200);
    harness.now += 2_000;
    assert_eq!(harness.send(&device(&id)).body["ComplianceState"], "Compliant");
}

#[test]
fn a_renewed_token_lists_by_entra_id_and_retires_by_target() {
    let mut harness = Harness::new();
    let id = harness.enrolled();
    let token = renewed(&mut harness);
    let list = call(Method::GET, format!("{IW}/Devices?{SSP}"), IW_SERVICE, Value::Null);
    let body = harness.send(&bearing(list, &token)).body;
    let own = body["value"].as_array().unwrap().iter().find(|it| it["AadId"] == DEVICE).unwrap().clone();
    assert_eq!((&own["Key"], &own["OfficialName"]), (&json!(id), &json!("lx-adele")));
    // 18 is a corporate device, which that client does not retire.
    assert_ne!(own["EnrollmentType"], 18);
    let target = own["#CommonContainer.Retire"]["target"].as_str().unwrap();
    let path = target.strip_prefix(BASE).unwrap();
    let bare = call(Method::POST, path.to_owned(), IW_SERVICE, Value::Null);
    assert_eq!(harness.send(&bearing(bare, &token)).status, 400);
    let full = call(Method::POST, format!("{path}?{SSP}"), IW_SERVICE, Value::Null);
    let reply = harness.send(&bearing(full, &token));
    assert_eq!((reply.status, reply.text.as_str()), (204, ""));
    assert!(harness.intune.devices(harness.now).is_empty());
}

#[test]
fn a_renewed_token_is_for_iw_service_alone() {
    let mut harness = Harness::new();
    let id = harness.enrolled();
    let token = renewed(&mut harness);
    assert_eq!(harness.send(&bearing(device(&id), &token)).status, 200);
    assert_eq!(harness.send(&bearing(device(&id), "another")).entry.rule.as_deref(), Some("token"));
    for call in [details(&id), policies(&id), status(&id, &[]), enroll(), renewal()] {
        let reply = harness.send(&bearing(call, &token));
        assert_eq!((reply.status, reply.entry.rule.as_deref()), (401, Some("audience")));
    }
    assert_eq!(harness.send(&bearing(endpoints(), &token)).status, 401);
    harness.now += 3_600_000;
    assert_eq!(harness.send(&bearing(device(&id), &token)).status, 401);
}

#[test]
fn a_certificate_request_may_be_laid_out_in_many_ways() {
    let good = include_str!("csr/good.pem");
    let inner: String = good.lines().filter(|line| !line.starts_with('-')).collect();
    let armoured = |inner: &str, end: &str| {
        format!("-----BEGIN CERTIFICATE REQUEST-----{end}{inner}{end}-----END CERTIFICATE REQUEST-----{end}")
    };
    for (name, csr, version) in [
        ("LF", good.to_owned(), "0"),
        ("CRLF", good.replace('\n', "\r\n"), "0"),
        ("no end of line at the end", good.trim_end().to_owned(), "0"),
        ("one long line, LF", armoured(&inner, "\n"), "0"),
        ("one long line, CRLF", armoured(&inner, "\r\n"), "0"),
        ("version 2", include_str!("csr/version2.pem").to_owned(), "2"),
        ("3072 bits", include_str!("csr/rsa3072.pem").to_owned(), "0"),
    ] {
        let reply = Harness::new().send(&theirs(enroll_with(&csr)));
        assert_eq!((reply.status, reply.entry.facts["csr_version"].as_str()), (200, version), "{name}");
    }
}

#[test]
fn older_spellings_of_the_same_calls_pass() {
    let mut harness = Harness::new();
    let id = harness.enrolled();
    let details_as = |distribution: &str, version: &str| {
        let mut call = details(&id);
        (call.body["OSDistribution"], call.body["OSVersion"]) = (json!(distribution), json!(version));
        call
    };
    let five = format!(
        "{IW}/Devices(guid'{id}')?api-version=16.4&ssp=LinuxCP&ssp-version=1.2609.5&os=Linux&mgmt-agent=mdm"
    );
    let mdm = MDM.replace("LinuxMDM", "LinuxMdm");
    for (name, call) in [
        ("a distribution's NAME", details_as("openSUSE Tumbleweed", "openSUSE Tumbleweed 20260101")),
        ("a distribution's name with a capital", details_as("Ubuntu", "22.04")),
        ("five parameters", call(Method::GET, five, IW_SERVICE, Value::Null)),
        ("an escaped path", device(&id).with_target("guid'", "guid%27").with_target("')", "%27)")),
        ("an id in capitals", policies(&id.to_uppercase())),
        ("the other casing of the path", policies(&id).with_target(MDM, &mdm)),
        (
            "parameters the other way round",
            policies(&id).with_target(VERSIONS, "client-version=1.2609.5&api-version=1.0"),
        ),
        ("no client-request-id and no user agent", theirs(device(&id))),
        ("a v2 token", v2(call(Method::GET, format!("{IW}/Devices?{SSP}"), IW_SERVICE, Value::Null))),
    ] {
        let reply = harness.send(&call);
        assert_eq!(reply.status, 200, "{name}: {reply:?}");
    }
}

/// The claims of a v2 token: `azp` and `preferred_username`.
fn v2(mut call: Call) -> Call {
    for (old, new) in [("appid", "azp"), ("upn", "preferred_username")] {
        let value = call.claims.as_ref().unwrap()[old].clone();
        call.drop_claim(old);
        call.claim(new, value);
    }
    call
}
