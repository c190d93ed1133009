use hsm::{Hsm, HsmError, SignScheme};
use model::{Backend, IntentId, KeyHandle, KeyPurpose, RsaPublicKey, Secret};
use rsa::BoxedUint;
use rsa::signature::Verifier;
use sha1::Sha1;
use sha2::Sha256;

/// Runs the whole suite on one backend; panics where it fails. Signatures and ciphertexts are judged by an
/// implementation of RSA that no adapter uses.
pub fn hsm(hsm: &mut dyn Hsm) {
    let device = hsm.create(KeyPurpose::Device, intent(1)).unwrap();
    let transport = hsm.create(KeyPurpose::Transport, intent(1)).unwrap();
    handles_tell_what_they_are(hsm, &device, &transport);
    signatures_verify(hsm, &device);
    ciphertexts_open(hsm, &transport);
    keys_keep_to_their_purpose(hsm, &device, &transport);
    sealed_texts_open_under_their_label_alone(hsm);
    a_key_of_passwords_makes_the_same_of_the_same(hsm);
    hsm.self_test(&device).unwrap();
    hsm.self_test(&transport).unwrap();
    bent_handles_are_refused(hsm, &device);
    destroyed_keys_may_be_destroyed_again(hsm, &device);
}

pub(crate) fn intent(n: u8) -> IntentId {
    let mut bytes = [0; 16];
    bytes[15] = n;
    IntentId::new(model::Guid::from_bytes(bytes))
}

fn public(key: &RsaPublicKey) -> rsa::RsaPublicKey {
    let number = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
    rsa::RsaPublicKey::new(number(&key.modulus), number(&key.exponent)).unwrap()
}

fn handles_tell_what_they_are(hsm: &mut dyn Hsm, device: &KeyHandle, transport: &KeyHandle) {
    let backend = hsm.info().backend;
    assert_eq!((device.backend, device.purpose, device.intent), (backend, KeyPurpose::Device, intent(1)));
    assert_eq!(transport.purpose, KeyPurpose::Transport);
    assert_ne!(device.public, transport.public);
    assert_eq!((device.public.modulus.len(), device.public.exponent.as_slice()), (256, [1, 0, 1].as_slice()));
    assert!(device.wrapped.len() <= 4096);
}

pub(crate) fn signatures_verify(hsm: &mut dyn Hsm, key: &KeyHandle) {
    let message = b"what is signed is the message, not its digest";
    let pkcs1 = hsm.sign(key, SignScheme::Pkcs1Sha256, message).unwrap();
    let signature = rsa::pkcs1v15::Signature::try_from(pkcs1.as_slice()).unwrap();
    rsa::pkcs1v15::VerifyingKey::<Sha256>::new(public(&key.public)).verify(message, &signature).unwrap();
    let pss = hsm.sign(key, SignScheme::PssSha256, message).unwrap();
    let signature = rsa::pss::Signature::try_from(pss.as_slice()).unwrap();
    rsa::pss::VerifyingKey::<Sha256>::new(public(&key.public)).verify(message, &signature).unwrap();
}

fn encrypt(key: &KeyHandle, plain: &[u8]) -> Vec<u8> {
    public(&key.public).encrypt(&mut rand_core(), rsa::Oaep::<Sha1>::new(), plain).unwrap()
}

pub(crate) fn ciphertexts_open(hsm: &mut dyn Hsm, key: &KeyHandle) {
    let text = encrypt(key, &[7; 32]);
    assert_eq!(hsm.unwrap_oaep_sha1(key, &text).unwrap().expose(), &[7; 32]);
    let mut bent = text.clone();
    bent[100] ^= 1;
    assert!(matches!(hsm.unwrap_oaep_sha1(key, &bent), Err(HsmError::Decrypt)));
    assert!(hsm.unwrap_oaep_sha1(key, &text[1..]).is_err());
}

pub(crate) fn keys_keep_to_their_purpose(hsm: &mut dyn Hsm, device: &KeyHandle, transport: &KeyHandle) {
    let text = encrypt(device, &[7; 32]);
    assert!(matches!(hsm.unwrap_oaep_sha1(device, &text), Err(HsmError::WrongUse { .. })));
    assert!(matches!(hsm.sign(transport, SignScheme::Pkcs1Sha256, b"x"), Err(HsmError::WrongUse { .. })));
}

/// What is kept of passwords is made by its signature, and has to be made again (adr/0024).
fn a_key_of_passwords_makes_the_same_of_the_same(hsm: &mut dyn Hsm) {
    let key = hsm.create(KeyPurpose::Offline, intent(2)).unwrap();
    signatures_verify(hsm, &key);
    let mut sign = |message: &[u8]| hsm.sign(&key, SignScheme::Pkcs1Sha256, message).unwrap();
    assert_eq!(sign(b"one"), sign(b"one"));
    assert_ne!(sign(b"one"), sign(b"another"));
    let text = encrypt(&key, &[7; 32]);
    assert!(matches!(hsm.unwrap_oaep_sha1(&key, &text), Err(HsmError::WrongUse { .. })));
    hsm.self_test(&key).unwrap();
    hsm.destroy(&key).unwrap();
}

fn sealed_texts_open_under_their_label_alone(hsm: &mut dyn Hsm) {
    let sealed = hsm.seal("a label", &Secret::new(b"text".to_vec())).unwrap();
    assert_eq!(hsm.unseal("a label", &sealed).unwrap().expose(), b"text");
    assert!(matches!(hsm.unseal("another", &sealed), Err(HsmError::Integrity(_))));
    for at in 0..sealed.len() {
        let mut bent = sealed.clone();
        bent[at] ^= 1;
        assert!(hsm.unseal("a label", &bent).is_err(), "byte {at}");
    }
    assert!(hsm.unseal("a label", &[]).is_err());
}

pub(crate) fn bent_handles_are_refused(hsm: &mut dyn Hsm, key: &KeyHandle) {
    let foreign = if key.backend == Backend::Tpm { Backend::Soft } else { Backend::Tpm };
    let bent = KeyHandle { backend: foreign, ..key.clone() };
    assert!(matches!(hsm.sign(&bent, SignScheme::Pkcs1Sha256, b"x"), Err(HsmError::OtherBackend { .. })));
    let bent = KeyHandle { wrapped: Vec::new(), ..key.clone() };
    assert!(hsm.sign(&bent, SignScheme::Pkcs1Sha256, b"x").is_err());
}

fn destroyed_keys_may_be_destroyed_again(hsm: &mut dyn Hsm, key: &KeyHandle) {
    hsm.destroy(key).unwrap();
    hsm.destroy(key).unwrap();
}

/// A fixed generator is enough here: the padding's randomness is not what is tested.
fn rand_core() -> impl rsa::rand_core::CryptoRng {
    FixedRng(0x9e37_79b9_7f4a_7c15)
}

struct FixedRng(u64);

impl rsa::rand_core::TryRng for FixedRng {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64().map(|word| word as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Ok(self.0 ^ self.0 >> 29)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in bytes.chunks_mut(8) {
            let word = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

impl rsa::rand_core::TryCryptoRng for FixedRng {}
