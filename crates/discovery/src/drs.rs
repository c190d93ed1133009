//! Discover of the Device Registration Service (entra.md 3).

use crate::error::{REGISTRATION, document};
use crate::{DiscoveryError, get, on_host, uri};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, header};
use model::{HostPort, RequestId, Secret, TenantId};

/// Where the service wants to be spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrsEndpoints {
    /// `DeviceJoinService.JoinEndpoint`, ends in `/`.
    pub join: String,
    /// `DeviceJoinService.ServiceVersion`: the `api-version` of a join, `2.0` as a rule.
    pub join_version: String,
}

/// GET of the Discover document, with a token where the service wants one.
pub fn request(
    drs: &HostPort,
    tenant: TenantId,
    token: Option<&Secret<String>>,
    id: RequestId,
) -> Request<Bytes> {
    let mut request =
        get(uri(&format!("https://{drs}/{tenant}/Discover?api-version={API_VERSION}&managed=True")));
    let headers = request.headers_mut();
    headers.insert(HeaderName::from_static("ocp-adrs-client-name"), HeaderValue::from_static("Firmament"));
    headers.insert(HeaderName::from_static("return-client-request-id"), HeaderValue::from_static("true"));
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(HeaderName::from_static("client-request-id"), id);
    }
    if let Some(Ok(mut bearer)) =
        token.map(|token| HeaderValue::from_str(&format!("Bearer {}", token.expose())))
    {
        bearer.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, bearer);
    }
    request
}

/// Reads where to join; an endpoint on any host but the two is refused.
///
/// # Errors
/// [`DiscoveryError::NeedsToken`] on 401 and 403, and as the other documents.
pub fn read(
    reply: Response<Bytes>,
    drs: &HostPort,
    authority: &HostPort,
) -> Result<DrsEndpoints, DiscoveryError> {
    if matches!(reply.status().as_u16(), 401 | 403) {
        return Err(DiscoveryError::NeedsToken);
    }
    let document = document(&reply, REGISTRATION, WHAT)?;
    let wrong = DiscoveryError::member(WHAT);
    let service = document.members().object("DeviceJoinService").map_err(&wrong)?;
    let service = service.ok_or_else(|| wrong(document.members().wrong("DeviceJoinService", "an object")))?;
    let mut join = service.required_text("JoinEndpoint").map_err(&wrong)?.to_owned();
    if !on_host(&join, &[drs, authority]) || join.contains(['?', '#']) {
        return Err(DiscoveryError::foreign(WHAT, &join));
    }
    if !join.ends_with('/') {
        join.push('/');
    }
    let version = service.text("ServiceVersion").ok().flatten().filter(|version| is_version(version));
    let version = version.unwrap_or(JOIN_VERSION);
    Ok(DrsEndpoints { join, join_version: version.to_owned() })
}

/// The documented endpoints of the cloud's DRS host, for when Discover fails.
pub fn documented(drs: &HostPort) -> DrsEndpoints {
    DrsEndpoints {
        join: format!("https://{drs}/EnrollmentServer/device/"),
        join_version: JOIN_VERSION.to_owned(),
    }
}

fn is_version(text: &str) -> bool {
    !text.is_empty() && text.len() < 8 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

const WHAT: &str = "the Discover document";
const API_VERSION: &str = "1.9";
const JOIN_VERSION: &str = "2.0";
