use crate::ini::Entry;
use crate::options::{Scope, scope};
use crate::{ConfigError, Loaded, Note};
use model::{Cloud, CloudProfile, DomainName, HostPort, IntuneHosts, JoinType, TenantId};
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// The checked settings.
#[derive(Debug, Clone)]
pub struct Settings {
    entries: Vec<Entry>,
    domains: Vec<DomainSettings>,
    hsm_type: HsmType,
    hsm_pin_path: PathBuf,
    socket_path: PathBuf,
    request_timeout: Duration,
    ip_version: IpVersion,
    ca_file: Option<PathBuf>,
    proxy: Option<String>,
    device_name: String,
    debug: bool,
}

/// One domain.
#[derive(Debug, Clone)]
pub struct DomainSettings {
    /// Its name.
    pub name: DomainName,
    /// Other domains whose people sign in as this one's.
    pub aliases: Vec<DomainName>,
    /// `join_type`.
    pub join_type: JoinType,
    /// `apply_policy`.
    pub apply_policy: bool,
    /// `registration`.
    pub registration: Registration,
    /// The hosts of its cloud.
    pub profile: CloudProfile,
    /// `tenant_id`.
    pub tenant: Option<TenantId>,
}

/// `registration`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// Behind the sign-in.
    Background,
    /// A sign-in waits for it.
    Required,
    /// Never.
    Off,
}

/// `hsm_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HsmType {
    /// Software keys.
    Soft,
    /// A TPM or nothing.
    Tpm,
    /// A TPM where there is one.
    TpmIfPossible,
    /// Software keys bound to a TPM where there is one.
    TpmBoundSoftIfPossible,
    /// A PKCS#11 token.
    Pkcs11,
}

/// `ip_version`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IpVersion {
    /// Either.
    Both,
    /// IPv4 only.
    V4,
    /// IPv6 only.
    V6,
}

/// One effective option and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// `global` or a domain.
    pub section: String,
    /// The option.
    pub option: &'static str,
    /// Its value as used.
    pub value: String,
    /// `file:line`, `default`, or why it is ours.
    pub origin: String,
}

impl fmt::Display for Effective {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "[{}] {} = {}  ({})", self.section, self.option, self.value, self.origin)
    }
}

impl Settings {
    /// The configured domains in their order.
    pub fn domains(&self) -> &[DomainSettings] {
        &self.domains
    }
    /// Which key store a new identity uses.
    pub fn hsm_type(&self) -> HsmType {
        self.hsm_type
    }
    /// The file of the auth value.
    pub fn hsm_pin_path(&self) -> &Path {
        &self.hsm_pin_path
    }
    /// Where the daemon listens.
    pub fn socket_path(&self) -> &Path {
        &self.socket_path
    }
    /// Deadline of one exchange.
    pub fn request_timeout(&self) -> Duration {
        self.request_timeout
    }
    /// Which addresses are used.
    pub fn ip_version(&self) -> IpVersion {
        self.ip_version
    }
    /// Certificates to trust in the place of the system's.
    pub fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }
    /// The proxy.
    pub fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }
    /// The device's name; `%h` stands for the host name.
    pub fn device_name(&self) -> &str {
        &self.device_name
    }
    /// Whether every step is logged.
    pub fn debug(&self) -> bool {
        self.debug
    }

    /// Refuses what this version does not have, naming what to do instead.
    ///
    /// # Errors
    /// [`ConfigError::Unsupported`].
    pub fn check_supported(&self) -> Result<(), ConfigError> {
        let value = match self.hsm_type {
            HsmType::Tpm => "tpm",
            HsmType::Pkcs11 => "pkcs11",
            HsmType::Soft | HsmType::TpmIfPossible | HsmType::TpmBoundSoftIfPossible => return Ok(()),
        };
        let instead = "set hsm_type = tpm_if_possible or soft";
        Err(ConfigError::Unsupported { option: "hsm_type", value: value.to_owned(), instead })
    }

    /// Every setting that is in force and where it comes from.
    pub fn effective(&self) -> Vec<Effective> {
        let mut lines = Vec::new();
        let mut add = |section: &str, option: &'static str, value: String| {
            let origin = self.origin(section, option, &value);
            lines.push(Effective { section: section.to_owned(), option, value, origin });
        };
        let names: Vec<String> = self.domains.iter().map(|domain| domain.name.to_string()).collect();
        add(GLOBAL, "domain", names.join(","));
        add(GLOBAL, "hsm_type", hsm_word(self.hsm_type).to_owned());
        add(GLOBAL, "hsm_pin_path", self.hsm_pin_path.display().to_string());
        add(GLOBAL, "socket_path", self.socket_path.display().to_string());
        add(GLOBAL, "request_timeout", self.request_timeout.as_secs().to_string());
        add(GLOBAL, "ip_version", ip_word(self.ip_version).to_owned());
        add(
            GLOBAL,
            "ca_file",
            self.ca_file.as_ref().map(|path| path.display().to_string()).unwrap_or_default(),
        );
        add(GLOBAL, "proxy", self.proxy.as_ref().map(|_| "(set)".to_owned()).unwrap_or_default());
        add(GLOBAL, "device_name", self.device_name.clone());
        add(GLOBAL, "debug", self.debug.to_string());
        for domain in &self.domains {
            let name = domain.name.as_str();
            add(name, "join_type", domain.join_type.word().to_owned());
            add(name, "apply_policy", domain.apply_policy.to_string());
            add(name, "registration", registration_word(domain.registration).to_owned());
            add(name, "sign_in", "device_code".to_owned());
            add(name, "authority_host", domain.profile.authority.to_string());
            add(name, "drs_host", domain.profile.drs.to_string());
            add(name, "graph_url", format!("https://{}", domain.profile.graph));
            if let Some(tenant) = domain.tenant {
                add(name, "tenant_id", tenant.to_string());
            }
        }
        lines
    }

    fn origin(&self, section: &str, option: &str, value: &str) -> String {
        let entry = find(&self.entries, section, option).or_else(|| find(&self.entries, GLOBAL, option));
        match entry {
            Some(entry) if is_foreign(&entry.value) && entry.value != value => {
                "ours: the configured value is under a directory of himmelblau".to_owned()
            }
            Some(entry) => format!("{}:{}", entry.path.display(), entry.line),
            None => "default".to_owned(),
        }
    }
}

