//! The two slots of the file with the boot secret ([`hsm::boot_file`]).

use crate::blob::Blob;
use crate::software::sha256;
use files::{Dir, Trust};
use hsm::HsmError;
use hsm::binding;
use hsm::boot_file::{BootFile, name_in, refused, unusable};
use model::MachineBinding;
use std::path::Path;

/// The boot secret as it lies on disk.
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
        let Some(BootFile { header, sealed, recovery }) = BootFile::read(path, sha256)? else {
            return Ok(None);
        };
        let whole = |slot: &[u8]| Blob::split(slot).map(|(blob, _)| blob);
        let damaged = || unusable(path, "it is damaged");
        let sealed = whole(&sealed).ok_or_else(damaged)?;
        let recovery = recovery.map(|slot| whole(&slot).ok_or_else(damaged)).transpose()?;
        Ok(Some(Slots { header, sealed, recovery }))
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
        let recovery = self.recovery.as_ref().map(Blob::write);
        BootFile { header: self.header.clone(), sealed: self.sealed.write(), recovery }.write(path, sha256)
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
