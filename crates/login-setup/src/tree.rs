use crate::change::Change;
use crate::refusal::Refusal;
use files::{Dir, FileError, Trust};
use layout::draft_of;
use rustix::fs::{Gid, Mode, Uid, fchmod, fchown};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// The files of this machine, or of a directory that stands for `/`.
#[derive(Debug, Clone)]
pub struct Tree {
    root: PathBuf,
}

impl Tree {
    /// Those below `root`.
    pub fn new(root: &Path) -> Tree {
        Tree { root: root.to_owned() }
    }

    /// What stands for `/`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether this is the machine itself.
    pub(crate) fn is_machine(&self) -> bool {
        self.root == Path::new("/")
    }

    /// Refuses everybody but root where the machine itself is to be changed.
    pub(crate) fn require_root(&self) -> Result<(), Refusal> {
        match !self.is_machine() || rustix::process::geteuid().is_root() {
            true => Ok(()),
            false => Err(Refusal::NotRoot),
        }
    }

    /// Where a path of the machine is.
    pub(crate) fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join(path.as_ref().strip_prefix("/").unwrap_or(path.as_ref()))
    }

    /// Whether there is anything at a path.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.at(path).exists()
    }

    /// The text of a file that only root can change; none where there is none.
    pub(crate) fn read(&self, path: impl AsRef<Path>) -> Result<Option<String>, Refusal> {
        let path = self.goal(path.as_ref())?;
        let read = match files::read_public(&path, &Trust::current()) {
            Err(error) if error.is_not_found() => return Ok(None),
            read => read?.content,
        };
        String::from_utf8(read).map(Some).map_err(|_| Refusal::NoText(path))
    }

    /// The names in a directory; none where there is none.
    pub(crate) fn names(&self, path: &str) -> Result<Vec<String>, Refusal> {
        match files::list_public(&self.at(path), &Trust::current()) {
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            found => Ok(found?.content.iter().map(|name| name.to_string_lossy().into_owned()).collect()),
        }
    }

    /// Makes a change durably: the old file is copied beside itself first, and the new one has its owner and mode.
    /// Says where the copy is.
    pub(crate) fn apply(&self, change: &Change) -> Result<Option<PathBuf>, Refusal> {
        let copy = match &change.before {
            Some(before) if self.at(&change.path).exists() => {
                let copy = copy_of(&change.path);
                self.write(&copy, before, self.kept(&change.path)?)?;
                Some(copy)
            }
            _ => None,
        };
        self.put(change)?;
        Ok(copy)
    }

    /// Makes a change that takes out what another one made, and removes the copy of that one where it says nothing
    /// else. Says where the copy is that was kept.
    pub(crate) fn take_back(&self, change: &Change) -> Result<Option<PathBuf>, Refusal> {
        self.put(change)?;
        let copy = copy_of(&change.path);
        match self.read(&copy)? {
            None => Ok(None),
            Some(text) if Some(&text) == change.after.as_ref() => self.remove(&copy).map(|()| None),
            Some(_) => Ok(Some(copy)),
        }
    }

    fn put(&self, change: &Change) -> Result<(), Refusal> {
        match &change.after {
            Some(after) => {
                // What was chosen for it by hand stays.
                let kept = self.kept(&change.path)?;
                self.write(&change.path, after, kept)
            }
            None => self.remove(&change.path),
        }
    }

    /// Owner and mode of a file that is there; root's and 0644 for a new one.
    fn kept(&self, path: &Path) -> Result<Kept, Refusal> {
        let path = self.goal(path)?;
        match fs::metadata(&path) {
            Ok(found) => Ok(Kept { uid: found.uid(), gid: found.gid(), mode: found.mode() & 0o7777 }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
                Ok(Kept { uid, gid, mode: 0o644 })
            }
            Err(cause) => Err(Refusal::File { path, cause }),
        }
    }

    /// Whole or not at all: beside, to the disk, then in the place of the old one.
    fn write(&self, path: &Path, text: &str, kept: Kept) -> Result<(), Refusal> {
        let path = self.goal(path)?;
        let failed = |cause| Refusal::File { path: path.clone(), cause };
        let (dir, name) = match (path.parent(), path.file_name()) {
            (Some(dir), Some(name)) => (Dir::make_public(dir, &Trust::current())?, Path::new(name)),
            _ => return Err(failed(io::ErrorKind::InvalidInput.into())),
        };
        let draft = draft_of(name);
        dir.write_draft(&draft, text.as_bytes())?;
        let file = dir.open_private_to_write(&draft)?;
        let dressed = || -> io::Result<()> {
            fchown(&file, Some(Uid::from_raw(kept.uid)), Some(Gid::from_raw(kept.gid)))?;
            fchmod(&file, Mode::from_raw_mode(kept.mode))?;
            file.sync_all()
        };
        dressed().map_err(failed)?;
        dir.rename(&draft, name)?;
        Ok(dir.sync()?)
    }

    /// Removes a file durably; one that is gone is removed.
    fn remove(&self, path: &Path) -> Result<(), Refusal> {
        let path = self.at(path);
        let removed = fs::remove_file(&path).and_then(|()| {
            let dir = path.parent().unwrap_or(Path::new("/"));
            File::open(dir)?.sync_all()
        });
        match removed {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(|cause| Refusal::File { path, cause }),
        }
    }

    /// Where a path leads: SUSE and authselect have links in the place of files, and those stay. A link that begins at
    /// `/` leads below what stands for it.
    fn goal(&self, path: &Path) -> Result<PathBuf, Refusal> {
        let mut path = self.at(path);
        for _ in 0..MOST_LINKS {
            let Ok(link) = fs::read_link(&path) else { return Ok(path) };
            path = match link.has_root() {
                true => self.at(&link),
                false => normal(&path.parent().unwrap_or(Path::new("/")).join(link)),
            };
        }
        Err(FileError::Io { path, cause: rustix::io::Errno::LOOP.into() }.into())
    }
}

