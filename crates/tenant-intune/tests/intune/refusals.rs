//! Rules 1 to 8 of intune.md 8.1, one by one: a request that is served, with one thing changed.
//!
//! Each row names its rule and what is wrong, and sees the rule that refused, status, type and whole body.
//! Rules 6 and 9 to 13 are about what is served: they are in `outputs.rs`.
//! What rules 2 and 5 let pass (both clients, version 2, any layout of PEM) is in `gate.rs` and `clients.rs`.

use crate::harness::{
    ALEX, Call, ENROLLMENT, Harness, INTUNE, IW_SERVICE, OTHER_DEVICE, UNKNOWN, details, device, devices,
    endpoints, enroll, enroll_with, policies, renewal, retire, status,
};
use serde_json::{Map, Value, json};
use shape::{Good, Refusal, Row, check, see};

mod shape;

#[test]
fn every_call_judges_its_token() {
    for (_, good, _) in SERVICES {
        check(good, TOKEN);
    }
}

#[test]
fn every_service_has_an_audience_of_its_own() {
    let mut audiences: Vec<&str> = SERVICES.map(|(_, _, own)| own).into();
    audiences.extend(["00000003-0000-0000-c000-000000000000", "https://enrollment.manage.microsoft.com/"]);
    for (service, good, own) in SERVICES {
        for other in audiences.iter().filter(|it| **it != own) {
            let mut harness = Harness::new();
            let mut call = good(&harness.enrolled());
            call.claim("aud", *other);
            let row = format!("8.1/1 {service} with a token for {other}");
            see(&row, &harness.send(&call), "audience", Refusal::Old(401));
        }
    }
}

#[test]
fn graph_wants_its_scope() {
    check(|_| endpoints(), GRAPH);
}

#[test]
fn an_id_belongs_to_one_device_and_one_user() {
    for good in [details as Good, policies, |id| status(id, &[])] {
        check(good, OWNER);
    }
    check(|_| enroll(), ENROLLED_BY_ANOTHER);
    for good in [device as Good, retire] {
        check(good, NOT_ONES_OWN);
    }
}

#[test]
fn versions_are_judged() {
    for good in [details as Good, policies, |id| status(id, &[]), |_| enroll()] {
        check(good, LINUX_VERSIONS);
    }
    for good in [device as Good, |_| devices(), retire] {
        check(good, IW_VERSIONS);
    }
    check(|_| renewal(), RENEWAL_VERSION);
}

#[test]
fn enrolment_judges_the_certificate_request_and_its_fields() {
    check(|_| enroll(), CSR);
    check(|_| enroll(), ENROLMENT_FIELDS);
}

#[test]
fn the_ids_of_a_refusal_are_fresh() {
    let mut harness = Harness::new();
    let mut ids = || {
        let body = harness.send(&enroll_with("x")).body;
        [body["traceId"].clone(), body["activityId"].clone()]
    };
    let (first, second) = (ids(), ids());
    assert!(first[0] != second[0] && first[1] != second[1], "8.1/5 fresh traceId and activityId");
}

#[test]
fn details_want_all_five_keys_and_a_known_id() {
    check(details, DETAILS);
    for (status, refusal) in [(401, Refusal::Old(401)), (404, Refusal::Old(404)), (500, Refusal::Old(500))] {
        let mut harness = Harness::with(json!({ "unknown_device_status": status }));
        see("8.1/7 details, MAY", &harness.send(&details(UNKNOWN)), "unknown device", refusal);
    }
}

#[test]
fn status_wants_pascal_case_and_a_known_id() {
    check(|id| status(id, &[(5, "linux_deviceencryption_required", "True", "Compliant")]), STATUS);
    check(policies, &[("8.1/7 policies, unknown id", "unknown device", unknown_path, Refusal::NotValid)]);
}

fn unknown_path(call: &mut Call) {
    let (path, query) = call.target.split_once('?').unwrap();
    let (before, _) = path.rsplit_once('/').unwrap();
    call.target = format!("{before}/{UNKNOWN}?{query}");
}

