//! Windows Hello keys of users.

use tenant_wire::keys::PublicParts;
use uuid::Uuid;

/// A key of a user, made on a device; it is theirs as long as that device exists.
#[derive(Debug, Clone)]
pub(crate) struct HelloKey {
    pub(crate) tenant: Uuid,
    pub(crate) user: Uuid,
    pub(crate) device: Uuid,
    pub(crate) public: PublicParts,
}
