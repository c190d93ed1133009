use crate::ciphertext;
use crate::error::Fault;
use crate::link::{Link, Live, Settings};
use crate::{keys, wrap};
use aws_lc_rs::digest;
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PublicEncryptingKey};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsOaepParams, PkcsOaepSource, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::ObjectHandle;
use cryptoki::types::Ulong;
use hsm::{Hsm, HsmError, HsmInfo, SignScheme, binding};
use model::{Backend, IntentId, KeyHandle, KeyPurpose, MachineBinding, RsaPublicKey, Secret, hex};

/// The backend for PKCS#11 tokens.
///
/// `wrapped` of its handles: the header of [`hsm::binding`] with the machine's components and `token`, then
/// 60 bytes that the token has sealed: purpose, intent, public key and header are authenticated by it. The
/// pair itself is found by its `CKA_ID`, which follows from purpose and intent.
pub struct Pkcs11Hsm {
    link: Link,
    machine: MachineBinding,
    description: String,
}

impl Pkcs11Hsm {
    /// Loads the module, finds the token and logs in; `origin` says where the PIN came from.
    ///
    /// A wrong PIN is tried once per process, and never when the token says that one try is left.
    ///
    /// # Errors
    /// [`HsmError::Backend`] for a module that is missing or that others than root could have changed, and
    /// for several tokens of one label; [`HsmError::Absent`] when the token is not there;
    /// [`HsmError::AuthValue`] for a PIN that is empty, of a wrong length or wrong; [`HsmError::Locked`]
    /// when the token takes no PIN any more.
    pub fn open(
        settings: Settings,
        pin: Secret<Vec<u8>>,
        machine: MachineBinding,
        origin: &str,
    ) -> Result<Pkcs11Hsm, HsmError> {
        let mut link = Link::load(settings, pin)?;
        let description = link.run(|live| Ok(describe(live, origin)))?;
        Ok(Pkcs11Hsm { link, machine, description })
    }

    /// Does something with the private half of a handle that is proven to be of this token and machine.
    fn with_key<T>(
        &mut self,
        key: &KeyHandle,
        work: impl Fn(&Live, ObjectHandle) -> Result<T, Fault>,
    ) -> Result<T, HsmError> {
        let machine = &self.machine;
        self.link.run(|live| {
            let header = checked_header(live, key)?;
            let private = keys::private_of(live, key)?;
            prove(live, key, header)?;
            same_machine(header, machine)?;
            work(live, private)
        })
    }
}

impl Hsm for Pkcs11Hsm {
    fn info(&self) -> HsmInfo {
        HsmInfo { backend: Backend::Pkcs11, description: self.description.clone() }
    }

    /// The pair that a crash left behind for this intent is taken, not made again.
    fn create(&mut self, purpose: KeyPurpose, intent: IntentId) -> Result<KeyHandle, HsmError> {
        let machine = &self.machine;
        self.link.run(|live| {
            // First, so that a token that cannot seal is left without a pair.
            wrap::ready(live)?;
            let public = keys::take_or_make(live, purpose, intent)?;
            let unbound =
                KeyHandle { backend: Backend::Pkcs11, purpose, intent, public, wrapped: Vec::new() };
            bind(live, machine, unbound)
        })
    }

    fn sign(&mut self, key: &KeyHandle, scheme: SignScheme, message: &[u8]) -> Result<Vec<u8>, HsmError> {
        if key.purpose == KeyPurpose::Transport {
            return Err(HsmError::WrongUse { purpose: key.purpose.as_str(), operation: "sign" });
        }
        self.with_key(key, |live, private| {
            let (mechanism, input) = signing(live, scheme, message);
            live.session.sign(&mechanism, private, &input).map_err(Fault::from)
        })
    }

    fn unwrap_oaep_sha1(&mut self, key: &KeyHandle, ciphertext: &[u8]) -> Result<Secret<Vec<u8>>, HsmError> {
        if key.purpose != KeyPurpose::Transport {
            return Err(HsmError::WrongUse { purpose: key.purpose.as_str(), operation: "decrypt" });
        }
        self.with_key(key, |live, private| {
            // Not every module ends its operation after a wrong length: it never sees one.
            if ciphertext.len() != key.public.modulus.len() {
                return Err(HsmError::Decrypt.into());
            }
            let decrypt = |text: &[u8]| live.session.decrypt(&oaep_sha1(), private, text);
            let works = || decrypt(&probe_for(&key.public)?).map(|_| ()).map_err(Fault::from);
            ciphertext::open(|| decrypt(ciphertext), works)?.ok_or(HsmError::Decrypt.into())
        })
    }

