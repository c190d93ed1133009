use super::*;
use hsm::{HsmError, Job};
use model::{Backend, Guid, Id, KeyPurpose, RsaPublicKey};
use std::sync::Mutex;

const CHEAP: Cost = Cost { memory: 64, passes: 1 };

fn stretched(password: &str, salt: u8) -> Vec<u8> {
    stretch(&Secret::new(password.to_owned()), &[salt; 16], CHEAP).unwrap().0.expose().clone()
}

fn person(n: u8) -> Person {
    (Id::new(Guid::from_bytes([1; 16])), Id::new(Guid::from_bytes([n; 16])))
}

fn key() -> KeyHandle {
    KeyHandle {
        backend: Backend::Soft,
        purpose: KeyPurpose::Offline,
        intent: Id::new(Guid::from_bytes([1; 16])),
        public: RsaPublicKey { modulus: vec![1], exponent: vec![3] },
        wrapped: Vec::new(),
    }
}

/// A key store whose signature is the message, backwards.
#[derive(Default)]
struct Store {
    refuses: bool,
    signed: Mutex<Vec<Vec<u8>>>,
}

impl Keys for Store {
    fn submit(&self, job: Job) {
        match job {
            Job::Sign(_, SignScheme::Pkcs1Sha256, message, reply) if !self.refuses => {
                self.signed.lock().unwrap().push(message.clone());
                reply.send(Ok(message.into_iter().rev().collect()));
            }
            other => other.refuse(HsmError::Busy),
        }
    }
}

async fn made(store: &Store, n: u8, password: &str) -> [u8; 32] {
    let stretched = stretch(&Secret::new(password.to_owned()), &[1; 16], CHEAP).unwrap();
    mac(store, key(), person(n), stretched).await.unwrap()
}

/// Another implementation (OpenSSL) gives the same.
#[test]
fn it_is_argon2id() {
    let hash = stretched("password", 7);
    assert_eq!(hash.len(), 32);
    assert_eq!(model::hex(&hash), KNOWN);
}

#[test]
fn another_password_or_salt_is_another_hash() {
    assert_ne!(stretched("a", 1), stretched("b", 1));
    assert_ne!(stretched("a", 1), stretched("a", 2));
    assert_eq!(stretched("a", 1), stretched("a", 1));
}

#[test]
fn a_record_that_asks_for_too_much_memory_is_refused() {
    let cost = Cost { memory: 4_000_000, passes: 1 };
    let refused = stretch(&Secret::new("a".to_owned()), &[1; 16], cost);
    assert_eq!(refused.err().map(|it| it.code), Some("OfflineMemory".to_owned()));
}

#[tokio::test]
async fn the_key_is_asked_once_for_each_guess_and_the_signature_is_not_kept() {
    let store = Store::default();
    let mac = made(&store, 1, "a").await;
    assert_eq!(made(&store, 1, "a").await, mac);
    assert_ne!(made(&store, 1, "b").await, mac);
    assert_ne!(made(&store, 2, "a").await, mac, "what is kept of one is of no use for another");
    let signed = store.signed.lock().unwrap();
    assert_eq!(signed.len(), 4);
    assert!(signed[0].starts_with(b"firmament offline password 1\0"));
    let signature: Vec<u8> = signed[0].iter().rev().copied().collect();
    assert_eq!(mac.as_slice(), Sha256::digest(&signature).as_slice());
    assert!(!signature.windows(32).any(|part| part == mac), "else the public key would tell a right guess");
}

#[tokio::test]
async fn a_key_store_that_refuses_makes_nothing() {
    let store = Store { refuses: true, ..Store::default() };
    let stretched = stretch(&Secret::new("a".to_owned()), &[1; 16], CHEAP).unwrap();
    let failure = mac(&store, key(), person(1), stretched).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Transient);
}

#[test]
fn all_of_it_is_compared() {
    let check = Check { salt: [0; 16], mac: [5; 32], cost: CHEAP };
    assert!(is_same(&check, &[5; 32]));
    for at in 0..32 {
        let mut other = [5; 32];
        other[at] ^= 1;
        assert!(!is_same(&check, &other), "{at}");
    }
}

/// By OpenSSL: Argon2id, version 19, m = 64, t = 1, p = 1, of "password" with a salt of sixteen bytes 7.
const KNOWN: &str = "0c942bca9ed020b5e04d9a95ac32b2b0cbfa78e2635489e9455d5a5d07b3de83";
