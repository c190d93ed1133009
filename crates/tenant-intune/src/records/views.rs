//! How Intune is made, who asks it, what it says, and what is seen and done from outside.

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use tenant_wire::keys::KeySource;

/// How a stand-in is made.
#[derive(Debug, Clone)]
pub struct Setup {
    /// `https://host[:port]` that the endpoint list names for every service of Intune.
    pub base: String,
    /// `https://host[:port]` of Graph: an audience that its tokens may name besides the real one.
    pub graph: String,
    /// Seed of the generator.
    pub entropy: u64,
    /// Where the key of the device CA comes from.
    pub keys: KeySource,
}

/// Why a stand-in cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The key of the device CA is not usable.
    #[error("the key of the device CA cannot be used: {0}")]
    Key(String),
}

/// Who sends a request, as the sign-in service knows it.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The claims of the bearer token: ours, in time, signature checked; `None` for any other token.
    pub claims: Option<Value>,
    /// Whether the user has an Intune licence; only looked at under `licence_check`.
    pub licensed: bool,
}

impl Caller {
    /// Somebody with these verified claims and a licence.
    pub fn new(claims: Option<Value>) -> Caller {
        Caller { claims, licensed: true }
    }
}

/// A reply, what is written down about it, and what it changes in the directory.
#[derive(Debug)]
pub struct Outcome {
    /// The reply for the client, complete with headers and body.
    pub response: http::Response<Bytes>,
    /// The line of the transcript.
    pub entry: Entry,
    /// What the directory has to be told, in order.
    pub changes: Vec<DeviceChange>,
}

/// One line of the transcript; holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Entry {
    /// The request's name, as [`crate::name`] gives it.
    pub request: String,
    /// HTTP method as the request spells it, for example `POST`.
    pub method: String,
    /// Path without query.
    pub path: String,
    /// HTTP status of the reply.
    pub status: u16,
    /// The rule that refused it.
    pub rule: Option<String>,
    /// `device` (Entra device id), `intune_device`, `appid`, `user` and what else was found out.
    pub facts: BTreeMap<String, String>,
}

/// What Intune writes on the directory's device object (intune.md 8.1, rule 13).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceChange {
    /// Entra device id.
    pub device: String,
    /// `isManaged`.
    pub managed: bool,
    /// `isCompliant`.
    pub compliant: bool,
}

/// An Intune device from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceView {
    /// Intune device id.
    pub id: String,
    /// Entra device id.
    pub device: String,
    /// Entra tenant id, `tid` of the token that enrolled it.
    pub tenant: String,
    /// UPN of who enrolled it.
    pub owner: String,
    /// `DeviceName` of its enrolment or of its last details.
    pub name: String,
    /// `OSDistribution` and `OSVersion` of its last details; empty before.
    pub os: String,
    /// `ComplianceState` as IWService would say it now.
    pub compliance: String,
    /// Titles of the rules that it fails.
    pub failing: Vec<String>,
    /// Whether an admin has retired it.
    pub retired: bool,
    /// Thumbprint of its certificate.
    pub thumbprint: String,
    /// Check-ins whose status was taken.
    pub check_ins: u32,
}

/// What an admin can do to an Intune device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceAction {
    /// Retire it: details then have no `deviceFriendlyName`.
    Retire,
    /// Delete its object: its id is not known any more.
    Delete,
}

/// No Intune device has this id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no Intune device '{0}' here")]
pub struct UnknownDevice(pub String);
