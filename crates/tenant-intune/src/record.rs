use crate::status::Claimed;
use crate::verdict::Verdict;
use crate::words::{DeviceChange, DeviceView};
use serde::{Deserialize, Serialize};
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
    pub(crate) policies: Box<[Reported]>,
}

/// What was said about one policy.
#[derive(Debug, Clone)]
pub(crate) struct Reported {
    pub(crate) policy: Id,
    pub(crate) rules: Box<[Told]>,
}

/// What was said about one rule.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) rule: Id,
    /// `ActualValue`.
    pub(crate) value: Box<str>,
    pub(crate) state: Claimed,
}

/// The id of a policy or a rule: nearly always a GUID, which is kept in 16 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
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

impl Record {
    /// What the directory's device object says from now on; a retired device is not managed.
    pub(crate) fn change(&self) -> DeviceChange {
        let (managed, compliant) = (!self.retired, !self.retired && self.told_compliant);
        DeviceChange { device: self.device.to_string(), managed, compliant }
    }

    pub(crate) fn view(&self, verdict: &Verdict) -> DeviceView {
        DeviceView {
            id: self.id.to_string(),
            device: self.device.to_string(),
            tenant: self.tenant.to_string(),
            owner: self.upn.clone(),
            name: self.name.clone(),
            os: format!("{} {}", self.distribution, self.os_version).trim().to_owned(),
            compliance: verdict.state.word().to_owned(),
            failing: verdict.failing.iter().map(|rule| rule.title.clone()).collect(),
            retired: self.retired,
            thumbprint: self.thumbprint.clone(),
            check_ins: self.check_ins,
        }
    }
}
