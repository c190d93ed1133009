//! Primary refresh tokens that were issued.

use crate::records::grant::Grant;
use tenant_wire::session::SessionKey;

/// What a PRT stands for; it is no good without its session key.
#[derive(Clone)]
pub(crate) struct Prt {
    pub(crate) grant: Grant,
    pub(crate) session_key: SessionKey,
    /// Milliseconds since 1970.
    pub(crate) expires_at: i64,
}