/// Owner and mode.
#[derive(Debug, Clone, Copy)]
struct Kept {
    uid: u32,
    gid: u32,
    mode: u32,
}

/// Without `..`, of which there is one in links to a directory beside.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(normal.pop()),
            part => normal.push(part),
        }
    }
    normal
}

/// Where the copy of an old file is: beside it, under a name that neither PAM nor sshd reads.
fn copy_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".before-firmament");
    path.with_file_name(name)
}

/// As many as Linux follows.
const MOST_LINKS: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    struct Place(tempfile::TempDir);

    impl Place {
        fn new() -> Place {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir_all(dir.path().join("etc/pam.d")).unwrap();
            Place(dir)
        }

        fn tree(&self) -> Tree {
            Tree::new(self.0.path())
        }

        fn put(&self, path: &str, text: &str) {
            fs::write(self.0.path().join(path), text).unwrap();
        }

        fn text(&self, path: &str) -> Option<String> {
            fs::read_to_string(self.0.path().join(path)).ok()
        }
    }

    fn change(before: Option<&str>, after: Option<&str>) -> Change {
        Change::new("/etc/f.conf", before.map(str::to_owned), after.map(str::to_owned))
    }

    #[test]
    fn the_old_file_is_copied_and_the_new_one_has_its_mode() {
        let place = Place::new();
        place.put("etc/f.conf", "old\n");
        let file = place.0.path().join("etc/f.conf");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        let copy = place.tree().apply(&change(Some("old\n"), Some("new\n"))).unwrap();
        assert_eq!(copy, Some("/etc/f.conf.before-firmament".into()));
        assert_eq!(place.text("etc/f.conf").unwrap(), "new\n");
        assert_eq!(place.text("etc/f.conf.before-firmament").unwrap(), "old\n");
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
        assert_eq!(mode(&file), 0o640);
        assert_eq!(mode(&place.0.path().join("etc/f.conf.before-firmament")), 0o640);
        assert_eq!(place.tree().take_back(&change(Some("new\n"), Some("old\n"))).unwrap(), None);
        assert_eq!(fs::read_dir(place.0.path().join("etc")).unwrap().count(), 2, "only f.conf and pam.d");
        assert_eq!((place.text("etc/f.conf").unwrap().as_str(), mode(&file)), ("old\n", 0o640));
    }

    #[test]
    fn a_new_file_is_public_and_a_copy_that_says_more_is_kept() {
        let place = Place::new();
        assert_eq!(place.tree().apply(&change(None, Some("new\n"))).unwrap(), None);
        let mode = fs::metadata(place.0.path().join("etc/f.conf")).unwrap().mode() & 0o7777;
        assert_eq!(mode, 0o644, "whatever the umask");
        place.put("etc/f.conf.before-firmament", "long ago\n");
        let kept = place.tree().take_back(&change(Some("new\n"), None)).unwrap();
        assert_eq!(kept, Some("/etc/f.conf.before-firmament".into()));
        assert_eq!(place.text("etc/f.conf"), None);
        assert_eq!(place.tree().take_back(&change(None, None)).unwrap(), kept, "gone is gone");
    }

    #[test]
    fn a_link_stays_and_what_it_leads_to_is_changed() {
        let place = Place::new();
        fs::create_dir(place.0.path().join("etc/authselect")).unwrap();
        for (goal, link) in [
            ("etc/pam.d/common-auth-pc", "common-auth-pc"),
            ("etc/authselect/system-auth", "/etc/authselect/system-auth"),
            ("etc/authselect/password-auth", "../authselect/password-auth"),
        ] {
            place.put(goal, "old\n");
            let name = place.0.path().join("etc/pam.d/linked");
            symlink(link, &name).unwrap();
            let (old, new) = (Some("old\n".to_owned()), Some("new\n".to_owned()));
            let tree = place.tree();
            assert_eq!(tree.read("/etc/pam.d/linked").unwrap(), old);
            tree.apply(&Change::new("/etc/pam.d/linked", old, new.clone())).unwrap();
            assert_eq!(place.text(goal), new);
            assert!(fs::read_link(&name).is_ok(), "{link}");
            fs::remove_file(&name).unwrap();
        }
        let circle = place.0.path().join("etc/circle");
        symlink("circle", &circle).unwrap();
        assert!(matches!(place.tree().read("/etc/circle"), Err(Refusal::File { .. })));
    }

    #[test]
    fn what_others_can_change_or_is_no_text_is_refused() {
        let place = Place::new();
        place.put("etc/f.conf", "text");
        let file = place.0.path().join("etc/f.conf");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
        assert!(matches!(place.tree().read("/etc/f.conf"), Err(Refusal::Untrusted(_))));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        fs::write(&file, b"\xff").unwrap();
        assert!(matches!(place.tree().read("/etc/f.conf"), Err(Refusal::NoText(_))));
        assert_eq!(place.tree().read("/etc/none").unwrap(), None);
        assert_eq!(place.tree().names("/etc/none").unwrap(), [""; 0]);
    }
}
