use crate::IniError;
use crate::parse::{Parsed, Shape, parse};
use files::{FileError, Public, Trust};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

/// What was found in all the files.
#[derive(Debug, Default)]
pub struct Contents {
    /// What stands in them.
    pub parsed: Parsed,
    /// Everything that is wrong, in the order of reading.
    pub errors: Vec<IniError>,
    /// What is odd and does no harm, one sentence each.
    pub notices: Vec<String>,
    /// The files that were read, in their order.
    pub files: Vec<ReadFile>,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadFile {
    /// Where it is.
    pub path: PathBuf,
    /// Whether every user of the system may read it.
    pub world_readable: bool,
}

/// Where the configuration is looked for.
#[derive(Debug, Clone)]
pub struct Sources {
    main: Vec<PathBuf>,
    drop_ins: Vec<PathBuf>,
}

impl Sources {
    /// The machine's: `/usr/lib/himmelblau`, `/run/himmelblau`, `/etc/himmelblau`, the last winning.
    pub fn system() -> Sources {
        Sources::below(Path::new("/"))
    }

    /// The same below another root.
    pub fn below(root: &Path) -> Sources {
        let dirs = ["usr/lib/himmelblau", "run/himmelblau", "etc/himmelblau"].map(|dir| root.join(dir));
        Sources {
            main: dirs.iter().map(|dir| dir.join("himmelblau.conf")).collect(),
            drop_ins: dirs.iter().map(|dir| dir.join("himmelblau.conf.d")).collect(),
        }
    }

    /// One file and the drop-ins in the directory of its name with `.d`.
    pub fn file(path: &Path) -> Sources {
        let mut dir = path.as_os_str().to_owned();
        dir.push(".d");
        Sources { main: vec![path.to_owned()], drop_ins: vec![dir.into()] }
    }

    /// Reads the highest main file that exists, then the drop-ins by name; of two with one name the higher counts, and
    /// an empty one or a link to /dev/null masks the lower. `shape` says what is known of an option.
    ///
    /// A drop-in that holds no text is passed over with a notice; one that is there and cannot be read is an error,
    /// because it may say who may sign in.
    pub fn read(&self, shape: &dyn Fn(&str) -> Shape) -> Contents {
        let mut found = Reading { shape, contents: Contents::default(), notices: BTreeSet::new() };
        for path in self.main.iter().rev() {
            match read_public(path) {
                // The one file that was named must be there, and a link is there even if it leads nowhere.
                Err(error) if error.is_not_found() && self.main.len() > 1 && !is_there(path) => {}
                read => {
                    found.take(path, read);
                    break;
                }
            }
        }
        for candidates in found.drop_ins(&self.drop_ins).into_values() {
            found.first_with_text(&candidates);
        }
        let Reading { mut contents, notices, .. } = found;
        contents.notices.splice(0..0, notices);
        contents
    }
}

struct Reading<'r> {
    shape: &'r dyn Fn(&str) -> Shape,
    contents: Contents,
    notices: BTreeSet<String>,
}

impl Reading<'_> {
    fn take(&mut self, path: &Path, read: Result<Public<Vec<u8>>, FileError>) {
        match read {
            Ok(Public { content, notices, world_readable }) => {
                self.notices.extend(notices.iter().map(ToString::to_string));
                self.contents.files.push(ReadFile { path: path.to_owned(), world_readable });
                parse(path, &content, self.shape, &mut self.contents);
            }
            Err(error) => self.contents.errors.push(IniError::unread(path, error)),
        }
    }

    /// Those of each name, the highest first.
    fn drop_ins(&mut self, dirs: &[PathBuf]) -> BTreeMap<OsString, Vec<PathBuf>> {
        let mut named: BTreeMap<OsString, Vec<PathBuf>> = BTreeMap::new();
        for dir in dirs.iter().rev() {
            let names = match files::list_public(dir, &Trust::current()) {
                Ok(listed) => listed.content,
                Err(error) if error.is_not_found() => {
                    if is_there(dir) {
                        self.skip(dir, "it is a link that leads nowhere");
                    }
                    continue;
                }
                Err(error) => {
                    self.contents.errors.push(IniError::unread(dir, error));
                    continue;
                }
            };
            for name in names {
                let path = dir.join(&name);
                match Path::new(&name).extension() == Some(OsStr::new("conf")) {
                    true => named.entry(name).or_default().push(path),
                    // What an editor leaves, as `.10.conf.swp`, says nothing.
                    false if name.as_encoded_bytes().starts_with(b".") => {}
                    false => self.skip(&path, "its name does not end with .conf"),
                }
            }
        }
        named
    }

    fn first_with_text(&mut self, candidates: &[PathBuf]) {
        for path in candidates {
            let read = read_public(path);
            match read.as_ref().err().and_then(FileError::holds_no_text) {
                Some(why) => self.skip(path, why),
                None => return self.take(path, read),
            }
        }
    }

    fn skip(&mut self, path: &Path, why: &str) {
        self.contents.notices.push(format!("{} is skipped: {why}", path.display()));
    }
}

fn read_public(path: &Path) -> Result<Public<Vec<u8>>, FileError> {
    files::read_public(path, &Trust::current())
}

/// Whether anything has the name, a link too.
fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}
