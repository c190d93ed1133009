//! The proxy that is in force, and where it comes from.

use model::{HostPort, Secret};
use option_values::unless_empty;
use std::fmt;

/// A proxy's URL, `http://[user:password@]host:port`, which may hold a password and is never shown whole.
#[derive(Clone)]
pub struct Proxy(String);

impl Proxy {
    /// Takes a URL that has the form of one; none for an empty text.
    pub(crate) fn read(text: &str) -> Result<Option<Proxy>, String> {
        let allowed = || "http://host:port or http://user:password@host:port".to_owned();
        unless_empty(text, |text| is_proxy(text).then(|| Proxy(text.to_owned())).ok_or_else(allowed))
    }

    /// The URL, with the password.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether a user is named, and whether with a password.
    pub fn credentials(&self) -> ProxyCredentials {
        match self.0.rsplit_once('@').map(|(user, _)| user.trim_start_matches("http://")) {
            None => ProxyCredentials::None,
            Some(user) if user.split_once(':').is_some_and(|(_, word)| !word.is_empty()) => {
                ProxyCredentials::Password
            }
            Some(_) => ProxyCredentials::User,
        }
    }

    /// The same with this password for its user; a password may be any bytes.
    #[must_use]
    pub fn with_password(&self, password: &Secret<Vec<u8>>) -> Proxy {
        let Some((user, host)) = self.0.rsplit_once('@') else { return self.clone() };
        let user = user.trim_start_matches("http://");
        let user = user.split_once(':').map_or(user, |(name, _)| name);
        Proxy(format!("http://{user}:{}@{host}", escaped(password.expose())))
    }
}

/// What a proxy's URL says of who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyCredentials {
    /// Nothing.
    None,
    /// A user without a password.
    User,
    /// A user and a password.
    Password,
}

impl fmt::Display for Proxy {
    /// Host and port alone.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&without_user(&self.0))
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Proxy({self})")
    }
}

/// The proxy that is in force for a process with this environment.
pub struct ProxyInForce {
    /// Where it is set, as an error names it; none where nothing sets one.
    pub origin: Option<&'static str>,
    /// The URL, with the password; empty where there is none.
    pub url: Secret<String>,
    /// The variable that names the hosts which are reached straight, and its value.
    pub no_proxy: Option<(&'static str, String)>,
}

/// The option comes before the environment, and `NO_PROXY` counts for both.
pub fn proxy_in_force(option: Option<&Proxy>, environment: impl Fn(&str) -> Option<String>) -> ProxyInForce {
    let first = |names: [&'static str; 4]| {
        names.into_iter().find_map(|name| Some((name, environment(name).filter(|value| !value.is_empty())?)))
    };
    let configured = option.map(|proxy| (OPTION, proxy.expose().to_owned()));
    let found = configured.or_else(|| first(["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]));
    let (origin, url) = found.map_or((None, String::new()), |(name, url)| (Some(name), url));
    let no_proxy = first(["NO_PROXY", "no_proxy", "NO_PROXY", "no_proxy"]);
    ProxyInForce { origin, url: Secret::new(url), no_proxy }
}

impl fmt::Display for ProxyInForce {
    /// One sentence without the user and the password.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(origin) = self.origin else {
            return out.write_str("none: neither set nor in the environment");
        };
        let kind = if origin == OPTION { "" } else { "the environment variable " };
        write!(out, "{}, from {kind}{origin}", without_user(self.url.expose()))?;
        match &self.no_proxy {
            Some((name, hosts)) => write!(out, "; not for {} ({name})", model::printable(hosts, 200)),
            None => Ok(()),
        }
    }
}

fn without_user(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").map_or((None, url), |(scheme, rest)| (Some(scheme), rest));
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host).trim_end_matches('/');
    let scheme = scheme.map(|scheme| format!("{scheme}://")).unwrap_or_default();
    model::printable(&format!("{scheme}{host}"), 200)
}

/// `http://[user[:password]@]host[:port][/]`; special characters of user and password are percent-escaped.
fn is_proxy(value: &str) -> bool {
    let Some(rest) = value.strip_prefix("http://") else { return false };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (user, host) = rest.rsplit_once('@').unwrap_or(("", rest));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:%".contains(c);
    user.chars().all(plain) && (host.parse::<HostPort>().is_ok() || is_ipv6(host))
}

fn is_ipv6(host: &str) -> bool {
    let Some((address, port)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        return false;
    };
    let port = port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    port && address.parse::<std::net::Ipv6Addr>().is_ok()
}

/// Percent-escapes everything but letters and digits.
fn escaped(bytes: &[u8]) -> String {
    percent_encoding::percent_encode(bytes, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// What an error calls the option.
const OPTION: &str = "the option proxy";
