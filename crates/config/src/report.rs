//! What is found while a configuration is read: all of it, in the order of the files.

use crate::spelling::Spellings;
use crate::{ConfigError, Note};
use ini::{Entry, Place, ReadFile};
use option_values::{Spelling, punycode};

/// Collects, and never stops the reading.
#[derive(Debug, Default)]
pub(crate) struct Report {
    errors: Vec<ConfigError>,
    pub(crate) notes: Vec<Note>,
    /// Options that are known, do no harm and do nothing, each with its place.
    pub(crate) without_effect: Vec<Note>,
    spellings: Spellings,
}

impl Report {
    /// What applies to several domains is one error all the same.
    pub(crate) fn error(&mut self, error: ConfigError) {
        let text = error.to_string();
        if self.errors.iter().all(|known| known.to_string() != text) {
            self.errors.push(error);
        }
    }

    /// The value, or its error told.
    pub(crate) fn value<T>(&mut self, read: Result<T, ConfigError>) -> Option<T> {
        read.map_err(|error| self.error(error)).ok()
    }

    pub(crate) fn spelt(&mut self, spelling: Spelling, entry: &Entry) {
        let value = match spelling {
            Spelling::Lines => "…".to_owned(),
            // A notice is logged: no password and no name of a person stands in it.
            _ if ["proxy", "pam_allow_groups", "sudo_groups"].contains(&entry.option.as_str()) => {
                "(…)".to_owned()
            }
            Spelling::Letters => {
                let parts = entry.value.split([',', '\n']).map(str::trim);
                parts
                    .filter_map(|part| Some(format!("{part} is {}", punycode(part)?)))
                    .collect::<Vec<_>>()
                    .join(", ")
            }
            _ => model::printable(&entry.value, 60),
        };
        self.spelt_at(spelling, &entry.place, &format!("{} = {value}", entry.option));
    }

    pub(crate) fn spelt_at(&mut self, spelling: Spelling, place: &Place, what: &str) {
        self.spellings.met(spelling, place, what);
    }

    /// Errors and notes, in the order of the files and their lines.
    pub(crate) fn into_parts(self, files: &[ReadFile]) -> (Vec<ConfigError>, Vec<Note>, Vec<Note>) {
        let mut errors = self.errors;
        errors.sort_by_key(|error| {
            let (path, line) = error.place()?;
            Some((files.iter().position(|file| file.path == path), line))
        });
        let mut notes = self.notes;
        notes.extend(self.spellings.notes());
        (errors, notes, self.without_effect)
    }
}
