use crate::harness::{ALEX, DEVICE, Harness, OTHER_DEVICE, enroll, policies};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

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
    let mut harness = Harness::new();
    let reply = harness.send(&enroll());
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
fn enrolling_again_gives_a_new_id_and_drops_the_old_one() {
    let mut harness = Harness::new();
    let (first, second) = (harness.enrolled(), harness.enrolled());
    assert_ne!(first, second);
    assert_eq!(harness.send(&policies(&first)).entry.rule.as_deref(), Some("unknown device"));
    assert_eq!(harness.send(&policies(&second)).status, 200);
    let mut keeps = Harness::with(json!({ "re_enrol_keeps_id": true }));
    assert_eq!(keeps.enrolled(), keeps.enrolled());
}

#[test]
fn a_second_user_is_refused_or_takes_over() {
    let mut call = enroll();
    call.claim("oid", ALEX);
    let mut harness = Harness::new();
    let id = harness.enrolled();
    let reply = harness.send(&call);
    assert_eq!((reply.status, reply.entry.rule.as_deref()), (400, Some("second user")));
    assert_eq!(harness.send(&policies(&id)).status, 200);

    let mut harness = Harness::with(json!({ "second_user": "overwrite" }));
    let id = harness.enrolled();
    assert_eq!(harness.send(&call).status, 200);
    assert_eq!(harness.send(&policies(&id)).entry.rule.as_deref(), Some("unknown device"));
}

#[test]
fn another_device_of_the_same_user_is_another_object() {
    let mut harness = Harness::new();
    let first = harness.enrolled();
    let mut call = enroll();
    call.claim("deviceid", OTHER_DEVICE);
    assert_eq!(harness.send(&call).status, 200);
    assert_eq!(harness.send(&policies(&first)).status, 200);
    assert_eq!(harness.intune.devices(harness.now).len(), 2);
}

#[test]
fn a_licence_matters_only_under_its_knob() {
    let mut call = enroll();
    call.licensed = false;
    assert_eq!(Harness::new().send(&call).status, 200);
    let reply = Harness::with(json!({ "licence_check": true })).send(&call);
    assert_eq!((reply.status, reply.entry.rule.as_deref()), (403, Some("licence")));
}
