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
}
