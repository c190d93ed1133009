//! Which of several entries counts.

use crate::ConfigError;
use crate::report::Report;
use crate::scope::{GLOBAL, Scope};
use ini::{Entry, Parsed};
use option_values::Raw;

/// What a text becomes: none for an option that is as if it were not there; what would be allowed as error.
pub(crate) type Parse<T> = fn(&Raw<'_>) -> Result<Option<T>, String>;

/// The value of an option in a section; none where it is not set, or is not allowed, which is told.
pub(crate) fn read<T>(
    report: &mut Report,
    (parsed, section): (&Parsed, &str),
    (option, scope): (&str, Scope),
    parse: Parse<T>,
) -> Option<T> {
    let entry = entry(parsed, section, option, Some(scope))?;
    let raw = Raw::new(&entry.value);
    let value = parse(&raw).map_err(|allowed| ConfigError::value(entry, raw.part(), allowed));
    raw.spellings().into_iter().for_each(|spelling| report.spelt(spelling, entry));
    report.value(value).flatten()
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
