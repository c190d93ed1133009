//! The request for a device code (RFC 8628 section 3.1, entra.md 2.3).

use crate::error::success;
use crate::form::{DEVICE_CODE_PATH, post, scope};
use crate::{OauthError, client};
use bytes::Bytes;
use http::{Request, Response};
use model::{CloudProfile, HostPort, RequestId, Secret, TenantId, printable};
use std::time::Duration;
use url::Url;

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
    /// Where: an https URL of at most 200 characters, on a host of the cloud.
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

/// Reads the code; what people are to see is held to plain characters and to pages of the cloud.
///
/// # Errors
/// [`OauthError::Refused`] for the service's refusals, [`OauthError::Reply`] for anything else that is no reply, and
/// [`OauthError::Prompt`] for a code or an address that nobody is to see.
pub fn read(reply: Response<Bytes>, cloud: &CloudProfile) -> Result<DeviceCode, OauthError> {
    let body = success(&reply)?;
    let found = body.members();
    // The older endpoint calls it so.
    let address = found.text("verification_url")?.filter(|_| found.get("verification_uri").is_none());
    let address = address.map_or_else(|| found.required_text("verification_uri"), Ok)?;
    let (user_code, expires_in) = (found.required_text("user_code")?, found.seconds("expires_in"));
    check_code(user_code)?;
    check_address(address, cloud)?;
    Ok(DeviceCode {
        device_code: Secret::new(found.required_text("device_code")?.to_owned()),
        user_code: user_code.to_owned(),
        verification_uri: address.to_owned(),
        expires_in: Duration::from_secs(expires_in.unwrap_or(900).clamp(30, 3600)),
        interval: Duration::from_secs(found.seconds("interval").unwrap_or(5).clamp(1, 60)),
    })
}

fn check_code(code: &str) -> Result<(), OauthError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let good = !code.is_empty() && code.len() <= 20 && code.bytes().all(plain);
    if good {
        Ok(())
    } else {
        Err(OauthError::Prompt("its code has characters that cannot be typed".to_owned()))
    }
}

/// An https URL that every reader takes for the same host: no name before it, and no character that some take for
/// another.
fn check_address(text: &str, cloud: &CloudProfile) -> Result<(), OauthError> {
    let wrong = |why: String| Err(OauthError::Prompt(why));
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"\\\"<>^`{|}".contains(&byte);
    let url = Url::parse(text).ok().filter(|_| text.len() <= 200 && text.bytes().all(plain));
    let Some(url) = url.filter(|url| url.scheme() == "https") else {
        return wrong("its address is no https URL".to_owned());
    };
    let host = url.host_str().unwrap_or_default();
    let named = text.contains('@') && (!url.username().is_empty() || url.password().is_some());
    if named || !cloud.has_sign_in_pages(host, url.port_or_known_default().unwrap_or_default()) {
        return wrong(format!("its address is on {}, which is no host of this cloud", printable(host, 100)));
    }
    Ok(())
}
