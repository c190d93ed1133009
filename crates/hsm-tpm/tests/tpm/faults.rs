//! Every command of every operation fails once, in every way that we know of.

use crate::harness::{Harness, intent, wrap};
use crate::proxy::Harm;
use hsm::{Hsm, HsmError, SignScheme};
use hsm_tpm::TpmHsm;
use model::FailureClass::{Denied, Transient};
use model::{FailureClass, KeyHandle, KeyPurpose, Secret};

type Operation = (&'static str, fn(&mut TpmHsm, &Things) -> Result<(), HsmError>);

/// One operation of each kind; the answer is checked where there is one.
const OPERATIONS: [Operation; 6] = [
    ("create", |own, _| own.create(KeyPurpose::Device, intent()).map(drop)),
    ("sign", |own, things| own.sign(&things.device, SignScheme::PssSha256, b"x").map(drop)),
    ("unwrap", |own, things| {
        let plain = own.unwrap_oaep_sha1(&things.transport, &things.text)?;
        assert_eq!(plain.expose(), b"session key");
        Ok(())
    }),
    ("seal", |own, _| own.seal("a label", &Secret::new(b"text".to_vec())).map(drop)),
    ("unseal", |own, things| {
        assert_eq!(own.unseal("a label", &things.sealed)?.expose(), b"text");
        Ok(())
    }),
    ("rebind", |own, things| own.rebind(&things.device).map(drop)),
];

struct Things {
    device: KeyHandle,
    transport: KeyHandle,
    text: Vec<u8>,
    sealed: Vec<u8>,
}

fn things(own: &mut TpmHsm) -> Things {
    let transport = own.create(KeyPurpose::Transport, intent()).unwrap();
    Things {
        device: own.create(KeyPurpose::Device, intent()).unwrap(),
        text: wrap(&transport, b"session key"),
        sealed: own.seal("a label", &Secret::new(b"text".to_vec())).unwrap(),
        transport,
    }
}

/// How many commands an operation takes, without harm.
fn commands(harness: &Harness, own: &mut TpmHsm, things: &Things, operation: Operation) -> usize {
    // The first one may connect.
    operation.1(own, things).unwrap();
    harness.proxy.harm(Harm::None);
    operation.1(own, things).unwrap();
    let count = harness.proxy.wire().commands;
    assert!(count >= 5, "{}: {count}", operation.0);
    count
}

/// Harms each command of each operation in turn; the operation must succeed all the same, leave nothing
/// behind, and so must the next one.
fn comes_through(harm: fn(usize) -> Harm) {
    let harness = Harness::new();
    let mut own = harness.open();
    let things = things(&mut own);
    for operation in OPERATIONS {
        for at in 1..=commands(&harness, &mut own, &things, operation) {
            harness.proxy.harm(harm(at));
            let told = operation.1(&mut own, &things);
            assert_eq!(told, Ok(()), "{} with {:?}", operation.0, harm(at));
            assert_eq!(harness.loaded(), 0, "{} with {:?}", operation.0, harm(at));
            harness.proxy.harm(Harm::None);
            assert_eq!(operation.1(&mut own, &things), Ok(()), "after {} with {:?}", operation.0, harm(at));
        }
    }
    assert_eq!(harness.loaded(), 0);
}

#[test]
fn a_broken_connection_is_made_good_before_a_command() {
    comes_through(Harm::CutBefore);
}

#[test]
fn a_broken_connection_is_made_good_after_a_command() {
    comes_through(Harm::CutAfter);
}

#[test]
fn a_tpm_killed_before_a_command_is_found_again() {
    comes_through(Harm::KillBefore);
}

#[test]
fn a_tpm_killed_after_a_command_is_found_again() {
    comes_through(Harm::KillAfter);
}

#[test]
fn a_tpm_that_restarts_behind_our_back_is_started_over_with() {
    comes_through(Harm::RestartBefore);
}

#[test]
fn refusals_have_their_class_and_leave_nothing_loaded() {
    let harness = Harness::new();
    let mut own = harness.open();
    let things = things(&mut own);
    let cases: [(u32, FailureClass, &str); 7] = [
        (0x922, Transient, "another command"),
        (0x908, Transient, "put the command off"),
        (0x920, Transient, "spares its memory"),
        (0x902, Transient, "busy"),
        (0x921, Transient, "too many wrong ones"),
        (0x100, Transient, "restarted"),
        (0x101, Denied, "failure mode"),
    ];
    for operation in OPERATIONS {
        let commands = commands(&harness, &mut own, &things, operation);
        // All codes on the operation that says most of itself, the first one on all.
        let cases = if operation.0 == "unwrap" { cases.as_slice() } else { &cases[..1] };
        for (at, (code, class, words)) in
            (1..=commands).flat_map(|at| cases.iter().map(move |case| (at, case)))
        {
            harness.proxy.harm(Harm::AnswerAll(at, *code));
            let error = operation.1(&mut own, &things).unwrap_err();
            let place = format!("{} with {code:x} from {at} of {commands}: {error}", operation.0);
            assert_eq!(error.class(), *class, "{place}");
            assert!(error.to_string().contains(words), "{place}");
            harness.proxy.harm(Harm::None);
            assert_eq!(operation.1(&mut own, &things), Ok(()), "after {place}");
            assert_eq!(harness.loaded(), 0, "after {place}");
        }
    }
}

#[test]
fn one_refusal_of_one_command_leaves_nothing_loaded() {
    let harness = Harness::new();
    let mut own = harness.open();
    let things = things(&mut own);
    for operation in OPERATIONS {
        for at in 1..=commands(&harness, &mut own, &things, operation) {
            for code in [0x921, 0x9a2] {
                harness.proxy.harm(Harm::Answer(at, code));
                let told = operation.1(&mut own, &things);
                assert_eq!(harness.loaded(), 0, "{} with {code:x} at {at}: {told:?}", operation.0);
                harness.proxy.harm(Harm::None);
                assert_eq!(operation.1(&mut own, &things), Ok(()), "after {} at {at}", operation.0);
            }
        }
    }
}

#[test]
fn a_tpm_in_failure_mode_is_no_bad_ciphertext() {
    let harness = Harness::new();
    let mut own = harness.open();
    let things = things(&mut own);
    let mut bent = things.text.clone();
    bent[100] ^= 1;
    assert_eq!(own.unwrap_oaep_sha1(&things.transport, &bent).unwrap_err(), HsmError::Decrypt);
    assert_eq!(own.unwrap_oaep_sha1(&things.transport, &bent[1..]).unwrap_err(), HsmError::Decrypt);
    let above = [0xff; 256];
    assert_eq!(own.unwrap_oaep_sha1(&things.transport, &above).unwrap_err(), HsmError::Decrypt);
    let count = commands(&harness, &mut own, &things, OPERATIONS[2]);
    for at in 1..=count {
        harness.proxy.harm(Harm::AnswerAll(at, 0x101));
        let error = own.unwrap_oaep_sha1(&things.transport, &things.text).unwrap_err();
        assert!(matches!(&error, HsmError::Unusable(hsm::Obstacle::FailureMode, _)), "{at}: {error}");
    }
}

#[test]
fn both_answers_to_a_bad_ciphertext_are_known() {
    let harness = Harness::new();
    let mut own = harness.open();
    let things = things(&mut own);
    let count = commands(&harness, &mut own, &things, OPERATIONS[2]);
    for code in [0x1c4, 0x1d5, 0x101] {
        let refused = (1..=count).filter(|at| {
            // The one before may have cost the connection.
            harness.proxy.harm(Harm::None);
            own.unwrap_oaep_sha1(&things.transport, &things.text).unwrap();
            harness.proxy.harm(Harm::Answer(*at, code));
            own.unwrap_oaep_sha1(&things.transport, &things.text).is_err_and(|why| why == HsmError::Decrypt)
        });
        // Only the one command that decrypts may be read so.
        assert_eq!(refused.count(), 1, "0x{code:x}");
    }
}

#[test]
fn what_a_killed_program_left_loaded_does_not_fill_the_tpm() {
    let harness = Harness::new();
    let mut own = harness.open();
    let things = things(&mut own);
    drop(own);
    for _ in 0..5 {
        // The connection dies with all loaded, as a process does that is killed.
        let mut killed = harness.open();
        let count = commands(&harness, &mut killed, &things, OPERATIONS[1]);
        harness.proxy.harm(Harm::CutAfter(count - 3));
        drop(killed.sign(&things.device, SignScheme::Pkcs1Sha256, b"x"));
    }
    harness.proxy.harm(Harm::None);
    harness.open().sign(&things.device, SignScheme::Pkcs1Sha256, b"x").unwrap();
    assert_eq!(harness.loaded(), 0);
}
