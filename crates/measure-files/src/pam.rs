//! The stack that a change of a local password goes through (compliance.md 5.2).

use crate::pam_modules::{Folders, module};
use crate::root::Root;
use facts::{Action, Answer, Control, Module, PasswordStack, Place, Reason, StackLine};
use std::collections::BTreeMap;

/// The `password` lines of the service `passwd`, or of `other` where that has none.
pub(crate) fn read(root: &Root) -> Result<PasswordStack, Reason> {
    let mut reader = Reader { root, folders: Folders::read(root), lines: Vec::new(), files: 0 };
    if !FOLDERS.iter().any(|folder| root.is_there(folder)) {
        reader.single_file()?;
    } else {
        for service in SERVICES {
            if let Some((file, text)) = reader.find(service)? {
                reader.file(&file, &text, &Inclusion::default())?;
            }
            if !reader.lines.is_empty() {
                break;
            }
        }
    }
    match reader.lines.is_empty() {
        true => Err(Reason::Missing(format!("{}/{}", FOLDERS[0], SERVICES[0]))),
        false => Ok(PasswordStack { lines: reader.lines }),
    }
}

struct Reader<'r> {
    root: &'r Root,
    folders: Folders,
    lines: Vec<StackLine>,
    /// Files that were read.
    files: usize,
}

/// How a file came to be read.
#[derive(Clone, Default)]
struct Inclusion {
    /// The files on the way to it.
    files: Vec<String>,
    /// How many substacks it lies in.
    level: usize,
}

impl Reader<'_> {
    /// The file of a service or of an inclusion: the first that is there.
    fn find(&self, name: &str) -> Result<Option<(String, String)>, Reason> {
        let places = match name.starts_with('/') {
            true => vec![name.to_owned()],
            false => FOLDERS.iter().map(|folder| format!("{folder}/{name}")).collect(),
        };
        for place in places {
            if let Some(text) = self.root.text_if_there(&place)? {
                return Ok(Some((place, text)));
            }
        }
        Ok(None)
    }

    /// The file of machines without a directory of services; its lines begin with the service.
    fn single_file(&mut self) -> Result<(), Reason> {
        let text = self.root.text(SINGLE_FILE)?;
        for service in SERVICES {
            for (number, line) in logical_lines(&text) {
                let (name, rest) = split_word(line.trim());
                if name.eq_ignore_ascii_case(service) {
                    let place = Place { file: SINGLE_FILE.to_owned(), line: number };
                    self.line(place, rest, &Inclusion::default())?;
                }
            }
            if !self.lines.is_empty() {
                break;
            }
        }
        Ok(())
    }

    fn file(&mut self, file: &str, text: &str, from: &Inclusion) -> Result<(), Reason> {
        self.files += 1;
        let mut inclusion = from.clone();
        inclusion.files.push(file.to_owned());
        for (number, line) in logical_lines(text) {
            let place = Place { file: file.to_owned(), line: number };
            self.line(place, line.trim(), &inclusion)?;
        }
        Ok(())
    }

    fn line(&mut self, place: Place, line: &str, from: &Inclusion) -> Result<(), Reason> {
        let not_understood = || Reason::NotUnderstood { file: place.file.clone(), line: place.line };
        let mut words = words(line).ok_or_else(not_understood)?.into_iter();
        let Some(first) = words.next() else { return Ok(()) };
        if first == "@include" {
            let name = words.next().ok_or_else(not_understood)?;
            return self.include(&place, &name, from.clone());
        }
        match first.strip_prefix('-').unwrap_or(&first).to_ascii_lowercase().as_str() {
            "password" => {}
            "auth" | "account" | "session" => return Ok(()),
            _ => return Err(not_understood()),
        }
        let (Some(control), Some(path)) = (words.next(), words.next()) else { return Err(not_understood()) };
        let arguments: Vec<String> = words.collect();
        let line = |control, module, is_present| StackLine {
            place: place.clone(),
            level: from.level,
            control,
            module,
            is_present,
        };
        match control.to_ascii_lowercase().as_str() {
            "include" => self.include(&place, &path, from.clone()),
            "substack" => {
                self.lines.push(line(Control::required(), Module::Substack, true));
                self.include(&place, &path, Inclusion { level: from.level + 1, ..from.clone() })
            }
            _ => {
                let control = self::control(&control).ok_or_else(not_understood)?;
                let is_present = self.folders.have(self.root, &path)?;
                let module = module(self.root, &place, &path, &arguments);
                self.lines.push(line(control, module, is_present));
                Ok(())
            }
        }
    }

    fn include(&mut self, place: &Place, name: &str, from: Inclusion) -> Result<(), Reason> {
        let (file, text) =
            self.find(name)?.ok_or_else(|| Reason::Missing(format!("{}/{name}", FOLDERS[0])))?;
        if from.files.len() > DEEPEST || from.files.contains(&file) || self.files > MOST_FILES {
            return Err(Reason::TooDeep { file: place.file.clone(), line: place.line });
        }
        self.file(&file, &text, &from)
    }
}

