//! Which parts the house is made of.

use crate::backends::{self, Ways};
use crate::facts;
use crate::neighbours;
use crate::options::Options;
use crate::tpm;
use config::{
    DomainSettings, IntuneClientVersion, IpVersion, Loaded, PrtKdf, Registration, Settings, SignIn, TpmPcrs,
};
use driver::{DomainPart, HsmThread, Method, Parts};
use executor::{ClientVersion, Executor, IntuneVersion, Kdf, Vault};
use hsm::{Backends, Hsm, HsmError, Keys};
use hsm_soft::{auth, binding};
use lifecycle::IntunePolicy;
use model::{Backend, DeviceFacts, MachineBinding};
use server::{About, LiveNotices};
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use store_sled::SledStore;
use transport::{Policy, Transport};
use transport_hyper::HyperTransport;

/// The driver's parts, and what `status` says of the machine.
pub(crate) struct Wired {
    pub(crate) parts: Parts,
    pub(crate) about: About,
    pub(crate) live: LiveNotices,
}

pub(crate) fn build(options: &Options, loaded: &Loaded) -> Result<Wired, Box<dyn Error>> {
    let settings = &loaded.settings;
    settings.check_supported(cfg!(feature = "tpm"))?;
    let machine = binding::measure(Path::new("/"));
    let auth = auth::load_or_make(backends::credentials().as_deref(), settings.hsm_pin_path())?;
    let ways = Ways { settings, auth: &auth, machine: &machine, state_dir: options.state_dir() };
    let mut store = SledStore::open(options.state_dir(), &ways.soft().store_key()?)?;
    refuse_fresh_auth_value(matches!(auth.source, auth::Source::Made(_)), &store)?;
    let recorded = driver::recorded_backends(&mut store)?;
    let (chosen, no_tpm) = backends::choose(settings.hsm_type(), &recorded.in_force, || ways.without_tpm())?;
    let (hsm, closed) = ways.open(chosen, &(&recorded.in_force | &recorded.others));
    closed.iter().for_each(|notice| tracing::error!("{notice}"));
    let mut notices: Vec<String> = loaded.notes.iter().map(ToString::to_string).collect();
    notices.extend(store.remarks().iter().cloned());
    notices.extend(no_tpm.map(|error| format!("New keys are made in software, without a TPM: {error}.")));
    notices.extend(closed);
    let boot_file = ways.boot_file();
    let live: LiveNotices = Arc::new(move || tpm::notices(&boot_file));
    live().iter().for_each(|notice| tracing::warn!("{notice}"));
    let key_store = hsm.info().description;
    let parts = parts(settings, machine, hsm, store)?;
    let about = About { version: env!("CARGO_PKG_VERSION").to_owned(), key_store, notices };
    Ok(Wired { parts, about, live })
}

/// A new auth value beside an old state means that the old value was lost: its keys cannot be opened.
fn refuse_fresh_auth_value(made: bool, store: &SledStore) -> Result<(), HsmError> {
    if made && !store.is_empty() {
        return Err(HsmError::AuthValue("the auth value was lost; restore hsm-pin from a backup".to_owned()));
    }
    Ok(())
}

fn parts(
    settings: &Settings,
    machine: MachineBinding,
    hsm: Backends,
    store: SledStore,
) -> Result<Parts, Box<dyn Error>> {
    let backend = hsm.info().backend;
    let keys: Arc<dyn Keys> = Arc::new(HsmThread::start(Box::new(hsm))?);
    let vault = Arc::new(Vault::default());
    let mut device = facts::measure(Path::new("/"));
    device.display_name = settings.device_name().replace("%h", &device.display_name);
    let mut domains = Vec::new();
    for domain in settings.domains() {
        domains.push(part(settings, domain, &device, &keys, &vault)?);
    }
    Ok(Parts {
        domains,
        store: Box::new(store),
        vault,
        keys,
        backend,
        insisted: backends::insisted(settings.hsm_type()),
        boot_bound: backend == Backend::Tpm && settings.tpm_pcrs() == TpmPcrs::Seven,
        binding: machine,
        neighbours: Arc::new(|| neighbours::find(Path::new("/"))),
    })
}

fn part(
    settings: &Settings,
    domain: &DomainSettings,
    device: &DeviceFacts,
    keys: &Arc<dyn Keys>,
    vault: &Arc<Vault>,
) -> Result<DomainPart, Box<dyn Error>> {
    let transport: Arc<dyn Transport> = Arc::new(HyperTransport::new(transport_hyper::Options {
        policy: Policy::new(domain.profile.clone()),
        user_agent: user_agent(device),
        ca_file: settings.ca_file().map(Path::to_owned),
        proxy: settings.proxy().map(str::to_owned),
        request_timeout: settings.request_timeout(),
        ip_version: match settings.ip_version() {
            IpVersion::Both => transport_hyper::IpVersion::Both,
            IpVersion::V4 => transport_hyper::IpVersion::V4,
            IpVersion::V6 => transport_hyper::IpVersion::V6,
        },
    })?);
    let executor = Executor::new(executor::Parts {
        profile: domain.profile.clone(),
        transport,
        keys: keys.clone(),
        vault: vault.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        device: device.clone(),
        kdf: match settings.prt_kdf() {
            PrtKdf::V1 => Kdf::V1,
            PrtKdf::V2 => Kdf::V2,
        },
        intune_version: match settings.intune_client_version() {
            IntuneClientVersion::Default => IntuneVersion::fixed(ClientVersion::COMPILED),
            IntuneClientVersion::Auto => IntuneVersion::looked_up_daily(),
            IntuneClientVersion::Fixed(version) => IntuneVersion::fixed(version.parse()?),
        },
    });
    Ok(DomainPart {
        name: domain.name.clone(),
        aliases: domain.aliases.clone(),
        tenant: domain.tenant,
        executor: Arc::new(executor),
        join_type: domain.join_type,
        device: device.clone(),
        registration: match domain.registration {
            Registration::Background => driver::Registration::Background,
            Registration::Required => driver::Registration::Required,
            Registration::Off => driver::Registration::Off,
        },
        sign_in: match domain.sign_in {
            SignIn::Auto => Method::Auto,
            SignIn::DeviceCode => Method::DeviceCode,
            SignIn::Password => Method::Password,
        },
        cloud: domain.profile.cloud,
        intune: if domain.apply_policy { IntunePolicy::Enrol } else { IntunePolicy::Stay },
    })
}

/// The truth about this machine, without characters that a header cannot carry.
fn user_agent(device: &DeviceFacts) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let text =
        format!("Firmament/{version} (Linux; {} {}; {})", device.os_id, device.os_version_id, device.arch);
    text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').collect()
}
