//! What happens to a machine: restarts, updates, other TPMs, clears, lockouts, storage keys that come and go.

use crate::harness::{Harness, intent};
use hsm::{Hsm, HsmError, Obstacle, SignScheme};
use hsm_tpm::TpmHsm;
use model::{FailureClass, KeyHandle, KeyPurpose, Secret};
use tss_esapi::Context;
use tss_esapi::attributes::ObjectAttributesBuilder;
use tss_esapi::handles::{KeyHandle as Loaded, PersistentTpmHandle};
use tss_esapi::interface_types::algorithm::{HashingAlgorithm, PublicAlgorithm};
use tss_esapi::interface_types::dynamic_handles::Persistent;
use tss_esapi::interface_types::key_bits::RsaKeyBits;
use tss_esapi::interface_types::resource_handles::{Hierarchy, Provision};
use tss_esapi::interface_types::session_handles::AuthSession;
use tss_esapi::structures::{
    Auth, Digest, KeyedHashScheme, Public, PublicBuilder, PublicKeyRsa, PublicKeyedHashParameters,
    PublicRsaParametersBuilder, RsaExponent, SensitiveData, SymmetricDefinitionObject,
};

fn use_all(own: &mut TpmHsm, key: &KeyHandle, sealed: &[u8]) -> Result<(), HsmError> {
    own.sign(key, SignScheme::Pkcs1Sha256, b"x")?;
    own.unseal("a label", sealed).map(drop)
}

fn made(own: &mut TpmHsm) -> (KeyHandle, Vec<u8>) {
    let key = own.create(KeyPurpose::Device, intent()).unwrap();
    (key, own.seal("a label", &Secret::new(b"text".to_vec())).unwrap())
}

#[test]
fn keys_survive_a_restart_of_tpm_and_program() {
    let harness = Harness::new();
    let mut own = harness.open();
    let (key, sealed) = made(&mut own);
    harness.restart();
    use_all(&mut own, &key, &sealed).unwrap();
    drop(own);
    harness.restart();
    use_all(&mut harness.open(), &key, &sealed).unwrap();
}

#[test]
fn firmware_updates_change_nothing() {
    let harness = Harness::new();
    let (key, sealed) = made(&mut harness.open());
    for boot in 0..100_u8 {
        harness.restart();
        for register in 0..16 {
            harness.extend(register, boot.wrapping_mul(37).wrapping_add(register));
        }
        use_all(&mut harness.open(), &key, &sealed).unwrap();
    }
}

#[test]
fn another_tpm_refuses() {
    let (harness, other) = (Harness::new(), Harness::new());
    let mut own = harness.open();
    let (key, sealed) = made(&mut own);
    drop(other.open());
    harness.become_another(&other);
    let refused = HsmError::OtherMachine("tpm-srk".to_owned());
    // The same program goes on with the other TPM, as after a move of a virtual machine.
    assert_eq!(use_all(&mut own, &key, &sealed), Err(refused.clone()));
    assert_eq!(use_all(&mut harness.open(), &key, &sealed), Err(refused.clone()));
    assert_eq!(harness.open().unseal("a label", &sealed).unwrap_err(), refused);
    assert_eq!(harness.open().rebind(&key), Err(refused.clone()));
    assert_eq!(refused.class(), FailureClass::Broken);
    assert_eq!(harness.loaded(), 0);
}

#[test]
fn a_header_that_lies_about_the_tpm_does_not_help() {
    let (harness, other) = (Harness::new(), Harness::new());
    let (home, _) = made(&mut harness.open());
    let (away, _) = made(&mut other.open());
    let (home_header, _) = hsm::binding::split(1, &home.wrapped).unwrap();
    let (_, away_rest) = hsm::binding::split(1, &away.wrapped).unwrap();
    let mixed = KeyHandle { wrapped: [home_header, away_rest].concat(), ..away };
    let refused = harness.open().sign(&mixed, SignScheme::Pkcs1Sha256, b"x");
    assert_eq!(refused, Err(HsmError::Integrity("key")));
    assert_eq!(harness.open().rebind(&mixed), Err(HsmError::Integrity("key")));
}

