//! The nonce that every signed request carries (entra.md 7.1).
//!
//! It is asked for at the tenant's own authority and good for some minutes; one nonce may serve the two JWTs
//! of one request.

use crate::call::TOKEN_PATH;
use crate::{Call, PrtError};
use bytes::Bytes;
use http::{Request, Response};
use serde::Deserialize;

/// The POST with `grant_type=srv_challenge` (entra.md 7.1).
pub fn request(call: &Call<'_>) -> Request<Bytes> {
    call.post(TOKEN_PATH, &[("grant_type", "srv_challenge")])
}

#[derive(Deserialize)]
struct Reply {
    #[serde(rename = "Nonce")]
    nonce: Option<String>,
}

/// Reads the nonce: opaque, and no secret.
///
/// # Errors
/// [`PrtError::Service`], and [`PrtError::Missing`] when there is none.
pub fn read(reply: Response<Bytes>) -> Result<String, PrtError> {
    let found: Reply = oauth::success(&reply)?;
    found.nonce.filter(|nonce| !nonce.is_empty()).ok_or(PrtError::Missing("Nonce"))
}
