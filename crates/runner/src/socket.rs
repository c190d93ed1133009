use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net;
use std::path::{Path, PathBuf};
use std::{env, fs};
use tokio::net::UnixListener;

/// Why there is no socket to listen on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SocketError {
    /// The path cannot be used.
    #[error("cannot listen on {}", path.display())]
    Bind {
        /// The path.
        path: PathBuf,
        /// The cause.
        #[source]
        cause: io::Error,
    },
    /// Something that is no socket is in the way.
    #[error("{} exists and is no socket: move it away or choose another --socket", .0.display())]
    Occupied(PathBuf),
    /// Another daemon listens there.
    #[error("another firmamentd listens on {}", .0.display())]
    InUse(PathBuf),
}

/// The socket systemd hands over, or one of our own that every local user may connect to.
pub(crate) fn listen(path: &Path) -> Result<UnixListener, SocketError> {
    let failed = |cause| SocketError::Bind { path: path.to_owned(), cause };
    let listener = match handed_over().map_err(failed)? {
        Some(listener) => listener,
        None => bind(path)?,
    };
    listener.set_nonblocking(true).map_err(failed)?;
    UnixListener::from_std(listener).map_err(failed)
}

fn handed_over() -> io::Result<Option<net::UnixListener>> {
    if env::var_os("LISTEN_FDS").is_none() {
        return Ok(None);
    }
    listenfd::ListenFd::from_env().take_unix_listener(0)
}

fn bind(path: &Path) -> Result<net::UnixListener, SocketError> {
    let failed = |cause| SocketError::Bind { path: path.to_owned(), cause };
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    remove_stale(path)?;
    let listener = net::UnixListener::bind(path).map_err(failed)?;
    // Every local user may ask; the rule table decides what each may do.
    fs::set_permissions(path, fs::Permissions::from_mode(0o666)).map_err(failed)?;
    Ok(listener)
}

/// Removes the socket of a daemon that is gone, and nothing else.
fn remove_stale(path: &Path) -> Result<(), SocketError> {
    match fs::symlink_metadata(path) {
        Err(_) => Ok(()),
        Ok(found) if !found.file_type().is_socket() => Err(SocketError::Occupied(path.to_owned())),
        Ok(_) if net::UnixStream::connect(path).is_ok() => Err(SocketError::InUse(path.to_owned())),
        Ok(_) => fs::remove_file(path).map_err(|cause| SocketError::Bind { path: path.to_owned(), cause }),
    }
}
