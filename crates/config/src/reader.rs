use crate::ConfigError;
use crate::ini::{Entry, Header, Parsed, Place};
use crate::notes::is_foreign;
use crate::options::{BREAKGLASS, GLOBAL, Scope, known};
use crate::settings::{DomainSettings, Pkcs11, Proxy, Settings};
use model::{
    BootPolicy, Cloud, CloudProfile, DomainName, HostPort, HsmType, IntuneClientVersion, IntuneHosts,
    JoinType, Method, Registration, UnknownWord,
};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// Checks everything that counts; the last of two entries with one name does.
pub(crate) fn settings(parsed: Parsed) -> Result<Settings, ConfigError> {
    let reader = Reader { parsed: &parsed };
    // What stands in [global] is checked even where every domain overrides it, or there is none.
    reader.domain_options(GLOBAL)?;
    let domains =
        reader.domain_names()?.into_iter().map(|name| reader.domain(name)).collect::<Result<Vec<_>, _>>()?;
    reader.check_aliases(&domains)?;
    let hsm_type = reader.word(GLOBAL, "hsm_type")?.unwrap_or_default();
    Ok(Settings {
        domains,
        hsm_type,
        hsm_pin_path: reader.own_path("hsm_pin_path", "/var/lib/firmament/hsm-pin")?,
        tpm_tcti_name: reader.printable("tpm_tcti_name", LONGEST_NAME)?.unwrap_or_else(|| TPM.to_owned()),
        tpm_pcrs: reader.tpm_pcrs()?,
        pkcs11: reader.pkcs11(hsm_type)?,
        pkcs11_pin_path: reader.path("pkcs11_pin_path")?,
        socket_path: reader.own_path("socket_path", "/run/firmament/socket")?,
        request_timeout: reader.seconds("request_timeout", 10, 1..=300)?,
        connection_timeout: reader.seconds("connection_timeout", 30, 1..=3600)?,
        ip_version: reader.word(GLOBAL, "ip_version")?.unwrap_or_default(),
        intune_client_version: reader.intune_client_version()?,
        prt_kdf: reader.word(GLOBAL, "prt_kdf")?.unwrap_or_default(),
        ca_file: reader.path("ca_file")?,
        proxy: reader.proxy()?,
        device_name: reader.device_name()?,
        debug: reader.boolean(GLOBAL, "debug")?.unwrap_or(false),
        parsed: parsed.clone(),
    })
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

/// The options that a domain may have, wherever they stand; a cloud of one's own is not whole yet.
struct DomainOptions {
    join_type: JoinType,
    apply_policy: bool,
    registration: Registration,
    sign_in: Method,
    cloud: Cloud,
    authority: Option<HostPort>,
    drs: Option<HostPort>,
    graph: Option<HostPort>,
    intune: Vec<HostPort>,
    odc_provider: Option<HostPort>,
}

struct Reader<'e> {
    parsed: &'e Parsed,
}

