//! Who listens at the socket: a password is said to nobody else.

use rustix::net::sockopt::socket_peercred;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

/// Whoever listens at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Server {
    /// It may hear a password.
    Trusted,
    /// It is of this user, who is neither root, nor the service's user, nor the caller.
    Foreign(u32),
}

/// Who listens, by the kernel: the one who made the socket listen, which is systemd where it hands the socket over.
pub(crate) fn of(stream: &UnixStream) -> io::Result<Server> {
    let listens = socket_peercred(stream)?.uid.as_raw();
    let caller = rustix::process::geteuid().as_raw();
    Ok(judge(listens, caller, || owner(Path::new(STATE))))
}

/// Nobody is known by [`OVERFLOW_UID`], whoever the caller is.
fn judge(listens: u32, caller: u32, service: impl FnOnce() -> Option<u32>) -> Server {
    let known = listens != OVERFLOW_UID && (listens == 0 || listens == caller || service() == Some(listens));
    if known { Server::Trusted } else { Server::Foreign(listens) }
}

/// Whose the state is, where root alone could put it there.
fn owner(state: &Path) -> Option<u32> {
    let of_root = |directory: &Path| {
        let found = directory.symlink_metadata().ok()?;
        (found.is_dir() && found.uid() == 0 && found.mode() & 0o022 == 0).then_some(())
    };
    state.ancestors().skip(1).try_for_each(of_root)?;
    let found = state.symlink_metadata().ok().filter(|it| it.is_dir())?;
    (found.mode() & 0o022 == 0).then(|| found.uid())
}

/// Where a service that is no unit of systemd's keeps its state.
const STATE: &str = "/var/lib/firmament";
/// What the kernel reports for a user without a mapping in our namespace.
const OVERFLOW_UID: u32 = 65_534;

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;

    #[test]
    fn a_password_is_for_root_for_the_service_and_for_oneself() {
        for (listens, caller, service, trusted) in [
            (0, 1000, None, true),
            (0, 0, None, true),
            (1000, 1000, None, true),
            (998, 1000, Some(998), true),
            (998, 0, Some(998), true),
            (998, 1000, None, false),
            (998, 1000, Some(997), false),
            (1001, 1000, Some(998), false),
            // Root believes nobody's server either.
            (1000, 0, None, false),
            (OVERFLOW_UID, 1000, None, false),
            (OVERFLOW_UID, OVERFLOW_UID, None, false),
            (OVERFLOW_UID, 1000, Some(OVERFLOW_UID), false),
        ] {
            let wanted = if trusted { Server::Trusted } else { Server::Foreign(listens) };
            assert_eq!(judge(listens, caller, || service), wanted, "{listens} {caller} {service:?}");
        }
    }

    #[test]
    fn one_s_own_server_is_told_by_the_kernel() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        let _listener = UnixListener::bind(&path).unwrap();
        assert_eq!(of(&UnixStream::connect(&path).unwrap()).unwrap(), Server::Trusted);
    }

    #[test]
    fn the_state_names_the_service_only_where_root_put_it() {
        // Directories for all are of root and not only root's to write.
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("state");
        fs::create_dir(&state).unwrap();
        assert_eq!(owner(&state), None, "everybody may write in the directory of temporary files");
        symlink("/", dir.path().join("link")).unwrap();
        assert_eq!(owner(&dir.path().join("link/proc")), None);
        let root = Path::new("/proc");
        assert_eq!(owner(root), Some(0));
        fs::set_permissions(&state, Permissions::from_mode(0o777)).unwrap();
        assert_eq!(owner(&state), None);
        assert_eq!(owner(Path::new("/nowhere/at/all")), None);
        assert_eq!(owner(Path::new("/proc/version")), None, "no directory");
    }
}
