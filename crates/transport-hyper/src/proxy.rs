use crate::connect::is_loopback;
use http::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use std::fmt;

/// The proxy that is in force, as whoever reads the configuration and the environment found it.
#[derive(Clone, Default)]
pub struct ProxySetting {
    /// Where it is set, as an error names it.
    pub origin: &'static str,
    /// `http://[user:password@]host:port`; empty where there is none.
    pub url: String,
    /// Hosts that are reached straight, in the words of `NO_PROXY`.
    pub no_proxy: String,
}

impl fmt::Debug for ProxySetting {
    /// The URL may hold a password.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "ProxySetting({:?}, not for {:?})", self.origin, self.no_proxy)
    }
}

/// Which proxy leads to a host.
#[derive(Debug)]
pub(crate) struct Proxies {
    matcher: Matcher,
    unusable: Option<Unusable>,
}

/// A proxy is set that cannot be used. It is not passed by: whoever set it wanted no other way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the proxy of {0} cannot be used: it has to be http://host:port")]
pub(crate) struct Unusable(&'static str);

impl Proxies {
    /// One that cannot be used is told when it is needed: `NO_PROXY` may spare every host of ours.
    pub(crate) fn new(setting: &ProxySetting) -> Proxies {
        let unusable = !setting.url.is_empty() && !is_usable(&setting.url);
        let proxy = if unusable { PLACEHOLDER.to_owned() } else { setting.url.clone() };
        let matcher = Matcher::builder().all(proxy).no(setting.no_proxy.clone()).build();
        Proxies { matcher, unusable: unusable.then_some(Unusable(setting.origin)) }
    }

    /// The proxy to this host; none where it is reached straight, as this machine always is.
    ///
    /// # Errors
    /// [`Unusable`].
    pub(crate) fn to(&self, uri: &Uri) -> Result<Option<Intercept>, Unusable> {
        if is_loopback(uri.host().unwrap_or_default()) {
            return Ok(None);
        }
        match (self.matcher.intercept(uri), self.unusable) {
            (Some(_), Some(unusable)) => Err(unusable),
            (found, _) => Ok(found),
        }
    }
}

/// Whether it is a proxy that takes CONNECT without TLS; the others need a protocol that is not here, and
/// the matcher forgets what it cannot read.
fn is_usable(proxy: &str) -> bool {
    let any = Uri::from_static("https://host.example/");
    let found = Matcher::builder().all(proxy.to_owned()).build().intercept(&any);
    found.is_some_and(|found| found.uri().scheme_str() == Some("http") && found.uri().host() != Some(""))
}

/// Stands for a proxy that cannot be used, so that `NO_PROXY` is asked first.
const PLACEHOLDER: &str = "http://unusable.invalid";

#[cfg(test)]
mod tests {
    use super::*;

    /// How a host is reached: `straight`, the proxy's address, or why not.
    fn route(url: &str, no_proxy: &str, host: &str) -> String {
        let setting =
            ProxySetting { origin: "the option proxy", url: url.to_owned(), no_proxy: no_proxy.to_owned() };
        let uri: Uri = format!("https://{host}/").parse().unwrap();
        match Proxies::new(&setting).to(&uri) {
            Ok(None) => "straight".to_owned(),
            Ok(Some(found)) => found.uri().authority().unwrap().to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn some_hosts_need_no_proxy_and_this_machine_never_does() {
        let no = "example, 10.0.0.0/8,.contoso.com";
        for (host, straight) in [
            ("login.example", true),
            ("example:8443", true),
            ("notexample", false),
            ("10.1.2.3", true),
            ("11.1.2.3", false),
            ("drs.contoso.com", true),
            ("contoso.com.evil", false),
            ("localhost", true),
            ("certauth.localhost:9", true),
            ("127.0.0.2", true),
            ("[::1]:8", true),
            ("localhost.evil", false),
        ] {
            let way = if straight { "straight" } else { "proxy:1" };
            assert_eq!(route("http://proxy:1", no, host), way, "{host}");
            assert_eq!(route("proxy:1", no, host), way, "{host}");
        }
        assert_eq!(route("http://proxy:1", "*", "any.where"), "straight");
        assert_eq!(route("", "", "any.where"), "straight");
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_not_passed_by() {
        for proxy in
            ["https://p:1", "socks5://p:1", "socks5h://u:hunter2@p:1", "gopher://p", "http://", "a b"]
        {
            let told = route(proxy, "spared.example", "login.example");
            assert!(told.contains("the option proxy cannot be used"), "{proxy}: {told}");
            assert!(!told.contains("hunter2"));
            for spared in ["spared.example", "localhost"] {
                assert_eq!(route(proxy, "spared.example", spared), "straight", "{proxy}");
            }
        }
    }

    #[test]
    fn nothing_shows_a_password_in_debug() {
        let url = "http://u:hunter2@p:1".to_owned();
        let shown = format!("{:?}", ProxySetting { url, ..ProxySetting::default() });
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
