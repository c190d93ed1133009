use crate::Refusal;
use crate::files::{is_there, refused, service_dir, there};
use files::Dir;
use layout::auth_value::CREDENTIAL;
use layout::slot::{BLOCK, HEADER, Header};
use layout::{MARKER, SLED, SLOTS, old_slot};
use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Where the parts of one installation lie.
pub struct Place {
    /// `/`, or the directory that stands for it.
    pub root: PathBuf,
    /// The state directory of the daemon.
    pub state_dir: PathBuf,
    /// The file of the auth value.
    pub auth_file: PathBuf,
    /// The socket of the daemon.
    pub socket: PathBuf,
    /// The label of the PKCS#11 token, where one is configured.
    pub token: Option<String>,
}

impl Place {
    /// Refuses everybody but root; a tree that stands for `/` is guarded by its own modes.
    pub(crate) fn require_root(&self) -> Result<(), Refusal> {
        if self.root != Path::new("/") {
            return Ok(());
        }
        let me = Path::new("/proc/self");
        let owner = fs::metadata(me).map_err(|cause| refused(me, cause))?.uid();
        if owner == 0 { Ok(()) } else { Err(Refusal::NotRoot) }
    }

    /// Where the unit's `LoadCredentialEncrypted=hsm-pin` finds what is there for good.
    pub(crate) fn new_credential(&self) -> PathBuf {
        self.root.join("etc/credstore.encrypted").join(CREDENTIAL)
    }

    /// The files that say who had an account here, and how they are spoken to.
    pub(crate) fn name_files(&self) -> [PathBuf; 3] {
        ["names", "verdicts", "language"].map(|name| self.root.join("var/cache/firmament").join(name))
    }

    /// Every credential that systemd would find for the unit (systemd.exec(5)).
    pub(crate) fn credentials(&self) -> Result<Vec<PathBuf>, Refusal> {
        let mut found = Vec::new();
        for store in STORES {
            let path = self.root.join(store).join(CREDENTIAL);
            if is_there(&path)? {
                found.push(path);
            }
        }
        Ok(found)
    }

    /// Whether the kernel has a TPM for systemd-creds to use.
    pub(crate) fn has_tpm(&self) -> bool {
        self.root.join("dev/tpmrm0").exists()
    }

    /// Whether there are records in the state directory, or were: the marker says so. One of the format before has
    /// none, and only zeros in its slot file until something is written.
    pub(crate) fn holds_records(&self) -> Result<bool, Refusal> {
        let slots = self.state_dir.join(SLOTS);
        if is_there(&self.state_dir.join(MARKER))? {
            return Ok(true);
        }
        match self.slots()? {
            Some(file) => holds_old_records(file).map_err(|cause| refused(&slots, cause)),
            // The slot file is written first, so sled alone is one whose slot file was lost.
            None => is_there(&self.state_dir.join(SLED)),
        }
    }

    /// Whether what was written may be about a device object of a tenant; the header of a slot says when it is
    /// not, for those who cannot read the records. A torn slot is not told from a whole one: the last write
    /// that says so comes after the object's end.
    pub(crate) fn may_be_registered(&self) -> Result<bool, Refusal> {
        let slots = self.state_dir.join(SLOTS);
        let Some(file) = self.slots()? else { return self.holds_records() };
        match may_have_device(&file).map_err(|cause| refused(&slots, cause))? {
            Some(may) => Ok(may),
            None => self.holds_records(),
        }
    }

    fn slots(&self) -> Result<Option<File>, Refusal> {
        let Some(dir) = service_dir(&self.state_dir)? else { return Ok(None) };
        there(dir.open_sealed(SLOTS))
    }

