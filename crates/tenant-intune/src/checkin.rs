//! Details and policies (intune.md 3.1, 3.2).

use crate::answer::Answer;
use crate::enroll::{object, required, text};
use crate::gate::{CHECK_IN, NOT_VALID};
use crate::policy::Policy;
use crate::service::{Ask, Intune};
use serde_json::{Value, json};

impl Intune {
    pub(crate) fn details(&mut self, ask: &Ask<'_>) -> Result<Answer, Answer> {
        let who = self.admit(ask, CHECK_IN)?;
        let body = object(ask)?;
        let given = |field: &str| text(&body, field).map(str::to_owned).ok_or_else(|| required(field));
        let (id, name) = (given("DeviceId")?, given("DeviceName")?);
        // An empty manufacturer is what a machine without DMI says.
        let (manufacturer, distribution) = (given("Manufacturer")?, given("OSDistribution")?);
        let os_version = given("OSVersion")?;
        let unknown = match ask.knobs.unknown_device_status {
            400 => unknown(),
            status => Answer::generic(status, "unknown device"),
        };
        let record = self.own_device(ask, &who, &id, unknown)?;
        record.last_contact = ask.now_ms;
        if record.retired {
            // intune.md 8.1, rule 12: a retired device gets no `deviceFriendlyName`.
            return Ok(Answer::ok(json!({})).fact("intune_device", id).fact("retired", true));
        }
        (record.manufacturer, record.distribution, record.os_version) =
            (manufacturer, distribution, os_version);
        record.name.clone_from(&name);
        Ok(Answer::ok(json!({ "deviceFriendlyName": name })).fact("intune_device", id))
    }

    pub(crate) fn policies(&mut self, ask: &Ask<'_>) -> Result<Answer, Answer> {
        let who = self.admit(ask, CHECK_IN)?;
        let id = ask.path.last().cloned().unwrap_or_default();
        let record = self.own_device(ask, &who, &id, unknown())?;
        record.last_contact = ask.now_ms;
        // What a retired device gets is a guess: it has no policies any more (intune.md 8.3, question 5).
        let retired = record.retired;
        let wire = |policy: &Policy| policy.wire(&who.tenant.to_string(), ask.knobs.deliver_rules);
        let list: Vec<Value> = ask.knobs.policies.iter().filter(|_| !retired).map(wire).collect();
        let count = list.len();
        Ok(Answer::ok(json!({ "policies": list })).fact("intune_device", id).fact("policies", count))
    }
}

/// intune.md 3.1: an id that is not known, or not any more.
pub(crate) fn unknown() -> Answer {
    Answer::problem("unknown device", NOT_VALID)
}
