//! Successes: the list of endpoints, the inventory, the verdict, the retirement.

#[path = "../../../reply/tests/common/variants.rs"]
mod variants;

use crate::common::{CHECK_IN, DEVICE, IW, reply};
use bytes::Bytes;
use http::Response;
use intune::details::{self, Known};
use intune::device::{self, ComplianceState};
use intune::{IntuneError, endpoints, retire};
use model::FailureClass::{Broken, Denied, Transient};
use model::Who;
use proptest::prelude::*;
use serde_json::{Value, json};

fn entry(name: &str, uri: &str) -> Value {
    json!({
        "id": "e0000000-0000-4000-8000-000000000001", "deletedDateTime": null, "capability": name,
        "providerId": "0000000a-0000-0000-c000-000000000000", "providerName": name,
        "providerResourceId": "f0000000-0000-4000-8000-000000000001", "uri": uri,
    })
}

fn list(entries: &[Value]) -> String {
    json!({ "@odata.context": "https://graph.microsoft.com/v1.0/$metadata", "value": entries }).to_string()
}

#[test]
fn the_list_of_the_page_is_read() {
    let enrolment = "https://fef.sim01.manage.contoso.test/LinuxMDM/LinuxEnrollmentService";
    let entries = [
        json!(7),
        json!({ "providerName": "BrandingService" }),
        entry("LinuxEnrollmentService", enrolment),
        entry("LinuxDeviceCheckinService", &format!("{CHECK_IN}/")),
        entry("IWService", IW),
    ];
    let found = endpoints::read(reply(200, &[], &list(&entries))).unwrap();
    assert_eq!(found.enrolment.to_string(), enrolment);
    assert_eq!(found.check_in.to_string(), CHECK_IN, "one slash is trimmed");
    assert_eq!(found.iw.unwrap().to_string(), IW);
}

#[test]
fn a_list_without_a_service_names_it() {
    let good = "https://fef.example/Service";
    let (enrolment, check_in) =
        (entry("LinuxEnrollmentService", good), entry("LinuxDeviceCheckinService", good));
    for (entries, missing) in [
        (vec![check_in.clone()], "LinuxEnrollmentService"),
        (vec![enrolment.clone()], "LinuxDeviceCheckinService"),
        (vec![], "LinuxEnrollmentService"),
        (vec![entry("linuxenrollmentservice", good), check_in.clone()], "LinuxEnrollmentService"),
        (
            vec![json!({ "providerName": "LinuxEnrollmentService" }), check_in.clone()],
            "LinuxEnrollmentService",
        ),
        (
            vec![json!({ "capability": "LinuxEnrollmentService", "uri": good }), check_in.clone()],
            "LinuxEnrollmentService",
        ),
    ] {
        let error = endpoints::read(reply(200, &[], &list(&entries))).unwrap_err();
        assert_eq!(error, IntuneError::NoEndpoint(missing), "{entries:?}");
        let failure = error.failure();
        assert_eq!((failure.code.as_str(), failure.class), ("NoIntuneEndpoint", Denied));
        assert!(failure.message.contains(missing));
    }
    for iw in [entry("IWService", "http://fef.example/"), json!({ "providerName": "IWService" }), json!(null)]
    {
        let entries = [enrolment.clone(), check_in.clone(), iw];
        assert_eq!(endpoints::read(reply(200, &[], &list(&entries))).unwrap().iw, None);
    }
}

#[test]
fn an_endpoint_without_tls_is_refused() {
    let entries = [
        entry("LinuxEnrollmentService", "http://fef.example/"),
        entry("LinuxDeviceCheckinService", CHECK_IN),
    ];
    let error = endpoints::read(reply(200, &[], &list(&entries))).unwrap_err();
    assert_eq!(error, IntuneError::Uri("http://fef.example/".to_owned()));
    assert_eq!(error.failure().code, "EndpointUri");
}

