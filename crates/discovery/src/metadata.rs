//! OpenID Connect metadata, v2 (entra.md 1.1).

use crate::error::document;
use crate::{DiscoveryError, get, on_host, uri};
use bytes::Bytes;
use http::{Request, Response, Uri};
use model::{HostPort, TenantId};
use serde::Deserialize;

/// What we read of a tenant's metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The GUID in `issuer` and `token_endpoint`.
    pub tenant: TenantId,
    /// `issuer`; an id_token must repeat it.
    pub issuer: String,
    /// `jwks_uri`, on the authority host.
    pub jwks_uri: String,
    /// `cloud_instance_name`, where given.
    pub cloud_instance: Option<String>,
}

/// GET of the v2 metadata of a domain or a tenant.
pub fn request(authority: &HostPort, domain_or_tenant: &str) -> Request<Bytes> {
    get(uri(&format!("https://{authority}/{domain_or_tenant}/v2.0/.well-known/openid-configuration")))
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    token_endpoint: String,
    jwks_uri: String,
    cloud_instance_name: Option<String>,
}

/// Reads the metadata; its endpoints must be on the authority host.
///
/// # Errors
/// [`DiscoveryError::Unknown`] for a domain without a tenant, [`DiscoveryError::ForeignHost`] for an
/// endpoint elsewhere, [`DiscoveryError::NotJson`] for anything else that is no such document.
pub fn read(reply: Response<Bytes>, authority: &HostPort) -> Result<Metadata, DiscoveryError> {
    let found: Document = document(&reply, WHAT)?;
    for url in [&found.token_endpoint, &found.jwks_uri] {
        if !on_host(url, &[authority]) {
            return Err(DiscoveryError::ForeignHost { what: WHAT, url: url.clone() });
        }
    }
    let (issuer, endpoint) = (tenant_in(&found.issuer), tenant_in(&found.token_endpoint));
    let why = |why: &str| DiscoveryError::NotJson { what: WHAT, why: why.to_owned() };
    let tenant = issuer.ok_or_else(|| why("its issuer names no tenant"))?;
    if endpoint != Some(tenant) {
        return Err(why("issuer and token_endpoint name different tenants"));
    }
    Ok(Metadata {
        tenant,
        issuer: found.issuer,
        jwks_uri: found.jwks_uri,
        cloud_instance: found.cloud_instance_name,
    })
}

/// The GUID that is the first segment of a URL's path.
fn tenant_in(url: &str) -> Option<TenantId> {
    let uri: Uri = url.parse().ok()?;
    uri.path().split('/').nth(1)?.parse().ok()
}

const WHAT: &str = "the OpenID metadata";
