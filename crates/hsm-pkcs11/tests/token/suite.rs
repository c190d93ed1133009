//! What every backend does, and that the token alone can do it.

use crate::place::{LABEL, PIN, Place, intent, objects, parts, softhsm, softhsm_version};
use cryptoki::object::{Attribute, AttributeType, ObjectClass};
use hsm::{Hsm, HsmError, SignScheme};
use hsm_pkcs11::Settings;
use model::{Backend, KeyHandle, KeyPurpose, Secret};
use std::io::Write;

#[test]
fn the_suite_that_every_backend_passes() {
    // Past the harness, which keeps what is printed by a test that passes.
    writeln!(std::io::stderr(), "the suite runs on {}, {}", softhsm().display(), softhsm_version()).unwrap();
    parts(
        "suite::the_suite_that_every_backend_passes",
        &[
            ("suite", |place| conformance::hsm(&mut place.open())),
            ("rebinding", |place| conformance::rebinding(&|id| Box::new(place.open_on(id)))),
        ],
    );
}

#[test]
fn the_suite_passes_on_a_token_that_does_not_hash() {
    parts(
        "suite::the_suite_passes_on_a_token_that_does_not_hash",
        &[
            ("no CKM_SHA256_RSA_PKCS", |place| {
                place.fault("C_GetMechanismList", 0x40, 1);
                conformance::hsm(&mut place.open());
            }),
            ("no CKM_SHA256_RSA_PKCS_PSS", |place| {
                place.fault("C_GetMechanismList", 0x43, 1);
                conformance::hsm(&mut place.open());
            }),
        ],
    );
}

#[test]
fn a_token_that_cannot_seal_gets_no_pair() {
    parts(
        "suite::a_token_that_cannot_seal_gets_no_pair",
        &[("no CKM_AES_GCM", |place| {
            place.fault("C_GetMechanismList", 0x1087, 1);
            let error = place.open().create(KeyPurpose::Device, intent(1)).unwrap_err().to_string();
            assert!(error.contains("AES-GCM"), "{error}");
            assert_eq!(place.calls("C_GenerateKeyPair"), 0);
        })],
    );
}

#[test]
fn the_installed_module_is_trusted_and_the_token_is_named() {
    parts(
        "suite::the_installed_module_is_trusted_and_the_token_is_named",
        &[("installed", |place| {
            let settings = Settings { module: softhsm(), label: LABEL.to_owned(), serial: None };
            let info = place.try_open(settings, PIN).unwrap().info();
            assert_eq!(info.backend, Backend::Pkcs11);
            for part in ["firmament", "serial ", "SoftHSM project SoftHSM v2", "software", "a test"] {
                assert!(info.description.contains(part), "{}", info.description);
            }
        })],
    );
}

#[test]
fn private_halves_can_be_neither_read_nor_taken_along() {
    parts(
        "suite::private_halves_can_be_neither_read_nor_taken_along",
        &[("attributes", |place| {
            let mut own = place.open();
            for purpose in [KeyPurpose::Device, KeyPurpose::Transport, KeyPurpose::Intune] {
                own.create(purpose, intent(0xab)).unwrap();
            }
            let session = place.session(LABEL);
            let secret =
                [objects(&session, ObjectClass::PRIVATE_KEY), objects(&session, ObjectClass::SECRET_KEY)];
            let secret = secret.concat();
            assert_eq!(secret.len(), 4);
            for object in secret {
                let wanted = [
                    AttributeType::Token,
                    AttributeType::Private,
                    AttributeType::Sensitive,
                    AttributeType::Extractable,
                    AttributeType::NeverExtractable,
                ];
                let found = session.get_attributes(object, &wanted).unwrap();
                let should = [
                    Attribute::Token(true),
                    Attribute::Private(true),
                    Attribute::Sensitive(true),
                    Attribute::Extractable(false),
                    Attribute::NeverExtractable(true),
                ];
                assert_eq!(found, should);
                let value = [AttributeType::PrivateExponent, AttributeType::Value];
                assert_eq!(session.get_attributes(object, &value).unwrap(), []);
            }
            let label = b"firmament device 00000000-0000-0000-0000-0000000000ab".to_vec();
            assert_eq!(session.find_objects(&[Attribute::Label(label)]).unwrap().len(), 2);
            let id = [[0; 15].as_slice(), &[0xab, 2]].concat();
            assert_eq!(session.find_objects(&[Attribute::Id(id)]).unwrap().len(), 2);
        })],
    );
}

