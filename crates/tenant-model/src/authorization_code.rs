//! Authorization codes that were issued.

use crate::grant::Grant;
use tenant_wire::pkce::Challenge;
use tenant_wire::session::SessionKey;

/// An authorization code that may be redeemed once.
#[derive(Clone)]
pub struct AuthorizationCode {
    /// What its tokens stand for.
    pub grant: Grant,
    /// Which the redemption has to repeat.
    pub redirect_uri: String,
    /// What was asked for, as the client spelled it.
    pub resource: Option<String>,
    /// `scope` as it was asked for, where the redemption names none.
    pub scope: Option<String>,
    /// What the redemption proves.
    pub challenge: Option<Challenge>,
    /// What the id_token repeats.
    pub nonce: Option<String>,
    /// Of the PRT that got it.
    pub session_key: Option<SessionKey>,
    /// Milliseconds since 1970.
    pub expires_at: i64,
    /// Whether it was redeemed.
    pub used: bool,
}
