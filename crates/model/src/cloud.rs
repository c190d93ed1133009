use crate::{Cloud, HostPort};

/// The hosts of a cloud; tokens go to these and to no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudProfile {
    /// The cloud whose hosts these are.
    pub cloud: Cloud,
    /// The sign-in service, for example `login.microsoftonline.com`.
    pub authority: HostPort,
    /// The Device Registration Service, for example `enterpriseregistration.windows.net`.
    pub drs: HostPort,
    /// Microsoft Graph, for example `graph.microsoft.com`.
    pub graph: HostPort,
    /// Host suffixes (`.manage.microsoft.com`) or, for [`Cloud::Custom`], whole hosts of Intune.
    pub intune: IntuneHosts,
}

/// Which hosts count as Intune's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IntuneHosts {
    /// Any host below this suffix, which begins with a dot.
    Below(String),
    /// These hosts alone, as the configuration names them.
    Exactly(Vec<HostPort>),
}

impl CloudProfile {
    /// The hosts of the public cloud [spec: entra.md 10.5].
    pub fn public() -> CloudProfile {
        profile(
            Cloud::Public,
            "login.microsoftonline.com",
            "enterpriseregistration.windows.net",
            "graph.microsoft.com",
            ".manage.microsoft.com",
        )
    }

    /// The hosts of the US Government cloud [spec for login and DRS; Graph and Intune inferred].
    pub fn us_gov() -> CloudProfile {
        profile(
            Cloud::UsGov,
            "login.microsoftonline.us",
            "enterpriseregistration.microsoftonline.us",
            "graph.microsoft.us",
            ".manage.microsoft.us",
        )
    }

    /// The hosts of the Chinese cloud [spec for login and DRS; Graph and Intune inferred].
    pub fn china() -> CloudProfile {
        profile(
            Cloud::China,
            "login.partner.microsoftonline.cn",
            "enterpriseregistration.partner.microsoftonline.cn",
            "microsoftgraph.chinacloudapi.cn",
            ".manage.microsoft.cn",
        )
    }
}

impl Cloud {
    /// The cloud that a host is of, at any port; none for one that no cloud is known to have.
    ///
    /// The names are those of Microsoft's lists of national clouds (entra.md 10.5; Graph, Intune and older names
    /// inferred).
    pub fn of_host(host: &HostPort) -> Option<Cloud> {
        let below = |suffix: &&str| {
            host.name().strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        let has = |names: &[&str]| names.iter().any(below);
        // An older name of the US Government cloud lies below the public one's.
        if has(&US_GOV_HOSTS) {
            Some(Cloud::UsGov)
        } else if has(&CHINA_HOSTS) {
            Some(Cloud::China)
        } else if has(&PUBLIC_HOSTS) {
            Some(Cloud::Public)
        } else {
            None
        }
    }
}

const PUBLIC_HOSTS: [&str; 3] = ["microsoftonline.com", "windows.net", "microsoft.com"];
const US_GOV_HOSTS: [&str; 6] = [
    "microsoftonline.us",
    "microsoft.us",
    "azure.us",
    "microsoftazure.us",
    "usgovcloudapi.net",
    "login-us.microsoftonline.com",
];
const CHINA_HOSTS: [&str; 4] = ["microsoftonline.cn", "chinacloudapi.cn", "azure.cn", "microsoft.cn"];

impl CloudProfile {
    /// Whether a person may be sent to a page of this host to sign in: one of Microsoft's own for that, to which all
    /// its clouds send people (entra.md 2.3), or the sign-in service that is configured.
    pub fn has_sign_in_pages(&self, host: &str, port: u16) -> bool {
        let own = host == self.authority.name() && port == self.authority.port();
        own || (port == 443 && SIGN_IN_PAGES.contains(&host))
    }
}

const SIGN_IN_PAGES: [&str; 4] = ["microsoft.com", "www.microsoft.com", "login.microsoft.com", "aka.ms"];

fn profile(cloud: Cloud, authority: &str, drs: &str, graph: &str, intune: &str) -> CloudProfile {
    CloudProfile {
        cloud,
        authority: HostPort::known(authority),
        drs: HostPort::known(drs),
        graph: HostPort::known(graph),
        intune: IntuneHosts::Below(intune.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_compiled_in_host_is_a_valid_host_name() {
        for p in [CloudProfile::public(), CloudProfile::us_gov(), CloudProfile::china()] {
            for host in [&p.authority, &p.drs, &p.graph] {
                assert_eq!(host.to_string().parse::<HostPort>().as_ref(), Ok(host));
            }
        }
    }

    #[test]
    fn a_host_is_of_the_cloud_whose_name_it_ends_with() {
        for (host, cloud) in [
            ("login.microsoftonline.com", Some(Cloud::Public)),
            ("sts.windows.net", Some(Cloud::Public)),
            ("graph.microsoft.com:443", Some(Cloud::Public)),
            ("login.microsoftonline.us", Some(Cloud::UsGov)),
            ("LOGIN.microsoftonline.US:8443", Some(Cloud::UsGov)),
            ("login-us.microsoftonline.com", Some(Cloud::UsGov)),
            ("dod-graph.microsoft.us", Some(Cloud::UsGov)),
            ("a.manage.microsoft.us", Some(Cloud::UsGov)),
            ("login.chinacloudapi.cn", Some(Cloud::China)),
            ("login.partner.microsoftonline.cn", Some(Cloud::China)),
            ("microsoftgraph.chinacloudapi.cn", Some(Cloud::China)),
            ("evilmicrosoftonline.us", None),
            ("microsoft.us.example", None),
            ("login.example:8443", None),
            ("localhost", None),
        ] {
            assert_eq!(Cloud::of_host(&host.parse().unwrap()), cloud, "{host}");
        }
        for profile in [CloudProfile::public(), CloudProfile::us_gov(), CloudProfile::china()] {
            for host in [&profile.authority, &profile.drs, &profile.graph] {
                assert_eq!(Cloud::of_host(host), Some(profile.cloud), "{host}");
            }
        }
    }
}
