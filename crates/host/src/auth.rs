//! The auth value that opens the keys: 256 random bits as 64 hex digits in a file of root's.

use aws_lc_rs::rand;
use files::{FileError, Trust};
use hsm::HsmError;
use layout::auth_value::{self, CREDENTIAL, LONGEST, PIN_CREDENTIAL, SHORTEST};
use model::{Secret, hex};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// An auth value and where it came from.
#[derive(Debug)]
pub struct Loaded {
    /// The bytes of the file without white space at its ends.
    pub value: Secret<Vec<u8>>,
    /// Where it came from.
    pub source: Source,
}

/// Where an auth value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A systemd credential.
    Credential(PathBuf),
    /// A file with mode 0600.
    File(PathBuf),
    /// The same, made just now: no key can have been made under it before.
    Made(PathBuf),
}

impl Source {
    /// One phrase for people; `what` is "auth value" or "PIN".
    pub fn description(&self, what: &str) -> String {
        match self {
            Source::Credential(_) => format!("{what} from a systemd credential"),
            Source::File(path) | Source::Made(path) => {
                format!("{what} in {}, protected by file permissions only", path.display())
            }
        }
    }
}

/// Reads `hsm-pin` of the credentials directory, else the file, which is made if it is not there.
///
/// # Errors
/// [`HsmError::AuthValue`] for a value that is empty, shorter than 16 bytes, readable by others or in a file or directory
/// that they can change; an existing file is never written, and no link is followed to it.
pub fn load_or_make(credentials: Option<&Path>, file: &Path) -> Result<Loaded, HsmError> {
    if let Some(loaded) = credential(credentials, CREDENTIAL, SHORTEST)? {
        return Ok(loaded);
    }
    match files::open_private(file, &Trust::current()) {
        Ok(opened) => {
            Ok(Loaded { value: read(file, opened, SHORTEST)?, source: Source::File(file.to_owned()) })
        }
        Err(error) if error.is_not_found() => make(file),
        Err(error) => Err(refused(file, error)),
    }
}

/// Reads the PIN of a token: `pkcs11-pin` of the credentials directory, else the file if one is configured.
///
/// # Errors
/// [`HsmError::AuthValue`] for a PIN that is nowhere, empty or readable by others; how long it must be is
/// the token's to say.
pub fn load_pin(credentials: Option<&Path>, file: Option<&Path>) -> Result<Loaded, HsmError> {
    if let Some(loaded) = credential(credentials, PIN_CREDENTIAL, 1)? {
        return Ok(loaded);
    }
    let Some(file) = file else {
        let why =
            "the PIN of the token is in no systemd credential pkcs11-pin, and pkcs11_pin_path is not set";
        return Err(HsmError::AuthValue(why.to_owned()));
    };
    let opened = files::open_private(file, &Trust::current()).map_err(|error| refused(file, error))?;
    Ok(Loaded { value: read(file, opened, 1)?, source: Source::File(file.to_owned()) })
}

/// One that is there and cannot be looked at must not be taken for one that is not there. systemd shows it to this
/// user by an access list, so the mode of one for us alone may say that a group reads it.
fn credential(dir: Option<&Path>, name: &str, shortest: usize) -> Result<Option<Loaded>, HsmError> {
    let Some(path) = dir.map(|dir| dir.join(name)) else { return Ok(None) };
    let whole = match files::read_public(&path, &Trust::current()) {
        Err(error) if error.is_not_found() => return Ok(None),
        read => Secret::new(read.map_err(|error| refused(&path, error))?.content),
    };
    let value = trimmed(&path, &whole, shortest)?;
    Ok(Some(Loaded { value, source: Source::Credential(path) }))
}

fn read(path: &Path, file: File, shortest: usize) -> Result<Secret<Vec<u8>>, HsmError> {
    let mut bytes = Vec::with_capacity(LONGEST + 2);
    let read = file.take(LONGEST as u64 + 1).read_to_end(&mut bytes);
    let whole = Secret::new(bytes);
    read.map_err(|error| unusable(path, &error.to_string()))?;
    trimmed(path, &whole, shortest)
}

fn trimmed(path: &Path, whole: &Secret<Vec<u8>>, shortest: usize) -> Result<Secret<Vec<u8>>, HsmError> {
    let value = Secret::new(whole.expose().trim_ascii().to_vec());
    match auth_value::fault(value.expose().len(), shortest) {
        Some(why) => Err(unusable(path, why)),
        None => Ok(value),
    }
}

fn make(path: &Path) -> Result<Loaded, HsmError> {
    let mut bits = Secret::new([0; 32]);
    rand::fill(bits.expose_mut()).map_err(|_| unusable(path, "the system gives no random bytes"))?;
    let value = Secret::new(hex(bits.expose()).into_bytes());
    files::make_private(path, value.expose(), &Trust::current()).map_err(|error| refused(path, error))?;
    Ok(Loaded { value, source: Source::Made(path.to_owned()) })
}

fn refused(path: &Path, error: FileError) -> HsmError {
    match error {
        FileError::Io { cause, .. } => unusable(path, &cause.to_string()),
        refused => HsmError::AuthValue(refused.to_string()),
    }
}

