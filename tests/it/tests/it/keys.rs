//! Where keys live, and that they are tested.

use crate::harness::{Cloud, Machine, code, text, wait_for, words};

#[test]
fn every_key_is_tested_after_a_registration_and_after_a_start() {
    let cloud = Cloud::start();
    let mut machine = Machine::start(&cloud, "contoso.com");
    assert_eq!(code(&machine.run(&["tpm"])), 3, "there is no key yet");
    assert_eq!(code(&machine.sign_in("alex@contoso.com")), 0);
    for _ in 0..2 {
        wait_for("every key to be tested", || {
            let keys = machine.domain()["identity"]["keys"].as_array().cloned().unwrap_or_default();
            !keys.is_empty()
                && keys.iter().all(|key| key["tested_at"].is_string() && key["problem"].is_null())
        });
        let shown = machine.run(&["tpm"]);
        assert_eq!(code(&shown), 8, "the keys are in software: {}", text(&shown));
        for says in
            ["device RSA-2048 in soft: in software, wrapped", "transport RSA-2048 in soft", "; works (tested"]
        {
            assert!(words(&shown).contains(says), "no '{says}' in {}", text(&shown));
        }
        machine.restart();
    }
    assert_eq!(cloud.devices().len(), 1, "a test asks nobody but the key store");
}