    fn seal(&mut self, label: &str, plain: &Secret<Vec<u8>>) -> Result<Vec<u8>, HsmError> {
        let machine = &self.machine;
        self.link.run(|live| {
            let header = binding::write(VERSION, &bound(machine, live));
            let text = wrap::seal_text(live, &label_context(&header, label), plain)?;
            Ok([header, text].concat())
        })
    }

    fn unseal(&mut self, label: &str, sealed: &[u8]) -> Result<Secret<Vec<u8>>, HsmError> {
        let machine = &self.machine;
        let broken = || HsmError::Integrity("sealed text");
        self.link.run(|live| {
            let (header, text) = binding::split(VERSION, sealed).ok_or_else(broken)?;
            same_token(live, header, "sealed text")?;
            let plain = wrap::open_text(live, &label_context(header, label), text)?.ok_or_else(broken)?;
            same_machine(header, machine)?;
            Ok(plain)
        })
    }

    /// Both halves go; a handle of another token or machine removes nothing.
    fn destroy(&mut self, key: &KeyHandle) -> Result<(), HsmError> {
        let machine = &self.machine;
        self.link.run(|live| {
            let header = checked_header(live, key)?;
            let found = keys::halves(live, &keys::id_of(key.purpose, key.intent))?;
            if found.is_empty() {
                return Ok(());
            }
            match prove(live, key, header) {
                Ok(()) => same_machine(header, machine)?,
                // Without the key that seals, no handle opens the pair any more.
                Err(Fault::Ours(HsmError::KeyGone(_))) => {}
                Err(fault) => return Err(fault),
            }
            keys::remove(live, &found)
        })
    }

    fn self_test(&mut self, key: &KeyHandle) -> Result<(), HsmError> {
        let good =
            if key.purpose == KeyPurpose::Transport { self.can_decrypt(key)? } else { self.can_sign(key)? };
        if good { Ok(()) } else { Err(HsmError::Integrity("key")) }
    }

    /// The pair in the token stays as it is; only what the token seals about it is made anew.
    fn rebind(&mut self, key: &KeyHandle) -> Result<KeyHandle, HsmError> {
        let machine = &self.machine;
        self.link.run(|live| {
            let header = checked_header(live, key)?;
            keys::private_of(live, key)?;
            prove(live, key, header)?;
            bind(live, machine, key.clone())
        })
    }
}

impl Pkcs11Hsm {
    fn can_sign(&mut self, key: &KeyHandle) -> Result<bool, HsmError> {
        let signature = self.sign(key, SignScheme::Pkcs1Sha256, PROBE)?;
        Ok(components(&key.public).verify(&RSA_PKCS1_2048_8192_SHA256, PROBE, &signature).is_ok())
    }

    fn can_decrypt(&mut self, key: &KeyHandle) -> Result<bool, HsmError> {
        let text = probe_for(&key.public)?;
        Ok(self.unwrap_oaep_sha1(key, &text)?.expose() == PROBE)
    }
}

fn describe(live: &Live, origin: &str) -> String {
    let token = &live.token;
    let kind = if live.in_hardware { "hardware" } else { "software" };
    format!(
        "keys in the PKCS#11 token {}, serial {} ({} {}, {kind} by its own word); {origin}",
        token.label, token.serial, token.maker, token.model
    )
}

/// The header of a handle that names this backend and this token.
fn checked_header<'a>(live: &Live, key: &'a KeyHandle) -> Result<&'a [u8], HsmError> {
    if key.backend != Backend::Pkcs11 {
        return Err(HsmError::OtherBackend { made_by: key.backend.as_str() });
    }
    let (header, _) = binding::split(VERSION, &key.wrapped).ok_or(HsmError::Integrity("key"))?;
    same_token(live, header, "key")?;
    Ok(header)
}

/// The handle bound to this token and to the machine as it is now.
fn bind(live: &Live, machine: &MachineBinding, key: KeyHandle) -> Result<KeyHandle, Fault> {
    let header = binding::write(VERSION, &bound(machine, live));
    let context = context(key.purpose, key.intent, &key.public, &header);
    let wrapped = [header, wrap::seal(live, &context, &context)?].concat();
    Ok(KeyHandle { wrapped, ..key })
}

/// Lets the token say that nothing of the handle was changed; what its header says counts only then.
fn prove(live: &Live, key: &KeyHandle, header: &[u8]) -> Result<(), Fault> {
    let broken = || HsmError::Integrity("key");
    let sealed = key.wrapped.get(header.len()..).unwrap_or_default();
    let sealed: &wrap::Sealed = sealed.try_into().map_err(|_| broken())?;
    let context = context(key.purpose, key.intent, &key.public, header);
    let opened = wrap::open(live, &context, sealed)?.ok_or_else(broken)?;
    if opened.expose().as_slice() == context { Ok(()) } else { Err(broken().into()) }
}

