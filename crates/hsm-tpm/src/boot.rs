//! Keys that can be used only while the machine is started as it was: their auth values hang on a boot secret,
//! which the TPM gives out in the same boot state, or for the recovery code.

use crate::code;
use crate::fault::Fault;
use crate::link::Link;
use crate::slots::{self, Slots};
use crate::software;
use crate::storage::{Storage, on_one_storage_key, with_recorded, with_storage};
use crate::template;
use hsm::boot_file::{name_in, unusable};
use hsm::{HsmError, binding};
use model::{BootPolicy, MachineBinding, Secret, hex};
use std::path::{Path, PathBuf};
use tss_esapi::Context;
use zeroize::Zeroizing;

/// The boot secret of this machine, as far as there is one.
pub(crate) struct Boot {
    /// None: no key is bound here.
    pub(crate) file: Option<PathBuf>,
    pub(crate) policy: BootPolicy,
    /// A key asked for a boot secret whose file is not there: a new one would be in its way.
    pub(crate) missed: bool,
}

/// What auth values are derived from: ours, and the boot secret where a header asks for it.
pub(crate) struct Root<'a> {
    pub(crate) ours: &'a Secret<Vec<u8>>,
    pub(crate) slots: Option<Slots>,
}

impl Root<'_> {
    /// Works below the storage key that a header records, with what the auth value of its object is derived from.
    pub(crate) fn with<T>(
        &self,
        context: &mut Context,
        recorded: &MachineBinding,
        what: &'static str,
        work: impl FnOnce(&mut Storage<'_>, &Secret<Vec<u8>>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let Some(slots) = &self.slots else {
            return with_recorded(context, recorded, what, |storage| work(storage, self.ours));
        };
        let machine = slots.machine();
        // A storage key may have come or gone between the boot secret and the key.
        if on_one_storage_key(&machine, recorded) {
            return with_recorded(context, recorded, what, |storage| {
                let secret = slots.open(storage, self.ours)?;
                work(storage, &joined(self.ours, &secret))
            });
        }
        let secret = with_recorded(context, &machine, SECRET, |storage| slots.open(storage, self.ours))?;
        with_recorded(context, recorded, what, |storage| work(storage, &joined(self.ours, &secret)))
    }
}

impl Slots {
    fn open(&self, storage: &mut Storage<'_>, ours: &Secret<Vec<u8>>) -> Result<Secret<Vec<u8>>, Fault> {
        let auth = sealed_auth(ours, &self.header)?;
        storage.unseal_in_this_boot(&self.sealed, &*auth, SECRET)
    }
}

/// What the auth value of a new key is derived from, and the component that its header records of that.
pub(crate) struct NewRoot {
    pub(crate) secret: Secret<Vec<u8>>,
    pub(crate) recorded: Option<(String, String)>,
}

impl NewRoot {
    /// What a key records of the TPM, and of the boot secret.
    pub(crate) fn beside(&self, identity: Vec<(String, String)>) -> Vec<(String, String)> {
        identity.into_iter().chain(self.recorded.clone()).collect()
    }
}

/// The TPM, and our auth value.
pub(crate) struct Means<'a> {
    pub(crate) link: &'a mut Link,
    pub(crate) ours: &'a Secret<Vec<u8>>,
}

impl Boot {
    /// The sealed boot secret that a header asks for; none for one that asks for nothing.
    pub(crate) fn wanted(&mut self, recorded: &MachineBinding) -> Result<Option<Slots>, HsmError> {
        let Some(wanted) = name_in(recorded) else { return Ok(None) };
        let path = self.file.as_deref().ok_or(HsmError::NotBootBound)?;
        let Some(slots) = Slots::read(path)? else {
            self.missed = true;
            return Err(missing(path));
        };
        match slots.name() == Some(wanted) {
            true => Ok(Some(slots)),
            false => Err(unusable(path, "it has another boot secret than the one the key was made with")),
        }
    }

    /// What the auth value of a new key is derived from; the first one that is bound makes the boot secret.
    pub(crate) fn new_root(&mut self, means: &mut Means<'_>) -> Result<NewRoot, HsmError> {
        if self.policy == BootPolicy::Nothing {
            return Ok(NewRoot { secret: Secret::new(means.ours.expose().clone()), recorded: None });
        }
        let (path, slots) = self.slots_or_new(means)?;
        let (slots, secret) = match means.open(&slots) {
            // It was sealed in a TPM that this one is not, or no more; the keys that need it are there too.
            Err(HsmError::KeyGone(_) | HsmError::OtherMachine(_)) => {
                slots::set_aside(path)?;
                let (_, slots) = self.slots_or_new(means)?;
                let secret = means.open(&slots)?;
                (slots, secret)
            }
            secret => (slots, secret?),
        };
        let name = slots.name().ok_or_else(|| unusable(path, "it has no name"))?;
        let recorded = Some((binding::BOOT_STATE.to_owned(), name));
        Ok(NewRoot { secret: joined(means.ours, &secret), recorded })
    }

    /// [`hsm::Hsm::recovery_code`]; makes the file of the boot secret where there is none.
    pub(crate) fn recovery_code(&self, means: &mut Means<'_>) -> Result<Secret<String>, HsmError> {
        let (path, slots) = self.slots_or_new(means)?;
        let secret = means.open(&slots)?;
        let code = code::made()?;
        let recovery = Some(means.seal_for(&slots, &code::read(&code)?, &secret)?);
        Slots { recovery, ..slots }.write(path)?;
        Ok(code)
    }

