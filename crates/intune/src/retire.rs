//! Ending an enrolment from the device's side (intune.md 4.5).

use crate::refusal::judge;
use crate::{Caller, IntuneError, Service, ServiceUri};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Uri};
use model::printable;

/// The POST to the target that [`device::read`](crate::device::read) found, with the query of IWService, its
/// token and no body. A wipe is never asked for, whatever else the service offers.
///
/// # Errors
/// [`IntuneError::ForeignTarget`] when the target is not https on the host of IWService: the token is for that
/// service alone.
pub fn request(
    service: &ServiceUri,
    target: &str,
    caller: &Caller<'_>,
) -> Result<Request<Bytes>, IntuneError> {
    let foreign = || IntuneError::ForeignTarget(printable(target, 200));
    if !service.is_home_of(target) || target.contains('#') {
        return Err(foreign());
    }
    let joint = if target.contains('?') { '&' } else { '?' };
    let uri: Uri = format!("{target}{joint}{}", caller.iw_query()).parse().map_err(|_| foreign())?;
    Ok(caller.call(Method::POST, uri))
}

/// Judges the reply: 204 says that the retirement is accepted.
///
/// # Errors
/// [`IntuneError::Unusable`] for another success, and refusals: a device that the service does not know any
/// more is of class `Gone`.
pub fn read(reply: Response<Bytes>) -> Result<(), IntuneError> {
    judge(&reply, Service::Iw)?;
    if reply.status() != StatusCode::NO_CONTENT {
        let why = format!("HTTP {} does not say that it is accepted", reply.status().as_u16());
        return Err(IntuneError::unusable(Service::Iw, &why));
    }
    Ok(())
}
