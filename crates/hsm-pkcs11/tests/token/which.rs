//! Which module, which token, which PIN.

use crate::place::{LABEL, PIN, Place, SO_PIN, intent, parts};
use hsm::{Hsm, HsmError, SignScheme};
use hsm_pkcs11::Settings;
use model::{FailureClass, KeyPurpose};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

fn refusal(place: &Place, settings: Settings, pin: &str) -> HsmError {
    place.try_open(settings, pin).err().unwrap()
}

#[test]
fn the_module_that_is_not_loaded_is_named() {
    parts(
        "which::the_module_that_is_not_loaded_is_named",
        &[("modules", |place| {
            fs::write(place.at("text.so"), "no module").unwrap();
            fs::create_dir(place.at("shared")).unwrap();
            fs::set_permissions(place.at("shared"), fs::Permissions::from_mode(0o777)).unwrap();
            fs::copy(place.faults(), place.at("shared/good.so")).unwrap();
            fs::copy(place.faults(), place.at("open.so")).unwrap();
            fs::set_permissions(place.at("open.so"), fs::Permissions::from_mode(0o666)).unwrap();
            for (module, why) in [
                (place.at("absent.so"), "absent.so: No such file"),
                (place.at("open.so"), "open.so can be written by others"),
                (place.at("shared/good.so"), "shared can be written by others"),
                (place.at("text.so"), "text.so is no PKCS#11 module"),
                (PathBuf::from("faults.so"), "faults.so is not an absolute path"),
            ] {
                let error = refusal(place, Settings { module, ..place.settings() }, PIN);
                assert!(error.to_string().contains(why), "{error}");
            }
        })],
    );
}

#[test]
fn a_token_is_found_by_label_and_serial() {
    parts(
        "which::a_token_is_found_by_label_and_serial",
        &[
            ("tokens", |place| {
                let first = place.serial();
                let settings = Settings { label: "another".to_owned(), ..place.settings() };
                let error = refusal(place, settings, PIN);
                assert!(matches!(error, HsmError::Absent(_)), "{error}");
                assert!(error.to_string().contains(&format!("firmament (serial {first})")), "{error}");
                let settings = Settings { serial: Some("0123".to_owned()), ..place.settings() };
                let error = refusal(place, settings, PIN);
                assert_eq!(error.class(), FailureClass::Transient);
                assert!(error.to_string().contains("replaced or re-initialised"), "{error}");
                fs::write(place.at("first"), &first).unwrap();
                // For the next part: a process does not see tokens that are made while it runs.
                place.add_token(LABEL);
            }),
            ("twins", |place| {
                let first = fs::read_to_string(place.at("first")).unwrap();
                let error = refusal(place, place.settings(), PIN);
                assert!(error.to_string().contains("2 tokens are labelled firmament"), "{error}");
                assert!(error.to_string().contains(&first), "{error}");
                let settings = Settings { serial: Some(first.clone()), ..place.settings() };
                let chosen = place.try_open(settings, PIN).unwrap();
                assert!(chosen.info().description.contains(&first));
            }),
        ],
    );
}

#[test]
fn state_copied_to_another_token_is_refused() {
    parts(
        "which::state_copied_to_another_token_is_refused",
        &[
            ("make", |place| {
                place.add_token("other");
            }),
            ("copy", |place| {
                let (mut own, settings) =
                    (place.open(), Settings { label: "other".to_owned(), ..place.settings() });
                let mut other = place.try_open(settings, PIN).unwrap();
                let key = own.create(KeyPurpose::Device, intent(1)).unwrap();
                let sealed = own.seal("label", &model::Secret::new(b"text".to_vec())).unwrap();
                // Even a token with a pair of that name.
                other.create(KeyPurpose::Device, intent(1)).unwrap();
                let refused = HsmError::OtherMachine("token".to_owned());
                assert_eq!(other.sign(&key, SignScheme::Pkcs1Sha256, b"x"), Err(refused.clone()));
                assert_eq!(other.destroy(&key), Err(refused.clone()));
                assert_eq!(other.unseal("label", &sealed).unwrap_err(), refused);
                assert!(own.sign(&key, SignScheme::Pkcs1Sha256, b"x").is_ok());
            }),
        ],
    );
}

#[test]
fn a_bad_pin_is_said_before_it_costs_a_try() {
    parts(
        "which::a_bad_pin_is_said_before_it_costs_a_try",
        &[("pins", |place| {
            for (pin, why) in [("", "empty"), ("abc", "length"), (&"x".repeat(300), "length")] {
                let error = refusal(place, place.settings(), pin);
                assert!(matches!(error, HsmError::AuthValue(_)), "{error}");
                assert!(error.to_string().contains(why), "{error}");
            }
            for (flag, why) in [(0x2_0000, "one try is left"), (0x4_0000, "locked its PIN")] {
                place.fault("C_GetTokenInfo", flag, 1);
                let error = refusal(place, place.settings(), PIN);
                assert!(matches!(error, HsmError::Locked(_)), "{error}");
                assert!(error.to_string().contains(why), "{error}");
            }
            assert_eq!(place.calls("C_Login"), 0);
        })],
    );
}

#[test]
fn a_wrong_pin_is_said_and_costs_one_try() {
    parts(
        "which::a_wrong_pin_is_said_and_costs_one_try",
        &[("wrong", |place| {
            let error = refusal(place, place.settings(), "not our PIN");
            assert!(matches!(error, HsmError::AuthValue(_)), "{error}");
            assert!(!format!("{error:?}").contains("not our PIN"));
            assert_eq!(place.calls("C_Login"), 1);
        })],
    );
}

#[test]
fn a_pin_that_is_changed_or_locked_meanwhile_is_tried_once() {
    const CKR_PIN_INCORRECT: u64 = 0xa0;
    const CKR_PIN_LOCKED: u64 = 0xa4;
    parts(
        "which::a_pin_that_is_changed_or_locked_meanwhile_is_tried_once",
        &[("changed", |place| {
            for (code, class) in
                [(CKR_PIN_INCORRECT, FailureClass::Broken), (CKR_PIN_LOCKED, FailureClass::Denied)]
            {
                let mut own = place.open();
                let key = own.create(KeyPurpose::Device, intent(1)).unwrap();
                place.session(LABEL).logout().unwrap();
                let logins = place.calls("C_Login");
                place.fault("C_Login", code, 1);
                for _ in 0..3 {
                    let error = own.sign(&key, SignScheme::Pkcs1Sha256, b"x").unwrap_err();
                    assert_eq!(error.class(), class, "{error}");
                }
                assert_eq!(place.calls("C_Login"), logins + 1);
            }
        })],
    );
}

#[test]
fn a_token_without_a_user_pin_is_said() {
    const CKR_USER_PIN_NOT_INITIALIZED: u64 = 0x102;
    parts(
        "which::a_token_without_a_user_pin_is_said",
        &[("none", |place| {
            place.fault("C_Login", CKR_USER_PIN_NOT_INITIALIZED, 1);
            let error = refusal(place, place.settings(), SO_PIN);
            assert!(error.to_string().contains("no user PIN"), "{error}");
        })],
    );
}