#[test]
fn a_cleared_tpm_is_named_and_takes_new_keys() {
    let harness = Harness::new();
    let mut own = harness.open();
    let (key, sealed) = made(&mut own);
    harness.clear();
    let refused = use_all(&mut own, &key, &sealed).unwrap_err();
    assert!(matches!(&refused, HsmError::KeyGone(why) if why.contains("cleared")), "{refused}");
    assert_eq!(own.unseal("a label", &sealed).unwrap_err(), refused);
    assert_eq!(own.rebind(&key), Err(refused.clone()));
    assert_eq!(refused.class(), FailureClass::Broken);
    let (key, sealed) = made(&mut own);
    use_all(&mut own, &key, &sealed).unwrap();
}

#[test]
fn a_lockout_by_another_program_does_not_stop_our_keys() {
    let harness = Harness::new();
    let mut own = harness.open();
    let (key, sealed) = made(&mut own);
    let mut library = harness.library();
    let refusals: Vec<String> = (0..6).map(|_| guess_wrongly(&mut library)).collect();
    assert!(refusals.last().unwrap().contains("lockout mode"), "{refusals:?}");
    drop(library);
    use_all(&mut own, &key, &sealed).unwrap();
    let (key, sealed) = made(&mut own);
    use_all(&mut own, &key, &sealed).unwrap();
    use_all(&mut harness.open(), &key, &sealed).unwrap();
}

/// A wrong auth value for an object of another program that the dictionary-attack logic guards.
fn guess_wrongly(library: &mut Context) -> String {
    let public = PublicBuilder::new()
        .with_public_algorithm(PublicAlgorithm::KeyedHash)
        .with_name_hashing_algorithm(HashingAlgorithm::Sha256)
        .with_object_attributes(
            ObjectAttributesBuilder::new()
                .with_fixed_tpm(true)
                .with_fixed_parent(true)
                .with_user_with_auth(true)
                .build()
                .unwrap(),
        )
        .with_keyed_hash_parameters(PublicKeyedHashParameters::new(KeyedHashScheme::Null))
        .with_keyed_hash_unique_identifier(Digest::default())
        .build()
        .unwrap();
    library.execute_with_session(Some(AuthSession::Password), |library| {
        let (auth, data) = (Auth::try_from(b"right".to_vec()), SensitiveData::try_from(vec![1; 16]));
        let made = library
            .create_primary(Hierarchy::Owner, public, Some(auth.unwrap()), Some(data.unwrap()), None, None)
            .unwrap();
        let handle = made.key_handle.into();
        library.tr_set_auth(handle, Auth::try_from(b"wrong".to_vec()).unwrap()).unwrap();
        let refusal = library.unseal(handle).unwrap_err().to_string();
        library.execute_without_session(|library| library.flush_context(handle)).unwrap();
        refusal
    })
}

#[test]
fn an_owner_password_is_named_and_a_storage_key_gets_round_it() {
    let harness = Harness::new();
    provision(&harness);
    harness.set_password(1);
    let mut own = harness.open();
    let (key, sealed) = made(&mut own);
    use_all(&mut own, &key, &sealed).unwrap();

    let bare = Harness::new();
    bare.set_password(1);
    let refused = bare.open().create(KeyPurpose::Device, intent()).unwrap_err();
    assert!(matches!(&refused, HsmError::Unusable(Obstacle::OwnerPassword, _)), "{refused}");
    assert_eq!(bare.loaded(), 0);
}

#[test]
fn a_storage_key_with_an_auth_value_of_its_own_is_named() {
    let harness = Harness::new();
    let (below_ours, sealed) = made(&mut harness.open());
    persist(&harness, rsa_storage(true), Some(Auth::try_from(b"secret".to_vec()).unwrap()));
    let mut own = harness.open();
    use_all(&mut own, &below_ours, &sealed).unwrap();
    let refused = own.create(KeyPurpose::Device, intent()).unwrap_err();
    assert!(matches!(&refused, HsmError::Unusable(Obstacle::StorageKeyPassword, _)), "{refused}");
}

#[test]
fn an_endorsement_hierarchy_that_cannot_be_asked_is_no_obstacle() {
    let harness = Harness::new();
    let (key, sealed) = made(&mut harness.open());
    harness.set_password(11);
    let mut own = harness.open();
    let names: Vec<String> = own.machine().unwrap().components.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["tpm-srk", "machine-id"]);
    use_all(&mut own, &key, &sealed).unwrap();
    let (key, sealed) = made(&mut own);
    use_all(&mut own, &key, &sealed).unwrap();
}

