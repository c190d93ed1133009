//! Windows Hello keys of users.

use tenant_wire::keys::PublicParts;
use uuid::Uuid;

/// A key of a user, made on a device; it is theirs as long as that device exists.
#[derive(Debug, Clone)]
pub struct HelloKey {
    /// Id of the tenant that the device is in.
    pub tenant: Uuid,
    /// Object id of the user.
    pub user: Uuid,
    /// Entra device id of the device that it was made on.
    pub device: Uuid,
    /// Modulus and exponent, big-endian.
    pub public: PublicParts,
}