    /// Keeps the daemon out for as long as the directory is open; none where there is no state directory.
    pub(crate) fn lock(&self) -> Result<Option<Dir>, Refusal> {
        let Some(dir) = service_dir(&self.state_dir)? else { return Ok(None) };
        match dir.file().try_lock() {
            Ok(()) => Ok(Some(dir)),
            Err(TryLockError::WouldBlock) => Err(Refusal::Running(self.state_dir.clone())),
            Err(TryLockError::Error(cause)) => Err(refused(&self.state_dir, cause)),
        }
    }

    /// Whether a daemon listens, or systemd in its place.
    ///
    /// The kernel's list is read because connecting would make systemd start the daemon.
    pub(crate) fn is_listening(&self) -> Result<bool, Refusal> {
        let list = Path::new("/proc/net/unix");
        let text = fs::read(list).map_err(|cause| refused(list, cause))?;
        Ok(listens(&String::from_utf8_lossy(&text), &self.socket))
    }
}

/// What the slot that each group wrote last says; nothing where the file is no slot file.
fn may_have_device(file: &File) -> io::Result<Option<bool>> {
    let blocks = file.metadata()?.len() / BLOCK;
    let mut newest = BTreeMap::new();
    for block in 1..blocks {
        let mut bytes = [0; HEADER];
        file.read_exact_at(&mut bytes, block * BLOCK)?;
        if let Some(header) = Header::read(&bytes) {
            let of_group = newest.entry(header.group).or_insert(header);
            if header.sequence > of_group.sequence {
                *of_group = header;
            }
        }
    }
    match newest.is_empty() {
        true => Ok(newest_old_header(file)?.map(|header| header.may_have_device)),
        false => Ok(Some(newest.values().any(|header| header.may_have_device))),
    }
}

/// The header of the slot that was written last in the format before; none in a file of another format.
fn newest_old_header(file: &File) -> io::Result<Option<old_slot::Header>> {
    let mut headers = Vec::new();
    for at in [0, file.metadata()?.len() / 2] {
        let mut header = [0; old_slot::HEADER];
        match file.read_exact_at(&mut header, at) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {}
            other => other.map(|()| headers.push(header))?,
        }
    }
    let headers = headers.iter().filter_map(old_slot::Header::read);
    Ok(headers.filter(|header| header.format == old_slot::FORMAT).max_by_key(|header| header.generation))
}

/// Whether a slot file without a marker was written to: one of today says by its first block that it was not.
fn holds_old_records(mut file: File) -> io::Result<bool> {
    let mut begin = [0; old_slot::HEADER];
    if file.read_exact_at(&mut begin, 0).is_ok()
        && old_slot::Header::read(&begin).is_some_and(|header| header.format > old_slot::FORMAT)
    {
        return Ok(false);
    }
    let mut piece = vec![0; 64 * 1024];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(false),
            length if piece.iter().take(length).any(|byte| *byte != 0) => return Ok(true),
            _ => {}
        }
    }
}

/// Whether a line of `/proc/net/unix` is of a socket at this path that accepts connections (`__SO_ACCEPTCON`).
fn listens(list: &str, socket: &Path) -> bool {
    let end = format!(" {}", socket.display());
    list.lines().any(|line| line.ends_with(&end) && line.split(' ').nth(3) == Some("00010000"))
}

