use crate::ConfigError;
use std::fs;
use std::path::{Path, PathBuf};

/// One `option = value`, and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) section: String,
    pub(crate) option: String,
    pub(crate) value: String,
    pub(crate) path: PathBuf,
    pub(crate) line: usize,
}

/// Reads a file; `#` and `;` begin comments, names of sections and options have no case.
pub(crate) fn read(path: &Path, into: &mut Vec<Entry>) -> Result<(), ConfigError> {
    let bytes = fs::read(path).map_err(|cause| ConfigError::File { path: path.to_owned(), cause })?;
    parse(path, &String::from_utf8_lossy(&bytes), into)
}

pub(crate) fn parse(path: &Path, text: &str, into: &mut Vec<Entry>) -> Result<(), ConfigError> {
    let mut section = "global".to_owned();
    for (index, raw) in text.lines().enumerate() {
        let line = uncommented(raw);
        if line.is_empty() {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.trim().to_ascii_lowercase();
            continue;
        }
        let wrong = || ConfigError::Line {
            path: path.to_owned(),
            line: index + 1,
            text: line.chars().filter(|c| !c.is_control()).take(60).collect(),
        };
        let (option, value) = line.split_once('=').ok_or_else(wrong)?;
        let option = option.trim().to_ascii_lowercase();
        if option.is_empty() || option.contains(char::is_whitespace) {
            return Err(wrong());
        }
        let value = value.trim().to_owned();
        into.push(Entry { section: section.clone(), option, value, path: path.to_owned(), line: index + 1 });
    }
    Ok(())
}

/// A line without its comment; within a line a comment begins behind a space.
fn uncommented(line: &str) -> &str {
    let line = line.trim();
    if line.starts_with(['#', ';']) {
        return "";
    }
    let end = [" #", " ;", "\t#", "\t;"].iter().filter_map(|mark| line.find(mark)).min();
    end.and_then(|end| line.get(..end)).unwrap_or(line).trim()
}
