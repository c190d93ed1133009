//! The request for a device code (RFC 8628 section 3.1, entra.md 2.3).

use crate::error::success;
use crate::form::{DEVICE_CODE_PATH, post, scope};
use crate::{OauthError, client};
use bytes::Bytes;
use http::{Request, Response};
use model::{HostPort, RequestId, Secret, TenantId, printable};
use serde::Deserialize;
use std::time::Duration;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct CodeRequest<'a> {
    /// The sign-in service.
    pub authority: &'a HostPort,
    /// The tenant; never `common`.
    pub tenant: TenantId,
    /// The resource whose `.default` scope is asked for.
    pub resource: &'a str,
    /// A `claims` challenge.
    pub claims: Option<&'a str>,
    /// `client-request-id`.
    pub request_id: RequestId,
}

/// A device code and what the person needs to know.
#[derive(Debug)]
pub struct DeviceCode {
    /// The secret half.
    pub device_code: Secret<String>,
    /// What the person types: letters, digits and `-`, at most 20.
    pub user_code: String,
    /// Where: an https URL of at most 200 characters.
    pub verification_uri: String,
    /// How long the code lives; 900 s where the service does not say.
    pub expires_in: Duration,
    /// How long to wait between polls; 5 s where the service does not say.
    pub interval: Duration,
}

/// The POST to the device authorization endpoint (RFC 8628 section 3.1).
pub fn request(order: &CodeRequest<'_>) -> Request<Bytes> {
    let scope = scope(order.resource);
    let mut fields = vec![("client_id", client::BROKER), ("scope", scope.as_str())];
    if let Some(claims) = order.claims {
        fields.push(("claims", claims));
    }
    post(order.authority, order.tenant, DEVICE_CODE_PATH, &fields, order.request_id)
}

#[derive(Deserialize)]
struct Reply {
    device_code: String,
    user_code: String,
    #[serde(alias = "verification_url")]
    verification_uri: String,
    #[serde(default, deserialize_with = "crate::tokens::seconds")]
    expires_in: Option<u64>,
    #[serde(default, deserialize_with = "crate::tokens::seconds")]
    interval: Option<u64>,
}

/// Reads the code; what people are to see is held to plain characters.
///
/// # Errors
/// [`OauthError::Refused`] for the service's refusals, [`OauthError::NotJson`] for anything else.
pub fn read(reply: Response<Bytes>) -> Result<DeviceCode, OauthError> {
    let found: Reply = success(&reply)?;
    let wrong = |why: &str| OauthError::NotJson { status: 200, why: why.to_owned(), retry_after: None };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let code = found.user_code;
    if code.is_empty() || code.len() > 20 || !code.bytes().all(plain) {
        return Err(wrong("the user code has characters that cannot be typed"));
    }
    let uri = printable(&found.verification_uri, 200);
    if !uri.starts_with("https://") || uri.contains(' ') || uri != found.verification_uri {
        return Err(wrong("the verification address is no https URL"));
    }
    Ok(DeviceCode {
        device_code: Secret::new(found.device_code),
        user_code: code,
        verification_uri: uri,
        expires_in: Duration::from_secs(found.expires_in.unwrap_or(900).clamp(30, 3600)),
        interval: Duration::from_secs(found.interval.unwrap_or(5).clamp(1, 60)),
    })
}