impl<'e> Reader<'e> {
    fn entry(&self, section: &str, option: &str) -> Option<&'e Entry> {
        entry(self.parsed, section, option)
    }

    /// A text; an empty one is as if it were not there.
    fn text(&self, section: &str, option: &str) -> Option<&'e Entry> {
        self.entry(section, option).filter(|entry| !entry.value.is_empty())
    }

    fn parsed<T: FromStr>(
        &self,
        section: &str,
        option: &str,
        allowed: &str,
    ) -> Result<Option<T>, ConfigError> {
        let parse =
            |entry: &Entry| entry.value.parse().map_err(|_| ConfigError::value(entry, allowed.to_owned()));
        self.text(section, option).map(parse).transpose()
    }

    fn word<T: FromStr<Err = UnknownWord>>(
        &self,
        section: &str,
        option: &str,
    ) -> Result<Option<T>, ConfigError> {
        let Some(entry) = self.entry(section, option) else { return Ok(None) };
        let found = entry.value.to_ascii_lowercase().parse();
        found.map(Some).map_err(|UnknownWord(words)| ConfigError::value(entry, words.join(", ")))
    }

    fn boolean(&self, section: &str, option: &str) -> Result<Option<bool>, ConfigError> {
        let Some(entry) = self.entry(section, option) else { return Ok(None) };
        match entry.value.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(Some(true)),
            "false" | "0" => Ok(Some(false)),
            _ => Err(ConfigError::value(entry, "true, false, 1, 0".to_owned())),
        }
    }

    fn seconds(
        &self,
        option: &str,
        default: u64,
        range: RangeInclusive<u64>,
    ) -> Result<Duration, ConfigError> {
        let Some(entry) = self.entry(GLOBAL, option) else { return Ok(Duration::from_secs(default)) };
        let number = entry.value.parse().ok().filter(|number| range.contains(number));
        let allowed = || format!("a number of seconds from {} to {}", range.start(), range.end());
        number.map(Duration::from_secs).ok_or_else(|| ConfigError::value(entry, allowed()))
    }

    fn list<T: FromStr + PartialEq>(
        &self,
        section: &str,
        option: &str,
        allowed: &str,
    ) -> Result<Vec<T>, ConfigError> {
        let Some(entry) = self.entry(section, option) else { return Ok(Vec::new()) };
        let mut items = Vec::new();
        for part in entry.value.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let item = part.parse().map_err(|_| ConfigError::value(entry, allowed.to_owned()))?;
            if !items.contains(&item) {
                items.push(item);
            }
        }
        Ok(items)
    }

    fn path(&self, option: &str) -> Result<Option<PathBuf>, ConfigError> {
        let Some(entry) = self.text(GLOBAL, option) else { return Ok(None) };
        let path = Path::new(&entry.value);
        let allowed = || "an absolute path".to_owned();
        if path.is_absolute() { Ok(Some(path.to_owned())) } else { Err(ConfigError::value(entry, allowed())) }
    }

    /// A path for which we have a place of our own; the incumbent's is not used.
    fn own_path(&self, option: &str, ours: &str) -> Result<PathBuf, ConfigError> {
        let path = self.path(option)?.filter(|path| !is_foreign(&path.to_string_lossy()));
        Ok(path.unwrap_or_else(|| PathBuf::from(ours)))
    }

    /// Only PCR 7 changes rarely enough (reliability.md E.1).
    fn tpm_pcrs(&self) -> Result<BootPolicy, ConfigError> {
        let Some(entry) = self.text(GLOBAL, "tpm_pcrs") else { return Ok(BootPolicy::Nothing) };
        entry.value.parse().map_err(|_| ConfigError::value(entry, ONLY_SEVEN.to_owned()))
    }

    /// A module without a token, or a token without a module, leads nowhere.
    fn pkcs11(&self, hsm_type: HsmType) -> Result<Option<Pkcs11>, ConfigError> {
        let serial = self.printable("pkcs11_serial", LONGEST_TOKEN_TEXT)?;
        match (self.path("pkcs11_module")?, self.printable("pkcs11_token", LONGEST_TOKEN_TEXT)?) {
            (Some(module), Some(token)) => Ok(Some(Pkcs11 { module, token, serial })),
            (None, None) if hsm_type != HsmType::Pkcs11 => Ok(None),
            (module, _) => {
                let by = ["hsm_type", "pkcs11_module", "pkcs11_token"].map(|name| self.entry(GLOBAL, name));
                let missing = if module.is_none() { "pkcs11_module" } else { "pkcs11_token" };
                let why = format!("a PKCS#11 token needs {missing} too");
                Err(missing_beside(by.into_iter().flatten().next(), GLOBAL, why))
            }
        }
    }

    fn printable(&self, option: &str, most: usize) -> Result<Option<String>, ConfigError> {
        let Some(entry) = self.text(GLOBAL, option) else { return Ok(None) };
        let good = model::printable(&entry.value, most) == entry.value;
        let allowed = || format!("at most {most} printable characters");
        if good { Ok(Some(entry.value.clone())) } else { Err(ConfigError::value(entry, allowed())) }
    }

    fn device_name(&self) -> Result<String, ConfigError> {
        let Some(entry) = self.text(GLOBAL, "device_name") else { return Ok("%h".to_owned()) };
        let good = model::printable(&entry.value, LONGEST_NAME) == entry.value;
        let allowed = || format!("at most {LONGEST_NAME} printable characters, %h for the host name");
        if good { Ok(entry.value.clone()) } else { Err(ConfigError::value(entry, allowed())) }
    }

    fn intune_client_version(&self) -> Result<IntuneClientVersion, ConfigError> {
        let allowed = "auto or a version 1.YYMM.n, as 1.2604.19";
        Ok(self.parsed(GLOBAL, "intune_client_version", allowed)?.unwrap_or_default())
    }

    fn proxy(&self) -> Result<Option<Proxy>, ConfigError> {
        let Some(entry) = self.text(GLOBAL, "proxy") else { return Ok(None) };
        let allowed = || "http://host:port or http://user:password@host:port".to_owned();
        if is_proxy(&entry.value) {
            Ok(Some(Proxy(entry.value.clone())))
        } else {
            Err(ConfigError::value(entry, allowed()))
        }
    }

    /// The domains of the option, then every section that is named like one.
    fn domain_names(&self) -> Result<Vec<DomainName>, ConfigError> {
        let mut names: Vec<DomainName> = self.list(GLOBAL, "domain", DOMAINS)?;
        names.extend(self.list::<DomainName>(GLOBAL, "domains", DOMAINS)?);
        let dotted = |header: &&Header| header.name.contains('.');
        for header in self.parsed.sections.iter().filter(dotted) {
            names.push(header.name.parse().map_err(|_| not_a_section(header))?);
        }
        let mut seen = BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        Ok(names)
    }

    fn domain(&self, name: DomainName) -> Result<DomainSettings, ConfigError> {
        let section = name.as_str();
        let options = self.domain_options(section)?;
        let mut groups: Vec<String> = self.list(GLOBAL, "pam_allow_groups", "")?;
        groups.extend(self.list::<String>(section, "pam_allow_groups", "")?);
        Ok(DomainSettings {
            aliases: self.list(section, "domain_aliases", DOMAINS)?,
            tenant: self.parsed(section, "tenant_id", "a GUID")?,
            join_type: options.join_type,
            apply_policy: options.apply_policy,
            registration: options.registration,
            sign_in: options.sign_in,
            odc_provider: options.odc_provider.clone(),
            profile: self.profile(section, options)?,
            pam_allow_groups: groups,
            name: name.clone(),
        })
    }

    fn domain_options(&self, section: &str) -> Result<DomainOptions, ConfigError> {
        Ok(DomainOptions {
            join_type: self.word(section, "join_type")?.unwrap_or_default(),
            apply_policy: self.boolean(section, "apply_policy")?.unwrap_or(false),
            registration: self.word(section, "registration")?.unwrap_or_default(),
            sign_in: self.word(section, "sign_in")?.unwrap_or_default(),
            cloud: self.word(section, "cloud")?.unwrap_or_default(),
            authority: self.parsed(section, "authority_host", HOST)?,
            drs: self.parsed(section, "drs_host", HOST)?,
            graph: self.graph(section)?,
            intune: self.list(section, "intune_hosts", "host names with optional ports")?,
            odc_provider: self.parsed(section, "odc_provider", HOST)?,
        })
    }

    fn graph(&self, section: &str) -> Result<Option<HostPort>, ConfigError> {
        let Some(entry) = self.text(section, "graph_url") else { return Ok(None) };
        let host = entry.value.strip_prefix("https://").map(|rest| rest.strip_suffix('/').unwrap_or(rest));
        let parsed = host.and_then(|host| host.parse().ok());
        let allowed = || "https:// and a host name with an optional port".to_owned();
        parsed.map(Some).ok_or_else(|| ConfigError::value(entry, allowed()))
    }

    fn profile(&self, section: &str, options: DomainOptions) -> Result<CloudProfile, ConfigError> {
        let DomainOptions { cloud, authority, drs, graph, intune, .. } = options;
        let base = match cloud {
            Cloud::Public => CloudProfile::public(),
            Cloud::UsGov => CloudProfile::us_gov(),
            Cloud::China => CloudProfile::china(),
            Cloud::Custom => {
                let (Some(authority), Some(drs), Some(graph)) = (authority, drs, graph) else {
                    return Err(self.not_whole(section));
                };
                let intune = IntuneHosts::Exactly(intune);
                return Ok(CloudProfile { cloud, authority, drs, graph, intune });
            }
        };
        Ok(CloudProfile {
            authority: authority.unwrap_or(base.authority),
            drs: drs.unwrap_or(base.drs),
            graph: graph.unwrap_or(base.graph),
            ..base
        })
    }

    fn not_whole(&self, section: &str) -> ConfigError {
        let why = "cloud = custom needs authority_host, drs_host and graph_url".to_owned();
        missing_beside(self.entry(section, "cloud"), section, why)
    }

    /// A name leads to one domain only, whoever is asked.
    fn check_aliases(&self, domains: &[DomainSettings]) -> Result<(), ConfigError> {
        let mut taken: BTreeSet<&DomainName> = domains.iter().map(|domain| &domain.name).collect();
        for domain in domains {
            let doubled = domain.aliases.iter().find(|alias| !taken.insert(alias));
            let entry = self.entry(domain.name.as_str(), "domain_aliases");
            if let (Some(alias), Some(entry)) = (doubled, entry) {
                let allowed = format!("names that lead nowhere else; {alias} is a domain or another's alias");
                return Err(ConfigError::value(entry, allowed));
            }
        }
        Ok(())
    }
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

