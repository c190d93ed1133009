//! What every request to the v1 token endpoint has in common.

use bytes::Bytes;
use http::Request;
use model::{HostPort, RequestId, Secret, TenantId};

/// Where a call goes, and its id.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The sign-in service.
    pub authority: &'a HostPort,
    /// The tenant; never `common`.
    pub tenant: TenantId,
    /// `client-request-id`.
    pub request_id: RequestId,
}

impl Call<'_> {
    /// A POST of form values to a path below the tenant.
    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Request<Bytes> {
        oauth::form::post(self.authority, self.tenant, path, fields, self.request_id)
    }

    /// A POST of a signed request (entra.md 7.2); no Kerberos ticket is asked for, so there is no `tgt`.
    pub(crate) fn post_signed(&self, api_version: &str, jwt: &Secret<String>) -> Request<Bytes> {
        self.post_jwt(TOKEN_PATH, ("windows_api_version", api_version), jwt)
    }

    /// The same to any path, with the field that says which version of the protocol it is.
    pub(crate) fn post_jwt(&self, path: &str, version: (&str, &str), jwt: &Secret<String>) -> Request<Bytes> {
        let fields = [version, ("grant_type", JWT_BEARER), ("request", jwt.expose()), ("client_info", "1")];
        self.post(path, &fields)
    }
}

/// The v1 token endpoint below the tenant: the only one that knows PRTs of this protocol (entra.md 7.2).
pub(crate) const TOKEN_PATH: &str = "/oauth2/token";
/// RFC 7523 section 2.1.
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
