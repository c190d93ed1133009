//! What every POST to the sign-in service has in common.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, header};
use model::{HostPort, RequestId, TenantId};

/// A POST of form values (percent-encoded, in the order given) to a path below the tenant on the authority,
/// with `client-request-id` and the wish to have it back (entra.md 10.1).
pub fn post(
    authority: &HostPort,
    tenant: TenantId,
    path: &str,
    fields: &[(&str, &str)],
    id: RequestId,
) -> Request<Bytes> {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    let mut request = Request::new(Bytes::from(form.finish()));
    *request.method_mut() = Method::POST;
    // A host name and a GUID always make a URI; an empty one would be refused by the transport.
    *request.uri_mut() = format!("https://{authority}/{tenant}{path}").parse().unwrap_or_default();
    let headers = request.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(HeaderName::from_static("client-request-id"), id);
        headers.insert(HeaderName::from_static("return-client-request-id"), HeaderValue::from_static("true"));
    }
    request
}

/// The v2 scope of a resource with what every request of ours wants besides (entra.md 2.6).
pub fn scope(resource: &str) -> String {
    format!("openid profile offline_access {resource}/.default")
}

/// The v2 token endpoint below the tenant (entra.md 2.1).
pub const TOKEN_PATH: &str = "/oauth2/v2.0/token";
pub(crate) const DEVICE_CODE_PATH: &str = "/oauth2/v2.0/devicecode";
