//! The refresh token that somebody gave for the registration of a machine that nobody sits at (login.md 9).

use files::{FileError, Trust};
use model::{Failure, FailureClass, Secret, Who};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Why a file has no token that can be used.
#[derive(Debug, thiserror::Error)]
pub enum TokenFault {
    /// Nothing is there.
    #[error("there is no file {}", .0.display())]
    Missing(PathBuf),
    /// Somebody else may read or change it.
    #[error(transparent)]
    Untrusted(FileError),
    /// It holds nothing but white space.
    #[error("{} is empty", .0.display())]
    Empty(PathBuf),
    /// No refresh token is so long.
    #[error("{} is longer than {LONGEST} bytes", .0.display())]
    TooBig(PathBuf),
    /// It is more than one line, or has characters that no token has.
    #[error("{} does not hold one token on one line", .0.display())]
    NotOneToken(PathBuf),
    /// It is a token for a resource, which says to nobody else whose it is.
    #[error("{} holds an access token or id_token, and a refresh token is needed", .0.display())]
    NotRefresh(PathBuf),
    /// The operating system refused.
    #[error("{}: {cause}", path.display())]
    File {
        /// What was used.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
}

impl TokenFault {
    /// In the form in which the daemon tells its own.
    pub fn failure(&self) -> Failure {
        let (code, advice) = match self {
            TokenFault::Missing(_) => ("TokenMissing", "Name the file that holds the refresh token."),
            TokenFault::Untrusted(_) => (
                "FileUntrusted",
                "Do what stands above; who else has read the token may use it, so take a new one.",
            ),
            TokenFault::Empty(_) | TokenFault::TooBig(_) | TokenFault::NotOneToken(_) => {
                ("TokenUnusable", "Put the refresh token alone into the file, on one line.")
            }
            TokenFault::NotRefresh(_) => ("TokenUnusable", REFRESH),
            TokenFault::File { .. } => ("FileFailed", "See what keeps root from it, then run it again."),
        };
        Failure::local(FailureClass::Broken, Who::MachineAdmin, code, self.to_string(), advice)
    }
}

/// Reads the token of a file that is its reader's alone.
///
/// # Errors
/// [`TokenFault`]; nothing was changed.
pub fn join_token(path: &Path) -> Result<Secret<String>, TokenFault> {
    let file = files::open_private(path, &Trust::current()).map_err(|error| match error {
        error if error.is_not_found() => TokenFault::Missing(path.to_owned()),
        FileError::Io { path, cause } => TokenFault::File { path, cause },
        refused => TokenFault::Untrusted(refused),
    })?;
    let mut bytes = Vec::with_capacity(LONGEST + 2);
    let read = file.take(LONGEST as u64 + 1).read_to_end(&mut bytes);
    let whole = Secret::new(bytes);
    read.map_err(|cause| TokenFault::File { path: path.to_owned(), cause })?;
    judged(whole.expose()).map_err(|fault| fault(path.to_owned()))
}

/// Whether bytes are a refresh token, as far as one can be told without its maker.
fn judged(bytes: &[u8]) -> Result<Secret<String>, fn(PathBuf) -> TokenFault> {
    if bytes.len() > LONGEST {
        return Err(TokenFault::TooBig);
    }
    let text = bytes.trim_ascii();
    if text.is_empty() {
        return Err(TokenFault::Empty);
    }
    if !text.iter().all(u8::is_ascii_graphic) {
        return Err(TokenFault::NotOneToken);
    }
    // A signed token begins with the base64 of `{"`.
    if text.starts_with(b"eyJ") && text.iter().filter(|byte| **byte == b'.').count() >= 2 {
        return Err(TokenFault::NotRefresh);
    }
    let text =
        String::from_utf8(text.to_vec()).map_err(|_| TokenFault::NotOneToken as fn(PathBuf) -> TokenFault)?;
    Ok(Secret::new(text))
}

/// Whether systemd made the file for one service, with which it goes.
pub fn is_credential(path: &Path) -> bool {
    path.starts_with(CREDENTIALS)
}

/// Deletes the file of a token that has done its work.
///
/// # Errors
/// [`TokenFault::File`].
pub fn spend(path: &Path) -> Result<(), TokenFault> {
    std::fs::remove_file(path).map_err(|cause| TokenFault::File { path: path.to_owned(), cause })
}

/// Theirs are of some 1,500 bytes.
const LONGEST: usize = 6_000;
/// Where systemd lays the credentials of services.
const CREDENTIALS: &str = "/run/credentials";
const REFRESH: &str = "Take the member refresh_token of a sign-in with the client 29d9ed98-a469-4536-ade2-f981bc1d605e; whose an access token is cannot be checked here.";

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_token_is_one_line_that_is_its_readers_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        let long = "a".repeat(LONGEST + 1);
        for (text, mode, code) in [
            ("0.AXcA-token_1.x\n", 0o600, None),
            ("  0.AXcA \n\n", 0o400, None),
            ("0.AXcA", 0o640, Some("FileUntrusted")),
            ("0.AXcA", 0o604, Some("FileUntrusted")),
            ("", 0o600, Some("TokenUnusable")),
            (" \n", 0o600, Some("TokenUnusable")),
            ("two words", 0o600, Some("TokenUnusable")),
            ("two\nlines", 0o600, Some("TokenUnusable")),
            ("0.é", 0o600, Some("TokenUnusable")),
            (long.as_str(), 0o600, Some("TokenUnusable")),
            ("eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiIifQ.c2ln", 0o600, Some("TokenUnusable")),
        ] {
            drop(fs::remove_file(&path));
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let read = join_token(&path);
            let said = read.as_ref().err().map(|fault| fault.failure().code);
            assert_eq!(said.as_deref(), code, "{text:.20} {mode:o}");
            if let Ok(token) = read {
                assert_eq!(token.expose(), text.trim());
            }
        }
        spend(&path).unwrap();
        assert!(matches!(join_token(&path), Err(TokenFault::Missing(_))));
        assert!(spend(&path).is_err());
    }

    #[test]
    fn what_systemd_lays_there_is_systemds_to_take_away() {
        for (path, credential) in [
            ("/run/credentials/firmament-join.service/firmament.join-token", true),
            ("/etc/firmament/token", false),
            ("/run/credentials-of-mine/token", false),
        ] {
            assert_eq!(is_credential(Path::new(path)), credential, "{path}");
        }
    }
}
