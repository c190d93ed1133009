use crate::house::{ALEX, DEVICE, House, OTHER_DEVICE, enroll, enroll_with, policies};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

const GOOD: &str = include_str!("csr/good.pem");

fn certificate(reply: &Value) -> Vec<u8> {
    let blob = reply["certificate"]["certBlob"].as_array().unwrap();
    blob.iter().map(|byte| u8::try_from(byte.as_u64().unwrap()).unwrap()).collect()
}

/// Whether these bytes occur in those.
fn holds(whole: &[u8], part: &[u8]) -> bool {
    whole.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_good_request_gets_an_id_and_a_certificate_with_that_name() {
    let mut house = House::new();
    let reply = house.send(&enroll());
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.body["certificate"]["renewPeriod"], 181);
    let id = reply.body["deviceId"].as_str().unwrap();
    assert_ne!(id, DEVICE);
    let der = certificate(&reply.body);
    let thumbprint: String = Sha1::digest(&der).iter().map(|byte| format!("{byte:02X}")).collect();
    assert_eq!(reply.body["certificate"]["thumbprint"], thumbprint);
    // CN as a UTF8String of 36 bytes: the Intune id, whatever the request's own name.
    assert!(holds(&der, &[&[0x55, 0x04, 0x03, 0x0c, 36], id.as_bytes()].concat()));
    assert!(!holds(&der, b"lx-adele"));
    let facts = &reply.entry.facts;
    assert_eq!((facts["device"].as_str(), facts["intune_device"].as_str()), (DEVICE, id));
}

#[test]
fn the_directory_is_told_that_the_device_is_managed_and_not_yet_compliant() {
    let mut house = House::new();
    house.send(&enroll());
    let told: Vec<_> =
        house.changes.iter().map(|it| (it.device.as_str(), it.managed, it.compliant)).collect();
    assert_eq!(told, [(DEVICE, true, false)]);
}

#[test]
fn requests_that_clients_really_send_are_accepted() {
    let one_line: String = {
        let inner: String = GOOD.lines().filter(|line| !line.starts_with('-')).collect();
        format!("-----BEGIN CERTIFICATE REQUEST-----\n{inner}\n-----END CERTIFICATE REQUEST-----\n")
    };
    for (csr, version) in [
        (GOOD.to_owned(), "0"),
        (GOOD.replace('\n', "\r\n"), "0"),
        (one_line, "0"),
        (include_str!("csr/version2.pem").to_owned(), "2"),
        (include_str!("csr/rsa3072.pem").to_owned(), "0"),
    ] {
        let reply = House::new().send(&enroll_with(&csr));
        assert_eq!((reply.status, reply.entry.facts["csr_version"].as_str()), (200, version), "{csr}");
    }
}

#[test]
fn one_thing_wrong_with_a_certificate_request_gets_the_services_sentence() {
    let bare: String = GOOD.lines().filter(|line| !line.starts_with('-')).collect();
    // The line before the last two belongs to the signature.
    let line = GOOD.lines().rev().nth(2).unwrap();
    let forged = GOOD.replace(line, &line.chars().rev().collect::<String>());
    for (rule, csr) in [
        ("the request has no PEM armour", bare.as_str()),
        ("the request has no PEM armour", &GOOD.replace("CERTIFICATE REQUEST", "CERTIFICATE")),
        ("the request is not DER", &GOOD.replacen("MII", "AII", 1)),
        ("the key has less than 2048 bits", include_str!("csr/rsa1024.pem")),
        ("the request is not signed with sha256WithRSAEncryption", include_str!("csr/sha1.pem")),
        ("the request is not signed with sha256WithRSAEncryption", include_str!("csr/sha512.pem")),
        ("the request is not signed with sha256WithRSAEncryption", include_str!("csr/ec.pem")),
        ("the attributes are not empty and constructed", include_str!("csr/attributes.pem")),
        ("the attributes are not empty and constructed", include_str!("csr/primitive-attributes.pem")),
        ("the request has no attributes field", include_str!("csr/no-attributes.pem")),
        ("the version is neither 0 nor 2", include_str!("csr/version1.pem")),
        ("the signature is wrong", &forged),
    ] {
        let mut house = House::new();
        let reply = house.send(&enroll_with(csr));
        assert_eq!((reply.status, reply.entry.rule.as_deref()), (400, Some(rule)), "{csr}");
        assert!(reply.kind.starts_with("application/problem+json"), "{}", reply.kind);
        assert_eq!(
            reply.body["errors"],
            json!({ "CertificateSigningRequest": ["Value must be a valid PEM-encoded PKCS#10 certificate signing request with an RSA key of at least 2048 bits."] })
        );
        assert_eq!(reply.body["title"], "One or more validation errors occurred.");
        assert!(house.changes.is_empty() && house.intune.devices(house.now).is_empty());
    }
}