#[test]
fn a_friendly_name_says_that_the_device_is_known() {
    let known = |name: &str| Known::Known { friendly_name: name.to_owned() };
    for (body, expected) in [
        (r#"{"deviceFriendlyName":"lx-adele"}"#, known("lx-adele")),
        (r#"{"DeviceFriendlyName":"a\u001bb","more":1}"#, known("a b")),
        (r#"{"deviceFriendlyName":""}"#, known("")),
        ("{}", Known::PerhapsRetired),
        (r#"{"deviceFriendlyName":null}"#, Known::PerhapsRetired),
    ] {
        assert_eq!(details::read(reply(200, &[], body)), Ok(expected), "{body}");
    }
}

/// The parts of intune.md 9.7 that are read, among some that are not.
fn verdict() -> Value {
    json!({
        "odata.metadata": "https://fef.sim01.manage.contoso.test/…/$metadata#Devices/@Element",
        "#CommonContainer.CheckCompliance": { "target": "https://…/CheckCompliance", "title": "CheckCompliance" },
        "#CommonContainer.Retire": { "target": format!("{IW}/Devices(guid'{DEVICE}')/Retire"), "title": "Retire" },
        "Key": DEVICE, "AadId": "dddddddd-0000-4000-8000-000000000002", "Nickname": null, "EnrollmentType": 0,
        "IsManagedInGraph": true, "IsCompliantInGraph": false, "ComplianceState": "Noncompliant",
        "NoncompliantRules": [{
            "ComplianceSource": "LinuxMDM", "SettingID": "linux_deviceencryption_required",
            "Title": "Encrypt your drives", "Description": "Sample text.", "ExpectedValue": "True",
            "MoreInfoUri": "https://go.microsoft.com/fwlink/?linkid=0000000", "RemediationOwner": 0,
        }],
    })
}

#[test]
fn the_verdict_of_the_page_is_read() {
    let device = device::read(reply(200, &[], &verdict().to_string())).unwrap();
    assert_eq!(device.state, ComplianceState::NonCompliant);
    assert_eq!((device.compliant_in_graph, device.managed_in_graph), (Some(false), Some(true)));
    assert_eq!(device.entra_device.unwrap().to_string(), "dddddddd-0000-4000-8000-000000000002");
    assert_eq!(device.retire.unwrap(), format!("{IW}/Devices(guid'{DEVICE}')/Retire"));
    let [rule] = device.rules.as_slice() else { panic!("one rule: {:?}", device.rules) };
    assert_eq!(rule.setting.as_deref(), Some("linux_deviceencryption_required"));
    assert_eq!(rule.title.as_deref(), Some("Encrypt your drives"));
    assert_eq!(rule.description.as_deref(), Some("Sample text."));
    assert_eq!(rule.more_info.as_deref(), Some("https://go.microsoft.com/fwlink/?linkid=0000000"));
    assert_eq!(rule.expected.as_deref(), Some("True"));
}

#[test]
fn states_are_read_in_any_case_and_new_words_are_unknown() {
    for (word, state) in [
        ("Compliant", ComplianceState::Compliant),
        ("compliant", ComplianceState::Compliant),
        ("Noncompliant", ComplianceState::NonCompliant),
        ("NonCompliant", ComplianceState::NonCompliant),
        ("Unknown", ComplianceState::Unknown),
        ("ERROR", ComplianceState::Error),
        ("InGracePeriod", ComplianceState::Unknown),
        ("", ComplianceState::Unknown),
    ] {
        let body = json!({ "complianceState": word, "noncompliantRules": [] }).to_string();
        assert_eq!(device::read(reply(200, &[], &body)).unwrap().state, state, "{word}");
    }
}

#[test]
fn all_but_state_and_rules_may_be_absent_or_odd() {
    let odd = json!({
        "ComplianceState": "Compliant", "NoncompliantRules": [7, {}, { "Title": "a\u{202e}b", "MoreInfoUri": 5 }],
        "#CommonContainer.Retire": { "title": "Retire" }, "AadId": "x", "IsCompliantInGraph": "yes",
    });
    let device = device::read(reply(200, &[], &odd.to_string())).unwrap();
    assert_eq!((device.retire, device.entra_device, device.compliant_in_graph), (None, None, None));
    let titles: Vec<_> = device.rules.iter().map(|rule| rule.title.as_deref()).collect();
    assert_eq!(titles, [None, Some("a b")]);
    for name in ["ComplianceState", "NoncompliantRules"] {
        let mut body = verdict();
        body.as_object_mut().unwrap().remove(name);
        let failure = device::read(reply(200, &[], &body.to_string())).unwrap_err().failure();
        assert_eq!((failure.code.as_str(), failure.class), ("UnusableReply", Broken));
        assert!(failure.message.contains(name), "{}", failure.message);
    }
}

#[test]
fn only_204_accepts_a_retirement() {
    assert_eq!(retire::read(reply(204, &[], "")), Ok(()));
    for status in [200, 202] {
        let failure = retire::read(reply(status, &[], "<html>")).unwrap_err().failure();
        assert_eq!((failure.code.as_str(), failure.class), ("UnusableReply", Broken), "{status}");
    }
}

#[test]
fn a_success_that_is_no_json_is_not_the_services() {
    for body in ["", "<html>\u{7}</html>", "{"] {
        let failures = [
            endpoints::read(reply(200, &[], body)).unwrap_err().failure(),
            details::read(reply(200, &[], body)).unwrap_err().failure(),
            device::read(reply(200, &[], body)).unwrap_err().failure(),
        ];
        for failure in failures {
            assert_eq!((failure.code.as_str(), failure.class), ("NotJson", Transient), "{body}");
            assert!(!failure.message.chars().any(char::is_control));
        }
    }
    for body in ["[]", "null", "5"] {
        assert!(matches!(endpoints::read(reply(200, &[], body)), Err(IntuneError::Unusable { .. })));
        assert!(matches!(details::read(reply(200, &[], body)), Err(IntuneError::Unusable { .. })));
        assert!(matches!(device::read(reply(200, &[], body)), Err(IntuneError::Unusable { .. })));
    }
}

#[test]
fn a_member_of_another_type_is_named_and_is_the_service_s() {
    type Reader = fn(Response<Bytes>) -> Option<IntuneError>;
    let provider = |name: &str| json!({ "providerName": name, "uri": "https://intune.example/x" });
    let services = ["LinuxEnrollmentService", "LinuxDeviceCheckinService", "IWService"].map(provider);
    let readers: [(Value, Reader); 3] = [
        (json!({ "value": services }), |reply| endpoints::read(reply).err()),
        (json!({ "deviceFriendlyName": "lap" }), |reply| details::read(reply).err()),
        (verdict(), |reply| device::read(reply).err()),
    ];
    for (good, judge) in readers {
        assert_eq!(judge(reply(200, &[], &good.to_string())), None);
        for (member, body) in variants::of(&good) {
            let Some(error) = judge(reply(200, &[], &body.to_string())) else { continue };
            let failure = error.failure();
            // An entry that names no provider is none.
            let absent = failure.code == "NoIntuneEndpoint" && failure.who == Who::TenantAdmin;
            let told = failure.message.contains(&member) || failure.message.contains("no object");
            let whole = member == "the whole answer" && failure.message.contains("no ");
            let named = failure.who == Who::Nobody && (told || whole);
            assert!(absent || named, "{member}: {failure:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_damaged_verdict_shows_no_control_character(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut text = verdict().to_string().into_bytes();
        for (at, byte) in damage {
            let at = at.index(text.len());
            text[at] = byte;
        }
        let reply = http::Response::new(bytes::Bytes::from(text));
        let shown = match device::read(reply) {
            Ok(device) => device.rules.into_iter().filter_map(|rule| rule.title).collect(),
            Err(error) => error.failure().message,
        };
        prop_assert!(!shown.chars().any(char::is_control));
    }
}
