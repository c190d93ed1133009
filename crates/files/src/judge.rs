use std::fs::Metadata;
use std::os::unix::fs::{FileTypeExt, MetadataExt};

/// Who may own what is opened, besides root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trust {
    /// The user who runs this.
    pub me: u32,
    /// Another one, whose files root works on: the user of the service.
    pub service: Option<u32>,
}

impl Trust {
    /// Root and the user who runs this process.
    pub fn current() -> Trust {
        Trust { me: rustix::process::geteuid().as_raw(), service: None }
    }

    /// The same, and the user of the service.
    #[must_use]
    pub fn with_service(self, uid: u32) -> Trust {
        Trust { service: Some(uid), ..self }
    }

    /// Whether a user is trusted.
    pub fn holds(&self, uid: u32) -> bool {
        uid == ROOT || uid == self.me || self.service == Some(uid)
    }
}

/// What something is wanted as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file that anybody may read and only its owner may change: configuration, certificates.
    Public,
    /// A directory that such a file is in, or on the way to it.
    PublicWay,
    /// A file of its owner alone: auth value, PIN.
    Private,
    /// A file of its owner that others may read, because it is encrypted: records, the boot secret of a TPM.
    Sealed,
    /// A directory that such a file is in, or on the way to it.
    PrivateWay,
}

/// What the descriptor of something says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// User id of the owner.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// Permissions with the sticky bit (07777), without the type.
    pub mode: u32,
    /// Names that it has.
    pub links: u64,
    /// What it is.
    pub what: What,
}

/// What something is, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// `/dev/null`: a file without content that nobody can change.
    Null,
    /// A pipe, a socket or a device.
    Other,
}

impl Found {
    /// Of a descriptor, or of a name that was not followed.
    pub fn of(metadata: &Metadata) -> Found {
        let kind = metadata.file_type();
        let what = match () {
            () if kind.is_file() => What::File,
            () if kind.is_dir() => What::Directory,
            () if kind.is_symlink() => What::Link,
            () if kind.is_char_device() && metadata.rdev() == NULL => What::Null,
            () => What::Other,
        };
        let (uid, gid, links) = (metadata.uid(), metadata.gid(), metadata.nlink());
        Found { uid, gid, mode: metadata.mode() & 0o7777, links, what }
    }
}

/// What is wrong with something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Somebody who is not trusted owns it; his user id.
    #[error("is owned by the user {0}")]
    Owner(u32),
    /// Others than its owner may write it.
    #[error("can be written by others than its owner")]
    Writable,
    /// Members of a group of the system may write it; the group id.
    #[error("can be written by members of the group {0}")]
    GroupWritable(u32),
    /// Others than its owner may read it.
    #[error("can be read by others than its owner")]
    Readable,
    /// It is not what is wanted.
    #[error("is not a {0}")]
    Not(&'static str),
    /// A link leads there.
    #[error("is a link")]
    Link,
    /// A file that has a second name somewhere.
    #[error("has more than one name")]
    Names,
}

/// What is to become of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is used.
    Fine,
    /// It is used, and an operator should know.
    Notice(Fault),
    /// It is not used.
    Refused(Fault),
}

/// Judges one part of a path.
///
/// A group of the system (a number below 1000) may write what is public: Debian ships `/usr/local` so for its group
/// staff. A directory with the sticky bit is one where nobody can exchange the files of others.
pub fn judge(found: &Found, kind: Kind, trust: &Trust) -> Verdict {
    use Verdict::{Fine, Notice, Refused};
    let way = matches!(kind, Kind::PublicWay | Kind::PrivateWay);
    let public = matches!(kind, Kind::Public | Kind::PublicWay);
    match found.what {
        What::Null if kind == Kind::Public => return Fine,
        What::Link => return Refused(Fault::Link),
        What::Directory if way => {}
        _ if way => return Refused(Fault::Not("directory")),
        What::File => {}
        _ => return Refused(Fault::Not("regular file")),
    }
    let sticky = way && found.mode & STICKY != 0;
    match found.mode {
        _ if !trust.holds(found.uid) => Refused(Fault::Owner(found.uid)),
        _ if matches!(kind, Kind::Private | Kind::Sealed) && found.links > 1 => Refused(Fault::Names),
        mode if mode & 0o022 == 0 || sticky => match kind == Kind::Private && mode & 0o077 != 0 {
            true => Refused(Fault::Readable),
            false => Fine,
        },
        mode if mode & 0o002 == 0 && public && found.gid < FIRST_ORDINARY_GROUP => {
            Notice(Fault::GroupWritable(found.gid))
        }
        _ => Refused(Fault::Writable),
    }
}

pub(crate) const ROOT: u32 = 0;
const STICKY: u32 = 0o1000;
/// `SYS_GID_MAX` + 1 of login.defs(5), as every distribution has it.
const FIRST_ORDINARY_GROUP: u32 = 1000;
/// The device number 1:3 (null(4)).
const NULL: u64 = 0x103;