/// Lines without comments, those that end with a backslash joined to the next; each with the number of its first.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default().trim_end();
        let (content, more) = line.strip_suffix('\\').map_or((line, false), |content| (content, true));
        match lines.last_mut().filter(|_| goes_on) {
            Some((_, before)) => before.extend([" ", content]),
            None => lines.push((number, content.to_owned())),
        }
        goes_on = more;
    }
    lines
}

/// The words of a line; what begins with a bracket goes on to the closing one and loses both. None without one.
fn words(line: &str) -> Option<Vec<String>> {
    let (mut words, mut rest) = (Vec::new(), line.trim_start());
    while !rest.is_empty() {
        let (word, behind) = match rest.strip_prefix('[') {
            Some(inside) => bracketed(inside)?,
            None => {
                let (word, behind) = split_word(rest);
                (word.to_owned(), behind)
            }
        };
        words.push(word);
        rest = behind.trim_start();
    }
    Some(words)
}

/// What stands before the closing bracket, and what behind it; a bracket behind a backslash closes nothing.
fn bracketed(inside: &str) -> Option<(String, &str)> {
    let mut word = String::new();
    let mut letters = inside.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            ']' => return Some((word, &inside[at + 1..])),
            '\\' if inside[at + 1..].starts_with(']') => word.extend(letters.next().map(|(_, next)| next)),
            other => word.push(other),
        }
    }
    None
}

fn split_word(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim_start())
}

/// A word of pam.conf(5), or a list of answers and actions.
fn control(text: &str) -> Option<Control> {
    match text.to_ascii_lowercase().as_str() {
        "required" => return Some(Control::required()),
        "requisite" => return Some(Control::requisite()),
        "sufficient" => return Some(Control::sufficient()),
        "optional" => return Some(Control::optional()),
        _ => {}
    }
    // An answer without an action counts as a failure.
    let mut control = Control { of: BTreeMap::new(), default: Action::Bad };
    let spaced = text.replace('=', " = ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let pairs = words.chunks(3);
    for pair in pairs {
        let [answer, "=", action] = pair else { return None };
        let action = action_of(action)?;
        match *answer {
            "default" => control.default = action,
            answer => {
                control.of.insert(answer.parse::<Answer>().ok()?, action);
            }
        }
    }
    (!words.is_empty()).then_some(control)
}

fn action_of(word: &str) -> Option<Action> {
    Some(match word {
        "ignore" | "0" => Action::Ignore,
        "ok" => Action::Ok,
        "done" => Action::Done,
        "bad" => Action::Bad,
        "die" => Action::Die,
        "reset" => Action::Reset,
        number => Action::Jump(number.parse().ok().filter(|over| *over <= LONGEST_JUMP)?),
    })
}

const FOLDERS: [&str; 3] = ["/etc/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d"];
const SERVICES: [&str; 2] = ["passwd", "other"];
const SINGLE_FILE: &str = "/etc/pam.conf";
/// Files that include each other.
const DEEPEST: usize = 10;
/// Files of a stack, each as often as it is included.
const MOST_FILES: usize = 100;
/// Lines that one may go over.
const LONGEST_JUMP: usize = 1_000;
