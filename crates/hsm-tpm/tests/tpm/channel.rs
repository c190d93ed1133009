//! What somebody on the wires between processor and TPM can read.

use crate::harness::{AUTH, Harness, intent, wrap};
use hsm::{Hsm, SignScheme};
use model::{KeyPurpose, Secret};
use tss_esapi::structures::SensitiveData;

const CANARY: &[u8] = b"canary: a secret of 32 bytes ...";

#[test]
fn neither_the_auth_value_nor_a_secret_passes_in_clear() {
    let harness = Harness::new();
    let mut own = harness.open();
    let device = own.create(KeyPurpose::Device, intent()).unwrap();
    own.sign(&device, SignScheme::PssSha256, CANARY).unwrap();
    let transport = own.create(KeyPurpose::Transport, intent()).unwrap();
    let text = wrap(&transport, CANARY);
    assert_eq!(own.unwrap_oaep_sha1(&transport, &text).unwrap().expose(), CANARY);
    let sealed = own.seal("a label", &Secret::new(CANARY.to_vec())).unwrap();
    assert_eq!(own.unseal("a label", &sealed).unwrap().expose(), CANARY);
    assert_eq!(passed(&harness, CANARY), 0);
    assert_eq!(passed(&harness, AUTH.as_bytes()), 0);

    // The proxy would have seen them: a command without a session carries what it is given.
    let mut library = harness.library();
    library
        .execute_without_session(|library| library.stir_random(SensitiveData::try_from(CANARY).unwrap()))
        .unwrap();
    assert_eq!(passed(&harness, CANARY), 1);
}

#[test]
fn boot_secret_and_recovery_code_are_hidden_by_sessions_that_encrypt() {
    let harness = Harness::new();
    let mut own = harness.open_bound();
    let device = own.create(KeyPurpose::Device, intent()).unwrap();
    own.sign(&device, SignScheme::PssSha256, CANARY).unwrap();
    let code = own.recovery_code().unwrap();
    harness.extend(7, 1);
    own.reseal(Some(&code)).unwrap();
    own.sign(&device, SignScheme::PssSha256, CANARY).unwrap();
    let letters = code.expose().replace('-', "");
    for secret in [code.expose().as_bytes(), letters.as_bytes(), &letters.as_bytes()[..26], AUTH.as_bytes()] {
        assert_eq!(passed(&harness, secret), 0);
    }
    // The boot secret, the key and both slots anew; the boot secret for the key, each signature, and either slot.
    for (command, times, attribute) in [(CREATE, 4, TO_THE_TPM), (UNSEAL, 5, FROM_THE_TPM)] {
        let found = attributes(&harness, command, 1);
        assert_eq!(found.len(), times, "0x{command:x}");
        assert!(found.iter().all(|byte| byte & attribute != 0), "0x{command:x}: {found:x?}");
    }
}

#[test]
fn what_is_secret_goes_through_a_session_that_encrypts_it() {
    let harness = Harness::new();
    let mut own = harness.open();
    let transport = own.create(KeyPurpose::Transport, intent()).unwrap();
    own.unwrap_oaep_sha1(&transport, &wrap(&transport, CANARY)).unwrap();
    let sealed = own.seal("a label", &Secret::new(CANARY.to_vec())).unwrap();
    own.unseal("a label", &sealed).unwrap();
    own.rebind(&transport).unwrap();
    for (command, handles, times, attribute) in [
        (CREATE, 1, 2, TO_THE_TPM),
        (RSA_DECRYPT, 1, 1, FROM_THE_TPM),
        (UNSEAL, 1, 1, FROM_THE_TPM),
        (OBJECT_CHANGE_AUTH, 2, 1, TO_THE_TPM),
    ] {
        let found = attributes(&harness, command, handles);
        assert_eq!(found.len(), times, "0x{command:x}");
        assert!(found.iter().all(|byte| byte & attribute != 0), "0x{command:x}: {found:x?}");
    }
}

/// The attributes of the first session of each such command that passed: they follow the header (10 bytes),
/// the handles, the length of the sessions, the session's handle (4 bytes each) and its nonce.
fn attributes(harness: &Harness, command: u32, handles: usize) -> Vec<u8> {
    let mut found = Vec::new();
    let wire = harness.proxy.wire();
    let mut rest = wire.seen.as_slice();
    while !rest.is_empty() {
        let length = u32::from_be_bytes(rest[2..6].try_into().unwrap()) as usize;
        let (message, after) = rest.split_at(length);
        if message[6..10] == command.to_be_bytes() {
            let at = 18 + 4 * handles;
            let nonce = usize::from(u16::from_be_bytes(message[at..at + 2].try_into().unwrap()));
            found.push(message[at + 2 + nonce]);
        }
        rest = after;
    }
    found
}

const OBJECT_CHANGE_AUTH: u32 = 0x150;
const CREATE: u32 = 0x153;
const RSA_DECRYPT: u32 = 0x159;
const UNSEAL: u32 = 0x15e;
/// TPMA_SESSION.decrypt and encrypt, of the first parameter of command and answer.
const TO_THE_TPM: u8 = 0x20;
const FROM_THE_TPM: u8 = 0x40;

fn passed(harness: &Harness, secret: &[u8]) -> usize {
    let wire = harness.proxy.wire();
    assert!(wire.seen.len() > 5000, "the proxy sees the channel");
    wire.seen.windows(secret.len()).filter(|window| *window == secret).count()
}
