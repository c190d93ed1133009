//! The nonce that every signed request carries (entra.md 7.1).
//!
//! It is asked for at the tenant's own authority and good for some minutes; one nonce may serve the two JWTs
//! of one request.

use crate::call::TOKEN_PATH;
use crate::{Call, PrtError};
use bytes::Bytes;
use http::{Request, Response};

/// The POST with `grant_type=srv_challenge` (entra.md 7.1).
pub fn request(call: &Call<'_>) -> Request<Bytes> {
    call.post(TOKEN_PATH, &[("grant_type", "srv_challenge")])
}

/// Reads the nonce: opaque, and no secret.
///
/// # Errors
/// [`PrtError::Service`], and [`PrtError::Missing`] when there is none.
pub fn read(reply: Response<Bytes>) -> Result<String, PrtError> {
    let document = oauth::success(&reply)?;
    let nonce = document.members().text("Nonce")?.filter(|nonce| !nonce.is_empty());
    Ok(nonce.ok_or(PrtError::Missing("Nonce"))?.to_owned())
}
