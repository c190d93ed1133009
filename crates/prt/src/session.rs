use crate::{Call, SessionKey, jwt};
use bytes::Bytes;
use http::Request;
use model::{Kdf, Secret};

/// A person's session on this device, as one request uses it.
#[derive(Debug, Clone, Copy)]
pub struct Session<'a> {
    /// The PRT: `refresh_token` in what is signed.
    pub prt: &'a Secret<String>,
    /// The session key that came with the first PRT of the session.
    pub key: &'a SessionKey,
    /// How requests are signed.
    pub kdf: Kdf,
    /// Fresh random bytes.
    pub ctx: [u8; 24],
    /// From [`crate::nonce`]; good for some minutes.
    pub nonce: &'a str,
    /// The operating system, as this machine truly calls it.
    pub win_ver: &'a str,
}

impl Session<'_> {
    /// A JWT of the claims, signed with the session key.
    pub(crate) fn sign(&self, claims: &[(&str, &str)]) -> Secret<String> {
        jwt::with_session_key(self.key, self.kdf, &self.ctx, &jwt::object(claims))
    }

    /// The POST of a request that the session key signs (entra.md 7.6).
    ///
    /// No claim tells the time, as one known client has it: the nonce proves freshness, and a wrong clock
    /// spoils nothing.
    pub(crate) fn request(&self, call: &Call<'_>, own_claims: &[(&str, &str)]) -> Request<Bytes> {
        call.post_signed(API_VERSION, &self.sign_request(own_claims))
    }

    /// What such a request holds.
    pub(crate) fn sign_request(&self, own_claims: &[(&str, &str)]) -> Secret<String> {
        let common = [
            ("iss", "aad:brokerplugin"),
            // A constant of the protocol, in every cloud as far as is known (inferred).
            ("aud", "login.microsoftonline.com"),
            ("grant_type", "refresh_token"),
            ("refresh_token", self.prt.expose()),
            ("request_nonce", self.nonce),
            ("win_ver", self.win_ver),
        ];
        self.sign(&[own_claims, &common].concat())
    }
}

/// `windows_api_version` of what a session key signs (entra.md 7.6).
const API_VERSION: &str = "2.2";
