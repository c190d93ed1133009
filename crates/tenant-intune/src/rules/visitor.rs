//! Who visits IWService, and which devices are theirs (intune.md 4.1).

use crate::intune::Intune;
use crate::records::knobs::DeviceQuery;
use crate::records::record::Record;
use crate::request_context::RequestContext;
use crate::rules::gate::{IW_SERVICE, Who, admit};
use crate::wire::answer::Answer;
use serde_json::json;
use uuid::Uuid;

/// The visitor, if the request may pass and names what IWService wants to know.
pub(crate) fn visitor(context: &RequestContext<'_>) -> Result<Who, Answer> {
    let who = admit(context, IW_SERVICE)?;
    let lacks =
        |names: &[&str]| names.iter().any(|name| context.query.get(*name).is_none_or(String::is_empty));
    if lacks(&["ssp", "os", "mgmt-agent"]) {
        return Err(Answer::generic(400, "query"));
    }
    if context.knobs.device_query == DeviceQuery::Eight && lacks(&["os-version", "os-sub", "arch"]) {
        return Err(Answer::generic(500, "query"));
    }
    Ok(who)
}

/// The device that a path segment `devices(guid'…')` names, if it is the user's.
pub(crate) fn visible<'a>(
    intune: &'a Intune,
    who: &Who,
    segment: Option<&String>,
) -> Result<&'a Record, Answer> {
    let id = segment.and_then(|word| word.strip_prefix("devices(guid'")?.strip_suffix("')"));
    let found = id.and_then(|id| id.parse::<Uuid>().ok()).and_then(|id| intune.records.get(&id));
    found
        .filter(|record| is_visible(record, who))
        .ok_or_else(|| missing("unknown device", "Devices").fact("intune_device", id.unwrap_or_default()))
}

/// Whether a device is the visitor's and still there.
pub(crate) fn is_visible(record: &Record, who: &Who) -> bool {
    // What a retired device looks like is a guess: like one that is not there.
    record.tenant == who.tenant && record.owner == who.user && !record.retired
}

/// OData's refusal of a part of a path; its text is invented.
pub(crate) fn missing(rule: &str, segment: &str) -> Answer {
    let text = format!("Resource not found for the segment '{segment}'.");
    let message = json!({ "lang": "en-US", "value": text });
    Answer::refusal(404, rule, json!({ "odata.error": { "code": "", "message": message } }))
}

/// What a device offers, as the view lists it (intune.md 4.3).
pub(crate) const ACTIONS: [&str; 9] = [
    "CheckCompliance",
    "GetManagementState",
    "RegisterForAppPushNotifications",
    "RemoveSignedDeviceIdPolicyAssignment",
    "Retire",
    "SetHeartBeat",
    "SetOptIn",
    "SetRD",
    "UpdateAadId",
];
