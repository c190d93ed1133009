use crate::blob::Blob;
use crate::boot::{Boot, Means, Root};
use crate::fault::{FAILURE, Fault, SIZE, VALUE};
use crate::link::{Link, Tcti, describe};
use crate::policy::boot_state;
use crate::software;
use crate::storage::{of_the_tpm, with_storage};
use crate::template;
use hsm::{Hsm, HsmError, HsmInfo, SignScheme, binding};
use model::{Backend, BootPolicy, IntentId, KeyHandle, KeyPurpose, MachineBinding, Secret};
use std::path::PathBuf;
use tss_esapi::Context;
use tss_esapi::constants::tss::{TPM2_RH_NULL, TPM2_ST_HASHCHECK};
use tss_esapi::interface_types::algorithm::HashingAlgorithm;
use tss_esapi::structures::{
    Data, Digest, HashScheme, HashcheckTicket, PublicKeyRsa, RsaDecryptionScheme, Signature, SignatureScheme,
};
use tss_esapi::tss2_esys::TPMT_TK_HASHCHECK;

/// The TPM backend.
///
/// `wrapped` of its handles: the header of [`hsm::binding`], whose machine has the components
/// `tpm-endorsement` (where it can be read) and `tpm-srk`; then `TPMT_PUBLIC` and the private part, each
/// behind its length (2 bytes, big-endian). The TPM authenticates the two parts, and the object's auth value
/// is derived from ours, purpose, intent and header, so that a change of any of them is refused by the TPM.
/// Where the machine has [`binding::BOOT_STATE`] too, it is derived from the boot secret besides.
pub struct TpmHsm {
    link: Link,
    auth: Secret<Vec<u8>>,
    machine: MachineBinding,
    description: String,
    boot: Boot,
}

impl TpmHsm {
    /// Opens the TPM that `tcti` names in the library's own syntax (`device:/dev/tpmrm0`), for keys that open
    /// with this auth value on this machine; `origin` says where the value came from.
    ///
    /// # Errors
    /// [`HsmError::Absent`] without such a device, and whatever the TPM says.
    pub fn open(
        tcti: &str,
        auth: Secret<Vec<u8>>,
        machine: MachineBinding,
        origin: &str,
    ) -> Result<TpmHsm, HsmError> {
        let mut link = Link::new(Tcti::parse(tcti)?);
        let maker = link.run(describe)?;
        let description = format!("keys made in the TPM ({maker}), which they never leave; {origin}");
        let boot = Boot { file: None, policy: BootPolicy::Nothing, missed: false };
        Ok(TpmHsm { link, auth, machine, description, boot })
    }

    /// Names the file of the boot secret, for keys that are bound to it, and says whether new ones are.
    pub fn with_boot_secret(mut self, file: PathBuf, new_keys: BootPolicy) -> TpmHsm {
        if new_keys == BootPolicy::Pcr7 {
            let words = match self.link.run(boot_state) {
                Ok(state) if state.iter().all(|byte| *byte == 0) => {
                    "bound to PCR 7, which is zero: this firmware does not measure how the machine is started"
                        .to_owned()
                }
                Ok(_) => "bound to the boot state (PCR 7)".to_owned(),
                Err(error) => format!("to be bound to the boot state: {error}"),
            };
            self.description = format!("{}; new ones are {words}", self.description);
        }
        self.boot = Boot { file: Some(file), policy: new_keys, missed: false };
        self
    }

    /// The machine as new keys record it: the TPM's components and those given to [`TpmHsm::open`].
    ///
    /// # Errors
    /// Whatever the TPM says.
    pub fn machine(&mut self) -> Result<MachineBinding, HsmError> {
        let machine = &self.machine;
        self.link.run(|context| with_storage(context, |_, identity| Ok(here(identity, machine))))
    }

    fn boot(&mut self) -> (&mut Boot, Means<'_>) {
        (&mut self.boot, Means { link: &mut self.link, ours: &self.auth })
    }

