//! The file that boot-bound keys need: the boot secret, sealed twice.
//!
//! A header of [`crate::binding`] whose machine has the TPM's components and the name of the secret
//! ([`binding::BOOT_STATE`]), the two slots, and the SHA-256 of all that. A slot is two parts, each behind its
//! length (2 bytes, big-endian), which only the TPM's adapter reads; where there is no recovery code the second
//! slot is two empty parts.

use crate::{HsmError, binding};
use files::{FileError, Trust};
use model::MachineBinding;
use std::io::Read;
use std::path::Path;

/// Gives the SHA-256 of some bytes; a port does no cryptography itself.
pub type Sha256 = fn(&[u8]) -> [u8; 32];

/// The file as it lies on disk, its slots as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BootFile {
    /// The header, with the machine that the secret was sealed on.
    pub header: Vec<u8>,
    /// Opens in the same boot state.
    pub sealed: Vec<u8>,
    /// Opens for the recovery code, in any boot state.
    pub recovery: Option<Vec<u8>>,
}

impl BootFile {
    /// What is in the file; none where there is no file.
    ///
    /// # Errors
    /// [`HsmError::BootFile`] for a file that is damaged or cannot be read.
    pub fn read(path: &Path, sha256: Sha256) -> Result<Option<BootFile>, HsmError> {
        let file = match files::open_sealed(path, &Trust::current()) {
            Err(error) if error.is_not_found() => return Ok(None),
            opened => opened.map_err(|error| refused(path, error))?,
        };
        let mut bytes = Vec::new();
        let read = file.take(LONGEST).read_to_end(&mut bytes);
        read.map_err(|error| unusable(path, &error.to_string()))?;
        parse(&bytes, sha256).map(Some).ok_or_else(|| unusable(path, "it is damaged"))
    }

    /// Written whole or not at all; what was in force until now is in force if this fails.
    ///
    /// # Errors
    /// [`HsmError::BootFile`] with what the file system says.
    pub fn write(&self, path: &Path, sha256: Sha256) -> Result<(), HsmError> {
        let recovery = self.recovery.as_deref().unwrap_or(NO_SLOT);
        let body = [&self.header, &self.sealed, recovery].concat();
        let bytes = [body.as_slice(), &sha256(&body)].concat();
        files::write_private(path, &bytes, &Trust::current()).map_err(|error| refused(path, error))
    }
}

/// What an operator should know of the file, if anything.
pub fn notice(path: &Path, sha256: Sha256) -> Option<String> {
    match BootFile::read(path, sha256) {
        Ok(Some(BootFile { recovery: None, .. })) => Some(NO_CODE.to_owned()),
        Ok(_) => None,
        Err(error) => Some(format!("Keys that are bound to the boot state cannot be used: {error}.")),
    }
}

/// The name of the boot secret that a machine records.
pub fn name_in(machine: &MachineBinding) -> Option<String> {
    let found = machine.components.iter().find(|(name, _)| name == binding::BOOT_STATE);
    found.map(|(_, name)| name.clone())
}

/// The error for a file that keys need and that cannot be used.
pub fn unusable(path: &Path, why: &str) -> HsmError {
    HsmError::BootFile(format!("{}: {why}", path.display()))
}

/// The same, with what mends a file that others could have changed.
pub fn refused(path: &Path, error: FileError) -> HsmError {
    match error {
        FileError::Io { cause, .. } => unusable(path, &cause.to_string()),
        refused => HsmError::BootFile(refused.to_string()),
    }
}

fn parse(bytes: &[u8], sha256: Sha256) -> Option<BootFile> {
    let (body, digest) = bytes.split_last_chunk::<32>()?;
    if sha256(body) != *digest {
        return None;
    }
    let (header, slots) = binding::split(binding::TPM_VERSION, body)?;
    name_in(&binding::read(header)?)?;
    let (sealed, second) = slots.split_at_checked(slot(slots)?)?;
    if slot(second)? != second.len() {
        return None;
    }
    let recovery = (second != NO_SLOT).then(|| second.to_vec());
    Some(BootFile { header: header.to_vec(), sealed: sealed.to_vec(), recovery })
}

/// The length of the slot at the beginning.
fn slot(bytes: &[u8]) -> Option<usize> {
    let part =
        |bytes: &[u8]| bytes.first_chunk::<2>().map(|length| 2 + usize::from(u16::from_be_bytes(*length)));
    let first = part(bytes)?;
    Some(first + part(bytes.get(first..)?)?)
}

const NO_SLOT: &[u8] = &[0; 4];
/// More than any that we write, in bytes; a longer one is damaged.
const LONGEST: u64 = 1 << 20;
const NO_CODE: &str =
    "A change of Secure Boot would lock the keys: run aad-tool tpm recovery-code and keep the code.";

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// No digest, but as good as one for telling texts apart.
    fn sum(bytes: &[u8]) -> [u8; 32] {
        let mut sum = [0_u8; 32];
        let sums = bytes.iter().zip((0..32).cycle());
        sums.for_each(|(byte, at)| sum[at] = sum[at].wrapping_mul(31).wrapping_add(*byte).wrapping_add(1));
        sum
    }

    fn boot_file(recovery: Option<&[u8]>) -> BootFile {
        let components = vec![(binding::BOOT_STATE.to_owned(), "name".to_owned())];
        let header = binding::write(binding::TPM_VERSION, &MachineBinding { components });
        BootFile { header, sealed: vec![0, 1, 7, 0, 2, 8, 9], recovery: recovery.map(<[u8]>::to_vec) }
    }

    #[test]
    fn a_file_is_read_as_it_was_written_and_a_changed_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tpm-boot");
        assert_eq!((BootFile::read(&path, sum), notice(&path, sum)), (Ok(None), None));
        for (recovery, told) in
            [(None, Some(NO_CODE.to_owned())), (Some([0, 1, 3, 0, 1, 4].as_slice()), None)]
        {
            let file = boot_file(recovery);
            file.write(&path, sum).unwrap();
            assert_eq!((BootFile::read(&path, sum), notice(&path, sum)), (Ok(Some(file)), told));
            let bytes = fs::read(&path).unwrap();
            for at in 0..bytes.len() {
                let mut bent = bytes.clone();
                bent[at] ^= 1;
                assert_eq!(parse(&bent, sum), None, "{at}");
                assert_eq!(parse(&bytes[..at], sum), None, "cut to {at}");
            }
        }
        fs::write(&path, "x").unwrap();
        assert!(notice(&path, sum).unwrap().contains("it is damaged"));
    }

    #[test]
    fn a_file_of_other_parts_is_none() {
        let whole = |file: BootFile, rest: &[u8]| {
            let body =
                [&file.header, &file.sealed, file.recovery.as_deref().unwrap_or(NO_SLOT), rest].concat();
            parse(&[body.as_slice(), &sum(&body)].concat(), sum)
        };
        assert!(whole(boot_file(None), &[]).is_some());
        assert_eq!(whole(boot_file(None), &[0]), None, "something is behind the slots");
        assert_eq!(whole(boot_file(Some(&[0, 1])), &[]), None, "half a slot");
        let nameless = binding::write(binding::TPM_VERSION, &MachineBinding { components: vec![] });
        assert_eq!(whole(BootFile { header: nameless, ..boot_file(None) }, &[]), None);
    }
}
