//! What an admin does to a device, and what the device meets then (intune.md 6.1, 8.1 rule 12).

use crate::house::{DEVICE, House, UNKNOWN, details, device, encryption, policies, status};
use serde_json::json;
use tenant_intune::DeviceAction;

#[test]
fn a_retired_device_gets_no_friendly_name_and_no_policies() {
    let mut house = House::with(encryption());
    let id = house.enrolled();
    house.send(&status(&id, &[(5, "linux_deviceencryption_required", "True", "Compliant")]));
    house.now += 2_000;
    assert!(house.intune.settle(house.now)[0].compliant);
    let change = house.intune.administer(&id, DeviceAction::Retire).unwrap();
    assert_eq!((change.device.as_str(), change.managed, change.compliant), (DEVICE, false, false));
    let reply = house.send(&details(&id));
    assert_eq!((reply.status, reply.body), (200, json!({})));
    assert_eq!(house.send(&policies(&id)).body, json!({ "policies": [] }));
    assert_eq!(house.send(&status(&id, &[])).body["detail"], "Device validation failed");
    assert_eq!(house.send(&device(&id)).status, 404);
    house.now += 10_000;
    assert!(house.intune.settle(house.now).is_empty());
    assert!(house.intune.devices(house.now)[0].retired);
}

#[test]
fn a_deleted_device_is_not_known_and_can_be_enrolled_anew() {
    for by_entra_id in [false, true] {
        let mut house = House::new();
        let id = house.enrolled();
        let named = if by_entra_id { DEVICE } else { &id };
        assert!(!house.intune.administer(named, DeviceAction::Delete).unwrap().managed);
        assert_eq!(house.send(&details(&id)).body["detail"], "Device validation failed");
        assert!(house.intune.devices(house.now).is_empty());
        assert_ne!(house.enrolled(), id);
    }
}

#[test]
fn an_id_that_nobody_has_is_named() {
    for id in [UNKNOWN, "lx-adele"] {
        let error = House::new().intune.administer(id, DeviceAction::Retire).unwrap_err();
        assert!(error.to_string().contains(id));
    }
}

#[test]
fn the_whole_path_of_the_page() {
    let mut house = House::with(encryption());
    assert_eq!(house.send(&crate::house::endpoints()).status, 200);
    let id = house.enrolled();
    let item = "linux_deviceencryption_required";
    for call in [details(&id), policies(&id), status(&id, &[(5, item, "True", "Compliant")])] {
        assert_eq!(house.send(&call).status, 200, "{}", call.target);
    }
    house.now += 3_000;
    assert_eq!(house.send(&device(&id)).body["ComplianceState"], "Compliant");
    let seen = house.intune.devices(house.now).remove(0);
    assert_eq!(
        (seen.compliance.as_str(), seen.check_ins, seen.owner.as_str()),
        ("Compliant", 1, "adele@contoso.com")
    );
    assert_eq!((seen.id, seen.device.as_str()), (id, DEVICE));
}
