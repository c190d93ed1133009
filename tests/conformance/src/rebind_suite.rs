use crate::hsm_suite::{
    bent_handles_are_refused, ciphertexts_open, intent, keys_keep_to_their_purpose, signatures_verify,
};
use hsm::{Hsm, HsmError, SignScheme};
use model::{Backend, KeyHandle, KeyPurpose, MachineBinding, Secret};

/// A machine whose only component is a `machine-id` of this value; an empty one cannot be read.
pub fn machine(id: &str) -> MachineBinding {
    let component = (!id.is_empty()).then(|| ("machine-id".to_owned(), id.to_owned()));
    MachineBinding { components: component.into_iter().collect() }
}

/// Runs the suite of a changed machine and of [`Hsm::rebind`]; `open` opens one and the same key store on the
/// [`machine`] of this id. Panics where it fails.
pub fn rebinding(open: &dyn Fn(&str) -> Box<dyn Hsm>) {
    another_machine_is_named_and_an_unreadable_one_is_not(open);
    let mut before = open("a");
    let device = before.create(KeyPurpose::Device, intent(1)).unwrap();
    let transport = before.create(KeyPurpose::Transport, intent(1)).unwrap();
    drop(before);

    let mut now = open("b");
    refused_for_the_machine(now.as_mut(), &[&device, &transport]);
    what_was_changed_is_not_rebound(now.as_mut(), &device, &transport);
    let (new_device, new_transport) = (now.rebind(&device).unwrap(), now.rebind(&transport).unwrap());
    for (old, new) in [(&device, &new_device), (&transport, &new_transport)] {
        assert_ne!(old.wrapped, new.wrapped);
        assert_eq!(*old, KeyHandle { wrapped: old.wrapped.clone(), ..new.clone() }, "all else is the same");
        now.self_test(new).unwrap();
    }
    signatures_verify(now.as_mut(), &new_device);
    ciphertexts_open(now.as_mut(), &new_transport);
    keys_keep_to_their_purpose(now.as_mut(), &new_device, &new_transport);
    bent_handles_are_refused(now.as_mut(), &new_device);
    every_bent_byte_is_refused(&new_device, |bent| now.self_test(bent));
    drop(now);

    let mut before = open("a");
    refused_for_the_machine(before.as_mut(), &[&new_device, &new_transport]);
    // A crash may keep the answer from the disk: then the old handles are all there is.
    before.self_test(&device).unwrap();
    before.self_test(&transport).unwrap();
    let back = before.rebind(&new_device).unwrap();
    signatures_verify(before.as_mut(), &back);
    let again = before.rebind(&back).unwrap();
    signatures_verify(before.as_mut(), &again);
}

fn another_machine_is_named_and_an_unreadable_one_is_not(open: &dyn Fn(&str) -> Box<dyn Hsm>) {
    let mut own = open("a");
    let key = own.create(KeyPurpose::Device, intent(1)).unwrap();
    let sealed = own.seal("a label", &Secret::new(b"text".to_vec())).unwrap();
    drop(own);
    let mut copied = open("b");
    refused_for_the_machine(copied.as_mut(), &[&key]);
    assert_eq!(copied.sign(&key, SignScheme::Pkcs1Sha256, b"x"), Err(other_machine()));
    assert_eq!(copied.unseal("a label", &sealed).unwrap_err(), other_machine());
    drop(copied);
    let mut blind = open("");
    signatures_verify(blind.as_mut(), &key);
    assert_eq!(blind.unseal("a label", &sealed).unwrap().expose(), b"text");
    blind.destroy(&key).unwrap();
}

fn refused_for_the_machine(hsm: &mut dyn Hsm, keys: &[&KeyHandle]) {
    for key in keys {
        assert_eq!(hsm.self_test(key), Err(other_machine()));
    }
}

fn other_machine() -> HsmError {
    HsmError::OtherMachine("machine-id".to_owned())
}

/// A handle must be as it was made: the machine alone may differ.
fn what_was_changed_is_not_rebound(hsm: &mut dyn Hsm, device: &KeyHandle, transport: &KeyHandle) {
    every_bent_byte_is_refused(device, |bent| hsm.rebind(bent).map(drop));
    for (what, bent) in [
        ("purpose", KeyHandle { purpose: KeyPurpose::Intune, ..device.clone() }),
        ("intent", KeyHandle { intent: intent(2), ..device.clone() }),
        ("public half", KeyHandle { public: transport.public.clone(), ..device.clone() }),
        ("wrapping", KeyHandle { wrapped: transport.wrapped.clone(), ..device.clone() }),
        ("nothing", KeyHandle { wrapped: Vec::new(), ..device.clone() }),
    ] {
        assert!(hsm.rebind(&bent).is_err(), "another {what}");
    }
    let backend = if device.backend == Backend::Tpm { Backend::Soft } else { Backend::Tpm };
    let foreign = hsm.rebind(&KeyHandle { backend, ..device.clone() });
    assert!(matches!(foreign, Err(HsmError::OtherBackend { .. })), "{foreign:?}");
}

fn every_bent_byte_is_refused(
    key: &KeyHandle,
    mut operation: impl FnMut(&KeyHandle) -> Result<(), HsmError>,
) {
    for at in 0..key.wrapped.len() {
        let mut bent = key.clone();
        bent.wrapped[at] ^= 1;
        assert!(operation(&bent).is_err(), "byte {at}");
    }
}
