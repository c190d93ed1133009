//! Which parts the house is made of.

use crate::accounts;
use crate::backends::{self, Tpm};
use crate::facts;
use crate::key_stores::KeyStores;
use crate::neighbours;
use crate::network::Network;
use crate::opening::{self, Openers};
use crate::options::Options;
use crate::recent::recent;
use config::{DomainSettings, Loaded, Settings};
use driver::Dependencies;
use executor::{Executor, IntuneVersion};
use host::{auth, machine};
use hsm::{HsmError, Keys};
use in_flight::SystemClock;
use lifecycle::IntuneEnrolment;
use model::{Backend, BootPolicy, CloudProfile, DeviceFacts, DomainName, HsmType, MachineBinding};
use report::About;
use server::AboutNow;
use snapshot::recorded_backends;
use std::collections::BTreeMap;
use std::error::Error;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use store::Store;
use store_sled::SledStore;
use telemetry::Verbosity;
use tenancy::DomainConfig;
use transport::{Policy, Transport};
use transport_hyper::HyperTransport;
use vault::Vault;

/// What the driver acts upon, and what `status` says of the machine.
pub(crate) struct Wired {
    pub(crate) dependencies: Dependencies,
    pub(crate) about: AboutNow,
    pub(crate) key_stores: Arc<KeyStores>,
    /// The proxy that is in force, for the log.
    pub(crate) proxy: String,
}

/// Waits for no key store, but for a TPM that decides what makes the first keys, and no longer than its deadline.
pub(crate) fn build(options: &Options, loaded: &Loaded) -> Result<Wired, Box<dyn Error>> {
    let settings = &loaded.settings;
    let machine = machine::measure(Path::new("/"));
    let auth = auth::load_or_make(opening::credentials().as_deref(), &settings.global.hsm_pin_path)?;
    let (state_dir, debug) = (options.state_dir(), options.verbosity(settings) == Verbosity::Debug);
    let openers = Openers { settings, auth: &auth, machine: &machine, state_dir, debug };
    let mut store = SledStore::open(state_dir, &openers.soft().store_key()?)?;
    refuse_fresh_auth_value(matches!(auth.source, auth::Source::Made(_)), &store)?;
    let recorded = recorded_backends(&snapshot::found(store.list()?, store.missing()));
    let key_stores = Arc::new(KeyStores::start(&openers, &options.keys_program())?);
    let tpm = Tpm::at(&settings.global.tpm_tcti_name, files::is_missing);
    let chosen = backends::choose(settings.global.hsm_type, &recorded.in_force, tpm)?;
    let is_new = recorded.in_force.is_empty();
    let mut wanted = &recorded.in_force | &recorded.others;
    wanted.insert(chosen);
    key_stores.open(&wanted, is_new);
    let mut notices: Vec<String> = loaded.notes.iter().map(ToString::to_string).collect();
    let network = Network::of(settings)?;
    network.notices.iter().for_each(|notice| tracing::warn!(notice, "An operator should know"));
    notices.extend(network.notices.iter().cloned());
    notices.extend(store.remarks().iter().cloned());
    if is_new && chosen == Backend::Soft && settings.global.hsm_type == HsmType::TpmIfPossible {
        notices
            .push(format!("New keys are made in software: there is no {}.", settings.global.tpm_tcti_name));
    }
    let boot_file = openers.boot_file();
    let boot = host::boot_notice(&boot_file);
    boot.iter().for_each(|notice| tracing::warn!(notice, "Boot-bound keys need attention"));
    let boot_mark = boot_file.clone();
    let boot = recent(
        move || boot_mark.metadata().ok().map(|it| (it.ino(), it.ctime(), it.ctime_nsec())),
        move || host::boot_notice(&boot_file),
    );
    let shown = key_stores.clone();
    let about: AboutNow = Arc::new(move || {
        let mut notices = notices.clone();
        let key_problems = shown.problems(&wanted, is_new);
        notices.extend(key_problems.iter().cloned());
        notices.extend(shown.failed());
        notices.extend(boot());
        let version = env!("CARGO_PKG_VERSION").to_owned();
        About { version, key_store: shown.description(chosen), notices, key_problems }
    });
    let keys: Arc<dyn Keys> = Arc::new(key_stores.keys());
    let dependencies =
        dependencies((settings, &network, &options.cache_dir), machine, (chosen, keys), store)?;
    Ok(Wired { dependencies, about, key_stores, proxy: network.proxy_shown })
}

/// A new auth value beside an old state means that the old value was lost: its keys cannot be opened.
fn refuse_fresh_auth_value(made: bool, store: &SledStore) -> Result<(), HsmError> {
    if made && !store.is_empty() {
        return Err(HsmError::AuthValue("the auth value was lost; restore hsm-pin from a backup".to_owned()));
    }
    Ok(())
}

