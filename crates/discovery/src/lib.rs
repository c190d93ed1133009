//! Finds out where a domain's tenant lives and how it signs: OIDC metadata, JWKS, user realm, DRS Discover.
//!
//! Pure: `request` makes the HTTP request, `read` judges the reply.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod drs;
mod error;
pub mod jwks;
pub mod metadata;
pub mod realm;

pub use error::DiscoveryError;

use bytes::Bytes;
use http::{HeaderValue, Request, Uri, header};

/// A GET that asks for JSON.
fn get(uri: Uri) -> Request<Bytes> {
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = uri;
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    request
}

/// A URI of parts that are checked already (host, GUID, domain).
fn uri(text: &str) -> Uri {
    text.parse().unwrap_or_default()
}

/// One segment of a path, with nothing in it that could end the segment.
fn segment(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Whether a URL of a document is https, on one of these hosts and without a user name in it.
fn on_host(url: &str, hosts: &[&model::HostPort]) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let Some(host) = uri.host().filter(|_| !url.contains('@')) else { return false };
    let port = uri.port_u16().unwrap_or(443);
    uri.scheme_str() == Some("https")
        && hosts.iter().any(|known| known.name().eq_ignore_ascii_case(host) && known.port() == port)
}
