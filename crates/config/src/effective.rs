use crate::Settings;
use crate::ini::Place;
use crate::notes::is_foreign;
use crate::options::{GLOBAL, PATHS};
use crate::reader;
use crate::settings::{DomainSettings, Pkcs11};
use model::{Cloud, IntuneHosts};
use std::fmt;
use std::path::PathBuf;

/// One effective option and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// `global` or a domain.
    pub section: String,
    /// The option.
    pub option: &'static str,
    /// Its value as used.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A line of a file.
    File {
        /// The file.
        path: PathBuf,
        /// Counts from 1.
        line: usize,
    },
    /// Nobody set it.
    Default,
    /// It was set, and ours is used for this reason.
    Ours(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File { path, line } => write!(out, "{}:{line}", path.display()),
            Origin::Default => out.write_str("default"),
            Origin::Ours(why) => write!(out, "ours: {why}"),
        }
    }
}

impl fmt::Display for Effective {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "[{}] {} = {}  ({})", self.section, self.option, self.value, self.origin)
    }
}

pub(crate) fn effective(settings: &Settings) -> Vec<Effective> {
    let line = |section: &str, (option, value): (&'static str, String)| {
        let origin = origin(settings, section, option);
        Effective { section: section.to_owned(), option, value, origin }
    };
    let mut lines: Vec<Effective> = global(settings).into_iter().map(|pair| line(GLOBAL, pair)).collect();
    for domain in &settings.domains {
        lines.extend(of_domain(domain).into_iter().map(|pair| line(domain.name.as_str(), pair)));
    }
    lines
}

fn global(settings: &Settings) -> Vec<(&'static str, String)> {
    let names = settings.domains.iter().map(|domain| &domain.name);
    let mut pairs = vec![
        ("domain", joined(names)),
        ("hsm_type", settings.hsm_type.to_string()),
        ("hsm_pin_path", settings.hsm_pin_path.display().to_string()),
        ("tpm_tcti_name", settings.tpm_tcti_name.clone()),
        ("tpm_pcrs", settings.tpm_pcrs.to_string()),
        ("socket_path", settings.socket_path.display().to_string()),
        ("request_timeout", settings.request_timeout.as_secs().to_string()),
        ("ip_version", settings.ip_version.to_string()),
        ("intune_client_version", settings.intune_client_version.to_string()),
        ("prt_kdf", settings.prt_kdf.to_string()),
        ("ca_file", settings.ca_file().map(|path| path.display().to_string()).unwrap_or_default()),
        ("proxy", settings.proxy().map(|_| "(set)".to_owned()).unwrap_or_default()),
        ("device_name", settings.device_name.clone()),
        ("debug", settings.debug.to_string()),
    ];
    if let Some(Pkcs11 { module, token, serial }) = &settings.pkcs11 {
        pairs.push(("pkcs11_module", module.display().to_string()));
        pairs.push(("pkcs11_token", token.clone()));
        pairs.push(("pkcs11_serial", serial.clone().unwrap_or_default()));
        let pin = settings.pkcs11_pin_path().map(|path| path.display().to_string());
        pairs.push(("pkcs11_pin_path", pin.unwrap_or_default()));
    }
    pairs
}

fn of_domain(domain: &DomainSettings) -> Vec<(&'static str, String)> {
    let profile = &domain.profile;
    let mut pairs = vec![
        ("join_type", domain.join_type.to_string()),
        ("apply_policy", domain.apply_policy.to_string()),
        ("registration", domain.registration.to_string()),
        ("sign_in", domain.sign_in.to_string()),
        ("cloud", profile.cloud.to_string()),
        ("authority_host", profile.authority.to_string()),
        ("drs_host", profile.drs.to_string()),
        ("graph_url", format!("https://{}", profile.graph)),
    ];
    if let (Cloud::Custom, IntuneHosts::Exactly(hosts)) = (profile.cloud, &profile.intune) {
        pairs.push(("intune_hosts", joined(hosts)));
    }
    if let Some(tenant) = domain.tenant {
        pairs.push(("tenant_id", tenant.to_string()));
    }
    if !domain.aliases.is_empty() {
        pairs.push(("domain_aliases", joined(&domain.aliases)));
    }
    pairs
}

fn joined<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(",")
}

fn origin(settings: &Settings, section: &str, option: &str) -> Origin {
    let named = |option| reader::entry(&settings.parsed, section, option);
    let entry = named(option).or_else(|| (option == "domain").then(|| named("domains")).flatten());
    match entry {
        Some(entry) if PATHS.contains(&option) && is_foreign(&entry.value) => {
            Origin::Ours("the configured value is under a directory of himmelblau")
        }
        Some(entry) if entry.value.is_empty() => Origin::Default,
        Some(entry) => {
            let Place { path, line } = entry.place.clone();
            Origin::File { path, line }
        }
        None => Origin::Default,
    }
}
