use crate::ConfigError;
use std::collections::BTreeMap;
use std::fs;
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
    pub(crate) fn files(&self) -> Result<Vec<PathBuf>, ConfigError> {
        let single = self.main.len() == 1;
        let main = self.main.iter().rev().find(|path| single || path.exists()).cloned();
        let mut named = BTreeMap::new();
        for dir in &self.drop_ins {
            for path in conf_files(dir)? {
                named.insert(path.file_name().unwrap_or_default().to_owned(), path);
            }
        }
        Ok(main.into_iter().chain(named.into_values()).collect())
    }
}

fn conf_files(dir: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let failed = |cause| ConfigError::File { path: dir.to_owned(), cause };
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "conf") {
            files.push(path);
        }
    }
    Ok(files)
}
