use files::{Dir, Trust};
use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net;
use std::path::{Path, PathBuf};
use tokio::net::UnixListener;

/// Why there is no socket to listen on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SocketError {
    /// The path cannot be used.
    #[error("cannot listen on {}", path.display())]
    Bind {
        /// The path of the socket.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
    /// The first descriptor of systemd is of no use.
    #[error("what systemd handed over is no Unix socket that listens")]
    HandedOver(#[source] io::Error),
    /// Something that is no socket is in the way.
    #[error("{} exists and is no socket: move it away or choose another --socket", .0.display())]
    Occupied(PathBuf),
    /// Another daemon listens there.
    #[error("another firmamentd listens on {}", .0.display())]
    InUse(PathBuf),
}

/// The socket that systemd hands over (sd_listen_fds(3)).
///
/// To be asked once and before there is a second thread: it takes the variables out of the environment.
pub(crate) fn handed_over() -> Result<Option<net::UnixListener>, SocketError> {
    let taken = listenfd::ListenFd::from_env().take_unix_listener(0).map_err(SocketError::HandedOver)?;
    let Some(listener) = taken else { return Ok(None) };
    match rustix::net::sockopt::socket_acceptconn(&listener) {
        Ok(true) => Ok(Some(listener)),
        // With Accept=yes systemd hands over one connection.
        Ok(false) => Err(SocketError::HandedOver(io::ErrorKind::InvalidInput.into())),
        Err(error) => Err(SocketError::HandedOver(error.into())),
    }
}

/// The socket that was handed over, or one of our own that every local user may connect to, and where it is.
pub(crate) fn listen(
    handed_over: Option<net::UnixListener>,
    path: &Path,
) -> Result<(UnixListener, PathBuf), SocketError> {
    let failed = |cause| SocketError::Bind { path: path.to_owned(), cause };
    let listener = handed_over.map_or_else(|| bind(path), Ok)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let at = listener.local_addr().map_err(failed)?;
    let at = at.as_pathname().unwrap_or(path).to_owned();
    Ok((UnixListener::from_std(listener).map_err(failed)?, at))
}

fn bind(path: &Path) -> Result<net::UnixListener, SocketError> {
    let failed = |cause| SocketError::Bind { path: path.to_owned(), cause };
    // Where nobody else can exchange the socket, its path is the same socket until its mode is set.
    if let Some(parent) = std::path::absolute(path).map_err(failed)?.parent() {
        Dir::make_public(parent, &Trust::current()).map_err(|error| failed(error.into()))?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_user_can_come_to_a_socket_whose_directory_we_made() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("run/firmament/socket");
        drop(bind(&path).unwrap());
        let mode = |path: &Path| fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o666, 0o755));
        assert_eq!(mode(&place.path().join("run")), 0o755);
        // One that is there is as its owner wants it.
        let closed = place.path().join("closed");
        fs::create_dir(&closed).unwrap();
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
        drop(bind(&closed.join("socket")).unwrap());
        assert_eq!(mode(&closed), 0o700);
    }
}
