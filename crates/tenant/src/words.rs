use crate::seed::Seed;
use bytes::Bytes;
use serde::Serialize;
use std::collections::BTreeMap;
use tenant_wire::cloud::Urls;
use tenant_wire::keys::{KeySource, KeysError};

/// How a stand-in is made.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Its tenants.
    pub seed: Seed,
    /// Which hosts its documents name.
    pub urls: Urls,
    /// Seed of the generator.
    pub entropy: u64,
    /// Where its own keys come from.
    pub keys: KeySource,
    /// Approves a device code by itself on its second poll.
    pub auto_approve: bool,
    /// `interval` of device codes, in seconds.
    pub poll_interval: u32,
}

/// Why a stand-in cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The seed is not usable.
    #[error("the seed cannot be used: {0}")]
    Seed(String),
    /// The keys are not usable.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

/// Who sends a request, as TLS saw it.
#[derive(Debug, Clone, Default)]
pub struct Peer {
    /// The server name asked for, in lower case and without a port.
    pub host: String,
    /// The client certificate, whose key the handshake proved.
    pub client_certificate: Option<Vec<u8>>,
}

/// A reply and what is written down about it.
#[derive(Debug)]
pub struct Outcome {
    /// The reply.
    pub response: http::Response<Bytes>,
    /// The line of the transcript.
    pub entry: Entry,
}

/// One line of the transcript; holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Entry {
    /// The request's name, as [`crate::name`] gives it.
    pub request: String,
    /// HTTP method.
    pub method: String,
    /// Path without query.
    pub path: String,
    /// Server name.
    pub host: String,
    /// HTTP status of the reply.
    pub status: u16,
    /// The rule that refused it.
    pub rule: Option<String>,
    /// What was found out about it.
    pub facts: BTreeMap<String, String>,
}

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
    /// Device id.
    pub id: String,
    /// Tenant id.
    pub tenant: String,
    /// Display name.
    pub name: String,
    /// UPN of who registered it.
    pub owner: String,
    /// `AzureAd` or `Workplace`.
    pub trust_type: String,
    /// `OSVersion`.
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
    /// RFC 3339.
    pub registered_at: String,
}

/// A user from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserView {
    /// `name@domain`.
    pub upn: String,
    /// Object id.
    pub oid: String,
    /// Tenant id.
    pub tenant: String,
    /// Whether they may sign in.
    pub enabled: bool,
    /// Whether they have an Intune licence.
    pub intune: bool,
    /// How many devices they own.
    pub devices: usize,
    /// How many Windows Hello keys they have on devices that exist.
    pub keys: usize,
}

/// What can be done to a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceAction {
    /// Disable it.
    Disable,
    /// Enable it.
    Enable,
    /// Delete it.
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
    /// Disable them.
    Disable,
    /// Enable them.
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
