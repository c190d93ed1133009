//! The proxy that is in force, with its password.

use config::{ProxyCredentials, Settings};
use files::{FileError, Trust};
use model::Secret;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use transport_hyper::ProxySetting;

/// Why the password of the proxy cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordError {
    /// It cannot be read, or others can read or change it.
    #[error("the password of the proxy")]
    File(#[source] FileError),
    /// There is nothing in it, or more than a line.
    #[error("the password of the proxy in {}: {why}", path.display())]
    Unusable {
        /// The file or credential.
        path: PathBuf,
        /// What is wrong.
        why: &'static str,
    },
}

/// What the configuration and the environment say, and an operator should know.
pub(crate) struct InForce {
    pub(crate) setting: ProxySetting,
    pub(crate) notice: Option<String>,
    /// One sentence for the log.
    pub(crate) shown: String,
}

/// Reads the password from the systemd credential `proxy-password`, else from the file that is configured.
pub(crate) fn in_force(
    settings: &Settings,
    credentials: Option<&Path>,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<InForce, PasswordError> {
    let option = settings.global.proxy.as_ref();
    let credential = credentials.map(|dir| dir.join(CREDENTIAL)).filter(|path| path.exists());
    let wanted = option.is_some_and(|proxy| proxy.credentials() != ProxyCredentials::None);
    let password = match (&credential, &settings.global.proxy_password_file) {
        _ if !wanted => None,
        (Some(path), _) => Some(of_credential(path)?),
        (None, Some(path)) => Some(of_file(path)?),
        (None, None) => None,
    };
    let option = match (option, &password) {
        (Some(proxy), Some(password)) => Some(proxy.with_password(password)),
        (option, _) => option.cloned(),
    };
    let notice = credential.filter(|_| !wanted).map(|_| {
        format!("The credential {CREDENTIAL} is not used: the option proxy names no user, as http://user@host:port.")
    });
    let found = config::proxy_in_force(option.as_ref(), environment);
    let shown = found.to_string();
    let setting = ProxySetting {
        origin: found.origin.unwrap_or_default(),
        url: found.url.expose().clone(),
        no_proxy: found.no_proxy.map(|(_, hosts)| hosts).unwrap_or_default(),
    };
    Ok(InForce { setting, notice, shown })
}

/// systemd shows a credential to this user alone, by an access list.
fn of_credential(path: &Path) -> Result<Secret<Vec<u8>>, PasswordError> {
    let read = files::read_public(path, &Trust::current()).map_err(PasswordError::File)?;
    line(path, Secret::new(read.content))
}

fn of_file(path: &Path) -> Result<Secret<Vec<u8>>, PasswordError> {
    let file = files::open_private(path, &Trust::current()).map_err(PasswordError::File)?;
    let mut bytes = Vec::with_capacity(LONGEST);
    let read = file.take(LONGEST as u64).read_to_end(&mut bytes);
    let whole = Secret::new(bytes);
    let failed = |cause: io::Error| PasswordError::File(FileError::Io { path: path.to_owned(), cause });
    read.map_err(failed)?;
    line(path, whole)
}

/// The one line of a file; spaces are part of a password, and its line end is not.
fn line(path: &Path, whole: Secret<Vec<u8>>) -> Result<Secret<Vec<u8>>, PasswordError> {
    let unusable = |why| PasswordError::Unusable { path: path.to_owned(), why };
    let text = whole.expose().strip_suffix(b"\n").unwrap_or(whole.expose());
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    match text {
        [] => Err(unusable("it is empty")),
        text if text.contains(&b'\n') || whole.expose().len() >= LONGEST => {
            Err(unusable("it has to be one line"))
        }
        text => Ok(Secret::new(text.to_vec())),
    }
}

/// The name of the systemd credential.
const CREDENTIAL: &str = "proxy-password";
/// More than any password has, in bytes.
const LONGEST: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use ini::Sources;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    struct Place(tempfile::TempDir);

    impl Place {
        fn file(&self, name: &str, text: &str, mode: u32) -> PathBuf {
            let path = self.0.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            path
        }

        fn of(&self, lines: &str, credentials: bool) -> Result<InForce, PasswordError> {
            let path = self.file("h.conf", &format!("[global]\n{lines}"), 0o644);
            let settings = config::load(&Sources::file(&path)).unwrap().settings;
            in_force(&settings, Some(self.0.path()).filter(|_| credentials), |_| None)
        }
    }

    #[test]
    fn a_credential_comes_before_the_file_and_each_is_one_line() {
        let place = Place(tempfile::tempdir().unwrap());
        let file = place.file("password", "from the file\n", 0o600);
        let lines = format!("proxy = http://alex@p:1\nproxy_password_file = {}\n", file.display());
        assert_eq!(place.of(&lines, true).unwrap().setting.url, "http://alex:from%20the%20file@p:1");
        place.file(CREDENTIAL, "s3cret\r\n", 0o600);
        assert_eq!(place.of(&lines, true).unwrap().setting.url, "http://alex:s3cret@p:1");
        assert_eq!(place.of(&lines, false).unwrap().setting.url, "http://alex:from%20the%20file@p:1");
        let plain = place.of("proxy = http://alex@p:1\n", false).unwrap();
        assert_eq!((plain.setting.url.as_str(), plain.notice), ("http://alex@p:1", None));
        let unused = place.of("proxy = http://p:1\n", true).unwrap();
        assert!(unused.notice.unwrap().contains("names no user"));
        assert_eq!(unused.shown, "http://p:1, from the option proxy");
    }

    #[test]
    fn a_password_that_others_can_read_or_that_is_none_is_refused_and_not_shown() {
        let place = Place(tempfile::tempdir().unwrap());
        for (text, mode, says) in [
            ("hunter2\n", 0o644, "can be read by others"),
            ("", 0o600, "it is empty"),
            ("\n", 0o600, "it is empty"),
            ("hunter2\nhunter3\n", 0o600, "one line"),
        ] {
            let file = place.file("password", text, mode);
            let lines = format!("proxy = http://alex@p:1\nproxy_password_file = {}\n", file.display());
            let error = place.of(&lines, false).err().unwrap();
            let text = format!("{error}: {:?}", std::error::Error::source(&error).map(ToString::to_string));
            assert!(text.contains(says) && !text.contains("hunter"), "{text}");
        }
    }
}