    fn with_key<T>(
        &mut self,
        key: &KeyHandle,
        work: impl Fn(&mut Context, tss_esapi::handles::KeyHandle) -> Result<T, Fault>,
    ) -> Result<T, HsmError> {
        let KeyBlob { header, recorded, blob } = key_blob(key)?;
        let root = Root { ours: &self.auth, slots: self.boot.wanted(&recorded)? };
        let named = key_context(key.purpose, key.intent, header);
        let value = self.link.run(|context| {
            root.with(context, &recorded, KEY, |storage, root| {
                let auth = software::auth_value(root, &named)?;
                storage.with_object(&blob, &*auth, KEY, &work)
            })
        })?;
        // Only now the header is known to be the one the key was made with.
        at_home(&recorded, &self.machine)?;
        Ok(value)
    }
}

impl Hsm for TpmHsm {
    fn info(&self) -> HsmInfo {
        HsmInfo { backend: Backend::Tpm, description: self.description.clone() }
    }

    fn create(&mut self, purpose: KeyPurpose, intent: IntentId) -> Result<KeyHandle, HsmError> {
        let (boot, mut means) = self.boot();
        let root = boot.new_root(&mut means)?;
        let machine = &self.machine;
        let (header, blob) = self.link.run(|context| {
            with_storage(context, |storage, identity| {
                let header = binding::write(VERSION, &here(root.beside(identity), machine));
                let auth = software::auth_value(&root.secret, &key_context(purpose, intent, &header))?;
                let blob = storage.create(template::rsa(purpose)?, &*auth, None)?;
                Ok((header, blob))
            })
        })?;
        let public = blob.rsa().ok_or_else(|| HsmError::Backend("the TPM made no RSA key".to_owned()))?;
        let wrapped = [header, blob.write()].concat();
        Ok(KeyHandle { backend: Backend::Tpm, purpose, intent, public, wrapped })
    }

    /// No signature leaves that does not verify: a TPM may salt PSS in its own way, which TLS 1.3 refuses.
    fn sign(&mut self, key: &KeyHandle, scheme: SignScheme, message: &[u8]) -> Result<Vec<u8>, HsmError> {
        own(key)?;
        if key.purpose == KeyPurpose::Transport {
            return Err(HsmError::WrongUse { purpose: key.purpose.as_str(), operation: "sign" });
        }
        let digest = software::sha256(message);
        let signature = self.with_key(key, |context, loaded| sign(context, loaded, scheme, digest))?;
        if software::verifies(&key.public, scheme, message, &signature) {
            return Ok(signature);
        }
        Err(HsmError::Backend(format!("the TPM's signature does not verify as {scheme:?}")))
    }

    fn unwrap_oaep_sha1(&mut self, key: &KeyHandle, ciphertext: &[u8]) -> Result<Secret<Vec<u8>>, HsmError> {
        own(key)?;
        if key.purpose != KeyPurpose::Transport {
            return Err(HsmError::WrongUse { purpose: key.purpose.as_str(), operation: "decrypt" });
        }
        if ciphertext.len() != key.public.modulus.len() {
            return Err(HsmError::Decrypt);
        }
        self.with_key(key, |context, loaded| decrypt(context, loaded, ciphertext))
    }

    /// Header as in a key, the blob of a TPM object with a fresh key, then the text under that key.
    fn seal(&mut self, label: &str, plain: &Secret<Vec<u8>>) -> Result<Vec<u8>, HsmError> {
        let (boot, mut means) = self.boot();
        let root = boot.new_root(&mut means)?;
        let machine = &self.machine;
        let key = software::fresh::<32>()?;
        let front = self.link.run(|context| {
            with_storage(context, |storage, identity| {
                let header = binding::write(VERSION, &here(root.beside(identity), machine));
                let auth = software::auth_value(&root.secret, &sealed_context(label, &header))?;
                let blob = storage.create(template::sealed()?, &*auth, Some(&*key))?;
                Ok([header, blob.write()].concat())
            })
        })?;
        let text = software::encrypt(&*key, &sealed_context(label, &front), plain)?;
        Ok([front, text].concat())
    }

