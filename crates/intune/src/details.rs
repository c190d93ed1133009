//! The inventory, which completes an enrolment and opens every check-in (intune.md 3.1).

use crate::fields::Fields;
use crate::refusal::answer;
use crate::{Caller, IntuneError, Service, ServiceUri};
use bytes::Bytes;
use http::{Request, Response};
use model::{IntuneDeviceId, printable};
use serde::Serialize;

/// What the service says of the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// It knows it.
    Known {
        /// `deviceFriendlyName`; may be empty.
        friendly_name: String,
    },
    /// It takes the inventory and names no device: perhaps the device was retired \[client code\].
    PerhapsRetired,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    device_id: String,
    device_name: &'a str,
    manufacturer: &'a str,
    #[serde(rename = "OSDistribution")]
    os_distribution: &'a str,
    #[serde(rename = "OSVersion")]
    os_version: &'a str,
}

/// The POST, with a token for [`INTUNE`](crate::ids::INTUNE).
pub fn request(service: &ServiceUri, device: IntuneDeviceId, caller: &Caller<'_>) -> Request<Bytes> {
    let body = Body {
        device_id: device.to_string(),
        device_name: &caller.facts.display_name,
        manufacturer: &caller.facts.manufacturer,
        os_distribution: &caller.facts.os_id,
        os_version: &caller.facts.os_version_id,
    };
    caller.post(service.at(&format!("details?{}", caller.query())), &body)
}

/// Reads whether the service knows the device.
///
/// # Errors
/// [`IntuneError::Unusable`] for a success that is no object, and refusals: an id that is no longer good is
/// [`Reason::StaleDevice`](crate::Reason::StaleDevice).
pub fn read(reply: Response<Bytes>) -> Result<Known, IntuneError> {
    let body = answer(&reply, Service::CheckIn)?;
    let fields =
        Fields::of(&body).ok_or_else(|| IntuneError::unusable(Service::CheckIn, "it is no object"))?;
    Ok(match fields.raw("deviceFriendlyName") {
        Some(name) => Known::Known { friendly_name: printable(name, 200) },
        None => Known::PerhapsRetired,
    })
}
