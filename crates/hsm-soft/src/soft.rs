use crate::wrap::{Wrapper, derive};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    KeyPair, KeySize, OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, OaepPublicEncryptingKey,
    PrivateDecryptingKey,
};
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding,
    UnparsedPublicKey,
};
use hsm::{Hsm, HsmError, HsmInfo, SignScheme, binding};
use model::{Backend, IntentId, KeyHandle, KeyPurpose, MachineBinding, RsaPublicKey, Secret};

/// The software backend.
///
/// `wrapped` of its handles: version (1 byte), length of the recorded binding (2 bytes, big-endian), the
/// binding as lines `name=digest`, then nonce, PKCS#8 in ciphertext, tag. All of it and purpose, intent
/// and public key are authenticated.
pub struct SoftHsm {
    auth: Secret<Vec<u8>>,
    machine: MachineBinding,
    description: String,
}

impl SoftHsm {
    /// A backend whose keys open with this auth value on this machine; `origin` says where the value came from.
    pub fn new(auth: Secret<Vec<u8>>, machine: MachineBinding, origin: &str) -> SoftHsm {
        SoftHsm { auth, machine, description: format!("software keys, wrapped with AES-256-GCM; {origin}") }
    }

    /// The key for the state directory, derived from the same auth value.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn store_key(&self) -> Result<Secret<[u8; 32]>, HsmError> {
        derive(&self.auth, "store")
    }

    fn open(&self, key: &KeyHandle) -> Result<KeyPair, HsmError> {
        let pkcs8 = self.unwrap_here(key)?;
        KeyPair::from_pkcs8(pkcs8.expose()).map_err(|_| HsmError::Integrity("key"))
    }

    /// The key (PKCS#8), on the machine that it is bound to.
    fn unwrap_here(&self, key: &KeyHandle) -> Result<Secret<Vec<u8>>, HsmError> {
        let (recorded, pkcs8) = self.unwrap(key)?;
        match binding::changed(&recorded, &self.machine) {
            Some(component) => Err(HsmError::OtherMachine(component.to_owned())),
            None => Ok(pkcs8),
        }
    }

    /// The machine that the key is bound to, and the key (PKCS#8).
    fn unwrap(&self, key: &KeyHandle) -> Result<(MachineBinding, Secret<Vec<u8>>), HsmError> {
        if key.backend != Backend::Soft {
            return Err(HsmError::OtherBackend { made_by: key.backend.as_str() });
        }
        let broken = || HsmError::Integrity("key");
        let (header, sealed) = binding::split(VERSION, &key.wrapped).ok_or_else(broken)?;
        let context = context(key.purpose, key.intent, &key.public, header);
        let pkcs8 = Wrapper::new(&self.auth, KEYS)?.open(&context, sealed).ok_or_else(broken)?;
        Ok((binding::read(header).ok_or_else(broken)?, pkcs8))
    }

    /// Wraps a key (PKCS#8) for this machine as it is now.
    fn wrap(
        &self,
        (purpose, intent): (KeyPurpose, IntentId),
        public: &RsaPublicKey,
        pkcs8: &Secret<Vec<u8>>,
    ) -> Result<Vec<u8>, HsmError> {
        let header = binding::write(VERSION, &self.machine);
        let context = context(purpose, intent, public, &header);
        let sealed = Wrapper::new(&self.auth, KEYS)?.seal(&context, pkcs8)?;
        Ok([header, sealed].concat())
    }

    fn decryptor(&self, key: &KeyHandle) -> Result<OaepPrivateDecryptingKey, HsmError> {
        if key.purpose != KeyPurpose::Transport {
            return Err(HsmError::WrongUse { purpose: key.purpose.as_str(), operation: "decrypt" });
        }
        let pkcs8 = self.unwrap_here(key)?;
        let broken = |_| HsmError::Integrity("key");
        let key = PrivateDecryptingKey::from_pkcs8(pkcs8.expose()).map_err(broken)?;
        OaepPrivateDecryptingKey::new(key).map_err(|_| failed())
    }
}

