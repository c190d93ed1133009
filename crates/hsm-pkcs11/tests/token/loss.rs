//! Sessions, tokens and keys that go away while they are used.

use crate::place::{LABEL, PIN, Place, SO_PIN, intent, parts};
use cryptoki::context::Pkcs11;
use hsm::{Hsm, HsmError, SignScheme};
use hsm_pkcs11::Pkcs11Hsm;
use model::{FailureClass, KeyHandle, KeyPurpose, Secret};
use std::fs;

fn sign(own: &mut Pkcs11Hsm, key: &KeyHandle) -> Result<Vec<u8>, HsmError> {
    own.sign(key, SignScheme::Pkcs1Sha256, b"message")
}

#[test]
fn a_lost_session_is_opened_again_once() {
    parts(
        "loss::a_lost_session_is_opened_again_once",
        &[("codes", |place: &Place| {
            let mut own = place.open();
            let key = own.create(KeyPurpose::Device, intent(1)).unwrap();
            let signature = sign(&mut own, &key).unwrap();
            for (code, lasting) in [
                (0x101, "the key store does not answer"), // CKR_USER_NOT_LOGGED_IN
                (0xb3, "the key store does not answer"),  // CKR_SESSION_HANDLE_INVALID
                (0xb0, "the key store does not answer"),  // CKR_SESSION_CLOSED
                (0x32, "the key store is absent"),        // CKR_DEVICE_REMOVED
                (0xe0, "the key store is absent"),        // CKR_TOKEN_NOT_PRESENT
            ] {
                let sessions = place.calls("C_OpenSession");
                place.fault("C_Sign", code, 1);
                assert_eq!(sign(&mut own, &key).unwrap(), signature, "{code:#x}");
                assert_eq!(place.calls("C_OpenSession"), sessions + 1, "{code:#x}");
                place.fault("C_Sign", code, u32::MAX);
                let error = sign(&mut own, &key).unwrap_err();
                assert_eq!(error.class(), FailureClass::Transient);
                assert!(error.to_string().starts_with(lasting), "{code:#x}: {error}");
                assert_eq!(place.calls("C_OpenSession"), sessions + 2, "{code:#x}");
                place.fault("C_Sign", 0, 0);
                assert_eq!(sign(&mut own, &key).unwrap(), signature, "{code:#x}");
            }
        })],
    );
}

#[test]
fn other_failures_are_not_tried_again() {
    parts(
        "loss::other_failures_are_not_tried_again",
        &[("codes", |place: &Place| {
            let mut own = place.open();
            let key = own.create(KeyPurpose::Device, intent(1)).unwrap();
            for (code, class) in [
                (0x30, FailureClass::Transient), // CKR_DEVICE_ERROR
                (0x31, FailureClass::Broken),    // CKR_DEVICE_MEMORY
                (0x60, FailureClass::Broken),    // CKR_KEY_HANDLE_INVALID
            ] {
                let sessions = place.calls("C_OpenSession");
                place.fault("C_Sign", code, 1);
                assert_eq!(sign(&mut own, &key).unwrap_err().class(), class, "{code:#x}");
                assert_eq!(place.calls("C_OpenSession"), sessions, "{code:#x}");
                assert!(sign(&mut own, &key).is_ok(), "{code:#x}");
            }
        })],
    );
}

#[test]
fn a_failing_token_is_not_taken_for_a_changed_key() {
    parts(
        "loss::a_failing_token_is_not_taken_for_a_changed_key",
        &[("general errors", |place: &Place| {
            const CKR_GENERAL_ERROR: u64 = 5;
            let mut own = place.open();
            let key = own.create(KeyPurpose::Device, intent(1)).unwrap();
            let sealed = own.seal("label", &Secret::new(b"text".to_vec())).unwrap();
            place.fault("C_Decrypt", CKR_GENERAL_ERROR, u32::MAX);
            assert!(matches!(sign(&mut own, &key), Err(HsmError::Backend(_))));
            assert!(matches!(own.unseal("label", &sealed), Err(HsmError::Backend(_))));
            assert!(matches!(own.destroy(&key), Err(HsmError::Backend(_))));
            place.fault("C_Decrypt", CKR_GENERAL_ERROR, 1);
            assert!(sign(&mut own, &key).is_ok());
        })],
    );
}

#[test]
fn another_session_may_log_the_process_out() {
    parts(
        "loss::another_session_may_log_the_process_out",
        &[("logout", |place: &Place| {
            let mut own = place.open();
            let key = own.create(KeyPurpose::Device, intent(1)).unwrap();
            let other = place.session(LABEL);
            let sealed = own.seal("label", &Secret::new(b"text".to_vec())).unwrap();
            other.logout().unwrap();
            assert!(sign(&mut own, &key).is_ok());
            other.logout().unwrap();
            assert_eq!(own.unseal("label", &sealed).unwrap().expose(), b"text");
            other.logout().unwrap();
            // What is invisible is not gone: no second pair, no second key that seals.
            assert_eq!(own.create(KeyPurpose::Device, intent(1)).unwrap().public, key.public);
            other.logout().unwrap();
            own.destroy(&key).unwrap();
            assert!(matches!(sign(&mut own, &key), Err(HsmError::KeyGone(_))));
            assert_eq!(place.calls("C_GenerateKeyPair"), 1);
        })],
    );
}

