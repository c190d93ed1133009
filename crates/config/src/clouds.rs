//! Which cloud the hosts of a domain belong to: hosts of two clouds never mix.

use crate::ConfigError;
use crate::options::{DomainOptions, entry};
use ini::Parsed;
use model::{Cloud, CloudProfile, DomainName, HostPort, IntuneHosts};

/// The hosts of a domain: those that are named, and those of their cloud for the rest. A host of a known cloud selects
/// that cloud where the option `cloud` is not set.
///
/// # Errors
/// [`ConfigError::Combination`] for hosts of two clouds, and for a cloud of one's own that is not whole.
pub(crate) fn profile(
    parsed: &Parsed,
    name: &DomainName,
    options: &DomainOptions,
) -> Result<CloudProfile, ConfigError> {
    let section = name.as_str();
    let refused =
        |option: &str, why: String| ConfigError::combination(entry(parsed, section, option), section, why);
    let named = named_hosts(options);
    let mut known = named.iter().filter_map(|(option, host)| Some((*option, *host, Cloud::of_host(host)?)));
    let first = known.next();
    if let (Some((a, host_a, cloud_a)), Some((b, host_b, cloud_b))) =
        (first, known.find(|(_, _, cloud)| first.is_some_and(|(_, _, one)| one != *cloud)))
    {
        let (cloud_a, cloud_b) = (cloud_a.as_str(), cloud_b.as_str());
        let why = format!(
            "{a} = {host_a} is of the cloud {cloud_a} and {b} = {host_b} of the cloud {cloud_b}: {MIX}"
        );
        return Err(refused(b, why));
    }
    let set = entry(parsed, section, "cloud").map(|_| options.cloud);
    match (set, first) {
        (Some(Cloud::Custom), _) => custom(options).ok_or_else(|| {
            refused("cloud", "cloud = custom needs authority_host, drs_host and graph_url".to_owned())
        }),
        (Some(cloud), Some((option, host, other))) if cloud != other => {
            let (cloud, other) = (cloud.as_str(), other.as_str());
            Err(refused(
                "cloud",
                format!("cloud = {cloud}, and {option} = {host} is of the cloud {other}: {MIX}"),
            ))
        }
        (cloud, host) => {
            let cloud = cloud.or(host.map(|(_, _, cloud)| cloud)).unwrap_or_default();
            Ok(with_named(of_cloud(cloud), options))
        }
    }
}

/// The entry whose host selects the cloud, where the option `cloud` is not set.
pub(crate) fn selected_by(options: &DomainOptions) -> Option<&'static str> {
    named_hosts(options)
        .into_iter()
        .find(|(_, host)| Cloud::of_host(host).is_some())
        .map(|(option, _)| option)
}

fn named_hosts(options: &DomainOptions) -> Vec<(&'static str, &HostPort)> {
    let DomainOptions { authority_host, drs_host, graph_url, intune_hosts, .. } = options;
    let single = [("authority_host", authority_host), ("drs_host", drs_host), ("graph_url", graph_url)];
    let single = single.into_iter().filter_map(|(option, host)| Some((option, host.as_ref()?)));
    single.chain(intune_hosts.iter().map(|host| ("intune_hosts", host))).collect()
}

fn custom(options: &DomainOptions) -> Option<CloudProfile> {
    let DomainOptions { authority_host, drs_host, graph_url, intune_hosts, .. } = options.clone();
    let intune = IntuneHosts::Exactly(intune_hosts);
    Some(CloudProfile {
        cloud: Cloud::Custom,
        authority: authority_host?,
        drs: drs_host?,
        graph: graph_url?,
        intune,
    })
}

fn of_cloud(cloud: Cloud) -> CloudProfile {
    match cloud {
        Cloud::UsGov => CloudProfile::us_gov(),
        Cloud::China => CloudProfile::china(),
        Cloud::Public | Cloud::Custom => CloudProfile::public(),
    }
}

fn with_named(base: CloudProfile, options: &DomainOptions) -> CloudProfile {
    let DomainOptions { authority_host, drs_host, graph_url, .. } = options.clone();
    CloudProfile {
        authority: authority_host.unwrap_or(base.authority),
        drs: drs_host.unwrap_or(base.drs),
        graph: graph_url.unwrap_or(base.graph),
        ..base
    }
}

const MIX: &str = "a token of one cloud must not reach another; name hosts of one cloud only, or cloud alone";
