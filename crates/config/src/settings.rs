use crate::ConfigError;
use crate::effective::{self, Effective};
use crate::ini::{Parsed, Place};
use crate::reader;
use model::{
    BootPolicy, CloudProfile, DomainName, HostPort, HsmType, IntuneClientVersion, IpVersion, JoinType, Kdf,
    Method, Registration, TenantId,
};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The checked settings.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(crate) parsed: Parsed,
    pub(crate) domains: Vec<DomainSettings>,
    pub(crate) hsm_type: HsmType,
    pub(crate) hsm_pin_path: PathBuf,
    pub(crate) tpm_tcti_name: String,
    pub(crate) tpm_pcrs: BootPolicy,
    pub(crate) pkcs11: Option<Pkcs11>,
    pub(crate) pkcs11_pin_path: Option<PathBuf>,
    pub(crate) socket_path: PathBuf,
    pub(crate) request_timeout: Duration,
    pub(crate) connection_timeout: Duration,
    pub(crate) ip_version: IpVersion,
    pub(crate) intune_client_version: IntuneClientVersion,
    pub(crate) prt_kdf: Kdf,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) device_name: String,
    pub(crate) debug: bool,
}

/// A proxy's URL, which may hold a password.
#[derive(Clone)]
pub(crate) struct Proxy(pub(crate) String);

impl fmt::Debug for Proxy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Proxy")
    }
}

/// One domain.
#[derive(Debug, Clone)]
pub struct DomainSettings {
    /// Its name.
    pub name: DomainName,
    /// `domain_aliases`: other domains whose people sign in as this one's; none is a domain of its own.
    pub aliases: Vec<DomainName>,
    /// `join_type`.
    pub join_type: JoinType,
    /// `apply_policy`: whether the machine enrols into Intune.
    pub apply_policy: bool,
    /// `registration`.
    pub registration: Registration,
    /// `sign_in`.
    pub sign_in: Method,
    /// The hosts of its cloud.
    pub profile: CloudProfile,
    /// `tenant_id`: the only tenant that the domain may lead to.
    pub tenant: Option<TenantId>,
    /// `odc_provider`: the federation-provider host for aliases; nothing asks it yet.
    pub odc_provider: Option<HostPort>,
    /// `pam_allow_groups` of `[global]` and of the domain; nothing acts on it yet, empty is everyone.
    pub pam_allow_groups: Vec<String>,
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
    /// The configured domains in their order.
    pub fn domains(&self) -> &[DomainSettings] {
        &self.domains
    }
    /// The domain of this name or with this alias.
    pub fn domain(&self, name: &DomainName) -> Option<&DomainSettings> {
        self.domains.iter().find(|domain| domain.name == *name || domain.aliases.contains(name))
    }
    /// Which key store a new identity uses.
    pub fn hsm_type(&self) -> HsmType {
        self.hsm_type
    }
    /// The file of the auth value.
    pub fn hsm_pin_path(&self) -> &Path {
        &self.hsm_pin_path
    }
    /// The way to the TPM, in the words of the TPM library.
    pub fn tpm_tcti_name(&self) -> &str {
        &self.tpm_tcti_name
    }
    /// The PCRs that new keys in a TPM are bound to.
    pub fn tpm_pcrs(&self) -> BootPolicy {
        self.tpm_pcrs
    }
    /// The PKCS#11 token; there is one if `hsm_type` is `pkcs11`.
    pub fn pkcs11(&self) -> Option<&Pkcs11> {
        self.pkcs11.as_ref()
    }
    /// The file of the token's PIN.
    pub fn pkcs11_pin_path(&self) -> Option<&Path> {
        self.pkcs11_pin_path.as_deref()
    }
    /// Where the daemon listens.
    pub fn socket_path(&self) -> &Path {
        &self.socket_path
    }
    /// Deadline of one exchange with the cloud.
    pub fn request_timeout(&self) -> Duration {
        self.request_timeout
    }
    /// Deadline of one exchange over the socket; nothing acts on it yet.
    pub fn connection_timeout(&self) -> Duration {
        self.connection_timeout
    }
    /// Which addresses are used.
    pub fn ip_version(&self) -> IpVersion {
        self.ip_version
    }
    /// Which version the Intune services are told.
    pub fn intune_client_version(&self) -> IntuneClientVersion {
        self.intune_client_version
    }
    /// How keys are derived from a session key.
    pub fn prt_kdf(&self) -> Kdf {
        self.prt_kdf
    }
    /// Certificates to trust in the place of the system's.
    pub fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }
    /// The proxy, `http://[user:password@]host:port`; never to be shown.
    pub fn proxy(&self) -> Option<&str> {
        self.proxy.as_ref().map(|proxy| proxy.0.as_str())
    }
    /// The device's name; `%h` stands for the host name.
    pub fn device_name(&self) -> &str {
        &self.device_name
    }
    /// Whether every step is logged.
    pub fn debug(&self) -> bool {
        self.debug
    }

    /// Refuses what this build does not have, naming what to do instead; `tpm` is whether it has a TPM adapter.
    ///
    /// # Errors
    /// [`ConfigError::Unsupported`].
    pub fn check_supported(&self, tpm: bool) -> Result<(), ConfigError> {
        if tpm || self.hsm_type != HsmType::Tpm {
            return Ok(());
        }
        let entry = reader::entry(&self.parsed, crate::options::GLOBAL, "hsm_type");
        let Some(Place { path, line }) = entry.map(|entry| entry.place.clone()) else { return Ok(()) };
        let instead = "this build has no such key store; set hsm_type = tpm_if_possible, soft or pkcs11";
        let value = self.hsm_type.as_str();
        Err(ConfigError::Unsupported { path, line, option: "hsm_type", value, instead })
    }

    /// Every setting that is in force and where it comes from; a proxy is only said to be set.
    pub fn effective(&self) -> Vec<Effective> {
        effective::effective(self)
    }
}