#[test]
fn the_module_may_be_finalised_by_others_in_the_process() {
    parts(
        "loss::the_module_may_be_finalised_by_others_in_the_process",
        &[("finalise", |place: &Place| {
            let mut own = place.open();
            let key = own.create(KeyPurpose::Device, intent(1)).unwrap();
            Pkcs11::new(place.faults()).unwrap().finalize().unwrap();
            assert!(sign(&mut own, &key).is_ok());
        })],
    );
}

#[test]
fn a_removed_token_is_absent_until_it_is_back() {
    parts(
        "loss::a_removed_token_is_absent_until_it_is_back",
        &[("removed", |place: &Place| {
            let mut own = place.open();
            let key = own.create(KeyPurpose::Device, intent(1)).unwrap();
            let (here, away) = (place.at("tokens"), place.at("away"));
            fs::rename(&here, &away).unwrap();
            fs::create_dir(&here).unwrap();
            // SoftHSM sees at its next start that a token is gone.
            Pkcs11::new(place.faults()).unwrap().finalize().unwrap();
            let error = sign(&mut own, &key).unwrap_err();
            assert!(matches!(error, HsmError::Absent(_)), "{error}");
            assert_eq!(error.class(), FailureClass::Transient);
            fs::remove_dir_all(&here).unwrap();
            fs::rename(&away, &here).unwrap();
            Pkcs11::new(place.faults()).unwrap().finalize().unwrap();
            assert!(sign(&mut own, &key).is_ok());
        })],
    );
}

fn keep(place: &Place) {
    let mut own = place.open();
    let key = own.create(KeyPurpose::Device, intent(1)).unwrap();
    let sealed = own.seal("label", &Secret::new(b"text".to_vec())).unwrap();
    fs::write(place.at("wrapped"), key.wrapped).unwrap();
    fs::write(place.at("modulus"), key.public.modulus).unwrap();
    fs::write(place.at("sealed"), sealed).unwrap();
    fs::write(place.at("serial"), place.serial()).unwrap();
}

fn kept(place: &Place) -> KeyHandle {
    let public =
        model::RsaPublicKey { modulus: fs::read(place.at("modulus")).unwrap(), exponent: vec![1, 0, 1] };
    let wrapped = fs::read(place.at("wrapped")).unwrap();
    let (backend, purpose) = (model::Backend::Pkcs11, KeyPurpose::Device);
    KeyHandle { backend, purpose, intent: intent(1), public, wrapped }
}

#[test]
fn a_token_re_initialised_under_its_serial_has_lost_the_keys() {
    parts(
        "loss::a_token_re_initialised_under_its_serial_has_lost_the_keys",
        &[
            ("make", |place: &Place| {
                keep(place);
                let serial = place.serial();
                place.util(&[
                    "--init-token",
                    "--serial",
                    &serial,
                    "--label",
                    LABEL,
                    "--so-pin",
                    SO_PIN,
                    "--pin",
                    PIN,
                ]);
            }),
            ("use", |place: &Place| {
                assert_eq!(place.serial(), fs::read_to_string(place.at("serial")).unwrap());
                let (mut own, key) = (place.open(), kept(place));
                let error = sign(&mut own, &key).unwrap_err();
                assert!(matches!(error, HsmError::KeyGone(_)), "{error}");
                assert_eq!(error.class(), FailureClass::Broken);
                let error = own.unseal("label", &fs::read(place.at("sealed")).unwrap()).unwrap_err();
                assert!(error.to_string().contains("re-initialised"), "{error}");
                // New keys under the old name are not the old keys.
                own.create(KeyPurpose::Device, intent(1)).unwrap();
                assert!(matches!(sign(&mut own, &key), Err(HsmError::KeyGone(_))));
            }),
        ],
    );
}

#[test]
fn a_token_made_anew_under_its_label_is_another() {
    parts(
        "loss::a_token_made_anew_under_its_label_is_another",
        &[
            ("make", |place: &Place| {
                keep(place);
                place.util(&["--delete-token", "--token", LABEL]);
                place.add_token(LABEL);
            }),
            ("use", |place: &Place| {
                let (mut own, key) = (place.open(), kept(place));
                assert_eq!(sign(&mut own, &key), Err(HsmError::OtherMachine("token".to_owned())));
                assert_eq!(own.rebind(&key), Err(HsmError::OtherMachine("token".to_owned())));
                let serial = fs::read_to_string(place.at("serial")).unwrap();
                let settings = hsm_pkcs11::Settings { serial: Some(serial), ..place.settings() };
                let error = place.try_open(settings, PIN).err().unwrap();
                assert!(matches!(error, HsmError::Absent(_)), "{error}");
            }),
        ],
    );
}

#[test]
fn a_token_re_initialised_under_our_feet_says_so() {
    parts(
        "loss::a_token_re_initialised_under_our_feet_says_so",
        &[("use", |place: &Place| {
            let mut own = place.open();
            let key = own.create(KeyPurpose::Device, intent(1)).unwrap();
            let serial = place.serial();
            place.util(&[
                "--init-token",
                "--serial",
                &serial,
                "--label",
                LABEL,
                "--so-pin",
                SO_PIN,
                "--pin",
                PIN,
            ]);
            let error = sign(&mut own, &key).unwrap_err();
            assert!(matches!(error, HsmError::KeyGone(_)), "{error}");
        })],
    );
}
