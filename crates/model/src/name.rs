use crate::printable;
use std::fmt;
use std::str::FromStr;

/// Why a text is not the name it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not a DNS domain name of at least two labels.
    #[error("'{0}' is not a domain name (letters, digits, '-' and at least one '.')")]
    Domain(String),
    /// Not a user principal name with the characters that Entra allows (entra.md 2.10, rule 6).
    #[error(
        "'{0}' is not a user name of the form name@domain (allowed: A-Z a-z 0-9 ' . - _ ! # ^ ~ and one @)"
    )]
    Upn(String),
    /// Not `name` or `name:port`.
    #[error("'{0}' is not a host name with an optional port")]
    Host(String),
}

/// A DNS domain name in lower case with at least two labels, without a trailing dot.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(String);

impl DomainName {
    /// The name in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DomainName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<DomainName, NameError> {
        let name = text.to_ascii_lowercase();
        let good = name.len() <= 253 && name.contains('.') && name.split('.').all(is_label);
        if good { Ok(DomainName(name)) } else { Err(NameError::Domain(quoted(text))) }
    }
}

/// A user principal name, folded to lower case in ASCII only; nothing else of it is changed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Upn {
    text: String,
    domain: DomainName,
}

impl Upn {
    /// The whole name in lower case.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The part behind the `@`.
    pub fn domain(&self) -> &DomainName {
        &self.domain
    }

    /// Whether the name has the mark of a guest (`#EXT#`, entra.md 2.10, rule 5).
    pub fn is_guest(&self) -> bool {
        self.text.contains("#ext#")
    }
}

impl FromStr for Upn {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Upn, NameError> {
        let wrong = || NameError::Upn(quoted(text));
        let (local, domain) = text.split_once('@').ok_or_else(wrong)?;
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"'.-_!#^~".contains(&b);
        if local.is_empty() || text.len() > 320 || !local.bytes().all(allowed) {
            return Err(wrong());
        }
        let domain = domain.parse().map_err(|_| wrong())?;
        Ok(Upn { text: text.to_ascii_lowercase(), domain })
    }
}

/// A host to connect to: `name` or `name:port`; the default port is 443, written or not.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPort {
    name: String,
    port: Option<u16>,
}

impl HostPort {
    /// A host of the compiled-in tables, whose spelling the tests check.
    pub(crate) fn known(name: &str) -> HostPort {
        HostPort { name: name.to_owned(), port: None }
    }

    /// The host name in lower case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The port; 443 where none was given.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(443)
    }

    /// The host with another name in front: `certauth` makes `certauth.host`, the port kept.
    #[must_use]
    pub fn prefixed(&self, label: &str) -> HostPort {
        HostPort { name: format!("{label}.{}", self.name), port: self.port }
    }
}

impl FromStr for HostPort {
    type Err = NameError;

    fn from_str(text: &str) -> Result<HostPort, NameError> {
        let wrong = || NameError::Host(quoted(text));
        let (name, port) = match text.split_once(':') {
            Some((name, port)) => (name, Some(port.parse().map_err(|_| wrong())?)),
            None => (text, None),
        };
        if name.len() > 253 || !name.split('.').all(is_label) {
            return Err(wrong());
        }
        // One host has one form, or a written default would make it another host to whoever compares.
        Ok(HostPort { name: name.to_ascii_lowercase(), port: port.filter(|port| *port != 443) })
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
impl fmt::Debug for DomainName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
impl fmt::Display for Upn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}
impl fmt::Debug for Upn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}
impl fmt::Display for HostPort {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(out, "{}:{port}", self.name),
            None => out.write_str(&self.name),
        }
    }
}
impl fmt::Debug for HostPort {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

fn is_label(label: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    !label.is_empty()
        && label.len() <= 63
        && label.bytes().all(inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// What is no name, as an error quotes it.
fn quoted(text: &str) -> String {
    printable(text, 120)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folded_in_ascii_only() {
        assert_eq!("Alex@CONTOSO.com".parse::<Upn>().unwrap().as_str(), "alex@contoso.com");
        assert!("alİce@contoso.com".parse::<Upn>().is_err());
        let turned = "alex\u{202e}\u{7}@contoso.com".parse::<Upn>().unwrap_err().to_string();
        assert!(turned.starts_with("'alex  @contoso.com' is"), "{turned}");
    }

    #[test]
    fn bad_user_names_are_refused() {
        for text in [
            "",
            "alex",
            "@contoso.com",
            "alex@",
            "alex@contoso",
            "a b@contoso.com",
            "a@b@contoso.com",
            "alex@contoso..com",
            "alex\n@contoso.com",
            "аlex@contoso.com",
            "alex@-contoso.com",
            "alex/x@contoso.com",
        ] {
            assert!(text.parse::<Upn>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_host_keeps_its_port_under_a_prefix() {
        let host: HostPort = "Drs.Example:8443".parse().unwrap();
        assert_eq!(host.prefixed("certauth").to_string(), "certauth.drs.example:8443");
        assert_eq!("drs.example".parse::<HostPort>().unwrap().port(), 443);
        assert!("a b".parse::<HostPort>().is_err() && "h:99999".parse::<HostPort>().is_err());
        assert_eq!("h.example:443".parse::<HostPort>(), "h.example".parse());
        assert_ne!("h.example:444".parse::<HostPort>(), "h.example".parse());
    }
}