    fn unseal(&mut self, label: &str, sealed: &[u8]) -> Result<Secret<Vec<u8>>, HsmError> {
        let broken = || HsmError::Integrity(SEALED);
        let (header, rest) = binding::split(VERSION, sealed).ok_or_else(broken)?;
        let recorded = binding::read(header).ok_or_else(broken)?;
        let (blob, text) = Blob::split(rest).ok_or_else(broken)?;
        let front = sealed.strip_suffix(text).ok_or_else(broken)?;
        let root = Root { ours: &self.auth, slots: self.boot.wanted(&recorded)? };
        let key = self.link.run(|context| {
            root.with(context, &recorded, SEALED, |storage, root| {
                let auth = software::auth_value(root, &sealed_context(label, header))?;
                storage
                    .with_object(&blob, &*auth, SEALED, |context, loaded| Ok(context.unseal(loaded.into())?))
            })
        })?;
        let plain = software::decrypt(key.value(), &sealed_context(label, front), text).ok_or_else(broken)?;
        at_home(&recorded, &self.machine)?;
        Ok(plain)
    }

    /// The handle is the only place of a key's blob: whoever drops it destroys it.
    fn destroy(&mut self, key: &KeyHandle) -> Result<(), HsmError> {
        own(key)
    }

    fn self_test(&mut self, key: &KeyHandle) -> Result<(), HsmError> {
        if key.purpose != KeyPurpose::Transport {
            return self.sign(key, SignScheme::Pkcs1Sha256, PROBE).map(drop);
        }
        let text = software::wrap_oaep_sha1(&key.public, PROBE)?;
        let plain = self.unwrap_oaep_sha1(key, &text)?;
        if plain.expose() == PROBE { Ok(()) } else { Err(HsmError::Integrity(KEY)) }
    }

    /// The machine is in the auth value, so the TPM gives the object another one; it does that only for who
    /// has the old one, which proves the old header.
    fn rebind(&mut self, key: &KeyHandle) -> Result<KeyHandle, HsmError> {
        let KeyBlob { header, recorded, blob } = key_blob(key)?;
        let new = binding::write(VERSION, &here(of_the_tpm(&recorded), &self.machine));
        let root = Root { ours: &self.auth, slots: self.boot.wanted(&recorded)? };
        let named = |header| key_context(key.purpose, key.intent, header);
        let blob = self.link.run(|context| {
            root.with(context, &recorded, KEY, |storage, root| {
                let from = software::auth_value(root, &named(header))?;
                let to = software::auth_value(root, &named(&new))?;
                storage.change_auth(&blob, (&*from, &*to), KEY)
            })
        })?;
        Ok(KeyHandle { wrapped: [new, blob.write()].concat(), ..key.clone() })
    }

    fn recovery_code(&mut self) -> Result<Secret<String>, HsmError> {
        let (boot, mut means) = self.boot();
        boot.recovery_code(&mut means)
    }

    fn reseal(&mut self, code: Option<&Secret<String>>) -> Result<(), HsmError> {
        let (boot, mut means) = self.boot();
        boot.reseal(&mut means, code)
    }
}

/// What a handle is made of.
struct KeyBlob<'a> {
    header: &'a [u8],
    recorded: MachineBinding,
    blob: Blob,
}

fn key_blob(key: &KeyHandle) -> Result<KeyBlob<'_>, HsmError> {
    own(key)?;
    let broken = || HsmError::Integrity(KEY);
    let (header, rest) = binding::split(VERSION, &key.wrapped).ok_or_else(broken)?;
    let recorded = binding::read(header).ok_or_else(broken)?;
    match Blob::split(rest) {
        Some((blob, [])) if blob.rsa().as_ref() == Some(&key.public) => {
            Ok(KeyBlob { header, recorded, blob })
        }
        _ => Err(broken()),
    }
}

