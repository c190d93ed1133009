//! A new PRT for an old one (entra.md 7.6); the session key stays the same.

use crate::acquire::SCOPE;
use crate::{Call, Expected, Prt, PrtError, Session, SessionKey, grant, sealed};
use bytes::Bytes;
use http::{Request, Response};
use oauth::client::WINDOWS_BROKER;

/// The POST that the session key signs (entra.md 7.6, "PRT renewal").
pub fn request(call: &Call<'_>, session: &Session<'_>) -> Request<Bytes> {
    session.request(call, &[("client_id", WINDOWS_BROKER), ("scope", SCOPE)])
}

/// Reads the new PRT of the same account.
///
/// # Errors
/// [`PrtError::Service`] for refusals, [`PrtError::Sealed`] when the reply does not open,
/// [`PrtError::AnotherAccount`] and [`PrtError::Missing`] for what is wrong with it.
pub fn read(reply: Response<Bytes>, key: &SessionKey, expected: &Expected) -> Result<Prt, PrtError> {
    grant::read(&sealed::open(reply, key)?)?.prt(expected)
}
