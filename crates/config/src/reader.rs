use crate::options::{BreakglassOptions, DomainOptions, GlobalOptions, known};
use crate::report::Report;
use crate::scope::{BREAKGLASS, GLOBAL, Use};
use crate::settings::Settings;
use crate::{clouds, ranges, rules};
use ini::Parsed;
use option_values::{Spelling, punycode, unquoted};

/// Checks everything that counts; the last of two entries with one name does. What is wrong is reported, and the
/// default stands in its place.
pub(crate) fn settings(parsed: Parsed, report: &mut Report) -> Settings {
    // What stands in [global] is checked even where every domain overrides it, or there is none.
    DomainOptions::read(&parsed, GLOBAL, report);
    let mut global = GlobalOptions::read(&parsed, GLOBAL, report);
    let offline_breakglass = BreakglassOptions::read(&parsed, BREAKGLASS, report);
    let names = rules::served(&parsed, &global, report);
    let mut domains = Vec::new();
    for name in &names {
        let options = rules::domain_options(&parsed, name, report);
        let profile = report.value(clouds::profile(&parsed, name, &options));
        domains.extend(profile.map(|profile| rules::with_profile(name, options, profile)));
    }
    rules::join_aliases(&parsed, &mut domains, report);
    global.domain = names.into_iter().filter(|name| domains.iter().any(|it| it.name == *name)).collect();
    ranges::check(&parsed, &global, &domains, report);
    rules::proxy_password(&parsed, &global, report);
    let pkcs11 = report.value(rules::pkcs11(&parsed, &global)).flatten();
    Settings { global, offline_breakglass, domains, pkcs11, parsed }
}

/// Gives every value and every section the one form that is meant.
pub(crate) fn normalise(parsed: &mut Parsed, report: &mut Report) {
    for header in parsed.sections.iter_mut().filter(|header| header.name.contains('.')) {
        if let Some(name) = punycode(&header.name) {
            report.spelt_at(Spelling::Letters, &header.place, &format!("[{}]", header.name));
            header.name = name;
        }
    }
    for entry in &mut parsed.entries {
        if let Some(name) = punycode(&entry.section).filter(|_| entry.section.contains('.')) {
            entry.section = name;
        }
        let used = known(&entry.option).is_some_and(|(_, used)| matches!(used, Use::Shared | Use::Ours));
        if entry.continued && used {
            report.spelt(Spelling::Lines, entry);
        }
        if let Some(inner) = unquoted(&entry.value).map(str::to_owned) {
            if used {
                report.spelt(Spelling::Quotes, entry);
            }
            entry.value = inner;
        }
    }
}
