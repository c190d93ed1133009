//! The file with the boot secret, sealed twice.

use crate::blob::Blob;
use crate::software::sha256;
use hsm::{HsmError, binding, file};
use model::MachineBinding;
use std::fs;
use std::io;
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
        match fs::read(path) {
            Ok(bytes) => parse(&bytes).map(Some).ok_or_else(|| unusable(path, "it is damaged")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unusable(path, &error.to_string())),
        }
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
        file::write(path, &self.bytes()).map_err(|error| unusable(path, &error.to_string()))
    }

    fn bytes(&self) -> Vec<u8> {
        let recovery = self.recovery.as_ref().map_or_else(|| NO_SLOT.to_vec(), Blob::write);
        let body = [self.header.clone(), self.sealed.write(), recovery].concat();
        [body.as_slice(), &sha256(&body)].concat()
    }
}

/// Gives the file a name under which it is kept and not used: `tpm-boot.old.0`.
pub(crate) fn set_aside(path: &Path) -> Result<(), HsmError> {
    let names = (0..100).map(|number| path.with_file_name(layout::old_boot_secret(number)));
    let free = names.into_iter().find(|name| !name.exists());
    let free = free.ok_or_else(|| unusable(path, "there are too many old ones; delete some"))?;
    tracing::warn!(file = %path.display(), kept_as = %free.display(), "A file is of another TPM, and kept");
    fs::rename(path, free).map_err(|error| unusable(path, &error.to_string()))
}

/// The name of the boot secret that a machine records.
pub(crate) fn name_in(machine: &MachineBinding) -> Option<String> {
    let found = machine.components.iter().find(|(name, _)| name == binding::BOOT_STATE);
    found.map(|(_, name)| name.clone())
}

pub(crate) fn unusable(path: &Path, why: &str) -> HsmError {
    HsmError::BootFile(format!("{}: {why}", path.display()))
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