fn dependencies(
    (settings, network, cache_dir): (&Settings, &Network, &Path),
    machine: MachineBinding,
    (backend, keys): (Backend, Arc<dyn Keys>),
    store: SledStore,
) -> Result<Dependencies, Box<dyn Error>> {
    let vault = Arc::new(Vault::default());
    let device = facts::measure(Path::new("/"), &settings.global.device_name);
    let made = |profile: &CloudProfile| {
        executor((settings, network), profile, &device, (&keys, &vault)).map(Arc::new)
    };
    let executors = one_per_cloud(&settings.domains, made)?;
    let facts = tenancy::Facts {
        domains: settings.domains.iter().map(|domain| domain_config(domain, &device)).collect(),
        backend,
        required_backend: backends::required_backend(settings.global.hsm_type),
        boot_bound: backend == Backend::Tpm && settings.global.tpm_pcrs == BootPolicy::Pcr7,
        binding: machine,
        accounts: accounts::settings(settings),
        most_prepared: tenancy::most_prepared(backend),
    };
    Ok(Dependencies {
        facts,
        executors,
        store: Box::new(store),
        vault,
        keys,
        clock: Arc::new(SystemClock::start()),
        account_files: Arc::new(accounts::Files::new(cache_dir.to_owned())),
        offline_cost: offline::Cost::USUAL,
        neighbours: Arc::new(recent(|| (), || neighbours::find(Path::new("/")))),
    })
}

/// Domains whose cloud has the same hosts share connections, and what was read of it.
fn one_per_cloud<T: Clone, E>(
    domains: &[DomainSettings],
    mut make: impl FnMut(&CloudProfile) -> Result<T, E>,
) -> Result<BTreeMap<DomainName, T>, E> {
    let mut clouds: Vec<(&CloudProfile, T)> = Vec::new();
    let mut by_domain = BTreeMap::new();
    for domain in domains {
        let known =
            clouds.iter().find(|(profile, _)| **profile == domain.profile).map(|(_, made)| made.clone());
        let made = match known {
            Some(made) => made,
            None => {
                let made = make(&domain.profile)?;
                clouds.push((&domain.profile, made.clone()));
                made
            }
        };
        by_domain.insert(domain.name.clone(), made);
    }
    Ok(by_domain)
}

fn executor(
    (settings, network): (&Settings, &Network),
    profile: &CloudProfile,
    device: &DeviceFacts,
    (keys, vault): (&Arc<dyn Keys>, &Arc<Vault>),
) -> Result<Executor, Box<dyn Error>> {
    let transport: Arc<dyn Transport> = Arc::new(HyperTransport::new(transport_hyper::Options {
        policy: Policy::new(profile.clone()),
        user_agent: user_agent(device),
        roots: network.roots.clone(),
        proxy: network.proxy.clone(),
        request_timeout: settings.global.request_timeout,
        ip_version: settings.global.ip_version,
    })?);
    let version = settings.global.intune_client_version.known();
    Ok(Executor::new(executor::ExecutorDependencies {
        profile: profile.clone(),
        transport,
        keys: keys.clone(),
        vault: vault.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        device: device.clone(),
        kdf: settings.global.prt_kdf,
        intune_version: version.map_or_else(IntuneVersion::looked_up_daily, IntuneVersion::fixed),
    }))
}

fn domain_config(domain: &DomainSettings, device: &DeviceFacts) -> DomainConfig {
    DomainConfig {
        name: domain.name.clone(),
        cloud: domain.profile.cloud,
        aliases: domain.options.domain_aliases.clone(),
        tenant: domain.options.tenant_id,
        people: domain.options.pam_allow_groups.as_ref().map(|list| list.people.clone()),
        groups: domain.options.pam_allow_groups.as_ref().map(|list| list.groups.clone()).unwrap_or_default(),
        tells_groups: !domain.options.sudo_groups.groups.is_empty(),
        join_type: domain.options.join_type,
        device: device.clone(),
        registration: domain.options.registration,
        sign_in: domain.options.sign_in,
        intune: if domain.options.apply_policy {
            IntuneEnrolment::Enabled
        } else {
            IntuneEnrolment::Disabled
        },
    }
}

/// The truth about this machine, without characters that a header cannot carry.
fn user_agent(device: &DeviceFacts) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let text =
        format!("Firmament/{version} (Linux; {} {}; {})", device.os_id, device.os_version_id, device.arch);
    text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ini::Sources;

    #[test]
    fn domains_share_what_talks_to_the_hosts_of_their_cloud() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("h.conf");
        let hosts = "authority_host = localhost:8\ndrs_host = localhost:8\ngraph_url = https://localhost:8\n";
        let text = format!(
            "[global]\ndomains = a.example,b.example,c.example,d.example,e.example\n\
             [c.example]\ncloud = usgov\n[d.example]\ncloud = custom\n{hosts}[e.example]\ncloud = custom\n{hosts}"
        );
        std::fs::write(&path, text).unwrap();
        let domains = config::load(&Sources::file(&path)).unwrap().settings.domains;
        let mut made = 0;
        let numbers = one_per_cloud(&domains, |_| -> Result<u8, ()> {
            made += 1;
            Ok(made)
        });
        let numbers: Vec<_> = numbers.unwrap().into_values().collect();
        assert_eq!(numbers, [1, 1, 2, 3, 3]);
        assert_eq!(one_per_cloud(&domains, |_| Err::<(), _>("no")), Err("no"));
    }
}
