use crate::harness::{Cloud, Machine, code, text};

#[test]
fn leaving_deletes_the_object_with_the_issued_certificate() {
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "contoso.com");
    assert_eq!(code(&machine.sign_in("alex@contoso.com")), 0);
    let thumbprint = machine.status()["domains"][0]["identity"]["thumbprint"].clone();
    let left = machine.run(&["leave"]);
    assert_eq!(code(&left), 0, "{}", text(&left));
    assert!(cloud.devices().is_empty());
    let deletes = cloud.requests("leave");
    assert_eq!(deletes.last().unwrap()["facts"]["client_cert_thumbprint"], thumbprint);
    assert_eq!(code(&machine.run(&["status"])), 3);
    assert_eq!(code(&machine.run(&["leave"])), 3, "there is nothing to leave twice");
}

#[test]
fn the_token_of_a_session_deletes_the_object_where_no_certificate_is_taken() {
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "contoso.com");
    assert_eq!(code(&machine.sign_in("alex@contoso.com")), 0);
    cloud.set(&serde_json::json!({ "client_certificate": "never" }));
    let left = machine.run(&["leave"]);
    assert_eq!(code(&left), 0, "{}", text(&left));
    assert!(cloud.devices().is_empty());
    let deletes = cloud.requests("leave");
    let last = deletes.last().unwrap();
    assert_eq!((&last["status"], last["facts"].get("client_cert_thumbprint")), (&200.into(), None));
}

#[test]
fn a_leave_that_is_refused_keeps_the_keys_until_it_is_forced() {
    let cloud = Cloud::start();
    let mut machine = Machine::start(&cloud, "contoso.com");
    assert_eq!(code(&machine.sign_in("alex@contoso.com")), 0);
    // A session's token would be the way out.
    machine.restart();
    let device = machine.device_id("contoso.com").unwrap();
    cloud.set(&serde_json::json!({ "client_certificate": "never" }));
    let refused = machine.run(&["leave"]);
    assert_eq!(code(&refused), 5, "{}", text(&refused));
    assert!(text(&refused).contains(&device), "the object is named: {}", text(&refused));
    assert_eq!(machine.device_id("contoso.com"), Some(device.clone()));
    let forced = machine.run(&["leave", "--force"]);
    assert_eq!(code(&forced), 0, "{}", text(&forced));
    for _ in 0..2 {
        let left = &machine.status()["left"][0];
        let line = &left["ledger"][0];
        assert_eq!(
            (&line["device_id"], &line["kind"]),
            (&device.clone().into(), &"left_behind".into()),
            "{left}"
        );
        machine.restart();
    }
    assert_eq!(cloud.devices().len(), 1, "the object was left behind");
}
