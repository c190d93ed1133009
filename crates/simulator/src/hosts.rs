//! The host names that the simulator answers for.

/// The real host names of `--public-hosts`, each an exact name (entra.md 0.4 and 10.5; Intune hosts as Graph
/// names them, intune.md 1).
pub const PUBLIC: &[&str] = &[
    "login.microsoftonline.com",
    "login.windows.net",
    "enterpriseregistration.windows.net",
    "certauth.enterpriseregistration.windows.net",
    "graph.microsoft.com",
    "graph.windows.net",
    "odc.officeapps.live.com",
    "microsoft.com",
    "packages.microsoft.com",
    "enrollment.manage.microsoft.com",
    INTUNE,
    "login.microsoftonline.us",
    "enterpriseregistration.microsoftonline.us",
    "certauth.enterpriseregistration.microsoftonline.us",
    "graph.microsoft.us",
    "login.partner.microsoftonline.cn",
    "login.chinacloudapi.cn",
    "enterpriseregistration.partner.microsoftonline.cn",
    "certauth.enterpriseregistration.partner.microsoftonline.cn",
    "microsoftgraph.chinacloudapi.cn",
];

/// The scale unit that the endpoint list names in public mode (intune.md 1.3).
pub const INTUNE: &str = "fef.msua08.manage.microsoft.com";

/// The names of local mode; the certificate also carries the two loopback addresses.
pub const LOCAL: &[&str] = &["localhost", "certauth.localhost", "127.0.0.1", "::1"];

/// The lines of a hosts file that leads clients with hard-coded hosts to the loopback address; this machine keeps
/// its own name.
pub fn lines() -> Vec<String> {
    let names = std::iter::once(&"localhost").chain(PUBLIC);
    names.map(|host| format!("127.0.0.1 {host}")).collect()
}

/// Whether the name is that of a registration service, where a client certificate may be asked for in the
/// handshake; in local mode one name serves for everything and is such a name too.
pub fn is_registration(name: &str) -> bool {
    is_certificate_host(name) || name.starts_with("enterpriseregistration.") || LOCAL.contains(&name)
}

/// Whether the name is the one that Microsoft documents for certificate sign-in (entra.md 6.1).
pub fn is_certificate_host(name: &str) -> bool {
    name.starts_with("certauth.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_registration_host_has_its_certificate_host() {
        for host in PUBLIC.iter().filter(|host| host.starts_with("enterpriseregistration.")) {
            assert!(PUBLIC.contains(&format!("certauth.{host}").as_str()), "{host}");
        }
    }

    #[test]
    fn sign_in_hosts_never_ask_for_a_certificate() {
        for host in ["login.microsoftonline.com", "graph.microsoft.com", "odc.officeapps.live.com"] {
            assert!(!is_registration(host), "{host}");
        }
        assert!(is_registration("localhost") && is_registration("certauth.localhost"));
    }
}
