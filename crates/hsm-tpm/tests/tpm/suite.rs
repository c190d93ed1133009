use crate::harness::{Harness, intent};
use hsm::{Hsm, HsmError, SignScheme};
use model::{Backend, BootPolicy, FailureClass, KeyHandle, KeyPurpose, Secret};

#[test]
fn the_suite_that_every_backend_passes() {
    let harness = Harness::new();
    conformance::hsm(&mut harness.open());
    conformance::rebinding(&|machine| Box::new(harness.open_as(crate::harness::AUTH, machine).unwrap()));
    assert_eq!(harness.loaded(), 0);
}

#[test]
fn the_suite_passes_with_keys_that_are_bound_to_the_boot_state() {
    let harness = Harness::new();
    harness.extend(7, 1);
    conformance::hsm(&mut harness.open_bound());
    conformance::rebinding(&|machine| {
        let own = harness.open_as(crate::harness::AUTH, machine).unwrap();
        Box::new(own.with_boot_secret(harness.boot_file(), BootPolicy::Pcr7))
    });
    assert_eq!(harness.loaded(), 0);
}

#[test]
fn the_backend_says_which_tpm_it_is() {
    let harness = Harness::new();
    let info = harness.open().info();
    assert_eq!(info.backend, Backend::Tpm);
    assert!(info.description.starts_with("keys made in the TPM (IBM, SW TPM, firmware "), "{info:?}");
    assert!(info.description.ends_with("; a test"), "{info:?}");
}

#[test]
fn every_flipped_byte_and_every_other_context_is_refused() {
    let harness = Harness::new();
    let mut own = harness.open();
    let key = own.create(KeyPurpose::Device, intent()).unwrap();
    let (header, _) = hsm::binding::split(1, &key.wrapped).unwrap();
    for at in 0..key.wrapped.len() {
        let mut bent = key.clone();
        bent.wrapped[at] ^= 1;
        let refused = own.sign(&bent, SignScheme::Pkcs1Sha256, b"x").unwrap_err();
        // A header that names another storage key reads like one from before a clear.
        let foreign = matches!(refused, HsmError::KeyGone(_) | HsmError::OtherMachine(_));
        let in_header = at < header.len() && foreign;
        assert!(refused == HsmError::Integrity("key") || in_header, "byte {at}: {refused:?}");
    }
    let integrity = Err(HsmError::Integrity("key"));
    let other = KeyHandle { purpose: KeyPurpose::Intune, ..key.clone() };
    assert_eq!(own.sign(&other, SignScheme::Pkcs1Sha256, b"x"), integrity);
    let other = "00000000-0000-0000-0000-000000000002".parse().unwrap();
    assert_eq!(
        own.sign(&KeyHandle { intent: other, ..key.clone() }, SignScheme::Pkcs1Sha256, b"x"),
        integrity
    );
    let another = own.create(KeyPurpose::Device, intent()).unwrap();
    let mixed = KeyHandle { public: another.public, ..key.clone() };
    assert_eq!(own.sign(&mixed, SignScheme::Pkcs1Sha256, b"x"), integrity);
    assert!(own.sign(&key, SignScheme::Pkcs1Sha256, b"x").is_ok());
    drop(own);
    let mut elsewhere = harness.open_as("another auth value!!", "a").unwrap();
    assert_eq!(elsewhere.sign(&key, SignScheme::Pkcs1Sha256, b"x"), integrity);
    assert_eq!(elsewhere.rebind(&key), Err(HsmError::Integrity("key")));
    assert_eq!(harness.loaded(), 0);
}

#[test]
fn texts_of_every_size_are_sealed_and_opened_again() {
    let harness = Harness::new();
    let mut own = harness.open();
    for size in [0, 1, 128, 129, 4096, 65_536] {
        let plain = vec![0x5a; size];
        let sealed = own.seal("a label", &Secret::new(plain.clone())).unwrap();
        assert_eq!(own.unseal("a label", &sealed).unwrap().expose(), &plain);
        assert!(sealed.len() < size + 1024, "{} for {size}", sealed.len());
    }
}

#[test]
fn a_device_that_is_not_there_is_absent_and_a_silent_one_does_not_answer() {
    let open = |tcti: &str| {
        let auth = Secret::new(b"0123456789abcdef".to_vec());
        hsm_tpm::TpmHsm::open(tcti, auth, crate::harness::machine_id("a"), "a test").err().unwrap()
    };
    let absent = open("device:/nonexistent/tpmrm0");
    assert_eq!(absent, HsmError::Absent("there is no /nonexistent/tpmrm0".to_owned()));
    assert_eq!(absent.class(), FailureClass::Transient);
    for wrong in ["device:/", "tpm0"] {
        let refused = open(wrong);
        assert!(matches!(refused, HsmError::Unusable(hsm::Obstacle::Tcti, _)), "{wrong}: {refused}");
        assert_eq!(refused.class(), FailureClass::Denied);
    }
    // Nobody listens at tcpmux.
    let silent = open("swtpm:host=127.0.0.1,port=1");
    assert!(matches!(silent, HsmError::Unreachable(_)), "{silent}");
    assert_eq!(silent.class(), FailureClass::Transient);
}

#[test]
fn both_schemes_of_both_signing_keys_and_both_self_tests_work() {
    let harness = Harness::new();
    let mut own = harness.open();
    for purpose in [KeyPurpose::Device, KeyPurpose::Intune] {
        let key = own.create(purpose, intent()).unwrap();
        for scheme in [SignScheme::Pkcs1Sha256, SignScheme::PssSha256] {
            assert_eq!(own.sign(&key, scheme, b"a message").unwrap().len(), 256);
        }
        own.self_test(&key).unwrap();
    }
    let key = own.create(KeyPurpose::Transport, intent()).unwrap();
    own.self_test(&key).unwrap();
}
