//! Deleting the device object (entra.md 6.1).

use crate::DrsError;
use crate::call::set_headers;
use crate::refusal::{Exchange, Refusal};
use bytes::Bytes;
use http::{Method, Request, Response};
use model::{DeviceId, HostPort, RequestId, Secret};

/// What became of the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// It was deleted.
    Deleted,
    /// It was not there any more.
    AlreadyGone,
}

/// DELETE of the device object on one host; empty body, with the client certificate of the connection or,
/// as the last resort, with a bearer token.
pub fn request(
    host: &HostPort,
    device: DeviceId,
    token: Option<&Secret<String>>,
    id: RequestId,
    client_version: &str,
) -> Request<Bytes> {
    let uri = format!("https://{host}/EnrollmentServer/device/{device}?api-version={API_VERSION}");
    let mut request = Request::new(Bytes::new());
    *request.method_mut() = Method::DELETE;
    // A host name and a GUID always make a URI; an empty one would be refused by the transport.
    *request.uri_mut() = uri.parse().unwrap_or_default();
    set_headers(&mut request, token, id, client_version);
    request
}

/// Judges the reply; the body of a success has no meaning for us.
///
/// # Errors
/// [`DrsError::Refused`] and [`DrsError::Reply`].
pub fn read(reply: Response<Bytes>) -> Result<Left, DrsError> {
    if reply.status().is_success() {
        return Ok(Left::Deleted);
    }
    match Refusal::read(&reply, Exchange::Leave) {
        DrsError::Refused(refusal) if refusal.is_missing_device() => Ok(Left::AlreadyGone),
        error => Err(error),
    }
}

const API_VERSION: &str = "1.0";
