//! The file with the boot secret, sealed twice.

use crate::blob::Blob;
use crate::software::sha256;
use files::{Dir, FileError, Trust};
use hsm::{HsmError, binding};
use model::MachineBinding;
use std::io::Read;
use std::path::Path;

/// The boot secret as it lies on disk.
///
/// The file: a header of [`hsm::binding`] whose machine has the TPM's components and the name of the secret
/// ([`binding::BOOT_STATE`]), the two slots, and the SHA-256 of all that. A slot is a [`Blob`]; where there is
/// no recovery code the second is two empty parts.
pub(crate) struct Slots {
    pub(crate) header: Vec<u8>,
    /// Opens in the same boot state, under an auth value derived from ours.
    pub(crate) sealed: Blob,
    /// Opens under an auth value derived from ours and the recovery code, in any boot state.
    pub(crate) recovery: Option<Blob>,
}

impl Slots {
    /// What is in the file; none where there is no file.
    pub(crate) fn read(path: &Path) -> Result<Option<Slots>, HsmError> {
        let file = match files::open_sealed(path, &Trust::current()) {
            Err(error) if error.is_not_found() => return Ok(None),
            opened => opened.map_err(|error| refused(path, error))?,
        };
        let mut bytes = Vec::new();
        let read = file.take(LONGEST).read_to_end(&mut bytes);
        read.map_err(|error| unusable(path, &error.to_string()))?;
        parse(&bytes).map(Some).ok_or_else(|| unusable(path, "it is damaged"))
    }

    /// The name of the secret, as headers of keys have it.
    pub(crate) fn name(&self) -> Option<String> {
        name_in(&self.machine())
    }

    pub(crate) fn machine(&self) -> MachineBinding {
        binding::read(&self.header).unwrap_or(MachineBinding { components: Vec::new() })
    }

    /// Written whole or not at all; what was in force until now is in force if this fails.
    pub(crate) fn write(&self, path: &Path) -> Result<(), HsmError> {
        files::write_private(path, &self.bytes(), &Trust::current()).map_err(|error| refused(path, error))
    }

    fn bytes(&self) -> Vec<u8> {
        let recovery = self.recovery.as_ref().map_or_else(|| NO_SLOT.to_vec(), Blob::write);
        let body = [self.header.clone(), self.sealed.write(), recovery].concat();
        [body.as_slice(), &sha256(&body)].concat()
    }
}

/// Gives the file a name under which it is kept and not used: `tpm-boot.old.0`.
pub(crate) fn set_aside(path: &Path) -> Result<(), HsmError> {
    let failed = |error| refused(path, error);
    let (above, name) = path.parent().zip(path.file_name()).ok_or_else(|| unusable(path, "it is no file"))?;
    let dir = Dir::open(above, &Trust::current()).map_err(failed)?;
    for free in (0..100).map(layout::old_boot_secret) {
        if !dir.holds(&free).map_err(failed)? {
            tracing::warn!(file = %path.display(), kept_as = %free, "A file is of another TPM, and kept");
            return dir.rename_to_free(name, &free).map_err(failed);
        }
    }
    Err(unusable(path, "there are too many old ones; delete some"))
}

/// The name of the boot secret that a machine records.
pub(crate) fn name_in(machine: &MachineBinding) -> Option<String> {
    let found = machine.components.iter().find(|(name, _)| name == binding::BOOT_STATE);
    found.map(|(_, name)| name.clone())
}

pub(crate) fn unusable(path: &Path, why: &str) -> HsmError {
    HsmError::BootFile(format!("{}: {why}", path.display()))
}

fn refused(path: &Path, error: FileError) -> HsmError {
    match error {
        FileError::Io { cause, .. } => unusable(path, &cause.to_string()),
        refused => HsmError::BootFile(refused.to_string()),
    }
}

fn parse(bytes: &[u8]) -> Option<Slots> {
    let (body, digest) = bytes.split_last_chunk::<32>()?;
    if sha256(body) != *digest {
        return None;
    }
    let (header, slots) = binding::split(binding::TPM_VERSION, body)?;
    name_in(&binding::read(header)?)?;
    let (sealed, rest) = Blob::split(slots)?;
    let recovery =
        if rest == NO_SLOT { None } else { Some(Blob::split(rest).filter(|(_, rest)| rest.is_empty())?.0) };
    Some(Slots { header: header.to_vec(), sealed, recovery })
}

const NO_SLOT: &[u8] = &[0; 4];
/// More than any that we write, in bytes; a longer one is damaged.
const LONGEST: u64 = 1 << 20;