/// Checks every entry; the last of two with one name counts.
pub(crate) fn check(entries: Vec<Entry>) -> Result<Loaded, ConfigError> {
    let notes = notes(&entries);
    let reader = Reader { entries: &entries };
    let mut domains = Vec::new();
    for name in reader.domain_names()? {
        domains.push(reader.domain(name)?);
    }
    let seconds = reader.number(GLOBAL, "request_timeout", 10, 1..=300)?;
    reader.number(GLOBAL, "connection_timeout", 30, 1..=3600)?;
    let settings = Settings {
        domains,
        hsm_type: reader.word(GLOBAL, "hsm_type", HSM_TYPES)?.unwrap_or(HsmType::TpmIfPossible),
        hsm_pin_path: reader
            .path("hsm_pin_path")
            .unwrap_or_else(|| PathBuf::from("/var/lib/firmament/hsm-pin")),
        socket_path: reader.path("socket_path").unwrap_or_else(|| PathBuf::from("/run/firmament/socket")),
        request_timeout: Duration::from_secs(seconds),
        ip_version: reader.word(GLOBAL, "ip_version", IP_VERSIONS)?.unwrap_or(IpVersion::Both),
        ca_file: reader.text(GLOBAL, "ca_file").map(PathBuf::from),
        proxy: reader.proxy()?,
        device_name: reader.text(GLOBAL, "device_name").unwrap_or("%h").to_owned(),
        debug: reader.boolean(GLOBAL, "debug")?.unwrap_or(false),
        entries: entries.clone(),
    };
    Ok(Loaded { settings, notes })
}

fn find<'e>(entries: &'e [Entry], section: &str, option: &str) -> Option<&'e Entry> {
    entries.iter().rev().find(|entry| entry.section == section && entry.option == option)
}

/// What is known and of no use here, what nobody knows, and what stands in the wrong place; once each.
fn notes(entries: &[Entry]) -> Vec<Note> {
    let mut notes = BTreeSet::new();
    for entry in entries {
        let place = format!("{}:{}", entry.path.display(), entry.line);
        let option = &entry.option;
        let global = entry.section == GLOBAL;
        let text = match scope(option) {
            None => format!("{place}: the option {option} is not known; it is ignored"),
            Some(Scope::Unused) => {
                format!("{place}: the option {option} is himmelblau's and of no use here yet")
            }
            Some(Scope::Global) if !global => format!("{place}: the option {option} counts in [global] only"),
            Some(Scope::Domain) if global => {
                format!("{place}: the option {option} counts in a domain's section only")
            }
            Some(_) if is_foreign(&entry.value) => {
                format!(
                    "{place}: {option} = {} is himmelblau's own; Firmament keeps to its own place",
                    entry.value
                )
            }
            Some(_) => continue,
        };
        notes.insert(Note(text));
    }
    notes.into_iter().collect()
}