fn other_guid(call: &mut Call) {
    let (before, after) = call.target.split_once("(guid'").unwrap();
    call.target = format!("{before}(guid'{UNKNOWN}{}", &after[UNKNOWN.len()..]);
}

fn csr(call: &mut Call, pem: &str) {
    call.body["CertificateSigningRequest"] = json!(pem);
}

fn bare(call: &mut Call) {
    let inner: String = GOOD_CSR.lines().filter(|line| !line.starts_with('-')).collect();
    csr(call, &inner);
}

fn forged(call: &mut Call) {
    // The line before the last two belongs to the signature.
    let line = GOOD_CSR.lines().rev().nth(2).unwrap();
    csr(call, &GOOD_CSR.replace(line, &line.chars().rev().collect::<String>()));
}

fn top(call: &mut Call) -> &mut Map<String, Value> {
    call.body.as_object_mut().unwrap()
}

fn first(call: &mut Call) -> &mut Map<String, Value> {
    call.body["PolicyStatuses"][0].as_object_mut().unwrap()
}

fn detail(call: &mut Call) -> &mut Map<String, Value> {
    call.body["PolicyStatuses"][0]["Details"][0].as_object_mut().unwrap()
}

/// Gives a member another name.
fn renamed(members: &mut Map<String, Value>, from: &str, to: &str) {
    let value = members.remove(from).unwrap();
    members.insert(to.to_owned(), value);
}

const GOOD_CSR: &str = include_str!("csr/good.pem");
const EDGE: &str = "d7b530a4-7680-4c23-a8bf-c52c121d2e87";
const TENANT_2: &str = "66666666-7777-8888-9999-aaaaaaaaaaaa";

const SERVICES: [(&str, Good, &str); 8] = [
    ("enroll", |_| enroll(), ENROLLMENT),
    ("details", details, INTUNE),
    ("policies", policies, INTUNE),
    ("status", |id| status(id, &[]), INTUNE),
    ("device", device, IW_SERVICE),
    ("devices", |_| devices(), IW_SERVICE),
    ("retire", retire, IW_SERVICE),
    ("token renewal", |_| renewal(), ENROLLMENT),
];

const TOKEN: &[Row] = &[
    ("8.1/1 no token, or one that is expired or not ours", "token", |it| it.claims = None, Refusal::Old(401)),
    ("8.1/1 token without an audience", "audience", |it| it.drop_claim("aud"), Refusal::Old(401)),
    ("8.1/2 another client", "client", |it| it.claim("appid", EDGE), Refusal::Old(400)),
    (
        "8.1/2 another client in azp",
        "client",
        |it| {
            it.drop_claim("appid");
            it.claim("azp", EDGE);
        },
        Refusal::Old(400),
    ),
    ("8.1/2 no client", "client", |it| it.drop_claim("appid"), Refusal::Old(400)),
    ("8.1/3 deviceid missing", "deviceid", |it| it.drop_claim("deviceid"), Refusal::Old(400)),
    ("8.1/3 oid missing", "oid", |it| it.drop_claim("oid"), Refusal::Old(400)),
    ("8.1/3 tid missing", "tid", |it| it.drop_claim("tid"), Refusal::Old(400)),
    ("8.1/3 deviceid is no GUID", "deviceid", |it| it.claim("deviceid", "lx-adele"), Refusal::Old(400)),
    ("8.1/3 oid is no GUID", "oid", |it| it.claim("oid", "adele"), Refusal::Old(400)),
    ("8.1/3 tid is no GUID", "tid", |it| it.claim("tid", "contoso.com"), Refusal::Old(400)),
];

const NO_GRAPH_TOKEN: Refusal =
    Refusal::Graph(401, "InvalidAuthenticationToken", "Access token validation failure.");
