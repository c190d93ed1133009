//! What is sent, byte for byte where the page shows bytes.

use crate::common::{BASE, CHECK_IN, DEVICE, IW, caller, facts, request_id, service, token};
use bytes::Bytes;
use http::{Method, Request};
use intune::details;
use intune::{IntuneError, device, endpoints, enrol, ids, retire};
use model::{Delivery, DeviceFacts};

fn header<'a>(request: &'a Request<Bytes>, name: &str) -> Option<&'a str> {
    request.headers().get(name).map(|value| value.to_str().unwrap())
}

fn body(request: &Request<Bytes>) -> &str {
    std::str::from_utf8(request.body()).unwrap()
}

fn all(facts: &DeviceFacts) -> [Request<Bytes>; 4] {
    let token = token();
    let caller = caller(&token, facts);
    [
        enrol::request(&service(BASE), &[0x30, 0], &caller),
        details::request(&service(CHECK_IN), DEVICE.parse().unwrap(), &caller),
        device::request(&service(IW), DEVICE.parse().unwrap(), &caller),
        retire::request(&service(IW), &format!("{IW}/Devices(guid'{DEVICE}')/Retire"), &caller).unwrap(),
    ]
}

#[test]
fn the_endpoints_are_asked_of_graph() {
    let sent = endpoints::request(&"graph.microsoft.com".parse().unwrap(), &token(), request_id());
    assert_eq!(sent.method(), Method::GET);
    assert_eq!(
        sent.uri(),
        "https://graph.microsoft.com/v1.0/servicePrincipals/appId=0000000a-0000-0000-c000-000000000000/endpoints"
    );
    assert_eq!(header(&sent, "accept"), Some("application/json"));
    assert_eq!(header(&sent, "authorization"), Some("Bearer T0KEN"));
    assert_eq!(header(&sent, "client-request-id"), Some("5b000000-0000-4000-8000-000000000010"));
    assert!(sent.body().is_empty() && !format!("{sent:?}").contains("T0KEN"));
}

#[test]
fn methods_and_addresses_are_those_of_the_page() {
    let linux = "api-version=1.0&client-version=1.2609.5";
    let iw = "api-version=16.4&ssp=LinuxCP&ssp-version=1.2609.5&os=Linux&os-version=24.04&os-sub=None&arch=X64&mgmt-agent=mdm";
    let expected = [
        (Method::POST, format!("{BASE}/enroll?{linux}")),
        (Method::POST, format!("{CHECK_IN}/details?{linux}")),
        (Method::GET, format!("{IW}/Devices(guid'{DEVICE}')?{iw}")),
        (Method::POST, format!("{IW}/Devices(guid'{DEVICE}')/Retire?{iw}")),
    ];
    for (sent, (method, uri)) in all(&facts()).iter().zip(expected) {
        assert_eq!((sent.method(), sent.uri().to_string()), (&method, uri));
    }
}

#[test]
fn every_call_to_intune_has_the_captured_headers() {
    let sent = all(&facts());
    for sent in &sent {
        assert_eq!(header(sent, "user-agent"), Some("Linux Company Portal/ubuntu 24.04/1.2609.5"));
        assert_eq!(header(sent, "accept"), Some("*/*"));
        assert_eq!(header(sent, "client-request-id"), Some("5b000000-0000-4000-8000-000000000010"));
        assert_eq!(header(sent, "authorization"), Some("Bearer T0KEN"));
        assert!(!format!("{sent:?}").contains("T0KEN"), "the token is not shown");
    }
    let types = sent.each_ref().map(|sent| header(sent, "content-type"));
    assert_eq!(types, [Some("application/json"), Some("application/json"), None, None]);
}

#[test]
fn bodies_are_those_of_the_page_in_its_order() {
    let [enrol, details, device, retire] = all(&facts());
    assert_eq!(
        body(&enrol),
        r#"{"CertificateSigningRequest":"-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n","AppVersion":"0.0.0","DeviceName":"lx-adele"}"#
    );
    assert_eq!(
        body(&details),
        r#"{"DeviceId":"99999999-0000-4000-8000-000000000003","DeviceName":"lx-adele","Manufacturer":"LENOVO","OSDistribution":"ubuntu","OSVersion":"24.04"}"#
    );
    assert!(device.body().is_empty() && retire.body().is_empty());
}

#[test]
fn odd_facts_are_told_without_breaking_a_request() {
    let odd = DeviceFacts {
        display_name: "Adeles \"ünï\" lap".to_owned(),
        os_version: "Unknown".to_owned(),
        os_id: "ödd\n&=".to_owned(),
        os_version_id: "Unknown".to_owned(),
        arch: "risc v&x=1#".to_owned(),
        manufacturer: "Unknown".to_owned(),
    };
    let [enrol, details, device, retire] = all(&odd);
    assert_eq!(header(&enrol, "user-agent"), Some("Linux Company Portal/dd&= Unknown/1.2609.5"));
    assert!(body(&details).contains(r#""DeviceName":"Adeles \"ünï\" lap""#), "{}", body(&details));
    for sent in [device, retire] {
        let query = sent.uri().query().unwrap();
        assert!(query.ends_with("os-version=0&os-sub=None&arch=risc+v%26x%3D1%23&mgmt-agent=mdm"), "{query}");
    }
}

#[test]
fn a_slash_and_the_case_of_a_base_are_the_services_own() {
    let (token, facts) = (token(), facts());
    let base = service("https://fef.msub05.manage.microsoft.com/LinuxMdm/LinuxDeviceCheckinService/");
    let sent = details::request(&base, DEVICE.parse().unwrap(), &caller(&token, &facts));
    assert_eq!(sent.uri().path(), "/LinuxMdm/LinuxDeviceCheckinService/details");
}

#[test]
fn a_retirement_stays_at_home() {
    let (token, facts) = (token(), facts());
    for target in [
        "http://fef.sim01.manage.contoso.test/Retire",
        "https://fef.sim01.manage.contoso.test:8443/Retire",
        "https://fef.sim01.manage.contoso.test.evil.test/Retire",
        "https://fef.sim01.manage.contoso.test@evil.test/Retire",
        "https://evil.test/\u{1b}Retire",
        "https://fef.sim01.manage.contoso.test/Retire#x",
        "/Devices/Retire",
        "",
    ] {
        let error = retire::request(&service(IW), target, &caller(&token, &facts)).unwrap_err();
        assert!(matches!(error, IntuneError::ForeignTarget(_)), "{target}");
        let failure = error.failure();
        assert_eq!((failure.code.as_str(), failure.delivery), ("ForeignTarget", Delivery::NotSent));
        assert!(!failure.message.chars().any(char::is_control));
    }
    let target = "https://FEF.sim01.manage.contoso.test/other/Retire?x=1";
    let sent = retire::request(&service(IW), target, &caller(&token, &facts)).unwrap();
    assert!(sent.uri().to_string().contains("/other/Retire?x=1&api-version=16.4&"), "{}", sent.uri());
}

#[test]
fn names_of_microsofts_own_are_those_of_the_page() {
    for (id, start) in [
        (ids::CLIENT, "b743a22d-6705-"),
        (ids::GRAPH, "00000003-0000-0000-c000-"),
        (ids::ENROLMENT, "d4ebce55-015a-"),
        (ids::INTUNE, "0000000a-0000-0000-c000-"),
        (ids::IW_SERVICE, "b8066b99-6e67-"),
    ] {
        assert!(id.parse::<model::Guid>().is_ok() && id.starts_with(start), "{id}");
    }
}
