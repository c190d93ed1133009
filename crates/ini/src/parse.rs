use crate::IniError;
use crate::sources::Contents;
use std::fmt;
use std::path::{Path, PathBuf};

/// What stands in the files, in the order of reading.
#[derive(Debug, Clone, Default)]
pub struct Parsed {
    /// Each `[section]`, as often as it is begun.
    pub sections: Vec<Header>,
    /// Each `option = value`.
    pub entries: Vec<Entry>,
}

/// A file and a line of it, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// Counts from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.path.display(), self.line)
    }
}

/// One `[section]`, and where it begins; a section counts even if nothing stands in it.
#[derive(Debug, Clone)]
pub struct Header {
    /// Its name in lower case.
    pub name: String,
    /// Where it begins.
    pub place: Place,
}

/// One `option = value`, and where it stands.
#[derive(Clone)]
pub struct Entry {
    /// The section in lower case; `global` before the first one.
    pub section: String,
    /// The option in lower case.
    pub option: String,
    /// The value; one that goes on in further lines has a line break where it does, so that each part of it can be
    /// named by its line.
    pub value: String,
    /// Where the value begins.
    pub place: Place,
    /// Whether the value stands in other lines than the option.
    pub continued: bool,
}

impl fmt::Debug for Entry {
    /// Without the value, which may be a proxy's password.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "[{}] {} ({})", self.section, self.option, self.place)
    }
}

/// What is known of an option before its value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// It takes one value, in one line.
    One,
    /// It takes several, which may stand in further lines.
    List,
    /// Nobody knows it.
    Unknown,
}

/// Reads a file to its end; `#` and `;` begin comments, `=` or `:` ends the name of an option, and the names of
/// sections and options have no case.
///
/// An indented line that is no option of its own goes on with the value above it.
pub fn parse(path: &Path, bytes: &[u8], shape: &dyn Fn(&str) -> Shape, into: &mut Contents) {
    let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    if utf16 {
        let what = "UTF-16";
        return into.errors.push(IniError::Encoding { path: path.to_owned(), line: 1, what });
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut file = File { path, shape, section: Some("global".to_owned()), open: false, into };
    for (index, raw) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let place = Place { path: path.to_owned(), line: index + 1 };
        if let Err(error) = file.line(raw, place) {
            file.into.errors.push(error);
        }
    }
}

/// A file that is being read.
struct File<'f> {
    path: &'f Path,
    shape: &'f dyn Fn(&str) -> Shape,
    /// None below a header that is none: nobody knows where what follows belongs.
    section: Option<String>,
    /// Whether the last entry may go on.
    open: bool,
    into: &'f mut Contents,
}

impl File<'_> {
    fn line(&mut self, raw: &[u8], place: Place) -> Result<(), IniError> {
        let text = String::from_utf8_lossy(raw);
        let line = uncommented(&text);
        if std::str::from_utf8(raw).is_err() {
            self.judge_encoding(line, &place)?;
        }
        if line.is_empty() {
            return Ok(());
        }
        if self.continues(&text, line) {
            return self.go_on(line, place);
        }
        self.open = false;
        if line.starts_with('[') {
            let name = header(line).map(str::to_lowercase);
            self.section = name.clone();
            let name = name.ok_or_else(|| wrong(&place, line))?;
            self.into.parsed.sections.push(Header { name, place });
            return Ok(());
        }
        let (option, value) = assignment(line).ok_or_else(|| wrong(&place, line))?;
        let Some(section) = self.section.clone() else { return Ok(()) };
        let (option, value) = (option.to_ascii_lowercase(), value.to_owned());
        self.into.parsed.entries.push(Entry { section, option, value, place, continued: false });
        self.open = true;
        Ok(())
    }

    /// A comment in another encoding is as good as any.
    fn judge_encoding(&mut self, line: &str, place: &Place) -> Result<(), IniError> {
        if line.contains(char::REPLACEMENT_CHARACTER) {
            let (path, what) = (self.path.to_owned(), "not UTF-8");
            return Err(IniError::Encoding { path, line: place.line, what });
        }
        self.into.notices.push(format!("{place}: a comment is not UTF-8; what is not comment is read"));
        Ok(())
    }

    /// Whether a line goes on with the value above it, and can mean nothing else.
    fn continues(&self, text: &str, line: &str) -> bool {
        let Some(entry) = self.into.parsed.entries.last().filter(|_| self.open) else { return false };
        if !text.starts_with([' ', '\t']) || header(line).is_some() {
            return false;
        }
        match assignment(line) {
            // A host with a port looks like an option.
            Some((name, _)) => {
                (self.shape)(&name.to_ascii_lowercase()) == Shape::Unknown
                    && (self.shape)(&entry.option) == Shape::List
                    && (entry.value.is_empty() || entry.value.ends_with(','))
            }
            None => true,
        }
    }

    fn go_on(&mut self, line: &str, place: Place) -> Result<(), IniError> {
        let Some(entry) = self.into.parsed.entries.last_mut() else { return Ok(()) };
        let first = entry.place.line;
        match (self.shape)(&entry.option) {
            _ if entry.value.is_empty() => {
                entry.value = line.to_owned();
                entry.place = place;
            }
            Shape::One => {
                let (path, option) = (place.path, model::printable(&entry.option, 60));
                return Err(IniError::Continued { path, line: place.line, option });
            }
            Shape::List | Shape::Unknown => {
                let here = entry.value.matches('\n').count();
                entry.value.push_str(&"\n".repeat((place.line - first).saturating_sub(here)));
                entry.value.push_str(line);
            }
        }
        entry.continued = true;
        Ok(())
    }
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
fn wrong(place: &Place, line: &str) -> IniError {
    let word = line.split(|c: char| c.is_whitespace() || "=:@".contains(c)).next().unwrap_or_default();
    let text = model::printable(word, 60);
    IniError::Line { path: place.path.clone(), line: place.line, text }
}