impl Hsm for SoftHsm {
    fn info(&self) -> HsmInfo {
        HsmInfo { backend: Backend::Soft, description: self.description.clone() }
    }

    fn create(&mut self, purpose: KeyPurpose, intent: IntentId) -> Result<KeyHandle, HsmError> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| failed())?;
        let public = public_of(&pair);
        let pkcs8 = pair.as_der().map_err(|_| failed())?;
        let plain = Secret::new(pkcs8.as_ref().to_vec());
        let wrapped = self.wrap((purpose, intent), &public, &plain)?;
        Ok(KeyHandle { backend: Backend::Soft, purpose, intent, public, wrapped })
    }

    fn sign(&mut self, key: &KeyHandle, scheme: SignScheme, message: &[u8]) -> Result<Vec<u8>, HsmError> {
        if key.purpose == KeyPurpose::Transport {
            return Err(HsmError::WrongUse { purpose: key.purpose.as_str(), operation: "sign" });
        }
        let pair = self.open(key)?;
        let encoding: &'static dyn RsaEncoding = match scheme {
            SignScheme::Pkcs1Sha256 => &RSA_PKCS1_SHA256,
            SignScheme::PssSha256 => &RSA_PSS_SHA256,
        };
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(encoding, &SystemRandom::new(), message, &mut signature).map_err(|_| failed())?;
        Ok(signature)
    }

    fn unwrap_oaep_sha1(&mut self, key: &KeyHandle, ciphertext: &[u8]) -> Result<Secret<Vec<u8>>, HsmError> {
        let decryptor = self.decryptor(key)?;
        let mut buffer = zeroize::Zeroizing::new(vec![0; decryptor.min_output_size()]);
        let plain = decryptor
            .decrypt(&OAEP_SHA1_MGF1SHA1, ciphertext, &mut buffer, None)
            .map_err(|_| HsmError::Decrypt)?;
        Ok(Secret::new(plain.to_vec()))
    }

    fn seal(&mut self, label: &str, plain: &Secret<Vec<u8>>) -> Result<Vec<u8>, HsmError> {
        let header = binding::write(VERSION, &self.machine);
        let context = [header.as_slice(), label.as_bytes()].concat();
        let sealed = Wrapper::new(&self.auth, SEALED)?.seal(&context, plain)?;
        Ok([header, sealed].concat())
    }

    fn unseal(&mut self, label: &str, sealed: &[u8]) -> Result<Secret<Vec<u8>>, HsmError> {
        let broken = || HsmError::Integrity("sealed text");
        let (header, text) = binding::split(VERSION, sealed).ok_or_else(broken)?;
        let context = [header, label.as_bytes()].concat();
        let plain = Wrapper::new(&self.auth, SEALED)?.open(&context, text).ok_or_else(broken)?;
        match binding::changed(&binding::read(header).ok_or_else(broken)?, &self.machine) {
            Some(component) => Err(HsmError::OtherMachine(component.to_owned())),
            None => Ok(plain),
        }
    }

    /// The handle is the only place of a software key: whoever drops it destroys it.
    fn destroy(&mut self, key: &KeyHandle) -> Result<(), HsmError> {
        match key.backend {
            Backend::Soft => Ok(()),
            other => Err(HsmError::OtherBackend { made_by: other.as_str() }),
        }
    }

    fn self_test(&mut self, key: &KeyHandle) -> Result<(), HsmError> {
        let good =
            if key.purpose == KeyPurpose::Transport { self.can_decrypt(key)? } else { self.can_sign(key)? };
        if good { Ok(()) } else { Err(HsmError::Integrity("key")) }
    }

    fn rebind(&mut self, key: &KeyHandle) -> Result<KeyHandle, HsmError> {
        let (_, pkcs8) = self.unwrap(key)?;
        let wrapped = self.wrap((key.purpose, key.intent), &key.public, &pkcs8)?;
        Ok(KeyHandle { wrapped, ..key.clone() })
    }
}

