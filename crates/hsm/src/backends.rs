use crate::{Hsm, HsmError, HsmInfo, SignScheme};
use model::{Backend, FailureClass, IntentId, KeyHandle, KeyPurpose, Secret};

/// Opens a backend; asked again after a failure that may have passed, and after no other.
pub type Opener = Box<dyn FnMut() -> Result<Box<dyn Hsm>, HsmError> + Send>;

/// Several backends as one: new keys are made by the chosen one, and each key is used by the one that made it.
///
/// A backend that cannot be opened refuses its own keys with the reason, and hinders no other.
pub struct Backends {
    chosen: Backend,
    places: Vec<(Backend, Place)>,
}

enum Place {
    Open(Box<dyn Hsm>),
    Closed(Opener, HsmError),
}

impl Place {
    fn new(mut opener: Opener) -> Place {
        match opener() {
            Ok(hsm) => Place::Open(hsm),
            Err(error) => Place::Closed(opener, error),
        }
    }
}

impl Backends {
    /// None yet; `chosen` makes new keys, once it is added.
    pub fn new(chosen: Backend) -> Backends {
        Backends { chosen, places: Vec::new() }
    }

    /// Adds a backend that is open already.
    pub fn put(&mut self, hsm: Box<dyn Hsm>) {
        self.places.push((hsm.info().backend, Place::Open(hsm)));
    }

    /// Adds a backend and opens it; the reason if it cannot be opened now.
    pub fn add(&mut self, backend: Backend, opener: Opener) -> Option<HsmError> {
        let place = Place::new(opener);
        let failed = match &place {
            Place::Open(_) => None,
            Place::Closed(_, error) => Some(error.clone()),
        };
        self.places.push((backend, place));
        failed
    }

    /// Adds a backend that is opened only when it is asked for something.
    pub fn offer(&mut self, backend: Backend, opener: Opener) {
        self.places.push((backend, Place::Closed(opener, HsmError::Busy)));
    }

    fn maker(&mut self, key: &KeyHandle) -> Result<&mut dyn Hsm, HsmError> {
        self.open(key.backend)
    }

    /// The one backend that binds keys to the boot state.
    fn boot_bound(&mut self) -> Result<&mut dyn Hsm, HsmError> {
        if !self.places.iter().any(|(backend, _)| *backend == Backend::Tpm) {
            return Err(HsmError::NotBootBound);
        }
        self.open(Backend::Tpm)
    }

    fn open(&mut self, backend: Backend) -> Result<&mut dyn Hsm, HsmError> {
        let found = self.places.iter_mut().find(|(known, _)| *known == backend);
        let (_, place) = found.ok_or(HsmError::OtherBackend { made_by: backend.as_str() })?;
        // Only what may pass is tried again: every try with a wrong PIN would count.
        if let Place::Closed(opener, error) = place
            && error.class() == FailureClass::Transient
        {
            match opener() {
                Ok(hsm) => *place = Place::Open(hsm),
                Err(now) => *error = now,
            }
        }
        match place {
            Place::Open(hsm) => Ok(hsm.as_mut()),
            Place::Closed(_, error) => Err(error.clone()),
        }
    }
}

impl Hsm for Backends {
    fn info(&self) -> HsmInfo {
        let backend = self.chosen;
        let why = match self.places.iter().find(|(known, _)| *known == backend) {
            Some((_, Place::Open(hsm))) => return hsm.info(),
            Some((_, Place::Closed(_, error))) => error.to_string(),
            None => "there is none".to_owned(),
        };
        HsmInfo {
            backend,
            description: format!("{} keys, which could not be opened: {why}", backend.as_str()),
        }
    }

    fn create(&mut self, purpose: KeyPurpose, intent: IntentId) -> Result<KeyHandle, HsmError> {
        self.open(self.chosen)?.create(purpose, intent)
    }

    fn create_in(
        &mut self,
        backend: Backend,
        purpose: KeyPurpose,
        intent: IntentId,
    ) -> Result<KeyHandle, HsmError> {
        self.open(backend)?.create(purpose, intent)
    }

    fn ready(&mut self, backend: Backend) -> Result<HsmInfo, HsmError> {
        self.open(backend).map(|hsm| hsm.info())
    }

    fn sign(&mut self, key: &KeyHandle, scheme: SignScheme, message: &[u8]) -> Result<Vec<u8>, HsmError> {
        self.maker(key)?.sign(key, scheme, message)
    }

    fn unwrap_oaep_sha1(&mut self, key: &KeyHandle, ciphertext: &[u8]) -> Result<Secret<Vec<u8>>, HsmError> {
        self.maker(key)?.unwrap_oaep_sha1(key, ciphertext)
    }