const NO_SCOPE: Refusal =
    Refusal::Graph(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
const GRAPH: &[Row] = &[
    ("8.1/1 endpoints without a token", "token", |it| it.claims = None, NO_GRAPH_TOKEN),
    ("8.1/1 endpoints with Intune's token", "token", |it| it.claim("aud", INTUNE), NO_GRAPH_TOKEN),
    ("8.1/1 endpoints without the scope", "scope", |it| it.claim("scp", "User.Read"), NO_SCOPE),
    (
        "8.1/1 endpoints, scope within a longer word",
        "scope",
        |it| it.claim("scp", "xServicePrincipalEndpoint.Read.All"),
        NO_SCOPE,
    ),
    ("8.1/1 endpoints without scp", "scope", |it| it.drop_claim("scp"), NO_SCOPE),
];

const OWNER: &[Row] = &[
    ("8.1/3 other device", "other device", |it| it.claim("deviceid", OTHER_DEVICE), Refusal::Old(403)),
    ("8.1/3 other user on the device", "second user", |it| it.claim("oid", ALEX), Refusal::Old(400)),
    ("8.1/3 same ids, other tenant", "unknown device", |it| it.claim("tid", TENANT_2), Refusal::NotValid),
];
const ENROLLED_BY_ANOTHER: &[Row] =
    &[("8.1/3 other user enrols the device", "second user", |it| it.claim("oid", ALEX), Refusal::Old(400))];
const NOT_ONES_OWN: &[Row] = &[
    ("8.1/3 another user's device", "unknown device", |it| it.claim("oid", ALEX), Refusal::NoDevice),
    ("8.1/3 another tenant's device", "unknown device", |it| it.claim("tid", TENANT_2), Refusal::NoDevice),
    ("8.1/7 IWService, unknown id", "unknown device", other_guid, Refusal::NoDevice),
];

const LINUX_VERSIONS: &[Row] = &[
    (
        "8.1/4 api-version is not 1.0",
        "api-version",
        |it| it.change_target("api-version=1.0", "api-version=1.1"),
        Refusal::Old(400),
    ),
    (
        "8.1/4 api-version missing",
        "api-version",
        |it| it.change_target("api-version=1.0&", ""),
        Refusal::Old(400),
    ),
    (
        "8.1/4 client-version missing",
        "client-version",
        |it| it.change_target("&client-version=1.2609.5", ""),
        Refusal::Old(400),
    ),
    (
        "8.1/4 client-version below the floor",
        "client-version",
        |it| it.change_target("1.2609.5", "1.2405.17"),
        Refusal::Old(400),
    ),
    (
        "8.1/4 client-version is no version",
        "client-version",
        |it| it.change_target("1.2609.5", "latest"),
        Refusal::Old(400),
    ),
];
const IW_VERSIONS: &[Row] = &[
    (
        "8.1/4 api-version is not 16.4",
        "api-version",
        |it| it.change_target("api-version=16.4", "api-version=1.0"),
        Refusal::Old(400),
    ),
    (
        "8.1/4 api-version missing",
        "api-version",
        |it| it.change_target("api-version=16.4&", ""),
        Refusal::Old(400),
    ),
    (
        "8.1/4 ssp-version below the floor",
        "ssp-version",
        |it| it.change_target("1.2609.5", "1.2405.17"),
        Refusal::Old(400),
    ),
    (
        "8.1/4 ssp-version missing",
        "ssp-version",
        |it| it.change_target("&ssp-version=1.2609.5", ""),
        Refusal::Old(400),
    ),
    ("4.1 ssp missing", "query", |it| it.change_target("&ssp=LinuxCP", ""), Refusal::Old(400)),
    ("4.1 os missing", "query", |it| it.change_target("&os=Linux", ""), Refusal::Old(400)),
    ("4.1 mgmt-agent missing", "query", |it| it.change_target("&mgmt-agent=mdm", ""), Refusal::Old(400)),
];
const RENEWAL_VERSION: &[Row] = &[(
    "8.1/4 api-version is not 1.0",
    "api-version",
    |it| it.change_target("api-version=1.0", "api-version=16.4"),
    Refusal::Old(400),
)];

const BAD_CSR: Refusal = Refusal::Invalid(
    "CertificateSigningRequest",
    "Value must be a valid PEM-encoded PKCS#10 certificate signing request with an RSA key of at least 2048 bits.",
);
const SIGNED_OTHERWISE: &str = "the request is not signed with sha256WithRSAEncryption";
const ATTRIBUTES: &str = "the attributes are not empty and constructed";
const CSR: &[Row] = &[
    ("8.1/5 PEM armour missing", "the request has no PEM armour", bare, BAD_CSR),
    (
        "8.1/5 armour of a certificate",
        "the request has no PEM armour",
        |it| csr(it, &GOOD_CSR.replace("CERTIFICATE REQUEST", "CERTIFICATE")),
        BAD_CSR,
    ),
    (
        "8.1/5 not DER inside",
        "the request is not DER",
        |it| csr(it, &GOOD_CSR.replacen("MII", "AII", 1)),
        BAD_CSR,
    ),
    ("8.1/5 signature does not verify", "the signature is wrong", forged, BAD_CSR),
    (
        "8.1/5 RSA of 1024 bits",
        "the key has less than 2048 bits",
        |it| csr(it, include_str!("csr/rsa1024.pem")),
        BAD_CSR,
    ),
    ("8.1/5 a key that is not RSA", SIGNED_OTHERWISE, |it| csr(it, include_str!("csr/ec.pem")), BAD_CSR),
    ("8.1/5 SHA-1", SIGNED_OTHERWISE, |it| csr(it, include_str!("csr/sha1.pem")), BAD_CSR),
    ("8.1/5 SHA-512", SIGNED_OTHERWISE, |it| csr(it, include_str!("csr/sha512.pem")), BAD_CSR),
    ("8.1/5 attributes not empty", ATTRIBUTES, |it| csr(it, include_str!("csr/attributes.pem")), BAD_CSR),
    (
        "8.1/5 attributes not constructed",
        ATTRIBUTES,
        |it| csr(it, include_str!("csr/primitive-attributes.pem")),
        BAD_CSR,
    ),
    (
        "8.1/5 attributes missing",
        "the request has no attributes field",
        |it| csr(it, include_str!("csr/no-attributes.pem")),
        BAD_CSR,
    ),
    (
        "8.1/5 version neither 0 nor 2",
        "the version is neither 0 nor 2",
        |it| csr(it, include_str!("csr/version1.pem")),
        BAD_CSR,
    ),
];

const NO_CSR: Refusal =
    Refusal::Invalid("CertificateSigningRequest", "The CertificateSigningRequest field is required.");
const NO_APP: Refusal = Refusal::Invalid("AppVersion", "The AppVersion field is required.");
const NO_NAME: Refusal = Refusal::Invalid("DeviceName", "The DeviceName field is required.");
const NO_OBJECT: Refusal = Refusal::Invalid("$", "The body is not a JSON object.");
const ENROLMENT_FIELDS: &[Row] = &[
    (
        "8.1/5 CertificateSigningRequest missing",
        "CertificateSigningRequest",
        |it| it.drop_field("CertificateSigningRequest"),
        NO_CSR,
    ),
    ("8.1/5 CertificateSigningRequest empty", "CertificateSigningRequest", |it| csr(it, ""), NO_CSR),
    ("8.1/5 AppVersion missing", "AppVersion", |it| it.drop_field("AppVersion"), NO_APP),
    ("8.1/5 AppVersion empty", "AppVersion", |it| it.body["AppVersion"] = json!(""), NO_APP),
    ("8.1/5 DeviceName missing", "DeviceName", |it| it.drop_field("DeviceName"), NO_NAME),
    ("8.1/5 DeviceName empty", "DeviceName", |it| it.body["DeviceName"] = json!(" "), NO_NAME),
    ("8.1/5 DeviceName not text", "DeviceName", |it| it.body["DeviceName"] = json!(7), NO_NAME),
    ("8.1/5 body not an object", "body", |it| it.body = json!([]), NO_OBJECT),
    ("8.1/5 no body", "body", |it| it.body = Value::Null, NO_OBJECT),
];

const NO_ID: Refusal = Refusal::Invalid("DeviceId", "The DeviceId field is required.");
const NO_MAKER: Refusal = Refusal::Invalid("Manufacturer", "The Manufacturer field is required.");
const NO_SYSTEM: Refusal = Refusal::Invalid("OSDistribution", "The OSDistribution field is required.");
const NO_VERSION: Refusal = Refusal::Invalid("OSVersion", "The OSVersion field is required.");
const DETAILS: &[Row] = &[
    ("8.1/7 DeviceId missing", "DeviceId", |it| it.drop_field("DeviceId"), NO_ID),
    ("8.1/7 DeviceName missing", "DeviceName", |it| it.drop_field("DeviceName"), NO_NAME),
    ("8.1/7 Manufacturer missing", "Manufacturer", |it| it.drop_field("Manufacturer"), NO_MAKER),
    ("8.1/7 OSDistribution missing", "OSDistribution", |it| it.drop_field("OSDistribution"), NO_SYSTEM),
    ("8.1/7 OSVersion missing", "OSVersion", |it| it.drop_field("OSVersion"), NO_VERSION),
    ("8.1/7 OSVersion not text", "OSVersion", |it| it.body["OSVersion"] = json!(24.04), NO_VERSION),
    ("8.1/7 body not an object", "body", |it| it.body = json!([]), NO_OBJECT),
    ("8.1/7 unknown id", "unknown device", |it| it.body["DeviceId"] = json!(UNKNOWN), Refusal::NotValid),
    ("8.1/7 no GUID", "unknown device", |it| it.body["DeviceId"] = json!("lx"), Refusal::NotValid),
];

const STATUS: &[Row] = &[
    ("8.1/8 deviceId", "body", |it| renamed(top(it), "DeviceId", "deviceId"), Refusal::Malformed),
    (
        "8.1/8 policyStatuses",
        "body",
        |it| renamed(top(it), "PolicyStatuses", "policyStatuses"),
        Refusal::Malformed,
    ),
    ("8.1/8 policyId", "body", |it| renamed(first(it), "PolicyId", "policyId"), Refusal::Malformed),
    ("8.1/8 details", "body", |it| renamed(first(it), "Details", "details"), Refusal::Malformed),
    ("8.1/8 ruleId", "body", |it| renamed(detail(it), "RuleId", "ruleId"), Refusal::Malformed),
    ("8.1/8 actualValue", "body", |it| renamed(detail(it), "ActualValue", "actualValue"), Refusal::Malformed),
    ("3.4 DeviceId missing", "body", |it| it.drop_field("DeviceId"), Refusal::Malformed),
    ("3.4 PolicyStatuses missing", "body", |it| it.drop_field("PolicyStatuses"), Refusal::Malformed),
    ("3.4 PolicyId missing", "body", |it| drop(first(it).remove("PolicyId")), Refusal::Malformed),
    ("3.4 RuleId missing", "body", |it| drop(detail(it).remove("RuleId")), Refusal::Malformed),
    (
        "3.4 the service's spelling of a state",
        "body",
        |it| detail(it)["NewComplianceState"] = json!("Noncompliant"),
        Refusal::Malformed,
    ),
    ("3.4 ActualValue not text", "body", |it| detail(it)["ActualValue"] = json!(true), Refusal::Malformed),
    (
        "3.4 a date without offset",
        "date",
        |it| first(it)["LastStatusDateTime"] = json!("2026-11-22T10:00:00"),
        NO_DATE,
    ),
    ("8.1/7 unknown id", "unknown device", |it| it.body["DeviceId"] = json!(UNKNOWN), Refusal::NotValid),
];
const NO_DATE: Refusal = Refusal::Invalid("LastStatusDateTime", "The value is not a date with an offset.");
