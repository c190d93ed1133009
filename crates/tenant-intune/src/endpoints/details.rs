//! Details: what a device says about itself (intune.md 3.1).

use crate::intune::Intune;
use crate::request_context::RequestContext;
use crate::rules::gate::{CHECK_IN, admit, own_device, unknown};
use crate::wire::answer::Answer;
use crate::wire::body::{object, required, text};
use serde_json::json;

/// Name, system and version are kept as they are given.
pub(crate) fn details(intune: &mut Intune, context: &RequestContext<'_>) -> Result<Answer, Answer> {
    let who = admit(context, CHECK_IN)?;
    let body = object(context.body)?;
    let given = |field: &str| text(&body, field).map(str::to_owned).ok_or_else(|| required(field));
    let (id, name) = (given("DeviceId")?, given("DeviceName")?);
    // An empty manufacturer is what a machine without DMI says.
    let (manufacturer, distribution) = (given("Manufacturer")?, given("OSDistribution")?);
    let os_version = given("OSVersion")?;
    let unknown = match context.knobs.unknown_device_status {
        400 => unknown(),
        status => Answer::generic(status, "unknown device"),
    };
    let record = own_device(intune, context, &who, &id, unknown)?;
    record.last_contact = context.now_ms;
    if record.retired {
        // intune.md 8.1, rule 12: a retired device gets no `deviceFriendlyName`.
        return Ok(Answer::ok(json!({})).fact("intune_device", id).fact("retired", true));
    }
    (record.manufacturer, record.distribution, record.os_version) = (manufacturer, distribution, os_version);
    record.name.clone_from(&name);
    Ok(Answer::ok(json!({ "deviceFriendlyName": name })).fact("intune_device", id))
}
