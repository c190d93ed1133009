//! The auth value that opens the keys: 256 random bits as 64 hex digits in a file of root's.

use aws_lc_rs::rand;
use hsm::{HsmError, file};
use layout::auth_value::{self, CREDENTIAL, LONGEST, PIN_CREDENTIAL, SHORTEST};
use model::{Secret, hex};
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
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
/// [`HsmError::AuthValue`] for a value that is empty, shorter than 16 bytes or readable by others; an
/// existing file is never written.
pub fn load_or_make(credentials: Option<&Path>, file: &Path) -> Result<Loaded, HsmError> {
    if let Some(path) = credential(credentials, CREDENTIAL)? {
        return Ok(Loaded { value: read(&path, SHORTEST)?, source: Source::Credential(path) });
    }
    match fs::symlink_metadata(file) {
        Ok(found) if !auth_value::is_private(found.mode()) => Err(unusable(
            file,
            "others may read it: chmod 0600 it, or delete it if nothing is registered yet",
        )),
        Ok(_) => Ok(Loaded { value: read(file, SHORTEST)?, source: Source::File(file.to_owned()) }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(file),
        Err(error) => Err(unusable(file, &error.to_string())),
    }
}

/// Reads the PIN of a token: `pkcs11-pin` of the credentials directory, else the file if one is configured.
///
/// # Errors
/// [`HsmError::AuthValue`] for a PIN that is nowhere, empty or readable by others; how long it must be is
/// the token's to say.
pub fn load_pin(credentials: Option<&Path>, file: Option<&Path>) -> Result<Loaded, HsmError> {
    if let Some(path) = credential(credentials, PIN_CREDENTIAL)? {
        return Ok(Loaded { value: read(&path, 1)?, source: Source::Credential(path) });
    }
    let Some(file) = file else {
        let why =
            "the PIN of the token is in no systemd credential pkcs11-pin, and pkcs11_pin_path is not set";
        return Err(HsmError::AuthValue(why.to_owned()));
    };
    match fs::metadata(file) {
        Ok(found) if !auth_value::is_private(found.mode()) => {
            Err(unusable(file, "others may read it: chmod 0600 it"))
        }
        Ok(_) => Ok(Loaded { value: read(file, 1)?, source: Source::File(file.to_owned()) }),
        Err(error) => Err(unusable(file, &error.to_string())),
    }
}

/// One that is there and cannot be looked at must not be taken for one that is not there.
fn credential(credentials: Option<&Path>, name: &str) -> Result<Option<PathBuf>, HsmError> {
    let Some(path) = credentials.map(|dir| dir.join(name)) else { return Ok(None) };
    let there = path.try_exists().map_err(|error| unusable(&path, &error.to_string()))?;
    Ok(there.then_some(path))
}

fn read(path: &Path, shortest: usize) -> Result<Secret<Vec<u8>>, HsmError> {
    let file = File::open(path).map_err(|error| unusable(path, &error.to_string()))?;
    let mut bytes = Vec::with_capacity(LONGEST + 1);
    let most = LONGEST as u64 + 1;
    file.take(most).read_to_end(&mut bytes).map_err(|error| unusable(path, &error.to_string()))?;
    let whole = Secret::new(bytes);
    let value = Secret::new(whole.expose().trim_ascii().to_vec());
    match auth_value::fault(value.expose().len(), shortest) {
        Some(why) => Err(unusable(path, why)),
        None => Ok(value),
    }
}

fn make(path: &Path) -> Result<Loaded, HsmError> {
    let mut bits = [0; 32];
    rand::fill(&mut bits).map_err(|_| unusable(path, "the system gives no random bytes"))?;
    let value = Secret::new(hex(&bits).into_bytes());
    file::write(path, value.expose()).map_err(|error| unusable(path, &error.to_string()))?;
    Ok(Loaded { value, source: Source::Made(path.to_owned()) })
}

fn unusable(path: &Path, why: &str) -> HsmError {
    HsmError::AuthValue(format!("{}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

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
