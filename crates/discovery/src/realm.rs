//! Whether a user's domain is managed or federated (entra.md 1.4).

use crate::error::document;
use crate::{DiscoveryError, get, uri};
use bytes::Bytes;
use http::{Request, Response};
use model::{HostPort, Upn};
use serde::Deserialize;

/// Where a user's password is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Realm {
    /// By Entra itself.
    Managed,
    /// By somebody else.
    Federated,
    /// The service does not know the domain.
    Unknown,
}

/// GET of the v1 user realm.
pub fn request(authority: &HostPort, upn: &Upn) -> Request<Bytes> {
    let name: String = url::form_urlencoded::byte_serialize(upn.as_str().as_bytes()).collect();
    get(uri(&format!("https://{authority}/common/userrealm/{name}?api-version=1.0")))
}

#[derive(Deserialize)]
struct Document {
    #[serde(alias = "NameSpaceType")]
    account_type: String,
}

/// Reads the realm.
///
/// # Errors
/// [`DiscoveryError::NotJson`] when it is no such document.
pub fn read(reply: Response<Bytes>) -> Result<Realm, DiscoveryError> {
    let found: Document = document(&reply, "the user realm")?;
    Ok(match found.account_type.to_ascii_lowercase().as_str() {
        "managed" => Realm::Managed,
        "federated" => Realm::Federated,
        _ => Realm::Unknown,
    })
}
