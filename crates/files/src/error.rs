use crate::judge::{Fault, Kind, ROOT, Trust};
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

/// Why a file is not used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is not to be trusted, and what mends that.
    #[error("{} {fault}: {mend}", path.display())]
    Refused {
        /// The part of the path that is at fault.
        path: PathBuf,
        /// What is wrong with it.
        fault: Fault,
        /// What to do, with the command where there is one.
        mend: String,
    },
    /// The user who runs this has no right to it.
    #[error(
        "{} cannot be used by uid {uid} (permission denied): run this as root, or give that user the right to it",
        path.display()
    )]
    Denied {
        /// The part of the path that is closed.
        path: PathBuf,
        /// Whose right is missing: the effective user id.
        uid: u32,
    },
    /// The operating system refused.
    #[error("{}: {cause}", path.display())]
    Io {
        /// What was used.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
}

impl FileError {
    pub(crate) fn io(path: &Path, cause: impl Into<io::Error>) -> FileError {
        let (path, cause) = (path.to_owned(), cause.into());
        match cause.kind() {
            io::ErrorKind::PermissionDenied => {
                FileError::Denied { path, uid: rustix::process::geteuid().as_raw() }
            }
            _ => FileError::Io { path, cause },
        }
    }

    pub(crate) fn refused(path: &Path, fault: Fault, kind: Kind, trust: &Trust) -> FileError {
        FileError::Refused { path: path.to_owned(), fault, mend: mend(path, fault, kind, trust) }
    }

    /// Why nothing is lost by passing it over, where that is so: there is no text at the end of the path.
    pub fn holds_no_text(&self) -> Option<&'static str> {
        match self {
            FileError::Refused { fault: Fault::Not(_), .. } => Some("it is not a regular file"),
            FileError::Io { cause, .. } => match cause.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                    Some("it is a link that leads nowhere")
                }
                _ if cause.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
                    Some("it is a link that leads in a circle")
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether nothing is at the path.
    pub fn is_not_found(&self) -> bool {
        matches!(self, FileError::Io { cause, .. } if cause.kind() == io::ErrorKind::NotFound)
    }
}

impl From<FileError> for io::Error {
    /// One that is not to be trusted is [`io::ErrorKind::PermissionDenied`]; any other keeps its number and loses its path.
    fn from(error: FileError) -> io::Error {
        match error {
            FileError::Io { cause, .. } => cause,
            // Denied, too: its text says whose right is missing.
            refused => io::Error::new(io::ErrorKind::PermissionDenied, refused),
        }
    }
}

/// The directory of a path and the last name in it.
pub(crate) fn split(path: &Path) -> Result<(&Path, &OsStr), FileError> {
    let no_name = || FileError::io(path, io::ErrorKind::InvalidInput);
    let name = path.file_name().ok_or_else(no_name)?;
    let dir = path.parent().ok_or_else(no_name)?;
    Ok((if dir.as_os_str().is_empty() { Path::new(".") } else { dir }, name))
}

/// What to do about a fault, for whoever may change the file.
pub(crate) fn mend(path: &Path, fault: Fault, kind: Kind, trust: &Trust) -> String {
    let path = quoted(path);
    match fault {
        Fault::Owner(_) => {
            let whose = if matches!(kind, Kind::Private | Kind::Sealed) {
                trust.service.unwrap_or(trust.me)
            } else {
                ROOT
            };
            let owner = if whose == ROOT { "root".to_owned() } else { whose.to_string() };
            format!("look at what is in it, then run chown {owner}: {path} && chmod go-w {path}")
        }
        Fault::Writable | Fault::GroupWritable(_) if kind == Kind::Private => {
            format!("run chmod 0600 {path} if nobody has changed it")
        }
        Fault::Writable => format!("look at what is in it, then run chmod go-w {path}"),
        Fault::GroupWritable(_) => format!("run chmod g-w {path} unless that is wanted"),
        Fault::Readable => format!("run chmod 0600 {path} if nobody has read it"),
        Fault::Link => "name the file itself".to_owned(),
        Fault::Names => format!("find the other names with find / -xdev -samefile {path}, and remove them"),
        Fault::Not(_) => "name another path, or move it away".to_owned(),
    }
}

/// As a shell reads it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUST: Trust = Trust { me: 61_184, service: None };

    #[test]
    fn the_command_that_mends_it_is_said() {
        let path = Path::new("/etc/himmelblau/himmelblau.conf");
        for (fault, kind, command) in [
            (
                Fault::Owner(1000),
                Kind::Public,
                "chown root: /etc/himmelblau/himmelblau.conf && chmod go-w /etc/himmelblau/himmelblau.conf",
            ),
            (Fault::Owner(1000), Kind::PublicWay, "chown root: /etc"),
            (Fault::Owner(1000), Kind::Private, "chown 61184: /etc"),
            (Fault::Owner(1000), Kind::Sealed, "chown 61184: /etc"),
            (Fault::Writable, Kind::Public, "chmod go-w /etc"),
            (Fault::Writable, Kind::Private, "chmod 0600 /etc"),
            (Fault::Readable, Kind::Private, "chmod 0600 /etc"),
            (Fault::GroupWritable(50), Kind::PublicWay, "chmod g-w /etc"),
            (Fault::Names, Kind::Private, "-samefile /etc"),
        ] {
            let error = FileError::refused(path, fault, kind, &TRUST).to_string();
            assert!(
                error.starts_with("/etc/himmelblau/himmelblau.conf ") && error.contains(command),
                "{error}"
            );
        }
    }

    #[test]
    fn a_path_is_quoted_where_a_shell_would_read_it_otherwise() {
        for (path, shown) in [
            ("/etc/x.conf", "/etc/x.conf"),
            ("/tmp/a b", "'/tmp/a b'"),
            ("/tmp/$(reboot)", "'/tmp/$(reboot)'"),
            ("/tmp/it's", r"'/tmp/it'\''s'"),
        ] {
            assert_eq!(quoted(Path::new(path)), shown);
        }
    }

    #[test]
    fn a_path_has_a_directory_and_a_name() {
        for (path, dir, name) in [("/a/b", "/a", "b"), ("b", ".", "b"), ("/b", "/", "b"), ("a/b/", "a", "b")]
        {
            assert_eq!(split(Path::new(path)).unwrap(), (Path::new(dir), OsStr::new(name)));
        }
        assert!(split(Path::new("/")).is_err() && split(Path::new("/a/..")).is_err());
    }
}
