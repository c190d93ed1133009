//! OpenID Connect metadata, v2 (entra.md 1.1).

use crate::error::document;
use crate::{DiscoveryError, get, on_host, segment, uri};
use bytes::Bytes;
use http::{Request, Response, Uri};
use model::{Cloud, HostPort, TenantId};
use serde::Deserialize;

/// What we read of a tenant's metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The GUID in `issuer` and `token_endpoint`.
    pub tenant: TenantId,
    /// `issuer`; an id_token must repeat it.
    pub issuer: String,
    /// `token_endpoint`, on the authority host.
    pub token_endpoint: String,
    /// `device_authorization_endpoint`, on the authority host; derived where it is not given.
    pub device_authorization_endpoint: String,
    /// `jwks_uri`, on the authority host.
    pub jwks_uri: String,
    /// `cloud_instance_name`, where given.
    pub cloud_instance: Option<String>,
}

/// GET of the v2 metadata of a domain or a tenant.
pub fn request(authority: &HostPort, domain_or_tenant: &str) -> Request<Bytes> {
    get(uri(&format!(
        "https://{authority}/{}/v2.0/.well-known/openid-configuration",
        segment(domain_or_tenant)
    )))
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    token_endpoint: String,
    device_authorization_endpoint: Option<String>,
    jwks_uri: String,
    cloud_instance_name: Option<String>,
    /// Microsoft Graph of the tenant's cloud, by its host.
    msgraph_host: Option<String>,
}

/// Reads the metadata; its endpoints must be on the authority host.
///
/// # Errors
/// [`DiscoveryError::Unknown`] for a domain without a tenant, [`DiscoveryError::ForeignHost`] for an
/// endpoint elsewhere and for a tenant of another cloud, [`DiscoveryError::Unusable`] for a document that contradicts itself, and the others
/// for what is no such document.
pub fn read(reply: Response<Bytes>, authority: &HostPort) -> Result<Metadata, DiscoveryError> {
    let found: Document = document(&reply, WHAT)?;
    let given =
        [Some(&found.token_endpoint), Some(&found.jwks_uri), found.device_authorization_endpoint.as_ref()];
    if let Some(url) = given.into_iter().flatten().find(|url| !on_host(url, &[authority])) {
        return Err(DiscoveryError::foreign(WHAT, url));
    }
    if let Some(host) = of_another_cloud(&found, authority) {
        return Err(DiscoveryError::foreign(WHAT, host));
    }
    let (issuer, endpoint) = (tenant_in(&found.issuer), tenant_in(&found.token_endpoint));
    let wrong = |why: &str| DiscoveryError::unusable(WHAT, why);
    let tenant = issuer.ok_or_else(|| wrong("its issuer names no tenant"))?;
    if endpoint != Some(tenant) {
        return Err(wrong("issuer and token_endpoint name different tenants"));
    }
    let derived = || format!("https://{authority}/{tenant}/oauth2/v2.0/devicecode");
    Ok(Metadata {
        tenant,
        issuer: found.issuer,
        token_endpoint: found.token_endpoint,
        device_authorization_endpoint: found.device_authorization_endpoint.unwrap_or_else(derived),
        jwks_uri: found.jwks_uri,
        cloud_instance: found.cloud_instance_name,
    })
}

/// A host of a known cloud that is not the authority's: the tenant lives there, and no token of it belongs here.
fn of_another_cloud<'d>(found: &'d Document, authority: &HostPort) -> Option<&'d str> {
    let ours = Cloud::of_host(authority)?;
    let named = [found.cloud_instance_name.as_deref(), found.msgraph_host.as_deref()];
    let foreign = |name: &&str| {
        let cloud = name.parse::<HostPort>().ok().and_then(|host| Cloud::of_host(&host));
        cloud.is_some_and(|cloud| cloud != ours)
    };
    named.into_iter().flatten().find(foreign)
}

/// The GUID that is the first segment of a URL's path.
fn tenant_in(url: &str) -> Option<TenantId> {
    let uri: Uri = url.parse().ok()?;
    uri.path().split('/').nth(1)?.parse().ok()
}

const WHAT: &str = "the OpenID metadata";
