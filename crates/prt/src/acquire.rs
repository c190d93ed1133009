//! A PRT for a person on this device, proved by the device key (entra.md 7.2 to 7.4).

use crate::{Call, Expected, Prt, PrtError, WrappedSessionKey, device, grant};
use bytes::Bytes;
use http::{Request, Response};
use model::{CertificateDer, Secret, Upn};
use oauth::client::{BROKER, WINDOWS_BROKER};

/// What proves the person.
#[derive(Debug, Clone, Copy)]
pub enum Credential<'a> {
    /// A refresh token of the broker client, of whatever resource.
    RefreshToken(&'a Secret<String>),
    /// Name and password.
    Password {
        /// The user name.
        username: &'a Upn,
        /// The password; the signed request holds it in base64.
        password: &'a Secret<String>,
    },
}

/// Everything that the request says.
#[derive(Debug, Clone, Copy)]
pub struct Acquire<'a> {
    /// Where, and the id of the call.
    pub call: Call<'a>,
    /// The device certificate.
    pub certificate: &'a CertificateDer,
    /// From [`crate::nonce`]; good for some minutes.
    pub nonce: &'a str,
    /// The operating system, as this machine truly calls it.
    pub win_ver: &'a str,
    /// What proves the person.
    pub credential: Credential<'a>,
}

/// A PRT, and the session key that only the transport key unwraps.
#[derive(Debug)]
pub struct Acquired {
    /// The PRT, how long it lives, and whose it is.
    pub prt: Prt,
    /// For the transport key.
    pub session_key: WrappedSessionKey,
}

/// The JWS signing input (RFC 7515 section 5.1) for the device key: RSASSA-PKCS1-v1_5 with SHA-256.
///
/// It holds the credential in base64, so it is as secret as that.
pub fn to_sign(order: &Acquire<'_>) -> Vec<u8> {
    let mut claims = match order.credential {
        Credential::RefreshToken(token) => vec![
            ("client_id", BROKER),
            ("grant_type", "refresh_token"),
            ("refresh_token", token.expose().as_str()),
        ],
        Credential::Password { username, password } => vec![
            ("client_id", WINDOWS_BROKER),
            ("grant_type", "password"),
            ("username", username.as_str()),
            ("password", password.expose().as_str()),
        ],
    };
    claims.extend([("request_nonce", order.nonce), ("scope", SCOPE), ("win_ver", order.win_ver)]);
    device::to_sign(order.certificate, &claims)
}

/// The POST, of what [`to_sign`] gave and the device key's signature of it.
pub fn request(order: &Acquire<'_>, to_sign: &[u8], signature: &[u8]) -> Request<Bytes> {
    order.call.post_signed(API_VERSION, &device::signed(to_sign, signature))
}

/// Reads the PRT, which must be of the account it was asked for.
///
/// # Errors
/// [`PrtError::Service`] for refusals, [`PrtError::AnotherAccount`], [`PrtError::Missing`] and
/// [`PrtError::SessionKey`] for what is wrong with the reply.
pub fn read(reply: Response<Bytes>, expected: &Expected) -> Result<Acquired, PrtError> {
    let mut found = grant::read(&reply)?;
    let wrapped = found.session_key_jwe.take().ok_or(PrtError::Missing("session_key_jwe"))?;
    let prt = found.prt(expected)?;
    let session_key = WrappedSessionKey::read(&wrapped).map_err(PrtError::SessionKey)?;
    Ok(Acquired { prt, session_key })
}

/// `aza` asks for a PRT; every client sends the three (entra.md 7.3).
pub(crate) const SCOPE: &str = "openid aza ugs";
/// `windows_api_version` of a PRT request (entra.md 7.2).
const API_VERSION: &str = "2.0";
