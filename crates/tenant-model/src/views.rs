//! What is seen and done from outside, in words that no request carries.

use crate::devices::Device;
use crate::directory::{Directory, User};
use serde::Serialize;
use tenant_wire::answer::stamp;
use time::OffsetDateTime;

/// Why a code cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApproveError {
    /// No such code waits.
    #[error("no code '{0}' waits for an answer")]
    UnknownCode(String),
    /// No such user, device, or none that may.
    #[error("there is no '{0}' here")]
    Unknown(String),
    /// The page refuses: what the person would see in the browser.
    #[error("the page refuses this sign-in: {0}")]
    Refused(String),
}

/// A device code that waits for its person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PendingCode {
    /// What the person types.
    pub user_code: String,
    /// The tenant id.
    pub tenant: String,
    /// Milliseconds since 1970.
    pub expires_at: i64,
}

/// A second factor that waits for its person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PendingFactor {
    /// Whose it is.
    pub upn: String,
    /// The tenant id.
    pub tenant: String,
    /// `PhoneAppNotification`, for example (entra.md 2.4, step 4).
    pub method: String,
    /// The number on the page, which the person types on the phone; 0 where there is none.
    pub number: u64,
    /// Milliseconds since 1970.
    pub expires_at: i64,
}

/// A device object from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceView {
    /// Entra device id, a lower-case GUID.
    pub id: String,
    /// Tenant id, a lower-case GUID.
    pub tenant: String,
    /// `DeviceDisplayName` of its first join.
    pub name: String,
    /// UPN of who registered it.
    pub owner: String,
    /// `AzureAd` or `Workplace`.
    pub trust_type: String,
    /// `OSVersion` of its first join.
    pub os: String,
    /// Thumbprint of its certificate.
    pub thumbprint: String,
    /// Whether it may be used.
    pub enabled: bool,
    /// Whether Intune manages it.
    pub managed: bool,
    /// Whether Intune says so.
    pub compliant: bool,
    /// How many joins led to this object.
    pub joins: u32,
    /// Time of its first join (UTC), `yyyy-MM-dd HH:mm:ssZ`.
    pub registered_at: String,
}

impl DeviceView {
    /// The object of a device, and the name of its owner.
    pub fn of(device: &Device, owner: &str) -> DeviceView {
        let at = OffsetDateTime::from_unix_timestamp(device.registered_at / 1000);
        DeviceView {
            id: device.id.to_string(),
            tenant: device.tenant.to_string(),
            name: device.name.clone(),
            owner: owner.to_owned(),
            trust_type: device.trust_type().to_owned(),
            os: device.os.clone(),
            thumbprint: device.thumbprints.last().cloned().unwrap_or_default(),
            enabled: device.enabled,
            managed: device.managed,
            compliant: device.compliant,
            joins: device.joins,
            registered_at: stamp(at.unwrap_or(OffsetDateTime::UNIX_EPOCH)),
        }
    }
}

/// A user from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserView {
    /// `name@domain`, in lower case.
    pub upn: String,
    /// Object id, a lower-case GUID.
    pub oid: String,
    /// Tenant id, a lower-case GUID.
    pub tenant: String,
    /// Whether they may sign in.
    pub enabled: bool,
    /// Whether they have an Intune licence.
    pub intune: bool,
    /// Names of the groups that they are in.
    pub groups: Vec<String>,
    /// How many devices they own.
    pub devices: usize,
    /// How many Windows Hello keys they have on devices that exist.
    pub keys: usize,
}

impl UserView {
    /// A user of a tenant, with how many devices and keys they have.
    pub fn of(directory: &Directory, user: &User, (devices, keys): (usize, usize)) -> UserView {
        let groups = directory.groups.iter().filter(|group| group.has(&user.upn));
        UserView {
            upn: user.upn.clone(),
            oid: user.oid.to_string(),
            tenant: directory.id.to_string(),
            enabled: user.enabled,
            intune: user.intune,
            groups: groups.map(|group| group.name.clone()).collect(),
            devices,
            keys,
        }
    }
}

/// What can be done to a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceAction {
    /// Disable it: at sign-in its proofs are refused with 135011.
    Disable,
    /// Enable it again after `Disable`.
    Enable,
    /// Delete its object: at sign-in its proofs get the code of the knob `deleted_device_code`.
    Delete,
    /// Call it compliant.
    Comply,
    /// Call it not compliant.
    Fail,
    /// Make this user (UPN) its registered owner.
    Own(String),
}

/// What can be done to a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserAction {
    /// Disable them: their sign-ins are refused with 50057.
    Disable,
    /// Enable them again after `Disable`.
    Enable,
    /// Give them an Intune licence.
    License,
    /// Take the Intune licence away.
    Unlicense,
    /// Revoke everything that was granted so far: 50173.
    SignOut,
    /// Give them another name.
    Rename(String),
    /// Delete them and make another user of the same name.
    Recreate,
}