#[test]
fn keys_hang_on_the_storage_key_that_they_record() {
    let harness = Harness::new();
    let mut own = harness.open();
    let (below_ours, sealed) = made(&mut own);
    provision(&harness);
    use_all(&mut own, &below_ours, &sealed).unwrap();
    let (below_theirs, sealed_below_theirs) = made(&mut own);
    assert_ne!(srk(&below_ours), srk(&below_theirs), "new keys hang on the one that is there");
    use_all(&mut own, &below_theirs, &sealed_below_theirs).unwrap();
    evict(&harness);
    use_all(&mut own, &below_ours, &sealed).unwrap();
    let refused = use_all(&mut own, &below_theirs, &sealed_below_theirs);
    assert!(matches!(&refused, Err(HsmError::KeyGone(_))), "{refused:?}");
    assert_eq!(harness.loaded(), 0);
}

#[test]
fn what_is_no_storage_key_is_left_alone() {
    let harness = Harness::new();
    let mut own = harness.open();
    let (below_ours, _) = made(&mut own);
    persist(&harness, rsa_storage(false), None);
    let (second, sealed) = made(&mut own);
    assert_eq!(srk(&below_ours), srk(&second));
    use_all(&mut own, &second, &sealed).unwrap();
}

#[test]
fn the_machine_of_new_keys_is_told() {
    let harness = Harness::new();
    let mut own = harness.open();
    let machine = own.machine().unwrap();
    let names: Vec<&str> = machine.components.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["tpm-endorsement", "tpm-srk", "machine-id"]);
    let key = own.create(KeyPurpose::Device, intent()).unwrap();
    let (header, _) = hsm::binding::split(1, &key.wrapped).unwrap();
    assert_eq!(hsm::binding::read(header), Some(machine));
}

fn srk(key: &KeyHandle) -> String {
    let (header, _) = hsm::binding::split(1, &key.wrapped).unwrap();
    let machine = hsm::binding::read(header).unwrap();
    machine.components.into_iter().find(|(name, _)| name == "tpm-srk").unwrap().1
}

/// An RSA storage key as other programs make one.
fn rsa_storage(deaf_to_lockouts: bool) -> Public {
    PublicBuilder::new()
        .with_public_algorithm(PublicAlgorithm::Rsa)
        .with_name_hashing_algorithm(HashingAlgorithm::Sha256)
        .with_object_attributes(
            ObjectAttributesBuilder::new()
                .with_fixed_tpm(true)
                .with_fixed_parent(true)
                .with_sensitive_data_origin(true)
                .with_user_with_auth(true)
                .with_no_da(deaf_to_lockouts)
                .with_restricted(true)
                .with_decrypt(true)
                .build()
                .unwrap(),
        )
        .with_rsa_parameters(
            PublicRsaParametersBuilder::new_restricted_decryption_key(
                SymmetricDefinitionObject::AES_128_CFB,
                RsaKeyBits::Rsa2048,
                RsaExponent::default(),
            )
            .build()
            .unwrap(),
        )
        .with_rsa_unique_identifier(PublicKeyRsa::default())
        .build()
        .unwrap()
}

pub(crate) fn provision(harness: &Harness) {
    persist(harness, rsa_storage(true), None);
}

const SRK: u32 = 0x8100_0001;

fn at() -> Persistent {
    Persistent::Persistent(PersistentTpmHandle::new(SRK).unwrap())
}

fn persist(harness: &Harness, public: Public, auth: Option<Auth>) {
    let mut library = harness.library();
    library.execute_with_session(Some(AuthSession::Password), |library| {
        let made = library.create_primary(Hierarchy::Owner, public, auth, None, None, None).unwrap();
        library.evict_control(Provision::Owner, made.key_handle.into(), at()).unwrap();
        let loaded: Loaded = made.key_handle;
        library.execute_without_session(|library| library.flush_context(loaded.into())).unwrap();
    });
}

fn evict(harness: &Harness) {
    let mut library = harness.library();
    let handle = PersistentTpmHandle::new(SRK).unwrap().into();
    let found = library.tr_from_tpm_public(handle).unwrap();
    library.execute_with_session(Some(AuthSession::Password), |library| {
        library.evict_control(Provision::Owner, found, at()).unwrap();
    });
}
