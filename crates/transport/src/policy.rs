use model::{CloudProfile, HostPort, IntuneHosts};

/// A request that would show a credential to a host that must not see it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("refused to send a credential to {host}: it is not a host of the configured cloud")]
pub struct Forbidden {
    /// Host and port of the refused request.
    pub host: String,
}

/// Which hosts may see credentials: those of the cloud profile, and no other.
#[derive(Debug, Clone)]
pub struct Policy {
    profile: CloudProfile,
}

impl Policy {
    /// The policy of a cloud profile.
    pub fn new(profile: CloudProfile) -> Policy {
        Policy { profile }
    }

    /// Whether a request that bears a credential may go to this URI.
    ///
    /// # Errors
    /// [`Forbidden`] for any scheme but https and any host outside the profile.
    pub fn permit(&self, uri: &http::Uri) -> Result<(), Forbidden> {
        let known = |host: &HostPort| {
            let profile = &self.profile;
            [&profile.authority, &profile.drs, &profile.graph].contains(&host)
                || *host == profile.drs.prefixed("certauth")
                || self.is_intune(host)
        };
        if host_of(uri).is_some_and(|host| known(&host)) { Ok(()) } else { Err(forbidden(uri)) }
    }

    fn is_intune(&self, host: &HostPort) -> bool {
        match &self.profile.intune {
            IntuneHosts::Below(suffix) => host.port() == 443 && host.name().ends_with(suffix.as_str()),
            IntuneHosts::Exactly(hosts) => hosts.contains(host),
        }
    }
}

fn host_of(uri: &http::Uri) -> Option<HostPort> {
    if uri.scheme_str() != Some("https") {
        return None;
    }
    match (uri.host()?, uri.port()) {
        (host, None) => host.parse().ok(),
        (host, Some(port)) => format!("{host}:{port}").parse().ok(),
    }
}

/// Names the host alone: path, query and user may hold what must not be shown.
fn forbidden(uri: &http::Uri) -> Forbidden {
    let port = uri.port().map(|port| format!(":{port}")).unwrap_or_default();
    let scheme = uri.scheme_str().filter(|scheme| *scheme != "https").map(|scheme| format!("{scheme}://"));
    Forbidden { host: format!("{}{}{port}", scheme.unwrap_or_default(), uri.host().unwrap_or("no host")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Cloud;

    fn permitted(profile: CloudProfile, uri: &str) -> bool {
        Policy::new(profile).permit(&uri.parse().unwrap()).is_ok()
    }

    fn custom() -> CloudProfile {
        CloudProfile {
            cloud: Cloud::Custom,
            authority: "login.example:8443".parse().unwrap(),
            drs: "drs.example:443".parse().unwrap(),
            graph: "graph.example".parse().unwrap(),
            intune: IntuneHosts::Exactly(vec!["intune.example:9".parse().unwrap()]),
        }
    }

    #[test]
    fn the_public_cloud_s_hosts_see_credentials_and_nobody_else() {
        for (uri, may) in [
            ("https://login.microsoftonline.com/x?y", true),
            ("https://LOGIN.MicrosoftOnline.com:443/", true),
            ("https://enterpriseregistration.windows.net/", true),
            ("https://certauth.enterpriseregistration.windows.net/", true),
            ("https://graph.microsoft.com/v1.0/me", true),
            ("https://fef.msua02.manage.microsoft.com/", true),
            ("http://login.microsoftonline.com/", false),
            ("https://login.microsoftonline.com:444/", false),
            ("https://login.microsoftonline.com./", false),
            ("https://login.microsoftonline.com@evil.example/", false),
            ("https://login.microsoftonline.com.evil.example/", false),
            ("https://evillogin.microsoftonline.com/", false),
            ("https://certauth.login.microsoftonline.com/", false),
            ("https://certauth.graph.microsoft.com/", false),
            ("https://login.microsoftonline.us/", false),
            ("https://manage.microsoft.com/", false),
            ("https://.manage.microsoft.com/", false),
            ("https://evilmanage.microsoft.com/", false),
            ("https://x.manage.microsoft.com:8443/", false),
            ("https://x.manage.microsoft.com.evil.example/", false),
            ("https://[::1]/", false),
            ("https://127.0.0.1/", false),
            ("/relative", false),
        ] {
            assert_eq!(permitted(CloudProfile::public(), uri), may, "{uri}");
        }
    }

    #[test]
    fn the_sovereign_clouds_have_hosts_of_their_own() {
        for (profile, uri, may) in [
            (CloudProfile::us_gov(), "https://login.microsoftonline.us/", true),
            (CloudProfile::us_gov(), "https://a.manage.microsoft.us/", true),
            (CloudProfile::us_gov(), "https://login.microsoftonline.com/", false),
            (CloudProfile::us_gov(), "https://a.manage.microsoft.com/", false),
            (CloudProfile::china(), "https://microsoftgraph.chinacloudapi.cn/", true),
            (CloudProfile::china(), "https://a.manage.microsoft.cn/", true),
            (CloudProfile::china(), "https://graph.microsoft.com/", false),
        ] {
            assert_eq!(permitted(profile, uri), may, "{uri}");
        }
    }

    #[test]
    fn a_cloud_of_one_s_own_is_matched_whole_with_its_ports() {
        for (uri, may) in [
            ("https://login.example:8443/", true),
            ("https://login.example/", false),
            ("https://drs.example/", true),
            ("https://drs.example:443/", true),
            ("https://certauth.drs.example/", true),
            ("https://graph.example:443/", true),
            ("https://intune.example:9/", true),
            ("https://intune.example/", false),
            ("https://a.intune.example:9/", false),
            ("https://a.manage.microsoft.com/", false),
        ] {
            assert_eq!(permitted(custom(), uri), may, "{uri}");
        }
    }

    #[test]
    fn a_refusal_names_the_host_and_no_more() {
        for (uri, host) in [
            ("https://user:hunter2@evil.example:8/hunter2?token=hunter2", "evil.example:8"),
            ("http://evil.example/?token=hunter2", "http://evil.example"),
            ("/hunter2", "no host"),
        ] {
            let refused = Policy::new(custom()).permit(&uri.parse().unwrap()).unwrap_err();
            assert_eq!(refused.host, host);
            assert!(!refused.to_string().contains("hunter2"));
        }
    }
}
