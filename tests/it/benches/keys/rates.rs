//! How long one pair takes, and how often a second a key is used.

use crate::figures::{Figures, ratios};
use crate::places::Place;
use crate::say;
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PublicEncryptingKey};
use aws_lc_rs::signature::RsaPublicKeyComponents;
use hsm::{Hsm, SignScheme};
use model::{Guid, IntentId, KeyHandle, KeyPurpose};
use std::time::{Duration, Instant};

/// Pairs that are made at each place.
const PAIRS: u8 = 15;
/// How often each use is measured at each place, in turn, so that other work on the machine hits all alike.
const ROUNDS: usize = 7;
/// How long a key is used in one round.
const ROUND: Duration = Duration::from_millis(300);

type Use = fn(&mut dyn Hsm, &Keys);

/// What a key is asked for, in the words of the figures.
const USES: [(&str, Use); 3] = [
    ("PKCS#1 v1.5 signatures", |hsm, keys| sign(hsm, keys, SignScheme::Pkcs1Sha256)),
    ("PSS signatures", |hsm, keys| sign(hsm, keys, SignScheme::PssSha256)),
    ("OAEP unwraps", |hsm, keys| drop(hsm.unwrap_oaep_sha1(&keys.transport, &keys.wrapped).unwrap())),
];

/// The keys of a machine, and a session key that the directory wrapped for it.
struct Keys {
    device: KeyHandle,
    transport: KeyHandle,
    wrapped: Vec<u8>,
}

impl Keys {
    fn make(hsm: &mut dyn Hsm) -> Keys {
        let device = hsm.create(KeyPurpose::Device, intent(0)).unwrap();
        let transport = hsm.create(KeyPurpose::Transport, intent(0)).unwrap();
        let wrapped = wrap(&transport, &[7; 32]);
        Keys { device, transport, wrapped }
    }
}

/// Measures and prints everything.
pub(crate) fn measure(places: &mut [Place]) {
    places.iter().for_each(|place| say(&place.hsm.info().description));
    let names: Vec<_> = places.iter().map(|place| place.name).collect();
    let pairs: Vec<_> = places.iter_mut().map(|place| pairs(place.hsm.as_mut())).collect();
    for (name, times) in names.iter().zip(&pairs) {
        say(&format!("{name}: an RSA-2048 pair: {}", times.summary("ms")));
    }
    say(&format!("ratio: time of an RSA-2048 pair: {}", ratios(&names, &pairs)));
    let keys: Vec<_> = places.iter_mut().map(|place| Keys::make(place.hsm.as_mut())).collect();
    for (what, usage) in USES {
        let rates = rates(places, &keys, usage);
        for (name, rates) in names.iter().zip(&rates) {
            say(&format!("{name}: {what}: {}", rates.summary("a second")));
        }
        say(&format!("ratio: {what} a second: {}", ratios(&names, &rates)));
    }
}

/// Milliseconds of each pair; none is kept.
fn pairs(hsm: &mut dyn Hsm) -> Figures {
    let one = |n| {
        let begun = Instant::now();
        let key = hsm.create(KeyPurpose::Device, intent(n)).unwrap();
        let taken = begun.elapsed();
        hsm.destroy(&key).unwrap();
        taken.as_secs_f64() * 1000.0
    };
    Figures::of((1..=PAIRS).map(one).collect())
}

/// Uses a second at each place.
fn rates(places: &mut [Place], keys: &[Keys], usage: Use) -> Vec<Figures> {
    let mut rates = vec![Vec::new(); places.len()];
    for _ in 0..ROUNDS {
        for ((place, keys), rates) in places.iter_mut().zip(keys).zip(&mut rates) {
            rates.push(rate(place.hsm.as_mut(), keys, usage));
        }
    }
    rates.into_iter().map(Figures::of).collect()
}

fn rate(hsm: &mut dyn Hsm, keys: &Keys, usage: Use) -> f64 {
    let begun = Instant::now();
    let mut done = 0.0;
    while begun.elapsed() < ROUND {
        usage(hsm, keys);
        done += 1.0;
    }
    done / begun.elapsed().as_secs_f64()
}

fn sign(hsm: &mut dyn Hsm, keys: &Keys, scheme: SignScheme) {
    hsm.sign(&keys.device, scheme, b"as long as a signed request may be").unwrap();
}

fn intent(n: u8) -> IntentId {
    IntentId::new(Guid::from_bytes([n; 16]))
}

/// RSAES-OAEP with SHA-1 by the public half.
fn wrap(key: &KeyHandle, plain: &[u8]) -> Vec<u8> {
    let key = RsaPublicKeyComponents { n: &key.public.modulus, e: &key.public.exponent };
    let key: PublicEncryptingKey = key.try_into().unwrap();
    let mut text = vec![0; 256];
    let key = OaepPublicEncryptingKey::new(key).unwrap();
    key.encrypt(&OAEP_SHA1_MGF1SHA1, plain, &mut text, None).unwrap();
    text
}
