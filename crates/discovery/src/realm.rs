//! Whether a user's domain is managed or federated (entra.md 1.4).

use crate::error::{SIGN_IN, document};
use crate::{DiscoveryError, get, segment, uri};
use bytes::Bytes;
use http::{Request, Response};
use model::{HostPort, Upn};

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
/// [`DiscoveryError::Reply`] when it names neither.
pub fn read(reply: Response<Bytes>) -> Result<Realm, DiscoveryError> {
    let document = document(&reply, SIGN_IN, WHAT)?;
    let found = document.members();
    let newer = found.get("account_type").is_none() && found.get("NameSpaceType").is_some();
    let name = if newer { "NameSpaceType" } else { "account_type" };
    let kind = found.required_text(name).map_err(DiscoveryError::member(WHAT))?;
    Ok(match kind.to_ascii_lowercase().as_str() {
        "managed" => Realm::Managed,
        "federated" => Realm::Federated,
        _ => Realm::Unknown,
    })
}

const WHAT: &str = "the user realm";