    fn seal(&mut self, label: &str, plain: &Secret<Vec<u8>>) -> Result<Vec<u8>, HsmError> {
        self.open(self.chosen)?.seal(label, plain)
    }

    fn unseal(&mut self, label: &str, sealed: &[u8]) -> Result<Secret<Vec<u8>>, HsmError> {
        self.open(self.chosen)?.unseal(label, sealed)
    }

    fn destroy(&mut self, key: &KeyHandle) -> Result<(), HsmError> {
        self.maker(key)?.destroy(key)
    }

    fn self_test(&mut self, key: &KeyHandle) -> Result<(), HsmError> {
        self.maker(key)?.self_test(key)
    }

    fn rebind(&mut self, key: &KeyHandle) -> Result<KeyHandle, HsmError> {
        self.maker(key)?.rebind(key)
    }

    fn recovery_code(&mut self) -> Result<Secret<String>, HsmError> {
        self.boot_bound()?.recovery_code()
    }

    fn reseal(&mut self, code: Option<&Secret<String>>) -> Result<(), HsmError> {
        self.boot_bound()?.reseal(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Guid, RsaPublicKey};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Answers with its own word.
    struct Fake(Backend);

    fn key(backend: Backend) -> KeyHandle {
        let public = RsaPublicKey { modulus: vec![], exponent: vec![] };
        let (purpose, intent) = (KeyPurpose::Device, IntentId::new(Guid::from_bytes([0; 16])));
        KeyHandle { backend, purpose, intent, public, wrapped: vec![] }
    }

    impl Hsm for Fake {
        fn info(&self) -> HsmInfo {
            HsmInfo { backend: self.0, description: self.0.as_str().to_owned() }
        }
        fn create(&mut self, purpose: KeyPurpose, intent: IntentId) -> Result<KeyHandle, HsmError> {
            Ok(KeyHandle { purpose, intent, ..key(self.0) })
        }
        fn sign(&mut self, _: &KeyHandle, _: SignScheme, _: &[u8]) -> Result<Vec<u8>, HsmError> {
            Ok(self.0.as_str().into())
        }
        fn unwrap_oaep_sha1(&mut self, _: &KeyHandle, _: &[u8]) -> Result<Secret<Vec<u8>>, HsmError> {
            Ok(Secret::new(self.0.as_str().into()))
        }
        fn seal(&mut self, _: &str, _: &Secret<Vec<u8>>) -> Result<Vec<u8>, HsmError> {
            Ok(self.0.as_str().into())
        }
        fn unseal(&mut self, _: &str, _: &[u8]) -> Result<Secret<Vec<u8>>, HsmError> {
            Ok(Secret::new(self.0.as_str().into()))
        }
        fn destroy(&mut self, key: &KeyHandle) -> Result<(), HsmError> {
            if key.backend == self.0 { Ok(()) } else { Err(HsmError::Busy) }
        }
        fn self_test(&mut self, key: &KeyHandle) -> Result<(), HsmError> {
            self.destroy(key)
        }
        fn rebind(&mut self, key: &KeyHandle) -> Result<KeyHandle, HsmError> {
            Ok(KeyHandle { wrapped: self.0.as_str().into(), ..key.clone() })
        }

        fn reseal(&mut self, code: Option<&Secret<String>>) -> Result<(), HsmError> {
            match (self.0, code) {
                (Backend::Tpm, Some(_)) => Ok(()),
                (Backend::Tpm, None) => Err(HsmError::BootState("x".to_owned())),
                _ => Err(HsmError::NotBootBound),
            }
        }
    }

    /// Fails once with this error and then opens; and how often it was asked.
    fn fails_once(backend: Backend, error: HsmError) -> (Opener, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = asked.clone();
        let opener = move || match counted.fetch_add(1, Ordering::SeqCst) {
            0 => Err(error.clone()),
            _ => Ok(Box::new(Fake(backend)) as Box<dyn Hsm>),
        };
        (Box::new(opener), asked)
    }

    #[test]
    fn new_keys_are_the_chosen_one_s_and_each_key_is_used_by_its_maker() {
        let mut backends = Backends::new(Backend::Pkcs11);
        backends.put(Box::new(Fake(Backend::Soft)));
        assert_eq!(backends.add(Backend::Pkcs11, Box::new(|| Ok(Box::new(Fake(Backend::Pkcs11))))), None);
        let (device, plain) = (key(Backend::Soft), Secret::new(vec![]));
        assert_eq!(backends.create(KeyPurpose::Intune, device.intent).unwrap().backend, Backend::Pkcs11);
        assert_eq!(backends.seal("x", &plain).unwrap(), b"pkcs11");
        assert_eq!(backends.unseal("x", b"").unwrap().expose(), b"pkcs11");
        assert_eq!(backends.info().description, "pkcs11");
        for backend in [Backend::Soft, Backend::Pkcs11] {
            let word = backend.as_str().as_bytes();
            assert_eq!(backends.sign(&key(backend), SignScheme::PssSha256, b"").unwrap(), word);
            assert_eq!(backends.unwrap_oaep_sha1(&key(backend), b"").unwrap().expose(), word);
            assert_eq!(backends.rebind(&key(backend)).unwrap().wrapped, word);
            assert_eq!(
                (backends.destroy(&key(backend)), backends.self_test(&key(backend))),
                (Ok(()), Ok(()))
            );
        }
        let stranger = backends.self_test(&key(Backend::Tpm));
        assert_eq!(stranger, Err(HsmError::OtherBackend { made_by: "tpm" }));
    }

    #[test]
    fn a_key_can_be_asked_of_any_of_them_and_one_that_is_only_offered_opens_when_it_is() {
        let mut backends = Backends::new(Backend::Soft);
        let (opener, asked) = fails_once(Backend::Pkcs11, HsmError::AuthValue("x".to_owned()));
        backends.put(Box::new(Fake(Backend::Soft)));
        backends.offer(Backend::Pkcs11, opener);
        let (intent, purpose) = (key(Backend::Soft).intent, KeyPurpose::Device);
        let made = backends.create_in(Backend::Soft, purpose, intent).unwrap();
        assert_eq!(made.backend, Backend::Soft);
        assert_eq!(asked.load(Ordering::SeqCst), 0);
        let wrong = HsmError::AuthValue("x".to_owned());
        assert_eq!(backends.create_in(Backend::Pkcs11, purpose, intent).unwrap_err(), wrong);
        assert_eq!(backends.ready(Backend::Pkcs11).unwrap_err(), wrong, "a wrong PIN is not tried again");
        let none = HsmError::OtherBackend { made_by: "tpm" };
        assert_eq!(backends.ready(Backend::Tpm).unwrap_err(), none);
        assert_eq!(Fake(Backend::Soft).create_in(Backend::Tpm, purpose, intent).unwrap_err(), none);
    }

    #[test]
    fn what_is_about_the_boot_state_goes_to_the_tpm_alone() {
        let mut backends = Backends::new(Backend::Soft);
        backends.put(Box::new(Fake(Backend::Soft)));
        assert_eq!(backends.reseal(None), Err(HsmError::NotBootBound));
        assert_eq!(backends.recovery_code().unwrap_err(), HsmError::NotBootBound);
        backends.put(Box::new(Fake(Backend::Tpm)));
        assert_eq!(backends.reseal(None), Err(HsmError::BootState("x".to_owned())));
        assert_eq!(backends.reseal(Some(&Secret::new(String::new()))), Ok(()));
        let mut closed = Backends::new(Backend::Tpm);
        let why = HsmError::Absent("x".to_owned());
        let refused = why.clone();
        closed.add(Backend::Tpm, Box::new(move || Err(refused.clone())));
        assert_eq!(closed.reseal(None), Err(why));
    }

    #[test]
    fn one_that_fails_hinders_no_other_and_is_asked_again_only_for_what_may_pass() {
        for (error, again) in [
            (HsmError::Absent("x".to_owned()), true),
            (HsmError::Busy, true),
            (HsmError::AuthValue("x".to_owned()), false),
            (HsmError::Locked("x".to_owned()), false),
            (HsmError::Backend("x".to_owned()), false),
        ] {
            let mut backends = Backends::new(Backend::Pkcs11);
            let (opener, asked) = fails_once(Backend::Pkcs11, error.clone());
            backends.put(Box::new(Fake(Backend::Soft)));
            assert_eq!(backends.add(Backend::Pkcs11, opener), Some(error.clone()));
            assert!(backends.info().description.contains(&error.to_string()));
            assert_eq!(backends.self_test(&key(Backend::Soft)), Ok(()));
            let expected = if again { Ok(()) } else { Err(error.clone()) };
            assert_eq!(backends.self_test(&key(Backend::Pkcs11)), expected);
            assert_eq!(backends.self_test(&key(Backend::Pkcs11)), expected);
            assert_eq!(asked.load(Ordering::SeqCst), if again { 2 } else { 1 }, "{error}");
        }
    }
}
