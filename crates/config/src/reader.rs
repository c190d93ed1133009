use crate::ConfigError;
use crate::ini::{Entry, Parsed};
use crate::options::{DomainOptions, GLOBAL, GlobalOptions, Parse, Scope, known};
use crate::rules;
use crate::settings::Settings;

/// Checks everything that counts; the last of two entries with one name does.
pub(crate) fn settings(parsed: Parsed) -> Result<Settings, ConfigError> {
    // What stands in [global] is checked even where every domain overrides it, or there is none.
    DomainOptions::read(&parsed, GLOBAL)?;
    let mut global = GlobalOptions::read(&parsed, GLOBAL)?;
    global.domain = rules::served(&parsed, &global)?;
    let domains = global.domain.iter().map(|name| rules::domain(&parsed, name));
    let domains = domains.collect::<Result<Vec<_>, _>>()?;
    rules::check_aliases(&parsed, &domains)?;
    let pkcs11 = rules::pkcs11(&parsed, &global)?;
    Ok(Settings { global, domains, pkcs11, parsed })
}

/// The value of an option in a section; none where it is not set.
pub(crate) fn read<T>(
    parsed: &Parsed,
    section: &str,
    option: &str,
    parse: Parse<T>,
) -> Result<Option<T>, ConfigError> {
    let Some(entry) = entry(parsed, section, option) else { return Ok(None) };
    parse(&entry.value).map_err(|allowed| ConfigError::value(entry, allowed))
}

/// The entry that counts for a section: its own, or the global one where the option has both places.
pub(crate) fn entry<'e>(parsed: &'e Parsed, section: &str, option: &str) -> Option<&'e Entry> {
    let scope = known(option).map(|(scope, _)| scope);
    let own = match scope {
        Some(Scope::Global) if section != GLOBAL => None,
        Some(Scope::Domain) if section == GLOBAL => None,
        _ => last(parsed, section, option),
    };
    own.or_else(|| last(parsed, GLOBAL, option).filter(|_| scope == Some(Scope::Both)))
}

fn last<'e>(parsed: &'e Parsed, section: &str, option: &str) -> Option<&'e Entry> {
    parsed.entries.iter().rev().find(|entry| entry.section == section && entry.option == option)
}
