//! Device objects of Intune, and what their devices said.

use crate::records::verdict::Standing;
use crate::records::views::DeviceChange;
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// One Intune device object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Intune device id.
    pub(crate) id: Uuid,
    pub(crate) tenant: Uuid,
    /// Entra device id.
    pub(crate) device: Uuid,
    /// Object id of the user who enrolled it.
    pub(crate) owner: Uuid,
    pub(crate) upn: String,
    pub(crate) name: String,
    pub(crate) manufacturer: String,
    /// `OSDistribution`, empty before the first details.
    pub(crate) distribution: String,
    pub(crate) os_version: String,
    pub(crate) thumbprint: String,
    /// Milliseconds since 1970, like every time here.
    pub(crate) created_at: i64,
    /// When its certificate expires.
    pub(crate) expires_at: i64,
    pub(crate) last_contact: i64,
    /// Left out of [`crate::Objects`]: a device has no verdict until it reports again.
    #[serde(skip)]
    pub(crate) report: Option<Report>,
    /// What errors leave standing.
    #[serde(skip)]
    pub(crate) standing: Option<Standing>,
    /// When the first status came that could not be evaluated, if the last one could not.
    #[serde(skip)]
    pub(crate) errors_since: Option<i64>,
    /// How often its policies were asked for.
    #[serde(default)]
    pub(crate) policies_served: u32,
    pub(crate) check_ins: u32,
    /// Retired by an admin.
    pub(crate) retired: bool,
    /// What the directory was last told.
    pub(crate) told_compliant: bool,
}

/// The last status that was taken, as far as a verdict needs it.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) at: i64,
    /// Whether its verdict is not waited for: somebody asked for it.
    pub(crate) hurried: bool,
    pub(crate) policies: Box<[Reported]>,
}

/// What was said about one policy.
#[derive(Debug, Clone)]
pub(crate) struct Reported {
    pub(crate) policy: Id,
    pub(crate) rules: Box<[ReportedSetting]>,
}

/// What was said about one rule.
#[derive(Debug, Clone)]
pub(crate) struct ReportedSetting {
    pub(crate) rule: Id,
    /// `ActualValue`.
    pub(crate) value: Box<str>,
    pub(crate) state: Claimed,
}

/// The states in the client's spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Claimed {
    Compliant,
    NonCompliant,
    Unknown,
    Error,
}

/// The id of a policy or a rule: nearly always a GUID, which is kept in 16 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Id {
    Guid(Uuid),
    /// In lower case.
    Other(Box<str>),
}

impl Id {
    pub(crate) fn of(text: &str) -> Id {
        text.parse().map_or_else(|_| Id::Other(text.to_ascii_lowercase().into()), Id::Guid)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Id::Guid(id) => id.fmt(to),
            Id::Other(text) => text.fmt(to),
        }
    }
}

impl Record {
    /// What the directory's device object says from now on; a retired device is not managed.
    pub(crate) fn change(&self) -> DeviceChange {
        let (managed, compliant) = (!self.retired, !self.retired && self.told_compliant);
        DeviceChange { device: self.device.to_string(), managed, compliant }
    }
}

/// The objects of every tenant, as [`crate::Intune::objects`] gives them; nothing secret is among them.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Objects(pub(crate) Vec<Record>);