/// Where systemd looks for encrypted credentials, in its order (systemd.exec(5)).
pub(crate) const STORES: [&str; 4] = [
    "etc/credstore.encrypted",
    "run/credstore.encrypted",
    "usr/local/lib/credstore.encrypted",
    "usr/lib/credstore.encrypted",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_accepts_connections_at_this_path_listens() {
        let list = "Num       RefCount Protocol Flags    Type St Inode Path\n\
                    0000000000000000: 00000002 00000000 00010000 0001 01 13 /run/firmament/socket\n\
                    0000000000000000: 00000003 00000000 00000000 0001 03 14 /run/other/connected\n\
                    0000000000000000: 00000002 00000000 00010000 0001 01 123456 /run/with space/socket\n";
        for (path, expected) in [
            ("/run/firmament/socket", true),
            ("/run/with space/socket", true),
            ("/run/other/connected", false),
            ("/run/firmament/socke", false),
            ("/firmament/socket", false),
            ("socket", false),
        ] {
            assert_eq!(listens(list, Path::new(path)), expected, "{path}");
        }
    }

    fn place(dir: &Path) -> Place {
        Place {
            root: "/".into(),
            state_dir: dir.into(),
            auth_file: dir.join("hsm-pin"),
            socket: dir.join("socket"),
            token: None,
        }
    }

    /// A slot of the format before with this generation.
    fn slot(generation: u64, may_have_device: bool) -> Vec<u8> {
        let header = old_slot::Header { format: 1, generation, length: 7, checksum: 7, may_have_device };
        [header.write(), vec![1; 968]].concat()
    }

    /// A slot file of today, a block a slot: group, sequence and whether it may be about a device.
    fn blocks(slots: &[(u8, u64, bool)]) -> Vec<u8> {
        let first =
            old_slot::Header { format: 2, generation: 0, length: 0, checksum: 0, may_have_device: true };
        let mut bytes = first.write();
        bytes.resize(BLOCK as usize, 0);
        for (at, (group, sequence, may_have_device)) in slots.iter().enumerate() {
            let header = Header {
                sequence: *sequence,
                floor: 0,
                log: 0,
                group: [*group; 16],
                needs: [*group; 16],
                groups: 1,
                length: 7,
                may_have_device: *may_have_device,
                checksum: 7,
            };
            bytes.extend(header.write());
            bytes.resize((at + 2) * BLOCK as usize, 1);
        }
        bytes
    }

    #[test]
    fn the_header_written_last_says_whether_the_machine_may_be_registered() {
        let (none, some) = (false, true);
        for (bytes, expected) in [
            (vec![0; 2000], false),
            ([slot(2, none), slot(1, some)].concat(), false),
            ([slot(2, some), slot(1, none)].concat(), true),
            ([slot(2, some), slot(3, none)].concat(), false),
            ([slot(256, some), slot(255, none)].concat(), true),
            ([slot(1, none), vec![0; 1000]].concat(), false),
            ([vec![1; 1000], slot(1, none)].concat(), false),
            (vec![1; 2000], true),
            (vec![1; 20], true),
            (blocks(&[(0, 0, false)]), false),
            (blocks(&[(1, 5, true), (1, 6, false)]), false),
            (blocks(&[(1, 6, false), (1, 5, true)]), false),
            (blocks(&[(1, 6, true), (1, 5, false)]), true),
            (blocks(&[(1, 6, false), (2, 5, true)]), true),
            (blocks(&[]), false),
        ] {
            let dir = tempfile::tempdir().unwrap();
            fs::write(dir.path().join(SLOTS), &bytes).unwrap();
            assert_eq!(place(dir.path()).may_be_registered().unwrap(), expected, "{:?}", &bytes[..20]);
        }
    }

    #[test]
    fn a_state_directory_holds_records_once_something_was_written() {
        let (zeros, written) = (vec![0; 200_000], [vec![0; 199_999], vec![1]].concat());
        let today = blocks(&[(0, 0, false)]);
        for (slots, sled, marker, expected) in [
            (None, false, false, false),
            (None, true, false, true),
            (None, false, true, true),
            (Some(&zeros), true, false, false),
            (Some(&written), false, false, true),
            (Some(&written), true, false, true),
            (Some(&today), true, false, false),
            (Some(&today), true, true, true),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let name = |name: &str| dir.path().join(name);
            let place = place(dir.path());
            if let Some(bytes) = slots {
                fs::write(name(SLOTS), bytes).unwrap();
            }
            if sled {
                fs::create_dir(name(SLED)).unwrap();
            }
            if marker {
                fs::write(name(MARKER), "").unwrap();
            }
            assert_eq!(place.holds_records().unwrap(), expected, "{} {sled} {marker}", slots.is_some());
        }
    }
}
