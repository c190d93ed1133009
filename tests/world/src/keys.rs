use hsm::{Answer, HsmError, HsmInfo, Job, Keys, KeysFuture, SignScheme};
use model::{Backend, KeyHandle, RsaPublicKey, Secret};
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::signature::{SignatureEncoding, Signer};
use rsa::traits::PublicKeyParts;
use rsa::{Oaep, RsaPrivateKey};
use sha1::Sha1;
use sha2::Sha256;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

/// Keys from a pool of test keys, one after the other. `wrapped` is the key's place in the pool and the number
/// of the machine that it is bound to.
#[derive(Default)]
pub(crate) struct PoolKeys {
    next: AtomicUsize,
    machine: AtomicU8,
}

impl PoolKeys {
    /// The keys lie on another machine from here on.
    pub(crate) fn move_to(&self, machine: u8) {
        self.machine.store(machine, Ordering::SeqCst);
    }

    fn open(&self, key: &KeyHandle) -> Result<RsaPrivateKey, HsmError> {
        if key.wrapped[1] != self.machine.load(Ordering::SeqCst) {
            return Err(HsmError::OtherMachine("machine-id".to_owned()));
        }
        Ok(private(usize::from(key.wrapped[0])))
    }
}

const POOL: [&[u8]; 6] = [
    include_bytes!("../keys/test-0.pk8"),
    include_bytes!("../keys/test-1.pk8"),
    include_bytes!("../keys/test-2.pk8"),
    include_bytes!("../keys/test-3.pk8"),
    include_bytes!("../keys/test-4.pk8"),
    include_bytes!("../keys/test-5.pk8"),
];

fn private(index: usize) -> RsaPrivateKey {
    RsaPrivateKey::from_pkcs8_der(POOL[index % POOL.len()]).unwrap()
}

impl Keys for PoolKeys {
    fn call(&self, job: Job) -> KeysFuture {
        let answer = self.call_blocking(job);
        Box::pin(async move { answer })
    }

    fn call_blocking(&self, job: Job) -> Result<Answer, HsmError> {
        match job {
            Job::Info => {
                Ok(Answer::Info(HsmInfo { backend: Backend::Soft, description: "a pool".to_owned() }))
            }
            Job::Create(_, purpose, intent) => {
                let index = self.next.fetch_add(1, Ordering::SeqCst);
                let key = private(index);
                let public = RsaPublicKey { modulus: key.n_bytes().to_vec(), exponent: vec![1, 0, 1] };
                let wrapped = vec![(index % POOL.len()) as u8, self.machine.load(Ordering::SeqCst)];
                Ok(Answer::Key(KeyHandle { backend: Backend::Soft, purpose, intent, public, wrapped }))
            }
            Job::Sign(key, SignScheme::Pkcs1Sha256, message) => {
                let signer = SigningKey::<Sha256>::new(self.open(&key)?);
                Ok(Answer::Bytes(signer.sign(&message).to_vec()))
            }
            Job::UnwrapOaepSha1(key, ciphertext) => {
                let plain = self.open(&key)?.decrypt(Oaep::<Sha1>::new(), &ciphertext);
                let plain = plain.map_err(|_| HsmError::Decrypt)?;
                Ok(Answer::Secret(Secret::new(plain)))
            }
            Job::Rebind(key) => {
                let wrapped = vec![key.wrapped[0], self.machine.load(Ordering::SeqCst)];
                Ok(Answer::Key(KeyHandle { wrapped, ..key }))
            }
            Job::SelfTest(key) => self.open(&key).map(|_| Answer::Done),
            Job::Destroy(_) => Ok(Answer::Done),
            other => Err(HsmError::Backend(format!("not in this world: {other:?}"))),
        }
    }
}