    /// [`hsm::Hsm::reseal`]; never makes the file of the boot secret.
    pub(crate) fn reseal(
        &self,
        means: &mut Means<'_>,
        code: Option<&Secret<String>>,
    ) -> Result<(), HsmError> {
        let path = self.file.as_deref().ok_or(HsmError::NotBootBound)?;
        let slots = match (Slots::read(path)?, self.policy, self.missed) {
            (Some(slots), ..) => slots,
            (None, BootPolicy::Nothing, false) => return Err(HsmError::NotBootBound),
            (None, ..) => return Err(missing(path)),
        };
        let secret = match code {
            Some(code) => means.recover(&slots, &code::read(code)?)?,
            None => means.open(&slots)?,
        };
        means.reseal(slots, &secret)?.write(path)
    }

    fn slots_or_new(&self, means: &mut Means<'_>) -> Result<(&Path, Slots), HsmError> {
        let path = self.file.as_deref().ok_or(HsmError::NotBootBound)?;
        match (Slots::read(path)?, self.policy) {
            (Some(slots), _) => Ok((path, slots)),
            (None, _) if self.missed => Err(missing(path)),
            (None, BootPolicy::Nothing) => Err(HsmError::NotBootBound),
            (None, BootPolicy::Pcr7) => {
                let slots = means.make()?;
                slots.write(path)?;
                Ok((path, slots))
            }
        }
    }
}

impl Means<'_> {
    /// A new boot secret, sealed to the boot state as it is now.
    fn make(&mut self) -> Result<Slots, HsmError> {
        let (secret, name) = (software::fresh::<32>()?, hex(&*software::fresh::<16>()?));
        let ours = self.ours;
        self.link.run(|context| {
            with_storage(context, |storage, identity| {
                let named = [(binding::BOOT_STATE.to_owned(), name.clone())];
                let machine = MachineBinding { components: identity.into_iter().chain(named).collect() };
                let header = binding::write(binding::TPM_VERSION, &machine);
                let auth = sealed_auth(ours, &header)?;
                let template = template::in_boot_state(storage.boot_policy()?)?;
                let sealed = storage.create(template, &*auth, Some(&*secret))?;
                Ok(Slots { header, sealed, recovery: None })
            })
        })
    }

    fn open(&mut self, slots: &Slots) -> Result<Secret<Vec<u8>>, HsmError> {
        let ours = self.ours;
        self.link.run(|context| {
            with_recorded(context, &slots.machine(), SECRET, |storage| slots.open(storage, ours))
        })
    }

    /// The first slot anew, for the boot state as it is now.
    fn reseal(&mut self, slots: Slots, secret: &Secret<Vec<u8>>) -> Result<Slots, HsmError> {
        let auth = sealed_auth(self.ours, &slots.header)?;
        let sealed = self.link.run(|context| {
            with_recorded(context, &slots.machine(), SECRET, |storage| {
                let template = template::in_boot_state(storage.boot_policy()?)?;
                storage.create(template, &*auth, Some(secret.expose()))
            })
        })?;
        Ok(Slots { sealed, ..slots })
    }

    /// The second slot for this code. Wrong codes are not counted: no machine guesses 130 bits, and another
    /// program's wrong guesses at its own objects must not stop a recovery.
    fn seal_for(
        &mut self,
        slots: &Slots,
        code: &Secret<String>,
        secret: &Secret<Vec<u8>>,
    ) -> Result<crate::blob::Blob, HsmError> {
        let auth = recovery_auth(self.ours, &slots.header, code)?;
        self.link.run(|context| {
            with_recorded(context, &slots.machine(), SECRET, |storage| {
                storage.create(template::sealed()?, &*auth, Some(secret.expose()))
            })
        })
    }

    fn recover(&mut self, slots: &Slots, code: &Secret<String>) -> Result<Secret<Vec<u8>>, HsmError> {
        let none = HsmError::RecoveryCode("none was made for this machine");
        let recovery = slots.recovery.as_ref().ok_or(none)?;
        let auth = recovery_auth(self.ours, &slots.header, code)?;
        let opened = self.link.run(|context| {
            with_recorded(context, &slots.machine(), SECRET, |storage| {
                storage.with_object(recovery, &*auth, SECRET, |context, loaded| {
                    Ok(context.unseal(loaded.into())?)
                })
            })
        });
        match opened {
            Ok(secret) => Ok(Secret::new(secret.value().to_vec())),
            // The checksum of the file was right, so it is the code.
            Err(HsmError::Integrity(SECRET)) => {
                Err(HsmError::RecoveryCode("it is not the last one that was made"))
            }
            Err(error) => Err(error),
        }
    }
}

/// The boot secret is 32 bytes long, so that both parts are known from the whole.
fn joined(ours: &Secret<Vec<u8>>, secret: &Secret<Vec<u8>>) -> Secret<Vec<u8>> {
    Secret::new([ours.expose().as_slice(), secret.expose()].concat())
}

fn sealed_auth(ours: &Secret<Vec<u8>>, header: &[u8]) -> Result<Zeroizing<[u8; 32]>, HsmError> {
    software::auth_value(ours, &[b"boot secret v1 ", header].concat())
}

/// From ours and the code, so that neither of them alone opens the slot.
fn recovery_auth(
    ours: &Secret<Vec<u8>>,
    header: &[u8],
    code: &Secret<String>,
) -> Result<Zeroizing<[u8; 32]>, HsmError> {
    let context = Zeroizing::new([b"recovery v1 ", header, code.expose().as_bytes()].concat());
    software::auth_value(ours, &context)
}

fn missing(path: &Path) -> HsmError {
    unusable(path, "it is not there")
}

const SECRET: &str = "boot secret";
