//! os-release(5), as a shell reads it (compliance.md 3.1).

use crate::root::Root;
use facts::{Fact, Reason, Release};

/// What the first file says that can be opened, even if it is empty.
pub(crate) fn read(root: &Root) -> Fact<Release> {
    let mut reason = Reason::NotAsked;
    for file in FILES {
        match root.text(file) {
            Ok(text) => return Fact::Known(release(file, &text)),
            // What is too large was opened; what is not there or may not be read was not.
            Err(too_large @ Reason::TooLarge(_)) => return Fact::Unknown(too_large),
            Err(other) => reason = other,
        }
    }
    Fact::Unknown(reason)
}

fn release(file: &str, text: &str) -> Release {
    let last = |name: &str| {
        let mut values = text.lines().filter_map(|line| assignment(line, name));
        values.next_back().filter(|value| !value.is_empty())
    };
    Release {
        file: file.to_owned(),
        id: last("ID"),
        version_id: last("VERSION_ID"),
        name: last("NAME"),
        pretty_name: last("PRETTY_NAME"),
    }
}

/// The value of a line that assigns to the name.
fn assignment(line: &str, name: &str) -> Option<String> {
    let value = line.trim().strip_prefix(name)?.strip_prefix('=')?;
    Some(unquoted(value))
}

/// A word as a shell reads it: parts in quotes and parts without stand beside each other.
fn unquoted(word: &str) -> String {
    let (mut value, mut quote) = (String::new(), None);
    let mut letters = word.chars().peekable();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), close) if open == close => quote = None,
            (None, '\\') => value.extend(letters.next()),
            (Some('"'), '\\') if letters.peek().is_some_and(|next| "\"\\$`".contains(*next)) => {
                value.extend(letters.next());
            }
            (_, letter) => value.push(letter),
        }
    }
    value
}

const FILES: [&str; 2] = ["/etc/os-release", "/usr/lib/os-release"];
