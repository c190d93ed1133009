use crate::house::{BASE, Call, House, endpoints};
use serde_json::{Value, json};
use tenant_intune::name;

fn uri(house: &mut House, service: &str) -> Option<String> {
    let reply = house.send(&endpoints());
    let list = reply.body["value"].as_array().unwrap().clone();
    let entry = list.iter().find(|entry| entry["providerName"] == service)?;
    Some(entry["uri"].as_str().unwrap().to_owned())
}

#[test]
fn the_list_has_the_fields_of_the_page_and_services_of_other_platforms() {
    let mut house = House::new();
    let reply = house.send(&endpoints());
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
        assert!(uri(&mut house, service).is_some(), "{service}");
    }
}

#[test]
fn the_token_must_be_for_graph_and_hold_the_scope() {
    House::new().refuse(
        &endpoints(),
        &[
            ("token", |it| it.claims = None, 401),
            ("token", |it| it.claim("aud", crate::house::INTUNE), 401),
            ("scope", |it| it.claim("scp", "User.Read"), 403),
            ("scope", |it| it.claim("scp", "xServicePrincipalEndpoint.Read.All"), 403),
            ("scope", |it| it.drop_claim("scp"), 403),
        ],
    );
}

#[test]
fn both_paths_and_each_name_of_graph_will_do() {
    let change: [fn(&mut Call); 3] = [
        |it| it.change_target("/v1.0/", "/v1.0/myorganization/"),
        |it| it.claim("aud", "00000003-0000-0000-c000-000000000000"),
        |it| it.claim("aud", "https://graph.microsoft.com/"),
    ];
    for change in change {
        let mut call = endpoints();
        change(&mut call);
        assert_eq!(House::new().send(&call).status, 200);
    }
}

#[test]
fn the_list_can_be_short_slashed_and_spelled_otherwise() {
    let mut house = House::with(json!({
        "endpoints_missing": ["IWService"], "trailing_slash": true, "mdm_casing": "LinuxMdm",
    }));
    assert_eq!(uri(&mut house, "IWService"), None);
    let found = uri(&mut house, "LinuxEnrollmentService").unwrap();
    assert_eq!(
        found,
        format!("{BASE}/TrafficGateway/TrafficRoutingService/LinuxMdm/LinuxEnrollmentService/")
    );
}

#[test]
fn names_come_from_method_and_path_alone() {
    let iw = crate::house::IW;
    for (method, path, expected) in [
        ("POST", "/any/where/linuxmdm/LINUXENROLLMENTSERVICE/enroll", Some("intune.enroll")),
        ("POST", "/x/LinuxDeviceCheckinService/details/", Some("intune.details")),
        ("GET", "/x/LinuxDeviceCheckinService/policies/1", Some("intune.policies")),
        ("POST", "/x/LinuxDeviceCheckinService/status", Some("intune.status")),
        ("GET", &format!("{iw}/Devices(guid%27{}%27)", crate::house::UNKNOWN), Some("intune.device")),
        ("GET", &format!("{iw}/Devices"), Some("intune.devices")),
        ("POST", &format!("{iw}/Devices(guid'1')/Retire"), Some("intune.retire")),
        ("GET", "/OAuth/StatelessOAuthService/OAuthProxy/", Some("intune.token")),
        ("POST", "/x/LinuxDeviceCheckinService//status", None),
        ("GET", "/x/LinuxDeviceCheckinService/status", None),
        ("GET", "/v1.0/servicePrincipals/appId=00000003-0000-0000-c000-000000000000/endpoints", None),
        ("GET", "/v1.0/me", None),
        ("GET", "/", None),
    ] {
        let request = http::Request::builder().method(method).uri(path).body(bytes::Bytes::new()).unwrap();
        assert_eq!(name(&request), expected, "{method} {path}");
    }
}
