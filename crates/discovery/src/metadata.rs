//! OpenID Connect metadata, v2 (entra.md 1.1).

use crate::error::{SIGN_IN, document};
use crate::{DiscoveryError, get, on_host, segment, uri};
use bytes::Bytes;
use http::{Request, Response, Uri};
use model::{Cloud, HostPort, TenantId};

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

/// Reads the metadata; its endpoints must be on the authority host.
///
/// # Errors
/// [`DiscoveryError::Refused`] for a domain without a tenant, [`DiscoveryError::ForeignHost`] for an
/// endpoint elsewhere and for a tenant of another cloud, [`DiscoveryError::Unusable`] for a document that contradicts itself, and the others
/// for what is no such document.
pub fn read(reply: Response<Bytes>, authority: &HostPort) -> Result<Metadata, DiscoveryError> {
    let document = document(&reply, SIGN_IN, WHAT)?;
    let (found, wrong) = (document.members(), DiscoveryError::member(WHAT));
    let text = |name| found.required_text(name).map_err(&wrong);
    let (issuer, token_endpoint, jwks_uri) = (text("issuer")?, text("token_endpoint")?, text("jwks_uri")?);
    let for_codes = found.text("device_authorization_endpoint").map_err(&wrong)?;
    let given = [Some(token_endpoint), Some(jwks_uri), for_codes];
    if let Some(url) = given.into_iter().flatten().find(|url| !on_host(url, &[authority])) {
        return Err(DiscoveryError::foreign(WHAT, url));
    }
    // A tenant's cloud, and Microsoft Graph there; both are only told.
    let told = |name| found.text(name).ok().flatten();
    let cloud_instance = told("cloud_instance_name");
    if let Some(host) = of_another_cloud([cloud_instance, told("msgraph_host")], authority) {
        return Err(DiscoveryError::foreign(WHAT, host));
    }
    let unusable = |why: &str| DiscoveryError::unusable(WHAT, why);
    let tenant = tenant_in(issuer).ok_or_else(|| unusable("its issuer names no tenant"))?;
    if tenant_in(token_endpoint) != Some(tenant) {
        return Err(unusable("issuer and token_endpoint name different tenants"));
    }
    let derived = || format!("https://{authority}/{tenant}/oauth2/v2.0/devicecode");
    Ok(Metadata {
        tenant,
        issuer: issuer.to_owned(),
        token_endpoint: token_endpoint.to_owned(),
        device_authorization_endpoint: for_codes.map_or_else(derived, str::to_owned),
        jwks_uri: jwks_uri.to_owned(),
        cloud_instance: cloud_instance.map(str::to_owned),
    })
}

/// A host of a known cloud that is not the authority's: the tenant lives there, and no token of it belongs here.
fn of_another_cloud<'d>(named: [Option<&'d str>; 2], authority: &HostPort) -> Option<&'d str> {
    let ours = Cloud::of_host(authority)?;
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
