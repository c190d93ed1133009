//! What a crash leaves in the token, and what `create` makes of it.

use crate::place::{LABEL, Place, intent, objects, parts};
use cryptoki::object::{Attribute, AttributeType, ObjectClass};
use cryptoki::session::Session;
use hsm::{Hsm, HsmError, SignScheme};
use model::KeyPurpose;
use std::fs;

fn moduli(session: &Session) -> Vec<Vec<u8>> {
    let modulus = |object| match session.get_attributes(object, &[AttributeType::Modulus]).unwrap().remove(0)
    {
        Attribute::Modulus(modulus) => modulus,
        other => panic!("{other:?}"),
    };
    objects(session, ObjectClass::PUBLIC_KEY).into_iter().map(modulus).collect()
}

#[test]
fn a_crash_after_generation_never_makes_a_second_pair() {
    parts(
        "crash::a_crash_after_generation_never_makes_a_second_pair",
        &[
            ("generation (dies)", |place| {
                place.fault("C_GenerateKeyPair", 0, 1);
                let _ = place.open().create(KeyPurpose::Device, intent(1));
            }),
            ("look", |place| {
                let left = moduli(&place.session(LABEL));
                assert_eq!(left.len(), 1);
                fs::write(place.at("modulus"), &left[0]).unwrap();
            }),
            ("again", |place| {
                let mut own = place.open();
                let key = own.create(KeyPurpose::Device, intent(1)).unwrap();
                assert_eq!(key.public.modulus, fs::read(place.at("modulus")).unwrap());
                own.self_test(&key).unwrap();
                assert_eq!(place.calls("C_GenerateKeyPair"), 1);
                let session = place.session(LABEL);
                assert_eq!(objects(&session, ObjectClass::PRIVATE_KEY).len(), 1);
                assert_eq!(objects(&session, ObjectClass::PUBLIC_KEY).len(), 1);
            }),
        ],
    );
}

#[test]
fn half_a_pair_is_removed_and_made_anew() {
    parts(
        "crash::half_a_pair_is_removed_and_made_anew",
        &[("halves", |place: &Place| {
            let mut own = place.open();
            for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
                let first = own.create(KeyPurpose::Transport, intent(1)).unwrap();
                let session = place.session(LABEL);
                session.destroy_object(objects(&session, class)[0]).unwrap();
                let second = own.create(KeyPurpose::Transport, intent(1)).unwrap();
                assert_ne!(first.public, second.public);
                own.self_test(&second).unwrap();
                assert_eq!(moduli(&session), std::slice::from_ref(&second.public.modulus));
                assert_eq!(objects(&session, ObjectClass::PRIVATE_KEY).len(), 1);
                // The old handle is for a key that is gone, though one of its name is there.
                let error = own.unwrap_oaep_sha1(&first, &[1; 256]).unwrap_err();
                assert!(matches!(error, HsmError::KeyGone(_)), "{error}");
            }
        })],
    );
}

#[test]
fn a_pair_that_could_leave_the_token_is_not_taken_over() {
    parts(
        "crash::a_pair_that_could_leave_the_token_is_not_taken_over",
        &[("planted", |place: &Place| {
            let session = place.session(LABEL);
            let id = Attribute::Id([[0; 15].as_slice(), &[1, 1]].concat());
            let named = [Attribute::Token(true), id];
            let public = [Attribute::ModulusBits(2048.into()), Attribute::PublicExponent(vec![1, 0, 1])];
            let private =
                [Attribute::Sensitive(false), Attribute::Extractable(true), Attribute::Private(true)];
            let mechanism = cryptoki::mechanism::Mechanism::RsaPkcsKeyPairGen;
            let (public, private) =
                ([named.as_slice(), &public].concat(), [named.as_slice(), &private].concat());
            session.generate_key_pair(&mechanism, &public, &private).unwrap();
            let error = place.open().create(KeyPurpose::Device, intent(1)).unwrap_err().to_string();
            assert!(error.contains("not sensitive"), "{error}");
        })],
    );
}

#[test]
fn a_handle_works_in_another_process() {
    parts(
        "crash::a_handle_works_in_another_process",
        &[
            ("make", |place| {
                let key = place.open().create(KeyPurpose::Device, intent(1)).unwrap();
                fs::write(place.at("wrapped"), key.wrapped).unwrap();
            }),
            ("use", |place| {
                let mut own = place.open();
                // The same call gives the same pair; the handle that was kept is another, and as good.
                let mut key = own.create(KeyPurpose::Device, intent(1)).unwrap();
                let kept = fs::read(place.at("wrapped")).unwrap();
                assert_ne!(key.wrapped, kept);
                key.wrapped = kept;
                assert!(own.sign(&key, SignScheme::PssSha256, b"x").is_ok());
            }),
        ],
    );
}