/// `http://[user[:password]@]host[:port][/]`; special characters of user and password are percent-escaped.
fn is_proxy(value: &str) -> bool {
    let Some(rest) = value.strip_prefix("http://") else { return false };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (user, host) = rest.rsplit_once('@').unwrap_or(("", rest));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:%".contains(c);
    user.chars().all(plain) && (host.parse::<HostPort>().is_ok() || is_ipv6(host))
}

fn is_ipv6(host: &str) -> bool {
    let Some((address, port)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        return false;
    };
    let port = port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    port && address.parse::<std::net::Ipv6Addr>().is_ok()
}

/// Longest configured device name; the service's own limit is not known [inferred]. Also of a way to a TPM.
const LONGEST_NAME: usize = 256;
/// The TPM behind the kernel's resource manager.
const TPM: &str = "device:/dev/tpmrm0";
/// Longest label (32 bytes) and serial (16 bytes) that a token can have (PKCS#11 3.0, CK_TOKEN_INFO).
const LONGEST_TOKEN_TEXT: usize = 32;
const ONLY_SEVEN: &str = "7 alone, or nothing: updates of firmware, boot loader or kernel change every other PCR, \
    and would lock this machine out";
const DOMAINS: &str = "domain names, separated by commas";
const HOST: &str = "a host name with an optional port";
