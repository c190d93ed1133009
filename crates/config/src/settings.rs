use crate::effective::{self, Effective};
use crate::options::{BreakglassOptions, DomainOptions, GlobalOptions};
use ini::Parsed;
use model::{CloudProfile, DomainName};
use std::path::PathBuf;

/// The checked settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What `[global]` says; `domain` has every domain that is served.
    pub global: GlobalOptions,
    /// What `[offline_breakglass]` says.
    pub offline_breakglass: BreakglassOptions,
    /// The domains in their order.
    pub domains: Vec<DomainSettings>,
    /// The PKCS#11 token; there is one if `hsm_type` is `pkcs11`.
    pub pkcs11: Option<Pkcs11>,
    pub(crate) parsed: Parsed,
}

/// One domain.
#[derive(Debug, Clone)]
pub struct DomainSettings {
    /// Its name.
    pub name: DomainName,
    /// What counts for it; the hosts are those of `profile`, whoever named them.
    pub options: DomainOptions,
    /// The hosts of its cloud.
    pub profile: CloudProfile,
}

/// `pkcs11_module`, `pkcs11_token` and `pkcs11_serial`: which token, and the module that leads to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pkcs11 {
    /// Absolute path of the module.
    pub module: PathBuf,
    /// Label of the token.
    pub token: String,
    /// Its serial, where several tokens have the label.
    pub serial: Option<String>,
}

impl Settings {
    /// The domain of this name or with this alias.
    pub fn domain(&self, name: &DomainName) -> Option<&DomainSettings> {
        self.domains.iter().find(|it| it.name == *name || it.options.domain_aliases.contains(name))
    }

    /// Every setting that is in force and where it comes from; a proxy is only said to be set.
    pub fn effective(&self) -> Vec<Effective> {
        effective::effective(self)
    }
}