/// Whether a path is in a directory of the incumbent.
fn is_foreign(value: &str) -> bool {
    FOREIGN.iter().any(|dir| value.starts_with(dir))
}

struct Reader<'e> {
    entries: &'e [Entry],
}

impl<'e> Reader<'e> {
    fn entry(&self, section: &str, option: &str) -> Option<&'e Entry> {
        let own = find(self.entries, section, option)
            .filter(|_| section == GLOBAL || scope(option) != Some(Scope::Global));
        let inherited = || find(self.entries, GLOBAL, option).filter(|_| scope(option) == Some(Scope::Both));
        own.or_else(inherited).filter(|entry| !entry.value.is_empty())
    }

    fn text(&self, section: &str, option: &str) -> Option<&'e str> {
        self.entry(section, option).map(|entry| entry.value.as_str())
    }

    fn path(&self, option: &str) -> Option<PathBuf> {
        self.text(GLOBAL, option).filter(|value| !is_foreign(value)).map(PathBuf::from)
    }

    fn parsed<T: FromStr>(
        &self,
        section: &str,
        option: &str,
        allowed: &str,
    ) -> Result<Option<T>, ConfigError> {
        let parse = |entry: &Entry| entry.value.parse().map_err(|_| refused(entry, allowed.to_owned()));
        self.entry(section, option).map(parse).transpose()
    }

    fn word<T: Copy>(
        &self,
        section: &str,
        option: &str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, ConfigError> {
        let Some(entry) = self.entry(section, option) else { return Ok(None) };
        let found = words.iter().find(|(word, _)| *word == entry.value.to_ascii_lowercase());
        let allowed = || words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        found.map(|(_, value)| Some(*value)).ok_or_else(|| refused(entry, allowed()))
    }

    fn boolean(&self, section: &str, option: &str) -> Result<Option<bool>, ConfigError> {
        self.word(section, option, &[("true", true), ("false", false), ("1", true), ("0", false)])
    }

    fn number(
        &self,
        section: &str,
        option: &str,
        default: u64,
        range: std::ops::RangeInclusive<u64>,
    ) -> Result<u64, ConfigError> {
        let Some(entry) = self.entry(section, option) else { return Ok(default) };
        let allowed = || format!("a number of seconds from {} to {}", range.start(), range.end());
        entry
            .value
            .parse()
            .ok()
            .filter(|number| range.contains(number))
            .ok_or_else(|| refused(entry, allowed()))
    }

    fn list<T: FromStr>(&self, section: &str, option: &str, allowed: &str) -> Result<Vec<T>, ConfigError> {
        let Some(entry) = self.entry(section, option) else { return Ok(Vec::new()) };
        let parts = entry.value.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(|part| part.parse().map_err(|_| refused(entry, allowed.to_owned()))).collect()
    }

    /// The domains of the option, then every other section that is named like one.
    fn domain_names(&self) -> Result<Vec<DomainName>, ConfigError> {
        let allowed = "domain names, separated by commas";
        let mut names: Vec<DomainName> = self.list(GLOBAL, "domain", allowed)?;
        names.extend(self.list::<DomainName>(GLOBAL, "domains", allowed)?);
        names.extend(self.entries.iter().filter_map(|entry| entry.section.parse::<DomainName>().ok()));
        let mut seen = BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        Ok(names)
    }

    fn domain(&self, name: DomainName) -> Result<DomainSettings, ConfigError> {
        let section = name.as_str();
        self.sign_in(section)?;
        Ok(DomainSettings {
            aliases: self.list(section, "domain_aliases", "domain names, separated by commas")?,
            join_type: self.word(section, "join_type", JOIN_TYPES)?.unwrap_or(JoinType::Join),
            apply_policy: self.boolean(section, "apply_policy")?.unwrap_or(false),
            registration: self
                .word(section, "registration", REGISTRATIONS)?
                .unwrap_or(Registration::Background),
            profile: self.profile(section)?,
            tenant: self.parsed(section, "tenant_id", "a GUID")?,
            name: name.clone(),
        })
    }

    fn sign_in(&self, section: &str) -> Result<(), ConfigError> {
        let ways = [("device_code", true), ("auto", true), ("password", false)];
        if self.word(section, "sign_in", &ways)? == Some(false) {
            let instead = "set sign_in = device_code or auto";
            return Err(ConfigError::Unsupported {
                option: "sign_in",
                value: "password".to_owned(),
                instead,
            });
        }
        Ok(())
    }

    fn profile(&self, section: &str) -> Result<CloudProfile, ConfigError> {
        let cloud = self.word(section, "cloud", CLOUDS)?.unwrap_or(Cloud::Public);
        let host = "a host name with an optional port";
        let authority: Option<HostPort> = self.parsed(section, "authority_host", host)?;
        let drs: Option<HostPort> = self.parsed(section, "drs_host", host)?;
        let graph = self.graph(section)?;
        let hosts: Vec<HostPort> = self.list(section, "intune_hosts", host)?;
        let base = match cloud {
            Cloud::Public | Cloud::Custom => CloudProfile::public(),
            Cloud::UsGov => CloudProfile::us_gov(),
            Cloud::China => CloudProfile::china(),
        };
        if cloud == Cloud::Custom && (authority.is_none() || drs.is_none() || graph.is_none()) {
            let why = "cloud = custom needs authority_host, drs_host and graph_url".to_owned();
            return Err(ConfigError::Missing { section: section.to_owned(), why });
        }
        let intune = if cloud == Cloud::Custom { IntuneHosts::Exactly(hosts) } else { base.intune };
        Ok(CloudProfile {
            cloud,
            authority: authority.unwrap_or(base.authority),
            drs: drs.unwrap_or(base.drs),
            graph: graph.unwrap_or(base.graph),
            intune,
        })
    }

    fn graph(&self, section: &str) -> Result<Option<HostPort>, ConfigError> {
        let Some(entry) = self.entry(section, "graph_url") else { return Ok(None) };
        let host = entry.value.strip_prefix("https://").map(|rest| rest.trim_end_matches('/'));
        let parsed = host.and_then(|host| host.parse().ok());
        parsed
            .map(Some)
            .ok_or_else(|| refused(entry, "https:// and a host name with an optional port".to_owned()))
    }

    fn proxy(&self) -> Result<Option<String>, ConfigError> {
        let Some(entry) = self.entry(GLOBAL, "proxy") else { return Ok(None) };
        if entry.value.starts_with("http://") {
            return Ok(Some(entry.value.clone()));
        }
        // The value may hold a password, so it is not repeated.
        let hidden = Entry { value: "(…)".to_owned(), ..entry.clone() };
        Err(refused(&hidden, "http://host:port".to_owned()))
    }
}