impl SoftHsm {
    fn can_sign(&mut self, key: &KeyHandle) -> Result<bool, HsmError> {
        let signature = self.sign(key, SignScheme::Pkcs1Sha256, PROBE)?;
        let public = self.open(key)?.public_key().as_ref().to_vec();
        Ok(UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public).verify(PROBE, &signature).is_ok())
    }

    fn can_decrypt(&mut self, key: &KeyHandle) -> Result<bool, HsmError> {
        let public = OaepPublicEncryptingKey::new(self.open(key).and_then(|pair| encryptor(&pair))?)
            .map_err(|_| failed())?;
        let mut buffer = vec![0; public.ciphertext_size()];
        let text = public.encrypt(&OAEP_SHA1_MGF1SHA1, PROBE, &mut buffer, None).map_err(|_| failed())?;
        Ok(self.unwrap_oaep_sha1(key, text)?.expose() == PROBE)
    }
}

fn encryptor(pair: &KeyPair) -> Result<aws_lc_rs::rsa::PublicEncryptingKey, HsmError> {
    let der = pair.as_der().map_err(|_| failed())?;
    let key = PrivateDecryptingKey::from_pkcs8(der.as_ref()).map_err(|_| failed())?;
    Ok(key.public_key())
}

fn public_of(pair: &KeyPair) -> RsaPublicKey {
    let public = pair.public_key();
    RsaPublicKey {
        modulus: public.modulus().big_endian_without_leading_zero().to_vec(),
        exponent: public.exponent().big_endian_without_leading_zero().to_vec(),
    }
}

/// What the wrapping authenticates besides the key.
fn context(purpose: KeyPurpose, intent: IntentId, public: &RsaPublicKey, header: &[u8]) -> Vec<u8> {
    let words = format!("firmament key v{VERSION} {} {intent} ", purpose.as_str());
    [words.as_bytes(), &public.modulus, b" ", &public.exponent, b" ", header].concat()
}

fn failed() -> HsmError {
    HsmError::Backend("the cryptographic library failed".to_owned())
}

const VERSION: u8 = 1;
const KEYS: &str = "keys";
const SEALED: &str = "sealed";
const PROBE: &[u8] = b"firmament self-test";

#[cfg(test)]
mod tests {
    use super::*;

    fn hsm(auth: &str, id: &str) -> SoftHsm {
        SoftHsm::new(Secret::new(auth.as_bytes().to_vec()), conformance::machine(id), "a test")
    }

    fn intent() -> IntentId {
        "00000000-0000-0000-0000-000000000001".parse().unwrap()
    }

    #[test]
    fn the_suite_that_every_backend_passes() {
        conformance::hsm(&mut hsm("an auth value of ours", "a"));
        let at = |id: &str| Box::new(hsm("an auth value of ours", id)) as Box<dyn Hsm>;
        conformance::rebinding(&at);
        assert_eq!(
            hsm("another auth value!!", "a").rebind(&at("a").create(KeyPurpose::Device, intent()).unwrap()),
            Err(HsmError::Integrity("key"))
        );
    }

    #[test]
    fn every_flipped_byte_and_every_other_context_is_refused() {
        let mut own = hsm("an auth value of ours", "a");
        let key = own.create(KeyPurpose::Device, intent()).unwrap();
        for at in 0..key.wrapped.len() {
            let mut bent = key.clone();
            bent.wrapped[at] ^= 1;
            assert!(own.sign(&bent, SignScheme::Pkcs1Sha256, b"x").is_err(), "byte {at}");
        }
        let other = KeyHandle { purpose: KeyPurpose::Intune, ..key.clone() };
        assert_eq!(own.sign(&other, SignScheme::Pkcs1Sha256, b"x"), Err(HsmError::Integrity("key")));
        let other =
            KeyHandle { intent: "00000000-0000-0000-0000-000000000002".parse().unwrap(), ..key.clone() };
        assert_eq!(own.sign(&other, SignScheme::Pkcs1Sha256, b"x"), Err(HsmError::Integrity("key")));
        let elsewhere = hsm("another auth value!!", "a").sign(&key, SignScheme::Pkcs1Sha256, b"x");
        assert_eq!(elsewhere, Err(HsmError::Integrity("key")));
    }
}
