//! What one option says of another, and of what stands elsewhere.

use crate::ini::{Entry, Header, Parsed, Place};
use crate::options::{DomainOptions, GlobalOptions, entry};
use crate::scope::{BREAKGLASS, GLOBAL};
use crate::settings::{DomainSettings, Pkcs11};
use crate::{ConfigError, Note};
use model::{Cloud, CloudProfile, DomainName, HsmType, IntuneHosts};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The domains of `domain` and `domains`, then every section that is named like one.
pub(crate) fn served(parsed: &Parsed, global: &GlobalOptions) -> Result<Vec<DomainName>, ConfigError> {
    let mut names: Vec<DomainName> = global.domain.iter().chain(&global.domains).cloned().collect();
    let dotted = |header: &&Header| header.name.contains('.');
    for header in parsed.sections.iter().filter(dotted) {
        names.push(header.name.parse().map_err(|_| not_a_section(header))?);
    }
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    Ok(names)
}

/// What counts for a domain: its groups beside the global ones, and the hosts of its cloud where it names no others.
pub(crate) fn domain(parsed: &Parsed, name: &DomainName) -> Result<DomainSettings, ConfigError> {
    let section = name.as_str();
    let mut options = DomainOptions::read(parsed, section)?;
    let everywhere = DomainOptions::read(parsed, GLOBAL)?.pam_allow_groups;
    options.pam_allow_groups.splice(0..0, everywhere);
    let profile = profile(&options).ok_or_else(|| {
        let why = "cloud = custom needs authority_host, drs_host and graph_url".to_owned();
        missing_beside(entry(parsed, section, "cloud"), section, why)
    })?;
    options.authority_host = Some(profile.authority.clone());
    options.drs_host = Some(profile.drs.clone());
    options.graph_url = Some(profile.graph.clone());
    Ok(DomainSettings { name: name.clone(), options, profile })
}

/// None for a cloud of one's own that is not whole.
fn profile(options: &DomainOptions) -> Option<CloudProfile> {
    let DomainOptions { authority_host, drs_host, graph_url, intune_hosts, .. } = options.clone();
    let base = match options.cloud {
        Cloud::Public => CloudProfile::public(),
        Cloud::UsGov => CloudProfile::us_gov(),
        Cloud::China => CloudProfile::china(),
        Cloud::Custom => {
            let intune = IntuneHosts::Exactly(intune_hosts);
            let (authority, drs, graph) = (authority_host?, drs_host?, graph_url?);
            return Some(CloudProfile { cloud: Cloud::Custom, authority, drs, graph, intune });
        }
    };
    Some(CloudProfile {
        authority: authority_host.unwrap_or(base.authority),
        drs: drs_host.unwrap_or(base.drs),
        graph: graph_url.unwrap_or(base.graph),
        ..base
    })
}

/// A name leads to one domain only, whoever is asked.
pub(crate) fn check_aliases(parsed: &Parsed, domains: &[DomainSettings]) -> Result<(), ConfigError> {
    let mut taken: BTreeSet<&DomainName> = domains.iter().map(|domain| &domain.name).collect();
    for domain in domains {
        let doubled = domain.options.domain_aliases.iter().find(|alias| !taken.insert(alias));
        let entry = entry(parsed, domain.name.as_str(), "domain_aliases");
        if let (Some(alias), Some(entry)) = (doubled, entry) {
            let allowed = format!("names that lead nowhere else; {alias} is a domain or another's alias");
            return Err(ConfigError::value(entry, allowed));
        }
    }
    Ok(())
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
            Err(missing_beside(by.into_iter().flatten().next(), GLOBAL, why))
        }
    }
}

/// Options that do nothing, because of another one.
pub(crate) fn remarks(parsed: &Parsed) -> impl Iterator<Item = Note> {
    lonely_intune_hosts(parsed).into_iter().chain(lonely_tpm_pcrs(parsed))
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

fn missing_beside(entry: Option<&Entry>, section: &str, why: String) -> ConfigError {
    let place = entry.map(|entry| entry.place.clone());
    let Place { path, line } = place.unwrap_or(Place { path: PathBuf::new(), line: 0 });
    ConfigError::Missing { path, line, section: section.to_owned(), why }
}

fn not_a_section(header: &Header) -> ConfigError {
    let Place { path, line } = header.place.clone();
    let value = model::printable(&header.name, 80);
    let allowed = format!("[{GLOBAL}], [{BREAKGLASS}] or the name of a domain");
    ConfigError::Value { path, line, option: "[section]".to_owned(), value, allowed }
}