fn refused(entry: &Entry, allowed: String) -> ConfigError {
    ConfigError::Value {
        path: entry.path.clone(),
        line: entry.line,
        option: entry.option.clone(),
        value: entry.value.chars().filter(|c| !c.is_control()).take(80).collect(),
        allowed,
    }
}

fn hsm_word(value: HsmType) -> &'static str {
    HSM_TYPES.iter().find(|(_, known)| *known == value).map_or("", |(word, _)| word)
}

fn ip_word(value: IpVersion) -> &'static str {
    IP_VERSIONS.iter().find(|(_, known)| *known == value).map_or("", |(word, _)| word)
}

fn registration_word(value: Registration) -> &'static str {
    REGISTRATIONS.iter().find(|(_, known)| *known == value).map_or("", |(word, _)| word)
}

const GLOBAL: &str = "global";
const FOREIGN: [&str; 6] = [
    "/var/cache/himmelblau",
    "/var/lib/himmelblau",
    "/var/run/himmelblau",
    "/run/himmelblau",
    "/etc/himmelblau",
    "/usr/lib/himmelblau",
];
const JOIN_TYPES: &[(&str, JoinType)] = &[("join", JoinType::Join), ("register", JoinType::Register)];
const REGISTRATIONS: &[(&str, Registration)] = &[
    ("background", Registration::Background),
    ("required", Registration::Required),
    ("off", Registration::Off),
];
const CLOUDS: &[(&str, Cloud)] =
    &[("public", Cloud::Public), ("usgov", Cloud::UsGov), ("china", Cloud::China), ("custom", Cloud::Custom)];
const HSM_TYPES: &[(&str, HsmType)] = &[
    ("soft", HsmType::Soft),
    ("tpm", HsmType::Tpm),
    ("tpm_if_possible", HsmType::TpmIfPossible),
    ("tpm_bound_soft_if_possible", HsmType::TpmBoundSoftIfPossible),
    ("pkcs11", HsmType::Pkcs11),
];
const IP_VERSIONS: &[(&str, IpVersion)] =
    &[("both", IpVersion::Both), ("ipv4-only", IpVersion::V4), ("ipv6-only", IpVersion::V6)];
