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
        let host = host_of(uri).ok_or_else(|| Forbidden { host: uri.to_string() })?;
        let profile = &self.profile;
        let known = [&profile.authority, &profile.drs, &profile.graph].contains(&&host)
            || host == profile.drs.prefixed("certauth")
            || self.is_intune(&host);
        if known { Ok(()) } else { Err(Forbidden { host: host.to_string() }) }
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
    let host = uri.host()?;
    match uri.port_u16() {
        None | Some(443) => host.parse().ok(),
        Some(port) => format!("{host}:{port}").parse().ok(),
    }
}
