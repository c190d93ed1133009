//! The proof of a session that browsers and the authorize endpoint take: `x-ms-RefreshTokenCredential`
//! (entra.md 7.7).

use crate::Session;
use model::Secret;

/// The name of the cookie on the login host, and of the header.
pub const NAME: &str = "x-ms-RefreshTokenCredential";

/// The JWT: as secret as the session, for as long as its nonce is good.
pub fn token(session: &Session<'_>) -> Secret<String> {
    session.sign(&[
        ("refresh_token", session.prt.expose()),
        ("is_primary", "true"),
        ("request_nonce", session.nonce),
    ])
}