#[test]
fn the_ids_of_a_refusal_are_fresh_and_have_their_form() {
    let mut house = House::new();
    let mut ids = |name: &str| house.send(&enroll_with("x")).body[name].as_str().unwrap().to_owned();
    let (first, second) = (ids("traceId"), ids("traceId"));
    assert_ne!(first, second);
    let lengths: Vec<usize> = first.split('-').map(str::len).collect();
    assert_eq!(lengths, [2, 32, 16, 2]);
    assert_ne!(ids("activityId"), ids("activityId"));
}

#[test]
fn all_three_fields_must_be_there_and_not_empty() {
    House::new().refuse(
        &enroll(),
        &[
            ("CertificateSigningRequest", |it| it.drop_field("CertificateSigningRequest"), 400),
            ("AppVersion", |it| it.drop_field("AppVersion"), 400),
            ("DeviceName", |it| it.drop_field("DeviceName"), 400),
            ("AppVersion", |it| it.body["AppVersion"] = json!(""), 400),
            ("DeviceName", |it| it.body["DeviceName"] = json!(" "), 400),
            ("DeviceName", |it| it.body["DeviceName"] = json!(7), 400),
            ("body", |it| it.body = json!([]), 400),
            ("body", |it| it.body = Value::Null, 400),
        ],
    );
}

#[test]
fn enrolling_again_gives_a_new_id_and_drops_the_old_one() {
    let mut house = House::new();
    let (first, second) = (house.enrolled(), house.enrolled());
    assert_ne!(first, second);
    assert_eq!(house.send(&policies(&first)).entry.rule.as_deref(), Some("unknown device"));
    assert_eq!(house.send(&policies(&second)).status, 200);
    let mut keeps = House::with(json!({ "re_enrol_keeps_id": true }));
    assert_eq!(keeps.enrolled(), keeps.enrolled());
}

#[test]
fn a_second_user_is_refused_or_takes_over() {
    let mut call = enroll();
    call.claim("oid", ALEX);
    let mut house = House::new();
    let id = house.enrolled();
    let reply = house.send(&call);
    assert_eq!((reply.status, reply.entry.rule.as_deref()), (400, Some("second user")));
    assert_eq!(house.send(&policies(&id)).status, 200);

    let mut house = House::with(json!({ "second_user": "overwrite" }));
    let id = house.enrolled();
    assert_eq!(house.send(&call).status, 200);
    assert_eq!(house.send(&policies(&id)).entry.rule.as_deref(), Some("unknown device"));
}

#[test]
fn another_device_of_the_same_user_is_another_object() {
    let mut house = House::new();
    let first = house.enrolled();
    let mut call = enroll();
    call.claim("deviceid", OTHER_DEVICE);
    assert_eq!(house.send(&call).status, 200);
    assert_eq!(house.send(&policies(&first)).status, 200);
    assert_eq!(house.intune.devices(house.now).len(), 2);
}

#[test]
fn a_licence_matters_only_under_its_knob() {
    let mut call = enroll();
    call.licensed = false;
    assert_eq!(House::new().send(&call).status, 200);
    let reply = House::with(json!({ "licence_check": true })).send(&call);
    assert_eq!((reply.status, reply.entry.rule.as_deref()), (403, Some("licence")));
}
