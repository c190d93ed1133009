//! Jobs for the key store: in which order, and what an end that is not the wanted one becomes.

use super::harness::{Harness, device_keys, finish, id, identity, intent};
use super::ports::{KeyStore, key};
use crate::identity::DeviceIdentity;
use crate::perform_keys;
use hsm::HsmError;
use lifecycle::{Identity, Intune, IntuneIntent, Reply, Work};
use model::{Backend, CertificateDer, FailureClass, KeyHandle, KeyPurpose};
use std::sync::Arc;
use tenancy_model::{KeysReply, KeysWork, PairTest};
use transport::ClientIdentity;

/// Code and class of the failure that a work ends in.
fn failed(harness: &Harness, work: Work) -> (String, FailureClass) {
    let failure = harness.perform(work).unwrap_err();
    (failure.code, failure.class)
}

fn intune_key() -> KeyHandle {
    key(Backend::Soft, KeyPurpose::Intune, id(5))
}

/// An identity whose Intune key is made.
fn with_intune() -> Identity {
    let intent = IntuneIntent { id: id(5), owner: identity().owner, at: intent().at, in_doubt: false };
    Identity { intune: Intune::KeyReady(intent, intune_key()), ..identity() }
}

#[test]
fn both_keys_are_made_where_the_intent_says_and_carry_it() {
    let harness = Harness::new();
    assert_eq!(harness.perform(Work::CreateKeys(intent())).unwrap(), Reply::Keys(device_keys()));
    assert_eq!(harness.keys.jobs(), ["create device in tpm of 3", "create transport in tpm of 3"]);
}

#[test]
fn a_pair_is_whole_or_there_is_none() {
    for (job, error, code, class, jobs) in [
        ("create device in tpm of 3", HsmError::Busy, "KeyStoreBusy", FailureClass::Transient, 1),
        ("create transport in tpm of 3", HsmError::Busy, "KeyStoreBusy", FailureClass::Transient, 2),
        ("create transport in tpm of 3", HsmError::Decrypt, "KeyStore", FailureClass::Broken, 2),
    ] {
        let harness = Harness::new();
        harness.keys.will(job, error);
        assert_eq!(failed(&harness, Work::CreateKeys(intent())), (code.to_owned(), class), "{job}");
        assert_eq!(harness.keys.jobs().len(), jobs, "{job}");
    }
}

#[test]
fn the_key_for_intune_is_made_beside_the_others_and_carries_its_own_intent() {
    let harness = Harness::new();
    let Intune::KeyReady(intent, key) = with_intune().intune else { panic!("no key") };
    let work = Work::CreateIntuneKey { intent: intent.clone(), backend: Backend::Soft };
    assert_eq!(harness.perform(work).unwrap(), Reply::IntuneKey(key));
    assert_eq!(harness.keys.jobs(), ["create intune in soft of 5"]);
    harness.keys.will("create intune in soft of 5", HsmError::Decrypt);
    let work = Work::CreateIntuneKey { intent, backend: Backend::Soft };
    assert_eq!(failed(&harness, work), ("KeyStore".to_owned(), FailureClass::Broken));
}

#[test]
fn every_key_is_bound_anew_and_has_to_prove_itself_before_the_next() {
    let harness = Harness::new();
    let reply = harness.perform(Work::Rebind(Box::new(with_intune()))).unwrap();
    let anew = |key: KeyHandle| KeyHandle { wrapped: vec![key.wrapped[0], 1], ..key };
    let lifecycle::DeviceKeys { device, transport } = device_keys();
    let keys = lifecycle::DeviceKeys { device: anew(device), transport: anew(transport) };
    assert_eq!(reply, Reply::Rebound { keys, intune: Some(anew(intune_key())) });
    let jobs = ["rebind device", "test device [0, 1]", "rebind transport", "test transport [1, 1]"];
    assert_eq!(harness.keys.jobs(), [&jobs[..], &["rebind intune", "test intune [2, 1]"]].concat());

    let harness = Harness::new();
    let reply = harness.perform(Work::Rebind(Box::new(identity()))).unwrap();
    assert!(matches!(reply, Reply::Rebound { intune: None, .. }));
    assert_eq!(harness.keys.jobs(), jobs);
}

#[test]
fn a_rebinding_that_fails_at_one_key_gives_no_handles() {
    let gone = || HsmError::OtherMachine("tpm-srk".to_owned());
    for (job, error, code, jobs) in [
        ("rebind device", gone(), "ClonedMachine", 1),
        ("test device [0, 1]", HsmError::Integrity("key"), "KeyUnavailable", 2),
        ("rebind transport", HsmError::Busy, "KeyStoreBusy", 3),
        ("test transport [1, 1]", HsmError::Busy, "KeyStoreBusy", 4),
        ("rebind intune", gone(), "ClonedMachine", 5),
    ] {
        let harness = Harness::new();
        harness.keys.will(job, error);
        assert_eq!(failed(&harness, Work::Rebind(Box::new(with_intune()))).0, code, "{job}");
        assert_eq!(harness.keys.jobs().len(), jobs, "{job}");
    }
}

