//! Where results and problems go: without `--json` to standard output and standard error, with it as one JSON object to
//! standard output, whatever happens.

use crate::exit::Exit;
use display::Screen;
use ipc::{FailureReport, Message, StatusDocument};
use messages::Language;
use model::{for_terminal, json_for_terminal};
use serde_json::{Map, Value, json};
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Lines for people.
    Text,
    /// One JSON object.
    Json,
    /// One JSON object a line: one for each change, and the last one for the end.
    JsonLines,
}

/// What one command has to say.
pub(crate) struct Output {
    format: Format,
    command: String,
    /// Of whoever signs in.
    language: Language,
    said: Mutex<Said>,
}

/// What goes into the JSON object at the end.
#[derive(Default)]
struct Said {
    messages: Vec<Value>,
    failure: Option<FailureReport>,
    document: Option<StatusDocument>,
    members: Map<String, Value>,
    ended: bool,
}

impl Output {
    pub(crate) fn new(format: Format, command: &str, language: Language) -> Output {
        Output { format, command: command.to_owned(), language, said: Mutex::default() }
    }

    /// The language of whoever signs in.
    pub(crate) fn language(&self) -> Language {
        self.language
    }

    /// A message of the daemon; what is asked or told on the way is shown at once, with `--json` on standard error.
    pub(crate) fn message(&self, message: &Message) -> io::Result<()> {
        if let Message::Failed { failure } = message {
            return self.failed(failure);
        }
        let screen = if io::stdout().is_terminal() && self.format == Format::Text {
            Screen::Pictures
        } else {
            Screen::Lines
        };
        let Some(text) = display::message(message, screen, self.language) else { return Ok(()) };
        self.said().messages.push(serde_json::to_value(message).unwrap_or_default());
        self.aside(&text)
    }

    /// One change of many: with `--json` an object of its own.
    pub(crate) fn change(&self, message: &Message) -> io::Result<()> {
        match (self.format, message) {
            (Format::JsonLines, Message::Progress { .. } | Message::Notice { .. }) => {
                print_json(serde_json::to_string(message))
            }
            _ => self.message(message),
        }
    }

    /// What was refused or failed.
    pub(crate) fn failed(&self, failure: &FailureReport) -> io::Result<()> {
        // The last one is why the command ends.
        self.said().failure = Some(failure.clone());
        match self.format {
            Format::Json | Format::JsonLines => Ok(()),
            Format::Text => io::stderr().write_all(display::failure(failure, self.language).as_bytes()),
        }
    }

    /// What went wrong here, which the daemon does not know of.
    pub(crate) fn error(&self, failure: &FailureReport, text: &str) {
        self.said().failure.get_or_insert_with(|| failure.clone());
        if self.format == Format::Text {
            // The daemon, or whoever listens in its place, may be quoted.
            for line in text.lines() {
                eprintln!("aad-tool: {}", for_terminal(line));
            }
        }
    }

    /// A document that is the result: as text, or itself as the JSON object.
    pub(crate) fn document(&self, document: &StatusDocument, text: &str) -> io::Result<()> {
        self.said().document = Some(document.clone());
        match self.format {
            Format::Json | Format::JsonLines => Ok(()),
            Format::Text => print(text),
        }
    }

    /// A result in lines, which is a member of the JSON object.
    pub(crate) fn result(&self, member: &str, value: Value, text: &str) -> io::Result<()> {
        self.said().members.insert(member.to_owned(), value);
        match self.format {
            Format::Json | Format::JsonLines => Ok(()),
            Format::Text => print(text),
        }
    }

    /// What is said on the way: a result of its own where people read, beside the result where a program does.
    pub(crate) fn aside(&self, text: &str) -> io::Result<()> {
        match self.format {
            Format::Json | Format::JsonLines => io::stderr().write_all(text.as_bytes()),
            Format::Text => print(text),
        }
    }

    /// The end of it; with `--json` the object, once.
    pub(crate) fn end(&self, exit: Exit) {
        let mut said = self.said();
        if self.format == Format::Text || std::mem::replace(&mut said.ended, true) {
            return;
        }
        let object = match said.document.take().filter(|_| said.failure.is_none()) {
            Some(document) => serde_json::to_string_pretty(&document),
            None if self.format == Format::JsonLines => serde_json::to_string(&self.object(&mut said, exit)),
            None => serde_json::to_string_pretty(&self.object(&mut said, exit)),
        };
        // A closed pipe leaves nobody to tell.
        drop(print_json(object));
    }

    fn object(&self, said: &mut Said, exit: Exit) -> Value {
        let mut object = json!({
            "schema": RESULT_SCHEMA,
            "command": self.command,
            "outcome": exit.as_str(),
            "exit_code": exit.code(),
            "failure": said.failure,
            "messages": std::mem::take(&mut said.messages),
        });
        if let Value::Object(members) = &mut object {
            members.append(&mut said.members);
        }
        object
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Texts, numbers and lists of them have a JSON form always.
fn print_json(object: serde_json::Result<String>) -> io::Result<()> {
    print(&(json_for_terminal(&object.unwrap_or_default()) + "\n"))
}

fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// The schema of the JSON object; grows when a member changes its meaning or goes.
const RESULT_SCHEMA: u32 = 1;
