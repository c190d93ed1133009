//! Whether a user's domain is managed or federated (entra.md 1.4).

use crate::error::document;
use crate::{DiscoveryError, get, segment, uri};
use bytes::Bytes;
use http::{Request, Response};
use model::{HostPort, Upn};
use serde_json::Value;

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
    let name = segment(upn.as_str());
    get(uri(&format!("https://{authority}/common/userrealm/{name}?api-version=1.0")))
}

/// Reads the realm by `account_type` or, as version 2 calls it, `NameSpaceType`.
///
/// # Errors
/// [`DiscoveryError::Unusable`] when it names neither.
pub fn read(reply: Response<Bytes>) -> Result<Realm, DiscoveryError> {
    let found: Value = document(&reply, WHAT)?;
    let kind = ["account_type", "NameSpaceType"].into_iter().find_map(|name| found.get(name)?.as_str());
    let kind = kind.ok_or_else(|| DiscoveryError::unusable(WHAT, "it names no account type"))?;
    Ok(match kind.to_ascii_lowercase().as_str() {
        "managed" => Realm::Managed,
        "federated" => Realm::Federated,
        _ => Realm::Unknown,
    })
}

const WHAT: &str = "the user realm";