#[cfg(test)]
mod tests {
    use super::*;

    const ME: u32 = 61_184;
    const TRUST: Trust = Trust { me: ME, service: Some(500) };

    fn found(what: What, uid: u32, mode: u32) -> Found {
        Found { uid, gid: 2000, mode, links: 1, what }
    }

    #[test]
    fn who_owns_it_and_who_may_write_it_decides() {
        use Kind::{Private, PrivateWay, Public, PublicWay, Sealed};
        use Verdict::{Fine, Refused};
        use What::{Directory, File};
        for (kind, what, uid, mode, expected) in [
            (Public, File, 0, 0o644, Fine),
            (Public, File, ME, 0o644, Fine),
            (Public, File, 500, 0o644, Fine),
            (Public, File, 1000, 0o644, Refused(Fault::Owner(1000))),
            (Public, File, 1000, 0o600, Refused(Fault::Owner(1000))),
            (Public, File, 0, 0o664, Refused(Fault::Writable)),
            (Public, File, 0, 0o646, Refused(Fault::Writable)),
            (Public, File, 0, 0o1666, Refused(Fault::Writable)),
            (Private, File, ME, 0o600, Fine),
            (Private, File, 0, 0o400, Fine),
            (Private, File, ME, 0o640, Refused(Fault::Readable)),
            (Private, File, ME, 0o604, Refused(Fault::Readable)),
            (Private, File, ME, 0o601, Refused(Fault::Readable)),
            (Private, File, ME, 0o620, Refused(Fault::Writable)),
            (Sealed, File, ME, 0o644, Fine),
            (Sealed, File, ME, 0o664, Refused(Fault::Writable)),
            (Sealed, File, 1000, 0o644, Refused(Fault::Owner(1000))),
            (Private, File, 1000, 0o600, Refused(Fault::Owner(1000))),
            (PublicWay, Directory, 0, 0o755, Fine),
            (PublicWay, Directory, 0, 0o1777, Fine),
            (PublicWay, Directory, 0, 0o777, Refused(Fault::Writable)),
            (PublicWay, Directory, 1000, 0o755, Refused(Fault::Owner(1000))),
            (PublicWay, Directory, 1000, 0o1755, Refused(Fault::Owner(1000))),
            (PrivateWay, Directory, ME, 0o700, Fine),
            (PrivateWay, Directory, 0, 0o1777, Fine),
            (PrivateWay, Directory, ME, 0o770, Refused(Fault::Writable)),
        ] {
            assert_eq!(judge(&found(what, uid, mode), kind, &TRUST), expected, "{kind:?} {uid} {mode:o}");
        }
    }

    #[test]
    fn a_group_of_the_system_may_write_what_is_public() {
        for (kind, what, gid, mode, expected) in [
            (Kind::PublicWay, What::Directory, 50, 0o2775, Verdict::Notice(Fault::GroupWritable(50))),
            (Kind::Public, What::File, 0, 0o664, Verdict::Notice(Fault::GroupWritable(0))),
            (Kind::Public, What::File, 999, 0o664, Verdict::Notice(Fault::GroupWritable(999))),
            (Kind::Public, What::File, 1000, 0o664, Verdict::Refused(Fault::Writable)),
            (Kind::PublicWay, What::Directory, 50, 0o777, Verdict::Refused(Fault::Writable)),
            (Kind::PrivateWay, What::Directory, 50, 0o2775, Verdict::Refused(Fault::Writable)),
            (Kind::Private, What::File, 50, 0o660, Verdict::Refused(Fault::Writable)),
            (Kind::Sealed, What::File, 50, 0o660, Verdict::Refused(Fault::Writable)),
        ] {
            let found = Found { gid, ..found(what, 0, mode) };
            assert_eq!(judge(&found, kind, &TRUST), expected, "{kind:?} {gid} {mode:o}");
        }
    }

    #[test]
    fn what_is_not_what_is_wanted_is_refused() {
        use Kind::{Private, PrivateWay, Public, PublicWay, Sealed};
        for kind in [Public, PublicWay, Private, PrivateWay, Sealed] {
            let way = matches!(kind, PublicWay | PrivateWay);
            for what in [What::File, What::Directory, What::Link, What::Null, What::Other] {
                let fine = match what {
                    What::File => !way,
                    What::Directory => way,
                    What::Null => kind == Public,
                    What::Link | What::Other => false,
                };
                let verdict = judge(&found(what, 0, 0o400), kind, &TRUST);
                assert_eq!(verdict == Verdict::Fine, fine, "{kind:?} {what:?}");
            }
        }
        let twice = Found { links: 2, ..found(What::File, ME, 0o600) };
        assert_eq!(judge(&twice, Private, &TRUST), Verdict::Refused(Fault::Names));
        assert_eq!(judge(&twice, Sealed, &TRUST), Verdict::Refused(Fault::Names));
        assert_eq!(judge(&twice, Public, &TRUST), Verdict::Fine);
    }
}
