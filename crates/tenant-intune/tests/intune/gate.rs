//! Who may call: one thing wrong with each call, and the documented refusal (intune.md 8.1, rules 1 to 4).

use crate::house::{
    ALEX, House, OTHER_DEVICE, Row, details, device, devices, enroll, policies, renewal, status,
};

const TOKENS: [Row; 9] = [
    ("token", |it| it.claims = None, 401),
    ("audience", |it| it.claim("aud", "https://enrollment.manage.microsoft.com/"), 401),
    ("audience", |it| it.drop_claim("aud"), 401),
    ("client", |it| it.claim("appid", "d7b530a4-7680-4c23-a8bf-c52c121d2e87"), 400),
    ("client", |it| it.drop_claim("appid"), 400),
    ("deviceid", |it| it.drop_claim("deviceid"), 400),
    ("oid", |it| it.drop_claim("oid"), 400),
    ("tid", |it| it.claim("tid", "contoso.com"), 400),
    ("deviceid", |it| it.claim("deviceid", "not-a-guid"), 400),
];

const LINUX_VERSIONS: [Row; 5] = [
    ("api-version", |it| it.change_target("api-version=1.0", "api-version=1.1"), 400),
    ("api-version", |it| it.change_target("api-version=1.0&", ""), 400),
    ("client-version", |it| it.change_target("&client-version=1.2609.5", ""), 400),
    ("client-version", |it| it.change_target("1.2609.5", "1.2405.17"), 400),
    ("client-version", |it| it.change_target("1.2609.5", "latest"), 400),
];

const IW_VERSIONS: [Row; 5] = [
    ("api-version", |it| it.change_target("api-version=16.4", "api-version=1.0"), 400),
    ("ssp-version", |it| it.change_target("1.2609.5", "1.2405.17"), 400),
    ("query", |it| it.change_target("&ssp=LinuxCP", ""), 400),
    ("query", |it| it.change_target("&os=Linux", ""), 400),
    ("query", |it| it.change_target("&mgmt-agent=mdm", ""), 400),
];

#[test]
fn every_call_judges_its_token() {
    let mut house = House::new();
    let id = house.enrolled();
    // Enrolling comes last: it drops the id that the others name.
    for good in [renewal(), device(&id), devices(), details(&id), policies(&id), status(&id, &[]), enroll()] {
        house.refuse(&good, &TOKENS);
    }
}

#[test]
fn the_linux_services_judge_their_versions() {
    let mut house = House::new();
    let id = house.enrolled();
    for good in [details(&id), policies(&id), status(&id, &[]), enroll()] {
        house.refuse(&good, &LINUX_VERSIONS);
    }
}

#[test]
fn iw_service_judges_its_versions_and_query() {
    let mut house = House::new();
    let id = house.enrolled();
    for good in [device(&id), devices()] {
        house.refuse(&good, &IW_VERSIONS);
    }
}

#[test]
fn refusals_without_a_reason_have_the_older_shape() {
    let mut house = House::new();
    let mut call = enroll();
    call.claim("appid", "d7b530a4-7680-4c23-a8bf-c52c121d2e87");
    let reply = house.send(&call);
    assert_eq!(
        reply.body,
        serde_json::json!({
            "ErrorCode": "BadRequest", "StatusCode": 400, "Message": "An error has occurred.",
            "MessageLanguage": "en-us", "IsMessageCustomerSafe": false, "RetryAfter": null,
        })
    );
}

#[test]
fn both_portals_may_call_and_a_v2_token_names_its_client_in_azp() {
    let mut house = House::new();
    let mut call = renewal();
    call.claim("appid", "9ba1a5c7-f17a-4de9-a1f1-6178c8d51223");
    assert_eq!(house.send(&call).status, 200);
    let mut call = renewal();
    call.drop_claim("appid");
    call.claim("azp", crate::house::PORTAL);
    assert_eq!(house.send(&call).status, 200);
}

#[test]
fn an_id_belongs_to_one_device_and_one_user() {
    let mut house = House::new();
    let id = house.enrolled();
    for good in [details(&id), policies(&id), status(&id, &[])] {
        house.refuse(
            &good,
            &[
                ("other device", |it| it.claim("deviceid", OTHER_DEVICE), 403),
                ("second user", |it| it.claim("oid", ALEX), 400),
                ("unknown device", |it| it.claim("tid", "66666666-7777-8888-9999-aaaaaaaaaaaa"), 400),
            ],
        );
    }
}

#[test]
fn every_line_of_the_transcript_names_its_caller() {
    let mut house = House::new();
    let id = house.enrolled();
    for call in [details(&id), policies(&id), status(&id, &[]), device(&id)] {
        let facts = house.send(&call).entry.facts;
        for (name, value) in [
            ("device", crate::house::DEVICE),
            ("intune_device", id.as_str()),
            ("appid", crate::house::PORTAL),
            ("user", "adele@contoso.com"),
            ("client_version", "1.2609.5"),
            ("client_request_id", "5b000000-0000-4000-8000-000000000010"),
        ] {
            assert_eq!(facts.get(name).map(String::as_str), Some(value), "{name} of {}", call.target);
        }
    }
}
