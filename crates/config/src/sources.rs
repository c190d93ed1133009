use crate::ConfigError;
use files::{FileError, Notice, Public, Trust};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

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

    /// The highest main file that exists, then the drop-ins by name; of two with one name the higher
    /// counts, and an empty one or a link to /dev/null masks the lower.
    pub(crate) fn read(&self) -> Result<Vec<Text>, ConfigError> {
        let mut texts = Vec::new();
        for path in self.main.iter().rev() {
            match text(path) {
                // The one file that was named must be there.
                Err(error) if error.is_not_found() && self.main.len() > 1 => {}
                read => {
                    texts.push(read.map_err(|error| ConfigError::unread(path, error))?);
                    break;
                }
            }
        }
        let mut named = BTreeMap::new();
        for dir in &self.drop_ins {
            named.extend(conf_files(dir)?);
        }
        for path in named.into_values() {
            texts.push(text(&path).map_err(|error| ConfigError::unread(&path, error))?);
        }
        Ok(texts)
    }
}

/// A file as it was read, and what an operator should know of the way to it.
pub(crate) struct Text {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    pub(crate) notices: Vec<Notice>,
}

fn text(path: &Path) -> Result<Text, FileError> {
    let Public { content, notices } = files::read_public(path, &Trust::current())?;
    let text = String::from_utf8_lossy(&content).into_owned();
    Ok(Text { path: path.to_owned(), text, notices })
}

fn conf_files(dir: &Path) -> Result<BTreeMap<OsString, PathBuf>, ConfigError> {
    let names = match files::list_public(dir, &Trust::current()) {
        Err(error) if error.is_not_found() => return Ok(BTreeMap::new()),
        listed => listed.map_err(|error| ConfigError::unread(dir, error))?.content,
    };
    let conf = |name: &OsString| Path::new(name).extension().is_some_and(|extension| extension == "conf");
    Ok(names.into_iter().filter(conf).map(|name| (name.clone(), dir.join(name))).collect())
}
