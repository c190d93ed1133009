//! Which of several entries counts.

use crate::ConfigError;
use crate::ini::{Entry, Parsed};
use crate::scope::{GLOBAL, Scope};

/// What a text becomes: none for an option that is as if it were not there; what would be allowed as error.
pub(crate) type Parse<T> = fn(&str) -> Result<Option<T>, String>;

/// The value of an option in a section; none where it is not set.
pub(crate) fn read<T>(
    parsed: &Parsed,
    section: &str,
    (option, scope): (&str, Scope),
    parse: Parse<T>,
) -> Result<Option<T>, ConfigError> {
    let Some(entry) = entry(parsed, section, option, Some(scope)) else { return Ok(None) };
    parse(&entry.value).map_err(|allowed| ConfigError::value(entry, allowed))
}

/// The entry that counts for a section: its own, or the global one where the option has both places.
pub(crate) fn entry<'e>(
    parsed: &'e Parsed,
    section: &str,
    option: &str,
    scope: Option<Scope>,
) -> Option<&'e Entry> {
    let own = match scope {
        Some(Scope::Global) if section != GLOBAL => None,
        Some(Scope::Domain) if section == GLOBAL => None,
        _ => last(parsed, section, option),
    };
    own.or_else(|| last(parsed, GLOBAL, option).filter(|_| scope == Some(Scope::Both)))
}

/// The last of the entries with this name: it counts.
fn last<'e>(parsed: &'e Parsed, section: &str, option: &str) -> Option<&'e Entry> {
    parsed.entries.iter().rev().find(|entry| entry.section == section && entry.option == option)
}
