//! The national clouds (entra.md 10.5): which host belongs to which, and which hosts documents name.

use serde::{Deserialize, Serialize};

/// A cloud; a tenant is in one of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cloud {
    /// `login.microsoftonline.com`.
    #[default]
    Public,
    /// `login.microsoftonline.us` (GCC High, DoD).
    UsGov,
    /// `login.partner.microsoftonline.cn` (21Vianet).
    China,
}

/// Which hosts the documents name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Urls {
    /// One host (`name:port`) for everything, and so for every cloud.
    Local {
        /// `localhost:8443`, for example.
        host: String,
    },
    /// The real host names.
    Public,
}

/// The hosts that a document names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosts {
    /// Host of sign-in, with its port in local mode.
    pub login: String,
    /// Host of registration, with its port in local mode.
    pub drs: String,
    /// Host of Graph, with its port in local mode.
    pub graph: String,
    /// The registration service as a resource; local mode keeps the public spelling, which clients compare.
    pub drs_resource: String,
    /// `cloud_instance_name`.
    pub instance: &'static str,
    /// `rbac_url`.
    pub rbac: &'static str,
}

/// The cloud of a host; `None` for a host of no cloud, as in local mode.
pub fn of_host(host: &str) -> Option<Cloud> {
    let host = host.strip_prefix("certauth.").unwrap_or(host);
    let named = |cloud: &&(Cloud, [&str; 4])| cloud.1.contains(&host);
    CLOUDS.iter().find(named).map(|(cloud, _)| *cloud)
}

impl Urls {
    /// The hosts for a tenant of this cloud.
    pub fn hosts(&self, cloud: Cloud) -> Hosts {
        let (instance, rbac) = match cloud {
            Cloud::Public => ("microsoftonline.com", "https://pas.windows.net"),
            Cloud::UsGov => ("microsoftonline.us", "https://pasff.usgovcloudapi.net"),
            // The page names none for this cloud [inferred].
            Cloud::China => ("partner.microsoftonline.cn", "https://pas.chinacloudapi.cn"),
        };
        let of = |cloud| CLOUDS.iter().find(|(it, _)| *it == cloud).map_or(CLOUDS[0].1, |(_, hosts)| *hosts);
        let [login, _, drs, graph] = match self {
            Urls::Public => of(cloud),
            Urls::Local { host } => [host.as_str(); 4],
        };
        let [_, _, resource, _] = if *self == Urls::Public { of(cloud) } else { of(Cloud::Public) };
        Hosts {
            login: login.to_owned(),
            drs: drs.to_owned(),
            graph: graph.to_owned(),
            drs_resource: format!("urn:ms-drs:{resource}"),
            instance,
            rbac,
        }
    }
}

/// Every cloud.
pub const ALL: [Cloud; 3] = [Cloud::Public, Cloud::UsGov, Cloud::China];

/// Login host, its older name, registration host, Graph host.
const CLOUDS: [(Cloud, [&str; 4]); 3] = [
    (
        Cloud::Public,
        [
            "login.microsoftonline.com",
            "login.windows.net",
            "enterpriseregistration.windows.net",
            "graph.microsoft.com",
        ],
    ),
    (
        Cloud::UsGov,
        [
            "login.microsoftonline.us",
            "login.usgovcloudapi.net",
            "enterpriseregistration.microsoftonline.us",
            "graph.microsoft.us",
        ],
    ),
    (
        Cloud::China,
        [
            "login.partner.microsoftonline.cn",
            "login.chinacloudapi.cn",
            "enterpriseregistration.partner.microsoftonline.cn",
            "microsoftgraph.chinacloudapi.cn",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_belongs_to_its_cloud() {
        for (host, cloud) in [
            ("login.microsoftonline.com", Some(Cloud::Public)),
            ("certauth.enterpriseregistration.windows.net", Some(Cloud::Public)),
            ("login.microsoftonline.us", Some(Cloud::UsGov)),
            ("certauth.enterpriseregistration.microsoftonline.us", Some(Cloud::UsGov)),
            ("login.chinacloudapi.cn", Some(Cloud::China)),
            ("localhost", None),
            ("odc.officeapps.live.com", None),
        ] {
            assert_eq!(of_host(host), cloud, "{host}");
        }
    }

    #[test]
    fn each_cloud_names_its_own_hosts_and_local_mode_one() {
        let public = Urls::Public;
        assert_eq!(public.hosts(Cloud::UsGov).login, "login.microsoftonline.us");
        assert_eq!(
            public.hosts(Cloud::UsGov).drs_resource,
            "urn:ms-drs:enterpriseregistration.microsoftonline.us"
        );
        let local = Urls::Local { host: "localhost:1".to_owned() };
        let hosts = local.hosts(Cloud::China);
        assert_eq!([hosts.login, hosts.drs, hosts.graph], ["localhost:1"; 3].map(str::to_owned));
        assert_eq!(hosts.drs_resource, "urn:ms-drs:enterpriseregistration.windows.net");
    }
}