/// Asked before anything is opened: another token has no key to open it, and would only say that it fails.
fn same_token(live: &Live, header: &[u8], what: &'static str) -> Result<(), HsmError> {
    let recorded = binding::read(header).ok_or(HsmError::Integrity(what))?;
    let token = MachineBinding { components: vec![token_component(live)] };
    changed(&recorded, &token)
}

fn same_machine(header: &[u8], machine: &MachineBinding) -> Result<(), HsmError> {
    changed(&binding::read(header).ok_or(HsmError::Integrity("key"))?, machine)
}

fn changed(recorded: &MachineBinding, measured: &MachineBinding) -> Result<(), HsmError> {
    match binding::changed(recorded, measured) {
        Some(component) => Err(HsmError::OtherMachine(component.to_owned())),
        None => Ok(()),
    }
}

/// What a handle is bound to: the machine's components, and the token as one more.
fn bound(machine: &MachineBinding, live: &Live) -> MachineBinding {
    MachineBinding { components: [machine.components.as_slice(), &[token_component(live)]].concat() }
}

fn token_component(live: &Live) -> (String, String) {
    let named = format!("{}\0{}", live.token.serial, live.token.label);
    ("token".to_owned(), hex(&wrap::digest_of(named.as_bytes())))
}

fn context(purpose: KeyPurpose, intent: IntentId, public: &RsaPublicKey, header: &[u8]) -> [u8; 32] {
    let words = format!("firmament key v{VERSION} {} {intent} ", purpose.as_str());
    let text = [words.as_bytes(), &public.modulus, b" ", &public.exponent, b" ", header].concat();
    wrap::digest_of(&text)
}

fn label_context(header: &[u8], label: &str) -> [u8; 32] {
    let words = format!("firmament sealed v{VERSION} ");
    wrap::digest_of(&[words.as_bytes(), header, label.as_bytes()].concat())
}

/// The mechanism and what it signs: tokens that do not hash get the digest.
fn signing(live: &Live, scheme: SignScheme, message: &[u8]) -> (Mechanism<'static>, Vec<u8>) {
    let digest = || digest::digest(&digest::SHA256, message).as_ref().to_vec();
    match scheme {
        SignScheme::Pkcs1Sha256 if live.has(MechanismType::SHA256_RSA_PKCS) => {
            (Mechanism::Sha256RsaPkcs, message.to_vec())
        }
        SignScheme::Pkcs1Sha256 => (Mechanism::RsaPkcs, [DIGEST_INFO, &digest()].concat()),
        SignScheme::PssSha256 if live.has(MechanismType::SHA256_RSA_PKCS_PSS) => {
            (Mechanism::Sha256RsaPkcsPss(PSS), message.to_vec())
        }
        SignScheme::PssSha256 => (Mechanism::RsaPkcsPss(PSS), digest()),
    }
}

fn oaep_sha1() -> Mechanism<'static> {
    let empty = PkcsOaepSource::empty();
    Mechanism::RsaPkcsOaep(PkcsOaepParams::new(MechanismType::SHA1, PkcsMgfType::MGF1_SHA1, empty))
}

/// A ciphertext that is surely for this key.
fn probe_for(public: &RsaPublicKey) -> Result<Vec<u8>, HsmError> {
    let key: PublicEncryptingKey = components(public).try_into().map_err(|_| HsmError::Integrity("key"))?;
    let key = OaepPublicEncryptingKey::new(key).map_err(|_| wrap::failed())?;
    let mut buffer = vec![0; key.ciphertext_size()];
    let text = key.encrypt(&OAEP_SHA1_MGF1SHA1, PROBE, &mut buffer, None).map_err(|_| wrap::failed())?;
    Ok(text.to_vec())
}

fn components(public: &RsaPublicKey) -> RsaPublicKeyComponents<&[u8]> {
    RsaPublicKeyComponents { n: &public.modulus, e: &public.exponent }
}

const VERSION: u8 = 1;
const PROBE: &[u8] = b"firmament self-test";
const PSS: PkcsPssParams =
    PkcsPssParams { hash_alg: MechanismType::SHA256, mgf: PkcsMgfType::MGF1_SHA256, s_len: Ulong::new(32) };
/// What precedes a SHA-256 digest in a DigestInfo (RFC 8017 section 9.2, note 1).
const DIGEST_INFO: &[u8] = &[
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
    0x04, 0x20,
];
