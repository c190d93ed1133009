//! Guesses of intune.md 8.2 that are off by default, each under its knob.

use crate::harness::{
    ADELE, ALEX, DEVICE, Harness, OTHER_DEVICE, POLICY, details, device, devices, enroll, policies, renewal,
    status,
};
use serde_json::{Value, json};
use tenant_intune::DeviceAction;

const DAY: i64 = 86_400_000;

#[test]
fn a_user_may_enrol_so_many_devices() {
    let of = |user: &str, device: &str| {
        let mut call = enroll();
        call.claim("oid", user);
        call.claim("deviceid", device);
        call
    };
    let third = "dddddddd-0000-4000-8000-000000000003";
    for (limit, expected) in [(json!(null), [200, 200, 200, 200, 200]), (json!(1), [200, 200, 403, 200, 200])]
    {
        let mut harness = Harness::with(json!({ "enrolment_limit": limit }));
        let mut elsewhere = of(ADELE, third);
        elsewhere.claim("tid", "66666666-7777-8888-9999-aaaaaaaaaaaa");
        let calls =
            [elsewhere, of(ADELE, DEVICE), of(ADELE, OTHER_DEVICE), of(ALEX, third), of(ADELE, DEVICE)];
        assert_eq!(calls.map(|call| harness.send(&call).status), expected, "{limit}");
    }
    let mut harness = Harness::with(json!({ "enrolment_limit": 1, "enrolment_limit_status": 400 }));
    let id = harness.enrolled();
    let reply = harness.send(&of(ADELE, OTHER_DEVICE));
    assert_eq!((reply.status, reply.entry.rule.as_deref()), (400, Some("enrolment limit")));
    harness.intune.administer(&id, DeviceAction::Retire).unwrap();
    assert_eq!(harness.send(&of(ADELE, OTHER_DEVICE)).status, 200);
}

#[test]
fn an_expired_certificate_matters_only_under_its_knob() {
    for (refuse, after_days, passes) in [(false, 400, true), (true, 30, false), (true, 29, true)] {
        let mut harness =
            Harness::with(json!({ "refuse_expired_certificates": refuse, "certificate_days": 30 }));
        let id = harness.enrolled();
        harness.now += after_days * DAY;
        for call in [details(&id), policies(&id), status(&id, &[])] {
            let reply = harness.send(&call);
            let rule = (!passes).then_some("certificate expired");
            assert_eq!(reply.entry.rule.as_deref(), rule, "{refuse} {after_days}");
            assert!(passes || reply.body["detail"] == "Device validation failed");
        }
        // Enrolling again is what helps.
        let id = harness.enrolled();
        assert_eq!(harness.send(&details(&id)).status, 200);
    }
}

#[test]
fn so_many_requests_are_throttled() {
    for (status, code, retry_after, number) in [
        (429, "TooManyRequests", Some("7"), json!(7)),
        (429, "TooManyRequests", None, Value::Null),
        (503, "ServiceUnavailable", Some("Wed, 21 Oct 2026 07:28:00 GMT"), Value::Null),
    ] {
        for name in ["intune.token", "*"] {
            let throttle = json!({ "times": 2, "status": status, "retry_after": retry_after });
            let mut harness = Harness::with(json!({ "throttle": { name: throttle } }));
            for _ in 0..2 {
                let reply = harness.send(&renewal());
                assert_eq!((reply.status, reply.entry.rule.as_deref()), (status, Some("throttle")));
                assert_eq!(reply.retry_after.as_deref(), retry_after);
                assert_eq!((&reply.body["ErrorCode"], &reply.body["RetryAfter"]), (&json!(code), &number));
            }
            assert_eq!(harness.send(&renewal()).status, 200);
            assert_eq!(harness.intune.knobs().throttle[name].times, 0);
        }
    }
    let mut harness =
        Harness::with(json!({ "throttle": { "intune.status": { "times": 1, "status": 429 } } }));
    assert_eq!(harness.send(&enroll()).status, 200);
}

