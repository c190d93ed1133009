use crate::ConfigError;
use crate::ini::Parsed;
use crate::options::{DomainOptions, GlobalOptions};
use crate::rules;
use crate::scope::GLOBAL;
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
