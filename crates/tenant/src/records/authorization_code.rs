//! Authorization codes that were issued.

use crate::records::grant::Grant;
use tenant_wire::pkce::Challenge;
use tenant_wire::session::SessionKey;

/// An authorization code that may be redeemed once.
#[derive(Clone)]
pub(crate) struct AuthorizationCode {
    pub(crate) grant: Grant,
    pub(crate) redirect_uri: String,
    pub(crate) resource: Option<String>,
    pub(crate) challenge: Option<Challenge>,
    /// What the id_token repeats.
    pub(crate) nonce: Option<String>,
    /// Of the PRT that got it.
    pub(crate) session_key: Option<SessionKey>,
    /// Milliseconds since 1970.
    pub(crate) expires_at: i64,
    pub(crate) used: bool,
}