#[test]
fn a_key_that_is_another_machine_s_does_not_keep_the_next_from_being_destroyed() {
    let keys = || vec![device_keys().device, device_keys().transport, intune_key()];
    let all = ["destroy device", "destroy transport", "destroy intune"];
    let copied = || HsmError::OtherMachine("machine-id".to_owned());
    for (failing, code, jobs) in [
        (None, None, 3),
        (Some(("destroy device", copied())), None, 3),
        (Some(("destroy intune", copied())), None, 3),
        (Some(("destroy transport", HsmError::Busy)), Some("KeyStoreBusy"), 2),
        (Some(("destroy device", HsmError::KeyGone("it".to_owned()))), Some("KeyUnavailable"), 1),
    ] {
        let harness = Harness::new();
        let told = format!("{failing:?}");
        if let Some((job, error)) = failing {
            harness.keys.will(job, error);
        }
        let end = harness.perform(Work::EraseKeys(keys()));
        assert_eq!(end.err().map(|failure| failure.code).as_deref(), code, "{told}");
        assert_eq!(harness.keys.jobs(), all[..jobs], "{told}");
    }
}

#[test]
fn a_handshake_is_signed_in_the_two_schemes_and_in_no_other() {
    let keys = Arc::<KeyStore>::default();
    let certificate = CertificateDer(vec![0x30, 0]);
    let identity = DeviceIdentity::new(certificate.clone(), device_keys().device, keys.clone());
    assert_eq!(identity.chain(), [certificate]);
    for (scheme, job) in [(0x0401, "sign device"), (0x0804, "sign-pss device")] {
        assert_eq!(identity.sign(scheme, b"message").unwrap(), vec![7; 256], "{scheme:#06x}");
        assert_eq!(keys.jobs().last().unwrap(), job);
        keys.will(job, HsmError::Busy);
        assert_eq!(identity.sign(scheme, b"message"), Err("the key store is busy".to_owned()));
    }
    for scheme in [0x0201, 0x0403, 0x0501, 0x0805] {
        assert!(identity.sign(scheme, b"message").unwrap_err().contains("is not offered"), "{scheme:#06x}");
    }
    assert_eq!(keys.jobs().len(), 4);
}

fn perform_on_pair(harness: &Harness, work: KeysWork) -> Result<KeysReply, String> {
    finish(perform_keys(&*harness.keys, work)).map_err(|failure| failure.code)
}

#[test]
fn keys_that_are_nobody_s_are_made_as_a_pair_and_both_destroyed_whatever_becomes_of_the_first() {
    let harness = Harness::new();
    let work = KeysWork::Create { id: intent().id, backend: Backend::Tpm };
    assert_eq!(perform_on_pair(&harness, work), Ok(KeysReply::Created(device_keys())));
    assert_eq!(harness.keys.jobs(), ["create device in tpm of 3", "create transport in tpm of 3"]);
    for (job, error, code, jobs) in [
        ("create device in tpm of 3", HsmError::Busy, "KeyStoreBusy", 1),
        ("create transport in tpm of 3", HsmError::Decrypt, "KeyStore", 2),
    ] {
        let harness = Harness::new();
        harness.keys.will(job, error);
        let work = KeysWork::Create { id: intent().id, backend: Backend::Tpm };
        assert_eq!(
            (perform_on_pair(&harness, work), harness.keys.jobs().len()),
            (Err(code.to_owned()), jobs),
            "{job}"
        );
    }
    for (job, code) in [("", Ok(KeysReply::Destroyed)), ("destroy device", Err("KeyStoreBusy".to_owned()))] {
        let harness = Harness::new();
        if !job.is_empty() {
            harness.keys.will(job, HsmError::Busy);
        }
        assert_eq!(perform_on_pair(&harness, KeysWork::Destroy(device_keys())), code);
        assert_eq!(harness.keys.jobs(), ["destroy device", "destroy transport"]);
    }
}

#[test]
fn a_pair_is_lost_only_when_one_of_its_keys_is() {
    let usable = || Ok(KeysReply::Tested(PairTest::Usable));
    let lost = || Ok(KeysReply::Tested(PairTest::Lost));
    let unknown = |code: &str| Err(code.to_owned());
    let it = || "it".to_owned();
    for (ends, expected, jobs) in [
        (vec![], usable(), 2),
        (vec![("device [0]", HsmError::KeyGone(it()))], lost(), 1),
        (vec![("transport [1]", HsmError::Integrity("key"))], lost(), 2),
        // A key store that does not answer says nothing of its keys, neither good nor bad.
        (vec![("device [0]", HsmError::Busy)], unknown("KeyStoreBusy"), 2),
        (vec![("transport [1]", HsmError::Absent(it()))], unknown("KeyStoreAbsent"), 2),
        (vec![("transport [1]", HsmError::Locked(it()))], unknown("KeyStoreLocked"), 2),
        (vec![("device [0]", HsmError::Busy), ("transport [1]", HsmError::OtherMachine(it()))], lost(), 2),
    ] {
        let harness = Harness::new();
        let what = format!("{ends:?}");
        for (key, error) in ends {
            harness.keys.will(&format!("test {key}"), error);
        }
        assert_eq!(perform_on_pair(&harness, KeysWork::Test(device_keys())), expected, "{what}");
        assert_eq!(harness.keys.jobs().len(), jobs, "{what}");
    }
    let harness = Harness::new();
    assert_eq!(perform_on_pair(&harness, KeysWork::Ready(Backend::Tpm)), Ok(KeysReply::Ready));
    harness.keys.will(&harness.keys.jobs()[0], HsmError::Locked("it".to_owned()));
    assert_eq!(perform_on_pair(&harness, KeysWork::Ready(Backend::Tpm)), Err("KeyStoreLocked".to_owned()));
}
