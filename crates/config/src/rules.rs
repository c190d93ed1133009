//! What one option says of another, and of what stands elsewhere.

use crate::options::{DomainOptions, GlobalOptions, entry};
use crate::proxy::ProxyCredentials;
use crate::report::Report;
use crate::scope::{BREAKGLASS, GLOBAL};
use crate::settings::{DomainSettings, Pkcs11};
use crate::{ConfigError, Note};
use ini::{Entry, Header, Parsed, Place, ReadFile};
use model::{CloudProfile, DomainName, HsmType};
use option_values::{Spelling, not_a_domain};
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// The domains of `domain` and `domains`, then every section that is named like one.
pub(crate) fn served(parsed: &Parsed, global: &GlobalOptions, report: &mut Report) -> Vec<DomainName> {
    let mut names: Vec<DomainName> = global.domain.iter().chain(&global.domains).cloned().collect();
    let dotted = |header: &&Header| header.name.contains('.');
    for header in parsed.sections.iter().filter(dotted) {
        names.extend(report.value(header.name.parse().map_err(|_| not_a_section(header))));
    }
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

/// What counts for a domain: its people and groups beside those of all domains.
pub(crate) fn domain_options(parsed: &Parsed, name: &DomainName, report: &mut Report) -> DomainOptions {
    let mut options = DomainOptions::read(parsed, name.as_str(), report);
    let everywhere = DomainOptions::read(parsed, GLOBAL, report).pam_allow_groups;
    options.pam_allow_groups = match (everywhere, options.pam_allow_groups) {
        (Some(mut all), Some(more)) => {
            all.extend(more);
            Some(all)
        }
        (all, more) => all.or(more),
    };
    options
}

/// A domain whose hosts are those of its profile.
pub(crate) fn with_profile(
    name: &DomainName,
    options: DomainOptions,
    profile: CloudProfile,
) -> DomainSettings {
    let options = DomainOptions {
        cloud: profile.cloud,
        authority_host: Some(profile.authority.clone()),
        drs_host: Some(profile.drs.clone()),
        graph_url: Some(profile.graph.clone()),
        ..options
    };
    DomainSettings { name: name.clone(), options, profile }
}

/// A name leads to one domain only, whoever is asked: one that is listed as a domain and says nothing of its own is the
/// alias that another calls it.
pub(crate) fn join_aliases(parsed: &Parsed, domains: &mut Vec<DomainSettings>, report: &mut Report) {
    let mut leads: BTreeMap<DomainName, DomainName> = BTreeMap::new();
    let has_entries = |name: &DomainName| parsed.entries.iter().any(|entry| entry.section == name.as_str());
    for domain in domains.iter() {
        let Some(by) = entry(parsed, domain.name.as_str(), "domain_aliases") else { continue };
        for alias in domain.options.domain_aliases.iter().filter(|alias| **alias != domain.name) {
            let listed = domains.iter().any(|it| it.name == *alias);
            let other = leads.insert(alias.clone(), domain.name.clone());
            if other.is_some() || (listed && has_entries(alias)) {
                let allowed = format!("names that lead nowhere else; {alias} is a domain or another's alias");
                report.error(ConfigError::value(by, None, allowed));
            } else if listed {
                report.spelt_at(
                    Spelling::Alias,
                    &by.place,
                    &format!("{alias} is a domain and an alias of {}", domain.name),
                );
            }
        }
    }
    domains.retain(|domain| !leads.contains_key(&domain.name));
    for domain in domains {
        let name = domain.name.clone();
        domain.options.domain_aliases.retain(|alias| *alias != name);
    }
}

/// A password is for the user that the proxy's URL names, and stands in one place.
pub(crate) fn proxy_password(parsed: &Parsed, global: &GlobalOptions, report: &mut Report) {
    if global.proxy_password_file.is_none() {
        return;
    }
    let why = match global.proxy.as_ref().map(|proxy| proxy.credentials()) {
        Some(ProxyCredentials::User) => return,
        None => "proxy_password_file needs proxy = http://user@host:port",
        Some(ProxyCredentials::None) => "proxy_password_file needs a user in proxy = http://user@host:port",
        Some(ProxyCredentials::Password) => {
            "proxy holds a password already; remove it there, or proxy_password_file"
        }
    };
    let by = entry(parsed, GLOBAL, "proxy_password_file");
    report.error(ConfigError::combination(by, GLOBAL, why.to_owned()));
}

/// A module without a token, or a token without a module, leads nowhere.
pub(crate) fn pkcs11(parsed: &Parsed, global: &GlobalOptions) -> Result<Option<Pkcs11>, ConfigError> {
    match (global.pkcs11_module.clone(), global.pkcs11_token.clone()) {
        (Some(module), Some(token)) => {
            Ok(Some(Pkcs11 { module, token, serial: global.pkcs11_serial.clone() }))
        }
        (None, None) if global.hsm_type != HsmType::Pkcs11 => Ok(None),
        (module, _) => {
            let by = ["hsm_type", "pkcs11_module", "pkcs11_token"].map(|name| entry(parsed, GLOBAL, name));
            let missing = if module.is_none() { "pkcs11_module" } else { "pkcs11_token" };
            let why = format!("a PKCS#11 token needs {missing} too");
            Err(ConfigError::combination(by.into_iter().flatten().next(), GLOBAL, why))
        }
    }
}

/// Options that do nothing, because of another one.
pub(crate) fn remarks(parsed: &Parsed) -> impl Iterator<Item = Note> {
    lonely_intune_hosts(parsed)
        .into_iter()
        .chain(lonely_tpm_pcrs(parsed))
        .chain(joined_homes(parsed))
        .chain(no_sub_ids(parsed))
}

/// Whoever may read a file may read the password in it.
pub(crate) fn readable_password(parsed: &Parsed, global: &GlobalOptions, files: &[ReadFile]) -> Option<Note> {
    let password = global.proxy.as_ref()?.credentials() == ProxyCredentials::Password;
    let by = entry(parsed, GLOBAL, "proxy").filter(|_| password)?;
    let open = files.iter().any(|file| file.path == by.place.path && file.world_readable);
    let text = "every user may read this file, with the password of the proxy in it: write http://user@host:port, \
        and the password into proxy_password_file (mode 0600) or the systemd credential proxy-password";
    open.then(|| Note(format!("{}: {text}", by.place)))
}

/// `intune_hosts` means something with `cloud = custom` alone.
fn lonely_intune_hosts(parsed: &Parsed) -> Option<Note> {
    let custom = |entry: &Entry| entry.option == "cloud" && entry.value.eq_ignore_ascii_case("custom");
    let hosts = parsed.entries.iter().find(|entry| entry.option == "intune_hosts")?;
    let note = || Note(format!("{}: intune_hosts counts with cloud = custom only", hosts.place));
    (!parsed.entries.iter().any(custom)).then(note)
}

/// `tpm_pcrs` means something where new keys may be made in a TPM.
fn lonely_tpm_pcrs(parsed: &Parsed) -> Option<Note> {
    let last = |option: &str| {
        let mut entries = parsed.entries.iter().rev();
        entries.find(|entry| entry.section == GLOBAL && entry.option == option && !entry.value.is_empty())
    };
    let (pcrs, kind) = (last("tpm_pcrs")?, last("hsm_type")?);
    let tpm = ["tpm", "tpm_if_possible"].iter().any(|word| kind.value.eq_ignore_ascii_case(word));
    let kind = model::printable(&kind.value, 60);
    let text = format!("tpm_pcrs counts for keys in a TPM only, and hsm_type = {kind} asks for none");
    (!tpm).then(|| Note(format!("{}: {text}", pcrs.place)))
}

/// A prefix is put before the last part of a home as it is.
fn joined_homes(parsed: &Parsed) -> Option<Note> {
    let odd = |entry: &&Entry| {
        entry.option == "home_prefix" && !entry.value.is_empty() && !entry.value.ends_with('/')
    };
    let by = parsed.entries.iter().find(odd)?;
    let value = model::printable(&by.value, 120);
    let text = format!("home_prefix = {value} has no / at its end: homes are named as {value}alex");
    Some(Note(format!("{}: {text}", by.place)))
}

/// The incumbent writes them.
fn no_sub_ids(parsed: &Parsed) -> Option<Note> {
    let by = parsed.entries.iter().find(|entry| entry.option == "subid_range" && !entry.value.is_empty())?;
    let text = "subid_range keeps these numbers free; nothing is written to /etc/subuid and /etc/subgid yet";
    Some(Note(format!("{}: {text}", by.place)))
}

fn not_a_section(header: &Header) -> ConfigError {
    let Place { path, line } = header.place.clone();
    let value = model::printable(&header.name, 80);
    let meant = not_a_domain(&header.name);
    let meant = meant.split_once("; ").map(|(_, meant)| format!("; {meant}")).unwrap_or_default();
    let allowed = format!("[{GLOBAL}], [{BREAKGLASS}] or the name of a domain{meant}");
    ConfigError::Value { path, line, option: "[section]".to_owned(), value, allowed }
}
