use crate::IntuneError;
use http::Uri;
use model::printable;
use std::fmt;
use std::str::FromStr;

/// The base of a service of Intune as Graph names it: https, without a slash at its end, a query or a user
/// name. Its host and path differ per tenant, and the case of its path is the service's own (intune.md 1.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceUri(String);

impl ServiceUri {
    /// The base with more of a path and a query, which the caller has encoded.
    pub(crate) fn at(&self, rest: &str) -> Uri {
        // A checked base and an encoded rest always make a URI; the transport would refuse an empty one.
        format!("{}/{rest}", self.0).parse().unwrap_or_default()
    }

    /// Whether an address is https and on the host and port of this service.
    pub(crate) fn is_home_of(&self, address: &str) -> bool {
        let place = |text: &str| origin(text).map(|(host, port)| (host.to_ascii_lowercase(), port));
        place(address).is_some() && place(address) == place(&self.0)
    }
}

impl FromStr for ServiceUri {
    type Err = IntuneError;

    /// Trims one slash at the end.
    fn from_str(text: &str) -> Result<ServiceUri, IntuneError> {
        let base = text.strip_suffix('/').unwrap_or(text);
        if origin(base).is_none() || base.contains(['?', '#']) || base.len() > LONGEST {
            return Err(IntuneError::Uri(printable(text, 200)));
        }
        Ok(ServiceUri(base.to_owned()))
    }
}

impl fmt::Display for ServiceUri {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Host and port of an https address without a user name.
fn origin(address: &str) -> Option<(String, u16)> {
    let uri: Uri = address.parse().ok()?;
    let authority = uri.authority().filter(|it| !it.as_str().contains('@') && !it.host().is_empty())?;
    let written = authority.as_str().strip_prefix(authority.host())?.strip_prefix(':');
    let port = match written {
        Some(port) => port.parse().ok()?,
        None => 443,
    };
    (uri.scheme_str() == Some("https")).then(|| (authority.host().to_owned(), port))
}

const LONGEST: usize = 2_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slash_is_trimmed_and_the_case_is_kept() {
        for (text, base) in [
            (
                "https://fef.msua08.manage.microsoft.com/LinuxMDM",
                "https://fef.msua08.manage.microsoft.com/LinuxMDM",
            ),
            ("https://fef.example/LinuxMdm/Checkin/", "https://fef.example/LinuxMdm/Checkin"),
            ("https://fef.example:8443//", "https://fef.example:8443/"),
            ("HTTPS://fef.example/a", "HTTPS://fef.example/a"),
        ] {
            assert_eq!(text.parse::<ServiceUri>().unwrap().to_string(), base);
        }
    }

    #[test]
    fn what_is_no_https_base_is_refused() {
        let long = format!("https://fef.example/{}", "a".repeat(LONGEST));
        for text in [
            "",
            "/",
            "fef.example",
            "/path",
            "http://fef.example/a",
            "ftp://fef.example/a",
            "https://",
            "https:///a",
            "https://alex@fef.example/a",
            "https://fef.example@fef.example/a",
            "https://fef.example:99999/a",
            "https://fef.example:/a",
            "https://fef.example/a?b=c",
            "https://fef.example/a#b",
            "https://fef.example/a b",
            &long,
        ] {
            assert!(matches!(text.parse::<ServiceUri>(), Err(IntuneError::Uri(_))), "{text}");
        }
    }

    #[test]
    fn home_is_the_same_host_and_port_over_https() {
        let home: ServiceUri = "https://fef.example/Iw".parse().unwrap();
        for (address, is_home) in [
            ("https://fef.example/Iw/Devices(guid'1')/Retire", true),
            ("https://FEF.Example:443/elsewhere", true),
            ("https://fef.example:444/Iw", false),
            ("http://fef.example/Iw", false),
            ("https://fef.example.evil.test/Iw", false),
            ("https://evil.test/fef.example", false),
            ("https://fef.example@evil.test/Iw", false),
            ("https://alex@fef.example/Iw", false),
            ("/Devices", false),
            ("", false),
        ] {
            assert_eq!(home.is_home_of(address), is_home, "{address}");
        }
    }
}