fn unusable(path: &Path, why: &str) -> HsmError {
    HsmError::AuthValue(format!("{}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_value_is_made_once_and_for_us_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state/hsm-pin");
        let first = load_or_make(None, &path).unwrap();
        assert_eq!(first.source, Source::Made(path.clone()));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let second = load_or_make(None, &path).unwrap();
        assert_eq!(second.source, Source::File(path));
        assert_eq!(first.value.expose(), second.value.expose());
    }

    #[test]
    fn a_credential_comes_before_the_file() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("hsm-pin"), "0123456789abcdef\n").unwrap();
        let loaded = load_or_make(Some(dir.path()), &dir.path().join("other")).unwrap();
        assert_eq!(loaded.value.expose(), b"0123456789abcdef");
        assert!(!dir.path().join("other").exists());
    }

    #[test]
    fn a_credential_that_cannot_be_looked_at_is_no_reason_to_make_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let (no_directory, file) = (dir.path().join("credentials"), dir.path().join("hsm-pin"));
        fs::write(&no_directory, "").unwrap();
        let error = load_or_make(Some(&no_directory), &file).unwrap_err().to_string();
        assert!(error.contains("credentials/hsm-pin"), "{error}");
        assert!(!file.exists());
        assert!(load_or_make(Some(dir.path().join("absent").as_path()), &file).is_ok());
    }

    #[test]
    fn bad_values_are_named_and_never_overwritten() {
        for (text, mode, why) in [
            ("", 0o600, "empty"),
            ("  \n", 0o600, "empty"),
            ("short", 0o600, "shorter"),
            ("0123456789abcdef", 0o644, "chmod"),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("hsm-pin");
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = load_or_make(None, &path).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn a_value_that_somebody_else_could_have_put_there_is_not_taken_and_none_is_made() {
        for (at_fault, mode, why) in [
            (
                "",
                0o777,
                "can be written by others than its owner: look at what is in it, then run chmod go-w ",
            ),
            (
                "state",
                0o770,
                "can be written by others than its owner: look at what is in it, then run chmod go-w ",
            ),
            ("state/hsm-pin", 0o620, "can be written by others than its owner: run chmod 0600 "),
            ("state/hsm-pin", 0o640, "can be read by others than its owner: run chmod 0600 "),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let (path, spoilt) = (dir.path().join("state/hsm-pin"), dir.path().join(at_fault));
            load_or_make(None, &path).unwrap();
            fs::set_permissions(&spoilt, fs::Permissions::from_mode(mode)).unwrap();
            let error = load_or_make(None, &path).unwrap_err().to_string();
            let shown = spoilt.components().collect::<PathBuf>();
            assert!(error.contains(&format!("{} {why}{}", shown.display(), shown.display())), "{error}");
            fs::set_permissions(&spoilt, fs::Permissions::from_mode(0o700)).unwrap();
        }
    }

    #[test]
    fn no_link_leads_to_the_value_and_none_is_written_through() {
        for target in ["there", "not-there"] {
            let dir = tempfile::tempdir().unwrap();
            fs::write(dir.path().join("there"), "0123456789abcdef").unwrap();
            fs::set_permissions(dir.path().join("there"), fs::Permissions::from_mode(0o600)).unwrap();
            let path = dir.path().join("hsm-pin");
            symlink(dir.path().join(target), &path).unwrap();
            let error = load_or_make(None, &path).unwrap_err().to_string();
            assert!(error.contains("hsm-pin is a link"), "{error}");
            assert!(load_pin(None, Some(&path)).unwrap_err().to_string().contains("is a link"));
            assert!(!dir.path().join("not-there").exists());
        }
    }

    #[test]
    fn a_pin_is_a_credential_or_a_file_of_ours_alone_and_never_made() {
        for (credential, file, expected) in [
            (Some("1234\n"), Some(("5678", 0o644)), Ok("1234")),
            (None, Some(("5678\n", 0o600)), Ok("5678")),
            (None, Some(("5678", 0o640)), Err("chmod 0600")),
            (None, Some((" \n", 0o600)), Err("empty")),
            (Some(""), Some(("5678", 0o600)), Err("empty")),
            (None, None, Err("No such file")),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("pin");
            if let Some(text) = credential {
                fs::write(dir.path().join("pkcs11-pin"), text).unwrap();
            }
            if let Some((text, mode)) = file {
                fs::write(&path, text).unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            }
            match (load_pin(Some(dir.path()), Some(&path)), expected) {
                (Ok(loaded), Ok(pin)) => assert_eq!(loaded.value.expose(), pin.as_bytes()),
                (Err(error), Err(why)) => assert!(error.to_string().contains(why), "{error}"),
                (loaded, expected) => panic!("{loaded:?} instead of {expected:?}"),
            }
            assert_eq!(path.exists(), file.is_some());
        }
        let nowhere = load_pin(None, None).unwrap_err().to_string();
        assert!(nowhere.contains("pkcs11_pin_path is not set"), "{nowhere}");
    }
}
