use crate::connect::is_loopback;
use http::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

/// Which proxy leads to a host: the configured one, else the environment's; `NO_PROXY` counts for both.
#[derive(Debug)]
pub(crate) struct Proxies {
    matcher: Matcher,
    unusable: Option<Unusable>,
}

/// A proxy is set that cannot be used. It is not passed by: whoever set it wanted no other way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the proxy of {0} cannot be used: it has to be http://host:port")]
pub struct Unusable(&'static str);

impl Proxies {
    /// Looks into the configuration, then into the environment.
    ///
    /// # Errors
    /// [`Unusable`] for a configured proxy; the environment's is judged when it is needed, because
    /// `NO_PROXY` may spare every host of ours.
    pub(crate) fn new(
        configured: Option<&str>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Proxies, Unusable> {
        let first = |names: &[&'static str]| {
            names.iter().find_map(|name| {
                environment(name).filter(|value| !value.is_empty()).map(|value| (*name, value))
            })
        };
        let (name, proxy) = match configured {
            Some(proxy) if !is_usable(proxy) => return Err(Unusable("the option proxy")),
            Some(proxy) => ("the option proxy", proxy.to_owned()),
            None => first(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]).unwrap_or_default(),
        };
        let no = first(&["NO_PROXY", "no_proxy"]).map(|(_, value)| value).unwrap_or_default();
        let unusable = (!proxy.is_empty() && !is_usable(&proxy)).then_some(Unusable(name));
        let proxy = if unusable.is_some() { PLACEHOLDER.to_owned() } else { proxy };
        Ok(Proxies { matcher: Matcher::builder().all(proxy).no(no).build(), unusable })
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
    fn route(configured: Option<&str>, environment: &[(&str, &str)], host: &str) -> String {
        let variable = |name: &str| {
            let found = environment.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let uri: Uri = format!("https://{host}/").parse().unwrap();
        match Proxies::new(configured, variable).and_then(|proxies| proxies.to(&uri)) {
            Ok(None) => "straight".to_owned(),
            Ok(Some(found)) => found.uri().authority().unwrap().to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_configuration_comes_before_the_environment() {
        let (ours, theirs) = (Some("http://ours:1"), ("HTTPS_PROXY", "http://theirs:2"));
        for (configured, environment, way) in [
            (None, vec![], "straight"),
            (ours, vec![], "ours:1"),
            (ours, vec![theirs], "ours:1"),
            (None, vec![theirs], "theirs:2"),
            (None, vec![("https_proxy", "theirs:2")], "theirs:2"),
            (None, vec![("ALL_PROXY", "http://all:3")], "all:3"),
            (None, vec![("ALL_PROXY", "http://all:3"), theirs], "theirs:2"),
            (None, vec![("HTTPS_PROXY", ""), ("all_proxy", "http://all:3")], "all:3"),
            (None, vec![("HTTP_PROXY", "http://plain:4")], "straight"),
        ] {
            assert_eq!(route(configured, &environment, "login.example"), way, "{environment:?}");
        }
    }

    #[test]
    fn no_proxy_counts_for_both_and_this_machine_needs_none() {
        let no = ("NO_PROXY", "example, 10.0.0.0/8,.contoso.com");
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
            for (configured, environment) in [
                (Some("http://proxy:1"), vec![no]),
                (None, vec![("HTTPS_PROXY", "http://proxy:1"), ("no_proxy", no.1)]),
            ] {
                let way = if straight { "straight" } else { "proxy:1" };
                assert_eq!(route(configured, &environment, host), way, "{host}");
            }
        }
        assert_eq!(route(Some("http://proxy:1"), &[("NO_PROXY", "*")], "any.where"), "straight");
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_not_passed_by() {
        for proxy in
            ["https://p:1", "socks5://p:1", "socks5h://u:hunter2@p:1", "gopher://p", "http://", "a b"]
        {
            let option = route(Some(proxy), &[], "login.example");
            assert!(option.contains("the option proxy cannot be used"), "{proxy}: {option}");
            let environment = [("ALL_PROXY", proxy), ("NO_PROXY", "spared.example")];
            let variable = route(None, &environment, "login.example");
            assert!(variable.contains("ALL_PROXY cannot be used"), "{proxy}: {variable}");
            assert!(!format!("{option}{variable}").contains("hunter2"));
            assert_eq!(route(None, &environment, "spared.example"), "straight", "{proxy}");
            assert_eq!(route(None, &environment, "localhost"), "straight", "{proxy}");
        }
    }
}