#[test]
fn statuses_that_nobody_knows_can_be_chosen() {
    let mut unlicensed = enroll();
    unlicensed.licensed = false;
    let mut nobody = enroll();
    nobody.drop_claim("oid");
    for (knobs, call, expected) in [
        (json!({ "licence_check": true, "licence_status": 400 }), unlicensed, (400, "licence")),
        (json!({ "missing_claim_status": 401 }), nobody, (401, "oid")),
    ] {
        let reply = Harness::with(knobs).send(&call);
        assert_eq!((reply.status, reply.entry.rule.as_deref()), (expected.0, Some(expected.1)));
    }
}

#[test]
fn iw_service_may_have_a_floor_of_its_own_and_none_is_none() {
    for (knobs, version, linux, iw) in [
        (json!({}), "1.2312.35", 400, 400),
        (json!({ "version_floor": "1.2301.0" }), "1.2312.35", 200, 200),
        (json!({ "ssp_version_floor": "1.2301.0" }), "1.2312.35", 400, 200),
        (json!({ "ssp_version_floor": "" }), "x", 400, 200),
        (json!({ "version_floor": "" }), "", 200, 200),
    ] {
        let mut harness = Harness::new();
        let id = harness.enrolled();
        harness.intune.set_knobs(serde_json::from_value(knobs.clone()).unwrap());
        for (mut call, expected) in [(policies(&id), linux), (device(&id), iw), (devices(), iw)] {
            call.change_target("1.2609.5", version);
            assert_eq!(harness.send(&call).status, expected, "{knobs} {version}");
        }
    }
}

#[test]
fn the_form_of_a_version_goes_by_the_ssp_that_it_belongs_to() {
    for (ssp, version, expected) in [
        ("LinuxCP", "1.2609.5", 200),
        ("linuxssp", "1.2609.5", 200),
        ("LinuxCP", "10.0.1.0", 400),
        ("LinuxSSP", "10.0.1.0", 400),
        ("WindowsSSP", "10.0.1.0", 200),
        ("AndroidSSP", "5.0.6420.0", 200),
        ("WindowsSSP", "", 400),
    ] {
        let mut harness = Harness::new();
        let id = harness.enrolled();
        for mut call in [device(&id), devices()] {
            call.change_target("ssp=LinuxCP", &format!("ssp={ssp}"));
            call.change_target("1.2609.5", version);
            let reply = harness.send(&call);
            assert_eq!(reply.status, expected, "{ssp} {version}: {:?}", reply.entry);
        }
    }
}

#[test]
fn whether_a_client_must_name_its_version_is_a_knob() {
    for (knobs, version, expected) in [
        (json!({}), None, 400),
        (json!({ "version_floor": "" }), None, 400),
        (json!({ "client_version_needed": false }), None, 200),
        (json!({ "client_version_needed": false }), Some("1.2312.35"), 400),
        (json!({ "client_version_needed": false }), Some("1.2609.5"), 200),
    ] {
        let mut harness = Harness::new();
        let id = harness.enrolled();
        harness.intune.set_knobs(serde_json::from_value(knobs.clone()).unwrap());
        let mut call = policies(&id);
        match version {
            Some(version) => call.change_target("1.2609.5", version),
            None => call.change_target("&client-version=1.2609.5", ""),
        }
        assert_eq!(harness.send(&call).status, expected, "{knobs} {version:?}");
    }
}

#[test]
fn the_type_and_the_paths_of_a_policy_are_its_own() {
    for (kind, state) in
        [("Compliance", "Noncompliant"), ("CompliancePolicy", "Noncompliant"), ("Configuration", "Compliant")]
    {
        let mut harness = Harness::with(json!({ "policies": [{
            "policyId": POLICY, "policyType": kind, "policySettings": [{
                "settingDefinitionItemId": "linux_deviceencryption_required", "value": "True",
                "cspPath": "com.microsoft.manage.LinuxMdm/Encryption",
            }],
        }] }));
        let id = harness.enrolled();
        let policy = harness.send(&policies(&id)).body["policies"][0].clone();
        assert_eq!(policy["policyType"], kind);
        assert_eq!(policy["policySettings"][0]["cspPath"], "com.microsoft.manage.LinuxMdm/Encryption");
        harness.send(&status(&id, &[]));
        harness.now += 2_000;
        assert_eq!(harness.send(&device(&id)).body["ComplianceState"], state, "{kind}");
    }
}