fn own(key: &KeyHandle) -> Result<(), HsmError> {
    match key.backend {
        Backend::Tpm => Ok(()),
        other => Err(HsmError::OtherBackend { made_by: other.as_str() }),
    }
}

fn here(identity: Vec<(String, String)>, machine: &MachineBinding) -> MachineBinding {
    MachineBinding { components: identity.into_iter().chain(machine.components.iter().cloned()).collect() }
}

fn at_home(recorded: &MachineBinding, machine: &MachineBinding) -> Result<(), HsmError> {
    match binding::changed(recorded, machine) {
        Some(component) => Err(HsmError::OtherMachine(component.to_owned())),
        None => Ok(()),
    }
}

fn sign(
    context: &mut Context,
    key: tss_esapi::handles::KeyHandle,
    scheme: SignScheme,
    digest: [u8; 32],
) -> Result<Vec<u8>, Fault> {
    let hash_scheme = HashScheme::new(HashingAlgorithm::Sha256);
    let scheme = match scheme {
        SignScheme::Pkcs1Sha256 => SignatureScheme::RsaSsa { hash_scheme },
        SignScheme::PssSha256 => SignatureScheme::RsaPss { hash_scheme },
    };
    // An unrestricted key signs digests that the TPM did not make, so the ticket is an empty one.
    let ticket = TPMT_TK_HASHCHECK {
        tag: TPM2_ST_HASHCHECK,
        hierarchy: TPM2_RH_NULL,
        digest: tss_esapi::tss2_esys::TPM2B_DIGEST::default(),
    };
    match context.sign(
        key,
        Digest::try_from(digest.as_slice())?,
        scheme,
        HashcheckTicket::try_from(ticket)?,
    )? {
        Signature::RsaSsa(made) | Signature::RsaPss(made) => Ok(made.signature().value().to_vec()),
        _ => Err(HsmError::Backend("the TPM made another kind of signature".to_owned()).into()),
    }
}

fn decrypt(
    context: &mut Context,
    key: tss_esapi::handles::KeyHandle,
    ciphertext: &[u8],
) -> Result<Secret<Vec<u8>>, Fault> {
    let scheme = RsaDecryptionScheme::Oaep(HashScheme::new(HashingAlgorithm::Sha1));
    let answer = context.rsa_decrypt(key, PublicKeyRsa::try_from(ciphertext)?, scheme, Data::default());
    answer.map(|plain| Secret::new(plain.value().to_vec())).map_err(|error| {
        let fault = Fault::from(error);
        match fault.code() {
            VALUE | SIZE => HsmError::Decrypt.into(),
            // Some say this of a bad ciphertext; only the TPM's own test result tells whether it means it.
            FAILURE if passes_its_test(context) => HsmError::Decrypt.into(),
            _ => fault,
        }
    })
}

fn passes_its_test(context: &mut Context) -> bool {
    let result = context.execute_without_session(|context| context.get_test_result());
    match result {
        Ok((_, Ok(()))) => true,
        // It may also say that it is not through with its tests.
        Ok((_, Err(error))) => Fault::from(error).code() != FAILURE,
        Err(_) => false,
    }
}

/// What the auth value of a key is derived from besides ours.
fn key_context(purpose: KeyPurpose, intent: IntentId, header: &[u8]) -> Vec<u8> {
    let words = format!("key v{VERSION} {} {intent} ", purpose.as_str());
    [words.as_bytes(), header].concat()
}

/// The header says its own length, so that no label can pass for a part of it.
fn sealed_context(label: &str, front: &[u8]) -> Vec<u8> {
    let words = format!("sealed v{VERSION} ");
    [words.as_bytes(), front, label.as_bytes()].concat()
}

const VERSION: u8 = binding::TPM_VERSION;
const KEY: &str = "key";
const SEALED: &str = "sealed text";
const PROBE: &[u8] = b"firmament self-test";
