//! Primary refresh tokens that were issued.

use crate::grant::Grant;
use tenant_wire::session::SessionKey;

/// What a PRT stands for; it is no good without its session key.
#[derive(Clone)]
pub struct Prt {
    /// Whose it is, and on which device.
    pub grant: Grant,
    /// Shared with the device.
    pub session_key: SessionKey,
    /// Milliseconds since 1970.
    pub expires_at: i64,
}
