//! Many operations, and what they cost; the figures are printed with `--nocapture`.

use crate::harness::{Harness, intent, wrap};
use hsm::{Hsm, SignScheme};
use hsm_tpm::TpmHsm;
use model::{KeyHandle, KeyPurpose, Secret};
use std::time::Instant;

#[test]
fn two_thousand_operations_leave_nothing_loaded() {
    let harness = Harness::new();
    let mut own = harness.open();
    let device = own.create(KeyPurpose::Device, intent()).unwrap();
    let transport = own.create(KeyPurpose::Transport, intent()).unwrap();
    let text = wrap(&transport, b"session key");
    let sealed = own.seal("a label", &Secret::new(b"text".to_vec())).unwrap();
    let mut bent = device.clone();
    *bent.wrapped.last_mut().unwrap() ^= 1;
    let begun = Instant::now();
    for round in 0..OPERATIONS {
        match round % 4 {
            0 => drop(own.sign(&device, SignScheme::Pkcs1Sha256, b"x").unwrap()),
            1 => drop(own.unwrap_oaep_sha1(&transport, &text).unwrap()),
            2 => drop(own.unseal("a label", &sealed).unwrap()),
            _ => drop(own.sign(&bent, SignScheme::Pkcs1Sha256, b"x").unwrap_err()),
        }
    }
    println!("{OPERATIONS} operations: {:.1} s", begun.elapsed().as_secs_f64());
    assert_eq!(harness.loaded(), 0, "while the adapter is open");
}

#[test]
fn keys_are_made_and_used_at_some_rate() {
    let harness = Harness::new();
    let mut own = harness.open();
    let begun = Instant::now();
    let mut keys: Vec<_> = (0..10).map(|_| own.create(KeyPurpose::Device, intent()).unwrap()).collect();
    println!("a key: {:.0} ms on average of 10", begun.elapsed().as_secs_f64() * 100.0);
    let key = keys.pop().unwrap();
    for scheme in [SignScheme::Pkcs1Sha256, SignScheme::PssSha256] {
        println!("{scheme:?}: {:.0} signatures per second", rate(&mut own, &key, scheme));
    }
    drop(own);
    let mut own = harness.open_bound();
    let key = own.create(KeyPurpose::Device, intent()).unwrap();
    println!("bound: {:.0} signatures per second", rate(&mut own, &key, SignScheme::Pkcs1Sha256));
}

fn rate(own: &mut TpmHsm, key: &KeyHandle, scheme: SignScheme) -> f64 {
    let begun = Instant::now();
    for _ in 0..100 {
        own.sign(key, scheme, b"x").unwrap();
    }
    100.0 / begun.elapsed().as_secs_f64()
}

const OPERATIONS: usize = 2000;