/// A line without its comment. Within a line a comment begins behind a space and outside of quotes, so that a value may
/// hold the marks: the incumbent cuts at every one of them, which would shorten passwords in silence.
fn uncommented(line: &str) -> &str {
    let (mut quote, mut before) = (None, ' ');
    for (at, c) in line.char_indices() {
        let rest = || line.get(at + c.len_utf8()..).unwrap_or_default();
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if "\"'".contains(c) && (before.is_whitespace() || "=:,".contains(before)) => {
                quote = rest().contains(c).then_some(c);
            }
            None if "#;".contains(c) && before.is_whitespace() => {
                return line.get(..at).unwrap_or_default().trim();
            }
            None => {}
        }
        before = c;
    }
    line.trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(option: &str) -> Shape {
        match option {
            "a" | "debug" => Shape::One,
            "list" => Shape::List,
            _ => Shape::Unknown,
        }
    }

    fn read(text: impl AsRef<[u8]>) -> Contents {
        let mut into = Contents::default();
        parse(Path::new("h.conf"), text.as_ref(), &shape, &mut into);
        into
    }

    fn parsed(text: &str) -> Result<Parsed, IniError> {
        let mut found = read(text);
        found.errors.pop().map_or(Ok(found.parsed), Err)
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
            ("a = \"b # c\" # d", "a", "\"b # c\""),
            ("a = 'b ; c'", "a", "'b ; c'"),
            ("a = it's # c's", "a", "it's"),
            ("a = \"b # c", "a", "\"b"),
            ("a =\n  b", "a", "b"),
            ("  a = b\n  # c\n", "a", "b"),
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

    #[test]
    fn an_indented_line_goes_on_where_it_can_mean_nothing_else() {
        for (text, values) in [
            ("list = a,\n  b,\n\tc", vec![("list", "a,\nb,\nc")]),
            ("list = a\n  b # c\n # d\n  e", vec![("list", "a\nb\n\ne")]),
            ("list =\n  a\n\n  b", vec![("list", "a\n\nb")]),
            ("list = h:1,\n  i.example:2\n", vec![("list", "h:1,\ni.example:2")]),
            ("list = a,\n  debug = 1", vec![("list", "a,"), ("debug", "1")]),
            ("list = a\n  other = 1", vec![("list", "a"), ("other", "1")]),
            ("other = a\n  b c", vec![("other", "a\nb c")]),
            ("list = a,\n  [global]\n", vec![("list", "a,")]),
        ] {
            let entries = parsed(text).unwrap().entries;
            let shown: Vec<_> = entries.iter().map(|e| (e.option.as_str(), e.value.as_str())).collect();
            assert_eq!(shown, values, "{text:?}");
        }
        let moved = &parsed("\na =\n\n  b\n").unwrap().entries[0];
        assert_eq!((moved.place.line, moved.continued), (4, true));
    }

    #[test]
    fn a_line_that_goes_on_where_nothing_can_is_refused_by_its_line() {
        for (text, says) in [
            ("a = b\n  c\n", "h.conf:2: this line continues a, which takes one value"),
            ("  nonsense\n", "h.conf:1: 'nonsense' is neither"),
            ("list = a,\nb\n", "h.conf:2: 'b' is neither"),
            ("[x]\n  b c\n", "h.conf:2: 'b' is neither"),
        ] {
            let error = parsed(text).unwrap_err().to_string();
            assert!(error.starts_with(says), "{text:?}: {error}");
        }
    }

    #[test]
    fn every_wrong_line_is_told_and_what_is_below_a_wrong_header_belongs_nowhere() {
        let found =
            read("nonsense\n[global]\na = 1\nmore nonsense\n[contoso.com\na = 2\n[b.example]\na = 3\n");
        let lines: Vec<_> = found.errors.iter().filter_map(|error| Some(error.place()?.1)).collect();
        assert_eq!(lines, [1, 4, 5]);
        let values: Vec<_> = found.parsed.entries.iter().map(|e| e.value.as_str()).collect();
        assert_eq!(values, ["1", "3"]);
    }

    #[test]
    fn bytes_that_are_no_utf_8_do_harm_only_where_they_count() {
        let comment = read(b"# Configura\xe7\xe3o\na = b ; \xe7\n");
        assert_eq!((comment.errors.len(), comment.notices.len(), comment.parsed.entries.len()), (0, 2, 1));
        for (bytes, says) in [
            (&b"a = 1\nb = \xe7\n"[..], "h.conf:2: this is not UTF-8"),
            (b"\xff\xfea\0=\0b\0", "h.conf:1: this is UTF-16"),
            (b"\xfe\xff\0a", "h.conf:1: this is UTF-16"),
        ] {
            let errors = read(bytes).errors;
            assert!(errors.len() == 1 && errors[0].to_string().starts_with(says), "{errors:?}");
        }
        assert!(read("a = \u{fffd}").errors.is_empty());
    }
}
