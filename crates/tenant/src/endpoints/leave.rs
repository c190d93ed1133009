//! Leaving: a device object is deleted (entra.md 6.1).

use crate::request_context::RequestContext;
use crate::rules::caller::{DeviceCaller, caller, missing_device};
use crate::tenant::Tenant;
use serde_json::json;
use tenant_wire::answer::Answer;
use uuid::Uuid;

/// By the device's certificate, or by a token of its owner (entra.md 6.1, 11.1 D7 and D10).
pub(crate) fn leave(entra: &mut Tenant, context: &RequestContext) -> Answer {
    let id = context.path.get(2).and_then(|text| text.parse::<Uuid>().ok());
    let caller = caller(entra, context);
    let answer = match may_leave(entra, context, id, &caller) {
        Err(refusal) => refusal,
        Ok(id) => match entra.devices.remove(id) {
            Some(device) => Answer::ok(json!({})).fact("device_id", device.id),
            None => missing_device(context),
        },
    };
    match caller.thumbprint {
        Some(thumbprint) => answer.fact("client_cert_thumbprint", thumbprint),
        None => answer,
    }
}

fn may_leave(
    entra: &Tenant,
    context: &RequestContext,
    id: Option<Uuid>,
    caller: &DeviceCaller,
) -> Result<Uuid, Answer> {
    if caller.is_gone {
        return Err(missing_device(context));
    }
    match id.and_then(|id| entra.devices.get(id)) {
        Some(device) if caller.device == Some(device.id) || caller.owner == Some(device.owner) => {
            Ok(device.id)
        }
        None if caller.device.is_some() || caller.owner.is_some() => Err(missing_device(context)),
        Some(_) if caller.device.is_none() && caller.owner.is_some() => {
            let text = "The user is not the registered owner of the device.";
            Err(context.unauthorised(403, "error_user_not_registered_device_owner", text))
        }
        _ if caller.thumbprint.is_some() => {
            let text = "The client certificate is not that of the device.";
            Err(context.unauthorised(401, "error_authentication", text))
        }
        _ => Err(context.unauthorised(401, "error_authentication", "No client authentication.")),
    }
}
