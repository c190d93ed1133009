//! The auth value that opens the keys: 256 random bits as 64 hex digits (reliability.md E.4).

use crate::creds::SystemdCreds;
use crate::files::{delete, is_there, open_private, put_in_force, refused, write_draft};
use crate::{Place, Refusal, Report};
use files::Dir;
use layout::auth_value::{self, LONGEST, SHORTEST};
use model::{Secret, hex};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Where the value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The random numbers of the system.
    Fresh,
    /// The file that is in force.
    File,
}

/// Which key encrypts a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// The host's key and the TPM, bound to no PCR.
    HostAndTpm,
    /// The host's key alone, which is a file of root's.
    Host,
}

/// Makes a credential, or the file where there is no systemd-creds; never replaces an auth value.
pub fn init(place: &Place, origin: Origin, most: Protection) -> Report {
    match try_init(place, origin, most) {
        Ok(lines) => Report { lines, refused: None },
        Err(refusal) => Report { lines: Vec::new(), refused: Some(refusal) },
    }
}

fn try_init(place: &Place, origin: Origin, most: Protection) -> Result<Vec<String>, Refusal> {
    place.require_root()?;
    if let Some(path) = place.credentials()?.pop() {
        return Err(Refusal::CredentialExists(path));
    }
    let _lock = if origin == Origin::Fresh { refuse_a_second_value(place)? } else { None };
    let value = match origin {
        Origin::Fresh => random()?,
        Origin::File => of_file(&place.auth_file)?,
    };
    let by = if place.has_tpm() { most } else { Protection::Host };
    match (SystemdCreds::find(place), origin) {
        (Some(creds), _) => {
            into_credential(&creds, &value, &place.new_credential(), by)?;
            Ok(said_of_credential(place, origin, by))
        }
        (None, Origin::File) => Err(Refusal::NoSystemdCreds),
        (None, Origin::Fresh) => {
            write_draft(&place.auth_file, value.expose())?;
            put_in_force(&place.auth_file)?;
            Ok(said_of_file(&place.auth_file))
        }
    }
}

/// Keeps the daemon from registering under another value meanwhile.
fn refuse_a_second_value(place: &Place) -> Result<Option<Dir>, Refusal> {
    if is_there(&place.auth_file)? {
        return Err(Refusal::FileExists(place.auth_file.clone()));
    }
    let lock = place.lock()?;
    match place.holds_records()? {
        true => Err(Refusal::RecordsNeedTheirValue(place.state_dir.clone())),
        false => Ok(lock),
    }
}

fn random() -> Result<Secret<Vec<u8>>, Refusal> {
    // Waits early in the boot, where /dev/urandom would not.
    let source = Path::new("/dev/random");
    let mut bits = [0; 32];
    let read = File::open(source).and_then(|mut file| file.read_exact(&mut bits));
    let bits = Secret::new(bits);
    read.map_err(|cause| refused(source, cause))?;
    Ok(Secret::new(hex(bits.expose()).into_bytes()))
}

/// By the rules of the daemon, which takes 16 to 4096 bytes that nobody else can read.
fn of_file(path: &Path) -> Result<Secret<Vec<u8>>, Refusal> {
    let absent = || refused(path, io::ErrorKind::NotFound.into());
    let file = open_private(path)?.ok_or_else(absent)?;
    let mut bytes = Vec::with_capacity(LONGEST + 2);
    let read = file.take(LONGEST as u64 + 1).read_to_end(&mut bytes);
    let whole = Secret::new(bytes);
    read.map_err(|cause| refused(path, cause))?;
    let value = Secret::new(whole.expose().trim_ascii().to_vec());
    match auth_value::fault(value.expose().len(), SHORTEST) {
        Some(why) => Err(Refusal::BadValue { path: path.to_owned(), why }),
        None => Ok(value),
    }
}

/// The credential counts only when it was opened again from the disk.
fn into_credential(
    creds: &SystemdCreds,
    value: &Secret<Vec<u8>>,
    path: &Path,
    by: Protection,
) -> Result<(), Refusal> {
    let sealed = creds.encrypt(value, by)?;
    let draft = write_draft(path, sealed.expose())?;
    let verified = creds.decrypt(&draft).and_then(|opened| match opened.expose() == value.expose() {
        true => Ok(()),
        false => Err(Refusal::NotVerified),
    });
    match verified {
        Ok(()) => put_in_force(path),
        Err(refusal) => delete(&draft).and(Err(refusal)),
    }
}

fn said_of_credential(place: &Place, origin: Origin, by: Protection) -> Vec<String> {
    let protection = match by {
        Protection::HostAndTpm => "Protected by the host's key and the TPM, whatever the PCRs are.",
        Protection::Host => {
            "Protected by file permissions only: encrypted with the host's key, without a TPM."
        }
    };
    let path = place.new_credential();
    let mut lines =
        vec![format!("Made and opened again: the credential {}.", path.display()), protection.to_owned()];
    if origin == Origin::File {
        let file = place.auth_file.display();
        lines.push(format!(
            "The file {file} has the same value: run systemctl restart firmamentd.service, and delete the file \
             once aad-tool status says \"auth value from a systemd credential\" and shows the registration."
        ));
    }
    lines
}

fn said_of_file(path: &Path) -> Vec<String> {
    vec![
        format!("Made: the file {}; there is no systemd-creds here.", path.display()),
        "Protected by file permissions only.".to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_values_are_of_64_digits_and_differ() {
        let (one, other) = (random().unwrap(), random().unwrap());
        assert_eq!((one.expose().len(), other.expose().len()), (64, 64));
        assert_ne!(one.expose(), other.expose());
    }
}
