//! What an admin does to a device, and what the device meets then (intune.md 6.1, 8.1 rule 12).

use crate::harness::{DEVICE, Harness, UNKNOWN, details, device, encryption, policies, status};
use serde_json::json;
use tenant_intune::DeviceAction;

#[test]
fn a_retired_device_gets_no_friendly_name_and_no_policies() {
    let mut harness = Harness::with(encryption());
    let id = harness.enrolled();
    harness.send(&status(&id, &[(5, "linux_deviceencryption_required", "True", "Compliant")]));
    harness.now += 2_000;
    assert!(harness.intune.settle(harness.now)[0].compliant);
    let change = harness.intune.administer(&id, DeviceAction::Retire).unwrap();
    assert_eq!((change.device.as_str(), change.managed, change.compliant), (DEVICE, false, false));
    let reply = harness.send(&details(&id));
    assert_eq!((reply.status, reply.body), (200, json!({})));
    assert_eq!(harness.send(&policies(&id)).body, json!({ "policies": [] }));
    assert_eq!(harness.send(&status(&id, &[])).body["detail"], "Device validation failed");
    assert_eq!(harness.send(&device(&id)).status, 404);
    harness.now += 10_000;
    assert!(harness.intune.settle(harness.now).is_empty());
    assert!(harness.intune.devices(harness.now)[0].retired);
}

#[test]
fn a_deleted_device_is_not_known_and_can_be_enrolled_anew() {
    for by_entra_id in [false, true] {
        let mut harness = Harness::new();
        let id = harness.enrolled();
        let named = if by_entra_id { DEVICE } else { &id };
        assert!(!harness.intune.administer(named, DeviceAction::Delete).unwrap().managed);
        assert_eq!(harness.send(&details(&id)).body["detail"], "Device validation failed");
        assert!(harness.intune.devices(harness.now).is_empty());
        assert_ne!(harness.enrolled(), id);
    }
}

#[test]
fn an_id_that_nobody_has_is_named() {
    for id in [UNKNOWN, "lx-adele"] {
        let error = Harness::new().intune.administer(id, DeviceAction::Retire).unwrap_err();
        assert!(error.to_string().contains(id));
    }
}

#[test]
fn the_whole_path_of_the_page() {
    let mut harness = Harness::with(encryption());
    assert_eq!(harness.send(&crate::harness::endpoints()).status, 200);
    let id = harness.enrolled();
    let item = "linux_deviceencryption_required";
    for call in [details(&id), policies(&id), status(&id, &[(5, item, "True", "Compliant")])] {
        assert_eq!(harness.send(&call).status, 200, "{}", call.target);
    }
    harness.now += 3_000;
    assert_eq!(harness.send(&device(&id)).body["ComplianceState"], "Compliant");
    let seen = harness.intune.devices(harness.now).remove(0);
    assert_eq!(
        (seen.compliance.as_str(), seen.check_ins, seen.owner.as_str()),
        ("Compliant", 1, "adele@contoso.com")
    );
    assert_eq!((seen.id, seen.device.as_str()), (id, DEVICE));
}
