//! Two places for keys: one that knows which machine it is in, and a token that goes wherever it is put.

use hsm::{HsmError, HsmInfo, Job, Keys, SignScheme};
use model::{Backend, IntentId, KeyHandle, KeyPurpose, RsaPublicKey, Secret};
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::signature::{SignatureEncoding, Signer};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BoxedUint, Oaep, RsaPrivateKey};
use sha1::Sha1;
use sha2::Sha256;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, Mutex, MutexGuard, OnceLock};

/// Keys out of a pool, one after the other, in [`Backend::Soft`] and [`PLACE`]. `wrapped` is the key's place in
/// the pool and the number of the machine that it is bound to; a token is bound to none.
#[derive(Default)]
pub(crate) struct PoolKeys {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    next: usize,
    machine: u8,
    /// The keys that exist, by their place in the pool: where, and the machine that they are bound to.
    alive: BTreeMap<usize, (Backend, u8)>,
    /// Places that cannot be used.
    closed: BTreeSet<Backend>,
}

/// The other place for keys, besides the software.
pub const PLACE: Backend = Backend::Pkcs11;

impl PoolKeys {
    /// The keys lie on another machine from here on.
    pub(crate) fn move_to(&self, machine: u8) {
        self.lock().machine = machine;
    }

    /// The place answers nothing from here on, or does again.
    pub(crate) fn set_closed(&self, place: Backend, closed: bool) {
        match closed {
            true => self.lock().closed.insert(place),
            false => self.lock().closed.remove(&place),
        };
    }

    /// The public halves of the keys that exist and that this machine can use.
    pub(crate) fn alive(&self) -> BTreeSet<Vec<u8>> {
        let inner = self.lock();
        let within_reach = inner.alive.iter().filter(|(_, key)| inner.opens(**key));
        within_reach.map(|(index, _)| modulus(*index)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }
}

impl Inner {
    fn opens(&self, (backend, machine): (Backend, u8)) -> bool {
        backend == PLACE || machine == self.machine
    }

    fn create(&mut self, backend: Backend, purpose: KeyPurpose, intent: IntentId) -> KeyHandle {
        // A key that was destroyed is used again as late as can be: the directory may remember it.
        let free = (self.next..self.next + PAIRS.len()).map(|index| index % PAIRS.len());
        let index = free.into_iter().find(|index| !self.alive.contains_key(index)).unwrap();
        self.next = index + 1;
        self.alive.insert(index, (backend, self.machine));
        let public = RsaPublicKey { modulus: modulus(index), exponent: vec![1, 0, 1] };
        let wrapped = vec![u8::try_from(index).unwrap(), self.machine];
        KeyHandle { backend, purpose, intent, public, wrapped }
    }

    fn open(&self, key: &KeyHandle) -> Result<&'static RsaPrivateKey, HsmError> {
        let index = usize::from(key.wrapped[0]);
        if !self.opens((key.backend, key.wrapped[1])) {
            return Err(HsmError::OtherMachine("machine-id".to_owned()));
        }
        if self.alive.get(&index).is_none_or(|(backend, _)| *backend != key.backend) {
            return Err(HsmError::KeyGone(format!("key {index} was destroyed")));
        }
        Ok(private(index))
    }

    fn sign(&self, key: &KeyHandle, message: &[u8]) -> Result<Vec<u8>, HsmError> {
        let signer = SigningKey::<Sha256>::new(self.open(key)?.clone());
        Ok(signer.sign(message).to_vec())
    }

    fn unwrap(&self, key: &KeyHandle, ciphertext: &[u8]) -> Result<Secret<Vec<u8>>, HsmError> {
        let plain = self.open(key)?.decrypt(Oaep::<Sha1>::new(), ciphertext);
        plain.map(Secret::new).map_err(|_| HsmError::Decrypt)
    }

    fn rebind(&mut self, key: KeyHandle) -> Result<KeyHandle, HsmError> {
        let index = key.wrapped[0];
        let alive = self.alive.get_mut(&usize::from(index));
        let alive = alive.ok_or_else(|| HsmError::KeyGone(format!("key {index} was destroyed")))?;
        alive.1 = self.machine;
        Ok(KeyHandle { wrapped: vec![index, self.machine], ..key })
    }

    fn run(&mut self, job: Job) {
        if place(&job).is_some_and(|place| self.closed.contains(&place)) {
            return job.refuse(HsmError::Absent("it is not there".to_owned()));
        }
        match job {
            Job::Ready(backend, reply) => {
                reply.send(Ok(HsmInfo { backend, description: "a pool".to_owned() }));
            }
            Job::Create(backend, purpose, intent, reply) => {
                reply.send(Ok(self.create(backend, purpose, intent)));
            }
            Job::Sign(key, SignScheme::Pkcs1Sha256, message, reply) => reply.send(self.sign(&key, &message)),
            Job::UnwrapOaepSha1(key, ciphertext, reply) => reply.send(self.unwrap(&key, &ciphertext)),
            Job::Rebind(key, reply) => reply.send(self.rebind(key)),
            Job::SelfTest(key, reply) => reply.send(self.open(&key).map(|_| ())),
            Job::Destroy(key, reply) => {
                self.alive.remove(&usize::from(key.wrapped[0]));
                reply.send(Ok(()));
            }
            other @ (Job::Sign(_, SignScheme::PssSha256, ..) | Job::RecoveryCode(_) | Job::Reseal(..)) => {
                let why = format!("not in this world: {other:?}");
                other.refuse(HsmError::Backend(why));
            }
        }
    }
}

/// The place that a job is for; none where it does not say.
fn place(job: &Job) -> Option<Backend> {
    match job {
        Job::Ready(backend, _) | Job::Create(backend, ..) => Some(*backend),
        Job::Sign(key, ..) | Job::UnwrapOaepSha1(key, ..) => Some(key.backend),
        Job::Destroy(key, _) | Job::SelfTest(key, _) | Job::Rebind(key, _) => Some(key.backend),
        Job::RecoveryCode(_) | Job::Reseal(..) => None,
    }
}

impl Keys for PoolKeys {
    fn submit(&self, job: Job) {
        self.lock().run(job);
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

/// The primes of the test keys.
static PRIMES: LazyLock<Vec<BoxedUint>> = LazyLock::new(|| {
    let keys = POOL.iter().map(|der| RsaPrivateKey::from_pkcs8_der(der).unwrap());
    keys.flat_map(|key| key.primes().to_vec()).collect()
});

/// Any two of the primes make a key of their own, which is good enough for a world.
static PAIRS: LazyLock<Vec<(usize, usize)>> = LazyLock::new(|| {
    let firsts = 0..PRIMES.len();
    firsts.flat_map(|first| (first + 1..PRIMES.len()).map(move |second| (first, second))).collect()
});

static KEYS: LazyLock<Vec<OnceLock<RsaPrivateKey>>> =
    LazyLock::new(|| PAIRS.iter().map(|_| OnceLock::new()).collect());

fn private(index: usize) -> &'static RsaPrivateKey {
    KEYS[index].get_or_init(|| {
        let (first, second) = PAIRS[index];
        let exponent = BoxedUint::from(65_537_u32);
        RsaPrivateKey::from_p_q(PRIMES[first].clone(), PRIMES[second].clone(), exponent).unwrap()
    })
}

fn modulus(index: usize) -> Vec<u8> {
    private(index).n_bytes().to_vec()
}
