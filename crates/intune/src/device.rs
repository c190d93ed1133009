//! The verdict as IWService tells it (intune.md 4.1 and 4.3).

use crate::fields::Fields;
use crate::refusal::answer;
use crate::{Caller, IntuneError, Service, ServiceUri};
use bytes::Bytes;
use http::{Method, Request, Response};
use model::{DeviceId, IntuneDeviceId};
use serde_json::Value;

/// `ComplianceState` (intune.md 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComplianceState {
    /// Every rule is met.
    Compliant,
    /// `Noncompliant`: some rule is not met.
    NonCompliant,
    /// The service does not know yet, or says a word that this page does not.
    Unknown,
    /// The service could not judge.
    Error,
}

/// A rule that is not met. Texts are the tenant's own, fit to be shown, at most 400 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// `SettingID`.
    pub setting: Option<String>,
    /// `Title`: the name of the rule for people.
    pub title: Option<String>,
    /// `Description`: the text of the rule for people.
    pub description: Option<String>,
    /// `MoreInfoUri`: a text like the others, not checked to be a URI.
    pub more_info: Option<String>,
    /// `ExpectedValue`.
    pub expected: Option<String>,
}

/// What IWService knows of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// `ComplianceState`: the verdict of the service.
    pub state: ComplianceState,
    /// `NoncompliantRules`, in the order of the reply.
    pub rules: Vec<Rule>,
    /// `IsCompliantInGraph`: whether the good verdict has reached the directory, which Conditional Access
    /// reads.
    pub compliant_in_graph: Option<bool>,
    /// `IsManagedInGraph`: whether the directory shows the device as managed.
    pub managed_in_graph: Option<bool>,
    /// `AadId`: the device object of the directory.
    pub entra_device: Option<DeviceId>,
    /// `target` of the action `#CommonContainer.Retire`, where it is offered; as it came, for
    /// [`retire::request`](crate::retire::request).
    pub retire: Option<String>,
}

/// GET of one device, with a token for [`IW_SERVICE`](crate::ids::IW_SERVICE).
pub fn request(service: &ServiceUri, device: IntuneDeviceId, caller: &Caller<'_>) -> Request<Bytes> {
    let rest = format!("Devices(guid'{device}')?{}", caller.iw_query());
    caller.call(Method::GET, service.at(&rest))
}

/// Reads the verdict; everything but the state and the list of rules may be absent (intune.md 4.3).
///
/// # Errors
/// [`IntuneError::Unusable`] for a reply without one of the two, and refusals.
pub fn read(reply: Response<Bytes>) -> Result<Device, IntuneError> {
    let body = answer(&reply, Service::Iw)?;
    let without = |name| IntuneError::unusable(Service::Iw, &format!("it has no {name}"));
    let device = Fields::of(&body).ok_or_else(|| without("device"))?;
    let state = device.raw("ComplianceState").ok_or_else(|| without("ComplianceState"))?;
    let rules = device.list("NoncompliantRules").ok_or_else(|| without("NoncompliantRules"))?;
    let flag = |name| device.get(name).and_then(Value::as_bool);
    Ok(Device {
        state: compliance_state(state),
        rules: rules.iter().filter_map(Fields::of).map(rule).collect(),
        compliant_in_graph: flag("IsCompliantInGraph"),
        managed_in_graph: flag("IsManagedInGraph"),
        entra_device: device.raw("AadId").and_then(|id| id.parse().ok()),
        retire: device.inner(RETIRE).and_then(|action| action.raw("target")).map(str::to_owned),
    })
}

fn compliance_state(word: &str) -> ComplianceState {
    match word.to_ascii_lowercase().as_str() {
        "compliant" => ComplianceState::Compliant,
        "noncompliant" => ComplianceState::NonCompliant,
        "error" => ComplianceState::Error,
        _ => ComplianceState::Unknown,
    }
}

fn rule(rule: Fields<'_>) -> Rule {
    Rule {
        setting: rule.text("SettingID"),
        title: rule.text("Title"),
        description: rule.text("Description"),
        more_info: rule.text("MoreInfoUri"),
        expected: rule.text("ExpectedValue"),
    }
}

const RETIRE: &str = "#CommonContainer.Retire";