#[test]
fn every_flipped_byte_and_every_other_context_is_refused() {
    parts(
        "suite::every_flipped_byte_and_every_other_context_is_refused",
        &[("flips", |place| {
            let mut own = place.open();
            let key = own.create(KeyPurpose::Device, intent(1)).unwrap();
            for at in 0..key.wrapped.len() {
                for bit in [1, 0x80] {
                    let mut bent = key.clone();
                    bent.wrapped[at] ^= bit;
                    assert!(own.sign(&bent, SignScheme::Pkcs1Sha256, b"x").is_err(), "byte {at}");
                    assert!(own.destroy(&bent).is_err(), "byte {at}");
                }
                let cut = KeyHandle { wrapped: key.wrapped[..at].to_vec(), ..key.clone() };
                assert!(own.sign(&cut, SignScheme::Pkcs1Sha256, b"x").is_err(), "cut at {at}");
            }
            let mut public = key.public.clone();
            public.exponent = vec![3];
            let bent = KeyHandle { public, ..key.clone() };
            assert_eq!(own.sign(&bent, SignScheme::Pkcs1Sha256, b"x"), Err(HsmError::Integrity("key")));
            // The other pairs are there: only the seal says that the handle is not theirs.
            for (purpose, n) in [(KeyPurpose::Intune, 1), (KeyPurpose::Device, 2)] {
                let other = own.create(purpose, intent(n)).unwrap();
                let bent = KeyHandle { wrapped: key.wrapped.clone(), ..other };
                assert_eq!(own.sign(&bent, SignScheme::Pkcs1Sha256, b"x"), Err(HsmError::Integrity("key")));
            }
            assert!(own.sign(&key, SignScheme::Pkcs1Sha256, b"x").is_ok());
        })],
    );
}

#[test]
fn a_copy_that_leaves_its_tenant_does_not_take_the_original_s_key() {
    parts(
        "suite::a_copy_that_leaves_its_tenant_does_not_take_the_original_s_key",
        &[("copy", |place| {
            let mut own = place.open();
            let key = own.create(KeyPurpose::Device, intent(1)).unwrap();
            let refused = place.open_on("b").destroy(&key);
            assert_eq!(refused, Err(HsmError::OtherMachine("machine-id".to_owned())));
            own.self_test(&key).unwrap();
        })],
    );
}

#[test]
fn texts_of_every_length_are_sealed() {
    parts(
        "suite::texts_of_every_length_are_sealed",
        &[("lengths", |place| {
            let mut own = place.open();
            for length in [0, 1, 32, 4096, 65_536] {
                let sealed = own.seal("label", &Secret::new(vec![7; length])).unwrap();
                assert!(sealed.len() < length + 1024);
                assert_eq!(own.unseal("label", &sealed).unwrap().expose(), &vec![7; length]);
            }
            let plain = Secret::new(vec![7; 64]);
            assert_ne!(own.seal("label", &plain).unwrap(), own.seal("label", &plain).unwrap());
        })],
    );
}

#[test]
fn a_destroyed_pair_is_gone_whole() {
    parts(
        "suite::a_destroyed_pair_is_gone_whole",
        &[("destroy", |place: &Place| {
            let mut own = place.open();
            let key = own.create(KeyPurpose::Device, intent(1)).unwrap();
            let kept = own.create(KeyPurpose::Device, intent(2)).unwrap();
            own.destroy(&key).unwrap();
            let session = place.session(LABEL);
            assert_eq!(objects(&session, ObjectClass::PRIVATE_KEY).len(), 1);
            assert_eq!(objects(&session, ObjectClass::PUBLIC_KEY).len(), 1);
            assert!(matches!(own.sign(&key, SignScheme::Pkcs1Sha256, b"x"), Err(HsmError::KeyGone(_))));
            assert!(own.sign(&kept, SignScheme::Pkcs1Sha256, b"x").is_ok());
            own.destroy(&key).unwrap();
        })],
    );
}
