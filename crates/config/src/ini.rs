use crate::ConfigError;
use std::fmt;
use std::path::{Path, PathBuf};

/// What stands in the files, in the order of reading.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parsed {
    pub(crate) sections: Vec<Header>,
    pub(crate) entries: Vec<Entry>,
}

/// A file and a line of it, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    pub(crate) line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.path.display(), self.line)
    }
}

/// One `[section]`, and where it begins; a section counts even if nothing stands in it.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) place: Place,
}

/// One `option = value`, and where it stands.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) section: String,
    pub(crate) option: String,
    pub(crate) value: String,
    pub(crate) place: Place,
}

impl fmt::Debug for Entry {
    /// Without the value, which may be a proxy's password.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "[{}] {} ({})", self.section, self.option, self.place)
    }
}

/// Reads the text of a file; `#` and `;` begin comments, `=` or `:` ends the name of an option, and the names of
/// sections and options have no case.
pub(crate) fn parse(path: &Path, text: &str, into: &mut Parsed) -> Result<(), ConfigError> {
    let mut section = "global".to_owned();
    for (index, raw) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let place = Place { path: path.to_owned(), line: index + 1 };
        let line = uncommented(raw);
        if line.is_empty() {
            continue;
        }
        if let Some(name) = header(line) {
            section = name.to_ascii_lowercase();
            into.sections.push(Header { name: section.clone(), place });
            continue;
        }
        let (option, value) = assignment(line).ok_or_else(|| wrong(&place, line))?;
        let (option, value) = (option.to_ascii_lowercase(), value.to_owned());
        into.entries.push(Entry { section: section.clone(), option, value, place });
    }
    Ok(())
}

fn header(line: &str) -> Option<&str> {
    let (name, rest) = line.strip_prefix('[')?.split_once(']')?;
    let rest = rest.trim_start();
    (rest.is_empty() || rest.starts_with(['#', ';'])).then(|| name.trim())
}

fn assignment(line: &str) -> Option<(&str, &str)> {
    let (option, value) = line.split_once(['=', ':'])?;
    let option = option.trim_end();
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    (!option.is_empty() && option.chars().all(plain)).then(|| (option, value.trim()))
}

/// Only the first word is shown: the line may be a misspelt option with a password behind it.
fn wrong(place: &Place, line: &str) -> ConfigError {
    let word = line.split(|c: char| c.is_whitespace() || "=:@".contains(c)).next().unwrap_or_default();
    let text = model::printable(word, 60);
    ConfigError::Line { path: place.path.clone(), line: place.line, text }
}

/// A line without its comment. Within a line a comment begins behind a space, so that a value may hold
/// the marks: the incumbent cuts at every one of them, which would shorten passwords in silence.
fn uncommented(line: &str) -> &str {
    let line = line.trim();
    if line.starts_with(['#', ';']) {
        return "";
    }
    let end = [" #", " ;", "\t#", "\t;"].iter().filter_map(|mark| line.find(mark)).min();
    end.and_then(|end| line.get(..end)).unwrap_or(line).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Parsed, ConfigError> {
        let mut into = Parsed::default();
        parse(Path::new("h.conf"), text, &mut into).map(|()| into)
    }

    #[test]
    fn every_way_to_write_an_option_is_read() {
        for (text, option, value) in [
            ("a=b", "a", "b"),
            ("  A = b  ", "a", "b"),
            ("a: b", "a", "b"),
            ("a = https://h:1/x=y", "a", "https://h:1/x=y"),
            ("a : b = c", "a", "b = c"),
            ("a =", "a", ""),
            ("a = b # c", "a", "b"),
            ("a = b\t; c", "a", "b"),
            ("a = b#c;d", "a", "b#c;d"),
            ("\u{feff}a = b", "a", "b"),
            ("a = b\r", "a", "b"),
        ] {
            let entries = parsed(text).unwrap().entries;
            let shown: Vec<_> = entries.iter().map(|e| (e.option.as_str(), e.value.as_str())).collect();
            assert_eq!(shown, [(option, value)], "{text:?}");
        }
    }

    #[test]
    fn every_way_to_write_a_section_is_read() {
        for text in ["[Contoso.com]", " [ contoso.com ] ", "[contoso.com]#c", "[contoso.com] ; c"] {
            let sections = parsed(text).unwrap().sections;
            assert_eq!(sections.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["contoso.com"]);
        }
    }

    #[test]
    fn what_is_neither_is_refused_with_its_line_and_without_what_may_be_secret() {
        for (text, word) in [
            ("\n\nnonsense", "nonsense"),
            ("\n\n[contoso.com", "[contoso.com"),
            ("\n\n[contoso.com] x", "[contoso.com]"),
            ("\n\n= x", ""),
            ("\n\nproxy http://user:hunter2@h:1", "proxy"),
            ("\n\nhttp //u = hunter2", "http"),
        ] {
            let error = parsed(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("h.conf:3: '{word}' is neither")), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn nothing_shows_a_value_in_debug() {
        let shown = format!("{:?}", parsed("proxy = http://user:hunter2@h:1").unwrap());
        assert!(shown.contains("proxy") && !shown.contains("hunter2"), "{shown}");
    }
}
