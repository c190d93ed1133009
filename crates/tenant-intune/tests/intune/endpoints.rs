use crate::harness::{BASE, Call, Harness, endpoints};
use serde_json::Value;
use tenant_intune::name;

fn uri(harness: &mut Harness, service: &str) -> Option<String> {
    let reply = harness.send(&endpoints());
    let list = reply.body["value"].as_array().unwrap().clone();
    let entry = list.iter().find(|entry| entry["providerName"] == service)?;
    Some(entry["uri"].as_str().unwrap().to_owned())
}

#[test]
fn the_list_has_the_fields_of_the_page_and_services_of_other_platforms() {
    let mut harness = Harness::new();
    let reply = harness.send(&endpoints());
    assert_eq!((reply.status, reply.entry.request.as_str()), (200, "intune.endpoints"));
    let context = reply.body["@odata.context"].as_str().unwrap();
    assert!(context.ends_with("servicePrincipals('appId%3D0000000a-0000-0000-c000-000000000000')/endpoints"));
    for entry in reply.body["value"].as_array().unwrap() {
        assert_eq!(entry["capability"], entry["providerName"]);
        assert_eq!(entry["providerId"], "0000000a-0000-0000-c000-000000000000");
        assert_eq!(entry["deletedDateTime"], Value::Null);
        assert!(entry["id"].is_string() && entry["providerResourceId"].is_string());
        assert!(entry["uri"].as_str().unwrap().starts_with(BASE));
    }
    for service in [
        "LinuxEnrollmentService",
        "LinuxDeviceCheckinService",
        "IWService",
        "TokenRenewalService",
        "BrandingService",
        "AndroidEnrollment",
    ] {
        assert!(uri(&mut harness, service).is_some(), "{service}");
    }
}

#[test]
fn each_path_and_each_name_of_graph_will_do() {
    let change: [fn(&mut Call); 8] = [
        |it| it.change_target("/v1.0/", "/v1.0/myorganization/"),
        |it| it.change_target("/appId=", "/appId%3D"),
        alternate_key,
        |it| {
            alternate_key(it);
            it.change_target("/v1.0/", "/v1.0/myorganization/");
        },
        |it| {
            alternate_key(it);
            it.change_target("(appId='", "%28appId%3D%27");
            it.change_target("')", "%27%29");
        },
        |it| it.change_target("/endpoints", "/endpoints/"),
        |it| it.claim("aud", "00000003-0000-0000-c000-000000000000"),
        |it| it.claim("aud", "https://graph.microsoft.com/"),
    ];
    for change in change {
        let mut call = endpoints();
        change(&mut call);
        let reply = Harness::new().send(&call);
        assert_eq!((reply.status, reply.entry.request.as_str()), (200, "intune.endpoints"), "{call:?}");
    }
}

/// The same resource by Graph's alternate key.
fn alternate_key(call: &mut Call) {
    call.change_target("/appId=", "(appId='");
    call.change_target("/endpoints", "')/endpoints");
}

#[test]
fn names_come_from_method_and_path_alone() {
    let iw = crate::harness::IW;
    for (method, path, expected) in [
        ("POST", "/any/where/linuxmdm/LINUXENROLLMENTSERVICE/enroll", Some("intune.enroll")),
        ("POST", "/x/LinuxDeviceCheckinService/details/", Some("intune.details")),
        ("GET", "/x/LinuxDeviceCheckinService/policies/1", Some("intune.policies")),
        ("POST", "/x/LinuxDeviceCheckinService/status", Some("intune.status")),
        ("GET", &format!("{iw}/Devices(guid%27{}%27)", crate::harness::UNKNOWN), Some("intune.device")),
        ("GET", &format!("{iw}/Devices"), Some("intune.devices")),
        ("POST", &format!("{iw}/Devices(guid'1')/Retire"), Some("intune.retire")),
        ("GET", "/OAuth/StatelessOAuthService/OAuthProxy/", Some("intune.token")),
        ("POST", "/x/LinuxDeviceCheckinService//status", None),
        ("GET", "/x/LinuxDeviceCheckinService/status", None),
        ("GET", "/beta/servicePrincipals/appId=0000000a-0000-0000-c000-000000000000/endpoints", None),
        ("POST", "/v1.0/servicePrincipals(appId='0000000a-0000-0000-c000-000000000000')/endpoints", None),
        ("GET", "/v1.0/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')/endpoints", None),
        ("POST", &format!("{iw}/Devices(guid'1')/UpdateAadId"), Some("intune.action")),
        ("GET", &format!("{iw}/TermsOfUse"), Some("intune.terms")),
        ("GET", "/x/Wcs/StatelessBrandingService/Brands", Some("intune.brands")),
        ("GET", "/ubuntu/22.04/prod/pool/main/i/intune-portal", Some("intune.portal_versions")),
        ("GET", "/ubuntu/26.04/prod/pool/main/i/intune-portal/", Some("intune.portal_versions")),
        ("GET", "/ubuntu/24.04/prod/pool/main/i/intune-portal/intune-portal_1.2609.5-noble_amd64.deb", None),
        ("GET", "/v1.0/servicePrincipals/appId=00000003-0000-0000-c000-000000000000/endpoints", None),
        ("GET", "/v1.0/me", None),
        ("GET", "/", None),
    ] {
        let request = http::Request::builder().method(method).uri(path).body(bytes::Bytes::new()).unwrap();
        assert_eq!(name(&request), expected, "{method} {path}");
    }
}
