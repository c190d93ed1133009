//! Where the newest version of Microsoft's portal can be read (intune.md 6.2).

use bytes::Bytes;
use http::Request;

/// The GET of the package directory that [`crate::newest_version`] reads; nothing is told to it.
pub fn version_listing() -> Request<Bytes> {
    let mut request = Request::new(Bytes::new());
    // A constant that is a URI.
    *request.uri_mut() = http::Uri::from_static(DIRECTORY);
    request
}

const DIRECTORY: &str = "https://packages.microsoft.com/ubuntu/24.04/prod/pool/main/i/intune-portal/";
